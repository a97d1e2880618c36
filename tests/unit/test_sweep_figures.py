"""Figures of a sweep: what they draw is in the table, what is ambiguous or missing is said, files are real pictures."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest

from gridsim.errors import InvalidInput
from gridsim.report.figures.sweeps import curves, heat_map, save_figure, tornado


@pytest.fixture
def table() -> pd.DataFrame:
    """Three axes; the rate is 2 + (mw / 100) + 10 (demand - 1), one case has no result."""
    rows = [
        {"county": c, "mw": mw, "demand": d, "rate": 2.0 + mw / 100.0 + 10.0 * (d - 1.0)}
        for c, mw, d in itertools.product(["平江县", "汨罗市"], [100.0, 200.0, 300.0], [0.95, 1.0, 1.05])
    ]
    frame = pd.DataFrame(rows)
    frame.loc[(frame["county"] == "汨罗市") & (frame["mw"] == 300.0), "rate"] = np.nan
    return frame


def test_curves_hold_the_numbers_of_the_table(table):
    at = table[table["demand"] == 1.0]
    axes = curves(at, x="mw", y="rate", by="county", x_label="MW", y_label="%", limit=5.0).axes[0]
    first, second, limit = axes.lines
    assert first.get_xydata().tolist() == [[100.0, 3.0], [200.0, 4.0], [300.0, 5.0]]
    assert np.isnan(second.get_ydata()[2])
    assert set(limit.get_ydata()) == {5.0}


def test_heat_map_prints_every_cell_that_has_a_result(table):
    at = table[table["demand"] == 1.0]
    axes = heat_map(at, x="mw", y="county", value="rate", x_label="MW", value_label="%").axes[0]
    assert [t.get_text() for t in axes.texts] == ["3.0", "4.0", "5.0", "3.0", "4.0"]
    assert [t.get_color() for t in axes.texts] == ["black", "black", "white", "black", "black"]  # read on its ground


def test_tornado_by_hand(table):
    """Around 200 MW and demand 1.0 (4 %): capacity 3 to 5, demand 3.5 to 4.5; the wider one on top."""
    at = table[table["county"] == "平江县"]
    axes = tornado(at, value="rate", base={"demand": 1.0, "mw": 200.0}, value_label="%").axes[0]
    spans = [(bar.get_y() + bar.get_height() / 2, bar.get_x() + bar.get_width()) for bar in axes.patches]
    assert [round(x, 9) for place, x in spans if round(place) == 1] == [3.0, 5.0]
    assert [round(x, 9) for place, x in spans if round(place) == 0] == [3.5, 4.5]
    assert [t.get_text() for t in axes.get_yticklabels()] == ["demand", "mw"]


def test_an_axis_of_the_tornado_that_changes_nothing_names_all_its_labels_once(table):
    at = table[table["county"] == "平江县"]
    still = pd.concat([at.assign(export_mw=mw) for mw in (5600.0, 7000.0)], ignore_index=True)
    axes = tornado(still, value="rate", base={"demand": 1.0, "mw": 200.0, "export_mw": 7000.0}, value_label="%").axes[0]
    texts = [t.get_text() for t in axes.texts]
    assert texts[0] == "5600, 7000: 4.00"
    assert len(texts) == 5


def test_several_cases_at_a_point_are_refused(table):
    with pytest.raises(InvalidInput, match="several cases stand at"):
        curves(table, x="mw", y="rate", by="county", x_label="", y_label="")
    with pytest.raises(InvalidInput, match="no column 'rat'"):
        heat_map(table, x="mw", y="county", value="rat", x_label="", value_label="")
    without = table.assign(rate=np.nan)
    with pytest.raises(InvalidInput, match="has no result"):
        tornado(without, value="rate", base={"county": "平江县", "demand": 1.0, "mw": 200.0}, value_label="")


def test_a_figure_is_written_as_png_and_svg(table, tmp_path):
    at = table[table["demand"] == 1.0]
    png, svg = save_figure(
        lambda: heat_map(at, x="mw", y="county", value="rate", x_label="新增 / MW", value_label="弃电率 / %"),
        tmp_path / "图" / "热力图.png",
    )
    assert png.read_bytes().startswith(b"\x89PNG")
    assert svg.read_text("utf-8").lstrip().startswith("<?xml")
    with pytest.raises(InvalidInput, match="the font has no"):
        save_figure(lambda: curves(at, x="mw", y="rate", by="county", x_label="ꙮ", y_label=""), tmp_path / "boxes")

"""Chapter 9 and its figures on small invented findings."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure as Drawing
from scipy.spatial import ConvexHull

from gridsim.report.catalogue import read_texts
from gridsim.report.chapters.outline import chapters
from gridsim.report.drawn import drawn
from gridsim.report.figures.hosting import hosting_curves
from gridsim.report.figures.hosting_map import county_cells, county_map
from gridsim.report.figures.style import styled
from gridsim.report.interactive import parts
from gridsim.report.interactive.packing import packed
from gridsim.report.model import Chapter, Figure, Heading, Paragraph, Table, Tiles
from gridsim.report.tables import Names
from gridsim.store import Findings

COUNTIES = ("甲县", "乙县", "丙区")


def zones() -> pd.DataFrame:
    """A 220 kV zone and a station of each county; 丙区's is red under its superior."""
    rows = [("大站", "甲县", 220.0, "", "green"), ("甲站", "甲县", 110.0, "大站", "green"),
            ("乙站", "乙县", 110.0, "大站", "yellow"), ("丙站", "丙区", 110.0, "大站", "red")]  # fmt: skip
    table = pd.DataFrame(rows, columns=["zone", "county", "vn_kv", "superior", "grade"])
    numbers = {
        "units": 2, "sn_mva": 100.0, "demand_mw": 30.0, "other_mw": 0.0, "storage_mw": 5.0, "reverse_limit_pu": 0.8,
        "tau_max_pu": 0.8, "capacity_mw": 120.0, "capacity_high_mw": 126.0, "connected_mw": 20.0, "registered_mw": 0.0,
        "c1_mw": 100.0, "c2_mw": 100.0, "limited_c1_mw": 100.0, "limited_c2_mw": 100.0, "short_circuit_ka": 15.0,
        "short_circuit_hosted_ka": 21.0, "short_circuit_limit_ka": 20.0, "voltage_rise_percent": 2.0,
        "voltage_rise_limit_percent": 7.0, "max_reverse_rate_percent": -5.0, "additional_mw": 80.0,
    }  # fmt: skip
    words = {"own_grade": "green", "limited_by": "", "typical_time": "2030-04-10 12:00", "short_circuit_bus": "甲站10",
             "worst_time": "2030-05-01 12:00", "back_feed": False}  # fmt: skip
    return table.assign(**numbers, **words, short_circuit_ok=False, voltage_rise_ok=True)


def equipment() -> pd.DataFrame:
    """C1 of 甲县 80 MW, 乙县 50 MW of which 60 are registered, 丙区 -5 MW."""
    rows = [("甲县", 100.0, 110.0, 20.0, 0.0, "green"), ("乙县", 70.0, 70.0, 20.0, 60.0, "yellow"),
            ("丙区", 15.0, 15.0, 20.0, 0.0, "red")]  # fmt: skip
    columns = ["county", "capacity_mw", "capacity_high_mw", "connected_mw", "registered_mw", "grade"]
    table = pd.DataFrame(rows, columns=columns)
    return table.assign(
        edition="2025", c1_mw=table["capacity_mw"] - 20.0, open_mw=(table["capacity_mw"] - 20.0).clip(lower=0.0),
        grade_2025=table["grade"], grade_2019="red",
    )  # fmt: skip


def system() -> pd.DataFrame:
    """甲县 may add 30 MW over all causes and 200 over the network: far from its equipment."""
    rows = [(c, a, s) for c in COUNTIES for a in ("pro_rata", "marginal") for s in ("all", "local")]
    table = pd.DataFrame(rows, columns=["county", "accounting", "scope"])
    return table.assign(
        mix="distributed_pv", capacity_mw=[30.0, 200.0, 20.0, 90.0] * 3, base_ok=True, criterion="rate_city",
        element="provincial", next_element="某线", rate_at_percent=4.99, rate_above_percent=5.02, simulations=7,
    )  # fmt: skip


def curve() -> pd.DataFrame:
    added = np.array([0.0, 20.0, 40.0, 60.0])
    parts = [
        pd.DataFrame({"county": c, "mix": "distributed_pv", "added_mw": added, "city_rate_percent": 4.0 + added / 30.0,
                      "county_rate_percent": 3.0 + added / 20.0, "violations": [0, 0, 1, 2]})
        for c in COUNTIES
    ]  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def findings(*without: str) -> Findings:
    county = pd.DataFrame({
        "name": COUNTIES, "name_en": ["Jia", "Yi", "Bing"], "lat_deg": [29.0, 29.3, 29.31],
        "lon_deg": [113.0, 113.1, 113.12],
    })  # fmt: skip
    published = pd.DataFrame({"county": ["甲县", "丙区"], "quarter": "2024Q1", "grade": "red", "open_mw": np.nan})
    tables = {
        "county": county, "hosting_equipment_2025": zones(), "hosting_equipment_2019": zones(),
        "hosting_equipment_county": equipment(), "hosting_system": system(), "hosting_curve": curve(),
        "hosting_published": published,
    }  # fmt: skip
    summary = {"year": 2030, "target_percent": 5.0, "area": "某市", "area_en": "A city"}
    return Findings(summary, {}, {k: v for k, v in tables.items() if k not in without}, {})


def chapter(found: Findings, lang: str = "zh") -> Chapter:
    return next(c for c in chapters(found, read_texts(lang)) if c.name == "hosting")


def tables(of: Chapter) -> dict[str, Table]:
    return {b.caption: b for b in of.blocks if isinstance(b, Table)}


def cells(table: Table) -> dict[str, str]:
    return {c.key: c.text for row in table.rows for c in row}


def test_sections_and_fixed_tables():
    found = chapter(findings())
    assert [b.number for b in found.blocks if isinstance(b, Heading)] == [f"9.{k}" for k in range(1, 7)]
    numbers = {t.caption: t.number for t in tables(found).values()}
    assert numbers["设备级承载力"] == "表9-1" and numbers["县级承载力"] == "表9-2"
    figures = [b.name for b in found.blocks if isinstance(b, Figure)]
    assert figures == ["hosting_curves", "hosting_bars", "hosting_map"]


def test_both_levels_of_a_county():
    """甲县: system 20 + 30 .. 20 + 200 MW, equipment 100 .. 110: together 5.0~11.0 万千瓦, C1 = 50 - 20 MW."""
    shown = cells(tables(chapter(findings()))["县级承载力"])
    assert shown["hosting_county/甲县/system"] == "5.0~22.0"
    assert shown["hosting_county/甲县/equipment"] == "10.0~11.0"
    assert shown["hosting_county/甲县/coordinated"] == "5.0~11.0"
    assert shown["hosting_county/甲县/c1_mw"] == "3.0"
    assert shown["hosting_county/甲县/decided_by"] == "系统级"
    assert shown["hosting_county/丙区/grade"] == "红"
    assert shown["hosting_county/丙区/published_grade"] == "红"
    assert shown["hosting_county/乙县/published_grade"] == "—"


def test_grades_are_counted_and_compared():
    """甲县 green, 乙县 yellow (60 MW registered, C1 = 30), 丙区 red: one each; published red, -, red: one agrees."""
    found = chapter(findings())
    tiles = next(b for b in found.blocks if isinstance(b, Tiles)).tiles
    assert [(t.cell.text, t.note) for t in tiles] == [("1", "甲县"), ("1", "乙县"), ("1", "丙区")]
    said = " ".join(b.text for b in found.blocks if isinstance(b, Paragraph))
    assert "有公布结果的县区 2 个" in said and "一致的 1 个" in said


def test_readings_stand_side_by_side_and_the_headline_is_the_smaller():
    shown = tables(chapter(findings()))
    assert cells(shown["系统级可接入容量"])["hosting_system/甲县/capacity_mw"] == "3.0"
    line = cells(shown["各口径的系统级可接入容量"])
    assert [line[f"hosting_system/甲县/{r}_mw"] for r in ("pro_rata_all", "pro_rata_local", "marginal_all")] == [
        "3.0", "20.0", "2.0",
    ]  # fmt: skip


@pytest.mark.parametrize("spared", [True, False])
def test_a_study_that_spares_small_violations_says_so_below_its_capacities(spared):
    found = findings()
    manifest = {"hosting": {"spare_small": spared}}
    table = tables(chapter(Findings(found.summary, manifest, found.tables, {})))["系统级可接入容量"]
    assert any("不计微小的新增越限" in note for note in table.notes) == spared


def test_limits_that_were_lifted_have_a_table_of_their_own():
    """甲县 with one more unit; 乙县 at the end of its search; 丙区's surplus has no element."""
    relief = {"甲县": ("甲站#1 + 50 MVA", 90.0, "simulated"), "乙县": ("ab → cd", 400.0, "bound"),
              "丙区": (np.nan, np.nan, "beyond")}  # fmt: skip
    rows = system()
    cells_of = pd.DataFrame([relief[c] for c in rows["county"]], columns=["relief", "relieved_mw", "relieved_by"])
    found = findings()
    made = {**found.tables, "hosting_system": pd.concat([rows, cells_of], axis=1)}
    shown = tables(chapter(Findings(found.summary, {}, made, {})))
    lines = cells(shown["解除首要限制后的系统级承载力"])
    assert lines["hosting_system/甲县/relieved_mw"] == "9.0"
    assert lines["hosting_system/甲县/relief"] == "甲站#1 + 50 MVA"
    assert lines["hosting_system/乙县/relieved_by"] == "搜索上限处仍满足"
    assert not any("丙区" in key for key in lines)
    assert "hosting_system/甲县/relieved_mw" not in cells(shown["系统级可接入容量"])


def test_levels_that_contradict_each_other_are_named():
    """系统级 at least 20 + 200 MW where equipment takes 110 at most."""
    rows = system().assign(capacity_mw=200.0)
    found = findings()
    said = [b.text for b in chapter(Findings(found.summary, {}, {**found.tables, "hosting_system": rows}, {})).blocks
            if isinstance(b, Paragraph) and b.style == "note"]  # fmt: skip
    assert any("甲县、乙县、丙区" in text for text in said)


def test_parts_without_data_say_the_command():
    alone = chapter(findings("hosting_system", "hosting_curve"))
    said = " ".join(b.text for b in alone.blocks if isinstance(b, Paragraph) and b.style == "missing")
    assert "gridsim hosting STUDY.toml" in said
    assert cells(tables(alone)["县级承载力"])["hosting_county/甲县/coordinated"] == "10.0~11.0"
    nothing = chapter(Findings({}, {}, {}, {}))
    assert [b.number for b in nothing.blocks if isinstance(b, Heading)] == [f"9.{k}" for k in range(1, 7)]
    assert not tables(nothing)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_figures_are_drawn_with_every_character(lang):
    for figure in chapter(findings(), lang).blocks:
        if isinstance(figure, Figure):
            made = drawn(figure.draw, lang=lang)
            assert not made.lacking
            assert len(made.png) > 5000


def test_cells_fill_the_outline():
    """Areas add up to the outline's, no cell is empty, two seats share it equally."""
    rng = np.random.default_rng(3)
    points = rng.uniform(0.0, 100.0, (13, 2))
    made = county_cells(points)
    area, whole = [shoelace(c) for c in made], shoelace(outline_of(made))
    assert min(area) > 0.0
    assert sum(area) == pytest.approx(whole, rel=1e-9)
    two = county_cells(np.array([[0.0, 0.0], [10.0, 0.0]]))
    assert shoelace(two[0]) == pytest.approx(shoelace(two[1]))


def shoelace(cell: np.ndarray) -> float:
    x, y = cell.T
    return float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2.0


def outline_of(made: list[np.ndarray]) -> np.ndarray:
    corners = np.vstack(made)
    return corners[ConvexHull(corners).vertices]


def test_the_map_can_be_read_without_colours():
    """Each grade has its own hatch, and its word stands in the cell; a county without grade is grey."""
    found = findings()
    texts = read_texts("zh")
    with styled():
        figure = county_map(
            found.tables["county"], {"甲县": "green", "乙县": "red"}, {"甲县": "3.0"}, texts, Names(found, texts)
        )
    patches = [p for p in figure.axes[0].patches if p.get_fill()]
    assert len({p.get_hatch() for p in patches[:2]}) == 2
    written = [t.get_text() for t in figure.axes[0].texts]
    assert written == ["甲县\n绿 3.0", "乙县\n红", "丙区\n无"]


def test_the_crossing_is_marked():
    """A dashed line at the capacity; beyond the search's end its number has a sign."""
    found, texts = findings(), read_texts("zh")
    capacity = pd.DataFrame({"county": COUNTIES, "capacity_mw": [30.0, 0.0, 60.0], "above_bound": [False, False, True]})
    with styled():
        figure: Drawing = hosting_curves(curve(), capacity, texts, Names(found, texts), target_percent=5.0)
    first, _, third = figure.axes[:3]
    assert 3.0 in [line.get_xdata()[0] for line in first.lines if len(set(line.get_xdata())) == 1]
    assert [t.get_text() for t in third.texts] == [">6.0"]


def test_the_interactive_parts_hold_every_point_and_every_county():
    """The curve of 甲县 has its four points, the third and fourth with violations; the map its C1 of 3.0 万千瓦."""
    found, texts = findings(), read_texts("zh")
    data = {part.name: part.data for some in parts(chapters(found, texts), found, texts).values() for part in some}
    first = data["hosting_curves"]["curves"][0]
    assert first["label"].startswith("甲县")
    assert first["worse"] == [0, 0, 1, 1]
    assert first["added"] == packed([0.0, 20.0, 40.0, 60.0], "power", texts)
    assert first["capacity"] == packed([30.0], "power", texts)
    assert data["hosting_map"]["grade"] == ["green", "yellow", "red"]
    assert data["hosting_map"]["quantities"][0]["values"] == packed([30.0, 30.0, -5.0], "power", texts)
    failed = curve().assign(ok=[True, False, True, True] * 3)
    some = Findings(found.summary, {}, {**found.tables, "hosting_curve": failed}, {})
    shown = parts(chapters(some, texts), some, texts)["hosting_curves"][0].data["curves"][0]
    assert shown["added"] == packed([0.0, 40.0, 60.0], "power", texts)

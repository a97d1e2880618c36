"""Hosting capacity: rate over added capacity with the crossing marked, per county; both levels of every county."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from gridsim.report.catalogue import Texts
from gridsim.report.figures.hosting_map import GRADES
from gridsim.report.figures.style import (
    HALO,
    PAGE_WIDTH,
    SMALL_PT,
    WARNING_COLOUR,
    Margins,
    legend_above,
    light_grid,
    line_look,
    new_figure,
    text_width,
)
from gridsim.report.numbers import KINDS, number
from gridsim.report.tables import Names, is_true

#: rates that are drawn, if there: column, key of the label
RATES = (("city_rate_percent", "hosting.city_rate"), ("county_rate_percent", "hosting.county_rate"))
COLUMNS = 4


def hosting_curves(
    curve: pd.DataFrame, capacity: pd.DataFrame, texts: Texts, names: Names, *, target_percent: float
) -> Figure:
    """A small figure per county: rates over what is added, the target, the capacity, points with new violations.

    Parameters
    ----------
    curve : DataFrame
        ``county, added_mw, *_rate_percent, violations`` of one mix.
    capacity : DataFrame
        ``county, capacity_mw`` and, if there, ``above_bound``: one row per county.
    """
    counties = [c for c in capacity["county"] if (curve["county"] == c).any()]
    columns = min(COLUMNS, max(len(counties), 1))
    rows = -(-max(len(counties), 1) // columns)
    margins = Margins(left=0.52, bottom=0.45, top=0.25, between=0.48)
    figure, axes = new_figure(PAGE_WIDTH, 0.7 + 1.6 * rows, margins, rows=rows, columns=columns, squeeze=False)
    for place, panel in enumerate(axes.flat):
        if place >= len(counties):
            panel.set_axis_off()
            continue
        county = counties[place]
        mine = capacity[capacity["county"] == county].iloc[0]
        _panel(panel, curve[curve["county"] == county], mine, texts, target_percent, labelled=place == 0)
        panel.set_title(names.short(county))
        if place % columns == 0:
            panel.set_ylabel(texts("axis.rate"))
        if place >= len(counties) - columns:
            panel.set_xlabel(texts("axis.added", unit=texts(KINDS["power"].unit)))
    legend_above(figure)
    return figure


def _panel(
    axes: Axes, curve: pd.DataFrame, of: pd.Series, texts: Texts, target_percent: float, *, labelled: bool
) -> None:
    """One curve: every simulated point a mark, those with new violations crossed."""
    curve = curve.sort_values("added_mw").drop_duplicates("added_mw", keep="last")
    factor = KINDS["power"].factor
    x = curve["added_mw"].to_numpy(dtype=float) * factor

    def label(key: str, **values: object) -> str:
        return texts(key, **values) if labelled else "_nolegend_"

    for k, (column, key) in enumerate(RATES):
        if column not in curve.columns:
            continue
        colour, dashes, mark = line_look(k)
        axes.plot(x, curve[column], color=colour, linestyle=dashes, marker=mark, markersize=3, linewidth=1.1,
                  label=label(key))  # fmt: skip
    if "violations" in curve.columns:
        bad = curve["violations"].fillna(0).to_numpy(dtype=float) > 0
        first = next((c for c, _ in RATES if c in curve.columns), None)
        if first and bad.any():
            look: dict[str, Any] = {"marker": "x", "s": 42, "color": WARNING_COLOUR, "linewidth": 1.2, "zorder": 4}
            axes.scatter(x[bad], curve[first].to_numpy(dtype=float)[bad], **look)
        if labelled:
            axes.scatter([], [], marker="x", s=42, color=WARNING_COLOUR, label=texts("hosting.violation"))
    target = label("figure.target", percent=f"{target_percent:g}")
    axes.axhline(target_percent, color=WARNING_COLOUR, linewidth=1.1, label=target)
    _mark_capacity(axes, of, factor, labelled, texts)
    axes.set_xlim(left=0.0)
    axes.set_ylim(bottom=0.0)
    # "10", never "10.0": a wide number pushes the label of the axis off the page
    axes.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    light_grid(axes)


def _mark_capacity(axes: Axes, of: pd.Series, factor: float, labelled: bool, texts: Texts) -> None:
    """A line at the capacity with its number; beyond the search's end as such."""
    value = float(of["capacity_mw"])
    if not np.isfinite(value):
        return
    name = texts("hosting.capacity") if labelled else "_nolegend_"
    axes.axvline(value * factor, color="#444444", linewidth=1.0, linestyle=(0, (4, 2)), label=name)
    sign = ">" if is_true(of.get("above_bound", False)) else ""
    right = axes.get_xlim()[1]
    near_right = value * factor > 0.6 * right
    axes.annotate(
        f"{sign}{number(value, 'power')}", (value * factor, 0.04), (-3 if near_right else 3, 0),
        xycoords=("data", "axes fraction"), textcoords="offset points", ha="right" if near_right else "left",
        fontsize=SMALL_PT, bbox=HALO, zorder=5,
    )  # fmt: skip


def county_bars(table: pd.DataFrame, texts: Texts, names: Names) -> Figure:
    """What each county may still connect: both levels side by side, the coordinated value in the colour of the grade.

    Parameters
    ----------
    table : DataFrame
        Of :func:`gridsim.equipment.coordinated`.
    """
    table = table.sort_values("c1_mw", kind="stable")
    factor, place = KINDS["power"].factor, np.arange(len(table))
    labels = [names.short(c) for c in table["county"]]
    margins = Margins(left=0.25 + max(text_width(label, 8.0) for label in labels))
    figure, axes = new_figure(PAGE_WIDTH, 0.7 + 0.26 * len(table), margins)
    for grade, (colour, hatch) in GRADES.items():
        mine = (table["grade"] == grade).to_numpy()
        if mine.any():
            room = table["c1_mw"].clip(lower=0.0)[mine] * factor
            look: dict[str, Any] = {"color": colour, "hatch": hatch, "edgecolor": "#00000066", "linewidth": 0.5}
            axes.barh(place[mine], room, height=0.62, label=texts(f"hosting.bar_{grade}"), **look)
    marks: Sequence[tuple[str, str, str]] = (
        ("equipment_low_mw", "|", "hosting.equipment_room"), ("system_low_mw", "D", "hosting.system_room"),
    )  # fmt: skip
    for column, mark, key in marks:
        rest = (table[column] - table["connected_mw"]).to_numpy(dtype=float) * factor
        if np.isfinite(rest).any():
            size = 90 if mark == "|" else 22
            look = {"color": "black", "linewidth": 1.3, "zorder": 4, "clip_on": False}
            axes.scatter(rest, place, marker=mark, s=size, label=texts(key), **look)
    axes.axvline(0.0, color="black", linewidth=0.8)
    axes.set_yticks(place, labels)
    axes.set_xlabel(texts("axis.room", unit=texts(KINDS["power"].unit)))
    light_grid(axes, axis="x")
    legend_above(figure)
    return figure

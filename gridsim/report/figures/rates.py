"""Curtailment by county, by month and hour, by cause, and under other assumptions."""

from __future__ import annotations

from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from gridsim.report.catalogue import Texts
from gridsim.report.figures.style import (
    CARRIERS,
    CAUSES,
    HALO,
    PAGE_WIDTH,
    WARNING_COLOUR,
    Margins,
    legend_above,
    light_grid,
    new_figure,
    text_width,
)
from gridsim.report.numbers import KINDS, against
from gridsim.report.tables import Names


def county_rates(
    table: pd.DataFrame, texts: Texts, names: Names, *, target_percent: float, floor_percent: float
) -> Figure:
    """Rate of each county as a bar, wind and sun as marks, with the target and the floor as lines."""
    table = table.sort_values("curtailment_percent", na_position="first")
    place = np.arange(len(table))
    labels = [names.short(n) for n in table["county"]]
    margins = Margins(left=0.25 + max(text_width(label, 8) for label in labels))
    figure, axes = new_figure(PAGE_WIDTH, 0.65 + 0.24 * len(table), margins)
    axes.barh(
        place,
        table["curtailment_percent"].fillna(0.0),
        color="#bcd2e3",
        edgecolor="#5a7d99",
        linewidth=0.7,
        label=texts("word.both"),
    )
    for column, marker, colour, size in (
        ("wind_curtailment_percent", "^", "#0072b2", 34),
        ("solar_curtailment_percent", "o", CARRIERS["solar"][0], 30),
    ):
        if column in table.columns:
            axes.scatter(
                table[column],
                place,
                marker=marker,
                s=size,
                color=colour,
                edgecolor="black",
                linewidth=0.6,
                zorder=3,
                label=texts(f"item.{column.split('_')[0]}"),
            )
    axes.axvline(
        target_percent, color=WARNING_COLOUR, linewidth=1.4, label=texts("figure.target", percent=f"{target_percent:g}")
    )
    axes.axvline(
        floor_percent,
        color=WARNING_COLOUR,
        linewidth=1.1,
        linestyle="--",
        label=texts("figure.floor", percent=f"{floor_percent:g}"),
    )
    axes.set_yticks(place, labels)
    axes.set_xlabel(texts("axis.rate"))
    axes.set_xlim(left=0.0)
    light_grid(axes, axis="x")
    legend_above(figure)
    return figure


def month_hour(table: pd.DataFrame, texts: Texts) -> Figure:
    """Curtailed energy by month and hour of the day; zero is white, dark is much."""
    wide = table.pivot_table(index="month", columns="hour", values="curtailed_gwh", aggfunc="sum")
    wide = wide.reindex(index=range(1, 13), columns=range(24))
    kind = KINDS["energy_small"]
    energy = np.ma.masked_invalid(wide.to_numpy(dtype=float) * kind.factor)
    colours = mpl.colormaps["YlOrBr"].with_extremes(bad="#d9d9d9", under="white")
    highest = max(float(np.ma.filled(energy, 0.0).max()), 1e-6)
    figure, axes = new_figure(PAGE_WIDTH, 3.3, Margins(right=0.5))
    lines: dict[str, Any] = {"edgecolors": "#e3e7ea", "linewidth": 0.4}
    mesh = axes.pcolormesh(np.arange(25), np.arange(13), energy, cmap=colours, vmin=1e-9, vmax=highest, **lines)
    axes.set_xticks(np.arange(0, 25, 2))
    axes.set_yticks(np.arange(12) + 0.5, [texts("axis.month_name", month=m) for m in range(1, 13)])
    axes.invert_yaxis()
    axes.set_xlabel(texts("axis.hour"))
    axes.set_ylabel(texts("axis.month"))
    figure.colorbar(mesh, ax=axes, label=texts("axis.curtailed", unit=texts(kind.unit)), pad=0.02, fraction=0.05)
    return figure


def causes_by_month(table: pd.DataFrame, texts: Texts) -> Figure:
    """Curtailed energy of each month, stacked by cause."""
    kind = KINDS["energy_small"]
    wide = table.pivot_table(index="month", columns="cause", values="curtailed_gwh", aggfunc="sum") * kind.factor
    wide = wide.reindex(range(1, 13)).fillna(0.0)
    figure, axes = new_figure(PAGE_WIDTH, 2.6, Margins())
    below = np.zeros(12)
    order = [c for c in CAUSES if c in wide.columns] + [c for c in wide.columns if c not in CAUSES]
    for cause in order:
        colour, hatch = CAUSES.get(str(cause), CAUSES[""])
        height, label = wide[cause].to_numpy(), texts.word("cause", cause)
        look: dict[str, Any] = {"color": colour, "hatch": hatch, "edgecolor": "white", "linewidth": 0.4}
        axes.bar(range(1, 13), height, bottom=below, width=0.75, label=label, **look)
        below = below + height
    axes.set_xticks(range(1, 13), [texts("axis.month_name", month=m) for m in range(1, 13)])
    axes.set_ylim(bottom=0.0)
    axes.set_xlabel(texts("axis.month"))
    axes.set_ylabel(texts("axis.curtailed", unit=texts(kind.unit)))
    light_grid(axes)
    legend_above(figure)
    return figure


def sensitivity_bars(table: pd.DataFrame, texts: Texts, *, target_percent: float) -> Figure:
    """Rate of each case as a bar from the rate of the base case, the furthest on top, with the target."""
    base_percent = float(table.loc[table["case"] == "base", "city_percent"].iloc[0])
    cases = table[table["case"] != "base"].sort_values("change_points", key=abs)
    labels = [texts.word("case", case) for case in cases["case"]]
    margins = Margins(left=0.25 + max(text_width(label, 8) for label in labels), right=0.3)
    figure, axes = new_figure(PAGE_WIDTH, 0.65 + 0.25 * len(cases), margins)
    colours = [CAUSES["branch" if change > 0 else "provincial"][0] for change in cases["change_points"]]
    axes.barh(range(len(cases)), cases["change_points"], left=base_percent, height=0.6, color=colours)
    for place, (rate, change) in enumerate(zip(cases["city_percent"], cases["change_points"])):
        shift, side = (4, "left") if change >= 0 else (-4, "right")
        text = against(rate, target_percent)[0]
        look: dict[str, Any] = {"ha": side, "va": "center", "fontsize": 7.5, "zorder": 4, "bbox": HALO}
        axes.annotate(text, (rate, place), (shift, 0), textcoords="offset points", **look)
    axes.axvline(base_percent, color="black", linewidth=1.0, label=texts("case.base"))
    target = texts("figure.target", percent=f"{target_percent:g}")
    axes.axvline(target_percent, color=WARNING_COLOUR, linewidth=1.4, label=target)
    axes.set_yticks(range(len(cases)), labels)
    axes.set_xlim(0.0, 1.08 * max(target_percent, float(cases["city_percent"].max())))
    axes.set_xlabel(texts("axis.rate"))
    light_grid(axes, axis="x")
    legend_above(figure)
    return figure

"""Curtailment by county, by month and hour, and by cause."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from gridsim.report.catalogue import Texts
from gridsim.report.figures.style import (
    CARRIERS,
    CAUSES,
    WARNING_COLOUR,
    Margins,
    legend_above,
    light_grid,
    new_figure,
    text_width,
)
from gridsim.report.numbers import KINDS
from gridsim.report.tables import Names
from gridsim.units import energy_mwh


def county_rates(
    table: pd.DataFrame, texts: Texts, names: Names, *, target_percent: float, floor_percent: float
) -> Figure:
    """Rate of each county as a bar, wind and sun as marks, with the target and the floor as lines."""
    table = table.sort_values("curtailment_percent", na_position="first")
    place = np.arange(len(table))
    labels = [names.short(n) for n in table["county"]]
    margins = Margins(left=0.35 + max(text_width(label, 9.5) for label in labels), top=0.4)
    figure, axes = new_figure(10.0, 1.0 + 0.3 * len(table), margins)
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
    legend_above(figure, columns=5)
    return figure


def month_hour(table: pd.DataFrame, texts: Texts) -> Figure:
    """Curtailed energy by month and hour of the day; zero is white, dark is much."""
    wide = table.pivot_table(index="month", columns="hour", values="curtailed_gwh", aggfunc="sum")
    wide = wide.reindex(index=range(1, 13), columns=range(24))
    kind = KINDS["energy_small"]
    energy = np.ma.masked_invalid(wide.to_numpy(dtype=float) * kind.factor)
    colours = mpl.colormaps["YlOrBr"].with_extremes(bad="#d9d9d9", under="white")
    highest = max(float(np.ma.filled(energy, 0.0).max()), 1e-6)
    figure, axes = new_figure(10.0, 4.2, Margins(left=0.8))
    mesh = axes.pcolormesh(np.arange(25), np.arange(13), energy, cmap=colours, vmin=1e-9, vmax=highest)
    axes.set_xticks(np.arange(0, 25, 2))
    axes.set_yticks(np.arange(12) + 0.5, [texts("axis.month_name", month=m) for m in range(1, 13)])
    axes.invert_yaxis()
    axes.set_xlabel(texts("axis.hour"))
    axes.set_ylabel(texts("axis.month"))
    figure.colorbar(mesh, ax=axes, label=texts("axis.curtailed", unit=texts(kind.unit)), pad=0.01)
    return figure


def causes_by_month(hourly: pd.DataFrame, step_h: float, texts: Texts) -> Figure:
    """Curtailed energy of each month, stacked by cause."""
    kind = KINDS["energy_small"]
    parts = pd.DataFrame(
        {
            "month": pd.DatetimeIndex(hourly["time"]).month,
            "cause": hourly["cause"].astype(str).to_numpy(),
            "energy": energy_mwh(hourly["curtailed_mw"], step_h).to_numpy() / 1e3 * kind.factor,
        }
    )
    wide = parts.pivot_table(index="month", columns="cause", values="energy", aggfunc="sum")
    wide = wide.reindex(range(1, 13)).fillna(0.0)
    figure, axes = new_figure(10.0, 3.6, Margins(bottom=0.4, top=0.45))
    below = np.zeros(12)
    order = [c for c in CAUSES if c in wide.columns] + [c for c in wide.columns if c not in CAUSES]
    for cause in order:
        colour, hatch = CAUSES.get(str(cause), CAUSES[""])
        height = wide[cause].to_numpy()
        label = texts.word("cause", cause)
        axes.bar(
            range(1, 13),
            height,
            bottom=below,
            width=0.75,
            color=colour,
            hatch=hatch,
            edgecolor="white",
            linewidth=0.4,
            label=label,
        )
        below = below + height
    axes.set_xticks(range(1, 13), [texts("axis.month_name", month=m) for m in range(1, 13)])
    axes.set_ylabel(texts("axis.curtailed", unit=texts(kind.unit)))
    light_grid(axes)
    legend_above(figure, columns=6)
    return figure

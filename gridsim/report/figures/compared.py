"""Runs side by side: their rates in two parts, and the rates of the counties."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from gridsim.report.catalogue import Texts
from gridsim.report.figures.style import (
    CAUSES,
    PAGE_WIDTH,
    WARNING_COLOUR,
    Margins,
    legend_above,
    light_grid,
    new_figure,
    text_width,
)
from gridsim.report.tables import Names

#: run -> mark and colour, in order; more runs begin again
_MARKS = (("o", "#0072b2"), ("s", "#e69f00"), ("^", "#009e73"), ("D", "#cc79a7"), ("v", "#56b4e9"), ("P", "#4d4d4d"))


def compared_rates(table: pd.DataFrame, texts: Texts, *, target_percent: float) -> Figure:
    """A bar a run: provincial part below, local part above, the target as a line."""
    figure, axes = new_figure(PAGE_WIDTH, 2.8, Margins(bottom=0.4))
    place, below = np.arange(len(table)), np.zeros(len(table))
    for column, cause in (("curtailment_percent_provincial", "provincial"), ("curtailment_percent_local", "branch")):
        colour, hatch = CAUSES[cause]
        height = table[column].fillna(0.0).to_numpy()
        look: dict[str, Any] = {"color": colour, "hatch": hatch, "edgecolor": "white", "linewidth": 0.4}
        axes.bar(place, height, bottom=below, width=0.55, label=texts(f"column.{column}"), **look)
        below = below + height
    line = texts("figure.target", percent=f"{target_percent:g}")
    axes.axhline(target_percent, color=WARNING_COLOUR, linewidth=1.2, label=line)
    axes.set_xticks(place, list(table["run"].astype(str)))
    axes.set_ylabel(texts("axis.rate"))
    light_grid(axes)
    legend_above(figure)
    return figure


def compared_counties(
    long: pd.DataFrame, runs: Sequence[str], texts: Texts, names: Names, *, target_percent: float
) -> Figure:
    """Rate of every county as one mark a run on a line between the lowest and the highest."""
    rates = long.set_index(["county", "run"])["curtailment_percent"]
    wide = rates.unstack().reindex(columns=list(runs))  # noqa: PD010
    wide = wide.sort_values(runs[-1], na_position="first")
    labels = [names.short(c) for c in wide.index]
    left = 0.35 + max((text_width(label, 9.0) for label in labels), default=0.5)
    figure, axes = new_figure(PAGE_WIDTH, 0.9 + 0.26 * len(wide), Margins(left=left))
    place = np.arange(len(wide))
    axes.hlines(place, wide.min(axis=1), wide.max(axis=1), color="#999999", linewidth=1.0)
    for k, run in enumerate(runs):
        marker, colour = _MARKS[k % len(_MARKS)]
        look: dict[str, Any] = {"marker": marker, "color": colour, "edgecolor": "black", "linewidth": 0.5}
        axes.scatter(wide[run], place, s=30, zorder=3, label=str(run), **look)
    line = texts("figure.target", percent=f"{target_percent:g}")
    axes.axvline(target_percent, color=WARNING_COLOUR, linewidth=1.2, label=line)
    axes.set_yticks(place, labels)
    axes.set_xlabel(texts("axis.rate"))
    axes.set_xlim(left=0.0)
    light_grid(axes, axis="x")
    legend_above(figure)
    return figure

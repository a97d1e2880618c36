"""Rate of every weather year with its two parts, beside mean, P90 and target."""

from __future__ import annotations

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
)

RATE = "curtailment_percent_system_cause"


def rates_by_year(table: pd.DataFrame, texts: Texts, *, target_percent: float) -> Figure:
    """A bar a year, provincial part below and local part above; both areas as marks; mean, P90 and target as lines."""
    names = table["weather_year"].astype(str)
    years = table[names.str.fullmatch(r"\d+")]
    statistic = table.set_index(names)[RATE]
    place = np.arange(len(years))
    figure, axes = new_figure(PAGE_WIDTH, 2.7, Margins())
    below = np.zeros(len(years))
    for column, cause in (("provincial_percent", "provincial"), ("local_percent", "branch")):
        colour, hatch = CAUSES[cause]
        height = years[column].fillna(0.0).to_numpy()
        look: dict[str, Any] = {"color": colour, "hatch": hatch, "edgecolor": "white", "linewidth": 0.4}
        axes.bar(place, height, bottom=below, width=0.6, label=texts(f"column.{column}"), **look)
        below = below + height
    marks: dict[str, Any] = {"marker": "D", "s": 26, "color": "#e69f00", "edgecolor": "black", "linewidth": 0.6}
    axes.scatter(place, years["both_areas_percent"], zorder=3, label=texts("column.both_areas_percent"), **marks)
    for name, style in (("mean", "-"), ("p90", ":")):
        if name in statistic.index:
            axes.axhline(statistic[name], color="black", linewidth=1.1, linestyle=style, label=texts(f"years.{name}"))
    target = texts("figure.target", percent=f"{target_percent:g}")
    axes.axhline(target_percent, color=WARNING_COLOUR, linewidth=1.4, label=target)
    axes.set_xticks(place, list(years["weather_year"].astype(str)))
    highest = max(target_percent, float(years[RATE].max()), float(years["both_areas_percent"].max()))
    axes.set_ylim(0.0, 1.1 * highest)
    axes.set_xlim(-0.6, len(years) - 0.4)
    axes.set_ylabel(texts("axis.rate"))
    axes.set_xlabel(texts("column.weather_year"))
    light_grid(axes)
    legend_above(figure)
    return figure

"""Months of one county: curtailed wind and sun, and the rate."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from gridsim.report.catalogue import Texts
from gridsim.report.figures.style import (
    CARRIERS,
    PAGE_WIDTH,
    WARNING_COLOUR,
    Margins,
    legend_above,
    light_grid,
    new_figure,
)
from gridsim.report.numbers import KINDS


def county_months(table: pd.DataFrame, texts: Texts, *, target_percent: float) -> Figure:
    """Curtailed energy by month as bars, wind below and sun above; under it the rate with the target as a line."""
    figure, axes = new_figure(PAGE_WIDTH, 3.6, Margins(between=0.35), rows=2, columns=1, sharex=True)
    place, below = np.arange(len(table)), np.zeros(len(table))
    factor = KINDS["energy_small"].factor
    for name in ("wind", "solar"):
        colour, hatch = CARRIERS[f"curtailed_{name}"][:2]
        height = factor * table[f"{name}_curtailed_gwh"].to_numpy(dtype=float)
        look = {"color": colour, "hatch": hatch, "edgecolor": "white", "linewidth": 0.4}
        axes[0].bar(place, height, bottom=below, width=0.65, label=texts(f"item.curtailed_{name}"), **look)
        below = below + height
    axes[0].set_ylabel(f"{texts('column.curtailed_gwh')} ({texts('unit.wan_kwh')})")
    axes[1].bar(place, table["curtailment_percent"].fillna(0.0), width=0.65, color="#bcd2e3", edgecolor="#5a7d99")
    line = texts("figure.target", percent=f"{target_percent:g}")
    axes[1].axhline(target_percent, color=WARNING_COLOUR, linewidth=1.2, label=line)
    axes[1].set_ylabel(texts("axis.rate"))
    axes[1].set_xticks(place, [str(m) for m in table["month"]])
    axes[1].set_xlabel(texts("column.month"))
    for each in axes:
        light_grid(each)
    legend_above(figure)
    return figure

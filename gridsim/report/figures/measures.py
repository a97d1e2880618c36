"""Measures side by side: what each avoids, in the city and in both areas."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from gridsim.report.catalogue import Texts
from gridsim.report.figures.style import (
    CAUSES,
    HALO,
    PAGE_WIDTH,
    Margins,
    legend_above,
    light_grid,
    new_figure,
    text_width,
)
from gridsim.report.numbers import KINDS, number


def measure_bars(table: pd.DataFrame, texts: Texts) -> Figure:
    """Energy avoided by each measure, the first on top: both areas, and the city's part of it as a mark."""
    kind, rows = KINDS["energy_fine"], table.iloc[::-1]
    place = np.arange(len(rows))
    labels = [str(name) for name in rows["label"]]
    margins = Margins(left=0.25 + min(max(text_width(name, 7.5) for name in labels), 3.2), right=0.7)
    figure, axes = new_figure(PAGE_WIDTH, 0.7 + 0.27 * len(rows), margins)
    both, city = (rows[f"avoided_{scope}_gwh"].fillna(0.0) * kind.factor for scope in ("both", "city"))
    colour, hatch = CAUSES["provincial"]
    axes.barh(place, both, height=0.62, color=colour, hatch=hatch, label=texts("column.avoided_both_gwh"))
    orange = CAUSES["section"][0]
    axes.plot(
        city, place, "D", color=orange, markeredgecolor="black", markersize=5, label=texts("column.avoided_city_gwh")
    )
    widest = max(float(both.abs().max()), float(city.abs().max()), 1e-6)
    for at, (length, mark, value) in enumerate(zip(both, city, rows["avoided_both_gwh"])):
        end = max(length, mark, 0.0)
        axes.annotate(
            number(value, "energy_fine"), (end, at), (7, 0), textcoords="offset points", va="center", fontsize=7.5,
            bbox=HALO, zorder=4,
        )  # fmt: skip
    axes.axvline(0.0, color="black", linewidth=0.8)
    axes.set_yticks(place, labels, fontsize=7.5)
    axes.set_xlim(min(0.0, 1.15 * float(both.min()), 1.15 * float(city.min())), 1.12 * widest)
    axes.set_xlabel(texts("axis.avoided", unit=texts(kind.unit)))
    light_grid(axes, axis="x")
    legend_above(figure)
    return figure

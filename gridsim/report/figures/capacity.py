"""Installed capacity, stacked by kind of plant: the city by year, and the counties."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from gridsim.report.catalogue import Texts
from gridsim.report.figures.style import (
    CAPACITIES,
    HALO,
    PAGE_WIDTH,
    Margins,
    legend_above,
    light_grid,
    new_figure,
    text_width,
)
from gridsim.report.numbers import KINDS, number

#: height of a bar's row, and of what stands under each axis. [inch]
ROW, FOOT = 0.25, 0.72


def installed_bars(by_year: pd.DataFrame, by_county: pd.DataFrame, texts: Texts) -> Figure:
    """Bars of the years over bars of the counties, each on a scale of its own, the sum at the end of a bar.

    Parameters
    ----------
    by_year, by_county : DataFrame
        Kinds of plants (keys of ``CAPACITIES``, others stand at the end in one look) as columns, installed capacity
        in MW; the index is what stands beside the bars, the first on top.
    """
    tables = {"installed_city": by_year, "installed_counties": by_county}
    panels = [(table, title) for title, table in tables.items() if len(table)]
    labels = [str(label) for table, _ in panels for label in table.index]
    margins = Margins(left=0.25 + max(text_width(label, 8) for label in labels), right=0.45, top=0.25, between=FOOT)
    heights = [ROW * len(table) + 0.1 for table, _ in panels]
    whole = sum(heights) + FOOT * (len(panels) - 1) + margins.top + margins.bottom
    figure, grid = new_figure(
        PAGE_WIDTH, whole, margins, rows=len(panels), columns=1, squeeze=False,
        gridspec_kw={"height_ratios": heights},
    )  # fmt: skip
    shown: set[str] = set()
    for axes, (table, title) in zip(grid[:, 0], panels):
        _bars(axes, table, texts, shown)
        axes.set_title(texts(f"figure.{title}"), loc="left")
    legend_above(figure)
    return figure


def _bars(axes: Axes, table: pd.DataFrame, texts: Texts, shown: set[str]) -> None:
    """Stacked bars of a table; kinds that a panel above has shown get no label again."""
    kind, place = KINDS["power"], np.arange(len(table))
    order = [c for c in CAPACITIES if c in table.columns] + [c for c in table.columns if c not in CAPACITIES]
    left = np.zeros(len(table))
    for name in order:
        width = kind.factor * table[name].fillna(0.0).to_numpy(float)
        if not width.any():
            continue
        colour, hatch = CAPACITIES.get(str(name), ("#ffffff", "\\\\\\"))
        label = "_" if name in shown else texts.word("installed_type", name)
        look: dict[str, Any] = {"facecolor": colour, "hatch": hatch, "edgecolor": "#555555", "linewidth": 0.3}
        axes.barh(place, width, left=left, height=0.68, label=label, **look)
        left = left + width
        shown.add(str(name))
    for at, total in zip(place, table.sum(axis=1)):
        words: dict[str, Any] = {"textcoords": "offset points", "va": "center", "fontsize": 7.5, "bbox": HALO}
        axes.annotate(number(total, "power"), (kind.factor * total, at), (3, 0), **words)
    axes.set_yticks(place, [str(label) for label in table.index])
    axes.set_ylim(len(table) - 0.4, -0.6)
    axes.set_xlabel(texts("axis.installed", unit=texts(kind.unit)))
    light_grid(axes, axis="x")

"""Stacked hourly balances of typical days."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from gridsim.report.catalogue import Texts
from gridsim.report.figures.style import CARRIERS, PAGE_WIDTH, Margins, legend_below, light_grid, new_figure
from gridsim.report.hours import GIVEN, TAKEN, TypicalDay
from gridsim.report.numbers import KINDS

LOAD_LINE: dict[str, Any] = {"color": "black", "linewidth": 1.6}
DRAWN_LINE: dict[str, Any] = {"color": "#b30000", "linewidth": 1.1, "linestyle": "--"}
MARGINS = Margins(bottom=0.42, top=0.22, between=0.3)


def typical_days(days: Sequence[TypicalDay], texts: Texts) -> Figure:
    """Up to four days, one scale a row: what feeds the city above the axis, what takes or is lost below.

    The load is a line; a dashed one, load and all else that takes power, closes the stack.
    """
    figure, grid = new_figure(PAGE_WIDTH, 4.9, MARGINS, rows=2, columns=2, sharex=True, sharey="row")
    shown: dict[str, None] = {}
    for axes, day in zip(grid.flat, days):
        shown |= dict.fromkeys(_stack(axes, day))
        axes.set_title(
            texts("figure.typical_day", name=texts(f"day.{day.name}"), date=f"{day.date:%Y-%m-%d}"), loc="left"
        )
    for axes in grid.flat[len(days) :]:
        axes.set_visible(False)
    for axes in grid[:, 0]:
        axes.set_ylabel(texts("axis.power", unit=texts(KINDS["power"].unit)))
    for axes in grid[-1, :]:
        axes.set_xlabel(texts("axis.hour"))
    handles: list[Any] = [Line2D([], [], **LOAD_LINE, label=texts("item.load"))]
    handles.append(Line2D([], [], **DRAWN_LINE, label=texts("item.drawn")))
    for item in (i for i in (*GIVEN, *TAKEN) if i in shown):
        colour, hatch = CARRIERS[item]
        handles.append(Patch(facecolor=colour, hatch=hatch, label=texts(f"item.{item}")))
    legend_below(figure, handles)
    return figure


def _stack(axes: Axes, day: TypicalDay) -> list[str]:
    """Draw one day; returns the items that are not zero."""
    balance = day.balance
    start = pd.DatetimeIndex(balance.index)
    hours = (start - start[0].normalize()).total_seconds().to_numpy() / 3600.0
    edges = np.append(hours, 2 * hours[-1] - hours[-2])
    scale = KINDS["power"].factor
    shown = []
    for items, sign in ((GIVEN, 1.0), (TAKEN, -1.0)):
        below = np.zeros(len(edges))
        for item in items:
            height = sign * scale * balance[item].to_numpy()
            if not np.abs(height).max() > 1e-6:
                continue
            above = below + np.append(height, height[-1])
            colour, hatch = CARRIERS[item]
            axes.fill_between(
                edges, below, above, step="post", facecolor=colour, hatch=hatch, edgecolor="white", linewidth=0.3
            )
            below = above
            shown.append(item)
    for power_mw, style in ((day.drawn_mw, DRAWN_LINE), (balance["load"], LOAD_LINE)):
        power = scale * power_mw.to_numpy()
        axes.step(edges, np.append(power, power[-1]), where="post", **style)
    axes.axhline(0.0, color="black", linewidth=0.7)
    axes.set_xlim(edges[0], edges[-1])
    axes.set_xticks(range(0, 25, 4))
    light_grid(axes)
    return shown

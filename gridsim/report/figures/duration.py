"""Duration curves: load and net load, and reverse power of transformers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from gridsim.report.catalogue import Texts
from gridsim.report.figures.style import (
    LINES,
    PAGE_WIDTH,
    WARNING_COLOUR,
    Margins,
    legend_above,
    light_grid,
    new_figure,
)
from gridsim.report.numbers import KINDS

#: points of a curve: more cannot be seen on a page
POINTS = 700


def load_duration(areas: Mapping[str, tuple[np.ndarray, np.ndarray]], step_h: float, texts: Texts) -> Figure:
    """Load and net load of each area from the highest to the lowest hour.

    Parameters
    ----------
    areas : mapping of name to (load_mw, net_mw)
        One panel each; net load is load less what wind and sun could give.
    step_h : float
        Length of a step. [h]
    """
    kind = KINDS["power"]
    figure, grid = new_figure(
        PAGE_WIDTH, 2.9, Margins(top=0.25, between=0.6), rows=1, columns=len(areas), squeeze=False
    )
    for number, (axes, (area, pair)) in enumerate(zip(grid[0], areas.items())):
        for mw, name, (colour, dashes, _) in zip(pair, ("load", "net_load"), LINES):
            label = "_" if number else texts(f"figure.{name}")
            _curve(axes, kind.factor * mw, step_h, color=colour, linestyle=dashes, linewidth=1.4, label=label)
        axes.set_title(area, loc="left")
        axes.set_xlim(0.0, len(pair[0]) * step_h)
        axes.set_ylim(bottom=min(0.0, 1.05 * kind.factor * float(min(m.min() for m in pair))))
        axes.axhline(0.0, color="black", linewidth=0.7)
        axes.set_xlabel(texts("axis.duration"))
        light_grid(axes)
    grid[0][0].set_ylabel(texts("axis.power", unit=texts(kind.unit)))
    legend_above(figure)
    return figure


def reverse_duration(
    percent: Mapping[str, np.ndarray], step_h: float, texts: Texts, *, heavy_percent: float
) -> Figure:
    """Reverse loading of transformers from the highest hour on, as long as power flows upwards.

    Parameters
    ----------
    percent : mapping of transformer to array, (time,)
        Power from the low to the high side in per cent of the rated power; the most loaded first, at most as many as
        there are :data:`~gridsim.report.figures.style.LINES`.
    heavy_percent : float
        Drawn as a line if a curve comes near it.
    """
    figure, axes = new_figure(PAGE_WIDTH, 3.1, Margins())
    longest = highest = 0.0
    for (name, values), (colour, dashes, mark) in zip(percent.items(), LINES):
        up = np.sort(values[values > 0.0])[::-1]
        look: dict[str, Any] = {"color": colour, "linestyle": dashes, "linewidth": 1.3, "label": name}
        _curve(axes, up, step_h, marker=mark, markersize=4, markevery=0.11, **look)
        longest, highest = max(longest, len(up) * step_h), max(highest, float(up.max(initial=0.0)))
    if highest > 0.7 * heavy_percent:
        limit = texts("figure.heavy", percent=f"{heavy_percent:g}")
        axes.axhline(heavy_percent, color=WARNING_COLOUR, linewidth=1.2, label=limit)
    axes.set_xlim(0.0, max(longest, 1.0))
    axes.set_ylim(0.0, 1.08 * max(highest, 1.0))
    axes.set_xlabel(texts("axis.duration"))
    axes.set_ylabel(texts("axis.reverse_loading"))
    light_grid(axes)
    legend_above(figure)
    return figure


def _curve(axes: Axes, values: np.ndarray, step_h: float, **look: Any) -> None:
    """Values from the highest down over how long they are reached or passed."""
    ordered = np.sort(np.asarray(values, dtype=float))[::-1]
    if not len(ordered):
        return
    chosen = np.unique(np.linspace(0, len(ordered) - 1, min(POINTS, len(ordered))).astype(int))
    axes.plot((chosen + 1) * step_h, ordered[chosen], **look)

"""Figures of a sweep's tidy table: curves over an axis, a map over two, a tornado around a base case.

Axis texts are arguments: what the axes of a sweep mean only its author knows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from gridsim.errors import InvalidInput, Problem, raise_if
from gridsim.report.drawn import drawn
from gridsim.report.figures.style import (
    CAUSES,
    HALO,
    PAGE_WIDTH,
    WARNING_COLOUR,
    Margins,
    legend_above,
    light_grid,
    line_look,
    new_figure,
    text_width,
)


def save_figure(draw: Callable[[], Figure], path: str | Path) -> tuple[Path, Path]:
    """Write a figure as PNG (300 dpi) and SVG beside each other; ``path`` without or with a suffix.

    Raises
    ------
    InvalidInput
        If the font lacks characters of its texts: a figure with boxes is not written.
    """
    stem = Path(path).with_suffix("")
    stem.parent.mkdir(parents=True, exist_ok=True)
    picture = drawn(draw)
    what = f"the font has no {', '.join(picture.lacking)}"
    raise_if([Problem(str(stem), what, "use other characters in the texts")] if picture.lacking else [])
    png, svg = stem.with_suffix(".png"), stem.with_suffix(".svg")
    png.write_bytes(picture.png)
    svg.write_bytes(picture.svg)
    return png, svg


def curves(
    table: pd.DataFrame, *, x: str, y: str, by: str, x_label: str, y_label: str,
    limit: float | None = None, limit_label: str = "",
) -> Figure:  # fmt: skip
    """A figure over an axis, a curve per label of another.

    Parameters
    ----------
    table : DataFrame
        :meth:`gridsim.sweep.Sweep.table`; cases without result leave a gap in their curve.
    x, by : str
        Axes of the sweep; every pair of labels may stand in the table once.
    y : str
        Column of the figure.
    limit : float, optional
        A line across, e.g. the target.
    """
    _check(table, {x, y, by}, once=[x, by])
    groups = list(table.groupby(by, sort=False))
    figure, axes = new_figure(PAGE_WIDTH, 3.5, Margins())
    for number, (label, part) in enumerate(groups):
        part = part.sort_values(x)
        colour, dashes, mark = line_look(number)
        look: dict[str, Any] = {"color": colour, "linestyle": dashes, "marker": mark, "markersize": 4, "linewidth": 1.2}
        axes.plot(part[x], part[y], label=str(label), **look)
    if limit is not None:
        axes.axhline(limit, color=WARNING_COLOUR, linewidth=1.4, linestyle="--", label=limit_label or f"{limit:g}")
    axes.set_xlabel(x_label)
    axes.set_ylabel(y_label)
    light_grid(axes)
    legend_above(figure)
    return figure


def heat_map(table: pd.DataFrame, *, x: str, y: str, value: str, x_label: str, value_label: str,
             digits: int = 1) -> Figure:  # fmt: skip
    """A figure over two axes of a sweep: dark is much, grey is a case without result, every cell has its number."""
    _check(table, {x, y, value}, once=[x, y])
    rows, columns = list(dict.fromkeys(table[y])), list(dict.fromkeys(table[x]))
    wide = table.pivot_table(index=y, columns=x, values=value, dropna=False).reindex(index=rows, columns=columns)
    numbers = np.ma.masked_invalid(wide.to_numpy(dtype=float))
    labels = [str(r) for r in rows]
    margins = Margins(left=0.25 + max(text_width(label, 8) for label in labels), right=0.5)
    figure, axes = new_figure(PAGE_WIDTH, 0.8 + 0.25 * len(rows), margins)
    colours = mpl.colormaps["YlOrBr"].with_extremes(bad="#d9d9d9")
    mesh = axes.pcolormesh(numbers, cmap=colours, edgecolors="white", linewidth=0.6)
    dark = float(numbers.min()) + 0.7 * float(numbers.max() - numbers.min()) if numbers.count() else np.inf
    for i, j in zip(*np.nonzero(~np.ma.getmaskarray(numbers))):
        colour = "white" if numbers[i, j] > dark else "black"
        axes.text(j + 0.5, i + 0.5, f"{numbers[i, j]:.{digits}f}", ha="center", va="center", fontsize=7.5, color=colour)
    axes.set_xticks(np.arange(len(columns)) + 0.5, [f"{c:g}" if isinstance(c, float) else str(c) for c in columns])
    axes.set_yticks(np.arange(len(rows)) + 0.5, labels)
    axes.invert_yaxis()
    axes.set_xlabel(x_label)
    figure.colorbar(mesh, ax=axes, label=value_label, pad=0.01)
    return figure


def tornado(
    table: pd.DataFrame, *, value: str, base: Mapping[str, object], value_label: str, limit: float | None = None,
    axis_labels: Mapping[str, str] | None = None,
) -> Figure:  # fmt: skip
    """What each axis alone does to a figure: from the base case to the lowest and highest of the others on that axis.

    Parameters
    ----------
    base : mapping of axis to label
        The base case; it must have a result.
    axis_labels : mapping of axis to text, optional
    """
    _check(table, {value, *base}, once=list(base))
    at = {axis: (table[axis] == label).to_numpy() for axis, label in base.items()}
    there = table[value].notna().to_numpy()
    middle = table.loc[np.logical_and.reduce([there, *at.values()]), value]
    if len(middle) != 1:
        raise InvalidInput([Problem("tornado", f"the base case {dict(base)} has no result", "choose a finished case")])
    ranges = []
    for axis in base:
        part = table.loc[np.logical_and.reduce([there, *(here for name, here in at.items() if name != axis)])]
        rates = part[value].to_numpy()
        ranges.append((axis, part.iloc[int(rates.argmin())], part.iloc[int(rates.argmax())]))
    ranges.sort(key=lambda r: float(r[2][value] - r[1][value]))
    names = [(axis_labels or {}).get(axis, axis) for axis, _, _ in ranges]
    margins = Margins(left=0.25 + max(text_width(name, 8) for name in names), right=0.3)
    figure, axes = new_figure(PAGE_WIDTH, 0.7 + 0.35 * len(ranges), margins)
    centre = float(middle.iloc[0])
    for place, (axis, low, high) in enumerate(ranges):
        cases = [(float(case[value]), _short(case[axis])) for case in (low, high)]
        texts = [f"{label}: {rate:.2f}" if rate != centre else "" for rate, label in cases]
        if f"{cases[0][0]:.2f}" == f"{cases[1][0]:.2f}":  # an axis that changes nothing to see: all its labels, once
            every = ", ".join(dict.fromkeys(_short(label) for label in table[axis]))
            texts = ["", f"{every}: {cases[1][0]:.2f}"]
        looks = ((CAUSES["provincial"][0], "right", -4), (CAUSES["branch"][0], "left", 4))
        for (rate, _), text, (colour, side, shift) in zip(cases, texts, looks):
            axes.barh(place, rate - centre, left=centre, height=0.55, color=colour)
            if text:
                look: dict[str, Any] = {"ha": side, "va": "center", "fontsize": 7.5, "bbox": HALO}
                axes.annotate(text, (rate, place), (shift, 0), textcoords="offset points", **look)
    axes.axvline(centre, color="black", linewidth=1.0)
    if limit is not None:
        axes.axvline(limit, color=WARNING_COLOUR, linewidth=1.4, linestyle="--")
    axes.margins(x=0.15)
    axes.set_yticks(range(len(names)), names)
    axes.set_xlabel(value_label)
    light_grid(axes, axis="x")
    return figure


def _short(label: object) -> str:
    """A label as a planner writes it: 5600 in place of 5600.0."""
    return f"{label:g}" if isinstance(label, float) else str(label)


def _check(table: pd.DataFrame, columns: set[str], *, once: list[str]) -> None:
    """The columns are there, and a point of the figure is one case."""
    missing = sorted(columns - set(table.columns))
    raise_if([Problem("figure", f"the table has no column {c!r}", f"it has {list(table.columns)}") for c in missing])
    twice = table[table.duplicated(once)]
    if len(twice):
        point = dict(twice.iloc[0][once])
        fix = "choose one label of every other axis first: table[table[axis] == label]"
        raise InvalidInput([Problem("figure", f"several cases stand at {point}", fix)])

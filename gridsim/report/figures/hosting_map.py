"""Schematic map of the counties by grade: cells around their seats, no administrative boundaries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Polygon

from gridsim.report.catalogue import Texts
from gridsim.report.figures.style import PAGE_WIDTH, Margins, legend_below, new_figure, text_width
from gridsim.report.tables import Names

#: grade -> colour, hatch: light enough for black letters, apart in black and white
GRADES: dict[str, tuple[str, str]] = {
    "green": ("#8fd3bd", ""),
    "yellow": ("#f7ea7a", "///"),
    "red": ("#eb9b6c", "xxx"),
    "": ("#ececec", ""),
}
KM_PER_DEGREE = 111.2
#: how far the outline lies outside the seats, share of the longer side
MARGIN_PU = 0.16
#: rounds in which every seat moves half way to the middle of its cell: small districts become legible
ROUNDS = 3
#: largest and smallest size of the letters. [pt]
LETTERS_PT = (9.0, 5.5)


def county_map(
    county: pd.DataFrame, grade: Mapping[str, str], below: Mapping[str, str], texts: Texts, names: Names
) -> Figure:
    """One cell per county in the colour, hatch and word of its grade.

    Parameters
    ----------
    county : DataFrame
        ``name, lat_deg, lon_deg`` of the seats.
    grade : mapping of county to grade
        A county without one is grey.
    below : mapping of county to text
        A line under its name (its open capacity).
    """
    placed = county.dropna(subset=["lat_deg", "lon_deg"]).reset_index(drop=True)
    cells = county_cells(_kilometres(placed))
    corners = np.vstack([cell for cell in cells if len(cell)])
    (left, low), (right, high) = corners.min(axis=0), corners.max(axis=0)
    height = (PAGE_WIDTH - 0.2) * (high - low) / (right - left)
    figure, axes = new_figure(PAGE_WIDTH, min(height, 5.2) + 0.2, Margins(left=0.1, right=0.1, bottom=0.1, top=0.1))
    axes.set_axis_off()
    axes.set_aspect("equal")
    axes.set_xlim(left - 1.0, right + 1.0)
    axes.set_ylim(low - 1.0, high + 1.0)
    axes.apply_aspect()
    per_km = float(np.diff(axes.transData.transform([(0.0, 0.0), (1.0, 0.0)])[:, 0])[0]) / figure.dpi  # inch
    for name, cell in zip(placed["name"], cells):
        mine = str(grade.get(name, ""))
        colour, hatch = GRADES.get(mine, GRADES[""])
        look: dict[str, Any] = {"facecolor": colour, "edgecolor": "#00000055", "hatch": hatch, "linewidth": 0.0}
        axes.add_patch(Polygon(cell, **look))
        axes.add_patch(Polygon(cell, fill=False, edgecolor="white", linewidth=2.2))
        word = texts.word("grade", mine) if mine else texts("word.none")
        lines = [names.short(name), f"{word} {below.get(name, '')}".strip()]
        _write(axes, cell, lines, per_km)
    handles = [
        Patch(facecolor=c, hatch=h, edgecolor="#00000088", linewidth=0.5, label=texts(f"hosting.map_{g}"))
        for g, (c, h) in GRADES.items() if g
    ]  # fmt: skip
    legend_below(figure, handles)
    return figure


def _write(axes: Any, cell: np.ndarray, lines: list[str], inch_per_km: float) -> None:
    """Lines in the middle of a cell, as large as its width from their head to their foot allows."""
    largest, smallest = LETTERS_PT
    y = float(_centre(cell)[1])
    half_km = 1.25 * largest / 72.0 / inch_per_km
    spans = [_span_at(cell, y + step * half_km) for step in (-1.0, 0.0, 1.0)]
    left, right = max(s[0] for s in spans), min(s[1] for s in spans)
    x, wide = (left + right) / 2.0, max(right - left, 0.0) * inch_per_km
    needed = max(text_width(line, 1.0) for line in lines)
    size = float(np.clip(0.92 * wide / needed, smallest, largest))
    ground = {"facecolor": "#ffffffc0", "edgecolor": "none", "pad": 1.0}
    axes.text(x, y, "\n".join(lines), ha="center", va="center", fontsize=size, linespacing=1.25, bbox=ground, zorder=5)


def _kilometres(placed: pd.DataFrame) -> np.ndarray:
    """Seats on a plane, (county, 2). [km]"""
    lat, lon = placed["lat_deg"].to_numpy(float), placed["lon_deg"].to_numpy(float)
    return KM_PER_DEGREE * np.column_stack([lon * np.cos(np.deg2rad(lat.mean())), lat])


def county_cells(points: np.ndarray) -> list[np.ndarray]:
    """Cells of points within an outline around all of them: every place belongs to the nearest point.

    The points first move apart (half way to the middle of their cells, :data:`ROUNDS` times), which keeps who is next
    to whom roughly and makes small cells legible.

    Parameters
    ----------
    points : ndarray, (point, 2)

    Returns
    -------
    list of ndarray, (corner, 2)
        Counter-clockwise; together they fill the outline without overlap.
    """
    outline = _outline(points)
    moved = np.array(points, dtype=float)
    for _ in range(ROUNDS if len(points) > 1 else 0):
        moved = (moved + np.array([_centre(c) for c in _cells(moved, outline)])) / 2.0
    return _cells(moved, outline)


def _cells(points: np.ndarray, outline: np.ndarray) -> list[np.ndarray]:
    """The outline cut by the perpendicular bisectors between each point and all others."""
    out = []
    for k, point in enumerate(points):
        cell = outline
        for j, other in enumerate(points):
            if j != k and len(cell):
                cell = _nearer(cell, point, other)
        out.append(cell)
    return out


def _nearer(cell: np.ndarray, point: np.ndarray, other: np.ndarray) -> np.ndarray:
    """The part of a convex polygon that is nearer to a point than to another."""
    normal = other - point
    beyond = (cell - (point + other) / 2.0) @ normal
    corners: list[np.ndarray] = []
    for here, there, a, b in zip(cell, np.roll(cell, -1, axis=0), beyond, np.roll(beyond, -1)):
        if a <= 0.0:
            corners.append(here)
        if (a < 0.0 < b) or (b < 0.0 < a):
            corners.append(here + (there - here) * a / (a - b))
    return np.array(corners).reshape(-1, 2)


def _outline(points: np.ndarray) -> np.ndarray:
    """A polygon around all points at some distance: corners of circles around them, their hull."""
    reach = MARGIN_PU * float(max(np.ptp(points, axis=0).max(), 1.0))
    angle = np.linspace(0.0, 2.0 * np.pi, 16, endpoint=False)
    around = reach * np.column_stack([np.cos(angle), np.sin(angle)])
    return _hull((points[:, None, :] + around[None]).reshape(-1, 2))


def _hull(points: np.ndarray) -> np.ndarray:
    """Convex hull, counter-clockwise (monotone chain)."""
    rows = sorted(map(tuple, points))

    def chain(ordered: list[Any]) -> list[Any]:
        out: list[Any] = []
        for p in ordered:
            while len(out) > 1 and _turn(out[-2], out[-1], p) <= 0.0:
                out.pop()
            out.append(p)
        return out[:-1]

    return np.array(chain(rows) + chain(rows[::-1]))


def _turn(a: Any, b: Any, c: Any) -> float:
    return float((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]))


def _centre(cell: np.ndarray) -> np.ndarray:
    """Centre of gravity of a polygon."""
    x, y = cell.T
    x2, y2 = np.roll(x, -1), np.roll(y, -1)
    cross = x * y2 - x2 * y
    area = cross.sum() / 2.0
    return np.array([((x + x2) * cross).sum(), ((y + y2) * cross).sum()]) / (6.0 * area)


def _span_at(cell: np.ndarray, y: float) -> tuple[float, float]:
    """Left and right end of a convex polygon at a height; its middle where it does not reach."""
    crossing = []
    for (xa, ya), (xb, yb) in zip(cell, np.roll(cell, -1, axis=0)):
        if (ya - y) * (yb - y) < 0.0:
            crossing.append(xa + (xb - xa) * (y - ya) / (yb - ya))
    if len(crossing) < 2:
        return float(_centre(cell)[0]), float(_centre(cell)[0])
    return min(crossing), max(crossing)

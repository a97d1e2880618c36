"""The network on its coordinates: lines and transformers coloured by their highest loading."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle

from gridsim.report.catalogue import Texts
from gridsim.report.figures.style import (
    HALO,
    LOADINGS,
    PAGE_WIDTH,
    SMALL_PT,
    Margins,
    legend_below,
    new_figure,
    text_width,
)
from gridsim.report.numbers import number
from gridsim.report.tables import Names, is_true, plain

#: lowest voltage of a class [kV], added line width, marker size
LEVELS = ((400.0, 1.5, 42.0), (180.0, 0.6, 18.0), (0.0, 0.0, 6.0))
LABEL_FROM_KV = 180.0
#: lines and transformers loaded above this are named, at most so many places. [%]
NAME_ABOVE_PERCENT, NAMED = 80.0, 15
COUNTY_COLOUR = "#7a5c00"
#: distances tried for county names, the nearer first. [pt]
COUNTY_GAPS = (3.0, 10.0, 18.0, 26.0)
#: longest bar of the scale that is tried first. [km]
SCALES_KM = (20.0, 10.0, 5.0, 2.0, 1.0)
KM_PER_DEGREE = 111.2
#: how much worse a name covers a station than another name
MARK_WEIGHT = 2.0
#: the enlarged part: its width and height, and the fewest stations that make it worth a figure. [degree]
CORE_DEG, CORE_STATIONS = (0.38, 0.26), 15
#: part of it that the stations are looked for in: the others are room for names
FILLED = 0.9
FRAME: dict[str, Any] = {"fill": False, "edgecolor": "#555555", "linewidth": 0.8, "linestyle": (0, (2, 2))}


@dataclass(frozen=True)
class Window:
    """A part of the map. [degree]"""

    west: float
    east: float
    south: float
    north: float

    def holds(self, places: pd.DataFrame) -> np.ndarray:
        """Which rows with ``lon_deg`` and ``lat_deg`` lie in it."""
        lon, lat = places["lon_deg"].to_numpy(float), places["lat_deg"].to_numpy(float)
        return (lon >= self.west) & (lon <= self.east) & (lat >= self.south) & (lat <= self.north)


def core_of(stations: pd.DataFrame) -> Window | None:
    """The window of :data:`CORE_DEG` with the most stations; None if the stations stand far apart everywhere."""
    placed = stations.dropna(subset=["lat_deg", "lon_deg"])
    wide, high = CORE_DEG
    lon, lat = placed["lon_deg"].to_numpy(float), placed["lat_deg"].to_numpy(float)
    west, south = np.unique(lon), np.unique(lat)
    across = (lon >= west[:, None]) & (lon <= west[:, None] + FILLED * wide)  # (west, station)
    along = (lat >= south[:, None]) & (lat <= south[:, None] + FILLED * high)
    counts = across.astype(int) @ along.T.astype(int)
    if not CORE_STATIONS <= counts.max(initial=0) < 0.8 * len(placed):
        return None
    i, j = np.unravel_index(counts.argmax(), counts.shape)
    inside = across[i] & along[j]
    x, y = (lon[inside].min() + lon[inside].max()) / 2, (lat[inside].min() + lat[inside].max()) / 2
    return Window(x - wide / 2, x + wide / 2, y - high / 2, y + high / 2)


def one_line_map(
    stations: pd.DataFrame, branches: pd.DataFrame, county: pd.DataFrame | None, texts: Texts, names: Names
) -> Figure:
    """Geographic one-line diagram; wide and dark = heavily loaded, width also says the voltage.

    500 and 220 kV stations and heavily loaded lines are named, counties near their seats; in the densest part, which
    :func:`core_map` enlarges, only 500 kV stations are.
    """
    placed = stations.dropna(subset=["lat_deg", "lon_deg"]).set_index("station")
    lon, lat = placed["lon_deg"], placed["lat_deg"]
    pad_lon, pad_lat = 0.06 * max(np.ptp(lon), 0.2), 0.04 * max(np.ptp(lat), 0.2)
    whole = Window(lon.min() - pad_lon, lon.max() + pad_lon, lat.min() - pad_lat, lat.max() + pad_lat)
    core = core_of(stations)
    extra = [Patch(**FRAME, label=texts("figure.enlarged"))] if core else []
    figure, axes, labels, lines = _drawn(placed, branches, whole, [*_legend(texts), *extra], texts, scale=1.0)
    dense = core.holds(placed) if core else np.zeros(len(placed), bool)
    named = placed[(placed["vn_kv"] >= np.where(dense, LEVELS[0][0], LABEL_FROM_KV))]
    for name, row in named.sort_values("vn_kv", ascending=False, kind="stable").iterrows():
        labels.write(names.short(name), row["lon_deg"], row["lat_deg"], 8.0 if row["vn_kv"] >= 400.0 else SMALL_PT)
    _name_heavy(labels, _heavy_places(lines, branches, placed))
    for name, lon_deg, lat_deg in [] if county is None else zip(county["name"], county["lon_deg"], county["lat_deg"]):
        labels.write(names.short(name), lon_deg, lat_deg, 8.5, colour=COUNTY_COLOUR, gaps=COUNTY_GAPS, covering=0.1)
    if core:
        axes.add_patch(Rectangle((core.west, core.south), *CORE_DEG, zorder=4, **FRAME))
    return figure


def core_map(stations: pd.DataFrame, branches: pd.DataFrame, core: Window, texts: Texts, names: Names) -> Figure:
    """The densest part of the grid enlarged, every station named as far as there is room."""
    placed = stations.dropna(subset=["lat_deg", "lon_deg"]).set_index("station")
    figure, _, labels, lines = _drawn(placed, branches, core, _legend(texts), texts, scale=1.6)
    inside = placed[core.holds(placed)].sort_values("vn_kv", ascending=False, kind="stable")
    for name, row in inside.iterrows():
        large = row["vn_kv"] >= LABEL_FROM_KV
        labels.write(
            names.short(name), row["lon_deg"], row["lat_deg"], 8.0 if large else SMALL_PT, gaps=(3.0, 6.0, 10.0),
            covering=np.inf if large else 0.3,
        )  # fmt: skip
    heavy = _heavy_places(lines, branches, placed)
    _name_heavy(labels, heavy[core.holds(heavy)])
    return figure


def _drawn(
    placed: pd.DataFrame, branches: pd.DataFrame, window: Window, handles: list[Any], texts: Texts, *, scale: float
) -> tuple[Figure, Axes, _Labels, pd.DataFrame]:
    """Lines, stations, scale and legend of a window; ``scale`` of the marks. Figure, axes, labels to write, lines."""
    lines = _corridors(branches, placed)
    margins, shape = Margins(right=0.22), 1.0 / np.cos(np.deg2rad((window.south + window.north) / 2))
    wide = PAGE_WIDTH - margins.left - margins.right
    high = wide * shape * (window.north - window.south) / (window.east - window.west)
    figure, axes = new_figure(PAGE_WIDTH, high + margins.top + margins.bottom, margins)
    _draw_lines(axes, lines, placed, scale)
    _draw_stations(axes, placed, _transformer_loading(branches), scale)
    axes.set_xlim(window.west, window.east)
    axes.set_ylim(window.south, window.north)
    axes.set_aspect(shape)
    axes.set_xlabel(texts("axis.longitude"))
    axes.set_ylabel(texts("axis.latitude"))
    _draw_scale(axes, window)
    legend_below(figure, handles)
    axes.apply_aspect()  # the scale of the axes decides where labels fit
    return figure, axes, _Labels(axes, figure.dpi, placed, scale), lines


def _draw_scale(axes: Axes, window: Window) -> None:
    """A bar of round length in the lower right corner."""
    km = KM_PER_DEGREE * np.cos(np.deg2rad((window.south + window.north) / 2))
    wide, high = window.east - window.west, window.north - window.south
    length = next((k for k in SCALES_KM if k / km < 0.2 * wide), SCALES_KM[-1])
    right, low = window.east - 0.02 * wide, window.south + 0.02 * high
    left = right - length / km
    axes.plot([left, right], [low, low], color="black", linewidth=2.0, solid_capstyle="butt", zorder=5)
    place: dict[str, Any] = {"textcoords": "offset points", "ha": "center", "fontsize": 8, "bbox": HALO, "zorder": 5}
    axes.annotate(f"{length:g} km", ((left + right) / 2, low), (0, 4), **place)


def _heavy_places(lines: pd.DataFrame, branches: pd.DataFrame, placed: pd.DataFrame) -> pd.DataFrame:
    """Heavily loaded lines (at their middle) and transformers: element, max_loading_percent, lon_deg, lat_deg."""
    own = branches[(branches["from_station"] == branches["to_station"]) & branches["from_station"].isin(placed.index)]
    xy, ends = placed[["lon_deg", "lat_deg"]], (("a", "b"), ("from_station", "to_station"))
    parts = []
    for table, (first, second) in zip((lines, own), ends):
        heavy = table[table["max_loading_percent"] > NAME_ABOVE_PERCENT]
        middle = (xy.loc[heavy[first]].to_numpy() + xy.loc[heavy[second]].to_numpy()) / 2
        place = dict(zip(("lon_deg", "lat_deg"), middle.T))
        parts.append(heavy[["element", "max_loading_percent"]].assign(**place))
    every = pd.concat(parts, ignore_index=True).sort_values("max_loading_percent", ascending=False, kind="stable")
    return every.drop_duplicates(["lon_deg", "lat_deg"]).head(NAMED)


def _name_heavy(labels: _Labels, heavy: pd.DataFrame) -> None:
    """Write name and loading of heavily loaded elements."""
    columns = ("element", "max_loading_percent", "lon_deg", "lat_deg")
    for element, loading, lon_deg, lat_deg in zip(*(heavy[c] for c in columns)):
        text = f"{plain(element)} {number(loading, 'loading')}%"
        labels.write(text, lon_deg, lat_deg, SMALL_PT, colour=_class_of(loading)[1], gaps=(4.0, 14.0))


def _corridors(branches: pd.DataFrame, placed: pd.DataFrame) -> pd.DataFrame:
    """One row for each pair of stations and voltage: the highest loading of its circuits."""
    ends = branches["from_station"].isin(placed.index) & branches["to_station"].isin(placed.index)
    lines = branches[ends & (branches["from_station"] != branches["to_station"])].copy()
    swap = lines["from_station"] > lines["to_station"]
    lines["a"] = lines["from_station"].where(~swap, lines["to_station"])
    lines["b"] = lines["to_station"].where(~swap, lines["from_station"])
    lines["is_equivalent"] = lines["is_equivalent"].map(is_true)
    lines = lines.sort_values("max_loading_percent", ascending=False, na_position="last", kind="stable")
    columns = {"element": "first", "max_loading_percent": "max", "is_equivalent": "all"}
    return lines.groupby(["a", "b", "vn_kv"], as_index=False).agg(columns)


def _transformer_loading(branches: pd.DataFrame) -> pd.Series:
    own = branches[branches["from_station"] == branches["to_station"]]
    return own.groupby("from_station")["max_loading_percent"].max()


def _level(vn_kv: float) -> tuple[float, float, float]:
    return next(level for level in LEVELS if vn_kv >= level[0])


def _class_of(loading_percent: float) -> tuple[float, str, float]:
    return next((c for c in reversed(LOADINGS) if loading_percent > c[0]), LOADINGS[0])


def _draw_lines(axes: Axes, lines: pd.DataFrame, placed: pd.DataFrame, scale: float) -> None:
    lines = lines.sort_values("max_loading_percent", na_position="first")  # heavily loaded on top
    xy = placed[["lon_deg", "lat_deg"]]
    segments = np.stack([xy.loc[lines["a"]].to_numpy(), xy.loc[lines["b"]].to_numpy()], axis=1)
    own = ~lines["is_equivalent"].to_numpy(dtype=bool)
    for chosen, style in ((own, "solid"), (~own, (0, (4, 2)))):
        part = lines[chosen]
        classes = [_class_of(v) for v in part["max_loading_percent"]]
        widths = [scale**0.5 * (c[2] + _level(v)[1]) for c, v in zip(classes, part["vn_kv"])]
        colours = [c[1] for c in classes]
        axes.add_collection(
            LineCollection(
                list(segments[chosen]),
                colors=colours,
                linewidths=widths,
                linestyles=[style],
                capstyle="round",
                zorder=2,
            )
        )


def _draw_stations(axes: Axes, placed: pd.DataFrame, loading: pd.Series, scale: float) -> None:
    kinds = placed["kind"] if "kind" in placed.columns else pd.Series("substation", index=placed.index)
    for low_kv, _, size in reversed(LEVELS):
        high_kv = {180.0: 400.0, 0.0: 180.0}.get(low_kv, np.inf)
        chosen = placed[(placed["vn_kv"] >= low_kv) & (placed["vn_kv"] < high_kv)]
        for kind, marker in (("substation", "o"), ("plant", "s"), ("other", "D")):
            mine = kinds.loc[chosen.index].where(lambda k: k.isin(["substation", "plant"]), "other") == kind
            part = chosen[mine.to_numpy()]
            colours = [_class_of(loading[s])[1] if s in loading.index else "white" for s in part.index]
            axes.scatter(
                part["lon_deg"],
                part["lat_deg"],
                s=scale * size,
                marker=marker,
                c=colours,
                edgecolor="black",
                linewidth=0.7,
                zorder=6,  # over the ground of names
            )


def _legend(texts: Texts) -> list[Any]:
    edges = [f"{c[0]:g}" for c in LOADINGS]
    square: dict[str, Any] = {"linestyle": "none", "markerfacecolor": "white", "markeredgecolor": "black"}
    ranges = [f"≤{edges[1]} %", *(f"{a}–{b} %" for a, b in pairwise(edges[1:])), f">{edges[-1]} %"]
    ranges[0] = texts("figure.loading", range=ranges[0])  # the first says what the others are, too
    handles = [Line2D([], [], color=c[1], linewidth=c[2] + 1, label=r) for c, r in zip(LOADINGS, ranges)]
    for kv, (_, width, size) in zip((500, 220, 110), LEVELS):
        handles.append(
            Line2D(
                [],
                [],
                color="#777777",
                linewidth=1 + width,
                marker="o",
                markersize=size**0.5,
                markerfacecolor="white",
                markeredgecolor="black",
                label=f"{kv} kV",
            )
        )
    handles.append(Line2D([], [], color="#777777", linestyle=(0, (4, 2)), label=texts("figure.equivalent")))
    handles.append(Line2D([], [], marker="s", **square, label=texts("figure.plant")))
    handles.append(Line2D([], [], marker="D", **square, label=texts("figure.other_station")))
    return handles


class _Labels:
    """Names on the map, each where it covers neither a marker nor another name."""

    def __init__(self, axes: Axes, dpi: float, stations: pd.DataFrame, scale: float):
        self._axes, self._dpi = axes, dpi
        points = axes.transData.transform(stations[["lon_deg", "lat_deg"]].to_numpy()) * 72.0 / dpi
        radius = np.array([0.5 * (scale * _level(kv)[2]) ** 0.5 for kv in stations["vn_kv"]])[:, None]
        self._taken = np.hstack([points - radius - 1.0, points + radius + 1.0])
        self._weight = np.full(len(points), MARK_WEIGHT)
        self._frame = np.array(axes.get_window_extent().extents) * 72.0 / dpi

    def _outside(self, box: np.ndarray) -> float:
        """Area of a box that stands outside the map."""
        return float((box[2] - box[0]) * (box[3] - box[1]) - _overlap(box, self._frame[None, :])[0])

    def write(
        self,
        text: str,
        lon_deg: float,
        lat_deg: float,
        size: float,
        *,
        colour: str = "black",
        gaps: tuple[float, ...] = (5.0, 10.0),
        covering: float = np.inf,
    ) -> None:
        """Put one name at the best of eight places around its point, the nearer first; sizes in points.

        A name that would cover others with more than the share ``covering`` of its area is left out.
        """
        x, y = self._axes.transData.transform((lon_deg, lat_deg)) * 72.0 / self._dpi
        boxes = np.array([box for gap in gaps for box in _places(x, y, 72.0 * text_width(text, size), size, gap)])
        covered = np.array([_overlap(box, self._taken) @ self._weight + self._outside(box) for box in boxes])
        best = boxes[covered.argmin()]
        if covered.min() > covering * (best[2] - best[0]) * (best[3] - best[1]):
            return
        self._taken, self._weight = np.vstack([self._taken, best]), np.append(self._weight, 1.0)
        look: dict[str, Any] = {"fontsize": size, "va": "bottom", "zorder": 5, "bbox": HALO, "color": colour}
        place = (float(best[0] - x), float(best[1] - y))
        self._axes.annotate(text, (lon_deg, lat_deg), xytext=place, textcoords="offset points", **look)


def _places(x: float, y: float, width: float, height: float, gap: float) -> list[tuple[float, float, float, float]]:
    corners = [
        (x + gap, y - height / 2),
        (x - gap - width, y - height / 2),
        (x - width / 2, y + gap),
        (x - width / 2, y - gap - height),
        (x + gap, y + gap),
        (x + gap, y - gap - height),
        (x - gap - width, y + gap),
        (x - gap - width, y - gap - height),
    ]
    return [(left, low, left + width, low + height) for left, low in corners]


def _overlap(box: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Area that a box (left, low, right, high) shares with each of the others."""
    wide = np.minimum(box[2], others[:, 2]) - np.maximum(box[0], others[:, 0])
    high = np.minimum(box[3], others[:, 3]) - np.maximum(box[1], others[:, 1])
    return np.clip(wide, 0.0, None) * np.clip(high, 0.0, None)

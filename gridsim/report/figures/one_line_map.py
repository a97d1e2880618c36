"""The network on its coordinates: lines and transformers coloured by their highest loading."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from gridsim.report.catalogue import Texts
from gridsim.report.figures.style import HALO, LOADINGS, Margins, legend_below, new_figure, text_width
from gridsim.report.numbers import number
from gridsim.report.tables import Names, is_true, plain

#: lowest voltage of a class [kV], added line width, marker size
LEVELS = ((400.0, 2.2, 70.0), (180.0, 0.9, 30.0), (0.0, 0.0, 9.0))
LABEL_FROM_KV = 180.0
#: lines and transformers loaded above this are named, at most so many places. [%]
NAME_ABOVE_PERCENT, NAMED = 80.0, 15
COUNTY_COLOUR = "#a08a50"
#: distances tried for county names, the nearer first. [pt]
COUNTY_GAPS = (3.0, 10.0, 18.0, 26.0)
SCALE_KM = 20.0
KM_PER_DEGREE = 111.2


def one_line_map(
    stations: pd.DataFrame, branches: pd.DataFrame, county: pd.DataFrame | None, texts: Texts, names: Names
) -> Figure:
    """Geographic one-line diagram; wide and dark = heavily loaded, width also says the voltage.

    500 and 220 kV stations and heavily loaded lines are named, counties near their seats.
    """
    placed = stations.dropna(subset=["lat_deg", "lon_deg"]).set_index("station")
    lines = _corridors(branches, placed)
    figure, axes = new_figure(10.0, 9.4, Margins(left=0.7, bottom=1.25))
    _draw_lines(axes, lines, placed)
    _draw_stations(axes, placed, _transformer_loading(branches))
    axes.set_aspect(1.0 / np.cos(np.deg2rad(placed["lat_deg"].mean())))
    axes.set_xlabel(texts("axis.longitude"))
    axes.set_ylabel(texts("axis.latitude"))
    axes.margins(0.06, 0.04)
    _draw_scale(axes, placed)
    legend_below(figure, _legend(texts), columns=5)
    axes.autoscale_view()
    axes.apply_aspect()  # the scale of the axes decides where labels fit
    labels = _Labels(axes, figure.dpi, placed)
    for name, row in placed[placed["vn_kv"] >= LABEL_FROM_KV].sort_values("vn_kv", ascending=False).iterrows():
        labels.write(names.short(name), row["lon_deg"], row["lat_deg"], 9.0 if row["vn_kv"] >= 400.0 else 7.5)
    _name_heavy(labels, _heavy_places(lines, branches, placed))
    for name, lon_deg, lat_deg in [] if county is None else zip(county["name"], county["lon_deg"], county["lat_deg"]):
        labels.write(names.short(name), lon_deg, lat_deg, 10.5, colour=COUNTY_COLOUR, gaps=COUNTY_GAPS, covering=0.1)
    return figure


def _draw_scale(axes: Axes, placed: pd.DataFrame) -> None:
    """A bar of 20 km in the lower right corner."""
    low, right = placed["lat_deg"].min(), placed["lon_deg"].max()
    left = right - SCALE_KM / (KM_PER_DEGREE * np.cos(np.deg2rad(placed["lat_deg"].mean())))
    axes.plot([left, right], [low, low], color="black", linewidth=2.0, solid_capstyle="butt")
    middle = ((left + right) / 2, low)
    axes.annotate(f"{SCALE_KM:g} km", middle, (0, 4), textcoords="offset points", ha="center", fontsize=8.5)


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
        labels.write(text, lon_deg, lat_deg, 7.5, colour=_class_of(loading)[1], gaps=(4.0, 14.0))


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


def _draw_lines(axes: Axes, lines: pd.DataFrame, placed: pd.DataFrame) -> None:
    lines = lines.sort_values("max_loading_percent", na_position="first")  # heavily loaded on top
    xy = placed[["lon_deg", "lat_deg"]]
    segments = np.stack([xy.loc[lines["a"]].to_numpy(), xy.loc[lines["b"]].to_numpy()], axis=1)
    own = ~lines["is_equivalent"].to_numpy(dtype=bool)
    for chosen, style in ((own, "solid"), (~own, (0, (4, 2)))):
        part = lines[chosen]
        classes = [_class_of(v) for v in part["max_loading_percent"]]
        widths = [c[2] + _level(v)[1] for c, v in zip(classes, part["vn_kv"])]
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


def _draw_stations(axes: Axes, placed: pd.DataFrame, loading: pd.Series) -> None:
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
                s=size,
                marker=marker,
                c=colours,
                edgecolor="black",
                linewidth=0.7,
                zorder=3,
            )


def _legend(texts: Texts) -> list[Any]:
    edges = [f"{c[0]:g}" for c in LOADINGS]
    square: dict[str, Any] = {"linestyle": "none", "markerfacecolor": "white", "markeredgecolor": "black"}
    ranges = [f"≤{edges[1]} %", *(f"{a}–{b} %" for a, b in pairwise(edges[1:])), f">{edges[-1]} %"]
    handles = [
        Line2D([], [], color=c[1], linewidth=c[2] + 1, label=texts("figure.loading", range=r))
        for c, r in zip(LOADINGS, ranges)
    ]
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

    def __init__(self, axes: Axes, dpi: float, stations: pd.DataFrame):
        self._axes, self._dpi = axes, dpi
        points = axes.transData.transform(stations[["lon_deg", "lat_deg"]].to_numpy()) * 72.0 / dpi
        radius = np.array([0.5 * _level(kv)[2] ** 0.5 for kv in stations["vn_kv"]])[:, None]
        self._taken = np.hstack([points - radius, points + radius])

    def write(
        self,
        text: str,
        lon_deg: float,
        lat_deg: float,
        size: float,
        *,
        colour: str = "black",
        gaps: tuple[float, ...] = (6.0,),
        covering: float = np.inf,
    ) -> None:
        """Put one name at the best of eight places around its point, the nearer first; sizes in points.

        A name that would cover others with more than the share ``covering`` of its area is left out.
        """
        x, y = self._axes.transData.transform((lon_deg, lat_deg)) * 72.0 / self._dpi
        boxes = np.array([box for gap in gaps for box in _places(x, y, 72.0 * text_width(text, size), size, gap)])
        covered = np.array([_overlap(box, self._taken).sum() for box in boxes])
        best = boxes[covered.argmin()]
        if covered.min() > covering * (best[2] - best[0]) * (best[3] - best[1]):
            return
        self._taken = np.vstack([self._taken, best])
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

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
from gridsim.report.figures.style import LOADINGS, Margins, legend_below, new_figure, text_width
from gridsim.report.tables import Names, is_true

#: lowest voltage of a class [kV], added line width, marker size
LEVELS = ((400.0, 2.2, 70.0), (180.0, 0.9, 30.0), (0.0, 0.0, 9.0))
LABEL_FROM_KV = 180.0
HALO = {"facecolor": "#ffffffb0", "edgecolor": "none", "pad": 0.4}


def one_line_map(stations: pd.DataFrame, branches: pd.DataFrame, texts: Texts, names: Names) -> Figure:
    """Geographic one-line diagram; wide and dark = heavily loaded, width also says the voltage."""
    placed = stations.dropna(subset=["lat_deg", "lon_deg"]).set_index("station")
    lines = _corridors(branches, placed)
    figure, axes = new_figure(10.0, 9.2, Margins(left=0.7, bottom=1.1))
    _draw_lines(axes, lines, placed)
    _draw_stations(axes, placed, _transformer_loading(branches))
    axes.set_aspect(1.0 / np.cos(np.deg2rad(placed["lat_deg"].mean())))
    axes.set_xlabel(texts("axis.longitude"))
    axes.set_ylabel(texts("axis.latitude"))
    axes.margins(0.04)
    legend_below(figure, _legend(texts), columns=4)
    axes.autoscale_view()
    axes.apply_aspect()  # the scale of the axes decides where labels fit
    _label(axes, figure.dpi, placed[placed["vn_kv"] >= LABEL_FROM_KV].sort_values("vn_kv", ascending=False), names)
    return figure


def _corridors(branches: pd.DataFrame, placed: pd.DataFrame) -> pd.DataFrame:
    """One row for each pair of stations and voltage: the highest loading of its circuits."""
    ends = branches["from_station"].isin(placed.index) & branches["to_station"].isin(placed.index)
    lines = branches[ends & (branches["from_station"] != branches["to_station"])].copy()
    swap = lines["from_station"] > lines["to_station"]
    lines["a"] = lines["from_station"].where(~swap, lines["to_station"])
    lines["b"] = lines["to_station"].where(~swap, lines["from_station"])
    lines["is_equivalent"] = lines["is_equivalent"].map(is_true)
    columns = {"max_loading_percent": "max", "is_equivalent": "all"}
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
    return handles


def _label(axes: Axes, dpi: float, stations: pd.DataFrame, names: Names) -> None:
    """Write station names where they cover neither a marker nor another name: the best of eight places."""
    to_points = axes.transData.transform(stations[["lon_deg", "lat_deg"]].to_numpy()) * 72.0 / dpi
    taken = [(x - 5, y - 5, x + 5, y + 5) for x, y in to_points]
    columns = (stations.index, stations["vn_kv"], stations["lon_deg"], stations["lat_deg"])
    for (x, y), name, vn_kv, lon_deg, lat_deg in zip(to_points, *columns):
        text, size = names.short(name), 9.0 if vn_kv >= 400.0 else 7.5
        width = 72.0 * text_width(text, size)
        best = min(_places(x, y, width, size), key=lambda box: sum(_overlap(box, other) for other in taken))
        taken.append(best)
        place = (best[0] - x, best[1] - y)
        axes.annotate(
            text,
            (lon_deg, lat_deg),
            xytext=place,
            textcoords="offset points",
            fontsize=size,
            va="bottom",
            zorder=5,
            bbox=HALO,
        )


def _places(x: float, y: float, width: float, height: float) -> list[tuple[float, float, float, float]]:
    gap = 5.0
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


def _overlap(a: tuple[float, ...], b: tuple[float, ...]) -> float:
    return max(0.0, min(a[2], b[2]) - max(a[0], b[0])) * max(0.0, min(a[3], b[3]) - max(a[1], b[1]))

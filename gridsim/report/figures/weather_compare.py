"""Two weather sources in one figure: months, curve of durations, daily course, memory, distance."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from gridsim.report.catalogue import Texts
from gridsim.report.figures.style import Margins, legend_above, light_grid, new_figure
from gridsim.weather.statistics import STATISTICS

COLOURS = (("#0072b2", "-", "o"), ("#d55e00", "--", "s"))


def weather_figure(differences: pd.DataFrame, names: tuple[str, str], texts: Texts) -> Figure:
    """Means over the compared sites of what both sources have.

    Parameters
    ----------
    differences : DataFrame
        Of :func:`gridsim.weather.compare.compare`.
    names : (str, str)
        Of A and B, for the legend.
    texts : Texts
    """
    mean = differences.groupby(["statistic", "key"], sort=False)[["a", "b"]].mean()
    there = set(mean.index.get_level_values("statistic"))
    wind = _highest([k for s, k in mean.index if s == "wind_month"])
    panels = [
        ("ghi_month", ""),
        ("temp_month", ""),
        ("wind_month", wind),
        ("wind_duration", wind),
        ("wind_cycle", f"{wind} JJA".strip()),
        ("ghi_cycle", "JJA"),
        ("wind_hour_memory", wind),
        ("distance_wind_hour", ""),
    ]
    panels = [p for p in panels if p[0] in there]
    rows = (len(panels) + 1) // 2
    figure, axes = new_figure(
        9.0, 2.3 * rows + 0.5, Margins(left=0.7, right=0.1, bottom=0.5, top=0.15, between=0.75), rows=rows, columns=2
    )
    flat = list(axes.ravel())
    for ax, (statistic, part) in zip(flat, panels):
        _panel(ax, mean.loc[statistic], statistic, part, names, texts)
    for ax in flat[len(panels) :]:
        ax.set_visible(False)
    for ax in flat[1:]:  # the legend of the figure names each source once
        for line in ax.get_lines():
            line.set_label("_")
    legend_above(figure)
    return figure


def _highest(keys: list[str]) -> str:
    """Largest of the heights in keys like ``100m 7``."""
    heights = {k.split()[0] for k in keys}
    return max(heights, key=lambda h: float(h.rstrip("m")), default="")


def _panel(ax: Axes, values: Any, statistic: str, part: str, names: tuple[str, str], texts: Texts) -> None:
    chosen = values[values.index.str.startswith(f"{part} ")] if part else values
    keys = [k[len(part) :].strip() for k in chosen.index]
    at = [float(k) if k.replace(".", "").isdigit() else float(i) for i, k in enumerate(keys)]
    for column, name, (colour, line, mark) in zip(("a", "b"), names, COLOURS):
        ax.plot(at, chosen[column].to_numpy(), line, color=colour, marker=mark, markersize=3, linewidth=1.2, label=name)
    if any(not k.replace(".", "").isdigit() for k in keys):
        ax.set_xticks(at, [k.replace(" km", "") for k in keys])
    unit = STATISTICS[statistic].unit or "-"
    words = texts(f"weather_statistic.{statistic}")
    ax.set_ylabel(f"{words}{' ' + part if part else ''} ({unit})", fontsize=7.5)
    ax.set_xlabel(texts(f"weather_axis.{_axis(statistic)}"), fontsize=8)
    light_grid(ax)


def _axis(statistic: str) -> str:
    for ending in ("month", "duration", "cycle", "memory"):
        if statistic.endswith(ending):
            return ending
    return "distance"

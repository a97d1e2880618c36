"""City's curtailment rate over new capacity in all counties together, with the crossing of the target marked."""

from __future__ import annotations

import numpy as np
import pandas as pd
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
from gridsim.report.numbers import KINDS, number


def joint_curve(curve: pd.DataFrame, totals: pd.DataFrame, texts: Texts, target_percent: float) -> Figure:
    """Rate over total, a line for fixed and one for free shares; the answers as large marks with their size.

    Points of the search are dispatch only, the answers went the whole path: the latter stand where both are known.
    Diamonds stand where the rate meets the target, which is no answer where something else stops the total before.
    """
    figure, axes = new_figure(PAGE_WIDTH, 2.9, Margins())
    factor = KINDS["power"].factor
    shown = curve["ok"] & curve.get("on_line", True)
    for (shares, rows), (colour, dashes, mark) in zip(curve[shown].groupby("shares", sort=True), LINES[1:]):
        line = rows.sort_values("path").drop_duplicates("added_mw", keep="last").sort_values("added_mw")
        label = texts.word("shares", shares)
        size = line["added_mw"] * factor
        axes.plot(
            size, line["city_rate_percent"], color=colour, linestyle=dashes, marker=mark, markersize=3.5, label=label
        )
        rate = line["city_rate_percent"].to_numpy(dtype=float)
        for meets in _crossings(size.to_numpy(dtype=float), rate, target_percent):
            axes.plot(meets, target_percent, marker="D", markersize=5, color=colour)
        for row in totals[totals["shares"] == shares].to_dict("records"):
            at = (row["total_mw"] * factor, row["city_rate_at_percent"])
            axes.plot(*at, marker=mark, markersize=9, markerfacecolor="none", color=colour)
            away = (8, -14) if shares == "free" else (-8, 8)
            side = "left" if shares == "free" else "right"
            axes.annotate(number(row["total_mw"], "power"), at, xytext=away, textcoords="offset points", ha=side)
    target = texts("figure.target", percent=f"{target_percent:g}")
    axes.axhline(target_percent, color=WARNING_COLOUR, linewidth=1.4, label=target)
    axes.set_xlim(left=0.0)
    axes.set_ylim(bottom=0.0)
    axes.set_xlabel(texts("axis.joint_mw"))
    axes.set_ylabel(texts("axis.rate"))
    light_grid(axes)
    legend_above(figure)
    return figure


def _crossings(size: np.ndarray, rate: np.ndarray, target_percent: float) -> list[float]:
    """Where the straight lines between points go from below a target to it or beyond."""
    below = rate - target_percent
    up = np.flatnonzero((below[:-1] < 0.0) & (below[1:] >= 0.0))
    return [float(size[k] - below[k] * (size[k + 1] - size[k]) / (below[k + 1] - below[k])) for k in up]

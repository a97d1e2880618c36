"""Pumped storage in the course of a week: level of each plant, power, and the mean of all weeks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from gridsim.report.catalogue import Texts
from gridsim.report.figures.style import CARRIERS, LINES, PAGE_WIDTH, Margins, legend_above, light_grid, new_figure
from gridsim.report.numbers import KINDS

DAYS = 7
HOURS_A_WEEK = 24.0 * DAYS


def storage_week(
    level_mwh: pd.DataFrame, pumping_mw: np.ndarray, generating_mw: np.ndarray, mean: pd.DataFrame, texts: Texts
) -> Figure:
    """A week of the city's pumped storage over the mean week of the year.

    Parameters
    ----------
    level_mwh : DataFrame
        Energy in store of a week, one column a plant, from Monday 0 h on; equally long steps.
    pumping_mw, generating_mw : ndarray, (time,)
        Power of all plants in the same week, both positive.
    mean : DataFrame
        ``mean, low, high`` of the energy in all stores over the week. [MWh]
    """
    figure, (top, middle, bottom) = new_figure(
        PAGE_WIDTH, 5.2, Margins(top=0.22, between=0.34), rows=3, columns=1, sharex=True
    )
    energy, power = KINDS["energy_small"], KINDS["power"]
    scale = energy.factor / 1e3  # from MWh
    hours = np.linspace(0.0, HOURS_A_WEEK, len(level_mwh) + 1)
    for name, (colour, dashes, _) in zip(level_mwh.columns, LINES):
        top.plot(hours[1:], scale * level_mwh[name], color=colour, linestyle=dashes, linewidth=1.3, label=str(name))
    for item, values, sign in (
        ("pumped_storage_pumping", pumping_mw, -1.0), ("pumped_storage_generating", generating_mw, 1.0)
    ):  # fmt: skip
        colour, hatch = CARRIERS[item]
        look: dict[str, Any] = {"facecolor": colour, "hatch": hatch, "edgecolor": "#00000055", "linewidth": 0.3}
        middle.stairs(sign * power.factor * values, hours, fill=True, label=texts(f"item.{item}"), **look)
    middle.axhline(0.0, color="black", linewidth=0.7)
    at = np.linspace(0.0, HOURS_A_WEEK, len(mean) + 1)[1:]
    bottom.fill_between(at, scale * mean["low"], scale * mean["high"], color="#cfd8de", label=texts("figure.p10_p90"))
    colour, dashes, _ = LINES[2]
    mean_look: dict[str, Any] = {"color": colour, "linestyle": dashes, "linewidth": 1.4}
    bottom.plot(at, scale * mean["mean"], label=texts("figure.mean_level"), **mean_look)
    for axes, title, label, unit in (
        (top, "level_week", "stored", energy),
        (middle, "power_week", "power", power),
        (bottom, "mean_week", "stored", energy),
    ):
        axes.set_title(texts(f"figure.{title}"), loc="left")
        axes.set_ylabel(texts(f"axis.{label}", unit=texts(unit.unit)))
        light_grid(axes, axis="both")
    for axes in (top, bottom):
        axes.set_ylim(bottom=0.0)
    bottom.set_xlim(0.0, HOURS_A_WEEK)
    bottom.set_xticks(np.arange(DAYS + 1) * 24.0, [*(texts(f"weekday.{d}") for d in range(DAYS)), ""])
    bottom.set_xlabel(texts("axis.week"))
    legend_above(figure)
    return figure

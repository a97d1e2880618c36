"""An explained hour as one small figure: what feeds and draws on the areas, who is cut for which cause."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from gridsim.explain import SMALLEST_MW, HourExplained
from gridsim.report.catalogue import Texts
from gridsim.report.figures.style import CARRIERS, CAUSES, Margins, light_grid, new_figure, text_width
from gridsim.report.hours import DRAWN, GIVEN
from gridsim.report.numbers import number
from gridsim.report.tables import Names

#: what is not taken stands on top of what feeds an area
NOT_TAKEN = ("curtailed_wind", "curtailed_solar")
LOAD_COLOUR = ("#dfe5ea", "")


def hour_figure(hour: HourExplained, texts: Texts, names: Names) -> Figure:
    """Left: what feeds and what draws on each area; right: curtailment of the counties by cause, or the headroom."""
    labels = [names.area(c) for c in hour.counties["county"]] + [
        texts.word("explain_room", i) for i in hour.headroom["item"]
    ]
    between = 0.4 + max(text_width(label, 9.5) for label in labels)
    figure, grid = new_figure(10.0, 5.0, Margins(left=0.8, bottom=1.35, top=0.4, between=between), rows=2, columns=2)
    figure.subplots_adjust(hspace=0.95)
    areas = [a for a in (hour.city, hour.rest) if a]
    shown: dict[str, tuple[str, str]] = {}
    for axes, area in zip(grid[:, 0], areas):
        shown |= _area(axes, hour, area, texts)
        axes.set_title(
            texts("explain.figure_balance", time=f"{hour.time:%Y-%m-%d %H:%M}", area=names.area(area)), loc="left"
        )
    for axes in (*grid[len(areas) :, 0], *grid[:, 1]):
        axes.remove()
    right = figure.add_subplot(grid[0, 1].get_gridspec()[:, 1])
    causes = (
        _counties(right, hour, texts, names) if hour.curtailed_mw() > SMALLEST_MW else _headroom(right, hour, texts)
    )
    handles = [Patch(facecolor=c, hatch=h, edgecolor="#55555588", label=label) for label, (c, h) in shown.items()]
    figure.legend(handles=handles, loc="lower left", bbox_to_anchor=(0.04, 0.0), ncols=4, fontsize=8)
    if causes:
        others = [Patch(facecolor=c, hatch=h, edgecolor="white", label=label) for label, (c, h) in causes.items()]
        figure.legend(handles=others, loc="lower right", bbox_to_anchor=(0.99, 0.0), ncols=3, fontsize=8)
    return figure


def _area(axes: Axes, hour: HourExplained, area: str, texts: Texts) -> dict[str, tuple[str, str]]:
    """What feeds an area and, below it, what draws on it; returns label -> colour and hatch of what is drawn."""
    exchange = hour.mw("exchange", area)
    own = {"exchange_in": max(exchange, 0.0), "exchange_out": max(-exchange, 0.0)}
    shown: dict[str, tuple[str, str]] = {}
    for place, items in ((0, (*GIVEN, *NOT_TAKEN)), (1, ("load", *DRAWN))):
        at = 0.0
        for item in items:
            value = own.get(item, hour.mw(item, area))
            if value <= SMALLEST_MW:
                continue
            look = CARRIERS.get(item, LOAD_COLOUR)
            bar: dict[str, Any] = {"color": look[0], "hatch": look[1], "edgecolor": "white", "linewidth": 0.4}
            axes.barh(place, value, left=at, height=0.8, **bar)
            at += value
            shown[texts.word("item", item)] = look
    axes.set_yticks([0, 1], [texts("explain.figure_feeds"), texts("explain.figure_draws")])
    axes.invert_yaxis()
    axes.set_xlabel(texts("axis.power", unit=texts("unit.mw")))
    light_grid(axes, axis="x")
    return shown


def _counties(axes: Axes, hour: HourExplained, texts: Texts, names: Names) -> dict[str, tuple[str, str]]:
    """Share of its available power that each county loses, stacked by cause."""
    rows = hour.counties[hour.counties["available_mw"] > SMALLEST_MW].iloc[::-1]
    shown: dict[str, tuple[str, str]] = {}
    left = np.zeros(len(rows))
    available = rows["available_mw"].to_numpy()
    for cause in dict.fromkeys([*CAUSES, *hour.parts["cause"]]):
        mine = hour.parts[hour.parts["cause"] == cause].groupby("county")["curtailed_mw"].sum()
        part = 100.0 * rows["county"].map(mine).fillna(0.0).to_numpy() / available
        if part.max(initial=0.0) <= 0.0:
            continue
        look = CAUSES.get(cause, CAUSES[""])
        axes.barh(range(len(rows)), part, left=left, height=0.7, color=look[0], hatch=look[1], edgecolor="white")
        left = left + part
        shown[texts.word("cause", cause)] = look
    for place, total in enumerate(left):
        axes.annotate(
            number(total, "share"), (total, place), (3, 0), textcoords="offset points", va="center", fontsize=8
        )
    axes.set_yticks(range(len(rows)), [names.area(c) for c in rows["county"]])
    axes.set_xlim(0.0, 1.15 * max(left.max(initial=0.0), 1e-6))
    axes.set_xlabel(texts("axis.rate"))
    axes.set_title(texts("explain.figure_counties"), loc="left")
    light_grid(axes, axis="x")
    return shown


def _headroom(axes: Axes, hour: HourExplained, texts: Texts) -> dict[str, tuple[str, str]]:
    """How much more wind and sun both areas could take."""
    rows = hour.headroom.iloc[::-1]
    colours = [CARRIERS["pumped_storage_pumping"][0], CARRIERS["imports"][0], CARRIERS["coal"][0]]
    axes.barh(range(len(rows)), rows["p_mw"], height=0.6, color=colours)
    for place, value in enumerate(rows["p_mw"]):
        text = number(value, "power_mw")
        axes.annotate(text, (value, place), (3, 0), textcoords="offset points", va="center", fontsize=8)
    axes.set_yticks(range(len(rows)), [texts.word("explain_room", item) for item in rows["item"]])
    axes.set_xlim(0.0, 1.25 * max(float(rows["p_mw"].max()), 1e-6))
    axes.set_xlabel(texts("axis.power", unit=texts("unit.mw")))
    axes.set_title(texts("explain.figure_room"), loc="left")
    light_grid(axes, axis="x")
    return {}

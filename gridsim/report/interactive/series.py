"""Typical days, duration curves and the month-by-hour map as data of interactive charts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from gridsim.report.catalogue import Texts
from gridsim.report.figures.style import CARRIERS
from gridsim.report.hours import GIVEN, TAKEN, TypicalDay, area_balance, city_of, typical_days
from gridsim.report.interactive.packing import look, packed
from gridsim.report.tables import Names
from gridsim.store import Findings
from gridsim.units import step_hours

#: below this an item of a day is not there. [MW]
NOTHING_MW = 1e-6
#: duration curves, with colour and dash
CURVES = {
    "load": ("#000000", "solid"),
    "net_load": ("#0072b2", "dash"),
    "wind_solar": ("#009e73", "dashdot"),
    "exchange_out": ("#cc79a7", "longdash"),
    "curtailed": ("#d55e00", "dot"),
}


@dataclass(frozen=True)
class Hours:
    """The hourly balance of the findings, read once: MW, time x item, of each area; and the typical days."""

    areas: dict[str, pd.DataFrame]
    city: str
    days: list[TypicalDay]

    @property
    def of_the_city(self) -> pd.DataFrame:
        return self.areas[self.city]


def read_hours(findings: Findings) -> Hours | None:
    """The hourly balance, or None without it."""
    city = city_of(findings)
    if city is None:
        return None
    names = [str(a) for a in findings.hourly["balance"]["area"].unique()]
    areas = {name: area_balance(findings, name) for name in sorted(names, key=lambda n: n != city)}
    both = sum(areas.values(), 0.0 * areas[city])
    if len(areas) > 1:
        exchange = both["exchange_in"] - both["exchange_out"]
        both = both.assign(exchange_in=exchange.clip(lower=0.0), exchange_out=(-exchange).clip(lower=0.0))
        areas["both"] = both
    return Hours(areas, city, typical_days(areas[city], both))


def typical_day_data(hours: Hours, texts: Texts, names: Names) -> dict[str, Any] | None:
    """Every typical day of every area: what feeds it, what takes power, load."""
    if not hours.days:
        return None
    shown: set[str] = set()
    areas = []
    for area, balance in hours.areas.items():
        dates = pd.DatetimeIndex(balance.index).normalize()
        days = [replace(day, balance=balance[dates == day.date]) for day in hours.days]
        items = [[i for i in (*GIVEN, *TAKEN) if day.balance[i].abs().max() > NOTHING_MW] for day in days]
        shown |= {i for found in items for i in found}
        data = [_day(day, found, texts) for day, found in zip(days, items)]
        areas.append({"label": names.area(area), "days": data})
    looks = {i: look(*CARRIERS[i], texts(f"item.{i}")) for i in (*GIVEN, *TAKEN) if i in shown}
    down = [i for i in TAKEN if i in shown]
    labels = {"load": texts("item.load"), "drawn": texts("item.drawn")}
    return {"areas": areas, "looks": looks, "down": down, **labels}


def _day(day: TypicalDay, items: list[str], texts: Texts) -> dict[str, Any]:
    name = texts("figure.typical_day", name=texts(f"day.{day.name}"), date=f"{day.date:%Y-%m-%d}")
    series = {item: packed(day.balance[item], "power", texts) for item in items}
    lines = {"load": packed(day.balance["load"], "power", texts), "drawn": packed(day.drawn_mw, "power", texts)}
    return {"label": name, "times": [f"{t:%H:%M}" for t in day.balance.index], "series": series, **lines}


def duration_data(hours: Hours, texts: Texts) -> dict[str, Any]:
    """Duration curves of the city: every step of the year, the highest first."""
    city = hours.of_the_city
    wind_solar, curtailed = city[["wind", "solar"]].sum(axis=1), city[["curtailed_wind", "curtailed_solar"]].sum(axis=1)
    quantities = {
        "load": city["load"],
        "net_load": city["load"] - wind_solar - curtailed,
        "wind_solar": wind_solar,
        "exchange_out": city["exchange_out"] - city["exchange_in"],
        "curtailed": curtailed,
    }
    curves = [
        {
            "label": texts(f"curve.{name}"),
            "colour": CURVES[name][0],
            "dash": CURVES[name][1],
            "values": packed(np.sort(values.to_numpy())[::-1], "power", texts),
        }
        for name, values in quantities.items()
        if values.abs().max() > NOTHING_MW
    ]
    return {"curves": curves, "step_h": step_hours(pd.DatetimeIndex(city.index))}


def month_hour_data(table: pd.DataFrame, texts: Texts) -> dict[str, Any]:
    """Curtailed energy, rate and hours by month and hour of the day, with the colours of the static figure."""
    import matplotlib as mpl

    index, columns = range(1, 13), range(24)

    def wide(column: str) -> np.ndarray:
        made = table.pivot_table(index="month", columns="hour", values=column, aggfunc="sum")
        return made.reindex(index=index, columns=columns).to_numpy(dtype=float)

    energy = wide("curtailed_gwh")
    maps = [("live.month_hour_energy", packed(energy, "energy_small", texts))]
    if "available_gwh" in table.columns:
        with np.errstate(invalid="ignore", divide="ignore"):
            rate = 100.0 * energy / wide("available_gwh")
        maps.append(("live.month_hour_rate", packed(np.where(np.isfinite(rate), rate, np.nan), "rate", texts)))
    if "hours_curtailed" in table.columns:
        maps.append(("live.month_hour_hours", packed(wide("hours_curtailed"), "hours", texts)))
    scale = mpl.colormaps["YlOrBr"]
    steps = [(k / 8, mpl.colors.to_hex(scale(k / 8))) for k in range(9)]
    return {
        "maps": [{"label": texts(name), "values": values} for name, values in maps],
        "months": [texts("axis.month_name", month=m) for m in index],
        "scale": [(0.0, "#ffffff"), (1e-6, steps[0][1]), *steps[1:]],
    }

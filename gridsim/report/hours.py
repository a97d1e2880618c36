"""What the report looks up in the hourly balance: the city's series and the four typical days."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from gridsim.store import Findings
from gridsim.units import energy_mwh, step_hours

#: items of the balance that feed an area, in stacking order
GIVEN = (
    "coal", "gas", "biomass", "hydro", "wind", "solar", "imports",
    "pumped_storage_generating", "battery_discharging", "exchange_in", "unserved",
)  # fmt: skip
#: what takes power beside the load
DRAWN = ("pumped_storage_pumping", "battery_charging", "exchange_out", "must_run_cut")
#: what is drawn below the axis
TAKEN = (*DRAWN, "curtailed_wind", "curtailed_solar")


@dataclass(frozen=True)
class TypicalDay:
    """One day found by search: ``name`` of the rule, its date, the value the rule looked at and when."""

    name: str
    date: pd.Timestamp
    worst_mw: float
    hour: int
    balance: pd.DataFrame

    @property
    def drawn_mw(self) -> pd.Series:
        """Load and everything else that takes power: pumping, charging, export."""
        return self.balance[["load", *DRAWN]].sum(axis=1)

    @property
    def gap_mw(self) -> float:
        """Largest distance between what feeds the area and what takes power in an hour of the day."""
        return float((self.balance[list(GIVEN)].sum(axis=1) - self.drawn_mw).abs().max())


def city_of(findings: Findings) -> str | None:
    """The detailed area: ``summary["area"]``, else the area with the smaller load; None without hourly data."""
    balance = findings.hourly.get("balance")
    if balance is None or balance.empty:
        return None
    areas = [str(a) for a in balance["area"].unique()]
    named = findings.summary.get("area")
    if named in areas:
        return str(named)
    load = balance[balance["item"] == "load"].groupby("area", observed=True)["p_mw"].sum()
    return str(load.idxmin())


def area_balance(findings: Findings, area: str | None = None) -> pd.DataFrame:
    """Balance as time x item, MW; of one area, or the sum of all.

    ``exchange`` (positive into the area) is split into ``exchange_in`` and ``exchange_out``, both positive.
    """
    long: pd.DataFrame = findings.hourly["balance"]
    if area is not None:
        long = long[long["area"] == area]
    wide = long.pivot_table(index="time", columns="item", values="p_mw", aggfunc="sum", observed=True)
    wide.columns = wide.columns.astype(str)
    wide.index = pd.DatetimeIndex(wide.index)
    exchange = wide["exchange"] if "exchange" in wide.columns else pd.Series(0.0, index=wide.index)
    wide["exchange_in"], wide["exchange_out"] = exchange.clip(lower=0.0), (-exchange).clip(lower=0.0)
    return wide.reindex(columns=["load", *GIVEN, *TAKEN]).fillna(0.0)


def exported_gwh(city: pd.DataFrame) -> float:
    """Energy that left the city, hours of import not deducted. [GWh]"""
    step_h = step_hours(pd.DatetimeIndex(city.index))
    return float(energy_mwh(city["exchange_out"], step_h).sum()) / 1e3


def typical_days(city: pd.DataFrame, both: pd.DataFrame) -> list[TypicalDay]:
    """The four days that planners look at, each found in the year by a stated rule.

    Summer and winter peak: the hour of the city's highest load.  Spring noon: the lowest mean of load minus
    available wind and sun at 11-14 h, both areas.  Wet-season night: the lowest mean of load minus hydro,
    wind and imports at 0-6 h in April to July, both areas.
    """
    sun_and_wind = both[["wind", "solar", "curtailed_wind", "curtailed_solar"]].sum(axis=1)
    forced = both[["hydro", "wind", "curtailed_wind", "imports"]].sum(axis=1)
    rules: list[tuple[str, pd.Series, list[int], range, bool]] = [
        ("summer_peak", city["load"], [6, 7, 8, 9], range(24), True),
        ("winter_peak", city["load"], [12, 1, 2], range(24), True),
        ("spring_noon", both["load"] - sun_and_wind, [3, 4, 5], range(11, 14), False),
        ("wet_night", both["load"] - forced, [4, 5, 6, 7], range(6), False),
    ]
    found = [_search(name, series, months, hours, highest, city) for name, series, months, hours, highest in rules]
    return [day for day in found if day is not None]


def _search(
    name: str, series: pd.Series, months: list[int], hours: range, highest: bool, city: pd.DataFrame
) -> TypicalDay | None:
    index = pd.DatetimeIndex(series.index)
    chosen = np.isin(index.month, months) & np.isin(index.hour, list(hours))
    if not chosen.any():
        return None
    part = series[chosen]
    days = pd.DatetimeIndex(part.index).normalize()
    if highest:
        at: Any = part.idxmax()
        value, hour = float(part.max()), at.hour
        date = at.normalize()
    else:
        means = part.groupby(days).mean()
        date, value, hour = means.idxmin(), float(means.min()), hours[0]
    return TypicalDay(name, date, value, hour, city[index.normalize() == date])

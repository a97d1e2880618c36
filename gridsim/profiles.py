"""What each unit *could* do, hour by hour: from weather physics, schedules, or given series."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True)
class Profiles:
    """Time series of every unit, before any dispatch.

    All frames share ``index`` (tz-aware, interval-start) unless said otherwise.

    Attributes
    ----------
    index : DatetimeIndex
    available_mw : DataFrame (time, wind or solar plant)
        Available power after plant-side losses, AC.
    demand_mw : DataFrame (time, load)
        Gross demand of each load, with the network losses of its demand.
    schedule_mw : DataFrame (time, external)
        Scheduled import.
    hydro_min_mw, hydro_max_mw : DataFrame (time, hydro)
        Hourly band of each hydro plant.
    hydro_energy_mwh : DataFrame (day, hydro)
        Energy of each day (index: midnight of the day).
    thermal_pu : DataFrame (day, thermal)
        Share of the units that is available on the day (maintenance, forced outage not included).
    """

    index: pd.DatetimeIndex
    available_mw: pd.DataFrame
    demand_mw: pd.DataFrame
    schedule_mw: pd.DataFrame
    hydro_min_mw: pd.DataFrame
    hydro_max_mw: pd.DataFrame
    hydro_energy_mwh: pd.DataFrame
    thermal_pu: pd.DataFrame

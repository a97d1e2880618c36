"""A part of a year's profiles: some whole days, for tests that need real networks but not 8,760 hours."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from gridsim.profiles import Profiles

_HOURLY = (
    *("available_mw", "demand_mw", "schedule_mw", "hydro_min_mw", "hydro_max_mw"),
    *("thermal_min_pu", "thermal_online", "temp_air_degc"),
)
_DAILY = ("hydro_energy_mwh", "thermal_pu")


def some_days(profiles: Profiles, first: str, days: int) -> Profiles:
    """The profiles from midnight of ``first`` (YYYY-MM-DD) over ``days`` days."""
    start = pd.Timestamp(first, tz=profiles.index.tz)
    end = start + pd.Timedelta(days=days)

    def cut(frame: pd.DataFrame | pd.Series) -> pd.DataFrame | pd.Series:
        return frame if frame.empty else frame[(frame.index >= start) & (frame.index < end)]

    index = profiles.index[(profiles.index >= start) & (profiles.index < end)]
    return replace(profiles, index=index, **{name: cut(getattr(profiles, name)) for name in (*_HOURLY, *_DAILY)})

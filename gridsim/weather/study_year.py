"""Weather of one year laid on the index of a study year."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from gridsim.errors import Problem, raise_if
from gridsim.sun import interval_middle, sun_position
from gridsim.units import step_hours
from gridsim.weather.canonical import Weather


def study_index(year: int, *, step_minutes: int = 60) -> pd.DatetimeIndex:
    """All intervals of a calendar year, interval-start, Asia/Shanghai (8,784 hours in a leap year)."""
    return pd.date_range(
        f"{year}-01-01", f"{year + 1}-01-01", freq=f"{step_minutes}min", tz="Asia/Shanghai", inclusive="left"
    )


def on_study_year(weather: Weather, index: pd.DatetimeIndex) -> Weather:
    """The same weather on another year's index, matched by month, day and time of day.

    29 February of a leap study year repeats 28 February when the weather has none, and is left out
    when only the weather has it.  Hourly weather on a 15-minute index: temperature, pressure and wind
    run linearly between the hours' middles; irradiance follows the sun within the hour and keeps the
    hour's sum.  15-minute weather on an hourly index is averaged.

    Raises
    ------
    InvalidInput
        If the steps do not divide one another, or hours of the year are missing.
    """
    have, want = round(step_hours(weather.index[:2]) * 60), round(step_hours(index) * 60)
    if have == want:
        return _matched(weather, index)
    if have == 60 and 60 % want == 0:
        hourly = index[:: 60 // want]
        return _refined(_matched(weather, hourly), index)
    if want % have == 0:
        fine = pd.date_range(index[0], periods=len(index) * (want // have), freq=f"{have}min")
        at = _matched(weather, fine)
        data = {k: v.reshape(len(index), want // have, -1).mean(axis=1) for k, v in at.data.items()}
        return replace(at, index=index, data=data)
    raise_if(
        [
            Problem(
                weather.label,
                f"weather has a step of {have} min, the study one of {want} min",
                "use steps that divide one another",
            )
        ]
    )
    raise AssertionError("unreachable")


def _matched(weather: Weather, index: pd.DatetimeIndex) -> Weather:
    rows = pd.Index(_key(weather.index)).get_indexer(_key(index))
    leap_day = (index.month == 2) & (index.day == 29) & (rows < 0)
    if leap_day.any():
        before = pd.Index(_key(weather.index)).get_indexer(_key(index - pd.Timedelta(days=1)))
        rows = np.where(leap_day, before, rows)
    missing = index[rows < 0]
    raise_if(
        [
            Problem(
                weather.label,
                f"weather has no value for {missing[0]:%d %B %H:%M} ({len(missing)} missing)",
                "give a whole year",
            )
        ]
        if len(missing)
        else []
    )
    return replace(weather, index=index, data={k: v[rows] for k, v in weather.data.items()})


def _key(index: pd.DatetimeIndex) -> np.ndarray:
    return np.asarray(((index.month * 100 + index.day) * 100 + index.hour) * 100 + index.minute)


def _refined(weather: Weather, index: pd.DatetimeIndex) -> Weather:
    """Hourly weather on a finer index that starts with it."""
    parts = len(index) // len(weather.index)
    coarse, fine = interval_middle(weather.index).asi8.astype(float), interval_middle(index).asi8.astype(float)
    lat, lon = weather.sites["lat_deg"].to_numpy(float), weather.sites["lon_deg"].to_numpy(float)
    height = np.maximum(np.cos(np.radians(sun_position(interval_middle(index), lat, lon).zenith_deg)), 0.0)
    mean = np.repeat(height.reshape(-1, parts, len(lat)).mean(axis=1), parts, axis=0)
    share = np.divide(height, mean, out=np.ones_like(height), where=mean > 0.0)
    data = {}
    for name, values in weather.data.items():
        if name in ("ghi_w_per_m2", "dhi_w_per_m2"):
            data[name] = np.repeat(values, parts, axis=0) * share
        elif name == "dni_w_per_m2":
            data[name] = np.repeat(values, parts, axis=0) * (height > 0.0)
        else:
            data[name] = np.column_stack([np.interp(fine, coarse, values[:, s]) for s in range(values.shape[1])])
    return replace(weather, index=index, data=data)

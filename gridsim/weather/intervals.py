"""Values of any label convention as means of whole intervals that start on the hour.

A source says of each column how many minutes after the stamp the middle of its interval lies: half a step for a left
label, minus half a step for a right one, 0 for a label in the middle and for values at an instant.  Where the
middles are those of the wanted intervals, values are only given another stamp.  Otherwise irradiance keeps its
clearness and follows the sun, everything else runs linearly between the middles; of values at the full hour this is
the mean of both ends.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from gridsim.sun import sun_position
from gridsim.weather.canonical import ZONE

#: extraterrestrial irradiance on the horizontal below which a clearness says nothing. [W/m2]
FAINT_W_PER_M2 = 20.0
#: clearness above which a value at low sun is taken for an effect of the shift. [-]
CLEAREST_PU = 1.0
#: instants that an interval's extraterrestrial mean is taken from
PARTS = 6
#: year that typical years are stamped with; it has 365 days
STAMP_YEAR = 2025


def step_of(stamps: pd.DatetimeIndex) -> pd.Timedelta:
    """The usual step between stamps: their median difference."""
    return pd.Timedelta(int(np.median(np.diff(stamps.as_unit("ns").asi8))))


def offset_min(stamps: pd.DatetimeIndex, middle_min: float) -> float:
    """How far the middles lie from those of intervals that start on the hour, -half a step to half a step, minutes.

    0: the values only need another stamp; half a step: they stand at the ends of the intervals.  Taken from the
    first stamp.
    """
    step = step_of(stamps) / pd.Timedelta(minutes=1)
    first = stamps[0].tz_convert("UTC")
    off = (first.minute + first.second / 60.0 + middle_min - step / 2.0) % step
    return float(off if off <= step / 2.0 else off - step)


def year_index(year: int | None, step: pd.Timedelta) -> pd.DatetimeIndex:
    """All intervals of a calendar year in China; None is the typical year, stamped :data:`STAMP_YEAR`."""
    year = STAMP_YEAR if year is None else year
    return pd.date_range(f"{year}-01-01", f"{year + 1}-01-01", freq=step, tz=ZONE, inclusive="left")


def all_round(values: pd.DataFrame) -> pd.DataFrame:
    """A typical year with its last day before it and its first day after it, so that its ends have neighbours."""
    day = pd.Timedelta(days=1)
    last, first = values[values.index >= values.index[-1] - day], values[values.index <= values.index[0] + day]
    year = pd.Timedelta(days=365)
    before, after = last.set_axis(last.index - year), first.set_axis(first.index + year)
    whole = pd.concat([before, values, after])
    return whole[~whole.index.duplicated()].sort_index()


def extraterrestrial(start: pd.DatetimeIndex, step: pd.Timedelta, lat_deg: float, lon_deg: float) -> np.ndarray:
    """Mean extraterrestrial irradiance on the horizontal over each interval: ndarray (time,), W/m2."""
    offsets = (np.arange(PARTS) + 0.5) / PARTS * step.value
    times = pd.DatetimeIndex((start.as_unit("ns").asi8[:, None] + offsets.astype(np.int64)).ravel(), tz="UTC")
    sun = sun_position(times, np.array([lat_deg]), np.array([lon_deg]))
    height = np.maximum(np.cos(np.radians(sun.zenith_deg)), 0.0) * sun.extra_w_per_m2
    return height.reshape(len(start), PARTS).mean(axis=1)


def on_intervals(
    values: pd.Series, middle_min: float, index: pd.DatetimeIndex, *, gap: pd.Timedelta
) -> tuple[np.ndarray, np.ndarray]:
    """A series that runs linearly between the middles of its intervals, on other intervals.

    Parameters
    ----------
    values : Series
        tz-aware stamps of any order without duplicates; NaN where missing.
    middle_min : float
        Minutes from a stamp to the middle of what its value stands for.
    index : DatetimeIndex
        Interval-start, equally spaced.
    gap : Timedelta
        Longest time between two values that is bridged.

    Returns
    -------
    (values, made) : ndarray (time,), ndarray of bool (time,)
        NaN where nothing is near enough; which values lie between two of the source and were not only stamped anew.
    """
    known = values.dropna()
    have = pd.DatetimeIndex(known.index).as_unit("ns").asi8 + round(middle_min * 60e9)
    want = _middles(index)
    got = np.full(len(want), np.nan)
    if not len(have):
        return got, np.zeros(len(want), bool)
    order = np.argsort(have)
    have, data = have[order], known.to_numpy(float)[order]
    after = np.clip(np.searchsorted(have, want), 0, len(have) - 1)
    same = have[after] == want
    got[same] = data[after[same]]
    between = ~same & (want > have[0]) & (want < have[-1])
    between[between] = (have[after] - have[np.maximum(after - 1, 0)])[between] <= gap.value
    got[between] = np.interp(want[between], have, data)
    return got, between


def irradiance_on_intervals(
    values: pd.Series,
    middle_min: float,
    index: pd.DatetimeIndex,
    *,
    lat_deg: float,
    lon_deg: float,
    gap: pd.Timedelta,
) -> tuple[np.ndarray, np.ndarray]:
    """Irradiance on the horizontal on other intervals: its clearness runs linearly, the sun stands where it stands.

    x(target) = k(middle of target) E0(target), k = x / E0 of the source's interval; both E0 are means over the
    interval.  In intervals without sun the values are 0.  Parameters and result as of :func:`on_intervals`.
    """
    step = step_of(index)
    stamped, made = on_intervals(values, middle_min, index, gap=pd.Timedelta(0))
    missing = np.isnan(stamped)
    if not missing.any():
        return stamped, made
    stamps = pd.DatetimeIndex(values.index)
    own = extraterrestrial(stamps + pd.Timedelta(minutes=middle_min) - step / 2, step, lat_deg, lon_deg)
    bright = own > FAINT_W_PER_M2
    clearness = (values[bright] / own[bright]).clip(0.0, CLEAREST_PU)
    night_long = pd.Timedelta(hours=20)
    clear, _ = on_intervals(clearness, middle_min, index, gap=night_long)
    there, _ = on_intervals(values.clip(0.0, 0.0), middle_min, index, gap=gap)
    target = extraterrestrial(index, step, lat_deg, lon_deg)
    moved = np.where(target > 0.0, np.where(np.isnan(clear), _nearest(clear), clear) * target, 0.0)
    return np.where(missing, moved + there, stamped), missing & ~np.isnan(moved + there)


def _nearest(values: np.ndarray) -> np.ndarray:
    """NaN at both ends replaced by the first and last value there is."""
    return pd.Series(values).ffill().bfill().to_numpy(float)


def _middles(index: pd.DatetimeIndex) -> np.ndarray:
    return np.asarray(index.as_unit("ns").asi8 + step_of(index).value // 2)

"""How much of a thermal plant stands ready on each day: planned availability by month, planned outages by date."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd


def through_year(monthly: np.ndarray, days: pd.DatetimeIndex) -> np.ndarray:
    """Monthly values on days, linear between the middles of months and across the turn of the year: ndarray (day,)."""
    plain = days.tz_localize(None)
    starts = pd.DatetimeIndex([pd.Timestamp(int(plain[0].year), m, 1) for m in range(1, 13)])
    length = starts.days_in_month.to_numpy(float)
    middle = (starts.dayofyear - 1).to_numpy(float) + length / 2.0
    around = np.r_[middle[-1] - length.sum(), middle, middle[0] + length.sum()]
    return np.interp(plain.dayofyear.to_numpy(float) - 0.5, around, np.r_[monthly[-1], monthly, monthly[0]])


def on_outage(days: pd.DatetimeIndex, from_day: str, to_day: str) -> np.ndarray:
    """Days from ``from_day`` to ``to_day`` (MM-DD, both included, every year; may run over the turn of the year)."""
    month_day = np.asarray(days.strftime("%m-%d"))
    if from_day <= to_day:
        return (month_day >= from_day) & (month_day <= to_day)
    return (month_day >= from_day) | (month_day <= to_day)


def available_pu(
    days: pd.DatetimeIndex,
    *,
    units: int,
    monthly_pu: np.ndarray | None = None,
    outages: Sequence[tuple[int, str, str]] = (),
) -> np.ndarray:
    """Share of the units that stands ready on each day.

    Parameters
    ----------
    days : DatetimeIndex
    units : int
        Number of equal units.
    monthly_pu : ndarray (12,), optional
        Planned availability by month; default 1.
    outages : sequence of (units out, first day, last day)
        Days as MM-DD.

    Returns
    -------
    ndarray (day,)
        monthly * (1 - units out / units), not below 0.
    """
    ready = np.ones(len(days)) if monthly_pu is None else through_year(monthly_pu, days)
    out = np.zeros(len(days))
    for count, first, last in outages:
        out += np.where(on_outage(days, first, last), count / units, 0.0)
    return ready * np.maximum(1.0 - out, 0.0)

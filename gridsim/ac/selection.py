"""Which hours an AC N-1 looks at by default: about a hundred, by rules that anybody can repeat."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

#: hours of each ranking that are taken
TOP = 4
#: typical days: name, months, hours of the day that are looked at, highest (1) or lowest (-1), series
DAYS = (
    ("summer_peak", (6, 7, 8, 9), range(24), 1, "drawn"),
    ("winter_peak", (12, 1, 2), range(24), 1, "drawn"),
    ("spring_noon", (3, 4, 5), range(11, 14), -1, "net"),
    ("wet_night", (4, 5, 6, 7), range(6), -1, "drawn"),
)


@dataclass(frozen=True)
class Selection:
    """Steps in time order and why each was taken (``+`` joins several reasons)."""

    step: np.ndarray
    reason: tuple[str, ...]


def select_hours(
    index: pd.DatetimeIndex,
    *,
    load_mw: np.ndarray,
    renewable_mw: np.ndarray,
    reverse_mw: np.ndarray,
    curtailed_mw: np.ndarray,
) -> Selection:
    """Top load, top reverse flow, top curtailment and the 24 hours of four typical days.

    A typical day is the one whose hours in question have the highest peak or the lowest mean: summer and winter
    peak by load, spring noon (11-14 h) by load less available wind and sun, wet-season night (0-6 h, April-July)
    by load.  With steps shorter than an hour the first of each hour is taken.  Ties go to the earlier hour.

    Parameters
    ----------
    index : DatetimeIndex
    load_mw, renewable_mw, reverse_mw, curtailed_mw : ndarray, (time,)
        City load, available wind and sun, power upwards through transformers (sum), curtailed power.

    Returns
    -------
    Selection
        About 100 hours; fewer where days and top hours coincide or the index has no such season.
    """
    hourly = np.flatnonzero(index.minute == 0)
    reasons: dict[int, list[str]] = {}
    ranked = {"top_load": load_mw, "top_reverse_flow": reverse_mw, "top_curtailment": curtailed_mw}
    series = {"drawn": load_mw, "net": load_mw - renewable_mw}
    for name, months, hours, sign, key in DAYS:
        for step in _day(index, hourly, months, hours, sign * series[key], highest=sign > 0):
            reasons.setdefault(int(step), []).append(name)
    for name, values in ranked.items():
        order = hourly[np.argsort(-values[hourly], kind="stable")][:TOP]
        for step in order[values[order] > 0]:
            reasons.setdefault(int(step), []).append(name)
    steps = np.array(sorted(reasons), dtype=int)
    return Selection(steps, tuple("+".join(reasons[int(s)]) for s in steps))


def _day(
    index: pd.DatetimeIndex,
    hourly: np.ndarray,
    months: tuple[int, ...],
    hours: range,
    values: np.ndarray,
    *,
    highest: bool,
) -> np.ndarray:
    """Steps of the day with the highest value in these months and hours; its peak or its mean counts."""
    look = hourly[np.isin(index.month[hourly], months) & np.isin(index.hour[hourly], list(hours))]
    if not len(look):
        return look
    groups = pd.Series(values[look], index=index[look].normalize()).groupby(level=0)
    best = (groups.max() if highest else groups.mean()).idxmax()
    return hourly[index[hourly].normalize() == best]

"""The Chinese working year: kinds of days, and how deep the Spring Festival cuts.

Dates are data (``weather/data/holidays_cn.csv``, ``lunar_new_year.csv``) with their source: announced
years as published, later years derived from the statutory days and the lunar calendar.
"""

from __future__ import annotations

from functools import cache
from importlib import resources

import numpy as np
import pandas as pd

from gridsim.errors import InvalidInput, Problem
from gridsim.rows import records

#: what a day can be; a table ``demand_day`` may give a factor for each but ``workday``
DAY_TYPES = (
    "workday",
    "saturday",
    "sunday",
    "new_year",
    "spring_festival",
    "qingming",
    "may_day",
    "dragon_boat",
    "mid_autumn",
    "national_day",
)
#: holidays of five days and more besides the Spring Festival: imports are scheduled lower
LONG_HOLIDAYS = ("may_day", "national_day")
#: days from lunar New Year between which the festival's shape rules alone, and where the ramps begin and end
FESTIVAL_FULL = (-2, 6)
FESTIVAL_RAMPS = (-9, 17)


@cache
def _table(name: str) -> pd.DataFrame:
    return pd.read_csv(str(resources.files("gridsim.weather") / "data" / name))


def known_years() -> tuple[int, ...]:
    """Years whose holidays are in the tables."""
    return tuple(int(y) for y in _table("lunar_new_year.csv")["year"])


def days_of(index: pd.DatetimeIndex) -> pd.DatetimeIndex:
    """Midnights of the days of an index, once each."""
    return pd.DatetimeIndex(index.normalize().unique())


def day_types(days: pd.DatetimeIndex) -> np.ndarray:
    """Kind of each day, one of :data:`DAY_TYPES`.

    A holiday is stronger than a weekend, an announced make-up working day is a ``workday``.

    Raises
    ------
    InvalidInput
        If a day lies in a year whose holidays are not in the tables.
    """
    _check_years(days)
    plain = pd.DatetimeIndex(days.tz_localize(None)).normalize()
    kinds = np.where(plain.dayofweek == 5, "saturday", np.where(plain.dayofweek == 6, "sunday", "workday")).astype(
        object
    )
    for row in records(_table("holidays_cn.csv")):
        kinds[(plain >= row.first_day) & (plain <= row.last_day)] = row.holiday
    return kinds


def festival_depth(days: pd.DatetimeIndex) -> np.ndarray:
    """Share of the Spring Festival's own load shape on each day, 0 to 1.

    1 from two days before to six days after lunar New Year, linear ramps from day -9 and to day +17
    (assumed from published load curves: factories close and open over two weeks).
    """
    _check_years(days)
    plain = pd.DatetimeIndex(days.tz_localize(None)).normalize()
    depth = np.zeros(len(plain))
    (start, end), (full_from, full_to) = FESTIVAL_RAMPS, FESTIVAL_FULL
    for new_year in pd.DatetimeIndex(_table("lunar_new_year.csv")["lunar_new_year"]):
        offset = np.asarray((plain - new_year).days, float)
        depth = np.maximum(depth, np.interp(offset, [start - 1, full_from, full_to, end + 1], [0.0, 1.0, 1.0, 0.0]))
    return depth


def _check_years(days: pd.DatetimeIndex) -> None:
    known = known_years()
    missing = sorted({int(y) for y in days.year} - set(known))
    if missing:
        raise InvalidInput(
            [
                Problem(
                    "weather/data/lunar_new_year.csv",
                    f"the holidays of {year} are not in the tables ({known[0]}-{known[-1]})",
                    "choose a year within, or add its rows to lunar_new_year.csv and holidays_cn.csv",
                    row=str(year),
                )
                for year in missing
            ]
        )

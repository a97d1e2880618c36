"""Months of a weather year: monthly means of hourly values, and hourly courses through monthly normals."""

from __future__ import annotations

import numpy as np

#: days of the months of a common year
MONTH_DAYS = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
HOURS = 8760


def month_days(year: int) -> np.ndarray:
    """Days of the months of a calendar year, ndarray (12,)."""
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return MONTH_DAYS + np.eye(12, dtype=int)[1] * leap


def month_of_hour(days: np.ndarray = MONTH_DAYS) -> np.ndarray:
    """Month 0-11 of every hour of a year."""
    return np.repeat(np.arange(12), days * 24)


def by_month(hourly: np.ndarray, days: np.ndarray = MONTH_DAYS) -> np.ndarray:
    """Monthly means of hourly values: (hours, ...) -> (12, ...).

    Each column is summed by itself, so that the mean of a site does not depend on which others there are.
    """
    starts = np.r_[0, np.cumsum(days)[:-1]] * 24
    columns = np.ascontiguousarray(np.asarray(hourly, float).reshape(len(hourly), -1).T)
    means = np.array([np.add.reduceat(c, starts) / (days * 24) for c in columns]).T
    return means.reshape(12, *np.shape(hourly)[1:])


def through_months(monthly: np.ndarray, days: np.ndarray = MONTH_DAYS) -> np.ndarray:
    """Hourly values, continuous and piecewise linear through the middles of months, with given monthly means.

    Parameters
    ----------
    monthly : ndarray (12, ...)
    days : ndarray (12,)
        Days of the months.

    Returns
    -------
    ndarray (hours, ...)
        The mean of each month is exactly the given one (the nodes are solved for).
    """
    length = int(days.sum()) * 24
    middle = (np.cumsum(days) - days / 2.0) * 24.0
    hours = np.arange(length) + 0.5
    around = np.r_[middle[-1] - length, middle, middle[0] + length]
    left = np.searchsorted(around, hours, side="right") - 1
    share = (hours - around[left]) / (around[left + 1] - around[left])
    basis = np.zeros((length, 12))
    np.add.at(basis, (np.arange(length), (left - 1) % 12), 1.0 - share)
    np.add.at(basis, (np.arange(length), left % 12), share)
    means = by_month(basis, days)
    columns = np.asarray(monthly, float).reshape(12, -1).T
    nodes = np.column_stack([np.linalg.solve(means, column) for column in columns])
    values = (1.0 - share)[:, None] * nodes[(left - 1) % 12] + share[:, None] * nodes[left % 12]
    return values.reshape(length, *np.shape(monthly)[1:])

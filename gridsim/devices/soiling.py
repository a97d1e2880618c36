"""Dirt on photovoltaic modules: how much rain leaves of it, by month."""

from __future__ import annotations

import numpy as np

#: loss that a dry day adds; 0.10-0.20 outside deserts (Kimber et al. 2006, doi:10.1109/WCPEC.2006.279690). [percent]
DAILY_PERCENT = 0.15
#: rain of a day that washes modules clean, same source. [mm]
WASHING_MM = 6.0


def washed_by_rain_percent(rain_mm: np.ndarray, rain_days: np.ndarray, month_days: np.ndarray) -> np.ndarray:
    """Mean soiling loss of a month from its rain: expected value of Kimber's model without grace period.

    Rain of a wet day is taken as exponentially distributed, so that washing days come at the rate
    lambda = (rain_days / month_days) exp(-6 mm / mean rain of a wet day); the mean number of days since the last one
    is (1 - lambda) / lambda, and each adds 0.15 %.

    Parameters
    ----------
    rain_mm, rain_days, month_days : ndarray (month,)
        Climate normals: rain of the month, days with rain, days of the month.

    Returns
    -------
    ndarray (month,), percent
    """
    wet = np.maximum(rain_days, 1e-9)
    washing = wet / month_days * np.exp(-WASHING_MM / np.maximum(rain_mm / wet, 1e-9))
    return np.asarray(DAILY_PERCENT * (1.0 - washing) / np.maximum(washing, 1.0 / 200.0))

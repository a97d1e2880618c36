"""How the level of a day's demand follows its temperature: cooling and heating degrees above and below two bases."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr

#: parts of the day itself and of the two days before in the temperature that counts: heat builds up in buildings and
#: in people's patience (assumed; the effect: Fu et al. 2015, doi:10.11898/1001-7313.20150411)
BUILD_UP = (0.6, 0.3, 0.1)


def counting_degc(daily_degc: np.ndarray) -> np.ndarray:
    """Temperature of each day that counts for demand: its own and the two before, weighted by :data:`BUILD_UP`.

    Parameters
    ----------
    daily_degc : ndarray (day,)
        Daily means.

    Returns
    -------
    ndarray (day,)
        The first days look back on the first one.
    """
    before = np.r_[daily_degc[:1], daily_degc[:1], daily_degc]
    return sum(w * before[2 - k : len(before) - k] for k, w in enumerate(BUILD_UP))


def degree_days(
    degc: np.ndarray, *, cooling_from_degc: float, heating_from_degc: float
) -> tuple[np.ndarray, np.ndarray]:
    """Cooling and heating degrees of each day: (T - base)+ and (base - T)+. [K]"""
    return np.maximum(degc - cooling_from_degc, 0.0), np.maximum(heating_from_degc - degc, 0.0)


def expected_above(mean: float, sd: float, base: float) -> float:
    """Expected (T - base)+ of a normal T: sd * phi(z) + (mean - base) * Phi(z), z = (mean - base) / sd. [K]"""
    if sd <= 0.0:
        return max(mean - base, 0.0)
    z = (mean - base) / sd
    return float(sd * np.exp(-0.5 * z * z) / np.sqrt(2.0 * np.pi) + (mean - base) * ndtr(z))


def day_response(
    daily_degc: np.ndarray,
    month: np.ndarray,
    *,
    cooling_percent_per_k: float,
    heating_percent_per_k: float,
    cooling_from_degc: float,
    heating_from_degc: float,
    normal_degc: np.ndarray,
) -> np.ndarray:
    """Relative departure of each day's demand from its month's normal level.

    Parameters
    ----------
    daily_degc : ndarray (day,)
        Daily mean temperature.
    month : ndarray (day,)
        Month 0-11 of each day.
    cooling_percent_per_k, heating_percent_per_k : float
        Rise of the day's level per kelvin above and below the bases, of the month's normal level.
    cooling_from_degc, heating_from_degc : float
        The bases.
    normal_degc : ndarray (12,)
        Temperature that the months' shares of energy belong to; NaN: the mean of the given year's own month.

    Returns
    -------
    ndarray (day,)
        s_c (C - C0(month)) + s_h (H - H0(month)), with C0, H0 the expected degrees of a month of normal mean and of
        the given days' spread (:func:`expected_above`), or, without a normal, the month's own mean.
    """
    degc = counting_degc(daily_degc)
    cool, heat = degree_days(degc, cooling_from_degc=cooling_from_degc, heating_from_degc=heating_from_degc)
    out = np.zeros(len(degc))
    for m in np.unique(month):
        days = month == m
        cool0, heat0 = cool[days].mean(), heat[days].mean()
        if np.isfinite(normal_degc[m]):
            sd = float(degc[days].std())
            cool0 = expected_above(normal_degc[m], sd, cooling_from_degc)
            heat0 = expected_above(-normal_degc[m], sd, -heating_from_degc)
        out[days] = cooling_percent_per_k * (cool[days] - cool0) + heating_percent_per_k * (heat[days] - heat0)
    return out / 100.0

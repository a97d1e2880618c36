"""Demand of the areas: annual energy and coincident peak both met, with the calendar and day-to-day weather in it.

Gross of distributed PV (which is a plant) and without network losses.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from gridsim.errors import Problem, raise_if
from gridsim.network import Network
from gridsim.rows import records
from gridsim.units import step_hours
from gridsim.weather import fields
from gridsim.weather.calendar import DAY_TYPES, day_types, days_of, festival_depth

#: day-to-day standard deviation of demand by month (heating and cooling; assumed from the spread of daily maxima). [%]
SIGMA_PERCENT = (7.0, 6.0, 3.0, 2.5, 3.0, 5.0, 8.0, 8.0, 6.0, 2.5, 3.0, 7.0)
#: memory of the day-to-day variation (autocorrelation after one day) and where it is cut off
DAY_MEMORY = 0.8
NOISE_CUT = 2.2
#: published energies of January and February contain a festival of average date; these factors take it out,
#: because the festival of the study year is laid over afterwards (assumed)
WITHOUT_FESTIVAL = {1: 1.03, 2: 1.06}
_HOURS = [f"h{h:02d}_pu" for h in range(24)]


def make_demand(network: Network, index: pd.DatetimeIndex, *, seed: int = 1, weather_year: int = 0) -> pd.DataFrame:
    """Demand series of every row of the table ``demand``.

    Parameters
    ----------
    network : Network
        Tables ``demand, demand_month, demand_hour, demand_day``.
    index : DatetimeIndex
        Whole study year, tz-aware, interval-start.
    seed, weather_year : int
        Name the day-to-day variation.  It is the same for every demand of the network: city and
        province have the same hot days.

    Returns
    -------
    DataFrame (time, demand), MW
        ``less`` is already subtracted.  Before that subtraction the series has the table's energy and
        peak to 1e-9 relative.

    Raises
    ------
    InvalidInput
        A peak that the energy and shape cannot have, an unknown kind of day, a year without holidays
        in the tables, a difference that goes negative: all at once.

    Notes
    -----
    x(t) = level(month) * shape(month, hour) * factor(kind of day) * noise(day), scaled to the months'
    shares; the Spring Festival shape (p.u. of the annual peak) is laid over by the festival's depth;
    the part above the mean is then stretched, and the whole scaled, so that energy and peak are met
    (:func:`with_energy_and_peak`).
    """
    problems: list[Problem] = []
    known = set(network["demand_day"]["day_type"]) - set(DAY_TYPES)
    problems += [
        Problem(
            "demand_day", f"unknown kind of day {k!r}", f"use one of: {', '.join(DAY_TYPES[1:])}", column="day_type"
        )
        for k in sorted(known)
    ]
    noise = day_noise(days_of(index), seed=seed, weather_year=weather_year)
    series = {row.name: _one(network, row, index, noise, problems) for row in records(network["demand"])}
    raise_if(problems)
    net = {}
    for row in records(network["demand"]):
        left = series[row.name] - (series[row.less] if isinstance(row.less, str) else 0.0)
        net[row.name] = left
        if left.min() < 0.0:
            what = f"minus {row.less!r} it is {left.min():.0f} MW at {index[int(left.argmin())]:%m-%d %H:%M}"
            problems.append(Problem("demand", what, "check which demand contains which", row=row.name, column="less"))
    raise_if(problems)
    return pd.DataFrame(net, index=index)


def day_noise(days: pd.DatetimeIndex, *, seed: int, weather_year: int = 0) -> np.ndarray:
    """Relative deviation of each day's demand, AR(1) with :data:`DAY_MEMORY`, scaled by month: ndarray (day,)."""
    white = fields.stream((seed, weather_year), "demand").standard_normal(366)[: len(days), None]
    z = np.clip(fields.red_noise(white, -1.0 / np.log(DAY_MEMORY))[:, 0], -NOISE_CUT, NOISE_CUT)
    return np.asarray(SIGMA_PERCENT)[days.month - 1] / 100.0 * z


def with_energy_and_peak(x: np.ndarray, *, mean_mw: float, peak_mw: float) -> np.ndarray:
    """Stretch a series above its mean and scale it, so that mean and maximum are the given ones.

    y = c * (x if x <= m else m + s * (x - m)), m = mean(x).  With A = mean of (x - m)+, M = max(x) - m:
    c = mean_mw / (m + (s - 1) * A) and c * (m + s * M) = peak_mw give
    s = (peak_mw * (m - A) - mean_mw * m) / (mean_mw * M - peak_mw * A): closed form, exact.

    Raises
    ------
    ValueError
        If no stretch s >= 0 does it: the peak is below the mean, or too high for this shape.
    """
    m = float(x.mean())
    excess = np.maximum(x - m, 0.0)
    a, top = float(excess.mean()), float(x.max()) - m
    if top <= 1e-12 * m:
        if abs(peak_mw / mean_mw - 1.0) > 1e-9:
            raise ValueError("the shape is flat, so the peak must equal the mean")
        return np.full_like(x, mean_mw)
    below = mean_mw * top - peak_mw * a
    if peak_mw < mean_mw or below <= 0.0:
        highest = mean_mw * top / a
        raise ValueError(
            f"with this shape a mean of {mean_mw:.6g} MW allows peaks from {mean_mw:.6g} to {highest:.6g} MW"
        )
    stretch = (peak_mw * (m - a) - mean_mw * m) / below
    if stretch < 0.0:
        raise ValueError(f"the shape is too peaked for a peak of {peak_mw:.6g} MW at a mean of {mean_mw:.6g} MW")
    y = np.minimum(x, m) + stretch * excess
    return y * (mean_mw / y.mean())


def _one(network: Network, row: Any, index: pd.DatetimeIndex, noise: np.ndarray, problems: list[Problem]) -> np.ndarray:
    """Series of one demand before ``less``; what is wrong is appended to ``problems``."""
    name, peak = row.name, row.peak_mw
    mean = row.energy_gwh * 1000.0 / (len(index) * step_hours(index))
    hours = network["demand_hour"].query("demand == @name")
    days = days_of(index)
    day = np.searchsorted(days.asi8, index.asi8, side="right") - 1
    month = np.asarray(index.month) - 1
    if hours.empty:
        x = np.full(len(index), mean)
    else:
        factor = network["demand_day"].query("demand == @name").set_index("day_type")["factor_pu"].to_dict()
        by_day = np.array([factor.get(k, 1.0) for k in day_types(days)]) * (1.0 + noise)
        x = _at(_shape(hours, "workday", normalised=True), index) * by_day[day]
        of_month = np.bincount(month, weights=x, minlength=12)
        festival = bool((hours["day_type"] == "festival").any())
        x *= (_month_shares(network, name, index, raised=festival) / np.maximum(of_month, 1e-12))[month]
        x *= mean / x.mean()
        depth = festival_depth(days)[day] if festival else np.zeros(len(index))
        lacking = sorted(
            {int(m) + 1 for m in month[depth > 0.0]} - set(hours.loc[hours["day_type"] == "festival", "month"])
        )
        if lacking and depth.any():
            problems.append(
                Problem(
                    "demand_hour",
                    f"no festival shape for month {lacking}",
                    "add the rows: the Spring Festival reaches there",
                    row=name,
                )
            )
            return x
        x = (1.0 - depth) * x + depth * _at(_shape(hours, "festival", normalised=False), index) * peak
    try:
        return with_energy_and_peak(x, mean_mw=mean, peak_mw=peak)
    except ValueError as bad:
        problems.append(
            Problem(
                "demand",
                f"energy and peak do not go together: {bad}",
                "correct peak_mw or energy_gwh",
                row=name,
                column="peak_mw",
            )
        )
        return x


def _month_shares(network: Network, name: str, index: pd.DatetimeIndex, *, raised: bool) -> np.ndarray:
    """Energy share of each month, ndarray (12,); by length where the table says nothing.

    With ``raised`` they are those of a year without Spring Festival (:data:`WITHOUT_FESTIVAL`).
    """
    table = network["demand_month"].query("demand == @name").set_index("month")["energy_share_pu"]
    if table.empty:
        return np.bincount(np.asarray(index.month) - 1, minlength=12).astype(float)
    factor = np.array([WITHOUT_FESTIVAL.get(m, 1.0) if raised else 1.0 for m in range(1, 13)])
    return table.reindex(range(1, 13)).to_numpy(float) * factor


def _shape(hours: pd.DataFrame, day_type: str, *, normalised: bool) -> np.ndarray:
    """Hour shapes of a day type, ndarray (12, 24); months without a row are 0."""
    rows = (
        hours[hours["day_type"] == day_type]
        .set_index("month")[_HOURS]
        .reindex(range(1, 13))
        .fillna(0.0)
        .to_numpy(float)
    )
    if not normalised:
        return rows
    return rows / np.where(rows.any(axis=1), rows.mean(axis=1), 1.0)[:, None]


def _at(shape: np.ndarray, index: pd.DatetimeIndex) -> np.ndarray:
    """A month x hour shape at each interval: the hour's value, linear between the hours' middles for shorter steps."""
    middle = np.asarray(index.hour + index.minute / 60.0) + step_hours(index) / 2.0
    month = np.asarray(index.month) - 1
    first = np.floor(middle - 0.5).astype(int)
    share = middle - 0.5 - first
    return shape[month, first % 24] * (1.0 - share) + shape[month, (first + 1) % 24] * share

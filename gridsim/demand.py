"""Demand of the areas: annual energy and coincident peak both met, with the calendar and day-to-day weather in it.

Gross of distributed PV (which is a plant) and without network losses.  Days follow the temperature of the weather year
(:mod:`gridsim.degree_days`) or vary at random; parts of a demand (vehicles, petrochemical blocks) are taken out of it
with shapes of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from gridsim.degree_days import day_response
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
#: share of the random variation that stays where temperature explains the rest (assumed)
REST_OF_NOISE = 0.25
#: no day falls below this part of its month's level for the weather's sake
LOWEST_DEPARTURE = -0.6
#: a demand without a shape is flat; its peak may differ from its mean by what a leap year makes, and rounding
FLAT_TOLERANCE_PU = 0.005
_HOURS = [f"h{h:02d}_pu" for h in range(24)]


def make_demand(
    network: Network,
    index: pd.DatetimeIndex,
    *,
    seed: int = 1,
    weather_year: int = 0,
    temp_degc: Mapping[str, np.ndarray] | None = None,
    given_mw: pd.DataFrame | None = None,
) -> pd.DataFrame:
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
    temp_degc : mapping of str to ndarray (time,), optional
        Air temperature of demands, of the same weather year as wind and sun.  Such a demand follows it
        (:func:`gridsim.degree_days.day_response`) and keeps :data:`REST_OF_NOISE` of the random variation, for what
        has other reasons.

    Returns
    -------
    DataFrame (time, demand), MW
        ``less`` and the parts (``part_of``) are already subtracted.  Before that a series has the table's energy and
        peak to 1e-9 relative, whatever the weather.

    Raises
    ------
    InvalidInput
        A peak that the energy and shape cannot have, an unknown kind of day, a year without holidays
        in the tables, a difference that goes negative: all at once.

    Notes
    -----
    x(t) = level(month) * shape(month, hour) * factor(kind of day) * (1 + departure(day)), scaled to the months'
    shares; a month whose days depart on average from its normal has that much more or less than its share.  The Spring
    Festival shape (p.u. of the annual peak) is laid over by the festival's depth; the part above the mean is then
    stretched, and the whole scaled, so that energy and peak are met (:func:`with_energy_and_peak`).
    """
    problems = [*_table_problems(network)]
    raise_if([p for p in problems if p.column == "part_of"])  # without them the sums below have no meaning
    noise = day_noise(days_of(index), seed=seed, weather_year=weather_year)
    rows = list(records(network["demand"]))
    given = {} if given_mw is None else {str(c): given_mw[c].to_numpy(float) for c in given_mw}
    series = {
        r.name: given[r.name]
        if r.name in given
        else _one(network, r, index, _departures(network, r, index, noise, temp_degc), problems)
        for r in rows
    }
    raise_if(problems)
    net = {}
    for row in rows:
        inside = [r.name for r in rows if r.part_of == row.name]
        inside += [row.less] if isinstance(row.less, str) else []
        left = series[row.name] - sum((series[k] for k in inside), np.zeros(len(index)))
        net[row.name] = left
        if left.min() < 0.0:
            names = " and ".join(repr(k) for k in inside)
            what = f"minus {names} it is {left.min():.0f} MW at {index[int(left.argmin())]:%m-%d %H:%M}"
            column = "less" if isinstance(row.less, str) else "part_of"
            problems.append(Problem("demand", what, "check which demand contains which", row=row.name, column=column))
    raise_if(problems)
    return pd.DataFrame(net, index=index)


def _table_problems(network: Network) -> list[Problem]:
    """What one can see wrong with the tables before any series is made."""
    known = set(network["demand_day"]["day_type"]) - set(DAY_TYPES)
    fix = f"use one of: {', '.join(DAY_TYPES[1:])}"
    problems = [Problem("demand_day", f"unknown kind of day {k!r}", fix, column="day_type") for k in sorted(known)]
    table = network["demand"]
    parts = table.loc[table["part_of"].notna()]
    for row in records(parts):
        if row.part_of in set(parts["name"]):
            what = f"{row.part_of!r} is itself a part"
            problems.append(Problem("demand", what, "name the whole demand", row=row.name, column="part_of"))
        if isinstance(row.less, str):
            what = "a part has no demand subtracted from it"
            problems.append(Problem("demand", what, "leave less empty", row=row.name, column="part_of"))
    whole = table.loc[table["part_of"].isna() & table["peak_mw"].isna(), "name"]
    fix = "give the coincident annual peak"
    return problems + [Problem("demand", "there is no peak", fix, row=str(n), column="peak_mw") for n in whole]


def _departures(
    network: Network, row: Any, index: pd.DatetimeIndex, noise: np.ndarray, temp_degc: Mapping[str, np.ndarray] | None
) -> tuple[np.ndarray, np.ndarray]:
    """Relative departure of each day, and of each month's energy from its share.

    Temperature and what has other reasons, or random alone, which leaves the shares; a part of a demand has none.
    """
    days, nothing = days_of(index), np.zeros(12)
    if isinstance(row.part_of, str):
        return np.zeros(len(days)), nothing
    if not temp_degc or row.name not in temp_degc:
        return noise, nothing
    normal = network["demand_month"].query("demand == @row.name").set_index("month")["temp_mean_degc"]
    response = day_response(
        np.asarray(temp_degc[row.name]).reshape(len(days), -1).mean(axis=1),
        np.asarray(days.month) - 1,
        cooling_percent_per_k=row.cooling_percent_per_k,
        heating_percent_per_k=row.heating_percent_per_k,
        cooling_from_degc=row.cooling_from_degc,
        heating_from_degc=row.heating_from_degc,
        normal_degc=normal.reindex(range(1, 13)).to_numpy(float),
    )
    response = np.maximum(response, LOWEST_DEPARTURE)
    month = np.asarray(days.month) - 1
    of_month = np.bincount(month, weights=response, minlength=12) / np.maximum(np.bincount(month, minlength=12), 1)
    return response + REST_OF_NOISE * noise, of_month


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


def _one(
    network: Network,
    row: Any,
    index: pd.DatetimeIndex,
    departure: tuple[np.ndarray, np.ndarray],
    problems: list[Problem],
) -> np.ndarray:
    """Series of one demand before ``less`` and its parts; what is wrong is appended to ``problems``."""
    name, peak = row.name, row.peak_mw
    mean = row.energy_gwh * 1000.0 / (len(index) * step_hours(index))
    hours = network["demand_hour"].query("demand == @name")
    days = days_of(index)
    day = np.searchsorted(days.asi8, index.asi8, side="right") - 1
    month = np.asarray(index.month) - 1
    if hours.empty:
        x = np.full(len(index), mean)
        if np.isnan(peak) or abs(peak / mean - 1.0) <= FLAT_TOLERANCE_PU:
            return x
    else:
        of_day, warmer = departure
        factor = network["demand_day"].query("demand == @name").set_index("day_type")["factor_pu"].to_dict()
        by_day = np.array([factor.get(k, 1.0) for k in day_types(days)]) * (1.0 + of_day)
        x = _at(_shape(hours, "workday", normalised=True), index) * by_day[day]
        of_month = np.bincount(month, weights=x, minlength=12)
        festival = bool((hours["day_type"] == "festival").any())
        shares = _month_shares(network, name, index, raised=festival) * (1.0 + warmer)
        x *= (shares / np.maximum(of_month, 1e-12))[month]
        x *= mean / x.mean()
        depth = festival_depth(days)[day] if festival else np.zeros(len(index))
        if lacking := _festival_problems(row, hours, month[depth > 0.0]):
            problems += lacking
            return x
        if festival:
            x = (1.0 - depth) * x + depth * _at(_shape(hours, "festival", normalised=False), index) * peak
    if np.isnan(peak):
        return x * (mean / x.mean())
    try:
        return with_energy_and_peak(x, mean_mw=mean, peak_mw=peak)
    except ValueError as bad:
        what, fix = f"energy and peak do not go together: {bad}", "correct peak_mw or energy_gwh"
        problems.append(Problem("demand", what, fix, row=name, column="peak_mw"))
        return x


def _festival_problems(row: Any, hours: pd.DataFrame, months: np.ndarray) -> list[Problem]:
    """Months that the festival reaches without a shape of it, and a shape in p.u. of a peak that is not given."""
    there = set(hours.loc[hours["day_type"] == "festival", "month"])
    lacking = sorted({int(m) + 1 for m in months} - there)
    problems = []
    if lacking:
        what, fix = f"no festival shape for month {lacking}", "add the rows: the Spring Festival reaches there"
        problems.append(Problem("demand_hour", what, fix, row=row.name))
    if there and np.isnan(row.peak_mw):
        what = "rows festival are in p.u. of the annual peak, which is empty"
        problems.append(Problem("demand", what, "give the peak", row=row.name, column="peak_mw"))
    return problems


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

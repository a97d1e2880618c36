"""The sun over a record: what is possible at most, and where the record puts noon."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from gridsim.sun import sun_position

#: Linke turbidity of very clean air: a record seldom exceeds the clear sky it gives
CLEAN_AIR_TURBIDITY = 2.5
#: half the spread of an offset that shading, fog and instrument clocks leave even in good records. [min]
CLOCK_SPREAD_MIN = 4.0
#: share of the days that the offset is read from: the smoothest, and the fewest
SMOOTH_DAYS_PU, FEWEST_DAYS = 0.12, 10
#: an offset farther than this from every label is none of them. [min]
NO_LABEL_MIN = 12.0
#: label -> middle of the interval after the stamp, in steps
LABELS = {"left": 0.5, "middle": 0.0, "right": -0.5}


@dataclass(frozen=True)
class Sky:
    """Sun over the intervals of an index, arrays (time, site).

    Attributes
    ----------
    high_deg, low_deg : ndarray
        Highest and lowest elevation at start, middle and end of the interval. [degree of arc]
    cos_zenith : ndarray
        At the middle, not below 0.
    extra_w_per_m2 : ndarray
        Extraterrestrial irradiance on the horizontal, the highest of start, middle and end.
    clear_w_per_m2 : ndarray
        Clear-sky global irradiance (Ineichen, :data:`CLEAN_AIR_TURBIDITY`), the highest of start, middle and end.
    beam_extra_w_per_m2 : ndarray (time, 1)
        Extraterrestrial irradiance normal to the sun.
    """

    high_deg: np.ndarray
    low_deg: np.ndarray
    cos_zenith: np.ndarray
    extra_w_per_m2: np.ndarray
    clear_w_per_m2: np.ndarray
    beam_extra_w_per_m2: np.ndarray


def sky_over(
    index: pd.DatetimeIndex, step: pd.Timedelta, lat_deg: np.ndarray, lon_deg: np.ndarray, elevation_m: np.ndarray
) -> Sky:
    """Sun over the intervals that start at some instants.

    Clear sky: Ineichen and Perez 2002, doi:10.1016/S0038-092X(02)00045-2, as in pvlib.
    """
    from pvlib import atmosphere, clearsky

    utc = index.tz_convert("UTC").as_unit("ns")
    half = step / 2
    instants = utc.union(utc + half).union(utc + step)
    sun = sun_position(instants, lat_deg, lon_deg)
    cosine = np.maximum(np.cos(np.radians(sun.zenith_deg)), 0.0)
    zenith = np.minimum(sun.apparent_zenith_deg, 89.9)
    altitude = np.clip(np.atleast_1d(elevation_m).astype(float), 0.0, None)[None, :]
    mass = atmosphere.get_absolute_airmass(atmosphere.get_relative_airmass(zenith), atmosphere.alt2pres(altitude))
    clear = clearsky.ineichen(zenith, mass, CLEAN_AIR_TURBIDITY, altitude, sun.extra_w_per_m2)["ghi"]
    clear = np.where(sun.apparent_zenith_deg < 90.0, clear, 0.0)
    at = [instants.get_indexer(utc + k * half) for k in range(3)]
    elevation = 90.0 - sun.zenith_deg
    return Sky(
        high_deg=np.maximum.reduce([elevation[i] for i in at]),
        low_deg=np.minimum.reduce([elevation[i] for i in at]),
        cos_zenith=cosine[at[1]],
        extra_w_per_m2=np.maximum.reduce([(cosine * sun.extra_w_per_m2)[i] for i in at]),
        clear_w_per_m2=np.maximum.reduce([clear[i] for i in at]),
        beam_extra_w_per_m2=sun.extra_w_per_m2[at[1]],
    )


@dataclass(frozen=True)
class Noon:
    """Where a record puts noon.

    Attributes
    ----------
    offset_min : float
        Middle of the sun's day after the stamps: +30 of an hourly record labelled left, 0 middle, -30 right;
        NaN if the record has too few days with sun. [min]
    spread_min : float
        Standard deviation of that figure. [min]
    label : str
        ``left``, ``middle``, ``right``; ``instant``: values of the instant of the stamp; ``none``: no label fits,
        the clock is wrong.
    certainty_percent : float
        Probability of that label among all offsets that a label and whole hours of clock error give, for a normal
        error of ``spread_min``.
    shift_h : float
        Whole hours by which the clock is wrong (0 when a label alone explains the offset).
    """

    offset_min: float
    spread_min: float
    label: str
    certainty_percent: float
    shift_h: float


def noon_of(
    ghi_w_per_m2: np.ndarray, index: pd.DatetimeIndex, step: pd.Timedelta, lat_deg: float, lon_deg: float
) -> Noon:
    """Offset of the stamps against the sun, and the label convention it means.

    The centroid of a day's irradiance falls on true solar noon if the day is clear.  Days are cut at the midnights
    that the record itself implies, so that a wrong time zone is found, too; of all days the smoothest and brighter
    ones count (the sum of the absolute second differences against the sum), by their median.

    Parameters
    ----------
    ghi_w_per_m2 : ndarray (time,)
    index : DatetimeIndex, tz-aware
    step : Timedelta
    lat_deg, lon_deg : float
    """
    ghi = np.nan_to_num(np.clip(ghi_w_per_m2, 0.0, None))
    nothing = Noon(np.nan, np.nan, "none", 0.0, 0.0)
    if ghi.sum() <= 0.0:
        return nothing
    hours = index.tz_convert("UTC").as_unit("ns").asi8 / 3.6e12 + lon_deg / 15.0  # mean solar time
    centre = np.angle((ghi * np.exp(2j * np.pi * hours / 24.0)).sum()) * 24.0 / (2.0 * np.pi)
    coarse = (12.0 - centre + 12.0) % 24.0 - 12.0
    solar = hours + coarse
    day = np.floor(solar / 24.0).astype(np.int64)
    first = int(day[0])
    number = day - first
    total = np.bincount(number, ghi)
    moment = np.bincount(number, ghi * (solar - 24.0 * day))
    bend = np.abs(np.diff(ghi, n=2, prepend=0.0, append=0.0))
    rough = np.bincount(number, bend, minlength=len(total))
    full = np.bincount(number) >= 0.95 * 24.0 / (step.total_seconds() / 3600.0)
    sunny = full & (total > 0.0)
    if sunny.sum() < FEWEST_DAYS:
        return nothing
    bright = sunny & (total >= np.quantile(total[sunny], 0.4))
    ratio = np.where(bright, rough / np.maximum(total, 1e-9), np.inf)
    chosen = np.argsort(ratio, kind="stable")[: max(FEWEST_DAYS, round(SMOOTH_DAYS_PU * sunny.sum()))]
    chosen = chosen[np.isfinite(ratio[chosen])]
    seconds = ((chosen + first) * 24.0 - lon_deg / 15.0) * 3600.0
    dates = pd.DatetimeIndex(seconds.astype("datetime64[s]")).tz_localize("UTC")
    offset = coarse * 60.0 + 60.0 * (12.0 - moment[chosen] / total[chosen]) - _equation_of_time_min(dates)
    middle = float(np.median(offset))
    deviation = 1.4826 * float(np.median(np.abs(offset - middle)))
    spread = float(np.hypot(CLOCK_SPREAD_MIN, 1.2533 * deviation / np.sqrt(len(offset))))
    return _named(middle, spread, step.total_seconds() / 60.0, _edge_is_lit(ghi, hours, middle, dates, lat_deg, step))


def _equation_of_time_min(dates: pd.DatetimeIndex) -> np.ndarray:
    """True minus mean solar time (Spencer 1971 as pvlib gives it). [min]"""
    from pvlib import solarposition

    return np.asarray(solarposition.equation_of_time_spencer71(np.asarray(dates.dayofyear)))


def _named(offset: float, spread: float, step_min: float, edge_is_lit: bool) -> Noon:
    """The label of an offset, and how certain it is."""
    meant = {
        round(place * step_min + 60.0 * hour, 3): (name, float(hour))
        for hour in sorted(range(-12, 13), key=abs, reverse=True)  # a right clock is written last and stays
        for name, place in reversed(LABELS.items())
    }
    places = np.array(list(meant))
    likely = np.exp(-np.minimum(((offset - places) / spread) ** 2, 1400.0) / 2.0)
    best = int(likely.argmax())
    if abs(offset - places[best]) > min(5.0 * spread, NO_LABEL_MIN):
        return Noon(offset, spread, "none", 100.0, 0.0)
    label, shift = meant[places[best]]
    certainty = 100.0 * float(likely[best] / likely.sum())
    return Noon(offset, spread, "instant" if label == "middle" and not edge_is_lit else label, certainty, shift)


def _edge_is_lit(
    ghi: np.ndarray, hours: np.ndarray, offset_min: float, dates: pd.DatetimeIndex, lat_deg: float, step: pd.Timedelta
) -> bool:
    """Whether intervals whose middle lies just beyond sunrise or sunset have light: means have, instants have not."""
    solar = hours + offset_min / 60.0
    declination = np.radians(23.45) * np.sin(2.0 * np.pi * ((solar / 24.0) % 365.2425 - 80.0) / 365.2425)
    lat = np.radians(lat_deg)

    def height(shift_h: float) -> np.ndarray:
        angle = 2.0 * np.pi * (solar + shift_h - 12.0) / 24.0
        return np.degrees(
            np.arcsin(np.sin(lat) * np.sin(declination) + np.cos(lat) * np.cos(declination) * np.cos(angle))
        )

    half = step.total_seconds() / 7200.0
    edge = (height(0.0) < -1.5) & (np.maximum(height(half), height(-half)) > 1.5)
    return bool(edge.sum() >= 5 and (ghi[edge] >= 0.5).mean() > 0.3)

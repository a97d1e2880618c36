"""Synthetic weather from climate normals: reproducible, correlated, and never measured.

Latent Gaussian fields (:mod:`gridsim.weather.fields`) for cloudiness, wind and temperature anomaly are
mapped to physical quantities whose monthly and annual figures are those of the climate tables:

* irradiance: clear sky (Ineichen-Perez, doi:10.1016/S0038-092X(02)00045-2) times a clearness whose
  distribution is U-shaped (overcast spells and clear days, little between), split by Erbs
  (doi:10.1016/0038-092X(82)90302-4);
* wind at 100 m: Weibull per site, season by month, maximum at *night*; at 10 m by a shear exponent that
  is high at night and low at midday, so that the cycle turns round and the maximum is in the afternoon;
* temperature: normals, day-to-day anomalies, a daily range that grows on clear days.

A weather year departs from the typical one as :mod:`gridsim.weather.character` says.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from gridsim.errors import InvalidInput, Problem
from gridsim.sun import interval_middle, sun_position
from gridsim.weather import fields
from gridsim.weather.canonical import COLUMNS, ZONE, Weather
from gridsim.weather.character import SUN_WARMS, Character, typical_character, year_character
from gridsim.weather.climate import Climate
from gridsim.weather.months import MONTH_DAYS, by_month, month_days, month_of_hour, through_months
from gridsim.weather.origin import ALL, Origin

#: the typical year is 365 days; its stamps carry this year
STAMP_YEAR = 2025
#: weather years that can be made: stamps need a calendar
YEARS = (1900, 2200)
#: share of the variance of cloudiness within hours (broken cloud)
FAST_CLOUD_PU = 0.35
#: concentration of the clearness distribution; below 2 it is U-shaped
CLEARNESS_CONCENTRATION = 0.8
#: clearness of the thickest overcast
DARKEST_PU = 0.09
#: hour of the night maximum of wind at 100 m
NIGHT_MAXIMUM_H = 1.5
#: daily course of temperature, share of the range around the mean: minimum at 6, maximum at 15 o'clock
TEMPERATURE_COURSE = np.interp(
    np.arange(24) + 0.5, [0.0, 6.0, 9.5, 15.0, 19.0, 24.0], [-0.28, -0.5, -0.15, 0.5, 0.08, -0.28]
)


@dataclass(frozen=True)
class _Year:
    """Sites, calendar and departures of the year being made."""

    climate: Climate
    at: fields.Places
    key: tuple[int, int]
    days: np.ndarray
    character: Character

    @property
    def hours(self) -> int:
        return int(self.days.sum()) * 24

    def through(self, monthly: np.ndarray) -> np.ndarray:
        return through_months(monthly, self.days)

    def means(self, hourly: np.ndarray) -> np.ndarray:
        return by_month(hourly, self.days)

    def field(self, what: str, memory_h: float, length_km: float, noise: fields.Noise = fields.red_noise) -> np.ndarray:
        return fields.regional(
            self.at,
            seed=self.key,
            what=what,
            steps=self.hours,
            memory_steps=memory_h,
            length_km=length_km,
            noise=noise,
        )

    def local(self, what: str, memory_h: float) -> np.ndarray:
        return fields.local(self.at, seed=self.key, what=what, steps=self.hours, memory_steps=memory_h)


def synthesise(climate: Climate, *, year: int | None = None, seed: int = 1) -> Weather:
    """One year of weather at the sites of a climate.

    Parameters
    ----------
    climate : Climate
    year : int, optional
        Weather year, 1900-2200.  None: the typical year, without departures of months or of the year.
    seed : int
        Seed; with ``year`` and the site's name and place it names every random stream.

    Returns
    -------
    Weather
        All hours of ``year`` (8,784 in a leap year).  The typical year has 8,760 hours, no 29 February, and is
        stamped with :data:`STAMP_YEAR`.

    Raises
    ------
    InvalidInput
        A year outside the calendar.

    Notes
    -----
    Streams follow numpy's default generator.  Adding a site leaves the others as they were.  Nothing happened in
    the calendar year of a synthetic weather year: its number only names it.
    """
    if len(climate.sites) == 1:  # numpy sums a lone column in another order; a site must not depend on its company
        twice = synthesise(climate.at(list(climate.sites["name"]) * 2), year=year, seed=seed)
        return replace(twice, sites=climate.sites, data={k: v[:, :1] for k, v in twice.data.items()})
    if year is not None and not YEARS[0] <= year <= YEARS[1]:
        fix = f"choose a year from {YEARS[0]} to {YEARS[1]}, or none for the typical year"
        raise InvalidInput([Problem("weather", f"no weather of the year {year} can be made", fix, column="year")])
    sites = climate.sites
    at = fields.places(list(sites["name"]), climate.site("lat_deg"), climate.site("lon_deg"))
    key = (seed, 0 if year is None else year + 1)
    days = MONTH_DAYS if year is None else month_days(year)
    index = pd.date_range(f"{year or STAMP_YEAR}-01-01", periods=int(days.sum()) * 24, freq="h", tz=ZONE)
    normals = climate.monthly("ghi_kwh_per_m2")
    share = normals / normals.sum(axis=0)
    character = typical_character(at)
    if year is not None:
        character = year_character(at, climate.site("lat_deg"), share, year=year, seed=seed, days=days)
    of = _Year(climate, at, key, days, character)
    slow, cloud = _cloudiness(of)
    solar = _irradiance(of, index, cloud, share)
    clear_day = _clear_day(solar["ghi_w_per_m2"], solar.pop("clear_w_per_m2"))
    wind = _wind(of, slow, clear_day)
    temp, chill = _temperature(of, slow, clear_day)
    data = {**solar, "temp_air_degc": temp, "pressure_pa": _pressure(of, chill), **wind}
    label = "typical" if year is None else str(year)
    source = f"synthetic: gridsim.weather.synthetic from climate normals, {label} year, seed {seed}"
    origin = {name: (Origin(ALL, "synthetic", f"seed {seed}"),) for name in sites["name"]}
    return Weather(index, sites, {k: data[k] for k in COLUMNS}, label, source, origin=origin)


def _cloudiness(of: _Year) -> tuple[np.ndarray, np.ndarray]:
    """Latent cloudiness, unit variance, positive = clear: of the synoptic scale, and with broken cloud added."""
    spell = np.sqrt(of.climate.monthly("spell_pu")[month_of_hour(of.days)])
    passing = np.sqrt(0.75) * of.field("cloud system", 30.0, 280.0)
    passing += np.sqrt(0.25) * of.field("cloud band", 15.0, 80.0)
    synoptic = spell * of.field("cloud spell", 90.0, 380.0) + np.sqrt(1.0 - spell**2) * passing
    synoptic = synoptic + of.character.cloud
    broken = np.sqrt(0.5) * of.field("cloud cluster", 3.0, 35.0)
    broken += np.sqrt(0.5) * of.local("cloud", 2.0)
    return synoptic, np.sqrt(1.0 - FAST_CLOUD_PU) * synoptic + np.sqrt(FAST_CLOUD_PU) * broken


def _irradiance(of: _Year, index: pd.DatetimeIndex, cloud: np.ndarray, share: np.ndarray) -> dict[str, np.ndarray]:
    """Irradiance with the monthly sums of the normals; also the clear-sky value as ``clear_w_per_m2``."""
    from pvlib import atmosphere, clearsky, irradiance
    from scipy.special import betaincinv, ndtr

    climate, month = of.climate, month_of_hour(of.days)
    middle = interval_middle(index)
    sun = sun_position(middle, climate.site("lat_deg"), climate.site("lon_deg"))
    altitude = climate.site("elevation_m")[None, :]
    zenith = np.minimum(sun.apparent_zenith_deg, 89.9)
    mass = atmosphere.get_absolute_airmass(atmosphere.get_relative_airmass(zenith), atmosphere.alt2pres(altitude))
    turbidity = of.through(climate.monthly("linke_turbidity"))
    clear = clearsky.ineichen(zenith, mass, turbidity, altitude, sun.extra_w_per_m2)["ghi"]
    clear = np.where(sun.apparent_zenith_deg < 90.0, clear, 0.0)

    target = share * climate.site("ghi_kwh_per_m2") * of.character.ghi_pu
    clear_sum = of.means(clear) * of.days[:, None] * 24.0 / 1000.0
    mean = np.clip((target / clear_sum - DARKEST_PU) / (1.0 - DARKEST_PU), 0.05, 0.95)
    rank = np.linspace(0.0005, 0.9995, 2000)
    clearness = np.empty_like(clear)
    for m in range(12):
        rows = month == m
        for s in range(clear.shape[1]):
            a, b = mean[m, s] * CLEARNESS_CONCENTRATION, (1.0 - mean[m, s]) * CLEARNESS_CONCENTRATION
            quantile = DARKEST_PU + (1.0 - DARKEST_PU) * betaincinv(a, b, rank)
            clearness[rows, s] = np.interp(ndtr(cloud[rows, s]), rank, quantile)
    ghi = clear * _met(clearness, clear, target, of)
    parts = irradiance.erbs(ghi, sun.zenith_deg, np.asarray(middle.dayofyear, float)[:, None])
    return {"ghi_w_per_m2": ghi, "dni_w_per_m2": parts["dni"], "dhi_w_per_m2": parts["dhi"], "clear_w_per_m2": clear}


def _met(clearness: np.ndarray, clear: np.ndarray, target: np.ndarray, of: _Year) -> np.ndarray:
    """Clearness raised to a power per month and site so that the month's irradiation is met.

    A power leaves clear days clear (1 stays 1) and darkens or brightens the days between.
    """
    month = month_of_hour(of.days)
    low, high = np.full(target.shape, 0.1), np.full(target.shape, 8.0)
    log = np.log(clearness)
    for _ in range(26):
        power = np.sqrt(low * high)
        got = of.means(clear * np.exp(power[month] * log)) * of.days[:, None] * 24.0 / 1000.0
        low, high = np.where(got > target, power, low), np.where(got > target, high, power)
    return np.exp(np.sqrt(low * high)[month] * log)


def _clear_day(ghi: np.ndarray, clear: np.ndarray) -> np.ndarray:
    """How clear the day is, 0-1, running smoothly from noon to noon: ndarray (time, site)."""
    daily = ghi.reshape(-1, 24, ghi.shape[1]).sum(axis=1) / clear.reshape(-1, 24, ghi.shape[1]).sum(axis=1)
    hours = (np.arange(len(ghi)) + 0.5) / 24.0 - 0.5
    first = np.clip(np.floor(hours).astype(int), 0, len(daily) - 2)
    share = np.clip(hours - first, 0.0, 1.0)[:, None]
    return daily[first] * (1.0 - share) + daily[first + 1] * share


def _wind(of: _Year, slow: np.ndarray, clear_day: np.ndarray) -> dict[str, np.ndarray]:
    """Wind at 100 m and 10 m.

    The latent field (weather systems, what ridges and lowland feel apart, mesoscale, site noise) is correlated
    with cloudiness by month; season and daily cycle multiply; ranks are then mapped onto the site's Weibull
    distribution, so that annual mean and shape are met and order, season and cycle are kept.
    """
    from scipy.special import ndtr

    climate, smooth = of.climate, fields.smooth_noise
    ridge = (climate.sites["terrain"] == "ridge").to_numpy()
    over = {k: of.field(f"wind over {k}", 10.0, 200.0, smooth) for k in ("ridges", "lowland")}
    own = np.sqrt(0.45) * of.field("wind system", 14.0, 260.0, smooth)
    own += np.sqrt(0.12) * of.field("wind spell", 60.0, 400.0, smooth)
    own += np.sqrt(0.14) * np.where(ridge, over["ridges"], over["lowland"])
    own += np.sqrt(0.21) * of.field("wind mesoscale", 4.0, 70.0, smooth)
    own += np.sqrt(0.08) * of.local("wind", 4.0)
    link = -climate.monthly("cloud_wind_pu")[month_of_hour(of.days)]
    latent = link * slow + np.sqrt(1.0 - link**2) * own + of.character.gust
    shape = climate.site("weibull_k")
    raw = (-np.log1p(-np.clip(ndtr(latent), 0.0, 1.0 - 1e-9))) ** (1.0 / shape)
    hour = (np.arange(of.hours) % 24 + 0.5)[:, None]
    strength = 0.35 + 1.25 * clear_day
    cycle = np.cos((hour - NIGHT_MAXIMUM_H) / 12.0 * np.pi)
    raw *= 1.0 + climate.site("wind_night_pu") * strength * cycle
    season = climate.monthly("wind_pu") * of.character.wind_pu
    raw *= of.through(season / of.means(raw))
    rank = raw.argsort(axis=0).argsort(axis=0)
    unit = (-np.log1p(-(rank + 0.5) / of.hours)) ** (1.0 / shape)
    year = (season * of.days[:, None]).sum(axis=0) / of.days.sum()
    high = unit / unit.mean(axis=0) * climate.site("wind_100m_m_per_s") * year
    mixing = 0.5 - 0.5 * cycle * np.clip(0.4 + 0.9 * clear_day, 0.0, 1.0)
    shear = climate.site("shear_night_pu") + (climate.site("shear_day_pu") - climate.site("shear_night_pu")) * mixing
    return {"wind_speed_100m_m_per_s": high, "wind_speed_10m_m_per_s": high * 0.1**shear}


def _temperature(of: _Year, slow: np.ndarray, clear_day: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Air temperature, and its anomaly in standard deviations (cold air is heavy: the pressure needs it)."""
    climate = of.climate
    own = of.field("temperature", 30.0, 400.0, fields.smooth_noise)
    season = of.through(SUN_WARMS)[:, None]
    departure = season * slow + np.sqrt(1.0 - season**2) * own  # clear days are warm in summer, cold in winter
    departure = (departure - of.character.cold) * of.character.warmth_pu[month_of_hour(of.days)]
    departure = of.character.not_colder(departure)
    departure = departure - of.through(of.means(departure))
    level = climate.monthly("temp_mean_degc") + climate.site("temp_offset_degc") + of.character.temp_degc
    spread = climate.monthly("temp_max_degc") - climate.monthly("temp_min_degc")
    wave = np.tile(TEMPERATURE_COURSE - TEMPERATURE_COURSE.mean(), int(of.days.sum()))[:, None] * (0.45 + clear_day)
    wave = wave * of.through(spread)
    slow_part = of.through(level) + of.through(climate.monthly("temp_sd_degc")) * departure
    for _ in range(3):  # the daily range of the whole, slow part included, is that of the normals
        days = (slow_part + wave).reshape(-1, 24, wave.shape[1])
        daily = np.repeat(days.max(axis=1) - days.min(axis=1), 24, axis=0)
        wave = wave * of.through(spread / of.means(daily))
    return slow_part + wave - of.through(of.means(wave)), departure


def _pressure(of: _Year, chill: np.ndarray) -> np.ndarray:
    """Station pressure: sea-level normals, systems passing, cold air heavy; barometric height formula (ISO 2533)."""
    climate = of.climate
    own = of.field("pressure", 25.0, 450.0, fields.smooth_noise)
    sea = climate.monthly("pressure_sea_pa")
    depth = 250.0 + 350.0 * (sea - sea.min(axis=0)) / np.maximum(sea.max(axis=0) - sea.min(axis=0), 1.0)
    at_sea = of.through(sea) + of.through(depth) * (0.7 * own - 0.7 * chill)
    return at_sea * (1.0 - 2.25577e-5 * climate.site("elevation_m")) ** 5.25588

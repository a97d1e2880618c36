"""Synthetic weather from climate normals: reproducible, correlated, and never measured.

Latent Gaussian fields (:mod:`gridsim.weather.fields`) for cloudiness, wind and temperature anomaly are
mapped to physical quantities whose monthly and annual figures are those of the climate tables:

* irradiance: clear sky (Ineichen-Perez, doi:10.1016/S0038-092X(02)00045-2) times a clearness whose
  distribution is U-shaped (overcast spells and clear days, little between), split by Erbs
  (doi:10.1016/0038-092X(82)90302-4);
* wind at 100 m: Weibull per site, season by month, maximum at *night*; at 10 m by a shear exponent that
  is high at night and low at midday, so that the cycle turns round and the maximum is in the afternoon;
* temperature: normals, day-to-day anomalies, a daily range that grows on clear days.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from gridsim.sun import interval_middle, sun_position
from gridsim.weather import fields
from gridsim.weather.canonical import COLUMNS, ZONE, Weather
from gridsim.weather.climate import Climate

#: a synthetic year is 365 days; its stamps carry this year
STAMP_YEAR = 2025
HOURS = 8760
MONTH_DAYS = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
#: share of the variance of cloudiness within hours (broken cloud)
FAST_CLOUD_PU = 0.35
#: concentration of the clearness distribution; below 2 it is U-shaped
CLEARNESS_CONCENTRATION = 0.8
#: clearness of the thickest overcast
DARKEST_PU = 0.09
#: hour of the night maximum of wind at 100 m
NIGHT_MAXIMUM_H = 1.5
#: standard deviations of a whole year (solar 4-5 %, wind 5-8 %) and of its single months
YEAR_SPREAD = {"ghi": (0.042, 0.10), "wind": (0.06, 0.10), "temp_degc": (0.5, 1.2)}
#: daily course of temperature, share of the range around the mean: minimum at 6, maximum at 15 o'clock
TEMPERATURE_COURSE = np.interp(
    np.arange(24) + 0.5, [0.0, 6.0, 9.5, 15.0, 19.0, 24.0], [-0.28, -0.5, -0.15, 0.5, 0.08, -0.28]
)


def synthesise(climate: Climate, *, year: int | None = None, seed: int = 1) -> Weather:
    """One year of weather at the sites of a climate.

    Parameters
    ----------
    climate : Climate
    year : int, optional
        Weather year.  None: the typical year without anomalies of months or of the year.
    seed : int
        Seed; with ``year`` and the site's name and place it names every random stream.

    Returns
    -------
    Weather
        8,760 hours (no 29 February), stamped with :data:`STAMP_YEAR`.

    Notes
    -----
    Streams follow numpy's default generator.  Adding a site leaves the others as they were.
    """
    index = pd.date_range(f"{STAMP_YEAR}-01-01", periods=HOURS, freq="h", tz=ZONE)
    sites = climate.sites
    at = fields.places(list(sites["name"]), climate.site("lat_deg"), climate.site("lon_deg"))
    key = (seed, 0 if year is None else year + 1)
    anomaly = _anomalies(key, typical=year is None)
    month = np.repeat(np.arange(12), MONTH_DAYS * 24)
    slow, cloud = _cloudiness(climate, at, key, month)
    solar = _irradiance(climate, index, month, cloud, anomaly["ghi"])
    clear_day = _clear_day(solar["ghi_w_per_m2"], solar.pop("clear_w_per_m2"))
    wind = _wind(climate, at, key, month, slow, clear_day, anomaly["wind"])
    temp, chill = _temperature(climate, at, key, slow, clear_day, anomaly["temp_degc"])
    pressure = _pressure(climate, at, key, chill)
    data = {**solar, "temp_air_degc": temp, "pressure_pa": pressure, **wind}
    label = "typical" if year is None else str(year)
    source = f"synthetic: gridsim.weather.synthetic from climate normals, {label} year, seed {seed}"
    return Weather(index, sites, {k: data[k] for k in COLUMNS}, label, source)


def through_months(monthly: np.ndarray) -> np.ndarray:
    """Hourly values, continuous and piecewise linear through the middles of months, with given monthly means.

    Parameters
    ----------
    monthly : ndarray (12, ...)

    Returns
    -------
    ndarray (8760, ...)
        The mean of each month is exactly the given one (the nodes are solved for).
    """
    middle = (np.cumsum(MONTH_DAYS) - MONTH_DAYS / 2.0) * 24.0
    hours = np.arange(HOURS) + 0.5
    around = np.r_[middle[-1] - HOURS, middle, middle[0] + HOURS]
    basis = np.zeros((HOURS, 12))
    left = np.searchsorted(around, hours, side="right") - 1
    share = (hours - around[left]) / (around[left + 1] - around[left])
    np.add.at(basis, (np.arange(HOURS), (left - 1) % 12), 1.0 - share)
    np.add.at(basis, (np.arange(HOURS), left % 12), share)
    means = by_month(basis)
    return basis @ np.linalg.solve(means, np.asarray(monthly).reshape(12, -1)).reshape(12, *np.shape(monthly)[1:])


def by_month(hourly: np.ndarray) -> np.ndarray:
    """Monthly means of hourly values: (8760, ...) -> (12, ...)."""
    starts = np.r_[0, np.cumsum(MONTH_DAYS)[:-1]] * 24
    sums = np.add.reduceat(hourly, starts, axis=0)
    return sums / (MONTH_DAYS * 24).reshape(12, *[1] * (np.ndim(hourly) - 1))


def _anomalies(key: tuple[int, int], *, typical: bool) -> dict[str, np.ndarray]:
    """Monthly anomalies common to all sites: factors for irradiation and wind, kelvin for temperature."""
    out = {}
    for what, (of_year, of_month) in YEAR_SPREAD.items():
        draw = fields.stream(key, "anomaly", what).standard_normal(13)
        shift = np.zeros(12) if typical else of_year * draw[0] + of_month * (draw[1:] - draw[1:].mean())
        out[what] = shift if what == "temp_degc" else np.clip(1.0 + shift, 0.6, 1.5)
    return out


def _cloudiness(
    climate: Climate, at: fields.Places, key: tuple[int, int], month: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Latent cloudiness, unit variance, positive = clear: of the synoptic scale, and with broken cloud added."""

    def field(what: str, memory_h: float, length_km: float) -> np.ndarray:
        return fields.regional(at, seed=key, what=what, steps=HOURS, memory_steps=memory_h, length_km=length_km)

    spell = np.sqrt(climate.monthly("spell_pu")[month])
    passing = np.sqrt(0.75) * field("cloud system", 30.0, 280.0) + np.sqrt(0.25) * field("cloud band", 15.0, 80.0)
    synoptic = spell * field("cloud spell", 90.0, 380.0) + np.sqrt(1.0 - spell**2) * passing
    broken = np.sqrt(0.5) * field("cloud cluster", 3.0, 35.0)
    broken += np.sqrt(0.5) * fields.local(at, seed=key, what="cloud", steps=HOURS, memory_steps=2.0)
    return synoptic, np.sqrt(1.0 - FAST_CLOUD_PU) * synoptic + np.sqrt(FAST_CLOUD_PU) * broken


def _irradiance(
    climate: Climate, index: pd.DatetimeIndex, month: np.ndarray, cloud: np.ndarray, anomaly: np.ndarray
) -> dict[str, np.ndarray]:
    """Irradiance with the monthly sums of the normals; also the clear-sky value as ``clear_w_per_m2``."""
    from pvlib import atmosphere, clearsky, irradiance
    from scipy.special import betaincinv, ndtr

    middle = interval_middle(index)
    sun = sun_position(middle, climate.site("lat_deg"), climate.site("lon_deg"))
    altitude = climate.site("elevation_m")[None, :]
    zenith = np.minimum(sun.apparent_zenith_deg, 89.9)
    mass = atmosphere.get_absolute_airmass(atmosphere.get_relative_airmass(zenith), atmosphere.alt2pres(altitude))
    turbidity = through_months(climate.monthly("linke_turbidity"))
    clear = clearsky.ineichen(zenith, mass, turbidity, altitude, sun.extra_w_per_m2)["ghi"]
    clear = np.where(sun.apparent_zenith_deg < 90.0, clear, 0.0)

    normals = climate.monthly("ghi_kwh_per_m2")
    target = normals / normals.sum(axis=0) * climate.site("ghi_kwh_per_m2") * anomaly[:, None]
    clear_sum = by_month(clear) * MONTH_DAYS[:, None] * 24.0 / 1000.0
    mean = np.clip((target / clear_sum - DARKEST_PU) / (1.0 - DARKEST_PU), 0.05, 0.95)
    rank = np.linspace(0.0005, 0.9995, 2000)
    clearness = np.empty_like(clear)
    for m in range(12):
        rows = month == m
        for s in range(clear.shape[1]):
            a, b = mean[m, s] * CLEARNESS_CONCENTRATION, (1.0 - mean[m, s]) * CLEARNESS_CONCENTRATION
            quantile = DARKEST_PU + (1.0 - DARKEST_PU) * betaincinv(a, b, rank)
            clearness[rows, s] = np.interp(ndtr(cloud[rows, s]), rank, quantile)
    ghi = clear * _met(clearness, clear, target, month)
    parts = irradiance.erbs(ghi, sun.zenith_deg, np.asarray(middle.dayofyear, float)[:, None])
    return {"ghi_w_per_m2": ghi, "dni_w_per_m2": parts["dni"], "dhi_w_per_m2": parts["dhi"], "clear_w_per_m2": clear}


def _met(clearness: np.ndarray, clear: np.ndarray, target: np.ndarray, month: np.ndarray) -> np.ndarray:
    """Clearness raised to a power per month and site so that the month's irradiation is met.

    A power leaves clear days clear (1 stays 1) and darkens or brightens the days between.
    """
    low, high = np.full(target.shape, 0.1), np.full(target.shape, 8.0)
    log = np.log(clearness)
    for _ in range(26):
        power = np.sqrt(low * high)
        got = by_month(clear * np.exp(power[month] * log)) * MONTH_DAYS[:, None] * 24.0 / 1000.0
        low, high = np.where(got > target, power, low), np.where(got > target, high, power)
    return np.exp(np.sqrt(low * high)[month] * log)


def _clear_day(ghi: np.ndarray, clear: np.ndarray) -> np.ndarray:
    """How clear the day is, 0-1, running smoothly from noon to noon: ndarray (time, site)."""
    daily = ghi.reshape(365, 24, -1).sum(axis=1) / clear.reshape(365, 24, -1).sum(axis=1)
    hours = (np.arange(HOURS) + 0.5) / 24.0 - 0.5
    first = np.clip(np.floor(hours).astype(int), 0, 363)
    share = np.clip(hours - first, 0.0, 1.0)[:, None]
    return daily[first] * (1.0 - share) + daily[first + 1] * share


def _wind(
    climate: Climate,
    at: fields.Places,
    key: tuple[int, int],
    month: np.ndarray,
    slow: np.ndarray,
    clear_day: np.ndarray,
    anomaly: np.ndarray,
) -> dict[str, np.ndarray]:
    """Wind at 100 m and 10 m.

    The latent field (weather systems, what ridges and lowland feel apart, mesoscale, site noise) is correlated
    with cloudiness by month; season and daily cycle multiply; ranks are then mapped onto the site's Weibull
    distribution, so that annual mean and shape are met and order, season and cycle are kept.
    """
    from scipy.special import ndtr

    def field(what: str, memory_h: float, length_km: float) -> np.ndarray:
        return fields.regional(
            at, seed=key, what=what, steps=HOURS, memory_steps=memory_h, length_km=length_km, noise=fields.smooth_noise
        )

    ridge = (climate.sites["terrain"] == "ridge").to_numpy()
    aloft = np.where(ridge, field("wind over ridges", 10.0, 200.0), field("wind over lowland", 10.0, 200.0))
    own = np.sqrt(0.45) * field("wind system", 14.0, 260.0) + np.sqrt(0.12) * field("wind spell", 60.0, 400.0)
    own += np.sqrt(0.14) * aloft + np.sqrt(0.21) * field("wind mesoscale", 4.0, 70.0)
    own += np.sqrt(0.08) * fields.local(at, seed=key, what="wind", steps=HOURS, memory_steps=4.0)
    link = -climate.monthly("cloud_wind_pu")[month]
    latent = link * slow + np.sqrt(1.0 - link**2) * own
    shape = climate.site("weibull_k")
    raw = (-np.log1p(-np.clip(ndtr(latent), 0.0, 1.0 - 1e-9))) ** (1.0 / shape)
    hour = (np.arange(HOURS) % 24 + 0.5)[:, None]
    strength = 0.35 + 1.25 * clear_day
    cycle = np.cos((hour - NIGHT_MAXIMUM_H) / 12.0 * np.pi)
    raw *= 1.0 + climate.site("wind_night_pu") * strength * cycle
    season = climate.monthly("wind_pu") * anomaly[:, None]
    raw *= through_months(season / by_month(raw))
    rank = raw.argsort(axis=0).argsort(axis=0)
    unit = (-np.log1p(-(rank + 0.5) / HOURS)) ** (1.0 / shape)
    year = (season * MONTH_DAYS[:, None]).sum(axis=0) / 365.0
    high = unit / unit.mean(axis=0) * climate.site("wind_100m_m_per_s") * year
    mixing = 0.5 - 0.5 * cycle * np.clip(0.4 + 0.9 * clear_day, 0.0, 1.0)
    shear = climate.site("shear_night_pu") + (climate.site("shear_day_pu") - climate.site("shear_night_pu")) * mixing
    return {"wind_speed_100m_m_per_s": high, "wind_speed_10m_m_per_s": high * 0.1**shear}


def _temperature(
    climate: Climate,
    at: fields.Places,
    key: tuple[int, int],
    slow: np.ndarray,
    clear_day: np.ndarray,
    anomaly: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Air temperature, and its anomaly in standard deviations (cold air is heavy: the pressure needs it)."""
    own = fields.regional(
        at, seed=key, what="temperature", steps=HOURS, memory_steps=30.0, length_km=400.0, noise=fields.smooth_noise
    )
    season = through_months(np.array([-0.1, -0.05, 0.15, 0.3, 0.4, 0.5, 0.6, 0.55, 0.4, 0.25, 0.1, -0.05]))[:, None]
    departure = season * slow + np.sqrt(1.0 - season**2) * own  # clear days are warm in summer, cold in winter
    departure = departure - through_months(by_month(departure))
    level = climate.monthly("temp_mean_degc") + climate.site("temp_offset_degc") + anomaly[:, None]
    spread = climate.monthly("temp_max_degc") - climate.monthly("temp_min_degc")
    wave = np.tile(TEMPERATURE_COURSE - TEMPERATURE_COURSE.mean(), 365)[:, None] * (0.45 + clear_day)
    wave = wave * through_months(spread)
    slow_part = through_months(level) + through_months(climate.monthly("temp_sd_degc")) * departure
    for _ in range(3):  # the daily range of the whole, slow part included, is that of the normals
        days = (slow_part + wave).reshape(365, 24, -1)
        daily = np.repeat(days.max(axis=1) - days.min(axis=1), 24, axis=0)
        wave = wave * through_months(spread / by_month(daily))
    return slow_part + wave - through_months(by_month(wave)), departure


def _pressure(climate: Climate, at: fields.Places, key: tuple[int, int], chill: np.ndarray) -> np.ndarray:
    """Station pressure: sea-level normals, systems passing, cold air heavy; barometric height formula (ISO 2533)."""
    own = fields.regional(
        at, seed=key, what="pressure", steps=HOURS, memory_steps=25.0, length_km=450.0, noise=fields.smooth_noise
    )
    sea = climate.monthly("pressure_sea_pa")
    depth = 250.0 + 350.0 * (sea - sea.min(axis=0)) / np.maximum(sea.max(axis=0) - sea.min(axis=0), 1.0)
    at_sea = through_months(sea) + through_months(depth) * (0.7 * own - 0.7 * chill)
    return at_sea * (1.0 - 2.25577e-5 * climate.site("elevation_m")) ** 5.25588

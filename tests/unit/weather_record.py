"""A clean weather record of one site by hand: sun from the clear sky and cloud, air and wind that go with it."""

from __future__ import annotations

import numpy as np
import pandas as pd
from pvlib import atmosphere, clearsky, irradiance
from scipy.signal import lfilter

from gridsim.sun import sun_position
from gridsim.weather.sky import LABELS

PARTS = 4


def red(rng: np.random.Generator, steps: int, memory: float) -> np.ndarray:
    """Red noise of unit variance."""
    phi = np.exp(-1.0 / memory)
    return lfilter([np.sqrt(1.0 - phi**2)], [1.0, -phi], rng.standard_normal(steps + 500))[500:]


def record(
    *,
    lat: float = 29.3,
    lon: float = 113.1,
    elevation: float = 40.0,
    seed: int = 1,
    label: str = "left",
    cloud: float = 1.0,
    noise: float = 0.0,
    instant: bool = False,
    year: int = 2025,
) -> pd.DataFrame:
    """8,760 hours in canonical columns, stamps in Asia/Shanghai.

    Irradiance is the mean of four instants of the interval, or its middle (``instant``); ``label`` says where the
    stamp stands; ``cloud`` 0 is a year of clear days; ``noise`` is a relative error of every irradiance.
    """
    rng = np.random.default_rng(seed)
    index = pd.date_range(f"{year}-01-01", periods=8760, freq="h", tz="Asia/Shanghai")
    hours = np.arange(8760)
    solar = (index.tz_convert("UTC").hour.to_numpy() + 0.5 + lon / 15.0) % 24.0
    calm = red(rng, 8760, 40.0)
    clearness = np.clip(0.62 + cloud * (0.30 * calm + 0.10 * red(rng, 8760, 2.0)), 0.08, 0.92 if cloud else 0.62)
    first = index + pd.Timedelta(hours=LABELS[label] - 0.5)
    parts = np.array([0.5]) if instant else (np.arange(PARTS) + 0.5) / PARTS
    place = (np.array([lat]), np.array([lon]))
    clear = np.mean([_clear(first + pd.Timedelta(hours=p), *place, elevation) for p in parts], axis=0)
    ghi = clear * clearness * (1.0 + noise * rng.standard_normal(8760))
    middle = index + pd.Timedelta(hours=LABELS[label])
    sun = sun_position(middle, *place)
    split = irradiance.erbs(ghi, sun.zenith_deg[:, 0], middle.dayofyear.to_numpy())
    daily = np.repeat(clearness.reshape(-1, 24).mean(axis=1), 24)
    hemisphere = 1.0 if lat >= 0.0 else -1.0
    season = -hemisphere * np.cos(2.0 * np.pi * (hours / 8760.0 - 0.05)) * min(abs(lat), 40.0) / 4.0
    temp = 16.0 - abs(lat) / 5.0 + season + 2.5 * red(rng, 8760, 60.0)
    temp += (1.5 + 6.0 * daily) * np.cos(2.0 * np.pi * (solar - 15.0) / 24.0)
    own = red(rng, 8760, 12.0)
    speed = 5.2 * (-np.log1p(-np.clip(_normal(0.35 * calm + 0.94 * own), 0.0, 1.0 - 1e-9))) ** (1.0 / 2.0)
    night = np.cos(2.0 * np.pi * (solar - 1.5) / 24.0)
    hub = speed * (1.0 + 0.22 * daily * night)
    shear = 0.24 + 0.16 * np.clip(daily * 1.3, 0.0, 1.0) * night
    return pd.DataFrame(
        {
            "ghi_w_per_m2": ghi,
            "dni_w_per_m2": split["dni"],
            "dhi_w_per_m2": split["dhi"],
            "temp_air_degc": temp,
            "pressure_pa": 101_325.0 * (1.0 - 2.25577e-5 * elevation) ** 5.25588 + 500.0 * red(rng, 8760, 60.0),
            "wind_speed_100m_m_per_s": hub,
            "wind_speed_10m_m_per_s": hub * 0.1**shear,
        },
        index=index,
    )


def _clear(instants: pd.DatetimeIndex, lat: np.ndarray, lon: np.ndarray, elevation: float) -> np.ndarray:
    """Clear sky of clean air at instants (Ineichen)."""
    sun = sun_position(instants, lat, lon)
    zenith = np.minimum(sun.apparent_zenith_deg[:, 0], 89.9)
    mass = atmosphere.get_relative_airmass(zenith)
    mass = atmosphere.get_absolute_airmass(mass, atmosphere.alt2pres(elevation))
    clear = clearsky.ineichen(zenith, mass, 2.5, elevation, sun.extra_w_per_m2[:, 0])["ghi"]
    return np.where(sun.apparent_zenith_deg[:, 0] < 90.0, clear, 0.0)


def _normal(x: np.ndarray) -> np.ndarray:
    from scipy.special import ndtr

    return ndtr(x)

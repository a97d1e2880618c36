"""Direct and diffuse irradiance where a source gives only the global one, or two of the three.

All functions work on arrays (time, site). The sun is taken at the middle of each interval: with interval-start
labels a sun at the label would be half an interval early and would put direct irradiance before sunrise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from gridsim.sun import SunPosition, interval_middle, sun_position

#: models that split global irradiance, all of them by the clearness index k_t alone:
#: ``erbs_driesse`` continuous Erbs (Driesse, Jensen, Perez 2024, doi:10.1016/j.solener.2023.112093), ``erbs``
#: (doi:10.1016/0038-092X(82)90302-4), ``boland`` logistic with its hourly coefficients
#: (Boland, Scott, Luther 2001, doi:10.1002/1099-095X(200103)12:2<103::AID-ENV447>3.0.CO;2-2).
MODELS = ("erbs_driesse", "erbs", "boland")
#: beyond this zenith the direct part of an hour says more about the horizon than about the sky: all is diffuse.
#: pvlib's default. [degree of arc]
MAX_ZENITH_DEG = 87.0
#: smallest cos(zenith) that the clearness index is formed with, pvlib's default
MIN_COS_ZENITH = 0.065
#: Boland's coefficients for hourly values
BOLAND_HOURLY = (7.997, 0.586)


@dataclass(frozen=True)
class Irradiance:
    """The three components, which close: ghi = dhi + dni cos(zenith), but for measured triples kept as they were.

    Attributes
    ----------
    ghi_w_per_m2, dni_w_per_m2, dhi_w_per_m2 : ndarray (time, site)
        NaN where too little is known.
    derived : mapping of str to int
        Number of values that were not given, by how they were derived: ``ghi from dni and dhi``,
        ``dni from ghi and dhi``, ``dhi from ghi and dni``, ``split of ghi by <model>``. For provenance.
    """

    ghi_w_per_m2: np.ndarray
    dni_w_per_m2: np.ndarray
    dhi_w_per_m2: np.ndarray
    derived: Mapping[str, int]


def split_global(
    ghi_w_per_m2: np.ndarray, sun: SunPosition, *, model: str = "erbs_driesse"
) -> tuple[np.ndarray, np.ndarray]:
    """Direct normal and diffuse horizontal irradiance from the global one.

    dhi = f(k_t) ghi, k_t = ghi / (E0 max(cos z, 0.065)), dni = (ghi - dhi) / cos z. With the sun lower than 3 degrees
    everything is diffuse. Direct irradiance never exceeds the extraterrestrial; what is above stays diffuse.

    Parameters
    ----------
    ghi_w_per_m2 : ndarray (time, site)
        NaN stays NaN. [W/m2]
    sun : SunPosition
        At the interval middles, same shape.
    model : str
        One of :data:`MODELS`.

    Returns
    -------
    (dni, dhi) : ndarray (time, site), W/m2
    """
    from pvlib import irradiance

    extra = sun.extra_w_per_m2
    if model == "erbs_driesse":
        dhi = np.asarray(irradiance.erbs_driesse(ghi_w_per_m2, sun.zenith_deg, dni_extra=extra)["dhi"])
    elif model in MODELS:
        kt = irradiance.clearness_index(ghi_w_per_m2, sun.zenith_deg, extra, MIN_COS_ZENITH, 1.0)
        dhi = ghi_w_per_m2 * (_erbs(kt) if model == "erbs" else _boland(kt))
    else:
        raise ValueError(f"unknown decomposition {model!r}: use one of {', '.join(MODELS)}")
    dni = direct_normal(ghi_w_per_m2 - dhi, sun)
    return dni, ghi_w_per_m2 - dni * _cos_zenith(sun)


def direct_normal(direct_horizontal_w_per_m2: np.ndarray, sun: SunPosition) -> np.ndarray:
    """Direct normal irradiance from direct irradiance on the horizontal (ERA5 ``fdir``): b / cos(zenith).

    0 with the sun lower than 3 degrees, at most the extraterrestrial irradiance: ndarray (time, site), W/m2.
    """
    beam = np.maximum(direct_horizontal_w_per_m2, 0.0)
    dni = np.minimum(beam / np.maximum(_cos_zenith(sun), 1e-3), sun.extra_w_per_m2)
    return np.where((sun.zenith_deg > MAX_ZENITH_DEG) & ~np.isnan(beam), 0.0, dni)


def complete_irradiance(
    index: pd.DatetimeIndex,
    lat_deg: np.ndarray,
    lon_deg: np.ndarray,
    *,
    ghi_w_per_m2: np.ndarray | None = None,
    dni_w_per_m2: np.ndarray | None = None,
    dhi_w_per_m2: np.ndarray | None = None,
    model: str = "erbs_driesse",
) -> Irradiance:
    """All three components from whatever a source has; given values are never changed.

    Value by value: two known components give the third; a global value alone is split by ``model``
    (:func:`split_global`). With less than that the values stay NaN.

    Parameters
    ----------
    index : DatetimeIndex
        tz-aware, interval-start, at least two steps.
    lat_deg, lon_deg : ndarray (site,)
        [degree of arc]
    ghi_w_per_m2, dni_w_per_m2, dhi_w_per_m2 : ndarray (time, site), optional
        NaN, or None as a whole, where not known. [W/m2]
    model : str
        One of :data:`MODELS`.
    """
    sun = sun_position(interval_middle(index), lat_deg, lon_deg)
    shape = sun.zenith_deg.shape
    ghi, dni, dhi = (
        np.full(shape, np.nan) if x is None else np.array(x, dtype=float)
        for x in (ghi_w_per_m2, dni_w_per_m2, dhi_w_per_m2)
    )
    has = {k: ~np.isnan(v) for k, v in {"ghi": ghi, "dni": dni, "dhi": dhi}.items()}
    upright = np.maximum(_cos_zenith(sun), 0.0)
    rules = {
        "ghi from dni and dhi": ~has["ghi"] & has["dni"] & has["dhi"],
        "dni from ghi and dhi": has["ghi"] & ~has["dni"] & has["dhi"],
        "dhi from ghi and dni": has["ghi"] & has["dni"] & ~has["dhi"],
        f"split of ghi by {model}": has["ghi"] & ~has["dni"] & ~has["dhi"],
    }
    third, beam, rest, alone = rules.values()
    split_dni, split_dhi = split_global(ghi, sun, model=model)
    ghi = np.where(third, dhi + dni * upright, ghi)
    dni = np.where(alone, split_dni, np.where(beam, direct_normal(ghi - dhi, sun), dni))
    dhi = np.where(alone, split_dhi, np.where(rest, np.maximum(ghi - dni * upright, 0.0), dhi))
    return Irradiance(ghi, dni, dhi, {k: int(v.sum()) for k, v in rules.items() if v.any()})


def _cos_zenith(sun: SunPosition) -> np.ndarray:
    return np.asarray(np.cos(np.radians(sun.zenith_deg)))


def _erbs(kt: np.ndarray) -> np.ndarray:
    """Diffuse fraction after Erbs, Klein and Duffie (1982)."""
    middle = 0.9511 - 0.1604 * kt + 4.388 * kt**2 - 16.638 * kt**3 + 12.336 * kt**4
    return np.where(kt <= 0.22, 1.0 - 0.09 * kt, np.where(kt <= 0.8, middle, 0.165))


def _boland(kt: np.ndarray) -> np.ndarray:
    """Diffuse fraction after Boland, Ridley and Brown (2008), hourly coefficients."""
    steep, middle = BOLAND_HOURLY
    return 1.0 / (1.0 + np.exp(steep * (kt - middle)))

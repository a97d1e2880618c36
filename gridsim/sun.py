"""Where the sun stands, for many sites at once.

The NREL solar position algorithm (Reda and Andreas 2004, doi:10.1016/j.solener.2003.12.003) as
pvlib writes it: what depends on the time alone is computed once, what depends on the site is
broadcast, so that thirty sites cost little more than one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

#: difference between terrestrial and universal time; pvlib's default of the same name. [s]
DELTA_T = 67.0
#: standard refraction at sunrise and sunset, pvlib's default. [degree of arc]
HORIZON_REFRACTION_DEG = 0.5667
#: values worked on at once: what stays in the cache of a core
BLOCK = 40_000


@dataclass(frozen=True)
class SunPosition:
    """Position of the sun, arrays (time, site).

    Attributes
    ----------
    zenith_deg, apparent_zenith_deg, azimuth_deg : ndarray
        Geometric zenith, zenith with refraction, azimuth clockwise from north. [degree of arc]
    extra_w_per_m2 : ndarray (time, 1)
        Extraterrestrial irradiance on a plane normal to the sun. [W/m2]
    """

    zenith_deg: np.ndarray
    apparent_zenith_deg: np.ndarray
    azimuth_deg: np.ndarray
    extra_w_per_m2: np.ndarray

    def of_sites(self, sites: list[int]) -> SunPosition:
        """The same for some of the sites, by position."""
        return SunPosition(
            self.zenith_deg[:, sites],
            self.apparent_zenith_deg[:, sites],
            self.azimuth_deg[:, sites],
            self.extra_w_per_m2,
        )


def interval_middle(index: pd.DatetimeIndex) -> pd.DatetimeIndex:
    """Middle of each interval of an interval-start index: the time irradiance is evaluated at."""
    return index + (index[1] - index[0]) / 2


def sun_position(times: pd.DatetimeIndex, lat_deg: np.ndarray, lon_deg: np.ndarray) -> SunPosition:
    """Position of the sun over sites at given instants.

    Parameters
    ----------
    times : DatetimeIndex, tz-aware
        Instants (use :func:`interval_middle` for interval-start series).
    lat_deg, lon_deg : array (site,)
        Latitude north and longitude east. [degree of arc]

    Returns
    -------
    SunPosition
        Equal to ``pvlib.solarposition.get_solarposition`` (default options) at each site.
    """
    from pvlib import irradiance, spa

    lat, lon = np.atleast_1d(lat_deg)[None, :], np.atleast_1d(lon_deg)[None, :]
    unix = times.tz_convert("UTC").as_unit("ns").asi8 / 1e9
    sidereal, ascension, declination = (
        a[:, None]
        for a in spa.solar_position_numpy(
            unix, 0.0, 0.0, 0.0, 101325.0, 12.0, DELTA_T, HORIZON_REFRACTION_DEG, 1, sst=True
        )
    )
    (distance,) = spa.solar_position_numpy(
        unix, 0.0, 0.0, 0.0, 101325.0, 12.0, DELTA_T, HORIZON_REFRACTION_DEG, 1, esd=True
    )
    # Topocentric direction = geocentric direction - observer's place, in the frame of the local meridian; the same as
    # SPA's steps 3.12-3.14 with angles, but sites and times meet in products instead of in trigonometric functions.
    parallax = np.sin(np.radians(spa.equatorial_horizontal_parallax(distance)))[:, None]
    u = spa.uterm(lat)
    x, y = spa.xterm(u, lat, 0.0), spa.yterm(u, lat, 0.0)
    angle, lon, lat, declination = (np.radians(a) for a in (sidereal - ascension, lon, lat, declination))
    zenith, apparent, azimuth = (np.empty((len(times), lat.shape[1])) for _ in range(3))
    across, pole_all = np.cos(declination), np.sin(declination)
    for rows in np.array_split(np.arange(len(times)), max(1, zenith.size // BLOCK)) if len(times) else ():
        at = slice(rows[0], rows[-1] + 1)
        to_meridian, to_west = across[at] * np.cos(angle[at]), across[at] * np.sin(angle[at])
        meridian = to_meridian * np.cos(lon) - to_west * np.sin(lon) - parallax[at] * x
        west = to_west * np.cos(lon) + to_meridian * np.sin(lon)
        pole = pole_all[at] - parallax[at] * y
        up = np.sin(lat) * pole + np.cos(lat) * meridian
        south = np.sin(lat) * meridian - np.cos(lat) * pole
        elevation = np.degrees(np.arcsin(up / np.sqrt(meridian**2 + west**2 + pole**2)))
        refraction = spa.atmospheric_refraction_correction(1013.25, 12.0, elevation, HORIZON_REFRACTION_DEG)
        zenith[at], apparent[at] = 90.0 - elevation, 90.0 - elevation - refraction
        azimuth[at] = 180.0 + np.degrees(np.arctan2(west, south))
    extra = np.asarray(irradiance.get_extra_radiation(times))
    return SunPosition(zenith, apparent, azimuth, extra[:, None])

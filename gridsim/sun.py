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
    hour_angle = spa.local_hour_angle(sidereal, lon, ascension)
    parallax = spa.equatorial_horizontal_parallax(distance)[:, None]
    u = spa.uterm(lat)
    x, y = spa.xterm(u, lat, 0.0), spa.yterm(u, lat, 0.0)
    shift = spa.parallax_sun_right_ascension(x, parallax, hour_angle, declination)
    declination = spa.topocentric_sun_declination(declination, x, y, parallax, shift, hour_angle)
    hour_angle = spa.topocentric_local_hour_angle(hour_angle, shift)
    elevation = spa.topocentric_elevation_angle_without_atmosphere(lat, declination, hour_angle)
    refraction = spa.atmospheric_refraction_correction(1013.25, 12.0, elevation, HORIZON_REFRACTION_DEG)
    azimuth = spa.topocentric_azimuth_angle(spa.topocentric_astronomers_azimuth(hour_angle, declination, lat))
    extra = np.asarray(irradiance.get_extra_radiation(times))
    return SunPosition(90.0 - elevation, 90.0 - elevation - refraction, azimuth, extra[:, None])

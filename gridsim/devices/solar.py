"""What a photovoltaic plant could deliver: irradiance and temperature in, per-unit AC out.

Pure functions on arrays (time, site).  The chain is pvlib's ModelChain with Hay-Davies transposition,
physical incidence-angle modifier, SAPM cell temperature, PVWatts DC, losses and inverter, broadcast over
sites instead of looped (doi:10.21105/joss.05994, doi:10.2172/1158421, doi:10.2172/919131).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gridsim.devices.blocks import Block, Potential, Tables
from gridsim.devices.renewable import renewable_block
from gridsim.options import DispatchOptions
from gridsim.sun import SunPosition

#: power temperature coefficient of crystalline silicon. [1/K]
TEMPERATURE_COEFFICIENT = -0.0035
#: nominal inverter efficiency (PVWatts)
INVERTER_EFFICIENCY = 0.96
#: reflectance of the ground (PVWatts, grass and fields)
ALBEDO = 0.25
#: values worked on at once: what stays in the cache of a core
BLOCK = 40_000
#: columns of the weather that the chain reads
READ = ("ghi_w_per_m2", "dni_w_per_m2", "dhi_w_per_m2", "temp_air_degc", "wind_speed_10m_m_per_s")


@dataclass(frozen=True)
class Plane:
    """One orientation of modules.

    Attributes
    ----------
    share_pu : float
        Share of the plant's capacity.
    tilt_deg, azimuth_deg : float
        Tilt from horizontal; azimuth clockwise from north, 180 = south. [degree of arc]
    mounting : str
        SAPM mounting, decides the cell temperature.
    """

    share_pu: float
    tilt_deg: float
    azimuth_deg: float
    mounting: str = "open_rack_glass_glass"


ROOF = "close_mount_glass_glass"
#: Distributed roofs: villas and sheds with 15-25 degrees in all directions, flat roofs with low racks (assumed).
ROOF_MIX = (
    Plane(0.35, 10.0, 180.0, ROOF),
    Plane(0.15, 22.0, 180.0, ROOF),
    Plane(0.20, 15.0, 90.0, ROOF),
    Plane(0.20, 15.0, 270.0, ROOF),
    Plane(0.10, 20.0, 0.0, ROOF),
)


def planes(orientation: str, tilt_deg: float) -> tuple[Plane, ...]:
    """Planes of an orientation of the table ``solar``; the tilt counts for fixed rows and east-west racks."""
    if orientation == "fixed_tilt":
        return (Plane(1.0, tilt_deg, 180.0),)
    if orientation == "east_west":
        return (Plane(0.5, tilt_deg, 90.0), Plane(0.5, tilt_deg, 270.0))
    if orientation == "roof_mix":
        return ROOF_MIX
    raise ValueError(f"unknown orientation {orientation!r}: use fixed_tilt, roof_mix or east_west")


def solar_pu(
    weather: Mapping[str, np.ndarray],
    sun: SunPosition,
    *,
    orientation: str = "fixed_tilt",
    tilt_deg: float = 18.0,
    dc_ac_ratio: float = 1.2,
    loss_percent: float = 14.0,
    soiling_percent: np.ndarray | None = None,
) -> np.ndarray:
    """Theoretical AC power per MW of AC capacity, with every inverter ready.

    Parameters
    ----------
    weather : mapping of str to ndarray (time, site)
        Canonical columns ``ghi_w_per_m2, dni_w_per_m2, dhi_w_per_m2, temp_air_degc, wind_speed_10m_m_per_s``.
    sun : SunPosition
        At the interval middles, same sites.
    orientation, tilt_deg, dc_ac_ratio, loss_percent
        Columns of the table ``solar``; the loss is taken from the DC power.
    soiling_percent : ndarray (time,), optional
        Loss of DC power by dirt, besides ``loss_percent``.

    Returns
    -------
    ndarray (time, site)
        0 to 1; the inverter clips at 1.
    """
    ghi = weather["ghi_w_per_m2"]
    lit = np.flatnonzero((ghi > 0.0).any(axis=1))
    out = np.zeros_like(ghi, dtype=float)
    left = np.full((len(ghi), 1), 1.0 - loss_percent / 100.0)
    if soiling_percent is not None:
        left *= 1.0 - soiling_percent[:, None] / 100.0
    for rows in np.array_split(lit, max(1, lit.size * ghi.shape[1] // BLOCK)):
        day = {k: weather[k][rows] for k in READ}
        day_sun = SunPosition(
            sun.zenith_deg[rows], sun.apparent_zenith_deg[rows], sun.azimuth_deg[rows], sun.extra_w_per_m2[rows]
        )
        for plane in planes(orientation, tilt_deg):
            out[rows] += plane.share_pu * plane_pu(day, day_sun, plane, dc_ac_ratio=dc_ac_ratio, left_pu=left[rows])
    return out


def plane_pu(
    weather: Mapping[str, np.ndarray], sun: SunPosition, plane: Plane, *, dc_ac_ratio: float, left_pu: np.ndarray
) -> np.ndarray:
    """AC power of one plane with its own inverters, per MW of AC capacity: ndarray (time, site).

    P_dc = r * G_eff / 1000 * (1 + gamma * (T_cell - 25)) * left;  P_ac = min(1, eta(P_dc) * P_dc), with ``left_pu``
    (time, 1) what losses and dirt leave.
    """
    from pvlib import inverter, pvsystem, temperature

    effective, total = in_plane(weather, sun, plane)
    cell = temperature.sapm_cell(
        total,
        weather["temp_air_degc"],
        weather["wind_speed_10m_m_per_s"],
        **temperature.TEMPERATURE_MODEL_PARAMETERS["sapm"][plane.mounting],
    )
    dc = pvsystem.pvwatts_dc(effective, cell, dc_ac_ratio, TEMPERATURE_COEFFICIENT) * left_pu
    return np.asarray(inverter.pvwatts(dc, 1.0 / INVERTER_EFFICIENCY, eta_inv_nom=INVERTER_EFFICIENCY))


def in_plane(weather: Mapping[str, np.ndarray], sun: SunPosition, plane: Plane) -> tuple[np.ndarray, np.ndarray]:
    """Irradiance in a plane: (what passes the glass, what heats the module), W/m2.

    Beam with the incidence-angle modifier, Hay-Davies sky diffuse (doi:10.1016/j.solener.2006.03.009),
    isotropic ground reflection.
    """
    from pvlib import iam, irradiance

    ghi, dni, dhi = weather["ghi_w_per_m2"], weather["dni_w_per_m2"], weather["dhi_w_per_m2"]
    tilt, azimuth = plane.tilt_deg, plane.azimuth_deg
    cos_incidence = irradiance.aoi_projection(tilt, azimuth, sun.apparent_zenith_deg, sun.azimuth_deg)
    cos_zenith = np.maximum(np.cos(np.radians(sun.apparent_zenith_deg)), 0.01745)
    beam = np.maximum(dni * cos_incidence, 0.0)
    sky = irradiance.haydavies(
        tilt,
        azimuth,
        dhi,
        dni,
        sun.extra_w_per_m2,
        None,
        None,
        projection_ratio=np.maximum(cos_incidence, 0.0) / cos_zenith,
    )
    ground = irradiance.get_ground_diffuse(tilt, ghi, albedo=ALBEDO)
    modifier = iam.physical(np.degrees(np.arccos(np.clip(cos_incidence, -1.0, 1.0))))
    return beam * modifier + sky + ground, beam + sky + ground


def block(tables: Tables, potential: Potential, options: DispatchOptions) -> Block:
    """Available power and its curtailment, see :func:`gridsim.devices.renewable.renewable_block`."""
    return renewable_block("solar", tables["solar"], potential, options)

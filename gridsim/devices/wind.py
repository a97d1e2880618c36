"""What a wind farm could deliver: wind, temperature and pressure in, per-unit power out.

Pure functions on arrays (time, site): wind at hub height from two heights, air density, power curve
corrected for density, smoothed over the farm, losses.  The models are windpowerlib's
(doi:10.5281/zenodo.824267), broadcast over sites instead of looped.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np
import pandas as pd

from gridsim.devices.blocks import Block, Potential, Tables
from gridsim.devices.renewable import renewable_block
from gridsim.options import DispatchOptions

#: density that power curves are stated for. [kg/m3]
STANDARD_DENSITY = 1.225
#: shear exponent where the wind is too weak to tell it
CALM_SHEAR = 1.0 / 7.0
CALM_M_PER_S = 0.5
#: bounds of the shear exponent of a single hour
SHEAR_BOUNDS = (-0.1, 0.6)
#: spread of wind speeds between the turbines of a farm, and between the farms that a regional mix
#: stands for: standard deviation = relative * v + absolute. [-, m/s]  The region's figures are those of
#: Staffell and Pfenninger (doi:10.1016/j.energy.2016.08.068), the farm's are assumed.
SPREAD = {"turbine": (0.0, 0.0), "farm": (0.08, 0.2), "region": (0.2, 0.6)}


@dataclass(frozen=True)
class PowerCurve:
    """Power per MW of capacity over wind speed at hub height and standard density.

    Attributes
    ----------
    speed_m_per_s : ndarray
        Increasing; power is 0 below the first and above the last.
    power_pu : ndarray
    """

    speed_m_per_s: np.ndarray
    power_pu: np.ndarray


@cache
def turbines() -> pd.DataFrame:
    """The turbine classes and where their curves come from (``devices/data/turbines.csv``)."""
    return pd.read_csv(_data("turbines.csv"))


@cache
def power_curve(turbine: str, *, spread: str = "turbine") -> PowerCurve:
    """Power curve of a turbine class (``devices/data/power_curves.csv``), smoothed for a farm or a region.

    Parameters
    ----------
    turbine : str
        A class of :func:`turbines`.
    spread : {"turbine", "farm", "region"}
        Which spread of wind speeds the curve is averaged over, see :data:`SPREAD`.
    """
    table = pd.read_csv(_data("power_curves.csv"))
    speed, power = table["wind_speed_m_per_s"].to_numpy(float), table[f"{turbine}_pu"].to_numpy(float)
    return smoothed(PowerCurve(speed, power), *SPREAD[spread])


def smoothed(curve: PowerCurve, relative: float, absolute: float) -> PowerCurve:
    """Average of the curve over a Gaussian spread of wind speeds with deviation relative * v + absolute.

    P_s(v) = sum_i P(v_i) * g(v - v_i) * dv; windpowerlib's ``smooth_power_curve`` with a normalised kernel.
    """
    if relative == 0.0 and absolute == 0.0:
        return curve
    step = 0.1
    wide = np.arange(0.0, curve.speed_m_per_s[-1] + 15.0, step)
    grid = np.arange(-15.0, wide[-1] + 15.0, step)
    power = np.interp(grid, curve.speed_m_per_s, curve.power_pu, left=0.0, right=0.0)
    deviation = np.maximum(relative * wide + absolute, step)[:, None]
    kernel = np.exp(-(((wide[:, None] - grid[None, :]) / deviation) ** 2) / 2.0)
    return PowerCurve(wide, kernel @ power / kernel.sum(axis=1))


def hub_wind(speed_m_per_s: Mapping[float, np.ndarray], hub_height_m: float) -> np.ndarray:
    """Wind speed at hub height from speeds at two heights or more.

    The shear exponent of every hour comes from the two heights nearest to the hub,
    alpha = ln(v2/v1) / ln(h2/h1), so that the daily cycle turns round with height as it does in nature;
    v(h) = v2 * (h / h2)^alpha.  A constant exponent on a 10 m record would put the maximum at midday.

    Parameters
    ----------
    speed_m_per_s : mapping of height in m to ndarray
    hub_height_m : float

    Raises
    ------
    ValueError
        Fewer than two heights and none of them the hub's.
    """
    heights = sorted(speed_m_per_s)
    if hub_height_m in heights:
        return speed_m_per_s[hub_height_m]
    if len(heights) < 2:
        raise ValueError(
            "wind speed at two heights is needed to reach the hub: one height hides the daily cycle of the shear"
        )
    upper = next((i for i, h in enumerate(heights) if h > hub_height_m), len(heights) - 1)
    upper = max(upper, 1)
    low, high = heights[upper - 1], heights[upper]
    slow, fast = speed_m_per_s[low], speed_m_per_s[high]
    calm = (slow < CALM_M_PER_S) | (fast < CALM_M_PER_S)
    ratio = np.divide(fast, slow, out=np.ones_like(fast), where=~calm)
    shear = np.where(calm, CALM_SHEAR, np.clip(np.log(ratio) / np.log(high / low), *SHEAR_BOUNDS))
    return fast * (hub_height_m / high) ** shear


def air_density(temp_air_degc: np.ndarray, pressure_pa: np.ndarray, hub_height_m: float) -> np.ndarray:
    """Density at hub height, kg/m3.

    Ideal gas; temperature from 2 m with -6.5 K/km, pressure from the ground with -1/8 hPa/m.
    """
    from windpowerlib import density, temperature

    kelvin = temperature.linear_gradient(temp_air_degc + 273.15, 2.0, hub_height_m)
    return np.asarray(density.ideal_gas(pressure_pa, 0.0, hub_height_m, kelvin))


def power_pu(curve: PowerCurve, speed_m_per_s: np.ndarray, density: np.ndarray) -> np.ndarray:
    """Power from a curve corrected for air density.

    The curve's speeds are stretched, v_site = v_std * (rho0 / rho)^p(v_std) with p = 1/3 below 7.5 m/s
    rising to 2/3 at 12.5 m/s (Svenningsen 2010, as in windpowerlib).  Here the equation is solved for
    v_std by three fixed-point steps (error below 1e-4 m/s), so that all sites share one interpolation.
    """
    ratio = np.log(density / STANDARD_DENSITY)
    standard = speed_m_per_s
    for _ in range(3):
        exponent = np.clip(standard / 15.0 - 1.0 / 6.0, 1.0 / 3.0, 2.0 / 3.0)
        standard = speed_m_per_s * np.exp(exponent * ratio)
    return np.interp(standard, curve.speed_m_per_s, curve.power_pu, left=0.0, right=0.0)


def wind_pu(
    weather: Mapping[str, np.ndarray],
    *,
    turbine: str,
    hub_height_m: float,
    loss_percent: float,
    spread: str = "farm",
) -> np.ndarray:
    """Available power per MW of capacity, after wake, availability and electrical losses.

    Parameters
    ----------
    weather : mapping of str to ndarray (time, site)
        Canonical columns ``wind_speed_<h>m_m_per_s`` (two heights), ``temp_air_degc``, ``pressure_pa``.
    turbine, hub_height_m, loss_percent
        Columns of the table ``wind``.
    spread : str
        ``farm``, or ``region`` for a mix of sites that stands for many farms.

    Returns
    -------
    ndarray (time, site)
        0 to 1.
    """
    speeds = {h: weather[k] for k, h in wind_heights(weather).items()}
    hub = hub_wind(speeds, hub_height_m)
    density = air_density(weather["temp_air_degc"], weather["pressure_pa"], hub_height_m)
    return power_pu(power_curve(turbine, spread=spread), hub, density) * (1.0 - loss_percent / 100.0)


def wind_heights(columns: Mapping[str, object]) -> dict[str, float]:
    """Wind columns and their heights above ground: ``wind_speed_100m_m_per_s`` -> 100."""
    prefix, suffix = "wind_speed_", "m_m_per_s"
    return {k: float(k[len(prefix) : -len(suffix)]) for k in columns if k.startswith(prefix) and k.endswith(suffix)}


def _data(name: str) -> str:
    return str(resources.files("gridsim.devices") / "data" / name)


def block(tables: Tables, potential: Potential, options: DispatchOptions) -> Block:
    """Available power and its curtailment, see :func:`gridsim.devices.renewable.renewable_block`."""
    return renewable_block("wind", tables["wind"], potential, options)

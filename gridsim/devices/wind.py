"""What a wind farm could deliver: wind, temperature and pressure in, per-unit power out.

Pure functions on arrays (time, site): wind at hub height from two heights, wake, air density, power curve
corrected for density, smoothed over the farm, restart after a storm, losses.  The models are windpowerlib's
(doi:10.5281/zenodo.824267), broadcast over sites instead of looped; own outages and ice stand apart in
:func:`plant_side_pu`, because theoretical = available + plant-side.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np
import pandas as pd

from gridsim.devices import state_memory
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
#: a turbine that cut out comes back this much below its cut-out speed (makers state 2-5, assumed). [m/s]
RESTART_BELOW_M_PER_S = 3.0
#: turbines of a farm in a storm: ten of equal number at the 5, 15, ... 95 % points of the spread
STORM_QUANTILES = (-1.645, -1.036, -0.674, -0.385, -0.126, 0.126, 0.385, 0.674, 1.036, 1.645)


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
def library() -> pd.DataFrame:
    """Makers' power curves of windpowerlib's turbine library, W over m/s: one row per type.

    The Open Energy Database's collection (doi:10.5281/zenodo.824267); low-wind types of it that match the region's
    specific power are N131/3000, N117/2400 and SWT142/3150.
    """
    return pd.read_csv(str(resources.files("windpowerlib") / "oedb" / "power_curves.csv"), index_col=0)


def known_turbines() -> tuple[str, ...]:
    """Names that the column ``turbine`` may have: the region's classes, then the types of the library."""
    return (*turbines()["turbine"], *library().index)


@cache
def power_curve(turbine: str, *, spread: str = "turbine") -> PowerCurve:
    """Power curve of a class (``devices/data/power_curves.csv``) or library type, smoothed for a farm or a region.

    Parameters
    ----------
    turbine : str
        One of :func:`known_turbines`.
    spread : {"turbine", "farm", "region"}
        Which spread of wind speeds the curve is averaged over, see :data:`SPREAD`.

    Raises
    ------
    KeyError
        The turbine is unknown.
    """
    if turbine in set(turbines()["turbine"]):
        table = pd.read_csv(_data("power_curves.csv"))
        speed, power = table["wind_speed_m_per_s"].to_numpy(float), table[f"{turbine}_pu"].to_numpy(float)
    else:
        curve = library().loc[turbine].dropna()
        speed, watts = curve.index.to_numpy(float), curve.to_numpy(float)
        power = np.asarray(watts / watts.max())
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
    """Power from a curve corrected for air density, see :func:`standard_speed`: ndarray (time, site)."""
    standard = standard_speed(speed_m_per_s, density)
    return np.interp(standard, curve.speed_m_per_s, curve.power_pu, left=0.0, right=0.0)


def standard_speed(speed_m_per_s: np.ndarray, density: np.ndarray) -> np.ndarray:
    """Speed at standard density that gives the same power.

    The curve's speeds are stretched, v_site = v_std * (rho0 / rho)^p(v_std) with p = 1/3 below 7.5 m/s
    rising to 2/3 at 12.5 m/s (Svenningsen 2010, as in windpowerlib).  Here the equation is solved for
    v_std by three fixed-point steps (error below 1e-4 m/s), so that all sites share one interpolation.
    """
    ratio = np.log(density / STANDARD_DENSITY)
    standard = speed_m_per_s
    for _ in range(3):
        exponent = np.clip(standard / 15.0 - 1.0 / 6.0, 1.0 / 3.0, 2.0 / 3.0)
        standard = speed_m_per_s * np.exp(exponent * ratio)
    return standard


def storm_held_pu(curve: PowerCurve, speed_m_per_s: np.ndarray, spread: str) -> np.ndarray | float:
    """Power missing because turbines that cut out wait for less wind than they stopped at.

    Each of ten turbines (one without spread) stops at the cut-out speed of its own wind and comes back
    :data:`RESTART_BELOW_M_PER_S` lower; what it would give in between is missing.  The smoothed curve itself already
    spreads the stops over a range of speeds.

    Parameters
    ----------
    curve : PowerCurve
        Of one turbine, not smoothed.
    speed_m_per_s : ndarray (time, site)
        At standard density, in the order of time.
    spread : str
        See :data:`SPREAD`.
    """
    relative, absolute = SPREAD[spread]
    cut_out = float(curve.speed_m_per_s[curve.power_pu > 0.0][-1])
    own = (0.0,) if relative == 0.0 and absolute == 0.0 else STORM_QUANTILES
    sites = np.flatnonzero(speed_m_per_s.max(axis=0) * (1.0 + own[-1] * relative) + own[-1] * absolute > cut_out)
    if sites.size == 0:
        return 0.0
    held = np.zeros_like(speed_m_per_s)
    for z in own:
        speed = speed_m_per_s[:, sites] * (1.0 + z * relative) + z * absolute
        stopped = state_memory.switched(speed > cut_out, speed <= cut_out - RESTART_BELOW_M_PER_S)
        would = np.interp(speed, curve.speed_m_per_s, curve.power_pu, left=0.0, right=0.0)
        held[:, sites] += stopped * would / len(own)
    return held


def wind_pu(
    weather: Mapping[str, np.ndarray],
    *,
    turbine: str,
    hub_height_m: float,
    loss_percent: float,
    wake: str = "",
    spread: str = "farm",
) -> np.ndarray:
    """Theoretical power per MW of capacity with every turbine ready, after wake and electrical losses.

    Parameters
    ----------
    weather : mapping of str to ndarray (time, site)
        Canonical columns ``wind_speed_<h>m_m_per_s`` (two heights), ``temp_air_degc``, ``pressure_pa``.
    turbine, hub_height_m, loss_percent, wake
        Columns of the table ``wind``.
    spread : str
        ``farm``, or ``region`` for a mix of sites that stands for many farms.

    Returns
    -------
    ndarray (time, site)
        0 to 1.
    """
    speeds = {h: weather[k] for k, h in wind_heights(weather).items()}
    hub = behind_wakes(hub_wind(speeds, hub_height_m), wake)
    density = air_density(weather["temp_air_degc"], weather["pressure_pa"], hub_height_m)
    standard = standard_speed(hub, density)
    curve = power_curve(turbine, spread=spread)
    power = np.interp(standard, curve.speed_m_per_s, curve.power_pu, left=0.0, right=0.0)
    held = storm_held_pu(power_curve(turbine), standard, spread)
    return np.maximum(power - held, 0.0) * (1.0 - loss_percent / 100.0)


def behind_wakes(speed_m_per_s: np.ndarray, wake: str) -> np.ndarray:
    """Wind speed that the turbines of a farm see on average: v * efficiency(v).

    The curves are windpowerlib's (dena 2005, Knorr 2016), by name; empty = no wake here, part of the losses."""
    if not wake:
        return speed_m_per_s
    from windpowerlib.wake_losses import reduce_wind_speed

    shape = speed_m_per_s.shape
    return np.asarray(reduce_wind_speed(pd.Series(speed_m_per_s.ravel()), wind_efficiency_curve_name=wake)).reshape(
        shape
    )


def wind_heights(columns: Mapping[str, object]) -> dict[str, float]:
    """Wind columns and their heights above ground: ``wind_speed_100m_m_per_s`` -> 100."""
    prefix, suffix = "wind_speed_", "m_m_per_s"
    return {k: float(k[len(prefix) : -len(suffix)]) for k in columns if k.startswith(prefix) and k.endswith(suffix)}


def _data(name: str) -> str:
    return str(resources.files("gridsim.devices") / "data" / name)


def block(tables: Tables, potential: Potential, options: DispatchOptions) -> Block:
    """Available power and its curtailment, see :func:`gridsim.devices.renewable.renewable_block`."""
    return renewable_block("wind", tables["wind"], potential, options)

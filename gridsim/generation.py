"""Theoretical and available power of wind and solar plants: the physics, once for each combination of parameters."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from gridsim.devices import icing, solar, wind
from gridsim.drivers import Drivers, site_shares
from gridsim.errors import Problem
from gridsim.network import Network
from gridsim.rows import records
from gridsim.sun import SunPosition, interval_middle, sun_position


@dataclass(frozen=True)
class Generation:
    """What wind and solar plants could do: theoretical = available + plant-side.

    Attributes
    ----------
    available_mw : DataFrame (time, plant)
        What the grid could take, AC.
    plant_side_mw : DataFrame (time, plant)
        What own outages and ice take of the theoretical power. Zero for plants with a given series: it is measured
        behind such losses, and how large they were is not in it.
    """

    available_mw: pd.DataFrame
    plant_side_mw: pd.DataFrame


@dataclass(frozen=True)
class Conditions:
    """Weather of the sites of one combination.

    Attributes
    ----------
    index : DatetimeIndex
    weather : mapping of str to ndarray (time, site)
    sun : SunPosition
        At the interval middles.
    regional : bool
        The sites are a mix that stands for many plants.
    soiling : DataFrame
        Table ``soiling_month``.
    sites : tuple of str
        Names of the sites.
    """

    index: pd.DatetimeIndex
    weather: dict[str, np.ndarray]
    sun: SunPosition
    regional: bool
    soiling: pd.DataFrame
    sites: tuple[str, ...] = ()


#: physics of one combination: (parameters, conditions) -> per unit (time, site): theoretical, lost at the plant
Physics = Callable[[Any, Conditions], tuple[np.ndarray, np.ndarray]]


def _wind(plant: Any, at: Conditions) -> tuple[np.ndarray, np.ndarray]:
    theoretical = wind.wind_pu(
        at.weather,
        turbine=plant.turbine,
        hub_height_m=plant.hub_height_m,
        loss_percent=plant.loss_percent,
        wake=plant.wake,
        spread="region" if at.regional else "farm",
    )
    left = np.full((len(at.index), 1), 1.0 - plant.outage_percent / 100.0)
    if plant.icing_pu > 0.0:
        temp, light = at.weather["temp_air_degc"], at.weather["ghi_w_per_m2"]
        ice = icing.iced(at.index, temp, light, at.sun, hub_height_m=plant.hub_height_m)
        left = left * (1.0 - plant.icing_pu * ice)
    return theoretical, theoretical * (1.0 - left)


def _solar(plant: Any, at: Conditions) -> tuple[np.ndarray, np.ndarray]:
    dirt = None
    if plant.soiling:
        months = at.soiling[at.soiling["soiling"] == plant.soiling].sort_values("month")["loss_percent"]
        dirt = months.to_numpy(float)[np.asarray(at.index.month) - 1]
    weather = at.weather
    if "wind_speed_10m_m_per_s" not in weather:  # cools the modules
        heights = {h: weather[k] for k, h in wind.wind_heights(weather).items()}
        weather = {**weather, "wind_speed_10m_m_per_s": wind.hub_wind(heights, 10.0)}
    theoretical = solar.solar_pu(
        weather,
        at.sun,
        orientation=plant.orientation,
        tilt_deg=plant.tilt_deg,
        dc_ac_ratio=plant.dc_ac_ratio,
        loss_percent=plant.loss_percent,
        soiling_percent=dirt,
    )
    return theoretical, theoretical * (plant.outage_percent / 100.0)


#: table -> (columns that make a combination besides the site, physics)
PhysicsTable = Mapping[str, tuple[tuple[str, ...], Physics]]
PHYSICS: PhysicsTable = {
    "wind": (("turbine", "hub_height_m", "loss_percent", "wake", "outage_percent", "icing_pu"), _wind),
    "solar": (("orientation", "tilt_deg", "dc_ac_ratio", "loss_percent", "soiling", "outage_percent"), _solar),
}


def available_mw(network: Network, drivers: Drivers) -> pd.DataFrame:
    """Available power of every wind and solar plant, see :func:`generate`: DataFrame (time, plant), MW."""
    return generate(network, drivers).available_mw


def generate(network: Network, drivers: Drivers, *, physics: PhysicsTable = PHYSICS) -> Generation:
    """Available power of every wind and solar plant, AC, and what is lost at the plant before it.

    The physics runs once for each combination of sites and plant parameters, however many plants share
    it.  A mix of sites is the weighted mean of its sites, and its wind is smoothed like that of a region.
    Plants with a given series take that.

    Parameters
    ----------
    network : Network
    drivers : Drivers
    physics : mapping
        Stands in for :data:`PHYSICS` where what it found is remembered.

    Returns
    -------
    Generation
        Wind plants first, each in the order of its table.
    """
    given = drivers.available_mw
    position = {name: i for i, name in enumerate(drivers.sites["name"])}
    shares = site_shares(network, given.columns)
    lat, lon = (drivers.sites[c].to_numpy(float) for c in ("lat_deg", "lon_deg"))
    sun = sun_position(interval_middle(drivers.index), lat, lon) if position else None
    columns: dict[str, np.ndarray] = {name: given[name].to_numpy(float) for name in given.columns}
    lost: dict[str, np.ndarray] = {name: np.zeros(len(given)) for name in given.columns}
    for table, (parameters, run) in physics.items():
        plants = network[table][~network[table]["name"].isin(given.columns)]
        regional = plants["site"].map(lambda site: len(shares[site]) > 1)
        for _, group in plants.groupby([*parameters, regional]):
            assert sun is not None
            names = sorted({s for site in group["site"].unique() for s in shares[site]})
            at = [position[s] for s in names]
            weather = {k: v[:, at] for k, v in drivers.weather.items()}
            first = next(records(group))
            mixed = len(shares[first.site]) > 1
            here = Conditions(drivers.index, weather, sun.of_sites(at), mixed, network["soiling_month"], tuple(names))
            theoretical_pu, lost_pu = run(first, here)
            available_pu = theoretical_pu - lost_pu
            for plant in records(group):
                weight = np.array([shares[plant.site].get(s, 0.0) for s in names])
                columns[plant.name] = plant.max_p_mw * (available_pu @ weight)
                lost[plant.name] = plant.max_p_mw * (lost_pu @ weight)
    order = [n for table in physics for n in network[table]["name"]]
    available, plant_side = (
        pd.DataFrame({n: values[n] for n in order}, index=drivers.index, columns=order, dtype=float)
        for values in (columns, lost)
    )
    return Generation(available, plant_side)


def unknown_to_physics(network: Network, drivers: Drivers) -> list[Problem]:
    """Plants whose weather site, turbine or soiling is not known, and soiling without all months."""
    given: Collection[str] = set(drivers.available_mw.columns)
    sites, turbines = set(drivers.sites["name"]), set(wind.known_turbines())
    months = network["soiling_month"].groupby("soiling")["month"].agg(set).to_dict()
    shares = site_shares(network, given)
    problems = []
    for table in PHYSICS:
        for plant in records(network[table]):
            if plant.name in given:
                continue
            for site in sorted(set(shares[plant.site]) - sites):
                what = f"weather site {site!r} is not among the drivers' sites"
                fix = "add it to the weather or correct the site"
                problems.append(Problem(table, what, fix, row=plant.name, column="site"))
            if table == "solar" and plant.soiling and months.get(plant.soiling) != set(range(1, 13)):
                what = f"soiling {plant.soiling!r} has no rows for all months in the table soiling_month"
                fix = "give twelve months, or leave the cell empty"
                problems.append(Problem(table, what, fix, row=plant.name, column="soiling"))
            if table == "wind" and plant.turbine not in turbines:
                classes = ", ".join(sorted(wind.turbines()["turbine"]))
                fix = f"use one of: {classes}; or a type of windpowerlib's library such as N131/3000"
                what = f"turbine class {plant.turbine!r} is unknown"
                problems.append(Problem(table, what, fix, row=plant.name, column="turbine"))
    return problems

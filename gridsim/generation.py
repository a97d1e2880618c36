"""Available power of wind and solar plants: the physics, once for each combination of sites and parameters."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

import numpy as np
import pandas as pd

from gridsim.devices import solar, wind
from gridsim.drivers import Drivers, site_shares
from gridsim.errors import Problem
from gridsim.network import Network
from gridsim.rows import records
from gridsim.sun import SunPosition, interval_middle, sun_position

#: physics of one combination: (parameters, weather, sun, stands for a region?) -> per unit (time, site)
Physics = Callable[[Any, dict[str, np.ndarray], SunPosition, bool], np.ndarray]


def _wind(plant: Any, weather: dict[str, np.ndarray], _sun: SunPosition, regional: bool) -> np.ndarray:
    return wind.wind_pu(
        weather,
        turbine=plant.turbine,
        hub_height_m=plant.hub_height_m,
        loss_percent=plant.loss_percent,
        spread="region" if regional else "farm",
    )


def _solar(plant: Any, weather: dict[str, np.ndarray], sun: SunPosition, _regional: bool) -> np.ndarray:
    return solar.solar_pu(
        weather,
        sun,
        orientation=plant.orientation,
        tilt_deg=plant.tilt_deg,
        dc_ac_ratio=plant.dc_ac_ratio,
        loss_percent=plant.loss_percent,
    )


#: table -> (columns that make a combination besides the site, physics)
PHYSICS: dict[str, tuple[tuple[str, ...], Physics]] = {
    "wind": (("turbine", "hub_height_m", "loss_percent"), _wind),
    "solar": (("orientation", "tilt_deg", "dc_ac_ratio", "loss_percent"), _solar),
}


def available_mw(network: Network, drivers: Drivers) -> pd.DataFrame:
    """Available power of every wind and solar plant, after plant-side losses, AC.

    The physics runs once for each combination of sites and plant parameters, however many plants share
    it.  A mix of sites is the weighted mean of its sites, and its wind is smoothed like that of a region.
    Plants with a given series take that.

    Parameters
    ----------
    network : Network
    drivers : Drivers

    Returns
    -------
    DataFrame (time, plant), MW
        Wind plants first, each in the order of its table.
    """
    given = drivers.available_mw
    position = {name: i for i, name in enumerate(drivers.sites["name"])}
    shares = site_shares(network, given.columns)
    lat, lon = (drivers.sites[c].to_numpy(float) for c in ("lat_deg", "lon_deg"))
    sun = sun_position(interval_middle(drivers.index), lat, lon) if position else None
    columns: dict[str, np.ndarray] = {name: given[name].to_numpy(float) for name in given.columns}
    for table, (parameters, physics) in PHYSICS.items():
        plants = network[table][~network[table]["name"].isin(given.columns)]
        regional = plants["site"].map(lambda site: len(shares[site]) > 1)
        for _, group in plants.groupby([*parameters, regional]):
            assert sun is not None
            names = sorted({s for site in group["site"].unique() for s in shares[site]})
            at = [position[s] for s in names]
            weather = {k: v[:, at] for k, v in drivers.weather.items()}
            first = next(records(group))
            pu = physics(first, weather, sun.of_sites(at), len(shares[first.site]) > 1)
            for plant in records(group):
                weight = np.array([shares[plant.site].get(s, 0.0) for s in names])
                columns[plant.name] = plant.max_p_mw * (pu @ weight)
    order = [n for table in PHYSICS for n in network[table]["name"]]
    return pd.DataFrame({n: columns[n] for n in order}, index=drivers.index, columns=order, dtype=float)


def unknown_to_physics(network: Network, drivers: Drivers) -> list[Problem]:
    """Plants whose weather site or turbine class is not known."""
    given: Collection[str] = set(drivers.available_mw.columns)
    sites, classes = set(drivers.sites["name"]), set(wind.turbines()["turbine"])
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
            if table == "wind" and plant.turbine not in classes:
                fix = f"use one of: {', '.join(sorted(classes))}"
                what = f"turbine class {plant.turbine!r} is unknown"
                problems.append(Problem(table, what, fix, row=plant.name, column="turbine"))
    return problems

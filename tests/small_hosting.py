"""A city of two counties for hosting capacity: one behind a line, one with the load; given series, a few hours."""

from __future__ import annotations

import numpy as np
import pandas as pd
import toy

from gridsim.drivers import Drivers
from gridsim.hosting import Setting
from gridsim.network import Network
from gridsim.options import SimulationOptions

OPTIONS = toy.BARE
HOURS = 4


def two_counties(line_mw: float = 120.0) -> Network:
    """East: 100 MW of wind behind 120 MW of line; west: the load of 300 MW, coal; no other county has a plant."""
    east = {**toy.bus("a"), "county": "east", "station": "A"}
    return toy.network(
        county=[{"name": n, "lat_deg": 29.0, "lon_deg": 113.0 + k} for k, n in enumerate(("east", "west"))],
        station=[
            {"name": s, "county": c, "lat_deg": 29.0, "lon_deg": 113.0, "vn_kv": 110.0, "kind": "substation"}
            for s, c in (("A", "east"), ("B", "west"))
        ],
        demand=[{"name": "d", "peak_mw": 300.0, "energy_gwh": 1.0}],
        bus=[east, {**toy.bus("b"), "county": "west", "station": "B"}],
        line=[{**toy.line("ab", "a", "b", max_mw=line_mw), "county": "east"}],
        load=[{"name": "load", "bus": "b", "county": "west", "demand": "d", "max_p_mw": 300.0}],
        wind=[
            {"name": f, "bus": bus, "county": c, "max_p_mw": mw, "site": "s", "turbine": "t", "hub_height_m": 100.0}
            for f, bus, c, mw in (("farm", "a", "east", 100.0), ("mill", "b", "west", 50.0))
        ],
        thermal=[
            {
                "name": "coal", "bus": "b", "county": "west", "carrier": "coal", "max_p_mw": 1000.0, "min_p_pu": 0.0,
                "cost_cny_per_mwh": 300.0,
            }
        ],
    )  # fmt: skip


def setting(network: Network, demand_mw: float = 300.0, options: SimulationOptions = OPTIONS) -> Setting:
    """Wind at full power in every hour."""
    index = pd.date_range("2030-04-10", periods=HOURS, freq="1h", tz="Asia/Shanghai")
    wind = network["wind"].set_index("name")["max_p_mw"]
    drivers = Drivers(
        index=index,
        sites=pd.DataFrame(columns=["name", "lat_deg", "lon_deg", "elevation_m"]),
        weather={},
        demand_mw=pd.DataFrame({"d": np.full(HOURS, demand_mw)}, index=index),
        available_mw=pd.DataFrame({n: np.full(HOURS, float(mw)) for n, mw in wind.items()}, index=index),
    )
    return Setting(network, drivers, options)

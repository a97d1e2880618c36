"""One county's curtailment on a copper plate, worked out from tables and profiles alone (no dispatch, no solver).

Everything stands on one bus and nothing stores.  In each hour what must run less what is demanded is the surplus;
flexible imports give way first, then every controllable plant of both areas loses the same share.
"""

from __future__ import annotations

import numpy as np
import pandas as pd


def thermal_minimum_mw(thermal: pd.DataFrame, online: pd.DataFrame, index: pd.DatetimeIndex) -> np.ndarray:
    """Least output of the units that are on: units * net size of a unit * minimum share."""
    t = thermal.set_index("name").loc[list(online)]
    net_mw = t["max_p_mw"] / t["units"] * (1.0 - t["auxiliary_percent"] / 100.0) * t["availability_pu"]
    by_day = online.to_numpy() @ (net_mw * t["min_p_pu"]).to_numpy()
    return np.repeat(by_day, len(index) // len(online))


def curtailed_mw(tables: dict, profiles, online: pd.DataFrame, county: str) -> pd.DataFrame:
    """Curtailed power of every plant of a county, (time, plant). [MW]"""
    plants = pd.concat([tables["wind"], tables["solar"]]).set_index("name")
    imports = tables["external"].set_index("name")
    available = profiles.available_mw[list(plants.index)]
    controllable = available * plants["controllable_pu"]
    must_run = (
        available.sum(axis=1)
        + profiles.schedule_mw.sum(axis=1)
        + profiles.hydro_min_mw.sum(axis=1)
        + thermal_minimum_mw(tables["thermal"], online, profiles.index)
    )
    flexible = (profiles.schedule_mw[list(imports.index)] * imports["flexibility_pu"]).sum(axis=1)
    surplus = (must_run - profiles.demand_mw.sum(axis=1) - flexible).clip(lower=0.0)
    share = np.minimum(surplus / controllable.sum(axis=1), 1.0)
    here = list(plants.index[plants["county"] == county])
    return controllable[here].mul(share, axis=0)

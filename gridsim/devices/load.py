"""Demand in the dispatch, with load shedding as the last resort."""

from __future__ import annotations

import numpy as np
import pandas as pd

from gridsim.devices.blocks import Block, Fixed, Flow, Potential, Tables, priced
from gridsim.devices.placing import nodes_of
from gridsim.options import DispatchOptions


def areas_of(tables: Tables) -> pd.Series:
    """Area of each load: its own, or the detailed area for a load at a bus."""
    detailed = tables["area"].loc[tables["area"]["kind"] == "detailed", "name"].iloc[0]
    return tables["load"]["area"].fillna(detailed)


def block(tables: Tables, potential: Potential, options: DispatchOptions) -> Block:
    """Fixed withdrawal of the demand; shedding per area, spread over its loads, at a prohibitive price if allowed."""
    table = tables["load"]
    names, nodes = tuple(table["name"]), nodes_of(table)
    demand = potential.demand_mw[list(names)].to_numpy()
    areas = areas_of(tables)
    labels = tuple(sorted(set(areas)))
    by_area = np.stack([demand[:, (areas == a).to_numpy()].sum(axis=1) for a in labels], axis=1)
    cost, room = priced(np.full(len(labels), options.penalties.unserved_cny_per_mwh), by_area)
    most = room if options.shedding == "allowed" else 0.0 * room
    return Block(
        fixed=(Fixed("load", "demand", names, nodes, -demand),),
        flows=(Flow("load", "unserved", labels, labels, 1.0, 0.0 * room, most, cost),),
        firm_mw=-demand.sum(axis=1),
        reserve_up_mw=options.reserve.up_load_percent / 100.0 * demand.sum(axis=1),
        reserve_down_mw=options.reserve.down_load_percent / 100.0 * demand.sum(axis=1),
    )

"""Hydro in the dispatch: daily energy inside an hourly band, spill at a price."""

from __future__ import annotations

import numpy as np

from gridsim.devices.blocks import Block, Budget, Flow, Potential, Tables
from gridsim.devices.placing import nodes_of
from gridsim.options import DispatchOptions


def block(tables: Tables, potential: Potential, options: DispatchOptions) -> Block:
    """Water released inside the hourly band; whatever is released may be spilled.

    Daily energy: sum of the release times dt (plus water left out, at the price of spill) is the day's energy.
    """
    table = tables["hydro"]
    names, nodes = tuple(table["name"]), nodes_of(table)
    columns = list(names)
    lower, upper = potential.hydro_min_mw[columns].to_numpy(), potential.hydro_max_mw[columns].to_numpy()
    price = options.penalties.hydro_spill_cny_per_mwh
    released = Flow("hydro", "released", names, nodes, 1.0, lower, upper, np.zeros(len(names)))
    spilled = Flow("hydro", "spilled", names, nodes, -1.0, 0.0 * upper, upper, np.full(len(names), price))
    budget = Budget("hydro", released, potential.hydro_energy_mwh[columns].to_numpy(), price)
    firm = np.maximum(lower, table["firm_pu"].to_numpy() * table["max_p_mw"].to_numpy()).sum(axis=1)
    per_day = len(lower) / len(budget.energy_mwh)
    mean = np.repeat(budget.energy_mwh.sum(axis=1) / 24.0, round(per_day))[: len(lower)]
    return Block(flows=(released, spilled), budgets=(budget,), firm_mw=firm, expected_mw=mean)

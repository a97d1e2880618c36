"""Scheduled imports in the dispatch: the schedule is injected, two steps of reduction take it back."""

from __future__ import annotations

import numpy as np

from gridsim.devices.blocks import Block, Fixed, Flow, Potential, Tables
from gridsim.devices.placing import nodes_of
from gridsim.options import DispatchOptions


def block(tables: Tables, potential: Potential, options: DispatchOptions) -> Block:
    """Schedule, flexible reduction before curtailment, and cutting the fixed rest as a late resort."""
    table = tables["external"]
    names, nodes = tuple(table["name"]), nodes_of(table)
    schedule = potential.schedule_mw[list(names)].to_numpy()
    flexible = schedule * table["flexibility_pu"].to_numpy(dtype=float)
    ones = np.ones(len(names))
    penalties = options.penalties
    return Block(
        fixed=(Fixed("external", "schedule", names, nodes, schedule),),
        flows=(
            Flow("external", "reduced", names, nodes, -1.0, 0.0 * flexible, flexible, ones * penalties.import_reduction_cny_per_mwh),
            Flow("external", "cut", names, nodes, -1.0, 0.0 * flexible, schedule - flexible, ones * penalties.import_cut_cny_per_mwh),
        ),
        firm_mw=(schedule * table["firm_pu"].to_numpy(dtype=float)).sum(axis=1),
    )

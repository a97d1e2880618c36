"""Power that only passes through the city's grid: it enters at one bus and leaves at another, all year alike."""

from __future__ import annotations

import numpy as np

from gridsim.devices.blocks import Block, Fixed, Potential, Tables
from gridsim.devices.placing import nodes_of
from gridsim.errors import Problem, raise_if
from gridsim.options import DispatchOptions

#: ends that differ by more than this do not belong together. [MW]
_BALANCE_MW = 1e-6


def block(tables: Tables, potential: Potential, options: DispatchOptions) -> Block:
    """Fixed injections of the ends of every transit (过境功率); together they are zero.

    Raises
    ------
    InvalidInput
        If the ends do not add up to zero.
    """
    table = tables["transit"]
    p_mw = table["p_mw"].to_numpy(dtype=float)
    if abs(p_mw.sum()) > _BALANCE_MW:
        what = f"the ends add up to {p_mw.sum():g} MW"
        raise_if([Problem(file="transit", what=what, fix="let as much leave (negative) as enters")])
    steady = np.repeat(p_mw[None, :], len(potential.index), axis=0)
    return Block(fixed=(Fixed("transit", "through", tuple(table["name"]), nodes_of(table), steady),))

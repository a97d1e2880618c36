"""Wind and sun in the dispatch: available power is injected, curtailment takes it back."""

from __future__ import annotations

import pandas as pd

from gridsim.devices.blocks import Block, Fixed, Flow, Potential
from gridsim.devices.placing import nodes_of
from gridsim.options import DispatchOptions


def renewable_block(device: str, table: pd.DataFrame, potential: Potential, options: DispatchOptions) -> Block:
    """Fixed injection of the available power and a curtailment flow of its controllable share.

    0 <= c <= controllable * a; used = a - c.  All plants have the same price: who is cut is
    decided by the sharing rule, not by the LP.
    """
    names, nodes = tuple(table["name"]), nodes_of(table)
    available = potential.available_mw[list(names)].to_numpy()
    controllable = table["controllable_pu"].to_numpy()[None, :] * available
    cost = pd.Series(options.penalties.curtailment_cny_per_mwh, index=table.index).to_numpy(dtype=float)
    credit = getattr(options.commitment, f"{device}_credit_pu")
    return Block(
        fixed=(Fixed(device, "available", names, nodes, available),),
        flows=(Flow(device, "curtailed", names, nodes, -1.0, 0.0 * controllable, controllable, cost),),
        firm_mw=credit * available.sum(axis=1),
    )

"""Wind and sun in the dispatch: available power is injected, curtailment takes it back."""

from __future__ import annotations

import numpy as np
import pandas as pd

from gridsim.devices.blocks import Block, Fixed, Flow, Potential, must_run_cut
from gridsim.devices.placing import nodes_of
from gridsim.options import DispatchOptions


def renewable_block(device: str, table: pd.DataFrame, potential: Potential, options: DispatchOptions) -> Block:
    """Fixed injection of the available power and a curtailment flow of its controllable share.

    0 <= c <= controllable * a; used = a - c.  All plants have the same price: who is cut is
    decided by the sharing rule, not by the LP.  What is not controllable is cut only as must-run output.
    """
    names, nodes = tuple(table["name"]), nodes_of(table)
    available = potential.available_mw[list(names)].to_numpy()
    controllable = table["controllable_pu"].to_numpy()[None, :] * available
    cost = pd.Series(options.penalties.curtailment_cny_per_mwh, index=table.index).to_numpy(dtype=float)
    rigid = np.flatnonzero(table["controllable_pu"].to_numpy() < 1.0)
    credit = getattr(options.commitment, f"{device}_credit_pu")
    counted = options.reserve.curtailment_credit_pu
    curtailed = Flow(
        device, "curtailed", names, nodes, -1.0, 0.0 * controllable, controllable, cost,
        reserve_up_pu=counted, reserve_down_pu=counted, owned=table["county"].notna().to_numpy(dtype=bool),
    )  # fmt: skip
    up, down = (getattr(options.reserve, f"{way}_{device}_percent") / 100.0 for way in ("up", "down"))
    return Block(
        fixed=(Fixed(device, "available", names, nodes, available),),
        flows=(
            curtailed,
            must_run_cut(
                device,
                tuple(names[i] for i in rigid),
                tuple(nodes[i] for i in rigid),
                (available - controllable)[:, rigid],
                options,
            ),
        ),
        firm_mw=credit * available.sum(axis=1),
        reserve_up_mw=up * available.sum(axis=1),
        reserve_down_mw=down * available.sum(axis=1),
    )

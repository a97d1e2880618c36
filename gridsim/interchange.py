"""Parameters of a study about the grid around: limits of the tie sections, and power that only passes through."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from gridsim.errors import Problem, raise_if
from gridsim.network import Network

#: limits of a transfer section
LIMITS = ["min_p_mw", "max_p_mw"]


def with_transit(network: Network, *, p_mw: float, from_bus: str, to_bus: str, file: str) -> Network:
    """The network with one more transit (过境功率) beside those of its tables.

    Parameters
    ----------
    network : Network
    p_mw : float
        Power in at ``from_bus`` and out at ``to_bus``, all year; negative = the other way. [MW]
    from_bus, to_bus : str
        Usually boundary buses: the node areas behind them do not see it.
    file : str
        Where it was asked for, for the message.

    Raises
    ------
    InvalidInput
        Unknown buses, both at once.
    """
    ends, known = {"from_bus": (from_bus, p_mw), "to_bus": (to_bus, -p_mw)}, set(network["bus"]["name"])
    raise_if([
        Problem(file=file, row="[transit]", column=key, what=f"unknown bus {bus}", fix="use a name of the table bus")
        for key, (bus, _) in ends.items() if bus not in known
    ])
    table = network["transit"]
    rows = pd.DataFrame(
        [{"name": f"过境 {from_bus}→{to_bus} ({bus})", "bus": bus, "p_mw": mw} for bus, mw in ends.values()]
    )
    both = rows if table.empty else pd.concat([table, rows], ignore_index=True)
    return network.with_table("transit", both)


def with_tie_limits(network: Network, change: Callable[[pd.DataFrame], pd.DataFrame]) -> Network:
    """A network with other limits of its tie sections: those of the year and those of the seasons alike.

    Parameters
    ----------
    network : Network
    change : callable
        Turns the columns ``min_p_mw, max_p_mw`` of some rows into new ones.
    """
    section = network["section"]
    ties = set(section.loc[section["kind"] == "tie", "name"])
    frames = {}
    for table, name in (("section", "name"), ("section_season", "section")):
        frame = network[table].copy()
        mine = frame[name].isin(ties)
        frame.loc[mine, LIMITS] = change(frame.loc[mine, LIMITS])
        frames[table] = frame
    return network.with_tables(frames)

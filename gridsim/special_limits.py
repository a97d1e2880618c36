"""Special causes: what a plant could give and may not offer, by agreement or by its own choice.

The table ``special_limit`` caps plants in some hours.  What stands above a cap never reaches the dispatch: the plant
shares with the others what it may offer.  It is curtailed, but not for a reason of the system (国能发电力〔2024〕44号
as read second-hand), so it counts in the rate of all causes and not in that of the verdict.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from gridsim.devices import RENEWABLES
from gridsim.devices.availability import on_outage
from gridsim.network import Network
from gridsim.rows import records

#: special causes in the order in which they take their part where two caps hold at once (the lower cap wins)
SPECIAL_CAUSES = ("early_connection", "self_curtailment")


def offered_mw(network: Network, available_mw: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, pd.DataFrame]]:
    """What plants may offer to the dispatch, and what each special cause holds back.

    Parameters
    ----------
    network : Network
        Table ``special_limit``.
    available_mw : DataFrame (time, plant)
        What the plants could give. [MW]

    Returns
    -------
    (DataFrame, dict of str to DataFrame)
        offered = min(available, caps); per special cause (time, plant) what it holds back.  They add up to what is
        available.  Without special limits the frame is returned as it is, and no cause.
    """
    table = network["special_limit"]
    if not len(table):
        return available_mw, {}
    capacity = pd.concat([network[t].set_index("name")["max_p_mw"] for t in RENEWABLES])
    index = pd.DatetimeIndex(available_mw.index)
    offered, withheld = available_mw.copy(), {}
    for cause in SPECIAL_CAUSES:
        before = offered.copy()
        for row in records(table[table["cause"] == cause]):
            after, until = index.hour >= row.from_hour, index.hour <= row.to_hour
            hours = after & until if row.from_hour <= row.to_hour else after | until  # 22 to 5 runs over midnight
            caps = on_outage(index, row.from_day, row.to_day) & hours
            most = np.where(caps, row.max_p_pu * float(capacity[row.element]), np.inf)
            offered[row.element] = np.minimum(offered[row.element].to_numpy(dtype=float), most)
        withheld[cause] = before - offered
    return offered, withheld

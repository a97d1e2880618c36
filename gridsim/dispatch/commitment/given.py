"""Units on as a series gives them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from gridsim.devices.thermal import ThermalFleet
from gridsim.errors import Problem, raise_if


def given_units(fleet: ThermalFleet, online: pd.DataFrame, steps: int, steps_per_day: int) -> np.ndarray:
    """Numbers of units on from a given series.

    Must-run plants need none: without one all their available units are on.

    Parameters
    ----------
    fleet : ThermalFleet
    online : DataFrame (time, plant)
    steps, steps_per_day : int

    Returns
    -------
    ndarray (time, row)

    Raises
    ------
    InvalidInput
        Plants without a series, and more units on than the plant has ready on the day (maintenance).
    """
    problems = []
    available = np.repeat(fleet.available_units, steps_per_day, axis=0)[:steps]
    out = np.array(available)
    for k, name in enumerate(fleet.names):
        if name in online:
            out[:, k] = online[name].to_numpy(dtype=float)
            above = np.flatnonzero(out[:, k] > available[:, k] + 1e-6)
            if len(above):
                what = f"{out[above[0], k]:g} units of '{name}' are on, {available[above[0], k]:g} are ready"
                fix = "mend the series of units on, or the maintenance of the plant"
                problems.append(Problem("series online", what, fix, row=str(online.index[above[0]]), column=name))
        elif not fleet.must_run[k]:
            what = f"commitment is given, but '{name}' has no series of units on"
            problems.append(Problem("series online", what, "add its column, or use the commitment merit", column=name))
    raise_if(problems)
    return out

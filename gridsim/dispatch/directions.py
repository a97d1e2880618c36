"""Charging or discharging: no store does both in one step.

A linear program burns surplus energy in a lossy store by charging and discharging at once when that is cheaper than
curtailing.  Steps in which it does get a direction: the smaller of the two is closed and the program solved
again.  That is a heuristic for an integer choice; the objective before any direction was given is a bound, so the
difference is the most the choice can have cost.
"""

from __future__ import annotations

import numpy as np

from gridsim.dispatch.system import StoreColumns

#: charging and discharging at once below this share of the power is rounding
BOTH_WAYS_TOLERANCE = 1e-6


def both_ways(stores: StoreColumns, x_mw: np.ndarray) -> np.ndarray:
    """Steps in which a store charges and discharges at once.

    Parameters
    ----------
    x_mw : ndarray (step, column)
        Values of the decision columns.

    Returns
    -------
    ndarray of bool (step, store)
    """
    size = np.maximum(np.maximum(stores.machines, 1) * stores.machine_charge_mw, 1.0)
    return np.minimum(x_mw[:, stores.charge], x_mw[:, stores.discharge]) > BOTH_WAYS_TOLERANCE * size


def give_direction(stores: StoreColumns, x_mw: np.ndarray, upper_mw: np.ndarray) -> int:
    """Close the smaller direction, in terms of stored energy, of every store and step that does both.

    ``upper_mw`` (step, column) is changed in place; returns how many were closed.
    """
    found = both_ways(stores, x_mw)
    for t, s in zip(*np.nonzero(found)):
        eta = stores.efficiency_charge_pu[s] * stores.efficiency_discharge_pu[s]
        filling = eta * x_mw[t, stores.charge[s]] >= x_mw[t, stores.discharge[s]]
        upper_mw[t, stores.discharge[s] if filling else stores.charge[s]] = 0.0
    return int(found.sum())

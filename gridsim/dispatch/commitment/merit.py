"""Which thermal units are on each day: a closed-form merit rule.

Net demand of a step = demand - firm imports - firm hydro - credited wind, sun and storage.  Must-run units
(always, or by load level) first, then units in cost order until the available capacity reaches
(1 + reserve) * the day's largest net demand; carriers may have a least committed capacity.  With every unit
on, the minimum output of the city alone exceeds its spring demand; with units chosen by the LP, none would be
on in a surplus.

Units of equal cost in both areas are taken alternately in proportion to what each plant has, so that the
city carries its share of the fleet and names decide nothing.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from gridsim.devices.thermal import CARRIER_ITEMS, ThermalFleet
from gridsim.options import CommitmentOptions
from gridsim.rows import records


def merit_order(
    fleet: ThermalFleet,
    net_demand_mw: np.ndarray,
    mean_demand_mw: np.ndarray,
    must_run: pd.DataFrame,
    options: CommitmentOptions,
) -> np.ndarray:
    """Number of units on, (day, row).

    Parameters
    ----------
    fleet : ThermalFleet
    net_demand_mw : ndarray (day,)
        Largest net demand of each day.
    mean_demand_mw : ndarray (day,)
        Mean gross demand of each day (for the least committed capacity).
    must_run : DataFrame
        Table ``must_run``: carrier, fleet_share_pu, load_share_pu.
    options : CommitmentOptions

    Returns
    -------
    ndarray (day, row) of float
        Whole units except where maintenance leaves a fraction of a fleet.
    """
    if options.rule == "all":
        return fleet.available_units.copy()
    need = (1.0 + options.reserve_percent / 100.0) * net_demand_mw
    on = fleet.least_units
    fuel = np.array([CARRIER_ITEMS[c] for c in fleet.carrier])  # cogeneration burns coal and counts as coal
    for floor in records(must_run):
        rows = fuel == CARRIER_ITEMS[floor.carrier]
        full = (fleet.available_units * fleet.unit_mw)[:, rows].sum(axis=1)
        least = np.maximum(floor.fleet_share_pu * full, floor.load_share_pu * mean_demand_mw)
        on = _raise(fleet, on, rows & ~fleet.must_run, least - (on * fleet.unit_mw)[:, rows].sum(axis=1))
    return _raise(fleet, on, ~fleet.must_run, need - (on * fleet.unit_mw).sum(axis=1))


def raised(fleet: ThermalFleet, on: np.ndarray, more_mw: np.ndarray) -> np.ndarray:
    """Units on, (day, row), with at least ``more_mw`` (day,) of those that stand still, in the same order."""
    return _raise(fleet, on, ~fleet.must_run, more_mw.copy())


def _raise(fleet: ThermalFleet, on: np.ndarray, rows: np.ndarray, missing_mw: np.ndarray) -> np.ndarray:
    """Switch on units of ``rows`` in cost order until ``missing_mw`` (day,) is covered."""
    on = on.copy()
    for cost in np.unique(fleet.cost_cny_per_mwh[rows]):
        same = np.flatnonzero(rows & (fleet.cost_cny_per_mwh == cost))
        for day in np.flatnonzero(missing_mw > 1e-9):
            on[day, same], missing_mw[day] = _take(
                on[day, same], fleet.available_units[day, same], fleet.unit_mw[same], missing_mw[day]
            )
    return on


def _take(on: np.ndarray, available: np.ndarray, unit_mw: np.ndarray, missing_mw: float) -> tuple[np.ndarray, float]:
    """Take units of one cost class, the k-th of n units of a row at rank (k - 1/2) / n."""
    left = available - on
    count = np.ceil(left - 1e-9).astype(int)
    row = np.repeat(np.arange(len(left)), count)
    first = np.concatenate([np.arange(c) for c in count]) if len(count) else np.zeros(0)
    size = np.minimum(1.0, left[row] - first)  # the last piece of a fleet may be a fraction of a unit
    rank = (first + 0.5) / np.maximum(left[row], 1e-9)
    # at equal rank the smaller unit, then the larger fleet; only identical plants are left to the order of the table
    order = np.lexsort((-left[row], unit_mw[row], np.round(rank, 9)))
    row, size = row[order], size[order]
    power = size * unit_mw[row]
    taken = np.cumsum(power) - power < missing_mw - 1e-9
    out = on.copy()
    np.add.at(out, row[taken], size[taken])
    return out, missing_mw - power[taken].sum()

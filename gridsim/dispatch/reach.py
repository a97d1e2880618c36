"""The smallest flow any dispatch can reach on one element: limits below it cannot be met."""

from __future__ import annotations

import numpy as np


def smallest_reachable(
    factor: np.ndarray,
    sign: np.ndarray,
    lower_mw: np.ndarray,
    upper_mw: np.ndarray,
    demand_mw: np.ndarray,
    base_mw: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Smallest and largest flow over all balanced dispatches of each step.

    min / max  base + factor'x  s.t.  sign'x = demand,  lower <= x <= upper: one equality, so the optimum is
    found by filling in order of flow per MW injected (continuous knapsack), exactly.

    Parameters
    ----------
    factor : ndarray (column,)
        Flow per unit of the column (already with its sign).
    sign : ndarray (column,)
        Injection per unit of the column, +1 or -1.
    lower_mw, upper_mw : ndarray (time, column)
    demand_mw : ndarray (time,)
        What the columns must inject together.
    base_mw : ndarray (time,)
        Flow of the fixed injections.

    Returns
    -------
    (low, high) : ndarray (time,)
        Smallest and largest reachable flow. [MW]
    """
    per_mw = factor * sign
    least = np.where(sign > 0, lower_mw, -upper_mw)
    room = upper_mw - lower_mw
    start = base_mw + least @ per_mw
    missing = np.clip(demand_mw - least.sum(axis=1), 0.0, None)
    return start + _fill(per_mw, room, missing), start - _fill(-per_mw, room, missing)


def _fill(price: np.ndarray, room: np.ndarray, missing: np.ndarray) -> np.ndarray:
    """Cheapest sum(price * u) with sum(u) = missing, 0 <= u <= room, per row."""
    order = np.argsort(price, kind="stable")
    before = np.cumsum(room[:, order], axis=1) - room[:, order]
    used = np.clip(missing[:, None] - before, 0.0, room[:, order])
    return used @ price[order]

"""The smallest flow any dispatch can reach on one element: limits below it cannot be met."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Reach:
    """What all balanced dispatches of each step can do together.

    Attributes
    ----------
    sign : ndarray (column,)
        Injection per unit of the column: +1, -1, or 0 for bookkeeping.
    least_mw, room_mw : ndarray (time, column)
        Least injection of each column, and how much more it can inject.
    missing_mw : ndarray (time,)
        What the columns must inject beyond their least.
    """

    sign: np.ndarray
    least_mw: np.ndarray
    room_mw: np.ndarray
    missing_mw: np.ndarray

    @staticmethod
    def of(sign: np.ndarray, lower_mw: np.ndarray, upper_mw: np.ndarray, demand_mw: np.ndarray) -> Reach:
        """From bounds of columns (time, column) and what they must inject together (time,). [MW]"""
        least = np.where(sign > 0, lower_mw, np.where(sign < 0, -upper_mw, 0.0))
        missing = np.clip(demand_mw - least.sum(axis=1), 0.0, None)
        return Reach(sign, least, (upper_mw - lower_mw) * (sign != 0), missing)

    def flow_mw(self, factor: np.ndarray, base_mw: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Smallest and largest flow on one element over all balanced dispatches of each step.

        min / max  base + factor'x  s.t.  sign'x = demand,  lower <= x <= upper: one equality, so the optimum is
        found by filling in order of flow per MW injected (continuous knapsack), exactly.

        Parameters
        ----------
        factor : ndarray (column,)
            Flow per unit of the column (already with its sign).
        base_mw : ndarray (time,)
            Flow of the fixed injections.

        Returns
        -------
        (low, high) : ndarray (time,)
            Smallest and largest reachable flow. [MW]
        """
        per_mw = np.round(factor * self.sign, 12)
        start = base_mw + self.least_mw @ per_mw
        prices, step = np.unique(per_mw, return_inverse=True)
        together = np.zeros((len(per_mw), len(prices)))
        together[np.arange(len(per_mw)), step] = 1.0  # columns of one price fill as one
        space = self.room_mw @ together
        low = start + _fill(prices, space, self.missing_mw)
        return low, start - _fill(-prices[::-1], space[:, ::-1], self.missing_mw)


def _fill(price: np.ndarray, space: np.ndarray, missing: np.ndarray) -> np.ndarray:
    """Cheapest sum(price * u) with sum(u) = missing, 0 <= u <= space, per row; prices rise."""
    before = np.cumsum(space, axis=1) - space
    return np.clip(missing[:, None] - before, 0.0, space) @ price

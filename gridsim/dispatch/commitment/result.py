"""What a commitment is: units on per period."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Commitment:
    """Units on.

    Attributes
    ----------
    names : tuple of str
        Rows.
    on : ndarray (period, row)
    steps_per_period : int
        Units start and stop only at the first step of a period.
    windows : DataFrame
        ``start, mip_gap, commitment_cny`` of every window of a unit commitment; empty otherwise.
    spare_mw : ndarray (period,)
        Units that could be added to the merit order; empty of another rule, which is not to be changed.
    raised_mw : ndarray (period,)
        Units that were added to it because demand had stayed unserved.
    """

    names: tuple[str, ...]
    on: np.ndarray
    steps_per_period: int
    windows: pd.DataFrame = field(
        default_factory=lambda: pd.DataFrame({"start": np.zeros(0, dtype=int), "mip_gap": 0.0, "commitment_cny": 0.0})
    )
    spare_mw: np.ndarray = field(default_factory=lambda: np.zeros(0))
    raised_mw: np.ndarray = field(default_factory=lambda: np.zeros(0))

    def frame(self, index: pd.DatetimeIndex) -> pd.DataFrame:
        """Units on, (period, row)."""
        return pd.DataFrame(self.on, index=index[:: self.steps_per_period], columns=list(self.names))

    def by_step(self, steps: int) -> np.ndarray:
        """Units on in each step, (time, row)."""
        return np.repeat(self.on, self.steps_per_period, axis=0)[:steps]

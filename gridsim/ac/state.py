"""The nouns of the AC check: positions of taps and banks, and the AC state of the year."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from gridsim.electrical import Branches, Shunts
from gridsim.units import step_hours


@dataclass(frozen=True)
class Positions:
    """Where tap changers and banks stand, hour by hour: a few patterns, and the pattern of each hour.

    Attributes
    ----------
    label : tuple of str, (pattern,)
    tap_pos : ndarray, (pattern, branch)
        Tap position of each branch (0 where there is no tap changer); high side.
    step : ndarray of int, (pattern, bank)
        Steps of each bank that are switched on.
    pattern : ndarray of int, (time,)
        Pattern of each hour.
    family : ndarray of int, (pattern,), optional
        Patterns of one family are neighbours and are solved on one matrix, that of the first of them.
        Default: each pattern on its own.
    """

    label: tuple[str, ...]
    tap_pos: np.ndarray
    step: np.ndarray
    pattern: np.ndarray
    family: np.ndarray | None = None

    @property
    def families(self) -> np.ndarray:
        """Family of each pattern, (pattern,)."""
        return np.arange(len(self.label)) if self.family is None else self.family

    def table(self, model: Branches, banks: Shunts) -> pd.DataFrame:
        """Long table: ``pattern, element, element_type, position`` of every tap changer and bank."""
        moves = np.flatnonzero(model.tap_max > model.tap_min)
        kinds = np.concatenate([model.element_type[moves], np.full(len(banks.name), "shunt", dtype=object)])
        parts = [
            pd.DataFrame({
                "pattern": label, "element": np.concatenate([model.element[moves], banks.name]),
                "element_type": kinds,
                "position": np.concatenate([tap[moves], step]).astype(int),
            })
            for label, tap, step in zip(self.label, self.tap_pos, self.step)
        ]
        return pd.concat(parts, ignore_index=True)


def table_positions(model: Branches, banks: Shunts, n_hours: int) -> Positions:
    """One pattern for all hours: taps as in the tables, all banks off."""
    return Positions(
        label=("tables",), tap_pos=model.tap_pos[None, :], step=np.zeros((1, len(banks.name)), dtype=int),
        pattern=np.zeros(n_hours, dtype=int),
    )


@dataclass(frozen=True)
class AcState:
    """AC power flow of every hour.  A step that failed is a row with ``converged`` False, never dropped.

    Attributes
    ----------
    index : DatetimeIndex
    bus : ndarray of str, (bus,)
    band_pu : ndarray, (bus, 2)
        Voltage band of each bus; NaN where it has none. [p.u.]
    elements : DataFrame
        ``element, element_type, is_equivalent`` of each element (lines, transformers), in array order.
    converged : ndarray of bool, (time,)
    cause : ndarray of str, (time,)
        Likely cause where not converged, else empty.
    vm_pu : float32, (time, bus)
        Voltage magnitude; NaN in failed hours and at buses that nothing connects. [p.u.]
    loading_percent : float32, (time, element)
        Current at the worst end over the rated current (worst winding of three). [%]
    p_from_mw : float32, (time, element)
        Active power into the element at ``from_bus`` / the high side. [MW]
    element_losses_mw : float32, (time, element)
    losses_mw : ndarray, (time,)
        Sum over elements without the equivalents of the outside grid. [MW]
    slack_mw : ndarray, (time,)
        Power the slack buses gave beyond their schedule: all losses, equivalents included. [MW]
    holder : ndarray of str, (holder,)
        Buses that hold a voltage in at least one hour.
    q_holder_mvar : float32, (time, holder)
        Reactive power they gave, beyond the given injection; NaN in hours in which they were not to hold. [Mvar]
    at_limit : int8, (time, holder)
        1 at the upper, -1 at the lower reactive limit (the voltage is then not held), else 0.
    unsettled : ndarray of str, (time,)
        What still wanted to change when the rounds of control ended, else empty.
    retried : int
        Hours that the chord method left to the full Newton method.
    positions : Positions
        Where taps and banks stood.
    """

    index: pd.DatetimeIndex
    bus: np.ndarray
    band_pu: np.ndarray
    elements: pd.DataFrame
    converged: np.ndarray
    cause: np.ndarray
    vm_pu: np.ndarray
    loading_percent: np.ndarray
    p_from_mw: np.ndarray
    element_losses_mw: np.ndarray
    losses_mw: np.ndarray
    slack_mw: np.ndarray
    holder: np.ndarray
    q_holder_mvar: np.ndarray
    at_limit: np.ndarray
    unsettled: np.ndarray
    retried: int
    positions: Positions

    @property
    def step_h(self) -> float:
        """Length of a step; a single hour is an hour. [h]"""
        return step_hours(self.index) if len(self.index) > 1 else 1.0

    def frame(self, quantity: str) -> pd.DataFrame:
        """One of the (time, ...) arrays with its labels; columns are buses, elements or holders."""
        values = getattr(self, quantity)
        columns = {"vm_pu": self.bus, "q_holder_mvar": self.holder}.get(quantity, self.elements["element"].to_numpy())
        return pd.DataFrame(values, index=self.index, columns=columns)

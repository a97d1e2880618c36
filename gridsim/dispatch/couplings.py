"""Rows of the window LP beside balance, stores, budgets and the network: ramps and reserve, added when violated.

A kind of row has coefficients on the variables of its step and of the step before, and bounds per step.  Kinds are
numbered -1, -2, ... so that they live in one list with the network's limits, which are numbered from 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from gridsim.dispatch.reserve import WAYS, held_mw, store_parts
from gridsim.dispatch.skeleton import RowLabels
from gridsim.dispatch.system import System

#: a ramp or a reserve that is missed by less is met [MW]
TOLERANCE_MW = 1e-4


@dataclass(frozen=True)
class Kind:
    """One kind of row: coefficients (variable of a step,), bounds (time,); ``before`` acts on the step before."""

    label: str
    here: np.ndarray
    before: np.ndarray
    lower: np.ndarray
    upper: np.ndarray


class Couplings:
    """Ramps and reserve cuts of one system; cuts are numbered when a schedule first violates them."""

    def __init__(self, system: System):
        self.system = system
        self.width = len(system.columns) + len(system.stores)
        self.before_mw = np.zeros(len(system.columns))
        self._kinds: list[Kind] = []
        self._cuts: dict[tuple[int, bytes], int] = {}
        self._known: set[tuple[int, int]] = set()
        ramps = system.ramps
        self._ramp_matrix = np.zeros((len(ramps), len(system.columns)))
        for k, ramp in enumerate(ramps):
            self._ramp_matrix[k, ramp.columns] = 1.0
            here = np.r_[self._ramp_matrix[k], np.zeros(len(system.stores))]
            self._kinds.append(Kind(f"ramp of {ramp.name}", here, -here, -ramp.down_mw, ramp.up_mw))
        self._ramp_up = np.stack([r.up_mw for r in ramps], axis=1) if ramps else np.zeros((system.steps, 0))
        self._ramp_down = np.stack([r.down_mw for r in ramps], axis=1) if ramps else np.zeros((system.steps, 0))

    def hand_over(self, before_mw: np.ndarray | None) -> None:
        """Columns of the step before the next window (None: nothing is known of it, so no ramp binds there)."""
        self.before_mw = np.zeros(len(self.system.columns)) if before_mw is None else before_mw

    def violated(self, steps: np.ndarray, x_mw: np.ndarray, energy_mwh: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(step of the window, kind) of violated rows."""
        found = [(t, -1 - k) for t, k in self._violated_ramps(steps, x_mw)]
        found += self._violated_reserve(steps, x_mw, energy_mwh)
        pairs = np.array(found, dtype=int).reshape(-1, 2)
        return pairs[:, 0], pairs[:, 1]

    def _violated_ramps(self, steps: np.ndarray, x_mw: np.ndarray) -> list[tuple[int, int]]:
        if not len(self._ramp_matrix):
            return []
        power = np.vstack([self.before_mw, x_mw]) @ self._ramp_matrix.T
        change = np.diff(power, axis=0)
        over = (change > self._ramp_up[steps] + TOLERANCE_MW) | (change < -self._ramp_down[steps] - TOLERANCE_MW)
        return [(int(t), int(k)) for t, k in zip(*np.nonzero(over))]

    def _violated_reserve(self, steps: np.ndarray, x_mw: np.ndarray, energy_mwh: np.ndarray) -> list[tuple[int, int]]:
        reserve, system = self.system.reserve, self.system
        if reserve is None:
            return []
        missing = reserve.required_mw[steps] - held_mw(system, steps, x_mw, energy_mwh)
        where = np.argwhere(missing > TOLERANCE_MW)
        if not len(where):
            return []
        power, energy = store_parts(system.stores, system.columns, steps, x_mw, energy_mwh, reserve.duration_h)
        by_energy = energy < power
        return [(int(t), self._cut(int(way), by_energy[t, :, way])) for t, way in where]

    def _cut(self, way: int, by_energy: np.ndarray) -> int:
        """Number of the reserve row in which the stores ``by_energy`` are limited by energy, the others by power."""
        key = (way, by_energy.tobytes())
        if key not in self._cuts:
            self._kinds.append(self._reserve_kind(way, by_energy))
            self._cuts[key] = -len(self._kinds)
        return self._cuts[key]

    def _reserve_kind(self, way: int, by_energy: np.ndarray) -> Kind:
        reserve, stores, columns = self.system.reserve, self.system.stores, self.system.columns
        assert reserve is not None
        here = np.zeros(self.width)
        here[: len(columns)] = reserve.coefficient[way]
        stops, gives = (stores.charge, stores.discharge) if way == 0 else (stores.discharge, stores.charge)
        np.add.at(here, stops, 1.0)
        np.add.at(here, gives[~by_energy], -1.0)
        per_mwh = stores.efficiency_discharge_pu if way == 0 else -1.0 / stores.efficiency_charge_pu
        empty = stores.min_energy_mwh if way == 0 else stores.max_energy_mwh
        here[len(columns) :] = np.where(by_energy, per_mwh / reserve.duration_h, 0.0)
        there = reserve.constant_mw[:, way] + columns.upper_mw[:, gives[~by_energy]].sum(axis=1)
        there = there - (per_mwh * empty / reserve.duration_h)[by_energy].sum()
        lower = reserve.required_mw[:, way] - there
        return Kind(f"reserve {WAYS[way]}", here, np.zeros(self.width), lower, np.full(len(lower), np.inf))

    def labels(self, rows: RowLabels, row_step: np.ndarray, kind: np.ndarray) -> RowLabels:
        """Labels of some rows, those of couplings (step of the window, kind) appended."""
        names = np.array([self._kinds[-1 - k].label for k in kind.tolist()], dtype=object)
        step, item = np.r_[rows.step, row_step], np.r_[rows.item, np.zeros(len(kind), dtype=int)]
        return RowLabels(kind=np.r_[rows.kind, names], step=step, item=item)

    def unknown(self, row_step: np.ndarray, number: np.ndarray) -> np.ndarray:
        """Which rows (step of the window, number) are not in the program yet, (row,)."""
        return np.array([pair not in self._known for pair in zip(row_step.tolist(), number.tolist())], dtype=bool)

    def learn(self, row_step: np.ndarray, number: np.ndarray) -> None:
        """Rows of couplings among these are in the program now."""
        self._known |= {pair for pair in zip(row_step.tolist(), number.tolist()) if pair[1] < 0}

    def forget(self, row_step: np.ndarray, number: np.ndarray) -> None:
        """These rows have left the program."""
        self._known -= set(zip(row_step.tolist(), number.tolist()))

    def add_coefficients(self, network: sp.csr_array, row_step: np.ndarray, number: np.ndarray) -> sp.csr_array:
        """Fill the rows of couplings (negative numbers) into rows over all variables of a window."""
        rows, columns, values = [np.zeros(0, dtype=int)], [np.zeros(0, dtype=int)], [np.zeros(0)]
        for r in np.flatnonzero(number < 0).tolist():
            kind, t = self._kinds[-1 - int(number[r])], int(row_step[r])
            for part, step in ((kind.here, t), (kind.before, t - 1)):
                k = np.flatnonzero(part) if step >= 0 else np.zeros(0, dtype=int)
                rows.append(np.full(len(k), r))
                columns.append(k + step * self.width)
                values.append(part[k])
        if len(rows) == 1:
            return network
        at = (np.concatenate(rows), np.concatenate(columns))
        return sp.csr_array(network + sp.csr_array((np.concatenate(values), at), shape=network.shape))

    def fill_bounds(
        self, network: tuple[np.ndarray, np.ndarray], steps: np.ndarray, row_step: np.ndarray, number: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Fill in the bounds of the rows of couplings; before the first step of a window is what was handed over."""
        low, up = network
        for r in np.flatnonzero(number < 0).tolist():
            found, t = self._kinds[-1 - int(number[r])], int(row_step[r])
            there = float(found.before[: len(self.before_mw)] @ self.before_mw) if t == 0 else 0.0
            low[r], up[r] = found.lower[steps[t]] - there, found.upper[steps[t]] - there
        return low, up


def free_bounds(system: System, x_mw: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Bounds of the columns with the steps before and after as they are in a dispatch, (time, column). [MW]

    A plant with a ramp may move between max(lower, p(t-1) - down(t), p(t+1) - up(t+1)) and
    min(upper, p(t-1) + up(t), p(t+1) + down(t+1)); its cost segments fill in order.
    """
    columns = system.columns
    if not system.ramps:
        return columns.lower_mw, columns.upper_mw
    lower, upper = columns.lower_mw.copy(), columns.upper_mw.copy()
    never = np.array([np.inf])
    for ramp in system.ramps:
        low, up = columns.lower_mw[:, ramp.columns], columns.upper_mw[:, ramp.columns]
        power = x_mw[:, ramp.columns].sum(axis=1)
        before, after = np.r_[power[:1], power[:-1]], np.r_[power[1:], power[-1:]]
        up_next, down_next = np.r_[ramp.up_mw[1:], never], np.r_[ramp.down_mw[1:], never]
        least = np.max([low.sum(axis=1), before - ramp.down_mw, after - up_next], axis=0)
        most = np.min([up.sum(axis=1), before + ramp.up_mw, after + down_next], axis=0)
        for values, target in ((np.minimum(least, power), lower), (np.maximum(most, power), upper)):
            rest = values - low.sum(axis=1)
            for k in range(len(ramp.columns)):
                part = np.clip(rest, 0.0, up[:, k] - low[:, k])
                target[:, ramp.columns[k]] = low[:, k] + part
                rest = rest - part
    return lower, upper

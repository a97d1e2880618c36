"""What never changes in the window LP: costs and the rows of balance, stores and budgets.

Variables: step by step the decision columns and then the stored energies; at the end the energy left out of each
daily budget.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from gridsim.dispatch.system import System
from gridsim.options import DispatchOptions

#: what a store's overflow costs more at the start of a window than at its end, as a share
EARLY_OVERFLOW = 1e-3
#: prices of roles when curtailed energy is the only cost; cutting must-run output stays the last resort it is, and
#: letting stored energy go is no way to curtail less
OBJECTIVE_PRICES = {"curtailed": 1.0, "overflow": 2.0, "must_run_cut": 1000.0}


def skeleton_cost(system: System, steps: int, days: int, options: DispatchOptions) -> np.ndarray:
    """Cost of every variable of a window; stored energy at its end has a value. [CNY/MW, CNY/MWh]"""
    width = len(system.columns) + len(system.stores)
    if options.objective == "curtailment":
        price = np.array([OBJECTIVE_PRICES.get(str(r).split(".")[1], 0.0) for r in system.columns.role])
        slack, value = np.zeros(len(system.budgets)), 0.0
    else:
        price, slack = system.columns.cost_cny_per_mwh, system.budgets.slack_cost_cny_per_mwh
        value = options.penalties.stored_energy_value_cny_per_mwh
    cost = np.zeros((steps, width))
    cost[:, : len(system.columns)] = price * system.step_h
    # Early overflow is dearer by a trace, so that a store flows over when it is full and not some time before.
    over = system.stores.overflow[system.stores.overflow >= 0]
    cost[:, over] *= 1.0 + EARLY_OVERFLOW * (1.0 - np.arange(steps)[:, None] / steps)
    own = system.stores.end_value_cny_per_mwh
    cost[-1, len(system.columns) :] = -value if options.objective == "curtailment" else -np.where(own >= 0, own, value)
    return np.r_[cost.ravel(), np.tile(slack, days)]


class _Triplets:
    """Entries of a sparse matrix, collected with broadcasting."""

    def __init__(self) -> None:
        self.rows: list[np.ndarray] = []
        self.columns: list[np.ndarray] = []
        self.values: list[np.ndarray] = []

    def put(self, row: np.ndarray, column: np.ndarray, value: np.ndarray | float) -> None:
        r, c, v = np.broadcast_arrays(row, column, value)
        self.rows.append(r.ravel())
        self.columns.append(c.ravel())
        self.values.append(v.ravel())

    def matrix(self, shape: tuple[int, int]) -> sp.csr_array:
        where = (np.concatenate(self.rows), np.concatenate(self.columns))
        return sp.csr_array((np.concatenate(self.values), where), shape=shape)


def skeleton_matrix(system: System, steps: int, steps_per_day: int, days: int) -> sp.csr_array:
    """Rows of balance (step), stores (step, store) and budgets (day, budget)."""
    columns, stores, budgets = system.columns, system.stores, system.budgets
    width = len(columns) + len(stores)
    start = np.arange(steps)[:, None] * width
    entries = _Triplets()
    entries.put(np.arange(steps)[:, None], start + np.arange(len(columns)), columns.sign)
    k = np.arange(len(stores))
    row = steps + np.arange(steps)[:, None] * len(stores) + k
    energy = start + len(columns) + k
    entries.put(row, energy, 1.0)
    entries.put(row[1:], energy[:-1], -1.0)
    entries.put(row, start + stores.charge, -stores.efficiency_charge_pu * system.step_h)
    entries.put(row, start + stores.discharge, system.step_h / stores.efficiency_discharge_pu)
    has = stores.overflow >= 0
    entries.put(row[:, has], start + stores.overflow[has], system.step_h)
    first = steps + steps * len(stores)
    day = np.arange(steps) // steps_per_day
    for j in range(len(budgets)):
        entries.put(first + day * len(budgets) + j, start[:, 0] + budgets.column[j], system.step_h)
        d = np.arange(days)
        entries.put(first + d * len(budgets) + j, steps * width + d * len(budgets) + j, 1.0)
    return entries.matrix((first + days * len(budgets), steps * width + days * len(budgets)))


@dataclass(frozen=True)
class RowLabels:
    """What each fixed row is: ``kind`` (balance, store, budget, or what a later module adds), its step and its item.

    The item is the store or the budget; 0 for the balance.  The step of a budget is the first of its day.
    """

    kind: np.ndarray
    step: np.ndarray
    item: np.ndarray


def skeleton_labels(system: System, steps: int, steps_per_day: int, days: int, rows: int) -> RowLabels:
    """Labels of the rows of :func:`skeleton_matrix`; of ``rows`` rows those beyond it are ``other``."""
    stores, budgets = len(system.stores), len(system.budgets)
    at = np.arange(steps)
    parts = [
        ("balance", at, np.zeros(steps, dtype=int)),
        ("store", np.repeat(at, stores), np.tile(np.arange(stores), steps)),
        ("budget", np.repeat(np.arange(days) * steps_per_day, budgets), np.tile(np.arange(budgets), days)),
    ]
    known = sum(len(step) for _, step, _ in parts)
    parts.append(("other", np.zeros(rows - known, dtype=int), np.arange(rows - known)))
    return RowLabels(
        kind=np.concatenate([np.full(len(step), kind, dtype=object) for kind, step, _ in parts]),
        step=np.concatenate([step for _, step, _ in parts]),
        item=np.concatenate([item for _, _, item in parts]),
    )

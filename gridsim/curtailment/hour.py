"""One hour with everything that couples hours frozen: least curtailment under a few limits, equal shares."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from gridsim.dispatch import Dispatch
from gridsim.errors import NoOptimum
from gridsim.lp import Optimum, solve_once
from gridsim.qp import minimise_separable


@dataclass(frozen=True)
class HourProblem:
    """Free columns of one step: min sum c under balance, reserve and the given limits.

    Arrays over the free columns (``factor``: (limit, column)); ``demand_mw`` is what they must inject together.
    Ramps to the steps around are in the bounds; ``held`` (way, column) are the reserve rows, up and down, with their
    least value: what is short of reserve, and what stores hold, is frozen.  ``credit_mw`` (column,) counts as already
    cut there: what the city's stores take (:mod:`gridsim.dispatch.credit`).
    """

    step: int
    column: np.ndarray
    sign: np.ndarray
    lower_mw: np.ndarray
    upper_mw: np.ndarray
    is_cut: np.ndarray
    demand_mw: float
    factor: np.ndarray
    room_low_mw: np.ndarray
    room_up_mw: np.ndarray
    held: np.ndarray
    held_low_mw: np.ndarray
    credit_mw: np.ndarray

    @staticmethod
    def of(dispatch: Dispatch, step: int, limits: np.ndarray, free_roles: tuple[str, ...]) -> HourProblem:
        """Freeze every column whose role is not free at its value in the final dispatch."""
        columns, flows = dispatch.system.columns, dispatch.flows
        role = dispatch.column_role
        free = np.isin(role, free_roles)
        x = dispatch.column_mw[step]
        frozen = float((columns.sign * x)[~free].sum())
        factor = flows.coefficients(np.full(len(limits), step), limits)
        base = flows.base_mw[step, limits] + factor[:, ~free] @ x[~free]
        lower, upper = dispatch.free_bounds_mw
        reserve = dispatch.system.reserve
        held = np.zeros((0, free.sum())) if reserve is None else reserve.coefficient[:, free]
        return HourProblem(
            step=step,
            column=np.flatnonzero(free),
            sign=columns.sign[free],
            lower_mw=lower[step, free],
            upper_mw=upper[step, free],
            is_cut=role[free] == "curtailed",
            demand_mw=-float(dispatch.system.fixed_mw[step].sum()) - frozen,
            factor=factor[:, free],
            room_low_mw=flows.lower_mw[step, limits] - base,
            room_up_mw=flows.upper_mw[step, limits] - base,
            held=held,
            held_low_mw=held @ x[free] - dispatch.reserve_margin_mw[step],
            credit_mw=dispatch.credit_pu[step] * (columns.owned * columns.upper_mw[step])[free],
        )

    def least(self, upper: np.ndarray) -> Optimum | None:
        """The LP: least total curtailment with other upper bounds; rows are balance, limits, reserve."""
        matrix = sp.csc_array(np.vstack([self.sign, self.factor, self.held]))
        best, _ = solve_once(
            self.is_cut.astype(float),
            self.lower_mw,
            upper,
            matrix,
            np.r_[self.demand_mw, self.room_low_mw, self.held_low_mw],
            np.r_[self.demand_mw, self.room_up_mw, np.full(len(self.held), np.inf)],
        )
        return best


@dataclass(frozen=True)
class LeastCut:
    """Columns (free column,), and per limit its price in the LP and its multiplier in the share step."""

    x_mw: np.ndarray
    price: np.ndarray
    multiplier: np.ndarray


def least_curtailment(problem: HourProblem) -> LeastCut:
    """Columns of least total curtailment, and among those the ones with equal shares.

    Returns
    -------
    LeastCut

    Raises
    ------
    NoOptimum
        If the limits cannot be met at all (the final dispatch met them, so this is a defect).
    """
    cheapest = problem.least(problem.upper_mw)
    if cheapest is None:
        raise NoOptimum(f"step {problem.step}: the limits of the ledger's rung clash")
    free = problem.upper_mw - problem.lower_mw > 1e-9
    equality = np.vstack([problem.sign, problem.is_cut.astype(float)])
    rhs = np.array([problem.demand_mw, cheapest.objective])
    x, multiplier = _shares(problem, free, problem.lower_mw, problem.lower_mw, equality, rhs)
    if problem.credit_mw.any():
        free &= problem.is_cut
        x, multiplier = _shares(problem, free, x, problem.lower_mw - problem.credit_mw, equality, equality @ x)
    limits = len(problem.factor)
    return LeastCut(x, cheapest.row_dual[1 : 1 + limits], multiplier[:limits])


def _shares(
    problem: HourProblem,
    free: np.ndarray,
    otherwise: np.ndarray,
    target: np.ndarray,
    equality: np.ndarray,
    rhs: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Free columns with equal shares above their targets, the others as given; multipliers of limits and reserve."""
    fixed = np.where(free, 0.0, otherwise)
    rows = np.vstack([problem.factor, problem.held])
    offset = rows @ fixed
    low = np.r_[problem.room_low_mw, problem.held_low_mw]
    up = np.r_[problem.room_up_mw, np.full(len(problem.held), np.inf)]
    best = minimise_separable(
        1.0 / (problem.upper_mw - problem.lower_mw)[free],
        target[free],
        problem.lower_mw[free],
        problem.upper_mw[free],
        sp.csc_array(equality[:, free]),
        rhs - equality @ fixed,
        sp.csc_array(rows[:, free]),
        low - offset,
        up - offset,
    )
    if best is None:
        raise NoOptimum(f"step {problem.step}: the share step of the ledger was not solved")
    out = fixed.copy()
    out[free] = best.x
    return out, best.row_dual

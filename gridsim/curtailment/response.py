"""What curtailment answers to one more MW: the basis sensitivity of a day with equal shares.

The dispatch of a day solves a quadratic program on the optimal face of a linear one.  Near it the active set
does not change: columns between their bounds move, the others stay, and the rows of the day (balance of each hour,
limits in force, energy of each store between moments at which it is full or empty, energy of each hydro budget) hold as
equalities R dx = b.  With H = 2/size, w = 1 on curtailment and g the change of the gradient,

    dx = H^-1 (g - R' y),   (R H^-1 R') y = R H^-1 g - b,
    w'dx = s'b + (w - R's)' H^-1 g,   (R H^-1 R') s = R H^-1 w,

so one small system per day gives the answer to every hour, county and limit at once.  Stores and hydro move within
their day; what they hand over to the next, commitment, numbers of pumps, ramps and reserve stay.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from gridsim.dispatch import Dispatch
from gridsim.dispatch.machines import WHOLE_TOLERANCE, with_least_output

#: a column nearer to its bound than this is at it [MW]
AT_BOUND_MW = 1e-4
#: a stored energy nearer to its bound than this is at it [MWh]
AT_BOUND_MWH = 1e-3
#: combinations of rows that weaker ones make up are dropped: eigenvalue against the largest
_RANK = 1e-9
#: roles that may move; what is short of reserve, and spill, stay
_MOVING = (
    "generated", "reduced", "curtailed", "charge", "discharge", "overflow", "released", "unserved", "cut",
    "must_run_cut",
)  # fmt: skip


@dataclass(frozen=True)
class Activity:
    """Which columns of a dispatch can move, (time, column), and what is left of them.

    ``surplus`` adds curtailment that has not begun, in steps in which nothing else could take one more MW; ``room_mw``
    (time,) is what plant above its minimum and flexible imports could still give way by.
    """

    moves: np.ndarray
    surplus: np.ndarray
    room_mw: np.ndarray


@dataclass(frozen=True)
class DayResponse:
    """Answer of a day's curtailed energy to its right-hand sides and gradients.

    Attributes
    ----------
    steps : ndarray of int
        Steps of the day.
    balance : ndarray (functional, step)
        MW of curtailment (over the day, in MW x steps) per MW that the columns must give more in a step.
    limit_step, limit : ndarray of int (row,)
        Limits in force.
    by_limit : ndarray (functional, row)
        Per MW by which the flow of a limit must rise.
    by_gradient : ndarray (functional, step, column)
        Per unit by which the gradient of a column falls.
    """

    steps: np.ndarray
    balance: np.ndarray
    limit_step: np.ndarray
    limit: np.ndarray
    by_limit: np.ndarray
    by_gradient: np.ndarray


def activity(dispatch: Dispatch, *, whole_pumps: bool) -> Activity:
    """Columns that can move at a dispatch.

    Parameters
    ----------
    dispatch : Dispatch
    whole_pumps : bool
        Whether pumps run at whole numbers: their power stays then.
    """
    columns, stores, x = dispatch.system.columns, dispatch.system.stores, dispatch.column_mw
    lower, upper = dispatch.free_bounds_mw
    role = dispatch.column_role
    moves = np.isin(role, _MOVING) & (x > lower + AT_BOUND_MW) & (x < upper - AT_BOUND_MW)
    if whole_pumps:
        moves[:, stores.charge[stores.machines > 0]] = False
        for k in np.flatnonzero(with_least_output(stores)):
            column, most = stores.discharge[k], stores.machine_max_mw[k]
            running = np.ceil(x[:, column] / most - WHOLE_TOLERANCE)
            inside = (x[:, column] > running * stores.machine_min_mw[k] + AT_BOUND_MW) & (
                x[:, column] < running * most - AT_BOUND_MW
            )
            moves[:, column] &= inside
    plant, imports, cut = (role == r for r in ("generated", "reduced", "curtailed"))
    room = (x - lower)[:, plant].sum(axis=1) + (upper - x)[:, imports].sum(axis=1)
    stuck = ~(moves & (columns.sign != 0.0)).any(axis=1) & (room <= AT_BOUND_MW)
    surplus = moves | (stuck[:, None] & cut & (upper > x + AT_BOUND_MW))
    return Activity(moves, surplus, np.maximum(room, 0.0))


def day_response(dispatch: Dispatch, steps: np.ndarray, moves: np.ndarray, functional: np.ndarray) -> DayResponse:
    """Solve the small system of one day.

    Parameters
    ----------
    steps : ndarray of int
        Consecutive steps of one day.
    moves : ndarray of bool (time, column)
        See :func:`activity`.
    functional : ndarray (functional, column)
        Weights of the columns, e.g. 1 on the city's curtailment.
    """
    columns, binding = dispatch.system.columns, dispatch.binding
    first, count = int(steps[0]), len(steps)
    at_step = binding["step"].to_numpy(dtype=int)
    mine = np.flatnonzero((at_step >= first) & (at_step < first + count))
    limit_step, limit = at_step[mine] - first, binding["limit"].to_numpy(dtype=int)[mine]
    t, k = np.nonzero(moves[steps])
    size = np.maximum((columns.upper_mw - columns.lower_mw)[steps][t, k], 1e-9)
    position = np.full((count, len(columns)), -1)
    position[t, k] = np.arange(len(t))
    rows = _rows(dispatch, steps, position, len(t), limit_step, limit)
    inverse = size / 2.0
    scaled = rows.multiply(inverse[None, :]).tocsr()
    weight = functional[:, k]
    s = _solve((scaled @ rows.T).toarray(), scaled @ weight.T)
    gradient = np.zeros((len(functional), count, len(columns)))
    gradient[:, t, k] = (weight - (rows.T @ s).T) * inverse
    return DayResponse(steps, s[:count].T, limit_step, limit, s[count : count + len(limit)].T, gradient)


def _solve(matrix: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Least-norm solution of a symmetric system; rows that nothing moves get zero."""
    scale = np.sqrt(np.diag(matrix))
    used = scale > 0.0
    out = np.zeros_like(right)
    if not used.any():
        return out
    d = 1.0 / scale[used]
    value, vector = np.linalg.eigh(matrix[np.ix_(used, used)] * d[:, None] * d[None, :])
    kept = value > _RANK * value[-1]
    v = vector[:, kept]
    out[used] = d[:, None] * (v @ ((v.T @ (d[:, None] * right[used])) / value[kept, None]))
    return out


def _rows(
    dispatch: Dispatch,
    steps: np.ndarray,
    position: np.ndarray,
    size: int,
    limit_step: np.ndarray,
    limit: np.ndarray,
) -> sp.csr_array:
    """Balance of each step, limits in force, energies of stores and budgets over the moving columns."""
    columns = dispatch.system.columns
    t, k = np.nonzero((position >= 0) & (columns.sign != 0.0))
    parts = [(t, position[t, k], columns.sign[k])]
    if len(limit):
        factor = dispatch.flows.coefficients(steps[limit_step], limit)
        r, c = np.nonzero(factor)
        there = position[limit_step[r], c]
        inside = there >= 0
        parts.append((len(steps) + r[inside], there[inside], factor[r, c][inside]))
    count = len(steps) + len(limit)
    for maker in (_store_rows, _budget_rows):
        found, more = maker(dispatch, steps, position, count)
        parts += found
        count += more
    row, column, value = (np.concatenate([p[i] for p in parts]) for i in range(3))
    return sp.csr_array((value, (row, column)), shape=(count, size))


Part = tuple[np.ndarray, np.ndarray, np.ndarray]


def _store_rows(dispatch: Dispatch, steps: np.ndarray, position: np.ndarray, first: int) -> tuple[list[Part], int]:
    """One row per store and stretch between moments at which its energy cannot move: full, empty, end of the day."""
    stores, parts, count = dispatch.system.stores, [], 0
    energy = dispatch.energy_mwh.to_numpy()[steps]
    for s in range(len(stores)):
        fixed = (energy[:, s] <= stores.min_energy_mwh[s] + AT_BOUND_MWH) | (
            energy[:, s] >= stores.max_energy_mwh[s] - AT_BOUND_MWH
        )
        fixed[-1] = True
        stretch = np.cumsum(np.r_[0, fixed[:-1].astype(int)])
        flows = [(stores.charge[s], stores.efficiency_charge_pu[s])]
        flows += [(stores.discharge[s], -1.0 / stores.efficiency_discharge_pu[s])]
        flows += [(stores.overflow[s], -1.0)] if stores.overflow[s] >= 0 else []
        for column, factor in flows:
            t = np.flatnonzero(position[:, column] >= 0)
            parts.append((first + count + stretch[t], position[t, column], np.full(len(t), factor)))
        count += int(stretch[-1]) + 1
    return parts, count


def _budget_rows(dispatch: Dispatch, steps: np.ndarray, position: np.ndarray, first: int) -> tuple[list[Part], int]:
    """Energy of the day of each budget that uses all of it; one that leaves energy out is free."""
    budgets, step_h, parts = dispatch.system.budgets, dispatch.system.step_h, []
    day = int(steps[0]) // round(24.0 / step_h)
    for b in range(len(budgets)):
        column = int(budgets.column[b])
        left = budgets.energy_mwh[day, b] - step_h * dispatch.column_mw[steps, column].sum()
        t = np.flatnonzero(position[:, column] >= 0) if left <= AT_BOUND_MWH else np.zeros(0, dtype=int)
        parts.append((np.full(len(t), first + b), position[t, column], np.ones(len(t))))
    return parts, len(budgets)

"""Who is cut: among all optimal schedules of a window, the one with equal shares.

The LP gives a vertex of the optimal face; which plant is cut there is accidental.  Any one dual optimum
names the face exactly: columns with a reduced cost stay at their bound; limits, ramps and reserve rows with a
price hold as equalities, those without stay inequalities (added when the shares run into them).  On the face

    Phi = sum_t sum_k (x_kt - lower_kt)^2 / (upper_kt - lower_kt)

is minimised: curtailment c^2/a, storage q^2/P, plant (g - min)^2 / (max - min).  Every term is
q^2 / size, so splitting, renaming, reordering and zero-size units change nothing, and the cost of the
schedule is untouched.  In a step without a network row in force all curtailment moves as one variable
(c = rho * a), which keeps the programs small.

With ``sharing_tolerance_cny`` above zero that much of the window's cost may be given up for more equal shares: the face
is left, every limit is an inequality, and the cost of the window is one more row.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from gridsim.dispatch.window import DUAL_TOLERANCE, WindowLP, WindowState
from gridsim.errors import NoOptimum
from gridsim.lp import INF
from gridsim.qp import QuadraticOptimum, minimise_separable

#: a store that charges or discharges less than this stands still
RUNNING_MW = 1e-7
#: weight of everything but curtailment where equal shares may cost something
OTHER_TERMS = 1e-4
#: most rounds of adding limits that the shares run into
MOST_ROUNDS = 12


@dataclass(frozen=True)
class SharedState:
    """Schedule of a window with equal shares, and the multipliers of the network rows in the share step."""

    x_mw: np.ndarray
    energy_mwh: np.ndarray
    row_step: np.ndarray
    row_limit: np.ndarray
    row_multiplier: np.ndarray
    rounds: int


@dataclass(frozen=True)
class _Layout:
    """Variables of the QP: which column (or group of columns) of which step each one stands for."""

    number: np.ndarray  # (step, column) -> variable, -1 where fixed
    share: np.ndarray  # (step, column) -> column = lower + share * (variable - lower_v); 1 when alone
    energy: np.ndarray  # (step, store) -> variable, -1 where fixed
    slack: np.ndarray  # (day * budget) -> variable, -1 where fixed
    size: int


def share(window: WindowLP, state: WindowState) -> SharedState:
    """Schedule with equal shares on the optimal face of a solved window.

    Raises
    ------
    NoOptimum
        If the quadratic program is not solved or shares keep running into new limits.
    """
    free = window.options.sharing_tolerance_cny > 0.0
    priced = np.abs(state.row_dual) > DUAL_TOLERANCE
    step, limit = state.row_step[priced], state.row_limit[priced]
    held = np.full(len(step), not free)
    side = np.sign(state.row_dual[priced])
    for rounds in range(1, MOST_ROUNDS + 1):
        x, energy, multiplier = _solve(window, state, step, limit, held, side)
        t, k = window.violated(state.steps, x, energy)
        there = set(zip(step.tolist(), limit.tolist()))
        new = np.array([(a, b) not in there for a, b in zip(t.tolist(), k.tolist())], dtype=bool)
        if not new.any():
            return SharedState(x, energy, step, limit, multiplier, rounds)
        window.add_rows(state.steps, t[new], k[new])
        step, limit = np.r_[step, t[new]], np.r_[limit, k[new]]
        held, side = np.r_[held, np.full(new.sum(), False)], np.r_[side, np.zeros(new.sum())]
    raise NoOptimum(
        f"equal shares from step {state.steps[0]} on keep running into new limits after {MOST_ROUNDS} rounds"
    )


def _layout(window: WindowLP, state: WindowState, crowded: np.ndarray) -> _Layout:
    """Number the free variables; curtailment is one variable in steps that are not crowded by network rows."""
    columns = window.system.columns
    # what is allowed to cost something may leave the optimal face
    still = np.inf if window.options.sharing_tolerance_cny > 0.0 else DUAL_TOLERANCE
    free = (np.abs(state.x_cost) <= still) & (state.upper_mw > state.lower_mw + 1e-9)
    stores = window.system.stores
    charge, discharge = state.x_mw[:, stores.charge], state.x_mw[:, stores.discharge]
    both = free[:, stores.charge] & free[:, stores.discharge]
    pumping = charge >= discharge
    # A store keeps the direction the LP gave it, also where only the other side is free to move.
    free[:, stores.discharge] &= ~((both & pumping) | (charge > RUNNING_MW))
    free[:, stores.charge] &= ~((both & ~pumping) | (discharge > RUNNING_MW))
    grouped = np.array([str(r).endswith(".curtailed") for r in columns.role])
    number = np.full(free.shape, -1)
    part = np.ones(free.shape)
    together = free & grouped & ~crowded[:, None]
    alone = free & ~together
    count = int(alone.sum())
    number[alone] = np.arange(count)
    steps = np.flatnonzero(together.any(axis=1))
    room = np.where(together, state.upper_mw - state.lower_mw, 0.0)
    total = room.sum(axis=1)
    for i, t in enumerate(steps):
        number[t, together[t]] = count + i
        part[t, together[t]] = room[t, together[t]] / total[t]
    count += len(steps)
    e_free = (np.abs(state.energy_cost) <= still) & (state.energy_upper_mwh > state.energy_lower_mwh + 1e-9)
    energy = np.full(e_free.shape, -1)
    energy[e_free] = count + np.arange(e_free.sum())
    count += int(e_free.sum())
    s_free = np.abs(state.slack_cost) <= still
    slack = np.full(len(s_free), -1)
    slack[s_free] = count + np.arange(s_free.sum())
    return _Layout(number, part, energy, slack, count + int(s_free.sum()))


def _solve(
    window: WindowLP, state: WindowState, step: np.ndarray, limit: np.ndarray, held: np.ndarray, side: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """One quadratic program; returns columns, energies and the multipliers of the network rows."""
    crowded = np.zeros(window.steps, dtype=bool)
    crowded[step[limit >= 0]] = True  # ramps and reserve do not tell curtailments apart
    layout = _layout(window, state, crowded)
    if layout.size == 0:
        return state.x_mw, state.energy_mwh, np.zeros(len(step))
    weight, target, lower, upper = _bounds(window, state, layout)
    base_x = np.where(layout.number < 0, state.x_mw, 0.0)
    base_e = np.where(layout.energy < 0, state.energy_mwh, 0.0)
    to_variables, fixed = _restriction(state, layout, base_x, base_e)
    equality, rhs = _equalities(window, state, to_variables, fixed)
    network, low, up = _network_rows(window, state, to_variables, fixed, step, limit)
    fixed_value = np.where(side < 0, up, low)[held]  # a negative price belongs to the upper limit
    cost, most = _cost_row(window, state, to_variables, fixed)
    best = minimise_separable(
        weight,
        target,
        lower,
        upper,
        sp.csc_array(sp.vstack([equality, network[held]])),
        np.r_[rhs, fixed_value],
        sp.csc_array(sp.vstack([network[~held], cost])),
        np.r_[low[~held], np.full(len(most), -INF)],
        np.r_[up[~held], most],
    )
    if best is None:
        raise NoOptimum(f"the share step from step {state.steps[0]} on was not solved")
    return (*_unpack(layout, best.x, base_x, base_e), _multipliers(best, held, len(rhs)))


def _bounds(
    window: WindowLP, state: WindowState, layout: _Layout
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    n = layout.size
    lower, upper, weight = np.zeros(n), np.zeros(n), np.zeros(n)
    at = layout.number >= 0
    np.add.at(lower, layout.number[at], state.lower_mw[at])
    np.add.at(upper, layout.number[at], state.upper_mw[at])
    flows = np.unique(layout.number[at])
    weight[flows] = 1.0 / (upper[flows] - lower[flows])
    if window.options.sharing_tolerance_cny > 0.0:
        # the cost given up is for equal curtailment; the other terms only keep the schedule unique
        cut = [str(r).endswith(".curtailed") for r in window.system.columns.role]
        weight[np.setdiff1d(flows, layout.number[:, cut])] *= OTHER_TERMS
    target = lower.copy()
    e = layout.energy >= 0
    lower[layout.energy[e]], upper[layout.energy[e]] = state.energy_lower_mwh[e], state.energy_upper_mwh[e]
    s = layout.slack >= 0
    upper[layout.slack[s]] = 1e9
    weight[layout.slack[s]] = 1.0 / (1.0 + state.slack_mwh[s])
    return weight, target, lower, upper


def _restriction(
    state: WindowState, layout: _Layout, base_x: np.ndarray, base_e: np.ndarray
) -> tuple[sp.csr_array, np.ndarray]:
    """All variables of the window = matrix @ free variables + fixed part."""
    fixed = np.r_[np.hstack([base_x, base_e]).ravel(), np.where(layout.slack < 0, state.slack_mwh, 0.0)]
    names = np.r_[np.hstack([layout.number, layout.energy]).ravel(), layout.slack]
    parts = np.r_[np.hstack([layout.share, np.ones_like(base_e)]).ravel(), np.ones(len(layout.slack))]
    free = np.flatnonzero(names >= 0)
    return sp.csr_array((parts[free], (free, names[free])), shape=(len(names), layout.size)), fixed


def _equalities(
    window: WindowLP, state: WindowState, to_variables: sp.csr_array, fixed: np.ndarray
) -> tuple[sp.csr_array, np.ndarray]:
    """Balance, store and budget rows restricted to the free variables; the fixed part moves to the right."""
    rows, rhs = window.fixed_matrix, window.fixed_rhs(state.steps, state.initial_mwh)
    reduced = sp.csr_array(rows @ to_variables)
    used = np.diff(reduced.indptr) > 0
    return reduced[used], (rhs - rows @ fixed)[used]


def _network_rows(
    window: WindowLP,
    state: WindowState,
    to_variables: sp.csr_array,
    fixed: np.ndarray,
    step: np.ndarray,
    limit: np.ndarray,
) -> tuple[sp.csr_array, np.ndarray, np.ndarray]:
    """Rows of limits, ramps and reserve restricted to the free variables, and their bounds."""
    rows = window.coefficients(state.steps, step, limit)
    low, up = window.limit_bounds(state.steps, step, limit)
    there = rows @ fixed
    return sp.csr_array(rows @ to_variables), low - there, up - there


def _cost_row(
    window: WindowLP, state: WindowState, to_variables: sp.csr_array, fixed: np.ndarray
) -> tuple[sp.csr_array, np.ndarray]:
    """Cost of the window over the free variables and the most it may be, in thousand CNY; no row without tolerance."""
    given_up = window.options.sharing_tolerance_cny
    if given_up <= 0.0:
        return sp.csr_array((0, to_variables.shape[1])), np.zeros(0)
    row = sp.csr_array(sp.csr_array(window.cost[None, :] / 1e3) @ to_variables)
    return row, np.array([(state.objective_cny + given_up - window.cost @ fixed) / 1e3])


def _unpack(
    layout: _Layout, values: np.ndarray, base_x: np.ndarray, base_e: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    x, energy = base_x.copy(), base_e.copy()
    at, e = layout.number >= 0, layout.energy >= 0
    x[at] = layout.share[at] * values[layout.number[at]]
    energy[e] = values[layout.energy[e]]
    return x, energy


def _multipliers(best: QuadraticOptimum, held: np.ndarray, equalities: int) -> np.ndarray:
    out = np.zeros(len(held))
    out[held] = best.equality_dual[equalities:]
    out[~held] = best.row_dual[: (~held).sum()]
    return out

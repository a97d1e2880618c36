"""Whose relief it is when the city's stores charge: equal shares with a credit for the city's plants.

A share s of the charging power P_t of a store (its ``credited_pu``) counts as if it had been cut already at the
city's plants (the ``owned`` columns), in proportion to what they could be cut:

    q_p = a_p * k_t,   k_t = sum_stores s P_t / sum_owned a,       minimise  sum_p (c_p + q_p)^2 / a_p,   0 <= c <= a.

Without a limit in force c = max(0, rho a - q).  Everything but curtailment stays what the equal shares without credit
made it: the schedule of every store and plant, the curtailment of every step, the cost.  Limits with a price are held
at their flow, the others stay inequalities.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from gridsim.dispatch.share import MOST_ROUNDS, SharedState, share
from gridsim.dispatch.state import WindowState
from gridsim.dispatch.system import System
from gridsim.dispatch.window import DUAL_TOLERANCE, WindowLP
from gridsim.errors import NoOptimum
from gridsim.qp import minimise_separable

#: credit of a plant that has next to nothing left to cut, against that; more would only spoil the scaling
MOST_CREDIT_PU = 100.0
#: curtailment of a step below this is rounding of the solver [MW]
SMALLEST_MW = 1e-6


def credited_share(window: WindowLP, state: WindowState) -> SharedState:
    """Equal shares on the optimal face, then the curtailment of each step with the credit of the city's stores.

    Raises
    ------
    NoOptimum
        As :func:`gridsim.dispatch.share.share`.
    """
    equal = share(window, state)
    ratio = credit_pu(window.system, state.steps, equal.x_mw)
    return _credited(window, state, equal, ratio) if ratio.any() else equal


def credit_pu(system: System, steps: np.ndarray, x_mw: np.ndarray) -> np.ndarray:
    """Credited charging power over what the city's plants could be cut, k_t of columns (step, column)."""
    credited = x_mw[:, system.stores.charge] @ system.stores.credited_pu
    room = system.columns.upper_mw[steps] @ system.columns.owned
    ratio = np.divide(credited, room, out=np.zeros(len(room)), where=room > SMALLEST_MW)
    return np.clip(ratio, 0.0, MOST_CREDIT_PU)


def owned_part(cut: np.ndarray, owned: np.ndarray, others: np.ndarray, ratio: np.ndarray) -> np.ndarray:
    """How much of a cut the city takes when no limit is in force.

    The shares of the two groups are (O + Q) / A and (C - O) / B at the optimum, Q = k A, as far as 0 <= O <= A and
    0 <= C - O <= B allow: one convex term in O, so its minimum is clipped.

    Parameters
    ----------
    cut, owned, others : ndarray
        C, and what the city's plants (A) and the others (B) could be cut, of equal shape. [MW]
    ratio : ndarray
        k, credit over A.
    """
    total = owned + others
    even = np.divide((cut + ratio * owned) * owned, total, out=np.zeros_like(total), where=total > 0)
    return np.clip(even - ratio * owned, np.maximum(cut - others, 0.0), np.minimum(owned, cut))


def _credited(window: WindowLP, state: WindowState, equal: SharedState, ratio: np.ndarray) -> SharedState:
    """Cut each step anew; limits that the new shares run into join."""
    columns = window.system.columns
    cut = np.array([str(r).endswith(".curtailed") for r in columns.role])
    free = cut & (np.abs(state.x_cost) <= DUAL_TOLERANCE) & (state.upper_mw > state.lower_mw + 1e-9)
    again = np.flatnonzero((ratio > 0.0) & ((equal.x_mw * free).sum(axis=1) > SMALLEST_MW))
    x, step, limit = equal.x_mw.copy(), equal.row_step, equal.row_limit
    multiplier = equal.row_multiplier.copy()
    priced = np.abs(state.row_dual) > DUAL_TOLERANCE
    held_keys = set(zip(state.row_step[priced].tolist(), state.row_limit[priced].tolist()))
    for rounds in range(1, MOST_ROUNDS + 1):
        held = np.array([key in held_keys for key in zip(step.tolist(), limit.tolist())], dtype=bool)
        for t in again:
            rows = np.flatnonzero((step == t) & (limit >= 0))
            x[t, free[t]], multiplier[rows] = _step(
                window, state, equal, int(t), free[t], ratio[t], limit[rows], held[rows]
            )
        found, k = window.violated(state.steps, x, equal.energy_mwh)
        there = set(zip(step.tolist(), limit.tolist()))
        new = np.array([key not in there for key in zip(found.tolist(), k.tolist())], dtype=bool)
        if not new.any():
            return SharedState(x, equal.energy_mwh, step, limit, multiplier, equal.rounds + rounds)
        # not rows of the window: what its LP goes through next must not depend on the credit
        step, limit = np.r_[step, found[new]], np.r_[limit, k[new]]
        multiplier = np.r_[multiplier, np.zeros(new.sum())]
        again = np.intersect1d(again, found[new])
    raise NoOptimum(
        f"the credit of stores from step {state.steps[0]} on keeps running into new limits after {MOST_ROUNDS} rounds"
    )


def _step(
    window: WindowLP,
    state: WindowState,
    equal: SharedState,
    t: int,
    free: np.ndarray,
    ratio: float,
    limit: np.ndarray,
    held: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Curtailment of the free columns of one step, and the multipliers of its limits."""
    owned, low = window.system.columns.owned[free], state.lower_mw[t, free]
    room, before = state.upper_mw[t, free] - low, equal.x_mw[t, free]
    if not len(limit):
        inside, total = room * owned, room.sum()
        mine = float(
            owned_part(*(np.array(v) for v in ((before - low).sum(), inside.sum(), total - inside.sum(), ratio)))
        )
        rest = (before - low).sum() - mine
        part = np.where(owned, mine / max(inside.sum(), 1e-9), rest / max(total - inside.sum(), 1e-9))
        return low + np.minimum(part, 1.0) * room, np.zeros(0)
    rows = sp.csr_array(window.coefficients(state.steps, np.full(len(limit), t), limit))
    mine_at = t * window.width + np.flatnonzero(free)
    variables = np.r_[np.hstack([equal.x_mw, equal.energy_mwh]).ravel(), state.slack_mwh]
    factor = rows[:, mine_at].toarray()
    there, others = factor @ before, rows @ variables - factor @ before
    lower, upper = window.limit_bounds(state.steps, np.full(len(limit), t), limit)
    # the equal shares meet the limits up to rounding, and must stay feasible here
    lower, upper = np.minimum(lower - others, there), np.maximum(upper - others, there)
    best = minimise_separable(
        1.0 / room,
        low - ratio * room * owned,
        low,
        state.upper_mw[t, free],
        sp.csc_array(np.vstack([np.ones(len(room)), factor[held]])),
        np.r_[before.sum(), there[held]],
        sp.csc_array(factor[~held]),
        lower[~held],
        upper[~held],
    )
    if best is None:
        raise NoOptimum(f"the credit of stores in step {state.steps[t]} was not solved")
    multiplier = np.zeros(len(limit))
    multiplier[held], multiplier[~held] = best.equality_dual[1:], best.row_dual
    return best.x, multiplier

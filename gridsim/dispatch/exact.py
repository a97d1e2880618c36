"""The mixed-integer program of a window: whole machines and directions, with a proven gap.

Added to the window LP for a store of N machines, pump power P, turbine range [min, max] of one machine:

    charge = P n,  n in {0..N};     m min <= discharge <= m max,  m in {0..N}  (only with a least output);
    charge <= U u,  discharge <= D (1 - u),  u in {0, 1}             (only for steps in which a solution did both).

Directions and network limits are added when a solution breaks them, so what was solved is a relaxation of what
is asked: its bound holds.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from gridsim.dispatch.directions import both_ways
from gridsim.dispatch.machines import Machines, hold, with_least_output
from gridsim.dispatch.state import WindowState, WindowTask
from gridsim.dispatch.system import StoreColumns
from gridsim.dispatch.window import WindowLP
from gridsim.errors import NoOptimum
from gridsim.lp import INF

#: most rounds of adding directions and limits
MOST_ROUNDS = 30


@dataclass(frozen=True)
class _Integers:
    """Numbering of the whole variables: charging, generating (step, store) and directions; -1 where there is none."""

    charging: np.ndarray
    generating: np.ndarray
    direction: np.ndarray
    upper: np.ndarray


def solve_exact(
    window: WindowLP, task: WindowTask, kept: int, known: WindowState | None, gap_cny: float
) -> tuple[WindowState, float]:
    """Cheapest schedule of a window: whole machines in its first ``kept`` steps, one direction per step and store.

    Parameters
    ----------
    task : WindowTask
        The window with nothing decided.
    known : WindowState or None
        A schedule with whole machines to begin with.
    gap_cny : float
        Most that the objective may lie above the bound.

    Returns
    -------
    state : WindowState
        LP solution with the numbers and directions fixed.
    bound_cny : float
        No schedule costs less.

    Raises
    ------
    NoOptimum
        If the gap is not proven, or no schedule with whole machines exists.
    """
    stores, options = window.system.stores, window.options.storage
    pairs = np.zeros((window.steps, len(stores)), dtype=bool)
    bound = -np.inf
    for _ in range(MOST_ROUNDS):
        window.load(task)
        integers = _number(stores, kept, pairs)
        found, verdict = window.program.solve_integer(
            *_links(window, task, integers),
            integers.upper,
            gap_absolute=0.9 * gap_cny,  # the rest is for limits that come later
            time_limit_s=options.time_limit_s,
            start=None if known is None else _start(window, known, integers),
        )
        if found is None:
            raise NoOptimum(f"whole machines, window from step {task.steps[0]} to {task.steps[-1]}: {verdict}")
        bound = max(bound, found.bound)
        values = found.x[: len(found.x) - len(integers.upper)]
        x = window.unpack(values)[0]
        both = both_ways(stores, x) & ~pairs
        if both.any():
            pairs |= both
            continue
        state = _fixed(window, task, x, found.x[len(values) :], integers, pairs)
        if state is not None and state.objective_cny - bound <= gap_cny + 1e-9 * abs(bound):
            return state, bound
        known = state if state is not None else known
    left = np.inf if known is None else known.objective_cny - bound
    raise NoOptimum(
        f"whole machines, window from step {task.steps[0]} to {task.steps[-1]}: gap of {left:.6g} CNY left after "
        f"{MOST_ROUNDS} rounds of added limits (asked {gap_cny:g})"
    )


def _number(stores: StoreColumns, kept: int, pairs: np.ndarray) -> _Integers:
    early = np.arange(len(pairs))[:, None] < kept
    kinds = (early & (stores.machines > 0), early & with_least_output(stores), pairs)
    numbers, count = [], 0
    for there in kinds:
        number = np.full(pairs.shape, -1)
        number[there] = count + np.arange(there.sum())
        count += int(there.sum())
        numbers.append(number)
    most = np.broadcast_to(stores.machines, pairs.shape).astype(float)
    upper = np.r_[most[kinds[0]], most[kinds[1]], np.ones(int(pairs.sum()))]
    charging, generating, direction = numbers
    return _Integers(charging, generating, direction, upper)


def _links(window: WindowLP, task: WindowTask, integers: _Integers) -> tuple[sp.csr_array, np.ndarray, np.ndarray]:
    """Rows that tie powers to whole variables: matrix over all variables, lower and upper bounds."""
    stores, n = window.system.stores, window.fixed_matrix.shape[1]
    entries: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    low: list[np.ndarray] = []
    up: list[np.ndarray] = []
    count = 0

    def tie(numbers: np.ndarray, columns: np.ndarray, factor: np.ndarray, lower: object, upper: object) -> None:
        """Rows  lower <= power + factor * whole <= upper  wherever there is a whole variable."""
        nonlocal count
        t, s = np.nonzero(numbers >= 0)
        rows = count + np.arange(len(t))
        entries.append((rows, t * window.width + columns[s], np.ones(len(t))))
        entries.append((rows, n + numbers[t, s], np.broadcast_to(factor, numbers.shape)[t, s]))
        low.append(np.broadcast_to(np.asarray(lower, dtype=float), numbers.shape)[t, s])
        up.append(np.broadcast_to(np.asarray(upper, dtype=float), numbers.shape)[t, s])
        count += len(t)

    tie(integers.charging, stores.charge, -stores.machine_charge_mw, 0.0, 0.0)
    tie(integers.generating, stores.discharge, -stores.machine_max_mw, -INF, 0.0)
    tie(integers.generating, stores.discharge, -stores.machine_min_mw, 0.0, INF)
    charge_mw, discharge_mw = task.upper_mw[:, stores.charge], task.upper_mw[:, stores.discharge]
    tie(integers.direction, stores.charge, -charge_mw, -INF, 0.0)
    tie(integers.direction, stores.discharge, discharge_mw, -INF, discharge_mw)
    rows, columns, values = (np.concatenate(part) for part in zip(*entries))
    matrix = sp.csr_array((values, (rows, columns)), shape=(count, n + len(integers.upper)))
    return matrix, np.concatenate(low), np.concatenate(up)


def _start(window: WindowLP, known: WindowState, integers: _Integers) -> np.ndarray:
    """A known schedule in the variables of the integer program."""
    stores = window.system.stores
    charge, discharge = known.x_mw[:, stores.charge], known.x_mw[:, stores.discharge]
    pumps = charge / np.where(stores.machines > 0, stores.machine_charge_mw, 1.0)
    turbines = np.ceil(discharge / np.where(stores.machine_max_mw > 0, stores.machine_max_mw, 1.0) - 1e-6)
    whole = np.zeros(len(integers.upper))
    for number, value in ((integers.charging, pumps), (integers.generating, turbines)):
        whole[number[number >= 0]] = np.round(value[number >= 0])
    there = integers.direction >= 0
    whole[integers.direction[there]] = charge[there] >= discharge[there]
    return np.r_[np.hstack([known.x_mw, known.energy_mwh]).ravel(), known.slack_mwh, whole]


def _fixed(
    window: WindowLP, task: WindowTask, x: np.ndarray, whole: np.ndarray, integers: _Integers, pairs: np.ndarray
) -> WindowState | None:
    """The LP with the numbers and directions of an integer solution; None where a limit not seen yet forbids them."""
    stores = window.system.stores

    def counts(number: np.ndarray) -> np.ndarray:
        return np.where(number >= 0, whole[number], -1).astype(int)

    held = hold(window, task, Machines(counts(integers.charging), counts(integers.generating)))
    for t, s in zip(*np.nonzero(pairs | (x[:, stores.charge] > 1e-6) | (x[:, stores.discharge] > 1e-6))):
        filling = x[t, stores.charge[s]] >= x[t, stores.discharge[s]]
        held.upper_mw[t, stores.discharge[s] if filling else stores.charge[s]] = 0.0
        held.lower_mw[t, stores.discharge[s] if filling else stores.charge[s]] = 0.0
    try:
        return window.solve_task(held, most_elastic=0)
    except NoOptimum:
        return None

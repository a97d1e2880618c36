"""A window with its machines decided: ``pumping`` = relaxed, rounded or exact.

*relaxed*: any power, as the LP gives it: a bound.  *rounded*: LP and shares, whole numbers of machines by the rules of
:mod:`gridsim.dispatch.machines` (the cheapest feasible of three ways), these fixed, LP and shares again.  *exact*: the
mixed-integer program with a proven gap, its numbers fixed, LP and shares as usual.  A window that no rounding fits is
solved as exact, and one whose rounding costs more than ``dear_cny``.  Steps beyond the kept part of a window stay
relaxed in every mode: they are only a guess of tomorrow, and are decided in the next window.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from gridsim.dispatch.exact import solve_exact
from gridsim.dispatch.machines import RULES, Machines, are_whole, hold, round_machines, undirected
from gridsim.dispatch.share import SharedState
from gridsim.dispatch.state import WindowState
from gridsim.dispatch.window import WindowLP
from gridsim.errors import NoOptimum

Split = Callable[[WindowLP, WindowState], SharedState]


@dataclass(frozen=True)
class Decided:
    """A window with its machines decided.

    ``relaxed_cny`` is the objective without directions and whole machines, ``directed_cny`` with directions alone,
    ``bound_cny`` what no schedule of the window undercuts; ``pumping`` says how the numbers were found: relaxed, whole
    (they were whole already), rounded, rounded_down or exact; ``iterations`` and ``rounds`` count all LPs solved.
    """

    state: WindowState
    shared: SharedState
    relaxed_cny: float
    directed_cny: float
    bound_cny: float
    pumping: str
    iterations: int
    rounds: int


def solve_window(
    window: WindowLP, start: int, initial_mwh: np.ndarray, final_step: int | None, kept: int, split: Split
) -> Decided:
    """Solve a window and decide the machines of its first ``kept`` steps.

    Parameters
    ----------
    start, initial_mwh, final_step
        As :meth:`gridsim.dispatch.window.WindowLP.solve`.
    split : callable
        The share step, applied to every solved window.

    Raises
    ------
    NoOptimum
        If the LP, the shares or (exact) the gap are not proven.
    """
    first = window.solve(start, initial_mwh, final_step)
    found = Decided(
        first,
        split(window, first),
        first.relaxed_cny,
        first.objective_cny,
        first.relaxed_cny,
        "relaxed",
        first.iterations,
        first.rounds,
    )
    stores, options = window.system.stores, window.options.storage
    asked_exact = options.pumping == "exact"
    if options.pumping == "relaxed" or not (asked_exact or stores.machines.any()):
        return found
    if are_whole(stores, found.shared.x_mw[:kept]) and not (asked_exact and first.direction_fixes):
        return replace(found, pumping="whole")
    rounded = _rounded(window, found, kept)
    if asked_exact or rounded.pumping == "relaxed":
        return _exact(window, found.state, rounded, kept, split, options.gap_cny)
    if rounded.state.objective_cny - rounded.directed_cny > options.dear_cny:
        try:
            return _exact(window, found.state, rounded, kept, split, max(options.gap_cny, 0.5 * options.dear_cny))
        except NoOptimum:
            pass  # dear, but feasible and with its gap stated
    return replace(rounded, shared=split(window, rounded.state))


def _rounded(window: WindowLP, found: Decided, kept: int) -> Decided:
    """The cheaper of rounding and rounding down, not shared yet; still relaxed if neither is feasible."""
    best = found
    tried: list[Machines] = []
    for rule in RULES:
        plan = round_machines(window, found.state, found.shared.x_mw, kept, rule)
        if any(plan.same(other) for other in tried):
            continue
        tried.append(plan)
        try:
            state = window.solve_task(hold(window, found.state, plan), most_elastic=0)
        except NoOptimum:
            continue
        best = _counted(best, state)
        cost = state.objective_cny
        if best.pumping == "relaxed" or cost < best.state.objective_cny - 1e-9 * abs(cost):
            best = replace(best, state=state, pumping=rule.name)
    return best


def _exact(window: WindowLP, first: WindowState, rounded: Decided, kept: int, split: Split, gap_cny: float) -> Decided:
    """The window by its integer program, begun from the rounded schedule where there is one."""
    known = None if rounded.pumping == "relaxed" else rounded.state
    state, bound = solve_exact(window, undirected(window, first), kept, known, gap_cny)
    return replace(
        _counted(rounded, state),
        state=state,
        shared=split(window, state),
        directed_cny=min(rounded.directed_cny, state.objective_cny),
        bound_cny=max(rounded.relaxed_cny, bound),
        pumping="exact",
    )


def _counted(found: Decided, state: WindowState) -> Decided:
    """With the work of one more solve."""
    return replace(found, iterations=found.iterations + state.iterations, rounds=found.rounds + state.rounds)

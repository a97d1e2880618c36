"""Window after window: stored energy handed over, what each leaves behind collected."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from gridsim.dispatch.credit import credited_share
from gridsim.dispatch.pumping import Decided, Split, solve_window
from gridsim.dispatch.share import SharedState
from gridsim.dispatch.window import DUAL_TOLERANCE, WindowLP, WindowState
from gridsim.options import DispatchOptions

#: more limits than any network has, outages included: step and limit of a row as one number
_LIMITS = 1 << 32
#: called with (steps done, steps in all)
Progress = Callable[[int, int], None]


@dataclass
class Trace:
    """What the windows leave behind, collected step by step.

    ``x`` (time, column), ``energy`` (time, store); one entry of ``binding`` and ``windows`` per window.
    """

    x: np.ndarray
    energy: np.ndarray
    binding: list[dict[str, np.ndarray]] = field(default_factory=list)
    windows: list[dict[str, float | str]] = field(default_factory=list)


def roll(window: WindowLP, options: DispatchOptions, progress: Progress | None) -> Trace:
    """Solve window after window, hand over the stored energy."""
    system = window.system
    steps, keep = system.steps, int(min(np.round(options.step_h / system.step_h), window.steps))
    if window.steps == steps:
        keep = steps
    trace = Trace(np.zeros((steps, len(system.columns))), np.zeros((steps, len(system.stores))))
    energy = window.initial_energy()
    for start in range(0, steps, keep):
        kept = min(keep, steps - start)
        window.couplings.hand_over(trace.x[start - 1] if start else None)
        # every window that reaches the end of the horizon knows the end state, or the last one may not reach it
        end = steps - 1 - start
        solved = solve_window(window, start, energy, end if end < window.steps else None, kept, split_of(options))
        state, shared = solved.state, solved.shared
        trace.x[start : start + kept] = shared.x_mw[:kept]
        trace.energy[start : start + kept] = shared.energy_mwh[:kept]
        energy = shared.energy_mwh[kept - 1]
        record(trace, window, solved, start, kept)
        window.forget_idle_rows(state)
        if progress:
            progress(start + kept, steps)
    return trace


def vertex(state: WindowState) -> SharedState:
    """The LP's own schedule, without the share step."""
    return SharedState(state.x_mw, state.energy_mwh, state.row_step, state.row_limit, np.zeros(len(state.row_step)), 0)


def split_of(options: DispatchOptions) -> Split:
    """The share step of the options."""
    return credited_share if options.share == "unique" else lambda _, state: vertex(state)


def record(trace: Trace, window: WindowLP, solved: Decided, start: int, kept: int) -> None:
    """Note what a window was and which limits were in force in its kept steps."""
    state, shared = solved.state, solved.shared
    trace.windows.append(
        {
            "window": len(trace.windows),
            "start": start,
            "pumping": solved.pumping,
            "objective_cny": state.objective_cny,
            "bound_cny": solved.bound_cny,
            "direction_gap_cny": solved.directed_cny - solved.relaxed_cny,
            "pumping_gap_cny": state.objective_cny - solved.directed_cny,
            "iterations": solved.iterations,
            "rounds": solved.rounds,
            "share_rounds": shared.rounds,
            "direction_fixes": state.direction_fixes,
            "network_rows": len(state.row_step),
        }
    )
    trace.binding.append(binding_rows(window, state, shared, start, kept))


def binding_rows(
    window: WindowLP, state: WindowState, shared: SharedState, start: int, kept: int
) -> dict[str, np.ndarray]:
    """Limits in force in the kept steps of a window: step, limit, dual_cny_per_mwh, share_multiplier, (row,) each."""
    own, given = state.row_limit >= 0, shared.row_limit >= 0  # ramps and reserve are no limits of the grid
    keys = _key(state.row_step[own], state.row_limit[own]), _key(shared.row_step[given], shared.row_limit[given])
    key, place = np.unique(np.concatenate(keys), return_inverse=True)
    dual, multiplier = np.zeros(len(key)), np.zeros(len(key))
    dual[place[: own.sum()]] = state.row_dual[own] / window.system.step_h
    multiplier[place[own.sum() :]] = shared.row_multiplier[given]
    step, limit = key // _LIMITS, key % _LIMITS
    found = (step < kept) & ((np.abs(dual) > DUAL_TOLERANCE) | (np.abs(multiplier) > 1e-7))
    columns = {"step": step + start, "limit": limit, "dual_cny_per_mwh": dual, "share_multiplier": multiplier}
    return {name: values[found] for name, values in columns.items()}


def _key(step: np.ndarray, limit: np.ndarray) -> np.ndarray:
    """One number per step and limit, in the order of both."""
    return step.astype(np.int64) * _LIMITS + limit

"""Tightened limits in a dispatch that is solved already: days solved again between the stored energies they had.

What the AC power flow finds overloaded although the dispatch kept its limit becomes a limit of rung 4: the factors of
the branch, bounds that count in the tightened steps only.  The days with such steps are solved again with equal
shares; stored energies at their start and end, commitment, numbers of machines and the ramps into the next day stay,
so that no other day is touched.  A limit no schedule can meet goes back to the smallest flow that can be reached.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from gridsim.dispatch.contingency import Contingencies, trips_of
from gridsim.dispatch.flows import TIGHTENED_RUNG, AddedLimit, FlowModel
from gridsim.dispatch.machines import WHOLE_TOLERANCE, Machines, hold, with_least_output
from gridsim.dispatch.result import Dispatch
from gridsim.dispatch.rolling import Trace, binding_rows, split_of
from gridsim.dispatch.solve import result_of
from gridsim.dispatch.state import WindowTask
from gridsim.dispatch.system import RampColumns, StoreColumns
from gridsim.dispatch.window import WindowLP
from gridsim.network import Network
from gridsim.options import DispatchOptions
from gridsim.profiles import Profiles

#: stored energy at the end of a day that is solved again may differ by this (rounding of the share step) [MWh]
SAME_ENERGY_MWH = 1e-6


@dataclass(frozen=True)
class Tightening:
    """Active flow that branches may carry in some steps; arrays (row,).

    Attributes
    ----------
    step, branch : ndarray of int
        Step, and position among the branches of the dispatch.
    flow_mw : ndarray
        New limit with the sign of the flow: positive is an upper limit, negative a lower one. [MW]
    """

    step: np.ndarray
    branch: np.ndarray
    flow_mw: np.ndarray

    def __len__(self) -> int:
        return len(self.step)


def with_tightened_limits(
    network: Network, profiles: Profiles, dispatch: Dispatch, tightening: Tightening, *, options: DispatchOptions
) -> Dispatch:
    """The dispatch with some limits tightened; only the days of these steps are solved again.

    Parameters
    ----------
    network : Network
    profiles : Profiles
        As the dispatch was solved with.
    dispatch : Dispatch
        May hold tightened limits already; where a new one is looser, the old one stays.
    tightening : Tightening
    options : DispatchOptions
        As the dispatch was solved with.

    Returns
    -------
    Dispatch
        Commitment and stored energies at the ends of days as before; ``windows`` are those of the first solution.

    Raises
    ------
    NoOptimum
        If a day has no proven optimum.
    """
    if not len(tightening):
        return dispatch
    system = dispatch.system
    flows = tightened_flows(dispatch, tightening)
    contingencies = Contingencies(system, dispatch.model, trips_of(network)) if flows.screens else None
    trace = Trace(dispatch.column_mw.copy(), dispatch.energy_mwh.to_numpy(copy=True))
    solved = np.zeros(system.steps, dtype=bool)
    split, windows = split_of(options), {}
    for start, count in _days(dispatch, tightening.step):
        if count not in windows:
            windows[count] = WindowLP(system, flows, replace(options, window_h=count * system.step_h), contingencies)
        window, here = windows[count], slice(start, start + count)
        window.couplings.hand_over(trace.x[start - 1] if start else None)
        state = window.solve_task(_between_ends(window, trace, start))
        shared = split(window, state)
        trace.x[here], trace.energy[here] = shared.x_mw, shared.energy_mwh
        trace.binding.append(binding_rows(window, state, shared, start, count))
        solved[here] = True
        window.forget_idle_rows(state)
    before = dispatch.binding[~solved[dispatch.binding["step"].to_numpy(dtype=int)]]
    trace.binding.insert(0, {name: before[name].to_numpy() for name in trace.binding[0]})
    found = result_of(profiles, options, system, flows, dispatch.model, dispatch.online, trace, window)
    return replace(found, windows=dispatch.windows)


def tightened_flows(dispatch: Dispatch, tightening: Tightening) -> FlowModel:
    """Flows of a dispatch, with room for further limits, and with tightened ones; limits only tighten."""
    kept = dispatch.flows
    limits = replace(kept.limits, lower_mw=kept.limits.lower_mw.copy(), upper_mw=kept.limits.upper_mw.copy())
    flows = replace(
        kept,
        limits=limits,
        lower_mw=kept.lower_mw.copy(),
        upper_mw=kept.upper_mw.copy(),
        examined=kept.examined.copy(),
        imposed=kept.imposed.copy(),
        watched=kept.watched.copy(),
        screens=[replace(s, taken=s.taken.copy()) for s in kept.screens],
        added=[],
        twins=list(kept.twins),
    )
    known = tightened_limits(dispatch)
    for branch in np.unique(tightening.branch).tolist():
        mine = tightening.branch == branch
        lower, upper = _bounds(dispatch, tightening.step[mine], tightening.flow_mw[mine])
        if branch not in known:
            flows.add([_added(dispatch, branch, lower, upper)])
            continue
        k = known[branch]
        for new, most, tight in ((lower, -1.0, "lower_mw"), (upper, 1.0, "upper_mw")):
            tighter = new * most < getattr(limits, tight)[:, k] * most
            for model in (limits, flows):
                getattr(model, tight)[tighter, k] = new[tighter]
        flows.examined[k] = False
    return flows


def tightened_limits(dispatch: Dispatch) -> dict[int, int]:
    """Branch -> its tightened limit, both as positions among the limits."""
    found = dispatch.flows.limits
    first: dict[tuple[str, str, str], int] = {}
    for k in range(len(dispatch.model)):
        first.setdefault((found.kind[k], found.name[k], found.side[k]), k)
    return {
        first[found.kind[k], found.name[k], found.side[k]]: int(k) for k in np.flatnonzero(found.rung == TIGHTENED_RUNG)
    }


def _bounds(dispatch: Dispatch, step: np.ndarray, flow_mw: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper limit of one branch, (time,) each; infinite where it is not tightened."""
    free = np.full(len(dispatch.index), np.inf)
    lower, upper = -free, free
    upper[step[flow_mw >= 0.0]] = flow_mw[flow_mw >= 0.0]
    lower[step[flow_mw < 0.0]] = flow_mw[flow_mw < 0.0]
    return lower, upper


def _added(dispatch: Dispatch, branch: int, lower: np.ndarray, upper: np.ndarray) -> AddedLimit:
    found = dispatch.flows.limits
    return AddedLimit(
        element=str(found.name[branch]),
        side=str(found.side[branch]),
        kind=str(found.kind[branch]),
        outage="",
        rung=TIGHTENED_RUNG,
        matrices=tuple(m[branch] for m in found.matrices),
        offsets_mw=tuple(float(o[branch]) for o in found.offsets_mw),
        columns=tuple(c[branch] for c in dispatch.flows.columns),
        base_mw=dispatch.flows.base_mw[:, branch],
        lower_mw=lower,
        upper_mw=upper,
    )


def _days(dispatch: Dispatch, steps: np.ndarray) -> Iterator[tuple[int, int]]:
    """First step and number of steps of the days that contain some steps; budgets of energy are those of days."""
    per_day = round(24.0 / dispatch.system.step_h)
    for day in np.unique(steps // per_day).tolist():
        yield day * per_day, min(per_day, dispatch.system.steps - day * per_day)


def _between_ends(window: WindowLP, trace: Trace, start: int) -> WindowTask:
    """A day with what ties it to the days around: stored energies at both ends, ramps, numbers of machines."""
    stores, system = window.system.stores, window.system
    before = trace.energy[start - 1] if start else window.initial_energy()
    task = window.task(start, np.clip(before, stores.min_energy_mwh, stores.max_energy_mwh), None)
    end = trace.energy[task.steps[-1]]
    task.energy_lower_mwh[-1] = np.clip(end - SAME_ENERGY_MWH, stores.min_energy_mwh, stores.max_energy_mwh)
    task.energy_upper_mwh[-1] = np.clip(end + SAME_ENERGY_MWH, stores.min_energy_mwh, stores.max_energy_mwh)
    x, after = trace.x[task.steps], int(task.steps[-1]) + 1
    if after < system.steps:
        for ramp in system.ramps:
            _keep_ramp(task, ramp, x[-1, ramp.columns].sum(), trace.x[after, ramp.columns].sum(), after)
    if window.options.storage.pumping == "relaxed":
        return task
    return hold(window, task, _machines(stores, x))


def _keep_ramp(task: WindowTask, ramp: RampColumns, present_mw: float, after_mw: float, after: int) -> None:
    """Bounds of a plant in the last step of a day between which it can reach its output of the next step, as it is.

    Cost segments fill in order, so bounds of their sum are bounds of each.
    """
    low, up = task.lower_mw[-1, ramp.columns], task.upper_mw[-1, ramp.columns]
    room = np.cumsum(up - low) - (up - low)
    least = min(after_mw - ramp.up_mw[after], present_mw) - low.sum()
    most = max(after_mw + ramp.down_mw[after], present_mw) - low.sum()
    task.lower_mw[-1, ramp.columns] = low + np.clip(least - room, 0.0, up - low)
    task.upper_mw[-1, ramp.columns] = low + np.clip(most - room, 0.0, up - low)


def _machines(stores: StoreColumns, x_mw: np.ndarray) -> Machines:
    """Numbers of machines of a schedule (step, column)."""
    some, least = stores.machines > 0, with_least_output(stores)
    size = np.where(some, stores.machine_charge_mw, 1.0)
    turbine = np.where(least, stores.machine_max_mw, 1.0)
    charging = np.round(x_mw[:, stores.charge] / size).astype(int)
    generating = np.ceil(x_mw[:, stores.discharge] / turbine - WHOLE_TOLERANCE).astype(int)
    return Machines(np.where(some, charging, -1), np.where(least, generating, -1))

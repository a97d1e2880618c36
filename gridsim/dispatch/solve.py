"""The production simulation: commitment, rolling windows, equal shares, result."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from gridsim.dispatch.contingency import Contingencies, outage_screens, trips_of
from gridsim.dispatch.credit import credited_share
from gridsim.dispatch.dc import Limits, limits, net_injections, widened
from gridsim.dispatch.flows import TIGHTENED_RUNG, FlowModel, flow_model
from gridsim.dispatch.plant import make_blocks
from gridsim.dispatch.pumping import Decided, Split, solve_window
from gridsim.dispatch.reserve import RESERVE, reserve_table
from gridsim.dispatch.result import Dispatch
from gridsim.dispatch.share import SharedState
from gridsim.dispatch.system import System, assemble
from gridsim.dispatch.window import DUAL_TOLERANCE, WindowLP, WindowState
from gridsim.electrical import Branches
from gridsim.errors import InvalidInput, Problem
from gridsim.network import Network
from gridsim.options import DispatchOptions
from gridsim.profiles import Profiles
from gridsim.units import step_hours

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


def solve_dispatch(
    network: Network,
    profiles: Profiles,
    *,
    options: DispatchOptions | None = None,
    wider_mw: Mapping[str, float] | None = None,
    progress: Progress | None = None,
) -> Dispatch:
    """Chronological dispatch of the whole horizon in rolling windows.

    Minimises, window by window, cost plus penalties (see :class:`gridsim.options.Penalties`) under the
    balance, stores, daily hydro energy, branch and section limits; then takes the schedule with equal
    shares among all optimal ones.  The first ``step_h`` of a window are kept and its stored energies handed over.

    Parameters
    ----------
    network : Network
    profiles : Profiles
        What the units could do.
    options : DispatchOptions, optional
    wider_mw : mapping of str to float, optional
        Element -> MW by which its limits are wider than those of the tables.
    progress : callable, optional
        Called with (steps done, steps).

    Returns
    -------
    Dispatch

    Raises
    ------
    NoOptimum
        If a window has no proven optimum; the message names it.
    InvalidInput
        Planned outages that cut something off; ratings by air temperature without one.
    """
    options = options or DispatchOptions()
    found, nodes, model = limits(
        network,
        profiles.index,
        power_factor_pu=options.rating_power_factor_pu,
        reference=_reference(network),
        dc=options.dc,
        temp_air_degc=_line_temperature(profiles, options),
    )
    found = widened(found, wider_mw) if wider_mw else found
    blocks, commitment = make_blocks(network, profiles, options, nodes, found)
    trips = trips_of(network)
    apart = frozenset(name for names in trips.values() for name in names)
    system = assemble(blocks, nodes, len(profiles.index), step_hours(profiles.index), apart=apart)
    system = replace(system, index=profiles.index, area=_detailed(network))
    flows = flow_model(system, found, options)
    contingencies = None
    if options.outage_limits and options.branch_limits:
        flows.screens = outage_screens(system, flows, model)
        contingencies = Contingencies(system, model, trips)
    window = WindowLP(system, flows, options, contingencies)
    trace = _roll(window, options, progress)
    dispatch = result_of(profiles, options, system, flows, model, commitment.frame(profiles.index), trace, window)
    return replace(dispatch, windows=dispatch.windows.merge(commitment.windows, on="start", how="left"))


def _line_temperature(profiles: Profiles, options: DispatchOptions) -> np.ndarray | None:
    """Air temperature that decides the ratings of lines, (time,); None if the season does. [degC]"""
    if options.line_rating == "season":
        return None
    given = profiles.temp_air_degc
    if len(given) != len(profiles.index) or given.isna().any():
        what = f"line_rating = {options.line_rating!r} needs air temperatures, and no weather site of the city is read"
        fix = "set line_rating = 'season', or leave a plant of the city without a given series: its site is then read"
        raise InvalidInput([Problem("dispatch", what, fix, column="line_rating")])
    return given.to_numpy(dtype=float)


def _detailed(network: Network) -> str:
    """Name of the area whose grid is in the tables."""
    inside = network["area"].loc[network["area"]["kind"] == "detailed", "name"]
    return str(inside.iloc[0]) if len(inside) else ""


def _reference(network: Network) -> str:
    """Where a MW that is cut is made up for: the node area, else the loads of the city; not some bus by its name."""
    areas = network["area"]
    outside = areas.loc[areas["kind"] == "node", "name"]
    return str(outside.iloc[0] if len(outside) else areas["name"].iloc[0])


def without_branch_limits(
    network: Network, profiles: Profiles, dispatch: Dispatch, *, options: DispatchOptions
) -> Dispatch:
    """The same dispatch with provincial and section limits only: what would be overloaded if nobody were cut locally.

    Only windows in which a branch was in force are solved again, from the stored energy the final dispatch had at
    their start; the others are what they were.
    """
    branch = dispatch.binding.loc[dispatch.binding["rung"] >= 2, "step"].to_numpy(dtype=int)
    touched = np.union1d(branch, dispatch.unavoidable["step"].to_numpy(dtype=int))
    if not len(touched):
        return dispatch
    # a comparison, not a result: no need for a proof of its numbers of machines
    pumping = "rounded" if options.storage.pumping == "exact" else options.storage.pumping
    free = replace(options, branch_limits=False, storage=replace(options.storage, pumping=pumping))
    flows = flow_model(dispatch.system, dispatch.flows.limits.given(), free)
    window = WindowLP(dispatch.system, flows, free)
    trace = Trace(dispatch.column_mw.copy(), dispatch.energy_mwh.to_numpy(copy=True))
    starts = dispatch.windows["start"].to_numpy(dtype=int)
    for number in np.unique(np.searchsorted(starts, touched, side="right") - 1):
        start = int(starts[number])
        end = int(starts[number + 1]) if number + 1 < len(starts) else dispatch.system.steps
        before = dispatch.energy_mwh.to_numpy()[start - 1] if start else window.initial_energy()
        window.couplings.hand_over(dispatch.column_mw[start - 1] if start else None)
        solved = solve_window(window, start, before, None, end - start, split_of(free))
        shared = solved.shared
        trace.x[start:end], trace.energy[start:end] = shared.x_mw[: end - start], shared.energy_mwh[: end - start]
        _record(trace, window, solved, start, end - start)
    return result_of(profiles, free, dispatch.system, flows, dispatch.model, dispatch.online, trace, window)


def _roll(window: WindowLP, options: DispatchOptions, progress: Progress | None) -> Trace:
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
        _record(trace, window, solved, start, kept)
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


def _record(trace: Trace, window: WindowLP, solved: Decided, start: int, kept: int) -> None:
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


def result_of(
    profiles: Profiles,
    options: DispatchOptions,
    system: System,
    flows: FlowModel,
    model: Branches,
    online: pd.DataFrame,
    trace: Trace,
    window: WindowLP,
) -> Dispatch:
    """The Dispatch of what the windows left behind."""
    index = profiles.index
    parts = system.split(trace.x)
    flow_mw = _by_role(system, parts, index)
    fixed_mw = {f"{f.device}.{f.role}": pd.DataFrame(f.p_mw, index=index, columns=list(f.names)) for f in system.fixed}
    controllable = [f for f in system.flows if f.role == "curtailed"]
    flows = flows.finished()
    all_flows = _flows(system, flows, trace.x)
    injection = system.fixed_mw.copy()
    np.add.at(injection.T, system.columns.node, (trace.x * system.columns.sign).T)
    n = len(model)
    stores = list(system.stores.names)
    return Dispatch(
        index=index,
        flow_mw=flow_mw,
        fixed_mw=fixed_mw,
        controllable_mw=pd.concat(
            [pd.DataFrame(f.upper_mw, index=index, columns=list(f.names)) for f in controllable], axis=1
        )
        if controllable
        else pd.DataFrame(index=index),
        energy_mwh=pd.DataFrame(trace.energy, index=index, columns=stores),
        initial_mwh=pd.Series(window.initial_energy(), index=stores),
        online=online,
        branch_mw=pd.DataFrame(all_flows[:, :n], index=index, columns=branch_labels(model)),
        section_mw=_sections(flows, all_flows, index, n),
        injection_mw=net_injections(system.nodes, injection),
        binding=_binding(trace, flows, all_flows),
        unavoidable=_unavoidable(system, flows, trace.x, all_flows, options),
        reserve=reserve_table(system, trace.x, trace.energy, index),
        windows=pd.DataFrame(trace.windows),
        cost_cny=float((trace.x @ system.columns.cost_cny_per_mwh).sum() * system.step_h),
        column_mw=trace.x,
        model=model,
        nodes=system.nodes,
        system=system,
        flows=flows,
        withheld_mw=profiles.withheld_mw,
    )


def _by_role(system: System, parts: list[np.ndarray], index: pd.DatetimeIndex) -> dict[str, pd.DataFrame]:
    """``device.role`` -> (time, unit); the segments of a unit's cost are one power."""
    out: dict[str, pd.DataFrame] = {}
    for flow, power in zip(system.flows, parts):
        if flow.device == RESERVE:
            continue  # bookkeeping: see Dispatch.reserve
        key = f"{flow.device}.{flow.role}"
        frame = pd.DataFrame(power, index=index, columns=list(flow.names))
        if key in out:
            out[key] = out[key].add(frame, fill_value=0.0)[list(out[key].columns)]
        else:
            out[key] = frame
    return out


def _sections(flows: FlowModel, all_flows: np.ndarray, index: pd.DatetimeIndex, first: int) -> pd.DataFrame:
    sections = slice(first, first + int((flows.limits.rung == 1).sum()))
    return pd.DataFrame(all_flows[:, sections], index=index, columns=list(flows.limits.name[sections]))


def _flows(system: System, flows: FlowModel, x_mw: np.ndarray) -> np.ndarray:
    """Flow of every limit, (time, limit): without outage with shed demand where it happens, which the LP leaves out."""
    out = flows.flow_mw(np.arange(len(x_mw)), x_mw, slice(None))
    shed = np.array([str(r).endswith(".unserved") for r in system.columns.role])
    when = np.flatnonzero((x_mw[:, shed] > 0.0).any(axis=1))
    given = np.flatnonzero((flows.limits.outage == "") & ~flows.limits.is_tie)
    for state, matrix in enumerate(flows.limits.matrices):
        here = when[flows.limits.states.of_step[when] == state]
        factors = matrix[np.ix_(given, system.columns.node[shed])] * system.columns.sign[shed]
        out[np.ix_(here, given)] += x_mw[np.ix_(here, shed)] @ factors.T
    return out


def branch_labels(model: Branches) -> list[str]:
    """``element`` or ``element|side``: one label per branch."""
    return [str(e) if not s else f"{e}|{s}" for e, s in zip(model.element, model.side)]


def _binding(trace: Trace, flows: FlowModel, all_flows: np.ndarray) -> pd.DataFrame:
    names = ("step", "limit", "dual_cny_per_mwh", "share_multiplier")
    rows = pd.DataFrame({n: np.concatenate([part[n] for part in trace.binding]) for n in names})
    at = (rows["step"].to_numpy(dtype=int), rows["limit"].to_numpy(dtype=int))
    found = flows.limits
    flow = all_flows[at]
    upper = np.abs(flow - flows.upper_mw[at]) <= np.abs(flow - flows.lower_mw[at])
    return rows.assign(
        element=found.name[at[1]],
        side=found.side[at[1]],
        kind=found.kind[at[1]],
        outage=found.outage[at[1]],
        rung=found.rung[at[1]],
        direction=np.where(upper, "forward", "reverse"),
        flow_mw=flow,
        limit_mw=np.where(upper, flows.upper_mw[at], flows.lower_mw[at]),
    )


def _unavoidable(
    system: System, flows: FlowModel, x_mw: np.ndarray, all_flows: np.ndarray, options: DispatchOptions
) -> pd.DataFrame:
    """Steps in which a limit had to be raised and the flow stands above the original limit.

    ``load_driven``: the flow is above the limit without any wind and sun as well.
    """
    tolerance = options.violation_tolerance_mw
    found = flows.limits
    above = (flows.upper_mw > found.upper_mw + tolerance) & (all_flows > found.upper_mw + tolerance)
    below = (flows.lower_mw < found.lower_mw - tolerance) & (all_flows < found.lower_mw - tolerance)
    # what AC asked for and could not get is no limit of the tables: it shows as AC loading
    t, k = np.nonzero((above | below) & (found.rung != TIGHTENED_RUNG))
    up = above[t, k]
    without = without_wind_and_sun_mw(system, found, x_mw, all_flows[t, k], t, k)
    table = pd.DataFrame(
        {
            "step": t,
            "element": found.name[k],
            "side": found.side[k],
            "kind": found.kind[k],
            "outage": found.outage[k],
            "limit_mw": np.where(up, found.upper_mw[t, k], found.lower_mw[t, k]),
            "flow_mw": all_flows[t, k],
            "load_driven": np.where(up, without > found.upper_mw[t, k], without < found.lower_mw[t, k]),
        }
    )
    same = [
        table[k == limit].assign(element=element, side=side, outage=outage)
        for limit, element, side, outage in flows.twins
        if (k == limit).any()
    ]
    return pd.concat([table, *same], ignore_index=True) if same else table


def without_wind_and_sun_mw(
    system: System, found: Limits, x_mw: np.ndarray, flow_mw: np.ndarray, step: np.ndarray, limit: np.ndarray
) -> np.ndarray:
    """Flows (row,) of limits in steps without what wind and sun give; ``x_mw`` (time, column). [MW]"""
    used = np.zeros((system.steps, len(system.nodes.names)))
    for part in system.fixed:
        if part.role == "available":
            np.add.at(used.T, system.nodes.positions(part.nodes), part.p_mw.T)
    cut = np.flatnonzero([str(r).endswith(".curtailed") for r in system.columns.role])
    np.add.at(used.T, system.columns.node[cut], (x_mw[:, cut] * system.columns.sign[cut]).T)
    flow, state = flow_mw.copy(), found.states.of_step[step]
    for s, matrix in enumerate(found.matrices):
        here = state == s
        flow[here] -= np.einsum("rn,rn->r", used[step[here]], matrix[limit[here]])
    return flow

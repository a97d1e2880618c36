"""The production simulation: commitment, rolling windows, equal shares, result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from gridsim.dispatch.commitment import Commitment
from gridsim.dispatch.contingency import Contingencies, outage_screens, trips_of
from gridsim.dispatch.dc import Limits, NodeMap, limits, net_injections, widened
from gridsim.dispatch.flows import TIGHTENED_RUNG, FlowModel, flow_model
from gridsim.dispatch.plant import make_blocks
from gridsim.dispatch.pumping import solve_window
from gridsim.dispatch.reserve import RESERVE, reserve_table
from gridsim.dispatch.result import Dispatch
from gridsim.dispatch.rolling import Progress, Trace, record, roll, split_of
from gridsim.dispatch.system import System, assemble
from gridsim.dispatch.window import WindowLP
from gridsim.electrical import Branches
from gridsim.errors import InvalidInput, Problem
from gridsim.network import Network
from gridsim.options import DispatchOptions
from gridsim.profiles import Profiles
from gridsim.units import step_hours

#: times that units are added where demand stayed unserved, at most
MOST_RAISES = 3
#: unserved demand from here on asks for more units [MW]
_SHORT_MW = 1e-3


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

    The merit order commits units for a day's power and mean energy.  Where demand still stays unserved on a day that
    has units standing still, such units are added and the year is solved again, as a dispatcher would start one more.

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
    grid = limits(
        network,
        profiles.index,
        power_factor_pu=options.rating_power_factor_pu,
        reference=_reference(network),
        dc=options.dc,
        temp_air_degc=_line_temperature(profiles, options),
    )
    if wider_mw:
        grid = (widened(grid[0], wider_mw), *grid[1:])
    found, spare_mw = _committed(network, profiles, options, grid, None, progress)
    more_mw = np.zeros(len(spare_mw))
    for _ in range(MOST_RAISES):
        short_mw = np.where(spare_mw > 0.0, _unserved_mw(found), 0.0) if len(spare_mw) else spare_mw
        if not short_mw.any():
            break
        more_mw = more_mw + (1.0 + options.commitment.reserve_percent / 100.0) * short_mw
        other, spare_mw = _committed(network, profiles, options, grid, more_mw, progress)
        if _unserved_mw(other).sum() >= _unserved_mw(found).sum():
            break  # what lacks is not in these units: behind a limit, or energy that no hour has
        found = other
    return found


def _committed(
    network: Network, profiles: Profiles, options: DispatchOptions, grid: tuple[Limits, NodeMap, Branches],
    more_mw: np.ndarray | None, progress: Progress | None,
) -> tuple[Dispatch, np.ndarray]:  # fmt: skip
    """The dispatch with the units of the rule and of ``more_mw`` (day,), and what more could be switched on, (day,)."""
    found, nodes, model = grid
    blocks, commitment = make_blocks(network, profiles, options, nodes, found, more_mw=more_mw)
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
    trace = roll(window, options, progress)
    dispatch = result_of(profiles, options, system, flows, model, commitment.frame(profiles.index), trace, window)
    return replace(dispatch, windows=_of_windows(dispatch.windows, commitment)), commitment.spare_mw


def _of_windows(windows: pd.DataFrame, commitment: Commitment) -> pd.DataFrame:
    """Table of windows with what a unit commitment proved, and the units added on the day each begins."""
    day = windows["start"].to_numpy(dtype=int) // commitment.steps_per_period
    raised = commitment.raised_mw[day] if len(commitment.raised_mw) else 0.0
    return windows.merge(commitment.windows, on="start", how="left").assign(raised_mw=raised)


def _unserved_mw(dispatch: Dispatch) -> np.ndarray:
    """Highest unserved demand of each day, (day,), nothing below :data:`_SHORT_MW`. [MW]"""
    short = dispatch.role("unserved").sum(axis=1).to_numpy()
    starts = np.arange(0, len(short), round(24.0 / dispatch.system.step_h))
    most = np.maximum.reduceat(short, starts)
    return np.where(most > _SHORT_MW, most, 0.0)


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
        record(trace, window, solved, start, end - start)
    return result_of(profiles, free, dispatch.system, flows, dispatch.model, dispatch.online, trace, window)


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

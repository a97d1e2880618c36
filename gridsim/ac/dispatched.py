"""From a dispatch to its AC state: reactive rules, positions of taps and banks, all hours."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from gridsim.ac.check import HourlyControl, check_ac
from gridsim.ac.positions import seasonal_positions
from gridsim.ac.reactive import ReactiveRules, reactive_injections
from gridsim.ac.state import AcState
from gridsim.ac.stations import ControlRules
from gridsim.ac.task import QRange
from gridsim.devices import RENEWABLES
from gridsim.dispatch import Dispatch
from gridsim.dispatch.states import GridStates
from gridsim.electrical import season_of
from gridsim.network import Network
from gridsim.ratings import rating_over_season_pu

#: load levels (p.u. of the peak) between the classes light, heavy and peak.
LEVELS = (0.6, 0.8)
#: share of its highest output above which wind and sun at the buses make a class of their own.
RENEWABLE_SHARE = 0.25
#: injections that differ by less are the same. [MW]
SAME_MW = 1e-6
#: arrays of an AcState with one column per holder.
BY_HOLDER = ("q_holder_mvar", "at_limit")
#: arrays of an AcState with one row per step.
BY_STEP = (
    "converged", "cause", "vm_pu", "loading_percent", "p_from_mw", "element_losses_mw", "losses_mw", "slack_mw",
    "q_holder_mvar", "at_limit", "unsettled",
)


def check_ac_dispatch(
    network: Network,
    dispatch: Dispatch,
    *,
    reactive: ReactiveRules | None = None,
    control: ControlRules | None = None,
    like: tuple[Dispatch, AcState] | None = None,
    workers: int | None = None,
) -> AcState:
    """AC power flow of every step of a dispatch.

    The boundary buses of node areas carry the dispatched exchange and share the losses by their
    ``share_pu`` (without a node area the strongest bus takes them, at 1 p.u.); plants and loads follow
    :class:`ReactiveRules`; taps and banks stand at the positions of their class of hours
    (:func:`hour_classes`, :class:`ControlRules`); branches that are out by plan are out.

    Parameters
    ----------
    network : Network
    dispatch : Dispatch
    reactive : ReactiveRules, optional
    control : ControlRules, optional
    like : (Dispatch, AcState), optional
        Another dispatch of the same network and its state: taps and banks stand as there, and steps in which
        the two do not differ are taken over.
    workers : int, optional
        Threads.

    Returns
    -------
    AcState
    """
    reactive = reactive or ReactiveRules()
    power = unit_power(network, dispatch)
    given, load_pu = dispatched_operation(network, dispatch, power, reactive=reactive)
    if like is not None:
        return _changed_steps(network, dispatch, like, given, workers)
    label = hour_classes(dispatch.index, load_pu, _renewable_share(network, power))
    heavy, control = load_pu > reactive.heavy_load_pu, control or ControlRules()
    positions = seasonal_positions(
        network, **given.injections(), label=label, heavy=heavy, rules=control, workers=workers
    )
    hourly = HourlyControl(heavy=heavy, rules=control)
    return check_ac(network, **given.arguments(), positions=positions, control=hourly, workers=workers)


def _changed_steps(
    network: Network,
    dispatch: Dispatch,
    like: tuple[Dispatch, AcState],
    given: Operation,
    workers: int | None,
) -> AcState:
    """The state of another dispatch with the steps solved again in which this one differs from it."""
    other, state = like
    changed = np.flatnonzero(np.abs(dispatch.injection_mw - other.injection_mw).max(axis=1) > SAME_MW)
    if not len(changed):
        return state
    positions = replace(state.positions, pattern=state.positions.pattern[changed])
    some = check_ac(network, **given.take(changed).arguments(), positions=positions, workers=workers)
    columns = np.array([list(some.holder).index(bus) for bus in state.holder])
    merged = {}
    for name in BY_STEP:
        values = getattr(state, name).copy()
        values[changed] = getattr(some, name)[:, columns] if name in BY_HOLDER else getattr(some, name)
        merged[name] = values
    return replace(state, retried=some.retried, **merged)


@dataclass(frozen=True)
class Operation:
    """What is given to the AC power flow of some hours: see the parameters of :func:`gridsim.ac.check_ac`."""

    index: pd.DatetimeIndex
    p_mw: np.ndarray
    q_mvar: np.ndarray
    v_set: dict[str, np.ndarray]
    slack_bus: dict[str, float]
    q_range: dict[str, QRange] = field(default_factory=dict)
    droop_pu_per_mvar: dict[str, float] = field(default_factory=dict)
    states: GridStates | None = None
    rating_pu: np.ndarray | None = None

    def take(self, steps: np.ndarray) -> Operation:
        """Some of the hours."""
        n = len(self.index)
        held = {bus: np.broadcast_to(np.asarray(v, dtype=float), n)[steps] for bus, v in self.v_set.items()}
        ranges = {
            bus: (np.broadcast_to(low, n)[steps], np.broadcast_to(high, n)[steps])
            for bus, (low, high) in self.q_range.items()
        }
        return replace(
            self, index=self.index[steps], p_mw=self.p_mw[steps], q_mvar=self.q_mvar[steps], v_set=held,
            q_range=ranges, states=None if self.states is None else self.states.take(steps),
            rating_pu=None if self.rating_pu is None else self.rating_pu[steps],
        )

    def arguments(self) -> dict[str, Any]:
        """As keyword arguments of :func:`gridsim.ac.check_ac`."""
        return dict(vars(self))

    def injections(self) -> dict[str, Any]:
        """The same without the ratings, for what looks at voltages only."""
        return {name: value for name, value in vars(self).items() if name != "rating_pu"}

    def settled(self, state: AcState) -> Operation:
        """The same hours as they came to rest in ``state``, without limits: what an outage finds.

        Buses at a reactive limit and buses with a droop give the reactive power they gave, the others hold their
        voltage.
        """
        q_mvar, v_set = self.q_mvar.copy(), {}
        column = {bus: k for k, bus in enumerate(state.bus)}
        for k, bus in enumerate(state.holder):
            soft = (state.at_limit[:, k] != 0) | (self.droop_pu_per_mvar.get(bus, 0.0) > 0)
            q_mvar[:, column[bus]] += np.where(soft, np.nan_to_num(state.q_holder_mvar[:, k]), 0.0)
            v_set[bus] = np.where(soft, np.nan, self.v_set[bus])
        return replace(self, q_mvar=q_mvar, v_set=v_set, q_range={}, droop_pu_per_mvar={})


def dispatched_operation(
    network: Network,
    dispatch: Dispatch,
    power: dict[str, pd.DataFrame] | None = None,
    *,
    reactive: ReactiveRules | None = None,
) -> tuple[Operation, np.ndarray]:
    """Injections, held voltages and slack of every hour of a dispatch, and the load level (time,) in p.u. of its peak.

    Parameters
    ----------
    network : Network
    dispatch : Dispatch
    power : mapping of device to DataFrame, optional
        As :func:`unit_power` gives it, if it is at hand.
    reactive : ReactiveRules, optional
    """
    power = power or unit_power(network, dispatch)
    given = reactive_injections(network, dispatch.index, power, on_mw=capacity_on(dispatch), rules=reactive)
    p_mw = np.ascontiguousarray(dispatch.injection_mw[:, : len(network["bus"])])
    slack_bus = dict(zip(network["area_link"]["bus"], network["area_link"]["share_pu"])) or _strongest_bus(network)
    v_set = {**{bus: np.ones(len(dispatch.index)) for bus in slack_bus}, **given.v_set}
    # the reference stands for the outside grid: its voltage is held in every hour
    stiff = next(iter(slack_bus))
    ranges = {bus: q for bus, q in given.q_range.items() if bus != stiff}
    droop = {bus: d for bus, d in given.droop_pu_per_mvar.items() if bus != stiff}
    limits, rating_pu = dispatch.flows.limits, None
    if limits.temp_air_degc is not None:
        rating_pu = rating_over_season_pu(dispatch.model, dispatch.index, temp_air_degc=limits.temp_air_degc)
    operation = Operation(
        dispatch.index, p_mw, given.q_mvar, v_set, slack_bus, ranges, droop, limits.states, rating_pu
    )
    return operation, given.load_pu


def capacity_on(dispatch: Dispatch) -> dict[str, pd.DataFrame]:
    """Largest power each unit could take or give in each hour (of thermal plant: the units that are on). [MW]"""
    by_role: dict[tuple[str, str], pd.DataFrame] = {}
    for flow in dispatch.system.flows:
        upper = pd.DataFrame(flow.upper_mw, index=dispatch.index, columns=list(flow.names))
        key = (flow.device, flow.role)  # segments of one role add up
        by_role[key] = by_role[key].add(upper, fill_value=0.0) if key in by_role else upper
    out: dict[str, pd.DataFrame] = {}
    for (device, _), upper in by_role.items():
        before = out.get(device, upper)
        units = before.columns.union(upper.columns)
        wide = [frame.reindex(columns=units) for frame in (before, upper)]
        out[device] = wide[0].where(~(wide[1] > wide[0]) & wide[0].notna(), wide[1])
    return out


def unit_power(network: Network, dispatch: Dispatch) -> dict[str, pd.DataFrame]:
    """Power into the grid of every unit, by device, (time, unit); what is served, not what was asked. [MW]"""
    out: dict[str, pd.DataFrame] = {}
    parts = [(f.device, f.role, 1.0, dispatch.fixed_mw) for f in dispatch.system.fixed]
    parts += [(f.device, f.role, f.sign, dispatch.flow_mw) for f in dispatch.system.flows]
    once = {(device, role): (device, role, sign, frames) for device, role, sign, frames in parts}  # segments share one
    for device, role, sign, frames in once.values():
        frame = frames.get(f"{device}.{role}")
        if frame is None:
            continue  # bookkeeping of the dispatch, no unit
        power = sign * frame[[unit for unit in network[device]["name"] if unit in frame]]
        out[device] = power if device not in out else out[device].add(power, fill_value=0.0)
    return out


def hour_classes(index: pd.DatetimeIndex, load_pu: np.ndarray, renewable_pu: np.ndarray) -> np.ndarray:
    """Class of each hour, e.g. ``summer peak`` or ``spring light renewable``, (time,).

    Parameters
    ----------
    index : DatetimeIndex
    load_pu : ndarray, (time,)
        Load at the buses over its peak.
    renewable_pu : ndarray, (time,)
        Wind and sun at the buses over their highest output.
    """
    level = np.array(["light", "heavy", "peak"], dtype=object)[np.digitize(load_pu, LEVELS)]
    kind = np.where(renewable_pu > RENEWABLE_SHARE, " renewable", "").astype(object)
    return (season_of(index).astype(object) + " " + level + kind).astype(str)


def _strongest_bus(network: Network) -> dict[str, float]:
    return {str(network["bus"].sort_values(["vn_kv", "name"], ascending=[False, True])["name"].iloc[0]): 1.0}


def _renewable_share(network: Network, power: dict[str, pd.DataFrame]) -> np.ndarray:
    total = np.zeros(len(next(iter(power.values()))))
    for device in RENEWABLES:
        at_bus = network[device].loc[network[device]["bus"].notna(), "name"]
        total += power[device][at_bus].sum(axis=1).to_numpy() if device in power else 0.0
    return total / max(total.max(initial=0.0), 1e-9)

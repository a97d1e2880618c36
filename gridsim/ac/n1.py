"""AC N-1 of a dispatch: hours, outages, and the tables planners read off it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from gridsim.ac.contingency import Announce, ContingencyState, check_contingencies
from gridsim.ac.dispatched import dispatched_operation, unit_power
from gridsim.ac.outages import Outage, find_outages
from gridsim.ac.reactive import ReactiveRules
from gridsim.ac.selection import Selection, select_hours
from gridsim.ac.state import AcState
from gridsim.ac.tables import element_facts
from gridsim.devices import RENEWABLES
from gridsim.devices.reactive import LOAD
from gridsim.dispatch import Dispatch
from gridsim.dispatch.states import GridStates, whole_grid
from gridsim.electrical import SEASONS, branches, out_of_service, season_of
from gridsim.network import Network
from gridsim.units import step_hours

#: injections below this are nothing. [MW]
NOTHING_MW = 1e-3


@dataclass(frozen=True)
class N1:
    """AC N-1 of a dispatch: ``selection`` the hours and why, ``state`` what was found, ``radial`` what is lost.

    ``step_h`` is the length of a step. [h]
    """

    selection: Selection
    state: ContingencyState
    radial: pd.DataFrame
    step_h: float


def check_n1(
    network: Network,
    dispatch: Dispatch,
    ac: AcState,
    *,
    hours: str = "selected",
    reactive: ReactiveRules | None = None,
    workers: int | None = None,
    progress: Callable[[float], None] | None = None,
    announce: Announce | None = None,
) -> N1:
    """Every circuit and transformer unit out in the hours that matter, or in all.

    Parameters
    ----------
    network : Network
    dispatch : Dispatch
    ac : AcState
        Its AC state: taps and banks stand as there, and so do the buses at a reactive limit.
    hours : str
        ``"selected"`` (:func:`gridsim.ac.selection.select_hours`) or ``"all"``.
    reactive : ReactiveRules, optional
        As in :func:`gridsim.ac.check_ac_dispatch`.
    workers, progress, announce
        As in :func:`gridsim.ac.contingency.check_contingencies`.

    Returns
    -------
    N1
    """
    power = unit_power(network, dispatch)
    operation, _ = dispatched_operation(network, dispatch, power, reactive=reactive)
    if hours == "all":
        selection = Selection(np.arange(len(dispatch.index)), ("all",) * len(dispatch.index))
    else:
        selection = _select(network, dispatch, ac, power)
    positions = replace(ac.positions, pattern=ac.positions.pattern[selection.step])
    state = check_contingencies(
        network, operation.settled(ac).take(selection.step), positions=positions, workers=workers, progress=progress,
        announce=announce,
    )
    radial = radial_table(network, state, power, dispatch.index, states=operation.states)
    return N1(selection, state, radial, step_hours(dispatch.index))


def _select(network: Network, dispatch: Dispatch, ac: AcState, power: dict[str, pd.DataFrame]) -> Selection:
    """Hours by the city's load, wind and sun, reverse flow of its transformers and curtailment."""
    plants = [p for d in RENEWABLES for p in network[d].loc[network[d]["bus"].notna(), "name"]]
    transformer = ac.elements["element_type"].isin(["trafo", "trafo3w"]).to_numpy()
    reverse = np.nan_to_num(np.maximum(-ac.p_from_mw[:, transformer], 0.0)).sum(axis=1)
    available, curtailed = (
        dispatch.role(role).reindex(columns=plants).sum(axis=1) for role in ("available", "curtailed")
    )
    return select_hours(
        dispatch.index, load_mw=city_load_mw(network, power), renewable_mw=available.to_numpy(),
        reverse_mw=reverse, curtailed_mw=curtailed.to_numpy(),
    )


def city_load_mw(network: Network, power: dict[str, pd.DataFrame]) -> np.ndarray:
    """Load served at the buses, (time,). [MW]"""
    table = network[LOAD]
    return -power[LOAD][table.loc[table["bus"].notna(), "name"]].sum(axis=1).to_numpy()


def n1_table(n1: N1, network: Network) -> pd.DataFrame:
    """The outage that sets each element's largest loading.

    Returns
    -------
    DataFrame
        ``element, element_type, county, vn_kv, outage, worst_time, max_loading_percent, loading_before_percent,
        hours_over_100, hours_checked``, highest loading first; loading against the short-time rating, hours in which
        at least one outage overloads the element.
    """
    state, tally = n1.state, n1.state.tally
    seen = np.flatnonzero(tally.loading.outage >= 0)
    outage, hour = tally.loading.outage[seen], tally.loading.hour[seen]
    out = element_facts(state.elements, network).iloc[seen].reset_index(drop=True)
    out = out.assign(
        outage=_outage_names(state)[outage], worst_time=state.index[hour],
        max_loading_percent=100.0 * np.sqrt(tally.loading.value[seen]),
        loading_before_percent=state.before_percent[hour, seen].astype(float),
        hours_over_100=tally.over[seen].sum(axis=1) * n1.step_h, hours_checked=len(state.index) * n1.step_h,
    )
    return out.sort_values("max_loading_percent", ascending=False, kind="stable", ignore_index=True)


def n1_voltage_table(n1: N1, network: Network) -> pd.DataFrame:
    """Voltage range of every judged bus over all outages and hours.

    Returns
    -------
    DataFrame
        ``bus, county, vn_kv, min_vm_pu, min_outage, min_time, max_vm_pu, max_outage, max_time, band_min_pu,
        band_max_pu, hours_outside``; the band after an outage (:data:`gridsim.ac.tally.BANDS_AFTER`).
    """
    state, tally, bands = n1.state, n1.state.tally, n1.state.bands
    seen = np.flatnonzero(tally.high.outage >= 0)
    bus, names = network["bus"].iloc[bands.node[seen]], _outage_names(state)
    return pd.DataFrame({
        "bus": bands.bus[seen], "county": bus["county"].to_numpy(), "vn_kv": bus["vn_kv"].to_numpy(),
        "min_vm_pu": np.sqrt(-tally.low.value[seen]), "min_outage": names[tally.low.outage[seen]],
        "min_time": state.index[tally.low.hour[seen]], "max_vm_pu": np.sqrt(tally.high.value[seen]),
        "max_outage": names[tally.high.outage[seen]], "max_time": state.index[tally.high.hour[seen]],
        "band_min_pu": bands.low_pu[seen], "band_max_pu": bands.high_pu[seen],
        "hours_outside": tally.outside[seen].sum(axis=1) * n1.step_h,
    })


def n1_diverged_table(n1: N1, network: Network) -> pd.DataFrame:
    """Cases without solution: ``outage, element_type, county, vn_kv, hours, worst_time, cause`` by outage.

    An empty ``outage`` is an hour that has no solution before any outage.
    """
    rows = n1.state.diverged
    facts = element_facts(n1.state.elements, network).rename(columns={"element": "outage"})
    blank = pd.DataFrame([{"outage": "", "element_type": "", "county": "", "vn_kv": np.nan}])
    parts = []
    for number in np.unique(rows["outage"].to_numpy(dtype=int)):
        group = rows[rows["outage"] == number]
        fact, first = blank if number < 0 else facts.iloc[[number]], group.iloc[0]
        parts.append(fact.assign(
            hours=len(group) * n1.step_h, worst_time=n1.state.index[int(first["hour"])], cause=first["cause"]
        ))
    columns = ["outage", "element_type", "county", "vn_kv", "hours", "worst_time", "cause"]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def n1_hours_table(n1: N1) -> pd.DataFrame:
    """The hours checked and why: ``time, reason``; one row for all of them if every hour was checked."""
    reason = n1.selection.reason
    if set(reason) == {"all"}:
        return pd.DataFrame({"time": n1.state.index[:1], "reason": ["all"]})
    return pd.DataFrame({"time": n1.state.index, "reason": list(reason)})


def radial_table(
    network: Network,
    state: ContingencyState,
    power: dict[str, pd.DataFrame],
    index: pd.DatetimeIndex,
    *,
    states: GridStates | None = None,
) -> pd.DataFrame:
    """What outages cut off that have no second way: load, plants, and the standby ties that could take over.

    Parameters
    ----------
    network : Network
    state : ContingencyState
    power : mapping of device to DataFrame (time, unit)
        :func:`gridsim.ac.dispatched.unit_power`. [MW]
    index : DatetimeIndex
        All steps of the dispatch: every one is looked at, not the selected hours only.
    states : GridStates, optional
        Branches out by plan and the state of each step.  Default: everything is in service.

    Returns
    -------
    DataFrame
        ``outage, element_type, county, vn_kv, buses, load_lost_mw, generation_lost_mw, transferable, via,
        via_mva, worst_time``: at the step with the largest load lost (largest generation, if there is no load).
        ``via``: lines that are open in normal operation between the buses cut off and the rest; transferable if
        their ratings together reach the load lost.
    """
    columns = ["element", "element_type", "county", "vn_kv"]
    facts = element_facts(state.elements, network)[columns].rename(columns={"element": "outage"})
    names, season, rows = network["bus"]["name"].to_numpy(dtype=object), season_of(index), []
    for outage, here in _outages_of(network, state.reference, states, len(index)):
        buses = set(names[outage.dead[outage.dead < len(names)]])
        lost = [here * mw for mw in _lost_mw(network, power, buses, len(index))] if buses else []
        if max((mw.max(initial=0.0) for mw in lost), default=0.0) < NOTHING_MW:
            continue
        load, plants = lost
        worst = int(load.argmax() if load.max() > NOTHING_MW else plants.argmax())
        ties = _ties(network, buses, str(season[worst]))
        rows.append({
            **facts.iloc[outage.element].to_dict(), "buses": "/".join(sorted(buses)), "load_lost_mw": load[worst],
            "generation_lost_mw": plants[worst],
            "transferable": bool(load[worst] > NOTHING_MW and ties["mva"].sum() >= load[worst]),
            "via": "/".join(ties["name"]), "via_mva": float(ties["mva"].sum()), "worst_time": index[worst],
        })
    head = ["outage", *columns[1:], "buses", "load_lost_mw", "generation_lost_mw", "transferable", "via", "via_mva"]
    table = pd.DataFrame(rows, columns=[*head, "worst_time"])
    table = table.sort_values(["load_lost_mw", "generation_lost_mw"], ascending=False, kind="stable")
    return table.drop_duplicates("outage").reset_index(drop=True)


def _outages_of(
    network: Network, reference: int, states: GridStates | None, steps: int
) -> Iterator[tuple[Outage, np.ndarray]]:
    """Every outage of every state of the grid, and the steps of that state, bool (time,)."""
    model = branches(network)
    states = whole_grid(model, steps) if states is None else states
    for state in np.unique(states.of_step):
        for outage in find_outages(out_of_service(model, states.out[state]), reference):
            yield outage, states.of_step == state


def _lost_mw(
    network: Network, power: dict[str, pd.DataFrame], buses: set[str], n: int
) -> tuple[np.ndarray, np.ndarray]:
    """Load and generation at some buses, (time,) each; storage that charges is neither. [MW]"""
    load, plants = np.zeros(n), np.zeros(n)
    for device, frame in power.items():
        table = network[device]
        mine = [u for u in table.loc[table["bus"].isin(buses), "name"] if u in frame.columns]
        if mine and device == LOAD:
            load -= frame[mine].sum(axis=1).to_numpy()
        elif mine:
            plants += frame[mine].clip(lower=0.0).sum(axis=1).to_numpy()
    return load, plants


def _ties(network: Network, buses: set[str], season: str) -> pd.DataFrame:
    """Standby lines with one end among the buses and one outside: ``name, mva``."""
    line = network["line"]
    line = line[line["normally_open"].astype(bool)]
    ends = line["from_bus"].isin(buses).astype(int) + line["to_bus"].isin(buses).astype(int)
    line = line[ends == 1]
    vn_kv = line["from_bus"].map(network["bus"].set_index("name")["vn_kv"]).astype(float)
    return pd.DataFrame({"name": line["name"], "mva": np.sqrt(3.0) * vn_kv * line[SEASONS[season]].astype(float)})


def _outage_names(state: ContingencyState) -> np.ndarray:
    """Names by position in ``state.outages``."""
    element = state.elements["element"].to_numpy(dtype=object)
    return element[[o.element for o in state.outages]] if state.outages else element[:0]

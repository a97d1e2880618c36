"""Tables that planners read off an AC state: overloads, voltages, hours."""

from __future__ import annotations

import numpy as np
import pandas as pd

from gridsim.ac.state import AcState
from gridsim.network import Network

#: loading from which an element is heavy (重载) and overloaded (过载). [%]
HEAVY_PERCENT, OVERLOAD_PERCENT = 80.0, 100.0
#: a voltage this close to its band counts as inside. [p.u.]
_VM_SLACK_PU = 1e-4


def overload_table(state: AcState, network: Network) -> pd.DataFrame:
    """Highest loading of every element of the city's grid and how long it is heavy or overloaded.

    Parameters
    ----------
    state : AcState
    network : Network

    Returns
    -------
    DataFrame
        ``element, element_type, county, vn_kv, direction, max_loading_percent, worst_time, hours_over_80,
        hours_over_100, longest_run_h, unavoidable``, highest loading first; equivalents of the outside
        grid are left out.  ``direction`` is that of the worst hour: ``reverse`` = from ``to_bus`` to
        ``from_bus``, upwards through a transformer.  ``longest_run_h`` is the longest time in one piece
        above 80 %.  ``unavoidable`` is False: the dispatch knows it.
    """
    counted = np.flatnonzero(~state.elements["is_equivalent"].to_numpy())
    loading, step_h = state.loading_percent[:, counted], state.step_h
    facts = element_facts(state.elements, network).iloc[counted].reset_index(drop=True)
    solved = np.nan_to_num(loading, nan=-1.0)
    worst = solved.argmax(axis=0)
    forward = state.p_from_mw[worst, counted] >= 0
    out = facts.assign(
        direction=np.where(forward, "forward", "reverse"), max_loading_percent=np.fmax.reduce(loading, axis=0),
        worst_time=state.index[worst], hours_over_80=(solved > HEAVY_PERCENT).sum(axis=0) * step_h,
        hours_over_100=(solved > OVERLOAD_PERCENT).sum(axis=0) * step_h,
        longest_run_h=longest_run(solved > HEAVY_PERCENT) * step_h, unavoidable=False,
    )
    return out.sort_values("max_loading_percent", ascending=False, kind="stable", ignore_index=True)


def voltage_table(state: AcState, network: Network) -> pd.DataFrame:
    """Voltage range of every bus that has a band.

    Returns
    -------
    DataFrame
        ``bus, county, vn_kv, min_vm_pu, max_vm_pu, band_min_pu, band_max_pu, hours_outside``, table order.
    """
    low, high = state.band_pu.T
    judged = np.flatnonzero(~(np.isnan(low) & np.isnan(high)))
    vm_pu, bus = state.vm_pu[:, judged], network["bus"].iloc[judged]
    outside = (vm_pu < low[judged] - _VM_SLACK_PU) | (vm_pu > high[judged] + _VM_SLACK_PU)
    return pd.DataFrame({
        "bus": state.bus[judged], "county": bus["county"].to_numpy(), "vn_kv": bus["vn_kv"].to_numpy(),
        "min_vm_pu": np.fmin.reduce(vm_pu, axis=0), "max_vm_pu": np.fmax.reduce(vm_pu, axis=0),
        "band_min_pu": low[judged], "band_max_pu": high[judged], "hours_outside": outside.sum(axis=0) * state.step_h,
    })


def ac_table(state: AcState) -> pd.DataFrame:
    """One row per hour, solved or not.

    Returns
    -------
    DataFrame
        ``time, converged, cause, max_loading_percent, min_vm_pu, max_vm_pu, losses_mw, unsettled``; loading of
        the city's elements, voltages of the buses that have a band (of all, if none has).
    """
    counted = ~state.elements["is_equivalent"].to_numpy()
    judged = ~np.isnan(state.band_pu).all(axis=1)
    vm_pu = state.vm_pu[:, judged if judged.any() else slice(None)]
    return pd.DataFrame({
        "time": state.index, "converged": state.converged, "cause": state.cause,
        "max_loading_percent": np.fmax.reduce(state.loading_percent[:, counted], axis=1),
        "min_vm_pu": np.fmin.reduce(vm_pu, axis=1), "max_vm_pu": np.fmax.reduce(vm_pu, axis=1),
        "losses_mw": state.losses_mw, "unsettled": state.unsettled,
    })


def longest_run(flags: np.ndarray) -> np.ndarray:
    """Longest run of True down each column, (column,). [steps]"""
    count = np.zeros(flags.shape[1], dtype=int)
    longest = count.copy()
    busy = np.flatnonzero(flags.any(axis=0))
    for row in flags[:, busy]:
        count[busy] = np.where(row, count[busy] + 1, 0)
        np.maximum(longest, count, out=longest)
    return longest


def element_facts(elements: pd.DataFrame, network: Network) -> pd.DataFrame:
    """``element, element_type, county, vn_kv`` in array order; nominal voltage of the from or high side.

    Parameters
    ----------
    elements : DataFrame
        ``element, element_type`` of an AC state.
    network : Network
    """
    vn_kv = network["bus"].set_index("name")["vn_kv"]
    parts = []
    for table, side in (("line", "from_bus"), ("trafo", "hv_bus"), ("trafo3w", "hv_bus")):
        frame = network[table].set_index("name")
        mine = elements.loc[elements["element_type"] == table, ["element", "element_type"]]
        rows = frame.loc[mine["element"]]
        parts.append(mine.assign(county=rows["county"].to_numpy(), vn_kv=vn_kv[rows[side]].to_numpy()))
    return pd.concat(parts).sort_index()

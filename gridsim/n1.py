"""N-1 of a dispatch on DC flows: the year's exact check, and what sets each branch's highest loading."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from gridsim.checks import Check
from gridsim.dispatch import Dispatch
from gridsim.network import Network
from gridsim.options import DispatchOptions
from gridsim.outage_flows import Grid, excess_after_outage, worst_after_outage
from gridsim.ratings import rating_mva_by_step
from gridsim.recompute import susceptances_mw_per_rad
from gridsim.rows import records

#: branches are listed from this loading after an outage on [%]
LISTED_FROM_PERCENT = 80.0


def check_outages(network: Network, dispatch: Dispatch, *, options: DispatchOptions) -> list[Check]:
    """No flow above its short-time rating after any single outage, where the dispatch had to respect them.

    Steps listed as unavoidable, steps in which demand is shed and outages after which plants are tripped are left out.

    Parameters
    ----------
    options : DispatchOptions
        Flow model and active share of a rating.
    """
    if not dispatch.flows.screens:
        return []
    listed = dispatch.unavoidable
    groups: dict[tuple[str, str, str], np.ndarray] = {}
    for (element, side, outage), rows in listed.groupby(["element", "side", "outage"], sort=False)["step"]:
        groups[(str(element), str(side), str(outage))] = rows.to_numpy(dtype=int)
    shedding = dispatch.role("unserved").to_numpy().sum(axis=1) > 1e-3
    worst = (0.0, "", 0)
    for steps, grid in _grids(network, dispatch, options):
        used = np.flatnonzero(~shedding[steps])
        if not len(used):
            continue
        position = pd.Index(steps[used])
        exempt = {key: position.get_indexer(position.intersection(pd.Index(at))) for key, at in groups.items()}
        kept = Grid(grid.branches, grid.flow_mw[used], grid.rating_mw[used], grid.outside)
        excess, where, step = excess_after_outage(kept, exempt, without=_tripping(network))
        if excess > worst[0]:
            worst = (excess, where, int(steps[used[step]]))
    at = f"{worst[1]}, {dispatch.index[worst[2]]}" if worst[1] else ""
    return [Check("flows after an outage inside their ratings [MW]", worst[0], 1e-2, at)]


def _tripping(network: Network) -> frozenset[str]:
    return frozenset(network["outage_trip"]["element"].astype(str))


def n1_table(network: Network, dispatch: Dispatch, *, options: DispatchOptions) -> pd.DataFrame:
    """Branches loaded above 80 % of their short-time rating after some outage, and the outage that loads them most.

    Returns
    -------
    DataFrame
        ``element, side, outage, max_loading_percent, worst_step, steps_over_100, steps_over_any`` as
        :func:`gridsim.outage_flows.worst_after_outage`, over all states of the grid; highest first.
    """
    parts = []
    for steps, grid in _grids(network, dispatch, options):
        part = worst_after_outage(grid, from_percent=LISTED_FROM_PERCENT)
        parts.append(part.assign(worst_step=steps[part["worst_step"].to_numpy(dtype=int)]))
    table = pd.concat(parts, ignore_index=True).sort_values("max_loading_percent", ascending=False)
    over = table.groupby(["element", "side"])["steps_over_any"].sum()
    table = table.drop_duplicates(["element", "side"]).set_index(["element", "side"])
    return table.assign(steps_over_any=over).reset_index()


def _grids(network: Network, dispatch: Dispatch, options: DispatchOptions) -> Iterator[tuple[np.ndarray, Grid]]:
    """(steps, grid) of every state of the grid of the horizon."""
    b = susceptances_mw_per_rad(network, dc=options.dc)
    labels = [e if not s else f"{e}|{s}" for e, s in zip(b["element"], b["side"])]
    model, states = dispatch.model, dispatch.flows.limits.states
    position = pd.Index(dispatch.branch_mw.columns).get_indexer(pd.Index(labels))
    flow = dispatch.branch_mw.to_numpy()[:, position]
    rating = rating_mva_by_step(model, dispatch.index, temp_air_degc=dispatch.flows.limits.temp_air_degc)
    rating = (options.rating_power_factor_pu * rating * model.emergency_factor_pu)[:, position]
    rating[:, model.is_equivalent[position]] = np.inf
    for state, out in enumerate(states.out):
        steps = np.flatnonzero(states.of_step == state)
        keep = ~out[position]
        if len(steps):
            at = np.ix_(steps, keep)
            branches = b[keep].reset_index(drop=True)
            yield steps, Grid(branches, flow[at], rating[at], model.is_equivalent[position][keep])


def not_screened(dispatch: Dispatch) -> pd.DataFrame:
    """Outages that have no case in the dispatch, and why: ``element, element_type, reason``."""
    screens = dispatch.flows.screens
    if not screens:
        return pd.DataFrame(columns=["element", "element_type", "reason"])
    return screens[0].outages.skipped


def tripped_table(network: Network, dispatch: Dispatch) -> pd.DataFrame:
    """Plants that an outage may trip, with their output: ``outage, unit, max_mw, mean_mw``. [MW]"""
    used = pd.concat([dispatch.role("available") - dispatch.role("curtailed"), dispatch.role("generated")], axis=1)
    rows = [
        {
            "outage": r.element,
            "unit": r.unit,
            "max_mw": float(used[r.unit].max()),
            "mean_mw": float(used[r.unit].mean()),
        }
        for r in records(network["outage_trip"])
        if r.unit in used
    ]
    return pd.DataFrame(rows, columns=["outage", "unit", "max_mw", "mean_mw"])

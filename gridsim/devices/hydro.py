"""Hydro energy by day and the hourly band around it."""

from __future__ import annotations

import numpy as np

from gridsim.devices.blocks import Block, Budget, Flow, Potential, Tables
from gridsim.devices.placing import nodes_of
from gridsim.options import DispatchOptions

#: memory of the daily inflow (autocorrelation after one day) and spread of its logarithm (assumed)
INFLOW_MEMORY = 0.85
INFLOW_SPREAD = 0.30
#: how strongly the reservoirs follow the day's net load: bounds of its ratio to the month's mean, exponent (assumed)
NET_LOAD_BOUNDS = (0.35, 2.2)
NET_LOAD_EXPONENT = 1.2


def shared_out(total: float, weight: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Share a total in proportion to weights within bounds: e_d = clip(c * w_d, low_d, high_d), sum e_d = total.

    A total below the sum of the lower bounds is shared in proportion to them; one above the sum of
    the upper bounds gives the upper bounds, and the rest is lost (spilled).
    """
    if total <= low.sum():
        return low * (total / low.sum()) if low.sum() > 0.0 else np.zeros_like(low)
    if total >= high.sum():
        return high.copy()
    weight = np.maximum(weight, 1e-9 * weight.max())
    lo, hi = 0.0, float((high / weight).max())
    for _ in range(200):
        c = 0.5 * (lo + hi)
        lo, hi = (c, hi) if np.clip(c * weight, low, high).sum() < total else (lo, c)
    out = np.clip(hi * weight, low, high)
    free = (out > low) & (out < high)
    if free.any():
        out[free] += (total - out.sum()) / free.sum()
    return out


def run_of_river_days(month: np.ndarray, inflow: np.ndarray, *, energy_mwh: np.ndarray, max_p_mw: float) -> np.ndarray:
    """Energy of each day of a run-of-river plant.

    Parameters
    ----------
    month : ndarray (day,)
        0 to 11.
    inflow : ndarray (day,)
        Positive daily inflow, any scale.
    energy_mwh : ndarray (12,)
        Energy of each month.
    max_p_mw : float

    Returns
    -------
    ndarray (day,), MWh
        Months sum to their energy, unless even full output all day is less.
    """
    out = np.zeros(len(month))
    for m in np.unique(month):
        i = month == m
        cap = np.full(i.sum(), max_p_mw * 24.0)
        out[i] = shared_out(float(energy_mwh[m]), inflow[i], np.zeros(i.sum()), cap)
    return out


def reservoir_days(
    month: np.ndarray, net_load: np.ndarray, *, energy_mwh: np.ndarray, max_p_mw: float, forced_pu: np.ndarray
) -> np.ndarray:
    """Energy of each day of a reservoir plant: more on days with much net load, never below the forced share.

    w_d = clip(net_d / mean net, 0.35, 2.2)^1.2;  e_d between forced_pu times the month's mean and full output.

    Parameters
    ----------
    net_load : ndarray (day,)
        Day's mean of demand minus wind, sun and imports of the plant's area. [MW]
    month, energy_mwh, max_p_mw
        As in :func:`run_of_river_days`.
    forced_pu : ndarray (12,)

    Returns
    -------
    ndarray (day,), MWh
    """
    out = np.zeros(len(month))
    for m in np.unique(month):
        i = month == m
        count = int(i.sum())
        mean = net_load[i].mean()
        weight = np.clip(net_load[i] / mean, *NET_LOAD_BOUNDS) ** NET_LOAD_EXPONENT if mean > 0.0 else np.ones(count)
        floor = np.full(count, forced_pu[m] * energy_mwh[m] / count)
        cap = np.full(count, max_p_mw * 24.0)
        out[i] = shared_out(float(energy_mwh[m]), weight, np.minimum(floor, cap), cap)
    return out


def block(tables: Tables, potential: Potential, options: DispatchOptions) -> Block:
    """Water released inside the hourly band; whatever is released may be spilled.

    Daily energy: sum of the release times dt (plus water left out, at the price of spill) is the day's energy.
    """
    table = tables["hydro"]
    names, nodes = tuple(table["name"]), nodes_of(table)
    columns = list(names)
    lower, upper = potential.hydro_min_mw[columns].to_numpy(), potential.hydro_max_mw[columns].to_numpy()
    price = options.penalties.hydro_spill_cny_per_mwh
    released = Flow(
        "hydro", "released", names, nodes, 1.0, lower, upper, np.zeros(len(names)),
        reserve_up_pu=1.0, reserve_down_pu=1.0,
    )  # fmt: skip
    spilled = Flow(
        "hydro", "spilled", names, nodes, -1.0, 0.0 * upper, upper, np.full(len(names), price), reserve_up_pu=1.0
    )
    budget = Budget("hydro", released, potential.hydro_energy_mwh[columns].to_numpy(), price)
    firm = np.maximum(lower, table["firm_pu"].to_numpy() * table["max_p_mw"].to_numpy()).sum(axis=1)
    per_day = len(lower) / len(budget.energy_mwh)
    mean = np.repeat(budget.energy_mwh.sum(axis=1) / 24.0, round(per_day))[: len(lower)]
    return Block(flows=(released, spilled), budgets=(budget,), firm_mw=firm, expected_mw=mean)

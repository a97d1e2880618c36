"""The ledger: every curtailed MWh has one cause (definitions in docs/equations.md).

From the final dispatch everything that couples hours is frozen (stores, hydro, shedding, import cuts).
What is left separates by hour.  R_k(t) curtails as little as the balance and the limits of rungs 0..k
allow, in equal shares:

    rung 0  provincial: both areas on one bus,  C_0 = max(0, surplus with plant at its minimum)
    rung 1  + transfer sections
    rung 2  + branches

k* is the highest rung with a limit in force; c^k = c for k >= k*.  With y^k = min(c, max_{j<=k} c^j) the part
of rung k is x_k = y^k - y^{k-1} >= 0, and the parts add up to c exactly.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from gridsim.curtailment.hour import HourProblem, least_curtailment
from gridsim.dispatch import Dispatch
from gridsim.dispatch.window import DUAL_TOLERANCE

#: names of the rungs in the result tables
CAUSES = ("provincial", "section", "branch")
#: ledger rows below this are rounding of the solver [MW]
SMALLEST_MW = 1e-6
#: a multiplier of the share step below this is zero
MULTIPLIER_TOLERANCE = 1e-7
_FREE_ROLES = ("generated", "reduced", "curtailed")


@dataclass(frozen=True)
class Ledger:
    """Parts of each rung, (time, plant) per rung, and the long table with elements.

    ``rows``: time, plant, cause, element, outage, curtailed_mw (non-zero only).
    """

    parts_mw: tuple[pd.DataFrame, ...]
    rows: pd.DataFrame


def ledger(dispatch: Dispatch) -> Ledger:
    """Cause of every curtailed MWh of a dispatch, for the plants of both areas."""
    curtailed = dispatch.role("curtailed")
    c = curtailed.to_numpy()
    highest = _highest_rung(dispatch)
    first = _provincial(dispatch)
    by_rung = [np.minimum(c, np.where((highest == 0)[:, None], c, first))]
    sections = by_rung[0].copy()
    in_force = [dispatch.binding]
    for step in np.flatnonzero(highest == 2):
        alone, limits = _with_sections(dispatch, int(step), first[step])
        sections[step] = np.minimum(c[step], np.maximum(by_rung[0][step], alone))
        in_force.append(limits)
    at_section = highest == 1
    sections[at_section] = c[at_section]
    by_rung += [sections - by_rung[0], c - sections]
    parts = tuple(pd.DataFrame(p, index=dispatch.index, columns=curtailed.columns) for p in by_rung)
    return Ledger(parts, _rows(dispatch, parts, _limits_by_rung(highest, in_force)))


def _limits_by_rung(highest: np.ndarray, in_force: list[pd.DataFrame]) -> pd.DataFrame:
    """Limits with a price: of the dispatch at the highest rung of a step, of the rung's own problem below it."""
    final, *below = in_force
    at_top = final["rung"].to_numpy(dtype=int) == highest[final["step"].to_numpy(dtype=int)]
    return pd.concat([final[at_top], *(b for b in below if len(b))], ignore_index=True)


def _highest_rung(dispatch: Dispatch) -> np.ndarray:
    """Highest rung in force per step."""
    out = np.zeros(len(dispatch.index), dtype=int)
    binding = dispatch.binding
    np.maximum.at(out, binding["step"].to_numpy(dtype=int), binding["rung"].to_numpy(dtype=int))
    return out


def _surplus_mw(dispatch: Dispatch) -> np.ndarray:
    """What is left over with nothing curtailed, plant at its minimum and flexible imports reduced, per step."""
    system = dispatch.system
    columns = system.columns
    surplus = system.fixed_mw.sum(axis=1)
    x = dispatch.column_mw
    for k, role in enumerate(columns.role):
        kind = str(role).split(".")[1]
        if kind == "curtailed":
            continue
        if kind == "generated":
            value = columns.lower_mw[:, k]
        elif kind == "reduced":
            value = columns.upper_mw[:, k]
        else:
            value = x[:, k]
        surplus = surplus + columns.sign[k] * value
    return surplus


def _provincial(dispatch: Dispatch) -> np.ndarray:
    """R_0: equal shares of the surplus over all controllable wind and sun, (time, plant)."""
    room = dispatch.controllable_mw.to_numpy()
    total = room.sum(axis=1)
    cut = np.clip(_surplus_mw(dispatch), 0.0, total)
    rho = np.divide(cut, total, out=np.zeros(len(total)), where=total > 0)
    return rho[:, None] * room


def _with_sections(dispatch: Dispatch, step: int, first: np.ndarray) -> tuple[np.ndarray, pd.DataFrame]:
    """R_1 of one step: least curtailment under balance and sections, equal shares; per plant, and the limits in force.

    Without a section in force it is R_0.
    """
    flows = dispatch.flows
    rows = np.flatnonzero((flows.limits.rung == 1) & flows.imposed)
    if not len(rows):
        return first, dispatch.binding.iloc[:0]
    problem = HourProblem.of(dispatch, step, rows, _FREE_ROLES)
    if problem.is_met_without_cut() and not first.any():
        return first, dispatch.binding.iloc[:0]
    least = least_curtailment(problem)
    flow = problem.factor @ least.x_mw
    forward = np.abs(problem.room_up_mw - flow) <= np.abs(flow - problem.room_low_mw)
    limits = pd.DataFrame(
        {
            "step": step,
            "limit": rows,
            "rung": 1,
            "element": flows.limits.name[rows],
            "direction": np.where(forward, "forward", "reverse"),
            "dual_cny_per_mwh": least.price,
            "share_multiplier": least.multiplier,
        }
    )
    limits = limits[(np.abs(least.price) > DUAL_TOLERANCE) | (np.abs(least.multiplier) > MULTIPLIER_TOLERANCE)]
    if not len(limits):
        return first, limits
    return dispatch.split_curtailed(problem.column, least.x_mw, step), limits


def _rows(dispatch: Dispatch, parts: tuple[pd.DataFrame, ...], in_force: pd.DataFrame) -> pd.DataFrame:
    """Long table; rungs above 0 are split over the limits in force by max(0, mu * h)."""
    plants = np.array(parts[0].columns, dtype=object)
    tables = [_long(dispatch, parts[0].to_numpy(), plants, "provincial")]
    plant_node = dispatch.plant_nodes()
    for rung in (1, 2):
        part = parts[rung].to_numpy()
        binding = in_force[in_force["rung"] == rung]
        for label, limits in binding.groupby("step"):
            step = int(str(label))
            where = np.flatnonzero(part[step] > SMALLEST_MW)
            if len(where):
                tables.append(_split(dispatch, step, limits, part[step], where, plants, plant_node, CAUSES[rung]))
        without = (part > SMALLEST_MW) & ~np.isin(np.arange(len(part)), binding["step"])[:, None]
        tables.append(_long(dispatch, np.where(without, part, 0.0), plants, CAUSES[rung]))
    return pd.concat(tables, ignore_index=True).sort_values(["time", "plant", "cause", "element"], ignore_index=True)


def _long(dispatch: Dispatch, part: np.ndarray, plants: np.ndarray, cause: str) -> pd.DataFrame:
    t, p = np.nonzero(part > SMALLEST_MW)
    return pd.DataFrame(
        {
            "time": dispatch.index[t],
            "plant": plants[p],
            "cause": cause,
            "element": "",
            "outage": "",
            "curtailed_mw": part[t, p],
        }
    )


def _split(
    dispatch: Dispatch,
    step: int,
    limits: pd.DataFrame,
    part: np.ndarray,
    where: np.ndarray,
    plants: np.ndarray,
    plant_node: np.ndarray,
    cause: str,
) -> pd.DataFrame:
    """Share one rung's part of one step over its limits; parallel circuits with the same factors are one element."""
    factors = dispatch.flows.limits.matrix[limits["limit"].to_numpy(dtype=int)][:, plant_node[where]]
    sign = np.where(limits["direction"] == "forward", 1.0, -1.0)
    relief = sign[:, None] * factors
    names, groups = _elements(limits, relief)
    lp = np.abs(limits["dual_cny_per_mwh"].to_numpy())[:, None] * relief
    by_share = np.abs(limits["share_multiplier"].to_numpy())[:, None] * relief
    weight = np.where(np.abs(lp).max(axis=0) > 1e-9, lp, by_share).clip(min=0.0)
    silent = weight.sum(axis=0) <= 0
    weight[:, silent] = np.abs(relief[:, silent]) + 1e-12
    merged = np.zeros((len(names), len(where)))
    np.add.at(merged, groups, weight)
    merged *= part[where] / merged.sum(axis=0)
    e, p = np.nonzero(merged > SMALLEST_MW)
    return pd.DataFrame(
        {
            "time": dispatch.index[step],
            "plant": plants[where][p],
            "cause": cause,
            "element": np.array(names, dtype=object)[e],
            "outage": "",
            "curtailed_mw": merged[e, p],
        }
    )


def _elements(limits: pd.DataFrame, relief: np.ndarray) -> tuple[list[str], np.ndarray]:
    """Names of elements and the element of each limit; identical rows (parallel circuits) are one."""
    keys = [tuple(np.round(r, 7)) for r in relief]
    order: dict[tuple, int] = {}
    groups = np.array([order.setdefault(k, len(order)) for k in keys])
    element = limits["element"].astype(str).to_numpy()
    names = ["+".join(sorted(set(element[groups == g]))) for g in range(len(order))]
    return names, groups

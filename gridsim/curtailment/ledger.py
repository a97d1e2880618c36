"""The ledger: every curtailed MWh has one cause (definitions in docs/equations.md).

From the final dispatch everything that couples hours is frozen (stores, hydro, shedding, import cuts, what is short of
reserve); ramps to the hours around narrow the bounds of plant, and the hour's reserve rows count from rung 0 on.
What is left separates by hour.  R_k(t) curtails as little as the balance and the limits of rungs 0..k
allow, in equal shares:

    rung 0  provincial: both areas on one bus,  C_0 = max(0, surplus with plant at its minimum)
    rung 1  + transfer sections
    rung 2  + branches
    rung 3  + branches after the outage of another (N-1)
    rung 4  + branches tightened because their AC loading was above 100 % (the cost of being AC-clean)

k* is the highest rung with a limit in force; c^k = c for k >= k*.  With y^k = min(c, max_{j<=k} c^j) the part
of rung k is x_k = y^k - y^{k-1} >= 0, and the parts add up to c exactly.  What a branch takes while branches are out
by plan, and would not take with all of them in service, is a cause of its own.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import pandas as pd

from gridsim.curtailment.hour import HourProblem, LeastCut, least_curtailment
from gridsim.dispatch import Dispatch
from gridsim.dispatch.credit import owned_part
from gridsim.dispatch.window import DUAL_TOLERANCE
from gridsim.errors import NoOptimum

#: names of the rungs in the result tables
RUNGS = ("provincial", "section", "branch", "n_1", "ac")
#: cause of a branch or N-1 limit that counts only because branches are out by plan (检修方式)
PLANNED_OUTAGE = "outage"
CAUSES = (*RUNGS, PLANNED_OUTAGE)
#: ledger rows below this are rounding of the solver [MW]
SMALLEST_MW = 1e-6
#: a multiplier of the share step below this is zero
MULTIPLIER_TOLERANCE = 1e-7
#: flow beyond a limit that the solvers leave [MW]
_OVER_MW = 1e-3
_FREE_ROLES = ("generated", "reduced", "curtailed")
#: most rounds of adding limits that an hour's least curtailment runs into
_MOST_ROUNDS = 10


@dataclass(frozen=True)
class Ledger:
    """Parts of each cause, (time, plant) per cause in the order of ``CAUSES``, and the long table with elements.

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
    up_to = [np.minimum(c, np.where((highest == 0)[:, None], c, first))]
    in_force = [dispatch.binding]
    cut = c.max(axis=1, initial=0.0) > SMALLEST_MW
    alone = first.copy()  # the part of all rungs so far, were they the only ones
    for rung in range(1, len(RUNGS)):
        parts = up_to[-1].copy()
        parts[highest == rung] = c[highest == rung]
        parts[highest < rung] = c[highest < rung]
        for step in np.flatnonzero((highest > rung) & cut):
            found, limits = _least_up_to(dispatch, int(step), rung, alone[step])
            alone[step] = np.maximum(alone[step], found)
            parts[step] = np.minimum(c[step], np.maximum(up_to[-1][step], alone[step]))
            in_force.append(limits)
        up_to.append(parts)
    by_rung = [up_to[0], *(b - a for a, b in itertools.pairwise(up_to))]
    rows = _rows(dispatch, by_rung, _limits_by_rung(highest, in_force))
    planned = _planned(rows, curtailed)
    parts_mw = [pd.DataFrame(p, index=dispatch.index, columns=curtailed.columns) for p in by_rung]
    for cause, part in planned.items():
        parts_mw[RUNGS.index(cause)] -= part
    rows = rows.assign(cause=rows["cause"].where(~rows["planned"], PLANNED_OUTAGE)).drop(columns="planned")
    total = sum(planned.values(), start=0.0 * curtailed)
    return Ledger((*parts_mw, total), rows)


def _planned(rows: pd.DataFrame, curtailed: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Rung -> (time, plant) of what counts as planned outage."""
    out = {}
    flagged = rows[rows["planned"]]
    for cause, part in flagged.groupby("cause"):
        wide = part.pivot_table(index="time", columns="plant", values="curtailed_mw", aggfunc="sum", fill_value=0.0)
        out[str(cause)] = wide.reindex(index=curtailed.index, columns=curtailed.columns, fill_value=0.0)
    return out


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
            value = dispatch.free_bounds_mw[0][:, k]
        elif kind == "reduced":
            value = columns.upper_mw[:, k]
        else:
            value = x[:, k]
        surplus = surplus + columns.sign[k] * value
    return surplus


def _cut_for_reserve(dispatch: Dispatch) -> np.ndarray:
    """Least curtailment that reserve allows with both areas on one bus, per step.

    With D = curtailment, r = reduction of imports, both less those of the dispatch, and the balance g = r + D for
    plant, the reserve held changes by -r - k D upward and r + k D downward, k = 1 - share of curtailed power that
    counts.  So r + k D <= M up and >= -M down (M: margin of the dispatch), g >= g_min: D >= (g_min - M_up) / (1 - k),
    and D >= -(M_down + r_max) / k.
    """
    margin, role = dispatch.reserve_margin_mw, np.array([str(r).split(".")[1] for r in dispatch.system.columns.role])
    if dispatch.system.reserve is None:
        return np.full(len(margin), -np.inf)
    x, lower = dispatch.column_mw, dispatch.free_bounds_mw[0]
    cut, plant, reduced = (role == kind for kind in ("curtailed", "generated", "reduced"))
    counted = float(dispatch.system.reserve.coefficient[0, cut].max(initial=0.0))
    down = (lower - x)[:, plant].sum(axis=1)
    least = np.full(len(margin), -np.inf)
    if counted > 0.0:
        least = (down - margin[:, 0]) / counted
    if counted < 1.0:
        room = (dispatch.system.columns.upper_mw - x)[:, reduced].sum(axis=1)
        least = np.maximum(least, -(margin[:, 1] + room) / (1.0 - counted))
    return x[:, cut].sum(axis=1) + least


def _provincial(dispatch: Dispatch) -> np.ndarray:
    """R_0: equal shares of the surplus over all controllable wind and sun, credit counted, (time, plant)."""
    room = dispatch.controllable_mw.to_numpy()
    total = room.sum(axis=1)
    cut = np.clip(np.maximum(_surplus_mw(dispatch), _cut_for_reserve(dispatch)), 0.0, total)
    owned = dispatch.plant_owned()
    inside = room[:, owned].sum(axis=1)
    mine = owned_part(cut, inside, total - inside, dispatch.credit_pu)
    even = np.divide(cut, total, out=np.zeros(len(total)), where=total > 0)
    parts = [
        np.divide(mw, size, out=np.zeros(len(total)), where=size > 0)
        for mw, size in ((mine, inside), (cut - mine, total - inside))
    ]
    credited = np.where(owned, *(np.minimum(part, 1.0)[:, None] for part in parts))
    return np.where((dispatch.credit_pu > 0.0)[:, None], credited, even[:, None]) * room


def _least_up_to(dispatch: Dispatch, step: int, rung: int, before: np.ndarray) -> tuple[np.ndarray, pd.DataFrame]:
    """R_k of one step: least curtailment under the balance and the limits of rungs 1..k, equal shares.

    Limits join when the solution runs into them; ``before`` (plant,) is the answer if none is in force.
    Returns curtailment per plant and the limits of rung k in force.
    """
    flows = dispatch.flows
    nothing = dispatch.binding.iloc[:0]
    wanted = flows.imposed & flows.watched & (flows.limits.rung <= rung)
    if not wanted.any():
        return before, nothing
    rows = np.flatnonzero(wanted & (flows.limits.rung == 1))
    binding = dispatch.binding
    mine = binding.loc[(binding["step"] == step) & (binding["rung"] <= rung), "limit"].to_numpy(dtype=int)
    rows = np.union1d(rows, mine)
    at = np.array([step])
    for _ in range(_MOST_ROUNDS):
        problem = HourProblem.of(dispatch, step, rows, _FREE_ROLES)
        least = least_curtailment(problem)
        x = dispatch.column_mw[step].copy()
        x[problem.column] = least.x_mw
        candidates = np.flatnonzero(wanted)
        flow = flows.flow_mw(at, x[None, :], candidates)[0]
        above = flow > flows.upper_mw[step, candidates] + _OVER_MW
        over = above | (flow < flows.lower_mw[step, candidates] - _OVER_MW)
        new = np.setdiff1d(candidates[over], rows)
        if not len(new):
            break
        rows = np.union1d(rows, new)
    else:
        raise NoOptimum(f"step {step}: the ledger keeps running into new limits")
    limits = _in_force(dispatch, problem, least, rows, step)
    if not len(limits):
        return before, limits
    cut = dispatch.split_curtailed(problem.column, least.x_mw, step)
    return cut, limits[limits["rung"] == rung]


def _in_force(dispatch: Dispatch, problem: HourProblem, least: LeastCut, rows: np.ndarray, step: int) -> pd.DataFrame:
    """Limits with a price or a multiplier in an hour's least curtailment."""
    found = dispatch.flows.limits
    flow = problem.factor @ least.x_mw
    forward = np.abs(problem.room_up_mw - flow) <= np.abs(flow - problem.room_low_mw)
    limits = pd.DataFrame(
        {
            "step": step,
            "limit": rows,
            "rung": found.rung[rows],
            "element": found.name[rows],
            "outage": found.outage[rows],
            "direction": np.where(forward, "forward", "reverse"),
            "dual_cny_per_mwh": least.price,
            "share_multiplier": least.multiplier,
        }
    )
    return limits[(np.abs(least.price) > DUAL_TOLERANCE) | (np.abs(least.multiplier) > MULTIPLIER_TOLERANCE)]


def _rows(dispatch: Dispatch, parts: list[np.ndarray], in_force: pd.DataFrame) -> pd.DataFrame:
    """Long table; rungs above 0 are split over the limits in force by max(0, mu * h)."""
    plants = np.array(dispatch.role("curtailed").columns, dtype=object)
    tables = [_long(dispatch, parts[0], plants, "provincial")]
    plant_column = dispatch.plant_columns()
    for rung in range(1, len(RUNGS)):
        part = parts[rung]
        binding = in_force[in_force["rung"] == rung]
        for label, limits in binding.groupby("step"):
            step = int(str(label))
            where = np.flatnonzero(part[step] > SMALLEST_MW)
            if len(where):
                tables.append(_split(dispatch, step, limits, part[step], where, plants, plant_column, RUNGS[rung]))
        without = (part > SMALLEST_MW) & ~np.isin(np.arange(len(part)), binding["step"])[:, None]
        tables.append(_long(dispatch, np.where(without, part, 0.0), plants, RUNGS[rung]))
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
            "planned": False,
        }
    )


def _split(
    dispatch: Dispatch,
    step: int,
    limits: pd.DataFrame,
    part: np.ndarray,
    where: np.ndarray,
    plants: np.ndarray,
    plant_column: np.ndarray,
    cause: str,
) -> pd.DataFrame:
    """Share one rung's part of one step over its limits; parallel circuits with the same factors are one element."""
    number = limits["limit"].to_numpy(dtype=int)
    # cutting a MW is a MW less of injection, so the relief is minus the factor of the column
    factors = -dispatch.flows.coefficients(np.full(len(number), step), number)[:, plant_column[where]]
    sign = np.where(limits["direction"] == "forward", 1.0, -1.0)
    relief = sign[:, None] * factors
    names, outages, groups = _elements(limits, relief)
    planned = _only_by_plan(dispatch, step, number) & (cause != RUNGS[-1])  # what AC adds is told apart as such
    lp = np.abs(limits["dual_cny_per_mwh"].to_numpy())[:, None] * relief
    by_share = np.abs(limits["share_multiplier"].to_numpy())[:, None] * relief
    weight = np.where(np.abs(lp).max(axis=0) > 1e-9, lp, by_share).clip(min=0.0)
    silent = weight.sum(axis=0) <= 0
    weight[:, silent] = np.abs(relief[:, silent]) + 1e-12
    merged = np.zeros((len(names), len(where)))
    np.add.at(merged, groups, weight)
    merged *= part[where] / merged.sum(axis=0)
    e, p = np.nonzero(merged > SMALLEST_MW)
    out_by_plan = dispatch.flows.limits.states.elements[dispatch.flows.limits.states.of_step[step]]
    flagged = np.array([planned[groups == g].all() for g in range(len(names))], dtype=bool)
    with_plan = ["+".join(filter(None, (o, *out_by_plan))) if f else o for o, f in zip(outages, flagged)]
    return pd.DataFrame(
        {
            "time": dispatch.index[step],
            "plant": plants[where][p],
            "cause": cause,
            "element": np.array(names, dtype=object)[e],
            "outage": np.array(with_plan, dtype=object)[e],
            "curtailed_mw": merged[e, p],
            "planned": flagged[e],
        }
    )


def _only_by_plan(dispatch: Dispatch, step: int, limits: np.ndarray) -> np.ndarray:
    """Which limits the same schedule would not reach with every branch in service, (limit,)."""
    flows, found = dispatch.flows, dispatch.flows.limits
    if found.states.of_step[step] == 0:
        return np.zeros(len(limits), dtype=bool)
    injected = dispatch.system.fixed_mw[step].copy()
    columns = dispatch.system.columns
    np.add.at(injected, columns.node, dispatch.column_mw[step] * columns.sign)
    flow = found.matrices[0][limits] @ injected + found.offsets_mw[0][limits]
    return (flow < flows.upper_mw[step, limits] - _OVER_MW) & (flow > flows.lower_mw[step, limits] + _OVER_MW)


def _elements(limits: pd.DataFrame, relief: np.ndarray) -> tuple[list[str], list[str], np.ndarray]:
    """Names and outages of elements and the element of each limit; identical rows (parallel circuits) are one."""
    keys = [tuple(np.round(r, 7)) for r in relief]
    order: dict[tuple, int] = {}
    groups = np.array([order.setdefault(k, len(order)) for k in keys])
    element, outage = (limits[c].astype(str).to_numpy() for c in ("element", "outage"))
    names, lost = (
        ["+".join(sorted(set(filter(None, column[groups == g])))) for g in range(len(order))]
        for column in (element, outage)
    )
    return names, lost, groups

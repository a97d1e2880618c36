"""The ledger: every curtailed MWh has one cause (definitions in docs/equations.md).

From the final dispatch everything that couples hours is frozen (stores, hydro, shedding, import cuts, what is short of
reserve); ramps to the hours around narrow the bounds of plant, and the hour's reserve rows count from rung 0 on.
What is left separates by hour.  R_k(t) curtails as little as the balance and the limits of levels 0..k
allow, in equal shares:

    rung 0  provincial: both areas on one bus,  C_0 = max(0, surplus with plant at its minimum)
    rung 1  + transfer sections, in two levels: the tie between the areas first, then sections inside the grid
    rung 2  + branches
    rung 3  + branches after the outage of another (N-1)
    rung 4  + branches tightened because their AC loading was above 100 % (the cost of being AC-clean)

k* is the highest level with a limit in force; c^k = c for k >= k*.  With y^k = min(c, max_{j<=k} c^j) the part
of level k is x_k = y^k - y^{k-1} >= 0, and the parts add up to c exactly.  What a branch takes while branches are out
by plan, and would not take with all of them in service, is a cause of its own; so is what no dispatch was asked about
because the plant is held back for a special cause (:mod:`gridsim.special_limits`).
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from gridsim.curtailment.elements import OVER_MW, SMALLEST_MW, ledger_rows
from gridsim.curtailment.hour import HourProblem, LeastCut, least_curtailment
from gridsim.dispatch import Dispatch
from gridsim.dispatch.credit import owned_part
from gridsim.dispatch.window import DUAL_TOLERANCE
from gridsim.errors import NoOptimum
from gridsim.special_limits import SPECIAL_CAUSES

#: levels in the order in which they are charged, and the cause that each one is
LEVELS = ("provincial", "tie", "section", "branch", "n_1", "ac")
_CAUSE_OF = {level: level for level in LEVELS} | {"tie": "section"}
#: names of the rungs in the result tables
RUNGS = ("provincial", "section", "branch", "n_1", "ac")
#: cause of a branch or N-1 limit that counts only because branches are out by plan (检修方式)
PLANNED_OUTAGE = "outage"
#: the same where every branch that is out is declared exempt
EXEMPT_OUTAGE = "exempt_outage"
#: causes that count in the rate of the verdict, and those that do not
SYSTEM_CAUSES = (*RUNGS, PLANNED_OUTAGE)
NO_SYSTEM_CAUSES = (EXEMPT_OUTAGE, *SPECIAL_CAUSES)
CAUSES = (*SYSTEM_CAUSES, *NO_SYSTEM_CAUSES)
#: system causes that are the local network's
LOCAL_CAUSES = SYSTEM_CAUSES[1:]
#: a multiplier of the share step below this is zero
MULTIPLIER_TOLERANCE = 1e-7
_FREE_ROLES = ("generated", "reduced", "curtailed")
#: most rounds of adding limits that an hour's least curtailment runs into
_MOST_ROUNDS = 10
#: columns of the limits in force in an hour, (limit,) each
_InForce = dict[str, np.ndarray]


@dataclass(frozen=True)
class Ledger:
    """Parts of each cause, (time, plant) per cause in the order of ``CAUSES``, and the long table with elements. [MW]

    ``rows``: time, plant, cause, element, outage, curtailed_mw (non-zero only).
    """

    parts_mw: tuple[pd.DataFrame, ...]
    rows: pd.DataFrame

    def total_mw(self, causes: Sequence[str]) -> pd.DataFrame:
        """Sum of some causes, (time, plant)."""
        return sum((self.parts_mw[CAUSES.index(c)] for c in causes), start=0.0 * self.parts_mw[0])


def ledger(dispatch: Dispatch, *, order: Sequence[str] = LEVELS) -> Ledger:
    """Cause of every curtailed MWh of a dispatch, for the plants of both areas.

    Parameters
    ----------
    dispatch : Dispatch
        The final one.
    order : sequence of str
        ``LEVELS`` in another order, ``"provincial"`` first: who pays for what two limits need together.  Totals of
        plants do not depend on it.

    Returns
    -------
    Ledger

    Raises
    ------
    NoOptimum
        If the limits of a level clash in some hour (the dispatch met them, so this is a defect).
    ValueError
        If ``order`` is not an order of ``LEVELS``.

    Notes
    -----
    docs/equations.md, "Why it is cut".  The rungs follow Chinese practice (调峰, 断面, 网架); the rule
    x_k = y^k - y^{k-1} is this tool's own.
    """
    if sorted(order) != sorted(LEVELS) or order[0] != LEVELS[0]:
        raise ValueError(f"order is {tuple(order)}: give {LEVELS} in another order, {LEVELS[0]!r} first")
    curtailed = dispatch.role("curtailed")
    by_level, in_force = _by_level(dispatch, curtailed.to_numpy(), _level_of_limits(dispatch, order))
    causes = [_CAUSE_OF[level] for level in order]
    rows = ledger_rows(dispatch, by_level, causes, in_force)
    parts = dict.fromkeys(CAUSES, 0.0 * curtailed)
    for cause, part in zip(causes, by_level):
        parts[cause] = parts[cause] + part
    for (cause, planned), moved in _planned(rows, curtailed).items():
        parts[cause] = (parts[cause] - moved).clip(lower=0.0)
        parts[planned] = parts[planned] + moved
    rows = rows.assign(cause=rows["cause"].where(rows["planned"] == "", rows["planned"])).drop(columns="planned")
    for cause, held_back in dispatch.withheld_mw.items():
        parts[cause] = held_back.reindex(columns=curtailed.columns, fill_value=0.0)
        rows = pd.concat([rows, _special_rows(parts[cause], cause)], ignore_index=True)
    rows = rows.sort_values(["time", "plant", "cause", "element"], ignore_index=True)
    return Ledger(tuple(parts[cause] for cause in CAUSES), rows)


def provincial_part(dispatch: Dispatch) -> pd.DataFrame:
    """What the provincial balance alone would cost each plant: x_0 of the ledger, (time, plant). [MW]

    Closed form, no hour is solved; what is curtailed beyond it is the local network's (sections, branches, N-1, AC).
    """
    curtailed = dispatch.role("curtailed")
    level = _level_of_limits(dispatch, LEVELS)
    highest = _highest_level(_with_level(dispatch.binding, level), len(dispatch.index))
    first = _first_part(dispatch, curtailed.to_numpy(), highest)
    return pd.DataFrame(first, index=curtailed.index, columns=curtailed.columns)


def _highest_level(binding: pd.DataFrame, steps: int) -> np.ndarray:
    """k* of each step."""
    highest = np.zeros(steps, dtype=int)
    np.maximum.at(highest, binding["step"].to_numpy(dtype=int), binding["level"].to_numpy(dtype=int))
    return highest


def _first_part(dispatch: Dispatch, c: np.ndarray, highest: np.ndarray) -> np.ndarray:
    """y^0, (time, plant)."""
    return np.minimum(c, np.where((highest == 0)[:, None], c, _provincial(dispatch)))


def _by_level(dispatch: Dispatch, c: np.ndarray, level: np.ndarray) -> tuple[list[np.ndarray], pd.DataFrame]:
    """x_k of each level, (time, plant), and the limits in force that share it; ``level`` is that of each limit."""
    binding = _with_level(dispatch.binding, level)
    highest = _highest_level(binding, len(dispatch.index))
    up_to = [_first_part(dispatch, c, highest)]
    in_force = [binding[binding["level"].to_numpy() == highest[binding["step"].to_numpy(dtype=int)]]]
    by_hour: list[_InForce] = []
    cut = c.max(axis=1, initial=0.0) > SMALLEST_MW
    alone = _provincial(dispatch)  # the part of all levels so far, were they the only ones
    for k in range(1, len(LEVELS)):
        parts = up_to[-1].copy()
        parts[highest <= k] = c[highest <= k]
        for step in np.flatnonzero((highest > k) & cut):
            found, limits = _least_up_to(dispatch, int(step), k, alone[step], level)
            alone[step] = np.maximum(alone[step], found)
            parts[step] = np.minimum(c[step], np.maximum(up_to[-1][step], alone[step]))
            by_hour += [limits] if limits else []
        up_to.append(parts)
    if by_hour:  # one frame of all hours: thousands of small ones take longer than the programs
        in_force.append(pd.DataFrame({name: np.concatenate([h[name] for h in by_hour]) for name in by_hour[0]}))
    return [up_to[0], *(b - a for a, b in itertools.pairwise(up_to))], pd.concat(in_force, ignore_index=True)


def _level_of_limits(dispatch: Dispatch, order: Sequence[str]) -> np.ndarray:
    """Level of every limit of the dispatch in some order of the levels, (limit,)."""
    found = dispatch.flows.limits
    place = np.array([order.index(_CAUSE_OF[c]) for c in RUNGS])
    return np.where(found.is_tie, order.index("tie"), place[found.rung])


def _with_level(limits: pd.DataFrame, level: np.ndarray) -> pd.DataFrame:
    return limits.assign(level=level[limits["limit"].to_numpy(dtype=int)])


def _planned(rows: pd.DataFrame, curtailed: pd.DataFrame) -> dict[tuple[str, str], pd.DataFrame]:
    """(Cause of the limit, cause of the outage) -> (time, plant) of what counts as planned outage."""
    out = {}
    for (cause, planned), part in rows[rows["planned"] != ""].groupby(["cause", "planned"]):
        wide = part.pivot_table(index="time", columns="plant", values="curtailed_mw", aggfunc="sum", fill_value=0.0)
        out[str(cause), str(planned)] = wide.reindex(index=curtailed.index, columns=curtailed.columns, fill_value=0.0)
    return out


def _special_rows(held_back_mw: pd.DataFrame, cause: str) -> pd.DataFrame:
    """Rows of a special cause; it has no element."""
    t, p = np.nonzero(held_back_mw.to_numpy() > SMALLEST_MW)
    found = {"time": held_back_mw.index[t], "plant": held_back_mw.columns.to_numpy()[p], "cause": cause}
    return pd.DataFrame(found | {"element": "", "outage": "", "curtailed_mw": held_back_mw.to_numpy()[t, p]})


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


def _least_up_to(
    dispatch: Dispatch, step: int, k: int, before: np.ndarray, level: np.ndarray
) -> tuple[np.ndarray, _InForce]:
    """R_k of one step: least curtailment under the balance and the limits of levels 1..k, equal shares.

    Limits join when the solution runs into them; ``before`` (plant,) is the answer if none of level k is in force.
    Returns curtailment per plant and the limits of level k in force, nothing if there is none.
    """
    flows = dispatch.flows
    wanted = flows.imposed & flows.watched & (level <= k)
    if not wanted.any():
        return before, {}
    rows = np.flatnonzero(wanted & (flows.limits.rung == 1))
    binding = dispatch.binding
    mine = binding["limit"].to_numpy(dtype=int)[binding["step"].to_numpy(dtype=int) == step]
    rows = np.union1d(rows, mine[level[mine] <= k])
    at = np.array([step])
    for _ in range(_MOST_ROUNDS):
        problem = HourProblem.of(dispatch, step, rows, _FREE_ROLES)
        least = least_curtailment(problem)
        x = dispatch.column_mw[step].copy()
        x[problem.column] = least.x_mw
        candidates = np.flatnonzero(wanted)
        flow = flows.flow_mw(at, x[None, :], candidates)[0]
        above = flow > flows.upper_mw[step, candidates] + OVER_MW
        over = above | (flow < flows.lower_mw[step, candidates] - OVER_MW)
        new = np.setdiff1d(candidates[over], rows)
        if not len(new):
            break
        rows = np.union1d(rows, new)
    else:
        raise NoOptimum(f"step {step}: the ledger keeps running into new limits")
    limits = _in_force(dispatch, problem, least, rows, level, k)
    if not limits:
        return before, {}
    return dispatch.split_curtailed(problem.column, least.x_mw, step), limits


def _in_force(
    dispatch: Dispatch, problem: HourProblem, least: LeastCut, rows: np.ndarray, level: np.ndarray, k: int
) -> _InForce:
    """Limits of level k among the ``rows`` with a price or a multiplier in an hour's least curtailment."""
    priced = (np.abs(least.price) > DUAL_TOLERANCE) | (np.abs(least.multiplier) > MULTIPLIER_TOLERANCE)
    here = np.flatnonzero(priced & (level[rows] == k))
    if not len(here):
        return {}
    found, limit = dispatch.flows.limits, rows[here]
    flow = (problem.factor @ least.x_mw)[here]
    forward = np.abs(problem.room_up_mw[here] - flow) <= np.abs(flow - problem.room_low_mw[here])
    return {
        "step": np.full(len(here), problem.step),
        "limit": limit,
        "rung": found.rung[limit],
        "element": found.name[limit],
        "outage": found.outage[limit],
        "direction": np.where(forward, "forward", "reverse").astype(object),
        "dual_cny_per_mwh": least.price[here],
        "share_multiplier": least.multiplier[here],
        "level": np.full(len(here), k),
    }

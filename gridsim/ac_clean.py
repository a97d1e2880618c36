"""The AC-clean dispatch: where AC overloads a branch that the dispatch kept inside, its limit is tightened.

Loading is current, the dispatch limits active power: reactive power, losses and low voltage make the difference.
With L^2 = alpha P^2 + beta in an hour (alpha: active power, beta: reactive power), the limit that brings L down to the
rating is P'^2 = P^2 - (L^2 - 100^2) / alpha.  The first time beta is taken as zero, P' = P 100 / L, which never
tightens too much; afterwards alpha follows from the last two rounds.  Limits only tighten, so it ends.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from gridsim.ac import AcState, check_ac_dispatch
from gridsim.ac.tables import OVERLOAD_PERCENT
from gridsim.dispatch import Dispatch
from gridsim.dispatch.solve import without_wind_and_sun_mw
from gridsim.dispatch.tighten import Tightening, tightened_limits, with_tightened_limits
from gridsim.network import Network
from gridsim.options import SimulationOptions
from gridsim.profiles import Profiles
from gridsim.ratings import rating_mva_by_step
from gridsim.units import energy_mwh, step_hours

#: bounds of alpha in terms of L^2 / P^2: reactive power makes at most four fifths of the square of the current
_LEAST_SLOPE, _MOST_SLOPE = 0.2, 5.0
#: a tightened limit that moved out by more than this was relaxed [MW]
_RELAXED_MW = 1e-3
#: why a branch is still above its rating
UNAVOIDABLE, DEMAND, RELAXED, REACTIVE, ROUNDS = "unavoidable", "demand", "relaxed", "reactive", "rounds"


@dataclass(frozen=True)
class AcClean:
    """What the loop between dispatch and AC came to.

    Attributes
    ----------
    dispatch, ac
        After the last round.
    rounds : DataFrame
        One row per round: ``round, tightened, days, overloads, max_loading_percent, curtailed_mwh``: limits (branch,
        step) tightened, days solved again, overloads (branch, step) and highest loading after it, curtailed energy of
        both areas beyond that before the loop.
    tightened : DataFrame
        One row per branch that was tightened or remains above its rating: ``element, element_type, side, outage,
        hours, max_tightening_mw, worst_time, remaining_hours, max_remaining_percent, ac_reason``.
    """

    dispatch: Dispatch
    ac: AcState
    rounds: pd.DataFrame
    tightened: pd.DataFrame

    def figures(self) -> dict[str, float]:
        """Headline: rounds, tightened and remaining hours of branches, curtailed energy that was added (both areas)."""
        return {
            "ac_rounds": len(self.rounds),
            "ac_tightened_branch_hours": float(self.tightened["hours"].sum()),
            "ac_remaining_branch_hours": float(self.tightened["remaining_hours"].sum()),
            "ac_added_curtailment_gwh": self.cost_mwh / 1e3,
        }

    @property
    def cost_mwh(self) -> float:
        """Curtailed energy of both areas that the loop added. [MWh]"""
        return float(self.rounds["curtailed_mwh"].iloc[-1]) if len(self.rounds) else 0.0


@dataclass(frozen=True)
class _Overloads:
    """Branches above their rating; arrays (row,).  ``flow_mw``: of the dispatch."""

    step: np.ndarray
    branch: np.ndarray
    flow_mw: np.ndarray
    loading_percent: np.ndarray

    def take(self, rows: np.ndarray) -> _Overloads:
        return _Overloads(self.step[rows], self.branch[rows], self.flow_mw[rows], self.loading_percent[rows])


def ac_clean_dispatch(
    network: Network,
    profiles: Profiles,
    dispatch: Dispatch,
    ac: AcState,
    *,
    options: SimulationOptions,
    progress: Callable[[float], None] | None = None,
) -> AcClean:
    """Tighten, dispatch and check again until AC overloads nothing that a dispatch can relieve.

    Parameters
    ----------
    network : Network
    profiles : Profiles
    dispatch : Dispatch
    ac : AcState
        Of this dispatch.
    options : SimulationOptions
        ``ac_rounds`` rounds at most; a limit aims at the rating less ``ac_margin_percent``.
    progress : callable, optional
        Called with the share of rounds done.

    Returns
    -------
    AcClean
        With the dispatch as it was if nothing is overloaded, or if the dispatch respects no branch limits.

    Raises
    ------
    NoOptimum
        If a day that is solved again has no proven optimum.
    """
    first, rows = dispatch, []
    past: dict[tuple[int, int], tuple[float, float]] = {}
    rounds = options.ac_rounds if options.dispatch.branch_limits else 0
    over = overloads(dispatch, ac)
    for number in range(1, rounds + 1):
        wanted = over.take(_reason(dispatch, over) == ROUNDS)
        if not len(wanted.step):
            break
        tightening = _tighter(wanted, past, options.ac_margin_percent)
        past.update({(t, b): (p, x) for t, b, p, x in _tuples(wanted)})
        new = with_tightened_limits(network, profiles, dispatch, tightening, options=options.dispatch)
        ac = check_ac_dispatch(network, new, like=(dispatch, ac))
        dispatch = new
        over = overloads(dispatch, ac)
        rows.append(
            {
                "round": number,
                "tightened": len(tightening),
                "days": len(np.unique(tightening.step // round(24.0 / dispatch.system.step_h))),
                "overloads": len(over.step),
                "max_loading_percent": float(over.loading_percent.max(initial=0.0)),
                "curtailed_mwh": _curtailed_mwh(dispatch) - _curtailed_mwh(first),
            }
        )
        if progress:
            progress(number / rounds)
    columns = ["round", "tightened", "days", "overloads", "max_loading_percent", "curtailed_mwh"]
    table = tightened_table(dispatch, over) if rounds else pd.DataFrame(columns=list(COLUMNS))
    return AcClean(dispatch, ac, pd.DataFrame(rows, columns=columns), table)


def overloads(dispatch: Dispatch, ac: AcState) -> _Overloads:
    """Branches whose AC loading is above the rating, step by step.

    The loading of a three-winding transformer is that of its worst winding; the winding that stands for it is the one
    with the highest share of its rating in the dispatch.
    """
    over = ac.loading_percent > OVERLOAD_PERCENT  # NaN, a step that did not converge, is not above anything
    step, element = np.nonzero(over & ~ac.elements["is_equivalent"].to_numpy())
    model = dispatch.model
    n = len(model)
    flow = dispatch.branch_mw.to_numpy()
    first, last = model.first_of_element[element], np.r_[model.first_of_element, n][element + 1] - 1
    rating, branch = dispatch.flows.limits.upper_mw[:, :n], first.copy()
    for side in range(1, 3):
        other = np.minimum(first + side, last)
        more = np.abs(flow[step, other]) / rating[step, other] > np.abs(flow[step, branch]) / rating[step, branch]
        branch = np.where(more, other, branch)
    return _Overloads(step, branch, flow[step, branch], ac.loading_percent[step, element].astype(float))


def _tuples(over: _Overloads) -> list[tuple[int, int, float, float]]:
    return list(zip(over.step.tolist(), over.branch.tolist(), np.abs(over.flow_mw).tolist(), over.loading_percent))


def _tighter(over: _Overloads, past: dict[tuple[int, int], tuple[float, float]], margin_percent: float) -> Tightening:
    """Active flow at which AC would be at the rating less the margin; ``past``: flow and loading a round ago."""
    power, loading = np.abs(over.flow_mw), over.loading_percent
    slope = loading**2 / power**2
    before = [past.get((t, b), (p, x)) for t, b, p, x in _tuples(over)]
    p0, l0 = np.array(before, dtype=float).reshape(-1, 2).T
    moved = (p0 > power + 1e-3) & (l0 > loading)
    seen = np.divide(l0**2 - loading**2, p0**2 - power**2, out=slope.copy(), where=moved)
    seen = np.clip(seen, _LEAST_SLOPE * slope, _MOST_SLOPE * slope)
    goal = OVERLOAD_PERCENT * (1.0 - margin_percent / 100.0)
    target = np.sqrt(np.maximum(power**2 - (loading**2 - goal**2) / seen, 0.0))
    return Tightening(over.step, over.branch, np.where(over.flow_mw < 0.0, -target, target))


def _reason(dispatch: Dispatch, over: _Overloads) -> np.ndarray:
    """Why each overload remains, (row,); ``rounds`` where a tighter limit could still help."""
    model, found, flows = dispatch.model, dispatch.flows.limits, dispatch.flows
    out = np.full(len(over.step), ROUNDS, dtype=object)
    rating = rating_mva_by_step(model, dispatch.index, temp_air_degc=found.temp_air_degc)
    share = 100.0 * np.abs(over.flow_mw) / rating[over.step, over.branch]
    # what is left of the current without any active power is above the rating
    out[over.loading_percent**2 - share**2 >= OVERLOAD_PERCENT**2] = REACTIVE
    known = tightened_limits(dispatch)
    k = np.array([known.get(b, -1) for b in over.branch.tolist()], dtype=int)
    t, there = over.step, k >= 0
    relaxed = flows.upper_mw[t, k] > found.upper_mw[t, k] + _RELAXED_MW
    relaxed |= flows.lower_mw[t, k] < found.lower_mw[t, k] - _RELAXED_MW
    relaxed &= there
    without = without_wind_and_sun_mw(dispatch.system, found, dispatch.column_mw, over.flow_mw, t, over.branch)
    driven = over.loading_percent * without * np.sign(over.flow_mw) > OVERLOAD_PERCENT * np.abs(over.flow_mw)
    out[relaxed] = np.where(driven[relaxed], DEMAND, RELAXED)
    rows = dispatch.unavoidable[dispatch.unavoidable["outage"] == ""]
    listed = {(s, e, y): d for s, e, y, d in zip(rows["step"], rows["element"], rows["kind"], rows["load_driven"])}
    for row, key in enumerate(zip(t.tolist(), model.element[over.branch], model.element_type[over.branch])):
        if key in listed:
            out[row] = DEMAND if listed[key] else UNAVOIDABLE
    return out


COLUMNS = (
    "element",
    "element_type",
    "side",
    "outage",
    "hours",
    "max_tightening_mw",
    "worst_time",
    "remaining_hours",
    "max_remaining_percent",
    "ac_reason",
)


def tightened_table(dispatch: Dispatch, over: _Overloads) -> pd.DataFrame:
    """Branches with a tightened limit or above their rating, those that remain first; see :class:`AcClean`.

    ``max_tightening_mw`` is the limit of the dispatch less the tightened one, in the hour ``worst_time`` (of a branch
    that was not tightened: the hour of its highest loading); ``ac_reason`` is that of most of the remaining hours.
    """
    found, flows, model = dispatch.flows.limits, dispatch.flows, dispatch.model
    hours, known = step_hours(dispatch.index), tightened_limits(dispatch)
    reason, rows = _reason(dispatch, over), []
    for branch in sorted({*known, *over.branch.tolist()}):
        mine = over.branch == branch
        left = over.take(mine)
        steps, excess = np.zeros(0, dtype=int), np.zeros(0)
        if branch in known:
            k = known[branch]
            steps = np.flatnonzero(np.isfinite(found.upper_mw[:, k]) | np.isfinite(found.lower_mw[:, k]))
            up = found.upper_mw[steps, branch] - flows.upper_mw[steps, k]
            low = flows.lower_mw[steps, k] - found.lower_mw[steps, branch]
            excess = np.maximum(up, low).clip(min=0.0)
        worst = int(steps[excess.argmax()] if len(steps) else left.step[left.loading_percent.argmax()])
        often = pd.Series(reason[mine]).mode()
        rows.append(
            (
                str(model.element[branch]),
                str(model.element_type[branch]),
                str(model.side[branch]),
                "",
                len(steps) * hours,
                float(excess.max(initial=0.0)),
                dispatch.index[worst],
                len(left.step) * hours,
                float(left.loading_percent.max()) if len(left.step) else np.nan,
                str(often.iloc[0]) if len(often) else "",
            )
        )
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    return table.sort_values(
        ["remaining_hours", "hours", "element", "side"], ascending=[False, False, True, True], ignore_index=True
    )


def _curtailed_mwh(dispatch: Dispatch) -> float:
    return float(energy_mwh(dispatch.role("curtailed").to_numpy().sum(), step_hours(dispatch.index)))

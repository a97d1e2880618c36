"""All counties together: single capacities do not add up, because they all use the same margin of the city.

With fixed shares the total is searched along one line.  With free shares further lines follow from what is planned:
each county's part of the total times the rise of its own rate that it may still have over the one it had at the end of
the line before.  The best line counts, that of the fixed shares among them.  The answer is simulated on the study's
whole path, with one step more beside it.  Beside it stands a bound: cuts of the conditions at the base case and at the
answer,

    g(x_k) + grad g(x_k) (x - x_k) <= 0,

moved out to the answer where they would cut it off, bound the total by a linear program (Kelley, 10.1137/0108053).  The
gradients are marginal values by basis sensitivity, those of a county's own rate only for its own plants: a heuristic,
and the gap to it is printed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.optimize import linprog

from gridsim.batch import cores
from gridsim.growth import Addition
from gridsim.hosting.gaps import Gaps, holds
from gridsim.hosting.line import Line, gaps_of_counties, run_lines, simulated, unmet_first
from gridsim.hosting.mix import Mix
from gridsim.hosting.point import Point
from gridsim.hosting.points import Asked, Points, Progress

#: lines that are searched for free shares at most
MOST_LINES = 2
#: a county with less than this is left out of a line; sizes that differ by less are the same [MW]
_SOME_MW, _SAME_MW = 1e-6, 1e-3
#: how a first guess falls short of the end of a line
_SHORT_PU = 0.45
#: a county's part of the total changes from line to line at most by these factors
LEAST_FACTOR, MOST_FACTOR = 0.4, 2.5
#: points of the curve beside those of the search, times the answer
CURVE_PU = (0.25, 0.5, 0.75, 1.25, 1.5)
FIXED, FREE = "fixed", "free"
TOTAL_COLUMNS = (
    "shares", "mix", "total_mw", "planned_mw", "sum_of_single_mw", "bound_mw", "gap_mw", "above_bound", "criterion",
    "element", "city_rate_at_percent", "city_rate_above_percent", "both_areas_rate_at_percent", "step_mw", "lines",
    "simulations", "ok", "detail",
)  # fmt: skip
COUNTY_COLUMNS = ("shares", "mix", "county", "single_mw", "planned_mw", "joint_mw", "county_rate_percent")
CURVE_COLUMNS = (
    "shares", "mix", "added_mw", "path", "ok", "holds", "on_line", "city_rate_percent", "city_local_rate_percent",
    "both_areas_rate_percent",
)  # fmt: skip


@dataclass(frozen=True)
class Together:
    """What is asked for: counties, what each takes alone and gets at least, the mix, the step of the total. [MW]"""

    counties: tuple[str, ...]
    single_mw: np.ndarray
    planned_mw: np.ndarray
    mix: Mix
    step_mw: float


@dataclass(frozen=True)
class Answer:
    """A total and how it was found: ``x_mw`` per county, points at it and one step above (None: end of the line)."""

    x_mw: np.ndarray
    at: Point
    above: Point | None
    bound_mw: float
    lines: int
    runs: int
    seen: tuple[Point, ...]


def joint_tables(
    points: Points,
    base: Point,
    asked: Asked,
    together: Together,
    share_pu: Mapping[str, float],
    *,
    processes: int | None = None,
    progress: Progress | None = None,
) -> dict[str, pd.DataFrame]:
    """Totals with fixed and with free shares.

    Parameters
    ----------
    points : Points
    base : Point
        The base case on the whole path, with marginal values.
    asked : Asked
    together : Together
    share_pu : mapping
        County to its share of the total for the answer with fixed shares; empty: in proportion to single capacities.
    processes, progress
        As in :func:`gridsim.hosting.hosting_capacity`.

    Returns
    -------
    dict of DataFrame
        ``hosting_joint_total`` (:data:`TOTAL_COLUMNS`), ``hosting_joint`` (:data:`COUNTY_COLUMNS`) and
        ``hosting_joint_curve`` (:data:`CURVE_COLUMNS`, every simulated point of the lines).
    """
    searches = {name: _Search(points, base, asked, together, processes, progress) for name in (FIXED, FREE)}
    shares = np.array([share_pu.get(c, 0.0) for c in together.counties]) if share_pu else together.single_mw
    first = searches[FIXED].fixed(shares)
    # one point of a line follows from the one before: the curve beside it keeps two cores busy
    with ThreadPoolExecutor(1 if (processes or cores()) <= 1 else 2) as side_by_side:
        curve = side_by_side.submit(searches[FIXED].with_curve, first)
        free = side_by_side.submit(searches[FREE].free, first)
        found = {FIXED: curve.result(), FREE: free.result()}
    answers = {name: answer for name, answer in found.items() if answer is not None}
    totals = [_total_row(name, answer, searches[name]) for name, answer in answers.items()]
    rows = [row for name, answer in answers.items() for row in _county_rows(name, answer, together)]
    points_of = [row for name, answer in answers.items() for row in _curve_rows(name, answer, searches[name])]
    return {
        "hosting_joint_total": pd.DataFrame(totals, columns=list(TOTAL_COLUMNS)),
        "hosting_joint": pd.DataFrame(rows, columns=list(COUNTY_COLUMNS)),
        "hosting_joint_curve": pd.DataFrame(points_of, columns=list(CURVE_COLUMNS)),
    }


class _Search:
    """The lines of one question; keeps what was simulated along them."""

    def __init__(
        self, points: Points, base: Point, asked: Asked, together: Together, processes: int | None,
        progress: Progress | None,
    ):  # fmt: skip
        self.points, self.base, self.asked, self.of = points, base, asked, together
        self.processes, self.progress = processes, progress
        self.seen: dict[tuple[str, tuple[Addition, ...]], Point] = {}
        # a step beyond what a county takes alone, so that what limits it is met
        takes = together.single_mw > 0.0
        self.top = np.maximum(together.single_mw + takes * together.step_mw, together.planned_mw)

    def additions(self, x_mw: np.ndarray) -> tuple[Addition, ...]:
        """New plants of a vector of MW by county."""
        sizes = [(county, float(mw)) for county, mw in zip(self.of.counties, x_mw) if mw > _SOME_MW]
        return tuple(a for county, mw in sizes for a in self.of.mix.additions(county, mw, self.asked.rule))

    def judged(self, point: Point) -> Gaps:
        """Conditions of the city and of every county that takes part."""
        self.seen.setdefault((point.detail, point.additions), point)
        counties = [c for c, mw in zip(self.of.counties, self.of.single_mw + self.of.planned_mw) if mw > _SOME_MW]
        return gaps_of_counties(self.base, point, counties, self.asked.target)

    def at(self, x_mw: np.ndarray, detail: str) -> Point:
        """The point of a vector."""
        additions = self.additions(x_mw)
        if not additions:
            return self.base
        return simulated(self.points, [self.points.task(additions, detail)], processes=self.processes)[0]

    def failing(self, x_mw: np.ndarray) -> Point:
        """The point one step above an answer, as far as it had to go to fail."""
        known = self.points.get(self.points.task(self.additions(x_mw), "dispatch"))
        return known if known is not None and not holds(self.judged(known)) else self.at(x_mw, "study")

    def along(
        self, start_mw: np.ndarray, towards_mw: np.ndarray, *, detail: str | None, first_mw: float | None = None
    ) -> tuple[float, float, int]:
        """Totals beyond ``start_mw`` in MW up to which a line holds, one step above (infinite: its end) and points."""
        way = towards_mw - start_mw
        length = float(way.sum())
        most = int(length / self.of.step_mw + 1e-9)
        if most < 1:
            return 0.0, np.inf, 0
        line = Line(
            additions=lambda n: self.additions(start_mw + way * (n * self.of.step_mw / length)),
            judged=self.judged,
            most=most,
            first=min(max(1, int(_SHORT_PU * most) if first_mw is None else int(first_mw / self.of.step_mw)), most),
            detail=detail,
        )
        known = self.points.get(self.points.task(self.additions(start_mw), "dispatch"))
        start = known if known is not None else self.at(start_mw, detail or "study")
        ((found, runs),) = run_lines(
            [line], start, self.points, method=self.asked.method, processes=self.processes
        )
        high = np.inf if found.high is None else found.high * self.of.step_mw
        return found.low * self.of.step_mw, high, runs

    def fixed(self, shares: np.ndarray) -> Answer | None:
        """Largest total with these shares; None when no county takes anything."""
        if shares.sum() <= 0.0:
            return None
        self.tell(FIXED, 0.0)
        nothing = np.zeros(len(shares))
        end = shares / shares.sum() * _reach(shares, nothing, self.top)
        return self.answer(nothing, end, lines=1, runs=0)

    def with_curve(self, answer: Answer | None) -> Answer | None:
        """The answer with points below and above it on its line."""
        if answer is None:
            return None
        most = _reach(answer.x_mw, np.zeros(len(self.top)), self.top) if answer.x_mw.sum() > 0.0 else 0.0
        beside = [answer.x_mw * share for share in CURVE_PU if share * answer.x_mw.sum() <= most]
        tasks = [self.points.task(self.additions(x), "dispatch") for x in beside if x.sum() > 0.0]
        more = simulated(self.points, tasks, processes=self.processes)
        self.tell(FIXED, 1.0)
        return replace(answer, seen=(*answer.seen, *more), runs=answer.runs + len(tasks))

    def free(self, fixed: Answer | None) -> Answer | None:
        """Largest total with free shares, none below what is planned, and none below that of fixed shares."""
        of = self.of
        if (of.single_mw + of.planned_mw).sum() <= 0.0:
            return None
        planned = self.at(of.planned_mw, "study")
        if not holds(self.judged(planned)):
            return Answer(of.planned_mw, planned, planned, np.nan, 0, 1, (planned,))
        usable = fixed is not None and holds(self.judged(fixed.at)) and bool((fixed.x_mw >= of.planned_mw).all())
        best = fixed.x_mw if fixed is not None and usable else of.planned_mw
        at = fixed.at if fixed is not None and usable else None
        way, line, lines, runs = np.maximum(self.top - of.planned_mw, 0.0), None, 0, 1
        while lines < MOST_LINES:
            self.tell(FREE, lines / (MOST_LINES + 1))
            way = way if at is None else (best - of.planned_mw + _SOME_MW) * self.factors(at)
            end = of.planned_mw + way * _reach(way, of.planned_mw, self.top, unit=False)
            guess = None if at is None else float((best - of.planned_mw).sum())
            found, _, more = self.along(of.planned_mw, end, detail="dispatch", first_mw=guess)
            lines, runs = lines + 1, runs + more
            here = of.planned_mw + (end - of.planned_mw) * (found / max((end - of.planned_mw).sum(), _SOME_MW))
            if here.sum() < best.sum() + of.step_mw / 2.0:
                break
            best, line, at = here, (end, guess), self.at(here, "dispatch")
        answer = fixed
        if line is not None:
            answer = self.answer(of.planned_mw, line[0], lines=lines, runs=runs, first_mw=line[1])
        if answer is None:
            answer = Answer(of.planned_mw, planned, None, np.nan, lines, runs, tuple(self.seen.values()))
        elif fixed is not None and usable and answer.x_mw.sum() < fixed.x_mw.sum():
            answer = fixed  # the whole path took from the new line what it had gained
        self.tell(FREE, 1.0)
        seen = tuple({(p.detail, p.additions): p for p in (*answer.seen, *self.seen.values())}.values())
        return replace(answer, bound_mw=self.bound_mw(answer.x_mw), lines=lines, seen=seen)

    def factors(self, at: Point) -> np.ndarray:
        """Rise of each county's rate that it may have over the one it has at a point, (county,), bounded."""
        rates = [(self.base.rate_percent(c), at.rate_percent(c)) for c in self.of.counties]
        room = [self.asked.target.percent - before for before, _ in rates]
        risen = np.array([after - before for before, after in rates])
        with np.errstate(divide="ignore", invalid="ignore"):
            factor = np.where(risen > 0.0, np.array(room) / risen, MOST_FACTOR)
        return np.clip(np.nan_to_num(factor, nan=1.0), LEAST_FACTOR, MOST_FACTOR)

    def bound_mw(self, x_mw: np.ndarray) -> float:
        """Bound of the total by cuts at the base case and at an answer, none of which cuts the answer off."""
        cuts = self.cuts(np.zeros(len(self.top)), self.base) + self.cuts(x_mw, self.at(x_mw, "slopes"))
        kept = [(slope, max(right, float(slope @ x_mw))) for slope, right in cuts]
        return float(master(kept, self.of.planned_mw, np.maximum(self.top, x_mw)).sum())

    def answer(
        self, start_mw: np.ndarray, end_mw: np.ndarray, *, lines: int, runs: int, first_mw: float | None = None
    ) -> Answer:
        """Search a line on the whole path; the same first guess finds the dispatches of a search before again."""
        low, high, more = self.along(start_mw, end_mw, detail=None, first_mw=first_mw)
        way = end_mw - start_mw
        here = start_mw + way * (low / max(way.sum(), _SOME_MW))
        at = self.at(here, "study")
        above = None if np.isinf(high) else self.failing(start_mw + way * (high / way.sum()))
        return Answer(here, at, above, np.nan, lines, runs + more, tuple(self.seen.values()))

    def cuts(self, x_mw: np.ndarray, point: Point) -> list[tuple[np.ndarray, float]]:
        """Rows ``a x <= b`` of the rates at a point; none of a point that failed or has no marginal values."""
        if not point.ok or point.marginal.empty:
            return []
        share, of = self.asked.target.percent / 100.0, self.of
        per_mw = [of.mix.per_mw(point.marginal, county) for county in of.counties]
        out = []
        for (criterion, element, _), gap in self.judged(point).items():
            if criterion == "rate_county":
                own = np.array([float(c == element) for c in of.counties])
                slope = own * [m["both"] - share * m["available"] for m in per_mw]
            elif criterion in ("rate_city", "rate_both_areas"):
                which = "city" if criterion == "rate_city" else "both"
                slope = np.array([m[which] - share * m["available"] for m in per_mw])
            else:
                continue
            if np.isfinite(gap) and np.abs(slope).max() > 0.0:
                out.append((slope, float(slope @ x_mw - gap)))
        return out

    def tell(self, name: str, done: float) -> None:
        if self.progress:
            self.progress(f"joint, {name} shares", done)


def master(cuts: Sequence[tuple[np.ndarray, float]], low_mw: np.ndarray, high_mw: np.ndarray) -> np.ndarray:
    """Vector of the largest sum between two vectors that keeps all cuts; ``high_mw`` where the cuts allow none."""
    if not cuts:
        return high_mw
    a, b = np.array([slope for slope, _ in cuts]), np.array([right for _, right in cuts])
    # Rows of equal size, so that a tolerance means the same in each of them.
    size = np.abs(a).max(axis=1)
    found = linprog(-np.ones(len(low_mw)), a / size[:, None], b / size, bounds=list(zip(low_mw, high_mw)))
    return np.asarray(found.x) if found.status == 0 else high_mw


def _reach(way: np.ndarray, start: np.ndarray, top: np.ndarray, *, unit: bool = True) -> float:
    """How far one can go along a way until all its counties are at the top; ``unit``: in MW of a way of sum 1."""
    parts = way / way.sum() if unit else way
    going = parts > _SOME_MW
    return float(((top - start)[going] / parts[going]).min()) if going.any() else 0.0


def _total_row(name: str, answer: Answer, search: _Search) -> dict[str, object]:
    of = search.of
    total, planned = float(answer.x_mw.sum()), float(of.planned_mw.sum()) if name == FREE else 0.0
    held = holds(search.judged(answer.at))
    criterion, element = ("", "") if answer.above is None else unmet_first(search.judged(answer.above))
    failed = [p.failed for p in (answer.at, answer.above) if p is not None and p.failed]
    return {
        "shares": name,
        "mix": of.mix.name,
        "total_mw": total if held else 0.0,
        "planned_mw": planned,
        "sum_of_single_mw": float(of.single_mw.sum()),
        "bound_mw": answer.bound_mw,
        "gap_mw": answer.bound_mw - total,
        "above_bound": answer.above is None and total > planned,
        "criterion": criterion,
        "element": element,
        "city_rate_at_percent": answer.at.rate_percent("city"),
        "city_rate_above_percent": np.nan if answer.above is None else answer.above.rate_percent("city"),
        "both_areas_rate_at_percent": answer.at.rate_percent("both_areas"),
        "step_mw": of.step_mw,
        "lines": answer.lines,
        "simulations": answer.runs,
        "ok": not failed,
        "detail": "; ".join(failed),
    }


def _county_rows(name: str, answer: Answer, of: Together) -> list[dict[str, object]]:
    planned = of.planned_mw if name == FREE else np.zeros(len(of.counties))
    return [
        {
            "shares": name, "mix": of.mix.name, "county": county, "single_mw": single, "planned_mw": plan,
            "joint_mw": mw, "county_rate_percent": answer.at.rate_percent(county),
        }
        for county, single, plan, mw in zip(of.counties, of.single_mw, planned, answer.x_mw)
    ]  # fmt: skip


def _curve_rows(name: str, answer: Answer, search: _Search) -> list[dict[str, object]]:
    rows = [
        {
            "shares": name, "mix": search.of.mix.name, "added_mw": point.added_mw, "path": point.detail,
            "ok": point.ok, "holds": holds(search.judged(point)), "on_line": _on_line(name, point, answer, search.of),
            "city_rate_percent": point.rate_percent("city"),
            "city_local_rate_percent": point.rate_percent("city", of="local"),
            "both_areas_rate_percent": point.rate_percent("both_areas"),
        }
        for point in {id(p): p for p in (search.base, *answer.seen)}.values()
    ]  # fmt: skip
    return sorted(rows, key=lambda row: (float(str(row["added_mw"])), str(row["path"])))


def _on_line(name: str, point: Point, answer: Answer, of: Together) -> bool:
    """Whether a point stands on the way from what is planned to the answer: other lines were searched as well."""
    mw = dict.fromkeys(of.counties, 0.0)
    for addition in point.additions:
        mw[addition.county] += addition.p_mw
    start = of.planned_mw if name == FREE else np.zeros(len(of.counties))
    here, way = np.array(list(mw.values())) - start, answer.x_mw - start
    along = here.sum() / way.sum() if way.sum() > _SOME_MW else 0.0
    return bool(np.abs(here - along * way).max() <= _SAME_MW)

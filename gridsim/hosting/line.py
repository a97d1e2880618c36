"""Searches along lines of additions, side by side: one number decides how much is added, in however many counties."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gridsim.batch import run_growing
from gridsim.growth import Addition
from gridsim.hosting.gaps import FAILED, Gaps, Reading, Target, gaps
from gridsim.hosting.mix import Mix
from gridsim.hosting.point import Point, PointTask, run_point
from gridsim.hosting.points import Asked, Points, Progress
from gridsim.hosting.search import Found, Search, Wanted, search
from gridsim.hosting.store import point_key

#: the reading that all counties together, and a queue, are held to
READING = Reading("pro_rata", "all")


@dataclass(frozen=True)
class Line:
    """What stands at step n of a line, and how its points are judged.

    Attributes
    ----------
    additions : callable
        Step -> additions.
    judged : callable
        Point -> gaps.
    most : int
        Last step.
    first : int
        First guess.
    detail : str or None
        How far all points go; None: dispatch while searching, the study's whole path for the answer.
    name : str
        For progress.
    points : Points or None
        Where its points are kept, if not where those of the other lines are: of another grid.
    """

    additions: Callable[[int], tuple[Addition, ...]]
    judged: Callable[[Point], Gaps]
    most: int
    first: int
    detail: str | None = None
    name: str = ""
    points: Points | None = None


def county_line(county: str, mix: Mix, reading: Reading, first_mw: float, base: Point, asked: Asked) -> Line:
    """The line of a county: more and more of a mix there, judged by a reading; ``first_mw`` is the first guess."""
    return Line(
        additions=lambda n: mix.additions(county, n * asked.step_mw, asked.rule),
        judged=lambda point: gaps(base, point, county, reading, asked.target),
        most=asked.most,
        first=round(first_mw / asked.step_mw),
        name=f"{county} {mix.name} {reading.name}",
    )


class _Running:
    """A search under way: what it waits for, its answer, and the number of points it has looked at."""

    def __init__(self, line: Line, start: Point, points: Points, method: str, grid: int):
        self.line, self.points = line, line.points or points
        self.steps: Search = search(line.judged(start), most=line.most, first=line.first, method=method, grid=grid)
        self.wanted: Wanted | None = next(self.steps)
        self.found: Found | None = None
        self.runs = 0

    def missing(self) -> list[PointTask]:
        """Tasks still to be simulated; as long as all that is wanted is known, the search goes on."""
        while self.wanted is not None:
            tasks = {
                n: self.points.task(self.line.additions(n), self.line.detail or detail)
                for n, detail in self.wanted.details.items()
            }
            known = {n: self.points.get(task) for n, task in tasks.items()}
            left = [tasks[n] for n, point in known.items() if point is None]
            if left:
                return left
            self.runs += len(tasks)
            try:
                self.wanted = self.steps.send({n: self.line.judged(at) for n, at in known.items() if at is not None})
            except StopIteration as end:
                self.wanted, self.found = None, end.value
        return []


def run_lines(
    lines: Sequence[Line],
    start: Point,
    points: Points,
    *,
    method: str,
    grid: int = 0,
    processes: int | None = None,
    progress: Progress | None = None,
) -> list[tuple[Found, int]]:
    """Largest step of each line up to which all conditions hold, and the number of points it has looked at.

    A search depends on its own points only: order and number of processes change nothing.  ``start`` is the point at
    step 0 of them all; its conditions hold.
    """
    running = [_Running(line, start, points, method, grid) for line in lines]
    under_way: set[str] = set()
    owner = {id(one.points.setting): one.points for one in running}

    def new_tasks() -> list[PointTask]:
        out = []
        for one in running:
            if one.found is not None:
                continue
            for task in one.missing():
                key = point_key(one.points.key, task)
                if key not in under_way:
                    under_way.add(key)
                    out.append(task)
            if progress:
                progress(one.line.name, 1.0 if one.found else min(one.runs / 8.0, 0.95))
        return out

    def go_on(task: PointTask, point: Point) -> list[PointTask]:
        owner[id(task.setting)].put(task, point)
        return new_tasks()

    run_growing(run_point, new_tasks(), go_on, processes=processes)
    return [(one.found, one.runs) for one in running if one.found is not None]


def simulated(points: Points, tasks: Sequence[PointTask], *, processes: int | None) -> list[Point]:
    """Points of some tasks, those that are not known yet side by side."""

    def keep(task: PointTask, point: Point) -> list[PointTask]:
        points.put(task, point)
        return []

    run_growing(run_point, [t for t in tasks if points.get(t) is None], keep, processes=processes)
    known = [points.get(task) for task in tasks]
    return [point for point in known if point is not None]


def gaps_of_counties(base: Point, point: Point, counties: Sequence[str], target: Target) -> Gaps:
    """Conditions of a point with new plants in several counties: the rate of each of them is one of its own.

    Returns
    -------
    mapping of (criterion, element, outage) to gap
        As :func:`gridsim.hosting.gaps.gaps`; the element of ``rate_county`` is the county.
    """
    out: dict[tuple[str, str, str], float] = {}
    for county in counties:
        for (criterion, element, outage), gap in gaps(base, point, county, READING, target).items():
            out[criterion, county if criterion == "rate_county" else element, outage] = gap
    return out


def unmet_first(found: Gaps) -> tuple[str, str]:
    """Criterion and element of the condition that decides: the largest gap of a rate, or else the first violation."""
    missed = {name: gap for name, gap in found.items() if gap > 0.0}
    rates = {name: gap for name, gap in missed.items() if name[0].startswith("rate_") or name[0] == FAILED}
    if not missed:
        return "", ""
    name = max(rates, key=lambda n: rates[n]) if rates else next(iter(missed))
    return name[0], name[1]

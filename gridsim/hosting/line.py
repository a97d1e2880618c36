"""A search along a line of additions: one number decides how much is added, in however many counties at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gridsim.growth import Addition
from gridsim.hosting.gaps import FAILED, Gaps, Reading, Target, gaps
from gridsim.hosting.point import Point, PointTask, simulate_points
from gridsim.hosting.run import Points
from gridsim.hosting.search import Found, search

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
    """

    additions: Callable[[int], tuple[Addition, ...]]
    judged: Callable[[Point], Gaps]
    most: int
    first: int
    detail: str | None = None


def follow(line: Line, start: Point, points: Points, *, method: str, processes: int | None) -> tuple[Found, int]:
    """Largest step of a line up to which all conditions hold, and the number of points that were looked at.

    ``start`` is the point at step 0; its conditions hold.
    """
    steps, runs = search(line.judged(start), most=line.most, first=line.first, method=method), 0
    wanted = next(steps)
    while True:
        tasks = {n: points.task(line.additions(n), line.detail or wanted.detail) for n in wanted.steps}
        found = simulated(points, list(tasks.values()), processes=processes)
        runs += len(tasks)
        try:
            wanted = steps.send({n: line.judged(point) for n, point in zip(tasks, found)})
        except StopIteration as end:
            return end.value, runs


def simulated(points: Points, tasks: Sequence[PointTask], *, processes: int | None) -> list[Point]:
    """Points of some tasks, those that are not known yet side by side."""
    left = [task for task in tasks if points.get(task) is None]
    for task, point in zip(left, simulate_points(left, processes=processes)):
        points.put(task, point)
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

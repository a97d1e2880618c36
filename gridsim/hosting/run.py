"""Searches of many counties side by side, each point simulated once, kept, and known to all who ask for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from gridsim.batch import run_growing
from gridsim.hosting.gaps import Gaps, Reading, Target, gaps
from gridsim.hosting.mix import Mix
from gridsim.hosting.point import Point, PointTask, Setting, run_point
from gridsim.hosting.search import Found, Search, Wanted, search
from gridsim.hosting.store import keep_point, kept_point, point_key, setting_key

#: called with (stage, share of the stage that is done)
Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class Asked:
    """How capacities are searched; see :class:`gridsim.hosting_sections.HostingSection`."""

    target: Target
    max_mw: float = 2000.0
    step_mw: float = 1.0
    rule: str = "headroom"
    readings: tuple[str, ...] = ("pro_rata/all",)
    method: str = "secant"
    grid: int = 0

    @property
    def most(self) -> int:
        """Upper end of the search in steps."""
        return max(int(self.max_mw / self.step_mw + 1e-9), 1)


@dataclass(frozen=True)
class Quest:
    """One search: county, mix and reading, and its first guess. [MW]"""

    county: str
    mix: Mix
    reading: Reading
    first_mw: float

    @property
    def name(self) -> str:
        """For messages and progress."""
        return f"{self.county} {self.mix.name} {self.reading.name}"


@dataclass
class Points:
    """Points of a setting, by task, simulated once; kept in ``folder`` if there is one."""

    setting: Setting
    folder: Path | None = None
    known: dict[str, Point] = field(default_factory=dict)
    simulated: int = 0

    def __post_init__(self) -> None:
        self.key = setting_key(self.setting)

    def task(self, additions: Sequence[object], detail: str) -> PointTask:
        """The task of a point of this setting."""
        return PointTask(self.setting, tuple(additions), detail)  # type: ignore[arg-type]

    def get(self, task: PointTask) -> Point | None:
        """A point that is known or was kept."""
        key = point_key(self.key, task)
        if key not in self.known and self.folder is not None:
            found = kept_point(self.folder, key)
            if found is not None:
                self.known[key] = found
        return self.known.get(key)

    def put(self, task: PointTask, point: Point) -> None:
        """Keep a point."""
        key = point_key(self.key, task)
        self.known[key], self.simulated = point, self.simulated + 1
        if self.folder is not None:
            keep_point(self.folder, key, point)


class _Running:
    """A search under way: what it waits for and what it has seen."""

    def __init__(self, quest: Quest, base: Point, asked: Asked):
        self.quest, self.base, self.asked = quest, base, asked
        self.steps: Search = search(
            self.gaps(base), most=asked.most, first=round(quest.first_mw / asked.step_mw), method=asked.method,
            grid=asked.grid,
        )  # fmt: skip
        self.wanted: Wanted | None = next(self.steps)
        self.answers: dict[int, Gaps] = {}
        self.found: Found | None = None
        self.runs = 0

    def gaps(self, point: Point) -> Gaps:
        return gaps(self.base, point, self.quest.county, self.quest.reading, self.asked.target)

    def additions(self, n: int) -> tuple[object, ...]:
        return self.quest.mix.additions(self.quest.county, n * self.asked.step_mw, self.asked.rule)

    def missing(self, points: Points) -> list[PointTask]:
        """Tasks still to be simulated; as long as all that is wanted is known, the search goes on."""
        while self.wanted is not None:
            tasks = {n: points.task(self.additions(n), self.wanted.detail) for n in self.wanted.steps}
            known = {n: points.get(task) for n, task in tasks.items()}
            left = [tasks[n] for n, point in known.items() if point is None]
            if left:
                return left
            self.answers = {n: self.gaps(point) for n, point in known.items() if point is not None}
            self.runs += len(tasks)
            try:
                self.wanted = self.steps.send(self.answers)
            except StopIteration as end:
                self.wanted, self.found = None, end.value
        return []


def run_quests(
    quests: Sequence[Quest],
    base: Point,
    points: Points,
    asked: Asked,
    *,
    processes: int | None = None,
    progress: Progress | None = None,
) -> Mapping[Quest, tuple[Found, int]]:
    """Answers of some searches, with the number of points each has looked at.

    A search depends on its own points only: order and number of processes change nothing.
    """
    running = [_Running(quest, base, asked) for quest in quests]
    under_way: set[str] = set()

    def tell(one: _Running) -> None:
        if progress:
            progress(one.quest.name, 1.0 if one.found else min(one.runs / 8.0, 0.95))

    def new_tasks() -> list[PointTask]:
        out = []
        for one in running:
            if one.found is not None:
                continue
            for task in one.missing(points):
                key = point_key(points.key, task)
                if key not in under_way:
                    under_way.add(key)
                    out.append(task)
            tell(one)
        return out

    def follow(task: PointTask, point: Point) -> list[PointTask]:
        points.put(task, point)
        return new_tasks()

    run_growing(run_point, new_tasks(), follow, processes=processes)
    return {one.quest: (one.found, one.runs) for one in running if one.found is not None}

"""What is asked for, and the points of a setting: each simulated once, kept, and known to all who ask for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from gridsim.hosting.gaps import Target
from gridsim.hosting.point import Point, PointTask, Setting
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

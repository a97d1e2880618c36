"""What the rest of a sweep will take, from the cases that are finished: time, memory, disk."""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass

from gridsim.sweep.folder import case_path
from gridsim.sweep.results import Sweep


@dataclass(frozen=True)
class Estimate:
    """Medians of the finished cases, and what the open ones will take.

    Attributes
    ----------
    measured : int
        Cases the figures come from.
    case_s, case_mb, worker_mb : float
        Wall time, size on disk and largest memory of a worker per case. (memory: the largest seen)
    open_cases : int
    workers : int
    total_s, total_mb, memory_mb : float
        Time with these workers, disk of the open cases, memory of all workers.
    """

    measured: int
    case_s: float
    case_mb: float
    worker_mb: float
    open_cases: int
    workers: int
    total_s: float
    total_mb: float
    memory_mb: float


def estimate(sweep: Sweep, *, workers: int) -> Estimate | None:
    """What the open cases of a sweep will take with so many workers; None before the first case is finished.

    Wall times of finished cases count as they were: measured with other workers busy they say more than measured
    alone.
    """
    if not sweep.rows:
        return None
    seconds = statistics.median(float(row["seconds"]) for row in sweep.rows.values())
    sizes = [case_path(sweep.folder, key).stat().st_size / 1e6 for key in sweep.rows]
    size, peak = statistics.median(sizes), max(float(row["worker_peak_mb"]) for row in sweep.rows.values())
    left = sweep.counts()["open"]
    busy = max(1, min(workers, left))
    rounds = math.ceil(left / busy)
    return Estimate(
        measured=len(sweep.rows), case_s=seconds, case_mb=size, worker_mb=peak, open_cases=left, workers=workers,
        total_s=rounds * seconds, total_mb=left * size, memory_mb=busy * peak,
    )  # fmt: skip

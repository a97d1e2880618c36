"""Run a sweep: plan it, skip what is finished, run the rest, keep every case as it ends."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gridsim.study import Study
from gridsim.sweep import folder as store
from gridsim.sweep.case_file import read_row
from gridsim.sweep.keys import case_keys, code_hash
from gridsim.sweep.matrix import sweep_cases
from gridsim.sweep.results import Sweep, open_sweep
from gridsim.sweep.task import Job

#: the index is written anew at most this often. [s]
INDEX_S = 10.0


@dataclass(frozen=True)
class SweepProgress:
    """How far a sweep is. ``left_s``: time left by the cases of this run so far; None before the first."""

    done: int
    failed: int
    remaining: int
    left_s: float | None
    last: str


def plan_sweep(study: Study, folder: str | Path) -> list[Job]:
    """Write the plan of a study's sweep into a folder; every case as a job.

    Raises
    ------
    InvalidInput
        All problems of the matrix, of the study's tables, of the folder.
    """
    root = Path(folder).resolve()
    cases = sweep_cases(study)
    keys = case_keys(cases)
    store.write_plan(root, study.path.name, [store.PlannedCase(k, c.labels) for k, c in zip(keys, cases)])
    keep = "tables" if study.sweep is None else study.sweep.keep
    code = code_hash()
    return [Job(key, case.labels, case.study, keep, str(root), code) for key, case in zip(keys, cases)]


def run_sweep(
    study: Study,
    folder: str | Path,
    *,
    scheduler: str | None = None,
    workers: int | None = None,
    retry_failed: bool = False,
    most: int | None = None,
    progress: Callable[[SweepProgress], None] | None = None,
    announce: Callable[[str], None] | None = None,
) -> Sweep:
    """Run every case of a study's sweep that has no result yet.

    Parameters
    ----------
    study : Study
        With a section ``[sweep]``.
    folder : path
        Results; an earlier sweep there is gone on with: a case whose tables, series, weather, options and code are
        unchanged keeps its result.
    scheduler : str, optional
        Address of a Dask scheduler whose workers see the study's files under the same paths; default: worker
        processes on this machine.
    workers : int, optional
        Worker processes on this machine; default one a core.
    retry_failed : bool
        Also run cases again whose failure is of the case itself (input, no optimum, failed checks); those that lost
        their worker, their time or their place on the disk are always run again.
    most : int, optional
        Run at most so many cases now, in the order of the plan.
    progress : callable, optional
    announce : callable, optional
        Called once with the address of the cluster's dashboard.

    Returns
    -------
    Sweep
        As it stands at the end; ``failures()`` lists every case without result.

    Raises
    ------
    InvalidInput
        All problems of the matrix and the folder, nobody at the scheduler's address, another process at work.

    Notes
    -----
    Workers are spawned: a script that calls this needs ``if __name__ == "__main__":``.
    """
    from gridsim.sweep.engine import connected, run_jobs

    root = Path(folder).resolve()
    jobs = plan_sweep(study, root)
    limit = None if study.sweep is None else study.sweep.time_limit_s
    there = store.index_rows(root, [job.key for job in jobs])
    kept = {k: f for k, f in store.failures(root).items() if f.kind not in store.PASSING and not retry_failed}
    todo = [job for job in jobs if job.key not in there and job.key not in kept][:most]
    log = _Log(root, there, len(jobs), len([j for j in jobs if j.key in kept and j.key not in there]), progress)
    if todo:
        store.forget_failures(root, [job.key for job in todo])
        with store.at_work(root, scheduler or "local"), connected(scheduler, workers) as client:
            if announce:
                announce(str(client.dashboard_link))
            log.workers = max(1, len(client.ncores()))
            names = {job.key: ", ".join(map(str, job.labels.values())) for job in todo}
            run_jobs(client, todo, lambda key, result: log.ended(key, names[key], result), time_limit_s=limit)
    store.write_index(root, log.rows)
    return open_sweep(root)


class _Log:
    """What has ended so far: to the disk, to the index, to the progress."""

    def __init__(
        self,
        root: Path,
        rows: dict[str, dict[str, Any]],
        cases: int,
        failed: int,
        progress: Callable[[SweepProgress], None] | None,
    ):
        self.rows, self.workers = dict(rows), 1
        self._root, self._cases, self._failed, self._progress = root, cases, failed, progress
        self._began = self._indexed = time.monotonic()
        self._ended = 0

    def ended(self, key: str, name: str, result: bytes | store.Failure) -> None:
        """Keep a case that ended."""
        failure = result if isinstance(result, store.Failure) else store.keep_case(self._root, key, result)
        self._ended += 1
        if failure is None:
            self.rows[key] = read_row(store.case_path(self._root, key)) or {}
        else:
            self._failed += 1
            store.keep_failure(self._root, key, failure)
        if time.monotonic() - self._indexed > INDEX_S:
            store.write_index(self._root, self.rows)
            self._indexed = time.monotonic()
        if self._progress:
            remaining = self._cases - len(self.rows) - self._failed
            pace = (time.monotonic() - self._began) / self._ended
            self._progress(SweepProgress(len(self.rows), self._failed, remaining, pace * remaining, name))

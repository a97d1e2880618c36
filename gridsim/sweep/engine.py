"""Cases on Dask workers: a cluster of this machine's cores, or one that is given; nothing lost, whatever dies.

Dask schedules, moves and retries; what is decided here is what a death means.  A worker that dies takes its cases with
it, which Dask starts again elsewhere; a case that was there when several workers died runs once more at the end, alone,
and is given up as *lost* if it takes workers with it again.  A case
beyond its time limit is given up and its worker started anew.  A client that dies leaves finished cases in the folder.
"""

from __future__ import annotations

import logging
import socket
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import dask
from distributed import Client, Future, KilledWorker, LocalCluster, get_worker, wait
from distributed.comm.core import CommClosedError

from gridsim.batch import cores
from gridsim.errors import InvalidInput, NoOptimum, Problem
from gridsim.sweep.folder import Failure
from gridsim.sweep.task import Job, Untrusted, run_case

#: started cases are told to the client under this topic
TOPIC = "gridsim-case"
#: cases given to the cluster at once, per worker: enough to keep it busy, few enough to keep the client small
IN_FLIGHT = 3
#: how often the client looks for cases that take too long. [s]
TICK_S = 0.5
#: Dask's settings while a sweep runs, beside its own.  Out of the box scheduler, nannies and workers look at themselves
#: ten to a hundred times a second, for a profile that nobody reads: 6 % of a core with two workers, 2 % with these.
#: And it makes the C library give every freed array back at once, to be zeroed anew: a sixth of a case's time.
SETTINGS = {
    "distributed.worker.multiprocessing-method": "spawn",
    "distributed.comm.timeouts.connect": "20s",
    "distributed.worker.profile.enabled": False,
    "distributed.admin.tick.interval": "1s",
    "distributed.worker.memory.monitor-interval": "1s",
    "distributed.nanny.pre-spawn-environ.MALLOC_TRIM_THRESHOLD_": None,
}
#: where the dashboard of a cluster of this machine is, if nobody else is there
DASHBOARD_PORT = 8787
#: deaths of a worker after which its case is given up
MOST_DEATHS = 2

#: called for every case that ends: key, bytes of its file or why there is none
Ended = Callable[[str, bytes | Failure], None]


@contextmanager
def connected(scheduler: str | None, workers: int | None) -> Iterator[Client]:
    """A client of the scheduler at an address, or of a cluster of worker processes on this machine.

    Raises
    ------
    InvalidInput
        If nobody answers at the address.
    """
    with dask.config.set({**SETTINGS, "distributed.scheduler.allowed-failures": MOST_DEATHS}):
        if scheduler is None:
            with (
                LocalCluster(
                    n_workers=workers or cores(),
                    threads_per_worker=1,
                    processes=True,
                    silence_logs=logging.CRITICAL,
                    dashboard_address=f"127.0.0.1:{_dashboard_port()}",
                ) as cluster,
                Client(cluster, set_as_default=False) as client,
            ):
                yield client
            return
        try:
            client = Client(scheduler, timeout="20s", set_as_default=False)
        except (OSError, TimeoutError, ValueError) as error:
            fix = "start it (dask scheduler) and give its address, e.g. tcp://10.0.0.5:8786"
            raise InvalidInput([Problem("--scheduler", f"nobody answers at {scheduler!r} ({error})", fix)]) from None
        with client:
            yield client


def _dashboard_port() -> int:
    """Dask's usual port for its dashboard, or any free one (0) where another sweep has it."""
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", DASHBOARD_PORT))
        except OSError:
            return 0
    return DASHBOARD_PORT


def run_jobs(
    client: Client,
    jobs: Sequence[Job],
    ended: Ended,
    *,
    time_limit_s: float | None,
    task: Callable[[Job], bytes] = run_case,
) -> None:
    """Run every job on a cluster; returns when each has ended in one way or the other.

    Parameters
    ----------
    client : Client
    jobs : sequence of Job
    ended : callable
        Called in this thread as cases end.
    time_limit_s : float or None
        A case that takes longer is given up.
    task : callable
        What is done with a job.
    """
    suspects: list[Job] = []
    started: dict[str, tuple[float, str]] = {}
    client.subscribe_topic(TOPIC, lambda event: _note_start(event, started))
    crew = _Crew(client, task, started, time_limit_s)
    by_key = {job.key: job for job in jobs}

    def first(key: str, end: bytes | Failure) -> None:
        if isinstance(end, Failure) and end.kind == "lost":
            suspects.append(by_key[key])
        else:
            ended(key, end)

    try:
        with client.as_current():  # for this block only: nothing global is set
            crew.work(jobs, first, at_once=None)
            crew.work(suspects, ended, at_once=1)  # alone, so that nobody falls with a neighbour
    finally:
        with suppress(CommClosedError, ValueError):
            client.unsubscribe_topic(TOPIC)


@dataclass(frozen=True)
class _Crew:
    """The workers, what they do, when cases started (by key) and how long one may take."""

    client: Client
    task: Callable[[Job], bytes]
    started: dict[str, tuple[float, str]]
    time_limit_s: float | None

    def work(self, jobs: Sequence[Job], ended: Ended, *, at_once: int | None) -> None:
        """Run jobs, so many at once; None = as many as keep the workers busy."""
        waiting, running = list(reversed(jobs)), dict[str, Future]()
        while waiting or running:
            while waiting and len(running) < (at_once or IN_FLIGHT * max(1, len(self.client.ncores()))):
                job = waiting.pop()
                self.started.pop(job.key, None)
                name = f"case-{job.key}-{at_once or 'many'}"
                running[job.key] = self.client.submit(_in_worker, self.task, job, key=name, pure=False)
            with suppress(TimeoutError):
                wait(list(running.values()), timeout=TICK_S, return_when="FIRST_COMPLETED")
            for key in [k for k, future in running.items() if future.done()]:
                ended(key, _outcome(running.pop(key)))
            for key in _too_long(running, self.started, self.time_limit_s):
                _give_up(self.client, running.pop(key), self.started[key][1])
                said = f"took longer than {self.time_limit_s:g} s and was given up"
                ended(key, Failure("time_limit", said))


def _in_worker(task: Callable[[Job], bytes], job: Job) -> bytes:
    """A case, its start told to the client."""
    worker = get_worker()
    worker.log_event(TOPIC, {"key": job.key, "at": time.time(), "worker": worker.address})
    return task(job)


def _note_start(event: tuple[float, Mapping[str, Any]], started: dict[str, tuple[float, str]]) -> None:
    """When a case started by this machine's clock, whatever the worker's says, and where."""
    _, told = event
    started[str(told["key"])] = (time.monotonic(), str(told["worker"]))


def _too_long(
    running: Mapping[str, Future], started: Mapping[str, tuple[float, str]], time_limit_s: float | None
) -> list[str]:
    if time_limit_s is None:
        return []
    now = time.monotonic()
    return [key for key in running if key in started and now - started[key][0] > time_limit_s]


def _give_up(client: Client, future: Future, worker: str) -> None:
    """Take a case back and start the worker anew that would never end it."""
    future.cancel(force=True)
    # gone meanwhile (a machine that slept: the scheduler has another name for it), or still being killed
    with suppress(ValueError, KeyError, TimeoutError):
        client.restart_workers([worker], timeout=5, raise_for_error=False)


def _outcome(future: Future) -> bytes | Failure:
    """Bytes of a case's file, or why there are none."""
    if future.cancelled():
        return Failure("lost", "the cluster gave the case up (its scheduler or all its workers are gone)")
    error = future.exception()
    if error is None:
        content: bytes = future.result()
        return content
    if isinstance(error, KilledWorker):
        return Failure("lost", f"{MOST_DEATHS + 1} workers died while they ran this case (memory?)")
    if isinstance(error, InvalidInput):
        return Failure("input", "; ".join(map(str, error.problems)))
    if isinstance(error, NoOptimum | Untrusted):
        return Failure("no_optimum" if isinstance(error, NoOptimum) else "untrusted", str(error))
    last = traceback.extract_tb(future.traceback())[-1:] if future.traceback() else []
    at = "".join(f" ({frame.filename.rpartition('/')[2]}:{frame.lineno})" for frame in last)
    return Failure("error", f"{type(error).__name__}: {error}{at}")

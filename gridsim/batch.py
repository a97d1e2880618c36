"""The same pure task for many items, on the cores of this machine."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, as_completed, wait
from typing import TypeVar

from threadpoolctl import threadpool_limits

Item = TypeVar("Item")
Result = TypeVar("Result")


def run_many(
    task: Callable[[Item], Result],
    items: Sequence[Item],
    *,
    processes: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> list[Result]:
    """Results of a task for every item, in the order of the items.

    Parameters
    ----------
    task : callable
        A pure function at the top level of a module; it and its items are pickled to the workers.
    items : sequence
    processes : int, optional
        Worker processes; default as many as this process may use cores.  With one, or one item, the task runs here.
    progress : callable, optional
        Called with (items done, items) as they end, in whatever order.

    Returns
    -------
    list
        The same whatever the number of processes, as long as the task is pure.

    Raises
    ------
    Exception
        What the task raised for the first item that failed; tasks not yet started are given up.

    Notes
    -----
    Workers are spawned, never forked: the same on Windows, and no lock of a solver's threads is inherited.
    """
    workers = min(processes or cores(), len(items))
    if workers <= 1:
        return [_told(task(item), k + 1, len(items), progress) for k, item in enumerate(items)]
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=spawn, initializer=_begin_worker) as pool:
        futures: list[Future[Result]] = [pool.submit(task, item) for item in items]
        try:
            for done, future in enumerate(as_completed(futures), start=1):
                _told(future.result(), done, len(items), progress)
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise
        return [future.result() for future in futures]


def run_growing(
    task: Callable[[Item], Result],
    items: Sequence[Item],
    follow: Callable[[Item, Result], Sequence[Item]],
    *,
    processes: int | None = None,
) -> None:
    """A task for items of which some only follow from the results of others.

    Parameters
    ----------
    task : callable
        As of :func:`run_many`.
    items : sequence
        What can start at once.
    follow : callable
        Called here with each item and its result as they end, in whatever order; gives the items that follow.
    processes : int, optional
        As of :func:`run_many`; with one the tasks run here, first come, first served.

    Raises
    ------
    Exception
        What a task or ``follow`` raised; tasks not yet started are given up.
    """
    workers = processes or cores()
    if workers <= 1:
        left = deque(items)
        while left:
            item = left.popleft()
            left.extend(follow(item, task(item)))
        return
    if not items:
        return
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=spawn, initializer=_begin_worker) as pool:
        running: dict[Future[Result], Item] = {pool.submit(task, item): item for item in items}
        try:
            while running:
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    item = running.pop(future)
                    running.update({pool.submit(task, new): new for new in follow(item, future.result())})
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise


def cores() -> int:
    """Cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _begin_worker() -> None:
    """One worker a core: a second BLAS thread in each would only spin.  A worker ends with its parent."""
    threadpool_limits(limits=1, user_api="blas")
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """A parent that is killed closes no queue: its workers would wait for tasks, with their memory, for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _told(result: Result, done: int, of: int, progress: Callable[[int, int], None] | None) -> Result:
    if progress:
        progress(done, of)
    return result

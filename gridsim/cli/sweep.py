"""``gridsim sweep`` and ``gridsim status``."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from gridsim.cli.console import UNTRUSTED, caught, err, out
from gridsim.errors import InvalidInput, Problem

if TYPE_CHECKING:
    from gridsim.sweep.estimate import Estimate
    from gridsim.sweep.results import Sweep
    from gridsim.sweep.run import SweepProgress

#: cases and failures that are listed on the terminal
_MOST_LISTED = 20


def sweep(
    study: Annotated[Path, typer.Argument(help="study file (.toml) with a section [sweep]")],
    folder: Annotated[Path | None, typer.Option("--out", help="folder of the sweep; default out/<study>")] = None,
    scheduler: Annotated[str | None, typer.Option(help="address of a Dask scheduler, e.g. tcp://host:8786")] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="worker processes here; default one a core")] = None,
    dry_run: Annotated[bool, typer.Option(help="list the cases, measure one, estimate the rest, stop")] = False,
    retry_failed: Annotated[bool, typer.Option(help="run cases again that failed by themselves")] = False,
) -> None:
    """Run a study's matrix of cases; finished cases are kept, so the same command goes on where it stopped."""
    from gridsim.batch import cores
    from gridsim.study import read_study
    from gridsim.sweep.estimate import estimate
    from gridsim.sweep.run import run_sweep

    started = time.perf_counter()
    with caught():
        check_dask()
        asked = read_study(study)
        target = folder or Path("out") / study.stem
        most = None
        if dry_run:  # one case is measured unless one is finished
            most = 0 if run_sweep(asked, target, most=0).rows else 1
        with cases_shown() as shown:
            found = run_sweep(
                asked,
                target,
                scheduler=scheduler,
                workers=1 if dry_run else workers,
                retry_failed=retry_failed,
                most=most,
                progress=shown,
                announce=lambda address: err.print(f"dashboard: {address}", markup=False),
            )
        found.table().to_csv(found.folder / "table.csv", index=False, encoding="utf-8-sig", lineterminator="\n")
    if dry_run:
        _list_cases(found)
        _say_estimate(estimate(found, workers=workers or cores()), found)
        return
    say_cases(found)
    out.print(f"{target}: table.csv written in {time.perf_counter() - started:.1f} s", markup=False)
    if found.counts()["done"] < found.counts()["cases"]:
        raise typer.Exit(UNTRUSTED)


def status(folder: Annotated[Path, typer.Argument(help="folder of a sweep")]) -> None:
    """How far a sweep is: done, failed, open, time left, who is at work, why cases failed."""
    from gridsim.batch import cores
    from gridsim.sweep.estimate import estimate
    from gridsim.sweep.folder import who_works
    from gridsim.sweep.results import open_sweep

    with caught():
        found = open_sweep(folder)
    say_cases(found)
    mark = who_works(folder)
    if mark is not None:
        since = (time.time() - float(mark["started"])) / 60.0
        out.print(f"at work: process {mark['pid']} on {mark['host']}, for {since:.0f} min", markup=False)
    elif found.counts()["open"]:
        out.print("nobody is at work on it; 'gridsim sweep' goes on where it stopped")
    if found.counts()["open"]:
        _say_estimate(estimate(found, workers=cores()), found)


def check_dask() -> None:
    """Refuse to start without the engine of sweeps."""
    if find_spec("distributed") is None:
        fix = 'install it: pip install ".[sweep]"'
        raise InvalidInput([Problem("gridsim sweep", "Dask (distributed) is not installed", fix)])


@contextmanager
def cases_shown() -> Iterator[Callable[[SweepProgress], None]]:
    """Progress: a bar on a terminal, a line per case in a pipe."""
    if not sys.stderr.isatty():
        yield lambda at: err.print(f"{_counts(at.done, at.failed, at.remaining)}{_left(at)}: {at.last}", markup=False)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[said]}"), TimeElapsedColumn())
    with Progress(*columns, console=err) as bars:
        task = bars.add_task("cases", total=None, said="starting workers")

        def show(at: SweepProgress) -> None:
            said = _counts(at.done, at.failed, at.remaining) + _left(at)
            bars.update(task, total=at.done + at.failed + at.remaining, completed=at.done + at.failed, said=said)

        yield show


def _counts(done: int, failed: int, remaining: int) -> str:
    return f"{done} done, {failed} failed, {remaining} remaining"


def _left(at: SweepProgress) -> str:
    return "" if at.left_s is None or not at.remaining else f", about {_duration(at.left_s)} left"


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def say_cases(found: Sweep) -> None:
    """How many cases are done, and why the others failed."""
    counts = found.counts()
    out.print(f"{counts['cases']} cases: {_counts(counts['done'], counts['failed'], counts['open'])}")
    failed = found.failures()
    for row in failed.head(_MOST_LISTED).to_dict("records"):
        labels = ", ".join(f"{axis} {row[axis]}" for axis in found.plan.axes)
        out.print(f"  failed ({row['kind']}): {labels}: {row['message']}", markup=False)
    if len(failed) > _MOST_LISTED:
        out.print(f"  and {len(failed) - _MOST_LISTED} more: table.csv, column status")


def _list_cases(found: Sweep) -> None:
    table = found.table()
    listed = Table(*found.plan.axes, "status", "key", title=f"{len(table)} cases")
    for row in table.head(_MOST_LISTED).to_dict("records"):
        listed.add_row(*(str(row[c]) for c in (*found.plan.axes, "status", "key")))
    out.print(listed)
    if len(table) > _MOST_LISTED:
        out.print(f"and {len(table) - _MOST_LISTED} more: plan.json")


def _say_estimate(found: Estimate | None, of: Sweep) -> None:
    if found is None:
        out.print("no case is finished: nothing to estimate from")
        return
    free_mb = shutil.disk_usage(of.folder).free / 1e6
    out.print(
        f"from {found.measured} finished: {found.case_s:.1f} s, {found.case_mb:.2f} MB on disk and a worker of "
        f"{found.worker_mb:.0f} MB per case"
    )
    out.print(
        f"{found.open_cases} open with {found.workers} workers: about {_duration(found.total_s)}, "
        f"{found.memory_mb / 1e3:.1f} GB of memory, {found.total_mb:.0f} MB on disk ({free_mb / 1e3:.0f} GB are free)"
    )

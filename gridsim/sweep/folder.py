"""The folder of a sweep: its plan, one file per finished case, one per failed case, an index of both.

    plan.json               the cases in order: key, labels; the study they come from
    cases/<key>.parquet     a finished case (gridsim.sweep.case_file)
    failed/<key>.json       a case that failed: kind, message
    folders/<key>/          whole results folder of a case, when the study keeps it
    index.parquet           rows of the finished cases, made again whenever it is behind
    running.json            who is at work on it

The case files are the truth.  The index only saves opening them, so a process may be killed at any moment: what is
finished is found again, and a case, whose key is its file's name, cannot be counted twice.
"""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from gridsim.errors import InvalidInput, Problem
from gridsim.sections import Scalar
from gridsim.sweep.case_file import SUFFIX, read_row, write_atomically

FORMAT = "gridsim-sweep-1"
PLAN, INDEX, RUNNING = "plan.json", "index.parquet", "running.json"
#: kinds of failure that are tried again when the sweep goes on: the case itself may be sound
PASSING = ("lost", "time_limit", "not_written")


@dataclass(frozen=True)
class PlannedCase:
    """A case of the plan: key and labels."""

    key: str
    labels: Mapping[str, Scalar]

    @property
    def name(self) -> str:
        """Labels in the order of the axes, readable."""
        return ", ".join(f"{axis} {label}" for axis, label in self.labels.items())


@dataclass(frozen=True)
class Failure:
    """Why a case has no result. ``kind``: input, no_optimum, error, lost, time_limit, not_written."""

    kind: str
    message: str


@dataclass(frozen=True)
class Plan:
    """What a sweep is to do."""

    study: str
    cases: tuple[PlannedCase, ...]

    @property
    def axes(self) -> list[str]:
        """Names of the axes."""
        return list(self.cases[0].labels) if self.cases else []


def write_plan(folder: Path, study: str, cases: Sequence[PlannedCase]) -> None:
    """Write the plan of a sweep; results of earlier plans stay where they are.

    Raises
    ------
    InvalidInput
        The folder holds something else, or cannot be written.
    """
    fix = "name a new or empty folder, or that of an earlier sweep"
    if folder.is_file():
        raise InvalidInput([Problem(str(folder), "is a file", fix)])
    if folder.is_dir() and any(folder.iterdir()) and not (folder / PLAN).is_file():
        raise InvalidInput([Problem(str(folder), "is not empty and holds no sweep; nothing was written", fix)])
    plan = {"format": FORMAT, "study": study, "cases": [{"key": c.key, "labels": dict(c.labels)} for c in cases]}
    try:
        (folder / "cases").mkdir(parents=True, exist_ok=True)
        (folder / "failed").mkdir(exist_ok=True)
        write_atomically(folder / PLAN, json.dumps(plan, ensure_ascii=False, indent=1).encode())
    except OSError as error:
        what = f"cannot be written: {error.strerror or error}"
        raise InvalidInput([Problem(str(folder), what, "choose a folder you may write to")]) from error


def read_plan(folder: Path) -> Plan:
    """Plan of a sweep's folder.

    Raises
    ------
    InvalidInput
        If the folder holds no sweep.
    """
    try:
        content = json.loads((folder / PLAN).read_text("utf-8"))
        cases = tuple(PlannedCase(c["key"], c["labels"]) for c in content["cases"])
        return Plan(str(content["study"]), cases)
    except (OSError, ValueError, KeyError, TypeError):
        fix = "name the folder that 'gridsim sweep' wrote (it holds plan.json)"
        raise InvalidInput([Problem(str(folder), "holds no sweep", fix)]) from None


# --- cases -----------------------------------------------------------------------------------------------------


def case_path(folder: Path, key: str) -> Path:
    """File of a finished case."""
    return folder / "cases" / f"{key}{SUFFIX}"


def finished(folder: Path) -> set[str]:
    """Keys of the finished cases, of this plan and of earlier ones."""
    return {p.stem for p in (folder / "cases").glob(f"*{SUFFIX}") if not p.name.startswith(".")}


def keep_case(folder: Path, key: str, content: bytes) -> Failure | None:
    """Write a finished case; what went wrong if that failed."""
    try:
        write_atomically(case_path(folder, key), content)
    except OSError as error:
        return Failure("not_written", f"the result could not be written: {error.strerror or error}")
    forget_failures(folder, [key])
    return None


def keep_failure(folder: Path, key: str, failure: Failure) -> None:
    """Write why a case failed; where even that fails, the sweep still says so at its end."""
    text = json.dumps({"kind": failure.kind, "message": failure.message}, ensure_ascii=False)
    with suppress(OSError):
        write_atomically(folder / "failed" / f"{key}.json", text.encode())


def forget_failures(folder: Path, keys: Iterable[str]) -> None:
    """Cases that are run again have not failed."""
    for key in keys:
        with suppress(OSError):
            (folder / "failed" / f"{key}.json").unlink(missing_ok=True)


def failures(folder: Path) -> dict[str, Failure]:
    """Failed cases by key."""
    found = {}
    for path in (folder / "failed").glob("*.json"):
        with suppress(OSError, ValueError, KeyError):
            content = json.loads(path.read_text("utf-8"))
            found[path.stem] = Failure(content["kind"], content["message"])
    return found


def index_rows(folder: Path, keys: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Row of every finished case among some keys: from the index, or from its file where the index is behind."""
    known: dict[str, str] = {}
    with suppress(OSError, ValueError, KeyError):
        index = pd.read_parquet(folder / INDEX)
        known = dict(zip(index["key"], index["row"]))
    there = finished(folder)
    rows: dict[str, dict[str, Any]] = {}
    for key in keys:
        if key not in there:
            continue
        row = json.loads(known[key]) if key in known else read_row(case_path(folder, key))
        if row is not None:
            rows[key] = row
    return rows


def write_index(folder: Path, rows: Mapping[str, Mapping[str, Any]]) -> None:
    """Write the index anew; if that fails, the case files are still there."""
    frame = pd.DataFrame(
        {"key": list(rows), "row": [json.dumps(r, ensure_ascii=False) for r in rows.values()]}, dtype=object
    )
    with suppress(OSError):
        write_atomically(folder / INDEX, frame.to_parquet(index=False))


# --- who is at work --------------------------------------------------------------------------------------------


@contextmanager
def at_work(folder: Path, scheduler: str) -> Any:
    """Mark a sweep as being worked on.

    Raises
    ------
    InvalidInput
        If another process is at work on it.
    """
    other = who_works(folder)
    if other is not None:
        what = f"process {other['pid']} on {other['host']} is at work on this sweep"
        fix = f"wait for it, or stop it; if it is gone, delete {RUNNING}"
        raise InvalidInput([Problem(str(folder), what, fix)])
    mark = {"pid": os.getpid(), "host": socket.gethostname(), "started": time.time(), "scheduler": scheduler}
    with suppress(OSError):
        write_atomically(folder / RUNNING, json.dumps(mark).encode())
    try:
        yield
    finally:
        with suppress(OSError):
            (folder / RUNNING).unlink(missing_ok=True)


def who_works(folder: Path) -> dict[str, Any] | None:
    """Who is at work on a sweep; a process of this machine that is gone does not count."""
    try:
        mark: dict[str, Any] = json.loads((folder / RUNNING).read_text("utf-8"))
    except (OSError, ValueError):
        return None
    here = mark.get("host") == socket.gethostname()
    return None if here and not _is_alive(int(mark["pid"])) else mark


def _is_alive(pid: int) -> bool:
    """Whether a process of this machine is there; on Windows, where asking would end it, it counts as there."""
    if os.name != "posix":
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True

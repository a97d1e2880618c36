"""One case in a worker: run the study, keep what is asked for, measure what it took."""

from __future__ import annotations

import functools
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gridsim.errors import GridsimError, InvalidInput, Problem
from gridsim.run import failed_checks, run_study
from gridsim.sections import Scalar
from gridsim.store import Findings, write_findings
from gridsim.study import Study
from gridsim.sweep.case_file import pack
from gridsim.sweep.keys import code_hash
from gridsim.sweep.shared import sharing

#: one reader per worker process, so that its cases share their inputs
_read = sharing()
#: tables longer than this are left out of a case's file: hour by hour, they belong to its results folder
MOST_ROWS = 1000


@functools.cache
def _code() -> str:
    """The code of this worker, as it is when its first case starts."""
    return code_hash()


class Untrusted(GridsimError):
    """A case that ran, but whose independent checks failed."""


@dataclass(frozen=True)
class Job:
    """What a worker needs: the case's key and labels, its study, what is kept and where whole folders go.

    ``code`` is the hash of the code and packages that the key stands for (:func:`gridsim.sweep.keys.code_hash`); empty:
    any will do.
    """

    key: str
    labels: Mapping[str, Scalar]
    study: Study
    keep: str
    folder: str
    code: str = ""


def run_case(job: Job) -> bytes:
    """Run a case and pack its file.

    Raises
    ------
    InvalidInput, NoOptimum
        As :func:`gridsim.run.run_study`; InvalidInput also where this worker's code is not what the key stands for.
    Untrusted
        If a check of the results failed.
    """
    if job.code and job.code != _code():
        what = f"{socket.gethostname()} has another gridsim, or other packages, than the sweep was planned with"
        fix = "install the same gridsim with the same constraints on every machine, and start the workers anew"
        raise InvalidInput([Problem("worker", what, fix)])
    started, processor = time.perf_counter(), time.process_time()
    findings = run_study(
        job.study, processes=1, read=_read, hourly="made" if job.keep == "folder" else "left out"
    )  # the cases already fill the cores
    wrong = failed_checks(findings)
    if wrong:
        said = "; ".join(f"{c.check}: {c.worst:g} > {c.limit:g} at {c.where}" for c in wrong)
        raise Untrusted(f"checks failed: {said}")
    if job.keep == "folder":
        write_findings(findings, Path(job.folder) / "folders" / job.key)
    row = {
        "key": job.key,
        "labels": dict(job.labels),
        "figures": headline_figures(findings.summary),
        "seconds": time.perf_counter() - started,
        "processor_s": time.process_time() - processor,
        "worker_peak_mb": peak_mb(),
        "stages_s": dict(findings.manifest.get("stages_s", {})),
        "finished": time.time(),
    }
    return pack(row, findings.summary, _kept(findings, job.keep))


def headline_figures(summary: Mapping[str, Any]) -> dict[str, float | str | None]:
    """Figures of ``summary.json`` on one level: those of a carrier with its name before them."""
    figures: dict[str, float | str | None] = {}
    for key, value in summary.items():
        if isinstance(value, Mapping):
            inner = value.items() if key == "carriers" else [(key, value)]
            for name, block in inner:
                if isinstance(block, Mapping):
                    figures.update({f"{name}_{k}": v for k, v in headline_figures(block).items()})
        elif isinstance(value, bool | int | float):
            figures[key] = float(value) if value == value else None
        elif isinstance(value, str):
            figures[key] = value
    return figures


def _kept(findings: Findings, keep: str) -> dict[str, Any]:
    if keep == "summary":
        return {}
    return {name: table for name, table in findings.tables.items() if len(table) <= MOST_ROWS}


def peak_mb() -> float:
    """Largest resident set of this process so far. [MB]"""
    try:
        import resource
    except ImportError:  # Windows
        import psutil

        return float(psutil.Process().memory_info().peak_wset) / 1e6
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return float(kilobytes) * 1024.0 / 1e6

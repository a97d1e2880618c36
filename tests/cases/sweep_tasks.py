"""Tasks for the tests of the sweep's engine: what a case may do to its worker."""

from __future__ import annotations

import os
import time
from pathlib import Path

from gridsim.errors import InvalidInput, NoOptimum, Problem
from gridsim.sweep.task import Job, Untrusted


def tell(job: Job) -> bytes:
    """Behave as the job's label says; ``folder`` is where marks are left."""
    behaviour = str(job.labels["does"])
    mark = Path(job.folder) / f"{job.key}.{os.getpid()}.{time.time_ns()}"
    mark.write_text(behaviour, "utf-8")
    if behaviour == "clashes":
        raise NoOptimum("window 7: 汨罗-屈原I回 and the tie clash")
    if behaviour == "misspelt":
        raise InvalidInput([Problem("demand.csv", "no number", "write one", row="3", column="peak_mw")] * 2)
    if behaviour == "untrusted":
        raise Untrusted("checks failed: balance: 3 > 0.001 at 2030-04-12 12:00")
    if behaviour == "breaks":
        raise ZeroDivisionError("division by zero")
    if behaviour == "kills its worker":
        os._exit(9)
    if behaviour == "kills its first worker" and len(list(mark.parent.glob(f"{job.key}.*"))) == 1:
        os._exit(9)
    if behaviour == "never ends":
        time.sleep(3600)
    return f"{job.key} {behaviour}".encode()

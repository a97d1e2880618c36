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


def few_days(job: Job) -> bytes:
    """A real case of :data:`DAYS` days of the tiny study: its tables read, dispatched, explained and packed."""
    started, processor = time.perf_counter(), time.process_time()
    network, options = study_network(job.study), job.study.options()
    drivers, profiles = _year(job.study.model_copy(update={"limits": LimitsSection()}))
    with threadpool_limits(limits=1, user_api="blas"):
        case = simulate(network, drivers, options, profiles=some_days(profiles, FIRST_DAY, DAYS))
        causes = ledger(case.dispatch)
        checks = (*case.checks, check_ledger(case.dispatch, causes.rows))
        tables = case_tables(case, causes, checks, options=options.balance)
        found = summary(case, causes, job.study.target.curtailment_percent)
    row = {
        "key": job.key,
        "labels": dict(job.labels),
        "figures": headline_figures(found),
        "seconds": time.perf_counter() - started,
        "processor_s": time.process_time() - processor,
        "worker_peak_mb": peak_mb(),
    }
    return pack(row, found, tables)

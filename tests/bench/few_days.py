"""A real case in a fraction of a second: three days of the tiny study, dispatched, checked, explained and packed."""

from __future__ import annotations

import functools
import time
from pathlib import Path

from slices import some_days
from threadpoolctl import threadpool_limits

from gridsim.balance import storage_table
from gridsim.case import simulate
from gridsim.checks import as_table, check_ledger
from gridsim.curtailment import ledger
from gridsim.profiles import make_profiles
from gridsim.results import summary
from gridsim.run_year import Inputs, study_drivers
from gridsim.study import Study, read_study, study_network
from gridsim.sweep.case_file import pack
from gridsim.sweep.task import Job, headline_figures, peak_mb

FIRST_DAY, DAYS = "2030-04-12", 3


@functools.cache
def shared(folder: Path) -> Inputs:
    """Tables and drivers of the tiny study, profiles of its three days; read once in a worker."""
    study = read_study(folder / "study.toml")
    network = study_network(study)
    drivers = study_drivers(study, network)
    return Inputs(network, drivers, as_table([]), some_days(make_profiles(network, drivers), FIRST_DAY, DAYS))


def few_days(job: Job) -> bytes:
    """Three days of a case: its tie limits laid over the tables, dispatch, checks, ledger, summary, its file."""
    started, processor = time.perf_counter(), time.process_time()
    study: Study = job.study
    given, options = shared(study.path.parent), study.options()
    network = study_network(study, read=lambda *_, **__: given.network)
    with threadpool_limits(limits=1, user_api="blas"):
        case = simulate(network, given.drivers, options, profiles=given.profiles)
        causes = ledger(case.dispatch)
        checks = as_table((*case.checks, check_ledger(case.dispatch, causes.rows)))
        found = summary(case, causes, study.target.curtailment_percent)
    assert checks["ok"].all()
    tables = {"checks": checks, "storage": storage_table(network, case.dispatch), "ledger": causes.rows}
    row = {
        "key": job.key,
        "labels": dict(job.labels),
        "figures": headline_figures(found),
        "seconds": time.perf_counter() - started,
        "processor_s": time.process_time() - processor,
        "worker_peak_mb": peak_mb(),
    }
    return pack(row, found, tables)

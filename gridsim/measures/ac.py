"""AC of the best measure beside that of the base case: what a dispatch on DC flows cannot see."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from gridsim.ac import overload_table, voltage_table
from gridsim.batch import run_many
from gridsim.case import Case, simulate
from gridsim.curtailment.rates import plant_energy
from gridsim.errors import GridsimError
from gridsim.measures.measure import Measure
from gridsim.measures.outcome import Task, task_of
from gridsim.measures.rank import Progress
from gridsim.options import SimulationOptions

FIGURES = ("diverged_h", "overloaded_branches", "max_loading_percent", "buses_outside_band", "curtailed_city_mwh")


def ac_table(
    base: Case, best: Measure, options: SimulationOptions, processes: int | None, progress: Progress | None
) -> pd.DataFrame:
    """Table measures_ac.csv: the base case and the best measure with AC of every hour and the loop between the two.

    Returns
    -------
    DataFrame
        ``measure`` (empty for the base case), ``diverged_h, overloaded_branches, max_loading_percent,
        buses_outside_band, curtailed_city_mwh, ok, detail``; AC N-1 is left to a run of its own.
    """
    options = replace(options, ac=True, contingencies="none")
    changed = [e.table for e in best.edits]
    tasks = [
        task_of(base, base.network, options, changed=()),
        task_of(base, *best.variant(base.network, options), changed=changed),
    ]
    told = (lambda done, of: progress("ac", done / of)) if progress else None
    rows = run_many(ac_figures, tasks, processes=processes, progress=told)
    return pd.DataFrame([{"measure": name, **row} for name, row in zip(("", best.name), rows)])


def ac_figures(task: Task) -> dict[str, float | bool | str]:
    """Figures of one year with AC."""
    try:
        case = simulate(task.network, task.drivers, task.options, profiles=task.profiles)
    except GridsimError as lost:
        return {**dict.fromkeys(FIGURES, np.nan), "ok": False, "detail": str(lost)}
    assert case.ac is not None
    loading = overload_table(case.ac, case.network)["max_loading_percent"]
    outside = voltage_table(case.ac, case.network)["hours_outside"] > 0
    curtailed = plant_energy(case.network, case.dispatch).curtailed_mwh.to_numpy().sum()
    step = pd.Timedelta(case.dispatch.index[1] - case.dispatch.index[0]).total_seconds() / 3600.0
    failed = "; ".join(c.check for c in case.checks if not c.ok)
    return {
        "diverged_h": float((~case.ac.converged).sum()) * step,
        "overloaded_branches": float((loading > 100.0).sum()),
        "max_loading_percent": float(loading.max()) if len(loading) else 0.0,
        "buses_outside_band": float(outside.sum()),
        "curtailed_city_mwh": float(curtailed),
        "ok": not failed,
        "detail": failed,
    }

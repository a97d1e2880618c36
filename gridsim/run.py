"""Run a study: its weather year, the sensitivities, the verdict; the answer is Findings."""

from __future__ import annotations

import dataclasses
from functools import partial

from threadpoolctl import threadpool_limits

from gridsim.batch import run_many
from gridsim.case import Progress, simulate
from gridsim.checks import Check
from gridsim.curtailment import ledger
from gridsim.grounds import judge_year
from gridsim.rows import records
from gridsim.run_year import rates_row, run_year, study_drivers
from gridsim.sensitivity import SENSITIVITIES, as_table
from gridsim.store import Findings
from gridsim.study import Study, study_network


def run_study(study: Study, *, sensitivities: bool = False, progress: Progress | None = None) -> Findings:
    """Run one study end to end.

    Parameters
    ----------
    study : Study
    sensitivities : bool
        Also run the one-at-a-time sensitivities (dispatch only, one simulation each).
    progress : callable, optional
        Called with (stage, share done).

    Returns
    -------
    Findings
        ``findings.tables["checks"]`` says whether the run may be trusted.

    Raises
    ------
    InvalidInput
        All problems of study, tables and series.
    NoOptimum
        If the dispatch has no proven optimum.
    """
    year = run_year(study, progress=progress)
    rows = [dict(year.rates), *sensitivity_rows(study, progress=progress)] if sensitivities else []
    verdict = judge_year(
        year.label,
        year.grounds,
        target_percent=study.target.curtailment_percent,
        min_weather_years=study.target.min_weather_years,
        sensitivities={str(r["case"]): float(r["city_percent"]) for r in rows if r["case"] != "base"},
    )
    tables = {**year.tables, "verdict": verdict.table}
    if rows:
        tables["sensitivity"] = as_table(rows)
    judged = {"verdict": verdict.verdict, "reasons": list(verdict.reasons)}
    return Findings({**year.summary, **judged}, year.manifest, tables, year.hourly)


def sensitivity_rows(study: Study, *, progress: Progress | None = None) -> list[dict[str, float | str]]:
    """Rates of every one-at-a-time sensitivity with the study's weather year, dispatch only."""
    said = None if progress is None else lambda done, of: progress("sensitivities", done / of)
    return run_many(partial(_sensitivity, study), range(len(SENSITIVITIES)), progress=said)


def _sensitivity(study: Study, number: int) -> dict[str, float | str]:
    sensitivity, network = SENSITIVITIES[number], study_network(study)
    varied, options = sensitivity.variant(network, dataclasses.replace(study.options(), ac=False))
    with threadpool_limits(limits=1, user_api="blas"):
        case = simulate(varied, study_drivers(study, varied), options)
        return rates_row(sensitivity.name, case, ledger(case.dispatch))


def failed_checks(findings: Findings) -> list[Check]:
    """Checks of a run that are not met."""
    table = findings.tables["checks"]
    return [Check(r.check, r.worst, r.limit, str(r.where)) for r in records(table[~table["ok"].astype(bool)])]

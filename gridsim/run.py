"""Run a study: its weather year or years, the sensitivities, the verdict; the answer is Findings."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Literal

import pandas as pd
from threadpoolctl import threadpool_limits

from gridsim.averaging import averaging_table
from gridsim.batch import run_many
from gridsim.case import Progress, simulate
from gridsim.checks import Check
from gridsim.criteria import Verdict, standing
from gridsim.curtailment import ledger
from gridsim.errors import InvalidInput
from gridsim.grounds import judge_years
from gridsim.hourly import hourly_folder
from gridsim.inventory import planned, source_table, with_growth
from gridsim.ladder import run_ladder
from gridsim.network import read_network, scenario_names
from gridsim.rows import records
from gridsim.run_year import Inputs, YearRun, rates_row, read_inputs, run_year, study_drivers
from gridsim.sensitivity import SENSITIVITIES, as_table
from gridsim.store import Findings
from gridsim.study import Study, study_network
from gridsim.years.combine import combined_tables
from gridsim.years.figures import mean_summary, weather_years_table, worst_year, years_summary
from gridsim.years.manifest import combined_manifest
from gridsim.years.runs import of_year, run_years

#: years between scenarios for which a report lists what the tables know
PLANNING_YEARS = (2027,)
#: folder of the tables of each weather year, below ``tables``
BY_WEATHER_YEAR = "by_weather_year"


def run_study(
    study: Study,
    *,
    sensitivities: bool = False,
    ladder: bool = False,
    processes: int | None = None,
    folder: str | Path | None = None,
    progress: Progress | None = None,
    read: Callable[[Study], Inputs] = read_inputs,
    hourly: Literal["made", "left out"] = "made",
) -> Findings:
    """Run one study end to end, with its one weather year or with all of them.

    Parameters
    ----------
    study : Study
    sensitivities : bool
        Also run the one-at-a-time sensitivities (dispatch only, one simulation each); with several weather years on
        the worst of them, and there one week in 15-minute steps against hourly means.
    ladder : bool
        Also solve the year with the limits of fewer rungs (:mod:`gridsim.ladder`), four dispatches.
    processes : int, optional
        Weather years (and sensitivities) at a time; default as many as there are cores and memory.
    folder : path, optional
        Where several weather years keep their hourly files until the findings are written, on the disk of the
        results folder if possible; default a temporary folder that goes when the findings go.
    progress : callable, optional
        Called with (stage, share done).
    read : callable
        Stands in for :func:`gridsim.run_year.read_inputs`; of a study with one weather year.
    hourly : {"made", "left out"}
        Whether the findings have hourly frames; of a study with one weather year.

    Returns
    -------
    Findings
        ``findings.tables["checks"]`` says whether the run may be trusted.  With several weather years: means and worst
        as :mod:`gridsim.years.rules` says, each year in ``by_weather_year/<year>/``, the years side by side in
        ``weather_years``.

    Raises
    ------
    InvalidInput
        All problems of study, tables and series.
    NoOptimum
        If the dispatch of a year has no proven optimum.

    Notes
    -----
    Several weather years and sensitivities run in processes that are spawned: a script that calls this needs the usual
    ``if __name__ == "__main__":``.
    """
    if study.weather.years:
        return _several(study, _More(sensitivities, ladder, processes), folder, progress)
    year = run_year(study, progress=progress, read=read, hourly=hourly)
    more = _more(study, year, _More(sensitivities, ladder, processes), progress)
    verdict = _judged(study, {year.label: year}, more)
    beside = beside_the_year(study, year.tables) if hourly == "made" else year.tables
    tables = {**beside, "verdict": verdict.table, **more}
    return Findings(_with_verdict(year.summary, verdict, tables), year.manifest, tables, year.hourly)


@dataclasses.dataclass(frozen=True)
class _More:
    """What is asked for beside the run itself, and in how many processes."""

    sensitivities: bool
    ladder: bool
    processes: int | None


def _more(study: Study, year: YearRun, asked: _More, progress: Progress | None) -> dict[str, pd.DataFrame]:
    """Tables sensitivity, averaging and ladder of one weather year, as far as they are asked for."""
    tables = {}
    if asked.sensitivities:
        rows = sensitivity_rows(study, processes=asked.processes, progress=progress)
        tables["sensitivity"] = as_table([dict(year.rates), *rows])
        week = str(year.summary.get("worst_week", ""))
        fine = averaging_table(study, week) if week else None
        tables |= {} if fine is None else {"averaging": fine}
    if asked.ladder:
        tables["ladder"] = run_ladder(study, year, processes=asked.processes, progress=progress)
    return tables


def _several(study: Study, asked: _More, folder: str | Path | None, progress: Progress | None) -> Findings:
    with hourly_folder(folder) as at:
        by_year = run_years(study, at.path, processes=asked.processes, progress=progress)
        summaries = {y: run.summary for y, run in by_year.items()}
        worst = worst_year(summaries)
        more = _more(of_year(study, worst), by_year[worst], asked, progress)
        hourly = at.files(by_year[worst].hourly if len(by_year) == 1 else None)
    verdict = _judged(study, {run.label: run for run in by_year.values()}, more)
    alone = {y: _judged(study, {run.label: run}, {}) for y, run in by_year.items()}
    years = weather_years_table(summaries, {y: v.verdict for y, v in alone.items()})
    tables = {
        **beside_the_year(study, combined_tables({y: run.tables for y, run in by_year.items()})),
        "verdict": verdict.table,
        **more,
        "weather_years": years,
    }
    for y, run in by_year.items():
        of_one = {**run.tables, "verdict": alone[y].table}
        tables |= {f"{BY_WEATHER_YEAR}/{y}/{name}": table for name, table in of_one.items()}
    mean = mean_summary(list(summaries.values()), texts_of=list(summaries).index(worst))
    summary = _with_verdict(mean, verdict, tables) | years_summary(years)
    return Findings(summary, combined_manifest({y: run.manifest for y, run in by_year.items()}), tables, hourly)


def beside_the_year(study: Study, tables: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Tables of a run with what its data folders say of other years and of sources.

    Parameters
    ----------
    study : Study
    tables : mapping of str to DataFrame
        Tables of the study's year.

    Returns
    -------
    dict of str to DataFrame
        Also ``installed`` (all scenarios of the network folder) and ``sources``; ``demand_by_county`` with the growth
        since the earliest scenario.  Another scenario that cannot be read is a row that says so: it is not what was
        asked.
    """
    folder, own = study.resolve(study.network.folder), study_network(study)
    networks, unreadable = [own], []
    for name in (n for n in scenario_names(folder) if n != own.scenario):
        try:
            networks.append(read_network(folder, scenario=name))
        except InvalidInput:
            unreadable.append(name)
    out = dict(tables)
    out["installed"] = planned(networks, PLANNING_YEARS, unreadable=unreadable)
    out["sources"] = source_table([folder, study.resolve(study.weather.folder)], scenario=own.scenario)
    out["demand_by_county"] = with_growth(tables["demand_by_county"], networks, own.year)
    return out


def _judged(study: Study, by_year: Mapping[str, YearRun], more: Mapping[str, pd.DataFrame]) -> Verdict:
    rows = records(more["sensitivity"]) if "sensitivity" in more else []
    return judge_years(
        {label: run.grounds for label, run in by_year.items()},
        target_percent=study.target.curtailment_percent,
        min_weather_years=study.target.min_weather_years,
        sensitivities={str(r.case): float(r.city_percent) for r in rows if r.case != "base"},
    )


def _with_verdict(summary: Mapping[str, Any], verdict: Verdict, tables: Mapping[str, pd.DataFrame]) -> dict[str, Any]:
    counties = tables["curtailment_by_county"].set_index("county")["curtailment_percent_system_cause"]
    known = tables.get("sensitivity")
    cases = None if known is None else dict(zip(known["case"].astype(str), known["city_percent"].astype(float)))
    told = {"verdict": verdict.verdict, "reasons": list(verdict.reasons)}
    return {**summary, **told, **standing(verdict, dict(counties), cases)}


def sensitivity_rows(
    study: Study, *, processes: int | None = None, progress: Progress | None = None
) -> list[dict[str, float | str]]:
    """Rates of every one-at-a-time sensitivity with the study's weather year, dispatch only."""
    said = None if progress is None else lambda done, of: progress("sensitivities", done / of)
    return run_many(partial(_sensitivity, study), range(len(SENSITIVITIES)), processes=processes, progress=said)


def _sensitivity(study: Study, number: int) -> dict[str, float | str]:
    sensitivity, network = SENSITIVITIES[number], study_network(study)
    varied, options = sensitivity.variant(network, dataclasses.replace(study.options(), ac=False))
    with threadpool_limits(limits=1, user_api="blas"):
        case = simulate(varied, study_drivers(study, varied), options)
        return rates_row(sensitivity.name, case, ledger(case.dispatch))


def failed_checks(findings: Findings) -> list[Check]:
    """Checks of a run that are not met; of several weather years with the one in which it is worst."""
    table = findings.tables["checks"]
    failed = table[~table["ok"].astype(bool)]
    years = [f" (weather year {y})" for y in failed["weather_year"]] if "weather_year" in failed else [""] * len(failed)
    return [Check(r.check, r.worst, r.limit, f"{r.where}{year}") for r, year in zip(records(failed), years)]

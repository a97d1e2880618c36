"""Measures of a study: base case, candidates, simulations, and the findings."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from threadpoolctl import threadpool_limits

from gridsim.case import Case, simulate
from gridsim.curtailment import ledger
from gridsim.errors import InvalidInput, NoOptimum, Problem, raise_if
from gridsim.measures.ac import ac_table
from gridsim.measures.candidates import Candidates, candidates
from gridsim.measures.given import given_measures
from gridsim.measures.later import rows_to_come
from gridsim.measures.measure import Measure, Rejected
from gridsim.measures.outcome import Outcome, outcome_of
from gridsim.measures.rank import (
    Progress,
    Ranking,
    candidates_table,
    measures_table,
    overloads_table,
    pairs_table,
    rank,
)
from gridsim.measures.rules import Setting
from gridsim.measures.surplus import cuts
from gridsim.network import Network
from gridsim.options import MeasureOptions, SimulationOptions
from gridsim.run_year import manifest_head, study_drivers
from gridsim.store import Findings
from gridsim.study import Study, study_network
from gridsim.years.runs import first_year


def rank_measures(
    study: Study, *, ac: bool = False, processes: int | None = None, progress: Progress | None = None
) -> Findings:
    """Remedies for the curtailment of a study, each simulated for the whole year, ranked; then pairs of the best.

    Dispatch with N-1 as the study says and equal shares, without AC; the base case likewise.  Of several weather years
    the first one counts (``summary["weather_year"]``).

    Parameters
    ----------
    study : Study
        ``[measures]`` says which candidates are made of the ledger, ``[[measure]]`` are the planner's own.
    ac : bool
        Also the AC power flow of every hour, with its loop, of the base case and of the best measure.
    processes : int, optional
        Worker processes; default as many as cores.  The result does not depend on it.
    progress : callable, optional
        Called with (stage, share done).

    Returns
    -------
    Findings
        Tables ``measures, measures_pairs, measures_candidates, measures_overloads, measures_ledger, measure_cost,
        assumed`` and, with ``ac``, ``measures_ac``; energies in MWh, cost in CNY.

    Raises
    ------
    InvalidInput
        All problems of study, tables, series and the planner's measures.
    NoOptimum
        If the base case has no trustworthy solution; a measure without one is a row that is not ok.
    """
    started = time.perf_counter()
    study = first_year(study)
    options, asked = dataclasses.replace(study.options(), ac=False), study.measure_options()
    with threadpool_limits(limits=1, user_api="blas"):
        network = study_network(study)
        later = rows_to_come(study.resolve(study.network.folder), network, "pumped_storage")
        given = given_measures(study.measure, network, options, asked, later=later, file=study.path.name)
        drivers = study_drivers(study, network)
        case = simulate(network, drivers, options, progress=progress)
        base = outcome_of(case, options)
        if base.failed:
            raise NoOptimum(f"the base case does not pass its checks: {base.failed}")
        found_cuts = cuts(case, ledger(case.dispatch))
        found = Candidates((), ())
        if asked.from_ledger:
            found = candidates(Setting(case, options, asked, tuple(later)), found_cuts)
        measures, impossible = _possible(found.chosen, network, options, [m.name for m in given])
        ranking = rank(
            case, base, [*given, *measures], options=options, asked=asked, processes=processes, progress=progress
        )
        tables = _tables(ranking, [*found.rejected, *impossible], asked, network)
        tables["measures_ledger"] = pd.DataFrame([dataclasses.asdict(c.row) for c in found_cuts])
        if ac and ranking.measures:
            tables["measures_ac"] = ac_table(case, ranking.measures[0], study.options(), processes, progress)
    return Findings(
        summary=_summary(case, base, tables["measures"], study.target.curtailment_percent),
        manifest=_manifest(study, case, asked, time.perf_counter() - started),
        tables=tables,
    )


def _possible(
    measures: Sequence[Measure], network: Network, options: SimulationOptions, taken: Sequence[str]
) -> tuple[list[Measure], list[Rejected]]:
    """Candidates whose change the tables take; the others with the first thing that is wrong."""
    kept, rejected = [], []
    for m in measures:
        try:
            raise_if([Problem("study", "the study gives it, too", "leave one out")] if m.name in taken else [])
            m.variant(network, options)
            kept.append(m)
        except InvalidInput as bad:
            first = bad.problems[0]
            reason = "in_study" if m.name in taken else "refused"
            detail = "" if m.name in taken else f"{first.row} {first.what}".strip()
            rejected.append(Rejected(m.kind, m.element, reason, detail, m.row, m.change, m.potential_mwh))
    return kept, rejected


def _tables(
    ranking: Ranking, rejected: Sequence[Rejected], asked: MeasureOptions, network: Network
) -> dict[str, pd.DataFrame]:
    assumed = network.assumed
    about_cost = assumed[assumed["table"] == "measure_cost"] if len(assumed) else assumed
    return {
        "measures": measures_table(ranking, asked),
        "measures_pairs": pairs_table(ranking, asked),
        "measures_candidates": candidates_table(ranking.measures, rejected),
        "measures_overloads": overloads_table(ranking),
        "measure_cost": network["measure_cost"],
        "assumed": about_cost.reset_index(drop=True),
    }


def _summary(case: Case, base: Outcome, table: pd.DataFrame, target_percent: float) -> dict[str, Any]:
    """summary.json: the base case and the measure that ranks first."""
    network = case.network
    detailed = network["area"].set_index("kind").loc[["detailed"]].iloc[0]
    best: Mapping[str, Any] = {}
    if len(table):
        best = {k: table.iloc[0][k] for k in ("measure", "effect", "avoided_city_mwh", "avoided_both_mwh")}
    return {
        "scenario": network.scenario,
        "year": network.year,
        "area": str(detailed["name"]),
        "area_en": str(detailed["name_en"]),
        "weather_year": str(case.drivers.year or "typical"),
        "target_percent": target_percent,
        "available_gwh": base.available_city_mwh / 1e3,
        "curtailed_gwh": base.curtailed_city_mwh / 1e3,
        "curtailment_percent": _percent(base.curtailed_city_mwh, base.available_city_mwh),
        "curtailment_percent_local": _percent(base.local_mwh, base.available_city_mwh),
        "both_areas_curtailed_gwh": base.curtailed_both_mwh / 1e3,
        "both_areas_curtailment_percent": _percent(base.curtailed_both_mwh, base.available_both_mwh),
        "measures": len(table),
        "best": dict(best),
    }


def _percent(part: float, whole: float) -> float:
    return 100.0 * part / whole if whole else 0.0


def _manifest(study: Study, case: Case, asked: MeasureOptions, seconds: float) -> dict[str, Any]:
    """How the ranking was made."""
    return {
        **manifest_head(study, case.network, case.drivers),
        "command": f"gridsim measures {study.path.name}",
        "options": dataclasses.asdict(dataclasses.replace(study.options(), ac=False)),
        "measures": dataclasses.asdict(asked),
        "stages_s": {**{k: round(v, 3) for k, v in case.stages_s.items()}, "all": round(seconds, 3)},
        "checks_ok": all(c.ok for c in case.checks),
    }

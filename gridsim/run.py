"""Run a study: read, simulate, explain, judge; the answer is Findings."""

from __future__ import annotations

import dataclasses
import math
import platform
import time
from collections.abc import Iterable, Mapping
from importlib import metadata
from typing import Any

from threadpoolctl import threadpool_limits

from gridsim.balance import storage_table
from gridsim.case import Case, Progress, simulate
from gridsim.checks import Check, check_ledger
from gridsim.criteria import Verdict, judge
from gridsim.curtailment import Ledger, ledger
from gridsim.curtailment.rates import carrier_summary, plant_energy
from gridsim.drivers import Drivers, read_drivers
from gridsim.network import Network
from gridsim.options import SimulationOptions
from gridsim.results import (
    case_tables,
    hourly_files,
    must_run_cut_gwh,
    n1_violations,
    node_rate,
    reserve_summary,
    summary,
    unavoidable_elements,
    unserved_gwh,
    violations,
)
from gridsim.rows import records
from gridsim.sensitivity import SENSITIVITIES, as_table
from gridsim.store import Findings
from gridsim.study import Study, study_network
from gridsim.units import step_hours

#: packages whose version is part of how a result was made
PACKAGES = ("numpy", "scipy", "pandas", "highspy", "piqp", "pvlib", "windpowerlib", "networkx", "pyarrow", "pydantic")


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
    started = time.perf_counter()
    # Many small matrices: a second BLAS thread only spins.
    with threadpool_limits(limits=1, user_api="blas"):
        network = study_network(study)
        drivers = study_drivers(study, network)
        read_s = time.perf_counter() - started
        case = simulate(network, drivers, study.options(), progress=progress)
        explained = time.perf_counter()
        causes = ledger(case.dispatch)
        checks = (*case.checks, check_ledger(case.dispatch, causes.rows))
        ledger_s = time.perf_counter() - explained
        rows = _sensitivity_rows(study, network, case, causes, progress) if sensitivities else []
    verdict = _judge(
        study, case, causes, {str(r["case"]): float(r["city_percent"]) for r in rows if r["case"] != "base"}
    )
    tables = case_tables(case, causes, checks, options=study.options().balance)
    tables["verdict"] = verdict.table
    if rows:
        tables["sensitivity"] = as_table(rows)
    stages = {"read": read_s, **case.stages_s, "ledger": ledger_s}
    return Findings(
        summary=summary(case, causes, verdict, study.target.curtailment_percent),
        manifest=_manifest(study, case, checks, stages),
        tables=tables,
        hourly=hourly_files(case, causes),
    )


def study_drivers(study: Study, network: Network) -> Drivers:
    """Weather and demand of a study."""
    weather = study.weather
    return read_drivers(
        network,
        weather=study.resolve(weather.folder),
        source=weather.source,
        weather_year=weather.year,
        seed=weather.seed,
        series=[study.resolve(s) for s in study.series.available],
        minimum=[study.resolve(s) for s in study.series.minimum],
        online=[study.resolve(s) for s in study.series.online],
    )


def _judge(study: Study, case: Case, causes: Ledger, rates: Mapping[str, float]) -> Verdict:
    figures = carrier_summary(plant_energy(case.network, case.dispatch), causes)
    nothing = figures["available_gwh"] == 0.0  # no wind or sun: nothing to curtail
    rate = 0.0 if nothing else figures["curtailment_percent_system_cause"]
    local = 0.0 if nothing else figures["curtailment_percent_local"]
    notes = [] if case.ac is not None else ["the AC power flow was switched off"]
    if case.ac is not None and case.n1 is None:
        notes.append("the AC N-1 was switched off")
    if study.weather.source == "synthetic" or "synthetic" in str(case.drivers.provenance.get("weather", "")):
        notes.append("the weather is synthetic, made from published climate figures")
    return judge(
        {_weather_year(case): (float(rate), float(local))},
        target_percent=study.target.curtailment_percent,
        min_weather_years=study.target.min_weather_years,
        diverged_steps=0 if case.ac is None else int((~case.ac.converged).sum()),
        violations=violations(case),
        unserved_gwh=unserved_gwh(case),
        must_run_cut_gwh=must_run_cut_gwh(case),
        reserve_short_gwh=float(reserve_summary(case.dispatch.reserve)["short_gwh"].sum()),
        unavoidable=unavoidable_elements(case, after_outage=False),
        n1_unavoidable=unavoidable_elements(case, after_outage=True),
        sensitivities=rates,
        n1=n1_violations(case),
        data_notes=notes,
    )


def _weather_year(case: Case) -> str:
    """Label of the weather year; a composed year has no date of its own."""
    return str(case.drivers.year) if case.drivers.year else "typical"


def _rates(name: str, case: Case, causes: Ledger) -> dict[str, float | str]:
    figures = carrier_summary(plant_energy(case.network, case.dispatch), causes)
    return {
        "case": name,
        "city_percent": float(figures["curtailment_percent"]),
        "province_percent": node_rate(case)["both_areas_curtailment_percent"],
        "local_percent": float(figures["curtailment_percent_local"]),
        "unserved_gwh": unserved_gwh(case),
    }


def _sensitivity_rows(
    study: Study, network: Network, base: Case, causes: Ledger, progress: Progress | None
) -> list[dict[str, float | str]]:
    """Rates of the base case and of every sensitivity, dispatch only."""
    rows = [_rates("base", base, causes)]
    for k, sensitivity in enumerate(SENSITIVITIES):
        varied, options = sensitivity.variant(network, dataclasses.replace(study.options(), ac=False))
        same = varied["demand"].equals(network["demand"])
        drivers = base.drivers if same else study_drivers(study, varied)
        case = simulate(varied, drivers, options)
        rows.append(_rates(sensitivity.name, case, ledger(case.dispatch)))
        if progress:
            progress("sensitivities", (k + 1) / len(SENSITIVITIES))
    return rows


def _words(provenance: Mapping[str, Any]) -> dict[str, str]:
    return {str(key): str(value) for key, value in provenance.items()}


def _manifest(study: Study, case: Case, checks: Iterable[Check], stages_s: Mapping[str, float]) -> dict[str, Any]:
    """How the result was made."""
    options: SimulationOptions = study.options()
    windows = case.dispatch.windows
    simultaneous_h = float(storage_table(case.network, case.dispatch)["simultaneous_h"].sum())
    return {
        "gridsim": metadata.version("gridsim"),
        "python": platform.python_version(),
        "packages": {p: metadata.version(p) for p in PACKAGES},
        "study": {"name": study.name, "file": study.path.name, "sha256": study.sha256},
        "inputs": {**case.network.files, **case.drivers.files, **_words(case.drivers.provenance)},
        "options": dataclasses.asdict(options),
        "limits": study.limits.model_dump(),
        "seed": study.weather.seed,
        "changes": [c.model_dump() for c in study.change],
        "stages_s": {k: round(v, 3) for k, v in stages_s.items()},
        "windows": [
            {
                "window": int(w.window),
                "status": "optimal",
                "objective_cny": float(w.objective_cny),
                "iterations": int(w.iterations),
                "direction_fixes": int(w.direction_fixes),
                "pumping": w.pumping,
                "direction_gap_cny": float(w.direction_gap_cny),
                "pumping_gap_cny": float(w.pumping_gap_cny),
                "gap_cny": float(w.objective_cny - w.bound_cny),
                "commitment_gap": None if math.isnan(w.mip_gap) else float(w.mip_gap),
            }
            for w in records(windows)
        ],
        "direction_fixes": int(windows["direction_fixes"].sum()),
        "direction_gap_cny": float(windows["direction_gap_cny"].sum()),
        "pumping_gap_cny": float(windows["pumping_gap_cny"].sum()),
        "gap_cny": float((windows["objective_cny"] - windows["bound_cny"]).sum()),
        "pumping_windows": {str(k): int(n) for k, n in windows["pumping"].value_counts().items()},
        "simultaneous_steps_left": round(simultaneous_h / step_hours(case.dispatch.index)),
        "ac_clean": [] if case.ac_clean is None else case.ac_clean.rounds.to_dict("records"),
        "checks_ok": all(c.ok for c in checks),
    }


def failed_checks(findings: Findings) -> list[Check]:
    """Checks of a run that are not met."""
    table = findings.tables["checks"]
    return [Check(r.check, r.worst, r.limit, str(r.where)) for r in records(table[~table["ok"].astype(bool)])]

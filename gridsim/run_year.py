"""One weather year of a study: read, simulate, explain; its tables, hourly files and what a verdict rests on."""

from __future__ import annotations

import dataclasses
import math
import platform
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib import metadata
from typing import Any, Literal

import pandas as pd
from threadpoolctl import threadpool_limits

from gridsim.balance import storage_table
from gridsim.case import Case, Progress, simulate
from gridsim.checks import Check, check_ledger
from gridsim.curtailment import Ledger, ledger
from gridsim.curtailment.marginal import marginal_values
from gridsim.curtailment.rates import carrier_summary, plant_energy
from gridsim.demand_input import DemandInput
from gridsim.driver_checks import checked_weather
from gridsim.drivers import Drivers, read_drivers
from gridsim.evidence import hourly_evidence, marginal_tables
from gridsim.grounds import Grounds, grounds_of
from gridsim.network import Network
from gridsim.options import SimulationOptions
from gridsim.profiles import Profiles
from gridsim.results import case_tables, hourly_files, node_rate, summary, three_numbers, unserved_gwh
from gridsim.rows import records
from gridsim.study import Study, study_network
from gridsim.units import step_hours

#: packages whose version is part of how a result was made
PACKAGES = ("numpy", "scipy", "pandas", "highspy", "piqp", "pvlib", "windpowerlib", "networkx", "pyarrow", "pydantic")


@dataclass(frozen=True)
class YearRun:
    """What a study found with one weather year; the verdict is still open.

    Attributes
    ----------
    label : str
        Weather year as a text, ``typical`` for a year that is composed of several.
    summary, manifest, tables, hourly : mapping
        Parts of :class:`gridsim.store.Findings`, without verdict and sensitivities.
    grounds : Grounds
        What the verdict rests on.
    rates : mapping
        Row ``base`` of the table of sensitivities.
    """

    label: str
    summary: Mapping[str, Any]
    manifest: Mapping[str, Any]
    tables: Mapping[str, pd.DataFrame]
    hourly: Mapping[str, pd.DataFrame]
    grounds: Grounds
    rates: Mapping[str, float | str]


@dataclass(frozen=True)
class Inputs:
    """What one weather year of a study is simulated from.

    ``quality`` is what the check of the weather found (:mod:`gridsim.driver_checks`); ``profiles`` are None where
    the simulation is to make them.
    """

    network: Network
    drivers: Drivers
    quality: pd.DataFrame
    profiles: Profiles | None = None


def read_inputs(study: Study) -> Inputs:
    """Network, weather and demand of a study, checked.

    Raises
    ------
    InvalidInput
        All problems of tables and series; weather with errors.
    """
    network = study_network(study)
    drivers, quality = checked_weather(study_drivers(study, network), on_error=study.weather.quality)
    return Inputs(network, drivers, quality)


def run_year(
    study: Study,
    *,
    progress: Progress | None = None,
    read: Callable[[Study], Inputs] = read_inputs,
    hourly: Literal["made", "left out"] = "made",
) -> YearRun:
    """Simulate the one weather year that ``study.weather.year`` names.

    Parameters
    ----------
    study : Study
    progress : callable, optional
    read : callable
        Stands in for :func:`read_inputs` where several cases have inputs in common.
    hourly : {"made", "left out"}
        Whether the hourly frames are made.

    Raises
    ------
    InvalidInput
        All problems of study, tables and series; weather with errors (:mod:`gridsim.driver_checks`).
    NoOptimum
        If the dispatch has no proven optimum.
    """
    started = time.perf_counter()
    options = study.options()
    # Many small matrices: a second BLAS thread only spins.
    with threadpool_limits(limits=1, user_api="blas"):
        given = read(study)
        network, drivers = given.network, given.drivers
        read_s = time.perf_counter() - started
        case = simulate(network, drivers, options, profiles=given.profiles, progress=progress)
        explained = time.perf_counter()
        causes = ledger(case.dispatch)
        checks = (*case.checks, check_ledger(case.dispatch, causes.rows))
        ledger_s = time.perf_counter() - explained
        marginal = marginal_values(network, drivers, case.dispatch, options=options.dispatch)
        marginal_s = time.perf_counter() - explained - ledger_s
    stages = {"read": read_s, **case.stages_s, "ledger": ledger_s, "marginal": marginal_s}
    return YearRun(
        label=weather_year(case),
        summary=summary(case, causes, study.target.curtailment_percent),
        manifest=manifest_of(study, case, checks, stages),
        tables={
            **case_tables(case, causes, checks, options=options, equipment=study.equipment.options()),
            **marginal_tables(case.dispatch, marginal),
            **({} if given.quality.empty else {"weather_quality": given.quality}),
        },
        hourly={**hourly_files(case, causes), **hourly_evidence(network, case.dispatch, marginal)}
        if hourly == "made"
        else {},
        grounds=grounds_of(case, causes),
        rates=rates_row("base", case, causes),
    )


def study_drivers(study: Study, network: Network, *, minutes: int | None = None) -> Drivers:
    """Weather and demand of a study; ``minutes``: another step than that of its series (:func:`read_drivers`)."""
    weather = study.weather
    return read_drivers(
        network,
        weather=study.resolve(weather.folder),
        source=[weather.source, *filter(None, [weather.fallback])],
        weather_year=weather.year,
        seed=weather.seed,
        one_height=weather.one_height,
        series=[study.resolve(s) for s in study.series.available],
        minimum=[study.resolve(s) for s in study.series.minimum],
        online=[study.resolve(s) for s in study.series.online],
        demand=DemandInput(
            points96=tuple(study.resolve(s) for s in study.demand.points96),
            step_min=study.demand.step_min,
            day_to_day=study.demand.day_to_day,
        ),
        minutes=minutes,
    )


def weather_year(case: Case) -> str:
    """Label of the weather year; a composed year has no date of its own."""
    return str(case.drivers.year) if case.drivers.year else "typical"


def rates_row(name: str, case: Case, causes: Ledger) -> dict[str, float | str]:
    """One row of the tables ``sensitivity`` and ``ladder``: rates of the city (system causes) and of both areas, and
    what is curtailed, lost in the city's stores, exported and unserved."""
    figures = carrier_summary(plant_energy(case.network, case.dispatch), causes)
    both = node_rate(case)
    three = three_numbers(case)
    return {
        "case": name,
        "city_percent": float(figures["curtailment_percent_system_cause"]),
        "province_percent": both["both_areas_curtailment_percent"],
        "local_percent": float(figures["curtailment_percent_local"]),
        "city_curtailed_gwh": float(figures["curtailed_gwh"]),
        "both_curtailed_gwh": both["both_areas_curtailment_percent"] * both["both_areas_available_gwh"] / 100.0,
        "storage_loss_gwh": three["storage_loss_gwh"],
        "exported_gwh": three["exported_gwh"],
        "unserved_gwh": unserved_gwh(case),
    }


def _words(provenance: Mapping[str, Any]) -> dict[str, str]:
    return {str(key): str(value) for key, value in provenance.items()}


def manifest_head(study: Study, network: Network, drivers: Drivers) -> dict[str, Any]:
    """How a result was made, as far as study, tables and series say it."""
    return {
        "created": datetime.now().astimezone().isoformat(timespec="seconds"),
        "gridsim": metadata.version("gridsim"),
        "python": platform.python_version(),
        "packages": {p: metadata.version(p) for p in PACKAGES},
        "study": {"name": study.name, "file": study.path.name, "sha256": study.sha256},
        "inputs": {**network.files, **drivers.files, **_words(drivers.provenance)},
        "limits": study.limits.model_dump(),
        "seed": study.weather.seed,
        "changes": [c.model_dump() for c in study.change],
    }


def manifest_of(study: Study, case: Case, checks: Iterable[Check], stages_s: Mapping[str, float]) -> dict[str, Any]:
    """How the result was made."""
    options: SimulationOptions = study.options()
    windows = case.dispatch.windows
    simultaneous_h = float(storage_table(case.network, case.dispatch)["simultaneous_h"].sum())
    return {
        **manifest_head(study, case.network, case.drivers),
        "weather_origin": case.drivers.weather_origin.to_dict("records"),
        "options": {**dataclasses.asdict(options), "equipment": study.equipment.model_dump()},
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
                "raised_mw": float(w.raised_mw),
            }
            for w in records(windows)
        ],
        "raised_windows": int((windows["raised_mw"] > 0.0).sum()),
        "direction_fixes": int(windows["direction_fixes"].sum()),
        "direction_gap_cny": float(windows["direction_gap_cny"].sum()),
        "pumping_gap_cny": float(windows["pumping_gap_cny"].sum()),
        "gap_cny": float((windows["objective_cny"] - windows["bound_cny"]).sum()),
        "pumping_windows": {str(k): int(n) for k, n in windows["pumping"].value_counts().items()},
        "simultaneous_steps_left": round(simultaneous_h / step_hours(case.dispatch.index)),
        "ac_clean": [] if case.ac_clean is None else case.ac_clean.rounds.to_dict("records"),
        "checks_ok": all(c.ok for c in checks),
    }

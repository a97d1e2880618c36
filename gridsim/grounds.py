"""What a verdict rests on: figures of one weather year, and the verdict of one year."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gridsim.case import Case
from gridsim.criteria import N1Violations, Verdict, judge
from gridsim.curtailment import Ledger
from gridsim.curtailment.rates import carrier_summary, plant_energy
from gridsim.results import (
    must_run_cut_gwh,
    n1_violations,
    reserve_summary,
    unavoidable_elements,
    unserved_gwh,
    violations,
)


@dataclass(frozen=True)
class Grounds:
    """What :func:`gridsim.criteria.judge` asks of one weather year.

    ``rate_percent`` and ``local_percent`` are those of the city (system causes); the other names are arguments of
    :func:`~gridsim.criteria.judge`.
    """

    rate_percent: float
    local_percent: float
    diverged_steps: int
    violations: tuple[str, ...]
    unserved_gwh: float
    unavoidable: tuple[str, ...]
    n1_unavoidable: tuple[str, ...]
    must_run_cut_gwh: float
    reserve_short_gwh: float
    n1: N1Violations | None
    data_notes: tuple[str, ...]


def grounds_of(case: Case, causes: Ledger) -> Grounds:
    """Grounds of a verdict on one case."""
    figures = carrier_summary(plant_energy(case.network, case.dispatch), causes)
    nothing = figures["available_gwh"] == 0.0  # no wind or sun: nothing to curtail
    return Grounds(
        rate_percent=0.0 if nothing else float(figures["curtailment_percent_system_cause"]),
        local_percent=0.0 if nothing else float(figures["curtailment_percent_local"]),
        diverged_steps=0 if case.ac is None else int((~case.ac.converged).sum()),
        violations=tuple(violations(case)),
        unserved_gwh=unserved_gwh(case),
        unavoidable=tuple(unavoidable_elements(case, after_outage=False)),
        n1_unavoidable=tuple(unavoidable_elements(case, after_outage=True)),
        must_run_cut_gwh=must_run_cut_gwh(case),
        reserve_short_gwh=float(reserve_summary(case.dispatch.reserve)["short_gwh"].sum()),
        n1=n1_violations(case),
        data_notes=tuple(_data_notes(case)),
    )


def _data_notes(case: Case) -> list[str]:
    notes = [] if case.ac is not None else ["the AC power flow was switched off"]
    if case.ac is not None and case.n1 is None:
        notes.append("the AC N-1 was switched off")
    if "synthetic" in str(case.drivers.provenance.get("weather", "")):
        notes.append("the weather is synthetic, made from published climate figures")
    return notes


def judge_year(
    label: str,
    grounds: Grounds,
    *,
    target_percent: float,
    min_weather_years: int,
    sensitivities: Mapping[str, float] | None = None,
) -> Verdict:
    """Verdict on one weather year alone."""
    return judge(
        {label: (grounds.rate_percent, grounds.local_percent)},
        target_percent=target_percent,
        min_weather_years=min_weather_years,
        diverged_steps=grounds.diverged_steps,
        violations=grounds.violations,
        unserved_gwh=grounds.unserved_gwh,
        must_run_cut_gwh=grounds.must_run_cut_gwh,
        reserve_short_gwh=grounds.reserve_short_gwh,
        unavoidable=grounds.unavoidable,
        n1_unavoidable=grounds.n1_unavoidable,
        sensitivities=sensitivities,
        n1=grounds.n1,
        data_notes=grounds.data_notes,
    )

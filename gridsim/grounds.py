"""What a verdict rests on: figures of one weather year; the verdict on one year and on several."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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

#: criteria that name their year themselves, or are about the study and not about a year
OF_ALL = ("rate", "local_rate", "weather_years", "sensitivity", "sensitivities_run", "data")


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
    if " m only; " in str(case.drivers.provenance.get("wind_heights", "")):
        notes.append("the weather has wind at one height only, so that the daily cycle at the hub is assumed")
    return notes


def judge_years(
    by_year: Mapping[str, Grounds],
    *,
    target_percent: float,
    min_weather_years: int,
    sensitivities: Mapping[str, float] | None = None,
) -> Verdict:
    """Verdict on all weather years of a study, or on one.

    Parameters
    ----------
    by_year : mapping of label of the weather year to grounds
    target_percent : float
    min_weather_years : int
        Weather years a pass needs.
    sensitivities : mapping of name to rate, optional
        City rate of each one-at-a-time sensitivity, with the worst of the years. [%]

    Notes
    -----
    Every year's rate and local part is a clause of its own.  The other clauses are met if they are met in every year:
    elements are those of all years together, steps and cases without solution add up, an energy is that of the
    year in which it is largest; the years in which a clause is not met are named.
    """
    unmet_in = None if len(by_year) == 1 else _unmet_in(by_year)
    grounds = _together(list(by_year.values()))
    return judge(
        {label: (g.rate_percent, g.local_percent) for label, g in by_year.items()},
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
        unmet_in=unmet_in,
    )


def _unmet_in(by_year: Mapping[str, Grounds]) -> dict[str, list[str]]:
    """Weather years in which each criterion that the years have in common is not met."""
    out: dict[str, list[str]] = {}
    for label, grounds in by_year.items():
        alone = judge_years({label: grounds}, target_percent=100.0, min_weather_years=1).table
        unmet = alone.loc[~alone["ok"] & ~alone["criterion"].isin(OF_ALL), "criterion"]
        for criterion in unmet:
            out.setdefault(str(criterion), []).append(label)
    return out


def _together(years: Sequence[Grounds]) -> Grounds:
    """Grounds of all years as of one, as :func:`judge_years` says; rates are left to the years."""
    if len(years) == 1:
        return years[0]
    n1 = [g.n1 for g in years if g.n1 is not None]
    return Grounds(
        rate_percent=max(g.rate_percent for g in years),
        local_percent=max(g.local_percent for g in years),
        diverged_steps=sum(g.diverged_steps for g in years),
        violations=_union([g.violations for g in years]),
        unserved_gwh=max(g.unserved_gwh for g in years),
        unavoidable=_union([g.unavoidable for g in years]),
        n1_unavoidable=_union([g.n1_unavoidable for g in years]),
        must_run_cut_gwh=max(g.must_run_cut_gwh for g in years),
        reserve_short_gwh=max(g.reserve_short_gwh for g in years),
        n1=N1Violations(
            elements=_union([n.elements for n in n1]),
            load_lost=_union([n.load_lost for n in n1]),
            diverged=sum(n.diverged for n in n1),
        )
        if n1
        else None,
        data_notes=_union([g.data_notes for g in years]),
    )


def _union(names: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """Every name once, in the order in which the years give them."""
    return tuple(dict.fromkeys(name for part in names for name in part))

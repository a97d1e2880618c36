"""Criteria and the verdict: judgement as a table (criterion, element, value, limit, unit, ok).

fail         if the local part of the rate is above the target in any weather year;
pass         if the rate of every required year is at or below it, enough weather years were run, every AC step
             converged without unresolved violation, and no listed sensitivity is above the target;
conditional  otherwise, each unmet clause being one reason.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

#: sensitivities a pass needs, one at a time
SENSITIVITIES = (
    "export_limit_plus_20",
    "export_limit_minus_20",
    "thermal_minimum_plus_10",
    "thermal_minimum_minus_10",
    "pumped_storage_late",
    "demand_plus_5",
    "demand_minus_5",
)
#: national floor printed beside the target [%]
FLOOR_PERCENT = 10.0


@dataclass(frozen=True)
class Clause:
    """One criterion with its value and limit; ``reason`` is what to say when it is not met."""

    criterion: str
    element: str
    value: float
    limit: float
    unit: str
    ok: bool
    reason: str


@dataclass(frozen=True)
class N1Violations:
    """What an AC N-1 found: ``elements`` outside their limits after an outage, ``load_lost`` outages that cut off
    load without a standby tie to take it over, ``diverged`` cases without solution."""

    elements: Sequence[str]
    load_lost: Sequence[str]
    diverged: int


@dataclass(frozen=True)
class Verdict:
    """``verdict`` is pass, conditional or fail; ``table`` has one row per clause."""

    verdict: str
    reasons: tuple[str, ...]
    table: pd.DataFrame


def judge(
    rates: Mapping[str, tuple[float, float]],
    *,
    target_percent: float,
    min_weather_years: int,
    diverged_steps: int,
    violations: Sequence[str],
    unserved_gwh: float,
    unavoidable: Sequence[str] = (),
    n1_unavoidable: Sequence[str] = (),
    must_run_cut_gwh: float = 0.0,
    reserve_short_gwh: float = 0.0,
    n1: N1Violations | None = None,
    sensitivities: Mapping[str, float] | None = None,
    data_notes: Sequence[str] = (),
    unmet_in: Mapping[str, Sequence[str]] | None = None,
) -> Verdict:
    """Verdict of a study.

    Parameters
    ----------
    rates : mapping of weather year to (rate, local part)
        City rates of wind and sun together, system causes. [%]
    target_percent : float
    min_weather_years : int
        Weather years a pass needs.
    diverged_steps : int
        AC steps that did not converge.
    violations : sequence of str
        Elements with an unresolved AC violation.
    unserved_gwh : float
        Demand not served in the city; a rate bought with it is not a pass.
    unavoidable : sequence of str
        Limits no dispatch can meet; they count as overloads.
    n1_unavoidable : sequence of str
        Elements that some outage overloads whatever the dispatch does (DC flows, all steps).
    reserve_short_gwh : float
        Spinning reserve that was required and not held (both areas, up and down).
    must_run_cut_gwh : float
        Output cut that nobody can turn down in a normal hour (both areas); it stands for a surplus that was not solved.
    n1 : N1Violations, optional
        Findings of the AC N-1, each kind a clause of its own.
    sensitivities : mapping of name to rate, optional
        City rate of each one-at-a-time sensitivity. [%]
    data_notes : sequence of str
        Further clauses about the data, e.g. synthetic weather; they are unmet by nature.
    unmet_in : mapping of criterion to weather years, optional
        With several weather years: where each criterion is not met.  The years go into its reason and into the
        column ``weather_years`` of the table.
    """
    clauses = [
        *_rate_clauses(rates, target_percent, min_weather_years),
        *_grid_clauses(diverged_steps, violations, unavoidable, unserved_gwh),
        _after_outage(n1_unavoidable),
        _clause("must_run_cut", "", must_run_cut_gwh, 1e-3, "GWh", "{value} GWh of must-run output is cut"),
        _clause("reserve_short", "", reserve_short_gwh, 1e-3, "GWh", "{value} GWh of spinning reserve is short"),
        *_n1_clauses(n1),
        *_sensitivity_clauses(sensitivities, target_percent),
        *(Clause("data", note, 0, 1, "", False, note) for note in data_notes),
    ]
    failed = any(c.criterion == "local_rate" and not c.ok for c in clauses)
    where = unmet_in or {}
    reasons = tuple(f"{c.criterion}: {c.reason}{_in_years(where.get(c.criterion, ()))}" for c in clauses if not c.ok)
    verdict = "fail" if failed else "conditional" if reasons else "pass"
    columns = ["criterion", "element", "value", "limit", "unit", "ok"]
    table = pd.DataFrame([{k: getattr(c, k) for k in columns} for c in clauses], columns=columns)
    if unmet_in is not None:
        table["weather_years"] = [", ".join(where.get(c.criterion, ())) for c in clauses]
    return Verdict(verdict, reasons, table)


def _in_years(years: Sequence[str]) -> str:
    """The weather years at the end of a reason, nothing if there are none to name."""
    return f" (weather {'year' if len(years) == 1 else 'years'} {', '.join(years)})" if years else ""


def standing(
    verdict: Verdict, county_percent: Mapping[str, float], sensitivity_percent: Mapping[str, float] | None
) -> dict[str, object]:
    """How far the city is from its target, which county is worst, and which inputs the verdict hangs on.

    Parameters
    ----------
    verdict : Verdict
    county_percent : mapping of county to rate
        System causes. [%]
    sensitivity_percent : mapping of case to rate of the city, optional
        With the case ``base``; None when the sensitivities were not run. [%]

    Returns
    -------
    dict
        ``margin_points``: target less the highest rate of the weather years (negative: above it), in percentage
        points; ``worst_county, worst_county_percent``; ``sensitivities_run``; ``hangs_on``: case, city_percent,
        change_points and ``crosses`` (whether the case is on the other side of the target), largest change first.
    """
    rates = verdict.table[verdict.table["criterion"] == "rate"]
    target = float(rates["limit"].iloc[0]) if len(rates) else float("nan")
    known = {county: rate for county, rate in county_percent.items() if rate == rate}
    worst = max(known, key=lambda county: (known[county], county)) if known else ""
    cases = dict(sensitivity_percent or {})
    base = cases.pop("base", float("nan"))
    hangs = [
        {
            "case": case,
            "city_percent": rate,
            "change_points": rate - base,
            "crosses": (rate > target) != (base > target),
        }
        for case, rate in sorted(cases.items(), key=lambda item: (-abs(item[1] - base), item[0]))
    ]
    return {
        "margin_points": target - float(rates["value"].max()) if len(rates) else float("nan"),
        "worst_county": worst,
        "worst_county_percent": known.get(worst, float("nan")),
        "sensitivities_run": sensitivity_percent is not None,
        "hangs_on": hangs,
    }


def _clause(criterion: str, element: str, value: float, limit: float, unit: str, reason: str) -> Clause:
    """A clause that is met when value <= limit; a missing value is never met."""
    return Clause(
        criterion,
        element,
        value,
        limit,
        unit,
        bool(value <= limit),
        reason.format(value=_shown(value, limit), limit=f"{limit:g}", element=element),
    )


def _shown(value: float, limit: float) -> str:
    """The value with two decimals, or as many as tell it from the limit."""
    decimals = next((d for d in range(2, 9) if f"{value:.{d}f}" != f"{limit:.{d}f}"), 2)
    return f"{value:.{decimals}f}"


def _rate_clauses(rates: Mapping[str, tuple[float, float]], target_percent: float, needed: int) -> list[Clause]:
    """Rate and local part of each weather year, and whether there are enough years."""
    local_says = "the local network alone curtails {value} %, above {limit} %"
    says = "weather year {element}: {value} % curtailed, above {limit} %"
    clauses = []
    for year, (rate, local) in sorted(rates.items()):
        clauses.append(_clause("local_rate", year, local, target_percent, "%", local_says))
        clauses.append(_clause("rate", year, rate, target_percent, "%", says))
    years = len(rates)
    says = f"{years} of {needed} required weather years were run"
    return [*clauses, Clause("weather_years", "", years, needed, "years", years >= needed, says)]


def _grid_clauses(
    diverged_steps: int, violations: Sequence[str], unavoidable: Sequence[str], unserved_gwh: float
) -> list[Clause]:
    """Convergence, AC violations, limits no dispatch can meet and demand that is not served."""
    shown, unmet = _some(violations), _some(unavoidable)
    too_much = f"{len(violations)} elements exceed their AC limits: {{element}}"
    too_low = f"{len(unavoidable)} limits cannot be met by any dispatch: {{element}}"
    return [
        _clause("ac_diverged", "", diverged_steps, 0, "steps", f"{diverged_steps} AC steps did not converge"),
        _clause("ac_violations", shown, len(violations), 0, "elements", too_much),
        _clause("unavoidable", unmet, len(unavoidable), 0, "elements", too_low),
        _clause("unserved", "", unserved_gwh, 1e-3, "GWh", "{value} GWh of demand is not served"),
    ]


def _after_outage(elements: Sequence[str]) -> Clause:
    says = f"{len(elements)} elements are overloaded after an outage whatever the dispatch does: {{element}}"
    return _clause("n1_unavoidable", _some(elements), len(elements), 0, "elements", says)


def _n1_clauses(n1: N1Violations | None) -> list[Clause]:
    """Loading and voltage after an outage, load that an outage cuts off, cases without solution."""
    if n1 is None:
        return []
    names, lost = (_some(n) for n in (n1.elements, n1.load_lost))
    too_much = f"{len(n1.elements)} elements exceed their limits after an outage (AC N-1): {{element}}"
    cut_off = f"{len(n1.load_lost)} outages cut off load that no standby tie takes over: {{element}}"
    diverged = f"{n1.diverged} AC N-1 cases have no solution"
    return [
        _clause("n1_violations", names, len(n1.elements), 0, "elements", too_much),
        _clause("n1_load_lost", lost, len(n1.load_lost), 0, "outages", cut_off),
        _clause("n1_diverged", "", n1.diverged, 0, "cases", diverged),
    ]


def _some(names: Sequence[str]) -> str:
    """The first five names."""
    return ", ".join(names[:5]) + (" ..." if len(names) > 5 else "")


def _sensitivity_clauses(rates: Mapping[str, float] | None, target_percent: float) -> list[Clause]:
    """Clauses of the listed sensitivities; others are information and decide nothing."""
    known = {s: (rates or {})[s] for s in SENSITIVITIES if s in (rates or {})}
    missing = [s for s in SENSITIVITIES if s not in known]
    says = "sensitivity {element}: {value} % curtailed, above {limit} %"
    out = [_clause("sensitivity", s, r, target_percent, "%", says) for s, r in known.items()]
    if missing:
        names, have, needed = ", ".join(missing), len(known), len(SENSITIVITIES)
        says = f"sensitivities not run: {names}"
        out.append(Clause("sensitivities_run", names, have, needed, "cases", False, says))
    return out

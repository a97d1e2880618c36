"""How sure a county's hosting capacity is: weather years, load growth and random siting, on the sweep engine.

Every scenario (a weather year, a growth of demand, a random division of the new plants over the county's connection
points) is simulated with each capacity of ``[risk] added_mw``.  In a scenario the conditions of hosting capacity

    g(x) = curtailed(x) - target * available(x) <= 0      for the city and for the county itself (system causes) [MWh]

are straight lines between the simulated capacities; its capacity is the right end of the first interval from 0 on which
all hold.  Dispatch with N-1, without AC: what only AC sees is not in it.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import beta

from gridsim.errors import InvalidInput, Problem
from gridsim.hosting_sections import RiskSection
from gridsim.sections import AdditionEntry, Scalar, SweepAxis, SweepPoint, SweepSection
from gridsim.study import Study
from gridsim.sweep.results import Sweep

#: axes of the sweep
IN_COUNTY, SCENARIO, ADDED = "in_county", "scenario", "added_mw"
QUANTILES = (10, 50, 90)
#: confidence of the interval of a share of scenarios [%]
CONFIDENCE_PERCENT = 90.0
SAMPLE_COLUMNS = ("county", SCENARIO, "capacity_mw", "at_bound", "limited_by", "plan_mw", "holds_at_plan")


def risk_sweep(study: Study) -> Study:
    """The study as a sweep over counties, scenarios and capacities; AC is off.

    Raises
    ------
    InvalidInput
        Without a section ``[risk]``.
    """
    risk = _asked(study)
    new = len(study.addition)
    entry = AdditionEntry(
        county=risk.counties[0], p_mw=0.0, carrier=risk.carrier, kind=risk.kind, rule="random",
        storage_percent=risk.storage_percent, storage_h=risk.storage_h,
    )  # fmt: skip
    axes = (
        SweepAxis(name=IN_COUNTY, key=f"addition.{new}.county", values=risk.counties),
        SweepAxis(name=SCENARIO, point=tuple(_scenarios(study, risk, new))),
        SweepAxis(name=ADDED, key=f"addition.{new}.p_mw", values=risk.added_mw),
    )
    bases = _bases([str(p.label) for p in axes[1].point])
    again: list[dict[str, Scalar]] = [{IN_COUNTY: county, ADDED: 0.0} for county in risk.counties[1:]]
    again += [{SCENARIO: label, ADDED: 0.0} for label, base in bases.items() if label != base]
    sweep = SweepSection(axis=axes, exclude=tuple(again), time_limit_s=risk.time_limit_s)
    without_ac = study.with_changes(ac={"enabled": False})
    return without_ac.model_copy(update={"addition": (*study.addition, entry), "sweep": sweep, "risk": None})


def _bases(labels: Sequence[str]) -> dict[str, str]:
    """Scenario -> the first one of its weather and demand: without new plants they are one case."""
    first: dict[str, str] = {}
    return {label: first.setdefault(label.rpartition("/")[0], label) for label in labels}


def _scenarios(study: Study, risk: RiskSection, new: int) -> list[SweepPoint]:
    """The scenarios, in the order of weather years, demand and siting."""
    every = list(itertools.product(risk.weather_years, risk.demand_pu, range(1, risk.sitings + 1)))
    if risk.scenarios is not None and risk.scenarios < len(every):
        drawn = np.random.default_rng(risk.seed).choice(len(every), risk.scenarios, replace=False)
        every = [every[i] for i in sorted(drawn)]
    points = []
    for year, demand_pu, siting in every:
        changes: dict[str, Scalar] = {
            "weather.year": year,
            "scale.demand_pu": study.scale.demand_pu * demand_pu,
            f"addition.{new}.seed": siting + 1000 * risk.seed,
        }
        points.append(SweepPoint(label=f"{year}/{demand_pu:g}/{siting}", set=changes))
    return points


def risk_tables(study: Study, sweep: Sweep) -> dict[str, pd.DataFrame]:
    """Capacity of every county and scenario, and what they come to.

    Parameters
    ----------
    study : Study
        With ``[risk]`` and ``[target]``.
    sweep : Sweep
        Of :func:`risk_sweep`, finished or not.

    Returns
    -------
    dict of DataFrame
        ``hosting_risk_sample``: :data:`SAMPLE_COLUMNS`, one row per county and scenario; ``capacity_mw`` absent where a
        capacity was not simulated (failed or open).  ``hosting_risk``: ``county, scenarios, without_result, p10_mw,
        p50_mw, p90_mw, at_bound, base_not_ok, plan_mw, holds_percent, holds_low_percent, holds_high_percent``:
        P10 is the capacity that one scenario in ten stays below; the interval of the probability is Clopper-Pearson's
        (10.1093/biomet/26.4.404), 90 %, of scenarios drawn alike, which weather years are only roughly.
    """
    risk, gaps = _asked(study), _gaps(sweep, study.target.curtailment_percent / 100.0)
    bases = _bases(list(dict.fromkeys(str(case.labels[SCENARIO]) for case in sweep.plan.cases)))
    rows = []
    for county, label in itertools.product(risk.counties, bases):
        cases = [(risk.counties[0], bases[label], 0.0), *((county, label, mw) for mw in risk.added_mw[1:])]
        known = [gaps[case] for case in cases if case in gaps]
        lines = [np.array([g[of] for g in known]) for of in ("", county)]
        found = _capacity(lines, risk.added_mw, risk.plan_mw.get(county, np.nan))
        rows.append({"county": county, SCENARIO: label, **found})
    samples = pd.DataFrame(rows, columns=list(SAMPLE_COLUMNS))
    summary = [_summary(county, samples[samples["county"] == county]) for county in risk.counties]
    return {"hosting_risk_sample": samples, "hosting_risk": pd.DataFrame(summary)}


def _asked(study: Study) -> RiskSection:
    if study.risk is None:
        fix = "add [risk] with counties, added_mw and weather_years, see docs/howto_hosting.md"
        raise InvalidInput([Problem(study.path.name, "the study asks for no risk", fix, column="risk")])
    return study.risk


def _gaps(sweep: Sweep, share: float) -> dict[tuple[str, str, float], dict[str, float]]:
    """Gap of the city (empty name) and of every county in every finished case. [MWh]"""
    table = sweep.tables("curtailment_by_county")
    if not len(table):
        return {}
    rate = table["curtailment_percent_system_cause"].fillna(0.0) / 100.0
    system = (table["used_gwh"] * rate / (1.0 - rate).where(rate < 1.0)).fillna(table["curtailed_gwh"])
    table = table.assign(gap=1e3 * (system - share * (table["used_gwh"] + system)))
    out = {}
    for labels, rows in table.groupby([IN_COUNTY, SCENARIO, ADDED]):
        county, scenario, added = map(str, labels)
        own = dict(zip(rows["county"].astype(str), rows["gap"].astype(float)))
        out[county, scenario, float(added)] = {"": float(rows["gap"].sum()), **own}
    return out


def _capacity(lines: Sequence[np.ndarray], added_mw: Sequence[float], plan_mw: float) -> dict[str, Any]:
    """Capacity of one scenario and whether its plan holds, from the gaps of city and county at each capacity."""
    x = np.asarray(added_mw)
    if len(lines[0]) < len(x):
        return {"plan_mw": plan_mw}
    ends = [first_crossing(x, y) for y in lines]
    first = int(np.argmin(ends))
    bound = not np.isfinite(ends[first])
    return {
        "capacity_mw": float(x[-1] if bound else ends[first]),
        "at_bound": bound,
        "limited_by": "" if bound else ("rate_city", "rate_county")[first],
        "plan_mw": plan_mw,
        "holds_at_plan": all(np.interp(plan_mw, x, y) <= 0.0 for y in lines) if np.isfinite(plan_mw) else None,
    }


def first_crossing(x: np.ndarray, y: np.ndarray) -> float:
    """Right end of the first interval from ``x[0]`` on which a line through points is not above zero.

    Infinite if it never is above zero; ``x[0]`` if it is above zero there.
    """
    above = np.flatnonzero(y > 0.0)
    if not len(above):
        return np.inf
    k = int(above[0])
    if k == 0:
        return float(x[0])
    return float(x[k - 1] - y[k - 1] * (x[k] - x[k - 1]) / (y[k] - y[k - 1]))


def _summary(county: str, samples: pd.DataFrame) -> dict[str, Any]:
    known = samples[samples["capacity_mw"].notna()]
    capacity = known["capacity_mw"].to_numpy(dtype=float)
    quantiles = np.percentile(capacity, QUANTILES) if len(capacity) else [np.nan] * len(QUANTILES)
    asked = known["holds_at_plan"].dropna()
    held, of = int(asked.astype(bool).sum()), len(asked)
    low, high = proportion_interval_percent(held, of)
    return {
        "county": county,
        "scenarios": len(samples),
        "without_result": len(samples) - len(known),
        **{f"p{q}_mw": float(mw) for q, mw in zip(QUANTILES, quantiles)},
        "at_bound": int(known["at_bound"].astype(bool).sum()),
        "base_not_ok": int((capacity == 0.0).sum()),
        "plan_mw": float(samples["plan_mw"].iloc[0]) if len(samples) else np.nan,
        "holds_percent": 100.0 * held / of if of else np.nan,
        "holds_low_percent": low,
        "holds_high_percent": high,
    }


def proportion_interval_percent(held: int, of: int) -> tuple[float, float]:
    """Interval of a probability that was met ``held`` times in ``of`` (Clopper and Pearson). [%]"""
    if not of:
        return np.nan, np.nan
    tail = (1.0 - CONFIDENCE_PERCENT / 100.0) / 2.0
    low = 0.0 if held == 0 else float(beta.ppf(tail, held, of - held + 1))
    high = 1.0 if held == of else float(beta.ppf(1.0 - tail, held + 1, of - held))
    return 100.0 * low, 100.0 * high

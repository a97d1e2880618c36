"""Rank measures: each simulated for the year, then pairs of the best; what came of it as tables."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from gridsim.batch import run_many
from gridsim.case import Case
from gridsim.measures.measure import Measure, Rejected, clash
from gridsim.measures.outcome import Outcome, new_overloads, run_task, task_of
from gridsim.options import MeasureOptions, SimulationOptions

#: called with (stage, share of the stage that is done)
Progress = Callable[[str, float], None]
RANKED = ("city", "both")


@dataclass(frozen=True)
class Ranking:
    """Measures in order with what came of each, and the pairs: ``outcomes`` and ``pairs`` by name."""

    base: Outcome
    measures: tuple[Measure, ...]
    outcomes: Mapping[str, Outcome]
    pairs: Mapping[tuple[str, str], Outcome]


def rank(
    case: Case,
    base: Outcome,
    measures: Sequence[Measure],
    *,
    options: SimulationOptions,
    asked: MeasureOptions,
    processes: int | None = None,
    progress: Progress | None = None,
) -> Ranking:
    """Simulate every measure, order them, simulate all pairs of the best.

    Parameters
    ----------
    case, base : Case, Outcome
        The base case without AC and its figures.
    measures : sequence of Measure
        With names of their own.
    processes : int, optional
        As :func:`gridsim.batch.run_many`; the ranking is the same for any number.
    """
    found = _simulated(case, [[m] for m in measures], options, "measures", processes, progress)
    outcomes = {m.name: outcome for m, outcome in zip(measures, found)}
    order = sorted(measures, key=lambda m: (_key(m, base, outcomes[m.name], asked), m.name))
    best = [m for m in order if _avoids(base, outcomes[m.name], asked)][: asked.pairs_of]
    together = [pair for pair in itertools.combinations(best, 2) if not clash(*pair)]
    paired = _simulated(case, together, options, "pairs", processes, progress)
    pairs = {(a.name, b.name): outcome for (a, b), outcome in zip(together, paired)}
    for a, b in itertools.combinations(best, 2):
        pairs.setdefault((a.name, b.name), Outcome(failed=f"both set {clash(a, b)}"))
    return Ranking(base, tuple(order), outcomes, pairs)


def _simulated(
    case: Case,
    sets: Sequence[Sequence[Measure]],
    options: SimulationOptions,
    stage: str,
    processes: int | None,
    progress: Progress | None,
) -> list[Outcome]:
    """Outcomes of several measures at once each."""
    tasks = []
    for measures in sets:
        network, varied = case.network, options
        for measure in measures:
            network, varied = measure.variant(network, varied)
        tasks.append(task_of(case, network, varied, changed=[e.table for m in measures for e in m.edits]))
    told = (lambda done, of: progress(stage, done / of)) if progress else None
    return run_many(run_task, tasks, processes=processes, progress=told)


def avoided_mwh(base: Outcome, other: Outcome, scope: str) -> float:
    """Curtailment avoided in the city or in both areas; negative if there is more of it. [MWh]"""
    column = f"curtailed_{scope}_mwh"
    return float(getattr(base, column) - getattr(other, column))


def _avoids(base: Outcome, other: Outcome, asked: MeasureOptions) -> bool:
    scope = "city" if asked.rank_by == "city" else "both"
    return avoided_mwh(base, other, scope) > asked.smallest_mwh


def _key(measure: Measure, base: Outcome, outcome: Outcome, asked: MeasureOptions) -> float:
    """Smaller is better; what has no figure comes last."""
    if asked.rank_by == "cost":
        value = _cost_cny_per_mwh(measure.cost.annual_cny, avoided_mwh(base, outcome, "both"), asked.smallest_mwh)
    else:
        value = -avoided_mwh(base, outcome, asked.rank_by)
    return float(value) if np.isfinite(value) else np.inf


def _cost_cny_per_mwh(annual_cny: float, mwh: float, smallest_mwh: float) -> float:
    """Yearly cost over what is avoided; absent where next to nothing is."""
    return annual_cny / mwh if mwh > smallest_mwh else np.nan


def effect_of(city_mwh: float, both_mwh: float, smallest_mwh: float) -> str:
    """``avoids``, ``moves`` (less in the city, not in both areas), ``none``, ``adds``; no figures: ``unknown``."""
    if not np.isfinite(both_mwh):
        return "unknown"
    if both_mwh > smallest_mwh:
        return "avoids"
    if both_mwh < -smallest_mwh:
        return "adds"
    return "moves" if abs(city_mwh) > smallest_mwh else "none"


def measures_table(ranking: Ranking, asked: MeasureOptions) -> pd.DataFrame:
    """Table measures.csv: one row per measure, in the order asked for."""
    base, rows = ranking.base, []
    for measure in ranking.measures:
        outcome = ranking.outcomes[measure.name]
        city, both = (avoided_mwh(base, outcome, scope) for scope in RANKED)
        annual = measure.cost.annual_cny
        fresh = new_overloads(base, outcome)
        rows.append(
            {
                "measure": measure.name,
                "kind": measure.kind,
                "element": measure.element,
                "change": measure.change,
                "scope": measure.scope,
                "origin": measure.origin,
                "effect": effect_of(city, both, asked.smallest_mwh),
                "avoided_city_mwh": city,
                "avoided_both_mwh": both,
                "city_percent": _percent(outcome.curtailed_city_mwh, outcome.available_city_mwh),
                "both_percent": _percent(outcome.curtailed_both_mwh, outcome.available_both_mwh),
                "capital_cny": measure.cost.capital_cny,
                "annual_cny": annual,
                "city_cny_per_mwh": _cost_cny_per_mwh(annual, city, asked.smallest_mwh),
                "both_cny_per_mwh": _cost_cny_per_mwh(annual, both, asked.smallest_mwh),
                "dispatch_saving_cny": base.cost_cny - outcome.cost_cny,
                "unserved_change_mwh": outcome.unserved_mwh - base.unserved_mwh,
                "must_run_cut_change_mwh": outcome.must_run_cut_mwh - base.must_run_cut_mwh,
                "storage_loss_change_mwh": outcome.storage_loss_mwh - base.storage_loss_mwh,
                "new_overloads": len(fresh),
                "cause": measure.row.cause,
                "limit_element": measure.row.element,
                "outage": measure.row.outage,
                "ledger_city_mwh": measure.row.city_mwh,
                "ledger_both_mwh": measure.row.both_mwh,
                "potential_mwh": measure.potential_mwh,
                "ok": not outcome.failed,
                "detail": outcome.failed,
            }
        )
    table = pd.DataFrame(rows, columns=list(rows[0]) if rows else ["measure"])
    return _ranked(table) if rows else table


def _ranked(table: pd.DataFrame) -> pd.DataFrame:
    """Places by what is avoided in the city, in both areas, and by cost; without figure no place."""
    places = {
        "rank": pd.Series(np.arange(1, len(table) + 1)),
        "rank_city": (-table["avoided_city_mwh"]).rank(method="first"),
        "rank_both": (-table["avoided_both_mwh"]).rank(method="first"),
        "rank_cost": table["both_cny_per_mwh"].rank(method="first"),
    }
    return pd.DataFrame({**places, **{str(c): table[c] for c in table}})


def _percent(part: float, whole: float) -> float:
    """100 part / whole; nothing available: nothing curtailed."""
    return 100.0 * part / whole if whole else 0.0


def pairs_table(ranking: Ranking, asked: MeasureOptions) -> pd.DataFrame:
    """Table measures_pairs.csv: what two measures avoid together, beside the sum of the two alone."""
    base, by_name, rows = ranking.base, {m.name: m for m in ranking.measures}, []
    for (first, second), outcome in ranking.pairs.items():
        row: dict[str, float | str | bool] = {"measure_a": first, "measure_b": second}
        for scope in RANKED:
            singles = sum(avoided_mwh(base, ranking.outcomes[name], scope) for name in (first, second))
            together = avoided_mwh(base, outcome, scope)
            row |= {f"sum_{scope}_mwh": singles, f"together_{scope}_mwh": together}
            row |= {f"interaction_{scope}_mwh": together - singles}
        annual = by_name[first].cost.annual_cny + by_name[second].cost.annual_cny
        row |= {
            "city_percent": _percent(outcome.curtailed_city_mwh, outcome.available_city_mwh),
            "both_percent": _percent(outcome.curtailed_both_mwh, outcome.available_both_mwh),
            "annual_cny": annual,
            "both_cny_per_mwh": _cost_cny_per_mwh(annual, float(row["together_both_mwh"]), asked.smallest_mwh),
            "new_overloads": len(new_overloads(base, outcome)),
            "ok": not outcome.failed,
            "detail": outcome.failed,
        }
        rows.append(row)
    columns = ["measure_a", "measure_b"]
    table = pd.DataFrame(rows, columns=list(rows[0]) if rows else columns)
    return table.sort_values("together_both_mwh", ascending=False, ignore_index=True) if rows else table


def candidates_table(measures: Sequence[Measure], rejected: Sequence[Rejected]) -> pd.DataFrame:
    """Table measures_candidates.csv: every candidate, whether it was simulated, and why not."""
    both: list[Measure | Rejected] = [*measures, *rejected]
    rows = [
        {
            "kind": c.kind,
            "element": c.element,
            "change": c.change,
            "simulated": isinstance(c, Measure),
            "reason": "" if isinstance(c, Measure) else c.reason,
            "detail": "" if isinstance(c, Measure) else c.detail,
            "potential_mwh": c.potential_mwh,
            "cause": c.row.cause,
            "limit_element": c.row.element,
            "outage": c.row.outage,
            "ledger_city_mwh": c.row.city_mwh,
            "ledger_both_mwh": c.row.both_mwh,
            "origin": c.origin if isinstance(c, Measure) else "ledger",
        }
        for c in both
    ]
    columns = [
        *("kind", "element", "change", "simulated", "reason", "detail", "potential_mwh", "cause", "limit_element"),
        *("outage", "ledger_city_mwh", "ledger_both_mwh", "origin"),
    ]
    return pd.DataFrame(rows, columns=columns)


def overloads_table(ranking: Ranking) -> pd.DataFrame:
    """Table measures_overloads.csv: overloads of DC flows that a measure brings or makes worse."""
    parts = []
    for measure in ranking.measures:
        fresh = new_overloads(ranking.base, ranking.outcomes[measure.name])
        if len(fresh):
            parts.append(fresh.assign(measure=measure.name))
    columns = ["measure", "element", "side", "after_outage", "max_loading_percent", "hours_over_100"]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)

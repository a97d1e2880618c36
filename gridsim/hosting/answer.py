"""From the simulated points of a county to its rows in the tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from gridsim.hosting.gaps import FAILED, READINGS, Reading, gaps, holds, rate_gaps, rate_percent
from gridsim.hosting.limits import BEYOND, FIRST_ORDER, Limit, limit_of, relieved_mw
from gridsim.hosting.mix import Mix
from gridsim.hosting.point import Point
from gridsim.hosting.points import Asked
from gridsim.hosting.violations import compared, new_or_worse

#: readings of which the smaller is the headline
HEADLINE = ("pro_rata/all", "pro_rata/local")
#: simulated points from which on a single crossing counts as seen
ENOUGH_POINTS = 5


@dataclass(frozen=True)
class CountyPoints:
    """A county and mix with all its simulated points but the base case; ``connects``: it has a grid to connect to."""

    county: str
    mix: Mix
    base: Point
    points: tuple[Point, ...]
    connects: bool = True


def county_rows(of: CountyPoints, asked: Asked) -> list[dict[str, object]]:
    """Rows of the table hosting_system: one per reading."""
    rows = [_row(of, reading, asked) for reading in READINGS]
    named = {f"{r['accounting']}/{r['scope']}": r for r in rows}
    first = min(HEADLINE, key=lambda name: float(str(named[name]["capacity_mw"])))
    return [{**row, "headline": row is named[first]} for row in rows]


def _row(of: CountyPoints, reading: Reading, asked: Asked) -> dict[str, object]:
    base, target = of.base, asked.target
    base_ok = all(gap <= 0.0 for gap in rate_gaps(base, base, of.county, reading, target).values())
    low, high = _bracket(of, reading, asked) if base_ok and of.connects else (base, None)
    above_bound = base_ok and of.connects and high is None
    named = None if high is None or not high.ok else _named_at(of, high)
    limit = Limit("connection") if not of.connects else Limit("bound")
    if not base_ok:
        limit = limit_of(base, base, of.county, reading, target)
    elif high is not None:
        limit = limit_of(base, high, of.county, reading, target, named=named)
    bracket = np.nan if high is None else high.added_mw - low.added_mw
    closed = high is None or bracket <= asked.step_mw * (1.0 + 1e-9)
    relieved = np.nan
    if named is not None and named.detail == "study":
        relieved = relieved_mw(base, named, of.county, reading, target, limit, max_mw=asked.max_mw)
    crossings = _crossings(of, reading, asked)
    return {
        "county": of.county,
        "mix": of.mix.name,
        "capacity_mw": low.added_mw,
        "base_ok": base_ok,
        "accounting": reading.accounting,
        "scope": reading.scope,
        "criterion": limit.criterion,
        "element": limit.element,
        "next_element": limit.next_element,
        "rate_at_percent": rate_percent(base, low, of.county, reading, target),
        "rate_above_percent": np.nan if high is None else rate_percent(base, high, of.county, reading, target),
        "simulations": len(of.points),
        "searched": reading.name in asked.readings,
        "above_bound": above_bound,
        "bracket_mw": bracket,
        "cause": limit.cause,
        "outage": limit.outage,
        "next_cause": limit.next_cause,
        "relieved_mw": relieved if relieved < asked.max_mw else np.nan,
        "relieved_by": "" if np.isnan(relieved) else FIRST_ORDER if relieved < asked.max_mw else BEYOND,
        "relief": "",
        **_rates("base", base, of.county),
        **_rates("at", low, of.county),
        "target_percent": target.percent,
        "rate_over": "+".join(target.rate_over) if reading.accounting == "pro_rata" else "both_areas",
        "crossings": crossings,
        "crossing": "one" if crossings <= 1 and len(of.points) + 1 >= ENOUGH_POINTS else "first",
        "ok": limit.criterion != FAILED and (closed or reading.name not in asked.readings),
        "detail": high.failed if high is not None else "",
    }


def _rates(when: str, point: Point, county: str) -> dict[str, float]:
    covers = {"city": "city", "county": county, "both_areas": "both_areas"}
    out = {f"{name}_rate_{when}_percent": point.rate_percent(cover) for name, cover in covers.items()}
    return out | {f"county_local_rate_{when}_percent": point.rate_percent(county, of="local")}


def _judged(of: CountyPoints, reading: Reading, asked: Asked) -> list[tuple[Point, bool]]:
    """Every size that was simulated, by the point that went furthest, and whether all conditions hold."""
    best: dict[float, Point] = {}
    for point in sorted(of.points, key=lambda p: p.detail == "study"):
        best[point.added_mw] = point
    points = [p for mw, p in sorted(best.items()) if mw > 0.0]
    return [(p, holds(gaps(of.base, p, of.county, reading, asked.target))) for p in points]


def _bracket(of: CountyPoints, reading: Reading, asked: Asked) -> tuple[Point, Point | None]:
    """Highest point that holds below every one that does not, and that one; None: the end of the search holds."""
    low = of.base
    for point, held in _judged(of, reading, asked):
        if not held:
            return low, point
        low = point
    return low, None


def _named_at(of: CountyPoints, high: Point) -> Point:
    """The point of the whole path nearest to ``high``, which names elements; ``high`` itself if there is none."""
    there = [p for p in of.points if p.detail == "study" and p.ok and p.added_mw > 0.0]
    return min(there, key=lambda p: abs(p.added_mw - high.added_mw)) if there and high.ok else high


def _crossings(of: CountyPoints, reading: Reading, asked: Asked) -> int:
    """Changes from holding to not holding and back among the simulated points."""
    held = [True, *(h for _, h in _judged(of, reading, asked))]
    return int(np.count_nonzero(np.diff(np.array(held, dtype=int))))


def curve_rows(of: CountyPoints, asked: Asked) -> list[dict[str, object]]:
    """Rows of the table hosting_curve: every simulated point, those that failed too."""
    rows = []
    for point in sorted((of.base, *of.points), key=lambda p: (p.added_mw, p.detail)):
        fresh = new_or_worse(of.base.violations, point.violations, spare_small=asked.target.spare_small)
        worst = fresh.iloc[0] if len(fresh) else None
        rows.append(
            {
                "county": of.county,
                "mix": of.mix.name,
                "added_mw": point.added_mw,
                "path": point.detail,
                "ok": point.ok,
                **{
                    f"{name}_rate_percent": point.rate_percent(cover)
                    for name, cover in (("city", "city"), ("county", of.county), ("both_areas", "both_areas"))
                },
                **{
                    f"{name}_local_rate_percent": point.rate_percent(cover, of="local")
                    for name, cover in (("city", "city"), ("county", of.county))
                },
                "marginal_rate_percent": rate_percent(
                    of.base, point, of.county, Reading("marginal", "all"), asked.target
                ),
                "county_available_mwh": point.total(of.county, of="available"),
                "county_curtailed_mwh": point.total(of.county, of="curtailed"),
                "city_available_mwh": point.total("city", of="available"),
                "city_curtailed_mwh": point.total("city", of="curtailed"),
                "violations": len(fresh),
                "worst_criterion": "" if worst is None else str(worst["criterion"]),
                "worst_element": "" if worst is None else str(worst["element"]),
                "detail": point.failed,
            }
        )
    return rows


def violation_rows(of: CountyPoints, asked: Asked) -> list[dict[str, object]]:
    """Rows of the table hosting_violations: what is new or worse at each point of a county, charged or not."""
    out: list[dict[str, object]] = []
    for point in sorted(of.points, key=lambda p: (p.added_mw, p.detail)):
        rows = compared(of.base.violations, point.violations, spare_small=asked.target.spare_small)
        for row in rows.to_dict("records"):
            head = {"county": of.county, "mix": of.mix.name, "added_mw": point.added_mw, "path": point.detail}
            out.append({**head, **{str(k): v for k, v in row.items()}})
    return out


def tables(found: Sequence[CountyPoints], asked: Asked) -> Mapping[str, pd.DataFrame]:
    """Tables ``hosting_system``, ``hosting_curve``, ``hosting_violations`` and ``hosting_base_violations``."""
    system = pd.DataFrame([row for of in found for row in county_rows(of, asked)])
    curve = pd.DataFrame([row for of in found for row in curve_rows(of, asked)])
    columns = ["county", "mix", "added_mw", "path", *found[0].base.violations.columns, "charged"]
    violations = pd.DataFrame([row for of in found for row in violation_rows(of, asked)], columns=columns)
    return {
        "hosting_system": system,
        "hosting_curve": curve,
        "hosting_violations": violations,
        "hosting_base_violations": found[0].base.violations,
    }

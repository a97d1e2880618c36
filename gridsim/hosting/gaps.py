"""How far a simulated point is from each condition of hosting capacity; above zero it is not met.

    g(x) = curtailed(x) - target * available(x)                                   accounting "pro_rata" [MWh]
    g(x) = curtailed(x) - curtailed(0) - target (available(x) - available(0))     accounting "marginal" [MWh]

Curtailed for all system causes or for the local network only (scope).  The pro rata rate covers what ``rate_over``
names; the marginal one both areas, because that is where a new plant takes its share from others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from gridsim.hosting.point import Point
from gridsim.hosting.violations import new_or_worse
from gridsim.rows import records

#: condition -> gap; above zero the condition is not met
Gaps = Mapping[tuple[str, str, str], float]
#: criterion of a point without figures
FAILED = "failed"
ACCOUNTINGS, SCOPES = ("pro_rata", "marginal"), ("all", "local")


@dataclass(frozen=True)
class Reading:
    """Whose curtailment counts (``accounting``) and which (``scope``)."""

    accounting: str
    scope: str

    @property
    def name(self) -> str:
        """As a study names it."""
        return f"{self.accounting}/{self.scope}"

    @property
    def part(self) -> str:
        """Column of a point's energies."""
        return "curtailed" if self.scope == "all" else "local"


READINGS = tuple(Reading(a, s) for a in ACCOUNTINGS for s in SCOPES)


@dataclass(frozen=True)
class Target:
    """What a county is held to: target, what its rates cover (``city``, ``county``, ``both_areas``), and whether small
    new violations are spared (:func:`gridsim.hosting.violations.compared`)."""

    percent: float
    rate_over: tuple[str, ...] = ("city", "county")
    spare_small: bool = False


def rate_gaps(base: Point, point: Point, county: str, reading: Reading, target: Target) -> dict[str, float]:
    """g of every rate of a reading by criterion: ``rate_city``, ``rate_county``, ... or ``rate_marginal``. [MWh]"""
    share = target.percent / 100.0
    if reading.accounting == "marginal":
        curtailed, available = (
            point.total("both_areas", of=of) - base.total("both_areas", of=of) for of in (reading.part, "available")
        )
        return {"rate_marginal": curtailed - share * available}
    covers = {cover: county if cover == "county" else cover for cover in target.rate_over}
    return {
        f"rate_{name}": point.total(cover, of=reading.part) - share * point.total(cover, of="available")
        for name, cover in covers.items()
    }


def rate_percent(base: Point, point: Point, county: str, reading: Reading, target: Target) -> float:
    """The rate of a reading, the highest of those that must keep the target. [%]"""
    if not point.ok:
        return np.nan
    if reading.accounting == "marginal":
        curtailed, available = (
            point.total("both_areas", of=of) - base.total("both_areas", of=of) for of in (reading.part, "available")
        )
        return 100.0 * curtailed / available if available > 0.0 else np.nan
    covers = [county if cover == "county" else cover for cover in target.rate_over]
    return float(np.nanmax([np.nan, *(point.rate_percent(c, of=reading.part) for c in covers)]))


def gaps(base: Point, point: Point, county: str, reading: Reading, target: Target) -> Gaps:
    """All conditions of a reading at a point.

    Returns
    -------
    mapping of (criterion, element, outage) to gap
        Rates always; new and worse violations where there are any: loading above what is allowed [points], beyond the
        band [p.u.], hours; below zero what AC finds near its limit and inside.  A point without figures has one
        condition that it never meets.
    """
    if not point.ok:
        return {(FAILED, "", ""): np.inf}
    found = rate_gaps(base, point, county, reading, target)
    out = {(name, "", ""): gap for name, gap in found.items()}
    return out | _inside(base.violations, point.margins) | _violated(base.violations, point.violations, target)


def holds(found: Gaps) -> bool:
    """Whether every condition is met."""
    return all(gap <= 0.0 for gap in found.values())


def unmet(found: Gaps) -> list[tuple[str, str, str]]:
    """Conditions that are not met: rates first, then violations as :func:`gaps` has them."""
    return [name for name, gap in found.items() if gap > 0.0]


def _inside(base: pd.DataFrame, margins: pd.DataFrame) -> dict[tuple[str, str, str], float]:
    """Conditions near their limit and met; what violates in the base case has another limit and is left out."""
    known = set(zip(base["criterion"], base["element"]))
    return {
        (str(row.criterion), str(row.element), str(row.outage)): -float(row.inside)
        for row in records(margins)
        if (row.criterion, row.element) not in known
    }


def _violated(base: pd.DataFrame, found: pd.DataFrame, target: Target) -> dict[tuple[str, str, str], float]:
    out = {}
    for row in records(new_or_worse(base, found, spare_small=target.spare_small)):
        figures = (row.loading_percent - 100.0, row.beyond_pu, row.hours)
        size = next((float(v) for v in figures if np.isfinite(v) and v > 0.0), 1.0)
        out[str(row.criterion), str(row.element), str(row.outage)] = size
    return out

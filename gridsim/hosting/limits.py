"""What limits a county, what comes next, and how much relieving the first would give."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from gridsim.curtailment.ledger import RUNGS
from gridsim.hosting.gaps import Reading, Target, gaps, rate_gaps, unmet
from gridsim.hosting.point import REST, Point

#: method of an estimate that no simulation stands behind; what it says when it meets no end within the search
FIRST_ORDER, BEYOND = "first_order", "beyond"
#: rate criterion -> what it covers; the county stands for itself
_COVERS = {"rate_city": "city", "rate_both_areas": "both_areas", "rate_marginal": "both_areas"}


@dataclass(frozen=True)
class Limit:
    """What a capacity is limited by.

    Attributes
    ----------
    criterion : str
        ``rate_city``, ``rate_county``, ``rate_both_areas``, ``rate_marginal``, a criterion of
        :mod:`gridsim.hosting.violations`, or ``failed``.
    element, cause, outage : str
        Of a rate: the row of the ledger that raised it most since the base case; the provincial balance, without
        element, stands as ``provincial``.  Of a violation: the element itself.
    next_element, next_cause : str
        The next of the same.
    """

    criterion: str = ""
    element: str = ""
    cause: str = ""
    outage: str = ""
    next_element: str = ""
    next_cause: str = ""


def limit_of(
    base: Point, above: Point, county: str, reading: Reading, target: Target, *, named: Point | None = None
) -> Limit:
    """What does not hold one step above a capacity, and what drives it.

    ``named``: the point whose ledger says what curtails, where ``above`` went no further than the dispatch.
    """
    missed = unmet(gaps(base, above, county, reading, target))
    if not missed:
        return Limit()
    criterion, element, outage = missed[0]
    if not criterion.startswith("rate_"):
        following = missed[1] if len(missed) > 1 else ("", "", "")
        return Limit(criterion, element, criterion, outage, following[1] or following[0], following[0])
    grown = growth_by_element(base, named or above, _COVERS.get(criterion, county), reading)
    rows = [*grown.head(2).to_dict("records"), {}, {}]
    first, second = ({str(k): str(v) for k, v in row.items()} for row in rows[:2])
    return Limit(
        criterion, _label(first), first.get("cause", ""), first.get("outage", ""), _label(second),
        second.get("cause", ""),
    )  # fmt: skip


def _label(row: Mapping[str, str]) -> str:
    return row.get("element") or row.get("cause", "")


def growth_by_element(base: Point, point: Point, cover: str, reading: Reading) -> pd.DataFrame:
    """``cause, element, outage, more_percent``: points by which each row of the ledger raises the rate, the most first.

    A row that takes the same share of more energy raises no rate: the surplus of the province, of which new plants have
    their part like all others, is not what limits a county unless it grows.  Of the marginal accounting, whose rate is
    that of the new energy, the share of it that a row takes beyond the base case.
    """
    key = ["cause", "element", "outage"]
    before, after = (_of_cover(p, cover, reading).groupby(key)["curtailed_mwh"].sum() for p in (base, point))
    was_mwh, is_mwh = (p.total(cover, of="available") for p in (base, point))
    if reading.accounting == "marginal":
        more = 100.0 * after.sub(before, fill_value=0.0) / (is_mwh - was_mwh)
    else:
        more = (100.0 * after / is_mwh).sub(100.0 * before / was_mwh if was_mwh > 0.0 else 0.0 * before, fill_value=0.0)
    rows = more.rename("more_percent").reset_index()
    rows = rows[rows["more_percent"] > 0.0]
    return rows.sort_values(["more_percent", *key], ascending=[False, True, True, True], ignore_index=True)


def _of_cover(point: Point, cover: str, reading: Reading) -> pd.DataFrame:
    rows = point.causes
    mine = {"both_areas": rows["county"] == rows["county"], "city": rows["county"] != REST}.get(
        cover, rows["county"] == cover
    )
    return rows[mine & ((reading.scope == "all") | (rows["cause"] != RUNGS[0]))]


def relieved_mw(
    base: Point, above: Point, county: str, reading: Reading, target: Target, limit: Limit, *, max_mw: float
) -> float:
    """Capacity if the first limit were lifted, to first order. [MW]

    The chord of g between the base case and the point that names what limits, both without what the limiting row of the
    ledger takes (a violation takes nothing); other violations are not foreseen.  An estimate: nothing is simulated.
    """
    roots = [max_mw]
    start, end = (rate_gaps(base, p, county, reading, target) for p in (base, above))
    for criterion in end:
        cover = _COVERS.get(criterion, county)
        low, high = (g[criterion] - _taken(p, cover, reading, limit) for p, g in ((base, start), (above, end)))
        if high > low:
            roots.append(max(-low, 0.0) / (high - low) * above.added_mw)
    return float(np.min(roots))


def _taken(point: Point, cover: str, reading: Reading, limit: Limit) -> float:
    """What the limiting row of the ledger takes of a cover. [MWh]"""
    rows = _of_cover(point, cover, reading)
    name = rows["element"].where(rows["element"] != "", rows["cause"])
    mine = (name == limit.element) & (rows["cause"] == limit.cause) & (rows["outage"] == limit.outage)
    return float(rows.loc[mine, "curtailed_mwh"].sum())

"""Conclusions in three levels: what can be confirmed, what holds on conditions, what cannot be judged."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gridsim.report import uncertainty
from gridsim.report.catalogue import Texts
from gridsim.report.commands import command_of
from gridsim.report.conclusions import headline
from gridsim.report.judgement import clause, reasons
from gridsim.report.model import Block, Items
from gridsim.report.tables import is_true, missing, records
from gridsim.store import Findings

#: tables without which a conclusion stays open
NEEDED = (
    "curtailment_by_county",
    "curtailment_by_cause",
    "overload",
    "voltage",
    "ac",
    "n1",
    "checks",
    "verdict",
    "sensitivity",
)
#: verdict -> level in which the headline stands
LEVEL_OF = {"pass": "confirmed", "fail": "confirmed", "conditional": "conditional"}


def levels(findings: Findings, texts: Texts) -> list[Block]:
    """The three lists of conclusions; the headline stands in that of the verdict."""
    place = LEVEL_OF.get(str(findings.summary.get("verdict")), "undecidable")
    said = {"confirmed": _confirmed(findings, texts), "conditional": _conditional(findings, texts)}
    said["undecidable"] = _open(findings, texts)
    said[place] = (headline(findings, texts), *said[place])
    blocks: list[Block] = [missing(texts, "verdict")] if "verdict" not in findings.tables else []
    blocks += [Items(texts(f"level.{name}"), items or (texts("level.none"),)) for name, items in said.items()]
    return blocks


def _confirmed(findings: Findings, texts: Texts) -> tuple[str, ...]:
    """Clauses of the verdict that are met; of a target that is missed also those that say so."""
    verdict = findings.tables.get("verdict")
    if verdict is None:
        return ()
    failed = findings.summary.get("verdict") == "fail"
    sure = [r for r in records(verdict) if is_true(r.get("ok")) or failed]
    return tuple(clause(row, texts) for row in _highest(sure) if row.get("criterion") != "data")


def _highest(clauses: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Clauses that every weather year has, only that of the year with the highest value; the others as they are."""
    out = [c for c in clauses if c.get("criterion") not in ("rate", "local_rate")]
    for name in ("rate", "local_rate"):
        of_years = [c for c in clauses if c.get("criterion") == name]
        out[:0] = sorted(of_years, key=lambda c: float(c.get("value") or 0.0))[-1:]
    return out


def _conditional(findings: Findings, texts: Texts) -> tuple[str, ...]:
    """What the conclusions depend on: unmet clauses, and the required uncertainties as intervals."""
    unmet = () if findings.summary.get("verdict") == "fail" else reasons(findings, texts)
    listed = (texts("level.on_condition", count=len(unmet)),) if unmet else ()
    return (*listed, *uncertainty.in_words(findings, texts))


def _open(findings: Findings, texts: Texts) -> tuple[str, ...]:
    """What cannot be judged, with the data that are missing and the command that makes them."""
    out = [
        texts("level.lacks", what=texts.word("table", n), file=f"tables/{n}.csv", command=command_of(n))
        for n in NEEDED
        if n not in findings.tables
    ]
    causes = findings.tables.get("curtailment_by_cause")
    if causes is not None and "cause" in causes.columns and "n_1" not in set(causes["cause"]):
        out.append(texts("level.no_n_1"))
    if not any(table.startswith("hosting_") for table in findings.tables):
        out.append(texts("level.no_hosting"))
    return tuple(out)

"""Chapter 11: conclusions again in one sentence, and what follows from the data."""

from __future__ import annotations

from collections.abc import Iterator

from gridsim.report import uncertainty, years
from gridsim.report.catalogue import Texts
from gridsim.report.chapters.section import section
from gridsim.report.conclusions import ALL, headline, limits_percent
from gridsim.report.measures import label
from gridsim.report.model import Block, Items, Paragraph
from gridsim.report.numbers import against, number
from gridsim.report.tables import Names, plain, records
from gridsim.report.weak import KINDS_OF, spots
from gridsim.store import Findings

#: names in one sentence
NAMED = 3
#: kinds of weak spots that call for something, with the text of what it is, in this order
CALLING = ("overload", "load_lost", "n1", "voltage", "curtailing", "reverse")


def advice(findings: Findings, texts: Texts) -> tuple[Block, ...]:
    """The headline, what it depends on, and recommendations."""
    said = Items(texts("advice.depends"), uncertainty.in_words(findings, texts))
    return (
        *section(texts, "11.1", Paragraph(headline(findings, texts), "statement"), said),
        *section(texts, "11.2", recommendations(findings, texts)),
    )


def recommendations(findings: Findings, texts: Texts, *, most: int | None = None) -> Block:
    """What the data call for, the gravest first; nothing is recommended that no table supports.

    ``most``: only so many of them.
    """
    found = tuple(_found(findings, texts))
    if not found:
        return Paragraph(texts("advice.none"), "missing")
    return Items(texts("advice.lead"), found[:most])


def _found(findings: Findings, texts: Texts) -> Iterator[str]:
    yield from _counties(findings, texts)
    for kind in CALLING:
        rows = spots(findings, kind)
        if rows is None or rows.empty:
            continue
        first = rows.head(NAMED)
        names = texts.list_of([plain(n) for n in first["element"]])
        names = texts("sentence.and_more", names=names) if len(rows) > NAMED else names
        worst = number(first["value"].iloc[0], KINDS_OF[kind].number)
        yield texts(f"advice.{kind}", names=names, count=len(rows), worst=worst, first=plain(first["element"].iloc[0]))
    yield from _measures(findings, texts)
    yield from _open(findings, texts)


def _counties(findings: Findings, texts: Texts) -> Iterator[str]:
    """Counties above the target, and counties whose capacity is used up."""
    target_percent, _ = limits_percent(findings)
    table, names = findings.tables.get("curtailment_by_county"), Names(findings, texts)
    if table is not None and {"county", ALL} <= set(table.columns):
        above = table[table[ALL] > target_percent].sort_values(ALL, ascending=False)
        if len(above):
            parts = [names.short(c) for c in above["county"].head(NAMED)]
            rate = against(above[ALL].iloc[0], target_percent)[0]
            yield texts("advice.county", names=texts.list_of(parts), count=len(above), rate=rate)
    hosting = findings.tables.get("hosting_equipment_county")
    if hosting is not None and {"county", "grade"} <= set(hosting.columns):
        red = [names.short(c) for c, grade in zip(hosting["county"], hosting["grade"]) if grade == "red"]
        if red:
            yield texts("advice.red", names=texts.list_of(red))


def _measures(findings: Findings, texts: Texts) -> Iterator[str]:
    """The measure of a ranking that avoids most, or that none was ranked."""
    table = findings.tables.get("measures")
    if table is None or not {"measure", "effect", "avoided_both_mwh"} <= set(table.columns):
        yield texts("advice.no_measures")
        return
    effective = table[table["effect"] == "avoids"].sort_values("avoided_both_mwh", ascending=False)
    if len(effective):
        row = records(effective.head(1))[0]
        avoided = number(float(row["avoided_both_mwh"]) / 1e3, "energy_small")
        yield texts("advice.measure", name=label(row, texts), avoided=avoided)


def _open(findings: Findings, texts: Texts) -> Iterator[str]:
    """What the run lacks for a firm conclusion, and cases in which the target is missed."""
    target_percent, _ = limits_percent(findings)
    table = findings.tables.get("sensitivity")
    if table is None or not {"case", "city_percent"} <= set(table.columns):
        yield texts("advice.no_sensitivity")
    else:
        over = [texts.word("case", c) for c, p in zip(table["case"], table["city_percent"]) if p > target_percent]
        if over and str(findings.summary.get("verdict")) != "fail":
            yield texts("advice.sensitivity", cases=texts.list_of(over))
    count = len(years.several(findings)) or 1
    if count < uncertainty.LEAST_YEARS:
        yield texts("advice.years", count=count, least=uncertainty.LEAST_YEARS)
    assumed = findings.tables.get("assumed")
    if assumed is not None and len(assumed):
        yield texts("advice.data", count=len(assumed))

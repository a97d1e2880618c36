"""Chapter 1: what was asked, for which area and year, and on which data."""

from __future__ import annotations

from gridsim.report.assumptions import statements
from gridsim.report.catalogue import Texts
from gridsim.report.chapters.section import section
from gridsim.report.conclusions import area_name, limits_percent
from gridsim.report.ledgers import sources
from gridsim.report.model import Block, Items, Paragraph
from gridsim.report.tables import Names, plain
from gridsim.store import Findings

#: documents that the report rests on, by their texts
BASIS = (
    *("curtailment", "hosting_2025", "hosting_2019", "stability", "planning", "voltage", "wind", "solar"),
    *("distributed", "city_plan"),
)


def preface(findings: Findings, texts: Texts) -> tuple[Block, ...]:
    """Task and scope, documents, statements on the data."""
    return (
        *section(texts, "1.1", *_scope(findings, texts)),
        *section(texts, "1.2", Items(texts("basis.lead"), tuple(texts(f"basis.{name}") for name in BASIS))),
        *section(texts, "1.3", statements(findings, texts), sources(findings, texts)),
    )


def _scope(findings: Findings, texts: Texts) -> tuple[Block, ...]:
    summary, names = findings.summary, Names(findings, texts)
    target_percent, floor_percent = limits_percent(findings)
    values = {
        "area": area_name(findings, texts),
        "year": summary.get("year", ""),
        "scenario": plain(summary.get("scenario", "")),
        "target": f"{target_percent:g}",
        "floor": f"{floor_percent:g}",
    }
    blocks: list[Block] = [Paragraph(texts("preface.task", **values))]
    county = findings.tables.get("county")
    if county is not None and "name" in county.columns and len(county):
        listed = texts.list_of([names.short(name) for name in county["name"]])
        blocks.append(Paragraph(texts("preface.scope", count=len(county), counties=listed)))
    blocks.append(Paragraph(texts("preface.contents")))
    return tuple(blocks)

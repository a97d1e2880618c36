"""The order of the chapters and the numbers of chapters, tables and figures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import count

from gridsim.report import hosting, measures, years
from gridsim.report.catalogue import Texts
from gridsim.report.chapters.advice import advice
from gridsim.report.chapters.appendices import (
    boundary_details,
    parameters,
    reproduction,
    stations,
    terms,
)
from gridsim.report.chapters.balance import balance
from gridsim.report.chapters.boundaries import boundaries
from gridsim.report.chapters.grid import grid
from gridsim.report.chapters.main import conclusions
from gridsim.report.chapters.preface import preface
from gridsim.report.chapters.remedies import remedies
from gridsim.report.chapters.resources import resources
from gridsim.report.chapters.simulation import simulation
from gridsim.report.chapters.system import system
from gridsim.report.fixed import FIXED
from gridsim.report.model import Block, Chapter, Figure, Table
from gridsim.store import Findings

Maker = Callable[[Findings, Texts], tuple[Block, ...]]
#: chapters 1 to 11 by their anchors
MAKERS: dict[str, Maker] = {
    "preface": preface,
    "conclusions": conclusions,
    "system": system,
    "boundaries": boundaries,
    "resources": resources,
    "balance": balance,
    "simulation": simulation,
    "grid": grid,
    "hosting": hosting.hosting,
    "remedies": remedies,
    "advice": advice,
}
#: appendices by their letters
APPENDICES: dict[str, tuple[str, Maker]] = {
    "A": ("appendix_boundaries", boundary_details),
    "B": ("appendix_stations", stations),
    "C": ("appendix_parameters", parameters),
    "D": ("reproduction", reproduction),
    "E": ("appendix_terms", terms),
}


def chapters(findings: Findings, texts: Texts) -> tuple[Chapter, ...]:
    """All chapters with their numbers; a chapter without data says what is missing and which command makes it.

    Hourly figures of several weather years are those of the worst one.  Findings of ``gridsim measures`` alone have
    chapters of their own.
    """
    findings = years.with_hours_of_the_worst_year(findings)
    if measures.is_ranking(findings):
        own = [(str(k), name, make) for k, (name, make) in enumerate(measures.makers().items(), start=1)]
        return tuple(numbered(number, name, make(findings, texts), {}, texts) for number, name, make in own)
    in_order = [(str(k), name, make) for k, (name, make) in enumerate(MAKERS.items(), start=1)]
    in_order += [(letter, name, make) for letter, (name, make) in APPENDICES.items()]
    return tuple(
        numbered(number, name, make(findings, texts), _fixed_of(number), texts) for number, name, make in in_order
    )


def _fixed_of(chapter: str) -> dict[str, int]:
    """Tables of a chapter with a fixed number."""
    return {name: index for name, (of, index) in FIXED.items() if of == chapter}


def numbered(number: str, name: str, blocks: tuple[Block, ...], fixed: dict[str, int], texts: Texts) -> Chapter:
    """A chapter with numbered tables and figures (表3-1, 图3-1); tables without a fixed number follow these."""
    tables, figures = count(max(fixed.values(), default=0) + 1), count(1)
    open_ = dict(fixed)
    out: list[Block] = []
    for block in blocks:
        if isinstance(block, Table):
            index = open_.pop(block.name, None) or next(tables)
            block = replace(block, number=texts("caption.table", chapter=number, index=index))
        elif isinstance(block, Figure):
            block = replace(block, number=texts("caption.figure", chapter=number, index=next(figures)))
        out.append(block)
    shown = texts("chapter.appendix", letter=number) if number.isalpha() else number
    return Chapter(name, texts(f"chapter.{name}"), tuple(out), shown)

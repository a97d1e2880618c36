"""Chapter 2: conclusions and advice on one page, with the table of counties."""

from __future__ import annotations

from gridsim.report import years
from gridsim.report.breakdown import standing
from gridsim.report.catalogue import Texts
from gridsim.report.chapters.advice import recommendations
from gridsim.report.chapters.section import section
from gridsim.report.conclusions import headline_tiles, scopes_note, verdict_box
from gridsim.report.counties import county_table
from gridsim.report.fixed import fixed
from gridsim.report.judgement import failed_checks
from gridsim.report.levels import levels
from gridsim.report.model import Block, Paragraph
from gridsim.report.uncertainty import uncertainty
from gridsim.store import Findings

#: recommendations on the page of conclusions; the others are in chapter 11
FIRST = 6


def conclusions(findings: Findings, texts: Texts) -> tuple[Block, ...]:
    """The verdict with the numbers asked for first, the counties, and what is certain, conditional or open."""
    said: list[Block] = [*failed_checks(findings, texts), verdict_box(findings, texts)]
    said.append(headline_tiles(findings, texts))
    if years.several(findings):
        said.append(Paragraph(years.in_words(findings, texts), "statement"))
    said += [*scopes_note(findings, texts), *standing(findings, texts)]
    first, *others = county_table(findings, texts)
    assumed = findings.tables.get("assumed")
    open_ = levels(findings, texts)
    if assumed is not None:
        open_.append(Paragraph(texts("conclusion.assumed", count=len(assumed)), "statement"))
    return (
        *section(texts, "2.1", *said),
        *section(texts, "2.2", fixed(first, "conclusions", texts), *others),
        *section(texts, "2.3", *open_, uncertainty(findings, texts)),
        *section(texts, "2.4", recommendations(findings, texts, most=FIRST)),
    )

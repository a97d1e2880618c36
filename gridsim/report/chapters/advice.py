"""Chapter 11: conclusions again in one sentence, and what follows from the data."""

from __future__ import annotations

from gridsim.report.catalogue import Texts
from gridsim.report.chapters.section import section
from gridsim.report.conclusions import headline
from gridsim.report.model import Block, Paragraph
from gridsim.store import Findings


def advice(findings: Findings, texts: Texts) -> tuple[Block, ...]:
    """The headline and recommendations."""
    return (*section(texts, "11.1", Paragraph(headline(findings, texts), "statement")), *section(texts, "11.2"))

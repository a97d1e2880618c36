"""Chapter 5: wind and sun of the counties, hours and behaviour of the output."""

from __future__ import annotations

from gridsim.report.catalogue import Texts
from gridsim.report.chapters.section import section
from gridsim.report.model import Block
from gridsim.store import Findings


def resources(findings: Findings, texts: Texts) -> tuple[Block, ...]:
    """Hours, guaranteed output, simultaneity, correlation."""
    return (*section(texts, "5.1"), *section(texts, "5.2"))

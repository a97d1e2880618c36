"""Chapter 10: remedies and what they bring."""

from __future__ import annotations

from gridsim.report.catalogue import Texts
from gridsim.report.chapters.section import section
from gridsim.report.fixed import fixed
from gridsim.report.marginal import marginal
from gridsim.report.model import Block
from gridsim.report.tables import missing
from gridsim.store import Findings


def remedies(findings: Findings, texts: Texts) -> tuple[Block, ...]:
    """The ranking of measures, if there is one, and what one more MW would change."""
    return (
        *section(texts, "10.1", fixed(missing(texts, "measures"), "measures", texts)),
        *section(texts, "10.2", *marginal(findings, texts)),
    )

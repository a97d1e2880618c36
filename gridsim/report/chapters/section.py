"""Sections of the chapters."""

from __future__ import annotations

from gridsim.report.catalogue import Texts
from gridsim.report.model import Block, Heading, Paragraph


def section(texts: Texts, number: str, *blocks: Block) -> tuple[Block, ...]:
    """A heading by its number (3.1; its words are the text ``section.3.1``) and what stands under it.

    A section without a block says that the run has nothing for it.
    """
    found = blocks or (Paragraph(texts("missing.section"), "missing"),)
    return (Heading(texts(f"section.{number}"), number), *found)

"""Appendices: boundary conditions in detail, stations one by one, parameters, reproduction, terms."""

from __future__ import annotations

from gridsim.report import appendix
from gridsim.report.assumptions import inputs, options_table
from gridsim.report.catalogue import Texts
from gridsim.report.chapters.section import section
from gridsim.report.counties import plants
from gridsim.report.judgement import check_table
from gridsim.report.model import Block
from gridsim.store import Findings


def boundary_details(findings: Findings, texts: Texts) -> tuple[Block, ...]:
    """Limits, penalties and every other option of the run."""
    return options_table(findings, texts)


def stations(findings: Findings, texts: Texts) -> tuple[Block, ...]:
    """Plants one by one."""
    return (plants(findings, texts),)


def parameters(findings: Findings, texts: Texts) -> tuple[Block, ...]:
    """Every assumed input."""
    return inputs(findings, texts)


def reproduction(findings: Findings, texts: Texts) -> tuple[Block, ...]:
    """What another person needs to get the same, and the independent re-computation."""
    return (
        *section(texts, "D.1", *appendix.reproduction(findings, texts)),
        *section(texts, "D.2", check_table(findings, texts)),
    )


def terms(findings: Findings, texts: Texts) -> tuple[Block, ...]:
    """Terms of the field."""
    return ()

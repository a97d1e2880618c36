"""Chapter 8: what the grid carries: flows, outages, overloads, voltages, short circuit, weak spots."""

from __future__ import annotations

from gridsim.report import courses, security
from gridsim.report import grid as blocks
from gridsim.report.catalogue import Texts
from gridsim.report.chapters.section import section
from gridsim.report.fixed import fixed
from gridsim.report.model import Block
from gridsim.report.weak import weak_spots
from gridsim.store import Findings


def grid(findings: Findings, texts: Texts) -> tuple[Block, ...]:
    """Everything about flows, outages and voltages."""
    flows = (
        blocks.ac(findings, texts),
        blocks.violations_by_level(findings, texts),
        blocks.overload(findings, texts, "overload_before_redispatch"),
        blocks.tightened(findings, texts),
        security.losses(findings, texts),
    )
    outages = (
        *security.n1(findings, texts),
        *security.radial(findings, texts),
        security.diverged(findings, texts),
        blocks.after_outage(findings, texts),
    )
    loading = (
        fixed(blocks.overload(findings, texts, "overload"), "heavy", texts),
        security.reverse_power(findings, texts),
        courses.reverse_curves(findings, texts),
        blocks.unavoidable(findings, texts),
    )
    voltage = (fixed(blocks.voltage(findings, texts), "voltage", texts), security.n1_voltage(findings, texts))
    return (
        *section(texts, "8.1", *flows),
        *section(texts, "8.2", *outages),
        *section(texts, "8.3", *loading),
        *section(texts, "8.4", *voltage),
        *section(texts, "8.5", security.short_circuit(findings, texts)),
        *section(texts, "8.6", *weak_spots(findings, texts)),
    )

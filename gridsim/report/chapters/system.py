"""Chapter 3: the power system: grid, plants, demand, curtailment of the present year."""

from __future__ import annotations

from gridsim.report import courses, ledgers, security
from gridsim.report import grid as blocks
from gridsim.report.catalogue import Texts
from gridsim.report.chapters.section import section
from gridsim.report.commands import RUN
from gridsim.report.fixed import fixed
from gridsim.report.model import Block, Paragraph
from gridsim.report.tables import Col, printed
from gridsim.store import Findings


def system(findings: Findings, texts: Texts) -> tuple[Block, ...]:
    """Stations and lines, plants, demand, curtailment of the present year."""
    grid = (
        *blocks.grid_map(findings, texts),
        fixed(ledgers.transformers(findings, texts, main=True), "transformers", texts),
        fixed(ledgers.lines(findings, texts, main=True), "lines", texts),
        security.capacity_load(findings, texts),
    )
    plants = (
        fixed(ledgers.installed(findings, texts), "installed", texts),
        *courses.installed(findings, texts),
        ledgers.installed_by_county(findings, texts),
    )
    return (
        *section(texts, "3.1", Paragraph(texts("system.year", year=findings.summary.get("year", ""))), *grid),
        *section(texts, "3.2", *plants),
        *section(texts, "3.3", *ledgers.demand_in_words(findings, texts), courses.load_curves(findings, texts)),
        *section(texts, "3.4", fixed(curtailment_now(findings, texts), "curtailment_now", texts)),
    )


def curtailment_now(findings: Findings, texts: Texts) -> Block:
    """Months of the present year, which is that of the earliest scenario; of another year what to run."""
    if present := ledgers.present_year(findings):
        scenario = next(name for year, name, _ in ledgers.horizons(findings) if year == present)
        values = {"year": findings.summary["year"], "present": present, "command": f"{RUN} --scenario {scenario}"}
        return Paragraph(texts("missing.present_year", **values), "missing")
    columns = [
        Col("month", "month"), Col("theoretical_gwh", "energy"), Col("available_gwh", "energy"),
        Col("used_gwh", "energy"), Col("system_gwh", "energy_small"), Col("special_gwh", "energy_small"),
        Col("utilisation_percent", "rate"),
    ]  # fmt: skip
    notes = (texts("note.curtailment_now"),)
    total = {c.column: findings.summary.get(c.column) for c in columns[1:]}
    return printed(findings, "curtailment_by_month", columns, texts=texts, key="month", total=total, notes=notes)

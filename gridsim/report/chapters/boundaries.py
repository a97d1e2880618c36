"""Chapter 4: what is taken as given: demand, plants, storage, grid, province, weather, operation, criteria."""

from __future__ import annotations

from gridsim.report import balances, ledgers
from gridsim.report.catalogue import Texts
from gridsim.report.chapters.section import section
from gridsim.report.conclusions import limits_percent
from gridsim.report.fixed import fixed
from gridsim.report.model import Block, Items, Paragraph
from gridsim.report.weather_origin import weather_origin
from gridsim.report.weather_quality import weather_quality
from gridsim.store import Findings

#: criteria in words
CRITERIA = ("curtailment", "loading", "n1", "voltage", "hosting")


def boundaries(findings: Findings, texts: Texts) -> tuple[Block, ...]:
    """Everything that the year is simulated with."""
    target_percent, floor_percent = limits_percent(findings)
    limits = {"target": f"{target_percent:g}", "floor": f"{floor_percent:g}"}
    criteria = Items(texts("criteria.lead"), tuple(texts(f"criteria.{name}", **limits) for name in CRITERIA))
    commitment = (findings.manifest.get("options") or {}).get("dispatch", {}).get("commitment", {})
    operation = (
        fixed(ledgers.units(findings, texts), "units", texts),
        Paragraph(balances.credit(findings, texts)),
        *((Paragraph(texts(f"operation.{rule}")),) if (rule := commitment.get("rule")) in ("merit", "milp") else ()),
    )
    weather = (*weather_origin(findings, texts), *weather_quality(findings, texts))
    return (
        *section(texts, "4.1", fixed(ledgers.demand(findings, texts), "demand_by_county", texts)),
        *section(texts, "4.2", Paragraph(texts("plan.see")), Paragraph(texts("plan.stages"), "missing")),
        *section(texts, "4.3", ledgers.stores(findings, texts)),
        *section(texts, "4.4", ledgers.additions(findings, texts)),
        *section(texts, "4.5", ledgers.boundary(findings, texts)),
        *section(texts, "4.6", *weather),
        *section(texts, "4.7", *operation),
        *section(texts, "4.8", criteria),
    )

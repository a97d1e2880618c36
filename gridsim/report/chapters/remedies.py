"""Chapter 10: remedies and what they bring."""

from __future__ import annotations

from gridsim.report.catalogue import Texts
from gridsim.report.chapters.section import section
from gridsim.report.fixed import fixed
from gridsim.report.marginal import marginal
from gridsim.report.measures import label
from gridsim.report.model import Block
from gridsim.report.tables import Col, lacking, printed, records
from gridsim.store import Findings


def remedies(findings: Findings, texts: Texts) -> tuple[Block, ...]:
    """The ranking of measures, if there is one, and what one more MW would change."""
    return (
        *section(texts, "10.1", fixed(measures(findings, texts), "measures", texts)),
        *section(texts, "10.2", *marginal(findings, texts)),
    )


def measures(findings: Findings, texts: Texts) -> Block:
    """Measures with where, what they avoid and what they cost; from a ranking that lies in the same folder."""
    needed = ["measure", "kind", "element", "change", "origin", "city_percent", "capital_cny"]
    open_ = lacking(findings, texts, "measures", needed)
    if open_ is not None:
        return open_
    table = findings.tables["measures"]
    base = findings.summary.get("curtailment_percent")
    lower = (float(base) if base is not None else float("nan")) - table["city_percent"].astype(float)
    branch = findings.tables.get("map_branch")
    place = None if branch is None or "county" not in branch.columns else branch.drop_duplicates("element")
    county = table["element"].map(place.set_index("element")["county"]) if place is not None else None
    named = table.assign(
        label=[label(row, texts) for row in records(table)], county=county, from_year=None, opened_mw=None,
        lower_points=lower,
    )  # fmt: skip
    columns = [
        Col("label", label="measure"), Col("county", "county"), Col("from_year", label="in_service_from"),
        Col("opened_mw", "power"), Col("lower_points", "points"), Col("capital_cny", "yi_cny", label="capital_cny"),
    ]  # fmt: skip
    notes = (texts("note.measures_in_report"),)
    return printed(findings, "measures", columns, texts=texts, key="measure", frame=named, notes=notes)

"""Chapter 5: wind and sun of the counties, hours and behaviour of the output."""

from __future__ import annotations

from gridsim.report.catalogue import Texts
from gridsim.report.chapters.section import section
from gridsim.report.model import Block
from gridsim.report.tables import Col, printed
from gridsim.store import Findings


def resources(findings: Findings, texts: Texts) -> tuple[Block, ...]:
    """Hours, guaranteed output, simultaneity, correlation."""
    return (
        *section(texts, "5.1", _by_county(findings, texts)),
        *section(texts, "5.2", _correlation(findings, texts)),
    )


def _by_county(findings: Findings, texts: Texts) -> Block:
    table = findings.tables.get("resource_by_county")
    columns = [
        Col("carrier", "word:item"), Col("county", "county"), Col("installed_mw", "power"),
        Col("theoretical_full_load_h", "hours"), Col("full_load_h", "hours", label="available_full_load_h"),
        Col("guaranteed_percent", "share"), Col("max_output_percent", "share"), Col("coincidence_percent", "share"),
    ]  # fmt: skip
    if table is not None and {"county", "carrier"} <= set(table.columns):
        county = table["county"].fillna("").astype(str)
        row = table["carrier"].astype(str) + "/" + county
        table = table.assign(county=county.where(county != "", texts("word.whole_city")), row=row)
        table = table.sort_values("carrier", ascending=False, kind="stable")
    notes = (texts("note.resource_by_county"),)
    return printed(findings, "resource_by_county", columns, texts=texts, key="row", frame=table, notes=notes)


def _correlation(findings: Findings, texts: Texts) -> Block:
    columns = [Col("pair", "word:pair"), Col("correlation_pu", "value"), Col("daily_correlation_pu", "value")]
    notes = (texts("note.resource_correlation"),)
    return printed(findings, "resource_correlation", columns, texts=texts, key="pair", notes=notes)

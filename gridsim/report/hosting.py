"""The chapter on hosting capacity of equipment (DL/T 2041): counties, then the stations with the least room."""

from __future__ import annotations

from gridsim.report.catalogue import Texts
from gridsim.report.model import Block, Paragraph
from gridsim.report.tables import Col, lacking, printed, ranked
from gridsim.store import Findings

#: zones of a level that are printed
TOP = 12
_ZONE = (Col("zone"), Col("county", "county"), Col("units", "count"), Col("sn_mva", "power_mva"))


def hosting(findings: Findings, texts: Texts) -> tuple[Block, ...]:
    """Capacity by county, the tightest zones of each level, and what the edition of 2019 says of them."""
    open_ = lacking(findings, texts, "hosting_equipment_2025", ["zone", "vn_kv", "c1_mw"])
    if open_ is not None:
        return (open_,)
    return (
        Paragraph(texts("hosting.method")),
        _counties(findings, texts),
        *(_zones(findings, texts, kv) for kv in sorted(set(findings.tables["hosting_equipment_2025"]["vn_kv"]))[::-1]),
        _before(findings, texts),
    )


def _counties(findings: Findings, texts: Texts) -> Block:
    columns = [
        Col("county", "county"),
        *(Col(c, "power") for c in ("upper_mw", "lower_mw", "capacity_mw", "connected_mw", "c1_mw", "c2_mw")),
        Col("grade", "word:grade"),
        Col("stations", "count"),
        Col("stations_red_2019", "count"),
    ]
    notes = (texts("note.hosting_equipment_county"),)
    return printed(findings, "hosting_equipment_county", columns, texts=texts, key="county", notes=notes)


def _zones(findings: Findings, texts: Texts, vn_kv: float) -> Block:
    """The zones of one level with the least open capacity."""
    table = findings.tables["hosting_equipment_2025"]
    rows = table[table["vn_kv"] == vn_kv].sort_values("c1_mw", kind="stable")
    figures = ("demand_mw", "other_mw", "capacity_mw", "connected_mw", "c1_mw", "c2_mw")
    columns = [
        *_ZONE,
        Col("typical_time", "time"),
        *(Col(c, "power_mw") for c in figures),
        Col("reverse_limit_pu", "value"),
        Col("grade", "word:grade"),
    ]
    notes = (texts("note.hosting_equipment_2025", level=f"{vn_kv:g}"),)
    return printed(
        findings, "hosting_equipment_2025", columns, texts=texts, key="zone", frame=rows, top=TOP, notes=notes
    )


def _before(findings: Findings, texts: Texts) -> Block:
    columns = [
        *_ZONE,
        Col("vn_kv", "level"),
        Col("max_reverse_rate_percent", "loading", limit=80.0),
        Col("worst_time", "time"),
        Col("additional_mw", "power_mw"),
        Col("grade", "word:grade"),
    ]
    rows = ranked(findings, "hosting_equipment_2019", "max_reverse_rate_percent")
    notes = (texts("note.hosting_equipment_2019"),)
    return printed(
        findings, "hosting_equipment_2019", columns, texts=texts, key="zone", frame=rows, top=TOP, notes=notes
    )

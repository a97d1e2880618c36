"""The equipment level: transformers of both levels, their checks, and what the edition of 2019 says of them."""

from __future__ import annotations

import pandas as pd

from gridsim.report.catalogue import Texts
from gridsim.report.fixed import fixed
from gridsim.report.model import Block, Paragraph, captioned
from gridsim.report.tables import Col, is_true, lacking, printed, ranked
from gridsim.store import Findings

#: zones of the lower level that are printed; the workbook has all
TOP = 20
_ZONE = (Col("zone"), Col("county", "county"))


def equipment_level(findings: Findings, texts: Texts) -> tuple[Block, ...]:
    """Open capacity by transformer (表9-1), short circuit and voltage rise, reverse load rate of 2019."""
    name = "hosting_equipment_2025"
    open_ = lacking(findings, texts, name, ["zone", "vn_kv", "c1_mw"])
    if open_ is not None:
        return (fixed(open_, name, texts),)
    levels = sorted(set(findings.tables[name]["vn_kv"]), reverse=True)
    first, *others = (_zones(findings, texts, kv) for kv in levels)
    return (fixed(first, name, texts), *others, *_checks(findings, texts), *_before(findings, texts))


def _zones(findings: Findings, texts: Texts, vn_kv: float) -> Block:
    """The zones of one level with the least open capacity."""
    table = findings.tables["hosting_equipment_2025"]
    rows = table[table["vn_kv"] == vn_kv].sort_values("c1_mw", kind="stable")
    columns = [
        *_ZONE, Col("sn_mva", "power_mva", label="rated"),
        Col("reverse_limit_pu", "value"), Col("demand_mw", "power_mw"),
        Col("other_mw", "power_mw"), Col("storage_mw", "power_mw"), Col("tau_max_pu", "value"),
        Col("capacity_mw", "power_mw", label="capacity_low_mw"), Col("capacity_high_mw", "power_mw"),
        Col("connected_mw", "power_mw"), Col("registered_mw", "power_mw"),
        Col("limited_c1_mw", "power_mw"), Col("limited_c2_mw", "power_mw"), Col("grade", "word:grade"),
        Col("limited_by", label="limited_by_above"),
    ]  # fmt: skip
    notes = (texts("note.hosting_equipment_2025", level=f"{vn_kv:g}"),)
    return printed(
        findings, "hosting_equipment_2025", columns, texts=texts, key="zone", frame=rows, top=TOP, notes=notes
    )


def _checks(findings: Findings, texts: Texts) -> tuple[Block, ...]:
    """Short circuit and voltage rise of the zones: how many fail, now and with everything connected."""
    table = findings.tables["hosting_equipment_2025"]
    needed = {"short_circuit_ok", "short_circuit_ka", "short_circuit_limit_ka", "voltage_rise_percent"}
    if not needed <= set(table.columns):
        return ()
    known = table[table["short_circuit_limit_ka"].notna()]
    if known.empty:
        return (Paragraph(texts("hosting.no_source"), "missing"),)
    now = known["short_circuit_ka"] > known["short_circuit_limit_ka"]
    hosted = ~known["short_circuit_ok"].map(is_true)
    rise = ~known["voltage_rise_ok"].map(is_true)
    said = texts("hosting.checks", all=len(known), now=int(now.sum()), hosted=int(hosted.sum()), rise=int(rise.sum()))
    margin = known["short_circuit_limit_ka"] - known["short_circuit_hosted_ka"]
    columns = [
        *_ZONE, Col("vn_kv", "level"), Col("short_circuit_bus"), Col("short_circuit_ka", "value"),
        Col("short_circuit_hosted_ka", "value"), Col("short_circuit_limit_ka", "value"), Col("short_circuit_ok", "ok"),
        Col("voltage_rise_percent", "rate"), Col("voltage_rise_limit_percent", "rate"), Col("voltage_rise_ok", "ok"),
    ]  # fmt: skip
    rows = known.assign(margin=margin).sort_values("margin", kind="stable")
    shown = printed(
        findings, "hosting_equipment_2025", columns, texts=texts, key="zone", frame=rows, top=TOP,
        notes=(texts("note.hosting_checks"),),
    )  # fmt: skip
    return (Paragraph(said), captioned(shown, texts("table.hosting_checks")))


def _before(findings: Findings, texts: Texts) -> tuple[Block, ...]:
    """The edition of 2019 as a comparison: 220 kV zones, and what all stations say together."""
    name = "hosting_equipment_2019"
    open_ = lacking(findings, texts, name, ["zone", "vn_kv", "max_reverse_rate_percent", "grade"])
    if open_ is not None:
        return (open_,)
    rows = ranked(findings, name, "max_reverse_rate_percent")
    assert rows is not None
    rows = rows[rows["vn_kv"] == rows["vn_kv"].max()]
    columns = [
        *_ZONE, Col("units", "count"), Col("sn_mva", "power_mva", label="rated"),
        Col("max_reverse_rate_percent", "loading", limit=80.0),
        Col("worst_time", "time"), Col("additional_mw", "power_mw"), Col("back_feed", "flag"),
        Col("grade", "word:grade"),
    ]  # fmt: skip
    grades = _graded(findings.tables[name], texts)
    notes = (texts("note.hosting_equipment_2019"), texts("note.hosting_stations_2019", grades=grades))
    return (printed(findings, name, columns, texts=texts, key="zone", frame=rows, top=TOP, notes=notes),)


def _graded(table: pd.DataFrame, texts: Texts) -> str:
    """How many zones of the lowest level have which grade."""
    lowest = table[table["vn_kv"] == table["vn_kv"].min()]
    count = lowest["grade"].value_counts()
    found = [texts("hosting.of_grade", grade=texts.word("grade", g), count=int(n)) for g, n in count.items()]
    return texts.list_of(found)

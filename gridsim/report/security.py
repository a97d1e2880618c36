"""Blocks on security: AC N-1 and what outages cut off, reverse power, losses, capacity-load ratio."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from gridsim.report.catalogue import Texts
from gridsim.report.model import Block, Cell, Header, Paragraph, Table
from gridsim.report.numbers import number
from gridsim.report.tables import Col, is_true, lacking, plain, printed
from gridsim.store import Findings

TOP, TOP_STATIONS = 15, 10
N1 = ("element", "element_type", "vn_kv", "outage", "max_loading_percent", "hours_over_100", "hours_checked")
RADIAL = ("outage", "load_lost_mw", "generation_lost_mw", "transferable")
#: loading from which an element is listed [%]
HEAVY_PERCENT, OVERLOAD_PERCENT = 80.0, 100.0
_ELEMENT = (Col("element"), Col("element_type", "word:element_type"), Col("county", "county"), Col("vn_kv", "level"))




def n1(findings: Findings, texts: Texts) -> tuple[Block, ...]:
    """What was checked, the levels, the highest loadings of the grid and of the two-winding station units."""
    open_ = lacking(findings, texts, "n1", N1)
    if open_ is not None:
        return (open_,)
    table, hours = findings.tables["n1"], findings.tables.get("n1_hours")
    if table.empty:
        return (Paragraph(texts("missing.empty", what=texts("table.n1"))),)
    over = table["max_loading_percent"] > OVERLOAD_PERCENT
    every = hours is not None and "reason" in hours.columns and set(hours["reason"]) == {"all"}
    said = texts(
        "security.n1_all" if every else "security.n1",
        hours=number(table["hours_checked"].max(), "hours"),
        outages=len(table),
        over=int(over.sum()),
        heavy=int((table["max_loading_percent"] > HEAVY_PERCENT).sum() - over.sum()),
    )
    columns = [
        *_ELEMENT,
        Col("outage"),
        Col("max_loading_percent", "loading", limit=OVERLOAD_PERCENT, label="loading_after"),
        Col("loading_before_percent", "loading", label="loading_before"),
        Col("worst_time", "time"),
        Col("hours_over_100", "hours", limit=0.0),
    ]
    station = (table["element_type"] == "trafo").to_numpy()
    parts: list[Block] = [Paragraph(said), _levels(table, texts)]
    for name, mine, top in (("n1", ~station, TOP), ("n1_station", station, TOP_STATIONS)):
        rows = table[mine & (table["max_loading_percent"] > HEAVY_PERCENT).to_numpy()]
        if rows.empty:
            parts.append(Paragraph(texts("security.none_heavy", what=texts(f"table.{name}"))))
            continue
        notes = (texts(f"note.{name}"),)
        shown = printed(findings, "n1", columns, texts=texts, key="element", frame=rows, top=top, notes=notes)
        parts.append(_captioned(shown, texts(f"table.{name}")))
    return tuple(parts)


def _captioned(block: Table | Paragraph, caption: str) -> Table | Paragraph:
    return replace(block, caption=caption) if isinstance(block, Table) else block


def _levels(table: pd.DataFrame, texts: Texts) -> Table:
    """Elements judged, above 80 % and above 100 % after an outage, and the worst, by level and kind."""
    head = [Header(texts(f"column.{c}"), is_number=c not in ("element_type", "element", "outage")) for c in (
        "vn_kv", "element_type", "elements", "n1_heavy", "n1_over", "loading_after", "element", "outage"
    )]  # fmt: skip
    rows = []
    ranked = table.sort_values("max_loading_percent", ascending=False, kind="stable")
    for kv, kind in sorted(set(zip(table["vn_kv"], table["element_type"])), key=lambda level: (-level[0], level[1])):
        group = ranked[(ranked["vn_kv"] == kv) & (ranked["element_type"] == kind)]
        worst = group.iloc[0]
        loading = group["max_loading_percent"]
        key = f"n1_levels/{kv:g}/{kind}"
        figures = {
            "elements": len(group),
            "n1_heavy": int((loading > HEAVY_PERCENT).sum()),
            "n1_over": int((loading > OVERLOAD_PERCENT).sum()),
        }
        rows.append((
            Cell(number(kv, "level"), is_number=True), Cell(texts.word("element_type", kind)),
            *(Cell(number(v, "count"), f"{key}/{name}", is_number=True) for name, v in figures.items()),
            Cell(number(worst["max_loading_percent"], "loading"), f"{key}/worst", is_number=True),
            Cell(plain(worst["element"])), Cell(plain(worst["outage"])),
        ))  # fmt: skip
    return Table(texts("table.n1_levels"), tuple(head), tuple(rows))


def n1_voltage(findings: Findings, texts: Texts) -> Block:
    """Buses outside their band after an outage."""
    open_ = lacking(findings, texts, "n1_voltage", ["bus", "hours_outside"])
    if open_ is not None:
        return open_
    table = findings.tables["n1_voltage"]
    outside = table[table["hours_outside"] > 0].sort_values("hours_outside", ascending=False, kind="stable")
    if outside.empty:
        return Paragraph(texts("security.voltages_inside", all=len(table)))
    columns = [
        Col("bus"), Col("county", "county"), Col("vn_kv", "level"),
        Col("min_vm_pu", "voltage"), Col("min_outage", label="outage"), Col("min_time", "time", label="worst_time"),
        Col("max_vm_pu", "voltage"), Col("max_outage", label="outage"), Col("max_time", "time", label="worst_time"),
        Col("band_min_pu", "voltage"), Col("band_max_pu", "voltage"), Col("hours_outside", "hours", limit=0.0),
    ]  # fmt: skip
    notes = (texts("note.n1_voltage"),)
    return printed(
        findings, "n1_voltage", columns, texts=texts, key="bus", frame=outside, top=TOP, notes=notes
    )  # fmt: skip


def radial(findings: Findings, texts: Texts) -> tuple[Block, ...]:
    """Outages that cut off load, one by one; those that only cut off plants in one sentence."""
    open_ = lacking(findings, texts, "n1_radial", RADIAL)
    if open_ is not None:
        return (open_,)
    table = findings.tables["n1_radial"]
    load = table[table["load_lost_mw"] > 0]
    plants = table[~(table["load_lost_mw"] > 0)]
    kept = int(load["transferable"].map(is_true).sum())
    figures: Mapping[str, Any] = {
        "load": len(load),
        "transferable": kept,
        "lost": len(load) - kept,
        "plants": len(plants),
        "largest": number(plants["generation_lost_mw"].max() if len(plants) else 0.0, "power_mw"),
    }
    said = Paragraph(texts("security.radial", **figures))
    if load.empty:
        return (said,)
    columns = [
        Col("outage"), Col("county", "county"), Col("vn_kv", "level"), Col("load_lost_mw", "power_mw"),
        Col("generation_lost_mw", "power_mw"), Col("transferable", "flag"), Col("via"), Col("worst_time", "time"),
    ]  # fmt: skip
    order = load["transferable"].map(is_true).to_numpy().argsort(kind="stable")
    notes = (texts("note.n1_radial"),)
    rows = load.iloc[order]
    return (
        said, printed(findings, "n1_radial", columns, texts=texts, key="outage", frame=rows, top=TOP, notes=notes),
    )  # fmt: skip


def diverged(findings: Findings, texts: Texts) -> Block:
    """Outages without a solution."""
    open_ = lacking(findings, texts, "n1_diverged", ["outage", "hours", "cause"])
    if open_ is not None:
        return open_
    if findings.tables["n1_diverged"].empty:
        return Paragraph(texts("security.all_solved"))
    columns = [
        Col("outage"), Col("county", "county"), Col("vn_kv", "level"), Col("hours", "hours"),
        Col("cause", "phrase:n1_cause"),
    ]  # fmt: skip
    return printed(findings, "n1_diverged", columns, texts=texts, key="outage", top=TOP)


def short_circuit(findings: Findings, texts: Texts) -> Block:
    """Smallest margins to the breakers' ceilings, if ``gridsim shortcircuit`` wrote its table into the folder."""
    columns = [
        Col("bus"), Col("county", "county"), Col("vn_kv", "level"), Col("ik_ka", "value"),
        Col("converters_ka", "value"), Col("ik_hosted_ka", "value"), Col("ceiling_ka", "value"),
        Col("margin_ka", "value"), Col("ok", "ok"),
    ]  # fmt: skip
    notes = (texts("note.short_circuit"),)
    return printed(findings, "short_circuit", columns, texts=texts, key="bus", top=TOP, notes=notes)


def reverse_power(findings: Findings, texts: Texts) -> Block:
    """Transformers that feed upwards."""
    open_ = lacking(findings, texts, "reverse_power", ["reverse_h", "max_reverse_percent"])
    if open_ is not None:
        return open_
    table = findings.tables["reverse_power"]
    some = table[table["reverse_h"] > 0]
    if some.empty:
        return Paragraph(texts("security.no_reverse", all=len(table)))
    columns = [
        *_ELEMENT, Col("sn_mva", "value"), Col("max_reverse_percent", "loading", limit=HEAVY_PERCENT),
        Col("max_reverse_mw", "power_mw"), Col("worst_time", "time"), Col("reverse_h", "hours"),
        Col("reverse_gwh", "energy_small"),
    ]  # fmt: skip
    notes = (texts("note.reverse_power", some=len(some), all=len(table)),)
    return printed(
        findings, "reverse_power", columns, texts=texts, key="element", frame=some, top=TOP, notes=notes
    )  # fmt: skip


def capacity_load(findings: Findings, texts: Texts) -> Block:
    """Capacity-load ratios by level and county."""
    columns = [
        Col("vn_kv", "level"), Col("county", "county"), Col("units", "count"), Col("sn_mva", "value"),
        Col("peak_mw", "power_mw"), Col("worst_time", "time"), Col("capacity_load_ratio", "value"),
        Col("guide_min_ratio", "value"), Col("guide_max_ratio", "value"),
    ]  # fmt: skip
    table = findings.tables.get("capacity_load_ratio")
    if table is not None and {"county", "vn_kv"} <= set(table.columns):
        county = table["county"].fillna("").astype(str)
        shown = county.where(county != "", texts("word.whole_city"))
        table = table.assign(county=shown, row=table["vn_kv"].astype(str) + "/" + county)
    notes = (texts("note.capacity_load_ratio"),)
    return printed(
        findings, "capacity_load_ratio", columns, texts=texts, key="row", frame=table, notes=notes
    )  # fmt: skip


def losses(findings: Findings, texts: Texts) -> Block:
    """Losses of the year by level and kind; the table has the months."""
    open_ = lacking(findings, texts, "losses", ["vn_kv", "element_type", "month", "energy_gwh", "percent"])
    if open_ is not None:
        return open_
    table = findings.tables["losses"]
    if table.empty:
        return Paragraph(texts("missing.empty", what=texts("table.losses")))
    supplied = (100.0 * table["energy_gwh"] / table["percent"]).groupby(table["month"]).max().sum()
    by = table.groupby(["vn_kv", "element_type"], sort=False)["energy_gwh"].sum().reset_index()
    by = by.assign(
        percent=100.0 * by["energy_gwh"] / supplied, row=by["vn_kv"].astype(str) + "/" + by["element_type"]
    )
    columns = [
        Col("vn_kv", "level"), Col("element_type", "word:element_type"),
        Col("energy_gwh", "energy_small", label="losses_gwh"), Col("percent", "rate", label="losses_percent"),
    ]  # fmt: skip
    total = {"energy_gwh": by["energy_gwh"].sum(), "percent": by["percent"].sum()}
    notes = (texts("note.losses"),)
    return printed(findings, "losses", columns, texts=texts, key="row", frame=by, total=total, notes=notes)

"""The chapters of the report, from the findings: which tables and figures stand where."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import pandas as pd

from gridsim.report import appendix, grid
from gridsim.report.catalogue import Texts
from gridsim.report.conclusions import ALL, conclusions, limits_percent
from gridsim.report.figures.balance import typical_days as draw_typical_days
from gridsim.report.figures.rates import causes_by_month, county_rates, month_hour
from gridsim.report.hours import TypicalDay, area_balance, city_of, step_of, typical_days
from gridsim.report.model import Block, Chapter, Figure, Paragraph, Table
from gridsim.report.numbers import number
from gridsim.report.tables import Col, Names, is_true, lacking, missing, printed, ranked
from gridsim.store import Findings

ENERGIES = (Col("available_gwh", "energy"), Col("used_gwh", "energy"), Col("curtailed_gwh", "energy_small"))
RATES = ("wind_curtailment_percent", "solar_curtailment_percent", ALL)


def chapters(findings: Findings, texts: Texts) -> tuple[Chapter, ...]:
    """All chapters with their numbers; a chapter without data says what is missing."""
    makers = {
        "conclusions": conclusions,
        "assumed": appendix.assumed,
        "counties": counties,
        "when": when,
        "causes": causes,
        "days": days,
        "province": province,
        "grid": grid.grid,
        "storage": storage,
        "sensitivity": sensitivity,
        "checks": appendix.checks,
        "method": appendix.method,
        "reproduction": appendix.reproduction,
    }
    made = [Chapter(name, texts(f"chapter.{name}"), make(findings, texts)) for name, make in makers.items()]
    return tuple(_numbered(chapter, str(k), texts) for k, chapter in enumerate(made, start=1))


def _numbered(chapter: Chapter, number_of: str, texts: Texts) -> Chapter:
    """Number the chapter, its tables and its figures (表3-1, 图3-1)."""
    blocks: list[Block] = []
    count = {Table: 0, Figure: 0}
    for block in chapter.blocks:
        if isinstance(block, Table | Figure):
            count[type(block)] += 1
            key = "caption.table" if isinstance(block, Table) else "caption.figure"
            block = replace(block, number=texts(key, chapter=number_of, index=count[type(block)]))
        blocks.append(block)
    return replace(chapter, number=number_of, blocks=tuple(blocks))


def counties(findings: Findings, texts: Texts) -> tuple[Block, ...]:
    """County table, the rates as bars, the plants."""
    columns = [Col("plant"), *ENERGIES, Col(ALL, "rate", limit=limits_percent(findings)[0])]
    rows = ranked(findings, "curtailment_by_plant", "curtailed_gwh")
    by_plant = printed(findings, "curtailment_by_plant", columns, texts=texts, key="plant", frame=rows, top=20)
    open_ = lacking(findings, texts, "curtailment_by_county", ["county", ALL])
    if open_ is not None:
        return (open_, by_plant)
    place = lacking(findings, texts, "county", ["name"])
    by_county = _county_table(findings, texts, with_place=place is None)
    return (by_county, *(() if place is None else (place,)), *_county_figure(findings, texts), by_plant)


def _county_table(findings: Findings, texts: Texts, *, with_place: bool) -> Block:
    """What stands where, what it could and did generate, and whether the target is met."""
    target_percent, floor_percent = limits_percent(findings)
    rows = findings.tables["curtailment_by_county"].sort_values(ALL, ascending=False, na_position="last")
    rows["meets_target"] = (rows[ALL] <= target_percent).astype(object).where(rows[ALL].notna())
    total = _city_total(findings)
    place: tuple[Col, ...] = ()
    if with_place:
        county = findings.tables["county"]
        rows = rows.merge(county.rename(columns={"name": "county"}), on="county", how="left")
        place = tuple(Col(f"{c}_mw", "power") for c in ("peak", "wind", "solar_utility", "solar_distributed"))
        total |= {c.column: county[c.column].sum() for c in place if c.column in county.columns}
    rates = (Col(c, "rate", limit=target_percent) for c in RATES)
    columns = [Col("county", "county"), *place, *ENERGIES, *rates, Col("meets_target", "ok")]
    notes = (texts("note.county"), texts("note.target", target=f"{target_percent:g}", floor=f"{floor_percent:g}"))
    name = "curtailment_by_county"
    return printed(findings, name, columns, texts=texts, key="county", frame=rows, total=total, notes=notes)


def _county_figure(findings: Findings, texts: Texts) -> tuple[Block, ...]:
    target_percent, floor_percent = limits_percent(findings)
    table, names = findings.tables["curtailment_by_county"], Names(findings, texts)
    if table.empty:
        return ()
    draw = partial(county_rates, table, texts, names, target_percent=target_percent, floor_percent=floor_percent)
    return (Figure("county_rates", texts("figure.county_rates"), texts("alt.county_rates"), draw),)


def _city_total(findings: Findings) -> dict[str, Any]:
    """The city's figures under the names of the tables' columns."""
    carriers = findings.summary.get("carriers") or {}
    return dict(findings.summary) | {f"{carrier}_{ALL}": values.get(ALL) for carrier, values in carriers.items()}


def when(findings: Findings, texts: Texts) -> tuple[Block, ...]:
    """Month by hour, then the months."""
    name = "curtailment_month_hour"
    first: Block | None = lacking(findings, texts, name, ["month", "hour", "curtailed_gwh"])
    if first is None:
        draw = partial(month_hour, findings.tables[name], texts)
        first = Figure("month_hour", texts("figure.month_hour"), texts("alt.month_hour"), draw)
    target_percent, _ = limits_percent(findings)
    columns = [Col("month", "month"), *ENERGIES, *(Col(c, "rate", limit=target_percent) for c in RATES)]
    total = _city_total(findings)
    return (first, printed(findings, "curtailment_by_month", columns, texts=texts, key="month", total=total))


def causes(findings: Findings, texts: Texts) -> tuple[Block, ...]:
    """Curtailed energy by cause and by limiting element."""
    columns = [
        Col("cause", "word:cause"),
        Col("system_cause", "flag"),
        Col("curtailed_gwh", "energy_small"),
        Col("share_percent", "share"),
    ]
    rows = ranked(findings, "curtailment_by_cause", "curtailed_gwh")
    has_total = rows is not None and "curtailed_gwh" in rows.columns
    total = {"curtailed_gwh": rows["curtailed_gwh"].sum()} if rows is not None and has_total else None
    notes = (texts("note.causes"),)
    name = "curtailment_by_cause"
    blocks: list[Block] = []
    blocks.append(printed(findings, name, columns, texts=texts, key="cause", frame=rows, total=total, notes=notes))
    hourly, step_h = findings.hourly.get("curtailment"), step_of(findings)
    if hourly is None or step_h is None:
        blocks.append(missing(texts, "curtailment", folder="hourly", suffix="parquet"))
    elif hourly.empty:
        blocks.append(Paragraph(texts("missing.no_curtailment")))
    else:
        draw = partial(causes_by_month, hourly, step_h, texts)
        blocks.append(Figure("causes_by_month", texts("figure.causes_by_month"), texts("alt.causes_by_month"), draw))
    rows = ranked(findings, "curtailment_by_element", "curtailed_gwh")
    columns = [Col("element"), Col("outage"), Col("curtailed_gwh", "energy_small")]
    blocks.append(printed(findings, "curtailment_by_element", columns, texts=texts, key="element", frame=rows, top=15))
    return tuple(blocks)


def days(findings: Findings, texts: Texts) -> tuple[Block, ...]:
    """Four typical days, found by search."""
    city = city_of(findings)
    if city is None:
        return (missing(texts, "balance", folder="hourly", suffix="parquet"),)
    found = typical_days(area_balance(findings, city), area_balance(findings))
    if not found:
        return (Paragraph(texts("missing.days"), "missing"),)
    notes = (*(_rule(day, texts) for day in found), texts("note.balance"))
    draw = partial(draw_typical_days, found, texts)
    return (Figure("typical_days", texts("figure.typical_days"), texts("alt.typical_days"), draw, notes),)


def _rule(day: TypicalDay, texts: Texts) -> str:
    value = texts("sentence.power", value=number(day.worst_mw, "power"))
    return texts(
        f"rule.{day.name}", day=texts(f"day.{day.name}"), date=f"{day.date:%Y-%m-%d}", value=value, hour=day.hour
    )


def province(findings: Findings, texts: Texts) -> tuple[Block, ...]:
    """The rest of the province by month."""
    sources = ("load", "thermal", "hydro", "imports", "wind", "solar", "storage", "exchange", "curtailed")
    columns = [
        Col("month", "month"),
        *(Col(f"{c}_gwh", "energy", label=f"province_{c}") for c in sources),
        Col(ALL, "rate"),
    ]
    table = findings.tables.get("province")
    total: dict[str, Any] | None = None
    if table is not None:
        total = {c.column: table[c.column].sum() for c in columns[1:-1] if c.column in table.columns}
        total |= {ALL: findings.summary.get("province_curtailment_percent")}
    return (
        printed(findings, "province", columns, texts=texts, key="month", total=total, notes=(texts("note.province"),)),
    )


def storage(findings: Findings, texts: Texts) -> tuple[Block, ...]:
    """Pumped storage and batteries."""
    columns = [
        Col("storage"),
        Col("county", "county"),
        Col("charge_gwh", "energy"),
        Col("discharge_gwh", "energy"),
        Col("loss_gwh", "energy"),
        Col("cycles", "cycles"),
        Col("simultaneous_h", "hours"),
    ]
    return (printed(findings, "storage", columns, texts=texts, key="storage", notes=(texts("note.storage"),)),)


def sensitivity(findings: Findings, texts: Texts) -> tuple[Block, ...]:
    """What moves the rates, one change at a time."""
    table = findings.tables.get("sensitivity")
    if table is None:
        return (missing(texts, "sensitivity"), Paragraph(texts("missing.sensitivity")))
    target_percent, _ = limits_percent(findings)
    columns = [
        Col(c, "rate", label=c, limit=target_percent) if c.endswith("_percent") else Col(c, _kind(table[c]))
        for c in table.columns
    ]
    known = [c for c in columns if texts.has(f"column.{c.label or c.column}")]
    return (printed(findings, "sensitivity", known, texts=texts, key="case"),)


def _kind(column: pd.Series) -> str:
    if column.map(is_true).any() or column.dtype == bool:
        return "ok"
    return "value" if pd.api.types.is_numeric_dtype(column) else "word:case"

"""The tables of the simulated year with a fixed number: the totals, county by month, causes by county."""

from __future__ import annotations

import pandas as pd

from gridsim.report.catalogue import Texts
from gridsim.report.model import Block, Cell, Header, Paragraph, Table
from gridsim.report.numbers import KINDS
from gridsim.report.tables import Col, Names, lacking, number_cell, printed, records
from gridsim.store import Findings

ALL = "curtailment_percent"
MONTHS = range(1, 13)
#: columns of the table of causes -> causes of the ledger; any other is special
CAUSE_COLUMNS: dict[str, tuple[str, ...]] = {
    "provincial": ("provincial",),
    "section": ("section",),
    "thermal_limit": ("branch", "ac"),
    "n_1": ("n_1",),
    "outage": ("outage",),
}


def simulation_totals(findings: Findings, texts: Texts) -> Block:
    """Table 7-1: energies of the year by kind of plant."""
    table = findings.tables.get("simulation")
    columns = [
        Col("label", label="plant_type"), Col("installed_mw", "power", label="installed_total"),
        *(Col(f"{c}_gwh", "energy") for c in ("theoretical", "available", "used")),
        Col("curtailed_gwh", "energy_small"), Col(ALL, "rate"), Col("full_load_h", "hours"),
        Col("max_curtailed_mw", "power"), Col("max_curtailed_time", "time", label="worst_time"),
        Col("curtailed_h", "hours"),
    ]  # fmt: skip
    total = None
    if table is not None and "type" in table.columns:
        sums = records(table[table["type"] == "total"])
        total = sums[0] if sums else None
        table = table[table["type"] != "total"]
        inside = table["type"].astype(str).str.startswith("solar_")
        words = [texts.word("installed_type", t) for t in table["type"]]
        shown = [texts("sentence.of_which", name=w) if i else w for w, i in zip(words, inside)]
        order = (table["type"] != "wind").astype(int) + inside.astype(int)
        table = table.assign(label=shown).iloc[order.argsort(kind="stable")]
    notes = (texts("note.simulation"),)
    return printed(findings, "simulation", columns, texts=texts, key="type", frame=table, total=total, notes=notes)


def county_months(findings: Findings, texts: Texts) -> Block:
    """Table 7-2: the rate of every county in every month; the last column is the year, the last row the city."""
    open_ = lacking(findings, texts, "county_months", ["county", "month", ALL])
    if open_ is not None:
        return open_
    table, names = findings.tables["county_months"], Names(findings, texts)
    if table.empty:
        return Paragraph(texts("missing.empty", what=texts("table.county_months")))
    wide = table.pivot_table(index="county", columns="month", values=ALL, sort=False).reindex(columns=list(MONTHS))
    counties, months = (findings.tables.get(f"curtailment_by_{k}") for k in ("county", "month"))
    year = _column(counties, "county")
    percent = texts(KINDS["rate"].unit)
    head = [Header(texts("column.county"))]
    head += [Header(texts("axis.month_name", month=m), percent, True) for m in MONTHS]
    head.append(Header(texts("word.year"), percent, True))

    def cell(value: object, key: str) -> Cell:
        return number_cell(value, "rate", f"county_months/{key}")

    rows = tuple(
        (
            Cell(names.short(county)),
            *(cell(v, f"{county}/{m}") for m, v in zip(MONTHS, values)),
            cell(year.get(county), f"{county}/year"),
        )
        for county, values in zip(wide.index, wide.to_numpy())
    )
    by_month = _column(months, "month")
    total = (
        Cell(texts("word.whole_city")),
        *(cell(by_month.get(m), f"/{m}") for m in MONTHS),
        cell(findings.summary.get(ALL), "/year"),
    )
    notes = (texts("note.county_months"),)
    return Table(texts("table.county_months"), tuple(head), rows, total, notes, name="county_months")


def _column(table: pd.DataFrame | None, key: str) -> dict[object, object]:
    """Rates of a table by its key; empty without the table."""
    if table is None or not {key, ALL} <= set(table.columns):
        return {}
    return dict(zip(table[key], table[ALL]))


def cause_table(findings: Findings, texts: Texts) -> Block:
    """Table 7-3: curtailed energy of every county by cause; the last row is the city."""
    open_ = lacking(findings, texts, "causes_by_county", ["county", "cause", "curtailed_gwh"])
    if open_ is not None:
        return open_
    table, names = findings.tables["causes_by_county"], Names(findings, texts)
    group = {cause: column for column, causes in CAUSE_COLUMNS.items() for cause in causes}
    column = table["cause"].map(group).fillna("special")
    wide = table.assign(column=column).pivot_table(
        index="county", columns="column", values="curtailed_gwh", aggfunc="sum", fill_value=0.0
    )
    shown = [c for c in (*CAUSE_COLUMNS, "special") if c != "special" or c in wide.columns]
    wide = wide.reindex(columns=shown, fill_value=0.0)
    wide["total"] = wide.sum(axis=1)
    wide = wide.sort_values("total", ascending=False, kind="stable")
    unit = texts(KINDS["energy_small"].unit)
    head = [Header(texts("column.county"))]
    head += [Header(texts(f"column.cause_{c}"), unit, True) for c in (*shown, "total")]

    def row(first: str, values: pd.Series, key: str) -> tuple[Cell, ...]:
        return (Cell(first), *(number_cell(v, "energy_small", f"causes/{key}/{c}") for c, v in values.items()))

    rows = tuple(row(names.short(county), values, str(county)) for county, values in wide.iterrows())
    total = row(texts("word.whole_city"), wide.sum(), "")
    notes = (texts("note.cause_table"),)
    return Table(texts("table.causes"), tuple(head), rows, total, notes, name="causes")

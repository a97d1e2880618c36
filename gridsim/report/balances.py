"""Blocks of balances: typical days, power balance, peak regulation, energy, and must-run output that was cut."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import pandas as pd

from gridsim.report.catalogue import Texts
from gridsim.report.figures.balance import typical_days as draw_typical_days
from gridsim.report.hours import TypicalDay, area_balance, city_of, typical_days
from gridsim.report.model import Block, Cell, Figure, Header, Paragraph, Table
from gridsim.report.numbers import KINDS, absent, number
from gridsim.report.tables import Col, Names, lacking, missing, printed, records
from gridsim.store import Findings

#: the area that is all areas together
BOTH = "both"
#: large modes of operation (大方式): the evening peak of the season with the largest need
MODES = {"summer": (6, 7, 8, 9), "winter": (12, 1, 2)}
#: rows of table 6-1 that stand there also when they are zero
ALWAYS = ("surplus_mw", "auxiliary_mw")
#: how the capacity credit was taken -> what the report says about it
CREDIT_NOTES = {"assumed": "note.credit_assumed", "simulated": "note.credit_simulated"}
SOURCES = (
    "coal", "gas", "biomass", "hydro", "wind", "solar", "pumped_storage_generating", "battery_discharging",
)  # fmt: skip
#: items of the energy balance by month, as far as they are not all zero
ENERGY_ITEMS = (
    "load", "coal", "gas", "biomass", "hydro", "wind", "solar", "imports", "pumped_storage_generating",
    "battery_discharging", "pumped_storage_pumping", "battery_charging", "storage_loss", "exchange", "unserved",
    "must_run_cut", "curtailed_wind", "curtailed_solar", "spilled", "auxiliary",
)  # fmt: skip




def days(findings: Findings, texts: Texts) -> tuple[Block, ...]:
    """The typical days as a figure, with the rule that found each."""
    city = city_of(findings)
    if city is None:
        return (missing(texts, "balance", folder="hourly", suffix="parquet"),)
    found = typical_days(area_balance(findings, city), area_balance(findings))
    if not found:
        return (Paragraph(texts("missing.days"), "missing"),)
    gap = number(max(day.gap_mw for day in found), "power")
    notes = (*(_rule(day, texts) for day in found), texts("note.balance", gap=gap), texts("note.typical_scale"))
    draw = partial(draw_typical_days, found, texts)
    return (Figure("typical_days", texts("figure.typical_days"), texts("alt.typical_days"), draw, notes),)


def _rule(day: TypicalDay, texts: Texts) -> str:
    value = texts("sentence.power", value=number(day.worst_mw, "power"))
    return texts(
        f"rule.{day.name}", day=texts(f"day.{day.name}"), date=f"{day.date:%Y-%m-%d}", value=value, hour=day.hour
    )


# --- power ---------------------------------------------------------------------------------------------------


def _areas(table: pd.DataFrame) -> list[str]:
    """Areas of a sheet, all together last."""
    names = list(dict.fromkeys(table["area"].astype(str)))
    return [*(n for n in names if n != BOTH), *(n for n in names if n == BOTH)]


def power(findings: Findings, texts: Texts) -> Block:
    """Table 6-1: the evening peak of summer and winter, every area, item by item."""
    name = "balance_power"
    open_ = lacking(findings, texts, name, ["month", "moment", "time", "area", "need_mw"])
    if open_ is not None:
        return open_
    table, names = findings.tables[name], Names(findings, texts)
    areas = _areas(table)
    evening = table[table["moment"] == "evening_peak"]
    whole = evening[evening["area"] == areas[-1]] if areas else evening
    modes: dict[str, dict[str, Any]] = {}
    for mode, months in MODES.items():
        rows_of = records(whole[whole["month"].isin(months)].sort_values("need_mw", ascending=False))
        modes |= {mode: rows_of[0]} if rows_of else {}
    if not modes:
        return Paragraph(texts("missing.empty", what=texts(f"table.{name}")))
    columns = [(mode, area, int(row["month"])) for mode, row in modes.items() for area in areas]
    values = {
        (m, a): next(iter(records(evening[(evening["month"] == k) & (evening["area"] == a)])), {})
        for m, a, k in columns
    }
    head = [Header(texts("column.item"))]
    unit = texts(KINDS["power"].unit)
    for mode, area, _ in columns:
        head.append(Header(texts("column.mode_area", mode=texts(f"mode.{mode}"), area=names.area(area)), unit, True))
    rows = [
        (Cell(label), *(_power_cell(values[m, a], column, f"{name}/{k}-{a}/{column}") for m, a, k in columns))
        for column, label in _power_rows(texts)
        if column in ALWAYS or any(not absent(v.get(column)) and v[column] for v in values.values())
    ]
    times = [texts("sentence.prefix", name=texts(f"mode.{m}"), rest=str(r["time"])[:16]) for m, r in modes.items()]
    notes = (texts("note.balance_power", times=texts.list_of(times)), credit(findings, texts))
    return Table(texts(f"table.{name}"), tuple(head), tuple(rows), notes=notes)


def _power_cell(values: Mapping[str, Any], column: str, key: str) -> Cell:
    value = values.get(column)
    short = column == "surplus_mw" and not absent(value) and float(value or 0.0) < 0.0
    return Cell(number(value, "power"), key, "bad" if short else "", True)


def _power_rows(texts: Texts) -> list[tuple[str, str]]:
    """(column of the sheet, label) of every row of table 6-1."""

    def of(part: str) -> list[tuple[str, str]]:
        return [(f"{part}_{s}_mw", texts("sentence.of_which", name=texts.word("item", s))) for s in SOURCES]

    def row(item: str) -> tuple[str, str]:
        return (f"{item}_mw", texts.word("power_item", item))

    return [
        *(row(i) for i in ("load", "reserve", "need", "installed")),
        *of("installed"),
        *(row(i) for i in ("maintenance", "forced", "auxiliary", "constrained", "available")),
        *of("credited"),
        ("credited_imports_mw", texts("sentence.of_which", name=texts.word("power_item", "credited_imports"))),
        row("surplus"),
        row("import_limit"),
    ]


def credit(findings: Findings, texts: Texts) -> str:
    """How reserve and capacity credit were taken, from the options of the run."""
    options = ((findings.manifest.get("options") or {}).get("balance")) or {}
    if not options:
        return texts("note.credit_unknown")
    shown = {k: number(100.0 * v, "share") for k, v in options.items() if k.endswith("_pu")}
    credit = texts(CREDIT_NOTES[options["credit"]], guarantee=f"{options['guarantee_percent']:g}", **shown)
    reserve = texts(
        "note.reserve", load=f"{options['load_reserve_percent']:g}", accident=f"{options['accident_reserve_percent']:g}"
    )
    return reserve + credit


def power_by_month(findings: Findings, texts: Texts) -> Block:
    """Need, available and surplus at the evening peak of every month, city and all areas."""
    name = "balance_power"
    columns = ("need_mw", "available_mw", "surplus_mw")
    open_ = lacking(findings, texts, name, ["month", "moment", "area", *columns])
    if open_ is not None:
        return open_
    table, names = findings.tables[name], Names(findings, texts)
    table = table[table["moment"] == "evening_peak"]
    areas = _areas(table)
    if not areas:
        return Paragraph(texts("missing.empty", what=texts("table.balance_power_month")))
    unit = texts(KINDS["power"].unit)
    head = [Header(texts("column.month"), is_number=True)]
    for area in areas:
        for column in columns:
            item = texts.word("power_item", column.removesuffix("_mw"))
            head.append(Header(texts("column.area_item", area=names.area(area), item=item), unit, True))
    rows = []
    for month, part in table.groupby("month"):
        by_area = {str(r["area"]): r for r in records(part)}
        cells = [_power_cell(by_area.get(a, {}), c, f"{name}/{month}-{a}/{c}/month") for a in areas for c in columns]
        rows.append((Cell(f"{month}", is_number=True), *cells))
    notes = (texts("note.balance_power_month"),)
    return Table(texts("table.balance_power_month"), tuple(head), tuple(rows), notes=notes)


# --- peak regulation -----------------------------------------------------------------------------------------


def regulation(findings: Findings, texts: Texts) -> Block:
    """Table 6-2: noon and valley of every month, all areas together."""
    name = "balance_regulation"
    open_ = lacking(findings, texts, name, ["month", "moment", "time", "area"])
    if open_ is not None:
        return open_
    table = findings.tables[name]
    areas = _areas(table)
    rows = table[table["area"] == areas[-1]] if areas else table
    rows = rows.assign(row=rows["month"].astype(str) + "-" + rows["moment"].astype(str))
    items = ("load", "wind_solar", "thermal_min", "hydro_forced", "imports", "pumping", "charging", "export")
    last = ("margin", "curtailed", "margin_possible")
    columns = [
        Col("month", "month"),
        Col("moment", "word:moment"),
        Col("time", "time"),
        *(Col(f"{i}_mw", "power", label=f"regulation_{i}") for i in (*items, *last)),
    ]
    notes = (texts("note.balance_regulation"),)
    return printed(findings, name, columns, texts=texts, key="row", frame=rows, notes=notes)


# --- energy --------------------------------------------------------------------------------------------------


def energies(findings: Findings, texts: Texts) -> Block:
    """Energy, highest power and utilisation of every item over the year, areas side by side."""
    open_ = lacking(findings, texts, "balance", ["area", "item", "energy_gwh", "max_mw"])
    if open_ is not None:
        return open_
    table, names = findings.tables["balance"], Names(findings, texts)
    hours: dict[tuple[str, str], float] = {}
    if {"kind", "month", "utilisation_h"} <= set(table.columns):
        energy = table[table["kind"] == "energy"]
        monthly = energy[energy["utilisation_h"].notna()]
        for area, item, value in zip(monthly["area"], monthly["item"], monthly["utilisation_h"]):
            hours[str(area), str(item)] = hours.get((str(area), str(item)), 0.0) + float(value)
        table = energy[pd.to_numeric(energy["month"], errors="coerce").isna()]
    areas = list(dict.fromkeys(table["area"].astype(str)))
    kinds = (("energy_gwh", "energy"), ("max_mw", "power"), ("utilisation_h", "hours"))
    columns = [(area, *kind) for area in areas for kind in kinds]
    wide = table.pivot_table(index="item", columns="area", values=["energy_gwh", "max_mw"], sort=False)
    head = [Header(texts("column.item"))]
    head += [Header(texts(f"column.{c}", area=names.area(a)), texts(KINDS[kind].unit), True) for a, c, kind in columns]
    rows = []
    for item, values in wide.iterrows():
        if values.abs().max() > 0:
            given = [hours.get((a, str(item))) if c == "utilisation_h" else values[c, a] for a, c, _ in columns]
            shown = ((number(value, kind), f"balance/{a}/{item}/{c}") for value, (a, c, kind) in zip(given, columns))
            rows.append((Cell(texts.word("item", item)), *(Cell(t, key, is_number=True) for t, key in shown)))
    return Table(texts("table.balance_year"), tuple(head), tuple(rows), notes=(texts("note.balance_year"),))


def energy_by_month(findings: Findings, texts: Texts) -> Block:
    """Energy of every item by month, all areas together, with the year's sum."""
    name = "balance_energy"
    open_ = lacking(findings, texts, name, ["month", "area"])
    if open_ is not None:
        return open_
    table = findings.tables[name]
    areas = _areas(table)
    table = table[table["area"] == areas[-1]] if areas else table
    items = [i for i in ENERGY_ITEMS if f"{i}_gwh" in table.columns and table[f"{i}_gwh"].abs().max() > 1e-3]
    if table.empty or not items:
        return Paragraph(texts("missing.empty", what=texts(f"table.{name}")))
    months = list(table["month"])
    head = [Header(texts("column.item"))]
    head += [Header(texts("axis.month_name", month=m), is_number=True) for m in months]
    head += [Header(texts("word.year"), is_number=True)]
    rows = []
    for item in items:
        values = table[f"{item}_gwh"]
        cells = [Cell(number(v, "energy"), f"{name}/{m}/{item}", is_number=True) for m, v in zip(months, values)]
        year = Cell(number(values.sum(), "energy"), f"{name}//{item}", is_number=True)
        rows.append((Cell(texts.word("item", item)), *cells, year))
    caption = texts(f"table.{name}_in", unit=texts(KINDS["energy"].unit), area=Names(findings, texts).area(areas[-1]))
    return Table(caption, tuple(head), tuple(rows), notes=(texts("note.balance_energy"),))


def must_run_cut(findings: Findings, texts: Texts) -> Block:
    """Must-run output that was cut."""
    columns = [
        Col("unit", label="cut_unit"),
        Col("area", "county"),
        Col("county", "county"),
        Col("energy_gwh", "energy_fine", label="cut_energy"),
        Col("max_mw", "power", label="cut_max"),
        Col("hours", "hours", label="cut_hours"),
        Col("worst_time", "time"),
    ]
    notes = (texts("note.must_run_cut"),)
    return printed(findings, "must_run_cut", columns, texts=texts, key="unit", top=15, notes=notes)

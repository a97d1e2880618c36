"""Blocks on the network: map, AC power flow, violations, overloads, voltages."""

from __future__ import annotations

from functools import partial

import pandas as pd

from gridsim.report.catalogue import Texts
from gridsim.report.figures.one_line_map import core_map, core_of, one_line_map
from gridsim.report.model import Block, Cell, Figure, Header, Paragraph, Table
from gridsim.report.numbers import number
from gridsim.report.tables import YEAR, Col, Names, is_true, lacking, plain, printed, ranked
from gridsim.store import Findings
from gridsim.units import energy_mwh, step_hours

TOP = 20
#: columns that the map cannot do without
STATION = ("station", "vn_kv", "lat_deg", "lon_deg")
BRANCH = ("element", "vn_kv", "from_station", "to_station", "max_loading_percent", "is_equivalent")
LOADING = ("element", "vn_kv", "max_loading_percent", "hours_over_80", "hours_over_100")
VOLTAGE = ("vn_kv", "min_vm_pu", "max_vm_pu", "band_min_pu", "band_max_pu", "hours_outside")


def grid_map(findings: Findings, texts: Texts) -> tuple[Block, ...]:
    """The geographic one-line diagram, and its densest part enlarged."""
    needed = {"map_station": STATION, "map_branch": BRANCH}
    open_ = [lacking(findings, texts, name, columns) for name, columns in needed.items()]
    if any(open_):
        return (next(o for o in open_ if o),)
    stations, branches = findings.tables["map_station"], findings.tables["map_branch"]
    if stations.empty:
        return (Paragraph(texts("missing.empty", what=texts("table.map_station")), "missing"),)
    county = findings.tables.get("county")
    placed, names = county is not None and {"name", "lat_deg", "lon_deg"} <= set(county.columns), Names(findings, texts)
    notes = (texts("note.map"), texts("note.map_standard"))
    whole = partial(one_line_map, stations, branches, county if placed else None, texts, names)
    first = Figure("one_line_map", texts("figure.one_line_map"), texts("alt.one_line_map"), whole, notes)
    core = core_of(stations)
    if core is None:
        return (first,)
    draw = partial(core_map, stations, branches, core, texts, names)
    return (first, Figure("core_map", texts("figure.core_map"), texts("alt.core_map"), draw))


def ac(findings: Findings, texts: Texts) -> Block:
    """How many steps of the AC power flow converged, and their extremes, in one paragraph."""
    open_ = lacking(findings, texts, "ac", ["converged"])
    if open_ is not None:
        return open_
    table = findings.tables["ac"]
    converged = table["converged"].map(is_true)
    good = table[converged]

    def extreme(column: str, kind: str, *, lowest: bool = False) -> str:
        values = good[column].dropna() if column in good.columns else pd.Series(dtype=float)
        return number((values.min() if lowest else values.max()) if len(values) else None, kind)

    return Paragraph(
        texts(
            "grid.ac_several" if YEAR in table.columns else "grid.ac",
            steps=len(table),
            converged=int(converged.sum()),
            failed=int((~converged).sum()),
            loading=extreme("max_loading_percent", "loading"),
            low=extreme("min_vm_pu", "voltage", lowest=True),
            high=extreme("max_vm_pu", "voltage"),
            losses=extreme("losses_mw", "power_mw"),
            losses_year=number(_losses_gwh(table, converged), "energy"),
        )
    )


def _losses_gwh(table: pd.DataFrame, converged: pd.Series) -> float | None:
    """Energy lost in the converged steps, mean of the weather years; None if the table does not say. [GWh]"""
    if not {"time", "losses_mw"} <= set(table.columns) or len(table) < 2:
        return None
    step_h = step_hours(pd.DatetimeIndex(table["time"].iloc[:2]))
    years = table[YEAR].nunique() if YEAR in table.columns else 1
    return float(energy_mwh(table.loc[converged, "losses_mw"].sum(), step_h)) / 1e3 / years


def violations_by_level(findings: Findings, texts: Texts) -> Block:
    """How many elements are heavy or overloaded and how many buses too high or too low, by voltage level."""
    for name, columns in (("overload", LOADING), ("voltage", VOLTAGE)):
        open_ = lacking(findings, texts, name, columns)
        if open_ is not None:
            return open_
    loading, voltage = findings.tables["overload"], findings.tables["voltage"]
    outside = voltage[voltage["hours_outside"] > 0]
    kinds = {
        "over": loading[loading["hours_over_100"] > 0],
        "heavy": loading[(loading["hours_over_80"] > 0) & ~(loading["hours_over_100"] > 0)],
        "high": outside[outside["max_vm_pu"] > outside["band_max_pu"]],
        "low": outside[outside["min_vm_pu"] < outside["band_min_pu"]],
    }
    levels = sorted({*loading["vn_kv"].dropna(), *voltage["vn_kv"].dropna()}, reverse=True)
    head = [Header(texts("column.violation"))]
    head += [Header(f"{number(kv, 'level')} kV", is_number=True) for kv in levels]
    head += [Header(texts("word.total"), is_number=True)]
    rows = tuple(
        (
            Cell(texts(f"violation.{kind}")),
            *(
                Cell(number(int((table["vn_kv"] == kv).sum()), "count"), f"violations/{kind}/{kv:g}", is_number=True)
                for kv in levels
            ),
            Cell(number(len(table), "count"), f"violations/{kind}/all", is_number=True),
        )
        for kind, table in kinds.items()
    )
    return Table(texts("table.violations"), tuple(head), rows, notes=(texts("note.violations"),))


def overload(findings: Findings, texts: Texts, name: str) -> Block:
    """Elements above 80 %, the highest loading first, and how many there are."""
    columns = [
        Col("element"),
        Col("element_type", "word:element_type"),
        Col("county", "county"),
        Col("vn_kv", "level"),
        Col("direction", "word:direction"),
        Col("max_loading_percent", "loading", limit=100.0),
        Col("worst_time", "time"),
        Col("hours_over_80", "hours"),
        Col("hours_over_100", "hours", limit=0.0),
        Col("longest_run_h", "hours"),
    ]
    rows = ranked(findings, name, "max_loading_percent")
    after = findings.tables.get("n1")
    known = after is not None and {"element", "max_loading_percent"} <= set(after.columns)
    if name == "overload" and after is not None and known and rows is not None and "element" in rows.columns:
        worst = after.groupby("element")["max_loading_percent"].max()
        rows = rows.assign(n1_percent=rows["element"].map(worst))
        columns.append(Col("n1_percent", "loading", limit=100.0))
    columns.append(Col("unavoidable", "flag"))
    notes = [texts(f"note.{name}")]
    if rows is not None and {"element", "max_loading_percent", "hours_over_80", "hours_over_100"} <= set(rows.columns):
        heavy, every = rows[rows["hours_over_80"] > 0], rows
        if heavy.empty and len(every):
            first = every.iloc[0]
            highest = number(first["max_loading_percent"], "loading")
            what = texts(f"table.{name}")
            return Paragraph(texts("grid.none_heavy", what=what, element=plain(first["element"]), loading=highest))
        count = {"heavy": len(heavy), "over": int((heavy["hours_over_100"] > 0).sum()), "all": len(every)}
        notes.insert(0, texts("note.heavy", **count, file=f"tables/{name}.csv"))
        rows = heavy
    return printed(findings, name, columns, texts=texts, key="element", frame=rows, top=TOP, notes=notes)


def after_outage(findings: Findings, texts: Texts) -> Block:
    """N-1 on the DC flows of all hours, the highest loading first."""
    columns = [
        Col("element"),
        Col("outage"),
        Col("element_type", "word:element_type"),
        Col("county", "county"),
        Col("vn_kv", "level"),
        Col("max_loading_percent", "loading", limit=100.0),
        Col("worst_time", "time"),
        Col("hours_over_100", "hours", limit=0.0),
        Col("hours_unavoidable", "hours"),
    ]
    notes = (texts("note.n1_dc"),)
    rows = ranked(findings, "n1_dc", "max_loading_percent")
    if rows is not None and "element" in rows:
        rows = rows.drop_duplicates("element")  # one row for the windings of a transformer
    return printed(findings, "n1_dc", columns, texts=texts, key="element", frame=rows, top=TOP, notes=notes)


def tightened(findings: Findings, texts: Texts) -> Block:
    """Branches whose limit the AC power flow tightened."""
    columns = [
        Col("element"),
        Col("element_type", "word:element_type"),
        Col("outage"),
        Col("hours", "hours"),
        Col("max_tightening_mw", "power_mw"),
        Col("worst_time", "time"),
        Col("remaining_hours", "hours", limit=0.0),
        Col("max_remaining_percent", "loading"),
        Col("ac_reason", "word:ac_reason"),
    ]
    notes = (texts("note.ac_tightened"),)
    return printed(findings, "ac_tightened", columns, texts=texts, key="element", top=TOP, notes=notes)


def unavoidable(findings: Findings, texts: Texts) -> Block:
    """Limits that no dispatch can meet."""
    columns = [
        Col("element"),
        Col("outage"),
        Col("element_type", "word:element_type"),
        Col("county", "county"),
        Col("steps", "count"),
        Col("worst_excess_mw", "power_mw"),
        Col("worst_time", "time"),
        Col("load_driven", "flag"),
    ]
    notes = (texts("note.unavoidable"),)
    return printed(findings, "unavoidable", columns, texts=texts, key="element", top=TOP, notes=notes)


def voltage(findings: Findings, texts: Texts) -> Block:
    """Buses outside their band, longest first, in kV and p.u."""
    table = ranked(findings, "voltage", "hours_outside")
    limits = ("min_vm", "max_vm", "band_min", "band_max")
    if table is not None and {"vn_kv", "hours_outside", *(f"{c}_pu" for c in limits)} <= set(table.columns):
        every, table = table, table[table["hours_outside"] > 0]
        if table.empty and len(every):
            return Paragraph(texts("grid.voltages_inside", all=len(every)))
        table = table.assign(**{f"{c}_kv": table[f"{c}_pu"] * table["vn_kv"] for c in limits})
    columns = [
        Col("bus"),
        Col("county", "county"),
        Col("vn_kv", "level"),
        Col("min_vm_kv", "kilovolt"),
        Col("max_vm_kv", "kilovolt"),
        Col("band_min_kv", "kilovolt"),
        Col("band_max_kv", "kilovolt"),
        Col("min_vm_pu", "voltage"),
        Col("max_vm_pu", "voltage"),
        Col("worst_time", "time"),
        Col("hours_outside", "hours", limit=0.0),
    ]
    notes = (texts("note.voltage"),)
    return printed(findings, "voltage", columns, texts=texts, key="bus", frame=table, top=TOP, notes=notes)

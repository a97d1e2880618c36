"""What stands where, as tables: transformers, lines, plants, units, stores, demand, sources."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from gridsim.report.catalogue import Texts
from gridsim.report.model import Block, Cell, Header, Paragraph, Table
from gridsim.report.numbers import KINDS, number
from gridsim.report.tables import Col, Names, is_true, lacking, number_cell, printed, records
from gridsim.store import Findings

#: levels from which stations and lines stand in the text; those below stand in the appendix [kV]
MAIN_KV = 200.0
#: rows from which a table is folded away
OPEN_ROWS = 40
#: kinds of plants in the order in which they are listed
THERMAL = ("coal", "gas", "cogeneration", "biomass", "waste")
SOLAR = ("solar_utility", "solar_distributed")
TYPES = (*THERMAL, "hydro", "wind", *SOLAR, "pumped_storage", "battery")
#: columns of the table of counties -> kinds of plants that they add up
BY_COUNTY: dict[str, tuple[str, ...]] = {"thermal": THERMAL, **{t: (t,) for t in TYPES if t not in THERMAL}}


def level_rows(table: pd.DataFrame | None, *, main: bool) -> pd.DataFrame | None:
    """Rows of the main levels, or of those below; all rows are main where no level is above :data:`MAIN_KV`."""
    if table is None or "vn_kv" not in table.columns or not (table["vn_kv"] > MAIN_KV).any():
        return table if main or table is None else table.head(0)
    return table[(table["vn_kv"] > MAIN_KV) == main]


def transformers(findings: Findings, texts: Texts, *, main: bool) -> Block:
    """The ledger of transformers, station by station."""
    columns = [
        Col("station"), Col("county", "county"), Col("vn_kv", "level"), Col("rating"),
        Col("max_loading_percent", "loading", limit=100.0), Col("max_reverse_percent", "loading", limit=80.0),
        Col("capacity_load_ratio", "value"),
    ]  # fmt: skip
    rows = level_rows(findings.tables.get("transformers"), main=main)
    if rows is not None and {"station", "vn_kv"} <= set(rows.columns):
        rows = rows.assign(row=rows["station"].astype(str) + "/" + rows["vn_kv"].map("{:g}".format))
    notes = [texts("note.transformers"), texts("note.planning_data")]
    if main and rows is not None and len(rows) < len(findings.tables["transformers"]):
        notes.insert(1, texts("note.lower_levels"))
    folded = rows is not None and len(rows) > OPEN_ROWS
    return printed(
        findings, "transformers", columns, texts=texts, key="row", frame=rows, notes=notes, folded=folded
    )  # fmt: skip


def lines(findings: Findings, texts: Texts, *, main: bool) -> Block:
    """The ledger of lines."""
    columns = [
        Col("element", label="line"), Col("from_station"), Col("to_station"), Col("vn_kv", "level"), Col("std_type"),
        Col("length_km", "kilometre"), Col("limit_summer_mw", "whole_mw"), Col("limit_winter_mw", "whole_mw"),
        Col("max_loading_percent", "loading", limit=100.0),
    ]  # fmt: skip
    rows = level_rows(findings.tables.get("lines"), main=main)
    notes = [texts("note.lines")]
    if rows is not None and "in_service" in rows.columns:
        open_ = ~rows["in_service"].map(is_true)
        if open_.any():
            notes.append(texts("note.lines_open", count=int(open_.sum())))
        if main and len(rows) < len(findings.tables["lines"]):
            notes.append(texts("note.lower_levels"))
    folded = rows is not None and len(rows) > OPEN_ROWS
    return printed(
        findings, "lines", columns, texts=texts, key="element", frame=rows, notes=notes, folded=folded
    )  # fmt: skip


def additions(findings: Findings, texts: Texts) -> Block:
    """Equipment with a first year in service."""
    columns = [
        Col("in_service_from", "count"), Col("element_type", "word:element_type"), Col("vn_kv", "level"),
        Col("elements", "count"), Col("length_km", "kilometre"), Col("sn_mva", "power_mva", label="rating_sum"),
    ]  # fmt: skip
    table = findings.tables.get("grid_additions")
    if table is not None and "in_service_from" in table.columns:
        table = table[table["in_service_from"] > present_year(findings)].reset_index(drop=True)
        if table.empty:
            return Paragraph(texts("ledger.no_additions"))
    notes = (texts("note.grid_additions"),)
    return printed(findings, "grid_additions", columns, texts=texts, key="index", frame=table, notes=notes)


# --- plants --------------------------------------------------------------------------------------------------


def horizons(findings: Findings) -> list[tuple[int, str, str]]:
    """(year, scenario, scope) of the table of installed capacity, by year; unreadable scenarios left out."""
    table = findings.tables["installed"]
    keys = table.loc[table["scope"] != "unreadable", ["year", "scenario", "scope"]].drop_duplicates()
    return [(int(y), str(s), str(scope)) for y, s, scope in keys.itertuples(index=False, name=None)]


def present_year(findings: Findings) -> int:
    """Year of the earliest scenario if it is before that of the run, else 0."""
    table = findings.tables.get("installed")
    if table is None or not {"year", "scenario", "scope"} <= set(table.columns):
        return 0
    first = min((year for year, _, _ in horizons(findings)), default=0)
    return first if first < int(findings.summary.get("year") or 0) else 0


def _lacks_installed(findings: Findings, texts: Texts) -> Paragraph | None:
    """The sentence in the place of the table of capacities, if it is missing, cut or empty."""
    open_ = lacking(findings, texts, "installed", ["scenario", "year", "scope", "county", "type", "installed_mw"])
    if open_ is not None or horizons(findings):
        return open_
    return Paragraph(texts("missing.empty", what=texts("table.installed")))


def installed(findings: Findings, texts: Texts) -> Block:
    """Capacity by kind, a column per year, and what of it is distributed."""
    open_ = _lacks_installed(findings, texts)
    if open_ is not None:
        return open_
    table, found = findings.tables["installed"], horizons(findings)
    sums = {
        key: table[_of(table, key)].groupby("type")["installed_mw"].sum() for key in found
    }
    unit = texts(KINDS["power"].unit)
    heads = [texts("column.year_known" if k[2] == "known" else "column.year_of", year=k[0]) for k in found]
    twice = {h for h in heads if heads.count(h) > 1}
    heads = [texts("sentence.prefix", name=h, rest=k[1]) if h in twice else h for h, k in zip(heads, found)]
    last = _own(findings, found)
    head = [Header(texts("column.plant_type"))]
    head += [Header(h, unit, True) for h in heads]
    head += [Header(texts("column.distributed_of", year=last[0]), unit, True)]
    rows = []
    for label, types in _rows(texts):
        values = [sums[key].reindex(types).sum(min_count=1) for key in found]
        if pd.Series(values).notna().any():
            own = sums[last].reindex([t for t in types if t == "solar_distributed"]).sum()
            rows.append(_installed_row(label, [0.0 if pd.isna(v) else v for v in values], own, found, types[0]))
    total = _installed_row(
        texts("word.total"), [sums[key].sum() for key in found],
        sums[last].reindex(["solar_distributed"]).sum(), found, "",
    )  # fmt: skip
    notes = [texts("note.installed")]
    notes += [texts("note.installed_known", year=key[0]) for key in found if key[2] == "known"]
    lost = table.loc[table["scope"] == "unreadable", "scenario"].astype(str)
    notes += [texts("note.installed_lost", names=texts.list_of(list(lost)))] if len(lost) else []
    return Table(texts("table.installed"), tuple(head), tuple(rows), total, tuple(notes), name="installed")


def _of(table: pd.DataFrame, key: tuple[int, str, str]) -> pd.Series:
    return (table["year"] == key[0]) & (table["scenario"] == key[1]) & (table["scope"] == key[2])


def _own(findings: Findings, found: Sequence[tuple[int, str, str]]) -> tuple[int, str, str]:
    """The run's own scenario among the horizons, else the last."""
    mine = [k for k in found if k[1] == str(findings.summary.get("scenario", "")) and k[2] == "scenario"]
    return mine[0] if mine else found[-1]


def _rows(texts: Texts) -> list[tuple[str, list[str]]]:
    """Label and kinds of plants of every row; solar with its two parts."""
    out: list[tuple[str, list[str]]] = []
    for kind in TYPES:
        if kind == SOLAR[0]:
            out.append((texts.word("item", "solar"), list(SOLAR)))
        inside = kind in SOLAR
        label = texts.word("installed_type", kind)
        out.append((texts("sentence.of_which", name=label) if inside else label, [kind]))
    return out


def _installed_row(
    label: str, values: Sequence[float], distributed: float, found: Sequence[tuple[int, str, str]], kind: str
) -> tuple[Cell, ...]:
    part = "solar" if kind == SOLAR[0] and not label.startswith("　") else kind
    keys = [f"installed/{part or 'total'}/{year}-{scenario}" for year, scenario, _ in found]
    cells = [number_cell(v, "power", key) for v, key in zip(values, keys)]
    return (Cell(label), *cells, number_cell(distributed, "power", f"installed/{part or 'total'}/distributed"))


def installed_by_county(findings: Findings, texts: Texts) -> Block:
    """Capacity of every county in the run's own year."""
    open_ = _lacks_installed(findings, texts)
    if open_ is not None:
        return open_
    table, found = findings.tables["installed"], horizons(findings)
    own = _own(findings, found)
    wide = table[_of(table, own)].pivot_table(index="county", columns="type", values="installed_mw", aggfunc="sum")
    columns = {c: wide.reindex(columns=list(t)).sum(axis=1) for c, t in BY_COUNTY.items()}
    frame = pd.DataFrame(columns, index=wide.index).reset_index()
    shown = [c for c in BY_COUNTY if frame[c].sum() > 0]
    frame["total"] = frame[shown].sum(axis=1)
    cols = [Col("county", "county"), *(Col(c, "power", label=f"installed_{c}") for c in (*shown, "total"))]
    total = {c: frame[c].sum() for c in (*shown, "total")}
    notes = (texts("note.installed_by_county", year=own[0]),)
    name = "installed_by_county"
    return printed(findings, name, cols, texts=texts, key="county", frame=frame, total=total, notes=notes)


def units(findings: Findings, texts: Texts) -> Block:
    """Thermal units: least output, heating season, how they are started."""
    table = findings.tables.get("units")
    columns = [
        Col("plant", label="power_plant"), Col("place", "county", label="county"),
        Col("carrier", "word:installed_type"), Col("rating", label="units_rating"),
        Col("min_output_percent", "loading"), Col("heating_min_percent", "loading"),
        Col("commitment", "word:commitment"),
    ]  # fmt: skip
    if table is not None and {"units", "unit_mw", "county", "area"} <= set(table.columns):
        place = table["county"].astype(object).where(table["county"].fillna("").astype(str) != "", table["area"])
        rating = [f"{int(n)}×{number(mw, 'whole_mw')}" for n, mw in zip(table["units"], table["unit_mw"])]
        table = table.assign(place=place, rating=rating)
    notes = (texts("note.units"), texts("note.planning_data"))
    return printed(findings, "units", columns, texts=texts, key="plant", frame=table, notes=notes)


def stores(findings: Findings, texts: Texts) -> Block:
    """Pumped storage and batteries."""
    table = findings.tables.get("stores")
    columns = [
        Col("storage"), Col("device", "word:table"), Col("place", "county", label="county"),
        Col("max_p_mw", "power", label="store_power"), Col("energy_mwh", "store"), Col("duration_h", "duration"),
        Col("round_trip_percent", "loading"), Col("since", label="in_service_from"),
    ]  # fmt: skip
    if table is not None and {"county", "area"} <= set(table.columns):
        place = table["county"].astype(object).where(table["county"].fillna("").astype(str) != "", table["area"])
        since = table["in_service_from"] if "in_service_from" in table.columns else pd.Series(0, index=table.index)
        table = table.assign(place=place, since=[str(y) if y > 0 else texts("word.in_service") for y in since])
    notes = (texts("note.stores"),)
    return printed(findings, "stores", columns, texts=texts, key="storage", frame=table, notes=notes)


def boundary(findings: Findings, texts: Texts) -> Block:
    """Sections, imports, demand and capacity outside the city."""
    table = findings.tables.get("boundary")
    columns = [
        Col("kind", "word:boundary_kind", label="boundary_kind"), Col("name", "county", label="boundary_name"),
        Col("max_mw", "power", label="boundary_max"), Col("min_mw", "power", label="boundary_min"),
        Col("energy_gwh", "energy", label="boundary_energy"),
    ]  # fmt: skip
    if table is not None and {"kind", "name"} <= set(table.columns):
        fleet = table["kind"] == "installed"
        shown = table["name"].where(~fleet, [texts.word("installed_type", n) for n in table["name"]])
        table = table.assign(name=shown, row=table["kind"].astype(str) + "-" + table["name"].astype(str))
    notes = (texts("note.boundary"),)
    return printed(findings, "boundary", columns, texts=texts, key="row", frame=table, notes=notes)


# --- demand and sources --------------------------------------------------------------------------------------


def demand(findings: Findings, texts: Texts) -> Block:
    """Highest and lowest demand, energy, growth and load factor of the counties; the city last."""
    table = findings.tables.get("demand_by_county")
    columns = [
        Col("county", "county"), Col("max_mw", "power", label="demand_max"),
        Col("min_mw", "power", label="demand_min"), Col("energy_gwh", "energy", label="demand_energy"),
        Col("growth_percent", "rate"), Col("load_factor_percent", "share"), Col("peak_valley_mw", "power"),
    ]  # fmt: skip
    total: dict[str, Any] | None = None
    if table is not None and "county" in table.columns:
        city = table["county"].fillna("").astype(str) == ""
        total = next(iter(records(table[city])), {})
        table = table[~city]
    notes = (texts("note.demand_by_county"), texts("note.planning_data"))
    return printed(
        findings, "demand_by_county", columns, texts=texts, key="county", frame=table, total=total, notes=notes
    )  # fmt: skip


def demand_in_words(findings: Findings, texts: Texts) -> tuple[Block, ...]:
    """The city's demand in one paragraph, and what is counted as demand."""
    said = Paragraph(texts("ledger.demand_counts"), "note")
    open_ = lacking(findings, texts, "demand_by_county", ["county", "max_mw", "min_mw", "energy_gwh"])
    if open_ is not None:
        return (open_, said)
    table = findings.tables["demand_by_county"]
    city = next(iter(records(table[table["county"].fillna("").astype(str) == ""])), None)
    if city is None:
        return (Paragraph(texts("missing.empty", what=texts("table.demand_by_county"))), said)
    values = {
        "area": Names(findings, texts).city,
        "year": findings.summary.get("year", ""),
        "max": number(city["max_mw"], "power"),
        "time": str(city.get("max_time", ""))[:16],
        "min": number(city["min_mw"], "power"),
        "energy": number(city["energy_gwh"], "energy"),
        "factor": number(city.get("load_factor_percent"), "share"),
        "valley": number(city.get("peak_valley_mw"), "power"),
    }
    return (Paragraph(texts("ledger.demand", **values)), said)


def sources(findings: Findings, texts: Texts) -> Block:
    """Works that values come from, with publisher, title and date; copies are marked."""
    table = findings.tables.get("sources")
    columns = [
        Col("publisher"), Col("title", label="source_title"), Col("date", "time", label="source_date"),
        Col("seen", label="source_seen"), Col("status", label="source_status"), Col("entries", "count"),
    ]  # fmt: skip
    if table is not None and {"second_hand", "status"} <= set(table.columns):
        seen = [texts("word.second_hand") if is_true(v) else texts("word.original") for v in table["second_hand"]]
        status = [texts.list_of([texts.word("value_status", s) for s in str(v).split()]) for v in table["status"]]
        named = table["publisher"].fillna("").astype(str) if "publisher" in table.columns else table["status"]
        table = table.assign(seen=seen, status=status).iloc[(named == "").argsort(kind="stable")]
        table = table.reset_index(drop=True)
    notes = (texts("note.sources"),)
    folded = table is not None and len(table) > OPEN_ROWS
    return printed(
        findings, "sources", columns, texts=texts, key="index", frame=table, notes=notes, folded=folded
    )  # fmt: skip

"""The short report of one county: the tables of a run without the rows of the others, in chapters of its own."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import pandas as pd

from gridsim.errors import InvalidInput, Problem
from gridsim.report import grid, numbers, security
from gridsim.report.assumptions import statements
from gridsim.report.catalogue import Texts
from gridsim.report.chapters.outline import numbered
from gridsim.report.conclusions import ALL, LOCAL, PROVINCIAL, SYSTEM, area_name, limits_percent
from gridsim.report.counties import plants
from gridsim.report.figures.county_months import county_months
from gridsim.report.hosting.both_levels import both_levels, counties_of
from gridsim.report.hosting.equipment_level import equipment_level
from gridsim.report.hosting.system_level import system_level
from gridsim.report.marginal import COUNTY as MARGINAL
from gridsim.report.measures import label
from gridsim.report.model import Block, Cell, Chapter, Figure, Paragraph, Table, Tile, Tiles
from gridsim.report.tables import Col, Names, cell, headers, is_true, missing, printed, ranked, records
from gridsim.report.years import with_hours_of_the_worst_year
from gridsim.store import Findings
from gridsim.units import energy_mwh, step_hours

MONTHS = "months_of_county"
ENERGIES = (Col("available_gwh", "energy"), Col("used_gwh", "energy"), Col("curtailed_gwh", "energy_small"))
#: tables without a county whose rows are those of the elements and plants of a county
_BY_ELEMENT = {"curtailment_by_element": "element", "marginal_limit": "element", "measures": "element"}


def findings_of_county(findings: Findings, county: str) -> Findings:
    """Findings with only the rows of one county, its months from the hourly frames, and the name in the summary.

    Raises
    ------
    InvalidInput
        The county is not in the results.
    """
    table = findings.tables.get("curtailment_by_county")
    known = [] if table is None or "county" not in table.columns else list(table["county"].astype(str))
    if county not in known:
        close = difflib.get_close_matches(county, known, n=1)
        fix = f"Did you mean {close[0]}?" if close else f"Choose one of: {', '.join(known) or 'none'}."
        raise InvalidInput([Problem("--county", f"no county {county!r} in the results", fix)])
    findings = with_hours_of_the_worst_year(findings)
    tables = {n: t[t["county"].astype(str) == county].reset_index(drop=True) for n, t in _of_counties(findings).items()}
    if (places := findings.tables.get("county")) is not None and "name" in places.columns:
        tables["county"] = places[places["name"].astype(str) == county].reset_index(drop=True)
    causes = tables.get("causes_by_county")
    named = set() if causes is None or "element" not in causes.columns else set(causes["element"].astype(str)) - {""}
    own = {str(e) for t in tables.values() for c in ("element", "plant") if c in t.columns for e in t[c]} | named
    for name, column in _BY_ELEMENT.items():
        whole = findings.tables.get(name)
        if whole is not None and column in whole.columns:
            tables[name] = whole[[_names(e) & own != set() for e in whole[column].astype(str)]].reset_index(drop=True)
    if (months := _months(findings, county)) is not None:
        tables[MONTHS] = months
    return replace(findings, summary={**findings.summary, "county": county}, tables=tables, hourly={})


def _names(element: str) -> set[str]:
    """Names in the cell of a measure, which may be about several elements."""
    return {part.strip() for part in element.split("+")} - {""}


def _of_counties(findings: Findings) -> dict[str, pd.DataFrame]:
    """Tables that say a county in every row; the years of several weather years stay in their folders."""
    return {n: t for n, t in findings.tables.items() if "county" in t.columns and "/" not in n}


def _months(findings: Findings, county: str) -> pd.DataFrame | None:
    """Energies of a county by month and carrier [GWh] and the rate [%]; None without the hourly frames."""
    plant = findings.tables.get("curtailment_by_plant")
    if plant is None or not {"plant", "county", "carrier"} <= set(plant.columns):
        return None
    if not {"available", "curtailment"} <= set(findings.hourly):
        return None
    own = plant[plant["county"].astype(str) == county]
    carrier = own.set_index(own["plant"].astype(str))["carrier"].astype(str)
    available = findings.hourly["available"]
    wide = available.rename(columns=lambda c: str(c).partition(".")[2])
    wide = wide.loc[:, [c for c in wide.columns if c in carrier.index]]
    index = pd.DatetimeIndex(wide.index)
    step_h = step_hours(index)
    rows = findings.hourly["curtailment"]
    rows = rows[rows["plant"].astype(str).isin(carrier.index)]
    of_plant = rows["plant"].astype(str).map(carrier)
    cut = rows["curtailed_mw"].groupby([pd.DatetimeIndex(rows["time"]).month, of_plant]).sum()
    out: dict[str, Any] = {"month": sorted(set(index.month))}
    for name in ("wind", "solar"):
        mine = [c for c in wide.columns if carrier[c] == name]
        by_month = wide[mine].astype(float).sum(axis=1).groupby(index.month).sum()
        out[f"{name}_available_gwh"] = [float(energy_mwh(by_month.get(m, 0.0), step_h)) / 1e3 for m in out["month"]]
        out[f"{name}_curtailed_gwh"] = [float(energy_mwh(cut.get((m, name), 0.0), step_h)) / 1e3 for m in out["month"]]
    table = pd.DataFrame(out)
    for what in ("available", "curtailed"):
        table[f"{what}_gwh"] = table[f"wind_{what}_gwh"] + table[f"solar_{what}_gwh"]
    table["used_gwh"] = table["available_gwh"] - table["curtailed_gwh"]
    table[ALL] = 100.0 * table["curtailed_gwh"] / table["available_gwh"].where(table["available_gwh"] > 0)
    return table


def county_chapters(whole: Findings, mine: Findings, texts: Texts) -> tuple[Chapter, ...]:
    """The chapters of the short report.

    Parameters
    ----------
    whole, mine : Findings
        Of the run, for the city beside the county; of :func:`findings_of_county`.
    """
    made: dict[str, tuple[Block, ...]] = {
        "county_result": _result(whole, mine, texts),
        "county_plants": _plants(mine, texts),
        "county_causes": (_causes(mine, texts),),
        "county_grid": _grid(mine, texts),
        "county_hosting": _hosting(mine, texts),
        "county_measures": _measures(mine, texts),
        "county_notes": (statements(whole, texts), Paragraph(texts("county.checked"), "note")),
    }
    return tuple(numbered(str(k), name, blocks, {}, texts) for k, (name, blocks) in enumerate(made.items(), start=1))


def _result(whole: Findings, mine: Findings, texts: Texts) -> tuple[Block, ...]:
    """Rates of the county in numbers and beside the city."""
    names, county = Names(whole, texts), str(mine.summary["county"])
    target_percent, _ = limits_percent(whole)
    row = records(mine.tables["curtailment_by_county"])[0]
    tiles = []
    for column, kind in ((SYSTEM, "rate"), (PROVINCIAL, "rate"), (LOCAL, "rate"), ("curtailed_gwh", "energy_small")):
        limit = target_percent if column == SYSTEM else None
        key = f"curtailment_by_county/{county}/{column}"
        shown = cell(row.get(column), Col(column, kind, limit=limit), texts, names, key=key)
        tiles.append(Tile(texts(f"column.{column}"), shown, texts(numbers.KINDS[kind].unit), texts(f"county.{column}")))
    rate = row.get(SYSTEM, row.get(ALL))
    shown_rate, shown_target = numbers.against(rate, target_percent)
    met = rate is not None and rate <= target_percent
    said = texts(
        "county.no_rate" if numbers.absent(rate) else "county.meets" if met else "county.misses",
        county=names.short(county), year=whole.summary.get("year", ""), rate=shown_rate, target=shown_target,
        scenario=whole.summary.get("scenario", ""),
    )  # fmt: skip
    return (Paragraph(said, "statement"), Tiles(tuple(tiles)), _beside_city(whole, row, texts))


def _beside_city(whole: Findings, row: Mapping[str, Any], texts: Texts) -> Table:
    target_percent, _ = limits_percent(whole)
    rates = (SYSTEM, PROVINCIAL, LOCAL, ALL)
    judged = {SYSTEM: target_percent, ALL: target_percent}
    columns = [Col("place", label="county_place"), *ENERGIES, *(Col(c, "rate", limit=judged.get(c)) for c in rates)]
    names = Names(whole, texts)

    def line(label: str, values: Mapping[str, Any], key: str) -> tuple[Cell, ...]:
        shown = (cell(values.get(c.column), c, texts, names, key=f"{key}/{c.column}") for c in columns[1:])
        return (Cell(label), *shown)

    body = (
        line(names.short(row["county"]), row, f"curtailment_by_county/{row['county']}"),
        line(area_name(whole, texts), whole.summary, "summary/"),
    )
    return Table(texts("table.county_and_city"), headers(columns, texts), body, name="county_and_city")


def _plants(mine: Findings, texts: Texts) -> tuple[Block, ...]:
    """The plants of the county and its months."""
    blocks: list[Block] = [plants(mine, texts)]
    table = mine.tables.get(MONTHS)
    if table is None:
        return (*blocks, missing(texts, "available", folder="hourly", suffix="parquet"))
    target_percent, _ = limits_percent(mine)
    sums = {c: table[c].sum() for c in table.columns if c.endswith("_gwh")}
    rate = 100.0 * sums["curtailed_gwh"] / sums["available_gwh"] if sums["available_gwh"] else None
    carriers = (Col(f"{c}_{what}_gwh", kind, label=f"{c}_{what}_gwh") for c in ("wind", "solar")
                for what, kind in (("available", "energy"), ("curtailed", "energy_small")))  # fmt: skip
    together = Col(ALL, "rate", limit=target_percent, label="rate_together")
    columns = [Col("month", "month"), *carriers, *ENERGIES, together]
    draw = partial(county_months, table, texts, target_percent=target_percent)
    blocks.append(Figure(MONTHS, texts("figure.months_of_county"), texts("alt.months_of_county"), draw))
    blocks.append(printed(mine, MONTHS, columns, texts=texts, key="month", total={**sums, ALL: rate}))
    return tuple(blocks)


def _causes(mine: Findings, texts: Texts) -> Block:
    rows = ranked(mine, "causes_by_county", "curtailed_gwh")
    columns = [Col("cause", "word:cause"), Col("element"), Col("outage"), Col("curtailed_gwh", "energy_small")]
    known = rows is not None and "curtailed_gwh" in rows.columns
    total = {"curtailed_gwh": rows["curtailed_gwh"].sum()} if rows is not None and known else None
    notes = (texts("note.causes"),)
    return printed(mine, "causes_by_county", columns, texts=texts, key="cause", frame=rows, total=total, notes=notes)


def _grid(mine: Findings, texts: Texts) -> tuple[Block, ...]:
    """Loading, voltage, outages and reverse power of what stands in the county."""
    return (
        grid.overload(mine, texts, "overload"),
        grid.voltage(mine, texts),
        grid.unavoidable(mine, texts),
        *security.n1(mine, texts),
        *security.radial(mine, texts),
        security.reverse_power(mine, texts),
        security.capacity_load(mine, texts),
    )


def _hosting(mine: Findings, texts: Texts) -> tuple[Block, ...]:
    """Both levels of hosting capacity, then what one more MW would change."""
    notes = (texts("note.marginal_county"),)
    marginal = printed(mine, "marginal_county", MARGINAL, texts=texts, key="county", notes=notes)
    levels = (*both_levels(mine, texts, counties_of(mine)), *equipment_level(mine, texts))
    return (*levels, *system_level(mine, texts), marginal)


def _measures(mine: Findings, texts: Texts) -> tuple[Block, ...]:
    """Simulated remedies at elements of the county."""
    table = mine.tables.get("measures")
    if table is None:
        return (missing(texts, "measures"),)
    solved = table[table["ok"].map(is_true)] if "ok" in table.columns else table
    if solved.empty:
        return (Paragraph(texts("county.no_measure")),)
    rows = solved.assign(
        label=[label(r, texts) for r in records(solved)],
        avoided_city_gwh=solved["avoided_city_mwh"] / 1e3,
        avoided_both_gwh=solved["avoided_both_mwh"] / 1e3,
    )
    columns = [
        Col("label", label="measure"), Col("effect", "word:effect"), Col("avoided_city_gwh", "energy_fine"),
        Col("avoided_both_gwh", "energy_fine"), Col("capital_cny", "wan_cny"), Col("both_cny_per_mwh", "cny_per_mwh"),
    ]  # fmt: skip
    return (printed(mine, "measures", columns, texts=texts, key="measure", frame=rows),)

"""What the page of conclusions says: headline sentence, verdict with reasons, the numbers asked for first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from gridsim.report import numbers, years
from gridsim.report.catalogue import Texts
from gridsim.report.hours import area_balance, city_of, exported_gwh
from gridsim.report.judgement import reasons, weather_year
from gridsim.report.model import Cell, Paragraph, Table, Tile, Tiles, Verdict
from gridsim.report.tables import Col, Names, cell, headers, plain
from gridsim.store import Findings

TARGET_PERCENT, FLOOR_PERCENT = 5.0, 10.0
SYSTEM, ALL = "curtailment_percent_system_cause", "curtailment_percent"
PROVINCIAL, LOCAL = "curtailment_percent_provincial", "curtailment_percent_local"
#: counties named in the headline
NAMED = 5


def limits_percent(findings: Findings) -> tuple[float, float]:
    """Target and national floor of the curtailment rate. [%]"""
    summary = findings.summary
    return float(summary.get("target_percent") or TARGET_PERCENT), float(summary.get("floor_percent") or FLOOR_PERCENT)


def scopes_note(findings: Findings, texts: Texts) -> tuple[Paragraph, ...]:
    """How the rate of system causes and the rate of all causes differ; nothing if the run does not say."""
    summary = findings.summary
    if summary.get(SYSTEM) is not None and not summary.get("special_gwh", summary[SYSTEM] != summary.get(ALL)):
        return (Paragraph(texts("conclusion.scopes_equal"), "note"),)
    if summary.get("special_gwh"):
        special = numbers.number(summary["special_gwh"], "energy_small")
        return (Paragraph(texts("conclusion.scopes_differ", special=special), "note"),)
    return ()


def area_name(findings: Findings, texts: Texts) -> str:
    """Name of the detailed area in the language of the report."""
    return Names(findings, texts).city


def verdict_box(findings: Findings, texts: Texts) -> Verdict:
    """The verdict with the headline and the clauses that are not met."""
    known = str(findings.summary.get("verdict"))
    verdict = known if known in ("pass", "conditional", "fail") else "unknown"
    why = reasons(findings, texts)
    lead = texts("level.failed" if verdict == "fail" else "level.conditional") if why else ""
    return Verdict(verdict, texts(f"verdict.{verdict}"), headline(findings, texts), why, lead)


def headline(findings: Findings, texts: Texts) -> str:
    """The sentence that answers the question, in the pattern of a planning report."""
    summary = findings.summary
    rate = summary.get(SYSTEM, summary.get(ALL))
    target_percent, _ = limits_percent(findings)
    if numbers.absent(rate):
        return texts("conclusion.no_rate")
    shown, _ = numbers.against(rate, target_percent)
    judged = years.judged_rate(findings, rate)
    met = judged <= target_percent
    meets = "misses" if not met else "meets_conditionally" if summary.get("verdict") == "conditional" else "meets"
    sentence = texts(
        "conclusion.headline",
        scenario=plain(summary.get("scenario", "")),
        boundary=boundary(findings, texts),
        year=summary.get("year", ""),
        area=area_name(findings, texts),
        used=numbers.number(100.0 - rate, "rate"),
        rate=shown,
        target=f"{target_percent:g}",
        meets=texts(f"conclusion.{meets}"),
        margin=texts(
            "conclusion.margin" if met else "conclusion.excess",
            points=numbers.number(abs(target_percent - judged), "points"),
        ),
    )
    if years.several(findings):
        worst = numbers.against(judged, target_percent)[0]
        sentence += texts("conclusion.worst_year", year=summary.get("worst_weather_year"), rate=worst)
    return sentence + _counties_above(findings, texts, target_percent)


def boundary(findings: Findings, texts: Texts) -> str:
    """What the headline rests on: limits of the tie, hydro year, weather year; empty if the run does not say."""
    limits, options = findings.manifest.get("limits") or {}, findings.manifest.get("options") or {}
    parts = [
        texts(f"boundary.{name}", value=texts("sentence.power", value=numbers.number(limits[name], "power")))
        for name in ("export_mw", "import_mw")
        if not numbers.absent(limits.get(name))
    ]
    if options.get("hydro_year"):
        parts.append(texts.word("choice", options["hydro_year"]))
    table = findings.tables.get("verdict")
    if table is not None and {"criterion", "element"} <= set(table.columns):
        labels = table.loc[table["criterion"] == "rate", "element"]
        parts += [weather_year(str(label), texts) for label in labels if len(labels) == 1]
    if years.several(findings):
        count, first, last = years.span(findings)
        parts.append(texts("boundary.weather_years", count=count, first=first, last=last))
    return texts("boundary.all", parts=texts.list_of(parts)) if parts else ""


def _counties_above(findings: Findings, texts: Texts, target_percent: float) -> str:
    table = findings.tables.get("curtailment_by_county")
    if table is None or table.empty or not {"county", ALL} <= set(table.columns):
        return texts("conclusion.no_counties")
    above = table[table[ALL] > target_percent].sort_values(ALL, ascending=False)
    if above.empty:
        return texts("conclusion.none_above", target=f"{target_percent:g}")
    names, shown = Names(findings, texts), above.head(NAMED)
    parts = [
        texts("conclusion.county_rate", county=names.short(county), rate=numbers.against(rate, target_percent)[0])
        for county, rate in zip(shown["county"], shown[ALL])
    ]
    key = "conclusion.counties_above" if len(above) <= NAMED else "conclusion.many_above"
    return texts(key, counties=texts.list_of(parts), count=len(above), target=f"{target_percent:g}")


def headline_tiles(findings: Findings, texts: Texts) -> Tiles:
    """The rates, then the three energies that must not be mixed up."""
    summary = findings.summary
    target_percent, _ = limits_percent(findings)
    imported = numbers.number(summary.get("imported_gwh"), "energy")
    shown = [
        ("system", SYSTEM, summary.get(SYSTEM), "rate"),
        ("all", ALL, summary.get(ALL), "rate"),
        ("local", LOCAL, summary.get(LOCAL), "rate"),
        ("curtailed", "curtailed_gwh", summary.get("curtailed_gwh"), "energy"),
        ("storage_loss", "storage_loss_gwh", _storage_loss_gwh(findings), "energy"),
        ("exported", "exported_gwh", _exported_gwh(findings), "energy"),
    ]
    tiles = []
    for name, column, value, kind in shown:
        limit = target_percent if kind == "rate" else None
        printed = cell(value, Col(column, kind, limit=limit), texts, Names(findings, texts), key=f"summary//{column}")
        note = texts("tile.absent")
        if printed.text != numbers.ABSENT:
            note = texts(f"tile.{name}_note", imported=imported)
        tiles.append(Tile(texts(f"tile.{name}"), printed, texts(numbers.KINDS[kind].unit), note))
    return Tiles(tuple(tiles))


def _storage_loss_gwh(findings: Findings) -> float | None:
    """Energy lost in the city's storages: the summary's, else the sum of the table."""
    if findings.summary.get("storage_loss_gwh") is not None:
        return float(findings.summary["storage_loss_gwh"])
    table = findings.tables.get("storage")
    if table is None or "loss_gwh" not in table.columns:
        return None
    inside = (
        table["county"].fillna("").astype(str) != ""
        if "county" in table.columns
        else pd.Series(True, index=table.index)
    )
    return float(table.loc[inside, "loss_gwh"].sum())


def _exported_gwh(findings: Findings) -> float | None:
    """Energy sent out of the city: the summary's, else from the hourly exchange."""
    if findings.summary.get("exported_gwh") is not None:
        return float(findings.summary["exported_gwh"])
    city = city_of(findings)
    return None if city is None else exported_gwh(area_balance(findings, city))


def carriers_table(findings: Findings, texts: Texts) -> Table:
    """Wind, sun, both, and both without distributed solar: energies, rate and its two parts."""
    summary = findings.summary
    limit, _ = limits_percent(findings)
    energies = (Col(f"{name}_gwh", "energy") for name in ("available", "used", "curtailed"))
    rates = (Col(SYSTEM, "rate", limit=limit), Col(PROVINCIAL, "rate"), Col(LOCAL, "rate", limit=limit))
    columns = [Col("carrier"), *energies, *rates, Col(ALL, "rate", limit=limit)]
    names = Names(findings, texts)

    def row(label: str, values: Mapping[str, Any], key: str) -> tuple[Cell, ...]:
        shown = (cell(values.get(c.column), c, texts, names, key=f"summary/{key}/{c.column}") for c in columns[1:])
        return (Cell(label), *shown)

    carriers = summary.get("carriers") or {}
    body = [row(texts.word("item", carrier), values, carrier) for carrier, values in carriers.items()]
    if summary.get("without_distributed"):
        body.append(row(texts("word.without_distributed"), summary["without_distributed"], "without_distributed"))
    total = row(texts("word.both"), summary, "")
    notes = (texts("note.rates"),)
    return Table(texts("table.summary"), headers(columns, texts), tuple(body), total, notes, name="summary")


def scopes_table(findings: Findings, texts: Texts) -> Table:
    """The rate of the city beside the rest of the province and both areas."""
    names = Names(findings, texts)
    columns = [Col("scope"), Col(ALL, "rate"), Col("note")]
    rows: Sequence[tuple[str, str, str]] = (
        (names.city, ALL, "city"),
        (names.rest, "node_area_curtailment_percent", "rest"),
        (texts("word.both_areas"), "both_areas_curtailment_percent", "both"),
    )
    body = tuple(
        (
            Cell(label),
            cell(findings.summary.get(key), columns[1], texts, names, key=f"summary/scope/{key}"),
            Cell(texts(f"scope.{note}")),
        )
        for label, key, note in rows
    )
    return Table(texts("table.scopes"), headers(columns, texts), body, name="scopes")

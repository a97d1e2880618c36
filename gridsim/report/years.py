"""Blocks by weather year: the years side by side with mean, worst and P90; and whose hours the report shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import pandas as pd

from gridsim.hourly import part_of
from gridsim.report.catalogue import Texts
from gridsim.report.commands import command_of
from gridsim.report.figures.years import rates_by_year
from gridsim.report.model import Block, Figure, Paragraph
from gridsim.report.numbers import number
from gridsim.report.tables import Col, lacking, printed
from gridsim.store import Findings

TABLE = "weather_years"
SYSTEM = "curtailment_percent_system_cause"
RATES = (SYSTEM, "provincial_percent", "local_percent", "both_areas_percent")
ENERGIES = ("wind_available_gwh", "solar_available_gwh", "curtailed_gwh", "unserved_gwh")
#: rows of the table that are no year
STATISTICS = ("mean", "worst", "p90")


def several(findings: Findings) -> list[int]:
    """Weather years of the findings if they are more than one."""
    years = [int(y["weather_year"]) for y in findings.summary.get("weather_years") or ()]
    return years if len(years) > 1 else []


def with_hours_of_the_worst_year(findings: Findings) -> Findings:
    """Findings whose hourly frames are those of the worst weather year; of one year as they are."""
    if not several(findings):
        return findings
    return replace(findings, hourly=part_of(findings.hourly, str(findings.summary["worst_weather_year"])))


def judged_rate(findings: Findings, rate: Any) -> Any:
    """The rate that the target is held against: of several weather years the worst."""
    return findings.summary.get(f"{SYSTEM}_worst", rate) if several(findings) else rate


def span(findings: Findings) -> tuple[int, int, int]:
    """Number of weather years, the first and the last."""
    years = several(findings)
    return len(years), min(years), max(years)


def in_words(findings: Findings, texts: Texts) -> str:
    """Mean, worst and P90 in one sentence."""
    summary: Mapping[str, Any] = findings.summary
    count, first, last = span(findings)
    return texts(
        "years.lead",
        count=count,
        first=first,
        last=last,
        mean=number(summary.get(SYSTEM), "rate"),
        worst=number(summary.get(f"{SYSTEM}_worst"), "rate"),
        year=summary.get("worst_weather_year"),
        high=number(summary.get(f"{SYSTEM}_p90"), "rate"),
    )


def by_weather_year(findings: Findings, texts: Texts, *, target_percent: float) -> tuple[Block, ...]:
    """Rate of every year as a figure and, last, the table of years; without it the sentence that says what to do."""
    if TABLE not in findings.tables:
        return (Paragraph(texts("years.missing", command=command_of(TABLE)), "missing"),)
    open_ = lacking(findings, texts, TABLE, ["weather_year", *RATES])
    if open_ is not None:
        return (open_,)
    rows = findings.tables[TABLE]
    blocks: list[Block] = []
    if several(findings):
        blocks.append(Paragraph(in_words(findings, texts), "statement"))
        blocks.append(Paragraph(texts("years.rest", year=findings.summary.get("worst_weather_year")), "note"))
    named = [texts.word("years", name) if name in STATISTICS else name for name in rows["weather_year"].astype(str)]
    rows, hours = _with_hours(findings, rows)
    columns = [
        Col("weather_year"),
        *hours,
        *(Col(c, "rate", limit=target_percent) if c == SYSTEM else Col(c, "rate") for c in RATES),
        *(Col(c, "energy_fine" if c == "unserved_gwh" else "energy") for c in ENERGIES),
    ]
    draw = partial(rates_by_year, rows, texts, target_percent=target_percent)
    blocks.append(Figure(TABLE, texts("figure.weather_years"), texts("alt.weather_years"), draw))
    worst = findings.summary.get("worst_weather_year")
    named = [f"{name} {worst}" if key == "worst" and worst else name for key, name in zip(rows["weather_year"], named)]
    columns += [Col("verdict", "word:verdict")] if "verdict" in rows.columns else []
    shown = rows.assign(weather_year=named, row=rows["weather_year"])
    blocks.append(
        printed(
            findings, TABLE, columns, texts=texts, key="row", frame=shown, notes=(texts("note.weather_years"),)
        )
    )
    return tuple(blocks)


def _with_hours(findings: Findings, rows: pd.DataFrame) -> tuple[pd.DataFrame, list[Col]]:
    """The years with available full-load hours of wind and of sun, and their columns, where capacity is known."""
    table, columns = findings.tables.get("simulation"), []
    if table is None or not {"type", "installed_mw"} <= set(table.columns):
        return rows, []
    capacity = dict(zip(table["type"].astype(str), table["installed_mw"].astype(float)))
    for carrier in ("wind", "solar"):
        energy = f"{carrier}_available_gwh"
        if capacity.get(carrier) and energy in rows.columns:
            rows = rows.assign(**{f"{carrier}_hours_h": 1e3 * rows[energy] / capacity[carrier]})
            columns.append(Col(f"{carrier}_hours_h", "hours"))
    return rows, columns

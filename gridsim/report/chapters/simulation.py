"""Chapter 7: the year simulated hour by hour: rates by county, month, cause; storage; sensitivities; verdict."""

from __future__ import annotations

from functools import partial
from typing import Any

import pandas as pd

from gridsim.report import breakdown, courses, years
from gridsim.report.appendix import method
from gridsim.report.catalogue import Texts
from gridsim.report.chapters.section import section
from gridsim.report.conclusions import ALL, carriers_table, limits_percent, scopes_table
from gridsim.report.counties import ENERGIES, RATES, city_total, rates_figure
from gridsim.report.figures.rates import causes_by_month, month_hour, sensitivity_bars
from gridsim.report.fixed import fixed
from gridsim.report.judgement import verdict_table
from gridsim.report.model import Block, Figure, Paragraph
from gridsim.report.tables import Col, lacking, missing, printed, ranked
from gridsim.report.totals import cause_table, county_months, simulation_totals
from gridsim.store import Findings


def simulation(findings: Findings, texts: Texts) -> tuple[Block, ...]:
    """Everything that the simulation of the year gives."""
    target_percent, _ = limits_percent(findings)
    *weather, last = years.by_weather_year(findings, texts, target_percent=target_percent)
    weather.append(fixed(last, "weather_years", texts))
    week = breakdown.averaging(findings, texts)
    totals = fixed(simulation_totals(findings, texts), "simulation", texts)
    months = fixed(county_months(findings, texts), "county_months", texts)
    by_cause = fixed(cause_table(findings, texts), "causes", texts)
    return (
        *section(texts, "7.1", *method(findings, texts)),
        *section(texts, "7.2", totals, carriers_table(findings, texts), scopes_table(findings, texts)),
        *section(texts, "7.3", *rates_figure(findings, texts), *breakdown.by_connection(findings, texts)),
        *section(texts, "7.4", months, *when(findings, texts)),
        *section(texts, "7.5", by_cause, *causes(findings, texts)),
        *section(texts, "7.6", storage(findings, texts), courses.storage_course(findings, texts)),
        *section(texts, "7.7", *sensitivity(findings, texts), *weather, *week),
        *section(texts, "7.8", verdict_table(findings, texts)),
    )


def when(findings: Findings, texts: Texts) -> tuple[Block, ...]:
    """Month by hour, then the months."""
    name = "curtailment_month_hour"
    first: Block | None = lacking(findings, texts, name, ["month", "hour", "curtailed_gwh"])
    if first is None:
        draw = partial(month_hour, findings.tables[name], texts)
        first = Figure("month_hour", texts("figure.month_hour"), texts("alt.month_hour"), draw)
    rates = (Col(c, "rate", label="rate_together" if c == ALL else "") for c in RATES)
    columns = [Col("month", "month"), *ENERGIES, *rates]
    table = printed(
        findings, "curtailment_by_month", columns, texts=texts, key="month", total=city_total(findings),
        notes=(texts("note.month"),),
    )  # fmt: skip
    return (first, table, *breakdown.by_day(findings, texts))


def causes(findings: Findings, texts: Texts) -> tuple[Block, ...]:
    """Curtailed energy by cause, by month and by limiting element."""
    found = (_by_cause(findings, texts), _by_cause_and_month(findings, texts), _by_element(findings, texts))
    return (*found, *breakdown.ladder(findings, texts))


def _by_cause(findings: Findings, texts: Texts) -> Block:
    columns = [
        Col("cause", "word:cause"),
        Col("system_cause", "flag"),
        Col("curtailed_gwh", "energy_small"),
        Col("share_percent", "share"),
    ]
    name = "curtailment_by_cause"
    rows = ranked(findings, name, "curtailed_gwh")
    has_total = rows is not None and "curtailed_gwh" in rows.columns
    total = {"curtailed_gwh": rows["curtailed_gwh"].sum()} if rows is not None and has_total else None
    notes = (texts("note.causes"),)
    return printed(findings, name, columns, texts=texts, key="cause", frame=rows, total=total, notes=notes)


def _by_cause_and_month(findings: Findings, texts: Texts) -> Block:
    open_ = lacking(findings, texts, "causes_by_month", ["month", "cause", "curtailed_gwh"])
    if open_ is not None:
        return open_
    table = findings.tables["causes_by_month"]
    if table.empty:
        return Paragraph(texts("missing.no_curtailment"))
    draw = partial(causes_by_month, table, texts)
    return Figure("causes_by_month", texts("figure.causes_by_month"), texts("alt.causes_by_month"), draw)


def _by_element(findings: Findings, texts: Texts) -> Block:
    """Sections and branches that curtail; provincial surplus has no element."""
    rows = ranked(findings, "curtailment_by_element", "curtailed_gwh")
    if rows is not None and "element" in rows.columns:
        rows = rows[rows["element"].fillna("").astype(str) != ""]
    columns = [
        Col("element"),
        Col("outage"),
        Col("cause", "word:cause"),
        Col("curtailed_gwh", "energy_small"),
        Col("steps", "count"),
    ]
    return printed(findings, "curtailment_by_element", columns, texts=texts, key="element", frame=rows, top=15)


def storage(findings: Findings, texts: Texts) -> Block:
    """Pumped storage and batteries: the city's first, with their sum."""
    table = findings.tables.get("storage")
    sums = (Col("charge_gwh", "energy"), Col("discharge_gwh", "energy"), Col("loss_gwh", "energy"))
    columns = [
        Col("storage"),
        Col("device", "word:table"),
        Col("county", "county"),
        *sums,
        Col("cycles", "cycles"),
        Col("simultaneous_h", "hours"),
    ]
    total: dict[str, Any] | None = None
    if table is not None and "county" in table.columns:
        outside = table["county"].fillna("").astype(str) == ""
        total = {c.column: table.loc[~outside, c.column].sum() for c in sums if c.column in table.columns}
        place = table["county"].astype(object).where(~outside, texts("word.outside"))
        table = table.assign(county=place).iloc[outside.argsort(kind="stable")]
    notes = (texts("note.storage"), texts("note.storage_total"))
    return printed(findings, "storage", columns, texts=texts, key="storage", frame=table, total=total, notes=notes)


def sensitivity(findings: Findings, texts: Texts) -> tuple[Block, ...]:
    """What moves the rates, one change at a time."""
    table = findings.tables.get("sensitivity")
    if table is None:
        return (missing(texts, "sensitivity"), Paragraph(texts("missing.sensitivity")))
    target_percent, _ = limits_percent(findings)
    columns = [Col("case", "word:case"), Col("city_percent", "rate", limit=target_percent)]
    rows = _with_change(table)
    columns += [Col("change_points", "points")] if "change_points" in rows.columns else []
    columns += [Col("local_percent", "rate"), Col("province_percent", "rate"), Col("unserved_gwh", "energy_fine")]
    notes = (texts("note.sensitivity"),)
    shown = printed(findings, "sensitivity", columns, texts=texts, key="case", frame=rows, notes=notes)
    if "change_points" not in rows.columns or len(rows) < 2:
        return (shown,)
    draw = partial(sensitivity_bars, rows, texts, target_percent=target_percent)
    return (Figure("sensitivity", texts("figure.sensitivity"), texts("alt.sensitivity"), draw), shown)


def _with_change(table: pd.DataFrame) -> pd.DataFrame:
    """The table with the distance of each case from the base case, if there is one."""
    if not {"case", "city_percent"} <= set(table.columns):
        return table
    base = table.loc[table["case"] == "base", "city_percent"]
    return table.assign(change_points=table["city_percent"] - base.iloc[0]) if len(base) else table

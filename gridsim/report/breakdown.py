"""Rates by further keys, the worst hours, the ladder, and what the verdict hangs on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gridsim.report import numbers
from gridsim.report.catalogue import Texts
from gridsim.report.model import Block, Paragraph
from gridsim.report.tables import Col, Names, printed
from gridsim.store import Findings

#: inputs named in the sentence on what the verdict hangs on
NAMED = 3
RATES = (
    Col("available_gwh", "energy"),
    Col("used_gwh", "energy"),
    Col("curtailed_gwh", "energy_small"),
    Col("curtailment_percent_system_cause", "rate"),
    Col("curtailment_percent_provincial", "rate"),
    Col("curtailment_percent_local", "rate"),
    Col("without_distributed_curtailment_percent", "rate"),
    Col("utilisation_percent", "rate"),
    Col("theoretical_full_load_h", "hours"),
    Col("full_load_h", "hours"),
)
REST = ("load", "thermal", "hydro", "imports", "wind", "solar", "storage", "curtailed")


def by_connection(findings: Findings, texts: Texts) -> tuple[Block, ...]:
    """Rates by voltage of connection, and of utility and distributed plants."""
    return (
        _rates(findings, texts, "voltage", Col("vn_kv", "level")),
        _rates(findings, texts, "kind", Col("kind", "word:plant_kind")),
    )


def by_day(findings: Findings, texts: Texts) -> tuple[Block, ...]:
    """Rates by kind of day, and the worst hours with the balance of both areas."""
    columns = [
        Col("time", "time"),
        Col("curtailed_mw", "power_mw", label="city_curtailed_mw"),
        Col("main_cause", "word:cause"),
        Col("main_element"),
        *(Col(f"city_{c}_mw", "power_mw") for c in ("load", "wind", "solar", "exchange")),
        *(Col(f"rest_{c}_mw", "power_mw") for c in REST),
    ]
    name = "curtailment_top_hours"
    notes = (texts("note.top_hours"),)
    hours = printed(findings, name, columns, texts=texts, key="time", notes=notes, folded=True)
    kinds = _rates(findings, texts, "day_type", Col("day_type", "word:day_kind"), notes=(texts("note.day_type"),))
    return (kinds, hours)


def _rates(findings: Findings, texts: Texts, key: str, first: Col, *, notes: tuple[str, ...] = ()) -> Block:
    name = f"curtailment_by_{key}"
    return printed(findings, name, [first, *RATES], texts=texts, key=first.column, notes=notes)


def ladder(findings: Findings, texts: Texts) -> tuple[Block, ...]:
    """The year solved again rung by rung; nothing when it was not asked for."""
    if "ladder" not in findings.tables:
        return ()
    columns = [
        Col("limits", "word:rung"),
        Col("city_curtailed_gwh", "energy_fine"),
        Col("city_change_gwh", "energy_fine"),
        Col("ledger_gwh", "energy_fine"),
        Col("city_percent", "rate"),
        Col("both_curtailed_gwh", "energy_fine"),
        Col("both_change_gwh", "energy_fine"),
        Col("storage_loss_gwh", "energy"),
        Col("exported_gwh", "energy"),
    ]
    return (printed(findings, "ladder", columns, texts=texts, key="limits", notes=(texts("note.ladder"),)),)


def averaging(findings: Findings, texts: Texts) -> tuple[Block, ...]:
    """One week in 15-minute steps and in hourly means; nothing when it was not run."""
    if "averaging" not in findings.tables:
        return ()
    columns = [
        Col("first_day"),
        Col("step_minutes", "count"),
        Col("city_available_gwh", "energy"),
        Col("city_curtailed_gwh", "energy_fine"),
        Col("city_percent", "rate"),
        Col("both_curtailed_gwh", "energy_fine"),
        Col("hidden_gwh", "energy_fine"),
        Col("hidden_points", "points"),
    ]
    notes = (texts("note.averaging"),)
    return (printed(findings, "averaging", columns, texts=texts, key="step_minutes", notes=notes),)


def standing(findings: Findings, texts: Texts) -> tuple[Block, ...]:
    """Worst county and the inputs that the verdict hangs on, or that they are not known."""
    summary, blocks = findings.summary, []
    if summary.get("worst_county"):
        county = Names(findings, texts).short(summary["worst_county"])
        rate = numbers.number(summary.get("worst_county_percent"), "rate")
        blocks.append(Paragraph(texts("conclusion.worst_county", county=county, rate=rate)))
    hangs: list[Mapping[str, Any]] = list(summary.get("hangs_on") or [])
    if hangs:
        cases = texts.list_of([_case(h, texts) for h in hangs[:NAMED]])
        blocks.append(Paragraph(texts("conclusion.hangs_on", cases=cases)))
        crossing = [texts.word("case", h["case"]) for h in hangs if h.get("crosses")]
        if crossing:
            blocks.append(Paragraph(texts("conclusion.crosses", cases=texts.list_of(crossing))))
    elif "hangs_on" in summary:
        blocks.append(Paragraph(texts("conclusion.hangs_on_unknown"), "note"))
    return tuple(blocks)


def _case(hangs: Mapping[str, Any], texts: Texts) -> str:
    change = float(hangs["change_points"])
    sign = "+" if change > 0 else ""
    points = f"{sign}{numbers.number(change, 'points')}"
    return texts("conclusion.hangs_on_case", case=texts.word("case", hangs["case"]), points=points)

"""Criteria, reasons and checks in the words of the report: names from the catalogue, numbers from the tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from gridsim.report import numbers
from gridsim.report.catalogue import Texts
from gridsim.report.model import Block, Paragraph, Table
from gridsim.report.tables import Col, Names, cell, headers, is_true, lacking, plain, printed, records
from gridsim.store import Findings

#: unit of a clause -> how its numbers are printed
CLAUSE_KINDS = {"%": "rate", "GWh": "energy_fine"}
VERDICT = (
    Col("criterion"),
    Col("element", label="clause_element"),
    Col("value", label="value"),
    Col("limit", label="limit"),
    Col("unit"),
    Col("ok", "ok"),
)
#: with several weather years: where a clause is not met
WHERE = Col("weather_years")


def reasons(findings: Findings, texts: Texts) -> tuple[str, ...]:
    """Every clause of the verdict that is not met, as a sentence.

    From the verdict table; without it only the criteria that ``summary["reasons"]`` names.
    """
    table = findings.tables.get("verdict")
    if table is not None and {"criterion", "ok"} <= set(table.columns):
        return tuple(_reason(row, findings, texts) for row in records(table) if not is_true(row["ok"]))
    given = findings.summary.get("reasons") or ()
    return tuple(plain(texts.word("criterion", str(reason).partition(":")[0])) for reason in given)


def _reason(row: Mapping[str, Any], findings: Findings, texts: Texts) -> str:
    key = f"reason.{row['criterion']}"
    if not texts.has(key):
        return clause(row, texts)
    value, limit, _ = clause_numbers(row, texts)
    counts = violations(findings, texts) if row["criterion"] == "ac_violations" else ""
    text = texts(key, value=value, limit=limit, element=clause_element(row, texts), counts=counts)
    where = row.get("weather_years")
    return text if numbers.absent(where) or not where else texts("sentence.in_years", text=text, years=where)


def violations(findings: Findings, texts: Texts) -> str:
    """How many branches are overloaded and how many buses leave their voltage band."""
    parts = []
    for name, column in (("overload", "hours_over_100"), ("voltage", "hours_outside")):
        table = findings.tables.get(name)
        if table is not None and column in table.columns:
            parts.append(texts(f"violation.{name}", count=int((table[column] > 0).sum())))
    return texts.list_of(parts)


def clause(row: Mapping[str, Any], texts: Texts) -> str:
    """One clause with its value and limit, and whether it is met."""
    about = clause_element(row, texts)
    value, limit, unit = clause_numbers(row, texts)
    return texts(
        "level.criterion",
        name=texts.word("criterion", row.get("criterion")),
        element=texts("level.element", element=about) if about else "",
        value=value + unit,
        limit=limit + unit,
        ok=texts("word.ok" if is_true(row.get("ok")) else "word.not_ok"),
    )


def clause_element(row: Mapping[str, Any], texts: Texts) -> str:
    """What a clause is about: a weather year, sensitivities, assets, a note on the data."""
    element = "" if numbers.absent(row.get("element")) else str(row["element"])
    criterion = row.get("criterion")
    if criterion in ("rate", "local_rate"):
        return weather_year(element, texts)
    if criterion in ("sensitivity", "sensitivities_run"):
        return texts.list_of([texts.word("case", name) for name in element.split(", ")])
    if criterion == "data":
        return plain(texts.phrase("data", element))
    more = element.endswith(" ...")
    names = texts.list_of([plain(name) for name in element.removesuffix(" ...").split(", ")])
    return texts("sentence.and_more", names=names) if more else names


def weather_year(label: str, texts: Texts) -> str:
    """A weather year by its label in the tables."""
    if not label:
        return ""
    return texts("word.typical_year") if label == "typical" else texts("word.weather_year", year=plain(label))


def clause_numbers(row: Mapping[str, Any], texts: Texts) -> tuple[str, str, str]:
    """Value, limit and unit of a clause as printed; what is not a number stays as it is."""
    unit = "" if numbers.absent(row.get("unit")) else str(row["unit"])
    shown = texts.word("clause_unit", unit) if unit else ""
    value, limit = (_as_number(row.get(name)) for name in ("value", "limit"))
    if value is None and not numbers.absent(row.get("value")):
        return plain(row["value"]), plain(row.get("limit", numbers.ABSENT)), shown
    whole = all(v is None or v.is_integer() for v in (value, limit))
    kind = CLAUSE_KINDS.get(unit) or ("count" if whole else "value")
    return *numbers.against(value, limit, kind), shown


def _as_number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return None if numbers.absent(number) else number


# --- tables ----------------------------------------------------------------------------------------------


def verdict_table(findings: Findings, texts: Texts) -> Block:
    """The verdict's criteria one by one."""
    open_ = lacking(findings, texts, "verdict", ["criterion", "value", "limit", "ok"])
    if open_ is not None:
        return open_
    names, rows = Names(findings, texts), []
    columns = VERDICT + ((WHERE,) if WHERE.column in findings.tables["verdict"].columns else ())
    for row in records(findings.tables["verdict"]):
        value, limit, unit = clause_numbers(row, texts)
        shown = {
            "criterion": texts.word("criterion", row["criterion"]),
            "element": clause_element(row, texts),
            "value": value,
            "limit": limit,
            "unit": unit.strip(),
            "ok": row["ok"],
            WHERE.column: row.get(WHERE.column) or "",
        }
        if row["criterion"] == "sensitivities_run" and shown["element"]:
            shown["element"] = texts("sentence.not_run", names=shown["element"])
        if row["criterion"] == "data":
            shown |= {"value": None, "limit": None}
        key = f"verdict/{row['criterion']}"
        rows.append(tuple(cell(shown[c.column], c, texts, names, key=f"{key}/{c.column}") for c in columns))
    return Table(texts("table.verdict"), headers(columns, texts), tuple(rows), name="verdict")


def check_table(findings: Findings, texts: Texts) -> Block:
    """The independent re-computation, check by check."""
    columns = [
        Col("check", "phrase:check"),
        Col("ok", "ok"),
        Col("worst", "scientific"),
        Col("limit", "scientific", label="tolerance"),
        Col("where"),
    ]
    table = findings.tables.get("checks")
    if table is not None and {"where", "worst"} <= set(table.columns):
        where = [_where(place, worst, findings, texts) for place, worst in zip(table["where"], table["worst"])]
        table = table.assign(where=where)
    notes = (texts("note.checks"),)
    return printed(findings, "checks", columns, texts=texts, key="check", frame=table, notes=notes)


def _where(place: Any, worst: Any, findings: Findings, texts: Texts) -> str:
    """Time and thing of the largest deviation; nothing if there is no deviation."""
    if numbers.absent(place) or worst == 0:
        return ""
    day, _, rest = str(place).partition(" ")
    hour, _, thing = rest.partition(" ")
    try:
        stamp = f"{pd.Timestamp(f'{day} {hour}'):%Y-%m-%d %H:%M}"
    except ValueError:
        return plain(place)
    return f"{stamp} {Names(findings, texts).area(thing)}"


def failed_checks(findings: Findings, texts: Texts) -> tuple[Paragraph, ...]:
    """The warning that a run may not be trusted, if a check is not met."""
    table = findings.tables.get("checks")
    if table is None or not {"check", "ok"} <= set(table.columns):
        return ()
    names = Names(findings, texts)
    failed = [texts.phrase("check", c, names.area) for c, ok in zip(table["check"], table["ok"]) if not is_true(ok)]
    if not failed:
        return ()
    return (Paragraph(texts("conclusion.failed_checks", count=len(failed), checks=texts.list_of(failed)), "alarm"),)

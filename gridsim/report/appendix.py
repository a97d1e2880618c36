"""The chapters that say how far the results can be trusted: assumptions, checks, method, reproduction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from gridsim.report import numbers
from gridsim.report.catalogue import Texts
from gridsim.report.conclusions import criterion_numbers
from gridsim.report.model import Block, Cell, Header, Items, Paragraph, Table
from gridsim.report.tables import Col, Names, cell, headers, lacking, plain, printed, records
from gridsim.store import Findings

#: more assumed values than this are folded away (and can be opened)
OPEN_ROWS = 12
METHODS = ("energy", "rates", "load", "area", "share", "causes", "unavoidable", "ac", "verdict", "storage")
#: entries of the manifest in this order; any other follows
KNOWN = ("command", "created", "gridsim", "python", "packages", "options", "seed", "inputs", "stages_s", "windows")


def assumed(findings: Findings, texts: Texts) -> tuple[Block, ...]:
    """Fixed statements on the data, then every assumed input."""
    statements = Items(texts("statement.lead"), tuple(_statements(findings, texts)))
    columns = [
        Col("table", "word:table", label="of_table"),
        Col("name", "word:any", label="of_name"),
        Col("column", "word:any", label="of_column"),
        Col("confidence", "word:confidence"),
        Col("source"),
        Col("note"),
    ]
    table = findings.tables.get("assumed")
    folded = table is not None and len(table) > OPEN_ROWS
    notes = () if table is None else (texts("note.assumed", count=len(table)),)
    return (statements, printed(findings, "assumed", columns, texts=texts, key="name", notes=notes, folded=folded))


def _statements(findings: Findings, texts: Texts) -> list[str]:
    summary = findings.summary
    years = summary.get("weather_years")
    count = len(years) if isinstance(years, Sequence) and not isinstance(years, str) else years
    names = ["data", "curtailment"]
    names += ["weather_single"] if count is None or int(count) <= 1 else ["weather_several"]
    names += [] if summary.get("weather_synthetic") is False else ["weather_synthetic"]
    names += ["hosting"] if any(table.startswith("hosting_") for table in findings.tables) else []
    return [texts(f"statement.{name}", count=count) for name in (*names, "model")]


def checks(findings: Findings, texts: Texts) -> tuple[Block, ...]:
    """The verdict's criteria one by one, and the independent re-computation."""
    columns = [
        Col("check", "word:check"),
        Col("ok", "ok"),
        Col("worst", "scientific"),
        Col("limit", "scientific", label="tolerance"),
        Col("where"),
    ]
    recomputed = printed(findings, "checks", columns, texts=texts, key="check", notes=(texts("note.checks"),))
    return (_verdict_table(findings, texts), recomputed)


def _verdict_table(findings: Findings, texts: Texts) -> Block:
    open_ = lacking(findings, texts, "verdict", ["criterion", "value", "limit", "ok"])
    if open_ is not None:
        return open_
    columns = [
        Col("criterion", "word:criterion"),
        Col("element"),
        Col("value"),
        Col("limit"),
        Col("unit"),
        Col("ok", "ok"),
    ]
    names, rows = Names(findings, texts), []
    for row in records(findings.tables["verdict"]):
        value, limit = criterion_numbers(row)
        shown = {**row, "value": value, "limit": limit}
        rows.append(
            tuple(
                cell(shown.get(c.column), c, texts, names, key=f"verdict/{row.get('criterion')}/{c.column}")
                for c in columns
            )
        )
    return Table(texts("table.verdict"), headers(columns, texts), tuple(rows))


def method(findings: Findings, texts: Texts) -> tuple[Block, ...]:
    """How the numbers are defined and made."""
    return (
        Items(texts("method.lead"), tuple(texts(f"method.{name}") for name in METHODS)),
        Paragraph(texts("method.limits"), "note"),
    )


def reproduction(findings: Findings, texts: Texts) -> tuple[Block, ...]:
    """Command, versions, options, input hashes and stage times: what another person needs to get the same."""
    manifest = findings.manifest
    if not manifest:
        return (Paragraph(texts("missing.table", file="manifest.json", what=texts("table.manifest")), "missing"),)
    blocks: list[Block] = []
    plain_rows = []
    for name in (*(k for k in KNOWN if k in manifest), *(k for k in manifest if k not in KNOWN)):
        value = manifest[name]
        if isinstance(value, Mapping):
            blocks.append(_mapping_table(name, value, texts))
        else:
            plain_rows.append((Cell(texts.word("manifest", name)), Cell(_brief(value, texts), f"manifest//{name}")))
    first = Table(texts("table.manifest"), _two_columns(texts), tuple(plain_rows))
    return (first, *blocks)


def _two_columns(texts: Texts) -> tuple[Header, Header]:
    return Header(texts("column.entry")), Header(texts("column.value"))


def _mapping_table(name: str, values: Mapping[str, Any], texts: Texts) -> Table:
    """One table for a part of the manifest; nested parts as ``outer.inner``."""
    rows = tuple(
        (
            Cell(plain(key)),
            Cell(_seconds(value) if name == "stages_s" else _brief(value, texts), f"manifest/{name}/{key}"),
        )
        for key, value in _flat(values)
    )
    caption = texts("table.manifest_part", name=texts.word("manifest", name))
    return Table(caption, _two_columns(texts), rows, folded=len(rows) > OPEN_ROWS)


def _seconds(value: Any) -> str:
    return numbers.number(value, "seconds") + " s" if isinstance(value, int | float) else plain(value)


def _flat(values: Mapping[str, Any], before: str = "") -> list[tuple[str, Any]]:
    rows: list[tuple[str, Any]] = []
    for key, value in values.items():
        rows += _flat(value, f"{before}{key}.") if isinstance(value, Mapping) else [(f"{before}{key}", value)]
    return rows


def _brief(value: Any, texts: Texts) -> str:
    """A value in one line; a long list of records as how many there are of each status."""
    if numbers.absent(value):
        return numbers.ABSENT
    if isinstance(value, list | tuple):
        if value and all(isinstance(v, Mapping) for v in value):
            count = Counter(str(v.get("status", texts("word.entry"))) for v in value)
            return texts.list_of([f"{status}: {n}" for status, n in count.items()])
        return plain(texts.list_of([str(v) for v in value]))
    return plain(value)

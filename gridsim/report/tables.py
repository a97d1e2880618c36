"""Tables of the findings as printed tables: which columns, in which kind, under which heading."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from gridsim.report import numbers
from gridsim.report.catalogue import Texts
from gridsim.report.commands import command_of
from gridsim.report.model import Cell, Header, Paragraph, Table
from gridsim.report.numbers import KINDS
from gridsim.store import Findings

#: column of tables of several weather years: which one a row is of
YEAR = "weather_year"


@dataclass(frozen=True)
class Col:
    """One printed column.

    ``kind`` is a kind of :mod:`gridsim.report.numbers`, ``scientific``, ``text``, ``time``, ``flag``, ``county``,
    ``word:<group>`` (a name that the catalogue translates) or ``phrase:<group>`` (a phrase that
    the run writes).  ``label`` is a key of the group ``column``, the column's own name if empty.  Values above
    ``limit`` are marked.
    """

    column: str
    kind: str = "text"
    label: str = ""
    limit: float | None = None


class Names:
    """English names beside the Chinese ones, where the tables have them, and the names of the two areas."""

    def __init__(self, findings: Findings, texts: Texts):
        self._english: dict[str, str] = {}
        city = findings.summary.get("area")
        balance = findings.tables.get("balance")
        areas = () if balance is None or "area" not in balance.columns else balance["area"].astype(str).unique()
        rest, english = next((str(a) for a in areas if a not in (city, "both")), ""), texts.lang == "en"
        self.city = str(findings.summary.get("area_en" if english else "area") or texts("word.city"))
        self.rest = texts("word.rest") if english or not rest else rest
        self.both = texts("word.all_areas")
        if english:
            self._english |= {str(name): shown for name, shown in ((city, self.city), (rest, self.rest)) if name}
        for table, column in (("map_station", "station"), ("county", "name")):
            frame = findings.tables.get(table)
            if texts.lang == "en" and frame is not None and {column, "name_en"} <= set(frame.columns):
                self._english |= dict(zip(frame[column].astype(str), frame["name_en"].fillna("").astype(str)))

    def area(self, name: object) -> str:
        """An area by its name in the data, or by ``city``, ``node`` and ``both``; any other name as it is."""
        roles = {"city": self.city, "node": self.rest, "both": self.both}
        return roles.get(str(name)) or self.short(name)

    def short(self, name: object) -> str:
        """The name in the report's language, where the tables have it."""
        return self._english.get(str(name)) or plain(name)


def missing(texts: Texts, name: str, *, folder: str = "tables", suffix: str = "csv") -> Paragraph:
    """The sentence in the place of a table that is not there, with the command that makes it."""
    said = texts("missing.table", file=f"{folder}/{name}.{suffix}", what=texts.word("table", name))
    return Paragraph(said + texts("missing.command", command=command_of(name)), "missing")


def lacking(findings: Findings, texts: Texts, name: str, columns: Sequence[str]) -> Paragraph | None:
    """The sentence that a table or some of its columns are missing; None if all is there."""
    frame = findings.tables.get(name)
    if frame is None:
        return missing(texts, name)
    gone = [c for c in columns if c not in frame.columns]
    return Paragraph(_lacks_columns(texts, name, gone), "missing") if gone else None


def ranked(findings: Findings, name: str, column: str) -> pd.DataFrame | None:
    """A table with its largest values first (in its own order if it lacks the column); None without the table."""
    frame = findings.tables.get(name)
    if frame is None or column not in frame.columns:
        return frame
    return frame.sort_values(column, ascending=False, kind="stable", na_position="last")


def _lacks_columns(texts: Texts, name: str, columns: Sequence[str]) -> str:
    return texts("missing.columns", columns=", ".join(columns), file=f"tables/{name}.csv")


def printed(
    findings: Findings,
    name: str,
    columns: Sequence[Col],
    *,
    texts: Texts,
    key: str,
    frame: pd.DataFrame | None = None,
    top: int | None = None,
    total: Mapping[str, Any] | None = None,
    notes: Sequence[str] = (),
    folded: bool = False,
) -> Table | Paragraph:
    """One table of the findings as it is printed, or the sentence that it is missing.

    Parameters
    ----------
    findings : Findings
        Where the table is looked up.
    name : str
        Table; also the key of its caption (``table.<name>``) and the first part of the cells' keys.
    columns : sequence of Col
        What is printed, in this order; columns that the table lacks are named in a note.
    key : str
        Column that names a row in the cells' keys.
    frame : DataFrame, optional
        Rows to print in place of the table's own (sorted, joined).
    top : int, optional
        Print only the first rows and say how many there are.
    total : mapping, optional
        Values of the bold last row by column.
    """
    rows = findings.tables.get(name) if frame is None else frame
    if rows is None:
        return missing(texts, name)
    caption = texts(f"table.{name}")
    if rows.empty or not len(rows.columns):
        return Paragraph(texts("missing.empty", what=caption))
    columns = _with_year(columns, rows)
    gone = [c.column for c in columns if c.column not in rows.columns]
    columns = [c for c in columns if c.column in rows.columns]
    if not columns:
        return Paragraph(_lacks_columns(texts, name, gone), "missing")
    remarks = [*notes]
    if gone:
        remarks.append(_lacks_columns(texts, name, gone))
    if top is not None and len(rows) > top:
        remarks.append(texts("note.top", shown=top, all=len(rows), file=f"tables/{name}.csv"))
    names = Names(findings, texts)
    row_keys = _distinct(rows[key].astype(str) if key in rows.columns else rows.index.astype(str))
    body = tuple(
        tuple(
            cell(value, col, texts, names, key=f"{name}/{row_key}/{col.column}") for value, col in zip(values, columns)
        )
        for row_key, values in zip(row_keys, rows[[c.column for c in columns]].itertuples(index=False, name=None))
    )
    last = _total(name, total, columns, texts, names) if total is not None else ()
    first = len(body) if top is None else top
    heads = headers(columns, texts)
    return Table(caption, heads, body[:first], last, tuple(remarks), folded, name=name, more=body[first:])


def _distinct(keys: Iterable[str]) -> list[str]:
    """Keys of rows; the second of the same name gets ``~2``, so that a key says one cell."""
    seen: Counter[str] = Counter()
    out = []
    for key in keys:
        seen[key] += 1
        out.append(key if seen[key] == 1 else f"{key}~{seen[key]}")
    return out


def _with_year(columns: Sequence[Col], rows: pd.DataFrame) -> list[Col]:
    """Columns with the weather year behind a time, where a row is of one of several weather years."""
    out: list[Col] = []
    for column in columns:
        out.append(column)
        if column.kind == "time" and YEAR in rows.columns and not any(c.column == YEAR for c in (*columns, *out)):
            out.append(Col(YEAR))
    return out


def headers(columns: Sequence[Col], texts: Texts) -> tuple[Header, ...]:
    """Heads of the columns in the language of the report."""
    return tuple(
        Header(
            texts(f"column.{c.label or c.column}"),
            texts(KINDS[c.kind].unit) if c.kind in KINDS else "",
            c.kind in KINDS or c.kind == "scientific",
            c.label or c.column,
            numbers.printed_value(c.limit, c.kind) if c.kind in KINDS else None,
        )
        for c in columns
    )


def cell(value: Any, col: Col, texts: Texts, names: Names, *, key: str = "") -> Cell:
    """One value as it is printed."""
    kind = col.kind
    if kind in KINDS:
        over = col.limit is not None and not numbers.absent(value) and float(value) > col.limit
        text = numbers.against(value, col.limit, kind)[0] if col.limit is not None else numbers.number(value, kind)
        return Cell(text, key, "bad" if over else "", True, numbers.printed_value(value, kind))
    if numbers.absent(value):
        return Cell(numbers.ABSENT, key)
    if kind == "scientific":
        return Cell(numbers.scientific(value), key, is_number=True)
    if kind == "flag":
        return Cell(texts("word.yes") if is_true(value) else texts("word.no"), key)
    if kind == "ok":
        return Cell(
            texts("word.ok") if is_true(value) else texts("word.not_ok"), key, "good" if is_true(value) else "bad"
        )
    if kind == "county":
        return Cell(names.short(value), key)
    if kind.startswith("phrase:"):
        return Cell(plain(texts.phrase(kind.removeprefix("phrase:"), value, names.area)), key)
    if kind.startswith("word:"):
        return Cell(plain(texts.word(kind.removeprefix("word:"), value)), key)
    return Cell(_time(value), key, "time") if kind == "time" else Cell(plain(value), key)


def number_cell(value: Any, kind: str, key: str, tone: str = "") -> Cell:
    """A number as it is printed, with its key and the number behind it."""
    return Cell(numbers.number(value, kind), key, tone, True, numbers.printed_value(value, kind))


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of a table as dictionaries."""
    return [{str(k): v for k, v in row.items()} for row in table.to_dict("records")]


def plain(value: object) -> str:
    """Text of the data as printed: addresses lose their scheme, so that the report links to nothing."""
    return re.sub(r"https?://", "", str(value))


def is_true(value: object) -> bool:
    """A flag of a table, also when a spreadsheet turned it into text."""
    return str(value).strip().lower() in ("true", "1", "1.0")


def _time(value: object) -> str:
    return str(value)[:16].replace("T", " ")


def _total(name: str, total: Mapping[str, Any], columns: Sequence[Col], texts: Texts, names: Names) -> tuple[Cell, ...]:
    first = Cell(texts("word.total"), is_number=columns[0].kind in KINDS)
    rest = (
        cell(total[c.column], c, texts, names, key=f"{name}//{c.column}") if c.column in total else Cell("")
        for c in columns[1:]
    )
    return (first, *rest)

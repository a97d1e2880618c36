"""Sheets of the tables that the report prints, with all their rows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from gridsim.report.catalogue import Texts
from gridsim.report.model import Cell, Table
from gridsim.report.xlsx.sheet import MOST_SIGNS, finish, link_to, widths_of, write_heads, write_notes
from gridsim.report.xlsx.style import Style, lines, shown_number, shown_time, width

#: rows of a sheet before its heads: title, way back
HEAD = 2
#: rows that decide how wide a column is
_LOOKED_AT = 400


def write_printed(
    sheet: Any, table: Table, style: Style, texts: Texts, *, home: str, target: tuple[float, str] | None
) -> list[tuple[int, tuple[str, ...]]]:
    """Write one printed table into its sheet.

    Parameters
    ----------
    sheet : xlsxwriter worksheet
    table : Table
        With ``more`` rows, if the report prints only the first.
    home : str
        Name of the sheet of contents.
    target : (float, str) or None
        Target rate and the cell that holds it: rates above are marked as long as they are above that cell.

    Returns
    -------
    list of (row, keys)
        Keys of the cells of every row, rows from 0.
    """
    rows = (*table.rows, *table.more)
    heads = [[h.label for h in table.headers], [h.unit for h in table.headers]]
    columns = [[row[k].text for row in (*rows[:_LOOKED_AT], *_last(table))] for k in range(len(table.headers))]
    widths = widths_of(heads, columns)
    title = f"{table.number} {table.caption}".strip()
    sheet.write_string(0, 0, title, style.title)
    sheet.write_url(1, 0, link_to(home), style.link, texts("workbook.back"))
    first = write_heads(sheet, style, heads, widths, HEAD)
    keys = []
    for k, row in enumerate(rows, start=first):
        for column, (cell, head) in enumerate(zip(row, table.headers)):
            write_cell(sheet, k, column, cell if head.limit is None else replace(cell, tone=""), style)
        _set_height(sheet, k, row, widths)
        keys.append((k, tuple(cell.key for cell in row)))
    last = first + len(rows) - 1
    if table.total:
        _write_total(sheet, table.total, rows, first, style)
        keys.append((last + 1, tuple(cell.key for cell in table.total)))
    _mark(sheet, table, style, first, last, target)
    finish(sheet, texts, title=title, widths=widths, first=first, last=last, keep=0 if _is_wide(widths) else 1)
    write_notes(sheet, style, table.notes, widths, last + 2 + bool(table.total))
    return keys


def _set_height(sheet: Any, at: int, row: Sequence[Cell], widths: Sequence[float]) -> None:
    """Room for the longest text of a row: a program that opens the file does not always find it itself."""
    most = max((lines(cell.text, w) for cell, w in zip(row, widths) if width(cell.text) > w), default=1)
    if most > 1:
        sheet.set_row(at, 14.5 * most + 1.0)


def _is_wide(widths: Sequence[float]) -> bool:
    """Whether the first column is too wide to stay in view."""
    return widths[0] > 30.0


def _last(table: Table) -> tuple[tuple[Cell, ...], ...]:
    return (table.total,) if table.total else ()


def write_cell(sheet: Any, row: int, column: int, cell: Cell, style: Style, *, total: bool = False) -> None:
    """One cell: a number that shows the cell's text, a time, or a text."""
    number, tone = shown_number(cell), "" if cell.tone == "time" else cell.tone
    if number is not None:
        sheet.write_number(row, column, number[0], style.body(total=total, tone=tone, num_format=number[1]))
    elif shown_time(cell) is not None:
        look = style.body(total=total, num_format="yyyy-mm-dd hh:mm", align="center")
        sheet.write_datetime(row, column, datetime.fromisoformat(cell.text), look)
    else:
        look = style.body(total=total, tone=tone, text_wrap=True, **({"align": "right"} if cell.is_number else {}))
        sheet.write_string(row, column, cell.text[:MOST_SIGNS], look)


def _write_total(sheet: Any, total: Sequence[Cell], rows: Sequence[Sequence[Cell]], first: int, style: Style) -> None:
    """The last row: a formula where it is the sum of the rows above, with its value; else the value."""
    from xlsxwriter.utility import xl_range

    at = first + len(rows)
    for column, cell in enumerate(total):
        number = shown_number(cell)
        above = [shown_number(row[column]) for row in rows]
        if number is not None and _is_sum(number[0], [a[0] for a in above if a is not None]):
            formula = f"=SUM({xl_range(first, column, at - 1, column)})"
            look = style.body(total=True, tone=cell.tone, num_format=number[1])
            sheet.write_formula(at, column, formula, look, number[0])
        else:
            write_cell(sheet, at, column, cell, style, total=True)


def _is_sum(total: float, values: Sequence[float]) -> bool:
    return len(values) > 1 and math.isclose(math.fsum(values), total, rel_tol=1e-12, abs_tol=1e-9)


def _mark(sheet: Any, table: Table, style: Style, first: int, last: int, target: tuple[float, str] | None) -> None:
    """Conditional format of the columns with a limit: the target by its cell, any other by its value."""
    over = style.book.add_format({"font_color": "#9c0006", "bg_color": "#ffc7ce"})
    for column, head in enumerate(table.headers):
        if head.limit is None or last < first:
            continue
        is_target = target is not None and head.unit == "%" and math.isclose(head.limit, target[0])
        value = target[1] if target is not None and is_target else head.limit
        # A text is greater than any number in a spreadsheet: the dash of an absent value is not marked.
        cell = f"{_letters(column)}{first + 1}"
        rule = {"type": "formula", "criteria": f"=AND(ISNUMBER({cell}),{cell}>{_limit(value)})", "format": over}
        sheet.conditional_format(first, column, last, column, rule)


def _limit(value: float | str) -> str:
    return value if isinstance(value, str) else repr(float(value))


def _letters(column: int) -> str:
    from xlsxwriter.utility import xl_col_to_name

    return str(xl_col_to_name(column))

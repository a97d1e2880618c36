"""The workbook: first sheet, printed tables, result tables, definitions."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from gridsim.report.catalogue import Texts
from gridsim.report.model import Chapter, Table
from gridsim.report.title import report_title
from gridsim.report.xlsx.cover import TARGET_COLUMN, TARGET_ROW, Cover, Entry, gaps, write_cover, write_definitions
from gridsim.report.xlsx.data import write_data
from gridsim.report.xlsx.printed import write_printed
from gridsim.report.xlsx.sheet import Names
from gridsim.report.xlsx.style import Style
from gridsim.store import Findings

#: sheet that nobody sees: what value of which table every printed cell shows
KEYS = "keys"
#: date of a workbook whose findings have none
EPOCH = datetime(2000, 1, 1)
_TAB = {"cover": "#1f4e79", "printed": "#2e75b6", "data": "#a6a6a6", "definitions": "#548235"}


def xlsx_bytes(chapters: Sequence[Chapter], findings: Findings, texts: Texts) -> bytes:
    """The workbook of a report.

    Parameters
    ----------
    chapters : sequence of Chapter
        Every table of theirs gets a sheet, in the order and with the numbers of the report.
    findings : Findings
        Every table of theirs gets a sheet of its own after these, in the units of the tables.
    texts : Texts
        Language; the numbers are the same in both.

    Returns
    -------
    bytes
        The same findings give the same bytes.  Links lead nowhere but inside the workbook.
    """
    import xlsxwriter

    stream = io.BytesIO()
    options = {"in_memory": True, "strings_to_urls": False, "strings_to_formulas": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(stream, options) as book:
        _fill(book, chapters, findings, texts)
    return stream.getvalue()


def _fill(book: Any, chapters: Sequence[Chapter], findings: Findings, texts: Texts) -> None:
    style, names = Style(book, texts.lang), Names({KEYS, "history"})
    title, subtitle = report_title(findings, texts)
    book.set_properties({"title": title, "subject": subtitle, "created": findings.created or EPOCH})
    home, means = names.of(texts("workbook.cover")), names.of(texts("workbook.definitions"))
    cover = book.add_worksheet(home)
    cover.set_tab_color(_TAB["cover"])
    target_percent = findings.summary.get("target_percent")
    target = None if target_percent is None else (float(target_percent), _cell_of(home))
    keys: list[tuple[str, int, tuple[str, ...]]] = []
    contents = [Entry(means, texts("workbook.definitions"), texts("workbook.definitions_long"))]
    printed: list[Table] = []
    for chapter in chapters:
        contents.append(Entry(label=chapter.number or "·", text=chapter.title))
        for table in (b for b in chapter.blocks if isinstance(b, Table)):
            sheet = book.add_worksheet(names.of(f"{table.number} {table.caption}"))
            sheet.set_tab_color(_TAB["printed"])
            found = write_printed(sheet, table, style, texts, home=home, target=target)
            keys += [(sheet.get_name(), row, of) for row, of in found]
            rows = len(table.rows) + len(table.more)
            contents.append(Entry(sheet.get_name(), table.number, table.caption, rows))
            printed.append(table)
        contents += gaps(chapter)
    contents += _data(book, findings, style, texts, names, home)
    definitions = book.add_worksheet(means)
    definitions.set_tab_color(_TAB["definitions"])
    write_definitions(definitions, printed, style, texts, home=home)
    said = Cover(title, subtitle, target and target[0], chapters, contents)
    keys += [(home, row, of) for row, of in write_cover(cover, said, style, texts)]
    _keys(book, keys)
    cover.activate()


def _data(book: Any, findings: Findings, style: Style, texts: Texts, names: Names, home: str) -> list[Entry]:
    """Sheets of the result tables; of several weather years the combined ones, each year's stand in its folder."""
    contents = [Entry(label="·", text=texts("workbook.data"))]
    for name, table in sorted(findings.tables.items()):
        if "/" in name or not len(table.columns):
            continue
        sheet = book.add_worksheet(names.of(texts("workbook.data_sheet", what=texts.word("table", name))))
        sheet.set_tab_color(_TAB["data"])
        write_data(sheet, name, table, style, texts, home=home)
        contents.append(Entry(sheet.get_name(), f"{name}.csv", texts.word("table", name), len(table)))
    return contents


def _keys(book: Any, keys: Sequence[tuple[str, int, tuple[str, ...]]]) -> None:
    """One row a row of a printed table: sheet, row (from 1), then the key of each of its cells."""
    sheet = book.add_worksheet(KEYS)
    sheet.very_hidden()
    for k, (name, row, of) in enumerate(keys):
        sheet.write_string(k, 0, name)
        sheet.write_number(k, 1, row + 1)
        for column, key in enumerate(of, start=2):
            if key:
                sheet.write_string(k, column, key)


def _cell_of(home: str) -> str:
    from xlsxwriter.utility import xl_rowcol_to_cell

    return f"'{home}'!{xl_rowcol_to_cell(TARGET_ROW, TARGET_COLUMN, row_abs=True, col_abs=True)}"

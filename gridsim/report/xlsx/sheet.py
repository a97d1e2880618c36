"""Names of sheets, and what every sheet with a table has: head, units, filter, panes, page."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from gridsim.report.catalogue import Texts
from gridsim.report.xlsx.style import Style, column_width, lines, width

#: limits of the format
MOST_ROWS, MOST_COLUMNS, MOST_SIGNS, NAME_SIGNS = 1_048_576, 16_384, 32_767, 31
#: columns of a page before the table is spread over several pages
PAGE_WIDTH = 190.0
A4, LANDSCAPE_MARGIN = 9, 0.4


@dataclass(frozen=True)
class Names:
    """Sheet names that are given: unlike each other, short enough, without forbidden signs."""

    given: set[str] = field(default_factory=set)

    def of(self, wish: str) -> str:
        """The wish as a sheet name that no other sheet has."""
        plain = re.sub(r"\s+", " ", re.sub(r"[\[\]:*?/\\']", " ", wish)).strip() or "-"
        name, k = plain[:NAME_SIGNS].strip(), 1
        while name.casefold() in self.given:
            k += 1
            name = f"{plain[: NAME_SIGNS - len(str(k)) - 1].strip()} {k}"
        self.given.add(name.casefold())
        return name


def link_to(sheet: str) -> str:
    """Address of a sheet inside the workbook."""
    return f"internal:'{sheet}'!A1"


def write_heads(sheet: Any, style: Style, heads: Sequence[Sequence[str]], widths: Sequence[float], row: int) -> int:
    """Rows of the head (labels, then units ...); returns the row after them."""
    for k, texts in enumerate(heads):
        look = style.head if k == 0 else style.unit
        for column, text in enumerate(texts):
            sheet.write_string(row + k, column, text, look)
        if k == 0:
            high = max((lines(t, w) for t, w in zip(texts, widths)), default=1)
            sheet.set_row(row, 16.0 * high + 2.0)
    return row + len(heads)


def finish(sheet: Any, texts: Texts, *, title: str, widths: Sequence[float], first: int, last: int, keep: int) -> None:
    """Filter, panes, widths and page of a sheet whose table has its data in the rows first to last.

    The filter stands in the row before ``first``: the last of the head, so that no row of the head is filtered.
    ``keep`` columns stay in view.
    """
    for column, w in enumerate(widths):
        sheet.set_column(column, column, w)
    if last >= first:
        sheet.autofilter(first - 1, 0, last, len(widths) - 1)
    sheet.freeze_panes(first, keep)
    sheet.set_landscape()
    sheet.set_paper(A4)
    sheet.set_margins(LANDSCAPE_MARGIN, LANDSCAPE_MARGIN, 0.6, 0.6)
    sheet.repeat_rows(0, first - 1)
    pages = max(1, round(sum(widths) / PAGE_WIDTH + 0.35))
    sheet.fit_to_pages(pages, 0)
    if pages > 1 and keep:
        sheet.repeat_columns(0, keep - 1)
    sheet.set_footer(f"&L&9{title.replace('&', '&&')}&R&9{texts('workbook.page')}")
    sheet.hide_gridlines(2)


def write_notes(sheet: Any, style: Style, notes: Sequence[str], widths: Sequence[float], row: int) -> None:
    """Notes under a table, each over its whole width."""
    for note in notes:
        room, columns = 0.0, 0
        while columns < len(widths) and room < 130.0:
            room += widths[columns]
            columns += 1
        if columns > 1:
            sheet.merge_range(row, 0, row, columns - 1, "", style.note)
        sheet.write_string(row, 0, note[:MOST_SIGNS], style.note)
        sheet.set_row(row, 13.5 * lines(note, room) + 2.0)
        row += 1


def widths_of(heads: Sequence[Sequence[str]], columns: Sequence[list[str]]) -> list[float]:
    """Widths of columns from what they hold; a long label may wrap into two lines, the filter's arrow has room."""
    out = []
    for head, cells in zip(zip(*heads), columns):
        label = max(width(head[0]) / 2.0, *(width(t) + 2.5 for t in head[1:]), 0.0)
        out.append(max(column_width(cells), min(label + 1.5, 42.0)))
    return out

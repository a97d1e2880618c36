"""The first sheet: what was found, and the contents with a link to every sheet; the sheet of definitions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from gridsim.report.catalogue import Texts
from gridsim.report.model import Chapter, Paragraph, Table, Tiles, Verdict
from gridsim.report.xlsx.printed import write_cell
from gridsim.report.xlsx.sheet import A4, link_to
from gridsim.report.xlsx.style import Style, lines, width

#: widths of the columns of the first sheet
_WIDTHS = (18.0, 46.0, 14.0, 12.0, 60.0)
#: the cell of the target, as other sheets name it
TARGET_ROW, TARGET_COLUMN = 4, 2
_COLOURS = {"pass": "#c6e0b4", "conditional": "#ffe699", "fail": "#f4b6b6"}


@dataclass(frozen=True)
class Entry:
    """A line of the contents: sheet, caption and rows; a chapter has no sheet, a gap only its sentence."""

    sheet: str = ""
    label: str = ""
    text: str = ""
    rows: int = 0


@dataclass(frozen=True)
class Cover:
    """What the first sheet says."""

    title: str
    subtitle: str
    target_percent: float | None
    chapters: Sequence[Chapter]
    contents: Sequence[Entry]


def write_cover(sheet: Any, cover: Cover, style: Style, texts: Texts) -> list[tuple[int, tuple[str, ...]]]:
    """Write the first sheet; returns the keys of its cells by row."""
    for column, w in enumerate(_WIDTHS):
        sheet.set_column(column, column, w)
    sheet.write_string(0, 0, cover.title, style(bold=True, font_size=18))
    sheet.write_string(1, 0, cover.subtitle, style(font_size=12, font_color="#595959"))
    _line(sheet, 2, texts("report.not_operating"), style(bold=True, text_wrap=True, font_color="#7f0000"))
    if cover.target_percent is not None:
        sheet.write_string(TARGET_ROW, 0, texts("workbook.target"), style(bold=True))
        look = style(bold=True, num_format="0.00", bg_color="#fff2cc", border=1)
        sheet.write_number(TARGET_ROW, TARGET_COLUMN, cover.target_percent, look)
        sheet.write_string(TARGET_ROW, TARGET_COLUMN + 1, "%", style())
        sheet.write_string(TARGET_ROW, TARGET_COLUMN + 2, texts("workbook.target_note"), style.note)
    row, keys = 6, []
    for block in (b for chapter in cover.chapters for b in chapter.blocks):
        if isinstance(block, Verdict):
            row = _verdict(sheet, block, style, row)
        elif isinstance(block, Tiles):
            row, found = _tiles(sheet, block, style, row)
            keys += found
    _contents(sheet, cover.contents, style, texts, row + 1)
    sheet.hide_gridlines(2)
    sheet.set_portrait()
    sheet.set_paper(A4)
    sheet.fit_to_pages(1, 0)
    sheet.set_footer(f"&R&9{texts('workbook.page')}")
    return keys


def _line(sheet: Any, row: int, text: str, look: Any) -> None:
    """A sentence over the whole width."""
    sheet.merge_range(row, 0, row, len(_WIDTHS) - 1, "", look)
    sheet.write_string(row, 0, text, look)
    sheet.set_row(row, 15.0 * lines(text, sum(_WIDTHS)) + 3.0)


def _verdict(sheet: Any, block: Verdict, style: Style, row: int) -> int:
    look = style(bold=True, font_size=13, text_wrap=True, bg_color=_COLOURS.get(block.verdict, "#e7e6e6"))
    _line(sheet, row, f"{block.word}  {block.headline}", look)
    sheet.set_row(row, 22.0 * lines(f"{block.word}  {block.headline}", sum(_WIDTHS) * 0.75))
    for k, reason in enumerate((block.lead, *block.reasons) if block.reasons else ()):
        row += 1
        _line(sheet, row, f"• {reason}" if k else reason, style(text_wrap=True))
    return row + 2


def _tiles(sheet: Any, block: Tiles, style: Style, row: int) -> tuple[int, list[tuple[int, tuple[str, ...]]]]:
    keys: list[tuple[int, tuple[str, ...]]] = []
    for tile in block.tiles:
        sheet.merge_range(row, 0, row, 1, "", style())
        sheet.write_string(row, 0, tile.label, style())
        write_cell(sheet, row, 2, tile.cell, style)
        sheet.write_string(row, 3, tile.unit, style())
        sheet.write_string(row, 4, tile.note, style.note)
        keys.append((row, ("", "", tile.cell.key)))
        row += 1
    return row, keys


def _contents(sheet: Any, contents: Sequence[Entry], style: Style, texts: Texts, row: int) -> None:
    for column, key in enumerate(("number", "caption", "rows")):
        sheet.write_string(row, column, texts(f"workbook.{key}"), style.head)
    for entry in contents:
        row += 1
        if entry.sheet:
            sheet.write_url(row, 0, link_to(entry.sheet), style.link, entry.label[:250])
            sheet.write_url(row, 1, link_to(entry.sheet), style.link, entry.text[:250])
            sheet.write_number(row, 2, entry.rows, style(num_format="0"))
        elif entry.label:
            sheet.write_string(row, 0, f"{entry.label} {entry.text}".strip(), style(bold=True, top=1))
        else:
            look = style(font_color="#7f7f7f", text_wrap=True, italic=True)
            _line(sheet, row, entry.text, look)


def gaps(chapter: Chapter) -> list[Entry]:
    """Sentences of a chapter about data that are not there."""
    return [Entry(text=b.text) for b in chapter.blocks if isinstance(b, Paragraph) and b.style == "missing"]


def write_definitions(sheet: Any, tables: Sequence[Table], style: Style, texts: Texts, *, home: str) -> None:
    """Terms with their equations, then every printed column: label, unit, meaning, the tables it stands in."""
    widths = (26.0, 14.0, 78.0, 34.0)
    for column, w in enumerate(widths):
        sheet.set_column(column, column, w)
    sheet.write_string(0, 0, texts("workbook.definitions"), style.title)
    sheet.write_url(1, 0, link_to(home), style.link, texts("workbook.back"))
    row = 2
    rows = [(texts(f"term.{k}"), "", texts(f"term.{k}_means"), "") for k in TERMS]
    for first, body in (("term", rows), ("column", _columns(tables, texts))):
        for column, key in enumerate((first, "unit", "meaning", "tables")):
            sheet.write_string(row, column, texts(f"workbook.{key}"), style.head)
        for cells in body:
            row += 1
            for column, text in enumerate(cells):
                sheet.write_string(row, column, text, style.body(text_wrap=True, valign="top"))
            sheet.set_row(row, 14.5 * max(lines(t, w) for t, w in zip(cells, widths)) + 1.0)
        row += 2
    sheet.freeze_panes(2, 0)
    sheet.hide_gridlines(2)
    sheet.set_landscape()
    sheet.set_paper(A4)
    sheet.fit_to_pages(1, 0)
    sheet.set_footer(f"&L&9{texts('workbook.definitions')}&R&9{texts('workbook.page')}")


#: terms that the definitions begin with, in this order
TERMS = (
    "available",
    "used",
    "curtailed",
    "rate",
    "rate_system",
    "provincial",
    "local",
    "plant_side",
    "share",
    "verdict",
    "scope",
    "violation",
    "n1",
    "unavoidable",
    "time",
    "sign",
)


def _columns(tables: Sequence[Table], texts: Texts) -> list[tuple[str, str, str, str]]:
    """Every printed column once, with the numbers of the tables that have it."""
    found: dict[tuple[str, str, str], list[str]] = {}
    for table in tables:
        for head in table.headers:
            where = found.setdefault((head.label, head.unit, head.name), [])
            where += [table.number] if table.number and table.number not in where else []
    rows = []
    for (label, unit, name), where in found.items():
        means = texts(f"meaning.{name}") if texts.has(f"meaning.{name}") else ""
        rows.append((label, unit, means, _shortened(where, texts)))
    return sorted(rows, key=lambda row: (row[2] == "", width(row[0]) > 60))


def _shortened(names: Sequence[str], texts: Texts) -> str:
    """Numbers of tables, the first eight of many."""
    return texts.list_of(list(names[:8])) + (" …" if len(names) > 8 else "")

"""Tables, native to Word: repeated head, units, numbers to the right, bold total, nothing off the page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

from gridsim.report.docx.captions import caption
from gridsim.report.docx.columns import SIZES_PT, Fit, height_pt
from gridsim.report.docx.printing import Printing
from gridsim.report.docx.wordml import attribute, run
from gridsim.report.model import Cell, Header, Table

#: a longer folded table is cut: the results folder has it whole
FOLDED_ROWS = 150
#: a table lower than this part of a page stays on one page; of others at least so many rows stay together
WHOLE, TOGETHER = 0.4, 3
KEEP = "<w:keepNext/>"
COLOURS = {"bad": "B30000", "good": "00674A"}
HEAD_FILL = "E8EDF1"


def table(block: Table, fitted: Fit, printing: Printing, *, page_pt: float) -> str:
    """A table with its caption, the unit that all its numbers share, and its notes.

    A table that is low for a page of this height [pt] is not divided.
    """
    block = _cut(block, printing)
    unit = common_unit(block)
    texts = printing.texts
    parts = [caption("table", block.number, block.caption, printing, KEEP)]
    if unit:
        parts.append(printing.paragraph("Report Unit", run(texts("docx.unit", unit=unit)), KEEP))
        block = replace(block, headers=tuple(replace(h, unit="") for h in block.headers))
    parts.append(_grid(block, fitted, printing, page_pt))
    parts += [printing.paragraph("Report Note", run(note)) for note in notes(block.notes, printing)]
    return "".join(parts) if block.notes else "".join(parts) + printing.paragraph("Report Break", "")


def common_unit(block: Table) -> str:
    """The unit of all numbers of a table, empty if they differ or there is but one column of them."""
    numbers = [h for h in block.headers if h.is_number]
    units = {h.unit for h in block.headers if h.is_number or h.unit}
    return units.pop() if len(numbers) > 1 and len(units) == 1 else ""


def notes(written: Sequence[str], printing: Printing) -> list[str]:
    """Notes as they stand under a table or figure, numbered if there are several."""
    texts = printing.texts
    if len(written) == 1:
        return [texts("docx.note", text=written[0])]
    return [texts("docx.note_of_several", index=k, text=note) for k, note in enumerate(written, start=1)]


def _cut(block: Table, printing: Printing) -> Table:
    """A folded table as it is printed: whole if it is not very long, else its first rows and a sentence."""
    if not block.folded or len(block.rows) <= FOLDED_ROWS:
        return block
    name = next((c.key.split("/")[0] for row in block.rows for c in row if c.key), "")
    sentence = printing.texts("docx.cut", shown=FOLDED_ROWS, all=len(block.rows), file=f"tables/{name}.csv")
    return replace(block, rows=block.rows[:FOLDED_ROWS], notes=(*block.notes, sentence))


def _grid(block: Table, fitted: Fit, printing: Printing, page_pt: float) -> str:
    widths = [round(20 * w) for w in fitted.widths_pt]
    small = "Small " if fitted.size_pt < SIZES_PT[0] else ""
    body = [(row, "") for row in block.rows] + ([(block.total, "<w:b/>")] if block.total else [])
    whole = height_pt(block, fitted) < WHOLE * page_pt
    rows = [_head(block.headers, widths, small, printing)]
    for k, (row, bold) in enumerate(body):
        kept = whole or k < TOGETHER - 1 or k >= len(body) - TOGETHER
        last = k == len(body) - 1 and not block.notes
        rows.append(_row(row, widths, small, printing, KEEP if kept and not last else "", bold=bold))
    columns = "".join(f'<w:gridCol w:w="{w}"/>' for w in widths)
    about = f"<w:tblCaption w:val={attribute(f'{block.number} {block.caption}'.strip())}/>"
    return (
        f'<w:tbl><w:tblPr><w:tblStyle w:val="{printing.styles["Report Table"]}"/>'
        f'<w:tblW w:w="{sum(widths)}" w:type="dxa"/><w:jc w:val="center"/><w:tblLayout w:type="fixed"/>'
        f'<w:tblLook w:val="0420" w:firstRow="1" w:lastRow="0" w:firstColumn="0" w:lastColumn="0" w:noHBand="0" '
        f'w:noVBand="1"/>{about}</w:tblPr><w:tblGrid>{columns}</w:tblGrid>{"".join(rows)}</w:tbl>'
    )


def _row(
    cells: Sequence[Cell], widths: Sequence[int], small: str, printing: Printing, keep: str, *, bold: str = ""
) -> str:
    shown = "".join(_cell(cell, w, small, printing, keep, bold) for cell, w in zip(cells, widths))
    return f"<w:tr><w:trPr><w:cantSplit/></w:trPr>{shown}</w:tr>"


def _cell(cell: Cell, width: int, small: str, printing: Printing, keep: str, bold: str) -> str:
    """One value; spaces before a name ("of which") become an indent, so that the name's second line has it, too."""
    text = cell.text.lstrip(" \u3000")
    indent = '<w:ind w:left="180"/>' if len(text) < len(cell.text) else ""
    format_ = bold or ("<w:b/>" if cell.tone == "bad" else "")
    if cell.tone in COLOURS:
        format_ += f'<w:color w:val="{COLOURS[cell.tone]}"/>'
    style = f"Report {small}Number" if cell.is_number else f"Report {small}Cell"
    content = printing.paragraph(style, run(text, format_), keep + indent, anchor=printing.keyed(cell))
    return f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/></w:tcPr>{content}</w:tc>'


# --- the head ------------------------------------------------------------------------------------------------


def _head(headers: Sequence[Header], widths: Sequence[int], small: str, printing: Printing) -> str:
    """The head, in two rows where neighbouring labels share what stands before their colon."""
    colon = printing.texts("docx.colon")
    groups = [(name, len(list(of))) for name, of in groupby(headers, key=lambda h: h.label.partition(colon)[0])]
    spans = {sum(n for _, n in groups[:k]): (name, n) for k, (name, n) in enumerate(groups) if n > 1}
    if not spans:
        return _head_row([_head_cell(h.label, h.unit, w, "", small, printing) for h, w in zip(headers, widths)])
    upper, lower, column = [], [], 0
    while column < len(headers):
        name, width = spans.get(column, ("", 1))
        of = range(column, column + width)
        if name:
            span = f'<w:gridSpan w:val="{width}"/>'
            upper.append(_head_cell(name, "", sum(widths[k] for k in of), span, small, printing))
            rest = (headers[k].label.partition(colon)[2] for k in of)
            lower += [_head_cell(label, headers[k].unit, widths[k], "", small, printing) for k, label in zip(of, rest)]
        else:
            head, both = headers[column], "<w:vMerge{}/>"
            upper.append(
                _head_cell(head.label, head.unit, widths[column], both.format(' w:val="restart"'), small, printing)
            )
            lower.append(_head_cell("", "", widths[column], both.format(""), small, printing))
        column += width
    return _head_row(upper) + _head_row(lower)


def _head_row(cells: Sequence[str]) -> str:
    return f"<w:tr><w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>{''.join(cells)}</w:tr>"


def _head_cell(label: str, unit: str, width: int, span: str, small: str, printing: Printing) -> str:
    shown = f"({unit})" if unit and not label.endswith(f"({unit})") else ""
    lines = run("\n".join(line for line in (label, shown) if line))
    content = printing.paragraph(f"Report {small}Head", lines, KEEP)
    return (
        f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/>{span}'
        f'<w:shd w:val="clear" w:color="auto" w:fill="{HEAD_FILL}"/><w:vAlign w:val="center"/></w:tcPr>{content}</w:tc>'
    )

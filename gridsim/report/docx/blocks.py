"""Blocks of a chapter as WordprocessingML, tables apart."""

from __future__ import annotations

from collections.abc import Mapping

from gridsim.report.docx.captions import caption
from gridsim.report.docx.printing import HEADINGS, Entry, Page, Printing
from gridsim.report.docx.sequences import HeadingNumbers, Numbered
from gridsim.report.docx.tables import COLOURS, KEEP, notes
from gridsim.report.docx.wordml import EMU, TWIPS, attribute, bookmark, run
from gridsim.report.drawn import DPI, Drawn
from gridsim.report.model import Chapter, Figure, Heading, Items, Paragraph, Tiles, Verdict

#: colour of the word of a verdict
VERDICTS = {"pass": "00674A", "conditional": "8A5A00", "fail": "B30000", "unknown": "5B6873"}
STYLES = {"plain": "Report Body", "note": "Report Note", "statement": "Report Statement", "missing": "Report Missing"}
#: the widest a figure is drawn above its own size, the highest it may be on a page
ENLARGED, HIGHEST = 1.1, 0.82
TILES_IN_ROW = 3
#: levels of headings that the contents list
LISTED = 2


def chapter_head(chapter: Chapter, printing: Printing, numbers: HeadingNumbers) -> str:
    """The head of a chapter; its style begins a new page, unless the report is brief."""
    same_page = '<w:pageBreakBefore w:val="0"/>' if printing.brief else ""
    return _heading(chapter.number, chapter.title, numbers.chapter(chapter.number), printing, same_page)


def heading(block: Heading, printing: Printing, numbers: HeadingNumbers) -> str:
    """The head of a section."""
    return _heading(block.number, block.text, numbers.section(block.number), printing)


def _heading(number: str, text: str, numbered: Numbered, printing: Printing, properties: str = "") -> str:
    name, mark = printing.bookmark()
    shown = f"{number} {text}".strip()
    if numbered.level <= LISTED:
        printing.contents["heading"].append(Entry(numbered.level, shown, name))
    list_ = f'<w:ilvl w:val="{numbered.level - 1}"/><w:numId w:val="{numbered.list_id}"/>'
    content = bookmark(name, mark, run(f"{numbered.plain} {text}".strip()))
    return printing.paragraph(HEADINGS[numbered.level - 1], content, f"{properties}<w:numPr>{list_}</w:numPr>")


def paragraph(block: Paragraph, printing: Printing) -> str:
    """A paragraph in the style of what it is."""
    return printing.paragraph(STYLES.get(block.style, STYLES["plain"]), run(block.text))


def items(block: Items, printing: Printing) -> str:
    """A lead and its numbered sentences."""
    lead = printing.paragraph("Report Lead", run(block.lead)) if block.lead else ""
    list_ = f'<w:numPr><w:ilvl w:val="0"/><w:numId w:val="{printing.new_list()}"/></w:numPr>'
    single = len(block.items) == 1
    return lead + "".join(printing.paragraph("Report Item", run(i), "" if single else list_) for i in block.items)


def verdict(block: Verdict, printing: Printing, page: Page) -> str:
    """The verdict box: the word on its colour, beside it the sentence and its reasons."""
    colour, style = VERDICTS.get(block.verdict, VERDICTS["unknown"]), "Report Verdict"
    width = round(page.text_width * TWIPS)
    left = round(24 * TWIPS)
    said = [printing.paragraph(style, run(block.headline, "<w:b/>"))]
    if block.reasons:
        said.append(printing.paragraph(style, run(block.lead, "<w:b/>"), KEEP))
        texts = printing.texts
        said += [
            printing.paragraph(style, run(texts("docx.reason", index=k, text=reason)))
            for k, reason in enumerate(block.reasons, start=1)
        ]
    word = printing.paragraph("Report Verdict Word", run(block.word))
    fill = f'<w:shd w:val="clear" w:color="auto" w:fill="{colour}"/><w:vAlign w:val="center"/>'
    row = _box_cell(left, fill, word) + _box_cell(width - left, "", "".join(said))
    return _box([left, width - left], f"<w:tr>{row}</w:tr>", printing) + printing.paragraph("Report Break", "")


def tiles(block: Tiles, printing: Printing, page: Page) -> str:
    """The headline numbers, three in a row: label, number with unit, note."""
    width = round(page.text_width * TWIPS / TILES_IN_ROW)
    rows = []
    for first in range(0, len(block.tiles), TILES_IN_ROW):
        cells = []
        for tile in block.tiles[first : first + TILES_IN_ROW]:
            colour = f'<w:color w:val="{COLOURS[tile.cell.tone]}"/>' if tile.cell.tone in COLOURS else ""
            number = run(tile.cell.text, colour) + run(f" {tile.unit}", '<w:b w:val="0"/><w:sz w:val="18"/>')
            content = printing.paragraph("Report Tile", run(tile.label), KEEP)
            content += printing.paragraph("Report Tile Number", number, KEEP, anchor=printing.keyed(tile.cell))
            content += printing.paragraph("Report Tile", run(tile.note))
            cells.append(_box_cell(width, "", content))
        empty = _box_cell(width, "", printing.paragraph("Report Tile", ""))
        cells += [empty] * (TILES_IN_ROW - len(cells))
        rows.append(f"<w:tr><w:trPr><w:cantSplit/></w:trPr>{''.join(cells)}</w:tr>")
    return _box([width] * TILES_IN_ROW, "".join(rows), printing) + printing.paragraph("Report Break", "")


def figure(block: Figure, printing: Printing, page: Page, drawn: Mapping[str, Drawn]) -> str:
    """A figure with its caption below and its notes."""
    texts, picture = printing.texts, drawn[block.name]
    width, height = picture_size(picture, page)
    shown = printing.paragraph("Report Figure", _drawing(block, picture.png, width, height, printing))
    under = caption("figure", block.number, block.caption, printing, KEEP if block.notes else "")
    below = [printing.paragraph("Report Note", run(note)) for note in notes(block.notes, printing)]
    if picture.lacking:
        sentence = texts("report.glyphs", characters=texts.list_of(list(picture.lacking)))
        below.append(printing.paragraph("Report Missing", run(sentence)))
    return shown + under + "".join(below)


def picture_size(picture: Drawn, page: Page) -> tuple[float, float]:
    """Width and height of a figure on a page: as drawn, smaller if it must, a little larger if it may. [mm]"""
    width, height = picture.width_px / DPI * 25.4, picture.height_px / DPI * 25.4
    scale = min(page.text_width / width, page.text_height * HIGHEST / height, ENLARGED)
    return width * scale, height * scale


def _drawing(block: Figure, png: bytes, width: float, height: float, printing: Printing) -> str:
    size = f'cx="{round(width * EMU)}" cy="{round(height * EMU)}"'
    number = printing.number()
    name, alt = attribute(block.name), attribute(block.alt)
    return (
        f'<w:r><w:drawing><wp:inline distT="0" distB="0" distL="0" distR="0"><wp:extent {size}/>'
        f'<wp:docPr id="{number}" name={name} descr={alt}/><a:graphic>'
        f'<a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/picture"><pic:pic><pic:nvPicPr>'
        f'<pic:cNvPr id="{number}" name={name}/><pic:cNvPicPr/></pic:nvPicPr><pic:blipFill>'
        f'<a:blip r:embed="{printing.picture(png)}"/><a:stretch><a:fillRect/></a:stretch></pic:blipFill>'
        f'<pic:spPr><a:xfrm><a:off x="0" y="0"/><a:ext {size}/></a:xfrm><a:prstGeom prst="rect"><a:avLst/>'
        f"</a:prstGeom></pic:spPr></pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing></w:r>"
    )


def _box(widths: list[int], rows: str, printing: Printing) -> str:
    """A table without head that is no table of data."""
    columns = "".join(f'<w:gridCol w:w="{w}"/>' for w in widths)
    return (
        f'<w:tbl><w:tblPr><w:tblStyle w:val="{printing.styles["Report Table"]}"/>'
        f'<w:tblW w:w="{sum(widths)}" w:type="dxa"/><w:jc w:val="center"/><w:tblLayout w:type="fixed"/></w:tblPr>'
        f"<w:tblGrid>{columns}</w:tblGrid>{rows}</w:tbl>"
    )


def _box_cell(width: int, properties: str, content: str) -> str:
    return f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/>{properties}</w:tcPr>{content}</w:tc>'

"""Table of contents, lists of tables and of figures: fields that are filled in already.

Every line ends in a PAGEREF field.  LibreOffice lays these out when it opens the file, unless they stand inside a TOC
field, whose stored text it shows as it is; so the TOC field around them is marked as for Word 2013 and later
(``mc:Choice Requires="w15"``), which LibreOffice leaves out.  Word offers to update the fields when it opens the file
(``w:updateFields``); until then the lines have no page number, for a wrong one would be worse.
"""

from __future__ import annotations

from collections.abc import Sequence

from gridsim.report.docx.printing import Entry, Page, Printing
from gridsim.report.docx.wordml import TWIPS, field, plain_text, run

#: what a TOC field collects
HEADINGS = '\\o "1-2" \\h \\z \\u'
CAPTIONS = '\\h \\z \\c "{}"'


def contents(kind: str, printing: Printing, page: Page) -> str:
    """The lines of one list: ``heading``, ``table`` or ``figure``."""
    entries = printing.contents[kind]
    if not entries:
        return printing.paragraph("Report Body", run(printing.texts("docx.no_entries")))
    collects = HEADINGS if kind == "heading" else CAPTIONS.format(printing.texts(f"docx.sequence_{kind}"))
    return "".join(_line(entries, k, collects, printing, page) for k in range(len(entries)))


def _line(entries: Sequence[Entry], k: int, collects: str, printing: Printing, page: Page) -> str:
    entry = entries[k]
    style = f"toc {entry.level}" if entry.level else "table of figures"
    edge = f'<w:tabs><w:tab w:val="right" w:leader="dot" w:pos="{round(page.text_width * TWIPS)}"/></w:tabs>'
    number = field(f"PAGEREF {entry.bookmark} \\h", "")
    line = f"{run(entry.text)}<w:r><w:tab/></w:r>{number}"
    link = f'<w:hyperlink w:anchor="{entry.bookmark}" w:history="1">{line}</w:hyperlink>'
    code = f'<w:instrText xml:space="preserve"> TOC {plain_text(collects)} </w:instrText>'
    start = _for_word(f'<w:fldChar w:fldCharType="begin"/>{code}<w:fldChar w:fldCharType="separate"/>')
    end = _for_word('<w:fldChar w:fldCharType="end"/>')
    content = (start if k == 0 else "") + link + (end if k == len(entries) - 1 else "")
    return printing.paragraph(style, content, edge)


def _for_word(content: str) -> str:
    """Content of a run that only Word 2013 and later read."""
    return f'<w:r><mc:AlternateContent><mc:Choice Requires="w15">{content}</mc:Choice></mc:AlternateContent></w:r>'

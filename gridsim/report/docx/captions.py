"""Captions whose numbers are fields: STYLEREF gives the chapter, SEQ counts in it."""

from __future__ import annotations

import re

from gridsim.report.docx.printing import Entry, Printing
from gridsim.report.docx.wordml import bookmark, field, run

_NUMBER = re.compile(r"(?P<label>.*?)(?P<chapter>\d+|[A-Z])-(?P<index>\d+)")


def caption(kind: str, number: str, text: str, printing: Printing, properties: str = "") -> str:
    """A caption of a table or a figure, and its line in the list of these."""
    parts = _NUMBER.fullmatch(number)
    if parts:
        label, chapter, index = parts["label"], parts["chapter"], int(parts["index"])
        counted = printing.sequences.number(printing.texts(f"docx.sequence_{kind}"), chapter, index)
        shown = run(label) + field("STYLEREF 1 \\s", chapter) + run("-") + field(counted, str(index))
    else:
        shown = run(number) if number else ""
    name, mark = printing.bookmark()
    gap = printing.texts("docx.caption_gap") if number else ""
    printing.contents[kind].append(Entry(0, f"{number}{gap}{text}", name))
    return printing.paragraph("caption", bookmark(name, mark, shown + run(f"{gap}{text}")), properties)

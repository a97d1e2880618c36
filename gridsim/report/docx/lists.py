"""Numbered lists of a document: headings, appendices, numbered sentences."""

from __future__ import annotations

from typing import cast

from docx.document import Document
from docx.opc.constants import CONTENT_TYPE, RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import XmlPart
from lxml import etree

from gridsim.report.docx.wordml import W, attribute, declarations

#: levels of headings: 3, 3.1, 3.1.1
HEADING_TEXTS = ("%1", "%1.%2", "%1.%2.%3")


class Lists:
    """The numbering part of a document; lists are added to it.

    Parameters
    ----------
    document : Document
        A part for numbering is made if there is none.
    item : str
        What stands before an item of a list, ``%1`` for its number.
    """

    def __init__(self, document: Document, item: str):
        self._root = _part(document).element
        self._items = self._abstract(_level(0, item, "decimal", indent=True))
        self._headings: dict[str, int] = {}

    def items(self) -> int:
        """A new list of items that starts at 1; its id."""
        return self._list(self._items, 1)

    def headings(self, prefix: str, start: int, is_letter: bool) -> int:
        """A new list of headings that starts at a number; its id."""
        kind = f"{prefix}{'A' if is_letter else '1'}"
        if kind not in self._headings:
            texts = (prefix + HEADING_TEXTS[0], *HEADING_TEXTS[1:])
            formats = ("upperLetter" if is_letter else "decimal", "decimal", "decimal")
            self._headings[kind] = self._abstract("".join(map(_level, range(3), texts, formats)))
        return self._list(self._headings[kind], start)

    def _abstract(self, levels: str) -> int:
        """Add a definition of a list; definitions stand before the lists that use them."""
        number = 1 + max([int(a.get(f"{W}abstractNumId")) for a in self._root.iter(f"{W}abstractNum")], default=-1)
        kind = '<w:multiLevelType w:val="multilevel"/>'
        made = _parsed(f'<w:abstractNum w:abstractNumId="{number}">{kind}{levels}</w:abstractNum>')
        first = self._root.find(f"{W}num")
        if first is None:
            self._root.append(made)
        else:
            first.addprevious(made)
        return number

    def _list(self, abstract: int, start: int) -> int:
        """Add a list of its own; lists stand before the mark of a clean-up, which is last."""
        lists = self._root.findall(f"{W}num")
        number = 1 + max([int(n.get(f"{W}numId")) for n in lists], default=0)
        begin = f'<w:lvlOverride w:ilvl="0"><w:startOverride w:val="{start}"/></w:lvlOverride>'
        made = _parsed(f'<w:num w:numId="{number}"><w:abstractNumId w:val="{abstract}"/>{begin}</w:num>')
        (lists[-1] if lists else self._root.findall(f"{W}abstractNum")[-1]).addnext(made)
        return number


def _part(document: Document) -> XmlPart:
    part = document.part
    try:
        found = part.part_related_by(RELATIONSHIP_TYPE.NUMBERING)
    except KeyError:
        name, empty = PackURI("/word/numbering.xml"), f"<w:numbering {declarations()}/>".encode()
        found = XmlPart.load(name, CONTENT_TYPE.WML_NUMBERING, empty, part.package)
        part.relate_to(found, RELATIONSHIP_TYPE.NUMBERING)
    return cast(XmlPart, found)


def _level(level: int, text: str, format_: str, *, indent: bool = False) -> str:
    room = '<w:ind w:left="0" w:firstLine="480"/>' if indent else '<w:ind w:left="0" w:firstLine="0"/>'
    return (
        f'<w:lvl w:ilvl="{level}"><w:start w:val="1"/><w:numFmt w:val="{format_}"/>'
        f'<w:suff w:val="{"nothing" if indent else "space"}"/><w:lvlText w:val={attribute(text)}/>'
        f'<w:lvlJc w:val="left"/><w:pPr>{room}</w:pPr></w:lvl>'
    )


def _parsed(text: str) -> etree._Element:
    return etree.fromstring(text.replace(" ", f" {declarations()} ", 1))

"""What printing needs to know of the document: its styles, its page, names that were given out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import count

from gridsim.report.catalogue import Texts
from gridsim.report.docx.sequences import Sequences
from gridsim.report.docx.wordml import paragraph
from gridsim.report.model import Cell

#: styles by what they are for; those of the second group are the template's own, the others are added if it lacks them
HEADINGS = ("heading 1", "heading 2", "heading 3")
ADDED = (
    "toc 1", "toc 2", "table of figures", "caption", "Report Contents", "Report Body", "Report Lead", "Report Item",
    "Report Note", "Report Statement", "Report Missing", "Report Unit", "Report Head", "Report Cell", "Report Number",
    "Report Small Head", "Report Small Cell", "Report Small Number", "Report Figure", "Report Break", "Report Tile",
    "Report Tile Number", "Report Verdict", "Report Verdict Word",
)  # fmt: skip


@dataclass(frozen=True)
class Page:
    """Size of the page and of the text on it. [mm]"""

    width: float
    height: float
    text_width: float
    text_height: float

    @property
    def turned(self) -> Page:
        """The page on its side, margins turned with it."""
        return Page(self.height, self.width, self.text_height, self.text_width)


@dataclass(frozen=True)
class Entry:
    """A line of a table of contents or of a list of tables: level (0 is a list's), text, bookmark it leads to."""

    level: int
    text: str
    bookmark: str


@dataclass
class Printing:
    """The state of printing one document.

    Attributes
    ----------
    texts : Texts
        Language.
    styles : mapping
        Name of a style -> its id in this document.
    picture : callable
        PNG -> relationship id of the picture in this document.
    new_list : callable
        Makes a numbered list and returns its id.
    taken : frozenset of str
        Paragraph ids of the template.
    brief : bool
        Whether chapters follow each other on a page.
    keys : list
        Paragraph id and key of every printed value so far.
    sequences : Sequences
        What the numbers of captions have come to.
    contents : list of Entry
        Lines of the contents, tables and figures so far, by ``heading``, ``table`` and ``figure``.
    """

    texts: Texts
    styles: Mapping[str, str]
    picture: Callable[[bytes], str]
    new_list: Callable[[], int]
    taken: frozenset[str] = frozenset()
    brief: bool = False
    keys: list[tuple[str, str]] = field(default_factory=list)
    sequences: Sequences = field(default_factory=Sequences)
    contents: dict[str, list[Entry]] = field(default_factory=lambda: {"heading": [], "table": [], "figure": []})
    _number: count[int] = field(default_factory=lambda: count(1))

    def number(self) -> int:
        """A number that no other bookmark, drawing or paragraph of the report has."""
        return next(self._number)

    def bookmark(self) -> tuple[str, int]:
        """Name and number of a new bookmark, named as Word names those of its contents."""
        number = self.number()
        return f"_Toc{900000000 + number}", number

    def keyed(self, cell: Cell) -> str:
        """Id of the paragraph that shows a cell, empty if the cell has no key."""
        if not cell.key:
            return ""
        while (anchor := f"{0x10000000 + self.number():08X}") in self.taken:
            pass
        self.keys.append((anchor, cell.key))
        return anchor

    def paragraph(self, style: str, content: str, properties: str = "", *, anchor: str = "") -> str:
        """A paragraph in a style by its name."""
        return paragraph(self.styles[style], content, properties, anchor=anchor)

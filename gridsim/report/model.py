"""A report as plain data: chapters of paragraphs, tables and figures.

The chapters are built once and then printed as HTML (Word and Excel walk the same blocks).  A printed
number is a :class:`Cell`: its text, and the key of the table cell that it comes from.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Drawing


@dataclass(frozen=True)
class Cell:
    """A printed value.

    ``key`` is ``table/row/column`` of the value it shows, ``tone`` good, bad, time (kept on one line) or empty,
    ``value`` the number behind the text with all its digits, in the printed unit.
    """

    text: str
    key: str = ""
    tone: str = ""
    is_number: bool = False
    value: float | None = None


@dataclass(frozen=True)
class Header:
    """Head of a table column: label and unit; ``name`` is the label's key, above ``limit`` values are marked."""

    label: str
    unit: str = ""
    is_number: bool = False
    name: str = ""
    limit: float | None = None


@dataclass(frozen=True)
class Table:
    """A printed table; ``total`` is its bold last row, ``folded`` hides a long one until it is opened.

    ``name`` is that of the table of the findings it prints, or of :mod:`gridsim.report.fixed`; it need not be unique.
    ``more`` are the rows after the printed ones: the workbook has them.
    """

    caption: str
    headers: tuple[Header, ...]
    rows: tuple[tuple[Cell, ...], ...]
    total: tuple[Cell, ...] = ()
    notes: tuple[str, ...] = ()
    folded: bool = False
    number: str = ""
    name: str = ""
    more: tuple[tuple[Cell, ...], ...] = ()


@dataclass(frozen=True)
class Figure:
    """A figure; ``draw`` makes it when it is printed, ``alt`` says in words what it shows."""

    name: str
    caption: str
    alt: str
    draw: Callable[[], Drawing]
    notes: tuple[str, ...] = ()
    number: str = ""


@dataclass(frozen=True)
class Paragraph:
    """Text; ``style`` is plain, note, missing (data that are not there) or statement."""

    text: str
    style: str = "plain"


@dataclass(frozen=True)
class Heading:
    """Head of a section of a chapter; ``number`` is its printed number (3.1)."""

    text: str
    number: str = ""


@dataclass(frozen=True)
class Items:
    """A list of sentences under a lead."""

    lead: str
    items: tuple[str, ...]


@dataclass(frozen=True)
class Verdict:
    """The verdict box: ``verdict`` is pass, conditional, fail or unknown."""

    verdict: str
    word: str
    headline: str
    reasons: tuple[str, ...] = ()
    lead: str = ""


@dataclass(frozen=True)
class Tile:
    """One headline number with its label, unit and a short note."""

    label: str
    cell: Cell
    unit: str
    note: str = ""


@dataclass(frozen=True)
class Tiles:
    """The few numbers that a reader looks for first."""

    tiles: tuple[Tile, ...]


Block = Heading | Table | Figure | Paragraph | Items | Verdict | Tiles


@dataclass(frozen=True)
class Chapter:
    """A chapter; ``name`` is its anchor, ``number`` its printed number."""

    name: str
    title: str
    blocks: tuple[Block, ...]
    number: str = ""


def captioned(block: Table | Paragraph, caption: str) -> Table | Paragraph:
    """A table under another caption: two views of one table of the findings; a paragraph in its place stays."""
    return replace(block, caption=caption) if isinstance(block, Table) else block


def block_kind(block: Any) -> str:
    """Name of a block's type in small letters, for templates."""
    return type(block).__name__.lower()

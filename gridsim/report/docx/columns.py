"""Widths of the columns of a printed table, and whether it needs a page on its side.

Widths are estimated from the characters: a Chinese character is as wide as the type is high, a digit half of that.
Both Word and LibreOffice then get the same fixed widths; left to themselves they would find different ones.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from gridsim.report.model import Cell, Header, Table

#: sizes of the type in tables, the preferred one first [pt]
SIZES_PT = (9.0, 7.5)
#: room left and right of the text of a cell, both together [pt]
PADDING_PT = 6.0
#: a column of words is comfortable from this width on, and is never given more than the widest [em]
COMFORTABLE_EM, WIDEST_EM = 7.0, 40.0
#: the longest word that is kept in one piece, and the narrowest head [em]
WORD_EM, HEAD_EM = 11.0, 3.05
#: height of a line for a size of type, of the room in a row, of a caption with a unit; type of notes [pt]
LINE, ROW_PT, CAPTION_PT, NOTE_PT = 4 / 3, 2.5, 42.0, 9.0
#: a table that is lower than this turns no page [pt], if it is too wide by no more than estimates are generous
LOW_PT, GENEROUS = 380.0, 1.1
#: room for what faces differ in [em]
SLACK_EM = 0.25
#: a table of more lines than the second is too tall if its rows have more lines than the first on average
TALL_LINES, SHORT_LINES = 3.2, 30

#: signs that are as wide as Chinese characters
WIDE = "—…“”×≥≤±→"
_PIECES = re.compile(r"[!-⺀]+|[^!-⺀]")


@dataclass(frozen=True)
class Fit:
    """A table fitted to a page: size of the type [pt], widths of the columns [pt], whether the page is on its side."""

    size_pt: float
    widths_pt: tuple[float, ...]
    landscape: bool


@dataclass(frozen=True)
class _Need:
    """What a column wants: room for what cannot be broken, a comfortable width, all on one line; usual text. [em]"""

    least: float
    comfortable: float
    full: float
    usual: float


@lru_cache(maxsize=65536)
def text_em(text: str) -> float:
    """Width of a text in units of its size."""
    return sum(1.0 if ord(c) > 0x2E80 or c in WIDE else 0.75 if c.isupper() or c in "%mw" else 0.5 for c in text)


def fit(table: Table, *, portrait_pt: float, landscape_pt: float) -> Fit:
    """The first page and size of type on which the columns are comfortable.

    Upright in large type, then in small type, then on its side; one that is too wide even there has words broken.  A
    table of few lines whose numbers fit stays upright: a page is not turned for it.

    Parameters
    ----------
    portrait_pt, landscape_pt : float
        Width of the text on either page. [pt]
    """
    needs = _needs(table)
    for width, landscape in ((portrait_pt, False), (landscape_pt, True)):
        fits = [_fitted(needs, size, width, landscape) for size in SIZES_PT]
        for fitted in fits:
            if _has_room(needs, "comfortable", fitted, width) and not _tall(table, fitted):
                return fitted
        low = height_pt(table, fits[-1]) < LOW_PT
        if not landscape and low and _has_room(needs, "least", fits[-1], GENEROUS * width):
            return fits[-1]
    return fits[-1]


def fit_width(table: Table, *, width_pt: float, page_pt: float = math.inf) -> Fit:
    """The largest type in which the columns are comfortable on a page that is given.

    A table that just fits on a page of this height [pt] in small type, and not in large, gets small type.
    """
    needs = _needs(table)
    *larger, smallest = (_fitted(needs, size, width_pt, False) for size in SIZES_PT)
    fits = [*(f for f in larger if _has_room(needs, "comfortable", f, width_pt)), smallest]
    return next((f for f in fits if height_pt(table, f) <= page_pt), fits[0])


def height_pt(table: Table, fitted: Fit) -> float:
    """Height of a table with its caption, head and notes, about. [pt]"""
    rows = (*table.rows, *((table.total,) if table.total else ()))
    body = sum(math.ceil(_lines(row, fitted)) * LINE * fitted.size_pt + ROW_PT for row in rows)
    across = sum(fitted.widths_pt) / NOTE_PT
    notes = sum(math.ceil(text_em(note) / across) * LINE * NOTE_PT + 2 for note in table.notes)
    return CAPTION_PT + 3 * LINE * fitted.size_pt + body + notes


def _lines(row: Sequence[Cell], fitted: Fit) -> float:
    """Lines of the highest cell of a row."""
    widths = ((w - PADDING_PT) / fitted.size_pt for w in fitted.widths_pt)
    return max((max(1.0, 1.1 * text_em(c.text) / w) for c, w in zip(row, widths) if c.text), default=1.0)


def _tall(table: Table, fitted: Fit) -> bool:
    """Whether long words in narrow columns make the rows of a table tall."""
    lines = sum(_lines(row, fitted) for row in table.rows)
    return lines > SHORT_LINES and lines / len(table.rows) > TALL_LINES


def _fitted(needs: Sequence[_Need], size_pt: float, width_pt: float, landscape: bool) -> Fit:
    widths = _shares(needs, width_pt / size_pt - PADDING_PT / size_pt * len(needs))
    return Fit(size_pt, tuple(w * size_pt + PADDING_PT for w in widths), landscape)


def _has_room(needs: Sequence[_Need], what: str, fitted: Fit, width_pt: float) -> bool:
    return sum(getattr(n, what) for n in needs) * fitted.size_pt + PADDING_PT * len(needs) <= width_pt


def _shares(needs: Sequence[_Need], room: float) -> list[float]:
    """Share the room: all in one line if there is room for it, else comfort first, the rest where texts are long."""
    if sum(n.full for n in needs) <= room:
        return [n.full * room / sum(n.full for n in needs) for n in needs]
    if sum(n.comfortable for n in needs) <= room:
        return _grown([n.comfortable for n in needs], [n.full for n in needs], [n.usual for n in needs], room)
    if sum(n.least for n in needs) <= room:
        return _grown([n.least for n in needs], [n.comfortable for n in needs], [n.usual for n in needs], room)
    return [n.least * room / sum(n.least for n in needs) for n in needs]


def _grown(low: Sequence[float], high: Sequence[float], weights: Sequence[float], room: float) -> list[float]:
    """Widths between bounds that fill the room, grown by weight; a column at its bound leaves its share to others."""
    widths = list(low)
    while (free := room - sum(widths)) > 1e-6:
        open_ = [k for k, w in enumerate(widths) if w < high[k] - 1e-9]
        if not open_:
            break
        total = sum(weights[k] for k in open_)
        step = min([free / total, *((high[k] - widths[k]) / weights[k] for k in open_)])
        for k in open_:
            widths[k] += step * weights[k]
    return widths


def _needs(table: Table) -> list[_Need]:
    return [_need(table, k) for k in range(len(table.headers))]


def _need(table: Table, column: int) -> _Need:
    cells = [row[column] for row in (*table.rows, table.total) if column < len(row)]
    head = table.headers[column]
    numbers = [text_em(c.text) for c in cells if c.is_number]
    words = [c.text for c in cells if not c.is_number and c.text]
    unbroken = max([_unbroken(text) for text in words], default=0.0)
    least = SLACK_EM + max([*numbers, unbroken, _head_least(head)])
    full = max([*numbers, *(text_em(text) for text in words), least]) + SLACK_EM
    titled = max(least, min(full, COMFORTABLE_EM), min(text_em(head.label), 4.05) + SLACK_EM)
    usual = (sum(text_em(c.text) ** 2 for c in cells) / max(len(cells), 1)) ** 0.5
    return _Need(least, titled, max(min(full, WIDEST_EM), titled), max(usual, 0.1))


def _head_least(head: Header) -> float:
    unit = text_em(f"({head.unit})") if head.unit else 0.0
    return max(min(_unbroken(head.label), WORD_EM), min(text_em(head.label), HEAD_EM), min(unit, 5.0))


def _unbroken(text: str) -> float:
    """The longest piece between places where a line may end: Chinese breaks between any two characters."""
    return min(max((text_em(p) for p in _PIECES.findall(text)), default=0.0), WORD_EM)

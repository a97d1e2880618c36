"""How cells look: fonts, colours and number formats, each made once for a workbook; how wide a text is."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from gridsim.report.model import Cell

FONT = {"zh": "微软雅黑", "en": "Calibri"}
#: widths of columns in characters, and what a text may be before it is wrapped
NARROW, WIDE = 7.0, 42.0
_NUMBER = re.compile(r"-?\d+(\.\d+)?(e[+-]?\d+)?")
_TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d")


@dataclass(frozen=True)
class Style:
    """Formats of one workbook."""

    book: Any
    lang: str
    _made: dict[tuple[tuple[str, Any], ...], Any] = field(default_factory=dict)

    def __call__(self, **properties: Any) -> Any:
        """A format with the given properties beside font and size."""
        full = {"font_name": FONT[self.lang], "font_size": 10, "valign": "vcenter", **properties}
        key = tuple(sorted(full.items()))
        if key not in self._made:
            self._made[key] = self.book.add_format(full)
        return self._made[key]

    @property
    def title(self) -> Any:
        return self(bold=True, font_size=14)

    @property
    def note(self) -> Any:
        return self(font_color="#595959", font_size=9, text_wrap=True, valign="top")

    @property
    def link(self) -> Any:
        return self(font_color="#0563c1", underline=1)

    @property
    def head(self) -> Any:
        return self(bold=True, text_wrap=True, align="center", bg_color="#dbe5f1", border=1, border_color="#a6a6a6")

    @property
    def unit(self) -> Any:
        look = {"font_color": "#404040", "font_size": 9, "bg_color": "#eef3f9", "border_color": "#a6a6a6"}
        return self(**look, align="center", border=1)

    def body(self, *, total: bool = False, tone: str = "", **properties: Any) -> Any:
        """A cell of a table; of its last row bold with a line above."""
        look: dict[str, Any] = {"border": 1, "border_color": "#d9d9d9", **properties}
        if total:
            look |= {"bold": True, "top": 2, "top_color": "#595959", "bg_color": "#f2f2f2"}
        colour = {"bad": "#c00000", "good": "#00612e"}.get(tone)
        return self(**look, **({"font_color": colour} if colour else {}))


def shown_number(cell: Cell) -> tuple[float, str] | None:
    """Value and number format of a cell that then shows the cell's text; None for a text.

    All digits of the value are kept unless the spreadsheet would round them to another text (it rounds the decimal
    number half up, and shows a minus before a zero).
    """
    text = cell.text
    if not (cell.is_number or cell.value is not None) or not _NUMBER.fullmatch(text):
        return None
    if "e" in text:
        return float(text), "General"
    decimals = len(text.partition(".")[2])
    digits = "0." + "0" * decimals if decimals else "0"
    if cell.value is not None and cell.value != 0 and _rounded(cell.value, decimals) == text:
        return cell.value, digits
    return float(text), digits


def _rounded(value: float, decimals: int) -> str:
    exact = Decimal(f"{value:.15g}").quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    return f"{exact:f}"


def shown_time(cell: Cell) -> str | None:
    """The text of a time that the spreadsheet may keep as a time; None for any other text."""
    return cell.text if cell.tone == "time" and _TIME.fullmatch(cell.text) else None


def width(text: str) -> float:
    """Room a text takes, in characters of the sheet: Chinese signs take two."""
    return sum(1.9 if unicodedata.east_asian_width(sign) in "WF" else 1.05 for sign in text)


def column_width(texts: list[str]) -> float:
    """Width of a column that holds these texts, within bounds."""
    longest = max((width(text) for text in texts), default=0.0)
    return min(max(longest + 1.5, NARROW), WIDE)


def lines(text: str, room: float) -> int:
    """Lines that a wrapped text takes in a given width."""
    return max(1, -(-int(width(text) * 1.05) // max(int(room), 1)))

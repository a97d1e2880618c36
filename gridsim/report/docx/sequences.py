"""Numbers that fields count: tables and figures in their chapter, chapters and sections in the document."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass


class Sequences:
    """What the fields of the captions count, so that the number shown stays the one that the report gave.

    A field that would count to another number is told its number; one that starts a chapter is, too, for LibreOffice
    counts through the whole document.
    """

    def __init__(self) -> None:
        self._last: dict[str, tuple[str, int]] = {}

    def number(self, name: str, chapter: str, index: int) -> str:
        """Instruction of the field that shows ``index`` in a chapter."""
        of, last = self._last.get(name, ("", 0))
        self._last[name] = chapter, index
        follows = of == chapter and index == last + 1
        return f"SEQ {name} \\* ARABIC \\s 1" if follows else f"SEQ {name} \\* ARABIC \\r {index}"


@dataclass(frozen=True)
class Numbered:
    """How a heading gets its number: by counting in a list (``list_id``, 0 is that of the style), or as plain text."""

    level: int
    list_id: int = 0
    plain: str = ""


class HeadingNumbers:
    """Numbers of chapters and sections that Word counts itself, as long as it comes to the number of the report.

    A number that counting would not give is printed as plain text (sections) or starts a new list (chapters).

    Parameters
    ----------
    new_list : callable
        Prefix of the number (appendix), first number, whether it is a letter -> id of a new list of headings.
    """

    def __init__(self, new_list: Callable[[str, int, bool], int]):
        self._new_list = new_list
        self._list_id = -1
        self._chapter: tuple[str, int, bool] = ("", 0, False)
        self._section: list[int] = [0, 0]

    def chapter(self, number: str) -> Numbered:
        """The head of a chapter: ``3`` or ``Appendix A``."""
        self._section = [0, 0]
        parts = re.fullmatch(r"(\D*?)(\d+|[A-Z])", number)
        if not parts:
            self._chapter, self._list_id = ("", 0, False), -1
            return Numbered(1, plain=number)
        prefix, letter = parts[1], parts[2].isalpha()
        index = ord(parts[2]) - ord("A") + 1 if letter else int(parts[2])
        if self._list_id < 0 or self._chapter != (prefix, index - 1, letter):
            self._list_id = self._new_list(prefix, index, letter)
        self._chapter = prefix, index, letter
        return Numbered(1, self._list_id)

    def section(self, number: str) -> Numbered:
        """The head of a section: ``3.1``, ``A.1``, ``3.1.2`` or none."""
        if not number:
            return Numbered(3)
        *above, last = number.split(".")
        level = min(len(above) + 1, 3)
        depth = level - 2
        _, index, letter = self._chapter
        chapter = chr(ord("A") + index - 1) if letter else str(index)
        expected = [chapter, *(str(n) for n in self._section[:depth]), str(self._section[depth] + 1)]
        if depth < 0 or [*above, last] != expected:
            return Numbered(level, plain=number)
        self._section[depth:] = [self._section[depth] + 1, *([0] if depth == 0 else [])]
        return Numbered(level, self._list_id)

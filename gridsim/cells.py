"""One cell: from what stands in a file (or a DataFrame) to a typed value, or to what is wrong with it.

An empty cell is *absent* (``None``), never zero.  Nothing is guessed: full-width digits, thousands
separators, units and error values of Excel are refused with the value to write instead.
"""

from __future__ import annotations

import difflib
import math
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from numbers import Real
from typing import Any

import pandas as pd

from gridsim.errors import Problem
from gridsim.schema import Column

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_DAY = re.compile(r"\d\d-\d\d", re.ASCII)
_LEAP_YEAR = 2024
_TRUE, _FALSE = {"1", "1.0", "true"}, {"0", "0.0", "false"}


class _BadCell(Exception):
    """A cell that cannot be used."""

    def __init__(self, what: str, fix: str):
        super().__init__(what)
        self.what, self.fix = what, fix


def is_absent(value: Any) -> bool:
    """Whether a cell of a DataFrame holds nothing (None, NaN, NA)."""
    return value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value))


def closest(word: str, known: Iterable[str]) -> str | None:
    """The known word nearest to a misspelt one, or None."""
    near = difflib.get_close_matches(unicodedata.normalize("NFKC", word), list(known), n=1, cutoff=0.6)
    return near[0] if near else None


def hint(word: str, known: Iterable[str]) -> str:
    """``"; did you mean 'x'"`` for the nearest known word, or an empty string."""
    near = closest(word, known)
    return f"; did you mean '{near}'" if near else ""


def _not_a_number(text: str) -> _BadCell:
    plain = unicodedata.normalize("NFKC", text).strip()
    head = _NUMBER.match(plain)
    if text.startswith("#"):
        return _BadCell(f"'{text}' is an error value of Excel", "repair the formula and save the value")
    if plain != text and _NUMBER.fullmatch(plain):
        return _BadCell(f"'{text}' has full-width digits or blanks", f"write {plain} in plain digits")
    if _NUMBER.fullmatch(plain.replace(",", "")):
        fix = f"write {plain.replace(',', '')} (no thousands separator)"
        return _BadCell(f"'{text}' has a comma in the number", fix)
    if head:
        fix = f"write {head[0]} if that is meant; the unit is in the column's name"
        return _BadCell(f"'{text}' is not a plain number", fix)
    return _BadCell(f"text '{text}' in a number column", "write a number, or leave the cell empty if it is unknown")


def _number(value: Any, column: Column) -> float | None:
    if is_absent(value):
        return None
    if isinstance(value, Real) and not isinstance(value, bool):
        number = float(value)
    else:
        text = str(value).strip(" \t")
        if not text:
            return None
        if not _NUMBER.fullmatch(text):
            raise _not_a_number(text)
        number = float(text)
    if not math.isfinite(number):
        raise _BadCell(f"{number} is not a finite number", "write a finite number")
    if column.kind == "int" and not number.is_integer():
        raise _BadCell(f"{number:g} is not a whole number", f"write {round(number)} if that is meant")
    _inside(number, column)
    return number


def _inside(number: float, column: Column) -> None:
    low, high, doc = column.low, column.high, column.doc
    if column.positive and number <= 0.0:
        raise _BadCell(f"{number:g} is not positive", f"write a value above 0 ({doc})")
    if low is not None and number < low:
        raise _BadCell(f"{number:g} is below {low:g}", f"write a value of at least {low:g} ({doc})")
    if high is not None and number > high:
        raise _BadCell(f"{number:g} is above {high:g}", f"write a value of at most {high:g} ({doc})")


def _text(value: Any, column: Column) -> str | None:
    text = "" if is_absent(value) else str(value).strip()
    if not text:
        return None
    if column.choices and text not in column.choices:
        what = f"'{text}' is not allowed{hint(text, column.choices)}"
        raise _BadCell(what, f"use one of: {', '.join(column.choices)}")
    return text


def _flag(value: Any, _column: Column) -> bool | None:
    text = "" if is_absent(value) else str(value).strip().lower()
    if text and text not in _TRUE | _FALSE:
        raise _BadCell(f"'{value}' is not a yes/no value", "write 1 or 0")
    return text in _TRUE if text else None


def _day(value: Any, column: Column) -> str | None:
    text = _text(value, column)
    if text is None:
        return None
    try:
        if _DAY.fullmatch(text):
            date.fromisoformat(f"{_LEAP_YEAR}-{text}")
            return text
    except ValueError:
        pass  # the 30th of February
    fix = "write month-day as MM-DD, e.g. 03-15 (in Excel, format the column as text)"
    raise _BadCell(f"'{text}' is not a day", fix)


_PARSE: dict[str, Callable[[Any, Column], Any]] = {
    "text": _text, "float": _number, "int": _number, "bool": _flag, "day": _day,
}  # fmt: skip


def parse_column(values: Iterable[Any], name: str, column: Column, *, origin: Sequence[tuple[str, str]], complete: bool,
                 problems: list[Problem]) -> pd.Series:  # fmt: skip
    """One column, typed; a cell that is wrong becomes a problem and stays absent.

    Parameters
    ----------
    values : iterable
        Strings of a file, or values of a DataFrame.
    name : str
    column : Column
        Kind, bounds and choices.
    origin : sequence of (file, row)
        Where each value stands.
    complete : bool
        Whether a required column must be filled in every row.
    problems : list of Problem
        Receives what is wrong.

    Returns
    -------
    Series
        float64 for numbers (NaN = absent), object for text, flags and days (None = absent).
    """
    parse = _PARSE[column.kind]
    out: list[Any] = []
    for value, (file, row) in zip(values, origin):
        cell = None
        try:
            cell = parse(value, column)
            if cell is None and complete and column.required:
                raise _BadCell("the cell is empty", f"fill it ({column.doc})")
        except _BadCell as bad:
            problems.append(Problem(file, bad.what, bad.fix, row=row, column=name))
        out.append(cell)
    return pd.Series(out, dtype="float64" if column.kind in ("float", "int") else object, name=name)


def finish_column(values: pd.Series, column: Column) -> pd.Series:
    """Final type of a column, defaults in.  [float64, int64, bool or object]"""
    default = None if column.required else column.default
    if column.kind in ("float", "int"):
        numbers = values.astype("float64")
        if default is not None:
            numbers = numbers.fillna(float(default))
        whole = column.kind == "int" and not numbers.isna().any()
        return numbers.astype("int64") if whole else numbers
    filled = [default if is_absent(v) else v for v in values]
    if column.kind == "bool":
        return pd.Series([bool(v) for v in filled], index=values.index, dtype=bool)
    return pd.Series(filled, index=values.index, dtype=object)

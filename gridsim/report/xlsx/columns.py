"""Columns of the result tables for readers: label in the report's language, unit, number format, words for codes."""

from __future__ import annotations

import re
from typing import Any

import pandas as pd

from gridsim.report.catalogue import Texts
from gridsim.report.numbers import NATIVE_DECIMALS

#: column -> group of texts that names its codes
WORDS = {
    "cause": "cause",
    "main_cause": "cause",
    "element_type": "element_type",
    "device": "table",
    "case": "case",
    "check": "check",
    "criterion": "criterion",
    "item": "item",
    "carrier": "item",
    "direction": "direction",
    "ac_reason": "ac_reason",
    "day_type": "day_kind",
}
_UNITS = "|".join(sorted(NATIVE_DECIMALS, key=len, reverse=True))
_SUFFIX = re.compile(rf"_({_UNITS})(?:_system_cause|_provincial|_local)?$")
#: what several columns begin with; the rest is a column or an item of its own
_PARTS = ("without_distributed", "wind", "solar", "city", "rest", "installed", "credited", "curtailed")


def unit_of(column: str, texts: Texts) -> str:
    """Printed unit of a column from the suffix of its name; empty without one."""
    found = _SUFFIX.search(column)
    return texts(f"data_unit.{found[1]}") if found else ""


def decimals_of(column: str, values: pd.Series) -> int:
    """Decimals that a column of the tables is shown with; its cells keep all digits."""
    found = _SUFFIX.search(column)
    if found:
        return NATIVE_DECIMALS[found[1]]
    if not pd.api.types.is_float_dtype(values):
        return 0
    return 0 if bool((values.dropna() % 1 == 0).all()) else 3


def label_of(column: str, texts: Texts) -> str:
    """Label of a column: its own, or that of its parts (wind, available); the name itself if there is none."""
    bare = _SUFFIX.sub("", column)
    for key in (f"data_column.{column}", f"column.{column}", f"data_column.{bare}", f"item.{bare}"):
        if label := _text(key, texts):
            return label
    for part in _PARTS:
        rest = column.removeprefix(f"{part}_")
        if rest != column and (label := label_of(rest, texts)) != rest:
            return texts("workbook.of_part", part=texts(f"data_part.{part}"), what=label)
    return column


def _text(key: str, texts: Texts) -> str:
    """The text of a key; empty if there is none or if it has blanks, which belong to one printed table."""
    try:
        return texts(key)
    except KeyError:
        return ""


def shown(column: str, value: Any, texts: Texts) -> Any:
    """A value of a table as its cell holds it: yes and no, words for codes, None for what is absent."""
    if value is None or value is pd.NaT or value is pd.NA or (isinstance(value, float) and value != value):
        return None
    if isinstance(value, bool) or type(value).__name__ == "bool_":
        return texts("word.yes") if value else texts("word.no")
    if column in WORDS and isinstance(value, str):
        group = WORDS[column]
        return texts.phrase(group, value) if group == "check" else texts.word(group, value)
    return value

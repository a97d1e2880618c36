"""What a column and a table declare, and short ways to write the common kinds.

A column has a kind (``text``, ``float``, ``int``, ``bool``, ``day`` = MM-DD text), bounds, choices, a default and
possibly a reference to another table's ``name``.  A column without default is required.
``None`` as default means that the cell may be empty (absent is not zero).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

MISSING: Any = object()


@dataclass(frozen=True)
class Column:
    """Declaration of one column; ``doc`` says what it means, the name's suffix says the unit."""

    doc: str
    kind: str = "float"
    default: Any = MISSING
    low: float | None = None
    high: float | None = None
    positive: bool = False
    ref: str | None = None
    choices: tuple[str, ...] = ()
    owner: bool = False  # the row belongs to the row it refers to and leaves service with it

    @property
    def required(self) -> bool:
        return self.default is MISSING


@dataclass(frozen=True)
class Table:
    """Declaration of one table; ``key`` columns identify a row (nearly always ``name``)."""

    doc: str
    columns: dict[str, Column]
    key: tuple[str, ...] = ("name",)
    required: bool = False
    types: str | None = None  # table of standard types that fills empty electrical columns


def name_of(doc: str) -> Column:
    """The key of a row."""
    return Column(doc, kind="text")


def ref(table: str, doc: str, default: Any = MISSING) -> Column:
    """A reference to a row of another table."""
    return Column(doc, kind="text", ref=table, default=default)


def owned(table: str, doc: str) -> Column:
    """A reference to the row this row belongs to."""
    return Column(doc, kind="text", ref=table, owner=True)


def flag(doc: str, default: bool = False) -> Column:
    """Yes or no."""
    return Column(doc, kind="bool", default=default)


def optional(doc: str, low: float | None = None, high: float | None = None, positive: bool = False) -> Column:
    """A number that may be absent."""
    return Column(doc, default=None, low=low, high=high, positive=positive)


def positive(doc: str, default: Any = MISSING, high: float | None = None) -> Column:
    """A number above zero."""
    return Column(doc, low=0.0, high=high, positive=True, default=default)


def nonnegative(doc: str, default: Any = MISSING, high: float | None = None) -> Column:
    """A number that is not negative."""
    return Column(doc, low=0.0, high=high, default=default)


LIFE = {
    "in_service_from": Column(
        "first year in service; 0 = before the tables begin", kind="int", default=0, low=0, high=2100
    ),
    "in_service_to": Column("last year in service; 9999 = open end", kind="int", default=9999, low=0, high=9999),
}
COUNTY = ref("county", "county the asset stands in; empty = outside the city (not in any statistics)", default=None)
TEXT = Column("free text", kind="text", default="")
HOURS = {f"h{h:02d}_pu": nonnegative(f"value of hour {h:02d}:00-{h + 1:02d}:00", high=10.0) for h in range(24)}

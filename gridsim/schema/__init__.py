"""The tables of a network: one declaration per table; reader, checker and docs derive from it."""

from __future__ import annotations

from gridsim.schema.columns import MISSING, Column, Table
from gridsim.schema.devices import DEVICE_TABLES
from gridsim.schema.grid import GRID_TABLES
from gridsim.schema.planning import PLANNING_TABLES

__all__ = ["MISSING", "SOURCE_COLUMNS", "STATUSES", "TABLES", "Column", "Table"]

TABLES: dict[str, Table] = {**GRID_TABLES, **DEVICE_TABLES, **PLANNING_TABLES}

#: what sources.csv must say of values
SOURCE_COLUMNS = ("table", "name", "column", "scenario", "status", "confidence", "source", "note")
STATUSES = ("published", "derived", "assumed")

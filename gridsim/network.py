"""The Network: tables of assets in one scenario year, nothing else.

``read_network(folder, scenario=...)`` reads ``base/*.csv``, lays ``scenarios/<name>/*.csv`` over it,
keeps the rows in service in the scenario's year, fills empty electrical cells from the standard
types and sorts every table by its key.  Row order in a file never has a meaning.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd


@dataclass(frozen=True)
class Network:
    """Tables by name (see :data:`gridsim.schema.TABLES`), of one scenario year.

    Attributes
    ----------
    tables : mapping of str to DataFrame
        Each table indexed 0..n-1, sorted by key; ``name`` is a column.  Every table of the schema is
        present, possibly empty.  Lines carry an extra column ``in_service`` (False = normally open).
    year : int
        Scenario year.
    scenario : str
        Scenario name.
    name : str
        Name of the network folder.
    assumed : DataFrame
        Rows of ``sources.csv`` with ``status == "assumed"`` that apply to this scenario.
    files : mapping of str to str
        sha256 of every file read, by path relative to the network folder.
    """

    tables: Mapping[str, pd.DataFrame]
    year: int
    scenario: str = "base"
    name: str = "network"
    assumed: pd.DataFrame = field(default_factory=pd.DataFrame)
    files: Mapping[str, str] = field(default_factory=dict)

    def __getitem__(self, table: str) -> pd.DataFrame:
        return self.tables[table]

    def with_table(self, table: str, frame: pd.DataFrame) -> Network:
        """A copy with one table replaced (validated and sorted like a file)."""
        raise NotImplementedError

    def with_cells(self, table: str, cells: pd.DataFrame) -> Network:
        """A copy with some cells changed: ``cells`` has the key columns and the changed columns."""
        raise NotImplementedError


def read_network(folder: str | Path, scenario: str | None = None) -> Network:
    """Read a network folder in one scenario.  Raises InvalidInput with all problems at once."""
    raise NotImplementedError

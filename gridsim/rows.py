"""Rows of a table as records with the columns as attributes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd


def records(table: pd.DataFrame) -> Iterator[Any]:
    """Each row as a named tuple: ``row.name``, ``row.max_p_mw`` ..."""
    return iter(table.itertuples(index=False))

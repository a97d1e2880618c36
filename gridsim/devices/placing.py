"""Where a unit stands: its bus, or the node area it belongs to."""

from __future__ import annotations

import pandas as pd


def nodes_of(table: pd.DataFrame) -> tuple[str, ...]:
    """Node name of each row: ``bus`` where given, else ``area``."""
    return tuple(table["bus"].where(table["bus"].notna(), table["area"]))

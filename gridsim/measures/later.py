"""Rows of a table that are due after the scenario's year: what may come earlier."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gridsim.errors import Problem, raise_if
from gridsim.network import Network
from gridsim.tables import overlay, read_sheet


def rows_to_come(folder: Path, network: Network, table: str) -> list[dict[str, Any]]:
    """Rows of one table with a first year after the network's, the scenario's cells laid over them.

    Parameters
    ----------
    folder : Path
        Network folder that ``network`` was read from.
    network : Network
    table : str

    Returns
    -------
    list of dict
        Column -> value, absent cells left out, by first year and name.
    """
    problems: list[Problem] = []
    path, over = folder / "base" / f"{table}.csv", folder / "scenarios" / network.scenario / f"{table}.csv"
    if not path.is_file():
        return []
    sheet, _ = read_sheet(path, table, label=path.name, complete=True, problems=problems)
    if sheet is not None and over.is_file():
        changes, _ = read_sheet(over, table, label=over.name, complete=False, problems=problems)
        sheet = sheet if changes is None else overlay(sheet, changes, problems)
    raise_if(problems)
    assert sheet is not None
    rows = [{str(k): v for k, v in row.items() if v is not None and v == v} for row in sheet.frame.to_dict("records")]
    to_come = [
        {**row, "in_service_from": int(row["in_service_from"])}
        for row in rows
        if row.get("in_service_from", 0) > network.year
    ]
    return sorted(to_come, key=lambda row: (row["in_service_from"], str(row["name"])))

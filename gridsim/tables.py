"""One table: read a CSV file, check it against its schema, lay an overlay on it, complete it.

Nothing here looks at a second table; that belongs to :mod:`gridsim.references`.  Every function
appends what is wrong to a list of :class:`~gridsim.errors.Problem` and goes on, so that a planner
sees all of it at once.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gridsim.cells import closest, finish_column, hint, is_absent, parse_column
from gridsim.errors import Problem
from gridsim.schema import TABLES, Table


@dataclass(frozen=True)
class Sheet:
    """Typed rows of one table and the place each row came from.

    Attributes
    ----------
    table : str
        Name of the table in :data:`gridsim.schema.TABLES`.
    frame : DataFrame
        One row per row of the file; absent cells are ``None`` (text, flag) or NaN (number).
    origin : tuple of (file, row)
        Where each row stands, as :class:`~gridsim.errors.Problem` wants it.
    """

    table: str
    frame: pd.DataFrame
    origin: tuple[tuple[str, str], ...]

    @property
    def spec(self) -> Table:
        return TABLES[self.table]

    def row_keys(self) -> list[tuple[Any, ...]]:
        """Key of each row, as a tuple of the key columns."""
        return list(zip(*(self.frame[k] for k in self.spec.key)))


# ---------------------------------------------------------------------------------- text of a file


def read_text(path: Path, label: str, problems: list[Problem]) -> tuple[str | None, str]:
    """Text of a file in UTF-8 (with or without a mark) or GBK, and the sha256 of its bytes.

    Parameters
    ----------
    path : Path
    label : str
        Name of the file in problems.
    problems : list of Problem
        Receives a problem when the file cannot be decoded.

    Returns
    -------
    text : str or None
        ``None`` when the bytes are neither UTF-8 nor GBK.
    sha256 : str
    """
    data = path.read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, b"PK")):
        what = "an Excel workbook" if data.startswith(b"PK") else "UTF-16 text"
        problems.append(Problem(label, f"the file is {what}, not CSV", "save it as 'CSV UTF-8 (comma delimited)'"))
        return None, digest
    try:
        return data.decode("utf-8-sig"), digest
    except UnicodeDecodeError as bad:
        start = bad.start
    try:
        return data.decode("gbk"), digest
    except UnicodeDecodeError as bad:
        # The encoding that got further is the one the file was meant to have.
        start = max(start, bad.start)
    row = data.count(b"\n", 0, start) + 1
    what = f"byte 0x{data[start]:02x} at position {start} is neither UTF-8 nor GBK"
    problems.append(Problem(label, what, "save the file as UTF-8 (or GBK)", row=str(row)))
    return None, digest


def read_series_text(path: Path, problems: list[Problem]) -> tuple[str | None, str]:
    """Text and sha256 of a series file that a study names; None and "" for one that is not there."""
    if not path.is_file():
        problems.append(Problem(str(path), "file is missing", "correct the path of the series"))
        return None, ""
    return read_text(path, path.name, problems)


def _grid(text: str, label: str, problems: list[Problem]) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Header and (line number, cells) of each row that is not empty."""
    reader = csv.reader(io.StringIO(text, newline=""))
    rows: list[tuple[int, list[str]]] = []
    start = 1
    for cells in reader:
        if any(c.strip() for c in cells):
            rows.append((start, cells))
        start = reader.line_num + 1
    if not rows:
        problems.append(Problem(label, "the file is empty", "write one header row with the column names"))
        return [], []
    return [c.strip() for c in rows[0][1]], rows[1:]


def _columns(header: Sequence[str], spec: Table, complete: bool, label: str, problems: list[Problem]) -> dict[str, int]:
    """Position of each known column; unknown, repeated and missing ones become problems."""
    found: dict[str, int] = {}
    needed = [c for c, column in spec.columns.items() if c in spec.key or (complete and column.required)]
    missing = [c for c in needed if c not in header]
    if len(header) == 1 and re.search(r"[;\t]", header[0]):
        problems.append(Problem(label, "the columns are not separated by commas", "save it with commas", row="1"))
        return {}
    for i, name in enumerate(header):
        if not name:
            continue
        if name in found:
            problems.append(Problem(label, f"column '{name}' appears twice", "keep one of them", row="1", column=name))
        elif name in spec.columns:
            found[name] = i
        else:
            # A misspelt required column is one mistake, not two: suggest among the missing ones first.
            near = closest(name, missing) or closest(name, set(spec.columns) - set(header))
            if near in missing:
                missing.remove(near)
            meant = f"; did you mean '{near}'" if near else ""
            fix = f"rename it to '{near}'" if near else f"use one of: {', '.join(spec.columns)}"
            problems.append(Problem(label, f"unknown column '{name}'{meant}", fix, row="1", column=name))
    for name in missing:
        what = f"column '{name}' is missing ({spec.columns[name].doc})"
        problems.append(Problem(label, what, f"add the column '{name}'", row="1", column=name))
    return found


# ---------------------------------------------------------------------------------- one table


def _no_repeats(sheet: Sheet, problems: list[Problem]) -> None:
    first: dict[tuple[Any, ...], str] = {}
    for key, (file, row) in zip(sheet.row_keys(), sheet.origin):
        if any(is_absent(k) for k in key):
            continue
        if key in first:
            what = f"'{show_key(key)}' appears twice (first in row {first[key]})"
            problems.append(Problem(file, what, "rename one of them or delete it", row=row, column=sheet.spec.key[-1]))
        else:
            first[key] = row


def show_key(key: Sequence[Any]) -> str:
    """A key as a planner reads it: its parts joined by ``/``."""
    return " / ".join(f"{part:g}" if isinstance(part, float) else str(part) for part in key)


def read_sheet(
    path: Path, table: str, *, label: str, complete: bool, problems: list[Problem]
) -> tuple[Sheet | None, str]:
    """Read one CSV file and check it by itself.

    Parameters
    ----------
    path : Path
    table : str
        Which schema the file follows.
    label : str
        Name of the file in problems.
    complete : bool
        True for a base table (required columns and cells must be there), False for an overlay
        (key columns and whatever changes).
    problems : list of Problem
        Receives everything that is wrong.

    Returns
    -------
    sheet : Sheet or None
        ``None`` when the file cannot be decoded or lacks a key column.
    sha256 : str
    """
    text, digest = read_text(path, label, problems)
    if text is None:
        return None, digest
    spec = TABLES[table]
    header, rows = _grid(text, label, problems)
    found = _columns(header, spec, complete, label, problems) if header else {}
    if not all(k in found for k in spec.key):
        return None, digest
    width = len(header)
    for line, cells in rows:
        extra = [c for i, c in enumerate(cells) if c.strip() and (i >= width or not header[i])]
        if extra or len(cells) < width:
            what = f"the row has {len(cells)} cells, the header {width}"
            fix = "put one cell under each column name; quote text that contains a comma"
            problems.append(Problem(label, what, fix, row=str(line)))
    origin = tuple((label, str(line)) for line, _ in rows)
    columns = {
        name: parse_column(
            (c[i] if i < len(c) else None for _, c in rows), name, spec.columns[name],
            origin=origin, complete=complete or name in spec.key, problems=problems,
        )
        for name, i in found.items()
    }  # fmt: skip
    sheet = Sheet(table, pd.DataFrame(columns), origin)
    _no_repeats(sheet, problems)
    return sheet, digest


def frame_sheet(frame: pd.DataFrame, table: str, *, complete: bool, problems: list[Problem]) -> Sheet | None:
    """The same checks for a DataFrame; problems name the row by its key.  See :func:`read_sheet`."""
    spec, label = TABLES[table], f"table {table}"
    found = _columns([str(c) for c in frame.columns], spec, complete, label, problems)
    if not all(k in found for k in spec.key):
        return None
    origin = tuple((label, show_key(key)) for key in zip(*(frame[k] for k in spec.key)))
    columns = {
        name: parse_column(
            frame[name], name, spec.columns[name],
            origin=origin, complete=complete or name in spec.key, problems=problems,
        )
        for name in found
    }  # fmt: skip
    sheet = Sheet(table, pd.DataFrame(columns).reset_index(drop=True), origin)
    _no_repeats(sheet, problems)
    return sheet


def overlay(base: Sheet, over: Sheet, problems: list[Problem]) -> Sheet:
    """Lay changed cells and new rows over a table; an absent cell leaves the base as it is.

    A row whose key the base does not have is a new row and must bring every required column.
    """
    frame = base.frame.copy()
    position = {key: i for i, key in enumerate(base.row_keys())}
    rows = [position.get(key, -1) for key in over.row_keys()]
    old = np.array([i for i, r in enumerate(rows) if r >= 0], dtype=int)
    target = np.array([r for r in rows if r >= 0], dtype=int)
    for name in over.frame.columns:
        if name not in frame:
            number = over.frame[name].dtype == np.float64
            frame[name] = pd.Series(np.nan if number else None, index=frame.index, dtype=over.frame[name].dtype)
        cells = frame[name].to_numpy(copy=True)
        given = over.frame[name].iloc[old].notna().to_numpy()
        cells[target[given]] = over.frame[name].to_numpy()[old[given]]
        frame[name] = pd.Series(cells, index=frame.index, dtype=frame[name].dtype)
    new = [i for i, r in enumerate(rows) if r < 0]
    _check_new_rows(over, new, position, problems)
    if new:
        added = over.frame.iloc[new].reindex(columns=frame.columns)
        parts = [part.astype(object) for part in (frame, added) if len(part)]
        frame = pd.concat(parts, ignore_index=True).astype(dict(frame.dtypes))
    return Sheet(base.table, frame, base.origin + tuple(over.origin[i] for i in new))


def _check_new_rows(over: Sheet, new: list[int], known: dict[tuple[Any, ...], int], problems: list[Problem]) -> None:
    need = [c for c, column in over.spec.columns.items() if column.required and c not in over.spec.key]
    keys = over.row_keys()
    for i in new:
        lacking = [c for c in need if c not in over.frame or is_absent(over.frame[c].iloc[i])]
        if lacking:
            label = show_key(keys[i])
            near = hint(label, [show_key(k) for k in known])
            what = f"'{label}' is not in the base table{near}, and as a new row it lacks {', '.join(lacking)}"
            fix = "correct the name to change an existing row, or fill these columns to add one"
            problems.append(Problem(over.origin[i][0], what, fix, row=over.origin[i][1], column=over.spec.key[0]))


def complete_frame(sheet: Sheet, types: pd.DataFrame | None, problems: list[Problem]) -> pd.DataFrame:
    """All columns of the schema: standard types fill electrical cells, defaults fill the rest.

    Parameters
    ----------
    sheet : Sheet
    types : DataFrame or None
        Completed table of standard types, for tables that have one.
    problems : list of Problem
        Receives electrical cells that neither the row nor its type gives.
    """
    frame = sheet.frame.reindex(columns=list(sheet.spec.columns))
    if types is not None:
        kinds = types.set_index("name")
        own = frame["std_type"].isna().to_numpy()
        for name in kinds.columns:
            given = frame["std_type"].map(kinds[name].to_dict()).astype("float64")
            frame[name] = frame[name].astype("float64").fillna(given)
            # A type that is unknown or has a bad cell was reported where it stands.
            for i in np.flatnonzero(frame[name].isna().to_numpy() & own):
                file, row = sheet.origin[i]
                what = f"neither the row nor a std_type gives {name}"
                problems.append(Problem(file, what, f"fill {name} or name a std_type", row=row, column=name))
    for name, column in sheet.spec.columns.items():
        frame[name] = finish_column(frame[name], column)
    return frame

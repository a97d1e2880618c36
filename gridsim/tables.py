"""One table: read a CSV file, check every cell against its schema, lay an overlay on it, complete it.

Nothing here looks at a second table; references between tables belong to :mod:`gridsim.network`.
Every function appends what is wrong to a list of :class:`~gridsim.errors.Problem` and goes on, so
that a planner sees all of it at once.  An empty cell is *absent* (``None`` or NaN), never zero.
"""

from __future__ import annotations

import codecs
import csv
import difflib
import hashlib
import io
import math
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from numbers import Real
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gridsim.errors import Problem
from gridsim.schema import TABLES, Column, Table

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_DAY = re.compile(r"(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])", re.ASCII)
_TRUE, _FALSE = {"1", "1.0", "true"}, {"0", "0.0", "false"}


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

    def keys(self) -> list[tuple[Any, ...]]:
        """Key of each row, as a tuple of the key columns."""
        return list(zip(*(self.frame[k] for k in self.spec.key)))


def closest(word: str, known: Iterable[str]) -> str:
    """``"; did you mean 'x'"`` for the nearest known word, or an empty string."""
    near = difflib.get_close_matches(unicodedata.normalize("NFKC", word), list(known), n=1, cutoff=0.6)
    return f"; did you mean '{near[0]}'" if near else ""


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
    missing = [c for c, col in spec.columns.items() if c not in header and (c in spec.key or (complete and col.required))]
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
            hint = closest(name, missing) or closest(name, set(spec.columns) - set(header))
            near = hint.rpartition("'")[0].rpartition("'")[2]
            if near in missing:
                missing.remove(near)
            fix = f"rename it to '{near}'" if near else f"use one of: {', '.join(spec.columns)}"
            problems.append(Problem(label, f"unknown column '{name}'{hint}", fix, row="1", column=name))
    for name in missing:
        what = f"column '{name}' is missing ({spec.columns[name].doc})"
        problems.append(Problem(label, what, f"add the column '{name}'", row="1", column=name))
    return found


# ---------------------------------------------------------------------------------- single cells


class _Bad(Exception):
    """A cell that cannot be used: what is wrong, what to do."""


def _blank(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value)) or value is pd.NA


def _why_no_number(text: str) -> _Bad:
    plain = unicodedata.normalize("NFKC", text).strip()
    if text.startswith("#"):
        return _Bad(f"'{text}' is an error value of Excel", "repair the formula and save the value")
    if plain != text and _NUMBER.fullmatch(plain):
        return _Bad(f"'{text}' has full-width digits or spaces", f"write {plain} in plain digits")
    if _NUMBER.fullmatch(plain.replace(",", "")):
        return _Bad(f"'{text}' has a comma in the number", f"write {plain.replace(',', '')} (no thousands separator)")
    head = _NUMBER.match(plain)
    if head:
        return _Bad(f"'{text}' is not a plain number", f"write {head[0]} if that is meant; the unit is in the column's name")
    return _Bad(f"text '{text}' in a number column", "write a number, or leave the cell empty if the column allows it")


def _number(value: Any, column: Column) -> float | None:
    if _blank(value):
        return None
    if isinstance(value, Real) and not isinstance(value, bool):
        number = float(value)
    else:
        text = str(value).strip(" \t")
        if not text:
            return None
        if not _NUMBER.fullmatch(text):
            raise _why_no_number(text)
        number = float(text)
    if not math.isfinite(number):
        raise _Bad(f"{number} is not a finite number", "write a finite number")
    if column.kind == "int" and not number.is_integer():
        raise _Bad(f"{number:g} is not a whole number", f"write {round(number)} if that is meant")
    if column.positive and number <= 0.0:
        raise _Bad(f"{number:g} is not positive", f"write a value above 0 ({column.doc})")
    if column.low is not None and number < column.low:
        raise _Bad(f"{number:g} is below {column.low:g}", f"write a value of at least {column.low:g} ({column.doc})")
    if column.high is not None and number > column.high:
        raise _Bad(f"{number:g} is above {column.high:g}", f"write a value of at most {column.high:g} ({column.doc})")
    return number


def _text(value: Any, column: Column) -> str | None:
    text = "" if _blank(value) else str(value).strip()
    if not text:
        return None
    if column.choices and text not in column.choices:
        raise _Bad(f"'{text}' is not allowed{closest(text, column.choices)}", f"use one of: {', '.join(column.choices)}")
    return text


def _flag(value: Any, _column: Column) -> bool | None:
    text = "" if _blank(value) else str(value).strip().lower()
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    if text:
        raise _Bad(f"'{value}' is not a yes/no value", "write 1 or 0")
    return None


def _day(value: Any, column: Column) -> str | None:
    text = _text(value, column)
    if text is not None and not _DAY.fullmatch(text):
        raise _Bad(f"'{text}' is not a day", "write month-day as MM-DD, e.g. 03-15 (format the column as text in Excel)")
    return text


_PARSE: dict[str, Callable[[Any, Column], Any]] = {
    "text": _text, "float": _number, "int": _number, "bool": _flag, "day": _day,
}  # fmt: skip


def _parse(values: Iterable[Any], name: str, column: Column, origin: Sequence[tuple[str, str]], *,
           complete: bool, problems: list[Problem]) -> pd.Series:  # fmt: skip
    """One column, typed; a cell that is wrong becomes a problem and stays absent."""
    parse = _PARSE[column.kind]
    out: list[Any] = []
    for value, (file, row) in zip(values, origin):
        cell = None
        try:
            cell = parse(value, column)
            if cell is None and complete and column.required:
                raise _Bad("the cell is empty", f"fill it ({column.doc})")
        except _Bad as bad:
            problems.append(Problem(file, str(bad.args[0]), str(bad.args[1]), row=row, column=name))
        out.append(cell)
    dtype = "float64" if column.kind in ("float", "int") else object
    return pd.Series(out, dtype=dtype, name=name)


# ---------------------------------------------------------------------------------- one table


def _no_repeats(sheet: Sheet, problems: list[Problem]) -> None:
    first: dict[tuple[Any, ...], str] = {}
    for key, (file, row) in zip(sheet.keys(), sheet.origin):
        if any(_blank(k) for k in key):
            continue
        if key in first:
            label = " / ".join(_show(k) for k in key)
            what = f"'{label}' appears twice (first in row {first[key]})"
            problems.append(Problem(file, what, "rename one of them or delete it", row=row, column=sheet.spec.key[-1]))
        else:
            first[key] = row


def _show(key: Any) -> str:
    return f"{key:g}" if isinstance(key, float) else str(key)


def read_sheet(path: Path, table: str, *, label: str, complete: bool, problems: list[Problem]) -> tuple[Sheet | None, str]:
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
        name: _parse((c[i] if i < len(c) else None for _, c in rows), name, spec.columns[name], origin,
                     complete=complete or name in spec.key, problems=problems)
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
    keys = zip(*(frame[k] for k in spec.key))
    origin = tuple((label, " / ".join(_show(k) for k in key)) for key in keys)
    columns = {
        name: _parse(frame[name], name, spec.columns[name], origin, complete=complete or name in spec.key, problems=problems)
        for name in found
    }
    sheet = Sheet(table, pd.DataFrame(columns).reset_index(drop=True), origin)
    _no_repeats(sheet, problems)
    return sheet


def overlay(base: Sheet, over: Sheet, problems: list[Problem]) -> Sheet:
    """Lay changed cells and new rows over a table; an absent cell leaves the base as it is.

    A row whose key the base does not have is a new row and must bring every required column.
    """
    frame = base.frame.copy()
    position = {key: i for i, key in enumerate(base.keys())}
    rows = [position.get(key, -1) for key in over.keys()]
    old = np.array([i for i, r in enumerate(rows) if r >= 0], dtype=int)
    target = np.array([r for r in rows if r >= 0], dtype=int)
    for name in over.frame.columns:
        if name not in frame:
            frame[name] = pd.Series(np.nan if over.spec.columns[name].kind in ("float", "int") else None,
                                    index=frame.index, dtype=over.frame[name].dtype)  # fmt: skip
        given = over.frame[name].iloc[old].notna().to_numpy()
        frame.iloc[target[given], frame.columns.get_loc(name)] = over.frame[name].iloc[old[given]].to_numpy()
    new = [i for i, r in enumerate(rows) if r < 0]
    if not new:
        return Sheet(base.table, frame, base.origin)
    added = over.frame.iloc[new].reindex(columns=frame.columns)
    need = [c for c, col in over.spec.columns.items() if col.required and c not in over.spec.key]
    known = [" / ".join(map(_show, k)) for k in position]
    for i, key in zip(new, (over.keys()[i] for i in new)):
        lacking = [c for c in need if c not in added or _blank(added.at[i, c])]
        if lacking:
            label = " / ".join(map(_show, key))
            what = f"'{label}' is not in the base table{closest(label, known)}, and as a new row it lacks {', '.join(lacking)}"
            fix = "correct the name to change an existing row, or fill these columns to add one"
            problems.append(Problem(over.origin[i][0], what, fix, row=over.origin[i][1], column=over.spec.key[0]))
    frames = [f.astype(object) for f in (frame, added) if len(f)]
    frame = pd.concat(frames, ignore_index=True).astype({c: d for c, d in frame.dtypes.items()})
    return Sheet(base.table, frame, base.origin + tuple(over.origin[i] for i in new))


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
        for name in kinds.columns:
            given = frame["std_type"].map(kinds[name].to_dict()).astype("float64")
            frame[name] = frame[name].astype("float64").fillna(given)
            for i in np.flatnonzero(frame[name].isna().to_numpy()):
                if frame["std_type"].iloc[i] is None or frame["std_type"].iloc[i] in kinds.index:
                    file, row = sheet.origin[i]
                    problems.append(Problem(file, f"neither the row nor a std_type gives {name}",
                                            f"fill {name} or name a std_type", row=row, column=name))  # fmt: skip
    for name, column in sheet.spec.columns.items():
        frame[name] = _typed(frame[name], column)
    return frame


def _typed(values: pd.Series, column: Column) -> pd.Series:
    """Final type of a column, defaults in; a required cell that was wrong keeps a harmless stand-in."""
    default = None if column.required else column.default
    if column.kind in ("float", "int"):
        numbers = values.astype("float64")
        if default is not None:
            numbers = numbers.fillna(float(default))
        whole = column.kind == "int" and not numbers.isna().any()
        return numbers.astype("int64") if whole else numbers
    filled = [default if _blank(v) else v for v in values]
    if column.kind == "bool":
        return pd.Series([bool(v) for v in filled], index=values.index, dtype=bool)
    return pd.Series(filled, index=values.index, dtype=object)

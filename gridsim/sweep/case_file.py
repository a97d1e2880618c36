"""One file per case: every table of its findings as cells of one Parquet file, its row of the index in the metadata.

Cells keep kind and order, so the tables come back as they were.  A file is complete or not there: it is written beside
its place and renamed into it.
"""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from pandas.api.types import is_bool_dtype, is_numeric_dtype, pandas_dtype

FORMAT = "gridsim-case-1"
SUFFIX = ".parquet"
_ROW, _TYPES, _SUMMARY, _FORMAT = b"gridsim_row", b"gridsim_types", b"gridsim_summary", b"gridsim_format"


def pack(row: Mapping[str, Any], summary: Mapping[str, Any], tables: Mapping[str, pd.DataFrame]) -> bytes:
    """A case as the bytes of its file.

    Parameters
    ----------
    row : mapping
        The case's row of the index, plain values.
    summary : mapping
        ``summary.json`` of its findings.
    tables : mapping of str to DataFrame
        Tables of its findings; the index is not kept.
    """
    cells = [_cells(name, table) for name, table in tables.items()]
    if not cells:
        cells = [_cells("", pd.DataFrame())]
    types = {name: {str(c): str(kind) for c, kind in table.dtypes.items()} for name, table in tables.items()}
    long = pa.concat_tables(cells).replace_schema_metadata(
        {
            _FORMAT: FORMAT.encode(),
            _ROW: json.dumps(row, ensure_ascii=False).encode(),
            _SUMMARY: json.dumps(summary, ensure_ascii=False, default=_plain).encode(),
            _TYPES: json.dumps(types, ensure_ascii=False).encode(),
        }
    )
    sink = pa.BufferOutputStream()
    pq.write_table(long, sink, compression="zstd", use_dictionary=["table", "column", "text"])
    return bytes(sink.getvalue())


def _cells(name: str, table: pd.DataFrame) -> pa.Table:
    """A table as rows of (table, column, row, number, text); a cell has a number or a text, or is empty."""
    n, columns = len(table), list(table.columns)
    number = np.full((len(columns), n), np.nan)
    text = np.full((len(columns), n), None, dtype=object)
    for k, column in enumerate(columns):
        values = table[column]
        if is_numeric_dtype(values.dtype):
            number[k] = values.to_numpy(dtype=float, na_value=np.nan)
        else:
            text[k] = [None if pd.isna(v) else str(v) for v in values]
    return pa.table(
        {
            "table": pa.array([name] * (n * len(columns)), pa.string()),
            "column": pa.array([str(c) for c in columns for _ in range(n)], pa.string()),
            "row": pa.array(np.tile(np.arange(n, dtype=np.int32), len(columns))),
            "number": pa.array(number.ravel()),
            "text": pa.array(list(text.ravel()), pa.string()),
        }
    )


def read_row(path: Path) -> dict[str, Any] | None:
    """Row of the index in a case's file; None if it is no such file."""
    try:
        metadata = pq.read_schema(path).metadata or {}
    except (OSError, pa.ArrowInvalid):
        return None
    if metadata.get(_FORMAT) != FORMAT.encode():
        return None
    row: dict[str, Any] = json.loads(metadata[_ROW])
    return row


def read_tables(path: Path) -> tuple[dict[str, Any], dict[str, pd.DataFrame]]:
    """Summary and tables of a case, with the types they were packed with."""
    long = pq.read_table(path)
    metadata = long.schema.metadata
    types: dict[str, dict[str, str]] = json.loads(metadata[_TYPES])
    frame = long.to_pandas()
    cells = dict(iter(frame.groupby(["table", "column"], sort=False)))
    tables = {}
    for name, kinds in types.items():
        columns = {c: _column(cells.get((name, c)), kind) for c, kind in kinds.items()}
        tables[name] = pd.DataFrame(columns, columns=list(kinds))
    return json.loads(metadata[_SUMMARY]), tables


def _column(cells: pd.DataFrame | None, kind: str) -> pd.Series:
    dtype = pandas_dtype(kind)
    if cells is None:
        return pd.Series([], dtype=dtype)
    if is_bool_dtype(dtype) or is_numeric_dtype(dtype):
        return pd.Series(cells["number"].to_numpy()).astype(dtype)
    values = pd.Series(cells["text"].to_numpy(dtype=object))
    if kind.startswith("datetime64"):
        return pd.to_datetime(values, utc=getattr(dtype, "tz", None) is not None).astype(dtype)
    return values.where(values.notna(), np.nan) if kind == "object" else values.astype(dtype)


def write_atomically(path: Path, content: bytes) -> None:
    """A file whole or not at all; on a full disk what was begun is taken away again."""
    beginning = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")
    try:
        with beginning.open("wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        beginning.replace(path)
    finally:
        beginning.unlink(missing_ok=True)


def _plain(value: Any) -> Any:
    """A value of numpy as one of JSON."""
    return value.item() if isinstance(value, np.generic) else str(value)

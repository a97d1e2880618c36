"""Given series of plants: wide CSV, one column per plant (available power, minimum output, units on).

First column ``time``: stamps at the start of each interval, each with its UTC offset
(``2030-01-01T00:00:00+08:00``), or without one when the column is called ``time_utc+08:00``.
Every other column is a plant of the tables the series is for.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from gridsim.errors import Problem
from gridsim.tables import closest, read_series_text

ZONE = "Asia/Shanghai"
STEPS_MINUTES = (60, 15)
#: measured power may exceed the table's capacity by this much before it is a mistake of units
OVERSHOOT = 1.05
_TIME = re.compile(r"time(?:[_ ]?\(?utc([+-]\d{1,2})(?::?(\d{2}))?\)?)?", re.IGNORECASE)
_OFFSET = re.compile(r"(Z|[+-]\d{2}:?\d{2})$")


@dataclass(frozen=True)
class SeriesKind:
    """What a series gives: its meaning in messages, the tables of its plants, the unit of its values."""

    what: str = "available power"
    tables: str = "wind and solar"
    unit: str = "MW"
    limit: str = "capacity"


AVAILABLE = SeriesKind()
MINIMUM = SeriesKind("minimum output", "thermal")
ONLINE = SeriesKind("the number of units on", "thermal", "units", "number")


def read_series(
    path: str | Path, *, capacity: Mapping[str, float], problems: list[Problem], kind: SeriesKind = AVAILABLE
) -> tuple[pd.DataFrame, str]:
    """Read one file of given series.

    Parameters
    ----------
    path : path
    capacity : mapping of str to float
        Plants that may appear, with their largest value: capacity in MW, or number of units.
    problems : list of Problem
        Receives everything that is wrong: header, stamps, cells.
    kind : SeriesKind
        What the values are.

    Returns
    -------
    frame : DataFrame (time, plant), MW or units
        Index tz-aware (Asia/Shanghai).  Empty when the stamps cannot be used.
    sha256 : str
    """
    path = Path(path)
    label = path.name
    text, digest = read_series_text(path, problems)
    rows = [r for r in csv.reader(io.StringIO(text or "", newline="")) if any(c.strip() for c in r)]
    if len(rows) < 3:
        if text is not None:
            problems.append(Problem(label, "there are no values", "give a header row and one row per interval"))
        return pd.DataFrame(), digest
    header = [c.strip() for c in rows[0]]
    short = [i for i, r in enumerate(rows[1:], start=2) if len(r) != len(header)]
    if short:
        problems.append(
            Problem(label, f"{len(short)} rows have not {len(header)} cells", "one cell per column", row=str(short[0]))
        )
        return pd.DataFrame(), digest
    index = _stamps(header[0], [r[0].strip() for r in rows[1:]], label, problems)
    columns = {}
    for j, name in enumerate(header[1:], start=1):
        if name in columns:
            problems.append(Problem(label, f"column {name!r} appears twice", "keep one of them", row="1", column=name))
        elif name not in capacity:
            tables = f"the table{'s' * (' and ' in kind.tables)} {kind.tables}"
            what = f"plant {name!r} is not in {tables} of this scenario{closest(name, capacity)}"
            problems.append(Problem(label, what, "correct the name", row="1", column=name))
        else:
            columns[name] = _values([r[j].strip() for r in rows[1:]], name, capacity[name], label, problems, kind)
    if index is None:
        return pd.DataFrame(), digest
    return pd.DataFrame(columns, index=index), digest


def step_minutes(frames: Mapping[str, pd.DataFrame], problems: list[Problem], *, wanted: int | None = None) -> int:
    """Common step of given series; ``wanted``, else 60, when there are none.

    What is wrong is appended to ``problems``: other steps than 15 and 60, several of them, not the one that is wanted.
    """
    steps = {}
    for label, frame in frames.items():
        if len(frame) < 2:
            continue
        gaps = np.diff(pd.DatetimeIndex(frame.index).as_unit("ns").asi8) / 60e9
        step = round(float(np.median(gaps)))
        if step not in STEPS_MINUTES:
            problems.append(
                Problem(
                    label,
                    f"the step is {step} min",
                    f"give series of {' or '.join(map(str, STEPS_MINUTES))} min",
                    column="time",
                )
            )
        else:
            steps[label] = step
    if len(set(steps.values())) > 1:
        found = ", ".join(f"{k}: {v} min" for k, v in steps.items())
        problems.append(
            Problem(next(iter(steps)), f"the series have different steps ({found})", "bring them to one step")
        )
    found_step = next(iter(steps.values()), wanted or 60)
    if wanted is not None and found_step != wanted:
        what = f"the step is {found_step} min, {wanted} are asked for"
        problems.append(Problem(next(iter(steps)), what, f"give series of {wanted} min", column="time"))
    return found_step


def on_index(frames: Mapping[str, pd.DataFrame], index: pd.DatetimeIndex, problems: list[Problem]) -> pd.DataFrame:
    """All series on the study's index; gaps, repeated stamps, other years and plants given twice become problems."""
    columns: dict[str, pd.Series] = {}
    for label, frame in frames.items():
        if frame.empty:
            continue
        stamps = pd.DatetimeIndex(frame.index)
        repeated = stamps[stamps.duplicated()]
        missing, outside = index.difference(stamps), stamps.difference(index)
        if len(repeated):
            what = f"{len(repeated)} stamps appear twice, first {repeated[0].isoformat()}"
            row = str(int(np.argmax(stamps.duplicated())) + 2)
            problems.append(Problem(label, what, "keep one row each", row=row, column="time"))
        if len(missing):
            first = missing[0].isoformat()
            what = f"{len(missing)} of {len(index)} intervals of {index[0].year} are missing, first {first}"
            before = np.flatnonzero(stamps < missing[0])
            row = str(before[-1] + 2 if len(before) else 2)  # the last row before the gap
            problems.append(Problem(label, what, "give every interval of the scenario's year", row=row, column="time"))
        if len(outside):
            what = f"{len(outside)} stamps are not intervals of {index[0].year}, first {outside[0].isoformat()}"
            row = str(int(np.argmax(stamps == outside[0])) + 2)
            problems.append(Problem(label, what, "use the scenario's year and its step", row=row, column="time"))
        for name in frame.columns:
            if name in columns:
                problems.append(
                    Problem(label, f"plant {name!r} has a series in another file too", "give one", column=name)
                )
            columns[name] = frame[name]
    return pd.DataFrame({k: v[~v.index.duplicated()].reindex(index) for k, v in columns.items()}, index=index)


def _stamps(name: str, texts: Sequence[str], label: str, problems: list[Problem]) -> pd.DatetimeIndex | None:
    """Time index in Asia/Shanghai, or None with a problem."""
    match = _TIME.fullmatch(name)
    if not match:
        problems.append(
            Problem(label, f"the first column is {name!r}", "call it time (or time_utc+08:00)", row="1", column=name)
        )
        return None
    bare = [i for i, t in enumerate(texts) if not _OFFSET.search(t)]
    if bare and not match[1]:
        what = f"{len(bare)} stamps have no time zone, first {texts[bare[0]]!r}"
        problems.append(
            Problem(
                label,
                what,
                "write 2030-01-01T00:00:00+08:00, or call the column time_utc+08:00",
                row=str(bare[0] + 2),
                column=name,
            )
        )
        return None
    suffix = f"{int(match[1]):+03d}:{match[2] or '00'}" if match[1] else ""
    stamps = pd.to_datetime(
        [t if _OFFSET.search(t) else t + suffix for t in texts], utc=True, errors="coerce", format="mixed"
    )
    bad = np.flatnonzero(stamps.isna())
    if len(bad):
        what = f"{len(bad)} stamps cannot be read, first {texts[bad[0]]!r}"
        problems.append(
            Problem(label, what, "write stamps like 2030-01-01T00:00:00+08:00", row=str(bad[0] + 2), column=name)
        )
        return None
    return pd.DatetimeIndex(stamps).tz_convert(ZONE)


def _values(
    texts: Sequence[str], name: str, capacity: float, label: str, problems: list[Problem], kind: SeriesKind
) -> np.ndarray:
    """Numbers of one column; text, empty cells, negative and impossible values become problems."""
    values = pd.to_numeric(pd.Series(texts), errors="coerce").to_numpy(float)
    with np.errstate(invalid="ignore"):
        kinds = (
            (~np.isfinite(values), "is no number", "fill the gap with a number; absent is not zero"),
            (values < 0.0, "is negative", f"{kind.what} is not negative"),
            (
                values > capacity * OVERSHOOT,
                f"exceeds the {kind.limit} of {capacity:g} {kind.unit}",
                f"check the unit ({kind.unit}) and the plant",
            ),
        )
    for bad, what, fix in kinds:
        rows = np.flatnonzero(bad)
        if len(rows):
            count = f" ({len(rows)} cells)" if len(rows) > 1 else ""
            problems.append(Problem(label, f"{texts[rows[0]]!r} {what}{count}", fix, row=str(rows[0] + 2), column=name))
    return values

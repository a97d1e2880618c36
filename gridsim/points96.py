"""Measured demand as dispatch centres export it: one row per day with 96 columns of 15 minutes.

Read are UTF-8 and GBK; comma, semicolon or tab.  One column is the day (``日期``, ``date``; ``2025-01-05``,
``2025/1/5``, ``20250105``, ``2025年1月5日``).  An optional column names the demand or load (``名称``, ``name``,
``站名``, ``地区``); without it the file's own name does.  The 96 columns are labelled by the *end* of their quarter
of an hour (0:15 ... 24:00, as dispatch does), by its start (0:00 ... 23:45), or numbered (1 ... 96, P1 ... P96,
V01 ...); numbers count from midnight.  ``0:15`` therefore is 0:00-0:15.  Maximum, mean, sum are passed over.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection
from pathlib import Path

import numpy as np
import pandas as pd

from gridsim.errors import Problem
from gridsim.tables import closest, read_series_text

ZONE = "Asia/Shanghai"
POINTS = 96
#: headers of the column of days and of the column of names
_DAY = {"日期", "date", "day", "日", "数据日期", "时间", "time", "运行日期", "日期时间"}
_NAME = {"名称", "name", "站名", "变电站", "厂站", "地区", "区域", "负荷名称", "对象", "load", "demand", "station"}
#: header or title words that say the unit, and its MW
_UNITS = {"万千瓦": 10.0, "10mw": 10.0, "mw": 1.0, "兆瓦": 1.0, "kw": 0.001, "千瓦": 0.001}
#: passed over: what exports add at the end of a row
_ASIDE = re.compile(
    r"(日?(最大|最小|最高|最低|平均)|合计|日?电量|负荷率|峰谷差|max|min|mean|avg|sum|total|备注|序号|单位|unit|id).*",
    re.I,
)
_CLOCK = re.compile(r"(?:[A-Za-z_]*)(\d{1,2})[:：时hH](\d{2})?(?:[:：]?00)?(?:分)?")
_NUMBER = re.compile(r"(?:[A-Za-z_点第]*?)(\d{1,2})(?:点)?")
_DATE = re.compile(r"(\d{4})\D?(\d{1,2})\D?(\d{1,2})日?(?:\s+0{1,2}:00(?::00)?)?")


def read_points96(path: str | Path, *, names: Collection[str], problems: list[Problem]) -> tuple[pd.DataFrame, str]:
    """Read one file of 96 points a day.

    Parameters
    ----------
    path : path
    names : collection of str
        Demands and loads that may appear.
    problems : list of Problem
        Receives everything that is wrong: header, days, cells.

    Returns
    -------
    frame : DataFrame (time, name), MW
        Index tz-aware (Asia/Shanghai), 15 min, interval-start.  Empty when header or days cannot be used.
    sha256 : str
    """
    path = Path(path)
    label = path.name
    text, digest = read_series_text(path, problems)
    if text is None:
        return pd.DataFrame(), digest
    mark = max(",;\t", key=text[:20_000].count)
    table = list(csv.reader(io.StringIO(text, newline=""), delimiter=mark))
    numbered = [(i, [c.strip() for c in r]) for i, r in enumerate(table, start=1) if any(c.strip() for c in r)]
    start = _header_row([r for _, r in numbered])
    if start is None:
        what = f"no header row with a column of days and {POINTS} columns of 15 minutes was found"
        problems.append(Problem(label, what, "give 日期, 0:15, 0:30 ... 24:00", row="1"))
        return pd.DataFrame(), digest
    header = numbered[start][1]
    scale = _scale(" ".join(" ".join(r) for _, r in numbered[: start + 1]))
    day, name, points = _columns(header, label, str(numbered[start][0]), problems)
    if points is None:
        return pd.DataFrame(), digest
    rows = [(i, r) for i, r in numbered[start + 1 :]]
    return _frame(rows, (day, name, points), scale, path.stem, names, label, problems), digest


def _header_row(rows: list[list[str]]) -> int | None:
    """The first row that begins with a word for a day; exports put titles above it."""
    for i, row in enumerate(rows[:10]):
        if any(_plain(c) in _DAY for c in row[:4]) and len(row) > POINTS:
            return i
    return None


def _plain(cell: str) -> str:
    return re.sub(r"[\s((].*", "", cell.strip().lower())


def _scale(text: str) -> float:
    """MW of the unit named in the title or header; MW when none is."""
    low = text.lower()
    return next((factor for word, factor in _UNITS.items() if word in low), 1.0)


def _columns(
    header: list[str], label: str, row: str, problems: list[Problem]
) -> tuple[int, int | None, list[int] | None]:
    """Column of the day, of the name, and of the 96 points from midnight on."""
    day = next(i for i, c in enumerate(header) if _plain(c) in _DAY)
    name = next((i for i, c in enumerate(header) if _plain(c) in _NAME), None)
    found: dict[int, int] = {}
    numbers: dict[int, int] = {}
    strange, twice = [], []
    for i, cell in enumerate(header):
        if i in (day, name) or not cell or _ASIDE.fullmatch(cell):
            continue
        clock, number = _CLOCK.fullmatch(cell), _NUMBER.fullmatch(cell)
        if clock:
            minute = 60 * int(clock[1]) + int(clock[2] or 0)
            twice += [cell] if minute in found else []
            found[minute] = i
        elif number:
            twice += [cell] if int(number[1]) in numbers else []
            numbers[int(number[1])] = i
        else:
            strange.append(cell)
    for cells, what, fix in (
        (strange, "are no times of day", "label them 0:15 ... 24:00 or 1 ... 96"),
        (twice, "appear twice", "keep one column each"),
    ):
        if cells:
            problems.append(Problem(label, f"columns {', '.join(map(repr, cells[:3]))} {what}", fix, row=row))
    ends, starts = [15 * (k + 1) for k in range(POINTS)], [15 * k for k in range(POINTS)]
    for wanted, have in ((ends, found), (starts, found), (list(range(1, 97)), numbers), (list(range(96)), numbers)):
        if set(wanted) == set(have):
            return day, name, [have[w] for w in wanted]
    have = found or numbers
    lacking = [w for w in (ends if found else range(1, 97)) if w not in have]
    first = f"{lacking[0] // 60}:{lacking[0] % 60:02d}" if found and lacking else str(lacking[0] if lacking else "?")
    what = f"{len(have)} columns of time, not {POINTS}; the first that is missing is {first}"
    problems.append(Problem(label, what, "one column per 15 minutes: 0:15 ... 24:00", row=row))
    return day, name, None


def _frame(
    rows: list[tuple[int, list[str]]],
    columns: tuple[int, int | None, list[int]],
    scale: float,
    stem: str,
    names: Collection[str],
    label: str,
    problems: list[Problem],
) -> pd.DataFrame:
    """Values of all days; what is wrong with days, names and cells is appended to ``problems``."""
    day, name, points = columns
    values: dict[str, dict[pd.Timestamp, np.ndarray]] = {}
    unknown: set[str] = set()
    for number, row in rows:
        row = row + [""] * (max(points) + 1 - len(row))
        who = stem if name is None else row[name]
        date = _date(row[day])
        if date is None:
            problems.append(Problem(label, f"{row[day]!r} is no day", "write 2025-01-05", row=str(number)))
            continue
        if who not in names:
            if who not in unknown:
                what = f"{who!r} is neither a demand nor a load of this scenario{closest(who, names)}"
                where = "the file's name" if name is None else "the name"
                problems.append(Problem(label, what, f"correct {where}", row=str(number)))
            unknown.add(who)
            continue
        cells = [row[c] for c in points]
        numbers = pd.to_numeric(pd.Series(cells), errors="coerce").to_numpy(float) * scale
        bad = np.flatnonzero(~np.isfinite(numbers) | (numbers < 0.0))
        if len(bad):
            what = f"{who} {date:%Y-%m-%d}: {cells[bad[0]]!r} is no demand ({len(bad)} of {POINTS} points)"
            fix = "fill the gap with a number; absent is not zero, and demand is gross of distributed PV"
            problems.append(Problem(label, what, fix, row=str(number)))
        if date in values.setdefault(who, {}):
            problems.append(Problem(label, f"{who} has {date:%Y-%m-%d} twice", "keep one row", row=str(number)))
        values[who][date] = numbers
    series = {}
    for who, of_day in values.items():
        days = sorted(of_day)
        stamps = np.concatenate([pd.date_range(d, periods=POINTS, freq="15min").to_numpy() for d in days])
        series[who] = pd.Series(np.concatenate([of_day[d] for d in days]), index=pd.DatetimeIndex(stamps))
    frame = pd.DataFrame(series)
    return frame.tz_localize(ZONE) if len(frame) else frame


def _date(text: str) -> pd.Timestamp | None:
    """Midnight of a day in one of the usual spellings."""
    match = _DATE.fullmatch(text.strip())
    if match is None:
        return None
    try:
        return pd.Timestamp(year=int(match[1]), month=int(match[2]), day=int(match[3]))
    except ValueError:
        return None

"""Plain CSV weather, as a planner exports it from Excel: any column names, Chinese or English, several units.

A small TOML file beside the CSV (``<name>.toml``, or ``columns.toml`` for all files of a folder) says what is what;
without one, the header must say it (``气温(K)``, ``风速_70m(km/h)``, ``ghi_w_per_m2``).  UTF-8 or GBK.
"""

from __future__ import annotations

import csv
import io
import re
import tomllib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
import pydantic

from gridsim.errors import InvalidInput, Problem, raise_if
from gridsim.weather.assemble import Record, Site
from gridsim.weather.canonical import WITHOUT_WIND, ZONE, Weather, wind_column, wind_columns
from gridsim.weather.gather import found_files, sha256, site_rows, together
from gridsim.weather.intervals import step_of
from gridsim.weather.origin import ALL, Origin

#: unit -> factor and offset to the canonical unit; those per step are energies of an interval
UNITS: dict[str, tuple[float, float]] = {
    "w/m2": (1.0, 0.0),
    "kw/m2": (1000.0, 0.0),
    "degc": (1.0, 0.0),
    "c": (1.0, 0.0),
    "k": (1.0, -273.15),
    "pa": (1.0, 0.0),
    "hpa": (100.0, 0.0),
    "mbar": (100.0, 0.0),
    "kpa": (1000.0, 0.0),
    "m/s": (1.0, 0.0),
    "km/h": (1.0 / 3.6, 0.0),
    "kn": (0.514444, 0.0),
}
#: energies of an interval: joules per m2 in the unit
ENERGIES = {"j/m2": 1.0, "kj/m2": 1e3, "mj/m2": 1e6, "wh/m2": 3600.0, "kwh/m2": 3.6e6}
#: which units a column may have
OF_COLUMN = {"w_per_m2": {"w/m2", "kw/m2", *ENERGIES}, "degc": {"degc", "c", "k"}, "pa": {"pa", "hpa", "mbar", "kpa"}}
WIND_UNITS = {"m/s", "km/h", "kn"}
#: plain names of columns; 直接辐射 alone is not among them, since it may be on the horizontal
NAMES = {
    "ghi_w_per_m2": ("ghi", "总辐射", "水平总辐射", "总辐照度", "水平面总辐射", "水平面总辐照度"),
    "dni_w_per_m2": ("dni", "法向直接辐射", "直接法向辐射", "法向直射", "法向直接辐照度"),
    "dhi_w_per_m2": ("dhi", "散射辐射", "水平散射辐射", "散射辐照度", "水平面散射辐照度"),
    "temp_air_degc": ("temp_air", "temperature", "气温", "温度", "环境温度"),
    "pressure_pa": ("pressure", "气压", "大气压", "本站气压"),
}
TIMES = ("time", "datetime", "timestamp", "时间", "日期时间", "时刻")
_UNIT = re.compile(r"^(.*?)\s*[(（\[【](.*?)[)）\]】]\s*$")
_WIND = re.compile(
    r"^(?:风速|wind_?speed|ws)?[_ ]?(\d+(?:\.\d+)?)\s*(?:m|米)?[_ ]?(?:高度)?(?:风速|wind_?speed|ws)?$", re.I
)
#: minutes from a stamp to the middle, in halves of a step
LABELS = {"left": 1.0, "right": -1.0, "middle": 0.0, "instant": 0.0}
SHOWN = 20


class Column(pydantic.BaseModel):
    """One column of the mapping: its name in the file, its unit and, if it differs, its label."""

    model_config = pydantic.ConfigDict(extra="forbid", strict=True, frozen=True)
    column: str
    unit: str = ""
    label: Literal["left", "right", "middle", "instant"] | None = None


class Mapping(pydantic.BaseModel):
    """What a mapping file may say; all of it may be left out where the header says it."""

    model_config = pydantic.ConfigDict(extra="forbid", strict=True, frozen=True)
    time: str = ""
    format: str = ""
    zone: str = ZONE
    label: Literal["left", "right", "middle", "instant"] | None = None
    header_row: int = pydantic.Field(default=1, ge=1)
    site: str = ""
    missing: list[float] = [-999.0, -9999.0, 9999.0, 99999.0]
    elevation_m: float | None = None
    columns: dict[str, Column] = {}


def from_folder(folder: Path, names: Sequence[str], year: int | None, _seed: int) -> Weather:
    """CSV files of a folder: <site>.csv, the file a row of sites.csv names (column file), or one with a site column."""
    sites, named = site_rows(folder, names)
    paths = [p for p in found_files(folder, (".csv",)) if p.name not in ("sites.csv", "provenance.csv")]
    return from_files(paths, sites, named=named, year=year)


def from_files(
    paths: Sequence[Path], sites: Sequence[Site], *, named: dict[str, str] | None = None, year: int | None = None
) -> Weather:
    """A calendar year of several sites from CSV files; several files of one site (its years) are joined.

    Raises
    ------
    InvalidInput
        No year, sites without a file, and everything wrong with the files: all at once.
    """
    if year is None:
        fix = "give [weather] year, or --year"
        raise InvalidInput([Problem(str(paths[0].parent), "CSV weather is of calendar years, none is asked for", fix)])
    problems: list[Problem] = []
    found: dict[str, list[Record]] = {}
    for path in paths:
        for key, record in read(path, problems).items():
            found.setdefault(key, []).append(record)
    raise_if(problems)
    taken = []
    for site in sites:
        stem = Path((named or {}).get(site.name, site.name)).stem
        of_site = [r for key, rs in found.items() for r in rs if key in (site.name, stem)]
        of_site = of_site or [r for key, rs in found.items() for r in rs if key == f"{stem}_{year}"]
        if not of_site:
            fix = f"name a file {site.name}.csv, or name it in the column file of sites.csv"
            problems.append(
                Problem(str(paths[0].parent), f"there is no file of site {site.name!r}", fix, row=site.name)
            )
            continue
        taken.append((site, _joined(of_site)))
    raise_if(problems)
    return together(taken, problems, year=year, files={p.name: sha256(p) for p in paths})


def read(path: Path, problems: list[Problem]) -> dict[str, Record]:
    """One CSV file as records by site; the site of a file without a site column is the file's stem."""
    before = len(problems)
    mapping = _mapping(path, problems)
    frame = _frame(path, mapping, problems)
    if len(problems) > before:
        return {}
    columns = _columns(path, frame, mapping, problems)
    stamp_column = mapping.time or next((c for c in frame.columns if str(c).strip().lower() in TIMES), "")
    if stamp_column not in frame:
        what = f"there is no column of stamps ({', '.join(map(str, frame.columns[:6]))} ...)"
        problems.append(Problem(str(path), what, "name it: time = ... in the mapping file", column=stamp_column))
    if mapping.site and mapping.site not in frame:
        problems.append(
            Problem(str(path), "the site column is missing", "correct the mapping file", column=mapping.site)
        )
    if len(problems) > before:
        return {}
    stamps = _stamps(path, frame[stamp_column], mapping, problems)
    values = {new: _numbers(path, frame[c.column], mapping, problems) for new, c in columns.items()}
    if len(problems) > before:
        return {}
    table = pd.DataFrame(values).set_axis(stamps)
    keys = frame[mapping.site].astype(str) if mapping.site else pd.Series([path.stem] * len(frame))
    records = {}
    for site in dict.fromkeys(keys):
        records[site] = _record(path, table[(keys == site).to_numpy()], columns, mapping, problems)
    return {s: r for s, r in records.items() if r is not None}


def _mapping(path: Path, problems: list[Problem]) -> Mapping:
    """The mapping file of a CSV, or an empty one."""
    file = next((p for p in (path.with_suffix(".toml"), path.parent / "columns.toml") if p.is_file()), None)
    if file is None:
        return Mapping()
    try:
        return Mapping(**tomllib.loads(file.read_text("utf-8-sig")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        problems.append(Problem(str(file), f"not valid TOML: {error}", "mend the line named"))
    except pydantic.ValidationError as error:
        for e in error.errors():
            at = ".".join(str(p) for p in e["loc"])
            problems.append(Problem(str(file), e["msg"], "see docs/howto_weather.md", column=at))
    return Mapping()


def _frame(path: Path, mapping: Mapping, problems: list[Problem]) -> pd.DataFrame:
    """Cells as text; UTF-8 or GBK; comma, semicolon or tab."""
    try:
        data = path.read_bytes()
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = data.decode("gb18030")
    except (OSError, UnicodeDecodeError) as error:
        problems.append(Problem(str(path), f"the file cannot be read ({error})", "save it as CSV UTF-8"))
        return pd.DataFrame()
    head = text.splitlines()[mapping.header_row - 1 : mapping.header_row]
    mark = max(",;\t", key=head[0].count) if head else ","
    try:
        return pd.read_csv(
            io.StringIO(text), sep=mark, dtype=str, skiprows=mapping.header_row - 1, keep_default_na=False
        ).rename(columns=lambda c: str(c).strip())
    except (pd.errors.ParserError, pd.errors.EmptyDataError, csv.Error) as error:
        problems.append(
            Problem(str(path), f"this is no table ({str(error)[:120]})", "save it as CSV with a header row")
        )
        return pd.DataFrame()


def _columns(path: Path, frame: pd.DataFrame, mapping: Mapping, problems: list[Problem]) -> dict[str, Column]:
    """Canonical column -> what is known of its column, from the mapping file first, the header second."""
    found: dict[str, Column] = {}
    for new, c in mapping.columns.items():
        if new not in WITHOUT_WIND and not wind_columns([new]):
            fix = f"use {', '.join(WITHOUT_WIND)} or wind_speed_<h>m_m_per_s"
            problems.append(Problem(str(path), f"{new!r} is no canonical column", fix, column=new))
        elif c.column not in frame:
            problems.append(Problem(str(path), f"there is no column {c.column!r}", "correct the mapping", column=new))
        else:
            found[new] = c
    for header in [] if mapping.columns else frame.columns:
        name, unit = m.groups() if (m := _UNIT.match(header)) else (header, "")
        if new := _canonical(name.strip()):
            found.setdefault(new, Column(column=header, unit=unit))
    for new, c in list(found.items()):
        unit = _unit(c.unit)
        allowed = next((u for k, u in OF_COLUMN.items() if new.endswith(k)), WIND_UNITS)
        if unit and unit not in allowed:
            fix = f"use one of {', '.join(sorted(allowed))}"
            problems.append(Problem(str(path), f"unit {c.unit!r} is not one of {new}", fix, column=c.column))
        found[new] = c.model_copy(update={"unit": unit})
    return found


def _canonical(name: str) -> str:
    """Canonical column of a plain name; empty if it is none."""
    if name in WITHOUT_WIND or wind_columns([name]):
        return name
    plain = next((new for new, names in NAMES.items() if name.lower() in names), "")
    wind = _WIND.match(name)
    is_wind = wind is not None and re.search(r"风速|wind|ws", name, re.I) is not None
    return plain or (wind_column(float(wind[1])) if wind is not None and is_wind else "")


def _unit(text: str) -> str:
    """A unit as it is spelt in :data:`UNITS`."""
    plain = text.strip().lower().replace(" ", "").replace("²", "2").replace("^2", "2").replace("㎡", "m2")
    return plain.replace("℃", "c").replace("°c", "c").replace("·", "").replace("m-2", "/m2").replace("ms-1", "m/s")


def _stamps(path: Path, cells: pd.Series, mapping: Mapping, problems: list[Problem]) -> pd.DatetimeIndex:
    """Stamps with their zone; ``24:00`` is midnight of the next day."""
    text = cells.str.strip()
    late = text.str.contains(r"[ T]24:00(?::00)?$", regex=True)
    text = text.str.replace(r"([ T])24:00", r"\g<1>00:00", regex=True)
    given = pd.to_datetime(text, format=mapping.format or None, errors="coerce")
    if given.dtype == object or given.isna().all():
        given = pd.to_datetime(text, format="mixed", errors="coerce", utc=bool(text.str.contains(r"[+Z]").any()))
    bad = given.isna()
    for i in list(text.index[bad])[:SHOWN]:
        what = f"{cells[i]!r} is no time"
        fix = "write 2019-01-31 13:00, or give its format in the mapping file"
        problems.append(Problem(str(path), what, fix, row=str(i + mapping.header_row + 1), column=str(cells.name)))
    if bad.any():
        return pd.DatetimeIndex([])
    stamps = pd.DatetimeIndex(given) + pd.to_timedelta(late.to_numpy().astype(int), unit="D")
    return (stamps.tz_localize(mapping.zone) if stamps.tz is None else stamps).tz_convert(ZONE)


def _numbers(path: Path, cells: pd.Series, mapping: Mapping, problems: list[Problem]) -> np.ndarray:
    """Cells as numbers; empty cells and missing-value codes are missing, text is a problem."""
    text = cells.str.strip()
    empty = text.isin(["", "-", "--", "NA", "NaN", "nan", "null"])
    numbers = pd.to_numeric(text.where(~empty), errors="coerce")
    bad = numbers.isna() & ~empty
    for i in list(text.index[bad])[:SHOWN]:
        what, row = f"{cells[i]!r} is no number", str(i + mapping.header_row + 1)
        problems.append(Problem(str(path), what, "correct the cell", row=row, column=str(cells.name)))
    if bad.sum() > SHOWN:
        what = f"{bad.sum() - SHOWN} more cells are no numbers"
        problems.append(Problem(str(path), what, "correct them", column=str(cells.name)))
    return numbers.where(~numbers.isin(mapping.missing)).to_numpy(float)


def _record(
    path: Path, table: pd.DataFrame, columns: dict[str, Column], mapping: Mapping, problems: list[Problem]
) -> Record | None:
    """Values in canonical units with their labels."""
    stamps = pd.DatetimeIndex(table.index)
    if stamps.has_duplicates:
        at = stamps[stamps.duplicated()]
        what = f"{len(at)} stamps appear twice, first {at[0]:%Y-%m-%d %H:%M}"
        problems.append(Problem(str(path), what, "keep one row each; two sites need a site column"))
        return None
    table = table.sort_index()
    step = step_of(pd.DatetimeIndex(table.index)) if len(table) > 1 else pd.Timedelta(0)
    if step <= pd.Timedelta(0) or pd.Timedelta(hours=1) % step:
        what = f"the step is {step}"
        problems.append(Problem(str(path), what, "give hourly values or steps that divide an hour"))
        return None
    half = step / pd.Timedelta(minutes=2)
    values, middle, said = {}, {}, []
    for new, c in columns.items():
        factor, offset = UNITS.get(c.unit, (1.0, 0.0))
        if c.unit in ENERGIES:
            factor = ENERGIES[c.unit] / step.total_seconds()
        values[new] = table[new] * factor + offset
        label = c.label or mapping.label or "left"
        middle[new] = LABELS[label] * half
        said.append(Origin(new, "as_given", f"{c.column}{f', {c.unit}' if c.unit else ''}, {label}"))
    if mapping.label is None:
        said.append(Origin(ALL, "label_assumed", "left"))
    first = next((middle[c] for c in middle if c.endswith("w_per_m2")), half)
    middle |= {c: first for c in middle if c.endswith("w_per_m2")}
    height = np.nan if mapping.elevation_m is None else mapping.elevation_m
    return Record(str(path), pd.DataFrame(values), middle, f"given table: {path.name}", height, origin=said)


def _joined(parts: Sequence[Record]) -> Record:
    """Files of one site (its years) as one record."""
    if len(parts) == 1:
        return parts[0]
    whole = pd.concat([r.values for r in parts]).sort_index()
    source = "; ".join(dict.fromkeys(r.source for r in parts))
    return replace(parts[0], values=whole[~whole.index.duplicated()], source=source)

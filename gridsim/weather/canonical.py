"""Weather in canonical columns: what every source delivers and what the physics reads.

A canonical folder holds ``sites.csv`` (in it or one level up) and one Parquet file per site with a
tz-aware ``time`` column, the columns of :data:`COLUMNS` that are not wind, and wind speed at one height or more
(``wind_speed_<h>m_m_per_s``; what a source has, nothing extrapolated).
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gridsim.errors import Problem, raise_if
from gridsim.weather.origin import Origin, of_source, origin_table, packed, unpacked

ZONE = "Asia/Shanghai"


@dataclass(frozen=True)
class Quantity:
    """Meaning, physical bounds and storage step of one canonical column."""

    doc: str
    low: float
    high: float
    quantum: float


COLUMNS: dict[str, Quantity] = {
    "ghi_w_per_m2": Quantity("global horizontal irradiance, mean of the interval", 0.0, 1500.0, 1.0),
    "dni_w_per_m2": Quantity("direct normal irradiance, below the extraterrestrial", 0.0, 1420.0, 1.0),
    "dhi_w_per_m2": Quantity("diffuse horizontal irradiance", 0.0, 1000.0, 1.0),
    "temp_air_degc": Quantity("air temperature 2 m above ground", -50.0, 60.0, 0.1),
    "pressure_pa": Quantity("air pressure at the site", 50_000.0, 110_000.0, 10.0),
    "wind_speed_100m_m_per_s": Quantity("wind speed 100 m above ground", 0.0, 80.0, 0.02),
    "wind_speed_10m_m_per_s": Quantity("wind speed 10 m above ground", 0.0, 60.0, 0.02),
}
#: columns that every source must have; wind at one height or more comes to them
WITHOUT_WIND = tuple(c for c in COLUMNS if not c.startswith("wind_speed_"))
_WIND = re.compile(r"wind_speed_(\d+(?:\.\d+)?)m_m_per_s")
SITE_COLUMNS = ("name", "lat_deg", "lon_deg", "elevation_m")


def wind_column(height_m: float) -> str:
    """Name of the wind column of a height above ground, e.g. ``wind_speed_50m_m_per_s``."""
    return f"wind_speed_{height_m:g}m_m_per_s"


def wind_columns(names: Iterable[str]) -> dict[str, float]:
    """The wind columns among some names, with their heights above ground in m, lowest first."""
    found = {n: float(m[1]) for n in names if (m := _WIND.fullmatch(n))}
    return dict(sorted(found.items(), key=lambda item: item[1]))


def quantity(name: str) -> Quantity:
    """Meaning, bounds and storage step of a canonical column; a wind column of any height has one.

    Raises
    ------
    KeyError
        If the name is no canonical column.
    """
    if name in COLUMNS or not (heights := wind_columns([name])):
        return COLUMNS[name]
    return Quantity(f"wind speed {heights[name]:g} m above ground", 0.0, 80.0, 0.02)


@dataclass(frozen=True)
class Weather:
    """One year of weather at several sites.

    Attributes
    ----------
    index : DatetimeIndex
        tz-aware (Asia/Shanghai), interval-start, equally spaced but for a missing 29 February.
    sites : DataFrame
        ``name, lat_deg, lon_deg, elevation_m`` (further columns allowed), in array order.
    data : mapping of str to ndarray (time, site)
        The columns of :data:`WITHOUT_WIND` and wind columns of one height or more.
    label : str
        ``typical`` or the weather year.
    source : str
        What the values are: measured, reanalysis, synthetic and by whom; goes to the report.
    files : mapping of str to str
        sha256 of the files read, by site.
    origin : mapping of str to sequence of Origin
        Per site what was read, derived, filled or assumed (:mod:`gridsim.weather.origin`).
    """

    index: pd.DatetimeIndex
    sites: pd.DataFrame
    data: Mapping[str, np.ndarray]
    label: str
    source: str = "unknown source"
    files: Mapping[str, str] = field(default_factory=dict)
    origin: Mapping[str, Sequence[Origin]] = field(default_factory=dict)


def quantised(weather: Weather) -> Weather:
    """The same weather rounded to the storage step of each column: what comes back from its files."""
    steps = {k: quantity(k).quantum for k in weather.data}
    data = {k: (np.round(v / steps[k]) * steps[k]).astype(np.float32).astype(float) for k, v in weather.data.items()}
    return replace(weather, data=data)


def write_canonical(weather: Weather, folder: str | Path) -> None:
    """Write one Parquet file per site, rounded to the storage steps, each in one go.  ``sites.csv`` is not written."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    stored = quantised(weather)
    for s, name in enumerate(stored.sites["name"]):
        columns = {k: v[:, s].astype(np.float32) for k, v in stored.data.items()}
        frame = pd.DataFrame({"time": stored.index.as_unit("ms"), **columns})
        frame.attrs["source"] = stored.source
        if name in stored.origin:
            frame.attrs["origin"] = packed(stored.origin[name])
        part = folder / f".{name}.{os.getpid()}.part"
        frame.to_parquet(
            part,
            index=False,
            compression="zstd",
            compression_level=19,
            use_dictionary=list(columns),
            column_encoding={"time": "DELTA_BINARY_PACKED"},
        )
        part.replace(folder / f"{name}.parquet")


def read_canonical(folder: str | Path, *, names: Sequence[str] | None = None) -> Weather:
    """Read a canonical folder.

    Parameters
    ----------
    folder : path
        Folder with one ``<site>.parquet`` per site; ``sites.csv`` lies in it or one level up.
    names : sequence of str, optional
        Sites to read, in this order; default: all of ``sites.csv``.

    Returns
    -------
    Weather
        Labelled with the folder's name.

    Raises
    ------
    InvalidInput
        Missing folder, site, file or column, gaps, wrong zone, values out of physical bounds: all at once.
    """
    folder = Path(folder)
    sites = read_sites(folder)
    names = list(sites["name"]) if names is None else list(names)
    raise_if(
        [
            Problem(str(folder), f"weather site {n!r} is not in sites.csv", "add the site or correct its name", row=n)
            for n in names
            if n not in set(sites["name"])
        ]
    )
    sites = sites.set_index("name").loc[names].reset_index()
    problems: list[Problem] = []
    frames = [_read_site(folder / f"{name}.parquet", problems) for name in names]
    raise_if(problems)
    index = pd.DatetimeIndex(frames[0]["time"]).as_unit("ns").rename(None)
    problems = [
        Problem(
            str(folder / f"{n}.parquet"),
            f"time index differs from that of {names[0]}",
            "give all sites of a year the same hours",
        )
        for n, f in zip(names, frames)
        if not pd.DatetimeIndex(f["time"]).as_unit("ns").equals(index)
    ]
    heights = [list(wind_columns(f.columns)) for f in frames]
    problems += [
        Problem(
            str(folder / f"{n}.parquet"),
            f"wind columns {', '.join(h)} differ from those of {names[0]}: {', '.join(heights[0])}",
            "take all sites from one source, or leave out the height that is missing",
        )
        for n, h in zip(names, heights)
        if h != heights[0]
    ]
    raise_if(problems)
    columns = (*WITHOUT_WIND, *reversed(heights[0]))
    data = {k: np.column_stack([f[k].to_numpy(float) for f in frames]) for k in columns}
    files = {
        f"{folder.name}/{n}.parquet": hashlib.sha256((folder / f"{n}.parquet").read_bytes()).hexdigest() for n in names
    }
    source = "; ".join(sorted({str(f.attrs.get("source", "unknown source")) for f in frames}))
    origin = {n: _origin(f.attrs) for n, f in zip(names, frames)}
    return Weather(index.tz_convert(ZONE), sites, data, folder.name, source, files, origin)


def origins_of(weather: Weather) -> pd.DataFrame:
    """What was read, derived, filled or assumed, all sites (:func:`gridsim.weather.origin.origin_table`)."""
    names = [str(n) for n in weather.sites["name"]]
    return origin_table({n: weather.origin.get(n) or of_source(weather.source) for n in names})


def _origin(attrs: Mapping[Hashable, Any]) -> tuple[Origin, ...]:
    """What a file says of its columns; an older file says only its source."""
    return unpacked(attrs["origin"]) if "origin" in attrs else of_source(str(attrs.get("source", "")))


def read_sites(folder: Path) -> pd.DataFrame:
    """``sites.csv`` of a canonical folder or of its parent."""
    for path in (folder / "sites.csv", folder.parent / "sites.csv"):
        if path.is_file():
            sites = pd.read_csv(path)
            raise_if(
                [Problem(str(path), "column is missing", "add it", column=c) for c in SITE_COLUMNS if c not in sites]
                or [
                    Problem(str(path), f"site {n!r} appears twice", "keep one row", row=str(n))
                    for n in sites["name"][sites["name"].duplicated()]
                ]
            )
            return sites
    raise_if(
        [Problem(str(folder), "no sites.csv in this weather folder or above it", "point to a canonical weather folder")]
    )
    raise AssertionError("unreachable")


def _read_site(path: Path, problems: list[Problem]) -> pd.DataFrame:
    """One site's table; what is wrong with it is appended to ``problems``."""
    if not path.is_file():
        problems.append(Problem(str(path), "file is missing", "synthesise or fetch the weather of this site"))
        return pd.DataFrame()
    frame = pd.read_parquet(path)
    missing = [c for c in ("time", *WITHOUT_WIND) if c not in frame]
    wind = list(wind_columns(frame.columns))
    missing += [] if wind else ["wind_speed_<h>m_m_per_s"]
    problems += [Problem(str(path), "column is missing", "write canonical columns", column=c) for c in missing]
    if missing:
        return frame
    time = pd.DatetimeIndex(frame["time"])
    if time.tz is None:
        problems.append(Problem(str(path), "time has no time zone", f"store tz-aware times ({ZONE})", column="time"))
    elif (gap := _first_gap(time)) is not None:
        problems.append(
            Problem(str(path), f"time jumps after {gap}", "fill the gap; only 29 February may be absent", column="time")
        )
    for name in (*WITHOUT_WIND, *wind):
        values, bounds = frame[name].to_numpy(float), quantity(name)
        bad = ~((values >= bounds.low) & (values <= bounds.high))
        if bad.any():
            problems.append(
                Problem(
                    str(path),
                    f"{bad.sum()} absent or outside {bounds.low:g}..{bounds.high:g}, first at {time[bad][0]}",
                    "check unit and missing-value code",
                    column=name,
                )
            )
    return frame


def _first_gap(time: pd.DatetimeIndex) -> pd.Timestamp | None:
    """Last stamp before the first jump, the step over 29 February not counted."""
    local = time.tz_convert(ZONE)
    step = np.diff(local.asi8)
    usual = step[0]
    leap = (local[:-1].month == 2) & (local[:-1].day == 28) & (local[1:].month == 3) & (local[1:].day == 1)
    bad = (step != usual) & ~leap
    return local[:-1][bad][0] if bad.any() else None

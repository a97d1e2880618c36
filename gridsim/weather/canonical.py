"""Weather in canonical columns: what every source delivers and what the physics reads.

A canonical folder holds ``sites.csv`` (in it or one level up) and one Parquet file per site with a
tz-aware ``time`` column and the columns of :data:`COLUMNS`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd

from gridsim.errors import Problem, raise_if

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
    "dni_w_per_m2": Quantity("direct normal irradiance", 0.0, 1400.0, 1.0),
    "dhi_w_per_m2": Quantity("diffuse horizontal irradiance", 0.0, 1000.0, 1.0),
    "temp_air_degc": Quantity("air temperature 2 m above ground", -50.0, 60.0, 0.1),
    "pressure_pa": Quantity("air pressure at the site", 50_000.0, 110_000.0, 10.0),
    "wind_speed_100m_m_per_s": Quantity("wind speed 100 m above ground", 0.0, 80.0, 0.02),
    "wind_speed_10m_m_per_s": Quantity("wind speed 10 m above ground", 0.0, 60.0, 0.02),
}
SITE_COLUMNS = ("name", "lat_deg", "lon_deg", "elevation_m")


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
        The columns of :data:`COLUMNS`.
    label : str
        ``typical`` or the weather year.
    source : str
        What the values are: measured, reanalysis, synthetic and by whom; goes to the report.
    files : mapping of str to str
        sha256 of the files read, by site.
    """

    index: pd.DatetimeIndex
    sites: pd.DataFrame
    data: Mapping[str, np.ndarray]
    label: str
    source: str = "unknown source"
    files: Mapping[str, str] = field(default_factory=dict)


def quantised(weather: Weather) -> Weather:
    """The same weather rounded to the storage step of each column."""
    data = {k: np.round(v / COLUMNS[k].quantum) * COLUMNS[k].quantum for k, v in weather.data.items()}
    return replace(weather, data=data)


def write_canonical(weather: Weather, folder: str | Path) -> None:
    """Write one Parquet file per site, rounded to the storage steps.  ``sites.csv`` is not written."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    stored = quantised(weather)
    for s, name in enumerate(stored.sites["name"]):
        columns = {k: v[:, s].astype(np.float32) for k, v in stored.data.items()}
        frame = pd.DataFrame({"time": stored.index.as_unit("ms"), **columns})
        frame.attrs["source"] = stored.source
        frame.to_parquet(
            folder / f"{name}.parquet",
            index=False,
            compression="zstd",
            compression_level=19,
            use_dictionary=list(columns),
            column_encoding={"time": "DELTA_BINARY_PACKED"},
        )


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
    raise_if(problems)
    data = {k: np.column_stack([f[k].to_numpy(float) for f in frames]) for k in COLUMNS}
    files = {
        f"{folder.name}/{n}.parquet": hashlib.sha256((folder / f"{n}.parquet").read_bytes()).hexdigest() for n in names
    }
    source = "; ".join(sorted({str(f.attrs.get("source", "unknown source")) for f in frames}))
    return Weather(index.tz_convert(ZONE), sites, data, folder.name, source, files)


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
    missing = [c for c in ("time", *COLUMNS) if c not in frame]
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
    for name, quantity in COLUMNS.items():
        values = frame[name].to_numpy(float)
        bad = ~((values >= quantity.low) & (values <= quantity.high))
        if bad.any():
            problems.append(
                Problem(
                    str(path),
                    f"{bad.sum()} absent or outside {quantity.low:g}..{quantity.high:g}, first at {time[bad][0]}",
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

"""Weather records as they lie in files, nothing put right: canonical folders, EPW and CSV files; and repaired ones."""

from __future__ import annotations

import shutil
from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gridsim.errors import Problem, raise_if
from gridsim.weather import csv_table, epw
from gridsim.weather.canonical import SITE_COLUMNS, WITHOUT_WIND, read_sites, wind_columns
from gridsim.weather.origin import ALL, Origin, packed
from gridsim.weather.quality import SiteRecord

PUBLISHED = ("ghi_kwh_per_m2", "wind_100m_m_per_s")


def read_records(
    path: str | Path, *, place: tuple[float, float, float] | None = None, names: Sequence[str] = ()
) -> dict[str, list[SiteRecord]]:
    """Everything that a path holds, by weather year.  ERA5 and other files: ``gridsim weather import`` them first.

    Parameters
    ----------
    path : path
        A canonical year folder (one Parquet file per site, ``sites.csv`` in it or above), a folder of such folders,
        an ``.epw`` file, or a ``.csv`` file (:mod:`gridsim.weather.csv_table`; one with canonical column names is taken
        as it stands).
    place : (latitude, longitude, elevation), optional
        Of a CSV file without ``sites.csv`` beside it. [degree of arc, degree of arc, m]
    names : sequence of str
        Sites to read; default all that have a file.

    Raises
    ------
    InvalidInput
        Nothing to read, sites without place.
    """
    path = Path(path)
    if path.suffix.lower() == ".epw":
        return {path.stem: [_epw(path)]}
    if path.suffix.lower() == ".csv":
        return {path.stem: _csv(path, place)}
    years = [path] if list(path.glob("*.parquet")) else sorted(p.parent for p in path.glob("*/*.parquet"))
    folders = list(dict.fromkeys(years))
    raise_if(
        []
        if folders
        else [Problem(str(path), "there is no weather here", "give a weather folder, an .epw or .csv file")]
    )
    return {folder.name: _folder(folder, names) for folder in folders}


def _folder(folder: Path, names: Sequence[str]) -> list[SiteRecord]:
    table = read_sites(folder)
    sites = {str(row["name"]): row for row in table.to_dict("records")}
    files = sorted(folder.glob("*.parquet"))
    order = {n: k for k, n in enumerate(sites)}
    problems = [
        Problem(str(f), f"site {f.stem!r} is not in sites.csv", "add the site, or remove the file")
        for f in files
        if f.stem not in order
    ]
    problems += [
        Problem(str(folder), f"there is no file of site {n!r}", "name a site that is there", row=n)
        for n in names
        if n not in {f.stem for f in files}
    ]
    raise_if(problems)
    wanted = [f for f in files if not names or f.stem in names]
    records = []
    for file in sorted(wanted, key=lambda f: order[f.stem]):
        row = sites[file.stem]
        published = {c: float(row[c]) for c in PUBLISHED if c in row and np.isfinite(row[c])}
        lat, lon, height = (float(row[c]) for c in ("lat_deg", "lon_deg", "elevation_m"))
        frame = pd.read_parquet(file)
        records.append(SiteRecord(file.stem, file.name, lat, lon, height, frame, published=published))
    return records


def _epw(path: Path) -> SiteRecord:
    """One EPW file by its reader; months of several years make a typical year."""
    problems: list[Problem] = []
    station = epw.read(path, problems, typical=False)
    if station is not None and len(station.years) > 1:
        station = epw.read(path, problems, typical=True)
    raise_if(problems)
    assert station is not None
    record = station.record
    values = record.values.copy()
    values.attrs["source"] = record.source
    place = (station.lat_deg, station.lon_deg, record.elevation_m)
    return SiteRecord(path.stem, path.name, *place, values, record.middle_min["ghi_w_per_m2"])


def _csv(path: Path, place: tuple[float, float, float] | None) -> list[SiteRecord]:
    """A CSV file: canonical names as they stand, duplicates and all; other names and units by the reader."""
    head = pd.read_csv(path, nrows=0, encoding_errors="replace").columns
    plain = "time" in head and all(c in WITHOUT_WIND or c == "time" or wind_columns([c]) for c in head)
    problems: list[Problem] = []
    found: dict[str, tuple[pd.DataFrame, float | None]]
    if plain and not path.with_suffix(".toml").is_file():
        frame = pd.read_csv(path)
        stamps = pd.DatetimeIndex(pd.to_datetime(frame["time"]))
        found = {path.stem: (frame.drop(columns="time").set_axis(stamps, axis=0), None)}
    else:
        records = csv_table.read(path, problems)
        found = {n: (r.values, next(iter(r.middle_min.values()))) for n, r in records.items()}
    raise_if(problems)
    places = _places(path, list(found), place)
    out = []
    for name, (values, middle_min) in found.items():
        values = values.copy()
        values.attrs["source"] = f"CSV file {path.name}"
        out.append(SiteRecord(name, path.name, *places[name], values, middle_min))
    return out


def _places(
    path: Path, names: list[str], place: tuple[float, float, float] | None
) -> dict[str, tuple[float, float, float]]:
    """Where the sites of a file stand: as said, or as sites.csv beside it says."""
    if place is not None:
        return dict.fromkeys(names, place)
    known: dict[str, tuple[float, float, float]] = {}
    if any(p.is_file() for p in (path.parent / "sites.csv", path.parent.parent / "sites.csv")):
        for row in read_sites(path.parent).to_dict("records"):
            known[str(row["name"])] = (float(row["lat_deg"]), float(row["lon_deg"]), float(row["elevation_m"]))
    fix = "give --place LATITUDE,LONGITUDE,ELEVATION, or sites.csv beside the file"
    raise_if([Problem(str(path), f"the place of {n!r} is not known", fix) for n in names if n not in known])
    return known


def write_repaired(
    records: dict[str, list[SiteRecord]], log: pd.DataFrame, folder: str | Path, *, source: str | Path
) -> None:
    """Write repaired records as a weather folder: ``sites.csv``, one folder per year, ``fix_log.csv``.

    Values that were not repaired stay as they were to the last digit.

    Raises
    ------
    InvalidInput
        If the folder exists and is not empty, or is the source itself.
    """
    folder, source = Path(folder), Path(source)
    inside = source.resolve() in (folder.resolve(), *folder.resolve().parents)
    full = folder.exists() and any(folder.iterdir())
    raise_if(
        [Problem(str(folder), "the folder of the repaired weather is not new", "give another --out")]
        if inside or full
        else []
    )
    for year, members in records.items():
        (folder / year).mkdir(parents=True, exist_ok=True)
        for record in members:
            frame = record.frame.copy()
            frame.insert(0, "time", pd.DatetimeIndex(frame.index).as_unit("ms"))
            frame.attrs = _with_repairs(record.frame.attrs, log[log["site"] == record.site])
            frame.to_parquet(folder / year / f"{record.site}.parquet", index=False, compression="zstd")
    given = next((p for p in (source / "sites.csv", source.parent / "sites.csv") if p.is_file()), None)
    if source.is_dir() and given is not None:
        shutil.copyfile(given, folder / "sites.csv")
        climate = given.with_name("climatology.csv")
        if climate.is_file():
            shutil.copyfile(climate, folder / "climatology.csv")
    else:
        rows = [(r.site, r.lat_deg, r.lon_deg, r.elevation_m) for m in records.values() for r in m]
        pd.DataFrame(rows, columns=list(SITE_COLUMNS)).to_csv(folder / "sites.csv", index=False, encoding="utf-8")
    log.to_csv(folder / "fix_log.csv", index=False, encoding="utf-8-sig", lineterminator="\n")


def _with_repairs(attrs: Mapping[Hashable, Any], log: pd.DataFrame) -> dict[Hashable, Any]:
    """What a file says of its columns, and how many cells were repaired by which rule."""
    if log.empty:
        return dict(attrs)
    said = ", ".join(f"{rule} {count}" for rule, count in log["rule"].value_counts().items())
    before = attrs.get("origin") or packed([Origin(ALL, "unknown", str(attrs.get("source", "")))])
    return {**attrs, "origin": [*before, *packed([Origin(ALL, "repaired", f"cells: {said}")])]}

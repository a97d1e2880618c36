"""Weather records as they lie in files, nothing put right: canonical folders, EPW and CSV files; and repaired ones."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from gridsim.errors import Problem, raise_if
from gridsim.weather.canonical import SITE_COLUMNS, read_sites
from gridsim.weather.quality import SiteRecord

#: columns of pvlib's EPW reader under their canonical names
EPW_COLUMNS = {
    "ghi": "ghi_w_per_m2",
    "dni": "dni_w_per_m2",
    "dhi": "dhi_w_per_m2",
    "temp_air": "temp_air_degc",
    "atmospheric_pressure": "pressure_pa",
    "wind_speed": "wind_speed_10m_m_per_s",
}
#: year that the stitched months of an EPW file are stamped with
EPW_YEAR = 2025
PUBLISHED = ("ghi_kwh_per_m2", "wind_100m_m_per_s")


def read_records(
    path: str | Path, *, place: tuple[float, float, float] | None = None, names: Sequence[str] = ()
) -> dict[str, list[SiteRecord]]:
    """Everything that a path holds, by weather year.

    Parameters
    ----------
    path : path
        A canonical year folder (one Parquet file per site, ``sites.csv`` in it or above), a folder of such folders,
        an ``.epw`` file, or a ``.csv`` file with canonical column names and ``time``.
    place : (latitude, longitude, elevation), optional
        Needed for a CSV file. [degree of arc, degree of arc, m]
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
        return {path.stem: [_csv(path, place)]}
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
    from pvlib import iotools

    frame, meta = iotools.read_epw(str(path), coerce_year=EPW_YEAR)
    values = frame[list(EPW_COLUMNS)].rename(columns=EPW_COLUMNS).astype(float)
    lat, lon, height = (float(meta[k]) for k in ("latitude", "longitude", "altitude"))
    values.attrs["source"] = f"EPW file {path.name}"
    return SiteRecord(str(meta.get("city", path.stem)), path.name, lat, lon, height, values)


def _csv(path: Path, place: tuple[float, float, float] | None) -> SiteRecord:
    frame = pd.read_csv(path)
    problems = []
    if "time" not in frame:
        problems.append(Problem(str(path), "column is missing", "give stamps with their offset", column="time"))
    if place is None:
        problems.append(Problem(str(path), "the place is not known", "give --lat, --lon and --elevation"))
    raise_if(problems)
    assert place is not None
    stamps = pd.to_datetime(frame["time"])
    values = frame.drop(columns="time").set_axis(pd.DatetimeIndex(stamps), axis=0)
    values.attrs["source"] = f"CSV file {path.name}"
    return SiteRecord(path.stem, path.name, *place, values)


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
            frame.attrs = dict(record.frame.attrs)
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

"""EPW files (EnergyPlus weather, also CSWD and TMYx of Chinese stations), read by pvlib.

Local standard time of the header, label = EPW hour - 1: irradiance is the mean of the hour that begins there, all else
holds for the hour's end.  In CSWD files irradiance is centred on the label instead.  A file with months of different
years is a typical year.  Missing-value codes become missing values.  Wind is that of a 10 m mast.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from gridsim.errors import Problem, raise_if
from gridsim.weather.assemble import Record, Site
from gridsim.weather.canonical import ZONE, Weather, wind_column
from gridsim.weather.gather import away, distance_km, found_files, sha256, site_rows, together
from gridsim.weather.intervals import STAMP_YEAR
from gridsim.weather.origin import ALL, Origin

#: pvlib's column -> canonical column, code of a missing value (and what is above it)
COLUMNS: dict[str, tuple[str, float]] = {
    "ghi": ("ghi_w_per_m2", 9999.0),
    "dni": ("dni_w_per_m2", 9999.0),
    "dhi": ("dhi_w_per_m2", 9999.0),
    "temp_air": ("temp_air_degc", 99.9),
    "atmospheric_pressure": ("pressure_pa", 999_999.0),
    "wind_speed": (wind_column(10.0), 999.0),
}
#: minutes from pvlib's label to the middle of irradiance, by kind of data in the header; 30 elsewhere
IRRADIANCE_MIDDLE_MIN = {"CSWD": 0.0}
CHINA_H = 8.0
ENCODINGS = ("utf-8-sig", "gb18030", "latin-1")


@dataclass(frozen=True)
class Station:
    """An EPW file: its record, where it stands, the calendar years in it."""

    path: Path
    record: Record
    lat_deg: float
    lon_deg: float
    years: tuple[int, ...]


def from_folder(folder: Path, names: Sequence[str], year: int | None, _seed: int) -> Weather:
    """EPW files of a folder; a site takes the nearest, or the one its row in sites.csv names (column file)."""
    sites, named = site_rows(folder, names)
    return from_files(found_files(folder, (".epw",)), sites, named=named, year=year)


def from_files(
    paths: Sequence[Path], sites: Sequence[Site], *, named: dict[str, str] | None = None, year: int | None = None
) -> Weather:
    """A year of several sites from EPW files.

    Parameters
    ----------
    paths : sequence of Path
    sites : sequence of Site
    named : mapping of site to file name, optional
        Sites that do not take the nearest file.
    year : int, optional
        None: a typical year, whatever years a file's months are from; else only files of this one year are taken.

    Raises
    ------
    InvalidInput
        Files that cannot be read or named files that are not there, no file of the year, gaps: all at once.
    """
    problems: list[Problem] = []
    stations = [s for p in paths if (s := read(p, problems, typical=year is None)) is not None]
    raise_if(problems)
    fit = [s for s in stations if year is None or s.years == (year,)]
    if not fit:
        years = sorted({y for s in stations if len(s.years) == 1 for y in s.years})
        have = ", ".join(str(y) for y in years) or "only typical years of stitched months"
        raise_if([Problem(str(paths[0].parent), f"no EPW file is of {year}", f"there are: {have}", column="year")])
    taken = []
    for site in sites:
        km = distance_km(site, np.array([s.lat_deg for s in fit]), np.array([s.lon_deg for s in fit]))
        at = int(km.argmin())
        if wanted := (named or {}).get(site.name):
            at = next((i for i, s in enumerate(fit) if s.path.name == wanted), -1)
        if at < 0:
            what = f"site {site.name!r} is to take {wanted}, which is not there"
            problems.append(Problem("sites.csv", what, "correct the column file", row=site.name, column="file"))
            continue
        record = fit[at].record
        taken.append((site, replace(record, origin=[*record.origin, *away(float(km[at]))])))
    raise_if(problems)
    return together(taken, problems, year=year, files={s.path.name: sha256(s.path) for s in fit})


def read(path: Path, problems: list[Problem], *, typical: bool) -> Station | None:
    """One EPW file; what is wrong is appended to ``problems``."""
    from pvlib.iotools import read_epw

    try:
        data = path.read_bytes()
        raw, meta = read_epw(io.StringIO(_decoded(data)))
        values = pd.DataFrame({new: raw[old].astype(float) for old, (new, _) in COLUMNS.items()})
        lat, lon, height, zone_h = (float(meta[k]) for k in ("latitude", "longitude", "altitude", "TZ"))
    except OSError as error:
        problems.append(Problem(str(path), f"the file cannot be read ({error.strerror})", "give an EPW file"))
        return None
    except (ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
        what = f"this is no whole EPW file ({str(error).splitlines()[0][:120]})"
        problems.append(Problem(str(path), what, "download it again"))
        return None
    for name, code in COLUMNS.values():
        values[name] = values[name].where(values[name] < code)
    years = tuple(sorted({int(y) for y in raw["year"]}))
    origin = [Origin(ALL, "cell", f"{path.name}: {meta.get('city', '')} {meta.get('data_type', '')}".strip())]
    if typical:
        values, shifted = _one_year(values, raw, zone_h)
        origin += shifted
        if values.index.has_duplicates or len(values) != 8760:
            what = f"the file has {len(values)} different hours of a year without 29 February, not 8760"
            problems.append(Problem(str(path), what, "give a whole year"))
            return None
    else:
        values.index = pd.DatetimeIndex(values.index).tz_convert(ZONE)
    irradiance = IRRADIANCE_MIDDLE_MIN.get(str(meta.get("data_type", "")).strip(), 30.0)
    record = Record(
        name=str(path),
        values=values,
        middle_min={c: irradiance if c.endswith("w_per_m2") else 60.0 for c in values.columns},
        source=f"{'typical year' if typical else 'station'}: EPW {path.name}",
        elevation_m=height,
        typical=typical,
        origin=origin,
    )
    return Station(path, record, lat, lon, years)


def _one_year(values: pd.DataFrame, raw: pd.DataFrame, zone_h: float) -> tuple[pd.DataFrame, list[Origin]]:
    """Hours of months from any years on the typical year in China, and what is said of it."""
    leap = ((raw["month"] == 2) & (raw["day"] == 29)).to_numpy()
    parts = raw.loc[~leap, ["month", "day"]].assign(year=STAMP_YEAR, hour=raw.loc[~leap, "hour"] - 1)
    stamps = pd.DatetimeIndex(pd.to_datetime(parts)) + pd.Timedelta(hours=CHINA_H - zone_h)
    turn = np.where(stamps.year > STAMP_YEAR, -365, np.where(stamps.year < STAMP_YEAR, 365, 0))
    stamps = (stamps + pd.to_timedelta(turn, unit="D")).tz_localize(ZONE)
    by_month = raw.groupby("month")["year"].agg(lambda y: "/".join(str(v) for v in sorted(set(y))))
    said = [Origin(ALL, "typical_months", " ".join(by_month))] if len(set(raw["year"])) > 1 else []
    said += [Origin(ALL, "leap_day_left_out", str(int(raw.loc[leap, "year"].iloc[0])))] if leap.any() else []
    return values[~leap].set_axis(stamps).sort_index(), said


def _decoded(data: bytes) -> str:
    """Text of a file whose city names may be Chinese."""
    for encoding in ENCODINGS[:-1]:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode(ENCODINGS[-1])

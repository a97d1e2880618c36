"""Weather of several sites out of records of some places: which record a site takes, and the sites side by side."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from gridsim.errors import Problem, raise_if
from gridsim.rows import records
from gridsim.weather.assemble import Record, Site, assemble
from gridsim.weather.canonical import Weather, read_sites
from gridsim.weather.origin import ALL, Origin

EARTH_KM = 6371.0
#: distance beyond which a record of another place is called an assumption. [km]
NEAR_KM = 30.0


def site_rows(folder: Path, names: Sequence[str] | None = None) -> tuple[list[Site], dict[str, str]]:
    """Sites of a folder's ``sites.csv`` and, from its optional column ``file``, the file that each is to take.

    Raises
    ------
    InvalidInput
        No ``sites.csv`` in the folder or above it; names that are not in it.
    """
    table = read_sites(folder)
    names = list(table["name"]) if names is None else list(names)
    raise_if(
        [
            Problem(str(folder), f"weather site {n!r} is not in sites.csv", "add the site or correct its name", row=n)
            for n in names
            if n not in set(table["name"])
        ]
    )
    rows = {str(r.name): r for r in records(table)}
    sites = [Site(n, *(float(getattr(rows[n], c)) for c in ("lat_deg", "lon_deg", "elevation_m"))) for n in names]
    named = {n: str(rows[n].file) for n in names if "file" in table and isinstance(rows[n].file, str)}
    return sites, named


def distance_km(site: Site, lat_deg: np.ndarray, lon_deg: np.ndarray) -> np.ndarray:
    """Great-circle distance from a site (haversine)."""
    lat, lon, lat0, lon0 = (np.radians(x) for x in (lat_deg, lon_deg, site.lat_deg, site.lon_deg))
    half = np.sin((lat - lat0) / 2) ** 2 + np.cos(lat) * np.cos(lat0) * np.sin((lon - lon0) / 2) ** 2
    return np.asarray(2.0 * EARTH_KM * np.arcsin(np.sqrt(half)))


def away(km: float) -> list[Origin]:
    """The statement on a record that was not taken at the site; none within a kilometre."""
    if km < 1.0:
        return []
    return [Origin(ALL, "far_away" if km > NEAR_KM else "cell", f"{km:.0f} km")]


def together(
    taken: Sequence[tuple[Site, Record]], problems: list[Problem], *, year: int | None, files: Mapping[str, str]
) -> Weather:
    """The year of several sites, each from its record, side by side.

    Parameters
    ----------
    taken : sequence of (Site, Record)
    problems : list
        Problems found so far.
    year : int, optional
    files : mapping of str to str
        sha256 of the files read.

    Raises
    ------
    InvalidInput
        All problems; sites that differ in their hours or wind heights.
    """
    parts = [assemble(record, site, problems, year=year) for site, record in taken]
    raise_if(problems)
    whole = [p for p in parts if p is not None]
    first = whole[0]
    for part, (site, record) in zip(whole, taken):
        if not part.index.equals(first.index) or list(part.data) != list(first.data):
            what = f"hours or wind heights of {site.name!r} differ from those of {taken[0][0].name!r}"
            problems.append(Problem(record.name, what, "take all sites from records of the same kind"))
    raise_if(problems)
    data = {k: np.column_stack([p.data[k][:, 0] for p in whole]) for k in first.data}
    sites = pd.concat([p.sites for p in whole], ignore_index=True)
    source = "; ".join(dict.fromkeys(p.source for p in whole))
    origin = {k: v for p in whole for k, v in p.origin.items()}
    return replace(first, sites=sites, data=data, source=source, origin=origin, files=dict(files))


def sha256(path: Path) -> str:
    """sha256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def found_files(folder: Path, suffixes: Sequence[str]) -> list[Path]:
    """Files of a folder and the folders in it, by name.

    Raises
    ------
    InvalidInput
        If there is none.
    """
    paths = sorted(p for p in folder.rglob("*") if p.suffix.lower() in suffixes and p.is_file())
    what = f"there is no {' or '.join(suffixes)} file in this folder"
    raise_if([] if paths else [Problem(str(folder), what, "put the files there, or correct the folder")])
    return paths

"""Synthetic weather years as folders of canonical files: on demand, whole or not at all, saying where they are from."""

from __future__ import annotations

import hashlib
import json
import shutil
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from gridsim.errors import InvalidInput, Problem, raise_if
from gridsim.weather.canonical import Weather, quantised, write_canonical
from gridsim.weather.climate import Climate, read_climate
from gridsim.weather.synthetic import YEARS, synthesise

PROVENANCE = "provenance.json"
#: changes whenever the same climate and seed give other values
RECIPE = "gridsim-synthetic-2"
_TABLES = ("sites.csv", "climatology.csv")


@dataclass(frozen=True)
class YearJob:
    """One year to be made: climate tables of ``climate``, at ``sites``, written to ``out``/``year``.

    ``year`` None is the typical year.
    """

    climate: str
    out: str
    year: int | None
    sites: tuple[str, ...]
    seed: int = 1

    @property
    def folder(self) -> Path:
        """Where the year goes."""
        return Path(self.out) / ("typical" if self.year is None else str(self.year))


def year_jobs(
    climate: str | Path, out: str | Path, *, years: Sequence[int], sites: Sequence[str] | None = None, seed: int = 1
) -> list[YearJob]:
    """Jobs for :func:`write_year`, checked before anything is made; copies the climate tables to ``out``.

    Parameters
    ----------
    climate : path
        Weather folder with ``sites.csv`` and ``climatology.csv``.
    out : path
        Folder that gets one folder per year, and the two tables (a study then names it as its weather folder).
    years : sequence of int
        Weather years, 1900-2200.
    sites : sequence of str, optional
        Sites to make; default all of ``sites.csv``.
    seed : int

    Raises
    ------
    InvalidInput
        Tables that cannot be used, unknown sites, impossible years, other tables or another seed's years in ``out``:
        all at once.
    """
    source, target = Path(climate), Path(out)
    tables = read_climate(source)
    names = list(tables.sites["name"]) if sites is None else list(sites)
    known = set(tables.sites["name"])
    problems = [
        Problem(
            str(source / "sites.csv"), f"weather site {n!r} is not there", "add the site or correct its name", row=n
        )
        for n in names
        if n not in known
    ]
    problems += [
        Problem("--years", f"no weather of the year {y} can be made", f"choose years from {YEARS[0]} to {YEARS[1]}")
        for y in years
        if not YEARS[0] <= y <= YEARS[1]
    ]
    for table in _TABLES:
        there = target / table
        if there.is_file() and there.read_bytes() != (source / table).read_bytes():
            fix = "choose another --out: years of one folder share their tables"
            problems.append(Problem(str(there), f"differs from {source / table}", fix))
    jobs = [YearJob(str(source), str(target), y, tuple(names), seed) for y in dict.fromkeys(years)]
    problems += [
        Problem(str(j.folder), "holds something else than this weather year", "choose another --out, or remove it")
        for j in jobs
        if j.folder.exists() and not is_made(j)
    ]
    raise_if(problems)
    target.mkdir(parents=True, exist_ok=True)
    for table in _TABLES:
        if not (target / table).is_file():
            shutil.copyfile(source / table, target / table)
    return jobs


def is_made(job: YearJob) -> bool:
    """Whether the year is there already, from the same tables, sites, seed and recipe."""
    path = job.folder / PROVENANCE
    if not path.is_file():
        return False
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        return False
    wanted = _told(job)
    return isinstance(found, dict) and all(found.get(k) == v for k, v in wanted.items())


def write_year(job: YearJob) -> Path:
    """Make one year and put it into its folder in one go; a year that is there already is left alone.

    Returns
    -------
    Path
        Folder with one Parquet file per site and ``provenance.json``: recipe, seed, sha256 of the climate tables
        and of the values of each site (:func:`digest`).  A crash leaves no half folder of that name.
    """
    if is_made(job):
        return job.folder
    climate: Climate = read_climate(job.climate)
    weather = synthesise(climate.at(list(job.sites)), year=job.year, seed=job.seed)
    building = job.folder.with_name(f".{job.folder.name}.new-{uuid.uuid4().hex[:8]}")
    try:
        write_canonical(weather, building)
        told = {**_told(job), "source": weather.source, "values_sha256": digest(weather)}
        text = json.dumps(told, ensure_ascii=False, indent=1) + "\n"
        (building / PROVENANCE).write_text(text, encoding="utf-8", newline="\n")
        building.rename(job.folder)
    except OSError as error:
        what = f"cannot be written: {error.strerror or error}"
        raise InvalidInput([Problem(str(error.filename or job.folder), what, "choose another --out")]) from error
    finally:
        shutil.rmtree(building, ignore_errors=True)
    return job.folder


def digest(weather: Weather) -> dict[str, str]:
    """sha256 of each site's values as they are stored (rounded, little-endian 32-bit floats, columns by name).

    The same seed gives the same digest on any machine; Parquet files of the same values may differ with the
    version of the library that wrote them.
    """
    stored = quantised(weather)
    found = {}
    for s, name in enumerate(stored.sites["name"]):
        sha = hashlib.sha256()
        for column in sorted(stored.data):
            sha.update(column.encode() + (stored.data[column][:, s] + 0.0).astype(np.dtype("<f4")).tobytes())
        found[str(name)] = sha.hexdigest()
    return found


def _told(job: YearJob) -> dict[str, Any]:
    """What decides the values of a year."""
    tables = {t: hashlib.sha256((Path(job.climate) / t).read_bytes()).hexdigest() for t in _TABLES}
    return {"recipe": RECIPE, "year": job.year, "seed": job.seed, "tables": tables, "sites": list(job.sites)}

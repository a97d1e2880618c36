"""Weather from a service for many sites and years: asks only for what is missing, writes only what is whole.

A folder of fetched weather has ``sites.csv``, one folder per year with one canonical file per site, ``provenance.csv``
(which answers each file was made from) and ``answers/`` (every answer as it came, with its address and sha256).
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pandas as pd

from gridsim.errors import InvalidInput, Problem, raise_if
from gridsim.rows import records
from gridsim.weather import nasa_power, pvgis_hourly, pvgis_tmy
from gridsim.weather.assemble import Record, Site, assemble
from gridsim.weather.canonical import SITE_COLUMNS, write_canonical
from gridsim.weather.download import Answer, Manners, Provenance, Query, ask, in_one_go

#: columns of the outcome of a download, a row per site and year
OUTCOME = ("site", "year", "status", "detail")
#: columns of provenance.csv, a row per canonical file and answer
PROVENANCE = ("site", "year", "service", "service_version", "url", "asked_at", "sha256", "answer", "source")


class Service(Protocol):
    """What a weather service's module offers; see :mod:`gridsim.weather.nasa_power`."""

    #: first calendar year there is; 0: the service gives a typical year and takes no years
    FIRST_YEAR: int

    def address(self) -> str:
        """Base address, as pvlib knows it."""

    def queries(self, lat_deg: float, lon_deg: float, year: int | None) -> list[Query]:
        """The questions for one site and year; sites with equal questions share the answers."""

    def check(self, body: bytes) -> str:
        """What is wrong with the form of an answer."""

    def version(self, body: bytes) -> str:
        """Version of the service."""

    def read(self, bodies: list[bytes], year: int | None) -> Record:
        """The answers to the questions as a record."""


#: name of a service -> its module
SERVICES: dict[str, Service] = {
    "nasa_power": nasa_power,
    "pvgis_hourly": pvgis_hourly,
    "pvgis_tmy": pvgis_tmy,
}


@dataclass(frozen=True)
class _Task:
    """Sites of one year that share their questions."""

    year: int | None
    queries: tuple[Query, ...]
    sites: tuple[Site, ...]


def fetch(
    service: str,
    sites: pd.DataFrame,
    years: Sequence[int],
    folder: str | Path,
    *,
    address: str | None = None,
    manners: Manners | None = None,
    progress: Callable[[str, float], None] | None = None,
    wait: Callable[[float], None] = time.sleep,
) -> pd.DataFrame:
    """Canonical files of several sites and years from a service.

    Parameters
    ----------
    service : str
        One of :data:`SERVICES`.
    sites : DataFrame
        ``name, lat_deg, lon_deg, elevation_m``; an unknown height is NaN and becomes that of the source.
    years : sequence of int
        Calendar years in China; empty for a service of typical years.
    folder : path
        Weather folder to write.
    address : str, optional
        Another base address of the service (a mirror, a test).
    manners : Manners, optional
        Time-out, attempts, waits.
    progress : function, optional
        (stage, share done).
    wait : function
        Sleeps; tests give their own.

    Returns
    -------
    DataFrame
        A row per site and year: ``status`` is ``there`` (was there before), ``written``, ``failed`` (with the reason
        in ``detail``) or ``not asked`` (the service was down before).

    Raises
    ------
    InvalidInput
        Unknown service, years it does not have, sites without coordinates or in another place than before.
    """
    folder = Path(folder)
    asked = _years(service, years)
    _check_sites(sites, folder)
    here, manners = SERVICES[service], manners or Manners()
    rows: list[tuple[str, str, str, str]] = []
    for year in asked:
        label = "typical" if year is None else str(year)
        missing = [s for s in _sites(sites) if not (folder / label / f"{s.name}.parquet").is_file()]
        rows += [(str(n), label, "there", "") for n in sites["name"] if n not in {s.name for s in missing}]
        tasks, down = _tasks(here, missing, year), ""
        for done, task in enumerate(tasks):
            if progress:
                progress(f"{service} {label}", done / len(tasks))
            if down:
                rows += [(s.name, label, "not asked", down) for s in task.sites]
                continue
            answers = _answers(here, task.queries, folder / "answers" / service, address, manners, wait)
            down = next((a.problem for a in answers if a.passing), "")
            rows += _written(service, here, task, answers, folder)
        if progress and tasks:
            progress(f"{service} {label}", 1.0)
        if down:
            later = [y for y in asked if (y or 0) > (year or 0)]
            rows += _not_asked(sites, later, folder, down)
            break
    return pd.DataFrame(rows, columns=list(OUTCOME))


def _years(service: str, years: Sequence[int]) -> list[int | None]:
    if service not in SERVICES:
        fix = f"use one of: {', '.join(SERVICES)}"
        raise InvalidInput([Problem("weather fetch", f"there is no service {service!r}", fix)])
    first = SERVICES[service].FIRST_YEAR
    if not first:
        raise_if([Problem("weather fetch", f"{service} gives a typical year", "leave out --years")] if years else [])
        return [None]
    if not years:
        raise InvalidInput([Problem("weather fetch", "no years are asked for", "give --years 2015-2024")])
    newest = pd.Timestamp.now().year
    raise_if(
        [
            Problem("weather fetch", f"{service} has no year {y}", f"choose years from {first} to {newest - 1}")
            for y in years
            if not first <= y < newest
        ]
    )
    return [*sorted(set(years))]


def _check_sites(sites: pd.DataFrame, folder: Path) -> None:
    """Sites with places; those that the folder has already must be where they were."""
    bad = sites[~(sites["lat_deg"].between(-90, 90) & sites["lon_deg"].between(-180, 180))]
    problems = [
        Problem("sites", f"weather site {r.name!r} has no place", "add it to sites.csv with lat_deg and lon_deg")
        for r in records(bad)
    ]
    if (folder / "sites.csv").is_file():
        before = pd.read_csv(folder / "sites.csv").set_index("name")
        for r in records(sites[sites["name"].isin(before.index)]):
            old = before.loc[r.name]
            if abs(old["lat_deg"] - r.lat_deg) > 1e-6 or abs(old["lon_deg"] - r.lon_deg) > 1e-6:
                what = f"weather site {r.name!r} was at {old['lat_deg']:g}, {old['lon_deg']:g} when its files were made"
                problems.append(Problem(str(folder / "sites.csv"), what, "fetch into another folder", row=str(r.name)))
    raise_if(problems)


def _sites(sites: pd.DataFrame) -> list[Site]:
    return [Site(str(r.name), float(r.lat_deg), float(r.lon_deg), float(r.elevation_m)) for r in records(sites)]


def _tasks(service: Service, sites: Sequence[Site], year: int | None) -> list[_Task]:
    """Sites grouped by what is asked for them."""
    shared: dict[tuple[str, ...], tuple[tuple[Query, ...], list[Site]]] = {}
    for site in sites:
        questions = tuple(service.queries(site.lat_deg, site.lon_deg, year))
        shared.setdefault(tuple(q.key for q in questions), (questions, []))[1].append(site)
    return [_Task(year, questions, tuple(group)) for questions, group in shared.values()]


def _answers(
    service: Service,
    questions: Sequence[Query],
    cache: Path,
    address: str | None,
    manners: Manners,
    wait: Callable[[float], None],
) -> list[Answer]:
    """The answers to some questions, up to the first that fails."""
    answers: list[Answer] = []
    for query in questions:
        base = address or service.address()
        got = ask(base, query, cache, check=service.check, version=service.version, manners=manners, wait=wait)
        answers.append(got)
        if got.problem:
            break
    return answers


def _written(
    name: str, service: Service, task: _Task, answers: Sequence[Answer], folder: Path
) -> list[tuple[str, str, str, str]]:
    """Canonical files of a task's sites, each whole or not at all."""
    label = "typical" if task.year is None else str(task.year)
    failed = next((a.problem for a in answers if a.problem), "")
    if failed:
        return [(s.name, label, "failed", failed) for s in task.sites]
    record = service.read([a.body for a in answers], task.year)
    rows = []
    for site in task.sites:
        problems: list[Problem] = []
        weather = assemble(record, site, problems, year=task.year)
        if weather is None:
            rows.append((site.name, label, "failed", "; ".join(str(p) for p in problems)))
            continue
        _add_site(folder, weather.sites)
        write_canonical(weather, folder / label)
        kept = [(q.key, a.provenance) for q, a in zip(task.queries, answers) if a.provenance]
        _add_provenance(folder, name, site.name, label, kept, record.source)
        rows.append((site.name, label, "written", ""))
    return rows


def _not_asked(
    sites: pd.DataFrame, years: Sequence[int | None], folder: Path, why: str
) -> list[tuple[str, str, str, str]]:
    rows = []
    for year in years:
        for name in sites["name"]:
            there = (folder / str(year) / f"{name}.parquet").is_file()
            rows.append((str(name), str(year), *(("there", "") if there else ("not asked", why))))
    return rows


def _add_site(folder: Path, site: pd.DataFrame) -> None:
    """The site in ``sites.csv``."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "sites.csv"
    known = pd.read_csv(path) if path.is_file() else pd.DataFrame(columns=list(SITE_COLUMNS))
    if site["name"].iloc[0] not in set(known["name"]):
        _write_table(path, site if known.empty else pd.concat([known, site], ignore_index=True))


def _add_provenance(
    folder: Path, service: str, site: str, label: str, answers: Sequence[tuple[str, Provenance]], source: str
) -> None:
    """The rows of a canonical file in ``provenance.csv``."""
    path = folder / "provenance.csv"
    known = pd.read_csv(path, dtype=str) if path.is_file() else pd.DataFrame(columns=list(PROVENANCE))
    known = known[(known["site"] != site) | (known["year"] != label)]
    rows = [
        (site, label, service, p.service_version, p.url, p.asked_at, p.sha256, f"answers/{service}/{key}.gz", source)
        for key, p in answers
    ]
    new = pd.DataFrame(rows, columns=list(PROVENANCE))
    _write_table(path, new if known.empty else pd.concat([known, new], ignore_index=True))


def _write_table(path: Path, table: pd.DataFrame) -> None:
    text = io.StringIO()
    table.to_csv(text, index=False, lineterminator="\n")
    in_one_go(path, text.getvalue().encode("utf-8"))

"""``gridsim weather import``: files that lie somewhere become a weather folder that any study reads."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gridsim.cli.console import caught, out
from gridsim.cli.weather_fetch import years_of
from gridsim.errors import InvalidInput, Problem

if TYPE_CHECKING:
    from gridsim.weather.assemble import Site
    from gridsim.weather.canonical import Weather


def import_(
    source: Annotated[str, typer.Argument(help="epw, csv or era5")],
    files: Annotated[list[Path], typer.Argument(help="files, or folders of files")],
    sites: Annotated[Path, typer.Option(help="folder with the sites.csv to make weather for")],
    folder: Annotated[Path, typer.Option("--out", help="weather folder to write")],
    years: Annotated[str, typer.Option(help="calendar years, e.g. 2019; EPW without years: the typical year")] = "",
) -> None:
    """Canonical weather files from EPW, CSV or ERA5 NetCDF files: one per site and year, with what was derived."""
    from gridsim.weather.canonical import write_canonical
    from gridsim.weather.gather import site_rows
    from gridsim.weather.origin import origin_table

    with caught():
        rows, named = site_rows(sites)
        asked: list[int | None] = [*years_of(years)] or [None]
        read = {year: _weather(source, files, rows, named, year) for year in asked}
        folder.mkdir(parents=True, exist_ok=True)
        given = next(p for p in (sites / "sites.csv", sites.parent / "sites.csv") if p.is_file())
        if given.resolve() != (folder / "sites.csv").resolve():
            shutil.copyfile(given, folder / "sites.csv")
        for weather in read.values():
            write_canonical(weather, folder / weather.label)
    for weather in read.values():
        out.print(f"{folder / weather.label}: {len(weather.sites)} sites written", markup=False)
        for row in origin_table(weather.origin).to_dict("records"):
            if row["kind"] != "read":
                said = f"{row['kind']}: {row['quantity']}: {row['how'].replace('_', ' ')} {row['detail']}".rstrip()
                out.print(f"  {said} ({row['sites']})", markup=False)


def _weather(source: str, files: list[Path], rows: list[Site], named: dict[str, str], year: int | None) -> Weather:
    from gridsim.weather import csv_table, epw, era5
    from gridsim.weather.gather import found_files

    suffixes = {"epw": (".epw",), "csv": (".csv",), "era5": (".nc", ".zip")}
    if source not in suffixes:
        raise InvalidInput([Problem("weather import", f"there is no source {source!r}", "use epw, csv or era5")])
    paths: list[Path] = []
    for file in files:
        paths += found_files(file, suffixes[source]) if file.is_dir() else [file]
    if source == "epw":
        return epw.from_files(paths, rows, named=named, year=year)
    if source == "csv":
        tables = [p for p in paths if p.name not in ("sites.csv", "provenance.csv")]
        return csv_table.from_files(tables, rows, named=named, year=year)
    return era5.from_files(paths, rows, year=year)

"""``gridsim weather check``: is a record to be believed, and the repairs it may have."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer
from rich.table import Table

from gridsim.cli.console import BAD_INPUT, caught, language_of, out
from gridsim.errors import InvalidInput, Problem
from gridsim.report.catalogue import Texts, read_texts
from gridsim.report.weather_quality import counted, heads, labels_found, lines

Place = Annotated[str | None, typer.Option(help="place of a .csv file: LATITUDE,LONGITUDE,ELEVATION")]
COLOURS = {"error": "red", "warning": "yellow", "info": "cyan"}


def check(
    path: Annotated[Path, typer.Argument(help="weather folder (one year or several), .epw or .csv file")],
    site: Annotated[list[str] | None, typer.Option(help="only this site; repeatable")] = None,
    fix: Annotated[
        bool, typer.Option("--fix", help="write a repaired copy to --out; every changed cell is logged")
    ] = False,
    repair: Annotated[
        list[str] | None,
        typer.Option(
            help="repairs in place of the usual ones: codes, duplicates, off_grid, gaps, night, clip; "
            "and only by name: zone, shift, units; repeatable"
        ),
    ] = None,
    shift_hours: Annotated[float, typer.Option(help="hours added to every stamp by --repair shift")] = 0.0,
    clear_sky_factor: Annotated[float, typer.Option(help="global irradiance is clipped at this x clear sky")] = 1.1,
    max_gap_hours: Annotated[float, typer.Option(help="longest gap that is filled")] = 3.0,
    target: Annotated[
        Path | None, typer.Option("--out", help="CSV of all findings; with --fix the new weather folder")
    ] = None,
    place: Place = None,
    lang: Annotated[str, typer.Option(help="zh or en")] = "zh",
) -> None:
    """Gaps, units, time zone, label, impossible sun, stuck or stepped wind, month seams: numbers and what to do.

    Exit code 2 when there are errors.
    """
    from gridsim.weather.quality import check_records
    from gridsim.weather.quality_files import read_records, write_repaired
    from gridsim.weather.quality_fix import DEFAULT_RULES, Repairs
    from gridsim.weather.quality_fix import repair as repaired

    texts = read_texts(language_of(lang))
    with caught():
        records = read_records(path, place=place_of(place), names=site or [])
        if fix and target is None:
            raise InvalidInput([Problem("--fix", "there is no folder to write to", "give --out FOLDER, a new one")])
        if fix:
            repairs = Repairs(tuple(repair or DEFAULT_RULES), max_gap_hours, clear_sky_factor, shift_hours)
            done = {year: [repaired(r, repairs) for r in members] for year, members in records.items()}
            log = pd.concat([part for members in done.values() for _, part in members], ignore_index=True)
            records = {year: [r for r, _ in members] for year, members in done.items()}
            assert target is not None
            write_repaired(records, log, target, source=path)
            out.print(_said(log, target, texts), markup=False)
        reports = {year: check_records(members) for year, members in records.items()}
        everything = pd.concat([r.assign(year=y) for y, r in reports.items()], ignore_index=True)
        if target is not None:
            file = target / "findings.csv" if fix else target
            file.parent.mkdir(parents=True, exist_ok=True)
            columns = ["year", *(c for c in everything if c != "year")]
            everything[columns].to_csv(file, index=False, encoding="utf-8-sig", lineterminator="\n")
    show(reports, texts)
    if (everything["severity"] == "error").any():
        raise typer.Exit(BAD_INPUT)


def show(reports: Mapping[str, pd.DataFrame], texts: Texts) -> None:
    """The findings of every year, site by site in the data: labels found, then a table."""
    from gridsim.weather.quality_rules import by_check

    for year, report in reports.items():
        said = labels_found(report, texts)
        if said:
            out.print(f"{year}: {said}", markup=False)
        show_by_check({year: by_check(report)}, texts)


def show_by_check(reports: Mapping[str, pd.DataFrame], texts: Texts) -> None:
    """Errors and warnings of every year: a table on a terminal, plain lines in a pipe.

    The reports are those of :func:`gridsim.weather.quality_rules.by_check`.
    """
    for year, report in reports.items():
        out.print(f"{year}: {counted(report, texts)}", markup=False)
        rows = lines(report, texts)
        if rows and out.is_terminal:
            table = Table(*heads(texts), show_lines=True)
            for row in rows:
                table.add_row(*row.cells, style=COLOURS.get(row.severity, ""))
            out.print(table, soft_wrap=False)
        else:
            for row in rows:
                out.print("  " + " | ".join(t for t in row.cells if t), markup=False)


def _said(log: pd.DataFrame, target: Path, texts: Texts) -> str:
    """What was repaired, in one sentence."""
    if log.empty:
        return texts("weather_quality.untouched")
    rules = texts.list_of([f"{rule} {count}" for rule, count in log["rule"].value_counts().items()])
    return texts("weather_quality.fixed", cells=len(log), rules=rules, log=target / "fix_log.csv")


def place_of(text: str | None) -> tuple[float, float, float] | None:
    """``LATITUDE,LONGITUDE,ELEVATION`` as numbers."""
    if text is None:
        return None
    try:
        lat, lon, elevation = (float(v) for v in text.split(","))
    except ValueError:
        fix = "e.g. --place 29.36,113.13,50"
        raise InvalidInput([Problem("--place", f"{text!r} is not LATITUDE,LONGITUDE,ELEVATION", fix)]) from None
    return lat, lon, elevation

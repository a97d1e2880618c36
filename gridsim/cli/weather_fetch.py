"""``gridsim weather fetch``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gridsim.cli.console import UNTRUSTED, caught, err, out, progress_shown
from gridsim.errors import InvalidInput, Problem

if TYPE_CHECKING:
    import pandas as pd


def fetch(
    service: Annotated[str, typer.Argument(help="nasa_power, pvgis_hourly or pvgis_tmy")],
    network: Annotated[Path, typer.Option(help="network folder: its weather sites are fetched, of all scenarios")],
    years: Annotated[str, typer.Option(help="calendar years, e.g. 2015-2024 or 2015,2018")] = "",
    sites: Annotated[
        Path | None, typer.Option(help="folder with the sites.csv that has the places; default ../weather/NETWORK")
    ] = None,
    folder: Annotated[
        Path | None, typer.Option("--out", help="weather folder to write; default weather/NETWORK_SERVICE")
    ] = None,
    url: Annotated[str | None, typer.Option(help="another base address of the service")] = None,
    timeout: Annotated[float, typer.Option(help="seconds to wait for an answer", min=0.1)] = 120.0,
    attempts: Annotated[int, typer.Option(help="attempts per question", min=1)] = 5,
) -> None:
    """Download weather for all sites of a network: whole files only, what is there already is not asked for again."""
    from gridsim.drivers import weather_places
    from gridsim.network import read_network, scenario_names
    from gridsim.weather.canonical import read_sites
    from gridsim.weather.download import Manners
    from gridsim.weather.fetch import fetch as fetch_weather

    with caught():
        asked = years_of(years)
        names: list[str | None] = [None, *scenario_names(network)]
        networks = [read_network(network, scenario=n) for n in names]
        places = sites or network.resolve().parents[1] / "weather" / network.resolve().name
        known = read_sites(places) if sites or (places / "sites.csv").is_file() else None
        target = folder or Path("weather") / f"{network.resolve().name}_{service}"
        manners = Manners(timeout_s=timeout, attempts=attempts)
        with progress_shown() as progress:
            outcome = fetch_weather(
                service,
                weather_places(networks, known),
                asked,
                target,
                address=url,
                manners=manners,
                progress=progress,
            )
    _tell(outcome, target)


def years_of(text: str) -> list[int]:
    """``2015-2024`` or ``2015,2018`` as years.

    Raises
    ------
    InvalidInput
        If it is neither.
    """
    years: list[int] = []
    try:
        for part in filter(None, (p.strip() for p in text.split(","))):
            first, _, last = part.partition("-")
            years += range(int(first), int(last or first) + 1)
    except ValueError:
        raise InvalidInput([Problem("--years", f"{text!r} are no years", "e.g. 2015-2024 or 2015,2018")]) from None
    if text.strip() and not years:
        raise InvalidInput([Problem("--years", f"{text!r} has no year in it", "give the earlier year first")])
    return years


def _tell(outcome: pd.DataFrame, target: Path) -> None:
    """What was written and what was not; exit code 3 if something is missing."""
    counts = outcome["status"].value_counts()
    said = ", ".join(f"{counts[s]} {s}" for s in ("written", "there", "failed", "not asked") if s in counts)
    out.print(f"{target}: {said} (a file per site and year)", markup=False)
    lost = outcome[outcome["status"].isin(["failed", "not asked"])]
    if lost.empty:
        return
    for (status, year, detail), rows in lost.groupby(["status", "year", "detail"], sort=False):
        names = " ".join(rows["site"])
        err.print(f"{status}: {year} {names}: {detail}", markup=False)
    err.print("run the same command again: only what is missing will be asked for")
    raise typer.Exit(UNTRUSTED)

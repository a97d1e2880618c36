"""``gridsim weather synthesise``: weather years from climate figures, made on demand."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gridsim.cli.console import caught, out, progress_shown
from gridsim.errors import InvalidInput, Problem


def synthesise(
    network: Annotated[Path, typer.Option(help="network folder; its plants and demands say which sites are needed")],
    folder: Annotated[Path, typer.Option("--out", help="folder that gets one folder of canonical files per year")],
    years: Annotated[str, typer.Option(help="weather years: 2015-2024, or 2015,2018")] = "2015-2024",
    weather: Annotated[
        Path | None, typer.Option(help="folder of sites.csv and climatology.csv; default weather/<network>")
    ] = None,
    seed: Annotated[int, typer.Option(help="seed; the same one gives the same values on any machine")] = 1,
) -> None:
    """Make synthetic weather years: nothing in them was measured."""
    from gridsim.batch import run_many
    from gridsim.weather.synthetic_years import write_year, year_jobs

    with caught():
        climate = weather or network.parent.parent / "weather" / network.name
        asked = years_of(years)
        jobs = year_jobs(climate, folder, years=asked, sites=_sites(network), seed=seed)
        with progress_shown() as progress:
            stage = f"{len(jobs)} weather years"
            progress(stage, 0.0)
            run_many(write_year, jobs, progress=lambda done, of: progress(stage, done / of))
    out.print(f"{folder}: {len(jobs)} synthetic weather years at {len(jobs[0].sites)} sites, seed {seed}", markup=False)
    out.print('  [weather] folder = "…", year = …, source = "files"; nothing in them was measured', markup=False)


def years_of(text: str) -> list[int]:
    """Years of ``2015-2024`` or ``2015,2018-2020``.

    Raises
    ------
    InvalidInput
        Anything else.
    """
    found: list[int] = []
    try:
        for part in text.split(","):
            first, dash, last = part.strip().partition("-")
            found += range(int(first), int(last if dash else first) + 1)
    except ValueError:
        found = []
    if not found:
        raise InvalidInput([Problem("--years", f"{text!r} are no years", "write 2015-2024 or 2015,2018")])
    return found


def _sites(network: Path) -> list[str]:
    """Weather sites that the plants and demands of a network need in any of its scenarios."""
    from gridsim.drivers import weather_sites
    from gridsim.network import read_network, scenario_names

    names: list[str | None] = [*scenario_names(network)] or [None]
    return sorted(weather_sites([read_network(network, scenario=name) for name in names]))

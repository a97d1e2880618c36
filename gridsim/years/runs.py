"""Every weather year of a study simulated, each in a process of its own that leaves its hourly files on disk."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from gridsim.batch import cores, run_many
from gridsim.case import Progress
from gridsim.errors import InvalidInput, NoOptimum, Problem, raise_if
from gridsim.hourly import HourlyFiles, write_hourly
from gridsim.run_year import YearRun, run_year
from gridsim.study import Study

#: memory that the run of one year may need at its peak (Yueyang: 1.9 GB, see docs/howto_weather_years.md) [GB]
PEAK_GB = 2.5


def run_years(
    study: Study, folder: Path, *, processes: int | None = None, progress: Progress | None = None
) -> dict[int, YearRun]:
    """Run every weather year of ``study.weather.years`` whole: dispatch, AC, ledger and checks.

    Parameters
    ----------
    study : Study
    folder : path
        Each year's hourly files go to ``folder/<year>/`` as soon as the year is done; what comes back has them as
        :class:`gridsim.hourly.HourlyFiles`, so that memory does not grow with the number of years.
    processes : int, optional
        Years at a time; default as many as there are cores, and memory for :data:`PEAK_GB` each.
    progress : callable, optional
        Called with ("weather years", share done); with one year, with its stages.

    Returns
    -------
    dict of int to YearRun
        In ascending order of the years, whatever the order in the study.

    Raises
    ------
    InvalidInput, NoOptimum
        Of the first year that failed, which the message names; the other years are given up.
    """
    years = sorted(study.weather.years)
    raise_if(_missing(study, years))
    if len(years) == 1:
        return {years[0]: _one_year(study, folder, progress, years[0])}
    said = None if progress is None else partial(_tell, progress)
    if said:
        said(0, len(years))
    task = partial(_one_year, study, folder, None)
    runs = run_many(task, years, processes=processes or min(cores(), fitting()), progress=said)
    return dict(zip(years, runs))


def of_year(study: Study, year: int) -> Study:
    """The same study with one weather year alone."""
    return study.with_changes(weather={"year": year, "years": ()})


def first_year(study: Study) -> Study:
    """The same study with the first of its weather years, or as it is with a single one."""
    return of_year(study, study.weather.years[0]) if study.weather.years else study


def fitting() -> int:
    """Years that free memory holds at a time, at least one; where the system does not tell, as many as cores."""
    try:
        free_gb = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e9
    except (AttributeError, ValueError, OSError):
        return cores()
    return max(1, int(free_gb / PEAK_GB))


def _tell(progress: Callable[[str, float], None], done: int, of: int) -> None:
    progress("weather years", done / of)


def _missing(study: Study, years: Sequence[int]) -> list[Problem]:
    """Years without a folder of weather files, all at once, before hours are spent on the others."""
    weather = study.weather
    if weather.source != "files":
        return []
    folder = study.resolve(weather.folder)
    gone = [str(y) for y in years if not (folder / str(y)).is_dir()]
    if not gone or not folder.is_dir():
        return []
    have = ", ".join(sorted(p.name for p in folder.glob("*") if p.is_dir())) or "none"
    fix = f'choose years that are there ({have}), fetch them, or set source = "synthetic"'
    return [Problem(str(folder), f"there is no weather of {', '.join(gone)}", fix, column="weather.years")]


def _one_year(study: Study, folder: Path, progress: Progress | None, year: int) -> YearRun:
    try:
        run = run_year(of_year(study, year), progress=progress)
    except NoOptimum as lost:
        raise NoOptimum(f"weather year {year}: {lost}") from lost
    except InvalidInput as bad:
        raise InvalidInput([replace(p, what=f"weather year {year}: {p.what}") for p in bad.problems]) from bad
    at = folder / str(year)
    for name in run.hourly:
        write_hourly(run.hourly, name, at / f"{name}.parquet")
    return replace(run, hourly=HourlyFiles(at))

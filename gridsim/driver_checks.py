"""Is the weather that a run is driven by to be believed?  Errors stop the run, warnings go with its results."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from gridsim.drivers import Drivers
from gridsim.errors import Problem, raise_if
from gridsim.units import step_hours
from gridsim.weather.canonical import Weather
from gridsim.weather.quality import check_sites
from gridsim.weather.quality_rules import by_check

#: what a study may say of weather with errors
ON_ERROR = ("stop", "report")


def weather_report(drivers: Drivers) -> pd.DataFrame:
    """Findings on the weather of the drivers, the sites of a check together (:func:`by_check`); empty without sites.

    Weather of a step below an hour is judged by its hourly means.
    """
    if drivers.sites.empty:
        return pd.DataFrame()
    parts = round(1.0 / step_hours(drivers.index[:2]))
    index = drivers.index[::parts]
    data = {k: v[: len(index) * parts].reshape(len(index), parts, -1).mean(axis=1) for k, v in drivers.weather.items()}
    whole = len(index) >= 48  # two days say nothing of labels and units
    return by_check(check_sites(Weather(index, drivers.sites, data, str(drivers.year)))) if whole else pd.DataFrame()


def checked_weather(drivers: Drivers, *, on_error: str = "stop") -> tuple[Drivers, pd.DataFrame]:
    """The drivers with the outcome of the check in their provenance, and the findings.

    Parameters
    ----------
    drivers : Drivers
    on_error : str
        One of :data:`ON_ERROR`.

    Raises
    ------
    InvalidInput
        With ``stop``, every error of the check.
    """
    report = weather_report(drivers)
    if report.empty:
        return drivers, report
    errors = report[report["severity"] == "error"]
    where = str(drivers.provenance.get("weather", "weather"))
    problems = [
        Problem(
            where,
            f"{row['check']}: {row['count']} steps at {row['sites']} sites, worst {row['worst']:.4g} {row['unit']}"
            f"{_when(row['time'])} {row['found']}".rstrip(),
            'see gridsim weather check (--fix repairs some of it); [weather] quality = "report" runs all the same',
            row=str(row["site"]),
            column=str(row["column"]),
        )
        for row in errors.to_dict("records")
    ]
    raise_if(problems if on_error == "stop" else [])
    warnings = int((report["severity"] == "warning").sum())
    said = f"{len(drivers.sites)} sites, {report['check'].nunique()} checks: {len(errors)} errors, {warnings} warnings"
    return replace(drivers, provenance={**drivers.provenance, "weather_quality": said}), report


def _when(time: pd.Timestamp) -> str:
    return "" if pd.isna(time) else f" at {time:%m-%d %H:%M}"

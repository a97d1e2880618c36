"""What a study gives for demand: measured series, and what the days of the demand from the tables follow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from gridsim.errors import InvalidInput, Problem
from gridsim.network import Network
from gridsim.points96 import read_points96
from gridsim.rows import records

#: what the days of a demand can follow
DAY_TO_DAY = ("auto", "temperature", "random")


@dataclass(frozen=True, kw_only=True)
class DemandInput:
    """Given demand and the rule of its days.

    Attributes
    ----------
    points96 : tuple of paths
        Measured demand of areas (names of the table ``demand``) or loads, one row per day with 96 columns
        (:mod:`gridsim.points96`).  It is gross of distributed PV, which is a plant: net values would count it twice.
    step_min : int
        15: as measured, the study runs in quarters of an hour; 60: averaged to hours.
    day_to_day : str
        ``temperature``: demands with a ``site`` follow the temperature of the weather year; ``random``: seeded noise
        that knows no weather; ``auto``: temperature in a weather year, random in the typical year, whose figures are
        those of earlier versions.
    """

    points96: tuple[Path, ...] = ()
    step_min: int = 15
    day_to_day: str = "auto"


def follows_temperature(network: Network, demand: DemandInput, weather_year: int) -> dict[str, str]:
    """Demands whose days follow a temperature, with their weather site or mix.

    Raises
    ------
    InvalidInput
        An unknown rule, or ``temperature`` without any demand that names a site.
    """
    if demand.day_to_day not in DAY_TO_DAY:
        fix = f"use one of: {', '.join(DAY_TO_DAY)}"
        raise InvalidInput([Problem("study", f"there is no rule {demand.day_to_day!r}", fix, column="day_to_day")])
    if demand.day_to_day == "random" or (demand.day_to_day == "auto" and not weather_year):
        return {}
    found = {r.name: r.site for r in records(network["demand"]) if isinstance(r.site, str) and r.site}
    if demand.day_to_day == "temperature" and not found:
        fix = "name the weather site of a demand, and its cooling_percent_per_k and heating_percent_per_k"
        raise InvalidInput([Problem("demand", "no demand names a site", fix, column="site")])
    return found


def read_demand(
    network: Network, demand: DemandInput, problems: list[Problem]
) -> tuple[dict[str, pd.DataFrame], dict[str, str]]:
    """Measured demand by file name, 15 min or averaged to hours, and the sha256 of the files.

    What is wrong is appended to ``problems``.
    """
    names = {*network["demand"]["name"], *network["load"]["name"]}
    peaks = _peaks(network)
    frames, files = {}, {}
    for path in demand.points96:
        label = Path(path).name
        frame, files[label] = read_points96(path, names=names, problems=problems)
        fix = "check the unit: MW, or write 万千瓦 in the title"
        for name in map(str, frame.columns):
            most, peak = float(frame[name].max()), peaks[name]
            if not 0.2 <= most / peak <= 3.0:
                what = f"{name!r} reaches {most:.6g} MW, the tables say {peak:.6g}"
                problems.append(Problem(label, what, fix))
        if demand.step_min == 60 and len(frame):
            days = pd.DatetimeIndex(frame.index).normalize()
            hourly = frame.resample("60min").mean()
            frame = hourly[pd.DatetimeIndex(hourly.index).normalize().isin(days)]
        frames[label] = frame
    return frames, files


def said_of_demand(network: Network, warm: Mapping[str, str], seed: int) -> str:
    """Where the demand came from, for manifest and report."""
    tables = f"tables of network {network.name}, scenario {network.scenario}"
    if not warm:
        return f"{tables}, day-to-day seed {seed}"
    return f"{tables}, days follow the temperature of the weather year, the rest seed {seed}"


def _peaks(network: Network) -> dict[str, float]:
    """Peak of every load and demand; a part without one has its mean."""
    peaks = {r.name: float(r.max_p_mw) for r in records(network["load"])}
    for r in records(network["demand"]):
        peaks[r.name] = r.energy_gwh / 8.76 if pd.isna(r.peak_mw) else float(r.peak_mw)
    return peaks

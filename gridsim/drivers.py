"""What drives the grid from outside: weather per site and demand, on one time index."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from gridsim.demand import make_demand
from gridsim.demand_input import DemandInput, follows_temperature, read_demand, said_of_demand
from gridsim.errors import InvalidInput, Problem, raise_if
from gridsim.network import Network
from gridsim.rows import records
from gridsim.series import AVAILABLE, MINIMUM, ONLINE, SeriesKind, on_index, read_series, step_minutes
from gridsim.weather import csv_table, epw, era5
from gridsim.weather.canonical import SITE_COLUMNS, Weather, origins_of, quantised, read_canonical
from gridsim.weather.climate import read_climate
from gridsim.weather.fallback import first_that_has
from gridsim.weather.one_height import with_second_height
from gridsim.weather.origin import origin_table
from gridsim.weather.study_year import study_index
from gridsim.weather.synthetic import synthesise


@dataclass(frozen=True)
class Drivers:
    """Weather per site and demand per demand name on one index.

    Attributes
    ----------
    index : DatetimeIndex
        tz-aware (Asia/Shanghai), interval-start, equally spaced; the step length comes from it.
    sites : DataFrame
        Columns ``name, lat_deg, lon_deg, elevation_m`` of each weather site, in array order.
    weather : mapping of str to ndarray
        ``ghi_w_per_m2, dni_w_per_m2, dhi_w_per_m2, temp_air_degc, pressure_pa`` and
        ``wind_speed_<h>m_m_per_s`` (one per height), each (time, site).
    demand_mw : DataFrame
        (time, demand name): gross demand without losses, ``less`` already subtracted.
    available_mw : DataFrame
        Given series (time, unit) that replace the weather physics of those units (may be empty).
    load_mw : DataFrame
        Given series (time, load) of single loads, contained in their demand (may be empty).
    minimum_mw, online_units : DataFrame
        Given minimum output of thermal plants with every unit on, and numbers of units on (may be empty).
    year : int
        Weather year; 0 is the typical year.
    provenance : mapping
        What each part came from (goes to the manifest and the report).
    files : mapping of str to str
        sha256 of every weather and series file read, by name.
    weather_origin : DataFrame
        What was read, derived, filled or assumed of every column of the weather (:mod:`gridsim.weather.origin`).
    """

    index: pd.DatetimeIndex
    sites: pd.DataFrame
    weather: Mapping[str, np.ndarray]
    demand_mw: pd.DataFrame
    available_mw: pd.DataFrame = field(default_factory=pd.DataFrame)
    minimum_mw: pd.DataFrame = field(default_factory=pd.DataFrame)
    online_units: pd.DataFrame = field(default_factory=pd.DataFrame)
    year: int = 0
    provenance: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    load_mw: pd.DataFrame = field(default_factory=pd.DataFrame)
    weather_origin: pd.DataFrame = field(default_factory=lambda: origin_table({}))


def read_drivers(
    network: Network,
    *,
    weather: str | Path | None = None,
    source: str | Sequence[str] = "files",
    weather_year: int | None = None,
    seed: int = 1,
    one_height: str = "night_maximum",
    series: Sequence[str | Path] = (),
    minimum: Sequence[str | Path] = (),
    online: Sequence[str | Path] = (),
    demand: DemandInput | None = None,
    minutes: int | None = None,
) -> Drivers:
    """Weather and demand for a network's scenario year.

    Parameters
    ----------
    network : Network
        Decides the year, the sites that are needed and the demand.
    weather : path, optional
        A weather folder (``sites.csv``, ``climatology.csv``, one folder of canonical files per weather
        year).  None only when no plant needs weather.
    source : str or sequence of str
        One of :data:`SOURCES`: ``files`` reads the canonical files, ``synthetic`` makes a year from the climate
        tables of the same folder.  Several: in the order they are tried for a site (:mod:`gridsim.weather.fallback`).
    weather_year : int, optional
        Weather year; None is the typical year.
    seed : int
        Seed of synthetic weather and of the day-to-day variation of demand.
    one_height : str
        How wind known at one height only is brought to a second one
        (:func:`gridsim.weather.one_height.with_second_height`).
    series : sequence of paths
        Given available-power series (:mod:`gridsim.series`) in MW, interval-start; they replace the
        physics of their plants and decide the step (60 or 15 min; without series 60 min).
    minimum, online : sequence of paths
        Given series of thermal plants: minimum output with every unit on in MW, units on; of the same step.
    demand : DemandInput, optional
        Measured demand, and what the days of the demand from the tables follow.
    minutes : int, optional
        Step; default that of the series.  Series of another step are refused.

    Returns
    -------
    Drivers
        On all intervals of the network's year.  Weather of another year is matched by month, day
        and hour (:func:`gridsim.weather.study_year.on_study_year`).

    Raises
    ------
    InvalidInput
        Everything wrong with series, weather and demand, at once.
    """
    problems: list[Problem] = []
    frames, files = _read_all(_capacities(network, AVAILABLE), series, AVAILABLE, problems)
    lowest, low_files = _read_all(_capacities(network, MINIMUM), minimum, MINIMUM, problems)
    on, on_files = _read_all(_capacities(network, ONLINE), online, ONLINE, problems)
    demand = demand or DemandInput()
    measured, measured_files = read_demand(network, demand, problems)
    of_cells = len(problems)
    step = step_minutes({**frames, **lowest, **on, **measured}, problems, wanted=minutes)
    if not 1900 <= network.year <= 2200:
        problems.append(
            Problem(network.name, f"the network has no scenario year ({network.year})", "read it with a scenario")
        )
    raise_if(problems if len(problems) > of_cells else [])  # without a year and a step there is no index
    index = study_index(network.year, step_minutes=step)
    given = on_index(frames, index, problems)
    lowest_mw, units = on_index(lowest, index, problems), on_index(on, index, problems)
    points = on_index(measured, index, problems)
    raise_if(problems if of_cells else [])  # a plant that is misspelt would be missed by the weather, too
    warm = follows_temperature(network, demand, year := weather_year or 0)
    of_plants, of_demand = site_shares(network, given.columns), demand_shares(network)
    shares = {**of_plants, **{site: of_demand[site] for site in warm.values()}}
    needed = sorted({s for of in shares.values() for s in of})
    found, heights = Weather(index, pd.DataFrame(columns=list(SITE_COLUMNS)), {}, "none", "none needed"), "none"
    try:
        if needed:
            found = _weather(weather, source, needed, weather_year, seed, index)
            found, heights = with_second_height(found, one_height)
    except InvalidInput as bad:
        problems += bad.problems
    areas = [c for c in points if c in set(network["demand"]["name"])]
    series_mw = pd.DataFrame()
    try:
        temp = {n: _temperature(found, shares[site]) for n, site in warm.items()} if found.data else {}
        series_mw = make_demand(network, index, seed=seed, weather_year=year, temp_degc=temp, given_mw=points[areas])
    except InvalidInput as bad:
        problems += bad.problems
    raise_if(problems)
    provenance = {
        "weather": f"{found.source} (folder {Path(weather or '-').name}, year {found.label})",
        "wind_heights": heights,
        "demand": said_of_demand(network, warm, seed),
        "series": ", ".join([*frames, *lowest, *on, *measured]) or "none",
    }
    at, of_loads = found.sites[list(SITE_COLUMNS)].reset_index(drop=True), points.drop(columns=areas)
    read, said = {**files, **low_files, **on_files, **measured_files, **found.files}, origins_of(found)
    return Drivers(index, at, found.data, series_mw, given, lowest_mw, units, year, provenance, read, of_loads, said)


def _capacities(network: Network, kind: SeriesKind) -> dict[str, float]:
    """Plants of the tables of a kind of series with the largest value they may have."""
    column = "units" if kind.unit == "units" else "max_p_mw"
    return {r.name: float(getattr(r, column)) for t in kind.tables.split(" and ") for r in records(network[t])}


def _read_all(
    capacity: Mapping[str, float], paths: Sequence[str | Path], kind: SeriesKind, problems: list[Problem]
) -> tuple[dict[str, pd.DataFrame], dict[str, str]]:
    """Every given series of one kind by file name, and the sha256 of the files."""
    frames: dict[str, pd.DataFrame] = {}
    files: dict[str, str] = {}
    for path in paths:
        label = Path(path).name
        frames[label], files[label] = read_series(path, capacity=capacity, problems=problems, kind=kind)
    return frames, files


def site_shares(network: Network, given: Collection[str] = ()) -> dict[str, dict[str, float]]:
    """Weather sites behind the column ``site`` of the tables ``wind`` and ``solar``, with their shares.

    Parameters
    ----------
    network : Network
    given : collection of str
        Plants with a series of their own; they need no weather.

    Returns
    -------
    dict of str to dict of str to float
        ``site`` of a plant -> weather site -> share.  A mix of the table ``site_share`` has several.

    Raises
    ------
    InvalidInput
        If the shares of a mix do not add up to 1.
    """
    mixes = {str(mix): dict(zip(g["site"], g["share_pu"])) for mix, g in network["site_share"].groupby("mix")}
    names = {s for t in ("wind", "solar") for s in network[t].loc[~network[t]["name"].isin(given), "site"]}
    raise_if(
        [
            Problem(
                "site_share",
                f"the shares of {mix!r} add up to {sum(shares.values()):.4f}",
                "make them add up to 1",
                row=mix,
                column="share_pu",
            )
            for mix, shares in mixes.items()
            if mix in names and abs(sum(shares.values()) - 1.0) > 1e-6
        ]
    )
    return {name: mixes.get(name, {name: 1.0}) for name in sorted(names)}


def weather_places(networks: Sequence[Network], known: pd.DataFrame | None = None) -> pd.DataFrame:
    """Name and place of every weather site that some networks need.

    Parameters
    ----------
    networks : sequence of Network
        Usually all scenarios of one network.
    known : DataFrame, optional
        A ``sites.csv``; a site that is not in it is looked for among the counties and stations of its name.

    Returns
    -------
    DataFrame
        ``name, lat_deg, lon_deg, elevation_m``, sorted by name; the height of a county or station is NaN (unknown).

    Raises
    ------
    InvalidInput
        If a site has no place.
    """
    names = sorted(weather_sites(networks))
    places = [pd.DataFrame(columns=list(SITE_COLUMNS)) if known is None else known[list(SITE_COLUMNS)]]
    for network in networks:
        for table in ("county", "station"):
            places.append(network[table][["name", "lat_deg", "lon_deg"]].assign(elevation_m=np.nan))
    found = pd.concat([p for p in places if len(p)], ignore_index=True).drop_duplicates("name").set_index("name")
    raise_if(
        [
            Problem("sites.csv", f"weather site {n!r} has no place", "give a sites.csv with it (--sites)", row=n)
            for n in names
            if n not in found.index or found.loc[n, ["lat_deg", "lon_deg"]].isna().any()
        ]
    )
    return found.loc[names].reset_index()


def demand_shares(network: Network) -> dict[str, dict[str, float]]:
    """Weather sites behind the column ``site`` of the table ``demand``, with their shares."""
    mixes = {str(mix): dict(zip(g["site"], g["share_pu"])) for mix, g in network["site_share"].groupby("mix")}
    return {name: mixes.get(name, {name: 1.0}) for name in sorted(network["demand"]["site"].dropna().unique())}


def weather_sites(networks: Sequence[Network]) -> set[str]:
    """Weather sites that the plants and demands of some networks need."""
    shares = [of for n in networks for mixes in (site_shares(n), demand_shares(n)) for of in mixes.values()]
    return {site for of in shares for site in of}


def _temperature(found: Weather, shares: Mapping[str, float]) -> np.ndarray:
    """Air temperature of a mix of sites, (time,)."""
    place = {n: s for s, n in enumerate(found.sites["name"])}
    total = np.zeros(len(found.index))
    for site, share in shares.items():
        total += share * found.data["temp_air_degc"][:, place[site]]
    return total


def _weather(
    folder: str | Path | None,
    source: str | Sequence[str],
    sites: list[str],
    year: int | None,
    seed: int,
    index: pd.DatetimeIndex,
) -> Weather:
    """Weather at some sites on the study's index, each from the first of the sources that has it."""
    sources = (source,) if isinstance(source, str) else source
    unknown = [s for s in sources if s not in SOURCES]
    if unknown:
        fix = f"use one of: {', '.join(SOURCES)}"
        raise InvalidInput([Problem("weather", f"there is no weather source {unknown[0]!r}", fix, column="source")])
    if folder is None:
        fix = "give a weather folder"
        raise InvalidInput(
            [Problem("weather", f"{len(sites)} weather sites are needed, none is given", fix, row=sites[0])]
        )
    tried = {s: SOURCES[s] for s in sources}
    return first_that_has(tried, Path(folder), sites, year=year, seed=seed, index=index)


def _from_files(folder: Path, sites: list[str], year: int | None, _seed: int) -> Weather:
    """Canonical files, one per site, in the folder of the weather year."""
    name = "typical" if year is None else str(year)
    if not (folder / name).is_dir():
        have = ", ".join(sorted(p.name for p in folder.glob("*") if p.is_dir())) or "none"
        fix = f"choose one that is there ({have}), or synthesise or fetch it"
        raise InvalidInput([Problem(str(folder), f"there is no weather year {name!r}", fix, column="year")])
    return read_canonical(folder / name, names=sites)


def _from_climate(folder: Path, sites: list[str], year: int | None, seed: int) -> Weather:
    """Made from the climate tables of the folder, with a seed."""
    climate = read_climate(folder)
    file = str(folder / "sites.csv")
    raise_if(
        [
            Problem(file, f"weather site {n!r} is not in sites.csv", "add the site or correct its name", row=n)
            for n in sorted(set(sites) - set(climate.sites["name"]))
        ]
    )
    return quantised(synthesise(climate.at(sites), year=year, seed=seed))  # as its files would be


#: weather source -> function (folder, sites, weather year, seed) to weather in canonical columns
SOURCES: dict[str, Callable[[Path, list[str], int | None, int], Weather]] = {
    "files": _from_files,
    "synthetic": _from_climate,
    "epw": epw.from_folder,
    "csv": csv_table.from_folder,
    "era5": era5.from_folder,
}

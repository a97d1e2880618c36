"""What each unit *could* do, hour by hour: from weather physics, schedules, or given series."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from gridsim.demand_shift import shifted_demand
from gridsim.devices import external, hydro
from gridsim.devices.availability import available_pu
from gridsim.drivers import Drivers, site_shares
from gridsim.errors import Problem, raise_if
from gridsim.generation import PHYSICS, PhysicsTable, generate, unknown_to_physics
from gridsim.network import Network
from gridsim.rows import records
from gridsim.special_limits import offered_mw
from gridsim.station_demand import station_demand
from gridsim.units import energy_mwh, step_hours
from gridsim.weather import fields
from gridsim.weather.calendar import days_of

HYDRO_YEARS = ("normal", "dry", "wet")
NOTE_COLUMNS = ("element", "what", "wanted", "got", "unit")
_HOURS = [f"h{h:02d}_pu" for h in range(24)]


@dataclass(frozen=True)
class Profiles:
    """Time series of every unit, before any dispatch.

    All frames share ``index`` (tz-aware, interval-start) unless said otherwise.

    Attributes
    ----------
    index : DatetimeIndex
    available_mw : DataFrame (time, wind or solar plant)
        Available power after plant-side losses, AC, without what is withheld: what the dispatch may use.
    demand_mw : DataFrame (time, load)
        Gross demand of each load, with the network losses of its demand.
    schedule_mw : DataFrame (time, external)
        Scheduled import.
    hydro_min_mw, hydro_max_mw : DataFrame (time, hydro)
        Hourly band of each hydro plant.
    hydro_energy_mwh : DataFrame (day, hydro)
        Energy of each day (index: midnight of the day).
    thermal_pu : DataFrame (day, thermal)
        Share of the units that is available on the day (maintenance, forced outage not included).
    thermal_min_pu : DataFrame (time, thermal)
        Minimum output of a unit where it is not the one of the table ``thermal``.
    thermal_online : DataFrame (time, thermal)
        Given numbers of units on (commitment ``given``).
    temp_air_degc : Series (time,)
        Air temperature, mean of the weather sites of the plants in the detailed area; empty if none is read.
    plant_side_mw : DataFrame (time, wind or solar plant)
        What own outages and ice take before that: theoretical = available + plant-side; in no rate. 0 for given series.
    withheld_mw : dict of str to DataFrame (time, wind or solar plant)
        Special cause -> available power that special limits hold back.
    notes : DataFrame
        What the tables ask for and cannot be had (energy above a rating): ``element, what, wanted, got, unit``.
    """

    index: pd.DatetimeIndex
    available_mw: pd.DataFrame
    demand_mw: pd.DataFrame
    schedule_mw: pd.DataFrame
    hydro_min_mw: pd.DataFrame
    hydro_max_mw: pd.DataFrame
    hydro_energy_mwh: pd.DataFrame
    thermal_pu: pd.DataFrame
    thermal_min_pu: pd.DataFrame = field(default_factory=pd.DataFrame)
    thermal_online: pd.DataFrame = field(default_factory=pd.DataFrame)
    notes: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(NOTE_COLUMNS)))
    temp_air_degc: pd.Series = field(default_factory=lambda: pd.Series(dtype=float))
    plant_side_mw: pd.DataFrame = field(default_factory=pd.DataFrame)
    withheld_mw: dict[str, pd.DataFrame] = field(default_factory=dict)


def make_profiles(
    network: Network,
    drivers: Drivers,
    *,
    hydro_year: str = "normal",
    hydro_seed: int = 1,
    physics: PhysicsTable = PHYSICS,
) -> Profiles:
    """Available power, demand, schedules, hydro energies and thermal availability of a network.

    Parameters
    ----------
    network : Network
    drivers : Drivers
        Of the network's year.
    hydro_year : {"normal", "dry", "wet"}
        Which energy of the table ``hydro`` counts.
    hydro_seed : int
        Seed of the daily inflow; with the weather year it names the stream.
    physics : mapping
        As :func:`gridsim.generation.generate`.

    Returns
    -------
    Profiles

    Raises
    ------
    InvalidInput
        Sites or turbine classes that are not known, plants without monthly tables: all at once.
    """
    problems: list[Problem] = []
    if hydro_year not in HYDRO_YEARS:
        problems.append(
            Problem(
                "options", f"hydro_year is {hydro_year!r}", f"use one of: {', '.join(HYDRO_YEARS)}", column="hydro_year"
            )
        )
    problems += unknown_to_physics(network, drivers)
    for device in ("hydro", "external"):
        problems += _without_months(network, device)
    raise_if(problems)
    notes: list[tuple[str, str, float, float, str]] = []
    generation = generate(network, drivers, physics=physics)
    available, withheld = offered_mw(network, generation.available_mw)
    moved = shifted_demand(network["demand_shift"], drivers.demand_mw)
    demand = station_demand(network, moved, drivers.load_mw)
    schedule = _schedules(network, drivers.index, notes)
    net = _net_load(network, available, demand, schedule)
    energy, low, high = _hydro(network, drivers, net, hydro_year, hydro_seed, notes)
    return Profiles(
        drivers.index,
        available,
        demand,
        schedule,
        low,
        high,
        energy,
        _thermal(network, drivers.index),
        _thermal_minimum(network, drivers.index, drivers.minimum_mw),
        drivers.online_units,
        pd.DataFrame(notes, columns=list(NOTE_COLUMNS)),
        _air_temperature(network, drivers),
        plant_side_mw=generation.plant_side_mw,
        withheld_mw=withheld,
    )


def given_profiles(
    network: Network,
    demand_mw: pd.DataFrame,
    *,
    available_mw: pd.DataFrame | None = None,
    schedule_mw: pd.DataFrame | None = None,
) -> Profiles:
    """Profiles from given series alone, without weather or calendar: for cases of other tools.

    Parameters
    ----------
    network : Network
        Without plants that need more than a series (hydro with daily energies).
    demand_mw : DataFrame (time, load)
        Its index is that of the profiles; a single step needs a ``freq``.
    available_mw : DataFrame (time, wind or solar plant), optional
    schedule_mw : DataFrame (time, external), optional

    Returns
    -------
    Profiles
        Thermal plant as the monthly table and the maintenance plan leave it.

    Raises
    ------
    InvalidInput
        Units without a series, series of other steps, gaps: all at once.
    """
    index = pd.DatetimeIndex(demand_mw.index)
    given = {"demand_mw": demand_mw, "available_mw": available_mw, "schedule_mw": schedule_mw}
    renewables = [*network["wind"]["name"], *network["solar"]["name"]]
    wanted = {"demand_mw": list(network["load"]["name"]), "available_mw": renewables}
    wanted["schedule_mw"] = list(network["external"]["name"])
    problems = [
        Problem("network", f"hydro {name!r} has no series of its own", "state it as a solar or thermal plant", row=name)
        for name in network["hydro"]["name"]
    ]
    frames = {}
    for what, names in wanted.items():
        frame = given[what]
        frame = pd.DataFrame(index=index) if frame is None else frame
        lacking = [n for n in names if n not in frame]
        problems += [Problem(what, f"{n!r} has no series", "add a column of its name", column=n) for n in lacking]
        if not frame.index.equals(index):
            problems.append(Problem(what, "its steps are not those of demand_mw", "give both the same index"))
        part = frame.reindex(columns=names).astype(float)
        gaps = [n for n in names if n in frame and part[n].isna().any()]
        problems += [Problem(what, "the series has gaps", "fill every step", column=n) for n in gaps]
        frames[what] = part
    raise_if(problems)
    nothing, days = pd.DataFrame(index=index), days_of(index)
    none = pd.DataFrame(0.0, index=index, columns=renewables)
    offered, withheld = offered_mw(network, frames["available_mw"])
    return Profiles(
        index, offered, frames["demand_mw"], frames["schedule_mw"], hydro_min_mw=nothing,
        hydro_max_mw=nothing, hydro_energy_mwh=pd.DataFrame(index=days),
        thermal_pu=_thermal(network, index), thermal_min_pu=_thermal_minimum(network, index, pd.DataFrame()),
        plant_side_mw=none,
        withheld_mw=withheld,
    )  # fmt: skip


def _air_temperature(network: Network, drivers: Drivers) -> pd.Series:
    """Mean air temperature of the weather sites of the plants that stand in the grid; each site counts once."""
    shares = site_shares(network, drivers.available_mw.columns)
    inside = {s for t in ("wind", "solar") for s in network[t].loc[network[t]["bus"].notna(), "site"]}
    sites = {site for mix in inside & set(shares) for site in shares[mix]}
    here = drivers.sites["name"].isin(sites).to_numpy()
    if not here.any():
        return pd.Series(dtype=float)
    return pd.Series(drivers.weather["temp_air_degc"][:, here].mean(axis=1), index=drivers.index)


def _without_months(network: Network, device: str) -> list[Problem]:
    table = {"hydro": "hydro_month", "external": "external_hour"}[device]
    lacking = sorted(set(network[device]["name"]) - set(network[table][device]))
    return [Problem(table, f"{device} {name!r} has no rows", "give twelve months", row=name) for name in lacking]


def _schedules(
    network: Network, index: pd.DatetimeIndex, notes: list[tuple[str, str, float, float, str]]
) -> pd.DataFrame:
    """Scheduled imports; what the rating cuts off is noted."""
    columns = {}
    for row in records(network["external"]):
        shape = _by_month(network["external_hour"], "external", row.name, _HOURS)
        starts = bool(row.from_day) and row.in_service_from == index[0].year
        first = pd.Timestamp(f"{index[0].year}-{row.from_day}") if starts else None
        x = external.schedule_mw(shape, index, energy_gwh=row.energy_gwh, max_p_mw=row.max_p_mw, first_day=first)
        columns[row.name] = x
        got = float(energy_mwh(x, step_hours(index)).sum()) / 1000.0
        if got < row.energy_gwh * (1.0 - 1e-6):
            notes.append((row.name, "scheduled energy, clipped at the rating", row.energy_gwh, got, "GWh"))
    return pd.DataFrame(columns, index=index, dtype=float)


def _area(table: pd.DataFrame, network: Network) -> pd.Series:
    """Area of each row: its node area, or the detailed area for what stands at a bus."""
    detailed = network["area"].loc[network["area"]["kind"] == "detailed", "name"]
    inside = detailed.iloc[0] if len(detailed) else ""
    return table["area"].where(table["area"].notna(), inside)


def _net_load(network: Network, available: pd.DataFrame, demand: pd.DataFrame, schedule: pd.DataFrame) -> pd.DataFrame:
    """Demand minus wind, sun and imports of each area, mean of each day: (day, area) in MW."""
    total = pd.DataFrame(0.0, index=demand.index, columns=list(network["area"]["name"]))
    for table, frame, sign in (
        ("load", demand, 1.0),
        ("wind", available, -1.0),
        ("solar", available, -1.0),
        ("external", schedule, -1.0),
    ):
        for area, rows in network[table].groupby(_area(network[table], network)):
            total[area] += sign * frame[list(rows["name"])].sum(axis=1)
    return total.groupby(pd.DatetimeIndex(demand.index).normalize()).mean()


def _hydro(
    network: Network,
    drivers: Drivers,
    net: pd.DataFrame,
    hydro_year: str,
    seed: int,
    notes: list[tuple[str, str, float, float, str]],
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Daily energy and hourly band of every hydro plant."""
    days = days_of(drivers.index)
    month = np.asarray(days.month) - 1
    day = np.searchsorted(days.asi8, drivers.index.asi8, side="right") - 1
    white = fields.stream((seed, drivers.year), "inflow").standard_normal(366)[: len(days), None]
    inflow = np.exp(hydro.INFLOW_SPREAD * fields.red_noise(white, -1.0 / np.log(hydro.INFLOW_MEMORY))[:, 0])
    energy, low, high = {}, {}, {}
    areas = _area(network["hydro"], network)
    for row, area in zip(records(network["hydro"]), areas):
        months = _by_month(network["hydro_month"], "hydro", row.name, ["energy_gwh", "forced_pu", "flex_pu"])
        of_month = months[:, 0] * 1000.0 * {"normal": 1.0, "dry": row.dry_pu, "wet": row.wet_pu}[hydro_year]
        forced, flex = months[:, 1], months[:, 2]
        if row.kind == "reservoir":
            of_day = hydro.reservoir_days(
                month, net[area].to_numpy(float), energy_mwh=of_month, max_p_mw=row.max_p_mw, forced_pu=forced
            )
            month_mean = of_month / np.bincount(month, minlength=12) / 24.0
            least, most = np.minimum(forced[month] * month_mean[month], of_day / 24.0), np.full(len(days), row.max_p_mw)
        else:
            of_day = hydro.run_of_river_days(month, inflow, energy_mwh=of_month, max_p_mw=row.max_p_mw)
            least, most = (
                of_day / 24.0 * (1.0 - flex[month]),
                np.minimum(of_day / 24.0 * (1.0 + flex[month]), row.max_p_mw),
            )
        if of_day.sum() < of_month.sum() * (1.0 - 1e-6):
            notes.append(
                (
                    row.name,
                    "hydro energy of the year, above full output in some month",
                    of_month.sum() / 1000.0,
                    of_day.sum() / 1000.0,
                    "GWh",
                )
            )
        energy[row.name], low[row.name], high[row.name] = of_day, least[day], most[day]
    return (
        pd.DataFrame(energy, index=days, dtype=float),
        pd.DataFrame(low, index=drivers.index, dtype=float),
        pd.DataFrame(high, index=drivers.index, dtype=float),
    )


def _by_month(table: pd.DataFrame, owner: str, name: str, columns: list[str]) -> np.ndarray:
    """Monthly rows of one owner: ndarray (12, column)."""
    return table[table[owner] == name].sort_values("month")[columns].to_numpy(float)


def _thermal(network: Network, index: pd.DatetimeIndex) -> pd.DataFrame:
    """Share of the units of each thermal plant that stands ready on each day."""
    days = days_of(index)
    columns: dict[str, Any] = {}
    for row in records(network["thermal"]):
        monthly = _by_month(network["thermal_month"], "thermal", row.name, ["availability_pu"])
        plan = network["maintenance"][network["maintenance"]["thermal"] == row.name]
        outages = list(zip(plan["units"], plan["from_day"], plan["to_day"]))
        columns[row.name] = available_pu(
            days, units=row.units, monthly_pu=monthly[:, 0] if len(monthly) else None, outages=outages
        )
    return pd.DataFrame(columns, index=days, dtype=float)


def _thermal_minimum(network: Network, index: pd.DatetimeIndex, given_mw: pd.DataFrame) -> pd.DataFrame:
    """Minimum output by month, or as given in a series, of the plants that have either."""
    month = np.asarray(index.month) - 1
    capacity = network["thermal"].set_index("name")["max_p_mw"]
    columns: dict[str, Any] = {}
    for name in capacity.index:
        monthly = _by_month(network["thermal_minimum"], "thermal", name, ["min_p_pu"])
        if name in given_mw:
            columns[name] = np.minimum(given_mw[name].to_numpy(float) / max(float(capacity[name]), 1e-9), 1.0)
        elif len(monthly):
            columns[name] = monthly[month, 0]
    return pd.DataFrame(columns, index=index, dtype=float)

"""Measures on plants, stores and demand: batteries, lower minimum output, pumped storage earlier, demand moved, use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from gridsim.measures.grid import ADDED
from gridsim.measures.measure import DAYS_PER_YEAR, Edit, Measure, Quantities, Rejected, drafted, row_of
from gridsim.network import Network

STORES = ("battery", "pumped_storage")
#: what a new battery has in common with the largest one of the tables; without one the efficiency below (assumed)
BATTERY_FIGURES = (
    *("min_soc_percent", "max_soc_percent", "efficiency_charge_percent", "efficiency_discharge_percent"),
    *("availability_pu", "firm_pu"),
)
EFFICIENCY_PERCENT = 93.0


def battery(network: Network, at: str, p_mw: float, duration_h: float) -> Measure | Rejected:
    """A battery at a bus or in a node area, otherwise like the largest one of the tables.

    Parameters
    ----------
    network : Network
    at : str
        Name of a bus, or of a node area.
    p_mw, duration_h : float
        Power [MW] and energy over power [h], both nominal: what of it is usable is that of its model.
    """
    there = network["battery"]
    figures: dict[str, Any] = dict.fromkeys(BATTERY_FIGURES[2:4], EFFICIENCY_PERCENT)
    if len(there):
        largest = row_of(there, str(there["name"].iloc[int(there["energy_mwh"].argmax())]))
        figures = {c: float(largest[c]) for c in BATTERY_FIGURES}
    buses = network["bus"].set_index("name")
    if at in buses.index:
        county = buses.loc[at, "county"]
        place = {"bus": at, **({"county": county} if isinstance(county, str) else {})}
    else:
        place = {"area": at}
    cells = {"name": f"{at} 储能{ADDED}", **place, "max_p_mw": p_mw, "energy_mwh": p_mw * duration_h, **figures}
    quantities = Quantities(power_kw=1e3 * p_mw, energy_kwh=1e3 * p_mw * duration_h)
    change = f"+ {p_mw:g} MW / {p_mw * duration_h:g} MWh"
    return drafted("battery", at, change, (Edit("battery", cells, is_new=True),), quantities, area=place.get("area"))


def thermal_minimum(network: Network, plant: str, min_p_pu: float) -> Measure | Rejected:
    """A lower minimum output of a plant's units (灵活性改造); minima by month fall by as much."""
    row = row_of(network["thermal"], plant)
    before = float(row["min_p_pu"])
    lowered = before - min_p_pu
    change = f"{100 * before:g} → {100 * min_p_pu:g} %"
    if lowered <= 1e-9:
        return Rejected("thermal_minimum", plant, "at_floor", f"{100 * before:g} %", change=change)
    edits = [Edit("thermal", {"name": plant, "min_p_pu": min_p_pu})]
    months = network["thermal_minimum"]
    for month in months[months["thermal"] == plant].to_dict("records"):
        edits.append(
            Edit("thermal_minimum", {**_named(month), "min_p_pu": max(float(month["min_p_pu"]) - lowered, 0.0)})
        )
    quantities = Quantities(power_kw=1e3 * lowered * float(row["max_p_mw"]))
    return drafted("thermal_minimum", plant, change, tuple(edits), quantities, area=row["area"])


def pumped_storage(network: Network, row: Mapping[str, Any]) -> Measure | Rejected:
    """A plant of later years in service in the scenario's year.

    Parameters
    ----------
    network : Network
    row : mapping
        Its row of the table, absent cells left out.
    """
    plant, due = str(row["name"]), int(row["in_service_from"])
    bus = row.get("bus")
    if bus is not None and bus not in set(network["bus"]["name"]):
        return Rejected("pumped_storage", plant, "bus_not_in_service", f"{bus} ({network.year})")
    cells = {**row, "in_service_from": network.year}
    quantities = Quantities(power_kw=1e3 * float(row["max_p_mw"]))
    change = f"{due} → {network.year}, {row['max_p_mw']:g} MW / {row['energy_mwh']:g} MWh"
    edits = (Edit("pumped_storage", cells, is_new=True),)
    return drafted("pumped_storage", plant, change, edits, quantities, area=row.get("area"))


def demand_shift(
    network: Network, demand: str, p_mw: float, *, to_hour: int, from_hour: int, hours: int = 4
) -> Measure | Rejected:
    """Demand moved every day into the hours from ``to_hour`` on, out of those from ``from_hour`` on. [MW]"""
    cells = {
        "name": f"{demand} 移峰{ADDED}", "demand": demand, "p_mw": p_mw, "to_hour": to_hour, "from_hour": from_hour,
        "to_hours": hours, "from_hours": hours,
    }  # fmt: skip
    quantities = Quantities(power_kw=1e3 * p_mw, moved_mwh=p_mw * hours * DAYS_PER_YEAR)
    change = f"{p_mw:g} MW × {hours} h: {_clock(from_hour, hours)} → {_clock(to_hour, hours)}"
    loads = network["load"]
    area = next(iter(loads.loc[loads["demand"] == demand, "area"]), None)
    return drafted("demand_shift", demand, change, (Edit("demand_shift", cells, is_new=True),), quantities, area=area)


def storage_use(network: Network, stores: Sequence[str], use: str) -> Measure | Rejected:
    """Whose relief the charging of some of the city's stores is; moves curtailment, avoids none by itself."""
    edits, before = [], set()
    for table in STORES:
        frame = network[table]
        for row in frame[frame["name"].isin(stores)].to_dict("records"):
            if row["use"] != use:
                before.add(str(row["use"]))
                edits.append(Edit(table, {"name": row["name"], "use": use}))
    element = "+".join(sorted(stores))
    if not edits:
        return Rejected("storage_use", element, "same_use", use)
    change = f"{'/'.join(sorted(before))} → {use}"
    return drafted("storage_use", element, change, tuple(edits), Quantities())


def cells(changes: Sequence[tuple[str, str, str, Any]]) -> Measure | Rejected:
    """Any cells: (table, name, column, value) of each."""
    edits = tuple(Edit(table, {"name": name, column: value}) for table, name, column, value in changes)
    change = ", ".join(f"{table} {column} = {value}" for table, _, column, value in changes)
    element = "+".join(dict.fromkeys(name for _, name, _, _ in changes))
    return drafted("cells", element, change, edits, Quantities())


def _named(row: Mapping[Any, Any]) -> dict[str, Any]:
    return {str(k): v for k, v in row.items() if v is not None and not (isinstance(v, float) and pd.isna(v))}


def _clock(hour: int, hours: int) -> str:
    return f"{hour:02d}-{(hour + hours - 1) % 24 + 1:02d} h"

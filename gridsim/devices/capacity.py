"""Capacity at given hours: installed, on maintenance, out of order, auxiliaries, and what may be counted on.

One function per device, registered in :data:`CAPACITIES`; what is neither lost nor counted on is constrained (受阻).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from gridsim.devices import battery, pumped_storage
from gridsim.devices.blocks import Potential, Tables
from gridsim.devices.storage import PEAK_DURATION_H, StoreFigures
from gridsim.devices.thermal import CARRIER_ITEMS


@dataclass(frozen=True)
class Capacity:
    """Capacity of the units of one device at some hours; arrays (hour, unit). [MW]

    ``source`` (unit,) is the item of the balance.  installed = maintenance + forced + auxiliary + constrained +
    credited, unit by unit.  ``credited_mw`` of wind and sun is None: their credit is a rule of the balance, for all
    plants of an area together.
    """

    device: str
    names: tuple[str, ...]
    source: tuple[str, ...]
    installed_mw: np.ndarray
    maintenance_mw: np.ndarray
    forced_mw: np.ndarray
    auxiliary_mw: np.ndarray
    credited_mw: np.ndarray | None


CapacityMaker = Callable[[Tables, Potential, np.ndarray], Capacity]


def _plain(device: str, source: str, table: pd.DataFrame, hours: int, credited_mw: np.ndarray | None) -> Capacity:
    """Units that know neither maintenance nor auxiliaries."""
    names = tuple(table["name"])
    zero = np.zeros((hours, len(names)))
    installed = zero + table["max_p_mw"].to_numpy(dtype=float)
    return Capacity(device, names, (source,) * len(names), installed, zero, zero, zero, credited_mw)


def thermal_capacity(tables: Tables, potential: Potential, at: np.ndarray) -> Capacity:
    """Gross capacity; maintenance by calendar, forced outages by availability, auxiliaries of the rest.

    credited = gross * ready * availability * (1 - auxiliary), the net output of the units that stand ready.
    """
    table = tables["thermal"]
    names = tuple(table["name"])
    day = potential.thermal_pu.index.get_indexer(potential.index[at], method="ffill")
    gross = np.zeros((len(at), len(names))) + table["max_p_mw"].to_numpy(dtype=float)
    ready = gross * potential.thermal_pu[list(names)].to_numpy(dtype=float)[day]
    working = ready * table["availability_pu"].to_numpy(dtype=float)
    auxiliary = working * table["auxiliary_percent"].to_numpy(dtype=float) / 100.0
    source = tuple(CARRIER_ITEMS[c] for c in table["carrier"])
    return Capacity("thermal", names, source, gross, gross - ready, ready - working, auxiliary, working - auxiliary)


def hydro_capacity(tables: Tables, potential: Potential, at: np.ndarray) -> Capacity:
    """Credited: the firm share of the capacity, or the forced output where that is more."""
    table = tables["hydro"]
    least = potential.hydro_min_mw[list(table["name"])].to_numpy()[at]
    firm = (table["firm_pu"] * table["max_p_mw"]).to_numpy(dtype=float)
    return _plain("hydro", "hydro", table, len(at), np.maximum(least, firm))


def external_capacity(tables: Tables, potential: Potential, at: np.ndarray) -> Capacity:
    """Credited: the firm share of the schedule at the hour; the rest of the rating is constrained."""
    table = tables["external"]
    schedule = potential.schedule_mw[list(table["name"])].to_numpy()[at]
    return _plain("external", "imports", table, len(at), schedule * table["firm_pu"].to_numpy(dtype=float))


def wind_capacity(tables: Tables, potential: Potential, at: np.ndarray) -> Capacity:
    """Installed wind; credited by the rule of the balance."""
    return _plain("wind", "wind", tables["wind"], len(at), None)


def solar_capacity(tables: Tables, potential: Potential, at: np.ndarray) -> Capacity:
    """Installed sun; credited by the rule of the balance."""
    return _plain("solar", "solar", tables["solar"], len(at), None)


def _store_capacity(device: str, source: str, table: pd.DataFrame, figures: StoreFigures, hours: int) -> Capacity:
    """Credited: the firm power, no more than the full store lasts over an evening peak (:data:`PEAK_DURATION_H`)."""
    lasting = figures.efficiency_discharge_pu * (figures.max_energy_mwh - figures.min_energy_mwh) / PEAK_DURATION_H
    credited = np.zeros((hours, len(table))) + np.minimum(figures.firm_mw, lasting)
    made = _plain(device, source, table, hours, credited)
    out = made.installed_mw - np.minimum(made.installed_mw, figures.discharge_mw)
    return Capacity(
        device, made.names, made.source, made.installed_mw, made.maintenance_mw, out, made.auxiliary_mw, credited
    )


def pumped_storage_capacity(tables: Tables, potential: Potential, at: np.ndarray) -> Capacity:
    """Turbine capacity, see :func:`_store_capacity`."""
    table = tables["pumped_storage"]
    return _store_capacity(
        "pumped_storage", "pumped_storage_generating", table, pumped_storage.figures(tables), len(at)
    )


def battery_capacity(tables: Tables, potential: Potential, at: np.ndarray) -> Capacity:
    """Power, see :func:`_store_capacity`; what its availability takes off is out of order."""
    return _store_capacity("battery", "battery_discharging", tables["battery"], battery.figures(tables), len(at))


#: makers of capacities, one per device that gives power
CAPACITIES: tuple[CapacityMaker, ...] = (
    thermal_capacity,
    hydro_capacity,
    wind_capacity,
    solar_capacity,
    pumped_storage_capacity,
    battery_capacity,
    external_capacity,
)


def largest_loss_mw(tables: Tables) -> dict[str, float]:
    """Largest single loss by area of the unit (its table's ``area``, empty for a bus): unit or pole of a link. [MW]

    A thermal or pumped-storage row counts with one unit; a link with half its rating (one of two poles, assumed).
    """
    out: dict[str, float] = {}
    for name in ("thermal", "pumped_storage", "external"):
        table = tables[name]
        parts = table["units"] if "units" in table else pd.Series(2.0, index=table.index)
        size = table["max_p_mw"] / parts
        for area, mw in zip(table["area"].fillna(""), size):
            out[str(area)] = max(out.get(str(area), 0.0), float(mw))
    return out

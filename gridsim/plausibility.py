"""Do the values of a network make sense: parameters, ratings, lengths, storage hours, shares.

Ranges are engineering habit, wide enough that a hit is worth a look; they are not limits of any
standard.  Contradictions (a share that does not add up, a band upside down) are errors.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from gridsim.network import Network
from gridsim.schema import TABLES

_EARTH_RADIUS_KM = 6371.0
_YEAR_H = 8760.0

#: series reactance by nominal voltage, overhead (bundled) down to cable.  [ohm/km]
_REACTANCE_OHM_PER_KM = {500.0: (0.18, 0.36), 220.0: (0.10, 0.46), 110.0: (0.10, 0.46), 35.0: (0.08, 0.46)}

#: short-circuit voltage by winding pair, on the rating of the smaller winding.  [percent]
_SHORT_CIRCUIT_PERCENT = (2.0, 30.0)

#: energy over power of a storage.  [h]
_STORAGE_H = (0.5, 14.0)

#: route length over the straight line between two stations; coordinates are good to a kilometre or two
_SHORTEST_PU, _LONGEST_PU, _DETOUR_KM = 0.97, 2.5, 10.0

#: mean over peak of a demand
_LOAD_FACTOR = (0.35, 0.9)


@dataclass(frozen=True)
class Finding:
    """One row of :func:`gridsim.topology.check_network`."""

    check: str
    severity: str
    element: str
    where: str
    what: str
    fix: str


def rows_of(frame: pd.DataFrame) -> Iterator[Any]:
    """Rows of a table as objects with one attribute per column."""
    yield from frame.itertuples(index=False)


def check_values(network: Network) -> Iterator[Finding]:
    """All findings about values, in no particular order."""
    for check in _CHECKS:
        yield from check(network)


# ---------------------------------------------------------------------------------- branches


def _lines(network: Network) -> Iterator[Finding]:
    line = network["line"]
    vn = line["from_bus"].map(network["bus"].set_index("name")["vn_kv"])
    for r, kv in zip(rows_of(line), vn):
        low, high = _REACTANCE_OHM_PER_KM.get(kv, (0.05, 0.6))
        if not low <= r.x_ohm_per_km <= high:
            what = f"x = {r.x_ohm_per_km:g} ohm/km at {kv:g} kV, usual {low:g}-{high:g}"
            yield _odd("line parameters", r, what, "correct x_ohm_per_km")
        if r.r_ohm_per_km > r.x_ohm_per_km:
            what = f"r = {r.r_ohm_per_km:g} above x = {r.x_ohm_per_km:g} ohm/km"
            yield _odd("line parameters", r, what, "check r_ohm_per_km")
        if not r.max_i_ka <= r.max_i_spring_ka <= r.max_i_winter_ka:
            what = "ampacity does not rise from summer over spring to winter"
            yield _odd("line parameters", r, what, "check the three max_i columns")


def _lengths(network: Network) -> Iterator[Finding]:
    """Route length against the great circle between the stations."""
    place = network["bus"].set_index("name")["station"]
    station = network["station"].set_index("name")
    line = network["line"]
    from_end, to_end = (
        station.reindex(line[side].map(place))[["lat_deg", "lon_deg"]].to_numpy(dtype=float).T
        for side in ("from_bus", "to_bus")
    )
    fix = "correct the length or the coordinates"
    for r, km in zip(rows_of(line), great_circle_km(*from_end, *to_end)):
        if r.length_km < _SHORTEST_PU * km:
            yield _odd("line length", r, f"{r.length_km:g} km, but {km:.1f} km straight between its stations", fix)
        elif r.length_km > _LONGEST_PU * km + _DETOUR_KM:
            yield _odd("line length", r, f"{r.length_km:g} km for {km:.1f} km straight between its stations", fix)


def great_circle_km(lat_a: np.ndarray, lon_a: np.ndarray, lat_b: np.ndarray, lon_b: np.ndarray) -> np.ndarray:
    """Distance between points given in degrees (haversine formula).  [km]"""
    phi_a, phi_b = np.radians(lat_a), np.radians(lat_b)
    half = np.sin((phi_b - phi_a) / 2) ** 2
    half = half + np.cos(phi_a) * np.cos(phi_b) * np.sin(np.radians(lon_b - lon_a) / 2) ** 2
    return 2 * _EARTH_RADIUS_KM * np.arcsin(np.sqrt(half))


def _transformers(network: Network) -> Iterator[Finding]:
    low, high = _SHORT_CIRCUIT_PERCENT
    for table, pairs in (("trafo", ("",)), ("trafo3w", ("hv_", "mv_", "lv_"))):
        for r in rows_of(network[table]):
            for pair in pairs:
                vk, vkr = getattr(r, f"vk_{pair}percent"), getattr(r, f"vkr_{pair}percent")
                if not low <= vk <= high:
                    what = f"vk_{pair}percent = {vk:g}, usual {low:g}-{high:g}"
                    yield _odd("transformer parameters", r, what, "check the value and the rating it refers to")
                if vkr >= vk:
                    what = f"vkr_{pair}percent = {vkr:g} is not below vk_{pair}percent = {vk:g}"
                    yield _wrong("transformer parameters", r, what, "correct one of them")
            if not r.tap_min <= r.tap_pos <= r.tap_max:
                what = f"tap_pos {r.tap_pos} is outside {r.tap_min} to {r.tap_max}"
                yield _wrong("transformer parameters", r, what, "correct tap_pos")


def _station_capacity(network: Network) -> Iterator[Finding]:
    """Transformers of a station against the load behind their low side."""
    load = network["load"].dropna(subset="bus").groupby("bus")["max_p_mw"].sum()
    trafo = network["trafo"]
    for bus, units in trafo.groupby("lv_bus"):
        peak, total = load.get(bus, 0.0), units["sn_mva"].sum()
        left = total - units["sn_mva"].max()
        station, county = units["station"].iloc[0], units["county"].iloc[0] or ""
        if peak > total:
            what = f"{peak:.0f} MW of load behind {total:g} MVA"
            yield Finding("station capacity", "warning", station, county, what, "add a unit or move load")
        elif len(units) > 1 and peak > left:
            what = f"{peak:.0f} MW of load, {left:g} MVA left without the largest unit"
            yield Finding("station N-1", "info", station, county, what, "counts on transfer at 10 kV")


# ---------------------------------------------------------------------------------- devices


def _storage(network: Network) -> Iterator[Finding]:
    low, high = _STORAGE_H
    for table in _tables_with(network, "energy_mwh", "max_p_mw"):
        for r in rows_of(network[table]):
            hours = r.energy_mwh / r.max_p_mw if r.max_p_mw else low
            if not low <= hours <= high:
                what = f"{r.energy_mwh:g} MWh for {r.max_p_mw:g} MW is {hours:.1f} h"
                yield _odd("storage hours", r, what, "check energy_mwh (MWh, not MW)")


def _sites(network: Network) -> Iterator[Finding]:
    for table in _tables_with(network, "site", "max_p_mw"):
        for r in rows_of(network[table]):
            if not isinstance(r.site, str) or not r.site:
                yield _wrong("weather site", r, "no weather site", "name a site, or a mix of the table site_share")


def _set_points(network: Network) -> Iterator[Finding]:
    """Units that hold a voltage have a set point, and those of one bus the same."""
    held: dict[str, tuple[str, float]] = {}
    for table in _tables_with(network, "voltage_control", "vm_pu"):
        for r in rows_of(network[table]):
            if not r.voltage_control:
                continue
            if np.isnan(r.vm_pu):
                yield _wrong("voltage set point", r, "holds the voltage but has no vm_pu", "fill vm_pu")
                continue
            name, vm = held.setdefault(r.bus, (r.name, r.vm_pu))
            if vm != r.vm_pu:
                what = f"vm_pu {r.vm_pu:g}, but {name} holds {vm:g} at the same bus"
                yield _wrong("voltage set point", r, what, "use one set point per bus")


def _energies(network: Network) -> Iterator[Finding]:
    """Yearly and monthly energies against what the rating can do."""
    for table in _tables_with(network, "name", "energy_gwh", "max_p_mw"):
        for r in rows_of(network[table]):
            if r.energy_gwh * 1000.0 > r.max_p_mw * _YEAR_H:
                what = f"{r.energy_gwh:g} GWh do not fit through {r.max_p_mw:g} MW"
                yield _wrong("energy", r, what, "check energy_gwh and max_p_mw")
    for table in _tables_with(network, "month", "energy_gwh"):
        owner = TABLES[table].key[0]
        rating = network[str(TABLES[table].columns[owner].ref)].set_index("name")["max_p_mw"]
        for r in rows_of(network[table].assign(owner=network[table][owner])):
            if r.energy_gwh * 1000.0 > rating[r.owner] * 24 * 31:
                what = f"month {r.month}: {r.energy_gwh:g} GWh do not fit through {rating[r.owner]:g} MW"
                yield Finding("energy", "error", r.owner, table, what, "check energy_gwh")
    low, high = _LOAD_FACTOR
    for r in rows_of(network["demand"]):
        if isinstance(r.part_of, str):
            continue  # a flat block has 1, charging at night far less than a city
        factor = r.energy_gwh * 1000.0 / (r.peak_mw * _YEAR_H)
        if not low <= factor <= high:
            what = f"mean over peak is {factor:.2f}, usual {low:g}-{high:g}"
            yield Finding("energy", "warning", r.name, "demand", what, "check peak_mw and energy_gwh")


# ---------------------------------------------------------------------------------- sums and bands


def _shares(network: Network) -> Iterator[Finding]:
    """Shares of a whole add up to one."""
    for table, group, column in (
        ("area_link", "area", "share_pu"),
        ("site_share", "mix", "share_pu"),
        ("demand_month", "demand", "energy_share_pu"),
        ("demand_county", "demand", "share_pu"),
    ):
        for name, total in network[table].groupby(group)[column].sum().items():
            if abs(total - 1.0) > 1e-4:
                what = f"{column} adds up to {total:.5f}"
                yield Finding("shares", "error", str(name), table, what, "make the shares add up to 1")
    area = network["area"]
    for name in area.loc[area["kind"] == "node", "name"]:
        if name not in set(network["area_link"]["area"]):
            what = "the node area has no boundary bus"
            yield Finding("shares", "error", name, "area_link", what, "add rows to area_link")


def _loads(network: Network) -> Iterator[Finding]:
    """Loads of a demand against its peak (less what is subtracted from it)."""
    total = network["load"].groupby("demand")["max_p_mw"].sum()
    peak = network["demand"].set_index("name")["peak_mw"]
    for r in rows_of(network["demand"]):
        if isinstance(r.part_of, str):
            continue  # without loads of its own it is spread over those of the whole
        net = r.peak_mw - (peak[r.less] if isinstance(r.less, str) else 0.0)
        given = total.get(r.name, 0.0)
        if r.name not in total:
            yield Finding("loads", "error", r.name, "load", "no load takes this demand", "add loads or drop the demand")
        elif abs(given - net) > 0.01 * net:
            what = f"loads add up to {given:.1f} MW, the peak is {net:.1f} MW"
            yield Finding("loads", "warning", r.name, "load", what, "align max_p_mw of the loads with peak_mw")


def _bands(network: Network) -> Iterator[Finding]:
    """A lower edge lies below its upper edge."""
    for low, high in (
        ("in_service_from", "in_service_to"), ("min_vm_pu", "max_vm_pu"), ("min_soc_percent", "max_soc_percent"),
        ("tap_min", "tap_max"), ("vn_lv_kv", "vn_hv_kv"), ("vn_mv_kv", "vn_hv_kv"),
    ):  # fmt: skip
        for table in _tables_with(network, "name", low, high):
            frame = network[table]
            for name, a, b in zip(frame["name"], frame[low], frame[high]):
                if a > b:
                    what = f"{low} {a:g} is above {high} {b:g}"
                    yield Finding("band", "error", name, table, what, "exchange or correct them")
    line = network["line"]
    for r in rows_of(line[line["from_bus"] == line["to_bus"]]):
        yield _wrong("band", r, f"both ends are {r.from_bus}", "correct from_bus or to_bus")


def _sections(network: Network) -> Iterator[Finding]:
    """A section has branches, and they are in the tables."""
    part = network["section_branch"]
    for name in network["section"]["name"]:
        if name not in set(part["section"]):
            what = "the section has no branch in service"
            yield Finding("section", "error", name, "section_branch", what, "add its branches")
    for r in rows_of(part):
        if r.element not in set(network[r.element_type]["name"]):
            what = f"{r.element_type} '{r.element}' does not exist"
            yield Finding("section", "error", r.section, "section_branch", what, "correct the name")


# ---------------------------------------------------------------------------------- small helpers


def _tables_with(network: Network, *columns: str) -> list[str]:
    """Tables that have all these columns, whatever the device is called."""
    return [t for t, frame in network.tables.items() if set(columns) <= set(frame.columns)]


def _odd(check: str, row: Any, what: str, fix: str) -> Finding:
    return Finding(check, "warning", row.name, row.county or "", what, fix)


def _wrong(check: str, row: Any, what: str, fix: str) -> Finding:
    return Finding(check, "error", row.name, getattr(row, "county", None) or "", what, fix)


_CHECKS: tuple[Callable[[Network], Iterator[Finding]], ...] = (
    _lines, _lengths, _transformers, _station_capacity, _storage, _sites, _set_points, _energies, _shares, _loads,
    _bands, _sections,
)  # fmt: skip

"""Which remedies answer which row of the ledger: one rule per cause, each yields (remedy, potential, row)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from gridsim.case import Case
from gridsim.devices import RENEWABLES
from gridsim.measures import grid, plants
from gridsim.measures.measure import Measure, Rejected, Row
from gridsim.measures.surplus import Cut, by_power_mwh, by_store_mwh, hours_of_surplus, nice_mw
from gridsim.network import Network
from gridsim.options import MeasureOptions, SimulationOptions
from gridsim.rows import records
from gridsim.units import step_hours

#: carriers whose minimum output can be lowered (灵活性改造)
RETROFIT = ("coal", "cogeneration")
#: length of the parts of the day that demand is moved between [h]
SHIFT_HOURS = 4

#: highest voltage that a battery of the city is connected at
MOST_KV = 220.0

Found = tuple[Measure | Rejected, float, Row]


@dataclass(frozen=True)
class Setting:
    """What candidates are made of.

    ``later``: rows of pumped storage that is not in service in the scenario's year, absent cells left out.
    """

    case: Case
    options: SimulationOptions
    asked: MeasureOptions
    later: tuple[Mapping[str, Any], ...] = ()

    @property
    def network(self) -> Network:
        """Tables of the base case."""
        return self.case.network

    @property
    def step_h(self) -> float:
        """Length of a step. [h]"""
        return step_hours(self.case.dispatch.index)


def provincial(setting: Setting, cut: Cut) -> Iterator[Found]:
    """Remedies of a surplus of both areas together."""
    for made, potential in (
        *_lower_minimum(setting, cut),
        *_batteries_for_surplus(setting, cut),
        *_pumped_storage(setting, cut),
        *_demand_moved(setting, cut),
        *_use_of_stores(setting, cut),
    ):
        yield made, potential, cut.row
    sections = setting.network["section"]
    for tie in records(sections[sections["kind"] == "tie"]):
        yield _raised(setting, tie.name), 0.0, Row("section", tie.name)


def section(setting: Setting, cut: Cut) -> Iterator[Found]:
    """Remedies of a transfer section that is full."""
    known = set(setting.network["section"]["name"])
    for name in _elements(cut.row.element, known):
        if name not in known:
            yield Rejected("section_limit", name, "no_element"), 0.0, cut.row
            continue
        made = _raised(setting, name)
        power = made.quantities.power_kw / 1e3 if isinstance(made, Measure) else 0.0
        yield made, by_power_mwh(cut.both_mw, power, setting.step_h), cut.row
    yield from _battery_behind(setting, cut)


def branch(setting: Setting, cut: Cut) -> Iterator[Found]:
    """Remedies of a branch that is full, in normal operation, after an outage or in AC."""
    groups = of_branches(setting.network, cut.row)
    for made in groups:
        for one in made:
            potential = 0.0 if isinstance(one, Rejected) and one.reason == "no_element" else cut.row.both_mwh
            yield one, potential / len(groups), cut.row
    yield from _battery_behind(setting, cut)


def of_branches(network: Network, row: Row) -> list[list[Measure | Rejected]]:
    """What would strengthen the branches of a row: a list for each group that one remedy has to be about."""
    tables = {str(n): table for table in ("line", "trafo", "trafo3w") for n in network[table]["name"]}
    names = [n.split("|")[0] for n in _elements(row.element, set(tables))]
    groups = list(dict.fromkeys(_together(network, n, tables.get(n, ""), row) for n in names))
    found: list[list[Measure | Rejected]] = []
    for group in groups:
        kind = tables.get(group[0], "")
        if kind == "line":
            found.append([grid.line_uprate(network, group), grid.second_circuit(network, group[0])])
        elif kind:
            found.append([grid.trafo_unit(network, group[0])])
        else:
            found.append([Rejected("line_uprate", group[0], "no_element")])
    return found


def _elements(joined: str, known: set[str]) -> list[str]:
    """Names in the element of a row: itself, or what the ledger joined with ``+``."""
    return [joined] if joined in known else joined.split("+")


def _together(network: Network, name: str, table: str, row: Row) -> tuple[str, ...]:
    """What one remedy has to be about: parallel circuits that limit together or after each other's outage; one unit
    of a station's parallel transformers."""
    named = set(_elements(row.element, {name})) | {name}
    if table == "line":
        circuits = grid.parallel(network, name)
        lost = set(row.outage.split("+"))
        return tuple(c for c in circuits if c in named or lost & set(circuits)) or (name,)
    if table:
        frame = network[table].set_index("name")
        ends = ["hv_bus", "lv_bus"]
        same = (frame[ends] == frame.loc[name, ends]).all(axis=1)
        return (str(frame.index[same].min()),)
    return (name,)


def _raised(setting: Setting, name: str) -> Measure | Rejected:
    """Limits of a section further apart by the share that is asked for."""
    return grid.raised_section(setting.network, name, setting.asked.section_percent)


def _lower_minimum(setting: Setting, cut: Cut) -> Iterator[tuple[Measure | Rejected, float]]:
    """Every plant whose minimum can be lowered; most it can take: what its units that are on go down by."""
    dispatch, asked = setting.case.dispatch, setting.asked
    online = dispatch.online.reindex(dispatch.index, method="ffill")
    table = setting.network["thermal"]
    for row in records(table[table["carrier"].isin(RETROFIT)]):
        floor = min(row.min_p_pu, asked.thermal_floor_percent / 100.0)
        target = max(row.min_p_pu - asked.thermal_points / 100.0, floor)
        made = plants.thermal_minimum(setting.network, row.name, round(float(target), 6))
        unit_mw = row.max_p_mw / row.units * row.availability_pu * (1.0 - row.auxiliary_percent / 100.0)
        down = online[row.name].to_numpy(dtype=float) * unit_mw * (row.min_p_pu - target)
        yield made, by_power_mwh(cut.both_mw, down, setting.step_h)


def _batteries_for_surplus(setting: Setting, cut: Cut) -> Iterator[tuple[Measure | Rejected, float]]:
    """One in each node area and one in the city, where most is cut."""
    areas = setting.network["area"]
    for node in areas.loc[areas["kind"] == "node", "name"]:
        yield _battery(setting, cut, str(node), nice_mw(cut.median_mw))
    bus = _strong_bus(setting, cut)
    if bus:
        yield _battery(setting, cut, bus, nice_mw(cut.median_city_mw))


def _battery(setting: Setting, cut: Cut, at: str, p_mw: float) -> tuple[Measure | Rejected, float]:
    hours = setting.asked.battery_h
    made = plants.battery(setting.network, at, p_mw, hours)
    return made, by_store_mwh(cut.both_mw, p_mw, p_mw * hours, setting.step_h)


def _battery_behind(setting: Setting, cut: Cut) -> Iterator[Found]:
    """A battery where most is cut by the limit."""
    bus = _bus_of_most(setting, cut)
    if bus:
        made, potential = _battery(setting, cut, bus, nice_mw(cut.median_mw))
        yield made, potential, cut.row


def _bus_of_most(setting: Setting, cut: Cut) -> str:
    """Bus of the grid with the most energy of a row; empty if none of it is cut at a bus."""
    bus = {str(r.name): r.bus for c in RENEWABLES for r in records(setting.network[c]) if isinstance(r.bus, str)}
    mine = cut.plant_mwh[cut.plant_mwh.index.astype(str).isin(list(bus))]
    if mine.empty:
        return ""
    energy = mine.groupby([bus[str(p)] for p in mine.index]).sum()
    return str(energy.idxmax())


def _strong_bus(setting: Setting, cut: Cut) -> str:
    """Bus with the most branches on the highest voltage up to 220 kV, in the county in which most is cut."""
    network = setting.network
    county = {str(r.name): r.county for c in RENEWABLES for r in records(network[c]) if isinstance(r.county, str)}
    mine = cut.plant_mwh[cut.plant_mwh.index.astype(str).isin(list(county))]
    if mine.empty:
        return ""
    most = mine.groupby([county[str(p)] for p in mine.index]).sum().idxmax()
    buses = network["bus"]
    ends = [
        network[t][c]
        for t, c in (("line", "from_bus"), ("line", "to_bus"), ("trafo3w", "mv_bus"), ("trafo3w", "hv_bus"))
    ]
    branches = buses["name"].map(pd.concat(ends).value_counts()).fillna(0)
    found = buses.assign(branches=branches)[(buses["county"] == most) & (buses["vn_kv"] <= MOST_KV)]
    found = found.sort_values(["vn_kv", "branches", "name"], ascending=[False, False, True])
    return "" if found.empty else str(found["name"].iloc[0])


def _pumped_storage(setting: Setting, cut: Cut) -> Iterator[tuple[Measure | Rejected, float]]:
    """Plants that are due within some years."""
    soon = setting.network.year + setting.asked.earlier_years
    if not setting.later:
        yield Rejected("pumped_storage", "", "all_in_service", str(setting.network.year)), 0.0
    for row in setting.later:
        if int(row["in_service_from"]) > soon:
            detail = f"{row['in_service_from']} > {soon}"
            yield Rejected("pumped_storage", str(row["name"]), "too_far", detail), 0.0
            continue
        made = plants.pumped_storage(setting.network, row)
        room = float(row["energy_mwh"]) / (float(row["efficiency_pump_percent"]) / 100.0)
        yield made, by_store_mwh(cut.both_mw, float(row["max_pump_mw"]), room, setting.step_h)


def _demand_moved(setting: Setting, cut: Cut) -> Iterator[tuple[Measure | Rejected, float]]:
    """Each demand a little into the hours in which most is cut, out of those with the highest net load."""
    profiles, index = setting.case.profiles, setting.case.dispatch.index
    hour = index.hour.to_numpy()
    net_load = profiles.demand_mw.to_numpy().sum(axis=1) - profiles.available_mw.to_numpy().sum(axis=1)
    into, off = hours_of_surplus(cut.both_mw, net_load, hour, SHIFT_HOURS)
    inside = (hour >= into) & (hour < into + SHIFT_HOURS)
    loads = setting.network["load"]
    for demand, mine in loads.groupby("demand"):
        peak = float(profiles.demand_mw[list(mine["name"])].sum(axis=1).max())
        p_mw = nice_mw(setting.asked.shift_percent / 100.0 * peak)
        made = plants.demand_shift(setting.network, str(demand), p_mw, to_hour=into, from_hour=off, hours=SHIFT_HOURS)
        yield made, by_power_mwh(np.where(inside, cut.both_mw, 0.0), p_mw, setting.step_h)


def _use_of_stores(setting: Setting, cut: Cut) -> Iterator[tuple[Measure | Rejected, float]]:
    """The city's stores as relief of the city, by half and wholly."""
    stores = [str(n) for t in plants.STORES for n, b in zip(*(setting.network[t][c] for c in ("name", "bus")))
              if isinstance(b, str)]  # fmt: skip
    if not stores:
        return
    fixed = setting.options.dispatch.storage.use
    charge = setting.case.dispatch.role("charge")
    power = charge[[s for s in stores if s in charge]].to_numpy().sum(axis=1)
    for use, part in (("shared", 0.5), ("dedicated", 1.0)):
        if fixed != "as_tables":
            yield Rejected("storage_use", "+".join(sorted(stores)), "use_of_study", fixed, change=use), 0.0
            continue
        made = plants.storage_use(setting.network, stores, use)
        yield made, by_power_mwh(cut.city_mw, part * power, setting.step_h)

"""Where one more MW stands: wind and sun of a county, load and charging of an area.

Wind or sun of a county is spread over its plants of that carrier, in proportion to their capacity.  A county without
any has a plant that is not there yet: the carrier's physics at the county's own weather site, evenly on its buses of
110 kV (or the highest voltage it has below), with the figures of the carrier's most frequent kind of plant.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from gridsim.devices import RENEWABLES
from gridsim.dispatch import Dispatch
from gridsim.drivers import Drivers
from gridsim.generation import PHYSICS, available_mw
from gridsim.network import Network

#: highest voltage at which a plant that is not there yet is connected [kV]
CONNECTED_KV = 110.0


@dataclass(frozen=True)
class CountyPlants:
    """One more MW of every county and carrier.

    Attributes
    ----------
    county, carrier : tuple of str (extra,)
    per_mw : ndarray (plant, extra)
        Weight of a plant's available power: 1 / capacity of the county's plants; zero for what is not there yet.
        Plants in the order of ``Dispatch.role("curtailed")``.
    buses : tuple of tuple of str (extra,)
        Buses of a plant that is not there yet; empty where there are plants.
    new_pu : ndarray (time, extra)
        Its available power per MW.
    """

    county: tuple[str, ...]
    carrier: tuple[str, ...]
    per_mw: np.ndarray
    buses: tuple[tuple[str, ...], ...]
    new_pu: np.ndarray = field(repr=False)

    def spread(self) -> list[str]:
        """``plants`` or ``site`` for every extra: what the MW is spread over."""
        return ["site" if b else "plants" for b in self.buses]


def county_plants(network: Network, drivers: Drivers, dispatch: Dispatch) -> CountyPlants:
    """One more MW of wind and of sun in every county.

    A county without plants of a carrier, and without a bus or a weather site of its own, is left out.

    Parameters
    ----------
    network : Network
    drivers : Drivers
        Weather of the sites.
    dispatch : Dispatch
    """
    order = {name: i for i, name in enumerate(dispatch.role("curtailed").columns)}
    new = new_plants(network, drivers)
    rows: list[tuple[str, str, np.ndarray, tuple[str, ...], np.ndarray]] = []
    nothing = np.zeros(len(dispatch.index))
    for carrier in RENEWABLES:
        plants = network[carrier]
        for county in network["county"]["name"]:
            mine = plants[(plants["county"] == county) & (plants["max_p_mw"] > 0.0)]
            weight = np.zeros(len(order))
            if len(mine):
                weight[[order[n] for n in mine["name"]]] = 1.0 / mine["max_p_mw"].sum()
                rows.append((county, carrier, weight, (), nothing))
            elif (county, carrier) in new:
                buses, pu = new[county, carrier]
                rows.append((county, carrier, weight, buses, pu))
    return CountyPlants(
        tuple(r[0] for r in rows),
        tuple(r[1] for r in rows),
        np.column_stack([r[2] for r in rows]) if rows else np.zeros((len(order), 0)),
        tuple(r[3] for r in rows),
        np.column_stack([r[4] for r in rows]) if rows else np.zeros((len(nothing), 0)),
    )


def new_plants(network: Network, drivers: Drivers) -> dict[tuple[str, str], tuple[tuple[str, ...], np.ndarray]]:
    """(county, carrier) without plants -> buses, and available power per MW (time,) at the county's weather site."""
    sites = set(drivers.sites["name"]) if len(drivers.sites) else set()
    made: dict[str, pd.DataFrame] = {}
    places: dict[str, tuple[str, str, tuple[str, ...]]] = {}
    for carrier in RENEWABLES:
        plants = network[carrier]
        rows = []
        for county in network["county"]["name"]:
            buses = connection_buses(network, county)
            there = ((plants["county"] == county) & (plants["max_p_mw"] > 0.0)).any()
            if there or not buses or county not in sites or not len(plants):
                continue
            name = f"{county} +1 MW {carrier}"
            rows.append({**new_plant_cells(network, carrier), "name": name, "county": county, "site": county})
            places[name] = (county, carrier, buses)
        made[carrier] = pd.DataFrame(rows, columns=list(plants.columns)).assign(max_p_mw=1.0)
    if not places:
        return {}
    power = available_mw(network.with_tables({c: t.astype(network[c].dtypes) for c, t in made.items()}), drivers)
    return {(county, carrier): (buses, power[name].to_numpy()) for name, (county, carrier, buses) in places.items()}


def new_plant_cells(network: Network, carrier: str) -> dict[str, object]:
    """Cells of a plant that is not there yet: the most frequent figures of the carrier's plants in the city."""
    plants = network[carrier]
    inside = plants[plants["county"].notna()]
    inside = inside[inside["kind"] == "utility"] if "kind" in inside and (inside["kind"] == "utility").any() else inside
    alike = inside if len(inside) else plants
    first: dict[str, object] = {str(k): v for k, v in alike.iloc[0].items()}
    for column in PHYSICS[carrier][0]:
        first[column] = alike[column].mode().iloc[0]
    return {**first, "controllable_pu": 1.0}


def connection_buses(network: Network, county: str) -> tuple[str, ...]:
    """Buses of a county at its highest voltage up to 110 kV; of substations where it has any."""
    bus = network["bus"]
    mine = bus[(bus["county"] == county) & (bus["vn_kv"] <= CONNECTED_KV)]
    station = network["station"]
    stands = mine["station"].isin(station.loc[station["kind"] == "substation", "name"]) if len(station) else None
    if stands is not None and stands.any():
        mine = mine[stands]
    return tuple(mine.loc[mine["vn_kv"] == mine["vn_kv"].max(), "name"]) if len(mine) else ()


def node_weights(dispatch: Dispatch, buses: Sequence[str]) -> np.ndarray:
    """Equal weights of some buses over the nodes of a dispatch, (node,)."""
    out = np.zeros(len(dispatch.nodes.names))
    if len(buses):
        np.add.at(out, dispatch.nodes.positions(tuple(buses)), 1.0 / len(buses))
    return out

"""Hosting capacity of equipment for distributed generation after DL/T 2041, both editions.

2019, per zone of transformers with rated power S_e over all hours t:

    lambda = max_t (P_DG(t) - P_L(t)) / S_e,      P_m = max(0, (1 - lambda) S_e k_r)
    green: lambda <= 0;  yellow: 0 < lambda <= 80 %;  red: above, or feeding back into 220 kV and higher

P_DG what distributed generation could give, P_L demand less all other generation (what stores take counts as demand).

2025, at the typical moment (the hour from 10 to 15 h of a working day in spring or autumn with the most distributed
generation), a second-hand reading of the standard:

    S_d = (P - P_G + beta S cos(phi) + P_ESS + dP) / tau_max,      C1 = S_d - connected,    C2 = C1 - registered
    green: C2 > 0;  yellow: C2 <= 0 < C1;  red: C1 <= 0

P demand, P_G generation that is not distributed, beta the largest reverse load rate, S rated power, P_ESS what existing
stores can take, tau_max the highest output of distributed generation over what is installed.  Public readings disagree
whether new storage dP stands inside the fraction or is added after the division (``new_storage``).

In both editions nobody is better than the zone above: a zone under a red one is red.  Clause numbers and wording were
not checked against the official text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from gridsim.devices import RENEWABLES, STORAGES
from gridsim.equipment.supply import Supply, supply_of
from gridsim.network import Network
from gridsim.weather.calendar import day_types, days_of

#: nominal voltage up to which photovoltaics count as distributed generation. [kV]
DISTRIBUTED_KV = 35.0
#: reverse load rate from which a zone is red (2019). [%]
RED_PERCENT = 80.0
#: from which voltage on feeding back makes a zone red in the edition of 2019. [kV]
BACK_FEED_KV = 220.0
#: hours of the day among which the typical moment is looked for
NOON_H = (10, 15)
#: months of spring and autumn
MILD_MONTHS = (3, 4, 5, 9, 10, 11)
#: distributed generation below this is none. [MW]
_NOTHING_MW = 1e-6
GRADES = ("green", "yellow", "red")


@dataclass(frozen=True, kw_only=True)
class EquipmentOptions:
    """Figures of the guide that a planner may set.

    Attributes
    ----------
    margin_pu : float
        k_r of 2019 (设备运行裕度系数).
    reverse_limit_pu : float
        Largest reverse load rate beta of a single unit, or of units that run split.
    parallel_kv : tuple of float
        Levels whose units run in parallel: there beta is what the rest may carry when the largest unit is lost,
        (S - S_largest) / S, at most ``reverse_limit_pu``.
    cos_phi : float
    new_storage_mw : float
        Charging power of new stores per zone (dP).
    new_storage : str
        ``"inside"`` the fraction or ``"after"`` the division.
    tau_max_pu : float
        Where no distributed generation is installed.
    """

    margin_pu: float = 0.8
    reverse_limit_pu: float = 0.8
    parallel_kv: tuple[float, ...] = (220.0,)
    cos_phi: float = 0.95
    new_storage_mw: float = 0.0
    new_storage: str = "inside"
    tau_max_pu: float = 0.8


def equipment_tables(
    network: Network,
    power_mw: Mapping[str, pd.DataFrame],
    available_mw: pd.DataFrame,
    *,
    options: EquipmentOptions | None = None,
    registered_mw: Mapping[str, float] | None = None,
) -> dict[str, pd.DataFrame]:
    """Tables ``hosting_equipment_2019``, ``hosting_equipment_2025`` and ``hosting_equipment_county``.

    Parameters
    ----------
    network : Network
    power_mw : mapping of device to DataFrame (time, unit)
        Power into the grid, demand negative: :func:`gridsim.ac.unit_power` of a dispatch.
    available_mw : DataFrame (time, plant)
        What wind and sun could give.
    options : EquipmentOptions, optional
    registered_mw : mapping of bus to float, optional
        Distributed generation that is registered and not connected yet.

    Returns
    -------
    dict of str to DataFrame
        One row per zone of both levels, and one per county.
    """
    options = options or EquipmentOptions()
    parts = _Parts.of(network, power_mw, available_mw, registered_mw or {})
    supplies = supply_of(network)
    old = _graded_below([_edition_2019(s, parts, options) for s in supplies.values()])
    new = _graded_below([_edition_2025(s, parts, options) for s in supplies.values()])
    return {
        "hosting_equipment_2019": old,
        "hosting_equipment_2025": new,
        "hosting_equipment_county": _by_county(network, new, old, supplies, parts),
    }


@dataclass(frozen=True)
class _Parts:
    """Per bus, (time, bus): demand, generation of others and of stores, distributed generation; capacities. [MW]"""

    index: pd.DatetimeIndex
    bus: list[str]
    demand: np.ndarray
    other: np.ndarray
    stores: np.ndarray
    distributed: np.ndarray
    connected: np.ndarray
    registered: np.ndarray
    charging: np.ndarray

    @staticmethod
    def of(
        network: Network,
        power_mw: Mapping[str, pd.DataFrame],
        available_mw: pd.DataFrame,
        registered: Mapping[str, float],
    ) -> _Parts:
        bus = network["bus"]
        small = pd.Index(bus.loc[bus["vn_kv"] <= DISTRIBUTED_KV, "name"])
        names = pd.Index(bus["name"])
        shape = (len(available_mw), len(names))
        demand, other, stores, distributed = (np.zeros(shape) for _ in range(4))
        connected, charging = np.zeros(len(names)), np.zeros(len(names))
        for device, frame in power_mw.items():
            table = network[device].set_index("name").reindex(frame.columns)
            table = table[table["bus"].notna()]
            at, values = names.get_indexer(table["bus"]), frame[list(table.index)].to_numpy()
            if device in RENEWABLES:
                low = table["bus"].isin(small).to_numpy()
                np.add.at(distributed.T, at[low], available_mw[list(table.index[low])].to_numpy().T)
                np.add.at(connected, at[low], table["max_p_mw"].to_numpy(dtype=float)[low])
                np.add.at(other.T, at[~low], values.T[~low])
            elif device in STORAGES:
                np.add.at(stores.T, at, values.T)
                np.add.at(charging, at, table["max_p_mw"].to_numpy(dtype=float))
            else:  # what only takes is demand
                takes = values.max(axis=0, initial=0.0) <= 0.0
                np.add.at(demand.T, at[takes], -values.T[takes])
                np.add.at(other.T, at[~takes], values.T[~takes])
        return _Parts(
            pd.DatetimeIndex(available_mw.index), list(names), demand, other, stores, distributed, connected,
            np.array([registered.get(b, 0.0) for b in names]), charging,
        )  # fmt: skip

    def summed(self, supply: Supply) -> _Parts:
        """The same per zone of a level."""
        of = np.array([supply.zone_of_bus.get(b, -1) for b in self.bus])
        to = (of[:, None] == np.arange(len(supply.zones))).astype(float)
        fields = (
            self.demand,
            self.other,
            self.stores,
            self.distributed,
            self.connected,
            self.registered,
            self.charging,
        )
        return _Parts(self.index, list(supply.zones["zone"]), *(f @ to for f in fields))


def _edition_2019(supply: Supply, parts: _Parts, options: EquipmentOptions) -> pd.DataFrame:
    zones, at = supply.zones, parts.summed(supply)
    sn = zones["sn_mva"].to_numpy()
    rate = (at.distributed - (at.demand - at.other - at.stores)) / sn
    worst = rate.argmax(axis=0)
    highest = rate.max(axis=0)
    some = at.distributed.max(axis=0) > _NOTHING_MW
    highest = np.where(some, highest, np.minimum(highest, 0.0))  # without distributed generation none feeds back
    back = (supply.vn_kv >= BACK_FEED_KV) & (highest > 0.0)
    red = (100.0 * highest > RED_PERCENT) | back
    return _facts(supply).assign(
        connected_mw=at.connected, max_reverse_rate_percent=100.0 * highest,
        worst_time=at.index[worst].astype(str), additional_mw=np.maximum(0.0, (1.0 - highest) * sn * options.margin_pu),
        back_feed=back, grade=np.where(red, "red", np.where(highest > 0.0, "yellow", "green")),
    )  # fmt: skip


def _edition_2025(supply: Supply, parts: _Parts, options: EquipmentOptions) -> pd.DataFrame:
    zones, at = supply.zones, parts.summed(supply)
    sn = zones["sn_mva"].to_numpy()
    typical = _typical_moment(at)
    column = np.arange(len(zones))
    demand, other = at.demand[typical, column], at.other[typical, column]
    installed = at.connected > 0.0
    tau = np.where(installed, at.distributed.max(axis=0) / np.where(installed, at.connected, 1.0), options.tau_max_pu)
    tau = np.maximum(tau, 1e-3)
    beta = np.full(len(zones), options.reverse_limit_pu)
    if supply.vn_kv in options.parallel_kv:
        several = zones["units"].to_numpy() > 1
        beta = np.where(several, np.minimum(beta, 1.0 - zones["largest_mva"].to_numpy() / sn), beta)
    new = options.new_storage_mw
    inside, after = (new, 0.0) if options.new_storage == "inside" else (0.0, new)
    s_d = np.maximum(0.0, (demand - other + beta * sn * options.cos_phi + at.charging + inside) / tau + after)
    c1 = s_d - at.connected
    c2 = c1 - at.registered
    return _facts(supply).assign(
        typical_time=at.index[typical].astype(str), demand_mw=demand, other_mw=other, reverse_limit_pu=beta,
        storage_mw=at.charging, tau_max_pu=tau, capacity_mw=s_d, connected_mw=at.connected, c1_mw=c1,
        registered_mw=at.registered, c2_mw=c2,
        voltage_rise_percent=zones["vkr_percent"].to_numpy() * np.minimum(beta, 1.0),
        grade=np.where(c1 <= 0.0, "red", np.where(c2 <= 0.0, "yellow", "green")),
    )  # fmt: skip


def _facts(supply: Supply) -> pd.DataFrame:
    columns = ["zone", "county", "units", "sn_mva", "superior"]
    return supply.zones[columns].assign(vn_kv=supply.vn_kv)[["zone", "county", "vn_kv", "units", "sn_mva", "superior"]]


def _typical_moment(at: _Parts) -> np.ndarray:
    """Step of the typical moment of every zone, (zone,)."""
    days = days_of(at.index)
    day = day_types(days)[days.get_indexer(at.index.normalize())]
    hour = np.asarray(at.index.hour)
    wanted = np.isin(at.index.month, MILD_MONTHS) & (day == "workday") & (hour >= NOON_H[0]) & (hour < NOON_H[1])
    steps = np.flatnonzero(wanted) if wanted.any() else np.arange(len(at.index))
    return steps[at.distributed[steps].argmax(axis=0)]


def _graded_below(levels: list[pd.DataFrame]) -> pd.DataFrame:
    """Levels below each other, red under red: ``own_grade`` is that of the zone alone."""
    grade: dict[str, str] = {}
    out = []
    for table in levels:
        own = table["grade"].to_numpy()
        above = np.array([grade.get(name, "") == "red" for name in table["superior"]], dtype=bool)
        final = np.where(above, "red", own)
        grade |= dict(zip(table["zone"], final))
        out.append(table.assign(own_grade=own, grade=final))
    return pd.concat([t for t in out if len(t)] or out[:1], ignore_index=True)


def _by_county(
    network: Network, new: pd.DataFrame, old: pd.DataFrame, supplies: Mapping[float, Supply], parts: _Parts
) -> pd.DataFrame:
    """Capacity of each county: its share by demand of the zones of the highest level, and at most its own below.

    In a grid without units of the highest level there is no upper limit from them.
    """
    (top_kv, top), *_ = supplies.items()
    county = network["bus"].set_index("name")["county"].reindex(parts.bus).to_numpy(dtype=object)
    zone = np.array([top.zone_of_bus.get(b, -1) for b in parts.bus])
    mean = np.maximum(parts.demand.mean(axis=0), 0.0)
    rows = []
    of_zone = new[new["vn_kv"] == top_kv].set_index("zone")
    below, old_below = new[new["vn_kv"] != top_kv], old[old["vn_kv"] != top_kv]
    total = np.array([mean[zone == k].sum() for k in range(len(top.zones))])
    for name in network["county"]["name"]:
        mine = county == name
        part = np.array([mean[mine & (zone == k)].sum() for k in range(len(top.zones))])
        share = np.divide(part, total, out=np.zeros(len(total)), where=total > 0)
        upper = np.inf if not len(total) else float(share @ of_zone.loc[top.zones["zone"], "capacity_mw"].to_numpy())
        stations = below[below["county"] == name]
        lower = float(stations["capacity_mw"].sum())
        connected, registered = (float(x[mine].sum()) for x in (parts.connected, parts.registered))
        c1 = min(upper, lower) - connected
        c2 = c1 - registered
        red = old_below.loc[old_below["county"] == name, "grade"]
        rows.append({
            "county": name, "upper_mw": upper if np.isfinite(upper) else np.nan, "lower_mw": lower,
            "capacity_mw": min(upper, lower),
            "connected_mw": connected, "c1_mw": c1, "registered_mw": registered, "c2_mw": c2,
            "grade": "red" if c1 <= 0.0 else "yellow" if c2 <= 0.0 else "green",
            "stations": len(stations), "stations_red": int((stations["grade"] == "red").sum()),
            "stations_red_2019": int((red == "red").sum()),
            "additional_2019_mw": float(old_below.loc[(old_below["county"] == name) & (old_below["grade"] != "red"),
                                                      "additional_mw"].sum()),
        })  # fmt: skip
    return pd.DataFrame(rows)

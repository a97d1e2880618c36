"""Who is behind which transformers: the supply zones of the 220 kV and of the 110 kV stations.

A zone is what hangs together at the lower voltage when the transformers above it are taken away.  Units that end in one
zone carry it together; where the 110 kV grid joins several 220 kV stations they are one zone.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import networkx as nx
import pandas as pd

from gridsim.network import Network

#: high-side voltages of the transformers that are judged. [kV]
LEVELS_KV = (220.0, 110.0)


@dataclass(frozen=True)
class Supply:
    """Zones of one level.

    Attributes
    ----------
    vn_kv : float
        High-side voltage of the transformers.
    zones : DataFrame
        ``zone`` (stations joined by +), ``county`` (of most of the rating), ``units``, ``sn_mva`` (sum),
        ``largest_mva`` (of one unit), ``superior`` (zone of the level above, or empty); sorted by name.
    units : DataFrame
        Transformers: ``zone``, ``hv_bus``, ``bus`` (the side that supplies), ``sn_mva``.
    zone_of_bus : mapping of bus to position in ``zones``
        Buses behind the transformers of a zone, those of the levels below included.
    """

    vn_kv: float
    zones: pd.DataFrame
    units: pd.DataFrame
    zone_of_bus: dict[str, int]


def supply_of(network: Network) -> dict[float, Supply]:
    """Zones of each level of :data:`LEVELS_KV`, from above.

    Normally open lines separate; transformers of a level that end in no common bus or line with others are a zone each.
    """
    units = _units(network)
    found: dict[float, Supply] = {}
    above: Supply | None = None
    for vn_kv in LEVELS_KV:
        above = _level(network, units, vn_kv, above)
        found[vn_kv] = above
    return found


def _units(network: Network) -> pd.DataFrame:
    """Transformers: name, station, county, hv_bus, low (tuple of buses), vn_kv (high side), sn_mva."""
    vn = network["bus"].set_index("name")["vn_kv"]
    columns = ["name", "station", "county", "hv_bus", "sn_mva"]
    three = network["trafo3w"].rename(columns={"sn_hv_mva": "sn_mva"})
    parts = []
    for table, ends in ((network["trafo"], ["lv_bus"]), (three, ["mv_bus", "lv_bus"])):
        low = pd.Series([tuple(row) for row in table[ends].to_numpy()], table.index, dtype=object)
        parts.append(table[columns].assign(low=low, vn_kv=table["hv_bus"].map(vn)))
    return pd.concat([p for p in parts if len(p)] or parts[:1], ignore_index=True)


def _level(network: Network, units: pd.DataFrame, vn_kv: float, above: Supply | None) -> Supply:
    graph: nx.Graph = nx.Graph()
    bus = network["bus"].set_index("name")["vn_kv"]
    graph.add_nodes_from(bus.index[bus < vn_kv])
    line = network["line"][network["line"]["in_service"]]
    graph.add_edges_from((a, b) for a, b in zip(line["from_bus"], line["to_bus"]) if bus[a] < vn_kv and bus[b] < vn_kv)
    lower = units[units["vn_kv"] < vn_kv]
    graph.add_edges_from((hv, low) for hv, lows in zip(lower["hv_bus"], lower["low"]) for low in lows if hv in graph)
    judged = units[units["vn_kv"] == vn_kv]
    for lows in judged["low"]:  # windings of one unit belong to one zone
        graph.add_edges_from(itertools.pairwise(lows))
    part = {b: k for k, nodes in enumerate(nx.connected_components(graph)) for b in nodes}
    keys = judged["low"].map(lambda lows: part[lows[0]]).rename("part")
    rows = []
    for number, group in judged.groupby(keys, sort=False):
        sn = group["sn_mva"]
        rows.append({
            "part": number, "zone": "+".join(sorted(set(group["station"]))),
            "county": str(sn.groupby(group["county"]).sum().idxmax()), "units": len(group), "sn_mva": float(sn.sum()),
            "largest_mva": float(sn.max()), "superior": _superior(group["hv_bus"].iloc[0], above),
        })  # fmt: skip
    columns = ["part", "zone", "county", "units", "sn_mva", "largest_mva", "superior"]
    zones = pd.DataFrame(rows, columns=columns).sort_values("zone", ignore_index=True)
    place = dict(zip(zones["part"], range(len(zones))))
    zone_of_bus = {b: place[k] for b, k in part.items() if k in place}
    of_zone = zones["zone"].to_numpy(dtype=object)[[place[k] for k in keys]]
    feeding = judged[["hv_bus", "sn_mva"]].assign(zone=of_zone, bus=judged["low"].str[0])
    return Supply(vn_kv, zones.drop(columns="part"), feeding.reset_index(drop=True), zone_of_bus)


def _superior(hv_bus: str, above: Supply | None) -> str:
    if above is None or hv_bus not in above.zone_of_bus:
        return ""
    return str(above.zones["zone"].iloc[above.zone_of_bus[hv_bus]])

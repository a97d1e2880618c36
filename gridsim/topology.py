"""Is the grid connected as a grid should be: islands, dead ends, voltage levels, electromagnetic loops.

:func:`check_network` is what ``gridsim check`` prints: these checks on the graph, and those of
:mod:`gridsim.plausibility` on the values.  It judges a network that was read without problems, so
every reference in it exists.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator

import networkx as nx
import pandas as pd

from gridsim.network import Network
from gridsim.plausibility import Finding, check_values, rows_of

COLUMNS = ("check", "severity", "element", "where", "what", "fix")
_SEVERITY = {"error": 0, "warning": 1, "info": 2}

#: rated voltage of a winding over the nominal voltage of its bus: 525/500, 230/220, 115/110, 10.5/10, 38.5/35
_WINDING_BAND_PU = (0.9, 1.12)

#: below this level the buses of one station are joined by its own transformers only
_MESHED_FROM_KV = 100.0


def check_network(network: Network) -> pd.DataFrame:
    """Everything that is wrong or odd about a network, worst first.

    Parameters
    ----------
    network : Network

    Returns
    -------
    DataFrame
        Columns ``check, severity, element, where, what, fix``; ``severity`` is ``error`` (the network
        cannot be calculated or contradicts itself), ``warning`` (a planner should look) or ``info``.
    """
    found = [
        *_islands(network), *_dead_ends(network), *_voltage_levels(network), *_loops(network), *check_values(network),
    ]  # fmt: skip
    found.sort(key=lambda f: (_SEVERITY[f.severity], f.check, f.element))
    return pd.DataFrame([vars(f) for f in found], columns=list(COLUMNS))


def grid_graph(network: Network, *, open_ties: bool = False) -> nx.MultiGraph:
    """Buses and branches as a graph; one edge per circuit and per transformer winding pair.

    Parameters
    ----------
    network : Network
    open_ties : bool
        Whether lines that are open in normal operation count as closed.

    Returns
    -------
    networkx.MultiGraph
        Nodes are bus names; edges carry ``table`` and ``name``.
    """
    graph = nx.MultiGraph()
    graph.add_nodes_from(network["bus"]["name"])
    line = network["line"]
    for r in rows_of(line[line["in_service"] | open_ties]):
        graph.add_edge(r.from_bus, r.to_bus, table="line", name=r.name)
    for r in rows_of(network["trafo"]):
        graph.add_edge(r.hv_bus, r.lv_bus, table="trafo", name=r.name)
    for r in rows_of(network["trafo3w"]):
        graph.add_edge(r.hv_bus, r.mv_bus, table="trafo3w", name=r.name)
        graph.add_edge(r.hv_bus, r.lv_bus, table="trafo3w", name=r.name)
    return graph


# ---------------------------------------------------------------------------------- connection


def _fed_part(network: Network, graph: nx.MultiGraph) -> set[str]:
    """What the outside grid feeds, or the largest part if there is no outside."""
    links = set(network["area_link"]["bus"])
    parts = list(nx.connected_components(graph))
    if links:
        return set().union(*(part for part in parts if part & links))
    return max(parts, key=lambda part: (len(part), min(part)), default=set())


def _islands(network: Network) -> Iterator[Finding]:
    graph = grid_graph(network)
    fed, tied = (_fed_part(network, g) for g in (graph, grid_graph(network, open_ties=True)))
    for part in sorted(nx.connected_components(graph), key=min):
        if not part <= fed:
            names = sorted(part)
            close = "close a normally open tie" if part <= tied else "add the missing branch or correct a bus name"
            what = f"{len(part)} bus(es) without connection to the rest: {_list(names)}"
            yield Finding("island", "error", names[0], _where(network, part), what, close)


def _served(network: Network) -> pd.DataFrame:
    """Load and largest injection by bus.  [MW]"""
    load = network["load"].dropna(subset="bus").groupby("bus")["max_p_mw"].sum()
    units = [
        frame.dropna(subset="bus")
        for table, frame in network.tables.items()
        if table != "load" and {"bus", "area", "max_p_mw"} <= set(frame.columns)
    ]
    plants = pd.concat(units).groupby("bus")["max_p_mw"].sum() if units else pd.Series(dtype=float)
    return pd.DataFrame({"load": load, "plants": plants}).fillna(0.0).astype(float)


def _dead_ends(network: Network) -> Iterator[Finding]:
    """Stations and plants that one branch alone connects (bridges of the graph)."""
    graph = grid_graph(network)
    fed = _fed_part(network, graph)
    served, ties = _served(network), network["line"][~network["line"]["in_service"]]
    simple = nx.Graph(graph.subgraph(fed))
    links = set(network["area_link"]["bus"]) & fed
    for a, b in sorted(tuple(sorted(edge)) for edge in nx.bridges(simple)):
        if graph.number_of_edges(a, b) > 1:
            continue
        branch = next(iter(graph[a][b].values()))
        simple.remove_edge(a, b)
        lost = _cut_off(simple, a, b, links)
        simple.add_edge(a, b)
        there = served.reindex(sorted(lost)).sum()
        if there["load"] == 0.0 and there["plants"] == 0.0:
            continue
        backed = any((r.from_bus in lost) != (r.to_bus in lost) for r in rows_of(ties))
        what = f"its outage cuts off {there['load']:.0f} MW of load and {there['plants']:.0f} MW of plants"
        severity, fix = "warning", "plan a second circuit, unit or tie"
        if there["load"] == 0.0:
            severity, what, fix = "info", f"plant outlet: {what}", "none if N-1 may trip the plant"
        elif backed:
            severity, what, fix = "info", f"{what}; a normally open tie takes over", "none"
        yield Finding("dead end", severity, branch["name"], _where(network, lost), what, fix)


def _cut_off(graph: nx.Graph, a: str, b: str, links: set[str]) -> set[str]:
    """Side of a removed branch that the outside does not feed; without an outside, the smaller side."""
    sides = [nx.node_connected_component(graph, end) for end in (a, b)]
    return min(sides, key=lambda side: (len(side & links), len(side), min(side)))


def _where(network: Network, buses: Iterable[str]) -> str:
    """Counties of some buses."""
    county = network["bus"].set_index("name")["county"].reindex(list(buses)).dropna()
    return "/".join(sorted(set(county)))


def _list(names: list[str], most: int = 8) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


# ---------------------------------------------------------------------------------- voltage levels


def _voltage_levels(network: Network) -> Iterator[Finding]:
    vn = network["bus"].set_index("name")["vn_kv"]
    line = network["line"]
    for r, a, b in zip(rows_of(line), line["from_bus"].map(vn), line["to_bus"].map(vn)):
        if a != b:
            fix = "correct from_bus or to_bus, or make it a transformer"
            yield Finding("voltage level", "error", r.name, r.county or "", f"joins {a:g} kV and {b:g} kV", fix)
    low, high = _WINDING_BAND_PU
    for table, sides in (("trafo", ("hv", "lv")), ("trafo3w", ("hv", "mv", "lv"))):
        for r in rows_of(network[table]):
            for side in sides:
                rated, bus = getattr(r, f"vn_{side}_kv"), getattr(r, f"{side}_bus")
                if not low <= rated / vn[bus] <= high:
                    what = f"{side} winding of {rated:g} kV at the {vn[bus]:g} kV bus {bus}"
                    fix = f"correct {side}_bus or vn_{side}_kv"
                    yield Finding("voltage level", "error", r.name, r.county or "", what, fix)


# ---------------------------------------------------------------------------------- loops


def _loops(network: Network) -> Iterator[Finding]:
    """Electromagnetic loops: a lower level joins two stations that the upper level joins as well."""
    vn = network["bus"].set_index("name")["vn_kv"]
    star, two = network["trafo3w"], network["trafo"]
    pairs = pd.concat([
        star[["station", "hv_bus", "mv_bus"]].set_axis(["station", "upper", "lower"], axis=1),
        two[["station", "hv_bus", "lv_bus"]].set_axis(["station", "upper", "lower"], axis=1),
    ])  # fmt: skip
    pairs = pairs.assign(upper_kv=pairs["upper"].map(vn), lower_kv=pairs["lower"].map(vn))
    pairs = pairs[pairs["lower_kv"] >= _MESHED_FROM_KV].drop_duplicates()
    graph = grid_graph(network)
    for (upper_kv, lower_kv), group in pairs.groupby(["upper_kv", "lower_kv"]):
        lower = graph.subgraph(vn.index[vn == lower_kv])
        upper = graph.subgraph(vn.index[vn >= upper_kv])
        for part in sorted(nx.connected_components(lower), key=min):
            fed = group[group["lower"].isin(part)]
            for _, joined in fed.groupby(fed["upper"].map(_part_of(upper))):
                stations = sorted(set(joined["station"]))
                if len(stations) > 1:
                    yield _loop(network, lower, joined, stations, f"{upper_kv:g}/{lower_kv:g} kV")


def _part_of(graph: nx.MultiGraph) -> dict[str, str]:
    """Smallest bus name of the part a bus lies in."""
    return {bus: min(part) for part in nx.connected_components(graph) for bus in part}


def _loop(network: Network, lower: nx.MultiGraph, fed: pd.DataFrame, stations: list[str], level: str) -> Finding:
    """One finding per looped part, with the shortest path that closes it."""
    buses = sorted(set(fed["lower"]))
    paths = [nx.shortest_path(lower, buses[0], b) for b in buses[1:] if nx.has_path(lower, buses[0], b)]
    path = min(paths, key=len)
    names = [next(iter(lower[a][b].values()))["name"] for a, b in itertools.pairwise(path)]
    what = f"the lower level runs in parallel with the upper, e.g. along {_list(names)}"
    fix = "expected where the ring is operated closed; otherwise open one of these lines (normally_open = 1)"
    return Finding(f"loop {level}", "warning", _list(stations), _where(network, path), what, fix)

"""What a study adds to the tables of its scenario: demand that grows, new wind and sun spread over a county."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from gridsim.errors import Problem, raise_if
from gridsim.network import Network

#: columns of the store of a new plant that no column of the new plant decides (assumed: lithium iron phosphate)
STORE = {"efficiency_charge_percent": 92.2, "efficiency_discharge_percent": 92.2}
#: nominal voltage at which a kind of new plant is connected. [kV]
LEVEL_KV = {"utility": 110.0, "distributed": 10.0}


@dataclass(frozen=True, kw_only=True)
class Addition:
    """New wind or sun in a county, spread over its connection points.

    Attributes
    ----------
    county : str
    p_mw : float
        Capacity, AC. [MW]
    carrier : str
        ``"solar"`` or ``"wind"``.
    kind : str
        ``"utility"`` (110 kV buses of substations) or, of solar, ``"distributed"`` (10 kV buses).
    rule : str
        ``"existing"``: like the plants of this kind that stand there (like ``headroom`` where there are none);
        ``"headroom"``: by transformer capacity less what is installed; ``"one_point"``: all at ``bus``;
        ``"random"``: shares drawn for the buses of ``headroom``, any division as likely as another.
    bus : str or None
        With ``one_point``.
    seed : int
        With ``random``; county and seed decide, whatever else is in the study.
    storage_percent, storage_h : float
        Battery that comes with it, per cent of the capacity and hours at full power (15 % and 2 h are usual terms).
    """

    county: str
    p_mw: float
    carrier: str = "solar"
    kind: str = "utility"
    rule: str = "existing"
    bus: str | None = None
    seed: int = 1
    storage_percent: float = 0.0
    storage_h: float = 2.0


@dataclass(frozen=True)
class Like:
    """The plant that a new one takes after, and the capacity of the new one per MW of it."""

    name: str
    share_pu: float


def with_demand(network: Network, factor: float) -> Network:
    """The network with peak and energy of every demand times a factor."""
    demand = network["demand"].copy()
    demand[["peak_mw", "energy_gwh"]] *= factor
    return network.with_table("demand", demand)


def with_additions(network: Network, additions: Sequence[Addition], *, file: str = "addition") -> Network:
    """The network with new plants, one row per addition and connection point.

    A new plant has the technology and losses of the largest plant of its kind in the county, or else in the nearest
    county that has one, and the weather of the county's own plants of that carrier where it has any; its name says
    that it is new, where, and which addition of the list it belongs to.

    Parameters
    ----------
    network : Network
    additions : sequence of Addition
    file : str
        Where they were asked for, for the message.

    Returns
    -------
    Network
        The same network if every addition is zero.

    Raises
    ------
    InvalidInput
        Unknown counties and buses, counties without a connection point or a plant to take after; all at once.
    """
    problems: list[Problem] = []
    rows: dict[str, list[dict[str, object]]] = {}
    for number, addition in enumerate(additions, start=1):
        if addition.p_mw == 0.0:
            continue
        found = _checked(network, addition, number, file)
        problems += found
        if not found:
            _plants(network, addition, number, rows)
    raise_if(problems)
    if not rows:
        return network
    return network.with_tables({t: pd.concat([network[t], pd.DataFrame(new)]) for t, new in rows.items()})


def plants_like(network: Network, additions: Sequence[Addition]) -> dict[str, Like]:
    """New plant of :func:`with_additions` -> the plant it takes after."""
    out = {}
    for number, addition in enumerate(additions, start=1):
        if addition.p_mw == 0.0:
            continue
        like = _template(network, addition)
        for bus, share in connection_points(network, addition).items():
            share_pu = addition.p_mw * float(share) / float(str(like["max_p_mw"]))
            out[_name(number, addition, bus)] = Like(str(like["name"]), share_pu)
    return out


def connection_points(network: Network, addition: Addition) -> pd.Series:
    """Share of an addition by bus; empty when the county has no bus for it.

    ``headroom`` is the capacity of the transformers at the bus less what is installed at it, none of it negative;
    where nothing is left anywhere, the capacity itself.
    """
    if addition.rule == "one_point":
        return pd.Series({addition.bus: 1.0})
    bus = network["bus"]
    station = network["station"].set_index("name")["kind"]
    there = (bus["county"] == addition.county) & (bus["vn_kv"] == LEVEL_KV[addition.kind])
    points = pd.Index(bus.loc[there & (bus["station"].map(station) == "substation"), "name"])
    same = _same_kind(network, addition)
    if addition.rule == "existing":
        mine = same[same["county"] == addition.county].groupby("bus")["max_p_mw"].sum()
        if mine.sum() > 0:
            return mine / mine.sum()
    capacity = _transformer_mva(network).reindex(points, fill_value=0.0)
    room = _room_mva(network, points)
    weight = room if room.sum() > 0 else capacity
    weight = weight[weight > 0]
    if addition.rule == "random" and len(weight):
        return _drawn(weight.sort_index().index, addition)
    return weight / weight.sum()


def _drawn(buses: pd.Index, addition: Addition) -> pd.Series:
    """Shares of a flat Dirichlet distribution, the same for a county and a seed."""
    draw = np.random.default_rng([addition.seed, zlib.crc32(addition.county.encode())])
    return pd.Series(draw.dirichlet(np.ones(len(buses))), index=buses)


def headroom_mva(network: Network, addition: Addition) -> float:
    """Capacity of the transformers at the connection points of an addition, less what is installed at each. [MVA]"""
    return float(_room_mva(network, pd.Index(connection_points(network, addition).index)).sum())


def _room_mva(network: Network, points: pd.Index) -> pd.Series:
    """Room at each bus, not negative."""
    capacity = _transformer_mva(network).reindex(points, fill_value=0.0)
    return (capacity - _installed_mw(network).reindex(points, fill_value=0.0)).clip(lower=0.0)


def _checked(network: Network, addition: Addition, number: int, file: str) -> list[Problem]:
    """What is wrong with one addition."""
    row, county = f"[[addition]] {number}", network["county"]
    if addition.county not in set(county["name"]):
        fix = f"name one of: {', '.join(county['name'])}"
        return [Problem(file, f"there is no county {addition.county!r}", fix, row=row, column="county")]
    if addition.kind == "distributed" and addition.carrier != "solar":
        fix = 'set kind = "utility", or carrier = "solar"'
        return [Problem(file, "distributed plants are photovoltaic ones", fix, row=row, column="kind")]
    if addition.rule == "one_point":
        bus = network["bus"].set_index("name")["county"]
        if bus.get(addition.bus or "") != addition.county:
            what = f"{addition.bus!r} is no bus of {addition.county}"
            return [Problem(file, what, "name a bus of that county", row=row, column="bus")]
    if connection_points(network, addition).empty:
        what = f"{addition.county} has no substation of {LEVEL_KV[addition.kind]:g} kV to connect to"
        return [Problem(file, what, 'name a bus: rule = "one_point"', row=row, column="county")]
    if _same_kind(network, addition).empty:
        what = f"no county has a plant ({addition.kind} {addition.carrier}) to take the technology from"
        return [Problem(file, what, f"add one to the table {addition.carrier}", row=row, column="carrier")]
    return []


def _plants(network: Network, addition: Addition, number: int, rows: dict[str, list[dict[str, object]]]) -> None:
    """New rows of one addition, per table."""
    like = _template(network, addition)
    for bus, share in connection_points(network, addition).items():
        name = _name(number, addition, bus)
        place = {"name": name, "bus": bus, "county": addition.county}
        p_mw = addition.p_mw * float(share)
        life = {"in_service_from": 0, "in_service_to": 9999}
        rows.setdefault(addition.carrier, []).append({**like, **place, **life, "max_p_mw": p_mw})
        if addition.storage_percent:
            mw = p_mw * addition.storage_percent / 100.0
            size = {"max_p_mw": mw, "energy_mwh": mw * addition.storage_h}
            rows.setdefault("battery", []).append({**place, **size, **STORE, "name": f"{name} 储能"})


def _name(number: int, addition: Addition, bus: object) -> str:
    return f"新增{number} {addition.county} {addition.carrier} {addition.kind} {bus}"


def _template(network: Network, addition: Addition) -> dict[str, object]:
    """The largest plant of the kind in the county, or in the nearest county that has one."""
    same = _same_kind(network, addition)
    place = network["county"].set_index("name")[["lat_deg", "lon_deg"]]
    here = place.loc[addition.county]
    east = np.cos(np.radians(here["lat_deg"]))
    away = np.hypot(place["lat_deg"] - here["lat_deg"], east * (place["lon_deg"] - here["lon_deg"]))
    order = same.assign(away=same["county"].map(away)).sort_values(["away", "max_p_mw"], ascending=[True, False])
    like = dict(order.drop(columns="away").iloc[0])
    table = network[addition.carrier]
    own = table[table["county"] == addition.county].sort_values("max_p_mw", ascending=False)
    return {**like, "site": own["site"].iloc[0]} if len(own) else like


def _same_kind(network: Network, addition: Addition) -> pd.DataFrame:
    """Plants of the counties of an addition's carrier and kind, at least one of them with a capacity."""
    table = network[addition.carrier]
    table = table[table["county"].notna() & (table["max_p_mw"] > 0)]
    return table[table["kind"] == addition.kind] if "kind" in table else table


def _transformer_mva(network: Network) -> pd.Series:
    """Rating of the transformers that end at each bus on their lower side, or else on their upper side. [MVA]"""
    units, wide = network["trafo"], network["trafo3w"]
    ends: Iterable[tuple[pd.Series, pd.Series]] = (
        (wide["mv_bus"], wide["sn_mv_mva"]),
        (wide["lv_bus"], wide["sn_lv_mva"]),
        (units["lv_bus"], units["sn_mva"]),
    )
    sums = [sn.groupby(bus.to_numpy()).sum() for bus, sn in ends if len(bus)]
    below = pd.concat(sums).groupby(level=0).sum() if sums else pd.Series(dtype=float)
    above = units["sn_mva"].groupby(units["hv_bus"].to_numpy()).sum()
    return below.combine_first(above)


def _installed_mw(network: Network) -> pd.Series:
    """Wind and sun at each bus. [MW]"""
    plants = pd.concat([network[t][["bus", "max_p_mw"]] for t in ("wind", "solar")])
    return plants.groupby("bus")["max_p_mw"].sum()

"""The upper level limits the lower: values first, then grades; and the counties."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from gridsim.equipment.editions import grade_of
from gridsim.equipment.injections import Injections
from gridsim.equipment.supply import Supply
from gridsim.network import Network

_ORDER = {"green": 0, "yellow": 1, "red": 2}


def limited_2025(levels: list[pd.DataFrame], county: pd.DataFrame) -> pd.DataFrame:
    """Levels from above: ``limited_c1_mw``, ``limited_c2_mw``, ``grade`` and ``limited_by`` of each zone.

    A zone opens at most what its superior opens; the stations of the lowest level at most what their county opens (a
    zone of a higher level may serve several counties, so it is not tied to one).  ``limited_by`` names the superior
    or the county that gives the smallest C1, empty if it is the zone's own.
    """
    out: list[pd.DataFrame] = []
    of_county = county.set_index("county")[["c1_mw", "c2_mw"]]
    for number, table in enumerate(levels):
        limits = [table[["c1_mw", "c2_mw"]].to_numpy()]
        names = [np.full(len(table), "", dtype=object)]
        if out:
            above = pd.concat(out).set_index("zone")[["limited_c1_mw", "limited_c2_mw"]]
            limits.append(above.reindex(table["superior"]).fillna(np.inf).to_numpy())
            names.append(table["superior"].to_numpy(dtype=object))
        if number == len(levels) - 1:
            limits.append(of_county.reindex(table["county"]).fillna(np.inf).to_numpy())
            names.append(table["county"].to_numpy(dtype=object))
        every = np.array(limits)  # (limit, zone, C1 and C2)
        c1, c2 = every.min(axis=0).T if len(table) else np.zeros((2, 0))
        which = every[:, :, 0].argmin(axis=0)
        own = table["own_grade"].to_numpy(dtype=object)
        out.append(table.assign(
            limited_c1_mw=c1, limited_c2_mw=c2, grade=_worse(own, grade_of(c1, c2)),
            limited_by=np.array(names)[which, np.arange(len(table))],
        ))  # fmt: skip
    return _stacked(out)


def limited_2019(levels: list[pd.DataFrame]) -> pd.DataFrame:
    """Levels from above: under a red zone all are red; ``limited_mw`` is nothing where the grade is red, else at most
    what the superior may add."""
    grade: dict[str, str] = {}
    limit: dict[str, float] = {}
    out = []
    for table in levels:
        above = [grade.get(name, "") for name in table["superior"]]
        final = np.array(["red" if a == "red" else own for a, own in zip(above, table["own_grade"])], dtype=object)
        most = np.minimum(table["additional_mw"], [limit.get(name, np.inf) for name in table["superior"]])
        most = np.where(final == "red", 0.0, most)
        grade |= dict(zip(table["zone"], final))
        limit |= dict(zip(table["zone"], most))
        out.append(table.assign(
            limited_mw=most, grade=final, limited_by=np.where(np.array(above) == "red", table["superior"], ""),
        ))  # fmt: skip
    return _stacked(out)


def _worse(own: np.ndarray, other: np.ndarray) -> np.ndarray:
    return np.array([max(pair, key=lambda g: _ORDER[str(g)]) for pair in zip(own, other)], dtype=object)


def _stacked(levels: list[pd.DataFrame]) -> pd.DataFrame:
    return pd.concat([t for t in levels if len(t)] or levels[:1], ignore_index=True)


def county_2025(
    network: Network, levels: list[pd.DataFrame], supplies: Mapping[float, Supply], parts: Injections
) -> pd.DataFrame:
    """S_D, C1, C2 and grade of each county: its share by demand of the zones of the highest level, and at most the sum
    of its stations below.

    In a grid without units of the highest level there is no upper limit from them; without stations below, only the
    upper limit.
    """
    top, *_ = supplies.values()
    of_zone, below = levels[0].set_index("zone").reindex(top.zones["zone"]), pd.concat(levels[1:])
    mean = np.maximum(parts.demand.mean(axis=0), 0.0)
    county = county_of_bus(network, parts)
    zone = np.array([top.zone_of_bus.get(b, -1) for b in parts.bus])
    total = np.array([mean[zone == k].sum() for k in range(len(top.zones))])
    rows = []
    for name in network["county"]["name"]:
        mine, stations = county == name, below[below["county"] == name]
        part = np.array([mean[mine & (zone == k)].sum() for k in range(len(top.zones))])
        share = np.divide(part, total, out=np.zeros(len(total)), where=total > 0)
        ends = [
            (float(share @ of_zone[column]) if len(total) else np.inf, float(stations[column].sum()))
            for column in ("capacity_mw", "capacity_high_mw")
        ]
        (upper, lower), high = ends[0], ends[1]
        if not len(stations):
            lower, high = (np.inf, (high[0], np.inf)) if np.isfinite(upper) else (0.0, (high[0], 0.0))
        connected, registered = (float(x[mine].sum()) for x in (parts.connected, parts.registered))
        s_d = min(upper, lower)
        c1 = s_d - connected
        rows.append({
            "county": name, "upper_mw": _finite(upper), "lower_mw": _finite(lower), "capacity_mw": s_d,
            "capacity_high_mw": min(high), "connected_mw": connected, "c1_mw": c1, "registered_mw": registered,
            "c2_mw": c1 - registered,
        })  # fmt: skip
    out = pd.DataFrame(rows)
    return out.assign(grade_2025=grade_of(out["c1_mw"].to_numpy(), out["c2_mw"].to_numpy()))


def _finite(value: float) -> float:
    return value if np.isfinite(value) else np.nan


def county_of_bus(network: Network, parts: Injections) -> np.ndarray:
    """County of every bus of the injections, (bus,)."""
    return network["bus"].set_index("name")["county"].reindex(parts.bus).to_numpy(dtype=object)


def county_table(county: pd.DataFrame, new: pd.DataFrame, old: pd.DataFrame, *, edition: str) -> pd.DataFrame:
    """Counties with both editions: ``grade`` and ``open_mw`` are those of the chosen one.

    The edition of 2019 grades equipment only.  Here a county is red when every station of the lowest level is, green
    when every one is, and yellow otherwise; what it may still add is the sum over its stations.
    """
    lowest_kv = min(new["vn_kv"], default=0.0)
    rows = []
    for name in county["county"]:
        mine, before = (t[(t["vn_kv"] == lowest_kv) & (t["county"] == name)] for t in (new, old))
        grades = set(before["grade"])
        rows.append({
            "stations": len(mine), "stations_red": int((mine["grade"] == "red").sum()),
            "stations_red_2019": int((before["grade"] == "red").sum()),
            "additional_2019_mw": float(before["limited_mw"].sum()),
            "grade_2019": grades.pop() if len(grades) == 1 else "yellow" if grades else "",
        })  # fmt: skip
    out = county.reset_index(drop=True).join(pd.DataFrame(rows))
    open_mw = out["additional_2019_mw"] if edition == "2019" else out["c1_mw"].clip(lower=0.0)
    return out.assign(edition=edition, open_mw=open_mw, grade=out[f"grade_{edition}"])

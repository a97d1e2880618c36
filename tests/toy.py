"""Small networks by hand: tables with only the columns that matter, the schema fills the rest."""

from __future__ import annotations

import numpy as np
import pandas as pd

from gridsim.network import Network
from gridsim.options import CommitmentOptions, DispatchOptions, SimulationOptions
from gridsim.profiles import Profiles
from gridsim.schema import TABLES

#: dispatch without what a hand-solved case leaves out: AC, N-1, reserves, reactive margins
BARE = SimulationOptions(
    ac=False,
    dispatch=DispatchOptions(
        outage_limits=False,
        rating_power_factor_pu=1.0,
        commitment=CommitmentOptions(reserve_percent=0.0, wind_credit_pu=0.0, solar_credit_pu=0.0),
    ),
)


def frame(table: str, rows: list[dict]) -> pd.DataFrame:
    """A table from rows, defaults of the schema filled in, sorted by key."""
    declared = TABLES[table]
    out = pd.DataFrame(rows, columns=sorted({c for r in rows for c in r}) if rows else list(declared.columns))
    for name, column in declared.columns.items():
        if name not in out:
            out[name] = None if column.required else column.default
        elif not column.required and column.default is not None:
            out[name] = out[name].where(out[name].notna(), column.default)
        if column.kind == "float":
            out[name] = out[name].astype(float)
        elif column.kind == "int" and column.default is not None:
            out[name] = out[name].fillna(0).astype(int)
        elif column.kind == "bool":
            out[name] = out[name].where(out[name].notna(), False).astype(bool)
    out = out.sort_values(list(declared.key)).reset_index(drop=True)
    if table == "line":
        out["in_service"] = ~out["normally_open"]
    return out


def network(**tables: list[dict]) -> Network:
    """A Network from keyword tables; two areas and one county exist unless given."""
    tables.setdefault("area", [{"name": "city", "kind": "detailed"}])
    tables.setdefault("county", [{"name": "county", "lat_deg": 29.0, "lon_deg": 113.0}])
    return Network(tables={t: frame(t, tables.get(t, [])) for t in TABLES}, year=2030)


def bus(name: str, vn_kv: float = 110.0) -> dict:
    return {"name": name, "station": name, "vn_kv": vn_kv, "county": "county"}


def line(name: str, a: str, b: str, max_mw: float = 1e4, x_ohm: float = 10.0, vn_kv: float = 110.0) -> dict:
    """A lossless line of 1 km whose rating is ``max_mw`` at unity power factor."""
    ka = max_mw / (np.sqrt(3.0) * vn_kv)
    return {
        "name": name,
        "from_bus": a,
        "to_bus": b,
        "county": "county",
        "length_km": 1.0,
        "r_ohm_per_km": 0.0,
        "x_ohm_per_km": x_ohm,
        "c_nf_per_km": 0.0,
        "max_i_ka": ka,
        "max_i_spring_ka": ka,
        "max_i_winter_ka": ka,
    }


def profiles(net: Network, hours: int, start: str = "2030-04-10", freq: str = "1h", **series: dict) -> Profiles:
    """Profiles from keyword series (available, demand, schedule, hydro_min, ...): a scalar or an array per unit."""
    index = pd.date_range(start, periods=hours, freq=freq, tz="Asia/Shanghai")
    days = index[:: max(1, round(24 / (index[1] - index[0]).total_seconds() * 3600))] if hours > 1 else index

    def make(key: str, names: list[str], idx: pd.DatetimeIndex) -> pd.DataFrame:
        given = series.get(key, {})
        return pd.DataFrame(
            {n: np.broadcast_to(np.asarray(given.get(n, 0.0), dtype=float), len(idx)) for n in names}, index=idx
        )

    renewables = list(net["wind"]["name"]) + list(net["solar"]["name"])
    hydro = list(net["hydro"]["name"])
    return Profiles(
        index=index,
        available_mw=make("available", renewables, index),
        demand_mw=make("demand", list(net["load"]["name"]), index),
        schedule_mw=make("schedule", list(net["external"]["name"]), index),
        hydro_min_mw=make("hydro_min", hydro, index),
        hydro_max_mw=make("hydro_max", hydro, index),
        hydro_energy_mwh=make("hydro_energy", hydro, days),
        thermal_pu=pd.DataFrame(1.0, index=days, columns=list(net["thermal"]["name"])),
    )

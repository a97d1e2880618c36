"""Small electrical grids by hand, and random operating points of any network, for the AC tests."""

from __future__ import annotations

import numpy as np
import pandas as pd
import toy

from gridsim.network import Network

TRAFO = {
    "sn_mva": 63.0,
    "vn_hv_kv": 110.0,
    "vn_lv_kv": 10.5,
    "vk_percent": 14.0,
    "vkr_percent": 0.413,
    "pfe_kw": 42.0,
    "i0_percent": 0.35,
    "tap_min": -8,
    "tap_max": 8,
    "tap_step_percent": 1.25,
    "tap_pos": 0,
}
TRAFO3W = {
    "sn_hv_mva": 180.0,
    "sn_mv_mva": 180.0,
    "sn_lv_mva": 90.0,
    "vn_hv_kv": 220.0,
    "vn_mv_kv": 115.0,
    "vn_lv_kv": 10.5,
    "vk_hv_percent": 14.0,
    "vk_mv_percent": 4.5,
    "vk_lv_percent": 12.0,
    "vkr_hv_percent": 0.344,
    "vkr_mv_percent": 0.172,
    "vkr_lv_percent": 0.172,
    "pfe_kw": 110.0,
    "i0_percent": 0.35,
    "tap_min": -8,
    "tap_max": 8,
    "tap_step_percent": 1.25,
    "tap_pos": 0,
}


def line(name: str, a: str, b: str, length_km: float = 20.0, **cells: object) -> dict:
    """A 110/220 kV circuit with losses and charging; the season's ampacities differ."""
    return {
        "name": name,
        "from_bus": a,
        "to_bus": b,
        "county": "county",
        "length_km": length_km,
        "r_ohm_per_km": 0.108,
        "x_ohm_per_km": 0.4,
        "c_nf_per_km": 9.2,
        "max_i_ka": 0.445,
        "max_i_spring_ka": 0.55,
        "max_i_winter_ka": 0.605,
        "normally_open": False,
        "is_equivalent": False,
        **cells,
    }


def bank(name: str, bus: str, q_mvar: float, max_step: int, station: str = "") -> dict:
    kind = "capacitor" if q_mvar < 0 else "reactor"
    return {"name": name, "bus": bus, "station": station or bus, "kind": kind, "q_mvar": q_mvar, "max_step": max_step}


def city() -> Network:
    """Two boundary buses and a plant at 220 kV, two 220/110/10 kV units, a 110 kV ring with a tap, a 10 kV station."""
    buses = [
        toy.bus(n, kv)
        for n, kv in (
            ("north220", 220),
            ("south220", 220),
            ("plant220", 220),
            ("west110", 110),
            ("east110", 110),
            ("tap110", 110),
            ("town110", 110),
            ("town10", 10),
            ("west10", 10),
            ("east10", 10),
        )
    ]
    for b in buses:
        b |= {"min_vm_pu": 0.97, "max_vm_pu": 1.07}
    return toy.network(
        bus=buses,
        line=[
            line("north-plant I", "north220", "plant220", 40.0),
            line("north-plant II", "north220", "plant220", 40.0),
            line("south-plant", "south220", "plant220", 60.0, is_equivalent=True),
            line("west-tap", "west110", "tap110"),
            line("tap-town", "tap110", "town110", 5.0),
            line("east-town", "town110", "east110", 15.0),
            line("open tie", "west110", "east110", 30.0, normally_open=True),
        ],
        trafo=[
            {
                "name": f"town#{k}",
                "station": "town",
                "county": "county",
                "hv_bus": "town110",
                "lv_bus": "town10",
                **TRAFO,
            }
            for k in (1, 2)
        ],
        trafo3w=[
            {
                "name": f"{s}#1",
                "station": s,
                "county": "county",
                "hv_bus": "north220" if s == "west" else "plant220",
                "mv_bus": f"{s}110",
                "lv_bus": f"{s}10",
                **TRAFO3W,
            }
            for s in ("west", "east")
        ],
        shunt=[bank("town capacitors", "town10", -4.8, 4, "town"), bank("west reactors", "west10", 10.0, 2, "west")],
        area=[{"name": "city", "kind": "detailed"}, {"name": "outside", "kind": "node"}],
        area_link=[{"area": "outside", "bus": b, "share_pu": 0.5} for b in ("north220", "south220")],
    )


def power(network: Network, hours: int, **by_bus: tuple) -> tuple[np.ndarray, np.ndarray]:
    """``(p_mw, q_mvar)`` (time, bus) from ``bus=(p, q)``, each a number or a series."""
    names = list(network["bus"]["name"])
    p, q = np.zeros((hours, len(names))), np.zeros((hours, len(names)))
    for bus, (active, reactive) in by_bus.items():
        p[:, names.index(bus)] += active
        q[:, names.index(bus)] += reactive
    return p, q


def random_operation(network: Network, hours: int, seed: int) -> dict:
    """Arguments of check_ac: random hours, every device at random, plants off at times, boundary buses in balance."""
    rng = np.random.default_rng(seed)
    index = pd.DatetimeIndex(np.sort(rng.choice(pd.date_range("2030-01-01", periods=8760, freq="h"), hours, False)))
    bus = pd.Series(np.arange(len(network["bus"])), index=network["bus"]["name"].to_numpy())
    p, q = np.zeros((hours, len(bus))), np.zeros((hours, len(bus)))
    level, wind, sun = rng.uniform(0.35, 1.0, hours), rng.uniform(0, 1, hours), rng.uniform(0, 0.9, hours)
    v_set = {b: rng.choice([1.045, 1.05], hours) for b in network["area_link"]["bus"]}
    share = {
        "load": -level,
        "wind": wind,
        "solar": sun,
        "hydro": rng.uniform(0, 1, hours),
        "battery": rng.uniform(-1, 1, hours),
    }
    for table in ("load", "wind", "solar", "hydro", "battery", "thermal", "pumped_storage"):
        frame = network[table][network[table]["bus"].notna()]
        for row in frame.to_dict("records"):
            low = -1.0 if table == "pumped_storage" else 0.4
            running = rng.random(hours) < 0.7
            pu = share[table] if table in share else np.where(running, rng.uniform(low, 1.0, hours), 0.0)
            p[:, bus[row["bus"]]] += row["max_p_mw"] * pu
            if row.get("voltage_control"):
                held = np.where(pu != 0, row["vm_pu"], np.nan)
                v_set[row["bus"]] = np.fmax(v_set.get(row["bus"], held), held)
            elif table == "load":
                q[:, bus[row["bus"]]] -= 0.25 * row["max_p_mw"] * level
    links = network["area_link"]
    p[:, bus[links["bus"]]] -= np.outer(p.sum(axis=1), links["share_pu"])
    slack = dict(zip(links["bus"], links["share_pu"]))
    return {"index": index.tz_localize("Asia/Shanghai"), "p_mw": p, "q_mvar": q, "v_set": v_set, "slack_bus": slack}

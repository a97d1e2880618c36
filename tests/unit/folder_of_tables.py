"""A network folder small enough to read: two stations, a boundary bus, one area node."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

TABLES = {
    "county": "name,lat_deg,lon_deg\n平江县,28.70,113.58\n汨罗市,28.81,113.07\n",
    "station": (
        "name,county,lat_deg,lon_deg,vn_kv,kind,in_service_from,in_service_to\n"
        "汉昌,平江县,28.66,113.50,110,substation,0,9999\n"
        "江北,汨罗市,28.85,113.05,110,substation,0,9999\n"
        "外网,,28.40,113.20,110,external,0,9999\n"
    ),
    "bus": (
        "name,station,county,vn_kv,min_vm_pu,max_vm_pu\n"
        "汉昌110,汉昌,平江县,110,0.97,1.07\n"
        "汉昌10,汉昌,平江县,10,1.00,1.07\n"
        "江北110,江北,汨罗市,110,0.97,1.07\n"
        "外网110,外网,,110,,\n"
    ),
    "line_type": (
        "name,r_ohm_per_km,x_ohm_per_km,c_nf_per_km,max_i_ka,max_i_spring_ka,max_i_winter_ka\n"
        "LGJ-240,0.132,0.401,8.976,0.525,0.648,0.713\n"
        "LGJ-400,0.080,0.386,9.390,0.712,0.879,0.967\n"
    ),
    "line": (
        "name,from_bus,to_bus,county,length_km,std_type,normally_open\n"
        "汉昌-外网I回,汉昌110,外网110,平江县,50,LGJ-240,0\n"
        "江北-外网I回,江北110,外网110,汨罗市,62,LGJ-240,0\n"
        "汉昌-江北I回,汉昌110,江北110,平江县,60,LGJ-240,1\n"
    ),
    "trafo_type": (
        "name,sn_mva,vn_hv_kv,vn_lv_kv,vk_percent,vkr_percent,pfe_kw,i0_percent,tap_min,tap_max,tap_step_percent\n"
        "110/10 50 MVA,50,110,10.5,12.5,0.43,36,0.4,-8,8,1.25\n"
    ),
    "trafo": (
        "name,station,county,hv_bus,lv_bus,std_type\n"
        "汉昌#1主变,汉昌,平江县,汉昌110,汉昌10,110/10 50 MVA\n"
        "汉昌#2主变,汉昌,平江县,汉昌110,汉昌10,110/10 50 MVA\n"
    ),
    "area": "name,kind\n岳阳,detailed\n其余,node\n",
    "area_link": "area,bus,share_pu\n其余,外网110,1\n",
    "demand": "name,peak_mw,energy_gwh\n岳阳,40,200\n",
    "load": "name,bus,county,demand,max_p_mw\n汉昌负荷,汉昌10,平江县,岳阳,40\n",
    "thermal": (
        "name,bus,county,carrier,max_p_mw,min_p_pu,cost_cny_per_mwh\n"
        "江北热电,江北110,汨罗市,cogeneration,30,0.6,300\n"
    ),
    "maintenance": "thermal,units,from_day,to_day\n江北热电,1,03-01,03-20\n",
    "solar": (
        "name,bus,county,kind,max_p_mw,site,in_service_from\n"
        "汉昌分布式光伏,汉昌10,平江县,distributed,12,平江县,0\n"
        "江北光伏,江北110,汨罗市,utility,20,汨罗市,2028\n"
    ),
}  # fmt: skip


def write_folder(root: Path, changes: Mapping[str, str | bytes | None] | None = None) -> Path:
    """Write the folder with files replaced or added (``"base/line.csv": text``) or left out (None)."""
    files: dict[str, str | bytes | None] = {f"base/{name}.csv": text for name, text in TABLES.items()}
    files["scenarios/2025/scenario.toml"] = "year = 2025\n"
    files["scenarios/2030/scenario.toml"] = "year = 2030\n"
    files["scenarios/2030/solar.csv"] = "name,max_p_mw,tilt_deg\n汉昌分布式光伏,18,\n"
    files.update(changes or {})
    for name, content in files.items():
        if content is None:
            continue
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return root


def edited(table: str, old: str, new: str) -> dict[str, str]:
    """One text of a base table exchanged for another, as a change for :func:`write_folder`."""
    assert TABLES[table].count(old) == 1, f"{old!r} must stand exactly once in {table}"
    return {f"base/{table}.csv": TABLES[table].replace(old, new)}

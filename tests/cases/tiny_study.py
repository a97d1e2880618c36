"""A complete study that runs in seconds: a small town of two counties, its province as one node, given series.

``write_study(folder)`` writes ``network/``, ``series.csv`` and ``study.toml`` and returns the path of the study.  Texts
of files can be exchanged or left out, so that tests can plant mistakes; :func:`files` is what is written.

What happens in its year: the wind farm meets its own line (branch), the town's noon the tie (section), and the province
the minimum output of its coal (provincial); the store has surpluses to move.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

YEAR = 2030
PLANTS_MW = {"东风风电场": 90.0, "东站分布式光伏": 24.0, "西站光伏": 40.0, "外省风电": 240.0}
_HOURS = ",".join(f"h{h:02d}_pu" for h in range(24))


def _rows(head: str, *rows: str) -> str:
    return "\n".join([head, *rows]) + "\n"


def _months(head: str, name: str, cells: str) -> str:
    return _rows(head, *(f"{name},{m},{cells}" for m in range(1, 13)))


_DAY = ",".join(f"{0.75 + 0.25 * np.sin((h - 12) * np.pi / 12) ** 2 * (h > 6):.2f}" for h in range(24))

TABLES: dict[str, str] = {
    "county": _rows("name,lat_deg,lon_deg", "东县,29.10,113.40", "西县,29.05,113.10"),
    "station": _rows(
        "name,county,lat_deg,lon_deg,vn_kv,kind",
        "东站,东县,29.10,113.40,110,substation",
        "西站,西县,29.05,113.10,110,substation",
        "东风,东县,29.25,113.55,110,plant",
        "外站,,28.80,112.90,110,external",
    ),
    "bus": _rows(
        "name,station,county,vn_kv,min_vm_pu,max_vm_pu",
        "东站110,东站,东县,110,0.97,1.07",
        "东站10,东站,东县,10,1.00,1.07",
        "西站110,西站,西县,110,0.97,1.07",
        "东风110,东风,东县,110,0.97,1.07",
        "外站110,外站,,110,,",
    ),
    "line_type": _rows(
        "name,r_ohm_per_km,x_ohm_per_km,c_nf_per_km,max_i_ka,max_i_spring_ka,max_i_winter_ka",
        "LGJ-185,0.170,0.410,8.760,0.390,0.415,0.430",
        "LGJ-400,0.080,0.386,9.390,0.712,0.879,0.967",
    ),
    "line": _rows(
        "name,from_bus,to_bus,county,length_km,std_type,normally_open",
        "东风-东站I回,东风110,东站110,东县,24,LGJ-185,0",
        "东站-西站I回,东站110,西站110,西县,31,LGJ-400,0",
        "东站-西站II回,东站110,西站110,西县,31,LGJ-400,0",
        "西站-外站I回,西站110,外站110,西县,36,LGJ-400,0",
        "西站-外站II回,西站110,外站110,西县,36,LGJ-400,0",
        "东风-西站I回,东风110,西站110,西县,56,LGJ-185,1",
    ),
    "trafo_type": _rows(
        "name,sn_mva,vn_hv_kv,vn_lv_kv,vk_percent,vkr_percent,pfe_kw,i0_percent,tap_min,tap_max,tap_step_percent",
        "110/10 50 MVA,50,110,10.5,12.5,0.43,36,0.4,-8,8,1.25",
    ),
    "trafo": _rows(
        "name,station,county,hv_bus,lv_bus,std_type",
        "东站#1主变,东站,东县,东站110,东站10,110/10 50 MVA",
        "东站#2主变,东站,东县,东站110,东站10,110/10 50 MVA",
    ),
    "shunt": _rows("name,station,county,bus,kind,q_mvar,max_step", "东站电容器组,东站,东县,东站10,capacitor,-4,3"),
    "area": _rows("name,name_en,kind", "小城,Small town,detailed", "外省,Outside,node"),
    "area_link": _rows("area,bus,share_pu", "外省,外站110,1"),
    "section": _rows("name,max_p_mw,min_p_mw,kind", "外送断面,45,-80,tie"),
    "section_branch": _rows(
        "section,element_type,element,weight_pu", "外送断面,line,西站-外站I回,1", "外送断面,line,西站-外站II回,1"
    ),
    "demand": _rows("name,peak_mw,energy_gwh", "小城,66,430", "外省,600,4100"),
    "demand_hour": _rows(
        f"demand,month,day_type,{_HOURS}",
        *(f"{d},{m},workday,{_DAY}" for d in ("小城", "外省") for m in range(1, 13)),
    ),
    "load": _rows(
        "name,bus,area,county,demand,max_p_mw",
        "东站负荷,东站10,,东县,小城,36",
        "西站负荷,西站110,,西县,小城,30",
        "外省负荷,,外省,,外省,600",
    ),
    "thermal": _rows(
        "name,bus,area,county,carrier,units,max_p_mw,min_p_pu,cost_cny_per_mwh,must_run,auxiliary_percent",
        "西站热电,西站110,,西县,cogeneration,1,20,0.5,260,1,6",
        "外省煤电,,外省,,coal,8,640,0.35,310,0,6",
        "外省气电,,外省,,gas,2,200,0.3,650,0,2",
    ),
    "hydro": _rows(
        "name,area,kind,max_p_mw,firm_pu,dry_pu,wet_pu", "外省水电,外省,run_of_river,60,0.1,0.8,1.2"
    ),
    "hydro_month": _months("hydro,month,energy_gwh,forced_pu,flex_pu", "外省水电", "16,0.2,0.5"),
    "external": _rows(
        "name,area,max_p_mw,energy_gwh,flexibility_pu,firm_pu", "外来直流,外省,120,500,0.1,0.9"
    ),
    "external_hour": _months(f"external,month,{_HOURS}", "外来直流", ",".join(["1"] * 24)),
    "wind": _rows(
        "name,bus,area,county,max_p_mw,site,turbine,hub_height_m",
        "东风风电场,东风110,,东县,90,东县,2.0MW,90",
        "外省风电,,外省,,240,外省,2.0MW,90",
    ),
    "solar": _rows(
        "name,bus,county,kind,max_p_mw,site,controllable_pu",
        "东站分布式光伏,东站10,东县,distributed,24,东县,0.5",
        "西站光伏,西站110,西县,utility,40,西县,1",
    ),
    "battery": _rows(
        "name,bus,county,max_p_mw,energy_mwh,efficiency_charge_percent,efficiency_discharge_percent",
        "西站储能,西站110,西县,15,30,94,95",
    ),
}  # fmt: skip

STUDY = """name = "小城 2030"

[network]
folder = "network"
scenario = "2030"

[weather]
folder = "weather"

[series]
available = ["series.csv"]

[target]
curtailment_percent = 5.0
"""


@functools.cache
def available_mw() -> pd.DataFrame:
    """Available power of every plant: a windy night, a sunny noon, other days of other strength."""
    rng = np.random.default_rng(2030)
    index = pd.date_range(f"{YEAR}-01-01", f"{YEAR + 1}-01-01", freq="1h", tz="Asia/Shanghai", inclusive="left")
    days, hour = len(index) // 24, np.arange(24)
    sun = np.clip(np.sin((hour - 6) * np.pi / 12), 0.0, None)
    gusts = np.repeat(rng.beta(1.3, 2.0, days), 24) * np.tile(1.0 + 0.3 * np.cos(hour * np.pi / 12), days)
    bright = np.repeat(rng.uniform(0.15, 0.95, days), 24) * np.tile(sun, days)
    pu = {
        "东风风电场": gusts * rng.uniform(0.8, 1.2, len(index)),
        "东站分布式光伏": 0.9 * bright,
        "西站光伏": bright,
        "外省风电": gusts * rng.uniform(0.9, 1.1, len(index)),
    }
    return pd.DataFrame({p: (PLANTS_MW[p] * np.clip(x, 0.0, 1.0)).round(3) for p, x in pu.items()}, index=index)


@functools.cache
def series_csv() -> str:
    """The given series as a file: stamps with their offset, one column per plant, MW."""
    stamps = pd.DatetimeIndex(available_mw().index).strftime("%Y-%m-%dT%H:%M:%S+08:00")
    frame = available_mw().set_axis(stamps)
    text = frame.to_csv(index_label="time", lineterminator="\n")
    assert isinstance(text, str)
    return text


def files() -> dict[str, str]:
    """Every file of the study by its path below the folder."""
    return {
        **{f"network/base/{name}.csv": text for name, text in TABLES.items()},
        "network/scenarios/2030/scenario.toml": f"year = {YEAR}\n",
        "series.csv": series_csv(),
        "study.toml": STUDY,
    }


def write_study(folder: Path, changes: Mapping[str, str | bytes | None] | None = None) -> Path:
    """Write the study with files replaced, added or left out (None); returns the path of ``study.toml``."""
    for name, content in {**files(), **(changes or {})}.items():
        if content is None:
            continue
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return folder / "study.toml"


def edited(name: str, old: str, new: str) -> dict[str, str]:
    """One text of a file exchanged for another, as a change for :func:`write_study`."""
    text = files()[name]
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {name}"
    return {name: text.replace(old, new)}

"""Findings that look like a year of 岳阳, made up from a seed: for tests of store and report.

Not a simulation: the shapes are plausible, and the tables agree with each other (they are all sums of the
same hourly series), nothing more.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
from fake_inventory import fake_inventory

from gridsim.criteria import SENSITIVITIES, N1Violations, Verdict, judge
from gridsim.options import SimulationOptions
from gridsim.store import Findings

CITY, PROVINCE = "岳阳", "湖南其余"
COUNTIES = [  # name, English, lat, lon, peak, wind, utility solar, distributed solar (MW)
    ("岳阳楼区", "Yueyanglou", 29.371, 113.130, 780, 0, 0, 120),
    ("经开区", "Jingkai", 29.370, 113.195, 390, 0, 0, 90),
    ("南湖新区", "Nanhu", 29.325, 113.110, 130, 0, 0, 18),
    ("城陵矶新港区", "Chenglingji", 29.450, 113.190, 312, 0, 30, 60),
    ("云溪区", "Yunxi", 29.473, 113.272, 806, 0, 25, 90),
    ("君山区", "Junshan", 29.461, 113.006, 182, 0, 180, 115),
    ("岳阳县", "Yueyang County", 29.144, 113.116, 416, 200, 160, 250),
    ("华容县", "Huarong", 29.529, 112.559, 416, 100, 270, 245),
    ("湘阴县", "Xiangyin", 28.690, 112.909, 442, 50, 210, 360),
    ("平江县", "Pingjiang", 28.702, 113.581, 468, 250, 60, 310),
    ("汨罗市", "Miluo", 28.806, 113.067, 442, 50, 180, 360),
    ("屈原管理区", "Quyuan", 28.842, 112.930, 78, 0, 60, 60),
    ("临湘市", "Linxiang", 29.477, 113.450, 338, 250, 75, 190),
]
#: notes on the data that a run gives
DATA_NOTES = (
    "the AC power flow was switched off",
    "the AC N-1 was switched off",
    "the weather is synthetic, made from published climate figures",
    "the weather has wind at one height only, so that the daily cycle at the hub is assumed",
)
#: (check, largest deviation, where) as a run writes them
CHECKS = (
    ("balance of 岳阳 [MW]", 3e-9, "2030-05-04 00:00:00+08:00 city"),
    ("balance of 湖南其余 [MW]", 2e-7, "2030-06-26 12:00:00+08:00 node"),
    ("flows from the tables, B theta = P [MW]", 0.002, "2030-04-20 13:00:00+08:00 文里-依江I回"),
    ("0 <= used <= available [MW]", 0.0, "2030-01-01 00:00:00+08:00 临湘窑坡山风电场"),
    ("every step has an AC row [steps]", 0.0, ""),
)


def fake_findings(*, seed: int = 1, year: int = 2030, verdict: str = "conditional") -> Findings:
    """A year of made-up results with every table and hourly file of the results folder."""
    rng = np.random.default_rng(seed)
    time = pd.date_range(f"{year}-01-01", f"{year + 1}-01-01", freq="h", inclusive="left", tz="Asia/Shanghai")
    plants, available = _plants(rng, time)
    curtailed = _curtailed(rng, time, plants, available)
    balance = _balance(rng, time, available, curtailed)
    tables = _curtailment_tables(time, plants, available, curtailed)
    tables |= _network_tables(rng) | _other_tables(time, balance) | _security() | fake_inventory(year=year)
    summary = _summary(year, tables)
    judged = _judged(summary, verdict)
    tables["verdict"] = judged.table
    summary |= {"verdict": judged.verdict, "reasons": list(judged.reasons)}
    return Findings(summary, _manifest(year), tables, {"balance": balance})


def _plants(rng: np.random.Generator, time: pd.DatetimeIndex) -> tuple[pd.DataFrame, np.ndarray]:
    rows = []
    for county, _, _, _, _, wind_mw, utility_mw, roof_mw in COUNTIES:
        parts = [("风电场", "wind", wind_mw), ("集中式光伏", "solar", utility_mw), ("分布式光伏", "solar", roof_mw)]
        rows += [(county + label, county, carrier, mw) for label, carrier, mw in parts if mw]
    plants = pd.DataFrame(rows, columns=["name", "county", "carrier", "max_p_mw"])
    hour, day = time.hour.to_numpy(), time.dayofyear.to_numpy()
    sky = np.repeat(rng.beta(2, 2, len(time) // 24), 24)
    sun = (
        np.clip(np.sin((hour - 5.5) / 13 * np.pi), 0, None) * (0.65 + 0.25 * np.sin((day - 80) / 365 * 2 * np.pi)) * sky
    )
    gusts = np.repeat(rng.weibull(1.9, len(time) // 6), 6) * 0.27 * (1.1 - 0.25 * np.sin((hour - 7) / 24 * 2 * np.pi))
    shape = {"wind": np.clip(gusts, 0, 1), "solar": sun}
    noise = 1 + 0.1 * rng.standard_normal(len(plants))
    p_mw = np.stack([shape[c] * mw * k for c, mw, k in zip(plants.carrier, plants.max_p_mw, noise)], axis=1)
    return plants, p_mw


def _curtailed(
    rng: np.random.Generator, time: pd.DatetimeIndex, plants: pd.DataFrame, available: np.ndarray
) -> dict[tuple[str, str, str], np.ndarray]:
    """MW by (cause, element, outage): one column for each plant."""
    spring = np.isin(time.month, [4, 5, 6])
    surplus = np.where(spring & (available.sum(1) > 1300), 0.22, 0.0) + np.where(spring & (time.hour < 5), 0.03, 0.0)
    at_pingjiang = (plants.county == "平江县").to_numpy()
    over = np.where(available[:, at_pingjiang].sum(1) > 300, 0.15, 0.0)
    return {
        ("provincial", "", ""): available * surplus[:, None],
        ("section", "岳阳外送断面", ""): available * (rng.random(len(time)) < 0.004)[:, None] * 0.1,
        ("branch", "平江-长寿I回", ""): available * over[:, None] * at_pingjiang,
        ("branch", "平江-长寿I回", "平江-长寿II回"): available * over[:, None] * at_pingjiang * 0.3,
    }


def _energies(key: pd.Series, wind: pd.DataFrame, solar: pd.DataFrame) -> pd.DataFrame:
    both = wind + solar
    out = pd.DataFrame({key.name: key})
    for prefix, part in (("", both), ("wind_", wind), ("solar_", solar)):
        out[f"{prefix}available_gwh"] = part.available.to_numpy()
        out[f"{prefix}used_gwh"] = (part.available - part.curtailed).to_numpy()
        out[f"{prefix}curtailed_gwh"] = part.curtailed.to_numpy()
        with np.errstate(invalid="ignore", divide="ignore"):
            out[f"{prefix}curtailment_percent"] = (100 * part.curtailed / part.available).to_numpy()
    return out


def _curtailment_tables(
    time: pd.DatetimeIndex,
    plants: pd.DataFrame,
    available: np.ndarray,
    curtailed: dict[tuple[str, str, str], np.ndarray],
) -> dict[str, pd.DataFrame]:
    cut = sum(curtailed.values())
    tables = {}
    by_plant = pd.DataFrame({"available": available.sum(0) / 1e3, "curtailed": cut.sum(0) / 1e3})  # GWh, 1 h steps
    for key, names in (("county", plants.county), ("plant", plants.name)):
        parts = [by_plant.where((plants.carrier == c), 0.0).groupby(names.to_numpy()).sum() for c in ("wind", "solar")]
        tables[f"curtailment_by_{key}"] = _energies(pd.Series(parts[0].index, name=key), *parts)
    for key, steps in (("month", time.month), ("hour", time.hour)):
        parts = []
        for carrier in ("wind", "solar"):
            mine = (plants.carrier == carrier).to_numpy()
            frame = pd.DataFrame({"available": available[:, mine].sum(1) / 1e3, "curtailed": cut[:, mine].sum(1) / 1e3})
            parts.append(frame.groupby(np.asarray(steps)).sum())
        tables[f"curtailment_by_{key}"] = _energies(pd.Series(parts[0].index, name=key), *parts)
    both = pd.DataFrame(
        {
            "month": time.month,
            "hour": time.hour,
            "curtailed_gwh": cut.sum(1) / 1e3,
            "available_gwh": available.sum(1) / 1e3,
        }
    )
    tables["curtailment_month_hour"] = both.groupby(["month", "hour"], as_index=False).sum()
    by_element = pd.DataFrame(
        [(c, e, o, p.sum() / 1e3) for (c, e, o), p in curtailed.items()],
        columns=["cause", "element", "outage", "curtailed_gwh"],
    )
    by_cause = by_element.groupby("cause", as_index=False)["curtailed_gwh"].sum()
    by_cause.insert(1, "system_cause", True)
    by_cause["share_percent"] = 100 * by_cause.curtailed_gwh / by_cause.curtailed_gwh.sum()
    tables["curtailment_by_cause"] = by_cause
    tables["curtailment_by_element"] = by_element.assign(steps=100)
    tables |= _causes_tables(time, plants, curtailed)
    kind = plants.name.str[-5:].map({"中式光伏": "utility", "布式光伏": "distributed"})
    facts = plants.set_index("name").assign(kind=kind.fillna("utility").to_numpy(), vn_kv=110.0, full_load_h=1000.0)
    tables["curtailment_by_plant"] = tables["curtailment_by_plant"].join(facts, on="plant")
    return tables


def _causes_tables(
    time: pd.DatetimeIndex, plants: pd.DataFrame, curtailed: dict[tuple[str, str, str], np.ndarray]
) -> dict[str, pd.DataFrame]:
    """Curtailed energy by county and limiting element, and by month. [GWh]"""
    by_county, by_month = [], []
    for (cause, element, outage), p_mw in curtailed.items():
        words = {"cause": cause, "element": element, "outage": outage}
        county = pd.Series(p_mw.sum(0) / 1e3).groupby(plants.county.to_numpy()).sum()
        by_county.append(pd.DataFrame({"county": county.index, **words, "curtailed_gwh": county.to_numpy()}))
        month = pd.Series(p_mw.sum(1) / 1e3).groupby(np.asarray(time.month)).sum()
        by_month.append(pd.DataFrame({"month": month.index, "cause": cause, "curtailed_gwh": month.to_numpy()}))
    month = pd.concat(by_month).groupby(["month", "cause"], as_index=False).sum()
    county = pd.concat(by_county, ignore_index=True)
    return {"causes_by_county": county[county.curtailed_gwh > 0], "causes_by_month": month}


def _balance(
    rng: np.random.Generator,
    time: pd.DatetimeIndex,
    available: np.ndarray,
    curtailed: dict[tuple[str, str, str], np.ndarray],
) -> pd.DataFrame:
    """Long table (time, area, item, p_mw): magnitudes; exchange positive into the area."""
    hour, day = time.hour.to_numpy(), time.dayofyear.to_numpy()
    plants = [(c, p) for row in COUNTIES for c, p in zip(("wind", "solar", "solar"), row[5:]) if p]
    wind = np.array([carrier == "wind" for carrier, _ in plants])
    cut = sum(curtailed.values())
    season = 0.62 + 0.22 * np.cos((day - 205) / 365 * 2 * np.pi) ** 2 + 0.1 * np.cos((day - 15) / 365 * 2 * np.pi)
    daily = 0.85 + 0.12 * np.sin((hour - 8) / 24 * 2 * np.pi) + 0.08 * np.exp(-((hour - 20) ** 2) / 6)
    shape = season * daily + 0.02 * np.repeat(rng.standard_normal(len(time) // 24), 24)
    frames = []
    for area, scale in ((CITY, 1.0), (PROVINCE, 9.0)):
        load = 5200 * scale * shape
        items = {
            "load": load,
            "coal": np.clip(0.55 * load, 1400 * scale, None),
            "gas": np.where(hour == 20, 300 * scale, 0.0),
            "biomass": np.full(len(time), 60.0 * scale),
            "hydro": 40 * scale * (1.2 + np.sin((day - 60) / 365 * 2 * np.pi)) * (1 + 4 * (scale > 1)),
            "wind": (available - cut)[:, wind].sum(1) * scale,
            "solar": (available - cut)[:, ~wind].sum(1) * scale,
            "imports": np.full(len(time), 0.0 if scale == 1 else 9000.0),
            "pumped_storage_generating": np.where(np.isin(hour, [18, 19, 20, 21]), 900.0, 0.0),
            "pumped_storage_pumping": np.where(np.isin(hour, [2, 3, 12, 13]), 1150.0, 0.0),
            "battery_discharging": np.where(np.isin(hour, [19, 20]), 180.0, 0.0),
            "battery_charging": np.where(np.isin(hour, [12, 13]), 200.0, 0.0),
            "curtailed_wind": cut[:, wind].sum(1) * scale,
            "curtailed_solar": cut[:, ~wind].sum(1) * scale,
            "unserved": np.zeros(len(time)),
        }
        taken = load + items["pumped_storage_pumping"] + items["battery_charging"]
        given = sum(
            v
            for k, v in items.items()
            if k not in ("load", "pumped_storage_pumping", "battery_charging", "curtailed_wind", "curtailed_solar")
        )
        items["exchange"] = taken - given
        frames += [
            pd.DataFrame({"time": time, "area": area, "item": item, "p_mw": p_mw}) for item, p_mw in items.items()
        ]
    return pd.concat(frames, ignore_index=True).astype({"area": "category", "item": "category"})


def _network_tables(rng: np.random.Generator) -> dict[str, pd.DataFrame]:
    stations = [
        ("昆山", "Kunshan", "经开区", 500.0, 29.335, 113.255),
        ("罗城", "Luocheng", "汨罗市", 500.0, 28.76, 113.13),
        ("岳阳北", "Yueyangbei", "君山区", 500.0, 29.50, 112.82),
    ]
    branches = [
        ("昆山-罗城I回", "line", 500.0, "昆山", "罗城"),
        ("昆山-罗城II回", "line", 500.0, "昆山", "罗城"),
        ("岳阳北-昆山I回", "line", 500.0, "岳阳北", "昆山"),
        ("昆山#1主变", "trafo3w", 500.0, "昆山", "昆山"),
    ]
    hubs = stations[:3]
    for name, name_en, lat, lon, *_ in COUNTIES:
        main = name + "变"
        stations.append((main, name_en + " 220", name, 220.0, lat + rng.normal(0, 0.03), lon + rng.normal(0, 0.03)))
        near = min(hubs, key=lambda hub: abs(hub[4] - lat) + abs(hub[5] - lon))[0]
        branches += [(f"{near}-{main}{c}回", "line", 220.0, near, main) for c in ("I", "II")]
        for k in range(7):
            local = f"{name}110-{k + 1:02d}"
            stations.append(
                (local, f"{name_en} 110-{k + 1:02d}", name, 110.0, lat + rng.normal(0, 0.09), lon + rng.normal(0, 0.1))
            )
            branches.append((f"{main}-{local}线", "line", 110.0, main if k < 4 else f"{name}110-{k - 3:02d}", local))
    branches.append(("平江-长寿I回", "line", 110.0, "平江县变", "平江县110-05"))
    stations += [("益阳东(外部)", "Yiyangdong (ext)", "", 500.0, 28.58, 112.48)]
    branches.append(("岳阳北-益阳东I回", "line", 500.0, "岳阳北", "益阳东(外部)"))
    station = pd.DataFrame(stations, columns=["station", "name_en", "county", "vn_kv", "lat_deg", "lon_deg"])
    station.insert(4, "kind", np.where(station.county == "", "external", "substation"))
    branch = pd.DataFrame(branches, columns=["element", "element_type", "vn_kv", "from_station", "to_station"])
    branch["county"] = branch.to_station.map(station.set_index("station").county)
    branch["max_loading_percent"] = np.where(branch.element == "平江-长寿I回", 112.4, rng.uniform(15, 102, len(branch)))
    branch["hours_over_100"] = np.where(branch.max_loading_percent > 100, 37, 0)
    branch["is_equivalent"] = branch.to_station.str.contains("外部")
    heavy = branch[branch.max_loading_percent > 80]
    overload = heavy[["element", "element_type", "county", "vn_kv"]].assign(
        direction=["forward", "reverse"] * (len(heavy) // 2) + ["forward"] * (len(heavy) % 2),
        max_loading_percent=heavy.max_loading_percent,
        worst_time="2030-04-12 12:00:00+08:00",
        hours_over_80=55,
        hours_over_100=heavy.hours_over_100,
        longest_run_h=5,
        unavoidable=heavy.max_loading_percent > 110,
    )
    voltage = pd.DataFrame(
        {
            "bus": ["昆山500", "平江县变220", "平江县110-03"],
            "county": ["经开区", "平江县", "平江县"],
            "vn_kv": [500.0, 220.0, 110.0],
            "min_vm_pu": [1.041, 0.985, 0.9621],
            "max_vm_pu": [1.055, 1.049, 1.0712],
            "band_min_pu": [1.0, 0.97, 0.97],
            "band_max_pu": [1.1, 1.07, 1.07],
            "hours_outside": [0, 0, 14],
            "worst_time": "2030-07-25 12:00:00+08:00",
        }
    )
    worse = overload.assign(max_loading_percent=overload.max_loading_percent * 1.1)
    return {
        "map_station": station,
        "map_branch": branch,
        "overload": overload,
        "overload_before_redispatch": worse,
        "voltage": voltage,
        "ac_tightened": pd.DataFrame(
            {
                "element": ["湘阴1号主变", "平江-长寿I回", "平江-长寿II回", "湘阴2号主变"],
                "element_type": ["trafo", "line", "line", "trafo"],
                "side": "",
                "outage": "",
                "hours": [0.0, 12.0, 3.0, 0.0],
                "max_tightening_mw": [0.0, 6.5, 2.5, 0.0],
                "worst_time": "2030-07-25 12:00:00+08:00",
                "remaining_hours": [2.0, 0.0, 1.0, 1.0],
                "max_remaining_percent": [101.5, np.nan, 100.4, 103.0],
                "ac_reason": ["demand", "", "relaxed", "reactive"],
            }
        ),
        "unavoidable": pd.DataFrame(
            {
                "element": ["平江-长寿I回"],
                "outage": ["平江-长寿II回"],
                "element_type": ["line"],
                "county": ["平江县"],
                "steps": [3],
                "worst_excess_mw": [12.5],
                "worst_time": ["2030-08-11 20:00:00+08:00"],
                "load_driven": [True],
            }
        ),
    }


def _other_tables(time: pd.DatetimeIndex, balance: pd.DataFrame) -> dict[str, pd.DataFrame]:
    wide = balance.pivot_table(index="time", columns=["area", "item"], values="p_mw", observed=True)
    province = wide[PROVINCE].groupby(wide.index.month).sum() / 1e3
    out = pd.DataFrame({"month": province.index, "load_gwh": province.load.to_numpy()})
    out["thermal_gwh"] = (province.coal + province.gas + province.biomass).to_numpy()
    for item in ("hydro", "imports", "wind", "solar"):
        out[f"{item}_gwh"] = province[item].to_numpy()
    out["storage_gwh"] = (province.pumped_storage_generating - province.pumped_storage_pumping).to_numpy()
    out["exchange_gwh"] = province.exchange.to_numpy()
    out["curtailed_gwh"] = (province.curtailed_wind + province.curtailed_solar).to_numpy()
    out["curtailment_percent"] = 100 * out.curtailed_gwh / (out.wind_gwh + out.solar_gwh + out.curtailed_gwh)
    parts = []
    for area in (CITY, PROVINCE):
        energy = wide[area].sum() / 1e3
        columns = {"energy_gwh": energy.to_numpy(), "max_mw": wide[area].max().to_numpy()}
        parts.append(pd.DataFrame({"area": area, "item": energy.index.astype(str), **columns}))
    balance_table = pd.concat(parts, ignore_index=True).assign(kind="energy", utilisation_h=np.nan)
    balance_table["month"] = pd.array([None] * len(balance_table), dtype="Int64")
    july = {"area": CITY, "item": "wind", "energy_gwh": 9.0, "max_mw": 90.0, "kind": "energy", "month": 7}
    balance_table.loc[len(balance_table)] = pd.Series({**july, "utilisation_h": 171.0})
    ac = pd.DataFrame(
        {
            "time": time.astype(str),
            "converged": True,
            "cause": "",
            "max_loading_percent": 96.2,
            "min_vm_pu": 0.97,
            "max_vm_pu": 1.06,
            "losses_mw": 41.0,
        }
    )
    storage = pd.DataFrame(
        {
            "storage": ["平江抽水蓄能电站", "安化抽水蓄能", "湘阴储能电站"],
            "device": ["pumped_storage", "pumped_storage", "battery"],
            "county": ["平江县", "", "湘阴县"],
            "charge_gwh": [1679.0, 2000.0, 146.0],
            "discharge_gwh": [1314.0, 1500.0, 131.4],
            "loss_gwh": [365.0, 500.0, 14.6],
            "cycles": [199.9, 210.0, 730.0],
            "simultaneous_h": [0, 0, 0],
        }
    )
    checks = pd.DataFrame(
        [(name, True, worst, 0.01, where) for name, worst, where in CHECKS],
        columns=["check", "ok", "worst", "limit", "where"],
    )
    assumed = pd.DataFrame(
        {
            "table": ["line", "thermal"] * 30,
            "name": [f"对象{k}" for k in range(60)],
            "column": ["length_km", "min_p_pu"] * 30,
            "scenario": "*",
            "status": "assumed",
            "confidence": "low",
            "source": "engineering judgement (工程经验,未核实): https://example.org/a",
            "note": [f"说明 {k} / note {k}" for k in range(60)],
        }
    )
    county = pd.DataFrame(
        [(n, e, la, lo, float(p), float(w), float(u), float(d)) for n, e, la, lo, p, w, u, d in COUNTIES],
        columns=[
            "name",
            "name_en",
            "lat_deg",
            "lon_deg",
            "peak_mw",
            "wind_mw",
            "solar_utility_mw",
            "solar_distributed_mw",
        ],
    )
    cases = ("base", *SENSITIVITIES, "province_40_gw", "province_50_gw", "province_60_gw")
    rate = np.linspace(1.8, 4.8, len(cases))
    sensitivity = pd.DataFrame(
        {
            "case": cases,
            "city_percent": rate,
            "province_percent": rate + 0.1,
            "local_percent": 0.1 * rate,
            "unserved_gwh": 0.0,
        }
    )
    return {
        "province": out,
        "balance": balance_table,
        **_balance_sheets(wide),
        "must_run_cut": pd.DataFrame(
            [["平江热电", "thermal", CITY, "平江县", 0.4, 120.0, 5, "2030-02-05 03:00:00+08:00"]],
            columns=["unit", "device", "area", "county", "energy_gwh", "max_mw", "hours", "worst_time"],
        ),
        "ac": ac,
        "storage": storage,
        "checks": checks,
        "assumed": assumed,
        "county": county,
        "sensitivity": sensitivity,
    }


def _security() -> dict[str, pd.DataFrame]:
    """Outages, reverse power, losses and capacity-load ratio with everything the chapter can show."""
    t = pd.Timestamp("2030-08-29 20:00", tz="Asia/Shanghai")
    element = {
        "element": ["平江-长寿I回", "北景港#1主变"], "element_type": ["line", "trafo"], "county": ["平江县", "华容县"],
    }  # fmt: skip
    n1 = pd.DataFrame({
        **element, "vn_kv": 110.0, "outage": ["平江-长寿II回", "北景港#2主变"], "worst_time": t,
        "max_loading_percent": [104.2, 151.0], "loading_before_percent": [52.3, 72.4], "hours_over_100": [3.0, 36.0],
        "hours_checked": 105.0,
    })  # fmt: skip
    voltage = pd.DataFrame({
        "bus": ["平江县110-03"], "county": "平江县", "vn_kv": 110.0, "min_vm_pu": 0.87, "min_outage": "平江-长寿I回",
        "min_time": t, "max_vm_pu": 1.03, "max_outage": "平江-长寿II回", "max_time": t, "band_min_pu": 0.9,
        "band_max_pu": 1.1, "hours_outside": 2.0,
    })  # fmt: skip
    radial = pd.DataFrame({
        "outage": ["平江-长寿I回", "风电送出线"], "element_type": "line", "county": "平江县", "vn_kv": 110.0,
        "buses": ["长寿110", "风电110"], "load_lost_mw": [26.1, 0.0], "generation_lost_mw": [0.0, 132.0],
        "transferable": [False, False], "via": "", "via_mva": 0.0, "worst_time": t,
    })  # fmt: skip
    diverged = pd.DataFrame({
        "outage": ["平江-长寿I回"], "element_type": "line", "county": "平江县", "vn_kv": 110.0, "hours": 3.0,
        "worst_time": t, "cause": "voltage collapse near 长寿110: 12.0 MVA cannot be met",
    })  # fmt: skip
    reverse = pd.DataFrame({
        **{k: v[1:] for k, v in element.items()}, "vn_kv": 110.0, "sn_mva": 50.0, "reverse_h": 1200.0,
        "max_reverse_mw": 42.0, "max_reverse_percent": 84.0, "reverse_gwh": 21.0, "worst_time": t,
    })  # fmt: skip
    ratio = pd.DataFrame({
        "vn_kv": 110.0, "county": ["", "华容县"], "units": [184, 20], "sn_mva": [9555.0, 900.0],
        "peak_mw": [4640.0, 360.0], "worst_time": t, "capacity_load_ratio": [2.06, 2.5], "guide_min_ratio": 1.5,
        "guide_max_ratio": 2.0,
    })  # fmt: skip
    losses = pd.DataFrame({
        "vn_kv": [110.0, 110.0], "element_type": ["line", "trafo"], "month": 1, "energy_gwh": [6.0, 4.0],
        "percent": [0.6, 0.4],
    })  # fmt: skip
    hours = pd.DataFrame({"time": [t], "reason": ["top_load"]})
    return {
        "n1": n1, "n1_voltage": voltage, "n1_radial": radial, "n1_diverged": diverged, "n1_hours": hours,
        "reverse_power": reverse, "capacity_load_ratio": ratio, "losses": losses,
    }  # fmt: skip


def _balance_sheets(wide: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Sheets of the power, energy and regulation balances: sums of the same hours, capacities made up."""
    month = pd.DatetimeIndex(wide.index).month
    power, regulation, energy = [], [], []
    areas = {CITY: wide[CITY], PROVINCE: wide[PROVINCE], "both": wide[CITY] + wide[PROVINCE]}
    for m in sorted(set(month)):
        hours = {"evening_peak": 20, "noon": 12, "valley": 4}
        for moment, hour in hours.items():
            at = wide.index[(month == m) & (pd.DatetimeIndex(wide.index).hour == hour)][3]
            for area, frame in areas.items():
                row = frame.loc[at]
                load, sun_and_wind = float(row["load"]), float(row["wind"] + row["solar"])
                head = {"month": m, "moment": moment, "time": str(at), "area": area}
                parts = {
                    "installed_coal_mw": 0.9 * load,
                    "credited_coal_mw": 0.8 * load,
                    "credited_imports_mw": 0.2 * load,
                }
                sums = {"load_mw": load, "reserve_mw": 0.11 * load, "need_mw": 1.11 * load, "installed_mw": 2.0 * load}
                lost = {"maintenance_mw": 20.0, "forced_mw": 10.0, "auxiliary_mw": 0.0, "constrained_mw": 0.9 * load}
                out = {"available_mw": (1.0 + m / 50.0) * load, "surplus_mw": (m / 50.0 - 0.11) * load}
                power.append({**head, **sums, **lost, **parts, **out, "import_limit_mw": 5000.0})
                names = ("thermal_min", "hydro_forced", "imports", "pumping", "charging", "export")
                given = {"load_mw": load, "wind_solar_mw": sun_and_wind, **{f"{n}_mw": 0.1 * load for n in names}}
                margin = {"margin_mw": 0.9 * load - sun_and_wind, "curtailed_mw": 5.0}
                possible = {"pumping_possible_mw": 1.0, "charging_possible_mw": 2.0, "margin_possible_mw": 3.0 * m}
                regulation.append({**head, **given, **margin, **possible})
        for area, frame in areas.items():
            sums = frame[month == m].sum() / 1e3
            energy.append({"month": m, "area": area, **{f"{i}_gwh": float(v) for i, v in sums.items()}})
    frames = {"balance_power": power, "balance_regulation": regulation, "balance_energy": energy}
    return {name: pd.DataFrame(rows) for name, rows in frames.items()}


def _judged(summary: dict[str, object], verdict: str) -> Verdict:
    """What the real rule says, with numbers that make it say ``verdict``."""
    rate = float(summary["curtailment_percent_system_cause"])
    years = 5 if verdict == "pass" else 1
    open_ = verdict == "conditional"
    return judge(
        {str(year): (rate, 6.0 if verdict == "fail" else 0.4) for year in range(2018, 2018 + years)},
        target_percent=5.0,
        min_weather_years=5,
        diverged_steps=2 if open_ else 0,
        violations=["平江县110-03", "平江-长寿I回", "甲", "乙", "丙", "丁"] if open_ else [],
        unserved_gwh=0.2 if open_ else 0.0,
        n1=N1Violations(("平江-长寿I回", "平江县110-03"), ("平江-长寿I回",), 3) if open_ else None,
        sensitivities=dict.fromkeys(SENSITIVITIES[: 5 if open_ else 7], 5.002 if open_ else 3.0),
        data_notes=DATA_NOTES if open_ else (),
    )


def _summary(year: int, tables: dict[str, pd.DataFrame]) -> dict[str, object]:
    county = tables["curtailment_by_county"]
    carriers = {}
    for carrier, prefix in (("wind", "wind_"), ("solar", "solar_"), ("", "")):
        available, curtailed = county[f"{prefix}available_gwh"].sum(), county[f"{prefix}curtailed_gwh"].sum()
        rate = 100 * curtailed / available
        carriers[carrier] = {
            "available_gwh": available,
            "used_gwh": available - curtailed,
            "curtailed_gwh": curtailed,
            "curtailment_percent": rate,
            "curtailment_percent_system_cause": rate,
            "curtailment_percent_provincial": 0.8 * rate,
            "curtailment_percent_local": 0.2 * rate,
        }
    total = carriers.pop("")
    return {
        "scenario": str(year),
        "year": year,
        "area": CITY,
        "area_en": "Yueyang",
        "carriers": carriers,
        **total,
        "target_percent": 5.0,
        "floor_percent": 10.0,
        "without_distributed": carriers["wind"],
        "node_area_curtailment_percent": 2.2,
        "both_areas_curtailment_percent": 2.3,
    }


def _manifest(year: int) -> dict[str, object]:
    return {
        "command": f"gridsim run studies/yueyang_{year}.toml --out out/yueyang_{year}",
        "created": f"{year - 4}-11-22 15:30:00+08:00",
        "gridsim": "0.1.0",
        "python": "3.11",
        "packages": {"numpy": "2.3.0", "pandas": "2.3.3"},
        "seed": 1,
        "inputs": {
            **{f"base/{t}.csv": "ab" * 32 for t in ("bus", "line", "wind")},
            "weather": "synthetic: gridsim.weather.synthetic from climate normals, typical year, seed 1"
            " (folder yueyang, year typical)",
            "demand": f"tables of network yueyang, scenario {year}, day-to-day seed 1",
            "series": "none",
        },
        "options": dataclasses.asdict(SimulationOptions()),
        "limits": {"export_mw": 7000.0, "import_mw": None},
        "changes": [{"table": "line", "name": "甲线", "column": "length_km", "value": 3.0}],
        "direction_fixes": 0,
        "checks_ok": True,
        "stages_s": {"read": 0.4, "dispatch": 9.8, "ac": 3.1},
        "windows": [{"window": k, "status": "optimal"} for k in range(365)],
    }

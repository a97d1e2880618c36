"""Invented tables of the inventory of a run, two or three rows each, with everything that a report can show."""

from __future__ import annotations

import numpy as np
import pandas as pd

AT = "2030-08-29 20:00:00+08:00"


def fake_inventory(*, year: int = 2030) -> dict[str, pd.DataFrame]:
    """Tables of :mod:`gridsim.inventory` as a run of ``year`` would write them; scenarios 2025 and ``year``."""
    return {**_grid(), **_plants(year), **_output(), **_sources()}


def _grid() -> dict[str, pd.DataFrame]:
    transformers = pd.DataFrame({
        "station": ["罗城", "平江县变", "长寿"], "county": ["汨罗市", "平江县", "平江县"],
        "element_type": ["trafo3w", "trafo3w", "trafo"], "vn_kv": [500.0, 220.0, 110.0], "units": [3, 2, 2],
        "rating": ["3×1000", "1×180+1×150", "2×50"], "sn_mva": [3000.0, 330.0, 100.0],
        "max_loading_percent": [44.3, 81.0, 101.5], "max_reverse_percent": [17.6, 36.0, 84.0],
        "peak_mw": [1295.0, 166.0, 1.0], "capacity_load_ratio": [2.32, 1.99, np.nan],
    })  # fmt: skip
    lines = pd.DataFrame({
        "element": ["昆山-罗城I回", "平江-长寿I回", "备用I回"], "county": ["汨罗市", "平江县", "平江县"],
        "vn_kv": [500.0, 110.0, 110.0], "from_station": ["昆山", "平江", "平江"],
        "to_station": ["罗城", "长寿", "长寿"],
        "std_type": ["4xLGJ-400", "LGJ-240", "LGJ-240"], "length_km": [55.1, 23.5, 20.0],
        "limit_summer_mw": [2343.0, 95.0, 95.0], "limit_winter_mw": [3182.0, 129.0, 129.0],
        "max_loading_percent": [10.1, 92.0, np.nan], "in_service": [True, True, False],
    })  # fmt: skip
    additions = pd.DataFrame({
        "element_type": ["line", "trafo"], "vn_kv": [220.0, 110.0], "in_service_from": [2026, 2028], "elements": [2, 3],
        "length_km": [17.0, np.nan], "sn_mva": [np.nan, 150.0],
    })  # fmt: skip
    return {"transformers": transformers, "lines": lines, "grid_additions": additions}


def _plants(year: int) -> dict[str, pd.DataFrame]:
    units = pd.DataFrame({
        "plant": ["平江电厂", "垃圾发电", "省内煤电"], "area": ["", "", "湖南其余"], "county": ["平江县", "汨罗市", ""],
        "carrier": ["coal", "waste", "coal"], "units": [2, 1, 20], "unit_mw": [1000.0, 12.0, 635.0],
        "max_p_mw": [2000.0, 12.0, 12700.0], "min_output_percent": [30.0, 100.0, 38.0],
        "heating_min_percent": [45.0, np.nan, np.nan], "commitment": ["by_fleet", "always", "merit"],
    })  # fmt: skip
    stores = pd.DataFrame({
        "storage": ["平江抽水蓄能电站", "湘阴储能电站"], "device": ["pumped_storage", "battery"], "area": "",
        "county": ["平江县", "湘阴县"], "units": [4.0, np.nan], "max_p_mw": [1400.0, 100.0],
        "energy_mwh": [8400.0, 200.0], "duration_h": [6.0, 2.0], "round_trip_percent": [75.0, 85.0],
        "in_service_from": [2027, 0],
    })  # fmt: skip
    boundary = pd.DataFrame({
        "kind": ["tie", "import", "demand", "installed"], "name": ["岳阳外送断面", "宁湘直流", "湖南其余", "coal"],
        "max_mw": [7000.0, 8000.0, 59000.0, 17000.0], "min_mw": [-5000.0, np.nan, np.nan, np.nan],
        "energy_gwh": [np.nan, 36000.0, 302000.0, np.nan],
    })  # fmt: skip
    rows = [
        ("2025", 2025, "scenario", "平江县", "wind", 100.0), ("2025", 2025, "scenario", "平江县", "coal", 2000.0),
        ("", 2027, "known", "平江县", "wind", 150.0), ("", 2027, "known", "平江县", "coal", 2000.0),
        (str(year), year, "scenario", "平江县", "wind", 250.0), (str(year), year, "scenario", "平江县", "coal", 2000.0),
        (str(year), year, "scenario", "湘阴县", "solar_utility", 210.0),
        (str(year), year, "scenario", "湘阴县", "solar_distributed", 330.0),
        ("草稿", 0, "unreadable", "", "", np.nan),
    ]  # fmt: skip
    rows = [row for row in rows if row[1] <= year]
    columns = ["scenario", "year", "scope", "county", "type", "installed_mw"]
    installed = pd.DataFrame(rows, columns=columns).drop_duplicates(ignore_index=True)
    return {"units": units, "stores": stores, "boundary": boundary, "installed": installed}


def _output() -> dict[str, pd.DataFrame]:
    demand = pd.DataFrame({
        "county": ["", "平江县", "湘阴县"], "max_mw": [900.0, 468.0, 442.0], "max_time": AT,
        "min_mw": [310.0, 160.0, 150.0], "energy_gwh": [4500.0, 2340.0, 2160.0],
        "load_factor_percent": [57.1, 57.0, 55.8], "peak_valley_mw": [220.0, 118.0, 110.0],
        "growth_percent": [4.87, 4.9, np.nan], "growth_from": [2025, 2025, 2025],
    })  # fmt: skip
    kinds = ["wind", "solar_utility", "solar_distributed", "solar", "total"]
    available = np.array([550.0, 220.0, 300.0, 520.0, 1070.0])
    curtailed = np.array([11.0, 7.0, 5.0, 12.0, 23.0])
    capacity = np.array([250.0, 210.0, 330.0, 540.0, 790.0])
    simulation = pd.DataFrame({
        "type": kinds, "installed_mw": capacity, "theoretical_gwh": available + 5.0, "available_gwh": available,
        "used_gwh": available - curtailed, "curtailed_gwh": curtailed,
        "curtailment_percent": 100.0 * curtailed / available, "full_load_h": 1e3 * (available - curtailed) / capacity,
        "max_curtailed_mw": [100.0, 80.0, 60.0, 140.0, 210.0], "max_curtailed_time": AT, "curtailed_h": 640.0,
    })  # fmt: skip
    months = pd.DataFrame(
        [(c, m, 40.0, 40.0 - 0.1 * m, 0.1 * m, 0.25 * m) for c in ("平江县", "湘阴县") for m in range(1, 13)],
        columns=["county", "month", "available_gwh", "used_gwh", "curtailed_gwh", "curtailment_percent"],
    )
    resource = pd.DataFrame({
        "county": ["", "平江县", "", "湘阴县"], "carrier": ["wind", "wind", "solar", "solar"],
        "installed_mw": [250.0, 250.0, 540.0, 540.0], "theoretical_full_load_h": [2286.0, 2346.0, 962.0, 970.0],
        "full_load_h": [2198.0, 2230.0, 952.0, 960.0], "guaranteed_percent": [0.5, 0.3, 1.1, 1.0],
        "max_output_percent": [89.6, 89.7, 78.2, 79.0], "coincidence_percent": [99.9, 100.0, 97.8, 98.0],
    })  # fmt: skip
    correlation = pd.DataFrame({
        "pair": ["wind-solar", "wind-demand", "solar-demand", "total-demand", "wind-counties", "solar-counties"],
        "correlation_pu": [-0.17, -0.07, 0.25, 0.21, 0.76, 0.88],
        "daily_correlation_pu": [0.02, -0.01, 0.24, 0.16, 0.83, 0.87],
    })  # fmt: skip
    return {
        "demand_by_county": demand, "simulation": simulation, "county_months": months,
        "resource_by_county": resource, "resource_correlation": correlation,
    }  # fmt: skip


def _sources() -> dict[str, pd.DataFrame]:
    sources = pd.DataFrame({
        "publisher": ["岳阳市统计局", ""], "title": ["2022年末常住人口", "项目公示"], "date": ["2022", ""],
        "second_hand": [True, False], "status": ["assumed published", "derived"], "entries": [2, 1],
        "tables": ["county", "thermal"],
    })  # fmt: skip
    return {"sources": sources}

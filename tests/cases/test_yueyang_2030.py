"""The main job end to end: Yueyang 2030 from tables to verdict and report, and the back-cast of 2025."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

COUNTIES = 13
RATE = ["available_gwh", "used_gwh", "curtailed_gwh", "curtailment_percent"]
OF_CARRIERS = [f"{p}{c}" for p in ("", "wind_", "solar_") for c in RATE]
OVERLOAD = [
    "element",
    "element_type",
    "county",
    "vn_kv",
    "direction",
    "max_loading_percent",
    "worst_time",
    "hours_over_80",
    "hours_over_100",
    "longest_run_h",
    "unavoidable",
]
#: design, section 3: columns that others read, in this order at the head of each table
COLUMNS = {
    **{f"curtailment_by_{key}": [key, *OF_CARRIERS] for key in ("county", "plant", "month", "hour")},
    "curtailment_by_cause": ["cause", "system_cause", "curtailed_gwh", "share_percent"],
    "curtailment_by_element": ["element", "outage"],
    "overload": OVERLOAD,
    "overload_before_redispatch": OVERLOAD,
    "voltage": [
        "bus",
        "county",
        "vn_kv",
        "min_vm_pu",
        "max_vm_pu",
        "band_min_pu",
        "band_max_pu",
        "hours_outside",
    ],
    "ac": ["time", "converged", "cause", "max_loading_percent", "min_vm_pu", "max_vm_pu", "losses_mw"],
    "storage": ["storage"],
    "balance": ["area"],
    "province": ["month"],
    "checks": ["check", "ok", "worst", "limit", "where"],
}


@pytest.fixture(scope="module")
def run(yueyang_2030):
    return yueyang_2030


@pytest.fixture(scope="module")
def tables(run):
    return run.findings.tables


@pytest.fixture(scope="module")
def summary(run):
    return run.findings.summary


def test_every_check_holds(tables):
    checks = tables["checks"]
    assert checks["ok"].all(), checks[~checks["ok"]]
    assert len(checks) >= 14
    assert np.isfinite(checks["worst"]).all()


@pytest.mark.parametrize("name", list(COLUMNS))
def test_tables_have_the_columns_others_read(tables, name):
    head = COLUMNS[name]
    assert list(tables[name].columns)[: len(head)] == head
    assert len(tables[name]) > 0


def test_folder_is_complete(run):
    hourly = {p.stem for p in (run.folder / "hourly").glob("*.parquet")}
    assert {"dispatch", "curtailment", "flow", "loading", "voltage", "storage"} <= hourly
    html = (run.folder / "report.html").read_text("utf-8")
    assert "岳阳" in html
    assert len(html) > 100_000
    assert set(run.findings.hourly["curtailment"].columns) == {
        "time", "plant", "cause", "element", "outage", "curtailed_mw",
    }  # fmt: skip
    manifest = run.findings.manifest
    assert len(manifest["windows"]) == 365
    assert {w["status"] for w in manifest["windows"]} == {"optimal"}
    assert manifest["simultaneous_steps_left"] == 0


def test_city_rate_is_plausible(summary):
    """1 to 4 %: the province lost 2.0 % in 2024 (published), and equal shares give the city the same on top of which
    only its own network comes.  A prototype of the province alone gave the city 1.0-2.7 % for 2030 over its seeds.
    0 % or 40 % would mean that the boundary is wrong: a province that takes everything, or one that takes nothing.
    """
    assert 1.0 < summary["curtailment_percent_system_cause"] < 4.0
    assert 1.0 < summary["both_areas_curtailment_percent"] < 4.0
    for carrier in ("wind", "solar"):
        assert 0.5 < summary["carriers"][carrier]["curtailment_percent"] < 6.0


def test_provincial_and_local_parts_add(summary):
    for figures in (summary, *summary["carriers"].values(), summary["without_distributed"]):
        parts = figures["curtailment_percent_provincial"] + figures["curtailment_percent_local"]
        assert parts == pytest.approx(figures["curtailment_percent"], rel=1e-9)
        assert figures["curtailment_percent_local"] >= 0.0
        assert figures["available_gwh"] == pytest.approx(figures["used_gwh"] + figures["curtailed_gwh"], rel=1e-12)


def test_every_table_tells_the_same_total(run, tables, summary):
    for key in ("county", "plant", "month", "hour"):
        table = tables[f"curtailment_by_{key}"]
        for column in RATE[:3]:
            assert table[column].sum() == pytest.approx(summary[column], rel=1e-9)
    for key in ("cause", "element"):
        assert tables[f"curtailment_by_{key}"]["curtailed_gwh"].sum() == pytest.approx(
            summary["curtailed_gwh"], rel=1e-5
        )
    hourly = run.findings.hourly["curtailment"]
    of_city = hourly[hourly["plant"].isin(tables["curtailment_by_plant"]["plant"])]
    assert of_city["curtailed_mw"].sum() / 1e3 == pytest.approx(summary["curtailed_gwh"], rel=1e-5)


def test_every_local_cause_has_a_name(tables):
    element = tables["curtailment_by_element"]
    assert set(element.loc[element["element"] == "", "cause"]) <= {"provincial"}


def test_thirteen_counties_and_four_gigawatt(run, tables):
    county = tables["county"]
    assert len(county) == COUNTIES
    assert set(tables["curtailment_by_county"]["county"]) == set(county["name"])
    installed = county[["wind_mw", "solar_utility_mw", "solar_distributed_mw"]].to_numpy().sum()
    assert installed == pytest.approx(4000.0, abs=50.0)
    plants = tables["curtailment_by_plant"]
    assert plants["max_p_mw"].sum() == pytest.approx(installed)
    assert (tables["curtailment_by_county"]["available_gwh"] > 0).all()


def test_every_hour_has_an_ac_row(run, tables):
    ac = tables["ac"]
    assert len(ac) == 8760
    time = pd.DatetimeIndex(pd.to_datetime(ac["time"]))
    assert time.is_unique
    assert pd.DatetimeIndex(run.case.dispatch.index).equals(time)
    assert ac["converged"].all()
    assert ac["losses_mw"].between(1.0, 400.0).all()


def test_all_demand_is_served(run):
    assert run.case.dispatch.role("unserved").to_numpy().max() < 1e-6


def test_the_province_closes_with_its_own_units(tables):
    """What the node area does not make itself comes over the tie, never from nowhere."""
    table = tables["province"]
    assert table["month"].tolist() == list(range(1, 13))
    gives = ["thermal_gwh", "hydro_gwh", "imports_gwh", "wind_gwh", "solar_gwh", "storage_gwh", "exchange_gwh"]
    error = table[[*gives, "unserved_gwh"]].sum(axis=1) - table["load_gwh"]
    assert error.abs().max() < 1e-6
    assert table["curtailed_gwh"].sum() > 100.0


def test_no_store_charges_and_discharges_at_once(run):
    storage = run.findings.hourly["storage"]
    assert storage[["charge_mw", "discharge_mw"]].min(axis=1).max() < 1e-3


def test_the_verdict_is_that_of_the_definitions(summary):
    """One weather year and no sensitivities: conditional at best, and every unmet clause is a reason."""
    assert summary["verdict"] == "conditional"
    text = "\n".join(summary["reasons"])
    assert "weather_years: 1 of 5" in text
    assert "sensitivities not run" in text
    assert "synthetic" in text


@pytest.mark.parametrize("name", ["yueyang_2030", pytest.param("yueyang_2025", marks=pytest.mark.slow)])
def test_simulating_changes_none_of_its_inputs(name, request):
    found = request.getfixturevalue(name)
    assert found.before == found.after
    assert len(found.before) > 30


@pytest.mark.slow
def test_backcast_of_2025(yueyang_2025):
    """Provincial rate between 1.1 and 3.1 %: 2.0 % was published for 2024; for 2025 nothing was found.

    The band is that of a prototype over its weather seeds, 1.5 to 3.1, widened down to its 1.1 for 2024: whoever
    leaves it has moved the boundary, not the weather.
    """
    summary = yueyang_2025.findings.summary
    assert 1.1 < summary["both_areas_curtailment_percent"] < 3.1
    assert 1.1 < summary["node_area_curtailment_percent"] < 3.1
    checks = yueyang_2025.findings.tables["checks"]
    assert checks["ok"].all(), checks[~checks["ok"]]
    assert "the AC power flow was switched off" in "\n".join(summary["reasons"])


@pytest.mark.slow
def test_more_wind_and_sun_in_2030_than_in_2025(yueyang_2030, yueyang_2025):
    now, then = (r.findings.tables["curtailment_by_plant"]["max_p_mw"].sum() for r in (yueyang_2030, yueyang_2025))
    assert now > then + 500.0


# --- the balances of the report close and lie where a planner expects them ------------------------------------


def test_power_balance_of_the_evening_peaks(tables) -> None:
    """Peaks of the tables (5.2 and 59 GW); installed 122.8 GW; the province's reserve margin is thin, not absurd."""
    sheet = tables["balance_power"]
    evening = sheet[sheet["moment"] == "evening_peak"].set_index(["area", "month"])
    assert len(evening) == 36
    both, city = evening.loc["both"], evening.loc["岳阳"]
    assert both["load_mw"].max() == pytest.approx(59_000.0, rel=1e-3)
    assert city["load_mw"].max() == pytest.approx(5_200.0, rel=1e-3)
    assert both["installed_mw"].between(115_000.0, 130_000.0).all()
    assert (both["reserve_mw"] / both["load_mw"]).between(0.109, 0.16).all()
    tight = both["surplus_mw"] / both["need_mw"]
    assert 0.0 < tight.min() < 0.25
    assert tight.idxmin() in (7, 8)
    assert (both["installed_wind_mw"] * 0.05).to_numpy() == pytest.approx(both["credited_wind_mw"].to_numpy())
    lost = both[["maintenance_mw", "forced_mw", "auxiliary_mw", "constrained_mw"]].sum(axis=1)
    own = both["credited_mw"] - both["credited_imports_mw"]
    assert (lost + own - both["installed_mw"]).abs().max() < 1e-6
    assert city["import_limit_mw"].unique().tolist() == [5000.0]


def test_maintenance_is_in_spring_and_autumn(tables) -> None:
    sheet = tables["balance_power"]
    out = sheet[(sheet["moment"] == "evening_peak") & (sheet["area"] == "both")].set_index("month")["maintenance_mw"]
    assert out[[4, 5, 10, 11]].min() > out[[1, 7, 8, 12]].max()


def test_energy_closes_and_utilisation_is_plausible(tables) -> None:
    """302 TWh; coal 1,500-3,500 h, hydro 2,800-3,600, wind 1,800-2,200, sun 850-1,100, links above 3,500."""
    balance = tables["balance"]
    energy = balance[(balance["kind"] == "energy") & balance["month"].notna()]
    sums = energy.pivot_table(index=["area", "month"], columns="side", values="energy_gwh", aggfunc="sum")
    assert (sums["supply"] - sums["draw"]).abs().max() < 1e-3
    both = energy[energy["area"] == "both"]
    assert both.loc[both["item"] == "load", "energy_gwh"].sum() == pytest.approx(302_000.0, rel=1e-3)
    hours = both.groupby("item")["utilisation_h"].sum()
    assert 1500 < hours["coal"] < 3500
    assert 2800 < hours["hydro"] < 3600
    assert 1800 < hours["wind"] < 2200
    assert 850 < hours["solar"] < 1100
    assert 3500 < hours["imports"] < 5000
    assert both.loc[both["item"] == "must_run_cut", "energy_gwh"].sum() == pytest.approx(0.0, abs=1e-6)


def test_regulation_explains_the_curtailment_of_its_hours(tables) -> None:
    """Curtailed at noon or in the valley is what plant at its minimum and the stores as they were leave over."""
    balance = tables["balance"]
    rows = balance[(balance["kind"] == "regulation") & (balance["source"].isna() | (balance["source"] == ""))]
    rows = rows.pivot_table(index=["area", "month", "moment"], columns="item", values="p_mw")
    assert (rows["required"] - rows["down_used"] - rows["curtailed"]).abs().max() < 1e-4
    sheet = tables["balance_regulation"]
    both = sheet[sheet["area"] == "both"].set_index(["month", "moment"])
    assert (both["curtailed_mw"] + both["margin_mw"]).min() > -1e-3
    assert (both["margin_possible_mw"] - both["margin_mw"]).min() > -1e-3
    noon = both.xs("noon", level="moment")
    assert noon["margin_mw"].idxmin() in (4, 5, 6)
    assert noon.loc[noon["margin_mw"].idxmin(), "curtailed_mw"] > 3000.0
    assert ("festival" in both.index.get_level_values("moment")) and both.loc[(2, "festival"), "load_mw"] < 27_000.0

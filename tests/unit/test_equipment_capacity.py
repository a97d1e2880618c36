"""Hosting capacity of equipment by hand: one station of Yueyang's tables with given demand and roofs.

万庾 (华容县, 2025): two units of 31.5 MVA, 110/10 kV, below 护城 (two units of 180 MVA, 220/110 kV); roofs of 17.97 MW.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from gridsim.equipment import EquipmentOptions, equipment_tables, supply_of
from gridsim.network import Network, read_network

YUEYANG = Path(__file__).parents[2] / "networks" / "yueyang"
INDEX = pd.date_range("2025-01-01", "2026-01-01", freq="1h", tz="Asia/Shanghai", inclusive="left")
#: a Wednesday in April, the Sunday before it, a Wednesday in July
WORKDAY, SUNDAY, SUMMER = (
    pd.Timestamp(f"2025-{day} 12:00", tz="Asia/Shanghai") for day in ("04-16", "04-13", "07-16")
)
ROOFS_MW = 17.97


@pytest.fixture(scope="module")
def network() -> Network:
    return read_network(YUEYANG, scenario="2025")


def tables(
    network: Network, demand_mw: float, roofs: dict[pd.Timestamp, float], other_mw: float = 0.0, **options: object
) -> dict[str, pd.DataFrame]:
    """Only 万庾 has demand and roofs; ``other_mw`` comes from a plant at 110 kV behind 护城's units."""
    available = pd.DataFrame(0.0, INDEX, [*network["wind"]["name"], *network["solar"]["name"]])
    for time, mw in roofs.items():
        available.loc[time, "万庾分布式光伏"] = mw
    load = pd.DataFrame(0.0, INDEX, list(network["load"]["name"]))
    load["万庾负荷"] = -demand_mw
    behind = supply_of(network)[220.0]
    zone = list(behind.zones["zone"]).index("护城")
    solar = network["solar"].set_index("name")
    plant = next(n for n, p in solar.iterrows() if p["kind"] == "utility" and behind.zone_of_bus.get(p["bus"]) == zone)
    sun = available[list(network["solar"]["name"])].copy()
    sun[plant] = other_mw
    power = {"load": load, "wind": available[list(network["wind"]["name"])], "solar": sun}
    registered = options.pop("registered_mw", None)
    return equipment_tables(
        network, power, available, options=EquipmentOptions(**options), registered_mw=registered  # type: ignore[arg-type]
    )  # fmt: skip


def row(table: pd.DataFrame, zone: str, vn_kv: float) -> pd.Series:
    return table[(table["zone"] == zone) & (table["vn_kv"] == vn_kv)].iloc[0]


def test_every_transformer_is_in_one_zone(network):
    levels = supply_of(network)
    two, three = network["trafo"], network["trafo3w"]
    high = network["bus"].set_index("name")["vn_kv"]
    assert levels[110.0].zones["units"].sum() == (two["hv_bus"].map(high) == 110).sum()
    assert levels[220.0].zones["units"].sum() == (three["hv_bus"].map(high) == 220).sum()
    assert set(levels[110.0].zones["superior"]) <= set(levels[220.0].zones["zone"])
    assert row(levels[110.0].zones.assign(vn_kv=110.0), "万庾", 110.0)["superior"] == "护城"


@pytest.mark.parametrize(
    ("roofs_mw", "rate_percent", "grade"),
    [(10.0, 100 * (10 - 16) / 63, "green"), (40.0, 100 * (40 - 16) / 63, "yellow"), (70.0, 100 * 54 / 63, "red")],
)
def test_reverse_load_rate_of_2019(network, roofs_mw, rate_percent, grade):
    """lambda = (P_DG - P_L) / S_e with S_e = 63 MVA; P_m = (1 - lambda) S_e 0.8."""
    found = row(tables(network, 16.0, {WORKDAY: roofs_mw})["hosting_equipment_2019"], "万庾", 110.0)
    assert found["max_reverse_rate_percent"] == pytest.approx(rate_percent)
    assert found["worst_time"] == str(WORKDAY)
    assert found["additional_mw"] == pytest.approx((1 - rate_percent / 100) * 63 * 0.8)
    assert found["own_grade"] == grade


def test_feeding_back_into_220_kv_makes_all_below_red_in_2019_only(network):
    """24 MW more than 16 MW of demand flow up through 护城: red there, so red below, though 万庾 alone is yellow."""
    found = tables(network, 16.0, {WORKDAY: 40.0})
    above = row(found["hosting_equipment_2019"], "护城", 220.0)
    assert above["back_feed"]
    assert above["grade"] == "red"
    station = row(found["hosting_equipment_2019"], "万庾", 110.0)
    assert (station["own_grade"], station["grade"]) == ("yellow", "red")
    assert row(found["hosting_equipment_2025"], "护城", 220.0)["grade"] == "green"


def test_open_capacity_of_2025(network):
    """tau = 10 / 17.97; S_d = (16 + 0.8 * 63 * 0.95) / tau; C1 = S_d - 17.97."""
    found = row(tables(network, 16.0, {WORKDAY: 10.0})["hosting_equipment_2025"], "万庾", 110.0)
    tau = 10.0 / ROOFS_MW
    assert found["tau_max_pu"] == pytest.approx(tau)
    assert found["capacity_mw"] == pytest.approx((16.0 + 0.8 * 63.0 * 0.95) / tau)
    assert found["c1_mw"] == pytest.approx(found["capacity_mw"] - ROOFS_MW)
    assert found["c2_mw"] == found["c1_mw"]
    assert found["grade"] == "green"


def test_parallel_units_of_220_kv_count_after_the_loss_of_the_largest(network):
    """护城, 2 x 180 MVA: beta = 1 - 180/360; 30 MW of a plant at 110 kV are other generation."""
    found = row(tables(network, 16.0, {WORKDAY: 10.0}, other_mw=30.0)["hosting_equipment_2025"], "护城", 220.0)
    assert found["reverse_limit_pu"] == 0.5
    assert (found["demand_mw"], found["other_mw"]) == (16.0, 30.0)
    expected = (16.0 - 30.0 + 0.5 * 360.0 * 0.95 + found["storage_mw"]) / found["tau_max_pu"]
    assert found["capacity_mw"] == pytest.approx(expected)
    split = row(tables(network, 16.0, {WORKDAY: 10.0}, parallel_kv=())["hosting_equipment_2025"], "护城", 220.0)
    assert split["reverse_limit_pu"] == 0.8


def test_typical_moment_is_a_working_noon_in_spring_or_autumn(network):
    """A brighter Sunday, a brighter July day and a brighter evening do not count."""
    brighter = {SUNDAY: 17.0, SUMMER: 17.0, WORKDAY + pd.Timedelta("5h"): 17.0}
    found = row(tables(network, 16.0, {WORKDAY: 10.0, **brighter})["hosting_equipment_2025"], "万庾", 110.0)
    assert found["typical_time"] == str(WORKDAY)
    assert found["tau_max_pu"] == pytest.approx(17.0 / ROOFS_MW)  # the highest output of the year


def test_registered_projects_and_new_storage(network):
    """C2 = C1 - registered: yellow when they use it up; 5 MW of new stores inside the fraction weigh 1 / tau more."""
    plain = row(tables(network, 16.0, {WORKDAY: 10.0})["hosting_equipment_2025"], "万庾", 110.0)
    used = tables(network, 16.0, {WORKDAY: 10.0}, registered_mw={"万庾10": plain["c1_mw"] + 1.0})
    assert row(used["hosting_equipment_2025"], "万庾", 110.0)["grade"] == "yellow"
    tau = 10.0 / ROOFS_MW
    for where, more in (("inside", 5.0 / tau), ("after", 5.0)):
        store = tables(network, 16.0, {WORKDAY: 10.0}, new_storage_mw=5.0, new_storage=where)
        found = row(store["hosting_equipment_2025"], "万庾", 110.0)
        assert found["capacity_mw"] == pytest.approx(plain["capacity_mw"] + more)


def test_a_county_gets_the_smaller_of_its_share_above_and_its_stations(network):
    """All demand behind 护城 is 万庾's, so 华容县 has all of 护城's capacity and nothing of zones without demand."""
    found = tables(network, 16.0, {WORKDAY: 10.0})
    county = found["hosting_equipment_county"].set_index("county").loc["华容县"]
    new = found["hosting_equipment_2025"]
    assert county["upper_mw"] == pytest.approx(row(new, "护城", 220.0)["capacity_mw"])
    lower = new[(new["vn_kv"] == 110.0) & (new["county"] == "华容县")]["capacity_mw"].sum()
    assert county["lower_mw"] == pytest.approx(lower)
    assert county["capacity_mw"] == min(county["upper_mw"], county["lower_mw"])
    roofs = network["solar"]
    mine = roofs[(roofs["county"] == "华容县") & (roofs["kind"] == "distributed")]["max_p_mw"].sum()
    assert county["connected_mw"] == pytest.approx(mine)


def test_more_demand_never_allows_less(network):
    few, many = (tables(network, mw, {WORKDAY: 10.0}) for mw in (10.0, 20.0))
    for name in ("hosting_equipment_2025", "hosting_equipment_2019"):
        column = "capacity_mw" if name.endswith("2025") else "additional_mw"
        assert (many[name][column] >= few[name][column] - 1e-9).all()
    assert np.isfinite(many["hosting_equipment_county"].select_dtypes("number").to_numpy()).all()

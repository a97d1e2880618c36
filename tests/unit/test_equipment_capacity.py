"""Hosting capacity of equipment by hand: one station of Yueyang's tables with given demand and roofs.

万庾 (华容县, 2025): two units of 31.5 MVA, 110/10 kV, below 护城 (two units of 180 MVA, 220/110 kV); roofs of 17.97 MW.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import toy

from gridsim.equipment import EquipmentOptions, EquipmentSection, equipment_tables, supply_of
from gridsim.equipment.checks import hosted_mw
from gridsim.equipment.levels import limited_2025
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
    power["battery"] = pd.DataFrame(0.0, INDEX, list(network["battery"]["name"]))
    registered = options.pop("registered", None)
    return equipment_tables(
        network, power, available, options=EquipmentOptions(**options), registered=registered  # type: ignore[arg-type]
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
    expected = (16.0 - 30.0 + 0.5 * 360.0 * 0.95) / found["tau_max_pu"]
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
    used = tables(network, 16.0, {WORKDAY: 10.0}, registered={"万庾10": plain["c1_mw"] + 1.0})
    assert row(used["hosting_equipment_2025"], "万庾", 110.0)["grade"] == "yellow"
    tau = 10.0 / ROOFS_MW
    for where, more in (("inside", 5.0 / tau), ("after", 5.0)):
        store = tables(network, 16.0, {WORKDAY: 10.0}, new_storage_mw=5.0, new_storage=where, storage_min_pu=1.0)
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


def test_levels_and_county_limit_values_too():
    """Station a would open 60, its superior opens 50, b's county 30, c is its own limit; A is not tied to a county."""
    columns = ["zone", "county", "superior", "c1_mw", "c2_mw", "own_grade"]
    upper = pd.DataFrame([("A", "K", "", 50.0, 45.0, "green"), ("B", "K", "", -1.0, -1.0, "red")], columns=columns)
    rows = [
        ("a", "J", "A", 60.0, 60.0, "green"), ("b", "K", "A", 60.0, 60.0, "green"),
        ("c", "J", "A", 20.0, -5.0, "yellow"),
        ("d", "J", "B", 20.0, 20.0, "green"),
    ]  # fmt: skip
    county = pd.DataFrame({"county": ["J", "K"], "c1_mw": [80.0, 30.0], "c2_mw": [80.0, -1.0]})
    found = limited_2025([upper, pd.DataFrame(rows, columns=columns)], county).set_index("zone")
    assert found["limited_c1_mw"].to_dict() == {"A": 50.0, "B": -1.0, "a": 50.0, "b": 30.0, "c": 20.0, "d": -1.0}
    assert found["limited_c2_mw"].to_dict() == {"A": 45.0, "B": -1.0, "a": 45.0, "b": -1.0, "c": -5.0, "d": -1.0}
    assert found["limited_by"].to_dict() == {"A": "", "B": "", "a": "A", "b": "K", "c": "", "d": "B"}
    grades = {"A": "green", "B": "red", "a": "green", "b": "yellow", "c": "yellow", "d": "red"}
    assert found["grade"].to_dict() == grades


def test_red_above_is_red_below_in_2025(network):
    """300 MW of a plant behind 护城 (beta S cos phi = 171 MW): C1 below 0, so its stations are red, green alone."""
    found = tables(network, 16.0, {WORKDAY: 10.0}, other_mw=300.0)["hosting_equipment_2025"]
    assert row(found, "护城", 220.0)["own_grade"] == "red"
    station = row(found, "万庾", 110.0)
    assert (station["own_grade"], station["grade"]) == ("green", "red")


def test_lower_end_of_the_interval_decides(network):
    """Stores behind 华容二站 take 100 MW: the upper end counts them, C1 and the grade do not."""
    found = row(tables(network, 16.0, {WORKDAY: 10.0})["hosting_equipment_2025"], "华容二站", 220.0)
    assert found["storage_mw"] == 100.0
    assert found["capacity_high_mw"] - found["capacity_mw"] == pytest.approx(100.0 / found["tau_max_pu"])
    assert found["c1_mw"] == pytest.approx(found["capacity_mw"] - found["connected_mw"])


def test_registered_projects_of_the_network(network):
    """A table of the network: projects of later years and above 35 kV are not counted, two of one bus add up."""
    rows = {
        "甲": ("万庾10", 5.0, 2024),
        "乙": ("万庾10", 7.0, 2025),
        "丙": ("万庾10", 9.0, 2026),
        "丁": ("万庾110", 50.0, 0),
    }
    projects = pd.DataFrame.from_dict(rows, orient="index", columns=["bus", "max_p_mw", "year"])
    projects = projects.rename_axis("name").reset_index()
    with_projects = network.with_table("registered_project", projects.assign(county="华容县", carrier="solar"))
    found = tables(with_projects, 16.0, {WORKDAY: 10.0})
    station = row(found["hosting_equipment_2025"], "万庾", 110.0)
    assert station["registered_mw"] == 12.0
    assert station["c2_mw"] == pytest.approx(station["c1_mw"] - 12.0)
    county = found["hosting_equipment_county"].set_index("county").loc["华容县"]
    assert (county["registered_mw"], county["c2_mw"]) == (12.0, pytest.approx(county["c1_mw"] - 12.0))


def test_the_edition_is_a_switch(network):
    """Feeding back at 护城 makes 华容县's stations red in 2019 only; the headline follows the chosen edition."""
    for edition, column in (("2025", "c1_mw"), ("2019", "additional_2019_mw")):
        county = tables(network, 16.0, {WORKDAY: 40.0}, edition=edition)["hosting_equipment_county"]
        assert (county["grade"] == county[f"grade_{edition}"]).all()
        assert county["open_mw"].to_numpy() == pytest.approx(county[column].clip(lower=0.0).to_numpy())
        assert set(county["edition"]) == {edition}
    assert county.set_index("county").loc["华容县", "grade"] == "yellow"  # its other stations hang elsewhere


def test_months_of_a_quarter(network):
    """Only January to March: the brighter April day does not count."""
    winter = pd.Timestamp("2025-01-15 12:00", tz="Asia/Shanghai")
    found = tables(network, 16.0, {WORKDAY: 40.0, winter: 20.0}, months=(1, 2, 3))
    assert row(found["hosting_equipment_2019"], "万庾", 110.0)["worst_time"] == str(winter)
    assert row(found["hosting_equipment_2025"], "万庾", 110.0)["typical_time"] == str(winter)


def test_failed_checks_are_listed_or_red(network):
    """A ceiling of 1 kA fails everywhere: own columns by default, red on request."""
    options = {"short_circuit_limit_ka": {10.0: 1.0, 110.0: 1.0, 220.0: 1.0}}
    listed = tables(network, 16.0, {WORKDAY: 10.0}, **options)["hosting_equipment_2025"]
    assert not listed["short_circuit_ok"].any()
    assert row(listed, "万庾", 110.0)["grade"] == "green"
    red = tables(network, 16.0, {WORKDAY: 10.0}, failed_checks="red", **options)["hosting_equipment_2025"]
    assert set(red["grade"]) == {"red"}


def chain() -> Network:
    """Outside grid at a 220 kV bus, one unit of 120 MVA to 110 kV, one unit of 40 MVA to 10 kV; roofs of 10 MW."""
    def unit(name: str, hv: str, lv: str, sn_mva: float, kv: tuple[float, float], vkr_percent: float) -> dict:
        return {"name": name, "hv_bus": hv, "lv_bus": lv, "sn_mva": sn_mva, "vn_hv_kv": kv[0], "vn_lv_kv": kv[1],
                "vk_percent": 10.0, "vkr_percent": vkr_percent, "pfe_kw": 0.0, "i0_percent": 0.0, "tap_pos": 0,
                "tap_min": 0, "tap_max": 0, "tap_step_percent": 0.0, "station": lv, "county": "county"}  # fmt: skip

    return toy.network(
        bus=[toy.bus("top", 220.0), toy.bus("mid", 110.0), toy.bus("low", 10.0)],
        area=[{"name": "city", "kind": "detailed"}, {"name": "outside", "kind": "node"}],
        area_link=[{"area": "outside", "bus": "top", "share_pu": 1.0}],
        trafo=[
            unit("T1", "top", "mid", 120.0, (220.0, 110.0), 0.0), unit("T2", "mid", "low", 40.0, (110.0, 10.0), 0.5),
        ],
        solar=[{"name": "roofs", "bus": "low", "county": "county", "kind": "distributed", "max_p_mw": 10.0}],
        load=[{"name": "load", "bus": "low", "county": "county", "max_p_mw": 5.0}],
    )  # fmt: skip


def test_checks_by_hand():
    """One chain: outside 30 kA with R/X 0.1, T2 with 0.5 % losses; demand 5 MW, roofs 8 of 10 MW at noon.

    S_d of T2: (5 + 0.8 * 40 * 0.95) / 0.8 = 44.25, C1 = 34.25 MW, 27.4 MW of them at noon.
    R at 10 kV on 100 MVA: outside 1.1 * 100 / (sqrt(3) 220 * 30) * 0.1 / sqrt(1.01) = 0.000957 p.u.,
    T2 0.005 * 100/40 * K_T (0.9861) = 0.012327: rise (0.000957 + 0.012327) * 0.274 = 0.364 %.
    """
    net = chain()
    index = pd.date_range("2025-04-01", "2025-05-01", freq="1h", tz="Asia/Shanghai", inclusive="left")
    sun = pd.DataFrame({"roofs": np.where(index.hour == 12, 8.0, 0.0)}, index)
    power = {"solar": sun, "load": pd.DataFrame({"load": -5.0}, index)}
    found = equipment_tables(net, power, sun)["hosting_equipment_2025"]
    low = row(found, "low", 110.0)
    assert low["c1_mw"] == pytest.approx(34.25)
    kt = 0.95 * 1.1 / (1 + 0.6 * np.sqrt(0.1**2 - 0.005**2))
    outside = 1.1 * 100 / (np.sqrt(3) * 220 * 30)
    r = outside * 0.1 / np.sqrt(1.01) + 0.005 * 2.5 * kt
    assert low["voltage_rise_percent"] == pytest.approx(100 * r * 0.8 * 34.25 / 100)
    assert low["voltage_rise_percent"] == pytest.approx(0.364, abs=1e-3)
    assert (low["voltage_rise_limit_percent"], low["voltage_rise_ok"]) == (7.0, True)
    added = 1.2 * 34.25 / 0.95 / np.sqrt(3) / 10.0  # all of it at the faulted bus
    assert low["short_circuit_hosted_ka"] - low["short_circuit_ka"] == pytest.approx(added)
    assert (low["short_circuit_bus"], low["short_circuit_limit_ka"]) == ("low", 20.0)


def test_without_a_source_nothing_is_said_of_checks():
    net = chain()
    empty = toy.network(**{t: f.to_dict("records") for t, f in net.tables.items() if t != "area_link"})
    index = pd.date_range("2025-04-01", "2025-05-01", freq="1h", tz="Asia/Shanghai", inclusive="left")
    sun = pd.DataFrame({"roofs": 0.0}, index)
    found = equipment_tables(empty, {"solar": sun}, sun)["hosting_equipment_2025"]
    assert found["short_circuit_ok"].isna().all()
    assert found["voltage_rise_percent"].isna().all()


def test_hosted_at_once_is_not_more_than_the_superior_opens():
    """Two stations of 60 and 40 under one that opens 50: 30 and 20."""
    zones = pd.DataFrame({"zone": ["A", "a", "b"], "vn_kv": [220.0, 110.0, 110.0], "superior": ["", "A", "A"]})
    found = hosted_mw(zones, pd.Series([50.0, 60.0, 40.0]))
    assert found.tolist() == pytest.approx([0.0, 30.0, 20.0])
    assert hosted_mw(zones, pd.Series([-1.0, 60.0, 40.0])).tolist() == [0.0, 0.0, 0.0]


def test_section_of_a_study():
    """Every option has its key; limits of short circuit by voltage."""
    assert EquipmentSection().options() == EquipmentOptions()
    options = EquipmentSection(edition="2019", new_storage="after", short_circuit_limit_10_ka=25.0).options()
    assert (options.edition, options.new_storage, options.short_circuit_limit_ka[10.0]) == ("2019", "after", 25.0)
    with pytest.raises(ValueError, match="1 to 12"):
        EquipmentSection(months=(13,))

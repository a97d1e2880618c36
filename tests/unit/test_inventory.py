"""What a report lists beside the results, by hand: equipment, units and stores, demand, output, years, sources."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from folder_of_tables import TABLES, write_folder
from test_n1 import feeder
from test_rates import RHO, SUN_MWH, WIND_MWH, two_counties

from gridsim.ac import station_units_table
from gridsim.curtailment import ledger
from gridsim.curtailment.rates import Energies, energies, plant_energy
from gridsim.inventory import known_between, planned, source_table, with_growth
from gridsim.inventory.grid import addition_table, line_table, transformer_table
from gridsim.inventory.output import (
    correlation_table,
    county_month_table,
    demand_table,
    resource_table,
    simulation_table,
)
from gridsim.inventory.plants import boundary_table, installed_table, store_table, unit_table
from gridsim.inventory.sources import works_of
from gridsim.network import Network, read_network

MORE = {
    "base/pumped_storage.csv": (
        "name,bus,county,units,max_p_mw,max_pump_mw,energy_mwh,efficiency_pump_percent,efficiency_turbine_percent,"
        "in_service_from\n江北抽蓄,江北110,汨罗市,4,1400,1400,8400,90,80,2027\n"
    ),
    "base/battery.csv": (
        "name,bus,county,max_p_mw,energy_mwh,efficiency_charge_percent,efficiency_discharge_percent\n"
        "江北储能,江北110,汨罗市,50,100,90,90\n"
    ),
    "base/section.csv": "name,max_p_mw,min_p_mw,kind\n外送断面,45,-80,tie\n",
    "base/section_branch.csv": "section,element_type,element,weight_pu\n外送断面,line,汉昌-外网I回,1\n",
    "base/thermal_minimum.csv": "thermal,month,min_p_pu\n"
    + "".join(f"江北热电,{m},{0.75 if m == 1 else 0.6}\n" for m in range(1, 13)),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_folder(tmp_path / "net", MORE)


@pytest.fixture
def network(folder: Path) -> Network:
    return read_network(folder, scenario="2030")


def rows(table: pd.DataFrame, *columns: str) -> list[tuple[object, ...]]:
    return list(table[list(columns)].itertuples(index=False, name=None))


# --- equipment -----------------------------------------------------------------------------------------------


def test_transformers_are_listed_by_station(network: Network) -> None:
    """Two units of 50 MVA; without the power flow no loading."""
    table = transformer_table(network, None)
    assert rows(table, "station", "county", "vn_kv", "units", "rating", "sn_mva") == [
        ("汉昌", "平江县", 110.0, 2, "2×50", 100.0)
    ]
    assert table["max_loading_percent"].isna().all()


def test_loading_reverse_loading_and_ratio_of_a_station() -> None:
    """63 MVA; at most 40 MW and losses down, 31.5 MW less losses up: ratio 1.57, reverse 50 % less 0.2."""
    net, state = feeder([-20.0, 31.5, -40.0])
    row = transformer_table(net, state).iloc[0]
    down, up = float(state.p_from_mw[2, 0]), -float(state.p_from_mw[1, 0])
    assert row["peak_mw"] == pytest.approx(down)
    assert row["capacity_load_ratio"] == pytest.approx(63.0 / down) == pytest.approx(1.57, abs=0.01)
    assert row["max_reverse_percent"] == pytest.approx(100.0 * up / 63.0)
    assert row["max_loading_percent"] == pytest.approx(float(np.nanmax(state.loading_percent)))
    assert row["rating"] == "1×63"


def test_a_station_that_feeds_next_to_nothing_has_no_ratio() -> None:
    """3 MW of 63 MVA are below 5 %; 40 MW upwards are no load."""
    for power in ([-3.0, 40.0], [10.0, 40.0]):
        net, state = feeder(power)
        assert np.isnan(station_units_table(state, net)["capacity_load_ratio"]).all()


def test_limits_of_lines_by_season(network: Network) -> None:
    """LGJ-240 at 110 kV: sqrt(3) x 110 x 0.525 x 0.95 = 95.0 MW in summer, 0.713 kA: 129.1 MW in winter."""
    table = line_table(network, None, power_factor_pu=0.95).set_index("element")
    row = table.loc["汉昌-外网I回"]
    assert row["limit_summer_mw"] == pytest.approx(95.024, abs=1e-2)
    assert row["limit_winter_mw"] == pytest.approx(129.05, abs=1e-1)
    assert (row["from_station"], row["to_station"], row["length_km"]) == ("汉昌", "外网", 50.0)
    assert not table.loc["汉昌-江北I回", "in_service"] and table["max_loading_percent"].isna().all()


def test_new_equipment_is_counted_by_year(tmp_path: Path) -> None:
    """One line of 62 km from 2028; without years there are no rows."""
    head, *lines = TABLES["line"].splitlines()
    changed = [f"{head},in_service_from", f"{lines[0]},0", f"{lines[1]},2028", f"{lines[2]},0"]
    net = read_network(write_folder(tmp_path / "n", {"base/line.csv": "\n".join(changed) + "\n"}), scenario="2030")
    table = addition_table(net)
    assert rows(table, "element_type", "vn_kv", "in_service_from", "elements", "length_km") == [
        ("line", 110.0, 2028, 1, 62.0)
    ]
    assert addition_table(read_network(write_folder(tmp_path / "m"), scenario="2030")).empty


# --- plants --------------------------------------------------------------------------------------------------


def test_units_with_their_minimum_in_the_heating_season(network: Network) -> None:
    """60 % by the table, 75 % in the coldest month; no flag and no rule: on in merit order."""
    assert rows(
        unit_table(network, rule="merit"),
        *("plant", "units", "unit_mw", "min_output_percent", "heating_min_percent", "commitment"),
    ) == [("江北热电", 1, 30.0, 60.0, 75.0, "merit")]


def test_how_units_are_started(tmp_path: Path) -> None:
    text = TABLES["thermal"].replace("cost_cny_per_mwh\n", "cost_cny_per_mwh,must_run\n").replace(",300\n", ",300,1\n")
    held = read_network(write_folder(tmp_path / "a", {"base/thermal.csv": text}), scenario="2030")
    assert unit_table(held, rule="merit")["commitment"].tolist() == ["always"]
    fleet = {"base/must_run.csv": "carrier,fleet_share_pu,load_share_pu\ncogeneration,0.3,0\n"}
    by_fleet = read_network(write_folder(tmp_path / "b", fleet), scenario="2030")
    assert unit_table(by_fleet, rule="milp")["commitment"].tolist() == ["by_fleet"]


def test_stores_with_duration_and_round_trip(network: Network) -> None:
    """8,400 MWh over 1,400 MW: 6 h, 0.9 x 0.8 = 72 %; the battery 2 h, 81 %."""
    found = rows(store_table(network), "storage", "units", "duration_h", "round_trip_percent", "in_service_from")
    assert found[0] == ("江北抽蓄", 4.0, 6.0, pytest.approx(72.0), 2027)
    assert found[1][0] == "江北储能" and np.isnan(found[1][1]) and found[1][2:] == (2.0, pytest.approx(81.0), 0)


def test_the_boundary_lists_sections_and_demand(network: Network) -> None:
    found = rows(boundary_table(network).fillna(-1.0), "kind", "name", "max_mw", "min_mw", "energy_gwh")
    assert found == [("tie", "外送断面", 45.0, -80.0, -1.0), ("demand", "岳阳", 40.0, -1.0, 200.0)]


def test_installed_capacity_by_kind(network: Network) -> None:
    """2030: roofs 18 MW by the overlay, a farm of 20 MW, 30 MW cogeneration, 1,400 and 50 MW of stores."""
    found = {(c, t): mw for c, t, mw in rows(installed_table(network), "county", "type", "installed_mw")}
    assert found == {
        ("平江县", "solar_distributed"): 18.0, ("汨罗市", "solar_utility"): 20.0, ("汨罗市", "cogeneration"): 30.0,
        ("汨罗市", "pumped_storage"): 1400.0, ("汨罗市", "battery"): 50.0,
    }  # fmt: skip


@pytest.mark.parametrize(("year", "roofs", "farm", "pumped"), [(2026, 12.0, 0.0, 0.0), (2029, 12.0, 20.0, 1400.0)])
def test_a_year_between_two_scenarios_is_a_lower_bound(
    year: int, roofs: float, farm: float, pumped: float, folder: Path
) -> None:
    """Roofs grow from 12 to 18 MW at no stated time: 12; the farm comes in 2028, pumped storage in 2027."""
    earlier, later = (read_network(folder, scenario=s) for s in ("2025", "2030"))
    found = known_between(earlier, later, year).groupby("type")["installed_mw"].sum()
    assert found.get("solar_distributed") == roofs
    assert found.get("solar_utility", 0.0) == farm and found.get("pumped_storage", 0.0) == pumped


def test_scenarios_side_by_side(folder: Path) -> None:
    networks = [read_network(folder, scenario=s) for s in ("2030", "2025")]
    table = planned(networks, (2027, 2040), unreadable=["草稿"])
    keys = table[["year", "scenario", "scope"]].drop_duplicates()
    assert rows(keys, "year", "scenario", "scope") == [
        (0, "草稿", "unreadable"), (2025, "2025", "scenario"), (2027, "", "known"), (2030, "2030", "scenario"),
    ]  # fmt: skip
    assert (table.loc[table["scope"] != "unreadable", "county"] != "").all()


def test_growth_of_demand(folder: Path) -> None:
    """The peak of the only county grows from 40 to 50 MW in five years: 4.56 % a year."""
    (folder / "scenarios/2030/load.csv").write_text("name,max_p_mw\n汉昌负荷,50\n", encoding="utf-8")
    networks = [read_network(folder, scenario=s) for s in ("2025", "2030")]
    demand = pd.DataFrame({"county": ["", "平江县"], "max_mw": [50.0, 50.0]})
    found = with_growth(demand, networks, 2030)
    assert found["growth_percent"].tolist() == pytest.approx([4.5640, 4.5640], abs=1e-3)
    assert found["growth_from"].tolist() == [2025, 2025]
    assert with_growth(demand, networks, 2025)["growth_percent"].isna().all()


# --- output and demand ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module", params=["1h", "15min"])
def found(request: pytest.FixtureRequest) -> Energies:
    network, d = two_counties(request.param)
    return energies(plant_energy(network, d), ledger(d))


def test_totals_by_kind_of_plant(found: Energies) -> None:
    """Wind 240 MWh of which 12.5 + 52 + 0 + 50 are cut, at most 52 MW in the second of three hours."""
    table = simulation_table(found).set_index("type")
    assert list(table.index) == ["wind", "solar_utility", "solar_distributed", "solar", "total"]
    wind = table.loc["wind"]
    assert wind["available_gwh"] * 1e3 == pytest.approx(WIND_MWH.sum())
    assert wind["curtailed_gwh"] * 1e3 == pytest.approx((RHO * WIND_MWH).sum())
    assert wind["max_curtailed_mw"] == pytest.approx(52.0) and wind["max_curtailed_time"].startswith("2030-04-30 23:00")
    assert wind["curtailed_h"] == 3.0
    assert wind["full_load_h"] == pytest.approx(((1 - RHO) * WIND_MWH).sum() / 100.0)
    parts = table.loc[["solar_utility", "solar_distributed"]]
    for column in ("installed_mw", "available_gwh", "curtailed_gwh"):
        assert parts[column].sum() == pytest.approx(table.loc["solar", column])
        assert table.loc[["wind", "solar"], column].sum() == pytest.approx(table.loc["total", column])


def test_counties_by_month(found: Energies) -> None:
    """The last two hours of April and the first two of May."""
    table = county_month_table(found).set_index(["county", "month"])
    for month, hours in ((4, slice(0, 2)), (5, slice(2, 4))):
        for county, available in (("东", WIND_MWH), ("西", SUN_MWH)):
            row = table.loc[(county, month)]
            assert row["available_gwh"] * 1e3 == pytest.approx(available[hours].sum())
            rate = 100.0 * (RHO * available)[hours].sum() / available[hours].sum()
            assert row["curtailment_percent"] == pytest.approx(rate)


def test_hours_and_simultaneity_before_curtailment(found: Energies) -> None:
    """One county of wind, one of sun: the city's figures are the county's; 240 MWh of 100 MW are 2.4 h."""
    table = resource_table(found).set_index(["carrier", "county"])
    for county in ("", "东"):
        row = table.loc[("wind", county)]
        assert row["full_load_h"] == pytest.approx(2.4) and row["max_output_percent"] == pytest.approx(100.0)
        assert row["coincidence_percent"] == pytest.approx(100.0)
    sun = table.loc[("solar", "西")]
    assert sun["max_output_percent"] == pytest.approx(100.0 * 50.0 / 60.0)
    assert sun["guaranteed_percent"] >= 100.0 * 30.0 / 60.0  # the hour without sun does not count


def test_simultaneity_of_two_counties() -> None:
    """Highest 10 and 20 MW at different times, together at most 22: 73.3 %; then A gives 2 of its 10 MW."""
    index = pd.date_range("2030-01-01", periods=3, freq="h", tz="Asia/Shanghai")
    power = pd.DataFrame({"a": [10.0, 2.0, 0.0], "b": [5.0, 20.0, 0.0]}, index=index)
    plants = pd.DataFrame({
        "plant": ["a", "b"], "carrier": "wind", "county": ["A", "B"], "kind": "utility", "max_p_mw": [10.0, 20.0],
    })  # fmt: skip
    frames = dict.fromkeys(("theoretical", "available"), power) | {"curtailed": 0.0 * power}
    table = resource_table(Energies(frames, plants)).set_index("county")["coincidence_percent"]
    assert table.to_dict() == pytest.approx({"": 100.0 * 22 / 30, "A": 20.0, "B": 100.0})


def test_correlation_of_wind_sun_and_demand() -> None:
    """Sun is 10 less wind (-1), demand twice the sun (+1); one county each has no pair of counties."""
    index = pd.date_range("2030-01-01", periods=48, freq="h", tz="Asia/Shanghai")
    wind = np.tile(np.arange(24.0), 2) / 24.0 * 10.0
    power = pd.DataFrame({"w": wind, "s": 10.0 - wind}, index=index)
    plants = pd.DataFrame({
        "plant": ["w", "s"], "carrier": ["wind", "solar"], "county": ["A", "B"], "kind": "utility", "max_p_mw": 10.0,
    })  # fmt: skip
    frames = dict.fromkeys(("theoretical", "available"), power) | {"curtailed": 0.0 * power}
    table = correlation_table(Energies(frames, plants), 2.0 * power["s"]).set_index("pair")["correlation_pu"]
    assert table.to_dict() == pytest.approx({"wind-solar": -1.0, "wind-demand": -1.0, "solar-demand": 1.0})


@pytest.mark.parametrize("step", ["1h", "15min"])
def test_demand_of_a_day(step: str) -> None:
    """A: 12 h at 10 MW, 12 h at 30; B the other way round at 20: the city has 30 and 50 MW, mean 40, factor 0.8."""
    index = pd.date_range("2030-01-01", "2030-01-02", freq=step, inclusive="left", tz="Asia/Shanghai")
    late = np.asarray(index.hour) >= 12
    demand = pd.DataFrame({"A": np.where(late, 30.0, 10.0), "B": np.full(len(index), 20.0)}, index=index)
    table = demand_table(demand).set_index("county")
    assert table.loc["", ["max_mw", "min_mw", "peak_valley_mw"]].tolist() == [50.0, 30.0, 20.0]
    assert table.loc["", "load_factor_percent"] == pytest.approx(80.0)
    assert table.loc["", "energy_gwh"] == pytest.approx(0.96) and table.loc["A", "energy_gwh"] == pytest.approx(0.48)


# --- sources -------------------------------------------------------------------------------------------------


def test_works_are_divided_outside_brackets_and_judgement_is_none() -> None:
    assert works_of("甲 2020 (seen second-hand; copy);engineering judgement (工程经验)；乙") == [
        "甲 2020 (seen second-hand; copy)", "乙",
    ]  # fmt: skip


def test_sources_with_publisher_title_date_and_copies_marked(tmp_path: Path) -> None:
    """The longer name of a work wins; another scenario's row is left out; a work without title is none."""
    (tmp_path / "sources.csv").write_text(
        "table,name,column,scenario,status,confidence,source,note\n"
        "line,*,*,*,published,high,某局 公报 2020 (seen second-hand),\n"
        "bus,*,*,2030,assumed,low,某局 公报 2020;某局 公报 2020 附录,\n"
        "bus,*,*,2025,assumed,low,别的,\n"
        "wind,*,*,*,derived,low,无名;街谈,\n",
        encoding="utf-8",
    )
    (tmp_path / "bibliography.csv").write_text(
        "work,publisher,title,date\n某局 公报 2020,某局,公报,2020\n某局 公报 2020 附录,某局,公报附录,2020\n街谈,,,\n",
        encoding="utf-8",
    )
    table = source_table([tmp_path, tmp_path / "nowhere"], scenario="2030")
    assert rows(table, "publisher", "title", "date", "second_hand", "status", "entries", "tables") == [
        ("", "无名", "", False, "derived", 1, "wind"),
        ("某局", "公报", "2020", True, "assumed published", 2, "bus line"),
        ("某局", "公报附录", "2020", False, "assumed", 1, "bus"),
    ]


def test_every_work_of_yueyang_is_in_its_bibliography() -> None:
    """A source that no entry of the bibliography names would stand without publisher and date."""
    root = Path(__file__).parents[2]
    table = source_table([root / "networks/yueyang", root / "weather/yueyang"], scenario="2030")
    known = set()
    for folder in ("networks", "weather"):
        known |= set(pd.read_csv(root / folder / "yueyang/bibliography.csv", dtype=str)["title"].dropna())
    assert set(table["title"]) <= known
    assert table["second_hand"].any() and not table["second_hand"].all()

"""Power, energy and peak-regulation balances: solved by hand, and sums that close in every month."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import toy

from gridsim.adequacy import balance_tables, monthly_energy, power_balance, regulation_balance, typical_moments
from gridsim.balance import balance_by_area, energy_balance, storage_table
from gridsim.dispatch import solve_dispatch
from gridsim.options import BalanceOptions, CommitmentOptions, DispatchOptions

WIND = {"max_p_mw": 200.0, "site": "s", "turbine": "t", "hub_height_m": 100.0, "county": "county"}
OPTIONS = DispatchOptions(
    initial_energy_pu=0.0,
    final_state="free",
    commitment=CommitmentOptions(reserve_percent=0.0, wind_credit_pu=0.0, storage_credit_pu=0.0),
)


def coal(**more: object) -> dict:
    return {
        "name": "C", "bus": "a", "county": "county", "carrier": "coal", "units": 2, "max_p_mw": 100.0,
        "min_p_pu": 0.4, "cost_cny_per_mwh": 300.0, "must_run": True, **more,
    }  # fmt: skip


PUMPED = {
    "name": "P", "bus": "b", "county": "county", "max_p_mw": 20.0, "max_pump_mw": 20.0, "energy_mwh": 60.0,
    "efficiency_pump_percent": 100.0, "efficiency_turbine_percent": 80.0, "firm_pu": 1.0, "units": 1,
}  # fmt: skip


def town(**tables: list[dict]) -> Any:
    tables = {"thermal": [coal()], "wind": [{**WIND, "name": "W", "bus": "b"}], **tables}
    return toy.network(
        bus=[toy.bus("a"), toy.bus("b")],
        line=[toy.line("ab", "a", "b")],
        demand=[{"name": "d", "peak_mw": 100.0, "energy_gwh": 1.0}],
        load=[{"name": "L", "bus": "a", "county": "county", "demand": "d", "max_p_mw": 100.0}],
        **tables,
    )


def value(table: pd.DataFrame, item: str, source: str = "", **where: object) -> float:
    rows = table[(table["item"] == item) & (table["source"] == source)]
    for column, wanted in where.items():
        rows = rows[rows[column] == wanted]
    assert len(rows) == 1
    return float(rows["p_mw"].iloc[0])


# -- moments --------------------------------------------------------------------------------------------


def test_moments_are_the_hours_that_their_rule_finds() -> None:
    """Load highest at 20 h, most wind less load at 12 h and 3 h; the tenth of April is no Spring Festival."""
    load = np.full(24, 80.0)
    load[[20, 21]] = 100.0, 99.0
    wind = np.zeros(24)
    wind[[3, 12]] = 50.0, 60.0
    net = town()
    p = toy.profiles(net, 24, available={"W": wind}, demand={"L": load})
    found = typical_moments(balance_by_area(net, solve_dispatch(net, p, options=OPTIONS)))
    assert found["moment"].tolist() == ["peak", "evening_peak", "noon", "valley"]
    assert [t.hour for t in found["time"]] == [20, 20, 12, 3]
    assert set(found["month"]) == {4}


def test_the_spring_festival_has_its_moment() -> None:
    net = town()
    load = np.r_[np.full(24, 90.0), 90.0 - np.arange(24)]
    p = toy.profiles(net, 48, start="2030-02-03", available={"W": 10.0}, demand={"L": load})
    found = typical_moments(balance_by_area(net, solve_dispatch(net, p, options=OPTIONS))).set_index("moment")
    assert found.loc["festival", "time"] == pd.Timestamp("2030-02-04 23:00", tz="Asia/Shanghai")


# -- power ----------------------------------------------------------------------------------------------


def power(net: Any, p: Any, **options: Any) -> pd.DataFrame:
    balances = balance_by_area(net, solve_dispatch(net, p, options=OPTIONS))
    return power_balance(net, p, balances, typical_moments(balances), BalanceOptions(**options))


def test_power_balance_by_hand() -> None:
    """Two coal units of 50 MW gross, half of them on maintenance, 10 % forced out, 5 % auxiliaries.

    100 gross = 50 maintenance + 5 forced + 2.25 auxiliary + 42.75 credited.  Wind 200 MW: 5 % = 10 credited, 190
    constrained.  Pumped storage 20 MW with 60 MWh at 80 %: 48 MWh last 9.6 MW for five hours.
    Load 60: reserve 3 % = 1.8 and the largest of 8 % = 4.8 and a unit of 50 = 50; need 111.8, available 62.35.
    """
    net = town(thermal=[coal(availability_pu=0.9, auxiliary_percent=5.0)], pumped_storage=[PUMPED])
    p = toy.profiles(net, 24, available={"W": 50.0}, demand={"L": np.r_[np.full(20, 50.0), 60.0, 50.0, 50.0, 50.0]})
    p = replace(p, thermal_pu=0.5 * p.thermal_pu)
    found = power(net, p)
    at = {"moment": "evening_peak", "area": "city"}
    parts = {i: value(found, i, "coal", **at) for i in ("installed", "maintenance", "forced", "auxiliary", "credited")}
    assert parts == pytest.approx(
        {"installed": 100.0, "maintenance": 50.0, "forced": 5.0, "auxiliary": 2.25, "credited": 42.75}
    )
    assert value(found, "credited", "wind", **at) == pytest.approx(10.0)
    assert value(found, "constrained", "wind", **at) == pytest.approx(190.0)
    assert value(found, "credited", "pumped_storage_generating", **at) == pytest.approx(9.6)
    assert value(found, "reserve", **at) == pytest.approx(51.8)
    assert value(found, "need", **at) == pytest.approx(111.8)
    assert value(found, "available", **at) == pytest.approx(62.35)
    assert value(found, "surplus", **at) == pytest.approx(62.35 - 111.8)


def test_the_credit_from_the_simulation_is_a_quantile_of_the_hours_around() -> None:
    """Ten days with 10, 20 ... 100 MW of wind at 19-21 h and 200 MW else: 90 % of these hours exceed 19 MW.

    The 30 hours around 20 h have each value three times; the 10 % quantile lies at position 2.9 of 29: 10 + 0.9 * 10.
    """
    wind = np.full((10, 24), 200.0)
    wind[:, 19:22] = 10.0 * np.arange(1, 11)[:, None]
    load = np.full((10, 24), 50.0)
    load[4, 20] = 60.0
    net = town()
    p = toy.profiles(net, 240, available={"W": wind.ravel()}, demand={"L": load.ravel()})
    found = power(net, p, credit="simulated", guarantee_percent=90.0)
    assert value(found, "credited", "wind", moment="evening_peak", area="city") == pytest.approx(19.0)


def test_a_link_is_not_capacity_of_the_area() -> None:
    """A link of 30 MW that brings 12 MW counts 12 as available and nothing as installed or constrained capacity."""
    net = town(external=[{"name": "DC", "bus": "a", "max_p_mw": 30.0, "energy_gwh": 1.0, "firm_pu": 0.8}])
    p = toy.profiles(net, 24, available={"W": 0.0}, demand={"L": 80.0}, schedule={"DC": 15.0})
    found = power(net, p)
    at = {"moment": "peak", "area": "city"}
    assert value(found, "credited", "imports", **at) == pytest.approx(12.0)
    assert value(found, "installed", **at) == pytest.approx(300.0)
    lost = sum(value(found, i, **at) for i in ("maintenance", "forced", "auxiliary", "constrained"))
    assert lost + value(found, "credited", **at) - 12.0 == pytest.approx(300.0)


# -- regulation -----------------------------------------------------------------------------------------


def regulation(net: Any, p: Any) -> tuple[pd.DataFrame, pd.DataFrame]:
    d = solve_dispatch(net, p, options=OPTIONS)
    balances = balance_by_area(net, d)
    return regulation_balance(net, d, balances, typical_moments(balances))


def test_regulation_by_hand() -> None:
    """Noon: coal on with 100 MW and a minimum of 40, wind 120, load 100, pumps of 20 MW with room.

    required = 100 + 120 - 100 = 120; coal goes down 60, pumps take 20: 40 MW are missing, and 40 are curtailed.
    """
    wind = np.zeros(24)
    wind[12] = 120.0
    net = town(pumped_storage=[PUMPED])
    long, sheet = regulation(net, toy.profiles(net, 24, available={"W": wind}, demand={"L": 100.0}))
    at = {"moment": "noon", "area": "city"}
    assert value(long, "required", **at) == pytest.approx(120.0)
    assert value(long, "down_available", "thermal", **at) == pytest.approx(60.0)
    assert value(long, "down_available", "pumped_storage", **at) == pytest.approx(20.0)
    assert value(long, "shortfall", **at) == pytest.approx(40.0)
    assert value(long, "curtailed", **at) == pytest.approx(40.0, abs=1e-6)
    row = sheet[sheet["moment"] == "noon"].iloc[0]
    assert row["margin_mw"] == pytest.approx(-40.0)
    taken = row["load_mw"] + row["pumping_mw"] + row["charging_mw"] + row["export_mw"]
    given = row["wind_solar_mw"] + row["thermal_min_mw"] + row["hydro_forced_mw"] + row["imports_mw"]
    assert taken - given == pytest.approx(row["margin_mw"])


def test_a_full_store_takes_no_more() -> None:
    """Wind all morning fills 60 MWh: at noon nothing is left of 20 MW of pumps, and 60 are missing instead of 40."""
    wind = np.where(np.arange(24) < 13, 120.0, 0.0)
    net = town(pumped_storage=[PUMPED])
    long, _ = regulation(net, toy.profiles(net, 24, available={"W": wind}, demand={"L": 100.0}))
    at = {"moment": "noon", "area": "city"}
    room = value(long, "down_available", "pumped_storage", **at)
    missing = 120.0 - 60.0 - room
    assert value(long, "shortfall", **at) == pytest.approx(missing)
    used = value(long, "down_used", "pumped_storage", **at)
    assert value(long, "curtailed", **at) == pytest.approx(120.0 - 60.0 - used, abs=1e-6)


# -- a whole year ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def year(tiny_run: Any) -> Any:
    case = tiny_run.case
    balances = balance_by_area(case.network, case.dispatch)
    tables = balance_tables(case.network, case.profiles, case.dispatch, balances, BalanceOptions())
    return case, balances, tables


def test_energy_closes_in_every_month_and_area(year: Any) -> None:
    case, balances, _ = year
    table = monthly_energy(case.network, case.profiles, case.dispatch, balances)
    sums = table.pivot_table(index=["area", "month"], columns="side", values="energy_gwh", aggfunc="sum")
    assert len(sums) == 36
    assert (sums["supply"] - sums["draw"]).abs().max() < 1e-9
    yearly = energy_balance(balances).set_index(["area", "item"])["energy_gwh"]
    months = table[table["side"] != "memo"].groupby(["area", "item"])["energy_gwh"].sum()
    for key, gwh in yearly.items():
        if key in months.index:
            assert months[key] == pytest.approx(gwh, abs=1e-9)
    both = table[table["area"] == "both"].set_index(["month", "item"])["energy_gwh"]
    parts = table[table["area"] != "both"].groupby(["month", "item"])["energy_gwh"].sum()
    assert (both - parts).abs().max() < 1e-9
    assert both.xs("exchange", level="item").abs().max() < 1e-9


def test_stores_and_auxiliaries_add_up(year: Any) -> None:
    """charged + inflow - discharged = loss + change; thermal gross = net + auxiliary: coal 6 %, gas 2 %."""
    sheet = year[2]["balance_energy"].set_index(["area", "month"])
    charged = sheet["pumped_storage_pumping_gwh"] + sheet["battery_charging_gwh"]
    given = sheet["pumped_storage_generating_gwh"] + sheet["battery_discharging_gwh"]
    assert (sheet["storage_inflow_gwh"] == 0.0).all()
    assert (charged - given - sheet["storage_loss_gwh"] - sheet["storage_change_gwh"]).abs().max() < 1e-9
    case = year[0]
    lost = storage_table(case.network, case.dispatch)["loss_gwh"].sum()
    assert sheet.loc["both", "storage_loss_gwh"].sum() == pytest.approx(lost, abs=1e-9)
    assert sheet.loc["both", "storage_change_gwh"].sum() == pytest.approx(0.0, abs=1e-6)
    net = sheet["coal_gwh"] + sheet["gas_gwh"] + sheet["biomass_gwh"]
    assert (sheet["thermal_gross_gwh"] - net - sheet["auxiliary_gwh"]).abs().max() < 1e-9
    expected = 0.06 / 0.94 * sheet["coal_gwh"] + 0.02 / 0.98 * sheet["gas_gwh"]
    assert (sheet["auxiliary_gwh"] - expected).abs().max() < 1e-9


def test_utilisation_is_energy_over_capacity(year: Any) -> None:
    table = year[2]["balance"]
    rows = table[(table["kind"] == "energy") & table["month"].notna() & (table["area"] == "外省")]
    hydro = rows[rows["item"] == "hydro"].set_index("month")
    assert hydro["utilisation_h"].astype(float).to_numpy() == pytest.approx(hydro["energy_gwh"].to_numpy() * 1e3 / 60.0)
    assert rows.loc[rows["item"] == "load", "utilisation_h"].isna().all()


def test_power_of_both_areas_is_the_sum_and_every_source_closes(year: Any) -> None:
    table = year[2]["balance"]
    table = table[table["kind"] == "power"]
    sums = table[table["item"] != "import_limit"].groupby(["area", "month", "moment", "item", "source"])["p_mw"].sum()
    assert (sums["both"] - sums["小城"].add(sums["外省"], fill_value=0.0)).abs().max() < 1e-6
    named = table[table["item"] != "import_limit"]
    wide = named.pivot_table(index=["area", "month", "moment", "source"], columns="item", values="p_mw").fillna(0.0)
    closed = wide[["maintenance", "forced", "auxiliary", "constrained", "credited"]].sum(axis=1)
    of_source = wide.index.get_level_values("source") != ""
    assert (closed - wide["installed"])[of_source].abs().max() < 1e-6
    limit = table[table["item"] == "import_limit"].groupby("area")["p_mw"].first()
    assert limit.to_dict() == {"小城": 80.0, "外省": 45.0}
    assert set(table["moment"]) == {"peak", "evening_peak", "noon"}


def test_regulation_closes_in_every_row_and_explains_what_is_curtailed(year: Any) -> None:
    """required = used + curtailed in every area; what is missing by capability is never more than what is curtailed."""
    table = year[2]["balance"]
    table = table[table["kind"] == "regulation"]
    rows = table[table["source"] == ""].pivot_table(index=["area", "month", "moment"], columns="item", values="p_mw")
    assert (rows["required"] - rows["down_used"] - rows["curtailed"]).abs().max() < 1e-6
    both = rows.loc["both"]
    assert (both["shortfall"] - both["curtailed"]).max() < 1e-6
    assert both["shortfall"].max() > 10.0
    assert (both["required"] - rows.loc["小城", "required"] - rows.loc["外省", "required"]).abs().max() < 1e-6


def test_the_long_table_keeps_the_energies_of_the_year(year: Any) -> None:
    _, balances, tables = year
    whole = tables["balance"][(tables["balance"]["kind"] == "energy") & tables["balance"]["month"].isna()]
    expected = energy_balance(balances)
    assert whole["energy_gwh"].to_numpy() == pytest.approx(expected["energy_gwh"].to_numpy())
    assert whole["item"].tolist() == expected["item"].tolist()

"""Balances: each area closes with its own units, and the exchange is what the tie carries."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import toy

from gridsim.balance import (
    balance_by_area,
    energy_balance,
    hourly_balance,
    hourly_storage,
    province_table,
    storage_table,
)
from gridsim.devices.thermal import CARRIER_ITEMS
from gridsim.dispatch import solve_dispatch
from gridsim.options import CommitmentOptions, DispatchOptions

#: items that feed an area and that draw on it; what is curtailed is neither
FEED = (
    "imports",
    "hydro",
    "wind",
    "solar",
    "pumped_storage_generating",
    "battery_discharging",
    "unserved",
    "exchange",
    *dict.fromkeys(CARRIER_ITEMS.values()),
)
DRAW = ("load", "pumped_storage_pumping", "battery_charging", "must_run_cut")


@pytest.fixture(scope="module")
def case(tiny_run: Any) -> Any:
    return tiny_run.case


@pytest.fixture(scope="module")
def balances(case: Any) -> dict[str, pd.DataFrame]:
    return balance_by_area(case.network, case.dispatch)


def test_both_areas_close(balances):
    assert list(balances) == ["外省", "小城"]
    for frame in balances.values():
        known = {*FEED, *DRAW, "curtailed_wind", "curtailed_solar"}
        assert set(frame.columns) == known, "an item is new: say whether it feeds or draws"
        error = frame[list(FEED)].sum(axis=1) - frame[list(DRAW)].sum(axis=1)
        assert error.abs().max() < 1e-9


def test_the_exchange_is_the_flow_over_the_tie(case, balances):
    """The balance knows nothing of flows: units alone must leave what the lines of the tie carry."""
    flow = case.dispatch.section_mw["外送断面"].to_numpy()
    assert np.abs(balances["小城"]["exchange"].to_numpy() + flow).max() < 1e-6
    assert np.abs(balances["外省"]["exchange"].to_numpy() - flow).max() < 1e-6
    assert flow.max() > 40.0
    assert flow.min() < -20.0


def test_items_are_what_the_units_did(case, balances):
    city, rest = balances["小城"], balances["外省"]
    profiles, dispatch = case.profiles, case.dispatch
    assert city["load"].to_numpy() == pytest.approx(profiles.demand_mw[["东站负荷", "西站负荷"]].sum(axis=1).to_numpy())
    assert rest["load"].to_numpy() == pytest.approx(profiles.demand_mw["外省负荷"].to_numpy())
    wind = profiles.available_mw["东风风电场"] - dispatch.role("curtailed")["东风风电场"]
    assert city["wind"].to_numpy() == pytest.approx(wind.to_numpy())
    assert rest["gas"].to_numpy() == pytest.approx(dispatch.role("generated")["外省气电"].to_numpy())
    assert city["coal"].to_numpy() == pytest.approx(dispatch.role("generated")["西站热电"].to_numpy())
    reduced = dispatch.role("reduced")["外来直流"] + dispatch.role("cut")["外来直流"]
    assert rest["imports"].to_numpy() == pytest.approx((profiles.schedule_mw["外来直流"] - reduced).to_numpy())
    water = dispatch.role("released")["外省水电"] - dispatch.role("spilled")["外省水电"]
    assert rest["hydro"].to_numpy() == pytest.approx(water.to_numpy())


def test_energies_of_the_year(balances):
    table = energy_balance(balances).set_index(["area", "item"])
    assert table.loc[("小城", "load"), "energy_gwh"] == pytest.approx(430.0, rel=1e-9)
    assert table.loc[("小城", "load"), "max_mw"] == pytest.approx(66.0, rel=1e-9)
    assert table.loc[("外省", "load"), "energy_gwh"] == pytest.approx(4100.0, rel=1e-9)
    assert table.loc[("外省", "hydro"), "energy_gwh"] <= 12 * 16.0 + 1e-6
    exchange = table.xs("exchange", level="item")["energy_gwh"]
    assert exchange.sum() == pytest.approx(0.0, abs=1e-6)


def test_province_by_month(balances):
    """The months of the node area add up to its year, and its rate is curtailed over available."""
    table = province_table(balances["外省"])
    assert table["month"].tolist() == list(range(1, 13))
    year = energy_balance(balances).set_index(["area", "item"])["energy_gwh"]["外省"]
    for column, item in (
        ("load_gwh", "load"),
        ("wind_gwh", "wind"),
        ("hydro_gwh", "hydro"),
        ("imports_gwh", "imports"),
    ):
        assert table[column].sum() == pytest.approx(year[item], rel=1e-9)
    assert table["thermal_gwh"].sum() == pytest.approx(year["coal"] + year["gas"] + year["biomass"], rel=1e-9)
    gives = table[["thermal_gwh", "hydro_gwh", "imports_gwh", "wind_gwh", "solar_gwh", "storage_gwh", "exchange_gwh"]]
    assert (gives.sum(axis=1) + table["unserved_gwh"] - table["load_gwh"]).abs().max() < 1e-9
    available = table["wind_gwh"] + table["solar_gwh"] + table["curtailed_gwh"]
    assert table["curtailment_percent"].to_numpy() == pytest.approx(
        (100 * table["curtailed_gwh"] / available).to_numpy()
    )


def test_store_loses_what_its_efficiencies_say(case):
    """It ends where it began, so what comes out is 0.94 * 0.95 of what went in."""
    table = storage_table(case.network, case.dispatch).set_index("storage")
    row = table.loc["西站储能"]
    assert row["charge_gwh"] > 1.0
    assert row["discharge_gwh"] == pytest.approx(0.94 * 0.95 * row["charge_gwh"], rel=1e-6)
    assert row["loss_gwh"] == pytest.approx(row["charge_gwh"] - row["discharge_gwh"], rel=1e-6)
    assert row["cycles"] == pytest.approx(1e3 * row["discharge_gwh"] / 30.0)
    assert row["simultaneous_h"] == 0.0
    hourly = hourly_storage(case.dispatch)
    assert len(hourly) == 8760
    assert hourly["charge_mw"].sum() / 1e3 == pytest.approx(row["charge_gwh"])


def test_hourly_table_is_long_and_complete(case, balances):
    table = hourly_balance(balances)
    assert list(table.columns) == ["time", "area", "item", "p_mw"]
    assert len(table) == 8760 * sum(len(f.columns) for f in balances.values())
    noon = table[(table["time"] == pd.Timestamp("2030-04-12 12:00", tz="Asia/Shanghai")) & (table["area"] == "小城")]
    expected = balances["小城"].loc["2030-04-12 12:00"]
    assert noon.set_index("item")["p_mw"].to_dict() == pytest.approx(expected.to_dict())


def test_quarter_hours_count_a_quarter_and_shedding_is_shown():
    """60 MW of demand, 40 MW of coal: 20 MW are not served, 5 MWh in each quarter."""
    network = toy.network(
        bus=[toy.bus("a"), toy.bus("b")],
        line=[toy.line("ab", "a", "b")],
        demand=[{"name": "d", "peak_mw": 60.0, "energy_gwh": 1.0}],
        load=[{"name": "L", "bus": "b", "county": "county", "demand": "d", "max_p_mw": 60.0}],
        thermal=[
            {
                "name": "C",
                "bus": "a",
                "county": "county",
                "carrier": "coal",
                "max_p_mw": 40.0,
                "min_p_pu": 0.0,
                "cost_cny_per_mwh": 300.0,
            }
        ],
    )
    profiles = toy.profiles(network, 6, freq="15min", demand={"L": 60.0})
    options = DispatchOptions(commitment=CommitmentOptions(reserve_percent=0.0))
    found = balance_by_area(network, solve_dispatch(network, profiles, options=options))["city"]
    assert found[["load", "coal", "unserved", "exchange"]].iloc[3].tolist() == pytest.approx(
        [60.0, 40.0, 20.0, 0.0], abs=1e-6
    )
    energy = energy_balance({"city": found}).set_index("item")["energy_gwh"] * 1e3
    assert energy[["load", "coal", "unserved"]].tolist() == pytest.approx([90.0, 60.0, 30.0])

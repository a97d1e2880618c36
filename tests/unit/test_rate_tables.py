"""Rates by every key that planners ask for: by hand, and the same total in each of them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from test_rates import RHO, SUN_MWH, WIND_MWH, two_counties

from gridsim.balance import balance_by_area
from gridsim.curtailment import ledger
from gridsim.curtailment.rates import DAY_KINDS, day_kinds, plant_energy, rate_tables
from gridsim.top_hours import TOP, top_hours

KEYS = ("county", "plant", "voltage", "kind", "month", "hour", "day_type")
ROOFS_MWH = np.array([10.0, 10.0, 0.0, 10.0])


@pytest.fixture(scope="module")
def tables() -> dict[str, pd.DataFrame]:
    network, d = two_counties()
    return rate_tables(network, plant_energy(network, d), ledger(d))


@pytest.mark.parametrize("freq", ["1h", "15min"])
def test_kinds_of_day_by_hand(freq):
    """The last two hours of 30 April (Tuesday) and the first two of 1 May (a holiday)."""
    network, d = two_counties(freq)
    table = rate_tables(network, plant_energy(network, d), ledger(d))["curtailment_by_day_type"].set_index("day_type")
    assert list(table.index) == list(DAY_KINDS)
    both = WIND_MWH + SUN_MWH
    for day, hours in (("workday", slice(0, 2)), ("holiday", slice(2, 4))):
        assert table.loc[day, "available_gwh"] * 1e3 == pytest.approx(both[hours].sum())
        assert table.loc[day, "curtailed_gwh"] * 1e3 == pytest.approx((RHO * both)[hours].sum())
    assert table.loc["weekend", "available_gwh"] == 0.0 and np.isnan(table.loc["weekend", "curtailment_percent"])


def test_kinds_of_day_follow_the_calendar_of_demand():
    """2025: the make-up Sunday of 26 January is a workday; the festival's Saturday is a holiday."""
    index = pd.DatetimeIndex(["2025-01-25 10:00", "2025-01-26 10:00", "2025-02-01 10:00", "2025-02-05 10:00"])
    kinds = day_kinds(index.tz_localize("Asia/Shanghai"))
    assert kinds.tolist() == ["weekend", "workday", "holiday", "workday"]


def test_kind_and_voltage_by_hand(tables):
    kind = tables["curtailment_by_kind"].set_index("kind")
    assert kind.loc["distributed", "available_gwh"] * 1e3 == pytest.approx(ROOFS_MWH.sum())
    assert kind.loc["utility", "solar_curtailed_gwh"] * 1e3 == pytest.approx((RHO * (SUN_MWH - ROOFS_MWH)).sum())
    voltage = tables["curtailment_by_voltage"]
    assert voltage["vn_kv"].tolist() == [110.0]
    assert voltage.loc[0, "curtailed_gwh"] * 1e3 == pytest.approx((RHO * (WIND_MWH + SUN_MWH)).sum())


def test_with_and_without_distributed_solar(tables):
    """Without roofs the west has 90 MWh of sun, of which the same shares are cut hour by hour."""
    west = tables["curtailment_by_county"].set_index("county").loc["西"]
    utility = SUN_MWH - ROOFS_MWH
    assert west["without_distributed_available_gwh"] * 1e3 == pytest.approx(utility.sum())
    expected = 100 * (RHO * utility).sum() / utility.sum()
    assert west["without_distributed_curtailment_percent"] == pytest.approx(expected)
    assert west["curtailment_percent"] != pytest.approx(expected, rel=1e-3)


def test_full_load_hours_theoretical_and_used(tables):
    """The west has 60 MW; 120 MWh were there, of which 62.8 were used."""
    west = tables["curtailment_by_county"].set_index("county").loc["西"]
    assert west["theoretical_full_load_h"] == pytest.approx(SUN_MWH.sum() / 60.0)
    assert west["full_load_h"] == pytest.approx(((1 - RHO) * SUN_MWH).sum() / 60.0)
    assert west["utilisation_percent"] == pytest.approx(100 - west["curtailment_percent"])


def test_what_is_lost_on_the_plants_side_is_in_no_rate():
    """10 MW of icing on W in each hour: theoretical rises, available and every rate stay."""
    network, d = two_counties()
    energy, causes = plant_energy(network, d), ledger(d)
    icing = pd.DataFrame({"W": 10.0}, index=d.index)
    plain = rate_tables(network, energy, causes)["curtailment_by_county"].set_index("county")
    iced = rate_tables(network, energy, causes, plant_side_mw=icing)["curtailment_by_county"].set_index("county")
    assert iced.loc["东", "plant_side_gwh"] * 1e3 == pytest.approx(40.0)
    assert iced.loc["东", "theoretical_gwh"] * 1e3 == pytest.approx(WIND_MWH.sum() + 40.0)
    assert iced.loc["西", "plant_side_gwh"] == 0.0
    same = [c for c in plain if "theoretical" not in c and "plant_side" not in c]
    pd.testing.assert_frame_equal(plain[same], iced[same])


def test_hours_by_month_and_hour(tables):
    table = tables["curtailment_month_hour"].set_index(["month", "hour"])
    assert table.loc[(4, 22), "hours_curtailed"] == 1.0 and table.loc[(5, 0), "hours_curtailed"] == 0.0
    network, d = two_counties("15min")
    quarter = rate_tables(network, plant_energy(network, d), ledger(d))["curtailment_month_hour"]
    assert quarter["hours_curtailed"].sum() == 3.0 and quarter["steps_curtailed"].sum() == 12


def test_the_worst_hours_with_the_balance_of_both_areas():
    """78 MW at 23:00, 75 at 01:00, 20 at 22:00; at 00:00 nothing is cut, so it is not listed."""
    network, d = two_counties()
    balances = balance_by_area(network, d)
    areas = {"city": balances["city"], "rest": balances["rest"]}
    table = top_hours(plant_energy(network, d), ledger(d), areas)
    assert table["time"].dt.hour.tolist() == [23, 1, 22]
    assert table["curtailed_mw"].tolist() == pytest.approx([0.52 * 150, 0.625 * 120, 0.25 * 80])
    assert table["main_cause"].tolist() == ["provincial"] * 3
    assert table["main_cause_mw"].tolist() == pytest.approx(table["curtailed_mw"].tolist())
    first = table.iloc[0]
    assert (first["city_load_mw"], first["rest_load_mw"]) == pytest.approx((20.0, 100.0))
    assert first["rest_wind_mw"] == pytest.approx(0.48 * 100) and first["rest_curtailed_mw"] == pytest.approx(52.0)
    for area in ("city", "rest"):
        fed = sum(first[f"{area}_{c}_mw"] for c in ("thermal", "hydro", "imports", "wind", "solar", "storage"))
        assert fed + first[f"{area}_exchange_mw"] == pytest.approx(first[f"{area}_load_mw"])
    assert first["wind_curtailed_mw"] + first["solar_curtailed_mw"] == pytest.approx(first["curtailed_mw"])


def test_every_table_of_a_year_has_parts_that_add(tiny_run):
    """Provincial and local parts add up to the rate in every row of every table, carriers and without roofs too."""
    case = tiny_run.case
    energy, causes = plant_energy(case.network, case.dispatch), ledger(case.dispatch)
    tables = rate_tables(case.network, energy, causes)
    total = energy.curtailed_mwh.to_numpy().sum() / 1e3
    for key in KEYS:
        table = tables[f"curtailment_by_{key}"]
        assert table["curtailed_gwh"].sum() == pytest.approx(total, rel=1e-9), key
        for p in ("", "wind_", "solar_", "without_distributed_"):
            parts = table[f"{p}provincial_gwh"] + table[f"{p}local_gwh"] + table[f"{p}special_gwh"]
            assert np.allclose(parts, table[f"{p}curtailed_gwh"], atol=1e-9), (key, p)
            rates = table[f"{p}curtailment_percent_provincial"] + table[f"{p}curtailment_percent_local"]
            assert np.allclose(rates, table[f"{p}curtailment_percent_system_cause"], atol=1e-9, equal_nan=True)
            assert (table[f"{p}available_gwh"] >= table[f"{p}used_gwh"] - 1e-12).all()
    assert tables["curtailment_by_county"]["local_gwh"].sum() > 0.1
    hours = top_hours(
        energy, causes, dict(zip(("city", "rest"), balance_by_area(case.network, case.dispatch).values()))
    )
    assert len(hours) == TOP and hours["curtailed_mw"].is_monotonic_decreasing

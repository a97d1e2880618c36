"""Energies and rates: summed first, divided last; the city's plants only; every table tells the same total."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import toy

from gridsim.curtailment import SYSTEM_CAUSES, ledger
from gridsim.curtailment.rates import carrier_summary, cause_tables, plant_energy, rate_tables
from gridsim.dispatch import Dispatch, solve_dispatch
from gridsim.network import Network
from gridsim.options import DispatchOptions

SITE = {"site": "s", "turbine": "t", "hub_height_m": 90.0}
ENERGIES = ("available_gwh", "used_gwh", "curtailed_gwh")


def two_counties(freq: str = "1h") -> tuple[Network, Dispatch]:
    """Wind 100 MW in the east, sun 60 MW (20 of it on roofs) in the west, 200 MW of wind outside; load 120 MW.

    Four hours in which 160 / 250 / 40 / 320 MW are available: 40 / 130 / 0 / 200 MW too many, in equal shares.
    """
    east, west = {"county": "东"}, {"county": "西"}
    network = toy.network(
        county=[{"name": n, "lat_deg": 29.0, "lon_deg": 113.0} for n in ("东", "西", "北")],
        bus=[toy.bus("a"), toy.bus("x")],
        line=[toy.line("ax", "a", "x")],
        area=[{"name": "city", "kind": "detailed"}, {"name": "rest", "kind": "node"}],
        area_link=[{"area": "rest", "bus": "x", "share_pu": 1.0}],
        demand=[{"name": "d", "peak_mw": 120.0, "energy_gwh": 1.0}],
        load=[
            {"name": "L", "bus": "a", "county": "东", "demand": "d", "max_p_mw": 20.0},
            {"name": "R", "area": "rest", "demand": "d", "max_p_mw": 100.0},
        ],
        wind=[
            {"name": "W", "bus": "a", **east, "max_p_mw": 100.0, **SITE},
            {"name": "O", "area": "rest", "max_p_mw": 200.0, **SITE},
        ],
        solar=[
            {"name": "S", "bus": "a", **west, "kind": "utility", "max_p_mw": 40.0, "site": "s"},
            {"name": "D", "bus": "a", **west, "kind": "distributed", "max_p_mw": 20.0, "site": "s"},
        ],
    )
    available = {"W": [50, 100, 10, 80], "O": [80, 100, 0, 200], "S": [20, 40, 0, 30], "D": [10, 10, 0, 10]}
    each = 4 if freq == "15min" else 1
    profiles = toy.profiles(
        network,
        4 * each,
        start="2030-04-30 22:00",
        freq=freq,
        available={k: np.repeat(np.array(v, dtype=float), each) for k, v in available.items()},
        demand={"L": 20.0, "R": np.repeat([100.0, 100.0, 20.0, 100.0], each)},
    )
    return network, solve_dispatch(network, profiles, options=DispatchOptions(final_state="free"))


#: share of every plant that is cut in each hour
RHO = np.array([40 / 160, 130 / 250, 0.0, 200 / 320])
WIND_MWH = np.array([50.0, 100.0, 10.0, 80.0])
SUN_MWH = np.array([30.0, 50.0, 0.0, 40.0])


@pytest.mark.parametrize("freq", ["1h", "15min"])
def test_counties_by_hand(freq):
    """The same four hours in steps of an hour and of a quarter give the same energies."""
    network, d = two_counties(freq)
    table = rate_tables(network, plant_energy(network, d), ledger(d))["curtailment_by_county"].set_index("county")
    assert list(table.index) == ["东", "北", "西"]
    for county, available, prefix in (("东", WIND_MWH, "wind_"), ("西", SUN_MWH, "solar_")):
        for p in ("", prefix):
            row = table.loc[county, [f"{p}{c}" for c in ENERGIES]].to_numpy(dtype=float) * 1e3
            cut = (RHO * available).sum()
            assert row == pytest.approx([available.sum(), available.sum() - cut, cut], abs=1e-6)
            assert table.loc[county, f"{p}curtailment_percent"] == pytest.approx(100 * cut / available.sum())
    # nothing there: no energy, and a rate that is absent, not 0
    assert table.loc["北", list(ENERGIES)].tolist() == [0.0, 0.0, 0.0]
    assert np.isnan(table.loc["北", "curtailment_percent"])
    assert np.isnan(table.loc["东", "solar_curtailment_percent"])


def test_rates_are_weighted_by_energy():
    """The rate of the city is that of its sums, not the mean of its hours or plants."""
    network, d = two_counties()
    summary = carrier_summary(plant_energy(network, d), ledger(d))
    cut, available = (RHO * (WIND_MWH + SUN_MWH)).sum(), (WIND_MWH + SUN_MWH).sum()
    assert summary["available_gwh"] * 1e3 == pytest.approx(available)
    assert summary["curtailment_percent"] == pytest.approx(100 * cut / available)
    assert summary["curtailment_percent"] != pytest.approx(100 * RHO.mean(), rel=0.01)
    assert summary["curtailment_percent_system_cause"] == summary["curtailment_percent"]
    assert summary["curtailment_percent_provincial"] == pytest.approx(summary["curtailment_percent"])
    assert summary["curtailment_percent_local"] == pytest.approx(0.0, abs=1e-9)
    assert summary["carriers"]["wind"]["curtailed_gwh"] * 1e3 == pytest.approx((RHO * WIND_MWH).sum())
    assert summary["without_distributed"]["available_gwh"] * 1e3 == pytest.approx(available - 30.0)


def test_months_and_hours_of_the_clock():
    """22:00 to 02:00 at the turn of April to May, on the clock of the grid."""
    network, d = two_counties()
    tables = rate_tables(network, plant_energy(network, d), ledger(d))
    months = tables["curtailment_by_month"].set_index("month")["available_gwh"] * 1e3
    assert months.to_dict() == pytest.approx({4: 80.0 + 150.0, 5: 10.0 + 120.0})
    hours = tables["curtailment_by_hour"].set_index("hour")["curtailed_gwh"] * 1e3
    assert list(hours.index) == list(range(24))
    assert hours[hours > 0].to_dict() == pytest.approx({22: 0.25 * 80, 23: 0.52 * 150, 1: 0.625 * 120})
    assert tables["curtailment_month_hour"]["steps_curtailed"].sum() == 3


def test_the_node_area_is_in_no_table_of_the_city():
    network, d = two_counties()
    assert sorted(plant_energy(network, d).plants["plant"]) == ["D", "S", "W"]
    outside = plant_energy(network, d, in_city=False)
    assert outside.plants["plant"].tolist() == ["O"]
    assert outside.curtailed_mwh["O"].to_numpy() == pytest.approx(RHO * [80, 100, 0, 200])


def test_full_load_hours_and_facts_of_plants():
    network, d = two_counties()
    plants = rate_tables(network, plant_energy(network, d), ledger(d))["curtailment_by_plant"].set_index("plant")
    assert plants.loc["W", "full_load_h"] == pytest.approx(((1 - RHO) * WIND_MWH).sum() / 100.0)
    assert plants["kind"].to_dict() == {"D": "distributed", "S": "utility", "W": "utility"}
    assert plants["county"].to_dict() == {"D": "西", "S": "西", "W": "东"}


# -- the same total in every table of a year that has all three causes -------------------------------------------


@pytest.fixture(scope="module")
def year(tiny_run: Any) -> Any:
    return tiny_run.case


def test_every_table_adds_up_to_the_same_city(year):
    energy = plant_energy(year.network, year.dispatch)
    tables = rate_tables(year.network, energy, ledger(year.dispatch))
    summary = carrier_summary(energy, ledger(year.dispatch))
    for name in ("county", "plant", "month", "hour"):
        table = tables[f"curtailment_by_{name}"]
        for column in ENERGIES:
            assert table[column].sum() == pytest.approx(summary[column], rel=1e-9)
            parts = table[f"wind_{column}"].sum() + table[f"solar_{column}"].sum()
            assert parts == pytest.approx(summary[column], rel=1e-9)
    assert tables["curtailment_month_hour"]["curtailed_gwh"].sum() == pytest.approx(summary["curtailed_gwh"], rel=1e-9)
    assert summary["available_gwh"] == pytest.approx(summary["used_gwh"] + summary["curtailed_gwh"], rel=1e-12)


def test_causes_add_up_and_rates_of_the_city_add(year):
    energy, causes = plant_energy(year.network, year.dispatch), ledger(year.dispatch)
    tables, summary = cause_tables(energy, causes), carrier_summary(energy, causes)
    by_cause = tables["curtailment_by_cause"].set_index("cause")
    assert list(by_cause.index) == list(SYSTEM_CAUSES), "special causes have a row where there is something of them"
    assert by_cause["curtailed_gwh"].sum() == pytest.approx(summary["curtailed_gwh"], rel=1e-9)
    assert by_cause["share_percent"].sum() == pytest.approx(100.0)
    assert by_cause["system_cause"].all()
    by_element = tables["curtailment_by_element"]
    by_element = by_element.groupby("cause")["curtailed_gwh"].sum()
    assert (by_element - by_cause["curtailed_gwh"]).abs().max() < 1e-6
    rate, provincial, local = (summary[f"curtailment_percent{part}"] for part in ("", "_provincial", "_local"))
    assert provincial + local == pytest.approx(rate, rel=1e-12)
    assert min(provincial, local) > 0.1
    # definitions: provincial = sum x_0 / sum a, local = sum (c - x_0) / sum a
    names = list(energy.plants["plant"])
    first = causes.parts_mw[0][names].to_numpy().sum()
    assert provincial == pytest.approx(100.0 * first / energy.available_mwh.to_numpy().sum(), rel=1e-9)


def test_available_is_what_the_profiles_say(year):
    energy = plant_energy(year.network, year.dispatch)
    pd.testing.assert_frame_equal(
        energy.available_mwh, year.profiles.available_mw[energy.available_mwh.columns], check_freq=False
    )

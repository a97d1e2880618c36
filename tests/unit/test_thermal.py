"""Thermal plant: cost segments, minimum output by month and series, must-run units by load level, units given."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import toy
from test_dispatch import NO_RESERVE, WIND, coal, one_bus

from gridsim.checks import as_table, check_dispatch
from gridsim.dispatch import Dispatch, solve_dispatch
from gridsim.drivers import read_drivers
from gridsim.errors import InvalidInput
from gridsim.network import Network, read_network
from gridsim.options import CommitmentOptions, DispatchOptions
from gridsim.profiles import Profiles, make_profiles
from tests.unit.folder_of_tables import write_folder

OPTIONS = DispatchOptions(commitment=NO_RESERVE)


def solve(net: Network, profiles: Profiles, options: DispatchOptions = OPTIONS) -> Dispatch:
    """Solve and check from the results alone."""
    dispatch = solve_dispatch(net, profiles, options=options)
    checks = as_table(check_dispatch(net, profiles, dispatch))
    assert checks["ok"].all(), checks[~checks["ok"]]
    return dispatch


# -- cost --------------------------------------------------------------------------------------------------------

CHEAP_HALF = [
    {"thermal": "C", "up_to_pu": 0.5, "cost_cny_per_mwh": 200.0},
    {"thermal": "C", "up_to_pu": 1.0, "cost_cny_per_mwh": 300.0},
]


def test_segments_are_filled_in_order():
    """100 MW at 200 up to 50 and 300 above: 40 MW cost 8,000, 80 MW cost 10,000 + 9,000."""
    net = one_bus(thermal=[coal("C", "a", 100.0, min_p_pu=0.2)], thermal_cost=CHEAP_HALF)
    d = solve(net, toy.profiles(net, 2, demand={"L": [40, 80]}))
    assert d.role("generated")["C"].to_numpy() == pytest.approx([40, 80])
    assert d.cost_cny == pytest.approx(8_000 + 19_000)


def test_segments_decide_between_plants():
    """At 250 the flat plant runs after C's cheap half and before its dear one; its minimum of 60 MW breaks into it."""
    flat = coal("F", "b", 100.0, cost=250.0)
    net = one_bus(thermal=[coal("C", "a", 100.0), flat], thermal_cost=CHEAP_HALF)
    d = solve(net, toy.profiles(net, 3, demand={"L": [50, 150, 170]}))
    assert d.role("generated")[["C", "F"]].to_numpy() == pytest.approx(np.array([[50, 0], [50, 100], [70, 100]]))
    net = one_bus(thermal=[coal("C", "a", 100.0, min_p_pu=0.6), flat], thermal_cost=CHEAP_HALF)
    d = solve(net, toy.profiles(net, 2, demand={"L": 101}))
    assert d.role("generated")[["C", "F"]].to_numpy() == pytest.approx(np.array([[60, 41]] * 2))
    assert d.cost_cny == pytest.approx(2 * (50 * 200 + 10 * 300 + 41 * 250))


def test_a_negative_cost_runs_before_wind():
    """A plant paid to run is at its maximum; of 80 MW of wind 50 fit beside its 50 MW into 100."""
    net = one_bus(wind=[{**WIND, "name": "W", "bus": "b"}], thermal=[coal("N", "a", 50.0, cost=-300.0, min_p_pu=0.2)])
    d = solve(net, toy.profiles(net, 2, available={"W": 80}, demand={"L": 100}))
    assert d.role("generated")["N"].to_numpy() == pytest.approx([50, 50])
    assert d.role("curtailed")["W"].to_numpy() == pytest.approx([30, 30])
    assert d.cost_cny == pytest.approx(2 * (-300 * 50 + 200 * 30))


def test_costs_that_fall_are_refused_with_row_and_way_out(tmp_path: Path):
    table = "thermal,up_to_pu,cost_cny_per_mwh\n江北热电,0.5,300\n江北热电,0.9,280\n"
    with pytest.raises(InvalidInput) as caught:
        read_network(write_folder(tmp_path, {"base/thermal_cost.csv": table}), "2030")
    falling, short = caught.value.problems
    assert (falling.row, falling.column) == ("3", "cost_cny_per_mwh")
    assert "does not rise: 280 up to 0.9 after 300" in falling.what
    assert "one segment of their mean cost" in falling.fix
    assert (short.row, short.column) == ("3", "up_to_pu")
    assert "ends at 0.9" in short.what


# -- minimum output ------------------------------------------------------------------------------------------------


def heated(**more: list[dict]) -> Network:
    return toy.network(
        bus=[toy.bus("a"), toy.bus("b")],
        line=[toy.line("ab", "a", "b")],
        demand=[{"name": "d", "peak_mw": 100.0, "energy_gwh": 876.0}],
        load=[{"name": "L", "bus": "a", "county": "county", "demand": "d", "max_p_mw": 100.0}],
        thermal=[coal("C", "a", 100.0, min_p_pu=0.3), coal("H", "b", 50.0, min_p_pu=0.2)],
        **more,
    )


def test_minimum_by_month_and_as_a_series(tmp_path: Path):
    """H has 60 % in winter; a series of 50 MW where C is at 100 MW is 50 % of each of its units."""
    months = [{"thermal": "H", "month": m, "min_p_pu": 0.6 if m in (12, 1, 2) else 0.2} for m in range(1, 13)]
    net = heated(thermal_minimum=months)
    stamps = pd.date_range("2030-01-01", periods=8760, freq="h", tz="Asia/Shanghai")
    series = pd.DataFrame({"time": [t.isoformat() for t in stamps], "C": np.where(np.arange(8760) < 12, 50.0, 30.0)})
    series.to_csv(tmp_path / "minimum.csv", index=False)
    profiles = make_profiles(net, read_drivers(net, minimum=[tmp_path / "minimum.csv"]))
    assert profiles.thermal_min_pu["C"].iloc[[0, 11, 12]].tolist() == [0.5, 0.5, 0.3]
    assert profiles.thermal_min_pu["H"].iloc[[0, 24 * 59 - 1, 24 * 59]].tolist() == [0.6, 0.6, 0.2]
    day = dataclasses.replace(
        toy.profiles(net, 24, start="2030-01-01", demand={"L": 90.0}),
        thermal_min_pu=profiles.thermal_min_pu.iloc[:24],
    )
    both_on = CommitmentOptions(reserve_percent=50.0)
    d = solve(net, day, DispatchOptions(commitment=both_on))
    assert d.online.to_numpy().tolist() == [[1, 1]]
    (flow,) = (f for f in d.system.flows if f.role == "generated")
    assert flow.lower_mw[[0, 11, 12], 0].tolist() == [50.0, 50.0, 30.0]
    assert (flow.lower_mw[:, 1] == 30.0).all()


def test_series_of_units_and_minimum_are_checked(tmp_path: Path):
    net = heated()
    stamps = pd.date_range("2030-01-01", periods=8760, freq="h", tz="Asia/Shanghai")
    frame = pd.DataFrame({"time": [t.isoformat() for t in stamps], "C": 2.0, "Z": 1.0})
    frame.to_csv(tmp_path / "on.csv", index=False)
    with pytest.raises(InvalidInput) as caught:
        read_drivers(net, online=[tmp_path / "on.csv"])
    text = str(caught.value)
    assert "exceeds the number of 1 units" in text
    assert "'Z' is not in the table thermal" in text


# -- units on ------------------------------------------------------------------------------------------------------


def test_must_run_units_by_load_level():
    """Peak 200: a day at 90 needs one unit of D on though C alone could carry it, a day at 150 needs two."""
    net = toy.network(
        bus=[toy.bus("a"), toy.bus("b")],
        line=[toy.line("ab", "a", "b")],
        demand=[{"name": "d", "peak_mw": 200.0, "energy_gwh": 1.0}],
        load=[{"name": "L", "bus": "a", "county": "county", "demand": "d", "max_p_mw": 200.0}],
        thermal=[coal("C", "a", 200.0), coal("D", "b", 90.0, cost=400.0, min_p_pu=0.5, units=3)],
        must_run_level=[
            {"thermal": "D", "from_load_pu": 0.4, "units": 1},
            {"thermal": "D", "from_load_pu": 0.75, "units": 2},
        ],
    )
    demand = np.repeat([70.0, 90.0, 150.0], 24)
    d = solve(net, toy.profiles(net, 72, demand={"L": demand}))
    assert d.online["D"].tolist() == [0, 1, 2]
    assert d.role("generated")["D"].to_numpy()[[0, 24, 48]] == pytest.approx([0.0, 15.0, 30.0])


GIVEN = DispatchOptions(commitment=CommitmentOptions(rule="given"))


def given_two() -> tuple[Network, Profiles]:
    net = one_bus(thermal=[coal("C", "a", 100.0, units=2), coal("D", "b", 100.0, cost=400.0), coal("M", "b", 5.0)])
    net = net.with_table("thermal", net["thermal"].assign(must_run=net["thermal"]["name"] == "M"))
    return net, toy.profiles(net, 4, demand={"L": 60.0})


def test_units_on_as_given():
    """The must-run plant needs no series; C has one unit of 50 MW for two hours and none after."""
    net, profiles = given_two()
    on = pd.DataFrame({"C": [1.0, 1, 0, 0], "D": 1.0}, index=profiles.index)
    d = solve(net, dataclasses.replace(profiles, thermal_online=on), GIVEN)
    assert d.online[["C", "D", "M"]].to_numpy().tolist() == [[1, 1, 1], [1, 1, 1], [0, 1, 1], [0, 1, 1]]
    assert d.role("generated")["C"].to_numpy() == pytest.approx([50, 50, 0, 0])
    assert d.role("generated")["D"].to_numpy() == pytest.approx([5, 5, 55, 55])


def test_given_without_series_or_beyond_what_is_ready():
    net, profiles = given_two()
    ready = profiles.thermal_pu.assign(C=0.5)
    on = pd.DataFrame({"C": 2.0}, index=profiles.index)
    with pytest.raises(InvalidInput) as caught:
        solve(net, dataclasses.replace(profiles, thermal_online=on, thermal_pu=ready), GIVEN)
    assert "2 units of 'C' are on, 1 are ready" in str(caught.value)
    assert "'D' has no series of units on" in str(caught.value)
    assert "'M'" not in str(caught.value)

"""Ramps and spinning reserve by hand: hand-over between windows, reserve that cuts wind, shortage, the ledger."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import toy
from test_dispatch import WIND, coal, one_bus

from gridsim.checks import as_table, check_dispatch, check_ledger
from gridsim.curtailment import ledger
from gridsim.dispatch import Dispatch, solve_dispatch
from gridsim.network import Network
from gridsim.options import CommitmentOptions, DispatchOptions, ReserveOptions
from gridsim.plant_checks import check_plant
from gridsim.profiles import Profiles

OPTIONS = DispatchOptions(commitment=CommitmentOptions(rule="all"))
GIVEN = DispatchOptions(commitment=CommitmentOptions(rule="given"))
CYCLE = "stored energy ends where it began [MWh]"
#: only shares of demand, nothing for the largest unit
SHARES = ReserveOptions(imposed=True, up_load_percent=10.0, down_load_percent=0.0, largest_unit=False)
BATTERY = {
    "bus": "b",
    "county": "county",
    "max_p_mw": 40.0,
    "energy_mwh": 40.0,
    "efficiency_charge_percent": 100.0,
    "efficiency_discharge_percent": 100.0,
}


def checked(net: Network, profiles: Profiles, dispatch: Dispatch, options: DispatchOptions) -> Dispatch:
    rows = ledger(dispatch).rows
    checks = [*check_dispatch(net, profiles, dispatch), *check_plant(net, profiles, dispatch, options)]
    table = as_table([*checks, check_ledger(dispatch, rows)])
    wanted = table[(table["check"] != CYCLE) | (options.final_state == "cyclic")]
    assert wanted["ok"].all(), wanted[~wanted["ok"]]
    return dispatch


def solve(net: Network, profiles: Profiles, options: DispatchOptions = OPTIONS) -> Dispatch:
    return checked(net, profiles, solve_dispatch(net, profiles, options=options), options)


# -- ramps ---------------------------------------------------------------------------------------------------------


def ramping() -> Network:
    """Cheap coal of 100 MW that ramps 20 MW/h beside dear gas without limit."""
    slow = coal("C", "a", 100.0, cost=200.0, ramp_up_percent_per_h=20.0, ramp_down_percent_per_h=20.0)
    return one_bus(thermal=[slow, coal("G", "b", 100.0, cost=600.0)])


def test_the_slow_plant_follows_at_its_ramp():
    """Demand 30, 90, 90, 90: coal cannot run ahead of demand, so it gives 30, 50, 70, 90 and gas the rest."""
    d = solve(ramping(), toy.profiles(ramping(), 4, demand={"L": [30, 90, 90, 90]}))
    assert d.role("generated")[["C", "G"]].to_numpy() == pytest.approx(
        np.array([[30, 0], [50, 40], [70, 20], [90, 0]]), abs=1e-5
    )
    assert d.cost_cny == pytest.approx(200 * (30 + 50 + 70 + 90) + 600 * 60)


def test_ramp_down_is_seen_before():
    """Demand 90, 30: coal that must come down by 20 a step stands at 50 while demand is still 90."""
    d = solve(ramping(), toy.profiles(ramping(), 2, demand={"L": [90, 30]}))
    assert d.role("generated")["C"].to_numpy() == pytest.approx([50, 30], abs=1e-5)


@pytest.mark.parametrize(
    ("window", "coal_mw", "cut_mw"),
    [(24.0, [80, 80, 60, 40, 30], [30, 10, 0]), (36.0, [80, 60, 40, 30, 30], [10, 0, 0])],
)
def test_ramps_are_handed_over_from_window_to_window(window, coal_mw, cut_mw):
    """Demand 80; from hour 24 on 50 MW of wind, so that coal should stand at 30.

    Without look-ahead coal stands at 80 in hour 23 and comes down by 20 MW/h: 60, 40, 30, wind is cut by 30 and 10.
    With it, a MW less of coal in hour 23 costs 300 (gas at 500) and saves 400 in hour 24 (200 of coal, 200 of
    curtailment), and 400 more in hour 25 for the first ten: coal goes down to 60 in hour 23.  One more hour before
    would cost 600 for the 400.
    """
    slow = coal("C", "a", 100.0, cost=200.0, ramp_up_percent_per_h=20.0, ramp_down_percent_per_h=20.0)
    net = one_bus(thermal=[slow, coal("G", "b", 100.0, cost=500.0)], wind=[{**WIND, "name": "W", "bus": "b"}])
    wind = np.r_[np.zeros(24), np.full(24, 50.0)]
    p = toy.profiles(net, 48, demand={"L": 80.0}, available={"W": wind})
    d = solve(net, p, replace(OPTIONS, window_h=window, step_h=24.0, final_state="free"))
    assert d.role("generated")["C"].to_numpy()[22:27] == pytest.approx(coal_mw, abs=1e-4)
    assert d.role("curtailed")["W"].to_numpy()[24:27] == pytest.approx(cut_mw, abs=1e-4)


def test_units_start_and_stop_at_their_minimum():
    """Three units of 50 MW, minimum 20, ramp 10 MW/h each; on: 1, 3, 3, 1.

    One unit gives at most 50; two that start add 2 x 20, so 50 + 10 + 40 = 100; next hour 100 + 30 = 130; before two
    stop they are at their minimum, so the last hour's 50 allow at most 50 + 10 + 40 = 100 before it: 110 is too much.
    """
    net = one_bus(
        thermal=[
            coal("C", "a", 150.0, cost=200.0, min_p_pu=0.4, units=3, ramp_up_percent_per_h=20.0,
                 ramp_down_percent_per_h=20.0),
            coal("G", "b", 100.0, cost=600.0),
        ]
    )  # fmt: skip
    p = toy.profiles(net, 4, demand={"L": [150, 150, 150, 50]})
    on = pd.DataFrame({"C": [1.0, 3, 3, 1], "G": 1.0}, index=p.index)
    d = solve(net, replace(p, thermal_online=on), GIVEN)
    assert d.role("generated")["C"].to_numpy() == pytest.approx([50, 100, 100, 50], abs=1e-4)


def test_segments_share_one_ramp():
    """30 MW/h over both halves of the cost curve: from 40 to 70 crosses the end of the cheap half."""
    steep = [
        {"thermal": "C", "up_to_pu": 0.5, "cost_cny_per_mwh": 200.0},
        {"thermal": "C", "up_to_pu": 1.0, "cost_cny_per_mwh": 300.0},
    ]
    fast = coal("C", "a", 100.0, ramp_up_percent_per_h=30.0)
    net = one_bus(thermal=[fast, coal("G", "b", 100.0, cost=600.0)], thermal_cost=steep)
    d = solve(net, toy.profiles(net, 3, demand={"L": [40, 90, 90]}))
    assert d.role("generated")[["C", "G"]].to_numpy() == pytest.approx(np.array([[40, 0], [70, 20], [90, 0]]), abs=1e-4)


def test_the_ledger_keeps_ramps():
    """Wind from hour 24 on: what is cut because coal comes down slowly is provincial, and all of it is explained."""
    slow = coal("C", "a", 100.0, cost=200.0, ramp_down_percent_per_h=20.0)
    net = one_bus(
        thermal=[slow], wind=[{**WIND, "name": "W", "bus": "b"}, {**WIND, "name": "V", "bus": "b", "max_p_mw": 20.0}]
    )
    wind = np.r_[np.zeros(24), np.full(24, 50.0)]
    p = toy.profiles(net, 48, demand={"L": 80.0}, available={"W": 0.8 * wind, "V": 0.2 * wind})
    d = solve(net, p, replace(OPTIONS, window_h=24.0, step_h=24.0, final_state="free"))
    rows = ledger(d).rows
    assert set(rows["cause"]) == {"provincial"}
    assert rows["curtailed_mw"].sum() == pytest.approx(40.0, abs=1e-3)


# -- reserve -------------------------------------------------------------------------------------------------------


def test_the_largest_unit_is_required_and_what_is_missing_is_short():
    """Two units of 50 MW at 60: 40 held, 50 required, 10 short at 3,000; nobody is shed for it."""
    net = one_bus(thermal=[coal("C", "a", 100.0, units=2)])
    options = replace(OPTIONS, reserve=ReserveOptions(imposed=True, down_load_percent=0.0))
    d = solve(net, toy.profiles(net, 2, demand={"L": 60}), options)
    assert d.reserve["up_required_mw"].to_numpy() == pytest.approx([50, 50])
    assert d.reserve["up_held_mw"].to_numpy() == pytest.approx([40, 40], abs=1e-4)
    assert d.reserve["up_short_mw"].to_numpy() == pytest.approx([10, 10], abs=1e-4)
    assert d.cost_cny == pytest.approx(2 * (60 * 300 + 10 * 3000))
    assert d.role("unserved").to_numpy().sum() == 0.0


def test_shares_and_poles_of_the_requirement():
    """3 % of 100 + 10 % of 40 wind = 7; a pole of 50 of 100 MW takes 30 of an import of 60; 2 % of 100 down."""
    net = one_bus(
        thermal=[coal("C", "a", 100.0)],
        wind=[{**WIND, "name": "W", "bus": "b"}],
        external=[{"name": "DC", "bus": "b", "max_p_mw": 100.0, "energy_gwh": 0.5, "pole_mw": 50.0}],
    )
    p = toy.profiles(net, 2, demand={"L": 100}, available={"W": 40}, schedule={"DC": [60, 0]})
    options = replace(OPTIONS, reserve=ReserveOptions(imposed=True, largest_unit=False))
    d = solve(net, p, options)
    assert d.reserve["up_required_mw"].to_numpy() == pytest.approx([30, 7])
    assert d.reserve["down_required_mw"].to_numpy() == pytest.approx([2, 2])


@pytest.mark.parametrize(("duration_h", "short_mw"), [(1.0, 4.5), (2.0, 7.0)])
def test_a_store_gives_reserve_as_long_as_its_energy_lasts(duration_h, short_mw):
    """Demand 60, 95; coal of 60 that cannot give way, a battery of 40 MWh: 35 are needed, 5 left for 9.5 of reserve.

    Over one hour that is 5 MW, over two 2.5.
    """
    net = one_bus(thermal=[coal("C", "a", 60.0, min_p_pu=1.0)], battery=[{**BATTERY, "name": "S"}])
    options = replace(
        OPTIONS, reserve=replace(SHARES, duration_h=duration_h), initial_energy_pu=1.0, final_state="free"
    )
    d = solve(net, toy.profiles(net, 2, demand={"L": [60, 95]}), options)
    assert d.reserve["up_short_mw"].to_numpy() == pytest.approx([0.0, short_mw], abs=1e-4)


def test_reserve_keeps_a_store_from_being_emptied():
    """Coal 60 at 300; demand 50, 60.  A MWh in store is worth 170: both hours would empty the battery of 40 MWh.

    In the second hour coal's headroom 60 - p and the store's own e have to hold 30: p = 60 - d, held = d + e, and
    e = 40 - d_0 - d: held = 40 - d_0, so the first hour may take 10 only.
    """
    net = one_bus(thermal=[coal("C", "a", 60.0)], battery=[{**BATTERY, "name": "S"}])
    reserve = replace(SHARES, up_load_percent=50.0)
    options = replace(OPTIONS, reserve=reserve, initial_energy_pu=1.0, final_state="free")
    p = toy.profiles(net, 2, demand={"L": [50, 60]})
    free = solve(net, p, replace(options, reserve=ReserveOptions()))
    assert free.role("discharge").to_numpy().sum() == pytest.approx(40.0, abs=1e-4)
    d = solve(net, p, options)
    assert d.role("discharge")["S"].to_numpy() == pytest.approx([10, 30], abs=1e-4)
    assert d.reserve["up_held_mw"].iloc[1] == pytest.approx(30.0, abs=1e-4)


def test_reserve_that_cuts_wind():
    """Down reserve from plant alone: coal of 20 at least stands at 30, and of 90 MW of wind 20 are cut, not 10."""
    net = one_bus(thermal=[coal("C", "a", 100.0, min_p_pu=0.2)], wind=[{**WIND, "name": "W", "bus": "b"}])
    p = toy.profiles(net, 2, demand={"L": 100}, available={"W": 90})
    reserve = ReserveOptions(
        imposed=True, up_load_percent=0.0, up_wind_percent=0.0, down_load_percent=10.0, largest_unit=False
    )
    counted = solve(net, p, replace(OPTIONS, reserve=reserve))
    assert counted.role("curtailed")["W"].to_numpy() == pytest.approx([10, 10], abs=1e-4)
    d = solve(net, p, replace(OPTIONS, reserve=replace(reserve, curtailment_credit_pu=0.0)))
    assert d.role("curtailed")["W"].to_numpy() == pytest.approx([20, 20], abs=1e-4)
    assert d.reserve["down_held_mw"].to_numpy() == pytest.approx([10, 10], abs=1e-4)


def test_reserve_is_provincial_in_the_ledger():
    """Two farms of 45 MW, one behind a line of 25; the reserve makes 20 MW of surplus, ten each by shares.

    The line takes 20 of the first farm: 10 provincial and 10 of the line; the other loses nothing.
    """
    net = toy.network(
        bus=[toy.bus("a"), toy.bus("b")],
        line=[toy.line("ab", "a", "b", max_mw=25.0)],
        demand=[{"name": "d", "peak_mw": 100.0, "energy_gwh": 1.0}],
        load=[{"name": "L", "bus": "a", "county": "county", "demand": "d", "max_p_mw": 100.0}],
        thermal=[coal("C", "a", 100.0, min_p_pu=0.2)],
        wind=[{**WIND, "name": "W", "bus": "b"}, {**WIND, "name": "V", "bus": "a"}],
    )
    reserve = ReserveOptions(
        imposed=True, up_load_percent=0.0, up_wind_percent=0.0, down_load_percent=10.0, largest_unit=False,
        curtailment_credit_pu=0.0,
    )  # fmt: skip
    p = toy.profiles(net, 2, demand={"L": 100}, available={"W": 45, "V": 45})
    options = replace(OPTIONS, reserve=reserve, rating_power_factor_pu=1.0)
    d = solve(net, p, options)
    assert d.role("curtailed")[["V", "W"]].to_numpy() == pytest.approx(np.array([[0, 20]] * 2), abs=1e-4)
    rows = ledger(d).rows
    by = rows[rows["plant"] == "W"].groupby("cause")["curtailed_mw"].sum() / 2
    assert by["provincial"] == pytest.approx(10.0, abs=1e-4)
    assert by["branch"] == pytest.approx(10.0, abs=1e-4)

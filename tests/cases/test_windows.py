"""Seams between windows, one model for all of them: on paper and on Yueyang 2030.

What must agree with a single LP over the same days is the objective and the curtailed energy, not the schedule.  It
can only where the look-ahead is long enough: the energy handed over is then worth what it is worth in the single LP.
"""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import toy
from slices import some_days

import gridsim.dispatch.grouping
from gridsim.dispatch import Dispatch, solve_dispatch
from gridsim.lp import LinearProgram
from gridsim.network import Network
from gridsim.options import DispatchOptions
from gridsim.profiles import Profiles, make_profiles
from gridsim.run_year import study_drivers
from gridsim.study import read_study, study_network

STUDY = Path(__file__).parents[2] / "studies" / "yueyang_2030.toml"


def one_plant(hours: int, load: np.ndarray, battery_mw: float) -> tuple[Network, Profiles]:
    """Coal of 100 MW at 10, gas of 100 MW at 50, a lossless battery of 100 MWh."""
    here = {"bus": "a", "county": "county"}
    network = toy.network(
        bus=[toy.bus("a")],
        demand=[{"name": "d", "peak_mw": 150.0, "energy_gwh": 1.0}],
        load=[{"name": "L", **here, "demand": "d", "max_p_mw": 150.0}],
        thermal=[
            {"name": n, **here, "carrier": "coal", "max_p_mw": 100.0, "min_p_pu": 0.0, "cost_cny_per_mwh": cost}
            for n, cost in (("coal", 10.0), ("gas", 50.0))
        ],
        battery=[
            {
                "name": "B",
                **here,
                "max_p_mw": battery_mw,
                "energy_mwh": 100.0,
                "efficiency_charge_percent": 100.0,
                "efficiency_discharge_percent": 100.0,
            }
        ],
    )
    return network, toy.profiles(network, hours, demand={"L": load})


PLAIN_FROM_EMPTY = replace(DispatchOptions.plain(), initial_energy_pu=0.0)


@pytest.mark.parametrize(
    ("window_h", "step_h", "cost"), [(math.inf, math.inf, 3300.0), (3.0, 1.0, 3300.0), (2.0, 2.0, 3700.0)]
)
def test_a_seam_costs_what_the_look_ahead_does_not_see(window_h, step_h, cost):
    """Load 60, 60, 60, 150 MW; the peak takes 100 coal and 50 from the battery, charged with coal before.

    One window: (60 + 60 + 60 + 50 + 100) * 10 = 3300.  Windows of 3 h, 1 h kept, see the peak in time: 3300.  Windows
    of 2 h without look-ahead: only hour 3 is left to charge 40 MW, 10 MW are gas: 600 + 600 + 1000 + 1000 + 500 = 3700.
    """
    network, profiles = one_plant(4, np.array([60.0, 60.0, 60.0, 150.0]), 50.0)
    options = replace(PLAIN_FROM_EMPTY, window_h=window_h, step_h=step_h)
    assert solve_dispatch(network, profiles, options=options).cost_cny == pytest.approx(cost)


def test_the_basis_of_a_window_starts_the_next_one():
    """Ten equal days in windows of one day: only the first costs simplex iterations."""
    day = 90.0 + 40.0 * np.sin(np.arange(24) * 2 * np.pi / 24)
    network, profiles = one_plant(240, np.tile(day, 10), 30.0)
    dispatch = solve_dispatch(network, profiles, options=replace(PLAIN_FROM_EMPTY, window_h=24.0, step_h=24.0))
    iterations = dispatch.windows["iterations"].to_numpy()
    assert iterations[0] > 10
    assert (iterations[1:9] == 0).all()


@pytest.fixture(scope="module")
def yueyang() -> tuple[Network, Profiles, DispatchOptions]:
    study = read_study(STUDY)
    network = study_network(study)
    options = study.options().dispatch
    # whole pump units are rounded window by window, so only any pump power makes windows comparable
    options = replace(options, storage=replace(options.storage, pumping="relaxed"))
    return network, make_profiles(network, study_drivers(study, network)), options


def curtailed_mwh(dispatch: Dispatch) -> float:
    return float(dispatch.role("curtailed").to_numpy().sum())


@pytest.mark.parametrize("first", ["2030-05-16", "2030-05-17"])
def test_two_windows_equal_the_single_lp(yueyang, first):
    """Four days of surplus in May, 72 h windows of which 48 h are kept, both ending at half-full stores."""
    network, profiles, options = yueyang
    days = some_days(profiles, first, 4)
    one = solve_dispatch(network, days, options=replace(options, window_h=96.0, step_h=96.0))
    two = solve_dispatch(network, days, options=replace(options, window_h=72.0, step_h=48.0))
    assert (len(one.windows), len(two.windows)) == (1, 2)
    assert np.allclose(one.energy_mwh.iloc[-1], two.energy_mwh.iloc[-1], atol=1e-3)
    assert two.cost_cny == pytest.approx(one.cost_cny, rel=1e-6)
    assert curtailed_mwh(one) > 1e5
    assert curtailed_mwh(two) == pytest.approx(curtailed_mwh(one), abs=0.1)


@pytest.fixture
def built(monkeypatch) -> list[int]:
    """Columns of every model that is passed to the solver."""
    sizes: list[int] = []

    class Counted(LinearProgram):
        def __init__(self, cost, *rest):
            sizes.append(len(cost))
            super().__init__(cost, *rest)

    monkeypatch.setattr(gridsim.dispatch.grouping, "LinearProgram", Counted)
    return sizes


def test_one_model_serves_all_windows(yueyang, built):
    """Thirty days without network limits: one model.  With them it is built anew only where a row splits a group."""
    network, profiles, options = yueyang
    days = some_days(profiles, "2030-07-11", 30)
    calm = replace(options, branch_limits=False, section_limits=False, share="vertex")
    assert len(solve_dispatch(network, days, options=calm).windows) == 30
    assert len(built) == 1
    built.clear()
    limited = solve_dispatch(network, days, options=replace(options, share="vertex"))
    assert limited.windows["network_rows"].iloc[-1] > 20
    assert sorted(set(built)) == built, "each model is finer than the one before"
    assert len(built) < 30


@pytest.mark.slow
def test_the_year_in_one_lp_against_rolling_windows(yueyang):
    """The year in windows of 48 h, 24 h kept, against one LP over 8,760 h with the same end state, without outages.

    Measured: the rolling year costs 0.06 % more and curtails 5.5 % more energy, because a day of look-ahead does not
    see what the storage is worth in a week of surplus.  So the rolling year errs on the side of curtailment.
    """
    network, profiles, options = yueyang
    plain = replace(options, share="vertex", outage_limits=False)
    rolled = solve_dispatch(network, profiles, options=plain)
    year = solve_dispatch(network, profiles, options=replace(plain, window_h=math.inf, step_h=math.inf))
    assert len(year.windows) == 1
    assert 1.0 - 1e-9 < rolled.cost_cny / year.cost_cny < 1.002
    assert 0.9 * curtailed_mwh(rolled) < curtailed_mwh(year) < curtailed_mwh(rolled)

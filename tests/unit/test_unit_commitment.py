"""Unit commitment: start costs and least times by hand, every commitment of tiny cases tried, hand-over, the gap."""

from __future__ import annotations

import dataclasses
import itertools
from typing import Any

import numpy as np
import pandas as pd
import pytest
import toy
from test_dispatch import WIND, coal, one_bus

from gridsim.dispatch import Dispatch, solve_dispatch
from gridsim.errors import InvalidInput, NoOptimum
from gridsim.network import Network
from gridsim.options import CommitmentOptions, DispatchOptions, ReserveOptions
from gridsim.profiles import Profiles

HOURLY = CommitmentOptions(rule="milp", period_h=1.0, mip_gap=0.0)
#: a commitment that needs must-run output cut is none
MILP = DispatchOptions(commitment=HOURLY, must_run_cut="forbidden")


def solve(net: Network, demand: list[float], options: DispatchOptions = MILP, **series: dict) -> Dispatch:
    return solve_dispatch(net, toy.profiles(net, len(demand), demand={"L": demand}, **series), options=options)


def on(dispatch: Dispatch, name: str) -> list[int]:
    return dispatch.online[name].astype(int).tolist()


# -- by hand -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("start_cost", "expected"), [(3_900.0, [1, 0, 1]), (4_100.0, [1, 1, 1])])
def test_a_start_is_weighed_against_an_hour_at_minimum(start_cost, expected):
    """Base coal at 300 serves 60 alone; in the hours of 100 the second plant (400, minimum 40) is needed.

    Through the hour of 60 between them it costs 40 MWh x (400 - 300) = 4,000; a stop saves that and pays a start.
    """
    net = one_bus(
        thermal=[
            coal("B", "a", 60.0, must_run=True),
            coal("P", "b", 60.0, cost=400.0, min_p_pu=40.0 / 60.0, start_cost_cny=start_cost),
        ]
    )
    assert on(solve(net, [100, 60, 100]), "P") == expected


def peaker(**cells: Any) -> Network:
    """Base coal of 60 that must run, a peaker with a minimum of 40 of 60 MW."""
    return one_bus(
        thermal=[coal("B", "a", 60.0, must_run=True), coal("P", "b", 60.0, cost=400.0, min_p_pu=40.0 / 60.0, **cells)]
    )


def test_least_time_up():
    """On for three hours after its start in hour 1; without a least time it stops at once.

    In hour 0 demand is below its minimum, so that it cannot have been on before the horizon.
    """
    demand = [30, 100, 60, 60, 60]
    assert on(solve(peaker(), demand), "P") == [0, 1, 0, 0, 0]
    assert on(solve(peaker(min_up_h=3.0), demand), "P") == [0, 1, 1, 1, 0]


def test_least_time_down():
    """Off for one hour only is not allowed with three: through the valley of one it stays on, of three it stops."""
    short, long = [100, 60, 100, 100], [100, 60, 60, 60, 100]
    assert on(solve(peaker(), short), "P") == [1, 0, 1, 1]
    assert on(solve(peaker(min_down_h=3.0), short), "P") == [1, 1, 1, 1]
    assert on(solve(peaker(min_down_h=3.0), long), "P") == [1, 0, 0, 0, 1]


def test_least_times_are_handed_over_from_window_to_window():
    """Started in the last hour of day one for six hours: on in the first five of day two, which does not need it."""
    demand = np.full(48, 60.0)
    demand[23] = 100.0
    options = dataclasses.replace(MILP, window_h=24.0, step_h=24.0, final_state="free")
    d = solve(peaker(min_up_h=6.0), demand.tolist(), options)
    assert on(d, "P") == [0] * 23 + [1] * 6 + [0] * 19
    assert list(d.windows["start"]) == [0, 24]
    assert (d.windows["mip_gap"] <= 1e-6).all()


def test_ramps_in_the_commitment():
    """From 60 to 110 MW coal that ramps 20 MW/h cannot follow: the dear plant has to start for it, one hour only."""
    slow = coal("C", "a", 120.0, cost=200.0, must_run=True, ramp_up_percent_per_h=100.0 / 6.0)
    net = one_bus(thermal=[slow, coal("G", "b", 60.0, cost=600.0, min_p_pu=0.25)])
    assert on(solve(net, [60, 110, 110, 110]), "G") == [0, 1, 1, 0]
    fast = one_bus(thermal=[{**slow, "ramp_up_percent_per_h": 60.0}, coal("G", "b", 60.0, cost=600.0, min_p_pu=0.25)])
    assert on(solve(fast, [60, 110, 110, 110]), "G") == [0, 0, 0, 0]


def test_reserve_commits_a_unit():
    """Base coal of 120 carries 100 alone; 30 % of reserve needs the second plant, though at its minimum."""
    net = one_bus(thermal=[coal("B", "a", 120.0, must_run=True), coal("P", "b", 60.0, cost=400.0, min_p_pu=0.5)])
    reserve = ReserveOptions(imposed=True, up_load_percent=30.0, down_load_percent=0.0, largest_unit=False)
    assert on(solve(net, [100, 100]), "P") == [0, 0]
    d = solve(net, [100, 60], dataclasses.replace(MILP, reserve=reserve))
    assert on(d, "P") == [1, 0]
    assert d.reserve["up_short_mw"].to_numpy() == pytest.approx([0, 0], abs=1e-6)


def test_the_tie_is_in_the_commitment():
    """The city's plant is dearer, but the tie lets only 30 of its 80 MW in: it has to be on."""
    net = toy.network(
        bus=[toy.bus("a"), toy.bus("x")],
        line=[toy.line("ax", "a", "x")],
        area=[{"name": "city", "kind": "detailed"}, {"name": "rest", "kind": "node"}],
        area_link=[{"area": "rest", "bus": "x", "share_pu": 1.0}],
        section=[{"name": "tie", "max_p_mw": 50.0, "min_p_mw": -30.0, "kind": "tie"}],
        section_branch=[{"section": "tie", "element_type": "line", "element": "ax", "weight_pu": 1.0}],
        demand=[{"name": "d", "peak_mw": 100.0, "energy_gwh": 1.0}],
        load=[{"name": "L", "bus": "a", "county": "county", "demand": "d", "max_p_mw": 80.0}],
        thermal=[coal("C", "a", 100.0, cost=500.0, min_p_pu=0.2), coal("R", None, 300.0, area="rest")],
    )
    d = solve(net, [80, 30])
    assert on(d, "C") == [1, 0]
    assert d.section_mw["tie"].to_numpy() == pytest.approx([-30, -30], abs=1e-6)


def test_daily_periods_and_the_carrier_floor():
    """By day: two of four units for a peak of 90; the floor of 80 % of the fleet asks for four of 4 x 25 = 80 MW."""
    fleet = coal("C", "a", 100.0, units=4, min_p_pu=0.5)
    demand = [50.0] * 23 + [90.0] + [40.0] * 24
    day = dataclasses.replace(MILP, commitment=dataclasses.replace(HOURLY, period_h=24.0))
    assert on(solve(one_bus(thermal=[fleet]), demand, day), "C") == [4, 2]
    floor = [{"carrier": "coal", "fleet_share_pu": 0.7, "load_share_pu": 0.0}]
    assert on(solve(one_bus(thermal=[fleet], must_run=floor), demand, day), "C") == [4, 3]


def test_periods_that_do_not_fill_the_day_are_refused():
    odd = dataclasses.replace(MILP, commitment=dataclasses.replace(HOURLY, period_h=5.0))
    with pytest.raises(InvalidInput, match="periods of 5 h fill neither a day nor"):
        solve(peaker(), [60.0, 60.0], odd)


def test_an_unproven_gap_is_refused(monkeypatch: pytest.MonkeyPatch):
    """What the solver cannot prove in time stops the run with window and gap."""
    from gridsim.dispatch.commitment import program

    monkeypatch.setattr(
        program, "solve_integer", lambda *_, **given: (None, f"not proven within {given['time_limit_s']:g} s")
    )
    with pytest.raises(NoOptimum, match=r"unit commitment, window from step 0 to 1: not proven .* gap asked 0"):
        solve(peaker(), [60.0, 60.0])


# -- every commitment tried --------------------------------------------------------------------------------------


def tiny(seed: int, hours: int, most: int) -> tuple[Network, Profiles, DispatchOptions]:
    """Two rows of at most so many units over a few hours, wind, at times a battery, ramps, reserve, least times."""
    rng = np.random.default_rng(seed)
    rows = []
    for name in ("C", "D"):
        cells: dict[str, Any] = {
            "min_p_pu": float(rng.choice([0.0, 0.3, 0.6])),
            "start_cost_cny": float(rng.choice([0.0, 2_000.0, 8_000.0])),
            "min_up_h": float(rng.choice([0.0, 2.0, 3.0])),
            "min_down_h": float(rng.choice([0.0, 2.0])),
            "units": int(rng.integers(1, most + 1)),
        }
        if rng.random() < 0.4:
            cells |= {"ramp_up_percent_per_h": 40.0, "ramp_down_percent_per_h": float(rng.choice([30.0, 60.0]))}
        rows.append(coal(name, "a", float(rng.uniform(50, 90)), cost=float(rng.uniform(250, 500)), **cells))
    more = {}
    if rng.random() < 0.5:
        store = {"name": "S", "bus": "b", "county": "county", "max_p_mw": 15.0, "energy_mwh": 30.0}
        more["battery"] = [{**store, "efficiency_charge_percent": 90.0, "efficiency_discharge_percent": 95.0}]
    net = one_bus(thermal=rows, wind=[{**WIND, "name": "W", "bus": "b"}], **more)
    demand, wind = rng.uniform(40, 120, hours), rng.uniform(0, 60, hours)
    reserve = ReserveOptions(imposed=bool(rng.random() < 0.5), up_load_percent=10.0, down_load_percent=5.0)
    return (
        net,
        toy.profiles(net, hours, demand={"L": demand}, available={"W": wind}),
        dataclasses.replace(MILP, reserve=reserve),
    )


def keeps_least_times(run: np.ndarray, up_h: float, down_h: float, units: int) -> bool:
    """Starts of the last ``up_h`` hours are on, stops of the last ``down_h`` hours off; nothing known of before."""
    change = np.diff(run, prepend=run[:1])
    for t in range(len(run)):
        for span, switched, there in (
            (up_h, change.clip(min=0), run[t]),
            (down_h, -change.clip(max=0), units - run[t]),
        ):
            if switched[max(0, t - max(1, int(span)) + 1) : t + 1].sum() > there:
                return False
    return True


def cheapest(net: Network, profiles: Profiles, options: DispatchOptions) -> float:
    """Cost of the best of all commitments: dispatch of each with its units given, plus its starts."""
    table = net["thermal"].set_index("name")
    runs = []
    for name in table.index:
        units = int(table["units"][name])
        every = (np.array(r) for r in itertools.product(range(units + 1), repeat=len(profiles.index)))
        runs.append(
            [r for r in every if keeps_least_times(r, table["min_up_h"][name], table["min_down_h"][name], units)]
        )
    best = np.inf
    given = dataclasses.replace(options, commitment=CommitmentOptions(rule="given"), share="vertex")
    for pair in itertools.product(*runs):
        starts = sum(
            np.diff(r, prepend=r[:1]).clip(min=0).sum() * table["start_cost_cny"][n] for n, r in zip(table.index, pair)
        )
        frame = pd.DataFrame(dict(zip(table.index, pair)), index=profiles.index, dtype=float)
        try:
            d = solve_dispatch(net, dataclasses.replace(profiles, thermal_online=frame), options=given)
        except NoOptimum:
            continue  # this commitment has no schedule
        best = min(best, d.windows["objective_cny"].iloc[0] + starts)
    return best


@pytest.mark.parametrize("seed", range(4))
def test_no_commitment_of_single_units_is_cheaper(seed):
    compare(*tiny(seed, 4, 1))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4, 24))
def test_no_commitment_of_more_single_units_is_cheaper(seed):
    compare(*tiny(seed, 4, 1))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 112))
def test_no_commitment_of_fleets_is_cheaper(seed):
    compare(*tiny(seed, 3, 2))


def compare(net: Network, profiles: Profiles, options: DispatchOptions) -> None:
    d = solve_dispatch(net, profiles, options=options)
    change = d.online.diff().fillna(0.0).clip(lower=0.0).sum()
    starts = float((change * net["thermal"].set_index("name")["start_cost_cny"]).sum())
    expected = cheapest(net, profiles, options)
    assert d.windows["objective_cny"].iloc[0] + starts == pytest.approx(expected, rel=1e-6)
    # the integer program may charge and discharge at once, which the dispatch forbids afterwards
    assert d.windows["commitment_cny"].iloc[0] <= expected * (1 + 1e-6)
    if not d.windows["direction_fixes"].any():
        assert d.windows["commitment_cny"].iloc[0] == pytest.approx(expected, rel=1e-6)

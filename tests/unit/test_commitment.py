"""Which units are on: the merit order solved by hand, floors, maintenance, and a fleet split into plants."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import toy
from hypothesis import given
from hypothesis import strategies as st

from gridsim.devices.availability import available_pu
from gridsim.devices.thermal import ThermalFleet
from gridsim.dispatch import solve_dispatch
from gridsim.dispatch.commitment import merit_order
from gridsim.options import CommitmentOptions, DispatchOptions, StorageOptions

NO_RESERVE = CommitmentOptions(reserve_percent=0.0, wind_credit_pu=0.0, solar_credit_pu=0.0)
NO_FLOOR = pd.DataFrame(columns=["carrier", "fleet_share_pu", "load_share_pu"])


def fleet(*rows: dict[str, Any], days: int = 1) -> ThermalFleet:
    """Rows of name, unit_mw, cost and units (a number or one per day); coal that may be off unless said."""
    must_run = np.array([r.get("must_run", False) for r in rows], dtype=bool)
    available = np.column_stack([np.broadcast_to(np.asarray(r["units"], dtype=float), days) for r in rows])
    free, none = np.full(len(rows), np.inf), np.zeros(len(rows))
    return ThermalFleet(
        names=tuple(r["name"] for r in rows),
        carrier=tuple(r.get("carrier", "coal") for r in rows),
        cost_cny_per_mwh=np.array([float(r["cost"]) for r in rows]),
        must_run=must_run,
        unit_mw=np.array([float(r["unit_mw"]) for r in rows]),
        min_p_pu=np.zeros(len(rows)),
        available_units=available,
        least_units=np.where(must_run, available, 0.0),
        segments=tuple((np.ones(1), np.array([float(r["cost"])])) for r in rows),
        ramp_up_pu_per_h=free,
        ramp_down_pu_per_h=free,
        start_cost_cny=none,
        min_up_h=none,
        min_down_h=none,
    )


def on(
    units: ThermalFleet,
    net: list[float],
    *,
    mean: list[float] | None = None,
    floors: pd.DataFrame = NO_FLOOR,
    options: CommitmentOptions = NO_RESERVE,
) -> list[list[float]]:
    return merit_order(units, np.array(net), np.array(mean or net), floors, options).tolist()


CHEAP = {"name": "cheap", "unit_mw": 100.0, "units": 3, "cost": 280.0}
DEAR = {"name": "dear", "unit_mw": 200.0, "units": 2, "cost": 320.0}
GAS = {"name": "gas", "unit_mw": 50.0, "units": 4, "cost": 600.0, "carrier": "gas"}


def test_merit_order_by_hand():
    """300 MW at 280, 400 at 320, 200 at 600: each day the cheapest units that cover it, whole units only."""
    days = [0.0, 100.0, 100.1, 299.0, 301.0, 500.1, 700.0, 701.0, 2000.0]
    units = fleet(CHEAP, DEAR, GAS, days=len(days))
    assert on(units, days) == [
        [0, 0, 0],
        [1, 0, 0],
        [2, 0, 0],
        [3, 0, 0],
        [3, 1, 0],
        [3, 2, 0],
        [3, 2, 0],
        [3, 2, 1],
        [3, 2, 4],
    ]


def test_reserve_raises_the_need():
    units = fleet(CHEAP, DEAR, GAS)
    with_reserve = CommitmentOptions(reserve_percent=10.0)
    assert on(units, [290.0]) == [[3, 0, 0]]
    assert on(units, [290.0], options=with_reserve) == [[3, 1, 0]]


def test_must_run_units_come_first_whatever_they_cost():
    units = fleet(CHEAP, GAS | {"must_run": True})
    assert on(units, [0.0]) == [[0, 4]]
    assert on(units, [250.0]) == [[1, 4]]


@pytest.mark.parametrize(
    ("fleet_share", "load_share", "expected"),
    [(0.0, 0.0, [1, 0]), (0.5, 0.0, [3, 1]), (0.0, 0.45, [3, 0]), (0.3, 0.9, [3, 2]), (1.0, 0.0, [3, 2])],
)
def test_least_committed_capacity_of_a_carrier(fleet_share, load_share, expected):
    """Of 700 MW of coal a share of the fleet, or of 600 MW of mean demand, is on though 50 MW would do."""
    floors = pd.DataFrame([{"carrier": "coal", "fleet_share_pu": fleet_share, "load_share_pu": load_share}])
    assert on(fleet(CHEAP, DEAR, GAS), [50.0], mean=[600.0], floors=floors) == [[*expected, 0]]


def test_cogeneration_counts_as_coal():
    """Its 240 MW must run and meet the coal floor of 200 MW, so no coal is on for it."""
    heat = {"name": "heat", "unit_mw": 120.0, "units": 2, "cost": 250.0, "carrier": "cogeneration", "must_run": True}
    floors = pd.DataFrame([{"carrier": "coal", "fleet_share_pu": 0.0, "load_share_pu": 1.0}])
    assert on(fleet(CHEAP, heat), [0.0], mean=[200.0], floors=floors) == [[0, 2]]
    assert on(fleet(CHEAP, heat), [0.0], mean=[300.0], floors=floors) == [[1, 2]]


def test_units_of_equal_cost_are_taken_in_proportion():
    """Six units in the province and two in the city at one price: of four that are on, one stands in the city."""
    city = {"name": "city", "unit_mw": 100.0, "units": 2, "cost": 300.0}
    rest = {"name": "rest", "unit_mw": 100.0, "units": 6, "cost": 300.0}
    days = [100.0 * n for n in range(9)]
    taken = on(fleet(city, rest, days=9), days)
    assert taken[4] == [1, 3]
    assert taken[8] == [2, 6]
    assert all(sum(row) == n for n, row in enumerate(taken))
    assert all(abs(row[0] / 2 - row[1] / 6) <= 0.5 for row in taken)
    # the order of the rows and thereby the names decide nothing
    assert [row[::-1] for row in on(fleet(rest, city, days=9), days)] == taken


@given(
    st.lists(st.integers(1, 5), min_size=1, max_size=4),
    st.lists(st.floats(0.0, 3000.0), min_size=1, max_size=4),
    st.integers(0, 20),
)
def test_splitting_a_fleet_into_plants_changes_nothing(parts, net, reserve):
    """A fleet of n equal units, or the same units under several names: as many are on, and so is the rest."""
    options = CommitmentOptions(reserve_percent=float(reserve))
    whole = fleet(CHEAP, {"name": "F", "unit_mw": 60.0, "units": sum(parts), "cost": 300.0}, GAS, days=len(net))
    split = fleet(
        CHEAP,
        *({"name": f"F{k}", "unit_mw": 60.0, "units": n, "cost": 300.0} for k, n in enumerate(parts)),
        GAS,
        days=len(net),
    )
    a = np.array(on(whole, net, options=options))
    b = np.array(on(split, net, options=options))
    assert b[:, 1:-1].sum(axis=1).tolist() == a[:, 1].tolist()
    assert b[:, [0, -1]].tolist() == a[:, [0, -1]].tolist()
    # no plant of the split fleet is much busier than another
    assert (np.abs(b[:, 1:-1] - b[:, 1:-1].sum(axis=1)[:, None] * np.array(parts) / sum(parts)) <= 1.0).all()


@given(st.lists(st.floats(0.0, 3000.0), min_size=1, max_size=6))
def test_what_is_on_covers_the_need_and_no_unit_is_superfluous(net):
    units = fleet(CHEAP, DEAR, GAS, days=len(net))
    capacity = np.array(on(units, net)) @ units.unit_mw
    most = float((units.available_units[0] * units.unit_mw).sum())
    assert (capacity >= np.minimum(net, most) - 1e-6).all()
    assert (capacity - units.unit_mw.max() < np.maximum(net, 1e-9)).all()


def test_a_fleet_in_maintenance_has_a_fraction_of_a_unit_left():
    """2.5 of 3 units are there: the last piece is half a unit."""
    units = fleet(CHEAP | {"units": [2.5, 2.5, 0.0]}, DEAR, days=3)
    assert on(units, [200.0, 240.0, 240.0]) == [[2, 0], [2.5, 0], [0, 2]]


# -- planned outages -----------------------------------------------------------------------------------------


def test_planned_outages_by_date():
    days = pd.date_range("2030-01-01", periods=365, freq="D", tz="Asia/Shanghai")
    ready = pd.Series(available_pu(days, units=4, outages=[(1, "03-01", "03-20"), (2, "12-30", "01-02")]), index=days)
    assert ready["2030-02-28"] == 1.0
    assert (ready["2030-03-01":"2030-03-20"] == 0.75).all()
    assert ready["2030-03-21"] == 1.0
    assert ready[["2030-01-01", "2030-01-02", "2030-12-30", "2030-12-31"]].tolist() == [0.5] * 4
    assert ready["2030-01-03"] == 1.0


def test_more_units_out_than_there_are():
    days = pd.date_range("2030-03-01", periods=1, freq="D", tz="Asia/Shanghai")
    both = [(2, "02-01", "04-01"), (1, "03-01", "03-01")]
    assert available_pu(days, units=2, outages=both).tolist() == [0.0]


# -- in the dispatch -----------------------------------------------------------------------------------------


def city(**tables: list[dict]) -> Any:
    here = {"bus": "a", "county": "county"}
    return toy.network(
        bus=[toy.bus("a"), toy.bus("b")],
        line=[toy.line("ab", "a", "b")],
        demand=[{"name": "d", "peak_mw": 400.0, "energy_gwh": 1.0}],
        load=[{"name": "L", **here, "demand": "d", "max_p_mw": 400.0}],
        thermal=[
            {
                "name": "C",
                **here,
                "carrier": "coal",
                "units": 4,
                "max_p_mw": 400.0,
                "min_p_pu": 0.5,
                "cost_cny_per_mwh": 300.0,
                "auxiliary_percent": 5.0,
                "availability_pu": 0.9,
            },
            {"name": "G", **here, "carrier": "gas", "max_p_mw": 300.0, "min_p_pu": 0.2, "cost_cny_per_mwh": 600.0},
        ],
        **tables,
    )


def solve(
    network: Any, hours: int, commitment: CommitmentOptions = NO_RESERVE, *, pumping: str = "rounded", **series: dict
) -> Any:
    profiles, storage = toy.profiles(network, hours, **series), StorageOptions(pumping=pumping)
    return solve_dispatch(network, profiles, options=DispatchOptions(commitment=commitment, storage=storage))


def test_the_day_is_committed_for_its_largest_hour():
    """Net of auxiliaries and forced outages a unit gives 85.5 MW; two days of peaks 150 and 340."""
    network = city()
    demand = np.r_[np.full(24, 100.0), np.full(24, 180.0)]
    demand[[20, 40]] = 150.0, 340.0
    d = solve(network, 48, demand={"L": demand})
    assert d.online.to_numpy().tolist() == [[2, 0], [4, 0]]
    assert d.role("generated")["C"].to_numpy() == pytest.approx(demand)
    column = list(d.system.columns.role).index("thermal.generated")
    lower, upper = d.system.columns.lower_mw[:, column], d.system.columns.upper_mw[:, column]
    assert (lower[0], lower[-1]) == pytest.approx((2 * 42.75, 4 * 42.75))
    assert (upper[0], upper[-1]) == pytest.approx((2 * 85.5, 4 * 85.5))


def test_what_may_be_counted_on_saves_units():
    """300 MW of peak: 130 of wind at a credit of 70 % leave 209 MW, a store of 40 firm MW leaves 169 = two units."""
    here = {"bus": "b", "county": "county"}
    network = city(
        wind=[{"name": "W", **here, "max_p_mw": 130.0, "site": "s", "turbine": "t", "hub_height_m": 90.0}],
        battery=[
            {
                "name": "S",
                **here,
                "max_p_mw": 80.0,
                "energy_mwh": 400.0,
                "firm_pu": 0.5,
                "efficiency_charge_percent": 90.0,
                "efficiency_discharge_percent": 100.0,
            }
        ],
    )
    demand = np.full(24, 180.0)
    demand[20] = 300.0
    series = {"demand": {"L": demand}, "available": {"W": 130.0}}
    assert solve(network, 24, NO_RESERVE, **series).online["C"].tolist() == [4]
    wind_alone = CommitmentOptions(reserve_percent=0.0, wind_credit_pu=0.7, storage_credit_pu=0.0)
    assert solve(network, 24, wind_alone, **series).online["C"].tolist() == [3]
    both = CommitmentOptions(reserve_percent=0.0, wind_credit_pu=0.7)
    assert solve(network, 24, both, **series).online["C"].tolist() == [2]


def test_the_store_gives_power_but_no_energy():
    """The mean demand of 250 MW has to be covered though a store could carry the peak of 260.

    Three units of 85.5 MW leave 6.5 MW to charge with, which takes any pump power: a whole machine pumps 200 MW, cannot
    be started, and the 3.5 MW of the peak that stay unserved bring a fourth unit on.
    """
    here = {"bus": "b", "county": "county"}
    network = city(
        pumped_storage=[
            {
                "name": "P",
                **here,
                "max_p_mw": 200.0,
                "max_pump_mw": 200.0,
                "energy_mwh": 2000.0,
                "efficiency_pump_percent": 90.0,
                "efficiency_turbine_percent": 90.0,
            }
        ],
    )
    demand = {"L": np.r_[np.full(23, 250.0), 260.0]}
    assert solve(network, 24, pumping="relaxed", demand=demand).online["C"].tolist() == [3]
    whole = solve(network, 24, demand=demand)
    assert whole.online["C"].tolist() == [4]
    assert whole.windows["raised_mw"].tolist() == pytest.approx([85.5])


@pytest.mark.parametrize(("points", "minimum"), [(0.0, 0.5), (10.0, 0.6), (-10.0, 0.4), (-80.0, 0.0)])
def test_shifted_minimum_output_of_coal(points, minimum):
    options = CommitmentOptions(
        reserve_percent=0.0, wind_credit_pu=0.0, solar_credit_pu=0.0, min_output_shift_points=points
    )
    demand = np.r_[340.0, np.full(23, 210.0)]
    d = solve(city(), 24, options, demand={"L": demand}, available={})
    lower = d.system.columns.lower_mw[0, list(d.system.columns.role).index("thermal.generated")]
    assert lower == pytest.approx(4 * 85.5 * minimum)

"""Demand of loads: parts (vehicles, petrochemical blocks), counties, series of single loads; totals stay."""

import numpy as np
import pandas as pd
import pytest
import toy
from hypothesis import given, settings
from hypothesis import strategies as st
from test_demand import SHAPE

from gridsim.demand import make_demand
from gridsim.errors import InvalidInput
from gridsim.station_demand import load_weights, station_demand
from gridsim.weather.study_year import study_index

INDEX = study_index(2030)
NIGHT = {f"h{h:02d}_pu": 2.0 if h >= 22 or h < 6 else 0.5 for h in range(24)}
LOADS = [
    {"name": "甲", "bus": "A", "county": "county", "demand": "城市", "max_p_mw": 60.0},
    {"name": "乙", "bus": "B", "county": "east", "demand": "城市", "max_p_mw": 30.0},
    {"name": "丙", "bus": "C", "county": "east", "demand": "城市", "max_p_mw": 10.0},
]
CITY = {"name": "城市", "peak_mw": 1000.0, "energy_gwh": 5400.0}
BLOCK = {"name": "石化", "part_of": "城市", "energy_gwh": 876.0}
CARS = {"name": "电动汽车", "part_of": "城市", "energy_gwh": 365.0}


def _network(*rows, loads=LOADS, county=(), city=CITY):
    months = range(1, 13)
    hours = [{"demand": "城市", "month": m, "day_type": "workday", **SHAPE} for m in months]
    hours += [{"demand": "电动汽车", "month": m, "day_type": "workday", **NIGHT} for m in months]
    return toy.network(
        bus=[toy.bus(b) for b in "ABC"],
        county=[{"name": n, "lat_deg": 29.0, "lon_deg": 113.0} for n in ("county", "east")],
        demand=[city, *rows],
        demand_hour=[h for h in hours if h["demand"] in {"城市", *(r["name"] for r in rows)}],
        demand_county=[{"demand": d, "county": c, "share_pu": s} for d, c, s in county],
        load=loads,
    )


def test_a_flat_block_is_taken_out_and_energy_and_peak_of_the_whole_stay():
    # 876 GWh in 8,760 h are 100 MW in every hour
    demand = make_demand(_network(BLOCK), INDEX)
    assert demand["石化"].to_numpy() == pytest.approx(np.full(8760, 100.0))
    total = demand.sum(axis=1)
    assert (total.sum() / 1000, total.max()) == pytest.approx((5400.0, 1000.0), rel=1e-9)
    alone = make_demand(_network(), INDEX)["城市"]
    assert total.to_numpy() == pytest.approx(alone.to_numpy(), abs=1e-9)


def test_vehicles_charge_at_night_by_hand():
    # 365 GWh are 1 GWh a day, 41.667 MW on average; eight hours at 2 and sixteen at 0.5: mean 1; so 83.3 and 20.8 MW
    cars = make_demand(_network(CARS), INDEX)["电动汽车"]
    assert cars.sum() / 1000 == pytest.approx(365.0)
    assert cars.iloc[24 * 100 + 2] == pytest.approx(83.333, abs=0.01)
    assert cars.iloc[24 * 100 + 12] == pytest.approx(20.833, abs=0.01)
    assert cars.groupby(INDEX.hour).mean().idxmax() in (22, 23, 0, 1, 2, 3, 4, 5)
    quarter = study_index(2030, step_minutes=15)
    assert make_demand(_network(CARS), quarter)["电动汽车"].sum() / 4000 == pytest.approx(365.0)


def test_a_part_is_spread_over_the_loads_of_the_whole_by_county():
    # half of it in each county; in the east 乙 has 30 of 40 MW
    weights = load_weights(_network(CARS, county=[("电动汽车", "county", 0.5), ("电动汽车", "east", 0.5)]))
    assert weights["电动汽车"].to_dict() == pytest.approx({"甲": 0.5, "乙": 0.375, "丙": 0.125})
    assert weights["城市"].to_dict() == pytest.approx({"甲": 0.6, "乙": 0.3, "丙": 0.1})
    assert load_weights(_network(CARS))["电动汽车"].to_dict() == pytest.approx({"甲": 0.6, "乙": 0.3, "丙": 0.1})


def test_a_part_with_loads_of_its_own_goes_there():
    net = _network(BLOCK, loads=[*LOADS, {"name": "装置", "bus": "C", "demand": "石化", "max_p_mw": 100.0}])
    got = station_demand(net, make_demand(net, INDEX))
    assert got["装置"].to_numpy() == pytest.approx(np.full(8760, 100.0))
    assert got.sum(axis=1).max() == pytest.approx(1000.0)


@settings(max_examples=6, deadline=None)
@given(
    east=st.floats(0.05, 0.95), block=st.floats(10.0, 700.0), cars=st.floats(10.0, 250.0), order=st.permutations(LOADS)
)
def test_totals_stay_whatever_the_parts_and_the_order(east, block, cars, order):
    rows = [{**BLOCK, "energy_gwh": block}, {**CARS, "energy_gwh": cars}]
    net = _network(*rows, loads=order, county=[("电动汽车", "east", east), ("电动汽车", "county", 1.0 - east)])
    got = station_demand(net, make_demand(net, INDEX))
    total = got.sum(axis=1)
    assert (total.sum() / 1000, total.max()) == pytest.approx((5400.0, 1000.0), rel=1e-9)
    base = _network(*rows, county=[("电动汽车", "east", east), ("电动汽车", "county", 1.0 - east)])
    assert got["乙"].to_numpy() == pytest.approx(station_demand(base, make_demand(base, INDEX))["乙"].to_numpy())


def test_measured_loads_are_contained_in_their_demand():
    net = _network()
    demand = make_demand(net, INDEX)
    given = pd.DataFrame({"乙": np.linspace(50.0, 100.0, 8760)}, index=INDEX)
    got = station_demand(net, demand, given)
    assert got["乙"].to_numpy() == pytest.approx(given["乙"].to_numpy())
    assert got.sum(axis=1).to_numpy() == pytest.approx(demand["城市"].to_numpy())
    # what is left is shared 60 : 10
    assert (got["甲"] / got["丙"]).to_numpy() == pytest.approx(np.full(8760, 6.0))


def test_what_cannot_be_is_said():
    short = {**CITY, "energy_gwh": 5400.0}
    with pytest.raises(InvalidInput, match="minus '石化' it is"):
        make_demand(_network({**BLOCK, "energy_gwh": 5300.0}, city=short), INDEX)
    with pytest.raises(InvalidInput, match="'石化' is itself a part"):
        make_demand(_network(BLOCK, {**CARS, "part_of": "石化"}), INDEX)
    with pytest.raises(InvalidInput, match="there is no peak"):
        make_demand(_network(city={"name": "城市", "energy_gwh": 5400.0}), INDEX)
    with pytest.raises(InvalidInput) as caught:
        load_weights(_network(CARS, county=[("电动汽车", "county", 0.5), ("电动汽车", "west", 0.3)]))
    assert len(caught.value.problems) == 2
    net = _network()
    much = pd.DataFrame({"乙": np.full(8760, 900.0)}, index=INDEX)
    with pytest.raises(InvalidInput, match="exceed the demand '城市' by"):
        station_demand(net, make_demand(net, INDEX), much)
    every = pd.DataFrame({n: np.full(8760, 10.0) for n in "甲乙丙"}, index=INDEX)
    with pytest.raises(InvalidInput, match="are left over"):
        station_demand(net, make_demand(net, INDEX), every)


def test_a_flat_demand_may_miss_its_peak_by_a_leap_day_and_no_more():
    flat = {"name": "厂", "peak_mw": 100.0, "energy_gwh": 876.0}
    leap = make_demand(toy.network(demand=[flat]), study_index(2028))["厂"]
    assert leap.sum() / 1000 == pytest.approx(876.0)
    with pytest.raises(InvalidInput, match="flat"):
        make_demand(toy.network(demand=[{**flat, "peak_mw": 120.0}]), INDEX)

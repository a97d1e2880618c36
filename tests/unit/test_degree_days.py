"""Demand of days that follow their temperature: by hand, and laws of energy and peak under any weather."""

import numpy as np
import pandas as pd
import pytest
import toy
from hypothesis import given, settings
from hypothesis import strategies as st
from test_demand import FESTIVAL, SHAPE

from gridsim.degree_days import counting_degc, day_response, degree_days, expected_above
from gridsim.demand import REST_OF_NOISE, day_noise, make_demand
from gridsim.weather.calendar import days_of
from gridsim.weather.study_year import study_index

INDEX = study_index(2030)
DAYS = days_of(INDEX)
MONTH = np.asarray(DAYS.month) - 1
NORMALS = (5.0, 7.3, 11.2, 17.5, 22.5, 25.9, 29.1, 28.3, 24.1, 18.7, 13.0, 7.5)
RULE = {
    "cooling_percent_per_k": 3.0,
    "heating_percent_per_k": 2.0,
    "cooling_from_degc": 22.0,
    "heating_from_degc": 10.0,
}
NONE = np.full(12, np.nan)


def _network(**row):
    demand = {"name": "城市", "peak_mw": 1000.0, "energy_gwh": 5400.0, "site": "站", **RULE, **row}
    return toy.network(
        demand=[demand],
        demand_month=[
            {"demand": "城市", "month": m, "energy_share_pu": s / 100, "temp_mean_degc": t}
            for (m, s), t in zip(
                enumerate((8.6, 7.4, 8.0, 7.1, 7.2, 8.4, 10.5, 11.0, 8.1, 7.4, 7.2, 9.1), start=1), NORMALS
            )
        ],
        demand_hour=[
            {"demand": "城市", "month": m, "day_type": k, **s}
            for k, s, months in (("workday", SHAPE, range(1, 13)), ("festival", FESTIVAL, (1, 2, 3)))
            for m in months
        ],
    )


def _hourly(daily):
    return np.repeat(daily, len(INDEX) // len(DAYS))


def test_heat_builds_up_over_three_days():
    # 0.6 of the day, 0.3 of the day before, 0.1 of the one before that; the first day looks back on itself
    assert counting_degc(np.array([20.0, 30.0, 30.0, 30.0])) == pytest.approx([20.0, 26.0, 29.0, 30.0])


def test_degrees_above_and_below_the_bases():
    cool, heat = degree_days(np.array([5.0, 10.0, 22.0, 30.0]), cooling_from_degc=22.0, heating_from_degc=10.0)
    assert list(cool) == [0.0, 0.0, 0.0, 8.0]
    assert list(heat) == [5.0, 0.0, 0.0, 0.0]


def test_expected_degrees_of_a_normal_month():
    # mean on the base: sd / sqrt(2 pi) = 2 * 0.398942; far above: mean - base; without spread: (mean - base)+
    assert expected_above(22.0, 2.0, 22.0) == pytest.approx(0.797885, abs=1e-6)
    assert expected_above(40.0, 2.0, 22.0) == pytest.approx(18.0, abs=1e-9)
    assert (expected_above(25.0, 0.0, 22.0), expected_above(20.0, 0.0, 22.0)) == (3.0, 0.0)
    draws = np.random.default_rng(0).normal(23.0, 3.0, 400_000)
    assert expected_above(23.0, 3.0, 22.0) == pytest.approx(np.maximum(draws - 22.0, 0.0).mean(), abs=0.01)


def test_response_by_hand():
    # July at 29.1 without spread: 7.1 K of cooling are normal. All days at 31.1: 2 K more, 3 % each: 6 %.
    # January at 5: 5 K of heating are normal. All days at 2: 3 K more, 2 % each: 6 %. April at 17.5: neither.
    daily = np.where(MONTH == 6, 31.1, np.where(MONTH == 0, 2.0, 17.5))
    got = day_response(daily, MONTH, **RULE, normal_degc=np.array(NORMALS))
    inside = np.r_[False, False, (MONTH[2:] == MONTH[:-2])]  # two days after a change of month still remember it
    inside[:2] = True
    assert got[(MONTH == 0) & inside] == pytest.approx(0.06)
    assert got[(MONTH == 3) & inside] == pytest.approx(0.0, abs=1e-6)
    july = (MONTH == 6) & inside
    sd = counting_degc(daily)[MONTH == 6].std()
    want = 0.03 * (31.1 - 22.0 - expected_above(29.1, sd, 22.0))
    assert got[july] == pytest.approx(want)
    assert want == pytest.approx(0.06, abs=0.001)


def test_without_normals_months_depart_by_nothing_on_average():
    daily = np.random.default_rng(1).normal(20.0, 10.0, 365)
    got = day_response(daily, MONTH, **RULE, normal_degc=NONE)
    assert np.bincount(MONTH, weights=got) == pytest.approx(np.zeros(12), abs=1e-12)


@settings(max_examples=8, deadline=None)
@given(
    seed=st.integers(0, 1000),
    shift=st.floats(-4.0, 4.0),
    sd=st.floats(0.0, 5.0),
    step=st.sampled_from([60, 15]),
    year=st.sampled_from([2028, 2030]),
)
def test_energy_and_peak_are_met_whatever_the_weather(seed, shift, sd, step, year):
    index = study_index(year, step_minutes=step)
    days = days_of(index)
    daily = np.array(NORMALS)[days.month - 1] + shift + np.random.default_rng(seed).normal(0.0, sd, len(days))
    temp = np.repeat(daily, len(index) // len(days))
    demand = make_demand(_network(), index, seed=seed, weather_year=2015, temp_degc={"城市": temp})["城市"]
    assert demand.sum() * step / 60 / 1000 == pytest.approx(5400.0, rel=1e-9)
    assert demand.max() == pytest.approx(1000.0, rel=1e-9)
    assert demand.min() > 0.0


def test_hot_days_of_july_and_cold_days_of_january_draw_more():
    rng = np.random.default_rng(3)
    daily = np.array(NORMALS)[MONTH] + rng.normal(0.0, 3.0, 365)
    demand = make_demand(_network(), INDEX, weather_year=2015, temp_degc={"城市": _hourly(daily)})["城市"]
    level, counts = demand.groupby(DAYS.repeat(24)).mean().to_numpy(), counting_degc(daily)
    for m, sign in ((6, 1.0), (7, 1.0), (11, -1.0)):
        assert sign * np.corrcoef(level[m == MONTH], counts[m == MONTH])[0, 1] > 0.8
    april = np.corrcoef(level[MONTH == 3], counts[MONTH == 3])[0, 1]
    assert abs(april) < 0.6


def test_a_hot_july_has_more_than_its_share_and_the_year_the_same_energy():
    def july(warmer):
        daily = np.array(NORMALS)[MONTH] + np.where(MONTH == 6, warmer, 0.0)
        demand = make_demand(_network(), INDEX, weather_year=2015, temp_degc={"城市": _hourly(daily)})["城市"]
        return demand.groupby(INDEX.month).sum()[7] / demand.sum()

    # 2 K at 3 % per kelvin are 6 % of July, of which the year takes a tenth back, and the peak stays where it is
    assert 1.02 < july(2.0) / july(0.0) < 1.07


def test_without_temperature_the_days_are_the_seeded_ones_of_before():
    net, plain = _network(), _network(site=None)
    both = [make_demand(n, INDEX, seed=4)["城市"] for n in (net, plain)]
    assert np.array_equal(*both)
    warm = make_demand(net, INDEX, seed=4, weather_year=2015, temp_degc={"城市": _hourly(np.array(NORMALS)[MONTH])})
    assert not np.allclose(warm["城市"], both[0])


def test_a_quarter_of_the_random_variation_stays():
    steady = {"城市": _hourly(np.full(365, 17.0))}
    net = _network(cooling_percent_per_k=0.0, heating_percent_per_k=0.0)
    noise = day_noise(DAYS, seed=1, weather_year=2015)
    demand = make_demand(net, INDEX, seed=1, weather_year=2015, temp_degc=steady)["城市"]
    level = demand.groupby(DAYS.repeat(24)).mean().to_numpy()
    autumn = MONTH == 9
    relative = level[autumn] / level[autumn].mean()
    want = 1.0 + REST_OF_NOISE * noise[autumn]
    assert np.corrcoef(relative, want)[0, 1] > 0.95


def test_city_and_province_have_the_same_hot_days():
    net = _network()
    rows = [*net["demand"].to_dict("records"), {**net["demand"].to_dict("records")[0], "name": "其余", "less": "城市"}]
    rows[1] |= {"peak_mw": 9000.0, "energy_gwh": 50000.0}
    tables = {
        t: net[t].to_dict("records") + [{**r, "demand": "其余"} for r in net[t].to_dict("records")]
        for t in ("demand_month", "demand_hour")
    }
    daily = np.array(NORMALS)[MONTH] + np.random.default_rng(3).normal(0.0, 3.0, 365)
    temp = dict.fromkeys(("城市", "其余"), _hourly(daily))
    demand = make_demand(toy.network(demand=rows, **tables), INDEX, weather_year=2015, temp_degc=temp)
    total = demand.sum(axis=1)
    assert (total.sum() / 1000, total.max()) == pytest.approx((50_000.0, 9000.0), rel=1e-9)
    level = demand.groupby(pd.DatetimeIndex(INDEX).normalize()).mean()["2030-07-01":"2030-07-31"]
    assert np.corrcoef(level["城市"], level["其余"])[0, 1] > 0.95

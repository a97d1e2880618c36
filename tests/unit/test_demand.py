"""Demand: energy and peak both met, calendar visible, city and province under the same weather."""

import numpy as np
import pandas as pd
import pytest
import toy
from hypothesis import given
from hypothesis import strategies as st

from gridsim.demand import SIGMA_PERCENT, day_noise, make_demand, with_energy_and_peak
from gridsim.errors import InvalidInput
from gridsim.weather.calendar import days_of
from gridsim.weather.study_year import study_index

SHAPE = {f"h{h:02d}_pu": 1.0 + 0.25 * np.sin((h - 9) / 12 * np.pi) for h in range(24)}
FESTIVAL = {f"h{h:02d}_pu": 0.40 for h in range(24)}
INDEX = study_index(2030)


def _network(*, festival=True, factors=None, **demand):
    """One demand with round numbers; ``demand`` overrides the row."""
    row = {"name": "城市", "peak_mw": 1000.0, "energy_gwh": 5400.0, **demand}
    kinds = {"workday": (SHAPE, range(1, 13))} | ({"festival": (FESTIVAL, (1, 2, 3))} if festival else {})
    factors = {"saturday": 0.95, "sunday": 0.9, "national_day": 0.8} if factors is None else factors
    return toy.network(
        demand=[row],
        demand_month=[
            {"demand": "城市", "month": m, "energy_share_pu": s / 100}
            for m, s in enumerate((8.6, 7.4, 8.0, 7.1, 7.2, 8.4, 10.5, 11.0, 8.1, 7.4, 7.2, 9.1), start=1)
        ],
        demand_hour=[
            {"demand": "城市", "month": m, "day_type": k, **s} for k, (s, months) in kinds.items() for m in months
        ],
        demand_day=[{"demand": "城市", "day_type": k, "factor_pu": f} for k, f in factors.items()],
    )


@given(
    x=st.lists(st.floats(0.1, 3.0), min_size=5, max_size=40),
    mean=st.floats(1.0, 1e4),
    height=st.floats(0.01, 0.99),
)
def test_energy_and_peak_are_both_met_for_any_shape(x, mean, height):
    x = np.array(x)
    m = x.mean()
    excess = np.maximum(x - m, 0.0).mean()
    if x.max() - m < 1e-3 * m:
        return
    lowest = mean * m / (m - excess)  # everything above the mean cut down to it
    highest = mean * (x.max() - m) / excess
    peak = lowest + height * (highest - lowest)
    y = with_energy_and_peak(x, mean_mw=mean, peak_mw=peak)
    assert y.mean() == pytest.approx(mean, rel=1e-9)
    assert y.max() == pytest.approx(peak, rel=1e-9)
    assert (np.diff(y[np.argsort(x)]) >= -1e-9 * peak).all()  # the order of hours is kept
    assert (y > 0.0).all()


def test_stretch_by_hand():
    # mean 2, only the last hour lies above it, by M = 2; the mean excess is A = 0.5
    x = np.array([1.0, 1.0, 2.0, 4.0])
    y = with_energy_and_peak(x, mean_mw=2.5, peak_mw=6.0)
    stretch = (6.0 * (2.0 - 0.5) - 2.5 * 2.0) / (2.5 * 2.0 - 6.0 * 0.5)
    raw = np.array([1.0, 1.0, 2.0, 2.0 + stretch * 2.0])
    assert y == pytest.approx(raw * 2.5 / raw.mean())
    assert (y.mean(), y.max()) == pytest.approx((2.5, 6.0))


@pytest.mark.parametrize(
    ("mean", "peak", "words"),
    [
        (10.0, 9.0, "allows peaks from 10"),
        (10.0, 1e4, "allows peaks from 10 to"),
        (10.0, 10.001, "too peaked"),
    ],
)
def test_a_peak_that_cannot_be_is_refused(mean, peak, words):
    with pytest.raises(ValueError, match=words):
        with_energy_and_peak(np.array([1.0, 1.0, 2.0, 4.0]), mean_mw=mean, peak_mw=peak)


def test_a_flat_shape_has_its_mean_as_peak():
    assert with_energy_and_peak(np.ones(4), mean_mw=7.0, peak_mw=7.0) == pytest.approx(np.full(4, 7.0))
    with pytest.raises(ValueError, match="flat"):
        with_energy_and_peak(np.ones(4), mean_mw=7.0, peak_mw=8.0)


@pytest.mark.parametrize(("year", "step"), [(2030, 60), (2030, 15), (2028, 60)])
def test_annual_energy_and_peak_are_met(year, step):
    index = study_index(year, step_minutes=step)
    demand = make_demand(_network(), index)["城市"]
    assert demand.sum() * step / 60 / 1000 == pytest.approx(5400.0, rel=1e-9)
    assert demand.max() == pytest.approx(1000.0, rel=1e-9)


def test_spring_festival_holidays_and_weekends_show():
    demand = make_demand(_network(), INDEX)["城市"]
    noise = pd.Series(1.0 + day_noise(days_of(INDEX), seed=1), index=days_of(INDEX))
    daily = demand.groupby(INDEX.normalize()).mean()
    full = daily["2030-02-01":"2030-02-09"]
    assert full.max() < 0.75 * daily["2030-01-07":"2030-01-18"].mean()
    assert full.std() < 0.02 * full.mean()  # the festival's own level: 0.40 of the peak
    assert full.mean() == pytest.approx(400.0, rel=0.08)  # scaling to the energy moves it a little
    assert daily["2030-01-28"] > daily["2030-01-30"] > daily["2030-02-01"]
    calm = daily / noise
    workday = calm["2030-10-14":"2030-10-18"].mean()
    assert calm["2030-10-01":"2030-10-05"].mean() < 0.9 * workday
    assert calm["2030-10-13"] < calm["2030-10-12"] < workday


def test_without_festival_rows_there_is_no_dip():
    daily = make_demand(_network(festival=False), INDEX)["城市"].groupby(INDEX.normalize()).mean()
    assert daily["2030-02-03":"2030-02-07"].mean() > 0.85 * daily["2030-03-04":"2030-03-08"].mean()


def test_months_have_their_shares():
    demand = make_demand(_network(festival=False), INDEX)["城市"]
    share = demand.groupby(INDEX.month).sum() / demand.sum()
    assert share[8] == share.max()
    assert share[[7, 8]].sum() == pytest.approx(0.215, abs=0.01)


def test_day_to_day_variation_is_correlated_and_seasonal():
    days = days_of(INDEX)
    noise = np.concatenate([day_noise(days, seed=s) for s in range(40)])
    month = np.tile(days.month, 40)
    for m in (4, 8):
        assert noise[month == m].std() * 100 == pytest.approx(SIGMA_PERCENT[m - 1], rel=0.12)
    january = noise.reshape(40, -1)[:, :31]
    assert np.corrcoef(january[:, :-1].ravel(), january[:, 1:].ravel())[0, 1] == pytest.approx(0.8, abs=0.05)
    assert not np.allclose(day_noise(days, seed=1), day_noise(days, seed=1, weather_year=2))


def test_the_rest_of_the_province_is_the_province_minus_the_city():
    net = _network()
    whole = {"name": "其余", "peak_mw": 9000.0, "energy_gwh": 50000.0, "less": "城市"}
    both = [*net["demand"].to_dict("records"), whole]
    tables = {
        t: net[t].to_dict("records") + [{**r, "demand": "其余"} for r in net[t].to_dict("records")]
        for t in ("demand_month", "demand_hour", "demand_day")
    }
    demand = make_demand(toy.network(demand=both, **tables), INDEX)
    province = demand.sum(axis=1)
    assert province.sum() / 1000 == pytest.approx(50_000.0, rel=1e-9)
    assert province.max() == pytest.approx(9000.0, rel=1e-9)
    daily = demand.groupby(INDEX.normalize()).mean()["2030-07-01":"2030-08-31"]
    assert np.corrcoef(daily["城市"], daily["其余"])[0, 1] > 0.95  # the same hot days


def test_a_demand_without_hours_is_constant():
    net = toy.network(demand=[{"name": "厂", "peak_mw": 100.0, "energy_gwh": 876.0}])
    assert make_demand(net, INDEX)["厂"].to_numpy() == pytest.approx(np.full(8760, 100.0))


def test_hours_run_linearly_between_their_middles_on_quarter_hours():
    quarter = (
        make_demand(_network(festival=False), study_index(2030, step_minutes=15))["城市"].to_numpy().reshape(365, 96)
    )
    step = np.abs(np.diff(quarter[100]))
    assert step.max() < 0.02 * quarter[100].mean()


def test_all_problems_come_at_once():
    net = _network(factors={"sunday": 0.9, "thanksgiving": 0.5}, peak_mw=500.0)
    with pytest.raises(InvalidInput) as caught:
        make_demand(net, INDEX)
    assert [(p.file, p.column) for p in caught.value.problems] == [("demand_day", "day_type"), ("demand", "peak_mw")]
    assert "thanksgiving" in str(caught.value)


def test_a_part_larger_than_the_whole_is_refused():
    rows = [
        {"name": "大", "peak_mw": 100.0, "energy_gwh": 876.0},
        {"name": "小", "peak_mw": 50.0, "energy_gwh": 438.0, "less": "大"},
    ]
    with pytest.raises(InvalidInput, match="minus '大' it is -50 MW"):
        make_demand(toy.network(demand=rows), INDEX)


def test_a_festival_month_without_shape_is_refused():
    net = _network()
    hours = net["demand_hour"]
    tables = {t: net[t].to_dict("records") for t in ("demand", "demand_month", "demand_day")}
    kept = hours[(hours["day_type"] == "workday") | (hours["month"] == 2)].to_dict("records")
    with pytest.raises(InvalidInput, match=r"no festival shape for month \[1\]"):
        make_demand(toy.network(demand_hour=kept, **tables), INDEX)

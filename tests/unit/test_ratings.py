"""Ratings of lines by air temperature: the figures of the handbooks, one rating for the dispatch, AC and the checks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import tiny_study
import toy

import gridsim.dispatch.dc as dc
import gridsim.ratings as ratings
from gridsim.ac import check_ac_dispatch, overload_table
from gridsim.ac.contingency import check_contingencies
from gridsim.ac.dispatched import dispatched_operation
from gridsim.checks import as_table, check_dispatch
from gridsim.dispatch import Dispatch, solve_dispatch
from gridsim.drivers import read_drivers
from gridsim.electrical import branches, rating_mva
from gridsim.errors import InvalidInput
from gridsim.n1 import n1_table
from gridsim.network import Network
from gridsim.options import CommitmentOptions, DispatchOptions
from gridsim.profiles import Profiles, _air_temperature, make_profiles
from gridsim.ratings import ambient_factor_pu, rating_mva_by_step, rating_over_season_pu
from gridsim.study import read_study, study_network

HERE = {"county": "county"}
RATINGS = "flows inside the ratings of the tables [MW]"
SEASON = DispatchOptions(
    commitment=CommitmentOptions(rule="all"), rating_power_factor_pu=1.0, outage_limits=False, window_h=24.0
)
AMBIENT = replace(SEASON, line_rating="ambient")


@pytest.mark.parametrize(
    ("degc", "factor"),
    [(20, 1.05), (25, 1.0), (30, 0.94), (35, 0.88), (40, 0.82), (15.5, 1.10), (-5, 1.10), (48, 0.745)],
)
def test_factors_of_the_handbooks(degc, factor):
    """sqrt((70 - Ta) / 45), at most 1.10, at least the factor of 45 degC; 0.8165 at 40, tables print 0.81 or 0.82."""
    assert ambient_factor_pu(np.array([float(degc)]))[0] == pytest.approx(factor, abs=0.005)


def farm(max_mw: float = 50.0) -> Network:
    """Wind of 100 MW at b behind one line to a, where the load is; the line's ampacities differ by season."""
    ka = max_mw / (np.sqrt(3.0) * 110.0)
    line = toy.line("ab", "a", "b") | {"max_i_ka": 0.81 * ka, "max_i_spring_ka": ka, "max_i_winter_ka": 1.1 * ka}
    return toy.network(
        bus=[toy.bus("a"), toy.bus("b"), toy.bus("c", 10.0)],
        line=[line],
        trafo=[
            {
                "name": "T", "station": "a", **HERE, "hv_bus": "a", "lv_bus": "c", "sn_mva": 100.0, "vn_hv_kv": 110.0,
                "vn_lv_kv": 10.5, "vk_percent": 10.0, "vkr_percent": 0.4, "pfe_kw": 0.0, "i0_percent": 0.0,
                "tap_min": 0, "tap_max": 0, "tap_step_percent": 0.0, "tap_pos": 0,
            }
        ],
        demand=[{"name": "d", "peak_mw": 90.0, "energy_gwh": 1.0}],
        load=[{"name": "L", "bus": "c", **HERE, "demand": "d", "max_p_mw": 90.0}],
        thermal=[
            {
                "name": "C", "bus": "a", **HERE, "carrier": "coal", "max_p_mw": 200.0, "min_p_pu": 0.0,
                "cost_cny_per_mwh": 300.0,
            }
        ],
        wind=[
            {"name": "W", "bus": "b", **HERE, "max_p_mw": 100.0, "site": "s", "turbine": "t", "hub_height_m": 90.0}
        ],
    )  # fmt: skip


#: air temperatures of four hours, and what 50 MW at 25 degC become: 50 sqrt((70 - Ta) / 45), at most 55
AIR = np.array([25.0, 40.0, 35.0, 5.0])
LIMIT = [50.0, 50.0 * np.sqrt(30 / 45), 50.0 * np.sqrt(35 / 45), 55.0]


def given(net: Network, air: np.ndarray = AIR) -> Profiles:
    made = toy.profiles(net, len(air), available={"W": 100.0}, demand={"L": 90.0})
    return replace(made, temp_air_degc=pd.Series(air, index=made.index))


def solved(options: DispatchOptions = AMBIENT) -> tuple[Network, Profiles, Dispatch]:
    net = farm()
    made = given(net)
    return net, made, solve_dispatch(net, made, options=options)


def failing(net: Network, made: Profiles, dispatch: Dispatch, line_rating: str) -> set[str]:
    table = as_table(check_dispatch(net, made, dispatch, line_rating=line_rating))
    return set(table.loc[~table["ok"], "check"])


def test_wind_behind_a_line_on_a_hot_day():
    """At 25, 40, 35 and 5 degC 50, 40.8, 44.1 and 55 MW get out; by season (spring) 50 MW in every hour."""
    net, made, d = solved()
    assert -d.branch_mw["ab"].to_numpy() == pytest.approx(LIMIT, abs=1e-4)
    assert d.role("curtailed")["W"].to_numpy() == pytest.approx(100.0 - np.array(LIMIT), abs=1e-4)
    assert failing(net, made, d, "ambient") == set()
    by_season = solve_dispatch(net, made, options=SEASON)
    assert -by_season.branch_mw["ab"].to_numpy() == pytest.approx([50.0] * 4, abs=1e-4)
    assert failing(net, made, by_season, "season") == set()


def test_transformers_are_not_derated():
    net = farm()
    model, index = branches(net), toy.profiles(net, 4).index
    by_air = rating_mva_by_step(model, index, temp_air_degc=AIR)
    assert by_air[:, 0] == pytest.approx(LIMIT) and (by_air[:, 1] == 100.0).all()
    assert (rating_mva_by_step(model, index) == rating_mva(model, "spring")).all()
    assert rating_over_season_pu(model, index, temp_air_degc=AIR)[:, 1] == pytest.approx(1.0)


def test_ac_and_overloads_use_the_rating_of_the_dispatch():
    """The line is full in DC in every hour, so its current is about 100 % of the hour's ampacity."""
    net, _, d = solved()
    ac = check_ac_dispatch(net, d)
    loading = ac.frame("loading_percent")["ab"].to_numpy()
    assert loading == pytest.approx([100.0] * 4, abs=2.0)
    fixed = replace(d, flows=replace(d.flows, limits=replace(d.flows.limits, temp_air_degc=None)))
    by_season = check_ac_dispatch(net, fixed).frame("loading_percent")
    assert by_season["ab"].to_numpy() * 50.0 / np.array(LIMIT) == pytest.approx(loading, rel=1e-6)
    assert ac.frame("loading_percent")["T"].to_numpy() == pytest.approx(by_season["T"].to_numpy(), rel=1e-6)
    assert overload_table(ac, net).set_index("element").loc["ab", "max_loading_percent"] == loading.max()
    again = check_ac_dispatch(net, d, like=(solved(SEASON)[2], check_ac_dispatch(net, solved(SEASON)[2])))
    assert again.loading_percent[1:] == pytest.approx(ac.loading_percent[1:], rel=1e-6), "solved again with this rating"


def test_outages_in_ac_and_dc_use_the_rating_of_the_hour():
    net, _, d = solved(replace(AMBIENT, outage_limits=True))
    operation, _ = dispatched_operation(net, d)
    ac = check_ac_dispatch(net, d)
    found = check_contingencies(net, operation.settled(ac), positions=ac.positions, workers=1)
    assert found.before_percent[:, 0] == pytest.approx(ac.loading_percent[:, 0], rel=1e-5)
    assert 100 * np.sqrt(found.tally.loading.value[0]) == pytest.approx(found.before_percent[:, 0].max(), rel=0.05)
    assert n1_table(net, d, options=AMBIENT)["max_loading_percent"].le(100.0 + 1e-6).all()


def test_without_a_temperature_it_is_refused():
    """With a way out; nothing falls back to the season silently."""
    net = farm()
    with pytest.raises(InvalidInput, match=r"line_rating = 'ambient' needs air temp.* set line_rating = 'season'"):
        solve_dispatch(net, toy.profiles(net, 4, demand={"L": 90.0}), options=AMBIENT)
    gap = given(net, np.array([20.0, np.nan, 20.0, 20.0]))
    with pytest.raises(InvalidInput, match="needs air temperatures"):
        solve_dispatch(net, gap, options=AMBIENT)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda t: 1.0 + 0.0 * t,
        lambda t: np.sqrt((80.0 - t) / 55.0),
        lambda t: np.sqrt((70.0 - t) / 45.0),
        lambda t: np.sqrt((70.0 - np.roll(t, 1)) / 45.0),
    ],
    ids=["temperature ignored", "80 degC conductor", "no cap in the cold", "an hour late"],
)
def test_planted_faults_of_the_derating(monkeypatch, wrong):
    """A rating above that of the tables and the temperature is noticed by the check, which works it out for itself."""
    monkeypatch.setattr(ratings, "ambient_factor_pu", wrong)
    net, made, d = solved()
    assert failing(net, made, d, "ambient") == {RATINGS}


def test_the_season_used_where_the_temperature_should_be(monkeypatch):
    by_step = dc.rating_mva_by_step
    monkeypatch.setattr(dc, "rating_mva_by_step", lambda model, index, **_: by_step(model, index))
    net, made, d = solved()
    assert failing(net, made, d, "ambient") == {RATINGS}


def test_temperature_is_the_mean_over_the_weather_sites_of_the_city(tmp_path):
    """Sites of plants that stand in the grid and have no given series; others do not count."""
    study = read_study(tiny_study.write_study(tmp_path))
    net = study_network(study)
    drivers = read_drivers(net, series=[study.resolve(s) for s in study.series.available])
    assert make_profiles(net, drivers).temp_air_degc.empty
    n = len(drivers.index)
    air = np.column_stack([np.full(n, 10.0), np.full(n, 20.0), np.full(n, -40.0)])
    sites = pd.DataFrame({"name": ["东县", "西县", "外省"], "lat_deg": 29.0, "lon_deg": 113.0, "elevation_m": 50.0})
    wind = pd.concat([net["wind"]["name"], net["solar"]["name"]])
    some = replace(drivers, sites=sites, weather={"temp_air_degc": air}, available_mw=drivers.available_mw[list(wind)])
    assert make_profiles(net, some).temp_air_degc.empty, "given series need no site"
    bare = replace(some, available_mw=pd.DataFrame(index=drivers.index))
    assert (_air_temperature(net, bare) == 15.0).all()

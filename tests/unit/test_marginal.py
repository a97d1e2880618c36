"""One more MW: basis sensitivities on cases solved by hand, and against finite differences of the dispatch."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import toy

import gridsim.curtailment.marginal as marginal_module
from gridsim.curtailment.extra import CountyPlants
from gridsim.curtailment.marginal import Marginal, marginal_values
from gridsim.dispatch import Dispatch, solve_dispatch
from gridsim.network import Network
from gridsim.options import CommitmentOptions, DispatchOptions
from gridsim.profiles import Profiles

OPTIONS = DispatchOptions(
    outage_limits=False,
    rating_power_factor_pu=1.0,
    final_state="free",
    commitment=CommitmentOptions(reserve_percent=0.0, wind_credit_pu=0.0, solar_credit_pu=0.0),
)
#: no weather is read: counties without plants are left out
NO_WEATHER = SimpleNamespace(sites=pd.DataFrame(columns=["name"]))
AREAS = {
    "area": [{"name": "city", "kind": "detailed"}, {"name": "rest", "kind": "node"}],
    "area_link": [{"area": "rest", "bus": "x", "share_pu": 1.0}],
}


def place(where: str | None) -> dict:
    return {"area": "rest"} if where is None else {"bus": where, "county": "county"}


def wind(name: str, where: str | None, max_p_mw: float = 100.0, **cells: object) -> dict:
    own = {"name": name, "max_p_mw": max_p_mw, "site": "s", "turbine": "t", "hub_height_m": 100.0}
    return {**own, **place(where), **cells}


def load(name: str, where: str | None, max_p_mw: float) -> dict:
    return {"name": name, **place(where), "demand": "d", "max_p_mw": max_p_mw}


def coal(name: str, where: str | None, max_p_mw: float, min_p_pu: float = 0.0, cost: float = 300.0) -> dict:
    figures = {"carrier": "coal", "max_p_mw": max_p_mw, "min_p_pu": min_p_pu, "cost_cny_per_mwh": cost}
    return {"name": name, **place(where), **figures, "must_run": min_p_pu > 0.0}


def tie(limit_mw: float) -> dict:
    return AREAS | {
        "section": [{"name": "tie", "max_p_mw": limit_mw, "min_p_mw": -limit_mw, "kind": "tie"}],
        "section_branch": [{"section": "tie", "element_type": "line", "element": "bx", "weight_pu": 1.0}],
    }


def network(**tables: list[dict]) -> Network:
    return toy.network(demand=[{"name": "d", "peak_mw": 100.0, "energy_gwh": 1.0}], **tables)


def steady(net: Network, hours: int = 2) -> Profiles:
    """Every plant could give its capacity, every load takes its peak."""
    return toy.profiles(
        net,
        hours,
        available=dict(zip(net["wind"]["name"], net["wind"]["max_p_mw"])),
        demand=dict(zip(net["load"]["name"], net["load"]["max_p_mw"])),
    )


def solved(net: Network, profiles: Profiles | None = None) -> tuple[Dispatch, Marginal]:
    dispatch = solve_dispatch(net, profiles or steady(net), options=OPTIONS)
    return dispatch, marginal_values(net, NO_WEATHER, dispatch, options=OPTIONS)


def hour(found: Marginal, change: str, place: str) -> tuple[float, float]:
    """(city, both) of the first hour; zero where nothing is listed."""
    rows = found.hourly[(found.hourly["time"] == found.room_mw.index[0])]
    rows = rows[(rows["change"] == change) & (rows["place"] == place)]
    return (float(rows["city_mw"].sum()), float(rows["both_mw"].sum()))


def close(city: float, both: float) -> object:
    return pytest.approx((city, both), abs=1e-5)


def test_surplus_without_a_limit():
    """1,000 MW of wind, 400 of them the city's, 760 of load: 240 too many, 24 % of every plant.

    One more MW of load takes 1 MW off, 0.4 of it in the city.  One more MW of wind in the county adds 1; the city then
    takes (240 + e) (400 + e) / (1000 + e), whose slope is 0.4 + 0.24 - 0.4 * 0.24 = 0.544.
    """
    _, found = solved(
        network(
            bus=[toy.bus("b"), toy.bus("x")],
            line=[toy.line("bx", "b", "x")],
            wind=[wind("A", "b"), wind("B", "b", 300.0), wind("C", None, 600.0)],
            load=[load("lb", "b", 160.0), load("lx", None, 600.0)],
            **tie(1000.0),
        )
    )
    assert hour(found, "wind", "county") == close(0.544, 1.0)
    assert hour(found, "demand", "city") == hour(found, "demand", "rest") == close(-0.4, -1.0)
    assert (found.room_mw == 0.0).all()
    row = found.by_county.iloc[0]
    assert (row["county"], row["carrier"], row["spread"], row["method"]) == ("county", "wind", "plants", "basis")
    # two hours of 1 MWh each
    assert row["available_mwh_per_mw"] == pytest.approx(2.0)
    assert (row["city_mwh_per_mw"], row["both_mwh_per_mw"]) == close(2 * 0.544, 2.0)
    assert row["marginal_percent"] == pytest.approx(100.0, abs=1e-4)


def test_plant_above_its_minimum_gives_way_first():
    """Coal at 100 with a minimum of 40: 60 MW of room, so neither wind nor load changes what is curtailed: nothing."""
    dispatch, found = solved(
        network(
            bus=[toy.bus("b")],
            wind=[wind("A", "b")],
            load=[load("lb", "b", 200.0)],
            thermal=[coal("G", "b", 400.0, min_p_pu=0.1)],
        )
    )
    assert dispatch.role("curtailed").to_numpy().max() == 0.0
    assert found.hourly.empty
    assert found.room_mw.to_numpy() == pytest.approx(60.0, abs=1e-6)
    assert found.by_county["both_mwh_per_mw"].to_numpy() == pytest.approx(0.0)


def test_a_line_that_decides_who_is_cut_and_not_how_much():
    """The worked example of the definitions with 900 MW outside: A = 100 MW behind 50, surplus 100, cut 50 + 50.

    A wider line moves a MW of curtailment from A to outside: -1 in the city, 0 in both, and saves nothing.  More wind
    behind the line is cut there whole; more load anywhere relieves the other plant alone, for A's line is full.
    """
    _, found = solved(
        network(
            bus=[toy.bus("a"), toy.bus("x")],
            line=[toy.line("bx", "a", "x", 50.0)],
            wind=[wind("A", "a"), wind("B", None, 900.0)],
            load=[load("lx", None, 900.0)],
            **tie(1000.0),
        )
    )
    line = found.limits[found.limits["element"] == "bx"].iloc[0]
    assert (line["city_mw"], line["both_mw"]) == close(-1.0, 0.0)
    assert line["dual_cny_per_mwh"] == pytest.approx(0.0, abs=1e-6)
    assert line["share_multiplier"] > 0.1
    assert hour(found, "wind", "county") == close(1.0, 1.0)
    assert hour(found, "demand", "rest") == close(0.0, -1.0)


def test_a_line_that_curtails():
    """120 MW of line before 100 + 50 of wind: a MW of line is a MW less curtailed and 500 CNY less per hour.

    200 of it is the price of curtailment, 300 the coal that the MW stands in for.
    """
    _, found = solved(
        network(
            bus=[toy.bus("a"), toy.bus("b")],
            line=[toy.line("ab", "a", "b", 120.0)],
            wind=[wind("A", "a"), wind("B", "a", 50.0)],
            load=[load("lb", "b", 1000.0)],
            thermal=[coal("G", "b", 1000.0)],
        )
    )
    line = found.by_limit.iloc[0]
    assert (line["element"], line["cause"], line["direction"], line["method"]) == ("ab", "branch", "forward", "basis")
    assert line["hours"] == 2.0
    assert (line["city_mwh_per_mw"], line["both_mwh_per_mw"]) == close(-2.0, -2.0)
    assert line["saved_cny_per_mw"] == pytest.approx(1000.0, abs=1e-3)


def test_parallel_circuits_widen_together():
    """25 + 25 MW before 100: one row of both circuits; widened together each by 1 MW they carry 2 MW more."""
    _, found = solved(
        network(
            bus=[toy.bus("a"), toy.bus("b")],
            line=[toy.line("ab I", "a", "b", 25.0), toy.line("ab II", "a", "b", 25.0)],
            wind=[wind("A", "a")],
            load=[load("lb", "b", 1000.0)],
            thermal=[coal("G", "b", 1000.0)],
        )
    )
    assert list(found.by_limit["element"]) == ["ab I+ab II"]
    assert found.by_limit["both_mwh_per_mw"].to_numpy() == pytest.approx(-4.0, abs=1e-5)


# -- against finite differences -------------------------------------------------------------------------------

STEP = 0.05


def day() -> tuple[Network, Profiles]:
    """A day without degeneracy: wind and sun of odd numbers, a battery that fills, a tie, a line, coal with a minimum.

    The noon hours are a surplus of the province, those before and after of the line alone.
    """
    net = network(
        bus=[toy.bus("a"), toy.bus("b"), toy.bus("x")],
        line=[toy.line("ab", "a", "b", 61.0), toy.line("bx", "b", "x")],
        wind=[wind("A", "a"), wind("B", "b", 90.0), wind("C", None, 640.0)],
        load=[load("la", "a", 11.0), load("lb", "b", 70.0), load("lx", None, 900.0)],
        thermal=[coal("G", None, 1500.0, min_p_pu=0.1), coal("H", "b", 60.0, min_p_pu=0.1, cost=400.0)],
        battery=[
            {
                "name": "S",
                "bus": "b",
                "county": "county",
                "max_p_mw": 23.0,
                "energy_mwh": 61.0,
                "efficiency_charge_percent": 95.0,
                "efficiency_discharge_percent": 93.0,
            }
        ],
        **tie(67.0),
    )
    hours = np.arange(24)
    sun = np.clip(np.sin((hours - 5.3) * np.pi / 13.1), 0.0, None)
    rng = np.random.default_rng(7)
    profiles = toy.profiles(
        net,
        24,
        available={
            "A": 100.0 * np.clip(0.95 * sun + 0.05 * rng.uniform(size=24), 0.0, 1.0),
            "B": 90.0 * np.clip(0.9 * sun + 0.1 * rng.uniform(size=24), 0.0, 1.0),
            "C": 640.0 * np.clip(0.85 * sun + 0.12 * rng.uniform(size=24), 0.0, 1.0),
        },
        demand={
            "la": 11.0 * (0.8 + 0.2 * rng.uniform(size=24)),
            "lb": 70.0 * (0.7 + 0.3 * rng.uniform(size=24)),
            "lx": 900.0 * (0.72 + 0.2 * rng.uniform(size=24)),
        },
    )
    return net, profiles


def curtailed_mwh(dispatch: Dispatch) -> np.ndarray:
    """Curtailed in the city and in both areas over the day."""
    cut = dispatch.role("curtailed").sum()
    return np.array([cut[["A", "B"]].sum(), cut.sum()])


def difference(net: Network, base: Dispatch, profiles: Profiles, **options: object) -> np.ndarray:
    again = solve_dispatch(net, profiles, options=OPTIONS, **options)
    return (curtailed_mwh(again) - curtailed_mwh(base)) / STEP


@pytest.fixture(scope="module")
def case() -> tuple[Network, Profiles, Dispatch, Marginal]:
    net, profiles = day()
    return (net, profiles, *solved(net, profiles))


def test_the_day_has_all_that_matters(case):
    """Hours of surplus, of the line, of the tie, of nothing, and a battery that runs and fills."""
    _, _, dispatch, found = case
    assert set(found.limits["element"]) >= {"ab", "tie"}
    cut = dispatch.role("curtailed")
    assert (cut["C"] > 1.0).any()
    assert (cut.sum(axis=1) == 0.0).any()
    assert dispatch.role("charge").to_numpy().max() > 1.0
    assert dispatch.energy_mwh.to_numpy().max() == pytest.approx(61.0, abs=1e-3)


def test_every_hour_of_wind_and_load_against_finite_differences(case):
    net, profiles, base, found = case
    for t in range(24):
        time = base.index[t]
        rows = found.hourly[found.hourly["time"] == time].set_index(["change", "place"])[["city_mw", "both_mw"]]
        grown = profiles.available_mw.copy()
        grown.iloc[t, :2] *= 1.0 + STEP / 190.0
        asked = {("wind", "county"): replace(profiles, available_mw=grown)}
        for place, loads in (("city", ["la", "lb"]), ("rest", ["lx"])):
            demand = profiles.demand_mw.copy()
            share = demand.loc[time, loads] / demand.loc[time, loads].sum()
            demand.loc[time, loads] += STEP * share
            asked["demand", place] = replace(profiles, demand_mw=demand)
        for key, changed in asked.items():
            told = rows.loc[key].to_numpy() if key in rows.index else np.zeros(2)
            assert told == pytest.approx(difference(net, base, changed), abs=2e-3), (t, key)


def test_the_year_of_a_county_is_the_sum_of_its_hours_and_the_finite_difference(case):
    net, profiles, base, found = case
    row = found.by_county.iloc[0]
    hours = found.hourly[found.hourly["change"] == "wind"]
    told = row[["city_mwh_per_mw", "both_mwh_per_mw"]].to_numpy(dtype=float)
    assert told == pytest.approx(hours[["city_mw", "both_mw"]].sum().to_numpy(), abs=1e-4)
    grown = profiles.available_mw.copy()
    grown.iloc[:, :2] *= 1.0 + STEP / 190.0
    assert told == pytest.approx(difference(net, base, replace(profiles, available_mw=grown)), abs=5e-3)


@pytest.mark.parametrize("bus", ["a", "b"])
def test_a_plant_that_is_not_there_yet_against_a_small_one_that_is(case, bus, monkeypatch):
    """Behind the line and before it: 0.05 MW of a new plant with the profile of B, and the same without it."""
    net, profiles, base, _ = case
    pu = profiles.available_mw["B"].to_numpy() / 90.0
    new = CountyPlants(("county",), ("wind",), np.zeros((3, 1)), ((bus,),), pu[:, None])
    monkeypatch.setattr(marginal_module, "county_plants", lambda *_: new)
    found = marginal_values(net, NO_WEATHER, base, options=OPTIONS)
    told = found.by_county.iloc[0]
    assert told["spread"] == "site"
    cells = {**net["wind"].iloc[1].to_dict(), **wind("N", bus, STEP)}
    more = pd.DataFrame([cells]).astype(net["wind"].dtypes)
    grown = net.with_table(
        "wind", pd.concat([net["wind"], more], ignore_index=True).sort_values("name", ignore_index=True)
    )
    again = solve_dispatch(
        grown, replace(profiles, available_mw=profiles.available_mw.assign(N=STEP * pu)), options=OPTIONS
    )
    cut = again.role("curtailed").sum()
    difference = (np.array([cut[["A", "B", "N"]].sum(), cut.sum()]) - curtailed_mwh(base)) / STEP
    assert told[["city_mwh_per_mw", "both_mwh_per_mw"]].to_numpy(dtype=float) == pytest.approx(difference, abs=5e-3)


@pytest.mark.parametrize("element", ["ab", "tie"])
def test_limits_against_finite_differences(case, element):
    net, profiles, base, found = case
    rows = found.by_limit[found.by_limit["element"] == element]
    told = rows[["city_mwh_per_mw", "both_mwh_per_mw"]].sum().to_numpy()
    assert told == pytest.approx(difference(net, base, profiles, wider_mw={element: STEP}), abs=5e-3)
    wider = solve_dispatch(net, profiles, options=OPTIONS, wider_mw={element: STEP})
    assert rows["saved_cny_per_mw"].sum() == pytest.approx((base.cost_cny - wider.cost_cny) / STEP, rel=1e-4)


def test_nothing_is_said_where_the_shares_are_not_unique():
    net, profiles = day()
    options = replace(OPTIONS, share="vertex")
    found = marginal_values(net, NO_WEATHER, solve_dispatch(net, profiles, options=options), options=options)
    assert found.hourly.empty
    assert found.by_county.empty
    assert found.by_limit["both_mwh_per_mw"].eq(0.0).all() or found.by_limit["both_mwh_per_mw"].isna().all()
    assert (found.by_limit["saved_cny_per_mw"] > 0.0).any()

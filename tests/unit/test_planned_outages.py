"""Planned outages and seasonal limits as a planner meets them: numbers worked out by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import toy

from gridsim.ac import check_ac_dispatch, overload_table
from gridsim.checks import as_table, check_dispatch
from gridsim.curtailment import ledger
from gridsim.dispatch import Dispatch, solve_dispatch
from gridsim.errors import InvalidInput
from gridsim.network import Network
from gridsim.options import CommitmentOptions, DispatchOptions
from gridsim.profiles import Profiles

HERE = {"county": "county"}
OPTIONS = DispatchOptions(
    commitment=CommitmentOptions(rule="all"), rating_power_factor_pu=1.0, outage_limits=False
)  # fmt: skip


def grid(circuits: int, outages: list[tuple[str, str, str]] = (), seasons: list[dict] = (), export_mw: float = 1e3):
    """The city at a, 50 MW of load and wind; the province behind circuits of 60 MW each, which are the tie section."""
    names = [f"ax {'I' * k}" for k in range(1, circuits + 1)]
    return toy.network(
        area=[{"name": "city", "kind": "detailed"}, {"name": "rest", "kind": "node"}],
        area_link=[{"area": "rest", "bus": "x", "share_pu": 1.0}],
        bus=[toy.bus("a"), toy.bus("x")],
        line=[toy.line(n, "a", "x", 60.0) for n in names],
        section=[{"name": "tie", "max_p_mw": export_mw, "min_p_mw": -export_mw, "kind": "tie"}],
        section_branch=[{"section": "tie", "element_type": "line", "element": n, "weight_pu": 1.0} for n in names],
        section_season=[{"section": "tie", "min_p_mw": -1e3, **s} for s in seasons],
        branch_outage=[
            {"element_type": "line", "element": n, "from_day": first, "to_day": last} for n, first, last in outages
        ],
        demand=[{"name": "d", "peak_mw": 450.0, "energy_gwh": 1.0}],
        load=[
            {"name": "L", "bus": "a", **HERE, "demand": "d", "max_p_mw": 50.0},
            {"name": "L rest", "area": "rest", "demand": "d", "max_p_mw": 400.0},
        ],
        thermal=[
            {
                "name": "C", "area": "rest", "carrier": "coal", "max_p_mw": 500.0, "min_p_pu": 0.0,
                "cost_cny_per_mwh": 300.0,
            }
        ],
        wind=[{"name": "W", "bus": "a", **HERE, "max_p_mw": 300.0, "site": "s", "turbine": "t", "hub_height_m": 90.0}],
    )  # fmt: skip


def days(net: Network, wind_mw: float, start: str, count: int) -> Profiles:
    return toy.profiles(net, 24 * count, start=start, available={"W": wind_mw}, demand={"L": 50.0, "L rest": 400.0})


def solved(net: Network, made: Profiles, options: DispatchOptions = OPTIONS) -> Dispatch:
    """Solved, with every check of a run holding."""
    d = solve_dispatch(net, made, options=options)
    table = as_table(check_dispatch(net, made, d))
    assert table["ok"].all(), table[~table["ok"]]
    return d


def export_by_day(d: Dispatch) -> dict[str, float]:
    """Export of each day, which is the same in all its hours. [MW]"""
    tie = d.section_mw["tie"].groupby(d.index.strftime("%m-%d"))
    assert (tie.max() - tie.min() < 1e-4).all()
    return tie.mean().round(4).to_dict()


def causes(d: Dispatch) -> dict[tuple[str, str], float]:
    """(cause, outage) -> MWh; which of several equal circuits is named as the element is left to the solver."""
    rows = ledger(d).rows
    return rows.groupby(["cause", "outage"])["curtailed_mw"].sum().round(3).to_dict()


def test_the_limit_of_a_section_changes_on_the_first_of_june():
    """110 MW of wind surplus: 100 get out in spring, 70 in summer; the hour of the change is midnight."""
    net = grid(2, seasons=[{"season": "summer", "max_p_mw": 70.0}], export_mw=100.0)
    d = solved(net, days(net, 160.0, "2030-05-31", 2))
    assert export_by_day(d) == {"05-31": 100.0, "06-01": 70.0}
    assert causes(d) == {("section", ""): 24 * 10.0 + 24 * 40.0}


def test_a_planned_outage_halves_the_export_in_its_days():
    """100 MW go out over two circuits of 60 MW; with II out on the 11th 60: 40 MW are cut, because of it."""
    net = grid(2, [("ax II", "04-11", "04-11")])
    d = solved(net, days(net, 150.0, "2030-04-10", 3))
    assert export_by_day(d) == {"04-10": 100.0, "04-11": 60.0, "04-12": 100.0}
    assert causes(d) == {("outage", "ax II"): 24 * 40.0}
    assert set(ledger(d).rows["element"]) == {"ax I"}
    on = d.index.day == 11
    assert (d.branch_mw.loc[on, "ax II"] == 0.0).all() and d.branch_mw.loc[~on, "ax II"].to_numpy() == pytest.approx(
        50.0
    )


def test_a_branch_that_binds_on_other_days_too():
    """130 MW want to go out over 2 x 60: 10 are cut without any outage, and the ledger says so on the days without."""
    net = grid(2, [("ax II", "04-11", "04-11")])
    found = causes(solved(net, days(net, 180.0, "2030-04-10", 2)))
    assert found == {("branch", ""): 24 * 10.0, ("outage", "ax II"): 24 * 70.0}


def test_an_outage_over_the_turn_of_the_year():
    """From 30 December to 2 January, every year: the first two and the last two days of the year."""
    net = grid(2, [("ax I", "12-30", "01-02")])
    assert export_by_day(solved(net, days(net, 150.0, "2030-01-01", 3))) == {
        "01-01": 60.0, "01-02": 60.0, "01-03": 100.0,
    }  # fmt: skip
    assert export_by_day(solved(net, days(net, 150.0, "2030-12-29", 3))) == {
        "12-29": 100.0, "12-30": 60.0, "12-31": 60.0,
    }  # fmt: skip


def test_two_outages_that_overlap():
    """Three circuits of 60 MW, 170 MW to send: II is out 11-12, III 12-13; on the 12th one circuit is left."""
    net = grid(3, [("ax II", "04-11", "04-12"), ("ax III", "04-12", "04-13")])
    d = solved(net, days(net, 220.0, "2030-04-10", 5))
    assert export_by_day(d) == {"04-10": 170.0, "04-11": 120.0, "04-12": 60.0, "04-13": 120.0, "04-14": 170.0}
    assert causes(d) == {
        ("outage", "ax II"): 24 * 50.0, ("outage", "ax II+ax III"): 24 * 110.0, ("outage", "ax III"): 24 * 50.0,
    }  # fmt: skip


def test_n_1_under_a_planned_outage():
    """Three circuits of 60 MW carry 120 after the loss of any one, so 110 may go out; with III out the loss of one
    leaves one: 60 MW, 30 on each.  The 50 MW that are cut are cut because III is out."""
    net = grid(3, [("ax III", "04-11", "04-11")])
    d = solved(net, days(net, 160.0, "2030-04-10", 2), DispatchOptions(
        commitment=CommitmentOptions(rule="all"), rating_power_factor_pu=1.0, outage_limits=True
    ))  # fmt: skip
    assert export_by_day(d) == {"04-10": 110.0, "04-11": 60.0}
    assert d.branch_mw.loc[d.index.day == 11, ["ax I", "ax II"]].to_numpy() == pytest.approx(30.0, abs=1e-4)
    found = causes(d)
    assert sum(found.values()) == pytest.approx(24 * 50.0, abs=0.01)
    assert all(cause == "outage" and "ax III" in outage for cause, outage in found)


def test_outages_that_cut_off_the_city_are_refused_with_all_names():
    """II and I overlap on the 12th and 13th; either alone is no matter.  The message names both circuits."""
    net = grid(2, [("ax II", "04-11", "04-13"), ("ax I", "04-12", "04-14")])
    with pytest.raises(InvalidInput) as bad:
        solve_dispatch(net, days(net, 150.0, "2030-04-10", 5), options=OPTIONS)
    (problem,) = bad.value.problems
    assert "the planned outage of ax I, ax II cuts off" in str(problem) and "change the days" in str(problem)
    assert solve_dispatch(net, days(net, 150.0, "2030-04-10", 2), options=OPTIONS), "other days of the calendar"


def test_every_outage_that_cuts_off_load_is_named():
    """A city of two stations behind it: two calendars that cut off something are two problems, each with its buses."""
    net = grid(2, [("ab", "04-11", "04-11"), ("bc", "04-12", "04-12")])
    tables = dict(net.tables)
    tables["bus"] = toy.frame("bus", [toy.bus(n) for n in "abcx"])
    lines = [
        toy.line("ax I", "a", "x"),
        toy.line("ax II", "a", "x"),
        toy.line("ab", "a", "b"),
        toy.line("bc", "b", "c"),
    ]
    tables["line"] = toy.frame("line", lines)
    more = [{"name": f"L {b}", "bus": b, **HERE, "demand": "d", "max_p_mw": 5.0} for b in "bc"]
    tables["load"] = pd.concat([tables["load"], toy.frame("load", more)], ignore_index=True)
    net = Network(tables=tables, year=2030)
    with pytest.raises(InvalidInput) as bad:
        solve_dispatch(net, days(net, 150.0, "2030-04-10", 3), options=OPTIONS)
    told = [str(p) for p in bad.value.problems]
    assert len(told) == 2
    assert any("outage of ab cuts off b, c" in t for t in told) and any("outage of bc cuts off c." in t for t in told)


def test_ac_of_a_dispatch_with_a_planned_outage():
    """The circuit that is left carries all of it, so the AC loading of the day is that of 60 MW on one circuit."""
    net = grid(2, [("ax II", "04-11", "04-11")])
    d = solved(net, days(net, 150.0, "2030-04-10", 2))
    ac = check_ac_dispatch(net, d)
    assert ac.converged.all()
    loading, on = ac.frame("loading_percent"), d.index.day == 11
    assert (loading.loc[on, "ax II"] == 0.0).all()
    assert loading.loc[on, "ax I"].to_numpy() == pytest.approx(ac.frame("p_from_mw").loc[on, "ax I"] / 0.6, rel=0.06)
    assert np.allclose(loading.loc[~on, "ax I"], loading.loc[~on, "ax II"])
    assert overload_table(ac, net).set_index("element").loc["ax II", "max_loading_percent"] < 90.0
    moved = check_ac_dispatch(net, solved(net, days(net, 140.0, "2030-04-10", 2)), like=(d, ac))
    assert (moved.frame("loading_percent").loc[on, "ax II"] == 0.0).all(), "also where only changed hours are solved"

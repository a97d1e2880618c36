"""A window without a schedule: what clashes is named, nothing is relaxed silently, the last resorts are told."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import toy

from gridsim.balance import balance_by_area, must_run_cut_table
from gridsim.checks import check_dispatch
from gridsim.dispatch import solve_dispatch
from gridsim.errors import NoOptimum
from gridsim.network import Network
from gridsim.options import CommitmentOptions, DispatchOptions

WIND = {"max_p_mw": 100.0, "site": "s", "turbine": "t", "hub_height_m": 100.0, "county": "county"}
ROOF = {"kind": "distributed", "max_p_mw": 100.0, "site": "s", "county": "county", "controllable_pu": 0.0}
OPTIONS = DispatchOptions(
    rating_power_factor_pu=1.0, commitment=CommitmentOptions(reserve_percent=0.0, wind_credit_pu=0.0)
)
ALL_ON = replace(OPTIONS, commitment=CommitmentOptions(rule="all"))
STRICT = replace(OPTIONS, shedding="forbidden", must_run_cut="forbidden")


def coal(name: str, bus: str | None, max_p_mw: float, min_p_pu: float = 0.0, **more: object) -> dict:
    return {
        "name": name, "bus": bus, "county": "county", "carrier": "coal", "max_p_mw": max_p_mw, "min_p_pu": min_p_pu,
        "cost_cny_per_mwh": 300.0, "must_run": False, **more,
    }  # fmt: skip


def town(**tables: list[dict]) -> Network:
    """Two buses and a line without a limit that matters; the load stands at bus a."""
    tables.setdefault("line", [toy.line("ab", "a", "b")])
    return toy.network(
        bus=[toy.bus("a"), toy.bus("b")],
        demand=[{"name": "d", "peak_mw": 100.0, "energy_gwh": 1.0}],
        load=[{"name": "L", "bus": "a", "county": "county", "demand": "d", "max_p_mw": 100.0}],
        **tables,
    )


def two_areas(max_p_mw: float, min_p_mw: float, **tables: list[dict]) -> Network:
    """City at bus a, the rest at bus x behind one line that is the tie section."""
    return toy.network(
        bus=[toy.bus("a"), toy.bus("x")],
        line=[toy.line("ax", "a", "x")],
        area=[{"name": "岳阳", "kind": "detailed"}, {"name": "湖南其余", "kind": "node"}],
        area_link=[{"area": "湖南其余", "bus": "x", "share_pu": 1.0}],
        section=[{"name": "联络断面", "max_p_mw": max_p_mw, "min_p_mw": min_p_mw, "kind": "tie"}],
        section_branch=[{"section": "联络断面", "element_type": "line", "element": "ax", "weight_pu": 1.0}],
        demand=[{"name": "d", "peak_mw": 100.0, "energy_gwh": 1.0}],
        load=[
            {"name": "city load", "bus": "a", "county": "county", "demand": "d", "max_p_mw": 100.0},
            {"name": "rest load", "area": "湖南其余", "demand": "d", "max_p_mw": 200.0},
        ],
        **tables,
    )


def clash(network: Network, profiles: toy.Profiles, options: DispatchOptions = STRICT) -> str:
    with pytest.raises(NoOptimum) as lost:
        solve_dispatch(network, profiles, options=options)
    return str(lost.value)


# -- want of power --------------------------------------------------------------------------------------


def test_demand_above_everything_that_is_there() -> None:
    """150 MW of demand at 02:00, 100 MW of coal and 10 MW of wind: 40 MW short, named with hour, area and way out."""
    net = town(wind=[{**WIND, "name": "W", "bus": "b"}], thermal=[coal("C", "a", 100.0)])
    p = toy.profiles(net, 4, available={"W": 10}, demand={"L": [50, 60, 150, 60]})
    said = clash(net, p, replace(OPTIONS, shedding="forbidden"))
    assert said.startswith("window from 2030-04-10 00:00 to 2030-04-10 03:00: the LP is infeasible")
    assert "2030-04-10 02:00: 40.0 MW short\n      city: load demand -150.0, wind available +10.0" in said
    assert "at most, by power, thermal generated +100.0" in said
    assert 'shedding = "allowed"' in said
    allowed = solve_dispatch(net, p, options=OPTIONS)
    assert allowed.role("unserved").to_numpy().ravel() == pytest.approx([0, 0, 40, 0], abs=1e-6)


def test_want_of_power_behind_the_tie_is_the_tie() -> None:
    """The city takes 90 MW, makes 20 and may import 50: 20 MW over the tie, or 20 MW shed; never silently both."""
    net = two_areas(
        50.0, -50.0, thermal=[coal("C", "a", 20.0, cost_cny_per_mwh=200.0), coal("R", None, 400.0, area="湖南其余")]
    )
    p = toy.profiles(net, 2, demand={"city load": [60, 90], "rest load": 200})
    said = clash(net, p, replace(OPTIONS, shedding="forbidden"))
    assert "2030-04-10 01:00, section 联络断面: 20.0 MW below its limit of -50.0 MW" in said
    assert "raise the limit" in said
    d = solve_dispatch(net, p, options=OPTIONS)
    assert d.flow_mw["load.unserved"]["岳阳"].to_numpy() == pytest.approx([0, 20], abs=1e-6)
    assert d.section_mw["联络断面"].to_numpy() == pytest.approx([-40, -50], abs=1e-6)
    assert not len(d.unavoidable)


def test_several_clashes_are_told_the_largest_first() -> None:
    net = town(thermal=[coal("C", "a", 100.0)])
    p = toy.profiles(net, 6, demand={"L": [110, 130, 90, 90, 105, 90]})
    said = clash(net, p)
    assert "2030-04-10 01:00 (worst of 3 steps): 30.0 MW short" in said
    assert said.count("short") == 1


# -- surplus --------------------------------------------------------------------------------------------


def surplus() -> tuple[Network, toy.Profiles]:
    """Demand 60 and 100; coal that has to run at 80 of its 100 MW; roofs of 0 and 15 MW that nobody can turn down."""
    net = town(solar=[{**ROOF, "name": "PV", "bus": "b"}], thermal=[coal("C", "a", 100.0, 0.8, must_run=True)])
    return net, toy.profiles(net, 2, available={"PV": [0, 15]}, demand={"L": [60, 90]})


def test_surplus_that_nothing_can_take_is_named() -> None:
    """80 - 60 = 20 MW too much at 00:00, 80 + 15 - 90 = 5 MW at 01:00."""
    net, p = surplus()
    said = clash(net, p, replace(OPTIONS, must_run_cut="forbidden"))
    assert "2030-04-10 00:00 (worst of 2 steps): 20.0 MW too much" in said
    assert "at least, by power, thermal generated +80.0" in said
    assert 'must_run_cut = "allowed"' in said


def test_must_run_output_is_cut_and_told() -> None:
    """The same hours solved: 20 and 5 MW cut, at 2,000 per MWh; the roofs share the 5 MW with the coal by size."""
    net, p = surplus()
    d = solve_dispatch(net, p, options=OPTIONS)
    cut = d.role("must_run_cut")
    assert cut.sum(axis=1).to_numpy() == pytest.approx([20, 5], abs=1e-6)
    assert cut.loc[d.index[1]].to_numpy() == pytest.approx([5 * 15 / 95, 5 * 80 / 95], abs=1e-5)
    assert d.role("generated").to_numpy().ravel() == pytest.approx([80, 80], abs=1e-6)
    assert d.cost_cny == pytest.approx(2 * 80 * 300 + 25 * 2000)
    assert d.role("unserved").to_numpy().sum() == pytest.approx(0.0, abs=1e-9)
    assert all(c.ok for c in check_dispatch(net, p, d))
    table = must_run_cut_table(net, d).set_index("unit")
    assert table["energy_gwh"].sum() == pytest.approx(0.025)
    assert table.loc["C", "max_mw"] == pytest.approx(20.0)
    assert table.loc["C", "hours"] == 2
    balance = balance_by_area(net, d)["city"]
    assert balance["must_run_cut"].to_numpy() == pytest.approx([20, 5], abs=1e-6)
    assert balance["exchange"].abs().max() < 1e-6


def test_nothing_is_cut_where_there_is_another_way() -> None:
    """Wind is curtailed first, and must-run output only for what is left: 80 + 30 - 60 = 50 MW, of it 30 from wind."""
    net = town(wind=[{**WIND, "name": "W", "bus": "b"}], thermal=[coal("C", "a", 100.0, 0.8, must_run=True)])
    p = toy.profiles(net, 2, available={"W": 30}, demand={"L": [60, 85]})
    d = solve_dispatch(net, p, options=OPTIONS)
    assert d.role("curtailed").to_numpy().ravel() == pytest.approx([30, 25], abs=1e-6)
    assert d.role("must_run_cut").to_numpy().ravel() == pytest.approx([20, 0], abs=1e-6)


def test_surplus_behind_the_tie_is_cut_and_the_tie_holds() -> None:
    """City: must-run 80, demand 20, export 40: 20 MW are cut rather than sent over the tie."""
    dear = coal("C", "a", 100.0, 0.8, must_run=True, cost_cny_per_mwh=400.0)
    net = two_areas(40.0, -40.0, thermal=[dear, coal("R", None, 400.0, area="湖南其余")])
    p = toy.profiles(net, 2, demand={"city load": [20, 50], "rest load": 200})
    d = solve_dispatch(net, p, options=OPTIONS)
    assert d.section_mw["联络断面"].to_numpy() == pytest.approx([40, 30], abs=1e-6)
    assert d.flow_mw["thermal.must_run_cut"]["C"].to_numpy() == pytest.approx([20, 0], abs=1e-6)
    assert not len(d.unavoidable)
    said = clash(net, p)
    assert "section 联络断面: 20.0 MW above its limit of 40.0 MW" in said


def test_curtailment_as_the_only_cost_does_not_make_cutting_free() -> None:
    """With curtailed energy the only cost, coal at its minimum still stands before the wind."""
    net = town(wind=[{**WIND, "name": "W", "bus": "b"}], thermal=[coal("C", "a", 100.0, 0.4, must_run=True)])
    p = toy.profiles(net, 2, available={"W": 80}, demand={"L": 100})
    d = solve_dispatch(net, p, options=replace(OPTIONS, objective="curtailment"))
    assert d.role("curtailed").to_numpy().ravel() == pytest.approx([20, 20], abs=1e-6)
    assert d.role("must_run_cut").to_numpy().sum() == pytest.approx(0.0, abs=1e-9)


# -- the network ----------------------------------------------------------------------------------------


def test_must_run_behind_a_line_is_unavoidable_not_cut() -> None:
    """80 MW that must run behind a line of 60 MW: the limit is raised and listed, nothing is cut for it."""
    net = town(
        line=[toy.line("ab", "a", "b", 60.0)],
        thermal=[coal("C", "b", 100.0, 0.8, must_run=True, cost_cny_per_mwh=400.0), coal("D", "a", 100.0)],
    )
    d = solve_dispatch(net, toy.profiles(net, 2, demand={"L": 90}), options=ALL_ON)
    assert d.unavoidable["element"].unique().tolist() == ["ab"]
    assert d.branch_mw["ab"].to_numpy() == pytest.approx([-80, -80], abs=1e-5)
    assert d.role("must_run_cut").to_numpy().sum() == pytest.approx(0.0, abs=1e-9)


def test_forced_hydro_behind_a_line_is_spilled_not_hidden() -> None:
    """50 MW of forced water behind a line of 30 MW: 20 MW are spilled at their price, the limit holds."""
    net = town(
        line=[toy.line("ab", "a", "b", 30.0)],
        hydro=[{"name": "H", "bus": "b", "county": "county", "kind": "run_of_river", "max_p_mw": 50.0}],
        thermal=[coal("C", "a", 100.0)],
    )
    p = toy.profiles(net, 24, hydro_min={"H": 50}, hydro_max={"H": 50}, hydro_energy={"H": 1200}, demand={"L": 90})
    d = solve_dispatch(net, p, options=STRICT)
    assert d.role("spilled").to_numpy().ravel() == pytest.approx(np.full(24, 20.0), abs=1e-5)
    assert not len(d.unavoidable)


def test_forced_hydro_above_the_energy_of_the_day_is_named() -> None:
    """50 MW forced all day need 1,200 MWh, the day has 1,000: 200 MWh more than there are."""
    net = town(
        hydro=[{"name": "H", "bus": "b", "county": "county", "kind": "run_of_river", "max_p_mw": 50.0}],
        thermal=[coal("C", "a", 100.0)],
    )
    p = toy.profiles(net, 24, hydro_min={"H": 50}, hydro_max={"H": 50}, hydro_energy={"H": 1000}, demand={"L": 90})
    said = clash(net, p)
    assert "hydro H: released 200.0 MWh more than the energy of the day" in said
    assert "lower the forced output" in said


def test_sections_that_only_clash_together_are_raised_by_the_smallest_sum_and_listed() -> None:
    """80 MW of must-run coal at b leave over two lines to a and c; each may carry 30: 20 MW too much are listed."""
    net = toy.network(
        bus=[toy.bus("a"), toy.bus("b"), toy.bus("c")],
        line=[toy.line("ba", "b", "a"), toy.line("bc", "b", "c"), toy.line("ca", "c", "a")],
        section=[
            {"name": "北", "max_p_mw": 30.0, "min_p_mw": -30.0},
            {"name": "南", "max_p_mw": 30.0, "min_p_mw": -30.0},
        ],
        section_branch=[
            {"section": "北", "element_type": "line", "element": "ba", "weight_pu": 1.0},
            {"section": "南", "element_type": "line", "element": "bc", "weight_pu": 1.0},
        ],
        demand=[{"name": "d", "peak_mw": 100.0, "energy_gwh": 1.0}],
        load=[
            {"name": "La", "bus": "a", "county": "county", "demand": "d", "max_p_mw": 50.0},
            {"name": "Lc", "bus": "c", "county": "county", "demand": "d", "max_p_mw": 50.0},
        ],
        thermal=[
            coal("C", "b", 100.0, 0.8, must_run=True, cost_cny_per_mwh=400.0),
            coal("A", "a", 50.0),
            coal("B", "c", 50.0),
        ],
    )
    d = solve_dispatch(net, toy.profiles(net, 2, demand={"La": 50, "Lc": 50}), options=ALL_ON)
    above = (d.unavoidable["flow_mw"].abs() - d.unavoidable["limit_mw"].abs()).groupby(d.unavoidable["step"]).sum()
    assert above.to_numpy() == pytest.approx([20.0, 20.0], abs=1e-3)
    assert set(d.unavoidable["element"]) == {"北", "南"}
    assert d.role("must_run_cut").to_numpy().sum() == pytest.approx(0.0, abs=1e-9)


# -- stores ---------------------------------------------------------------------------------------------


def test_a_store_that_cannot_end_where_it_has_to_is_named() -> None:
    """It starts with 50 of 100 MWh, serves the first hour with 30 MWh and finds nothing to charge from: 30 MWh less."""
    net = town(
        thermal=[coal("C", "a", 60.0)],
        battery=[
            {
                "name": "储能", "bus": "b", "county": "county", "max_p_mw": 40.0, "energy_mwh": 100.0,
                "efficiency_charge_percent": 100.0, "efficiency_discharge_percent": 100.0,
            }
        ],
    )  # fmt: skip
    p = toy.profiles(net, 2, demand={"L": [90, 60]})
    said = clash(net, p)
    assert "store 储能, at the end of the year: 30.0 MWh less than the 50.0 MWh it has to end with" in said
    assert 'final_state = "free"' in said
    assert solve_dispatch(net, p, options=replace(STRICT, final_state="free")).energy_mwh["储能"].iloc[-1] < 21.0
    shed = solve_dispatch(net, p, options=OPTIONS)
    assert shed.role("unserved").to_numpy().sum() == pytest.approx(30.0, abs=1e-6)


def test_a_ramp_that_demand_outruns_is_named() -> None:
    """10 % of 100 MW an hour, demand jumps by 30 MW: 20 MW faster than the plant can."""
    net = town(thermal=[coal("C", "a", 100.0, ramp_up_percent_per_h=10.0)])
    said = clash(net, toy.profiles(net, 3, demand={"L": [60, 60, 90]}))
    assert "2030-04-10 02:00, ramp of C: 20.0 MW beyond what may be" in said
    assert "raise ramp_up_percent_per_h" in said


def test_a_minimum_above_the_maximum_is_named() -> None:
    net = town(hydro=[{"name": "H", "bus": "b", "county": "county", "kind": "run_of_river", "max_p_mw": 50.0}])
    p = toy.profiles(net, 24, hydro_min={"H": 60}, hydro_max={"H": 50}, hydro_energy={"H": 1200}, demand={"L": 90})
    said = clash(net, p, OPTIONS)
    assert "hydro.released H: the minimum 60.0 is above its maximum 50.0" in said

"""Hand-solved dispatches on two and three buses."""

from __future__ import annotations

from importlib import import_module

import numpy as np
import pytest
import toy

from gridsim.dispatch import solve_dispatch
from gridsim.options import CommitmentOptions, DispatchOptions, Penalties, StorageOptions

WIND = {"max_p_mw": 100.0, "site": "s", "turbine": "t", "hub_height_m": 100.0, "county": "county"}
NO_RESERVE = CommitmentOptions(reserve_percent=0.0, wind_credit_pu=0.0, solar_credit_pu=0.0)


def coal(name: str, bus: str, max_p_mw: float, cost: float = 300.0, min_p_pu: float = 0.0, **more: object) -> dict:
    return {
        "name": name,
        "bus": bus,
        "county": "county",
        "carrier": "coal",
        "max_p_mw": max_p_mw,
        "min_p_pu": min_p_pu,
        "cost_cny_per_mwh": cost,
        **more,
    }


def one_bus(**tables: list[dict]) -> object:
    """Two buses joined by a line without a limit that matters; everything stands at bus a or b."""
    return toy.network(
        bus=[toy.bus("a"), toy.bus("b")],
        line=[toy.line("ab", "a", "b")],
        demand=[{"name": "d", "peak_mw": 100.0, "energy_gwh": 1.0}],
        load=[{"name": "L", "bus": "a", "county": "county", "demand": "d", "max_p_mw": 100.0}],
        **tables,
    )


def test_surplus_is_curtailed_in_equal_shares() -> None:
    net = one_bus(wind=[{**WIND, "name": "A", "bus": "a"}, {**WIND, "name": "B", "bus": "b"}])
    p = toy.profiles(net, 3, available={"A": [30, 60, 100], "B": [20, 60, 100]}, demand={"L": 100})
    d = solve_dispatch(net, p, options=DispatchOptions(final_state="free"))
    assert np.allclose(d.role("curtailed").to_numpy(), [[0, 0], [10, 10], [50, 50]], atol=1e-6)
    # 50 MW are missing in the first hour: shed at a price, never hidden
    assert np.allclose(d.role("unserved").to_numpy().ravel(), [50, 0, 0], atol=1e-6)


def test_thermal_minimum_forces_curtailment() -> None:
    """Demand 100, coal on with a minimum of 40: of 80 MW of wind 60 are used."""
    net = one_bus(wind=[{**WIND, "name": "W", "bus": "b"}], thermal=[coal("C", "a", 100.0, min_p_pu=0.4)])
    p = toy.profiles(net, 2, available={"W": 80}, demand={"L": 100})
    d = solve_dispatch(net, p, options=DispatchOptions(commitment=NO_RESERVE))
    assert np.allclose(d.role("curtailed"), 20.0, atol=1e-6)
    assert np.allclose(d.role("generated"), 40.0, atol=1e-6)
    assert d.cost_cny == pytest.approx(2 * (40 * 300 + 20 * 200))


def test_a_day_that_stays_unserved_gets_one_more_unit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seven hours of 100 MW: the store counts as 60 MW, five hours long, so one unit of 50 covers the rest.

    With one unit 7 x 50 - 300 = 50 MWh are unserved, with two none; the third stands still.
    """
    store = {"name": "B", "bus": "b", "county": "county", "max_p_mw": 60.0, "energy_mwh": 300.0, "firm_pu": 1.0,
             "efficiency_charge_percent": 100.0, "efficiency_discharge_percent": 100.0}  # fmt: skip
    whole = {"min_soc_percent": 0.0, "max_soc_percent": 100.0}
    net = one_bus(thermal=[coal(f"C{k}", "b", 50.0, cost=300.0 + k) for k in range(3)], battery=[store | whole])
    p = toy.profiles(net, 24, demand={"L": np.r_[np.full(17, 20.0), np.full(7, 100.0)]})
    options = DispatchOptions(commitment=NO_RESERVE, final_state="free", initial_energy_pu=1.0)
    d = solve_dispatch(net, p, options=options)
    assert d.role("unserved").to_numpy().sum() == pytest.approx(0.0, abs=1e-6)
    assert d.online.to_numpy().tolist() == [[1.0, 1.0, 0.0]]
    assert d.windows["raised_mw"].tolist() == [50.0]
    monkeypatch.setattr(import_module("gridsim.dispatch.solve"), "MOST_RAISES", 0)
    d = solve_dispatch(net, p, options=options)
    assert d.role("unserved").to_numpy().sum() == pytest.approx(50.0, abs=1e-4)
    assert d.windows["raised_mw"].tolist() == [0.0]


def test_the_tie_limits_export_and_its_price_is_the_difference() -> None:
    net = toy.network(
        bus=[toy.bus("a"), toy.bus("x")],
        line=[toy.line("ax", "a", "x")],
        area=[{"name": "city", "kind": "detailed"}, {"name": "rest", "kind": "node"}],
        area_link=[{"area": "rest", "bus": "x", "share_pu": 1.0}],
        section=[{"name": "tie", "max_p_mw": 50.0, "min_p_mw": -20.0, "kind": "tie"}],
        section_branch=[{"section": "tie", "element_type": "line", "element": "ax", "weight_pu": 1.0}],
        demand=[{"name": "d", "peak_mw": 100.0, "energy_gwh": 1.0}],
        load=[
            {"name": "city load", "bus": "a", "county": "county", "demand": "d", "max_p_mw": 10.0},
            {"name": "rest load", "area": "rest", "demand": "d", "max_p_mw": 200.0},
        ],
        wind=[{**WIND, "name": "W", "bus": "a"}],
        thermal=[coal("C", None, 300.0, area="rest")],
    )
    p = toy.profiles(net, 2, available={"W": 100}, demand={"city load": 10, "rest load": 200})
    d = solve_dispatch(net, p, options=DispatchOptions(commitment=NO_RESERVE))
    assert np.allclose(d.section_mw["tie"], 50.0, atol=1e-6)
    assert np.allclose(d.role("curtailed"), 40.0, atol=1e-6)
    # one more MW over the tie saves 200 of curtailment and 300 of coal
    assert np.allclose(d.binding["dual_cny_per_mwh"], -500.0)
    assert set(d.binding["rung"]) == {1}


def test_storage_moves_surplus_and_loses_what_it_must() -> None:
    """50 MW of surplus for one hour, 100 % in, 80 % out: 40 MWh replace coal later.

    Pumps at any power: the one unit of 60 MW could not take 50 (``relaxed`` was the only mode when this was written).
    """
    net = one_bus(
        wind=[{**WIND, "name": "W", "bus": "b"}],
        thermal=[coal("C", "a", 100.0)],
        pumped_storage=[
            {
                "name": "P",
                "bus": "b",
                "county": "county",
                "max_p_mw": 60.0,
                "max_pump_mw": 60.0,
                "energy_mwh": 100.0,
                "efficiency_pump_percent": 100.0,
                "efficiency_turbine_percent": 80.0,
            }
        ],
    )
    p = toy.profiles(net, 3, available={"W": [150, 0, 0]}, demand={"L": 100})
    any_power = StorageOptions(pumping="relaxed")
    options = DispatchOptions(initial_energy_pu=0.0, commitment=NO_RESERVE, storage=any_power)
    d = solve_dispatch(net, p, options=options)
    assert d.role("curtailed").to_numpy().sum() == pytest.approx(0.0, abs=1e-6)
    assert d.role("charge").to_numpy().ravel() == pytest.approx([50, 0, 0], abs=1e-6)
    # equal price in both hours: equal shares of power, not an accident of the vertex
    assert d.role("discharge").to_numpy().ravel() == pytest.approx([0, 20, 20], abs=1e-5)
    assert d.energy_mwh["P"].to_numpy() == pytest.approx([50, 25, 0], abs=1e-5)


def test_no_step_charges_and_discharges_at_once() -> None:
    """Free wear, penalised curtailment and a full store: a plain LP would burn the surplus in the store."""
    net = one_bus(
        wind=[{**WIND, "name": "W", "bus": "b"}],
        battery=[
            {
                "name": "S",
                "bus": "b",
                "county": "county",
                "max_p_mw": 50.0,
                "energy_mwh": 10.0,
                "efficiency_charge_percent": 80.0,
                "efficiency_discharge_percent": 80.0,
            }
        ],
    )
    p = toy.profiles(net, 4, available={"W": 160}, demand={"L": 100})
    options = DispatchOptions(
        initial_energy_pu=1.0, penalties=Penalties(storage_wear_cny_per_mwh=0.0, stored_energy_value_cny_per_mwh=0.0)
    )
    d = solve_dispatch(net, p, options=options)
    both = np.minimum(d.role("charge").to_numpy(), d.role("discharge").to_numpy())
    assert both.max() < 1e-6
    assert d.windows["direction_fixes"].sum() > 0, "the plain LP did not burn: the case does not test anything"
    assert d.role("curtailed").to_numpy().sum() == pytest.approx(240.0, abs=15.0)


def test_hydro_daily_energy_and_spill() -> None:
    """240 MWh a day in a band of 5 to 20 MW next to demand of 8 MW: the rest is spilled at the price of spill."""
    net = one_bus(hydro=[{"name": "H", "bus": "a", "county": "county", "kind": "run_of_river", "max_p_mw": 20.0}])
    p = toy.profiles(net, 24, hydro_min={"H": 5}, hydro_max={"H": 20}, hydro_energy={"H": 240}, demand={"L": 8})
    d = solve_dispatch(net, p, options=DispatchOptions())
    released, spilled = d.role("released").to_numpy().sum(), d.role("spilled").to_numpy().sum()
    assert released - spilled == pytest.approx(24 * 8, abs=1e-5)
    assert released <= 240 + 1e-6
    assert d.role("unserved").to_numpy().sum() == pytest.approx(0.0, abs=1e-6)


def test_a_limit_that_load_alone_breaks_is_raised_and_listed() -> None:
    """60 MW of load behind a 40 MW line: 20 MW above are unavoidable, and no load is shed for them."""
    net = toy.network(
        bus=[toy.bus("a"), toy.bus("b")],
        line=[toy.line("ab", "a", "b", 40.0)],
        demand=[{"name": "d", "peak_mw": 100.0, "energy_gwh": 1.0}],
        load=[{"name": "L", "bus": "b", "county": "county", "demand": "d", "max_p_mw": 60.0}],
        thermal=[coal("C", "a", 100.0)],
    )
    p = toy.profiles(net, 2, demand={"L": [60, 30]})
    d = solve_dispatch(net, p, options=DispatchOptions(rating_power_factor_pu=1.0, commitment=NO_RESERVE))
    assert d.unavoidable["element"].tolist() == ["ab"]
    assert d.unavoidable["flow_mw"].tolist() == pytest.approx([60.0])
    assert d.role("unserved").to_numpy().sum() == pytest.approx(0.0, abs=1e-9)


def test_windows_equal_the_single_lp_where_nothing_reaches_over_the_seam() -> None:
    rng = np.random.default_rng(1)
    net = one_bus(wind=[{**WIND, "name": "W", "bus": "b"}], thermal=[coal("C", "a", 100.0, min_p_pu=0.3)])
    p = toy.profiles(net, 96, available={"W": rng.uniform(0, 100, 96)}, demand={"L": rng.uniform(60, 100, 96)})
    one = solve_dispatch(net, p, options=DispatchOptions(window_h=96, commitment=NO_RESERVE))
    many = solve_dispatch(net, p, options=DispatchOptions(commitment=NO_RESERVE))
    assert many.cost_cny == pytest.approx(one.cost_cny, rel=1e-9)
    assert len(many.windows) == 4
    assert np.allclose(many.role("curtailed"), one.role("curtailed"), atol=1e-6)


def test_quarter_hours_carry_a_quarter_of_the_energy() -> None:
    net = one_bus(
        wind=[{**WIND, "name": "W", "bus": "b"}],
        battery=[
            {
                "name": "S",
                "bus": "b",
                "county": "county",
                "max_p_mw": 40.0,
                "energy_mwh": 20.0,
                "efficiency_charge_percent": 100.0,
                "efficiency_discharge_percent": 100.0,
            }
        ],
    )
    p = toy.profiles(net, 4, freq="15min", available={"W": [140, 140, 60, 60]}, demand={"L": 100})
    d = solve_dispatch(net, p, options=DispatchOptions(initial_energy_pu=0.0))
    assert d.energy_mwh["S"].to_numpy() == pytest.approx([10, 20, 10, 0], abs=1e-5)
    assert d.role("curtailed").to_numpy().sum() == pytest.approx(0.0, abs=1e-5)


@pytest.mark.parametrize(("tolerance", "of_a", "of_b"), [(0.0, 10.0, 0.0), (150.0, 9.85, 0.3), (1e9, 8.0, 4.0)])
def test_what_equal_shares_may_cost(tolerance: float, of_a: float, of_b: float) -> None:
    """Two plants of 60 MW feed a triangle a - b - c with equal reactances, 200 MW of load and coal at 300 CNY at c.

    Of what is fed in at a, 2/3 flow over a-c, of b 1/3: 60 MW.  With a rating of 160/3, 20/3 MW must be relieved.
    Cheapest: 10 MW at a alone.  Equal sensitivity means equal percentage, c_a : c_b = 2/3 : 1/3: 8 and 4 MW, if cost
    does not matter.  c_b at b spares c_b / 2 at a, so c_b / 2 more are cut, at 200 (price of curtailment) + 300 (coal)
    in each of two hours: 500 c_b.  A tolerance of 150 CNY buys 0.3 MW at b, and 9.85 are left at a.
    """
    net = toy.network(
        bus=[toy.bus(n) for n in "abc"],
        line=[toy.line("ab", "a", "b"), toy.line("bc", "b", "c"), toy.line("ac", "a", "c", 160.0 / 3.0)],
        demand=[{"name": "d", "peak_mw": 100.0, "energy_gwh": 1.0}],
        load=[{"name": "L", "bus": "c", "county": "county", "demand": "d", "max_p_mw": 200.0}],
        wind=[
            {"name": n, "bus": b, "county": "county", "max_p_mw": 60.0}
            | {"site": "s", "turbine": "t", "hub_height_m": 90.0}
            for n, b in (("Wa", "a"), ("Wb", "b"))
        ],
        thermal=[coal("C", "c", 300.0)],
    )
    p = toy.profiles(net, 2, available={"Wa": 60, "Wb": 60}, demand={"L": 200})
    options = DispatchOptions(
        rating_power_factor_pu=1.0, commitment=NO_RESERVE, outage_limits=False, sharing_tolerance_cny=tolerance
    )
    d = solve_dispatch(net, p, options=options)
    assert d.role("curtailed").iloc[0].to_dict() == pytest.approx({"Wa": of_a, "Wb": of_b}, abs=0.01)

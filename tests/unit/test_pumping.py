"""Machines of fixed power: hand-solved plants, and brute force over every number of machines."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import toy
from small_storage import ALL_ON, HERE, Place

from gridsim.checks import as_table, check_dispatch
from gridsim.dispatch import Dispatch, solve_dispatch
from gridsim.dispatch.machines import RULES, _pumps
from gridsim.errors import NoOptimum
from gridsim.options import DispatchOptions, StorageOptions

MODES = ("relaxed", "rounded", "exact")


def role(dispatch: Dispatch, name: str) -> list[float]:
    return [round(v, 4) + 0.0 for v in dispatch.role(name).to_numpy().sum(axis=1)]


#: 20, 60 and 100 MW of surplus, then two hours without wind; two units of 50 MW; half of what is pumped comes back
STAIRS = Place(wind_mw=(120, 160, 200, 0, 0), demand_mw=(100,) * 5)


@pytest.mark.parametrize(
    ("pumping", "pumped", "curtailed"),
    [
        ("relaxed", [20, 60, 100, 0, 0], [0, 0, 0, 0, 0]),
        ("rounded", [0, 50, 100, 0, 0], [20, 10, 0, 0, 0]),
        ("exact", [0, 50, 100, 0, 0], [20, 10, 0, 0, 0]),
    ],
)
def test_two_units_pump_none_one_and_two(pumping, pumped, curtailed):
    """A pumped MWh saves 0.5 MWh of coal at 300 and costs 136.5 of wear: 13.5 CNY, and 200 more if it were curtailed.

    Surplus of 20: a unit would burn 30 MWh of coal, 20*200 + 50*13.5 - 30*300 < 0: none.  Surplus of 60: one unit
    gives 50*213.5 = 10,675, two give 60*200 + 100*13.5 - 40*300 = 1,350: one.  Surplus of 100: both.  Whole units
    curtail 30 MWh that any power would have pumped: 30 * 213.5 = 6,405 CNY.
    """
    d = STAIRS.solve(pumping)
    assert role(d, "charge") == pumped
    assert role(d, "curtailed") == curtailed
    assert sum(role(d, "discharge")) == pytest.approx(0.5 * sum(pumped))
    assert d.windows["pumping_gap_cny"].sum() == pytest.approx(0.0 if pumping == "relaxed" else 6405.0, abs=1e-2)


def test_what_the_modes_state():
    """relaxed <= exact <= rounded, and every stated bound holds."""
    best = STAIRS.brute_force_cny()
    for pumping in MODES:
        window = STAIRS.solve(pumping).windows.iloc[0]
        assert window.bound_cny <= best + 1e-3
        if pumping != "relaxed":
            assert window.objective_cny >= best - 1e-3
            assert window.objective_cny - best <= window.objective_cny - window.bound_cny + 1e-3
    assert STAIRS.solve("relaxed").windows["pumping"].tolist() == ["relaxed"]
    assert STAIRS.solve("rounded").windows["pumping"].tolist() == ["rounded_down"]
    assert STAIRS.solve("exact").windows["pumping"].tolist() == ["exact"]


@pytest.mark.parametrize(("pumping", "generated"), [("relaxed", 10.0), ("rounded", 25.0), ("exact", 25.0)])
def test_a_turbine_has_a_least_output(pumping, generated):
    """Demand is 10 MW above coal.  A unit of 50 MW gives at least 25: coal stands back, water at 400 is dearer.

    With water worth 400 per stored MWh, a MWh generated costs 800 and saves 300 of coal: as little as possible.
    """
    place = Place(wind_mw=(0, 0), demand_mw=(110, 60), min_p_pu=0.5, first_pu=0.5, end_value_cny=400.0)
    d = place.solve(pumping)
    assert role(d, "discharge") == [generated, 0.0]
    assert role(d, "generated") == [110.0 - generated, 60.0]
    assert role(d, "unserved") == [0.0, 0.0]


def test_inflow_fills_the_store_and_then_flows_over():
    """50 of 100 MWh, 20 MW of inflow, nobody to serve: 70, 90, 100 and 10 over, 100 and 20 over."""
    d = Place(wind_mw=(0,) * 4, demand_mw=(0,) * 4, coal_mw=0.0, energy_mwh=100.0, inflow_mw=20.0, first_pu=0.5).solve(
        "rounded"
    )
    assert d.energy_mwh["S"].tolist() == pytest.approx([70, 90, 100, 100])
    assert role(d, "overflow") == [0, 0, 10, 20]
    assert role(d, "charge") == [0, 0, 0, 0]


def test_surplus_is_not_pumped_into_a_store_that_flows_over():
    """A full store with inflow beside curtailed wind: pumping and letting go would call wind used that is not."""
    for pumping in MODES:
        place = Place(wind_mw=(300,) * 3, demand_mw=(100,) * 3, energy_mwh=100.0, inflow_mw=20.0, first_pu=1.0)
        d = dataclasses.replace(place, wear_cny=0.0, efficiency_in=0.8, efficiency_out=0.8).solve(pumping)
        both = np.minimum(d.role("charge").to_numpy(), d.role("overflow").to_numpy())
        assert both.max() < 1e-6


def test_a_plant_never_pumps_with_one_unit_and_generates_with_another():
    """Free wear and dear curtailment: one unit pumping while the other generates would burn surplus."""
    place = Place(
        wind_mw=(160,) * 4,
        demand_mw=(100,) * 4,
        efficiency_in=0.8,
        efficiency_out=0.8,
        energy_mwh=50.0,
        first_pu=1.0,
        wear_cny=0.0,
        curtailment_cny=500.0,
        end_value_cny=0.0,
    )
    relaxed = place.solve("relaxed")
    assert relaxed.windows["direction_fixes"].sum() > 0, "the plain LP did not burn: the case does not test anything"
    for pumping in MODES:
        d = place.solve(pumping)
        assert np.minimum(d.role("charge").to_numpy(), d.role("discharge").to_numpy()).max() < 1e-6


def random_place(seed: int, steps: int = 4) -> Place:
    rng = np.random.default_rng(seed)
    return Place(
        wind_mw=tuple(rng.uniform(0, 250, steps)),
        demand_mw=tuple(rng.uniform(60, 140, steps)),
        coal_mw=120.0,
        coal_cny=float(rng.uniform(200, 500)),
        machines=2,
        unit_mw=float(rng.uniform(25, 50)),
        min_p_pu=float(rng.choice([0.0, 0.4, 0.7])),
        energy_mwh=float(rng.uniform(50, 200)),
        efficiency_in=0.9,
        efficiency_out=0.85,
        inflow_mw=float(rng.choice([0.0, 10.0])),
        first_pu=float(rng.uniform(0, 1)),
        end_value_cny=float(rng.uniform(0, 400)),
        wear_cny=float(rng.choice([0.0, 70.0])),
        curtailment_cny=float(rng.choice([50.0, 200.0, 500.0])),
    )


@pytest.mark.parametrize("seed", range(8))
def test_exact_is_what_brute_force_over_all_numbers_of_units_finds(seed):
    """Three hours, 125 (or 64) choices, each a linprog of its own."""
    place = random_place(seed, steps=3)
    best = place.brute_force_cny()
    exact, rounded, relaxed = (place.solve(m).windows.iloc[0] for m in ("exact", "rounded", "relaxed"))
    assert exact.objective_cny == pytest.approx(best, rel=1e-7, abs=1e-2)
    assert rounded.objective_cny >= best - 1e-2
    assert max(w.bound_cny for w in (exact, rounded, relaxed)) <= best + 1e-2


@pytest.mark.parametrize("pumping", ["rounded", "exact"])
@pytest.mark.parametrize("seed", range(4))
def test_whole_units_pass_the_checks_that_any_power_does_not(seed, pumping):
    place = random_place(seed, steps=24)
    network, profiles = place.build()
    options = dataclasses.replace(place.options(pumping, 10.0), final_state="cyclic")
    d = solve_dispatch(network, profiles, options=options)
    table = as_table(check_dispatch(network, profiles, d))
    assert table["ok"].all(), table[~table["ok"]]
    assert {"pumps in whole units [units]", "turbines outside their least and largest output [MW]"} <= set(
        table["check"]
    )


def test_checks_see_half_a_unit_and_a_turbine_below_its_least_output():
    place = dataclasses.replace(STAIRS, min_p_pu=0.5)
    network, profiles = place.build()
    d = solve_dispatch(network, profiles, options=place.options("rounded"))
    for key, check in (("charge", "pumps in whole units [units]"), ("discharge", "turbines outside their least")):
        wrong = d.flow_mw[f"pumped_storage.{key}"].copy()
        wrong.iloc[1] = 12.5
        broken = dataclasses.replace(d, flow_mw={**d.flow_mw, f"pumped_storage.{key}": wrong})
        table = as_table(check_dispatch(network, profiles, broken)).set_index("check")
        assert not table.loc[[c for c in table.index if c.startswith(check)], "ok"].any()


def test_a_gap_that_is_not_proven_is_refused():
    network, profiles = random_place(1, steps=48).build()
    storage = StorageOptions(pumping="exact", gap_cny=1e-9, time_limit_s=1e-4)
    options = dataclasses.replace(random_place(1).options("exact"), storage=storage)
    with pytest.raises(NoOptimum, match="not proven within"):
        solve_dispatch(network, profiles, options=options)


# -- the rule of rounding ----------------------------------------------------------------------------------------


def two_plants(first: str, second: str, units: tuple[int, int] = (2, 2)) -> DispatchOptions:
    """Surplus beside two plants on one bus with units of 50 MW."""
    wind = (300, 280, 340, 100, 0, 0)
    store = {**HERE, "efficiency_pump_percent": 90.0, "efficiency_turbine_percent": 80.0}
    plants = [
        {**store, "name": n, "units": u, "max_p_mw": 50.0 * u, "max_pump_mw": 50.0 * u, "energy_mwh": 300.0 * u}
        for n, u in zip((first, second), units)
        if u
    ]
    network = toy.network(
        bus=[toy.bus("a"), toy.bus("b")],
        line=[toy.line("ab", "a", "b")],
        demand=[{"name": "d", "peak_mw": 100.0, "energy_gwh": 1.0}],
        load=[{"name": "L", "bus": "a", "county": "county", "demand": "d", "max_p_mw": 1000.0}],
        wind=[{**HERE, "name": "W", "max_p_mw": 1000.0, "site": "s", "turbine": "t", "hub_height_m": 100.0}],
        thermal=[
            {**HERE, "name": "C", "carrier": "coal", "max_p_mw": 300.0, "min_p_pu": 0.0, "cost_cny_per_mwh": 300.0}
        ],
        pumped_storage=plants,
    )
    profiles = toy.profiles(network, len(wind), available={"W": wind}, demand={"L": 200})
    return solve_dispatch(
        network, profiles, options=DispatchOptions(initial_energy_pu=0.0, final_state="free", commitment=ALL_ON)
    )


def test_names_do_not_decide_which_plant_runs_a_unit_more():
    one, other = two_plants("A", "B", (1, 3)), two_plants("Z", "Y", (1, 3))
    for before, after in (("A", "Z"), ("B", "Y")):
        assert np.allclose(one.role("charge")[before], other.role("charge")[after])
        assert np.allclose(one.role("discharge")[before], other.role("discharge")[after], atol=1e-5)


@pytest.mark.parametrize("units", [(1, 3), (2, 2), (3, 1)])
def test_splitting_a_plant_keeps_the_sum_that_runs(units):
    """Surplus of 100, 80, 140: four units of 50 MW in one plant or two run 2, 2 (80 -> 1.6), 2 or 3 in sum."""
    one, two = two_plants("A", "B", (4, 0)), two_plants("A", "B", units)
    assert role(one, "charge") == role(two, "charge")
    assert role(one, "curtailed") == role(two, "curtailed")


def test_one_more_machine_goes_where_the_fraction_is_largest():
    """1.4, 0.6 and 1.0 wanted, sum 3.0: floors 1 + 0 + 1, one machine is missing, the second store gets it."""
    network, profiles = STAIRS.build()
    d = solve_dispatch(network, profiles, options=STAIRS.options("relaxed"))
    stores = d.system.stores
    three = dataclasses.replace(
        stores, machines=np.array([2, 2, 2]), machine_charge_mw=np.full(3, 50.0), machine_max_mw=np.full(3, 50.0)
    )
    charge = np.array([70.0, 30.0, 50.0])
    even = np.zeros(3)
    assert _pumps(three, charge, even, np.full(3, 2), even, RULES[0].switch_on).tolist() == [1, 1, 1]
    # a store without room for it leaves the machine to the next
    assert _pumps(three, charge, even, np.array([2, 0, 2]), even, RULES[0].switch_on).tolist() == [2, 0, 1]

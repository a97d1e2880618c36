"""Reactive rules, positions of taps and banks, and the AC check of a dispatch."""

import numpy as np
import pandas as pd
import pytest
import toy
from grids import bank, city, line, power

from gridsim.ac import (
    ControlRules,
    ReactiveRules,
    check_ac,
    check_ac_dispatch,
    hour_classes,
    reactive_injections,
    seasonal_positions,
    unit_power,
)
from gridsim.dispatch import solve_dispatch
from gridsim.electrical import branches, shunts
from gridsim.options import DispatchOptions

INDEX = pd.DatetimeIndex(["2030-01-10 19:00", "2030-04-10 03:00", "2030-08-01 12:00", "2030-08-01 04:00"]).tz_localize(
    "Asia/Shanghai"
)


def plants():
    common = {"county": "county", "min_p_pu": 0.3, "cost_cny_per_mwh": 300.0}
    return toy.network(
        bus=[toy.bus("edge", 220), toy.bus("coal", 220), toy.bus("town", 110)],
        load=[{"name": "town load", "bus": "town", "county": "county", "demand": "d", "max_p_mw": 100.0}],
        thermal=[
            {
                "name": "big",
                "bus": "coal",
                "carrier": "coal",
                "max_p_mw": 600.0,
                "voltage_control": True,
                "vm_pu": 1.045,
                **common,
            },
            {"name": "small", "bus": "town", "carrier": "waste", "max_p_mw": 20.0, "voltage_control": False, **common},
            {
                "name": "far",
                "area": "outside",
                "carrier": "coal",
                "max_p_mw": 900.0,
                "voltage_control": False,
                **common,
            },
        ],
        wind=[
            {
                "name": "farm",
                "bus": "town",
                "county": "county",
                "max_p_mw": 50.0,
                "site": "s",
                "turbine": "t",
                "hub_height_m": 90.0,
            }
        ],
        area=[{"name": "city", "kind": "detailed"}, {"name": "outside", "kind": "node"}],
        area_link=[{"area": "outside", "bus": "edge", "share_pu": 1.0}],
    )


def test_reactive_rules():
    net = plants()
    power_mw = {
        "load": pd.DataFrame({"town load": [-93.0, -30.0, -100.0, -50.0]}, index=INDEX),
        "thermal": pd.DataFrame({"big": [500.0, 0.0, 500.0, 200.0], "small": 10.0, "far": 800.0}, index=INDEX),
        "wind": pd.DataFrame({"farm": [50.0, 20.0, 0.0, 10.0]}, index=INDEX),
    }
    given = reactive_injections(net, INDEX, power_mw)
    town = list(net["bus"]["name"]).index("town")
    # winter peak 0.29, light load 0.18, summer peak 0.33, half load 0.22; the small plant gives 0.2 of its 10 MW
    expected = [-93 * 0.29 + 2, -30 * 0.18 + 2, -100 * 0.33 + 2, -50 * 0.22 + 2]
    assert given.q_mvar[:, town] == pytest.approx(expected)
    assert np.delete(given.q_mvar, town, axis=1).max() == 0
    assert given.load_pu == pytest.approx([0.93, 0.3, 1.0, 0.5])
    assert given.v_set["coal"] == pytest.approx([1.045, np.nan, 1.045, 1.035], nan_ok=True)
    assert given.v_set["edge"] == pytest.approx([1.05, 1.045, 1.05, 1.045])
    lagging = reactive_injections(net, INDEX, power_mw, rules=ReactiveRules(q_per_p={"thermal": 0.2, "wind": -0.33}))
    assert lagging.q_mvar[:, town] - given.q_mvar[:, town] == pytest.approx([-16.5, -6.6, 0, -3.3])


def test_hour_classes():
    label = hour_classes(INDEX, np.array([0.93, 0.3, 0.7, 0.5]), np.array([0.1, 0.8, 0.9, 0.0]))
    assert list(label) == ["winter peak", "spring light renewable", "summer heavy renewable", "summer light"]


@pytest.fixture(scope="module")
def seasons():
    """60 hours of the city grid: heavy, and light with surplus at the station's 10 kV busbar."""
    net, rng = city(), np.random.default_rng(3)
    heavy = np.arange(60) < 30
    load = np.where(heavy, rng.uniform(85, 95, 60), rng.uniform(-25, -15, 60))
    p, q = power(net, 60, town10=(-load, np.where(heavy, -28.0, -4.0)), west110=(-20.0, -5.0), plant220=(60.0, 0.0))
    p[:, list(net["bus"]["name"]).index("north220")] -= p.sum(axis=1)
    given = {
        "index": pd.date_range("2030-07-01", periods=60, freq="h", tz="Asia/Shanghai"),
        "p_mw": p,
        "q_mvar": q,
        "v_set": {"north220": 1.04, "south220": 1.04},
        "slack_bus": {"north220": 1.0, "south220": 1.0},
    }
    label = np.where(heavy, "heavy", "light")
    return net, given, heavy, seasonal_positions(net, **given, label=label, heavy=heavy)


def test_positions_hold_the_busbars(seasons):
    net, given, heavy, positions = seasons
    assert positions.label == ("heavy", "light") and list(positions.pattern) == [0] * 30 + [1] * 30
    state = check_ac(net, **given, positions=positions)
    flat = check_ac(net, **given)
    rules = ControlRules()
    for bus_name, kv in (("town10", 10.0), ("east110", 110.0), ("west110", 110.0)):
        vm, without = state.frame("vm_pu")[bus_name], flat.frame("vm_pu")[bus_name]
        for hours, k in ((heavy, 1), (~heavy, 0)):
            target = rules.target_vm_pu[kv][k]
            assert vm[hours].mean() == pytest.approx(target, abs=rules.dead_band_pu[kv] + 0.003)
            assert abs(vm[hours].mean() - target) <= abs(without[hours].mean() - target) + 1e-6
    inside = [((s.vm_pu >= s.band_pu[:, 0]) & (s.vm_pu <= s.band_pu[:, 1])).all() for s in (state, flat)]
    assert inside == [True, False]


def test_positions_move_with_the_load(seasons):
    net, _, _, positions = seasons
    model, banks = branches(net), shunts(net)
    town = np.flatnonzero(model.element == "town#1")[0]
    assert positions.tap_pos[0, town] < positions.tap_pos[1, town], "fewer turns at the high side raise the low side"
    assert (positions.tap_pos == positions.tap_pos.round()).all()
    assert (positions.tap_pos >= model.tap_min).all() and (positions.tap_pos <= model.tap_max).all()
    capacitor = list(banks.name).index("town capacitors")
    assert positions.step[0, capacitor] > positions.step[1, capacitor]
    assert (positions.step >= 0).all() and (positions.step <= banks.max_step).all()
    parallel = [np.flatnonzero(model.element == f"town#{k}")[0] for k in (1, 2)]
    assert (positions.tap_pos[:, parallel[0]] == positions.tap_pos[:, parallel[1]]).all()


def test_off_circuit_taps_stay():
    bus = [toy.bus("h", 500), toy.bus("m", 220), toy.bus("l", 35)]
    unit = {
        "name": "t",
        "station": "s",
        "county": "county",
        "hv_bus": "h",
        "mv_bus": "m",
        "lv_bus": "l",
        "sn_hv_mva": 1000.0,
        "sn_mv_mva": 1000.0,
        "sn_lv_mva": 300.0,
        "vn_hv_kv": 525.0,
        "vn_mv_kv": 230.0,
        "vn_lv_kv": 36.0,
        "vk_hv_percent": 18.0,
        "vk_mv_percent": 9.6,
        "vk_lv_percent": 15.0,
        "vkr_hv_percent": 0.14,
        "vkr_mv_percent": 0.04,
        "vkr_lv_percent": 0.04,
        "pfe_kw": 100.0,
        "i0_percent": 0.05,
        "tap_min": -4,
        "tap_max": 4,
        "tap_step_percent": 1.25,
        "tap_pos": 1,
    }
    net = toy.network(bus=bus, trafo3w=[unit], shunt=[bank("c", "l", -60.0, 6, "s"), bank("r", "l", 60.0, 4, "s")])
    index = pd.date_range("2030-07-01", periods=4, freq="h")
    p, q = power(net, 4, m=(-600.0, -400.0))
    common = {
        "index": index,
        "v_set": {"h": 1.0},
        "slack_bus": {"h": 1.0},
        "label": np.full(4, "all"),
        "heavy": np.ones(4, bool),
    }
    low = seasonal_positions(net, p_mw=p, q_mvar=q, **common)
    assert (low.tap_pos[0] == [1, 0, 0]).all()
    assert low.step[0].tolist() == [6, 0], "both busbars are low: all capacitors"
    on_load = seasonal_positions(net, p_mw=p, q_mvar=q, **common, rules=ControlRules(off_circuit_above_kv=600.0))
    assert on_load.tap_pos[0, 0] == -4, "with an on-load changer the low 220 kV busbar takes its tap to the end"
    p, q = power(net, 4, m=(-10.0, 0.0))
    high = seasonal_positions(net, p_mw=p, q_mvar=q, **{**common, "v_set": {"h": 1.09}})
    assert high.step[0, 0] == 0 and high.step[0, 1] > 0, "reactors pull a high busbar down"


def test_dispatch_to_ac():
    net = toy.network(
        bus=[toy.bus("a"), toy.bus("b")],
        line=[line("ab", "a", "b", 10.0)],
        load=[{"name": "town", "bus": "b", "county": "county", "demand": "d", "max_p_mw": 50.0}],
        thermal=[
            {
                "name": "plant",
                "bus": "a",
                "county": "county",
                "carrier": "coal",
                "max_p_mw": 100.0,
                "min_p_pu": 0.0,
                "cost_cny_per_mwh": 300.0,
                "voltage_control": True,
                "vm_pu": 1.03,
                "availability_pu": 1.0,
                "auxiliary_percent": 0.0,
            }
        ],
    )
    hours = 48
    demand = 30 + 15 * np.sin(np.arange(hours) / 24 * 2 * np.pi)
    profiles = toy.profiles(net, hours, demand={"town": demand}, thermal={"plant": 1.0})
    dispatch = solve_dispatch(net, profiles, options=DispatchOptions())
    unit = unit_power(net, dispatch)
    assert unit["load"]["town"].to_numpy() == pytest.approx(-demand)
    assert unit["thermal"]["plant"].to_numpy() == pytest.approx(demand, abs=1e-6)
    state = check_ac_dispatch(net, dispatch)
    assert state.converged.all() and len(state.index) == hours
    assert np.allclose(state.p_from_mw[:, 0], demand + state.losses_mw, atol=1e-3)
    assert np.allclose(state.vm_pu[:, 0][demand / 50 > 0.6], 1.03, atol=1e-6)

"""Reactive limits, droop, and taps and banks that move from hour to hour."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
import toy
from grids import city, line, power, random_operation

from gridsim.ac import ControlRules, HourlyControl, check_ac, control_table
from gridsim.ac.stations import find_changers
from gridsim.electrical import branches
from gridsim.errors import InvalidInput
from gridsim.network import Network

X_PU = 0.4 * 20.0 / 121.0  # 20 km of 0.4 ohm/km at 110 kV, 100 MVA


def two_buses() -> Network:
    return toy.network(
        bus=[toy.bus("a"), toy.bus("b")], line=[line("ab", "a", "b", 20.0, r_ohm_per_km=0.0, c_nf_per_km=0.0)]
    )


def hours(n: int) -> pd.DatetimeIndex:
    return pd.date_range("2030-04-01", periods=n, freq="h", tz="Asia/Shanghai")


def solve(q_load: list[float], **options):
    """50 MW are drawn at b, where a plant is to hold 1.02 p.u.; a is the outside grid at 1 p.u."""
    net = two_buses()
    p, q = power(net, len(q_load), b=(-50.0, -np.array(q_load)))
    given = {"v_set": {"a": 1.0, "b": 1.02}, "slack_bus": {"a": 1.0}}
    return check_ac(net, index=hours(len(q_load)), p_mw=p, q_mvar=q, **given, **options)


def voltage_at(q_net_pu: float) -> float:
    """|V| at b with 0.5 p.u. drawn and q fed: V sin d = P x and V^2 - V cos d = q x, so
    (V^2 - q x)^2 = V^2 - (P x)^2, a quadratic in V^2."""
    px, qx = 0.5 * X_PU, q_net_pu * X_PU
    half = qx + 0.5
    return float(np.sqrt(half + np.sqrt(half**2 - qx**2 - px**2)))


def needed_mvar(v: float, q_load: float) -> float:
    """Reactive power that holds v at b: (V^2 - V cos d) / x + load, sin d = P x / V."""
    return 100.0 * (v**2 - np.sqrt(v**2 - (0.5 * X_PU) ** 2)) / X_PU + q_load


def test_a_plant_at_its_limits_lets_its_voltage_go():
    """Holding 1.02 p.u. takes 31.7 Mvar more than the load draws: 51.7, 26.7 and -28.3 Mvar; the plant gives -10 to 30.

    Hour 1: 30 Mvar, 10 net, V = 1.0060; hour 2 inside; hour 3: -10 Mvar, 50 net, V = 1.0315.
    """
    state = solve([20.0, -5.0, -60.0], q_range={"b": (-10.0, 30.0)})
    assert [needed_mvar(1.02, q) for q in (20.0, -5.0, -60.0)] == pytest.approx([51.7, 26.7, -28.3], abs=0.1)
    assert state.at_limit[:, 1].tolist() == [1, 0, -1]
    assert state.q_holder_mvar[:, 1] == pytest.approx([30.0, needed_mvar(1.02, -5.0), -10.0], abs=1e-3)
    expected = [voltage_at(0.10), 1.02, voltage_at(0.50)]
    assert expected == pytest.approx([1.0060, 1.02, 1.0315], abs=1e-4)
    assert state.vm_pu[:, 1] == pytest.approx(expected, abs=1e-6)
    assert (state.unsettled == "").all() and state.converged.all()


def test_limits_by_the_hour_and_without_a_plant():
    """The range of an hour counts; an hour in which nothing is held has neither voltage nor limit."""
    net = two_buses()
    p, q = power(net, 3, b=(-50.0, -20.0))
    held = np.array([1.02, 1.02, np.nan])
    ranges = {"b": (np.full(3, -10.0), np.array([30.0, 60.0, 0.0]))}
    given = {"v_set": {"a": 1.0, "b": held}, "slack_bus": {"a": 1.0}, "q_range": ranges}
    state = check_ac(net, index=hours(3), p_mw=p, q_mvar=q, **given)
    assert state.at_limit[:, 1].tolist() == [1, 0, 0]
    assert state.vm_pu[:, 1] == pytest.approx([voltage_at(0.1), 1.02, voltage_at(-0.2)], abs=1e-6)
    assert np.isnan(state.q_holder_mvar[2, 1])


def test_droop_by_hand():
    """Q(U): 0.1 % per Mvar.  V is where the plant's line V^2 = v^2 - 2 v s Q meets the network's."""
    slope, load = 1e-3, 20.0
    state = solve([load], droop_pu_per_mvar={"b": slope})
    low, high = 0.9, 1.02
    for _ in range(60):  # the plant's reactive power falls with V, the network's need rises
        v = (low + high) / 2
        low, high = (v, high) if (1.02**2 - v**2) / (2 * 1.02 * slope) > needed_mvar(v, load) else (low, v)
    assert state.vm_pu[0, 1] == pytest.approx(v, abs=1e-6)
    assert state.q_holder_mvar[0, 1] == pytest.approx(needed_mvar(v, load), abs=1e-3)
    assert 1.02 - v == pytest.approx(slope * needed_mvar(v, load), rel=0.03), "close to V = v - s Q"
    limited = solve([load], droop_pu_per_mvar={"b": slope}, q_range={"b": (-5.0, 5.0)})
    assert limited.at_limit[0, 1] == 1 and limited.vm_pu[0, 1] == pytest.approx(voltage_at(-0.15), abs=1e-6)


def assert_complementary(state, v_set: dict, ranges: dict) -> None:
    """A holder holds inside its range, or is at a limit with its voltage on the right side of the set point."""
    settled, column = state.unsettled == "", {b: k for k, b in enumerate(state.bus)}
    for k, bus in enumerate(state.holder):
        v, low, high = (np.broadcast_to(a, len(settled)) for a in (v_set[bus], *ranges.get(bus, (-np.inf, np.inf))))
        vm, q, at = state.vm_pu[:, column[bus]], state.q_holder_mvar[:, k], state.at_limit[:, k]
        wanted = ~np.isnan(v)
        inside, up, down = (wanted & settled & (at == s) for s in (0, 1, -1))
        assert np.abs(vm - v)[inside].max(initial=0) < 1e-6
        assert (q - high)[inside].max(initial=-1) < 2e-3 and (low - q)[inside].max(initial=-1) < 2e-3
        assert (vm - v)[up].max(initial=-1) < 1e-6 and (v - vm)[down].max(initial=-1) < 1e-6
        assert np.abs(q - high)[up].max(initial=0) < 1e-3 and np.abs(q - low)[down].max(initial=0) < 1e-3


def test_limits_are_complementary_on_random_hours():
    net = city()
    given = random_operation(net, 400, seed=8)
    rng = np.random.default_rng(8)
    for bus in ("west110", "east110", "town110"):
        given["q_mvar"][:, list(net["bus"]["name"]).index(bus)] += rng.uniform(-15.0, 15.0, 400)
    given["v_set"] = {**given["v_set"], "west110": 1.095, "east110": 1.096, "town110": 1.097}
    ranges = {"west110": (-12.0, 8.0), "east110": (-6.0, 6.0), "town110": (-3.0, 10.0)}
    state = check_ac(net, **given, q_range=ranges)
    assert state.converged.all() and (state.unsettled == "").mean() > 0.99
    assert_complementary(state, given["v_set"], ranges)
    often = [((state.at_limit[:, -3:] == s).sum(axis=0) > 10).sum() for s in (-1, 0, 1)]
    assert min(often) >= 2, "limits of both kinds must bind, and come and go"


@pytest.fixture(scope="module")
def moved():
    """400 random hours of the city grid whose taps and banks follow their dead bands; the plant has limits."""
    net, rng = city(), np.random.default_rng(6)
    draw = {n: rng.uniform(low, high, 400) for n, low, high in (("town10", -95, 40), ("west110", -60, 5))}
    p, q = power(
        net,
        400,
        **{n: (v, 0.3 * v) for n, v in draw.items()},
        east110=(rng.uniform(0, 70, 400), 0.0),
        plant220=(60.0, 0.0),
    )
    p[:, list(net["bus"]["name"]).index("north220")] -= p.sum(axis=1)
    given = {
        "index": pd.date_range("2030-07-01", periods=400, freq="h", tz="Asia/Shanghai"),
        "p_mw": p,
        "q_mvar": q,
        "v_set": {"north220": 1.04, "south220": 1.04, "plant220": 1.04},
        "slack_bus": {"north220": 1, "south220": 1},
    }
    heavy = np.arange(400) % 3 == 0
    ranges = {"plant220": (-3.0, 8.0)}
    control = HourlyControl(heavy=heavy)
    return net, {**given, "q_range": ranges}, control, check_ac(net, **given, q_range=ranges, control=control)


def test_hours_stand_as_said(moved):
    """The same positions solved each on its own matrix give the same voltages, loadings, flows and losses."""
    net, given, _, state = moved
    assert len(np.unique(state.positions.pattern)) > 30, "hours must stand differently"
    alone = check_ac(net, **given, positions=dataclasses.replace(state.positions, family=None))
    together = check_ac(net, **given, positions=state.positions)
    for other in (alone, together):
        assert np.abs(other.vm_pu - state.vm_pu)[state.converged].max() < 1e-6
        assert np.abs(other.loading_percent - state.loading_percent)[state.converged].max() < 1e-3
        assert np.abs(other.p_from_mw - state.p_from_mw)[state.converged].max() < 1e-3
        assert np.abs(other.losses_mw - state.losses_mw)[state.converged].max() < 1e-4
        assert (other.at_limit == state.at_limit).mean() > 0.999


def test_busbars_are_in_their_dead_band_or_the_tap_is_at_its_end(moved):
    net, _, control, state = moved
    model, rules = branches(net), ControlRules()
    changers = find_changers(model, rules)
    tap = state.positions.tap_pos[state.positions.pattern]
    settled = state.unsettled == ""
    assert settled.mean() > 0.97
    for group, node in enumerate(changers.node):
        unit = changers.unit[group]
        off = state.vm_pu[:, node] - changers.target_vm_pu[control.heavy.astype(int), group]
        at_end = (tap[:, unit] == model.tap_min[unit]) | (tap[:, unit] == model.tap_max[unit])
        assert (np.abs(off)[settled & ~at_end] <= changers.dead_band_pu[group] + 0.003).all()
    assert len(np.unique(tap[:, changers.unit], axis=0)) > 5


def test_hours_whose_taps_still_move_get_further_rounds_and_no_others_do(moved):
    """Rounds cut short leave hours in which a tap wants to move: outside its band only because nobody let it go on."""
    net, given, control, _ = moved
    few = ControlRules(rounds=2, resting_rounds=1, further_rounds=0)
    short, long = (
        check_ac(net, **given, control=dataclasses.replace(control, rules=rules))
        for rules in (few, dataclasses.replace(few, further_rounds=16))
    )
    moving = short.unsettled == "taps or banks had not come to rest"
    assert moving.sum() > 10
    assert not (long.unsettled == "taps or banks had not come to rest").any()
    assert np.abs(short.vm_pu - long.vm_pu)[~moving].max() < 1e-6
    changers = find_changers(branches(net), few)
    off = np.abs(long.vm_pu[:, changers.node] - changers.target_vm_pu[control.heavy.astype(int)])
    worst = np.abs(short.vm_pu[:, changers.node] - changers.target_vm_pu[control.heavy.astype(int)])[moving].max()
    assert off[moving].max() < worst


def test_an_hour_does_not_depend_on_the_others(moved):
    net, given, control, state = moved
    rows = np.random.default_rng(2).permutation(400)[:60]
    part = {**given, "index": given["index"][rows], "p_mw": given["p_mw"][rows], "q_mvar": given["q_mvar"][rows]}
    part["v_set"] = {b: np.broadcast_to(v, 400)[rows] for b, v in given["v_set"].items()}
    alone = check_ac(net, **part, control=HourlyControl(heavy=control.heavy[rows]))
    same = (
        alone.positions.tap_pos[alone.positions.pattern] == state.positions.tap_pos[state.positions.pattern][rows]
    ).all(axis=1)
    assert same.mean() > 0.95, "only a voltage on the very edge of a dead band may fall to the other side"
    assert np.abs(alone.vm_pu - state.vm_pu[rows])[same].max() < 0.004


def test_an_hour_with_five_times_the_load_is_a_row(moved):
    """Planted fault: one hour draws five times its power; it fails, says where and how far it is."""
    net, given, control, state = moved
    p = given["p_mw"].copy()
    town = list(net["bus"]["name"]).index("town10")
    p[7, town] = 5.0 * p[:, town].min()
    broken = check_ac(net, **{**given, "p_mw": p}, control=control)
    assert np.flatnonzero(~broken.converged).tolist() == [7]
    assert "town" in broken.cause[7] and "%" in broken.cause[7]
    assert np.isnan(broken.vm_pu[7]).all() and np.isnan(broken.losses_mw[7])
    same = np.delete(np.arange(400), 7)
    assert np.nanmedian(np.abs(broken.vm_pu - state.vm_pu)[same].max(axis=1)) < 1e-6


def test_table_of_control(moved):
    net, _, _, state = moved
    table = control_table(state, net).set_index("element")
    assert set(table["element_type"]) == {"trafo", "trafo3w", "shunt", "bus"}
    tap = state.frame("vm_pu").shape[0] - table.loc["town#1", "hours_at_start"]
    assert 0 < tap <= 400 and table.loc["town#1", "min_position"] < table.loc["town#1", "max_position"]
    k = list(state.holder).index("plant220")
    assert table.loc["plant220", "hours_at_max"] == (state.at_limit[:, k] > 0).sum()
    assert table.loc["plant220", "hours_at_min"] == (state.at_limit[:, k] < 0).sum()


def test_wrong_limits_are_all_said():
    with pytest.raises(InvalidInput) as caught:
        solve([0.0], q_range={"a": (0.0, 1.0), "b": (5.0, -5.0), "c": (0.0, 1.0)}, droop_pu_per_mvar={"b": -1.0})
    text = str(caught.value)
    assert all(part in text for part in ("reference a", "least above greatest", "c holds no voltage", "-1.0"))

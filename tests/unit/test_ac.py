"""The AC engine: hand-solved nets, conservation, independence of order and grouping, honest failures."""

import hashlib
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from grids import bank, city, line, power, random_operation
from toy import bus, network

from gridsim.ac import AcState, Positions, ac_table, check_ac, overload_table, season_of, voltage_table
from gridsim.ac.tables import longest_run
from gridsim.electrical import branches, shunts
from gridsim.errors import InvalidInput

INDEX = pd.date_range("2030-07-01", periods=48, freq="h", tz="Asia/Shanghai")


def two_buses(**cells):
    return network(bus=[bus("a"), bus("b")], line=[line("ab", "a", "b", 10.0, **cells)])


def solve(net, p_mw, q_mvar, *, index=None, v_set=None, slack_bus=None, **options) -> AcState:
    index = INDEX[: len(p_mw)] if index is None else index
    return check_ac(
        net,
        index=index,
        p_mw=p_mw,
        q_mvar=q_mvar,
        v_set=v_set or {"a": 1.0},
        slack_bus=slack_bus or {"a": 1.0},
        **options,
    )


def assert_power_balance(state: AcState, p_mw: np.ndarray, net) -> None:
    """What is injected, slack included, is lost in branches; equivalents lose too but are not counted."""
    injected = p_mw.sum(axis=1) + state.slack_mw
    equivalent = state.elements["is_equivalent"].to_numpy()
    lost = state.losses_mw + state.element_losses_mw[:, equivalent].sum(axis=1)
    assert np.allclose(injected, lost, atol=1e-4)
    assert (state.element_losses_mw > -1e-6).all()


def test_two_buses_by_hand():
    net = two_buses(c_nf_per_km=0.0)
    p, q = power(net, 3, b=([-30.0, 0.0, 40.0], [-10.0, 0.0, 5.0]))
    state = solve(net, p, q)
    r, x = 1.08 / 121, 4.0 / 121
    for hour in range(3):
        s = (p[hour, 1] + 1j * q[hour, 1]) / 100
        # u = |V_b|^2 solves u^2 - u (1 + 2 (rP + xQ)) + |z|^2 |S|^2 = 0 for an injection S at b
        a = 1 + 2 * (r * s.real + x * s.imag)
        u = (a + np.sqrt(a**2 - 4 * (r**2 + x**2) * abs(s) ** 2)) / 2
        assert state.vm_pu[hour, 1] == pytest.approx(np.sqrt(u), abs=1e-6)
        loss = r * abs(s) ** 2 / u * 100
        assert state.losses_mw[hour] == pytest.approx(loss, abs=1e-6)
        assert state.slack_mw[hour] + p[hour].sum() == pytest.approx(loss, abs=1e-6)
        current_ka = abs(s) / np.sqrt(u) * 100 / np.sqrt(3) / 110
        assert state.loading_percent[hour, 0] == pytest.approx(100 * current_ka / 0.445, abs=1e-4)


def test_charging_raises_the_open_end():
    net = two_buses()
    state = solve(net, *power(net, 1))
    b = branches(net)
    rise = abs(1 / (1 + (b.r_pu[0] + 1j * b.x_pu[0]) * 1j * b.b_to_pu[0]))
    assert state.vm_pu[0, 1] == pytest.approx(rise, abs=1e-7) and rise > 1


def test_seasons_change_the_loading_only():
    net = two_buses()
    p, q = power(net, 3, b=(-30.0, -10.0))
    state = solve(net, p, q, season=np.array(["summer", "spring", "winter"]))
    assert state.loading_percent[:, 0] * [0.445, 0.55, 0.605] == pytest.approx(
        state.loading_percent[0, 0] * 0.445, rel=1e-6
    )
    assert (state.vm_pu[0] == state.vm_pu[1]).all()


def test_season_of():
    months = pd.date_range("2030-01-15", periods=12, freq="30D")
    assert list(season_of(months)) == ["winter"] * 2 + ["spring"] * 3 + ["summer"] * 4 + ["spring"] * 2 + ["winter"]


@pytest.fixture(scope="module")
def operation():
    net = city()
    rng = np.random.default_rng(7)
    n = 600
    p, q = power(
        net,
        n,
        town10=(-rng.uniform(10, 70, n), -rng.uniform(2, 15, n)),
        plant220=(rng.uniform(0, 150, n), 0.0),
        east110=(rng.uniform(-60, 60, n), 0.0),
        west110=(-rng.uniform(5, 40, n), -rng.uniform(0, 10, n)),
    )
    p[:, [list(net["bus"]["name"]).index(b) for b in ("north220", "south220")]] -= p.sum(axis=1)[:, None] / 2
    held = np.where(rng.random(n) < 0.5, 1.05, np.nan)
    east = np.where(rng.random(n) < 0.3, 1.03, np.nan)
    v_set = {"north220": 1.05, "south220": np.full(n, 1.04), "plant220": held, "east110": east}
    index = pd.date_range("2030-03-01", periods=n, freq="6h", tz="Asia/Shanghai")
    return net, {
        "index": index,
        "p_mw": p,
        "q_mvar": q,
        "v_set": v_set,
        "slack_bus": {"north220": 1.0, "south220": 3.0},
    }


def test_power_balance_and_losses(operation):
    net, given = operation
    state = check_ac(net, **given)
    assert state.converged.all()
    assert_power_balance(state, given["p_mw"], net)
    assert (state.losses_mw > 0).all()


def test_slack_shares(operation):
    net, given = operation
    p = given["p_mw"]
    state = check_ac(net, **given)
    line_p = state.frame("p_from_mw")
    names = list(net["bus"]["name"])
    # north220 feeds the two plant lines and west#1: what leaves it is its schedule and a quarter of the slack
    out = line_p["north-plant I"] + line_p["north-plant II"] + line_p["west#1"]
    assert np.allclose(out, p[:, names.index("north220")] + state.slack_mw / 4, atol=1e-3)


def test_held_voltages_and_their_reactive_power(operation):
    net, given = operation
    state = check_ac(net, **given)
    for bus_name, v in given["v_set"].items():
        v = np.broadcast_to(v, len(state.index))
        vm, q = state.frame("vm_pu")[bus_name].to_numpy(), state.frame("q_holder_mvar")[bus_name].to_numpy()
        held = ~np.isnan(v)
        assert np.allclose(vm[held], v[held], atol=1e-6)
        assert np.isnan(q[~held]).all() and np.isfinite(q[held]).all()
    held = ~np.isnan(given["v_set"]["plant220"])
    again = {**given, "v_set": {k: v for k, v in given["v_set"].items() if k != "plant220"}}
    again["q_mvar"] = given["q_mvar"].copy()
    plant = list(net["bus"]["name"]).index("plant220")
    again["q_mvar"][held, plant] += state.frame("q_holder_mvar")["plant220"].to_numpy()[held]
    assert np.allclose(check_ac(net, **again).vm_pu, state.vm_pu, atol=2e-6)


def pick(given, rows):
    v_set = {b: np.broadcast_to(v, len(given["index"]))[rows] for b, v in given["v_set"].items()}
    return {
        **given,
        "index": given["index"][rows],
        "p_mw": given["p_mw"][rows],
        "q_mvar": given["q_mvar"][rows],
        "v_set": v_set,
    }


def test_any_set_of_hours_in_any_order(operation):
    net, given = operation
    state = check_ac(net, **given)
    rows = np.random.default_rng(1).permutation(len(given["index"]))[:100]
    part = check_ac(net, **pick(given, rows))
    assert np.allclose(part.vm_pu, state.vm_pu[rows], atol=2e-7)
    assert np.allclose(part.loading_percent, state.loading_percent[rows], atol=1e-4)
    one = check_ac(net, **pick(given, rows[:1]), workers=1)
    assert np.allclose(one.vm_pu, state.vm_pu[rows[:1]], atol=2e-7)


def test_patterns_are_solved_on_their_own(operation):
    net, given = operation
    model, banks = branches(net), shunts(net)
    movable = model.tap_max > 0
    taps = np.array([np.zeros(len(model)), np.where(movable, 3, 0)])
    steps = np.array([[0, 0], [1, 3]])
    pattern = (np.arange(len(given["index"])) // 7) % 2
    both = check_ac(net, **given, positions=Positions(("zero", "three"), taps, steps, pattern))
    for k in (0, 1):
        rows = np.flatnonzero(pattern == k)
        alone = Positions(("one",), taps[k : k + 1], steps[k : k + 1], np.zeros(len(rows), dtype=int))
        assert np.allclose(check_ac(net, **pick(given, rows), positions=alone).vm_pu, both.vm_pu[rows], atol=2e-7)
    table = both.positions.table(model, banks)
    assert set(table["element"]) == {"east#1", "west#1", "town#1", "town#2", "town capacitors", "west reactors"}
    assert table.loc[table["pattern"] == "three", "position"].tolist().count(3) == 5


def test_inputs_are_not_changed(operation):
    net, given = operation

    def digest():
        arrays = [
            given["p_mw"],
            given["q_mvar"],
            given["v_set"]["plant220"],
            *(net[t].to_numpy(str) for t in net.tables),
        ]
        return hashlib.sha256(b"".join(np.ascontiguousarray(a).tobytes() for a in arrays)).hexdigest()

    before = digest()
    check_ac(net, **given)
    assert digest() == before


def test_a_diverged_hour_is_a_row(operation):
    net, given = operation
    p = given["p_mw"].copy()
    p[5, list(net["bus"]["name"]).index("town10")] = -900.0
    state = check_ac(net, **{**given, "p_mw": p})
    assert not state.converged[5] and state.converged.sum() == len(state.index) - 1
    assert state.cause[5].startswith("voltage collapse near town10: ")
    assert (state.cause[state.converged] == "").all()
    assert np.isnan(state.vm_pu[5]).all() and np.isnan(state.losses_mw[5])
    table = ac_table(state)
    assert len(table) == len(state.index) and not table["converged"][5]
    good = check_ac(net, **pick({**given, "p_mw": p}, np.r_[0:5]))
    assert np.allclose(good.vm_pu, state.vm_pu[:5], atol=2e-7)


def test_hours_without_any_solution_do_not_stop_the_others():
    net = two_buses()
    p, q = power(net, 40, b=(np.r_[np.full(30, -5000.0), np.full(10, -20.0)], 0.0))
    state = solve(net, p, q)
    assert state.converged.tolist() == [False] * 30 + [True] * 10


def test_an_hour_near_its_limit_is_left_to_newton_and_solved():
    net = two_buses(r_ohm_per_km=0.0, c_nf_per_km=0.0)
    limit = 100 / (2 * 4.0 / 121)  # P max = V^2 / 2x at unity power factor
    p, q = power(net, 20, b=(np.r_[np.full(19, -20.0), -0.9995 * limit], 0.0))
    state = solve(net, p, q)
    assert state.converged.all() and state.retried == 1
    assert state.vm_pu[-1, 1] == pytest.approx(np.sqrt((1 + np.sqrt(1 - 0.9995**2)) / 2), abs=1e-5)


def test_isolated_bus_without_power_is_absent_not_zero():
    net = network(bus=[bus("a"), bus("b"), bus("z")], line=[line("ab", "a", "b")])
    state = solve(net, *power(net, 2, b=(-10.0, 0.0)))
    assert np.isnan(state.frame("vm_pu")["z"]).all() and state.converged.all()


def test_everything_wrong_is_said_at_once():
    net = network(bus=[bus("a"), bus("b"), bus("z")], line=[line("ab", "a", "b")])
    p, q = power(net, 2, b=(-10.0, 0.0))
    bad = p.copy()
    bad[1, 1] = np.nan
    with pytest.raises(InvalidInput) as caught:
        check_ac(
            net,
            index=INDEX[:2],
            p_mw=bad,
            q_mvar=q[:, :2],
            v_set={"a": np.array([1.0, np.nan]), "q": 1.0},
            slack_bus={"a": 1.0},
            season=np.array(["summer", "monsoon"]),
        )
    said = str(caught.value)
    for piece in ("not a number at b", "shape (2, 2)", "unknown bus q", "does not hold", "season"):
        assert piece in said
    with pytest.raises(InvalidInput, match="no positive weight"):
        check_ac(net, index=INDEX[:2], p_mw=p, q_mvar=q, v_set={"a": 1.0}, slack_bus={})
    p[:, 2] = -5.0
    with pytest.raises(InvalidInput, match=r"z: 5.0 MVA at a bus without a connection"):
        solve(net, p, q)


def test_overload_table():
    net = two_buses()
    flow = np.array([-20.0, -70.0, -75.0, -60.0, -90.0, 72.0, 100.0, -20.0])
    state = solve(net, *power(net, 8, b=(flow, 0.0)))
    table = overload_table(state, net)
    assert list(table.columns) == [
        "element",
        "element_type",
        "county",
        "vn_kv",
        "direction",
        "max_loading_percent",
        "worst_time",
        "hours_over_80",
        "hours_over_100",
        "longest_run_h",
        "unavoidable",
    ]
    row = table.iloc[0]
    assert (row["element"], row["element_type"], row["county"], row["vn_kv"]) == ("ab", "line", "county", 110.0)
    assert row["direction"] == "reverse" and row["worst_time"] == INDEX[6]
    assert row["hours_over_80"] == (state.loading_percent > 80).sum() == 5
    assert row["hours_over_100"] == 2 and row["longest_run_h"] == 3


def test_tables_of_the_city(operation):
    net, given = operation
    state = check_ac(net, **given)
    table = overload_table(state, net)
    assert "south-plant" not in set(table["element"]) and len(table) == len(state.elements) - 1
    assert table["max_loading_percent"].is_monotonic_decreasing
    assert table.set_index("element").loc["east#1", "vn_kv"] == 220
    voltage = voltage_table(state, net)
    assert voltage["bus"].tolist() == list(state.bus) and (voltage["band_max_pu"] == 1.07).all()
    outside = (state.vm_pu < 0.97 - 1e-4) | (state.vm_pu > 1.07 + 1e-4)
    assert voltage["hours_outside"].tolist() == (6 * outside.sum(axis=0)).tolist()
    hours = ac_table(state)
    assert np.allclose(hours["min_vm_pu"], state.vm_pu.min(axis=1))
    assert (hours["max_loading_percent"] >= state.loading_percent[:, :2].max(axis=1)).all()


def test_the_run_path_does_not_import_pandapower():
    code = "import gridsim.ac, sys; sys.exit('pandapower' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_longest_run():
    flags = np.array([[1, 0, 1], [1, 0, 0], [0, 0, 1], [1, 0, 1], [1, 0, 1], [1, 0, 0]], dtype=bool)
    assert longest_run(flags).tolist() == [3, 0, 3]


def test_random_operation_is_balanced():
    net = city()
    given = random_operation(net, 20, seed=3)
    assert np.allclose(given["p_mw"].sum(axis=1), 0)
    assert check_ac(net, **given).converged.all()


def test_bank_raises_voltage():
    net = network(bus=[bus("a"), bus("b")], line=[line("ab", "a", "b")], shunt=[bank("c", "b", -10.0, 3)])
    p, q = power(net, 3, b=(-20.0, 0.0))
    model = branches(net)
    positions = Positions(("0", "1", "2"), np.zeros((3, len(model))), np.array([[0], [1], [2]]), np.arange(3))
    vm = solve(net, p, q, positions=positions).vm_pu[:, 1]
    assert vm[0] < vm[1] < vm[2]

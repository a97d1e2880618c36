"""AC N-1: hand-solved nets, every outage of a small city against the grid without the element, honest failures."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from grids import city, line, power, random_operation
from toy import bus, network

import gridsim.ac.contingency as contingency
from gridsim.ac import Positions, check_ac, season_of, table_positions
from gridsim.ac.contingency import ContingencyState, check_contingencies
from gridsim.ac.dispatched import Operation
from gridsim.ac.outages import find_outages
from gridsim.electrical import branches, shunts
from gridsim.network import Network
from gridsim.topology import grid_graph

INDEX = pd.date_range("2030-07-01", periods=4, freq="h", tz="Asia/Shanghai")


def operation(net: Network, p_mw, q_mvar, v_set=None, slack_bus=None) -> Operation:
    return Operation(INDEX[: len(p_mw)], p_mw, q_mvar, v_set or {"a": 1.0}, slack_bus or {"a": 1.0})


def check(net: Network, given: Operation, **options) -> ContingencyState:
    positions = options.pop("positions", table_positions(branches(net), shunts(net), len(given.index)))
    return check_contingencies(net, given, positions=positions, workers=1, **options)


def percent(state: ContingencyState) -> pd.Series:
    return pd.Series(100 * np.sqrt(state.tally.loading.value.clip(0)), index=state.elements["element"])


def setter(state: ContingencyState, element: str) -> tuple[str, pd.Timestamp]:
    """Outage and time of an element's largest loading."""
    k = list(state.elements["element"]).index(element)
    outage = state.outages[state.tally.loading.outage[k]]
    return state.elements["element"][outage.element], state.index[state.tally.loading.hour[k]]


def with_frame(net: Network, table: str, frame: pd.DataFrame) -> Network:
    return Network(tables={**net.tables, table: frame}, year=net.year, scenario=net.scenario, name=net.name)


def without(net: Network, name: str) -> Network:
    for table in ("line", "trafo", "trafo3w"):
        frame = net[table]
        if name in set(frame["name"]):
            return with_frame(net, table, frame[frame["name"] != name])
    raise AssertionError(name)


def test_two_circuits_by_hand():
    """b takes 30 MW + j10 Mvar over two circuits of z = (1.08 + j4) ohm; one out, the other alone.

    u = |V_b|^2 solves u^2 - u (1 - 2 (rP + xQ)) + |z|^2 |S|^2 = 0 with P = 0.3, Q = 0.1 p.u.; the current is
    |S| / sqrt(u) in p.u. of 100 MVA / (sqrt(3) 110 kV) = 0.5249 kA, the rating 0.445 kA.
    """
    net = network(bus=[bus("a"), bus("b")], line=[line(n, "a", "b", 10.0, c_nf_per_km=0.0) for n in ("ab I", "ab II")])
    p, q = power(net, 2, b=([-30.0, -15.0], [-10.0, 0.0]))
    state = check(net, operation(net, p, q))
    r, x, s = 1.08 / 121, 4.0 / 121, complex(0.3, 0.1)
    a = 1 - 2 * (r * s.real + x * s.imag)
    u = (a + np.sqrt(a**2 - 4 * (r**2 + x**2) * abs(s) ** 2)) / 2
    expected = 100 * abs(s) / np.sqrt(u) * 100 / (np.sqrt(3) * 110) / 0.445
    assert percent(state).to_numpy() == pytest.approx([expected, expected], abs=1e-5)
    assert expected == pytest.approx(37.5, abs=0.05)
    assert setter(state, "ab I") == ("ab II", INDEX[0]) and setter(state, "ab II") == ("ab I", INDEX[0])
    # half of it before, and a little less, for the voltage drops less
    assert state.before_percent[0] == pytest.approx([18.7, 18.7], abs=0.05)
    assert state.diverged.empty


def test_radial_outage_takes_the_load_away():
    """a - b - c, 20 MW at b and 10 MW at c: without b-c only 20 MW flow, without a-b nothing."""
    net = network(
        bus=[bus("a"), bus("b"), bus("c")],
        line=[line("ab", "a", "b", 10.0, c_nf_per_km=0.0), line("bc", "b", "c", 10.0, c_nf_per_km=0.0)],
    )
    p, q = power(net, 1, b=(-20.0, 0.0), c=(-10.0, 0.0))
    state = check(net, operation(net, p, q))
    alone = check_ac(
        without(net, "bc"), index=INDEX[:1], p_mw=p * [[1, 1, 0]], q_mvar=q, v_set={"a": 1.0}, slack_bus={"a": 1.0}
    )
    assert percent(state)["ab"] == pytest.approx(alone.loading_percent[0, 0], abs=1e-4)
    assert state.tally.loading.outage[1] == -1, "bc is either out or without supply"
    assert [list(o.dead) for o in state.outages] == [[1, 2], [2]]


def assert_like_rebuilt(net: Network, given: Operation, positions: Positions, name: str) -> None:
    """One outage against check_ac on the grid without the element and without what it alone supplied."""
    state = check(net, given, positions=positions, elements={name})
    (outage,), n_bus = state.outages, len(net["bus"])
    names = net["bus"]["name"].to_numpy()
    dead = names[outage.dead[outage.dead < n_bus]]
    fed = ~np.isin(names, dead)
    smaller, model = without(net, name), branches(net)
    key = pd.MultiIndex.from_arrays([model.element, model.side])
    left = branches(smaller)
    tap = positions.tap_pos[:, key.get_indexer(pd.MultiIndex.from_arrays([left.element, left.side]))]
    alone = check_ac(
        smaller, index=given.index, p_mw=given.p_mw * fed, q_mvar=given.q_mvar * fed,
        v_set={b: v for b, v in given.v_set.items() if b not in dead}, slack_bus=given.slack_bus,
        positions=replace(positions, tap_pos=tap),
    )  # fmt: skip
    assert alone.converged.all() and state.diverged.empty
    mine, counted = percent(state), state.tally.loading.outage >= 0
    theirs = pd.Series(np.nanmax(alone.loading_percent, axis=0), index=alone.elements["element"])
    elements = state.elements["element"][counted]
    assert len(elements) and mine[elements].to_numpy() == pytest.approx(theirs[elements].to_numpy(), abs=1e-4)
    seen = np.isfinite(state.tally.high.value)
    highest = np.sqrt(state.tally.high.value[seen])
    assert highest == pytest.approx(alone.vm_pu.max(axis=0)[state.bands.node[seen]], abs=1e-6)
    lowest = np.sqrt(-state.tally.low.value[seen])
    assert lowest == pytest.approx(alone.vm_pu.min(axis=0)[state.bands.node[seen]], abs=1e-6)


def random_city(hours: int = 6) -> tuple[Network, Operation, Positions]:
    net, rng = city(), np.random.default_rng(4)
    given = Operation(**random_operation(net, hours, seed=7))
    model, banks = branches(net), shunts(net)
    tap = np.where(model.tap_max > model.tap_min, rng.integers(-2, 3, (2, len(model))), 0)
    step = rng.integers(0, banks.max_step + 1, (2, len(banks.name)))
    return net, given, Positions(("one", "two"), tap, step, np.arange(hours) % 2)


@pytest.mark.parametrize(
    "name", ["north-plant I", "west-tap", "tap-town", "east-town", "town#1", "town#2", "west#1", "east#1"]
)
def test_every_outage_of_a_city(name):
    """Lines, two- and three-winding units, a bank that goes with its unit, two patterns of taps and banks."""
    net, given, positions = random_city()
    assert_like_rebuilt(net, given, positions, name)


def test_blocks_do_not_matter(monkeypatch):
    """The maxima and who set them do not depend on how the cases are cut into blocks, nor on other outages."""
    net, given, positions = random_city()
    whole = check(net, given, positions=positions)
    monkeypatch.setattr(contingency, "BLOCK_COLUMNS", 2)
    monkeypatch.setattr(contingency, "BLOCK_HOURS", 2)
    cut = check(net, given, positions=positions)
    assert cut.tally.loading.value == pytest.approx(whole.tally.loading.value, abs=1e-6)
    assert list(cut.tally.loading.outage) == list(whole.tally.loading.outage)
    assert (cut.tally.over == whole.tally.over).all() and (cut.tally.outside == whole.tally.outside).all()
    alone = [
        check(net, given, positions=positions, elements={e}).tally.loading.value for e in whole.elements["element"]
    ]
    alone = np.max([a for a in alone if len(a)], axis=0)
    assert alone == pytest.approx(whole.tally.loading.value, abs=1e-6)


@pytest.mark.parametrize("lead_groups", [1, 2, 16])
def test_neighbours_share_steps_not_equations(monkeypatch, lead_groups):
    """Six patterns that stand up to four taps apart, solved as one family: the same maxima as each on its own.

    Steps come from one pattern's inverse; a mismatch with its matrix instead of the hour's own would move voltages
    by percents.
    """
    net, given, _ = random_city()
    model, banks, rng = branches(net), shunts(net), np.random.default_rng(8)
    tap = np.where(model.tap_max > model.tap_min, rng.integers(-2, 3, (6, len(model))), 0)
    step = rng.integers(0, banks.max_step + 1, (6, len(banks.name)))
    alone = Positions(tuple("abcdef"), tap, step, np.arange(6))
    one = check(net, given, positions=alone)
    monkeypatch.setattr(contingency, "LEAD_GROUPS", lead_groups)
    monkeypatch.setattr(contingency, "GROUP_HOURS", 1)
    all_six = check(net, given, positions=replace(alone, family=np.zeros(6, dtype=int)))
    assert one.diverged.empty and all_six.diverged.empty
    for mine, theirs in ((all_six.tally.loading, one.tally.loading), (all_six.tally.low, one.tally.low)):
        assert mine.value == pytest.approx(theirs.value, abs=1e-6)  # which outage: held voltages are ties
    assert list(all_six.tally.loading.outage) == list(one.tally.loading.outage)
    assert list(all_six.tally.loading.hour) == list(one.tally.loading.hour)
    assert (all_six.tally.over == one.tally.over).all() and (all_six.tally.outside == one.tally.outside).all()
    assert all_six.before_percent == pytest.approx(one.before_percent, abs=1e-4)


def test_equivalents_are_neither_taken_out_nor_judged():
    net, given, positions = random_city()
    state = check(net, given, positions=positions)
    assert "south-plant" not in {state.elements["element"][o.element] for o in state.outages}
    assert state.tally.loading.outage[list(state.elements["element"]).index("south-plant")] == -1


def test_case_without_solution_is_a_row():
    """120 MW over two circuits of 100 km is possible, over one it is not."""
    net = network(bus=[bus("a"), bus("b")], line=[line(n, "a", "b", 100.0) for n in ("ab I", "ab II")])
    p, q = power(net, 2, b=([-140.0, -20.0], [-20.0, 0.0]))
    state = check(net, operation(net, p, q))
    assert list(state.diverged["outage"]) == [0, 1] and list(state.diverged["hour"]) == [0, 0]
    assert state.diverged["cause"].str.contains("voltage collapse near b").all()
    assert setter(state, "ab I") == ("ab II", INDEX[1]), "the other hour still counts"


def test_hour_without_solution_before_any_outage_is_a_row():
    net = network(bus=[bus("a"), bus("b")], line=[line(n, "a", "b", 100.0) for n in ("ab I", "ab II")])
    p, q = power(net, 2, b=([-400.0, -20.0], [-20.0, 0.0]))
    state = check(net, operation(net, p, q))
    assert state.diverged.to_dict("records") == [
        {"outage": -1, "hour": 0, "cause": "the hour has no solution before any outage"}
    ]
    assert np.isnan(state.before_percent[0]).all() and not np.isnan(state.before_percent[1]).any()


def test_outage_that_cuts_off_the_slack_is_a_row():
    net = network(bus=[bus("a"), bus("b"), bus("c")], line=[line("ab", "a", "b"), line("bc", "b", "c")])
    p, q = power(net, 1, b=(-20.0, 0.0))
    state = check(net, operation(net, p, q, v_set={"a": 1.0, "c": 1.0}, slack_bus={"a": 0.5, "c": 0.5}))
    assert state.diverged["cause"].str.contains("takes part in the losses").all() and len(state.diverged) == 2


def test_short_time_rating():
    """Against a rating 1.3 times as large for 30 minutes the loading is 1.3 times smaller."""
    net, given, positions = random_city()
    plain = percent(check(net, given, positions=positions))
    larger = with_frame(net, "trafo", net["trafo"].assign(emergency_factor_pu=1.3))
    after = percent(check(larger, given, positions=positions))
    assert after["town#1"] == pytest.approx(plain["town#1"] / 1.3) and after["west#1"] == pytest.approx(plain["west#1"])


def test_plant_that_is_cut_off_holds_nothing():
    """The voltage of the bus it held is free again, and its power is missing."""
    net = network(
        bus=[bus("a"), bus("b"), bus("plant")],
        line=[line("ab I", "a", "b"), line("ab II", "a", "b"), line("outlet", "b", "plant", 5.0)],
    )
    p, q = power(net, 2, b=(-60.0, -20.0), plant=([40.0, 0.0], 0.0))
    given = operation(net, p, q, v_set={"a": 1.0, "plant": np.array([1.02, np.nan])})
    state = check(net, given, elements={"outlet"})
    alone = check_ac(
        without(net, "outlet"), index=INDEX[:2], p_mw=p * [[1, 1, 0]], q_mvar=q, v_set={"a": 1.0}, slack_bus={"a": 1.0}
    )
    assert percent(state)["ab I"] == pytest.approx(alone.loading_percent[:, 0].max(), abs=1e-4)


def test_progress_and_estimate():
    net, given, positions = random_city()
    told, shares = [], []
    check(
        net, given, positions=positions, progress=shares.append,
        announce=lambda cases, seconds: told.append((cases, seconds)),
    )  # fmt: skip
    cases = 6 * 9  # hours x elements that are no equivalent
    assert [c for c, _ in told] == [cases] and told[0][1] >= 0
    assert shares == sorted(shares) and shares[-1] == pytest.approx(1.0)


def test_dead_parts_are_those_of_the_graph():
    """The buses an outage leaves without supply, by the graph of the tables."""
    import networkx as nx

    net = city()
    model = branches(net)
    names = net["bus"]["name"].to_numpy()
    for outage in find_outages(model, list(names).index("north220")):
        name = model.element[model.first_of_element][outage.element]
        graph = grid_graph(net)
        graph.remove_edges_from(
            [(a, b, k) for a, b, k, cells in graph.edges(keys=True, data=True) if cells["name"] == name]
        )
        unfed = set(names) - nx.node_connected_component(graph, "north220")
        assert set(names[outage.dead[outage.dead < len(names)]]) == unfed


def test_season_sets_the_rating():
    net = network(bus=[bus("a"), bus("b")], line=[line(n, "a", "b", 10.0) for n in ("ab I", "ab II")])
    p, q = power(net, 1, b=(-30.0, 0.0))
    summer = check(net, operation(net, p, q), season=np.array(["summer"]))
    winter = check(net, operation(net, p, q), season=np.array(["winter"]))
    assert (percent(summer) / percent(winter)).to_numpy() == pytest.approx([0.605 / 0.445] * 2)
    assert season_of(INDEX[:1])[0] == "summer"

"""The ledger's levels one at a time, in another order, and against the dispatch without the limit: by hand."""

from __future__ import annotations

import dataclasses
from importlib import import_module

import numpy as np
import pytest
import toy
from test_ledger import OPTIONS, assert_law, by_element, coal, load, parts, solved, tie, wind

from gridsim.curtailment import CAUSES, LEVELS, Ledger, ledger
from gridsim.curtailment.elements import ledger_rows, weights
from gridsim.dispatch import Dispatch, solve_dispatch
from gridsim.network import Network

#: A behind a 40 MW line, B beside it, the tie takes 100 of 200 MW: cut 60 + 40
BRANCH_AND_TIE = {
    "bus": [toy.bus("a"), toy.bus("b"), toy.bus("x")],
    "line": [toy.line("ab", "a", "b", 40.0), toy.line("bx", "b", "x")],
    "wind": [wind("A", "a"), wind("B", "b")],
    "load": [load("b", 1e-6), load(None, 1000.0)],
    "thermal": [coal(None, 1000.0)],
    **tie(100.0),
}


def swapped(*first: str) -> tuple[str, ...]:
    """The levels with some of them charged first."""
    return ("provincial", *first, *(level for level in LEVELS[1:] if level not in first))


def test_the_tie_is_charged_before_a_section_inside_the_grid():
    """The line of A is a section of 40 MW: the tie alone would cut 50 + 50, the inner section costs A 10 more."""
    tables = dict(BRANCH_AND_TIE)
    tables["line"] = [toy.line("ab", "a", "b"), toy.line("bx", "b", "x")]
    tables["section"] = [
        *tie(100.0)["section"],
        {"name": "in", "max_p_mw": 40.0, "min_p_mw": -40.0, "kind": "internal"},
    ]
    inner = {"section": "in", "element_type": "line", "element": "ab", "weight_pu": 1.0}
    tables["section_branch"] = [*tie(100.0)["section_branch"], inner]
    _, _, found = solved(**tables)
    assert by_element_and_cause(found) == pytest.approx(
        {("A", "section", "tie"): 50.0, ("A", "section", "in"): 10.0, ("B", "section", "tie"): 40.0}, abs=1e-4
    )


def by_element_and_cause(found: Ledger) -> dict[tuple[str, str, str], float]:
    rows = found.rows[found.rows["time"] == found.rows["time"].min()]
    return rows.groupby(["plant", "cause", "element"])["curtailed_mw"].sum().to_dict()


def test_rungs_swapped_shift_energy_between_causes_and_leave_the_totals():
    """Tie first: A pays 50 to the tie and 10 to its line.  Line first: all 60 of A are the line's, the tie is charged
    with B alone.  50 MW change their cause, nobody's total changes."""
    _, dispatch, found = solved(**BRANCH_AND_TIE)
    other = ledger(dispatch, order=swapped("branch"))
    assert_law(dispatch, other)
    assert parts(found) == {
        "A": pytest.approx({"section": 50.0, "branch": 10.0}, abs=1e-4),
        "B": pytest.approx({"section": 40.0}, abs=1e-4),
    }
    assert parts(other) == {
        "A": pytest.approx({"branch": 60.0}, abs=1e-4),
        "B": pytest.approx({"section": 40.0}, abs=1e-4),
    }
    totals = [sum(p.to_numpy() for p in each.parts_mw) for each in (found, other)]
    assert np.allclose(*totals, atol=1e-12)
    shift = {c: float(b.iloc[0].sum() - a.iloc[0].sum()) for c, a, b in zip(CAUSES, found.parts_mw, other.parts_mw)}
    assert {c: s for c, s in shift.items() if abs(s) > 1e-3} == pytest.approx(
        {"section": -50.0, "branch": 50.0}, abs=1e-3
    )


def test_an_order_that_is_none_is_refused():
    _, dispatch, _ = solved(**BRANCH_AND_TIE)
    for order in (LEVELS[1:], (*LEVELS[1:], "provincial"), (*LEVELS, "ac")):
        with pytest.raises(ValueError, match="in another order"):
            ledger(dispatch, order=order)


def circuits(wind_mw: float) -> tuple[Network, Dispatch]:
    """Wind at a behind two circuits of 100 MW each, watched for the loss of one of them."""
    network = toy.network(
        bus=[toy.bus("a"), toy.bus("b")],
        line=[toy.line("I", "a", "b", 100.0), toy.line("II", "a", "b", 100.0)],
        demand=[{"name": "d", "peak_mw": 100.0, "energy_gwh": 1.0}],
        wind=[wind("W", "a", wind_mw)],
        load=[load("b", 1000.0)],
        thermal=[coal("b", 1000.0)],
    )
    profiles = toy.profiles(network, 2, available={"W": wind_mw}, demand={"load b": 1000.0})
    return network, solve_dispatch(network, profiles, options=dataclasses.replace(OPTIONS, outage_limits=True))


def test_only_n_1():
    """150 MW over two circuits of 100: fine in service, 150 on the one that is left, so 50 are the outage's."""
    _, dispatch = circuits(150.0)
    found = ledger(dispatch)
    assert_law(dispatch, found)
    assert parts(found) == {"W": pytest.approx({"n_1": 50.0}, abs=1e-4)}
    rows = found.rows
    assert (rows["outage"] != "").all() and (rows["element"] != "").all()


def test_branch_and_n_1_at_once():
    """250 MW: without any outage 50 are too much for the two circuits, after the loss of one of them 100 more."""
    _, dispatch = circuits(250.0)
    found = ledger(dispatch)
    assert_law(dispatch, found)
    assert parts(found) == {"W": pytest.approx({"branch": 50.0, "n_1": 100.0}, abs=1e-4)}
    of_branch = found.rows[found.rows["cause"] == "branch"]
    assert set(of_branch["element"]) == {"I+II"}, "parallel circuits are one element"


def test_removing_the_only_active_branch_frees_what_the_ledger_says():
    """No store, no surplus: hour by hour, what line ab takes from the plants behind it is what its limit costs."""
    rng = np.random.default_rng(5)
    tables = {
        "bus": [toy.bus("a"), toy.bus("b"), toy.bus("c")],
        "wind": [wind("A", "a"), wind("B", "a", 50.0), wind("C", "b"), wind("D", "c")],
        "load": [load("b", 1000.0)],
        "thermal": [coal("b", 1000.0)],
        "demand": [{"name": "d", "peak_mw": 100.0, "energy_gwh": 1.0}],
    }
    available = {w["name"]: w["max_p_mw"] * rng.uniform(0.0, 1.0, 48) for w in tables["wind"]}
    cut, rows = {}, {}
    for limit_mw in (60.0, 1e4):
        lines = [toy.line("ab", "a", "b", limit_mw), toy.line("bc", "b", "c"), toy.line("ac", "c", "a", x_ohm=200.0)]
        network = toy.network(**tables, line=lines)
        profiles = toy.profiles(network, 48, available=available, demand={"load b": 1000.0})
        dispatch = solve_dispatch(network, profiles, options=OPTIONS)
        cut[limit_mw], rows[limit_mw] = dispatch.role("curtailed"), ledger(dispatch).rows
    assert cut[1e4].to_numpy().max() < 1e-6, "nothing else curtails"
    assert set(rows[60.0]["element"]) == {"ab"} and set(rows[60.0]["cause"]) == {"branch"}
    said = rows[60.0].pivot_table(index="time", columns="plant", values="curtailed_mw", aggfunc="sum", fill_value=0.0)
    freed = cut[60.0] - cut[1e4]
    assert np.allclose(said.reindex(index=freed.index, columns=freed.columns, fill_value=0.0), freed, atol=1e-5)
    assert freed.to_numpy().sum() > 300.0


@pytest.mark.parametrize(
    ("price", "multiplier", "expected"),
    [
        ([0.0, -200.0], [3.0, 0.0], [[0.0, 0.0], [100.0, 200.0]]),  # the LP's prices where they reach the plant
        ([0.0, 0.0], [3.0, 1.0], [[3.0, 0.0], [0.5, 1.0]]),  # silent in the LP: the share step
        ([0.0, 0.0], [0.0, 0.0], [[1.0, 0.0], [0.5, 1.0]]),  # silent in both: plain relief
    ],
)
def test_weights_of_two_limits(price, multiplier, expected):
    """Two plants; the first limit is made worse by cutting the second plant, which never counts as relief."""
    relief = np.array([[1.0, -0.4], [0.5, 1.0]])
    assert weights(relief, np.array(price), np.array(multiplier)) == pytest.approx(np.array(expected))


def test_a_plant_that_no_limit_is_relieved_by_still_has_names():
    """Prices that only make it worse give way to the share step, and that to all limits alike; never to no name."""
    worse = np.array([[-1.0], [-0.5]])
    assert weights(worse, np.array([5.0, 5.0]), np.array([1.0, 1.0])).ravel().tolist() == [1.0, 1.0]
    half = np.array([[-1.0], [0.5]])
    assert weights(half, np.array([5.0, 0.0]), np.array([0.0, 2.0])).ravel().tolist() == [0.0, 1.0]


def test_every_local_cause_has_an_element():
    _, _, found = solved(**BRANCH_AND_TIE)
    assert (found.rows.loc[found.rows["cause"] != "provincial", "element"] != "").all()
    assert by_element(found)


def test_slivers_over_two_elements_are_not_lost():
    """A part a little above what is shown, shared over two limits: the larger takes it, nothing becomes no number."""
    _, dispatch, _ = solved(
        bus=[toy.bus(b) for b in ("p1", "p2", "d")],
        line=[toy.line("one", "p1", "d", 60.0), toy.line("two", "p2", "d", 50.0), toy.line("between", "p1", "p2")],
        wind=[wind("P1", "p1"), wind("P2", "p2")],
        load=[load("d", 1000.0)],
        thermal=[coal("d", 1000.0)],
    )
    module = import_module("gridsim.curtailment.ledger")
    level = module._level_of_limits(dispatch, LEVELS)
    parts, in_force = module._by_level(dispatch, dispatch.role("curtailed").to_numpy(), level)
    tiny = [0.0 * p for p in parts]
    tiny[3] = np.full_like(parts[3], 1.2e-7)
    rows = ledger_rows(dispatch, tiny, [*LEVELS], in_force)
    assert rows["curtailed_mw"].notna().all()
    assert rows.groupby(["time", "plant"])["curtailed_mw"].sum().to_numpy() == pytest.approx(1.2e-7)

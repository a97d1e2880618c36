"""N-1: factors against grids without the element, rows worked out by hand, the year's check against brute force."""

from __future__ import annotations

import dataclasses
from typing import Any

import grids
import numpy as np
import pandas as pd
import pytest
import toy

import gridsim.dispatch.contingency as contingency
from gridsim.curtailment import ledger
from gridsim.dispatch import Dispatch, security, solve_dispatch
from gridsim.dispatch.dc import flows_by_angles
from gridsim.dispatch.security import single_outages
from gridsim.dispatch.states import ptdf
from gridsim.electrical import Branches, branches
from gridsim.n1 import check_outages, n1_table, not_screened, tripped_table
from gridsim.network import Network
from gridsim.options import CommitmentOptions, DispatchOptions
from gridsim.outage_flows import Grid, worst_after_outage
from gridsim.recompute import flows_from_tables, susceptances_mw_per_rad

OPTIONS = DispatchOptions(
    rating_power_factor_pu=1.0,
    final_state="free",
    commitment=CommitmentOptions(reserve_percent=0.0, wind_credit_pu=0.0, solar_credit_pu=0.0),
)
HERE = {"county": "county"}


def wind(name: str, bus: str, max_p_mw: float) -> dict:
    return {"name": name, "bus": bus, **HERE, "max_p_mw": max_p_mw, "site": "s", "turbine": "t", "hub_height_m": 90.0}


def solved(network: Network, hours: int = 2, **options: Any) -> Dispatch:
    """Every plant could give its capacity, every load takes its peak."""
    profiles = toy.profiles(
        network,
        hours,
        available=dict(zip(network["wind"]["name"], network["wind"]["max_p_mw"])),
        demand=dict(zip(network["load"]["name"], network["load"]["max_p_mw"])),
    )
    return solve_dispatch(network, profiles, options=dataclasses.replace(OPTIONS, **options))


def export(lines: list[dict], plants: list[dict], load_mw: float = 500.0, **tables: list[dict]) -> Network:
    """Wind at bus a, a load and dear coal at bus b."""
    return toy.network(
        bus=[toy.bus("a"), toy.bus("b")],
        line=lines,
        wind=plants,
        demand=[{"name": "d", "peak_mw": 100.0, "energy_gwh": 1.0}],
        load=[{"name": "L", "bus": "b", **HERE, "demand": "d", "max_p_mw": load_mw}],
        thermal=[
            {
                "name": "C",
                "bus": "b",
                **HERE,
                "carrier": "coal",
                "max_p_mw": 600.0,
                "min_p_pu": 0.0,
                "cost_cny_per_mwh": 300.0,
            }
        ],
        **tables,
    )


def cut_mw(d: Dispatch) -> float:
    return float(d.role("curtailed").iloc[0].sum())


def test_two_circuits_carry_what_one_of_them_may() -> None:
    """150 MW over two circuits of 100: 75 each in service, 150 on the one that is left, so 50 are cut; both named."""
    pair = [toy.line("I", "a", "b", 100.0), toy.line("II", "a", "b", 100.0)]
    d = solved(export(pair, [wind("W", "a", 150.0)]))
    assert cut_mw(d) == pytest.approx(50.0, abs=1e-4)
    assert cut_mw(solved(export(pair, [wind("W", "a", 150.0)]), outage_limits=False)) == pytest.approx(0.0, abs=1e-6)
    binding = d.binding[["element", "outage", "rung"]].drop_duplicates()
    assert binding["rung"].tolist() == [3]
    assert {*binding["element"], *binding["outage"]} == {"I", "II"}
    rows = ledger(d).rows
    assert set(rows["cause"]) == {"n_1"}
    assert (rows["outage"] != "").all()
    assert rows["curtailed_mw"].sum() == pytest.approx(100.0, abs=1e-3), "two hours of 50 MW"


def test_a_short_time_rating_lets_more_through() -> None:
    """130 MW for a short time on a circuit of 100: 20 of 150 are cut."""
    pair = [toy.line(n, "a", "b", 100.0) | {"emergency_factor_pu": 1.3} for n in ("I", "II")]
    assert cut_mw(solved(export(pair, [wind("W", "a", 150.0)]))) == pytest.approx(20.0, abs=1e-4)


def test_a_normal_limit_below_the_limit_after_an_outage_still_counts() -> None:
    """Emergency factor 2: after an outage 200 may flow, but 240 over two circuits of 100 is too much without any."""
    pair = [toy.line(n, "a", "b", 100.0) | {"emergency_factor_pu": 2.0} for n in ("I", "II")]
    d = solved(export(pair, [wind("W", "a", 240.0)]))
    assert cut_mw(d) == pytest.approx(40.0, abs=1e-4)
    assert d.role("curtailed").to_numpy().min() > 39.0
    assert not len(d.unavoidable)


def test_a_small_line_beside_a_big_one_is_seen() -> None:
    """1,000 MW on a big line, a thousandth of it on a 0.5 MW line beside: after the loss of the big one's twin 2 MW.

    Circuits of 1 ohm (two) and a path of 1,000 ohm: shares 1 : 1 : 0.001.  With W = 500 MW the small line carries 0.25;
    after the outage of one big circuit 0.4995.  With a rating of 0.4 MW that is 0.0995 too much: a tolerance in per
    cent of the big line would not see it.
    """
    lines = [
        toy.line("big I", "a", "b", 2000.0, 1.0),
        toy.line("big II", "a", "b", 2000.0, 1.0),
        toy.line("small", "a", "b", 0.4, 1000.0),
    ]
    d = solved(export(lines, [wind("W", "a", 500.0)], load_mw=600.0))
    share = (1 / 1000.0) / (1.0 + 1 / 1000.0)
    assert cut_mw(d) == pytest.approx(500.0 - 0.4 / share, abs=0.01)
    assert set(d.binding["element"]) == {"small"}


def test_plants_that_may_be_tripped_leave_the_limit() -> None:
    """150 MW over two circuits of 100; 60 of them may be tripped with either circuit: 90 are left, nothing is cut."""
    pair = [toy.line("I", "a", "b", 100.0), toy.line("II", "a", "b", 100.0)]
    plants = [wind("W1", "a", 90.0), wind("W2", "a", 60.0)]
    trips = [{"element_type": "line", "element": e, "unit": "W2"} for e in ("I", "II")]
    network = export(pair, plants, outage_trip=trips)
    d = solved(network)
    assert cut_mw(d) == pytest.approx(0.0, abs=1e-6)
    table = tripped_table(network, d)
    assert table[["outage", "unit", "max_mw"]].to_numpy().tolist() == [["I", "W2", 60.0], ["II", "W2", 60.0]]
    half = export(pair, [wind("W1", "a", 120.0), wind("W2", "a", 30.0)], outage_trip=trips)
    d = solved(half)
    assert d.role("curtailed").iloc[0].to_dict() == pytest.approx({"W1": 20.0, "W2": 0.0}, abs=1e-3), (
        "cutting W2 helps nothing"
    )


def test_an_overload_by_load_after_an_outage_is_listed_not_shed() -> None:
    """120 MW of load behind two circuits of 100: no dispatch helps the one that is left; 20 MW above, both named."""
    network = toy.network(
        bus=[toy.bus("a"), toy.bus("b")],
        line=[toy.line("I", "a", "b", 100.0), toy.line("II", "a", "b", 100.0)],
        demand=[{"name": "d", "peak_mw": 100.0, "energy_gwh": 1.0}],
        load=[{"name": "L", "bus": "b", **HERE, "demand": "d", "max_p_mw": 120.0}],
        thermal=[
            {
                "name": "C",
                "bus": "a",
                **HERE,
                "carrier": "coal",
                "max_p_mw": 600.0,
                "min_p_pu": 0.0,
                "cost_cny_per_mwh": 300.0,
            }
        ],
    )
    d = solved(network)
    assert d.role("unserved").to_numpy().max() == 0.0
    assert set(zip(d.unavoidable["element"], d.unavoidable["outage"])) == {("I", "II"), ("II", "I")}
    assert d.unavoidable["load_driven"].all()
    assert d.unavoidable["flow_mw"].tolist() == pytest.approx([120.0] * 4)
    assert check_outages(network, d, options=OPTIONS)[0].ok


def test_what_is_not_screened_is_listed_with_the_reason() -> None:
    network = grids.city()
    model = branches(network)
    bearing = np.array([str(n) in {"town10", "east10", "north220", "plant220"} for n in model.nodes.name])
    found = single_outages(model, ptdf(model), np.zeros(len(model), dtype=bool), bearing)
    assert dict(zip(found.skipped["element"], found.skipped["reason"])) == {
        "south-plant": "equivalent",
        "east#1": "tertiary",
    }
    chain = toy.network(bus=[toy.bus(b) for b in "abc"], line=[toy.line("ab", "a", "b"), toy.line("bc", "b", "c")])
    lone = branches(chain)
    none = single_outages(lone, ptdf(lone), np.zeros(2, dtype=bool), np.ones(3, dtype=bool))
    assert len(none) == 0
    assert none.skipped["reason"].tolist() == ["radial", "radial"]


def changed(network: Network, table: str, frame: pd.DataFrame) -> Network:
    """Another table, without the checks of a network that was read."""
    return dataclasses.replace(network, tables={**network.tables, table: frame})


def without(network: Network, element: str) -> Network:
    """The network without one line or transformer."""
    for table in ("line", "trafo", "trafo3w"):
        frame = network[table]
        if element in set(frame["name"]):
            return changed(network, table, frame[frame["name"] != element].reset_index(drop=True))
    raise AssertionError(element)


def balanced(model: Branches, names: list[str], hours: int, seed: int) -> np.ndarray:
    """Random injections at some buses that add up to zero, (time, node)."""
    p = np.zeros((hours, len(model.nodes)))
    at = [list(model.nodes.name).index(n) for n in names]
    p[:, at] = np.random.default_rng(seed).normal(0.0, 60.0, (hours, len(at)))
    p[:, at[0]] -= p.sum(axis=1)
    return p


@pytest.mark.parametrize("seed", range(3))
def test_factors_give_the_flows_of_the_grid_without_the_element(seed: int) -> None:
    """Lines, two-winding units, three-winding units with an empty third winding; taps off nominal."""
    network = grids.city()
    network = changed(network, "trafo3w", network["trafo3w"].assign(tap_pos=[2, -3]))
    model = branches(network)
    names = ["north220", "plant220", "town10", "tap110", "east110"]
    p = balanced(model, names, 5, seed)
    flow = flows_by_angles(model, p)
    bearing = np.isin(model.nodes.name.astype(str), names)
    found = single_outages(model, ptdf(model), np.zeros(len(model), dtype=bool), bearing)
    assert {"north-plant I", "town#1", "west#1", "east#1", "tap-town"} <= set(found.element)
    for k, element in enumerate(found.element):
        gone = branches(without(network, str(element)))
        at = [list(model.nodes.name).index(n) for n in gone.nodes.name]
        expected = flows_by_angles(gone, p[:, at])
        label = list(zip(gone.element, gone.side))
        rows = np.array([i for i, pair in enumerate(zip(model.element, model.side)) if pair in label])
        order = [label.index((model.element[i], model.side[i])) for i in rows]
        after = found.after(flow, rows, np.full(len(rows), k))
        assert np.abs(after - expected[:, order]).max() < 1e-6, element


@pytest.mark.parametrize("seed", range(3))
def test_no_pair_that_exceeds_its_limit_is_screened_out(seed: int) -> None:
    """From the ranges of the flows alone: every pair above its limit in some step is among those looked at."""
    model = branches(grids.city())
    names = ["north220", "plant220", "town10", "tap110", "east110"]
    flow = flows_by_angles(model, balanced(model, names, 30, seed))
    found = single_outages(
        model, ptdf(model), np.zeros(len(model), dtype=bool), np.isin(model.nodes.name.astype(str), names)
    )
    limit = np.random.default_rng(seed).uniform(60.0, 160.0, len(model))
    looked_at = set(zip(*found.exceeding(flow.min(axis=0), flow.max(axis=0), -limit, limit)))
    b, o = np.nonzero((np.abs(found.factor) > 1e-9).any(axis=0))
    above = (np.abs(found.after(flow, b, o)) > limit[b]).any(axis=0)
    assert 0 < above.sum() < len(b)
    assert set(zip(b[above], o[above])) <= looked_at
    assert len(looked_at) < len(b), "nothing is screened out"


def random_grid(seed: int) -> tuple[Network, pd.DataFrame]:
    """The hand-made city with random injections at its buses."""
    network = grids.city()
    names = ["north220", "plant220", "town10", "tap110", "east110"]
    p = balanced(branches(network), names, 40, seed)
    index = pd.date_range("2030-01-01", periods=40, freq="h")
    return network, pd.DataFrame(p[:, : len(network["bus"])], index=index, columns=network["bus"]["name"])


@pytest.mark.parametrize("seed", range(4))
def test_the_years_maximum_is_that_of_brute_force(seed: int) -> None:
    """Every element out, every branch, every step, the grid solved anew from the tables each time."""
    network, p = random_grid(seed)
    b = susceptances_mw_per_rad(network)
    labels = [e if not s else f"{e}|{s}" for e, s in zip(b["element"], b["side"])]
    flow = flows_from_tables(network, p)[labels].to_numpy()
    rating = np.broadcast_to(np.random.default_rng(seed).uniform(20.0, 80.0, len(labels)), flow.shape)
    outside = (b["element"] == "south-plant").to_numpy()
    table = worst_after_outage(Grid(b, flow, rating, outside), from_percent=30.0)
    best: dict[str, tuple[float, str]] = {}
    over = dict.fromkeys(labels, np.zeros(len(p), dtype=bool))
    cutting = {"south-plant"}
    for element in sorted(set(b["element"]) - cutting):
        without_it = flows_from_tables(without(network, element), p)
        for k, label in enumerate(labels):
            if label not in without_it or np.allclose(without_it[label], flow[:, k], atol=1e-7):
                continue
            loading = 100.0 * np.abs(without_it[label].to_numpy()) / rating[:, k]
            over[label] = over[label] | (loading > 100.0)
            if loading.max() > max(best.get(label, (30.0, ""))[0], 30.0):
                best[label] = (float(loading.max()), element)
    found = {
        e if not s else f"{e}|{s}": (m, n)
        for e, s, m, n in zip(*(table[c] for c in ("element", "side", "max_loading_percent", "steps_over_any")))
    }
    assert set(found) == set(best)
    for label, (highest, steps) in found.items():
        assert highest == pytest.approx(best[label][0], rel=1e-7)
        assert steps == over[label].sum()


def test_the_check_catches_factors_that_are_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half the flow forgotten after an outage: the dispatch believes itself safe, the check does not."""
    pair = [toy.line("I", "a", "b", 100.0), toy.line("II", "a", "b", 100.0)]
    network = export(pair, [wind("W", "a", 150.0)])
    assert check_outages(network, solved(network), options=OPTIONS)[0].ok
    right = security._factors
    monkeypatch.setattr(security, "_factors", lambda *a: None if (f := right(*a)) is None else 0.5 * f)
    failed = check_outages(network, solved(network), options=OPTIONS)[0]
    assert not failed.ok
    assert failed.worst > 1.0
    assert "after the outage of" in failed.where


def test_the_check_catches_pairs_that_were_never_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    network = export([toy.line("I", "a", "b", 100.0), toy.line("II", "a", "b", 100.0)], [wind("W", "a", 150.0)])
    monkeypatch.setattr(contingency.Contingencies, "impose_violated", lambda *_: None)
    failed = check_outages(network, solved(network), options=OPTIONS)[0]
    assert failed.worst == pytest.approx(50.0, abs=1e-3)


def test_table_and_list_of_a_dispatch() -> None:
    network = export([toy.line("I", "a", "b", 100.0), toy.line("II", "a", "b", 100.0)], [wind("W", "a", 150.0)])
    d = solved(network)
    table = n1_table(network, d, options=OPTIONS)
    assert set(zip(table["element"], table["outage"])) == {("I", "II"), ("II", "I")}
    assert table["max_loading_percent"].tolist() == pytest.approx([100.0, 100.0], abs=1e-3)
    assert not len(not_screened(d))

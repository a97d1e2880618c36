"""Why each MWh is cut, on cases solved by hand (definitions: equal shares first, then rung by rung)."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import toy

from gridsim.checks import check_ledger
from gridsim.curtailment import CAUSES, Ledger, ledger
from gridsim.dispatch import Dispatch, solve_dispatch
from gridsim.network import Network
from gridsim.options import CommitmentOptions, DispatchOptions

OPTIONS = DispatchOptions(
    outage_limits=False,
    rating_power_factor_pu=1.0,
    final_state="free",
    commitment=CommitmentOptions(reserve_percent=0.0, wind_credit_pu=0.0, solar_credit_pu=0.0),
)


def wind(name: str, bus: str | None = None, max_p_mw: float = 100.0) -> dict:
    place = {"bus": bus, "county": "county"} if bus else {"area": "rest"}
    return {"name": name, **place, "max_p_mw": max_p_mw, "site": "s", "turbine": "t", "hub_height_m": 100.0}


def load(bus: str | None, max_p_mw: float) -> dict:
    place = {"bus": bus, "county": "county"} if bus else {"area": "rest"}
    return {"name": f"load {bus or 'rest'}", **place, "demand": "d", "max_p_mw": max_p_mw}


def coal(bus: str | None, max_p_mw: float, min_p_pu: float = 0.0) -> dict:
    place = {"bus": bus, "county": "county"} if bus else {"area": "rest"}
    return {
        "name": f"coal {bus or 'rest'}",
        **place,
        "carrier": "coal",
        "max_p_mw": max_p_mw,
        "min_p_pu": min_p_pu,
        "cost_cny_per_mwh": 300.0,
    }


TIE = {
    "area": [{"name": "city", "kind": "detailed"}, {"name": "rest", "kind": "node"}],
    "area_link": [{"area": "rest", "bus": "x", "share_pu": 1.0}],
}


def tie(limit_mw: float) -> dict:
    return TIE | {
        "section": [{"name": "tie", "max_p_mw": limit_mw, "min_p_mw": -limit_mw, "kind": "tie"}],
        "section_branch": [{"section": "tie", "element_type": "line", "element": "bx", "weight_pu": 1.0}],
    }


def solved(**tables: list[dict]) -> tuple[Network, Dispatch, Ledger]:
    """Two hours in which every plant could give its capacity and every load takes its peak."""
    network = toy.network(demand=[{"name": "d", "peak_mw": 100.0, "energy_gwh": 1.0}], **tables)
    profiles = toy.profiles(
        network,
        2,
        available={w["name"]: w["max_p_mw"] for w in tables["wind"]},
        demand={x["name"]: x["max_p_mw"] for x in tables["load"]},
    )
    dispatch = solve_dispatch(network, profiles, options=OPTIONS)
    found = ledger(dispatch)
    assert_law(dispatch, found)
    return network, dispatch, found


def assert_law(dispatch: Dispatch, found: Ledger) -> None:
    """Parts are never negative and add up to what is cut, in the parts and in the rows."""
    curtailed = dispatch.role("curtailed")
    assert all((p.to_numpy() >= 0.0).all() for p in found.parts_mw)
    assert np.abs(sum(p.to_numpy() for p in found.parts_mw) - curtailed.to_numpy()).max() < 1e-12
    assert (found.rows["curtailed_mw"] > 0.0).all()
    assert check_ledger(dispatch, found.rows).ok
    assert dispatch.role("unserved").to_numpy().max() == 0.0


def parts(found: Ledger) -> dict[str, dict[str, float]]:
    """Plant -> cause -> MW of the first hour (non-zero only)."""
    table = pd.DataFrame({c: p.iloc[0] for c, p in zip(CAUSES, found.parts_mw)})
    assert np.allclose(found.parts_mw[0].iloc[0], found.parts_mw[0].iloc[1], atol=1e-5)
    return {plant: {c: v for c, v in row.items() if v > 1e-4} for plant, row in table.T.to_dict().items()}


def by_element(found: Ledger) -> dict[tuple[str, str], float]:
    """(plant, element) -> MW of the first hour, the network's causes only."""
    rows = found.rows[(found.rows["time"] == found.rows["time"].min()) & (found.rows["cause"] != "provincial")]
    assert not rows.duplicated(["plant", "element"]).any()
    return {(r.plant, r.element): r.curtailed_mw for r in rows.itertuples()}


def test_worked_example_of_the_definitions():
    """A = 100 MW behind a 50 MW line, 900 MW elsewhere, surplus 100: cut 50 + 50, A 10 provincial and 40 line."""
    _, dispatch, found = solved(
        bus=[toy.bus("a"), toy.bus("b")],
        line=[toy.line("ab", "a", "b", 50.0)],
        wind=[wind("A", "a"), wind("B", "b", 900.0)],
        load=[load("b", 900.0)],
    )
    assert dispatch.role("curtailed").iloc[0].to_dict() == pytest.approx({"A": 50.0, "B": 50.0}, abs=1e-4)
    # the line decides who is cut, not how much: its price in the LP is 0, its multiplier in the share step is not
    line = dispatch.binding[dispatch.binding["element"] == "ab"]
    assert np.allclose(line["dual_cny_per_mwh"], 0.0)
    assert (line["share_multiplier"].abs() > 0.1).all()
    assert parts(found) == {
        "A": pytest.approx({"provincial": 10.0, "branch": 40.0}, abs=1e-4),
        "B": pytest.approx({"provincial": 50.0}, abs=1e-4),
    }
    assert by_element(found) == pytest.approx({("A", "ab"): 40.0}, abs=1e-4)


def test_only_the_province():
    """1,000 MW of wind, 800 of load, coal on with a minimum of 40: 240 too many, 24 % of every plant in both areas."""
    _, _, found = solved(
        bus=[toy.bus("b"), toy.bus("x")],
        line=[toy.line("bx", "b", "x")],
        wind=[wind("A", "b"), wind("B", "b", 300.0), wind("C", None, 600.0)],
        load=[load("b", 200.0), load(None, 600.0)],
        thermal=[coal(None, 400.0, min_p_pu=0.1) | {"must_run": True}],
        **tie(1000.0),
    )
    assert parts(found) == {
        plant: pytest.approx({"provincial": 0.24 * size}, abs=1e-4)
        for plant, size in {"A": 100.0, "B": 300.0, "C": 600.0}.items()
    }
    assert by_element(found) == {}


def test_only_the_section():
    """200 MW in the city, 50 of load, the tie takes 90: 60 MW are cut behind the section, in equal shares."""
    _, _, found = solved(
        bus=[toy.bus("b"), toy.bus("x")],
        line=[toy.line("bx", "b", "x")],
        wind=[wind("A", "b"), wind("B", "b"), wind("C", None, 600.0)],
        load=[load("b", 50.0), load(None, 1000.0)],
        thermal=[coal(None, 1000.0)],
        **tie(90.0),
    )
    thirty = pytest.approx({"section": 30.0}, abs=1e-4)
    assert parts(found) == {"A": thirty, "B": thirty, "C": {}}
    assert by_element(found) == pytest.approx({("A", "tie"): 30.0, ("B", "tie"): 30.0}, abs=1e-4)


def test_only_a_branch():
    """Two plants behind one 120 MW line share its limit, the third is free."""
    _, _, found = solved(
        bus=[toy.bus("a"), toy.bus("b")],
        line=[toy.line("ab", "a", "b", 120.0)],
        wind=[wind("A", "a"), wind("B", "a", 50.0), wind("C", "b")],
        load=[load("b", 1000.0)],
        thermal=[coal("b", 1000.0)],
    )
    assert parts(found) == {
        "A": pytest.approx({"branch": 20.0}, abs=1e-4),
        "B": pytest.approx({"branch": 10.0}, abs=1e-4),
        "C": {},
    }


def test_section_and_branch_at_once():
    """A behind a 40 MW line, B beside it, the tie takes 100 of 200: cut 60 + 40.

    With the section alone each would lose 50; the line costs A 10 more and spares B 10, which shows as less section.
    """
    _, dispatch, found = solved(
        bus=[toy.bus("a"), toy.bus("b"), toy.bus("x")],
        line=[toy.line("ab", "a", "b", 40.0), toy.line("bx", "b", "x")],
        wind=[wind("A", "a"), wind("B", "b")],
        load=[load("b", 1e-6), load(None, 1000.0)],
        thermal=[coal(None, 1000.0)],
        **tie(100.0),
    )
    assert dispatch.role("curtailed").iloc[0].to_dict() == pytest.approx({"A": 60.0, "B": 40.0}, abs=1e-4)
    assert parts(found) == {
        "A": pytest.approx({"section": 50.0, "branch": 10.0}, abs=1e-4),
        "B": pytest.approx({"section": 40.0}, abs=1e-4),
    }


def test_a_section_that_a_branch_relieves_keeps_its_name():
    """The tie alone would cut 50 of 120 MW; the line in front of it cuts 60 and leaves the tie slack.

    Of A's 60 MW the 50 * 100 / 120 that the tie would have cost it anyway belong to the tie, though no tie is tight.
    """
    _, dispatch, found = solved(
        bus=[toy.bus("a"), toy.bus("b"), toy.bus("x")],
        line=[toy.line("ab", "a", "b", 40.0), toy.line("bx", "b", "x")],
        wind=[wind("A", "a"), wind("B", "b", 20.0)],
        load=[load("b", 20.0), load(None, 1000.0)],
        thermal=[coal(None, 1000.0)],
        **tie(50.0),
    )
    assert set(dispatch.binding["element"]) == {"ab"}
    assert by_element(found) == pytest.approx({("A", "tie"): 125.0 / 3, ("A", "ab"): 55.0 / 3}, abs=1e-4)


def test_all_three_causes_at_once():
    """The same city, and 600 MW outside against a load of 700: 100 too many, which the tie cuts in the city alone.

    Without any network everybody would lose an eighth; the rest of what A and B lose is section, then line.
    """
    _, dispatch, found = solved(
        bus=[toy.bus("a"), toy.bus("b"), toy.bus("x")],
        line=[toy.line("ab", "a", "b", 40.0), toy.line("bx", "b", "x")],
        wind=[wind("A", "a"), wind("B", "b"), wind("C", None, 600.0)],
        load=[load("b", 1e-6), load(None, 700.0)],
        **tie(100.0),
    )
    cut = dispatch.role("curtailed").iloc[0].to_dict()
    assert cut == pytest.approx({"A": 60.0, "B": 40.0, "C": 0.0}, abs=1e-4)
    assert parts(found) == {
        "A": pytest.approx({"provincial": 12.5, "section": 37.5, "branch": 10.0}, abs=1e-4),
        "B": pytest.approx({"provincial": 12.5, "section": 27.5}, abs=1e-4),
        "C": {},
    }


def test_parallel_circuits_are_one_element():
    _, _, found = solved(
        bus=[toy.bus("a"), toy.bus("b")],
        line=[toy.line("ab I", "a", "b", 25.0), toy.line("ab II", "a", "b", 25.0)],
        wind=[wind("A", "a"), wind("B", "b", 900.0)],
        load=[load("b", 900.0)],
    )
    assert by_element(found) == pytest.approx({("A", "ab I+ab II"): 40.0}, abs=1e-4)


@pytest.mark.parametrize("names", [("p1", "p2", "d"), ("n2", "n3", "n4"), ("n4", "n1", "n3")])
def test_two_limits_share_by_price_times_relief(names):
    """A triangle of equal lines: P1 loads its own line by 2/3 and the other by 1/3.

    Limits of 60 and 50 leave 70 + 40 of 100 + 100 MW.  Both limits have the same price, so of the 30 MW that P1 loses
    two thirds belong to its own line; of the 60 of P2 likewise.  What the buses are called decides nothing.
    """
    p1, p2, d = names
    _, _, found = solved(
        bus=[toy.bus(b) for b in names],
        line=[toy.line("one", p1, d, 60.0), toy.line("two", p2, d, 50.0), toy.line("between", p1, p2)],
        wind=[wind("P1", p1), wind("P2", p2)],
        load=[load(d, 1000.0)],
        thermal=[coal(d, 1000.0)],
    )
    expected = {("P1", "one"): 20.0, ("P1", "two"): 10.0, ("P2", "one"): 20.0, ("P2", "two"): 40.0}
    assert by_element(found) == pytest.approx(expected, abs=1e-4)


def test_the_further_limit_is_charged_where_it_alone_has_a_price():
    """A chain: 40 MW out of a, 100 MW out of b.  Only the last line's price counts; the first merely decides who."""
    _, dispatch, found = solved(
        bus=[toy.bus("a"), toy.bus("b"), toy.bus("c")],
        line=[toy.line("ab", "a", "b", 40.0), toy.line("bc", "b", "c", 100.0)],
        wind=[wind("A", "a"), wind("B", "b")],
        load=[load("c", 1000.0)],
        thermal=[coal("c", 1000.0)],
    )
    assert dispatch.role("curtailed").iloc[0].to_dict() == pytest.approx({"A": 60.0, "B": 40.0}, abs=1e-4)
    assert by_element(found) == pytest.approx({("A", "bc"): 60.0, ("B", "bc"): 40.0}, abs=1e-4)


def test_storage_and_imports_are_frozen_before_causes_are_sought():
    """A store that takes 20 of 100 MW too many leaves 80 to explain; imports give way before anybody is cut."""
    _, dispatch, found = solved(
        bus=[toy.bus("b"), toy.bus("x")],
        line=[toy.line("bx", "b", "x")],
        wind=[wind("A", "b"), wind("B", "b", 300.0)],
        load=[load("b", 300.0), load(None, 1e-6)],
        battery=[
            {
                "name": "S",
                "bus": "b",
                "county": "county",
                "max_p_mw": 20.0,
                "energy_mwh": 1000.0,
                "efficiency_charge_percent": 100.0,
                "efficiency_discharge_percent": 100.0,
            }
        ],
        **tie(1000.0),
    )
    assert dispatch.role("charge").iloc[0].to_dict() == pytest.approx({"S": 20.0}, abs=1e-6)
    assert parts(found) == {
        "A": pytest.approx({"provincial": 20.0}, abs=1e-4),
        "B": pytest.approx({"provincial": 60.0}, abs=1e-4),
    }

"""Whose relief a store of the city is: provincial, shared, dedicated (docs/equations.md, section 4).

The case: 100 MW of wind in the city, 300 in the province, 300 of load, so 100 too many; a battery in the city charges
20, 80 are cut.  Provincial: 20 % of everybody, 20 + 60.  Dedicated: c + q equal, (80 + 20) / 400 = 25 %: the city
25 - 20 = 5, the province 75.  Half of it: 90 / 400 = 22.5 %: 22.5 - 10 = 12.5, and 67.5.
"""

from __future__ import annotations

from importlib import import_module

import numpy as np
import pytest
import toy

from gridsim.checks import as_table, check_dispatch, check_ledger
from gridsim.curtailment import ledger
from gridsim.dispatch import Dispatch, solve_dispatch
from gridsim.errors import InvalidInput
from gridsim.network import Network
from gridsim.options import CommitmentOptions, DispatchOptions, StorageOptions
from gridsim.profiles import Profiles

SHARES = "equal shares without a network limit [MW]"
HERE = {"bus": "b", "county": "county"}
TURBINE = {"site": "s", "turbine": "t", "hub_height_m": 100.0}
STORE = {"efficiency_charge_percent": 95.0, "efficiency_discharge_percent": 95.0, "energy_mwh": 1000.0}


def options(use: str = "as_tables") -> DispatchOptions:
    return DispatchOptions(
        outage_limits=False,
        rating_power_factor_pu=1.0,
        initial_energy_pu=0.0,
        final_state="free",
        commitment=CommitmentOptions(reserve_percent=0.0, wind_credit_pu=0.0, solar_credit_pu=0.0),
        storage=StorageOptions(use=use),
    )


def build(power_mw: float = 20.0, tie_mw: float = 1e4, **store: object) -> tuple[Network, Profiles]:
    """Two hours; the battery charges what it can in both (its energy does not matter)."""
    battery = {"name": "S", **HERE, "max_p_mw": power_mw, **STORE, **store}
    network = toy.network(
        bus=[toy.bus("b"), toy.bus("x")],
        line=[toy.line("bx", "b", "x")],
        area=[{"name": "city", "kind": "detailed"}, {"name": "rest", "kind": "node"}],
        area_link=[{"area": "rest", "bus": "x", "share_pu": 1.0}],
        section=[{"name": "tie", "max_p_mw": tie_mw, "min_p_mw": -tie_mw, "kind": "tie"}],
        section_branch=[{"section": "tie", "element_type": "line", "element": "bx", "weight_pu": 1.0}],
        demand=[{"name": "d", "peak_mw": 300.0, "energy_gwh": 1.0}],
        load=[
            {"name": "L", **HERE, "demand": "d", "max_p_mw": 50.0},
            {"name": "L rest", "area": "rest", "demand": "d", "max_p_mw": 250.0},
        ],
        wind=[
            {"name": "W1", **HERE, "max_p_mw": 70.0, **TURBINE},
            {"name": "W2", **HERE, "max_p_mw": 30.0, **TURBINE},
            {"name": "W rest", "area": "rest", "max_p_mw": 300.0, **TURBINE},
        ],
        battery=[battery],
    )
    available = {"W1": 70.0, "W2": 30.0, "W rest": 300.0}
    return network, toy.profiles(network, 2, available=available, demand={"L": 50.0, "L rest": 250.0})


def city_mw(d: Dispatch) -> np.ndarray:
    return d.role("curtailed")[["W1", "W2"]].sum(axis=1).to_numpy()


def failed(network: Network, profiles: Profiles, d: Dispatch, use: str = "as_tables") -> list[str]:
    table = as_table([*check_dispatch(network, profiles, d, storage_use=use), check_ledger(d, ledger(d).rows)])
    return [c for c in table.loc[~table["ok"], "check"] if not c.startswith("stored energy ends")]  # the end is free


@pytest.mark.parametrize(
    ("use", "percent", "city", "rest"),
    [
        ("provincial", 50.0, 20.0, 60.0),
        ("shared", 50.0, 12.5, 67.5),
        ("shared", 0.0, 20.0, 60.0),
        ("shared", 100.0, 5.0, 75.0),
        ("dedicated", 50.0, 5.0, 75.0),
    ],
)
def test_who_is_credited(use: str, percent: float, city: float, rest: float) -> None:
    network, profiles = build(use=use, shared_percent=percent)
    d = solve_dispatch(network, profiles, options=options())
    assert d.role("charge")["S"].to_numpy() == pytest.approx([20.0, 20.0])
    assert city_mw(d) == pytest.approx([city, city], abs=1e-6)
    assert d.role("curtailed")["W rest"].to_numpy() == pytest.approx([rest, rest], abs=1e-6)
    assert d.role("curtailed")["W1"].to_numpy() == pytest.approx([0.7 * city] * 2, abs=1e-6)
    assert failed(network, profiles, d) == []
    provincial = ledger(d).parts_mw[0]
    assert provincial[["W1", "W2"]].sum(axis=1).to_numpy() == pytest.approx([city, city], abs=1e-6)


def test_a_credit_beyond_the_share_leaves_nothing_to_cut() -> None:
    """40 MW charged, 60 cut: (60 + 40) / 400 = 25 % of 100 is less than the credit of 40; the province is cut 60."""
    network, profiles = build(power_mw=40.0)
    d = solve_dispatch(network, profiles, options=options("dedicated"))
    assert city_mw(d) == pytest.approx([0.0, 0.0], abs=1e-9)
    assert d.role("curtailed")["W rest"].to_numpy() == pytest.approx([60.0, 60.0])
    assert failed(network, profiles, d, "dedicated") == []


def test_the_study_overrides_the_tables_both_ways() -> None:
    for given, asked, city in (("provincial", "dedicated", 5.0), ("dedicated", "provincial", 20.0)):
        network, profiles = build(use=given)
        d = solve_dispatch(network, profiles, options=options(asked))
        assert city_mw(d) == pytest.approx([city, city], abs=1e-6)
        assert failed(network, profiles, d, asked) == []
        assert failed(network, profiles, d) == [SHARES], "the check knows the option, not the dispatch's opinion"


def test_a_tie_in_force_is_not_relieved_by_credit() -> None:
    """50 of load + 20 charged + 25 of export: the city must be cut 5 for the tie alone, 20 by equal shares.

    Dedicated it would be cut 5 without limit: just that.  With 20 of export it is cut 10, the province 70, of which
    the ledger gives the credited share of 5 to the province and 5 to the section.
    """
    network, profiles = build(tie_mw=25.0)
    d = solve_dispatch(network, profiles, options=options("dedicated"))
    assert city_mw(d) == pytest.approx([5.0, 5.0], abs=1e-5)
    network, profiles = build(tie_mw=20.0)
    d = solve_dispatch(network, profiles, options=options("dedicated"))
    assert city_mw(d) == pytest.approx([10.0, 10.0], abs=1e-5)
    assert set(d.binding["element"]) == {"tie"}
    found = ledger(d)
    inside = [part[["W1", "W2"]].sum(axis=1).to_numpy() for part in found.parts_mw]
    assert inside[0] == pytest.approx([5.0, 5.0], abs=1e-5)
    assert inside[1] == pytest.approx([5.0, 5.0], abs=1e-5)
    assert failed(network, profiles, d, "dedicated") == []


def test_nothing_but_the_split_changes_and_the_city_gains_steadily() -> None:
    runs = []
    for percent in (0.0, 10.0, 35.0, 60.0, 100.0):
        network, profiles = build(power_mw=30.0, shared_percent=percent)
        runs.append(solve_dispatch(network, profiles, options=options("shared")))
    first = runs[0]
    for d in runs[1:]:
        assert d.cost_cny == pytest.approx(first.cost_cny, rel=1e-9)
        assert d.windows["objective_cny"].to_numpy() == pytest.approx(first.windows["objective_cny"].to_numpy())
        assert d.role("charge").to_numpy() == pytest.approx(first.role("charge").to_numpy(), abs=1e-9)
        total = d.role("curtailed").sum(axis=1).to_numpy()
        assert total == pytest.approx(first.role("curtailed").sum(axis=1).to_numpy(), abs=1e-6)
    assert (np.diff([city_mw(d).sum() for d in runs]) < -1e-3).all()


def test_provincial_is_the_default_to_the_last_bit() -> None:
    network, profiles = build()
    a, b = (solve_dispatch(network, profiles, options=options(use)) for use in ("as_tables", "provincial"))
    assert np.array_equal(a.column_mw, b.column_mw)


def test_a_store_outside_the_city_stays_provincial() -> None:
    network, profiles = build(bus=None, county=None, area="rest")
    d = solve_dispatch(network, profiles, options=options("dedicated"))
    assert city_mw(d) == pytest.approx([20.0, 20.0], abs=1e-6)
    assert failed(network, profiles, d, "dedicated") == []
    network, profiles = build(bus=None, county=None, area="rest", use="dedicated")
    with pytest.raises(InvalidInput, match="no county"):
        solve_dispatch(network, profiles, options=options())


def test_a_forgotten_credit_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    rolling = import_module("gridsim.dispatch.rolling")
    monkeypatch.setattr(rolling, "credited_share", import_module("gridsim.dispatch.share").share)
    network, profiles = build(use="dedicated")
    d = solve_dispatch(network, profiles, options=options())
    assert SHARES in failed(network, profiles, d)

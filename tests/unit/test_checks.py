"""Planted faults: each test breaks one function and says which check notices, and that no other one cries."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from importlib import import_module
from typing import Any

import grids
import numpy as np
import pandas as pd
import pytest
import toy

import gridsim.case
import gridsim.devices
import gridsim.dispatch.dc as dc
import gridsim.dispatch.plant as plant
import gridsim.dispatch.rolling as rolling
import gridsim.dispatch.solve as solve
import gridsim.dispatch.states as states
import gridsim.dispatch.window as window
import gridsim.electrical as electrical
from gridsim.checks import as_table, check_ac_rows, check_dispatch, check_ledger
from gridsim.curtailment import ledger
from gridsim.devices.availability import on_outage as states_on_outage
from gridsim.dispatch import Dispatch, solve_dispatch
from gridsim.dispatch.window import WindowLP
from gridsim.network import Network
from gridsim.options import CommitmentOptions, DispatchOptions, Penalties
from gridsim.profiles import Profiles
from gridsim.recompute import planned_out

elements = import_module("gridsim.curtailment.elements")
HERE = {"county": "county"}
OPTIONS = DispatchOptions(
    commitment=CommitmentOptions(reserve_percent=5.0, wind_credit_pu=0.0, solar_credit_pu=0.0), outage_limits=False
)

FLOWS = "flows from the tables, B theta = P [MW]"
SECTIONS = "flows of sections from the tables [MW]"
SECTION_LIMITS = "flows of sections inside the limits of the tables [MW]"
RECURSION = "stored energy, recursion [MWh]"
CYCLE = "stored energy ends where it began [MWh]"
BOTH_WAYS = "charging and discharging at once [MW]"
SHARES = "equal shares without a network limit [MW]"
CAUSES = "causes add up to what is curtailed [MW]"
RATINGS = "flows inside the ratings of the tables [MW]"
ONLINE = "output of the units that are on [MW]"
AC_ROWS = "every step has an AC row [steps]"


def city(freq: str = "1h") -> tuple[Network, Profiles]:
    """A 220/110 kV loop through two three-winding transformers, wind behind a weak line, two stores, a node area."""
    tables = {
        "section": [{"name": "tie", "max_p_mw": 60.0, "min_p_mw": -300.0, "kind": "tie"}],
        "section_branch": [
            {"section": "tie", "element_type": kind, "element": e, "weight_pu": -1.0}
            for kind, e in (
                ("line", "north-plant I"),
                ("line", "north-plant II"),
                ("line", "south-plant"),
                ("trafo3w", "west#1"),
            )
        ],
        "demand": [{"name": "d", "peak_mw": 100.0, "energy_gwh": 1.0}],
        "load": [
            {"name": "L town", "bus": "town10", **HERE, "demand": "d", "max_p_mw": 60.0},
            {"name": "L west", "bus": "west110", **HERE, "demand": "d", "max_p_mw": 50.0},
            {"name": "L out", "area": "outside", "demand": "d", "max_p_mw": 400.0},
        ],
        "wind": [
            {"name": name, **place, "max_p_mw": mw, "site": "s", "turbine": "t", "hub_height_m": 90.0}
            for name, place, mw in (
                ("W tap", {"bus": "tap110", **HERE}, 190.0),
                ("W east", {"bus": "east110", **HERE}, 90.0),
                ("W plant", {"bus": "plant220", **HERE}, 130.0),
                ("W out", {"area": "outside"}, 420.0),
            )
        ],
        "thermal": [
            {
                "name": "C plant",
                "bus": "plant220",
                **HERE,
                "carrier": "coal",
                "max_p_mw": 100.0,
                "min_p_pu": 0.3,
                "cost_cny_per_mwh": 330.0,
            },
            {
                "name": "C out",
                "area": "outside",
                "carrier": "coal",
                "units": 6,
                "max_p_mw": 600.0,
                "min_p_pu": 0.4,
                "cost_cny_per_mwh": 300.0,
            },
        ],
        "battery": [
            {
                "name": "S",
                "bus": "east110",
                **HERE,
                "max_p_mw": 25.0,
                "energy_mwh": 60.0,
                "efficiency_charge_percent": 90.0,
                "efficiency_discharge_percent": 92.0,
            }
        ],
        "pumped_storage": [
            {
                "name": "P",
                "area": "outside",
                "max_p_mw": 60.0,
                "max_pump_mw": 60.0,
                "energy_mwh": 300.0,
                "efficiency_pump_percent": 88.0,
                "efficiency_turbine_percent": 90.0,
            }
        ],
    }
    grid = grids.city()
    made = {t: toy.frame(t, rows) for t, rows in tables.items()}
    weak = grid["line"]["name"] == "tap-town"
    made["line"] = grid["line"].assign(max_i_spring_ka=grid["line"]["max_i_spring_ka"].mask(weak, 0.2))
    made["trafo3w"] = grid["trafo3w"].assign(tap_pos=[0, 5])
    network = dataclasses.replace(grid, tables={**grid.tables, **made})
    steps = 72 if freq == "1h" else 96
    rng, hour = np.random.default_rng(3), np.arange(steps) * (1.0 if freq == "1h" else 0.25)
    wave = np.cos(hour * np.pi / 12)
    profiles = toy.profiles(
        network,
        steps,
        freq=freq,
        available={
            r.name: r.max_p_mw * np.clip(0.55 + 0.4 * wave + rng.normal(0, 0.1, steps), 0.0, 1.0)
            for r in network["wind"].itertuples()
        },
        demand={r.name: r.max_p_mw * (0.7 - 0.15 * wave) for r in network["load"].itertuples()},
    )
    return network, profiles


def failing(network: Network, profiles: Profiles, dispatch: Dispatch) -> set[str]:
    """Names of the checks that fail, all those of a run but the AC rows."""
    table = as_table([*check_dispatch(network, profiles, dispatch), check_ledger(dispatch, ledger(dispatch).rows)])
    assert len(table) == 19
    return set(table.loc[~table["ok"], "check"])


def run(options: DispatchOptions = OPTIONS, freq: str = "1h") -> set[str]:
    network, profiles = city(freq)
    return failing(network, profiles, solve_dispatch(network, profiles, options=options))


@pytest.mark.parametrize("freq", ["1h", "15min"])
def test_without_a_fault_every_check_holds(freq):
    """And the case has what the faults need: cut plants, limits in force and out of force, stores at work."""
    network, profiles = city(freq)
    d = solve_dispatch(network, profiles, options=OPTIONS)
    assert failing(network, profiles, d) == set()
    assert d.role("charge").to_numpy().sum() > 10.0
    if freq == "15min":
        return
    assert {"section", "line"} <= set(d.binding["kind"])
    cut = d.role("curtailed").sum(axis=1).to_numpy() > 1.0
    assert (cut & ~np.isin(np.arange(len(cut)), d.binding["step"])).any()


def test_sign_of_a_flow_factor(monkeypatch):
    factors = dc.ptdf

    def turned(*arguments: Any) -> np.ndarray:
        model = arguments[0]
        out = factors(*arguments)
        out[list(model.element).index("tap-town")] *= -1.0
        return out

    monkeypatch.setattr(dc, "ptdf", turned)  # tap-town is in no section
    assert run() == {FLOWS}


def test_a_section_counted_in_the_wrong_direction(monkeypatch):
    weighted = dc._section_matrix
    monkeypatch.setattr(dc, "_section_matrix", lambda *arguments: -weighted(*arguments))
    # what the tie really carries is then beyond the limit of the tables, too
    assert run() == {SECTIONS, SECTION_LIMITS}


def test_a_section_that_misses_a_branch(monkeypatch):
    """Of the windings of a three-winding transformer the wrong one: the tie no longer sees what it should."""
    weighted = dc._section_matrix

    def wrong(network: Network, model: Any, factors: np.ndarray) -> np.ndarray:
        parts = network["section_branch"]
        lines = dataclasses.replace(
            network, tables={**network.tables, "section_branch": parts[parts["element_type"] == "line"]}
        )
        return weighted(lines, model, factors)

    monkeypatch.setattr(dc, "_section_matrix", wrong)
    # with pumps in whole units the blind tie also carries more than its limit (with any pump power it just did not)
    assert run() == {SECTIONS, SECTION_LIMITS}


def test_voltage_not_squared_in_the_reactance_of_a_line(monkeypatch):
    """x_pu = X / (V / S) instead of X / (V^2 / S): lines get V times too stiff beside the transformers."""
    make = electrical._lines

    def wrong(frame: pd.DataFrame, bus: pd.Series, nodes: Any) -> dict:
        row = make(frame, bus, nodes)
        return row | {"x_pu": row["x_pu"] * nodes.vn_kv[row["from_node"]]}

    monkeypatch.setattr(electrical, "_lines", wrong)
    assert run() == {FLOWS}


def test_off_nominal_ratio_forgotten(monkeypatch):
    monkeypatch.setattr(states, "susceptance", lambda model: 1.0 / (model.x_pu * model.ratio_pu**2))
    assert run() == {FLOWS}


def planned(**outages: tuple[str, str]) -> tuple[Network, Profiles]:
    """The city with branches out by plan on some days of 10-12 April; underscores stand for blanks and hyphens."""
    network, profiles = city()
    names = {n.replace(" ", "_").replace("-", "_").replace("#", "_"): n for n in network["line"]["name"]}
    rows = [
        {"element_type": "line", "element": names[name], "from_day": first, "to_day": last}
        for name, (first, last) in outages.items()
    ]
    table = toy.frame("branch_outage", rows)
    return dataclasses.replace(network, tables={**network.tables, "branch_outage": table}), profiles


OUTAGES = {"north_plant_II": ("04-11", "04-11"), "east_town": ("04-11", "04-12")}


def test_planned_outages_without_a_fault():
    """Three states of the grid: whole, two branches out, one out; the outages move flows and bind."""
    network, profiles = planned(**OUTAGES)
    d = solve_dispatch(network, profiles, options=OPTIONS)
    assert failing(network, profiles, d) == set()
    assert (d.branch_mw["north-plant II"].to_numpy() == 0.0).tolist() == [False] * 24 + [True] * 24 + [False] * 24
    assert (d.branch_mw["east-town"].to_numpy() == 0.0).tolist() == [False] * 24 + [True] * 48
    assert not np.allclose(d.branch_mw, solve_dispatch(*city(), options=OPTIONS).branch_mw)


def test_a_planned_outage_forgotten(monkeypatch):
    whole = dc.grid_states
    without = lambda network, *rest: whole(city()[0], *rest)  # noqa: E731
    monkeypatch.setattr(dc, "grid_states", without)
    network, profiles = planned(**OUTAGES)
    assert failing(network, profiles, solve_dispatch(network, profiles, options=OPTIONS)) == {FLOWS}


@pytest.mark.parametrize(
    "wrong",
    [
        lambda index, first, last: states_on_outage(index - pd.Timedelta(days=1), first, last),
        lambda index, first, last: states_on_outage(index, first, last) & (index.strftime("%m-%d") != last),
        lambda index, first, last: states_on_outage(index.tz_convert("UTC"), first, last),
    ],
    ids=["a day late", "the last day missing", "days of another time zone"],
)
def test_a_planned_outage_on_wrong_days(monkeypatch, wrong):
    monkeypatch.setattr(states, "on_outage", wrong)
    network, profiles = planned(**OUTAGES)
    assert failing(network, profiles, solve_dispatch(network, profiles, options=OPTIONS)) == {FLOWS}


def test_a_planned_outage_of_the_wrong_branch(monkeypatch):
    right = dc.grid_states
    other = planned(north_plant_I=("04-11", "04-11"), east_town=("04-11", "04-12"))[0]
    monkeypatch.setattr(dc, "grid_states", lambda _, *rest: right(other, *rest))
    network, profiles = planned(**OUTAGES)
    assert failing(network, profiles, solve_dispatch(network, profiles, options=OPTIONS)) == {FLOWS}


def test_flows_under_an_outage_that_cuts_off_power_are_no_number():
    """The dispatch refuses such a calendar; results that got past it must not look checked."""
    network, profiles = planned(**OUTAGES)
    d = solve_dispatch(network, profiles, options=OPTIONS)
    cut = planned(tap_town=("04-12", "04-12"), **OUTAGES)[0]
    table = as_table(check_dispatch(cut, profiles, d)).set_index("check")
    assert table.loc[FLOWS, "worst"] == np.inf and "2030-04-12" in table.loc[FLOWS, "where"]


@pytest.mark.parametrize(
    ("first", "last", "out"),
    [
        ("12-31", "01-01", ["2030-12-31", "2030-01-01"]),
        ("02-28", "03-01", ["2030-02-28", "2030-03-01"]),
        ("06-30", "06-30", ["2030-06-30"]),
    ],
)
def test_days_of_a_planned_outage_by_hand(first, last, out):
    """Both ends included; over the turn of the year where the first day comes after the last."""
    index = pd.date_range("2030-01-01", periods=365 * 24, freq="h", tz="Asia/Shanghai")
    network = planned(east_town=(first, last))[0]
    away = planned_out(network, index)["east-town"]
    assert sorted(out) == sorted(set(index[away].strftime("%Y-%m-%d"))) and away.sum() == 24 * len(out)


def test_a_season_of_a_section_forgotten(monkeypatch):
    """The tie takes 40 MW in spring, 60 the rest of the year; a dispatch that knows only the year exports 60."""
    network, profiles = city()
    row = {"section": "tie", "season": "spring", "max_p_mw": 40.0, "min_p_mw": -300.0}
    network = dataclasses.replace(
        network, tables={**network.tables, "section_season": toy.frame("section_season", [row])}
    )
    d = solve_dispatch(network, profiles, options=OPTIONS)
    assert failing(network, profiles, d) == set() and d.section_mw["tie"].max() == pytest.approx(40.0, abs=1e-4)
    limits = dc._section_limits
    monkeypatch.setattr(dc, "_section_limits", lambda _, seasons: limits(city()[0], seasons))
    assert failing(network, profiles, solve_dispatch(network, profiles, options=OPTIONS)) == {SECTION_LIMITS}


def test_step_length(monkeypatch):
    """A quarter of an hour taken for an hour: stores move four times the energy."""
    assemble = solve.assemble
    hourly = lambda blocks, nodes, steps, _, **kw: assemble(blocks, nodes, steps, 1.0, **kw)  # noqa: E731
    monkeypatch.setattr(solve, "assemble", hourly)
    assert run() == set(), "hourly steps do not know the fault"
    assert run(freq="15min") == {RECURSION}


def test_efficiency_on_the_wrong_side(monkeypatch):
    """Discharging costs eta * p of stored energy instead of p / eta."""
    make = solve.assemble

    def wrong(*arguments: Any, **options: Any) -> Any:
        system = make(*arguments, **options)
        stores = dataclasses.replace(system.stores, efficiency_discharge_pu=1.0 / system.stores.efficiency_discharge_pu)
        return dataclasses.replace(system, stores=stores)

    monkeypatch.setattr(solve, "assemble", wrong)
    assert run() == {RECURSION}


def test_storage_that_need_not_end_where_it_began(monkeypatch):
    bounds = WindowLP.energy_bounds
    monkeypatch.setattr(WindowLP, "energy_bounds", lambda self, _: bounds(self, None))
    assert run() == {CYCLE}


def test_a_store_that_charges_and_discharges_at_once(monkeypatch):
    """Without wear it pays to burn a surplus; the LP does so unless each step gets a direction."""
    free = Penalties(storage_wear_cny_per_mwh=0.0, stored_energy_value_cny_per_mwh=0.0)
    options = dataclasses.replace(OPTIONS, penalties=free, share="vertex", section_limits=False, branch_limits=False)
    assert run(options) <= {SHARES}
    monkeypatch.setattr(window, "give_direction", lambda *_: 0)
    assert run(options) - {SHARES} == {BOTH_WAYS}


def test_who_is_cut_left_to_the_solver(monkeypatch):
    monkeypatch.setattr(rolling, "credited_share", lambda _, state: rolling.vertex(state))
    assert run() == {SHARES}


def test_who_is_cut_by_priority(monkeypatch):
    """The plants of the city first: the total is right, the shares are not."""
    result = solve.result_of

    def wrong(*arguments: Any) -> Dispatch:
        trace, system = arguments[6], arguments[2]
        cut = np.flatnonzero(system.columns.role == "wind.curtailed")
        calm = np.setdiff1d(np.arange(len(trace.x)), np.concatenate([b["step"] for b in trace.binding]))
        room = system.columns.upper_mw[np.ix_(calm, cut)]
        before = np.cumsum(room, axis=1) - room
        total = trace.x[np.ix_(calm, cut)].sum(axis=1)
        trace.x[np.ix_(calm, cut)] = np.clip(total[:, None] - before, 0.0, room)
        return result(*arguments)

    monkeypatch.setattr(solve, "result_of", wrong)
    assert run() >= {SHARES}


def test_more_used_than_there_is(monkeypatch):
    """Curtailment with the wrong sign of its bound: plants 'cut' less than nothing."""
    make = gridsim.devices.wind.block

    def wrong(*arguments: Any) -> Any:
        block = make(*arguments)
        flow = dataclasses.replace(block.flows[0], lower_mw=block.flows[0].lower_mw - 5.0)
        return dataclasses.replace(block, flows=(flow,))

    monkeypatch.setitem(gridsim.devices.DEVICES, "wind", wrong)
    assert "0 <= used <= available [MW]" in run(dataclasses.replace(OPTIONS, share="vertex"))


def test_a_limit_that_is_not_imposed(monkeypatch):
    monkeypatch.setattr(WindowLP, "violated", lambda *_: (np.zeros(0, dtype=int), np.zeros(0, dtype=int)))
    # the last two are worked out from the tables
    assert run() == {"flows inside their limits [MW]", RATINGS, SECTION_LIMITS}


def test_demand_lost_on_the_way(monkeypatch):
    """A tenth of the demand forgotten: every balance still closes, so the profiles are asked."""
    make = gridsim.devices.load.block

    def wrong(*arguments: Any) -> Any:
        block = make(*arguments)
        fixed = dataclasses.replace(block.fixed[0], p_mw=0.9 * block.fixed[0].p_mw)
        return dataclasses.replace(block, fixed=(fixed,))

    monkeypatch.setitem(gridsim.devices.DEVICES, "load", wrong)
    assert run() == {"demand, schedules and available power as given [MW]"}


def test_a_part_of_the_ledger_dropped(monkeypatch):
    split = elements._split
    monkeypatch.setattr(elements, "_split", lambda *arguments: split(*arguments).iloc[:0])
    assert run() == {CAUSES}


def test_a_cause_counted_twice(monkeypatch):
    split = elements._split
    monkeypatch.setattr(elements, "_split", lambda *arguments: pd.concat([split(*arguments)] * 2))
    assert run() == {CAUSES}


@pytest.mark.parametrize(
    ("fault", "missing"),
    [
        (lambda index: index, 0),
        (lambda index: index.delete(4000), 1),
        (lambda index: index[:-24], 24),
        (lambda index: index.delete(1).insert(5, index[5]), 2),
    ],
    ids=["none", "one dropped", "a day dropped", "one dropped and one twice"],
)
def test_an_hour_of_the_ac_dropped(
    tiny_run: Any, monkeypatch: pytest.MonkeyPatch, fault: Callable[[pd.DatetimeIndex], pd.DatetimeIndex], missing: int
):
    """The tiny study simulated with its dispatch at hand; only the AC state loses hours."""
    case = tiny_run.case
    monkeypatch.setattr(gridsim.case, "make_profiles", lambda *_, **__: case.profiles)
    monkeypatch.setattr(gridsim.case, "solve_dispatch", lambda *_, **__: case.dispatch)
    monkeypatch.setattr(gridsim.case, "without_branch_limits", lambda *_, **__: case.dispatch)
    lost = dataclasses.replace(case.ac, index=fault(case.ac.index))
    monkeypatch.setattr(gridsim.case, "check_ac_dispatch", lambda *_, **__: lost)
    table = as_table(gridsim.case.simulate(case.network, case.drivers).checks).set_index("check")
    assert table.loc[AC_ROWS, "worst"] == missing
    assert set(table.index[~table["ok"]]) == ({AC_ROWS} if missing else set())


def test_an_hour_that_did_not_converge_is_still_a_row(tiny_run):
    index = tiny_run.case.dispatch.index
    assert check_ac_rows(index, pd.DataFrame({"time": index, "converged": False})).ok


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_no_number_fails_its_check(value):
    network, profiles = city()
    d = solve_dispatch(network, profiles, options=OPTIONS)
    energy = d.energy_mwh.copy()
    energy.iloc[7, 0] = value
    assert RECURSION in failing(network, profiles, dataclasses.replace(d, energy_mwh=energy))


def test_ratings_doubled_in_the_dispatch(monkeypatch):
    network, profiles = city()
    honest = dc.rating_mva_by_step
    monkeypatch.setattr(dc, "rating_mva_by_step", lambda *arguments, **options: 2.0 * honest(*arguments, **options))
    assert failing(network, profiles, solve_dispatch(network, profiles, options=OPTIONS)) == {RATINGS}


def test_plant_above_what_its_units_can_give(monkeypatch):
    """Plants that give 30 % more than their units can, in an evening that needs every one of them."""
    network, profiles = city()
    scarce = dataclasses.replace(profiles, available_mw=0.05 * profiles.available_mw)
    honest = plant.thermal.block

    def generous(tables, fleet, *given):
        return honest(tables, dataclasses.replace(fleet, unit_mw=1.3 * fleet.unit_mw), *given)

    few = dataclasses.replace(OPTIONS.commitment, reserve_percent=0.0)
    options = dataclasses.replace(OPTIONS, commitment=few)
    assert ONLINE not in failing(network, scarce, solve_dispatch(network, scarce, options=options))
    monkeypatch.setattr(plant.thermal, "block", generous)
    assert failing(network, scarce, solve_dispatch(network, scarce, options=options)) == {ONLINE}

"""The loop between dispatch and AC, on cases solved by hand."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from exporting import LOAD, OPTIONS, TAN_PHI, V, exporting, given, loop

from gridsim.curtailment import CAUSES, ledger
from gridsim.options import CommitmentOptions


def test_reactive_flow_that_loads_a_line_to_110_percent():
    """DC lets 100 MW out (rating 100 MVA); the load draws Q from x, so AC finds S / V = 110.

    Round 1: P = 100 / 1.10 * 0.999.  Q does not change, so round 2 hits: S = 99.9 V, P^2 = (99.9 V)^2 - Q^2.  That much
    less leaves w, the wind is cut by it, and its cause is ``ac``; what the 100 MW limit cut stays ``branch``.
    """
    network = exporting()
    before, after = loop(network, given(network, 3, wind_mw=[LOAD + 150.0, LOAD + 150.0, LOAD + 50.0]))
    assert before.ac.loading_percent[:, 0] == pytest.approx([110.0, 110.0, 72.8], abs=0.1)
    assert after.ac.loading_percent[:2, 0] == pytest.approx(99.9, abs=2e-3)
    q = TAN_PHI * LOAD
    clean = np.sqrt((99.9 * V) ** 2 - q**2)
    assert clean == pytest.approx(87.53, abs=0.01)
    cut = after.dispatch.role("curtailed")["wind"]
    assert cut.to_numpy() == pytest.approx([150.0 - clean, 150.0 - clean, 0.0], abs=2e-3)
    parts = {c: p["wind"].to_numpy() for c, p in zip(CAUSES, ledger(after.dispatch).parts_mw)}
    assert parts["branch"] == pytest.approx([50.0, 50.0, 0.0], abs=1e-3)
    assert parts["ac"] == pytest.approx([100.0 - clean, 100.0 - clean, 0.0], abs=2e-3)
    assert set(ledger(after.dispatch).rows.query("cause == 'ac'")["element"]) == {"wx"}
    assert after.cost_mwh == pytest.approx(2 * (100.0 - clean), abs=4e-3)
    assert len(after.rounds) == 2
    row = after.tightened.iloc[0]
    assert (row.element, row.hours, row.remaining_hours, row.ac_reason) == ("wx", 2.0, 0.0, "")
    assert row.max_tightening_mw == pytest.approx(100.0 - clean, abs=2e-3)


def test_no_rounds_leave_the_overload_and_say_so():
    """With ``ac_rounds = 0`` the dispatch stays as it is."""
    network = exporting()
    before, _ = loop(network, given(network, 2, wind_mw=LOAD + 150.0))
    assert before.rounds.empty and before.cost_mwh == 0.0
    assert before.ac.loading_percent.max() > 109.0


def test_reactive_current_alone_above_the_rating_is_listed_and_nothing_is_cut():
    """480 MW of load draw 105.6 Mvar over the line of 105 MVA (at 1.05 p.u.): no active limit helps."""
    network = exporting(load_mw=480.0)
    before, after = loop(network, given(network, 2, wind_mw=500.0, load_mw=480.0))
    assert after.ac.loading_percent.min() > 100.0
    assert after.cost_mwh == 0.0 and after.dispatch is before.dispatch
    row = after.tightened.iloc[0]
    assert (row.hours, row.remaining_hours, row.ac_reason) == (0.0, 2.0, "reactive")


def test_what_demand_alone_overloads_is_listed():
    """No wind: 98 MW flow in to the load, which draws 21.6 Mvar, so S / V = 95.6; on a line of 90 MVA it is 106 %.

    The limit of the dispatch was raised to the 98 MW that must flow, so no round is spent on it.
    """
    network = exporting(load_mw=98.0)
    line = network["line"].assign(**{c: network["line"][c] * 0.9 for c in ("max_i_ka", "max_i_spring_ka")})
    network = network.with_table("line", line)
    _, after = loop(network, given(network, 2, wind_mw=0.0, load_mw=98.0))
    row = after.tightened.iloc[0]
    assert (row.hours, row.remaining_hours, row.ac_reason) == (0.0, 2.0, "demand")
    assert row.max_remaining_percent == pytest.approx(100.0 * np.hypot(98.0, TAN_PHI * 98.0) / (90.0 * V), abs=0.1)


def test_a_tightened_limit_no_schedule_can_meet_goes_back_to_what_can_be_reached():
    """Import of 98 MW on 100 MVA at w, where a plant of 2 MW stands: 22 % of the load in Mvar makes S / V = 108 %.

    Load 300 MW, 202 MW of it from wind that cannot be raised: at best 96 MW flow in, with the local plant at 2 MW.
    The tightened limit (about 82 MW) goes back to 96 MW, the loading stays above 100 %, and the table says why.
    """
    local = {"name": "local", "bus": "w", "county": "county", "carrier": "gas", "max_p_mw": 2.0, "min_p_pu": 0.0}
    network = exporting(load_mw=300.0, plant=(local | {"cost_cny_per_mwh": 900.0},))
    options = dataclasses.replace(OPTIONS.dispatch, commitment=CommitmentOptions(rule="all"))
    profiles = given(network, 2, wind_mw=202.0, load_mw=300.0)
    before, after = loop(network, profiles, dataclasses.replace(OPTIONS, dispatch=options))
    assert before.dispatch.branch_mw["wx"].to_numpy() == pytest.approx([-98.0, -98.0], abs=1e-3)
    assert after.dispatch.branch_mw["wx"].to_numpy() == pytest.approx([-96.0, -96.0], abs=1e-3)
    assert after.ac.loading_percent.min() > 100.0
    row = after.tightened.iloc[0]
    assert (row.hours, row.remaining_hours) == (2.0, 2.0)
    assert row.ac_reason in ("relaxed", "demand")
    assert row.max_tightening_mw == pytest.approx(4.0, abs=1e-3)


def test_days_keep_their_stored_energy_and_untouched_days_their_schedule():
    """Three days, AC overload in one hour of the second: a battery moves inside that day only."""
    battery = {
        "name": "battery",
        "bus": "w",
        "county": "county",
        "max_p_mw": 20.0,
        "energy_mwh": 40.0,
        "efficiency_charge_percent": 95.0,
        "efficiency_discharge_percent": 95.0,
    }
    network = exporting(battery=[battery])
    wind = np.full(72, LOAD + 50.0)
    wind[[5, 30, 53]] = LOAD + np.array([60.0, 130.0, 60.0])
    options = dataclasses.replace(OPTIONS, dispatch=dataclasses.replace(OPTIONS.dispatch, final_state="cyclic"))
    before, after = loop(network, given(network, 72, wind_mw=wind), options)
    assert (before.ac.loading_percent > 100.0).any()
    assert not (after.ac.loading_percent > 100.0).any()
    old, new = (found.dispatch for found in (before, after))
    assert np.abs(old.energy_mwh - new.energy_mwh).to_numpy()[[23, 47, 71]].max() < 1e-5
    tightened = np.unique(np.flatnonzero((before.ac.loading_percent > 100.0).any(axis=1)) // 24)
    rest = ~np.isin(np.arange(72) // 24, tightened)
    assert rest.any() and np.array_equal(old.column_mw[rest], new.column_mw[rest])
    assert after.dispatch.windows.equals(before.dispatch.windows)


def test_a_limit_that_was_not_held_is_seen_by_ac():
    """Planted fault: the tightening is lost on its way to the dispatch; the loop ends and lists the overload."""
    network, rounds = exporting(), []
    profiles = given(network, 2, wind_mw=LOAD + 150.0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gridsim.ac_clean.with_tightened_limits", lambda *a, **k: rounds.append(len(a[3])) or a[2])
        _, after = loop(network, profiles)
    assert rounds == [2] * OPTIONS.ac_rounds
    row = after.tightened.iloc[0]
    assert (row.remaining_hours, row.ac_reason) == (2.0, "rounds")

"""The loop between dispatch and AC on some days of Yueyang 2030, stressed until AC overloads what DC kept inside."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from slices import some_days

from gridsim.ac import check_ac_dispatch
from gridsim.ac_clean import AcClean, ac_clean_dispatch
from gridsim.checks import check_dispatch, check_ledger
from gridsim.curtailment import CAUSES, ledger
from gridsim.dispatch import Dispatch, solve_dispatch
from gridsim.options import SimulationOptions
from gridsim.plant_checks import check_plant
from gridsim.profiles import make_profiles
from gridsim.run_year import study_drivers
from gridsim.study import read_study, study_network

STUDY = Path(__file__).parents[2] / "studies" / "yueyang_2030.toml"
AMPACITY = ["max_i_ka", "max_i_spring_ka", "max_i_winter_ka"]


def closed(rating: float, first: str, days: int, **changes: object) -> tuple[Dispatch, AcClean, SimulationOptions]:
    """Dispatch before the loop and what the loop came to, with line ratings scaled; all checks hold after it."""
    study = read_study(STUDY)
    network = study_network(study)
    line = network["line"]
    network = network.with_table("line", line.assign(**{c: rating * line[c] for c in AMPACITY}))
    options = study.options()
    options = replace(options, dispatch=replace(options.dispatch, **changes))
    drivers = study_drivers(study, network)
    profiles = some_days(make_profiles(network, drivers, hydro_year=options.hydro_year), first, days)
    before = solve_dispatch(network, profiles, options=options.dispatch)
    ac = check_ac_dispatch(network, before)
    found = ac_clean_dispatch(network, profiles, before, ac, options=options)
    checks = check_dispatch(network, profiles, found.dispatch)
    checks += check_plant(network, profiles, found.dispatch, options.dispatch)
    checks.append(check_ledger(found.dispatch, ledger(found.dispatch).rows))
    assert not [c for c in checks if not c.ok]
    return before, found, options


def test_nothing_to_do_costs_nothing():
    before, found, _ = closed(1.0, "2030-04-10", 2)
    assert found.dispatch is before and found.rounds.empty and found.tightened.empty


def test_a_stressed_week_comes_clean_and_its_price_is_told_apart():
    """Lines of half the rating at unity power factor: circuits up to 101.3 % in AC before, none above 100 % after.

    Days keep their ends; days without an overload keep their schedule; the cause ``ac`` is what the ledger had not.
    """
    before, found, _ = closed(0.5, "2030-07-15", 7, rating_power_factor_pu=1.0, outage_limits=False)
    assert 1 <= len(found.rounds) <= 5
    assert not (found.ac.loading_percent[:, ~found.ac.elements["is_equivalent"]] > 100.0).any()
    assert found.tightened["hours"].sum() > 0.0 and found.tightened["remaining_hours"].sum() == 0.0
    ends = np.arange(23, len(before.index), 24)
    assert np.abs(before.energy_mwh - found.dispatch.energy_mwh).to_numpy()[ends].max() < 1e-4
    moved = np.abs(before.column_mw - found.dispatch.column_mw).max(axis=1).reshape(-1, 24).max(axis=1) > 0.0
    assert 0 < moved.sum() <= found.rounds["days"].sum() < 7
    old, new = ({c: p.to_numpy().sum() for c, p in zip(CAUSES, ledger(d).parts_mw)} for d in (before, found.dispatch))
    assert old["ac"] == 0.0
    assert new["ac"] > 0.0
    assert sum(new.values()) - sum(old.values()) == pytest.approx(found.cost_mwh, abs=1e-3)

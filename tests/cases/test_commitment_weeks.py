"""Unit commitment of five weeks of Yueyang 2030: the stated gap against a much longer solve."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from slices import some_days

from gridsim.dispatch import solve_dispatch
from gridsim.network import Network
from gridsim.options import DispatchOptions
from gridsim.profiles import Profiles, make_profiles
from gridsim.run_year import study_drivers
from gridsim.study import read_study, study_network

STUDY = Path(__file__).parents[2] / "studies" / "yueyang_2030.toml"
#: winter, two spring weeks (one in full surplus), summer, autumn
WEEKS = ("2030-01-14", "2030-04-10", "2030-04-29", "2030-07-18", "2030-10-01")
STATED, LONG = 1e-3, 1e-4


@pytest.fixture(scope="module")
def year() -> tuple[Network, Profiles, DispatchOptions]:
    study = read_study(STUDY)
    network = study_network(study)
    options = study.options().dispatch
    one_window = replace(
        options, window_h=168.0, step_h=168.0, share="vertex", branch_limits=False,
        storage=replace(options.storage, pumping="relaxed"),
    )  # fmt: skip
    return network, make_profiles(network, study_drivers(study, network)), one_window


@pytest.mark.slow
@pytest.mark.parametrize("first", WEEKS)
def test_the_stated_gap_holds_against_a_longer_solve(year, first):
    """The week as one program: ten times the precision finds nothing better than the stated gap allows."""
    network, profiles, options = year
    found = {}
    for gap in (STATED, LONG):
        rule = replace(options.commitment, rule="milp", mip_gap=gap, mip_time_limit_s=600.0)
        d = solve_dispatch(network, some_days(profiles, first, 7), options=replace(options, commitment=rule))
        assert d.windows["mip_gap"].iloc[0] <= gap
        found[gap] = float(d.windows["commitment_cny"].iloc[0])
    assert found[STATED] <= found[LONG] * (1.0 + STATED)
    assert found[LONG] <= found[STATED] * (1.0 + LONG)

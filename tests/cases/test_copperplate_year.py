"""A copper-plate year of Yueyang: one county's hourly curtailment against a script that knows no solver."""

from __future__ import annotations

import ast
import dataclasses
from pathlib import Path

import copperplate
import numpy as np
import pandas as pd
import pytest

from gridsim.dispatch import solve_dispatch
from gridsim.drivers import read_drivers
from gridsim.network import Network, read_network
from gridsim.options import DispatchOptions
from gridsim.profiles import Profiles, make_profiles

ROOT = Path(__file__).parents[2]
COUNTY = "华容县"


def on_a_plate() -> tuple[Network, Profiles]:
    """Yueyang 2030 without stores, its hydro at the day's mean: no hour knows of another one."""
    network = read_network(ROOT / "networks" / "yueyang", scenario="2030")
    network = network.with_tables({t: network[t].iloc[:0] for t in ("battery", "pumped_storage")})
    profiles = make_profiles(network, read_drivers(network, weather=ROOT / "weather" / "yueyang"))
    days = len(profiles.hydro_energy_mwh)
    mean = np.repeat(profiles.hydro_energy_mwh.to_numpy() / 24.0, len(profiles.index) // days, axis=0)
    band = pd.DataFrame(mean, index=profiles.index, columns=profiles.hydro_energy_mwh.columns)
    return network, dataclasses.replace(profiles, hydro_min_mw=band, hydro_max_mw=band)


def test_the_script_is_short_and_imports_nothing_of_gridsim():
    text = Path(copperplate.__file__).read_text("utf-8")
    tree = ast.parse(text)
    names = {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
    names |= {n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
    assert names == {"__future__", "numpy", "pandas"}
    assert len([line for line in text.splitlines() if line.strip()]) <= 40


@pytest.fixture(scope="module")
def plate():
    network, profiles = on_a_plate()
    options = DispatchOptions(branch_limits=False, section_limits=False)
    return network, profiles, solve_dispatch(network, profiles, options=options)


def test_curtailment_of_one_county_hour_by_hour(plate):
    network, profiles, dispatch = plate
    expected = copperplate.curtailed_mw(dict(network.tables), profiles, dispatch.online, COUNTY)
    found = dispatch.role("curtailed")[list(expected)]
    assert expected.shape[1] >= 3
    assert (expected.sum(axis=1) > 1.0).sum() > 200, "hardly anything is cut: nothing is tested"
    assert (found - expected).abs().sum(axis=1).max() < 1e-6
    assert found.to_numpy().sum() == pytest.approx(expected.to_numpy().sum(), rel=1e-9)


def test_last_resorts_come_in_order(plate):
    """Imports give way before anybody is cut; water is spilled only when everybody is cut completely."""
    _, _, dispatch = plate
    cut, room = dispatch.role("curtailed").sum(axis=1), dispatch.controllable_mw.sum(axis=1)
    columns = dispatch.system.columns
    flexible = columns.upper_mw[:, columns.role == "external.reduced"].sum(axis=1)
    reduced = dispatch.role("reduced").sum(axis=1)
    assert (flexible - reduced)[cut > 1e-3].abs().max() < 1e-6
    spilled = dispatch.role("spilled").sum(axis=1)
    assert (spilled > 1.0).any(), "no hour reaches the next resort"
    assert (room - cut)[spilled > 1e-3].abs().max() < 1e-6
    # without stores and with flat hydro some evenings lack power, but never while somebody is cut
    assert dispatch.role("unserved").sum(axis=1)[cut > 1e-3].max() < 1e-6

"""What cases share is what does not depend on them: neighbours of a sweep read weather and demand once."""

from __future__ import annotations

import dataclasses
import os
import shutil
from pathlib import Path

import pandas as pd
import pytest

from gridsim.generation import PHYSICS, Physics
from gridsim.profiles import make_profiles
from gridsim.run_year import Inputs, read_inputs
from gridsim.study import Study, read_study, study_network
from gridsim.sweep import shared
from gridsim.sweep.matrix import with_overrides
from gridsim.sweep.shared import drivers_key, profiles_key

STUDIES = Path(__file__).parents[2] / "studies"
STUDY = "county_sweep_2030.toml"


@pytest.fixture(scope="module")
def county() -> Study:
    return read_study(STUDIES / STUDY)


def varied(study: Study, **values: object) -> Study:
    return with_overrides(study, {name.replace("__", "."): value for name, value in values.items()})


def key(study: Study, **values: object) -> str | None:
    other = varied(study, **values)
    return drivers_key(other, study_network(other))


def test_capacity_county_and_limits_share_weather_and_demand(county):
    first = key(county, addition__0__p_mw=100.0)
    assert first is not None
    assert key(county, addition__0__p_mw=800.0) == first
    assert key(county, addition__0__county="汨罗市", addition__0__p_mw=800.0) == first
    assert key(county, limits__export_mw=5600.0, addition__0__p_mw=100.0) == first


def test_demand_weather_and_scenario_do_not(county):
    first = key(county)
    others = [
        key(county, scale__demand_pu=1.05),
        key(county, weather__seed=2),
        key(county, weather__source="synthetic", weather__year=2016),
        key(county, network__scenario="2025"),
        key(county, demand__day_to_day="temperature"),
    ]
    assert len({first, *others}) == 6


def test_profiles_are_shared_by_cases_that_differ_in_limits_of_sections_only(county):
    def profiled(**values: object) -> str | None:
        study = varied(county, **values)
        network = study_network(study)
        return profiles_key(study, network, drivers_key(study, network))

    first = profiled(addition__0__p_mw=100.0)
    assert first is not None
    assert profiled(addition__0__p_mw=100.0, limits__export_mw=5600.0) == first
    others = [
        profiled(addition__0__p_mw=200.0),
        profiled(addition__0__p_mw=100.0, hydro__year="dry"),
        profiled(addition__0__p_mw=100.0, scale__demand_pu=1.05),
    ]
    assert len({first, *others}) == 4


def same(found: Inputs, alone: Inputs) -> None:
    """Bit for bit."""
    for table, frame in alone.network.tables.items():
        pd.testing.assert_frame_equal(found.network[table], frame, check_exact=True)
    pd.testing.assert_frame_equal(found.drivers.demand_mw, alone.drivers.demand_mw, check_exact=True)
    assert {k: v.tobytes() for k, v in found.drivers.weather.items()} == {
        k: v.tobytes() for k, v in alone.drivers.weather.items()
    }
    assert found.drivers.provenance == alone.drivers.provenance
    pd.testing.assert_frame_equal(found.quality, alone.quality, check_exact=True)
    made = make_profiles(alone.network, alone.drivers)
    assert found.profiles is not None
    for field in dataclasses.fields(made):
        mine, other = getattr(found.profiles, field.name), getattr(made, field.name)
        if isinstance(other, pd.DataFrame):
            pd.testing.assert_frame_equal(mine, other, check_exact=True, obj=field.name)


def test_what_is_shared_is_what_would_be_read(county, monkeypatch):
    """A, A with more sun, that with another tie limit, and B with more demand, which puts A's inputs out."""
    read: list[str] = []
    for name in ("read_network", "study_drivers", "checked_weather", "make_profiles"):
        once = getattr(shared, name)
        monkeypatch.setattr(shared, name, lambda *a, _f=once, _n=name, **k: (read.append(_n), _f(*a, **k))[1])
    reader = shared.sharing(most=1)
    driven = ["study_drivers", "checked_weather", "make_profiles"]
    for values, made in (
        ({}, ["read_network", *driven]),
        ({"addition.0.p_mw": 300.0}, ["make_profiles"]),
        ({"addition.0.p_mw": 300.0, "limits.export_mw": 5600.0}, []),
        ({"scale.demand_pu": 1.05}, driven),
    ):
        study = with_overrides(county, values)
        read.clear()
        found = reader(study)
        assert read == made
        if len(made) in (0, len(driven)):  # everything shared; nothing but the tables shared
            same(found, read_inputs(study))


def test_the_physics_of_plants_that_stay_runs_once(county, monkeypatch):
    """800 MW more of sun: no combination of sites and parameters is new, so no power is worked out again."""
    runs: list[str] = []

    def counted(table: str, run: Physics) -> Physics:
        return lambda plant, at: (runs.append(table), run(plant, at))[1]

    table = {name: (parameters, counted(name, run)) for name, (parameters, run) in PHYSICS.items()}
    monkeypatch.setattr(shared, "PHYSICS", table)
    reader = shared.sharing()
    reader(county)
    assert {"wind", "solar"} == set(runs)
    first = reader(with_overrides(county, {"addition.0.p_mw": 300.0}))
    runs.clear()
    more = with_overrides(county, {"addition.0.p_mw": 800.0})
    second = reader(more)
    assert not runs
    assert second.profiles.available_mw.to_numpy().sum() > first.profiles.available_mw.to_numpy().sum()
    same(second, read_inputs(more))


def test_a_file_that_was_changed_is_read_again(tmp_path):
    """Workers of a standing cluster outlive a sweep: same folder, other weather."""
    for name in ("networks", "weather", "studies"):
        shutil.copytree(STUDIES.parent / name, tmp_path / name)
    study = read_study(tmp_path / "studies" / STUDY)
    network = study_network(study)
    first = drivers_key(study, network)
    assert drivers_key(study, network) == first
    path = sorted((tmp_path / "weather").rglob("*.csv*"))[-1]
    os.utime(path, (1.0, 1.0))
    assert drivers_key(study, network) != first

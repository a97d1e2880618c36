"""What cases share is what does not depend on them: neighbours of a sweep read weather and demand once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from gridsim.run_year import study_drivers
from gridsim.study import Study, read_study, study_network
from gridsim.sweep.matrix import with_overrides
from gridsim.sweep.shared import drivers_key, remembering

STUDIES = Path(__file__).parents[2] / "studies"


@pytest.fixture(scope="module")
def county() -> Study:
    return read_study(STUDIES / "county_sweep_2030.toml")


def key(study: Study, **values: object) -> str | None:
    varied = with_overrides(study, {name.replace("__", "."): value for name, value in values.items()})
    return drivers_key(varied, study_network(varied))


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


def test_what_is_kept_is_what_would_be_read(county):
    read: list[Study] = []

    def reading(study: Study, network: object) -> object:
        read.append(study)
        return study_drivers(study, network)  # type: ignore[arg-type]

    shared = remembering(reading, most=1)  # type: ignore[arg-type]
    more = with_overrides(county, {"addition.0.p_mw": 300.0})
    grown = with_overrides(county, {"scale.demand_pu": 1.05})
    for study in (county, more, grown, county):
        network = study_network(study)
        found, alone = shared(study, network), study_drivers(study, network)
        np.testing.assert_array_equal(found.demand_mw.to_numpy(), alone.demand_mw.to_numpy())
        assert list(found.sites["name"]) == list(alone.sites["name"])
    assert read == [county, grown, county]  # the second shared the first's; only one is kept

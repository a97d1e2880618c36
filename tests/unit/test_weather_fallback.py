"""Sites that the first source has not got come from the next one, only when asked for, and it is said."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from gridsim.errors import InvalidInput, Problem
from gridsim.sections import WeatherSection
from gridsim.weather.canonical import WITHOUT_WIND, Weather, wind_column
from gridsim.weather.fallback import first_that_has
from gridsim.weather.origin import Origin
from gridsim.weather.study_year import study_index

INDEX = study_index(2030)


def source(name, have, winds, temp):
    """A source with some sites; wind in m/s by height."""

    def read(folder, sites, year, seed):
        missing = [s for s in sites if s not in have]
        if missing:
            raise InvalidInput([Problem(name, f"no site {s}", "add it", row=s) for s in missing])
        shape = (len(INDEX), len(sites))
        data = {c: np.full(shape, 100_000.0 if c == "pressure_pa" else temp) for c in WITHOUT_WIND}
        data |= {wind_column(h): np.full(shape, v) for h, v in winds.items()}
        table = pd.DataFrame({"name": sites, "lat_deg": 29.0, "lon_deg": 113.0, "elevation_m": 50.0})
        return Weather(INDEX, table, data, str(year), name, {f"{name}.nc": "0"})

    return read


FIRST = source("measured", ("甲", "丙"), {50.0: 6.0, 10.0: 4.0}, 10.0)
NEXT = source("synthetic: x", ("甲", "乙", "丙"), {100.0: 8.0, 10.0: 4.0}, 20.0)


def read(sites, **sources):
    return first_that_has(sources, None, sites, year=2019, seed=1, index=INDEX)


def test_without_a_fallback_a_missing_site_is_refused():
    with pytest.raises(InvalidInput, match="no site 乙"):
        read(["甲", "乙"], files=FIRST)


def test_only_the_missing_site_comes_from_the_next_source_and_says_so():
    """Wind at 50 m between 4 m/s at 10 m and 8 m/s at 100 m: exponent ln 2 / ln 10 = 0.301; 8 * 0.5^0.301 = 6.493."""
    got = read(["甲", "乙", "丙"], files=FIRST, synthetic=NEXT)
    assert list(got.sites["name"]) == ["甲", "乙", "丙"]
    assert got.data["temp_air_degc"][0].tolist() == [10.0, 20.0, 10.0]
    assert list(got.data)[-2:] == ["wind_speed_50m_m_per_s", "wind_speed_10m_m_per_s"]
    assert got.data["wind_speed_50m_m_per_s"][0] == pytest.approx([6.0, 6.493, 6.0], abs=1e-3)
    assert got.origin["乙"][0] == Origin("all", "next_source", "synthetic")
    assert Origin("wind_speed_50m_m_per_s", "other_heights", "10 m, 100 m") in got.origin["乙"]
    assert not [o for o in got.origin["甲"] if o.how == "next_source"]
    assert got.source == "measured; synthetic: x"
    assert set(got.files) == {"measured.nc", "synthetic: x.nc"}


def test_nothing_is_said_when_the_first_source_has_all():
    got = read(["甲", "丙"], files=FIRST, synthetic=NEXT)
    assert got.origin == {} and got.source == "measured"


def test_a_site_that_none_has_is_told_by_the_first_source():
    with pytest.raises(InvalidInput, match="measured, row 丁: no site 丁"):
        read(["甲", "丁"], files=FIRST, synthetic=NEXT)


def test_one_height_cannot_stand_in_for_another():
    one = source("station", ("乙",), {10.0: 3.0}, 15.0)
    with pytest.raises(InvalidInput, match="wind at 50 m is needed"):
        read(["甲", "乙"], files=FIRST, epw=one)


def test_a_study_names_its_fallback():
    assert WeatherSection(folder="w", fallback="synthetic").fallback == "synthetic"
    with pytest.raises(ValueError, match="fallback"):
        WeatherSection(folder="w", fallback="guess")

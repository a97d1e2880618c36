"""The weather check inside a run: errors stop it with their numbers, warnings go into tables, manifest and report."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from weather_record import record

from gridsim.driver_checks import checked_weather, weather_report
from gridsim.drivers import Drivers
from gridsim.errors import InvalidInput
from gridsim.report.catalogue import read_texts
from gridsim.report.model import Paragraph, Table
from gridsim.report.weather_quality import weather_quality
from gridsim.store import Findings
from gridsim.weather.canonical import COLUMNS, Weather
from gridsim.weather.study_year import on_study_year, study_index

SITES = pd.DataFrame({"name": ["甲"], "lat_deg": [29.3], "lon_deg": [113.1], "elevation_m": [40.0]})


@pytest.fixture(scope="module")
def drivers():
    frame = record()
    data = {c: frame[[c]].to_numpy() for c in COLUMNS}
    index = study_index(2030)
    weather = on_study_year(Weather(pd.DatetimeIndex(frame.index), SITES, data, "2025"), index)
    return Drivers(index, SITES, weather.data, pd.DataFrame(), year=2025, provenance={"weather": "measured: test"})


def with_column(drivers, column, values):
    return replace(drivers, weather={**drivers.weather, column: values})


def test_clean_weather_is_said_to_be_so(drivers):
    got, report = checked_weather(drivers)
    assert "0 errors, 0 warnings" in got.provenance["weather_quality"]
    assert got.weather is drivers.weather
    assert set(report["severity"]) <= {"ok", "info"}
    assert len(report) > 30
    (said,) = weather_quality(Findings({}, {}, {"weather_quality": report}), read_texts("en"))
    assert isinstance(said, Paragraph)
    assert "nothing to report" in said.text
    phrase = read_texts("zh").phrase("provenance", got.provenance["weather_quality"])
    assert "错误 0 项" in phrase


def test_errors_stop_with_their_numbers(drivers):
    """Temperature in kelvin; the study may say that it wants to run all the same."""
    kelvin = with_column(drivers, "temp_air_degc", drivers.weather["temp_air_degc"] + 273.15)
    with pytest.raises(InvalidInput, match=r"site|甲.*temp_air_degc.*unit.* K") as caught:
        checked_weather(kelvin)
    assert len(caught.value.problems) == 1
    assert 'quality = "report"' in str(caught.value)
    got, report = checked_weather(kelvin, on_error="report")
    assert "1 errors" in got.provenance["weather_quality"]
    (table,) = weather_quality(Findings({}, {}, {"weather_quality": report}), read_texts("zh"))
    assert isinstance(table, Table)
    assert table.rows[0][0].text == "错误"


def test_warnings_do_not_stop(drivers):
    scaled = with_column(drivers, "wind_speed_100m_m_per_s", drivers.weather["wind_speed_10m_m_per_s"] * 1.58)
    got, report = checked_weather(scaled)
    assert "0 errors" in got.provenance["weather_quality"]
    assert "scaled_height" in set(report.loc[report["severity"] == "warning", "check"])


def test_shifted_sun_stops(drivers):
    """Eight hours: a UTC file taken for Beijing time."""
    names = ("ghi_w_per_m2", "dni_w_per_m2", "dhi_w_per_m2")
    late = replace(drivers, weather={k: np.roll(v, 8, axis=0) if k in names else v for k, v in drivers.weather.items()})
    with pytest.raises(InvalidInput, match="time_zone"):
        checked_weather(late)


def test_weather_of_15_minutes_is_judged_by_its_hours(drivers):
    fine = study_index(2030, step_minutes=15)
    hourly = Weather(drivers.index, SITES, drivers.weather, "2025")
    at = on_study_year(hourly, fine)
    report = weather_report(replace(drivers, index=fine, weather=at.data))
    assert set(report["severity"]) <= {"ok", "info"}
    row = report[report["check"] == "label"].iloc[0]
    assert row.found.startswith("left, +3")


def test_no_sites_no_check(drivers):
    bare = replace(drivers, sites=SITES.iloc[:0], weather={})
    got, report = checked_weather(bare)
    assert report.empty
    assert got is bare

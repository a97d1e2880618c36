"""ERA5 NetCDF files: sums of the hour before the stamp, instants, kelvin, joules, grid points, pieces of a year."""

from __future__ import annotations

import zipfile

import numpy as np
import pandas as pd
import pytest
from weather_files import era5_frame, write_era5

from gridsim.drivers import SOURCES
from gridsim.errors import InvalidInput
from gridsim.weather.assemble import Site
from gridsim.weather.era5 import from_files
from gridsim.weather.intervals import extraterrestrial

pytest.importorskip("xarray", reason="the extra [era5] is not installed")
pytest.importorskip("netCDF4", reason="the extra [era5] is not installed")

HERE = Site("甲", 29.30, 113.20, 50.0)
HOUR = pd.Timedelta(hours=1)


@pytest.fixture(scope="module")
def frame():
    return era5_frame("2018-12-31", "2020-01-01")


def said(weather, site="甲"):
    return {(o.quantity, o.how, o.detail) for o in weather.origin[site]}


def test_an_hour_in_china_is_made_of_its_own_sum_and_its_own_ends(tmp_path, frame):
    """ssrd stamped 05:00 UTC is the sum of 04:00-05:00 UTC = 12:00-13:00 in China; wind at 10 m is (3, -4): 5 m/s.

    Temperature 288.15 K + 5 sin(2 pi hour / 24) at full hours UTC; the hour 14:00-15:00 in China is 6:00-7:00 UTC:
    15 + 5 (1 + sin(105 deg)) / 2 = 19.915.
    """
    got = from_files([write_era5(tmp_path / "a.nc", frame)], [HERE], year=2019)
    assert got.index[0] == pd.Timestamp("2019-01-01", tz="Asia/Shanghai") and len(got.index) == 8760
    toa = extraterrestrial(got.index, HOUR, 29.25, 113.25)
    assert got.data["ghi_w_per_m2"][:, 0] == pytest.approx(0.5 * toa, abs=0.05)
    assert got.data["dhi_w_per_m2"][:, 0] == pytest.approx(0.2 * toa, abs=0.05)
    assert got.data["wind_speed_10m_m_per_s"] == pytest.approx(5.0, abs=1e-5)
    at = got.index.get_loc(pd.Timestamp("2019-05-01 14:00", tz="Asia/Shanghai"))
    assert got.data["temp_air_degc"][at, 0] == pytest.approx(19.915, abs=0.002)
    assert got.data["pressure_pa"] == pytest.approx(100_500.0)
    assert "wind_speed_100m_m_per_s" in got.data
    assert {("temp_air_degc", "ends_averaged", ""), ("dni_w_per_m2", "beam_over_cosine", "fdir")} <= said(got)
    assert ("ghi_w_per_m2", "as_given", "ssrd / 3600 s, right") in said(got)
    assert ("all", "cell", "ERA5 29.25 N 113.25 E") in said(got)


def test_direct_irradiance_closes_with_the_sun_at_the_middle_of_the_hour(tmp_path, frame):
    from gridsim.sun import interval_middle, sun_position

    got = from_files([write_era5(tmp_path / "a.nc", frame)], [HERE], year=2019)
    sun = sun_position(interval_middle(got.index), np.array([29.25]), np.array([113.25]))
    high = sun.zenith_deg[:, 0] < 80.0
    beam = got.data["dni_w_per_m2"][:, 0] * np.cos(np.radians(sun.zenith_deg[:, 0]))
    total = beam + got.data["dhi_w_per_m2"][:, 0]
    assert total[high] == pytest.approx(got.data["ghi_w_per_m2"][high, 0], abs=0.1)


def test_months_two_kinds_of_files_and_the_zip_of_the_store_are_joined(tmp_path, frame):
    whole = from_files([write_era5(tmp_path / "whole.nc", frame)], [HERE], year=2019)
    first, second = frame[:"2019-06-30 23:00"], frame["2019-07-01":]
    write_era5(tmp_path / "accum.nc", second[["ssrd", "fdir"]])
    write_era5(tmp_path / "instant.nc", second.drop(columns=["ssrd", "fdir"]))
    with zipfile.ZipFile(tmp_path / "second.zip", "w") as archive:
        archive.write(tmp_path / "accum.nc", "data_stream-oper_stepType-accum.nc")
        archive.write(tmp_path / "instant.nc", "data_stream-oper_stepType-instant.nc")
    got = from_files([write_era5(tmp_path / "first.nc", first), tmp_path / "second.zip"], [HERE], year=2019)
    for name in whole.data:
        assert got.data[name] == pytest.approx(whole.data[name])
    assert set(got.files) == {"first.nc", "second.zip"}


def test_old_files_with_time_and_expver_are_read(tmp_path, frame):
    new = from_files([write_era5(tmp_path / "new.nc", frame)], [HERE], year=2019)
    old = from_files([write_era5(tmp_path / "old.nc", frame, style="old")], [HERE], year=2019)
    for name in new.data:
        assert old.data[name] == pytest.approx(new.data[name], abs=1e-6)


def test_a_calendar_year_in_utc_lacks_eight_hours_in_china_and_it_is_said(tmp_path, frame):
    got = from_files([write_era5(tmp_path / "a.nc", frame["2019-01-01":])], [HERE], year=2019)
    assert ("wind_speed_100m_m_per_s", "edge_repeated", "2019-01-01 00:00 - 08:00") in said(got)


def test_sites_share_points_of_the_grid_and_far_ones_are_refused(tmp_path, frame):
    write_era5(tmp_path / "a.nc", frame)
    rows = "甲,29.3,113.2,50\n乙,29.2,113.3,40\n丙,29.05,113.05,40\n远,31,113,40\n"
    (tmp_path / "sites.csv").write_text(f"name,lat_deg,lon_deg,elevation_m\n{rows}", "utf-8")
    got = SOURCES["era5"](tmp_path, ["甲", "乙", "丙"], 2019, 1)
    cells = {s: next(d for _, how, d in said(got, s) if d.startswith("ERA5")) for s in ("甲", "乙", "丙")}
    assert cells["甲"] == cells["乙"] == "ERA5 29.25 N 113.25 E" != cells["丙"]
    with pytest.raises(InvalidInput, match="'远' lies"):
        SOURCES["era5"](tmp_path, ["甲", "远"], 2019, 1)


def test_without_fdir_sp_and_100_m_wind_the_rest_is_derived_and_said(tmp_path, frame):
    poor = frame.drop(columns=["fdir", "sp", "u100", "v100"])
    got = from_files([write_era5(tmp_path / "a.nc", poor)], [HERE], year=2019)
    hows = {(q, how) for q, how, _ in said(got)}
    assert {("dni_w_per_m2", "split"), ("pressure_pa", "from_height")} <= hows
    assert ("wind_speed_10m_m_per_s", "one_height") in hows


def test_era5_lands_sums_from_midnight_are_refused(tmp_path, frame):
    summed = frame.assign(ssrd=frame.groupby(frame.index.date)["ssrd"].cumsum())
    with pytest.raises(InvalidInput, match="summed up from midnight"):
        from_files([write_era5(tmp_path / "a.nc", summed)], [HERE], year=2019)


def test_missing_variables_days_and_years_and_broken_files_are_refused(tmp_path, frame):
    with pytest.raises(InvalidInput, match="variable t2m is in none"):
        from_files([write_era5(tmp_path / "a.nc", frame.drop(columns="t2m"))], [HERE], year=2019)
    with pytest.raises(InvalidInput, match=r"4[89] of 8760 intervals"):
        from_files([write_era5(tmp_path / "b.nc", frame.drop(index=frame.index[4000:4048]))], [HERE], year=2019)
    with pytest.raises(InvalidInput, match="none is asked for"):
        from_files([tmp_path / "b.nc"], [HERE], year=None)
    (tmp_path / "c.nc").write_bytes(b"<html>queue full</html>")
    (tmp_path / "c.zip").write_bytes(b"PK broken")
    with pytest.raises(InvalidInput, match=r"c\.nc.*ERA5 file") as caught:
        from_files([tmp_path / "c.nc", tmp_path / "c.zip"], [HERE], year=2019)
    assert "zip file is broken" in str(caught.value)
    with pytest.raises(InvalidInput, match="no values of the time"):
        from_files([tmp_path / "b.nc"], [HERE], year=2016)

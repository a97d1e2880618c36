"""EPW files: labels, missing codes, typical and calendar years, which site takes which file."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from weather_files import LAT, LON, epw_text

from gridsim.drivers import SOURCES
from gridsim.errors import InvalidInput
from gridsim.weather.assemble import Site
from gridsim.weather.epw import from_files
from gridsim.weather.intervals import extraterrestrial

HERE = Site("甲", LAT, LON, 52.0)
HOUR = pd.Timedelta(hours=1)


def one(tmp_path, *, year=None, site=HERE, encoding="utf-8", **how):
    path = tmp_path / "a.epw"
    path.write_bytes(epw_text(**how).encode(encoding))
    return from_files([path], [site], year=year)


def said(weather, site="甲"):
    return {(o.quantity, o.how, o.detail) for o in weather.origin[site]}


def test_irradiance_is_that_of_the_hour_that_begins_at_the_label(tmp_path):
    """EPW hour 13 is 12:00-13:00; temperature and wind hold for 13:00, so an hour's value is the mean of its ends.

    Wind at the end of hour i (0..8759) is 2 + i/10000; the hour 00:00-01:00 of 2 January begins with i = 23 and ends
    with i = 24: 2.00235.
    """
    got = one(tmp_path)
    toa = extraterrestrial(got.index, HOUR, LAT, LON)
    real = pd.date_range("2019-01-01", periods=8760, freq="h", tz="Asia/Shanghai")
    want = 0.5 * extraterrestrial(real, HOUR, LAT, LON)
    assert got.label == "typical" and len(got.index) == 8760
    assert got.data["ghi_w_per_m2"][:, 0] == pytest.approx(want, abs=0.01)
    assert np.corrcoef(toa, want)[0, 1] > 0.9999
    assert got.data["wind_speed_10m_m_per_s"][24, 0] == pytest.approx(2.00235, abs=1e-9)
    assert {("ghi_w_per_m2", "as_given", ""), ("temp_air_degc", "ends_averaged", "")} <= said(got)
    assert ("wind_speed_10m_m_per_s", "one_height", "") in said(got)


def test_irradiance_of_cswd_files_is_centred_on_the_label_and_is_shifted(tmp_path):
    real = pd.date_range("2019-01-01", periods=8760, freq="h", tz="Asia/Shanghai")
    centred = 0.5 * extraterrestrial(real - HOUR / 2, HOUR, LAT, LON)
    got = one(tmp_path, kind="CSWD", ghi=centred, dhi=0.4 * centred)
    want = 0.5 * extraterrestrial(real, HOUR, LAT, LON)
    assert got.data["ghi_w_per_m2"][:, 0] == pytest.approx(want, abs=1.0)
    assert ("ghi_w_per_m2", "shifted", "+30 min") in said(got) or ("ghi_w_per_m2", "shifted", "-30 min") in said(got)


def test_months_of_different_years_are_a_typical_year_even_with_a_leap_february(tmp_path):
    got = one(tmp_path, years={m: 2003 + m for m in range(1, 13)})
    assert ("all", "typical_months", " ".join(str(2003 + m) for m in range(1, 13))) in said(got)
    assert len(got.index) == 8760


def test_a_calendar_year_is_asked_for_by_its_number(tmp_path):
    got = one(tmp_path, year=2020, years=2020)
    assert got.label == "2020" and len(got.index) == 8784
    assert any(how == "edge_repeated" for _, how, _ in said(got))  # nothing holds for 00:00 of 1 January
    with pytest.raises(InvalidInput, match="there are: 2020"):
        one(tmp_path, year=2019, years=2020)
    with pytest.raises(InvalidInput, match="only typical years"):
        one(tmp_path, year=2019, years={m: 2003 + m for m in range(1, 13)})


def test_a_leap_year_taken_as_typical_loses_its_leap_day_and_says_so(tmp_path):
    got = one(tmp_path, years=2020)
    assert len(got.index) == 8760
    assert ("all", "leap_day_left_out", "2020") in said(got)


def test_a_file_in_utc_is_rolled_to_china(tmp_path):
    got = one(tmp_path, zone_h=0.0)
    noon = got.data["ghi_w_per_m2"][:, 0].reshape(-1, 24).mean(axis=0).argmax()
    assert noon in (11, 12)


def test_missing_codes_are_missing_values(tmp_path):
    temp, pressure, wind = np.full(8760, 15.0), np.full(8760, 101_000.0), np.full(8760, 3.0)
    temp[100:102], pressure[200], wind[300] = 99.9, 999_999.0, 999.0
    got = one(tmp_path, temp=temp, pressure=pressure, wind=wind)
    assert got.data["temp_air_degc"].max() == pytest.approx(15.0)
    assert got.data["wind_speed_10m_m_per_s"].max() == pytest.approx(3.0)
    temp[1000:1048] = 99.9
    with pytest.raises(InvalidInput, match="intervals on"):
        one(tmp_path, temp=temp)


def test_a_city_name_in_gbk_is_read(tmp_path):
    assert any("岳阳" in detail for _, _, detail in said(one(tmp_path, city="岳阳", encoding="gbk")))


@pytest.mark.parametrize("spoil", [lambda t: t[: len(t) // 2], lambda t: "<html>404</html>", lambda t: ""])
def test_broken_files_are_refused(tmp_path, spoil):
    path = tmp_path / "a.epw"
    path.write_text(spoil(epw_text()), "utf-8")
    with pytest.raises(InvalidInput, match=r"a\.epw"):
        from_files([path], [HERE])


# -- which file ---------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path):
    """Two stations: north at 29.4 N, south at 28.2 N, 130 km apart; south is 2 K warmer."""
    (tmp_path / "north.epw").write_text(epw_text(place=(29.4, 113.1, 50.0)), "utf-8")
    warm = np.full(8760, 17.0)
    (tmp_path / "south.epw").write_text(epw_text(place=(28.2, 113.0, 50.0), temp=warm), "utf-8")
    return tmp_path


def sites_csv(folder, text):
    (folder / "sites.csv").write_text(text, "utf-8")


def test_a_site_takes_the_nearest_file_and_says_how_far_it_is(folder):
    sites_csv(folder, "name,lat_deg,lon_deg,elevation_m\n甲,29.37,113.13,50\n乙,28.23,112.94,50\n丙,28.7,113.6,50\n")
    got = SOURCES["epw"](folder, ["甲", "乙", "丙"], None, 1)
    assert got.data["temp_air_degc"].mean(axis=0) == pytest.approx([15.0, 17.0, 17.0])
    assert ("all", "cell", "4 km") in said(got, "甲")
    far = [(how, detail) for _, how, detail in said(got, "丙") if how == "far_away"]
    assert far and 70 <= int(far[0][1].split()[0]) <= 85
    assert set(got.files) == {"north.epw", "south.epw"}


def test_a_file_may_be_named_in_sites_csv(folder):
    head = "name,lat_deg,lon_deg,elevation_m,file\n"
    sites_csv(folder, head + "甲,29.37,113.13,50,south.epw\n乙,28.23,112.94,50,\n")
    got = SOURCES["epw"](folder, ["甲", "乙"], None, 1)
    assert got.data["temp_air_degc"].mean(axis=0) == pytest.approx([17.0, 17.0])
    sites_csv(folder, head + "甲,29.37,113.13,50,west.epw\n")
    with pytest.raises(InvalidInput, match=r"west\.epw"):
        SOURCES["epw"](folder, ["甲"], None, 1)


def test_unknown_sites_and_empty_folders_are_refused(folder, tmp_path):
    sites_csv(folder, "name,lat_deg,lon_deg,elevation_m\n甲,29.37,113.13,50\n")
    with pytest.raises(InvalidInput, match="丁"):
        SOURCES["epw"](folder, ["丁"], None, 1)
    (folder / "empty").mkdir()
    with pytest.raises(InvalidInput, match=r"no \.epw file"):
        SOURCES["epw"](folder / "empty", ["甲"], None, 1)

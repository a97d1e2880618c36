"""From a source's stamps to interval-start hours in China: labels, gaps, heights, what is said about them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from gridsim.weather.assemble import Record, Site, assemble, standard_pressure_pa
from gridsim.weather.intervals import (
    STAMP_YEAR,
    all_round,
    extraterrestrial,
    irradiance_on_intervals,
    offset_min,
    on_intervals,
    year_index,
)

HOUR = pd.Timedelta(hours=1)
SITE = Site("甲", 29.37, 113.13, 50.0)
UTC = pd.date_range("2018-12-31", "2020-01-01 23:00", freq="h", tz="UTC")


def record(stamps=UTC, *, middle=30.0, drop=(), **columns) -> Record:
    """Plausible values: global irradiance half the extraterrestrial, the hour of the year as wind."""
    start = stamps + pd.Timedelta(minutes=middle) - HOUR / 2
    toa = extraterrestrial(start, HOUR, SITE.lat_deg, SITE.lon_deg)
    values = pd.DataFrame(
        {
            "ghi_w_per_m2": 0.5 * toa,
            "dhi_w_per_m2": 0.2 * toa,
            "temp_air_degc": 15.0 + 10.0 * np.sin(np.arange(len(stamps)) * 2 * np.pi / 24),
            "pressure_pa": 101_000.0,
            "wind_speed_10m_m_per_s": 3.0 + 0.001 * (np.arange(len(stamps)) % 1000),
        },
        index=stamps,
    ).assign(**columns)
    values = values.drop(columns=list(drop))
    return Record("file", values, dict.fromkeys(values.columns, middle), "test", 50.0)


def made(given: Record, year: int | None = 2019, site: Site = SITE):
    problems = []
    got = assemble(given, site, problems, year=year)
    assert problems == []
    return got


def problems_of(given: Record, year: int = 2019) -> list[str]:
    problems = []
    assert assemble(given, SITE, problems, year=year) is None
    return [str(p) for p in problems]


# -- labels -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("stamp_minute", "middle"), [(0, 30.0), (0, -30.0), (30, 0.0)])
def test_left_right_and_middle_labels_of_whole_hours_are_only_stamped_anew(stamp_minute, middle):
    """The same hours said in three ways: begin 00:00 left = end 01:00 right = 00:30 middle."""
    shift = {30.0: 0, -30.0: 60, 0.0: 30}[middle]
    stamps = UTC + pd.Timedelta(minutes=shift)
    assert stamps[0].minute == stamp_minute
    got, left = made(record(stamps, middle=middle)), made(record())
    assert got.index.equals(left.index)
    assert got.index[0] == pd.Timestamp("2019-01-01", tz="Asia/Shanghai")
    for name in left.data:
        assert got.data[name] == pytest.approx(left.data[name])
    assert {o.how for o in got.origin["甲"] if o.quantity != "dni_w_per_m2"} == {"as_given", "one_height"}


def test_utc_becomes_china_time():
    """16:00 UTC on 31 December is midnight in China; wind is 3 m/s plus its hour after 2018-12-31 00:00 UTC / 1000."""
    got = made(record())
    assert got.data["wind_speed_10m_m_per_s"][0, 0] == pytest.approx(3.016)
    night = got.data["ghi_w_per_m2"][:, 0] * ((got.index.hour < 5) | (got.index.hour > 20))
    assert night.max() == 0.0
    noon = got.data["ghi_w_per_m2"][:, 0].reshape(-1, 24).mean(axis=0).argmax()
    assert noon in (11, 12)  # the sun culminates at 12:27 on average


def test_values_at_the_full_hour_become_the_mean_of_both_ends():
    """Temperature 1, 2, 3 ... at the full hours is 1.5, 2.5 ... as the mean of the hours."""
    series = pd.Series(np.arange(1.0, 5.0), index=pd.date_range("2019-01-01", periods=4, freq="h", tz="UTC"))
    index = pd.date_range("2019-01-01 08:00", periods=4, freq="h", tz="Asia/Shanghai")
    got, interpolated = on_intervals(series, 0.0, index, gap=HOUR)
    assert got[:3] == pytest.approx([1.5, 2.5, 3.5])
    assert np.isnan(got[3]) and interpolated.tolist() == [True, True, True, False]
    assert offset_min(series.index, 0.0) == 30.0
    assert offset_min(series.index, 30.0) == 0.0
    assert offset_min(series.index + pd.Timedelta(minutes=10), 0.0) == -20.0


def test_irradiance_shifted_by_half_an_hour_keeps_its_clearness_and_nearly_its_sum():
    """Half the extraterrestrial, centred on the full hour, is half of it on every hour after the shift."""
    days = pd.date_range("2019-06-01", periods=10 * 24, freq="h", tz="UTC")
    toa = extraterrestrial(days - HOUR / 2, HOUR, SITE.lat_deg, SITE.lon_deg)
    index = days[24:-24].tz_convert("Asia/Shanghai")
    place = {"lat_deg": SITE.lat_deg, "lon_deg": SITE.lon_deg, "gap": HOUR}
    got, shifted = irradiance_on_intervals(pd.Series(0.5 * toa, index=days), 0.0, index, **place)
    want = 0.5 * extraterrestrial(index, HOUR, SITE.lat_deg, SITE.lon_deg)
    assert got == pytest.approx(want, abs=0.01)
    assert got.sum() == pytest.approx(0.5 * toa[24:-24].sum(), rel=1e-3)
    assert shifted.all()


def test_direct_irradiance_is_not_moved_but_follows_from_the_moved_components():
    given = record(middle=0.0, drop=("dhi_w_per_m2",), dni_w_per_m2=0.0)
    got = made(given)
    said = {(o.quantity, o.how) for o in got.origin["甲"]}
    assert ("ghi_w_per_m2", "shifted") in said and ("dni_w_per_m2", "closed") in said
    assert ("temp_air_degc", "ends_averaged") in said
    assert got.data["dni_w_per_m2"].max() < 1.0
    assert got.data["dhi_w_per_m2"] == pytest.approx(got.data["ghi_w_per_m2"], abs=1.0)


# -- years --------------------------------------------------------------------------------------------------


def test_a_leap_year_has_8784_hours_and_without_its_leap_day_8760():
    stamps = pd.date_range("2019-12-31", "2021-01-01", freq="h", tz="UTC")
    whole = made(record(stamps), 2020)
    assert len(whole.index) == 8784
    local = stamps.tz_convert("Asia/Shanghai")
    without = record(stamps[~((local.month == 2) & (local.day == 29))])
    got = made(without, 2020)
    assert len(got.index) == 8760
    assert ("all", "leap_day_left_out", "2020-02-29") in {(o.quantity, o.how, o.detail) for o in got.origin["甲"]}


def test_the_ends_of_a_typical_year_are_neighbours():
    """Instants at the full hour: the last hour averages 23:00 of 31 December with 00:00 of 1 January."""
    stamps = year_index(None, HOUR)
    given = record(stamps, middle=0.0, wind_speed_10m_m_per_s=np.r_[9.0, np.full(8758, 3.0), 5.0])
    got = made(Record(given.name, given.values, given.middle_min, "tmy", 50.0, typical=True), None)
    assert got.label == "typical" and got.index[0].year == STAMP_YEAR and len(got.index) == 8760
    assert got.data["wind_speed_10m_m_per_s"][-1, 0] == pytest.approx(7.0)
    assert len(all_round(given.values)) == 8760 + 50


def test_another_year_is_refused_in_one_sentence():
    (said,) = problems_of(record(), 2025)
    assert "nothing of 2025" in said


# -- gaps ---------------------------------------------------------------------------------------------------


def test_three_hours_are_bridged_and_said_four_are_refused():
    stamps = UTC
    three = record(stamps)
    three.values.iloc[1000:1003, 2] = np.nan
    got = made(three)
    assert [o.detail for o in got.origin["甲"] if o.how == "gap_interpolated"] == ["3 h, first 02-11 00:00"]
    four = record(stamps)
    four.values.iloc[1000:1004, 2] = np.nan
    (said,) = problems_of(four)
    assert "4 of 8760 intervals on 1 days are missing" in said and "temp_air_degc" in said


def test_missing_irradiance_follows_the_sun():
    """Two hours at noon of constant clearness come back exactly."""
    given = record()
    whole = given.values["ghi_w_per_m2"].copy()
    noon = given.values.index.get_loc(pd.Timestamp("2019-06-10 04:00", tz="UTC"))
    given.values.iloc[noon : noon + 2, :2] = np.nan
    got = made(given)
    at = got.index.get_loc(pd.Timestamp("2019-06-10 12:00", tz="Asia/Shanghai"))
    assert got.data["ghi_w_per_m2"][at : at + 2, 0] == pytest.approx(whole.iloc[noon : noon + 2], abs=0.1)


def test_missing_days_are_refused_for_every_column():
    given = record()
    given.values.iloc[2000:2072] = np.nan
    said = problems_of(given)
    assert len(said) == 6
    assert all("72 of 8760 intervals on" in s for s in said)


def test_eight_hours_at_the_edge_repeat_the_next_day():
    """A UTC calendar year begins at 08:00 in China: the first eight hours are those of 2 January, and it is said."""
    got = made(record(UTC[24:]))
    assert got.data["temp_air_degc"][:8, 0] == pytest.approx(got.data["temp_air_degc"][24:32, 0])
    edges = [o for o in got.origin["甲"] if o.how == "edge_repeated"]
    assert {o.detail for o in edges} == {"2019-01-01 00:00 - 08:00"} and len(edges) == 6
    said = problems_of(record(UTC[25:]))
    assert len(said) == 6


# -- columns and heights ------------------------------------------------------------------------------------


def test_what_is_lacking_is_said_all_at_once():
    said = problems_of(record(drop=("ghi_w_per_m2", "temp_air_degc", "wind_speed_10m_m_per_s")))
    assert len(said) == 3
    assert "only dhi_w_per_m2" in said[0]


def test_a_wrong_unit_is_refused():
    (said,) = problems_of(record(temp_air_degc=288.0))
    assert "outside -50..60" in said and "unit" in said


def test_rounding_below_zero_is_zero_and_real_negatives_are_refused():
    given = record()
    given.values.iloc[100, 0] = -0.3
    assert made(given).data["ghi_w_per_m2"].min() == 0.0
    given.values.iloc[100, 0] = -30.0
    assert any("ghi_w_per_m2" in s and "-30" in s for s in problems_of(given))


def test_only_global_irradiance_is_split_and_said():
    got = made(record(drop=("dhi_w_per_m2",)))
    said = {(o.quantity, o.how, o.kind) for o in got.origin["甲"]}
    assert {("dni_w_per_m2", "split", "derived"), ("dhi_w_per_m2", "split", "derived")} <= said
    assert (got.data["ghi_w_per_m2"] + 1e-6 >= got.data["dhi_w_per_m2"]).all()


def test_pressure_without_a_record_is_the_standard_atmospheres():
    """ISO 2533: 101325 Pa at sea level, 89875 Pa at 1000 m."""
    assert standard_pressure_pa(0.0) == 101_325.0
    assert standard_pressure_pa(1000.0) == pytest.approx(89_875.0, abs=5.0)
    got = made(record(drop=("pressure_pa",)), site=Site("山", 29.37, 113.13, 1000.0))
    assert got.data["pressure_pa"] == pytest.approx(89_875.0, abs=5.0)
    assert ("pressure_pa", "from_height", "assumed") in {(o.quantity, o.how, o.kind) for o in got.origin["山"]}


def test_a_ridge_above_its_cell_is_colder_and_thinner():
    """From 50 m to 1050 m: 6.5 K colder, pressure in the ratio of the standard atmosphere."""
    ridge, plain = made(record(), site=Site("山", 29.37, 113.13, 1050.0)), made(record())
    assert plain.data["temp_air_degc"] - ridge.data["temp_air_degc"] == pytest.approx(6.5)
    ratio = standard_pressure_pa(1050.0) / standard_pressure_pa(50.0)
    assert ridge.data["pressure_pa"] / plain.data["pressure_pa"] == pytest.approx(ratio)
    said = {(o.quantity, o.how): o.detail for o in ridge.origin["山"]}
    assert said["temp_air_degc", "lapse_corrected"] == said["pressure_pa", "height_corrected"] == "50 m -> 1050 m"

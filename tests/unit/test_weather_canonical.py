"""Canonical files: what is written is read, what is wrong is said; weather of one year on another year's index."""

import numpy as np
import pandas as pd
import pytest

from gridsim.errors import InvalidInput
from gridsim.sun import interval_middle, sun_position
from gridsim.weather.canonical import COLUMNS, Weather, quantised, read_canonical, write_canonical
from gridsim.weather.study_year import on_study_year, study_index

SITES = pd.DataFrame(
    {"name": ["甲", "乙"], "lat_deg": [29.3, 28.7], "lon_deg": [113.1, 113.5], "elevation_m": [50.0, 90.0]}
)


def _weather(index: pd.DatetimeIndex) -> Weather:
    """Plausible values, different at every hour; the sun as the sun would have it."""
    rng = np.random.default_rng(4)
    sun = sun_position(interval_middle(index), SITES["lat_deg"].to_numpy(), SITES["lon_deg"].to_numpy())
    up = np.maximum(np.cos(np.radians(sun.zenith_deg)), 0.0)
    dni, dhi = 500.0 * (up > 0.0), 150.0 * up
    data = {
        "ghi_w_per_m2": dni * up + dhi,
        "dni_w_per_m2": dni,
        "dhi_w_per_m2": dhi,
        "temp_air_degc": rng.uniform(-4, 36, up.shape),
        "pressure_pa": rng.uniform(99_000, 103_000, up.shape),
        "wind_speed_100m_m_per_s": rng.uniform(0, 18, up.shape),
        "wind_speed_10m_m_per_s": rng.uniform(0, 9, up.shape),
    }
    return Weather(index, SITES, data, "2019", "synthetic: test")


@pytest.fixture(scope="module")
def weather():
    return _weather(study_index(2019))


@pytest.fixture
def folder(tmp_path, weather):
    SITES.to_csv(tmp_path / "sites.csv", index=False)
    write_canonical(weather, tmp_path / "2019")
    return tmp_path / "2019"


def test_what_is_written_is_read_to_the_storage_step(folder, weather):
    got = read_canonical(folder)
    assert got.index.equals(weather.index)
    assert list(got.sites["name"]) == ["甲", "乙"]
    assert (got.label, got.source) == ("2019", "synthetic: test")
    for name, quantity in COLUMNS.items():
        assert got.data[name] == pytest.approx(weather.data[name], abs=0.501 * quantity.quantum)
        assert got.data[name] == pytest.approx(quantised(weather).data[name], rel=1e-6)
    assert all(p.stat().st_size < 300_000 for p in folder.glob("*.parquet"))
    assert set(got.files) == {"2019/甲.parquet", "2019/乙.parquet"}


def test_sites_come_in_the_order_asked_for(folder, weather):
    got = read_canonical(folder, names=["乙"])
    assert list(got.sites["name"]) == ["乙"]
    assert got.data["temp_air_degc"][:, 0] == pytest.approx(weather.data["temp_air_degc"][:, 1], abs=0.06)


def test_everything_wrong_with_the_files_is_said_at_once(folder):
    a, b = (pd.read_parquet(folder / f"{n}.parquet") for n in ("甲", "乙"))
    a.loc[100, "pressure_pa"], a.loc[7, "ghi_w_per_m2"] = 1013.0, np.nan
    a.drop(index=50).to_parquet(folder / "甲.parquet")
    b.drop(columns="dhi_w_per_m2").to_parquet(folder / "乙.parquet")
    with pytest.raises(InvalidInput) as caught:
        read_canonical(folder)
    assert sorted(p.column for p in caught.value.problems) == ["dhi_w_per_m2", "ghi_w_per_m2", "pressure_pa", "time"]


def test_times_without_zone_missing_files_and_unknown_sites_are_refused(folder):
    a = pd.read_parquet(folder / "甲.parquet")
    a.assign(time=a["time"].dt.tz_localize(None)).to_parquet(folder / "甲.parquet")
    (folder / "乙.parquet").unlink()
    with pytest.raises(InvalidInput, match="no time zone") as caught:
        read_canonical(folder)
    assert "file is missing" in str(caught.value)
    with pytest.raises(InvalidInput, match="丙"):
        read_canonical(folder, names=["甲", "丙"])


def test_files_of_different_hours_are_refused(folder):
    b = pd.read_parquet(folder / "乙.parquet")
    b.iloc[:-24].to_parquet(folder / "乙.parquet")
    with pytest.raises(InvalidInput, match="differs from that of 甲"):
        read_canonical(folder)


def test_a_study_year_takes_month_day_and_hour(weather):
    got = on_study_year(weather, study_index(2030))
    assert len(got.index) == 8760
    assert np.array_equal(got.data["temp_air_degc"], weather.data["temp_air_degc"])


def test_29_february_repeats_the_28th_or_is_left_out(weather):
    leap = on_study_year(weather, study_index(2028))
    temp = leap.data["temp_air_degc"]
    assert len(temp) == 8784
    first = (31 + 27) * 24
    assert np.array_equal(temp[first + 24 : first + 48], temp[first : first + 24])
    back = on_study_year(leap, study_index(2030))
    assert np.array_equal(back.data["temp_air_degc"], weather.data["temp_air_degc"])


def test_quarter_hours_follow_the_sun_and_keep_every_hours_energy(weather):
    index = study_index(2019, step_minutes=15)
    fine = on_study_year(weather, index)
    assert len(fine.index) == 35_040
    for name in ("ghi_w_per_m2", "dhi_w_per_m2"):
        hourly = fine.data[name].reshape(8760, 4, 2).mean(axis=1)
        assert hourly == pytest.approx(weather.data[name], abs=1e-9)
    day = fine.data["ghi_w_per_m2"][180 * 96 : 181 * 96, 0]
    assert (np.diff(day[28:44]) > 0.0).all()  # 7:00 to 11:00: rising within the hours too
    back = on_study_year(fine, study_index(2019))
    assert back.data["ghi_w_per_m2"] == pytest.approx(weather.data["ghi_w_per_m2"], abs=1e-9)


def test_weather_that_is_not_a_whole_year_is_refused(weather):
    part = Weather(weather.index[:8000], SITES, {k: v[:8000] for k, v in weather.data.items()}, "2019")
    with pytest.raises(InvalidInput, match="760 missing"):
        on_study_year(part, study_index(2030))


def test_steps_that_do_not_divide_are_refused(weather):
    with pytest.raises(InvalidInput, match="step of 60 min"):
        on_study_year(weather, pd.date_range("2030-01-01", periods=100, freq="25min", tz="Asia/Shanghai"))

"""The synthesiser meets its climate tables and behaves like weather (never compared with itself only)."""

import numpy as np
import pandas as pd
import pytest

from gridsim.errors import InvalidInput
from gridsim.sun import interval_middle, sun_position
from gridsim.weather.climate import NORMAL_NUMBERS, SITE_NUMBERS, Climate, read_climate
from gridsim.weather.months import HOURS, MONTH_DAYS, by_month, month_days, through_months
from gridsim.weather.synthetic import synthesise


def _climate() -> Climate:
    """Three sites: lake, plain and ridge, with round numbers."""
    sites = pd.DataFrame(
        {
            "name": ["湖", "平原", "山"],
            "terrain": ["lake", "plain", "ridge"],
            "normals": "n",
            "lat_deg": [29.3, 28.7, 29.0],
            "lon_deg": [112.9, 113.2, 113.8],
            "elevation_m": [30.0, 60.0, 900.0],
            "ghi_kwh_per_m2": [1150.0, 1120.0, 1100.0],
            "temp_offset_degc": [0.0, -0.5, -5.0],
            "wind_100m_m_per_s": [5.4, 4.8, 5.7],
            "weibull_k": [1.95, 1.9, 1.8],
            "wind_night_pu": [0.11, 0.14, 0.17],
            "shear_day_pu": [0.12, 0.12, 0.07],
            "shear_night_pu": [0.30, 0.44, 0.13],
        }
    )
    normals = pd.DataFrame(
        {
            "normals": "n",
            "month": np.arange(1, 13),
            "temp_mean_degc": [5.0, 7.3, 11.2, 17.5, 22.5, 25.9, 29.1, 28.3, 24.1, 18.7, 13.0, 7.5],
            "temp_sd_degc": 3.0,
            "ghi_kwh_per_m2": [55.0, 50.6, 78.5, 92.5, 113.2, 112.4, 157.9, 135.1, 111.8, 86.8, 68.1, 53.6],
            "pressure_sea_pa": 101500.0 + 1000.0 * np.cos(np.arange(12) / 6.0 * np.pi),
            "linke_turbidity": 3.6,
            "wind_pu": [1.0, 1.03, 1.07, 1.05, 0.98, 0.94, 1.06, 0.97, 0.94, 0.94, 0.99, 1.02],
            "spell_pu": 0.5,
            "cloud_wind_pu": 0.1,
        }
    )
    normals["temp_max_degc"], normals["temp_min_degc"] = (
        normals["temp_mean_degc"] + 3.5,
        normals["temp_mean_degc"] - 2.7,
    )
    return Climate(sites, normals)


@pytest.fixture(scope="module")
def climate():
    return _climate()


@pytest.fixture(scope="module")
def typical(climate):
    return synthesise(climate, seed=1)


def test_through_months_keeps_monthly_means_and_is_continuous():
    monthly = np.array([5.0, 7, 11, 17, 22, 26, 29, 28, 24, 19, 13, 8])
    hourly = through_months(monthly)
    assert by_month(hourly) == pytest.approx(monthly, abs=1e-9)
    assert np.abs(np.diff(np.r_[hourly, hourly[0]])).max() < 0.05
    leap = month_days(2016)
    assert by_month(through_months(monthly, leap), leap) == pytest.approx(monthly, abs=1e-9)
    assert len(through_months(monthly, leap)) == 8784
    assert [month_days(y).sum() for y in (1900, 2000, 2015, 2016)] == [365, 366, 365, 366]


def test_the_year_is_8760_hours_of_beijing_time(typical):
    assert len(typical.index) == HOURS
    assert str(typical.index.tz) == "Asia/Shanghai"
    assert typical.index[0] == pd.Timestamp("2025-01-01", tz="Asia/Shanghai")
    assert typical.label == "typical"
    assert "synthetic" in typical.source


def test_irradiation_of_every_month_is_the_normal_scaled_to_the_site(typical, climate):
    got = by_month(typical.data["ghi_w_per_m2"]) * MONTH_DAYS[:, None] * 24 / 1000
    normal = climate.monthly("ghi_kwh_per_m2")
    assert got == pytest.approx(normal / normal.sum(axis=0) * climate.site("ghi_kwh_per_m2"), rel=1e-5)


def test_irradiance_is_zero_at_night_and_never_above_the_clear_sky(typical, climate):
    from pvlib.location import Location

    sun = sun_position(interval_middle(typical.index), climate.site("lat_deg"), climate.site("lon_deg"))
    ghi = typical.data["ghi_w_per_m2"]
    assert (ghi[sun.apparent_zenith_deg > 90.0] == 0.0).all()
    for s, site in climate.sites.iterrows():
        place = Location(site["lat_deg"], site["lon_deg"], tz="Asia/Shanghai", altitude=site["elevation_m"])
        clear = place.get_clearsky(interval_middle(typical.index), linke_turbidity=3.6)["ghi"].to_numpy()
        assert (ghi[:, s] <= 1.1 * clear + 1.0).all()
        assert ghi[:, s].max() > 0.9 * clear.max()


def test_global_is_direct_plus_diffuse(typical, climate):
    sun = sun_position(interval_middle(typical.index), climate.site("lat_deg"), climate.site("lon_deg"))
    d = typical.data
    beam = d["dni_w_per_m2"] * np.maximum(np.cos(np.radians(sun.zenith_deg)), 0.0)
    assert beam + d["dhi_w_per_m2"] == pytest.approx(d["ghi_w_per_m2"], abs=1e-6)
    assert 0.50 < d["dhi_w_per_m2"].sum() / d["ghi_w_per_m2"].sum() < 0.65


def test_days_come_dark_and_bright_and_in_spells(typical):
    day = typical.data["ghi_w_per_m2"].reshape(365, 24, -1).sum(axis=1) / 1000
    assert 0.06 < (day < 1.0).mean() < 0.16
    assert 0.17 < (day > 5.0).mean() < 0.26
    of_month = np.repeat(np.arange(12), MONTH_DAYS)
    departure = day[:, 0] - np.array([day[of_month == m, 0].mean() for m in range(12)])[of_month]
    assert 0.2 < np.corrcoef(departure[:-1], departure[1:])[0, 1] < 0.8


def test_wind_has_the_weibull_distribution_of_the_site(typical, climate):
    high = typical.data["wind_speed_100m_m_per_s"]
    assert high.mean(axis=0) == pytest.approx(climate.site("wind_100m_m_per_s"), rel=1e-3)
    shape = (high.std(axis=0) / high.mean(axis=0)) ** -1.086  # Justus et al. 1978
    assert shape == pytest.approx(climate.site("weibull_k"), rel=0.03)
    assert by_month(high) / high.mean(axis=0) == pytest.approx(climate.monthly("wind_pu"), abs=0.04)


def test_wind_at_100_m_is_strongest_at_night_and_at_10_m_by_day(typical):
    high = typical.data["wind_speed_100m_m_per_s"].reshape(365, 24, -1).mean(axis=0)
    low = typical.data["wind_speed_10m_m_per_s"].reshape(365, 24, -1).mean(axis=0)
    assert set(high.argmax(axis=0)) <= {23, 0, 1, 2, 3}
    assert set(high.argmin(axis=0)) <= {11, 12, 13, 14, 15}
    swing = high.max(axis=0) - high.min(axis=0)
    assert ((swing > 0.9) & (swing < 2.4)).all()
    assert set(low[:, :2].argmax(axis=0)) <= {11, 12, 13, 14, 15, 16}  # lake and plain; ridges stay windy at night
    assert (typical.data["wind_speed_10m_m_per_s"] < typical.data["wind_speed_100m_m_per_s"]).all()


def test_temperature_meets_the_normals(typical, climate):
    temp = typical.data["temp_air_degc"]
    assert by_month(temp) == pytest.approx(
        climate.monthly("temp_mean_degc") + climate.site("temp_offset_degc"), abs=0.2
    )
    days = temp.reshape(365, 24, -1)
    spread = np.repeat(days.max(axis=1) - days.min(axis=1), 24, axis=0)
    assert by_month(spread) == pytest.approx(np.full((12, 3), 6.2), abs=0.7)
    assert set(days.mean(axis=0).argmax(axis=0)) <= {13, 14, 15, 16}
    daily = days.mean(axis=1)[:, 0]
    assert np.corrcoef(daily[:-1], daily[1:])[0, 1] > 0.9


def test_pressure_falls_with_height(typical):
    mean = typical.data["pressure_pa"].mean(axis=0)
    assert mean[0] == pytest.approx(101_500.0 * (1 - 2.25577e-5 * 30.0) ** 5.25588, rel=2e-3)
    assert mean[2] < 92_000.0


def test_the_same_seed_gives_the_same_year_and_another_seed_another(climate, typical):
    again, other = synthesise(climate, seed=1), synthesise(climate, seed=2)
    for name, values in typical.data.items():
        assert np.array_equal(values, again.data[name])
        assert not np.allclose(values, other.data[name])


def test_adding_a_site_leaves_the_others(climate, typical):
    for names in (["平原"], ["山", "平原"]):
        some = synthesise(climate.at(names), seed=1)
        for name, values in typical.data.items():
            assert np.array_equal(some.data[name][:, -1], values[:, 1]), name


def test_climate_tables_are_checked_all_at_once(tmp_path):
    climate = _climate()
    sites, normals = climate.sites.astype(object), climate.normals.drop(columns="spell_pu")
    sites.loc[0, "weibull_k"], sites.loc[1, "ghi_kwh_per_m2"] = "zwei", 11500
    sites.to_csv(tmp_path / "sites.csv", index=False)
    normals.to_csv(tmp_path / "climatology.csv", index=False)
    with pytest.raises(InvalidInput) as caught:
        read_climate(tmp_path)
    assert {(p.row, p.column) for p in caught.value.problems} == {
        ("2", "weibull_k"),
        ("3", "ghi_kwh_per_m2"),
        ("", "spell_pu"),
    }


def test_climate_needs_all_months_and_known_normals(tmp_path):
    climate = _climate()
    climate.sites.assign(normals=["n", "n", "m"]).to_csv(tmp_path / "sites.csv", index=False)
    climate.normals.iloc[:11].to_csv(tmp_path / "climatology.csv", index=False)
    with pytest.raises(InvalidInput) as caught:
        read_climate(tmp_path)
    assert sorted(p.row for p in caught.value.problems) == ["n", "山"]


def test_every_climate_column_ends_in_a_unit_or_is_a_pure_number():
    from gridsim.units import has_unit

    pure = {"month", "weibull_k", "linke_turbidity"}
    assert all(has_unit(c) or c in pure for c in (*SITE_NUMBERS, *NORMAL_NUMBERS))

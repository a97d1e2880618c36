"""Ten default weather years of Yueyang and Hunan against published figures, with the bounds stated beside them."""

from pathlib import Path

import numpy as np
import pytest

from gridsim.drivers import read_drivers
from gridsim.network import read_network
from gridsim.profiles import make_profiles
from gridsim.weather.climate import read_climate
from gridsim.weather.months import by_month, month_days
from gridsim.weather.synthetic import synthesise

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "weather" / "yueyang"
YEARS = range(2015, 2025)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def climate():
    return read_climate(FOLDER)


@pytest.fixture(scope="module")
def years(climate):
    return {y: synthesise(climate, year=y, seed=1) for y in YEARS}


def _site(climate, name):
    return list(climate.sites["name"]).index(name)


def test_interannual_spread_of_sun_is_4_to_5_percent_at_every_site(years):
    sun = np.array([w.data["ghi_w_per_m2"].sum(axis=0) for w in years.values()])
    spread = sun.std(axis=0, ddof=1) / sun.mean(axis=0)
    assert ((spread > 0.04) & (spread < 0.05)).all()


def test_interannual_spread_of_full_load_hours_is_4_to_5_and_5_to_8_percent():
    network = read_network(ROOT / "networks" / "yueyang", "2030")
    hours = []
    for y in YEARS:
        available = make_profiles(network, read_drivers(network, weather=FOLDER, source="synthetic", weather_year=y))
        hours.append(
            [
                available.available_mw[list(t["name"])].to_numpy().sum() / t["max_p_mw"].sum()
                for table in ("solar", "wind")
                for inside in (True, False)
                for t in (network[table][network[table]["county"].notna() == inside],)
            ]
        )
    hours = np.array(hours)
    spread = hours.std(axis=0, ddof=1) / hours.mean(axis=0) * 100
    assert ((spread[:2] > 4.0) & (spread[:2] < 5.0)).all()
    assert ((spread[2:] > 5.0) & (spread[2:] < 8.0)).all()
    assert 1950.0 < hours[:, 3].mean() < 2250.0  # statistics of Hunan


def test_sunshine_of_changde_is_within_a_sixth_of_its_normals(years, climate):
    # 1,602 h (1971-2000); the synthetic years have about a tenth less, which docs/validation_weather.md says
    s = _site(climate, "常德")
    hours = np.mean([(w.data["dni_w_per_m2"][:, s] >= 120.0).sum() for w in years.values()])
    assert hours == pytest.approx(1602.0, rel=1 / 6)


def test_temperature_meets_the_normals_and_stays_within_the_records(years, climate):
    s = _site(climate, "岳阳楼区")
    normal = climate.monthly("temp_mean_degc")[:, s]
    mean = np.mean([by_month(w.data["temp_air_degc"][:, s], month_days(y)) for y, w in years.items()], axis=0)
    assert np.abs(mean - normal).max() < 1.2  # three standard errors of ten months of 1.2 K
    assert min(w.data["temp_air_degc"][:, s].min() for w in years.values()) > -8.0  # record -5.9
    assert max(w.data["temp_air_degc"][:, s].max() for w in years.values()) < 41.5  # record of the counties


def test_wind_has_its_shape_and_daily_range_at_hub_height(years, climate):
    for name, low, high in (("洞庭湖滨", 1.0, 2.3), ("华容县", 1.0, 2.3), ("大云山", 1.3, 2.3)):
        s = _site(climate, name)
        v = [w.data["wind_speed_100m_m_per_s"][:, s] for w in years.values()]
        hour = np.mean([x.reshape(-1, 24).mean(axis=0) for x in v], axis=0)
        assert low < hour.max() - hour.min() < high  # eleven masts of Hubei, larger on hills
        assert hour.argmax() in (0, 1, 2, 3)
        x = np.concatenate(v)
        assert 1.7 < (x.std() / x.mean()) ** -1.086 < 2.1


def test_correlation_decays_with_distance(years, climate):
    here = _site(climate, "洞庭湖滨")
    wind = np.mean([np.corrcoef(w.data["wind_speed_100m_m_per_s"].T)[here] for w in years.values()], axis=0)
    near, middle, far = (wind[_site(climate, n)] for n in ("君山区", "长沙", "郴州"))
    assert 0.98 > near > 0.85 > middle > 0.55 > far > 0.2

"""The stored weather of Yueyang and what its plants, demand and imports make of it.

Published or stated figures on the right-hand sides: climate normals (weather/yueyang/sources.csv), full-load
hours of Hunan, and the check values of the demand recipe.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from gridsim.devices.soiling import washed_by_rain_percent
from gridsim.drivers import read_drivers, site_shares
from gridsim.network import read_network
from gridsim.profiles import make_profiles
from gridsim.weather.canonical import COLUMNS, read_canonical
from gridsim.weather.climate import NORMAL_NUMBERS, SITE_NUMBERS, read_climate
from gridsim.weather.months import MONTH_DAYS, by_month
from gridsim.weather.synthetic import synthesise

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "weather" / "yueyang"
COUNTIES = {
    "岳阳楼区",
    "经开区",
    "南湖新区",
    "城陵矶新港区",
    "云溪区",
    "君山区",
    "岳阳县",
    "华容县",
    "湘阴县",
    "平江县",
    "汨罗市",
    "临湘市",
    "屈原管理区",
}
#: CSWD Nanxian, the nearest standard year [kWh/m2]
NANXIAN = np.array([55.0, 50.6, 78.5, 92.5, 113.2, 112.4, 157.9, 135.1, 111.8, 86.8, 68.1, 53.6])


@pytest.fixture(scope="module")
def climate():
    return read_climate(FOLDER)


@pytest.fixture(scope="module")
def stored():
    return read_canonical(FOLDER / "typical")


@pytest.fixture(scope="module", params=["2025", "2030"])
def case(request):
    network = read_network(ROOT / "networks" / "yueyang", request.param)
    drivers = read_drivers(network, weather=FOLDER)
    return network, drivers, make_profiles(network, drivers)


def _hours(case, table: str, kind: str | None, *, city: bool) -> pd.Series:
    """Full-load hours of each plant, per MW AC."""
    network, _, profiles = case
    plants = network[table]
    plants = plants[(plants["max_p_mw"] > 0.0) & (plants["county"].notna() == city)]
    if kind:
        plants = plants[plants["kind"] == kind]
    return profiles.available_mw[list(plants["name"])].sum() / plants["max_p_mw"].to_numpy()


def test_the_stored_year_comes_out_of_the_climate_tables_again(stored, climate):
    made = synthesise(climate, seed=1)
    assert list(stored.sites["name"]) == list(climate.sites["name"])
    for name, quantity in COLUMNS.items():
        assert np.abs(stored.data[name] - made.data[name]).max() <= 0.51 * quantity.quantum, name


def test_sites_files_and_sources_are_complete(climate):
    names = set(climate.sites["name"])
    assert names >= COUNTIES
    for scenario in ("2025", "2030"):
        shares = site_shares(read_network(ROOT / "networks" / "yueyang", scenario))
        assert {s for mix in shares.values() for s in mix} <= names
    files = list((FOLDER / "typical").glob("*.parquet"))
    assert {p.stem for p in files} == names
    assert max(p.stat().st_size for p in files) < 300_000
    assert sum(p.stat().st_size for p in files) < 4_000_000
    sources = pd.read_csv(FOLDER / "sources.csv")
    assert set(sources["status"]) <= {"published", "derived", "assumed"}
    said = {(r.table, c) for r in sources.itertuples() for c in r.column.split()}
    assert {("sites", c) for c in SITE_NUMBERS} | {("climatology", c) for c in NORMAL_NUMBERS if c != "month"} <= said
    assert "SYNTHETIC" in (FOLDER / "README.md").read_text(encoding="utf-8")


def test_the_sun_of_the_city(stored):
    city = (stored.sites["region"] == "city").to_numpy()
    ghi = stored.data["ghi_w_per_m2"]
    annual = ghi.sum(axis=0) / 1000
    assert ((annual[city] >= 1099.0) & (annual[city] <= 1200.0)).all()
    assert ((annual[~city] > 1000.0) & (annual[~city] < 1200.0)).all()
    monthly = (by_month(ghi) * MONTH_DAYS[:, None] * 24 / 1000)[:, city]
    assert np.abs(monthly / NANXIAN[:, None] - 1.0).max() < 0.05
    day = ghi[:, city].reshape(365, 24, -1).sum(axis=1) / 1000
    assert 0.08 < (day < 1.0).mean() < 0.14
    assert 0.19 < (day > 5.0).mean() < 0.24
    assert stored.data["dhi_w_per_m2"].sum() / ghi.sum() == pytest.approx(0.58, abs=0.03)


def test_the_wind_blows_at_night_over_plain_lake_and_ridge(stored, climate):
    high = stored.data["wind_speed_100m_m_per_s"]
    hourly = high.reshape(365, 24, -1).mean(axis=0)
    assert (hourly[[0, 1, 2, 3]].mean(axis=0) > 1.15 * hourly[[11, 12, 13, 14]].mean(axis=0)).all()
    low = stored.data["wind_speed_10m_m_per_s"].reshape(365, 24, -1).mean(axis=0)
    flat = (climate.sites["terrain"] != "ridge").to_numpy()
    assert (low[12:15].mean(axis=0) > 1.05 * low[1:5].mean(axis=0))[flat].all()
    assert high.mean(axis=0) == pytest.approx(climate.site("wind_100m_m_per_s"), rel=5e-3)


def test_correlation_decays_with_distance(stored):
    name = list(stored.sites["name"])
    wind = np.corrcoef(stored.data["wind_speed_100m_m_per_s"].T)[name.index("洞庭湖滨")]
    near, city, far = (wind[name.index(n)] for n in ("君山区", "幕阜山", "湘南山地"))
    assert 0.97 > near > city > far > 0.15
    sun = np.corrcoef(stored.data["ghi_w_per_m2"].reshape(365, 24, -1).sum(axis=1).T)[name.index("岳阳楼区")]
    near, city, far = (sun[name.index(n)] for n in ("南湖新区", "平江县", "郴州"))
    assert 0.99 > near > city > far > 0.4


def test_full_load_hours_of_every_plant_in_the_city(case):
    assert _hours(case, "solar", "utility", city=True).between(950.0, 1080.0).all()
    assert _hours(case, "solar", "distributed", city=True).between(800.0, 950.0).all()
    assert _hours(case, "wind", None, city=True).between(1950.0, 2350.0).all()


def test_full_load_hours_of_the_province(case):
    assert _hours(case, "wind", None, city=False).to_numpy() == pytest.approx([2100.0], rel=0.03)
    assert _hours(case, "solar", "utility", city=False).to_numpy() == pytest.approx([1000.0], rel=0.03)
    assert _hours(case, "solar", "distributed", city=False).to_numpy() == pytest.approx([890.0], rel=0.03)


def test_ice_takes_a_few_per_cent_on_ridges_and_next_to_nothing_at_the_lake(case):
    """IEA Wind Task 19: ice class 2 loses 0.5-5 % of a year, class 3 3-12 %. None from May to October."""
    network, drivers, profiles = case
    farms = network["wind"][network["wind"]["max_p_mw"] > 0.0].set_index("name")
    theoretical = profiles.available_mw[farms.index] + profiles.plant_side_mw[farms.index]
    outages = theoretical * (farms["outage_percent"] / 100.0)
    ice = profiles.plant_side_mw[farms.index] - outages
    percent = 100.0 * ice.sum() / theoretical.sum()
    ridge = farms["site"].isin(["药姑山", "大云山", "幕阜山"])
    assert percent[ridge].between(0.5, 6.0).all()
    assert percent[~ridge & farms["county"].notna()].max() < 1.0
    assert percent["湖南其余风电"] == pytest.approx(3.8, abs=1.5)
    month = drivers.index.month
    assert ice[(month >= 5) & (month <= 10)].sum().sum() < 1e-6 * ice.sum().sum()
    assert ice[np.isin(month, [12, 1, 2])].sum().sum() > 0.7 * ice.sum().sum()


def test_dirt_follows_the_rain_of_the_month(case):
    """Yueyang's normals of rain (mm) and assumed wet days; Kimber's model in expectation."""
    rain = np.array([64.6, 77.6, 116.9, 176.4, 168.2, 193.6, 180.6, 111.4, 70.7, 80.0, 75.7, 37.8])
    wet = np.array([11, 12, 15, 15, 14.5, 13.5, 10.5, 9.5, 8.5, 10, 9, 8])
    months = case[0]["soiling_month"].sort_values("month")["loss_percent"].to_numpy()
    assert months == pytest.approx(washed_by_rain_percent(rain, wet, MONTH_DAYS), abs=0.051)


def test_wind_and_sun_take_turns(case):
    network, _, profiles = case
    wind, sun = (profiles.available_mw[list(network[t]["name"])].sum(axis=1) for t in ("wind", "solar"))
    assert -0.35 < np.corrcoef(wind, sun)[0, 1] < -0.05
    province = profiles.available_mw["湖南其余风电"]
    assert province.diff().abs().mean() / province.max() < 0.04  # smoothed over five regions
    assert 0.7 < province.max() / network["wind"].set_index("name").loc["湖南其余风电", "max_p_mw"] < 0.88


#: check values of the demand recipe, province: peak MW, TWh, minimum MW, load factor, TWh by month
RECIPE = {
    2025: (46_640, 246.0, 16_320, 0.603, [20.7, 17.7, 20.2, 17.3, 18.0, 20.7, 26.5, 26.7, 20.0, 18.0, 17.9, 22.6]),
    2030: (59_000, 302.0, 19_995, 0.585, [26.4, 21.1, 24.8, 21.2, 22.0, 25.4, 32.5, 32.8, 24.6, 22.1, 21.9, 27.7]),
}


def test_demand_of_city_and_province(case):
    network, drivers, profiles = case
    peak, energy, least, factor, months = RECIPE[network.year]
    city, province = drivers.demand_mw["岳阳"], drivers.demand_mw.sum(axis=1)
    row = network["demand"].set_index("name").loc["岳阳"]
    assert (city.max(), city.sum() / 1000) == pytest.approx((row["peak_mw"], row["energy_gwh"]), rel=1e-6)
    assert (province.max(), province.sum() / 1e6) == pytest.approx((peak, energy), rel=1e-6)
    assert province.min() == pytest.approx(least, rel=0.04)
    assert province.mean() / province.max() == pytest.approx(factor, abs=0.005)
    assert province.groupby(drivers.index.month).sum().to_numpy() / 1e6 == pytest.approx(months, rel=0.035)
    day = province.groupby(drivers.index.normalize())
    assert (day.min() / day.max()).mean() == pytest.approx(0.66, abs=0.015)
    assert province.idxmax().hour == 20
    assert province.idxmax().month in (7, 8)
    loads = network["load"].groupby("demand")["name"].apply(list)
    assert profiles.demand_mw[loads["岳阳"]].sum(axis=1).to_numpy() == pytest.approx(city.to_numpy())


def test_imports_and_hydro_have_their_energy(case):
    network, _, profiles = case
    asked = network["external"].set_index("name")["energy_gwh"]
    assert (profiles.schedule_mw.sum() / 1000)[asked.index].to_numpy() == pytest.approx(asked.to_numpy())
    assert profiles.hydro_energy_mwh.sum().sum() / 1e6 == pytest.approx(54.0, rel=1e-3)
    assert profiles.notes.empty
    link = profiles.schedule_mw["宁湘直流"]
    before = link[: f"{network.year}-06-30"].sum()
    assert before == 0.0 if network.year == 2025 else before > 1e7
    reservoir = profiles.hydro_energy_mwh["湖南其余可调节水电"]
    assert reservoir.groupby(reservoir.index.month).sum().idxmax() == 6


def test_maintenance_stays_out_of_the_summer_peak(case):
    ready = case[2].thermal_pu
    coal = ready.columns.str.contains("煤电|电厂")
    assert ready.loc[ready.index.month.isin([7, 8]), coal].min().min() > 0.9


@pytest.mark.bench
def test_profiles_of_a_year_take_a_second_and_a_half(case):
    from time import perf_counter

    network, drivers, _ = case
    start = perf_counter()
    make_profiles(network, drivers)
    assert perf_counter() - start < 1.5

"""Reading drivers: weather by source, given series with everything that can be wrong with them."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import toy
from test_weather_synthetic import _climate

from gridsim.demand_input import DemandInput
from gridsim.drivers import read_drivers, site_shares, weather_sites
from gridsim.errors import InvalidInput
from gridsim.weather.canonical import write_canonical
from gridsim.weather.study_year import study_index
from gridsim.weather.synthetic import synthesise
from gridsim.weather.synthetic_years import write_year, year_jobs

WIND = {"turbine": "2.0MW", "hub_height_m": 80.0, "bus": "A"}


def _network(**more):
    return toy.network(
        bus=[toy.bus("A")],
        wind=[
            {"name": "风一", "max_p_mw": 50.0, "site": "湖", **WIND},
            {"name": "风二", "max_p_mw": 20.0, "site": "混", **WIND},
        ],
        solar=[{"name": "光一", "max_p_mw": 30.0, "site": "平原", "kind": "utility", "bus": "A"}],
        site_share=[{"mix": "混", "site": "山", "share_pu": 0.7}, {"mix": "混", "site": "湖", "share_pu": 0.3}],
        demand=[{"name": "城市", "peak_mw": 100.0, "energy_gwh": 876.0}],
        **more,
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("weather")
    climate = _climate()
    climate.sites.to_csv(path / "sites.csv", index=False)
    climate.normals.to_csv(path / "climatology.csv", index=False)
    write_canonical(synthesise(climate, seed=1), path / "typical")
    return path


def _series(path, step="60min", **columns):
    """A wide CSV over 2030."""
    index = pd.date_range("2030-01-01", "2031-01-01", freq=step, tz="Asia/Shanghai", inclusive="left")
    frame = pd.DataFrame(
        {"time": [t.isoformat() for t in index], **{k: np.broadcast_to(v, len(index)) for k, v in columns.items()}}
    )
    frame.to_csv(path, index=False)
    return frame


def test_drivers_from_files(folder):
    net = _network()
    got = read_drivers(net, weather=folder)
    assert got.index.equals(study_index(2030))
    assert list(got.sites["name"]) == ["山", "平原", "湖"]
    assert list(got.sites.columns) == ["name", "lat_deg", "lon_deg", "elevation_m"]
    assert all(v.shape == (8760, 3) for v in got.weather.values())
    assert got.demand_mw["城市"].to_numpy() == pytest.approx(np.full(8760, 100.0))
    assert got.available_mw.empty
    assert got.year == 0
    assert "synthetic" in got.provenance["weather"]
    assert len(got.files) == 3
    assert all(len(h) == 64 for h in got.files.values())


def test_synthetic_drivers_are_those_of_the_stored_year(folder):
    stored, made = (read_drivers(_network(), weather=folder, source=s) for s in ("files", "synthetic"))
    for name, values in made.weather.items():
        assert np.array_equal(stored.weather[name], values), name
    other = read_drivers(_network(), weather=folder, source="synthetic", weather_year=2019)
    assert other.year == 2019
    assert not np.allclose(other.weather["ghi_w_per_m2"], made.weather["ghi_w_per_m2"])


@pytest.mark.parametrize("study_year", [2030, 2028])
def test_a_year_in_memory_is_the_year_of_its_files(folder, tmp_path, study_year):
    job = year_jobs(folder, tmp_path / "years", years=[2016], sites=["山", "湖", "平原"], seed=1)[0]
    write_year(job)
    net = replace(_network(), year=study_year)
    stored = read_drivers(net, weather=tmp_path / "years", weather_year=2016)
    made = read_drivers(net, weather=folder, source="synthetic", weather_year=2016)
    for name, values in made.weather.items():
        assert np.array_equal(stored.weather[name], values), name
    if study_year == 2028:  # a leap year's own 29 February, not the 28th again
        day = np.flatnonzero((made.index.month == 2) & (made.index.day == 29))
        assert not np.array_equal(made.weather["temp_air_degc"][day], made.weather["temp_air_degc"][day - 24])


def _warm():
    """The network with a city whose days follow the temperature of a site that no plant needs."""
    net = _network()
    rows = net["demand"].assign(site="平原", cooling_percent_per_k=3.0, heating_percent_per_k=2.0, peak_mw=150.0)
    shape = [
        {"demand": "城市", "month": m, "day_type": "workday", **{f"h{h:02d}_pu": 1.0 + 0.01 * h for h in range(24)}}
        for m in range(1, 13)
    ]
    solar = net["solar"].assign(site="湖")
    return (
        net.with_table("demand", rows)
        .with_table("demand_hour", toy.frame("demand_hour", shape))
        .with_table("solar", solar)
    )


def test_demand_follows_the_weather_year_and_its_site_is_read_with_the_others(folder):
    net = _warm()
    typical = read_drivers(net, weather=folder, source="synthetic")
    year = read_drivers(net, weather=folder, source="synthetic", weather_year=2019)
    assert list(typical.sites["name"]) == ["山", "湖"]
    assert "day-to-day seed 1" in typical.provenance["demand"]
    assert list(year.sites["name"]) == ["山", "平原", "湖"]
    assert "days follow the temperature of the weather year" in year.provenance["demand"]
    july = year.index.month == 7
    temp = pd.Series(year.weather["temp_air_degc"][:, 1], index=year.index)[july].resample("D").mean()
    level = year.demand_mw["城市"][july].resample("D").mean()
    assert np.corrcoef(temp, level)[0, 1] > 0.5
    for drivers in (typical, year):
        assert (drivers.demand_mw["城市"].sum() / 1000, drivers.demand_mw["城市"].max()) == pytest.approx(
            (876.0, 150.0)
        )
    random = read_drivers(
        net, weather=folder, source="synthetic", weather_year=2019, demand=DemandInput(day_to_day="random")
    )
    assert "seed" in random.provenance["demand"]
    assert not np.allclose(random.demand_mw["城市"], year.demand_mw["城市"])
    assert weather_sites([net]) == {"山", "平原", "湖"}


def test_site_shares_resolve_mixes_and_leave_out_given_plants():
    net = _network()
    assert site_shares(net) == {"平原": {"平原": 1.0}, "混": {"山": 0.7, "湖": 0.3}, "湖": {"湖": 1.0}}
    assert site_shares(net, ["光一", "风二"]) == {"湖": {"湖": 1.0}}
    with pytest.raises(InvalidInput, match=r"add up to 0\.7"):
        site_shares(_network().with_table("site_share", net["site_share"].query("site == '山'")))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"weather": None}, "none is given"),
        ({"source": "satellite"}, r"use one of: files, synthetic"),
        ({"weather_year": 1999}, r"no weather year '1999'.*typical"),
    ],
)
def test_weather_that_is_not_there(folder, options, words):
    with pytest.raises(InvalidInput, match=words):
        read_drivers(_network(), **({"weather": folder} | options))


@pytest.mark.parametrize("source", ["files", "synthetic"])
def test_unknown_sites(folder, source):
    net = _network()
    net = net.with_cells("solar", pd.DataFrame({"name": ["光一"], "site": ["月球"]}))
    with pytest.raises(InvalidInput, match=r"'月球' is not in sites\.csv"):
        read_drivers(net, weather=folder, source=source)


def test_given_series_replace_weather_and_decide_the_step(folder, tmp_path):
    _series(tmp_path / "a.csv", "15min", 风一=12.5, 风二=3.0)
    _series(tmp_path / "b.csv", "15min", 光一=0.0)
    got = read_drivers(_network(), series=[tmp_path / "a.csv", tmp_path / "b.csv"])  # no weather needed at all
    assert len(got.index) == 35_040
    assert got.available_mw.columns.to_list() == ["风一", "风二", "光一"]
    assert (got.available_mw["风一"] == 12.5).all()
    assert got.provenance["series"] == "a.csv, b.csv"
    _series(tmp_path / "c.csv", "60min", 风一=1.0, 风二=2.0)
    got = read_drivers(_network(), weather=folder, series=[tmp_path / "c.csv"])
    assert list(got.sites["name"]) == ["平原"]
    assert len(got.index) == 8760


def test_an_explicit_offset_in_the_header_will_do_and_gbk_too(tmp_path):
    frame = _series(tmp_path / "a.csv", 风一=1.0, 风二=1.0, 光一=1.0)
    frame["time"] = pd.date_range("2030-01-01", periods=8760, freq="h").strftime("%Y/%m/%d %H:%M")
    frame.rename(columns={"time": "time_utc+8"}).to_csv(tmp_path / "a.csv", index=False, encoding="gbk")
    got = read_drivers(_network(), series=[tmp_path / "a.csv"])
    assert got.available_mw["光一"].iloc[0] == 1.0


def test_a_utc_series_is_moved_to_beijing_time(tmp_path):
    frame = _series(tmp_path / "a.csv", 风一=0.0, 风二=0.0, 光一=0.0)
    frame["time"] = [t.isoformat() for t in pd.date_range("2029-12-31T16:00", periods=8760, freq="h", tz="UTC")]
    frame.loc[20, "光一"] = 9.0
    frame.to_csv(tmp_path / "a.csv", index=False)
    got = read_drivers(_network(), series=[tmp_path / "a.csv"]).available_mw["光一"]
    assert got.idxmax() == pd.Timestamp("2030-01-01 20:00", tz="Asia/Shanghai")


def _problems(tmp_path, frame):
    frame.to_csv(tmp_path / "a.csv", index=False)
    with pytest.raises(InvalidInput) as caught:
        read_drivers(_network(), series=[tmp_path / "a.csv"])
    return caught.value.problems


def test_wrong_cells_and_columns_are_all_named(tmp_path):
    frame = _series(tmp_path / "a.csv", 风一=1.0, 风二=1.0, 光一=1.0).astype({"风一": object, "风二": object})
    frame.loc[5, "风一"], frame.loc[7, "风二"], frame.loc[9, "光一"] = "停机", "", -0.1
    frame["风三"] = 1.0
    frame.loc[11:12, "光一"] = 31_000.0
    found = {(p.row, p.column) for p in _problems(tmp_path, frame)}
    assert found == {("7", "风一"), ("9", "风二"), ("11", "光一"), ("13", "光一"), ("1", "风三")}


def test_gaps_repeats_and_other_years_are_named(tmp_path):
    frame = _series(tmp_path / "a.csv", 风一=1.0, 风二=1.0, 光一=1.0)
    frame = pd.concat(
        [frame.drop(index=[100, 101]), frame.iloc[[200]], frame.iloc[[300]].assign(time="2031-05-01T00:00:00+08:00")]
    )
    text = "\n".join(str(p) for p in _problems(tmp_path, frame))
    assert "2 of 8760 intervals of 2030 are missing, first 2030-01-05T04:00:00+08:00" in text
    assert "1 stamps appear twice" in text
    assert "1 stamps are not intervals of 2030" in text


@pytest.mark.parametrize(
    ("stamps", "words"),
    [
        (
            pd.date_range("2030-01-01", periods=8760, freq="h").strftime("%Y-%m-%dT%H:%M"),
            "8760 stamps have no time zone",
        ),
        (["24:00"] * 8760, "no time zone"),
        (["x+08:00"] * 8760, "cannot be read"),
    ],
)
def test_stamps_without_zone_or_meaning(tmp_path, stamps, words):
    frame = _series(tmp_path / "a.csv", 风一=1.0, 风二=1.0, 光一=1.0).assign(time=stamps)
    (problem,) = _problems(tmp_path, frame)
    assert words in problem.what
    assert "+08:00" in problem.fix


def test_wrong_steps_and_headers(tmp_path):
    frame = _series(tmp_path / "a.csv", "30min", 风一=1.0, 风二=1.0, 光一=1.0)
    assert "step is 30 min" in _problems(tmp_path, frame)[0].what
    assert "the first column is 'when'" in _problems(tmp_path, frame.rename(columns={"time": "when"}))[0].what
    assert "no values" in _problems(tmp_path, frame.iloc[:1])[0].what
    with pytest.raises(InvalidInput, match="file is missing"):
        read_drivers(_network(), series=[tmp_path / "nowhere.csv"])


def test_two_series_of_one_plant_and_of_two_steps(tmp_path, folder):
    _series(tmp_path / "a.csv", 风一=1.0)
    _series(tmp_path / "b.csv", 风一=1.0)
    with pytest.raises(InvalidInput, match="another file too"):
        read_drivers(_network(), weather=folder, series=[tmp_path / "a.csv", tmp_path / "b.csv"])
    _series(tmp_path / "c.csv", "15min", 风二=1.0)
    with pytest.raises(InvalidInput, match="different steps"):
        read_drivers(_network(), weather=folder, series=[tmp_path / "a.csv", tmp_path / "c.csv"])


def test_ragged_rows_are_named(tmp_path):
    (tmp_path / "a.csv").write_text(
        "time,风一\n2030-01-01T00:00+08:00,1\n2030-01-01T01:00+08:00,1,2\n", encoding="utf-8"
    )
    with pytest.raises(InvalidInput, match="row 3: 1 rows have not 2 cells"):
        read_drivers(_network(), series=[tmp_path / "a.csv"])


def test_demand_and_weather_problems_come_together(folder):
    net = _network().with_cells("demand", pd.DataFrame({"name": ["城市"], "peak_mw": [90.0]}))
    with pytest.raises(InvalidInput) as caught:
        read_drivers(net, weather=folder, weather_year=1999)
    assert [p.file for p in caught.value.problems][1:] == ["demand"]

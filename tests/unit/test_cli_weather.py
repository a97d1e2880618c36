"""``gridsim weather``: the commands' answers and exit codes."""

from __future__ import annotations

import pandas as pd
import pytest
import tiny_study
from typer.testing import CliRunner
from weather_files import epw_text
from weather_services import Reply, nasa_answer, serving

from gridsim.cli import app
from gridsim.drivers import SOURCES, read_drivers, weather_places
from gridsim.network import read_network
from gridsim.sections import WeatherSection
from gridsim.weather.canonical import read_canonical


def test_sources_are_listed_with_a_line_each():
    result = CliRunner().invoke(app, ["weather", "sources"])
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert [line.split()[0] for line in lines] == list(SOURCES)
    assert all(len(line.split()) > 3 for line in lines)


# -- fetch --------------------------------------------------------------------------------------------------


@pytest.fixture
def town(tmp_path, monkeypatch):
    """The tiny study's network and a sites.csv for it; the working folder is empty."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.chdir(tmp_path)
    tiny_study.write_study(tmp_path)
    (tmp_path / "places").mkdir()
    rows = "name,lat_deg,lon_deg,elevation_m\n东县,29.1,113.4,60\n外省,28.3,112.9,40\n"
    (tmp_path / "places" / "sites.csv").write_text(rows, "utf-8")
    return tmp_path


def fetched(town, server, *more, years="2019"):
    asked = ["weather", "fetch", "nasa_power", "--network", town / "network", "--sites", town / "places"]
    asked += ["--url", server.url, "--years", years, *more]
    return CliRunner().invoke(app, [str(a) for a in asked])


def test_fetch_writes_a_folder_that_a_study_can_read(town):
    with serving(nasa_answer) as server:
        result = fetched(town, server)
        again = fetched(town, server)
    assert result.exit_code == 0, result.output
    assert "3 written (a file per site and year)" in result.output
    assert "nasa_power 2019: done in" in result.output
    assert again.exit_code == 0 and "3 there" in again.output and len(server.asked) == 2
    network = read_network(town / "network", scenario="2030")
    drivers = read_drivers(network, weather=town / "weather" / "network_nasa_power", weather_year=2019)
    assert list(drivers.sites["name"]) == ["东县", "外省", "西县"]
    assert "NASA POWER hourly v2.9.5" in drivers.provenance["weather"]


def test_fetch_that_fails_ends_with_3_and_says_what_to_do(town):
    with serving(nasa_answer) as server:
        server.first += [Reply(500)]
        result = fetched(town, server, "--attempts", "1")
    assert result.exit_code == 3
    assert "2 failed, 1 not asked" in result.output
    assert "HTTP 500" in result.output and "only what is missing" in result.output
    assert not list((town / "weather").rglob("*.parquet"))


@pytest.mark.parametrize(
    ("years", "said"),
    [("", "no years"), ("twenty", "are no years"), ("2024-2015", "no year in it"), ("1990", "no year 1990")],
)
def test_fetch_of_bad_years_ends_with_2(town, years, said):
    with serving(nasa_answer) as server:
        result = fetched(town, server, years=years)
    assert result.exit_code == 2 and said in result.output
    assert server.asked == []


def test_fetch_names_the_sites_without_a_place(town):
    (town / "places" / "sites.csv").write_text("name,lat_deg,lon_deg,elevation_m\n东县,29.1,113.4,60\n", "utf-8")
    with serving(nasa_answer) as server:
        result = fetched(town, server)
    assert result.exit_code == 2 and "'外省' has no place" in result.output


def test_a_county_or_station_of_the_same_name_is_a_place(town):
    known = pd.DataFrame({"name": ["外省"], "lat_deg": [28.3], "lon_deg": [112.9], "elevation_m": [40.0]})
    got = weather_places([read_network(town / "network", scenario="2030")], known)
    assert got["name"].tolist() == ["东县", "外省", "西县"]
    assert got["lat_deg"].tolist() == [29.10, 28.3, 29.05]
    assert got["elevation_m"].isna().tolist() == [True, False, True]


# -- import -------------------------------------------------------------------------------------------------


def imported(town, *more):
    return CliRunner().invoke(app, [str(a) for a in ["weather", "import", *more, "--sites", town / "places"]])


def test_import_of_epw_writes_a_typical_year_and_says_what_is_assumed(town):
    (town / "a.epw").write_text(epw_text(), "utf-8")
    result = imported(town, "epw", town / "a.epw", "--out", town / "weather" / "epw")
    assert result.exit_code == 0, result.output
    assert "2 sites written" in result.output
    assert "assumed: wind_speed_10m_m_per_s: one height (东县 外省)" in result.output
    got = read_canonical(town / "weather" / "epw" / "typical")
    assert list(got.sites["name"]) == ["东县", "外省"] and got.source == "typical year: EPW a.epw"


def test_import_refuses_what_it_does_not_know(town):
    result = imported(town, "grib", town, "--out", town / "out")
    assert result.exit_code == 2 and "use epw, csv or era5" in result.output
    result = imported(town, "epw", town / "none.epw", "--out", town / "out")
    assert result.exit_code == 2 and "cannot be read" in result.output
    result = imported(town, "epw", town / "places", "--out", town / "out")
    assert result.exit_code == 2 and "no .epw file" in result.output
    assert not (town / "out").exists()


def test_a_study_may_name_a_folder_of_epw_files(town):
    """``[weather] source = "epw"``: the sections accept it and the drivers read it."""
    sites = "name,lat_deg,lon_deg,elevation_m\n东县,29.1,113.4,60\n外省,28.3,112.9,40\n西县,29.05,113.1,40\n"
    (town / "weather").mkdir()
    (town / "weather" / "sites.csv").write_text(sites, "utf-8")
    (town / "weather" / "a.epw").write_text(epw_text(), "utf-8")
    assert WeatherSection(folder="weather", source="epw").source == "epw"
    network = read_network(town / "network", scenario="2030")
    drivers = read_drivers(network, weather=town / "weather", source="epw")
    assert drivers.weather["ghi_w_per_m2"].shape == (8760, 3)
    assert drivers.files["a.epw"]

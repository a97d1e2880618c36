"""docs/howto_weather.md: its mapping file reads a table, its sources and services exist, its numbers are the code's."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd

from gridsim.drivers import SOURCES
from gridsim.weather.assemble import EDGE_H, GAP_H, Site
from gridsim.weather.canonical import read_sites
from gridsim.weather.csv_table import from_files
from gridsim.weather.download import Manners
from gridsim.weather.fetch import SERVICES
from gridsim.weather.gather import NEAR_KM
from gridsim.weather.nasa_power import FIRST_YEAR, cell

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "howto_weather.md").read_text("utf-8")


def test_the_mapping_file_of_the_page_reads_a_table(tmp_path):
    """Stamps at the end of the hour, 1.8 MJ/m2 = 500 W/m2 at noon, 288.15 K = 15 degC, 36 km/h = 10 m/s."""
    (mapping,) = [b for b in re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL) if "[columns]" in b]
    ends = pd.date_range("2019-01-01 01:00", periods=8760, freq="h")
    noon = np.where(ends.hour == 13, 1.8, 0.0)
    table = pd.DataFrame({"时间": ends.strftime("%Y/%m/%d %H:%M"), "总辐射": noon, "气温": 288.15, "风速70": 36})
    table.to_csv(tmp_path / "甲.csv", index=False, encoding="gbk")
    (tmp_path / "甲.toml").write_text(mapping, "utf-8")
    got = from_files([tmp_path / "甲.csv"], [Site("甲", 29.37, 113.13, 52.0)], year=2019)
    assert np.allclose(got.data["ghi_w_per_m2"][got.index.hour == 12], 500.0)
    assert np.allclose(got.data["temp_air_degc"], 15.0)
    assert np.allclose(got.data["wind_speed_70m_m_per_s"], 10.0)


def test_every_source_and_service_is_on_the_page():
    assert [s for s in SERVICES if f"fetch {s}" not in PAGE] == []
    assert [s for s in SOURCES if f'"{s}"' not in PAGE] == []


def test_the_numbers_of_the_page_are_those_of_the_code():
    sites = read_sites(ROOT / "weather" / "yueyang")
    cells = [cell(a, b) for a, b in zip(sites["lat_deg"], sites["lon_deg"])]
    assert f"Yueyang's {len(sites)} sites make {len(set(cells))} questions a\n  year" in PAGE
    city = sites[sites["region"] == "city"]
    suns = set(zip(city["lat_deg"] // 1, city["lon_deg"] // 1))
    assert (len(city), len(suns)) == (19, 4) and "19 sites in the city comes from four 1-degree cells" in PAGE
    manners = Manners()
    assert f"--timeout {manners.timeout_s:g}] [--attempts {manners.attempts}]" in PAGE
    assert f"up to {manners.longest_wait_s:g} s" in PAGE
    assert f"gaps of more than {GAP_H} hours" in PAGE and f"Up to {EDGE_H} hours".lower() in PAGE.lower()
    assert f"beyond {NEAR_KM:g} km" in PAGE and f"{FIRST_YEAR}-" in PAGE

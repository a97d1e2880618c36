"""Figures of a weather year by hand, two sources side by side, yields of the standard plants."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner
from weather_record import record

from gridsim.cli import app
from gridsim.errors import InvalidInput
from gridsim.report.catalogue import LANGUAGES, entries_of
from gridsim.weather.canonical import COLUMNS, Weather, read_canonical, write_canonical
from gridsim.weather.compare import Source, compare, matched, read_source, summarised
from gridsim.weather.statistics import STATISTICS, correlation, lagged, spell_lengths, statistics, weibull_k
from gridsim.yields import FIGURES, StandardPlants, plant_figures, plant_pu, yield_table

ROOT = Path(__file__).parents[2]
YUEYANG = ROOT / "weather/yueyang"
SITES = pd.DataFrame(
    {"name": ["甲", "乙"], "lat_deg": [29.3, 28.7], "lon_deg": [113.1, 113.5], "elevation_m": [50.0, 90.0]}
)
INDEX = pd.date_range("2025-01-01", periods=8760, freq="h", tz="Asia/Shanghai")


def constant(**values):
    """A year of constant weather at two sites."""
    base = {
        "ghi_w_per_m2": 100.0,
        "dni_w_per_m2": 0.0,
        "dhi_w_per_m2": 50.0,
        "temp_air_degc": 15.0,
        "pressure_pa": 101_325.0,
        "wind_speed_100m_m_per_s": 6.0,
        "wind_speed_10m_m_per_s": 4.0,
    }
    data = {k: np.full((8760, 2), {**base, **values}[k]) for k in COLUMNS}
    return Weather(INDEX, SITES, data, "2025")


@pytest.fixture(scope="module")
def year():
    a, b = record(seed=1), record(seed=2, lat=28.7, lon=113.5)
    data = {c: np.column_stack([a[c], b[c]]) for c in COLUMNS}
    return Weather(INDEX, SITES, data, "2025", "synthetic: test")


def source(weather, name="x"):
    return Source(name, weather.sites, statistics(weather))


def value(figures, statistic, key, site="甲"):
    row = figures[(figures["site"] == site) & (figures["statistic"] == statistic) & (figures["key"] == key)]
    return float(row["value"].iloc[0])


def test_constant_weather_by_hand():
    """100 W/m2 for 744 h of January = 74.4 kWh/m2, 876 in the year, 2.4 a day; half diffuse; 6 m/s at any hour."""
    found = statistics(constant())
    assert value(found, "ghi_month", "1") == pytest.approx(74.4)
    assert value(found, "ghi_month", "2") == pytest.approx(67.2)
    assert value(found, "ghi_year", "") == pytest.approx(876.0)
    assert value(found, "diffuse_fraction", "") == pytest.approx(0.5)
    assert (value(found, "dark_days", ""), value(found, "bright_days", "")) == (0.0, 0.0)
    assert value(found, "temp_max_month", "7") == pytest.approx(15.0)
    assert value(found, "wind_year", "10m") == pytest.approx(4.0)
    assert value(found, "wind_duration", "100m 95") == pytest.approx(6.0)
    assert value(found, "wind_cycle", "100m DJF 03") == pytest.approx(1.0)
    assert value(found, "wind_ramp", "100m 99") == 0.0
    assert value(found, "wind_hour_memory", "10m 1") == 0.0
    assert value(found, "correlation_hour", "wind-sun") == 0.0


def test_small_numbers():
    """Runs 3 and 1; a period of 4 steps: +1 at lag 4, -1 at lag 2; an exponential has k = 1, Rayleigh k = 2."""
    assert spell_lengths(np.array([1, 1, 1, 0, 1], bool)).tolist() == [3, 1]
    assert spell_lengths(np.zeros(4, bool)).tolist() == []
    wave = np.tile([0.0, 1.0, 0.0, -1.0], 100)
    assert lagged(wave, 4) == pytest.approx(1.0)
    assert lagged(wave, 2) == pytest.approx(-1.0)
    assert lagged(wave, 1) == pytest.approx(0.0, abs=1e-12)
    rank = (np.arange(100_000) + 0.5) / 100_000
    assert weibull_k(-np.log1p(-rank)) == pytest.approx(1.0, abs=0.01)
    assert weibull_k(np.sqrt(-np.log1p(-rank))) == pytest.approx(2.0, abs=0.03)
    assert correlation(np.array([1.0, 2.0, np.nan, 3.0]), np.array([2.0, 4.0, 9.0, 6.0])) == pytest.approx(1.0)


def test_dull_days_and_ramps_by_hand():
    """Every second hour 4 m/s more: hourly changes are 4 at any percentile; no light: one spell of 365 d."""
    gusty = constant(ghi_w_per_m2=0.0)
    wind = np.where(np.arange(8760)[:, None] % 2, 8.0, 4.0) * np.ones((1, 2))
    found = statistics(Weather(INDEX, SITES, {**gusty.data, "wind_speed_100m_m_per_s": wind}, "2025"))
    assert value(found, "wind_ramp", "100m 50") == pytest.approx(4.0)
    assert value(found, "wind_hour_memory", "100m 1") == pytest.approx(-1.0, abs=1e-3)
    assert (value(found, "longest_spell", ""), value(found, "spell_days", "")) == (365.0, 100.0)
    assert value(found, "dark_days", "") == 100.0


def test_a_year_with_itself_is_all_zeros(year):
    table = compare(source(year), source(year))
    assert (table["difference"] == 0.0).all()
    assert table["ok"].all()
    assert set(table["statistic"]) == set(STATISTICS)
    summary = summarised(table)
    assert (summary["compared"] == summary["within"]).all()
    assert (summary["worst"] == 0.0).all()


def test_a_known_difference_is_found(year):
    """Wind 20 % higher, 2 K warmer: +20 % against 15 and 8 %, +2 K against 1.5; curves of the sun stay."""
    other = {
        k: v * (1.2 if k.startswith("wind") else 1.0) + (2.0 if k.startswith("temp") else 0.0)
        for k, v in year.data.items()
    }
    table = compare(source(Weather(INDEX, SITES, other, "2025")), source(year))
    by = dict(iter(table.groupby("statistic")))
    assert by["wind_year"]["difference_percent"].to_numpy() == pytest.approx(20.0)
    assert not by["wind_year"]["ok"].any()
    assert by["temp_month"]["difference"].to_numpy() == pytest.approx(2.0)
    assert not by["temp_month"]["ok"].any()
    assert by["wind_cycle"]["ok"].all()
    assert by["ghi_month"]["ok"].all()
    row = summarised(table).set_index("statistic").loc["wind_year"]
    assert (row["within"], row["compared"], row["unit"]) == (0, 4, "%")
    assert row["worst"] == pytest.approx(20.0)


def test_sites_by_name_then_by_distance(year):
    other = SITES.assign(name=["甲", "丙"], lat_deg=[29.3, 28.8])
    assert matched(SITES, other) == {"甲": "甲", "乙": "丙"}
    far = SITES.assign(name=["x", "y"], lat_deg=[40.0, 41.0])
    assert matched(SITES, far) == {}
    with pytest.raises(InvalidInput, match="no site has a counterpart"):
        compare(source(year), Source("far", far, statistics(year)))


def test_the_typical_year_keeps_its_climate_tables():
    """What the typical year was made from and what it has: nothing outside the tolerance."""
    names = ["岳阳楼区", "洞庭湖滨", "大云山"]
    table = compare(*(read_source(YUEYANG / p, names=names) for p in ("typical", "climatology.csv")))
    assert table["ok"].all(), table[~table["ok"]]
    assert set(table["statistic"]) == {
        *("ghi_month", "ghi_year", "temp_month", "temp_max_month", "temp_min_month"),
        *("wind_month", "wind_year", "wind_weibull_k"),
    }


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_figure_has_its_words(lang):
    entries = entries_of(lang)
    assert {k.split(".")[1] for k in entries if k.startswith("weather_statistic.")} == set(STATISTICS)
    assert {f"weather_compare.{f}" for f in FIGURES} <= set(entries)


# -- yields --------------------------------------------------------------------------------------------------


def test_yields_by_hand():
    """0.3 all year, 0.6 in winter, 0.05 from 18 to 21 h of every second day.

    cf: winter 90 of 365 days; evenings 3 of 24 h on 183 days (1 January is the first).
    """
    pu = np.full((8760, 1), 0.3)
    pu[np.isin(INDEX.month, (12, 1, 2))] = 0.6
    days = np.arange(8760) // 24
    pu[np.isin(INDEX.hour, (18, 19, 20)) & (days % 2 == 0)] = 0.05
    found = {k: float(v[0]) for k, v in plant_figures(pu, INDEX).items()}
    assert found["full_load_h"] == pytest.approx(8760.0 * pu.mean())
    assert found["cf_jja_pu"] == pytest.approx((92 * 24 * 0.3 - 46 * 3 * 0.25) / (92 * 24))
    assert found["evening_lull_percent"] == pytest.approx(100.0 * 183 / 365)
    plain = {k: float(v[0]) for k, v in plant_figures(np.full((8760, 1), 0.25), INDEX).items()}
    assert (plain["full_load_h"], plain["evening_pu"], plain["evening_lull_percent"]) == (2190.0, 0.25, 0.0)


def test_a_gale_gives_rated_power_less_losses():
    """15 m/s at both heights of the curve's plateau: 1 - 0.12 at every hour; one low height alone gives no wind row."""
    gale = constant(wind_speed_100m_m_per_s=15.0, wind_speed_10m_m_per_s=13.0)
    pu = plant_pu(gale, StandardPlants(wind_loss_percent=12.0))["wind"]
    assert pu == pytest.approx(np.full((8760, 2), 0.88), abs=0.01)
    low = Weather(INDEX, SITES, {k: v for k, v in gale.data.items() if "100m" not in k}, "2025")
    assert set(plant_pu(low)) == {"solar"}
    assert set(yield_table(low)["carrier"]) == {"solar"}


def test_the_table_of_the_typical_year_has_the_published_ranges():
    table = yield_table(read_canonical(YUEYANG / "typical", names=["洞庭湖滨", "青山岛", "岳阳楼区"]))
    rows = table.set_index(["carrier", "figure"])
    assert set(table["figure"]) == set(FIGURES)
    assert rows.loc[("solar", "full_load_h"), "within"] is True
    assert (rows["lowest"] <= rows["mean"]).all()
    assert (rows["mean"] <= rows["highest"]).all()
    assert rows.loc[("wind", "sun_correlation_hour"), "mean"] < 0.0  # night wind over the plain


# -- the commands --------------------------------------------------------------------------------------------


def test_the_commands(tmp_path, year):
    SITES.to_csv(tmp_path / "sites.csv", index=False)
    write_canonical(year, tmp_path / "2025")
    run = CliRunner().invoke
    folder = str(tmp_path / "2025")
    done = run(app, ["weather", "compare", folder, folder, "--out", str(tmp_path / "out"), "--lang", "en"])
    assert done.exit_code == 0, done.output
    assert "0 of" in done.output
    assert (tmp_path / "out" / "compare.png").read_bytes().startswith(b"\x89PNG")
    assert (pd.read_csv(tmp_path / "out" / "compare.csv")["difference"] == 0.0).all()
    done = run(app, ["weather", "yield", folder, folder, "--site", "甲", "--out", str(tmp_path / "y.csv")])
    assert done.exit_code == 0, done.output
    assert "满负荷小时" in done.output
    assert len(pd.read_csv(tmp_path / "y.csv")) == 18
    other = tmp_path / "other" / "2025"
    write_canonical(year, other)
    SITES.to_csv(other / "sites.csv", index=False)
    done = run(app, ["weather", "yield", folder, str(other), "--out", str(tmp_path / "y.csv")])
    table = pd.read_csv(tmp_path / "y.csv")
    assert len(table) == 36
    assert table.groupby("figure")["mean"].nunique().max() == 2  # wind and solar; the sources are the same
    assert run(app, ["weather", "yield", folder, "--place", "north"]).exit_code == 2
    assert run(app, ["weather", "compare", folder, str(tmp_path / "nothing")]).exit_code == 2

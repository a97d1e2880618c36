"""A planner's Excel export: any column names, GBK, kelvin and hectopascal, labels, cells that are no numbers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from weather_files import LAT, LON

from gridsim.drivers import SOURCES
from gridsim.errors import InvalidInput
from gridsim.weather.assemble import Site
from gridsim.weather.csv_table import from_files
from gridsim.weather.intervals import extraterrestrial

HERE = Site("甲", LAT, LON, 52.0)
HOUR = pd.Timedelta(hours=1)
HOURS = pd.date_range("2019-01-01", periods=8760, freq="h", tz="Asia/Shanghai")
TOA = extraterrestrial(HOURS, HOUR, LAT, LON)
#: kelvin, hectopascal, km/h, W/m2; 10.8 km/h are 3 m/s, 18 km/h are 5 m/s
FRAME = pd.DataFrame(
    {
        "时间": HOURS.strftime("%Y/%m/%d %H:%M"),
        "总辐射(W/m2)": (0.5 * TOA).round(3),
        "散射辐射(W/m2)": (0.2 * TOA).round(3),
        "气温(K)": 288.15,
        "气压(hPa)": 1009.0,
        "风速_10m(km/h)": 10.8,
        "70米风速（km/h）": 18.0,
    }
)


def write(folder, frame=FRAME, *, name="甲.csv", encoding="gbk", mapping="", head="", **how):
    (folder / name).write_bytes((head + frame.to_csv(index=False, **how)).encode(encoding))
    if mapping:
        (folder / name).with_suffix(".toml").write_text(mapping, "utf-8")
    return folder / name


def one(path, year=2019, site=HERE):
    return from_files([path], [site], year=year)


def told(path, year=2019) -> list[str]:
    with pytest.raises(InvalidInput) as caught:
        one(path, year)
    return [str(p) for p in caught.value.problems]


def said(weather):
    return {(o.quantity, o.how, o.detail) for o in weather.origin["甲"]}


@pytest.mark.parametrize(
    ("encoding", "how"), [("gbk", {}), ("utf-8-sig", {}), ("utf-8", {"sep": ";"}), ("gbk", {"sep": "\t"})]
)
def test_the_header_says_names_units_and_heights(tmp_path, encoding, how):
    got = one(write(tmp_path, encoding=encoding, **how))
    assert got.data["ghi_w_per_m2"][:, 0] == pytest.approx(0.5 * TOA, abs=0.01)
    assert got.data["dhi_w_per_m2"][:, 0] == pytest.approx(0.2 * TOA, abs=0.01)
    assert got.data["temp_air_degc"] == pytest.approx(15.0)
    assert got.data["pressure_pa"] == pytest.approx(100_900.0)
    assert got.data["wind_speed_10m_m_per_s"] == pytest.approx(3.0)
    assert got.data["wind_speed_70m_m_per_s"] == pytest.approx(5.0)
    assert ("temp_air_degc", "as_given", "气温(K), k, left") in said(got)
    assert ("all", "label_assumed", "left") in said(got)
    assert ("dni_w_per_m2", "closed", "dni from ghi and dhi, 8760 h") in said(got)


MAPPING = """
time = "t"
format = "%d.%m.%Y %H:%M"
zone = "UTC"
label = "right"
header_row = 3
missing = [-1]

[columns]
ghi_w_per_m2 = { column = "x1", unit = "MJ/m2" }
temp_air_degc = { column = "x2", unit = "℃", label = "instant" }
wind_speed_80m_m_per_s = { column = "x3" }
"""


def test_a_mapping_file_says_what_is_what(tmp_path):
    """UTC stamps at the end of the hour; energy of the hour in MJ/m2: 1.8 MJ/m2 in an hour are 500 W/m2."""
    ends = (HOURS + HOUR).tz_convert("UTC")
    frame = pd.DataFrame(
        {
            "t": ends.strftime("%d.%m.%Y %H:%M"),
            "x1": 0.5 * TOA * 3600.0 / 1e6,
            "x2": 10.0 + np.arange(8760) / 1000.0,
            "x3": np.where(np.arange(8760) == 500, -1.0, 6.0),
        }
    )
    got = one(write(tmp_path, frame, mapping=MAPPING, head="岳阳气象站\n2019 年\n"))
    assert got.data["ghi_w_per_m2"][:, 0] == pytest.approx(0.5 * TOA, abs=1e-6)
    assert got.data["temp_air_degc"][1000, 0] == pytest.approx(10.0 + 999.5 / 1000.0)  # mean of both ends
    assert got.data["wind_speed_80m_m_per_s"] == pytest.approx(6.0)
    assert ("pressure_pa", "from_height", "52 m") in said(got)
    assert ("wind_speed_80m_m_per_s", "gap_interpolated", "1 h, first 01-21 20:00") in said(got)
    assert ("ghi_w_per_m2", "as_given", "x1, mj/m2, right") in said(got)


def test_24_o_clock_is_midnight_of_the_next_day(tmp_path):
    ends = [f"{h:%Y-%m-%d} {h.hour + 1:02d}:00" for h in HOURS]
    assert ends[23].endswith("01-01 24:00")
    got = one(write(tmp_path, FRAME.assign(时间=ends), mapping='label = "right"\n'))
    assert got.data["ghi_w_per_m2"][:, 0] == pytest.approx(0.5 * TOA, abs=0.01)


def test_quarter_hours_stay_quarter_hours(tmp_path):
    quarters = pd.date_range("2019-01-01", "2020-01-01", freq="15min", tz="Asia/Shanghai", inclusive="left")
    frame = FRAME.loc[FRAME.index.repeat(4)].assign(时间=quarters.strftime("%Y/%m/%d %H:%M"))
    got = one(write(tmp_path, frame))
    assert len(got.index) == 35_040


def test_several_sites_in_one_file_and_years_in_several(tmp_path):
    long = pd.concat([FRAME.assign(站点=s) for s in ("甲", "乙")])
    write(tmp_path, long, name="all.csv", mapping='site = "站点"\nlabel = "left"\n')
    (tmp_path / "sites.csv").write_text("name,lat_deg,lon_deg,elevation_m\n甲,29.37,113.13,50\n乙,29,113,50\n", "utf-8")
    got = SOURCES["csv"](tmp_path, ["甲", "乙"], 2019, 1)
    assert got.data["temp_air_degc"].shape == (8760, 2)
    assert not [o for o in got.origin["甲"] if o.how == "label_assumed"]
    years = tmp_path / "years"
    years.mkdir()
    write(years, name="甲_2019.csv")
    write(years, FRAME.assign(时间=FRAME["时间"].str.replace("2019", "2018")), name="甲_2018.csv")
    paths = sorted(years.glob("*.csv"))
    assert from_files(paths, [HERE], year=2018).label == "2018"


def test_everything_wrong_is_said_with_row_and_column(tmp_path):
    frame = FRAME.astype(str)
    frame.loc[10, "气温(K)"], frame.loc[20, "气压(hPa)"], frame.loc[30, "时间"] = "missing?", "1.0.1", "31.02.2019"
    problems = told(write(tmp_path, frame))
    assert any("row 12" in p and "气温(K)" in p and "'missing?'" in p for p in problems)
    assert any("row 22" in p and "气压(hPa)" in p for p in problems)
    assert any("row 32" in p and "'31.02.2019' is no time" in p for p in problems)


def test_a_unit_of_another_quantity_and_unknown_columns_are_refused(tmp_path):
    (problem,) = told(write(tmp_path, FRAME.rename(columns={"气温(K)": "气温(hPa)"})))
    assert "'hPa' is not one of temp_air_degc" in problem
    mapping = 'label = "left"\n[columns]\nghi = { column = "总辐射(W/m2)" }\ntemp_air_degc = { column = "T" }\n'
    problems = told(write(tmp_path, mapping=mapping))
    assert any("'ghi' is no canonical column" in p for p in problems)
    assert any("no column 'T'" in p for p in problems)


@pytest.mark.parametrize(
    ("mapping", "told_"),
    [('lable = "left"', "lable"), ('label = "end"', "label"), ("label = ", "TOML"), ('missing = ["a"]', "missing")],
)
def test_a_mistake_in_the_mapping_is_refused(tmp_path, mapping, told_):
    assert any(told_ in p for p in told(write(tmp_path, mapping=mapping)))


def test_kelvin_without_a_unit_is_refused_by_its_bounds(tmp_path):
    (problem,) = told(write(tmp_path, FRAME.rename(columns={"气温(K)": "气温"})))
    assert "outside -50..60" in problem


def test_doubled_stamps_missing_days_and_odd_steps_are_refused(tmp_path):
    (problem,) = told(write(tmp_path, pd.concat([FRAME, FRAME.iloc[:5]])))
    assert "5 stamps appear twice" in problem
    problems = told(write(tmp_path, FRAME.drop(index=range(4000, 4100))))
    assert any("100 of 8760 intervals" in p for p in problems)
    (problem,) = told(write(tmp_path, FRAME.iloc[::3]))
    assert "step is 0 days 03:00:00" in problem


def test_no_stamps_no_file_no_year_no_table(tmp_path):
    (problem,) = told(write(tmp_path, FRAME.drop(columns="时间")))
    assert "no column of stamps" in problem
    path = write(tmp_path)
    with pytest.raises(InvalidInput, match="no file of site '丁'"):
        from_files([path], [Site("丁", 29.0, 113.0, 50.0)], year=2019)
    with pytest.raises(InvalidInput, match="none is asked for"):
        from_files([path], [HERE])
    (tmp_path / "甲.csv").write_bytes(b"")
    assert told(tmp_path / "甲.csv")

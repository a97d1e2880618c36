"""96 points a day as dispatch centres export them: headers, encodings, units; all problems at once."""

import numpy as np
import pandas as pd
import pytest
import toy
from hypothesis import given, settings
from hypothesis import strategies as st

from gridsim.demand_input import DemandInput, read_demand
from gridsim.drivers import read_drivers
from gridsim.errors import InvalidInput
from gridsim.points96 import read_points96

ENDS = [f"{(15 * k) // 60}:{(15 * k) % 60:02d}" for k in range(1, 97)]
STARTS = [f"{(15 * k) // 60:02d}:{(15 * k) % 60:02d}" for k in range(96)]
HEADERS = {
    "ends": ENDS,
    "ends_00": [f"{t}:00" for t in ENDS],
    "full_width": [t.replace(":", "：") for t in ENDS],
    "words": [f"{t.split(':')[0]}时{t.split(':')[1]}分" for t in ENDS],
    "starts": STARTS,
    "numbers": [str(k) for k in range(1, 97)],
    "P": [f"P{k}" for k in range(1, 97)],
    "V": [f"V{k:02d}" for k in range(1, 97)],
    "points": [f"第{k}点" for k in range(1, 97)],
    "from_0": [str(k) for k in range(96)],
}
DAYS = ["2030-01-01", "2030-01-02"]
POINTS = {d: [round(100.0 + 10 * i + 0.25 * k, 2) for k in range(96)] for i, d in enumerate(DAYS)}


def _csv(header, *, first="日期", days=DAYS, name=None, mark=",", points=POINTS):
    named = ["名称"] if name else []
    rows = [[first, *named, *header]]
    rows += [[d, *([name] if name else []), *map(str, points[k])] for d, k in zip(days, points)]
    return "\n".join(mark.join(r) for r in rows) + "\n"


def _read(path, names=("城市", "甲")):
    problems = []
    frame, sha = read_points96(path, names=names, problems=problems)
    assert len(sha) == 64
    return frame, problems


@pytest.mark.parametrize("kind", HEADERS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk"])
def test_every_usual_header_and_encoding_reads_the_same(tmp_path, kind, encoding):
    (tmp_path / "城市.csv").write_text(_csv(HEADERS[kind]), encoding=encoding)
    frame, problems = _read(tmp_path / "城市.csv")
    assert problems == []
    assert frame.index[0] == pd.Timestamp("2030-01-01 00:00", tz="Asia/Shanghai")  # 0:15 is the end of 0:00-0:15
    assert frame.index[-1] == pd.Timestamp("2030-01-02 23:45", tz="Asia/Shanghai")  # 24:00 the end of 23:45-24:00
    assert frame["城市"].to_numpy() == pytest.approx(np.concatenate([POINTS[d] for d in DAYS]))


@pytest.mark.parametrize(
    ("first", "days"),
    [
        ("date", ["2030/1/1", "2030/1/2"]),
        ("数据日期", ["20300101", "20300102"]),
        ("日期", ["2030年1月1日", "2030年01月02日"]),
        ("时间", ["2030-01-01 00:00:00", "2030-01-02 00:00:00"]),
    ],
)
def test_days_in_the_usual_spellings(tmp_path, first, days):
    (tmp_path / "城市.csv").write_text(_csv(ENDS, first=first, days=days), encoding="utf-8")
    frame, problems = _read(tmp_path / "城市.csv")
    assert problems == []
    assert sorted({str(d.date()) for d in frame.index}) == DAYS


def test_titles_units_asides_semicolons_and_names(tmp_path):
    header, *days = _csv(ENDS, name="甲", mark=";").splitlines()
    lines = ["2030年日负荷曲线(单位:万千瓦)", "", f"{header};日最大;平均负荷", *(f"{d};99;99" for d in days)]
    text = "\n".join(lines) + "\n"
    (tmp_path / "export.csv").write_text(text, encoding="gbk")
    frame, problems = _read(tmp_path / "export.csv")
    assert problems == []
    assert frame["甲"].iloc[0] == pytest.approx(1000.0)  # 100 x 10 MW


def test_several_objects_in_one_file(tmp_path):
    one, two = _csv(ENDS, name="甲"), _csv(ENDS, name="城市").split("\n", 1)[1]
    (tmp_path / "all.csv").write_text(one + two, encoding="utf-8")
    frame, problems = _read(tmp_path / "all.csv")
    assert problems == []
    assert set(frame.columns) == {"甲", "城市"}


def test_all_problems_at_once(tmp_path):
    text = _csv(ENDS, name="甲")
    lines = text.splitlines()
    lines[1] = lines[1].replace("100.25", "", 1)  # an empty point
    lines[2] = lines[2].replace("110.5", "-3", 1)  # a negative one
    lines += [lines[1], lines[2].replace("2030-01-02", "2030-02-30"), lines[1].replace("甲", "乙")]
    (tmp_path / "a.csv").write_text("\n".join(lines), encoding="utf-8")
    _, problems = _read(tmp_path / "a.csv")
    said = "\n".join(str(p) for p in problems)
    for words in (
        "'' is no demand (1 of 96",
        "'-3' is no demand",
        "twice",
        "'2030-02-30' is no day",
        "'乙' is neither",
    ):
        assert words in said
    assert len(problems) == 6  # the row given twice has the empty point, too


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ([*ENDS[:50], *ENDS[51:], "12:50"], "the first that is missing is 12:45"),
        ([*ENDS[:95], "23:45"], "appear twice"),
        ([*ENDS[:95], "midnight"], "are no times of day"),
        ([*HEADERS["numbers"][:95], "97"], "the first that is missing is 96"),
    ],
)
def test_a_header_that_is_not_96_quarters_is_refused(tmp_path, header, words):
    (tmp_path / "城市.csv").write_text(_csv(header), encoding="utf-8")
    frame, problems = _read(tmp_path / "城市.csv")
    assert frame.empty
    assert words in "\n".join(str(p) for p in problems)


def test_no_header_no_file_and_workbooks(tmp_path):
    (tmp_path / "a.csv").write_text("1,2,3\n4,5,6\n", encoding="utf-8")
    (tmp_path / "b.csv").write_bytes(b"PK\x03\x04")
    for name, words in (("a.csv", "no header row"), ("b.csv", "an Excel workbook"), ("c.csv", "file is missing")):
        problems = []
        read_points96(tmp_path / name, names=["城市"], problems=problems)
        assert words in str(problems[0])


@settings(max_examples=20, deadline=None)
@given(values=st.lists(st.integers(1, 9999), min_size=96, max_size=96))
def test_energy_of_a_day_is_the_mean_of_its_points(tmp_path_factory, values):
    folder = tmp_path_factory.mktemp("p96")
    (folder / "城市.csv").write_text(_csv(ENDS, days=DAYS[:1], points={"2030-01-01": values}), encoding="utf-8")
    frame, problems = _read(folder / "城市.csv")
    assert problems == []
    assert frame["城市"].sum() / 4 == pytest.approx(24.0 * np.mean(values))


# -- in a study ------------------------------------------------------------------------------------------


def _network():
    return toy.network(
        bus=[toy.bus("A"), toy.bus("B")],
        demand=[{"name": "城市", "peak_mw": 130.0, "energy_gwh": 1000.0}],
        demand_hour=[
            {"demand": "城市", "month": m, "day_type": "workday", **{f"h{h:02d}_pu": 1.0 + 0.02 * h for h in range(24)}}
            for m in range(1, 13)
        ],
        load=[
            {"name": "甲", "bus": "A", "county": "county", "demand": "城市", "max_p_mw": 60.0},
            {"name": "乙", "bus": "B", "county": "county", "demand": "城市", "max_p_mw": 70.0},
        ],
    )


def _year(folder, name, level, *, drop=None):
    days = [d for d in pd.date_range("2030-01-01", "2030-12-31") if str(d.date()) != drop]
    rows = [",".join(["日期", *ENDS])]
    rows += [",".join([str(d.date()), *[f"{level * (1 + 0.001 * k):.3f}" for k in range(96)]]) for d in days]
    path = folder / f"{name}.csv"
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def test_measured_demand_of_an_area_takes_the_place_of_the_tables(tmp_path):
    path = _year(tmp_path, "城市", 100.0)
    drivers = read_drivers(_network(), demand=DemandInput(points96=(path,)))
    assert len(drivers.index) == 35_040
    assert drivers.demand_mw["城市"].iloc[:3].to_list() == pytest.approx([100.0, 100.1, 100.2])
    assert "城市.csv" in drivers.provenance["series"]
    assert drivers.files["城市.csv"]
    hourly = read_drivers(_network(), demand=DemandInput(points96=(path,), step_min=60))
    assert len(hourly.index) == 8760
    assert hourly.demand_mw["城市"].iloc[0] == pytest.approx(100.15)
    assert hourly.demand_mw["城市"].sum() == pytest.approx(drivers.demand_mw["城市"].sum() / 4)


def test_a_measured_load_is_contained_in_the_demand(tmp_path):
    drivers = read_drivers(_network(), demand=DemandInput(points96=(_year(tmp_path, "甲", 20.0),), step_min=60))
    assert list(drivers.load_mw.columns) == ["甲"]
    assert drivers.demand_mw["城市"].max() == pytest.approx(130.0)


def test_missing_days_wrong_units_and_unknown_rules_are_said(tmp_path):
    with pytest.raises(InvalidInput, match="96 of 35040 intervals of 2030 are missing, first 2030-03-05T00:00"):
        read_drivers(_network(), demand=DemandInput(points96=(_year(tmp_path, "城市", 100.0, drop="2030-03-05"),)))
    problems = []
    read_demand(_network(), DemandInput(points96=(_year(tmp_path, "城市", 10.0),)), problems)
    assert "check the unit" in str(problems[0])
    with pytest.raises(InvalidInput, match="no rule 'weather'"):
        read_drivers(_network(), demand=DemandInput(day_to_day="weather"))
    with pytest.raises(InvalidInput, match="no demand names a site"):
        read_drivers(_network(), demand=DemandInput(day_to_day="temperature"))

"""What a canonical file says of its columns, and wind at whatever heights the source has."""

import numpy as np
import pandas as pd
import pytest

from gridsim.errors import InvalidInput
from gridsim.report.catalogue import entries_of, read_texts
from gridsim.report.weather_origin import weather_origin
from gridsim.store import Findings
from gridsim.weather.canonical import (
    COLUMNS,
    WITHOUT_WIND,
    Weather,
    quantity,
    read_canonical,
    wind_column,
    wind_columns,
    write_canonical,
)
from gridsim.weather.origin import HOW, Origin, origin_table, packed, unpacked
from gridsim.weather.study_year import study_index

INDEX = study_index(2019)
SITES = pd.DataFrame({"name": ["甲", "乙"], "lat_deg": 29.3, "lon_deg": 113.1, "elevation_m": 50.0})


def _weather(name, heights, origin=()):
    sites = SITES[SITES["name"] == name].reset_index(drop=True)
    ones = np.ones((len(INDEX), 1))
    data = {c: ones * (100_000.0 if c == "pressure_pa" else 5.0) for c in WITHOUT_WIND}
    data |= {wind_column(h): ones * h / 10.0 for h in heights}
    return Weather(INDEX, sites, data, "2019", "NASA POWER", origin={name: origin} if origin else {})


def test_wind_columns_carry_their_height():
    names = ["ghi_w_per_m2", "wind_speed_100m_m_per_s", "wind_speed_10m_m_per_s", "wind_speed_77.5m_m_per_s"]
    assert list(wind_columns(names).values()) == [10.0, 77.5, 100.0]
    assert wind_column(77.5) == "wind_speed_77.5m_m_per_s"
    assert wind_column(50.0) == "wind_speed_50m_m_per_s"
    assert quantity("wind_speed_50m_m_per_s").high == 80.0
    assert quantity("ghi_w_per_m2") is COLUMNS["ghi_w_per_m2"]
    with pytest.raises(KeyError):
        quantity("wind_speed_m_per_s")


def test_other_heights_and_the_origin_come_back(tmp_path):
    SITES.to_csv(tmp_path / "sites.csv", index=False)
    said = (Origin("wind_speed_50m_m_per_s", "as_given", "WS50M"), Origin("pressure_pa", "from_height", "50 m"))
    write_canonical(_weather("甲", (10.0, 50.0), said), tmp_path / "2019")
    got = read_canonical(tmp_path / "2019", names=["甲"])
    assert list(wind_columns(got.data)) == ["wind_speed_10m_m_per_s", "wind_speed_50m_m_per_s"]
    assert got.data["wind_speed_50m_m_per_s"][0, 0] == pytest.approx(5.0, abs=0.011)
    assert got.origin["甲"] == said
    assert [o.kind for o in said] == ["read", "assumed"]
    assert not list((tmp_path / "2019").glob("*.part"))


def test_sites_with_wind_at_different_heights_are_refused(tmp_path):
    SITES.to_csv(tmp_path / "sites.csv", index=False)
    write_canonical(_weather("甲", (10.0, 50.0)), tmp_path / "2019")
    write_canonical(_weather("乙", (10.0, 100.0)), tmp_path / "2019")
    with pytest.raises(InvalidInput, match="differ from those of 甲"):
        read_canonical(tmp_path / "2019")


def test_a_file_without_wind_is_refused(tmp_path):
    SITES.to_csv(tmp_path / "sites.csv", index=False)
    write_canonical(_weather("甲", ()), tmp_path / "2019")
    with pytest.raises(InvalidInput) as caught:
        read_canonical(tmp_path / "2019", names=["甲"])
    assert [p.column for p in caught.value.problems] == ["wind_speed_<h>m_m_per_s"]


def test_files_without_a_word_on_their_columns_say_so(tmp_path):
    SITES.to_csv(tmp_path / "sites.csv", index=False)
    write_canonical(_weather("甲", (10.0,)), tmp_path / "2019")
    assert read_canonical(tmp_path / "2019", names=["甲"]).origin["甲"] == (Origin("all", "unknown", "NASA POWER"),)


def test_sites_with_the_same_statement_share_a_row():
    same, own = Origin("all", "cell", "cell 1"), Origin("pressure_pa", "from_height", "90 m")
    table = origin_table({"甲": [same], "乙": [same, own]})
    assert list(table.itertuples(index=False, name=None)) == [
        ("甲 乙", "all", "read", "cell", "cell 1"),
        ("乙", "pressure_pa", "assumed", "from_height", "90 m"),
    ]


def test_an_unknown_word_is_kept_as_unknown():
    assert unpacked([["all", "guessed", "by whom"]]) == (Origin("all", "unknown", "guessed by whom"),)
    every = tuple(Origin("all", how, "x") for how in HOW)
    assert unpacked(packed(every)) == every


# -- in the report ------------------------------------------------------------------------------------------


def test_every_word_of_the_vocabulary_is_in_both_languages():
    for lang in ("zh", "en"):
        entries = entries_of(lang)
        assert [h for h in HOW if f"origin_how.{h}" not in entries] == []
        assert [k for k in set(HOW.values()) if f"origin_kind.{k}" not in entries] == []


def test_the_report_prints_what_was_assumed_first_in_its_language():
    said = (Origin("wind_speed_50m_m_per_s", "as_given", "WS50M"), Origin("pressure_pa", "from_height", "50 m"))
    findings = Findings({}, {}, {"weather_origin": origin_table({"甲": said, "乙": said[:1]})})
    (table,) = weather_origin(findings, read_texts("zh"))
    rows = [[cell.text for cell in row] for row in table.rows]
    assert rows == [
        ["气压", "假设", "按站点海拔取标准大气值", "50 m", "甲"],
        ["50 m 风速", "读取", "按来源原值", "WS50M", "甲 乙"],
    ]
    (table,) = weather_origin(findings, read_texts("en"))
    assert table.rows[0][2].text == "standard atmosphere at the site's height"
    assert weather_origin(Findings({}, {}, {}), read_texts("zh")) == ()

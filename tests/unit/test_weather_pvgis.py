"""PVGIS: two calendar years in UTC make a year in China; the typical year is rolled; labels are exact."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from weather_services import Reply, pvgis_answer, pvgis_hourly_content, pvgis_tmy_content, serving

from gridsim.weather import pvgis_hourly, pvgis_tmy
from gridsim.weather.assemble import Site, assemble
from gridsim.weather.canonical import read_canonical
from gridsim.weather.download import Manners
from gridsim.weather.fetch import fetch
from gridsim.weather.intervals import extraterrestrial

SITES = pd.DataFrame({"name": ["甲"], "lat_deg": [29.37], "lon_deg": [113.13], "elevation_m": [61.0]})
SITE = Site("甲", 29.37, 113.13, 61.0)
PLACE = {"lat": "29.3700", "lon": "113.1300"}
HOURLY = {**PLACE, "components": "1", "angle": "0"}


@pytest.fixture(autouse=True)
def _direct(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def run(server, service, folder, years=()):
    return fetch(service, SITES, years, folder, address=server.url, manners=Manners(attempts=2), wait=lambda _: None)


def test_a_year_in_china_is_made_of_two_years_in_utc(tmp_path):
    with serving(pvgis_answer) as server:
        outcome = run(server, "pvgis_hourly", tmp_path, (2018, 2019))
    assert outcome["status"].tolist() == ["written", "written"]
    assert [q["startyear"] for q in server.asked] == ["2017", "2018", "2019"]  # 2018 is asked for once
    assert set(server.paths) == {"/seriescalc"}
    got = read_canonical(tmp_path / "2019")
    assert len(got.index) == 8760
    toa = extraterrestrial(got.index, pd.Timedelta(hours=1), 29.37, 113.13)
    assert got.data["ghi_w_per_m2"][:, 0] == pytest.approx(0.5 * toa, abs=0.6)
    assert got.data["dhi_w_per_m2"][:, 0] == pytest.approx(0.2 * toa, abs=0.6)
    said = {(o.quantity, o.how) for o in got.origin["甲"]}
    assert {("pressure_pa", "from_height"), ("dni_w_per_m2", "closed"), ("temp_air_degc", "label_assumed")} <= said
    assert ("wind_speed_10m_m_per_s", "one_height") in said
    assert "PVGIS-ERA5" in got.source
    provenance = pd.read_csv(tmp_path / "provenance.csv")
    assert len(provenance) == 4  # two files, two answers each


def test_the_first_year_has_no_year_before_it_and_says_what_fills_its_first_hours(tmp_path):
    with serving(pvgis_answer) as server:
        run(server, "pvgis_hourly", tmp_path, (2005,))
    assert [q["startyear"] for q in server.asked] == ["2005"]
    said = {o.detail for o in read_canonical(tmp_path / "2005").origin["甲"] if o.how == "edge_repeated"}
    assert said == {"2005-01-01 00:00 - 08:00"}


def test_scan_minutes_are_moved_to_whole_hours_and_said():
    """SARAH stamps hh:10 are instants; constant clearness comes back as constant clearness, 20 minutes later."""
    content = pvgis_hourly_content({**HOURLY, "startyear": "2019", "endyear": "2019"}, minute=10)
    stamps = pd.date_range("2019-01-01", periods=8760, freq="h", tz="UTC") + pd.Timedelta(minutes=10)
    toa = extraterrestrial(stamps - pd.Timedelta(minutes=30), pd.Timedelta(hours=1), 29.37, 113.13)
    for row, x in zip(content["outputs"]["hourly"], toa):
        row["Gb(i)"], row["Gd(i)"] = 0.3 * x, 0.2 * x
    record = pvgis_hourly.read([json.dumps(content).encode()], 2019)
    problems: list = []
    got = assemble(record, SITE, problems, year=2019)
    assert problems == []
    toa = extraterrestrial(got.index, pd.Timedelta(hours=1), 29.37, 113.13)
    assert got.data["ghi_w_per_m2"][24:, 0] == pytest.approx(0.5 * toa[24:], abs=0.6)
    assert ("ghi_w_per_m2", "shifted", "+20 min") in {(o.quantity, o.how, o.detail) for o in got.origin["甲"]}


def test_the_typical_year_begins_at_midnight_in_china(tmp_path):
    """Hour 8752 of the year in UTC (31 December 16:00) is hour 0 in China; wind is 2 + hour/10000.

    Wind at hh:00 becomes the mean of both ends of the hour: (2.8752 + 2.8753) / 2 in hour 0, and at the turn of the
    year in UTC, hour 7, (2.8759 + 2.0000) / 2.
    """
    with serving(pvgis_answer) as server:
        outcome = run(server, "pvgis_tmy", tmp_path)
    assert outcome[["year", "status"]].to_numpy().tolist() == [["typical", "written"]]
    got = read_canonical(tmp_path / "typical")
    wind = got.data["wind_speed_10m_m_per_s"][:, 0]
    assert wind[0] == pytest.approx(2.87525, abs=0.011)
    assert wind[7] == pytest.approx(2.43795, abs=0.011)
    assert wind[8] == pytest.approx(2.00005, abs=0.011)
    noon = got.data["ghi_w_per_m2"][:, 0].reshape(-1, 24).mean(axis=0).argmax()
    assert noon in (11, 12)
    said = {(o.quantity, o.how, o.detail) for o in got.origin["甲"]}
    assert ("all", "typical_months", "2011 2012 2013 2014 2015 2016 2017 2018 2019 2020 2021 2022") in said
    assert ("ghi_w_per_m2", "as_given", "") in said  # offset of half an hour: the mean of the hour that begins
    assert got.data["pressure_pa"].mean() == pytest.approx(100_900.0, abs=6.0)


def test_the_roll_is_pvlibs_roll():
    """pvlib's ``get_pvgis_tmy`` through its ``url=`` with ``roll_utc_offset=8`` has the same hours in order."""
    from pvlib.iotools import get_pvgis_tmy

    with serving(pvgis_answer) as server:
        theirs, _ = get_pvgis_tmy(29.37, 113.13, url=server.url, roll_utc_offset=8, coerce_year=2025)
    body = pvgis_answer("tmy", PLACE)
    ours = pvgis_tmy.read([body], None).values
    assert ours["ghi_w_per_m2"].to_numpy() == pytest.approx(theirs["ghi"].to_numpy())
    assert ours["wind_speed_10m_m_per_s"].to_numpy() == pytest.approx(theirs["wind_speed"].to_numpy())
    assert (ours.index.tz_convert("UTC") == theirs.index.tz_convert("UTC")).all()


def test_a_missing_time_offset_is_assumed_and_said():
    body = json.dumps(pvgis_tmy_content(PLACE, offset_h=None)).encode()
    record = pvgis_tmy.read([body], None)
    assert record.middle_min["ghi_w_per_m2"] == 30.0
    assert ("ghi_w_per_m2", "label_assumed") in {(o.quantity, o.how) for o in record.origin}


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda c: c["outputs"]["tmy_hourly"].pop(), "8759 hours"),
        (lambda c: c["outputs"].pop("months_selected"), "months_selected"),
        (lambda c: [row.pop("SP") for row in c["outputs"]["tmy_hourly"]], "lacks SP"),
        (lambda c: c.pop("inputs"), "lacks 'inputs'"),
        (lambda c: c["outputs"].update(tmy_hourly=[]), "lacks"),
    ],
)
def test_broken_typical_years_are_refused(spoil, said):
    content = pvgis_tmy_content(PLACE)
    spoil(content)
    assert said in pvgis_tmy.check(json.dumps(content).encode())


def test_a_refusal_is_final_and_says_what_pvgis_says(tmp_path):
    body = json.dumps({"message": "Location over the sea. Please, select another location", "status": 400}).encode()
    with serving(pvgis_answer) as server:
        server.first += [Reply(400, body)]
        outcome = run(server, "pvgis_tmy", tmp_path)
    assert outcome["status"].tolist() == ["failed"] and "over the sea" in outcome["detail"].iloc[0]
    assert len(server.asked) == 1 and not list(tmp_path.rglob("*.parquet"))


def test_missing_days_are_refused(tmp_path):
    def answer(path, query):
        content = json.loads(pvgis_answer(path, query))
        if query["startyear"] == "2019":
            del content["outputs"]["hourly"][3000:3048]
        return json.dumps(content).encode()

    with serving(answer) as server:
        outcome = run(server, "pvgis_hourly", tmp_path, (2019,))
    assert outcome["status"].tolist() == ["failed"]
    assert "48 of 8760 intervals" in outcome["detail"].iloc[0]

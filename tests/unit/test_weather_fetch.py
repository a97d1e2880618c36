"""Downloads from a server on loopback: patience, honesty, nothing half written, only what is missing asked for."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import numpy as np
import pandas as pd
import pytest
import weather_services as services
from weather_services import Reply, nasa_answer, nasa_content, serving

from gridsim.errors import InvalidInput
from gridsim.weather import nasa_power
from gridsim.weather.canonical import read_canonical
from gridsim.weather.download import Manners
from gridsim.weather.fetch import fetch

#: 甲 and 乙 share both cells of NASA POWER, 丙 lies elsewhere
SITES = pd.DataFrame(
    {
        "name": ["甲", "乙", "丙"],
        "lat_deg": [29.37, 29.45, 28.70],
        "lon_deg": [113.13, 113.19, 113.58],
        "elevation_m": [50.0, 40.0, 110.0],
    }
)
ONE = SITES.iloc[:1]
HASTY = Manners(timeout_s=30.0, attempts=3, first_wait_s=2.0, longest_wait_s=60.0)
IMPATIENT = Manners(timeout_s=2.0, attempts=3, first_wait_s=2.0, longest_wait_s=60.0)


@pytest.fixture(autouse=True)
def _direct(monkeypatch):
    """No proxy of the machine between the test and its server."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def nasa():
    with serving(nasa_answer) as server:
        yield server


def run(server, folder, *, sites=ONE, years=(2019,), manners=HASTY):
    """Outcome by site and year, and the waits that were made."""
    waits: list[float] = []
    outcome = fetch("nasa_power", sites, years, folder, address=server.url, manners=manners, wait=waits.append)
    return outcome, waits


def statuses(outcome) -> list[str]:
    return outcome["status"].tolist()


def files(folder) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


# -- the good case ------------------------------------------------------------------------------------------


def test_a_file_per_site_and_year_and_one_question_per_cell_and_year(nasa, tmp_path):
    outcome, waits = run(nasa, tmp_path, sites=SITES, years=(2019, 2020))
    assert statuses(outcome) == ["written"] * 6 and waits == []
    assert len(nasa.asked) == 4  # two pairs of cells, two years
    assert {q["start"] for q in nasa.asked} == {"20181231", "20191231"}
    assert all(q["time-standard"] == "utc" and q["community"] == "re" for q in nasa.asked)
    whole = read_canonical(tmp_path / "2020")
    assert len(whole.index) == 8784
    assert list(whole.sites["name"]) == ["甲", "乙", "丙"]
    assert {"wind_speed_10m_m_per_s", "wind_speed_50m_m_per_s"} < set(whole.data)
    assert whole.source.startswith("reanalysis and satellite: NASA POWER hourly v2.9.5")
    assert whole.data["ghi_w_per_m2"][:, 0] == pytest.approx(whole.data["ghi_w_per_m2"][:, 1])
    assert not [f for f in files(tmp_path) if "part" in f]


def test_two_sites_of_one_cell_say_so(nasa, tmp_path):
    run(nasa, tmp_path, sites=SITES)
    origin = read_canonical(tmp_path / "2019").origin
    cells = {name: next(o.detail for o in said if o.how == "cell") for name, said in origin.items()}
    assert cells["甲"] == cells["乙"] != cells["丙"]
    assert "1 deg x 1 deg, 0.5 deg x 0.625 deg" in cells["甲"]
    assert ("pressure_pa", "height_corrected") in {(o.quantity, o.how) for o in origin["甲"]}


def test_cells_of_the_two_grids():
    """29.37 N 113.13 E: point 29.5 N 113.125 E of MERRA-2 (29.25..29.75, 112.8125..113.4375), sun 29..30, 113..114.

    The common piece is 29.25..29.75 by 113..113.4375.
    """
    assert nasa_power.cell(29.37, 113.13) == (29.5, 113.21875)
    assert nasa_power.cell(29.45, 113.19) == nasa_power.cell(29.37, 113.13)
    assert nasa_power.cell(29.1, 113.13) == (29.125, 113.21875)  # 28.75..29.25 is cut at 29 by the solar cell
    for lat, lon in ((29.37, 113.13), (29.1, 113.13), (25.25, 110.0)):
        assert nasa_power.cell(*nasa_power.cell(lat, lon)) == nasa_power.cell(lat, lon)


def test_the_values_are_those_pvlib_reads_from_the_same_service(nasa, tmp_path):
    """pvlib asks the loopback server through its ``url=``; its columns, shifted to China, are ours."""
    from pvlib.iotools import get_nasa_power

    run(nasa, tmp_path)
    ours = read_canonical(tmp_path / "2019")
    lat, lon = nasa_power.cell(29.37, 113.13)
    names = ["ghi", "dni", "dhi", "temp_air", "pressure", "wind_speed", "WS50M"]
    theirs, _ = get_nasa_power(lat, lon, "2018-12-31", "2019-12-31", parameters=names, url=nasa.url)
    theirs = theirs.tz_convert("Asia/Shanghai").loc["2019"]
    assert theirs.index.equals(ours.index)
    for name, column, step in (
        ("ghi_w_per_m2", "ghi", 0.51),
        ("dni_w_per_m2", "dni", 0.51),
        ("dhi_w_per_m2", "dhi", 0.51),
        ("wind_speed_10m_m_per_s", "wind_speed", 0.011),
        ("wind_speed_50m_m_per_s", "WS50M", 0.011),
    ):
        assert ours.data[name][:, 0] == pytest.approx(theirs[column].to_numpy(), abs=step)
    higher = 0.0065 * (118.42 - 50.0)  # the cell lies 68 m above the site
    assert ours.data["temp_air_degc"][:, 0] == pytest.approx(theirs["temp_air"].to_numpy() + higher, abs=0.06)
    assert ours.data["pressure_pa"].mean() == pytest.approx(100_870.0 * (1 + 68.42 / 8434.0), rel=2e-4)


def test_every_answer_is_kept_with_where_it_came_from(nasa, tmp_path):
    run(nasa, tmp_path)
    table = pd.read_csv(tmp_path / "provenance.csv", dtype=str)
    (row,) = table.to_dict("records")
    body = gzip.decompress((tmp_path / row["answer"]).read_bytes())
    assert json.loads(body)["header"]["api"]["version"] == row["service_version"] == "v2.9.5"
    assert row["url"].startswith(nasa.url) and "start=20181231" in row["url"]
    assert len(row["sha256"]) == 64
    assert datetime.fromisoformat(row["asked_at"]).tzinfo is not None
    assert (row["site"], row["year"], row["service"]) == ("甲", "2019", "nasa_power")


def test_secrets_are_not_kept(tmp_path):
    from gridsim.weather.download import Query, ask

    query = Query("a", "", {"latitude": "29", "token": "abc", "api_key": "def"})
    with serving(lambda *_: b"{}") as plain:
        address = plain.url.replace("http://", "http://me:word@")
        got = ask(address, query, tmp_path, check=lambda _: "", version=lambda _: "1", manners=HASTY)
    assert plain.asked[0]["token"] == "abc"
    kept = (tmp_path / "a.provenance.json").read_text()
    assert got.provenance.url.endswith("?latitude=29")
    assert not [s for s in ("abc", "def", "word") if s in kept]


# -- again --------------------------------------------------------------------------------------------------


def test_a_second_run_asks_for_nothing(nasa, tmp_path):
    run(nasa, tmp_path, sites=SITES)
    before = len(nasa.asked)
    outcome, _ = run(nasa, tmp_path, sites=SITES)
    assert statuses(outcome) == ["there"] * 3
    assert len(nasa.asked) == before


def test_a_resumed_run_asks_only_for_what_is_missing(nasa, tmp_path):
    """After the first cell the service goes down; the second run asks for the other cell and the other year."""
    good = nasa_answer("", {**_query(29.37, 113.13, 2019)})
    nasa.first += [Reply(body=good), *[Reply(500)] * 3]
    outcome, _ = run(nasa, tmp_path, sites=SITES, years=(2019, 2020))
    assert statuses(outcome) == ["written", "written", "failed", "not asked", "not asked", "not asked"]
    assert "HTTP 500" in outcome["detail"].iloc[2]
    asked = len(nasa.asked)
    outcome, _ = run(nasa, tmp_path, sites=SITES, years=(2019, 2020))
    assert statuses(outcome) == ["there", "there", "written", "written", "written", "written"]
    new = nasa.asked[asked:]
    assert len(new) == 3
    assert not [q for q in new if q["end"] == "20191231" and q["longitude"] == "113.219"]


def test_a_lost_file_is_made_again_from_the_kept_answer(nasa, tmp_path):
    run(nasa, tmp_path)
    (tmp_path / "2019" / "甲.parquet").unlink()
    outcome, _ = run(nasa, tmp_path)
    assert statuses(outcome) == ["written"] and len(nasa.asked) == 1


def test_a_damaged_answer_is_asked_for_again(nasa, tmp_path):
    run(nasa, tmp_path)
    (tmp_path / "2019" / "甲.parquet").unlink()
    (kept,) = (tmp_path / "answers" / "nasa_power").glob("*.gz")
    kept.write_bytes(gzip.compress(b"{}"))
    outcome, _ = run(nasa, tmp_path)
    assert statuses(outcome) == ["written"] and len(nasa.asked) == 2


def _query(lat, lon, year):
    (query,) = nasa_power.queries(lat, lon, year)
    return dict(query.parameters)


# -- trouble that passes ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "trouble",
    [
        Reply(429),
        Reply(500, b"oops"),
        Reply(503),
        Reply(529),
        Reply(body=b'{"type": "Feature", "prop'),
        Reply(body=b"<html><body>Service unavailable</body></html>", kind="text/html"),
        Reply(body=b'{"half": ', promised=100_000),
        Reply(body=b"[]"),
        Reply(body=b""),
    ],
    ids=["429", "500", "503", "529", "malformed", "html with 200", "truncated", "no object", "empty"],
)
def test_passing_trouble_is_tried_again(nasa, tmp_path, trouble):
    nasa.first += [trouble, trouble]
    outcome, waits = run(nasa, tmp_path)
    assert statuses(outcome) == ["written"]
    assert len(nasa.asked) == 3
    assert waits == [2.0, 4.0]


@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        (Reply(429), "HTTP 429 Too Many Requests"),
        (Reply(500), "HTTP 500"),
        (Reply(body=b"<html>maintenance</html>", kind="text/html"), "not JSON but begins with '<html>maintenance"),
        (Reply(body=b'{"half": ', promised=100_000), "broke off"),
    ],
    ids=["429", "500", "html", "truncated"],
)
def test_trouble_that_stays_is_said_and_leaves_nothing(nasa, tmp_path, trouble, said):
    nasa.first += [trouble] * 3
    outcome, _ = run(nasa, tmp_path, sites=SITES)
    assert statuses(outcome) == ["failed", "failed", "not asked"]
    assert said in outcome["detail"].iloc[0] and "3 attempts" in outcome["detail"].iloc[0]
    assert len(nasa.asked) == 3  # the other cell was not asked for
    assert files(tmp_path) == []


def test_no_answer_in_time_is_tried_again_and_said(nasa, tmp_path):
    """The first request is never answered in time, the second is; then none is."""
    nasa_answer("", _query(29.37, 113.13, 2019))  # made beforehand: only the delay is slow
    nasa.first += [Reply(body=b"{}", delay_s=4.0)]
    outcome, waits = run(nasa, tmp_path / "late", manners=IMPATIENT)
    assert statuses(outcome) == ["written"] and waits == [2.0]
    nasa.first += [Reply(body=b"{}", delay_s=1.5)] * 3
    outcome, _ = run(nasa, tmp_path / "never", manners=replace(IMPATIENT, timeout_s=0.2))
    assert "no answer within 0.2 s" in outcome["detail"].iloc[0]
    assert files(tmp_path / "never") == []


def test_a_service_that_is_not_there_is_said(tmp_path):
    with serving(nasa_answer) as server:
        pass
    outcome, waits = run(server, tmp_path)
    assert "cannot be reached" in outcome["detail"].iloc[0]
    assert waits == [2.0, 4.0] and files(tmp_path) == []


def test_retry_after_in_seconds_and_as_a_date_is_obeyed(nasa, tmp_path):
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    nasa.first += [Reply(429, headers={"Retry-After": "17"}), Reply(503, headers={"Retry-After": soon})]
    outcome, waits = run(nasa, tmp_path)
    assert statuses(outcome) == ["written"]
    assert waits[0] == 17.0
    assert 25.0 < waits[1] <= 30.0


def test_a_service_that_asks_for_an_hour_is_left_alone(nasa, tmp_path):
    nasa.first += [Reply(429, headers={"Retry-After": "3600"})]
    outcome, waits = run(nasa, tmp_path)
    assert "asks to wait 3600 s" in outcome["detail"].iloc[0]
    assert waits == [] and len(nasa.asked) == 1


# -- trouble that stays -------------------------------------------------------------------------------------


def test_a_refusal_is_final_and_its_reason_is_shown(nasa, tmp_path):
    body = json.dumps({"header": "...", "messages": ["end: Input should be before today"]}).encode()
    nasa.first += [Reply(422, body)]
    outcome, waits = run(nasa, tmp_path, sites=SITES)
    assert statuses(outcome) == ["failed", "failed", "written"]  # the other cell is asked all the same
    assert "HTTP 422" in outcome["detail"].iloc[0] and "before today" in outcome["detail"].iloc[0]
    assert waits == []


def spoiled(change):
    """A service whose answers are changed before they are sent."""

    def answer(_path, query):
        content = nasa_content(query)
        change(content)
        return json.dumps(content).encode()

    return serving(answer)


def _fill(name, first, last):
    def change(content):
        series = content["properties"]["parameter"][name]
        for key in [k for k in series if first <= k <= last]:
            series[key] = -999.0

    return change


def test_fill_values_of_three_hours_are_bridged_and_said(tmp_path):
    with spoiled(_fill("T2M", "2019060100", "2019060102")) as server:
        outcome, _ = run(server, tmp_path)
    assert statuses(outcome) == ["written"]
    got = read_canonical(tmp_path / "2019")
    assert [o.detail for o in got.origin["甲"] if o.how == "gap_interpolated"] == ["3 h, first 06-01 08:00"]
    assert got.data["temp_air_degc"].min() > -10.0


def test_missing_diffuse_irradiance_follows_from_the_other_two(tmp_path):
    with spoiled(_fill("ALLSKY_SFC_SW_DIFF", "2019060100", "2019063023")) as server:
        outcome, _ = run(server, tmp_path)
    assert statuses(outcome) == ["written"]
    got = read_canonical(tmp_path / "2019")
    closed = [o.detail for o in got.origin["甲"] if (o.quantity, o.how) == ("dhi_w_per_m2", "closed")]
    assert closed == ["dhi from ghi and dni, 720 h"]


def _without_days(content):
    for series in content["properties"]["parameter"].values():
        for key in [k for k in series if k[:8] in ("20190710", "20190711", "20190712")]:
            del series[key]


@pytest.mark.parametrize("change", [_without_days, _fill("WS10M", "2019120100", "2019123123")])
def test_a_year_with_missing_days_is_refused_in_numbers_and_the_answer_kept(tmp_path, change):
    with spoiled(change) as server:
        outcome, _ = run(server, tmp_path)
        assert statuses(outcome) == ["failed"]
        detail = outcome["detail"].iloc[0]
        assert "intervals on" in detail and "days are missing" in detail
        assert not (tmp_path / "2019").exists() and not (tmp_path / "sites.csv").exists()
        assert len(list((tmp_path / "answers" / "nasa_power").glob("*.gz"))) == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda c: c["parameters"]["PS"].update(units="hPa"), "unknown units: PS in hPa"),
        (lambda c: c["parameters"]["ALLSKY_SFC_SW_DWN"].update(units="MJ/hr"), "MJ/hr"),
        (lambda c: c["header"].update(time_standard="LST"), "time standard is LST"),
        (lambda c: c["properties"]["parameter"].pop("WS50M"), "lacks WS50M"),
        (lambda c: c.pop("geometry"), "lacks 'geometry'"),
    ],
)
def test_other_units_and_another_time_standard_are_refused(tmp_path, change, said):
    with spoiled(change) as server:
        outcome, _ = run(server, tmp_path)
    assert statuses(outcome) == ["failed"] and said in outcome["detail"].iloc[0]
    assert files(tmp_path) == []


# -- bad input ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("service", "years", "said"),
    [
        ("era", (2019,), "no service 'era'"),
        ("nasa_power", (), "no years"),
        ("nasa_power", (1999, 2019), "no year 1999"),
        ("nasa_power", (pd.Timestamp.now().year,), "choose years from 2001"),
    ],
)
def test_what_cannot_be_asked_for_is_refused_before_anything_is_asked(tmp_path, service, years, said):
    with pytest.raises(InvalidInput, match=said):
        fetch(service, ONE, years, tmp_path, address="http://127.0.0.1:9/")


def test_a_site_that_has_moved_is_refused(nasa, tmp_path):
    run(nasa, tmp_path)
    with pytest.raises(InvalidInput, match="was at 29"):
        run(nasa, tmp_path, sites=ONE.assign(lat_deg=29.40))
    with pytest.raises(InvalidInput, match="has no place"):
        run(nasa, tmp_path, sites=ONE.assign(name="丁", lat_deg=np.nan))


def test_an_unknown_height_becomes_that_of_the_source(nasa, tmp_path):
    run(nasa, tmp_path, sites=ONE.assign(elevation_m=np.nan))
    got = read_canonical(tmp_path / "2019")
    assert got.sites["elevation_m"].tolist() == [118.42]
    assert ("all", "height_of_source", "assumed") in {(o.quantity, o.how, o.kind) for o in got.origin["甲"]}


def test_progress_runs_to_the_end_of_every_year(nasa, tmp_path):
    seen: list[tuple[str, float]] = []
    address = {"address": nasa.url, "manners": HASTY}
    fetch("nasa_power", SITES, (2019, 2020), tmp_path, progress=lambda *at: seen.append(at), **address)
    assert seen[-1] == ("nasa_power 2020", 1.0)
    assert ("nasa_power 2019", 0.5) in seen
    assert services.UNITS["PS"] == "kPa"

"""Every check catches its planted fault; a clean record, the typical year of Yueyang and other latitudes raise none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from weather_record import record

from gridsim.report.catalogue import LANGUAGES, entries_of, read_texts
from gridsim.report.weather_quality import HEADS, lines
from gridsim.sun import interval_middle, sun_position
from gridsim.weather.canonical import COLUMNS, Weather, read_canonical
from gridsim.weather.quality import SiteRecord, check_records, check_sites, check_weather
from gridsim.weather.quality_rules import RULES, by_check
from gridsim.weather.sky import LABELS, noon_of
from gridsim.weather.study_year import on_study_year, study_index

ROOT = Path(__file__).parents[2]
LAT, LON, ELEVATION = 29.3, 113.1, 40.0
GHI, DNI, DHI = "ghi_w_per_m2", "dni_w_per_m2", "dhi_w_per_m2"
TEMP, PRESSURE = "temp_air_degc", "pressure_pa"
HUB, LOW = "wind_speed_100m_m_per_s", "wind_speed_10m_m_per_s"
HOUR = pd.Timedelta(hours=1)


@pytest.fixture(scope="module")
def clean():
    return record()


def bad(report: pd.DataFrame) -> dict[str, str]:
    """Check -> severity of what is not fine."""
    rows = report[report["severity"].isin(["warning", "error"])]
    return dict(zip(rows["check"], rows["severity"]))


def changed(frame: pd.DataFrame, **columns) -> pd.DataFrame:
    return frame.assign(**columns)


def at(frame: pd.DataFrame, column: str, rows, value) -> pd.DataFrame:
    """A copy with some cells of a column set."""
    out = frame.copy()
    out.iloc[rows, out.columns.get_loc(column)] = value
    return out


def rolled(frame: pd.DataFrame, columns: list[str], hours: int) -> pd.DataFrame:
    return frame.assign(**{c: np.roll(frame[c].to_numpy(), hours) for c in columns})


def blocks(values: pd.Series, size: int, kind: str) -> np.ndarray:
    """Values known every ``size`` hours only: held, or joined by straight lines."""
    v = values.to_numpy()
    if kind == "held":
        return np.repeat(v[::size], size)[: len(v)]
    return np.interp(np.arange(len(v)), np.arange(0, len(v), size), v[::size])


def stitched(frame: pd.DataFrame) -> pd.DataFrame:
    """Odd months from another year, as in a typical year, not smoothed."""
    other = record(seed=77)
    odd = frame.index.month % 2 == 1
    return other.where(pd.DataFrame(np.repeat(odd[:, None], frame.shape[1], axis=1), frame.index, frame.columns), frame)


def with_rows(frame: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([frame, rows]).sort_index(kind="stable")


NOON = slice(12, 8760, 24)

#: name -> (fault, check that catches it, severity, finds besides that are its consequence)
FAULTS = {
    "no zone": (lambda f: f.tz_localize(None), "zone", "error"),
    "out of order": (lambda f: f.iloc[np.r_[0:100, 101, 100, 102:8760]], "order", "warning"),
    "a stamp twice": (lambda f: with_rows(f, f.iloc[[500]]), "duplicate", "warning"),
    "a stamp twice with other values": (lambda f: with_rows(f, f.iloc[[500]] + 1.0), "duplicate_conflict", "error"),
    "a stamp off the grid": (
        lambda f: with_rows(f, f.iloc[[500]].set_axis(f.index[[500]] + pd.Timedelta(minutes=17))),
        "off_grid",
        "error",
    ),
    "three hours missing": (lambda f: f.drop(f.index[700:703]), "gap", "error"),
    "half of February missing": (lambda f: f.drop(f.index[31 * 24 : 45 * 24]), "gap", "error"),
    "starts late": (lambda f: f.iloc[8:], "span", "warning"),
    "half a year": (lambda f: f.iloc[:4344], "span", "error"),
    "a column missing": (lambda f: f.drop(columns=PRESSURE), "absent_column", "warning"),
    "cells empty": (lambda f: at(f, TEMP, slice(50, 55), np.nan), "missing_value", "error"),
    "kelvin": (lambda f: changed(f, **{TEMP: f[TEMP] + 273.15}), "unit", "error"),
    "hPa": (lambda f: changed(f, **{PRESSURE: f[PRESSURE] / 100.0}), "unit", "error"),
    "kPa": (lambda f: changed(f, **{PRESSURE: f[PRESSURE] / 1000.0}), "unit", "error"),
    "J/m2": (lambda f: f.assign(**{c: f[c] * 3600.0 for c in (GHI, DNI, DHI)}), "unit", "error"),
    "kJ/m2": (lambda f: f.assign(**{c: f[c] * 3.6 for c in (GHI, DNI, DHI)}), "unit", "error"),
    "kW/m2": (lambda f: f.assign(**{c: f[c] / 1000.0 for c in (GHI, DNI, DHI)}), "unit", "error"),
    "km/h by level": (lambda f: f.assign(**{c: f[c] * 3.6 for c in (HUB, LOW)}), "wind_unit", "warning"),
    "km/h by steps": (
        lambda f: f.drop(columns=HUB).assign(**{LOW: (f[LOW] / 0.5).round() * 0.5 * 3.6}),
        "wind_unit",
        "warning",
    ),
    "missing-value code": (lambda f: at(f, HUB, [400, 401], -999.0), "range", "error"),
    "missing-value code of EPW": (lambda f: at(f, TEMP, [400], 99.9), "range", "error"),
    "UTC taken for Beijing": (lambda f: f.set_axis(f.index - 8 * HOUR), "time_zone", "error"),
    "Tokyo": (lambda f: f.set_axis(f.index + 2 * HOUR), "time_zone", "error"),
    "label right": (lambda f: f.set_axis(f.index + HOUR), "label", "error"),
    "label in the middle": (lambda f: record(label="middle"), "label", "warning"),
    "light at night": (lambda f: at(f, GHI, slice(0, 8760, 24), 60.0), "night_sun", "error"),
    "one lit night": (lambda f: at(f, GHI, [2], 60.0), "night_sun", "warning"),
    "spikes": (lambda f: at(f, GHI, slice(12, 8760, 24 * 13), 1302.0), "above_extraterrestrial", "error"),
    "one spike": (lambda f: at(f, GHI, [12 + 24 * 350], 900.0), "above_extraterrestrial", "warning"),
    "bright": (lambda f: at(f, GHI, NOON, f[GHI].iloc[NOON] * 1.6), "above_clear_sky", "warning"),
    "direct above the solar constant": (lambda f: at(f, DNI, [4500], 1500.0), "beam_above_extraterrestrial", "warning"),
    "diffuse above global": (lambda f: changed(f, **{DHI: f[GHI] * 1.3}), "diffuse_above_global", "error"),
    "direct left out": (lambda f: changed(f, **{DNI: 0.0}), "closure", "error"),
    "irradiance halved twice": (lambda f: f.assign(**{c: f[c] / 4.0 for c in (GHI, DNI, DHI)}), "clearness", "warning"),
    "pressure of the sea": (lambda f: changed(f, **{PRESSURE: f[PRESSURE]}), "pressure_elevation", "error"),
    "temperature of another zone": (lambda f: rolled(f, [TEMP], 8), "temperature_cycle", "warning"),
    "wind stuck": (lambda f: at(f, HUB, slice(3000, 3060), 6.2), "stuck", "warning"),
    "pressure made from the elevation": (lambda f: changed(f, **{PRESSURE: 101_000.0}), "constant_pressure", "warning"),
    "temperature stuck all year": (lambda f: changed(f, **{TEMP: 15.0}), "stuck", "error"),
    "sun stuck": (lambda f: at(f, GHI, slice(4689, 4697), 505.0), "stuck", "warning"),
    "calm for a week": (lambda f: at(f, LOW, slice(3000, 3168), 0.0), "stuck", "warning"),
    "wind held for 6 h": (lambda f: changed(f, **{LOW: blocks(f[LOW], 6, "held")}), "stepped_wind", "warning"),
    "wind held for 3 h": (lambda f: changed(f, **{LOW: blocks(f[LOW], 3, "held")}), "stepped_wind", "warning"),
    "wind joined over 6 h": (lambda f: changed(f, **{LOW: blocks(f[LOW], 6, "joined")}), "stepped_wind", "warning"),
    "wind joined over 3 h": (lambda f: changed(f, **{HUB: blocks(f[HUB], 3, "joined")}), "stepped_wind", "warning"),
    "months of two years": (stitched, "month_seam", "warning"),
    "10 m only": (lambda f: f.drop(columns=HUB), "single_height", "warning"),
    "10 m scaled to 100 m": (lambda f: changed(f, **{HUB: f[LOW] * 10.0**0.2}), "scaled_height", "warning"),
    "hub wind strongest at noon": (
        lambda f: changed(f, **{HUB: rolled(f, [HUB], 12)[HUB], LOW: rolled(f, [HUB], 12)[HUB] * f[LOW] / f[HUB]}),
        "height_cycle",
        "warning",
    ),
    "hub in km/h": (lambda f: changed(f, **{HUB: f[HUB] * 3.6}), "shear", "warning"),
    "wind of another year": (lambda f: rolled(f, [HUB, LOW], 24 * 120), "different_years", "warning"),
    "sun of another year": (lambda f: rolled(f, [GHI, DNI, DHI], 24), "different_years", "warning"),
}


def test_a_clean_record_raises_nothing(clean):
    report = check_weather(clean, LAT, LON, ELEVATION, site="甲")
    assert bad(report) == {}
    assert list(report.columns[:4]) == ["site", "check", "column", "severity"]
    label = report[report["check"] == "label"].iloc[0]
    assert label.severity == "info"
    assert label.found.startswith("left, +3")


@pytest.mark.parametrize("name", FAULTS)
def test_every_planted_fault_is_caught(clean, name):
    fault, check, severity = FAULTS[name]
    elevation = 1500.0 if name == "pressure of the sea" else ELEVATION
    found = bad(check_weather(fault(clean), LAT, LON, elevation))
    assert found.get(check) == severity, found


def test_a_wrong_label_is_one_finding_not_six(clean):
    for label in ("middle", "right"):
        assert set(bad(check_weather(record(label=label), LAT, LON, ELEVATION))) == {"label"}
        assert bad(check_weather(record(label=label), LAT, LON, ELEVATION, label=label)) == {}


def test_every_check_has_a_fault():
    elsewhere = {"leap_day", "neighbour", "published_sun", "published_wind"}
    assert set(RULES) == {check for _, check, _ in FAULTS.values()} | elsewhere


@settings(max_examples=10, deadline=None)
@given(
    lat=st.floats(-58.0, 62.0),
    lon=st.floats(70.0, 150.0),
    elevation=st.floats(0.0, 2500.0),
    seed=st.integers(0, 10_000),
)
def test_clean_records_anywhere_raise_nothing(lat, lon, elevation, seed):
    frame = record(lat=lat, lon=lon, elevation=elevation, seed=seed, noise=0.02)
    report = check_weather(frame, lat, lon, elevation)
    # a random year may by chance look like a stitched one, or its wind like that of another year: one in hundreds
    assert set(bad(report)) <= {"month_seam", "different_years"}
    assert report[report["check"] == "label"].iloc[0].found.startswith("left")


@pytest.mark.parametrize("lon", [75.0, 98.0, 113.1, 121.5, 134.0])
@pytest.mark.parametrize("label", ["left", "middle", "right"])
@pytest.mark.parametrize("cloud", [0.4, 1.0, 1.6])
def test_the_label_is_found_through_cloud_and_noise(lon, label, cloud):
    frame = record(lon=lon, label=label, cloud=cloud, noise=0.1, seed=int(10 * lon))
    noon = noon_of(frame[GHI].to_numpy(), frame.index, HOUR, LAT, lon)
    assert noon.label == label
    assert noon.certainty_percent > 99.0
    assert noon.offset_min == pytest.approx(60.0 * LABELS[label], abs=5.0)


def test_values_of_instants_are_told_from_means():
    frame = record(label="middle", instant=True)
    assert noon_of(frame[GHI].to_numpy(), frame.index, HOUR, LAT, LON).label == "instant"


def test_an_offset_that_no_label_explains_is_none_and_a_short_record_is_unknown(clean):
    late = clean.set_axis(clean.index + pd.Timedelta(minutes=15))
    noon = noon_of(late[GHI].to_numpy(), late.index, HOUR, LAT, LON)
    assert noon.label == "none"
    assert noon.offset_min == pytest.approx(15.0, abs=4.0)
    week = check_weather(clean.iloc[: 7 * 24], LAT, LON, ELEVATION)
    assert week.set_index("check").loc["label", "found"] == "unknown"


def test_numbers_by_hand(clean):
    """60 hours of 6.2 m/s from hour 3000 on; a gap of 3 h; 2 of 8,760 hours at -999."""
    stuck = check_weather(at(clean, HUB, slice(3000, 3060), 6.2), LAT, LON, ELEVATION)
    row = stuck[(stuck["check"] == "stuck") & (stuck["column"] == HUB)].iloc[0]
    assert (row["count"], row.worst, row.found) == (60, 60.0, "6.2 x 60 h")
    assert row.share_percent == pytest.approx(100.0 * 60 / 8760)
    assert row.time == clean.index[3000]
    gap = check_weather(clean.drop(clean.index[700:703]), LAT, LON, ELEVATION)
    row = gap[gap["check"] == "gap"].iloc[0]
    assert (row["count"], row.worst, row.time, row.found) == (3, 3.0, clean.index[700], "1 gaps")
    code = check_weather(at(clean, HUB, [400, 401], -999.0), LAT, LON, ELEVATION)
    row = code[(code["check"] == "range") & (code["column"] == HUB)].iloc[0]
    assert (row["count"], row.worst, row.time) == (2, -999.0, clean.index[400])


def test_leap_days():
    """2024 has 29 February: absent as a whole it is said, three hours of it absent are a gap."""
    whole = record(year=2024)
    day = (whole.index.month == 2) & (whole.index.day == 29)
    assert day.sum() == 24
    without = check_weather(whole[~day], LAT, LON, ELEVATION).set_index("check")
    assert (without.loc["leap_day", "severity"], without.loc["leap_day", "found"]) == ("info", "2024")
    assert without.loc["gap", "severity"] == "ok"
    part = check_weather(whole.drop(whole.index[day][:3]), LAT, LON, ELEVATION).set_index("check")
    assert (part.loc["gap", "severity"], part.loc["gap", "count"]) == ("error", 3)


def test_published_figures_and_neighbours():
    """A neighbour 30 km away with weather of its own; published sums that are half of what the record has."""
    a, b = record(seed=1), record(seed=2, lat=29.5, lon=113.3)
    figures = {GHI: a[GHI].sum() / 1000.0, HUB: a[HUB].mean()}
    published = {"ghi_kwh_per_m2": figures[GHI] / 1.5, "wind_100m_m_per_s": figures[HUB] / 1.5}
    records = [
        SiteRecord("甲", "", LAT, LON, ELEVATION, a, published=published),
        SiteRecord("乙", "", 29.5, 113.3, ELEVATION, b, published={k: v * 1.5 for k, v in published.items()}),
    ]
    report = check_records(records)
    found = report[report["severity"] == "warning"]
    assert {("甲", "published_sun"), ("甲", "published_wind")} <= set(zip(found["site"], found["check"]))
    row = found[found["check"] == "published_sun"].iloc[0]
    assert row.worst == pytest.approx(50.0, abs=0.1)
    assert set(found[found["check"] == "neighbour"]["site"]) == {"甲", "乙"}
    twin = [records[0], SiteRecord("乙", "", 29.4, 113.2, ELEVATION, a)]
    assert "neighbour" not in bad(check_records(twin))


def test_the_typical_year_of_yueyang_raises_nothing():
    weather = read_canonical(ROOT / "weather/yueyang/typical")
    report = check_sites(weather)
    assert bad(report) == {}
    labels = report[report["check"] == "label"]
    assert len(labels) == len(weather.sites)
    assert labels["found"].str.startswith("left").all()


def test_sites_together_are_checked_as_each_alone(clean):
    """Two copies at once give the rows of one, twice; inputs stay as they were."""
    sites = pd.DataFrame({"name": ["甲", "乙"], "lat_deg": LAT, "lon_deg": LON, "elevation_m": ELEVATION})
    weather = Weather(clean.index, sites, {c: np.column_stack([clean[c]] * 2) for c in COLUMNS}, "2025")
    before = {k: v.copy() for k, v in weather.data.items()}
    both, one = check_sites(weather), check_weather(clean, LAT, LON, ELEVATION, site="甲")
    assert all(np.array_equal(before[k], v) for k, v in weather.data.items())
    same = ["site", "check", "column"]
    merged = both[both["site"] == "甲"].merge(one, on=same, suffixes=("", "_one"))
    assert len(merged) > 30
    assert np.allclose(merged["worst"], merged["worst_one"], atol=1e-6)


def test_equation_of_time_and_sun_agree():
    """The centroid of the cosine of the zenith is noon to a minute at every month: the two sun models agree."""
    index = pd.date_range("2025-01-01", periods=8760, freq="h", tz="Asia/Shanghai")
    sun = sun_position(interval_middle(index), np.array([LAT]), np.array([LON]))
    ghi = np.maximum(np.cos(np.radians(sun.zenith_deg[:, 0])), 0.0) * 1000.0
    assert noon_of(ghi, index, HOUR, LAT, LON).offset_min == pytest.approx(30.0, abs=1.0)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_check_has_its_words(lang):
    entries = entries_of(lang)
    assert {k.split(".")[1] for k in entries if k.startswith("weather_check.")} == set(RULES)
    assert {k.split(".")[1] for k in entries if k.startswith("weather_remedy.")} == set(RULES)


def test_sites_with_the_same_fault_share_a_line(clean):
    broken = at(clean, HUB, [400, 401], -999.0)
    records = [SiteRecord(n, "", LAT, LON, ELEVATION, broken) for n in ("甲", "乙")]
    said = lines(by_check(check_records(records)), read_texts("en"))
    assert len([row for row in said if row.severity == "error"]) == 1
    cells = dict(zip(HEADS, next(row for row in said if row.severity == "error").cells))
    assert (cells["sites"], cells["count"], cells["worst"]) == ("2 sites, worst 甲", "4", "-999")


@pytest.mark.parametrize(
    "part",
    [
        lambda f: f.iloc[:0],
        lambda f: f.iloc[:1],
        lambda f: f.iloc[:24],
        lambda f: f.iloc[::3],
        lambda f: f[[LOW]],
        lambda f: f[[GHI]],
        lambda f: f.drop(columns=[GHI, DNI, DHI]),
        *[lambda f, c=c: f.assign(**{c: np.nan}) for c in COLUMNS],
        lambda f: f.assign(**{GHI: 0.0, DNI: 0.0, DHI: 0.0}),
        lambda f: f.assign(note="text"),
    ],
)
def test_odd_records_give_a_report_and_no_nonsense(clean, part):
    """Hardly any rows, columns without a value: rows all the same; what is absent is not said to be of another year."""
    report = check_weather(part(clean), LAT, LON, ELEVATION)
    assert len(report) > 0
    assert "different_years" not in bad(report)


def test_the_label_of_15_minutes():
    """Quarters of an hour: 7.5 min apart are left, middle and right; the offset comes out within 3 min."""
    frame = record(cloud=0.6)
    sites = pd.DataFrame({"name": ["甲"], "lat_deg": [LAT], "lon_deg": [LON], "elevation_m": [ELEVATION]})
    hourly = Weather(pd.DatetimeIndex(frame.index), sites, {c: frame[[c]].to_numpy() for c in COLUMNS}, "2025")
    fine = on_study_year(hourly, study_index(2025, step_minutes=15))
    values = pd.DataFrame({c: v[:, 0] for c, v in fine.data.items()}, index=fine.index)
    report = check_weather(values, LAT, LON, ELEVATION)
    row = report[report["check"] == "label"].iloc[0]
    assert row.severity == "info"
    assert abs(row.worst) < 3.0
    late = values.set_axis(values.index + pd.Timedelta(hours=1))
    assert bad(check_weather(late, LAT, LON, ELEVATION))["time_zone"] == "error"

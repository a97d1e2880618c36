"""Repairs: exactly the planted cells are changed and logged, the record is clean after them, the source as it was."""

from __future__ import annotations

import hashlib

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner
from weather_record import record

from gridsim.cli import app
from gridsim.errors import InvalidInput
from gridsim.weather.canonical import read_canonical
from gridsim.weather.quality import SiteRecord, check_records
from gridsim.weather.quality_files import read_records, write_repaired
from gridsim.weather.quality_fix import DEFAULT_RULES, Repairs, repair

GHI, DNI, DHI = "ghi_w_per_m2", "dni_w_per_m2", "dhi_w_per_m2"
TEMP, HUB = "temp_air_degc", "wind_speed_100m_m_per_s"
PLACE = (29.3, 113.1, 40.0)
ALL_COLUMNS = 7


@pytest.fixture(scope="module")
def clean():
    return record()


def site(frame):
    return SiteRecord("甲", "甲.parquet", *PLACE, frame)


def bad(one):
    report = check_records([one])
    return set(report.loc[report["severity"].isin(["warning", "error"]), "check"])


def differing(before, after):
    """(time, column) of the cells that differ, on the stamps of both."""
    union = before.index.union(after.index)
    a, b = before.reindex(union), after.reindex(union)[before.columns]
    rows, columns = np.nonzero(~((a == b) | (a.isna() & b.isna())).to_numpy())
    return {(str(union[r]), before.columns[c]) for r, c in zip(rows, columns)}


def logged(log):
    return set(zip(log["time"], log["column"]))


def test_a_clean_record_is_left_alone(clean):
    fixed, log = repair(site(clean), Repairs())
    assert log.empty
    assert list(log.columns) == ["file", "site", "time", "column", "old", "new", "rule"]
    pd.testing.assert_frame_equal(fixed.frame, clean, check_freq=False, check_names=False)


def test_codes_and_short_gaps(clean):
    """-999 at 400 and 401; three hours of temperature empty; rows 700-702 absent; all else untouched."""
    broken = clean.copy()
    broken.iloc[[400, 401], broken.columns.get_loc(HUB)] = -999.0
    broken.iloc[50:53, broken.columns.get_loc(TEMP)] = np.nan
    broken = broken.drop(broken.index[700:703])
    before = broken.copy()
    fixed, log = repair(site(broken), Repairs())
    pd.testing.assert_frame_equal(broken, before)
    assert bad(fixed) == set()
    assert logged(log) == differing(broken, fixed.frame)
    assert log["rule"].value_counts().to_dict() == {"gaps": 2 + 3 + 3 * ALL_COLUMNS, "codes": 2}
    a, b = clean[TEMP].iloc[49], clean[TEMP].iloc[53]
    assert fixed.frame[TEMP].iloc[50:53].tolist() == pytest.approx([a + (b - a) * k / 4 for k in (1, 2, 3)])
    row = log[(log["rule"] == "codes")].iloc[0]
    assert (row.file, row.site, row.column, row.old) == ("甲.parquet", "甲", HUB, -999.0)
    assert np.isnan(row.new)


def test_the_sun_is_filled_by_clearness_not_by_straight_lines(clean):
    """Three hours around a clear noon come back within 12 %; a straight line would cut the peak off."""
    clear = record(cloud=0.0)
    rows = slice(24 * 150 + 11, 24 * 150 + 14)
    broken = clear.copy()
    broken.iloc[rows, [broken.columns.get_loc(c) for c in (GHI, DNI, DHI)]] = np.nan
    fixed, log = repair(site(broken), Repairs())
    for column in (GHI, DNI, DHI):
        assert fixed.frame[column].iloc[rows].to_numpy() == pytest.approx(clear[column].iloc[rows].to_numpy(), rel=0.12)
    assert fixed.frame[GHI].iloc[rows].to_numpy() == pytest.approx(clear[GHI].iloc[rows].to_numpy(), rel=0.02)
    assert len(log) == 9


def test_long_gaps_stay(clean):
    fixed, log = repair(site(clean.drop(clean.index[700:704])), Repairs())
    assert log.empty
    assert bad(fixed) == {"gap"}
    fixed, _ = repair(site(clean.drop(clean.index[700:704])), Repairs(max_gap_h=4.0))
    assert bad(fixed) == set()


def test_duplicates_are_merged_and_rows_off_the_grid_dropped(clean):
    other = clean.iloc[[500]] + 2.0
    between = clean.iloc[[600]].set_axis(clean.index[[600]] + pd.Timedelta(minutes=17))
    broken = pd.concat([clean, clean.iloc[[300]], other, between])
    fixed, log = repair(site(broken), Repairs(rules=("duplicates", "off_grid")))
    assert bad(fixed) == set()
    assert len(fixed.frame) == 8760
    assert fixed.frame.iloc[500].to_numpy() == pytest.approx(clean.iloc[500].to_numpy() + 1.0)
    assert log["rule"].value_counts().to_dict() == {"duplicates": 2 + ALL_COLUMNS, "off_grid": 1}
    assert set(log.loc[log["column"] == "time", "time"]) == {
        str(clean.index[300]),
        str(clean.index[500]),
        str(between.index[0]),
    }


def test_spikes_are_clipped_and_nights_dark(clean):
    broken = clean.copy()
    broken.iloc[12 :: 24 * 13, broken.columns.get_loc(GHI)] = 1302.0
    broken.iloc[2, broken.columns.get_loc(GHI)] = 60.0
    fixed, log = repair(site(broken), Repairs(rules=("night", "clip")))
    assert logged(log) == differing(broken, fixed.frame)
    assert {"above_extraterrestrial", "above_clear_sky", "night_sun"} & bad(fixed) == set()
    assert fixed.frame[GHI].iloc[2] == 0.0
    assert set(log["rule"]) == {"night", "clip"}
    clipped = log[(log["rule"] == "clip") & (log["column"] == GHI)]
    assert (clipped["old"] == 1302.0).all()
    assert len(clipped) == len(range(12, 8760, 24 * 13))
    tighter, _ = repair(site(broken), Repairs(rules=("night", "clip"), clear_sky_factor=1.0))
    assert (tighter.frame[GHI] <= fixed.frame[GHI]).all()


def test_only_what_is_asked_for(clean):
    kelvin = clean.assign(**{TEMP: clean[TEMP] + 273.15, "pressure_pa": clean["pressure_pa"] / 100.0})
    untouched, log = repair(site(kelvin), Repairs())
    assert log.empty
    assert bad(untouched) == {"unit"}
    joule = clean.assign(**{GHI: clean[GHI] * 3600.0})
    with pytest.raises(InvalidInput, match="irradiance is in J/m2"):
        repair(site(joule), Repairs())
    fixed, log = repair(site(kelvin), Repairs(rules=("units",)))
    assert bad(fixed) == set()
    assert len(log) == 2 * 8760
    assert fixed.frame[TEMP].to_numpy() == pytest.approx(clean[TEMP].to_numpy())


def test_time_zone_only_by_name(clean):
    utc = clean.set_axis(clean.index - pd.Timedelta(hours=8))
    with pytest.raises(InvalidInput, match=r"noon is \+8\.0 h off.*--shift-hours"):
        repair(site(utc), Repairs())
    assert repair(site(utc), Repairs(rules=("codes", "gaps")))[1].empty
    fixed, log = repair(site(utc), Repairs(rules=("shift", "night", "clip"), shift_h=8.0))
    assert bad(fixed) == set()
    assert len(log) == 8760
    assert set(log["column"]) == {"time"}
    naive = clean.tz_localize(None)
    with pytest.raises(InvalidInput, match="--repair zone"):
        repair(site(naive), Repairs())
    fixed, log = repair(site(naive), Repairs(rules=("zone",)))
    assert bad(fixed) == set()
    assert len(log) == 8760


def test_unknown_rules_are_refused(clean):
    with pytest.raises(InvalidInput, match="no repair 'magic'"):
        repair(site(clean), Repairs(rules=("magic",)))
    assert set(DEFAULT_RULES) & {"shift", "zone", "units"} == set()


# -- files and the command -----------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path, clean):
    """Two sites, one of them with two codes and a spike; a folder of a year beside sites.csv."""
    rows = [("甲", *PLACE), ("乙", 29.4, 113.2, 40.0)]
    path = tmp_path / "weather"
    (path / "2025").mkdir(parents=True)
    pd.DataFrame(rows, columns=["name", "lat_deg", "lon_deg", "elevation_m"]).to_csv(path / "sites.csv", index=False)
    broken = clean.copy()
    broken.iloc[[400, 401], broken.columns.get_loc(HUB)] = -999.0
    broken.iloc[12, broken.columns.get_loc(GHI)] = 1302.0
    for name, frame in (("甲", clean), ("乙", broken)):
        out = frame.rename_axis("time").reset_index()
        out.attrs["source"] = "measured: test"
        out.to_parquet(path / "2025" / f"{name}.parquet", index=False)
    return path


def test_the_command_says_what_is_wrong_and_repairs_into_a_new_folder(folder, tmp_path):
    hashes = {p: hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.rglob("*.*")}
    run = CliRunner().invoke
    checked = run(app, ["weather", "check", str(folder), "--out", str(tmp_path / "f.csv"), "--lang", "en"])
    assert checked.exit_code == 2, checked.output
    assert "out of physical bounds" in checked.output
    assert "above the extraterrestrial" in checked.output
    assert "start of the interval (2 sites" in checked.output
    table = pd.read_csv(tmp_path / "f.csv")
    found = table[table["severity"] == "error"]
    assert set(found["site"]) == {"乙"}
    assert {"range"} <= set(found["check"])

    fixed = run(app, ["weather", "check", str(folder), "--fix", "--out", str(tmp_path / "new"), "--lang", "zh"])
    assert fixed.exit_code == 0, fixed.output
    log = pd.read_csv(tmp_path / "new" / "fix_log.csv")
    assert set(log["site"]) == {"乙"}
    assert log["rule"].value_counts()["codes"] == 2
    assert {p: hashlib.sha256(p.read_bytes()).hexdigest() for p in hashes} == hashes
    again = read_canonical(tmp_path / "new" / "2025")
    assert again.source == "measured: test"
    assert [o.how for o in again.origin["乙"]] == ["unknown", "repaired"]
    assert "codes 2" in again.origin["乙"][-1].detail
    assert [o.how for o in again.origin["甲"]] == ["unknown"]
    once_more = run(app, ["weather", "check", str(tmp_path / "new")])
    assert once_more.exit_code == 0


def test_never_in_place(folder):
    run = CliRunner().invoke
    assert run(app, ["weather", "check", str(folder), "--fix"]).exit_code == 2
    assert run(app, ["weather", "check", str(folder), "--fix", "--out", str(folder)]).exit_code == 2
    assert run(app, ["weather", "check", str(folder), "--fix", "--out", str(folder / "2025" / "x")]).exit_code == 2


def test_raw_files(tmp_path, clean):
    """CSV by its canonical names; a file or folder that is not there is said."""
    path = tmp_path / "站.csv"
    clean.rename_axis("time").to_csv(path)
    with pytest.raises(InvalidInput, match="place of '站' is not known"):
        read_records(path)
    records = read_records(path, place=PLACE)
    assert bad(records["站"][0]) == set()
    write_repaired(records, repair(records["站"][0], Repairs())[1], tmp_path / "out", source=path)
    assert (tmp_path / "out" / "站" / "站.parquet").is_file()
    with pytest.raises(InvalidInput, match="no weather here"):
        read_records(tmp_path / "nothing")


def epw_of(frame, kind):
    """An EPW file of a record: hour 1 ends at 1 o'clock; wind at 10 m; height and zone in its head."""
    head = [f"LOCATION,Nanxian,Hunan,CHN,{kind},575740,29.30,113.10,8.0,40.0", *["X"] * 7]
    rows = []
    for t, r in frame.iterrows():
        cells = ["0"] * 35
        cells[0:6] = [str(t.year), str(t.month), str(t.day), str(t.hour + 1), "60", "?"]
        cells[6], cells[9] = f"{r[TEMP]:.1f}", f"{r.pressure_pa:.0f}"
        cells[13], cells[14], cells[15] = f"{r[GHI]:.0f}", f"{r[DNI]:.0f}", f"{r[DHI]:.0f}"
        cells[21] = f"{r.wind_speed_10m_m_per_s:.1f}"
        rows.append(",".join(cells))
    return "\n".join([*head, *rows]) + "\n"


def test_epw_files(tmp_path, clean):
    """The reader says what label a kind of file has, the data say it again; CSWD data called TMYx are found."""
    path = tmp_path / "a.epw"
    path.write_text(epw_of(clean, "TMYx"), encoding="latin-1")
    (one,) = read_records(path)["a"]
    assert (one.lat_deg, one.lon_deg, one.elevation_m) == PLACE
    assert bad(one) == {"single_height"}
    path.write_text(epw_of(record(label="middle"), "CSWD"), encoding="latin-1")
    assert bad(read_records(path)["a"][0]) == {"single_height"}
    path.write_text(epw_of(record(label="middle"), "TMYx"), encoding="latin-1")
    assert bad(read_records(path)["a"][0]) == {"single_height", "label"}


def test_spikes_of_a_chinese_station_are_found_and_clipped(tmp_path, clean):
    """27 hours up to 1302 W/m2, as in the file of Nanxian: an error; clipped, the file has none."""
    spiky = clean.copy()
    days = np.linspace(5, 355, 27).astype(int)
    spiky.iloc[days * 24 + 12, spiky.columns.get_loc(GHI)] = 1302.0
    path = tmp_path / "nanxian.epw"
    path.write_text(epw_of(spiky, "TMYx"), encoding="latin-1")
    (one,) = read_records(path)["nanxian"]
    report = check_records([one])
    assert dict(zip(report["check"], report["severity"]))["above_extraterrestrial"] == "error"
    fixed, log = repair(one, Repairs())
    assert (log.loc[log["column"] == GHI, "old"] == 1302.0).all()
    assert len(log[log["column"] == GHI]) == 27
    assert {"above_extraterrestrial", "above_clear_sky"} & bad(fixed) == set()


def test_a_csv_of_a_planner(tmp_path, clean):
    """Chinese headers with units, places in sites.csv: the reader converts, the check misses only two columns."""
    headers = {GHI: "总辐射(W/m2)", TEMP: "气温(K)", "pressure_pa": "气压(hPa)", HUB: "风速_100m(m/s)"}
    low = "wind_speed_10m_m_per_s"
    frame = clean.assign(**{TEMP: clean[TEMP] + 273.15, "pressure_pa": clean["pressure_pa"] / 100.0})
    frame = frame[[*headers, low]].rename(columns={**headers, low: "风速_10m(m/s)"})
    frame.index = frame.index.tz_localize(None)
    frame.rename_axis("时间").to_csv(tmp_path / "甲.csv")
    pd.DataFrame([("甲", *PLACE)], columns=["name", "lat_deg", "lon_deg", "elevation_m"]).to_csv(
        tmp_path / "sites.csv", index=False
    )
    (one,) = read_records(tmp_path / "甲.csv")["甲"]
    assert bad(one) == {"absent_column"}

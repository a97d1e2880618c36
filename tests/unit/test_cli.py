"""The command line: exit codes, and bad input told in full before anything is written."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tiny_study
from click.testing import Result
from tiny_study import TABLES, edited, series_csv
from typer.testing import CliRunner

from gridsim.cli import app
from gridsim.errors import NoOptimum
from gridsim.store import Findings, read_findings

#: tables a run of one case leaves, with the columns others rely on
TABLE_COLUMNS = {
    "curtailment_by_county": "county,available_gwh,used_gwh,curtailed_gwh,curtailment_percent,wind_available_gwh",
    "curtailment_by_plant": "plant,available_gwh,used_gwh,curtailed_gwh,curtailment_percent,solar_used_gwh",
    "curtailment_by_month": "month,available_gwh,used_gwh,curtailed_gwh,curtailment_percent",
    "curtailment_by_hour": "hour,available_gwh,used_gwh,curtailed_gwh,curtailment_percent",
    "curtailment_by_cause": "cause,system_cause,curtailed_gwh,share_percent",
    "curtailment_by_element": "element,outage",
    "overload": "element,element_type,county,vn_kv,direction,max_loading_percent,worst_time,hours_over_80,"
    "hours_over_100,longest_run_h,unavoidable",
    "overload_before_redispatch": "element,max_loading_percent,hours_over_100",
    "voltage": "bus,county,vn_kv,min_vm_pu,max_vm_pu,band_min_pu,band_max_pu,hours_outside",
    "ac": "time,converged,cause,max_loading_percent,min_vm_pu,max_vm_pu,losses_mw",
    "storage": "storage",
    "balance": "area,item,energy_gwh",
    "province": "month,load_gwh,curtailment_percent",
    "checks": "check,ok,worst,limit,where",
}


def gridsim(*arguments: object) -> Result:
    """Run the command in this process; whatever is not an exit code is an error of the test."""
    result = CliRunner().invoke(app, [str(a) for a in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


@pytest.fixture
def findings(tiny_run) -> Findings:
    return read_findings(tiny_run.out)


# -- a run that works -----------------------------------------------------------------------------------


def test_exit_code_0_whatever_the_verdict(tiny_run, findings):
    assert tiny_run.exit_code == 0
    assert findings.summary["verdict"] == "conditional"
    assert len(findings.summary["reasons"]) >= 2


def test_what_is_printed_is_the_summary(tiny_run, findings):
    rate, verdict = findings.summary["curtailment_percent_system_cause"], findings.summary["verdict"]
    assert f"小城 2030: {rate:.2f} % of wind and sun curtailed" in tiny_run.stdout
    assert f"verdict: {verdict}" in tiny_run.stdout
    assert all(f"  - {reason}" in tiny_run.stdout for reason in findings.summary["reasons"])
    # in a pipe progress is plain lines, one per stage
    assert re.search(r"^dispatch: done in [\d.]+ s$", tiny_run.stderr, re.M)
    assert "\x1b" not in tiny_run.stdout + tiny_run.stderr


def test_results_folder_is_complete(tiny_run, findings):
    for table, columns in TABLE_COLUMNS.items():
        missing = set(columns.split(",")) - set(findings.tables[table].columns)
        assert not missing, f"{table}: {missing}"
    assert {p.name for p in (tiny_run.out / "hourly").iterdir()} >= {
        f"{name}.parquet" for name in ("dispatch", "curtailment", "flow", "loading", "voltage", "storage", "balance")
    }
    hourly = findings.hourly["curtailment"]
    assert list(hourly.columns) == ["time", "plant", "cause", "element", "outage", "curtailed_mw"]
    assert (hourly["curtailed_mw"] > 0).all()
    assert {"time", "storage", "charge_mw", "discharge_mw", "energy_mwh"} <= set(findings.hourly["storage"].columns)
    assert (tiny_run.out / "report.html").stat().st_size > 10_000


def test_all_three_causes_occur_and_every_check_holds(findings):
    assert findings.tables["checks"]["ok"].all()
    cause = findings.tables["curtailment_by_cause"].set_index("cause")["curtailed_gwh"]
    assert (cause[["provincial", "section", "branch"]] > 0.5).all(), "the tiny study no longer meets all its limits"
    element = findings.tables["curtailment_by_element"].set_index("element")
    assert set(element.index) == {"", "东风-东站I回", "外送断面"}
    assert element.loc["", "cause"] == "provincial"


def test_the_manifest_says_how_it_was_made(tiny_run, findings):
    manifest = findings.manifest
    assert len(manifest["windows"]) == 365
    assert {w["status"] for w in manifest["windows"]} == {"optimal"}
    assert manifest["study"]["file"] == "study.toml"
    assert len(manifest["study"]["sha256"]) == 64
    assert {"profiles", "dispatch", "ac", "checks", "ledger"} <= set(manifest["stages_s"])
    text = json.dumps(manifest, ensure_ascii=False)
    assert "base/line.csv" in text
    assert str(tiny_run.study.parent) not in text, "a path of the machine is in the manifest"


def test_the_report_can_be_written_again_in_the_other_language(tiny_run):
    result = gridsim("report", tiny_run.out, "--lang", "en", "--format", "html")
    assert result.exit_code == 0
    assert "report.html" in result.stdout
    assert gridsim("report", tiny_run.out, "--lang", "zh", "--format", "html").exit_code == 0


def test_check_of_a_good_network_and_of_a_study(tiny_run):
    for path in (tiny_run.study.parent / "network", tiny_run.study):
        result = gridsim("check", path)
        assert result.exit_code == 0, result.output
        assert "network 2030: 0 error" in result.stdout


# -- exit codes of runs that end otherwise -------------------------------------------------------------------


@pytest.fixture
def run_again(tiny_run, findings, monkeypatch, tmp_path):
    """``gridsim run`` that finds at once what the tiny run found, changed as given."""

    def run(*flags: str, summary: Mapping | None = None, checks: pd.DataFrame | None = None) -> Result:
        tables = findings.tables if checks is None else {**findings.tables, "checks": checks}
        changed = replace(findings, summary={**findings.summary, **(summary or {})}, tables=tables)
        monkeypatch.setattr("gridsim.run.run_study", lambda *_, **__: changed)
        monkeypatch.setattr("gridsim.report.write_report", lambda *_, **__: [])
        return gridsim("run", tiny_run.study, "--out", tmp_path / "out", "--format", "html", *flags)

    return run


@pytest.mark.parametrize(
    ("verdict", "flags", "code"),
    [
        ("fail", ["--fail-on-verdict"], 1),
        ("fail", [], 0),
        ("pass", ["--fail-on-verdict"], 0),
    ],
)
def test_fail_on_verdict(run_again, verdict, flags, code):
    result = run_again(*flags, summary={"verdict": verdict})
    assert result.exit_code == code
    assert f"verdict: {verdict}" in result.stdout


def test_a_failed_check_is_exit_code_3_and_named(run_again, findings, tmp_path):
    checks = findings.tables["checks"].copy()
    checks.loc[2, ["ok", "worst"]] = [False, 7.5]
    result = run_again("--fail-on-verdict", checks=checks)
    assert result.exit_code == 3
    assert f"check failed: {checks.loc[2, 'check']}: 7.5 > {checks.loc[2, 'limit']:g} at " in result.stderr
    assert (tmp_path / "out" / "manifest.json").is_file(), "a distrusted result is kept for inspection"


def test_a_check_that_is_no_number_fails(run_again, findings):
    checks = findings.tables["checks"].copy()
    checks.loc[0, ["ok", "worst"]] = [False, np.nan]
    assert run_again(checks=checks).exit_code == 3


def test_no_optimum_is_exit_code_3_and_nothing_is_written(tiny_run, monkeypatch, tmp_path):
    def lost(*_: object, **__: object) -> None:
        raise NoOptimum("window from step 24 to 71: the LP is infeasible; limits in force: 东风-东站I回")

    monkeypatch.setattr("gridsim.case.solve_dispatch", lost)
    result = gridsim("run", tiny_run.study, "--out", tmp_path / "out", "--format", "html")
    assert result.exit_code == 3
    assert "nothing was written: window from step 24 to 71: the LP is infeasible" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_want_of_power_without_shedding_is_exit_code_3_and_says_what_is_short(tmp_path):
    """Half the plant is gone and the study forbids shedding: hour, areas and way out are named; nothing is written."""
    name = "network/base/thermal.csv"
    scarce = tiny_study.files()[name].replace("coal,8,640", "coal,6,360").replace("gas,2,200", "gas,2,20")
    strict = edited("study.toml", "[target]", '[dispatch]\nshedding = "forbidden"\n\n[target]')
    study = tiny_study.write_study(tmp_path / "study", {**strict, name: scarce})
    result = gridsim("run", study, "--out", tmp_path / "out")
    assert result.exit_code == 3
    assert (
        "nothing was written: window from 2030-01-01 00:00 to 2030-01-02 23:00: the LP is infeasible" in result.stderr
    )
    assert "MW short" in result.stderr
    assert "小城: load demand" in result.stderr
    assert 'allow shedding ([dispatch] shedding = "allowed")' in result.stderr
    assert not (tmp_path / "out").exists()


def test_help_names_every_command():
    result = gridsim("--help")
    assert result.exit_code == 0
    assert all(command in result.stdout for command in ("run", "report", "check"))


# -- bad input -----------------------------------------------------------------------------------------------


def without_column(table: str, column: str) -> dict[str, str]:
    rows = [r.split(",") for r in TABLES[table].splitlines()]
    k = rows[0].index(column)
    return {f"network/base/{table}.csv": "\n".join(",".join(r[:k] + r[k + 1 :]) for r in rows) + "\n"}


def series_without(first: int, last: int) -> dict[str, str]:
    rows = series_csv().splitlines(keepends=True)
    return {"series.csv": "".join(rows[:first] + rows[last:])}


def series_cell(row: int, cell: str) -> dict[str, str]:
    rows = series_csv().splitlines()
    rows[row - 1] = rows[row - 1].rsplit(",", 1)[0] + "," + cell
    return {"series.csv": "\n".join(rows) + "\n"}


def spoilt(table: str, at: int) -> dict[str, bytes]:
    content = TABLES[table].encode("utf-8")
    return {f"network/base/{table}.csv": content[:at] + b"\xff\xff" + content[at:]}


#: mistake -> (changes of the files, place, what is wrong, what to do)
MISTAKES: dict[str, tuple[Mapping[str, str | bytes | None], str, str, str]] = {
    "misspelt key": (
        edited("study.toml", "curtailment_percent", "curtailment_procent"),
        "study.toml, row 14, column target.curtailment_procent",
        "unknown key 'curtailment_procent'",
        "Did you mean 'curtailment_percent'?",
    ),
    "missing column": (
        without_column("line", "length_km"),
        "network/base/line.csv, row 1, column length_km",
        "column 'length_km' is missing",
        "add the column 'length_km'",
    ),
    "misspelt column": (
        edited("network/base/line.csv", "length_km", "lenght_km"),
        "network/base/line.csv, row 1, column lenght_km",
        "unknown column 'lenght_km'; did you mean 'length_km'",
        "rename it to 'length_km'",
    ),
    "unknown bus": (
        edited("network/base/load.csv", "东站10,", "东站1O,"),
        "network/base/load.csv, row 2, column bus",
        "bus '东站1O' is unknown; did you mean '东站10'",
        "correct the name or add '东站1O' to the table 'bus'",
    ),
    "negative rating": (
        edited("network/base/line_type.csv", "0.712", "-0.712"),
        "network/base/line_type.csv, row 3, column max_i_ka",
        "-0.712 is not positive",
        "write a value above 0",
    ),
    "duplicate name": (
        {"network/base/wind.csv": TABLES["wind"] + TABLES["wind"].splitlines()[1] + "\n"},
        "network/base/wind.csv, row 4, column name",
        "'东风风电场' appears twice (first in row 2)",
        "rename one of them or delete it",
    ),
    "gap in a series": (
        series_without(100, 103),
        "series.csv, row 100, column time",
        "3 of 8760 intervals of 2030 are missing, first 2030-01-05T03:00:00+08:00",
        "give every interval of the scenario's year",
    ),
    "series without a time zone": (
        {"series.csv": series_csv().replace("+08:00", "")},
        "series.csv, row 2, column time",
        "8760 stamps have no time zone, first '2030-01-01T00:00:00'",
        "write 2030-01-01T00:00:00+08:00, or call the column time_utc+08:00",
    ),
    "text in a number cell": (
        edited("network/base/thermal.csv", "20,0.5", "二十,0.5"),
        "network/base/thermal.csv, row 2, column max_p_mw",
        "text '二十' in a number column",
        "write a number, or leave the cell empty if it is unknown",
    ),
    "text in a series": (
        series_cell(51, "故障"),
        "series.csv, row 51, column 外省风电",
        "'故障' is no number",
        "fill the gap with a number; absent is not zero",
    ),
    "undecodable bytes": (
        spoilt("station", 60),
        "network/base/station.csv, row 2",
        "byte 0xff at position 60 is neither UTF-8 nor GBK",
        "save the file as UTF-8 (or GBK)",
    ),
    "unknown scenario": (
        edited("study.toml", 'scenario = "2030"', 'scenario = "2035"'),
        "network/scenarios",
        "scenario '2035' does not exist; did you mean '2030'",
        "use one of: 2030",
    ),
    "no network": (
        edited("study.toml", 'folder = "network"', 'folder = "netz"'),
        "netz",
        "there is no folder 'base' with the tables",
        "give the path of a network folder",
    ),
    "no series": ({"series.csv": None}, "series.csv", "file is missing", "correct the path of the series"),
}


def refused(tmp_path: Path, changes: Mapping[str, str | bytes | None]) -> list[str]:
    """Problems that ``gridsim run`` prints; it must end with 2 and leave everything as it was."""
    study = tiny_study.write_study(tmp_path, changes)
    before = sorted(tmp_path.rglob("*"))
    result = gridsim("run", study, "--out", tmp_path / "out")
    assert result.exit_code == 2, result.output
    assert sorted(tmp_path.rglob("*")) == before, "something was written"
    assert result.stdout == ""
    head, *lines = result.stderr.splitlines()
    assert head == f"{len(lines)} problem(s) in the input; nothing was written:"
    return [line.removeprefix("  ") for line in lines]


@pytest.mark.parametrize("mistake", list(MISTAKES))
def test_bad_input(tmp_path, mistake):
    changes, place, what, fix = MISTAKES[mistake]
    (line,) = refused(tmp_path, changes)
    assert f"{place}: {what}" in line
    assert fix in line[line.index(what) + len(what) :]


def test_all_mistakes_of_the_tables_at_once(tmp_path):
    names = ("missing column", "unknown bus", "negative rating", "duplicate name", "text in a number cell")
    changes = {k: v for name in (*names, "undecodable bytes") for k, v in MISTAKES[name][0].items()}
    lines = refused(tmp_path, changes)
    for name in (*names, "undecodable bytes"):
        _, place, what, _ = MISTAKES[name]
        assert sum(f"{place}: {what}" in line for line in lines) == 1, (name, lines)
    assert len(lines) == len(names) + 1, "follow-on problems are listed beside their cause"


def test_all_mistakes_of_a_series_at_once(tmp_path):
    rows = series_csv().splitlines()
    rows[50] = rows[50].rsplit(",", 1)[0] + ",故障"
    rows[60] = rows[60].replace(",", ",-", 1)
    rows[0] = rows[0].replace("西站光伏", "西站光付")
    lines = refused(tmp_path, {"series.csv": "\n".join(rows[:200] + rows[202:]) + "\n"})
    expected = (
        "row 51, column 外省风电",
        "row 61, column 东风风电场",
        "row 1, column 西站光付",
        "row 200, column time",
    )
    for place in expected:
        assert sum(f"series.csv, {place}:" in line for line in lines) == 1, (place, lines)


def test_tables_and_series_in_gbk_read_like_utf8(tmp_path, monkeypatch, tiny_run):
    """A folder that a Chinese Excel saved; the run itself is that of the tiny study, so it stops once it has read."""
    read = []

    def stop(network, drivers, *_: object, **__: object) -> None:
        read.append((network, drivers))
        raise NoOptimum("enough")

    monkeypatch.setattr("gridsim.run_year.simulate", stop)
    changes = {name: text.encode("gbk") for name, text in tiny_study.files().items() if name.endswith(".csv")}
    assert gridsim("run", tiny_study.write_study(tmp_path, changes), "--out", tmp_path / "out").exit_code == 3
    ((network, drivers),) = read
    for name, table in tiny_run.case.network.tables.items():
        pd.testing.assert_frame_equal(network[name], table)
    pd.testing.assert_frame_equal(drivers.available_mw, tiny_run.case.drivers.available_mw)


def test_check_tells_bad_input_too(tmp_path):
    study = tiny_study.write_study(tmp_path, MISTAKES["unknown bus"][0])
    for path in (study, study.parent / "network"):
        result = gridsim("check", path)
        assert result.exit_code == 2
        assert "bus '东站1O' is unknown" in result.stderr


def test_check_finds_errors_of_the_topology(tmp_path):
    """The line of the wind farm opened: its bus is an island."""
    study = tiny_study.write_study(tmp_path, edited("network/base/line.csv", "24,LGJ-185,0", "24,LGJ-185,1"))
    result = gridsim("check", study.parent / "network")
    assert result.exit_code == 2
    assert "东风110" in result.stdout
    assert re.search(r"network 2030: [1-9]\d* error", result.stdout)


def test_a_folder_that_belongs_to_somebody_is_refused_before_the_run(tiny_run, tmp_path):
    (tmp_path / "信件.txt").write_text("x", "utf-8")
    result = gridsim("run", tiny_run.study, "--out", tmp_path)
    assert result.exit_code == 2
    assert "is not empty and holds no gridsim results" in result.stderr


@pytest.mark.parametrize("command", ["run", "report"])
def test_unknown_language(tiny_run, command, tmp_path):
    folder = ["--out", tmp_path / "out"] if command == "run" else []
    result = gridsim(command, tiny_run.study if command == "run" else tiny_run.out, "--lang", "fr", *folder)
    assert result.exit_code == 2
    assert "unknown language 'fr'" in result.stderr


def test_report_of_something_else(tmp_path):
    result = gridsim("report", tmp_path)
    assert result.exit_code == 2
    assert "is not a complete results folder" in result.stderr

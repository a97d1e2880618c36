"""A whole sweep of the tiny study through the command line: killed, gone on with, its numbers those of single runs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
import tiny_study

from gridsim.run import run_study
from gridsim.study import read_study
from gridsim.sweep import open_sweep
from gridsim.sweep.matrix import with_overrides

pytestmark = pytest.mark.slow

SWEEP = """
[ac]
enabled = false
[dispatch]
shedding = "forbidden"
[[addition]]
county = "西县"
p_mw = 0.0
rule = "one_point"
bus = "西站110"
[sweep]
[[sweep.axis]]
name = "export_mw"
key = "limits.export_mw"
values = [30.0, 60.0]
[[sweep.axis]]
name = "demand"
key = "scale.demand_pu"
values = [0.95, 1.05, 2.0]
"""


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("小城 sweep")
    path = tiny_study.write_study(folder)
    path.write_text(tiny_study.STUDY + SWEEP, "utf-8")
    return path


def command(study: Path, out: Path, *more: str) -> list[str]:
    return [sys.executable, "-m", "gridsim", "sweep", str(study), "--out", str(out), *more]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "gridsim", *arguments], capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def swept(study: Path) -> Path:
    """The sweep, its client killed with kill -9 when the first case is there, then gone on with."""
    out = study.parent / "out"
    first = subprocess.Popen(command(study, out), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 300.0
    while not list(out.glob("cases/*.parquet")) and time.monotonic() < deadline and first.poll() is None:
        time.sleep(0.05)
    assert first.poll() is None, "the sweep ended before it could be killed"
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    before = {p.name: p.stat().st_mtime_ns for p in out.glob("cases/*.parquet")}
    assert 1 <= len(before) < 4
    said = run("status", str(out))
    assert said.returncode == 0
    assert "nobody is at work on it" in said.stdout
    again = subprocess.run(command(study, out), capture_output=True, text=True, check=False)
    assert again.returncode == 3, again.stderr  # two cases have no dispatch without shedding
    after = {p.name: p.stat().st_mtime_ns for p in out.glob("cases/*.parquet")}
    assert before.items() <= after.items()  # what was finished was not done again
    assert "4 done, 2 failed, 0 remaining" in again.stdout
    return out


def test_finished_and_failed_cases_are_all_there_once(swept):
    sweep = open_sweep(swept)
    assert sweep.counts() == {"cases": 6, "done": 4, "failed": 2, "open": 0}
    failed = sweep.failures()
    assert sorted(zip(failed["export_mw"], failed["demand"])) == [(30.0, 2.0), (60.0, 2.0)]
    assert set(failed["kind"]) == {"no_optimum"}
    table = pd.read_csv(swept / "table.csv")
    assert table["status"].tolist().count("done") == 4
    assert table["key"].is_unique


def test_a_case_has_the_numbers_of_its_own_run(study, swept):
    single = run_study(with_overrides(read_study(study), {"limits.export_mw": 30.0, "scale.demand_pu": 0.95}))
    summary, tables = open_sweep(swept).case(export_mw=30.0, demand=0.95)
    assert summary["curtailed_gwh"] == single.summary["curtailed_gwh"]
    pd.testing.assert_frame_equal(
        tables["curtailment_by_county"], single.tables["curtailment_by_county"], check_column_type=False
    )


def test_a_second_start_has_nothing_to_do(study, swept):
    before = {p.name: p.stat().st_mtime_ns for p in swept.glob("cases/*.parquet")}
    again = subprocess.run(command(study, swept), capture_output=True, text=True, check=False)
    assert again.returncode == 3
    assert "dashboard" not in again.stderr  # no cluster was started
    assert {p.name: p.stat().st_mtime_ns for p in swept.glob("cases/*.parquet")} == before


def test_a_changed_cell_makes_cases_open_again(study, swept):
    cell = study.parent / "network" / "base" / "battery.csv"
    old = cell.read_text("utf-8")
    cell.write_text(old.replace("西站储能,西站110,西县,15,30", "西站储能,西站110,西县,16,30"), "utf-8")
    try:
        dry = subprocess.run(command(study, swept, "--dry-run"), capture_output=True, text=True, check=False)
    finally:
        cell.write_text(old, "utf-8")
    assert dry.returncode == 0, dry.stderr
    assert "from 1 finished" in dry.stdout  # one was run to measure it
    assert "5 open" in dry.stdout

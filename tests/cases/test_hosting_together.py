"""The commands of hosting capacity beyond single counties: joint total and queue on the tiny study, risk on Yueyang."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tiny_study

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
HOSTING = """
[ac]
enabled = false
[hosting]
max_mw = 60.0
step_mw = 5.0
rate_over = ["city"]
rule = "existing"
[joint]
step_mw = 5.0
"""
QUEUE = """name,county,bus,max_p_mw,carrier,year,queue_order
二号,西县,西站110,30,solar,2029,2
一号,西县,西站110,10,solar,2028,1
三号,西县,西站110,20,solar,2029,3
"""


def gridsim(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "gridsim", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def read(folder: Path, name: str) -> pd.DataFrame:
    return pd.read_csv(folder / "tables" / f"{name}.csv", encoding="utf-8-sig")


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("小城 承载力")
    study = tiny_study.write_study(folder)
    study.write_text(tiny_study.STUDY + HOSTING, "utf-8")
    base = next(p.parent for p in (folder / "network").rglob("county.csv"))
    (base / "registered_project.csv").write_text(QUEUE, "utf-8")
    out = folder / "out"
    ran = gridsim("hosting", study, "--out", out, "--joint", "--queue", "--format", "html")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "all counties together" in ran.stdout
    assert "queue" in ran.stdout
    return out


def test_the_joint_total_is_no_sum(found: Path) -> None:
    total, parts = read(found, "hosting_joint_total").set_index("shares"), read(found, "hosting_joint")
    assert set(total.index) == {"fixed", "free"}
    assert total["ok"].all()
    assert (total["total_mw"] <= total["sum_of_single_mw"] + 5.0 + 1e-6).all()
    assert total.loc["free", "total_mw"] >= total.loc["fixed", "total_mw"] - 5.0 - 1e-6
    assert (total["city_rate_at_percent"] <= 5.0).all()
    assert (total["city_rate_above_percent"].dropna() > 5.0).all()
    sums = parts.groupby("shares")["joint_mw"].sum()
    assert sums.to_dict() == pytest.approx(total["total_mw"].to_dict())


def test_the_queue_keeps_the_target_at_every_place(found: Path) -> None:
    queue = read(found, "hosting_queue")
    assert queue["project"].to_list() == ["一号", "二号", "三号"]
    assert (queue["city_rate_percent"] <= 5.0).all()
    assert (queue["accepted_mw"] <= queue["max_p_mw"]).all()
    refused = queue["accepted_mw"] == 0.0
    assert (queue.loc[refused, "decision"] == "refused").all()
    assert queue.loc[queue["accepted_mw"] < queue["max_p_mw"], "criterion"].notna().all()
    assert queue["accepted_so_far_mw"].to_numpy() == pytest.approx(queue["accepted_mw"].cumsum().to_numpy())


def test_the_report_prints_both(found: Path) -> None:
    page = (found / "report.html").read_text("utf-8")
    for text in ("全部县区同时接入的承载力", "备案项目依次接纳结果", "一号"):
        assert text in page


def test_risk_of_one_county_on_the_engine(tmp_path: Path) -> None:
    """Two cases: a scenario at 0 and 300 MW.  P10 = P50 = P90, and the plan of 100 MW is judged on the line between."""
    text = (ROOT / "studies" / "yueyang_2030_risk.toml").read_text("utf-8")
    text = text.replace('"../', f'"{ROOT.as_posix()}/')
    changes = {
        'counties = ["平江县", "汨罗市"]': 'counties = ["平江县"]',
        "added_mw = [0.0, 400.0, 800.0, 1200.0]": "added_mw = [0.0, 300.0]",
        'plan_mw = { "平江县" = 400.0, "汨罗市" = 400.0 }': 'plan_mw = { "平江县" = 100.0 }',
        "scenarios = 12 ": "scenarios = 1 ",
    }
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    study = tmp_path / "risk.toml"
    study.write_text(text, "utf-8")
    ran = gridsim("risk", study, "--out", tmp_path / "out", "--workers", 2)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    row = pd.read_csv(tmp_path / "out" / "hosting_risk.csv", encoding="utf-8-sig").iloc[0]
    sample = pd.read_csv(tmp_path / "out" / "hosting_risk_sample.csv", encoding="utf-8-sig").iloc[0]
    assert (row["scenarios"], row["without_result"]) == (1, 0)
    assert row["p10_mw"] == row["p50_mw"] == row["p90_mw"] == sample["capacity_mw"]
    assert row["holds_percent"] == 100.0 * float(sample["capacity_mw"] >= 100.0)
    assert np.isfinite([row["holds_low_percent"], row["holds_high_percent"]]).all()

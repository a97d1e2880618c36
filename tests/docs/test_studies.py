"""The study files and the script that planners copy: they read, and the script runs."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from test_reference import make_reference

from gridsim import read_study
from gridsim.study import study_network
from gridsim.sweep import folder as store
from gridsim.sweep.case_file import pack
from gridsim.sweep.run import plan_sweep

ROOT = Path(__file__).parents[2]
STUDIES = ROOT / "studies"


@pytest.mark.parametrize("path", sorted(STUDIES.glob("*.toml")), ids=lambda p: p.stem)
def test_study_files_read(path):
    study = read_study(path)
    assert study_network(study).scenario == study.network.scenario


def test_script_is_short():
    code = [line for line in (STUDIES / "yueyang_2030.py").read_text("utf-8").splitlines() if line.strip()]
    assert len(code) <= 25


def test_change_of_one_cell_as_in_the_readme(tmp_path):
    """The study of the README, with its paths turned to the repository's tables."""
    text = (STUDIES / "yueyang_2030.toml").read_text("utf-8").replace('"../', f'"{ROOT.as_posix()}/')
    readme = (ROOT / "README.md").read_text("utf-8").split("```toml\n")[1].split("```")[0]
    changed = {"limits": "export_mw = 7000.0", "hydro": 'year = "normal"'}
    for old in changed.values():
        assert old in text
        new = next(line for line in readme.splitlines() if line.startswith(old.split(" = ")[0]))
        text = text.replace(old, new.split("#")[0].strip())
    path = tmp_path / "my_study.toml"
    path.write_text(
        text
        + "\n[[change]]"
        + readme.split("[[change]]")[1].split("\n", 1)[0].split("#")[0]
        + "\n"
        + readme.split("[[change]]")[1].split("\n", 1)[1],
        "utf-8",
    )
    study = read_study(path)
    assert study.limits.export_mw == 5600.0
    assert study.hydro.year == "wet"
    line = study_network(study)["line"].set_index("name")
    assert line.loc["桃林-詹桥I回", "max_i_ka"] == 0.8


#: tables that are written only when the study or the command line asks for them
ON_REQUEST = {
    *("sensitivity", "averaging", "ladder", "weather_years"),
    *("measures", "measures_pairs", "measures_candidates", "measures_overloads", "measures_ac"),
    *("hosting_system", "hosting_curve", "hosting_violations", "hosting_base_violations"),
    *("hosting_joint_total", "hosting_joint", "hosting_joint_curve", "hosting_queue"),
    *("hosting_risk", "hosting_risk_sample"),
}


@pytest.mark.parametrize(("name", "figures"), [
    ("county_sweep_2030", {"curves_city", "heat_map_local"}), ("uncertainty_2030", {"tornado", "years"}),
])  # fmt: skip
def test_scripts_of_the_sweeps_draw_what_is_finished(tmp_path, name, figures):
    """All cases but the last are given invented rates; the script draws and prints them."""
    jobs = plan_sweep(read_study(STUDIES / f"{name}.toml"), tmp_path)
    for k, job in enumerate(jobs[:-1]):
        rates = {"curtailment_percent_system_cause": 2.0 + 0.03 * k, "curtailment_percent_local": 0.01 * (k % 7)}
        row = {"key": job.key, "labels": dict(job.labels), "figures": rates, "seconds": 20.0, "processor_s": 18.0,
               "worker_peak_mb": 1300.0}  # fmt: skip
        assert store.keep_case(tmp_path, job.key, pack(row, {}, {})) is None
    script = [sys.executable, str(STUDIES / f"{name}.py"), str(tmp_path)]
    done = subprocess.run(script, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    assert str(len(jobs) - 1) in done.stdout
    drawn = {path.name for path in (tmp_path / "figures").iterdir()}
    assert drawn == {f"{figure}.{kind}" for figure in figures for kind in ("png", "svg")}


#: tables with columns by item or scope, which the reference describes by their pattern
KEYS = ("county", "plant", "voltage", "kind", "month", "hour", "day_type")
BY_ITEM = {
    "balance_power": r"(installed|credited)_\w+_mw",
    "balance_energy": r"\w+_gwh",
    "curtailment_top_hours": r"(city|rest)_\w+_mw",
    **{f"curtailment_by_{key}": r"(wind|solar|without_distributed)_\w+_(gwh|percent|percent_\w+|h)" for key in KEYS},
}


@pytest.mark.slow
def test_script_runs_without_pandapower(tmp_path):
    out = tmp_path / "结果"
    code = (
        "import runpy, sys\n"
        f"sys.argv = ['study', {str(out)!r}]\n"
        f"runpy.run_path({str(STUDIES / 'yueyang_2030.py')!r}, run_name='__main__')\n"
        "assert 'pandapower' not in sys.modules, 'the run path imported pandapower'\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=900
    )
    assert done.returncode == 0, done.stderr
    assert "verdict" in done.stdout
    summary = json.loads((out / "summary.json").read_text("utf-8"))
    assert summary["verdict"] in ("pass", "conditional", "fail")
    assert (out / "report.html").stat().st_size > 100_000
    for table, (_, columns) in make_reference.RESULTS.items():
        if table not in ON_REQUEST:
            found = list(pd.read_csv(out / "tables" / f"{table}.csv", encoding="utf-8-sig", nrows=0))
            more = BY_ITEM.get(table)
            assert [c for c in found if c in columns or not (more and re.fullmatch(more, c))] == list(columns), table
    assert {p.stem for p in (out / "tables").glob("*.csv")} == set(make_reference.RESULTS) - ON_REQUEST
    assert {p.stem for p in (out / "hourly").glob("*.parquet")} == set(make_reference.HOURLY)

"""``gridsim sweep`` and ``gridsim status``: bad input all at once, a missing extra said, a finished sweep told."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest
import tiny_study
from typer.testing import CliRunner

from gridsim.cli import app
from gridsim.study import read_study
from gridsim.sweep import folder as store
from gridsim.sweep.case_file import pack
from gridsim.sweep.run import plan_sweep

AXIS = '\n[sweep]\n[[sweep.axis]]\nname = "export_mw"\nkey = "limits.export_mw"\nvalues = [30.0, 45.0, 60.0]\n'


@pytest.fixture
def study(tmp_path: Path) -> Path:
    path = tiny_study.write_study(tmp_path / "study")
    path.write_text(tiny_study.STUDY + AXIS, "utf-8")
    return path


def run(*arguments: object) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, [str(a) for a in arguments])
    return result.exit_code, result.stdout, result.stderr


def test_a_study_without_sweep_is_bad_input(study, tmp_path):
    study.write_text(tiny_study.STUDY, "utf-8")
    code, _, err = run("sweep", study, "--out", tmp_path / "out")
    assert code == 2
    assert "the study has no sweep" in err
    assert not (tmp_path / "out").exists()


def test_mistakes_of_the_matrix_write_nothing(study, tmp_path):
    wrong = AXIS.replace('export_mw"\nvalues', 'exprt_mw"\nvalues').replace("60.0]", "-1.0]")
    study.write_text(tiny_study.STUDY + wrong, "utf-8")
    code, _, err = run("sweep", study, "--out", tmp_path / "out", "--dry-run")
    assert code == 2
    assert "did you mean 'export_mw'" in err
    assert not (tmp_path / "out").exists()


def test_without_dask_the_way_out_is_said(study, tmp_path, monkeypatch):
    module = importlib.import_module("gridsim.cli.sweep")  # the name in the package is the command
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    code, _, err = run("sweep", study, "--out", tmp_path / "out")
    assert code == 2
    assert 'pip install ".[sweep]"' in err


def test_status_of_a_folder_that_is_no_sweep(tmp_path):
    code, _, err = run("status", tmp_path)
    assert code == 2
    assert "holds no sweep" in err


def test_status_tells_done_failed_open_and_why(study, tmp_path):
    out = tmp_path / "out"
    first, second, _ = plan_sweep(read_study(study), out)
    row = {"key": first.key, "labels": {}, "figures": {"rate": 2.0}, "seconds": 30.0, "processor_s": 20.0,
           "worker_peak_mb": 500.0}  # fmt: skip
    store.keep_case(out, first.key, pack(row, {}, {}))
    store.keep_failure(out, second.key, store.Failure("no_optimum", "window 7: 汨罗-屈原I回 clashes"))
    code, said, _ = run("status", out)
    assert code == 0
    assert "3 cases: 1 done, 1 failed, 1 remaining" in said
    assert "failed (no_optimum): export_mw 45.0: window 7: 汨罗-屈原I回 clashes" in said
    assert "nobody is at work on it" in said
    assert "about 30 s" in said


def test_a_dry_run_of_a_measured_sweep_runs_nothing(study, tmp_path):
    out = tmp_path / "out"
    jobs = plan_sweep(read_study(study), out)
    row = {"key": jobs[0].key, "labels": {}, "figures": {}, "seconds": 600.0, "processor_s": 500.0,
           "worker_peak_mb": 1500.0}  # fmt: skip
    store.keep_case(out, jobs[0].key, pack(row, {}, {}))
    code, said, err = run("sweep", study, "--out", out, "--dry-run", "--workers", "2")
    assert code == 0, err
    assert "2 open with 2 workers: about 10 min, 3.0 GB of memory" in said
    assert "dashboard" not in err
    assert "export_mw" in said

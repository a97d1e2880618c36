"""What Windows does otherwise, as far as it shows here: spawned workers, no signals, other consoles, Chinese paths."""

from __future__ import annotations

import builtins
import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest
import tiny_study

from gridsim.errors import InvalidInput
from gridsim.study import Study, read_study
from gridsim.sweep import folder as store
from gridsim.sweep.run import plan_sweep
from gridsim.sweep.task import Job, peak_mb, run_case

SCRIPT = """
import os
from pathlib import Path
import psutil
from gridsim.study import Study
from gridsim.sweep.engine import connected, run_jobs
from gridsim.sweep.task import Job

def tell(job):
    memory = os.environ.get("MALLOC_TRIM_THRESHOLD_", "of the C library")
    return " ".join([job.labels["县区"], *psutil.Process().cmdline(), memory]).encode()

if __name__ == "__main__":
    study = Study.model_construct()
    jobs = [Job(str(k), {"县区": name}, study, "summary", "") for k, name in enumerate(("平江县", "汨罗市"))]
    with connected(None, 1) as client:
        run_jobs(client, jobs, lambda key, end: Path(f"结果 {key}").write_bytes(end), time_limit_s=None, task=tell)
"""

AXIS = """
[sweep]
[[sweep.axis]]
name = "方案"
[[sweep.axis.point]]
label = "外送受限"
set = { "limits.export_mw" = 30.0 }
"""


def test_a_script_with_a_chinese_name_in_a_chinese_folder_spawns_its_workers(tmp_path):
    place = tmp_path / "岳阳 扫描"
    place.mkdir()
    (place / "扫描.py").write_text(SCRIPT, "utf-8")
    ran = subprocess.run([sys.executable, "扫描.py"], cwd=place, capture_output=True, text=True, check=False,
                         env={k: v for k, v in os.environ.items() if k != "MALLOC_TRIM_THRESHOLD_"})  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    for key, county in (("0", "平江县"), ("1", "汨罗市")):
        told = (place / f"结果 {key}").read_text("utf-8")
        assert told.startswith(county)
        assert "spawn_main" in told
        assert told.endswith("of the C library")  # Dask's threshold costs a sixth of a case


@pytest.fixture
def planned(tmp_path: Path) -> Path:
    """A sweep with Chinese labels that nobody has begun."""
    path = tiny_study.write_study(tmp_path / "小城 一")
    path.write_text(tiny_study.STUDY + AXIS, "utf-8")
    plan_sweep(read_study(path), tmp_path / "结果")
    return tmp_path / "结果"


def test_a_console_in_gbk_shows_what_fails(planned):
    key = store.read_plan(planned).cases[0].key
    store.keep_failure(planned, key, store.Failure("no_optimum", "汨罗-屈原I回"))
    ran = subprocess.run(
        [sys.executable, "-m", "gridsim", "status", str(planned)],
        capture_output=True, check=False, env={**os.environ, "PYTHONIOENCODING": "gbk", "PYTHONUTF8": "0"},
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    assert "方案 外送受限: 汨罗-屈原I回" in ran.stdout.decode("gbk")


def test_without_signals_a_mark_counts_until_it_is_deleted(planned, monkeypatch):
    """On Windows os.kill(pid, 0) would end the process that is asked about."""
    mark = {"pid": 4_000_000, "host": socket.gethostname(), "started": 0.0, "scheduler": "local"}
    (planned / store.RUNNING).write_text(json.dumps(mark), "utf-8")
    assert store.who_works(planned) is None  # here the process is known to be gone
    monkeypatch.setattr(store, "os", SimpleNamespace(name="nt"))
    assert store.who_works(planned) == mark
    with pytest.raises(InvalidInput, match=r"delete running\.json"), store.at_work(planned, "local"):
        pass


def test_memory_without_the_module_resource(monkeypatch):
    load = builtins.__import__

    def without(name: str, *rest: object) -> object:
        if name == "resource":
            raise ImportError(name)
        return load(name, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", without)
    monkeypatch.setattr(psutil.Process, "memory_info", lambda _: SimpleNamespace(peak_wset=1_330_000_000))
    assert peak_mb() == 1330.0


def test_a_worker_with_another_gridsim_runs_nothing(tmp_path):
    job = Job("k", {}, Study.model_construct(), "summary", str(tmp_path), code="of another version")
    with pytest.raises(InvalidInput, match="has another gridsim"):
        run_case(job)

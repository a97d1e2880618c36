"""A sweep on disk: case files come back as they were, nothing half written, nothing counted twice."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridsim.errors import InvalidInput
from gridsim.sweep import folder as store
from gridsim.sweep.case_file import pack, read_row, read_tables
from gridsim.sweep.estimate import estimate
from gridsim.sweep.results import compare_sweeps, open_sweep

TABLES = {
    "by_county": pd.DataFrame({"county": ["平江县", "汨罗市"], "curtailed_gwh": [1.25, np.nan], "steps": [3, 0]}),
    "checks": pd.DataFrame({"check": ["balance", ""], "ok": [True, False]}),
    "worst": pd.DataFrame(
        {"element": ["a", None], "time": pd.to_datetime(["2030-04-12 12:00", None]).tz_localize("Asia/Shanghai")}
    ),
    "empty": pd.DataFrame({"element": pd.Series([], dtype=object), "mw": pd.Series([], dtype=float)}),
    "none": pd.DataFrame(),
}


def row(key: str, **figures: float) -> dict[str, object]:
    return {"key": key, "labels": {}, "figures": figures, "seconds": 2.0, "processor_s": 1.0, "worker_peak_mb": 300.0}


def planned(folder: Path, n: int) -> list[store.PlannedCase]:
    cases = [store.PlannedCase(f"{k:032x}", {"p_mw": float(100 * k)}) for k in range(n)]
    store.write_plan(folder, "study.toml", cases)
    return cases


def finish(folder: Path, key: str, **figures: float) -> None:
    assert store.keep_case(folder, key, pack(row(key, **figures), {}, TABLES)) is None


def test_tables_come_back_as_they_were(tmp_path):
    path = tmp_path / "case.parquet"
    path.write_bytes(pack(row("k", x=1.5), {"verdict": "pass", "rate": np.float64(2.5)}, TABLES))
    summary, tables = read_tables(path)
    assert summary == {"verdict": "pass", "rate": 2.5}
    assert list(tables) == list(TABLES)
    for name, table in TABLES.items():
        expected = table.where(table.notna(), np.nan) if name == "worst" else table
        pd.testing.assert_frame_equal(tables[name], expected.astype(table.dtypes.to_dict()), check_column_type=False)
    assert read_row(path) == row("k", x=1.5)


@given(
    st.lists(st.floats(allow_nan=True, allow_infinity=True), max_size=20),
    st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=8), max_size=20),
)
def test_any_numbers_and_texts_survive(tmp_path_factory, numbers, texts):
    n = min(len(numbers), len(texts))
    table = pd.DataFrame({"mw": np.array(numbers[:n], dtype=float), "name": np.array(texts[:n], dtype=object)})
    path = tmp_path_factory.mktemp("case") / "case.parquet"
    path.write_bytes(pack({}, {}, {"t": table}))
    pd.testing.assert_frame_equal(read_tables(path)[1]["t"], table, check_index_type=False)


def test_finished_failed_and_open_cases_are_told_apart(tmp_path):
    cases = planned(tmp_path / "s", 4)
    finish(tmp_path / "s", cases[0].key, rate=2.0)
    store.keep_failure(tmp_path / "s", cases[1].key, store.Failure("no_optimum", "window 7: 线路 clashes"))
    sweep = open_sweep(tmp_path / "s")
    assert sweep.counts() == {"cases": 4, "done": 1, "failed": 1, "open": 2}
    table = sweep.table()
    assert list(table["status"]) == ["done", "failed", "open", "open"]
    assert list(table["p_mw"]) == [0.0, 100.0, 200.0, 300.0]
    assert table["rate"].notna().tolist() == [True, False, False, False]
    assert sweep.failures().to_dict("records") == [
        {"p_mw": 100.0, "kind": "no_optimum", "message": "window 7: 线路 clashes"}
    ]
    tables = sweep.case(p_mw=0.0)[1]
    assert tables["by_county"]["county"].tolist() == ["平江县", "汨罗市"]
    with pytest.raises(InvalidInput, match="no result"):
        sweep.case(p_mw=100.0)
    below = sweep.tables("by_county")
    assert below.columns[0] == "p_mw"
    assert len(below) == 2


def test_a_case_that_succeeds_later_has_not_failed(tmp_path):
    (case,) = planned(tmp_path / "s", 1)
    store.keep_failure(tmp_path / "s", case.key, store.Failure("lost", "a worker died"))
    finish(tmp_path / "s", case.key, rate=1.0)
    assert open_sweep(tmp_path / "s").counts() == {"cases": 1, "done": 1, "failed": 0, "open": 0}


def test_the_index_may_be_behind_gone_or_broken(tmp_path):
    """The case files are the truth: whatever the index says, each finished case counts once."""
    root = tmp_path / "s"
    cases = planned(root, 5)
    for case in cases[:3]:
        finish(root, case.key, rate=1.0)
    store.write_index(root, store.index_rows(root, [c.key for c in cases[:2]]))
    assert open_sweep(root).counts()["done"] == 3
    (root / store.INDEX).write_bytes(b"not a parquet file")
    assert open_sweep(root).counts()["done"] == 3
    (root / store.INDEX).unlink()
    assert open_sweep(root).counts()["done"] == 3
    store.write_index(root, {c.key: row(c.key, rate=9.0) for c in cases})  # names cases that are not there
    assert open_sweep(root).counts()["done"] == 3


def test_half_a_file_is_no_case(tmp_path):
    (case,) = planned(tmp_path / "s", 1)
    content = pack(row(case.key), {}, TABLES)
    store.case_path(tmp_path / "s", case.key).write_bytes(content[: len(content) // 2])
    assert open_sweep(tmp_path / "s").counts() == {"cases": 1, "done": 0, "failed": 0, "open": 1}


def test_results_of_an_earlier_plan_are_not_counted(tmp_path):
    cases = planned(tmp_path / "s", 3)
    finish(tmp_path / "s", cases[2].key)
    store.write_plan(tmp_path / "s", "study.toml", cases[:2])
    assert open_sweep(tmp_path / "s").counts() == {"cases": 2, "done": 0, "failed": 0, "open": 2}


@pytest.mark.skipif(os.name != "posix", reason="a limit on file sizes is asked of the system")
def test_a_full_disk_leaves_no_half_file_and_says_so(tmp_path):
    """The kernel refuses bytes beyond a limit, as a full disk does: the case counts as not written, nothing is left."""
    (case,) = planned(tmp_path / "s", 1)
    content = pack(row(case.key), {}, TABLES)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (len(content) // 2, before[1]))
        failure = store.keep_case(tmp_path / "s", case.key, content)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
    assert failure is not None
    assert failure.kind == "not_written"
    assert list((tmp_path / "s" / "cases").iterdir()) == []
    assert failure.kind in store.PASSING  # tried again when the sweep goes on


def test_a_folder_of_somebody_else_is_left_alone(tmp_path):
    (tmp_path / "notes.txt").write_text("mine", "utf-8")
    with pytest.raises(InvalidInput, match="holds no sweep"):
        planned(tmp_path, 1)
    assert [p.name for p in tmp_path.iterdir()] == ["notes.txt"]
    with pytest.raises(InvalidInput, match="holds no sweep"):
        open_sweep(tmp_path)


def test_one_process_at_a_time(tmp_path):
    planned(tmp_path / "s", 1)
    with (
        store.at_work(tmp_path / "s", "local"),
        pytest.raises(InvalidInput, match="is at work on this sweep"),
        store.at_work(tmp_path / "s", "local"),
    ):
        pass
    assert store.who_works(tmp_path / "s") is None


def test_a_mark_of_a_dead_process_does_not_count(tmp_path):
    planned(tmp_path / "s", 1)
    dead = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True)
    mark = {"pid": int(dead.stdout), "host": store.socket.gethostname(), "started": 0.0, "scheduler": "local"}
    (tmp_path / "s" / store.RUNNING).write_text(json.dumps(mark), "utf-8")
    assert store.who_works(tmp_path / "s") is None


def test_estimate_by_hand(tmp_path):
    """2 s a case, 7 open cases, 2 workers: 4 rounds, 8 s; two workers of 300 MB."""
    cases = planned(tmp_path / "s", 8)
    assert estimate(open_sweep(tmp_path / "s"), workers=2) is None
    finish(tmp_path / "s", cases[0].key)
    found = estimate(open_sweep(tmp_path / "s"), workers=2)
    assert found is not None
    assert (found.open_cases, found.total_s, found.memory_mb) == (7, 8.0, 600.0)
    assert found.total_mb == pytest.approx(7 * found.case_mb)


def test_two_sweeps_side_by_side(tmp_path):
    for name, rate in (("a", 2.0), ("b", 1.5)):
        cases = planned(tmp_path / name, 2)
        finish(tmp_path / name, cases[0].key, rate=rate)
    finish(tmp_path / "b", cases[1].key, rate=3.0)
    both = compare_sweeps(open_sweep(tmp_path / "a"), open_sweep(tmp_path / "b"))
    first = both[both["p_mw"] == 0.0].iloc[0]
    assert (first["figure"], first["first"], first["second"], first["difference"]) == ("rate", 2.0, 1.5, -0.5)
    only = both[both["p_mw"] == 100.0].iloc[0]
    assert np.isnan(only["first"])
    assert only["second"] == 3.0

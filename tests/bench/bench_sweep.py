"""What a sweep costs beside its cases: ``python tests/bench/bench_sweep.py PART ...``

``overhead``    1,000 cases of 20 ms that pack a real case's tables: wall time per case beyond its own, with 2 workers
``real``        1,000 real cases of three days: processor time of client, scheduler and workers beside the cases; the
                client is killed (kill -9) in between and the sweep gone on with
``resume``      a finished sweep of 500 cases started again: nothing to do but to find that out
``efficiency``  whole years of the tiny study with 1 and with 2 workers, median of ``--repeat``
``whole``       the same with the first four cases of studies/county_sweep_2030.toml
``ceiling``     what the machine allows: two processes of ``gridsim run`` side by side against one alone
``yueyang``     the first cases of studies/county_sweep_2030.toml with 2 workers: time, memory, size of a case
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "tests" / part) for part in ("", "cases", "bench")]

import few_days  # noqa: E402
import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
import psutil  # noqa: E402
import tiny_study  # noqa: E402

from gridsim.study import Study, read_study  # noqa: E402
from gridsim.sweep import folder as store  # noqa: E402
from gridsim.sweep import open_sweep, run_sweep  # noqa: E402
from gridsim.sweep.case_file import pack  # noqa: E402
from gridsim.sweep.engine import connected, run_jobs  # noqa: E402
from gridsim.sweep.run import plan_sweep  # noqa: E402
from gridsim.sweep.task import Job  # noqa: E402

COUNTY_SWEEP = ROOT / "studies" / "county_sweep_2030.toml"
#: a case of the overhead takes so long by itself. [s]
CASE_S = 0.02
#: processor time of a whole year of the county sweep, for the share of what stands beside it. [s]
WHOLE_YEAR_S = 20.0
FAST = "\n[ac]\nenabled = false\n"
AXIS = '[sweep]\n[[sweep.axis]]\nname = "export_mw"\nkey = "limits.export_mw"\n'
RANGE = "start = 1.0\nstop = {stop}.0\nstep = 1.0\n"


def tiny(folder: Path, cases: int) -> Study:
    """The tiny study with a sweep of so many export limits."""
    path = tiny_study.write_study(folder)
    path.write_text(tiny_study.STUDY + FAST + AXIS + RANGE.format(stop=cases), "utf-8")
    return read_study(path)


def wait_and_pack(job: Job) -> bytes:
    """A case of a given length that packs tables as large as a real one's."""
    until = time.perf_counter() + CASE_S
    table = pd.DataFrame(np.ones((200, 10)), columns=[f"c{k}_gwh" for k in range(10)])
    content = pack(row(job.key), {}, {f"t{k}": table for k in range(20)})
    time.sleep(max(0.0, until - time.perf_counter()))
    return content


def row(key: str) -> dict[str, object]:
    """Row of the index of a case that took no time."""
    return {"key": key, "labels": {}, "figures": {"rate": 1.0}, "seconds": CASE_S, "processor_s": CASE_S,
            "worker_peak_mb": 300.0}  # fmt: skip


def overhead(folder: Path, _repeat: int) -> None:
    """1,000 cases through engine and disk."""
    jobs = plan_sweep(tiny(folder, 1000), folder / "out")
    with connected(None, 2) as client:
        started = time.perf_counter()
        run_jobs(
            client,
            jobs,
            lambda key, content: store.keep_case(folder / "out", key, content),  # type: ignore[arg-type]
            time_limit_s=None,
            task=wait_and_pack,
        )
        wall = time.perf_counter() - started
    size = statistics.median(p.stat().st_size for p in (folder / "out" / "cases").glob("*.parquet"))
    own = len(jobs) * CASE_S / 2
    print(f"{len(jobs)} cases of {1e3 * CASE_S:.0f} ms, 2 workers: {wall:.1f} s, of it the cases {own:.1f} s;", end=" ")
    print(f"{1e3 * (wall - own) / len(jobs):.1f} ms per case beside them; {size / 1e3:.0f} kB on disk each")


def real(folder: Path, _repeat: int) -> None:
    """1,000 real cases, the client killed when 300 are there; then the others, and what they cost beside themselves."""
    study, out = tiny(folder, 1000), folder / "out"
    client = multiprocessing.get_context("spawn").Process(target=go_on, args=(study, out))
    client.start()
    while len(store.finished(out)) < 300 and client.is_alive():
        time.sleep(0.2)
    assert client.pid is not None
    assert client.is_alive(), "the cases ended before the client could be killed"
    os.kill(client.pid, signal.SIGKILL)
    client.join()
    before = {path.name: path.stat().st_mtime_ns for path in (out / "cases").glob("*.parquet")}
    print(f"client killed with {len(before)} of 1000 cases done;", end=" ")
    began = time.perf_counter()
    go_on(study, out)
    after = {path.name: path.stat().st_mtime_ns for path in (out / "cases").glob("*.parquet")}
    assert len(after) == 1000, "a case is missing or was counted twice"
    assert before.items() <= after.items(), "a finished case was done again"
    print(f"gone on with after kill -9: {len(after)} done, none twice, {time.perf_counter() - began:.0f} s")


def go_on(study: Study, out: Path) -> None:
    """Run the real cases that have no file yet, with 2 workers, and print what they cost."""
    started = time.perf_counter()
    jobs = plan_sweep(study, out)
    there = store.index_rows(out, [job.key for job in jobs])
    todo = [job for job in jobs if job.key not in there]
    planned = time.perf_counter() - started
    with connected(None, 2) as client:
        ready, mine_ready = time.perf_counter(), time.process_time()
        workers = [p for p in psutil.Process().children(recursive=True) if "spawn_main" in " ".join(p.cmdline())]
        begun = sum(sum(p.cpu_times()[:2]) for p in workers)
        run_jobs(
            client,
            todo,
            lambda key, content: store.keep_case(out, key, content),  # type: ignore[arg-type]
            time_limit_s=None,
            task=few_days.few_days,
        )
        wall, client_s = time.perf_counter() - ready, time.process_time() - mine_ready
        busy = sum(sum(p.cpu_times()[:2]) for p in workers if p.is_running()) - begun
    rows = store.index_rows(out, [job.key for job in todo]).values()
    own, own_wall = (sum(float(r[c]) for r in rows) for c in ("processor_s", "seconds"))
    n, beside = len(todo), (client_s + busy - own) / len(todo)
    print(f"{n} of {len(jobs)} planned in {planned:.1f} s, workers ready after {ready - started:.1f} s")
    print(f"  a case {own / n:.3f} s of processor time, {own_wall / n:.3f} s wall; in all {wall:.0f} s:", end=" ")
    print(f"{100.0 * own_wall / (2 * wall):.0f} % of the workers' time is cases")
    print(f"  beside a case {1e3 * client_s / n:.1f} ms of client and scheduler,", end=" ")
    print(f"{1e3 * (busy - own) / n:.1f} ms of workers:", end=" ")
    print(f"{100.0 * beside / WHOLE_YEAR_S:.2f} % of a whole year of {WHOLE_YEAR_S:g} s")


def resume(folder: Path, repeat: int) -> None:
    """A finished sweep of 500 cases."""
    study = tiny(folder, 500)
    jobs = plan_sweep(study, folder / "out")
    for job in jobs:
        store.keep_case(folder / "out", job.key, pack(row(job.key), {}, {}))
    times = []
    for _ in range(repeat):
        started = time.perf_counter()
        assert run_sweep(study, folder / "out").counts()["done"] == 500
        times.append(time.perf_counter() - started)
    print(f"500 finished cases, started again: {statistics.median(times):.2f} s (median of {repeat})")


def efficiency(folder: Path, repeat: int) -> None:
    """Cases of the tiny study with one worker and with two."""
    _efficiency(tiny(folder, 8), folder, repeat, cases=8)


def whole(folder: Path, repeat: int) -> None:
    """Whole years of the county sweep with one worker and with two."""
    _efficiency(read_study(COUNTY_SWEEP), folder, repeat, cases=4)


def _efficiency(study: Study, folder: Path, repeat: int, *, cases: int) -> None:
    ratios = []
    for k in range(repeat):
        walls, own = {}, {}
        for workers in (1, 2):
            started = []
            found = run_sweep(study, folder / f"out{k}-{workers}", workers=workers, most=cases,
                              announce=lambda _, at=started: at.append(time.perf_counter()))  # fmt: skip
            walls[workers] = time.perf_counter() - started[0]
            own[workers] = sum(float(r["seconds"]) for r in found.rows.values())
            processor = sum(float(r["processor_s"]) for r in found.rows.values())
            print(f"  {workers} workers: {walls[workers]:.1f} s for {own[workers]:.1f} s of cases", end=" ")
            print(f"({processor:.1f} s of processor time)")
        ratios.append(walls[1] / walls[2])
        print(f"  {ratios[-1]:.2f} times; side by side the cases are {own[2] / own[1]:.2f} times as long")
    print(f"2 workers are {statistics.median(ratios):.2f} times as fast as 1 (median of {repeat}, without their start)")


def ceiling(folder: Path, repeat: int) -> None:
    """What the machine itself allows: two independent processes of a whole year each, against one alone."""
    ratios = []
    for k in range(repeat):
        walls = {}
        for together in (1, 2):
            started = time.perf_counter()
            command = [sys.executable, "-m", "gridsim", "run", str(COUNTY_SWEEP), "--out"]
            outs = [str(folder / f"{k}{together}{n}") for n in range(together)]
            silent = subprocess.DEVNULL
            runs = [subprocess.Popen([*command, out], stdout=silent, stderr=silent, cwd=ROOT) for out in outs]
            assert all(run.wait() in (0, 3) for run in runs)
            walls[together] = time.perf_counter() - started
        ratios.append(2.0 * walls[1] / walls[2])
        print(f"  one alone {walls[1]:.1f} s, two side by side {walls[2]:.1f} s: {ratios[-1]:.2f}")
    print(f"the machine does {statistics.median(ratios):.2f} times the work with two processes (median of {repeat})")


def yueyang(folder: Path, _repeat: int) -> None:
    """Four cases of the county sweep."""
    study = read_study(COUNTY_SWEEP)
    started = time.perf_counter()
    run_sweep(study, folder / "out", workers=2, most=4, progress=print)
    wall = time.perf_counter() - started
    found = open_sweep(folder / "out")
    rows = list(found.rows.values())
    sizes = [store.case_path(folder / "out", k).stat().st_size for k in found.rows]
    seconds, processor_s = (statistics.median(float(r[c]) for r in rows) for c in ("seconds", "processor_s"))
    peak = max(float(r["worker_peak_mb"]) for r in rows)
    print(f"4 cases, 2 workers: {wall:.0f} s; a case {seconds:.1f} s, {processor_s:.1f} s of processor time;", end=" ")
    print(f"a worker {peak:.0f} MB; {statistics.median(sizes) / 1e3:.0f} kB on disk; stages {rows[0]['stages_s']}")


PARTS = {f.__name__: f for f in (overhead, real, resume, efficiency, whole, ceiling, yueyang)}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="+", choices=PARTS)
    parser.add_argument("--repeat", type=int, default=5)
    asked = parser.parse_args()
    for part in asked.parts:
        with tempfile.TemporaryDirectory() as scratch:
            PARTS[part](Path(scratch) / "小城", asked.repeat)

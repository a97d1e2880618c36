"""What a sweep costs beside its cases: ``python tests/bench/bench_sweep.py overhead resume efficiency yueyang``.

``overhead``    1,000 cases of 20 ms that pack a real case's tables: wall time per case beyond its own, with 2 workers
``resume``      a finished sweep of 500 cases started again: nothing to do but to find that out
``efficiency``  whole years of the tiny study with 1 and with 2 workers, median of ``--repeat``
``yueyang``     the first cases of studies/county_sweep_2030.toml with 2 workers: time, memory, size of a case
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests" / "cases"))

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
import tiny_study  # noqa: E402

from gridsim.study import Study, read_study  # noqa: E402
from gridsim.sweep import folder as store  # noqa: E402
from gridsim.sweep import open_sweep, run_sweep  # noqa: E402
from gridsim.sweep.case_file import pack  # noqa: E402
from gridsim.sweep.engine import connected, run_jobs  # noqa: E402
from gridsim.sweep.run import plan_sweep  # noqa: E402
from gridsim.sweep.task import Job  # noqa: E402

#: a case of the overhead takes so long by itself. [s]
CASE_S = 0.02
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
    study, ratios = tiny(folder, 4), []
    for k in range(repeat):
        walls = {}
        for workers in (1, 2):
            started = []
            found = run_sweep(study, folder / f"out{k}-{workers}", workers=workers,
                              announce=lambda _, at=started: at.append(time.perf_counter()))  # fmt: skip
            walls[workers] = time.perf_counter() - started[0]
            own = sum(float(r["seconds"]) for r in found.rows.values())
            print(f"  {workers} workers: {walls[workers]:.1f} s for {own:.1f} s of cases")
        ratios.append(walls[1] / walls[2])
    print(f"2 workers are {statistics.median(ratios):.2f} times as fast as 1 (median of {repeat}, without their start)")


def yueyang(folder: Path, _repeat: int) -> None:
    """Four cases of the county sweep."""
    study = read_study(ROOT / "studies" / "county_sweep_2030.toml")
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


PARTS = {f.__name__: f for f in (overhead, resume, efficiency, yueyang)}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="+", choices=PARTS)
    parser.add_argument("--repeat", type=int, default=5)
    asked = parser.parse_args()
    for part in asked.parts:
        with tempfile.TemporaryDirectory() as scratch:
            PARTS[part](Path(scratch) / "小城", asked.repeat)

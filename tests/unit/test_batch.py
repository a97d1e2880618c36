"""Many items on several processes: order, errors and progress."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gridsim.batch import run_many
from gridsim.errors import InvalidInput, NoOptimum, Problem


def square(x: int) -> tuple[int, int]:
    return x * x, os.getpid()


def fails_at_two(x: int) -> int:
    if x == 2:
        raise InvalidInput([Problem("a.csv", f"item {x}", "leave it out"), Problem("b.csv", "another", "mend it")])
    if x == 3:
        raise NoOptimum("window 7")
    return x


@pytest.mark.parametrize("processes", [1, 2])
def test_results_keep_the_order_of_the_items(processes: int):
    said: list[tuple[int, int]] = []
    answers = run_many(square, [3, 1, 2], processes=processes, progress=lambda done, of: said.append((done, of)))
    assert [a for a, _ in answers] == [9, 1, 4]
    assert said == [(1, 3), (2, 3), (3, 3)]
    assert all((pid == os.getpid()) == (processes == 1) for _, pid in answers)


@pytest.mark.parametrize("processes", [1, 2])
def test_an_error_comes_back_whole(processes: int):
    with pytest.raises(InvalidInput) as bad:
        run_many(fails_at_two, [1, 2], processes=processes)
    assert [p.file for p in bad.value.problems] == ["a.csv", "b.csv"]
    with pytest.raises(NoOptimum, match="window 7"):
        run_many(fails_at_two, [1, 3], processes=processes)


def test_no_items():
    assert run_many(square, []) == []


def says_who_it_is(folder: str) -> None:
    (Path(folder) / str(os.getpid())).touch()
    time.sleep(60.0)


def there(pid: int) -> bool:
    """Whether a process runs; one that has ended and is not yet buried does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="asks /proc who is alive")
def test_workers_end_with_a_parent_that_is_killed(tmp_path: Path):
    """kill -9 of the command: two workers of a gigabyte each stayed for an hour and a half."""
    code = f"import test_batch as t; t.run_many(t.says_who_it_is, [{str(tmp_path)!r}] * 2, processes=2)"
    here = {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path])}
    with subprocess.Popen([sys.executable, "-c", code], env=here) as parent:
        until = time.monotonic() + 60.0
        while len(workers := [int(p.name) for p in tmp_path.iterdir()]) < 2 and time.monotonic() < until:
            time.sleep(0.1)
        parent.send_signal(signal.SIGKILL)
    until = time.monotonic() + 20.0
    while any(there(pid) for pid in workers) and time.monotonic() < until:
        time.sleep(0.1)
    assert len(workers) == 2
    assert not any(there(pid) for pid in workers)

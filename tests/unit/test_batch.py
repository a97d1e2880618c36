"""Many items on several processes: order, errors and progress."""

from __future__ import annotations

import os

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

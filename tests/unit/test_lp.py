"""Integer programs on HiGHS: a proven gap or nothing."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import scipy.sparse as sp

from gridsim.lp import INF, solve_integer

#: a knapsack: values, weights, room
VALUE = np.array([60.0, 100.0, 120.0, 35.0])
WEIGHT = np.array([[10.0, 20.0, 30.0, 9.0]])


def knapsack(room: float, **options):
    ones = np.ones(len(VALUE))
    return solve_integer(
        -VALUE, 0 * ones, ones, sp.csc_array(WEIGHT), np.array([-INF]), np.array([room]), ones.astype(bool), **options
    )


@pytest.mark.parametrize("room", [5.0, 29.0, 50.0, 69.0])
def test_the_optimum_is_that_of_brute_force(room):
    best = max(v @ VALUE for v in map(np.array, itertools.product((0, 1), repeat=4)) if WEIGHT[0] @ v <= room)
    found, verdict = knapsack(room)
    assert verdict == "optimal within the gap"
    assert found.objective == pytest.approx(-best)
    assert found.bound <= found.objective
    assert np.allclose(found.x, np.round(found.x))


def test_a_start_is_used_and_the_stated_gap_holds():
    found, _ = knapsack(50.0, gap_absolute=50.0, start=np.array([0.0, 1.0, 0.0, 0.0]))
    assert -220.0 <= found.objective <= -220.0 + 50.0
    assert found.objective - found.bound <= 50.0


def test_infeasible_and_late_are_refused_in_words():
    assert knapsack(-1.0) == (None, "infeasible")
    rng = np.random.default_rng(1)
    n = 60
    weight = rng.integers(1000, 9999, (8, n)).astype(float)
    found, verdict = solve_integer(
        -rng.uniform(1.0, 2.0, n),
        np.zeros(n),
        np.ones(n),
        sp.csc_array(weight),
        np.full(8, -INF),
        weight.sum(axis=1) / 2,
        np.ones(n, dtype=bool),
        time_limit_s=0.05,
    )
    assert found is None
    assert verdict.startswith("not proven within 0.05 s")

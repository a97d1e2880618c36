"""The grouped LP is the LP: same optimum, same reduced costs, whatever rows come and go."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp

from gridsim.dispatch.grouping import GroupedProgram
from gridsim.lp import solve_once


def test_a_row_that_tells_nothing_apart_leaves_the_model_alone() -> None:
    """Two groups of two at prices 1 and 2; a limit on the whole cheap group shifts the rest to the dear one."""
    cost = np.array([1.0, 1.0, 2.0, 2.0])
    program = GroupedProgram(cost, sp.csr_array(np.ones((1, 4))), np.array([0, 0, 1, 1]))
    program.set_column_bounds(np.zeros(4), np.full(4, 10.0))
    program.set_row_bounds(np.array([0]), np.array([20.0]), np.array([20.0]))
    program.add_rows(sp.csr_array(np.array([[1.0, 1.0, 0.0, 0.0]])), np.array([-np.inf]), np.array([6.0]))
    best, _ = program.solve()
    assert best is not None
    assert best.x == pytest.approx([3.0, 3.0, 7.0, 7.0])


@pytest.mark.parametrize("seed", range(8))
def test_equals_the_plain_lp_through_added_and_deleted_rows(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n, alike = 30, 20
    cost = np.r_[np.full(alike, 5.0), rng.uniform(1, 10, n - alike)]
    balance = sp.csr_array(np.ones((1, n)))
    lower, upper = np.zeros(n), rng.uniform(0.0, 10.0, n)
    group = np.r_[np.zeros(alike), 1 + np.arange(n - alike)]
    demand = 0.6 * upper.sum()
    program = GroupedProgram(cost, balance, group)
    program.set_column_bounds(lower, upper)
    program.set_row_bounds(np.array([0]), np.array([demand]), np.array([demand]))
    rows, low, up = [balance], [np.array([demand])], [np.array([demand])]
    for round_ in range(4):
        if round_:
            new = sp.csr_array(np.where(rng.random((2, n)) < 0.3, rng.choice([0.5, 1.0], (2, n)), 0.0))
            bound = np.asarray(new @ upper) * rng.uniform(0.6, 0.9, 2)
            program.add_rows(new, np.full(2, -np.inf), bound)
            rows, low, up = [*rows, new], [*low, np.full(2, -np.inf)], [*up, bound]
        best, _ = program.solve()
        plain, _ = solve_once(
            cost, lower, upper, sp.csc_array(sp.vstack(rows)), np.concatenate(low), np.concatenate(up)
        )
        assert best is not None
        assert plain is not None
        assert best.objective == pytest.approx(plain.objective)
        matrix = sp.csr_array(sp.vstack(rows))
        assert (matrix @ best.x <= np.concatenate(up) + 1e-6).all()
        assert ((best.x >= lower - 1e-9) & (best.x <= upper + 1e-9)).all()
        # a variable with a reduced cost stands at its bound, and the dual explains every reduced cost
        assert np.allclose(cost - matrix.T @ best.row_dual, best.reduced_cost, atol=1e-6)
    program.delete_rows(np.array([1, 2]))
    best, _ = program.solve()
    keep = [0, *range(3, 7)]
    matrix = sp.csc_array(sp.vstack(rows))[keep]
    plain, _ = solve_once(cost, lower, upper, sp.csc_array(matrix), np.concatenate(low)[keep], np.concatenate(up)[keep])
    assert best is not None
    assert plain is not None
    assert best.objective == pytest.approx(plain.objective)

"""Separable convex quadratic programs on PIQP: the only module that knows this solver.

PIQP (proximal interior point, Schwan et al. 2023, doi:10.1109/CDC49753.2023.10383915) takes bounds on the
variables natively and stays exact on degenerate equalities, which the optimal face of an LP is full of.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import piqp
import scipy.sparse as sp

#: residuals asked for, the later ones only where rounding stops the first [MW]
ACCURACIES = (1e-10, 1e-8, 1e-6)


@dataclass(frozen=True)
class QuadraticOptimum:
    """Solution and multipliers: of A x = b, and of the two-sided rows (positive at the upper end)."""

    x: np.ndarray
    equality_dual: np.ndarray
    row_dual: np.ndarray
    iterations: int


def minimise_separable(
    weight: np.ndarray,
    target: np.ndarray,
    lower: np.ndarray,
    upper: np.ndarray,
    equality: sp.csc_array,
    equality_rhs: np.ndarray,
    rows: sp.csc_array,
    row_lower: np.ndarray,
    row_upper: np.ndarray,
) -> QuadraticOptimum | None:
    """min sum w (x - target)^2  s.t.  A x = b,  row_lower <= G x <= row_upper,  lower <= x <= upper.

    Returns None when no optimum was proven.
    """
    n = len(weight)
    quadratic = sp.csc_matrix(sp.diags(2.0 * weight))
    given = sp.csc_matrix(rows) if rows.shape[0] else sp.csc_matrix((0, n))
    for accuracy in ACCURACIES:
        solver = piqp.SparseSolver()
        solver.settings.eps_abs = accuracy
        solver.settings.eps_rel = 0.1 * accuracy
        # small residuals alone may leave the optimum a hundredth of a MW away; the last try is glad of them
        solver.settings.check_duality_gap = accuracy < ACCURACIES[-1]
        solver.settings.eps_duality_gap_abs = 100.0 * accuracy
        solver.settings.eps_duality_gap_rel = accuracy
        solver.settings.max_iter = 250
        solver.settings.eps_primal_inf = 1e-12  # the default calls feasible programs infeasible
        solver.settings.eps_dual_inf = 1e-12
        solver.setup(
            quadratic,
            -2.0 * weight * target,
            sp.csc_matrix(equality),
            equality_rhs,
            given,
            row_lower,
            row_upper,
            lower,
            upper,
        )
        if solver.solve() == piqp.PIQP_SOLVED:
            break
    else:
        return None
    result = solver.result
    return QuadraticOptimum(
        x=np.clip(np.asarray(result.x), lower, upper),
        equality_dual=np.asarray(result.y),
        row_dual=np.asarray(result.z_u) - np.asarray(result.z_l),
        iterations=int(result.info.iter),
    )

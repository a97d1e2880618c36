"""Linear programs on HiGHS: the only module that knows the solver.

One model is passed once; afterwards only bounds change and rows are added, so the basis of the
last solve starts the next one.  Only a proven optimum is ever returned.
"""

from __future__ import annotations

from dataclasses import dataclass

import highspy
import numpy as np
import scipy.sparse as sp

INF = highspy.kHighsInf
_REFUSED = {
    highspy.HighsModelStatus.kInfeasible: "infeasible",
    highspy.HighsModelStatus.kUnbounded: "unbounded",
    highspy.HighsModelStatus.kUnboundedOrInfeasible: "unbounded or infeasible",
}


@dataclass(frozen=True)
class Optimum:
    """A proven optimum: primal values, reduced costs, row activities and row duals (d objective / d bound)."""

    x: np.ndarray
    reduced_cost: np.ndarray
    row_value: np.ndarray
    row_dual: np.ndarray
    objective: float
    iterations: int


class LinearProgram:
    """min c'x  s.t.  row_lower <= A x <= row_upper,  lower <= x <= upper, kept warm between solves.

    Parameters
    ----------
    cost, lower, upper : ndarray, shape (n,)
    matrix : sparse array, shape (m, n)
    row_lower, row_upper : ndarray, shape (m,)
    """

    def __init__(
        self,
        cost: np.ndarray,
        lower: np.ndarray,
        upper: np.ndarray,
        matrix: sp.csc_array,
        row_lower: np.ndarray,
        row_upper: np.ndarray,
    ):
        columns = sp.csc_array(matrix)
        model = highspy.HighsLp()
        model.num_col_, model.num_row_ = len(cost), matrix.shape[0]
        model.col_cost_, model.col_lower_, model.col_upper_ = cost, lower, upper
        model.row_lower_, model.row_upper_ = row_lower, row_upper
        model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        model.a_matrix_.start_ = columns.indptr
        model.a_matrix_.index_ = columns.indices
        model.a_matrix_.value_ = columns.data
        self._solver = highspy.Highs()
        self._solver.setOptionValue("output_flag", False)
        self._solver.setOptionValue("threads", 1)
        self._solver.passModel(model)
        self._columns = np.arange(len(cost), dtype=np.int32)
        self.rows = matrix.shape[0]

    def set_column_bounds(self, lower: np.ndarray, upper: np.ndarray) -> None:
        """Replace all column bounds."""
        self._solver.changeColsBounds(len(self._columns), self._columns, lower, upper)

    def set_row_bounds(self, rows: np.ndarray, lower: np.ndarray, upper: np.ndarray) -> None:
        """Replace the bounds of some rows."""
        self._solver.changeRowsBounds(  # type: ignore[attr-defined]  # missing in the stubs
            len(rows), rows.astype(np.int32), lower, upper
        )

    def add_rows(self, matrix: sp.csr_array, lower: np.ndarray, upper: np.ndarray) -> None:
        """Append rows."""
        self._solver.addRows(
            matrix.shape[0],
            lower,
            upper,
            matrix.nnz,
            matrix.indptr[:-1].astype(np.int32),
            matrix.indices.astype(np.int32),
            matrix.data,
        )
        self.rows += matrix.shape[0]

    def delete_rows(self, rows: np.ndarray) -> None:
        """Remove rows; later rows move up."""
        self._solver.deleteRows(len(rows), rows.astype(np.int32))
        self.rows -= len(rows)

    def solve(self) -> tuple[Optimum | None, str]:
        """Solve; returns the optimum, or None with the solver's verdict in words."""
        self._solver.run()
        status = self._solver.getModelStatus()
        if status != highspy.HighsModelStatus.kOptimal:
            # A warm basis can lead the simplex astray; a cold start decides.
            self._solver.clearSolver()
            self._solver.run()
            status = self._solver.getModelStatus()
        if status != highspy.HighsModelStatus.kOptimal:
            return None, _REFUSED.get(status, self._solver.modelStatusToString(status))
        solution = self._solver.getSolution()
        info = self._solver.getInfo()
        return Optimum(
            x=np.asarray(solution.col_value),
            reduced_cost=np.asarray(solution.col_dual),
            row_value=np.asarray(solution.row_value),
            row_dual=np.asarray(solution.row_dual),
            objective=info.objective_function_value,
            iterations=info.simplex_iteration_count,
        ), "optimal"


def solve_once(
    cost: np.ndarray,
    lower: np.ndarray,
    upper: np.ndarray,
    matrix: sp.csc_array,
    row_lower: np.ndarray,
    row_upper: np.ndarray,
) -> tuple[Optimum | None, str]:
    """Solve one small LP and forget it; arguments as :class:`LinearProgram`."""
    return LinearProgram(cost, lower, upper, matrix, row_lower, row_upper).solve()

"""Linear and mixed-integer programs on HiGHS: the only module that knows the solver.

One model is passed once; afterwards only bounds change and rows are added, so the basis of the
last solve starts the next one.  Only a proven optimum is ever returned; of an integer program, a solution proven
to lie within the gap that was asked for, with its bound.
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


@dataclass(frozen=True)
class IntegerOptimum:
    """A solution of an integer program with its proof: no solution costs less than ``bound``."""

    x: np.ndarray
    objective: float
    bound: float
    nodes: int


@dataclass(frozen=True)
class Basis:
    """Status of every column and row in the simplex basis."""

    column: np.ndarray
    row: np.ndarray

    def spread(self, parent: np.ndarray, first: np.ndarray, rows: int) -> Basis:
        """Basis after columns were split and rows appended.

        Parameters
        ----------
        parent : ndarray of int (new column,)
            Old column each new one came from.
        first : ndarray of bool (new column,)
            The one child of each old column that stays basic if that was.
        rows : int
            Number of rows now; new ones are basic.
        """
        column = self.column[parent]
        column[~first & (column == BASIC)] = highspy.HighsBasisStatus.kLower
        return Basis(column, np.r_[self.row, np.full(rows - len(self.row), BASIC)])


BASIC = highspy.HighsBasisStatus.kBasic


def _silent() -> highspy.Highs:
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("threads", 1)
    return solver


def _model(
    cost: np.ndarray,
    lower: np.ndarray,
    upper: np.ndarray,
    matrix: sp.csc_array,
    row_lower: np.ndarray,
    row_upper: np.ndarray,
) -> highspy.HighsLp:
    columns = sp.csc_array(matrix)
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = len(cost), matrix.shape[0]
    model.col_cost_, model.col_lower_, model.col_upper_ = cost, lower, upper
    model.row_lower_, model.row_upper_ = row_lower, row_upper
    model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    model.a_matrix_.start_ = columns.indptr
    model.a_matrix_.index_ = columns.indices
    model.a_matrix_.value_ = columns.data
    return model


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
        self._solver = _silent()
        self._solver.passModel(_model(cost, lower, upper, matrix, row_lower, row_upper))
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

    def basis(self) -> Basis:
        """The basis of the last solve."""
        found = self._solver.getBasis()
        return Basis(np.array(found.col_status, dtype=object), np.array(found.row_status, dtype=object))

    def start_from(self, basis: Basis) -> None:
        """Start the next solve from a basis; one that does not fit costs time, never the optimum."""
        given = highspy.HighsBasis()
        given.col_status, given.row_status = list(basis.column), list(basis.row)
        given.valid, given.alien = True, True
        self._solver.setBasis(given)

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


def solve_integer(
    cost: np.ndarray,
    lower: np.ndarray,
    upper: np.ndarray,
    matrix: sp.csc_array,
    row_lower: np.ndarray,
    row_upper: np.ndarray,
    integer: np.ndarray,
    *,
    gap_absolute: float = 1e-6,
    gap_relative: float = 0.0,
    time_limit_s: float = 600.0,
    start: np.ndarray | None = None,
) -> tuple[IntegerOptimum | None, str]:
    """Solve one mixed-integer program by branch and bound.

    Parameters
    ----------
    cost, lower, upper, matrix, row_lower, row_upper
        As :class:`LinearProgram`.
    integer : ndarray of bool (n,)
        Variables that are whole numbers.
    gap_absolute, gap_relative : float
        The search ends when objective - bound is proven to be at most ``gap_absolute`` (in units of the objective) or
        at most ``gap_relative`` of the objective.
    time_limit_s : float
        A search that has not proven the gap by then counts as unsolved. [s]
    start : ndarray (n,), optional
        A feasible solution to begin with.

    Returns
    -------
    IntegerOptimum or None
        None unless the gap is proven; the second value is the solver's verdict in words.
    """
    solver = _silent()
    model = _model(cost, lower, upper, matrix, row_lower, row_upper)
    kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
    model.integrality_ = [kinds[int(i)] for i in integer]
    for name, value in (("mip_abs_gap", gap_absolute), ("mip_rel_gap", gap_relative), ("time_limit", time_limit_s)):
        solver.setOptionValue(name, float(value))
    solver.passModel(model)
    if start is not None:
        known = highspy.HighsSolution()
        known.col_value = list(start)
        solver.setSolution(known)
    solver.run()
    status, info = solver.getModelStatus(), solver.getInfo()
    if status != highspy.HighsModelStatus.kOptimal:
        verdict = _REFUSED.get(status, solver.modelStatusToString(status))
        if status == highspy.HighsModelStatus.kTimeLimit:
            left = info.objective_function_value - info.mip_dual_bound
            verdict = f"not proven within {time_limit_s:g} s (gap left {left:.6g}, asked {gap_absolute:g})"
        return None, verdict
    return IntegerOptimum(
        x=np.asarray(solver.getSolution().col_value),
        objective=info.objective_function_value,
        bound=min(info.mip_dual_bound, info.objective_function_value),
        nodes=int(info.mip_node_count),
    ), "optimal within the gap"

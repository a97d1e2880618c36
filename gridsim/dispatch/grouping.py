"""A linear program in which variables that no row tells apart are one variable.

Curtailment at a hundred buses has one price and, as long as no network row needs to know where it happens, one
column: the LP sees a third of the variables.  A new row splits the groups it tells apart (in its own step
only).  Outside, everything is in terms of the single variables: members of a group share its room
evenly, and the group's reduced cost is theirs.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import scipy.sparse as sp

from gridsim.lp import IntegerOptimum, LinearProgram, Optimum, solve_integer


class GroupedProgram:
    """Like :class:`gridsim.lp.LinearProgram`, with ``group`` (variable,) naming variables that are alike.

    Members of a group must have the same cost and the same coefficients in ``matrix``; rows added later may differ.
    """

    def __init__(self, cost: np.ndarray, matrix: sp.csr_array, group: np.ndarray):
        self._cost = cost
        self._matrix = sp.csr_array(matrix)
        self._bounds = np.zeros((2, len(cost)))
        self._row_bounds = np.zeros((2, matrix.shape[0]))
        self._group = np.unique(group, return_inverse=True)[1]
        self._build()

    def _build(self) -> None:
        """Pass the model anew with one variable per group."""
        self._first = np.unique(self._group, return_index=True)[1]
        self._alone = np.bincount(self._group)[self._group] == 1
        lower, upper = self._grouped(self._bounds[0]), self._grouped(self._bounds[1])
        self._program = LinearProgram(
            self._cost[self._first], lower, upper, sp.csc_array(self._matrix[:, self._first]), *self._row_bounds.copy()
        )

    def _grouped(self, values: np.ndarray) -> np.ndarray:
        return np.bincount(self._group, weights=values)

    def set_column_bounds(self, lower: np.ndarray, upper: np.ndarray) -> None:
        """Replace all bounds of the single variables."""
        self._bounds = np.stack([lower, upper])
        self._program.set_column_bounds(self._grouped(lower), self._grouped(upper))

    def set_row_bounds(self, rows: np.ndarray, lower: np.ndarray, upper: np.ndarray) -> None:
        """Replace the bounds of some rows."""
        self._row_bounds[0, rows], self._row_bounds[1, rows] = lower, upper
        self._program.set_row_bounds(rows, lower, upper)

    def add_rows(self, matrix: sp.csr_array, lower: np.ndarray, upper: np.ndarray) -> None:
        """Append rows over the single variables; groups they tell apart are split."""
        self._matrix = sp.csr_array(sp.vstack([self._matrix, matrix]))
        self._row_bounds = np.hstack([self._row_bounds, np.stack([lower, upper])])
        before, basis = self._group, self._program.basis()
        if self._split(matrix):
            self._build()
            # the children of a split column start where it stood: a cold start costs as much as a whole window
            parent = before[self._first]
            first = np.zeros(len(parent), dtype=bool)
            first[np.unique(parent, return_index=True)[1]] = True
            self._program.start_from(basis.spread(parent, first, self._matrix.shape[0]))
        else:
            self._program.add_rows(sp.csr_array(matrix[:, self._first]), lower, upper)

    def _split(self, matrix: sp.csr_array) -> bool:
        """Split groups whose members differ in any of the rows; says whether there was one."""
        group, count = self._group.copy(), int(self._group.max()) + 1
        size = np.bincount(group, minlength=len(group))  # no more groups than variables
        order, end = np.argsort(group, kind="stable"), np.cumsum(size)
        split: dict[int, np.ndarray] = {}  # members of the groups that were split or are new
        value = np.zeros(len(group))
        for row in range(matrix.shape[0]):
            entry = slice(matrix.indptr[row], matrix.indptr[row + 1])
            columns = matrix.indices[entry]
            value[columns] = np.round(matrix.data[entry], 9)
            touched = np.unique(group[columns])
            for g in touched[size[touched] > 1].tolist():
                members = split[g] if g in split else order[end[g] - size[g] : end[g]]
                kinds, label = np.unique(value[members], return_inverse=True)
                for kind in range(1, len(kinds)):
                    split[count] = members[label == kind]
                    group[split[count]], size[count] = count, len(split[count])
                    count += 1
                if len(kinds) > 1:
                    split[g] = members[label == 0]
                    size[g] = len(split[g])
            value[columns] = 0.0
        if not split:
            return False
        self._group = group
        self._alone = np.bincount(group)[group] == 1
        return True

    def delete_rows(self, rows: np.ndarray) -> None:
        """Remove rows; later rows move up, groups stay as fine as they are."""
        keep = np.ones(self._matrix.shape[0], dtype=bool)
        keep[rows] = False
        self._matrix, self._row_bounds = self._matrix[keep], self._row_bounds[:, keep]
        self._program.delete_rows(rows)

    def solve(self) -> tuple[Optimum | None, str]:
        """Solve; the optimum is in terms of the single variables."""
        best, verdict = self._program.solve()
        if best is None:
            return None, verdict
        return replace(best, x=self._single(best.x), reduced_cost=best.reduced_cost[self._group]), verdict

    def _single(self, grouped: np.ndarray) -> np.ndarray:
        """Values of groups -> values of single variables, each at the same part of its range."""
        lower, upper = self._bounds
        low, up = self._grouped(lower), self._grouped(upper)
        room = up - low
        part = np.divide(grouped - low, room, out=np.zeros(len(room)), where=(room > 0) & np.isfinite(room))
        with np.errstate(invalid="ignore"):
            shared = lower + part[self._group] * (upper - lower)
        return np.where(self._alone, grouped[self._group], shared)

    def solve_integer(
        self,
        links: sp.csr_array,
        link_lower: np.ndarray,
        link_upper: np.ndarray,
        integer_upper: np.ndarray,
        *,
        gap_absolute: float,
        time_limit_s: float,
        start: np.ndarray | None = None,
    ) -> tuple[IntegerOptimum | None, str]:
        """Solve once with further variables that are whole numbers from 0 to ``integer_upper`` (k,).

        ``links`` are rows over the single variables and then the whole ones; only single variables that stand alone in
        their group may appear in them.  ``start`` and the optimum are in these variables, too.
        """
        n, groups, k = len(self._group), len(self._first), len(integer_upper)
        to_group = sp.csr_array((np.ones(n), (np.arange(n), self._group)), shape=(n, groups))
        body = sp.hstack([self._matrix[:, self._first], sp.csr_array((self._matrix.shape[0], k))])
        rows = sp.hstack([links[:, :n] @ to_group, links[:, n:]])
        best, verdict = solve_integer(
            np.r_[self._cost[self._first], np.zeros(k)],
            np.r_[self._grouped(self._bounds[0]), np.zeros(k)],
            np.r_[self._grouped(self._bounds[1]), integer_upper],
            sp.csc_array(sp.vstack([body, rows])),
            np.r_[self._row_bounds[0], link_lower],
            np.r_[self._row_bounds[1], link_upper],
            np.arange(groups + k) >= groups,
            gap_absolute=gap_absolute,
            time_limit_s=time_limit_s,
            start=None if start is None else np.r_[self._grouped(start[:n]), start[n:]],
        )
        if best is None:
            return None, verdict
        return replace(best, x=np.r_[self._single(best.x[:groups]), np.round(best.x[groups:])]), verdict

"""The window LP: one skeleton for the year, bounds moved along, network rows added when violated.

Variables of step t: the decision columns, then the stored energies; at the end the energy left out of each daily
budget.  Rows: balance of each step, recursion of each store, budget of each day, then limits of flows, ramps and
reserve that were violated once.  One balance of the whole system; the flows decide what crosses the tie section.
"""

from __future__ import annotations

from dataclasses import fields, replace
from functools import cached_property

import numpy as np
import scipy.sparse as sp

from gridsim.dispatch.clash import WindowRows, explain, least_use, smallest_raise
from gridsim.dispatch.contingency import Contingencies
from gridsim.dispatch.couplings import Couplings
from gridsim.dispatch.directions import give_direction
from gridsim.dispatch.flows import FlowModel
from gridsim.dispatch.grouping import GroupedProgram
from gridsim.dispatch.reach import Reach
from gridsim.dispatch.skeleton import skeleton_cost, skeleton_labels, skeleton_matrix
from gridsim.dispatch.state import WindowState, WindowTask
from gridsim.dispatch.system import System
from gridsim.errors import NoOptimum
from gridsim.lp import INF, Optimum
from gridsim.options import DispatchOptions

#: a dual or reduced cost below this is zero [CNY/MWh]
DUAL_TOLERANCE = 1e-5
#: most network rows kept before those without price are dropped
MOST_ROWS = 3000
#: most elastic solves of one window
MOST_ELASTIC = 20
#: roles that are no remedy for a limit inside the city
LAST_RESORTS = ("unserved", "must_run_cut")


class WindowLP:
    """The reusable LP of a window of ``steps`` steps."""

    def __init__(
        self,
        system: System,
        flows: FlowModel,
        options: DispatchOptions,
        contingencies: Contingencies | None = None,
    ):
        self.system, self.flows, self.options = system, flows, options
        self._contingencies = contingencies
        self.steps = int(min(np.round(options.window_h / system.step_h), system.steps))
        self.steps_per_day = round(24.0 / system.step_h)
        self.days = -(-self.steps // self.steps_per_day) if len(system.budgets) else 0
        self.width = len(system.columns) + len(system.stores)
        self.must_run_cut = np.array([str(r).endswith(".must_run_cut") for r in system.columns.role])
        self.row_step = np.zeros(0, dtype=int)
        self.row_limit = np.zeros(0, dtype=int)
        self.row_state = np.zeros(0, dtype=int)
        self.known = np.zeros((self.steps, len(flows.watched)), dtype=bool)
        self.couplings = Couplings(system)
        self.fixed_matrix = skeleton_matrix(system, self.steps, self.steps_per_day, self.days)
        self.fixed_rows = self.fixed_matrix.shape[0]
        self.cost = skeleton_cost(system, self.steps, self.days, options)
        self.program = GroupedProgram(self.cost, self.fixed_matrix, self._alike(self.cost))

    def _alike(self, cost: np.ndarray) -> np.ndarray:
        """Group of each variable: curtailment of one step and price is alike until a network row tells it apart.

        So is cutting must-run output.
        """
        group = np.arange(len(cost))
        columns = self.system.columns
        role = np.array([str(r).split(".")[1] for r in columns.role])
        cut = np.flatnonzero(np.isin(role, ("curtailed", "must_run_cut")))
        kinds = np.column_stack([role[cut] == "must_run_cut", columns.cost_cny_per_mwh[cut]])
        prices, price = np.unique(kinds, axis=0, return_inverse=True)
        for t in range(self.steps):
            group[t * self.width + cut] = len(cost) + t * len(prices) + price.ravel()
        return group

    # -- one window ---------------------------------------------------------------------------------

    def solve(self, start: int, initial_mwh: np.ndarray, final_step: int | None) -> WindowState:
        """Solve the window that starts at ``start``, nothing decided yet; see :meth:`solve_task`.

        Parameters
        ----------
        initial_mwh : ndarray (store,)
            Energy handed over.
        final_step : int or None
            Step of the window after which the year ends where it began (None: the year goes on).
        """
        return self.solve_task(self.task(start, initial_mwh, final_step))

    def task(self, start: int, initial_mwh: np.ndarray, final_step: int | None) -> WindowTask:
        """The window that starts at ``start``; parameters as :meth:`solve`."""
        steps = (start + np.arange(self.steps)) % self.system.steps
        columns = self.system.columns
        energy = self.energy_bounds(final_step)
        upper = np.where(self.must_run_cut, 0.0, columns.upper_mw[steps])
        return WindowTask(steps, columns.lower_mw[steps], upper, *energy, initial_mwh)

    def load(self, task: WindowTask) -> None:
        """Put the bounds and right-hand sides of a window into the program."""
        self._set_rows(task)
        self.program.set_column_bounds(*self._column_bounds(task))

    def solve_task(self, task: WindowTask, *, most_elastic: int = MOST_ELASTIC) -> WindowState:
        """Solve a window within given bounds; limits that clash give way in at most ``most_elastic`` elastic solves.

        Raises
        ------
        NoOptimum
            With the window and the solver's verdict.
        """
        steps = task.steps
        self._set_rows(task)
        fixes = rounds = iterations = raised = 0
        relaxed = np.nan
        while True:
            self.program.set_column_bounds(*self._column_bounds(task))
            best, verdict = self.program.solve()
            rounds += 1
            if best is None:
                if not most_elastic:
                    raise NoOptimum(f"window from step {steps[0]} to {steps[-1]}: the LP is {verdict}")
                if raised >= most_elastic or not self._give_way(task):
                    found = explain(self.system, self.flows.finished().limits, self._as_rows(task), steps, verdict)
                    raise NoOptimum(found)
                raised += 1
                continue
            iterations += best.iterations
            x, stored, _ = self.unpack(best.x)
            if self._add_violated(steps, x, stored):
                continue  # limits first: the bound of the directions is then that of the whole window
            relaxed = relaxed if fixes else best.objective
            turned = give_direction(self.system.stores, x, task.upper_mw)
            fixes += turned
            if not turned:
                break
        return self._state(task, best, relaxed, iterations, rounds, fixes)

    def energy_bounds(self, final_step: int | None) -> tuple[np.ndarray, np.ndarray]:
        """Bounds of the stored energies, (step, store); at ``final_step`` they end where the year began."""
        stores = self.system.stores
        low = np.tile(stores.min_energy_mwh, (self.steps, 1))
        up = np.tile(stores.max_energy_mwh, (self.steps, 1))
        if final_step is not None and self.options.final_state == "cyclic":
            start = self.initial_energy()
            low[final_step], up[final_step] = start, start
        return low, up

    def initial_energy(self) -> np.ndarray:
        """Energy at the start of the year, (store,). [MWh]"""
        stores = self.system.stores
        return stores.min_energy_mwh + self.options.initial_energy_pu * (stores.max_energy_mwh - stores.min_energy_mwh)

    def _column_bounds(self, task: WindowTask) -> tuple[np.ndarray, np.ndarray]:
        slack = self.days * len(self.system.budgets)
        lower = np.hstack([task.lower_mw, task.energy_lower_mwh]).ravel()
        upper = np.hstack([task.upper_mw, task.energy_upper_mwh]).ravel()
        return np.r_[lower, np.zeros(slack)], np.r_[upper, np.full(slack, INF)]

    def fixed_rhs(self, steps: np.ndarray, initial_mwh: np.ndarray) -> np.ndarray:
        """Right-hand sides of the balance, store and budget rows."""
        system, w = self.system, self.steps
        rhs = np.zeros(self.fixed_rows)
        rhs[:w] = -system.fixed_mw[steps].sum(axis=1)
        k = w * len(system.stores)
        rhs[w : w + k] = system.step_h * system.stores.inflow_mw[steps].ravel()
        rhs[w : w + len(system.stores)] += initial_mwh
        if self.days:
            days = steps[:: self.steps_per_day] // self.steps_per_day
            rhs[w + k :] = system.budgets.energy_mwh[days].ravel()
        return rhs

    def _set_rows(self, task: WindowTask) -> None:
        self._drop_rows(self.row_state != self.flows.limits.states.of_step[task.steps[self.row_step]])
        rhs = self.fixed_rhs(task.steps, task.initial_mwh)
        rows = np.arange(self.fixed_rows + len(self.row_step))
        low, up = self.limit_bounds(task.steps, self.row_step, self.row_limit)
        self.program.set_row_bounds(rows, np.r_[rhs, low], np.r_[rhs, up])

    def limit_bounds(
        self, steps: np.ndarray, row_step: np.ndarray, row_limit: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Limits of network rows less the flow of the fixed injections; bounds of ramps and reserve. [MW]"""
        at = (steps[row_step], np.maximum(row_limit, 0))
        base = self.flows.base_mw[at]
        network = self.flows.lower_mw[at] - base, self.flows.upper_mw[at] - base
        return self.couplings.fill_bounds(network, steps, row_step, row_limit)

    def unpack(self, values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Values of all variables -> columns (step, column), energies (step, store), energy left out of budgets."""
        body = values[: self.steps * self.width].reshape(self.steps, self.width)
        k = len(self.system.columns)
        return body[:, :k], body[:, k:], values[self.steps * self.width :]

    # -- network rows -------------------------------------------------------------------------------

    def violated(self, steps: np.ndarray, x: np.ndarray, energy: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(step, limit) pairs that a schedule violates: limits of flows, ramps, reserve (negative numbers)."""
        t, limit = np.hstack([self._violated_limits(steps, x), self.couplings.violated(steps, x, energy)])
        return t, limit

    def _violated_limits(self, steps: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(step, limit) pairs whose flow is outside its limit, after raising limits no dispatch can meet.

        Limits after outages become limits of the model here, when a schedule violates them for the first time.
        """
        if self._contingencies is not None:
            self._contingencies.impose_violated(self.flows, steps, x, self.options.violation_tolerance_mw)
        which = np.flatnonzero(self.flows.watched)
        flow = self.flows.flow_mw(steps, x, which)
        found = self._outside(flow, steps, which)
        fresh = which[found.any(axis=0) & ~self.flows.examined[which]]
        if len(fresh):
            for limit in fresh:
                self._raise(int(limit))
            found = self._outside(flow, steps, which)
        row, column = np.nonzero(found)
        return row, which[column]

    def _outside(self, flow: np.ndarray, steps: np.ndarray, which: np.ndarray) -> np.ndarray:
        tolerance = self.options.violation_tolerance_mw
        at = np.ix_(steps, which)
        return (flow > self.flows.upper_mw[at] + tolerance) | (flow < self.flows.lower_mw[at] - tolerance)

    @cached_property
    def _reach(self) -> Reach:
        """What dispatches can reach without last resorts."""
        columns = self.system.columns
        resort = np.isin([str(r).split(".")[1] for r in columns.role], LAST_RESORTS)
        upper = np.where(resort, columns.lower_mw, columns.upper_mw)
        return Reach.of(columns.sign, columns.lower_mw, upper, -self.system.fixed_mw.sum(axis=1))

    @cached_property
    def _reach_with_last_resorts(self) -> Reach:
        columns = self.system.columns
        return Reach.of(columns.sign, columns.lower_mw, columns.upper_mw, -self.system.fixed_mw.sum(axis=1))

    def _raise(self, limit: int) -> None:
        """Raise a limit to the smallest reachable flow in the hours in which no dispatch can meet it.

        Shedding and cutting must-run output are for want or surplus of power: they keep a tie inside its limit, and
        are no remedy for a limit inside the city.
        """
        flows, tie = self.flows, bool(self.flows.is_tie(np.array([limit]))[0])
        flows.examined[limit] = True
        if tie and "forbidden" in (self.options.shedding, self.options.must_run_cut):
            return
        reach = self._reach_with_last_resorts if tie else self._reach
        for state, column in enumerate(flows.columns):
            low, high = reach.flow_mw(column[limit], flows.base_mw[:, limit])
            here = flows.limits.states.of_step == state
            flows.upper_mw[here, limit] = np.maximum(flows.upper_mw[here, limit], low[here])
            flows.lower_mw[here, limit] = np.minimum(flows.lower_mw[here, limit], high[here])

    def _give_way(self, task: WindowTask) -> bool:
        """Let give way what may, in this order; False if nothing helps.

        Limits that AC tightened go back as far as they must; limits inside the city that only clash together are
        raised; then must-run output may be cut in the steps that need it; ties are raised at the very last, and never
        in a study that forbids a last resort.
        """
        inside = ~self.flows.is_tie(self.row_limit[self.row_limit >= 0])
        if self._raise_clashing(task, self.flows.is_tightened(self.row_limit[self.row_limit >= 0])):
            return True
        if self._raise_clashing(task, inside) or self._open_must_run(task):
            return True
        free = self.options.shedding == "allowed" and self.options.must_run_cut == "allowed"
        return free and self._raise_clashing(task, np.ones_like(inside))

    def _open_must_run(self, task: WindowTask) -> bool:
        """Let must-run output be cut in the steps in which the schedule with least of it cuts any."""
        most = np.where(self.must_run_cut, self.system.columns.upper_mw[task.steps], 0.0)
        price = np.hstack([np.tile(self.must_run_cut, (self.steps, 1)), np.zeros_like(task.energy_lower_mwh)]).ravel()
        rows = self._as_rows(replace(task, upper_mw=np.maximum(task.upper_mw, most)))
        found = least_use(rows, np.r_[price.astype(float), np.zeros(len(rows.lower) - len(price))])
        if found is None:
            return False
        used = (self.unpack(found)[0] * self.must_run_cut).sum(axis=1) > 1e-9
        new = used[:, None] & (most > task.upper_mw)
        task.upper_mw[new] = most[new]
        return bool(new.any())

    def _raise_clashing(self, task: WindowTask, soft: np.ndarray) -> bool:
        """Raise limits (``soft`` ones) that only clash together by the smallest sum of MW; False if it cannot help."""
        moved = smallest_raise(self._as_rows(task), soft) if soft.any() else None
        if moved is None:
            return False
        below, above = moved
        network = self.row_limit >= 0
        at = (task.steps[self.row_step[network]], self.row_limit[network])
        np.add.at(self.flows.upper_mw, at, np.where(above > 1e-9, above + 1e-6, 0.0))
        np.add.at(self.flows.lower_mw, at, -np.where(below > 1e-9, below + 1e-6, 0.0))
        self._set_rows(task)
        return True

    def _as_rows(self, task: WindowTask) -> WindowRows:
        """The window as it stands, for the elastic solves."""
        rhs = self.fixed_rhs(task.steps, task.initial_mwh)
        order = np.argsort(self.row_limit >= 0, kind="stable")  # ramps and reserve are fixed rows here
        step, limit = self.row_step[order], self.row_limit[order]
        low, up = self.limit_bounds(task.steps, step, limit)
        network = limit >= 0
        lower, upper = self._column_bounds(task)
        skeleton = skeleton_labels(self.system, self.steps, self.steps_per_day, self.days, self.fixed_rows)
        held = task.energy_lower_mwh == task.energy_upper_mwh
        t, s = np.nonzero(held & (self.system.stores.max_energy_mwh > self.system.stores.min_energy_mwh))
        return WindowRows(
            matrix=sp.csr_array(sp.vstack([self.fixed_matrix, self.coefficients(task.steps, step, limit)])),
            row_lower=np.r_[rhs, low],
            row_upper=np.r_[rhs, up],
            lower=lower,
            upper=upper,
            labels=self.couplings.labels(skeleton, step[~network], limit[~network]),
            step=step[network],
            limit=limit[network],
            final=t * self.width + len(self.system.columns) + s,
        )

    def coefficients(self, steps: np.ndarray, row_step: np.ndarray, row_limit: np.ndarray) -> sp.csr_array:
        """Rows of limits, ramps and reserve over all variables of the window."""
        coefficients = self.flows.coefficients(steps[row_step], np.maximum(row_limit, 0))
        coefficients = coefficients * (row_limit >= 0)[:, None]
        r, k = np.nonzero(coefficients)
        shape = (len(row_step), self.fixed_matrix.shape[1])
        network = sp.csr_array((coefficients[r, k], (r, k + row_step[r] * self.width)), shape=shape)
        return self.couplings.add_coefficients(network, row_step, row_limit)

    def _add_violated(self, steps: np.ndarray, x: np.ndarray, energy: np.ndarray) -> bool:
        t, limit = self.violated(steps, x, energy)
        return self.add_rows(steps, t, limit)

    def add_rows(self, steps: np.ndarray, t: np.ndarray, limit: np.ndarray) -> bool:
        """Add limits (step of the window, limit) that are not in the LP yet; says whether any was new."""
        if self.flows.count > self.known.shape[1]:
            more = len(self.flows.watched) - self.known.shape[1]
            self.known = np.hstack([self.known, np.zeros((self.steps, more), dtype=bool)])
        new = np.where(limit < 0, self.couplings.unknown(t, limit), ~self.known[t, np.maximum(limit, 0)])
        t, limit = t[new], limit[new]
        if not len(t):
            return False
        matrix = self.coefficients(steps, t, limit)
        low, up = self.limit_bounds(steps, t, limit)
        self.program.add_rows(matrix, low, up)
        self.row_step, self.row_limit = np.r_[self.row_step, t], np.r_[self.row_limit, limit]
        self.row_state = np.r_[self.row_state, self.flows.limits.states.of_step[steps[t]]]
        self.known[t[limit >= 0], limit[limit >= 0]] = True
        self.couplings.learn(t, limit)
        return True

    def forget_idle_rows(self, state: WindowState) -> None:
        """Drop network rows without price when there are too many of them."""
        if len(self.row_step) <= MOST_ROWS:
            return
        idle = np.ones(len(self.row_step), dtype=bool)
        idle[: len(state.row_dual)] = np.abs(state.row_dual) <= DUAL_TOLERANCE
        self._drop_rows(idle)

    def _drop_rows(self, gone: np.ndarray) -> None:
        """Take network rows out of the LP."""
        if not gone.any():
            return
        self.program.delete_rows(self.fixed_rows + np.flatnonzero(gone))
        network = gone & (self.row_limit >= 0)
        self.known[self.row_step[network], self.row_limit[network]] = False
        self.couplings.forget(self.row_step[gone], self.row_limit[gone])
        self.row_step, self.row_limit, self.row_state = (
            a[~gone] for a in (self.row_step, self.row_limit, self.row_state)
        )

    # -- results ------------------------------------------------------------------------------------

    def _state(
        self, task: WindowTask, best: Optimum, relaxed: float, iterations: int, rounds: int, fixes: int
    ) -> WindowState:
        x, energy, slack = self.unpack(best.x)
        x_cost, energy_cost, slack_cost = self.unpack(best.reduced_cost)
        return WindowState(
            **{f.name: getattr(task, f.name) for f in fields(WindowTask)},
            x_mw=x,
            energy_mwh=energy,
            slack_mwh=slack,
            x_cost=x_cost,
            energy_cost=energy_cost,
            slack_cost=slack_cost,
            row_step=self.row_step,
            row_limit=self.row_limit,
            row_dual=best.row_dual[self.fixed_rows :],
            objective_cny=best.objective,
            relaxed_cny=relaxed,
            iterations=iterations,
            rounds=rounds,
            direction_fixes=fixes,
        )

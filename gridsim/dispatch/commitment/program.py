"""The integer program of one window of the unit commitment; see :mod:`gridsim.dispatch.commitment.unit`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from gridsim.devices.thermal import ThermalFleet
from gridsim.dispatch.skeleton import skeleton_cost
from gridsim.dispatch.window import WindowLP
from gridsim.errors import NoOptimum
from gridsim.lp import INF, solve_integer
from gridsim.options import DispatchOptions

#: a tie beyond its limit, or must-run plant below its minimum, is dearer here than demand not served by this factor
LAST_PRICE = 10.0


@dataclass(frozen=True)
class Units:
    """What the integers are about: arrays (period, row).

    Attributes
    ----------
    columns : tuple of ndarray of int
        Columns of each row (its cost segments in order).
    least, ready : ndarray (period, row)
        Units on at least and at most; equal where there is nothing to decide (a fraction of a unit is allowed then).
    most : ndarray (row,)
        Units of each row.
    floors : tuple of (rows, MW per period)
        Least committed capacity over some rows.
    per_period : int
        Steps per period.
    """

    columns: tuple[np.ndarray, ...]
    least: np.ndarray
    ready: np.ndarray
    most: np.ndarray
    floors: tuple[tuple[np.ndarray, np.ndarray], ...]
    per_period: int


@dataclass(frozen=True)
class HandOver:
    """State at the end of the kept part of a window; ``on`` is None before the first.

    ``starts``, ``stops`` (period, row) are those of the past, the latest last; ``power_mw`` (row,), ``energy_mwh``
    (store,).
    """

    on: np.ndarray | None
    starts: np.ndarray
    stops: np.ndarray
    power_mw: np.ndarray
    energy_mwh: np.ndarray


@dataclass(frozen=True)
class UnitSolution:
    """Units on (period, row) of a window, what is handed over, objective and proven relative gap."""

    on: np.ndarray
    handed_over: HandOver
    objective_cny: float
    gap: float


class _Rows:
    """Rows over all variables, collected with broadcasting."""

    def __init__(self, variables: int):
        self.variables, self.count = variables, 0
        self._entries: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
        self._bounds: list[tuple[np.ndarray, np.ndarray]] = []

    def new(self, lower: np.ndarray | float, upper: np.ndarray | float, shape: tuple[int, ...]) -> np.ndarray:
        """Numbers of new rows of a shape, with their bounds."""
        size = int(np.prod(shape))
        numbers = self.count + np.arange(size).reshape(shape)
        low, up = (np.broadcast_to(np.asarray(b, dtype=float), shape).ravel() for b in (lower, upper))
        self._bounds.append((low, up))
        self.count += size
        return numbers

    def put(self, rows: np.ndarray, columns: np.ndarray, values: np.ndarray | float) -> None:
        """Coefficients of some rows."""
        parts = np.broadcast_arrays(rows, columns, np.asarray(values, dtype=float))
        self._entries.append((parts[0].ravel(), parts[1].ravel(), parts[2].ravel()))

    def bounds(self) -> tuple[np.ndarray, np.ndarray]:
        """Lower and upper bounds of all rows."""
        return np.concatenate([b[0] for b in self._bounds]), np.concatenate([b[1] for b in self._bounds])

    def matrix(self) -> sp.csr_array:
        """The rows as a sparse matrix."""
        rows, columns, values = (np.concatenate([e[k] for e in self._entries]) for k in range(3))
        return sp.csr_array((values, (rows, columns)), shape=(self.count, self.variables))


class UnitProgram:
    """Unit commitment of windows; one integer program each."""

    def __init__(self, window: WindowLP, units: Units, fleet: ThermalFleet, options: DispatchOptions):
        self.window, self.units, self.fleet, self.options = window, units, fleet, options
        self.system = window.system
        self.base = window.fixed_matrix.shape[1]
        self.periods = -(-window.steps // units.per_period)
        self.rows = len(fleet.names)
        limits = window.flows.limits
        self.ties = np.flatnonzero(limits.is_tie & window.flows.imposed[: len(limits)])
        self.up = np.ceil(fleet.min_up_h / (units.per_period * self.system.step_h) - 1e-9).astype(int)
        self.down = np.ceil(fleet.min_down_h / (units.per_period * self.system.step_h) - 1e-9).astype(int)
        self.memory = max(1, int(self.up.max(initial=0)), int(self.down.max(initial=0)))
        stores = len(self.system.stores) if self.system.reserve is not None else 0
        sizes = [
            *(self.periods * self.rows for _ in range(4)),  # on, started, stopped, at least one on
            self.periods * self.rows,  # direction of a change
            2 * window.steps * len(self.ties),
            2 * window.steps * stores,
            window.steps * self.rows,
        ]
        at = np.cumsum([self.base, *sizes])
        shape = (self.periods, self.rows)
        self.on, self.started, self.stopped, self.any_on, self.rising = (
            (at[k] + np.arange(sizes[k])).reshape(shape) for k in range(5)
        )
        self.beyond = (at[5] + np.arange(sizes[5])).reshape(2, window.steps, len(self.ties))
        self.given = (at[6] + np.arange(sizes[6])).reshape(2, window.steps, stores)
        self.below = (at[7] + np.arange(sizes[7])).reshape(window.steps, self.rows)
        self.variables = int(at[-1])

    def nothing_known(self) -> HandOver:
        """The state before the first window: any number of units may be on."""
        none = np.zeros((self.memory, self.rows))
        return HandOver(None, none, none, np.zeros(self.rows), self.window.initial_energy())

    def solve(self, start: int, known: HandOver, kept: int) -> UnitSolution:
        """Solve the window at ``start``, of which ``kept`` steps will be kept.

        Raises
        ------
        NoOptimum
            If the gap of the options is not proven.
        """
        window, asked = self.window, self.options.commitment
        steps = (start + np.arange(window.steps)) % self.system.steps
        period = (start // self.units.per_period + np.arange(self.periods)) % len(self.units.least)
        lower, upper, integer = self._bounds(start, steps, period)
        rows = _Rows(self.variables)
        self._changes(rows, known)
        self._outputs(rows, steps)
        self._least_times(rows, known, period)
        self._ramps(rows, steps, known)
        self._floors(rows, period)
        self._ties(rows, steps)
        if self.system.reserve is not None:
            self._reserve(rows, steps, period)
        beside = sp.csr_array((window.fixed_rows, self.variables - self.base))
        skeleton = sp.hstack([window.fixed_matrix, beside])
        rhs = window.fixed_rhs(steps, known.energy_mwh)
        row_lower, row_upper = rows.bounds()
        best, verdict = solve_integer(
            self._cost(known),
            lower,
            upper,
            sp.csc_array(sp.vstack([skeleton, rows.matrix()])),
            np.r_[rhs, row_lower],
            np.r_[rhs, row_upper],
            integer,
            gap_absolute=1e-3,
            gap_relative=asked.mip_gap,
            time_limit_s=asked.mip_time_limit_s,
        )
        if best is None:
            said = f"unit commitment, window from step {steps[0]} to {steps[-1]}: {verdict}"
            raise NoOptimum(f"{said}; relative gap asked {asked.mip_gap:g}")
        gap = max(0.0, best.objective - best.bound) / max(abs(best.objective), 1.0)
        return self._solution(best.x, known, kept, period, best.objective, gap)

    def _solution(
        self, x: np.ndarray, known: HandOver, kept: int, period: np.ndarray, objective: float, gap: float
    ) -> UnitSolution:
        on = np.where(self.units.least[period] < self.units.ready[period], np.round(x[self.on]), x[self.on])
        change = np.diff(on, axis=0, prepend=on[:1] if known.on is None else known.on[None])
        last = -(-kept // self.units.per_period)
        starts = np.vstack([known.starts, np.maximum(change, 0.0)[:last]])[-self.memory :]
        stops = np.vstack([known.stops, np.maximum(-change, 0.0)[:last]])[-self.memory :]
        mw, energy, _ = self.window.unpack(x[: self.base])
        power = np.array([mw[kept - 1, c].sum() for c in self.units.columns])
        return UnitSolution(on, HandOver(on[last - 1], starts, stops, power, energy[kept - 1]), objective, gap)

    # -- columns ------------------------------------------------------------------------------------

    def _bounds(self, start: int, steps: np.ndarray, period: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        window, columns = self.window, self.system.columns
        low, high = window.energy_bounds(end if (end := self.system.steps - 1 - start) < window.steps else None)
        lower, upper = np.zeros(self.variables), np.full(self.variables, INF)
        slack = self.base - window.steps * window.width
        body = np.hstack([columns.lower_mw[steps], low]).ravel(), np.hstack([columns.upper_mw[steps], high]).ravel()
        lower[: self.base], upper[: self.base] = np.r_[body[0], np.zeros(slack)], np.r_[body[1], np.full(slack, INF)]
        if self.system.reserve is not None:  # the loss of a unit may ask for more than the shares do
            short = self._variable(self.system.reserve.short[:1])
            upper[short] = np.maximum(upper[short], self.fleet.unit_mw.max(initial=0.0))
        integer = np.zeros(self.variables, dtype=bool)
        least, ready = self.units.least[period], self.units.ready[period]
        lower[self.on], upper[self.on] = least, ready
        integer[self.on] = least < ready
        rigid = (least * self.fleet.unit_mw)[self._period_of()]  # what has to run may be cut where nothing else helps
        upper[self.below] = rigid if self.options.must_run_cut == "allowed" else 0.0
        for binary in (self.any_on, self.rising):
            upper[binary] = 1.0
            integer[binary] = True
        return lower, upper, integer

    def _cost(self, known: HandOver) -> np.ndarray:
        cost = np.zeros(self.variables)
        cost[: self.base] = skeleton_cost(self.system, self.window.steps, self.window.days, self.options)
        if self.options.objective == "cost":
            cost[self.started] = self.fleet.start_cost_cny
        unserved = self.options.penalties.unserved_cny_per_mwh
        for last in (self.beyond, self.below):
            cost[last] = LAST_PRICE * (unserved if np.isfinite(unserved) else 1e4) * self.system.step_h
        return cost

    # -- rows ---------------------------------------------------------------------------------------

    def _changes(self, rows: _Rows, known: HandOver) -> None:
        """n_k - n_{k-1} = s_k - d_k; before the first window nothing is known, and nothing starts or stops."""
        before = np.zeros((self.periods, self.rows))
        if known.on is not None:
            before[0] = known.on
        numbers = rows.new(before, before, before.shape)
        rows.put(numbers, self.on, 1.0)
        rows.put(numbers[1:], self.on[:-1], -1.0)
        rows.put(numbers, self.started, -1.0)
        rows.put(numbers, self.stopped, 1.0)
        if known.on is None:
            rows.put(numbers[0], self.on[0], -1.0)

    def _period_of(self) -> np.ndarray:
        """Period of each step of the window."""
        return np.arange(self.window.steps) // self.units.per_period

    def _variable(self, columns: np.ndarray) -> np.ndarray:
        """Variables (step, column) of some columns."""
        return np.arange(self.window.steps)[:, None] * self.window.width + columns

    def _outputs(self, rows: _Rows, steps: np.ndarray) -> None:
        """n u p_min <= sum of segments; every segment <= n u w."""
        on = self.on[self._period_of()]
        minimum = np.broadcast_to(self.fleet.min_p_pu, (self.system.steps, self.rows))[steps]
        for g, columns in enumerate(self.units.columns):
            if not len(columns):
                continue
            end = self.fleet.segments[g][0]
            width = np.diff(np.r_[0.0, end])
            variables, unit = self._variable(columns), self.fleet.unit_mw[g]
            most = rows.new(-INF, 0.0, variables.shape)
            rows.put(most, variables, 1.0)
            rows.put(most, on[:, g, None], -unit * width)
            least = rows.new(0.0, INF, (self.window.steps,))
            rows.put(least[:, None], variables, 1.0)
            rows.put(least, on[:, g], -unit * minimum[:, g])
            rows.put(least, self.below[:, g], 1.0)

    def _least_times(self, rows: _Rows, known: HandOver, period: np.ndarray) -> None:
        """Starts of the last min_up_h are on; stops of the last min_down_h are off.

        What the past asks for is taken back as far as maintenance or must-run leave no choice.
        """
        least, ready, most = self.units.least[period], self.units.ready[period], self.units.most
        for span, past, change, sign, room in (
            (self.up, known.starts, self.started, -1.0, ready),
            (self.down, known.stops, self.stopped, 1.0, most - least),
        ):
            for g in np.flatnonzero(span > 1):
                for k in range(self.periods):
                    back = np.arange(max(0, k - span[g] + 1), k + 1)
                    owed = past[len(past) - (span[g] - 1 - k) :, g].sum() if k < span[g] - 1 else 0.0
                    upper = (0.0 if sign < 0 else most[g]) - min(owed, room[k, g])
                    number = rows.new(-INF, upper, (1,))
                    rows.put(number, change[back, g], 1.0)
                    rows.put(number, self.on[k, g], sign)

    def _ramps(self, rows: _Rows, steps: np.ndarray, known: HandOver) -> None:
        """Ramps with units started and stopped; a period only starts or only stops units of a row with a ramp."""
        fleet, per = self.fleet, self.units.per_period
        minimum = np.broadcast_to(fleet.min_p_pu, (self.system.steps, self.rows))
        period = self._period_of()
        first = np.arange(self.window.steps) % per == 0
        for g in np.flatnonzero(np.isfinite(fleet.ramp_up_pu_per_h) | np.isfinite(fleet.ramp_down_pu_per_h)):
            unit, variables = fleet.unit_mw[g], self._variable(self.units.columns[g])
            t = np.arange(0 if known.on is not None else 1, self.window.steps)
            t = t[steps[t] > 0]  # nothing is known before the first step of the horizon
            jump = first[t]
            for sign, ramp, switched, jumps in (
                (1.0, fleet.ramp_up_pu_per_h[g], self.started, minimum[steps[t], g]),
                (-1.0, fleet.ramp_down_pu_per_h[g], self.stopped, minimum[steps[t] - 1, g]),
            ):
                if not np.isfinite(ramp):
                    continue
                r = unit * ramp * self.system.step_h
                there = np.where(t == 0, sign * known.power_mw[g], 0.0)
                numbers = rows.new(-INF, there, t.shape)
                rows.put(numbers[:, None], variables[t], sign)
                rows.put(numbers[t > 0][:, None], variables[t[t > 0] - 1], -sign)
                rows.put(numbers, self.on[period[t], g], -r)
                rows.put(numbers[jump], self.started[period[t[jump]], g], r)
                rows.put(numbers[jump], switched[period[t[jump]], g], -unit * jumps[jump])
            count = max(float(self.units.most[g]), 1.0)
            for change, sign, most in ((self.started, -count, 0.0), (self.stopped, count, count)):
                numbers = rows.new(-INF, most, (self.periods,))
                rows.put(numbers, change[:, g], 1.0)
                rows.put(numbers, self.rising[:, g], sign)

    def _floors(self, rows: _Rows, period: np.ndarray) -> None:
        for members, least in self.units.floors:
            numbers = rows.new(least[period] - 1e-6, INF, (self.periods,))
            rows.put(numbers[:, None], self.on[:, members], self.fleet.unit_mw[members])

    def _ties(self, rows: _Rows, steps: np.ndarray) -> None:
        """Limits of the tie sections; beyond them at a prohibitive price (the dispatch raises what nobody can meet)."""
        flows = self.window.flows
        for k, limit in enumerate(self.ties):
            base = flows.base_mw[steps, limit]
            numbers = rows.new(
                flows.lower_mw[steps, limit] - base, flows.upper_mw[steps, limit] - base, (self.window.steps,)
            )
            factor = flows.coefficients(steps, np.full(len(steps), limit))
            t, c = np.nonzero(factor)
            rows.put(numbers[t], t * self.window.width + c, factor[t, c])
            rows.put(numbers, self.beyond[0, :, k], 1.0)
            rows.put(numbers, self.beyond[1, :, k], -1.0)

    def _reserve(self, rows: _Rows, steps: np.ndarray, period: np.ndarray) -> None:
        """Reserve of the units that are on, up and down; the largest of them, if its loss counts."""
        reserve, stores, columns = self.system.reserve, self.system.stores, self.system.columns
        assert reserve is not None
        fleet, t = self.fleet, np.arange(self.window.steps)
        on = self.on[self._period_of()]
        minimum = np.broadcast_to(fleet.min_p_pu, (self.system.steps, self.rows))[steps]
        ready = self.units.ready[period][self._period_of()]
        plant = np.stack([np.tile(fleet.unit_mw, (len(t), 1)), -fleet.unit_mw * minimum])
        constant = reserve.constant_mw[steps].T.copy()
        constant[0] -= (ready * fleet.unit_mw).sum(axis=1)  # every ready unit was taken to be on
        required = reserve.required_mw[steps].T.copy()
        if self.options.reserve.largest_unit:
            sure = (self.units.least[period] > 0)[self._period_of()] * fleet.unit_mw
            required[0] = np.maximum(required[0], sure.max(axis=1, initial=0.0))
        energies = len(columns) + np.arange(len(stores))
        sides = (
            (0, stores.charge, stores.discharge, stores.efficiency_discharge_pu, stores.min_energy_mwh),
            (1, stores.discharge, stores.charge, -1.0 / stores.efficiency_charge_pu, stores.max_energy_mwh),
        )
        for way, stops, gives, per_mwh, empty in sides:
            numbers = rows.new(required[way] - constant[way], INF, t.shape)
            self._put_held(rows, numbers, way, on, plant[way], stops)
            power = rows.new(-INF, columns.upper_mw[np.ix_(steps, gives)], (len(t), len(stores)))
            rows.put(power, self.given[way], 1.0)
            rows.put(power, self._variable(gives), 1.0)
            rate = per_mwh / reserve.duration_h
            energy = rows.new(-INF, np.tile(-rate * empty, (len(t), 1)), (len(t), len(stores)))
            rows.put(energy, self.given[way], 1.0)
            rows.put(energy, self._variable(energies), -rate)
        if self.options.reserve.largest_unit:
            self._largest(rows, required[0], constant[0], on, plant[0], period)

    def _put_held(
        self, rows: _Rows, numbers: np.ndarray, way: int, on: np.ndarray, plant: np.ndarray, stops: np.ndarray
    ) -> None:
        reserve = self.system.reserve
        assert reserve is not None
        k = np.flatnonzero(reserve.coefficient[way])
        rows.put(numbers[:, None], self._variable(k), reserve.coefficient[way, k])
        rows.put(numbers[:, None], on, plant)
        rows.put(numbers[:, None], self._variable(stops), 1.0)
        rows.put(numbers[:, None], self.given[way], 1.0)

    def _largest(
        self,
        rows: _Rows,
        required: np.ndarray,
        constant: np.ndarray,
        on: np.ndarray,
        plant: np.ndarray,
        period: np.ndarray,
    ) -> None:
        """held >= unit whenever a unit is on, where that is more than is required anyway."""
        free = (self.units.least[period] < self.units.ready[period]).any(axis=0)
        for g in np.flatnonzero(free & (self.fleet.unit_mw > required.min())):
            binary = rows.new(-INF, 0.0, (self.periods,))
            rows.put(binary, self.on[:, g], 1.0)
            rows.put(binary, self.any_on[:, g], -max(float(self.units.most[g]), 1.0))
            numbers = rows.new(-constant, INF, constant.shape)
            self._put_held(rows, numbers, 0, on, plant, self.system.stores.charge)
            rows.put(numbers, self.any_on[self._period_of(), g], -self.fleet.unit_mw[g])

"""Hours until they are at rest: holders at their reactive limits, taps and banks that follow their dead bands.

A block of hours is solved; what its voltages and flows call for is done hour by hour; the hours in which
anything changed are solved again from where they were.  Rounds are bounded, and what still wants to change
at the end is said.

Reactive limits (PV -> PQ and back): a bus at its upper limit has a voltage not above its set point, one at
its lower limit not below it.  A holder that was let go of a limit :data:`MAX_RELEASES` times stays there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from gridsim.ac.newton import Chord, Equations, Hours, Solution, chord_solve, reactive_power
from gridsim.ac.state import Positions
from gridsim.ac.stations import Changers, ControlRules, Stations
from gridsim.ac.task import Task
from gridsim.electrical import BASE_MVA, Branches, Shunts, admittances, with_taps

#: times an hour lets a holder go of its limit before it stays there.
MAX_RELEASES = 5
#: rounds in which only reactive limits are decided.
LIMIT_ROUNDS = 24
#: reactive power beyond a limit, and square of the voltage beyond a set point, that count as none. [p.u.]
Q_SLACK_PU, V2_SLACK_PU = 1e-5, 1e-6
#: mismatch that is good enough to decide on a tap or a bank. [p.u.]
ROUGH_PU = 3e-3
#: a solution with a lower voltage somewhere is not an operating state. [p.u.]
COLLAPSE_PU = 0.5

#: (equations, hours, start voltages, start slack power, tolerance) -> solution
Solver = Callable[[Equations, Hours, np.ndarray, np.ndarray, float], Solution]


@dataclass(frozen=True)
class Control:
    """What moves taps and banks: the rule of every changer and station, and which hours have heavy load (time,)."""

    changers: Changers
    stations: Stations
    rules: ControlRules
    heavy: np.ndarray


@dataclass(frozen=True)
class Stand:
    """How hours stand: ``tap`` (branch, time), ``step`` (bank, time), ``at_limit`` (h, time) +1, -1 or 0, ``released``
    (h, time) times a holder was let go of a limit."""

    tap: np.ndarray
    step: np.ndarray
    at_limit: np.ndarray
    released: np.ndarray

    def take(self, columns: np.ndarray) -> Stand:
        """Some of the hours."""
        return Stand(*(a[:, columns] for a in (self.tap, self.step, self.at_limit, self.released)))

    def put(self, columns: np.ndarray, other: Stand) -> None:
        """Let some of the hours stand as in ``other``."""
        for mine, new in zip(self._arrays(), other._arrays()):
            mine[:, columns] = new

    def differs(self, other: Stand) -> np.ndarray:
        """Hours in which anything stands elsewhere, bool, (time,)."""
        pairs = zip((self.tap, self.step, self.at_limit), (other.tap, other.step, other.at_limit))
        return np.any([(a != b).any(axis=0) for a, b in pairs], axis=0)

    def _arrays(self) -> tuple[np.ndarray, ...]:
        return self.tap, self.step, self.at_limit, self.released


@dataclass(frozen=True)
class Place:
    """Equations of a base pattern, ``tap`` (branch,) and ``step`` (bank,), and where hours begin to stand."""

    task: Task
    eq: Equations
    chord: Chord
    model: Branches
    banks: Shunts
    tap: np.ndarray
    step: np.ndarray
    positions: Positions
    control: Control | None

    def start(self, steps: np.ndarray) -> Stand:
        """Taps and banks as given, nobody at a limit."""
        pattern, limit = self.positions.pattern[steps], np.zeros((len(self.task.holder), len(steps)), dtype=np.int8)
        tap, step = (a[pattern].T.astype(np.int16) for a in (self.positions.tap_pos, self.positions.step))
        return Stand(tap, step, limit, limit.copy())

    def given(self, steps: np.ndarray, stand: Stand) -> Hours:
        """What is given in hours that stand as in ``stand``."""
        plain, task, at = self.task.hours(steps), self.task, stand.at_limit
        q_pu = plain.q_pu.copy()
        q_pu[task.holder] += np.where(at > 0, task.q_max_pu[:, steps], np.where(at < 0, task.q_min_pu[:, steps], 0.0))
        moved = plain.moved
        if task.moving is not None:
            moved = task.moving.coefficients(stand.tap, stand.step, self.tap, self.step)
        return replace(plain, q_pu=q_pu, hold=plain.hold & (at == 0), moved=moved)

    def good(self, found: Solution, tolerance_pu: float) -> np.ndarray:
        """Solved, and not on the low-voltage branch that the equations have as well, (time,)."""
        m = len(self.eq.weight)
        lowest = (found.x_pu[:m] ** 2 + found.x_pu[m:] ** 2).min(axis=0)
        return (found.mismatch_pu <= tolerance_pu) & (lowest > COLLAPSE_PU**2)

    def holder_q_pu(self, steps: np.ndarray, given: Hours, x_pu: np.ndarray) -> np.ndarray:
        """Reactive power of the holders beyond the given injection, (h, time). [p.u.]"""
        plain = self.task.per_unit(self.task.q_mvar[steps])[self.task.holder]
        return reactive_power(self.eq, given, x_pu) - plain


@dataclass(frozen=True)
class Settled:
    """A block of hours at rest: solution, stand, and per hour whether taps or limits (time,) still want to change."""

    found: Solution
    stand: Stand
    given: Hours
    moving: np.ndarray
    limited: np.ndarray


def by_chord(chord: Chord) -> Solver:
    """Chord steps from the start voltages."""

    def solve(eq: Equations, given: Hours, x: np.ndarray, sigma: np.ndarray, tolerance: float) -> Solution:
        return chord_solve(eq, given, chord, tolerance_pu=tolerance, start=(x, sigma))

    return solve


def settle(place: Place, steps: np.ndarray, solve: Solver) -> Settled:
    """Rounds of control, then of reactive limits alone, until the hours are at rest.

    Hours that ``solve`` does not solve stay out of the rounds from then on; their mismatch says so.
    """
    n, chord = len(steps), place.chord
    stand = place.start(steps)
    x, sigma = np.repeat(chord.start_pu[:, None], n, axis=1), np.full(n, chord.start_sigma_pu)
    moving = np.zeros(n, dtype=bool)
    if place.control is not None:
        moving = _rounds(place, steps, solve, stand, x, sigma, place.control)[1]
    mismatch, limited = _rounds(place, steps, solve, stand, x, sigma, None)
    return Settled(Solution(x, sigma, mismatch), stand, place.given(steps, stand), moving, limited)


def _rounds(
    place: Place, steps: np.ndarray, solve: Solver, stand: Stand, x: np.ndarray, sigma: np.ndarray,
    control: Control | None,
) -> tuple[np.ndarray, np.ndarray]:
    """Solve, decide, solve what changed; ``stand, x, sigma`` are brought up to date in place.

    Returns the mismatch, (time,), and which hours still want to change.
    """
    tolerance = place.task.tolerance_pu if control is None else max(ROUGH_PU, place.task.tolerance_pu)
    rounds = usual = LIMIT_ROUNDS
    if control is not None:
        usual = control.rules.rounds
        rounds = usual + control.rules.further_rounds
    mismatch, left, active = np.full(len(steps), np.inf), np.zeros(len(steps), dtype=bool), np.arange(len(steps))
    for number in range(rounds):
        now = stand.take(active)
        given = place.given(steps[active], now)
        found = solve(place.eq, given, x[:, active], sigma[active], tolerance)
        good = place.good(found, tolerance)
        mismatch[active], kept = found.mismatch_pu, active[good]
        x[:, kept], sigma[kept] = found.x_pu[:, good], found.sigma_pu[good]
        mismatch[active[~good]] = np.inf
        if not len(kept):
            break
        now, given = now.take(good), given.take(good)
        new, stuck = _limits(place, steps[kept], now, given, x[:, kept])
        if control is not None:
            new = _control(place, control, number, steps[kept], new, x[:, kept])
        changed = new.differs(now)
        if control is None:
            left[kept] = changed | stuck
        else:
            left[kept] = (new.tap != now.tap).any(axis=0) | (new.step != now.step).any(axis=0)
        if number >= usual - 1:
            changed = changed & left[kept]  # limits alone are decided after the control, with taps at rest
        active = kept[changed]
        if number == rounds - 1 or not len(active):
            break
        stand.put(active, new.take(changed))
    return mismatch, left


def _limits(place: Place, steps: np.ndarray, now: Stand, given: Hours, x: np.ndarray) -> tuple[Stand, np.ndarray]:
    """PV -> PQ and back, and the hours in which a holder should go back but has done so too often."""
    task, m, at = place.task, len(place.eq.weight), now.at_limit
    q_min, q_max = task.q_min_pu[:, steps], task.q_max_pu[:, steps]
    if not (np.isfinite(q_min) | np.isfinite(q_max)).any():
        return now, np.zeros(len(steps), dtype=bool)
    q_pu = place.holder_q_pu(steps, given, x)
    v2 = x[task.holder] ** 2 + x[m + task.holder] ** 2
    limit = np.where(at > 0, q_max, np.where(at < 0, q_min, 0.0))
    # the square of the voltage at which the set point (with its droop) asks for just the limit
    law = given.v_pu**2 - 2.0 * place.eq.slope[:, None] * given.v_pu * limit
    back = ((at > 0) & (v2 > law + V2_SLACK_PU)) | ((at < 0) & (v2 < law - V2_SLACK_PU))
    free = back & (now.released < MAX_RELEASES)
    high, low = given.hold & (q_pu > q_max + Q_SLACK_PU), given.hold & (q_pu < q_min - Q_SLACK_PU)
    # all at once while that works; where a holder comes back a second time, one after the other, the farthest first
    again = (now.released * free > 0).any(axis=0)
    gap = np.where(free, np.abs(v2 - law), -1.0)
    free &= ~again | ((gap == gap.max(axis=0)) & ~(high | low).any(axis=0))
    new = np.where(free, 0, at) + high.astype(np.int8) - low.astype(np.int8)
    released = now.released + free.astype(np.int8)
    stuck = (back & (now.released >= MAX_RELEASES)).any(axis=0)
    return replace(now, at_limit=new.astype(np.int8), released=released), stuck


def _control(place: Place, control: Control, number: int, steps: np.ndarray, now: Stand, x: np.ndarray) -> Stand:
    """Taps and banks after a round; banks rest in the last rounds."""
    m, rules, stations = len(place.eq.weight), control.rules, control.stations
    v_pu = place.eq.network.voltages(x[:m] + 1j * x[m:])
    vm_pu, heavy = np.abs(v_pu), control.heavy[steps]
    most = 3 if number < rules.calm_round else 1
    tap, step = control.changers.move(now.tap, place.model, vm_pu, heavy=heavy, most=most), now.step
    if number < rules.rounds - rules.resting_rounds:
        s_mva = power_into(place.model, stations.unit, now.tap, v_pu)
        step = stations.switch(step, place.banks, s_mva, vm_pu, rules, heavy=heavy, number=number)
    return replace(now, tap=tap, step=step)


def power_into(model: Branches, unit: np.ndarray, tap: np.ndarray, v_pu: np.ndarray) -> np.ndarray:
    """Complex power into the from end of some branches, (unit, time), at tap positions (branch, time). [MVA]"""
    yff, yft, _, _ = (y[unit, None] for y in admittances(with_taps(model, np.zeros(len(model)))))
    gain = 1.0 / (1.0 + tap[unit] * model.tap_step_percent[unit, None] / 100.0)
    # a busbar that nothing connects has no voltage
    v_from, v_to = (np.nan_to_num(v_pu[node[unit]]) for node in (model.from_node, model.to_node))
    v_from = v_from * gain
    return v_from * np.conj(yff * v_from + yft * v_to) * BASE_MVA

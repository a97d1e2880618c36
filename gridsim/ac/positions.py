"""Where on-load taps and banks stand: chosen per class of hours by the voltages and reactive flows they cause.

:mod:`gridsim.ac.stations` says how a station moves; here its rounds run on a few hours of each class with
the AC engine, from a start common to all classes.  All hours of a class then stand at its result.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from gridsim.ac.newton import Chord, Equations, Solution, make_chord
from gridsim.ac.settle import Place, by_chord, power_into, settle
from gridsim.ac.state import Positions
from gridsim.ac.stations import Changers, ControlRules, Stations, find_changers, find_stations
from gridsim.ac.task import QRange, Task, make_task
from gridsim.dispatch.states import GridStates, whole_grid
from gridsim.electrical import Branches, Shunts, branches, out_of_service, shunts, with_taps
from gridsim.network import Network

#: mismatch that is good enough to decide on a tap or a bank. [MVA]
_TOLERANCE_MVA = 0.1


@dataclass(frozen=True)
class _Stand:
    """Taps (branch,), steps (bank,), and a chord that served there."""

    tap: np.ndarray
    step: np.ndarray
    chord: Chord | None


def seasonal_positions(
    network: Network,
    *,
    index: pd.DatetimeIndex,
    p_mw: np.ndarray,
    q_mvar: np.ndarray,
    v_set: Mapping[str, float | np.ndarray],
    slack_bus: Mapping[str, float],
    label: np.ndarray,
    heavy: np.ndarray,
    q_range: Mapping[str, QRange] | None = None,
    droop_pu_per_mvar: Mapping[str, float] | None = None,
    states: GridStates | None = None,
    rules: ControlRules | None = None,
    workers: int | None = None,
) -> Positions:
    """Positions of taps and banks per class of hours.

    Parameters
    ----------
    network, index, p_mw, q_mvar, v_set, slack_bus, q_range, droop_pu_per_mvar, states
        As for :func:`gridsim.ac.check_ac`.
    label : ndarray of str, (time,)
        Class of each hour, e.g. season and load level: hours of a class in one state of the grid share the positions.
    heavy : ndarray of bool, (time,)
        Heavy load; a class is heavy if most of its hours are.
    rules : ControlRules, optional
    workers : int, optional
        Threads.  Default: the processors of the machine, at most four.

    Returns
    -------
    Positions
        One pattern per class and state of the grid.
    """
    rules, model, banks = rules or ControlRules(), branches(network), shunts(network)
    states = whole_grid(model, len(index)) if states is None else states
    suffix = np.array([states.label(state) for state in range(len(states.out))], dtype=object)
    labels, pattern = np.unique((label.astype(object) + suffix[states.of_step]).astype(str), return_inverse=True)
    samples = [_spread(np.flatnonzero(pattern == number), rules.sample) for number in range(len(labels))]
    some = np.concatenate(samples)
    held = {b: np.broadcast_to(np.asarray(v, dtype=float), len(index))[some] for b, v in v_set.items()}
    n = len(index)
    ranges: dict[str, QRange] = {
        b: (np.broadcast_to(low, n)[some], np.broadcast_to(high, n)[some]) for b, (low, high) in (q_range or {}).items()
    }
    changers, stations = find_changers(model, rules), find_stations(network, model, banks, rules)
    ends = np.cumsum([len(s) for s in samples])
    classes = [np.arange(end - len(s), end) for end, s in zip(ends, samples)]
    is_heavy = [bool(heavy[pattern == number].mean() > 0.5) for number in range(len(labels))]
    threads = workers or min(os.cpu_count() or 1, 4)
    tables = _Stand(model.tap_pos, np.zeros(len(banks.name), dtype=int), None)
    found: dict[int, _Stand] = {}
    with threadpool_limits(limits=1, user_api="blas"), ThreadPoolExecutor(threads) as pool:
        for state in np.unique(states.of_step):
            here = states.of_step == state
            standing, numbers = out_of_service(model, states.out[state]), np.unique(pattern[here])
            task = make_task(
                standing, p_mw[some], q_mvar[some], held, slack_bus, _TOLERANCE_MVA, q_range=ranges,
                droop_pu_per_mvar=droop_pu_per_mvar,
            )
            control = _Control(task, standing, banks, changers, stations, rules)
            hours = _spread(np.concatenate([classes[n] for n in numbers]), rules.sample)
            common = control.settle(hours, tables, heavy=bool(heavy[here].mean() > 0.5))
            jobs = {int(n): pool.submit(control.settle, classes[n], common, heavy=is_heavy[n]) for n in numbers}
            found |= {number: job.result() for number, job in jobs.items()}
    stands = [found[number] for number in range(len(labels))]
    tap_pos, step = np.array([f.tap for f in stands]), np.array([f.step for f in stands], dtype=int)
    return Positions(tuple(labels.tolist()), tap_pos, step, pattern)


def _spread(hours: np.ndarray, count: int) -> np.ndarray:
    """At most ``count`` of the hours, evenly spaced."""
    return hours[np.linspace(0, len(hours) - 1, min(count, len(hours))).astype(int)]


@dataclass(frozen=True)
class _Control:
    """The sampled hours of all classes, and what moves."""

    task: Task
    model: Branches
    banks: Shunts
    changers: Changers
    stations: Stations
    rules: ControlRules

    def settle(self, hours: np.ndarray, start: _Stand, *, heavy: bool) -> _Stand:
        """Rounds of control on some of the sampled hours until nothing moves."""
        stand, stations, rules = start, self.stations, self.rules
        last_start = int(stations.first_round.max(initial=0))
        for number in range(rules.rounds):
            tapped = with_taps(self.model, stand.tap)
            v_pu, chord = self._solve(hours, tapped, stand)
            vm_pu, is_heavy = np.abs(v_pu).mean(axis=1, keepdims=True), np.array([heavy])
            tap, step = self.changers.move(stand.tap[:, None], self.model, vm_pu, heavy=is_heavy)[:, 0], stand.step
            if number < rules.rounds - rules.resting_rounds:
                s_mva = power_into(self.model, stations.unit, stand.tap[:, None], v_pu).mean(axis=1, keepdims=True)
                step = stations.switch(
                    step[:, None], self.banks, s_mva, vm_pu, rules, heavy=is_heavy, number=number
                )[:, 0]
            at_rest = (tap == stand.tap).all() and (step == stand.step).all()
            stand = replace(stand, tap=tap, step=step, chord=chord)
            if at_rest and number >= last_start:
                break
        return stand

    def _solve(self, hours: np.ndarray, tapped: Branches, stand: _Stand) -> tuple[np.ndarray, Chord]:
        """Node voltages of the hours that have a solution, (node, hour); the chord is kept while it serves."""
        task, chord = self.task, stand.chord
        eq = task.equations(tapped, self.banks, stand.step)
        if chord is not None:
            found = self._settled(hours, eq, chord, stand)
        if chord is None or not (found.mismatch_pu <= task.tolerance_pu).all():
            chord = make_chord(eq, task.mean(hours), start=chord, tolerance_pu=task.tolerance_pu)
            found = self._settled(hours, eq, chord, stand)
        good, m = found.mismatch_pu <= task.tolerance_pu, len(eq.weight)
        x_pu = found.x_pu[:, good] if good.any() else chord.start_pu[:, None]
        return eq.network.voltages(x_pu[:m] + 1j * x_pu[m:]), chord

    def _settled(self, hours: np.ndarray, eq: Equations, chord: Chord, stand: _Stand) -> Solution:
        """The hours at one pattern, holders at their limits."""
        here = Positions(("",), stand.tap[None], stand.step[None], np.zeros(len(self.task.p_mw), dtype=int))
        place = Place(self.task, eq, chord, self.model, self.banks, stand.tap, stand.step, here, None)
        return settle(place, hours, by_chord(chord)).found

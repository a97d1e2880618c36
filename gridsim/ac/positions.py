"""Where on-load taps and banks stand: chosen per class of hours by the voltages and reactive flows they cause.

The rule is that of a dispatch centre with voltage and reactive control by station (九区图, VQC): each
on-load tap changer holds the voltage of its lower busbar within a dead band, each station's banks hold
the reactive power its transformers take, and 500 kV stations keep their busbars in band; downstream
stations move first.  It is run on a few hours of each class with the AC engine; all hours of the class
then stand at the result.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from gridsim.ac.newton import Chord, chord_solve, make_chord
from gridsim.ac.state import Positions
from gridsim.ac.task import Task, make_task
from gridsim.electrical import BASE_MVA, Branches, Shunts, admittances, branches, shunts, with_taps
from gridsim.network import Network

#: mismatch that is good enough to decide on a tap or a bank. [MVA]
_TOLERANCE_MVA = 0.1


@dataclass(frozen=True, kw_only=True)
class ControlRules:
    """Targets and dead bands; assumed, after the practice of planning studies.

    Attributes
    ----------
    target_vm_pu : mapping of kV to (light, heavy)
        Voltage that the tap changers above a busbar of that nominal voltage hold. [p.u.]
    dead_band_pu : mapping of kV to float
        Deviation from the target that moves a tap. [p.u.]
    off_circuit_above_kv : float
        Transformers with a higher high side have off-circuit taps, which stay as in the tables. [kV]
    heavy_q_per_p : float
        Reactive share a station may take from above at heavy load (0 at light load).
    ehv_hv_vm_pu, ehv_mv_vm_pu : (low, high)
        Bands in which the banks of a 500 kV station keep its 500 and 220 kV busbars. [p.u.]
    ehv_light_max_vm_pu : float
        Upper edge at 500 kV at light load. [p.u.]
    rounds, resting_rounds : int
        Rounds of control; banks rest in the last ``resting_rounds``.
    sample : int
        Hours of each class the rule looks at.
    """

    target_vm_pu: Mapping[float, tuple[float, float]] = field(
        default_factory=lambda: {110.0: (1.02, 1.04), 35.0: (1.02, 1.04), 10.0: (1.025, 1.04)}
    )
    dead_band_pu: Mapping[float, float] = field(default_factory=lambda: {110.0: 0.011, 35.0: 0.011, 10.0: 0.009})
    off_circuit_above_kv: float = 300.0
    heavy_q_per_p: float = 0.15
    ehv_hv_vm_pu: tuple[float, float] = (1.03, 1.075)
    ehv_mv_vm_pu: tuple[float, float] = (1.02, 1.06)
    ehv_light_max_vm_pu: float = 1.055
    rounds: int = 14
    resting_rounds: int = 4
    sample: int = 24


@dataclass(frozen=True)
class _Changer:
    """Tap changers that move together: branches above one busbar."""

    node: int
    branch: np.ndarray


@dataclass(frozen=True)
class _Station:
    """Banks of one station and the transformers whose reactive power they hold."""

    capacitor: np.ndarray
    reactor: np.ndarray
    branch: np.ndarray
    ehv: bool
    first_round: int


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
    rules: ControlRules | None = None,
    workers: int | None = None,
) -> Positions:
    """Positions of taps and banks per class of hours.

    Parameters
    ----------
    network, index, p_mw, q_mvar, v_set, slack_bus
        As for :func:`gridsim.ac.check_ac`.
    label : ndarray of str, (time,)
        Class of each hour, e.g. season and load level: hours of a class share the positions.
    heavy : ndarray of bool, (time,)
        Heavy load; a class is heavy if most of its hours are.
    rules : ControlRules, optional
    workers : int, optional
        Threads.  Default: the processors of the machine, at most four.

    Returns
    -------
    Positions
        One pattern per class.
    """
    rules, model, banks = rules or ControlRules(), branches(network), shunts(network)
    changers, stations = _changers(model, rules), _stations(network, model, banks, rules)
    labels, pattern = np.unique(label, return_inverse=True)

    def control(number: int) -> tuple[np.ndarray, np.ndarray]:
        hours = np.flatnonzero(pattern == number)
        some = hours[np.linspace(0, len(hours) - 1, min(rules.sample, len(hours))).astype(int)]
        held = {b: np.broadcast_to(np.asarray(v, dtype=float), len(index))[some] for b, v in v_set.items()}
        task = make_task(model, p_mw[some], q_mvar[some], held, slack_bus, _TOLERANCE_MVA)
        return _control(task, model, banks, changers, stations, bool(heavy[hours].mean() > 0.5), rules)

    threads = workers or min(os.cpu_count() or 1, 4)
    with threadpool_limits(limits=1, user_api="blas"), ThreadPoolExecutor(threads) as pool:
        found = list(pool.map(control, range(len(labels))))
    tap_pos, step = np.array([f[0] for f in found]), np.array([f[1] for f in found], dtype=int)
    return Positions(tuple(labels.tolist()), tap_pos, step, pattern)


def _control(
    task: Task,
    model: Branches,
    banks: Shunts,
    changers: list[_Changer],
    stations: list[_Station],
    heavy: bool,
    rules: ControlRules,
) -> tuple[np.ndarray, np.ndarray]:
    """Rounds of control on the sample hours of one class: ``(tap_pos (branch,), step (bank,))``."""
    tap, step, chord = model.tap_pos.copy(), np.zeros(len(banks.name), dtype=int), None
    for number in range(rules.rounds):
        tapped = with_taps(model, tap)
        v_pu, chord = _solve(task, tapped, banks, step, chord)
        vm_pu = np.abs(v_pu).mean(axis=1)
        moved = _move_taps(tap, model, changers, vm_pu, heavy, rules)
        if number < rules.rounds - rules.resting_rounds:
            q_mvar, p_mw = _flows_into(tapped, v_pu)
            for station in stations:
                if number >= station.first_round:
                    moved |= _switch_banks(step, banks, station, model, q_mvar, p_mw, vm_pu, heavy, rules)
        if not moved and number >= max((s.first_round for s in stations), default=0):
            break
    return tap, step


def _solve(
    task: Task, tapped: Branches, banks: Shunts, step: np.ndarray, chord: Chord | None
) -> tuple[np.ndarray, Chord]:
    """Node voltages of the sample hours that have a solution, (node, hour); the chord is kept while it serves."""
    hours = np.arange(len(task.p_mw))
    eq, given = task.equations(tapped, banks, step), task.hours(hours)
    if chord is not None:
        found = chord_solve(eq, given, chord, tolerance_pu=task.tolerance_pu)
    if chord is None or not (found.mismatch_pu <= task.tolerance_pu).all():
        chord = make_chord(eq, task.mean(hours), task.combinations, start=chord, tolerance_pu=task.tolerance_pu)
        found = chord_solve(eq, given, chord, tolerance_pu=task.tolerance_pu)
    good, m = found.mismatch_pu <= task.tolerance_pu, len(eq.weight)
    x_pu = found.x_pu[:, good] if good.any() else chord.start_pu[:, None]
    return eq.network.voltages(x_pu[:m] + 1j * x_pu[m:]), chord


def _flows_into(tapped: Branches, v_pu: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean reactive and active power into the from end of each branch, (branch,). [Mvar, MW]"""
    yff, yft, _, _ = admittances(tapped)
    v_from, v_to = v_pu[tapped.from_node], v_pu[tapped.to_node]
    s = (v_from * np.conj(yff[:, None] * v_from + yft[:, None] * v_to)).mean(axis=1) * BASE_MVA
    return s.imag, s.real


def _move_taps(
    tap: np.ndarray, model: Branches, changers: list[_Changer], vm_pu: np.ndarray, heavy: bool, rules: ControlRules
) -> bool:
    """Move every changer whose busbar is off target (in place); True if one moved."""
    before = tap.copy()
    for changer in changers:
        kv, unit = model.nodes.vn_kv[changer.node], changer.branch[0]
        off = vm_pu[changer.node] - rules.target_vm_pu[kv][heavy]
        if abs(off) > rules.dead_band_pu[kv]:
            move = np.clip(np.round(100.0 * off / model.tap_step_percent[unit]), -3, 3)
            tap[changer.branch] = np.clip(tap[unit] + move, model.tap_min[unit], model.tap_max[unit])
    return bool((tap != before).any())


def _switch_banks(
    step: np.ndarray,
    banks: Shunts,
    station: _Station,
    model: Branches,
    q_mvar: np.ndarray,
    p_mw: np.ndarray,
    vm_pu: np.ndarray,
    heavy: bool,
    rules: ControlRules,
) -> bool:
    """Switch a station's banks towards its target (in place); True if one moved."""
    size = np.abs(banks.step_mvar[np.r_[station.capacitor, station.reactor]]).max()
    if station.ehv:
        hv, mv = vm_pu[model.from_node[station.branch[0]]], vm_pu[model.to_node[station.branch[0] + 1]]
        low, high = int(hv < rules.ehv_hv_vm_pu[0]), int(hv > rules.ehv_hv_vm_pu[1])
        low, high = low + int(mv < rules.ehv_mv_vm_pu[0]), high + int(mv > rules.ehv_mv_vm_pu[1])
        missing = 2.0 * size * (low - high - int(not heavy and hv > rules.ehv_light_max_vm_pu))
    else:
        allowed = rules.heavy_q_per_p * abs(p_mw[station.branch].sum()) if heavy else 0.0
        missing = q_mvar[station.branch].sum() - allowed
    if abs(missing) < 0.6 * size:
        return False
    now = int(step[station.capacitor].sum() - step[station.reactor].sum())
    more = int(np.sign(missing)) * max(1, int(0.8 * abs(missing) // size))
    room = (-int(banks.max_step[station.reactor].sum()), int(banks.max_step[station.capacitor].sum()))
    wanted = int(np.clip(now + more, *room))
    for rows, total in ((station.capacitor, max(wanted, 0)), (station.reactor, max(-wanted, 0))):
        for row in rows:
            step[row] = min(total, banks.max_step[row])
            total -= step[row]
    return wanted != now


def _changers(model: Branches, rules: ControlRules) -> list[_Changer]:
    """On-load changers by the busbar they hold: the low side, or the medium side of three windings."""
    movable = (model.tap_max > model.tap_min) & (model.nodes.vn_kv[model.from_node] <= rules.off_circuit_above_kv)
    unit = np.flatnonzero(movable)
    node = np.where(model.side[unit] == "hv", model.to_node[np.minimum(unit + 1, len(model) - 1)], model.to_node[unit])
    known = np.isin(model.nodes.vn_kv[node], list(rules.target_vm_pu))
    unit, node = unit[known], node[known]
    return [_Changer(int(n), unit[node == n]) for n in np.unique(node)]


def _stations(network: Network, model: Branches, banks: Shunts, rules: ControlRules) -> list[_Station]:
    """Stations with banks and transformers; the lower the voltage, the earlier the round they start in."""
    bank_station = network["shunt"]["station"].to_numpy()
    first = model.first_of_element
    unit = dict(zip(zip(model.element_type[first], model.element[first]), first))
    out = []
    for name in np.unique(bank_station.astype(str)):
        mine = np.flatnonzero(bank_station == name)
        found: list[int] = []
        for table in ("trafo3w", "trafo"):
            rows = network[table].loc[network[table]["station"] == name, "name"]
            found = found or [int(unit[table, r]) for r in rows]
        if not found:
            continue
        branch, absorbs = np.array(found), banks.step_mvar[mine] > 0
        vn_kv = model.nodes.vn_kv[model.from_node[branch[0]]]
        ehv = bool(vn_kv > rules.off_circuit_above_kv)
        first_round = 3 if ehv else int(vn_kv > 150.0)
        out.append(_Station(mine[~absorbs], mine[absorbs], branch, ehv, first_round))
    return out

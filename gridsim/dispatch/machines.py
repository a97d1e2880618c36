"""Whole numbers of machines: pumps of fixed power, turbines with a least output, never both in one plant.

The rule of rounding follows a schedule with any power, step by step:

1. a store wants w = (charging + what it is behind the schedule) / (power of one machine) machines in a step in which
   the schedule charges, at most as many as it has and as the room in store allows; it gets floor(w).  Room for the
   part of a machine that is missing may be made (``make_room``) by generating in earlier steps that do not charge;
2. over all stores one machine more each, those with the largest fraction first, while the sum of power stays within
   half a machine of the sum wanted (``switch_on`` = 0.5; 1.0 rounds down: only where a whole machine is missing).
   Ties: the store with more room for its size, then the larger machine, then the larger store;
3. a store with a least output generates with the fewest machines that give what is scheduled and owed; where that is
   less than their least output, with one machine less, and one more is started where most is wanted while what is
   missing over all stores reaches ``start_at`` of what a start adds at least;
4. a store without least output may generate anything in steps in which it does not charge.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from gridsim.dispatch.state import WindowState, WindowTask
from gridsim.dispatch.system import StoreColumns
from gridsim.dispatch.window import WindowLP

#: numbers of machines are whole up to this
WHOLE_TOLERANCE = 1e-7
#: wanted numbers are cut to this many digits, so that rounding errors of the solver decide nothing
DIGITS = 5


@dataclass(frozen=True)
class Machines:
    """Machines that charge and that generate, (step, store); -1 = any power."""

    charging: np.ndarray
    generating: np.ndarray

    def same(self, other: Machines) -> bool:
        """Whether two plans are the same."""
        return np.array_equal(self.charging, other.charging) and np.array_equal(self.generating, other.generating)


def with_least_output(stores: StoreColumns) -> np.ndarray:
    """Stores whose number of generating machines matters, (store,)."""
    return (stores.machines > 0) & (stores.machine_min_mw > 0.0)


def are_whole(stores: StoreColumns, x_mw: np.ndarray) -> bool:
    """Whether a schedule (step, column) runs whole machines already."""
    some = np.flatnonzero(stores.machines > 0)
    charging = x_mw[:, stores.charge[some]] / stores.machine_charge_mw[some]
    if (np.abs(charging - np.round(charging)) > WHOLE_TOLERANCE).any():
        return False
    least = np.flatnonzero(with_least_output(stores))
    power = x_mw[:, stores.discharge[least]]
    fewest = np.ceil(power / stores.machine_max_mw[least] - WHOLE_TOLERANCE)
    return bool((power >= fewest * stores.machine_min_mw[least] * (1.0 - WHOLE_TOLERANCE)).all())


def undirected(window: WindowLP, state: WindowState) -> WindowTask:
    """The window of a solution without the directions its stores were given."""
    stores, columns = window.system.stores, window.system.columns
    upper = state.upper_mw.copy()
    for column in (stores.charge, stores.discharge):
        upper[:, column] = columns.upper_mw[np.ix_(state.steps, column)]
    kept = {f.name: getattr(state, f.name) for f in fields(WindowTask)}
    return WindowTask(**{**kept, "upper_mw": upper})


def hold(window: WindowLP, task: WindowTask, plan: Machines) -> WindowTask:
    """The window with the numbers of a plan: charging fixed, generating between its least and largest output."""
    stores, columns = window.system.stores, window.system.columns
    lower, upper, open_mw = task.lower_mw.copy(), task.upper_mw.copy(), columns.upper_mw[task.steps]
    for s in np.flatnonzero(stores.machines > 0):
        t = np.flatnonzero(plan.charging[:, s] >= 0)
        charge, discharge, pumps = stores.charge[s], stores.discharge[s], plan.charging[t, s]
        lower[t, charge] = upper[t, charge] = pumps * stores.machine_charge_mw[s]
        turbines = plan.generating[t, s]
        most = np.where(turbines < 0, open_mw[t, discharge], turbines * stores.machine_max_mw[s])
        lower[t, discharge] = np.where(pumps > 0, 0.0, np.maximum(turbines, 0) * stores.machine_min_mw[s])
        upper[t, discharge] = np.where(pumps > 0, 0.0, np.minimum(most, open_mw[t, discharge]))
    kept = {f.name: getattr(task, f.name) for f in fields(WindowTask)}
    return WindowTask(**{**kept, "lower_mw": lower, "upper_mw": upper})


@dataclass(frozen=True)
class Rule:
    """A way to round.

    ``switch_on``: missing part of a machine from which one more charges; ``make_room``: part of a machine's step that
    room is made for; ``start_at``: missing part of what a turbine adds at least from which it starts.
    """

    name: str
    switch_on: float
    make_room: float
    start_at: float


#: ways to round, tried in this order; the cheapest feasible one counts
RULES = (Rule("rounded", 0.5, 1.0, 0.5), Rule("rounded", 0.5, 0.0, 0.0), Rule("rounded_down", 1.0, 0.0, 1.0))


def round_machines(window: WindowLP, state: WindowState, x_mw: np.ndarray, kept: int, rule: Rule) -> Machines:
    """Whole numbers of machines that follow a schedule through the first ``kept`` steps of a window (rules 1 to 4).

    Parameters
    ----------
    x_mw : ndarray (step, column)
        The schedule that is followed.
    """
    stores, step_h = window.system.stores, window.system.step_h
    shape = (window.steps, len(stores))
    plan = Machines(np.full(shape, -1), np.full(shape, -1))
    charge, discharge = x_mw[:, stores.charge], x_mw[:, stores.discharge]
    inflow = stores.inflow_mw[state.steps]
    room = np.minimum(np.maximum(stores.max_energy_mwh - stores.min_energy_mwh, 1e-9), 1e12)
    lift = stores.efficiency_charge_pu * stores.machine_charge_mw * step_h
    energy, behind, owed = state.initial_mwh.copy(), np.zeros(len(stores)), np.zeros(len(stores))
    spare = np.zeros(len(stores))
    some, least = stores.machines > 0, with_least_output(stores)
    for t in range(kept):
        top = state.energy_upper_mwh[t]
        free = top - energy + np.minimum(spare, rule.make_room * lift)
        free = np.divide(free, lift, out=np.zeros(len(stores)), where=lift > 0)
        most = np.clip(np.floor(free + 1e-6), 0, stores.machines)
        usable = np.maximum(energy + step_h * inflow[t] - state.energy_lower_mwh[t], 0.0)
        pumps = _pumps(stores, charge[t], behind, most, (top - energy) / room, rule.switch_on)
        usable_mw = np.where(pumps > 0, 0.0, usable * stores.efficiency_discharge_pu / step_h)
        turbines, power = _turbines(stores, least, discharge[t], owed, usable_mw, rule.start_at)
        behind += np.where(some, charge[t] - pumps * stores.machine_charge_mw, 0.0)
        owed += np.where(least, discharge[t] - power, 0.0)
        energy = energy + pumps * lift + step_h * (inflow[t] - power / stores.efficiency_discharge_pu)
        could = np.where(pumps > 0, 0.0, np.where(least, turbines, stores.machines) * stores.machine_max_mw - power)
        spare = spare - np.maximum(energy - top, 0.0) + step_h * could / stores.efficiency_discharge_pu
        energy = np.where(some, np.clip(energy, state.energy_lower_mwh[t], top), state.energy_mwh[t])
        spare = np.clip(spare, 0.0, energy - state.energy_lower_mwh[t])
        plan.charging[t, some], plan.generating[t, least] = pumps[some], turbines[least]
    return plan


def _pumps(
    stores: StoreColumns,
    charge_mw: np.ndarray,
    behind_mw: np.ndarray,
    most: np.ndarray,
    room_pu: np.ndarray,
    switch_on: float,
) -> np.ndarray:
    """Rules 1 and 2 for one step: charging machines per store."""
    size = np.where(stores.machines > 0, stores.machine_charge_mw, np.inf)
    charging = charge_mw > WHOLE_TOLERANCE * size
    wanted = np.where(charging, np.clip(np.round((charge_mw + behind_mw) / size, DIGITS), 0.0, stores.machines), 0.0)
    number = np.minimum(np.floor(wanted), most)
    missing = np.where(charging, (wanted - number) * stores.machine_charge_mw, 0.0).sum()
    fraction = wanted - number
    order = np.lexsort(
        (-stores.machines, -stores.machine_charge_mw, -np.round(room_pu, DIGITS), -np.round(fraction, DIGITS))
    )
    for s in order:
        more = charging[s] and fraction[s] > 0.0 and number[s] < most[s]
        if more and missing >= switch_on * stores.machine_charge_mw[s] - 1e-6:
            number[s] += 1
            missing -= stores.machine_charge_mw[s]
    return number.astype(int)


def _turbines(
    stores: StoreColumns,
    least: np.ndarray,
    discharge_mw: np.ndarray,
    owed_mw: np.ndarray,
    usable_mw: np.ndarray,
    start_at: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Rule 3 for one step: generating machines and their output; stores of rule 4 give what is scheduled and there."""
    scheduled = discharge_mw > WHOLE_TOLERANCE * np.maximum(stores.machine_max_mw, 1.0)
    wanted = np.where(least, np.where(scheduled, discharge_mw + owed_mw, 0.0), discharge_mw)
    wanted = np.clip(wanted, 0.0, np.minimum(usable_mw, np.maximum(stores.machines, 1) * stores.machine_max_mw))
    size, low = np.where(least, stores.machine_max_mw, np.inf), stores.machine_min_mw
    number = np.ceil(np.round(wanted / size, DIGITS))
    short = least & (wanted < number * low)
    number = np.where(short, np.maximum(number - 1, 0), number)
    power = np.where(short, number * stores.machine_max_mw, wanted)
    missing = (wanted - power).sum()
    order = np.lexsort((-stores.machine_max_mw, -np.round(usable_mw, DIGITS), -np.round(wanted / size, DIGITS)))
    for s in order[short[order]]:
        output = max(power[s] + missing, (number[s] + 1) * low[s])
        output = min(output, (number[s] + 1) * stores.machine_max_mw[s], usable_mw[s])
        start = start_at * ((number[s] + 1) * low[s] - power[s])
        if missing >= start - 1e-6 and missing > WHOLE_TOLERANCE and output >= (number[s] + 1) * low[s]:
            number[s] += 1
            missing -= output - power[s]
            power[s] = output
    return number.astype(int), power

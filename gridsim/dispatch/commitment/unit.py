"""Unit commitment (机组组合): whole numbers of units on per period, window after window, with a proven gap.

Fleets of equal units are one integer each.  Per period k and row g, over the columns of the window LP:

    n_k - n_{k-1} = s_k - d_k,   least <= n_k <= ready,
    n u p_min <= p <= n u  (cost segments: x_j <= n u w_j),
    sum of starts over the last min_up_h <= n_k,   sum of stops over the last min_down_h <= units - n_k,
    ramps as in the dispatch with started = s, stopped = d,
    least committed capacity of a carrier, spinning reserve, balance, stores, hydro, the tie sections.

Other limits of the grid are left to the dispatch, which has all of them; pumps are at any power here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from gridsim.devices import thermal
from gridsim.devices.blocks import Block, Tables
from gridsim.devices.thermal import CARRIER_ITEMS, ThermalFleet
from gridsim.dispatch.commitment.program import UnitProgram, Units
from gridsim.dispatch.commitment.result import Commitment
from gridsim.dispatch.dc import Limits, NodeMap
from gridsim.dispatch.flows import flow_model
from gridsim.dispatch.reserve import reserve_block
from gridsim.dispatch.system import assemble
from gridsim.dispatch.window import WindowLP
from gridsim.errors import Problem, raise_if
from gridsim.options import DispatchOptions
from gridsim.rows import records


@dataclass(frozen=True)
class CommitmentTask:
    """What the unit commitment knows: the blocks of all other devices, the fleet, the grid's nodes and limits.

    ``mean_demand_mw`` (day,) is for the least committed capacity of the table ``must_run``.
    """

    tables: Tables
    blocks: Sequence[Block]
    fleet: ThermalFleet
    nodes: NodeMap
    limits: Limits
    mean_demand_mw: np.ndarray
    steps: int
    step_h: float


def unit_commitment(task: CommitmentTask, options: DispatchOptions) -> Commitment:
    """Units on per period from one integer program per window.

    Windows are those of the dispatch (``window_h``, ``step_h``); units on, starts and stops not older than the least
    times, outputs and stored energy are handed over from window to window.

    Raises
    ------
    NoOptimum
        If a window's gap is not proven within the time limit; the message has both.
    InvalidInput
        If ``period_h`` divides neither the day nor the part of a window that is kept.
    """
    per_period = _period(task, options)
    window, units = _window(task, options, per_period)
    program = UnitProgram(window, units, task.fleet, options)
    keep = min(round(min(options.step_h, task.steps * task.step_h) / task.step_h), window.steps)
    keep = task.steps if window.steps == task.steps else keep
    on = np.zeros((-(-task.steps // per_period), len(task.fleet.names)))
    known = program.nothing_known()
    found = []
    for start in range(0, task.steps, keep):
        solved = program.solve(start, known, min(keep, task.steps - start))
        first = start // per_period
        kept = solved.on[: -(-min(keep, task.steps - start) // per_period)]
        on[first : first + len(kept)] = kept
        known = solved.handed_over
        found.append((start, solved.gap, solved.objective_cny))
    windows = pd.DataFrame(found, columns=["start", "mip_gap", "commitment_cny"])
    return Commitment(task.fleet.names, on, per_period, windows)


def _period(task: CommitmentTask, options: DispatchOptions) -> int:
    """Steps per period."""
    period = options.commitment.period_h
    whole = [hours / period for hours in (24.0, options.step_h) if np.isfinite(hours)]
    if any(abs(n - round(n)) > 1e-9 for n in whole) or period < task.step_h:
        what = f"periods of {period:g} h fill neither a day nor the {options.step_h:g} h that a window keeps"
        fix = "use a divisor of both, e.g. 1, 2, 3, 4, 6, 8, 12 or 24"
        raise_if([Problem("study", what, fix, column="commitment.period_h")])
    return round(period / task.step_h)


def _window(task: CommitmentTask, options: DispatchOptions, per_period: int) -> tuple[WindowLP, Units]:
    """The window LP with every ready unit on and no minimum, and what the integers add to it."""
    fleet, per_day = task.fleet, round(24.0 / task.step_h)
    day = np.arange(0, task.steps, per_period) // per_day
    ready, least = np.floor(fleet.available_units[day] + 1e-9), np.ceil(fleet.least_units[day] - 1e-9)
    fixed = (least > ready) | fleet.must_run
    ready, least = (np.where(fixed, fleet.available_units[day], bound) for bound in (ready, least))
    on = np.repeat(ready, per_period, axis=0)[: task.steps]
    free = np.full(len(fleet.names), np.inf)
    relaxed = replace(fleet, min_p_pu=np.zeros(len(fleet.names)), ramp_up_pu_per_h=free, ramp_down_pu_per_h=free)
    alone = replace(options, reserve=replace(options.reserve, largest_unit=False))
    plant = thermal.block(task.tables, relaxed, on, task.step_h, alone)
    blocks = [*task.blocks, plant]
    if options.reserve.imposed:
        blocks.append(reserve_block(blocks, task.nodes.names[-1], task.steps, alone))
    system = assemble(blocks, task.nodes, task.steps, task.step_h, apart=frozenset(fleet.names))
    flows = {id(f) for f in plant.flows if f.role == "generated"}
    columns: list[list[int]] = [[] for _ in fleet.names]
    for k, (number, members) in enumerate(system.columns.members):
        flow = system.flows[number]
        if id(flow) in flows:
            columns[fleet.names.index(flow.names[members[0]])].append(k)
    units = Units(
        columns=tuple(np.array(c, dtype=int) for c in columns),
        least=least,
        ready=ready,
        most=np.ceil(fleet.available_units.max(axis=0, initial=0.0)),
        floors=_floors(task, day, ready),
        per_period=per_period,
    )
    return WindowLP(system, flow_model(system, task.limits, options), options), units


def _floors(task: CommitmentTask, day: np.ndarray, ready: np.ndarray) -> tuple[tuple[np.ndarray, np.ndarray], ...]:
    """Least committed capacity per carrier: rows it counts over and MW per period, never more than there is."""
    fleet = task.fleet
    fuel = np.array([CARRIER_ITEMS[c] for c in fleet.carrier])
    out = []
    for floor in records(task.tables["must_run"]):
        rows = fuel == CARRIER_ITEMS[floor.carrier]
        full = (fleet.available_units[day] * fleet.unit_mw)[:, rows].sum(axis=1)
        least = np.maximum(floor.fleet_share_pu * full, floor.load_share_pu * task.mean_demand_mw[day])
        out.append((rows, np.minimum(least, (ready * fleet.unit_mw)[:, rows].sum(axis=1))))
    return tuple(out)

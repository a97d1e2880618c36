"""``check_ac``: the AC power flow of all hours, grouped by pattern of taps and banks."""

from __future__ import annotations

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from gridsim.ac.arguments import bus_problems, island_problems, shape_problems
from gridsim.ac.flows import make_meter
from gridsim.ac.newton import make_chord
from gridsim.ac.state import AcState, Positions, table_positions
from gridsim.ac.task import Job, Sheets, Task, empty_sheets, make_task
from gridsim.electrical import Branches, Shunts, branches, season_of, shunts, with_taps
from gridsim.errors import raise_if
from gridsim.network import Network

#: hours per block: a block's matrices stay in the processor's cache.
BLOCK_HOURS = 256


def check_ac(
    network: Network,
    *,
    index: pd.DatetimeIndex,
    p_mw: np.ndarray,
    q_mvar: np.ndarray,
    v_set: Mapping[str, float | np.ndarray],
    slack_bus: Mapping[str, float],
    season: np.ndarray | None = None,
    positions: Positions | None = None,
    tolerance_mva: float = 1e-5,
    workers: int | None = None,
) -> AcState:
    """AC power flow of every hour on the dispatched state.

    Parameters
    ----------
    network : Network
    index : DatetimeIndex
        The hours (any set, any step).
    p_mw, q_mvar : ndarray, (time, bus)
        Net injection of every bus in table order, positive into the bus; at external buses the
        exchange (import positive). [MW, Mvar]
    v_set : mapping of bus to float or ndarray (time,)
        Voltage of the buses that hold one; NaN in hours in which the bus does not. [p.u.]
    slack_bus : mapping of bus to float
        Shares of the buses in what is missing (the losses), as pandapower's ``distributed_slack``.
        The first one is the angle reference and must hold its voltage in every hour.
    season : ndarray of str, (time,), optional
        ``summer | spring | winter``: the ampacity that applies.  Default: :func:`season_of`.
    positions : Positions, optional
        Taps and banks.  Default: taps of the tables, banks off.
    tolerance_mva : float
        Largest power mismatch of a node that counts as solved. [MVA]
    workers : int, optional
        Threads.  Default: the processors of the machine, at most four.

    Returns
    -------
    AcState
        One row per hour, solved or not.

    Raises
    ------
    InvalidInput
        Wrong shapes, NaN, unknown buses, power at a bus that nothing connects: all at once.
    """
    model, banks = branches(network), shunts(network)
    seasons = season_of(index) if season is None else np.asarray(season)
    positions = table_positions(model, banks, len(index)) if positions is None else positions
    raise_if([
        *shape_problems(model.nodes, index, p_mw, q_mvar, seasons, positions),
        *bus_problems(model.nodes, v_set, slack_bus),
    ])
    task = make_task(model, p_mw, q_mvar, v_set, slack_bus, tolerance_mva)
    raise_if(island_problems(model.nodes, task, v_set, slack_bus))
    first, n_bus = model.first_of_element, model.nodes.n_bus
    sheets = empty_sheets(len(index), n_bus, len(first), len(v_set))
    retried = _Run(task, model, banks, positions, seasons, sheets).solve(workers or min(os.cpu_count() or 1, 4))
    elements = pd.DataFrame({
        "element": model.element[first], "element_type": model.element_type[first],
        "is_equivalent": model.is_equivalent[first],
    })
    return AcState(
        index=index, bus=model.nodes.name[:n_bus], elements=elements, holder=np.array(list(v_set), dtype=object),
        band_pu=network["bus"][["min_vm_pu", "max_vm_pu"]].to_numpy(dtype=float), positions=positions,
        retried=retried, **vars(sheets),
    )


@dataclass(frozen=True)
class _Run:
    """All hours of a check: blocks of one pattern and season each."""

    task: Task
    model: Branches
    banks: Shunts
    positions: Positions
    seasons: np.ndarray
    sheets: Sheets

    def solve(self, threads: int) -> int:
        """Fill the sheets; the number of hours that the chord method left to the full Newton method.

        One BLAS thread per worker: blocks are independent, and element-wise work then runs in parallel too.
        """
        with threadpool_limits(limits=1, user_api="blas"), ThreadPoolExecutor(threads) as pool:
            patterns = pool.map(self._prepare, np.unique(self.positions.pattern))
            blocks = [block for pattern in patterns for block in pattern]
            rests = list(pool.map(lambda block: block[0].solve(block[1]), blocks))
            left = [(job, int(step)) for (job, _), rest in zip(blocks, rests) for step in rest]
            list(pool.map(lambda hour: hour[0].retry(hour[1]), left))
        return len(left)

    def _prepare(self, number: int) -> list[tuple[Job, np.ndarray]]:
        """The blocks of hours of one pattern, each with the job that solves it."""
        task, steps = self.task, np.flatnonzero(self.positions.pattern == number)
        tapped = with_taps(self.model, self.positions.tap_pos[number])
        eq = task.equations(tapped, self.banks, self.positions.step[number])
        chord = make_chord(eq, task.mean(steps), task.combinations, start=None, tolerance_pu=task.tolerance_pu)
        counted, out = ~self.model.is_equivalent[self.model.first_of_element], []
        for name in np.unique(self.seasons[steps]):
            mine = steps[self.seasons[steps] == name]
            job = Job(task, eq, chord, make_meter(tapped, name), self.sheets, counted, self.model.nodes)
            out += [(job, mine[k : k + BLOCK_HOURS]) for k in range(0, len(mine), BLOCK_HOURS)]
        return out

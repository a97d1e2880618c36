"""``check_ac``: the AC power flow of all hours, grouped by pattern of taps and banks."""

from __future__ import annotations

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from gridsim.ac.arguments import bus_problems, island_problems, limit_problems, shape_problems
from gridsim.ac.flows import make_meter
from gridsim.ac.job import Job, Sheets, empty_sheets
from gridsim.ac.newton import Chord, make_chord
from gridsim.ac.settle import Control, Place
from gridsim.ac.state import AcState, Positions, table_positions
from gridsim.ac.stations import ControlRules, find_changers, find_stations
from gridsim.ac.task import Movers, QRange, Task, make_task
from gridsim.dispatch.states import GridStates, whole_grid
from gridsim.electrical import Branches, Shunts, branches, out_of_service, season_of, shunts, with_taps
from gridsim.errors import raise_if
from gridsim.network import Network

#: hours per block: a block's matrices stay in the processor's cache.
BLOCK_HOURS = 256


@dataclass(frozen=True, kw_only=True)
class HourlyControl:
    """Taps and banks that follow their dead bands hour by hour from the given positions.

    ``heavy`` (time,) hours whose targets are those of heavy load; ``rules`` the targets and dead bands.  Each hour
    starts from its own pattern, so the result does not depend on other hours (how often a changer moves in a day
    is not modelled).
    """

    heavy: np.ndarray
    rules: ControlRules = field(default_factory=ControlRules)


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
    q_range: Mapping[str, QRange] | None = None,
    droop_pu_per_mvar: Mapping[str, float] | None = None,
    control: HourlyControl | None = None,
    states: GridStates | None = None,
    rating_pu: np.ndarray | None = None,
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
    q_range : mapping of bus to (least, greatest), optional
        Reactive capability of buses that hold a voltage, beyond ``q_mvar``; numbers or (time,).  A bus at a limit
        gives the limit and lets its voltage go (see :mod:`gridsim.ac.settle`).  Default: no limit. [Mvar]
    droop_pu_per_mvar : mapping of bus to float, optional
        Q(U) characteristic of buses in ``v_set``: V = v_set - droop * Q.  Default 0: the voltage is held.
    control : HourlyControl, optional
        Lets taps and banks move from hour to hour.  Default: they stand as given.
    states : GridStates, optional
        Branches out by plan and the state of each hour.  Default: everything is in service.
    rating_pu : ndarray (time, element), optional
        Ratings over those of the season (:func:`gridsim.ratings.rating_over_season_pu`).  Default: 1.
    tolerance_mva : float
        Largest power mismatch of a node that counts as solved. [MVA]
    workers : int, optional
        Threads.  Default: the processors of the machine, at most four.

    Returns
    -------
    AcState
        One row per hour, solved or not.  What is out by plan has no loading, flow or losses; a bus that it leaves
        without a connection no voltage.

    Raises
    ------
    InvalidInput
        Wrong shapes, NaN, unknown buses, power at a bus that nothing connects: all at once.
    """
    model, banks = branches(network), shunts(network)
    seasons = season_of(index) if season is None else np.asarray(season)
    positions = table_positions(model, banks, len(index)) if positions is None else positions
    states = whole_grid(model, len(index)) if states is None else states
    raise_if([
        *shape_problems(model.nodes, index, p_mw, q_mvar, seasons, positions),
        *bus_problems(model.nodes, v_set, slack_bus),
        *limit_problems(v_set, slack_bus, q_range or {}, droop_pu_per_mvar or {}),
    ])
    changers = None if control is None else _control(network, model, banks, control)
    movers, runs, problems = _movers(positions, changers), [], []
    first, n_bus = model.first_of_element, model.nodes.n_bus
    sheets = empty_sheets(
        len(index), bus=n_bus, element=len(first), holder=len(v_set), branch=len(model), bank=len(banks.name)
    )
    for state in np.unique(states.of_step):
        standing = out_of_service(model, states.out[state])
        task = make_task(
            standing, p_mw, q_mvar, v_set, slack_bus, tolerance_mva, banks=banks, movers=movers,
            q_range=q_range, droop_pu_per_mvar=droop_pu_per_mvar,
        )
        problems += island_problems(model.nodes, task, v_set, slack_bus)
        runs.append(_Run(task, standing, banks, positions, changers, seasons, sheets, states.of_step == state))
    raise_if(problems)
    retried = sum(run.solve(workers or min(os.cpu_count() or 1, 4)) for run in runs)
    if rating_pu is not None:
        sheets.loading_percent[:] /= rating_pu
    elements = pd.DataFrame({
        "element": model.element[first], "element_type": model.element_type[first],
        "is_equivalent": model.is_equivalent[first],
    })
    results = {name: value for name, value in vars(sheets).items() if name not in ("tap", "step")}
    return AcState(
        index=index, bus=model.nodes.name[:n_bus], elements=elements, holder=np.array(list(v_set), dtype=object),
        band_pu=network["bus"][["min_vm_pu", "max_vm_pu"]].to_numpy(dtype=float), retried=retried,
        positions=positions if control is None else _hourly(positions, sheets), **results,
    )


def _control(network: Network, model: Branches, banks: Shunts, control: HourlyControl) -> Control:
    rules = control.rules
    changers, stations = find_changers(model, rules), find_stations(network, model, banks, rules)
    return Control(changers, stations, rules, np.asarray(control.heavy, dtype=bool))


def _movers(positions: Positions, control: Control | None) -> Movers:
    """Branches and banks that do not stand alike in all hours of a family, or may move."""
    first = np.unique(positions.families, return_index=True)[1][positions.families]
    tap = (positions.tap_pos != positions.tap_pos[first]).any(axis=0)
    bank = (positions.step != positions.step[first]).any(axis=0)
    if control is not None:
        tap[control.changers.member] = True
        bank[control.stations.bank] = True
    return np.flatnonzero(tap), np.flatnonzero(bank)


def _hourly(given: Positions, sheets: Sheets) -> Positions:
    """Where everything stood, as patterns; hours that failed keep theirs.  The first of a family is the given one."""
    stood = np.concatenate([sheets.tap, sheets.step], axis=1)
    n_given, n_branch = len(given.label), sheets.tap.shape[1]
    stood[~sheets.converged] = np.concatenate([given.tap_pos, given.step], axis=1)[given.pattern[~sheets.converged]]
    rows = np.column_stack([given.families[given.pattern], stood])
    keys = np.ascontiguousarray(rows.astype(np.int16)).view(np.dtype((np.void, 2 * rows.shape[1]))).ravel()
    _, first, pattern = np.unique(keys, return_index=True, return_inverse=True)
    label = [f"{given.label[given.pattern[k]]} #{n}" for n, k in enumerate(first, start=1)]
    return Positions(
        label=(*given.label, *label), tap_pos=np.concatenate([given.tap_pos, stood[first, :n_branch]]),
        step=np.concatenate([given.step, stood[first, n_branch:]]), pattern=n_given + pattern,
        family=np.concatenate([given.families, rows[first, 0]]),
    )


@dataclass(frozen=True)
class _Run:
    """The hours of a check in one state of the grid, ``mine`` (time,): blocks of one pattern and season each."""

    task: Task
    model: Branches
    banks: Shunts
    positions: Positions
    control: Control | None
    seasons: np.ndarray
    sheets: Sheets
    mine: np.ndarray

    def solve(self, threads: int) -> int:
        """Fill the sheets; the number of hours that the chord method left to the full Newton method.

        One BLAS thread per worker: blocks are independent, and element-wise work then runs in parallel too.
        """
        families = np.unique(self.positions.families[self.positions.pattern[self.mine]])
        with threadpool_limits(limits=1, user_api="blas"), ThreadPoolExecutor(threads) as pool:
            first, chord = self._prepare(families[0], None)
            others = pool.map(lambda family: self._prepare(family, chord)[0], families[1:])
            blocks = [*first, *(block for family in others for block in family)]
            rests = list(pool.map(lambda block: block[0].solve(block[1]), blocks))
            left = [(job, int(step)) for (job, _), rest in zip(blocks, rests) for step in rest]
            list(pool.map(lambda hour: hour[0].retry(hour[1]), left))
        return len(left)

    def _prepare(self, family: int, start: Chord | None) -> tuple[list[tuple[Job, np.ndarray]], Chord]:
        """The blocks of hours of one family, each with the job that solves it, and the family's chord."""
        task, positions, moving = self.task, self.positions, self.task.moving
        steps = np.flatnonzero((positions.families[positions.pattern] == family) & self.mine)
        first = int(np.flatnonzero(positions.families == family)[0])
        tap, step = positions.tap_pos[first].astype(float), positions.step[first]
        tapped = with_taps(self.model, tap)
        eq = task.equations(tapped, self.banks, step)
        chord = make_chord(eq, task.mean(steps), start=start, tolerance_pu=task.tolerance_pu)
        place = Place(task, eq, chord, self.model, self.banks, tap, step, positions, self.control)
        counted, out = ~self.model.is_equivalent[self.model.first_of_element], []
        for name in np.unique(self.seasons[steps]):
            mine = steps[self.seasons[steps] == name]
            meter = make_meter(tapped, name, None if moving is None else moving.branch)
            job = Job(place, meter, self.sheets, counted, self.model.nodes)
            out += [(job, mine[k : k + BLOCK_HOURS]) for k in range(0, len(mine), BLOCK_HOURS)]
        return out, chord

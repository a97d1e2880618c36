"""AC N-1: every circuit and every transformer unit out, for given hours; maxima and their outages, streamed.

An outage is that of one element: all windings of a transformer unit together.  After it, taps and banks stay where
they were, plants hold the voltages they held before, the slack buses share what is missing.  Loading is counted
against the short-time rating, rating x ``emergency_factor_pu`` of the element (column of the tables, 1 without it).
What only the element connected is out too, see :func:`gridsim.ac.n1.radial_table`.

Nothing of the size hours x branches x outages exists: blocks of (outage, hour) columns are solved
(:mod:`gridsim.ac.outage_solve`), reduced to maxima and dropped.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import scipy.sparse as sp
from threadpoolctl import threadpool_limits

from gridsim.ac.dispatched import Operation
from gridsim.ac.flows import make_meter
from gridsim.ac.newton import Solution, chord_solve, flat_start, make_chord, newton
from gridsim.ac.outage_solve import COLLAPSE_PU, Block, Pattern, make_block, make_pattern, retry, solve_block
from gridsim.ac.outages import Outage, Transfer, corrections, dead_nodes, find_outages, make_transfer
from gridsim.ac.state import Positions
from gridsim.ac.tally import Bands, Tally, empty_tally, outage_bands
from gridsim.ac.task import Task, make_task
from gridsim.dispatch.states import whole_grid
from gridsim.electrical import Branches, Shunts, branches, out_of_service, season_of, shunts, with_taps
from gridsim.network import Network

#: columns (outage, hour) of a block: its matrices stay in the processor's cache.
BLOCK_COLUMNS = 384
#: most hours of a block, so that several outages share the products.
BLOCK_HOURS = 32

#: groups of hours that are prepared together.
BATCH_GROUPS = 4

#: called with (cases, estimated seconds) after a first batch.
Announce = Callable[[int, float], None]


@dataclass(frozen=True)
class ContingencyState:
    """AC N-1 of some hours.

    Attributes
    ----------
    index : DatetimeIndex
        Hours checked.
    elements : DataFrame
        ``element, element_type, is_equivalent`` in array order.
    outages : tuple of Outage
        What was taken out, one per element that is no equivalent and state of the grid in which it is in service.
    reference : int
        Node that stands for the outside grid.
    nodes : ndarray of str, (node,)
        Names of the buses and star nodes.
    bands : Bands
        Buses that are judged and their bands after an outage.
    tally : Tally
        Maxima and where they occurred; ``tally.hours_over`` counts steps.
    before_percent : float32, (time, element)
        Loading before the outage, against the short-time rating. [%]
    diverged : DataFrame
        ``outage`` (number of the element, -1 = before any outage), ``hour`` (position in ``index``), ``cause``.
    seconds : float
        Wall time. [s]
    """

    index: pd.DatetimeIndex
    elements: pd.DataFrame
    outages: tuple[Outage, ...]
    reference: int
    nodes: np.ndarray
    bands: Bands
    tally: Tally
    before_percent: np.ndarray
    diverged: pd.DataFrame
    seconds: float


def check_contingencies(
    network: Network,
    operation: Operation,
    *,
    positions: Positions,
    season: np.ndarray | None = None,
    elements: Collection[str] | None = None,
    tolerance_mva: float = 1e-5,
    workers: int | None = None,
    progress: Callable[[float], None] | None = None,
    announce: Announce | None = None,
) -> ContingencyState:
    """AC power flow of every hour after every outage.

    Parameters
    ----------
    network : Network
    operation : Operation
        What is given in the hours to check, as for :func:`gridsim.ac.check_ac`.
    positions : Positions
        Where taps and banks stand in these hours; they stay there after the outage.
    season : ndarray of str, (time,), optional
        Season of the ampacity.  Default: :func:`gridsim.electrical.season_of`.
    elements : collection of str, optional
        Names of the elements to take out.  Default: all that are no equivalent of the outside grid.
    tolerance_mva : float
        Largest power mismatch of a node that counts as solved. [MVA]
    workers : int, optional
        Threads.  Default: the processors of the machine, at most four.
    progress : callable, optional
        Called with the share of cases that is done.
    announce : callable, optional
        Called once with the number of cases and an estimate of the time left, from a first batch of hours.

    Returns
    -------
    ContingencyState
        A case that has no solution is a row of ``diverged`` with its cause and in no maximum.
    """
    started = time.perf_counter()
    seasons = season_of(operation.index) if season is None else np.asarray(season)
    runs = _make_runs(network, operation, positions, seasons, elements, tolerance_mva)
    threads = workers or min(os.cpu_count() or 1, 4)
    rows: list[tuple[int, int, str]] = []
    with threadpool_limits(limits=1, user_api="blas"), ThreadPoolExecutor(threads) as pool:
        cases, done, told = sum(len(run.outages) * len(run.hours) for run in runs), 0, False
        for run, batch in [(one, batch) for one in runs for batch in one.batches()]:
            began = time.perf_counter()
            groups = list(pool.map(run.prepare, batch))
            found = [row for group in groups for row in group.diverged]
            jobs = [(group, numbers) for group in groups for numbers in group.jobs()]
            for (group, _), (tally, lost, size) in zip(jobs, pool.map(lambda job: job[0].solve(job[1]), jobs)):
                run.tally.merge(tally, group.steps)
                found += lost
                done += size
                if progress is not None:
                    progress(done / max(cases, 1))
            rows += [(outage, int(run.hours[hour]), cause) for outage, hour, cause in found]
            if announce is not None and done and not told:
                announce(cases, (time.perf_counter() - began) * (cases / done - 1.0))
                told = True
    first, model = runs[0].model.first_of_element, runs[0].model
    named = pd.DataFrame({
        "element": model.element[first], "element_type": model.element_type[first],
        "is_equivalent": model.is_equivalent[first],
    })
    diverged = pd.DataFrame(rows, columns=["outage", "hour", "cause"])
    before = np.full((len(operation.index), len(named)), np.nan, dtype=np.float32)
    tally, first_outage = empty_tally(len(operation.index), len(named), len(runs[0].bands.bus)), 0
    for run in runs:
        before[run.hours] = run.before_percent
        tally.merge(run.tally.renumbered(first_outage), run.hours)
        first_outage += len(run.outages)
    return ContingencyState(
        index=operation.index, elements=named, outages=tuple(o for run in runs for o in run.outages),
        reference=int(runs[0].task.kept[runs[0].task.reference]), nodes=model.nodes.name, bands=runs[0].bands,
        tally=tally, before_percent=before, diverged=diverged, seconds=time.perf_counter() - started,
    )


@dataclass(frozen=True)
class _Run:
    """Outages in one state of the grid, and its ``hours`` (positions among those to check)."""

    hours: np.ndarray
    task: Task
    model: Branches
    banks: Shunts
    positions: Positions
    seasons: np.ndarray
    outages: tuple[Outage, ...]
    factor: np.ndarray
    bands: Bands
    tally: Tally
    before_percent: np.ndarray
    rating_pu: np.ndarray | None

    def batches(self) -> Iterator[list[np.ndarray]]:
        """Hours of one pattern and season each, a few groups at a time: what is prepared for one is not small."""
        key = np.char.add(self.positions.pattern.astype(str), self.seasons.astype(str))
        keys, which = np.unique(key, return_inverse=True)
        order = np.argsort(which.ravel(), kind="stable")
        steps = np.split(order, np.cumsum(np.bincount(which.ravel()))[:-1])
        for k in range(0, len(keys), BATCH_GROUPS):
            yield steps[k : k + BATCH_GROUPS]

    def prepare(self, steps: np.ndarray) -> _Group:
        """Solve some hours before any outage and lay out what their outages need."""
        task, number = self.task, int(self.positions.pattern[steps[0]])
        tapped, step = with_taps(self.model, self.positions.tap_pos[number]), self.positions.step[number]
        eq = task.equations(tapped, self.banks, step)
        chord = make_chord(eq, task.mean(steps), start=None, tolerance_pu=task.tolerance_pu)
        given = task.hours(steps)
        found = chord_solve(eq, given, chord, tolerance_pu=task.tolerance_pu)
        good = found.mismatch_pu <= task.tolerance_pu
        for k in np.flatnonzero(~good):
            one = given.take(np.array([k]))
            flat = flat_start(eq, one.v_pu[:, 0], one.hold[:, 0])
            again = newton(eq, one, flat, 0.0, tolerance_pu=task.tolerance_pu)
            found.x_pu[:, k], found.sigma_pu[k] = again.x_pu[:, 0], again.sigma_pu[0]
            good[k] = again.mismatch_pu[0] <= task.tolerance_pu
        m = len(eq.weight)
        good &= (found.x_pu[:m] ** 2 + found.x_pu[m:] ** 2).min(axis=0) > COLLAPSE_PU**2
        kept = Solution(found.x_pu[:, good], found.sigma_pu[good], found.mismatch_pu[good])
        pattern = make_pattern(eq, chord, given.take(good), kept.x_pu, kept.sigma_pu)
        meter = _make_current_meter(tapped, str(self.seasons[steps[0]]), self.factor)
        none = "the hour has no solution before any outage"
        group = _Group(
            run=self, steps=steps[good], pattern=pattern, tapped=tapped, step=step, meter=meter,
            transfer=make_transfer(eq.network, tapped, self.banks, step),
            diverged=[(-1, int(k), none) for k in steps[~good]],
        )
        v_pu = eq.network.voltages(kept.x_pu[:m] + 1j * kept.x_pu[m:])
        v_pu[~task.alive] = 0.0  # what nothing connects carries nothing
        self.before_percent[group.steps] = 100.0 * np.sqrt(np.maximum(meter.square(v_pu), 0.0)).T
        if self.rating_pu is not None:
            self.before_percent[group.steps] /= self.rating_pu[group.steps]
        return group


def _make_runs(
    network: Network,
    operation: Operation,
    positions: Positions,
    seasons: np.ndarray,
    elements: Collection[str] | None,
    tolerance_mva: float,
) -> list[_Run]:
    """One run per state of the grid."""
    model, banks, bands = branches(network), shunts(network), outage_bands(network)
    states = whole_grid(model, len(operation.index)) if operation.states is None else operation.states
    factor, name, runs = _emergency_factor(network, model), model.element[model.first_of_element], []
    for state in np.unique(states.of_step):
        hours, standing = np.flatnonzero(states.of_step == state), out_of_service(model, states.out[state])
        some = operation.take(hours)
        # who holds in none of these hours would only enlarge every outage's small system
        v_set = {b: v for b, v in some.v_set.items() if np.isfinite(v).any()} or some.v_set
        task = make_task(standing, some.p_mw, some.q_mvar, v_set, some.slack_bus, tolerance_mva)
        outages = find_outages(standing, int(task.kept[task.reference]))
        if elements is not None:
            outages = tuple(outage for outage in outages if name[outage.element] in elements)
        runs.append(_Run(
            hours=hours, task=task, model=standing, banks=banks,
            positions=replace(positions, pattern=positions.pattern[hours]), seasons=seasons[hours], outages=outages,
            factor=factor, bands=bands, tally=empty_tally(len(hours), len(factor), len(bands.bus)),
            before_percent=np.full((len(hours), len(factor)), np.nan, dtype=np.float32), rating_pu=some.rating_pu,
        ))
    return runs


def _emergency_factor(network: Network, model: Branches) -> np.ndarray:
    """Short-time rating over rating of each element, (element,); 1 where the tables have none."""
    first, out = model.first_of_element, np.ones(len(model.first_of_element))
    for table in ("line", "trafo", "trafo3w"):
        frame = network[table]
        if "emergency_factor_pu" in frame:
            mine = model.element_type[first] == table
            column = frame.set_index("name")["emergency_factor_pu"].astype(float).fillna(1.0)
            out[mine] = column.reindex(model.element[first][mine]).to_numpy()
    return out


@dataclass(frozen=True)
class _CurrentMeter:
    """Squared loading of every element from node voltages: the current rows of :class:`gridsim.ac.flows.Meter`."""

    pair_from: np.ndarray
    pair_to: np.ndarray
    measure: sp.csr_array
    n_element: int

    def square(self, v_pu: np.ndarray) -> np.ndarray:
        """(element, column), the worst end; 1 at the short-time rating."""
        product = v_pu[self.pair_from] * np.conj(v_pu[self.pair_to])
        values = self.measure @ np.concatenate([v_pu.real**2 + v_pu.imag**2, product.real, product.imag])
        first, second, third = np.split(values, [self.n_element, 2 * self.n_element])
        worst = np.maximum(first, second, out=first)
        last = worst[self.n_element - len(third) :]
        np.maximum(last, third, out=last)
        return worst


def _make_current_meter(model: Branches, season: str, factor: np.ndarray) -> _CurrentMeter:
    meter = make_meter(model, season)
    n = meter.n_element
    third = meter.measure.shape[0] - 4 * n
    scale = np.concatenate([factor, factor, factor[n - third :]]) ** -2.0
    measure = sp.csr_array(sp.diags_array(scale) @ meter.measure[2 * n :])
    return _CurrentMeter(meter.pair_from, meter.pair_to, measure, n)


@dataclass(frozen=True)
class _Group:
    """Hours of one pattern and season, solved before any outage; ``steps`` are positions among those of the run."""

    run: _Run
    steps: np.ndarray
    pattern: Pattern
    tapped: Branches
    step: np.ndarray
    meter: _CurrentMeter
    transfer: Transfer
    diverged: list[tuple[int, int, str]]

    def jobs(self) -> list[np.ndarray]:
        """Numbers of the outages of each job."""
        hours = min(max(len(self.steps), 1), BLOCK_HOURS)
        size = max(BLOCK_COLUMNS // hours, 1)
        return [np.arange(k, min(k + size, len(self.run.outages))) for k in range(0, len(self.run.outages), size)]

    def solve(self, numbers: np.ndarray) -> tuple[Tally, list[tuple[int, int, str]], int]:
        """Some outages in all hours of the group: their tally, the cases without solution, the number of cases."""
        run, outages = self.run, tuple(self.run.outages[n] for n in numbers)
        eq, tolerance_pu = self.pattern.eq, run.task.tolerance_pu
        change = corrections(outages, self.transfer, self.tapped, run.banks, self.step)
        block = make_block(eq, self.pattern.chord, outages, change)
        n_element = len(run.factor)
        off = np.zeros((n_element, len(outages)), dtype=bool)
        for column, outage in enumerate(outages):
            off[run.model.element_id[outage.removed], column] = True
        off |= run.model.is_equivalent[run.model.first_of_element][:, None]
        tally = empty_tally(len(self.steps), n_element, len(run.bands.bus))
        lost: list[tuple[int, int, str]] = []
        for k in range(0, len(self.steps), BLOCK_HOURS):
            hours = slice(k, k + BLOCK_HOURS)
            part = self.pattern.take(hours)
            found = solve_block(part, block, tolerance_pu=tolerance_pu)
            found.good[block.dead[:, eq.weight > 0].any(axis=1)] = False
            for o in np.flatnonzero(~found.good.all(axis=1)):
                lost += self._retry(part, block, int(o), found.x_pu, found.good, self.steps[hours])
            v_pu = self._voltages(found.x_pu, block)
            square = self.meter.square(v_pu).reshape(n_element, *found.good.shape)
            if run.rating_pu is not None:
                square /= (run.rating_pu[self.steps[hours]] ** 2).T[:, None, :]
            tally.add(
                square, v_pu[run.bands.node].reshape(-1, *found.good.shape), found.good, off,
                self._unfed(block), numbers, hours, run.bands,
            )
        return tally, lost, len(outages) * len(self.steps)

    def _retry(
        self, part: Pattern, block: Block, o: int, x_pu: np.ndarray, good: np.ndarray, steps: np.ndarray
    ) -> list[tuple[int, int, str]]:
        """Solve what is left of an outage, in place; rows of what has no solution."""
        left = np.flatnonzero(~good[o])
        if block.dead[o][part.eq.weight > 0].any():
            cause = ["the outage cuts off a bus that takes part in the losses"] * len(left)
        else:
            some = part.take(left)
            names = self.run.model.nodes.name
            again = retry(some, block, o, tolerance_pu=self.run.task.tolerance_pu, node_name=names)
            x_pu[:, o, left], good[o, left], cause = again.x_pu, again.good, list(again.cause)
        element = block.outages[o].element
        return [(element, int(steps[h]), c) for h, c in zip(left, cause) if not good[o, h]]

    def _voltages(self, x_pu: np.ndarray, block: Block) -> np.ndarray:
        """Voltages of all nodes, (node, outage * hour), complex."""
        m, network = len(x_pu) // 2, self.pattern.eq.network
        kept = x_pu[:m] + 1j * x_pu[m:]
        out = network.voltages(kept.reshape(m, -1))
        out[~self.run.task.alive] = 0.0
        change = block.corrections.at_nodes[:, network.eliminated] @ (
            block.corrections.from_kept @ kept.transpose(1, 0, 2)
        )
        out[network.eliminated] += change.transpose(1, 0, 2).reshape(-1, out.shape[1])
        return out

    def _unfed(self, block: Block) -> np.ndarray:
        """Judged buses without supply, (bus, outage)."""
        node, alive = self.run.bands.node, self.run.task.alive
        return (dead_nodes(block.outages, len(alive)) | ~alive)[:, node].T

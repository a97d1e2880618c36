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
from functools import partial

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from gridsim.ac.dispatched import Operation
from gridsim.ac.flows import CurrentMeter, make_current_meter
from gridsim.ac.newton import Equations, chord_solve, flat_start, make_chord, newton
from gridsim.ac.outage_solve import COLLAPSE_PU, Block, Lead, Pattern, Solved, make_block, make_lead, retry, solve_block
from gridsim.ac.outages import Corrections, Outage, Transfer, corrections, dead_nodes, find_outages, make_transfer
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

#: most outages of a block: a lead of single hours still makes work for several threads.
BLOCK_OUTAGES = 180

#: most groups of hours that share a lead, and most hours of a group: what is prepared for them is not small.
LEAD_GROUPS = 16
GROUP_HOURS = 256

#: tally of a group of hours, its cases without solution (outage, hour, cause), its number of cases
_Found = tuple[Tally, list[tuple[int, int, str]], int]
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
            family = run.family(batch)
            groups = list(pool.map(family.prepare, batch))
            found = [row for group in groups for row in group.diverged]
            for solved in pool.map(partial(family.solve, groups), family.jobs(groups)):
                for group, (tally, lost, size) in zip(groups, solved):
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
        """Groups of hours of one pattern and season; those of a family of patterns together, a few at a time."""
        pattern, family = self.positions.pattern, self.positions.families[self.positions.pattern]
        frame = pd.DataFrame({"family": family, "pattern": pattern, "season": self.seasons})
        for _, hours in frame.groupby("family"):
            steps = [group.to_numpy() for group in hours.groupby(["pattern", "season"]).groups.values()]
            cut = [one[k : k + GROUP_HOURS] for one in steps for k in range(0, len(one), GROUP_HOURS)]
            for k in range(0, len(cut), LEAD_GROUPS):
                yield cut[k : k + LEAD_GROUPS]

    def family(self, batch: list[np.ndarray]) -> _Family:
        """What groups of hours share: the chord of the mean hour on the first group's pattern."""
        task, steps = self.task, np.concatenate(batch)
        _, _, eq, transfer = self.network_of(batch[0])
        chord = make_chord(eq, task.mean(steps), start=None, tolerance_pu=task.tolerance_pu)
        held, which = np.unique(task.hold[:, steps].T, axis=0, return_inverse=True)
        combination = np.full(len(self.hours), -1)
        combination[steps] = which.ravel()
        return _Family(self, make_lead(eq, chord, held), combination, int(self.positions.pattern[steps[0]]), transfer)

    def network_of(self, steps: np.ndarray) -> tuple[Branches, np.ndarray, Equations, Transfer]:
        """Branches, bank steps, equations and transfer matrices of the pattern of some hours."""
        number = int(self.positions.pattern[steps[0]])
        tapped, step = with_taps(self.model, self.positions.tap_pos[number]), self.positions.step[number]
        eq = self.task.equations(tapped, self.banks, step)
        return tapped, step, eq, make_transfer(eq.network, tapped, self.banks, step)


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
class _Family:
    """Groups of hours whose chord steps share a lead, that of pattern ``number`` with its ``transfer``.

    ``combination`` (time,) which combination of holders holds in the hours of the run.
    """

    run: _Run
    lead: Lead
    combination: np.ndarray
    number: int
    transfer: Transfer

    def prepare(self, steps: np.ndarray) -> _Group:
        """Solve some hours before any outage and lay out what their outages need."""
        run, task = self.run, self.run.task
        tapped, step, eq, transfer = run.network_of(steps)
        given = task.hours(steps)
        found = chord_solve(eq, given, self.lead.chord, tolerance_pu=task.tolerance_pu)
        good = found.mismatch_pu <= task.tolerance_pu
        for k in np.flatnonzero(~good):
            one = given.take(np.array([k]))
            flat = flat_start(eq, one.v_pu[:, 0], one.hold[:, 0])
            again = newton(eq, one, flat, 0.0, tolerance_pu=task.tolerance_pu)
            found.x_pu[:, k], found.sigma_pu[k] = again.x_pu[:, 0], again.sigma_pu[0]
            good[k] = again.mismatch_pu[0] <= task.tolerance_pu
        m = len(eq.weight)
        good &= (found.x_pu[:m] ** 2 + found.x_pu[m:] ** 2).min(axis=0) > COLLAPSE_PU**2
        kept_pu = found.x_pu[:, good]
        pattern = Pattern(
            eq, self.lead, given.take(good), kept_pu, found.sigma_pu[good], self.combination[steps[good]]
        )
        meter = make_current_meter(tapped, str(run.seasons[steps[0]]), run.factor)
        none = "the hour has no solution before any outage"
        group = _Group(
            run=run, steps=steps[good], pattern=pattern, tapped=tapped, step=step, meter=meter, transfer=transfer,
            diverged=[(-1, int(k), none) for k in steps[~good]],
        )
        v_pu = eq.network.voltages(kept_pu[:m] + 1j * kept_pu[m:])
        v_pu[~task.alive] = 0.0  # what nothing connects carries nothing
        run.before_percent[group.steps] = 100.0 * np.sqrt(np.maximum(meter.square(v_pu), 0.0)).T
        if run.rating_pu is not None:
            run.before_percent[group.steps] /= run.rating_pu[group.steps]
        return group

    def jobs(self, groups: list[_Group]) -> list[np.ndarray]:
        """Numbers of the outages of each job."""
        n, hours = len(self.run.outages), max(len(group.steps) for group in groups)
        size = min(max(BLOCK_COLUMNS // min(max(hours, 1), BLOCK_HOURS), 1), BLOCK_OUTAGES)
        return [np.arange(k, min(k + size, n)) for k in range(0, n, size)]

    def solve(self, groups: list[_Group], numbers: np.ndarray) -> list[_Found]:
        """Some outages in all hours of the groups, see :meth:`_Group.solve`."""
        run, outages = self.run, tuple(self.run.outages[n] for n in numbers)
        tapped, step = with_taps(run.model, run.positions.tap_pos[self.number]), run.positions.step[self.number]
        block = make_block(self.lead, outages, corrections(outages, self.transfer, tapped, run.banks, step))
        off = np.zeros((len(run.factor), len(outages)), dtype=bool)
        for column, outage in enumerate(outages):
            off[run.model.element_id[outage.removed], column] = True
        off |= run.model.is_equivalent[run.model.first_of_element][:, None]
        return [group.solve(block, numbers, off) for group in groups]


@dataclass(frozen=True)
class _Group:
    """Hours of one pattern and season, solved before any outage; ``steps`` are positions among those of the run."""

    run: _Run
    steps: np.ndarray
    pattern: Pattern
    tapped: Branches
    step: np.ndarray
    meter: CurrentMeter
    transfer: Transfer
    diverged: list[tuple[int, int, str]]

    def solve(self, block: Block, numbers: np.ndarray, off: np.ndarray) -> _Found:
        """The outages of a block, ``numbers`` in the run, in all hours; ``off`` (element, outage) is not counted."""
        run, outages = self.run, block.outages
        eq, tolerance_pu = self.pattern.eq, run.task.tolerance_pu
        change = corrections(outages, self.transfer, self.tapped, run.banks, self.step)
        tally = empty_tally(len(self.steps), len(run.factor), len(run.bands.bus))
        lost: list[tuple[int, int, str]] = []
        for k in range(0, len(self.steps), BLOCK_HOURS):
            hours = slice(k, k + BLOCK_HOURS)
            part = self.pattern.take(hours)
            found = solve_block(part, block, change, tolerance_pu=tolerance_pu)
            found.good[block.dead[:, eq.weight > 0].any(axis=1)] = False
            for o in np.flatnonzero(~found.good.all(axis=1)):
                lost += self._retry(part, block, change, int(o), found, self.steps[hours])
            v_pu = self._voltages(found.x_pu, change)
            square = self.meter.square(v_pu).reshape(len(run.factor), *found.good.shape)
            if run.rating_pu is not None:
                square /= (run.rating_pu[self.steps[hours]] ** 2).T[:, None, :]
            tally.add(
                square, v_pu[run.bands.node].reshape(-1, *found.good.shape), found.good, off,
                self._unfed(block), numbers, hours, run.bands,
            )
        return tally, lost, len(outages) * len(self.steps)

    def _retry(
        self, part: Pattern, block: Block, change: Corrections, o: int, found: Solved, steps: np.ndarray
    ) -> list[tuple[int, int, str]]:
        """Solve what is left of an outage, in place; rows of what has no solution."""
        x_pu, good = found.x_pu, found.good
        left = np.flatnonzero(~good[o])
        if block.dead[o][part.eq.weight > 0].any():
            cause = ["the outage cuts off a bus that takes part in the losses"] * len(left)
        else:
            some = part.take(left)
            names = self.run.model.nodes.name
            tolerance_pu = self.run.task.tolerance_pu
            again = retry(some, block, change, o, tolerance_pu=tolerance_pu, node_name=names)
            x_pu[:, o, left], good[o, left], cause = again.x_pu, again.good, list(again.cause)
        element = block.outages[o].element
        return [(element, int(steps[h]), c) for h, c in zip(left, cause) if not good[o, h]]

    def _voltages(self, x_pu: np.ndarray, corrected: Corrections) -> np.ndarray:
        """Voltages of all nodes, (node, outage * hour), complex."""
        m, network = len(x_pu) // 2, self.pattern.eq.network
        kept = x_pu[:m] + 1j * x_pu[m:]
        out = network.voltages(kept.reshape(m, -1))
        out[~self.run.task.alive] = 0.0
        change = corrected.at_nodes[:, network.eliminated] @ (corrected.from_kept @ kept.transpose(1, 0, 2))
        out[network.eliminated] += change.transpose(1, 0, 2).reshape(-1, out.shape[1])
        return out

    def _unfed(self, block: Block) -> np.ndarray:
        """Judged buses without supply, (bus, outage)."""
        node, alive = self.run.bands.node, self.run.task.alive
        return (dead_nodes(block.outages, len(alive)) | ~alive)[:, node].T

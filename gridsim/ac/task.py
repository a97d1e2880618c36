"""The given side of an AC check as arrays, and the sheets the blocks of hours write their results on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gridsim.ac.flows import Meter
from gridsim.ac.newton import Chord, Equations, Hours, Solution, chord_solve, flat_start, newton, residual
from gridsim.ac.reduction import admittance_matrix, island_of, reduce_network, shift_angles
from gridsim.electrical import BASE_MVA, Branches, Nodes, Shunts

#: a solution with a lower voltage somewhere is not an operating state. [p.u.]
COLLAPSE_PU = 0.5


@dataclass(frozen=True)
class Task:
    """What is given, over the nodes that stay after the reduction (``kept``, all of them buses).

    ``weight`` (m,) slack weights; ``reference`` and ``holder`` are positions in ``kept``;
    ``hold`` (h, time), ``v_pu`` (h, time), ``combinations`` (h, c) all different columns of ``hold``
    and ``combination`` (time,) which one; ``alive`` (node,) connected to the reference; ``angle_rad`` (m,)
    angles of the flat start.
    """

    p_mw: np.ndarray
    q_mvar: np.ndarray
    kept: np.ndarray
    alive: np.ndarray
    weight: np.ndarray
    reference: int
    holder: np.ndarray
    angle_rad: np.ndarray
    hold: np.ndarray
    v_pu: np.ndarray
    combinations: np.ndarray
    combination: np.ndarray
    tolerance_pu: float

    def hours(self, steps: np.ndarray) -> Hours:
        """The given values of some hours, nodes by hours."""
        p, q = (np.ascontiguousarray(a[steps][:, self.kept].T) / BASE_MVA for a in (self.p_mw, self.q_mvar))
        return Hours(p, q, self.hold[:, steps], self.v_pu[:, steps], self.combination[steps])

    def mean(self, steps: np.ndarray) -> Hours:
        """Mean of some hours as one column; a holder holds if it does so in most of them."""
        p, q = (a[steps].mean(axis=0)[self.kept, None] / BASE_MVA for a in (self.p_mw, self.q_mvar))
        hold = self.hold[:, steps]
        v_pu = np.where(hold, self.v_pu[:, steps], 0.0).sum(axis=1) / np.maximum(hold.sum(axis=1), 1)
        return Hours(p, q, (hold.mean(axis=1) > 0.5)[:, None], v_pu[:, None], np.zeros(1, dtype=int))

    def equations(self, model: Branches, banks: Shunts, step: np.ndarray) -> Equations:
        """The equations of one pattern of taps and banks."""
        kept = np.zeros(len(model.nodes), dtype=bool)
        kept[self.kept] = True
        network = reduce_network(admittance_matrix(model, banks, step), kept, self.alive)
        return Equations(network, self.weight, self.reference, self.holder, self.angle_rad)


def make_task(
    model: Branches,
    p_mw: np.ndarray,
    q_mvar: np.ndarray,
    v_set: Mapping[str, float | np.ndarray],
    slack_bus: Mapping[str, float],
    tolerance_mva: float,
) -> Task:
    """Choose the nodes to keep (power, a held voltage or the slack) and number the holders."""
    n_hours, number = len(p_mw), {name: k for k, name in enumerate(model.nodes.name[: model.nodes.n_bus])}
    keep = (np.abs(p_mw).max(axis=0, initial=0.0) + np.abs(q_mvar).max(axis=0, initial=0.0)) > 0
    holder, slack = [number[b] for b in v_set], [number[b] for b in slack_bus]
    keep[holder + slack] = True
    alive = island_of(model, slack[0])
    kept = np.flatnonzero(keep & alive[: len(keep)])
    position = np.full(len(keep), -1)
    position[kept] = np.arange(len(kept))
    v_pu = np.stack([np.broadcast_to(np.asarray(v, dtype=float), n_hours) for v in v_set.values()])
    hold = ~np.isnan(v_pu)
    combinations, combination = np.unique(hold, axis=1, return_inverse=True)
    share = np.array(list(slack_bus.values()), dtype=float)
    weight = np.zeros(len(kept))
    weight[position[slack]] = share / share.sum()
    return Task(
        p_mw=p_mw, q_mvar=q_mvar, kept=kept, alive=alive, weight=weight, reference=int(position[slack[0]]),
        holder=position[holder], angle_rad=shift_angles(model, slack[0])[kept], hold=hold,
        v_pu=np.where(hold, v_pu, 1.0), combinations=combinations, combination=combination.ravel(),
        tolerance_pu=tolerance_mva / BASE_MVA,
    )


@dataclass(frozen=True)
class Sheets:
    """Result arrays (see :class:`gridsim.ac.state.AcState`) before they are handed out; NaN until an hour is solved."""

    converged: np.ndarray
    cause: np.ndarray
    vm_pu: np.ndarray
    loading_percent: np.ndarray
    p_from_mw: np.ndarray
    element_losses_mw: np.ndarray
    losses_mw: np.ndarray
    slack_mw: np.ndarray
    q_holder_mvar: np.ndarray


def empty_sheets(n_hours: int, n_bus: int, n_element: int, n_holder: int) -> Sheets:
    """Sheets for all hours, nothing solved."""

    def single(n: int) -> np.ndarray:
        return np.full((n_hours, n), np.nan, dtype=np.float32)

    return Sheets(
        converged=np.zeros(n_hours, dtype=bool), cause=np.full(n_hours, "", dtype=object), vm_pu=single(n_bus),
        loading_percent=single(n_element), p_from_mw=single(n_element), element_losses_mw=single(n_element),
        losses_mw=np.full(n_hours, np.nan), slack_mw=np.full(n_hours, np.nan), q_holder_mvar=single(n_holder),
    )


@dataclass(frozen=True)
class Job:
    """Hours of one pattern and season: solve a block, or retry one hour.  Each writes rows of its own."""

    task: Task
    eq: Equations
    chord: Chord
    meter: Meter
    sheets: Sheets
    counted: np.ndarray  # (element,) not an equivalent
    nodes: Nodes

    def solve(self, steps: np.ndarray) -> np.ndarray:
        """Chord steps for a block; returns the hours that are left."""
        given = self.task.hours(steps)
        found = chord_solve(self.eq, given, self.chord, tolerance_pu=self.task.tolerance_pu)
        good = self._good(found)
        if good.all():
            self._write(steps, given, found)
        elif good.any():
            part = Solution(found.x_pu[:, good], found.sigma_pu[good], found.mismatch_pu[good])
            self._write(steps[good], given.take(good), part)
        return steps[~good]

    def retry(self, step: int) -> None:
        """One hour by full Newton, from the pattern's mean hour and from a flat start; a failure gets its cause."""
        steps, chord, tolerance = np.array([step]), self.chord, self.task.tolerance_pu
        given = self.task.hours(steps)
        found = newton(self.eq, given, chord.start_pu, chord.start_sigma_pu, tolerance_pu=tolerance)
        if not self._good(found)[0]:
            flat = flat_start(self.eq, given.v_pu[:, 0], given.hold[:, 0])
            again = newton(self.eq, given, flat, 0.0, tolerance_pu=tolerance)
            found = again if self._good(again)[0] or again.mismatch_pu[0] < found.mismatch_pu[0] else found
        if self._good(found)[0]:
            self._write(steps, given, found)
        else:
            self.sheets.cause[step] = self._cause(given, found)

    def _good(self, found: Solution) -> np.ndarray:
        """Solved, and not on the low-voltage branch that the equations have as well, (time,)."""
        m = len(self.eq.weight)
        lowest = (found.x_pu[:m] ** 2 + found.x_pu[m:] ** 2).min(axis=0)
        return (found.mismatch_pu <= self.task.tolerance_pu) & (lowest > COLLAPSE_PU**2)

    def _write(self, steps: np.ndarray, given: Hours, found: Solution) -> None:
        out, m = self.sheets, len(self.eq.weight)
        v_pu = self.eq.network.voltages(found.x_pu[:m] + 1j * found.x_pu[m:])
        loading, p_from, losses = self.meter.read(v_pu)
        out.converged[steps] = True
        out.vm_pu[steps] = np.abs(v_pu[: out.vm_pu.shape[1]]).T
        out.loading_percent[steps], out.p_from_mw[steps], out.element_losses_mw[steps] = loading.T, p_from.T, losses.T
        out.losses_mw[steps], out.slack_mw[steps] = losses[self.counted].sum(axis=0), found.sigma_pu * BASE_MVA
        held = self.eq.holder
        current = self.eq.network.y_real[np.concatenate([held, m + held])] @ found.x_pu
        q_pu = found.x_pu[m + held] * current[: len(held)] - found.x_pu[held] * current[len(held) :] - given.q_pu[held]
        out.q_holder_mvar[steps] = np.where(given.hold, q_pu * BASE_MVA, np.nan).T

    def _cause(self, given: Hours, found: Solution) -> str:
        """Where the mismatch is largest at the point of least mismatch that Newton reached, or the voltage lowest."""
        m, names = len(self.eq.weight), self.nodes.name[self.task.kept]
        if found.mismatch_pu[0] <= self.task.tolerance_pu:
            vm_pu = np.hypot(found.x_pu[:m, 0], found.x_pu[m:, 0])
            return f"voltage collapse near {names[vm_pu.argmin()]}: only {vm_pu.min():.2f} p.u."
        worst = int(np.abs(residual(self.eq, given, found.x_pu, found.sigma_pu)[:, 0]).argmax()) % m
        return f"voltage collapse near {names[worst]}: {found.mismatch_pu[0] * BASE_MVA:.1f} MVA cannot be met"

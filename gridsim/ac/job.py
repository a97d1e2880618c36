"""Blocks of hours of one base pattern and season: solved, brought to rest, and written on the sheets."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from gridsim.ac.flows import Meter
from gridsim.ac.newton import Equations, Hours, Solution, flat_start, newton, residual
from gridsim.ac.settle import Place, Settled, by_chord, settle
from gridsim.electrical import BASE_MVA, Nodes, with_taps


@dataclass(frozen=True)
class Sheets:
    """Result arrays (see :class:`gridsim.ac.state.AcState`) before they are handed out; NaN until an hour is solved.

    ``tap`` (time, branch) and ``step`` (time, bank) say where everything stood.
    """

    converged: np.ndarray
    cause: np.ndarray
    vm_pu: np.ndarray
    loading_percent: np.ndarray
    p_from_mw: np.ndarray
    element_losses_mw: np.ndarray
    losses_mw: np.ndarray
    slack_mw: np.ndarray
    q_holder_mvar: np.ndarray
    at_limit: np.ndarray
    unsettled: np.ndarray
    tap: np.ndarray
    step: np.ndarray


def empty_sheets(n_hours: int, *, bus: int, element: int, holder: int, branch: int, bank: int) -> Sheets:
    """Sheets for all hours, nothing solved."""

    def single(n: int) -> np.ndarray:
        return np.full((n_hours, n), np.nan, dtype=np.float32)

    return Sheets(
        converged=np.zeros(n_hours, dtype=bool), cause=np.full(n_hours, "", dtype=object), vm_pu=single(bus),
        loading_percent=single(element), p_from_mw=single(element), element_losses_mw=single(element),
        losses_mw=np.full(n_hours, np.nan), slack_mw=np.full(n_hours, np.nan), q_holder_mvar=single(holder),
        at_limit=np.zeros((n_hours, holder), dtype=np.int8), unsettled=np.full(n_hours, "", dtype=object),
        tap=np.zeros((n_hours, branch), dtype=np.int16), step=np.zeros((n_hours, bank), dtype=np.int16),
    )


@dataclass(frozen=True)
class Job:
    """Hours of one base pattern and season: solve a block, or retry one hour.  Each writes rows of its own."""

    place: Place
    meter: Meter
    sheets: Sheets
    counted: np.ndarray  # (element,) not an equivalent
    nodes: Nodes

    def solve(self, steps: np.ndarray) -> np.ndarray:
        """Chord steps for a block; returns the hours that are left."""
        settled = settle(self.place, steps, by_chord(self.place.chord))
        good = self.place.good(settled.found, self.place.task.tolerance_pu)
        if good.any():
            self._write(steps[good], settled if good.all() else _take(settled, good))
        return steps[~good]

    def retry(self, step: int) -> None:
        """One hour by full Newton, from the pattern's mean hour and from a flat start; a failure gets its cause.

        Taps and banks stay where they began; reactive limits are kept.
        """
        place, stand = self.place, self.place.start(np.array([step]))
        tap, steps_on = stand.tap[:, 0], stand.step[:, 0]
        eq = place.task.equations(with_taps(place.model, tap), place.banks, steps_on)
        place = replace(place, eq=eq, tap=tap, step=steps_on, control=None)
        tried: list[tuple[Hours, Solution]] = []

        def by_newton(eq: Equations, given: Hours, x: np.ndarray, sigma: np.ndarray, tolerance: float) -> Solution:
            found = newton(eq, given, x[:, 0], float(sigma[0]), tolerance_pu=tolerance)
            if not place.good(found, tolerance)[0]:
                flat = flat_start(eq, given.v_pu[:, 0], given.hold[:, 0])
                again = newton(eq, given, flat, 0.0, tolerance_pu=tolerance)
                better = place.good(again, tolerance)[0] or again.mismatch_pu[0] < found.mismatch_pu[0]
                found = again if better else found
            tried.append((given, found))
            return found

        settled = settle(place, np.array([step]), by_newton)
        if place.good(settled.found, place.task.tolerance_pu)[0]:
            self._write(np.array([step]), replace(settled, moving=np.array([self.place.control is not None])))
        else:
            self.sheets.cause[step] = self._cause(place, *tried[-1])

    def _write(self, steps: np.ndarray, settled: Settled) -> None:
        out, found, stand, place = self.sheets, settled.found, settled.stand, self.place
        m, task = len(place.eq.weight), place.task
        v_pu, dead = place.eq.network.voltages(found.x_pu[:m] + 1j * found.x_pu[m:]), ~task.alive
        v_pu[dead] = 0.0  # what nothing connects carries nothing
        gain = np.zeros((0, len(steps))) if task.moving is None else task.moving.gain(stand.tap)
        loading, p_from, losses = self.meter.read(v_pu, gain)
        out.converged[steps] = True
        out.vm_pu[steps] = np.abs(v_pu[: out.vm_pu.shape[1]]).T
        out.vm_pu[np.ix_(steps, np.flatnonzero(dead[: out.vm_pu.shape[1]]))] = np.nan
        out.loading_percent[steps], out.p_from_mw[steps], out.element_losses_mw[steps] = loading.T, p_from.T, losses.T
        out.losses_mw[steps], out.slack_mw[steps] = losses[self.counted].sum(axis=0), found.sigma_pu * BASE_MVA
        q_pu = place.holder_q_pu(steps, settled.given, found.x_pu)
        out.q_holder_mvar[steps] = np.where(task.hold[:, steps], q_pu * BASE_MVA, np.nan).T
        out.at_limit[steps] = stand.at_limit.T
        out.tap[steps], out.step[steps] = stand.tap.T, stand.step.T
        out.unsettled[steps] = np.select(
            [settled.moving, settled.limited],
            ["taps or banks had not come to rest", "a reactive limit and a set point contradict each other"], "",
        )

    def _cause(self, place: Place, given: Hours, found: Solution) -> str:
        """Where the mismatch is largest at the point of least mismatch that Newton reached, or the voltage lowest,
        and up to which share of its power the hour has a solution."""
        eq, task = place.eq, place.task
        m, names = len(eq.weight), self.nodes.name[task.kept]
        vm_pu = np.hypot(found.x_pu[:m, 0], found.x_pu[m:, 0])
        if found.mismatch_pu[0] <= task.tolerance_pu:
            what = f"voltage collapse near {names[vm_pu.argmin()]}: only {vm_pu.min():.2f} p.u."
        else:
            worst = int(np.abs(residual(eq, given, found.x_pu, found.sigma_pu)[:, 0]).argmax()) % m
            missing = f"{found.mismatch_pu[0] * BASE_MVA:.1f} MVA cannot be met"
            what = f"voltage collapse near {names[worst]}: {missing}"
        return f"{what}; {_reach(place, given)}"


def _reach(place: Place, given: Hours) -> str:
    """Up to which share of all its power an hour has a solution, by bisection."""
    low, high, eq, tolerance = 0.0, 1.0, place.eq, place.task.tolerance_pu
    x = flat_start(eq, given.v_pu[:, 0], given.hold[:, 0])
    sigma = 0.0
    for _ in range(6):
        share = (low + high) / 2
        some = replace(given, p_pu=share * given.p_pu, q_pu=share * given.q_pu)
        found = newton(eq, some, x, sigma, tolerance_pu=tolerance)
        if place.good(found, tolerance)[0]:
            low, x, sigma = share, found.x_pu[:, 0], float(found.sigma_pu[0])
        else:
            high = share
    return f"solvable up to {100 * low:.0f} % of its power" if low > 0 else "not solvable at any share of its power"


def _take(settled: Settled, good: np.ndarray) -> Settled:
    found = settled.found
    part = Solution(found.x_pu[:, good], found.sigma_pu[good], found.mismatch_pu[good])
    stand, given = settled.stand.take(good), settled.given.take(good)
    return Settled(part, stand, given, settled.moving[good], settled.limited[good])


"""The power flow equations of many hours at once: chord Newton with one inverse, full Newton for the rest.

Unknowns per hour are the rectangular voltages x = [e; f] of the kept nodes and sigma, the power the
slack nodes share; equations, with I = Y V::

    P:  e Re I + f Im I - p - w sigma = 0          every node; w = slack weights, sum 1
    Q:  f Re I - e Im I - q = 0                    nodes that do not hold a voltage
    V:  e^2 + f^2 - v^2 + 2 v s (f Re I - e Im I - q) = 0      nodes that hold one; s = 0, or the droop of
                                                   a Q(U) characteristic: V = v - s (Q - q) near v
    f_reference = 0                                (its column carries sigma)

Chord Newton keeps one inverse Jacobian per pattern of taps and banks; a step for a block of hours is
then two dense products.  A node that holds its voltage in some hours only changes its row of the
Jacobian: the exact correction is a system of the size of the number of such nodes (Woodbury), so
every combination of plants on, off or at a reactive limit shares the inverse.  Steps are in single,
mismatches in double precision: the result is as accurate as the mismatch.

Hours left over are solved one by one with Newton steps of optimal length: in rectangular coordinates
the mismatch along a step is a parabola, so the best length follows from a cubic, and the method
stalls at the point of least mismatch where no solution exists (Iwamoto & Tamura 1981,
doi:10.1109/TPAS.1981.316511).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import scipy.sparse as sp

from gridsim.ac.moving import Moving
from gridsim.ac.reduction import Reduced

#: chord steps before an hour is handed to the full Newton method.
MAX_CHORD_STEPS = 30
#: share of entries below which a sparse product is the faster one (measured: 155 and 320 nodes, 256 hours).
SPARSE_SHARE = 0.12
#: residual at which an hour has run away from the chord. [p.u.]
HOPELESS_PU = 1e6
#: Newton steps before an hour is declared without solution.
MAX_NEWTON_STEPS = 40


@dataclass(frozen=True)
class Equations:
    """The equations of one pattern.

    Attributes
    ----------
    network : Reduced
    weight : ndarray, (m,)
        Slack weights of the kept nodes, sum 1.
    reference : int
        Kept node whose angle is zero.
    holder : ndarray of int, (h,)
        Kept nodes that hold their voltage in at least one hour.
    angle_rad : ndarray, (m,)
        Angles of the flat start: phase shifts of the transformers on the way from the reference. [rad]
    slope : ndarray, (h,) or (1,)
        Droop of each holder: voltage per reactive power, 0 holds exactly. [p.u.]
    moving : Moving, optional
        What stands elsewhere in some of the hours.
    """

    network: Reduced
    weight: np.ndarray
    reference: int
    holder: np.ndarray
    angle_rad: np.ndarray
    slope: np.ndarray = field(default_factory=lambda: np.zeros(1))
    moving: Moving | None = None

    @cached_property
    def wide(self) -> sp.csr_array | np.ndarray:
        """[Y, spread]: currents into the network from the voltages and the terms of what moves.

        Sparse where few entries are not zero; what the reduction has filled in is faster dense.
        """
        y = self.network.sparse
        both = y if self.moving is None else sp.csr_array(sp.hstack([y, self.moving.spread]))
        return both if both.nnz < SPARSE_SHARE * both.shape[0] * both.shape[1] else both.toarray()

    @cached_property
    def holder_rows(self) -> sp.csr_array | np.ndarray:
        """The rows of ``wide`` at the holders."""
        return self.wide[self.holder]

    def currents(self, given: Hours, v_pu: np.ndarray) -> np.ndarray:
        """Currents into the network, complex, (m, time), at the kept nodes' voltages (m, time). [p.u.]"""
        if self.moving is None:
            return self.wide @ v_pu
        return self.wide @ np.concatenate([v_pu, self.moving.terms(given.moved, v_pu)])


@dataclass(frozen=True)
class Hours:
    """What is given in each hour; columns are hours.

    ``p_pu, q_pu`` (m, time) injections, ``hold`` (h, time) which holders hold, ``v_pu`` (h, time) at
    what, ``moved`` (coefficient, time) what moving parts add to the matrix (no rows: nothing).
    """

    p_pu: np.ndarray
    q_pu: np.ndarray
    hold: np.ndarray
    v_pu: np.ndarray
    moved: np.ndarray

    def take(self, columns: np.ndarray | slice) -> Hours:
        """Some of the hours."""
        return Hours(*(a[..., columns] for a in (self.p_pu, self.q_pu, self.hold, self.v_pu, self.moved)))


@dataclass(frozen=True)
class Solution:
    """Voltages ``x_pu`` = [e; f] (2m, time), slack power ``sigma_pu`` and largest residual ``mismatch_pu`` (time,)."""

    x_pu: np.ndarray
    sigma_pu: np.ndarray
    mismatch_pu: np.ndarray


@dataclass(frozen=True)
class Chord:
    """What chord steps of a pattern need.

    Attributes
    ----------
    start_pu : ndarray (2m,), start_sigma_pu : float
        Solution of the mean hour.
    inverse : float32 (2m, 2m)
        Inverse Jacobian there, with the rows of ``base`` for the holders.
    base : ndarray of bool, (h,)
        Which holders hold in that Jacobian.
    other : float32 (h, 2m)
        The rows of the opposite kind.
    effect : float32 (2m, h)
        Columns of the inverse that belong to the holders' rows.
    sensitivity : ndarray (h, h)
        ``other @ effect``.
    """

    start_pu: np.ndarray
    start_sigma_pu: float
    inverse: np.ndarray
    base: np.ndarray
    other: np.ndarray
    effect: np.ndarray
    sensitivity: np.ndarray


def jacobian(eq: Equations, x_pu: np.ndarray, hold: np.ndarray) -> np.ndarray:
    """Jacobian at one point, (2m, 2m): rows [P; Q or V], columns [e; f], the reference's f replaced by sigma."""
    m, y_real = len(eq.weight), eq.network.y_real
    e, f = x_pu[:m, None], x_pu[m:, None]
    current = y_real @ x_pu
    re, im = current[:m], current[m:]
    # d(Re I)/dx = y_real[:m], d(Im I)/dx = y_real[m:]
    out = np.empty((2 * m, 2 * m))
    out[:m] = e * y_real[:m] + f * y_real[m:]
    out[m:] = f * y_real[:m] - e * y_real[m:]
    node = np.arange(m)
    out[node, node] += re
    out[node, m + node] += im
    out[m + node, node] -= im
    out[m + node, m + node] += re
    held = eq.holder[hold]
    slope = np.broadcast_to(eq.slope, len(hold))[hold] * 2.0 * np.hypot(x_pu[held], x_pu[m + held])
    out[m + held] = _voltage_rows(x_pu, held, m) + slope[:, None] * out[m + held]
    out[:, m + eq.reference] = 0.0
    out[:m, m + eq.reference] = -eq.weight
    return out


def _voltage_rows(x_pu: np.ndarray, nodes: np.ndarray, m: int) -> np.ndarray:
    rows, k = np.zeros((len(nodes), 2 * m)), np.arange(len(nodes))
    rows[k, nodes], rows[k, m + nodes] = 2 * x_pu[nodes], 2 * x_pu[m + nodes]
    return rows


def residual(eq: Equations, given: Hours, x_pu: np.ndarray, sigma_pu: np.ndarray) -> np.ndarray:
    """Residuals of all equations, (2m, time)."""
    m = len(eq.weight)
    e, f = x_pu[:m], x_pu[m:]
    v_pu = e + 1j * f
    s_pu = v_pu * np.conj(eq.currents(given, v_pu))
    out = np.empty_like(x_pu)
    p, q = out[:m], out[m:]
    np.subtract(s_pu.real, given.p_pu, out=p)
    np.subtract(s_pu.imag, given.q_pu, out=q)
    slack = np.flatnonzero(eq.weight)
    p[slack] -= eq.weight[slack, None] * sigma_pu
    h, slope = eq.holder, eq.slope[:, None]
    q[h] = np.where(given.hold, e[h] ** 2 + f[h] ** 2 - given.v_pu**2 + 2.0 * slope * given.v_pu * q[h], q[h])
    return out


def reactive_power(eq: Equations, given: Hours, x_pu: np.ndarray) -> np.ndarray:
    """Reactive power the holders' nodes take from what is connected to them, (h, time). [p.u.]"""
    m, h = len(eq.weight), eq.holder
    v_pu = x_pu[:m] + 1j * x_pu[m:]
    terms = [v_pu] if eq.moving is None else [v_pu, eq.moving.terms(given.moved, v_pu)]
    return (v_pu[h] * np.conj(eq.holder_rows @ np.concatenate(terms))).imag


def _largest(residual: np.ndarray) -> np.ndarray:
    return np.maximum(residual.max(axis=0), -residual.min(axis=0))


def flat_start(eq: Equations, v_pu: np.ndarray, hold: np.ndarray) -> np.ndarray:
    """1 p.u. everywhere, set points where they are held, the angles of the vector groups, (2m,)."""
    magnitude = np.ones(len(eq.weight))
    magnitude[eq.holder[hold]] = v_pu[hold]
    return np.concatenate([magnitude * np.cos(eq.angle_rad), magnitude * np.sin(eq.angle_rad)])


def newton(
    eq: Equations, given: Hours, start_pu: np.ndarray, start_sigma_pu: float, *, tolerance_pu: float
) -> Solution:
    """One hour by full Newton steps of optimal length.

    Parameters
    ----------
    eq : Equations
    given : Hours
        One column.
    start_pu, start_sigma_pu
        Start, (2m,) and scalar.
    tolerance_pu : float
        Largest residual accepted.

    Returns
    -------
    Solution
        One column; ``mismatch_pu`` above the tolerance means that the method stalled there: the
        point of least mismatch it could reach.
    """
    m = len(eq.weight)
    x, sigma = start_pu[:, None].copy(), np.array([start_sigma_pu])
    gap = residual(eq, given, x, sigma)
    for _ in range(MAX_NEWTON_STEPS):
        if _largest(gap)[0] <= tolerance_pu:
            break
        try:
            step = np.linalg.solve(jacobian(eq, x[:, 0], given.hold[:, 0]), -gap)
        except np.linalg.LinAlgError:
            break
        d_sigma, step[m + eq.reference] = step[m + eq.reference].copy(), 0.0
        full = residual(eq, given, x + step, sigma + d_sigma)
        length = _optimal_length(gap[:, 0], full[:, 0])
        if length < 1e-4:
            break
        x, sigma = x + length * step, sigma + length * d_sigma
        gap = residual(eq, given, x, sigma)
    return Solution(x, sigma, _largest(gap))


def _optimal_length(now: np.ndarray, full: np.ndarray) -> float:
    """mu that minimises |(1 - mu) a + mu^2 c|^2, the residual along a step (a: now, c: after a full step)."""
    aa, ac, cc = now @ now, now @ full, full @ full
    if not np.isfinite(cc) or cc < 1e-2 * aa:
        return 1.0 if np.isfinite(cc) else 0.0
    roots = np.roots([4 * cc, -6 * ac, 2 * aa + 4 * ac, -2 * aa])
    mu = roots[np.abs(roots.imag) < 1e-9].real
    value = (1 - mu) ** 2 * aa + 2 * (1 - mu) * mu**2 * ac + mu**4 * cc
    return float(mu[np.argmin(value)])


def make_chord(eq: Equations, mean: Hours, *, start: Chord | None, tolerance_pu: float) -> Chord:
    """Solve the mean hour of a pattern and invert its Jacobian.

    Parameters
    ----------
    eq : Equations
    mean : Hours
        One column: mean injections, the holders that mostly hold, their mean set points.
    start : Chord, optional
        Chord of a neighbouring pattern to begin from.
    tolerance_pu : float

    Returns
    -------
    Chord
        About the mean hour's solution, or about the flat start if it has none: chord steps only need a
        Jacobian that is near, and every hour is judged by its own mismatch.
    """
    base, m = mean.hold[:, 0], len(eq.weight)
    solved = None if start is None else chord_solve(eq, mean, start, tolerance_pu=tolerance_pu)
    if solved is None or not solved.mismatch_pu[0] <= tolerance_pu:
        x0 = flat_start(eq, mean.v_pu[:, 0], base) if start is None else start.start_pu
        solved = newton(eq, mean, x0, 0.0 if start is None else start.start_sigma_pu, tolerance_pu=tolerance_pu)
    x, sigma = solved.x_pu[:, 0], float(solved.sigma_pu[0])
    if not solved.mismatch_pu[0] <= tolerance_pu:
        x, sigma = flat_start(eq, mean.v_pu[:, 0], base), 0.0
    q_rows, v_rows = (jacobian(eq, x, np.full(len(base), kind))[m + eq.holder] for kind in (False, True))
    inverse = np.linalg.inv(jacobian(eq, x, base))
    other, effect = np.where(base[:, None], q_rows, v_rows), inverse[:, m + eq.holder]
    single = [np.ascontiguousarray(a, dtype=np.float32) for a in (inverse, other, effect)]
    return Chord(x, sigma, single[0], base, single[1], single[2], other @ effect)


def chord_solve(
    eq: Equations,
    given: Hours,
    chord: Chord,
    *,
    tolerance_pu: float,
    start: tuple[np.ndarray, np.ndarray] | None = None,
) -> Solution:
    """A block of hours by chord steps from the chord's point; hours that do not converge keep a large mismatch.

    Converged hours leave the block as soon as they are half of it, so a few slow hours cost little;
    hours that run away leave it at once.  ``start`` = (voltages (2m, time), slack power (time,)) instead of
    the chord's point, e.g. the hours' own solutions at other positions.
    """
    n = given.p_pu.shape[1]
    x_all, sigma_all, mismatch_all = np.empty((len(chord.start_pu), n)), np.empty(n), np.full(n, np.inf)
    x, sigma = start or (np.repeat(chord.start_pu[:, None], n, axis=1), np.full(n, chord.start_sigma_pu))
    x, sigma = (x.copy(), sigma.copy()) if start else (x, sigma)
    column, switch, rows = np.arange(n), *_switches(chord, given.hold)
    for _ in range(MAX_CHORD_STEPS):
        gap = residual(eq, given, x, sigma)
        mismatch = _largest(gap)
        done = (mismatch <= tolerance_pu) | ~(mismatch < HOPELESS_PU)
        if done.mean() >= 0.5 or not mismatch.max() < HOPELESS_PU:
            ready = column[done]
            x_all[:, ready], sigma_all[ready], mismatch_all[ready] = x[:, done], sigma[done], mismatch[done]
            left = np.flatnonzero(~done)
            if not len(left):
                return Solution(x_all, sigma_all, mismatch_all)
            column, given, x, sigma = column[left], given.take(left), x[:, left], sigma[left]
            gap = gap[:, left]
        step = _chord_step(eq, given, chord, gap.astype(np.float32), switch[column] if len(rows) else switch, rows)
        sigma -= step[len(eq.weight) + eq.reference]
        step[len(eq.weight) + eq.reference] = 0.0
        x -= step
    x_all[:, column], sigma_all[column] = x, sigma
    mismatch_all[column] = _largest(residual(eq, given, x, sigma))
    return Solution(x_all, sigma_all, mismatch_all)


def _switches(chord: Chord, hold: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Inverse of the sensitivity restricted to the holders that differ from the chord's base, hour by hour.

    float32 (time, r, r), and the r holders that differ in any of the hours; rows of holders that do not differ
    in an hour are the identity, and nothing is asked of them.
    """
    differs = hold != chord.base[:, None]
    rows = np.flatnonzero(differs.any(axis=1))
    if not len(rows):
        return np.zeros((0, 0, 0), dtype=np.float32), rows
    combinations, which = np.unique(differs[rows], axis=1, return_inverse=True)
    both = combinations.T[:, :, None] & combinations.T[:, None, :]
    blocks = np.where(both, chord.sensitivity[np.ix_(rows, rows)], np.eye(len(rows))).astype(np.float32)
    return np.linalg.inv(blocks)[which.ravel()], rows


def _chord_step(
    eq: Equations, given: Hours, chord: Chord, right: np.ndarray, switch: np.ndarray, holders: np.ndarray
) -> np.ndarray:
    """J^-1 R for a block, with the rows of the holders that differ from the chord's base exchanged (float32)."""
    if not len(holders):
        return chord.inverse @ right
    rows, switched = len(eq.weight) + eq.holder[holders], given.hold[holders] != chord.base[holders, None]
    wanted = np.where(switched, right[rows], np.float32(0))
    right[rows] -= wanted
    step = chord.inverse @ right
    gap = np.where(switched, wanted - chord.other[holders] @ step, np.float32(0))
    step += chord.effect[:, holders] @ np.matmul(switch, gap.T[:, :, None])[:, :, 0].T
    return step

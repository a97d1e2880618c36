"""The power flow equations of many hours at once: chord Newton with one inverse, full Newton for the rest.

Unknowns per hour are the rectangular voltages x = [e; f] of the kept nodes and sigma, the power the
slack nodes share; equations, with I = Y V::

    P:  e Re I + f Im I - p - w sigma = 0          every node; w = slack weights, sum 1
    Q:  f Re I - e Im I - q = 0                    nodes that do not hold a voltage
    V:  e^2 + f^2 - v^2 = 0                        nodes that hold one
    f_reference = 0                                (its column carries sigma)

Chord Newton keeps one inverse Jacobian per pattern of taps and banks; a step for a block of hours is
then two dense products.  A node that holds its voltage in some hours only changes its row of the
Jacobian: the exact correction is a system of the size of the number of such nodes (Woodbury), so
every combination of plants on and off shares the inverse.  Steps are in single, mismatches in double
precision: the result is as accurate as the mismatch.

Hours left over are solved one by one with Newton steps of optimal length: in rectangular coordinates
the mismatch along a step is a parabola, so the best length follows from a cubic, and the method
stalls at the point of least mismatch where no solution exists (Iwamoto & Tamura 1981,
doi:10.1109/TPAS.1981.316511).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gridsim.ac.reduction import Reduced

#: chord steps before an hour is handed to the full Newton method.
MAX_CHORD_STEPS = 30
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
    """

    network: Reduced
    weight: np.ndarray
    reference: int
    holder: np.ndarray
    angle_rad: np.ndarray


@dataclass(frozen=True)
class Hours:
    """What is given in each hour; columns are hours.

    ``p_pu, q_pu`` (m, time) injections, ``hold`` (h, time) which holders hold, ``v_pu`` (h, time) at
    what, ``combination`` (time,) number of the column of ``hold`` among all different ones.
    """

    p_pu: np.ndarray
    q_pu: np.ndarray
    hold: np.ndarray
    v_pu: np.ndarray
    combination: np.ndarray

    def take(self, columns: np.ndarray | slice) -> Hours:
        """Some of the hours."""
        return Hours(*(a[..., columns] for a in (self.p_pu, self.q_pu, self.hold, self.v_pu, self.combination)))


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
    switch : float32 (combination, h, h)
        Inverse of ``other @ effect`` restricted to the holders that differ from ``base``, zero elsewhere.
    """

    start_pu: np.ndarray
    start_sigma_pu: float
    inverse: np.ndarray
    base: np.ndarray
    other: np.ndarray
    effect: np.ndarray
    switch: np.ndarray


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
    out[m + held] = _voltage_rows(x_pu, held, m)
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
    current = eq.network.y_real @ x_pu
    e, f, re, im = x_pu[:m], x_pu[m:], current[:m], current[m:]
    out = np.empty_like(x_pu)
    p, q = out[:m], out[m:]
    np.multiply(e, re, out=p)
    p += f * im
    p -= given.p_pu
    slack = np.flatnonzero(eq.weight)
    p[slack] -= eq.weight[slack, None] * sigma_pu
    np.multiply(f, re, out=q)
    q -= e * im
    q -= given.q_pu
    h = eq.holder
    q[h] = np.where(given.hold, e[h] ** 2 + f[h] ** 2 - given.v_pu**2, q[h])
    return out


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


def make_chord(
    eq: Equations, mean: Hours, combinations: np.ndarray, *, start: Chord | None, tolerance_pu: float
) -> Chord:
    """Solve the mean hour of a pattern and invert its Jacobian.

    Parameters
    ----------
    eq : Equations
    mean : Hours
        One column: mean injections, the holders that mostly hold, their mean set points.
    combinations : ndarray of bool, (h, combination)
        All different columns of ``hold``.
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
    x0 = flat_start(eq, mean.v_pu[:, 0], base) if start is None else start.start_pu
    solved = newton(eq, mean, x0, 0.0 if start is None else start.start_sigma_pu, tolerance_pu=tolerance_pu)
    x, sigma = solved.x_pu[:, 0], float(solved.sigma_pu[0])
    if not solved.mismatch_pu[0] <= tolerance_pu:
        x, sigma = flat_start(eq, mean.v_pu[:, 0], base), 0.0
    q_rows, v_rows = (jacobian(eq, x, np.full(len(base), kind))[m + eq.holder] for kind in (False, True))
    inverse = np.linalg.inv(jacobian(eq, x, base))
    other, effect = np.where(base[:, None], q_rows, v_rows), inverse[:, m + eq.holder]
    sensitivity = other @ effect
    switch = np.zeros((combinations.shape[1], *sensitivity.shape), dtype=np.float32)
    for n, switched in enumerate((combinations != base[:, None]).T):
        block = np.ix_(switched, switched)
        switch[n][block] = np.linalg.inv(sensitivity[block])
    single = [np.ascontiguousarray(a, dtype=np.float32) for a in (inverse, other, effect)]
    return Chord(x, sigma, single[0], base, single[1], single[2], switch)


def chord_solve(eq: Equations, given: Hours, chord: Chord, *, tolerance_pu: float) -> Solution:
    """A block of hours by chord steps from the chord's point; hours that do not converge keep a large mismatch.

    Converged hours leave the block as soon as they are half of it, so a few slow hours cost little;
    hours that run away leave it at once.
    """
    n = given.p_pu.shape[1]
    x_all, sigma_all, mismatch_all = np.empty((len(chord.start_pu), n)), np.empty(n), np.full(n, np.inf)
    column, x, sigma = np.arange(n), np.repeat(chord.start_pu[:, None], n, axis=1), np.full(n, chord.start_sigma_pu)
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
        step = _chord_step(eq, given, chord, gap.astype(np.float32))
        sigma -= step[len(eq.weight) + eq.reference]
        step[len(eq.weight) + eq.reference] = 0.0
        x -= step
    x_all[:, column], sigma_all[column] = x, sigma
    mismatch_all[column] = _largest(residual(eq, given, x, sigma))
    return Solution(x_all, sigma_all, mismatch_all)


def _chord_step(eq: Equations, given: Hours, chord: Chord, right: np.ndarray) -> np.ndarray:
    """J^-1 R for a block, with the rows of the holders that differ from the chord's base exchanged (float32)."""
    rows, switched = len(eq.weight) + eq.holder, given.hold != chord.base[:, None]
    if not switched.any():
        return chord.inverse @ right
    wanted = np.where(switched, right[rows], np.float32(0))
    right[rows] -= wanted
    step = chord.inverse @ right
    gap = np.where(switched, wanted - chord.other @ step, np.float32(0))
    step += chord.effect @ np.matmul(chord.switch[given.combination], gap.T[:, :, None])[:, :, 0].T
    return step

"""Power flow after outages: chord Newton over columns that are (outage, hour) pairs of one pattern.

Every column starts from its hour's solution before the outage.  Currents are those of the unchanged network plus
the outage's correction (:mod:`gridsim.ac.outages`), so the mismatch is exact; the chord's inverse Jacobian is
corrected for the outage and for voltage holders that are on or off by one small system per outage and combination
of holders (Woodbury).  What the chord does not solve goes to a chord of its own, then to the full Newton method.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from gridsim.ac.newton import (
    HOPELESS_PU,
    Chord,
    Equations,
    Hours,
    chord_solve,
    flat_start,
    jacobian,
    make_chord,
    newton,
    residual,
)
from gridsim.ac.outages import Corrections, Outage, dead_nodes
from gridsim.electrical import BASE_MVA

#: chord steps before an outage is handed to the full Newton method.
MAX_STEPS = 25
#: share of a block's outages that must be solved before they leave it: leaving costs a copy of the rest.
LEAVE_SHARE = 0.25
#: a solution with a lower voltage somewhere is not an operating state. [p.u.]
COLLAPSE_PU = 0.5


@dataclass(frozen=True)
class Pattern:
    """Hours of one pattern of taps and banks before any outage.

    ``eq``, ``chord``, ``given`` as in :mod:`gridsim.ac.newton`; ``x_pu`` (2m, hour), ``sigma_pu`` (hour,) the
    solution; ``exchange`` float32 (h, 2m) the holders' rows of the other kind less those in the chord's Jacobian.
    """

    eq: Equations
    chord: Chord
    given: Hours
    x_pu: np.ndarray
    sigma_pu: np.ndarray
    exchange: np.ndarray

    def take(self, hours: slice | np.ndarray) -> Pattern:
        """Some of the hours."""
        given = self.given.take(hours)
        return replace(self, given=given, x_pu=self.x_pu[:, hours], sigma_pu=self.sigma_pu[hours])


def make_pattern(eq: Equations, chord: Chord, given: Hours, x_pu: np.ndarray, sigma_pu: np.ndarray) -> Pattern:
    """The solved hours of a pattern."""
    here = jacobian(eq, chord.start_pu, chord.base)[len(eq.weight) + eq.holder]
    return Pattern(eq, chord, given, x_pu, sigma_pu, chord.other - here.astype(np.float32))


@dataclass(frozen=True)
class Block:
    """Outages of one pattern with what their chord steps need; o = outage, r = real ranks, h = holder.

    ``into`` (o, 2m, r) and ``from_kept`` (o, r, 2m) change the currents; ``dead`` (o, m) kept nodes without supply;
    float32: ``ranks`` (o, 2m, r) columns of the inverse Jacobian for the change, ``rows`` (o, h, r) its part in the
    holders' rows, ``unknowns`` (o, r, 2m) ``from_kept`` with zero in the column that carries sigma.
    """

    outages: tuple[Outage, ...]
    corrections: Corrections
    into: np.ndarray
    from_kept: np.ndarray
    dead: np.ndarray
    ranks: np.ndarray
    rows: np.ndarray
    unknowns: np.ndarray


def make_block(eq: Equations, chord: Chord, outages: tuple[Outage, ...], change: Corrections) -> Block:
    """Corrections of some outages in real form, and through the chord's inverse."""
    m = len(eq.weight)
    into, from_kept = _real_form(change.into), _real_form(change.from_kept)
    e, f = chord.start_pu[:m, None], chord.start_pu[m:, None]
    ranks = np.concatenate([e * into[:, :m] + f * into[:, m:], f * into[:, :m] - e * into[:, m:]], axis=1)
    single, unknowns = ranks.astype(np.float32), from_kept.astype(np.float32)
    unknowns[:, :, m + eq.reference] = 0.0
    dead = dead_nodes(outages, eq.network.n_node)[:, eq.network.kept]
    wide = single.transpose(1, 0, 2)  # one product for all outages
    through = (chord.inverse @ wide.reshape(len(wide), -1)).reshape(wide.shape).transpose(1, 0, 2)
    through = np.ascontiguousarray(through)
    return Block(outages, change, into, from_kept, dead, through, single[:, m + eq.holder], unknowns)


def _real_form(a: np.ndarray) -> np.ndarray:
    """``[[Re, -Im], [Im, Re]]`` of the last two axes."""
    return np.concatenate([np.concatenate([a.real, -a.imag], -1), np.concatenate([a.imag, a.real], -1)], -2)


@dataclass(frozen=True)
class Solved:
    """Voltages ``x_pu`` (2m, outage, hour) of a block and which columns are solved, ``good`` (outage, hour)."""

    x_pu: np.ndarray
    good: np.ndarray


def solve_block(pattern: Pattern, block: Block, *, tolerance_pu: float) -> Solved:
    """All hours of a pattern after each outage of a block.

    Parameters
    ----------
    pattern : Pattern
    block : Block
    tolerance_pu : float
        Largest residual accepted.
    """
    m, (n, h) = len(pattern.eq.weight), (len(block.outages), pattern.x_pu.shape[1])
    steps, left = _make_steps(pattern, block), np.arange(n)
    x_all, good = np.empty((2 * m, n, h)), np.zeros((n, h), dtype=bool)
    x, sigma = np.repeat(pattern.x_pu[:, None, :], n, axis=1), np.repeat(pattern.sigma_pu[None], n, axis=0)
    for number in range(MAX_STEPS + 1):
        gap = steps.residual(x, sigma)
        mismatch = np.maximum(gap.max(axis=0), -gap.min(axis=0))
        solved = mismatch <= tolerance_pu
        done = (solved | ~(mismatch < HOPELESS_PU)).all(axis=1) | (number == MAX_STEPS)
        if done.mean() >= LEAVE_SHARE:
            x_all[:, left[done]], good[left[done]] = x[:, done], solved[done]
            left, stay = left[~done], np.flatnonzero(~done)
            if not len(left):
                break
            steps, x, sigma, gap = steps.take(stay), x[:, stay], sigma[stay], gap[:, stay]
        if not mismatch.max() < HOPELESS_PU:
            gap = np.clip(np.nan_to_num(gap), -HOPELESS_PU, HOPELESS_PU)
        step = steps.step(gap.astype(np.float32))
        sigma -= step[m + pattern.eq.reference]
        step[m + pattern.eq.reference] = 0.0
        x -= step
    return Solved(x_all, good & _fed(x_all, block.dead))


def _fed(x_pu: np.ndarray, dead: np.ndarray) -> np.ndarray:
    """No kept node that is supplied is on the low-voltage branch, (outage, hour)."""
    m = len(x_pu) // 2
    square = x_pu[:m] ** 2 + x_pu[m:] ** 2
    square[dead.T] = 1.0
    return square.min(axis=0) > COLLAPSE_PU**2


def _given_after(pattern: Pattern, dead: np.ndarray) -> tuple[Hours, np.ndarray]:
    """What is given in every column, and ``hold`` (h, outage, hour); what hangs on a dead node is gone."""
    on, given, eq = ~dead.T[:, :, None], pattern.given, pattern.eq
    hold = given.hold[:, None, :] & on[eq.holder]
    p, q = ((a[:, None, :] * on).reshape(len(a), -1) for a in (given.p_pu, given.q_pu))
    v_pu, moved = (np.tile(a, len(dead)) for a in (given.v_pu, given.moved))
    return Hours(p, q, hold.reshape(len(hold), -1), v_pu, moved), hold


@dataclass(frozen=True)
class _Steps:
    """Residuals and chord steps of the outages of a block that are left; ``small`` inverses of the small systems."""

    pattern: Pattern
    block: Block
    given: Hours
    hold: np.ndarray
    small: np.ndarray
    which: np.ndarray

    def take(self, some: np.ndarray) -> _Steps:
        """Some of the outages."""
        names = ("into", "from_kept", "dead", "ranks", "rows", "unknowns")
        block = replace(self.block, **{name: getattr(self.block, name)[some] for name in names})
        columns = np.arange(self.which.size).reshape(self.which.shape)[some].ravel()
        given = self.given.take(columns)
        return replace(self, block=block, given=given, hold=self.hold[:, some], which=self.which[some])

    def residual(self, x: np.ndarray, sigma: np.ndarray) -> np.ndarray:
        """Residuals of all equations, (2m, outage, hour); x (2m, outage, hour), sigma (outage, hour)."""
        eq, m = self.pattern.eq, len(self.pattern.eq.weight)
        out = residual(eq, self.given, x.reshape(2 * m, -1), sigma.ravel()).reshape(x.shape)
        change = (self.block.into @ (self.block.from_kept @ x.transpose(1, 0, 2))).transpose(1, 0, 2)
        e, f, re, im = x[:m], x[m:], change[:m], change[m:]
        out[:m] += e * re + f * im
        reactive = f * re - e * im
        reactive[eq.holder] = np.where(self.hold, 0.0, reactive[eq.holder])
        out[m:] += reactive
        return out

    def step(self, gap: np.ndarray) -> np.ndarray:
        """J'^-1 gap, (2m, outage, hour), float32."""
        chord, b = self.pattern.chord, self.block
        step = (chord.inverse @ gap.reshape(len(gap), -1)).reshape(gap.shape)
        by_outage, held = step.transpose(1, 0, 2), self.hold.transpose(1, 0, 2)
        rank = b.unknowns @ by_outage
        holder = np.where(held != chord.base[None, :, None], self.pattern.exchange @ by_outage, np.float32(0))
        holder -= np.where(held, b.rows @ rank, np.float32(0))
        right = np.concatenate([rank, holder], axis=1).transpose(0, 2, 1)[..., None]
        u = (self.small[self.which] @ right)[..., 0].transpose(0, 2, 1)
        r = rank.shape[1]
        step -= (b.ranks @ u[:, :r] + chord.effect @ u[:, r:]).transpose(1, 0, 2)
        return step


def _make_steps(pattern: Pattern, block: Block) -> _Steps:
    """With the inverses of (1 + Q J^-1 P) for every outage and combination of holders, and which a column takes."""
    chord, b = pattern.chord, block
    given, hold = _given_after(pattern, block.dead)
    held_by = pattern.given.hold
    numbers, first, combination = np.unique(held_by.T, axis=0, return_index=True, return_inverse=True)
    held = hold[:, :, first].transpose(1, 2, 0)[..., None]  # outage, combination, holder, 1
    effect = np.broadcast_to(chord.effect, (len(b.ranks), *chord.effect.shape))
    through = np.concatenate([b.ranks, effect], axis=2)
    rank = b.unknowns @ through
    exchanged = (pattern.exchange @ through)[:, None]
    holder = np.where(held != chord.base[:, None], exchanged, np.float32(0))
    holder -= np.where(held, (b.rows @ rank)[:, None], np.float32(0))
    rank = np.broadcast_to(rank[:, None], (*held.shape[:2], *rank.shape[1:]))
    system = np.concatenate([rank, holder], axis=2, dtype=np.float32)
    system += np.eye(system.shape[-1], dtype=np.float32)
    small = np.linalg.inv(system).reshape(-1, *system.shape[-2:])
    which = len(numbers) * np.arange(len(b.ranks))[:, None] + combination.ravel()
    return _Steps(pattern, block, given, hold, small, which)


@dataclass(frozen=True)
class Retried:
    """One outage solved again: ``x_pu`` (2m, hour), ``good`` (hour,), ``cause`` (hour,) empty where solved."""

    x_pu: np.ndarray
    good: np.ndarray
    cause: tuple[str, ...]


def retry(pattern: Pattern, block: Block, number: int, *, tolerance_pu: float, node_name: np.ndarray) -> Retried:
    """Hours of a pattern after one outage by a chord of its own, the rest by full Newton, twice.

    Parameters
    ----------
    pattern : Pattern
        The hours to solve.
    block : Block
    number : int
        The outage, in the block.
    tolerance_pu : float
    node_name : ndarray of str, (node,)
        For the cause.
    """
    network, dead = pattern.eq.network, block.dead[number : number + 1]
    y_real = network.y_real + block.into[number] @ block.from_kept[number]
    eq = replace(pattern.eq, network=network.with_matrix(y_real))
    given, _ = _given_after(pattern, dead)
    p, q, hold = given.p_pu, given.q_pu, given.hold
    mean_v = np.where(hold, given.v_pu, 0.0).sum(axis=1) / np.maximum(hold.sum(axis=1), 1)
    base = hold.mean(axis=1) > 0.5
    mean_p, mean_q = (a.mean(axis=1)[:, None] for a in (p, q))
    mean = Hours(mean_p, mean_q, base[:, None], mean_v[:, None], given.moved[:, :1])
    chord = make_chord(eq, mean, start=pattern.chord, tolerance_pu=tolerance_pu)
    found = chord_solve(eq, given, chord, tolerance_pu=tolerance_pu)
    x = found.x_pu
    good = (found.mismatch_pu <= tolerance_pu) & _fed(x[:, None], dead)[0]
    cause = [""] * len(good)
    for hour in np.flatnonzero(~good):
        one = given.take(np.array([hour]))
        flat = flat_start(eq, one.v_pu[:, 0], hold[:, hour])
        for start, sigma in ((pattern.x_pu[:, hour], float(pattern.sigma_pu[hour])), (flat, 0.0)):
            again = newton(eq, one, start, sigma, tolerance_pu=tolerance_pu)
            good[hour] = again.mismatch_pu[0] <= tolerance_pu and _fed(again.x_pu[:, None], dead)[0, 0]
            if good[hour]:
                x[:, hour] = again.x_pu[:, 0]
                break
        if not good[hour]:
            at = int(np.abs(residual(eq, one, again.x_pu, again.sigma_pu)[:, 0]).argmax()) % len(eq.weight)
            missing = f"{again.mismatch_pu[0] * BASE_MVA:.1f} MVA cannot be met"
            cause[hour] = f"voltage collapse near {node_name[network.kept[at]]}: {missing}"
    return Retried(x, good, tuple(cause))

"""Power flow after outages: chord Newton over columns that are (outage, hour) pairs of one pattern.

Every column starts from its hour's solution before the outage.  Currents are those of the pattern's own network plus
the outage's correction (:mod:`gridsim.ac.outages`), so the mismatch is exact; the chord's inverse Jacobian is
corrected for the outage and for voltage holders that are on or off by one small system per outage and combination
of holders (Woodbury).  Neighbouring patterns take their steps with the inverse and the small systems of one of them
(:class:`Lead`): a step need only be near, the mismatch decides.  What the chord does not solve goes to a chord of its
own, then to the full Newton method.
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
class Lead:
    """What the chord steps of neighbouring patterns share.

    ``eq`` of the pattern they come from, ``chord`` as in :mod:`gridsim.ac.newton`, ``held`` bool (combination, h)
    the combinations of holders in the hours, ``exchange`` float32 (h, 2m) the holders' rows of the other kind less
    those in the chord's Jacobian.
    """

    eq: Equations
    chord: Chord
    held: np.ndarray
    exchange: np.ndarray


def make_lead(eq: Equations, chord: Chord, held: np.ndarray) -> Lead:
    """A pattern that leads its neighbours; ``held`` (combination, h) which holders hold."""
    here = jacobian(eq, chord.start_pu, chord.base)[len(eq.weight) + eq.holder]
    return Lead(eq, chord, held, chord.other - here.astype(np.float32))


@dataclass(frozen=True)
class Pattern:
    """Solved hours of one pattern of taps and banks before any outage.

    ``eq``, ``given`` as in :mod:`gridsim.ac.newton`; ``x_pu`` (2m, hour), ``sigma_pu`` (hour,) the solution;
    ``combination`` (hour,) that of the holders, a row of ``lead.held``.
    """

    eq: Equations
    lead: Lead
    given: Hours
    x_pu: np.ndarray
    sigma_pu: np.ndarray
    combination: np.ndarray

    def take(self, hours: slice | np.ndarray) -> Pattern:
        """Some of the hours."""
        some = self.x_pu[:, hours], self.sigma_pu[hours], self.combination[hours]
        return Pattern(self.eq, self.lead, self.given.take(hours), *some)


@dataclass(frozen=True)
class Block:
    """Outages with what chord steps need in all patterns of a lead; o = outage, r = real ranks, h = holder.

    ``dead`` (o, m) kept nodes without supply; float32: ``ranks`` (o, 2m, r) columns of the inverse Jacobian for the
    change, ``rows`` (o, h, r) its part in the holders' rows, ``unknowns`` (o, r, 2m) the change's own rows with zero
    in the column that carries sigma, ``small`` (o, combination, r + h, r + h) inverses of the small systems.
    """

    outages: tuple[Outage, ...]
    dead: np.ndarray
    ranks: np.ndarray
    rows: np.ndarray
    unknowns: np.ndarray
    small: np.ndarray

    def take(self, some: np.ndarray) -> Block:
        """Some of the outages, by their numbers in the block."""
        arrays = (self.dead, self.ranks, self.rows, self.unknowns, self.small)
        return Block(tuple(self.outages[o] for o in some), *(a[some] for a in arrays))


def make_block(lead: Lead, outages: tuple[Outage, ...], change: Corrections) -> Block:
    """Corrections of some outages through the lead's inverse; ``change`` in its pattern."""
    eq, chord, m = lead.eq, lead.chord, len(lead.eq.weight)
    into, unknowns = (_real_form(a.astype(np.complex64)) for a in (change.into, change.from_kept))
    e, f = (a[:, None].astype(np.float32) for a in (chord.start_pu[:m], chord.start_pu[m:]))
    ranks = np.concatenate([e * into[:, :m] + f * into[:, m:], f * into[:, :m] - e * into[:, m:]], axis=1)
    unknowns[:, :, m + eq.reference] = 0.0
    dead = dead_nodes(outages, eq.network.n_node)[:, eq.network.kept]
    wide = ranks.transpose(1, 0, 2)  # one product for all outages
    through = (chord.inverse @ wide.reshape(len(wide), -1)).reshape(wide.shape).transpose(1, 0, 2)
    through, rows = np.ascontiguousarray(through), ranks[:, m + eq.holder]
    small = _small_systems(lead, dead, through, rows, unknowns)
    return Block(outages, dead, through, rows, unknowns, small)


def _small_systems(
    lead: Lead, dead: np.ndarray, ranks: np.ndarray, rows: np.ndarray, unknowns: np.ndarray
) -> np.ndarray:
    """Inverses of (1 + Q J^-1 P) for every outage and combination of holders, (o, combination, r + h, r + h)."""
    chord = lead.chord
    held = (lead.held & ~dead[:, None, lead.eq.holder])[..., None]  # outage, combination, holder, 1
    effect = np.broadcast_to(chord.effect, (len(ranks), *chord.effect.shape))
    through = np.concatenate([ranks, effect], axis=2)
    rank = unknowns @ through
    exchanged = (lead.exchange @ through)[:, None]
    holder = np.where(held != chord.base[:, None], exchanged, np.float32(0))
    holder -= np.where(held, (rows @ rank)[:, None], np.float32(0))
    rank = np.broadcast_to(rank[:, None], (*held.shape[:2], *rank.shape[1:]))
    system = np.concatenate([rank, holder], axis=2, dtype=np.float32)
    system += np.eye(system.shape[-1], dtype=np.float32)
    return np.linalg.inv(system)


def _real_form(a: np.ndarray) -> np.ndarray:
    """``[[Re, -Im], [Im, Re]]`` of the last two axes."""
    return np.concatenate([np.concatenate([a.real, -a.imag], -1), np.concatenate([a.imag, a.real], -1)], -2)


@dataclass(frozen=True)
class Solved:
    """Voltages ``x_pu`` (2m, outage, hour) of a block and which columns are solved, ``good`` (outage, hour)."""

    x_pu: np.ndarray
    good: np.ndarray


def solve_block(pattern: Pattern, block: Block, change: Corrections, *, tolerance_pu: float) -> Solved:
    """All hours of a pattern after each outage of a block.

    Parameters
    ----------
    pattern : Pattern
    block : Block
    change : Corrections
        Of the block's outages in this pattern.
    tolerance_pu : float
        Largest residual accepted.
    """
    m, (n, h) = len(pattern.eq.weight), (len(block.outages), pattern.x_pu.shape[1])
    steps, left = _Steps(pattern, block, change, *_given_after(pattern, block.dead)), np.arange(n)
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
    """Residuals and chord steps of the outages of a block that are left."""

    pattern: Pattern
    block: Block
    change: Corrections
    given: Hours
    hold: np.ndarray

    def take(self, some: np.ndarray) -> _Steps:
        """Some of the outages."""
        columns = np.arange(self.hold[0].size).reshape(self.hold.shape[1:])[some].ravel()
        change = replace(self.change, into=self.change.into[some], from_kept=self.change.from_kept[some])
        return _Steps(self.pattern, self.block.take(some), change, self.given.take(columns), self.hold[:, some])

    def residual(self, x: np.ndarray, sigma: np.ndarray) -> np.ndarray:
        """Residuals of all equations, (2m, outage, hour); x (2m, outage, hour), sigma (outage, hour)."""
        eq, m = self.pattern.eq, len(self.pattern.eq.weight)
        out = residual(eq, self.given, x.reshape(2 * m, -1), sigma.ravel()).reshape(x.shape)
        v_pu = (x[:m] + 1j * x[m:]).transpose(1, 0, 2)
        current = self.change.into @ (self.change.from_kept @ v_pu)
        s_pu = (v_pu * np.conj(current)).transpose(1, 0, 2)
        out[:m] += s_pu.real
        reactive = s_pu.imag
        reactive[eq.holder] = np.where(self.hold, 0.0, reactive[eq.holder])
        out[m:] += reactive
        return out

    def step(self, gap: np.ndarray) -> np.ndarray:
        """J'^-1 gap, (2m, outage, hour), float32."""
        lead, b = self.pattern.lead, self.block
        chord = lead.chord
        step = (chord.inverse @ gap.reshape(len(gap), -1)).reshape(gap.shape)
        by_outage, held = step.transpose(1, 0, 2), self.hold.transpose(1, 0, 2)
        rank = b.unknowns @ by_outage
        holder = np.where(held != chord.base[None, :, None], lead.exchange @ by_outage, np.float32(0))
        holder -= np.where(held, b.rows @ rank, np.float32(0))
        right = np.concatenate([rank, holder], axis=1).transpose(0, 2, 1)[..., None]
        u = (b.small[:, self.pattern.combination] @ right)[..., 0].transpose(0, 2, 1)
        r = rank.shape[1]
        step -= (b.ranks @ u[:, :r] + chord.effect @ u[:, r:]).transpose(1, 0, 2)
        return step


@dataclass(frozen=True)
class Retried:
    """One outage solved again: ``x_pu`` (2m, hour), ``good`` (hour,), ``cause`` (hour,) empty where solved."""

    x_pu: np.ndarray
    good: np.ndarray
    cause: tuple[str, ...]


def retry(
    pattern: Pattern, block: Block, change: Corrections, number: int, *, tolerance_pu: float, node_name: np.ndarray
) -> Retried:
    """Hours of a pattern after one outage by a chord of its own, the rest by full Newton, twice.

    Parameters
    ----------
    pattern : Pattern
        The hours to solve.
    block : Block
    change : Corrections
        Of the block's outages in this pattern.
    number : int
        The outage, in the block.
    tolerance_pu : float
    node_name : ndarray of str, (node,)
        For the cause.
    """
    network, dead = pattern.eq.network, block.dead[number : number + 1]
    y_real = network.y_real + _real_form(change.into[number] @ change.from_kept[number])
    eq = replace(pattern.eq, network=network.with_matrix(y_real))
    given, _ = _given_after(pattern, dead)
    p, q, hold = given.p_pu, given.q_pu, given.hold
    mean_v = np.where(hold, given.v_pu, 0.0).sum(axis=1) / np.maximum(hold.sum(axis=1), 1)
    base = hold.mean(axis=1) > 0.5
    mean_p, mean_q = (a.mean(axis=1)[:, None] for a in (p, q))
    mean = Hours(mean_p, mean_q, base[:, None], mean_v[:, None], given.moved[:, :1])
    chord = make_chord(eq, mean, start=pattern.lead.chord, tolerance_pu=tolerance_pu)
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

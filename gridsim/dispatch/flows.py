"""Limited flows as functions of the decision columns, with limits that move and limits that are added.

Limits without outage are there from the start.  Limits after an outage are added when a schedule violates them:
of a quarter of a million pairs of branch and outage a year needs a hundred.  Limits that the AC power flow tightened
are added in the same way (:mod:`gridsim.dispatch.tighten`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import numpy as np

from gridsim.dispatch.dc import Limits
from gridsim.dispatch.security import Outages
from gridsim.dispatch.system import System
from gridsim.options import DispatchOptions

#: columns of the arrays kept in store for limits after outages
_CHUNK = 128
#: decimals of factors that count when two limits are told apart
_DECIMALS = 6
#: rung of the ledger of limits that the AC power flow tightened
TIGHTENED_RUNG = 4
#: selections of limits whose columns are kept at a time
_SELECTIONS = 8


@dataclass
class OutageScreen:
    """Pairs of branch and outage of one state of the grid that some dispatch could overload.

    Attributes
    ----------
    outages : Outages
    branch, outage : ndarray of int (pair,)
    emergency_pu : ndarray (pair,)
        Short-time rating of the branch after an outage, of its rating.
    involved : ndarray of int
        Branches whose flow decides about some pair.
    place : ndarray of int (3, pair)
        Place among those of the branch and of the one or two that are cut (the first again where it is one).
    factor : ndarray (2, pair)
        Share of the flow of each cut branch that appears on the branch. [MW/MW]
    taken : ndarray of bool (pair,)
        Pairs that are limits by now.
    """

    outages: Outages
    branch: np.ndarray
    outage: np.ndarray
    emergency_pu: np.ndarray
    involved: np.ndarray
    place: np.ndarray
    factor: np.ndarray
    taken: np.ndarray

    @staticmethod
    def of(outages: Outages, branch: np.ndarray, outage: np.ndarray, emergency_pu: np.ndarray) -> OutageScreen:
        """Screen of some pairs; ``emergency_pu`` is (branch,)."""
        first, second = outages.cut[outage].T
        several = second >= 0
        rows = np.stack([branch, first, np.where(several, second, first)])
        involved, place = np.unique(rows, return_inverse=True)
        factor = outages.factor[:, branch, outage] * np.stack([np.ones_like(several), several])
        none = np.zeros(len(branch), dtype=bool)
        return OutageScreen(
            outages, branch, outage, emergency_pu[branch], involved, place.reshape(rows.shape), factor, none
        )

    def violated(self, flow_mw: np.ndarray, lower: np.ndarray, upper: np.ndarray, tolerance: float) -> np.ndarray:
        """Pairs not yet taken that are violated in some step; flow (time, involved), ratings (time, branch). [MW]

        Only pairs that the least and the highest flows could violate together are worked out step by step.
        """
        pair = np.flatnonzero(self._possible(flow_mw, lower, upper, tolerance) & ~self.taken)
        branch, emergency = self.branch[pair], self.emergency_pu[pair]
        own, first, second = (flow_mw[:, at] for at in self.place[:, pair])
        after = own + (self.factor[0, pair] * first + self.factor[1, pair] * second)
        above = after > upper[:, branch] * emergency + tolerance
        below = after < lower[:, branch] * emergency - tolerance
        return pair[(above | below).any(axis=0)]

    def _possible(self, flow_mw: np.ndarray, lower: np.ndarray, upper: np.ndarray, tolerance: float) -> np.ndarray:
        """Pairs (pair,) that flows between the least and the highest of the steps could violate."""
        least, most = flow_mw.min(axis=0), flow_mw.max(axis=0)
        low, high = least[self.place[0]], most[self.place[0]]
        for factor, cut in zip(self.factor, self.place[1:]):
            one, other = factor * least[cut], factor * most[cut]
            low, high = low + np.minimum(one, other), high + np.maximum(one, other)
        up, down = upper.min(axis=0)[self.branch], lower.max(axis=0)[self.branch]
        return (high > up * self.emergency_pu + tolerance) | (low < down * self.emergency_pu - tolerance)


@dataclass
class FlowModel:
    """Flow of every limit = base (fixed injections) + columns; grows while windows are solved.

    Arrays have room for more limits than there are; the first ``count`` are in use.

    Attributes
    ----------
    limits : Limits
        As given; :func:`finished` adds what was added while windows were solved.
    columns : list of ndarray (limit, column), one per state of the grid
    base_mw, lower_mw, upper_mw : ndarray (time, limit)
        ``lower_mw`` and ``upper_mw`` move out where no dispatch can meet a limit; ``limits`` keeps the original ones.
    imposed, watched, examined : ndarray of bool (limit,)
        In force; of those, limits that some dispatch could exceed; limits looked at for what can be reached.
    reach_mw : (low, high), each (state, limit)
        Flows of the given limits that no dispatch passes in any step of a state.
    screens : list of OutageScreen, one per state of the grid
        Empty if limits after outages are not imposed.
    twins : list of (limit, element, side, outage)
        Limits that no schedule can tell from one that is there (the other circuit after the outage of this one).
    """

    limits: Limits
    columns: list[np.ndarray]
    base_mw: np.ndarray
    lower_mw: np.ndarray
    upper_mw: np.ndarray
    imposed: np.ndarray
    watched: np.ndarray
    examined: np.ndarray
    count: int
    reach_mw: tuple[np.ndarray, np.ndarray]
    screens: list[OutageScreen] = field(default_factory=list)
    added: list[AddedLimit] = field(default_factory=list)
    twins: list[tuple[int, str, str, str]] = field(default_factory=list)
    _selected: dict[tuple[int, bytes], np.ndarray] = field(default_factory=dict, init=False, repr=False)

    def coefficients(self, steps: np.ndarray, limit: np.ndarray) -> np.ndarray:
        """Flow per MW of each column of some limits in some steps, (row, column)."""
        state = self.limits.states.of_step[steps]
        out = self.columns[0][limit]
        for s in range(1, len(self.columns)):
            out[state == s] = self.columns[s][limit[state == s]]
        return out

    def flow_mw(self, steps: np.ndarray, x_mw: np.ndarray, limits: np.ndarray | slice) -> np.ndarray:
        """Flow of some limits in some steps for columns x (step, column), (step, limit). [MW]"""
        out = self.base_mw[steps][:, limits] if isinstance(limits, slice) else self.base_mw[np.ix_(steps, limits)]
        state = self.limits.states.of_step[steps]
        for s in np.unique(state):
            out[state == s] += x_mw[state == s] @ self._columns_of(int(s), limits).T
        return out

    def _columns_of(self, state: int, limits: np.ndarray | slice) -> np.ndarray:
        """Columns of some limits in a state; the last few selections are kept: windows ask for the same ones."""
        if isinstance(limits, slice):
            return self.columns[state][limits]
        key = (state, limits.tobytes())
        if key not in self._selected:
            if len(self._selected) >= _SELECTIONS:
                self._selected.clear()
            self._selected[key] = self.columns[state][limits]
        return self._selected[key]

    def is_tie(self, limits: np.ndarray) -> np.ndarray:
        """Which of some limits are sections between areas; limits that were added are not."""
        given = len(self.limits)
        return (limits < given) & self.limits.is_tie[np.minimum(limits, given - 1)]

    def is_tightened(self, limits: np.ndarray) -> np.ndarray:
        """Which of some limits are there because the AC power flow asked for them."""
        return np.r_[self.limits.rung, [a.rung for a in self.added]][limits] == TIGHTENED_RUNG

    def names(self, limits: np.ndarray) -> list[str]:
        """What a planner calls some limits: the element, and the outage after which it counts."""
        given = [str(self.limits.name[k]) for k in limits if k < len(self.limits)]
        after = [self.added[k - len(self.limits)] for k in limits if k >= len(self.limits)]
        return [*given, *(f"{a.element} without {a.outage}" if a.outage else a.element for a in after)]

    def add(self, rows: Iterable[AddedLimit]) -> None:
        """Impose further limits; identical ones (parallel circuits after each other's outage) once."""
        first = len(self.limits)
        known = {a.key: first + k for k, a in enumerate(self.added)}
        for row in rows:
            if row.key in known:
                self.twins.append((known[row.key], row.element, row.side, row.outage))
                continue
            known[row.key] = self.count
            if self.count == self.base_mw.shape[1]:
                self._make_room()
            k = self.count
            for s, column in enumerate(self.columns):
                column[k] = row.columns[s]
            self.base_mw[:, k], self.lower_mw[:, k], self.upper_mw[:, k] = row.base_mw, row.lower_mw, row.upper_mw
            self.imposed[k] = self.watched[k] = True
            self.added.append(row)
            self.count += 1

    def _make_room(self) -> None:
        wide = [np.hstack([a, np.zeros((len(a), _CHUNK))]) for a in (self.base_mw, self.lower_mw, self.upper_mw)]
        self.base_mw, self.lower_mw, self.upper_mw = wide
        self.columns = [np.vstack([c, np.zeros((_CHUNK, c.shape[1]))]) for c in self.columns]
        none = np.zeros(_CHUNK, dtype=bool)
        self.imposed, self.watched, self.examined = (
            np.r_[a, none] for a in (self.imposed, self.watched, self.examined)
        )

    def finished(self) -> FlowModel:
        """The same flows without spare room, and with the limits that were added among ``limits``."""
        n, new, found = self.count, self.added, self.limits
        if new:
            found = replace(
                found,
                name=np.r_[found.name, [a.element for a in new]],
                side=np.r_[found.side, [a.side for a in new]],
                kind=np.r_[found.kind, [a.kind for a in new]],
                outage=np.r_[found.outage, [a.outage for a in new]],
                rung=np.r_[found.rung, [a.rung for a in new]],
                is_tie=np.r_[found.is_tie, np.zeros(len(new), dtype=bool)],
                matrices=tuple(np.vstack([m, *(a.matrices[s] for a in new)]) for s, m in enumerate(found.matrices)),
                offsets_mw=tuple(np.r_[o, [a.offsets_mw[s] for a in new]] for s, o in enumerate(found.offsets_mw)),
                lower_mw=np.column_stack([found.lower_mw, *(a.lower_mw for a in new)]),
                upper_mw=np.column_stack([found.upper_mw, *(a.upper_mw for a in new)]),
            )
        return FlowModel(
            limits=found,
            columns=[c[:n] for c in self.columns],
            base_mw=self.base_mw[:, :n],
            lower_mw=self.lower_mw[:, :n],
            upper_mw=self.upper_mw[:, :n],
            imposed=self.imposed[:n],
            watched=self.watched[:n],
            examined=self.examined[:n],
            count=n,
            reach_mw=self.reach_mw,
            screens=self.screens,
            added=new,
            twins=self.twins,
        )


@dataclass(frozen=True)
class AddedLimit:
    """A limit that was not there from the start: after an outage (rung 3), or tightened because of AC (rung 4).

    Its factors at nodes and columns per state of the grid, (time,) base and bounds; infinite where it does not count.
    """

    element: str
    side: str
    kind: str
    outage: str
    rung: int
    matrices: tuple[np.ndarray, ...]
    offsets_mw: tuple[float, ...]
    columns: tuple[np.ndarray, ...]
    base_mw: np.ndarray
    lower_mw: np.ndarray
    upper_mw: np.ndarray

    @property
    def key(self) -> bytes:
        """The same for limits that no schedule can tell apart; a tightened limit is always one of its own."""
        own = f"{self.kind} {self.element} {self.side} ".encode() if self.rung == TIGHTENED_RUNG else b""
        rounded = [np.round(c, _DECIMALS) + 0.0 for c in self.columns]
        ends = [np.round(b[:: max(len(b) // 200, 1)], 3) for b in (self.lower_mw, self.upper_mw, self.base_mw)]
        return own + b"".join(a.tobytes() for a in (*rounded, *ends))


def flow_model(system: System, found: Limits, options: DispatchOptions) -> FlowModel:
    """Flows of the limits without outage; sections or branches may be switched off."""
    imposed = np.where(found.rung == 1, options.section_limits, options.branch_limits).astype(bool)
    shed = np.array([str(r).endswith(".unserved") for r in system.columns.role])
    columns = [m[:, system.columns.node] * system.columns.sign for m in found.matrices]
    for column in columns:
        # Shedding is for want of power (behind the tie, too), never a remedy for a limit inside the city.
        column[np.ix_(~found.is_tie, shed)] = 0.0
    base = base_flow_mw(system, found)
    low, high = _reach_mw(system, found, columns, base)
    steps = [found.states.of_step == s for s in range(len(columns))]
    return FlowModel(
        limits=found,
        columns=columns,
        base_mw=base,
        lower_mw=found.lower_mw.copy(),
        upper_mw=found.upper_mw.copy(),
        imposed=imposed,
        watched=imposed & ((high > found.upper_mw) | (low < found.lower_mw)).any(axis=0),
        examined=np.zeros(len(found), dtype=bool),
        count=len(found),
        reach_mw=(
            np.array([low[here].min(axis=0, initial=0.0) for here in steps]),
            np.array([high[here].max(axis=0, initial=0.0) for here in steps]),
        ),
    )


def base_flow_mw(system: System, found: Limits) -> np.ndarray:
    """Flow of the fixed injections, (time, limit). [MW]"""
    state = found.states.of_step
    out = system.fixed_mw @ found.matrices[0].T + found.offsets_mw[0]
    for s in range(1, len(found.matrices)):
        out[state == s] = system.fixed_mw[state == s] @ found.matrices[s].T + found.offsets_mw[s]
    return out


def _reach_mw(
    system: System, found: Limits, columns: list[np.ndarray], base_mw: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Flows that no dispatch inside the bounds of the columns can pass, (low, high), each (time, limit).

    The balance is left out, so the test errs on the side of watching; most 10 kV transformers drop out.
    """
    lower, upper = system.columns.lower_mw, system.columns.upper_mw
    low, high = base_mw.copy(), base_mw.copy()
    for s, column in enumerate(columns):
        here = found.states.of_step == s
        here = slice(None) if here.all() else here
        up, down = np.maximum(column, 0.0).T, np.minimum(column, 0.0).T
        high[here] += upper[here] @ up + lower[here] @ down
        low[here] += lower[here] @ up + upper[here] @ down
    return low, high

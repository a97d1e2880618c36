"""Limits after outages in the dispatch: which pairs of branch and outage to watch, and the rows they become."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from gridsim.dispatch.dc import Limits
from gridsim.dispatch.flows import AddedLimit, FlowModel, OutageScreen
from gridsim.dispatch.security import single_outages
from gridsim.dispatch.states import ptdf
from gridsim.dispatch.system import System
from gridsim.electrical import Branches
from gridsim.network import Network
from gridsim.rows import records

#: (table, name) of a branch -> names of the plants tripped with it
Trips = Mapping[tuple[str, str], tuple[str, ...]]


def trips_of(network: Network) -> dict[tuple[str, str], tuple[str, ...]]:
    """Plants that may be tripped after each outage (切机), from the table ``outage_trip``."""
    out: dict[tuple[str, str], tuple[str, ...]] = {}
    for row in records(network["outage_trip"]):
        key = (str(row.element_type), str(row.element))
        out[key] = (*out.get(key, ()), str(row.unit))
    return out


def outage_screens(system: System, flows: FlowModel, model: Branches) -> list[OutageScreen]:
    """Single outages of every state of the grid, and the pairs that some dispatch could overload."""
    found = flows.limits
    n = len(model)
    bearing = _bearing(system, len(model.nodes))
    screens = []
    for s, out in enumerate(found.states.out):
        outages = single_outages(model, ptdf(model, out), out, bearing)
        here = found.states.of_step == s
        if not here.any():
            here = np.ones_like(here)
        emergency = model.emergency_factor_pu
        lower, upper = found.lower_mw[here, :n].max(axis=0), found.upper_mw[here, :n].min(axis=0)
        branch, outage = outages.exceeding(
            flows.reach_mw[0][s, :n], flows.reach_mw[1][s, :n], lower * emergency, upper * emergency
        )
        screens.append(OutageScreen.of(outages, branch, outage, emergency))
    return screens


def _bearing(system: System, electrical: int) -> np.ndarray:
    """Electrical nodes with an injection, (node,)."""
    nodes = np.zeros(len(system.nodes.names), dtype=bool)
    nodes[system.columns.node] = True
    nodes |= np.abs(system.fixed_mw).max(axis=0) > 0.0
    return np.asarray(system.nodes.mixture @ nodes)[:electrical] > 0.0


@dataclass(frozen=True)
class Contingencies:
    """What makes rows of violated pairs; ``trips`` names plants that are lost together with a branch."""

    system: System
    model: Branches
    trips: Trips

    def impose_violated(self, flows: FlowModel, steps: np.ndarray, x_mw: np.ndarray, tolerance: float) -> None:
        """Add the limits after outages that the columns ``x_mw`` (step, column) violate in ``steps``."""
        state = flows.limits.states.of_step[steps]
        for s in np.unique(state):
            here, screen = state == s, flows.screens[s]
            if not len(screen.branch):
                continue
            at = steps[here]
            flow = flows.flow_mw(at, x_mw[here], screen.involved)
            lower, upper = (m[at, : len(self.model)] for m in (flows.limits.lower_mw, flows.limits.upper_mw))
            pairs = screen.violated(flow, lower, upper, tolerance)
            screen.taken[pairs] = True
            for pair in pairs:
                flows.add(self._rows(flows, screen, int(screen.branch[pair]), int(screen.outage[pair])))

    def _rows(self, flows: FlowModel, screen: OutageScreen, branch: int, outage: int) -> Iterator[AddedLimit]:
        """The limit of a branch after an outage; two one-sided ones where plants are tripped."""
        found, outages = flows.limits, screen.outages
        key = (str(outages.kind[outage]), str(outages.element[outage]))
        matrices, offsets, there = self._factors(flows, branch, key)
        columns = tuple(m[self.system.columns.node] * self.system.columns.sign for m in matrices)
        base = self._base(found, matrices, offsets)
        emergency = self.model.emergency_factor_pu[branch]
        lower = np.where(there, found.lower_mw[:, branch] * emergency, -np.inf)
        upper = np.where(there, found.upper_mw[:, branch] * emergency, np.inf)
        shed = np.array([str(r).endswith(".unserved") for r in self.system.columns.role])
        for column in columns:
            column[shed] = 0.0
        label = (str(found.name[branch]), str(found.side[branch]), str(found.kind[branch]), key[1], 3)
        if key not in self.trips:
            yield AddedLimit(*label, matrices, offsets, columns, base, lower, upper)
            return
        for direction in (1.0, -1.0):
            kept, rest = self._without_tripped(self.trips[key], matrices, columns, base, direction, found)
            free = np.full(len(base), np.inf)
            bounds = (-free, upper) if direction > 0 else (lower, free)
            yield AddedLimit(*label, matrices, offsets, kept, rest, *bounds)

    def _factors(
        self, flows: FlowModel, branch: int, key: tuple[str, str]
    ) -> tuple[tuple[np.ndarray, ...], tuple[float, ...], np.ndarray]:
        """Factors at nodes and offset per state, and the steps in which the pair exists (neither is out by plan)."""
        found = flows.limits
        rows, offsets, exists = [], [], []
        for matrix, shifts, screen, out in zip(found.matrices, found.offsets_mw, flows.screens, found.states.out):
            outages = screen.outages
            which = np.flatnonzero((outages.kind == key[0]) & (outages.element == key[1]))
            if not len(which) or out[branch]:
                rows.append(np.zeros(matrix.shape[1]))
                offsets.append(0.0)
                exists.append(False)
                continue
            k = int(which[0])
            row, offset = matrix[branch].copy(), float(shifts[branch])
            for side, cut in enumerate(outages.cut[k]):
                if cut >= 0:
                    row += outages.factor[side, branch, k] * matrix[cut]
                    offset += float(outages.factor[side, branch, k] * shifts[cut])
            row[np.abs(row) < 1e-9] = 0.0
            rows.append(row)
            offsets.append(offset)
            exists.append(True)
        return tuple(rows), tuple(offsets), np.array(exists)[found.states.of_step]

    def _base(self, found: Limits, matrices: tuple[np.ndarray, ...], offsets: tuple[float, ...]) -> np.ndarray:
        out = self.system.fixed_mw @ matrices[0] + offsets[0]
        for s in range(1, len(matrices)):
            here = found.states.of_step == s
            out[here] = self.system.fixed_mw[here] @ matrices[s] + offsets[s]
        return out

    def _without_tripped(
        self,
        units: tuple[str, ...],
        matrices: tuple[np.ndarray, ...],
        columns: tuple[np.ndarray, ...],
        base: np.ndarray,
        direction: float,
        found: Limits,
    ) -> tuple[tuple[np.ndarray, ...], np.ndarray]:
        """The row without the plants whose loss relieves it (tripping is used where it helps)."""
        kept, rest = [c.copy() for c in columns], base.copy()
        system = self.system
        for s, matrix in enumerate(matrices):
            here = found.states.of_step == s
            helps = matrix * direction > 0.0
            for k, (flow, members) in enumerate(system.columns.members):
                name = system.flows[flow].names[members[0]]
                if name in units and helps[system.columns.node[k]]:
                    kept[s][k] = 0.0
            for fixed in system.fixed:
                for i, name in enumerate(fixed.names):
                    node = system.nodes.positions((fixed.nodes[i],))[0] if name in units else -1
                    if node >= 0 and helps[node]:
                        rest[here] -= matrix[node] * fixed.p_mw[here, i]
        return tuple(kept), rest

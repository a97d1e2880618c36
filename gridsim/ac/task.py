"""The given side of an AC check as arrays over the nodes that stay after the reduction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gridsim.ac.moving import Moving, make_moving, terminals
from gridsim.ac.newton import Equations, Hours
from gridsim.ac.reduction import admittance_matrix, island_of, reduce_network, shift_angles
from gridsim.electrical import BASE_MVA, Branches, Shunts

#: least and highest reactive power of a holder, numbers or (time,). [Mvar]
QRange = tuple[float | np.ndarray, float | np.ndarray]
#: numbers of the branches and of the banks that move from hour to hour
Movers = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Task:
    """What is given, over the nodes that stay after the reduction (``kept``: buses, then star nodes).

    ``weight`` (m,) slack weights; ``reference`` and ``holder`` are positions in ``kept``;
    ``hold`` (h, time), ``v_pu`` (h, time); ``q_min_pu, q_max_pu`` (h, time) limits of the holders, infinite
    where they have none; ``slope`` (h,) droop; ``alive`` (node,) connected to the reference; ``angle_rad`` (m,)
    angles of the flat start; ``moving`` what stands elsewhere from hour to hour.
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
    q_min_pu: np.ndarray
    q_max_pu: np.ndarray
    slope: np.ndarray
    moving: Moving | None
    tolerance_pu: float

    def hours(self, steps: np.ndarray) -> Hours:
        """The given values of some hours, nodes by hours; everything stands as in the base pattern."""
        p, q = (self.per_unit(a[steps]) for a in (self.p_mw, self.q_mvar))
        return Hours(p, q, self.hold[:, steps], self.v_pu[:, steps], self._unmoved(len(steps)))

    def mean(self, steps: np.ndarray) -> Hours:
        """Mean of some hours as one column; a holder holds if it does so in most of them."""
        p, q = (self.per_unit(a[steps].mean(axis=0, keepdims=True)) for a in (self.p_mw, self.q_mvar))
        hold = self.hold[:, steps]
        v_pu = np.where(hold, self.v_pu[:, steps], 0.0).sum(axis=1) / np.maximum(hold.sum(axis=1), 1)
        return Hours(p, q, (hold.mean(axis=1) > 0.5)[:, None], v_pu[:, None], self._unmoved(1))

    def equations(self, model: Branches, banks: Shunts, step: np.ndarray) -> Equations:
        """The equations of one pattern of taps and banks."""
        kept = np.zeros(len(model.nodes), dtype=bool)
        kept[self.kept] = True
        network = reduce_network(admittance_matrix(model, banks, step), kept, self.alive)
        return Equations(
            network, self.weight, self.reference, self.holder, self.angle_rad, slope=self.slope, moving=self.moving
        )

    def per_unit(self, at_bus: np.ndarray) -> np.ndarray:
        """(kept node, time) from (time, bus); star nodes take nothing."""
        out = np.zeros((len(self.kept), len(at_bus)))
        buses = self.kept[self.kept < at_bus.shape[1]]
        out[: len(buses)] = at_bus[:, buses].T / BASE_MVA
        return out

    def _unmoved(self, hours: int) -> np.ndarray:
        rows = 0 if self.moving is None else 3 * len(self.moving.from_node) + len(self.moving.bank)
        return np.zeros((rows, hours), dtype=complex)


def make_task(
    model: Branches,
    p_mw: np.ndarray,
    q_mvar: np.ndarray,
    v_set: Mapping[str, float | np.ndarray],
    slack_bus: Mapping[str, float],
    tolerance_mva: float,
    *,
    banks: Shunts | None = None,
    movers: Movers | None = None,
    q_range: Mapping[str, QRange] | None = None,
    droop_pu_per_mvar: Mapping[str, float] | None = None,
) -> Task:
    """Choose the nodes to keep (power, a held voltage, the slack, something that moves) and number the holders."""
    n_hours, n_bus = len(p_mw), model.nodes.n_bus
    number = {name: k for k, name in enumerate(model.nodes.name[:n_bus])}
    keep = np.zeros(len(model.nodes), dtype=bool)
    keep[:n_bus] = (np.abs(p_mw).max(axis=0, initial=0.0) + np.abs(q_mvar).max(axis=0, initial=0.0)) > 0
    holder, slack = [number[b] for b in v_set], [number[b] for b in slack_bus]
    keep[holder + slack] = True
    alive = island_of(model, slack[0])
    if banks is not None and movers is not None:
        there = alive[model.from_node] & model.in_service, alive[banks.node]
        movers = tuple(m[t[m]] for m, t in zip(movers, there))
        keep |= terminals(model, banks, *movers)
    kept = np.flatnonzero(keep & alive)
    position = np.full(len(keep), -1)
    position[kept] = np.arange(len(kept))
    v_pu = _series(list(v_set.values()), n_hours)
    hold = ~np.isnan(v_pu)
    share = np.array(list(slack_bus.values()), dtype=float)
    weight = np.zeros(len(kept))
    weight[position[slack]] = share / share.sum()
    limits = [(q_range or {}).get(bus, (-np.inf, np.inf)) for bus in v_set]
    moves = banks is not None and movers is not None and len(movers[0]) + len(movers[1]) > 0
    return Task(
        p_mw=p_mw, q_mvar=q_mvar, kept=kept, alive=alive, weight=weight, reference=int(position[slack[0]]),
        holder=position[holder], angle_rad=shift_angles(model, slack[0])[kept], hold=hold,
        v_pu=np.where(hold, v_pu, 1.0), q_min_pu=_series([low for low, _ in limits], n_hours) / BASE_MVA,
        q_max_pu=_series([high for _, high in limits], n_hours) / BASE_MVA,
        slope=np.array([(droop_pu_per_mvar or {}).get(bus, 0.0) for bus in v_set]) * BASE_MVA,
        moving=make_moving(model, banks, *movers, kept) if moves and banks and movers else None,
        tolerance_pu=tolerance_mva / BASE_MVA,
    )


def _series(values: list, hours: int) -> np.ndarray:
    """Numbers and series as rows, (value, time)."""
    return np.stack([np.broadcast_to(np.asarray(v, dtype=float), hours) for v in values])

"""DC flows: which share of an injection at a node flows over a branch or a transfer section.

theta from B theta = P, flow = b (theta_from - theta_to - shift), b = 1 / (x * ratio) as in pandapower's ``rundcpp``;
:class:`gridsim.options.DcOptions` says what else b may be.  Node areas are mixtures: their injection enters at
their boundary buses in fixed shares.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import scipy.sparse as sp

from gridsim.devices.load import areas_of
from gridsim.dispatch.states import GridStates, grid_states, ptdf, susceptance
from gridsim.electrical import BASE_MVA, Branches, branches, season_of
from gridsim.network import Network
from gridsim.options import DcOptions
from gridsim.ratings import rating_mva_by_step
from gridsim.rows import records


@dataclass(frozen=True)
class Limits:
    """Limited flows: branch windings, then transfer sections, then what was added: after outages, tightened by AC.

    Attributes
    ----------
    name, side, kind, outage : ndarray of str
        Element (or section) name, winding of a three-winding transformer, ``line | trafo | trafo3w | section``,
        and what is lost before the limit counts ("" = nothing).
    rung : ndarray of int
        1 for sections, 2 for branches, 3 for branches after an outage, 4 for branches tightened because of their AC
        loading: the rung of the ledger.
    matrices : tuple of ndarray (limit, node), one per state of the grid
        Flow per MW injected at each node and taken out at the reference mixture. [MW/MW]
    lower_mw, upper_mw : ndarray (time, limit)
    is_tie : ndarray of bool (limit,)
        Sections between areas.
    offsets_mw : tuple of ndarray (limit,), one per state of the grid
        Flow without any injection: what phase shifts drive around. [MW]
    temp_air_degc : ndarray (time,), optional
        Air temperature behind the ratings of the lines; None where the season decides.
    states : GridStates
        Branches out by plan, and the state of each step.
    """

    name: np.ndarray
    side: np.ndarray
    kind: np.ndarray
    outage: np.ndarray
    rung: np.ndarray
    matrices: tuple[np.ndarray, ...]
    lower_mw: np.ndarray
    upper_mw: np.ndarray
    is_tie: np.ndarray
    offsets_mw: tuple[np.ndarray, ...]
    states: GridStates
    temp_air_degc: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.name)

    @property
    def matrix(self) -> np.ndarray:
        """Factors of the grid with everything in service."""
        return self.matrices[0]

    def given(self) -> Limits:
        """Only the limits of the tables: with nothing lost, and nothing tightened."""
        n = int((self.rung <= 2).sum())
        each = {k: getattr(self, k)[:n] for k in ("name", "side", "kind", "outage", "rung", "is_tie")}
        lower, upper = self.lower_mw[:, :n], self.upper_mw[:, :n]
        matrices, offsets = (tuple(v[:n] for v in part) for part in (self.matrices, self.offsets_mw))
        return replace(self, **each, matrices=matrices, offsets_mw=offsets, lower_mw=lower, upper_mw=upper)


@dataclass(frozen=True)
class NodeMap:
    """Node names of injections: electrical nodes first, then areas as mixtures of buses.

    ``mixture`` (bus, node) maps injections at nodes to injections at electrical nodes.
    """

    names: tuple[str, ...]
    mixture: sp.csr_array

    def positions(self, nodes: tuple[str, ...]) -> np.ndarray:
        """Position of each node name."""
        lookup = {n: i for i, n in enumerate(self.names)}
        return np.array([lookup[n] for n in nodes], dtype=int)


def node_map(network: Network, model: Branches) -> NodeMap:
    """Electrical nodes plus one mixture per area (loads of a detailed area, links of a node area)."""
    n = len(model.nodes)
    names = [str(x) for x in model.nodes.name]
    lookup = {name: i for i, name in enumerate(names)}
    rows, cols, values = list(range(n)), list(range(n)), [1.0] * n
    loads = network["load"].assign(area=areas_of(network.tables))
    for k, area in enumerate(records(network["area"])):
        if area.kind == "node":
            links = network["area_link"]
            links = links[links["area"] == area.name]
            weights = links.set_index("bus")["share_pu"]
        else:
            here = loads[(loads["area"] == area.name) & loads["bus"].notna()]
            weights = here.groupby("bus")["max_p_mw"].sum()
        weights = weights / weights.sum() if len(weights) else weights
        for bus, share in weights.items():
            rows.append(lookup[str(bus)])
            cols.append(n + k)
            values.append(float(share))
    names += [str(a) for a in network["area"]["name"]]
    mixture = sp.csr_array((values, (rows, cols)), shape=(n, len(names)))
    return NodeMap(tuple(names), mixture)


def dc_branches(model: Branches, dc: DcOptions) -> Branches:
    """Branches as the DC flow sees them: lossless, so that 1 / (x * ratio) is the susceptance of the options."""
    x = model.x_pu if dc.susceptance == "reactance" else (model.r_pu**2 + model.x_pu**2) / model.x_pu
    none = np.zeros(len(model))
    seen = replace(model, r_pu=none, x_pu=x, shift_deg=model.shift_deg if dc.phase_shift else none)
    return seen if dc.tap_ratio else replace(seen, ratio_neutral_pu=none + 1.0, tap_pos=none)


def shift_mw(model: Branches) -> np.ndarray:
    """Flow that the phase shift of a branch drives against its direction while both angles are equal, (branch,)."""
    return susceptance(model) * np.deg2rad(model.shift_deg) * BASE_MVA


def shift_flows(model: Branches, factors: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
    """Flows without any injection, (branch,): PTDF A' b shift - b shift. [MW]

    A branch with a shift is one without it plus an injection of b * shift at its from end, taken out at its to end;
    branches that are ``out`` (branch,) drive nothing.
    """
    driven = shift_mw(model) if out is None else np.where(out, 0.0, shift_mw(model))
    at_node = np.bincount(model.from_node, driven, len(model.nodes)) - np.bincount(
        model.to_node, driven, len(model.nodes)
    )
    return factors @ at_node - driven


def _section_matrix(network: Network, model: Branches, branch_factors: np.ndarray) -> np.ndarray:
    """Rows of the sections: weighted sums of the rows of their branches (hv side of a transformer)."""
    first = {
        (t, e): i
        for i, (t, e, s) in reversed(list(enumerate(zip(model.element_type, model.element, model.side))))
        if s in ("", "hv")
    }
    rows = np.zeros((len(network["section"]), branch_factors.shape[1]))
    position = {n: i for i, n in enumerate(network["section"]["name"])}
    for part in records(network["section_branch"]):
        index = first.get((part.element_type, part.element))
        if part.section in position and index is not None:
            rows[position[part.section]] += part.weight_pu * branch_factors[index]
    return rows


def limits(
    network: Network,
    index: pd.DatetimeIndex,
    *,
    power_factor_pu: float,
    reference: str | None,
    dc: DcOptions | None = None,
    temp_air_degc: np.ndarray | None = None,
) -> tuple[Limits, NodeMap, Branches]:
    """All limited flows of a network: ratings of branches, transfer sections by season, planned outages by day.

    Parameters
    ----------
    network : Network
    index : DatetimeIndex
        Steps; the month decides the season of limits.
    power_factor_pu : float
        Active share of a rating in the DC model.
    reference : str, optional
        Node (usually the node area) against which the factors are taken; any reference gives the same
        flows for balanced injections, this one keeps the factors of the city small.
    dc : DcOptions, optional
        What the susceptance of a branch is.
    temp_air_degc : ndarray (time,), optional
        Air temperature that decides the ratings of lines; without it the season does.

    Returns
    -------
    Limits, NodeMap, Branches

    Raises
    ------
    InvalidInput
        If a planned outage cuts off a part of the grid.
    """
    model = dc_branches(branches(network), dc or DcOptions())
    nodes = node_map(network, model)
    states = grid_states(network, model, index)
    matrices, offsets = [], []
    for out in states.out:
        at_nodes = ptdf(model, out)
        offset = shift_flows(model, at_nodes, out)
        offsets.append(np.r_[offset, _section_matrix(network, model, offset[:, None])[:, 0]])
        factors = at_nodes @ nodes.mixture
        if reference is not None:
            factors = factors - factors[:, [nodes.names.index(reference)]]
        factors[np.abs(factors) < 1e-9] = 0.0
        matrices.append(np.vstack([factors, _section_matrix(network, model, factors)]))
    sections = network["section"]
    rating = power_factor_pu * rating_mva_by_step(model, index, temp_air_degc=temp_air_degc)
    rating[:, model.is_equivalent] = np.inf
    least, most = _section_limits(network, season_of(index))
    found = Limits(
        name=np.r_[model.element, sections["name"].to_numpy(dtype=object)],
        side=np.r_[model.side, np.full(len(sections), "", dtype=object)],
        kind=np.r_[model.element_type, np.full(len(sections), "section", dtype=object)],
        outage=np.full(len(model) + len(sections), "", dtype=object),
        rung=np.r_[np.full(len(model), 2), np.full(len(sections), 1)],
        matrices=tuple(matrices),
        lower_mw=np.hstack([-rating, least]),
        upper_mw=np.hstack([rating, most]),
        is_tie=np.r_[np.zeros(len(model), dtype=bool), (sections["kind"] == "tie").to_numpy(dtype=bool)],
        states=states,
        offsets_mw=tuple(offsets),
        temp_air_degc=temp_air_degc,
    )
    return found, nodes, model


def _section_limits(network: Network, seasons: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper limit of every section, (time, section): the season's where there is one. [MW]"""
    sections, special = network["section"], network["section_season"]
    out = []
    for column in ("min_p_mw", "max_p_mw"):
        values = np.tile(sections[column].to_numpy(dtype=float), (len(seasons), 1))
        for row in records(special):
            where = np.ix_(seasons == row.season, (sections["name"] == row.section).to_numpy())
            values[where] = getattr(row, column)
        out.append(values)
    return out[0], out[1]


def widened(found: Limits, more_mw: Mapping[str, float]) -> Limits:
    """Limits of some elements widened by some MW in both directions: of every winding, and after every outage."""
    by = np.array([more_mw.get(str(name), 0.0) for name in found.name])
    return replace(found, lower_mw=found.lower_mw - by, upper_mw=found.upper_mw + by)


def net_injections(nodes: NodeMap, injection_mw: np.ndarray) -> np.ndarray:
    """Injections at electrical nodes from injections at node names, (time, node). [MW]"""
    return np.asarray(injection_mw @ nodes.mixture.T)


def flows_by_angles(model: Branches, injection_mw: np.ndarray) -> np.ndarray:
    """Flows recomputed from the tables by B theta = P, without any distribution factor.

    Parameters
    ----------
    injection_mw : ndarray (time, electrical node)

    Returns
    -------
    ndarray (time, branch)
        Flow from ``from_node`` to ``to_node``. [MW]
    """
    n = len(model.nodes)
    b = susceptance(model)
    laplacian = np.zeros((n, n))
    np.add.at(laplacian, (model.from_node, model.from_node), b)
    np.add.at(laplacian, (model.to_node, model.to_node), b)
    np.add.at(laplacian, (model.from_node, model.to_node), -b)
    np.add.at(laplacian, (model.to_node, model.from_node), -b)
    keep = np.flatnonzero(np.abs(laplacian).sum(axis=1) > 0)[1:]
    driven = shift_mw(model)
    power = np.array(injection_mw, dtype=float).T
    np.add.at(power, model.from_node, driven[:, None])
    np.add.at(power, model.to_node, -driven[:, None])
    theta = np.zeros((n, len(injection_mw)))
    theta[keep] = np.linalg.solve(laplacian[np.ix_(keep, keep)], power[keep] / BASE_MVA)
    return ((theta[model.from_node] - theta[model.to_node]) * b[:, None]).T * BASE_MVA - driven

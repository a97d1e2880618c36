"""DC flows: which share of an injection at a node flows over a branch or a transfer section.

theta from B theta = P, flow = b (theta_from - theta_to - shift), b = 1 / (x * ratio) as in pandapower's ``rundcpp``;
:class:`gridsim.options.DcOptions` says what else b may be.  Node areas are mixtures: their injection enters at
their boundary buses in fixed shares.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import scipy.sparse as sp
import scipy.sparse.linalg as spla

from gridsim.devices.load import areas_of
from gridsim.electrical import BASE_MVA, Branches, branches, rating_mva, season_of
from gridsim.network import Network
from gridsim.options import DcOptions
from gridsim.rows import records


@dataclass(frozen=True)
class Limits:
    """Limited flows: branch windings first, then transfer sections.

    Attributes
    ----------
    name, side, kind : ndarray of str
        Element (or section) name, winding of a three-winding transformer, and ``line | trafo | trafo3w | section``.
    rung : ndarray of int
        1 for sections, 2 for branches: the rung of the ledger.
    matrix : ndarray (limit, node)
        Flow per MW injected at each node and taken out at the reference mixture. [MW/MW]
    lower_mw, upper_mw : ndarray (time, limit)
    is_tie : ndarray of bool (limit,)
        Sections between areas.
    offset_mw : ndarray (limit,)
        Flow without any injection: what phase shifts drive around. [MW]
    """

    name: np.ndarray
    side: np.ndarray
    kind: np.ndarray
    rung: np.ndarray
    matrix: np.ndarray
    lower_mw: np.ndarray
    upper_mw: np.ndarray
    is_tie: np.ndarray
    offset_mw: np.ndarray


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


def susceptance(model: Branches) -> np.ndarray:
    """DC susceptance of each branch, (branch,). [p.u.]"""
    return 1.0 / (model.x_pu * model.ratio_pu)


def ptdf(model: Branches) -> np.ndarray:
    """Power transfer distribution factors, (branch, node), reference = first node.

    H = diag(b) A B^-1 with the reference row and column left out; a node that hangs on nothing
    (an unused tertiary is connected through its transformer, so this is an error of the tables) is refused
    by the check of the network.
    """
    n, m = len(model.nodes), len(model)
    b = susceptance(model)
    incidence = sp.csr_array(
        (np.r_[np.ones(m), -np.ones(m)], (np.r_[np.arange(m), np.arange(m)], np.r_[model.from_node, model.to_node])),
        shape=(m, n),
    )
    weighted = sp.diags_array(b) @ incidence
    laplacian = sp.csc_array(incidence.T @ weighted)
    connected = np.asarray(abs(laplacian).sum(axis=1)).ravel() > 0
    keep = np.flatnonzero(connected)[1:]
    solve = spla.splu(sp.csc_matrix(laplacian[keep][:, keep]))
    factors = np.zeros((m, n))
    factors[:, keep] = solve.solve(weighted[:, keep].toarray().T).T
    return factors


def shift_mw(model: Branches) -> np.ndarray:
    """Flow that the phase shift of a branch drives against its direction while both angles are equal, (branch,)."""
    return susceptance(model) * np.deg2rad(model.shift_deg) * BASE_MVA


def shift_flows(model: Branches, factors: np.ndarray) -> np.ndarray:
    """Flows without any injection, (branch,): PTDF A' b shift - b shift. [MW]

    A branch with a shift is one without it plus an injection of b * shift at its from end, taken out at its to end.
    """
    driven = shift_mw(model)
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
) -> tuple[Limits, NodeMap, Branches]:
    """All limited flows of a network: branch ratings by season and transfer sections.

    Parameters
    ----------
    network : Network
    index : DatetimeIndex
        Steps; the month decides the season of the rating.
    power_factor_pu : float
        Active share of a rating in the DC model.
    reference : str, optional
        Node (usually the node area) against which the factors are taken; any reference gives the same
        flows for balanced injections, this one keeps the factors of the city small.
    dc : DcOptions, optional
        What the susceptance of a branch is.

    Returns
    -------
    Limits, NodeMap, Branches
    """
    model = dc_branches(branches(network), dc or DcOptions())
    nodes = node_map(network, model)
    at_nodes = ptdf(model)
    offset = shift_flows(model, at_nodes)
    factors = at_nodes @ nodes.mixture
    if reference is not None:
        factors = factors - factors[:, [nodes.names.index(reference)]]
    factors[np.abs(factors) < 1e-9] = 0.0
    sections = network["section"]
    matrix = np.vstack([factors, _section_matrix(network, model, factors)])
    seasons = season_of(index)
    rating = np.empty((len(index), len(model)))
    for season in np.unique(seasons):
        rating[seasons == season] = power_factor_pu * rating_mva(model, str(season))
    rating[:, model.is_equivalent] = np.inf
    ones = np.ones((len(index), 1))
    found = Limits(
        name=np.r_[model.element, sections["name"].to_numpy(dtype=object)],
        side=np.r_[model.side, np.full(len(sections), "", dtype=object)],
        kind=np.r_[model.element_type, np.full(len(sections), "section", dtype=object)],
        rung=np.r_[np.full(len(model), 2), np.full(len(sections), 1)],
        matrix=matrix,
        lower_mw=np.hstack([-rating, ones * sections["min_p_mw"].to_numpy(dtype=float)]),
        upper_mw=np.hstack([rating, ones * sections["max_p_mw"].to_numpy(dtype=float)]),
        is_tie=np.r_[np.zeros(len(model), dtype=bool), (sections["kind"] == "tie").to_numpy(dtype=bool)],
        offset_mw=np.r_[offset, _section_matrix(network, model, offset[:, None])[:, 0]],
    )
    return found, nodes, model


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

"""What an outage takes away from the network equations: the element, what hangs on it alone, a small correction.

An outage removes the branches of one element (all windings of a transformer unit) and with them every node that
only this element connects to the reference (a radial outage).  Seen from the nodes that stay, the removed part is
a passive multi-port: its loads and plants are gone, so its own nodes carry no current and can be eliminated::

    Y_p = Y_pp - Y_pi Y_ii^-1 Y_ip        p ports (at most the terminals of the element), i inner nodes

Removing it adds -Y_p at the ports.  After the reduction to the kept nodes (:mod:`gridsim.ac.reduction`), with
B = rows of the voltages at the ports, Z = Y_ee^-1 between them and A = how a current fed in there reaches the kept
nodes, the equations change by a matrix of at most three ranks (Sherman, Morrison, Woodbury)::

    I_k = Y_red V_k + A T B V_k,     T = (1 + C Z)^-1 C,   C = -Y_p
    V_e = W V_k - Z_ee E T B V_k

so one reduction per tap pattern serves all outages, exactly.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
import scipy.sparse.csgraph as csgraph

from gridsim.ac.reduction import Reduced, admittance_matrix
from gridsim.electrical import BASE_MVA, Branches, Shunts, admittances

#: most ports of a removed part: the terminals of a three-winding transformer.
PORTS = 3


@dataclass(frozen=True)
class Outage:
    """One element out of service.

    Attributes
    ----------
    element : int
        Number of the element (:attr:`Branches.element_id`).
    removed : ndarray of int
        Branches that go: those of the element and those that touch a dead node.
    dead : ndarray of int
        Nodes (buses and star nodes) that nothing connects to the reference any more.
    ports : ndarray of int
        Nodes that stay and at which removed branches end.
    """

    element: int
    removed: np.ndarray
    dead: np.ndarray
    ports: np.ndarray


def find_outages(model: Branches, reference: int) -> tuple[Outage, ...]:
    """The outage of every connected element in service that is no equivalent of the outside grid, in element order.

    Parameters
    ----------
    model : Branches
    reference : int
        Node that stands for the outside grid: what it does not reach is dead.
    """
    n, ends = len(model.nodes), (model.from_node, model.to_node)
    alive = _reached(model, np.ones(len(model), dtype=bool), reference, n)
    found = []
    for element in np.unique(model.element_id[~model.is_equivalent]):
        out = model.element_id == element
        if not alive[ends[0][out]].any() or not model.in_service[out].any():
            continue
        dead = alive & ~_reached(model, ~out, reference, n)
        out = (out | dead[ends[0]] | dead[ends[1]]) & alive[ends[0]] & model.in_service
        touched = np.unique(np.concatenate([ends[0][out], ends[1][out]]))
        parts = (np.flatnonzero(out), np.flatnonzero(dead), touched[~dead[touched]])
        found.append(Outage(int(element), *parts))
    return tuple(found)


def _reached(model: Branches, on: np.ndarray, reference: int, n: int) -> np.ndarray:
    on = on & model.in_service
    graph = sp.coo_array((np.ones(on.sum()), (model.from_node[on], model.to_node[on])), shape=(n, n))
    label = csgraph.connected_components(graph, directed=False)[1]
    return label == label[reference]


@dataclass(frozen=True)
class Transfer:
    """One pattern's network between all its nodes, dense, for corrections at any of them.

    ``rows`` (node, m) node voltages from those of the kept nodes; ``columns`` (m, node) currents of the kept nodes
    from one fed in at a node; ``z`` (node, node) inverse of the eliminated block, zero elsewhere. [p.u.]
    """

    rows: np.ndarray
    columns: np.ndarray
    z: np.ndarray


def make_transfer(network: Reduced, model: Branches, banks: Shunts, step: np.ndarray) -> Transfer:
    """The transfer matrices of one pattern of taps and banks."""
    y, n, m = admittance_matrix(model, banks, step), network.n_node, len(network.kept)
    k, e = network.kept, network.eliminated
    rows, columns, z = np.zeros((n, m), complex), np.zeros((m, n), complex), np.zeros((n, n), complex)
    rows[k, np.arange(m)] = columns[np.arange(m), k] = 1.0
    rows[e] = network.recover
    inverse = np.linalg.inv(y[e][:, e].toarray())
    z[np.ix_(e, e)] = inverse
    columns[:, e] = -(y[k][:, e] @ inverse)
    return Transfer(rows, columns, z)


@dataclass(frozen=True)
class Corrections:
    """Corrections of some outages in one pattern, ports padded to :data:`PORTS`; o = outage, complex. [p.u.]

    ``into`` (o, m, port) is A, ``from_kept`` (o, port, m) is T B, ``at_nodes`` (o, node, port) is -Z E.
    """

    into: np.ndarray
    from_kept: np.ndarray
    at_nodes: np.ndarray


def corrections(
    outages: tuple[Outage, ...], transfer: Transfer, model: Branches, banks: Shunts, step: np.ndarray
) -> Corrections:
    """The corrections of some outages at the tap positions of ``model`` and the bank positions ``step``."""
    y, n, m = admittances(model), len(transfer.z), transfer.columns.shape[0]
    shape = len(outages), PORTS
    into, from_kept = np.zeros((shape[0], m, PORTS), complex), np.zeros((*shape, m), complex)
    at_nodes = np.zeros((shape[0], n, PORTS), complex)
    for o, outage in enumerate(outages):
        p, s = outage.ports, len(outage.ports)
        c = -_port_admittance(outage, y, model, banks, step)
        t = np.linalg.solve(np.eye(s) + c @ transfer.z[np.ix_(p, p)], c)
        into[o, :, :s], from_kept[o, :s] = transfer.columns[:, p], t @ transfer.rows[p]
        at_nodes[o, :, :s] = -transfer.z[:, p]
    return Corrections(into, from_kept, at_nodes)


def _port_admittance(
    outage: Outage, y: tuple[np.ndarray, ...], model: Branches, banks: Shunts, step: np.ndarray
) -> np.ndarray:
    """Admittance of the removed part at its ports, inner nodes eliminated, (port, port), complex. [p.u.]"""
    b = outage.removed
    inner = np.setdiff1d(np.concatenate([model.from_node[b], model.to_node[b]]), outage.ports)
    node = np.concatenate([outage.ports, inner])
    order = np.argsort(node)
    f, t = (order[np.searchsorted(node, ends[b], sorter=order)] for ends in (model.from_node, model.to_node))
    full = np.zeros((len(node), len(node)), dtype=complex)
    for (i, j), values in zip(((f, f), (f, t), (t, f), (t, t)), y):
        np.add.at(full, (i, j), values[b])
    mine = np.flatnonzero(np.isin(banks.node, outage.dead) & (step > 0))
    for k in mine:
        at = int(np.flatnonzero(node == banks.node[k])[0])
        full[at, at] += (banks.step_mw[k] - 1j * banks.step_mvar[k]) * step[k] / BASE_MVA
    s = len(outage.ports)
    if s == len(node):
        return full
    return full[:s, :s] - full[:s, s:] @ np.linalg.solve(full[s:, s:], full[s:, :s])

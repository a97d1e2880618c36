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
    local_from, local_to : ndarray of int
        Ends of the removed branches: ports from 0, inner nodes from :data:`PORTS` on.
    inner : ndarray of int
        Inner nodes: dead ones and the star nodes of the element.
    """

    element: int
    removed: np.ndarray
    dead: np.ndarray
    ports: np.ndarray
    local_from: np.ndarray
    local_to: np.ndarray
    inner: np.ndarray


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
        found.append(_outage(model, int(element), np.flatnonzero(out), np.flatnonzero(dead)))
    return tuple(found)


def _outage(model: Branches, element: int, removed: np.ndarray, dead: np.ndarray) -> Outage:
    """With the numbering of the removed part: its nodes at which nothing else ends are inner ones."""
    f, t = model.from_node[removed], model.to_node[removed]
    touched = np.unique(np.concatenate([f, t]))
    is_inner = np.isin(touched, dead) | (touched >= model.nodes.n_bus)
    ports, inner = touched[~is_inner], touched[is_inner]
    local = dict(zip([*ports.tolist(), *inner.tolist()], [*range(len(ports)), *range(PORTS, PORTS + len(inner))]))
    local_from, local_to = (np.array([local[n] for n in nodes.tolist()], dtype=int) for nodes in (f, t))
    return Outage(element, removed, dead, ports, local_from, local_to, inner)


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
    c = -_port_admittances(outages, model, banks, step)
    ports = np.zeros((len(outages), PORTS), dtype=int)
    used = np.zeros((len(outages), PORTS), dtype=bool)
    for o, outage in enumerate(outages):
        ports[o, : len(outage.ports)], used[o, : len(outage.ports)] = outage.ports, True
    z = transfer.z[ports[:, :, None], ports[:, None, :]]
    t = np.linalg.solve(np.eye(PORTS) + c @ z, c)
    into = np.where(used, transfer.columns[:, ports], 0.0).transpose(1, 0, 2)
    at_nodes = np.where(used, -transfer.z[:, ports], 0.0).transpose(1, 0, 2)
    return Corrections(into, t @ transfer.rows[ports], at_nodes)


def _port_admittances(
    outages: tuple[Outage, ...], model: Branches, banks: Shunts, step: np.ndarray
) -> np.ndarray:
    """Admittance of the removed parts at their ports, inner nodes eliminated, (outage, port, port), complex. [p.u.]"""
    n, size = len(outages), PORTS + max((len(o.inner) for o in outages), default=0)
    branch, f, t = (
        np.concatenate([getattr(o, name) for o in outages]) for name in ("removed", "local_from", "local_to")
    )
    owner = np.repeat(np.arange(n), [len(o.removed) for o in outages])
    full = np.zeros((n, size, size), dtype=complex)
    for i, j, y in zip((f, f, t, t), (f, t, f, t), admittances(model)):
        np.add.at(full, (owner, i, j), y[branch])
    for o, outage in enumerate(outages):
        inner = len(outage.inner)
        empty = np.arange(PORTS + inner, size)  # places that this outage does not need
        full[o, empty, empty] = 1.0
        if inner:
            at = {int(node): PORTS + k for k, node in enumerate(outage.inner)}
            for k in np.flatnonzero(step > 0):
                if banks.node[k] in at:
                    place = at[int(banks.node[k])]
                    full[o, place, place] += (banks.step_mw[k] - 1j * banks.step_mvar[k]) * step[k] / BASE_MVA
    p = slice(0, PORTS)
    if size == PORTS:
        return full
    return full[:, p, p] - full[:, p, PORTS:] @ np.linalg.solve(full[:, PORTS:, PORTS:], full[:, PORTS:, p])


def dead_nodes(outages: tuple[Outage, ...], n_node: int) -> np.ndarray:
    """Which nodes are without supply after each outage, bool, (outage, node)."""
    out = np.zeros((len(outages), n_node), dtype=bool)
    for o, outage in enumerate(outages):
        out[o, outage.dead] = True
    return out

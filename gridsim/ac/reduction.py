"""Admittance matrix of one pattern of taps and banks, reduced to the nodes that carry injections.

Star nodes, tertiaries, line taps and the 110 kV busbars of plain stations inject nothing: with
I_e = 0 their voltages follow linearly from the others (Kron 1939), exactly and for every hour alike::

    [I_k]   [Ykk Yke] [V_k]          V_e = W V_k,   W = -Yee^-1 Yek
    [ 0 ] = [Yek Yee] [V_e]          I_k = (Ykk + Yke W) V_k

What remains (about half of the nodes of a city grid) is small enough for dense matrices, and dense
products of a whole block of hours are the fastest thing a processor does.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp
import scipy.sparse.csgraph as csgraph
import scipy.sparse.linalg as splinalg

from gridsim.electrical import BASE_MVA, Branches, Shunts, admittances


@dataclass(frozen=True)
class Reduced:
    """Network equations of one pattern between the kept nodes.

    Attributes
    ----------
    kept : ndarray of int, (m,)
        Node numbers of the kept nodes; ``eliminated`` those of the others.
    y_real : ndarray, (2m, 2m)
        ``[[G, -B], [B, G]]``: currents ``[Re I; Im I]`` from voltages ``[Re V; Im V]``. [p.u.]
    recover : ndarray of complex, (eliminated, m)
        Voltages of the eliminated nodes from those of the kept ones.
    n_node : int
        Number of nodes of the whole grid; nodes in neither list are isolated.
    sparse : csr_array, complex, (m, m)
        The same matrix.
    """

    kept: np.ndarray
    eliminated: np.ndarray
    y_real: np.ndarray
    recover: np.ndarray
    n_node: int
    sparse: sp.csr_array

    @property
    def y(self) -> np.ndarray:
        """Reduced admittance matrix, complex, (m, m). [p.u.]"""
        m = len(self.kept)
        return self.y_real[:m, :m] + 1j * self.y_real[m:, :m]

    def with_matrix(self, y_real: np.ndarray) -> Reduced:
        """The same nodes with another matrix between the kept ones."""
        m = len(self.kept)
        return replace(self, y_real=y_real, sparse=sp.csr_array(y_real[:m, :m] + 1j * y_real[m:, :m]))

    def voltages(self, kept_pu: np.ndarray) -> np.ndarray:
        """Voltages of all nodes, (node, time), complex, from those of the kept nodes; NaN where isolated. [p.u.]"""
        out = np.full((self.n_node, kept_pu.shape[1]), np.nan + 0j)
        out[self.kept], out[self.eliminated] = kept_pu, self.recover @ kept_pu
        return out


def admittance_matrix(model: Branches, banks: Shunts, step: np.ndarray) -> sp.csc_array:
    """Nodal admittance matrix with ``step`` steps of each bank switched on, (node, node), complex. [p.u.]

    A bank that consumes Q at 1 p.u. is the admittance (P - jQ) / BASE_MVA.
    """
    n = len(model.nodes)
    yff, yft, ytf, ytt = admittances(model)
    f, t = model.from_node, model.to_node
    rows, columns = np.concatenate([f, t, f, t, banks.node]), np.concatenate([f, t, t, f, banks.node])
    bank = (banks.step_mw - 1j * banks.step_mvar) * step / BASE_MVA
    return sp.csc_array(sp.coo_array((np.concatenate([yff, ytt, yft, ytf, bank]), (rows, columns)), shape=(n, n)))


def island_of(model: Branches, node: int) -> np.ndarray:
    """Which nodes are connected to ``node``, bool, (node,)."""
    n, on = len(model.nodes), model.in_service
    graph = sp.coo_array((np.ones(on.sum()), (model.from_node[on], model.to_node[on])), shape=(n, n))
    label = csgraph.connected_components(graph, directed=False)[1]
    return label == label[node]


def shift_angles(model: Branches, node: int) -> np.ndarray:
    """Angle of each node of an unloaded grid without impedances, (node,): the phase shifts on the way. [rad]"""
    n, angle_rad, on = len(model.nodes), np.zeros(len(model.nodes)), model.in_service
    shift_rad = np.deg2rad(model.shift_deg)
    if not shift_rad.any():
        return angle_rad
    start, end, shift_rad = model.from_node[on], model.to_node[on], shift_rad[on]
    ends = np.concatenate([start, end]), np.concatenate([end, start])
    lag = dict(zip(zip(*ends), np.concatenate([shift_rad, -shift_rad])))
    graph = sp.csr_array(sp.coo_array((np.ones(len(ends[0])), ends), shape=(n, n)))
    order, before = csgraph.breadth_first_order(graph, node)
    for k in order[1:]:
        angle_rad[k] = angle_rad[before[k]] - lag[before[k], k]
    return angle_rad


def reduce_network(y: sp.csc_array, kept: np.ndarray, alive: np.ndarray) -> Reduced:
    """Eliminate every node that is alive (connected) and not kept.

    Parameters
    ----------
    y : sparse, complex, (node, node)
    kept, alive : ndarray of bool, (node,)
    """
    k, e = np.flatnonzero(kept), np.flatnonzero(alive & ~kept)
    ykk = y[k][:, k].toarray()
    if len(e):
        recover = -splinalg.splu(y[e][:, e].tocsc()).solve(y[e][:, k].toarray())
        ykk = ykk + y[k][:, e] @ recover
    else:
        recover = np.zeros((0, len(k)), dtype=complex)
    y_real = np.block([[ykk.real, -ykk.imag], [ykk.imag, ykk.real]])
    return Reduced(
        kept=k, eliminated=e, y_real=y_real, recover=recover, n_node=y.shape[0], sparse=sp.csr_array(ykk)
    )

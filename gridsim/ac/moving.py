"""Tap changers and banks that stand elsewhere from hour to hour, as currents on top of one common pattern.

The admittance matrix is that of a base pattern.  A two-port with the ratio 1 / g instead of 1 / g0, and a bank
with s instead of s0 steps, add::

    dI_from = yff (g^2 - g0^2) V_from + yft (g - g0) V_to        yff, yft, ytf at tap position 0
    dI_to   = ytf (g - g0) V_from
    dI_bank = y (s - s0) V

so hours with thousands of patterns share one matrix and one inverse Jacobian, and remain exact.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp

from gridsim.electrical import BASE_MVA, Branches, Shunts, admittances


@dataclass(frozen=True)
class Moving:
    """Branches and banks that move, over the kept nodes.

    Attributes
    ----------
    branch, bank : ndarray of int
        Numbers of the branches (n_c) and banks (n_b) that move.
    merge : sparse, (corridor, n_c)
        Adds up parallel branches.
    from_node, to_node : ndarray of int, (corridor,)
        Kept nodes; ``bank_node`` (n_b,) those of the banks.
    spread : sparse, (m, 2 * corridor + n_b)
        Adds the currents at the nodes.
    y : ndarray of complex, (3, n_c)
        yff, yft, ytf at tap position 0. [p.u.]
    y_bank : ndarray of complex, (n_b,)
        One step. [p.u.]
    step_pu : ndarray, (n_c,)
        Voltage per tap position.
    """

    branch: np.ndarray
    bank: np.ndarray
    merge: sp.csr_array
    from_node: np.ndarray
    to_node: np.ndarray
    bank_node: np.ndarray
    spread: sp.csr_array
    y: np.ndarray
    y_bank: np.ndarray
    step_pu: np.ndarray

    def gain(self, tap_pos: np.ndarray) -> np.ndarray:
        """1 / ratio of the moving branches, (n_c, time), from the tap positions of all branches (branch, time)."""
        return 1.0 / (1.0 + tap_pos[self.branch] * self.step_pu[:, None])

    def coefficients(self, tap_pos: np.ndarray, step: np.ndarray, base_tap: np.ndarray, base: np.ndarray) -> np.ndarray:
        """Factors of the voltages in the added currents, (3 * corridor + n_b, time). [p.u.]

        ``tap_pos`` (branch, time), ``step`` (bank, time); ``base_tap`` (branch,) and ``base`` (bank,) of the matrix.
        """
        g, g0 = self.gain(tap_pos), self.gain(base_tap[:, None])
        parts = [self.merge @ (y[:, None] * d) for y, d in zip(self.y, (g**2 - g0**2, g - g0, g - g0))]
        return np.concatenate([*parts, self.y_bank[:, None] * (step - base[:, None])[self.bank]])

    def terms(self, coefficients: np.ndarray, v_pu: np.ndarray) -> np.ndarray:
        """Added currents, complex, (2 * corridor + n_b, time), at the kept nodes' voltages; ``spread`` adds them up."""
        n = len(self.from_node)
        v_from, k = v_pu[self.from_node], coefficients
        at_from = k[:n] * v_from
        at_from += k[n : 2 * n] * v_pu[self.to_node]
        return np.concatenate([at_from, k[2 * n : 3 * n] * v_from, k[3 * n :] * v_pu[self.bank_node]])


def terminals(model: Branches, banks: Shunts, branch: np.ndarray, bank: np.ndarray) -> np.ndarray:
    """Nodes at which something moves, bool, (node,)."""
    out = np.zeros(len(model.nodes), dtype=bool)
    out[np.concatenate([model.from_node[branch], model.to_node[branch], banks.node[bank]])] = True
    return out


def make_moving(model: Branches, banks: Shunts, branch: np.ndarray, bank: np.ndarray, kept: np.ndarray) -> Moving:
    """The moving branches and banks between the kept nodes (numbers ``kept``; all their terminals are among them)."""
    position = np.full(len(model.nodes), -1)
    position[kept] = np.arange(len(kept))
    n_node = len(model.nodes)
    pair, which = np.unique(model.from_node[branch] * n_node + model.to_node[branch], return_inverse=True)
    places = which, np.arange(len(branch))
    merge = sp.csr_array(sp.coo_array((np.ones(len(branch)), places), (len(pair), len(branch))))
    from_node, to_node, bank_node = position[pair // n_node], position[pair % n_node], position[banks.node[bank]]
    rows = np.concatenate([from_node, to_node, bank_node])
    spread = sp.csr_array(sp.coo_array((np.ones(len(rows)), (rows, np.arange(len(rows)))), (len(kept), len(rows))))
    yff, yft, ytf, _ = (y[branch] for y in admittances(replace(model, tap_pos=np.zeros(len(model)))))
    return Moving(
        branch=branch, bank=bank, merge=merge, from_node=from_node, to_node=to_node, bank_node=bank_node, spread=spread,
        y=np.stack([yff, yft, ytf]), y_bank=((banks.step_mw - 1j * banks.step_mvar) / BASE_MVA)[bank],
        step_pu=model.tap_step_percent[branch] / 100.0,
    )

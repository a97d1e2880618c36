"""Loading, flow and losses of every element from node voltages, for a block of hours at once.

Everything a two-port shows at its ends is linear in |V_f|^2, |V_t|^2 and V_f conj(V_t)::

    P_f    = Re(Yff) |V_f|^2 + Re(conj(Yft) V_f conj(V_t))
    |I_f|^2 = |Yff|^2 |V_f|^2 + |Yft|^2 |V_t|^2 + 2 Re(Yff conj(Yft) V_f conj(V_t))

so one sparse matrix turns those quantities into the squared loading of every rated end, the power at
the first end and the losses; parallel circuits share the products.  Loading is that of
``pandapower.runpp`` with ``trafo_loading="current"``: the current at the worst end over the rated
current (for transformers sn / (sqrt(3) vn of the winding)).

A branch whose tap moves from hour to hour is read behind its ideal transformer: with V_f / ratio in the
place of V_f the coefficients are those of tap position 0, and only the current at its first end needs the
ratio once more.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp

from gridsim.electrical import BASE_MVA, Branches, admittances


@dataclass(frozen=True)
class Meter:
    """Turns node voltages of one pattern into results per element.

    Attributes
    ----------
    pair_from, pair_to : ndarray of int, (pair,)
        Node pairs that at least one branch joins.
    measure : sparse, (4 * element + three-winding element, node + 2 * pair)
        Blocks of rows: power at the first end and losses [MW], squared loading of the first and the
        second end of each element, and of the third winding of those that have one (the last ones). [p.u.]
    n_element : int
    moving_from, moving_element : ndarray of int, (n_c,)
        From node and element of the branches whose taps move.
    """

    pair_from: np.ndarray
    pair_to: np.ndarray
    measure: sp.csr_array
    n_element: int
    moving_from: np.ndarray
    moving_element: np.ndarray

    def read(self, v_pu: np.ndarray, gain: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """``(loading_percent, p_from_mw, losses_mw)``, each (element, time).

        ``v_pu`` (node, time) node voltages; ``gain`` (n_c, time) 1 / ratio of the branches whose taps move.
        """
        if len(gain):
            v_pu = np.concatenate([v_pu, v_pu[self.moving_from] * gain])
        product = v_pu[self.pair_from] * np.conj(v_pu[self.pair_to])
        values = self.measure @ np.concatenate([v_pu.real**2 + v_pu.imag**2, product.real, product.imag])
        p_from, losses, first, second, third = np.split(values, self.n_element * np.arange(1, 5))
        first[self.moving_element] *= gain**2
        worst = np.maximum(first, second, out=first)
        n3 = len(third)
        np.maximum(worst[self.n_element - n3 :], third, out=worst[self.n_element - n3 :])
        return 100.0 * np.sqrt(np.maximum(worst, 0.0)), p_from, losses


def make_meter(model: Branches, season: str, moving: np.ndarray | None = None) -> Meter:
    """The meter of one tap pattern and season (ampacity of lines); ``moving``: branches whose taps move."""
    n_node, moving = len(model.nodes), np.zeros(0, dtype=int) if moving is None else moving
    from_node, model = model.from_node.copy(), replace(model, tap_pos=model.tap_pos.copy())
    from_node[moving], model.tap_pos[moving] = n_node + np.arange(len(moving)), 0.0
    n_node += len(moving)
    pair, which = np.unique(from_node * n_node + model.to_node, return_inverse=True)
    yff, yft, ytf, ytt = admittances(model)
    from_a2, to_a2 = (
        (BASE_MVA / (np.sqrt(3.0) * model.nodes.vn_kv[node] * rated[season])) ** 2
        for node, rated in ((model.from_node, model.max_i_from_ka), (model.to_node, model.max_i_to_ka))
    )
    cross_from, cross_to, cross_loss = 2 * yff * np.conj(yft), 2 * np.conj(ytt) * ytf, np.conj(yft) + ytf
    # coefficients of |V_f|^2, |V_t|^2, Re and Im of V_f conj(V_t), each (branch,)
    power = [yff.real, 0 * ytt.real, yft.real, yft.imag]
    losses = [yff.real, ytt.real, cross_loss.real, -cross_loss.imag]
    current_from = [from_a2 * k for k in (np.abs(yff) ** 2, np.abs(yft) ** 2, cross_from.real, -cross_from.imag)]
    current_to = [to_a2 * k for k in (np.abs(ytf) ** 2, np.abs(ytt) ** 2, cross_to.real, -cross_to.imag)]
    first = model.first_of_element
    star = model.side[first] == "hv"
    n, element = len(first), np.arange(len(first))
    blocks = [
        (element, first, [BASE_MVA * k for k in power]),
        (n + model.element_id, np.arange(len(model)), [BASE_MVA * k for k in losses]),
        (2 * n + element, first, current_from),
        (3 * n + element, first + star, current_to),
        (4 * n + np.arange(star.sum()), first[star] + 2, current_to),
    ]
    column = [from_node, model.to_node, n_node + which, n_node + len(pair) + which]
    entries = [(row, c[branch], k[branch]) for row, branch, coefficient in blocks for c, k in zip(column, coefficient)]
    rows, columns, values = (np.concatenate([e[i] for e in entries]) for i in range(3))
    shape = (4 * n + int(star.sum()), n_node + 2 * len(pair))
    measure = sp.csr_array(sp.coo_array((values, (rows, columns)), shape=shape))
    return Meter(
        pair_from=pair // n_node, pair_to=pair % n_node, measure=measure, n_element=n,
        moving_from=model.from_node[moving], moving_element=model.element_id[moving],
    )


@dataclass(frozen=True)
class CurrentMeter:
    """Squared loading of every element from node voltages: the current rows of :class:`Meter`."""

    pair_from: np.ndarray
    pair_to: np.ndarray
    measure: sp.csr_array
    n_element: int

    def square(self, v_pu: np.ndarray) -> np.ndarray:
        """(element, column), the worst end; 1 at the short-time rating."""
        product = v_pu[self.pair_from] * np.conj(v_pu[self.pair_to])
        values = self.measure @ np.concatenate([v_pu.real**2 + v_pu.imag**2, product.real, product.imag])
        first, second, third = np.split(values, [self.n_element, 2 * self.n_element])
        worst = np.maximum(first, second, out=first)
        last = worst[self.n_element - len(third) :]
        np.maximum(last, third, out=last)
        return worst


def make_current_meter(model: Branches, season: str, factor: np.ndarray) -> CurrentMeter:
    """The meter of one tap pattern and season; ``factor`` (element,) short-time rating over rating."""
    meter = make_meter(model, season)
    n = meter.n_element
    third = meter.measure.shape[0] - 4 * n
    scale = np.concatenate([factor, factor, factor[n - third :]]) ** -2.0
    measure = sp.csr_array(sp.diags_array(scale) @ meter.measure[2 * n :])
    return CurrentMeter(meter.pair_from, meter.pair_to, measure, n)

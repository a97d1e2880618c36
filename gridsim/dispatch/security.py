"""Flows after the outage of one circuit or transformer unit (N-1), by distribution factors.

With branch k out, branch l carries  F_l + L_lk F_k,  L = B_lk (1 - B_kk)^-1,  B = what a transfer over the ends
of k puts on l (Guo et al. 2009, doi:10.1109/TPWRS.2009.2023273 for several branches at once).  A
three-winding unit loses all windings; cutting all but one of its connected sides is the same, because nothing is left
behind its star point.  An outage that cuts the grid has no such factor: those are listed, not screened.

Millions of (step, branch, outage) cases stay unlooked at, exactly: over any set of steps the flow after an outage is
at most  max F_l + max(L F_k)  (and at least the opposite), and only pairs whose bound passes the limit are worked out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from gridsim.electrical import Branches

#: below this determinant of 1 - B_kk an outage cuts the grid
_ISLANDING = 1e-7
#: factors below this carry nothing (rounding of the PTDF)
_NO_TRANSFER = 1e-9
#: why an outage is not screened
RADIAL, EQUIVALENT, TERTIARY = "radial", "equivalent", "tertiary"


@dataclass(frozen=True)
class Outages:
    """Single outages of one state of the grid.

    Attributes
    ----------
    element, kind : ndarray of str (outage,)
        What is lost.
    cut : ndarray of int (outage, 2)
        Branches whose loss is the loss of the element; -1 where one is enough.
    factor : ndarray (2, branch, outage)
        L: share of the flow of each cut branch that appears on each branch. [MW/MW]
    skipped : DataFrame
        ``element, element_type, reason`` of what is not screened: ``radial`` (the outage cuts the grid),
        ``equivalent`` (stands for the grid outside), ``tertiary`` (something hangs on the third winding).
    """

    element: np.ndarray
    kind: np.ndarray
    cut: np.ndarray
    factor: np.ndarray
    skipped: pd.DataFrame

    def __len__(self) -> int:
        return len(self.element)

    def after(self, flow_mw: np.ndarray, branch: np.ndarray, outage: np.ndarray) -> np.ndarray:
        """Flow of some branches after some outages, (time, pair); ``flow_mw`` is (time, branch). [MW]"""
        first, second = self.cut[outage].T
        lost = self.factor[0, branch, outage] * flow_mw[:, first]
        lost = lost + np.where(second >= 0, self.factor[1, branch, outage] * flow_mw[:, second], 0.0)
        return flow_mw[:, branch] + lost

    def exceeding(
        self, least: np.ndarray, most: np.ndarray, lower: np.ndarray, upper: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Pairs (branch, outage) that can pass a limit for some flows between ``least`` and ``most``; all (branch,)."""
        low, high = least[:, None], most[:, None]
        for side in (0, 1):
            k = self.cut[:, side]
            factor = np.where(k >= 0, self.factor[side], 0.0)
            one, other = factor * least[k], factor * most[k]
            low, high = low + np.minimum(one, other), high + np.maximum(one, other)
        beyond = (high > upper[:, None]) | (low < lower[:, None])
        # what an outage does not touch is the business of the limit without outage
        beyond &= (np.abs(self.factor) > _NO_TRANSFER).any(axis=0)
        branch, outage = np.nonzero(beyond)
        return branch, outage


def single_outages(model: Branches, factors: np.ndarray, out: np.ndarray, bearing: np.ndarray) -> Outages:
    """Every circuit and transformer unit whose outage leaves the grid connected.

    Parameters
    ----------
    model : Branches
    factors : ndarray (branch, electrical node)
        PTDF of the state.
    out : ndarray of bool (branch,)
        Branches already out by plan.
    bearing : ndarray of bool (electrical node,)
        Nodes with demand, plants or links.
    """
    transfer = factors[:, model.from_node] - factors[:, model.to_node]
    ends = np.r_[model.from_node[~out], model.to_node[~out]]
    degree = np.bincount(ends, minlength=len(model.nodes))
    cuts: list[tuple[int, int]] = []
    columns: list[np.ndarray] = []
    chosen: list[int] = []
    skipped: list[tuple[str, str, str]] = []
    for first in model.first_of_element:
        branch = np.flatnonzero(model.element_id == model.element_id[first])
        cut, reason = _cut(model, branch, out, degree, bearing)
        solved = _factors(transfer, cut) if reason is None and len(cut) else None
        if reason is None and len(cut) and solved is None:
            reason = RADIAL
        if reason is not None:
            skipped.append((str(model.element[first]), str(model.element_type[first]), reason))
        if solved is None:
            continue
        solved[branch] = 0.0
        solved[out] = 0.0
        cuts.append((int(cut[0]), int(cut[1]) if len(cut) > 1 else -1))
        columns.append(solved if solved.shape[1] == 2 else np.c_[solved, np.zeros(len(solved))])
        chosen.append(int(first))
    return Outages(
        element=model.element[chosen],
        kind=model.element_type[chosen],
        cut=np.array(cuts, dtype=int).reshape(-1, 2),
        factor=np.stack(columns, axis=2).transpose(1, 0, 2) if columns else np.zeros((2, len(model), 0)),
        skipped=pd.DataFrame(skipped, columns=["element", "element_type", "reason"]),
    )


def _cut(
    model: Branches, branch: np.ndarray, out: np.ndarray, degree: np.ndarray, bearing: np.ndarray
) -> tuple[np.ndarray, str | None]:
    """Branches to cut for the loss of an element, and why it is not screened (None = it is)."""
    if out[branch].any():
        return np.zeros(0, dtype=int), None
    if model.is_equivalent[branch].any():
        return branch, EQUIVALENT
    if len(branch) == 1:
        return branch, None
    outer = np.where(model.side[branch] == "hv", model.from_node[branch], model.to_node[branch])
    leaf = degree[outer] == 1
    if (~leaf).sum() < 2:
        return branch, RADIAL
    if bearing[outer[leaf]].any():
        return branch, TERTIARY
    return branch[~leaf][:-1], None


def _factors(transfer: np.ndarray, cut: np.ndarray) -> np.ndarray | None:
    """L of the branches that are cut together, (branch, cut); None if the outage cuts the grid."""
    inner = np.eye(len(cut)) - transfer[np.ix_(cut, cut)]
    if abs(np.linalg.det(inner)) < _ISLANDING:
        return None
    return transfer[:, cut] @ np.linalg.inv(inner)

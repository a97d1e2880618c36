"""The year's N-1 check on DC flows, worked out from the tables alone: exact, and apart from the dispatch.

After the loss of an element with branches K the flow of branch l is  F_l + B_lK (1 - B_KK)^+ F_K,  with B from the
susceptances of the tables.  Millions of (step, branch, outage) cases are not looked at one by one: over the year the
flow after an outage is at most  max F_l + sum_K max(M_lk F_k), and a pair whose bound is below what was already found
for its branch cannot set the maximum (M = B_lK (1 - B_KK)^+).  Ejebe and Wollenberg 1979, doi:10.1109/TPAS.1979.319518,
for the idea of ranking outages.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

from gridsim.recompute import laplacian_mw_per_rad

#: pairs worked out at once
_BATCH = 256
#: a determinant of 1 - B_KK below this says that the outage cuts the grid
_ISLANDING = 1e-7
#: (element, side, outage) -> steps
Exempt = Mapping[tuple[str, str, str], np.ndarray]
COLUMNS = ("element", "side", "outage", "max_loading_percent", "worst_step", "steps_over_100", "steps_over_any")


@dataclass(frozen=True)
class Grid:
    """Branches and injections of one state of the grid.

    Attributes
    ----------
    branches : DataFrame
        ``element, side, from_node, to_node, b_mw_per_rad`` as :func:`gridsim.recompute.susceptances_mw_per_rad`.
    flow_mw : ndarray (time, branch)
    rating_mw : ndarray (time, branch)
        What may flow after an outage; infinite where nothing is limited.
    outside : ndarray of bool (branch,)
        Equivalents of the outside grid: their outage is no case.
    """

    branches: pd.DataFrame
    flow_mw: np.ndarray
    rating_mw: np.ndarray
    outside: np.ndarray


@dataclass(frozen=True)
class _Outage:
    element: str
    lost: np.ndarray  # branches
    factor: np.ndarray  # (branch, lost)


def _outages(grid: Grid) -> list[_Outage]:
    """Every element whose outage leaves connected what was connected, with its factors."""
    b = grid.branches
    nodes = pd.Index(pd.unique(pd.concat([b["from_node"], b["to_node"]])))
    start, end = nodes.get_indexer(b["from_node"]), nodes.get_indexer(b["to_node"])
    value = b["b_mw_per_rad"].to_numpy(dtype=float)
    laplacian = laplacian_mw_per_rad(start, end, value, len(nodes))
    angle = np.zeros_like(laplacian)
    angle[1:, 1:] = np.linalg.inv(laplacian[1:, 1:])
    over = angle[start] - angle[end]
    transfer = value[:, None] * (over[:, start] - over[:, end])
    fed = _bearing(start, end, grid.flow_mw, len(nodes))
    out = []
    for element, members in b.groupby("element", sort=False).indices.items():
        rows = np.asarray(members)
        inner = np.eye(len(rows)) - transfer[np.ix_(rows, rows)]
        if grid.outside[rows].any() or (len(rows) == 1 and abs(inner[0, 0]) < _ISLANDING):
            continue
        if len(rows) > 1 and _cuts(start, end, rows, fed):
            continue
        factor = transfer[:, rows] @ np.linalg.pinv(inner, rcond=_ISLANDING)
        factor[rows] = 0.0
        out.append(_Outage(str(element), rows, factor))
    return out


def _bearing(start: np.ndarray, end: np.ndarray, flow_mw: np.ndarray, nodes: int) -> np.ndarray:
    """Nodes at which something is injected, from the flows that meet there, (node,)."""
    m = np.arange(len(start))
    ends = (np.r_[start, end], np.r_[m, m])
    meeting = sp.csr_array((np.r_[np.ones(len(m)), -np.ones(len(m))], ends), shape=(nodes, len(m)))
    return np.asarray(np.abs(meeting @ flow_mw.T).max(axis=1)) > 1e-3


def _cuts(start: np.ndarray, end: np.ndarray, lost: np.ndarray, bearing: np.ndarray) -> bool:
    """Whether the nodes with an injection fall apart without some branches."""
    keep = np.ones(len(start), dtype=bool)
    keep[lost] = False
    n = len(bearing)
    part = connected_components(sp.csr_array((np.ones(keep.sum()), (start[keep], end[keep])), shape=(n, n)))[1]
    return len(np.unique(part[bearing])) > 1


def worst_after_outage(grid: Grid, *, from_percent: float) -> pd.DataFrame:
    """For every branch the outage after which it is loaded most, exactly, over all steps.

    Parameters
    ----------
    grid : Grid
    from_percent : float
        Branches that stay below this loading after every outage are left out.

    Returns
    -------
    DataFrame
        ``element, side, outage, max_loading_percent, worst_step, steps_over_100`` (after this outage),
        ``steps_over_any`` (after any outage); highest loading first.
    """
    outages = _outages(grid)
    branch, outage, bound = _pairs(grid, outages, from_percent)
    best = np.full(len(grid.branches), from_percent)
    rows: dict[int, tuple[str, float, int, int]] = {}
    over_any: dict[int, np.ndarray] = {}
    open_pairs = np.argsort(-bound, kind="stable")
    while len(open_pairs):
        # pairs that could overload are all counted; the others only as long as they could set the maximum
        wanted = bound[open_pairs] > np.minimum(best[branch[open_pairs]], 100.0)
        open_pairs = open_pairs[wanted]
        batch, open_pairs = open_pairs[:_BATCH], open_pairs[_BATCH:]
        loading = loading_percent(grid, [outages[k] for k in outage[batch]], branch[batch])
        for column, pair in enumerate(batch):
            b, values = int(branch[pair]), loading[:, column]
            worst = int(values.argmax())
            over = values > 100.0
            if over.any():
                over_any[b] = over_any.get(b, np.zeros(len(values), dtype=bool)) | over
            if values[worst] > best[b]:
                best[b] = values[worst]
                rows[b] = (outages[outage[pair]].element, float(values[worst]), worst, int(over.sum()))
    found = grid.branches
    table = [
        (found["element"].iloc[b], found["side"].iloc[b], *row, int(over_any.get(b, np.zeros(1)).sum()))
        for b, row in rows.items()
    ]
    return pd.DataFrame(table, columns=list(COLUMNS)).sort_values(
        "max_loading_percent", ascending=False, ignore_index=True
    )


def excess_after_outage(grid: Grid, exempt: Exempt, *, without: frozenset[str] = frozenset()) -> tuple[float, str, int]:
    """Largest flow above its rating after any outage, with what and when: (MW, ``branch after outage``, step).

    Parameters
    ----------
    grid : Grid
    exempt : mapping of (element, side, outage) to ndarray of int
        Steps in which a pair may be above its rating (listed as unavoidable).
    without : set of str
        Outages that are left out.
    """
    outages = [o for o in _outages(grid) if o.element not in without]
    branch, outage, _ = _pairs(grid, outages, 100.0)
    worst = (0.0, "", 0)
    for first in range(0, len(branch), _BATCH):
        b, chosen = branch[first : first + _BATCH], [outages[k] for k in outage[first : first + _BATCH]]
        over = (loading_percent(grid, chosen, b) / 100.0 - 1.0) * grid.rating_mw[:, b]
        for k, (one, out) in enumerate(zip(b, chosen)):
            element, side = str(grid.branches["element"].iloc[one]), str(grid.branches["side"].iloc[one])
            values = over[:, k].copy()
            values[exempt.get((element, side, out.element), np.zeros(0, dtype=int))] = 0.0
            step = int(values.argmax())
            if values[step] > worst[0]:
                worst = (float(values[step]), f"{element} after the outage of {out.element}", step)
    return worst


def loading_percent(grid: Grid, outages: list[_Outage], branch: np.ndarray) -> np.ndarray:
    """Loading of a branch after an outage, pair by pair, (time, pair). [%]"""
    flow = grid.flow_mw[:, branch].copy()
    for k, (outage, b) in enumerate(zip(outages, branch)):
        flow[:, k] += grid.flow_mw[:, outage.lost] @ outage.factor[b]
    return 100.0 * np.abs(flow) / grid.rating_mw[:, branch]


def _pairs(grid: Grid, outages: list[_Outage], from_percent: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pairs (branch, outage) that can pass a loading, and their bound. [%]"""
    least, most = grid.flow_mw.min(axis=0), grid.flow_mw.max(axis=0)
    rating = grid.rating_mw.min(axis=0)
    parts = []
    for number, outage in enumerate(outages):
        one, other = outage.factor * least[outage.lost], outage.factor * most[outage.lost]
        high = most + np.maximum(one, other).sum(axis=1)
        low = least + np.minimum(one, other).sum(axis=1)
        bound = 100.0 * np.maximum(high, -low) / rating
        touched = (np.abs(outage.factor) > 1e-9).any(axis=1)
        b = np.flatnonzero((bound > from_percent) & touched)
        parts.append(np.stack([b, np.full(len(b), number), bound[b]]))
    if not parts:
        return np.zeros(0, dtype=int), np.zeros(0, dtype=int), np.zeros(0)
    branch, number, bounds = np.concatenate(parts, axis=1)
    return branch.astype(int), number.astype(int), bounds

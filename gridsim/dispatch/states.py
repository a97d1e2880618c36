"""States of the grid over the year: which branches are out by plan (检修方式), and the DC factors of each state."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import scipy.sparse as sp
import scipy.sparse.linalg as spla
from scipy.sparse.csgraph import connected_components

from gridsim.devices.availability import on_outage
from gridsim.electrical import Branches
from gridsim.errors import Problem, raise_if
from gridsim.network import Network
from gridsim.rows import records


@dataclass(frozen=True)
class GridStates:
    """Distinct sets of branches out by plan.

    Attributes
    ----------
    out : ndarray of bool (state, branch)
        Branches that are out; the first state is the grid with everything in service.
    elements : tuple of tuple of str, one per state
        Names of what is out.
    of_step : ndarray of int (time,)
        State of each step.
    exempt : tuple of bool, one per state
        Whether the study declares everything that is out exempt: what it curtails is no system cause.
    """

    out: np.ndarray
    elements: tuple[tuple[str, ...], ...]
    of_step: np.ndarray
    exempt: tuple[bool, ...] = (False,)

    def take(self, steps: np.ndarray) -> GridStates:
        """The states of some of the steps."""
        return replace(self, of_step=self.of_step[steps])

    def label(self, state: int) -> str:
        """What is out, for names of things that belong to a state; empty with everything in service."""
        return f" without {'+'.join(self.elements[state])}" if self.elements[state] else ""


def susceptance(model: Branches) -> np.ndarray:
    """DC susceptance of each branch, (branch,). [p.u.]"""
    return 1.0 / (model.x_pu * model.ratio_pu)


def whole_grid(model: Branches, steps: int) -> GridStates:
    """Everything in service in every step."""
    return GridStates(np.zeros((1, len(model)), dtype=bool), ((),), np.zeros(steps, dtype=int))


def grid_states(network: Network, model: Branches, index: pd.DatetimeIndex) -> GridStates:
    """States of a horizon from the table ``branch_outage``.

    Raises
    ------
    InvalidInput
        Where a planned outage, alone or with others of the same days, cuts off demand, plants or an area.
    """
    calendar = network["branch_outage"]
    elements: list[tuple[str, ...]] = [()]
    exempt = [False]
    of_step = np.zeros(len(index), dtype=int)
    out = [np.zeros(len(model), dtype=bool)]
    if len(calendar):
        active = np.column_stack([on_outage(index, r.from_day, r.to_day) for r in records(calendar)])
        keys = list(zip(calendar["element_type"], calendar["element"]))
        sets, of_set = np.unique(active, axis=0, return_inverse=True)
        number = np.zeros(len(sets), dtype=int)
        for k, chosen in enumerate(sets):
            if not chosen.any():
                continue
            names = {keys[i] for i in np.flatnonzero(chosen)}
            gone = [pair in names for pair in zip(model.element_type, model.element)]
            number[k] = len(out)
            out.append(np.array(gone, dtype=bool))
            elements.append(tuple(sorted(str(e) for _, e in names)))
            exempt.append(bool(calendar["exempt"].to_numpy(dtype=bool)[chosen].all()))
        of_step = number[of_set.ravel()]
    states = GridStates(np.array(out), tuple(elements), of_step, tuple(exempt))
    raise_if(_islands(network, model, states))
    return states


def _islands(network: Network, model: Branches, states: GridStates) -> list[Problem]:
    """A planned outage must leave every bus with load, plants or links connected."""
    used = set(network["area_link"]["bus"])
    for table in network.tables.values():
        if {"bus", "max_p_mw"} <= set(table.columns):
            used |= set(table["bus"].dropna())
    bearing = np.flatnonzero([str(n) in used for n in model.nodes.name])
    problems = []
    before = _parts(model, np.ones(len(model), dtype=bool))
    for out, elements in zip(states.out[1:], states.elements[1:]):
        part = _parts(model, ~out)
        main = part == np.bincount(part).argmax()
        lost = [str(model.nodes.name[i]) for i in bearing if not main[i] and before[i] == before[main.argmax()]]
        if lost:
            what = f"the planned outage of {', '.join(elements)} cuts off {', '.join(lost)}"
            fix = "change the days, or close a normally open tie (normally_open = 0) for this study"
            problems.append(Problem("branch_outage", what, fix, row=elements[0], column="element"))
    return problems


def _parts(model: Branches, in_service: np.ndarray) -> np.ndarray:
    """Number of the connected part of each node, (node,)."""
    n = len(model.nodes)
    ends = (model.from_node[in_service], model.to_node[in_service])
    return connected_components(sp.csr_array((np.ones(len(ends[0])), ends), shape=(n, n)), directed=False)[1]


def ptdf(model: Branches, out: np.ndarray | None = None) -> np.ndarray:
    """Power transfer distribution factors, (branch, node), reference = first node.

    H = diag(b) A B^-1 with the reference row and column left out.  Branches of ``out`` (branch,) carry nothing;
    nodes that hang on nothing have factors of zero (they carry no injection, see :func:`grid_states`).
    """
    n, m = len(model.nodes), len(model)
    b = susceptance(model)
    if out is not None:
        b = np.where(out, 0.0, b)
    incidence = sp.csr_array(
        (np.r_[np.ones(m), -np.ones(m)], (np.r_[np.arange(m), np.arange(m)], np.r_[model.from_node, model.to_node])),
        shape=(m, n),
    )
    weighted = sp.diags_array(b) @ incidence
    laplacian = sp.csc_array(incidence.T @ weighted)
    part = _parts(model, b != 0.0)
    main = np.bincount(part).argmax()
    keep = np.flatnonzero(part == main)[1:]
    solve = spla.splu(sp.csc_matrix(laplacian[keep][:, keep]))
    factors = np.zeros((m, n))
    factors[:, keep] = solve.solve(weighted[:, keep].toarray().T).T
    return factors

"""The Dispatch: what every unit did, which limits bound, how the solver got there."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from gridsim.dispatch.couplings import free_bounds
from gridsim.dispatch.credit import credit_pu
from gridsim.dispatch.dc import NodeMap
from gridsim.dispatch.flows import FlowModel
from gridsim.dispatch.reserve import held_mw
from gridsim.dispatch.system import System
from gridsim.electrical import Branches


@dataclass(frozen=True)
class Dispatch:
    """Result of :func:`gridsim.dispatch.solve_dispatch`; every frame is indexed by time.

    Attributes
    ----------
    index : DatetimeIndex
    flow_mw : dict of str to DataFrame
        ``"device.role"`` -> (time, unit): generated, curtailed, charge, discharge, released, spilled,
        reduced, cut, unserved. [MW]
    fixed_mw : dict of str to DataFrame
        ``"device.role"`` -> injections that were not decided. [MW]
    controllable_mw : DataFrame (time, plant)
        What could have been curtailed: the base of the shares.
    energy_mwh : DataFrame (time, store)
        Stored energy at the end of each step.
    initial_mwh : Series (store,)
    online : DataFrame (day, thermal)
        Units on.
    branch_mw : DataFrame (time, branch)
        DC flow; columns are ``element`` or ``element|side`` of a three-winding transformer.
    section_mw : DataFrame (time, section)
    injection_mw : ndarray (time, electrical node)
        Net injections behind the flows.
    binding : DataFrame
        ``step, element, side, kind, outage, rung, direction, flow_mw, limit_mw, dual_cny_per_mwh,
        share_multiplier``:
        every limit with a price in the LP or a multiplier in the share step.
    unavoidable : DataFrame
        ``step, element, side, kind, outage, limit_mw, flow_mw, load_driven``: limits no dispatch can meet.
    reserve : DataFrame (time, ...)
        ``up_required_mw, up_held_mw, up_short_mw``, and the same down; no columns when none is imposed.
    windows : DataFrame
        ``window, start, pumping, objective_cny, bound_cny, direction_gap_cny, pumping_gap_cny, iterations, rounds,
        share_rounds, direction_fixes, network_rows, mip_gap, commitment_cny, raised_mw``.  ``bound_cny``: no schedule
        of the window costs less; ``direction_gap_cny``: most that giving directions to stores can have cost;
        ``pumping_gap_cny``: what whole machines cost against any pump power; ``pumping``: how their numbers were
        found; ``mip_gap``, ``commitment_cny``: proven relative gap and objective of a unit commitment, else NaN
        (:mod:`gridsim.dispatch.pumping`); ``raised_mw``: units beyond the merit order on the day it begins.
    cost_cny : float
        Cost of the kept steps.
    column_mw : ndarray (time, column)
        Values of the decision columns of ``system``.
    model, nodes, system, flows
        Branches, node numbering, columns and limits the dispatch was solved with.
    withheld_mw : dict of str to DataFrame
        Special cause -> (time, plant): what the profiles hold back from the dispatch; in none of its other numbers.
    """

    index: pd.DatetimeIndex
    flow_mw: dict[str, pd.DataFrame]
    fixed_mw: dict[str, pd.DataFrame]
    controllable_mw: pd.DataFrame
    energy_mwh: pd.DataFrame
    initial_mwh: pd.Series
    online: pd.DataFrame
    branch_mw: pd.DataFrame
    section_mw: pd.DataFrame
    injection_mw: np.ndarray
    binding: pd.DataFrame
    unavoidable: pd.DataFrame
    reserve: pd.DataFrame
    windows: pd.DataFrame
    cost_cny: float
    column_mw: np.ndarray
    model: Branches
    nodes: NodeMap
    system: System
    flows: FlowModel
    withheld_mw: dict[str, pd.DataFrame] = field(default_factory=dict)

    def role(self, role: str) -> pd.DataFrame:
        """All units of one role over all devices, side by side, e.g. ``role("curtailed")``."""
        parts = [f for key, f in {**self.fixed_mw, **self.flow_mw}.items() if key.endswith("." + role)]
        return pd.concat(parts, axis=1) if parts else pd.DataFrame(index=self.index)

    @cached_property
    def column_role(self) -> np.ndarray:
        """Role of each decision column without its device, (column,)."""
        return np.array([str(r).split(".")[1] for r in self.system.columns.role])

    @cached_property
    def free_bounds_mw(self) -> tuple[np.ndarray, np.ndarray]:
        """Bounds of the columns while the steps around each one stay as they are, (time, column) each."""
        return free_bounds(self.system, self.column_mw)

    @cached_property
    def reserve_margin_mw(self) -> np.ndarray:
        """Reserve held and short above what is required, (time, 2), up and down; none imposed: no columns. [MW]"""
        if self.system.reserve is None:
            return np.zeros((len(self.index), 0))
        steps, required = np.arange(len(self.index)), self.system.reserve.required_mw
        return np.maximum(held_mw(self.system, steps, self.column_mw, self.energy_mwh.to_numpy()) - required, 0.0)

    @cached_property
    def credit_pu(self) -> np.ndarray:
        """What the city's stores take off its plants, against what these could be cut, (time,)."""
        return credit_pu(self.system, np.arange(len(self.index)), self.column_mw)

    def plant_owned(self) -> np.ndarray:
        """Which plants of ``role("curtailed")`` are the city's, (plant,)."""
        return self.system.columns.owned[self.plant_columns()]

    def plant_nodes(self) -> np.ndarray:
        """Node (position in ``nodes``) of each plant of ``role("curtailed")``."""
        flows = [f for f in self.system.flows if f.role == "curtailed"]
        return np.concatenate([self.nodes.positions(f.nodes) for f in flows]) if flows else np.zeros(0, dtype=int)

    def plant_columns(self) -> np.ndarray:
        """Decision column of each plant of ``role("curtailed")``."""
        out = []
        for number, flow in enumerate(self.system.flows):
            if flow.role != "curtailed":
                continue
            column = np.zeros(len(flow.names), dtype=int)
            for k, (f, units) in enumerate(self.system.columns.members):
                if f == number:
                    column[units] = k
            out.append(column)
        return np.concatenate(out) if out else np.zeros(0, dtype=int)

    def split_curtailed(self, columns: np.ndarray, values_mw: np.ndarray, step: int) -> np.ndarray:
        """Curtailment per plant (order of ``role("curtailed")``) from values of some columns of one step."""
        x = np.zeros(len(self.system.columns))
        x[columns] = values_mw
        out = []
        for number, flow in enumerate(self.system.flows):
            if flow.role != "curtailed":
                continue
            plant = np.zeros(len(flow.names))
            for k, (f, units) in enumerate(self.system.columns.members):
                room = flow.upper_mw[step, units] if f == number else np.zeros(0)
                if room.sum() > 0:
                    plant[units] = x[k] * room / room.sum()
            out.append(plant)
        return np.concatenate(out) if out else np.zeros(0)

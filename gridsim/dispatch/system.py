"""The decision columns of all devices in one numbering, merged where nothing can tell them apart.

Flows of the same role, sign, node and price are one column of the LP (their split is decided by the
sharing rule in closed form, in proportion to their range).  Columns of stores and budgets stay alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from gridsim.devices.blocks import Block, Budget, Fixed, Flow, Store
from gridsim.dispatch.dc import NodeMap
from gridsim.dispatch.reserve import ReserveColumns, reserve_columns
from gridsim.errors import Problem, raise_if


@dataclass(frozen=True)
class Columns:
    """Decision columns of one step; arrays (column,) or (time, column).

    Attributes
    ----------
    sign, cost_cny_per_mwh : ndarray (column,)
    node : ndarray of int (column,)
        Position in the node map.
    lower_mw, upper_mw : ndarray (time, column)
    role : ndarray of str (column,)
        ``device.role``.
    members : tuple of (flow number, ndarray of unit numbers), one per column
    owned : ndarray of bool (column,)
        Curtailment of the city's plants.
    """

    sign: np.ndarray
    cost_cny_per_mwh: np.ndarray
    node: np.ndarray
    lower_mw: np.ndarray
    upper_mw: np.ndarray
    role: np.ndarray
    members: tuple[tuple[int, np.ndarray], ...]
    owned: np.ndarray

    def __len__(self) -> int:
        return len(self.sign)


@dataclass(frozen=True)
class StoreColumns:
    """Stores with the columns that charge and discharge them; arrays (store,).

    Attributes
    ----------
    machines : ndarray of int
        Equal machines that charge at a fixed power; 0 = the power is continuous.
    machine_charge_mw, machine_max_mw, machine_min_mw : ndarray
        Charging power and range of the discharging power of one machine.
    overflow : ndarray of int
        Column of what leaves the full store unused; -1 without.
    inflow_mw : ndarray (time, store)
    end_value_cny_per_mwh : ndarray
        NaN = as in the penalties.
    credited_pu : ndarray
        Share of the charging power that counts as already cut at the owned columns.
    """

    names: tuple[str, ...]
    device: tuple[str, ...]
    charge: np.ndarray
    discharge: np.ndarray
    min_energy_mwh: np.ndarray
    max_energy_mwh: np.ndarray
    efficiency_charge_pu: np.ndarray
    efficiency_discharge_pu: np.ndarray
    machines: np.ndarray
    machine_charge_mw: np.ndarray
    machine_max_mw: np.ndarray
    machine_min_mw: np.ndarray
    overflow: np.ndarray
    inflow_mw: np.ndarray
    end_value_cny_per_mwh: np.ndarray
    credited_pu: np.ndarray

    def __len__(self) -> int:
        return len(self.names)


@dataclass(frozen=True)
class BudgetColumns:
    """Columns with a daily energy: ``energy_mwh`` (day, budget), price of leaving energy out (budget,)."""

    column: np.ndarray
    energy_mwh: np.ndarray
    slack_cost_cny_per_mwh: np.ndarray

    def __len__(self) -> int:
        return len(self.column)


@dataclass(frozen=True)
class RampColumns:
    """Columns of one plant (its cost segments in order) and the largest change of their sum into each step, (time,)."""

    name: str
    columns: np.ndarray
    up_mw: np.ndarray
    down_mw: np.ndarray


@dataclass(frozen=True)
class System:
    """Everything the window LP needs: columns, stores, budgets, ramps, reserve, fixed injections (time, node). [MW]

    ``index`` and ``area`` (name of the detailed area) are for messages.
    """

    flows: tuple[Flow, ...]
    fixed: tuple[Fixed, ...]
    columns: Columns
    stores: StoreColumns
    budgets: BudgetColumns
    fixed_mw: np.ndarray
    nodes: NodeMap
    step_h: float
    index: pd.DatetimeIndex | None = None
    area: str = ""
    ramps: tuple[RampColumns, ...] = ()
    reserve: ReserveColumns | None = None

    @property
    def steps(self) -> int:
        return len(self.fixed_mw)

    def split(self, x_mw: np.ndarray) -> list[np.ndarray]:
        """Column values (time, column) -> one array (time, unit) per flow, in proportion to the ranges."""
        return split_columns(self.flows, self.columns, x_mw)


def split_columns(flows: Sequence[Flow], columns: Columns, x_mw: np.ndarray) -> list[np.ndarray]:
    """See :meth:`System.split`: unit = lower + (upper - lower) * same fraction for all members."""
    out = [np.array(f.lower_mw[: len(x_mw)], dtype=float) for f in flows]
    for k, (number, units) in enumerate(columns.members):
        flow = flows[number]
        lower, upper = flow.lower_mw[:, units], flow.upper_mw[:, units]
        room = columns.upper_mw[:, k] - columns.lower_mw[:, k]
        fraction = np.divide(x_mw[:, k] - columns.lower_mw[:, k], room, out=np.zeros(len(room)), where=room > 0)
        out[number][:, units] = lower + fraction[:, None] * (upper - lower)
    return out


def _merge(flow: Flow, nodes: NodeMap, alone: bool, apart: frozenset[str]) -> list[np.ndarray]:
    """Units that share a column: same node and price (stores, budgets and the units ``apart`` stay alone)."""
    n = len(flow.names)
    if alone:
        return [np.array([i]) for i in range(n)]
    where = nodes.positions(flow.nodes)
    own = [name if name in apart else "" for name in flow.names]
    key = list(zip(where.tolist(), flow.cost_cny_per_mwh.tolist(), own, _owned(flow).tolist()))
    groups: dict[tuple[int, float, str, bool], list[int]] = {}
    for i, k in enumerate(key):
        groups.setdefault(k, []).append(i)
    return [np.array(v) for v in groups.values()]


def _owned(flow: Flow) -> np.ndarray:
    return np.zeros(len(flow.names), dtype=bool) if flow.owned is None else flow.owned


def _columns(
    flows: Sequence[Flow], nodes: NodeMap, alone: set[int], apart: frozenset[str]
) -> tuple[Columns, dict[tuple[int, int], int]]:
    sign: list[float] = []
    cost: list[float] = []
    node: list[int] = []
    lower: list[np.ndarray] = []
    upper: list[np.ndarray] = []
    role: list[str] = []
    members: list[tuple[int, np.ndarray]] = []
    owned: list[bool] = []
    where: dict[tuple[int, int], int] = {}
    for number, flow in enumerate(flows):
        positions = nodes.positions(flow.nodes)
        for units in _merge(flow, nodes, id(flow) in alone, apart):
            for u in units:
                where[(id(flow), int(u))] = len(sign)
            sign.append(flow.sign)
            cost.append(float(flow.cost_cny_per_mwh[units[0]]))
            node.append(int(positions[units[0]]))
            lower.append(flow.lower_mw[:, units].sum(axis=1))
            upper.append(flow.upper_mw[:, units].sum(axis=1))
            role.append(f"{flow.device}.{flow.role}")
            members.append((number, units))
            owned.append(bool(_owned(flow)[units[0]]))
    return Columns(
        sign=np.array(sign),
        cost_cny_per_mwh=np.array(cost),
        node=np.array(node, dtype=int),
        lower_mw=np.column_stack(lower),
        upper_mw=np.column_stack(upper),
        role=np.array(role, dtype=object),
        members=tuple(members),
        owned=np.array(owned, dtype=bool),
    ), where


def _store_columns(stores: Sequence[Store], where: dict[tuple[int, int], int], steps: int) -> StoreColumns:
    def gather(name: str, absent: float = 0.0) -> np.ndarray:
        parts = [(s, getattr(s, name)) for s in stores]
        filled = [np.full(len(s.charge.names), absent) if a is None else a for s, a in parts]
        return np.concatenate(filled) if filled else np.zeros(0)

    pairs = [(s, i) for s in stores for i in range(len(s.charge.names))]
    charge_mw = np.array([s.charge.upper_mw[:, i].max(initial=0.0) for s, i in pairs])
    discharge_mw = np.array([s.discharge.upper_mw[:, i].max(initial=0.0) for s, i in pairs])
    machines = np.where(charge_mw > 0.0, gather("machines"), 0).astype(int)
    each = np.maximum(machines, 1)
    inflow = [np.zeros(steps) if s.inflow_mw is None else s.inflow_mw[:, i] for s, i in pairs]
    return StoreColumns(
        names=tuple(s.charge.names[i] for s, i in pairs),
        device=tuple(s.device for s, _ in pairs),
        charge=np.array([where[(id(s.charge), i)] for s, i in pairs], dtype=int),
        discharge=np.array([where[(id(s.discharge), i)] for s, i in pairs], dtype=int),
        min_energy_mwh=gather("min_energy_mwh"),
        max_energy_mwh=gather("max_energy_mwh"),
        efficiency_charge_pu=gather("efficiency_charge_pu"),
        efficiency_discharge_pu=gather("efficiency_discharge_pu"),
        machines=machines,
        machine_charge_mw=charge_mw / each,
        machine_max_mw=discharge_mw / each,
        machine_min_mw=gather("min_discharge_pu") * discharge_mw / each,
        overflow=np.array([-1 if s.overflow is None else where[(id(s.overflow), i)] for s, i in pairs], dtype=int),
        inflow_mw=np.column_stack(inflow) if inflow else np.zeros((steps, 0)),
        end_value_cny_per_mwh=gather("end_value_cny_per_mwh", np.nan),
        credited_pu=gather("credited_pu"),
    )


def _budget_columns(budgets: Sequence[Budget], where: dict[tuple[int, int], int]) -> BudgetColumns:
    pairs = [(b, i) for b in budgets for i in range(len(b.flow.names))]
    return BudgetColumns(
        column=np.array([where[(id(b.flow), i)] for b, i in pairs], dtype=int),
        energy_mwh=np.column_stack([b.energy_mwh[:, i] for b, i in pairs]) if pairs else np.zeros((0, 0)),
        slack_cost_cny_per_mwh=np.array([b.slack_cost_cny_per_mwh for b, _ in pairs]),
    )


def _refuse_gaps(flows: Sequence[Flow], fixed: Sequence[Fixed]) -> None:
    """NaN never enters the LP (absent is not zero)."""
    arrays = [(f, a) for f in flows for a in (f.lower_mw, f.upper_mw, f.cost_cny_per_mwh)] + [
        (f, f.p_mw) for f in fixed
    ]
    problems = [
        Problem(
            "",
            f"no value in the series or figures of {f.device} ({f.role})",
            "Fill the gap or remove the unit",
            row=name,
        )
        for f, a in arrays
        for name in np.array(f.names)[np.isnan(np.atleast_2d(a)).any(axis=0)]
    ]
    raise_if(problems)


def assemble(
    blocks: Sequence[Block], nodes: NodeMap, steps: int, step_h: float, *, apart: frozenset[str] = frozenset()
) -> System:
    """Number the columns of all blocks and add up the fixed injections; units ``apart`` get columns of their own."""
    flows = tuple(f for b in blocks for f in b.flows if len(f.names))
    fixed = tuple(f for b in blocks for f in b.fixed if len(f.names))
    stores = [s for b in blocks for s in b.stores if len(s.charge.names)]
    budgets = [g for b in blocks for g in b.budgets if len(g.flow.names)]
    _refuse_gaps(flows, fixed)
    ramps = [r for b in blocks for r in b.ramps]
    alone = {id(f) for s in stores for f in (s.charge, s.discharge, s.overflow)} | {id(g.flow) for g in budgets}
    alone |= {id(f) for r in ramps for f, _ in r.members}
    columns, where = _columns(flows, nodes, alone, apart)
    injection = np.zeros((steps, len(nodes.names)))
    for part in fixed:
        np.add.at(injection.T, nodes.positions(part.nodes), part.p_mw.T)
    reserves = [b.reserve for b in blocks if b.reserve is not None]
    return System(
        flows=flows,
        fixed=fixed,
        columns=columns,
        stores=_store_columns(stores, where, steps),
        budgets=_budget_columns(budgets, where),
        fixed_mw=injection,
        nodes=nodes,
        step_h=step_h,
        ramps=tuple(
            RampColumns(r.name, np.array([where[(id(f), i)] for f, i in r.members]), r.up_mw, r.down_mw) for r in ramps
        ),
        reserve=reserve_columns(reserves[0], flows, columns, where) if reserves else None,
    )

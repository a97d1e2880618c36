"""Spinning reserve of the whole system: requirement, what holds it, shortage.

Up:    max(sum of shares of demand, wind and sun; largest unit on; one pole)
       <= sum of (upper - p) + curtailed + short
          + sum over stores [charge + min(P_d - discharge, eta_d (e - e_min) / T)]
Down:  sum of shares
       <= sum of (p - lower) + (available - curtailed) + short
          + sum over stores [discharge + min(P_c - charge, (e_max - e) / (eta_c T))]

A minimum of two linear functions is at most either of them, so the rows of the LP are cuts: one for each choice, store
by store, of power or energy.  A cut is added when a schedule violates it (:mod:`gridsim.dispatch.couplings`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gridsim.devices.blocks import Block, Flow, Reserve
from gridsim.options import DispatchOptions

if TYPE_CHECKING:
    from gridsim.dispatch.system import Columns, StoreColumns, System

#: device of the columns that are bookkeeping, no plant
RESERVE = "reserve"
WAYS = ("up", "down")


@dataclass(frozen=True)
class ReserveColumns:
    """What the decision columns hold: arrays (2, column) and (time, 2), up and down.

    Attributes
    ----------
    coefficient : ndarray (2, column)
        Reserve per MW of a column, stores left out; 1 for what is short.
    constant_mw : ndarray (time, 2)
        Reserve with all columns at zero, stores left out.
    required_mw : ndarray (time, 2)
    short : ndarray of int (2,)
        Columns of what is short.
    duration_h : float
    """

    coefficient: np.ndarray
    constant_mw: np.ndarray
    required_mw: np.ndarray
    short: np.ndarray
    duration_h: float


def reserve_block(blocks: Sequence[Block], node: str, steps: int, options: DispatchOptions) -> Block:
    """Requirement of all devices and the flows of what is short of it (they inject nothing)."""
    up = np.zeros(steps) + sum(b.reserve_up_mw for b in blocks)
    down = np.zeros(steps) + sum(b.reserve_down_mw for b in blocks)
    for b in blocks:
        up = np.maximum(up, b.largest_loss_mw)
    price = np.array([options.penalties.reserve_shortage_cny_per_mwh])
    short = tuple(
        Flow(RESERVE, f"short_{way}", (way,), (node,), 0.0, np.zeros((steps, 1)), required[:, None], price)
        for way, required in zip(WAYS, (up, down))
    )
    return Block(
        flows=short, reserve=Reserve(np.stack([up, down], axis=1), (short[0], short[1]), options.reserve.duration_h)
    )


def reserve_columns(
    reserve: Reserve, flows: Sequence[Flow], columns: Columns, where: dict[tuple[int, int], int]
) -> ReserveColumns:
    """Reserve per column: more injection up to the bound of the column, less down to it."""
    coefficient = np.zeros((2, len(columns)))
    constant = np.zeros((len(reserve.required_mw), 2))
    for k, (number, _) in enumerate(columns.members):
        flow = flows[number]
        far, near = columns.upper_mw[:, k], columns.lower_mw[:, k]
        if flow.sign < 0:
            far, near = -near, -far  # in terms of injection
        coefficient[:, k] = -flow.sign * flow.reserve_up_pu, flow.sign * flow.reserve_down_pu
        constant[:, 0] += flow.reserve_up_pu * far
        constant[:, 1] -= flow.reserve_down_pu * near
    short = np.array([where[(id(f), 0)] for f in reserve.short])
    coefficient[[0, 1], short] = 1.0
    return ReserveColumns(coefficient, constant, reserve.required_mw, short, reserve.duration_h)


def store_parts(
    stores: StoreColumns,
    columns: Columns,
    steps: np.ndarray,
    x_mw: np.ndarray,
    energy_mwh: np.ndarray,
    duration_h: float,
) -> tuple[np.ndarray, np.ndarray]:
    """What each store could give beyond stopping what it does, by power and by energy: two (step, store, way). [MW]"""
    power = np.stack(
        [
            columns.upper_mw[np.ix_(steps, stores.discharge)] - x_mw[:, stores.discharge],
            columns.upper_mw[np.ix_(steps, stores.charge)] - x_mw[:, stores.charge],
        ],
        axis=2,
    )
    energy = np.stack(
        [
            stores.efficiency_discharge_pu * (energy_mwh - stores.min_energy_mwh),
            (stores.max_energy_mwh - energy_mwh) / stores.efficiency_charge_pu,
        ],
        axis=2,
    )
    return power, energy / duration_h


def held_mw(system: System, steps: np.ndarray, x_mw: np.ndarray, energy_mwh: np.ndarray) -> np.ndarray:
    """Reserve held and short of it together, (step, 2), up and down. [MW]"""
    reserve = system.reserve
    assert reserve is not None
    power, energy = store_parts(system.stores, system.columns, steps, x_mw, energy_mwh, reserve.duration_h)
    stopping = np.stack([x_mw[:, system.stores.charge], x_mw[:, system.stores.discharge]], axis=2)
    own = reserve.constant_mw[steps] + x_mw @ reserve.coefficient.T
    return own + (stopping + np.minimum(power, energy)).sum(axis=1)


def reserve_table(system: System, x_mw: np.ndarray, energy_mwh: np.ndarray, index: pd.DatetimeIndex) -> pd.DataFrame:
    """Required, held and short, up and down, per step; without reserve no columns. [MW]"""
    if system.reserve is None:
        return pd.DataFrame(index=index)
    held = held_mw(system, np.arange(len(x_mw)), x_mw, energy_mwh)
    out = {}
    for k, way in enumerate(WAYS):
        short = x_mw[:, system.reserve.short[k]]
        out[f"{way}_required_mw"] = system.reserve.required_mw[:, k]
        out[f"{way}_held_mw"] = held[:, k] - short
        out[f"{way}_short_mw"] = np.where(short > 1e-6, short, 0.0)
    return pd.DataFrame(out, index=index)

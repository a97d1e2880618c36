"""Reactive power and voltage set points of a dispatched hour, from the tables and a few figures of practice.

Loads draw Q = tan(phi) P with tan(phi) by season and load level; plants that do not hold a voltage give
Q = k P with k by device; plants with ``voltage_control`` hold ``vm_pu`` of their bus while they run, a
little lower at light load; boundary buses of node areas hold the outside grid's voltage.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from gridsim.devices.reactive import LOAD, Q_PER_P
from gridsim.electrical import season_of
from gridsim.network import Network


@dataclass(frozen=True, kw_only=True)
class ReactiveRules:
    """Figures of practice; all assumed, to be replaced by dispatch instructions where known.

    Attributes
    ----------
    load_tan_phi : mapping of season to (levels, tan phi)
        tan(phi) over the city's load level (p.u. of its peak), linear between the points.
    q_per_p : mapping of device to float
        Reactive over active power of units that hold no voltage (inductive plants negative).
    heavy_load_pu : float
        Load level above which set points and targets are those of heavy load.
    external_vm_pu : (light, heavy)
        Voltage of the outside grid at the boundary buses. [p.u.]
    light_load_shift_pu : float
        Added to the set points of plants at light load. [p.u.]
    """

    load_tan_phi: Mapping[str, tuple[tuple[float, ...], tuple[float, ...]]] = field(
        default_factory=lambda: {
            "summer": ((0.36, 0.5, 1.0), (0.18, 0.22, 0.33)),
            "winter": ((0.36, 0.5, 0.93), (0.18, 0.22, 0.29)),
            "spring": ((0.36, 0.5), (0.18, 0.22)),
        }
    )
    q_per_p: Mapping[str, float] = field(default_factory=lambda: dict(Q_PER_P))
    heavy_load_pu: float = 0.6
    external_vm_pu: tuple[float, float] = (1.045, 1.05)
    light_load_shift_pu: float = -0.01


@dataclass(frozen=True)
class Reactive:
    """Injections ``q_mvar`` (time, bus), set points ``v_set`` bus -> (time,), load level ``load_pu`` (time,)."""

    q_mvar: np.ndarray
    v_set: dict[str, np.ndarray]
    load_pu: np.ndarray


def reactive_injections(
    network: Network,
    index: pd.DatetimeIndex,
    power_mw: Mapping[str, pd.DataFrame],
    *,
    rules: ReactiveRules | None = None,
) -> Reactive:
    """Reactive injections and voltage set points of every hour.

    Parameters
    ----------
    network : Network
    index : DatetimeIndex
    power_mw : mapping of device to DataFrame (time, unit)
        Power into the grid of each unit, loads negative; units without a bus are ignored. [MW]
    rules : ReactiveRules, optional

    Returns
    -------
    Reactive
    """
    rules = rules or ReactiveRules()
    bus = pd.Series(np.arange(len(network["bus"])), index=network["bus"]["name"].to_numpy())
    q_mvar = np.zeros((len(index), len(bus)))
    level = load_level(network, power_mw[LOAD])
    heavy = level > rules.heavy_load_pu
    v_set = {
        b: np.where(heavy, rules.external_vm_pu[1], rules.external_vm_pu[0]) for b in network["area_link"]["bus"]
    }
    tan_phi, season = np.zeros(len(index)), season_of(index)
    for name, (x, y) in rules.load_tan_phi.items():
        tan_phi[season == name] = np.interp(level[season == name], x, y)
    for device, power in power_mw.items():
        table = network[device].set_index("name")
        table = table[table["bus"].isin(bus.index) & table.index.isin(power.columns)]
        holds = table["voltage_control"].astype(bool) if "voltage_control" in table else pd.Series(False, table.index)
        plain = table[~holds]
        ratio = tan_phi[:, None] if device == LOAD else rules.q_per_p.get(device, 0.0)
        at = np.zeros((len(plain), len(bus)))
        at[np.arange(len(plain)), bus[plain["bus"]]] = 1.0
        if device == LOAD or ratio:
            q_mvar += (power[plain.index].to_numpy() * ratio) @ at
        if not holds.any():
            continue
        holders = table[holds]
        for name, at_bus, vm_pu in zip(holders.index, holders["bus"], holders["vm_pu"].astype(float)):
            running = np.abs(power[name].to_numpy()) > 1e-6
            held = np.where(running, vm_pu + np.where(heavy, 0.0, rules.light_load_shift_pu), np.nan)
            v_set[at_bus] = np.fmax(v_set.get(at_bus, held), held)
    return Reactive(q_mvar, v_set, level)


def load_level(network: Network, load_mw: pd.DataFrame) -> np.ndarray:
    """Sum of the loads at buses over the sum of their peaks, (time,). [p.u.]"""
    table = network["load"]
    served = table[table["bus"].notna()]
    return -load_mw[served["name"]].sum(axis=1).to_numpy() / float(served["max_p_mw"].sum())

"""Reactive power and voltage set points of a dispatched hour, from the tables and a few figures of practice.

Loads draw Q = tan(phi) P with tan(phi) by season and load level; plants that do not hold a voltage give
Q = k P with k by device or by plant; plants with ``voltage_control`` hold ``vm_pu`` of their bus while they
run, a little lower at light load, exactly or with a droop, inside their reactive range; boundary buses of
node areas hold the outside grid's voltage.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from gridsim.ac.task import QRange
from gridsim.devices.reactive import LOAD, Q_PER_P, Q_RANGE_PER_CAPACITY, Q_RANGE_PER_POWER
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
        Reactive over active power of units that hold no voltage (inductive plants negative); a plant's own
        ``q_per_p_pu`` comes first.
    q_range_per_capacity, q_range_per_power : mapping of device to (least, greatest)
        Reactive range of units that hold a voltage, of the capacity that is on or of the active power; a plant's
        own ``min_q_mvar, max_q_mvar`` come first.
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
    q_range_per_capacity: Mapping[str, tuple[float, float]] = field(default_factory=lambda: dict(Q_RANGE_PER_CAPACITY))
    q_range_per_power: Mapping[str, tuple[float, float]] = field(default_factory=lambda: dict(Q_RANGE_PER_POWER))
    heavy_load_pu: float = 0.6
    external_vm_pu: tuple[float, float] = (1.045, 1.05)
    light_load_shift_pu: float = -0.01


@dataclass(frozen=True)
class Reactive:
    """Injections, set points and ranges of every hour.

    ``q_mvar`` (time, bus); ``v_set`` bus -> (time,); ``load_pu`` (time,) load level; ``q_range`` bus ->
    (least, greatest) (time,) of the buses that have limits; ``droop_pu_per_mvar`` bus -> droop of the buses
    that do not hold their voltage exactly.
    """

    q_mvar: np.ndarray
    v_set: dict[str, np.ndarray]
    load_pu: np.ndarray
    q_range: dict[str, QRange]
    droop_pu_per_mvar: dict[str, float]


def reactive_injections(
    network: Network,
    index: pd.DatetimeIndex,
    power_mw: Mapping[str, pd.DataFrame],
    *,
    on_mw: Mapping[str, pd.DataFrame] | None = None,
    rules: ReactiveRules | None = None,
) -> Reactive:
    """Reactive injections, voltage set points and reactive ranges of every hour.

    Parameters
    ----------
    network : Network
    index : DatetimeIndex
    power_mw : mapping of device to DataFrame (time, unit)
        Power into the grid of each unit, loads negative; units without a bus are ignored. [MW]
    on_mw : mapping of device to DataFrame (time, unit), optional
        Capacity that is on.  Default: all of it while the unit runs. [MW]
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
    links = network["area_link"]
    v_set = {b: np.where(heavy, rules.external_vm_pu[1], rules.external_vm_pu[0]) for b in links["bus"]}
    q_range: dict[str, QRange] = {}
    if "max_q_mvar" in links:
        given = links[links["max_q_mvar"].notna() | links["min_q_mvar"].notna()]
        least, most = given["min_q_mvar"].astype(float), given["max_q_mvar"].astype(float)
        q_range = {b: (x, y) for b, x, y in zip(given["bus"], least.fillna(-np.inf), most.fillna(np.inf))}
    softness: dict[str, float] = {}
    tan_phi = _tan_phi(index, level, rules)
    for device, power in power_mw.items():
        table = network[device].set_index("name")
        table = table[table["bus"].isin(bus.index) & table.index.isin(power.columns)]
        holds = table["voltage_control"].astype(bool) if "voltage_control" in table else pd.Series(False, table.index)
        plain = table[~holds]
        own = np.full(len(plain), rules.q_per_p.get(device, 0.0))
        if "q_per_p_pu" in plain:
            own = plain["q_per_p_pu"].astype(float).fillna(pd.Series(own, plain.index)).to_numpy()
        ratio = tan_phi[:, None] if device == LOAD else own
        at = np.zeros((len(plain), len(bus)))
        at[np.arange(len(plain)), bus[plain["bus"]]] = 1.0
        if np.any(ratio):
            q_mvar += (power[plain.index].to_numpy() * ratio) @ at
        on = (on_mw or {}).get(device)
        for name, row in table[holds].iterrows():
            running = np.abs(power[name].to_numpy()) > 1e-6
            held = np.where(running, row["vm_pu"] + np.where(heavy, 0.0, rules.light_load_shift_pu), np.nan)
            v_set[row["bus"]] = np.fmax(v_set.get(row["bus"], held), held)
            capacity = row["max_p_mw"] * running if on is None or name not in on else on[name].to_numpy() * running
            low, high = _range(device, row, power[name].to_numpy(), capacity, rules)
            before = q_range.get(row["bus"], (0.0, 0.0))
            q_range[row["bus"]] = (before[0] + low * running, before[1] + high * running)
            softness[row["bus"]] = softness.get(row["bus"], 0.0) + _softness(device, row, rules)
    droop = {b: 1.0 / mvar_per_pu for b, mvar_per_pu in softness.items() if np.isfinite(mvar_per_pu)}
    return Reactive(q_mvar, v_set, level, q_range, droop)


def _tan_phi(index: pd.DatetimeIndex, level: np.ndarray, rules: ReactiveRules) -> np.ndarray:
    tan_phi, season = np.zeros(len(index)), season_of(index)
    for name, (x, y) in rules.load_tan_phi.items():
        tan_phi[season == name] = np.interp(level[season == name], x, y)
    return tan_phi


def _range(
    device: str, row: pd.Series, power_mw: np.ndarray, on_mw: np.ndarray, rules: ReactiveRules
) -> tuple[np.ndarray, np.ndarray]:
    """Least and greatest reactive power of a voltage-holding unit, (time,): its own figures, else the device's rule."""
    of = on_mw if device in rules.q_range_per_capacity else np.abs(power_mw)
    rule = rules.q_range_per_capacity.get(device) or rules.q_range_per_power.get(device) or (-np.inf, np.inf)
    own = [row.get(column) for column in ("min_q_mvar", "max_q_mvar")]
    # an infinite rule times a unit that stands still is no limit, not "not a number"
    low, high = (
        np.full(len(of), k) if np.isinf(k) else k * of if q is None or pd.isna(q) else np.full(len(of), float(q))
        for k, q in zip(rule, own)
    )
    return low, high


def _softness(device: str, row: pd.Series, rules: ReactiveRules) -> float:
    """Reactive power per voltage of a unit's Q(U) characteristic; infinite where it holds its voltage. [Mvar/p.u.]"""
    droop = row.get("droop_percent")
    if droop is None or pd.isna(droop) or float(droop) == 0.0:
        return np.inf
    rule = rules.q_range_per_capacity.get(device) or rules.q_range_per_power.get(device) or (0.0, 1.0)
    own = row.get("max_q_mvar")
    full_mvar = rule[1] * row["max_p_mw"] if own is None or pd.isna(own) else own
    return float(full_mvar) / (float(droop) / 100.0)


def load_level(network: Network, load_mw: pd.DataFrame) -> np.ndarray:
    """Sum of the loads at buses over the sum of their peaks, (time,). [p.u.]"""
    table = network["load"]
    served = table[table["bus"].notna()]
    return -load_mw[served["name"]].sum(axis=1).to_numpy() / float(served["max_p_mw"].sum())

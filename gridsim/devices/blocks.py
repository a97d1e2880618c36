"""What a device tells the dispatch: plain arrays, no equations.

A *flow* is a family of decision columns, one per unit and step; a *store* couples a charging and a
discharging flow over time; a *budget* fixes the daily energy of a flow.  ``nodes`` are names of buses
or of node areas.  Every array is (time, unit) unless said otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd

from gridsim.options import DispatchOptions

#: tables by name, as in a Network
Tables = Mapping[str, pd.DataFrame]


class Potential(Protocol):
    """What the units could do: the frames of :class:`gridsim.profiles.Profiles`."""

    @property
    def index(self) -> pd.DatetimeIndex: ...
    @property
    def available_mw(self) -> pd.DataFrame: ...
    @property
    def demand_mw(self) -> pd.DataFrame: ...
    @property
    def schedule_mw(self) -> pd.DataFrame: ...
    @property
    def hydro_min_mw(self) -> pd.DataFrame: ...
    @property
    def hydro_max_mw(self) -> pd.DataFrame: ...
    @property
    def hydro_energy_mwh(self) -> pd.DataFrame: ...
    @property
    def thermal_pu(self) -> pd.DataFrame: ...
    @property
    def thermal_min_pu(self) -> pd.DataFrame: ...
    @property
    def thermal_online(self) -> pd.DataFrame: ...


@dataclass(frozen=True)
class Fixed:
    """Injections that are not decided (generation positive, demand negative). [MW]"""

    device: str
    role: str
    names: tuple[str, ...]
    nodes: tuple[str, ...]
    p_mw: np.ndarray


@dataclass(frozen=True)
class Flow:
    """Decision columns of one role.

    Attributes
    ----------
    sign : float
        +1 raises the injection of the node, -1 lowers it, 0 leaves it alone.
    lower_mw, upper_mw : ndarray (time, unit)
    cost_cny_per_mwh : ndarray (unit,)
    reserve_up_pu, reserve_down_pu : float
        Share of the room to inject more, or less, that counts as spinning reserve.
    owned : ndarray of bool (unit,) or None
        Units of the city: what its stores take may be credited to them (see :class:`Store`); None: none of them.
    """

    device: str
    role: str
    names: tuple[str, ...]
    nodes: tuple[str, ...]
    sign: float
    lower_mw: np.ndarray
    upper_mw: np.ndarray
    cost_cny_per_mwh: np.ndarray
    reserve_up_pu: float = 0.0
    reserve_down_pu: float = 0.0
    owned: np.ndarray | None = None


@dataclass(frozen=True)
class Store:
    """Energy in store: e(t) = e(t-1) + (eta_c * charge - discharge / eta_d + inflow - overflow) * dt.

    ``charge`` and ``discharge`` (and ``overflow``) are flows with the same units in the same order.

    Attributes
    ----------
    machines : ndarray of int (unit,) or None
        Number of equal machines that charge at a fixed power (their share of the largest charging power); 0 or None:
        the power is continuous.
    min_discharge_pu : ndarray (unit,) or None
        Least output of a machine that generates, share of its capacity.
    inflow_mw : ndarray (time, unit) or None
        Energy that comes by itself, as stored energy.
    overflow : Flow or None
        What leaves a full store unused, as stored energy: a flow of sign 0.
    end_value_cny_per_mwh : ndarray (unit,) or None
        Value of stored energy at the end of a window; NaN or None: that of the penalties.
    credited_pu : ndarray (unit,) or None
        Share of the charging power that counts, in the equal shares, as already cut at the ``owned`` units of the
        curtailment flows; None: nothing.
    """

    device: str
    charge: Flow
    discharge: Flow
    min_energy_mwh: np.ndarray
    max_energy_mwh: np.ndarray
    efficiency_charge_pu: np.ndarray
    efficiency_discharge_pu: np.ndarray
    machines: np.ndarray | None = None
    min_discharge_pu: np.ndarray | None = None
    inflow_mw: np.ndarray | None = None
    overflow: Flow | None = None
    end_value_cny_per_mwh: np.ndarray | None = None
    credited_pu: np.ndarray | None = None


@dataclass(frozen=True)
class Ramp:
    """Largest change of a plant's output from the step before: -down <= sum p(t) - sum p(t-1) <= up.

    ``members`` are (flow, position of the plant in it); ``up_mw``, ``down_mw`` (time,), inf without a limit.
    """

    name: str
    members: tuple[tuple[Flow, int], ...]
    up_mw: np.ndarray
    down_mw: np.ndarray


@dataclass(frozen=True)
class Reserve:
    """Spinning reserve of the whole system: requirement (time, 2) up and down, and what is short of it.

    ``short`` are flows of sign 0, up and down.  Stores give reserve for ``duration_h`` from their energy.
    """

    required_mw: np.ndarray
    short: tuple[Flow, Flow]
    duration_h: float


@dataclass(frozen=True)
class Budget:
    """Daily energy of a flow's units: sum p dt + slack = energy, slack at a price per MWh."""

    device: str
    flow: Flow
    energy_mwh: np.ndarray  # (day, unit)
    slack_cost_cny_per_mwh: float


@dataclass(frozen=True)
class Block:
    """All a device brings into the dispatch.

    For the commitment: ``firm_mw`` is what may be counted on at the daily maximum, ``expected_mw`` what may be
    counted on over the day (None = the same); a store gives power but no energy.  For the reserve requirement:
    ``reserve_up_mw`` and ``reserve_down_mw`` (time,) are added over the devices, ``largest_loss_mw`` (time,) is what
    the loss of one unit or pole takes.
    """

    fixed: tuple[Fixed, ...] = ()
    flows: tuple[Flow, ...] = ()
    stores: tuple[Store, ...] = ()
    budgets: tuple[Budget, ...] = ()
    ramps: tuple[Ramp, ...] = ()
    reserve: Reserve | None = None
    firm_mw: np.ndarray | float = 0.0
    expected_mw: np.ndarray | float | None = None
    reserve_up_mw: np.ndarray | float = 0.0
    reserve_down_mw: np.ndarray | float = 0.0
    largest_loss_mw: np.ndarray | float = 0.0


def priced(cost_cny_per_mwh: np.ndarray, upper_mw: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Prices and upper bounds of flows, (unit,) and (time, unit); an infinite price closes the flow (*never*)."""
    never = np.isinf(cost_cny_per_mwh)
    return np.where(never, 0.0, cost_cny_per_mwh), np.where(never, 0.0, upper_mw)


def must_run_cut(
    device: str, names: tuple[str, ...], nodes: tuple[str, ...], rigid_mw: np.ndarray, options: DispatchOptions
) -> Flow:
    """Cutting output that nobody can turn down in a normal hour, the last resort in a surplus.

    Parameters
    ----------
    rigid_mw : ndarray (time, unit)
        Minimum output of committed plant, wind and sun that are not controllable.

    Returns
    -------
    Flow
        Role ``must_run_cut`` at ``must_run_cut_cny_per_mwh``; without room where the study forbids it.
    """
    price, most = priced(np.full(len(names), options.penalties.must_run_cut_cny_per_mwh), rigid_mw)
    most = most if options.must_run_cut == "allowed" else 0.0 * most
    return Flow(device, "must_run_cut", names, nodes, -1.0, 0.0 * rigid_mw, most, price)

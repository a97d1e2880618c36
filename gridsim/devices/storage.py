"""Stores in the dispatch: what pumped storage and batteries have in common."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from gridsim.devices.blocks import Block, Flow, Store
from gridsim.devices.placing import nodes_of
from gridsim.errors import Problem, raise_if
from gridsim.options import DispatchOptions, Penalties
from gridsim.units import energy_mwh

#: a store counts as firm with the power it can hold this long (assumed length of an evening peak) [h]
PEAK_DURATION_H = 5.0


@dataclass(frozen=True)
class StoreFigures:
    """Power, energy and efficiency of the units of one storage device, one value per unit.

    ``machines``, ``min_discharge_pu``, ``inflow_mw``, ``end_value_cny_per_mwh`` are those of
    :class:`gridsim.devices.blocks.Store` (the inflow here is one value per unit, the same in every step).
    """

    charge_mw: np.ndarray
    discharge_mw: np.ndarray
    min_energy_mwh: np.ndarray
    max_energy_mwh: np.ndarray
    efficiency_charge_pu: np.ndarray
    efficiency_discharge_pu: np.ndarray
    firm_mw: np.ndarray
    end_value_cny_per_mwh: np.ndarray
    machines: np.ndarray | None = None
    min_discharge_pu: np.ndarray | None = None
    inflow_mw: np.ndarray | None = None


def wear_cny_per_mwh(figures: StoreFigures, penalties: Penalties) -> np.ndarray:
    """Price of charging one MWh (see :class:`gridsim.options.Penalties`)."""
    if penalties.storage_wear_cny_per_mwh is not None:
        return np.full(len(figures.charge_mw), penalties.storage_wear_cny_per_mwh)
    round_trip = figures.efficiency_charge_pu * figures.efficiency_discharge_pu
    return 1.05 * penalties.hydro_spill_cny_per_mwh * (1.0 - round_trip)


def overflow_cny_per_mwh(figures: StoreFigures, penalties: Penalties) -> np.ndarray:
    """Price of letting one stored MWh go: the smallest at which charging surplus in order to let it go does not pay.

    Spilling is free in the field; at no price the dispatch would pump surplus into a store that flows over and call
    it used.
    """
    return 1.05 * penalties.hydro_spill_cny_per_mwh / figures.efficiency_charge_pu


def credited_pu(device: str, table: pd.DataFrame, use: str) -> np.ndarray:
    """Share of a store's charging power whose relief is the city's own, (unit,).

    provincial 0, shared ``shared_percent`` / 100, dedicated 1.  ``use`` other than ``"as_tables"`` stands in place of
    the column for every store with a county; a store outside the city is always provincial.

    Raises
    ------
    InvalidInput
        If the table gives the relief of a store without county to the city.
    """
    inside = table["county"].notna().to_numpy(dtype=bool)
    given = table["use"].to_numpy(dtype=object)
    raise_if(
        [
            Problem(
                device,
                f"use = {u!r} credits the city with a store that has no county",
                "set use = provincial, or give the county the store stands in",
                row=name,
                column="use",
            )
            for name, u, at_home in zip(table["name"], given, inside)
            if u != "provincial" and not at_home
        ]
    )
    kind = given if use == "as_tables" else np.where(inside, use, "provincial")
    agreed = table["shared_percent"].to_numpy(dtype=float) / 100.0
    return np.select([kind == "dedicated", kind == "shared"], [np.ones(len(table)), agreed], 0.0)


def storage_block(
    device: str, table: pd.DataFrame, figures: StoreFigures, steps: int, options: DispatchOptions
) -> Block:
    """Charging and discharging flows of a storage device, coupled by their stored energy."""
    penalties, credit_pu = options.penalties, options.commitment.storage_credit_pu
    names, nodes = tuple(table["name"]), nodes_of(table)
    zero = np.zeros((steps, len(names)))
    wear = wear_cny_per_mwh(figures, penalties)
    charge = Flow(device, "charge", names, nodes, -1.0, zero, zero + figures.charge_mw, wear)
    discharge = Flow(device, "discharge", names, nodes, 1.0, zero, zero + figures.discharge_mw, np.zeros(len(names)))
    lasting = figures.efficiency_discharge_pu * (figures.max_energy_mwh - figures.min_energy_mwh) / PEAK_DURATION_H
    firm = credit_pu * float(np.minimum(figures.firm_mw, lasting).sum())
    flows: tuple[Flow, ...] = (charge, discharge)
    inflow = overflow = None
    if figures.inflow_mw is not None and figures.inflow_mw.any():
        inflow = zero + figures.inflow_mw
        price = overflow_cny_per_mwh(figures, penalties)
        overflow = Flow(device, "overflow", names, nodes, 0.0, zero, inflow, price)
        flows = (*flows, overflow)
    store = Store(
        device,
        charge,
        discharge,
        figures.min_energy_mwh,
        figures.max_energy_mwh,
        figures.efficiency_charge_pu,
        figures.efficiency_discharge_pu,
        machines=figures.machines,
        min_discharge_pu=figures.min_discharge_pu,
        inflow_mw=inflow,
        overflow=overflow,
        end_value_cny_per_mwh=figures.end_value_cny_per_mwh,
        credited_pu=credited_pu(device, table, options.storage.use),
    )
    return Block(flows=flows, stores=(store,), firm_mw=firm, expected_mw=0.0)


def stored_energy_mwh(
    initial_mwh: np.ndarray, charge_mw: np.ndarray, discharge_mw: np.ndarray, figures: Store, step_h: float
) -> np.ndarray:
    """Recompute the stored energy from its flows: the recursion every result is checked against."""
    gain = energy_mwh(charge_mw, step_h) * figures.efficiency_charge_pu
    gain = gain - energy_mwh(discharge_mw, step_h) / figures.efficiency_discharge_pu
    return initial_mwh + np.cumsum(gain, axis=0)

"""Thermal plant in the dispatch: output between minimum and maximum of the units that are on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gridsim.devices.blocks import Block, Flow, Potential, Tables
from gridsim.devices.placing import nodes_of
from gridsim.options import DispatchOptions

#: carrier of a thermal unit -> fuel, the item of the balance
CARRIER_ITEMS = {"coal": "coal", "cogeneration": "coal", "gas": "gas", "biomass": "biomass", "waste": "biomass"}


@dataclass(frozen=True)
class ThermalFleet:
    """Net figures of thermal rows for the commitment; arrays (day, row) or (row,). [MW]"""

    names: tuple[str, ...]
    carrier: tuple[str, ...]
    cost_cny_per_mwh: np.ndarray
    must_run: np.ndarray
    unit_mw: np.ndarray
    min_p_pu: np.ndarray
    available_units: np.ndarray


def fleet(tables: Tables, potential: Potential, options: DispatchOptions) -> ThermalFleet:
    """Net unit sizes and available units per day.

    net = gross * (1 - auxiliary); maintenance takes whole units off where a row is a plant and a share
    off where it is a fleet, forced outages derate the units (availability_pu).
    """
    table = tables["thermal"]
    net = 1.0 - table["auxiliary_percent"].to_numpy(dtype=float) / 100.0
    units = table["units"].to_numpy(dtype=float)
    shift = options.commitment.min_output_shift_points / 100.0
    minimum = table["min_p_pu"].to_numpy(dtype=float)
    shifted = np.where(table["carrier"].isin(["coal"]), np.clip(minimum + shift, 0.0, 1.0), minimum)
    return ThermalFleet(
        names=tuple(table["name"]),
        carrier=tuple(table["carrier"]),
        cost_cny_per_mwh=table["cost_cny_per_mwh"].to_numpy(dtype=float),
        must_run=table["must_run"].to_numpy(dtype=bool),
        unit_mw=table["max_p_mw"].to_numpy(dtype=float) / units * net * table["availability_pu"].to_numpy(dtype=float),
        min_p_pu=shifted,
        available_units=potential.thermal_pu[list(table["name"])].to_numpy() * units,
    )


def block(tables: Tables, thermal: ThermalFleet, online: np.ndarray, steps_per_day: int, steps: int) -> Block:
    """Output of the units that are on: units * min <= p <= units * max.

    ``online`` (day, row) is the number of units on, from the commitment.
    """
    hourly = np.repeat(online, steps_per_day, axis=0)[:steps]
    upper = hourly * thermal.unit_mw
    flow = Flow(
        "thermal",
        "generated",
        thermal.names,
        nodes_of(tables["thermal"]),
        1.0,
        upper * thermal.min_p_pu,
        upper,
        thermal.cost_cny_per_mwh,
    )
    return Block(flows=(flow,))

"""Batteries in the dispatch."""

from __future__ import annotations

from gridsim.devices.blocks import Block, Potential, Tables
from gridsim.devices.storage import StoreFigures, storage_block
from gridsim.options import DispatchOptions


def figures(tables: Tables) -> StoreFigures:
    """Figures of the batteries inside their state-of-charge window."""
    table = tables["battery"]
    power = (table["availability_pu"] * table["max_p_mw"]).to_numpy(dtype=float)
    energy = table["energy_mwh"].to_numpy(dtype=float)
    return StoreFigures(
        charge_mw=power,
        discharge_mw=power,
        min_energy_mwh=energy * table["min_soc_percent"].to_numpy(dtype=float) / 100.0,
        max_energy_mwh=energy * table["max_soc_percent"].to_numpy(dtype=float) / 100.0,
        efficiency_charge_pu=table["efficiency_charge_percent"].to_numpy(dtype=float) / 100.0,
        efficiency_discharge_pu=table["efficiency_discharge_percent"].to_numpy(dtype=float) / 100.0,
        firm_mw=table["firm_pu"].to_numpy(dtype=float) * power,
        end_value_cny_per_mwh=table["end_value_cny_per_mwh"].to_numpy(dtype=float),
    )


def block(tables: Tables, potential: Potential, options: DispatchOptions) -> Block:
    """Charging and discharging flows of every battery."""
    return storage_block("battery", tables["battery"], figures(tables), len(potential.index), options)

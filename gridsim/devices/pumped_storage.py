"""Pumped storage in the dispatch."""

from __future__ import annotations

from gridsim.devices.blocks import Block, Potential, Tables
from gridsim.devices.storage import StoreFigures, storage_block
from gridsim.options import DispatchOptions


def figures(tables: Tables) -> StoreFigures:
    """Figures of the pumped-storage plants: the reservoir is empty at 0 MWh of usable energy."""
    table = tables["pumped_storage"]
    return StoreFigures(
        charge_mw=table["max_pump_mw"].to_numpy(dtype=float),
        discharge_mw=table["max_p_mw"].to_numpy(dtype=float),
        min_energy_mwh=0.0 * table["energy_mwh"].to_numpy(dtype=float),
        max_energy_mwh=table["energy_mwh"].to_numpy(dtype=float),
        efficiency_charge_pu=table["efficiency_pump_percent"].to_numpy(dtype=float) / 100.0,
        efficiency_discharge_pu=table["efficiency_turbine_percent"].to_numpy(dtype=float) / 100.0,
        firm_mw=(table["firm_pu"] * table["max_p_mw"]).to_numpy(dtype=float),
        end_value_cny_per_mwh=table["end_value_cny_per_mwh"].to_numpy(dtype=float),
        machines=table["units"].to_numpy(dtype=int),
        min_discharge_pu=table["min_p_pu"].to_numpy(dtype=float),
        inflow_mw=table["inflow_mw"].to_numpy(dtype=float),
    )


def block(tables: Tables, potential: Potential, options: DispatchOptions) -> Block:
    """Pumping and generating flows of every plant, its units as machines of fixed pump power."""
    return storage_block("pumped_storage", tables["pumped_storage"], figures(tables), len(potential.index), options)

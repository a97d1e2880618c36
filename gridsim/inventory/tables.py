"""All tables of the inventory of one case."""

from __future__ import annotations

import pandas as pd

from gridsim.case import Case
from gridsim.curtailment import Ledger
from gridsim.curtailment.rates import PlantEnergy, energies
from gridsim.inventory.grid import addition_table, line_table, transformer_table
from gridsim.inventory.output import (
    city_demand,
    correlation_table,
    county_month_table,
    demand_table,
    resource_table,
    simulation_table,
)
from gridsim.inventory.plants import boundary_table, store_table, unit_table
from gridsim.options import DispatchOptions


def inventory_tables(
    case: Case, energy: PlantEnergy, causes: Ledger, *, options: DispatchOptions
) -> dict[str, pd.DataFrame]:
    """Ledgers of equipment, units and stores, demand and output of one case.

    Parameters
    ----------
    case : Case
    energy : PlantEnergy
        Of the city.
    causes : Ledger
    options : DispatchOptions
        Active share of a rating, rule of the commitment.
    """
    network = case.network
    found = energies(energy, causes, plant_side_mw=case.profiles.plant_side_mw)
    demand = city_demand(network, case.profiles)
    return {
        "transformers": transformer_table(network, case.ac),
        "lines": line_table(network, case.ac, power_factor_pu=options.rating_power_factor_pu),
        "grid_additions": addition_table(network),
        "units": unit_table(network, rule=options.commitment.rule),
        "stores": store_table(network),
        "boundary": boundary_table(network),
        "demand_by_county": demand_table(demand),
        "simulation": simulation_table(found),
        "county_months": county_month_table(found),
        "resource_by_county": resource_table(found),
        "resource_correlation": correlation_table(found, demand.sum(axis=1)),
    }

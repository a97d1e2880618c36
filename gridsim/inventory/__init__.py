"""What a report lists beside the results: equipment, units and stores, demand, output of wind and sun."""

from gridsim.inventory.horizons import known_between, planned, with_growth
from gridsim.inventory.sources import source_table
from gridsim.inventory.tables import inventory_tables

__all__ = ["inventory_tables", "known_between", "planned", "source_table", "with_growth"]

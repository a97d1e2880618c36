"""Hosting capacity: how much more wind and sun equipment and counties can take."""

from gridsim.hosting.equipment import EquipmentOptions, equipment_tables
from gridsim.hosting.supply import Supply, supply_of

__all__ = ["EquipmentOptions", "Supply", "equipment_tables", "supply_of"]

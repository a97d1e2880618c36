"""Open capacity of equipment (DL/T 2041): what the transformers that supply a zone can still take."""

from gridsim.equipment.coordination import against_published, coordinated
from gridsim.equipment.dlt2041 import equipment_tables
from gridsim.equipment.options import EquipmentOptions, EquipmentSection
from gridsim.equipment.supply import Supply, supply_of

__all__ = [
    "EquipmentOptions",
    "EquipmentSection",
    "Supply",
    "against_published",
    "coordinated",
    "equipment_tables",
    "supply_of",
]

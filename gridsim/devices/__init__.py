"""Device types: one file each, registered here.  Stages loop over DEVICES and name none of them."""

from __future__ import annotations

from collections.abc import Callable

from gridsim.devices import battery, external, hydro, load, pumped_storage, solar, transit, wind
from gridsim.devices.blocks import Block, Potential, Tables
from gridsim.devices.thermal import CARRIER_ITEMS
from gridsim.options import DispatchOptions

BlockMaker = Callable[[Tables, Potential, DispatchOptions], Block]


#: device type -> function that makes its block; thermal plant comes after, because its commitment needs the others.
DEVICES: dict[str, BlockMaker] = {
    "load": load.block,
    "external": external.block,
    "hydro": hydro.block,
    "wind": wind.block,
    "solar": solar.block,
    "pumped_storage": pumped_storage.block,
    "battery": battery.block,
    "transit": transit.block,
}

#: devices whose available energy is wind or sun
RENEWABLES = ("wind", "solar")
#: devices that store energy
STORAGES = ("pumped_storage", "battery")

#: ``device.role`` -> item of the balance and its sign there; thermal output is split by carrier
BALANCE_ITEMS: dict[str, tuple[str, float]] = {
    "load.demand": ("load", -1.0),
    "load.unserved": ("unserved", 1.0),
    "external.schedule": ("imports", 1.0),
    "transit.through": ("imports", 1.0),
    "external.reduced": ("imports", -1.0),
    "external.cut": ("imports", -1.0),
    "hydro.released": ("hydro", 1.0),
    "hydro.spilled": ("hydro", -1.0),
    "wind.available": ("wind", 1.0),
    "wind.curtailed": ("curtailed_wind", 1.0),
    "solar.available": ("solar", 1.0),
    "solar.curtailed": ("curtailed_solar", 1.0),
    "pumped_storage.charge": ("pumped_storage_pumping", 1.0),
    "pumped_storage.discharge": ("pumped_storage_generating", 1.0),
    "pumped_storage.overflow": ("pumped_storage_generating", 0.0),
    "battery.charge": ("battery_charging", 1.0),
    "battery.discharge": ("battery_discharging", 1.0),
    "thermal.must_run_cut": ("must_run_cut", 1.0),
    "wind.must_run_cut": ("must_run_cut", 1.0),
    "solar.must_run_cut": ("must_run_cut", 1.0),
}

__all__ = ["BALANCE_ITEMS", "CARRIER_ITEMS", "DEVICES", "RENEWABLES", "STORAGES", "BlockMaker"]

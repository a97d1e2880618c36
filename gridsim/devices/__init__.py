"""Device types: one file each, registered here.  Stages loop over DEVICES and name none of them."""

from __future__ import annotations

from collections.abc import Callable

from gridsim.devices import battery, imports, load, pumped_storage, water
from gridsim.devices.blocks import Block, Potential, Tables
from gridsim.devices.renewable import renewable_block
from gridsim.options import DispatchOptions

BlockMaker = Callable[[Tables, Potential, DispatchOptions], Block]


def _renewable(device: str) -> BlockMaker:
    return lambda tables, potential, options: renewable_block(device, tables[device], potential, options)


#: device type -> function that makes its block; thermal plant comes after, because its commitment needs the others.
DEVICES: dict[str, BlockMaker] = {
    "load": load.block,
    "external": imports.block,
    "hydro": water.block,
    "wind": _renewable("wind"),
    "solar": _renewable("solar"),
    "pumped_storage": pumped_storage.block,
    "battery": battery.block,
}

#: devices whose available energy is wind or sun
RENEWABLES = ("wind", "solar")
#: devices that store energy
STORAGES = ("pumped_storage", "battery")

"""Reactive power of each device: Q = k P while it does not hold a voltage, and how much it can give while it does.

Wind and solar stand at unity inside their range of +-0.95 (GB/T 19963.1-2021, GB/T 19964-2024),
batteries at unity; small plants feed 0.2 Mvar per MW (power factor 0.98, assumed).
"""

from __future__ import annotations

import math

#: the device that draws power, with a power factor of its own by season and level
LOAD = "load"
#: reactive over active power into the grid
Q_PER_P: dict[str, float] = {
    "external": 0.0,
    "hydro": 0.2,
    "thermal": 0.2,
    "wind": 0.0,
    "solar": 0.0,
    "pumped_storage": 0.0,
    "battery": 0.0,
}
#: tan(acos 0.95)
_TAN_095 = math.tan(math.acos(0.95))
#: least and greatest reactive power of a voltage-holding device, of the capacity that is on
Q_RANGE_PER_CAPACITY: dict[str, tuple[float, float]] = {
    "thermal": (-0.25, 0.45),  # under-excitation limit, rated power factor 0.9 (planning practice, assumed)
    "pumped_storage": (-0.30, 0.45),
}
#: the same, of the active power of the hour
Q_RANGE_PER_POWER: dict[str, tuple[float, float]] = {
    "wind": (-_TAN_095, _TAN_095),  # GB/T 19963.1-2021
    "solar": (-_TAN_095, _TAN_095),  # GB/T 19964-2024
    "battery": (-_TAN_095, _TAN_095),
}

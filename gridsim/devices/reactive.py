"""Reactive power of each device while it does not hold a voltage: Q = k P.

Wind and solar stand at unity inside their range of +-0.95 (GB/T 19963.1-2021, GB/T 19964-2024),
batteries at unity; small plants feed 0.2 Mvar per MW (power factor 0.98, assumed).
"""

from __future__ import annotations

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

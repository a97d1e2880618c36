"""What happens at every bus: demand, distributed and other generation, stores, what is connected and registered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from gridsim.devices import RENEWABLES, STORAGES
from gridsim.equipment.supply import Supply
from gridsim.network import Network

#: nominal voltage up to which wind and photovoltaics count as distributed generation. [kV]
DISTRIBUTED_KV = 35.0
_SUMS = ("demand", "other", "stores", "distributed", "connected", "registered", "charging")


@dataclass(frozen=True)
class Injections:
    """Per bus or zone, (time, bus): demand, generation of others and of stores, distributed generation; per bus:
    distributed generation connected and registered, charging power of stores. [MW]"""

    index: pd.DatetimeIndex
    bus: list[str]
    demand: np.ndarray
    other: np.ndarray
    stores: np.ndarray
    distributed: np.ndarray
    connected: np.ndarray
    registered: np.ndarray
    charging: np.ndarray

    def summed(self, supply: Supply) -> Injections:
        """The same per zone of a level."""
        of = np.array([supply.zone_of_bus.get(b, -1) for b in self.bus])
        mine = np.flatnonzero(of >= 0)
        sums = {name: gathered(getattr(self, name)[..., mine], of[mine], len(supply.zones)) for name in _SUMS}
        return Injections(index=self.index, bus=list(supply.zones["zone"]), **sums)

    def in_months(self, months: tuple[int, ...]) -> Injections:
        """Only the steps of some months; all of them if none is named."""
        keep = np.isin(self.index.month, months) if months else np.ones(len(self.index), dtype=bool)
        series = {name: getattr(self, name)[keep] for name in ("demand", "other", "stores", "distributed")}
        return replace(self, index=self.index[keep], **series)


def injections(
    network: Network, power_mw: Mapping[str, pd.DataFrame], available_mw: pd.DataFrame, registered: Mapping[str, float]
) -> Injections:
    """From the power of every unit (into the grid, demand negative) and what wind and sun could give."""
    bus = network["bus"]
    small = pd.Index(bus.loc[bus["vn_kv"] <= DISTRIBUTED_KV, "name"])
    names = pd.Index(bus["name"])
    shape = (len(available_mw), len(names))
    demand, other, stores, distributed = (np.zeros(shape) for _ in range(4))
    connected, charging = np.zeros(len(names)), np.zeros(len(names))
    for device, frame in power_mw.items():
        table = network[device].set_index("name").reindex(frame.columns)
        table = table[table["bus"].notna()]
        at, values = names.get_indexer(table["bus"]), frame[list(table.index)].to_numpy()
        if device in RENEWABLES:
            low = table["bus"].isin(small).to_numpy()
            distributed += gathered(available_mw[list(table.index[low])].to_numpy(), at[low], len(names))
            connected += gathered(table["max_p_mw"].to_numpy(dtype=float)[low], at[low], len(names))
            other += gathered(values[:, ~low], at[~low], len(names))
        elif device in STORAGES:
            stores += gathered(values, at, len(names))
            charging += gathered(table["max_p_mw"].to_numpy(dtype=float), at, len(names))
        else:  # what only takes is demand
            takes = values.max(axis=0, initial=0.0) <= 0.0
            demand -= gathered(values[:, takes], at[takes], len(names))
            other += gathered(values[:, ~takes], at[~takes], len(names))
    return Injections(
        pd.DatetimeIndex(available_mw.index), list(names), demand, other, stores, distributed, connected,
        np.array([registered.get(b, 0.0) for b in names]), charging,
    )  # fmt: skip


def gathered(values: np.ndarray, to: np.ndarray, size: int) -> np.ndarray:
    """Columns of the last axis added up at their places, (..., size)."""
    place = csr_array((np.ones(len(to)), (to, np.arange(len(to)))), shape=(size, len(to)))
    return np.asarray((place @ values.T).T)


def registered_mw(network: Network) -> dict[str, float]:
    """Distributed generation that is registered and not connected, by bus: table ``registered_project``. [MW]

    Projects of later years than the network's, and projects above :data:`DISTRIBUTED_KV`, are not counted.
    """
    projects = network["registered_project"]
    vn_kv = projects["bus"].map(network["bus"].set_index("name")["vn_kv"])
    mine = projects[(projects["year"] <= network.year) & (vn_kv <= DISTRIBUTED_KV)]
    return {str(bus): float(mw) for bus, mw in mine.groupby("bus")["max_p_mw"].sum().items()}

"""Technology mixes: what a MW of hosting capacity is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from gridsim.growth import Addition, connection_points
from gridsim.network import Network
from gridsim.rows import records

#: part of a mix -> carrier and kind of the addition
PARTS = {"utility_pv": ("solar", "utility"), "distributed_pv": ("solar", "distributed"), "wind": ("wind", "utility")}


@dataclass(frozen=True)
class Mix:
    """Shares of utility photovoltaics, distributed photovoltaics and wind that add up to 1, and required storage.

    ``shares_pu`` in the order of :data:`PARTS`; distributed photovoltaics are controllable as far as the largest
    distributed plant of the county is (四可).  ``storage_percent`` of the capacity, ``storage_h`` hours.
    """

    name: str
    shares_pu: tuple[float, float, float]
    storage_percent: float = 0.0
    storage_h: float = 2.0

    def additions(self, county: str, p_mw: float, rule: str) -> tuple[Addition, ...]:
        """The mix as additions to a county; none for 0 MW."""
        if p_mw == 0.0:
            return ()
        return tuple(
            Addition(
                county=county, p_mw=p_mw * share, carrier=carrier, kind=kind, rule=rule,
                storage_percent=self.storage_percent, storage_h=self.storage_h,
            )
            for (carrier, kind), share in zip(PARTS.values(), self.shares_pu) if share > 0.0
        )  # fmt: skip

    def per_mw(self, marginal: pd.DataFrame, county: str) -> Mapping[str, float]:
        """Energy of one more MW: ``available``, and what is curtailed for it in the ``city`` and in ``both``.

        From marginal values by basis sensitivity (:class:`gridsim.curtailment.marginal.Marginal`); a county without its
        own takes those of the first one of the carrier. [MWh]
        """
        sums = dict.fromkeys(("available", "city", "both"), 0.0)
        for (carrier, _), share in zip(PARTS.values(), self.shares_pu):
            rows = marginal[marginal["carrier"] == carrier]
            mine = rows[rows["county"] == county]
            for row in records(mine if len(mine) else rows.head(1)):
                for name in sums:
                    sums[name] += share * float(getattr(row, f"{name}_mwh_per_mw"))
        return sums


def can_connect(network: Network, mix: Mix, county: str, rule: str) -> bool:
    """Whether a county has a grid to connect to: a connection point for every part, and a branch or a load."""
    buses = set(network["bus"].loc[network["bus"]["county"] == county, "name"])
    ends = [network[t][c] for t, c in (("line", "from_bus"), ("line", "to_bus"), ("trafo", "hv_bus"), ("load", "bus"))]
    if not any(bus.isin(buses).any() for bus in ends):
        return False
    return all(not connection_points(network, a).empty for a in mix.additions(county, 1.0, rule))

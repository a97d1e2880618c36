"""One-at-a-time sensitivities: what the verdict hangs on.

A sensitivity turns (network, options) into another pair; everything else stays, the weather included.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from gridsim.devices import RENEWABLES
from gridsim.growth import with_demand
from gridsim.interchange import with_tie_limits
from gridsim.network import Network
from gridsim.options import SimulationOptions

Variant = Callable[[Network, SimulationOptions], tuple[Network, SimulationOptions]]


@dataclass(frozen=True)
class Sensitivity:
    """``name`` is the key of the tables; ``needed`` ones are clauses of the verdict."""

    name: str
    variant: Variant
    needed: bool = True


def _tie_limits(factor: float) -> Variant:
    def apply(network: Network, options: SimulationOptions) -> tuple[Network, SimulationOptions]:
        return with_tie_limits(network, lambda old: old * factor), options

    return apply


def _thermal_minimum(points: float) -> Variant:
    def apply(network: Network, options: SimulationOptions) -> tuple[Network, SimulationOptions]:
        commitment = replace(options.dispatch.commitment, min_output_shift_points=points)
        return network, replace(options, dispatch=replace(options.dispatch, commitment=commitment))

    return apply


def _demand(factor: float) -> Variant:
    def apply(network: Network, options: SimulationOptions) -> tuple[Network, SimulationOptions]:
        return with_demand(network, factor), options

    return apply


def _pumped_storage_late(network: Network, options: SimulationOptions) -> tuple[Network, SimulationOptions]:
    """Plants due in the scenario year or the year before it are missing the whole year."""
    plants = network["pumped_storage"]
    return network.with_table("pumped_storage", plants[plants["in_service_from"] < network.year - 1]), options


def _fleet(total_gw: float) -> Variant:
    """Wind and sun of both areas together at ``total_gw``, the node area's scaled, the city's as planned."""

    def apply(network: Network, options: SimulationOptions) -> tuple[Network, SimulationOptions]:
        tables = {c: network[c].copy() for c in RENEWABLES}
        city = sum(t.loc[t["county"].notna(), "max_p_mw"].sum() for t in tables.values())
        rest = sum(t.loc[t["county"].isna(), "max_p_mw"].sum() for t in tables.values())
        factor = (1e3 * total_gw - city) / rest if rest else np.nan
        for table in tables.values():
            table.loc[table["county"].isna(), "max_p_mw"] *= factor
        return network.with_tables(tables), options

    return apply


SENSITIVITIES: tuple[Sensitivity, ...] = (
    Sensitivity("export_limit_plus_20", _tie_limits(1.2)),
    Sensitivity("export_limit_minus_20", _tie_limits(0.8)),
    Sensitivity("thermal_minimum_plus_10", _thermal_minimum(10.0)),
    Sensitivity("thermal_minimum_minus_10", _thermal_minimum(-10.0)),
    Sensitivity("pumped_storage_late", _pumped_storage_late),
    Sensitivity("demand_plus_5", _demand(1.05)),
    Sensitivity("demand_minus_5", _demand(0.95)),
    Sensitivity("province_40_gw", _fleet(40.0), needed=False),
    Sensitivity("province_50_gw", _fleet(50.0), needed=False),
    Sensitivity("province_60_gw", _fleet(60.0), needed=False),
)


def as_table(rows: list[dict[str, float | str]]) -> pd.DataFrame:
    """Table sensitivity.csv: case, rates of city and province, local part; energies unserved, curtailed, lost,
    exported."""
    columns = ["case", "city_percent", "province_percent", "local_percent", "unserved_gwh"]
    columns += ["city_curtailed_gwh", "both_curtailed_gwh", "storage_loss_gwh", "exported_gwh"]
    return pd.DataFrame(rows, columns=columns)

"""Short circuit and voltage rise of the zones when what they open is connected.

All stations open at once what their level and the levels above allow: the zones that supply no other zone take their
limited capacity, scaled down together where it adds up to more than their superior's, spread over their busbars by
the units' ratings.  The short-circuit current follows :mod:`gridsim.short_circuit`; the voltage rise is
sum R P / Un^2 at power factor 1, R the real part of the impedance matrix.  A zone shows the bus with the least margin.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from gridsim.equipment.options import EquipmentOptions
from gridsim.equipment.supply import Supply
from gridsim.network import Network
from gridsim.short_circuit import FaultGrid, ShortCircuitRules, converter_mva

#: columns of the checks; empty where the network has no source, so that nothing can be said
COLUMNS = (
    *("short_circuit_bus", "short_circuit_ka", "short_circuit_hosted_ka", "short_circuit_limit_ka"),
    *("short_circuit_ok", "voltage_rise_bus", "voltage_rise_percent", "voltage_rise_limit_percent", "voltage_rise_ok"),
)


def zone_checks(
    network: Network, grid: FaultGrid | None, zones: pd.DataFrame, supplies: Mapping[float, Supply], *,
    added_mw: pd.Series, tau_pu: pd.Series, options: EquipmentOptions,
) -> pd.DataFrame:  # fmt: skip
    """Columns :data:`COLUMNS`, one row per row of ``zones``.

    Parameters
    ----------
    grid : FaultGrid, optional
        None: without a source nothing can be said.
    zones : DataFrame
        ``zone, vn_kv, superior`` of all levels.
    supplies : mapping of kV to Supply
    added_mw : Series by row
        Capacity that a zone opens.
    tau_pu : Series by row
        Output over capacity, for the voltage.
    """
    rules = ShortCircuitRules()
    if grid is None:
        return pd.DataFrame(np.nan, zones.index, list(COLUMNS), dtype=object)
    hosted = hosted_mw(zones, added_mw)
    power, output = (_by_bus(zones, supplies, amount) for amount in (hosted, hosted * tau_pu))
    present, sources = converter_mva(network, rules), grid.sources_ka()
    more = present.add(power / rules.converter_cos_phi, fill_value=0.0)
    found = {
        "now": grid.by_bus(sources + grid.converters_ka(present, rules)),
        "hosted": grid.by_bus(sources + grid.converters_ka(more, rules)),
        "rise": grid.by_bus(grid.rise_percent(output)),
    }
    vn_kv = network["bus"].set_index("name")["vn_kv"]
    rows = [
        _row(_buses(supplies[kv].units, zone), vn_kv, found, options) for kv, zone in zip(zones["vn_kv"], zones["zone"])
    ]
    return pd.DataFrame(rows, zones.index, list(COLUMNS))


def hosted_mw(zones: pd.DataFrame, added_mw: pd.Series) -> pd.Series:
    """What zones that supply no other zone take at once, not more under a superior than that opens itself. [MW]"""
    added = added_mw.clip(lower=0.0)
    leaf = ~zones["zone"].isin(zones["superior"]) | (zones["vn_kv"] == zones["vn_kv"].min())
    mine = added.where(leaf, 0.0)
    total = mine.groupby(zones["superior"]).sum()
    most = added[~leaf].groupby(zones.loc[~leaf, "zone"]).sum().reindex(total.index)
    factor = (most / total.where(total > 0.0)).clip(upper=1.0).fillna(1.0)
    return mine * zones["superior"].map(factor).fillna(1.0)


def _buses(units: pd.DataFrame, zone: str) -> list[str]:
    mine = units[units["zone"] == zone]
    return list(dict.fromkeys([*mine["bus"], *mine["hv_bus"]]))


def _by_bus(zones: pd.DataFrame, supplies: Mapping[float, Supply], amount: pd.Series) -> pd.Series:
    """Amounts of the zones over their busbars by rating."""
    parts = []
    for kv, supply in supplies.items():
        rows = zones["vn_kv"] == kv
        of_zone = amount[rows].set_axis(zones.loc[rows, "zone"])
        units = supply.units
        share = units["sn_mva"] / units.groupby("zone")["sn_mva"].transform("sum")
        parts.append((units["zone"].map(of_zone).fillna(0.0) * share).groupby(units["bus"]).sum())
    total = pd.concat(parts).groupby(level=0).sum()
    return total[total > 0.0]


def _row(buses: list[str], vn_kv: pd.Series, found: Mapping[str, pd.Series], options: EquipmentOptions) -> list[object]:
    now, hosted, rise = (found[k].reindex(buses) for k in ("now", "hosted", "rise"))
    ceiling = vn_kv.reindex(buses).map(dict(options.short_circuit_limit_ka))
    steps = sorted(options.voltage_limit_percent)
    allowed = vn_kv.reindex(buses).map(
        lambda kv: options.voltage_limit_percent[next((s for s in steps if kv <= s), steps[-1])]
    )
    row: list[object] = [np.nan] * len(COLUMNS)
    margin, room = (ceiling - hosted).dropna(), (allowed - rise).dropna()
    if len(margin):
        at = str(margin.idxmin())
        row[:5] = [at, now[at], hosted[at], ceiling[at], bool(margin[at] >= 0.0)]
    if len(room):
        at = str(room.idxmin())
        row[5:] = [at, rise[at], allowed[at], bool(room[at] >= 0.0)]
    return row

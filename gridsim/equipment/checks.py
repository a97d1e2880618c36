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
    places = _places(supplies).merge(zones[["vn_kv", "zone"]].reset_index(), on=["vn_kv", "zone"])
    nominal = places["bus"].map(network["bus"].set_index("name")["vn_kv"])
    now, hosted_ka, rise = (places["bus"].map(found[k]) for k in ("now", "hosted", "rise"))
    ceiling = nominal.map(dict(options.short_circuit_limit_ka))
    steps = np.array(sorted(options.voltage_limit_percent))
    step = steps[np.searchsorted(steps, nominal.to_numpy()).clip(max=len(steps) - 1)]
    allowed = pd.Series(step, places.index).map(dict(options.voltage_limit_percent))
    short, high = (
        pd.DataFrame({"row": places["index"], "bus": places["bus"], "now": now, "value": value, "limit": limit})
        for value, limit in ((hosted_ka, ceiling), (rise, allowed))
    )
    return pd.concat([_worst(short, COLUMNS[:5]), _worst(high, COLUMNS[5:])], axis=1).reindex(zones.index)


def _places(supplies: Mapping[float, Supply]) -> pd.DataFrame:
    """Busbars of every zone on both sides of its transformers: vn_kv, zone, bus."""
    parts = [
        supply.units[["zone", side]].set_axis(["zone", "bus"], axis=1).assign(vn_kv=kv)
        for kv, supply in supplies.items() for side in ("bus", "hv_bus")
    ]  # fmt: skip
    return pd.concat(parts, ignore_index=True).drop_duplicates()


def _worst(places: pd.DataFrame, columns: tuple[str, ...]) -> pd.DataFrame:
    """The place with the least margin of every row: bus, value now (if asked for), value, limit, within it."""
    known = places.assign(margin=places["limit"] - places["value"]).dropna(subset="margin")
    least = known.sort_values("margin", kind="stable").drop_duplicates("row").set_index("row")
    least = least.assign(ok=(least["margin"] >= 0.0).astype(object))
    names = ["bus", "now", "value", "limit", "ok"] if len(columns) == 5 else ["bus", "value", "limit", "ok"]
    return least[names].set_axis(list(columns), axis=1)


def hosted_mw(zones: pd.DataFrame, added_mw: pd.Series) -> pd.Series:
    """What zones that supply no other zone take at once, not more under a superior than that opens itself. [MW]"""
    added = added_mw.clip(lower=0.0)
    leaf = ~zones["zone"].isin(zones["superior"]) | (zones["vn_kv"] == zones["vn_kv"].min())
    mine = added.where(leaf, 0.0)
    total = mine.groupby(zones["superior"]).sum()
    most = added[~leaf].groupby(zones.loc[~leaf, "zone"]).sum().reindex(total.index)
    factor = (most / total.where(total > 0.0)).clip(upper=1.0).fillna(1.0)
    return mine * zones["superior"].map(factor).fillna(1.0)


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

"""Capacity and demand of the scenarios of a network side by side, and of a year between two of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from gridsim.devices import STORAGES
from gridsim.inventory.plants import KINDS, installed_table
from gridsim.network import Network

#: ``scope`` of a row: the tables of a scenario, what they say of a year without one, tables that cannot be read
WHOLE, KNOWN, LOST = "scenario", "known", "unreadable"
COLUMNS = ["scenario", "year", "scope", "county", "type", "installed_mw"]


def planned(
    networks: Sequence[Network], years: Sequence[int] = (), *, unreadable: Sequence[str] = ()
) -> pd.DataFrame:
    """Installed capacity of the city by scenario, county and kind of plant, for scenarios and for years between them.

    Parameters
    ----------
    networks : sequence of Network
        One per scenario.
    years : sequence of int
        Further years; one that lies between two scenarios gets rows of :func:`known_between`.
    unreadable : sequence of str
        Scenarios whose tables cannot be read: a row each, without year and capacity.

    Returns
    -------
    DataFrame
        ``scenario, year, scope, county, type, installed_mw`` by year; ``scope`` is ``scenario``, ``known`` or
        ``unreadable``.
    """
    order = sorted(networks, key=lambda n: (n.year, n.scenario))
    parts = [_inside(installed_table(n)).assign(scenario=n.scenario, year=n.year, scope=WHOLE) for n in order]
    for year in years:
        earlier, later = ([n for n in order if n.year < year], [n for n in order if n.year > year])
        if earlier and later and not any(n.year == year for n in order):
            found = _inside(known_between(earlier[-1], later[0], year))
            parts.append(found.assign(scenario="", year=year, scope=KNOWN))
    lost = {"scenario": list(unreadable), "year": 0, "scope": LOST, "county": "", "type": "", "installed_mw": np.nan}
    parts += [pd.DataFrame(lost)] if unreadable else []
    out = pd.concat(parts, ignore_index=True)[COLUMNS]
    return out.sort_values(["year", "scenario"], kind="stable", ignore_index=True)


def _inside(table: pd.DataFrame) -> pd.DataFrame:
    return table[table["county"] != ""]


def known_between(earlier: Network, later: Network, year: int) -> pd.DataFrame:
    """Installed capacity that two scenarios tell of a year between them.

    Plants of the earlier scenario that are still in service, with their capacity there, and plants of the later one
    alone whose first year is not after ``year``.  What a later scenario only changes in size (a fleet, the roofs of a
    station) has no year of its own and counts with its earlier size, so that the sum is a lower bound.

    Returns
    -------
    DataFrame
        As :func:`gridsim.inventory.plants.installed_table`.
    """
    tables = {}
    for table in (*KINDS, *STORAGES):
        old, new = earlier[table], later[table]
        kept = old[old["in_service_to"] >= year]
        come = new[~new["name"].isin(old["name"]) & (new["in_service_from"] > 0) & (new["in_service_from"] <= year)]
        tables[table] = pd.concat([kept, come], ignore_index=True) if len(come) else kept.reset_index(drop=True)
    between = Network({**earlier.tables, **tables}, year, earlier.scenario, earlier.name)
    return installed_table(between)


def with_growth(demand: pd.DataFrame, networks: Sequence[Network], year: int) -> pd.DataFrame:
    """The table of demand with the yearly growth of the highest demand since the earliest scenario.

    Parameters
    ----------
    demand : DataFrame
        Table ``demand_by_county``.
    networks : sequence of Network
        One per scenario.
    year : int
        Year of the table.

    Returns
    -------
    DataFrame
        With ``growth_percent``, 100 ((P / P0)^(1 / years) - 1) of the peaks at the buses in the tables, and
        ``growth_from``, the earliest year; empty without an earlier scenario.
    """
    order = sorted(networks, key=lambda n: n.year)
    now = next((n for n in order if n.year == year), None)
    out = demand.assign(growth_percent=np.nan, growth_from=pd.array([pd.NA] * len(demand), dtype="Int64"))
    if now is None or order[0].year >= year:
        return out
    first, last = (_peaks(n) for n in (order[0], now))
    share = (demand["county"].map(last) / demand["county"].map(first)).astype(float)
    growth = 100.0 * (share ** (1.0 / (year - order[0].year)) - 1.0)
    return out.assign(growth_percent=growth, growth_from=pd.array([order[0].year] * len(demand), dtype="Int64"))


def _peaks(network: Network) -> pd.Series:
    """Coincident peak of every county and, with an empty county, of the city. [MW]"""
    load = network["load"]
    by = load[load["county"].notna()].groupby("county")["max_p_mw"].sum()
    return pd.concat([by, pd.Series({"": by.sum()})])

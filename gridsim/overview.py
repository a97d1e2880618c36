"""Assets as a reader sees them: counties, stations and branches with what happened to them."""

from __future__ import annotations

import pandas as pd

from gridsim.network import Network
from gridsim.units import energy_mwh


def county_table(network: Network) -> pd.DataFrame:
    """Counties with coincident peak and installed wind and sun. [MW]"""
    county = network["county"][["name", "name_en", "lat_deg", "lon_deg"]].copy()
    solar = network["solar"]
    sums = {
        "peak_mw": network["load"].groupby("county")["max_p_mw"].sum(),
        "wind_mw": network["wind"].groupby("county")["max_p_mw"].sum(),
        "solar_utility_mw": solar[solar["kind"] == "utility"].groupby("county")["max_p_mw"].sum(),
        "solar_distributed_mw": solar[solar["kind"] == "distributed"].groupby("county")["max_p_mw"].sum(),
    }
    for column, values in sums.items():
        county[column] = county["name"].map(values).fillna(0.0).astype(float)
    return county


def map_stations(network: Network) -> pd.DataFrame:
    """Stations on the map: station, name_en, county, vn_kv, kind, lat_deg, lon_deg."""
    table = network["station"].rename(columns={"name": "station"})
    return table[["station", "name_en", "county", "vn_kv", "kind", "lat_deg", "lon_deg"]].reset_index(drop=True)


def branch_facts(network: Network) -> pd.DataFrame:
    """Every line and transformer: element, element_type, vn_kv (of its higher side), county, stations at its ends."""
    bus = network["bus"].set_index("name")
    line, trafo, trafo3w = network["line"], network["trafo"], network["trafo3w"]
    rows = []
    for kind, table, high, low in (
        ("line", line, "from_bus", "to_bus"),
        ("trafo", trafo, "hv_bus", "lv_bus"),
        ("trafo3w", trafo3w, "hv_bus", "mv_bus"),
    ):
        rows.append(
            pd.DataFrame(
                {
                    "element": table["name"],
                    "element_type": kind,
                    "vn_kv": table[high].map(bus["vn_kv"]),
                    "county": table["county"],
                    "from_station": table[high].map(bus["station"]),
                    "to_station": table[low].map(bus["station"]),
                    "is_equivalent": table["is_equivalent"] if kind == "line" else False,
                    "in_service": table["in_service"] if kind == "line" else True,
                }
            )
        )
    return pd.concat(rows, ignore_index=True)


def map_branches(network: Network, loading: pd.DataFrame | None) -> pd.DataFrame:
    """Branches on the map with their largest loading and hours above 100 %.

    ``loading`` has one row per element: element, element_type, max_loading_percent, hours_over_100.
    """
    facts = branch_facts(network)
    facts = facts[facts["in_service"].astype(bool)].drop(columns="in_service")
    if loading is None:
        return facts.assign(max_loading_percent=float("nan"), hours_over_100=0).reset_index(drop=True)
    columns = ["element", "element_type", "max_loading_percent", "hours_over_100"]
    return facts.merge(loading[columns], on=["element", "element_type"], how="left").reset_index(drop=True)


def causes_by(key: pd.Series, rows: pd.DataFrame, columns: list[str], step_h: float) -> pd.DataFrame:
    """Curtailed energy by a key (county, month) and columns of the ledger: key, columns, curtailed_gwh.

    Parameters
    ----------
    key : Series
        Key of each ledger row; its name becomes the first column.
    rows : DataFrame
        Ledger rows: time, plant, cause, element, outage, curtailed_mw.
    columns : list of str
        Columns of the ledger that are kept apart.
    step_h : float
        Step length. [h]
    """
    sums = rows.groupby([key, *(rows[c] for c in columns)], observed=True)["curtailed_mw"].sum()
    return (energy_mwh(sums, step_h) / 1e3).rename("curtailed_gwh").reset_index()

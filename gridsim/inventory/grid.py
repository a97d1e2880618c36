"""The ledgers of the grid: transformers station by station, lines, and what is still to be built."""

from __future__ import annotations

import numpy as np
import pandas as pd

from gridsim.ac import AcState, overload_table, station_units_table
from gridsim.network import Network

#: table of transformers -> column of the rated power of the high side
RATED = {"trafo": "sn_mva", "trafo3w": "sn_hv_mva"}
LEDGER = ("max_loading_percent", "max_reverse_percent", "peak_mw", "capacity_load_ratio")


def transformer_table(network: Network, state: AcState | None) -> pd.DataFrame:
    """Transformers of every station and level with their highest loading, reverse loading and capacity-load ratio.

    Parameters
    ----------
    network : Network
    state : AcState, optional
        Without one the columns of the power flow are empty.

    Returns
    -------
    DataFrame
        ``station, county, element_type, vn_kv, units, rating, sn_mva, max_loading_percent, max_reverse_percent,
        peak_mw, capacity_load_ratio``, highest level first; ``rating`` is units x MVA (``2×50``), ``vn_kv`` the
        level of the high side.
    """
    vn_kv = network["bus"].set_index("name")["vn_kv"]
    parts = []
    for kind, column in RATED.items():
        table = network[kind]
        place = {"station": table["station"], "county": table["county"], "vn_kv": table["hv_bus"].map(vn_kv)}
        parts.append(pd.DataFrame({**place, "element_type": kind, "sn_mva": table[column].astype(float)}))
    every = pd.concat(parts, ignore_index=True)
    keys = ["station", "county", "element_type", "vn_kv"]
    grouped = every.groupby(keys, sort=False, dropna=False)["sn_mva"]
    out = grouped.agg(units="size", rating=_rating, sn_mva="sum").reset_index()
    if state is None:
        out = out.assign(**dict.fromkeys(LEDGER, np.nan))
    else:
        flows = station_units_table(state, network)
        out = out.merge(flows, on=["station", "element_type", "vn_kv"], how="left", validate="one_to_one")
    order = out.assign(down=-out["vn_kv"]).sort_values(["down", "county", "station"], kind="stable")
    return order[[*keys, "units", "rating", "sn_mva", *LEDGER]].reset_index(drop=True)


def _rating(sn_mva: pd.Series) -> str:
    """Units by rating, the largest first: ``1×180+2×150``."""
    counts = sn_mva.value_counts().sort_index(ascending=False)
    return "+".join(f"{n}×{mva:g}" for mva, n in counts.items())


def line_table(network: Network, state: AcState | None, *, power_factor_pu: float) -> pd.DataFrame:
    """Lines of the city with their limits by season and their highest loading.

    Parameters
    ----------
    network : Network
    state : AcState, optional
        Without one the loading is empty.
    power_factor_pu : float
        Active share of a rating, as in the dispatch.

    Returns
    -------
    DataFrame
        ``element, county, vn_kv, from_station, to_station, std_type, length_km, limit_summer_mw, limit_winter_mw,
        max_loading_percent, in_service``; limit = sqrt(3) vn max_i power factor; equivalents of the outside grid
        are left out; ``in_service`` is False for a line that is normally open.
    """
    bus = network["bus"].set_index("name")
    line = network["line"]
    line = line[~line["is_equivalent"].astype(bool)]
    vn_kv = line["from_bus"].map(bus["vn_kv"]).astype(float)
    active = np.sqrt(3.0) * vn_kv * power_factor_pu
    loading = pd.Series(dtype=float)
    if state is not None:
        found = overload_table(state, network)
        loading = found[found["element_type"] == "line"].set_index("element")["max_loading_percent"]
    out = pd.DataFrame(
        {
            "element": line["name"],
            "county": line["county"],
            "vn_kv": vn_kv,
            "from_station": line["from_bus"].map(bus["station"]),
            "to_station": line["to_bus"].map(bus["station"]),
            "std_type": line["std_type"],
            "length_km": line["length_km"],
            "limit_summer_mw": active * line["max_i_ka"],
            "limit_winter_mw": active * line["max_i_winter_ka"],
            "max_loading_percent": line["name"].map(loading).astype(float),
            "in_service": line["in_service"].astype(bool),
        }
    )
    return out.sort_values(["vn_kv", "element"], ascending=[False, True], kind="stable", ignore_index=True)


def addition_table(network: Network) -> pd.DataFrame:
    """Lines and transformers with a first year in service, by kind, level and year: how many, how long, how large.

    Returns
    -------
    DataFrame
        ``element_type, vn_kv, in_service_from, elements, length_km, sn_mva``; no rows where no asset has such a year.
    """
    vn_kv = network["bus"].set_index("name")["vn_kv"]
    parts = []
    for kind, side, length, rated in (
        ("line", "from_bus", "length_km", None),
        *((kind, "hv_bus", None, column) for kind, column in RATED.items()),
    ):
        table = network[kind]
        new = table[table["in_service_from"] > 0]
        figures = {
            "length_km": new[length] if length else np.nan,
            "sn_mva": new[rated] if rated else np.nan,
        }
        facts = {"element_type": kind, "vn_kv": new[side].map(vn_kv), "in_service_from": new["in_service_from"]}
        parts.append(pd.DataFrame({**facts, **figures}, index=new.index))
    every = pd.concat([p for p in parts if len(p)] or parts[:1], ignore_index=True)
    keys = ["element_type", "vn_kv", "in_service_from"]
    grouped = every.groupby(keys, as_index=False)
    out = grouped.agg(
        elements=("length_km", "size"),
        length_km=("length_km", lambda v: v.sum(min_count=1)),
        sn_mva=("sn_mva", lambda v: v.sum(min_count=1)),
    )
    return out.sort_values(["in_service_from", "vn_kv"], ascending=[True, False], kind="stable", ignore_index=True)

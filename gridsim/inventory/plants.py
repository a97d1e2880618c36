"""Thermal units, stores, what the province gives and takes, and installed capacity by kind."""

from __future__ import annotations

import numpy as np
import pandas as pd

from gridsim.devices import STORAGES
from gridsim.network import Network

#: tables of plants with a column that tells their kinds apart, and the word in front of it
KINDS = {"wind": ("", ""), "solar": ("kind", "solar_"), "thermal": ("carrier", ""), "hydro": ("", "")}


def unit_table(network: Network, *, rule: str) -> pd.DataFrame:
    """Thermal plants of both areas: units, least output, least output in the heating season, how they are started.

    Parameters
    ----------
    network : Network
    rule : str
        Rule of the commitment, for plants that are not held on line by a table.

    Returns
    -------
    DataFrame
        ``plant, area, county, carrier, units, unit_mw, max_p_mw, min_output_percent, heating_min_percent,
        commitment``.  ``heating_min_percent`` is the highest minimum of a month (table ``thermal_minimum``), empty
        without one; ``commitment``: ``always`` (flag must_run), ``by_load`` (must_run_level), ``by_fleet`` (must_run
        of its carrier), else ``rule``.
    """
    table, month = network["thermal"], network["thermal_minimum"]
    highest = month.groupby("thermal")["min_p_pu"].max() if len(month) else pd.Series(dtype=float)
    fleet = table["carrier"].isin(network["must_run"]["carrier"])
    level = table["name"].isin(network["must_run_level"]["thermal"])
    held = table["must_run"].astype(bool)
    out = pd.DataFrame(
        {
            "plant": table["name"],
            "area": table["area"],
            "county": table["county"],
            "carrier": table["carrier"],
            "units": table["units"].astype(int),
            "unit_mw": table["max_p_mw"] / table["units"],
            "max_p_mw": table["max_p_mw"],
            "min_output_percent": 100.0 * table["min_p_pu"],
            "heating_min_percent": 100.0 * table["name"].map(highest).astype(float),
            "commitment": np.select([held, level, fleet], ["always", "by_load", "by_fleet"], default=rule),
        }
    )
    inside = out["county"].notna()
    return pd.concat([out[inside], out[~inside]], ignore_index=True)


def store_table(network: Network) -> pd.DataFrame:
    """Pumped storage and batteries of both areas.

    Returns
    -------
    DataFrame
        ``storage, device, area, county, units, max_p_mw, energy_mwh, duration_h, round_trip_percent,
        in_service_from``; ``max_p_mw`` is the power out, ``duration_h`` = energy / power.
    """
    parts = []
    for device in STORAGES:
        table = network[device]
        into, out_of = (next(c for c in table.columns if c.startswith("efficiency_") and c.endswith(ends)) for ends in (
            ("pump_percent", "_charge_percent"), ("turbine_percent", "discharge_percent")
        ))  # fmt: skip
        parts.append(
            pd.DataFrame(
                {
                    "storage": table["name"],
                    "device": device,
                    "area": table["area"],
                    "county": table["county"],
                    "units": table["units"] if "units" in table.columns else np.nan,
                    "max_p_mw": table["max_p_mw"],
                    "energy_mwh": table["energy_mwh"],
                    "duration_h": table["energy_mwh"] / table["max_p_mw"].where(table["max_p_mw"] > 0),
                    "round_trip_percent": table[into] * table[out_of] / 100.0,
                    "in_service_from": table["in_service_from"],
                }
            )
        )
    out = pd.concat([p.astype({"units": float}) for p in parts], ignore_index=True)
    inside = out["county"].notna()
    return pd.concat([out[inside], out[~inside]], ignore_index=True)


def boundary_table(network: Network) -> pd.DataFrame:
    """What ties the city to the province, and the province itself: sections, imports, demand, capacity by kind.

    Returns
    -------
    DataFrame
        ``kind, name, max_mw, min_mw, energy_gwh``; kind is ``tie``, ``internal`` (sections), ``import``, ``demand``
        or ``installed`` (by kind of plant, outside the city).  Export is positive in a tie.
    """
    section, demand, other = network["section"], network["demand"], network["external"]
    every = installed_table(network)
    rest = every[every["county"] == ""].groupby("type", sort=False)["installed_mw"].sum()
    parts = [
        pd.DataFrame({
            "kind": section["kind"], "name": section["name"], "max_mw": section["max_p_mw"],
            "min_mw": section["min_p_mw"],
        }),
        pd.DataFrame({
            "kind": "import", "name": other["name"], "max_mw": other["max_p_mw"], "energy_gwh": other["energy_gwh"],
        }),
        pd.DataFrame({
            "kind": "demand", "name": demand["name"], "max_mw": demand["peak_mw"], "energy_gwh": demand["energy_gwh"],
        }),
        pd.DataFrame({"kind": "installed", "name": rest.index, "max_mw": rest.to_numpy()}),
    ]  # fmt: skip
    columns = ["kind", "name", "max_mw", "min_mw", "energy_gwh"]
    return pd.concat([p.reindex(columns=columns) for p in parts if len(p)], ignore_index=True)


def installed_table(network: Network) -> pd.DataFrame:
    """Installed capacity by county and kind of plant.

    Returns
    -------
    DataFrame
        ``county, type, installed_mw``: wind, solar_utility, solar_distributed, the carriers of thermal plants, hydro,
        pumped storage and batteries; an empty county is outside the city.
    """
    parts = [_by_kind(network[table], table) for table in (*KINDS, *STORAGES)]
    every = pd.concat([p for p in parts if len(p)] or parts[:1], ignore_index=True)
    return every.groupby(["county", "type"], sort=False)["installed_mw"].sum().reset_index()


def _by_kind(table: pd.DataFrame, device: str) -> pd.DataFrame:
    """County, kind and capacity of every plant of a table."""
    column, front = KINDS.get(device, ("", ""))
    kind = front + table[column].astype(str) if column else device
    return pd.DataFrame({"county": table["county"].fillna(""), "type": kind, "installed_mw": table["max_p_mw"]})

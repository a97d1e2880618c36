"""Rates and tables of curtailment: energies are summed first, divided last.

    curtailment_percent              = 100 * curtailed / available
    curtailment_percent_system_cause = 100 * system / (used + system)

Assets with a county count; the node area appears only in its own table.  Storage loss and export are never
curtailment.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from gridsim.curtailment.ledger import CAUSES, Ledger
from gridsim.devices import RENEWABLES
from gridsim.dispatch import Dispatch
from gridsim.network import Network
from gridsim.units import energy_mwh, step_hours

#: causes that count as system causes; none of the present causes is a special one
SYSTEM_CAUSES = frozenset(CAUSES)


@dataclass(frozen=True)
class PlantEnergy:
    """Available and curtailed energy per step of the plants that have a county.

    ``available_mwh``, ``curtailed_mwh``: (time, plant); ``plants``: name, carrier, county, kind, max_p_mw, vn_kv.
    """

    available_mwh: pd.DataFrame
    curtailed_mwh: pd.DataFrame
    plants: pd.DataFrame


def plant_energy(network: Network, dispatch: Dispatch, *, in_city: bool = True) -> PlantEnergy:
    """Energies of the city's plants (or of the node area's) from the dispatch."""
    vn = network["bus"].set_index("name")["vn_kv"]
    tables = []
    for carrier in RENEWABLES:
        table = network[carrier]
        tables.append(
            pd.DataFrame(
                {
                    "plant": table["name"],
                    "carrier": carrier,
                    "county": table["county"],
                    "kind": table.get("kind", "utility"),
                    "max_p_mw": table["max_p_mw"],
                    "vn_kv": table["bus"].map(vn),
                }
            )
        )
    plants = pd.concat(tables, ignore_index=True)
    plants = plants[plants["county"].notna() == in_city].sort_values("plant", ignore_index=True)
    step = step_hours(dispatch.index)
    names = list(plants["plant"])
    return PlantEnergy(
        energy_mwh(dispatch.role("available")[names], step), energy_mwh(dispatch.role("curtailed")[names], step), plants
    )


def _block(available_gwh: pd.Series, curtailed_gwh: pd.Series, prefix: str) -> pd.DataFrame:
    rate = 100.0 * curtailed_gwh / available_gwh.where(available_gwh > 0)
    return pd.DataFrame(
        {
            f"{prefix}available_gwh": available_gwh,
            f"{prefix}used_gwh": available_gwh - curtailed_gwh,
            f"{prefix}curtailed_gwh": curtailed_gwh,
            f"{prefix}curtailment_percent": rate,
        }
    )


def table_by(key: str, keys: pd.Index, total: Callable[[pd.DataFrame], pd.Series], energy: PlantEnergy) -> pd.DataFrame:
    """One row per key: both carriers, then wind_, then solar_.

    ``total`` sums a (time, plant) frame of MWh to a Series over ``keys``; a rate without available energy is empty.
    """
    blocks = []
    for prefix, carriers in (("", RENEWABLES), *((f"{c}_", (c,)) for c in RENEWABLES)):
        chosen = list(energy.plants.loc[energy.plants["carrier"].isin(carriers), "plant"])
        available = total(energy.available_mwh[chosen]).reindex(keys, fill_value=0.0) / 1e3
        curtailed = total(energy.curtailed_mwh[chosen]).reindex(keys, fill_value=0.0) / 1e3
        blocks.append(_block(available, curtailed, prefix))
    return pd.concat(blocks, axis=1).rename_axis(key).reset_index()


def rate_tables(network: Network, energy: PlantEnergy) -> dict[str, pd.DataFrame]:
    """Tables curtailment_by_{county,plant,month,hour} and curtailment_month_hour."""
    index = pd.DatetimeIndex(energy.available_mwh.index)
    county = energy.plants.set_index("plant")["county"]
    months, hours = pd.Index(sorted(set(index.month))), pd.Index(range(24))
    by_plant = table_by("plant", pd.Index(energy.plants["plant"]), lambda f: f.sum(), energy)
    facts = energy.plants.set_index("plant").loc[by_plant["plant"]].reset_index(drop=True)
    by_plant = pd.concat([by_plant, facts[["county", "carrier", "kind", "vn_kv", "max_p_mw"]]], axis=1)
    by_plant["full_load_h"] = 1e3 * by_plant["used_gwh"] / by_plant["max_p_mw"].where(by_plant["max_p_mw"] > 0)
    counties = pd.Index(network["county"]["name"])
    return {
        "curtailment_by_county": table_by("county", counties, lambda f: f.sum().groupby(county).sum(), energy),
        "curtailment_by_plant": by_plant,
        "curtailment_by_month": table_by("month", months, lambda f: f.sum(axis=1).groupby(index.month).sum(), energy),
        "curtailment_by_hour": table_by("hour", hours, lambda f: f.sum(axis=1).groupby(index.hour).sum(), energy),
        "curtailment_month_hour": _month_hour(energy, index),
    }


def _month_hour(energy: PlantEnergy, index: pd.DatetimeIndex) -> pd.DataFrame:
    curtailed, available = energy.curtailed_mwh.sum(axis=1), energy.available_mwh.sum(axis=1)
    frame = pd.DataFrame(
        {
            "month": index.month,
            "hour": index.hour,
            "available_gwh": available.to_numpy() / 1e3,
            "curtailed_gwh": curtailed.to_numpy() / 1e3,
            "steps_curtailed": (curtailed.to_numpy() > 1e-3).astype(int),
        }
    )
    return frame.groupby(["month", "hour"], as_index=False).sum()


def cause_tables(energy: PlantEnergy, causes: Ledger) -> dict[str, pd.DataFrame]:
    """Tables curtailment_by_cause and curtailment_by_element of the city's plants."""
    names = list(energy.plants["plant"])
    step = step_hours(pd.DatetimeIndex(energy.available_mwh.index))
    parts = [float(energy_mwh(p[names], step).to_numpy().sum()) / 1e3 for p in causes.parts_mw]
    total = sum(parts)
    by_cause = pd.DataFrame(
        {
            "cause": CAUSES,
            "system_cause": [c in SYSTEM_CAUSES for c in CAUSES],
            "curtailed_gwh": parts,
            "share_percent": [100.0 * p / total if total > 0 else 0.0 for p in parts],
        }
    )
    rows = causes.rows[causes.rows["plant"].isin(names)]
    grouped = rows.groupby(["element", "outage", "cause"], as_index=False).agg(
        curtailed_gwh=("curtailed_mw", lambda mw: float(energy_mwh(mw.sum(), step)) / 1e3), steps=("time", "nunique")
    )
    return {
        "curtailment_by_cause": by_cause,
        "curtailment_by_element": grouped.sort_values("curtailed_gwh", ascending=False, ignore_index=True),
    }


def carrier_summary(energy: PlantEnergy, causes: Ledger) -> dict[str, Any]:
    """Energies and rates of the city, by carrier and together (the energy part of summary.json)."""
    step = step_hours(pd.DatetimeIndex(energy.available_mwh.index))
    local = sum(causes.parts_mw[2:], start=causes.parts_mw[1])

    def figures(plants: list[str]) -> dict[str, float]:
        available = float(energy.available_mwh[plants].to_numpy().sum()) / 1e3
        curtailed = float(energy.curtailed_mwh[plants].to_numpy().sum()) / 1e3
        network_part = float(energy_mwh(local[plants], step).to_numpy().sum()) / 1e3
        rate = 100.0 / available if available > 0 else np.nan
        return {
            "available_gwh": available,
            "used_gwh": available - curtailed,
            "curtailed_gwh": curtailed,
            "curtailment_percent": curtailed * rate,
            "curtailment_percent_system_cause": curtailed * rate,
            "curtailment_percent_local": network_part * rate,
            "curtailment_percent_provincial": (curtailed - network_part) * rate,
        }

    plants = energy.plants
    return {
        **figures(list(plants["plant"])),
        "carriers": {c: figures(list(plants.loc[plants["carrier"] == c, "plant"])) for c in RENEWABLES},
        "without_distributed": figures(list(plants.loc[plants["kind"] != "distributed", "plant"])),
    }

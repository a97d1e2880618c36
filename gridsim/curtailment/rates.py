"""Rates and tables of curtailment: energies are summed first, divided last.

    theoretical = available + plant side,  available = used + curtailed,  curtailed = system + special causes
    curtailment_percent              = 100 * curtailed / available
    curtailment_percent_system_cause = 100 * system / (used + system) = provincial + local part
    utilisation_percent              = 100 - curtailment_percent_system_cause

Assets with a county count; the node area appears only in its own table.  Storage loss and export are never
curtailment.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from gridsim.curtailment.ledger import CAUSES, LOCAL_CAUSES, NO_SYSTEM_CAUSES, RUNGS, SYSTEM_CAUSES, Ledger
from gridsim.devices import RENEWABLES
from gridsim.dispatch import Dispatch
from gridsim.network import Network
from gridsim.units import energy_mwh, step_hours
from gridsim.weather.calendar import day_types, days_of

#: rows of curtailment_by_kind and of curtailment_by_day_type
KINDS = ("utility", "distributed")
DAY_KINDS = ("workday", "weekend", "holiday")
WEEKEND = ("saturday", "sunday")


@dataclass(frozen=True)
class PlantEnergy:
    """Available and curtailed energy per step of the plants that have a county.

    ``available_mwh``, ``curtailed_mwh``: (time, plant); ``plants``: name, carrier, county, kind, max_p_mw, vn_kv.
    """

    available_mwh: pd.DataFrame
    curtailed_mwh: pd.DataFrame
    plants: pd.DataFrame


def plant_energy(network: Network, dispatch: Dispatch, *, in_city: bool = True) -> PlantEnergy:
    """Energies of the city's plants (or of the node area's), with what special causes withheld from the dispatch."""
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
    withheld = 0.0 * dispatch.role("available")[names]
    for held_back in dispatch.withheld_mw.values():
        withheld = withheld + held_back[names]
    available, curtailed = (dispatch.role(role)[names] + withheld for role in ("available", "curtailed"))
    return PlantEnergy(energy_mwh(available, step), energy_mwh(curtailed, step), plants)


@dataclass(frozen=True)
class Energies:
    """What rates are made of, frames (time, plant) of MWh, with the plants they belong to.

    ``frames``: theoretical, plant_side, available, curtailed, special, provincial, local;  theoretical = available +
    plant_side, curtailed = provincial + local + special.
    """

    frames: dict[str, pd.DataFrame]
    plants: pd.DataFrame


def energies(energy: PlantEnergy, causes: Ledger, *, plant_side_mw: pd.DataFrame | None = None) -> Energies:
    """Energies of some plants by part.

    Parameters
    ----------
    energy : PlantEnergy
    causes : Ledger
    plant_side_mw : DataFrame (time, plant), optional
        Power lost on the plants' own side (outage, icing); in no rate.  Plants without a column lose nothing. [MW]

    Returns
    -------
    Energies
    """
    names = list(energy.plants["plant"])
    step = step_hours(pd.DatetimeIndex(energy.available_mwh.index))

    def part(*chosen: str) -> pd.DataFrame:
        return energy_mwh(causes.total_mw(chosen)[names], step)

    lost = 0.0 * energy.available_mwh
    if plant_side_mw is not None:
        lost = energy_mwh(plant_side_mw.reindex(index=lost.index, columns=names, fill_value=0.0), step)
    frames = {
        "theoretical": energy.available_mwh + lost,
        "plant_side": lost,
        "available": energy.available_mwh,
        "curtailed": energy.curtailed_mwh,
        "special": part(*NO_SYSTEM_CAUSES),
        "provincial": part(RUNGS[0]),
        "local": part(*LOCAL_CAUSES),
    }
    return Energies(frames, energy.plants)


def _scopes(plants: pd.DataFrame) -> dict[str, list[str]]:
    """Prefix of a block of columns -> its plants."""
    of_carrier = {f"{c}_": list(plants.loc[plants["carrier"] == c, "plant"]) for c in RENEWABLES}
    without = list(plants.loc[plants["kind"] != "distributed", "plant"])
    return {"": list(plants["plant"]), **of_carrier, "without_distributed_": without}


def _figures(gwh: pd.DataFrame, capacity_mw: pd.Series) -> pd.DataFrame:
    """Energies, rates and hours of rows of energies (row, part); a rate without available energy is empty."""
    used, system = gwh["available"] - gwh["curtailed"], gwh["provincial"] + gwh["local"]
    base = (used + system).where(gwh["available"] > 0)
    installed = capacity_mw.where(capacity_mw > 0)
    return pd.DataFrame(
        {
            "available_gwh": gwh["available"],
            "used_gwh": used,
            "curtailed_gwh": gwh["curtailed"],
            "curtailment_percent": 100.0 * gwh["curtailed"] / gwh["available"].where(gwh["available"] > 0),
            "theoretical_gwh": gwh["theoretical"],
            "plant_side_gwh": gwh["plant_side"],
            "special_gwh": gwh["special"],
            "system_gwh": system,
            "provincial_gwh": gwh["provincial"],
            "local_gwh": gwh["local"],
            "curtailment_percent_system_cause": 100.0 * system / base,
            "curtailment_percent_provincial": 100.0 * gwh["provincial"] / base,
            "curtailment_percent_local": 100.0 * gwh["local"] / base,
            "utilisation_percent": 100.0 * used / base,
            "theoretical_full_load_h": 1e3 * gwh["theoretical"] / installed,
            "full_load_h": 1e3 * used / installed,
        }
    )


#: columns of a block that stand in front, both carriers and each of them; the others follow
CORE = ("available_gwh", "used_gwh", "curtailed_gwh", "curtailment_percent")


def _table(key: str, blocks: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Blocks side by side: the core columns of both, wind and sun, then everything else of each scope."""
    front = [blocks[p][list(CORE)].add_prefix(p) for p in blocks if p != "without_distributed_"]
    rest = [b.drop(columns=list(CORE)).add_prefix(p) for p, b in blocks.items() if p != "without_distributed_"]
    last = blocks["without_distributed_"].add_prefix("without_distributed_")
    return pd.concat([*front, *rest, last], axis=1).rename_axis(key).reset_index()


def table_by_asset(key: str, keys: pd.Index, group: pd.Series, found: Energies) -> pd.DataFrame:
    """One row per key of the plants, e.g. county.

    Parameters
    ----------
    key : str
        Name of the first column.
    keys : Index
        Its values; one without a plant has energies of zero and empty rates.
    group : Series (plant,)
        Key of each plant.
    found : Energies

    Returns
    -------
    DataFrame
        Blocks of columns for wind and sun together, ``wind_``, ``solar_`` and ``without_distributed_``. [GWh, %, h]
    """
    return _table(key, _by_asset(keys, group, found))


def _by_asset(keys: pd.Index, group: pd.Series, found: Energies) -> dict[str, pd.DataFrame]:
    """Figures of every scope, a row per key."""
    sums = pd.DataFrame({part: frame.sum() for part, frame in found.frames.items()}) / 1e3
    capacity = found.plants.set_index("plant")["max_p_mw"]
    blocks = {}
    for prefix, chosen in _scopes(found.plants).items():
        by = group.reindex(chosen).to_numpy()
        gwh = sums.loc[chosen].groupby(by).sum().reindex(keys, fill_value=0.0)
        blocks[prefix] = _figures(gwh, capacity[chosen].groupby(by).sum().reindex(keys, fill_value=0.0))
    return blocks


def table_by_time(key: str, keys: pd.Index, labels: np.ndarray, found: Energies) -> pd.DataFrame:
    """One row per key of the steps, e.g. month; ``labels`` (time,) is the key of each step.  Otherwise as above."""
    capacity = found.plants.set_index("plant")["max_p_mw"]
    blocks = {}
    for prefix, chosen in _scopes(found.plants).items():
        sums = pd.DataFrame({part: frame[chosen].sum(axis=1) for part, frame in found.frames.items()}) / 1e3
        gwh = sums.groupby(labels).sum().reindex(keys, fill_value=0.0)
        blocks[prefix] = _figures(gwh, pd.Series(float(capacity[chosen].sum()), index=keys))
    return _table(key, blocks)


def rate_tables(
    network: Network, energy: PlantEnergy, causes: Ledger, *, plant_side_mw: pd.DataFrame | None = None
) -> dict[str, pd.DataFrame]:
    """Tables curtailment_by_{county,plant,voltage,kind,month,hour,day_type} and curtailment_month_hour.

    Parameters
    ----------
    network : Network
    energy : PlantEnergy
    causes : Ledger
    plant_side_mw : DataFrame (time, plant), optional
        See :func:`energies`.

    Returns
    -------
    dict of str to DataFrame
        Every table adds up to the same city.
    """
    found = energies(energy, causes, plant_side_mw=plant_side_mw)
    index = pd.DatetimeIndex(energy.available_mwh.index)
    plants = energy.plants.set_index("plant")
    names = pd.Series(plants.index, index=plants.index)
    by_plant = table_by_asset("plant", plants.index, names, found)
    facts = plants.loc[by_plant["plant"], ["county", "carrier", "kind", "vn_kv", "max_p_mw"]].reset_index(drop=True)
    counties, levels = pd.Index(network["county"]["name"]), pd.Index(sorted(set(plants["vn_kv"].dropna())))
    months = pd.Index(sorted(set(index.month)))
    return {
        "curtailment_by_county": table_by_asset("county", counties, plants["county"], found),
        "curtailment_by_plant": pd.concat([by_plant, facts], axis=1),
        "curtailment_by_voltage": table_by_asset("vn_kv", levels, plants["vn_kv"], found),
        "curtailment_by_kind": table_by_asset("kind", pd.Index(KINDS), plants["kind"], found),
        "curtailment_by_month": table_by_time("month", months, index.month.to_numpy(), found),
        "curtailment_by_hour": table_by_time("hour", pd.Index(range(24)), index.hour.to_numpy(), found),
        "curtailment_by_day_type": table_by_time("day_type", pd.Index(DAY_KINDS), day_kinds(index), found),
        "curtailment_month_hour": _month_hour(found, index),
    }


def day_kinds(index: pd.DatetimeIndex) -> np.ndarray:
    """Kind of day of each step, one of :data:`DAY_KINDS`, by the calendar that the demand uses, (time,).

    A make-up working day is a workday, a holiday on a weekend a holiday.

    Raises
    ------
    InvalidInput
        If the calendar does not know the year.
    """
    days = days_of(index)
    found = day_types(days)
    kinds = np.where(found == "workday", "workday", np.where(np.isin(found, WEEKEND), "weekend", "holiday"))
    return kinds[np.searchsorted(days.asi8, index.asi8, side="right") - 1]


def _month_hour(found: Energies, index: pd.DatetimeIndex) -> pd.DataFrame:
    curtailed, available = (found.frames[part].sum(axis=1).to_numpy() for part in ("curtailed", "available"))
    steps = curtailed > 1e-3
    frame = pd.DataFrame(
        {
            "month": index.month,
            "hour": index.hour,
            "available_gwh": available / 1e3,
            "curtailed_gwh": curtailed / 1e3,
            "steps_curtailed": steps.astype(int),
            "hours_curtailed": steps * step_hours(index),
        }
    )
    return frame.groupby(["month", "hour"], as_index=False).sum()


def cause_tables(energy: PlantEnergy, causes: Ledger) -> dict[str, pd.DataFrame]:
    """Tables curtailment_by_cause and curtailment_by_element of the city's plants.

    Special causes have a row where something is curtailed for them; system causes always.
    """
    names = list(energy.plants["plant"])
    step = step_hours(pd.DatetimeIndex(energy.available_mwh.index))
    gwh = {c: float(energy_mwh(causes.total_mw([c])[names], step).to_numpy().sum()) / 1e3 for c in CAUSES}
    shown = [c for c in CAUSES if c in SYSTEM_CAUSES or gwh[c] > 0.0]
    total = sum(gwh.values())
    by_cause = pd.DataFrame(
        {
            "cause": shown,
            "system_cause": [c in SYSTEM_CAUSES for c in shown],
            "curtailed_gwh": [gwh[c] for c in shown],
            "share_percent": [100.0 * gwh[c] / total if total > 0 else 0.0 for c in shown],
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


def carrier_summary(
    energy: PlantEnergy, causes: Ledger, *, plant_side_mw: pd.DataFrame | None = None
) -> dict[str, Any]:
    """Energies and rates of the city, by carrier and together (the energy part of summary.json).

    ``curtailment_percent_provincial`` and ``_local`` add up to ``curtailment_percent_system_cause``; without special
    causes that is ``curtailment_percent``.
    """
    found = energies(energy, causes, plant_side_mw=plant_side_mw)
    blocks = _by_asset(pd.Index([""]), pd.Series("", index=energy.plants["plant"]), found)

    def figures(prefix: str) -> dict[str, float]:
        return {str(name): float(value) for name, value in blocks[prefix].iloc[0].items()}

    return {
        **figures(""),
        "carriers": {c: figures(f"{c}_") for c in RENEWABLES},
        "without_distributed": figures("without_distributed_"),
    }

"""The balances as tables of the results folder: one long table of all, and the sheets a planning report prints."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from gridsim.adequacy.energy import monthly_energy
from gridsim.adequacy.moments import typical_moments
from gridsim.adequacy.power import power_balance
from gridsim.adequacy.regulation import regulation_balance
from gridsim.balance import energy_balance
from gridsim.dispatch import Dispatch
from gridsim.network import Network
from gridsim.options import BalanceOptions
from gridsim.profiles import Profiles

#: columns of balance.csv
COLUMNS = [
    "area", "item", "energy_gwh", "max_mw", "kind", "month", "moment", "time", "source", "side", "p_mw",
    "utilisation_h",
]  # fmt: skip
#: what identifies a row of a sheet of moments
MOMENT = ["month", "moment", "time", "area"]


def balance_tables(
    network: Network,
    profiles: Profiles,
    dispatch: Dispatch,
    balances: Mapping[str, pd.DataFrame],
    options: BalanceOptions,
) -> dict[str, pd.DataFrame]:
    """``balance`` (long, of all kinds), ``balance_power``, ``balance_energy`` and ``balance_regulation`` (sheets).

    Rows of ``balance`` with ``kind`` energy and no month are the whole year.
    """
    moments = typical_moments(balances)
    power = power_balance(network, profiles, balances, moments, options)
    energy = monthly_energy(network, profiles, dispatch, balances)
    regulation, sheet = regulation_balance(network, dispatch, balances, moments)
    parts = [
        energy_balance(dict(balances)).assign(kind="energy"),
        energy.assign(kind="energy"),
        power.assign(kind="power"),
        regulation.assign(kind="regulation"),
    ]
    long = pd.concat([p.reindex(columns=COLUMNS).astype(object) for p in parts], ignore_index=True)
    numbers = ["energy_gwh", "max_mw", "p_mw", "utilisation_h"]
    long = long.astype({**dict.fromkeys(numbers, float), "month": "Int64"})
    return {
        "balance": long,
        "balance_power": power_sheet(power),
        "balance_energy": energy_sheet(energy),
        "balance_regulation": sheet,
    }


def power_sheet(power: pd.DataFrame) -> pd.DataFrame:
    """One row per month, moment and area; a column per item and, for what is credited, per source. [MW]"""
    name = power["item"].where(power["source"] == "", power["item"] + "_" + power["source"]) + "_mw"
    shown = power["source"].eq("") | power["item"].isin(["credited", "installed"])
    wide = power.assign(name=name)[shown].pivot_table(index=MOMENT, columns="name", values="p_mw", sort=False)
    return wide.reset_index().rename_axis(columns=None)


def energy_sheet(energy: pd.DataFrame) -> pd.DataFrame:
    """One row per month and area, a column per item. [GWh]"""
    wide = energy.pivot_table(index=["month", "area"], columns="item", values="energy_gwh", sort=False)
    wide.columns = pd.Index([f"{c}_gwh" for c in wide.columns])
    return wide.reset_index()

"""The hours in which most is curtailed: what both areas were doing, and for which cause it was cut."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from gridsim.balance import by_source
from gridsim.curtailment import Ledger
from gridsim.curtailment.rates import PlantEnergy
from gridsim.units import step_hours

#: how many hours are listed
TOP = 20


def top_hours(energy: PlantEnergy, causes: Ledger, balances: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Table curtailment_top_hours: the steps with most curtailed energy of the plants given, highest first.

    Parameters
    ----------
    energy : PlantEnergy
        The city's.
    causes : Ledger
    balances : mapping of ``city`` and ``rest`` to DataFrame (time, item)
        Balance of each area (:func:`gridsim.balance.balance_by_area`). [MW]

    Returns
    -------
    DataFrame
        ``time, available_mw, curtailed_mw, curtailment_percent``, per carrier ``<carrier>_curtailed_mw``, the cause
        with most MWh (``main_cause, main_element, main_outage, main_cause_mw``), and per area ``<area>_load_mw`` and
        so on; steps without curtailment are left out.
    """
    step = step_hours(pd.DatetimeIndex(energy.available_mwh.index))
    curtailed = energy.curtailed_mwh.sum(axis=1) / step
    order = np.argsort(-curtailed.to_numpy(), kind="stable")[:TOP]
    times = energy.curtailed_mwh.index[order[curtailed.to_numpy()[order] > 1e-6]]
    available = energy.available_mwh.sum(axis=1)[times] / step
    carrier = energy.plants.set_index("plant")["carrier"]
    by_carrier = energy.curtailed_mwh.loc[times].T.groupby(carrier).sum().T / step
    parts = [
        pd.DataFrame(
            {
                "available_mw": available,
                "curtailed_mw": curtailed[times],
                "curtailment_percent": 100.0 * curtailed[times] / available,
            }
        ),
        by_carrier.add_suffix("_curtailed_mw"),
        _main_cause(causes.rows[causes.rows["plant"].isin(carrier.index)], times),
        *(by_source(b.loc[times]).add_prefix(f"{area}_").add_suffix("_mw") for area, b in balances.items()),
    ]
    return pd.concat(parts, axis=1).rename_axis("time").reset_index()


def _main_cause(rows: pd.DataFrame, times: pd.Index) -> pd.DataFrame:
    """Cause, element and outage with most of each step, and how much that is."""
    keys = ["time", "cause", "element", "outage"]
    sums = rows[rows["time"].isin(times)].groupby(keys, observed=True)["curtailed_mw"].sum().reset_index()
    most = sums.sort_values("curtailed_mw", ascending=False, kind="stable").drop_duplicates("time").set_index("time")
    names = {"cause": "main_cause", "element": "main_element", "outage": "main_outage", "curtailed_mw": "main_cause_mw"}
    return most.rename(columns=names).reindex(times)

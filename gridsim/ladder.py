"""The ladder: the year solved again with the limits of rungs 0 to k only, stores and commitment free.

The ledger says which limit takes a MWh under the schedule as it is.  The ladder says what would be saved if the limits
of a rung were not there at all: stores, hydro and thermal plant answer, so a difference may be negative, and what is
minimised is cost, not curtailed energy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import pandas as pd
from threadpoolctl import threadpool_limits

from gridsim.batch import run_many
from gridsim.case import Progress, simulate
from gridsim.curtailment import ledger
from gridsim.options import DispatchOptions
from gridsim.run_year import YearRun, rates_row, study_drivers
from gridsim.study import Study, study_network

#: rungs of the ladder, the last one the run itself
RUNGS = ("provincial", "section", "branch", "n_1", "ac")
COLUMNS = (
    *("rung", "limits", "city_curtailed_gwh", "city_change_gwh", "city_percent", "ledger_gwh"),
    *("both_curtailed_gwh", "both_change_gwh", "province_percent", "storage_loss_gwh", "exported_gwh", "unserved_gwh"),
)


def rung_options(options: DispatchOptions, rung: int) -> DispatchOptions:
    """Options that impose the limits of rungs 0 to ``rung`` only, of those that the study imposes."""
    return replace(
        options,
        section_limits=options.section_limits and rung >= 1,
        branch_limits=options.branch_limits and rung >= 2,
        outage_limits=options.outage_limits and rung >= 3,
    )


def run_ladder(
    study: Study, year: YearRun, *, processes: int | None = None, progress: Progress | None = None
) -> pd.DataFrame:
    """Table ``ladder``: about four dispatches of the whole year.

    Parameters
    ----------
    study : Study
        With the weather year of ``year``.
    year : YearRun
        The run itself: the last rung, and the parts of the ledger.
    processes : int, optional
        Dispatches at a time.
    progress : callable, optional
        Called with (stage, share done).

    Returns
    -------
    DataFrame
        One row per rung: energies and rates of the city and of both areas, the signed difference to the rung before,
        and beside it ``ledger_gwh``, what the ledger gives this cause (planned outages are branches or N-1 there, and
        stand with ``branch``).

    Raises
    ------
    NoOptimum
        If a dispatch has no proven optimum.
    """
    said = None if progress is None else lambda done, of: progress("ladder", done / of)
    rows = run_many(partial(_rung, study), range(len(RUNGS) - 1), processes=processes, progress=said)
    return ladder_table([*rows, dict(year.rates)], year.tables["curtailment_by_cause"])


def _rung(study: Study, rung: int) -> dict[str, float | str]:
    options = study.options()
    options = replace(options, ac=False, dispatch=rung_options(options.dispatch, rung))
    with threadpool_limits(limits=1, user_api="blas"):
        network = study_network(study)
        case = simulate(network, study_drivers(study, network), options)
        return rates_row(RUNGS[rung], case, ledger(case.dispatch))


def ladder_table(rows: list[dict[str, Any]], by_cause: pd.DataFrame) -> pd.DataFrame:
    """The rungs' rates, each with its difference to the rung before, beside the parts of the ledger. [GWh, %]"""
    table = pd.DataFrame(rows).assign(rung=range(len(rows)), limits=RUNGS[: len(rows)])
    for area in ("city", "both"):
        energy = table[f"{area}_curtailed_gwh"]
        table[f"{area}_change_gwh"] = energy.diff().fillna(energy)
    return table.assign(ledger_gwh=_of_ledger(by_cause)[: len(rows)])[list(COLUMNS)]


def _of_ledger(by_cause: pd.DataFrame) -> list[float]:
    gwh: Mapping[str, float] = dict(zip(by_cause["cause"], by_cause["curtailed_gwh"]))
    planned = gwh.get("outage", 0.0) + gwh.get("exempt_outage", 0.0)
    return [gwh.get(rung, 0.0) + (planned if rung == "branch" else 0.0) for rung in RUNGS]

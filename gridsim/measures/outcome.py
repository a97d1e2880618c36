"""One simulated year of a variant in the few figures that measures are compared by."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from gridsim.balance import storage_table
from gridsim.case import Case, simulate
from gridsim.checks import check_ledger
from gridsim.curtailment import ledger
from gridsim.curtailment.rates import plant_energy
from gridsim.drivers import Drivers
from gridsim.errors import GridsimError
from gridsim.network import Network
from gridsim.options import SimulationOptions
from gridsim.profiles import Profiles
from gridsim.ratings import rating_mva_by_step
from gridsim.results import must_run_cut_gwh, unserved_gwh
from gridsim.units import energy_mwh, step_hours

#: loading above 100 % by less than this is rounding of the solver on a small branch [%]
OVER_PERCENT = 0.1
#: an overload is worse than in the base case from so many points of loading or so many hours more on
WORSE_POINTS, WORSE_H = 0.5, 1.0
#: tables that no profile is made of: a variant that changes these alone has the profiles of the base case
WITHOUT_PROFILES = frozenset(
    {
        *("line", "trafo", "trafo3w", "section", "section_season", "section_branch"),
        *("battery", "pumped_storage"),
    }
)


@dataclass(frozen=True)
class Task:
    """A year to simulate: ``profiles`` None if they differ from those of the base case."""

    network: Network
    options: SimulationOptions
    drivers: Drivers
    profiles: Profiles | None


@dataclass(frozen=True)
class Outcome:
    """What came of a year.

    Energies in MWh: available and curtailed of the city and of both areas, ``local_mwh`` the city's part that is not
    provincial; ``cost_cny`` of the dispatch with its penalties.  ``overloads``: element, side, after_outage,
    max_loading_percent, hours_over_100 (DC flows).  ``failed`` says why there are no figures, or which check failed.
    """

    available_city_mwh: float = np.nan
    available_both_mwh: float = np.nan
    curtailed_city_mwh: float = np.nan
    curtailed_both_mwh: float = np.nan
    local_mwh: float = np.nan
    unserved_mwh: float = np.nan
    must_run_cut_mwh: float = np.nan
    storage_loss_mwh: float = np.nan
    cost_cny: float = np.nan
    overloads: pd.DataFrame = field(default_factory=pd.DataFrame)
    failed: str = ""


def task_of(base: Case, network: Network, options: SimulationOptions, *, changed: Iterable[str]) -> Task:
    """A variant of a case: drivers shared, and the profiles if only tables are changed that make none."""
    same = WITHOUT_PROFILES.issuperset(changed)
    return Task(network, options, base.drivers, base.profiles if same else None)


def run_task(task: Task) -> Outcome:
    """Simulate a year and keep its figures; a year without solution is an outcome that says so."""
    options = replace(task.options, ac=False)
    try:
        case = simulate(task.network, task.drivers, options, profiles=task.profiles)
        return outcome_of(case, options)
    except GridsimError as lost:
        return Outcome(failed=str(lost))


def outcome_of(case: Case, options: SimulationOptions) -> Outcome:
    """Figures of a simulated case."""
    causes = ledger(case.dispatch)
    failed = [c for c in (*case.checks, check_ledger(case.dispatch, causes.rows)) if not c.ok]
    city, rest = (plant_energy(case.network, case.dispatch, in_city=inside) for inside in (True, False))
    local = sum(p[list(city.plants["plant"])].to_numpy().sum() for p in causes.parts_mw[1:])
    available, curtailed = (float(f.to_numpy().sum()) for f in (city.available_mwh, city.curtailed_mwh))
    return Outcome(
        available_city_mwh=available,
        available_both_mwh=available + float(rest.available_mwh.to_numpy().sum()),
        curtailed_city_mwh=curtailed,
        curtailed_both_mwh=curtailed + float(rest.curtailed_mwh.to_numpy().sum()),
        local_mwh=float(energy_mwh(local, step_hours(case.dispatch.index))),
        unserved_mwh=1e3 * unserved_gwh(case),
        must_run_cut_mwh=1e3 * must_run_cut_gwh(case),
        storage_loss_mwh=1e3 * float(storage_table(case.network, case.dispatch)["loss_gwh"].sum()),
        cost_cny=case.dispatch.cost_cny,
        overloads=overloads(case, options),
        failed="; ".join(f"{c.check}: {c.worst:g} > {c.limit:g}" for c in failed),
    )


def overloads(case: Case, options: SimulationOptions) -> pd.DataFrame:
    """Branches above their rating in the DC flows of the year, with nothing lost and after an outage.

    Returns
    -------
    DataFrame
        ``element, side, after_outage, max_loading_percent, hours_over_100``.
    """
    dispatch, model = case.dispatch, case.dispatch.model
    step = step_hours(dispatch.index)
    rating = rating_mva_by_step(model, dispatch.index, temp_air_degc=dispatch.flows.limits.temp_air_degc)
    loading = np.abs(dispatch.branch_mw.to_numpy()) / (options.dispatch.rating_power_factor_pu * rating) * 100.0
    loading = np.where(model.is_equivalent, 0.0, loading)
    lost, whole = case.dc_n1, len(model)
    table = pd.DataFrame(
        {
            "element": [*map(str, model.element), *map(str, lost["element"])],
            "side": [*map(str, model.side), *map(str, lost["side"])],
            "after_outage": np.arange(whole + len(lost)) >= whole,
            "max_loading_percent": np.r_[
                loading.max(axis=0, initial=0.0), lost["max_loading_percent"].to_numpy(dtype=float)
            ],
            "hours_over_100": step
            * np.r_[(loading > 100.0 + OVER_PERCENT).sum(axis=0), lost["steps_over_any"].to_numpy(dtype=float)],
        }
    )
    return table[table["max_loading_percent"] > 100.0 + OVER_PERCENT].reset_index(drop=True)


def new_overloads(base: Outcome, other: Outcome) -> pd.DataFrame:
    """Overloads of a variant that the base case does not have, or not as bad (0.5 points of loading, 1 h)."""
    key = ["element", "side", "after_outage"]
    if not len(other.overloads):
        return other.overloads
    both = other.overloads.merge(base.overloads, on=key, how="left", suffixes=("", "_before"))
    more = both["max_loading_percent"] > both["max_loading_percent_before"] + WORSE_POINTS
    longer = both["hours_over_100"] > both["hours_over_100_before"] + WORSE_H
    fresh = both["max_loading_percent_before"].isna()
    return both.loc[fresh | more | longer, list(other.overloads.columns)].reset_index(drop=True)

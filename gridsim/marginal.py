"""Marginal values by finite difference: the whole year's dispatch again with a few MW more.

Nothing is frozen here: commitment, whole pumps and the stores' energy from day to day follow the change.  What jumps
(a unit that is on or off for a day) makes small steps noisy: a step of some ten MW says more than one of one.  Dispatch
only, before the loop with AC.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from gridsim.batch import run_many
from gridsim.curtailment.extra import new_plant_cells, new_plants
from gridsim.curtailment.limits import BASIS, DIFFERENCE, LIMIT_COLUMNS
from gridsim.curtailment.marginal import COUNTY_COLUMNS
from gridsim.devices import RENEWABLES
from gridsim.dispatch import Dispatch, solve_dispatch
from gridsim.drivers import Drivers
from gridsim.errors import Problem, raise_if
from gridsim.network import Network
from gridsim.options import DispatchOptions
from gridsim.profiles import Profiles, make_profiles
from gridsim.run_year import study_drivers
from gridsim.store import Findings
from gridsim.study import Study, study_network
from gridsim.units import energy_mwh, step_hours

#: step of a finite difference unless another is asked for [MW]
STEP_MW = 20.0
#: the same of a limit [MW]
LIMIT_STEP_MW = 5.0
#: columns of the tables that hold words
WORDS = ("element", "element_type", "side", "outage", "cause", "direction", "county", "carrier", "spread", "method")


@dataclass(frozen=True)
class Change:
    """One step: ``kind`` is ``none``, ``county`` (more of ``carrier`` in ``name``) or ``limit`` (of an element).

    Parallel circuits that widen together are one ``name``, joined by ``+``.
    """

    kind: str = "none"
    name: str = ""
    carrier: str = ""
    step_mw: float = 0.0

    @property
    def elements(self) -> list[str]:
        """Elements whose limits widen."""
        return self.name.split("+")


@dataclass(frozen=True)
class Outcome:
    """A year: energy available in both areas, curtailed in the city and in both, cost. [MWh, CNY]"""

    available_mwh: float
    city_mwh: float
    both_mwh: float
    cost_cny: float


@dataclass(frozen=True)
class Task:
    """A year's dispatch with one change; picklable."""

    network: Network
    drivers: Drivers
    profiles: Profiles
    options: DispatchOptions
    change: Change


def outcome(task: Task) -> Outcome:
    """Solve the year of a task."""
    network, profiles, change = task.network, task.profiles, task.change
    wider_mw: dict[str, float] | None = None
    if change.kind == "county":
        network, profiles = with_county(network, task.drivers, profiles, change)
    elif change.kind == "limit":
        wider_mw = dict.fromkeys(change.elements, change.step_mw)
    found = solve_dispatch(network, profiles, options=task.options, wider_mw=wider_mw)
    return outcome_of(network, found)


def outcome_of(network: Network, dispatch: Dispatch) -> Outcome:
    """Energies and cost of a dispatch."""
    step_h = step_hours(dispatch.index)
    curtailed = dispatch.role("curtailed").sum()
    owned = pd.concat([network[c].set_index("name")["county"].notna() for c in RENEWABLES])
    return Outcome(
        float(energy_mwh(dispatch.role("available").to_numpy().sum(), step_h)),
        float(energy_mwh(curtailed[owned.reindex(curtailed.index).to_numpy(dtype=bool)].sum(), step_h)),
        float(energy_mwh(curtailed.sum(), step_h)),
        dispatch.cost_cny,
    )


def with_county(network: Network, drivers: Drivers, profiles: Profiles, change: Change) -> tuple[Network, Profiles]:
    """Network and profiles with ``step_mw`` more of a carrier in a county.

    Spread over the county's plants of the carrier in proportion to their capacity; without any, new plants on the
    county's buses (:mod:`gridsim.curtailment.extra`).
    """
    table, available = network[change.carrier], profiles.available_mw.copy()
    mine = (table["county"] == change.name) & (table["max_p_mw"] > 0.0)
    if mine.any():
        factor = 1.0 + change.step_mw / table.loc[mine, "max_p_mw"].sum()
        grown = table.copy()
        grown.loc[mine, "max_p_mw"] *= factor
        available[list(table.loc[mine, "name"])] *= factor
        return network.with_table(change.carrier, grown), replace(profiles, available_mw=available)
    buses, pu = new_plants(network, drivers)[change.name, change.carrier]
    cells, size = new_plant_cells(network, change.carrier), change.step_mw / len(buses)
    names = [f"{change.name} +{change.step_mw:g} MW {change.carrier} {bus}" for bus in buses]
    rows = [{**cells, "name": n, "county": change.name, "bus": b, "area": None} for n, b in zip(names, buses)]
    more = pd.DataFrame(rows, columns=list(table.columns)).assign(max_p_mw=size)
    grown = pd.concat([table, more.astype(table.dtypes)], ignore_index=True).sort_values("name", ignore_index=True)
    for name in names:
        available[name] = size * pu
    network = network.with_table(change.carrier, grown)
    order = [n for c in RENEWABLES for n in network[c]["name"]]
    return network, replace(profiles, available_mw=available[order])


def finite_differences(
    network: Network,
    drivers: Drivers,
    profiles: Profiles,
    options: DispatchOptions,
    changes: Sequence[Change],
    *,
    processes: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Tables ``marginal_limit`` and ``marginal_county`` by one-sided differences of whole years.

    Parameters
    ----------
    network, drivers, profiles, options
        The base case; its dispatch is solved again, without the loop with AC.
    changes : sequence of Change
    processes : int, optional
        See :func:`gridsim.batch.run_many`.
    progress : callable, optional
        Called with (years done, years).

    Raises
    ------
    InvalidInput
        Counties or elements that are not there, a step that is not positive: all at once.
    """
    raise_if(_problems(network, drivers, changes))
    tasks = [Task(network, drivers, profiles, options, c) for c in (Change(), *changes)]
    base, *found = run_many(outcome, tasks, processes=processes, progress=progress)
    counties, limits = [], []
    for change, result in zip(changes, found):
        both = (result.both_mwh - base.both_mwh) / change.step_mw
        per_mw = {
            "method": DIFFERENCE,
            "step_mw": change.step_mw,
            "city_mwh_per_mw": (result.city_mwh - base.city_mwh) / change.step_mw,
            "both_mwh_per_mw": both,
        }
        if change.kind == "limit":
            saved = (base.cost_cny - result.cost_cny) / change.step_mw
            limits.append({**per_mw, "element": change.name, "saved_cny_per_mw": saved})
            continue
        more = (result.available_mwh - base.available_mwh) / change.step_mw
        percent = 100.0 * both / more if more > 0.0 else np.nan
        spread = "plants" if _has_plants(network, change) else "site"
        own = {"county": change.name, "carrier": change.carrier, "spread": spread}
        counties.append({**per_mw, **own, "available_mwh_per_mw": more, "marginal_percent": percent})
    return pd.DataFrame(limits, columns=LIMIT_COLUMNS), pd.DataFrame(counties, columns=COUNTY_COLUMNS)


def _has_plants(network: Network, change: Change) -> bool:
    table = network[change.carrier]
    return bool(((table["county"] == change.name) & (table["max_p_mw"] > 0.0)).any())


def _problems(network: Network, drivers: Drivers, changes: Sequence[Change]) -> list[Problem]:
    counties = set(network["county"]["name"])
    elements = {str(n) for table in ("line", "trafo", "trafo3w", "section") for n in network[table]["name"]}
    new = new_plants(network, drivers)
    problems = []
    for change in changes:
        if not change.step_mw > 0.0:
            problems.append(Problem("marginal", f"step {change.step_mw:g} MW", "give a step above zero"))
        unknown = [n for n in change.elements if n not in elements] if change.kind == "limit" else []
        problems += [Problem("marginal", f"unknown element {n!r}", "name a branch or a section") for n in unknown]
        if change.kind == "county" and change.name not in counties:
            problems.append(Problem("marginal", f"unknown county {change.name!r}", f"one of: {', '.join(counties)}"))
        elif change.kind == "county" and not (_has_plants(network, change) or (change.name, change.carrier) in new):
            what = f"{change.name}: no {change.carrier} plant, and no bus or weather site of its own"
            problems.append(Problem("marginal", what, "leave this county out, or give it a plant"))
    return problems


def year_differences(
    study: Study,
    findings: Findings,
    *,
    counties: Sequence[str] | None = None,
    carriers: Sequence[str] | None = None,
    limits: Sequence[str] | None = None,
    step_mw: float = STEP_MW,
    limit_step_mw: float = LIMIT_STEP_MW,
    processes: int | None = None,
    progress: Callable[[str, float], None] | None = None,
) -> Findings:
    """The findings of a study with rows of whole-year differences in ``marginal_county`` and ``marginal_limit``.

    Parameters
    ----------
    study, findings
        A study of one weather year, and what a run of it found.
    counties, limits : sequence of str, optional
        What to change; without either, every county and every limit that was in force.
    carriers : sequence of str, optional
        Default all.
    step_mw, limit_step_mw : float
    processes : int, optional
        See :func:`gridsim.batch.run_many`.
    progress : callable, optional
        Called with (stage, share done).

    Raises
    ------
    InvalidInput
        Findings of another study, several weather years, names that are not there.
    NoOptimum
        If a dispatch has no proven optimum.
    """
    _refuse_others(study, findings)
    everything = counties is None and limits is None
    options = study.options()
    network = study_network(study)
    drivers = study_drivers(study, network)
    profiles = make_profiles(network, drivers, hydro_year=options.hydro_year)
    changes = _county_changes(network, drivers, counties, carriers or RENEWABLES, step_mw, everything)
    names = _in_force(findings) if everything else limits or ()
    changes += [Change("limit", name, "", limit_step_mw) for name in dict.fromkeys(names)]
    said = None if progress is None else lambda done, of: progress(f"{of} dispatches of the year", done / of)
    found = finite_differences(
        network, drivers, profiles, options.dispatch, changes, processes=processes, progress=said
    )
    return with_differences(findings, *found)


def _refuse_others(study: Study, findings: Findings) -> None:
    problems = []
    if findings.manifest.get("study", {}).get("sha256") != study.sha256:
        what = "the results folder is that of another study file, or the file has changed since"
        problems.append(Problem(str(study.path), what, "run gridsim run on this study first"))
    if study.weather.years:
        what = "differences are taken on one weather year"
        problems.append(Problem(str(study.path), what, "give [weather] year instead of years", column="years"))
    raise_if(problems)


def _county_changes(
    network: Network,
    drivers: Drivers,
    counties: Sequence[str] | None,
    carriers: Sequence[str],
    step_mw: float,
    everything: bool,
) -> list[Change]:
    """Counties that are named are kept even where a carrier cannot stand, so that it is said."""
    unknown = [Problem("--carrier", f"unknown {c!r}", " or ".join(RENEWABLES)) for c in carriers if c not in RENEWABLES]
    raise_if(unknown)
    names = network["county"]["name"] if everything else counties or ()
    changes = [Change("county", str(county), carrier, step_mw) for carrier in carriers for county in names]
    new = new_plants(network, drivers)
    return [c for c in changes if not everything or _has_plants(network, c) or (c.name, c.carrier) in new]


def _in_force(findings: Findings) -> list[str]:
    """Elements of ``marginal_limit``; what AC tightened has no limit of its own before the loop with AC."""
    table = findings.tables.get("marginal_limit", pd.DataFrame(columns=LIMIT_COLUMNS))
    return [str(n) for n in table.loc[(table["method"] == BASIS) & (table["cause"] != "ac"), "element"]]


def with_differences(findings: Findings, limits: pd.DataFrame, counties: pd.DataFrame) -> Findings:
    """Findings whose marginal tables also hold these rows; rows of an earlier difference for the same go."""
    tables = dict(findings.tables)
    for name, rows, keys in (
        ("marginal_limit", limits, ["element"]),
        ("marginal_county", counties, ["county", "carrier"]),
    ):
        old = tables.get(name, rows[:0])
        again = pd.MultiIndex.from_frame(old[keys].astype(str)).isin(
            list(map(tuple, rows[keys].astype(str).to_numpy()))
        )
        kept = old[~(again & (old["method"] == DIFFERENCE).to_numpy())]
        parts = [part for part in (kept, rows) if len(part)]
        both = pd.concat(parts, ignore_index=True) if parts else old
        words = [c for c in both.columns if c in WORDS]
        tables[name] = both.assign(**{c: both[c].fillna("") for c in words})
    return replace(findings, tables=tables)

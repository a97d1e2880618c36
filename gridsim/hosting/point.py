"""One simulated year with new plants, in the figures that hosting capacity is read off."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from gridsim.ac import unit_power
from gridsim.batch import run_many
from gridsim.case import simulate
from gridsim.checks import check_ledger
from gridsim.curtailment import Ledger, ledger, provincial_part
from gridsim.curtailment.ledger import NO_SYSTEM_CAUSES, RUNGS, SYSTEM_CAUSES
from gridsim.curtailment.marginal import COUNTY_COLUMNS, marginal_values
from gridsim.curtailment.rates import plant_energy
from gridsim.dispatch import Dispatch, solve_dispatch
from gridsim.drivers import Drivers
from gridsim.equipment import EquipmentOptions, equipment_tables
from gridsim.errors import GridsimError
from gridsim.growth import Addition, plants_like, with_additions
from gridsim.hosting.violations import COLUMNS as VIOLATION_COLUMNS
from gridsim.hosting.violations import MARGIN_COLUMNS, case_margins, case_violations, dispatch_violations
from gridsim.network import Network
from gridsim.options import SimulationOptions
from gridsim.profiles import make_profiles
from gridsim.units import energy_mwh, step_hours

#: how far a point goes: dispatch and shares; the same with marginal values; or the study's whole path, AC and N-1 as
#: the study says
DETAILS = ("dispatch", "slopes", "study")
#: county of the plants of the node area in the tables of a point
REST = ""
ENERGY_COLUMNS = ("county", "available_mwh", "curtailed_mwh", "local_mwh")
CAUSE_COLUMNS = ("county", "cause", "element", "outage", "curtailed_mwh")


@dataclass(frozen=True)
class Setting:
    """What all points of a search share: tables, weather and demand, options; read once, picklable.

    ``equipment``: options of the equipment level, which the base case on the whole path gives beside its figures.
    """

    network: Network
    drivers: Drivers
    options: SimulationOptions
    equipment: EquipmentOptions = field(default_factory=EquipmentOptions)


@dataclass(frozen=True)
class PointTask:
    """A year to simulate: the additions and how far (:data:`DETAILS`)."""

    setting: Setting
    additions: tuple[Addition, ...]
    detail: str = "study"


@dataclass(frozen=True)
class Point:
    """What came of a year with new plants.

    Attributes
    ----------
    additions : tuple of Addition
        Empty: the base case.
    detail : str
        One of :data:`DETAILS`.
    energy : DataFrame
        ``county, available_mwh, curtailed_mwh, local_mwh``: wind and sun of every county, and of the node area in the
        row with the empty county.  Without special causes; ``local_mwh`` is the part of the sections, branches, N-1
        and AC.
    causes : DataFrame
        ``county, cause, element, outage, curtailed_mwh``: who or what curtails it, system causes; empty without
        ledger.
    violations : DataFrame
        :data:`gridsim.hosting.violations.COLUMNS`; what ``detail`` does not look at is not in it.
    margins : DataFrame
        :data:`gridsim.hosting.violations.MARGIN_COLUMNS`: what is near its limit and inside, a hint for a search.
    marginal : DataFrame
        One more MW in each county (:class:`gridsim.curtailment.marginal.Marginal`), a hint for a search; of the base
        case on the whole path, and of ``"slopes"``.
    equipment : mapping of str to DataFrame
        Tables of the equipment level (:func:`gridsim.equipment.equipment_tables`); of the base case on the whole path.
    failed : str
        Why there are no figures, or which check is not met; empty: the point counts.
    """

    additions: tuple[Addition, ...]
    detail: str
    energy: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(ENERGY_COLUMNS)))
    causes: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(CAUSE_COLUMNS)))
    violations: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(VIOLATION_COLUMNS)))
    margins: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(MARGIN_COLUMNS)))
    marginal: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=COUNTY_COLUMNS))
    equipment: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    failed: str = ""

    @property
    def ok(self) -> bool:
        """Whether the year was simulated and its checks are met."""
        return not self.failed

    @property
    def added_mw(self) -> float:
        """Sum of what was added. [MW]"""
        return float(sum(a.p_mw for a in self.additions))

    def total(self, cover: str, *, of: str) -> float:
        """Energy of the plants that a rate covers. [MWh]

        Parameters
        ----------
        cover : str
            ``"both_areas"``, ``"city"`` or the name of a county.
        of : str
            ``"available"``, ``"curtailed"`` or ``"local"``.

        Returns
        -------
        float
            NaN of a point that failed.
        """
        if not len(self.energy):
            return np.nan
        county = self.energy["county"]
        rows = {"both_areas": county == county, "city": county != REST}.get(cover, county == cover)
        return float(self.energy.loc[rows, f"{of}_mwh"].sum())

    def rate_percent(self, cover: str, *, of: str = "curtailed") -> float:
        """100 curtailed / available of what a rate covers; NaN without any available. [%]"""
        available = self.total(cover, of="available")
        return 100.0 * self.total(cover, of=of) / available if available > 0.0 else np.nan


def simulate_point(setting: Setting, additions: Sequence[Addition] = (), *, detail: str = "study") -> Point:
    """Simulate the year with new plants.

    Parameters
    ----------
    setting : Setting
    additions : sequence of Addition
        In any number of counties at once; those of 0 MW add nothing.
    detail : str
        ``"study"``: as :func:`gridsim.case.simulate` with the study's options, AC, AC N-1 and checks as far as they
        ask for them, without the comparison "before redispatch".  ``"dispatch"``: production simulation with N-1 and
        equal shares only, without AC, the ledger's elements and the independent checks: less than half of the time.
        ``"slopes"``: that, with marginal values.

    Returns
    -------
    Point

    Raises
    ------
    InvalidInput
        Additions that cannot be connected.
    NoOptimum
        If a window has no proven optimum.
    ValueError
        Another ``detail``.
    """
    if detail not in DETAILS:
        raise ValueError(f"detail is {detail!r}: one of {DETAILS}")
    network = with_additions(setting.network, additions)
    drivers = with_series(setting.network, setting.drivers, additions)
    additions = tuple(additions)
    with threadpool_limits(limits=1, user_api="blas"):
        if detail != "study":
            profiles = make_profiles(network, drivers, hydro_year=setting.options.hydro_year)
            dispatch = solve_dispatch(network, profiles, options=setting.options.dispatch)
            energy, causes = _without_elements(network, dispatch)
            point = Point(additions, detail, energy, causes, dispatch_violations(dispatch))
            return point if detail == "dispatch" else with_marginal(point, network, drivers, dispatch, setting)
        case = simulate(network, drivers, replace(setting.options, before_redispatch=False))
        found = ledger(case.dispatch)
        energy, causes = _by_county(network, case.dispatch, found)
        point = Point(additions, detail, energy, causes, case_violations(case), case_margins(case))
        if not additions:
            point = with_marginal(point, network, drivers, case.dispatch, setting)
            power, available = unit_power(network, case.dispatch), case.dispatch.role("available")
            level = equipment_tables(network, power, available, options=setting.equipment)
            point = replace(point, equipment=level)
    checks = [c for c in (*case.checks, check_ledger(case.dispatch, found.rows)) if not c.ok]
    return replace(point, failed="; ".join(f"{c.check}: {c.worst:g} > {c.limit:g}" for c in checks))


def with_marginal(
    point: Point, network: Network, drivers: Drivers, dispatch: Dispatch, setting: Setting
) -> Point:
    """A point with what one more MW in each county would change."""
    values = marginal_values(network, drivers, dispatch, options=setting.options.dispatch)
    return replace(point, marginal=values.by_county)


def run_point(task: PointTask) -> Point:
    """:func:`simulate_point` of a task; a year without solution is a point that says so."""
    try:
        return simulate_point(task.setting, task.additions, detail=task.detail)
    except GridsimError as lost:
        return Point(task.additions, task.detail, failed=str(lost))


def simulate_points(
    tasks: Sequence[PointTask],
    *,
    processes: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> list[Point]:
    """Points of some tasks in their order, in several processes (:func:`gridsim.batch.run_many`)."""
    return run_many(run_point, tasks, processes=processes, progress=progress)


def with_series(network: Network, drivers: Drivers, additions: Sequence[Addition]) -> Drivers:
    """Drivers in which a new plant has the given series, per MW, of the plant it takes after, where that has one."""
    given = drivers.available_mw
    like = {name: after for name, after in plants_like(network, additions).items() if after.name in given.columns}
    if not like:
        return drivers
    columns = {name: given[after.name] * after.share_pu for name, after in like.items()}
    return replace(drivers, available_mw=pd.concat([given, pd.DataFrame(columns, index=given.index)], axis=1))


def _without_elements(network: Network, dispatch: Dispatch) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Energy by county without the ledger's hours; with it where an exempt outage decides what is a system cause."""
    if network["branch_outage"]["exempt"].any():
        return _by_county(network, dispatch, ledger(dispatch))
    provincial = provincial_part(dispatch)
    parts = {"curtailed": dispatch.role("curtailed"), "provincial": provincial}
    withheld = list(dispatch.withheld_mw.values())
    special = sum((mw.reindex(columns=provincial.columns, fill_value=0.0) for mw in withheld), start=0.0 * provincial)
    return _energy(network, dispatch, {**parts, "special": special}), pd.DataFrame(columns=list(CAUSE_COLUMNS))


def _by_county(network: Network, dispatch: Dispatch, causes: Ledger) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Tables ``energy`` and ``causes`` of a point."""
    named = {"curtailed": SYSTEM_CAUSES, "provincial": RUNGS[:1], "special": NO_SYSTEM_CAUSES}
    energy = _energy(network, dispatch, {name: causes.total_mw(of) for name, of in named.items()})
    rows = causes.rows[causes.rows["cause"].isin(SYSTEM_CAUSES)]
    county = _plants(network, dispatch)["county"]
    mwh = energy_mwh(rows["curtailed_mw"], step_hours(dispatch.index))
    rows = rows.assign(county=rows["plant"].map(county), curtailed_mwh=mwh)
    by_cause = rows.groupby(list(CAUSE_COLUMNS[:-1]))[["curtailed_mwh"]].sum().reset_index()
    return energy, by_cause[list(CAUSE_COLUMNS)]


def _energy(network: Network, dispatch: Dispatch, parts_mw: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Table ``energy`` from curtailed (system causes), provincial and special power (time, plant)."""
    plants, step_h = _plants(network, dispatch), step_hours(dispatch.index)
    mwh = {name: energy_mwh(mw.sum(), step_h) for name, mw in parts_mw.items()}
    curtailed = mwh["curtailed"].reindex(plants.index, fill_value=0.0)
    sums = pd.DataFrame(
        {
            "available_mwh": plants["available_mwh"] - mwh["special"].reindex(plants.index, fill_value=0.0),
            "curtailed_mwh": curtailed,
            "local_mwh": curtailed - mwh["provincial"].reindex(plants.index, fill_value=0.0),
        }
    )
    order = [*map(str, network["county"]["name"]), REST]
    energy = sums.groupby(plants["county"].to_numpy()).sum().reindex(order, fill_value=0.0)
    return energy.rename_axis("county").reset_index()


def _plants(network: Network, dispatch: Dispatch) -> pd.DataFrame:
    """County (empty: node area) and available energy, withheld power included, of every plant. [MWh]"""
    parts = []
    for inside in (True, False):
        found = plant_energy(network, dispatch, in_city=inside)
        county = found.plants.set_index("plant")["county"].fillna(REST)
        parts.append(pd.DataFrame({"county": county, "available_mwh": found.available_mwh.sum()}))
    return pd.concat(parts)

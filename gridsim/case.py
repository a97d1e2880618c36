"""A Case: one network, one set of drivers, simulated; and its independent checks."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pandas as pd

from gridsim.ac import N1, AcState, check_ac_dispatch, check_n1
from gridsim.ac_clean import AcClean, ac_clean_dispatch
from gridsim.checks import Check, check_ac_rows, check_dispatch
from gridsim.dispatch import Dispatch, solve_dispatch, without_branch_limits
from gridsim.drivers import Drivers
from gridsim.n1 import check_outages, n1_table
from gridsim.network import Network
from gridsim.options import SimulationOptions
from gridsim.plant_checks import check_plant
from gridsim.profiles import Profiles, make_profiles

#: called with (stage, share of the stage that is done)
Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class Case:
    """What was simulated: nouns of every stage, its checks and the wall time of each stage. [s]

    ``ac`` and ``ac_before`` are None when the AC stage was switched off; ``ac_before`` is the AC state of a
    dispatch that respects provincial and section limits only, None if it was not asked for.  ``n1`` is None without
    AC N-1.  ``dc_n1`` is :func:`gridsim.n1.n1_table`.  ``dispatch`` and ``ac`` are those after the loop between the
    two; ``ac_clean`` says what it came to.
    """

    network: Network
    drivers: Drivers
    profiles: Profiles
    dispatch: Dispatch
    ac: AcState | None
    ac_before: AcState | None
    dc_n1: pd.DataFrame
    checks: tuple[Check, ...]
    n1: N1 | None = None
    ac_clean: AcClean | None = None
    stages_s: dict[str, float] = field(default_factory=dict)


class _Clock:
    """Wall time per stage."""

    def __init__(self, progress: Progress | None):
        self.stages_s: dict[str, float] = {}
        self._progress = progress

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        started = time.perf_counter()
        self.report(name, 0.0)
        yield
        self.stages_s[name] = time.perf_counter() - started
        self.report(name, 1.0)

    def report(self, name: str, share: float) -> None:
        if self._progress:
            self._progress(name, share)


def simulate(
    network: Network,
    drivers: Drivers,
    options: SimulationOptions | None = None,
    *,
    profiles: Profiles | None = None,
    progress: Progress | None = None,
) -> Case:
    """Profiles, dispatch, AC of every step and the checks of one case.

    Parameters
    ----------
    network : Network
    drivers : Drivers
    options : SimulationOptions, optional
    profiles : Profiles, optional
        Those of another case whose plants, demand and schedules are the same; made of the drivers if absent.
    progress : callable, optional
        Called with (stage, share done).

    Returns
    -------
    Case

    Raises
    ------
    InvalidInput
        If the drivers do not fit the network.
    NoOptimum
        If a window has no proven optimum.
    """
    options = options or SimulationOptions()
    clock = _Clock(progress)
    with clock.stage("profiles"):
        profiles = profiles or make_profiles(network, drivers, hydro_year=options.hydro_year)
    with clock.stage("dispatch"):
        dispatch = solve_dispatch(
            network,
            profiles,
            options=options.dispatch,
            progress=lambda done, of: clock.report("dispatch", 0.999 * done / of),
        )
    ac = ac_before = n1 = clean = None
    if options.ac:
        with clock.stage("ac"):
            ac = check_ac_dispatch(network, dispatch)
        with clock.stage("ac_clean"):
            clean = ac_clean_dispatch(
                network, profiles, dispatch, ac, options=options, progress=lambda x: clock.report("ac_clean", 0.999 * x)
            )
            dispatch, ac = clean.dispatch, clean.ac
        if options.before_redispatch:
            with clock.stage("ac_before_redispatch"):
                ac_before = _before_redispatch(network, profiles, dispatch, ac, options)
        if options.contingencies != "none":
            n1 = _contingencies(network, dispatch, ac, options.contingencies, clock)
    with clock.stage("checks"):
        checks = check_dispatch(
            network, profiles, dispatch, dc=options.dispatch.dc, line_rating=options.dispatch.line_rating,
            storage_use=options.dispatch.storage.use,
        )  # fmt: skip
        checks += check_outages(network, dispatch, options=options.dispatch)
        dc_n1 = n1_table(network, dispatch, options=options.dispatch)
        checks += check_plant(network, profiles, dispatch, options.dispatch)
        if ac is not None:
            checks.append(check_ac_rows(dispatch.index, pd.DataFrame({"time": ac.index})))
    return Case(network, drivers, profiles, dispatch, ac, ac_before, dc_n1, tuple(checks), n1, clean, clock.stages_s)


def _before_redispatch(
    network: Network, profiles: Profiles, dispatch: Dispatch, ac: AcState, options: SimulationOptions
) -> AcState:
    """AC state if nobody were cut for the local grid; that dispatch (half a gigabyte for Yueyang) is not kept."""
    before = without_branch_limits(network, profiles, dispatch, options=options.dispatch)
    return check_ac_dispatch(network, before, like=(dispatch, ac))


def _contingencies(network: Network, dispatch: Dispatch, ac: AcState, hours: str, clock: _Clock) -> N1:
    """AC N-1; its number of cases and the estimated time are said when a first sample is done."""

    def announce(cases: int, seconds: float) -> None:
        clock.report(f"ac_n1: {cases} cases, about {seconds:.0f} s; sample", 1.0)

    with clock.stage("ac_n1"):
        return check_n1(
            network, dispatch, ac, hours=hours, progress=lambda share: clock.report("ac_n1", 0.999 * share),
            announce=announce,
        )  # fmt: skip

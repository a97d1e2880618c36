"""Laws of ramps and reserve in one window: less of either never raises the objective; what is reported adds up."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import toy
from hypothesis import given
from hypothesis import strategies as st
from test_dispatch_laws import LAW, OPTIONS, System, systems

from gridsim.checks import as_table, check_dispatch, check_ledger
from gridsim.curtailment import ledger
from gridsim.dispatch import solve_dispatch
from gridsim.options import DispatchOptions, ReserveOptions
from gridsim.plant_checks import check_plant

RESERVE = ReserveOptions(imposed=True, up_load_percent=8.0, down_load_percent=8.0, largest_unit=False)


def with_ramps(system: System, percent_per_h: float) -> System:
    """The system with coal that ramps at most so much."""
    ramps = {"ramp_up_percent_per_h": percent_per_h, "ramp_down_percent_per_h": percent_per_h}
    return replace(system, tables={**system.tables, "thermal": [{**t, **ramps} for t in system.tables["thermal"]]})


def objective(system: System, options: DispatchOptions) -> float:
    """Objective of the only window; every promise of the results is checked on the way."""
    net, profiles = system.build()
    d = solve_dispatch(net, profiles, options=options)
    checks = [*check_dispatch(net, profiles, d), *check_plant(net, profiles, d, options)]
    table = as_table([*checks, check_ledger(d, ledger(d).rows)])
    assert table["ok"].all(), table[~table["ok"]]
    assert len(d.windows) == 1
    return float(d.windows["objective_cny"].iloc[0])


@pytest.mark.slow
@LAW
@given(systems(), st.sampled_from([5.0, 15.0, 40.0]))
def test_relaxing_a_ramp_never_raises_the_objective(system: System, percent: float) -> None:
    tight, loose = (objective(with_ramps(system, p), OPTIONS) for p in (percent, 2.0 * percent))
    free = objective(system, OPTIONS)
    assert tight >= loose - 1e-6 * abs(loose)
    assert loose >= free - 1e-6 * abs(free)


@pytest.mark.slow
@LAW
@given(systems(), st.sampled_from([0.0, 0.5, 1.0]), st.sampled_from([0.5, 2.0]))
def test_less_reserve_never_raises_the_objective(system: System, credit: float, factor: float) -> None:
    asked = replace(RESERVE, curtailment_credit_pu=credit, up_load_percent=8.0 * factor, down_load_percent=8.0 * factor)
    more = objective(system, replace(OPTIONS, reserve=asked))
    half = replace(asked, up_load_percent=4.0 * factor, down_load_percent=4.0 * factor)
    less = objective(system, replace(OPTIONS, reserve=half))
    free = objective(system, OPTIONS)
    assert more >= less - 1e-6 * abs(less)
    assert less >= free - 1e-6 * abs(free)


@pytest.mark.slow
def test_the_systems_have_ramps_and_reserve_that_bind() -> None:
    """Of twenty systems ramps of 5 %/h change most, and a reserve of 16 % some."""
    ramps = reserve = 0
    for seed in range(20):
        system = _system(seed)
        free = objective(system, OPTIONS)
        ramps += objective(with_ramps(system, 5.0), OPTIONS) > free + 1.0
        asked = replace(RESERVE, curtailment_credit_pu=0.0, up_load_percent=16.0, down_load_percent=16.0)
        reserve += objective(system, replace(OPTIONS, reserve=asked)) > free + 1.0
    assert ramps >= 10
    assert reserve >= 5


def _system(seed: int) -> System:
    """A small city: two coal plants, wind, a battery, with random wind and demand."""
    rng = np.random.default_rng(seed)
    here = {"bus": "a", "county": "county"}
    tables = {
        "bus": [toy.bus("a"), toy.bus("b")],
        "line": [toy.line("ab", "a", "b")],
        "demand": [{"name": "d", "peak_mw": 100.0, "energy_gwh": 1.0}],
        "load": [{"name": "L", **here, "demand": "d", "max_p_mw": 100.0}],
        "wind": [{"name": "W", **here, "max_p_mw": 80.0, "site": "s", "turbine": "t", "hub_height_m": 90.0}],
        "thermal": [
            {"name": n, **here, "carrier": "coal", "units": 2, "max_p_mw": 60.0, "min_p_pu": 0.4, "cost_cny_per_mwh": c}
            for n, c in (("C1", 300.0), ("C2", 330.0))
        ],
        "battery": [
            {
                "name": "S",
                **here,
                "max_p_mw": 15.0,
                "energy_mwh": 30.0,
                "efficiency_charge_percent": 90.0,
                "efficiency_discharge_percent": 90.0,
            }
        ],
    }
    return System(tables, {"W": 80.0 * rng.uniform(0, 1, 6)}, {"L": rng.uniform(60, 100, 6)})

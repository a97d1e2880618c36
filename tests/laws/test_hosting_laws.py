"""Laws of definitions §6 for hosting capacity: curtailed energy the only cost, rate over both areas, one window."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small_hosting import OPTIONS, setting, two_counties

from gridsim.growth import STORE
from gridsim.hosting import Setting
from gridsim.hosting.gaps import READINGS, Target, gaps, holds
from gridsim.hosting.mix import Mix
from gridsim.hosting.point import Point, simulate_point
from gridsim.network import Network

WIND = Mix("wind", (0.0, 0.0, 1.0))
#: sizes at which a law is asked of every condition: the first that does not hold is the capacity
SIZES_MW = (15.0, 45.0, 120.0)
ONE_WINDOW = replace(
    OPTIONS, dispatch=replace(OPTIONS.dispatch, objective="curtailment", window_h=np.inf, step_h=np.inf)
)  # fmt: skip
LAW = settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def windy(network: Network, pu: tuple[float, ...], demand_mw: float) -> Setting:
    """The two counties with wind that comes and goes."""
    base = setting(network, demand_mw, ONE_WINDOW)
    series = base.drivers.available_mw.mul(pd.Series(pu, index=base.drivers.index), axis=0)
    return replace(base, drivers=replace(base.drivers, available_mw=series))


def points(base: Setting, county: str) -> list[Point]:
    return [simulate_point(base, WIND.additions(county, mw, "existing"), detail="dispatch") for mw in (0.0, *SIZES_MW)]


def capacity_mw(found: list[Point], county: str, percent: float) -> float:
    """Largest of the sizes before the first that does not hold; below zero if the base case does not."""
    target, last = Target(percent, ("both_areas",)), -1.0
    for mw, point in zip((0.0, *SIZES_MW), found):
        if not holds(gaps(found[0], point, county, READINGS[0], target)):
            break
        last = mw
    return last


def with_store(network: Network, mw: float) -> Network:
    size = {"max_p_mw": mw, "energy_mwh": 2.0 * mw, "in_service_from": 0, "in_service_to": 9999}
    row = {"name": "store", "bus": "a", "county": "east", **STORE, **size}
    return network.with_table("battery", pd.DataFrame([row]))


@pytest.mark.parametrize("county", ["east", "west"])
@LAW
@given(
    st.tuples(*[st.floats(0.2, 1.0)] * 4), st.floats(100.0, 200.0), st.floats(90.0, 140.0), st.sampled_from([0.0, 40.0])
)
def test_a_wider_line_or_a_store_never_lowers_the_capacity(county, pu, demand_mw, line_mw, store_mw):
    """Curtailed energy of both areas never rises by either, available energy is the same: g is never larger."""
    before = points(windy(two_counties(line_mw), pu, demand_mw), county)
    wider = two_counties(1.3 * line_mw)
    after = points(windy(with_store(wider, store_mw) if store_mw else wider, pu, demand_mw), county)
    for a, b in zip(before, after):
        assert b.total("both_areas", of="available") == pytest.approx(a.total("both_areas", of="available"))
        assert b.total("both_areas", of="curtailed") <= a.total("both_areas", of="curtailed") + 1e-4
    for percent in (3.0, 5.01, 10.0):
        assert capacity_mw(after, county, percent) >= capacity_mw(before, county, percent)
        # a looser target never allows less, whatever the system
        assert capacity_mw(before, county, 2.0 * percent) >= capacity_mw(before, county, percent)

"""Charging or discharging, never both: on random small cases, and against every choice of directions by brute force."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small_storage import Place

LAW = settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)
MODES = ("relaxed", "rounded", "exact")


@st.composite
def burning_places(draw: st.DrawFn, machines: tuple[int, ...] = (0, 1, 2)) -> Place:
    """Free wear, dear curtailment, lossy store: a linear program burns surplus where it can."""
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    return Place(
        wind_mw=tuple(rng.uniform(60, 260, 4)),
        demand_mw=tuple(rng.uniform(60, 140, 4)),
        coal_cny=float(rng.uniform(100, 500)),
        machines=draw(st.sampled_from(machines)),
        unit_mw=float(rng.uniform(20, 60)),
        min_p_pu=float(rng.choice([0.0, 0.5])),
        energy_mwh=float(rng.uniform(10, 120)),
        efficiency_in=float(rng.uniform(0.6, 0.95)),
        efficiency_out=float(rng.uniform(0.6, 0.95)),
        end_value_cny=float(rng.choice([0.0, 100.0])),
        first_pu=float(rng.uniform(0.0, 1.0)),
        wear_cny=0.0,
        curtailment_cny=float(rng.choice([200.0, 500.0, 2000.0])),
    )


def both_ways_mw(dispatch) -> float:
    return float(np.minimum(dispatch.role("charge").to_numpy(), dispatch.role("discharge").to_numpy()).max())


@LAW
@given(burning_places(), st.sampled_from(MODES))
def test_no_result_ever_charges_and_discharges_at_once(place: Place, pumping: str) -> None:
    assert both_ways_mw(place.solve(pumping)) < 1e-6


@settings(parent=LAW, max_examples=12)
@given(burning_places(machines=(0,)))
def test_directions_against_every_choice(place: Place) -> None:
    """Exact is the best of all directions; the stated gap of the fixed directions is no less than what they lost."""
    best = place.brute_force_cny()
    exact, fixed = place.solve("exact").windows.iloc[0], place.solve("relaxed").windows.iloc[0]
    tolerance = 1e-6 * abs(best) + 1e-2
    assert exact.objective_cny == pytest.approx(best, abs=tolerance)
    assert fixed.objective_cny >= best - tolerance
    lost = fixed.objective_cny - best
    assert lost <= fixed.direction_gap_cny + tolerance
    assert fixed.bound_cny <= best + tolerance


@settings(parent=LAW, max_examples=8)
@given(burning_places(machines=(1, 2)))
def test_gaps_of_whole_units_are_true_bounds(place: Place) -> None:
    best = place.brute_force_cny()
    tolerance = 1e-6 * abs(best) + 1e-2
    for pumping in ("rounded", "exact"):
        window = place.solve(pumping).windows.iloc[0]
        assert best - tolerance <= window.objective_cny
        assert window.objective_cny - best <= window.objective_cny - window.bound_cny + tolerance
        if pumping == "exact":
            assert window.objective_cny == pytest.approx(best, abs=tolerance)


def test_a_store_does_not_burn_what_should_be_curtailed() -> None:
    """60 MW of surplus in four hours, 240 MWh; a battery of 50 MW and 10 MWh, 80 % each way, full at the start.

    Charging c and discharging 0.64 c at once burns 0.36 c: the linear program burns 18 MW in each hour (c = 50) and
    pays 500 for 4 * 42 = 168 MWh.  With a direction per step a MWh discharged adds to the surplus and makes room for
    1/0.64 = 1.5625 charged in another hour: 8 MWh given and 12.5 taken, twice in four hours: 240 - 2 * 4.5 = 231 MWh.
    """
    place = Place(
        wind_mw=(160,) * 4,
        demand_mw=(100,) * 4,
        machines=0,
        unit_mw=50.0,
        energy_mwh=10.0,
        efficiency_in=0.8,
        efficiency_out=0.8,
        first_pu=1.0,
        wear_cny=0.0,
        curtailment_cny=500.0,
    )
    fixed, exact = place.solve("relaxed"), place.solve("exact")
    # what the linear program would have: objective before directions; coal stands still in all of them
    relaxed_cny = fixed.windows["objective_cny"].iloc[0] - fixed.windows["direction_gap_cny"].iloc[0]
    assert relaxed_cny == pytest.approx(500 * 168.0)
    assert exact.windows["objective_cny"].iloc[0] == pytest.approx(500 * 231.0)
    assert exact.role("curtailed").to_numpy().sum() == pytest.approx(231.0)
    for d in (fixed, exact):
        assert both_ways_mw(d) < 1e-6
    assert fixed.windows["objective_cny"].iloc[0] <= relaxed_cny + fixed.windows["direction_gap_cny"].iloc[0] + 1e-6

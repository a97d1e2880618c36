"""AC of Yueyang 2030 over the year: taps and banks move, reactive limits bind, voltages stay in their bands.

37 buses hold a voltage or a Q(U) characteristic: three boundary buses, eight of coal, gas and pumped storage, and the
26 wind and solar plants that have a 110 kV step-up station of their own (power factor 0.95 either way; GB/T 19963.1,
GB/T 19964, AVC).  Before taps, banks and limits went by the hour 63 buses left their band in some hour.
"""

import numpy as np
import pytest

from gridsim.ac import control_table, voltage_table

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def ac(yueyang_2030):
    return yueyang_2030.case.ac


def test_no_flat_voltage_shortcut(ac):
    assert len(ac.holder) >= 20
    limited = (ac.at_limit != 0).any(axis=0)
    assert limited.sum() >= 20, "the limits of most voltage-holding buses bind in some hour"
    assert (ac.at_limit != 0).any(axis=1).mean() > 0.2
    tap = ac.positions.tap_pos[ac.positions.pattern]
    assert len(np.unique(tap, axis=0)) > 1000, "hours stand differently"
    step = ac.positions.step[ac.positions.pattern]
    assert (step.max(axis=0) > step.min(axis=0)).sum() > 50


def test_hours_are_at_rest_and_nothing_is_hidden(ac):
    assert ac.converged.all()
    assert (ac.unsettled != "").sum() <= 20


def test_voltages_stay_in_their_bands(ac, yueyang_2030):
    table = voltage_table(ac, yueyang_2030.case.network)
    outside = table[table["hours_outside"] > 0]
    assert len(outside) <= 3 and outside["hours_outside"].sum() <= 20, outside


def test_control_table_of_the_year(ac, yueyang_2030):
    table = control_table(ac, yueyang_2030.case.network)
    assert table["hours_at_start"].between(0, 8760).all()
    taps = table[table["element_type"] != "bus"]
    assert (taps["max_position"] >= taps["min_position"]).all()

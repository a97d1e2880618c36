"""A year with new plants by hand: what it makes available, what is cut, for whom, and which violations are new."""

from __future__ import annotations

import pickle
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from small_hosting import setting, two_counties

from gridsim.equipment import EquipmentOptions
from gridsim.growth import Addition
from gridsim.hosting import PointTask, simulate_point, simulate_points
from gridsim.hosting.store import keep_point, kept_point, point_key
from gridsim.hosting.violations import COLUMNS, compared, new_or_worse


def wind(county: str, p_mw: float) -> Addition:
    return Addition(county=county, p_mw=p_mw, carrier="wind")


@pytest.mark.parametrize("detail", ["dispatch", "study"])
def test_a_county_behind_a_line_pays_alone(detail):
    """East 100 + 60 MW in 4 h behind 120 MW: 640 MWh available, 160 cut by the line ab; west 200, nothing cut."""
    point = simulate_point(setting(two_counties()), [wind("east", 60.0)], detail=detail)
    assert point.ok
    assert point.added_mw == 60.0
    energy = point.energy.set_index("county")
    assert energy.loc["east"].to_list() == pytest.approx([640.0, 160.0, 160.0], abs=1e-4)
    assert energy.loc["west"].to_list() == pytest.approx([200.0, 0.0, 0.0], abs=1e-4)
    assert point.total("city", of="available") == pytest.approx(840.0)
    assert point.rate_percent("east") == pytest.approx(25.0, abs=1e-4)
    assert list(point.violations.columns) == list(COLUMNS)
    assert point.violations.empty


def test_the_whole_path_names_the_element():
    """The same 160 MWh, with the line that takes them; without the ledger no element is named."""
    asked = setting(two_counties()), [wind("east", 60.0)]
    (cause,) = simulate_point(*asked, detail="study").causes.to_dict("records")
    assert (cause["county"], cause["cause"], cause["element"]) == ("east", "branch", "ab")
    assert cause["curtailed_mwh"] == pytest.approx(160.0, abs=1e-4)
    assert simulate_point(*asked, detail="dispatch").causes.empty


def test_a_surplus_is_shared_by_all_counties():
    """Load 120, wind 100 + 50 + 30 in the west = 180: 60 MW cut of 180, a third of each; nothing of it is local."""
    point = simulate_point(setting(two_counties(), 120.0), [wind("west", 30.0)], detail="dispatch")
    energy = point.energy.set_index("county")
    assert energy.loc["east"].to_list() == pytest.approx([400.0, 400.0 / 3.0, 0.0], abs=1e-3)
    assert energy.loc["west"].to_list() == pytest.approx([320.0, 320.0 / 3.0, 0.0], abs=1e-3)
    assert point.rate_percent("both_areas", of="local") == pytest.approx(0.0, abs=1e-6)


def test_points_come_back_in_their_order_from_any_number_of_processes():
    base = setting(two_counties())
    tasks = [PointTask(base, (wind("east", mw),), "dispatch") for mw in (0.0, 30.0, 60.0)]
    assert pickle.loads(pickle.dumps(tasks[1])).additions == tasks[1].additions
    alone, both = (simulate_points(tasks, processes=n) for n in (1, 2))
    for a, b in zip(alone, both):
        pd.testing.assert_frame_equal(a.energy, b.energy)
        pd.testing.assert_frame_equal(a.causes, b.causes)


def test_a_year_that_cannot_be_simulated_is_a_point_that_says_so():
    """A county that does not exist is bad input; a study would refuse it, a search keeps the point."""
    (point,) = simulate_points([PointTask(setting(two_counties()), (wind("north", 10.0),), "dispatch")])
    assert not point.ok
    assert "north" in point.failed
    assert np.isnan(point.total("city", of="curtailed"))


def violation(
    criterion: str, element: str, *, loading: float = np.nan, beyond: float = np.nan, hours: float = 1.0
) -> dict:
    return dict(zip(COLUMNS, (criterion, element, "", loading, beyond, hours)))


def test_new_and_worse_by_the_definition():
    """Worse: more than 0.5 points of loading, 0.002 p.u. or 1 h beyond the base; hours of N-1 are not compared."""
    base = [
        violation("loading", "a", loading=104.0, hours=3.0),
        violation("voltage", "v", beyond=0.010, hours=5.0),
        violation("n_1", "a", loading=110.0, hours=3.0),
    ]
    same = [
        violation("loading", "a", loading=104.5, hours=4.0),
        violation("voltage", "v", beyond=0.012, hours=6.0),
        violation("n_1", "a", loading=110.5, hours=30.0),
    ]
    table = pd.DataFrame(base)
    assert new_or_worse(table, pd.DataFrame(same)).empty
    worse = [
        violation("loading", "a", loading=104.6, hours=3.0),
        violation("voltage", "v", beyond=0.010, hours=6.5),
        violation("loading", "b", loading=100.2),
    ]
    found = new_or_worse(table, pd.DataFrame(worse))
    assert list(zip(found["criterion"], found["element"])) == [("loading", "a"), ("loading", "b"), ("voltage", "v")]
    assert len(new_or_worse(pd.DataFrame(columns=list(COLUMNS)), table)) == 3


def test_small_new_ones_are_charged_unless_a_study_spares_them():
    """The definition charges 100.36 % after an outage in one hour, and 0.0066 p.u. in one hour 60 km away; a study may
    hold what is new to the tolerance of what was there, and not count the hour in which a tap changer waits."""
    none = pd.DataFrame(columns=list(COLUMNS))
    spared = [
        violation("n_1", "twin", loading=100.5, hours=1.0),
        violation("n_1", "other", loading=100.4, hours=9.0),
        violation("loading", "line", loading=100.4, hours=1.0),
        violation("voltage", "far", beyond=0.0066, hours=1.0),
        violation("voltage", "near", beyond=0.002, hours=1.0),
    ]
    assert len(new_or_worse(none, pd.DataFrame(spared))) == 5
    found = compared(none, pd.DataFrame(spared), spare_small=True)
    assert len(found) == 5
    assert not found["charged"].any()
    charged = [
        violation("n_1", "twin", loading=100.6, hours=1.0),
        violation("loading", "line", loading=100.4, hours=2.0),
        violation("voltage", "far", beyond=0.0066, hours=2.0),
        violation("voltage", "deep", beyond=0.011, hours=1.0),
        violation("unserved", "", hours=1.0),
        violation("not_converged", "", hours=1.0),
    ]
    assert len(new_or_worse(none, pd.DataFrame(charged), spare_small=True)) == 6


def test_the_base_case_brings_the_equipment_level(tmp_path):
    """Both editions and the counties beside the base case only; kept with it, under another name with other options."""
    base = simulate_point(setting(two_counties()))
    assert set(base.equipment) == {f"hosting_equipment_{n}" for n in ("2019", "2025", "county")}
    keep_point(tmp_path, "base", base)
    again = kept_point(tmp_path, "base")
    assert again is not None
    for name, table in base.equipment.items():
        pd.testing.assert_frame_equal(again.equipment[name], table, check_dtype=False)
    own = setting(two_counties())
    other = replace(own, equipment=EquipmentOptions(margin_pu=0.7))
    assert point_key("k", PointTask(own, ())) != point_key("k", PointTask(other, ()))
    more = (wind("east", 60.0),)
    assert not simulate_point(own, more).equipment
    assert point_key("k", PointTask(own, more)) == point_key("k", PointTask(other, more))

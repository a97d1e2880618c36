"""A year with new plants by hand: what it makes available, what is cut, for whom, and which violations are new."""

from __future__ import annotations

import pickle
from dataclasses import replace
from types import SimpleNamespace
from typing import cast

import numpy as np
import pandas as pd
import pytest
import toy
from grids import line, power
from small_hosting import setting, two_counties

from gridsim.ac import check_ac, overload_table
from gridsim.case import Case
from gridsim.equipment import EquipmentOptions
from gridsim.growth import Addition
from gridsim.hosting import PointTask, simulate_point, simulate_points
from gridsim.hosting.gaps import READINGS, Target, gaps
from gridsim.hosting.point import Point
from gridsim.hosting.store import keep_point, kept_point, point_key
from gridsim.hosting.violations import COLUMNS, case_margins, compared, new_or_worse


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
    """The definition charges 100.36 % after an outage in one hour; a study may hold what is new to the tolerance of
    what was there."""
    none = pd.DataFrame(columns=list(COLUMNS))
    spared = [
        violation("n_1", "twin", loading=100.5, hours=1.0),
        violation("n_1", "other", loading=100.4, hours=9.0),
        violation("loading", "line", loading=100.4, hours=1.0),
        violation("voltage", "near", beyond=0.002, hours=1.0),
    ]
    assert len(new_or_worse(none, pd.DataFrame(spared))) == 4
    found = compared(none, pd.DataFrame(spared), spare_small=True)
    assert len(found) == 4
    assert not found["charged"].any()
    charged = [
        violation("n_1", "twin", loading=100.6, hours=1.0),
        violation("loading", "line", loading=100.4, hours=2.0),
        violation("voltage", "near", beyond=0.002, hours=2.0),
        violation("voltage", "far", beyond=0.0066, hours=1.0),
        violation("unserved", "", hours=1.0),
        violation("not_converged", "", hours=1.0),
    ]
    assert len(new_or_worse(none, pd.DataFrame(charged), spare_small=True)) == 6


def test_what_is_near_its_limit_is_a_margin_and_what_is_over_is_a_violation():
    """70 MW over ab are 98 % or so of its rating, 20 MW far from it, 90 MW over it; b has a band down to 0.9 p.u."""
    buses = [toy.bus("a"), {**toy.bus("b"), "min_vm_pu": 0.9, "max_vm_pu": 1.1}]
    net = toy.network(bus=buses, line=[line("ab", "a", "b", 10.0)])

    def found(p_mw: float) -> tuple[pd.DataFrame, pd.DataFrame]:
        p, q = power(net, 2, b=(np.array([-10.0, -p_mw]), 0.0))
        index = pd.date_range("2030-07-01", periods=2, freq="h", tz="Asia/Shanghai")
        state = check_ac(net, index=index, p_mw=p, q_mvar=q, v_set={"a": 1.0}, slack_bus={"a": 1.0})
        case = SimpleNamespace(ac=state, n1=None, network=net)
        return case_margins(cast(Case, case)), overload_table(state, net)

    near, table = found(70.0)
    loading = near.set_index("criterion").loc["loading"]
    assert (loading["element"], loading["outage"]) == ("ab", "")
    assert loading["inside"] == pytest.approx(100.0 - table["max_loading_percent"].iloc[0])
    assert 0.0 < loading["inside"] < 20.0
    assert found(20.0)[0]["criterion"].tolist() == []
    assert "loading" not in found(90.0)[0]["criterion"].tolist()


def test_margins_are_conditions_that_are_met_but_for_what_the_base_case_violates():
    base = Point((), "study", violations=pd.DataFrame([violation("n_1", "old", loading=110.0)]))
    margins = pd.DataFrame(
        [("n_1", "old", "x", 3.0), ("n_1", "twin", "other", 1.5)], columns=["criterion", "element", "outage", "inside"]
    )
    point = Point((), "study", violations=base.violations, margins=margins)
    found = gaps(base, point, "east", READINGS[0], Target(5.0))
    assert found["n_1", "twin", "other"] == -1.5
    assert not any(element == "old" for _, element, _ in found)
    worse = replace(point, violations=pd.DataFrame([{**violation("n_1", "twin", loading=100.4), "outage": "other"}]))
    assert gaps(base, worse, "east", READINGS[0], Target(5.0))["n_1", "twin", "other"] == pytest.approx(0.4)


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

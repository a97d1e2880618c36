"""All counties together, and a queue of projects, by hand on the two counties of test_hosting.py.

Wind at full power: 100 MW in the east behind a line of 120 MW, 50 MW in the west, load 300 MW, target 5 %.  Alone the
east takes 26 MW (6 of 126 are cut by the line), the west 165 MW (15 of 315 are surplus).
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from small_hosting import setting, two_counties

from gridsim.hosting.gaps import Target
from gridsim.hosting.joint import Together, joint_tables, master
from gridsim.hosting.mix import Mix
from gridsim.hosting.points import Asked, Points
from gridsim.hosting.queue import admit, queue_of
from gridsim.hosting.study import base_point

WIND = Mix("wind", (0.0, 0.0, 1.0))
ASKED = Asked(Target(5.0), max_mw=400.0, rule="existing")


@pytest.fixture(scope="module")
def known():
    points = Points(setting(two_counties()))
    return points, base_point(points)


def joint(known, *, counties=("east", "west"), planned=(0.0, 0.0), shares=None, step_mw=1.0, processes=1):
    single = [{"east": 26.0, "west": 165.0}[c] for c in counties]
    together = Together(tuple(counties), np.array(single), np.array(planned), WIND, step_mw)
    points, base = known
    return joint_tables(points, base, ASKED, together, shares or {}, processes=processes)


def totals(made):
    return made["hosting_joint_total"].set_index("shares")


@pytest.fixture(scope="module")
def by_hand(known):
    return joint(known)


def test_both_counties_share_the_margin_of_the_city(by_hand):
    """x in all, however divided: x - 150 = 0.05 (150 + x), x = 157.5 / 0.95 = 165.8.  So 165 MW, not 26 + 165: at 165
    MW 15 of 315 are cut (4.76 %), at 166 MW 16 of 316 (5.06 %).  The line of the east, with 26/191 of them 122.5 MW, is
    not what decides: equal shares cut more than its 2.5 MW there.  The cut at 165 MW bounds the total by 165.8 MW."""
    table = totals(by_hand)
    assert table["total_mw"].to_dict() == pytest.approx({"fixed": 165.0, "free": 165.0})
    assert (table["sum_of_single_mw"] == 191.0).all()
    assert set(table["criterion"]) == {"rate_city"}
    assert table["city_rate_at_percent"].to_numpy() == pytest.approx([100.0 * 15.0 / 315.0] * 2, abs=1e-4)
    assert table["city_rate_above_percent"].to_numpy() == pytest.approx([100.0 * 16.0 / 316.0] * 2, abs=1e-4)
    assert table.loc["free", "bound_mw"] == pytest.approx(157.5 / 0.95, abs=0.01)
    assert table.loc["free", "gap_mw"] == pytest.approx(157.5 / 0.95 - 165.0, abs=0.01)
    assert not table["above_bound"].any()
    assert table["ok"].all()
    parts = by_hand["hosting_joint"].set_index(["shares", "county"])["joint_mw"]
    assert parts["fixed"].to_dict() == pytest.approx({"east": 165.0 * 26.0 / 191.0, "west": 165.0 * 165.0 / 191.0})


def test_the_curve_has_points_below_and_above_the_crossing(by_hand):
    curve = by_hand["hosting_joint_curve"]
    mine = curve[curve["shares"] == "fixed"]
    assert len(mine[mine["added_mw"] > 0.0].drop_duplicates("added_mw")) >= 5
    assert mine.loc[mine["added_mw"] <= 165.0 + 1e-6, "holds"].all()
    assert not mine.loc[mine["added_mw"] > 165.5, "holds"].any()
    rates = mine[mine["path"] == "dispatch"].drop_duplicates("added_mw")["city_rate_percent"]
    assert rates.is_monotonic_increasing
    assert mine["on_line"].all()


def test_points_of_the_answer_s_line_are_marked(by_hand):
    """Free shares look at the fixed ones and at other lines as well: the answer and the base case stand on its own."""
    curve, table = by_hand["hosting_joint_curve"], totals(by_hand)
    free = curve[curve["shares"] == "free"]
    assert free.loc[free["added_mw"] == 0.0, "on_line"].all()
    assert free.loc[(free["added_mw"] - table.loc["free", "total_mw"]).abs() < 1e-6, "on_line"].any()


def test_fixed_shares_in_the_east_alone_end_at_its_line(known):
    row = totals(joint(known, shares={"east": 1.0})).loc["fixed"]
    assert (row["total_mw"], row["criterion"], row["element"]) == (26.0, "rate_county", "east")


def test_what_is_planned_is_there_first(known):
    """20 MW in the east use up the line, no more; the total stays 165 MW."""
    made = joint(known, planned=(20.0, 0.0))
    parts = made["hosting_joint"].set_index(["shares", "county"])["joint_mw"]
    assert parts["free", "east"] >= 20.0 - 1e-9
    assert totals(made).loc["free", "total_mw"] == pytest.approx(165.0)


def test_free_shares_go_on_where_fixed_ones_are_stopped_by_one_county(known):
    """Half and half: the east ends at 26 MW (its own rate), so 52 in all.  Free shares leave it there and the west goes
    on until the city's rate stops it: 165 MW as by hand, never less than with fixed shares, and inside the bound."""
    table = totals(joint(known, shares={"east": 0.5, "west": 0.5}))
    assert table["total_mw"].to_dict() == pytest.approx({"fixed": 52.0, "free": 165.0}, abs=1.0)
    assert table.loc["fixed", ["criterion", "element"]].to_list() == ["rate_county", "east"]
    assert table.loc["free", "criterion"] == "rate_city"
    assert table.loc["free", "gap_mw"] >= 0.0


def test_a_plan_that_misses_the_target_is_said(known):
    """40 MW in the east: 20 of 140 are cut."""
    row = totals(joint(known, planned=(40.0, 0.0))).loc["free"]
    assert (row["total_mw"], row["criterion"], row["element"]) == (0.0, "rate_county", "east")


@pytest.mark.slow
def test_order_and_processes_change_nothing(known, by_hand):
    other = joint((Points(setting(two_counties())), known[1]), counties=("west", "east"), processes=2)
    columns = ["total_mw", "bound_mw", "criterion", "city_rate_at_percent"]
    pd.testing.assert_frame_equal(totals(other)[columns], totals(by_hand)[columns])


def test_the_program_by_hand():
    """x + 2 y <= 4 with x <= 3, y <= 3: x = 3, y = 0.5."""
    found = master([(np.array([1.0, 2.0]), 4.0)], np.zeros(2), np.full(2, 3.0))
    assert found == pytest.approx([3.0, 0.5])


PROJECTS = pd.DataFrame(
    [
        {"name": "d", "county": "west", "bus": "b", "max_p_mw": 10.0, "queue_order": 4},
        {"name": "c", "county": "west", "bus": "b", "max_p_mw": 200.0, "queue_order": 3},
        {"name": "b", "county": "east", "bus": "a", "max_p_mw": 15.0, "queue_order": 2},
        {"name": "a", "county": "east", "bus": "a", "max_p_mw": 20.0, "queue_order": 1},
    ]
).assign(carrier="wind", year=0)


@pytest.mark.parametrize("processes", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_a_queue_by_hand(processes):
    """a: 20 MW fill the line.  b: alone the east takes 26, so 6 of 15 MW.  c, with 26 MW in the east: 6 MW are cut by
    the line, and x - 124 in all once the load is served: x - 124 = 0.05 (176 + x), x = 139.8: 139 of 200 MW; then 15 of
    315 are cut.  d: not one more MW."""
    network = two_counties()
    network = network.with_table("registered_project", PROJECTS)
    points = Points(setting(network))
    made = admit(points, base_point(points), ASKED, processes=processes).set_index("project")
    assert made["accepted_mw"].to_dict() == {"a": 20.0, "b": 6.0, "c": 139.0, "d": 0.0}
    assert made["decision"].to_list() == ["accepted", "accepted_up_to", "accepted_up_to", "refused"]
    assert made.loc["b", ["criterion", "element"]].to_list() == ["rate_county", "east"]
    assert made.loc["c", "criterion"] == "rate_city"
    assert made.loc["a", "criterion"] == ""
    assert made["accepted_so_far_mw"].to_list() == [20.0, 26.0, 165.0, 165.0]
    assert made.loc["d", "city_rate_percent"] == pytest.approx(100.0 * 15.0 / 315.0, abs=1e-4)
    assert made["ok"].all()


def test_the_order_is_that_of_the_table_column_not_of_its_rows():
    network = two_counties().with_table("registered_project", PROJECTS)
    assert [name for name, _ in queue_of(network)] == ["a", "b", "c", "d"]

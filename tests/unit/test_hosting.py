"""Hosting capacity by hand on two counties; what must not change it; what must never be hidden."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from small_hosting import setting, two_counties

from gridsim.hosting import PointTask, Setting, line
from gridsim.hosting.answer import tables
from gridsim.hosting.gaps import Target
from gridsim.hosting.mix import Mix
from gridsim.hosting.point import Point, run_point
from gridsim.hosting.points import Asked, Points
from gridsim.hosting.study import base_point, search_counties

WIND = Mix("wind", (0.0, 0.0, 1.0))
ASKED = Asked(Target(5.0), max_mw=400.0, rule="existing")


def searched(
    base: Setting,
    asked: Asked = ASKED,
    counties: tuple[str, ...] = ("east", "west"),
    *,
    mix: Mix = WIND,
    folder: Path | None = None,
    processes: int = 1,
) -> dict[str, pd.DataFrame]:
    points = Points(base, folder)
    found = search_counties(points, base_point(points), counties, [mix], asked, processes=processes)
    return dict(tables(found, asked))


def headline(made: dict[str, pd.DataFrame]) -> pd.DataFrame:
    table = made["hosting_system"]
    return table[table["headline"]].set_index("county")


@pytest.fixture(scope="module")
def by_hand() -> dict[str, pd.DataFrame]:
    return searched(setting(two_counties()), replace(ASKED, readings=("pro_rata/all", "marginal/all")))


def test_two_counties_by_hand(by_hand):
    """Wind at full power, target 5 %, new wind where wind stands, steps of 1 MW.

    East has 100 MW behind the line ab of 120 MW.  With x more it loses x - 20 of 100 + x: 5 % at
    x - 20 = 0.05 (100 + x), x = 25 / 0.95 = 26.3.  The answer is 26 MW: 6 / 126 = 4.76 %, at 27 MW 7 / 127 = 5.51 %.

    West: load 300, wind 150 + x, shared surplus x - 150: x - 150 = 0.05 (150 + x), x = 157.5 / 0.95 = 165.8.
    The answer is 165 MW: 15 / 315 = 4.76 %, at 166 MW 16 / 316 = 5.06 %, the same rate in city and county.
    """
    east, west = (headline(by_hand).loc[c] for c in ("east", "west"))
    assert (east["capacity_mw"], west["capacity_mw"]) == (26.0, 165.0)
    assert (east["criterion"], east["element"], east["cause"]) == ("rate_county", "ab", "branch")
    assert (west["criterion"], west["element"]) == ("rate_city", "provincial")
    assert east["rate_at_percent"] == pytest.approx(100.0 * 6.0 / 126.0, abs=1e-4)
    assert east["rate_above_percent"] == pytest.approx(100.0 * 7.0 / 127.0, abs=1e-4)
    assert west["rate_at_percent"] == pytest.approx(100.0 * 15.0 / 315.0, abs=1e-4)
    assert west["rate_above_percent"] == pytest.approx(100.0 * 16.0 / 316.0, abs=1e-4)
    # the city of both counties: 6 of 176
    assert east["city_rate_at_percent"] == pytest.approx(100.0 * 6.0 / 176.0, abs=1e-4)
    for row in (east, west):
        assert row["base_ok"]
        assert row["ok"]
        assert not row["above_bound"]
        assert row["bracket_mw"] == 1.0
        assert row["scope"] == "all"


def test_the_marginal_accounting_by_hand(by_hand):
    """What the new plants lose themselves: x - 20 = 0.05 x, 21.05 in the east; x - 150 = 0.05 x, 157.9 in the west."""
    table = by_hand["hosting_system"]
    mine = table[(table["accounting"] == "marginal") & (table["scope"] == "all")].set_index("county")
    assert mine["capacity_mw"].to_dict() == {"east": 21.0, "west": 157.0}
    assert mine["searched"].all()
    assert mine["element"].to_dict() == {"east": "ab", "west": "provincial"}
    assert set(mine["criterion"]) == {"rate_marginal"}
    # nothing in the west is the local network's: that reading has no end below the highest point that was simulated
    local = table[(table["scope"] == "local") & (table["county"] == "west")]
    assert local["above_bound"].all()
    assert not local["searched"].any()


def test_what_relieving_the_line_would_give(by_hand):
    """Without the line the east would be limited by the shared surplus only, beyond the end of the search."""
    east = headline(by_hand).loc["east"]
    assert pd.isna(east["relieved_mw"])
    assert east["relieved_by"] == "beyond"


def test_every_point_is_in_the_curve_with_the_capacity_and_one_step_above(by_hand):
    """The capacity went the whole path; a step above it the dispatch fails, and nothing after it would cure that."""
    curve = by_hand["hosting_curve"]
    mine = curve[curve["county"] == "east"]
    whole = set(mine.loc[mine["path"] == "study", "added_mw"])
    assert {0.0, 26.0} <= whole
    assert 27.0 not in whole
    rates = mine.drop_duplicates("added_mw").set_index("added_mw")["county_rate_percent"]
    assert rates[26.0] <= 5.0 < rates[27.0]
    assert curve["ok"].all()


def test_bisection_gives_the_same_answer(by_hand):
    plain = headline(searched(setting(two_counties()), replace(ASKED, method="bisection"), ("east",))).loc["east"]
    for column in ("capacity_mw", "criterion", "element", "rate_at_percent", "rate_above_percent"):
        assert plain[column] == headline(by_hand).loc["east", column]


def test_a_looser_target_never_allows_less():
    """10 %: x - 20 = 0.1 (100 + x), 33.3 in the east; x - 150 = 0.1 (150 + x), 183.3 in the west."""
    ten = headline(searched(setting(two_counties()), replace(ASKED, target=Target(10.0))))
    assert ten["capacity_mw"].to_dict() == {"east": 33.0, "west": 183.0}


def test_rate_over_the_city_alone_lets_a_county_lose_more():
    """East with the city's rate only: x - 20 = 0.05 (150 + x), 28.9; its own plants then lose 8 / 128 = 6.25 %."""
    city = headline(searched(setting(two_counties()), replace(ASKED, target=Target(5.0, ("city",))), ("east",)))
    assert city.loc["east", "capacity_mw"] == 28.0
    assert city.loc["east", "county_rate_at_percent"] == pytest.approx(6.25, abs=1e-3)


def test_an_answer_at_the_upper_end_is_a_bound():
    """Up to 100 MW nothing is curtailed in the west: > 100."""
    row = headline(searched(setting(two_counties()), replace(ASKED, max_mw=100.0), ("west",))).loc["west"]
    assert row["capacity_mw"] == 100.0
    assert row["above_bound"]
    assert row["criterion"] == "bound"


def test_a_base_case_beyond_the_target_hosts_nothing():
    """Load 120 for 150 MW of wind: 20 % are cut already."""
    table = headline(searched(setting(two_counties(), 120.0)))
    assert not table["base_ok"].any()
    assert (table["capacity_mw"] == 0.0).all()
    assert (table["simulations"] == 0).all()


def test_a_county_with_neither_load_nor_branch_gets_nothing():
    """North has no bus at all; south a bus that nothing ends at."""
    network = two_counties()
    county, bus = network["county"], network["bus"]
    more = pd.DataFrame([{**county.iloc[0], "name": n} for n in ("north", "south")])
    lonely = pd.DataFrame([{**bus.iloc[0], "name": "c", "county": "south"}])
    network = network.with_tables({"county": pd.concat([county, more]), "bus": pd.concat([bus, lonely])})
    table = headline(searched(setting(network), counties=("north", "south")))
    assert (table["capacity_mw"] == 0.0).all()
    assert (table["criterion"] == "connection").all()


def test_order_and_processes_change_nothing(by_hand):
    asked = replace(ASKED, readings=("pro_rata/all", "marginal/all"))
    other = searched(setting(two_counties()), asked, ("west", "east"), processes=2)
    for name in ("hosting_system", "hosting_curve"):
        keys = ["county", *by_hand[name].columns[:6]]
        a, b = (made[name].sort_values(keys, ignore_index=True) for made in (by_hand, other))
        pd.testing.assert_frame_equal(a, b)


def fails_above_twenty(task: PointTask) -> Point:
    """A planted failure: no solution from 20 MW on."""
    if sum(a.p_mw for a in task.additions) > 20.0:
        return Point(task.additions, task.detail, failed="window 7 has no optimum")
    return run_point(task)


def test_a_run_that_fails_is_a_row_and_ends_the_capacity(monkeypatch):
    monkeypatch.setattr(line, "run_point", fails_above_twenty)
    made = searched(setting(two_counties()), counties=("east",))
    row = headline(made).loc["east"]
    assert row["capacity_mw"] == 20.0
    assert row["criterion"] == "failed"
    assert not row["ok"]
    assert "window 7" in row["detail"]
    lost = made["hosting_curve"][~made["hosting_curve"]["ok"]]
    assert len(lost) >= 2
    assert (lost["added_mw"] > 20.0).all()


def test_a_search_goes_on_where_it_stopped(tmp_path, monkeypatch):
    """The second run finds every point; another target needs new ones only where it looks elsewhere."""
    first = searched(setting(two_counties()), counties=("east",), folder=tmp_path)
    monkeypatch.setattr(line, "run_point", never)
    again = searched(setting(two_counties()), counties=("east",), folder=tmp_path)
    for name, table in first.items():
        pd.testing.assert_frame_equal(again[name], table, check_dtype=False)
    with pytest.raises(AssertionError, match="simulated"):
        searched(setting(two_counties(), 299.0), counties=("east",), folder=tmp_path)


def never(task: PointTask) -> Point:
    raise AssertionError(f"simulated {task.additions}")


def test_a_mix_with_storage_is_split_and_stored():
    """60 MW, a third wind: 20 MW of wind and 40 of photovoltaics, with 15 % storage of two hours each."""
    mix = Mix("mixed", (2.0 / 3.0, 0.0, 1.0 / 3.0), storage_percent=15.0)
    solar, wind = mix.additions("east", 60.0, "existing")
    assert (solar.carrier, solar.kind, solar.p_mw) == ("solar", "utility", pytest.approx(40.0))
    assert (wind.carrier, wind.p_mw) == ("wind", pytest.approx(20.0))
    assert (wind.storage_percent, wind.storage_h) == (15.0, 2.0)
    assert mix.additions("east", 0.0, "existing") == ()

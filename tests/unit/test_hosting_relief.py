"""What a county takes once its first limit is lifted: by hand, and what nothing lifts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from small_hosting import setting, two_counties

from gridsim.hosting.answer import tables
from gridsim.hosting.gaps import Target
from gridsim.hosting.mix import Mix
from gridsim.hosting.points import Asked, Points
from gridsim.hosting.relief import relieved, remedies
from gridsim.hosting.study import base_point, search_counties
from gridsim.measures.measure import Row
from gridsim.network import Network

WIND = Mix("wind", (0.0, 0.0, 1.0))
ASKED = Asked(Target(5.0), max_mw=400.0, rule="existing", readings=("pro_rata/all",))


def lifted(asked: Asked = ASKED, network: Network | None = None, *, processes: int = 1) -> pd.DataFrame:
    """Headline of every county after :func:`relieved`."""
    points = Points(setting(network or two_counties()))
    base = base_point(points)
    found = search_counties(points, base, ("east", "west"), [WIND], asked, processes=processes)
    system, strengthened = relieved(
        tables(found, asked)["hosting_system"], [WIND], points, base, asked, section_percent=20.0, processes=processes
    )
    assert len(strengthened) == system["relieved_by"].isin(["simulated", "bound"]).sum()
    assert all(of.simulated > 0 for of in strengthened)
    return system[system["headline"]].set_index("county")


@pytest.fixture(scope="module")
def by_hand() -> pd.DataFrame:
    return lifted()


def test_another_circuit_by_hand(by_hand: pd.DataFrame) -> None:
    """East takes 26 MW behind 120 MW of line.  Behind two such circuits it loses x - 140 of 100 + x.

    x - 140 = 0.05 (100 + x), x = 152.6: 152 MW, 12 / 252 = 4.76 %; at 153 MW 13 / 253 = 5.14 %.  The city's 300 MW of
    load take all that comes.
    """
    east = by_hand.loc["east"]
    assert (east["capacity_mw"], east["element"]) == (26.0, "ab")
    assert (east["relieved_mw"], east["relieved_by"]) == (152.0, "simulated")
    assert east["relief"].startswith("ab + 1 × ")


def test_a_surplus_of_the_province_has_no_element_to_strengthen(by_hand: pd.DataFrame) -> None:
    west = by_hand.loc["west"]
    assert west["element"] == "provincial"
    assert west["relief"] == ""
    assert west["relieved_by"] == "beyond"
    assert np.isnan(west["relieved_mw"])


def test_processes_change_nothing(by_hand: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(lifted(processes=2), by_hand)


def test_an_answer_at_the_upper_end_says_so() -> None:
    """Up to 100 MW: with two circuits all of it stays within the target."""
    east = lifted(replace(ASKED, max_mw=100.0)).loc["east"]
    assert (east["capacity_mw"], east["relieved_mw"], east["relieved_by"]) == (26.0, 100.0, "bound")


def test_a_name_that_is_taken_is_refused_and_said() -> None:
    """The tables have the other circuit already, out of service: its name cannot be given again."""
    network = two_counties()
    twin = {**network["line"].iloc[0].to_dict(), "name": "ab 新增", "normally_open": True, "in_service": False}
    lines = pd.concat([network["line"], pd.DataFrame([twin])], ignore_index=True)
    east = lifted(network=network.with_tables({"line": lines})).loc["east"]
    assert east["capacity_mw"] == 26.0
    assert east["relief"].startswith("ab + 1 × ")
    assert east["relieved_by"] == "refused"
    assert np.isnan(east["relieved_mw"])


@pytest.mark.parametrize("element", ["", "provincial", "b", "no such thing"])
def test_what_is_no_branch_has_no_remedy(element: str) -> None:
    assert remedies(two_counties(), Row("voltage", element), 20.0) == []
    assert remedies(two_counties(), Row("section", element), 20.0) == []

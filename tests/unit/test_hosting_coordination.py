"""System and equipment level of counties together, by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from gridsim.equipment import against_published, coordinated


def equipment() -> pd.DataFrame:
    """Three counties: 40 MW connected each, S_D 100..130, 100..130 and 30..30 MW; 50 MW registered in B."""
    rows = [("A", 100.0, 130.0, 0.0, "green"), ("B", 100.0, 130.0, 50.0, "green"), ("C", 30.0, 30.0, 0.0, "red")]
    table = pd.DataFrame(rows, columns=["county", "capacity_mw", "capacity_high_mw", "registered_mw", "grade"])
    return table.assign(connected_mw=40.0, edition="2025", open_mw=[60.0, 60.0, 0.0], grade_2025=table["grade"])


def system() -> pd.DataFrame:
    """A may add 45 (all) or 80 MW (local) by the rate, B 200 beyond the bound, C has no trustworthy answer."""
    rows = [
        ("A", "pro_rata", "all", 45.0, False, True), ("A", "pro_rata", "local", 80.0, False, True),
        ("A", "marginal", "all", 5.0, False, True), ("B", "pro_rata", "all", 200.0, True, True),
        ("B", "pro_rata", "local", 200.0, True, True), ("C", "pro_rata", "all", 10.0, False, False),
    ]  # fmt: skip
    columns = ["county", "accounting", "scope", "capacity_mw", "above_bound", "ok"]
    return pd.DataFrame(rows, columns=columns).assign(mix="roofs")


def test_smaller_ends_and_larger_ends():
    """A: system 85..120, equipment 100..130 -> 85..120, C1 = 45.  B: system 240..240 above -> 100..130, a contradiction
    (130 < 240); C1 60, C2 10.  C: equipment alone, 30 - 40 = -10, red."""
    found = coordinated(equipment(), system()).set_index("county")
    assert found["coordinated_low_mw"].tolist() == [85.0, 100.0, 30.0]
    assert found["coordinated_high_mw"].tolist() == [120.0, 130.0, 30.0]
    assert found["c1_mw"].tolist() == [45.0, 60.0, -10.0]
    assert found["c2_mw"].tolist() == [45.0, 10.0, -10.0]
    assert found["decided_by"].tolist() == ["system", "equipment", "equipment"]
    assert found["contradiction"].tolist() == [False, True, False]
    assert found["above_bound"].tolist() == [False, True, False]
    assert found["grade"].tolist() == ["green", "green", "red"]
    assert np.isnan(found.loc["C", "system_low_mw"])


def test_a_county_at_its_target_is_red_though_its_equipment_is_green():
    rows = system().assign(capacity_mw=0.0, above_bound=False)
    found = coordinated(equipment(), rows).set_index("county")
    assert found.loc["A", ["coordinated_low_mw", "c1_mw", "grade"]].tolist() == [40.0, 0.0, "red"]


def test_without_a_system_level_and_in_the_edition_of_2019():
    alone = coordinated(equipment()).set_index("county")
    assert alone["system_low_mw"].isna().all()
    assert alone["c1_mw"].tolist() == [60.0, 60.0, -10.0]
    old = coordinated(equipment().assign(edition="2019", open_mw=[0.0, 20.0, 0.0])).set_index("county")
    assert old["c1_mw"].tolist() == [0.0, 20.0, 0.0]


def test_published_grades_beside_ours():
    """The last quarter counts; what was not published is empty, not a disagreement."""
    rows = [("A", "2023Q4", "red", 1.0), ("A", "2024Q1", "green", 50.0), ("C", "2024Q1", "yellow", np.nan)]
    published = pd.DataFrame(rows, columns=["county", "quarter", "grade", "open_mw"])
    found = against_published(coordinated(equipment()), published).set_index("county")
    assert found["published_quarter"].tolist()[0] == "2024Q1"
    assert found["agrees"].tolist() == [True, None, False]
    assert found.loc["A", "difference_mw"] == pytest.approx(10.0)
    assert np.isnan(found.loc["C", "difference_mw"])


def test_a_reading_that_was_not_searched_is_no_upper_end():
    """A: only all causes was searched (45 MW); 80 MW of the network is where the points happened to end."""
    rows = system().assign(headline=False)
    rows["searched"] = rows["scope"] == "all"
    found = coordinated(equipment(), rows).set_index("county")
    assert found.loc["A", ["system_low_mw", "system_high_mw"]].tolist() == [85.0, 85.0]

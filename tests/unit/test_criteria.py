"""The verdict, clause by clause: fail, pass, conditional, and what is said of each unmet clause."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gridsim.criteria import FLOOR_PERCENT, SENSITIVITIES, Verdict, judge

FIVE_YEARS = {str(year): (4.0, 1.0) for year in range(2019, 2024)}
ALL_RUN = dict.fromkeys(SENSITIVITIES, 4.5)


def verdict(**changes: Any) -> Verdict:
    """A study that passes, with some figures changed."""
    given: dict[str, Any] = {
        "rates": FIVE_YEARS,
        "target_percent": 5.0,
        "min_weather_years": 5,
        "diverged_steps": 0,
        "violations": [],
        "unserved_gwh": 0.0,
        "sensitivities": ALL_RUN,
        **changes,
    }
    return judge(given.pop("rates"), **given)


def criteria_not_met(found: Verdict) -> list[str]:
    return found.table.loc[~found.table["ok"], "criterion"].tolist()


def test_pass_needs_every_clause():
    found = verdict()
    assert (found.verdict, found.reasons) == ("pass", ())
    assert found.table["ok"].all()
    assert list(found.table.columns) == ["criterion", "element", "value", "limit", "unit", "ok"]


def test_a_rate_at_the_target_passes():
    assert verdict(rates=dict.fromkeys(FIVE_YEARS, (5.0, 5.0))).verdict == "pass"


def test_fail_is_the_local_part_of_any_year():
    found = verdict(rates={**FIVE_YEARS, "2021": (6.0, 5.01)})
    assert found.verdict == "fail"
    assert criteria_not_met(found) == ["local_rate", "rate"]
    assert "local_rate: the local network alone curtails 5.01 %, above 5 %" in found.reasons


def test_a_rate_above_the_target_that_the_province_causes_is_conditional():
    found = verdict(rates={**FIVE_YEARS, "2021": (9.0, 4.99)})
    assert found.verdict == "conditional"
    assert found.reasons == ("rate: weather year 2021: 9.00 % curtailed, above 5 %",)


def test_a_rate_a_hair_above_the_target_is_told_apart_from_it():
    found = verdict(rates={**FIVE_YEARS, "2021": (5.0004, 1.0)})
    assert found.reasons == ("rate: weather year 2021: 5.0004 % curtailed, above 5 %",)


@pytest.mark.parametrize(
    ("changes", "criterion", "words"),
    [
        ({"min_weather_years": 6}, "weather_years", "5 of 6 required weather years were run"),
        ({"diverged_steps": 3}, "ac_diverged", "3 AC steps did not converge"),
        ({"violations": ["甲线", "乙110"]}, "ac_violations", "2 elements exceed their AC limits: 甲线, 乙110"),
        ({"unavoidable": ["丙#1主变"]}, "unavoidable", "1 limits cannot be met by any dispatch: 丙#1主变"),
        ({"unserved_gwh": 0.25}, "unserved", "0.25 GWh of demand is not served"),
        ({"reserve_short_gwh": 0.5}, "reserve_short", "0.50 GWh of spinning reserve is short"),
        (
            {"n1_unavoidable": ["丁#1主变"]},
            "n1_unavoidable",
            "1 elements are overloaded after an outage whatever the dispatch does: 丁#1主变",
        ),
        (
            {"sensitivities": {**ALL_RUN, "demand_minus_5": 5.2}},
            "sensitivity",
            "sensitivity demand_minus_5: 5.20 % curtailed, above 5 %",
        ),
        ({"data_notes": ["the weather is synthetic"]}, "data", "the weather is synthetic"),
    ],
)
def test_each_clause_alone_makes_it_conditional(changes, criterion, words):
    found = verdict(**changes)
    assert found.verdict == "conditional"
    assert found.reasons == (f"{criterion}: {words}",)
    assert criteria_not_met(found) == [criterion]


@pytest.mark.parametrize("given", [None, {}, {k: v for k, v in ALL_RUN.items() if k != "pumped_storage_late"}])
def test_sensitivities_that_were_not_run_are_named(given):
    found = verdict(sensitivities=given)
    missing = [s for s in SENSITIVITIES if s not in (given or {})]
    assert found.verdict == "conditional"
    assert found.reasons == (f"sensitivities_run: sensitivities not run: {', '.join(missing)}",)


def test_the_listed_sensitivities_are_those_of_the_definitions():
    """Export limit +-20 %, thermal minimum +-10 points, pumped storage one year late, load +-5 %."""
    assert len(SENSITIVITIES) == 7
    for stem in ("export_limit", "thermal_minimum", "demand"):
        assert sum(s.startswith(stem) for s in SENSITIVITIES) == 2
    assert "pumped_storage_late" in SENSITIVITIES


def test_other_sensitivities_decide_nothing():
    assert verdict(sensitivities={**ALL_RUN, "province_60_gw": 30.0}).verdict == "pass"


def test_every_unmet_clause_is_a_reason_of_its_own():
    found = verdict(
        rates={"2019": (7.0, 1.0), "2020": (8.0, 2.0)}, diverged_steps=1, violations=["x"], sensitivities=None
    )
    assert criteria_not_met(found) == [
        "rate", "rate", "weather_years", "ac_diverged", "ac_violations", "sensitivities_run",
    ]  # fmt: skip
    assert len(found.reasons) == 6


def test_reasons_stay_readable_with_many_violations():
    found = verdict(violations=[f"线{k}" for k in range(40)])
    assert found.reasons == ("ac_violations: 40 elements exceed their AC limits: 线0, 线1, 线2, 线3, 线4 ...",)


@pytest.mark.parametrize("changes", [{"unserved_gwh": np.nan}, {"sensitivities": {**ALL_RUN, "demand_plus_5": np.nan}}])
def test_what_is_unknown_is_not_met(changes):
    assert verdict(**changes).verdict == "conditional"


def test_no_weather_year_is_no_pass():
    assert verdict(rates={}, min_weather_years=1).verdict == "conditional"


def test_the_floor_is_printed_and_decides_nothing():
    assert FLOOR_PERCENT == 10.0
    assert verdict(rates=dict.fromkeys(FIVE_YEARS, (11.0, 1.0))).verdict == "conditional"

"""Risk of hosting capacity: scenarios as a sweep, capacities by hand, quantiles, intervals."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from gridsim import read_study
from gridsim.errors import InvalidInput
from gridsim.hosting_sections import RiskSection
from gridsim.risk import first_crossing, proportion_interval_percent, risk_sweep, risk_tables
from gridsim.sweep.folder import Plan, PlannedCase
from gridsim.sweep.matrix import sweep_cases
from gridsim.sweep.results import Sweep

ROOT = Path(__file__).parents[2]
RISK = {
    "counties": ("平江县", "汨罗市"),
    "added_mw": (0.0, 100.0, 200.0),
    "plan_mw": {"平江县": 120.0},
    "weather_years": (2015, 2016),
    "demand_pu": (0.95, 1.05),
    "sitings": 2,
}


def study(**changes):
    found = read_study(ROOT / "studies" / "uncertainty_2030.toml")
    return found.model_copy(update={"risk": RiskSection(**{**RISK, **changes})})


def test_a_base_is_simulated_once_for_all_counties_and_sitings():
    """8 scenarios x 2 counties x 2 capacities above zero, and one base for each of 4 pairs of weather and demand."""
    cases = sweep_cases(risk_sweep(study()))
    assert len(cases) == 8 * 2 * 2 + 4
    bases = [c for c in cases if c.labels["added_mw"] == 0.0]
    assert {(c.study.weather.year, c.study.scale.demand_pu) for c in bases} == {
        (y, d) for y in (2015, 2016) for d in (0.95, 1.05)
    }
    assert all(not c.study.ac.enabled for c in cases)
    new = [c.study.addition[-1] for c in cases if c.labels["added_mw"]]
    assert {(a.county, a.p_mw, a.rule) for a in new} == {
        (c, mw, "random") for c in RISK["counties"] for mw in (100.0, 200.0)
    }
    assert len({a.seed for a in new}) == 2


def test_drawn_scenarios_are_a_seeded_part_of_all():
    labels = [{c.labels["scenario"] for c in sweep_cases(risk_sweep(study(scenarios=3, seed=s)))} for s in (1, 1, 2)]
    assert labels[0] == labels[1]
    assert len(labels[0]) == 3
    every = {c.labels["scenario"] for c in sweep_cases(risk_sweep(study()))}
    assert labels[0] <= every and labels[2] <= every


class Invented(Sweep):
    """A finished sweep in which 1,000 GWh of each county lose a share that rises with what is added."""

    def tables(self, name):
        rows = []
        for case in self.plan.cases:
            if case.key not in self.rows:
                continue
            rate = self.rows[case.key]
            for county, percent in zip(("平江县", "汨罗市"), rate):
                used = 1000.0 * (1.0 - percent / 100.0)
                figures = {
                    "used_gwh": used,
                    "curtailed_gwh": 1000.0 - used,
                    "curtailment_percent_system_cause": percent,
                }
                rows.append({**case.labels, "county": county, **figures})
        return pd.DataFrame(rows)


def invented(asked, rates):
    """``rates(county, scenario, added_mw)`` -> rates of both counties, or None for a case without result."""
    planned = [PlannedCase(str(k), c.labels) for k, c in enumerate(sweep_cases(risk_sweep(asked)))]
    found = {c.key: rates(*(c.labels[a] for a in ("in_county", "scenario", "added_mw"))) for c in planned}
    return Invented(Path(), Plan("study.toml", tuple(planned)), {k: r for k, r in found.items() if r}, {})


def test_capacity_of_a_scenario_by_hand():
    """The county of the plants loses 3 % + 3 points per 100 MW (its own gap is -20, +10, +40 GWh: zero at 66.7 MW), the
    other one 3 %.  The city: -40, -10, +20 GWh: zero at 133.3 MW.  The county decides: 66.7 MW; a plan of 120 MW does
    not hold.  In 汨罗市 nothing changes: the end of the search."""

    def rates(county, scenario, added):
        return (3.0 + 0.03 * added, 3.0) if county == "平江县" else (3.0, 3.0)

    asked = study(demand_pu=(1.0,), weather_years=(2015,), sitings=1)
    found = risk_tables(asked, invented(asked, rates))
    sample = found["hosting_risk_sample"].set_index("county")
    assert sample.loc["平江县", "capacity_mw"] == pytest.approx(200.0 / 3.0)
    assert sample.loc["平江县", "limited_by"] == "rate_county"
    assert sample.loc["平江县", "holds_at_plan"] is False
    assert sample.loc["汨罗市", "capacity_mw"] == 200.0
    assert sample.loc["汨罗市", "at_bound"]
    summary = found["hosting_risk"].set_index("county")
    assert summary.loc["平江县", ["p10_mw", "p50_mw", "p90_mw"]].astype(float).to_numpy() == pytest.approx(
        [200.0 / 3.0] * 3
    )
    assert summary.loc["汨罗市", "at_bound"] == 1
    assert np.isnan(summary.loc["汨罗市", "holds_percent"])


def test_quantiles_probability_and_cases_without_result():
    """平江县 loses 4 % + slope x added: slopes of 1, 2, 4 points per 100 MW in three years reach 5 % at 100, 50 and
    25 MW; the fourth year has no result at 200 MW and counts nowhere.  A plan of 50 MW holds in two of three."""
    slope = {"2015/1/1": 0.01, "2016/1/1": 0.02, "2017/1/1": 0.04, "2018/1/1": 0.01}

    def rates(county, scenario, added):
        lost = county == "平江县" and scenario == "2018/1/1" and added == 200.0
        return None if lost else ((4.0 + slope[scenario] * added, 0.0) if county == "平江县" else (4.0, 0.0))

    asked = study(demand_pu=(1.0,), weather_years=(2015, 2016, 2017, 2018), sitings=1, plan_mw={"平江县": 50.0})
    row = risk_tables(asked, invented(asked, rates))["hosting_risk"].set_index("county").loc["平江县"]
    assert row["without_result"] == 1
    assert row["p50_mw"] == pytest.approx(50.0)
    assert row["p10_mw"] == pytest.approx(np.percentile([100.0, 50.0, 25.0], 10))
    assert row["p90_mw"] == pytest.approx(np.percentile([100.0, 50.0, 25.0], 90))
    assert row["holds_percent"] == pytest.approx(200.0 / 3.0)
    assert row["holds_low_percent"] < 200.0 / 3.0 < row["holds_high_percent"]


def test_a_base_that_misses_the_target_has_no_capacity():
    asked = study(demand_pu=(1.0,), weather_years=(2015,), sitings=1)
    found = risk_tables(asked, invented(asked, lambda county, scenario, added: (6.0, 0.0)))
    assert found["hosting_risk"].set_index("county").loc["平江县", ["p50_mw", "base_not_ok"]].tolist() == [0.0, 1]


def test_first_crossing():
    x = np.array([0.0, 10.0, 20.0, 30.0])
    assert first_crossing(x, np.array([-1.0, -2.0, 2.0, -5.0])) == pytest.approx(
        15.0
    )  # the later interval is not reached
    assert first_crossing(x, np.array([1.0, -2.0, -2.0, -5.0])) == 0.0
    assert first_crossing(x, np.array([-1.0, -2.0, -2.0, 0.0])) == np.inf


def test_interval_of_a_probability():
    """None of ten: 1 - 0.05^(1/10) = 25.9 % is the upper end of the 90 % interval; all of ten mirrors it."""
    assert proportion_interval_percent(0, 10) == pytest.approx((0.0, 100.0 * (1.0 - 0.05**0.1)))
    assert proportion_interval_percent(10, 10) == pytest.approx((100.0 * 0.05**0.1, 100.0))


def test_bad_sections():
    for wrong in ({"added_mw": (10.0, 20.0)}, {"added_mw": (0.0, 20.0, 10.0)}, {"plan_mw": {"平江县": 900.0}}):
        with pytest.raises(ValueError, match="added_mw"):
            study(**wrong)
    with pytest.raises(InvalidInput, match="risk"):
        risk_sweep(study().model_copy(update={"risk": None}))

"""The study of ten synthetic weather years, here with two of them (slow: two whole runs)."""

from __future__ import annotations

from pathlib import Path

import pytest

from gridsim.run import failed_checks, run_study
from gridsim.store import read_findings, write_findings
from gridsim.study import read_study

STUDY = Path(__file__).parents[2] / "studies" / "yueyang_2030_years.toml"


def test_the_study_asks_for_ten_years():
    study = read_study(STUDY)
    assert study.weather.years == tuple(range(2015, 2025))
    assert study.weather.source == "synthetic"
    assert len(study.weather.years) >= study.target.min_weather_years


@pytest.mark.slow
def test_two_weather_years_of_yueyang(tmp_path):
    """A common year and a leap year of weather on 2030; wind and sun of the years differ, every check holds in both."""
    study = read_study(STUDY).with_changes(weather={"years": (2016, 2015)})
    write_findings(run_study(study, processes=2), tmp_path / "out")
    findings = read_findings(tmp_path / "out")
    assert failed_checks(findings) == []
    years = findings.tables["weather_years"].set_index("weather_year")
    one, two = years.loc["2015"], years.loc["2016"]
    assert one["wind_available_gwh"] != two["wind_available_gwh"]
    assert years.loc["mean", "available_gwh"] == pytest.approx((one["available_gwh"] + two["available_gwh"]) / 2)
    whole = 100 * (one["curtailed_gwh"] + two["curtailed_gwh"]) / (one["available_gwh"] + two["available_gwh"])
    assert years.loc["mean", "curtailment_percent"] == pytest.approx(whole)
    assert findings.summary["curtailment_percent"] == pytest.approx(whole)
    assert 0.5 < years.loc["worst", "curtailment_percent"] < 10
    assert len(findings.tables["ac"]) == 2 * 8760
    for year in (2015, 2016):
        assert findings.tables[f"by_weather_year/{year}/checks"]["ok"].all()
        assert len(findings.hourly[f"{year}/loading"]) == 8760
    reasons = {r.split(":")[0]: r for r in findings.summary["reasons"]}
    assert "2 of 5" in reasons["weather_years"]
    assert "(weather years 2015, 2016)" in reasons["n1_violations"]
    for cause in findings.tables["curtailment_by_cause"].itertuples():
        parts = [
            findings.tables[f"by_weather_year/{y}/curtailment_by_cause"].set_index("cause")["curtailed_gwh"][
                cause.cause
            ]
            for y in (2015, 2016)
        ]
        assert cause.curtailed_gwh == pytest.approx(sum(parts) / 2)

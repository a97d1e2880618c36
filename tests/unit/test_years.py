"""Several weather years become one: means, worst, P90 and the verdict, worked out by hand."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from gridsim.criteria import N1Violations
from gridsim.errors import InvalidInput
from gridsim.grounds import Grounds, judge_years
from gridsim.run import failed_checks
from gridsim.sections import WeatherSection
from gridsim.store import Findings
from gridsim.years.combine import combined_tables
from gridsim.years.figures import mean_summary, weather_years_table, worst_year, years_summary
from gridsim.years.manifest import combined_manifest


def energies(key: str, **rows: tuple[float, float]) -> pd.DataFrame:
    """A table curtailment_by_<key> of wind alone: name -> (available, curtailed) in GWh."""
    names, values = list(rows), np.array(list(rows.values()))
    table = pd.DataFrame({key: names})
    for prefix, share in (("", 1.0), ("wind_", 1.0), ("solar_", 0.0)):
        available, curtailed = share * values.T
        table[f"{prefix}available_gwh"] = available
        table[f"{prefix}used_gwh"] = available - curtailed
        table[f"{prefix}curtailed_gwh"] = curtailed
        table[f"{prefix}curtailment_percent"] = 100 * curtailed / np.where(available > 0, available, np.nan)
    return table


def test_energies_are_averaged_and_rates_come_from_their_sums():
    """东县: 100 GWh with 2 cut and 300 GWh with 18 cut: mean 200 and 10, rate 20/400 = 5 % (not (2 + 6)/2 = 4 %).

    西县 has a row in one year only: 40 and 4 are 20 and 2 a year, 10 %.
    """
    tables = {
        2016: {"curtailment_by_county": energies("county", 东县=(300, 18), 西县=(40, 4))},
        2015: {"curtailment_by_county": energies("county", 东县=(100, 2))},
    }
    got = combined_tables(tables)["curtailment_by_county"].set_index("county")
    assert got.loc["东县", ["available_gwh", "used_gwh", "curtailed_gwh"]].tolist() == [200, 190, 10]
    assert got["curtailment_percent"].tolist() == [5.0, 10.0]
    assert got["wind_curtailment_percent"].tolist() == [5.0, 10.0]
    assert got["solar_curtailment_percent"].isna().all()
    assert "weather_year" not in got.columns


def test_the_order_of_the_years_is_irrelevant():
    tables = {
        2015: {"curtailment_by_county": energies("county", 东县=(100, 2), 西县=(1, 0))},
        2016: {"curtailment_by_county": energies("county", 西县=(7, 1), 北县=(3, 1))},
        2017: {"curtailment_by_county": energies("county", 北县=(5, 1))},
    }
    backwards = {y: tables[y] for y in (2017, 2016, 2015)}
    one, other = (combined_tables(t)["curtailment_by_county"] for t in (tables, backwards))
    pd.testing.assert_frame_equal(one, other, check_exact=True)


def test_one_year_stays_as_it_is():
    tables = {"overload": pd.DataFrame({"element": ["a"]}), "new": pd.DataFrame({"x_mw": [1.0]})}
    assert combined_tables({2015: tables}) == tables


def test_causes_add_up_and_their_shares_to_100():
    """Section 3 and branch 1, then section 1 only: means 2 and 0.5, shares 80 and 20 %."""
    one = pd.DataFrame({"cause": ["section", "branch"], "system_cause": True, "curtailed_gwh": [3.0, 1.0]})
    two = pd.DataFrame({"cause": ["section", "branch"], "system_cause": True, "curtailed_gwh": [1.0, 0.0]})
    tables = {y: {"curtailment_by_cause": t.assign(share_percent=50.0)} for y, t in ((1, one), (2, two))}
    got = combined_tables(tables)["curtailment_by_cause"]
    assert got["curtailed_gwh"].tolist() == [2.0, 0.5]
    assert got["share_percent"].tolist() == [80.0, 20.0]
    assert got["system_cause"].tolist() == [True, True]


def overload(loading: float, when: str, hours: float, unavoidable: bool) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "element": ["甲-乙I回"], "element_type": ["line"], "county": ["东县"], "vn_kv": [110.0],
            "direction": ["forward" if loading > 90 else "backward"], "max_loading_percent": np.float32(loading),
            "worst_time": pd.to_datetime([when]).tz_localize("Asia/Shanghai"), "hours_over_80": [hours],
            "hours_over_100": [0.0], "longest_run_h": [2.0], "unavoidable": [unavoidable],
        }
    )  # fmt: skip


def test_the_worst_year_gives_loading_time_and_direction_and_the_hours_are_the_most():
    tables = {
        2015: {"overload": overload(95, "2030-07-01 12:00", 7, False)},
        2016: {"overload": overload(85, "2030-08-01 12:00", 30, True)},
    }
    row = combined_tables(tables)["overload"].iloc[0]
    assert (row["max_loading_percent"], row["direction"], row["weather_year"]) == (95, "forward", 2015)
    assert str(row["worst_time"]) == "2030-07-01 12:00:00+08:00"
    assert row["hours_over_80"] == 30
    assert row["unavoidable"]


def test_voltage_keeps_both_extremes_and_the_year_furthest_beyond_the_band():
    """Band 0.97-1.07: 1.08 in 2016 is 0.01 above, 0.94 in 2015 is 0.03 below: 2015."""

    def voltage(low: float, high: float, hours: float) -> pd.DataFrame:
        bands = {"band_min_pu": [0.97], "band_max_pu": [1.07], "hours_outside": [hours], "worst_time": [f"{low}"]}
        return pd.DataFrame({"bus": ["甲110"], "min_vm_pu": [low], "max_vm_pu": [high], **bands})

    tables = {2015: {"voltage": voltage(0.94, 1.05, 3)}, 2016: {"voltage": voltage(0.99, 1.08, 40)}}
    row = combined_tables(tables)["voltage"].iloc[0]
    assert (row["min_vm_pu"], row["max_vm_pu"], row["hours_outside"]) == (0.94, 1.08, 40)
    assert (row["weather_year"], row["worst_time"]) == (2015, "0.94")


def test_a_check_that_fails_in_one_year_fails():
    def checks(ok: bool, worst: float) -> pd.DataFrame:
        return pd.DataFrame(
            {"check": ["balance"], "ok": [ok], "worst": [worst], "limit": [0.01], "where": [f"{worst}"]}
        )

    tables = {2015: {"checks": checks(True, 0.009)}, 2016: {"checks": checks(False, float("nan"))}}
    table = combined_tables(tables)["checks"]
    row = table.iloc[0]
    (failed,) = failed_checks(Findings({}, {}, {"checks": table}))
    assert failed.where == "nan (weather year 2016)"
    assert not row["ok"]
    assert (row["weather_year"], row["where"]) == (2016, "nan")


def test_a_table_without_a_rule_is_stacked_and_a_year_without_rows_is_no_trouble():
    ac = pd.DataFrame({"time": ["08:00"], "converged": [True]})
    tables = {2015: {"ac": ac, "new": ac.iloc[:0]}, 2016: {"ac": ac.assign(converged=False), "new": ac.iloc[:0]}}
    got = combined_tables(tables)
    assert got["ac"].values.tolist() == [["08:00", True, 2015], ["08:00", False, 2016]]
    assert list(got["new"].columns) == ["time", "converged", "weather_year"]
    assert got["new"].empty


def test_moments_of_a_balance_come_from_the_tightest_year_as_a_whole():
    """July noon: both areas together 30 MW in 2015, 20 in 2016 (though the city has more): all rows of 2016."""

    def power(city: float, both: float) -> pd.DataFrame:
        return pd.DataFrame({"month": 7, "moment": "noon", "area": ["city", "both"], "surplus_mw": [city, both]})

    got = combined_tables({2015: {"balance_power": power(5, 30)}, 2016: {"balance_power": power(9, 20)}})
    assert got["balance_power"][["surplus_mw", "weather_year"]].values.tolist() == [[9, 2016], [20, 2016]]


def test_marginal_values_are_means_and_the_worst_steps_those_of_all_years():
    """In force in one year of two: half of its 40 a MW.  Hours 9, 8 of 2016 and 7 of 2015: the first two."""
    limit = pd.DataFrame({"element": ["甲"], "method": ["basis"], "step_mw": [np.nan], "saved_cny_per_mw": [40.0]})
    top = {
        y: pd.DataFrame({"time": ["a", "b"], "curtailed_mw": mw}) for y, mw in ((2015, [7.0, 1.0]), (2016, [9.0, 8.0]))
    }
    tables = {
        2015: {"marginal_limit": limit.iloc[:0], "curtailment_top_hours": top[2015]},
        2016: {"marginal_limit": limit, "curtailment_top_hours": top[2016]},
    }
    got = combined_tables(tables)
    assert got["marginal_limit"]["saved_cny_per_mw"].tolist() == [20.0]
    assert got["curtailment_top_hours"][["curtailed_mw", "weather_year"]].values.tolist() == [[9, 2016], [8, 2016]]


# --- figures -------------------------------------------------------------------------------------------------


def year(available: float, curtailed: float, local: float, province: tuple[float, float]) -> dict:
    """A summary: the city with wind alone, and the node area's (available, curtailed); GWh."""
    rate = 100 * curtailed / available
    figures = {
        "available_gwh": available, "used_gwh": available - curtailed, "curtailed_gwh": curtailed,
        "curtailment_percent": rate, "curtailment_percent_system_cause": rate,
        "curtailment_percent_local": 100 * local / available,
        "curtailment_percent_provincial": 100 * (curtailed - local) / available,
    }  # fmt: skip
    both = available + province[0]
    return {
        "scenario": "2030", "year": 2030, **figures, "carriers": {"wind": dict(figures)}, "unserved_gwh": 0.5,
        "ac_rounds": 1,
        "node_area_available_gwh": province[0], "node_area_curtailment_percent": 100 * province[1] / province[0],
        "both_areas_available_gwh": both, "both_areas_curtailment_percent": 100 * (curtailed + province[1]) / both,
    }  # fmt: skip


YEARS = {2015: year(100, 2, 1, (900, 9)), 2016: year(300, 18, 3, (700, 7)), 2017: year(200, 4, 2, (800, 32))}


def test_the_mean_year_by_hand():
    """City 600 GWh with 24 cut: 4 %; local 6: 1 %; node area 2,400 with 48 cut: 2 %; both 3,000 with 72: 2.4 %."""
    weeks = [{**y, "worst_week": f"week {k}"} for k, y in enumerate(YEARS.values())]
    assert mean_summary(weeks, texts_of=2)["worst_week"] == "week 2"
    mean = mean_summary(list(YEARS.values()))
    assert (mean["available_gwh"], mean["curtailed_gwh"], mean["scenario"], mean["ac_rounds"]) == (200, 8, "2030", 1)
    assert mean["curtailment_percent"] == pytest.approx(4.0)
    assert mean["curtailment_percent_system_cause"] == pytest.approx(4.0)
    assert mean["curtailment_percent_local"] == pytest.approx(1.0)
    assert mean["curtailment_percent_provincial"] == pytest.approx(3.0)
    assert mean["node_area_curtailment_percent"] == pytest.approx(2.0)
    assert mean["both_areas_curtailment_percent"] == pytest.approx(2.4)
    assert mean["carriers"]["wind"]["curtailment_percent"] == pytest.approx(4.0)


def test_the_rate_of_system_causes_has_used_and_system_energy_below_it():
    """Special causes: used 90, system 10, special 20 -> 10 %; used 40, system 0 -> 0 %; mean 10 / 140."""
    one = {"available_gwh": 120.0, "used_gwh": 90.0, "curtailment_percent_system_cause": 10.0}
    two = {"available_gwh": 40.0, "used_gwh": 40.0, "curtailment_percent_system_cause": 0.0}
    assert mean_summary([one, two])["curtailment_percent_system_cause"] == pytest.approx(100 * 10 / 140)


def test_table_of_the_years():
    """Rates 2, 6, 2 %: worst 2016.  P90 of three: position 1 + 0.9 x 2 = 2.8, between the second and the third value.

    2 + 0.8 (6 - 2) = 5.2.
    """
    table = weather_years_table(YEARS, dict.fromkeys(YEARS, "conditional")).set_index("weather_year")
    assert list(table.index) == ["2015", "2016", "2017", "mean", "worst", "p90"]
    rate = table["curtailment_percent_system_cause"]
    assert rate.tolist() == pytest.approx([2, 6, 2, 4, 6, 5.2])
    assert table.loc["worst", "of_year"] == worst_year(YEARS) == 2016
    assert table.loc["p90", "available_gwh"] == pytest.approx(200 + 0.8 * 100)
    assert table.loc["mean", "both_areas_percent"] == pytest.approx(2.4)
    said = years_summary(table.reset_index())
    assert said["worst_weather_year"] == 2016
    assert said["curtailment_percent_system_cause_worst"] == pytest.approx(6)
    assert said["curtailment_percent_system_cause_p90"] == pytest.approx(5.2)
    assert [y["weather_year"] for y in said["weather_years"]] == [2015, 2016, 2017]


def test_manifest_adds_up_and_keeps_the_years():
    one = {
        "gridsim": "1", "inputs": {"line.csv": "a", "weather": "synthetic 2015"}, "stages_s": {"ac": 1.5},
        "windows": [{"window": 0}],
        "raised_windows": 1, "direction_fixes": 2, "direction_gap_cny": 0.0, "pumping_gap_cny": 0.0, "gap_cny": 1.0,
        "checks_ok": True, "simultaneous_steps_left": 0, "pumping_windows": {"whole": 3}, "ac_clean": [],
    }  # fmt: skip
    two = {**one, "inputs": {"line.csv": "a", "weather": "synthetic 2016"}, "checks_ok": False}
    got = combined_manifest({2016: two, 2015: one})
    assert got["windows"] == [{"weather_year": 2015, "window": 0}, {"weather_year": 2016, "window": 0}]
    assert (got["direction_fixes"], got["gap_cny"], got["stages_s"]) == (4, 2.0, {"ac": 3.0})
    assert got["raised_windows"] == 2
    assert not got["checks_ok"]
    assert got["inputs"]["line.csv"] == "a"
    assert got["inputs"]["weather (2016)"] == "synthetic 2016"
    assert list(got["by_weather_year"]) == ["2015", "2016"]


# --- verdict -------------------------------------------------------------------------------------------------

SOUND = Grounds(
    rate_percent=2.0, local_percent=1.0, diverged_steps=0, violations=(), unserved_gwh=0.0, unavoidable=(),
    n1_unavoidable=(), must_run_cut_gwh=0.0, reserve_short_gwh=0.0, n1=N1Violations((), (), 0), data_notes=(),
)  # fmt: skip
ALL_RUN = dict.fromkeys(
    ["export_limit_plus_20", "export_limit_minus_20", "thermal_minimum_plus_10", "thermal_minimum_minus_10",
     "pumped_storage_late", "demand_plus_5", "demand_minus_5"], 3.0,
)  # fmt: skip


def verdict(years: int = 5, **changes: dict):
    """Five sound years with changes of some: ``y2016={"rate_percent": 6.0}``."""
    by_year = {str(2015 + k): SOUND for k in range(years)}
    by_year |= {y.removeprefix("y"): dataclasses.replace(SOUND, **c) for y, c in changes.items()}
    return judge_years(by_year, target_percent=5.0, min_weather_years=5, sensitivities=ALL_RUN)


def test_a_pass_needs_every_year():
    assert verdict().verdict == "pass"
    assert verdict(years=4).verdict == "conditional"
    above = verdict(y2016={"rate_percent": 6.0})
    assert above.verdict == "conditional"
    assert above.reasons == ("rate: weather year 2016: 6.00 % curtailed, above 5 %",)
    assert verdict(y2018={"local_percent": 5.5}).verdict == "fail"


def test_every_reason_names_its_years():
    """Unserved 0.2 in 2015 and 0.7 in 2017: the larger; elements of 2016 and 2019 together; 1 + 2 steps diverged."""
    found = verdict(
        y2015={"unserved_gwh": 0.2, "diverged_steps": 1},
        y2016={"violations": ("甲", "乙")},
        y2017={"unserved_gwh": 0.7, "diverged_steps": 2},
        y2019={"violations": ("乙", "丙"), "n1": N1Violations(("丁",), (), 3)},
    )
    assert found.reasons == (
        "ac_diverged: 3 AC steps did not converge (weather years 2015, 2017)",
        "ac_violations: 3 elements exceed their AC limits: 甲, 乙, 丙 (weather years 2016, 2019)",
        "unserved: 0.70 GWh of demand is not served (weather years 2015, 2017)",
        "n1_violations: 1 elements exceed their limits after an outage (AC N-1): 丁 (weather year 2019)",
        "n1_diverged: 3 AC N-1 cases have no solution (weather year 2019)",
    )
    table = found.table.set_index("criterion")["weather_years"]
    assert table["ac_violations"] == "2016, 2019"
    assert table["reserve_short"] == ""


def test_the_verdict_on_one_year_is_as_ever():
    one = judge_years({"2015": SOUND}, target_percent=5.0, min_weather_years=1, sensitivities=ALL_RUN)
    assert one.verdict == "pass"
    assert "weather_years" not in one.table.columns


# --- the study file ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "years"),
    [
        ([2016, 2015], (2016, 2015)), ("2015-2018", (2015, 2016, 2017, 2018)),
        ("2012, 2015 - 2016", (2012, 2015, 2016)), ("2015", (2015,)),
    ],
)  # fmt: skip
def test_years_of_a_study(given, years):
    assert WeatherSection(folder="w", years=given).years == years


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ([], "at least one year"), ([2015, 2016, 2015], "stands twice: 2015"), ("2018-2015", "backwards"),
        ("many", "no range of years"), (2015, "give a list"), ([215], "not a weather year"),
        ("2010-2015, 2013", "stands twice: 2013"),
    ],
)  # fmt: skip
def test_years_that_are_none(given, says):
    with pytest.raises(ValueError, match=says):
        WeatherSection(folder="w", years=given)


def test_year_and_years_exclude_each_other():
    with pytest.raises(ValueError, match="year or years, not both"):
        WeatherSection(folder="w", year=2015, years=[2015])


def test_invalid_input_is_what_a_study_file_gives(tmp_path):
    from gridsim.study import read_study

    path = tmp_path / "s.toml"
    path.write_text(
        'name = "x"\n[network]\nfolder = "n"\nscenario = "2030"\n[weather]\nfolder = "w"\nyears = "2015-"\n'
    )
    with pytest.raises(InvalidInput, match=r"row 7, column weather\.years: .*'2015-' is no year"):
        read_study(path)

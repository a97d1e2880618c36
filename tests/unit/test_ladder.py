"""The ladder, hourly means against quarters, and how the verdict stands: small cases by hand."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import tiny_study
import toy
from test_ledger import OPTIONS, coal, load, tie, wind

from gridsim.averaging import averaging_table, hourly_means, some_days, week_table
from gridsim.criteria import SENSITIVITIES, judge, standing
from gridsim.curtailment import ledger
from gridsim.curtailment.rates import cause_tables, plant_energy
from gridsim.dispatch import solve_dispatch
from gridsim.ladder import COLUMNS, RUNGS, ladder_table, rung_options
from gridsim.options import DispatchOptions, Penalties
from gridsim.run import run_study
from gridsim.study import read_study

# -- the ladder --------------------------------------------------------------------------------------------------


def test_rungs_impose_one_kind_of_limit_after_the_other():
    options = DispatchOptions()
    limits = [
        (o.section_limits, o.branch_limits, o.outage_limits) for o in (rung_options(options, k) for k in range(4))
    ]
    assert limits == [(False, False, False), (True, False, False), (True, True, False), (True, True, True)]
    assert not rung_options(replace(options, branch_limits=False), 3).branch_limits, "only what the study imposes"


def test_a_ladder_by_hand_beside_its_ledger():
    """A behind a 40 MW line, B beside it, 600 MW outside against a load of 700, the tie takes 100.

    Solved again: without limits 100 too many in 800, an eighth, so 25 in the city; with the tie 100 in the city (75
    more); with the line still 100: the line moves 10 MW from B to A and costs nobody anything.  The ledger of the run
    gives the line 10 and the sections 65: who pays is not what would be saved.
    """
    tables = {
        "bus": [toy.bus("a"), toy.bus("b"), toy.bus("x")],
        "line": [toy.line("ab", "a", "b", 40.0), toy.line("bx", "b", "x")],
        "wind": [wind("A", "a"), wind("B", "b"), wind("C", None, 600.0)],
        "load": [load("b", 1e-6), load(None, 700.0)],
        "demand": [{"name": "d", "peak_mw": 100.0, "energy_gwh": 1.0}],
        **tie(100.0),
    }
    network = toy.network(**tables)
    profiles = toy.profiles(
        network,
        10,
        available={w["name"]: w["max_p_mw"] for w in tables["wind"]},
        demand={x["name"]: x["max_p_mw"] for x in tables["load"]},
    )
    rows, d = [], None
    for k, name in enumerate(RUNGS):
        d = solve_dispatch(network, profiles, options=rung_options(OPTIONS, k))
        cut = plant_energy(network, d).curtailed_mwh.to_numpy().sum() / 1e3
        both = d.role("curtailed").to_numpy().sum() / 1e3
        rows.append({"case": name, "city_curtailed_gwh": cut, "both_curtailed_gwh": both})
    by_cause = cause_tables(plant_energy(network, d), ledger(d))["curtailment_by_cause"]
    rest = dict.fromkeys(["city_percent", "province_percent", "storage_loss_gwh", "exported_gwh", "unserved_gwh"], 0.0)
    table = ladder_table([{**r, **rest} for r in rows], by_cause)
    assert list(table.columns) == list(COLUMNS) and table["limits"].tolist() == list(RUNGS)
    assert table["city_curtailed_gwh"].tolist() == pytest.approx([0.25, 1.0, 1.0, 1.0, 1.0], abs=1e-6)
    assert table["city_change_gwh"].tolist() == pytest.approx([0.25, 0.75, 0.0, 0.0, 0.0], abs=1e-6)
    assert table["ledger_gwh"].tolist() == pytest.approx([0.25, 0.65, 0.1, 0.0, 0.0], abs=1e-6)
    assert table["both_curtailed_gwh"].to_numpy() == pytest.approx(1.0, abs=1e-6), "800 MW against 700, whatever limits"


# -- hourly means hide curtailment -----------------------------------------------------------------------------


def test_hourly_means_hide_what_quarters_cut():
    """Wind of 100 and 0 MW in turn behind a line of 60: each second quarter 40 MW are cut, 20 MWh an hour of 50, 40 %.
    The hourly mean of 50 MW passes."""
    network = toy.network(
        bus=[toy.bus("a"), toy.bus("b")],
        line=[toy.line("ab", "a", "b", 60.0)],
        demand=[{"name": "d", "peak_mw": 100.0, "energy_gwh": 1.0}],
        wind=[wind("A", "a")],
        load=[load("b", 1000.0)],
        thermal=[coal("b", 1000.0)],
    )
    profiles = toy.profiles(
        network, 96, freq="15min", available={"A": np.tile([100.0, 0.0], 48)}, demand={"load b": 1000.0}
    )
    means = hourly_means(profiles)
    assert len(means.index) == 24 and (means.available_mw["A"] == 50.0).all()
    assert means.thermal_pu.equals(profiles.thermal_pu)
    both = [solve_dispatch(network, p, options=OPTIONS) for p in (profiles, means)]
    table = week_table(network, both, first_day="2030-04-10", days=1).set_index("step_minutes")
    assert table["city_available_gwh"].tolist() == pytest.approx([1.2, 1.2])
    assert table["city_curtailed_gwh"].tolist() == pytest.approx([0.48, 0.0], abs=1e-6)
    assert table.loc[60, "hidden_gwh"] == pytest.approx(0.48, abs=1e-6)
    assert table.loc[60, "hidden_points"] == pytest.approx(40.0, abs=1e-4)


def test_some_days_of_a_year():
    network = toy.network(bus=[toy.bus("a"), toy.bus("b")], line=[toy.line("ab", "a", "b")], wind=[wind("A", "a")])
    profiles = toy.profiles(network, 240, available={"A": np.arange(240.0)})
    part = some_days(profiles, "2030-04-12", 2)
    assert len(part.index) == 48 and part.available_mw["A"].tolist() == list(range(48, 96))


# -- how the verdict stands ------------------------------------------------------------------------------------


def verdict(rates: dict[str, tuple[float, float]], **more: object):
    given = {"target_percent": 5.0, "min_weather_years": 1, "diverged_steps": 0, "violations": [], "unserved_gwh": 0.0}
    return judge(rates, **{**given, **more})


def test_margin_worst_county_and_what_it_hangs_on():
    """4.2 and 3.0 % against 5: 0.8 points left.  The export limit moves the rate most, and across the target."""
    cases = {"base": 4.2, "export_limit_minus_20": 5.6, "demand_plus_5": 3.9, "province_40_gw": 4.1}
    found = standing(verdict({"2019": (4.2, 0.5), "2020": (3.0, 0.1)}), {"东": 1.0, "西": 6.5, "北": math.nan}, cases)
    assert found["margin_points"] == pytest.approx(0.8)
    assert (found["worst_county"], found["worst_county_percent"]) == ("西", 6.5)
    assert [h["case"] for h in found["hangs_on"]] == ["export_limit_minus_20", "demand_plus_5", "province_40_gw"]
    assert [h["change_points"] for h in found["hangs_on"]] == pytest.approx([1.4, -0.3, -0.1])
    assert [h["crosses"] for h in found["hangs_on"]] == [True, False, False]
    assert found["sensitivities_run"] is True


def test_a_miss_has_a_negative_margin_and_says_what_would_mend_it():
    found = standing(verdict({"typical": (6.0, 0.5)}), {}, {"base": 6.0, "export_limit_plus_20": 4.9})
    assert found["margin_points"] == pytest.approx(-1.0)
    assert found["hangs_on"][0]["crosses"] and found["worst_county"] == ""


def test_without_sensitivities_it_says_so():
    found = standing(verdict({"typical": (4.0, 0.5)}), {"东": 4.0}, None)
    assert found["hangs_on"] == [] and found["sensitivities_run"] is False


# -- three numbers ---------------------------------------------------------------------------------------------


def stored(efficiency_percent: float, wear: float | None = None) -> tuple[float, float, float]:
    """Curtailed, lost in the store and used by the load: 100 MW of wind for a day, 60 of load, a store of 20 MW."""
    network = toy.network(
        bus=[toy.bus("a"), toy.bus("b")],
        line=[toy.line("ab", "a", "b")],
        demand=[{"name": "d", "peak_mw": 60.0, "energy_gwh": 1.0}],
        wind=[wind("A", "a")],
        load=[load("b", 60.0)],
        battery=[
            {
                "name": "S", "bus": "b", "county": "county", "max_p_mw": 20.0, "energy_mwh": 40.0,
                "efficiency_charge_percent": efficiency_percent, "efficiency_discharge_percent": efficiency_percent,
            }
        ],
    )  # fmt: skip
    profiles = toy.profiles(network, 24, available={"A": 100.0}, demand={"load b": 60.0})
    penalties = Penalties(storage_wear_cny_per_mwh=wear)
    d = solve_dispatch(network, profiles, options=replace(OPTIONS, final_state="cyclic", penalties=penalties))
    charged, given = (float(d.role(role).to_numpy().sum()) for role in ("charge", "discharge"))
    assert (np.minimum(d.role("charge"), d.role("discharge").to_numpy()).to_numpy() < 1e-6).all()
    return float(d.role("curtailed").to_numpy().sum()), charged - given, float(d.role("available").to_numpy().sum())


def test_a_store_that_wastes_energy_hides_no_curtailment():
    """40 MW too many all day, and a store that ends where it began: charging and discharging at once, or in turn, would
    turn up to 20 MW of surplus into heat and call it used.  Curtailed stays 24 * 40 MWh, lost stays 0, whatever the
    efficiency; and what is available is used by the load, curtailed, or lost: three numbers that add up."""
    for efficiency in (100.0, 50.0):
        curtailed, lost, available = stored(efficiency)
        assert curtailed == pytest.approx(24 * 40.0, abs=1e-3)
        assert lost == pytest.approx(0.0, abs=1e-3)
        assert available == pytest.approx(24 * 60.0 + curtailed + lost, abs=1e-3)


def test_a_store_told_to_waste_shows_it_as_lost():
    """With no price of wear, cycling in turn burns surplus: what is curtailed falls, what is lost rises by as much, so
    the surplus of 960 MWh is still to be seen; curtailed alone would hide it."""
    curtailed, lost, available = stored(50.0, wear=0.0)
    assert lost > 50.0 and curtailed < 24 * 40.0 - 50.0
    assert curtailed + lost == pytest.approx(24 * 40.0, abs=1e-3)
    assert available == pytest.approx(24 * 60.0 + curtailed + lost, abs=1e-3)


def test_the_three_numbers_are_everywhere(tiny_run):
    """In the summary, on the command line, and in every case of a year by themselves."""
    findings = run_study(read_study(tiny_run.study))
    summary = findings.summary
    assert {"curtailed_gwh", "storage_loss_gwh", "exported_gwh"} <= set(summary)
    assert summary["storage_loss_gwh"] > 0.01 and summary["exported_gwh"] > 1.0
    said = f"not taken {summary['curtailed_gwh']:.1f}, lost in stores {summary['storage_loss_gwh']:.1f}, exported"
    assert said in tiny_run.stdout
    assert "margin" in tiny_run.stdout and "hangs on: not known" in tiny_run.stdout
    html = (tiny_run.out / "report.html").read_text("utf-8")
    assert "敏感性分析" in html and summary["worst_county"] in html


@pytest.mark.slow
def test_a_run_with_sensitivities_and_ladder(tmp_path):
    """The tiny year: seven needed cases and more, the ladder; its series are hourly, so no week in quarters."""
    study = read_study(tiny_study.write_study(tmp_path)).with_changes(ac={"enabled": False})
    findings = run_study(study, sensitivities=True, ladder=True, processes=2)
    table = findings.tables["sensitivity"].set_index("case")
    assert set(SENSITIVITIES) <= set(table.index) and "averaging" not in findings.tables
    assert averaging_table(study, findings.summary["worst_week"]) is None
    changes = {h["case"]: abs(h["change_points"]) for h in findings.summary["hangs_on"]}
    assert list(changes.values()) == sorted(changes.values(), reverse=True) and "base" not in changes
    ladder = findings.tables["ladder"]
    assert ladder["city_change_gwh"].sum() == pytest.approx(findings.summary["curtailed_gwh"], rel=1e-6)
    assert ladder["ledger_gwh"].sum() == pytest.approx(findings.summary["curtailed_gwh"], rel=1e-6)
    assert pd.notna(ladder[["city_percent", "storage_loss_gwh", "exported_gwh"]]).all().all()

"""``gridsim measures`` on the tiny study: the folder, the report, the planner's own list and its mistakes."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
import tiny_study
from typer.testing import CliRunner

import gridsim
from gridsim.cli import app
from gridsim.errors import InvalidInput
from gridsim.measures.later import rows_to_come
from gridsim.report import write_report
from gridsim.store import read_findings
from gridsim.study import read_study, study_network

COSTS = (
    "name,kind,vn_kv,capital_cny_per_kw,capital_cny_per_kwh,om_percent,life_years\n"
    "section,section_limit,,100,,0,10\nbattery,battery,,300,800,2,15\n"
)
OWN = """
[measures]
most = 1
pairs_of = 2
interest_percent = 0.0

[[measure]]
name = "外送断面提高 30 MW"
kind = "section_limit"
element = "外送断面"
p_mw = 30

[[measure]]
kind = "storage_use"
element = "西站储能"
use = "dedicated"
"""
MISTAKES = """
[[measure]]
kind = "line_uprate"
element = "东风-东站2回"
std_type = "LGJ-4000"

[[measure]]
kind = "battery"
element = "东站1l0"
p_mw = 10

[[measure]]
kind = "thermal_minimum"
element = "外省煤电"
min_p_pu = 0.5
p_mw = 3

[[measure]]
kind = "cells"
change = [{ table = "lime", name = "x", column = "y", value = 1 }]

[[measure]]
kind = "section_limit"
element = "外送断面"
p_mw = 10

[[measure]]
kind = "section_limit"
element = "外送断面"
p_mw = 10
"""


def study_with(folder, text: str, **tables: str):
    changes = {f"network/base/{name}.csv": content for name, content in tables.items()}
    return tiny_study.write_study(folder, {"study.toml": tiny_study.STUDY + text, **changes})


@pytest.fixture(scope="module")
def ranked(tmp_path_factory):
    """One ranking through the command line, with two processes."""
    folder = tmp_path_factory.mktemp("措施")
    study = study_with(folder, OWN, measure_cost=COSTS)
    result = CliRunner().invoke(
        app, ["measures", str(study), "--out", str(folder / "结果"), "--lang", "en", "--processes", "2"]
    )
    assert result.exception is None or isinstance(result.exception, SystemExit), result.output
    return study, folder / "结果", result


@pytest.mark.slow
def test_the_command_says_what_was_found(ranked):
    _, folder, result = ranked
    assert result.exit_code == 0, result.output
    assert "外送断面提高 30 MW" in result.stdout
    assert "together" in result.stdout and "candidates not simulated" in result.stdout
    assert "measures: done" in result.stderr
    assert str(folder) in result.stdout


@pytest.mark.slow
def test_the_folder_is_complete(ranked):
    _, folder, _ = ranked
    findings = read_findings(folder)
    table = findings.tables["measures"]
    assert list(table["origin"].value_counts().sort_index().items()) == [("ledger", 1), ("study", 2)]
    assert table["ok"].all()
    assert (table["avoided_both_mwh"].diff().dropna() <= 0).all()
    assert len(findings.tables["measures_pairs"]) == 1
    assert {"beyond_most", "all_in_service"} <= set(findings.tables["measures_candidates"]["reason"])
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    assert manifest["measures"]["most"] == 1 and manifest["study"]["sha256"]
    summary = json.loads((folder / "summary.json").read_text("utf-8"))
    assert summary["best"]["measure"] == table["measure"].iloc[0]


@pytest.mark.slow
def test_rows_add_up(ranked):
    """What the ledger's rows hold is what is curtailed; rates and pairs follow from the energies."""
    _, folder, _ = ranked
    findings = read_findings(folder)
    summary, table = findings.summary, findings.tables["measures"]
    ledger = findings.tables["measures_ledger"]
    assert ledger["both_mwh"].sum() / 1e3 == pytest.approx(summary["both_areas_curtailed_gwh"], rel=1e-6)
    assert ledger["city_mwh"].sum() / 1e3 == pytest.approx(summary["curtailed_gwh"], rel=1e-6)
    left = summary["curtailed_gwh"] - table["avoided_city_mwh"] / 1e3
    assert table["city_percent"].to_numpy() == pytest.approx(100.0 * left / summary["available_gwh"])
    (pair,) = findings.tables["measures_pairs"].to_dict("records")
    alone = table.set_index("measure")["avoided_both_mwh"]
    assert pair["sum_both_mwh"] == pytest.approx(alone[pair["measure_a"]] + alone[pair["measure_b"]])
    assert pair["interaction_both_mwh"] == pytest.approx(pair["together_both_mwh"] - pair["sum_both_mwh"])


@pytest.mark.slow
def test_use_of_stores_moves_and_avoids_nothing(ranked):
    """The credit splits each step's curtailment anew: both areas together lose nothing and gain nothing."""
    _, folder, _ = ranked
    row = read_findings(folder).tables["measures"].set_index("kind").loc["storage_use"]
    assert abs(row["avoided_both_mwh"]) < 1e-3
    assert row["avoided_city_mwh"] > 10.0
    assert row["effect"] == "moves"
    assert np.isnan(row["both_cny_per_mwh"])


@pytest.mark.slow
def test_costs_come_of_the_table(ranked):
    """30 MW at 100 CNY/kW over 10 years without interest: 300,000 CNY a year."""
    _, folder, _ = ranked
    row = read_findings(folder).tables["measures"].set_index("kind").loc["section_limit"]
    assert row["annual_cny"] == pytest.approx(300_000.0)
    assert row["both_cny_per_mwh"] == pytest.approx(300_000.0 / row["avoided_both_mwh"])


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_report_is_written_in_either_language(ranked, lang, tmp_path):
    _, folder, _ = ranked
    findings = read_findings(folder)
    path, *_ = write_report(findings, tmp_path, lang=lang, formats=("html",))
    page = path.read_text("utf-8")
    for name in ("外送断面提高 30 MW", "measures_ranking", "measures_pairs", "measures_candidates", "measures_cost"):
        assert name in page
    assert ("提升措施排序" in page) == (lang == "zh")
    assert "http" not in page.replace("http://www.w3.org", "").replace("http-equiv", "")


@pytest.mark.slow
def test_the_ranking_does_not_depend_on_the_number_of_processes(ranked):
    study, folder, _ = ranked
    alone = gridsim.rank_measures(read_study(study), processes=1)
    for name in ("measures", "measures_pairs", "measures_candidates", "measures_overloads", "measures_ledger"):
        there = read_findings(folder).tables[name]
        pd.testing.assert_frame_equal(
            alone.tables[name].reset_index(drop=True), there, check_dtype=False, rtol=0.0, atol=0.0
        )


def test_every_mistake_of_the_list_is_told_at_once(tmp_path):
    study = study_with(tmp_path, MISTAKES)
    with pytest.raises(InvalidInput) as bad:
        gridsim.rank_measures(read_study(study))
    told = "\n".join(str(p) for p in bad.value.problems)
    for words in (
        "there is no line '东风-东站2回'; did you mean '东风-东站I回'",
        "there is no line_type 'LGJ-4000'; did you mean 'LGJ-400'",
        "there is no bus or node area '东站1l0'; did you mean '东站10'",
        "battery needs this key",
        "thermal_minimum has no such key",
        "unknown table 'lime'; did you mean 'line'",
        "two measures are called",
    ):
        assert words in told, told
    assert "[[measure]] 2, column duration_h" in told
    assert not (tmp_path / "out").exists()


def test_a_change_that_changes_nothing_is_told(tmp_path):
    text = '\n[[measure]]\nkind = "thermal_minimum"\nelement = "外省煤电"\nmin_p_pu = 0.5\n'
    with pytest.raises(InvalidInput, match="changes nothing"):
        gridsim.rank_measures(read_study(study_with(tmp_path, text)))


def test_misspelt_keys_are_told_with_their_line(tmp_path):
    text = (
        '\n[measures]\nmosst = 3\n\n[[measure]]\nkind = "battery"\nelemnt = "东站110"\n\n[[measure]]\nkind = "line"\n'
    )
    with pytest.raises(InvalidInput) as bad:
        read_study(study_with(tmp_path, text))
    told = "\n".join(str(p) for p in bad.value.problems)
    assert "Did you mean 'most'" in told and "Did you mean 'element'" in told and "'line_uprate'" in told


def test_pumped_storage_of_later_years_may_come_earlier(tmp_path):
    """Rows due after the scenario's year are read beside the network, which leaves them out."""
    head = (
        "name,bus,area,county,units,max_p_mw,max_pump_mw,energy_mwh,efficiency_pump_percent,"
        "efficiency_turbine_percent,in_service_from\n"
    )
    plants = f"{head}早站,西站110,,西县,1,30,30,180,88,86,2032\n晚站,,外省,,1,90,90,500,88,86,2040\n"
    study = read_study(study_with(tmp_path, "", pumped_storage=plants))
    network = study_network(study)
    assert list(network["pumped_storage"]["name"]) == []
    rows = rows_to_come(study.resolve("network"), network, "pumped_storage")
    assert [(r["name"], r["in_service_from"]) for r in rows] == [("早站", 2032), ("晚站", 2040)]
    from gridsim.measures import plants as kinds

    made = kinds.pumped_storage(network, rows[0])
    after, _ = made.variant(network, study.options())
    assert after["pumped_storage"][["name", "bus", "in_service_from"]].to_numpy().tolist() == [
        ["早站", "西站110", 2030]
    ]
    assert kinds.pumped_storage(network, {**rows[0], "bus": "nowhere"}).reason == "bus_not_in_service"

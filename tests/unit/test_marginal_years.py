"""Marginal values by finite difference of whole years: the tiny study through the command line, and bad input."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gridsim.cli import app
from gridsim.errors import InvalidInput
from gridsim.marginal import Change, finite_differences, with_county, year_differences
from gridsim.profiles import make_profiles
from gridsim.run_year import study_drivers
from gridsim.store import read_findings
from gridsim.study import read_study, study_network


@pytest.fixture(scope="module")
def copied(tiny_run, tmp_path_factory) -> Path:
    """A results folder of its own: the command writes into it."""
    folder = tmp_path_factory.mktemp("边际") / "结果"
    shutil.copytree(tiny_run.out, folder)
    return folder


@pytest.mark.slow
def test_the_command_puts_differences_beside_the_basis_sensitivities(tiny_run, copied):
    """1 MW of wind in 东县 and of the tie, whole years: within 5 % and 10 % of the sensitivities, for units and stores
    jump a little; whatever else stands in the folder stays."""
    before = read_findings(copied)
    arguments = [
        "--county",
        "东县",
        "--carrier",
        "wind",
        "--limit",
        "外送断面",
        "--step-mw",
        "1",
        "--limit-step-mw",
        "1",
    ]
    command = ["marginal", str(tiny_run.study), "--out", str(copied), *arguments, "--processes", "1"]
    shown = CliRunner().invoke(app, command)
    assert shown.exit_code == 0, shown.output
    assert "东县 wind" in shown.output
    after = read_findings(copied)
    county = after.tables["marginal_county"].set_index(["county", "carrier", "method"])["both_mwh_per_mw"]
    assert county["东县", "wind", "finite_difference"] == pytest.approx(county["东县", "wind", "basis"], rel=0.05)
    limit = after.tables["marginal_limit"].set_index(["element", "method"])
    for column in ("both_mwh_per_mw", "saved_cny_per_mw"):
        told, found = limit.loc[("外送断面", "basis"), column], limit.loc[("外送断面", "finite_difference"), column]
        assert found == pytest.approx(told, rel=0.1)
    assert set(after.tables) == set(before.tables)
    assert set(after.hourly) == set(before.hourly)
    assert (copied / "report.html").read_text("utf-8").count("有限差分") >= 2
    # asked again, the rows are replaced
    assert CliRunner().invoke(app, command).exit_code == 0
    assert len(read_findings(copied).tables["marginal_county"]) == len(after.tables["marginal_county"])


def test_bad_names_and_steps_are_told_at_once(tiny_run):
    study = read_study(tiny_run.study)
    network = study_network(study)
    drivers = study_drivers(study, network)
    profiles = make_profiles(network, drivers)
    changes = [
        Change("county", "无县", "wind", 1.0),
        Change("limit", "无线", "", 0.0),
        Change("county", "西县", "wind", 1.0),
    ]
    with pytest.raises(InvalidInput) as bad:
        finite_differences(network, drivers, profiles, study.options().dispatch, changes)
    said = str(bad.value)
    # no weather is read in this study, so wind cannot stand where there is none
    for what in ("无县", "无线", "step 0 MW", "西县: no wind plant"):
        assert what in said


def test_findings_of_another_study_are_refused(tiny_run):
    study, findings = read_study(tiny_run.study), read_findings(tiny_run.out)
    other = replace(findings, manifest={**findings.manifest, "study": {"sha256": "another"}})
    with pytest.raises(InvalidInput, match="another study"):
        year_differences(study, other)
    with pytest.raises(InvalidInput, match="unknown 'gas'"):
        year_differences(study, findings, carriers=["gas"])


def test_more_capacity_is_spread_over_the_plants_of_the_county(tiny_run):
    """24 + 0 MW of sun in 东县, 6 MW more: its one plant grows by a quarter, in the table and in what it could give."""
    study = read_study(tiny_run.study)
    network = study_network(study)
    drivers = study_drivers(study, network)
    profiles = make_profiles(network, drivers)
    grown, more = with_county(network, drivers, profiles, Change("county", "东县", "solar", 6.0))
    size = grown["solar"].set_index("name")["max_p_mw"]
    assert size["东站分布式光伏"] == pytest.approx(30.0)
    assert size["西站光伏"] == pytest.approx(40.0)
    ratio = more.available_mw.sum() / profiles.available_mw.sum()
    assert ratio["东站分布式光伏"] == pytest.approx(1.25)
    assert ratio["西站光伏"] == pytest.approx(1.0)

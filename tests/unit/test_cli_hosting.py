"""``gridsim hosting`` from the command line, the search itself left out."""

from __future__ import annotations

from dataclasses import replace

import pytest
import tiny_study
from small_hosting import setting, two_counties
from test_hosting import ASKED, searched
from typer.testing import CliRunner

import gridsim.hosting
from gridsim.cli import app
from gridsim.store import Findings, read_findings


@pytest.fixture(scope="module")
def findings() -> Findings:
    """What a search of the two counties finds, with the summary of a study."""
    made = searched(setting(two_counties()), replace(ASKED, max_mw=100.0))
    summary = {"area": "城", "area_en": "city", "year": 2030, "scenario": "2030", "target_percent": 5.0}
    rates = {"curtailment_percent": 0.0, "both_areas_curtailment_percent": 0.0}
    return Findings(summary | rates, {"points": {"simulated": 9, "known_before": 3}}, made)


def test_a_table_of_counties_and_a_results_folder(tmp_path, findings, monkeypatch):
    """26 MW in the east; in the west everything holds up to the end of the search."""
    asked: dict = {}
    monkeypatch.setattr(gridsim.hosting, "hosting_capacity", lambda study, **more: asked.update(more) or findings)
    path, out = tiny_study.write_study(tmp_path), tmp_path / "out"
    done = CliRunner().invoke(
        app, ["hosting", str(path), "--county", "东县", "--mix", "m", "--out", str(out), "--format", "html"]
    )
    assert done.exit_code == 0, done.output
    assert (asked["counties"], asked["mixes"], asked["folder"]) == (["东县"], ["m"], out)
    assert "26" in done.output
    assert "> 100" in done.output
    assert "9 years simulated, 3 known before" in done.output
    assert read_findings(out).tables["hosting_system"]["county"].tolist()[0] == "east"
    assert (out / "report.html").is_file()


def test_a_search_that_ended_at_a_failure_is_exit_code_three(tmp_path, findings, monkeypatch):
    system = findings.tables["hosting_system"].assign(ok=False, detail="window 7")
    lost = Findings(findings.summary, findings.manifest, {**findings.tables, "hosting_system": system})
    monkeypatch.setattr(gridsim.hosting, "hosting_capacity", lambda study, **more: lost)
    path = tiny_study.write_study(tmp_path)
    done = CliRunner().invoke(app, ["hosting", str(path), "--out", str(tmp_path / "out"), "--format", "html"])
    assert done.exit_code == 3
    assert "window 7" in done.output


def test_unknown_counties_and_mixes_are_said_before_any_work(tmp_path):
    path = tiny_study.write_study(tmp_path)
    done = CliRunner().invoke(
        app, ["hosting", str(path), "--county", "北县", "--mix", "潮汐", "--out", str(tmp_path / "out")]
    )
    assert done.exit_code == 2
    assert "北县" in done.output
    assert "潮汐" in done.output
    assert not (tmp_path / "out").exists()

"""``gridsim report``: problems of all folders at once, names of the results, places of the files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from fake_findings import fake_findings
from typer.testing import CliRunner

from gridsim.cli import app
from gridsim.store import write_findings


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_findings(replace(fake_findings(), hourly={}), tmp_path_factory.mktemp("r") / "基准")


def gridsim(*words: object) -> tuple[int, str]:
    result = CliRunner().invoke(app, [str(w) for w in words])
    return result.exit_code, result.output + result.stderr


def test_problems_of_all_folders_are_listed_at_once(folder: Path, tmp_path: Path) -> None:
    half = write_findings(replace(fake_findings(), hourly={}), tmp_path / "半")
    (half / "tables" / "ac.csv").unlink()
    code, said = gridsim("report", folder, "--beside", tmp_path / "没有", "--beside", half, "--format", "html")
    assert code == 2
    assert "没有: is not a complete results folder" in said
    assert "ac.csv: is missing" in said
    assert not (folder / "side_by_side").exists()


def test_two_results_of_one_name_are_named_apart(folder: Path) -> None:
    code, said = gridsim("report", folder, "--beside", folder, "--format", "html")
    assert (code, "two results are called '基准'" in said) == (2, True)
    code, said = gridsim("report", folder, "--beside", f"措施后={folder}", "--format", "html")
    assert (code, (folder / "side_by_side" / "report.html").is_file()) == (0, True)


def test_a_county_has_a_folder_of_its_own_and_nothing_beside_it(folder: Path) -> None:
    assert gridsim("report", folder, "--county", "平江县", "--format", "html")[0] == 0
    assert (folder / "counties" / "平江县" / "report.html").is_file()
    assert gridsim("report", folder, "--county", "平江县", "--beside", folder)[0] == 2
    code, said = gridsim("report", folder, "--county", "平江", "--format", "html")
    assert (code, "Did you mean 平江县" in said) == (2, True)


def test_unknown_formats_and_a_missing_template_are_listed_at_once(folder: Path, tmp_path: Path) -> None:
    code, said = gridsim("report", folder, "--format", "pdf,html", "--template", tmp_path / "x.docx", "--lang", "fr")
    assert code == 2
    assert all(word in said for word in ("'pdf'", "x.docx", "'fr'"))

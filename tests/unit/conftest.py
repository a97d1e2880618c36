"""One end-to-end run of the tiny study per session, through the command line, with the case it simulated."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import tiny_study
from typer.testing import CliRunner

import gridsim.run_year
from gridsim.case import Case
from gridsim.cli import app


@dataclass(frozen=True)
class TinyRun:
    """``gridsim run`` of the tiny study: its folder, the results folder, what was printed and the simulated case."""

    study: Path
    out: Path
    exit_code: int
    stdout: str
    stderr: str
    case: Case


@pytest.fixture(scope="session")
def tiny_run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TinyRun]:
    folder = tmp_path_factory.mktemp("小城")
    study = tiny_study.write_study(folder)
    kept: list[Case] = []
    simulate = gridsim.run_year.simulate

    def keep(*args: Any, **options: Any) -> Case:
        kept.append(simulate(*args, **options))
        return kept[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gridsim.run_year, "simulate", keep)
        result = CliRunner().invoke(app, ["run", str(study), "--out", str(folder / "结果")])
    assert result.exception is None, result.output
    yield TinyRun(study, folder / "结果", result.exit_code, result.stdout, result.stderr, kept[0])

"""The real studies, each run once per session, with what went into the simulation before and after it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import gridsim.run_year
from gridsim.case import Case
from gridsim.report import write_report
from gridsim.run import run_study
from gridsim.store import read_findings, write_findings
from gridsim.study import Study, read_study

STUDIES = Path(__file__).parents[2] / "studies"


def digest(value: Any) -> str:
    """sha256 of frames, arrays and mappings of them, values, columns and index included."""
    if isinstance(value, Mapping):
        return digest(repr({str(k): digest(v) for k, v in value.items()}))
    if isinstance(value, pd.DataFrame):
        cells = pd.util.hash_pandas_object(value, index=True).to_numpy()
        return digest(repr((list(value.columns), [str(t) for t in value.dtypes], digest(cells))))
    content = value.tobytes() if isinstance(value, np.ndarray) else str(value).encode()
    return hashlib.sha256(content).hexdigest()


def inputs(network: Any, drivers: Any) -> dict[str, str]:
    """Digest of everything a simulation is given."""
    tables = {f"table {name}": digest(table) for name, table in network.tables.items()}
    return tables | {
        "weather": digest(drivers.weather),
        "demand": digest(drivers.demand_mw),
        "available": digest(drivers.available_mw),
        "sites": digest(drivers.sites),
        "index": digest(drivers.index.asi8),
    }


@dataclass(frozen=True)
class StudyRun:
    """Findings as read back from ``folder``, the case, and digests of its inputs before and after."""

    study: Study
    folder: Path
    findings: Any
    case: Case
    before: dict[str, str]
    after: dict[str, str]


def run_once(study: Study, folder: Path) -> StudyRun:
    kept: dict[str, Any] = {}
    simulate = gridsim.run_year.simulate

    def keep(network: Any, drivers: Any, *args: Any, **options: Any) -> Case:
        kept["before"] = inputs(network, drivers)
        kept["case"] = simulate(network, drivers, *args, **options)
        kept["after"] = inputs(network, drivers)
        return kept["case"]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gridsim.run_year, "simulate", keep)
        findings = run_study(study)
    write_findings(findings, folder)
    write_report(findings, folder, lang="zh")
    return StudyRun(study, folder, read_findings(folder), kept["case"], kept["before"], kept["after"])


@pytest.fixture(scope="session")
def yueyang_2030(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StudyRun]:
    yield run_once(read_study(STUDIES / "yueyang_2030.toml"), tmp_path_factory.mktemp("2030") / "结果")


@pytest.fixture(scope="session")
def yueyang_2025(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StudyRun]:
    """The back-cast; without AC, which the province's rate does not need."""
    study = read_study(STUDIES / "yueyang_2025.toml").with_changes(ac={"enabled": False})
    yield run_once(study, tmp_path_factory.mktemp("2025") / "结果")

"""What determines a case, as one hash: the same key, the same result, on any machine.

The key of a case is the sha256 of: the tables of its network after the overlay of its scenario; the weather and series
files it reads; every section of its study, the varied keys included; the source code of gridsim and the versions of
the packages it computes with.  Where files lie and how the study is called has no part in it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from gridsim.errors import Problem, raise_if
from gridsim.keys import code_hash, network_hash
from gridsim.network import read_network
from gridsim.study import Study
from gridsim.sweep.matrix import SweepCase

#: keys of a study that decide no result
_NOT_KEYED = {"name", "report", "sweep", "path", "sha256"}


def case_keys(cases: Sequence[SweepCase]) -> list[str]:
    """Key of every case, (case,).

    Tables and files are read and hashed once each, however many cases use them.

    Raises
    ------
    InvalidInput
        Tables or files that cannot be read, or two cases that are the same.
    """
    code = code_hash()
    tables: dict[tuple[Path, str], str] = {}
    weather: dict[tuple[str, ...], str] = {}
    files: dict[Path, str] = {}
    keys = []
    for case in cases:
        study = case.study
        of_tables = (study.resolve(study.network.folder), study.network.scenario)
        if of_tables not in tables:
            tables[of_tables] = network_hash(read_network(of_tables[0], scenario=of_tables[1]))
        of_weather = (str(study.resolve(study.weather.folder)), *map(str, study.weather.model_dump().values()))
        if of_weather not in weather:
            weather[of_weather] = _weather_hash(study)
        series = [study.resolve(s) for group in study.series.model_dump().values() for s in group]
        for path in series:
            if path not in files:
                files[path] = _file_hash(path)
        parts = [code, tables[of_tables], weather[of_weather], *(files[p] for p in series), _study_text(study)]
        keys.append(hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32])
    _check_distinct(cases, keys)
    return keys


def _check_distinct(cases: Sequence[SweepCase], keys: Sequence[str]) -> None:
    first: dict[str, SweepCase] = {}
    problems = []
    for case, key in zip(cases, keys):
        if key in first:
            what = f"the cases {first[key].name!r} and {case.name!r} are the same"
            problems.append(Problem(case.study.path.name, what, "leave one of them out (exclude)", row="[sweep]"))
        first.setdefault(key, case)
    raise_if(problems)


def _study_text(study: Study) -> str:
    content: dict[str, Any] = study.model_dump(mode="json", exclude=_NOT_KEYED)
    for section in ("network", "weather"):
        content[section].pop("folder")
    content["series"] = {kind: len(paths) for kind, paths in content["series"].items()}
    return json.dumps(content, sort_keys=True, ensure_ascii=False)


def _weather_hash(study: Study) -> str:
    """Hash of every file of a weather folder that this study's weather may be read from."""
    folder, weather = study.resolve(study.weather.folder), study.weather
    years = [str(y) for y in weather.years] or ["typical" if weather.year is None else str(weather.year)]
    top = sorted(p for p in folder.glob("*") if p.is_file())
    if weather.source == "synthetic":
        return _files_hash(top, folder)
    inside = [folder / year for year in years] if weather.source == "files" else [folder]
    return _files_hash(sorted({*top, *(p for at in inside for p in at.rglob("*") if p.is_file())}), folder)


def _files_hash(paths: Iterable[Path], root: Path) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(f"{path.relative_to(root).as_posix()} {_file_hash(path)}\n".encode())
    return digest.hexdigest()


def _file_hash(path: Path) -> str:
    """sha256 of a file; a file that is not there has the hash of nothing: the case itself says what is missing."""
    if not path.is_file():
        return ""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()

"""The noun Findings and its results folder: written whole or not at all, read back as it was.

Layout (units in the column names)::

    manifest.json   how it was made, plus ``results``: format and sha256 and column types of every file
    summary.json    the headline figures
    tables/*.csv    UTF-8 with byte-order mark, so that a spreadsheet shows Chinese names; point decimals
    hourly/*.parquet

The folder is built beside its final place and renamed into it, so a reader sees the old results, the new
ones or none, never a mixture.  ``manifest.json`` is written last: a folder without it is no results folder.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import pandas_dtype

from gridsim.errors import InvalidInput, Problem, raise_if
from gridsim.hourly import SUFFIX, HourlyFiles, write_hourly

FORMAT = "gridsim-results-1"
MANIFEST = "manifest.json"
SUMMARY = "summary.json"

#: folder in which a command keeps what it would not calculate again (gridsim hosting); stays when results are replaced
KEPT = "points"
#: what the report puts into a results folder; belongs to the results and goes with them
REPORTS = ("report.html", "report.docx", "report.xlsx", "figures", "counties", "side_by_side")


@dataclass(frozen=True)
class Findings:
    """Everything a run found out, as tidy tables; the report prints them and decides nothing.

    Attributes
    ----------
    summary : mapping
        The headline figures, ``summary.json`` (energies in GWh, rates in per cent).
    manifest : mapping
        How the results were made: versions, input hashes, options, stage times, solver status.
    tables : mapping of str to DataFrame
        ``tables/<name>.csv``.  A column holds one kind of value; the index is not stored.  A name may
        contain ``/`` (a folder below ``tables``).
    hourly : mapping of str to DataFrame
        ``hourly/<name>.parquet``, index included.  Read back they stay on disk until they are asked for
        (:class:`gridsim.hourly.HourlyFiles`).
    """

    summary: Mapping[str, Any]
    manifest: Mapping[str, Any] = field(default_factory=dict)
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    hourly: Mapping[str, pd.DataFrame] = field(default_factory=dict)

    @property
    def created(self) -> datetime | None:
        """When the results were made, in UTC without its mark, as files date themselves; None if they do not say."""
        try:
            made = datetime.fromisoformat(str(self.manifest.get("created", "")))
        except ValueError:
            return None
        return made.astimezone(UTC).replace(tzinfo=None) if made.tzinfo else made


def check_results_folder(folder: str | Path) -> None:
    """Raise :class:`InvalidInput` if results may not be written to ``folder``.

    Allowed are a folder that does not exist, an empty one and an earlier results folder.  Anything else
    belongs to somebody.  Cheap: call it before a long run.
    """
    raise_if(_folder_problems(Path(folder).resolve()))


@contextmanager
def staging_beside(folder: str | Path) -> Iterator[Path]:
    """A folder on the disk of a results folder for what is made before it can be written; removed afterwards."""
    target = Path(folder).resolve()
    path = target.parent / f".{target.name}.years-{uuid.uuid4().hex[:8]}"
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def write_findings(findings: Findings, folder: str | Path) -> Path:
    """Write a results folder, all of it or nothing.

    Earlier results in ``folder`` are replaced; files in it that gridsim did not write are carried over.
    On any failure the folder is what it was before.

    Parameters
    ----------
    findings : Findings
        What to write.
    folder : str or Path
        Results folder, see :func:`check_results_folder`.

    Returns
    -------
    Path
        The folder, absolute.

    Raises
    ------
    InvalidInput
        The folder holds something else, cannot be written, or a table name is not a file name.
    """
    target = Path(folder).resolve()
    names = [*findings.tables, *findings.hourly]
    raise_if([*_folder_problems(target), *(_bad_name(target, name) for name in names if not _is_name(name))])
    building = target.parent / f".{target.name}.new-{uuid.uuid4().hex[:8]}"
    try:
        building.mkdir(parents=True)
        _write_content(findings, building)
        _carry_over(target, building)
        _swap(building, target)
    except OSError as error:
        what = f"cannot be written: {error.strerror or error}"
        fix = "Choose a folder you may write to; close programs that have files of it open."
        raise InvalidInput([Problem(str(error.filename or target), what, fix)]) from error
    finally:
        shutil.rmtree(building, ignore_errors=True)
    return target


def read_findings(folder: str | Path) -> Findings:
    """Read a results folder that :func:`write_findings` wrote.

    Tables come back with the types they were written with (text cells that were empty as ``""``); hourly frames are
    read when they are asked for.
    Tables that were added by hand are read too.

    Raises
    ------
    InvalidInput
        No results folder, or files that the manifest names are missing.
    """
    root = Path(folder)
    stored = _stored(root)
    if stored is None:
        fix = "Name a folder that 'gridsim run' wrote (it holds manifest.json)."
        raise InvalidInput([Problem(str(root), "is not a complete results folder", fix)])
    files: dict[str, Any] = stored["results"]["files"]
    gone = [name for name in files if not (root / name).is_file()]
    raise_if([Problem(str(root / name), "is missing", "Run the study again.") for name in gone])
    manifest = {key: value for key, value in stored.items() if key != "results"}
    tables = {
        name: _read_csv(path, files.get(f"tables/{name}.csv", {}).get("types", {}))
        for name, path in _files_below(root / "tables", ".csv")
    }
    return Findings(json.loads((root / SUMMARY).read_text("utf-8")), manifest, tables, HourlyFiles(root / "hourly"))


# --- the content ---------------------------------------------------------------------------------------------


def _write_content(findings: Findings, folder: Path) -> None:
    """Fill an empty folder; the manifest comes last."""
    files: dict[str, dict[str, Any]] = {}
    _write_json(folder / SUMMARY, findings.summary)
    files[SUMMARY] = {"sha256": _sha256(folder / SUMMARY)}
    for name, table in sorted(findings.tables.items()):
        path = _make_path(folder, "tables", f"{name}.csv")
        table.to_csv(path, index=False, encoding="utf-8-sig", lineterminator="\n")
        types = {str(column): str(kind) for column, kind in table.dtypes.items()}
        files[f"tables/{name}.csv"] = {"sha256": _sha256(path), "types": types}
    for name in sorted(findings.hourly):
        path = _make_path(folder, "hourly", f"{name}{SUFFIX}")
        write_hourly(findings.hourly, name, path)
        files[f"hourly/{name}{SUFFIX}"] = {"sha256": _sha256(path)}
    _write_json(folder / MANIFEST, {**findings.manifest, "results": {"format": FORMAT, "files": files}})


def _make_path(folder: Path, kind: str, name: str) -> Path:
    path = folder / kind / name
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _write_json(path: Path, value: Mapping[str, Any]) -> None:
    text = json.dumps(_plain(value), ensure_ascii=False, indent=1, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")


def _plain(value: Any) -> Any:
    """``value`` in JSON's types; what is not a number (NaN, infinity) becomes null, never a number."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | np.ndarray | pd.Series):
        return [_plain(item) for item in value]
    if isinstance(value, np.generic):
        return _plain(value.item())
    if isinstance(value, float):
        return value if np.isfinite(value) else None
    return value if value is None or isinstance(value, bool | int | str) else str(value)


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _files_below(folder: Path, suffix: str) -> list[tuple[str, Path]]:
    """``(name, path)`` of the files with one suffix, names relative with ``/`` and without the suffix."""
    paths = sorted(folder.rglob(f"*{suffix}"))
    return [(path.relative_to(folder).as_posix().removesuffix(suffix), path) for path in paths]


def _read_csv(path: Path, types: Mapping[str, str]) -> pd.DataFrame:
    """One table with the column types it was written with; unknown columns as pandas guesses them.

    A spreadsheet may have saved the file again, so GBK is read as well.
    """
    if path.stat().st_size < 8 and not types:  # a table without columns
        return pd.DataFrame()
    numbers = {c: kind for c, kind in types.items() if kind.lower().startswith(("bool", "int", "uint", "float"))}
    kinds: dict[str, Any] = {c: numbers.get(c, str) for c in types}
    blanks = {c: [""] for c in numbers}
    try:
        options: dict[str, Any] = {"encoding": _encoding(path), "float_precision": "round_trip"}
        table = pd.read_csv(path, dtype=kinds, na_values=blanks, keep_default_na=not types, **options)
        for column, kind in types.items():
            if kind.startswith("datetime64"):
                times = pd.to_datetime(table[column])
                nowhere = times.isna().all()  # nothing says a time zone: the type does
                table[column] = pd.Series(times, dtype="object" if nowhere else None).astype(pandas_dtype(kind))
    except (ValueError, KeyError) as error:
        fix = "Restore the file or run the study again."
        raise InvalidInput([Problem(str(path), f"was changed and cannot be read: {error}", fix)]) from error
    return table


def _encoding(path: Path) -> str:
    try:
        path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        return "gb18030"
    return "utf-8-sig"


# --- the folder ----------------------------------------------------------------------------------------------


def _stored(folder: Path) -> dict[str, Any] | None:
    """The manifest of a results folder as it is on disk, None if the folder is no results folder."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
    except (OSError, ValueError):
        return None
    known = isinstance(manifest, dict) and isinstance(manifest.get("results"), dict)
    return manifest if known and manifest["results"].get("format") == FORMAT else None


def _folder_problems(target: Path) -> list[Problem]:
    fix = "Name a new or empty folder, or an earlier results folder."
    if target.exists() and not target.is_dir():
        return [Problem(str(target), "is a file", fix)]
    if target.is_dir() and any(p.name != KEPT for p in target.iterdir()) and _stored(target) is None:
        return [Problem(str(target), "is not empty and holds no gridsim results; nothing was written", fix)]
    return []


def _is_name(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return bool(parts) and "\\" not in name and not name.startswith("/") and ".." not in parts


def _bad_name(target: Path, name: str) -> Problem:
    return Problem(str(target), f"table name {name!r} is not a file name", "Use letters, digits, '_' and '/'.")


def _carry_over(target: Path, building: Path) -> None:
    """Copy what a user put into the old results folder (notes, own charts) into the new one."""
    stored = _stored(target)
    ours = {MANIFEST, *(stored["results"]["files"] if stored else ())}
    problems = []
    for path in sorted(p for p in target.rglob("*") if p.is_file()):
        name = path.relative_to(target).as_posix()
        if name in ours or name.split("/")[0] in REPORTS:
            continue
        copy = building / name
        if copy.exists():
            problems.append(Problem(str(path), "is in the way of a new table", "Move this file, then run again."))
        else:
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, copy)
    raise_if(problems)


def _swap(building: Path, target: Path) -> None:
    """Put ``building`` in the place of ``target``; if that fails, ``target`` is what it was."""
    if not target.exists():
        building.rename(target)
        return
    old = target.parent / f".{target.name}.old-{uuid.uuid4().hex[:8]}"
    target.rename(old)
    try:
        building.rename(target)
    except BaseException:
        old.rename(target)
        raise
    shutil.rmtree(old, ignore_errors=True)

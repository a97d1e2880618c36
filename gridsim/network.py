"""The Network: tables of assets in one scenario year, nothing else.

``read_network(folder, scenario=...)`` reads ``base/*.csv``, lays ``scenarios/<name>/*.csv`` over it,
keeps the rows in service in the scenario's year, fills empty electrical cells from the standard
types and sorts every table by its key.  Row order in a file never has a meaning.
"""

from __future__ import annotations

import csv
import io
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gridsim.cells import hint
from gridsim.errors import InvalidInput, Problem, raise_if
from gridsim.references import assemble, check_references, drop_orphans, names_of
from gridsim.schema import SOURCE_COLUMNS, STATUSES, TABLES
from gridsim.tables import Sheet, frame_sheet, overlay, read_sheet, read_text, show_key

_SCENARIO_KEYS = ("year", "title", "title_en", "note")


@dataclass(frozen=True)
class Network:
    """Tables by name (see :data:`gridsim.schema.TABLES`), of one scenario year.

    Attributes
    ----------
    tables : mapping of str to DataFrame
        Each table indexed 0..n-1, sorted by key; ``name`` is a column.  Every table of the schema is
        present, possibly empty.  Lines carry an extra column ``in_service`` (False = normally open).
    year : int
        Scenario year.
    scenario : str
        Scenario name.
    name : str
        Name of the network folder.
    assumed : DataFrame
        Rows of ``sources.csv`` with ``status == "assumed"`` that apply to this scenario.
    files : mapping of str to str
        sha256 of every file read, by path relative to the network folder.
    """

    tables: Mapping[str, pd.DataFrame]
    year: int
    scenario: str = "base"
    name: str = "network"
    assumed: pd.DataFrame = field(default_factory=pd.DataFrame)
    files: Mapping[str, str] = field(default_factory=dict)

    def __getitem__(self, table: str) -> pd.DataFrame:
        return self.tables[table]

    def with_table(self, table: str, frame: pd.DataFrame) -> Network:
        """A copy with one table replaced (validated and sorted like a file).

        See :meth:`with_tables`; rows of other tables that belong to a row that is gone (months and
        outages of a plant, branches of a section) go with it.
        """
        return self.with_tables({table: frame})

    def with_tables(self, frames: Mapping[str, pd.DataFrame]) -> Network:
        """A copy with several tables replaced at once, e.g. to rename what others refer to.

        Parameters
        ----------
        frames : mapping of table name to DataFrame
            Complete tables; optional columns may be left out.

        Raises
        ------
        InvalidInput
            With every cell, key and reference that is wrong.
        """
        problems: list[Problem] = []
        sheets = {t: _as_sheet(t, f) for t, f in self.tables.items()}
        for table, frame in frames.items():
            if table == "line" and "in_service" in frame:
                _same_state(frame, problems)
                frame = frame.drop(columns="in_service")
            sheet = frame_sheet(frame, table, complete=True, problems=problems)
            if sheet is not None:
                sheets[table] = sheet
        raise_if(problems)
        changed = frozenset(frames)
        drop_orphans(sheets, spare=changed)
        return self._rebuilt(sheets, changed)

    def with_cells(self, table: str, cells: pd.DataFrame) -> Network:
        """A copy with some cells changed: ``cells`` has the key columns and the changed columns.

        An empty cell changes nothing.  A changed ``std_type`` brings its electrical values with it,
        except where the row had its own.

        Raises
        ------
        InvalidInput
            With every unknown key and every cell that is wrong.
        """
        problems: list[Problem] = []
        base = _as_sheet(table, self.tables[table])
        sheet = frame_sheet(cells, table, complete=False, problems=problems)
        raise_if(problems)
        assert sheet is not None
        known = set(base.row_keys())
        for key, (file, row) in zip(sheet.row_keys(), sheet.origin):
            if key not in known:
                near = hint(row, [show_key(k) for k in known])
                problems.append(Problem(file, f"there is no row '{row}'{near}", "name an existing row", row=row))
        raise_if(problems)
        types = TABLES[table].types
        if types and "std_type" in sheet.frame:
            base = _without_type_values(base, sheet, self.tables[types])
        sheets = {t: _as_sheet(t, f) for t, f in self.tables.items()}
        return self._rebuilt({**sheets, table: overlay(base, sheet, problems)}, frozenset({table}))

    def _rebuilt(self, sheets: dict[str, Sheet], changed: frozenset[str]) -> Network:
        problems: list[Problem] = []
        check_references(sheets, names_of(sheets), problems, changed=changed)
        same = frozenset(self.tables) - changed
        tables = assemble(sheets, year=self.year, scenario=self.scenario, problems=problems, complete=same)
        raise_if(problems)
        return replace(self, tables=tables)


def read_network(folder: str | Path, scenario: str | None = None) -> Network:
    """Read a network folder in one scenario.

    Parameters
    ----------
    folder : str or Path
        Holds ``base/*.csv``, optionally ``scenarios/<name>/`` (``scenario.toml`` with ``year``, and
        overlays of changed cells and new rows) and ``sources.csv``.
    scenario : str, optional
        Name of a folder under ``scenarios``.  Without it the base tables alone are read, which needs
        that no row has a first or last year in service.

    Returns
    -------
    Network

    Raises
    ------
    InvalidInput
        With all problems at once: file, row, column, what is wrong, what to do.
    """
    root = Path(folder)
    problems: list[Problem] = []
    files: dict[str, str] = {}
    if not (root / "base").is_dir():
        what, fix = "there is no folder 'base' with the tables", "give the path of a network folder"
        raise InvalidInput([Problem(str(root), what, fix)])
    year = _scenario_year(root, scenario, files, problems)
    sheets, unreadable = _read_folder(root, "base", files, problems, complete=True)
    changes: dict[str, Sheet] = {}
    if scenario is not None and year is not None:
        changes, broken = _read_folder(root, f"scenarios/{scenario}", files, problems, complete=False)
        unreadable |= broken
    # References are judged file by file: only there a name still stands in its own row.
    for part in (sheets, changes):
        check_references(part, names_of(sheets, changes), problems, unreadable=frozenset(unreadable))
    for table, sheet in changes.items():
        empty = Sheet(table, sheet.frame.iloc[:0], ())
        sheets[table] = overlay(sheets.get(table, empty), sheet, problems)
    for table, spec in TABLES.items():
        if spec.required and table not in sheets and table not in unreadable:
            what = f"the table '{table}' is missing ({spec.doc})"
            problems.append(Problem(f"{root.name}/base", what, f"add {table}.csv"))
    if year is None:
        year = _year_of_base(root, sheets, scenario, problems)
    label = scenario or "base"
    tables = assemble(sheets, year=year, scenario=label, problems=problems, unreadable=frozenset(unreadable))
    sources = _read_sources(root, files, problems)
    raise_if(_first_of_each_cell(problems))
    return Network(tables, year, label, root.name, _assumed(sources, tables, label), files)


def _first_of_each_cell(problems: list[Problem]) -> list[Problem]:
    """What follows from a bad cell (it counts as absent) is not reported beside it."""
    seen: set[tuple[str, str, str]] = set()
    kept = []
    for problem in problems:
        place = (problem.file, problem.row, problem.column)
        if not (problem.row and problem.column) or place not in seen:
            kept.append(problem)
        seen.add(place)
    return kept


# ---------------------------------------------------------------------------------- files


def _scenario_year(root: Path, scenario: str | None, files: dict[str, str], problems: list[Problem]) -> int | None:
    """Year of ``scenarios/<name>/scenario.toml``; None when it is not to be had (with a problem)."""
    if scenario is None:
        return None
    exist = scenario_names(root)
    path = root / "scenarios" / scenario / "scenario.toml"
    label = f"{root.name}/scenarios/{scenario}/scenario.toml"
    if not path.is_file():
        what = f"scenario '{scenario}' does not exist{hint(scenario, exist)}"
        fix = f"use one of: {', '.join(exist)}" if exist else "make the folder with a scenario.toml: year = ..."
        problems.append(Problem(f"{root.name}/scenarios", what, fix))
        return None
    text, files[f"scenarios/{scenario}/scenario.toml"] = read_text(path, label, problems)
    try:
        options: dict[str, Any] = tomllib.loads(text or "")
    except tomllib.TOMLDecodeError as bad:
        problems.append(Problem(label, f"not valid TOML: {bad}", "write lines like: year = 2030"))
        return None
    for key in options:
        if key not in _SCENARIO_KEYS:
            what = f"unknown key '{key}'{hint(key, _SCENARIO_KEYS)}"
            problems.append(Problem(label, what, f"use one of: {', '.join(_SCENARIO_KEYS)}", column=key))
    year = options.get("year")
    if not isinstance(year, int) or isinstance(year, bool) or not 1900 <= year <= 2200:
        problems.append(Problem(label, f"year is {year!r}", "write the scenario year, e.g. year = 2030", column="year"))
        return None
    return year


def scenario_names(folder: str | Path) -> list[str]:
    """Names of the scenarios of a network folder, sorted."""
    return sorted(p.parent.name for p in Path(folder).glob("scenarios/*/scenario.toml"))


def _read_folder(
    root: Path, part: str, files: dict[str, str], problems: list[Problem], *, complete: bool
) -> tuple[dict[str, Sheet], set[str]]:
    """Sheets of one folder, and the tables whose file cannot be used at all."""
    sheets, unreadable = {}, set()
    for path in sorted((root / part).glob("*.csv")):
        label = f"{root.name}/{part}/{path.name}"
        if path.stem not in TABLES:
            what = f"no table is called '{path.stem}'{hint(path.stem, TABLES)}"
            problems.append(Problem(label, what, f"rename the file; tables are: {', '.join(TABLES)}"))
            continue
        sheet, digest = read_sheet(path, path.stem, label=label, complete=complete, problems=problems)
        files[f"{part}/{path.name}"] = digest
        if sheet is None:
            unreadable.add(path.stem)
        else:
            sheets[path.stem] = sheet
    return sheets, unreadable


def _year_of_base(root: Path, sheets: dict[str, Sheet], scenario: str | None, problems: list[Problem]) -> int:
    """The base alone has no year: right only where no row has a lifetime."""
    if scenario is not None:
        return 0
    for table, sheet in sheets.items():
        for column, open_end in (("in_service_from", 0), ("in_service_to", 9999)):
            if column in sheet.frame and (sheet.frame[column].fillna(open_end) != open_end).any():
                names = scenario_names(root)
                fix = f"choose a scenario: {', '.join(names)}" if names else "add scenarios/<name>/scenario.toml"
                what = f"'{table}' has rows with {column}, so the tables need a year"
                problems.append(Problem(f"{root.name}/base/{table}.csv", what, fix, column=column))
                return 0
    return 0


def _read_sources(root: Path, files: dict[str, str], problems: list[Problem]) -> pd.DataFrame:
    """sources.csv: where each value comes from (column ``scenario``: a name, or ``*`` for all)."""
    empty = pd.DataFrame(columns=list(SOURCE_COLUMNS))
    path, label = root / "sources.csv", f"{root.name}/sources.csv"
    if not path.is_file():
        return empty
    text, files["sources.csv"] = read_text(path, label, problems)
    reader = csv.DictReader(io.StringIO(text or "", newline=""), restval="")
    missing = [c for c in SOURCE_COLUMNS if c not in (reader.fieldnames or ())]
    for column in missing:
        what = f"column '{column}' is missing"
        problems.append(Problem(label, what, f"add the column '{column}'", row="1", column=column))
    if missing:
        return empty
    scenarios = (*scenario_names(root), "base", "*")
    allowed: dict[str, tuple[str, ...]] = {"table": (*TABLES, "*"), "status": STATUSES, "scenario": scenarios}
    rows = []
    for row in reader:
        rows.append({c: row[c].strip() for c in SOURCE_COLUMNS})
        if rows[-1]["table"] in TABLES:
            allowed["column"] = (*TABLES[rows[-1]["table"]].columns, "*")
        for column, words in allowed.items():
            if rows[-1][column] not in words:
                what = f"'{row[column]}' is not allowed{hint(row[column], words)}"
                fix = f"use one of: {', '.join(words)}"
                problems.append(Problem(label, what, fix, row=str(reader.line_num), column=column))
    return pd.DataFrame(rows, columns=list(SOURCE_COLUMNS))


def _assumed(sources: pd.DataFrame, tables: Mapping[str, pd.DataFrame], scenario: str) -> pd.DataFrame:
    """Assumptions about something that is in service in this scenario (``*`` stands for any text)."""
    rows = sources[(sources["status"] == "assumed") & sources["scenario"].isin(("*", scenario))]
    keep = [
        table == "*" or any(fnmatchcase(known, name) for known in tables[table][TABLES[table].key[0]])
        for table, name in zip(rows["table"], rows["name"])
    ]
    return rows[np.array(keep, dtype=bool)].reset_index(drop=True)


# ---------------------------------------------------------------------------------- changed copies


def _as_sheet(table: str, frame: pd.DataFrame) -> Sheet:
    label = f"table {table}"
    spec = TABLES[table]
    keys = zip(*(frame[k] for k in spec.key))
    return Sheet(table, frame[list(spec.columns)], tuple((label, show_key(k)) for k in keys))


def _same_state(frame: pd.DataFrame, problems: list[Problem]) -> None:
    """``in_service`` of a line follows from ``normally_open``; a contradiction is not resolved by guessing."""
    opened = frame.get("normally_open", ~frame["in_service"])
    for name, live, is_open in zip(frame["name"], frame["in_service"], opened):
        if bool(live) == bool(is_open):
            what = f"in_service {live} contradicts normally_open {is_open}"
            fix = "change normally_open, leave in_service out"
            problems.append(Problem("table line", what, fix, row=str(name), column="in_service"))


def _without_type_values(base: Sheet, cells: Sheet, types: pd.DataFrame) -> Sheet:
    """Empty the electrical cells that came from a standard type that is about to change."""
    frame, kinds = base.frame.copy(), types.set_index("name")
    wanted = dict(zip(cells.frame["name"], cells.frame["std_type"]))
    new = frame["name"].map(wanted)
    changed = (new.notna() & (new != frame["std_type"])).to_numpy()
    for column in kinds.columns:
        from_type = frame["std_type"].map(kinds[column].to_dict()) == frame[column]
        frame[column] = frame[column].astype("float64").mask(changed & from_type)
    return Sheet(base.table, frame, base.origin)

"""The Network: tables of assets in one scenario year, nothing else.

``read_network(folder, scenario=...)`` reads ``base/*.csv``, lays ``scenarios/<name>/*.csv`` over it,
keeps the rows in service in the scenario's year, fills empty electrical cells from the standard
types and sorts every table by its key.  Row order in a file never has a meaning.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd

from gridsim.errors import InvalidInput, Problem, raise_if
from gridsim.schema import SOURCE_COLUMNS, STATUSES, TABLES
from gridsim.tables import Sheet, closest, complete_frame, frame_sheet, overlay, read_sheet, read_text

_SCENARIO_KEYS = ("year", "title", "title_en", "note")
_MONTHS = frozenset(range(1, 13))


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
        _drop_orphans(sheets, spare=set(frames))
        return self._rebuilt(sheets)

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
        known = set(base.keys())
        for key, (file, row) in zip(sheet.keys(), sheet.origin):
            if key not in known:
                near = closest(row, [" / ".join(map(str, k)) for k in known])
                problems.append(Problem(file, f"there is no row '{row}'{near}", "name an existing row", row=row))
        raise_if(problems)
        types = TABLES[table].types
        if types and "std_type" in sheet.frame:
            base = _without_type_values(base, sheet, self.tables[types])
        sheets = {t: _as_sheet(t, f) for t, f in self.tables.items()}
        return self._rebuilt({**sheets, table: overlay(base, sheet, problems)})

    def _rebuilt(self, sheets: dict[str, Sheet]) -> Network:
        problems: list[Problem] = []
        tables = _assemble(sheets, self.year, self.scenario, problems)
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
        raise InvalidInput([Problem(str(root), "there is no folder 'base' with the tables", "give the path of a network folder")])
    year = _scenario_year(root, scenario, files, problems)
    sheets, unreadable = _read_folder(root, "base", files, problems, complete=True)
    if scenario is not None and year is not None:
        changes, broken = _read_folder(root, f"scenarios/{scenario}", files, problems, complete=False)
        unreadable |= broken
        _check_references({**changes}, _names(sheets, changes), unreadable, problems)
        for table, sheet in changes.items():
            empty = Sheet(table, sheet.frame.iloc[:0], ())
            sheets[table] = overlay(sheets.get(table, empty), sheet, problems)
    for table, spec in TABLES.items():
        if spec.required and table not in sheets and table not in unreadable:
            problems.append(Problem(f"{root.name}/base", f"the table '{table}' is missing ({spec.doc})", f"add {table}.csv"))
    if year is None:
        year = _year_of_base(root, sheets, scenario, problems)
    tables = _assemble(sheets, year, scenario or "base", problems, unreadable)
    assumed = _read_sources(root, scenario or "base", files, problems)
    raise_if(problems)
    if len(assumed):
        assumed = assumed[[_applies(r.table, r.name, tables) for r in assumed.itertuples(index=False)]].reset_index(drop=True)
    return Network(tables, year, scenario or "base", root.name, assumed, files)


# ---------------------------------------------------------------------------------- files


def _scenario_year(root: Path, scenario: str | None, files: dict[str, str], problems: list[Problem]) -> int | None:
    """Year of ``scenarios/<name>/scenario.toml``; None when it is not to be had (with a problem)."""
    if scenario is None:
        return None
    exist = scenario_names(root)
    path = root / "scenarios" / scenario / "scenario.toml"
    label = f"{root.name}/scenarios/{scenario}/scenario.toml"
    if not path.is_file():
        what = f"scenario '{scenario}' does not exist{closest(scenario, exist)}"
        fix = f"use one of: {', '.join(exist)}" if exist else "make the folder with a scenario.toml that says 'year = ...'"
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
            what = f"unknown key '{key}'{closest(key, _SCENARIO_KEYS)}"
            problems.append(Problem(label, what, f"use one of: {', '.join(_SCENARIO_KEYS)}", column=key))
    year = options.get("year")
    if not isinstance(year, int) or isinstance(year, bool) or not 1900 <= year <= 2200:
        problems.append(Problem(label, f"year is {year!r}", "write the scenario year, e.g. year = 2030", column="year"))
        return None
    return year


def scenario_names(folder: str | Path) -> list[str]:
    """Names of the scenarios of a network folder, sorted."""
    return sorted(p.parent.name for p in Path(folder).glob("scenarios/*/scenario.toml"))


def _read_folder(root: Path, part: str, files: dict[str, str], problems: list[Problem], *,
                 complete: bool) -> tuple[dict[str, Sheet], set[str]]:  # fmt: skip
    """Sheets of one folder, and the tables whose file cannot be used at all."""
    sheets, unreadable = {}, set()
    for path in sorted((root / part).glob("*.csv")):
        label = f"{root.name}/{part}/{path.name}"
        if path.stem not in TABLES:
            what = f"no table is called '{path.stem}'{closest(path.stem, TABLES)}"
            problems.append(Problem(label, what, f"rename the file; tables are: {', '.join(TABLES)}"))
            continue
        sheet, files[f"{part}/{path.name}"] = read_sheet(path, path.stem, label=label, complete=complete, problems=problems)
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
                fix = f"choose a scenario: {', '.join(names)}" if names else "add scenarios/<name>/scenario.toml with a year"
                what = f"'{table}' has rows with {column}, so the tables need a year"
                problems.append(Problem(f"{root.name}/base/{table}.csv", what, fix, column=column))
                return 0
    return 0


def _read_sources(root: Path, scenario: str, files: dict[str, str], problems: list[Problem]) -> pd.DataFrame:
    """Assumed rows of sources.csv for this scenario (column ``scenario``: a name, or ``*`` for all)."""
    path = root / "sources.csv"
    rows: list[dict[str, str]] = []
    if path.is_file():
        import csv
        import io

        label = f"{root.name}/sources.csv"
        text, files["sources.csv"] = read_text(path, label, problems)
        reader = csv.DictReader(io.StringIO(text or "", newline=""))
        missing = [c for c in SOURCE_COLUMNS if c not in (reader.fieldnames or ())]
        for column in missing:
            problems.append(Problem(label, f"column '{column}' is missing", f"add the column '{column}'", row="1", column=column))
        allowed = {"table": (*TABLES, "*"), "status": STATUSES, "scenario": (*scenario_names(root), "base", "*")}
        for row in reader if not missing else ():
            for column, words in allowed.items():
                if row[column] not in words:
                    what = f"'{row[column]}' is not allowed{closest(row[column] or '', words)}"
                    problems.append(Problem(label, what, f"use one of: {', '.join(words)}", row=str(reader.line_num), column=column))
            if row["status"] == "assumed" and row["scenario"] in ("*", scenario):
                rows.append({c: row[c] for c in SOURCE_COLUMNS})
    return pd.DataFrame(rows, columns=list(SOURCE_COLUMNS))


def _applies(table: str, name: str, tables: Mapping[str, pd.DataFrame]) -> bool:
    """Whether an assumption is about something that is in service in this scenario."""
    if table == "*" or name == "*":
        return True
    return name in set(tables[table][TABLES[table].key[0]])


# ---------------------------------------------------------------------------------- across tables


def _names(*groups: Mapping[str, Sheet]) -> dict[str, set[Any]]:
    """Every name a reference may use, by table."""
    names: dict[str, set[Any]] = {t: set() for t in TABLES}
    for group in groups:
        for table, sheet in group.items():
            if "name" in sheet.frame:
                names[table] |= set(sheet.frame["name"].dropna())
    return names


def _references(sheet: Sheet) -> Iterator[tuple[str, str, int, str]]:
    """(column, table referred to, row, name) of every reference a sheet makes."""
    for column, spec in sheet.spec.columns.items():
        if spec.ref and column in sheet.frame:
            for i, name in enumerate(sheet.frame[column]):
                if isinstance(name, str):
                    yield column, spec.ref, i, name
    if {"element_type", "element"} <= set(sheet.frame):
        for i, (kind, name) in enumerate(zip(sheet.frame["element_type"], sheet.frame["element"])):
            if kind in TABLES and isinstance(name, str):
                yield "element", kind, i, name


def _check_references(sheets: Mapping[str, Sheet], names: Mapping[str, set[Any]], unreadable: set[str],
                      problems: list[Problem]) -> None:  # fmt: skip
    for sheet in sheets.values():
        for column, target, i, name in _references(sheet):
            if name not in names[target] and target not in unreadable:
                file, row = sheet.origin[i]
                fix = f"correct the name or add '{name}' to the table '{target}'"
                problems.append(Problem(file, f"{target} '{name}' is unknown{closest(name, names[target])}", fix, row=row, column=column))


def _check_place(sheet: Sheet, problems: list[Problem]) -> None:
    """A device or load stands either at a bus or in an area that is one node."""
    if not {"bus", "area"} <= set(sheet.spec.columns) or sheet.table == "area_link":
        return
    absent = pd.Series(None, index=sheet.frame.index, dtype=object)
    buses, areas = sheet.frame.get("bus", absent), sheet.frame.get("area", absent)
    for i, (bus, area) in enumerate(zip(buses.notna(), areas.notna())):
        if bus == area:
            what = "both bus and area are given" if bus else "neither bus nor area is given"
            file, row = sheet.origin[i]
            problems.append(Problem(file, what, "fill bus (in the grid) or area (a node area), not both", row=row, column="bus"))


def _check_months(sheet: Sheet, problems: list[Problem]) -> None:
    """Monthly tables must bring all twelve months of whatever they describe."""
    if "month" not in sheet.spec.columns or "month" not in sheet.frame:
        return
    owner = sheet.spec.key[0]
    frame = sheet.frame[sheet.frame["day_type"] == "workday"] if "day_type" in sheet.frame else sheet.frame
    for name, group in frame.groupby(owner):
        lacking = sorted(_MONTHS - set(group["month"].dropna().astype(int)))
        if lacking:
            file, row = sheet.origin[group.index[0]]
            what = f"'{name}' has no row for month {', '.join(map(str, lacking))}"
            problems.append(Problem(file, what, "give all twelve months", row=row, column="month"))


def _assemble(sheets: dict[str, Sheet], year: int, scenario: str, problems: list[Problem],
              unreadable: set[str] | None = None) -> dict[str, pd.DataFrame]:  # fmt: skip
    """Check across tables, complete, keep what is in service in the year, sort."""
    broken = unreadable or set()
    names = _names(sheets)
    _check_references(sheets, names, broken, problems)
    whole = {t: sheets.get(t, Sheet(t, pd.DataFrame(columns=list(spec.key)), ())) for t, spec in TABLES.items()}
    full: dict[str, Sheet] = {}
    for table, spec in sorted(TABLES.items(), key=lambda item: item[1].types is not None):
        sheet = whole[table]
        _check_place(sheet, problems)
        _check_months(sheet, problems)
        types = full[spec.types].frame if spec.types and spec.types not in broken else None
        full[table] = Sheet(table, complete_frame(sheet, types, problems), sheet.origin)
    alive = {t: _in_service(s, year) for t, s in full.items()}
    _drop_orphans(alive)
    standing = _names(alive)
    for sheet in alive.values():
        for column, target, i, name in _references(sheet):
            if name in names[target] and name not in standing[target]:
                file, row = sheet.origin[i]
                what = f"{target} '{name}' is not in service in {year} (scenario {scenario})"
                fix = "align in_service_from / in_service_to of the two"
                problems.append(Problem(file, what, fix, row=row, column=column))
    tables = {t: s.frame.sort_values(list(s.spec.key), ignore_index=True) for t, s in alive.items()}
    tables["line"]["in_service"] = ~tables["line"]["normally_open"]
    return tables


def _in_service(sheet: Sheet, year: int) -> Sheet:
    if "in_service_from" not in sheet.frame or not year:
        return sheet
    return _rows(sheet, (sheet.frame["in_service_from"] <= year) & (year <= sheet.frame["in_service_to"]))


def _rows(sheet: Sheet, keep: pd.Series) -> Sheet:
    if keep.all():
        return sheet
    origin = tuple(o for o, k in zip(sheet.origin, keep) if k)
    return Sheet(sheet.table, sheet.frame[keep].reset_index(drop=True), origin)


def _drop_orphans(sheets: dict[str, Sheet], spare: set[str] = frozenset()) -> None:  # type: ignore[assignment]
    """Rows that belong to something that is gone go with it (tables in ``spare`` are left alone)."""
    names = _names(sheets)
    for table, sheet in sheets.items():
        if table in spare:
            continue
        gone = {i for column, target, i, name in _references(sheet)
                if (column == "element" or sheet.spec.columns[column].owner) and name not in names[target]}  # fmt: skip
        if gone:
            sheets[table] = _rows(sheet, pd.Series([i not in gone for i in range(len(sheet.frame))]))


# ---------------------------------------------------------------------------------- changed copies


def _as_sheet(table: str, frame: pd.DataFrame) -> Sheet:
    label = f"table {table}"
    keys = frame[list(TABLES[table].key)].astype(str).agg(" / ".join, axis=1) if len(frame) else []
    return Sheet(table, frame[list(TABLES[table].columns)], tuple((label, k) for k in keys))


def _same_state(frame: pd.DataFrame, problems: list[Problem]) -> None:
    """``in_service`` of a line follows from ``normally_open``; a contradiction is not resolved by guessing."""
    for name, live, opened in zip(frame["name"], frame["in_service"], frame.get("normally_open", ~frame["in_service"])):
        if bool(live) == bool(opened):
            what = f"in_service {live} contradicts normally_open {opened}"
            problems.append(Problem("table line", what, "change normally_open, leave in_service out", row=str(name), column="in_service"))


def _without_type_values(base: Sheet, cells: Sheet, types: pd.DataFrame) -> Sheet:
    """Empty the electrical cells that came from a standard type that is about to change."""
    frame = base.frame.copy()
    kinds = types.set_index("name")
    wanted = dict(zip(cells.frame["name"], cells.frame["std_type"]))
    for i, (name, old) in enumerate(zip(frame["name"], frame["std_type"])):
        if isinstance(wanted.get(name), str) and wanted[name] != old and old in kinds.index:
            for column in kinds.columns:
                if frame.at[i, column] == kinds.at[old, column]:
                    frame[column] = frame[column].astype("float64")
                    frame.at[i, column] = float("nan")
    return Sheet(base.table, frame, base.origin)

"""Across tables: what refers to what, what is in service in the year, which tables must agree.

:func:`assemble` turns checked sheets into the tables of one scenario year.  Like the checks of one
table, everything that is wrong is appended to a list of problems, with the file and row it came from.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from gridsim.cells import hint
from gridsim.errors import Problem
from gridsim.schema import TABLES
from gridsim.tables import Sheet, complete_frame

_MONTHS = frozenset(range(1, 13))

#: tables whose names must not repeat each other: results name a branch or a unit by its name alone
_BRANCHES = ("line", "trafo", "trafo3w")
_PLACED = {"bus", "area", "max_p_mw"}
_UNITS = tuple(t for t, s in TABLES.items() if set(s.columns) >= _PLACED and "demand" not in s.columns)


def names_of(*groups: Mapping[str, Sheet]) -> dict[str, set[str]]:
    """Every name a reference may use, by table."""
    names: dict[str, set[str]] = {t: set() for t in TABLES}
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


def check_references(
    sheets: Mapping[str, Sheet], names: Mapping[str, set[str]], problems: list[Problem], *,
    unreadable: frozenset[str] = frozenset(), changed: frozenset[str] | None = None,
) -> None:  # fmt: skip
    """Every reference names an existing row; tables that could not be read are not judged.

    Parameters
    ----------
    sheets : mapping of table to Sheet
        Where the references stand.
    names : mapping of table to names
        What they may name (:func:`names_of`).
    problems : list of Problem
    unreadable : set of table names
    changed : set of table names, optional
        Judge only references from and to these tables (all by default).
    """
    for table, sheet in sheets.items():
        for column, target, i, name in _references(sheet):
            judged = changed is None or table in changed or target in changed
            if judged and name not in names[target] and target not in unreadable:
                file, row = sheet.origin[i]
                what = f"{target} '{name}' is unknown{hint(name, names[target])}"
                fix = f"correct the name or add '{name}' to the table '{target}'"
                problems.append(Problem(file, what, fix, row=row, column=column))


def _check_place(sheet: Sheet, nodes: set[str], problems: list[Problem]) -> None:
    """A unit or load stands either at a bus or in an area that is one node."""
    if not set(sheet.spec.columns) >= _PLACED:
        return
    for i, (bus, area) in enumerate(zip(sheet.frame["bus"].notna(), sheet.frame["area"])):
        file, row = sheet.origin[i]
        if bus == isinstance(area, str):
            what = "both bus and area are given" if bus else "neither bus nor area is given"
            fix = "fill bus (in the grid) or area (a node area), not both"
            problems.append(Problem(file, what, fix, row=row, column="bus"))
        elif isinstance(area, str) and area not in nodes:
            what = f"area '{area}' is the detailed grid, not a node"
            problems.append(Problem(file, what, "name a bus instead", row=row, column="area"))


def _check_months(sheet: Sheet, problems: list[Problem]) -> None:
    """Monthly tables bring all twelve months of whatever they describe."""
    if "month" not in sheet.spec.columns:
        return
    frame = sheet.frame
    if "day_type" in frame:
        frame = frame[frame["day_type"] == "workday"]
    for name, group in frame.groupby(sheet.spec.key[0]):
        lacking = sorted(_MONTHS - set(group["month"].dropna().astype(int)))
        if lacking:
            file, row = sheet.origin[group.index[0]]
            what = f"'{name}' has no row for month {', '.join(map(str, lacking))}"
            problems.append(Problem(file, what, "give all twelve months", row=row, column="month"))


def _check_segments(sheet: Sheet, problems: list[Problem]) -> None:
    """A piecewise-linear cost is convex, so that a linear program fills its segments in order, and ends at 1."""
    for name, group in sheet.frame.sort_values("up_to_pu").groupby(sheet.spec.key[0]):
        cost, end = group["cost_cny_per_mwh"].to_numpy(float), group["up_to_pu"].to_numpy(float)
        for k in range(1, len(group)):
            if cost[k] <= cost[k - 1]:
                file, row = sheet.origin[group.index[k]]
                what = f"the cost of '{name}' does not rise: {cost[k]:g} up to {end[k]:g} after {cost[k - 1]:g}"
                fix = "raise it above the segment before, or make the two one segment of their mean cost"
                problems.append(Problem(file, what, fix, row=row, column="cost_cny_per_mwh"))
        if end[-1] < 1.0:
            file, row = sheet.origin[group.index[-1]]
            what = f"the last segment of '{name}' ends at {end[-1]:g}"
            problems.append(Problem(file, what, "let the last segment end at 1", row=row, column="up_to_pu"))


def _check_distinct(sheets: Mapping[str, Sheet], group: tuple[str, ...], problems: list[Problem]) -> None:
    """A name stands for one thing among the tables of a group."""
    first: dict[str, str] = {}
    for table in group:
        for i, name in enumerate(sheets[table].frame["name"]):
            if not isinstance(name, str):
                continue
            if first.setdefault(name, table) != table:
                file, row = sheets[table].origin[i]
                what = f"'{name}' is also a row of the table '{first[name]}'"
                problems.append(Problem(file, what, "give it another name", row=row, column="name"))


def assemble(
    sheets: Mapping[str, Sheet], *, year: int, scenario: str, problems: list[Problem],
    unreadable: frozenset[str] = frozenset(), complete: frozenset[str] = frozenset(),
) -> dict[str, pd.DataFrame]:  # fmt: skip
    """Complete the tables, check what they must agree on, keep what is in service in the year, sort by key.

    References were judged before (:func:`check_references`).

    Parameters
    ----------
    sheets : mapping of table to Sheet
        Tables that are missing come out empty.
    year : int
        Scenario year; 0 keeps every row.
    scenario : str
        Its name, for problems.
    problems : list of Problem
        Receives what is wrong.
    unreadable : set of table names
        Tables whose file had to be given up; nothing is concluded from their absence.
    complete : set of table names
        Tables that come from a network as they are, all cells filled.

    Returns
    -------
    dict of DataFrame
        Every table of the schema.
    """
    full: dict[str, Sheet] = {}
    for table, spec in sorted(TABLES.items(), key=lambda item: item[1].types is not None):
        if table in complete and spec.types not in set(TABLES) - complete:
            full[table] = sheets[table]
            continue
        sheet = sheets.get(table, Sheet(table, pd.DataFrame(columns=list(spec.key)), ()))
        types = full[spec.types].frame if spec.types and spec.types not in unreadable else None
        full[table] = Sheet(table, complete_frame(sheet, types, problems), sheet.origin)
    area = full["area"].frame
    nodes = set(area.loc[area["kind"] == "node", "name"])
    for sheet in full.values():
        _check_place(sheet, nodes, problems)
        _check_months(sheet, problems)
    _check_segments(full["thermal_cost"], problems)
    for group in (_BRANCHES, _UNITS):
        _check_distinct(full, group, problems)
    alive = {t: _in_service(full[t], year) for t in TABLES}
    drop_orphans(alive)
    _check_service(alive, full, f"{year} (scenario {scenario})", problems)
    tables = {t: s.frame.sort_values(list(s.spec.key), ignore_index=True) for t, s in alive.items()}
    tables["line"]["in_service"] = ~tables["line"]["normally_open"]
    return tables


def _in_service(sheet: Sheet, year: int) -> Sheet:
    if "in_service_from" not in sheet.frame or not year:
        return sheet
    return _rows(sheet, (sheet.frame["in_service_from"] <= year) & (year <= sheet.frame["in_service_to"]))


def _check_service(alive: Mapping[str, Sheet], full: Mapping[str, Sheet], when: str, problems: list[Problem]) -> None:
    """What is in service does not refer to something that is not."""
    known, standing = names_of(full), names_of(alive)
    for sheet in alive.values():
        for column, target, i, name in _references(sheet):
            if name in known[target] and name not in standing[target]:
                file, row = sheet.origin[i]
                what = f"{target} '{name}' is not in service in {when}"
                fix = "align in_service_from / in_service_to of the two"
                problems.append(Problem(file, what, fix, row=row, column=column))


def _rows(sheet: Sheet, keep: Any) -> Sheet:
    if all(keep):
        return sheet
    origin = tuple(o for o, k in zip(sheet.origin, keep) if k)
    return Sheet(sheet.table, sheet.frame[list(keep)].reset_index(drop=True), origin)


def drop_orphans(sheets: dict[str, Sheet], *, spare: frozenset[str] = frozenset()) -> None:
    """Take out, in place, the rows that belong to something that is gone.

    Parameters
    ----------
    sheets : dict of table to Sheet
        Changed in place.
    spare : set of table names
        Tables that are left as they are.
    """
    names = names_of(sheets)
    for table, sheet in sheets.items():
        owned = {c for c, column in sheet.spec.columns.items() if column.owner} | {"element"}
        if table in spare or owned.isdisjoint(sheet.spec.columns):
            continue
        gone = {i for column, target, i, name in _references(sheet) if column in owned and name not in names[target]}
        sheets[table] = _rows(sheet, [i not in gone for i in range(len(sheet.frame))])

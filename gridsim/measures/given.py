"""The planner's own list: ``[[measure]]`` of a study file as measures, every mistake at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from gridsim.cells import hint
from gridsim.errors import InvalidInput, Problem, raise_if
from gridsim.measures import grid, plants
from gridsim.measures.measure import Measure, Rejected, cost_of
from gridsim.network import Network
from gridsim.options import MeasureOptions, SimulationOptions
from gridsim.sections import MeasureEntry

Build = Callable[[Network, Any], Measure | Rejected]


def _uprate(network: Network, entry: Any) -> Measure | Rejected:
    return grid.line_uprate(network, [entry.element], entry.std_type)


def _shift(network: Network, entry: Any) -> Measure | Rejected:
    hours = {} if entry.hours is None else {"hours": entry.hours}
    return plants.demand_shift(
        network, entry.element, entry.p_mw, to_hour=entry.to_hour, from_hour=entry.from_hour, **hours
    )


def _cells(_network: Network, entry: Any) -> Measure | Rejected:
    return plants.cells([(c.table, c.name, c.column, c.value) for c in entry.change])


#: kind -> tables (or groups of names) its element stands in, keys it needs, keys it may have, how it is made
KINDS: dict[str, tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...], Build]] = {
    "line_uprate": (("line",), ("element",), ("std_type",), _uprate),
    "second_circuit": (("line",), ("element",), (), lambda n, e: grid.second_circuit(n, e.element)),
    "trafo_unit": (("trafo", "trafo3w"), ("element",), (), lambda n, e: grid.trafo_unit(n, e.element)),
    "section_limit": (("section",), ("element", "p_mw"), (), lambda n, e: grid.section_limit(n, e.element, e.p_mw)),
    "battery": (
        ("bus", "node area"), ("element", "p_mw", "duration_h"), (),
        lambda n, e: plants.battery(n, e.element, e.p_mw, e.duration_h),
    ),
    "thermal_minimum": (
        ("thermal",), ("element", "min_p_pu"), (), lambda n, e: plants.thermal_minimum(n, e.element, e.min_p_pu)
    ),
    "pumped_storage": (("pumped_storage to come",), ("element",), (), lambda n, e: plants.pumped_storage(n, e.element)),
    "demand_shift": (("demand",), ("element", "p_mw", "to_hour", "from_hour"), ("hours",), _shift),
    "storage_use": (plants.STORES, ("element", "use"), (), lambda n, e: plants.storage_use(n, [e.element], e.use)),
    "cells": ((), ("change",), (), _cells),
}  # fmt: skip
ALWAYS = ("kind", "name", "capital_cny", "life_years")


def given_measures(
    entries: Iterable[MeasureEntry],
    network: Network,
    options: SimulationOptions,
    asked: MeasureOptions,
    *,
    later: Iterable[Mapping[str, Any]],
    file: str,
) -> list[Measure]:
    """Measures of a study file.

    Parameters
    ----------
    entries : iterable of MeasureEntry
    network, options, asked
        Those of the study.
    later : iterable of mapping
        Rows of pumped storage of later years.
    file : str
        Name of the study file, for problems.

    Raises
    ------
    InvalidInput
        Keys that are missing or of another kind, names that are not in the tables, changes that cannot be made or
        change nothing, names given twice: all at once.
    """
    problems: list[Problem] = []
    to_come = {str(row["name"]): row for row in later}
    out: list[Measure] = []
    for number, entry in enumerate(entries, start=1):
        place = f"[[measure]] {number}"
        wrong = [*_wrong_keys(entry, file, place), *_unknown_names(entry, network, to_come, file, place)]
        made = None if wrong else _made(entry, network, options, to_come, file, place, wrong)
        problems += wrong
        if made is None:
            continue
        cost = cost_of(
            made.kind, made.quantities, network["measure_cost"], interest_percent=asked.interest_percent,
            capital_cny=entry.capital_cny, life_years=entry.life_years,
        )  # fmt: skip
        out.append(replace(made, name=entry.name or made.name, origin="study", cost=cost))
    names = [m.name for m in out]
    for name in sorted({n for n in names if names.count(n) > 1}):
        problems.append(Problem(file, f"two measures are called {name!r}", "name them apart", column="measure.name"))
    raise_if(problems)
    return out


def _wrong_keys(entry: MeasureEntry, file: str, place: str) -> list[Problem]:
    """Keys that its kind needs and lacks, or that its kind does not have."""
    _, needed, may, _ = KINDS[entry.kind]
    given = {k for k, v in entry.model_dump().items() if v not in (None, ())}
    lacking = [k for k in needed if k not in given]
    extra = sorted(given - {*needed, *may, *ALWAYS})
    fix = f"{entry.kind} has: {', '.join((*needed, *may, *ALWAYS[1:]))}"
    return [
        *(Problem(file, f"{entry.kind} needs this key", f"add it; {fix}", row=place, column=k) for k in lacking),
        *(Problem(file, f"{entry.kind} has no such key", f"remove it; {fix}", row=place, column=k) for k in extra),
    ]


def _unknown_names(
    entry: MeasureEntry, network: Network, to_come: Mapping[str, Any], file: str, place: str
) -> list[Problem]:
    """Names that are not in the tables they are looked up in."""
    tables, problems = KINDS[entry.kind][0], []
    wanted = [("element", entry.element, tables)] if tables else []
    wanted += [("std_type", entry.std_type, ("line_type",))] if entry.kind == "line_uprate" else []
    for column, name, places in wanted:
        known = [n for p in places for n in _names(network, to_come, p)]
        if name is not None and name not in known:
            what = f"there is no {' or '.join(places)} {name!r}{hint(name, known)}"
            problems.append(Problem(file, what, "give a name of the tables", row=place, column=column))
    for change in entry.change:
        table = network.tables.get(change.table)
        levels = (("table", list(network.tables)), ("column", [] if table is None else list(table.columns)),
                  ("name", [] if table is None else [str(n) for n in table.get("name", [])]))  # fmt: skip
        for column, known in levels:
            value = getattr(change, column)
            if known and value not in known:
                what = f"unknown {column} {value!r}{hint(value, known)}"
                problems.append(Problem(file, what, f"give a {column} of the network", row=place, column="change"))
    return problems


def _names(network: Network, to_come: Mapping[str, Any], place: str) -> list[str]:
    if place == "node area":
        areas = network["area"]
        return [str(n) for n in areas.loc[areas["kind"] == "node", "name"]]
    if place == "pumped_storage to come":
        return list(to_come)
    return [str(n) for n in network[place]["name"]]


def _made(
    entry: MeasureEntry,
    network: Network,
    options: SimulationOptions,
    to_come: Mapping[str, Any],
    file: str,
    place: str,
    wrong: list[Problem],
) -> Measure | None:
    """The measure, if its change can be made; what is wrong is appended."""
    asked: Any = entry
    if entry.kind == "pumped_storage":
        asked = entry.model_copy(update={"element": to_come[str(entry.element)]})
    try:
        made = KINDS[entry.kind][3](network, asked)
        if isinstance(made, Measure):
            made.variant(network, options)
            return made
        detail = f": {made.detail}" if made.detail else ""
        wrong.append(Problem(file, f"changes nothing ({made.reason}{detail})", "change or remove it", row=place))
    except InvalidInput as bad:
        wrong += [replace(p, row=f"{place} {p.row}".strip()) for p in bad.problems]
    return None

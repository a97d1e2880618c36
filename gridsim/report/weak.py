"""Weak spots of the grid, gathered from loading, outages, voltages, reverse power and curtailment; worst first."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import pandas as pd

from gridsim.report.catalogue import Texts
from gridsim.report.model import Block, Cell, Header, Paragraph, Table
from gridsim.report.numbers import ABSENT, KINDS, number, printed_value
from gridsim.report.tables import Names, is_true, plain
from gridsim.store import Findings

#: spots of a kind that are listed
MOST = 6
HEAVY_PERCENT, OVERLOAD_PERCENT = 80.0, 100.0


@dataclass(frozen=True)
class Kind:
    """One kind of weak spot: its table, the columns of element and value, and which rows count."""

    table: str
    element: str
    value: str
    number: str
    counts: Callable[[pd.DataFrame], pd.Series]
    needed: tuple[str, ...] = ()


#: kinds of weak spots by the names of their texts, the gravest first
KINDS_OF: dict[str, Kind] = {
    "overload": Kind(
        "overload", "element", "max_loading_percent", "loading",
        lambda t: t["max_loading_percent"] > OVERLOAD_PERCENT,
    ),
    "load_lost": Kind(
        "n1_radial", "outage", "load_lost_mw", "power_mw",
        lambda t: (t["load_lost_mw"] > 0) & ~t["transferable"].map(is_true), ("transferable",),
    ),
    "n1": Kind(
        "n1", "element", "max_loading_percent", "loading", lambda t: t["max_loading_percent"] > OVERLOAD_PERCENT
    ),
    "voltage": Kind("voltage", "bus", "hours_outside", "hours", lambda t: t["hours_outside"] > 0),
    "curtailing": Kind(
        "curtailment_by_element", "element", "curtailed_gwh", "energy_small",
        lambda t: (t["element"].fillna("").astype(str) != "") & (t["curtailed_gwh"] > 0.005),
    ),
    "reverse": Kind(
        "reverse_power", "element", "max_reverse_percent", "loading",
        lambda t: t["max_reverse_percent"] > HEAVY_PERCENT,
    ),
    "heavy": Kind(
        "overload", "element", "max_loading_percent", "loading",
        lambda t: (t["max_loading_percent"] > HEAVY_PERCENT) & (t["max_loading_percent"] <= OVERLOAD_PERCENT),
    ),
}  # fmt: skip


def spots(findings: Findings, name: str) -> pd.DataFrame | None:
    """Weak spots of one kind, worst first: element, county, value; None without its table or columns."""
    kind = KINDS_OF[name]
    table = findings.tables.get(kind.table)
    if table is None or not {kind.element, kind.value, *kind.needed} <= set(table.columns):
        return None
    rows = table[kind.counts(table)].sort_values(kind.value, ascending=False, kind="stable")
    county = rows["county"] if "county" in rows.columns else rows[kind.element].map(_county_of(findings))
    out = pd.DataFrame({"element": rows[kind.element].astype(str), "county": county, "value": rows[kind.value]})
    return out.drop_duplicates("element").reset_index(drop=True)


def _county_of(findings: Findings) -> pd.Series:
    branch = findings.tables.get("map_branch")
    if branch is None or not {"element", "county"} <= set(branch.columns):
        return pd.Series(dtype=object)
    return branch.drop_duplicates("element").set_index("element")["county"]


def weak_spots(findings: Findings, texts: Texts) -> tuple[Block, ...]:
    """The list of weak spots: the worst of every kind, and how many there are."""
    names = Names(findings, texts)
    columns = ("kind", "element", "county", "value")
    head = tuple(Header(texts(f"column.weak_{c}"), is_number=c == "value") for c in columns)
    rows: list[tuple[Cell, ...]] = []
    notes: list[str] = []
    missing = [kind for kind in KINDS_OF if spots(findings, kind) is None]
    for kind in KINDS_OF:
        found = spots(findings, kind)
        if found is None or found.empty:
            continue
        if len(found) > MOST:
            notes.append(texts("note.weak_more", kind=texts.word("weak", kind), shown=MOST, all=len(found)))
        rows += _rows(found.head(MOST), kind, names, texts)
    if missing:
        lacking = sorted({texts.word("table", KINDS_OF[k].table) for k in missing})
        notes.append(texts("note.weak_lacks", what=texts.list_of(lacking)))
    if not rows:
        none = "weak.unknown" if len(missing) == len(KINDS_OF) else "weak.none"
        return (Paragraph(texts(none), "missing" if missing else "plain"), *(Paragraph(n, "note") for n in notes))
    notes.insert(0, texts("note.weak"))
    return (Table(texts("table.weak_spots"), head, tuple(rows), notes=tuple(notes), name="weak_spots"),)


def _rows(found: pd.DataFrame, kind: str, names: Names, texts: Texts) -> Iterable[tuple[Cell, ...]]:
    shape = KINDS_OF[kind].number
    unit = texts(KINDS[shape].unit)
    for element, county, value in found.itertuples(index=False, name=None):
        key = f"weak_spots/{kind}-{element}"
        place = "" if pd.isna(county) or not str(county) else names.short(county)
        shown = texts("sentence.with_unit", value=number(value, shape), unit=unit)
        yield (
            Cell(texts.word("weak", kind)), Cell(plain(element), f"{key}/element"),
            Cell(place or ABSENT, f"{key}/county"),
            Cell(shown, f"{key}/value", is_number=True, value=printed_value(value, shape)),
        )  # fmt: skip

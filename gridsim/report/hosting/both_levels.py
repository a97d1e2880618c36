"""Both levels of every county side by side (表9-2), and as bars."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import pandas as pd

from gridsim.equipment import against_published, coordinated
from gridsim.report.catalogue import Texts
from gridsim.report.figures.hosting import county_bars
from gridsim.report.fixed import fixed
from gridsim.report.model import Block, Cell, Figure, Header, Paragraph, Table
from gridsim.report.numbers import number
from gridsim.report.tables import Col, Names, cell, headers, is_true, lacking, missing, records
from gridsim.store import Findings

#: columns of table hosting_equipment_county that both levels together need
NEEDED = ("county", "edition", "capacity_mw", "capacity_high_mw", "connected_mw", "registered_mw", "open_mw", "grade")
#: printed as intervals: columns ``*_low_mw`` and ``*_high_mw``
INTERVALS = ("system", "equipment", "coordinated")
_COLUMNS = (
    Col("connected_mw", "power"), Col("registered_mw", "power"), Col("c1_mw", "power"), Col("c2_mw", "power"),
    Col("grade", "word:grade"), Col("decided_by", "word:hosting_level"),
)  # fmt: skip
_PUBLISHED = (Col("published_grade", "word:grade"), Col("published_mw", "power"), Col("difference_mw", "power"))


def counties_of(findings: Findings) -> pd.DataFrame | None:
    """Both levels of every county (:func:`gridsim.equipment.coordinated`); None without the equipment level."""
    equipment, system = (findings.tables.get(f"hosting_{t}") for t in ("equipment_county", "system"))
    if equipment is None or equipment.empty or not set(NEEDED) <= set(equipment.columns):
        return None
    needed = {"county", "mix", "capacity_mw", "accounting", "scope"}
    usable = system is not None and needed <= set(system.columns)
    return coordinated(equipment.assign(edition=equipment["edition"].astype(str)), system if usable else None)


def both_levels(findings: Findings, texts: Texts, together: pd.DataFrame | None) -> tuple[Block, ...]:
    """The table of the counties, a warning where the levels contradict each other, and the bars."""
    if together is None:
        open_ = lacking(findings, texts, "hosting_equipment_county", NEEDED)
        return (fixed(open_ or missing(texts, "hosting_equipment_county"), "hosting_county", texts),)
    names = Names(findings, texts)
    against = [names.short(c) for c in together.loc[together["contradiction"], "county"]]
    warning = (Paragraph(texts("hosting.contradiction", counties=texts.list_of(against)), "note"),) if against else ()
    draw = partial(county_bars, together, texts, names)
    bars = Figure("hosting_bars", texts("figure.hosting_bars"), texts("alt.hosting_bars"), draw)
    return (fixed(_table(findings, texts, together), "hosting_county", texts), *warning, bars)


def _table(findings: Findings, texts: Texts, together: pd.DataFrame) -> Table:
    published, names = findings.tables.get("hosting_published"), Names(findings, texts)
    rows = together if published is None else against_published(together, published)
    columns = _COLUMNS if published is None else (*_COLUMNS, *_PUBLISHED)
    unit, first = texts("unit.wan_kw"), Col("county", "county")
    head = [*headers([first], texts)]
    head += [Header(texts(f"column.{name}_interval"), unit, True, name) for name in INTERVALS]
    body = []
    for row in records(rows):
        key = f"hosting_county/{row['county']}"
        cells = [cell(row["county"], first, texts, names, key=f"{key}/county")]
        cells += [_interval(row, name, f"{key}/{name}") for name in INTERVALS]
        cells += [cell(row[c.column], c, texts, names, key=f"{key}/{c.column}") for c in columns]
        body.append(tuple(cells))
    mix = next((m for m in together["mix"] if m), "")
    last = texts("note.hosting_mix", mix=texts.word("mix", mix)) if mix else texts("note.hosting_no_system")
    return Table(
        texts("table.hosting_county"), (*head, *headers(columns, texts)), tuple(body),
        notes=(texts("note.hosting_county"), last),
    )  # fmt: skip


def _interval(row: Mapping[str, Any], name: str, key: str) -> Cell:
    """Two ends in 万千瓦; one number where they are the same; > where the search ended below the limit."""
    ends = [number(row[f"{name}_{end}_mw"], "power") for end in ("low", "high")]
    above = ">" if name == "system" and is_true(row["above_bound"]) else ""
    return Cell(above + (ends[0] if ends[0] == ends[1] else f"{ends[0]}~{ends[1]}"), key, is_number=True)

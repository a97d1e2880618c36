"""The chapter on hosting capacity: method, system level, equipment level, both together, grades, comparison."""

from __future__ import annotations

from functools import partial

import pandas as pd

from gridsim.equipment import against_published
from gridsim.report.catalogue import Texts
from gridsim.report.chapters.section import section
from gridsim.report.figures.hosting_map import county_map
from gridsim.report.hosting.both_levels import both_levels, counties_of
from gridsim.report.hosting.equipment_level import equipment_level
from gridsim.report.hosting.system_level import system_level
from gridsim.report.model import Block, Cell, Figure, Items, Paragraph, Tile, Tiles
from gridsim.report.numbers import number
from gridsim.report.tables import Col, Names, missing, printed
from gridsim.store import Findings

GRADES = ("green", "yellow", "red")


def hosting(findings: Findings, texts: Texts) -> tuple[Block, ...]:
    """Everything on hosting capacity; a part without data says which command makes it."""
    together = counties_of(findings)
    return (
        *section(texts, "9.1", *_method(findings, texts)),
        *section(texts, "9.2", *system_level(findings, texts)),
        *section(texts, "9.3", *equipment_level(findings, texts)),
        *section(texts, "9.4", *both_levels(findings, texts, together)),
        *section(texts, "9.5", *_grades(findings, texts, together)),
        *section(texts, "9.6", *_published(findings, texts, together)),
    )


def _method(findings: Findings, texts: Texts) -> tuple[Block, ...]:
    table = findings.tables.get("hosting_equipment_county")
    edition = "2025"
    if table is not None and "edition" in table.columns and len(table):
        edition = str(table["edition"].iloc[0])
    items = tuple(texts(f"hosting.method_{name}") for name in ("system", "equipment", "registered", "checks", "levels"))
    return (
        Paragraph(texts("statement.hosting"), "statement"),
        Paragraph(texts("hosting.edition", edition=edition)),
        Items(texts("hosting.method_lead"), items),
    )


def _grades(findings: Findings, texts: Texts, together: pd.DataFrame | None) -> tuple[Block, ...]:
    if together is None:
        return ()
    count = together["grade"].value_counts()
    names = Names(findings, texts)
    tiles = []
    for grade in GRADES:
        mine = [names.short(c) for c in together.loc[together["grade"] == grade, "county"]]
        shown = number(int(count.get(grade, 0)), "count")
        value = Cell(shown, f"hosting_grades/{grade}/count", is_number=True)
        tiles.append(Tile(texts(f"hosting.map_{grade}"), value, "", texts.list_of(mine)))
    county = findings.tables.get("county")
    if county is None or not {"name", "lat_deg", "lon_deg"} <= set(county.columns):
        return (Tiles(tuple(tiles)), missing(texts, "county"))
    graded = dict(zip(together["county"], together["grade"]))
    below = {c: number(max(v, 0.0), "power") for c, v in zip(together["county"], together["c1_mw"])}
    draw = partial(county_map, county, graded, below, texts, names)
    figure = Figure(
        "hosting_map", texts("figure.hosting_map"), texts("alt.hosting_map"), draw, (texts("note.hosting_map"),)
    )
    return (Tiles(tuple(tiles)), figure)


def _published(findings: Findings, texts: Texts, together: pd.DataFrame | None) -> tuple[Block, ...]:
    """Our grades beside the published ones, county by county, both editions."""
    published = findings.tables.get("hosting_published")
    if published is None or published.empty or together is None:
        return (Paragraph(texts("hosting.nothing_published"), "missing"),)
    beside = against_published(together, published)
    ours = findings.tables["hosting_equipment_county"].set_index("county")
    beside = beside.assign(
        **{c: beside["county"].map(ours[c]) for c in ("grade_2025", "grade_2019") if c in ours.columns}
    )
    known = beside[beside["published_grade"].notna()]
    columns = [
        Col("county", "county"), Col("published_quarter"), Col("published_grade", "word:grade"),
        Col("published_mw", "power"), Col("grade", "word:grade"), Col("grade_2025", "word:grade"),
        Col("grade_2019", "word:grade"), Col("agrees", "flag"),
    ]  # fmt: skip
    agree = int((known["agrees"] == True).sum())  # noqa: E712 - may be empty
    lead = texts("hosting.published", count=len(known), agree=agree, year=findings.summary.get("year", ""))
    notes = (texts("note.hosting_published"),)
    table = printed(findings, "hosting_published", columns, texts=texts, key="county", frame=known, notes=notes)
    return (Paragraph(lead), table)

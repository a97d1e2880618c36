"""Blocks on data and assumptions: statements, boundary conditions, options of the model, assumed inputs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from gridsim.report import numbers
from gridsim.report.catalogue import Texts
from gridsim.report.judgement import clause_numbers
from gridsim.report.model import Block, Cell, Header, Items, Table
from gridsim.report.numbers import number
from gridsim.report.tables import Col, Names, headers, lacking, plain, records
from gridsim.store import Findings

#: theme -> tables of the network whose assumed values belong to it
THEMES: dict[str, tuple[str, ...]] = {
    "grid": (
        *("county", "station", "bus", "line_type", "line", "trafo_type", "trafo", "trafo3w_type", "trafo3w", "shunt"),
        *("area", "area_link", "section", "section_branch"),
    ),
    "demand": ("demand", "demand_month", "demand_hour", "demand_day", "demand_county", "load"),
    "thermal": (
        *("thermal", "thermal_cost", "thermal_minimum", "thermal_month"),
        *("maintenance", "must_run", "must_run_level"),
    ),
    "water": ("hydro", "hydro_month", "external", "external_hour"),
    "renewables": ("wind", "solar", "soiling_month", "site_share"),
    "storage": ("pumped_storage", "battery"),
    "measures": ("demand_shift", "measure_cost"),
}
ASSUMED = (
    Col("table", label="of_table"),
    Col("name", label="of_name"),
    Col("column", label="of_column"),
    Col("scenario"),
    Col("confidence"),
    Col("source"),
    Col("note"),
)
#: how the tables' sources name their kind -> key of the text; longer ones first
SOURCE_WORDS = {
    "engineering judgement (工程经验,未核实)": "unverified",
    "engineering judgement": "judgement",
    "AC/N-1 repair of the planning model": "repair",
    "typical of GB/T 6451 transformers": "typical",
    "seen second-hand, licence not seen": "second_hand_licence",
    "seen second-hand": "second_hand",
}
#: words in a row that are not a name but a title
ENGLISH_TITLE = r"[A-Za-z]{2,}(,? [A-Za-z]{2,}){3}"
#: end of an option's name -> its unit
UNITS = {
    "_cny_per_mwh": "unit.cny_per_mwh",
    "_percent": "unit.percent",
    "_points": "unit.points",
    "_pu": "unit.pu",
    "_mw": "unit.mw",
    "_h": "unit.hour",
}


def statements(findings: Findings, texts: Texts) -> Items:
    """The fixed statements on data, method and result."""
    return Items(texts("statement.lead"), tuple(_statements(findings, texts)))


def _statements(findings: Findings, texts: Texts) -> list[str]:
    names = ["data", "curtailment"]
    years, count = _weather_years(findings, texts), 0
    if years is not None:
        count = years
        names.append("weather_single" if count <= 1 else "weather_several")
    weather = str((findings.manifest.get("inputs") or {}).get("weather", ""))
    names += ["weather_synthetic"] if weather.startswith("synthetic") else []
    names += ["hosting"] if any(table.startswith("hosting_") for table in findings.tables) else []
    return [texts(f"statement.{name}", count=count) for name in (*names, "model")]


def _weather_years(findings: Findings, texts: Texts) -> int | None:
    """How many weather years the verdict rests on; None if it does not say."""
    verdict = findings.tables.get("verdict")
    for row in [] if verdict is None else records(verdict):
        value = clause_numbers(row, texts)[0]
        if row.get("criterion") == "weather_years" and value.isdigit():
            return int(value)
    return None


# --- boundary conditions and options -------------------------------------------------------------------------


def options_table(findings: Findings, texts: Texts) -> tuple[Table, ...]:
    """What the study and the model take for granted: limits, penalties, commitment, windows."""
    manifest = findings.manifest
    rows = [row for part in ("limits", "options") for row in flat_options(manifest.get(part) or {}, part)]
    if not rows:
        return ()
    head = tuple(Header(texts(f"column.{c}"), is_number=c == "value") for c in ("group", "option", "value", "unit"))
    body, last = [], ""
    for group, name, value in rows:
        unit = next((texts(u) for end, u in UNITS.items() if name.endswith(end)), "")
        heading = "" if group == last else texts.word("option_group", group.split(".")[-1])
        shown = Cell(option_value(name, value, texts), f"manifest/{group}/{name}", is_number=True)
        body.append((Cell(heading), Cell(texts.word("option", name)), shown, Cell(unit)))
        last = group
    return (Table(texts("table.options"), head, tuple(body), notes=(texts("note.options"),)),)


def flat_options(values: Mapping[str, Any], group: str) -> Iterator[tuple[str, str, Any]]:
    """(group, name, value) of nested options, plain values of a group first."""
    yield from ((group, name, value) for name, value in values.items() if not isinstance(value, Mapping))
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from flat_options(value, f"{group}.{name}")


def option_value(name: str, value: Any, texts: Texts) -> str:
    """A value of an option in words."""
    if value is None:
        return texts(f"default.{name}") if texts.has(f"default.{name}") else numbers.ABSENT
    if isinstance(value, bool):
        return texts("word.yes" if value else "word.no")
    if isinstance(value, int | float):
        return f"{value:g}"
    if isinstance(value, list | tuple):
        return ", ".join(option_value(name, one, texts) for one in value) or option_value(name, None, texts)
    own = f"choice.{name}_{value}"
    return texts(own) if texts.has(own) else plain(texts.word("choice", value))


# --- assumed inputs ------------------------------------------------------------------------------------------


def inputs(findings: Findings, texts: Texts) -> tuple[Block, ...]:
    """Every assumed value, one folded table for each theme; equal reasons for several objects are one row."""
    open_ = lacking(findings, texts, "assumed", [c.column for c in ASSUMED])
    if open_ is not None:
        return (open_,)
    table = findings.tables["assumed"]
    theme_of = {name: theme for theme, names in THEMES.items() for name in names}
    themes = table["table"].map(theme_of).fillna("other")
    tables: list[Block] = [_overview(table, themes, texts)] if len(table) else []
    for theme in (*THEMES, "other"):
        mine = table[themes == theme]
        if len(mine):
            tables.append(theme_table(mine, theme, Names(findings, texts), texts))
    return tuple(tables)


def _overview(table: pd.DataFrame, themes: pd.Series, texts: Texts) -> Table:
    """How many values are assumed, by theme and confidence."""
    levels = table["confidence"].replace({"med": "medium"})
    count = pd.crosstab(themes, levels)
    shown = [level for level in ("high", "medium", "low") if level in count.columns]
    shown += [level for level in count.columns if level not in shown]
    head = [texts("column.theme"), *(texts.word("confidence", level) for level in shown), texts("word.total")]

    def row(label: str, counts: pd.Series, key: str = "") -> tuple[Cell, ...]:
        values = [*(counts[level] for level in shown), counts.sum()]
        return (Cell(label), *(Cell(number(int(v), "count"), key, is_number=True) for v in values))

    themed = [theme for theme in (*THEMES, "other") if theme in count.index]
    body = tuple(row(texts(f"theme.{theme}"), count.T[theme]) for theme in themed)
    total = row(texts("word.total"), count.sum(), "assumed//count")
    headings = tuple(Header(label, is_number=k > 0) for k, label in enumerate(head))
    return Table(texts("table.assumed"), headings, body, total, (texts("note.assumed", count=len(table)),))


def theme_table(table: pd.DataFrame, theme: str, names: Names, texts: Texts) -> Table:
    """Assumed values of one theme; equal reasons for several objects are one row."""
    same = ["table", "scenario", "confidence", "source", "note"]
    body = []
    for (of, scenario, confidence, source, note), rows in table.fillna("").groupby(same, sort=False):
        objects, columns = (list(dict.fromkeys(rows[c].astype(str))) for c in ("name", "column"))
        texts_of = (
            texts.word("table", of),
            texts.list_of([names.area(texts.word("any", o)) for o in objects]),
            texts.list_of([texts.word("field", c) for c in columns]),
            texts.word("any", scenario),
            texts.word("confidence", confidence),
            source_text(str(source), texts),
            bilingual(str(note), texts),
        )
        key = f"assumed/{of}/{'+'.join(objects)}/{'+'.join(columns)}/{scenario}"
        cells = (Cell(plain(t) or numbers.ABSENT, f"{key}/{c.column}") for t, c in zip(texts_of, ASSUMED))
        body.append(tuple(cells))
    caption = texts("table.assumed_theme", theme=texts(f"theme.{theme}"))
    return Table(caption, headers(ASSUMED, texts), tuple(body), folded=True)


def source_text(source: str, texts: Texts) -> str:
    """A source as cited, the words for its kind in the report's language.

    A title in the other language is not printed: the report says that it is in the network's table.
    """
    for words, key in SOURCE_WORDS.items():
        source = source.replace(words, texts(f"source.{key}"))
    return "; ".join(dict.fromkeys(_work(work.strip(), texts) for work in source.split(";")))


def _work(work: str, texts: Texts) -> str:
    """One cited work, without its title if that is in the other language."""
    if not (re.search(ENGLISH_TITLE, work) if texts.lang == "zh" else _is_chinese(work)):
        return work
    kinds = [texts(f"source.{key}") for key in ("unverified", "judgement", "second_hand_licence", "second_hand")]
    kind, title = next((k for k in kinds if k in work), ""), texts("source.foreign")
    return title if not kind else kind if work.startswith(kind) else f"{title} ({kind})"


def bilingual(note: str, texts: Texts) -> str:
    """The report's half of a note that stands as ``中文 / English``."""
    parts = [part.strip() for part in note.split("/ ")]
    mine = [part for part in parts if _is_chinese(part) == (texts.lang == "zh")]
    if mine or not note:
        return " / ".join(mine)
    return note if texts.lang == "zh" else texts("note.only_chinese")


def _is_chinese(text: str) -> bool:
    return any("\u4e00" <= sign <= "\u9fff" for sign in text)

"""Results of several runs side by side: years, the base case and measures, weather years; a report of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import pandas as pd

from gridsim.report.assumptions import flat_options, option_value
from gridsim.report.catalogue import Texts
from gridsim.report.chapters.outline import numbered
from gridsim.report.conclusions import ALL, LOCAL, PROVINCIAL, SYSTEM, limits_percent
from gridsim.report.figures.compared import compared_counties, compared_rates
from gridsim.report.model import Block, Cell, Chapter, Figure, Header, Paragraph, Table
from gridsim.report.numbers import KINDS, number, printed_value
from gridsim.report.tables import Col, Names, cell, plain, printed
from gridsim.store import Findings

#: printed columns of a run beside others: key of its summary, kind
FIGURES = (
    ("available_gwh", "energy"),
    ("used_gwh", "energy"),
    ("curtailed_gwh", "energy"),
    (SYSTEM, "rate"),
    (PROVINCIAL, "rate"),
    (LOCAL, "rate"),
    (ALL, "rate"),
    ("both_areas_percent", "rate"),
    ("exported_gwh", "energy"),
    ("unserved_gwh", "energy_fine"),
)
#: keys of the summary under another name
_OF_SUMMARY = {"both_areas_percent": "both_areas_curtailment_percent"}
HEAVY_PERCENT, OVER_PERCENT = 80.0, 100.0
TOP = 20


def compared_findings(cases: Mapping[str, Findings]) -> Findings:
    """The findings of a comparison: its tables, and in the summary the names of the runs under ``beside``."""
    first = next(iter(cases.values()))
    tables = {"compared_cases": _cases(cases), "compared_counties": _counties(cases)}
    kept = {name: t for name, t in first.tables.items() if name in ("county", "map_station", "balance")}
    same = ("area", "area_en", "target_percent", "floor_percent")
    summary = {k: first.summary[k] for k in same if k in first.summary}
    return Findings({**summary, "beside": list(cases)}, first.manifest, {**kept, **tables})


def compared_chapters(cases: Mapping[str, Findings], texts: Texts) -> tuple[Chapter, ...]:
    """The chapters of the comparison; what a run lacks is an empty cell or a sentence."""
    found = compared_findings(cases)
    made: dict[str, tuple[Block, ...]] = {
        "compared_cases": _whole(found, texts),
        "compared_counties": _by_county(found, cases, texts),
        "compared_causes": (_causes(cases, texts),),
        "compared_grid": (_violations(cases, texts), _loadings(cases, texts)),
        "compared_inputs": _inputs(cases, texts),
    }
    return tuple(numbered(str(k), name, blocks, {}, texts) for k, (name, blocks) in enumerate(made.items(), start=1))


# --- the tables ----------------------------------------------------------------------------------------------


def _cases(cases: Mapping[str, Findings]) -> pd.DataFrame:
    """A row a run: year, verdict, energies and rates."""
    rows = []
    for name, findings in cases.items():
        s = findings.summary
        figures = {key: s.get(_OF_SUMMARY.get(key, key)) for key, _ in FIGURES}
        rows.append({"run": name, "year": str(s.get("year", "")), "verdict": str(s.get("verdict", "")), **figures})
    table = pd.DataFrame(rows)
    return table.astype({key: float for key, _ in FIGURES})


def _counties(cases: Mapping[str, Findings]) -> pd.DataFrame:
    """A row a run and county: energies and rates."""
    parts = []
    for name, findings in cases.items():
        table = findings.tables.get("curtailment_by_county")
        if table is None or "county" not in table.columns:
            continue
        wanted = [c for c in ("available_gwh", "curtailed_gwh", SYSTEM, ALL) if c in table.columns]
        parts.append(table[["county", *wanted]].assign(run=name))
    columns = ["run", "county", "available_gwh", "curtailed_gwh", SYSTEM, ALL]
    return pd.concat(parts, ignore_index=True).reindex(columns=columns) if parts else pd.DataFrame(columns=columns)


# --- the chapters --------------------------------------------------------------------------------------------


def _whole(found: Findings, texts: Texts) -> tuple[Block, ...]:
    target_percent, _ = limits_percent(found)
    table = found.tables["compared_cases"]
    limits = {SYSTEM: target_percent, ALL: target_percent}
    columns = [Col("run"), Col("year"), Col("verdict", "word:verdict")]
    columns += [Col(key, kind, limit=limits.get(key)) for key, kind in FIGURES]
    draw = partial(compared_rates, table, texts, target_percent=target_percent)
    figure = Figure("compared_rates", texts("figure.compared_rates"), texts("alt.compared_rates"), draw)
    return (figure, printed(found, "compared_cases", columns, texts=texts, key="run", notes=(texts("note.compared"),)))


def _by_county(found: Findings, cases: Mapping[str, Findings], texts: Texts) -> tuple[Block, ...]:
    target_percent, _ = limits_percent(found)
    long, names = found.tables["compared_counties"], Names(found, texts)
    if long.empty:
        return (Paragraph(texts("missing.empty", what=texts("table.curtailment_by_county"))),)
    blocks: list[Block] = []
    for column, kind, limit in ((ALL, "rate", target_percent), ("curtailed_gwh", "energy_small", None)):
        wide = long.set_index(["county", "run"])[column].unstack().reindex(columns=list(cases))  # noqa: PD010
        wide = wide.sort_values(list(wide.columns)[-1], ascending=False, na_position="last")
        caption = texts("table.compared_rates" if column == ALL else "table.compared_energies")
        blocks.append(_side_by_side(wide, kind, names, texts, caption=caption, key=column, limit=limit))
    draw = partial(compared_counties, long, list(cases), texts, names, target_percent=target_percent)
    figure = Figure("compared_counties", texts("figure.compared_counties"), texts("alt.compared_counties"), draw)
    return (figure, *blocks)


def _side_by_side(
    wide: pd.DataFrame, kind: str, names: Names, texts: Texts, *, caption: str, key: str, limit: float | None = None
) -> Table:
    """Counties by run, and the change from the first run to the last."""
    runs, unit = list(wide.columns), texts(KINDS[kind].unit)
    change = "points" if kind == "rate" else kind
    most = None if limit is None else printed_value(limit, kind)
    head = [Header(texts("column.county"), name="county")]
    head += [Header(plain(run), unit, True, "", most) for run in runs]
    head.append(Header(texts("column.compared_change"), texts(KINDS[change].unit), True, "compared_change"))
    col, last = Col(key, kind, limit=limit), Col("change", change)
    rows = []
    for county, values in wide.iterrows():
        at = f"compared_counties/{county}"
        shown = [cell(v, col, texts, names, key=f"{at}/{run}/{key}") for run, v in zip(runs, values)]
        difference = values.iloc[-1] - values.iloc[0]
        shown.append(cell(difference, last, texts, names, key=f"{at}/change/{key}"))
        rows.append((Cell(names.short(county)), *shown))
    return Table(caption, tuple(head), tuple(rows), notes=(texts("note.compared_change"),), name="compared_counties")


def _causes(cases: Mapping[str, Findings], texts: Texts) -> Block:
    """Curtailed energy by cause and run."""
    parts = {
        name: f.tables["curtailment_by_cause"].set_index("cause")["curtailed_gwh"]
        for name, f in cases.items()
        if {"cause", "curtailed_gwh"} <= set(getattr(f.tables.get("curtailment_by_cause"), "columns", ()))
    }
    if not parts:
        return Paragraph(texts("missing.empty", what=texts("table.curtailment_by_cause")))
    wide = pd.DataFrame(parts).reindex(columns=list(parts))
    wide = wide.sort_values(list(wide.columns)[-1], ascending=False, na_position="last")
    head = [Header(texts("column.cause"), name="cause")]
    head += [Header(plain(run), texts("unit.wan_kwh"), True) for run in wide.columns]
    rows = tuple(
        (Cell(texts.word("cause", cause)), *(_energy(v, f"compared_causes/{cause}/{run}") for run, v in values.items()))
        for cause, values in wide.iterrows()
    )
    total = (Cell(texts("word.total")), *(_energy(wide[run].sum(), f"compared_causes//{run}") for run in wide.columns))
    return Table(texts("table.compared_causes"), tuple(head), rows, total, name="compared_causes")


def _energy(value: Any, key: str) -> Cell:
    return Cell(number(value, "energy_small"), key, is_number=True, value=printed_value(value, "energy_small"))


def _violations(cases: Mapping[str, Findings], texts: Texts) -> Table:
    """How many elements are overloaded or outside their band, by run; a run without the table has a dash."""
    counts = {
        "compared_heavy": ("overload", "max_loading_percent", HEAVY_PERCENT),
        "compared_over": ("overload", "max_loading_percent", OVER_PERCENT),
        "compared_voltage": ("voltage", "hours_outside", 0.0),
        "compared_unavoidable": ("unavoidable", "steps", 0.0),
        "compared_n1": ("n1", "max_loading_percent", OVER_PERCENT),
    }
    head = [Header(texts("column.item"), name="item"), *(Header(plain(run), "", True) for run in cases)]
    rows = []
    for name, (table, column, above) in counts.items():
        cells = []
        for run, findings in cases.items():
            frame = findings.tables.get(table)
            known = frame is not None and column in frame.columns
            value = int((frame[column] > above).sum()) if frame is not None and known else None
            cells.append(Cell(number(value, "count"), f"{name}/{run}", is_number=True))
        rows.append((Cell(texts(f"row.{name}")), *cells))
    return Table(texts("table.compared_violations"), tuple(head), tuple(rows), name="compared_violations")


def _loadings(cases: Mapping[str, Findings], texts: Texts) -> Block:
    """Highest loading of the elements that are heavy in any run."""
    parts = {
        name: f.tables["overload"].groupby("element")["max_loading_percent"].max()
        for name, f in cases.items()
        if {"element", "max_loading_percent"} <= set(getattr(f.tables.get("overload"), "columns", ()))
    }
    wide = pd.DataFrame(parts).reindex(columns=list(parts))
    wide = wide[(wide > HEAVY_PERCENT).any(axis=1)] if parts else wide
    if wide.empty:
        return Paragraph(texts("compared.none_heavy"))
    wide = wide.loc[wide.max(axis=1).sort_values(ascending=False, kind="stable").index]
    names = Names(next(iter(cases.values())), texts)
    col = Col("max_loading_percent", "loading", limit=OVER_PERCENT)
    head = [Header(texts("column.element"), name="element")]
    head += [Header(plain(run), texts("unit.percent"), True, "", OVER_PERCENT) for run in parts]
    at = "compared_overload"
    rows = tuple(
        (Cell(plain(e)), *(cell(v, col, texts, names, key=f"{at}/{e}/{run}") for run, v in values.items()))
        for e, values in wide.iterrows()
    )
    notes = (texts("note.compared_loadings"),)
    table = Table(texts("table.compared_loadings"), tuple(head), rows[:TOP], (), notes, name="compared_overload")
    return replace(table, more=rows[TOP:])


def _inputs(cases: Mapping[str, Findings], texts: Texts) -> tuple[Block, ...]:
    """Limits, options, changes and input files that are not the same in all runs."""
    flats = {run: dict(_facts(f)) for run, f in cases.items()}
    keys = list(dict.fromkeys(key for facts in flats.values() for key in facts))
    differing = [k for k in keys if len({str(facts.get(k)) for facts in flats.values()}) > 1]
    same = Paragraph(texts("compared.same", same=len(keys) - len(differing), all=len(keys)))
    if not differing:
        return (same,)
    head = [Header(texts("column.option"), name="option"), *(Header(plain(run)) for run in cases)]
    rows = tuple(
        (Cell(_fact(key, texts)), *(Cell(_value(key, f.get(key), texts), f"{key}/{run}") for run, f in flats.items()))
        for key in differing
    )
    return (same, Table(texts("table.compared_inputs"), tuple(head), rows, notes=(texts("note.compared_inputs"),)))


def _facts(findings: Findings) -> Iterator[tuple[str, Any]]:
    """What a run was made from, under names that say where it stands in the manifest."""
    manifest, summary = findings.manifest, findings.summary
    yield from (("scenario", summary.get("scenario")), ("year", summary.get("year")))
    yield from ((f"run/{k}", manifest.get(k)) for k in ("gridsim", "seed"))
    for part in ("limits", "options"):
        yield from ((f"{group}/{name}", value) for group, name, value in flat_options(manifest.get(part) or {}, part))
    changes = manifest.get("changes") or []
    yield "changes", "; ".join(" ".join(str(value) for value in change.values()) for change in changes)
    yield from ((f"inputs/{name}", value) for name, value in (manifest.get("inputs") or {}).items())


def _fact(key: str, texts: Texts) -> str:
    """A difference in words: the option, or the file."""
    group, _, name = key.rpartition("/")
    if group == "inputs" or group.startswith("inputs/"):
        return plain(key.removeprefix("inputs/"))
    if group in ("", "run"):
        return texts.word("manifest", name) if texts.has(f"manifest.{name}") else texts(f"compared.{name}")
    return texts.word("option", name)


def _value(key: str, value: Any, texts: Texts) -> str:
    if key.startswith("inputs/") and len(str(value)) == 64:
        return str(value)[:8]
    return option_value(key.rpartition("/")[2], value, texts)

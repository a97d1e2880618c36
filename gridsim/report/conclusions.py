"""The page of conclusions: headline sentence, verdict with reasons, the numbers asked for first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from gridsim.report import numbers
from gridsim.report.catalogue import Texts
from gridsim.report.hours import area_balance, city_of, exported_gwh
from gridsim.report.model import Block, Cell, Items, Paragraph, Table, Tile, Tiles, Verdict
from gridsim.report.tables import Col, Names, cell, headers, is_true, missing, plain, records
from gridsim.store import Findings

TARGET_PERCENT, FLOOR_PERCENT = 5.0, 10.0
SYSTEM, ALL = "curtailment_percent_system_cause", "curtailment_percent"
#: counties named in the headline
NAMED = 5
#: tables without which a conclusion stays open
NEEDED = (
    "curtailment_by_county",
    "curtailment_by_cause",
    "overload",
    "voltage",
    "ac",
    "checks",
    "verdict",
    "sensitivity",
)


def limits_percent(findings: Findings) -> tuple[float, float]:
    """Target and national floor of the curtailment rate. [%]"""
    summary = findings.summary
    return float(summary.get("target_percent") or TARGET_PERCENT), float(summary.get("floor_percent") or FLOOR_PERCENT)


def conclusions(findings: Findings, texts: Texts) -> tuple[Block, ...]:
    """All blocks of the page of conclusions."""
    summary = findings.summary
    blocks: list[Block] = [_verdict(findings, texts), _tiles(findings, texts)]
    if summary.get(SYSTEM) is not None and summary.get(SYSTEM) == summary.get(ALL):
        blocks.append(Paragraph(texts("conclusion.scopes_equal"), "note"))
    blocks += [_carriers(findings, texts), *_levels(findings, texts)]
    assumed = findings.tables.get("assumed")
    if assumed is not None:
        blocks.append(Paragraph(texts("conclusion.assumed", count=len(assumed)), "statement"))
    return tuple(blocks)


def area_name(findings: Findings, texts: Texts) -> str:
    key = "area" if texts.lang == "zh" else "area_en"
    return str(findings.summary.get(key) or texts("word.city"))


def reason_text(reason: Any, texts: Texts) -> str:
    """One reason of the verdict: a sentence, ``<criterion>: detail``, or ``{"key": ..., values}``
    for a text of the group ``reason``."""
    if isinstance(reason, Mapping) and texts.has(f"reason.{reason.get('key')}"):
        return texts(f"reason.{reason['key']}", **{k: v for k, v in reason.items() if k != "key"})
    name, _, rest = str(reason).partition(":")
    if rest and texts.has(f"criterion.{name}"):
        return texts("sentence.prefix", name=texts(f"criterion.{name}"), rest=plain(rest.strip()))
    return plain(texts.word("reason", reason))


def _verdict(findings: Findings, texts: Texts) -> Verdict:
    summary = findings.summary
    known = str(summary.get("verdict"))
    verdict = known if known in ("pass", "conditional", "fail") else "unknown"
    reasons = tuple(reason_text(r, texts) for r in summary.get("reasons") or ())
    lead = texts("conclusion.reasons") if reasons else ""
    return Verdict(verdict, texts(f"verdict.{verdict}"), headline(findings, texts), reasons, lead)


def headline(findings: Findings, texts: Texts) -> str:
    """The sentence that answers the question, in the pattern of a planning report."""
    summary = findings.summary
    rate = summary.get(SYSTEM, summary.get(ALL))
    target_percent, _ = limits_percent(findings)
    if numbers.absent(rate):
        return texts("conclusion.no_rate")
    shown, _ = numbers.against(rate, target_percent)
    met = rate <= target_percent
    meets = "misses" if not met else "meets_conditionally" if summary.get("verdict") == "conditional" else "meets"
    sentence = texts(
        "conclusion.headline",
        scenario=plain(summary.get("scenario", "")),
        year=summary.get("year", ""),
        area=area_name(findings, texts),
        used=numbers.number(100.0 - rate, "rate"),
        rate=shown,
        target=f"{target_percent:g}",
        meets=texts(f"conclusion.{meets}"),
        margin=texts(
            "conclusion.margin" if met else "conclusion.excess",
            points=numbers.number(abs(target_percent - rate), "points"),
        ),
    )
    return sentence + _counties_above(findings, texts, target_percent)


def _counties_above(findings: Findings, texts: Texts, target_percent: float) -> str:
    table = findings.tables.get("curtailment_by_county")
    if table is None or table.empty or not {"county", ALL} <= set(table.columns):
        return texts("conclusion.no_counties")
    above = table[table[ALL] > target_percent].sort_values(ALL, ascending=False)
    if above.empty:
        return texts("conclusion.none_above", target=f"{target_percent:g}")
    names, shown = Names(findings, texts), above.head(NAMED)
    parts = [
        texts("conclusion.county_rate", county=names.short(county), rate=numbers.against(rate, target_percent)[0])
        for county, rate in zip(shown["county"], shown[ALL])
    ]
    key = "conclusion.counties_above" if len(above) <= NAMED else "conclusion.many_above"
    return texts(key, counties=texts.list_of(parts), count=len(above), target=f"{target_percent:g}")


def _tiles(findings: Findings, texts: Texts) -> Tiles:
    """The two rates, then the three energies that must not be mixed up."""
    summary = findings.summary
    target_percent, _ = limits_percent(findings)
    shown = [
        ("system", SYSTEM, summary.get(SYSTEM), "rate"),
        ("all", ALL, summary.get(ALL), "rate"),
        ("curtailed", "curtailed_gwh", summary.get("curtailed_gwh"), "energy"),
        ("storage_loss", "storage_loss_gwh", _storage_loss_gwh(findings), "energy"),
        ("exported", "exported_gwh", _exported_gwh(findings), "energy"),
    ]
    tiles = []
    for name, column, value, kind in shown:
        limit = target_percent if kind == "rate" else None
        printed = cell(value, Col(column, kind, limit=limit), texts, Names(findings, texts), key=f"summary//{column}")
        note = texts(f"tile.{name}_note") if printed.text != numbers.ABSENT else texts("tile.absent")
        tiles.append(Tile(texts(f"tile.{name}"), printed, texts(numbers.KINDS[kind].unit), note))
    return Tiles(tuple(tiles))


def _storage_loss_gwh(findings: Findings) -> float | None:
    """Energy lost in the city's storages: the summary's, else the sum of the table."""
    if findings.summary.get("storage_loss_gwh") is not None:
        return float(findings.summary["storage_loss_gwh"])
    table = findings.tables.get("storage")
    if table is None or "loss_gwh" not in table.columns:
        return None
    inside = (
        table["county"].fillna("").astype(str) != ""
        if "county" in table.columns
        else pd.Series(True, index=table.index)
    )
    return float(table.loc[inside, "loss_gwh"].sum())


def _exported_gwh(findings: Findings) -> float | None:
    """Energy sent out of the city: the summary's, else from the hourly exchange."""
    if findings.summary.get("exported_gwh") is not None:
        return float(findings.summary["exported_gwh"])
    city = city_of(findings)
    return None if city is None else exported_gwh(area_balance(findings, city))


def _carriers(findings: Findings, texts: Texts) -> Table:
    """Wind, sun and both: energies and rates in both scopes."""
    summary = findings.summary
    limit, _ = limits_percent(findings)
    columns = [
        Col("carrier", "word:item"),
        Col("available_gwh", "energy"),
        Col("used_gwh", "energy"),
        Col("curtailed_gwh", "energy"),
        Col(SYSTEM, "rate", limit=limit),
        Col(ALL, "rate", limit=limit),
    ]
    names = Names(findings, texts)
    rows = [(carrier, values) for carrier, values in (summary.get("carriers") or {}).items()]
    body = tuple(
        tuple(
            cell({"carrier": carrier, **values}.get(c.column), c, texts, names, key=f"summary/{carrier}/{c.column}")
            for c in columns
        )
        for carrier, values in rows
    )
    last = tuple(cell(summary.get(c.column), c, texts, names, key=f"summary//{c.column}") for c in columns[1:])
    return Table(
        texts("table.summary"), headers(columns, texts), body, (Cell(texts("word.both")), *last), (texts("note.rates"),)
    )


def _levels(findings: Findings, texts: Texts) -> list[Block]:
    """What can be confirmed, what holds on conditions, what cannot be judged."""
    summary, verdict = findings.summary, findings.tables.get("verdict")
    blocks: list[Block] = []
    if verdict is None:
        blocks.append(missing(texts, "verdict"))
    elif len(verdict):
        sure = [r for r in records(verdict) if is_true(r.get("ok")) or summary.get("verdict") == "fail"]
        confirmed = tuple(_criterion(row, texts) for row in sure)
        blocks.append(Items(texts("level.confirmed"), confirmed or (texts("level.none"),)))
    reasons = tuple(reason_text(r, texts) for r in summary.get("reasons") or ())
    blocks.append(Items(texts("level.conditional"), reasons or (texts("level.none"),)))
    lacking = tuple(
        texts("level.lacks", what=texts.word("table", n), file=f"tables/{n}.csv")
        for n in NEEDED
        if n not in findings.tables
    )
    blocks.append(Items(texts("level.undecidable"), lacking or (texts("level.none"),)))
    return blocks


def _criterion(row: Mapping[str, Any], texts: Texts) -> str:
    element = "" if numbers.absent(row.get("element")) else texts("level.element", element=plain(row["element"]))
    value, limit = criterion_numbers(row)
    ok = texts("word.ok" if is_true(row.get("ok")) else "word.not_ok")
    unit = "" if numbers.absent(row.get("unit")) else str(row["unit"]) if row["unit"] == "%" else f" {row['unit']}"
    name = texts.word("criterion", row.get("criterion"))
    return texts("level.criterion", name=name, element=element, value=value + unit, limit=limit + unit, ok=ok)


def criterion_numbers(row: Mapping[str, Any]) -> tuple[str, str]:
    """Value and limit of a criterion as printed; what is not a number stays as it is."""
    value, limit = (_as_number(row.get(name)) for name in ("value", "limit"))
    if value is None and not numbers.absent(row.get("value")):
        return plain(row["value"]), plain(row.get("limit", numbers.ABSENT))
    whole = all(v is None or v.is_integer() for v in (value, limit))
    kind = "rate" if row.get("unit") in ("%", "percent") else "count" if whole else "value"
    return numbers.against(value, limit, kind)


def _as_number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return None if numbers.absent(number) else number

"""The last chapters: method in short, and what another person needs to get the same results."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from gridsim.report import numbers
from gridsim.report.catalogue import Texts
from gridsim.report.model import Block, Cell, Header, Items, Paragraph, Table
from gridsim.report.tables import plain
from gridsim.store import Findings

#: longer tables are folded away (and can be opened)
OPEN_ROWS = 12
METHODS = ("energy", "rates", "load", "area", "share", "causes", "unavoidable", "ac", "ac_clean", "verdict", "storage")
#: entries of the manifest in this order; any other follows
KNOWN = ("command", "created", "gridsim", "python", "seed", "windows", "study", "stages_s", "packages", "inputs")
#: printed with the assumptions, or long and in manifest.json only
ELSEWHERE = ("options", "limits", "by_weather_year")


def method(findings: Findings, texts: Texts) -> tuple[Block, ...]:
    """How the numbers are defined and made."""
    return (
        Items(texts("method.lead"), tuple(texts(f"method.{name}") for name in METHODS)),
        Paragraph(texts("method.limits"), "note"),
    )


def reproduction(findings: Findings, texts: Texts) -> tuple[Block, ...]:
    """Command, versions, input hashes and stage times: what another person needs to get the same."""
    manifest = {k: v for k, v in findings.manifest.items() if k not in ELSEWHERE}
    if not manifest:
        return (Paragraph(texts("missing.table", file="manifest.json", what=texts("table.manifest")), "missing"),)
    blocks: list[Block] = []
    plain_rows = []
    for name in (*(k for k in KNOWN if k in manifest), *(k for k in manifest if k not in KNOWN)):
        value = manifest[name]
        if isinstance(value, Mapping):
            blocks.append(_mapping_table(name, value, texts))
        else:
            plain_rows.append((Cell(texts.word("manifest", name)), Cell(_brief(value, texts), f"manifest//{name}")))
    first = Table(texts("table.manifest"), _two_columns(texts), tuple(plain_rows))
    return (first, *blocks)


def _two_columns(texts: Texts) -> tuple[Header, Header]:
    return Header(texts("column.entry")), Header(texts("column.value"))


def _mapping_table(name: str, values: Mapping[str, Any], texts: Texts) -> Table:
    """One table for a part of the manifest; nested parts as ``outer.inner``."""
    rows = tuple(
        (
            Cell(plain(texts.word("stage", key) if name == "stages_s" else texts.word("manifest", key))),
            Cell(_seconds(value) if name == "stages_s" else _brief(value, texts), f"manifest/{name}/{key}"),
        )
        for key, value in _flat(values)
    )
    caption = texts("table.manifest_part", name=texts.word("manifest", name))
    return Table(caption, _two_columns(texts), rows, folded=len(rows) > OPEN_ROWS)


def _seconds(value: Any) -> str:
    return numbers.number(value, "seconds") + " s" if isinstance(value, int | float) else plain(value)


def _flat(values: Mapping[str, Any], before: str = "") -> list[tuple[str, Any]]:
    rows: list[tuple[str, Any]] = []
    for key, value in values.items():
        rows += _flat(value, f"{before}{key}.") if isinstance(value, Mapping) else [(f"{before}{key}", value)]
    return rows


def _brief(value: Any, texts: Texts) -> str:
    """A value in one line; a long list of records as how many there are of each status."""
    if numbers.absent(value):
        return numbers.ABSENT
    if isinstance(value, bool):
        return texts("word.yes" if value else "word.no")
    if isinstance(value, list | tuple):
        if value and all(isinstance(v, Mapping) and "status" in v for v in value):
            count = Counter(str(v["status"]) for v in value)
            named = [texts("sentence.prefix", name=texts.word("status", s), rest=n) for s, n in count.items()]
            return texts.list_of(named)
        shown = [" ".join(str(v) for v in e.values()) if isinstance(e, Mapping) else str(e) for e in value]
        return plain(texts.list_of(shown)) or texts("word.none")
    return plain(texts.phrase("provenance", value, lambda part: _part(part, texts)))


def _part(part: str, texts: Texts) -> str:
    """What stands in the blank of a phrase: another phrase, a known word, or itself."""
    if part == "typical":
        return texts("word.typical")
    return texts.phrase("provenance", part, lambda inner: _part(inner, texts))

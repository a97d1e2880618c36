"""One number, one text: html, docx and xlsx print what the formatter made of the table's cell, in zh and en."""

from __future__ import annotations

import dataclasses
import io
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pandas as pd
import pytest
from fake_findings import fake_findings
from printed_numbers import html_numbers, printed_cells, xlsx_numbers

from gridsim.report.catalogue import LANGUAGES, read_texts
from gridsim.report.chapters import chapters
from gridsim.report.docx import docx_bytes, docx_numbers
from gridsim.report.drawn import draw_figures
from gridsim.report.html import html_page
from gridsim.report.model import Cell, Chapter, Figure
from gridsim.report.numbers import KINDS
from gridsim.report.xlsx import xlsx_bytes
from gridsim.store import Findings

Read = dict[str, set[str]]


@dataclass(frozen=True)
class Printed:
    """The chapters in one language and what was read back from each format."""

    chapters: tuple[Chapter, ...]
    html: Read
    docx: Read
    xlsx: Read


@pytest.fixture(scope="module")
def findings() -> Findings:
    return replace(fake_findings(), hourly={})


@pytest.fixture(scope="module")
def printed(findings: Findings) -> dict[str, Printed]:
    return {lang: _printed(findings, lang) for lang in LANGUAGES}


def _printed(findings: Findings, lang: str) -> Printed:
    texts = read_texts(lang)
    made = chapters(findings, texts)
    drawn = draw_figures(made, texts)
    word = docx_numbers(io.BytesIO(docx_bytes(made, findings, texts, drawn)))
    return Printed(
        made,
        html_numbers(html_page(made, findings, texts, drawn)),
        {key: set(shown) for key, shown in word.items()},
        xlsx_numbers(xlsx_bytes(made, findings, texts)),
    )


def differing(read: Read, expected: Read) -> list[str]:
    """Keys whose texts are not the expected ones; the space that indents a label is no difference."""
    keys = read.keys() | expected.keys()
    return sorted(key for key in keys if _bare(read.get(key)) != _bare(expected.get(key)))


def _bare(texts: set[str] | None) -> set[str] | None:
    return None if texts is None else {text.strip() for text in texts}


def cells(part: object) -> Iterator[Cell]:
    """Every cell of chapters."""
    if isinstance(part, Cell):
        yield part
    elif isinstance(part, tuple):
        for item in part:
            yield from cells(item)
    elif dataclasses.is_dataclass(part) and not isinstance(part, Figure):
        for field in dataclasses.fields(part):
            yield from cells(getattr(part, field.name))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_format_prints_every_cell_and_nothing_else(printed: dict[str, Printed], lang: str) -> None:
    of = printed[lang]
    on_paper = printed_cells(of.chapters, more=False)
    assert len(on_paper) > 1000
    assert differing(of.docx, on_paper) == []
    assert differing(of.xlsx, printed_cells(of.chapters)) == []
    on_page = printed_cells(of.chapters) if of.html.keys() - on_paper.keys() else on_paper
    assert differing(of.html, on_page) == []


def test_the_numbers_are_the_same_in_both_languages(printed: dict[str, Printed]) -> None:
    zh, en = (
        [(c.key, _digits(c.text), c.value) for c in cells(printed[lang].chapters) if c.is_number and c.key]
        for lang in LANGUAGES
    )
    assert [key for key, *_ in zh] == [key for key, *_ in en]
    pairs = [(a, b) for a, b in zip(zh, en) if a[1][:1].lstrip("-").isdigit()]  # the others are words
    assert len(pairs) > 800
    assert [a for a, _ in pairs] == [b for _, b in pairs]


def _digits(text: str) -> str:
    """The number of a text, without the unit that may stand behind it in a table of mixed units."""
    return text.partition(" ")[0]


def test_a_text_is_its_number_rounded(printed: dict[str, Printed]) -> None:
    """Half a unit of the last decimal at most, and a little for how binary numbers are written."""
    seen = [c for c in cells(printed["zh"].chapters) if c.value is not None]
    assert len(seen) > 500
    for cell in seen:
        text = _digits(cell.text)
        decimals = len(text.partition(".")[2])
        assert abs(float(text) - cell.value) <= 0.5 * 10.0**-decimals * (1 + 1e-6) + 1e-9 * abs(cell.value), cell


def test_a_number_is_that_of_its_table_in_the_printed_unit(printed: dict[str, Printed], findings: Findings) -> None:
    """``table/row/column`` of a key leads to the value; the printed one is it times the factor of a unit."""
    factors = {kind.factor for kind in KINDS.values()}
    found = 0
    for cell in cells(printed["zh"].chapters):
        name, _, rest = cell.key.partition("/")
        row, _, column = rest.rpartition("/")
        table = findings.tables.get(name)
        if cell.value is None or not row or table is None or column not in table.columns:
            continue
        mine = table[(table.astype(str) == row).any(axis=1)]
        values = pd.to_numeric(mine[column], errors="coerce").dropna()
        if len(mine) != 1 or len(values) != 1:
            continue
        assert any(math.isclose(cell.value, values.iloc[0] * f, rel_tol=1e-12, abs_tol=1e-12) for f in factors), cell
        found += 1
    assert found > 300


def test_a_planted_fault_is_found_by_its_key(printed: dict[str, Printed], findings: Findings) -> None:
    """One cell of the workbook's chapters is a digit off: the key says which."""
    texts = read_texts("zh")
    key = "curtailment_by_month/4/curtailed_gwh"
    was = next(iter(printed["zh"].xlsx[key]))
    wrong = was[:-1] + str((int(was[-1]) + 1) % 10)

    def spoilt(part: object) -> object:
        if isinstance(part, Cell):
            return replace(part, text=wrong, value=None) if part.key == key else part
        if isinstance(part, tuple):
            return tuple(spoilt(item) for item in part)
        if dataclasses.is_dataclass(part) and not isinstance(part, Figure):
            return replace(part, **{f.name: spoilt(getattr(part, f.name)) for f in dataclasses.fields(part)})
        return part

    book = xlsx_numbers(xlsx_bytes(spoilt(printed["zh"].chapters), findings, texts))
    assert differing(book, printed["zh"].xlsx) == [key]
    assert book[key] == {wrong}

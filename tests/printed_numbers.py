"""Printed numbers read back from the files of a report, by the key of the table cell that they come from."""

from __future__ import annotations

import dataclasses
import io
from collections import defaultdict
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from html.parser import HTMLParser

import openpyxl

from gridsim.report.model import Cell, Figure


def shown_text(value: object, number_format: str) -> str:
    """What a spreadsheet shows for a value: the rules of ECMA-376 for the few formats that the workbook uses."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        assert number_format == "yyyy-mm-dd hh:mm"
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, str):
        return value
    if number_format == "General":
        return f"{value:.3g}"
    decimals = len(number_format.partition(".")[2])
    assert set(number_format) <= {"0", "."}, number_format
    # fifteen digits of the decimal number, rounded half up
    return f"{Decimal(f'{value:.15g}').quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP):f}"


def xlsx_numbers(content: bytes) -> dict[str, set[str]]:
    """Texts of a workbook by key, with the values that stand in it (formulas with the value that was kept)."""
    book = openpyxl.load_workbook(io.BytesIO(content), data_only=True)
    found = defaultdict(set)
    for name, row, *keys in book["keys"].iter_rows(values_only=True):
        for column, key in enumerate(keys, start=1):
            if key:
                cell = book[name].cell(row, column)
                found[key].add(shown_text(cell.value, cell.number_format))
    return dict(found)


class _Keyed(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, set[str]] = defaultdict(set)
        self._key = ""
        self._tag = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if values.get("data-key"):
            self._key, self._tag = values["data-key"], tag
            self.found[self._key].add("")

    def handle_endtag(self, tag: str) -> None:
        if tag == self._tag:
            self._key = ""

    def handle_data(self, data: str) -> None:
        if self._key:
            self.found[self._key] = (self.found[self._key] - {""}) | {data}


def html_numbers(page: str) -> dict[str, set[str]]:
    """Texts of a page by ``data-key``."""
    reader = _Keyed()
    reader.feed(page)
    return dict(reader.found)


def printed_cells(part: object, *, more: bool = True) -> dict[str, set[str]]:
    """Texts of the cells of chapters by key; ``more`` with the rows that only the workbook has."""
    found: dict[str, set[str]] = defaultdict(set)

    def collect(item: object) -> None:
        if isinstance(item, Cell):
            if item.key:
                found[item.key].add(item.text)
        elif isinstance(item, tuple | list):
            for inner in item:
                collect(inner)
        elif dataclasses.is_dataclass(item) and not isinstance(item, Figure):
            for field in dataclasses.fields(item):
                if more or field.name != "more":
                    collect(getattr(item, field.name))

    collect(part)
    return dict(found)

"""Sheets of the result tables themselves: every row and column, in the units of the tables."""

from __future__ import annotations

from typing import Any

import pandas as pd

from gridsim.report.catalogue import Texts
from gridsim.report.tables import plain
from gridsim.report.xlsx.columns import decimals_of, label_of, shown, unit_of
from gridsim.report.xlsx.sheet import MOST_COLUMNS, MOST_ROWS, MOST_SIGNS, finish, link_to, widths_of, write_heads
from gridsim.report.xlsx.style import Style

_HEAD = 2
_LOOKED_AT = 200


def write_data(sheet: Any, name: str, table: pd.DataFrame, style: Style, texts: Texts, *, home: str) -> None:
    """Write one result table into its sheet: labels, units and the names of its columns, then its rows.

    A table that the format cannot hold is cut and says so.
    """
    most = MOST_ROWS - 10
    cut = len(table) > most
    table = table.iloc[:most, :MOST_COLUMNS]
    names = [str(c) for c in table.columns]
    heads = [[label_of(c, texts) for c in names], [unit_of(c, texts) for c in names], names]
    columns = [_values(table[c], c, texts) for c in table.columns]
    decimals = [decimals_of(c, table.iloc[:, k]) for k, c in enumerate(names)]
    looked = [[_looks(v, d) for v in column[:_LOOKED_AT]] for column, d in zip(columns, decimals)]
    widths = widths_of(heads, looked)
    title = texts("workbook.data_title", what=texts.word("table", name), file=f"tables/{name}.csv")
    sheet.write_string(0, 0, title, style.title)
    sheet.write_url(1, 0, link_to(home), style.link, texts("workbook.back"))
    if cut:
        sheet.write_string(1, 3, texts("workbook.cut", rows=most), style(font_color="#c00000"))
    first = write_heads(sheet, style, heads, widths, _HEAD)
    for k, (values, of) in enumerate(zip(columns, decimals)):
        _write_column(sheet, first, k, values, style, of)
    finish(sheet, texts, title=title, widths=widths, first=first, last=first + len(table) - 1, keep=1)


def _values(values: pd.Series, column: str, texts: Texts) -> list[Any]:
    """The cells of a column as the spreadsheet keeps them: numbers, times of the clock, texts, None."""
    if isinstance(values.dtype, pd.DatetimeTZDtype) or pd.api.types.is_datetime64_any_dtype(values):
        clock = pd.DatetimeIndex(values).tz_localize(None)
        return [None if v is pd.NaT else v.to_pydatetime() for v in clock]
    if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
        return [None if v != v else v for v in values.astype(float)]
    if column == "time" or column.endswith("_time"):
        return [_clock(v) for v in values]
    return [shown(column, v, texts) for v in values]


def _clock(value: Any) -> Any:
    """A time in text as a time of the clock; what is none stays a text."""
    try:
        found = pd.Timestamp(value)
    except (ValueError, TypeError):
        return str(value)
    return None if found is pd.NaT else found.tz_localize(None).to_pydatetime()


def _looks(value: Any, decimals: int) -> str:
    if isinstance(value, float):
        return f"{value:.{decimals}f}"
    return "" if value is None else str(value)[:60]


def _write_column(sheet: Any, first: int, k: int, values: list[Any], style: Style, decimals: int) -> None:
    number = style(num_format="0." + "0" * decimals if decimals else "0")
    clock, text = style(num_format="yyyy-mm-dd hh:mm", align="center"), style()
    for row, value in enumerate(values, start=first):
        if value is None or value == "":
            continue
        if isinstance(value, int | float):
            if abs(value) == float("inf"):
                sheet.write_string(row, k, "∞" if value > 0 else "-∞", text)
            else:
                sheet.write_number(row, k, value, number)
        elif hasattr(value, "hour"):
            sheet.write_datetime(row, k, value, clock)
        else:
            sheet.write_string(row, k, plain(value)[:MOST_SIGNS], text)

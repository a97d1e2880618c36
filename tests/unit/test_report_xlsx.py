"""report.xlsx: read back by another program it holds the tables; filters, panes, formulas, links, definitions."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest
from fake_findings import fake_findings
from printed_numbers import printed_cells, shown_text, xlsx_numbers

from gridsim.report.catalogue import LANGUAGES, read_texts
from gridsim.report.chapters import chapters
from gridsim.report.model import Cell, Header, Table
from gridsim.report.numbers import KINDS, number, printed_value
from gridsim.report.xlsx import xlsx_bytes
from gridsim.report.xlsx.columns import decimals_of, label_of, unit_of
from gridsim.report.xlsx.sheet import NAME_SIGNS, Names
from gridsim.report.xlsx.style import shown_number
from gridsim.store import Findings

SOFFICE = shutil.which("soffice")


@pytest.fixture(scope="module")
def findings() -> Findings:
    return replace(fake_findings(), hourly={})


@pytest.fixture(scope="module")
def content(findings: Findings) -> bytes:
    texts = read_texts("zh")
    return xlsx_bytes(chapters(findings, texts), findings, texts)


@pytest.fixture(scope="module")
def book(content: bytes) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(content))


def workbook_of(table: Table, findings: Findings = Findings({"target_percent": 5.0})) -> openpyxl.Workbook:  # noqa: B008
    """A workbook with one printed table, formulas as formulas."""
    from gridsim.report.model import Chapter

    texts = read_texts("zh")
    made = xlsx_bytes([Chapter("c", "章", (table,), "1")], findings, texts)
    return openpyxl.load_workbook(io.BytesIO(made))


# --- numbers -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_printed_cell_stands_in_the_workbook_as_it_is_printed(findings: Findings, lang: str) -> None:
    texts = read_texts(lang)
    made = chapters(findings, texts)
    in_book, printed = xlsx_numbers(xlsx_bytes(made, findings, texts)), printed_cells(made)
    assert len(printed) > 1000
    assert in_book == printed


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        (2.2949999999, "rate", "2.29"),
        (0.125, "rate", "0.12"),  # Python rounds 0.125 down, a spreadsheet rounds it up
        (-0.001, "rate", "0.00"),  # a spreadsheet shows -0.00
        (0.0, "rate", "0"),
        (1e-9, "energy", "0.00"),
        (123456.789, "power", "12345.7"),
        (-16.667, "power_mw", "-16.7"),
    ],
)
def test_a_number_shows_the_text_of_the_report(value: float, kind: str, text: str) -> None:
    """Where the spreadsheet would round otherwise its cell holds the printed number, else all digits."""
    assert number(value, kind) == text
    shown = shown_number(Cell(text, "k", "", True, printed_value(value, kind)))
    assert shown is not None
    assert shown_text(*shown) == text
    exact = value * KINDS[kind].factor
    assert shown[0] == (float(text) if text in ("0.12", "0.00") and abs(exact) > 1e-6 else pytest.approx(exact))


def test_random_numbers_of_every_kind_show_the_text_of_the_report() -> None:
    rng = np.random.default_rng(3)
    for kind in KINDS:
        for value in (rng.normal(0, 10.0 ** rng.integers(-4, 6)) for _ in range(300)):
            text = number(value, kind)
            shown = shown_number(Cell(text, "", "", True, printed_value(value, kind)))
            assert shown is not None
            assert shown_text(*shown) == text, (kind, value)


def test_absent_values_and_residuals() -> None:
    assert shown_number(Cell("—", "", "", True)) is None
    assert shown_number(Cell("1.2e-05", "", "", True)) == (1.2e-05, "General")
    assert shown_number(Cell("2030")) is None, "a name of digits stays a text"


def test_a_total_is_a_sum_with_its_value_only_where_it_is_one() -> None:
    """Energies 1 + 2 = 3 give a formula; the rate 40 of the total row is not 10 + 20 and stays a value."""
    rows = tuple((Cell(n), Cell(f"{e:.2f}", f"t/{n}/e", "", True, e), Cell(f"{r:.2f}", f"t/{n}/r", "", True, r))
                 for n, e, r in (("甲", 1.0, 10.0), ("乙", 2.0, 20.0)))  # fmt: skip
    total = (Cell("合计"), Cell("3.00", "t//e", "", True, 3.0), Cell("40.00", "t//r", "", True, 40.0))
    table = Table("表", (Header("名"), Header("电量", "亿千瓦时", True), Header("率", "%", True)), rows, total)
    sheet = workbook_of(table).worksheets[1]
    assert [c.value for c in sheet[7]] == ["合计", "=SUM(B5:B6)", 40]


def test_rows_that_the_report_leaves_out_are_in_the_workbook(findings: Findings) -> None:
    texts = read_texts("zh")
    tables = [b for c in chapters(findings, texts) for b in c.blocks if isinstance(b, Table) and b.more]
    assert tables
    made = xlsx_bytes(chapters(findings, texts), findings, texts)
    found = xlsx_numbers(made)
    assert all(row[-1].key in found for table in tables for row in table.more if row[-1].key)


# --- the result tables ---------------------------------------------------------------------------------------


def test_result_tables_are_the_tables(findings: Findings, book: openpyxl.Workbook) -> None:
    """Every table, every row, every number with 16 digits."""
    texts = read_texts("zh")
    titles = {str(s["A1"].value): s for s in book.worksheets}
    for name, table in findings.tables.items():
        sheet = titles[texts("workbook.data_title", what=texts.word("table", name), file=f"tables/{name}.csv")]
        rows = list(sheet.iter_rows(min_row=3, values_only=True))
        assert list(rows[2][: len(table.columns)]) == list(table.columns)
        assert len(rows) - 3 == len(table)
        for k, column in enumerate(table.columns):
            values = table[column]
            if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
                in_book = np.array([np.nan if row[k] is None else row[k] for row in rows[3:]], dtype=float)
                expected = values.to_numpy(dtype=float, na_value=np.nan)
                # XlsxWriter writes 16 digits
                assert np.allclose(in_book, expected, rtol=1e-15, atol=0.0, equal_nan=True), f"{name}.{column}"
            elif column in ("name", "bus", "plant", "element", "county", "note"):
                expected = values.fillna("").astype(str).str.replace("https://", "")
                assert [row[k] or "" for row in rows[3:]] == list(expected), f"{name}.{column}"


def test_columns_of_the_results_have_labels_units_and_decimals() -> None:
    zh, en = read_texts("zh"), read_texts("en")
    assert label_of("without_distributed_curtailment_percent_local", zh) == "不含分布式弃电率（本地网络）"
    assert label_of("wind_available_gwh", zh) == "风电可用电量"
    assert label_of("credited_coal_mw", en) == "credited: Coal"
    assert label_of("never_heard_of", zh) == "never_heard_of"
    assert unit_of("curtailment_percent_system_cause", zh) == "%"
    assert unit_of("dual_cny_per_mwh", en) == "CNY/MWh"
    assert unit_of("name", zh) == ""
    assert decimals_of("vm_pu", pd.Series([1.0])) == 4
    assert decimals_of("hours_over_100", pd.Series([3.0])) == 0
    assert decimals_of("ratio", pd.Series([0.5])) == 3


def test_every_result_column_of_the_reference_has_a_label(findings: Findings) -> None:
    for lang in LANGUAGES:
        texts = read_texts(lang)
        columns = {c for t in findings.tables.values() for c in t.columns}
        known = {c for c in columns if label_of(c, texts) != c or (lang == "en" and re.fullmatch("[a-z]+", c))}
        assert columns - known == set()


# --- how it is laid out --------------------------------------------------------------------------------------


def test_every_sheet_has_head_filter_panes_and_page(book: openpyxl.Workbook) -> None:
    for sheet in book.worksheets[1:-2]:
        assert sheet.freeze_panes is not None, sheet.title
        assert sheet.page_setup.orientation == "landscape"
        assert sheet.page_setup.fitToHeight == 0
        assert sheet.print_title_rows is not None
        data = sheet["A1"].value.endswith(".csv）")
        first = 6 if data else 5
        assert int(re.search(r"\d+", sheet.freeze_panes)[0]) == first
        if sheet.auto_filter.ref:
            assert sheet.auto_filter.ref.startswith(f"A{first - 1}:")
        assert sheet["A2"].hyperlink.location == "'目录与结论'!A1"


def test_sheet_names_are_short_and_unlike_each_other(book: openpyxl.Workbook) -> None:
    names = Names({"keys"})
    assert names.of("主变/线路：N-1 [a]*?" + "长" * 40) == ("主变 线路：N-1 a " + "长" * 40)[:NAME_SIGNS].strip()
    assert names.of("甲") == "甲"
    assert names.of("甲") == "甲 2"
    assert names.of("Keys") == "Keys 2"
    assert len(names.of("长" * 40)) == len(names.of("长" * 40)) == NAME_SIGNS
    assert all(len(name) <= NAME_SIGNS for name in book.sheetnames)
    assert len({name.casefold() for name in book.sheetnames}) == len(book.sheetnames)


def test_contents_link_to_every_sheet_and_nothing_leads_outside(content: bytes, book: openpyxl.Workbook) -> None:
    cover = book.worksheets[0]
    linked = {h.location.split("!")[0].strip("'") for h in (c.hyperlink for row in cover for c in row) if h}
    assert linked == set(book.sheetnames) - {"目录与结论", "keys"}
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        text = "".join(parts.read(n).decode() for n in parts.namelist() if n.endswith(".rels") or "sharedStrings" in n)
    assert 'TargetMode="External"' not in text
    assert not re.search(r"https?://(?!schemas\.)", text)


def test_the_first_sheet_says_the_verdict_and_what_is_missing(findings: Findings) -> None:
    texts = read_texts("zh")
    few = replace(findings, tables={k: t for k, t in findings.tables.items() if k != "storage"})
    sheet = openpyxl.load_workbook(io.BytesIO(xlsx_bytes(chapters(few, texts), few, texts))).worksheets[0]
    words = [str(c.value) for row in sheet for c in row if c.value is not None]
    assert any(texts("verdict.conditional") in w for w in words)
    assert texts("report.not_operating") in words
    assert any("tables/storage.csv" in w for w in words)


def test_the_mark_follows_the_cell_of_the_target() -> None:
    head = (Header("县"), Header("率", "%", True, "r", 5.0), Header("小时", "h", True, "h", 0.0))
    rows = ((Cell("甲"), Cell("5.10", "t/甲/r", "bad", True, 5.1), Cell("3", "t/甲/h", "bad", True, 3.0)),)
    book = workbook_of(Table("表", head, rows))
    rules = {str(r.sqref): r.rules[0].formula[0] for r in book.worksheets[1].conditional_formatting}
    assert rules == {"B5": "AND(ISNUMBER(B5),B5>'目录与结论'!$C$5)", "C5": "AND(ISNUMBER(C5),C5>0.0)"}
    assert book.worksheets[0]["C5"].value == 5.0


@pytest.mark.parametrize("lang", LANGUAGES)
def test_definitions_say_what_the_columns_mean(findings: Findings, lang: str) -> None:
    texts = read_texts(lang)
    book = openpyxl.load_workbook(io.BytesIO(xlsx_bytes(chapters(findings, texts), findings, texts)))
    rows = list(book[texts("workbook.definitions")].iter_rows(min_row=3, max_col=3, values_only=True))
    assert (texts("term.available"), "", texts("term.available_means")) in rows
    label = texts("column.max_loading_percent")
    assert (label, "%", texts("meaning.max_loading_percent")) in rows


def test_the_same_findings_give_the_same_bytes(findings: Findings, content: bytes) -> None:
    texts = read_texts("zh")
    assert xlsx_bytes(chapters(findings, texts), findings, texts) == content


def test_nothing_but_a_summary_gives_a_workbook() -> None:
    texts = read_texts("zh")
    empty = Findings({})
    book = openpyxl.load_workbook(io.BytesIO(xlsx_bytes(chapters(empty, texts), empty, texts)))
    assert book.sheetnames[0] == "目录与结论"


@pytest.mark.skipif(SOFFICE is None, reason="no LibreOffice on this machine (package 'libreoffice-calc')")
def test_another_spreadsheet_opens_it_and_shows_the_same_text(tmp_path: Path) -> None:
    """LibreOffice writes what it shows as CSV: texts with the number formats applied, the formula worked out."""
    values = [(1.005, "rate"), (2.675, "rate"), (-0.001, "rate"), (12.3456, "rate")]
    rows = tuple((Cell(f"县{k}"), Cell(number(v, kind), "", "", True, v)) for k, (v, kind) in enumerate(values))
    total = sum(v for v, _ in values)
    last = (Cell("合计"), Cell(number(total, "rate"), "", "", True, total))
    from gridsim.report.model import Chapter

    table = Table("表", (Header("县"), Header("率", "%", True)), rows, last)
    file = tmp_path / "表.xlsx"
    file.write_bytes(xlsx_bytes([Chapter("c", "章", (table,), "1")], Findings({}), read_texts("zh")))
    # the second sheet, UTF-8, cells as they are shown
    options = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,true,false,false,2"
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    subprocess.run(
        [SOFFICE, profile, "--headless", "--convert-to", options, "--outdir", tmp_path, file],
        check=True, capture_output=True, timeout=300,
    )  # fmt: skip
    shown = next(p for p in tmp_path.glob("*.csv")).read_text("utf-8").splitlines()
    expected = [f"{row[0].text},{row[1].text}" for row in (*rows, last)]
    assert shown[4:9] == expected

"""report.html: complete, self-contained, the same numbers as the tables, and a sentence for what is missing."""

from __future__ import annotations

import base64
import dataclasses
import re
import string
import subprocess
import sys
import tomllib
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from fake_findings import CHECKS, COUNTIES, DATA_NOTES, PROVINCE, fake_findings

import gridsim.report
from gridsim import schema
from gridsim.curtailment.ledger import CAUSES
from gridsim.devices import BALANCE_ITEMS, CARRIER_ITEMS
from gridsim.errors import InvalidInput
from gridsim.options import SimulationOptions
from gridsim.report import write_report
from gridsim.report.assumptions import bilingual, source_text
from gridsim.report.catalogue import LANGUAGES, entries_of, files_of, phrases_of, read_texts
from gridsim.report.chapters import chapters
from gridsim.report.conclusions import headline
from gridsim.report.drawn import draw_figures, drawn
from gridsim.report.figures.style import CARRIERS, font_family
from gridsim.report.hours import GIVEN, TAKEN, area_balance, city_of, exported_gwh, typical_days
from gridsim.report.html import render
from gridsim.report.interactive.library import plotly_js
from gridsim.report.judgement import clause_numbers, reasons
from gridsim.report.model import Cell, Figure, Table
from gridsim.report.numbers import KINDS, against, number, scientific
from gridsim.sensitivity import SENSITIVITIES
from gridsim.store import Findings, read_findings, write_findings

PACKAGE = Path(gridsim.report.__file__).parent


class Page(HTMLParser):
    """What a reader sees: text, the printed cells by key, addresses, tags that were never closed."""

    VOID = ("meta", "img", "link", "br", "hr", "input")

    def __init__(self, text: str):
        super().__init__()
        self.words: list[str] = []
        self.cells: dict[str, str] = {}
        self.addresses: list[str] = []
        self.images: list[str] = []
        self.ids: list[str] = []
        self.open: list[str] = []
        self._key = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {k: v or "" for k, v in attrs}
        self.addresses += [values[k] for k in ("href", "src", "srcset", "action") if k in values]
        self.ids += [values["id"]] if "id" in values else []
        if tag == "img":
            assert values["alt"]
            self.images.append(values["src"])
        if tag not in self.VOID:
            self.open.append(tag)
        self._key = values.get("data-key", "")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag
        self._key = ""

    def handle_data(self, data: str) -> None:
        if self.open[-1:] not in (["style"], ["script"]):
            self.words.append(data)
        if self._key:
            self.cells[self._key] = data

    @property
    def text(self) -> str:
        return " ".join(self.words)


@pytest.fixture(scope="module")
def findings() -> Findings:
    return fake_findings()


@pytest.fixture(scope="module")
def pages(findings: Findings) -> dict[str, str]:
    return {lang: render(findings, lang=lang) for lang in LANGUAGES}


@pytest.fixture(scope="module", params=LANGUAGES)
def page(request: pytest.FixtureRequest, pages: dict[str, str]) -> Page:
    return Page(pages[request.param])


def outline(findings: Findings, *, lang: str = "zh", draw: bool = False) -> str:
    """All that the chapters hold, quickly: figures are only drawn when asked for."""
    made = chapters(findings, read_texts(lang))
    draw_figures(made if draw else (), read_texts(lang))
    return str(made)


class Sheet:
    """What the chapters print, quickly: the cells by key and all words, without drawing or markup."""

    def __init__(self, findings: Findings, *, lang: str = "zh"):
        made = chapters(findings, read_texts(lang))
        self.text = str(made)
        self.cells: dict[str, str] = {}
        self._collect(made)

    def _collect(self, part: object) -> None:
        if isinstance(part, Cell):
            self.cells |= {part.key: part.text} if part.key else {}
        elif isinstance(part, tuple):
            for item in part:
                self._collect(item)
        elif dataclasses.is_dataclass(part) and not isinstance(part, Figure):
            for field in dataclasses.fields(part):
                self._collect(getattr(part, field.name))


def small(findings: Findings) -> Findings:
    """The findings without hourly data: quick to print."""
    return replace(findings, hourly={})


# --- the page ------------------------------------------------------------------------------------------------


def test_the_page_is_well_formed_and_complete(page: Page) -> None:
    assert page.open == []
    assert len(page.ids) == len(set(page.ids))
    assert [a[1:] for a in page.addresses if a.startswith("#")] == [i for i in page.ids if not i.startswith("figure-")]
    figures = {i.removeprefix("figure-") for i in page.ids if i.startswith("figure-")}
    drawn = {"county_rates", "month_hour", "causes_by_month", "typical_days", "one_line_map", "core_map", "sensitivity"}
    drawn |= {"installed", "load_duration"}
    assert figures == drawn


def test_the_page_needs_nothing_else(pages: dict[str, str]) -> None:
    for text in pages.values():
        bare = re.sub(r"base64,[A-Za-z0-9+/=]*", "", text.replace(plotly_js(), ""))
        assert not re.search(r"https?:|ftp:|=\W?//", bare)
        assert all(a.startswith(("#", "data:image/svg+xml;base64,")) for a in Page(text).addresses)
        assert not re.search(r"<(link|iframe|object)|@import|url\(|<script[^>]+src", bare)
        assert len(text.encode()) < 12e6


def test_pictures_hold_shapes_and_no_address_or_font(page: Page) -> None:
    for source in page.images:
        svg = base64.b64decode(source.split(",")[1])
        root = ElementTree.fromstring(svg)
        assert not root.findall(".//{*}text"), "text must be outlines, so that it shows without the font"
        assert len(root.findall(".//{*}path")) > 30
        for node in root.iter():
            for name, value in node.attrib.items():
                if name.endswith("href"):
                    assert value.startswith(("#", "data:image/png"))


def test_every_number_of_the_county_table_is_printed_from_the_table(page: Page, findings: Findings) -> None:
    table, county = (
        findings.tables["curtailment_by_county"].set_index("county"),
        findings.tables["county"].set_index("name"),
    )
    columns = {"available_gwh": "energy", "used_gwh": "energy", "curtailed_gwh": "energy_small"}
    columns |= {f"{c}curtailment_percent": "rate" for c in ("", "wind_", "solar_")}
    assert len(table) == 13
    for name in table.index:
        for column, kind in columns.items():
            limit = 5.0 if kind == "rate" else None
            expected = (
                number(table.loc[name, column], kind) if limit is None else against(table.loc[name, column], limit)[0]
            )
            assert page.cells[f"curtailment_by_county/{name}/{column}"] == expected
        for column in ("peak_mw", "wind_mw", "solar_utility_mw", "solar_distributed_mw"):
            assert page.cells[f"curtailment_by_county/{name}/{column}"] == number(county.loc[name, column], "power")


def test_other_tables_print_their_rows(page: Page, findings: Findings) -> None:
    for name, key, column, kind in (
        ("curtailment_by_month", "month", "curtailed_gwh", "energy_small"),
        ("province", "month", "load_gwh", "energy"),
        ("curtailment_by_cause", "cause", "curtailed_gwh", "energy_small"),
        ("storage", "storage", "loss_gwh", "energy"),
        ("sensitivity", "case", "local_percent", "rate"),
        ("unavoidable", "element", "worst_excess_mw", "power_mw"),
    ):
        for row_key, value in zip(findings.tables[name][key], findings.tables[name][column]):
            assert page.cells[f"{name}/{row_key}/{column}"] == number(value, kind)
    checks = findings.tables["checks"]
    assert [page.cells[f"checks/{c}/worst"] for c in checks["check"]] == [scientific(v) for v in checks["worst"]]
    assert page.cells["manifest/inputs/base/bus.csv"] == "ab" * 32
    assert "365" in page.cells["manifest//windows"]
    assert page.cells["assumed//count"] == "60"
    assert all(any(f"/对象{k}/" in key for key in page.cells) for k in range(60))


def test_both_languages_print_the_same_numbers(pages: dict[str, str]) -> None:
    cells = [Page(text).cells for text in pages.values()]
    assert cells[0].keys() == cells[1].keys()
    digits = re.compile(r"^[-\d.eE+∞]+$")
    numbers = [{k: v for k, v in found.items() if digits.match(v)} for found in cells]
    assert len(numbers[0]) > 500
    assert numbers[0] == numbers[1]


def test_the_report_of_a_folder_is_the_report_of_the_run(findings: Findings, tmp_path: Path) -> None:
    write_findings(small(findings), tmp_path / "r")
    assert render(read_findings(tmp_path / "r")) == render(small(findings))


def test_the_same_findings_give_the_same_page(findings: Findings, pages: dict[str, str]) -> None:
    assert render(findings) == pages["zh"]


def test_names_in_the_data_cannot_break_the_page(findings: Findings) -> None:
    overload = findings.tables["overload"].head(1).assign(element='<script>alert("甲&乙")</script>')
    text = render(Findings({}, {}, {"overload": overload}))
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert" in text


def test_write_report_replaces_the_file_at_once(
    findings: Findings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "结果"
    first = write_report(small(findings), folder, formats=("html",))
    assert first[0] == folder / "report.html"
    assert {p.parent.name for p in first[1:]} == {"figures"}
    was = first[0].read_bytes()

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("gridsim.report.write.os.replace", fail)
    with pytest.raises(InvalidInput, match="No space"):
        write_report(replace(findings, hourly={}, tables={}), folder)
    assert first[0].read_bytes() == was
    assert sorted(p.name for p in folder.iterdir()) == ["figures", "report.html"]


def test_an_unknown_language_is_refused(findings: Findings, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="fr"):
        write_report(findings, tmp_path / "r", lang="fr")
    assert not (tmp_path / "r").exists()


def test_findings_are_not_changed(findings: Findings) -> None:
    def prints() -> dict[str, int]:
        frames = {**findings.tables, **findings.hourly}
        return {name: int(pd.util.hash_pandas_object(frame).sum()) for name, frame in frames.items()}

    was = prints()
    render(findings)
    assert prints() == was


# --- what is missing -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", LANGUAGES)
def test_nothing_but_a_summary_gives_a_report_that_says_so(lang: str) -> None:
    page = Page(render(Findings({}), lang=lang))
    texts = read_texts(lang)
    assert texts("verdict.unknown") in page.text
    assert texts("conclusion.no_rate") in page.text
    for name in (
        "curtailment_by_county",
        "overload",
        "voltage",
        "ac",
        "province",
        "checks",
        "verdict",
        "assumed",
        "map_station",
    ):
        assert f"tables/{name}.csv" in page.text
    assert "hourly/balance.parquet" in page.text
    assert page.images == []


TABLES = sorted(fake_findings().tables)
NOT_PRINTED = ("curtailment_by_hour",)


@pytest.mark.parametrize("name", TABLES)
def test_each_table_may_be_missing(name: str, findings: Findings) -> None:
    tables = {k: v for k, v in findings.tables.items() if k != name}
    for lang in LANGUAGES:
        text = outline(Findings(findings.summary, findings.manifest, tables), lang=lang)
        assert (f"tables/{name}.csv" in text) == (name not in NOT_PRINTED)


@pytest.mark.parametrize("name", TABLES)
def test_each_table_may_be_empty_or_lack_columns(name: str, findings: Findings) -> None:
    table = findings.tables[name]
    maps = {k: findings.tables[k] for k in ("map_station", "map_branch")} if name.startswith("map_") else {}
    hollow = [table.head(0), table[[]], *(table.drop(columns=c) for c in table.columns)]
    for frame in hollow:
        outline(Findings(findings.summary, {}, {**maps, name: frame}), draw=True)


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("curtailment_by_county", "curtailment_percent"),
        ("curtailment_by_county", "wind_curtailment_percent"),
        ("curtailment_month_hour", "hour"),
        ("overload", "max_loading_percent"),
        ("map_branch", "is_equivalent"),
        ("ac", "converged"),
        ("verdict", "limit"),
        ("checks", "worst"),
    ],
)
def test_a_missing_column_is_named(name: str, column: str, findings: Findings) -> None:
    tables = {**findings.tables, name: findings.tables[name].drop(columns=column)}
    text = outline(Findings(findings.summary, {}, tables))
    assert read_texts("zh")("missing.columns", file=f"tables/{name}.csv", columns=column) in text


def test_hourly_data_without_summer_or_curtailment(findings: Findings) -> None:
    balance = findings.hourly["balance"]
    winter = balance[pd.DatetimeIndex(balance["time"]).month == 1]
    page = Page(
        render(
            replace(
                findings,
                hourly={"balance": winter},
                tables={**findings.tables, "causes_by_month": findings.tables["causes_by_month"].head(0)},
            )
        )
    )
    texts = read_texts("zh")
    assert texts("day.winter_peak") in page.text
    assert texts("day.summer_peak") not in page.text
    assert texts("missing.no_curtailment") in page.text


# --- conclusions ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("verdict", ["pass", "conditional", "fail"])
def test_the_verdict_and_every_reason_are_printed(verdict: str) -> None:
    findings, texts = small(fake_findings(verdict=verdict)), read_texts("zh")
    assert findings.summary["verdict"] == verdict
    page = Sheet(findings)
    assert texts(f"verdict.{verdict}") in page.text
    said = reasons(findings, texts)
    assert len(said) == len(findings.summary["reasons"])
    assert all(sentence in page.text for sentence in said)
    assert (texts("level.failed") in page.text) == (verdict == "fail")


def test_reasons_come_from_the_verdict_table_with_value_limit_and_element(findings: Findings) -> None:
    assert reasons(findings, read_texts("zh")) == (
        "气象年：只计算了 1 个，要求 5 个",
        "交流潮流：2 个时段不收敛",
        f"交流校核：6 个支路或母线越限（过载支路 {(findings.tables['overload'].hours_over_100 > 0).sum()} 个、"
        "电压越限母线 1 个），如平江县110-03、平江-长寿I回、甲、乙、丙等",
        "缺供：全年缺供电量 20.0 万千瓦时",
        "N-1：开断后 2 个元件或母线越限，如平江-长寿I回、平江县110-03",
        "N-1：1 个开断造成停电且无备用联络可转供，如平江-长寿I回",
        "N-1：3 个方式交流潮流无解",
        *(
            f"敏感性“{case}”：弃风弃光率 5.002%，超过目标 5.00%"
            for case in (
                "断面限额 +20%",
                "断面限额 −20%",
                "煤电最小出力 +10 个百分点",
                "煤电最小出力 −10 个百分点",
                "抽蓄投产推迟一年",
            )
        ),
        "敏感性未计算：负荷 +5%、负荷 −5%",
        "数据：未做交流潮流",
        "数据：未做交流 N-1",
        "数据：气象为按公开气候统计合成的序列，不是实测",
        "数据：气象资料只有一个高度的风速，轮毂高度的日变化为假定",
    )


def test_reasons_without_their_table_or_text() -> None:
    zh = read_texts("zh")
    assert reasons(Findings({"reasons": ["weather_years: 1 of 5 ...", "new: ?"]}), zh) == ("气象年个数", "new")
    table = pd.DataFrame([{"criterion": "new", "element": "甲", "value": 3.0, "limit": 0.0, "unit": "", "ok": False}])
    assert reasons(Findings({}, {}, {"verdict": table}), zh) == ("new（甲）：3，限值 0，不满足",)
    assert clause_numbers({"value": "much", "limit": "little", "unit": "GWh"}, zh) == ("much", "little", " 万千瓦时")


@pytest.mark.parametrize(
    ("rate", "verdict", "expected"),
    [
        (
            3.2,
            "pass",
            "2030年岳阳全市新能源利用率为96.80%，弃风弃光率为3.20%，满足“弃风弃光率低于5%”目标，裕度1.80个百分点；各县区均不超过5%。",
        ),
        (3.2, "conditional", "弃风弃光率为3.20%，有条件满足“弃风弃光率低于5%”目标，裕度1.80个百分点"),
        (5.004, "fail", "弃风弃光率为5.004%，不满足“弃风弃光率低于5%”目标，超出0.00个百分点"),
    ],
)
def test_the_headline_follows_the_pattern(rate: float, verdict: str, expected: str) -> None:
    county = pd.DataFrame({"county": ["平江县"], "curtailment_percent": [1.0]})
    summary = {
        "year": 2030,
        "area": "岳阳",
        "scenario": "2030",
        "verdict": verdict,
        "curtailment_percent_system_cause": rate,
    }
    assert expected in headline(Findings(summary, {}, {"curtailment_by_county": county}), read_texts("zh"))


def test_the_headline_names_the_counties_above_the_target() -> None:
    county = pd.DataFrame({"county": ["甲", "乙", "丙"], "curtailment_percent": [6.5, 5.001, np.nan]})
    sentence = headline(Findings({"curtailment_percent": 4.0}, {}, {"curtailment_by_county": county}), read_texts("zh"))
    assert "其中甲6.50%、乙5.001%超过5%" in sentence
    assert "丙" not in sentence


def test_the_three_energies_are_told_apart(findings: Findings) -> None:
    page = Sheet(small(findings))
    assert page.cells["summary//exported_gwh"] == "—"
    page = Sheet(replace(findings, tables={"storage": findings.tables["storage"]}))
    storage = findings.tables["storage"].query("county != ''")
    city = area_balance(findings, "岳阳")
    assert page.cells["summary//curtailed_gwh"] == number(findings.summary["curtailed_gwh"], "energy")
    assert page.cells["summary//storage_loss_gwh"] == number(storage["loss_gwh"].sum(), "energy")
    assert page.cells["summary//exported_gwh"] == number(city["exchange_out"].sum() / 1e3, "energy")
    elsewhere = storage.assign(county=["平江县", ""])
    page = Sheet(Findings(findings.summary, {}, {"storage": elsewhere}))
    assert page.cells["summary//storage_loss_gwh"] == number(storage["loss_gwh"].iloc[0], "energy")


def test_the_headline_names_its_boundary_conditions(findings: Findings) -> None:
    assert "在情景“2030”（断面送出限额700.0 万千瓦、平水年、2018气象年）边界下" in headline(findings, read_texts("zh"))
    assert headline(replace(findings, manifest={}, tables={}), read_texts("zh")).startswith("在情景“2030”边界下")


def test_a_failed_check_is_said_first(findings: Findings) -> None:
    texts, checks = read_texts("zh"), findings.tables["checks"]
    assert "alarm" not in Sheet(small(findings)).text
    failed = findings.tables | {"checks": checks.assign(ok=[False, *([True] * (len(checks) - 1))])}
    page = Sheet(replace(small(findings), tables=failed))
    assert texts("conclusion.failed_checks", count=1, checks="岳阳逐时功率平衡（MW）") in page.text


# --- languages -----------------------------------------------------------------------------------------------


def test_no_english_sentence_in_chinese_and_no_chinese_in_english(findings: Findings, pages: dict[str, str]) -> None:
    """What the run writes in words is said in the report's language; assets keep their names."""
    words = {lang: set(Page(text).words) for lang, text in pages.items()}
    english = re.compile(r"[A-Za-z]{2,}[ ,]+[A-Za-z]{2,}")
    command = str(findings.manifest["command"])
    typed = re.compile(r"gridsim [a-z]+ STUDY\.toml( --[a-z]+)*( DIR)?")  # what a reader types to get what is missing
    assert [w for w in words["zh"] if english.search(typed.sub("", w)) and w != command] == []
    sign = re.compile("[\u4e00-\u9fff]")
    chinese = [w for w in words["en"] if sign.search(w)]
    names = {name for table in findings.tables.values() for column in table for name in table[column].astype(str)}
    notice = entries_of("en")["statement.curtailment"]
    names |= {where.split(" ", 2)[-1] for *_, where in CHECKS}
    for name in sorted(filter(sign.search, names), key=len, reverse=True):
        chinese = [w.replace(name, "") for w in chinese]
    left = [w for w in chinese if sign.search(w) and sign.sub("", w) != sign.sub("", notice)]
    assert [w for w in left if not re.search("[甲乙丙]", w)] == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_phrase_of_the_program_has_its_text(lang: str) -> None:
    """Checks and notes as the modules write them, not as this test remembers them."""
    texts = read_texts(lang)
    names = ("checks", "plant_checks", "n1", "grounds")
    modules = {name: (PACKAGE.parent / f"{name}.py").read_text("utf-8") for name in names}
    checks = set(re.findall(r'(?:\bworst|Check)\(\s*f?"([^"]+ \[\w+\])"', "".join(modules.values())))
    assert len(checks) >= 12
    for check in checks:
        phrase = re.sub(r"{[^}]+}", "岳阳", check)
        assert any(pattern.fullmatch(phrase) for _, pattern in phrases_of("check")), check
        assert (texts.phrase("check", phrase) == phrase) == (lang == "en")
    notes = set(re.findall(r'"(the (?:weather|AC) [^"]+)"', modules["grounds"]))
    assert notes == set(DATA_NOTES)
    assert all(any(pattern.fullmatch(note) for _, pattern in phrases_of("data")) for note in notes)
    assert all(any(pattern.fullmatch(name) for _, pattern in phrases_of("check")) for name, *_ in CHECKS)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_name_of_the_program_has_its_text(lang: str) -> None:
    entries = entries_of(lang)
    words = {
        "case": {"base", *(s.name for s in SENSITIVITIES)},
        "cause": CAUSES,
        "item": {*(item for item, _ in BALANCE_ITEMS.values()), *CARRIER_ITEMS.values(), "exchange"},
        "option": _leaves(dataclasses.asdict(SimulationOptions())),
        "table": schema.TABLES,
    }
    keys = {f"{group}.{name}" for group, names in words.items() for name in names}
    assert keys - entries.keys() == set()
    verdict = fake_findings().tables["verdict"]
    for group in ("criterion", "reason"):
        assert {f"{group}.{c}" for c in verdict["criterion"]} <= entries.keys()
    assert {f"clause_unit.{u}" for u in verdict["unit"] if u} <= entries.keys()


def _leaves(options: dict[str, Any]) -> set[str]:
    nested = [_leaves(v) for v in options.values() if isinstance(v, dict)]
    return {k for k, v in options.items() if not isinstance(v, dict)}.union(*nested)


def test_notes_and_sources_are_printed_in_one_language() -> None:
    zh, en = read_texts("zh"), read_texts("en")
    note = "合计 5,000/4,000 MW(受入)/ limits of 2025, 3 kA"
    assert bilingual(note, zh) == "合计 5,000/4,000 MW(受入)"
    assert bilingual(note, en) == "limits of 2025, 3 kA"
    assert bilingual("只有中文", zh) == "只有中文"
    assert bilingual("只有中文", en) == en("note.only_chinese")
    assert bilingual("", en) == ""
    source = "engineering judgement (工程经验,未核实);某报告 2025 (seen second-hand)"
    assert source_text(source, zh) == "工程经验（未核实）; 某报告 2025 (转引)"
    assert source_text(source, en) == (
        f"engineering judgement (not verified); {en('source.foreign')} (seen second-hand)"
    )
    assert source_text("A Title of Several Words 2023 (seen second-hand)", zh) == f"{zh('source.foreign')} (转引)"
    assert source_text("A Title of Several Words 2023", en) == "A Title of Several Words 2023"


def test_phrases_of_the_run_are_found_with_their_blanks(findings: Findings) -> None:
    zh = Sheet(replace(findings, hourly={}, tables={}))
    made = "gridsim.weather.synthetic 按公开气候统计合成（典型年，随机种子 1）"
    assert zh.cells["manifest/inputs/weather"] == f"{made}（文件夹 yueyang，典型年）"
    assert zh.cells["manifest/inputs/series"] == "无"
    assert read_texts("zh").phrase("check", "something new [MW]") == "something new [MW]"


# --- tables --------------------------------------------------------------------------------------------------


def test_only_heavy_elements_and_buses_outside_are_listed(findings: Findings) -> None:
    overload, voltage = findings.tables["overload"], findings.tables["voltage"]
    light = overload.assign(element=overload["element"] + "轻", max_loading_percent=40.0, hours_over_80=0)
    light["hours_over_100"] = 0
    tables = {"overload": pd.concat([overload, light]), "voltage": voltage}
    page = Sheet(Findings({}, {}, tables))
    shown = [k for k in page.cells if k.startswith("overload/") and k.endswith("/max_loading_percent")]
    assert len(shown) == len(overload)  # twenty are printed, the rows after them are kept for the workbook
    assert not any("轻" in key for key in shown)
    over = int((overload["hours_over_100"] > 0).sum())
    counts = {"heavy": len(overload), "over": over, "all": 2 * len(overload)}
    assert read_texts("zh")("note.heavy", **counts, file="tables/overload.csv") in page.text
    assert page.cells["violations/over/all"] == str(over)
    assert page.cells["violations/heavy/all"] == str(len(overload) - over)
    assert {k.split("/")[1] for k in page.cells if k.startswith("voltage/")} == {"平江县110-03"}
    assert page.cells["voltage/平江县110-03/min_vm_kv"] == "105.83"
    assert page.cells["voltage/平江县110-03/max_vm_kv"] == "117.83"
    assert page.cells["violations/high/110"] == page.cells["violations/low/110"] == "1"
    page = Sheet(Findings({}, {}, {"overload": light, "voltage": voltage.assign(hours_outside=0)}))
    assert read_texts("zh")("grid.voltages_inside", all=3) in page.text
    assert "40.0%" in page.text


def test_counties_show_their_local_part_and_what_limits_them(findings: Findings) -> None:
    page = Sheet(small(findings))
    causes = findings.tables["causes_by_county"]
    local = causes[(causes["county"] == "平江县") & (causes["cause"] != "provincial")]["curtailed_gwh"].sum()
    assert page.cells["curtailment_by_county/平江县/local_gwh"] == number(local, "energy_small")
    assert page.cells["curtailment_by_county/平江县/limited_by"] == "平江-长寿I回"
    assert page.cells["curtailment_by_county/岳阳县/limited_by"] == "岳阳外送断面"
    assert page.cells["curtailment_by_county/平江县/grade"] == "—"
    tiny = causes.assign(curtailed_gwh=1e-4)
    page = Sheet(replace(small(findings), tables={**findings.tables, "causes_by_county": tiny}))
    assert page.cells["curtailment_by_county/平江县/limited_by"] == "—"
    outage = causes[causes["outage"] != ""]
    page = Sheet(replace(small(findings), tables={**findings.tables, "causes_by_county": outage}))
    assert page.cells["curtailment_by_county/平江县/limited_by"] == "平江-长寿I回（平江-长寿II回停运）"


def test_storage_of_the_city_comes_first_and_alone_is_added_up(findings: Findings) -> None:
    page = Sheet(small(findings))
    names = [k.split("/")[1] for k in page.cells if k.startswith("storage/") and k.endswith("/county")]
    assert names == ["平江抽水蓄能电站", "湘阴储能电站", "安化抽水蓄能"]
    assert page.cells["storage/安化抽水蓄能/county"] == "市外"
    assert page.cells["storage//loss_gwh"] == number(365.0 + 14.6, "energy")


def test_the_scopes_of_the_rate_stand_side_by_side(findings: Findings) -> None:
    page = Sheet(small(findings))
    summary = findings.summary
    assert page.cells["summary//curtailment_percent_local"] == number(summary["curtailment_percent_local"], "rate")
    assert page.cells["summary/without_distributed/used_gwh"] == number(
        summary["without_distributed"]["used_gwh"], "energy"
    )
    assert page.cells["summary/scope/node_area_curtailment_percent"] == "2.20"
    assert page.cells["summary/scope/both_areas_curtailment_percent"] == "2.30"
    assert page.cells["balance/湖南其余/load/energy_gwh"] != page.cells["balance/岳阳/load/energy_gwh"]


def test_options_are_listed_with_value_and_unit(page: Page) -> None:
    assert page.cells["manifest/limits/export_mw"] == "7000"
    assert page.cells["manifest/options.dispatch/rating_power_factor_pu"] == "0.95"
    assert page.cells["manifest/options.dispatch.penalties/curtailment_cny_per_mwh"] == "200"
    assert page.cells["manifest/options.dispatch.penalties/storage_wear_cny_per_mwh"].startswith("1.05")
    assert len([k for k in page.cells if k.startswith("manifest/options")]) == len(
        _leaves(dataclasses.asdict(SimulationOptions()))
    )


# --- hours ---------------------------------------------------------------------------------------------------


def test_typical_days_are_found_by_their_rules(findings: Findings) -> None:
    city, both = area_balance(findings, city_of(findings)), area_balance(findings)
    found = {day.name: day for day in typical_days(city, both)}
    assert list(found) == ["summer_peak", "winter_peak", "spring_noon", "wet_night"]
    summer = city.loc[pd.DatetimeIndex(city.index).month.isin([6, 7, 8, 9]), "load"]
    assert found["summer_peak"].worst_mw == summer.max()
    assert found["summer_peak"].date.date() == summer.idxmax().date()
    noon = pd.DatetimeIndex(both.index).hour.isin([11, 12, 13]) & pd.DatetimeIndex(both.index).month.isin([3, 4, 5])
    left = (both["load"] - both[["wind", "solar", "curtailed_wind", "curtailed_solar"]].sum(axis=1))[noon]
    means = left.groupby(pd.DatetimeIndex(left.index).date).mean()
    assert found["spring_noon"].date.date() == means.idxmin()
    assert found["spring_noon"].worst_mw == pytest.approx(means.min())
    assert all(len(day.balance) == 24 for day in found.values())
    assert all(day.gap_mw < 1e-6 for day in found.values())
    short = replace(found["summer_peak"], balance=found["summer_peak"].balance.assign(coal=0.0))
    assert short.gap_mw == pytest.approx(found["summer_peak"].balance["coal"].max())


def test_energy_uses_the_step_length() -> None:
    for freq, steps in (("h", 4), ("15min", 16)):
        time = pd.date_range("2030-01-01", periods=steps, freq=freq, tz="Asia/Shanghai")
        rows = [
            {"time": t, "area": "岳阳", "item": i, "p_mw": p}
            for t in time
            for i, p in (("load", 50.0), ("exchange", -100.0))
        ]
        city = area_balance(Findings({}, {}, {}, {"balance": pd.DataFrame(rows)}), "岳阳")
        assert exported_gwh(city) == pytest.approx(0.4)
        assert (city["exchange_in"] == 0).all()


def test_the_city_is_the_named_area_or_the_smaller_one(findings: Findings) -> None:
    assert city_of(findings) == "岳阳"
    assert city_of(replace(findings, summary={})) == "岳阳"
    assert city_of(replace(findings, summary={"area": PROVINCE})) == PROVINCE
    assert city_of(small(findings)) is None


# --- numbers and texts ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        (5200.0, "power", "520.0"),
        (5600.4, "energy", "56.00"),
        (123.456, "energy_small", "12346"),
        (3.274999, "rate", "3.27"),
        (0.0, "rate", "0"),
        (0.001, "rate", "0.00"),
        (-0.001, "rate", "0.00"),
        (-0.31, "energy_small", "-31"),
        (None, "rate", "—"),
        (float("nan"), "power", "—"),
        (pd.NA, "power", "—"),
        ("", "power", "—"),
        (np.float32(1.5), "power_mw", "1.5"),
        (float("inf"), "rate", "∞"),
        (1234567.0, "hours", "1234567"),
    ],
)
def test_numbers_are_printed_by_the_conventions(value: object, kind: str, expected: str) -> None:
    assert number(value, kind) == expected


def test_a_value_and_its_limit_are_told_apart() -> None:
    assert against(5.0, 5.0) == ("5.00", "5.00")
    assert against(5.001, 5.0) == ("5.001", "5.00")
    assert against(4.99999, 5.0) == ("4.99999", "5.00")
    assert against(3.2, 5.0) == ("3.20", "5.00")
    assert against(None, 5.0) == ("—", "5.00")


def test_the_catalogues_have_the_same_keys_and_blanks() -> None:
    zh, en = entries_of("zh"), entries_of("en")
    assert zh.keys() == en.keys()
    for key in zh:
        blanks = [
            {name for _, name, _, _ in string.Formatter().parse(texts[key]) if name is not None} for texts in (zh, en)
        ]
        assert blanks[0] == blanks[1], key
    chinese = re.compile(r"[\u4e00-\u9fff]")
    assert [k for k, v in en.items() if chinese.search(v)] == ["statement.curtailment"]  # the number of a notice
    assert all(zh[f"item.{item}"] for item in (*GIVEN, *TAKEN, "load"))
    assert all(kind.unit in zh for kind in KINDS.values())
    assert [name for name in schema.TABLES if f"table.{name}" not in zh] == []


def test_every_text_key_in_the_code_exists() -> None:
    source = "".join(p.read_text("utf-8") for p in [*PACKAGE.rglob("*.py"), *PACKAGE.rglob("*.j2")])
    used = set(re.findall(r'texts\("([a-z_.]+)"', source))
    assert len(used) > 50
    assert used <= entries_of("zh").keys()


def test_no_text_is_left_over() -> None:
    """Each key stands in the code, or its group is looked up by names in the data."""
    source = "".join(p.read_text("utf-8") for p in [*PACKAGE.rglob("*.py"), *PACKAGE.rglob("*.j2")])
    by_data = {
        "any",
        "choice",
        "clause_unit",
        "data",
        "decision",
        "default",
        "direction",
        "field",
        "option",
        "option_group",
        "plant_type",
        "provenance",
        "stage",
        "status",
        "table",
        "column",
        "item",
        "data_column",
        "data_part",
        "data_unit",
        "meaning",
        "term",
        "cause",
        "n1_cause",
        "element_type",
        "ac_reason",
        "criterion",
        "check",
        "confidence",
        "case",
        "rung",
        "plant_kind",
        "day_kind",
        "reason",
        "manifest",
        "moment",
        "mode",
        "power_item",
        "measure",
        "measure_scope",
        "measure_origin",
        "measure_reason",
        "effect",
        "use",
        "marginal_method",
        "marginal_spread",
        "weather_check",
        "grade",
        "weather_column",
        "origin_kind",
        "origin_how",
        "weather_remedy",
        "weather_quality",
        "weather_statistic",
        "weather_axis",
        "weather_compare",
        "explain_doing",
        "explain_basis",
        "explain_room",
        "explain_change",
        "accounting",
        "hosting_criterion",
        "relieved_by",
        "hosting_level",
        "hosting_scope",
        "mix",
        "queue_answer",
        "installed_type",
        "commitment",
        "boundary_kind",
        "pair",
        "value_status",
        "weak",
        "uncertainty",
        "glossary",
        "glossary_meaning",
    }
    by_name = {"chapter", "unit", "verdict", "tile", "statement", "method", "day", "rule", "scope", "source", "theme"}
    by_name |= {"boundary", "violation", "basis", "criteria", "fixed", "section", "hosting", "docx"}
    left = [k for k in entries_of("zh") if k.split(".")[0] not in by_data | by_name and f'"{k}"' not in source]
    left = [k for k in left if k.split(".")[1] not in source]
    assert left == []


def test_toml_texts_hold_only_texts() -> None:
    for lang in LANGUAGES:
        for file in files_of(lang):
            entries = tomllib.loads(file.read_text("utf-8"))
            assert all(isinstance(text, str) for group in entries.values() for text in group.values())


# --- figures -------------------------------------------------------------------------------------------------


def test_the_font_covers_chinese_names() -> None:
    from fontTools.ttLib import TTFont

    path = PACKAGE / "fonts" / "gridsim-sans-sc.otf"
    assert path.stat().st_size < 2 * 2**20
    assert (PACKAGE / "fonts" / "OFL.txt").is_file()
    covered = TTFont(path).getBestCmap().keys()
    rows = (bytes([a, b]) for a in range(0xB0, 0xF8) for b in range(0xA1, 0xFF))
    common = "".join(row.decode("gb2312", errors="ignore") for row in rows)
    drawn = {k: v for k, v in {**entries_of("en"), **entries_of("zh")}.items() if k != "unit.yi_kwh"}  # in no figure
    texts = "".join(
        [*drawn.values(), *(v for k, v in entries_of("en").items() if k in drawn), *(c[0] for c in COUNTIES)]
    )
    texts = texts.replace("⁸", "")
    assert len(common) >= 6763
    assert {ch for ch in common + texts if ord(ch) not in covered} == set()


def test_a_character_outside_the_font_is_reported(findings: Findings) -> None:
    county = findings.tables["curtailment_by_county"].replace({"county": {"平江县": "平\U00020bb7县"}})
    text = render(Findings(findings.summary, {}, {"curtailment_by_county": county}))
    assert read_texts("zh")("report.glyphs", characters="").split("：")[0] in text


def test_figures_leave_matplotlib_as_it_was(findings: Findings) -> None:
    import matplotlib as mpl

    was = dict(mpl.rcParams)
    blocks = [b for c in chapters(findings, read_texts("zh")) for b in c.blocks]
    figures = [b for b in blocks if isinstance(b, Figure)]
    picture = drawn(figures[0].draw)
    assert picture.png.startswith(b"\x89PNG")
    assert picture.lacking == ()
    assert dict(mpl.rcParams) == was
    assert font_family() == "gridsim Sans SC"
    numbers = [b.number for b in blocks if isinstance(b, Table | Figure)]
    assert len(numbers) == len(set(numbers))
    assert all(numbers)


def test_every_axis_says_its_unit(findings: Findings) -> None:
    for lang in LANGUAGES:
        blocks = [b for c in chapters(findings, read_texts(lang)) for b in c.blocks if isinstance(b, Figure)]
        for block in blocks:
            axes = block.draw().axes
            labels = [label for a in axes for label in (a.get_xlabel(), a.get_ylabel()) if label]
            assert labels
            names = {entries_of(lang)["axis.month"]}
            assert all(re.search(r"[(（].+[)）]", label) for label in labels if label not in names), (
                block.name,
                labels,
            )


def test_carrier_colours_differ_also_in_grey() -> None:
    for group in (GIVEN, TAKEN):
        looks = [CARRIERS[item] for item in group]
        assert len(set(looks)) == len(looks)


def test_parallel_circuits_show_their_highest_loading(findings: Findings) -> None:
    from gridsim.report.figures.one_line_map import _class_of, _corridors

    stations = findings.tables["map_station"].set_index("station")
    lines = _corridors(findings.tables["map_branch"], stations)
    mine = findings.tables["map_branch"]
    two = mine[mine["element"].str.startswith("昆山-罗城")]
    row = lines[(lines["a"] == "昆山") & (lines["b"] == "罗城") | (lines["b"] == "昆山") & (lines["a"] == "罗城")]
    assert row["max_loading_percent"].tolist() == [two["max_loading_percent"].max()]
    assert not (lines["a"] == lines["b"]).any()
    classes = {0.0: 0, 30.0: 0, 30.1: 30, 50.0: 30, 50.1: 50, 80.0: 50, 99.0: 80, 100.0: 80, 100.1: 100}
    assert {loading: _class_of(loading)[0] for loading in classes} == classes
    assert _class_of(float("nan"))[0] == 0


# --- cost ----------------------------------------------------------------------------------------------------


def test_gridsim_does_not_import_plotting() -> None:
    code = "import sys, gridsim, gridsim.store; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

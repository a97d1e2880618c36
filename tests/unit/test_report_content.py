"""What stands in the report: contents, numbers of tables, levels of conclusion, intervals, weak spots, advice."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from fake_findings import fake_findings

from gridsim.report.catalogue import LANGUAGES, entries_of, read_texts
from gridsim.report.chapters import chapters
from gridsim.report.chapters.advice import recommendations
from gridsim.report.commands import command_of
from gridsim.report.fixed import FIXED
from gridsim.report.levels import levels
from gridsim.report.measures import is_ranking
from gridsim.report.model import Block, Cell, Chapter, Figure, Heading, Items, Paragraph, Table, Tiles
from gridsim.report.uncertainty import spans, uncertainty
from gridsim.report.weak import spots, weak_spots
from gridsim.store import Findings

NUMBER = re.compile(r"^[-\d.∞]+$")
INVENTORY = (
    *("transformers", "lines", "grid_additions", "units", "stores", "boundary", "demand_by_county", "simulation"),
    *("county_months", "resource_by_county", "resource_correlation", "installed", "sources"),
)


@pytest.fixture(scope="module")
def findings() -> Findings:
    return replace(fake_findings(), hourly={})


@pytest.fixture(scope="module")
def made(findings: Findings) -> dict[str, tuple[Chapter, ...]]:
    return {lang: chapters(findings, read_texts(lang)) for lang in LANGUAGES}


def blocks_of(chapter_list: tuple[Chapter, ...]) -> Iterator[tuple[str, Block]]:
    for chapter in chapter_list:
        for block in chapter.blocks:
            yield chapter.name, block


def cells_of(table: Table) -> list[Cell]:
    return [cell for row in (*table.rows, *table.more, table.total) for cell in row]


# --- contents and numbers ------------------------------------------------------------------------------------


def test_the_contents_page_has_eleven_chapters_and_five_appendices(made: dict[str, tuple[Chapter, ...]]) -> None:
    numbers = [c.number for c in made["zh"]]
    assert numbers == [*(str(k) for k in range(1, 12)), *(f"附录{letter}" for letter in "ABCDE")]
    assert [c.name for c in made["zh"]] == [c.name for c in made["en"]]
    titles = [c.title for c in made["zh"]]
    assert titles[:3] == ["前言", "主要结论与建议", "电力系统现状"]
    assert titles[8:11] == ["县域承载力评估（DL/T 2041）", "提升措施与效益", "结论与建议"]
    for chapter in made["zh"]:
        numbered = [b.number for b in chapter.blocks if isinstance(b, Heading)]
        letter = chapter.number.removeprefix("附录")
        if chapter.name != "hosting":
            assert numbered == [f"{letter}.{k}" for k in range(1, len(numbered) + 1)]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_fixed_table_stands_under_its_number(lang: str, made: dict[str, tuple[Chapter, ...]]) -> None:
    """A fixed number is that of its table, or opens the sentence that says what is missing; nothing else has it."""
    texts = read_texts(lang)
    tables = {b.number: b.name for _, b in blocks_of(made[lang]) if isinstance(b, Table)}
    said = [b.text for _, b in blocks_of(made[lang]) if isinstance(b, Paragraph)]
    for name, (chapter, index) in FIXED.items():
        number = texts("caption.table", chapter=chapter, index=index)
        if number in tables:
            assert tables[number] == name
        elif chapter != "9":  # the chapter on hosting capacity says itself what it lacks
            assert any(text.startswith(f"{number} {texts(f'fixed.{name}')}") for text in said), name
    assert {tables.get(texts("caption.table", chapter=c, index=k)) for c, k in (("3", 1), ("7", 2), ("8", 1))} == {
        "transformers", "county_months", "heavy",
    }  # fmt: skip
    assert len(tables) == sum(isinstance(b, Table) for _, b in blocks_of(made[lang]))


def test_further_tables_are_numbered_after_the_fixed_ones(made: dict[str, tuple[Chapter, ...]]) -> None:
    simulation = next(c for c in made["zh"] if c.name == "simulation")
    numbers = [b.number for b in simulation.blocks if isinstance(b, Table) and b.name not in FIXED]
    assert numbers == [f"表7-{k}" for k in range(5, 5 + len(numbers))]


def test_both_languages_have_the_same_blocks_and_numbers(made: dict[str, tuple[Chapter, ...]]) -> None:
    zh, en = (list(blocks_of(made[lang])) for lang in ("zh", "en"))
    assert [(name, type(b)) for name, b in zh] == [(name, type(b)) for name, b in en]
    for (_, a), (_, b) in zip(zh, en):
        if isinstance(a, Table) and isinstance(b, Table):
            assert (a.name, len(a.headers), len(a.rows), len(a.notes), a.folded) == (
                b.name, len(b.headers), len(b.rows), len(b.notes), b.folded,
            )  # fmt: skip
            for x, y in zip(cells_of(a), cells_of(b)):
                assert x.key == y.key
                assert x.value == y.value or (x.value != x.value and y.value != y.value)
                assert x.text == y.text or not (NUMBER.match(x.text) or NUMBER.match(y.text)), (a.name, x, y)
        elif isinstance(a, Items) and isinstance(b, Items):
            assert len(a.items) == len(b.items)
        elif isinstance(a, Tiles) and isinstance(b, Tiles):
            assert [t.cell for t in a.tiles] == [t.cell for t in b.tiles]
        elif isinstance(a, Heading) and isinstance(b, Heading):
            assert a.number == b.number


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_key_is_printed_in_place_of_its_text(lang: str, made: dict[str, tuple[Chapter, ...]]) -> None:
    """Words for names in the data have a text in both languages."""
    groups = ("installed_type", "commitment", "boundary_kind", "pair", "value_status", "weak", "uncertainty", "grade")
    names = {key.split(".", 1)[1] for key in entries_of(lang) if key.split(".")[0] in groups}
    columns = {b for _, b in blocks_of(made[lang]) if isinstance(b, Table) and b.name in INVENTORY}
    printed = {c.text for table in columns for c in cells_of(table)}
    assert printed & {n for n in names if "_" in n or "-" in n} == set()
    assert not any(re.fullmatch(r"[a-z_]+\.[a-z_0-9]+", text) for text in printed)
    heads = {h.label for table in columns for h in table.headers}
    assert not any("_" in label for label in heads)


def test_every_number_of_a_table_carries_a_key(made: dict[str, tuple[Chapter, ...]]) -> None:
    for _, block in blocks_of(made["zh"]):
        if isinstance(block, Table) and block.name in (*INVENTORY, *FIXED, "uncertainty", "weak_spots"):
            loose = [c for c in cells_of(block) if NUMBER.match(c.text) and c.is_number and not c.key]
            assert loose == [], block.name


def test_the_wording_rules_are_kept() -> None:
    texts = " ".join(entries_of("zh").values())
    for word in ("浪费", "证明"):
        assert word not in texts


# --- what is missing -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", LANGUAGES)
def test_an_old_folder_without_the_new_tables_says_how_to_make_them(lang: str, findings: Findings) -> None:
    tables = {k: v for k, v in findings.tables.items() if k not in INVENTORY}
    found = chapters(replace(findings, tables=tables), read_texts(lang))
    said = [b.text for _, b in blocks_of(found) if isinstance(b, Paragraph) and b.style == "missing"]
    for name in INVENTORY:
        assert any(f"tables/{name}.csv" in text and command_of(name) in text for text in said), name
    figures = [b.name for _, b in blocks_of(found) if isinstance(b, Figure)]
    assert "county_rates" in figures and "one_line_map" in figures


def test_commands_of_tables() -> None:
    assert command_of("measures") == "gridsim measures STUDY.toml"
    assert command_of("hosting_system") == "gridsim hosting STUDY.toml"
    assert command_of("hosting_equipment_2025") == "gridsim run STUDY.toml"
    assert command_of("sensitivity") == "gridsim run STUDY.toml --sensitivities"


def test_the_present_year_is_that_of_the_earliest_scenario(findings: Findings) -> None:
    """A run of 2030 says which run gives table 3-4; a run of the earliest year prints its months."""
    zh = read_texts("zh")
    said = [b.text for _, b in blocks_of(chapters(findings, zh)) if isinstance(b, Paragraph)]
    (text,) = (t for t in said if t.startswith("表3-4"))
    assert "gridsim run STUDY.toml --scenario 2025" in text
    present = replace(findings, summary={**findings.summary, "year": 2025, "scenario": "2025"})
    tables = [b for _, b in blocks_of(chapters(present, zh)) if isinstance(b, Table)]
    (table,) = (t for t in tables if t.number == "表3-4")
    assert len(table.rows) == 12 and len(table.total) == len(table.headers)


# --- installed capacity --------------------------------------------------------------------------------------


def test_installed_capacity_has_a_column_per_year(made: dict[str, tuple[Chapter, ...]]) -> None:
    """Wind 100, 150 (known), 250 MW; solar 540 MW in 2030, of which 330 MW are distributed; total 2030: 2,790 MW."""
    table = next(b for _, b in blocks_of(made["zh"]) if isinstance(b, Table) and b.name == "installed")
    assert [h.label for h in table.headers] == ["类型", "2025年", "2027年*", "2030年", "其中分布式（2030年）"]
    rows = {row[0].text.strip("　"): [c.text for c in row[1:]] for row in table.rows}
    assert rows["风电"] == ["10.0", "15.0", "25.0", "0"]
    assert rows["光伏"] == ["0", "0", "54.0", "33.0"]
    assert rows["其中：分布式光伏"] == ["0", "0", "33.0", "33.0"]
    assert [c.text for c in table.total[1:]] == ["210.0", "215.0", "279.0", "33.0"]
    assert any("草稿" in note for note in table.notes)


# --- levels, intervals ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("verdict", "place"), [("pass", 0), ("fail", 0), ("conditional", 1)])
def test_the_headline_stands_in_the_level_of_its_verdict(verdict: str, place: int, findings: Findings) -> None:
    summary = {**findings.summary, "verdict": verdict}
    lists = [b for b in levels(replace(findings, summary=summary), read_texts("zh")) if isinstance(b, Items)]
    assert [i.lead.split("（")[0] for i in lists] == ["可确认", "有条件", "不可判定"]
    assert [i.items[0].startswith("在情景“2030”") for i in lists] == [k == place for k in range(3)]


def test_what_cannot_be_judged_names_the_missing_data(findings: Findings) -> None:
    tables = {k: v for k, v in findings.tables.items() if k not in ("n1", "voltage")}
    lists = [b for b in levels(replace(findings, tables=tables), read_texts("zh")) if isinstance(b, Items)]
    open_ = " ".join(lists[2].items)
    assert "缺母线电压数据" in open_ and "tables/n1.csv" in open_ and "gridsim run STUDY.toml" in open_


def test_intervals_contain_the_base_case_and_say_what_is_missing() -> None:
    """Base 3 %; demand 2.5 and 5.2 %: 2.5 to 5.2; export 3.1 and 3.4: 3.0 to 3.4; pumped storage was not run."""
    cases = {"base": 3.0, "demand_plus_5": 2.5, "demand_minus_5": 5.2, "export_limit_minus_20": 3.4}
    cases |= {"export_limit_plus_20": 3.1}
    table = pd.DataFrame({"case": list(cases), "city_percent": list(cases.values())})
    found = Findings({}, {}, {"sensitivity": table})
    assert spans(found) == {
        "weather": None, "demand": (2.5, 5.2), "export": (3.0, 3.4), "pumped_storage": None, "thermal_minimum": None,
    }  # fmt: skip
    shown = uncertainty(found, read_texts("zh"))
    rows = {row[0].text: [c.text for c in row[1:]] for row in shown.rows}
    assert rows["负荷 ±5%"] == ["2.50", "5.20", "2.70", "区间跨越目标"]
    assert rows["送出、受入通道限额 ±20%"] == ["3.00", "3.40", "0.40", "区间低于目标"]
    assert rows["抽蓄投产推迟1年"][:3] == ["—", "—", "—"] and "--sensitivities" in rows["抽蓄投产推迟1年"][3]
    assert "[weather] years" in rows["气象年"][3]


def test_weather_years_give_an_interval() -> None:
    rates = [{"weather_year": y, "curtailment_percent_system_cause": r} for y, r in ((2015, 3.1), (2016, 6.2))]
    found = Findings({"weather_years": rates, "curtailment_percent_system_cause": 4.6})
    assert spans(found)["weather"] == (3.1, 6.2)
    shown = uncertainty(found, read_texts("zh"))
    assert shown.rows[0][0].text == "气象年（2 个）"
    assert any("少于 5 个" in note for note in shown.notes)


# --- weak spots, advice --------------------------------------------------------------------------------------


def test_weak_spots_are_the_rows_that_break_a_limit(findings: Findings) -> None:
    n1 = spots(findings, "n1")
    assert n1 is not None and n1["element"].tolist() == ["北景港#1主变", "平江-长寿I回"]
    lost = spots(findings, "load_lost")
    assert lost is not None and lost["element"].tolist() == ["平江-长寿I回"]
    voltage = spots(findings, "voltage")
    assert voltage is not None and voltage["value"].tolist() == [14]
    assert spots(replace(findings, tables={}), "n1") is None
    (table,) = (b for b in weak_spots(findings, read_texts("zh")) if isinstance(b, Table))
    assert {row[0].text for row in table.rows} >= {"N-1 后过载", "电压越限", "单电源，停运即停电", "反向重载"}
    assert "151.0 %" in {row[3].text for row in table.rows}


def test_without_tables_weak_spots_cannot_be_judged() -> None:
    (said, *_) = weak_spots(Findings({}), read_texts("zh"))
    assert isinstance(said, Paragraph) and "不可判定" in said.text


def test_recommendations_come_from_the_data_only(findings: Findings) -> None:
    texts = read_texts("zh")
    said = recommendations(findings, texts)
    assert isinstance(said, Items)
    assert all(text.startswith(("建议", "研究", "适时")) for text in said.items)
    assert any("北景港#1主变" in text and "151.0%" in text for text in said.items)
    clean = {
        "curtailment_by_county": pd.DataFrame({"county": ["甲"], "curtailment_percent": [1.0]}),
        "overload": pd.DataFrame({"element": ["甲线"], "max_loading_percent": [50.0]}),
    }
    bare = recommendations(Findings({}, {}, clean), texts)
    assert isinstance(bare, Items)
    assert not any("甲" in text for text in bare.items)
    above = {"curtailment_by_county": pd.DataFrame({"county": ["甲", "乙"], "curtailment_percent": [6.0, 1.0]})}
    first = recommendations(Findings({}, {}, above), texts)
    assert isinstance(first, Items) and "甲" in first.items[0] and "6.00%" in first.items[0]


def test_a_ranking_beside_a_run_fills_table_10_1(findings: Findings) -> None:
    """The base of 2.50 % falls to 2.10 %: 0.40 points for 1.2 hundred million CNY."""
    ranking = pd.DataFrame({
        "measure": ["line_uprate 平江-长寿I回"], "kind": ["line_uprate"], "element": ["平江-长寿I回"],
        "change": ["+100 MW"], "origin": ["ledger"], "effect": ["avoids"], "city_percent": [2.10],
        "avoided_both_mwh": [9000.0], "capital_cny": [1.2e8],
    })  # fmt: skip
    summary = {**findings.summary, "curtailment_percent": 2.5}
    both = Findings(summary, findings.manifest, {**findings.tables, "measures": ranking})
    assert not is_ranking(both)
    assert is_ranking(Findings({}, {}, {"measures": ranking}))
    tables = [b for _, b in blocks_of(chapters(both, read_texts("zh"))) if isinstance(b, Table)]
    (table,) = (t for t in tables if t.name == "measures")
    assert table.number == "表10-1"
    assert [c.text for c in table.rows[0]][1:] == ["平江县", "—", "—", "0.40", "1.20"]


def test_the_county_table_shows_grades_of_the_equipment_level(findings: Findings) -> None:
    grades = pd.DataFrame({"county": ["平江县"], "grade": ["yellow"], "c1_mw": [np.nan]})
    found = replace(findings, tables={**findings.tables, "hosting_equipment_county": grades})
    table = next(
        b for _, b in blocks_of(chapters(found, read_texts("zh"))) if isinstance(b, Table) and b.name == "conclusions"
    )
    column = [h.label for h in table.headers].index("等级")
    assert {row[0].text: row[column].text for row in table.rows}["平江县"] == "黄"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_terms_have_a_meaning_and_a_place(lang: str, made: dict[str, tuple[Chapter, ...]]) -> None:
    (table,) = (b for c in made[lang] if c.name == "appendix_terms" for b in c.blocks if isinstance(b, Table))
    assert len(table.rows) > 35
    assert all(cell.text for row in table.rows for cell in row)

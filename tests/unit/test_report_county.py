"""The short report of one county, and results of several runs side by side."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from fake_findings import fake_findings
from printed_numbers import printed_cells

from gridsim.errors import InvalidInput
from gridsim.report.catalogue import LANGUAGES, read_texts
from gridsim.report.compared import compared_chapters, compared_findings
from gridsim.report.county_report import county_chapters, findings_of_county
from gridsim.report.model import Figure, Paragraph, Table
from gridsim.report.numbers import number
from gridsim.report.title import report_title
from gridsim.report.write import write_comparison, write_report
from gridsim.store import Findings


@pytest.fixture(scope="module")
def findings() -> Findings:
    return replace(fake_findings(), hourly={})


def two_plants() -> Findings:
    """Wind farm 甲 in 东县 and sun 乙 in 西县, two hours of January and two of July.

    甲: available 10, 10, 20, 20 MW, curtailed 0, 0, 5, 3; 乙: available 4 each hour, curtailed 1 in the last.
    """
    time = pd.DatetimeIndex(["2030-01-01 00:00", "2030-01-01 01:00"]).union(
        pd.DatetimeIndex(["2030-07-01 00:00", "2030-07-01 01:00"])
    )
    time = time.tz_localize("Asia/Shanghai")
    available = pd.DataFrame({"wind.甲": [10.0, 10, 20, 20], "solar.乙": 4.0}, index=time)
    rows = pd.DataFrame(
        [(time[2], "甲", 5.0), (time[3], "甲", 3.0), (time[3], "乙", 1.0)], columns=["time", "plant", "curtailed_mw"]
    ).assign(cause="provincial", element="", outage="")
    plant = pd.DataFrame({"plant": ["甲", "乙"], "county": ["东县", "西县"], "carrier": ["wind", "solar"]})
    county = pd.DataFrame({"county": ["东县", "西县"], "curtailment_percent": [13.3, 6.25]})
    tables = {"curtailment_by_plant": plant, "curtailment_by_county": county}
    return Findings({"year": 2030}, {}, tables, {"available": available, "curtailment": rows})


# --- one county ----------------------------------------------------------------------------------------------


def test_months_of_a_county_by_hand() -> None:
    """东县: January 20 MWh and nothing curtailed; July 40 MWh, 8 curtailed, 20 %."""
    months = findings_of_county(two_plants(), "东县").tables["months_of_county"].set_index("month")
    assert list(months.index) == [1, 7]
    assert np.allclose(months["available_gwh"], [0.020, 0.040])
    assert np.allclose(months["wind_curtailed_gwh"], [0.0, 0.008])
    assert np.allclose(months["solar_available_gwh"], 0.0)
    assert np.allclose(months["curtailment_percent"], [0.0, 20.0])


def test_a_county_has_its_own_rows_and_no_others(findings: Findings) -> None:
    mine = findings_of_county(findings, "平江县")
    assert mine.summary["county"] == "平江县"
    for name, table in mine.tables.items():
        if "county" in table.columns:
            assert set(table["county"]) <= {"平江县"}, name
    whole = findings.tables["overload"]
    assert len(mine.tables["overload"]) == (whole["county"] == "平江县").sum()
    assert "by_weather_year" not in "".join(mine.tables)


def test_an_unknown_county_is_refused_with_the_nearest(findings: Findings) -> None:
    with pytest.raises(InvalidInput, match="Did you mean 平江县"):
        findings_of_county(findings, "平江")
    with pytest.raises(InvalidInput, match="Choose one of: none"):
        findings_of_county(Findings({}), "平江县")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_short_report_prints_the_numbers_of_the_whole(findings: Findings, lang: str) -> None:
    texts = read_texts(lang)
    mine = findings_of_county(findings, "平江县")
    made = county_chapters(findings, mine, texts)
    cells = printed_cells(made)
    row = findings.tables["curtailment_by_county"].set_index("county").loc["平江县"]
    assert number(row["curtailed_gwh"], "energy_small") in cells["curtailment_by_county/平江县/curtailed_gwh"]
    assert cells["summary//available_gwh"] == {number(findings.summary["available_gwh"], "energy")}
    others = set(findings.tables["county"]["name"]) - {"平江县"}
    assert not any(f"/{other}/" in key for other in others for key in cells)
    said = " ".join(b.text for c in made for b in c.blocks if isinstance(b, Paragraph))
    assert "hourly/available.parquet" in said
    assert "tables/measures.csv" in said
    name = "平江县" if lang == "zh" else "Pingjiang"
    assert report_title(mine, texts)[0].startswith(name)


@pytest.mark.parametrize("name", sorted(fake_findings().tables))
def test_each_table_of_the_run_may_be_missing(name: str, findings: Findings) -> None:
    tables = {k: t for k, t in findings.tables.items() if k != name}
    few = Findings(findings.summary, {}, tables)
    if name == "curtailment_by_county":
        return
    assert county_chapters(few, findings_of_county(few, "平江县"), read_texts("zh"))


# --- side by side --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def cases(findings: Findings) -> dict[str, Findings]:
    """A run, and the same with half the curtailment, another limit and one county less."""
    county = findings.tables["curtailment_by_county"]
    scaled = county.assign(**{c: county[c] / 2 for c in county.columns if "curtail" in c}).iloc[1:]
    summary = {**findings.summary, "curtailed_gwh": findings.summary["curtailed_gwh"] / 2, "verdict": "pass"}
    manifest = {**findings.manifest, "limits": {"export_mw": 8000.0, "import_mw": None}}
    tables = {**findings.tables, "curtailment_by_county": scaled}
    return {"基准": findings, "措施后": Findings(summary, manifest, tables)}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_runs_stand_side_by_side_with_their_own_numbers(cases: dict[str, Findings], lang: str) -> None:
    texts = read_texts(lang)
    made = compared_chapters(cases, texts)
    cells = printed_cells(made)
    for run, findings in cases.items():
        assert cells[f"compared_cases/{run}/curtailed_gwh"] == {number(findings.summary["curtailed_gwh"], "energy")}
        table = findings.tables["curtailment_by_county"].set_index("county")
        for county, rate in table["curtailment_percent"].items():
            assert float(next(iter(cells[f"compared_counties/{county}/{run}/curtailment_percent"]))) == pytest.approx(
                rate, abs=0.0051
            )
    gone = cases["基准"].tables["curtailment_by_county"]["county"].iloc[0]
    assert cells[f"compared_counties/{gone}/措施后/curtailment_percent"] == {"—"}
    assert cells[f"compared_counties/{gone}/change/curtailment_percent"] == {"—"}
    assert {b.name for c in made for b in c.blocks if isinstance(b, Figure)} == {"compared_rates", "compared_counties"}


def test_only_what_differs_is_listed(cases: dict[str, Findings]) -> None:
    texts = read_texts("zh")
    table = next(b for b in compared_chapters(cases, texts)[-1].blocks if isinstance(b, Table))
    assert [[c.text for c in row] for row in table.rows] == [[texts("option.export_mw"), "7000", "8000"]]
    same = compared_chapters({"甲": cases["基准"], "乙": cases["基准"]}, texts)[-1].blocks
    assert not any(isinstance(b, Table) for b in same)


def test_what_a_run_lacks_is_an_empty_cell(cases: dict[str, Findings]) -> None:
    bare = {"有": cases["基准"], "无": Findings({"year": 2030})}
    cells = printed_cells(compared_chapters(bare, read_texts("zh")))
    assert cells["compared_cases/无/curtailed_gwh"] == {"—"}
    assert cells["compared_n1/无"] == {"—"}
    assert compared_chapters({"甲": Findings({}), "乙": Findings({})}, read_texts("en"))
    assert compared_findings(bare).summary["beside"] == ["有", "无"]


def test_one_run_is_no_comparison(cases: dict[str, Findings], tmp_path) -> None:
    with pytest.raises(InvalidInput, match="nothing to compare"):
        write_comparison({"基准": cases["基准"]}, tmp_path / "x")
    assert not (tmp_path / "x").exists()


# --- as files ------------------------------------------------------------------------------------------------


def test_both_are_written_in_every_format(cases: dict[str, Findings], tmp_path) -> None:
    reports = {"report.html", "report.docx", "report.xlsx"}
    paths = write_report(cases["基准"], tmp_path / "县", county="平江县")
    assert {p.name for p in paths} == reports, "without hourly frames there is no figure"
    paths = write_comparison(cases, tmp_path / "比", lang="en")
    assert {p.name for p in paths} >= {*reports, "compared_rates.png", "compared_rates.svg"}
    assert "Pingjiang" in (tmp_path / "比" / "report.html").read_text("utf-8")


def test_the_months_are_drawn(tmp_path) -> None:
    paths = write_report(two_plants(), tmp_path / "县", county="东县", formats=("html",))
    assert {p.name for p in paths} == {"report.html", "months_of_county.png", "months_of_county.svg"}

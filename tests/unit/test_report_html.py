"""The interactive parts of report.html: the digits of the tables, no address, no way out for a name, small enough."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from fake_findings import fake_findings
from fake_hourly import enlarged, renamed, with_hours

from gridsim.report.catalogue import LANGUAGES, read_texts
from gridsim.report.chapters import chapters
from gridsim.report.drawn import Drawn
from gridsim.report.html import html_page
from gridsim.report.interactive import page_data, parts
from gridsim.report.interactive.library import plotly_js
from gridsim.report.interactive.packing import packed, safe_json
from gridsim.report.model import Figure
from gridsim.report.numbers import EXACT_ZERO, INFINITE, KINDS, NO_NUMBER, coded, number
from gridsim.store import Findings

TEXTS = read_texts("zh")
EVIL = "</script><b onclick=x>&\u2028<!--"


def quick_page(findings: Findings, *, lang: str = "zh") -> str:
    """The page with empty pictures: drawing is tested elsewhere and takes most of the time."""
    texts = read_texts(lang)
    made = chapters(findings, texts)
    figures = [block for chapter in made for block in chapter.blocks if isinstance(block, Figure)]
    return html_page(made, findings, texts, {f.name: Drawn(b"<svg/>", b"", 1, 1) for f in figures})


def data_of(page: str) -> dict:
    return json.loads(re.search(r'<script type="application/json"[^>]*>(.*?)</script>', page, re.S)[1])


def digits(block: dict) -> list[str]:
    """What the page's script makes of a packed block: the same rules as in page.js."""
    codes = np.frombuffer(base64.b64decode(block["data"]), dtype=f"<i{block['bits'] // 8}").tolist()
    low = -(2 ** (block["bits"] - 1))
    words = {low: "—", low + 1: "0", -low - 1: "∞"}
    return [words.get(c) or f"{c / 10 ** block['decimals']:.{block['decimals']}f}" for c in codes]


@pytest.fixture(scope="module")
def findings() -> Findings:
    return with_hours(fake_findings())


@pytest.fixture(scope="module")
def page(findings: Findings) -> str:
    return quick_page(findings)


# --- numbers -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["power", "energy", "rate", "loading", "energy_fine", "hours"])
def test_packed_numbers_have_the_digits_of_the_tables(kind: str) -> None:
    rng = np.random.default_rng(3)
    values = [*rng.normal(0, 900, 400), 0.125, 0.375, 2.5, -2.5, 1e-9, -1e-9, 0.0, -0.0, np.nan, np.inf, 40000.0]
    assert digits(packed(values, kind, TEXTS)) == [number(v, kind) for v in values]


def test_small_numbers_take_16_bits() -> None:
    assert packed([0.0, 99.9, np.nan], "loading", TEXTS)["bits"] == 16
    assert packed([0.0, 99999.0], "loading", TEXTS)["bits"] == 32
    assert coded([0.0, np.nan, np.inf], "rate").tolist() == [EXACT_ZERO, NO_NUMBER, INFINITE]
    with pytest.raises(ValueError, match="32 bits"):
        coded([3e8], "rate")


# --- what the parts say ----------------------------------------------------------------------------------------


def test_the_map_shows_the_loading_of_its_steps(findings: Findings, page: str) -> None:
    """Every number of the map, by step and element, is that of the hourly file as the tables would print it."""
    data = data_of(page)["parts"]["network"]
    groups = data["groups"]
    assert [len(g["times"]) for g in groups] == [1, 24, 24, 24, 24, 200]
    loading = findings.hourly["loading"]
    for group in groups[1:]:
        shown = digits(group["loading"])
        times = pd.DatetimeIndex(group["times"]).tz_localize("Asia/Shanghai")
        for element, name in enumerate(data["branches"]["label"][::17]):
            expected = [number(v, "loading") for v in loading.loc[times, name]]
            start = 17 * element * len(times)
            assert shown[start : start + len(times)] == expected


def test_the_worst_steps_come_first_and_counties_add_up(findings: Findings, page: str) -> None:
    data = data_of(page)["parts"]["network"]
    worst = data["groups"][-1]
    cut = np.array([float(v) for v in digits(worst["readings"][-1]["values"])])
    assert (np.diff(cut) <= 0).all()
    assert worst["ranked"] is True
    by_county = np.array([float(v) for v in digits(worst["curtailed"])]).reshape(-1, 200)
    assert np.abs(by_county.sum(axis=0) - cut).max() <= 0.05 * (len(by_county) + 1)
    balance = findings.hourly["balance"]
    city = balance[(balance["area"] == "岳阳") & balance["item"].isin(["curtailed_wind", "curtailed_solar"])]
    assert cut[0] == float(number(city.groupby("time")["p_mw"].sum().max(), "power"))


def test_month_by_hour_and_causes_are_those_of_the_tables(findings: Findings, page: str) -> None:
    data = data_of(page)["parts"]
    table = findings.tables["curtailment_month_hour"].sort_values(["month", "hour"])
    energy, rate = data["month_hour"]["maps"][:2]
    assert digits(energy["values"]) == [number(v, "energy_small") for v in table["curtailed_gwh"]]
    rates = 100.0 * table["curtailed_gwh"] / table["available_gwh"]
    assert digits(rate["values"]) == [number(v, "rate") for v in rates]
    month = findings.tables["causes_by_month"].set_index(["cause", "month"])["curtailed_gwh"]
    views = data["causes"]["views"]
    assert [v["label"] for v in views] == ["按月", "按县区", "按受限设备"]
    shown = digits(views[0]["series"]["provincial"])
    assert shown == [number(month.get(("provincial", m), 0.0), "energy_fine") for m in range(1, 13)]


def test_typical_days_and_curves(findings: Findings, page: str) -> None:
    data = data_of(page)["parts"]
    days, curves = data["typical_days"], data["duration"]["curves"]
    assert [a["label"] for a in days["areas"]] == ["岳阳", "湖南其余", "全省合计"]
    assert all(len(a["days"]) == 4 for a in days["areas"])
    load = findings.hourly["balance"].query("area == '岳阳' and item == 'load'")["p_mw"]
    assert digits(curves[0]["values"]) == [number(v, "power") for v in np.sort(load)[::-1]]
    assert data["duration"]["step_h"] == 1.0


# --- the page --------------------------------------------------------------------------------------------------


def test_no_address_is_left(page: str) -> None:
    assert not re.search(r"(https?|wss?|ftp)://", re.sub(r"base64,[A-Za-z0-9+/=]*", "", page))
    assert page.count("plotly.js v") == 1
    assert "Licensed under the MIT license" in page
    assert plotly_js().count(r"http\x3a//www.w3.org/2000/svg") > 0


def test_the_policy_allows_the_scripts_of_the_page_and_nothing_else(page: str) -> None:
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)[1].replace("&#39;", "'")
    assert policy.startswith("default-src 'none'; img-src data: blob:; style-src 'unsafe-inline'; script-src ")
    scripts = re.findall(r"<script>(.*?)</script>", page, re.S)
    assert len(scripts) == 2
    digests = [base64.b64encode(hashlib.sha256(s.encode()).digest()).decode() for s in scripts]
    assert re.findall(r"'sha256-([^']+)'", policy) == digests
    assert not re.search(r"<[^>]+\son[a-z]+=", re.sub(r"<script.*?</script>", "", page, flags=re.S)), "inline handlers"


def test_names_cannot_leave_their_place(findings: Findings) -> None:
    page = quick_page(renamed(findings, "平江", EVIL))
    assert page.count("<script") - page.count("<script>") == 1
    outside = re.sub(r"<script.*?</script>", "", page, flags=re.S)
    assert "<b onclick" not in outside
    assert "<!--" not in outside
    data = data_of(page)["parts"]["network"]
    assert EVIL + "县变" in data["stations"]["label"]
    assert json.loads(safe_json({"name": EVIL})) == {"name": EVIL}
    assert not re.search(r"[<>&\u2028]", safe_json({"name": EVIL}))


def test_a_title_cannot_leave_its_style_sheet(findings: Findings) -> None:
    page = quick_page(replace(findings, summary={**findings.summary, "area": '"}</style><b>'}))
    style = re.search(r"<style>(.*?)</style>", page, re.S)[1]
    assert "<" not in style
    assert style.count("{") == style.count("}")


def test_a_full_year_is_small_enough_and_the_same_each_time(findings: Findings, page: str) -> None:
    large = with_hours(enlarged(fake_findings(), times=5))
    assert len(large.tables["map_branch"]) > 540
    content = quick_page(large)
    assert len(content.encode()) < 9e6, "12 MB with the static figures, which take 2 MB"
    assert quick_page(findings) == page


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_word_of_the_script_is_there(lang: str, findings: Findings) -> None:
    from importlib import resources

    folder = resources.files("gridsim.report").joinpath("templates", "js")
    source = "".join(f.read_text("utf-8") for f in folder.iterdir())
    words = json.loads(page_data({}, read_texts(lang)))["words"]
    assert set(re.findall(r"words\.([a-z0-9_]+)", source)) == set(words)
    filled = {b for text in words.values() if isinstance(text, str) for b in re.findall(r"{(\w+)}", text)}
    assert filled == {"shown", "all", "rank", "element", "percent", "over80", "over100"}


# --- what is missing -------------------------------------------------------------------------------------------


def test_without_hourly_files_the_map_shows_the_year(findings: Findings) -> None:
    small = replace(findings, hourly={})
    found = parts(chapters(small, TEXTS), small, TEXTS)
    assert sorted(found) == ["causes_by_month", "month_hour", "one_line_map"]
    (network,) = found["one_line_map"]
    assert len(network.data["groups"]) == 1


def test_nothing_but_a_summary_still_sorts_its_tables() -> None:
    page = quick_page(Findings({}, {}, {}))
    assert data_of(page)["parts"] == {}
    assert page.count("<script>") == 1, "no chart, no plotly.js"


@pytest.mark.parametrize(
    "name", ["map_branch", "county", "curtailment_by_plant", "curtailment_by_county", "causes_by_county",
             "causes_by_month", "curtailment_by_element", "curtailment_month_hour"],
)  # fmt: skip
def test_each_table_may_be_missing_or_lack_columns(name: str, findings: Findings) -> None:
    table = findings.tables[name]
    less = {k: v for k, v in findings.tables.items() if k != name}
    hourly = findings.hourly if name in ("map_branch", "county", "curtailment_by_plant") else {}
    for tables in (less, {**less, name: table.iloc[:0]}, {**less, name: table.iloc[:, :1]}):
        some = replace(findings, tables=tables, hourly=hourly)
        assert page_data(parts(chapters(some, TEXTS), some, TEXTS), TEXTS)


def test_chapters_of_other_findings(findings: Findings) -> None:
    """The report of one county prints figures whose tables its findings may not have."""
    made = chapters(findings, TEXTS)
    some = replace(findings, tables={"county": findings.tables["county"]}, hourly={})
    assert parts(made, some, TEXTS) == {}


def test_several_weather_years_show_the_hours_of_the_worst(findings: Findings) -> None:
    """Of 2015 and 2016 the balance of 2016, twice that of 2015, is on the page."""
    hourly = {f"{y}/{name}": frame for y in (2015, 2016) for name, frame in findings.hourly.items()}
    balance = findings.hourly["balance"]
    hourly["2016/balance"] = balance.assign(p_mw=2.0 * balance["p_mw"])
    years = [{"weather_year": y, "curtailment_percent_system_cause": 3.0} for y in (2015, 2016)]
    some = replace(
        findings, hourly=hourly, summary={**findings.summary, "weather_years": years, "worst_weather_year": 2016}
    )
    (part,) = parts(chapters(some, TEXTS), some, TEXTS)["load_duration"]
    highest = balance.query("area == '岳阳' and item == 'load'")["p_mw"].max()
    assert digits(part.data["curves"][0]["values"])[0] == number(2.0 * highest, "power")


def test_a_ranking_of_measures_has_its_page() -> None:
    page = quick_page(Findings({}, {}, {"measures": pd.DataFrame()}))
    assert data_of(page)["parts"] == {}


@pytest.mark.parametrize("name", ["balance", "loading", "available", "curtailment"])
def test_each_hourly_file_may_be_missing(name: str, findings: Findings) -> None:
    some = replace(findings, hourly={k: v for k, v in findings.hourly.items() if k != name})
    data = json.loads(page_data(parts(chapters(some, TEXTS), some, TEXTS), TEXTS))["parts"]
    assert len(data["network"]["groups"]) == (1 if name in ("balance", "loading") else 6)


def test_steps_of_a_quarter_of_an_hour(findings: Findings) -> None:
    """Half the steps of the year at 15 minutes: 96 to a day, 200 worst."""
    hourly = {}
    for name, frame in findings.hourly.items():
        if name in ("loading", "available"):
            time = pd.date_range(frame.index[0], periods=len(frame), freq="15min")
            hourly[name] = frame.set_axis(time)
        else:
            start = frame["time"].min() if name == "balance" else findings.hourly["balance"]["time"].min()
            hourly[name] = frame.assign(time=start + (frame["time"] - start) / 4)
    some = replace(findings, hourly=hourly)
    data = json.loads(page_data(parts(chapters(some, TEXTS), some, TEXTS), TEXTS))["parts"]
    assert 96 in [len(g["times"]) for g in data["network"]["groups"]]
    assert data["duration"]["step_h"] == 0.25
    assert KINDS["power"].decimals == 1

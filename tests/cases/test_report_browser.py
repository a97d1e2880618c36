"""report.html in a real browser: nothing on the console, no request; slider, tables and print do what they should."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from browser import CHROMIUM, Tab, browser
from fake_findings import fake_findings
from fake_hourly import renamed, with_hours

from gridsim.report.catalogue import read_texts
from gridsim.report.chapters import chapters
from gridsim.report.drawn import Drawn
from gridsim.report.html import html_page
from gridsim.report.model import Figure
from gridsim.report.numbers import number
from gridsim.store import Findings

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine (package 'chromium')")

#: the box of an interactive part, drawn
LIVE = "document.querySelector('.live[data-part=\"{part}\"]')"
#: the table of a caption
TABLE = "[...document.querySelectorAll('.table')].find(t => t.textContent.includes({caption!r})).querySelector('table')"


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    with browser(tmp_path_factory.mktemp("browser")) as tab:
        yield tab


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    findings, folder = with_hours(fake_findings()), tmp_path_factory.mktemp("岳阳 report")
    return {lang: page_of(findings, folder / f"{lang}.html", lang=lang) for lang in ("zh", "en")}


def page_of(findings: Findings, file: Path, *, lang: str = "zh") -> Path:
    """A page with blank pictures: drawing is what takes time."""
    texts = read_texts(lang)
    made = chapters(findings, texts)
    blank = Drawn(b'<svg xmlns="http://www.w3.org/2000/svg" width="640" height="400"/>', b"", 9, 9)
    figures = [block.name for chapter in made for block in chapter.blocks if isinstance(block, Figure)]
    file.write_text(html_page(made, findings, texts, dict.fromkeys(figures, blank)), "utf-8", newline="\n")
    return file


def show(tab: Tab, part: str) -> str:
    """Scroll to an interactive part and wait until it is drawn; returns its box as an expression."""
    box = LIVE.format(part=part)
    tab.run(f"{box}.closest('figure').scrollIntoView()")
    tab.wait(f"!!{box}.querySelector('.main-svg')")
    return box


def press(tab: Tab, key: str, code: int, *, text: str = "") -> None:
    for event in ("keyDown", "keyUp"):
        tab.call("Input.dispatchKeyEvent", type=event, key=key, code=key, windowsVirtualKeyCode=code, text=text)


def column(tab: Tab, table: str, k: int) -> list[str]:
    return tab.run(f"[...{table}.tBodies[0].rows].filter(r => !r.hidden).map(r => r.cells[{k}].textContent)")


def test_the_browser_sees_what_a_bad_page_does(tab: Tab, tmp_path: Path) -> None:
    page = tmp_path / "bad.html"
    image = '<img src="http://planted.invalid/x.png">'
    page.write_text(f"<html><body>{image}<script>console.error('boom'); nothing();</script></body></html>", "utf-8")
    tab.open(page)
    assert tab.requests == ["http://planted.invalid/x.png"]
    assert sum("boom" in line or "nothing" in line for line in tab.console) == 2


@pytest.mark.parametrize(("lang", "words"), [("zh", ("弃风", "岳阳", "湘阴县")), ("en", ("curtail", "Yueyang"))])
def test_report_is_quiet_and_complete(tab: Tab, pages: dict[str, Path], lang: str, words: tuple[str, ...]) -> None:
    tab.resize(1400, 1000)
    tab.open(pages[lang])
    for part in ("network", "typical_days", "duration", "month_hour", "causes"):
        box = show(tab, part)
        figure = f"{box}.closest('figure')"
        covered = tab.run(f"!!{figure}.querySelector('[data-covers=yes]')")
        assert tab.run(f"{figure}.querySelector('img').offsetHeight > 0") is not covered
    text = tab.run("document.body.innerText")
    assert tab.requests == []
    assert tab.console == []
    assert [w for w in words if w not in text] == []
    assert tab.run("document.documentElement.scrollWidth <= window.innerWidth")


def test_the_slider_changes_the_map(tab: Tab, pages: dict[str, Path]) -> None:
    tab.open(pages["zh"])
    box = show(tab, "network")
    lines = f"JSON.stringify({box}.querySelector('.chart').data.map(t => [t.x, t.line && t.line.color]))"
    said = f"{box}.querySelector('.readings').innerText"
    year = tab.run(lines)
    assert tab.run(f"{box}.querySelector('.time').hidden")
    tab.run(f"(s => {{s.value = 5; s.dispatchEvent(new Event('change'));}})({box}.querySelector('select'))")
    tab.wait(f"{said}.includes('第 1 位')")
    first, words = tab.run(lines), tab.run(said)
    assert first != year
    slider = f"{box}.querySelector('input[type=range]')"
    assert tab.run(f"{slider}.max") == "199"
    tab.run(f"(s => {{s.value = 120; s.dispatchEvent(new Event('input'));}})({slider})")
    tab.wait(f"{said}.includes('第 121 位')")
    assert tab.run(lines) != first
    assert tab.run(said) != words
    tab.run(f"{slider}.focus()")
    press(tab, "ArrowRight", 39)
    tab.wait(f"{said}.includes('第 122 位')")
    assert tab.console == []


def test_hover_shows_the_digits_of_the_tables(tab: Tab, pages: dict[str, Path]) -> None:
    """Month by hour: energy and rate of all 288 cells, as the formatter of the tables prints them."""
    table = fake_findings().tables["curtailment_month_hour"].sort_values(["month", "hour"])
    rates = 100.0 * table["curtailed_gwh"] / table["available_gwh"]
    tab.open(pages["zh"])
    box = show(tab, "month_hour")
    for k, (values, kind) in enumerate(((table["curtailed_gwh"], "energy_small"), (rates, "rate"))):
        tab.run(f"(s => {{s.value = {k}; s.dispatchEvent(new Event('change'));}})({box}.querySelector('select'))")
        tab.wait(f"{box}.querySelector('.chart').data[0].customdata.length === 12")
        texts = tab.run(f"{box}.querySelector('.chart').data[0].customdata.flat()")
        assert texts == [number(v, kind) for v in values]


def test_tables_sort_and_filter_with_the_keyboard(tab: Tab, pages: dict[str, Path]) -> None:
    tab.open(pages["zh"])
    table = TABLE.format(caption="分月消纳")
    was = column(tab, table, 3)
    button = f"{table}.tHead.rows[0].cells[3].querySelector('button')"
    for direction, order in (("descending", -1), ("ascending", 1)):
        tab.run(f"{button}.focus()")
        tab.call(
            "Input.dispatchKeyEvent", type="keyDown", key="Enter", code="Enter", windowsVirtualKeyCode=13, text="\r"
        )
        tab.call("Input.dispatchKeyEvent", type="keyUp", key="Enter", code="Enter", windowsVirtualKeyCode=13)
        assert tab.run(f"{table}.tHead.rows[0].cells[3].getAttribute('aria-sort')") == direction
        assert [float(v) for v in column(tab, table, 3)] == sorted((float(v) for v in was), key=lambda v: order * v)
    tab.run(f"{button}.click()")
    assert column(tab, table, 3) == was
    long = "[...document.querySelectorAll('main table')].find(t => t.tBodies[0].rows.length >= 40)"
    box = f"{long}.parentElement.previousElementSibling.querySelector('input')"
    every, asked = len(column(tab, long, 0)), max(column(tab, long, 0), key=len)
    tab.run(f"(b => {{b.value = {asked!r}; b.dispatchEvent(new Event('input'));}})({box})")
    assert 0 < len(column(tab, long, 0)) < every
    assert tab.run(f"{box}.previousElementSibling.textContent") == f"显示 {len(column(tab, long, 0))} / {every} 行"
    assert tab.console == []


def test_without_scripts_figures_and_tables_stay(tab: Tab, pages: dict[str, Path]) -> None:
    tab.open(pages["zh"], scripts=False)
    sizes = tab.call("Page.getLayoutMetrics")["cssContentSize"]
    assert sizes["height"] > 5000
    pdf = tab.pdf()
    tab.open(pages["zh"])
    assert abs(count_pages(pdf) - count_pages(tab.pdf())) <= 1, "a page printed without scripts is the same report"
    assert tab.console == []


def count_pages(pdf: bytes) -> int:
    assert pdf.startswith(b"%PDF")
    return len(re.findall(rb"/Type\s*/Page\b", pdf))


def test_printed_pages_show_the_static_figures_and_every_row(tab: Tab, pages: dict[str, Path]) -> None:
    tab.open(pages["zh"])
    show(tab, "network")
    table = TABLE.format(caption="分月消纳")
    tab.run(f"{table}.tBodies[0].rows[0].hidden = true")
    assert count_pages(tab.pdf()) > 10
    tab.call("Emulation.setEmulatedMedia", media="print")
    try:
        figure = "document.querySelector('#figure-one_line_map')"
        assert tab.run(f"{figure}.querySelector('img').offsetHeight > 100")
        assert tab.run(f"getComputedStyle({figure}.querySelector('.live')).display") == "none"
        assert tab.run(f"{table}.tBodies[0].rows[0].offsetHeight > 0")
    finally:
        tab.call("Emulation.setEmulatedMedia", media="")
    assert tab.console == []


def test_a_narrow_page_has_no_sideways_scroll(tab: Tab, pages: dict[str, Path]) -> None:
    tab.resize(390, 800)
    tab.open(pages["zh"])
    for part in ("network", "typical_days"):
        show(tab, part)
    assert tab.run("document.documentElement.scrollWidth <= window.innerWidth")
    assert tab.run("document.querySelector('details.contents').open") is False
    tab.resize(1400, 1000)


def test_a_name_is_text_wherever_it_stands(tab: Tab, tmp_path: Path) -> None:
    evil = "</script><img src=http://planted.invalid/y.png onerror=console.error(1)><b>粗"
    tab.open(page_of(renamed(with_hours(fake_findings()), "平江", evil), tmp_path / "evil.html"))
    for part in ("network", "causes"):
        box = show(tab, part)
        tab.run(f"(s => {{s.value = 1; s.dispatchEvent(new Event('change'));}})({box}.querySelector('select'))")
    assert tab.run("document.querySelectorAll('img[onerror], main b').length") == 0
    assert tab.requests == []
    assert tab.console == []


def test_findings_without_hours_have_a_page(tab: Tab, tmp_path: Path) -> None:
    tab.open(page_of(replace(fake_findings(), hourly={}), tmp_path / "year.html"))
    show(tab, "network")
    assert tab.run("document.querySelectorAll('.live').length") == 3
    assert tab.console == []

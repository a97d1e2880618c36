"""report.docx in LibreOffice: its pages as a person sees them, from made-up findings of a whole year."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from fake_findings import fake_findings
from PIL import Image

from gridsim.report.catalogue import read_texts
from gridsim.report.chapters import chapters
from gridsim.report.docx import docx_bytes
from gridsim.report.drawn import draw_figures
from gridsim.report.model import Chapter, Figure, Table

TOOLS = {
    "soffice": "libreoffice-writer",
    "pdftotext": "poppler-utils",
    "pdftoppm": "poppler-utils",
    "pdffonts": "poppler-utils",
    "fc-list": "fontconfig",
}
LACKING = sorted({package for tool, package in TOOLS.items() if shutil.which(tool) is None})
pytestmark = pytest.mark.skipif(bool(LACKING), reason=f"packages missing on this machine: {', '.join(LACKING)}")

#: resolution of the pages looked at [1/inch], margins that must be white [mm], ink on a page that is not empty
DPI, MARGIN_MM, INK = 40, 9.0, 0.002
CHINESE = re.compile("CJK|Song|Sun|Hei|Kai|Fang|WenQuanYi|Droid")


@dataclass(frozen=True)
class Printed:
    """A report as LibreOffice prints it: chapters, text of every page, fonts, pages in grey (0 black, 1 white)."""

    chapters: tuple[Chapter, ...]
    text: tuple[str, ...]
    fonts: str
    pages: tuple[np.ndarray, ...]


def output(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True)
    return done.stdout


def printed(lang: str, folder: Path) -> Printed:
    findings, texts = fake_findings(), read_texts(lang)
    made = chapters(findings, texts)
    (folder / "report.docx").write_bytes(docx_bytes(made, findings, texts, draw_figures(made, texts)))
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    output(
        "soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", str(folder), str(folder / "report.docx")
    )
    pdf = str(folder / "report.pdf")
    output("pdftoppm", "-r", str(DPI), "-gray", pdf, str(folder / "page"))
    pages = tuple(np.asarray(Image.open(p), dtype=float) / 255 for p in sorted(folder.glob("page*.pgm")))
    text = output("pdftotext", "-layout", pdf, "-").split("\f")
    return Printed(made, tuple(text[: len(pages)]), output("pdffonts", pdf), pages)


@pytest.fixture(scope="module", params=["zh", pytest.param("en", marks=pytest.mark.slow)])
def report(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Printed:
    return printed(request.param, tmp_path_factory.mktemp("report"))


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


def test_every_chapter_begins_a_page_with_its_number(report: Printed) -> None:
    starts = [squeezed("".join(page.split("\n")[:8])) for page in report.text]
    for chapter in report.chapters:
        head = squeezed(f"{chapter.number}{chapter.title}")
        assert any(head in start for start in starts), head


def test_the_contents_say_the_page_that_the_foot_of_the_page_says(report: Printed) -> None:
    """A line ``2 Title ..... 3`` and, on the page with that chapter, the foot ``3``."""
    lines = [squeezed(line) for page in report.text for line in page.split("\n")]
    for chapter in report.chapters:
        head = squeezed(f"{chapter.number}{chapter.title}")
        told = next(m[1] for line in lines if (m := re.fullmatch(rf"{re.escape(head)}\.{{3,}}(\d+)", line)))
        page = next(p for p in report.text if any(squeezed(line) == head for line in p.split("\n")))
        assert re.findall(r"\d+", page.strip().split("\n")[-1]) == [told], head


def test_no_page_is_empty_and_nothing_is_off_the_page(report: Printed) -> None:
    assert len(report.pages) > 10
    edge = round(MARGIN_MM / 25.4 * DPI)
    for number, page in enumerate(report.pages, start=1):
        dark = page < 0.8
        assert dark.mean() > INK, f"page {number} is empty"
        frame = np.ones_like(dark)
        frame[edge:-edge, edge:-edge] = False
        assert not (dark & frame).any(), f"page {number} has something in its margin"


def test_some_pages_are_on_their_side(report: Printed) -> None:
    sides = {page.shape[1] > page.shape[0] for page in report.pages}
    assert sides == {True, False}


def test_fonts_are_embedded_and_have_every_sign(report: Printed) -> None:
    """LibreOffice takes a sign from any face that has it, and prints a box if none has."""
    rows = report.fonts.splitlines()[2:]
    assert any(CHINESE.search(row) for row in rows), report.fonts
    assert all(re.search(r"\s(yes)\s+(yes|no)\s+(yes|no)\s+\d+\s+\d+$", row) for row in rows), report.fonts
    signs = {ord(c) for page in report.text for c in page if ord(c) > 0x20}
    assert 0xFFFD not in signs
    charsets = {span for line in output("fc-list", "--format", "%{charset}\n").splitlines() for span in line.split()}
    spans = [tuple(int(end, 16) for end in (span.split("-") * 2)[:2]) for span in charsets]
    assert [chr(s) for s in sorted(signs) if not any(low <= s <= high for low, high in spans)] == []


def test_the_pages_say_what_the_tables_say(report: Printed) -> None:
    """Captions are printed with their numbers, and no field failed."""
    text = squeezed("".join(report.text))
    blocks = [b for c in report.chapters for b in c.blocks if isinstance(b, Table | Figure)]
    captions = [squeezed(f"{b.number}{b.caption}") for b in blocks]
    assert len(captions) > 10
    assert [c for c in captions if text.count(c) < 2] == [], "a caption stands above its table and in the list"
    assert "Error:" not in text

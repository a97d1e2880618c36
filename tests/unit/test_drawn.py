"""Figures are drawn once and printed as SVG and PNG, the same bytes each time."""

from __future__ import annotations

import io
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib.figure import Figure as Drawing
from PIL import Image

from gridsim.report.catalogue import read_texts
from gridsim.report.drawn import DPI, draw_figures, drawn, write_figures
from gridsim.report.figures.style import CARRIERS, Margins, new_figure
from gridsim.report.model import Chapter, Figure, Heading

NARROW = Margins(left=0.5, bottom=0.5)


def bars() -> Drawing:
    """Four bars in colours of carriers, a Chinese name on the axis."""
    figure, axes = new_figure(4.0, 2.0, margins=NARROW)
    axes.bar(range(4), [1, 3, 2, 4], color=[CARRIERS[c][0] for c in ("coal", "hydro", "wind", "solar")])
    axes.set_xlabel("月份")
    return figure


def chapter(*names: str, calls: list[str] | None = None) -> Chapter:
    def make(name: str) -> Figure:
        def draw() -> Drawing:
            if calls is not None:
                calls.append(name)
            return bars()

        return Figure(name, f"图名 {name}", "", draw, number="图1-1")

    return Chapter("one", "一", (Heading("h"), *(make(name) for name in names)))


def test_a_figure_is_drawn_once_for_both_files() -> None:
    calls: list[str] = []
    made = draw_figures((chapter("a", "b", calls=calls),), read_texts("zh"))
    assert calls == ["a", "b"]
    assert list(made) == ["a", "b"]
    assert made["a"].svg.startswith(b"<?xml")
    assert made["a"].png.startswith(b"\x89PNG")
    assert made["a"].lacking == ()


def test_the_same_figure_has_the_same_bytes() -> None:
    first, second = drawn(bars, title="图1 柱", lang="zh"), drawn(bars, title="图1 柱", lang="zh")
    assert first == second
    assert b"dc:date" not in first.svg


def test_the_png_has_300_dots_per_inch_a_palette_and_a_title() -> None:
    """4 x 2 inch are 1200 x 600 points."""
    made = drawn(bars, title="图1 柱")
    picture = Image.open(io.BytesIO(made.png))
    assert picture.size == (made.width_px, made.height_px) == (1200, 600)
    assert made.width_inch == 4.0
    assert picture.info["dpi"] == pytest.approx((DPI, DPI), abs=0.1)
    assert picture.mode == "P"
    assert picture.info["Title"] == "图1 柱"
    titles = ElementTree.fromstring(made.svg).findall(".//{http://purl.org/dc/elements/1.1/}title")
    assert [t.text for t in titles] == ["图1 柱"]


def test_the_palette_keeps_white_and_the_colours_of_the_carriers() -> None:
    found = np.asarray(Image.open(io.BytesIO(drawn(bars).png)).convert("RGB")).reshape(-1, 3).astype(int)
    for colour in ("#ffffff", *(CARRIERS[c][0] for c in ("coal", "hydro", "wind", "solar"))):
        wanted = [int(colour[k : k + 2], 16) for k in (1, 3, 5)]
        assert np.abs(found - wanted).max(axis=1).min() <= 2, colour


def test_a_colour_scale_keeps_its_shades() -> None:
    """Thousands of shades: a palette of 256 would put neighbours of a heat map into one, or into a grey between."""

    def shades() -> Drawing:
        figure = Drawing(figsize=(4.0, 2.0))
        axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
        across, up = np.meshgrid(np.linspace(0.0, 1.0, 50), np.linspace(0.0, 1.0, 40))
        axes.imshow(np.dstack([across, up, 1.0 - across * up]), aspect="auto")
        return figure

    assert Image.open(io.BytesIO(drawn(shades).png)).mode == "RGB"


def test_a_character_that_the_font_lacks_is_named() -> None:
    def draw() -> Drawing:
        figure = bars()
        figure.axes[0].set_title("\U00020bb7")
        return figure

    (lacking,) = drawn(draw).lacking
    assert "134071" in lacking  # U+20BB7 in decimals, as matplotlib names it


def test_two_figures_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="one name"):
        draw_figures((chapter("a"), chapter("a")), read_texts("zh"))


def test_figures_are_written_as_png_and_svg(tmp_path) -> None:
    made = draw_figures((chapter("a"),), read_texts("en"))
    paths = write_figures(made, tmp_path)
    assert sorted(p.relative_to(tmp_path).as_posix() for p in paths) == ["figures/a.png", "figures/a.svg"]
    assert (tmp_path / "figures" / "a.png").read_bytes() == made["a"].png
    assert sorted(p.name for p in (tmp_path / "figures").iterdir()) == ["a.png", "a.svg"]

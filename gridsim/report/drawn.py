"""The figures of a report, each drawn once and printed twice: SVG for pages, PNG with 300 dpi for documents."""

from __future__ import annotations

import io
import os
import uuid
import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gridsim.report.catalogue import Texts
from gridsim.report.figures.style import styled
from gridsim.report.model import Chapter, Figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Drawing

#: dots per inch of the PNG
DPI = 300
#: a palette loses something to see where more than this share of the points is off by more than so many of 255 levels
_SEEN_PU, _SEEN = 0.1, 4
FOLDER = "figures"


@dataclass(frozen=True)
class Drawn:
    """A printed figure; its bytes depend on its data, texts and the versions of matplotlib and Pillow only.

    ``lacking`` are characters that the font does not have (normally none): they show as boxes.
    """

    svg: bytes
    png: bytes
    width_px: int
    height_px: int
    lacking: tuple[str, ...] = ()

    @property
    def width_inch(self) -> float:
        """Width at which the text has the size that it was written with. [inch]"""
        return self.width_px / DPI


def draw_figures(chapters: Iterable[Chapter], texts: Texts) -> dict[str, Drawn]:
    """Every figure of a report by its name.

    Parameters
    ----------
    chapters : of Chapter
        A name stands once.
    texts : Texts
        Says the language; the caption is written into the files as their title.
    """
    figures = [block for chapter in chapters for block in chapter.blocks if isinstance(block, Figure)]
    names = [figure.name for figure in figures]
    if len(names) > len(set(names)):
        raise ValueError(f"two figures of a report have one name: {sorted(names)}")
    return {f.name: drawn(f.draw, title=f"{f.number} {f.caption}".strip(), lang=texts.lang) for f in figures}


def drawn(draw: Callable[[], Drawing], *, title: str = "", lang: str = "") -> Drawn:
    """Draw a figure and print it as SVG and PNG.

    Parameters
    ----------
    draw : callable
        Makes the figure; called once, under the settings of the reports, which are restored afterwards.
    title, lang : str
        Written into the files.
    """
    with warnings.catch_warnings(record=True) as caught, styled():
        warnings.simplefilter("always")
        figure = draw()
        svg = _svg(figure, title, lang)
        png, (width_px, height_px) = _png(figure, title)
    lacking = []
    for warning in caught:
        if "missing from font" not in str(warning.message):
            warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)
        else:
            lacking.append(str(warning.message).split()[1])
    return Drawn(svg, png, width_px, height_px, tuple(dict.fromkeys(lacking)))


def _svg(figure: Drawing, title: str, lang: str) -> bytes:
    stream = io.BytesIO()
    about: dict[str, str | None] = {"Date": None, "Creator": None}
    about |= {name: text for name, text in (("Title", title), ("Language", lang)) if text}
    figure.savefig(stream, format="svg", metadata=about)
    return stream.getvalue()


def _png(figure: Drawing, title: str) -> tuple[bytes, tuple[int, int]]:
    """A PNG with a palette where that loses nothing to see, as in line drawings: a quarter of the size.

    Colour scales have more shades than a palette: those keep their full colours.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    figure.set_dpi(DPI)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    picture = Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3].copy())
    about = PngInfo()
    about.add_text("Title", title)
    stream = io.BytesIO()
    few = picture.quantize(256, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)  # keeps white white
    off = np.abs(np.asarray(few.convert("RGB"), dtype=int) - np.asarray(picture, dtype=int)).max(axis=2)
    kept = picture if np.mean(off > _SEEN) > _SEEN_PU else few
    kept.save(stream, format="png", dpi=(DPI, DPI), pnginfo=about)
    return stream.getvalue(), picture.size


def write_figures(drawn: Mapping[str, Drawn], folder: str | Path) -> list[Path]:
    """Write ``figures/NAME.png`` and ``figures/NAME.svg`` into a results folder; returns the files."""
    target = Path(folder) / FOLDER
    target.mkdir(parents=True, exist_ok=True)
    files = {f"{name}.png": d.png for name, d in drawn.items()} | {f"{name}.svg": d.svg for name, d in drawn.items()}
    for name, content in files.items():
        draft = target / f".{name}.{uuid.uuid4().hex[:8]}"
        try:
            draft.write_bytes(content)
            os.replace(draft, target / name)  # noqa: PTH105 - one step, also over an older figure
        finally:
            draft.unlink(missing_ok=True)
    return [target / name for name in files]

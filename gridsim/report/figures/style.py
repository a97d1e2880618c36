"""Font, colours, hatches and measures of all figures, in one place.

Colours are those of Okabe and Ito (distinguishable with colour-blind eyes); every filled area also differs from
every other in lightness or hatch, every line in its dashes or marks, so that a black-and-white copy can be read.
A test computes the distances for normal, protanopic and deuteranopic eyes and in grey.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import matplotlib as mpl
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.figure import Figure

FONT_FILE = "gridsim-sans-sc.otf"
#: width of the text of an A4 page: figures are drawn as wide as they are printed, so that 8 pt are 8 pt. [inch]
PAGE_WIDTH = 6.3
#: size of legends and of the smallest text. [pt]
LEGEND_PT, SMALL_PT = 8.0, 7.0

#: item of the balance -> colour, hatch
CARRIERS: dict[str, tuple[str, str]] = {
    "coal": ("#4d4d4d", ""),
    "gas": ("#9a9a9a", ""),
    "biomass": ("#8c6d31", "|||"),
    "hydro": ("#0072b2", ""),
    "wind": ("#56b4e9", "///"),
    "solar": ("#f0e442", ""),
    "imports": ("#cc79a7", "\\\\\\"),
    "pumped_storage_generating": ("#009e73", "---"),
    "battery_discharging": ("#e69f00", "+++"),
    "exchange_in": ("#e3c7d8", "..."),
    "unserved": ("#000000", ""),
    "pumped_storage_pumping": ("#7fd1b5", "---"),
    "battery_charging": ("#f7cf7e", "+++"),
    "exchange_out": ("#c592b0", "..."),
    "must_run_cut": ("#7f0000", "\\\\\\"),
    "curtailed_wind": ("#d55e00", "///"),
    "curtailed_solar": ("#f4a582", "xxx"),
}
#: kind of installed capacity -> colour, hatch; the others look like their output in :data:`CARRIERS`
CAPACITIES: dict[str, tuple[str, str]] = {
    "coal": CARRIERS["coal"],
    "cogeneration": ("#7d7d7d", "\\\\\\"),
    "gas": CARRIERS["gas"],
    "biomass": CARRIERS["biomass"],
    "waste": ("#c7b27c", "xxx"),
    "hydro": CARRIERS["hydro"],
    "wind": CARRIERS["wind"],
    "solar_utility": CARRIERS["solar"],
    "solar_distributed": ("#f7f2b5", "..."),
    "pumped_storage": CARRIERS["pumped_storage_generating"],
    "battery": CARRIERS["battery_discharging"],
}
#: cause of curtailment -> colour, hatch; others take the last
CAUSES: dict[str, tuple[str, str]] = {
    "provincial": ("#0072b2", ""),
    "section": ("#e69f00", "///"),
    "branch": ("#d55e00", "xxx"),
    "n_1": ("#cc79a7", "..."),
    "ac": ("#999999", ""),
    "": ("#d9d9d9", "\\\\\\"),
}
#: class of loading: lower edge in per cent, colour, width of the line (dark and wide = heavily loaded)
LOADINGS: tuple[tuple[float, str, float], ...] = (
    (0.0, "#bcc6ce", 0.7),
    (30.0, "#7fb3d5", 0.9),
    (50.0, "#3182bd", 1.2),
    (80.0, "#a84600", 1.8),
    (100.0, "#5a0000", 2.5),
)
#: curves of one figure: colour, dashes, mark
LINES: tuple[tuple[str, Any, str], ...] = (
    ("#000000", "-", "o"),
    ("#0072b2", "--", "s"),
    ("#d55e00", "-.", "^"),
    ("#009e73", ":", "D"),
    ("#cc79a7", (0, (6, 1.5, 1, 1.5, 1, 1.5)), "v"),
    ("#56b4e9", (0, (8, 2)), "P"),
    ("#e69f00", (0, (3, 1)), "X"),
    ("#7f7f7f", (0, (1, 2)), "*"),
)
#: ground behind a text that may stand on lines
HALO = {"facecolor": "#ffffffb0", "edgecolor": "none", "pad": 0.4}
WARNING_COLOUR = "#b30000"

SETTINGS: dict[str, Any] = {
    "font.size": 8.5,
    "axes.titlesize": 9,
    "axes.titlepad": 4.0,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.7,
    "axes.unicode_minus": False,
    "hatch.linewidth": 0.5,
    "hatch.color": "#00000066",
    "svg.fonttype": "path",
    "svg.hashsalt": "gridsim",
    "legend.frameon": False,
    "legend.fontsize": LEGEND_PT,
    "legend.columnspacing": 1.2,
    "legend.handletextpad": 0.5,
    "figure.facecolor": "white",
}


@cache
def font_family() -> str:
    """Name of the font that comes with the package, known to matplotlib after this call."""
    with resources.as_file(resources.files("gridsim.report").joinpath("fonts", FONT_FILE)) as path:
        font_manager.fontManager.addfont(path)
        return font_manager.FontProperties(fname=path).get_name()


@contextmanager
def styled() -> Iterator[None]:
    """Matplotlib with the report's settings, restored afterwards."""
    settings: Any = {**SETTINGS, "font.family": font_family()}
    with mpl.rc_context(settings):
        yield


@dataclass(frozen=True)
class Margins:
    """Room around the axes and between them. [inch]"""

    left: float = 0.62
    right: float = 0.12
    bottom: float = 0.45
    top: float = 0.1
    between: float = 0.25


def new_figure(
    width: float, height: float, margins: Margins, *, rows: int = 1, columns: int = 1, **options: Any
) -> Any:
    """A figure and its axes without pyplot: nothing global, nothing to close. [inch]

    Margins are given, not found by a layout engine: that draws every figure twice.
    """
    figure = Figure(figsize=(width, height))
    axes = figure.subplots(rows, columns, **options)
    m = margins
    wide, high = (width - m.left - m.right) / columns, (height - m.bottom - m.top) / rows
    figure.subplots_adjust(
        left=m.left / width,
        right=1 - m.right / width,
        bottom=m.bottom / height,
        top=1 - m.top / height,
        wspace=m.between / (wide - m.between * (columns - 1) / columns),
        hspace=m.between / (high - m.between * (rows - 1) / rows),
    )
    return figure, axes


def line_look(number: int) -> tuple[str, Any, str]:
    """Colour, dashes and mark of a curve of one figure; dashes and mark together stand for up to 64 curves."""
    colour, dashes, _ = LINES[number % len(LINES)]
    return colour, dashes, LINES[(number + number // len(LINES)) % len(LINES)][2]


def text_width(text: str, size_pt: float) -> float:
    """Rough width of a text: Chinese signs are square, others a little more than half. [inch]"""
    return sum(size_pt if ord(sign) > 0x2E80 else 0.56 * size_pt for sign in text) / 72.0


def legend_below(figure: Figure, handles: Sequence[Any]) -> None:
    """One legend under all axes; the figure grows by its height, so that it never covers data."""
    columns, height = _legend_shape(figure, [h.get_label() for h in handles])
    _grow(figure, below=height)
    figure.legend(handles=handles, loc="lower center", ncols=columns, borderaxespad=0.3)


def legend_above(figure: Figure) -> None:
    """One legend of everything with a label over all axes; the figure grows by its height."""
    named = [pair for axes in figure.axes for pair in zip(*axes.get_legend_handles_labels())]
    columns, height = _legend_shape(figure, [label for _, label in named])
    _grow(figure, above=height)
    handles, labels = [h for h, _ in named], [label for _, label in named]
    figure.legend(handles, labels, loc="upper center", ncols=columns, borderaxespad=0.3)


def _legend_shape(figure: Figure, labels: Sequence[str]) -> tuple[int, float]:
    """Columns that fit into the width, and the height of the rows. [inch]"""
    signs, space = 0.36, 0.13  # handle and gap; between columns
    wide = figure.get_figwidth() - 0.15
    columns = len(labels)
    while columns > 1 and sum(_column_widths(labels, columns, signs)) + space * (columns - 1) > wide:
        columns -= 1
    rows = -(-len(labels) // max(columns, 1))
    return -(-len(labels) // max(rows, 1)), 0.12 + 0.17 * rows


def _column_widths(labels: Sequence[str], columns: int, signs: float) -> list[float]:
    """Widths of a legend's columns, which are filled one after the other, the first ones with one row more. [inch]"""
    rows, longer = divmod(len(labels), columns)
    widths, at = [], 0
    for column in range(columns):
        end = at + rows + (column < longer)
        widths.append(signs + max((text_width(label, LEGEND_PT) for label in labels[at:end]), default=0.0))
        at = end
    return widths


def _grow(figure: Figure, *, above: float = 0.0, below: float = 0.0) -> None:
    """Make a figure higher and keep its axes as they are. [inch]"""
    old, parts = figure.get_figheight(), figure.subplotpars
    new = old + above + below
    figure.set_figheight(new)
    figure.subplots_adjust(top=1.0 - ((1.0 - parts.top) * old + above) / new, bottom=(parts.bottom * old + below) / new)


def light_grid(axes: Axes, *, axis: Any = "y") -> None:
    """A faint grid behind the data."""
    axes.grid(axis=axis, color="#00000022", linewidth=0.6)
    axes.set_axisbelow(True)

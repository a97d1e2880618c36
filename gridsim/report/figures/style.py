"""Font, colours and hatches of all figures.

Colours are those of Okabe and Ito (distinguishable with colour-blind eyes); every filled area also has its
own grey or hatch, so that a black-and-white copy can be read.
"""

from __future__ import annotations

from collections.abc import Iterator
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

#: item of the balance -> colour, hatch
CARRIERS: dict[str, tuple[str, str]] = {
    "coal": ("#4d4d4d", ""),
    "gas": ("#9a9a9a", ""),
    "biomass": ("#8c6d31", ""),
    "hydro": ("#0072b2", ""),
    "wind": ("#56b4e9", "///"),
    "solar": ("#f0e442", ""),
    "imports": ("#cc79a7", ""),
    "pumped_storage_generating": ("#009e73", ""),
    "battery_discharging": ("#e69f00", ""),
    "exchange_in": ("#e3c7d8", "..."),
    "unserved": ("#000000", ""),
    "pumped_storage_pumping": ("#66c2a5", ""),
    "battery_charging": ("#f7cf7e", ""),
    "exchange_out": ("#e3c7d8", "..."),
    "must_run_cut": ("#7f0000", "\\\\\\"),
    "curtailed_wind": ("#d55e00", "///"),
    "curtailed_solar": ("#f4a582", "xxx"),
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
    (0.0, "#b4bfc8", 0.8),
    (30.0, "#7fb3d5", 1.0),
    (50.0, "#2171b5", 1.3),
    (80.0, "#c65d00", 2.0),
    (100.0, "#6a0000", 2.8),
)
#: ground behind a text that may stand on lines
HALO = {"facecolor": "#ffffffb0", "edgecolor": "none", "pad": 0.4}
WARNING_COLOUR = "#b30000"

SETTINGS: dict[str, Any] = {
    "font.size": 9.5,
    "axes.titlesize": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.7,
    "axes.unicode_minus": False,
    "hatch.linewidth": 0.5,
    "hatch.color": "#00000066",
    "svg.fonttype": "path",
    "svg.hashsalt": "gridsim",
    "legend.frameon": False,
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

    left: float = 0.75
    right: float = 0.15
    bottom: float = 0.55
    top: float = 0.15
    between: float = 0.3


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


def text_width(text: str, size_pt: float) -> float:
    """Rough width of a text: Chinese signs are square, others a little more than half. [inch]"""
    return sum(size_pt if ord(sign) > 0x2E80 else 0.56 * size_pt for sign in text) / 72.0


def legend_below(figure: Figure, handles: Any, *, columns: int) -> None:
    """One legend under all axes of a figure."""
    figure.legend(handles=handles, loc="lower center", ncols=columns, fontsize=8.5)


def legend_above(figure: Figure, *, columns: int) -> None:
    """One legend over all axes of a figure."""
    figure.legend(loc="upper center", ncols=columns, fontsize=9)


def light_grid(axes: Axes, *, axis: Any = "y") -> None:
    """A faint grid behind the data."""
    axes.grid(axis=axis, color="#00000022", linewidth=0.6)
    axes.set_axisbelow(True)

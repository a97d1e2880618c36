"""The figures as a reader sees them: colours, units, nothing cut, nothing empty; and the numbers that they show."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import combinations, pairwise

import numpy as np
import pandas as pd
import pytest
from fake_findings import CITY, COUNTIES, fake_findings
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure as Drawing
from matplotlib.text import Text

from gridsim.hourly import HourlyFiles, columns_of, has_columns
from gridsim.report.catalogue import LANGUAGES, read_texts
from gridsim.report.chapters import chapters
from gridsim.report.courses import installed, load_curves, reverse_curves, storage_course
from gridsim.report.figures.capacity import installed_bars
from gridsim.report.figures.duration import load_duration, reverse_duration
from gridsim.report.figures.hosting_map import GRADES
from gridsim.report.figures.one_line_map import CORE_DEG, core_of
from gridsim.report.figures.style import (
    CAPACITIES,
    CARRIERS,
    CAUSES,
    LINES,
    LOADINGS,
    PAGE_WIDTH,
    line_look,
    styled,
)
from gridsim.report.model import Figure, Paragraph
from gridsim.report.tables import Names
from gridsim.store import Findings

#: scenario, year and scope of rows of the table ``installed``, and a factor on their capacities
YEARS = (("2025", 2025, "scenario", 1), ("", 2027, "known", 2), ("2030", 2030, "scenario", 3))
HOURS = pd.date_range("2030-01-01", periods=8760, freq="h", tz="Asia/Shanghai")


@cache
def findings() -> Findings:
    """Made-up findings with the hourly frames and tables that the figures of this test look at."""
    made = fake_findings()
    hour = np.arange(len(HOURS))
    elements = [str(e) for e in made.tables["reverse_power"]["element"]]
    swing = np.sin(hour / 24 * 2 * np.pi)
    flow = pd.DataFrame({e: 10.0 + (k + 1.0) * 5.0 * swing for k, e in enumerate(elements)}, index=HOURS)
    plants = [str(s) for s in made.tables["storage"]["storage"]]
    parts = [
        pd.DataFrame({
            "time": HOURS, "storage": name, "charge_mw": np.where(hour % 24 == 12, 100.0 + (hour // 168 == 20), 0.0),
            "discharge_mw": np.where(hour % 24 == 19, 75.0, 0.0), "energy_mwh": 400.0 + 300.0 * swing,
        })
        for name in plants
    ]  # fmt: skip
    hourly = {**made.hourly, "flow": flow, "storage": pd.concat(parts, ignore_index=True)}
    kinds = {kind: 100.0 * (k + 1) for k, kind in enumerate(CAPACITIES)}
    rows = [
        (scenario, year, scope, county[0], kind, mw * factor)
        for scenario, year, scope, factor in YEARS
        for county in COUNTIES
        for kind, mw in kinds.items()
    ]  # fmt: skip
    columns = ["scenario", "year", "scope", "county", "type", "installed_mw"]
    tables = {**made.tables, "installed": pd.DataFrame(rows, columns=columns)}
    return replace(made, summary={**made.summary, "scenario": "2030"}, tables=tables, hourly=hourly)


@cache
def figures(lang: str) -> dict[str, Figure]:
    made = chapters(findings(), read_texts(lang))
    return {block.name: block for chapter in made for block in chapter.blocks if isinstance(block, Figure)}


@cache
def drawing(name: str, lang: str) -> tuple[Drawing, np.ndarray]:
    """A figure and its picture in few dots; a character that the font lacks is a warning, and that an error."""
    with styled():
        figure = figures(lang)[name].draw()
        figure.set_dpi(100)
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        return figure, np.asarray(canvas.buffer_rgba())[..., :3]


NAMES = (
    "county_rates", "month_hour", "causes_by_month", "typical_days", "one_line_map", "core_map", "sensitivity",
    "installed", "load_duration", "reverse_duration", "storage_week",
)  # fmt: skip
CASES = [(name, lang) for name in NAMES for lang in LANGUAGES]


def test_the_report_has_the_figures_of_its_contents_page() -> None:
    assert set(NAMES) <= figures("zh").keys()
    assert list(figures("zh")) == list(figures("en"))


# --- as a reader sees them -----------------------------------------------------------------------------------


def words(figure: Drawing) -> list[Text]:
    """Texts that are printed: a tick outside the limits of its axis is not, nor are axes without panel."""
    hidden: list[Text] = []
    for axes in figure.axes:
        for labels in (axes.get_xticklabels(), axes.get_yticklabels()):
            hidden += [t for t in labels if not (axes.get_visible() and within(axes, t))]
        hidden += [] if axes.get_visible() else axes.findobj(Text)
    skipped = {id(t) for t in hidden}
    found = [t for t in figure.findobj(Text) if t.get_visible() and t.get_text().strip() and id(t) not in skipped]
    assert found
    return found


def within(axes: Axes, label: Text) -> bool:
    """Whether a tick label stands inside the limits of its axis."""
    vertical = any(label is t for t in axes.get_yticklabels())
    low, high = sorted(axes.get_ylim() if vertical else axes.get_xlim())
    return bool(low <= label.get_position()[vertical] <= high)


@pytest.mark.parametrize(("name", "lang"), CASES)
def test_no_text_is_cut_or_tiny(name: str, lang: str) -> None:
    """Every text lies inside the figure, which is as wide as the page, and has at least 7 pt."""
    figure, _ = drawing(name, lang)
    assert figure.get_figwidth() == PAGE_WIDTH
    assert figure.get_figheight() <= 9.0
    page = figure.bbox.padded(0.5)
    for text in words(figure):
        box = text.get_window_extent()
        inside = page.x0 <= box.x0 and page.y0 <= box.y0 and box.x1 <= page.x1 and box.y1 <= page.y1
        assert inside, (text.get_text(), box, page)
        assert text.get_fontsize() >= 7.0, text.get_text()


@pytest.mark.parametrize(("name", "lang"), CASES)
def test_legends_stand_beside_the_data_and_labels_do_not_touch(name: str, lang: str) -> None:
    figure, _ = drawing(name, lang)
    for legend in figure.legends:
        box = legend.get_window_extent()
        for axes in figure.axes:
            assert not box.overlaps(axes.get_window_extent()) or not axes.get_visible()
    for axes in (a for a in figure.axes if a.get_visible()):
        for labels in (axes.get_xticklabels(), axes.get_yticklabels()):
            shown = [t.get_window_extent() for t in labels if t.get_visible() and t.get_text() and within(axes, t)]
            for first, second in pairwise(shown):
                assert not first.overlaps(second), (name, [t.get_text() for t in labels])


@pytest.mark.parametrize(("name", "lang"), [case for case in CASES if not case[0].endswith("_map")])
def test_no_text_stands_on_another(name: str, lang: str) -> None:
    """Names on a map may touch where stations stand close together; nowhere else."""
    figure, _ = drawing(name, lang)
    boxes = [(t.get_text(), t.get_window_extent().padded(-1.0)) for t in words(figure)]
    for (first, a), (second, b) in combinations(boxes, 2):
        assert not a.overlaps(b), (first, second)


@pytest.mark.parametrize(("name", "lang"), CASES)
def test_no_figure_is_empty(name: str, lang: str) -> None:
    """At least 1 in 100 points of every pair of axes that is shown has ink."""
    figure, picture = drawing(name, lang)
    for axes in (a for a in figure.axes if a.get_visible()):
        box = axes.get_window_extent()
        part = picture[len(picture) - int(box.y1) : len(picture) - int(box.y0), int(box.x0) + 2 : int(box.x1) - 2]
        assert (part.min(axis=-1) < 250).mean() > 0.01, name


@pytest.mark.parametrize(("name", "lang"), CASES)
def test_every_axis_names_its_quantity_and_unit(name: str, lang: str) -> None:
    """A number axis has a label with a unit in brackets; an axis with names (counties, cases) needs none."""
    figure, _ = drawing(name, lang)
    texts = read_texts(lang)
    shared = {ax for ax in figure.axes if ax.get_visible()}
    assert any(ax.get_xlabel() for ax in shared)
    for ax in shared:
        labels = [label for label in (ax.get_xlabel(), ax.get_ylabel()) if label and label != texts("axis.month")]
        assert all(label.rstrip().endswith((")", "）")) for label in labels), labels


# --- colours -------------------------------------------------------------------------------------------------

#: simulation of colour vision, severity 1, on linear RGB: Machado, Oliveira & Fernandes (2009),
#: doi:10.1109/TVCG.2009.113
EYES = {
    "normal": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
}
TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
WHITE = np.array([0.95047, 1.0, 1.08883])
#: smallest distance of two colours in CIELAB, and of two greys in its lightness
APART, GREY_APART = 12.0, 7.9


def lab(colour: str, eye: str = "normal") -> np.ndarray:
    """CIELAB of a colour as an eye sees it. sRGB (IEC 61966-2-1), white D65."""
    srgb = np.array([int(colour[k : k + 2], 16) for k in (1, 3, 5)]) / 255.0
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    t = TO_XYZ @ np.clip(EYES[eye] @ linear, 0.0, 1.0) / WHITE
    f = np.where(t > (6 / 29) ** 3, np.cbrt(t), t / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def test_lab_of_known_colours() -> None:
    """White is (100, 0, 0), black 0; pure red of sRGB (53.24, 80.09, 67.20): CIE tables."""
    assert lab("#ffffff") == pytest.approx([100.0, 0.0, 0.0], abs=0.02)
    assert lab("#000000") == pytest.approx([0.0, 0.0, 0.0], abs=0.01)
    assert lab("#ff0000") == pytest.approx([53.24, 80.09, 67.20], abs=0.03)
    red, green = lab("#d00000", "deuteranopia"), lab("#6b7000", "deuteranopia")
    assert np.linalg.norm(red - green) < np.linalg.norm(lab("#d00000") - lab("#6b7000")) / 3


@pytest.mark.parametrize("looks", [CARRIERS, CAPACITIES, CAUSES, GRADES])
def test_any_two_areas_differ_for_every_eye_and_in_grey(looks: dict[str, tuple[str, str]]) -> None:
    """Any two may lie beside each other: either their hatches differ, or their colours for every eye and in grey."""
    for (first, (a, hatch)), (second, (b, other)) in combinations(looks.items(), 2):
        apart = min(float(np.linalg.norm(lab(a, eye) - lab(b, eye))) for eye in EYES)
        grey = abs(lab(a)[0] - lab(b)[0])
        assert hatch != other or (apart >= APART and grey >= GREY_APART), (first, second, apart, grey)


def test_a_colour_means_one_thing_in_every_figure() -> None:
    assert CAPACITIES["solar_utility"] == CARRIERS["solar"]
    assert all(CAPACITIES[c] == CARRIERS[c] for c in CAPACITIES.keys() & CARRIERS.keys())


def test_heavier_loading_is_darker_and_wider() -> None:
    light = [lab(colour)[0] for _, colour, _ in LOADINGS]
    assert all(a - b >= GREY_APART for a, b in pairwise(light))
    assert [width for *_, width in LOADINGS] == sorted({width for *_, width in LOADINGS})
    for (_, a, _), (_, b, _) in pairwise(LOADINGS):
        assert min(np.linalg.norm(lab(a, eye) - lab(b, eye)) for eye in EYES) >= APART


def test_curves_differ_without_colour() -> None:
    looks = [line_look(k)[1:] for k in range(len(LINES) ** 2)]
    assert len(set(map(str, looks))) == len(looks)
    assert len({str(dashes) for _, dashes, _ in LINES}) == len(LINES)


# --- what they show ------------------------------------------------------------------------------------------


def test_a_duration_curve_falls_and_keeps_its_ends() -> None:
    """Load 30, 10, 20 MW over 2 h steps: 3, 2, 1 (10 MW) at 2, 4, 6 h; net load 5, 2, -1 MW."""
    with styled():
        figure = load_duration({"A": (np.array([30.0, 10.0, 20.0]), np.array([5.0, -1.0, 2.0]))}, 2.0, read_texts("en"))
    load, net, _ = figure.axes[0].get_lines()
    assert load.get_xdata().tolist() == [2.0, 4.0, 6.0]
    assert load.get_ydata() == pytest.approx([3.0, 2.0, 1.0])
    assert net.get_ydata() == pytest.approx([0.5, 0.2, -0.1])
    assert figure.axes[0].get_ylim()[0] < -0.1


def test_reverse_curves_hold_the_hours_with_reverse_power_only() -> None:
    """40, 0, 90, 0 %: 90 at 1 h, 40 at 2 h; 90 is near the heavy line of 80, which is then drawn."""
    with styled():
        figure = reverse_duration({"T": np.array([40.0, 0.0, 90.0, 0.0])}, 1.0, read_texts("en"), heavy_percent=80.0)
        quiet = reverse_duration({"T": np.array([5.0, 0.0])}, 1.0, read_texts("en"), heavy_percent=80.0)
    curve, heavy = figure.axes[0].get_lines()
    assert curve.get_xydata().tolist() == [[1.0, 90.0], [2.0, 40.0]]
    assert list(heavy.get_ydata()) == [80.0, 80.0]
    assert len(quiet.axes[0].get_lines()) == 1


def test_reverse_curves_show_one_of_parallel_units_in_per_cent_of_its_rating() -> None:
    """20 and 15 MW upwards through two units of 50 MVA, one of them: 40 % in one hour."""
    made, units = findings(), ["站#2主变", "站#1主变"]
    table = pd.DataFrame({"element": units, "vn_kv": 110.0, "sn_mva": 50.0, "max_reverse_percent": [30.0, 40.0]})
    flow = pd.DataFrame({"站#1主变|hv": [-20.0, 5.0], "站#2主变|hv": [-15.0, 5.0]}, index=HOURS[:2])
    small = replace(made, tables={**made.tables, "reverse_power": table}, hourly={"flow": flow})
    block = reverse_curves(small, read_texts("zh"))
    assert isinstance(block, Figure)
    with styled():
        (curve,) = block.draw().axes[0].get_lines()
    assert curve.get_label() == "站 110 kV"
    assert curve.get_xydata().tolist() == [[1.0, 40.0]]


def test_the_week_shown_is_the_one_with_most_pumping() -> None:
    """The made-up stores pump 1 MW more in the hours 168 k of block 20 of the year: 21 May on (a Tuesday)."""
    block = storage_course(findings(), read_texts("en"))
    assert isinstance(block, Figure)
    assert "2030-05-20" in block.notes[0]
    assert "51 whole weeks" in block.notes[0]
    plants = findings().tables["storage"]
    mine = (plants["device"] == "pumped_storage") & (plants["county"].fillna("") != "")
    with styled():
        top = block.draw().axes[0]
    assert len(top.get_lines()) == mine.sum()
    assert np.max(top.get_lines()[0].get_ydata()) == pytest.approx(70.0, abs=0.1)  # 700 MWh in 10 MWh


def test_installed_capacity_adds_up_by_year_and_by_county() -> None:
    """Eleven kinds of 100 to 1100 MW are 6600 MW a county, 85800 MW in 13 counties; times 1, 2, 3 by year."""
    (block,) = installed(findings(), read_texts("zh"))
    assert isinstance(block, Figure)
    with styled():
        above, below = block.draw().axes
    sums = [t.get_text() for t in above.texts]
    assert sums == ["8580.0", "17160.0", "25740.0"]
    assert [t.get_text() for t in above.get_yticklabels()] == ["2025年", "2027年（已知）", "2030年"]
    assert [t.get_text() for t in below.texts] == ["1980.0"] * len(COUNTIES)
    assert len(block.notes) == 1


def test_without_the_table_of_plants_wind_and_sun_of_the_counties_are_shown() -> None:
    full = fake_findings()
    made = replace(full, tables={name: table for name, table in full.tables.items() if name != "installed"})
    (block,) = installed(made, read_texts("zh"))
    assert isinstance(block, Figure)
    with styled():
        (axes,) = block.draw().axes
    county = made.tables["county"]
    total = county[["wind_mw", "solar_utility_mw", "solar_distributed_mw"]].sum(axis=1).max() / 10.0
    assert axes.texts[0].get_text() == f"{total:.1f}"
    assert installed(Findings({}), read_texts("zh")) == ()


def test_a_kind_of_plant_without_a_colour_is_shown_all_the_same() -> None:
    table = pd.DataFrame({"coal": [100.0], "tidal": [50.0]}, index=["2030"])
    with styled():
        figure = installed_bars(table, pd.DataFrame(), read_texts("en"))
    assert [t.get_text() for t in figure.legends[0].get_texts()] == ["Coal", "tidal"]
    assert figure.axes[0].texts[0].get_text() == "15.0"


def test_figures_without_their_data_say_what_is_missing() -> None:
    texts = read_texts("zh")
    made = fake_findings()
    for block in (load_curves(Findings({}), texts), reverse_curves(made, texts), storage_course(made, texts)):
        assert isinstance(block, Paragraph)
    short = findings().hourly["storage"]
    few = replace(findings(), hourly={"storage": short[short["time"] < HOURS[100]]})
    assert storage_course(few, texts) == Paragraph(texts("missing.week"), "missing")
    none = made.tables["storage"].assign(county="")
    bare = replace(findings(), tables={**made.tables, "storage": none})
    assert storage_course(bare, texts) == Paragraph(texts("missing.pumped_storage"), "missing")


def test_load_curves_are_those_of_the_city_and_of_all() -> None:
    block = load_curves(findings(), read_texts("zh"))
    assert isinstance(block, Figure)
    names = Names(findings(), read_texts("zh"))
    with styled():
        axes = block.draw().axes
    assert [a.get_title("left") for a in axes] == [names.city, names.both]
    balance = findings().hourly["balance"]
    load = balance[(balance["item"] == "load") & (balance["area"] == CITY)]["p_mw"]
    assert np.max(axes[0].get_lines()[0].get_ydata()) == pytest.approx(load.max() / 10.0)


# --- the enlarged part of the map ----------------------------------------------------------------------------


def test_the_core_is_where_most_stations_stand() -> None:
    """20 stations on 0.1 x 0.1 degree and 20 far apart: the window lies around the first."""
    dense = pd.DataFrame({"lon_deg": 113.1 + 0.005 * np.arange(20), "lat_deg": 29.3 + 0.005 * np.arange(20)})
    far = pd.DataFrame({"lon_deg": 110.0 + 0.5 * np.arange(20), "lat_deg": 25.0 + 0.5 * np.arange(20)})
    core = core_of(pd.concat([dense, far], ignore_index=True))
    assert core is not None
    assert core.holds(dense).all()
    assert core.east - core.west == pytest.approx(CORE_DEG[0])
    assert core_of(far) is None
    assert core_of(dense) is None  # all of it: the map itself shows it


# --- columns of hourly files ---------------------------------------------------------------------------------


def test_some_columns_of_a_file_are_those_of_the_frame(tmp_path) -> None:
    frame = pd.DataFrame({"a": [1.0, 2.0], "b": [3.0, 4.0], "c": [5.0, 6.0]}, index=HOURS[:2])
    frame.to_parquet(tmp_path / "flow.parquet")
    for hourly in (HourlyFiles(tmp_path), {"flow": frame}):
        pd.testing.assert_frame_equal(columns_of(hourly, "flow", ["c", "a"]), frame[["c", "a"]], check_freq=False)
        assert has_columns(hourly, "flow", ("x", "b", "a")) == "b"
        assert has_columns(hourly, "flow", ("x",)) == ""

"""Which interactive part belongs to which figure of the report, and everything the page's script is given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from gridsim.report.catalogue import Texts
from gridsim.report.interactive.hosting import curve_data, map_data
from gridsim.report.interactive.ledger import causes_data
from gridsim.report.interactive.network import network_data
from gridsim.report.interactive.packing import safe_json
from gridsim.report.interactive.series import Hours, duration_data, month_hour_data, read_hours, typical_day_data
from gridsim.report.model import Chapter, Figure
from gridsim.report.tables import Names
from gridsim.report.years import with_hours_of_the_worst_year
from gridsim.store import Findings

#: words that the script of the page shows, keys of the group ``page``
WORDS = (
    "sort", "filter", "rows", "show_static", "show_live", "quantity", "day", "area", "view", "hours", "step", "play",
    "previous", "next", "names", "county_curtailed", "curtailed", "power", "axis_hour", "axis_duration", "longitude",
    "latitude", "rank", "most_loaded", "over", "hosting_rate", "hosting_added",
)  # fmt: skip
#: blanks in these words that the script fills
BLANKS = ("shown", "all", "rank", "element", "percent", "over80", "over100")
#: what plotly calls its buttons -> key of the group ``page``
BUTTONS = {
    "Download plot as a PNG": "button_image",
    "Zoom in": "button_in",
    "Zoom out": "button_out",
    "Reset axes": "button_reset",
}


@dataclass(frozen=True)
class Part:
    """An interactive part of the page.

    ``name`` is that of its script, ``label`` says what it is; one that ``covers`` stands in the place of the static
    figure on a screen, another below it.
    """

    name: str
    label: str
    covers: bool
    data: Mapping[str, Any]


@dataclass(frozen=True)
class _Place:
    """Where a part goes: the first of the figures that the report has; over it, or below if it is not the first.

    ``tables`` it cannot do without: the chapters may be of other findings, as those of one county.
    """

    part: str
    figures: tuple[str, ...]
    tables: tuple[str, ...] = ()


PLACES = (
    _Place("network", ("one_line_map",), ("map_station", "map_branch")),
    _Place("typical_days", ("typical_days",)),
    _Place("duration", ("load_duration", "typical_days")),
    _Place("month_hour", ("month_hour",), ("curtailment_month_hour",)),
    _Place("causes", ("causes_by_month",)),
    _Place("hosting_map", ("hosting_map",)),
    _Place("hosting_curves", ("hosting_curves",)),
)


def parts(made: Sequence[Chapter], findings: Findings, texts: Texts) -> dict[str, tuple[Part, ...]]:
    """The interactive parts of a report by the figure they belong to.

    Parameters
    ----------
    made : sequence of Chapter
        A part is there if its figure is.
    findings : Findings
        Its hourly frames are read where a part needs them; of several weather years those of the worst.
    """
    present = {block.name for chapter in made for block in chapter.blocks if isinstance(block, Figure)}
    maker = _Maker(with_hours_of_the_worst_year(findings), texts)
    found: dict[str, tuple[Part, ...]] = {}
    for place in PLACES:
        figure = next((name for name in place.figures if name in present), None)
        if any(name not in findings.tables for name in place.tables):
            continue
        data = maker.data(place.part) if figure is not None else None
        if figure is not None and data is not None:
            part = Part(place.part, texts(f"live.{place.part}"), figure == place.figures[0], data)
            found[figure] = (*found.get(figure, ()), part)
    return found


def page_data(found: Mapping[str, Sequence[Part]], texts: Texts) -> str:
    """The data of all parts and the words of the page's script, as JSON for a script element."""
    open_ = {blank: f"{{{blank}}}" for blank in BLANKS}
    words: dict[str, Any] = {name: texts(f"page.{name}", **open_) for name in WORDS}
    words["plotly"] = {english: texts(f"page.{key}") for english, key in BUTTONS.items()}
    return safe_json({"words": words, "parts": {part.name: part.data for some in found.values() for part in some}})


@dataclass(frozen=True)
class _Maker:
    """Makes the data of parts; the hourly balance is read once, when the first part asks for it."""

    findings: Findings
    texts: Texts

    @cached_property
    def hours(self) -> Hours | None:
        return read_hours(self.findings)

    @cached_property
    def names(self) -> Names:
        return Names(self.findings, self.texts)

    def data(self, part: str) -> dict[str, Any] | None:
        """Data of a part, None if there are none."""
        findings, texts, names = self.findings, self.texts, self.names
        if part == "network":
            return network_data(findings, self.hours, texts, names)
        if part == "typical_days":
            return None if self.hours is None else typical_day_data(self.hours, texts, names)
        if part == "duration":
            return None if self.hours is None else duration_data(self.hours, texts)
        if part == "month_hour":
            return month_hour_data(findings.tables["curtailment_month_hour"], texts)
        if part == "causes":
            return causes_data(findings, texts, names)
        if part == "hosting_map":
            return map_data(findings, texts, names)
        return curve_data(findings, texts, names)

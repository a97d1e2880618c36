"""What a planning report must give as an interval: weather years, demand, export, pumped storage a year late."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gridsim.report import years
from gridsim.report.catalogue import Texts
from gridsim.report.commands import command_of
from gridsim.report.conclusions import SYSTEM, limits_percent
from gridsim.report.model import Cell, Header, Table
from gridsim.report.numbers import ABSENT, KINDS, against, number
from gridsim.report.tables import records
from gridsim.store import Findings

#: required uncertainty -> cases of the table of sensitivities
CASES: dict[str, tuple[str, ...]] = {
    "demand": ("demand_minus_5", "demand_plus_5"),
    "export": ("export_limit_minus_20", "export_limit_plus_20"),
    "pumped_storage": ("pumped_storage_late",),
    "thermal_minimum": ("thermal_minimum_minus_10", "thermal_minimum_plus_10"),
}
#: weather years that are asked for at least
LEAST_YEARS = 5


def spans(findings: Findings) -> dict[str, tuple[float, float] | None]:
    """Lowest and highest rate of every required uncertainty, the base case counted in; None if it was not run. [%]"""
    rates = [float(y[SYSTEM]) for y in findings.summary.get("weather_years") or () if y.get(SYSTEM) is not None]
    out: dict[str, tuple[float, float] | None] = {"weather": (min(rates), max(rates)) if len(rates) > 1 else None}
    table = findings.tables.get("sensitivity")
    known: Mapping[str, Any] = {}
    if table is not None and {"case", "city_percent"} <= set(table.columns):
        known = {str(r["case"]): float(r["city_percent"]) for r in records(table)}
    for name, cases in CASES.items():
        found = [known[c] for c in (*cases, "base") if c in known]
        out[name] = (min(found), max(found)) if set(cases) & known.keys() else None
    return out


def uncertainty(findings: Findings, texts: Texts) -> Table:
    """Every required uncertainty as an interval of the rate, or what is missing for it."""
    target_percent, _ = limits_percent(findings)
    unit = texts(KINDS["rate"].unit)
    head = (
        Header(texts("column.uncertainty")), Header(texts("column.lowest"), unit, True),
        Header(texts("column.highest"), unit, True), Header(texts("column.width"), texts(KINDS["points"].unit), True),
        Header(texts("column.crosses")),
    )  # fmt: skip
    count = len(years.several(findings)) or 1
    rows = []
    for name, span in spans(findings).items():
        key = f"uncertainty/{name}"
        label = texts.word("uncertainty", name)
        if name == "weather" and span is not None:
            label = texts("sentence.count", name=label, count=count)
        if span is None:
            command = command_of("weather_years" if name == "weather" else "sensitivity")
            why = texts("uncertainty.no_years" if name == "weather" else "uncertainty.not_run", command=command)
            rows.append((Cell(label), *(Cell(ABSENT, is_number=True) for _ in range(3)), Cell(why, f"{key}/crosses")))
            continue
        low, high = span
        found = (low, high, high - low)
        printed = (against(low, target_percent)[0], against(high, target_percent)[0], number(high - low, "points"))
        tones = ("bad" if low > target_percent else "", "bad" if high > target_percent else "", "")
        verdict = "above" if low > target_percent else "crosses" if high > target_percent else "below"
        cells = (
            Cell(text, f"{key}/{c}", tone, True, value)
            for text, c, tone, value in zip(printed, ("low", "high", "width"), tones, found)
        )
        rows.append((Cell(label), *cells, Cell(texts(f"uncertainty.{verdict}"), f"{key}/crosses")))
    few = (texts("uncertainty.few_years", least=LEAST_YEARS),) if 1 < count < LEAST_YEARS else ()
    notes = (texts("note.uncertainty", target=f"{target_percent:g}"), *few)
    return Table(texts("table.uncertainty"), head, tuple(rows), notes=notes, name="uncertainty")


def in_words(findings: Findings, texts: Texts) -> tuple[str, ...]:
    """A sentence for every required uncertainty."""
    out = []
    for name, span in spans(findings).items():
        label = texts.word("uncertainty", name)
        if span is None:
            out.append(texts("uncertainty.open", name=label))
        else:
            low, high = (number(v, "rate") for v in span)
            out.append(texts("uncertainty.span", name=label, low=low, high=high))
    return tuple(out)

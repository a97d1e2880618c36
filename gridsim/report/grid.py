"""The chapter on the network: map, overloads, voltages, AC power flow."""

from __future__ import annotations

from functools import partial

import pandas as pd

from gridsim.report.catalogue import Texts
from gridsim.report.figures.one_line_map import one_line_map
from gridsim.report.model import Block, Figure, Paragraph
from gridsim.report.numbers import number
from gridsim.report.tables import Col, Names, is_true, lacking, printed, ranked
from gridsim.store import Findings

TOP = 20
#: columns that the map cannot do without
STATION = ("station", "vn_kv", "lat_deg", "lon_deg")
BRANCH = ("vn_kv", "from_station", "to_station", "max_loading_percent", "is_equivalent")


def grid(findings: Findings, texts: Texts) -> tuple[Block, ...]:
    """Everything about flows and voltages."""
    return (
        _map(findings, texts),
        _ac(findings, texts),
        _overload(findings, texts, "overload"),
        _overload(findings, texts, "overload_before_redispatch"),
        _voltage(findings, texts),
    )


def _map(findings: Findings, texts: Texts) -> Block:
    needed = {"map_station": STATION, "map_branch": BRANCH}
    open_ = [lacking(findings, texts, name, columns) for name, columns in needed.items()]
    if any(open_):
        return next(o for o in open_ if o)
    stations, branches = findings.tables["map_station"], findings.tables["map_branch"]
    if stations.empty:
        return Paragraph(texts("missing.empty", what=texts("table.map_station")), "missing")
    draw = partial(one_line_map, stations, branches, texts, Names(findings, texts))
    notes = (texts("note.map"), texts("note.map_standard"))
    return Figure("one_line_map", texts("figure.one_line_map"), texts("alt.one_line_map"), draw, notes)


def _ac(findings: Findings, texts: Texts) -> Block:
    open_ = lacking(findings, texts, "ac", ["converged"])
    if open_ is not None:
        return open_
    table = findings.tables["ac"]
    converged = table["converged"].map(is_true)
    good = table[converged]

    def extreme(column: str, kind: str, *, lowest: bool = False) -> str:
        values = good[column].dropna() if column in good.columns else pd.Series(dtype=float)
        return number((values.min() if lowest else values.max()) if len(values) else None, kind)

    return Paragraph(
        texts(
            "grid.ac",
            steps=len(table),
            converged=int(converged.sum()),
            failed=int((~converged).sum()),
            loading=extreme("max_loading_percent", "loading"),
            low=extreme("min_vm_pu", "voltage", lowest=True),
            high=extreme("max_vm_pu", "voltage"),
            losses=extreme("losses_mw", "power_mw"),
        )
    )


def _overload(findings: Findings, texts: Texts, name: str) -> Block:
    columns = [
        Col("element"),
        Col("element_type", "word:element_type"),
        Col("county", "county"),
        Col("vn_kv", "level"),
        Col("max_loading_percent", "loading", limit=100.0),
        Col("worst_time", "time"),
        Col("hours_over_80", "hours"),
        Col("hours_over_100", "hours"),
        Col("longest_run_h", "hours"),
        Col("unavoidable", "flag"),
    ]
    rows = ranked(findings, name, "max_loading_percent")
    return printed(
        findings, name, columns, texts=texts, key="element", frame=rows, top=TOP, notes=(texts(f"note.{name}"),)
    )


def _voltage(findings: Findings, texts: Texts) -> Block:
    columns = [
        Col("bus"),
        Col("county", "county"),
        Col("vn_kv", "level"),
        *(Col(c, "voltage") for c in ("min_vm_pu", "max_vm_pu", "band_min_pu", "band_max_pu")),
        Col("hours_outside", "hours", limit=0.0),
    ]
    rows = ranked(findings, "voltage", "hours_outside")
    return printed(
        findings, "voltage", columns, texts=texts, key="bus", frame=rows, top=TOP, notes=(texts("note.voltage"),)
    )

"""The ledger of causes and the hosting capacity as data of interactive charts."""

from __future__ import annotations

from typing import Any

import pandas as pd

from gridsim.report.catalogue import Texts
from gridsim.report.figures.style import CAUSES
from gridsim.report.interactive.packing import look, packed
from gridsim.report.tables import Names, plain
from gridsim.store import Findings

#: elements and counties that the chart shows, the largest first
SHOWN = 25


def causes_data(findings: Findings, texts: Texts, names: Names) -> dict[str, Any] | None:
    """Curtailed energy by cause, stacked over months, counties and limiting elements."""
    views = []
    month = _table(findings, "causes_by_month", ["month", "cause", "curtailed_gwh"])
    if month is not None:
        months = {m: texts("axis.month_name", month=m) for m in range(1, 13)}
        views.append(_view(month, "month", months, texts, label="live.causes_month"))
    county = _table(findings, "causes_by_county", ["county", "cause", "curtailed_gwh"])
    if county is not None:
        labels = {c: names.short(c) for c in _largest(county, "county")}
        views.append(_view(county, "county", labels, texts, label="live.causes_county"))
    element = _table(findings, "curtailment_by_element", ["element", "outage", "cause", "curtailed_gwh"])
    if element is not None:
        element = element[element["element"].fillna("").astype(str) != ""]
        pairs = [(str(e), str(o or "")) for e, o in zip(element["element"], element["outage"].fillna(""))]
        element = element.assign(
            limit=[texts("sentence.outage", element=plain(e), outage=plain(o)) if o else plain(e) for e, o in pairs]
        )
        if len(element):
            views.append(
                _view(element, "limit", {e: e for e in _largest(element, "limit")}, texts, label="live.causes_element")
            )
    if not views:
        return None
    used = {c for view in views for c in view["series"]}
    order = [c for c in (*CAUSES, *sorted(used - set(CAUSES))) if c in used]
    return {
        "views": views,
        "looks": {c: look(*CAUSES.get(c, CAUSES[""]), texts.word("cause", c)) for c in order},
    }


def _table(findings: Findings, name: str, columns: list[str]) -> pd.DataFrame | None:
    table = findings.tables.get(name)
    return None if table is None or table.empty or not set(columns) <= set(table.columns) else table


def _largest(table: pd.DataFrame, key: str) -> list[str]:
    return list(table.groupby(key)["curtailed_gwh"].sum().sort_values(ascending=False, kind="stable").index[:SHOWN])


def _view(table: pd.DataFrame, key: str, labels: dict[Any, str], texts: Texts, *, label: str) -> dict[str, Any]:
    wide = table.pivot_table(index=key, columns="cause", values="curtailed_gwh", aggfunc="sum", observed=True)
    wide = wide.reindex(list(labels)).fillna(0.0)
    return {
        "label": texts(label),
        "places": list(labels.values()),
        "across": key == "month",
        "series": {str(c): packed(wide[c], "energy_fine", texts) for c in wide.columns},
    }

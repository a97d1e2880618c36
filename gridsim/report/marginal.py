"""What one more MW would change: of a limit, of wind or sun in a county."""

from __future__ import annotations

import pandas as pd

from gridsim.report.catalogue import Texts
from gridsim.report.model import Block
from gridsim.report.tables import Col, printed, ranked
from gridsim.store import Findings

LIMIT = (
    Col("element"),
    Col("outage"),
    Col("cause", "word:cause"),
    Col("direction", "word:direction"),
    Col("method", "word:marginal_method"),
    Col("step_mw", "power_mw"),
    Col("hours", "hours", label="hours_binding"),
    Col("saved_cny_per_mw", "saved"),
    Col("city_mwh_per_mw", "per_mw"),
    Col("both_mwh_per_mw", "per_mw"),
)
COUNTY = (
    Col("county", "county"),
    Col("carrier", "word:item"),
    Col("spread", "word:marginal_spread"),
    Col("method", "word:marginal_method"),
    Col("step_mw", "power_mw"),
    Col("available_mwh_per_mw", "per_mw"),
    Col("city_mwh_per_mw", "per_mw"),
    Col("both_mwh_per_mw", "per_mw"),
    Col("marginal_percent", "rate"),
)


def marginal(findings: Findings, texts: Texts) -> tuple[Block, ...]:
    """Tables of the marginal values of the year."""
    limits = ranked(findings, "marginal_limit", "saved_cny_per_mw")
    county = findings.tables.get("marginal_county")
    return (
        printed(
            findings, "marginal_limit", LIMIT, texts=texts, key="element", frame=limits, top=15,
            notes=(texts("note.marginal_limit"), texts("note.marginal")),
        ),
        printed(
            findings, "marginal_county", COUNTY, texts=texts, key="county", frame=_by_rate(county),
            notes=(texts("note.marginal_county"), texts("note.marginal")),
        ),
    )  # fmt: skip


def _by_rate(table: pd.DataFrame | None) -> pd.DataFrame | None:
    """Wind, then sun; the county in which most of one more MW is curtailed first, its methods side by side."""
    if table is None or not {"carrier", "marginal_percent", "county"} <= set(table.columns):
        return table
    worst = table.groupby(["carrier", "county"])["marginal_percent"].transform("max")
    order = pd.DataFrame({"carrier": table["carrier"] != "wind", "worst": -worst, "county": table["county"]})
    return table.loc[order.sort_values(["carrier", "worst", "county"], kind="stable").index]

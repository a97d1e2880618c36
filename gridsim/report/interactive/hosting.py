"""Hosting capacity as data of an interactive chart: the rate over added capacity, and the capacity of each county."""

from __future__ import annotations

from typing import Any

from gridsim.report.catalogue import Texts
from gridsim.report.conclusions import limits_percent
from gridsim.report.interactive.packing import packed
from gridsim.report.tables import Names
from gridsim.store import Findings

#: columns with a rate of a simulated point, the first that is there counts
RATES = ("rate_percent", "city_percent", "curtailment_percent", "curtailment_percent_system_cause")


def hosting_data(findings: Findings, texts: Texts, names: Names) -> dict[str, Any] | None:
    """Curves of the table ``hosting_curve`` by county and mix, None without it."""
    table = findings.tables.get("hosting_curve")
    if table is None or table.empty or not {"county", "mix", "added_mw"} <= set(table.columns):
        return None
    rate = next((c for c in RATES if c in table.columns), None)
    if rate is None:
        return None
    curves = [
        {
            "label": texts("live.hosting_curve", county=names.short(county), mix=texts.word("mix", mix)),
            "added": packed(rows["added_mw"], "power", texts),
            "rate": packed(rows[rate], "rate", texts),
        }
        for (county, mix), some in table.groupby(["county", "mix"], sort=False)
        for rows in (some.sort_values("added_mw", kind="stable"),)
    ]
    return {"curves": curves, "target_percent": limits_percent(findings)[0]}

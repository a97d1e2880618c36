"""Hosting capacity as data: the rate over added capacity point by point, and what each county may still connect."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from gridsim.report.catalogue import Texts
from gridsim.report.conclusions import limits_percent
from gridsim.report.figures.hosting_map import GRADES, KM_PER_DEGREE, county_cells
from gridsim.report.hosting.both_levels import counties_of
from gridsim.report.hosting.system_level import headline
from gridsim.report.interactive.packing import look, packed
from gridsim.report.tables import Names, is_true
from gridsim.store import Findings

#: columns with a rate of a simulated point, and the text that names each
RATES = (("city_rate_percent", "hosting.city_rate"), ("county_rate_percent", "hosting.county_rate"))
#: quantities of the map and their texts; the first is shown first
QUANTITIES = (
    ("c1_mw", "column.c1_mw"),
    ("c2_mw", "column.c2_mw"),
    ("coordinated_low_mw", "live.coordinated"),
    ("system_low_mw", "live.system"),
    ("equipment_low_mw", "live.equipment"),
    ("connected_mw", "live.connected"),
)


def curve_data(findings: Findings, texts: Texts, names: Names) -> dict[str, Any] | None:
    """Every simulated point of the table ``hosting_curve`` by county and mix, with the capacity found; None without.

    Points that failed are left out, as in the static figure; those with new or worse violations are marked.
    """
    table = findings.tables.get("hosting_curve")
    if table is None or not {"county", "mix", "added_mw"} <= set(table.columns):
        return None
    rates = [(column, text) for column, text in RATES if column in table.columns]
    table = table[table["ok"].map(is_true)] if "ok" in table.columns else table
    if table.empty or not rates:
        return None
    capacity, (target_percent, _) = _capacity(findings), limits_percent(findings)
    curves = []
    for (county, mix), rows in table.groupby(["county", "mix"], sort=False):
        points = rows.sort_values("added_mw", kind="stable").drop_duplicates("added_mw", keep="last")
        worse = points["violations"].fillna(0) > 0 if "violations" in points.columns else points["added_mw"] < 0
        curves.append(
            {
                "label": texts("live.hosting_curve", county=names.short(county), mix=texts.word("mix", mix)),
                "added": packed(points["added_mw"], "power", texts),
                "rates": [packed(points[column], "rate", texts) for column, _ in rates],
                "worse": [int(w) for w in worse],
                "capacity": packed([capacity.get((str(county), str(mix)), np.nan)], "power", texts),
            }
        )
    return {
        "curves": curves,
        "rates": [texts(text) for _, text in rates],
        "violation": texts("hosting.violation"),
        "capacity": texts("hosting.capacity"),
        "target": texts("figure.target", percent=f"{target_percent:g}"),
        "target_percent": target_percent,
    }


def _capacity(findings: Findings) -> dict[tuple[str, str], float]:
    """Capacity of each county and mix as the report's table says it. [MW]"""
    system = findings.tables.get("hosting_system")
    if system is None or not {"county", "mix", "capacity_mw", "accounting", "scope"} <= set(system.columns):
        return {}
    best = headline(system)
    return {(str(c), str(m)): float(v) for c, m, v in zip(best["county"], best["mix"], best["capacity_mw"])}


def map_data(findings: Findings, texts: Texts, names: Names) -> dict[str, Any] | None:
    """The schematic map of the counties by grade, with every quantity of both levels; None without them."""
    together, county = counties_of(findings), findings.tables.get("county")
    if together is None or county is None or not {"name", "lat_deg", "lon_deg"} <= set(county.columns):
        return None
    placed = county.dropna(subset=["lat_deg", "lon_deg"]).reset_index(drop=True)
    if len(placed) < 2:
        return None
    lat, lon = placed["lat_deg"].to_numpy(dtype=float), placed["lon_deg"].to_numpy(dtype=float)
    cells = county_cells(KM_PER_DEGREE * np.column_stack([lon * np.cos(np.deg2rad(lat.mean())), lat]))
    rows = together.drop_duplicates("county").set_index("county").reindex(placed["name"])
    grades = ["" if pd.isna(g) else str(g) for g in rows["grade"]]
    return {
        "label": [names.short(n) for n in placed["name"]],
        "cells": [np.round(cell, 2).tolist() for cell in cells],
        "grade": grades,
        "looks": {g: look(*GRADES.get(g, GRADES[""]), texts.word("grade", g) if g else texts("word.none"))
                  for g in dict.fromkeys(grades)},
        "quantities": [
            {"label": texts(text), "values": packed(rows[column], "power", texts)}
            for column, text in QUANTITIES
            if rows[column].notna().any()
        ],
    }  # fmt: skip

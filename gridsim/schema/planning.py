"""Tables of planning: demand that is moved in the day, and what remedies cost."""

from __future__ import annotations

from gridsim.schema.columns import LIFE, Column, Table, name_of, nonnegative, optional, positive, ref

#: kinds of remedies that gridsim.measures knows
MEASURE_KINDS = (
    *("line_uprate", "second_circuit", "trafo_unit", "section_limit", "battery", "thermal_minimum"),
    *("pumped_storage", "demand_shift", "storage_use", "cells"),
)


def _hour(doc: str) -> Column:
    return Column(doc, kind="int", low=0, high=23)


PLANNING_TABLES: dict[str, Table] = {
    "demand_shift": Table(
        "Demand that is moved from some hours of every day to others; its energy stays what it is.",
        {
            "name": name_of("shift"),
            "demand": ref("demand", "demand whose loads move"),
            "p_mw": nonnegative("power added in each of the hours it is moved to"),
            "to_hour": _hour("first hour it is moved to"),
            "from_hour": _hour("first hour it is taken from"),
            "to_hours": Column("number of hours it is moved to", kind="int", low=1, high=23, default=4),
            "from_hours": Column("number of hours it is taken from", kind="int", low=1, high=23, default=4),
            **LIFE,
        },
    ),
    "registered_project": Table(
        "Projects that are registered and not connected yet (已备案未并网).",
        {
            "name": name_of("project"),
            "county": ref("county", "county it is registered in"),
            "bus": ref("bus", "connection point"),
            "max_p_mw": positive("capacity"),
            "carrier": Column("what it is", kind="text", choices=("wind", "solar"), default="solar"),
            "year": Column("first year that it counts in", kind="int", default=0, low=0, high=2100),
            "queue_order": Column("place in the queue; equal: by year, then name", kind="int", default=0, low=0),
        },
    ),
    "published_hosting": Table(
        "What the grid company has published of counties: grade and open capacity, for comparison.",
        {
            "county": ref("county", "county"),
            "quarter": Column("quarter it holds for, e.g. 2024Q1", kind="text"),
            "grade": Column("published grade", kind="text", choices=("green", "yellow", "red")),
            "open_mw": optional("published open capacity", low=0.0),
        },
        key=("county", "quarter"),
    ),
    "measure_cost": Table(
        "What a remedy costs (gridsim measures); empty = this kind has no such part.",
        {
            "name": name_of("cost"),
            "kind": Column("kind of remedy", kind="text", choices=MEASURE_KINDS),
            "vn_kv": optional("voltage it holds for; empty = those without a row of their own", positive=True),
            "capital_cny_per_kw": optional("investment per kW", low=0.0),
            "capital_cny_per_kwh": optional("investment per kWh of stored energy", low=0.0),
            "capital_cny_per_km": optional("investment per km of one circuit", low=0.0),
            "capital_cny_per_kva": optional("investment per kVA", low=0.0),
            "om_percent": nonnegative("operation and maintenance a year, of the investment", default=0.0, high=100.0),
            "running_cny_per_mwh": nonnegative("paid for every MWh that is moved", default=0.0),
            "life_years": positive("life for the annuity", high=100.0),
        },
    ),
}

"""Counties: what stands where, what it generates, whether the target is met, what limits it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import pandas as pd

from gridsim.report.catalogue import Texts
from gridsim.report.conclusions import ALL, limits_percent
from gridsim.report.figures.rates import county_rates
from gridsim.report.model import Block, Figure, Paragraph
from gridsim.report.numbers import number
from gridsim.report.tables import Col, Names, lacking, plain, printed, ranked
from gridsim.store import Findings

ENERGIES = (Col("available_gwh", "energy"), Col("used_gwh", "energy"), Col("curtailed_gwh", "energy_small"))
RATES = ("wind_curtailment_percent", "solar_curtailment_percent", ALL)
PLACE = ("peak_mw", "wind_mw", "solar_utility_mw", "solar_distributed_mw")
PLANT = (
    Col("plant"),
    Col("county", "county"),
    Col("plant_type", "word:plant_type"),
    Col("vn_kv", "level"),
    Col("max_p_mw", "power_mw"),
    *ENERGIES,
    Col("full_load_h", "hours"),
)


def county_table(findings: Findings, texts: Texts) -> tuple[Block, ...]:
    """The table of counties, and sentences on what it lacks."""
    open_ = lacking(findings, texts, "curtailment_by_county", ["county", ALL])
    if open_ is not None:
        return (open_,)
    place = lacking(findings, texts, "county", ["name"])
    causes = lacking(findings, texts, "causes_by_county", ["county", "cause", "element", "outage", "curtailed_gwh"])
    by_county = _county_table(findings, texts, with_place=place is None, with_causes=causes is None)
    return (by_county, *(block for block in (place, causes) if block is not None))


def plants(findings: Findings, texts: Texts) -> Block:
    """The plants with the most curtailed energy."""
    rows = ranked(findings, "curtailment_by_plant", "curtailed_gwh")
    if rows is not None and {"carrier", "kind"} <= set(rows.columns):
        is_wind = rows["carrier"] == "wind"
        rows = rows.assign(plant_type=rows["kind"].astype(str).where(~is_wind, "wind"))
    columns = [*PLANT, Col(ALL, "rate")]
    return printed(findings, "curtailment_by_plant", columns, texts=texts, key="plant", frame=rows, top=20)


def _county_table(findings: Findings, texts: Texts, *, with_place: bool, with_causes: bool) -> Block:
    target_percent, floor_percent = limits_percent(findings)
    rows = findings.tables["curtailment_by_county"].sort_values(ALL, ascending=False, na_position="last")
    rows["meets_target"] = (rows[ALL] <= target_percent).astype(object).where(rows[ALL].notna())
    grades = _grades(findings)
    rows["grade"] = rows["county"].map(grades)
    total = city_total(findings)
    place: tuple[Col, ...] = ()
    if with_place:
        county = findings.tables["county"]
        rows = rows.merge(county.rename(columns={"name": "county"}), on="county", how="left")
        place = tuple(Col(c, "power") for c in PLACE)
        total |= {c.column: county[c.column].sum() for c in place if c.column in county.columns}
    local: tuple[Col, ...] = ()
    if with_causes:
        own = rows.drop(columns="local_gwh", errors="ignore")  # findings of an older run do not have it
        rows = own.merge(_local(findings, texts), on="county", how="left").fillna({"local_gwh": 0.0})
        local = (Col("local_gwh", "energy_small"),)
        total |= {"local_gwh": rows["local_gwh"].sum()}
    rates = (Col(c, "rate", label="rate_together" if c == ALL else "", limit=target_percent) for c in RATES)
    last = (Col("limited_by"),) if with_causes else ()
    judged = (Col("meets_target", "ok"), Col("grade", "word:grade"))
    columns = [Col("county", "county"), *place, *ENERGIES, *local, *rates, *judged, *last]
    notes = (
        texts("note.county"),
        texts("note.target", target=f"{target_percent:g}", floor=f"{floor_percent:g}"),
        texts("note.grade_equipment" if grades else "note.grade"),
        *((texts("note.limited_by"),) if with_causes else ()),
    )
    name = "curtailment_by_county"
    return printed(findings, name, columns, texts=texts, key="county", frame=rows, total=total, notes=notes)


def _grades(findings: Findings) -> dict[str, str]:
    """Grade of each county by the hosting capacity of its equipment; empty without that table."""
    table = findings.tables.get("hosting_equipment_county")
    if table is None or not {"county", "grade"} <= set(table.columns):
        return {}
    return dict(zip(table["county"].astype(str), table["grade"].astype(str)))


def _local(findings: Findings, texts: Texts) -> pd.DataFrame:
    """What each county loses to the local network and to which element most: county, local_gwh, limited_by."""
    table = findings.tables["causes_by_county"]
    local = table[table["cause"] != "provincial"].fillna({"element": "", "outage": ""})
    named = local[(local["element"] != "") & (local["curtailed_gwh"].map(_shows))]
    named = named.sort_values("curtailed_gwh", ascending=False).drop_duplicates("county").set_index("county")
    out = local.groupby("county")["curtailed_gwh"].sum().rename("local_gwh").reset_index()
    names = {str(c): _element(row, texts) for c, row in named.to_dict("index").items()}
    return out.assign(limited_by=out["county"].map(names))


def _shows(energy_gwh: float) -> bool:
    """Whether an energy is more than nothing in the unit of the table."""
    return float(number(energy_gwh, "energy_small")) > 0


def _element(row: Mapping[Any, Any], texts: Texts) -> str:
    element = plain(row["element"])
    return texts("sentence.outage", element=element, outage=plain(row["outage"])) if row["outage"] else element


def rates_figure(findings: Findings, texts: Texts) -> tuple[Block, ...]:
    """The rates of the counties as bars with target and floor."""
    open_ = lacking(findings, texts, "curtailment_by_county", ["county", ALL])
    if open_ is not None:
        return (open_,)
    target_percent, floor_percent = limits_percent(findings)
    table, names = findings.tables["curtailment_by_county"], Names(findings, texts)
    if table.empty:
        return (Paragraph(texts("missing.empty", what=texts("table.curtailment_by_county"))),)
    draw = partial(county_rates, table, texts, names, target_percent=target_percent, floor_percent=floor_percent)
    return (Figure("county_rates", texts("figure.county_rates"), texts("alt.county_rates"), draw),)


def city_total(findings: Findings) -> dict[str, Any]:
    """The city's figures under the names of the tables' columns."""
    carriers = findings.summary.get("carriers") or {}
    return dict(findings.summary) | {f"{carrier}_{ALL}": values.get(ALL) for carrier, values in carriers.items()}

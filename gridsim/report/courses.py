"""Figures from hourly data and of what is installed: capacity, duration curves, the week of pumped storage."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd

from gridsim.hourly import columns_of, has_columns
from gridsim.report.catalogue import Texts
from gridsim.report.figures.capacity import installed_bars
from gridsim.report.figures.duration import load_duration as draw_load
from gridsim.report.figures.duration import reverse_duration as draw_reverse
from gridsim.report.figures.storage_week import HOURS_A_WEEK
from gridsim.report.figures.storage_week import storage_week as draw_week
from gridsim.report.figures.style import LINES
from gridsim.report.hours import area_balance, city_of
from gridsim.report.model import Block, Figure, Paragraph
from gridsim.report.numbers import number
from gridsim.report.tables import Names, lacking, missing
from gridsim.store import Findings
from gridsim.units import step_hours

#: what wind and sun could give: used and curtailed
FREE = ("wind", "solar", "curtailed_wind", "curtailed_solar")
#: rows of the table ``installed`` that are years
YEARS = ("scenario", "known")
#: loading from which a transformer is heavily loaded. [%]
HEAVY_PERCENT = 80.0


def installed(findings: Findings, texts: Texts) -> tuple[Block, ...]:
    """Installed capacity of the city by year and of the counties by kind of plant; nothing without data.

    Without the table ``installed`` wind and sun by county, from the table ``county``.
    """
    names = Names(findings, texts)
    by_year, by_county = _installed(findings, texts, names)
    if not len(by_county):
        return ()
    draw = partial(installed_bars, by_year, by_county, texts)
    table = findings.tables.get("installed")
    has_known = table is not None and "scope" in table.columns and (table["scope"] == "known").any()
    notes = (texts("note.known_capacity"),) if has_known else ()
    return (Figure("installed", texts("figure.installed"), texts("alt.installed"), draw, notes),)


def _installed(findings: Findings, texts: Texts, names: Names) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Kinds of plants as columns, by year and by county. [MW]"""
    table, county = findings.tables.get("installed"), findings.tables.get("county")
    if table is not None and {"scenario", "year", "scope", "county", "type", "installed_mw"} <= set(table.columns):
        rows = table[table["scope"].isin(YEARS)]
        year = rows["year"].astype(int).astype(str)
        known = rows["scope"] == "known"
        labels = [texts("figure.known" if k else "figure.year", year=y) for y, k in zip(year, known)]
        scenario = findings.summary.get("scenario")
        now = rows[(rows["scenario"].astype(str) == str(scenario)) & ~known]
        now = now.assign(label=now["county"].map(names.short))
        return _wide(rows.assign(label=labels), "label"), _ordered(_wide(now, "label"))
    columns = {"wind_mw": "wind", "solar_utility_mw": "solar_utility", "solar_distributed_mw": "solar_distributed"}
    if county is None or not {"name", *columns} <= set(county.columns):
        return pd.DataFrame(), pd.DataFrame()
    found = county.set_index(county["name"].map(names.short))[list(columns)].rename(columns=columns)
    return pd.DataFrame(), _ordered(found)


def _wide(rows: pd.DataFrame, by: str) -> pd.DataFrame:
    if rows.empty:
        return pd.DataFrame()
    return rows.pivot_table(index=by, columns="type", values="installed_mw", aggfunc="sum", sort=False).fillna(0.0)


def _ordered(table: pd.DataFrame) -> pd.DataFrame:
    """The largest sum first."""
    return table.loc[table.sum(axis=1).sort_values(ascending=False, kind="stable").index]


def load_curves(findings: Findings, texts: Texts) -> Block:
    """Duration curves of load and net load of the city and of all areas."""
    city = city_of(findings)
    if city is None:
        return missing(texts, "balance", folder="hourly", suffix="parquet")
    names, shown = Names(findings, texts), {}
    areas = findings.hourly["balance"]["area"].unique()
    for area, label in [(city, names.city), (None, names.both)][: len(areas)]:
        balance = area_balance(findings, area)
        load = balance["load"].to_numpy(float)
        shown[label] = (load, load - balance[list(FREE)].sum(axis=1).to_numpy(float))
    step_h = step_hours(pd.DatetimeIndex(balance.index))
    lowest = [f"{label} {number(net.min(), 'power')}" for label, (_, net) in shown.items()]
    notes = (texts("note.net_load", lowest=texts.list_of(lowest)),)
    draw = partial(draw_load, shown, step_h, texts)
    return Figure("load_duration", texts("figure.load_duration"), texts("alt.load_duration"), draw, notes)


def reverse_curves(findings: Findings, texts: Texts) -> Block:
    """Duration curves of the transformers with the highest reverse loading, one of parallel units."""
    open_ = lacking(findings, texts, "reverse_power", ["element", "vn_kv", "sn_mva", "max_reverse_percent"])
    if open_ is not None:
        return open_
    table = findings.tables["reverse_power"]
    worst = table[table["max_reverse_percent"] > 0.0].sort_values("max_reverse_percent", ascending=False, kind="stable")
    if worst.empty:
        return Paragraph(texts("security.no_reverse", all=len(table)))
    if "flow" not in findings.hourly:
        return missing(texts, "flow", folder="hourly", suffix="parquet")
    station = worst["element"].astype(str).str.split("#").str[0]
    chosen = worst[~pd.concat([station, worst["vn_kv"]], axis=1).duplicated()].head(len(LINES))
    column = {e: has_columns(findings.hourly, "flow", (e, f"{e}|hv")) for e in chosen["element"].astype(str)}
    column = {element: found for element, found in column.items() if found}
    if not column:
        return missing(texts, "flow", folder="hourly", suffix="parquet")
    flow = columns_of(findings.hourly, "flow", list(column.values()))
    names, percent = Names(findings, texts), {}
    for element, vn_kv, sn_mva in zip(chosen["element"].astype(str), chosen["vn_kv"], chosen["sn_mva"]):
        if element in column:
            up_mw = -flow[column[element]].to_numpy(float)
            percent[f"{names.short(element.split('#')[0])} {vn_kv:g} kV"] = 100.0 * np.maximum(up_mw, 0.0) / sn_mva
    step_h = step_hours(pd.DatetimeIndex(flow.index))
    draw = partial(draw_reverse, percent, step_h, texts, heavy_percent=HEAVY_PERCENT)
    notes = (texts("note.reverse_duration"),)
    return Figure("reverse_duration", texts("figure.reverse_duration"), texts("alt.reverse_duration"), draw, notes)


def storage_course(findings: Findings, texts: Texts) -> Block:
    """The week in which the city's pumped storage pumps most, and the mean week of the year."""
    table, hourly = findings.tables.get("storage"), findings.hourly.get("storage")
    if hourly is None or hourly.empty:
        return missing(texts, "storage", folder="hourly", suffix="parquet")
    open_ = lacking(findings, texts, "storage", ["storage", "device", "county"])
    if open_ is not None or table is None:
        return open_ or missing(texts, "storage")
    mine = (table["device"] == "pumped_storage") & (table["county"].fillna("").astype(str) != "")
    rows = hourly[hourly["storage"].astype(str).isin(table.loc[mine, "storage"].astype(str))]
    if rows.empty:
        return Paragraph(texts("missing.pumped_storage"), "missing")
    rows = rows.assign(storage=rows["storage"].astype(str))
    charge, discharge, energy = (
        _whole_weeks(rows.pivot_table(index="time", columns="storage", values=column, aggfunc="sum"))
        for column in ("charge_mw", "discharge_mw", "energy_mwh")
    )
    if not len(energy):
        return Paragraph(texts("missing.week"), "missing")
    pumping, generating = (c.sum(axis=1).to_numpy(float) for c in (charge, discharge))
    steps = int(HOURS_A_WEEK / step_hours(pd.DatetimeIndex(energy.index)))
    worst = int(pumping.reshape(-1, steps).sum(axis=1).argmax())
    part, names = slice(worst * steps, (worst + 1) * steps), Names(findings, texts)
    level = energy.iloc[part].rename(columns=names.short)
    all_weeks = energy.sum(axis=1).to_numpy(float).reshape(-1, steps)
    low, high = np.percentile(all_weeks, [10.0, 90.0], axis=0)
    mean = pd.DataFrame({"mean": all_weeks.mean(axis=0), "low": low, "high": high})
    start = pd.DatetimeIndex(energy.index)[worst * steps]
    notes = (texts("note.storage_week", date=f"{start:%Y-%m-%d}", weeks=len(all_weeks)),)
    draw = partial(draw_week, level, pumping[part], generating[part], mean, texts)
    return Figure("storage_week", texts("figure.storage_week"), texts("alt.storage_week"), draw, notes)


def _whole_weeks(frame: pd.DataFrame) -> pd.DataFrame:
    """Steps of the weeks from Monday 0 h that lie in the frame as a whole."""
    index = pd.DatetimeIndex(frame.index)
    starts = np.flatnonzero((index.dayofweek == 0) & (index == index.normalize()))
    if not len(starts) or len(index) < 2:
        return frame.iloc[:0]
    steps = int(HOURS_A_WEEK / step_hours(index))
    whole = (len(index) - starts[0]) // steps
    return frame.iloc[starts[0] : starts[0] + whole * steps]

"""The network map by the hour as data: loading of every element, curtailment of every county, in chosen steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from gridsim.report.catalogue import Texts
from gridsim.report.figures.one_line_map import LEVELS
from gridsim.report.figures.style import LOADINGS
from gridsim.report.interactive.packing import packed
from gridsim.report.interactive.series import Hours
from gridsim.report.tables import Names, is_true, plain
from gridsim.store import Findings

#: worst steps of the year on the slider
WORST = 200


@dataclass(frozen=True)
class _Group:
    """Steps of the slider that belong together: a typical day, or the worst steps."""

    label: str
    times: pd.DatetimeIndex


@dataclass(frozen=True)
class _Places:
    """Who stands on the map: elements (rows of loading), counties with a seat, and plants by county."""

    elements: list[str]
    counties: list[str]
    county_of: Mapping[str, str]


def network_data(findings: Findings, hours: Hours | None, texts: Texts, names: Names) -> dict[str, Any]:
    """Stations, branches and counties with their coordinates; loading and curtailment of the year and of chosen steps.

    The steps are those of the typical days and the 200 worst of the year: the most curtailed power of the city
    first, steps with equally much (none) by the highest loading.  Without hourly files only the year is there.
    """
    station = findings.tables["map_station"].dropna(subset=["lat_deg", "lon_deg"]).sort_values("vn_kv", kind="stable")
    branch = findings.tables["map_branch"]
    county = _seats(findings)
    places = _Places(branch["element"].astype(str).tolist(), county["name"].tolist(), _county_of_plants(findings))
    index = {name: k for k, name in enumerate(station["station"].astype(str))}
    ends = [
        [index.get(str(a), -1), index.get(str(b), -1)] for a, b in zip(branch["from_station"], branch["to_station"])
    ]
    kinds = station["kind"] if "kind" in station.columns else pd.Series("substation", index=station.index)
    return {
        "stations": {
            "label": [names.short(n) for n in station["station"]],
            "kv": station["vn_kv"].tolist(),
            "kind": [k if k in ("substation", "plant") else "other" for k in kinds],
            "lon": station["lon_deg"].round(5).tolist(),
            "lat": station["lat_deg"].round(5).tolist(),
        },
        "branches": {
            "label": [plain(e) for e in places.elements],
            "kv": branch["vn_kv"].tolist(),
            "ends": ends,
            "dashed": [int(is_true(v)) for v in branch["is_equivalent"]],
        },
        "counties": {
            "label": [names.short(n) for n in places.counties],
            "lon": county["lon_deg"].tolist(),
            "lat": county["lat_deg"].tolist(),
        },
        "note": texts("live.note_network"),
        "classes": _classes(texts),
        "levels": [{"from": low, "width": width, "size": size**0.5} for low, width, size in LEVELS],
        "groups": [_year(findings, branch, places, texts), *_steps(findings, hours, places, texts)],
    }


def _classes(texts: Texts) -> list[dict[str, Any]]:
    """Classes of loading with colour, width and name, as the static map has them."""
    edges = [f"{low:g}" for low, _, _ in LOADINGS]
    ranges = [f"≤{edges[1]} %", *(f"{a}–{b} %" for a, b in pairwise(edges[1:])), f">{edges[-1]} %"]
    return [
        {"from": low, "colour": colour, "width": width, "label": texts("live.loading", range=shown)}
        for (low, colour, width), shown in zip(LOADINGS, ranges)
    ]


def _seats(findings: Findings) -> pd.DataFrame:
    """Counties that have coordinates: name, lon_deg, lat_deg."""
    county = findings.tables.get("county")
    if county is None or not {"name", "lon_deg", "lat_deg"} <= set(county.columns):
        return pd.DataFrame({"name": [], "lon_deg": [], "lat_deg": []})
    return county.dropna(subset=["lon_deg", "lat_deg"]).astype({"name": str})


def _county_of_plants(findings: Findings) -> dict[str, str]:
    plants = findings.tables.get("curtailment_by_plant")
    if plants is None or not {"plant", "county"} <= set(plants.columns):
        return {}
    return dict(zip(plants["plant"].astype(str), plants["county"].astype(str)))


def _year(findings: Findings, branch: pd.DataFrame, places: _Places, texts: Texts) -> dict[str, Any]:
    """The year as the first place of the slider: highest loading, curtailed energy and rate of each county."""
    table = findings.tables.get("curtailment_by_county")
    group: dict[str, Any] = {
        "label": texts("live.whole_year"),
        "times": [texts("live.highest_loading")],
        "loading": packed(branch["max_loading_percent"], "loading", texts),
        "readings": [],
    }
    if table is not None and {"county", "curtailed_gwh", "curtailment_percent"} <= set(table.columns):
        rows = table.astype({"county": str}).drop_duplicates("county").set_index("county").reindex(places.counties)
        group["curtailed"] = packed(rows["curtailed_gwh"], "energy_small", texts)
        group["rate"] = packed(rows["curtailment_percent"], "rate", texts)
    return group


def _steps(findings: Findings, hours: Hours | None, places: _Places, texts: Texts) -> list[dict[str, Any]]:
    """The typical days and the worst steps, as far as hourly files are there."""
    if hours is None or "loading" not in findings.hourly:
        return []
    loading = findings.hourly["loading"]
    time = pd.DatetimeIndex(loading.index)
    if loading.empty or not hours.of_the_city.index.equals(time):
        return []
    cut = hours.of_the_city[["curtailed_wind", "curtailed_solar"]].sum(axis=1).to_numpy()
    highest = np.nan_to_num(loading.to_numpy(dtype=float, na_value=np.nan), nan=0.0).max(axis=1)
    worst = np.lexsort((np.arange(len(time)), -highest, -np.round(cut, 6)))[:WORST]
    dates = time.normalize()
    groups = [
        _Group(
            texts("figure.typical_day", name=texts(f"day.{day.name}"), date=f"{day.date:%Y-%m-%d}"),
            time[dates == day.date],
        )
        for day in hours.days
    ]
    groups.append(_Group(texts("live.worst", count=len(worst)), time[worst]))
    chosen = time[np.sort(time.get_indexer(pd.DatetimeIndex(np.concatenate([g.times for g in groups]).tolist())))]
    frames = loading.loc[chosen.unique()].reindex(columns=places.elements)
    cut_mw, available_mw = _by_county(findings, frames.index, places)
    made = [_group(g, frames, cut_mw, available_mw, hours.of_the_city, texts) for g in groups]
    return [*made[:-1], {**made[-1], "ranked": True}]


def _group(
    group: _Group,
    loading: pd.DataFrame,
    cut_mw: pd.DataFrame | None,
    available_mw: pd.DataFrame | None,
    city: pd.DataFrame,
    texts: Texts,
) -> dict[str, Any]:
    """Loading as element x step, curtailed power and rate as county x step, and what the city did in each step."""
    made: dict[str, Any] = {
        "label": group.label,
        "times": [f"{t:%Y-%m-%d %H:%M}" for t in group.times],
        "loading": packed(loading.loc[group.times].to_numpy(dtype=float).T, "loading", texts),
        "readings": _readings(city.loc[group.times], texts),
    }
    if cut_mw is not None:
        made["curtailed"] = packed(cut_mw.loc[group.times].to_numpy().T, "power", texts)
    if cut_mw is not None and available_mw is not None:
        cut, could = cut_mw.loc[group.times].to_numpy(), available_mw.loc[group.times].to_numpy()
        with np.errstate(invalid="ignore", divide="ignore"):
            made["rate"] = packed(np.where(could > 0.0, 100.0 * cut / could, np.nan).T, "rate", texts)
    return made


def _readings(city: pd.DataFrame, texts: Texts) -> list[dict[str, Any]]:
    quantities = {
        "load": city["load"],
        "wind": city["wind"],
        "solar": city["solar"],
        "exchange_out": city["exchange_out"] - city["exchange_in"],
        "curtailed": city["curtailed_wind"] + city["curtailed_solar"],
    }
    return [{"label": texts(f"reading.{k}"), "values": packed(v, "power", texts)} for k, v in quantities.items()]


def _by_county(findings: Findings, times: pd.Index, places: _Places) -> tuple[pd.DataFrame | None, pd.DataFrame | None]:
    """Curtailed and available power as time x county, MW; None for what has no file."""
    cut = available = None
    if "curtailment" in findings.hourly and places.county_of:
        long = findings.hourly["curtailment"]
        long = long[long["time"].isin(times)]
        long = long.assign(county=long["plant"].astype(str).map(places.county_of))
        sums = long.pivot_table(index="time", columns="county", values="curtailed_mw", aggfunc="sum", observed=True)
        cut = sums.reindex(index=times, columns=places.counties).fillna(0.0)
    if "available" in findings.hourly and places.county_of:
        wide = findings.hourly["available"].reindex(times)
        owners = [places.county_of.get(str(c).partition(".")[2], "") for c in wide.columns]
        available = wide.T.groupby(owners).sum().T.reindex(columns=places.counties).fillna(0.0)
    return cut, available

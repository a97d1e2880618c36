"""Explain an hour from a results folder alone: balance, limits, who is cut and why, what one more MW would change."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gridsim.devices import CARRIER_ITEMS, RENEWABLES
from gridsim.errors import InvalidInput, Problem, raise_if
from gridsim.store import Findings, read_findings
from gridsim.units import step_hours

#: hourly files that an explanation needs
NEEDED = ("balance", "curtailment", "limit", "marginal", "room", "available", "section_limit", "flow")
#: those that add to it where they are there
OPTIONAL = ("storage", "loading")
#: those of the needed ones that are long
LONG = ("balance", "curtailment", "limit", "marginal")
#: less than this is nothing [MW]
SMALLEST_MW = 1e-3
#: extra available power below this says nothing about a county [MW per MW installed]
SMALLEST_EXTRA_MW = 0.01
#: elements listed as nearest to their limit, units listed as relieving one
NEAREST, RELIEVING = 3, 8


@dataclass(frozen=True)
class HourExplained:
    """One step of a run, as tidy tables; powers in MW, plants and sums of both areas unless said otherwise.

    Attributes
    ----------
    time : Timestamp
        Start of the step.
    step_h : float
        Its length. [h]
    city, rest : str
        Names of the detailed area and of the node area ("" without one).
    balance : DataFrame
        ``area, item, p_mw``; as the hourly file; wind and solar as used.
    room : DataFrame
        ``area, item, p_mw``: ``thermal, thermal_min, thermal_max, hydro, hydro_min, imports_reducible,
        charging_possible``.
    headroom : DataFrame
        ``item, p_mw``: what could take more power in both areas before anybody is cut, the province's part: thermal
        above its minimum, imports that can still be reduced, charging that stores have power and room for.
    causes : DataFrame
        ``cause, element, outage, city_mw, both_mw``; adds up to what is curtailed.
    limits : DataFrame
        The hourly file ``limit``: elements in force with flow, limit, price and what a MW more changes.
    relief : DataFrame
        ``element, outage, unit, device, doing, p_mw, relief_pu, relief_mw``: what curtailed plants and charging stores
        take off each limit.
    nearest : DataFrame
        ``element, flow_mw, limit_mw, loading_percent, basis``: sections (``dc``) and the elements of highest AC loading
        (``ac``).
    plants : DataFrame
        ``plant, device, county, available_mw, curtailed_mw, curtailed_percent, cause, element, outage``; the cause with
        the largest part.  ``county`` of plants outside the city is the area.
    parts : DataFrame
        ``plant, county, cause, element, outage, curtailed_mw``: every part of every plant.
    counties : DataFrame
        As ``plants``, by county, the most curtailed first.
    marginal : DataFrame
        ``change, place, outage, extra_mw, city_mw, both_mw``: change of the day's curtailment by one MW more of demand
        or charging, of a limit, of installed wind and sun in the county where most of it would be cut
        (``place`` is empty where none would be).
    """

    time: pd.Timestamp
    step_h: float
    city: str
    rest: str
    balance: pd.DataFrame
    room: pd.DataFrame
    headroom: pd.DataFrame
    causes: pd.DataFrame
    limits: pd.DataFrame
    relief: pd.DataFrame
    nearest: pd.DataFrame
    plants: pd.DataFrame
    parts: pd.DataFrame
    counties: pd.DataFrame
    marginal: pd.DataFrame

    def mw(self, item: str, area: str | None = None) -> float:
        """An item of the balance, of one area or of both. [MW]"""
        rows = self.balance[self.balance["item"] == item]
        return float(rows.loc[(rows["area"] == area) | (area is None), "p_mw"].sum())

    def curtailed_mw(self, area: str | None = None) -> float:
        """Curtailed wind and sun, of one area or of both. [MW]"""
        return sum(self.mw(f"curtailed_{c}", area) for c in RENEWABLES)

    def available_mw(self, area: str | None = None) -> float:
        """Available wind and sun, of one area or of both. [MW]"""
        return sum(self.mw(c, area) for c in RENEWABLES) + self.curtailed_mw(area)


def explain_hour(
    findings: Findings | str | Path, time: str | pd.Timestamp, *, weather_year: str | None = None
) -> HourExplained:
    """Explain one step of a run.

    Parameters
    ----------
    findings : Findings or path
        A run, or its results folder; nothing is simulated again.
    time : str or Timestamp
        Start of the step, e.g. ``"2030-04-12 12:00"``; local time of the run where it has no offset.
    weather_year : str, optional
        Which one, of a run of several weather years.

    Raises
    ------
    InvalidInput
        No results folder, results of a version without the hourly files, a time that is not a step of the run.
    """
    found = of_weather_year(findings if isinstance(findings, Findings) else read_findings(findings), weather_year)
    gone = [n for n in NEEDED if n not in found.hourly]
    fix = "Run the study again; results of earlier versions cannot be explained."
    raise_if([Problem(f"hourly/{n}.parquet", "is missing", fix) for n in gone])
    index = pd.DatetimeIndex(found.hourly["room"].index)
    at = _time(time, index)
    here = {n: _rows_at(found.hourly[n], at) for n in LONG}
    balance = here["balance"].astype({"area": str, "item": str}).reset_index(drop=True)
    areas = list(dict.fromkeys(balance["area"]))
    city = str(found.summary.get("area", areas[0]))
    rest = next((a for a in areas if a != city), "")
    parts = _parts(found, here["curtailment"], rest)
    plants = _plants(found, at, parts, rest)
    room = _room(found, at, balance)
    limits = _words(here["limit"])
    return HourExplained(
        time=at,
        step_h=step_hours(index),
        city=city,
        rest=rest,
        balance=balance,
        room=room,
        headroom=_headroom(room),
        causes=_causes(parts, rest),
        limits=limits,
        relief=_relief(found, at, limits, plants),
        nearest=_nearest(found, at),
        plants=plants,
        parts=parts,
        counties=_counties(plants, parts),
        marginal=_marginal(found, _words(here["marginal"]), limits, city),
    )


def of_weather_year(found: Findings, weather_year: str | None) -> Findings:
    """The findings of one weather year where there are several; else the findings as they are.

    Raises
    ------
    InvalidInput
        No year, or one that was not run, is named for a run of several.
    """
    years = sorted({n.split("/")[0] for n in found.hourly if n.endswith("/room")})
    if not years or (weather_year is None and "room" in found.hourly):
        return found
    if weather_year not in years:
        what = "the run has several weather years" if weather_year is None else f"no weather year {weather_year!r}"
        raise InvalidInput([Problem("--weather-year", what, f"choose one of {', '.join(years)}")])
    own = f"by_weather_year/{weather_year}/"
    tables = {n.removeprefix(own): t for n, t in found.tables.items() if n.startswith(own)}
    names = [n for n in (*NEEDED, *OPTIONAL) if f"{weather_year}/{n}" in found.hourly]
    hourly = {n: found.hourly[f"{weather_year}/{n}"] for n in names}
    return replace(found, tables={**found.tables, **tables}, hourly=hourly)


def _time(asked: str | pd.Timestamp, index: pd.DatetimeIndex) -> pd.Timestamp:
    """The step that starts at a time."""
    step = pd.Timedelta(hours=step_hours(index))
    span = (
        f"steps of {step / pd.Timedelta(minutes=1):g} min from {index[0]:%Y-%m-%d %H:%M} to {index[-1]:%Y-%m-%d %H:%M}"
    )
    try:
        at = pd.Timestamp(asked)
        at = at.tz_localize(index.tz) if at.tzinfo is None else at.tz_convert(index.tz)
    except (ValueError, TypeError):
        at = pd.NaT  # type: ignore[assignment]
    if at is pd.NaT or pd.isna(at):
        raise InvalidInput([Problem("--hour", f"{asked!r} is not a time", f'e.g. "{index[0]:%Y-%m-%d %H:%M}"; {span}')])
    if at in index:
        return at
    if at < index[0] or at >= index[-1] + step:
        raise InvalidInput([Problem("--hour", f"{asked} is outside the run", f"it has {span}")])
    start = index[int(index.searchsorted(at, side="right")) - 1]
    what = f"{asked} is not the start of a step"
    raise InvalidInput([Problem("--hour", what, f"ask for {start:%Y-%m-%d %H:%M}; the run has {span}")])


def _rows_at(frame: pd.DataFrame, at: pd.Timestamp) -> pd.DataFrame:
    """The step of a long hourly file."""
    return frame.loc[frame["time"] == at].drop(columns="time")


def _row(found: Findings, name: str, at: pd.Timestamp) -> pd.Series:
    """The step of a wide hourly file, by column."""
    frame = found.hourly[name]
    k = int(frame.index.get_indexer(pd.DatetimeIndex([at]))[0])
    return pd.Series(frame.iloc[k].to_numpy(dtype=float), index=frame.columns)


def _words(frame: pd.DataFrame) -> pd.DataFrame:
    """Categories as text, rows numbered anew."""
    words = {c: str for c in frame.columns if isinstance(frame[c].dtype, pd.CategoricalDtype)}
    return frame.astype(words).reset_index(drop=True)


def _facts(found: Findings) -> pd.DataFrame:
    """County of the city's plants, by plant."""
    table = found.tables.get("curtailment_by_plant")
    empty = pd.DataFrame({"plant": [], "county": []})
    return (empty if table is None else table[["plant", "county"]]).set_index("plant")


def _parts(found: Findings, rows: pd.DataFrame, rest: str) -> pd.DataFrame:
    rows = _words(rows)
    county = rows["plant"].map(_facts(found)["county"]).fillna(rest)
    columns = ["plant", "county", "cause", "element", "outage", "curtailed_mw"]
    out = rows.assign(county=county)[columns]
    return out.sort_values(["curtailed_mw", "plant"], ascending=[False, True], ignore_index=True)


def _main(parts: pd.DataFrame, key: str) -> pd.DataFrame:
    """Cause with the largest part: cause, element, outage by key."""
    sums = parts.groupby([key, "cause", "element", "outage"], as_index=False)["curtailed_mw"].sum()
    first = pd.DataFrame(sums).sort_values("curtailed_mw", ascending=False, kind="stable").drop_duplicates(key)
    return first.set_index(key)[["cause", "element", "outage"]]


def _plants(found: Findings, at: pd.Timestamp, parts: pd.DataFrame, rest: str) -> pd.DataFrame:
    row = _row(found, "available", at)
    device, plant = zip(*(str(c).split(".", 1) for c in row.index)) if len(row) else ((), ())
    out = pd.DataFrame({"plant": plant, "device": device, "available_mw": row.to_numpy(dtype=float)})
    out["county"] = out["plant"].map(_facts(found)["county"]).fillna(rest)
    cut = parts.groupby("plant")["curtailed_mw"].sum()
    out["curtailed_mw"] = out["plant"].map(cut).fillna(0.0).astype(float)
    out["curtailed_percent"] = _percent(out["curtailed_mw"], out["available_mw"])
    out = out.join(_main(parts, "plant"), on="plant").fillna({"cause": "", "element": "", "outage": ""})
    order = [
        "plant",
        "device",
        "county",
        "available_mw",
        "curtailed_mw",
        "curtailed_percent",
        "cause",
        "element",
        "outage",
    ]
    return out[order].sort_values(["curtailed_mw", "plant"], ascending=[False, True], ignore_index=True)


def _counties(plants: pd.DataFrame, parts: pd.DataFrame) -> pd.DataFrame:
    out = plants.groupby("county", as_index=False)[["available_mw", "curtailed_mw"]].sum()
    out["curtailed_percent"] = _percent(out["curtailed_mw"], out["available_mw"])
    out = out.join(_main(parts, "county"), on="county").fillna({"cause": "", "element": "", "outage": ""})
    return out.sort_values(["curtailed_percent", "county"], ascending=[False, True], ignore_index=True)


def _percent(part: pd.Series, whole: pd.Series) -> pd.Series:
    return 100.0 * part / whole.where(whole > SMALLEST_MW)


def _causes(parts: pd.DataFrame, rest: str) -> pd.DataFrame:
    keys = ["cause", "element", "outage"]
    both = parts.groupby(keys)["curtailed_mw"].sum().rename("both_mw")
    city = parts[parts["county"] != rest].groupby(keys)["curtailed_mw"].sum().rename("city_mw")
    out = pd.concat([city, both], axis=1).fillna(0.0).reset_index()
    return out.sort_values("both_mw", ascending=False, ignore_index=True)


def _room(found: Findings, at: pd.Timestamp, balance: pd.DataFrame) -> pd.DataFrame:
    row = _row(found, "room", at)
    rows = [(*str(c).split("|", 1), float(v)) for c, v in row.items()]
    thermal = balance[balance["item"].isin(set(CARRIER_ITEMS.values()))].groupby("area")["p_mw"].sum()
    hydro = balance[balance["item"] == "hydro"].groupby("area")["p_mw"].sum()
    rows += [(str(a), "thermal", float(v)) for a, v in thermal.items()]
    rows += [(str(a), "hydro", float(v)) for a, v in hydro.items()]
    return pd.DataFrame(rows, columns=["area", "item", "p_mw"])


def _headroom(room: pd.DataFrame) -> pd.DataFrame:
    total = room.groupby("item")["p_mw"].sum()
    values = {
        "thermal_above_min": max(total["thermal"] - total["thermal_min"], 0.0),
        "imports_reducible": total["imports_reducible"],
        "charging_possible": total["charging_possible"],
    }
    return pd.DataFrame({"item": list(values), "p_mw": [float(v) for v in values.values()]})


def _relief(found: Findings, at: pd.Timestamp, limits: pd.DataFrame, plants: pd.DataFrame) -> pd.DataFrame:
    columns = ["element", "outage", "unit", "device", "doing", "p_mw", "relief_pu", "relief_mw"]
    table = found.tables.get("limit_relief")
    if table is None or limits.empty:
        return pd.DataFrame(columns=columns)
    doing = plants[plants["curtailed_mw"] > SMALLEST_MW][["plant", "curtailed_mw"]]
    doing = doing.set_axis(["unit", "p_mw"], axis=1).assign(doing="curtailed")
    store = found.hourly.get("storage")
    if store is not None:
        now = store[(store["time"] == at) & (store["charge_mw"] > SMALLEST_MW)]
        charging = pd.DataFrame({"unit": now["storage"].astype(str), "p_mw": now["charge_mw"], "doing": "charging"})
        doing = pd.concat([doing, charging], ignore_index=True)
    keys = ["element", "side", "outage", "planned", "direction"]
    named = limits.assign(element=limits["element"].str.split("+")).explode("element")
    out = named[keys].merge(table.fillna(dict.fromkeys(keys, "")).astype(dict.fromkeys(keys, str)), on=keys)
    out = out.merge(doing, on="unit")
    out["relief_mw"] = out["relief_pu"] * out["p_mw"]
    out = out[out["relief_mw"].abs() > SMALLEST_MW]
    order = ["element", "outage", "relief_mw", "unit"]
    return out.sort_values(order, ascending=[True, True, False, True], ignore_index=True)[columns]


def _nearest(found: Findings, at: pd.Timestamp) -> pd.DataFrame:
    rows: list[tuple[str, float, float, float, str]] = []
    ends, flow = _row(found, "section_limit", at), _row(found, "flow", at)
    for name in dict.fromkeys(str(c).rsplit("|", 1)[0] for c in ends.index):
        mw = float(flow[name])
        limit = float(ends[f"{name}|max_p_mw"] if mw >= 0.0 else ends[f"{name}|min_p_mw"])
        rows.append((name, mw, limit, 100.0 * mw / limit if np.isfinite(limit) and limit else np.nan, "dc"))
    if "loading" in found.hourly:
        top = _row(found, "loading", at).nlargest(NEAREST)
        rows += [(str(name), np.nan, np.nan, float(value), "ac") for name, value in top.items()]
    return pd.DataFrame(rows, columns=["element", "flow_mw", "limit_mw", "loading_percent", "basis"])


def _marginal(found: Findings, here: pd.DataFrame, limits: pd.DataFrame, city: str) -> pd.DataFrame:
    """One more MW: demand and charging of every area, limits, the county where most of wind or sun would be cut."""
    columns = ["change", "place", "outage", "extra_mw", "city_mw", "both_mw"]
    year = found.hourly["marginal"][["change", "place"]].drop_duplicates().astype(str)
    year = year.assign(rest=year["place"] != city).sort_values(["change", "rest"], ascending=[False, True])
    rows: list[tuple[Any, ...]] = []
    for change, place in year[["change", "place"]].itertuples(index=False):
        if change not in RENEWABLES:
            now = here[(here["change"] == change) & (here["place"] == place)]
            rows.append((change, place, "", 1.0, float(now["city_mw"].sum()), float(now["both_mw"].sum())))
    for limit in limits.itertuples(index=False):
        rows.append(("limit", limit.element, limit.outage, 1.0, limit.city_mw, limit.both_mw))
    for carrier in RENEWABLES:
        now = here[(here["change"] == carrier) & (here["extra_mw"] > SMALLEST_EXTRA_MW)]
        if now.empty:
            rows.append((carrier, "", "", np.nan, 0.0, 0.0))  # nowhere would any of it be cut
        else:
            per_mw = now.assign(rate=now["both_mw"] / now["extra_mw"], own=now["city_mw"] / now["extra_mw"]).round(6)
            first = per_mw.sort_values(["rate", "own", "place"], ascending=[False, False, True]).index[:1]
            for worst in now.loc[first].itertuples(index=False):
                rows.append((carrier, worst.place, "", worst.extra_mw, worst.city_mw, worst.both_mw))
    return pd.DataFrame(rows, columns=columns)

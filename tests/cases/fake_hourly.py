"""Hourly frames for the made-up findings: loading, available and curtailed power, for the map by the hour."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from gridsim.store import Findings


def with_hours(findings: Findings, *, seed: int = 2) -> Findings:
    """The findings with ``loading``, ``available`` and ``curtailment`` beside ``balance``.

    Each county's curtailed power is the city's, shared over the county's plants by their curtailed energy, so that the
    counties add up to the balance.
    """
    rng = np.random.default_rng(seed)
    balance = findings.hourly["balance"]
    city = balance[balance["area"] == findings.summary["area"]]
    wide = city.pivot_table(index="time", columns="item", values="p_mw", observed=True)
    time = pd.DatetimeIndex(wide.index)
    elements = findings.tables["map_branch"]["element"]
    day = 0.6 + 0.4 * np.sin((time.hour.to_numpy() - 6) / 24 * 2 * np.pi)
    highest = findings.tables["map_branch"]["max_loading_percent"].to_numpy()
    loading = np.minimum(day[:, None] * highest * rng.uniform(0.5, 1.2, (len(time), len(elements))), highest)
    plants = findings.tables["curtailment_by_plant"]
    share = plants["curtailed_gwh"].to_numpy() / plants["curtailed_gwh"].sum()
    cut = wide[["curtailed_wind", "curtailed_solar"]].sum(axis=1).to_numpy()
    made = wide[["wind", "solar"]].sum(axis=1).to_numpy() + cut
    hours, owners = np.nonzero((cut[:, None] * share) > 0)
    hourly = {
        **findings.hourly,
        "loading": pd.DataFrame(loading, index=time, columns=elements.to_list()),
        "available": pd.DataFrame(
            made[:, None] * share, index=time, columns=[f"{c}.{p}" for c, p in zip(plants["carrier"], plants["plant"])]
        ),
        "curtailment": pd.DataFrame(
            {
                "time": time[hours],
                "plant": plants["plant"].to_numpy()[owners],
                "cause": "provincial",
                "element": "",
                "outage": "",
                "curtailed_mw": cut[hours] * share[owners],
            }
        ),
    }
    return replace(findings, hourly=hourly)


def enlarged(findings: Findings, *, times: int) -> Findings:
    """The findings with every station and branch several times over, under names of their own."""
    tables = dict(findings.tables)
    for name, columns in (("map_station", ["station"]), ("map_branch", ["element", "from_station", "to_station"])):
        parts = [tables[name]]
        for k in range(1, times):
            more = tables[name].copy()
            more[columns] = more[columns] + f"·{k}"
            parts.append(more.assign(lat_deg=more["lat_deg"] + 0.01 * k) if "lat_deg" in more else more)
        tables[name] = pd.concat(parts, ignore_index=True)
    return replace(findings, tables=tables)


def renamed(findings: Findings, old: str, new: str) -> Findings:
    """The findings with one name changed in every table and hourly frame."""

    def change(frame: pd.DataFrame) -> pd.DataFrame:
        frame = frame.rename(columns=lambda c: c.replace(old, new) if isinstance(c, str) else c)
        words = [c for c in frame.columns if frame[c].dtype == object]
        return frame.assign(**{c: [v.replace(old, new) if isinstance(v, str) else v for v in frame[c]] for c in words})

    tables = {name: change(frame) for name, frame in findings.tables.items()}
    return replace(findings, tables=tables, hourly={name: change(frame) for name, frame in findings.hourly.items()})

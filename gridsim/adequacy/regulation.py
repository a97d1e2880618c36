"""Peak-regulation balance (调峰平衡): how far down the system can go at noon and in the valley, and what is missing.

    required  = online capacity + hydro at its most + scheduled imports + wind and sun available - load
    required  = sum of what each source went down + curtailed                 (exactly, in every hour)
    shortfall = max(0, required - sum of what each source could go down)

A source goes down from the top of its range (online capacity, released water, schedule; zero for a store).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from gridsim.adequacy.moments import BOTH, REGULATION_MOMENTS
from gridsim.balance import unit_areas
from gridsim.devices import RENEWABLES
from gridsim.dispatch import Dispatch
from gridsim.network import Network
from gridsim.rows import records

#: roles that give power between the ends of a range
OUTPUT = ("generated", "released")
#: role -> what it says of its device's regulation, with its sign; a store that discharges goes up
DONE = {
    "generated": ("output", 1.0),
    "released": ("output", 1.0),
    "schedule": ("schedule", 1.0),
    "reduced": ("did", 1.0),
    "charge": ("did", 1.0),
    "discharge": ("did", -1.0),
}
#: last resorts: they count as used, never as available
RESORTS = {"spilled": "spill", "cut": "import_cut", "must_run_cut": "must_run_cut"}
COLUMNS = ["month", "moment", "time", "area", "item", "source", "p_mw"]
WIDE = (
    "load_mw", "wind_solar_mw", "thermal_min_mw", "hydro_forced_mw", "imports_mw", "pumping_mw", "charging_mw",
    "export_mw", "margin_mw", "curtailed_mw", "pumping_possible_mw", "charging_possible_mw", "margin_possible_mw",
)  # fmt: skip


def regulation_balance(
    network: Network, dispatch: Dispatch, balances: Mapping[str, pd.DataFrame], moments: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Long table (month, moment, time, area, item, source, p_mw) and the sheet of a planning report.

    Items of the long table: ``load``, ``renewables`` (available), ``required``; ``down_available`` and ``down_used``
    by source and in sum; ``shortfall``; ``curtailed`` (simulated).  A store is available with its power and
    with the room it has at the start of the hour.  The exchange of an area counts as used, as it was.

    The sheet has one row per month, moment and area: load, wind and sun available, thermal minimum, forced hydro,
    imports after their flexible reduction; pumping, charging (net) and export as simulated; ``margin_mw`` = load +
    pumping + charging + export less what has to be taken; curtailed as simulated.  ``..._possible_mw``: the same with
    what the stores could take in that hour alone; what lies between is energy they had to keep room for. [MW]
    """
    moments = moments[moments["moment"].isin(REGULATION_MOMENTS)]
    ranges = _ranges(network, dispatch)
    long, wide = [], []
    for moment in records(moments):
        k = int(dispatch.index.get_indexer(pd.DatetimeIndex([moment.time]))[0])
        head = {"month": moment.month, "moment": moment.moment, "time": moment.time}
        found = {area: _one(frame.iloc[k], ranges, area, k) for area, frame in balances.items()}
        if len(found) > 1:
            found[BOTH] = _sum(list(found.values()))
        for area, values in found.items():
            done = _finished(values)
            long += [{**head, "area": area, "item": i, "source": s, "p_mw": p} for (i, s), p in done.items()]
            wide.append({**head, "area": area, **_sheet(done)})
    return (
        pd.DataFrame(long, columns=COLUMNS),
        pd.DataFrame(wide, columns=["month", "moment", "time", "area", *WIDE]),
    )


Values = dict[tuple[str, str], float]


def _ranges(network: Network, dispatch: Dispatch) -> dict[tuple[str, str], dict[str, np.ndarray]]:
    """(area, source) -> ends of the range, what could be done and what was done, (time,). [MW]"""
    out: dict[tuple[str, str], dict[str, np.ndarray]] = {}

    def add(area: str, source: str, name: str, values: np.ndarray) -> None:
        group = out.setdefault((area, source), {})
        group[name] = group[name] + values if name in group else values

    room = _room_mw(dispatch)
    for flow in dispatch.system.flows:
        if flow.role not in (*OUTPUT, "reduced", "charge"):
            continue
        areas = unit_areas(network, flow.device, pd.Index(flow.names))
        for i, name in enumerate(flow.names):
            area, low, high = str(areas[name]), flow.lower_mw[:, i], flow.upper_mw[:, i]
            if flow.role in OUTPUT:
                add(area, flow.device, "top", high)
                add(area, flow.device, "bottom", low)
            else:
                add(area, flow.device, "could", np.minimum(high, room[name]) if name in room else high)
    for key, frame in {**dispatch.flow_mw, **dispatch.fixed_mw}.items():
        device, role = key.split(".")
        if role not in DONE and role not in RESORTS:
            continue
        areas = unit_areas(network, device, frame.columns)
        word, sign = DONE.get(role, ("did", 1.0))
        for name in frame.columns:
            add(str(areas[name]), RESORTS.get(role, device), word, sign * frame[name].to_numpy())
    return out


def _room_mw(dispatch: Dispatch) -> dict[str, np.ndarray]:
    """Charging power that fills each store within one step from what it held at its start, (time,). [MW]"""
    stores = dispatch.system.stores
    held = np.vstack([dispatch.initial_mwh[list(stores.names)], dispatch.energy_mwh[list(stores.names)]])[:-1]
    room = (stores.max_energy_mwh - held) / (stores.efficiency_charge_pu * dispatch.system.step_h)
    return {name: np.maximum(room[:, i], 0.0) for i, name in enumerate(stores.names)}


def _one(
    balance: pd.Series, ranges: Mapping[tuple[str, str], Mapping[str, np.ndarray]], area: str, step: int
) -> Values:
    """Values of one area at one step."""
    curtailed = float(sum(balance[f"curtailed_{c}"] for c in RENEWABLES))
    renewables = float(sum(balance[c] for c in RENEWABLES)) + curtailed
    out: Values = {
        ("load", ""): float(balance["load"]),
        ("renewables", ""): renewables,
        ("curtailed", ""): curtailed,
        ("down_used", "unserved"): -float(balance["unserved"]),
        ("down_used", "exchange"): -float(balance["exchange"]),
        ("down_available", "exchange"): -float(balance["exchange"]),
    }
    required = renewables - out["load", ""]
    for (where, source), values in ranges.items():
        if where != area:
            continue
        at = {name: float(v[step]) for name, v in values.items()}
        if "top" in at:
            required += at["top"]
            out["top", source], out["bottom", source] = at["top"], at["bottom"]
            out["down_available", source] = at["top"] - at["bottom"]
            out["down_used", source] = at["top"] - at["output"]
        else:
            required += at.get("schedule", 0.0)
            out["top", source] = at.get("schedule", 0.0)
            out["down_available", source] = at.get("could", 0.0)
            out["down_used", source] = at.get("did", 0.0)
    out["required", ""] = required
    return out


def _sum(parts: list[Values]) -> Values:
    keys = dict.fromkeys(key for values in parts for key in values)
    total = {key: sum(values.get(key, 0.0) for values in parts) for key in keys}
    # what one area sends the other takes: all together exchange nothing
    return {key: 0.0 if key[1] == "exchange" else value for key, value in total.items()}


def _finished(values: Values) -> Values:
    """With sums over sources and what is missing."""
    out = dict(values)
    for item in ("down_available", "down_used"):
        out[item, ""] = sum(p for (i, s), p in values.items() if i == item and s)
    out["shortfall", ""] = max(0.0, out["required", ""] - out["down_available", ""])
    return out


def _sheet(values: Values) -> dict[str, float]:
    """One row as a planning report prints it."""
    stores = ("pumped_storage", "battery")
    used, could = ([values.get((item, s), 0.0) for s in stores] for item in ("down_used", "down_available"))
    fixed = {
        "load_mw": values["load", ""],
        "wind_solar_mw": values["renewables", ""],
        "thermal_min_mw": values.get(("bottom", "thermal"), 0.0),
        "hydro_forced_mw": values.get(("bottom", "hydro"), 0.0),
        "imports_mw": values.get(("top", "external"), 0.0) - values.get(("down_available", "external"), 0.0),
    }
    possible = values["down_available", ""] - values["required", ""]
    return {
        **fixed,
        "pumping_mw": used[0],
        "charging_mw": used[1],
        "export_mw": values["down_used", "exchange"],
        "margin_mw": possible - sum(could) + sum(used),
        "curtailed_mw": values["curtailed", ""],
        "pumping_possible_mw": could[0],
        "charging_possible_mw": could[1],
        "margin_possible_mw": possible,
    }

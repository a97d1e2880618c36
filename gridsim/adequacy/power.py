"""Power balance (电力平衡): what is needed and what may be counted on at the typical moments of each month.

need      = load + reserve
installed = maintenance + forced + auxiliary + constrained + credited     (every source)
available = sum of what is credited, imports included
surplus   = available - need
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from gridsim.adequacy.moments import BOTH, POWER_MOMENTS
from gridsim.balance import unit_areas
from gridsim.devices import RENEWABLES
from gridsim.devices.capacity import CAPACITIES, Capacity, largest_loss_mw
from gridsim.network import Network
from gridsim.options import BalanceOptions
from gridsim.profiles import Profiles
from gridsim.rows import records

#: parts of what is installed that cannot be counted on, and what can
PARTS = ("maintenance", "forced", "auxiliary", "constrained", "credited")
#: hours of the day in which the credit of sun at noon counts, first and past-last
NOON = (10, 16)
COLUMNS = ["month", "moment", "time", "area", "item", "source", "p_mw"]


def power_balance(
    network: Network,
    profiles: Profiles,
    balances: Mapping[str, pd.DataFrame],
    moments: pd.DataFrame,
    options: BalanceOptions,
) -> pd.DataFrame:
    """Long table month, moment, time, area, item, source, p_mw.

    Items: ``load``, ``reserve``, ``need``; ``installed``, ``maintenance``, ``forced``, ``auxiliary``, ``constrained``,
    ``credited`` by source and, with an empty source, in sum (``installed`` without imports); ``available``,
    ``surplus``; ``import_limit`` of the sections between areas, for information.  The area ``both`` is the sum of all.

    Parameters
    ----------
    network : Network
    profiles : Profiles
    balances : mapping of area to DataFrame (time, item)
        From :func:`gridsim.balance.balance_by_area`, for the load.
    moments : DataFrame
        From :func:`gridsim.adequacy.moments.typical_moments`.
    options : BalanceOptions
    """
    moments = moments[moments["moment"].isin(POWER_MOMENTS)].reset_index(drop=True)
    index = pd.DatetimeIndex(profiles.index)
    at = index.get_indexer(pd.DatetimeIndex(moments["time"])) if len(moments) else np.zeros(0, dtype=int)
    parts = _by_area_and_source(network, profiles, at, options)
    loads = {area: frame["load"].to_numpy()[at] for area, frame in balances.items()}
    reserve = _reserve(network, loads, options)
    limit = _import_limit(network, list(balances))
    rows = []
    for k, moment in enumerate(records(moments)):
        head = {"month": moment.month, "moment": moment.moment, "time": moment.time}
        found: dict[str, dict[tuple[str, str], float]] = {}
        for area in balances:
            values = {("load", ""): loads[area][k], ("reserve", ""): reserve[area][k]}
            values |= {(part, source): v[k] for (a, source, part), v in parts.items() if a == area}
            found[area] = _with_sums(values)
        if len(found) > 1:
            found[BOTH] = {key: sum(found[a].get(key, 0.0) for a in balances) for key in _keys(found)}
        for area, values in found.items():
            values |= {("import_limit", ""): limit[area]} if area in limit else {}
            rows += [{**head, "area": area, "item": i, "source": s, "p_mw": p} for (i, s), p in values.items()]
    return pd.DataFrame(rows, columns=COLUMNS)


def _keys(found: Mapping[str, Mapping[tuple[str, str], float]]) -> list[tuple[str, str]]:
    return list(dict.fromkeys(key for values in found.values() for key in values))


def _with_sums(values: dict[tuple[str, str], float]) -> dict[tuple[str, str], float]:
    """Values of one area with need, sums over sources, what is available and the surplus."""
    out = dict(values)
    out["need", ""] = out["load", ""] + out["reserve", ""]
    for part in ("installed", *PARTS):
        own = [v for (p, s), v in values.items() if p == part and not (part == "installed" and s == "imports")]
        out[part, ""] = float(sum(own))
    # the rating of a link is not capacity of the area: what it does not bring is not constrained capacity
    out["constrained", ""] -= values.get(("constrained", "imports"), 0.0)
    out["available", ""] = out["credited", ""]
    out["surplus", ""] = out["available", ""] - out["need", ""]
    return out


def _by_area_and_source(
    network: Network, profiles: Profiles, at: np.ndarray, options: BalanceOptions
) -> dict[tuple[str, str, str], np.ndarray]:
    """(area, source, part) -> value at each moment, with the part ``installed`` and all of :data:`PARTS`. [MW]"""
    out: dict[tuple[str, str, str], np.ndarray] = {}
    for make in CAPACITIES:
        capacity = make(network.tables, profiles, at)
        areas = unit_areas(network, capacity.device, pd.Index(capacity.names))
        groups: dict[tuple[str, str], list[int]] = {}
        for k, (name, source) in enumerate(zip(capacity.names, capacity.source)):
            groups.setdefault((str(areas[name]), source), []).append(k)
        for (area, source), units in groups.items():
            values = _parts(capacity, units, profiles, at, options)
            for part, v in values.items():
                out[area, source, part] = out.get((area, source, part), np.zeros(len(at))) + v
    return out


def _parts(
    capacity: Capacity, units: list[int], profiles: Profiles, at: np.ndarray, options: BalanceOptions
) -> dict[str, np.ndarray]:
    installed, maintenance, forced, auxiliary = (
        a[:, units].sum(axis=1)
        for a in (capacity.installed_mw, capacity.maintenance_mw, capacity.forced_mw, capacity.auxiliary_mw)
    )
    if capacity.credited_mw is None:
        names = [capacity.names[k] for k in units]
        credited = _renewable_credit(capacity.device, names, installed, profiles, at, options)
    else:
        credited = capacity.credited_mw[:, units].sum(axis=1)
    constrained = installed - maintenance - forced - auxiliary - credited
    values = dict(zip(PARTS, (maintenance, forced, auxiliary, constrained, credited)))
    return {"installed": installed, **values}


def _renewable_credit(
    device: str,
    names: list[str],
    installed_mw: np.ndarray,
    profiles: Profiles,
    at: np.ndarray,
    options: BalanceOptions,
) -> np.ndarray:
    """What may be counted on of all wind or all sun of an area at each moment (置信容量). [MW]

    ``assumed``: a share of what is installed.  ``simulated``: what the plants together exceed in
    ``guarantee_percent`` of the hours within one hour of the moment's time of day, over all days of its month.
    """
    index = pd.DatetimeIndex(profiles.index)
    hour = np.asarray(index.hour)
    if options.credit == "assumed":
        share = {c: getattr(options, f"{c}_capacity_credit_pu") for c in RENEWABLES}[device]
        noon = (hour[at] >= NOON[0]) & (hour[at] < NOON[1])
        share = np.where(noon, getattr(options, f"{device}_noon_capacity_credit_pu"), share)
        return share * installed_mw
    total = profiles.available_mw[names].to_numpy().sum(axis=1)
    out = np.zeros(len(at))
    for k, step in enumerate(at):
        near = np.abs((hour - hour[step] + 12) % 24 - 12) <= 1
        sample = total[near & (index.month == index[step].month)]
        out[k] = np.quantile(sample, 1.0 - options.guarantee_percent / 100.0)
    return np.minimum(out, installed_mw)


def _reserve(network: Network, loads: Mapping[str, np.ndarray], options: BalanceOptions) -> dict[str, np.ndarray]:
    """Load reserve and accident reserve by area; the latter is at least the largest loss, shared by load. [MW]"""
    largest = max(largest_loss_mw(network.tables).values(), default=0.0)
    total = np.maximum(sum(loads.values()), 1e-9)
    out = {}
    for area, load in loads.items():
        accident = np.maximum(options.accident_reserve_percent / 100.0 * load, largest * load / total)
        out[area] = options.load_reserve_percent / 100.0 * load + accident
    return out


def _import_limit(network: Network, areas: list[str]) -> dict[str, float]:
    """What the tie sections let into each of two areas; export of the detailed area is the positive direction. [MW]"""
    tie = network["section"][network["section"]["kind"] == "tie"]
    kinds = network["area"].set_index("name")["kind"]
    if not len(tie) or len(areas) != 2:
        return {}
    return {
        area: float(-tie["min_p_mw"].sum() if kinds[area] == "detailed" else tie["max_p_mw"].sum()) for area in areas
    }

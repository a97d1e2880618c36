"""The two editions of DL/T 2041, zone by zone; the formulas stand in :mod:`gridsim.equipment.dlt2041`."""

from __future__ import annotations

import numpy as np
import pandas as pd

from gridsim.equipment.injections import Injections
from gridsim.equipment.options import EquipmentOptions
from gridsim.equipment.supply import Supply
from gridsim.weather.calendar import day_types, days_of

#: reverse load rate from which a zone is red (2019). [%]
RED_PERCENT = 80.0
#: from which voltage on feeding back makes a zone red in the edition of 2019. [kV]
BACK_FEED_KV = 220.0
#: hours of the day among which the typical moment is looked for
NOON_H = (10, 15)
#: months of spring and autumn
MILD_MONTHS = (3, 4, 5, 9, 10, 11)
#: distributed generation below this is none. [MW]
_NOTHING_MW = 1e-6


def edition_2019(supply: Supply, whole: Injections, options: EquipmentOptions) -> pd.DataFrame:
    """Reverse load rate, additional power and grade of each zone of a level on its own, from the zones' sums."""
    zones, at = supply.zones, whole.in_months(options.months)
    sn = zones["sn_mva"].to_numpy()
    rate = (at.distributed - (at.demand - at.other - at.stores)) / sn
    # an hour without distributed generation feeds back for another reason (wind at night)
    rate = np.where(at.distributed > _NOTHING_MW, rate, np.minimum(rate, 0.0))
    worst = rate.argmax(axis=0)
    highest = rate.max(axis=0)
    back = (supply.vn_kv >= BACK_FEED_KV) & (highest > 0.0)
    red = (100.0 * highest > RED_PERCENT) | back
    return _facts(supply).assign(
        connected_mw=at.connected, max_reverse_rate_percent=100.0 * highest,
        worst_time=at.index[worst].astype(str), additional_mw=np.maximum(0.0, (1.0 - highest) * sn * options.margin_pu),
        back_feed=back, own_grade=np.where(red, "red", np.where(highest > 0.0, "yellow", "green")),
    )  # fmt: skip


def edition_2025(supply: Supply, whole: Injections, options: EquipmentOptions) -> pd.DataFrame:
    """S_d as an interval, C1, C2 and grade of each zone of a level on its own, from the zones' sums."""
    zones = supply.zones
    at = whole.in_months(options.months)
    sn = zones["sn_mva"].to_numpy()
    typical = typical_moment(at, options.months or MILD_MONTHS)
    column = np.arange(len(zones))
    demand, other = at.demand[typical, column], at.other[typical, column]
    installed = whole.connected > 0.0
    highest = whole.distributed.max(axis=0, initial=0.0)
    tau = np.where(installed, highest / np.where(installed, whole.connected, 1.0), options.tau_max_pu)
    tau = np.maximum(tau, 1e-3)
    beta = np.full(len(zones), options.reverse_limit_pu)
    if supply.vn_kv in options.parallel_kv:
        several = zones["units"].to_numpy() > 1
        beta = np.where(several, np.minimum(beta, 1.0 - zones["largest_mva"].to_numpy() / sn), beta)
    low, high = (
        _open_mw(demand - other + beta * sn * options.cos_phi, whole.charging, tau, share, options)
        for share in (options.storage_min_pu, options.storage_max_pu)
    )
    c1 = low - whole.connected
    c2 = c1 - whole.registered
    return _facts(supply).assign(
        typical_time=at.index[typical].astype(str), demand_mw=demand, other_mw=other, reverse_limit_pu=beta,
        storage_mw=whole.charging, tau_max_pu=tau, capacity_mw=low, capacity_high_mw=high, connected_mw=whole.connected,
        c1_mw=c1, registered_mw=whole.registered, c2_mw=c2, own_grade=grade_of(c1, c2),
    )  # fmt: skip


def grade_of(c1_mw: np.ndarray, c2_mw: np.ndarray) -> np.ndarray:
    """Red without room beside what is connected, yellow without room beside what is registered, green otherwise."""
    return np.where(c1_mw <= 0.0, "red", np.where(c2_mw <= 0.0, "yellow", "green"))


def _open_mw(
    fixed: np.ndarray, charging: np.ndarray, tau: np.ndarray, share_pu: float, options: EquipmentOptions
) -> np.ndarray:
    """S_d with a share of the stores' charging power, dP inside the fraction or after it. [MW]"""
    new = share_pu * options.new_storage_mw
    inside, after = (new, 0.0) if options.new_storage == "inside" else (0.0, new)
    return np.maximum(0.0, (fixed + share_pu * charging + inside) / tau + after)


def _facts(supply: Supply) -> pd.DataFrame:
    columns = ["zone", "county", "units", "sn_mva", "superior"]
    return supply.zones[columns].assign(vn_kv=supply.vn_kv)[["zone", "county", "vn_kv", "units", "sn_mva", "superior"]]


def typical_moment(at: Injections, months: tuple[int, ...]) -> np.ndarray:
    """Step of the typical moment of every zone: a working day's noon in the months, most distributed generation."""
    days = days_of(at.index)
    day = day_types(days)[days.get_indexer(at.index.normalize())]
    hour = np.asarray(at.index.hour)
    wanted = np.isin(at.index.month, months) & (day == "workday") & (hour >= NOON_H[0]) & (hour < NOON_H[1])
    steps = np.flatnonzero(wanted) if wanted.any() else np.arange(len(at.index))
    return steps[at.distributed[steps].argmax(axis=0)]

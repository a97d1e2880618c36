"""Energy balance (电量平衡) by month: what feeds each area adds up to what it takes, exactly."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from gridsim.adequacy.moments import BOTH
from gridsim.balance import TAKEN, silent_items, unit_areas
from gridsim.devices.capacity import CAPACITIES
from gridsim.dispatch import Dispatch
from gridsim.network import Network
from gridsim.profiles import Profiles
from gridsim.units import energy_mwh, step_hours

COLUMNS = ["month", "area", "item", "side", "energy_gwh", "max_mw", "utilisation_h"]


def monthly_energy(
    network: Network, profiles: Profiles, dispatch: Dispatch, balances: Mapping[str, pd.DataFrame]
) -> pd.DataFrame:
    """Long table month, area, item, side, energy_gwh, max_mw, utilisation_h.

    Side ``supply`` less side ``draw`` is zero in every month and area.  ``memo`` rows stand beside the sum: what was
    curtailed and spilled, loss and change of the stores, thermal energy gross of auxiliaries.  ``utilisation_h`` is
    energy over installed capacity.
    """
    frames = dict(balances)
    memos = _memos(network, dispatch, balances)
    if len(frames) > 1:
        frames[BOTH] = sum(balances.values())  # type: ignore[assignment]
        memos[BOTH] = sum(memos[a] for a in balances)  # type: ignore[assignment]
    installed = _installed(network, profiles, list(balances))
    parts = []
    for area, frame in frames.items():
        supply = [c for c in frame.columns if c not in (*TAKEN, *silent_items())]
        sides = {**dict.fromkeys(supply, "supply"), **dict.fromkeys(TAKEN, "draw")}
        whole = pd.concat([frame, memos[area]], axis=1)
        step = step_hours(pd.DatetimeIndex(whole.index))
        month = pd.DatetimeIndex(whole.index).month
        energy = energy_mwh(whole, step).groupby(month).sum() / 1e3
        largest = whole.groupby(month).max()
        for item in whole.columns:
            mw = installed.get((area, item), np.nan)
            rows = {
                "month": energy.index, "area": area, "item": item, "side": sides.get(item, "memo"),
                "energy_gwh": energy[item].to_numpy(), "max_mw": largest[item].to_numpy(),
                "utilisation_h": 1e3 * energy[item].to_numpy() / mw if mw else np.nan,
            }  # fmt: skip
            parts.append(pd.DataFrame(rows))
    return pd.concat(parts, ignore_index=True)[COLUMNS]


def _installed(network: Network, profiles: Profiles, areas: list[str]) -> dict[tuple[str, str], float]:
    """(area, item) -> installed capacity; both areas too. [MW]"""
    out: dict[tuple[str, str], float] = {}
    for make in CAPACITIES:
        capacity = make(network.tables, profiles, np.zeros(1, dtype=int))
        where = unit_areas(network, capacity.device, pd.Index(capacity.names))
        for name, source, mw in zip(capacity.names, capacity.source, capacity.installed_mw[0]):
            for area in {str(where[name]), BOTH}:
                out[area, source] = out.get((area, source), 0.0) + float(mw)
    return out


def _memos(network: Network, dispatch: Dispatch, balances: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """What stands beside the balance, by area (time, item): spill, store loss and change, gross thermal output. [MW]"""
    step = step_hours(dispatch.index)
    out = {a: pd.DataFrame(0.0, index=dispatch.index, columns=list(MEMOS)) for a in balances}
    before = dispatch.energy_mwh.shift(1)
    if len(before):
        before.iloc[0] = dispatch.initial_mwh[before.columns].to_numpy()
    change = (dispatch.energy_mwh - before) / step
    for key, frame in {**dispatch.flow_mw}.items():
        device, role = key.split(".")
        if role not in ("spilled", "charge", "discharge", "generated"):
            continue
        areas = unit_areas(network, device, frame.columns)
        table = network[device].set_index("name")
        for name in frame.columns:
            memo, power = out[str(areas[name])], frame[name].to_numpy()
            if role == "spilled":
                memo["spilled"] += power
            elif role == "generated":
                net = 1.0 - float(table["auxiliary_percent"].get(name, 0.0)) / 100.0
                memo["thermal_gross"] += power / net
                memo["auxiliary"] += power / net - power
            else:
                memo["storage_loss"] += power if role == "charge" else -power
                if role == "charge":
                    memo["storage_change"] += change[name].to_numpy()
                    memo["storage_loss"] -= change[name].to_numpy()
    _with_water(network, dispatch, out)
    return out


def _with_water(network: Network, dispatch: Dispatch, memos: dict[str, pd.DataFrame]) -> None:
    """Natural inflow of the stores less what overflows; what comes by itself and does not come out is lost, too."""
    stores = dispatch.system.stores
    for k, (name, device) in enumerate(zip(stores.names, stores.device)):
        water = stores.inflow_mw[:, k].copy()
        over = dispatch.flow_mw.get(f"{device}.overflow")
        if over is not None and name in over:
            water -= over[name].to_numpy()
        memo = memos[str(unit_areas(network, device, pd.Index([name]))[name])]
        memo["storage_inflow"] += water
        memo["storage_loss"] += water


#: items beside the balance
MEMOS = ("spilled", "storage_loss", "storage_change", "storage_inflow", "thermal_gross", "auxiliary")

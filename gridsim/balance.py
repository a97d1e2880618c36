"""Balances: what fed and what drew on each area, hour by hour, by month and over the year."""

from __future__ import annotations

import numpy as np
import pandas as pd

from gridsim.devices import BALANCE_ITEMS, CARRIER_ITEMS, RENEWABLES, STORAGES
from gridsim.dispatch import Dispatch
from gridsim.network import Network
from gridsim.units import energy_mwh, step_hours

#: items that draw on an area
TAKEN = ("load", "pumped_storage_pumping", "battery_charging", "must_run_cut")
#: must-run output cut by less than this is rounding [MW]
SMALLEST_CUT_MW = 1e-3


def unit_areas(network: Network, device: str, names: pd.Index) -> pd.Series:
    """Area of each unit of a device; shedding is named by area already."""
    areas = network["area"].set_index("name")
    if set(names) <= set(areas.index):
        return pd.Series(names, index=names)
    detailed = network["area"].loc[network["area"]["kind"] == "detailed", "name"].iloc[0]
    return network[device].set_index("name")["area"].reindex(names).fillna(detailed)


def _items(network: Network, key: str, names: pd.Index) -> tuple[pd.Series, float]:
    if key in BALANCE_ITEMS:
        item, sign = BALANCE_ITEMS[key]
        return pd.Series(item, index=names), sign
    device = key.split(".")[0]
    return network[device].set_index("name")["carrier"].reindex(names).map(CARRIER_ITEMS), 1.0


def balance_by_area(network: Network, dispatch: Dispatch) -> dict[str, pd.DataFrame]:
    """Area -> (time, item), magnitudes; wind and solar as used, ``exchange`` positive into the area. [MW]"""
    parts: dict[tuple[str, str], np.ndarray] = {}
    for key, frame in {**dispatch.fixed_mw, **dispatch.flow_mw}.items():
        areas = unit_areas(network, key.split(".")[0], frame.columns)
        items, sign = _items(network, key, frame.columns)
        for name in frame.columns:
            where = (str(areas[name]), str(items[name]))
            parts[where] = parts.get(where, 0.0) + sign * frame[name].to_numpy()
    wanted = list(dict.fromkeys([*(i for i, _ in BALANCE_ITEMS.values()), *CARRIER_ITEMS.values()]))
    out = {}
    for area in network["area"]["name"]:
        zero = np.zeros(len(dispatch.index))
        frame = pd.DataFrame({i: parts.get((area, i), zero) for i in wanted}, index=dispatch.index)
        for carrier in RENEWABLES:
            frame[carrier] = frame[carrier] - frame[f"curtailed_{carrier}"]
        frame["exchange"] = -_net(frame)
        out[str(area)] = frame
    return out


def _net(frame: pd.DataFrame) -> pd.Series:
    """Generation less demand of an area, without the exchange."""
    given = [c for c in frame.columns if c not in (*TAKEN, *silent_items())]
    return frame[given].sum(axis=1) - frame[list(TAKEN)].sum(axis=1)


def silent_items() -> tuple[str, ...]:
    """Items that stand beside the balance and neither feed nor draw: what was curtailed."""
    return tuple(f"curtailed_{c}" for c in RENEWABLES)


def hourly_balance(balances: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Long table time, area, item, p_mw."""
    parts = []
    for area, frame in balances.items():
        long = frame.rename_axis("time").reset_index().melt(id_vars="time", var_name="item", value_name="p_mw")
        parts.append(long.assign(area=area))
    out = pd.concat(parts, ignore_index=True)[["time", "area", "item", "p_mw"]]
    return out.astype({"area": "category", "item": "category"})


def _energy_gwh(frame: pd.DataFrame) -> pd.DataFrame:
    return energy_mwh(frame, step_hours(pd.DatetimeIndex(frame.index))) / 1e3


def by_source(balance: pd.DataFrame) -> pd.DataFrame:
    """An area's balance with few columns, in the unit of what is given.

    Columns load, thermal, hydro, imports, wind, solar, storage (net out of the stores), exchange (into the area),
    unserved, curtailed; ``balance`` as in :func:`balance_by_area`.
    """
    storage = balance["pumped_storage_generating"] + balance["battery_discharging"]
    storage = storage - balance["pumped_storage_pumping"] - balance["battery_charging"]
    return pd.DataFrame(
        {
            "load": balance["load"],
            "thermal": balance[list(dict.fromkeys(CARRIER_ITEMS.values()))].sum(axis=1),
            "hydro": balance["hydro"],
            "imports": balance["imports"],
            **{c: balance[c] for c in RENEWABLES},
            "storage": storage,
            "exchange": balance["exchange"],
            "unserved": balance["unserved"],
            "curtailed": balance[[f"curtailed_{c}" for c in RENEWABLES]].sum(axis=1),
        }
    )


def province_table(balance: pd.DataFrame) -> pd.DataFrame:
    """The node area by month: load, thermal, hydro, imports, wind, sun, storage, exchange, curtailed, rate."""
    energy = _energy_gwh(balance)
    monthly = by_source(energy.groupby(pd.DatetimeIndex(energy.index).month).sum())
    available = monthly[list(RENEWABLES)].sum(axis=1) + monthly["curtailed"]
    rate = {"curtailment_percent": 100.0 * monthly["curtailed"] / available}
    return monthly.add_suffix("_gwh").assign(**rate).rename_axis("month").reset_index()


def energy_balance(balances: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Energy of each item over the year: area, item, energy_gwh, max_mw."""
    rows = []
    for area, frame in balances.items():
        energy = _energy_gwh(frame).sum()
        rows.append(
            pd.DataFrame(
                {"area": area, "item": energy.index, "energy_gwh": energy.to_numpy(), "max_mw": frame.max().to_numpy()}
            )
        )
    return pd.concat(rows, ignore_index=True)


def storage_table(network: Network, dispatch: Dispatch) -> pd.DataFrame:
    """Energy charged, discharged and lost by each store of both areas, full cycles, steps of both at once."""
    rows = []
    step = step_hours(dispatch.index)
    for device in STORAGES:
        table = network[device]
        if not len(table):
            continue
        charge, discharge = dispatch.flow_mw[f"{device}.charge"], dispatch.flow_mw[f"{device}.discharge"]
        into, out = energy_mwh(charge.sum(), step) / 1e3, energy_mwh(discharge.sum(), step) / 1e3
        names = list(table["name"])
        none = pd.DataFrame(0.0, index=dispatch.index, columns=names)
        overflow = energy_mwh(dispatch.flow_mw.get(f"{device}.overflow", none).sum(), step)[names].to_numpy() / 1e3
        hours = step * len(dispatch.index)
        inflow = hours * (table["inflow_mw"].to_numpy() if "inflow_mw" in table else np.zeros(len(table))) / 1e3
        stored = (dispatch.energy_mwh[names].iloc[-1] - dispatch.initial_mwh[names]) / 1e3
        rows.append(
            pd.DataFrame(
                {
                    "storage": names,
                    "device": device,
                    "county": table["county"].to_numpy(),
                    "charge_gwh": into[names].to_numpy(),
                    "discharge_gwh": out[names].to_numpy(),
                    "inflow_gwh": inflow,
                    "overflow_gwh": overflow,
                    "loss_gwh": (into - out)[names].to_numpy() + inflow - overflow - stored.to_numpy(),
                    "cycles": 1e3 * out[names].to_numpy() / table["energy_mwh"].to_numpy(),
                    "simultaneous_h": step * (np.minimum(charge, discharge)[names] > 1e-3).sum().to_numpy(),
                }
            )
        )
    columns = ["storage", "device", "county", "charge_gwh", "discharge_gwh", "inflow_gwh", "overflow_gwh"]
    columns += ["loss_gwh", "cycles", "simultaneous_h"]
    return pd.concat(rows, ignore_index=True) if rows else pd.DataFrame(columns=columns)


def must_run_cut_table(network: Network, dispatch: Dispatch) -> pd.DataFrame:
    """Units whose must-run output was cut: unit, device, area, county, energy_gwh, max_mw, hours, worst_time.

    Committed plant below its minimum, and wind and sun that are not controllable: the last resort in a surplus.
    """
    step, rows = step_hours(dispatch.index), []
    for key, frame in dispatch.flow_mw.items():
        device, role = key.split(".")
        if role != "must_run_cut":
            continue
        facts = network[device].set_index("name")
        areas = unit_areas(network, device, frame.columns)
        for name in frame.columns[frame.to_numpy().max(axis=0, initial=0.0) > SMALLEST_CUT_MW]:
            cut = frame[name]
            rows.append(
                {
                    "unit": name,
                    "device": device,
                    "area": areas[name],
                    "county": facts["county"].get(name),
                    "energy_gwh": float(energy_mwh(cut.sum(), step)) / 1e3,
                    "max_mw": float(cut.max()),
                    "hours": step * int((cut > SMALLEST_CUT_MW).sum()),
                    "worst_time": str(cut.idxmax()),
                }
            )
    columns = ["unit", "device", "area", "county", "energy_gwh", "max_mw", "hours", "worst_time"]
    return pd.DataFrame(rows, columns=columns).sort_values("energy_gwh", ascending=False, ignore_index=True)


def hourly_storage(dispatch: Dispatch) -> pd.DataFrame:
    """Long table time, storage, charge_mw, discharge_mw, energy_mwh."""
    parts = []
    for device in STORAGES:
        charge = dispatch.flow_mw.get(f"{device}.charge")
        if charge is None:
            continue
        discharge = dispatch.flow_mw[f"{device}.discharge"]
        for name in charge.columns:
            parts.append(
                pd.DataFrame(
                    {
                        "time": dispatch.index,
                        "storage": name,
                        "charge_mw": charge[name].to_numpy(),
                        "discharge_mw": discharge[name].to_numpy(),
                        "energy_mwh": dispatch.energy_mwh[name].to_numpy(),
                    }
                )
            )
    columns = ["time", "storage", "charge_mw", "discharge_mw", "energy_mwh"]
    return (
        pd.concat(parts, ignore_index=True).astype({"storage": "category"}) if parts else pd.DataFrame(columns=columns)
    )

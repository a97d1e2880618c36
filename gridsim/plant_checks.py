"""Independent checks of what plant can do in time: ramps, and the spinning reserve it holds.

Written from tables, profiles and results, not from the LP; see :mod:`gridsim.checks`.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from gridsim.checks import Check, length_h, worst
from gridsim.devices import RENEWABLES
from gridsim.dispatch import Dispatch
from gridsim.network import Network
from gridsim.options import DispatchOptions
from gridsim.profiles import Profiles


def check_plant(network: Network, profiles: Profiles, dispatch: Dispatch, options: DispatchOptions) -> list[Check]:
    """Ramps between steps; reserve required and held, worked out again; shortage where it falls short.

    Parameters
    ----------
    network, profiles, dispatch
    options : DispatchOptions
        Those of the dispatch: shares of the reserve, shift of the minimum output.
    """
    plant = [
        _plant(network, profiles, dispatch, key, options) for key in dispatch.flow_mw if key.endswith(".generated")
    ]
    ramps = [
        worst("change of output inside the ramps [MW]", p.over_ramp(length_h(dispatch.index)), 1e-2) for p in plant
    ]
    return ramps + (_reserve(network, profiles, dispatch, options, plant) if options.reserve.imposed else [])


class _Plant:
    """Power, units on, capacity and minimum of committed plant, (time, unit)."""

    def __init__(self, table: pd.DataFrame, power: pd.DataFrame, online: pd.DataFrame, minimum: pd.DataFrame):
        unit = (
            table["max_p_mw"] / table["units"] * (1.0 - table["auxiliary_percent"] / 100.0) * table["availability_pu"]
        )
        self.table, self.power, self.on = table, power, online
        self.unit, self.minimum = unit[power.columns], minimum

    def over_ramp(self, step_h: float) -> pd.DataFrame:
        """Change of output beyond ramp * units on in both steps + minimum of the units started or stopped."""
        change, before = self.power.diff().iloc[1:], self.on.shift(1)
        both = self.on.where(self.on <= before, before).iloc[1:] * self.unit * step_h / 100.0
        switched = (self.on - before).iloc[1:]
        least = self.on * self.minimum * self.unit
        out = 0.0 * change
        for sign, column, by in ((1.0, "ramp_up_percent_per_h", 0), (-1.0, "ramp_down_percent_per_h", 1)):
            limited = [n for n in self.power.columns if pd.notna(self.table[column][n])]
            jump = self.unit * self.minimum.shift(by).iloc[1:] * (sign * switched).clip(lower=0.0)
            most = (both * self.table[column].astype(float)[self.power.columns] + jump)[limited]
            if sign > 0:
                rising = least.diff().iloc[1:][limited]
                most = most.where(most >= rising, rising)  # a minimum that rises may be followed
            out[limited] += (sign * change[limited] - most).clip(lower=0.0)
        return out

    def held_mw(self) -> tuple[pd.Series, pd.Series]:
        """Up to the capacity that is on, down to its minimum. [MW]"""
        capacity = self.on * self.unit
        return (capacity - self.power).sum(axis=1), (self.power - capacity * self.minimum).sum(axis=1)


def _plant(network: Network, profiles: Profiles, dispatch: Dispatch, key: str, options: DispatchOptions) -> _Plant:
    table, power = network[key.split(".")[0]].set_index("name"), dispatch.flow_mw[key]
    online = dispatch.online[power.columns].reindex(power.index, method="ffill")
    minimum = pd.DataFrame({n: np.full(len(power), table["min_p_pu"][n]) for n in power.columns}, index=power.index)
    for name in profiles.thermal_min_pu.columns:
        minimum[name] = profiles.thermal_min_pu[name].to_numpy()
    shift = options.commitment.min_output_shift_points / 100.0
    coal = [n for n in power.columns if table["carrier"][n] == "coal"]
    minimum[coal] = (minimum[coal] + shift).clip(lower=0.0, upper=1.0)
    return _Plant(table, power, online, minimum)


def _reserve(
    network: Network, profiles: Profiles, dispatch: Dispatch, options: DispatchOptions, plant: list[_Plant]
) -> list[Check]:
    rule, counted = options.reserve, options.reserve.curtailment_credit_pu
    up, down = pd.Series(0.0, dispatch.index), pd.Series(0.0, dispatch.index)
    for part in plant:
        more, less = part.held_mw()
        up, down = up + more, down + less
    curtailed, released = dispatch.role("curtailed"), dispatch.role("released")
    up += (profiles.hydro_max_mw[released.columns] - released).sum(axis=1) + dispatch.role("spilled").sum(axis=1)
    down += (released - profiles.hydro_min_mw[released.columns]).sum(axis=1)
    up += counted * curtailed.sum(axis=1)
    down += counted * (dispatch.controllable_mw[curtailed.columns] - curtailed).sum(axis=1)
    for key in [k for k in dispatch.flow_mw if k.endswith(".charge")]:
        more, less = _stores(network, dispatch, key.split(".")[0], rule.duration_h)
        up, down = up + more, down + less
    demand = profiles.demand_mw.sum(axis=1)
    need_up, need_down = rule.up_load_percent * demand, rule.down_load_percent * demand
    for device in RENEWABLES:
        available = profiles.available_mw[list(network[device]["name"])].sum(axis=1)
        need_up = need_up + getattr(rule, f"up_{device}_percent") * available
        need_down = need_down + getattr(rule, f"down_{device}_percent") * available
    need_up, need_down = need_up / 100.0, need_down / 100.0
    if rule.largest_unit:
        for part in plant:
            need_up = need_up.clip(lower=((part.on > 1e-9) * part.unit).max(axis=1))
    if rule.largest_pole and len(network["external"]):
        link = network["external"].set_index("name")
        pole = profiles.schedule_mw * (link["pole_mw"] / link["max_p_mw"])[profiles.schedule_mw.columns]
        need_up = need_up.clip(lower=pole.max(axis=1))
    table = dispatch.reserve
    told = pd.DataFrame({"up": table["up_held_mw"] - up, "down": table["down_held_mw"] - down})
    need = pd.DataFrame({"up": table["up_required_mw"] - need_up, "down": table["down_required_mw"] - need_down})
    missing = pd.DataFrame(
        {
            "up": (need_up - up - table["up_short_mw"]).clip(lower=0.0),
            "down": (need_down - down - table["down_short_mw"]).clip(lower=0.0),
        }
    )
    return [
        worst("reserve held, from tables and results [MW]", told, 1e-2),
        worst("reserve required, from tables and profiles [MW]", need, 1e-4),
        worst("reserve required is held or reported short [MW]", missing, 1e-2),
    ]


def _stores(network: Network, dispatch: Dispatch, device: str, duration_h: float) -> tuple[pd.Series, pd.Series]:
    """What stores give up and down: stop what they do, then what power and energy allow. [MW]"""
    charge, discharge = dispatch.flow_mw[f"{device}.charge"], dispatch.flow_mw[f"{device}.discharge"]
    names = list(charge.columns)
    table = network[device].set_index("name").loc[names]
    suffix = ("pump", "turbine") if "efficiency_pump_percent" in table else ("charge", "discharge")
    into, out = (table[f"efficiency_{s}_percent"] / 100.0 for s in suffix)
    usable = table.get("availability_pu", 1.0)
    give = table["max_p_mw"] * usable
    take = table["max_pump_mw"] * usable if "max_pump_mw" in table else give
    low = table["energy_mwh"] * (table["min_soc_percent"] / 100.0 if "min_soc_percent" in table else 0.0)
    high = table["energy_mwh"] * (table["max_soc_percent"] / 100.0 if "max_soc_percent" in table else 1.0)
    energy = dispatch.energy_mwh[names]
    up = charge + np.minimum(give - discharge, (energy - low) * out / duration_h)
    down = discharge + np.minimum(take - charge, (high - energy) / into / duration_h)
    return up.sum(axis=1), down.sum(axis=1)

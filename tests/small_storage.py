"""A wind farm, coal and a store at one place, and the same dispatch by hand: every choice, linprog for the rest."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import toy
from scipy.optimize import linprog

from gridsim.dispatch import Dispatch, solve_dispatch
from gridsim.network import Network
from gridsim.options import CommitmentOptions, DispatchOptions, Penalties, StorageOptions
from gridsim.profiles import Profiles

HERE = {"bus": "b", "county": "county"}
ALL_ON = CommitmentOptions(rule="all")


@dataclass(frozen=True)
class Place:
    """One bus: wind, demand and their series; coal from 0 to ``coal_mw``; one store, a plant or a battery.

    ``machines`` = 0 makes it a battery (``unit_mw`` its power), otherwise a pumped-storage plant of so many units of
    ``unit_mw`` for pumping and generating.
    """

    wind_mw: tuple[float, ...]
    demand_mw: tuple[float, ...]
    coal_mw: float = 100.0
    coal_cny: float = 300.0
    machines: int = 2
    unit_mw: float = 50.0
    min_p_pu: float = 0.0
    energy_mwh: float = 1000.0
    efficiency_in: float = 1.0
    efficiency_out: float = 0.5
    inflow_mw: float = 0.0
    end_value_cny: float = 0.0
    first_pu: float = 0.0
    wear_cny: float | None = None
    curtailment_cny: float = 200.0

    def build(self) -> tuple[Network, Profiles]:
        """The network and its profiles."""
        size = max(self.machines, 1) * self.unit_mw
        store = {**HERE, "name": "S", "energy_mwh": self.energy_mwh, "end_value_cny_per_mwh": self.end_value_cny}
        store["max_p_mw"] = size
        into, out = 100.0 * self.efficiency_in, 100.0 * self.efficiency_out
        if self.machines:
            store |= {"units": self.machines, "max_pump_mw": size, "min_p_pu": self.min_p_pu}
            store |= {"inflow_mw": self.inflow_mw, "efficiency_pump_percent": into, "efficiency_turbine_percent": out}
        else:
            store |= {"efficiency_charge_percent": into, "efficiency_discharge_percent": out}
        wind = {**HERE, "name": "W", "max_p_mw": 1000.0, "site": "s", "turbine": "t", "hub_height_m": 100.0}
        coal = {**HERE, "name": "C", "carrier": "coal", "max_p_mw": self.coal_mw, "min_p_pu": 0.0}
        network = toy.network(
            bus=[toy.bus("a"), toy.bus("b")],
            line=[toy.line("ab", "a", "b")],
            demand=[{"name": "d", "peak_mw": 100.0, "energy_gwh": 1.0}],
            load=[{"name": "L", "bus": "a", "county": "county", "demand": "d", "max_p_mw": 1000.0}],
            wind=[wind],
            thermal=[{**coal, "cost_cny_per_mwh": self.coal_cny}] if self.coal_mw else [],
            **{"pumped_storage" if self.machines else "battery": [store]},
        )
        series = {"available": {"W": self.wind_mw}, "demand": {"L": self.demand_mw}}
        return network, toy.profiles(network, len(self.wind_mw), **series)

    def options(self, pumping: str, gap_cny: float = 1e-3) -> DispatchOptions:
        """One window to an open end; nothing but coal, curtailment, wear and shedding costs."""
        return DispatchOptions(
            initial_energy_pu=self.first_pu,
            final_state="free",
            commitment=ALL_ON,
            penalties=Penalties(storage_wear_cny_per_mwh=self.wear_cny, curtailment_cny_per_mwh=self.curtailment_cny),
            storage=StorageOptions(pumping=pumping, gap_cny=gap_cny),
        )

    def solve(self, pumping: str, gap_cny: float = 1e-3) -> Dispatch:
        """The dispatch by gridsim."""
        network, profiles = self.build()
        return solve_dispatch(network, profiles, options=self.options(pumping, gap_cny))

    # -- by hand ----------------------------------------------------------------------------------------

    def _wear(self) -> float:
        if self.wear_cny is not None:
            return self.wear_cny
        return 1.05 * Penalties().hydro_spill_cny_per_mwh * (1.0 - self.efficiency_in * self.efficiency_out)

    def cost_cny(self, ranges: list[tuple[float, float, float, float]]) -> float:
        """Least cost with charging, discharging inside (low, high, low, high) in each step; infinite if impossible."""
        steps = len(self.wind_mw)
        price = (self.coal_cny, self.curtailment_cny, Penalties().unserved_cny_per_mwh, self._wear(), 0.0, 0.0)
        overflow = 1.05 * Penalties().hydro_spill_cny_per_mwh / self.efficiency_in
        width = len(price) + 1  # coal, curtailed, unserved, charge, discharge, energy, overflow
        cost = np.tile([*price, overflow], steps)
        cost[width - 1 :: width] *= 1.0 + 1e-3 * (1.0 - np.arange(steps) / steps)  # rather late than early
        cost[(steps - 1) * width + 5] = -self.end_value_cny
        equal, right = np.zeros((2 * steps, steps * width)), np.zeros(2 * steps)
        bounds: list[tuple[float, float]] = []
        for t, (wind, demand) in enumerate(zip(self.wind_mw, self.demand_mw)):
            k = t * width
            equal[t, k : k + 5] = (1.0, -1.0, 1.0, -1.0, 1.0)
            right[t] = demand - wind
            equal[steps + t, k + 3 : k + 7] = (-self.efficiency_in, 1.0 / self.efficiency_out, 1.0, 1.0)
            if t:
                equal[steps + t, k + 5 - width] = -1.0
            right[steps + t] = self.inflow_mw + (0.0 if t else self.first_pu * self.energy_mwh)
            low_in, high_in, low_out, high_out = ranges[t]
            bounds += [(0, self.coal_mw), (0, wind), (0, demand), (low_in, high_in), (low_out, high_out)]
            bounds += [(0, self.energy_mwh), (0, self.inflow_mw)]
        found = linprog(cost, A_eq=equal, b_eq=right, bounds=bounds)
        return float(found.fun) if found.status == 0 else np.inf

    def _choices(self) -> list[tuple[float, float, float, float]]:
        if not self.machines:
            return [(0.0, self.unit_mw, 0.0, 0.0), (0.0, 0.0, 0.0, self.unit_mw)]
        numbers = range(1, self.machines + 1)
        pumping = [(n * self.unit_mw, n * self.unit_mw, 0.0, 0.0) for n in numbers]
        if not self.min_p_pu:
            return [(0.0, 0.0, 0.0, self.machines * self.unit_mw), *pumping]
        turbines = [(0.0, 0.0, self.min_p_pu * m * self.unit_mw, m * self.unit_mw) for m in (0, *numbers)]
        return [*turbines, *pumping]

    def _all_schedules(self) -> Iterator[tuple[tuple[float, float, float, float], ...]]:
        return itertools.product(self._choices(), repeat=len(self.wind_mw))

    def brute_force_cny(self) -> float:
        """Least cost over every choice of machines or directions in every step."""
        return min(self.cost_cny(list(ranges)) for ranges in self._all_schedules())

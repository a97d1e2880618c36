"""Voltage and reactive control of stations, one round at a time, on the voltages and flows of a few hours.

The rule is that of a dispatch centre (九区图, VQC): each on-load tap changer holds the voltage of the
busbar below it within a dead band; each station's banks hold the reactive power its transformers take;
the banks of 500 kV stations keep their busbars in band.  Downstream stations move first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from gridsim.electrical import Branches, Shunts
from gridsim.network import Network


@dataclass(frozen=True, kw_only=True)
class ControlRules:
    """Targets and dead bands; assumed, after the practice of planning studies.

    Attributes
    ----------
    target_vm_pu : mapping of kV to (light, heavy)
        Voltage that the tap changers above a busbar of that nominal voltage hold. [p.u.]
    dead_band_pu : mapping of kV to float
        Deviation from the target that moves a tap. [p.u.]
    off_circuit_above_kv : float
        Transformers with a higher high side have off-circuit taps, which stay as in the tables. [kV]
    heavy_q_per_p : float
        Reactive share a station may take from above at heavy load (0 at light load).
    ehv_hv_vm_pu, ehv_mv_vm_pu : (low, high)
        Bands in which the banks of a 500 kV station keep its 500 and 220 kV busbars. [p.u.]
    ehv_light_max_vm_pu : float
        Upper edge at 500 kV at light load. [p.u.]
    rounds, resting_rounds : int
        Rounds of control; banks rest in the last ``resting_rounds``.
    further_rounds : int
        Rounds after these of the hours in which a tap still wants to move, banks at rest.
    calm_round : int
        Round of the hourly control from which on taps move one step at a time: changers in series would
        otherwise answer the same deviation together and swing.
    sample : int
        Hours of each class the rule looks at.
    """

    target_vm_pu: Mapping[float, tuple[float, float]] = field(
        default_factory=lambda: {220.0: (1.035, 1.04), 110.0: (1.02, 1.04), 35.0: (1.02, 1.04), 10.0: (1.025, 1.04)}
    )
    dead_band_pu: Mapping[float, float] = field(
        default_factory=lambda: {220.0: 0.015, 110.0: 0.011, 35.0: 0.011, 10.0: 0.009}
    )
    off_circuit_above_kv: float = 300.0
    heavy_q_per_p: float = 0.15
    ehv_hv_vm_pu: tuple[float, float] = (1.03, 1.075)
    ehv_mv_vm_pu: tuple[float, float] = (1.02, 1.06)
    ehv_light_max_vm_pu: float = 1.055
    rounds: int = 14
    resting_rounds: int = 4
    further_rounds: int = 16
    calm_round: int = 5
    sample: int = 8


@dataclass(frozen=True)
class Changers:
    """On-load tap changers in groups that hold one busbar and move together; arrays over groups.

    ``node`` the busbar, ``unit`` one branch of the group, ``target_vm_pu`` (light and heavy, group),
    ``dead_band_pu``; ``member`` all branches and ``group`` the group of each.
    """

    node: np.ndarray
    unit: np.ndarray
    target_vm_pu: np.ndarray
    dead_band_pu: np.ndarray
    member: np.ndarray
    group: np.ndarray

    def move(
        self, tap: np.ndarray, model: Branches, vm_pu: np.ndarray, *, heavy: np.ndarray, most: int = 3
    ) -> np.ndarray:
        """New tap positions, (branch, time): at most ``most`` steps towards the target where the busbar is off it.

        ``tap`` (branch, time), ``vm_pu`` (node, time), ``heavy`` (time,).
        """
        off = np.nan_to_num(vm_pu[self.node] - self.target_vm_pu[heavy.astype(int)].T)
        steps = np.clip(np.round(100.0 * off / model.tap_step_percent[self.unit, None]), -most, most)
        steps[np.abs(off) <= self.dead_band_pu[:, None]] = 0.0
        low, high = model.tap_min[self.unit, None], model.tap_max[self.unit, None]
        position = np.clip(tap[self.unit] + steps, low, high)
        out = tap.copy()
        out[self.member] = np.where((steps != 0)[self.group], position[self.group], out[self.member])
        return out


@dataclass(frozen=True)
class Stations:
    """Stations with banks and transformers; arrays over stations unless said otherwise.

    ``ehv`` 500 kV stations, ``first_round`` the round they start in, ``hv_node, mv_node`` busbars,
    ``size_mvar`` largest step; ``unit`` and ``unit_station`` transformer branches and their station;
    ``bank, bank_station`` banks and their station, ``sign`` (bank,) +1 for capacitors, ``before`` (bank,)
    steps of the same kind in earlier rows of the station.
    """

    ehv: np.ndarray
    first_round: np.ndarray
    hv_node: np.ndarray
    mv_node: np.ndarray
    size_mvar: np.ndarray
    unit: np.ndarray
    unit_station: np.ndarray
    bank: np.ndarray
    bank_station: np.ndarray
    sign: np.ndarray
    before: np.ndarray

    def __len__(self) -> int:
        return len(self.ehv)

    def switch(
        self,
        step: np.ndarray,
        banks: Shunts,
        s_mva: np.ndarray,
        vm_pu: np.ndarray,
        rules: ControlRules,
        *,
        heavy: np.ndarray,
        number: int,
    ) -> np.ndarray:
        """New steps of the banks, (bank, time), after round ``number``.

        ``step`` (bank, time), ``s_mva`` (unit, time) complex power into the high sides, ``vm_pu`` (node, time),
        ``heavy`` (time,).  A station moves when more than 0.6 of a step is missing, by 0.8 of what is missing, at
        least one step; negative totals are reactors.
        """
        of_bank = (np.arange(len(self))[:, None] == self.bank_station).astype(float)
        size, sign = self.size_mvar[:, None], self.sign[:, None]
        starts = np.flatnonzero(np.diff(self.unit_station, prepend=-1))  # units stand station by station
        power = np.add.reduceat(s_mva, starts) if len(self) else np.zeros((0, s_mva.shape[1]), dtype=complex)
        missing = power.imag - np.where(heavy, rules.heavy_q_per_p * np.abs(power.real), 0.0)
        missing = np.where(self.ehv[:, None], self._missing_ehv(vm_pu, rules, heavy=heavy), missing)
        full = of_bank @ (sign * step[self.bank])
        more = np.sign(missing) * np.maximum(1.0, 0.8 * np.abs(missing) // size)
        limit = [of_bank @ (banks.max_step[self.bank] * (self.sign == s)) for s in (-1, 1)]
        wanted = np.clip(full + more, -limit[0][:, None], limit[1][:, None])
        rests = (np.abs(missing) < 0.6 * size) | (number < self.first_round)[:, None]
        wanted = np.where(rests, full, wanted)
        total = np.maximum(sign * wanted[self.bank_station], 0.0)
        out = step.copy()
        out[self.bank] = np.clip(total - self.before[:, None], 0, banks.max_step[self.bank, None]).astype(int)
        return out

    def _missing_ehv(self, vm_pu: np.ndarray, rules: ControlRules, *, heavy: np.ndarray) -> np.ndarray:
        """Two steps for every band that a 500 kV station's busbars leave, (station, time). [Mvar]"""
        hv, mv = vm_pu[self.hv_node], vm_pu[self.mv_node]
        low = (hv < rules.ehv_hv_vm_pu[0]).astype(float) + (mv < rules.ehv_mv_vm_pu[0])
        high = (hv > rules.ehv_hv_vm_pu[1]).astype(float) + (mv > rules.ehv_mv_vm_pu[1])
        high += ~heavy & (hv > rules.ehv_light_max_vm_pu)
        return 2.0 * self.size_mvar[:, None] * (low - high)


def find_changers(model: Branches, rules: ControlRules) -> Changers:
    """On-load changers by the busbar they hold: the low side, or the medium side of three windings."""
    movable = (model.tap_max > model.tap_min) & (model.nodes.vn_kv[model.from_node] <= rules.off_circuit_above_kv)
    member = np.flatnonzero(movable)
    below = np.where(model.side[member] == "hv", np.minimum(member + 1, len(model) - 1), member)
    node = model.to_node[below]
    known = np.isin(model.nodes.vn_kv[node], list(rules.target_vm_pu))
    member, node = member[known], node[known]
    busbar, first, group = np.unique(node, return_index=True, return_inverse=True)
    vn_kv = model.nodes.vn_kv[busbar]
    return Changers(
        node=busbar, unit=member[first], member=member, group=group,
        target_vm_pu=np.array([rules.target_vm_pu[kv] for kv in vn_kv]).reshape(-1, 2).T,
        dead_band_pu=np.array([rules.dead_band_pu[kv] for kv in vn_kv]),
    )


def find_stations(network: Network, model: Branches, banks: Shunts, rules: ControlRules) -> Stations:
    """Stations with banks and transformers; the lower the voltage, the earlier the round they start in."""
    of_bank = network["shunt"]["station"].astype(str).to_numpy()
    first = model.first_of_element
    number = dict(zip(zip(model.element_type[first], model.element[first]), first))
    units: list[list[int]] = []
    names = []
    for name in np.unique(of_bank):
        for table in ("trafo3w", "trafo"):
            rows = network[table].loc[network[table]["station"] == name, "name"]
            if len(rows):
                units.append([int(number[table, row]) for row in rows])
                names.append(name)
                break
    lead = np.array([u[0] for u in units], dtype=int)
    vn_kv = model.nodes.vn_kv[model.from_node[lead]]
    ehv = vn_kv > rules.off_circuit_above_kv
    bank = np.flatnonzero(np.isin(of_bank, names))
    bank_station = np.searchsorted(names, of_bank[bank]) if names else np.zeros(0, dtype=int)
    sign = np.where(banks.step_mvar[bank] > 0, -1, 1)
    same = (bank_station[:, None] == bank_station) & (sign[:, None] == sign) & np.tri(len(bank), k=-1, dtype=bool)
    size = np.zeros(len(names))
    np.maximum.at(size, bank_station, np.abs(banks.step_mvar[bank]))
    return Stations(
        ehv=ehv, first_round=np.where(ehv, 3, vn_kv > 150.0).astype(int), hv_node=model.from_node[lead],
        mv_node=model.to_node[lead + ehv], size_mvar=size, unit=np.array([b for u in units for b in u], dtype=int),
        unit_station=np.repeat(np.arange(len(units)), [len(u) for u in units]), bank=bank, bank_station=bank_station,
        sign=sign, before=same @ banks.max_step[bank],
    )

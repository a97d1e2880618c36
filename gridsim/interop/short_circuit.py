"""Initial short-circuit currents after IEC 60909-0 against the breakers' ceilings, by pandapower.

Every source of the network is a voltage source behind its impedance (network feeder), every converter a current
source; loads, banks and line charging are left out, taps stand at neutral, transformers carry the correction factor
K_T, the voltage factor is c = 1.1 (maximum currents)::

    Ik'' = c Un / (sqrt(3) |Zk|) + contribution of the converters

A power station unit (generator + step-up transformer, which the tables do not list) has, with UrG and the rated
ratio of the transformer taken as nominal (IEC 60909-0:2016, 6.7)::

    Z_S = K_S (z_d + z_T) Un^2 / Sr,      K_S = c / (1 + |x_d'' - x_T| sin(phi))

A full converter gives k times its rated current (6.9; k = 1.2 is the upper end of what is common).  Only
three-phase faults: the tables have no zero-sequence data, so single-phase currents cannot be had.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from gridsim.errors import InvalidInput, Problem
from gridsim.interop.pandapower import to_pandapower
from gridsim.network import Network

#: voltage factor c_max of IEC 60909-0, table 1, above 1 kV
C_MAX = 1.1


@dataclass(frozen=True)
class Machine:
    """Class of synchronous machines with their step-up transformers, on the rated power of the machine.

    ``xdss_pu`` subtransient reactance, ``x_trafo_pu`` reactance of the step-up transformer, ``cos_phi`` rated power
    factor, ``rx`` resistance over reactance of both together.
    """

    xdss_pu: float
    x_trafo_pu: float
    cos_phi: float
    rx: float

    def short_circuit_mva(self, p_mw: float) -> float:
        """S'' of a unit of rated power ``p_mw`` at its high-voltage bus: c Un^2 / |Z_S|. [MVA]"""
        rated = p_mw / self.cos_phi
        correction = 1.0 + abs(self.xdss_pu - self.x_trafo_pu) * np.sqrt(1.0 - self.cos_phi**2)
        z_pu = (self.xdss_pu + self.x_trafo_pu) * np.hypot(1.0, self.rx)
        return float(rated * correction / z_pu)


@dataclass(frozen=True, kw_only=True)
class ShortCircuitRules:
    """Figures the tables do not have; all assumed, textbook classes.

    Attributes
    ----------
    machines : mapping of table to Machine
        Synchronous plants.  Pumped storage is a machine with a speed of its own, hence a little higher.
    converters : tuple of str
        Tables of full-converter plants.
    converter_k : float
        Their current over the rated one.
    converter_cos_phi : float
        Active over apparent rated power of a converter.
    external_ik_ka : float
        What the outside grid feeds at the boundary buses together, split by ``area_link.share_pu``; with the ties
        between them and the plants nearby this gives boundary buses of the 40 kA class (2025). [kA]
    external_rx : float
        Resistance over reactance of the outside grid.
    ceiling_ka : mapping of kV to kA
        Breaking capacity of the breakers by nominal voltage.
    """

    machines: Mapping[str, Machine] = field(
        default_factory=lambda: {
            "thermal": Machine(0.20, 0.14, 0.85, 0.05),
            "hydro": Machine(0.22, 0.12, 0.875, 0.07),
            "pumped_storage": Machine(0.24, 0.14, 0.9, 0.05),
        }
    )
    converters: tuple[str, ...] = ("wind", "solar", "battery")
    converter_k: float = 1.2
    converter_cos_phi: float = 0.95
    external_ik_ka: float = 30.0
    external_rx: float = 0.1
    ceiling_ka: Mapping[float, float] = field(default_factory=lambda: {110.0: 40.0, 220.0: 50.0, 500.0: 63.0})


def short_circuit_table(
    network: Network, *, added_mw: Mapping[str, float] | None = None, rules: ShortCircuitRules | None = None
) -> pd.DataFrame:
    """Three-phase initial short-circuit current at every bus that has a ceiling.

    Parameters
    ----------
    network : Network
        Every plant in service is on.
    added_mw : mapping of bus to MW, optional
        Full-converter plants to add: the hosted state.
    rules : ShortCircuitRules, optional

    Returns
    -------
    DataFrame
        ``bus, county, vn_kv, ik_ka, converters_ka, ik_hosted_ka, ceiling_ka, margin_ka, ok``, smallest margin first;
        ``converters_ka`` is the part of ``ik_ka`` that present converters give; ``ik_hosted_ka`` is empty without
        ``added_mw``; the margin is that of the higher current.

    Raises
    ------
    InvalidInput
        Unknown buses or powers that are not positive in ``added_mw``; a network without any source.
    """
    rules, bus = rules or ShortCircuitRules(), network["bus"]
    _check(network, added_mw or {}, rules)
    present = _converters(network, rules)
    ik = _currents(network, present, rules)
    without = _currents(network, pd.Series(dtype=float), rules) if len(present) else ik
    hosted = np.full(len(bus), np.nan)
    if added_mw:
        more = pd.Series(dict(added_mw), dtype=float) / rules.converter_cos_phi
        hosted = _currents(network, present.add(more, fill_value=0.0), rules)
    ceiling = bus["vn_kv"].map(dict(rules.ceiling_ka)).to_numpy(dtype=float)
    margin = ceiling - np.fmax(ik, hosted)
    out = pd.DataFrame({
        "bus": bus["name"], "county": bus["county"], "vn_kv": bus["vn_kv"], "ik_ka": ik, "converters_ka": ik - without,
        "ik_hosted_ka": hosted, "ceiling_ka": ceiling, "margin_ka": margin, "ok": margin >= 0.0,
    })  # fmt: skip
    return out[~np.isnan(ceiling) & ~np.isnan(ik)].sort_values("margin_ka", kind="stable", ignore_index=True)


def _check(network: Network, added_mw: Mapping[str, float], rules: ShortCircuitRules) -> None:
    known, problems = set(network["bus"]["name"]), []
    for bus, power in added_mw.items():
        if bus not in known:
            problems.append(Problem("short_circuit", f"unknown bus {bus!r}", "name a bus of the network", row=bus))
        if not power > 0:
            problems.append(Problem("short_circuit", f"{power} MW added", "give a positive power", row=bus))
    plants = sum(network[table]["bus"].isin(known).sum() for table in rules.machines)
    if not plants and not len(network["area_link"]):
        problems.append(Problem("short_circuit", "no plant and no outside grid", "add a plant or rows of area_link"))
    if problems:
        raise InvalidInput(problems)


def _converters(network: Network, rules: ShortCircuitRules) -> pd.Series:
    """Rated apparent power of the converters by bus. [MVA]"""
    parts = [network[table].dropna(subset="bus").groupby("bus")["max_p_mw"].sum() for table in rules.converters]
    total = pd.concat(parts).groupby(level=0).sum() / rules.converter_cos_phi
    return total[total > 0]


def _currents(network: Network, converter_mva: pd.Series, rules: ShortCircuitRules) -> np.ndarray:
    """Ik'' of every bus, table order; NaN at buses without supply. [kA]"""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pandapower as pp
        import pandapower.shortcircuit as sc

        tables = dict(network.tables)
        for table in (
            "wind",
            "solar",
            "hydro",
            "thermal",
            "pumped_storage",
            "battery",
            "external",
            "load",
            "area_link",
        ):
            tables[table] = network[table].iloc[:0]
        for table in ("trafo", "trafo3w"):
            tables[table] = network[table].assign(tap_pos=0)
        net = to_pandapower(replace(network, tables=tables))
        net.shunt["in_service"] = False
        number = pd.Series(net.bus.index.to_numpy(), index=net.bus["name"].to_numpy())
        for at, feeder_mva, rx in _feeders(network, rules):
            pp.create_ext_grid(net, int(number[at]), s_sc_max_mva=feeder_mva, rx_max=rx)
        for bus, s_mva in zip(converter_mva.index, converter_mva):
            pp.create_sgen(
                net, int(number[bus]), 0.0, sn_mva=float(s_mva), k=rules.converter_k, current_source=True,
                generator_type="current_source",
            )  # fmt: skip
        sc.calc_sc(net, fault="3ph", case="max", branch_results=False)
    return net.res_bus_sc["ikss_ka"].reindex(net.bus.index).to_numpy(dtype=float)


def _feeders(network: Network, rules: ShortCircuitRules) -> list[tuple[str, float, float]]:
    """``(bus, S'' in MVA, R/X)`` of the outside grid and of every synchronous plant."""
    vn_kv = network["bus"].set_index("name")["vn_kv"]
    links = network["area_link"]
    out = [
        (bus, float(np.sqrt(3.0) * vn_kv[bus] * rules.external_ik_ka * share), rules.external_rx)
        for bus, share in zip(links["bus"], links["share_pu"])
    ]
    for table, machine in rules.machines.items():
        frame = network[table]
        frame = frame[frame["bus"].isin(vn_kv.index) & (frame["max_p_mw"] > 0)]
        out += [(b, machine.short_circuit_mva(float(p)), machine.rx) for b, p in zip(frame["bus"], frame["max_p_mw"])]
    return out

"""Initial three-phase short-circuit currents after IEC 60909-0 (GB/T 15544) against the breakers' ceilings.

Every source of the network is a voltage source behind its impedance (network feeder), every converter a current
source; loads, banks and line charging are left out, taps stand at neutral, transformers carry the correction factor
K_T = 0.95 c / (1 + 0.6 x_T), the voltage factor is c = 1.1 (maximum currents).  With Z the inverse of the network's
admittance matrix::

    Ik'' = c Un / (sqrt(3) |Zkk|) + |sum_j Zkj Ij| / |Zkk|        Ij = k Sr / (sqrt(3) Un) of the converters

A power station unit (generator + step-up transformer, which the tables do not list) has, with UrG and the rated
ratio of the transformer taken as nominal (IEC 60909-0:2016, 6.7)::

    Z_S = K_S (z_d + z_T) Un^2 / Sr,      K_S = c / (1 + |x_d'' - x_T| sin(phi))

A full converter gives k times its rated current (6.9; k = 1.2 is the upper end of what is common).  Only
three-phase faults: the tables have no zero-sequence data, so single-phase currents cannot be had.  ``pandapower``'s
``calc_sc`` gives the same on the same network (tests/against).

Busbars behind several two-winding units below :data:`SPLIT_BELOW_KV` run split (分列运行): a unit feeds a section of
its own, and what is connected to the bus is spread over the sections by the units' ratings.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from gridsim.electrical import BASE_MVA, admittances, branches
from gridsim.errors import InvalidInput, Problem
from gridsim.network import Network

#: voltage factor c_max of IEC 60909-0, table 1, above 1 kV
C_MAX = 1.1
#: low sides up to this voltage have one section per unit. [kV]
SPLIT_BELOW_KV = 35.0


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
    ceiling_ka: Mapping[float, float] = field(
        default_factory=lambda: {10.0: 20.0, 110.0: 40.0, 220.0: 50.0, 500.0: 63.0}
    )


@dataclass(frozen=True)
class FaultGrid:
    """The grid as a fault sees it.

    Attributes
    ----------
    bus : ndarray of str, (section,)
        Bus that a section belongs to.
    share_pu : ndarray, (section,)
        Share of what is connected to the bus that the section carries (by the ratings of its units).
    vn_kv : ndarray, (section,)
    z_pu : complex ndarray, (section, section)
        Impedance matrix, base ``BASE_MVA``; NaN for sections without a source.
    """

    bus: np.ndarray
    share_pu: np.ndarray
    vn_kv: np.ndarray
    z_pu: np.ndarray

    @property
    def base_ka(self) -> np.ndarray:
        """Current of 1 p.u., (section,). [kA]"""
        return BASE_MVA / (np.sqrt(3.0) * self.vn_kv)

    def at_sections(self, by_bus: pd.Series) -> np.ndarray:
        """Values by bus, spread over its sections, (section,)."""
        return by_bus.reindex(self.bus).fillna(0.0).to_numpy(dtype=float) * self.share_pu

    def by_bus(self, values: np.ndarray) -> pd.Series:
        """The highest value of each bus's sections."""
        return pd.Series(values).groupby(self.bus, sort=False).max()

    def sources_ka(self) -> np.ndarray:
        """What the voltage sources feed into a fault, (section,). [kA]"""
        return C_MAX / np.abs(np.diag(self.z_pu)) * self.base_ka

    def converters_ka(self, rated_mva: pd.Series, rules: ShortCircuitRules) -> np.ndarray:
        """What converters of this rating by bus add to a fault, (section,). [kA]"""
        own = np.diag(self.z_pu)
        current = self.at_sections(rated_mva) / BASE_MVA * rules.converter_k * np.exp(-1j * np.angle(own))
        known = ~np.isnan(own)
        total = np.full(len(own), np.nan)
        total[known] = np.abs(self.z_pu[np.ix_(known, known)] @ current[known] / own[known])
        return total * self.base_ka

    def rise_percent(self, p_mw: pd.Series) -> np.ndarray:
        """Voltage rise sum_j R_kj P_j / Un^2 when this power by bus is fed in at power factor 1, (section,). [%]"""
        known = ~np.isnan(np.diag(self.z_pu))
        total = np.full(len(known), np.nan)
        power = self.at_sections(p_mw)[known] / BASE_MVA
        total[known] = 100.0 * self.z_pu.real[np.ix_(known, known)] @ power
        return total


def sectioned(network: Network) -> tuple[Network, pd.DataFrame]:
    """The network with a section per unit where low sides run split, and what became of each bus.

    A bus with lines of its own stays whole.

    Returns
    -------
    (Network, DataFrame)
        Tables ``bus`` and ``trafo`` changed (the first section keeps the name of the bus; other tables still name
        it); the frame has ``name`` (section, in the order of the buses), ``bus``, ``share_pu``.
    """
    bus, trafo, line = network["bus"], network["trafo"], network["line"]
    low = bus.loc[(bus["vn_kv"] <= SPLIT_BELOW_KV) & ~bus["name"].isin([*line["from_bus"], *line["to_bus"]]), "name"]
    units = trafo[trafo["lv_bus"].isin(low)]
    number = units.groupby("lv_bus").cumcount()
    section = units["lv_bus"].where(number == 0, units["lv_bus"] + "/" + (number + 1).astype(str))
    of_units = pd.DataFrame({"name": section, "bus": units["lv_bus"], "sn_mva": units["sn_mva"]})
    of_units["share_pu"] = of_units["sn_mva"] / of_units.groupby("bus")["sn_mva"].transform("sum")
    whole = pd.DataFrame({"name": bus["name"], "bus": bus["name"], "share_pu": 1.0})
    whole = whole[~whole["name"].isin(units["lv_bus"])]
    every = pd.concat([whole, of_units.drop(columns="sn_mva")], ignore_index=True)
    rows = bus.set_index("name").loc[every["bus"]].reset_index().assign(name=every["name"].to_numpy())
    lv_bus = trafo["lv_bus"].copy()
    lv_bus.loc[section.index] = section
    tables = {**network.tables, "bus": rows, "trafo": trafo.assign(lv_bus=lv_bus)}
    return replace(network, tables=tables), every


def fault_grid(network: Network, *, rules: ShortCircuitRules | None = None) -> FaultGrid:
    """Impedance matrix of the network with every plant on, sections of split busbars apart.

    Raises
    ------
    InvalidInput
        A network without any source.
    """
    rules = rules or ShortCircuitRules()
    sources = feeders(network, rules)
    if not sources:
        problem = Problem("short_circuit", "no plant and no outside grid", "add a plant or rows of area_link")
        raise InvalidInput([problem])
    split, sections = sectioned(network)
    model = branches(replace(split, tables={**split.tables, **_corrected(split)}))
    size, n = len(model.nodes), model.nodes.n_bus
    yff, yft, ytf, ytt = admittances(model)
    f, t = model.from_node, model.to_node
    at = dict(zip(model.nodes.name[:n], range(n)))
    rows, columns = np.concatenate([f, f, t, t]), np.concatenate([f, t, f, t])
    y = coo_array((np.concatenate([yff, yft, ytf, ytt]), (rows, columns)), shape=(size, size)).toarray()
    fed = np.zeros(size, dtype=bool)
    for bus, s_mva, rx in sources:
        y[at[bus], at[bus]] += s_mva / BASE_MVA / C_MAX * np.hypot(1.0, rx) / (rx + 1j)
        fed[at[bus]] = True
    part = connected_components(coo_array((np.ones(len(f)), (f, t)), shape=(size, size)), directed=False)[1]
    live = np.flatnonzero(np.isin(part, part[fed]))
    z = np.full((size, size), np.nan, dtype=complex)
    z[np.ix_(live, live)] = np.linalg.inv(y[np.ix_(live, live)])
    return FaultGrid(
        bus=sections["bus"].to_numpy(dtype=object), share_pu=sections["share_pu"].to_numpy(dtype=float),
        vn_kv=model.nodes.vn_kv[:n], z_pu=z[:n, :n],
    )  # fmt: skip


def _corrected(network: Network) -> dict[str, pd.DataFrame]:
    """Lines without charging; transformers at neutral, without iron, their impedances times K_T."""
    line, trafo, star = network["line"], network["trafo"], network["trafo3w"]
    pairs = {pair: (f"vk_{pair}_percent", f"vkr_{pair}_percent") for pair in ("hv", "mv", "lv")}
    bare = {"tap_pos": 0, "pfe_kw": 0.0, "i0_percent": 0.0}
    return {
        "line": line.assign(c_nf_per_km=0.0, **({"g_us_per_km": 0.0} if "g_us_per_km" in line else {})),
        "trafo": trafo.assign(**bare, **_times_kt(trafo, "vk_percent", "vkr_percent")),
        "trafo3w": star.assign(**bare, **{c: v for both in pairs.values() for c, v in _times_kt(star, *both).items()}),
    }


def _times_kt(frame: pd.DataFrame, vk: str, vkr: str) -> dict[str, pd.Series]:
    x = np.sqrt(frame[vk] ** 2 - frame[vkr] ** 2) / 100.0
    factor = 0.95 * C_MAX / (1.0 + 0.6 * x)
    return {vk: frame[vk] * factor, vkr: frame[vkr] * factor}


def feeders(network: Network, rules: ShortCircuitRules) -> list[tuple[str, float, float]]:
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


def converter_mva(network: Network, rules: ShortCircuitRules) -> pd.Series:
    """Rated apparent power of the converters by bus. [MVA]"""
    parts = [network[table].dropna(subset="bus").groupby("bus")["max_p_mw"].sum() for table in rules.converters]
    total = pd.concat(parts).groupby(level=0).sum() / rules.converter_cos_phi
    return total[total > 0]


def short_circuit_table(
    network: Network, *, added_mw: Mapping[str, float] | None = None, rules: ShortCircuitRules | None = None
) -> pd.DataFrame:
    """Three-phase initial short-circuit current at every bus that has a ceiling.

    Tertiary sides of three-winding transformers carry compensation only and are left out.

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
    _check(network, added_mw or {})
    grid = fault_grid(network, rules=rules)
    present = converter_mva(network, rules)
    sources, converters = grid.sources_ka(), grid.converters_ka(present, rules)
    highest = grid.by_bus(sources + converters).reindex(bus["name"]).to_numpy()
    without = grid.by_bus(sources).reindex(bus["name"]).to_numpy()
    hosted = np.full(len(bus), np.nan)
    if added_mw:
        more = present.add(pd.Series(dict(added_mw), dtype=float) / rules.converter_cos_phi, fill_value=0.0)
        hosted = grid.by_bus(sources + grid.converters_ka(more, rules)).reindex(bus["name"]).to_numpy()
    ceiling = bus["vn_kv"].map(dict(rules.ceiling_ka)).where(~bus["name"].isin(network["trafo3w"]["lv_bus"]))
    margin = ceiling.to_numpy(dtype=float) - np.fmax(highest, hosted)
    out = pd.DataFrame({
        "bus": bus["name"], "county": bus["county"], "vn_kv": bus["vn_kv"], "ik_ka": highest,
        "converters_ka": highest - without, "ik_hosted_ka": hosted, "ceiling_ka": ceiling, "margin_ka": margin,
        "ok": margin >= 0.0,
    })  # fmt: skip
    return out[~np.isnan(margin)].sort_values("margin_ka", kind="stable", ignore_index=True)


def _check(network: Network, added_mw: Mapping[str, float]) -> None:
    known, problems = set(network["bus"]["name"]), []
    for bus, power in added_mw.items():
        if bus not in known:
            problems.append(Problem("short_circuit", f"unknown bus {bus!r}", "name a bus of the network", row=bus))
        if not power > 0:
            problems.append(Problem("short_circuit", f"{power} MW added", "give a positive power", row=bus))
    if problems:
        raise InvalidInput(problems)

"""Electrical parameters of every branch in per unit: one place for the DC flows and the AC engine.

A branch is a two-port between two nodes::

    from o---[ ratio : 1 ]---+---[ r + jx ]---+---o to
                          g_from+jb_from   g_to+jb_to

    I_from = Yff V_from + Yft V_to        Yff = (y + y_from) / ratio^2    Yft = -y / conj(ratio)
    I_to   = Ytf V_from + Ytt V_to        Ytt =  y + y_to                 Ytf = -y / ratio

with y = 1 / (r + jx) and ratio = |ratio| exp(j shift).  A three-winding transformer becomes three
branches that meet in a star node of its own.  Nodes are the buses in table order followed by the
star nodes in table order.

The models are pandapower's defaults, so that ``pandapower.runpp`` with default options is an oracle
for the same network: transformer model "t" (half of the leakage impedance on either side of the
magnetising branch, turned into a pi by wye-delta), impedances referred to the low side, tap changer
at the high side, magnetising branch of a three-winding transformer in its high-voltage star branch
(``trafo3w_losses="hv"``).

Source: pandapower 3.5 documentation, elements "line", "trafo", "trafo3w" (electric model);
three-winding star impedances as IEC 60909-0, 6.3.2.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import pandas as pd

from gridsim.network import Network

#: base power of all per-unit values. [MVA]
BASE_MVA = 100.0
#: system frequency. [Hz]
FREQUENCY_HZ = 50.0
#: seasons with an ampacity of their own, and the line column that carries it.
SEASONS = {"summer": "max_i_ka", "spring": "max_i_spring_ka", "winter": "max_i_winter_ka"}
SIDES = ("hv", "mv", "lv")


@dataclass(frozen=True)
class Nodes:
    """Electrical nodes: buses in table order, then one star node per three-winding transformer.

    Attributes
    ----------
    name : ndarray of str, (node,)
        Bus name, or the transformer's name + ``"*"``.
    vn_kv : ndarray, (node,)
        Nominal voltage; a star node has that of its high side. [kV]
    n_bus : int
        Number of buses; nodes ``n_bus...`` are star nodes.
    """

    name: np.ndarray
    vn_kv: np.ndarray
    n_bus: int

    def __len__(self) -> int:
        return len(self.name)


@dataclass(frozen=True)
class Branches:
    """Two-ports of all elements in service; every array is over branches.

    Attributes
    ----------
    nodes : Nodes
    element, element_type, side : ndarray of str
        Table row, its table (``line | trafo | trafo3w``) and, for a three-winding transformer, the
        winding (``hv | mv | lv``; otherwise empty).
    element_id : ndarray of int
        Number of the element: lines, then trafos, then three-winding transformers.
    from_node, to_node : ndarray of int
        Node numbers.  Transformers point from the high to the low side; star branches are
        hv -> star, star -> mv, star -> lv.
    r_pu, x_pu : ndarray
        Series impedance, base ``BASE_MVA`` and the nominal voltage of ``to_node``.
    g_from_pu, b_from_pu, g_to_pu, b_to_pu : ndarray
        Shunt admittance at either end of the pi, on the same base.
    ratio_neutral_pu : ndarray
        Off-nominal ratio at tap position 0.
    shift_deg : ndarray
        Phase shift of the ratio. [deg]
    tap_pos, tap_min, tap_max : ndarray of float
        Tap position (high side) and its range; 0 where there is no tap changer.
    tap_step_percent : ndarray
        Voltage per position. [%]
    max_i_from_ka, max_i_to_ka : dict of season to ndarray
        Rated current at either end; infinite at a star node. [kA]
    sn_mva : ndarray
        Rated power of the winding; NaN for lines. [MVA]
    is_equivalent : ndarray of bool
        Equivalent of the outside grid: no statistics, no losses.
    emergency_factor_pu : ndarray
        Short-time rating after an outage, of the rating.
    in_service : ndarray of bool
        False for what is out by plan: it carries nothing and connects nothing.
    """

    nodes: Nodes
    element: np.ndarray
    element_type: np.ndarray
    side: np.ndarray
    element_id: np.ndarray
    from_node: np.ndarray
    to_node: np.ndarray
    r_pu: np.ndarray
    x_pu: np.ndarray
    g_from_pu: np.ndarray
    b_from_pu: np.ndarray
    g_to_pu: np.ndarray
    b_to_pu: np.ndarray
    ratio_neutral_pu: np.ndarray
    shift_deg: np.ndarray
    tap_pos: np.ndarray
    tap_min: np.ndarray
    tap_max: np.ndarray
    tap_step_percent: np.ndarray
    max_i_from_ka: dict[str, np.ndarray]
    max_i_to_ka: dict[str, np.ndarray]
    sn_mva: np.ndarray
    is_equivalent: np.ndarray
    emergency_factor_pu: np.ndarray
    in_service: np.ndarray

    def __len__(self) -> int:
        return len(self.element)

    @property
    def ratio_pu(self) -> np.ndarray:
        """Magnitude of the off-nominal ratio at the present tap position, (branch,)."""
        return self.ratio_neutral_pu * (1.0 + self.tap_pos * self.tap_step_percent / 100.0)

    @property
    def first_of_element(self) -> np.ndarray:
        """Number of the first branch of each element, (element,)."""
        return np.unique(self.element_id, return_index=True)[1]


@dataclass(frozen=True)
class Shunts:
    """Capacitor and reactor banks; arrays over rows of the table ``shunt``.

    ``step_mw`` (losses, normally 0) and ``step_mvar`` are what one step consumes at 1 p.u. (a capacitor's
    ``step_mvar`` is negative); ``max_step`` steps exist.
    """

    name: np.ndarray
    node: np.ndarray
    step_mw: np.ndarray
    step_mvar: np.ndarray
    max_step: np.ndarray


def branches(network: Network) -> Branches:
    """Per-unit two-ports of all lines and transformers of a network that are in service.

    Parameters
    ----------
    network : Network
        Tables ``bus, line, trafo, trafo3w``; lines with ``in_service`` False are left out.

    Returns
    -------
    Branches
        Lines, two-winding transformers, then hv, mv and lv star branches of each three-winding one.
    """
    nodes = _nodes(network)
    bus = pd.Series(np.arange(nodes.n_bus), index=nodes.name[: nodes.n_bus])
    line = network["line"]
    line = line[line["in_service"]] if "in_service" in line else line[~line["normally_open"]]
    trafo, star = network["trafo"], network["trafo3w"]
    parts = [_lines(line, bus, nodes), _trafos(trafo, bus, nodes), *_trafos3w(star, bus, nodes)]
    n_two, n_star = len(line) + len(trafo), len(star)
    element_id = np.concatenate([np.arange(n_two), np.tile(n_two + np.arange(n_star), len(SIDES))])
    order = np.argsort(element_id, kind="stable")
    columns: dict[str, Any] = {}
    for field in fields(Branches)[1:]:
        if field.name == "element_id":
            columns["element_id"] = element_id[order]
        elif field.name in ("max_i_from_ka", "max_i_to_ka"):
            columns[field.name] = {s: np.concatenate([p[field.name][s] for p in parts])[order] for s in SEASONS}
        else:
            columns[field.name] = np.concatenate([p[field.name] for p in parts])[order]
    return Branches(nodes=nodes, **columns)


def shunts(network: Network) -> Shunts:
    """Capacitor and reactor banks of a network."""
    frame = network["shunt"]
    bus = pd.Series(np.arange(len(network["bus"])), index=network["bus"]["name"].to_numpy())
    return Shunts(
        name=frame["name"].to_numpy(dtype=object), node=bus.reindex(frame["bus"]).to_numpy(dtype=int),
        step_mw=_column(frame, "p_mw"), step_mvar=frame["q_mvar"].to_numpy(dtype=float),
        max_step=frame["max_step"].to_numpy(dtype=int),
    )


def with_taps(model: Branches, tap_pos: np.ndarray) -> Branches:
    """The same branches at other tap positions, (branch,)."""
    return replace(model, tap_pos=np.array(tap_pos, dtype=float))


def out_of_service(model: Branches, out: np.ndarray) -> Branches:
    """The same branches with some of them, (branch,) bool, out of service."""
    return replace(model, in_service=model.in_service & ~out)


def season_of(index: pd.DatetimeIndex) -> np.ndarray:
    """Season of the ampacity, (time,): summer June-September, winter December-February, spring otherwise."""
    month = index.month.to_numpy()
    return np.select([(month >= 6) & (month <= 9), (month == 12) | (month <= 2)], ["summer", "winter"], "spring")


def rating_mva(model: Branches, season: str) -> np.ndarray:
    """Rated apparent power of each branch in a season, (branch,). [MVA]

    Lines: S = sqrt(3) * vn * max_i of the season.  Transformers: rated power of the winding.
    """
    line = np.sqrt(3.0) * model.nodes.vn_kv[model.from_node] * model.max_i_from_ka[season]
    return np.where(np.isnan(model.sn_mva), line, model.sn_mva)


def admittances(model: Branches) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """``(Yff, Yft, Ytf, Ytt)`` of each branch, complex, (branch,), 0 out of service; see the module's head. [p.u.]"""
    y = model.in_service / (model.r_pu + 1j * model.x_pu)
    ratio = model.ratio_pu * np.exp(1j * np.deg2rad(model.shift_deg))
    yff = (y + model.in_service * (model.g_from_pu + 1j * model.b_from_pu)) / np.abs(ratio) ** 2
    ytt = y + model.in_service * (model.g_to_pu + 1j * model.b_to_pu)
    return yff, -y / np.conj(ratio), -y / ratio, ytt


def _nodes(network: Network) -> Nodes:
    bus, star = network["bus"], network["trafo3w"]
    vn_kv = bus.set_index("name")["vn_kv"]
    star_name = (star["name"].astype(str) + "*").to_numpy(dtype=object)
    return Nodes(
        name=np.concatenate([bus["name"].to_numpy(dtype=object), star_name]),
        vn_kv=np.concatenate([bus["vn_kv"].to_numpy(dtype=float), vn_kv.reindex(star["hv_bus"]).to_numpy(dtype=float)]),
        n_bus=len(bus),
    )


def _column(frame: pd.DataFrame, name: str, otherwise: float = 0.0) -> np.ndarray:
    """A float column, or a constant where the table has none (optional extensions of the schema)."""
    if name not in frame:
        return np.full(len(frame), otherwise)
    return frame[name].astype(float).fillna(otherwise).to_numpy()


def _row(frame: pd.DataFrame, kind: str, side: str) -> dict:
    n = len(frame)
    return {
        "element": frame["name"].to_numpy(dtype=object), "element_type": np.full(n, kind, dtype=object),
        "side": np.full(n, side, dtype=object), "shift_deg": np.zeros(n), "ratio_neutral_pu": np.ones(n),
        "g_from_pu": np.zeros(n), "g_to_pu": np.zeros(n), "b_from_pu": np.zeros(n), "b_to_pu": np.zeros(n),
        "tap_pos": np.zeros(n), "tap_min": np.zeros(n), "tap_max": np.zeros(n), "tap_step_percent": np.zeros(n),
        "sn_mva": np.full(n, np.nan), "is_equivalent": np.zeros(n, dtype=bool),
        "emergency_factor_pu": _column(frame, "emergency_factor_pu", 1.0), "in_service": np.ones(n, dtype=bool),
    }


def _lines(frame: pd.DataFrame, bus: pd.Series, nodes: Nodes) -> dict:
    """r, x and half the charging at either end: b = 2 pi f C."""
    row = _row(frame, "line", "")
    from_node, to_node = bus.reindex(frame["from_bus"]).to_numpy(int), bus.reindex(frame["to_bus"]).to_numpy(int)
    z_base = nodes.vn_kv[from_node] ** 2 / BASE_MVA
    length = frame["length_km"].to_numpy(dtype=float)
    b = 2.0 * np.pi * FREQUENCY_HZ * _column(frame, "c_nf_per_km") * 1e-9 * length * z_base
    g = _column(frame, "g_us_per_km") * 1e-6 * length * z_base
    limit = {season: frame[column].to_numpy(dtype=float) for season, column in SEASONS.items()}
    equivalent = frame["is_equivalent"].to_numpy(dtype=bool) if "is_equivalent" in frame else row["is_equivalent"]
    return row | {
        "from_node": from_node, "to_node": to_node, "is_equivalent": equivalent,
        "r_pu": frame["r_ohm_per_km"].to_numpy(dtype=float) * length / z_base,
        "x_pu": frame["x_ohm_per_km"].to_numpy(dtype=float) * length / z_base,
        "b_from_pu": b / 2, "b_to_pu": b / 2, "g_from_pu": g / 2, "g_to_pu": g / 2,
        "max_i_from_ka": limit, "max_i_to_ka": limit,
    }


def _taps(frame: pd.DataFrame) -> dict:
    return {name: _column(frame, name) for name in ("tap_pos", "tap_min", "tap_max", "tap_step_percent")}


def _magnetising(frame: pd.DataFrame, sn_mva: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Magnetising admittance y = (p_fe - j sqrt((i0 sn)^2 - p_fe^2)) / BASE_MVA, referred by ``scale``."""
    p_mw = _column(frame, "pfe_kw") / 1000.0
    s_mva = _column(frame, "i0_percent") / 100.0 * sn_mva
    return (p_mw - 1j * np.sqrt(np.maximum(s_mva**2 - p_mw**2, 0.0))) * scale / BASE_MVA


def _t_to_pi(z: np.ndarray, y_shunt: np.ndarray) -> dict:
    """Pi equivalent of the T with z/2 on either side of a shunt: z_pi = z + z^2 y / 4, y_end = y / (2 + z y / 2)."""
    z_pi = z + z**2 * y_shunt / 4.0
    y_end = y_shunt / (2.0 + z * y_shunt / 2.0)
    return {
        "r_pu": z_pi.real, "x_pu": z_pi.imag, "g_from_pu": y_end.real, "b_from_pu": y_end.imag,
        "g_to_pu": y_end.real, "b_to_pu": y_end.imag,
    }


def _rated_ka(sn_mva: np.ndarray, vn_kv: np.ndarray) -> dict[str, np.ndarray]:
    rated = sn_mva / (np.sqrt(3.0) * vn_kv)
    return dict.fromkeys(SEASONS, rated)


def _trafos(frame: pd.DataFrame, bus: pd.Series, nodes: Nodes) -> dict:
    """Two-winding transformers: impedance referred to the low side, ratio at the high side."""
    from_node, to_node = bus.reindex(frame["hv_bus"]).to_numpy(int), bus.reindex(frame["lv_bus"]).to_numpy(int)
    sn, vn_hv, vn_lv = (frame[c].to_numpy(dtype=float) for c in ("sn_mva", "vn_hv_kv", "vn_lv_kv"))
    refer = (vn_lv / nodes.vn_kv[to_node]) ** 2
    vk, vkr = frame["vk_percent"].to_numpy(dtype=float), frame["vkr_percent"].to_numpy(dtype=float)
    z = (vkr + 1j * np.sign(vk) * np.sqrt(vk**2 - vkr**2)) / 100.0 * refer * BASE_MVA / sn
    return _row(frame, "trafo", "") | _taps(frame) | _t_to_pi(z, _magnetising(frame, sn, 1.0 / refer)) | {
        "from_node": from_node, "to_node": to_node, "sn_mva": sn, "shift_deg": _column(frame, "shift_degree"),
        "ratio_neutral_pu": (vn_hv / vn_lv) / (nodes.vn_kv[from_node] / nodes.vn_kv[to_node]),
        "max_i_from_ka": _rated_ka(sn, vn_hv), "max_i_to_ka": _rated_ka(sn, vn_lv),
    }


def _star_impedances(frame: pd.DataFrame) -> dict[str, np.ndarray]:
    """Star impedances of the windings in p.u. of sn_hv: z_hv = (z_hm + z_hl - z_ml) / 2 and cyclically."""
    sn = {s: frame[f"sn_{s}_mva"].to_numpy(dtype=float) for s in SIDES}
    pair = {"hv": ("hv", "mv"), "mv": ("mv", "lv"), "lv": ("hv", "lv")}
    z = {}
    for side, (a, b) in pair.items():
        vk, vkr = (frame[f"{k}_{side}_percent"].to_numpy(dtype=float) for k in ("vk", "vkr"))
        z[side] = (vkr + 1j * np.sqrt(vk**2 - vkr**2)) / 100.0 * sn["hv"] / np.minimum(sn[a], sn[b])
    half = (z["hv"] + z["mv"] + z["lv"]) / 2
    return {"hv": half - z["mv"], "mv": half - z["lv"], "lv": half - z["hv"]}


def _trafos3w(frame: pd.DataFrame, bus: pd.Series, nodes: Nodes) -> list[dict]:
    """Three star branches per transformer; tap and magnetising branch sit in the hv branch."""
    star = nodes.n_bus + np.arange(len(frame))
    sn_hv, vn_hv = frame["sn_hv_mva"].to_numpy(dtype=float), frame["vn_hv_kv"].to_numpy(dtype=float)
    z_star, infinite = _star_impedances(frame), dict.fromkeys(SEASONS, np.full(len(frame), np.inf))
    out = []
    for side in SIDES:
        terminal = bus.reindex(frame[f"{side}_bus"]).to_numpy(int)
        sn, vn = frame[f"sn_{side}_mva"].to_numpy(dtype=float), frame[f"vn_{side}_kv"].to_numpy(dtype=float)
        from_node, to_node = (terminal, star) if side == "hv" else (star, terminal)
        base_kv = nodes.vn_kv[to_node]
        refer = (vn / base_kv) ** 2
        y = _magnetising(frame, sn_hv, 1.0 / refer) if side == "hv" else np.zeros(len(frame), dtype=complex)
        rated = _rated_ka(sn, vn)
        row = _row(frame, "trafo3w", side) | _t_to_pi(z_star[side] * refer * BASE_MVA / sn_hv, y) | {
            "from_node": from_node, "to_node": to_node, "sn_mva": sn,
            "ratio_neutral_pu": (vn_hv / vn) / (nodes.vn_kv[from_node] / base_kv),
            "shift_deg": _column(frame, f"shift_{side}_degree"),
            "max_i_from_ka": rated if side == "hv" else infinite, "max_i_to_ka": infinite if side == "hv" else rated,
        }
        out.append(row | _taps(frame) if side == "hv" else row)
    return out

"""pandapower nets as Networks: the electrical tables, and the injections of one operating point."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from gridsim.electrical import FREQUENCY_HZ
from gridsim.errors import Problem, raise_if
from gridsim.interop.pandapower import TRAFO, TRAFO3W
from gridsim.network import Network
from gridsim.schema import TABLES

#: pandapower elements that a Network has no table for.
_FOREIGN = (
    "impedance", "ward", "xward", "dcline", "tcsc", "svc", "ssc", "vsc", "line_dc", "motor", "asymmetric_load",
    "asymmetric_sgen",
)


def from_pandapower(net: Any) -> Network:
    """A Network with the electrical tables of a pandapower net: bus, line, trafo, trafo3w, shunt.

    Parameters
    ----------
    net : pandapowerNet
        Elements out of service and branches behind open switches are left out (pandapower lets a line
        that is open at one end only charge from the other; here it is dead).  Parallel units are
        merged into one row of the combined rating.  Capacitances are referred to 50 Hz (the
        susceptance is kept).  All three ampacities of a line are its ``max_i_ka * df``.

    Returns
    -------
    Network
        Tables of the schema (empty where nothing corresponds); ``trafo`` carries ``shift_degree``,
        ``line`` ``g_us_per_km``, ``shunt`` ``p_mw``, all at the steps that are switched on
        (``max_step`` 1).  Injections: :func:`injections_from_pandapower`.

    Raises
    ------
    InvalidInput
        Elements that a Network cannot carry (impedances, wards, bus couplers ...), all listed.
    """
    raise_if(_foreign_elements(net))
    names = _unique_names(net.bus["name"], "bus", net.bus.index)
    tables = {name: pd.DataFrame(columns=list(t.columns)) for name, t in TABLES.items()}
    bus = pd.DataFrame({
        "name": names.to_numpy(), "station": names.to_numpy(), "county": "", "vn_kv": net.bus["vn_kv"].to_numpy(float),
        "min_vm_pu": _float(net.bus, "min_vm_pu", 0.9), "max_vm_pu": _float(net.bus, "max_vm_pu", 1.1),
    })
    tables["bus"] = bus[net.bus["in_service"].to_numpy(bool)].reset_index(drop=True)
    tables |= {"line": _lines(net, names), "trafo": _trafos(net, names), "trafo3w": _trafos3w(net, names)}
    tables["shunt"] = _shunts(net, names)
    return Network(tables=tables, year=0, scenario="pandapower", name=str(net.name or "pandapower"))


def injections_from_pandapower(net: Any) -> tuple[pd.Series, pd.Series, dict[str, float], dict[str, float]]:
    """What :func:`gridsim.ac.check_ac` needs besides the tables.

    Returns
    -------
    p_mw, q_mvar : Series by bus name
        Net injections of loads, static generators, storages and generators. [MW, Mvar]
    v_set : dict of bus to float
        Voltages of generators and external grids. [p.u.]
    slack_bus : dict of bus to float
        External grids and weighted generators with their slack weights, the reference first.
    """
    names = _unique_names(net.bus["name"], "bus", net.bus.index)
    p_mw, q_mvar = (pd.Series(0.0, index=names.to_numpy()) for _ in range(2))
    for table, sign in (("load", -1.0), ("sgen", 1.0), ("storage", -1.0), ("gen", 1.0)):
        frame = net[table][net[table]["in_service"].astype(bool)]
        at = names[frame["bus"]].to_numpy()
        for column, total in (("p_mw", p_mw), ("q_mvar", q_mvar)):
            if column in frame and len(frame):
                at_bus = (sign * frame[column] * frame["scaling"]).groupby(at).sum()
                total[at_bus.index] += at_bus
    grid, gen = (net[t][net[t]["in_service"].astype(bool)] for t in ("ext_grid", "gen"))
    v_set = {names[b]: float(v) for f in (grid, gen) for b, v in zip(f["bus"], f["vm_pu"])}
    slack_bus = {names[b]: float(w) for f in (grid, gen) for b, w in zip(f["bus"], f["slack_weight"]) if w > 0}
    return p_mw, q_mvar, v_set, slack_bus


def _foreign_elements(net: Any) -> list[Problem]:
    """What a Network cannot carry."""
    found = [
        (name, f"{int(net[name].in_service.sum())} element(s) of a kind without a table", "replace them")
        for name in _FOREIGN if name in net and "in_service" in net[name] and net[name].in_service.any()
    ]
    if ((net.switch["et"] == "b") & net.switch["closed"]).any():
        found.append(("switch", "closed bus couplers", "merge the buses they join"))
    if "tap2_pos" in net.trafo and (net.trafo["tap2_pos"].fillna(0) != 0).any():
        found.append(("trafo", "second tap changers", "fold them into the ratio"))
    return [Problem(file="pandapower net", row=row, what=what, fix=fix) for row, what, fix in found]


def _unique_names(given: pd.Series, kind: str, index: pd.Index) -> pd.Series:
    """Names of a table; a missing or repeated one becomes kind + index."""
    text = given.astype(object).where(given.notna(), "").astype(str)
    bad = (text == "") | text.duplicated(keep=False)
    return pd.Series(np.where(bad, [f"{kind} {i}" for i in index], text), index=index)


def _float(frame: pd.DataFrame, column: str, otherwise: float) -> np.ndarray:
    if column not in frame:
        return np.full(len(frame), otherwise)
    return pd.to_numeric(frame[column]).fillna(otherwise).to_numpy(float)


def _in_service(net: Any, table: str, kind: str) -> pd.DataFrame:
    """Rows in service that no open switch interrupts."""
    frame, switch = net[table], net.switch
    opened = switch.loc[(switch["et"] == kind) & ~switch["closed"].astype(bool), "element"]
    frame = frame[frame["in_service"].astype(bool) & ~frame.index.isin(opened)]
    return frame.assign(name=_unique_names(frame["name"], table, frame.index))


def _at(f: pd.DataFrame, names: pd.Series, *columns: str) -> dict[str, np.ndarray]:
    """Bus numbers as names."""
    return {column: names[f[column]].to_numpy() for column in columns}


def _lines(net: Any, names: pd.Series) -> pd.DataFrame:
    f = _in_service(net, "line", "l")
    n = f["parallel"].to_numpy(float)
    value = {c: f[c].to_numpy(float) for c in ("length_km", "r_ohm_per_km", "x_ohm_per_km", "c_nf_per_km")}
    limit = (f["max_i_ka"] * f["df"]).to_numpy(float) * n
    return pd.DataFrame({
        "name": f["name"].to_numpy(), "corridor": "", **_at(f, names, "from_bus", "to_bus"), "county": "",
        "length_km": value["length_km"], "r_ohm_per_km": value["r_ohm_per_km"] / n,
        "x_ohm_per_km": value["x_ohm_per_km"] / n, "c_nf_per_km": value["c_nf_per_km"] * n * net.f_hz / FREQUENCY_HZ,
        "g_us_per_km": _float(f, "g_us_per_km", 0.0) * n,
        "max_i_ka": limit, "max_i_spring_ka": limit, "max_i_winter_ka": limit,
        "normally_open": False, "is_equivalent": False, "in_service": True,
    })


def _taps(f: pd.DataFrame) -> dict[str, np.ndarray]:
    """High-side changers, positions counted from the neutral one; low-side ones are folded into the voltage."""
    high, neutral = (f["tap_side"] == "hv").to_numpy(bool), _float(f, "tap_neutral", 0.0)
    out = {c: np.where(high, _float(f, c, 0.0) - neutral, 0.0) for c in ("tap_pos", "tap_min", "tap_max")}
    return out | {"tap_step_percent": np.where(high, _float(f, "tap_step_percent", 0.0), 0.0)}


def _side_factor(f: pd.DataFrame, side: str) -> np.ndarray:
    """What a changer at the medium or low side does to that side's rated voltage."""
    steps = _float(f, "tap_pos", 0.0) - _float(f, "tap_neutral", 0.0)
    factor = 1.0 + steps * _float(f, "tap_step_percent", 0.0) / 100.0
    return np.where((f["tap_side"] == side).to_numpy(bool), factor, 1.0)


def _trafos(net: Any, names: pd.Series) -> pd.DataFrame:
    f = _in_service(net, "trafo", "t")
    value, n = {c: f[c].to_numpy(float) for c in TRAFO}, f["parallel"].to_numpy(float)
    value |= {"sn_mva": value["sn_mva"] * n, "pfe_kw": value["pfe_kw"] * n}
    value["vn_lv_kv"] = value["vn_lv_kv"] * _side_factor(f, "lv")
    return pd.DataFrame({
        "name": f["name"].to_numpy(), "station": "", "county": "", **_at(f, names, "hv_bus", "lv_bus"), **value,
        "shift_degree": _float(f, "shift_degree", 0.0), **_taps(f),
    })


def _trafos3w(net: Any, names: pd.Series) -> pd.DataFrame:
    f = _in_service(net, "trafo3w", "t3")
    value = {c: f[c].to_numpy(float) for c in TRAFO3W}
    for side in ("mv", "lv"):
        value[f"vn_{side}_kv"] = value[f"vn_{side}_kv"] * _side_factor(f, side)
    shift = {f"shift_{side}_degree": _float(f, f"shift_{side}_degree", 0.0) for side in ("mv", "lv")}
    return pd.DataFrame({
        "name": f["name"].to_numpy(), "station": "", "county": "", **_at(f, names, "hv_bus", "mv_bus", "lv_bus"),
        **value, **shift, **_taps(f),
    })


def _shunts(net: Any, names: pd.Series) -> pd.DataFrame:
    """Each bank at the steps switched on, as one step; referred to the nominal voltage of its bus."""
    f = net.shunt[net.shunt["in_service"].astype(bool)]
    vn_kv = net.bus["vn_kv"].reindex(f["bus"]).to_numpy(float)
    scale = f["step"].to_numpy(float) * (vn_kv / f["vn_kv"].to_numpy(float)) ** 2
    p_mw, q_mvar = (f[c].to_numpy(float) * scale for c in ("p_mw", "q_mvar"))
    return pd.DataFrame({
        "name": _unique_names(f["name"], "shunt", f.index).to_numpy(), "station": "", "county": "",
        **_at(f, names, "bus"), "kind": np.where(q_mvar < 0, "capacitor", "reactor"), "p_mw": p_mw, "q_mvar": q_mvar,
        "max_step": 1,
    })

"""Networks as pandapower nets (the way back: :mod:`gridsim.interop.pandapower_in`).

``to_pandapower`` gives the same electrical model that :mod:`gridsim.electrical` uses: a plain
``pandapower.runpp(net)`` (transformer model "t", ``trafo3w_losses="hv"``) is an oracle for it.
pandapower is imported when a function here is called, never on import and never on the run path.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd

from gridsim.electrical import FREQUENCY_HZ
from gridsim.network import Network

#: generation tables that become static generators; those that can hold a voltage become generators.
_STATIC = ("wind", "solar", "hydro", "thermal", "pumped_storage", "battery", "external")
_LINE = ("length_km", "r_ohm_per_km", "x_ohm_per_km", "c_nf_per_km", "max_i_ka")
TRAFO = ("sn_mva", "vn_hv_kv", "vn_lv_kv", "vk_percent", "vkr_percent", "pfe_kw", "i0_percent")
_OF_WINDING = (("sn", "mva"), ("vn", "kv"), ("vk", "percent"), ("vkr", "percent"))
TRAFO3W = (*(f"{k}_{s}_{u}" for k, u in _OF_WINDING for s in ("hv", "mv", "lv")), "pfe_kw", "i0_percent")
_TAP = ("tap_pos", "tap_min", "tap_max", "tap_step_percent")


def _import_pandapower() -> ModuleType:
    """pandapower, without the warnings and warning filters that its import leaves behind."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pandapower
    return pandapower


def to_pandapower(network: Network, *, tan_phi: float = 0.33) -> Any:
    """A pandapowerNet of a network: all assets, loads at their peak, no generation dispatched.

    Parameters
    ----------
    network : Network
        Tables of one scenario year.
    tan_phi : float
        Q / P of the loads (0.33 = summer peak, power factor 0.95).

    Returns
    -------
    pandapowerNet
        Buses, lines (normally open ties out of service; summer ampacity), transformers, banks
        (step 0), loads, ``sgen`` for plants that do not hold a voltage, ``gen`` for those that do
        (both at 0 MW with ``max_p_mw``), ``ext_grid`` at the first boundary bus of ``area_link``
        and ``gen`` at the others, with the shares as slack weights.  Names are kept in ``name``,
        counties in ``zone`` of the buses.
    """
    net = _grid(network)
    pp, bus = _import_pandapower(), _bus_index(network)
    load = network["load"]
    load = load[load["bus"].isin(bus.index)]
    p_mw = load["max_p_mw"].to_numpy(float)
    pp.create_loads(net, bus[load["bus"]].to_numpy(), p_mw, q_mvar=p_mw * tan_phi, name=load["name"].to_list())
    for table in _STATIC:
        frame = network[table]
        frame = frame[frame["bus"].isin(bus.index)]
        holds = _flag(frame, "voltage_control")
        for create, part in ((pp.create_gen, frame[holds]), (pp.create_sgen, frame[~holds])):
            for at, row in zip(bus[part["bus"]], part.to_dict("records")):
                held = {"vm_pu": row["vm_pu"]} if create is pp.create_gen else {}
                create(net, at, 0.0, max_p_mw=row["max_p_mw"], name=row["name"], type=table, **held)
    links = network["area_link"]
    _create_slack(net, pp, {bus[b]: w for b, w in zip(links["bus"], links["share_pu"])}, {})
    return net


def hour_to_pandapower(
    network: Network,
    *,
    p_mw: pd.Series,
    q_mvar: pd.Series,
    v_set: Mapping[str, float],
    slack_bus: Mapping[str, float],
    tap_pos: Mapping[str, int] | None = None,
    step: Mapping[str, int] | None = None,
) -> Any:
    """A pandapowerNet of one hour: the oracle of :func:`gridsim.ac.check_ac`.

    Parameters
    ----------
    network : Network
    p_mw, q_mvar : Series by bus name
        Net injection of every bus, positive into the bus. [MW, Mvar]
    v_set : mapping of bus to float
        Voltage of the buses that hold it. [p.u.]
    slack_bus : mapping of bus to float
        Slack weights; the first one is the angle reference.  All must hold a voltage.
    tap_pos, step : mapping of transformer / bank to int, optional
        Positions that differ from the table (banks: steps switched on; 0 without a value).

    Returns
    -------
    pandapowerNet
        Solve it with ``pandapower.runpp(net, distributed_slack=True)``.
    """
    changed = dict(network.tables)
    for table in ("trafo", "trafo3w"):
        frame = changed[table]
        changed[table] = frame.assign(tap_pos=frame["name"].map(dict(tap_pos or {})).fillna(frame["tap_pos"]))
    net = _grid(Network(tables=changed, year=network.year, scenario=network.scenario, name=network.name))
    if step is not None:
        net.shunt["step"] = [int(step.get(name, 0)) for name in net.shunt["name"]]
    pp, bus = _import_pandapower(), _bus_index(network)
    used = p_mw.index[(p_mw != 0) | (q_mvar.reindex(p_mw.index) != 0)]
    pp.create_sgens(net, bus[used].to_numpy(), p_mw[used].to_numpy(), q_mvar=q_mvar[used].to_numpy(), name=list(used))
    _create_slack(net, pp, {bus[b]: w for b, w in slack_bus.items()}, {bus[b]: v for b, v in v_set.items()})
    for name, vm_pu in v_set.items():
        if name not in slack_bus:
            pp.create_gen(net, bus[name], 0.0, vm_pu=vm_pu, name=name)
    return net


def _create_slack(net: Any, pp: ModuleType, weights: Mapping[int, float], vm_pu: Mapping[int, float]) -> None:
    """The first weighted bus becomes the reference, the others generators that share the slack."""
    for n, (bus, weight) in enumerate(weights.items()):
        common = {"vm_pu": vm_pu.get(bus, 1.0), "slack_weight": weight, "name": net.bus["name"][bus]}
        if n == 0:
            pp.create_ext_grid(net, bus, **common)
        else:
            pp.create_gen(net, bus, 0.0, **common)


def _bus_index(network: Network) -> pd.Series:
    names = network["bus"]["name"]
    return pd.Series(np.arange(len(names)), index=names.to_numpy())


def _flag(frame: pd.DataFrame, column: str) -> pd.Series:
    return frame[column].astype(bool) if column in frame else pd.Series(False, index=frame.index)


def _grid(network: Network) -> Any:
    """Buses, lines, transformers and banks."""
    pp, bus = _import_pandapower(), _bus_index(network)
    net = pp.create_empty_network(name=f"{network.name} {network.scenario}", sn_mva=100.0, f_hz=FREQUENCY_HZ)
    b, line, trafo, star, shunt = (network[t] for t in ("bus", "line", "trafo", "trafo3w", "shunt"))
    names, zones = b["name"].to_list(), b["county"].to_list()
    pp.create_buses(net, len(b), b["vn_kv"].to_numpy(), index=range(len(b)), name=names, zone=zones)
    net.bus["min_vm_pu"], net.bus["max_vm_pu"] = b["min_vm_pu"].to_numpy(float), b["max_vm_pu"].to_numpy(float)
    if len(line):
        on = line["in_service"] if "in_service" in line else ~line["normally_open"]
        g = {"g_us_per_km": line["g_us_per_km"].to_numpy(float)} if "g_us_per_km" in line else {}
        pp.create_lines_from_parameters(
            net, bus[line["from_bus"]].to_numpy(), bus[line["to_bus"]].to_numpy(), name=line["name"].to_list(),
            in_service=on.to_numpy(bool), **{c: line[c].to_numpy(float) for c in _LINE}, **g,
        )
    common = {"tap_side": "hv", "tap_neutral": 0, "tap_changer_type": "Ratio", "tap_dependency_table": False}
    if len(trafo):
        shift = {"shift_degree": trafo["shift_degree"].to_numpy(float)} if "shift_degree" in trafo else {}
        pp.create_transformers_from_parameters(
            net, bus[trafo["hv_bus"]].to_numpy(), bus[trafo["lv_bus"]].to_numpy(), name=trafo["name"].to_list(),
            **{c: trafo[c].to_numpy(float) for c in (*TRAFO, *_TAP)}, **common, **shift,
        )
    if len(star):
        pp.create_transformers3w_from_parameters(
            net, *(bus[star[f"{s}_bus"]].to_numpy() for s in ("hv", "mv", "lv")), name=star["name"].to_list(),
            **{c: star[c].to_numpy(float) for c in (*TRAFO3W, *_TAP)}, **common,
        )
    if len(shunt):
        p_mw = shunt["p_mw"].to_numpy(float) if "p_mw" in shunt else 0.0
        pp.create_shunts(
            net, bus[shunt["bus"]].to_numpy(), shunt["q_mvar"].to_numpy(float), p_mw=p_mw, step=0,
            max_step=shunt["max_step"].to_numpy(int), name=shunt["name"].to_list(),
        )
    return net

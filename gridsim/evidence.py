"""What a results folder holds beside the balance so that any hour can be explained without simulating again.

Hourly files ``limit``, ``marginal``, ``room``, ``available``, ``section_limit`` and the table ``limit_relief``;
:mod:`gridsim.explain` reads them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from gridsim.balance import unit_areas
from gridsim.curtailment.marginal import Marginal
from gridsim.dispatch import Dispatch
from gridsim.network import Network

#: what :func:`room` says of each area [MW]
ROOM_ITEMS = ("thermal_min", "thermal_max", "hydro_min", "imports_reducible", "charging_possible")
#: units that relieve a limit by less per MW are not listed
SMALLEST_RELIEF_PU = 0.01


def hourly_evidence(network: Network, dispatch: Dispatch, marginal: Marginal) -> dict[str, pd.DataFrame]:
    """Hourly files by name.

    ``limit`` and ``marginal`` as in :class:`gridsim.curtailment.marginal.Marginal`; ``available`` (time,
    ``device.plant``) what wind and sun could give; ``room`` see :func:`room`; ``section_limit`` columns
    ``section|min_p_mw`` and ``section|max_p_mw``. [MW]
    """
    words = ("element", "element_type", "side", "outage", "planned", "cause", "direction")
    single = ("flow_mw", "limit_mw", "share_multiplier", "city_mw", "both_mw")
    kinds: dict[str, Any] = {**dict.fromkeys(words, "category"), **dict.fromkeys(single, np.float32)}
    values = dict.fromkeys(("extra_mw", "city_mw", "both_mw"), np.float32)
    small: dict[str, Any] = {"change": "category", "place": "category", **values}
    return {
        "limit": marginal.limits.astype(kinds),
        "marginal": marginal.hourly.astype(small),
        "room": room(network, dispatch).astype(np.float32),
        "available": available(dispatch).astype(np.float32),
        "section_limit": section_limits(dispatch).astype(np.float32),
    }


def marginal_tables(dispatch: Dispatch, marginal: Marginal) -> dict[str, pd.DataFrame]:
    """Tables ``marginal_limit``, ``marginal_county`` and ``limit_relief``."""
    return {
        "marginal_limit": marginal.by_limit,
        "marginal_county": marginal.by_county,
        "limit_relief": relief_table(dispatch),
    }


def room(network: Network, dispatch: Dispatch) -> pd.DataFrame:
    """Ends between which an area's plant could move, (time, ``area|item``). [MW]

    ``thermal_min`` and ``thermal_max``: of the units that are on; ``hydro_min``: forced output; ``imports_reducible``:
    what is left of flexible imports; ``charging_possible``: charging that power and room in store leave in the step.
    """
    parts = {f"{area}|{item}": np.zeros(len(dispatch.index)) for area in network["area"]["name"] for item in ROOM_ITEMS}

    def add(device: str, name: str, item: str, values: np.ndarray) -> None:
        area = unit_areas(network, device, pd.Index([name])).iloc[0]
        parts[f"{area}|{item}"] += values

    for flow in dispatch.system.flows:
        for i, name in enumerate(flow.names):
            low, high = flow.lower_mw[:, i], flow.upper_mw[:, i]
            if flow.role == "generated":
                add(flow.device, name, "thermal_min", low)
                add(flow.device, name, "thermal_max", high)
            elif flow.role == "released":
                add(flow.device, name, "hydro_min", low)
            elif flow.role == "reduced":
                add(flow.device, name, "imports_reducible", high - dispatch.flow_mw[f"{flow.device}.reduced"][name])
    stores, power = dispatch.system.stores, dispatch.system.columns
    left = np.minimum(
        power.upper_mw[:, stores.charge] - dispatch.column_mw[:, stores.charge],
        (stores.max_energy_mwh - dispatch.energy_mwh.to_numpy())
        / (stores.efficiency_charge_pu * dispatch.system.step_h),
    )
    for i, (device, name) in enumerate(zip(stores.device, stores.names)):
        add(device, name, "charging_possible", np.maximum(left[:, i], 0.0))
    return pd.DataFrame(parts, index=dispatch.index)


def available(dispatch: Dispatch) -> pd.DataFrame:
    """What wind and sun could give, (time, ``device.plant``). [MW]"""
    parts = [f.add_prefix(f"{k.split('.')[0]}.") for k, f in dispatch.fixed_mw.items() if k.endswith(".available")]
    return pd.concat(parts, axis=1) if parts else pd.DataFrame(index=dispatch.index)


def section_limits(dispatch: Dispatch) -> pd.DataFrame:
    """Limits of the sections, (time, ``section|min_p_mw`` and ``section|max_p_mw``). [MW]"""
    flows, found = dispatch.flows, dispatch.flows.limits
    columns = {}
    for k in np.flatnonzero(found.rung == 1):
        columns[f"{found.name[k]}|min_p_mw"] = flows.lower_mw[:, k]
        columns[f"{found.name[k]}|max_p_mw"] = flows.upper_mw[:, k]
    return pd.DataFrame(columns, index=dispatch.index)


def relief_table(dispatch: Dispatch) -> pd.DataFrame:
    """Who relieves the limits of the year: element, side, outage, planned, direction, unit, device, relief_pu.

    ``relief_pu`` is the MW by which the flow falls in the limit's direction per MW that the unit injects less (made up
    for by the node area, or the loads of the city); less than 0.01 is not listed.
    """
    columns = ["element", "side", "outage", "planned", "direction", "unit", "device", "relief_pu"]
    found, binding = dispatch.flows.limits, dispatch.binding
    units = _units(dispatch)
    state = found.states.of_step[binding["step"].to_numpy(dtype=int)]
    parts = []
    keys = zip(binding["limit"].astype(int), state.tolist(), binding["direction"].astype(str))
    for k, s, direction in dict.fromkeys(keys):
        sign = 1.0 if direction == "forward" else -1.0
        table = units.assign(relief_pu=sign * found.matrices[s][k][units["node"].to_numpy()])
        head = {
            "element": str(found.name[k]), "side": str(found.side[k]), "outage": str(found.outage[k]),
            "planned": "+".join(found.states.elements[s]), "direction": direction,
        }  # fmt: skip
        parts.append(table[table["relief_pu"].abs() >= SMALLEST_RELIEF_PU].assign(**head))
    if not parts:
        return pd.DataFrame(columns=columns)
    out = pd.concat(parts, ignore_index=True)[columns].drop_duplicates()
    order = ["element", "side", "outage", "planned", "direction", "relief_pu", "unit"]
    return out.sort_values(order, ascending=[True] * 5 + [False, True], ignore_index=True)


def _units(dispatch: Dispatch) -> pd.DataFrame:
    """Units that inject what they decide: unit, device, node."""
    rows = {}
    for flow in dispatch.system.flows:
        if flow.role not in ("generated", "curtailed", "charge", "released"):
            continue
        for name, node in zip(flow.names, dispatch.nodes.positions(flow.nodes)):
            rows[flow.device, name] = int(node)
    keys = list(rows)
    return pd.DataFrame({"unit": [n for _, n in keys], "device": [d for d, _ in keys], "node": list(rows.values())})

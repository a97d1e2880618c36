"""DC flows worked out from the tables alone, in megawatts per radian: what results are checked against.

Nothing of the electrical model or of the LP is used here, so that a fault there shows up as a difference.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse.csgraph import connected_components

from gridsim.network import Network
from gridsim.options import DcOptions
from gridsim.rows import records

#: an injection below this is rounding [MW]
_NOTHING_MW = 1e-6


def susceptances_mw_per_rad(network: Network, *, dc: DcOptions | None = None) -> pd.DataFrame:
    """b = V^2 / X of every branch from the tables: columns element, side, from_node, to_node, b_mw_per_rad, shift_rad.

    Lines: vn^2 / (x l).  Transformers: sn / x with x = sqrt(vk^2 - vkr^2), over the off-nominal ratio.
    Three-winding: star reactances from the three short-circuit voltages on a common rating.  With
    ``susceptance = "impedance"`` (r^2 + x^2) / x stands for x; without ``tap_ratio`` the ratio is 1.
    """
    dc = dc or DcOptions()
    vn = network["bus"].set_index("name")["vn_kv"]
    line = network["line"][network["line"]["in_service"]]
    ohm = _effective(line["r_ohm_per_km"], line["x_ohm_per_km"], dc) * line["length_km"]
    rows = [
        pd.DataFrame(
            {
                "element": line["name"],
                "side": "",
                "from_node": line["from_bus"],
                "to_node": line["to_bus"],
                "b_mw_per_rad": line["from_bus"].map(vn) ** 2 / ohm,
                "shift_rad": 0.0,
            }
        )
    ]
    trafo = network["trafo"]
    if len(trafo):
        x = np.sqrt(trafo["vk_percent"] ** 2 - trafo["vkr_percent"] ** 2) / 100.0
        x = _effective(trafo["vkr_percent"] / 100.0, x, dc)
        ratio = _ratio(trafo, vn, "hv", "lv") if dc.tap_ratio else 1.0
        low = (trafo["vn_lv_kv"] / trafo["lv_bus"].map(vn)) ** 2
        rows.append(
            pd.DataFrame(
                {
                    "element": trafo["name"],
                    "side": "",
                    "from_node": trafo["hv_bus"],
                    "to_node": trafo["lv_bus"],
                    "b_mw_per_rad": trafo["sn_mva"] / (x * low * ratio),
                    "shift_rad": _shift_rad(trafo, "shift_degree", dc),
                }
            )
        )
    rows += _star_rows(network["trafo3w"], vn, dc)
    return pd.concat(rows, ignore_index=True)


def _effective(r: Any, x: Any, dc: DcOptions) -> Any:
    """The reactance whose inverse is the susceptance of the options."""
    return x if dc.susceptance == "reactance" else (r**2 + x**2) / x


def _shift_rad(frame: pd.DataFrame, column: str, dc: DcOptions) -> Any:
    """Phase shifts of a table that has any."""
    return np.deg2rad(frame[column].astype(float)) if dc.phase_shift and column in frame else 0.0


def _ratio(trafo: pd.DataFrame, vn: pd.Series, high: str, low: str) -> pd.Series:
    rated = (trafo[f"vn_{high}_kv"] / trafo[f"{high}_bus"].map(vn)) / (
        trafo[f"vn_{low}_kv"] / trafo[f"{low}_bus"].map(vn)
    )
    return rated * (1.0 + trafo["tap_pos"] * trafo["tap_step_percent"] / 100.0)


def _star_rows(t: pd.DataFrame, vn: pd.Series, dc: DcOptions) -> list[pd.DataFrame]:
    if not len(t):
        return []
    pairs = {"hv": ("hv", "mv"), "mv": ("mv", "lv"), "lv": ("hv", "lv")}
    r: dict[str, pd.Series] = {}
    x: dict[str, Any] = {}
    for name, (a, b) in pairs.items():
        base = np.minimum(t[f"sn_{a}_mva"], t[f"sn_{b}_mva"])
        r[name] = t[f"vkr_{name}_percent"] / 100.0 / base
        x[name] = np.sqrt(t[f"vk_{name}_percent"] ** 2 - t[f"vkr_{name}_percent"] ** 2) / 100.0 / base
    opposite = {"hv": "mv", "mv": "lv", "lv": "hv"}
    star = {
        side: _effective(0.5 * sum(r.values()) - r[other], 0.5 * sum(x.values()) - x[other], dc)
        for side, other in opposite.items()
    }
    # per-unit values stand on the rated high-side voltage at the star point; the bus base differs by the square
    scale = (t["vn_hv_kv"] / t["hv_bus"].map(vn)) ** 2
    tap = 1.0 + t["tap_pos"] * t["tap_step_percent"] / 100.0
    node = t["name"].astype(str) + "*"
    out = []
    for side in ("hv", "mv", "lv"):
        ratio: Any = (
            tap
            if side == "hv"
            else (t["vn_hv_kv"] / t["hv_bus"].map(vn)) / (t[f"vn_{side}_kv"] / t[f"{side}_bus"].map(vn))
        )
        ratio = ratio if dc.tap_ratio else 1.0
        base = scale if side == "hv" else (t[f"vn_{side}_kv"] / t[f"{side}_bus"].map(vn)) ** 2
        out.append(
            pd.DataFrame(
                {
                    "element": t["name"],
                    "side": side,
                    "from_node": t["hv_bus"] if side == "hv" else node,
                    "to_node": node if side == "hv" else t[f"{side}_bus"],
                    "b_mw_per_rad": 1.0 / (star[side] * base * ratio),
                    "shift_rad": _shift_rad(t, f"shift_{side}_degree", dc),
                }
            )
        )
    return out


def planned_out(network: Network, index: pd.DatetimeIndex) -> pd.DataFrame:
    """Which branches the table ``branch_outage`` takes out of service in each step: bool (time, element).

    Days are compared as numbers 100 * month + day, both ends included; a first day after the last one means over the
    turn of the year.
    """
    today = 100 * index.month.to_numpy() + index.day.to_numpy()
    out = {str(name): np.zeros(len(index), dtype=bool) for name in network["branch_outage"]["element"]}
    for name, *days in network["branch_outage"][["element", "from_day", "to_day"]].itertuples(index=False):
        first, last = (100 * int(day[:2]) + int(day[3:5]) for day in days)
        begun, not_over = today >= first, today <= last
        out[str(name)] |= begun & not_over if first <= last else begun | not_over
    return pd.DataFrame(out, index=index, dtype=bool)


def flows_from_tables(network: Network, injection_mw: pd.DataFrame, *, dc: DcOptions | None = None) -> pd.DataFrame:
    """Flow of every branch (time, label) from B theta = P; injections by bus name (time, bus). [MW]

    Branches that are out by plan carry nothing.  Where planned outages leave an injection without a grid there is no
    flow to speak of: NaN in these steps.
    """
    b = susceptances_mw_per_rad(network, dc=dc)
    calendar = planned_out(network, pd.DatetimeIndex(injection_mw.index))
    sets, of_step = np.unique(calendar.to_numpy(dtype=bool), axis=0, return_inverse=True)
    flows = np.zeros((len(injection_mw), len(b)))
    for k, away in enumerate(sets):
        here = of_step.ravel() == k
        standing = b[~b["element"].isin(calendar.columns[np.flatnonzero(away)])]
        flows[here] = _flows(standing, b, injection_mw[here])
    labels = [e if not s else f"{e}|{s}" for e, s in zip(b["element"], b["side"])]
    return pd.DataFrame(flows, index=injection_mw.index, columns=labels)


def laplacian_mw_per_rad(start: np.ndarray, end: np.ndarray, b_mw_per_rad: np.ndarray, nodes: int) -> np.ndarray:
    """Matrix B of P = B theta over branches from ``start`` to ``end``, (node, node)."""
    laplacian = np.zeros((nodes, nodes))
    b = b_mw_per_rad
    for i, j, value in ((start, start, b), (end, end, b), (start, end, -b), (end, start, -b)):
        np.add.at(laplacian, (i, j), value)
    return laplacian


def _flows(standing: pd.DataFrame, every: pd.DataFrame, injection_mw: pd.DataFrame) -> np.ndarray:
    """Flows of some steps over the branches that stand, (time, row of ``every``). [MW]"""
    nodes = pd.Index(pd.unique(pd.concat([every["from_node"], every["to_node"]])))
    start, end = nodes.get_indexer(standing["from_node"]), nodes.get_indexer(standing["to_node"])
    value = standing["b_mw_per_rad"].to_numpy(dtype=float)
    laplacian = laplacian_mw_per_rad(start, end, value, len(nodes))
    driven = value * standing["shift_rad"].to_numpy(dtype=float)
    power = injection_mw.reindex(columns=nodes, fill_value=0.0).to_numpy(copy=True)
    np.add.at(power.T, start, driven[:, None])
    np.add.at(power.T, end, -driven[:, None])
    part = connected_components(laplacian != 0.0, directed=False)[1]
    mine = np.flatnonzero(part == np.bincount(part).argmax())
    theta = np.zeros((len(nodes), len(power)))
    theta[mine[1:]] = np.linalg.solve(laplacian[np.ix_(mine[1:], mine[1:])], power[:, mine[1:]].T)
    flows = np.zeros((len(power), len(every)))
    flows[:, every.index.get_indexer(standing.index)] = ((theta[start] - theta[end]) * value[:, None]).T - driven
    left = np.setdiff1d(np.arange(len(nodes)), mine)
    flows[np.abs(power[:, left]).max(axis=1, initial=0.0) > _NOTHING_MW] = np.nan
    return flows


def equal_shares_mw(
    network: Network, flow_mw: Mapping[str, pd.DataFrame], room: pd.DataFrame, cut: pd.Series, storage_use: str
) -> pd.DataFrame:
    """Equal shares where no limit is in force, what the city's stores take counted as cut, (time, plant). [MW]

    From tables and results: the share ``use`` of a store's charging is spread over the plants with a county, and the
    level rho of every step with a credit is found by halving, c = min(max(rho a - q, 0), a) with sum c = ``cut``.
    """
    credited = np.zeros(len(room))
    for device in [key.split(".")[0] for key in flow_mw if key.endswith(".charge")]:
        for row in records(network[device]):
            use = storage_use if storage_use != "as_tables" else row.use
            part = {"provincial": 0.0, "shared": row.shared_percent / 100.0, "dedicated": 1.0}[use]
            if isinstance(row.county, str) and part:
                credited += part * flow_mw[f"{device}.charge"][row.name].to_numpy()
    a, most = room.to_numpy(dtype=float), room.to_numpy(dtype=float).sum(axis=1)
    level = np.divide(cut.to_numpy(dtype=float), most, out=np.zeros(len(a)), where=most > 0)
    tables = [network[key.split(".")[0]] for key in flow_mw if key.endswith(".curtailed")]
    inside = room.columns.isin([n for table in tables for n in table.loc[table["county"].notna(), "name"]])
    size = a[:, inside].sum(axis=1)
    some = np.flatnonzero((credited > 0) & (size > 1e-6))
    q = np.zeros_like(a)
    q[np.ix_(some, inside)] = a[np.ix_(some, inside)] * (credited[some] / size[some])[:, None]
    low, high = level[some], level[some] + 1.0 + credited[some] / size[some]
    for _ in range(200):
        middle = 0.5 * (low + high)
        short = np.clip(middle[:, None] * a[some] - q[some], 0.0, a[some]).sum(axis=1) < cut.to_numpy()[some]
        low, high = np.where(short, middle, low), np.where(short, high, middle)
    level[some] = high
    shares = np.clip(level[:, None] * a - q, 0.0, None)
    shares[some] = np.minimum(shares[some], a[some])
    return pd.DataFrame(shares, index=room.index, columns=room.columns)

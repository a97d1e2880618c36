"""DC flows worked out from the tables alone, in megawatts per radian: what results are checked against.

Nothing of the electrical model or of the LP is used here, so that a fault there shows up as a difference.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from gridsim.network import Network


def susceptances_mw_per_rad(network: Network) -> pd.DataFrame:
    """b = V^2 / X of every branch from the tables: columns element, side, from_node, to_node, b_mw_per_rad.

    Lines: vn^2 / (x l).  Transformers: sn / x with x = sqrt(vk^2 - vkr^2), over the off-nominal ratio.
    Three-winding: star reactances from the three short-circuit voltages on a common rating.
    """
    vn = network["bus"].set_index("name")["vn_kv"]
    line = network["line"][network["line"]["in_service"]]
    rows = [
        pd.DataFrame(
            {
                "element": line["name"],
                "side": "",
                "from_node": line["from_bus"],
                "to_node": line["to_bus"],
                "b_mw_per_rad": line["from_bus"].map(vn) ** 2 / (line["x_ohm_per_km"] * line["length_km"]),
            }
        )
    ]
    trafo = network["trafo"]
    if len(trafo):
        x = np.sqrt(trafo["vk_percent"] ** 2 - trafo["vkr_percent"] ** 2) / 100.0
        ratio = _ratio(trafo, vn, "hv", "lv")
        low = (trafo["vn_lv_kv"] / trafo["lv_bus"].map(vn)) ** 2
        rows.append(
            pd.DataFrame(
                {
                    "element": trafo["name"],
                    "side": "",
                    "from_node": trafo["hv_bus"],
                    "to_node": trafo["lv_bus"],
                    "b_mw_per_rad": trafo["sn_mva"] / (x * low * ratio),
                }
            )
        )
    rows += _star_rows(network["trafo3w"], vn)
    return pd.concat(rows, ignore_index=True)


def _ratio(trafo: pd.DataFrame, vn: pd.Series, high: str, low: str) -> pd.Series:
    rated = (trafo[f"vn_{high}_kv"] / trafo[f"{high}_bus"].map(vn)) / (
        trafo[f"vn_{low}_kv"] / trafo[f"{low}_bus"].map(vn)
    )
    return rated * (1.0 + trafo["tap_pos"] * trafo["tap_step_percent"] / 100.0)


def _star_rows(t: pd.DataFrame, vn: pd.Series) -> list[pd.DataFrame]:
    if not len(t):
        return []
    pairs = {"hv": ("hv", "mv"), "mv": ("mv", "lv"), "lv": ("hv", "lv")}
    x = {}
    for name, (a, b) in pairs.items():
        base = np.minimum(t[f"sn_{a}_mva"], t[f"sn_{b}_mva"])
        x[name] = np.sqrt(t[f"vk_{name}_percent"] ** 2 - t[f"vkr_{name}_percent"] ** 2) / 100.0 / base
    star = {
        "hv": 0.5 * (x["hv"] + x["lv"] - x["mv"]),
        "mv": 0.5 * (x["hv"] + x["mv"] - x["lv"]),
        "lv": 0.5 * (x["mv"] + x["lv"] - x["hv"]),
    }
    # per-unit values stand on the rated high-side voltage at the star point; the bus base differs by the square
    scale = (t["vn_hv_kv"] / t["hv_bus"].map(vn)) ** 2
    tap = 1.0 + t["tap_pos"] * t["tap_step_percent"] / 100.0
    node = t["name"].astype(str) + "*"
    out = []
    for side in ("hv", "mv", "lv"):
        ratio = (
            tap
            if side == "hv"
            else (t["vn_hv_kv"] / t["hv_bus"].map(vn)) / (t[f"vn_{side}_kv"] / t[f"{side}_bus"].map(vn))
        )
        base = scale if side == "hv" else (t[f"vn_{side}_kv"] / t[f"{side}_bus"].map(vn)) ** 2
        out.append(
            pd.DataFrame(
                {
                    "element": t["name"],
                    "side": side,
                    "from_node": t["hv_bus"] if side == "hv" else node,
                    "to_node": node if side == "hv" else t[f"{side}_bus"],
                    "b_mw_per_rad": 1.0 / (star[side] * base * ratio),
                }
            )
        )
    return out


def flows_from_tables(network: Network, injection_mw: pd.DataFrame) -> pd.DataFrame:
    """Flow of every branch (time, label) from B theta = P; injections by bus name (time, bus). [MW]"""
    b = susceptances_mw_per_rad(network)
    nodes = pd.Index(pd.unique(pd.concat([b["from_node"], b["to_node"]])))
    start, end = nodes.get_indexer(b["from_node"]), nodes.get_indexer(b["to_node"])
    value = b["b_mw_per_rad"].to_numpy(dtype=float)
    laplacian = np.zeros((len(nodes), len(nodes)))
    for i, j, v in ((start, start, value), (end, end, value), (start, end, -value), (end, start, -value)):
        np.add.at(laplacian, (i, j), v)
    power = injection_mw.reindex(columns=nodes, fill_value=0.0).to_numpy()
    theta = np.zeros((len(nodes), len(power)))
    theta[1:] = np.linalg.solve(laplacian[1:, 1:], power[:, 1:].T)
    labels = [e if not s else f"{e}|{s}" for e, s in zip(b["element"], b["side"])]
    return pd.DataFrame(((theta[start] - theta[end]) * value[:, None]).T, index=injection_mw.index, columns=labels)

"""MATPOWER case files (``.m``, version 2) as Networks: one operating point of a DC optimal power flow.

Columns are those of MATPOWER's ``caseformat`` (bus, gen, branch, gencost).  What a DC-OPF does not see (reactive power,
voltage limits) is left out; what it sees and a Network cannot carry is refused, all of it at once.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from gridsim.errors import Problem, raise_if
from gridsim.network import Network
from gridsim.options import DcOptions
from gridsim.rows import records
from gridsim.schema import TABLES
from gridsim.tables import complete_frame, frame_sheet

#: columns of the matrices that count, by position
_BUS = {"bus": 0, "type": 1, "p_mw": 2, "gs_mw": 4, "vn_kv": 9}
_GEN = {"bus": 0, "on": 7, "max_p_mw": 8, "min_p_mw": 9}
_BRANCH = {"from": 0, "to": 1, "r": 2, "x": 3, "rate_mw": 5, "ratio": 8, "shift": 9, "on": 10}
_BRANCH |= {"angmin": 11, "angmax": 12}
#: bus type of MATPOWER: out of service
_ISOLATED = 4
#: angle limits at or beyond this are none [deg]
_NO_ANGLE = 360.0


@dataclass(frozen=True)
class MatpowerCase:
    """A case as tables, and what belongs to its one operating point.

    Attributes
    ----------
    network : Network
        Buses by number; branches as ``line`` or, with a ratio, a shift or two voltages, as ``trafo`` whose high side is
        the from bus; generators as ``thermal`` (without fuel in the file: carrier gas), costs in the file's currency;
        angle limits tighter than the rating as sections of one branch.
    demand_mw : Series
        Demand of each load; bus shunts (Gs, at 1 p.u.) are loads of their own.
    constant_cost_per_h : float
        Constant terms of the cost functions of the generators in service, which no dispatch changes.
    """

    network: Network
    demand_mw: pd.Series
    constant_cost_per_h: float


def read_matpower(path: str | Path, *, dc: DcOptions | None = None) -> MatpowerCase:
    """Read a MATPOWER case.

    Parameters
    ----------
    path : str or Path
    dc : DcOptions, optional
        Flow model in which the case will be solved; it turns angle limits into limits of flow.

    Returns
    -------
    MatpowerCase

    Raises
    ------
    InvalidInput
        Quadratic costs, negative minimum outputs or reactances, DC lines: each with its row.
    """
    path = Path(path)
    text = re.sub(r"%[^\n]*", "", path.read_text("utf-8"))
    problems: list[Problem] = []
    matrices = {name: _matrix(text, name) for name in ("bus", "gen", "branch", "gencost")}
    for name, rows in matrices.items():
        if not len(rows):
            problems.append(Problem(path.name, f"there is no matrix mpc.{name}", "give a case file of version 2"))
    if re.search(r"mpc\.dcline\s*=\s*\[", text):
        problems.append(Problem(path.name, "DC lines have no table", "state them as imports of given schedule"))
    base = re.search(r"mpc\.baseMVA\s*=\s*([\d.eE+-]+)", text)
    raise_if(problems)
    base_mva = float(base.group(1)) if base else 100.0
    bus, branch = _named(matrices["bus"], _BUS), _named(matrices["branch"], _BRANCH)
    bus = bus[bus["type"] != _ISOLATED]
    branch = branch[(branch["on"] == 1) & branch["from"].isin(bus["bus"]) & branch["to"].isin(bus["bus"])]
    gen = _generators(matrices["gen"], matrices["gencost"], path.name, problems)
    gen = gen[gen["bus"].isin(bus["bus"])]
    for k, r, x in zip(branch.index, branch["r"], branch["x"]):
        if x <= 0 or r < 0:
            what, fix = f"r is {r}, x is {x}", "a branch needs x above 0 and r of at least 0"
            problems.append(Problem(path.name, what, fix, row=f"branch {k + 1}"))
    raise_if(problems)
    load = _loads(bus)
    frames = {
        "area": pd.DataFrame({"name": ["grid"], "kind": ["detailed"]}),
        "bus": pd.DataFrame({"name": _key(bus["bus"]), "station": _key(bus["bus"]), "vn_kv": bus["vn_kv"]}),
        "demand": pd.DataFrame({"name": ["load"], "peak_mw": [load["max_p_mw"].sum()], "energy_gwh": [1.0]}),
        "load": load.drop(columns="p_mw"),
        "thermal": gen.drop(columns="constant").assign(bus=_key(gen["bus"])),
        **_branches(branch, bus.set_index("bus")["vn_kv"], base_mva, dc or DcOptions(), float(load["max_p_mw"].sum())),
    }
    network = Network(_completed(frames, problems), year=0, scenario="matpower", name=path.stem)
    raise_if(problems)
    demand = load.set_index("name")["p_mw"][list(network["load"]["name"])]
    return MatpowerCase(network, demand, float(gen["constant"].sum()))


def _matrix(text: str, name: str) -> np.ndarray:
    """Rows of ``mpc.name = [...]``; rows of different length are filled with zeros, as MATPOWER's are by hand."""
    found = re.search(rf"mpc\.{name}\s*=\s*\[(.*?)\]", text, re.DOTALL)
    rows = [r.replace(",", " ").split() for r in re.split(r"[;\n]", found.group(1))] if found else []
    rows = [r for r in rows if r]
    width = max((len(r) for r in rows), default=0)
    return np.array([[float(v) for v in r] + [0.0] * (width - len(r)) for r in rows]).reshape(len(rows), width)


def _named(matrix: np.ndarray, columns: Mapping[str, int]) -> pd.DataFrame:
    values = {name: matrix[:, k] if k < matrix.shape[1] else np.zeros(len(matrix)) for name, k in columns.items()}
    return pd.DataFrame(values)


def _key(numbers: pd.Series) -> pd.Series:
    """Bus numbers as names of equal length, so that sorting by name keeps their order."""
    return numbers.astype(int).map("{:05d}".format)


def _generators(matrix: np.ndarray, costs: np.ndarray, file: str, problems: list[Problem]) -> pd.DataFrame:
    """Generators in service that can give anything, with their marginal and constant cost."""
    gen = _named(matrix, _GEN)
    rows = []
    for k, row in enumerate(records(gen)):
        if row.on != 1:
            continue
        price = _linear(costs[k])
        if price is None:
            what = "the cost is neither a polynomial of degree 1 nor one straight piece"
            problems.append(Problem(file, what, "state it in pieces of constant cost", row=f"gencost {k + 1}"))
        if row.min_p_mw < 0 or row.max_p_mw < row.min_p_mw:
            what = f"output from {row.min_p_mw} to {row.max_p_mw} MW"
            problems.append(Problem(file, what, "it must lie between 0 and the maximum", row=f"gen {k + 1}"))
        slope, constant = price or (0.0, 0.0)
        rows.append((f"gen {k + 1:04d}", row.bus, "gas", row.max_p_mw, row.min_p_mw, slope, constant))
    columns = ["name", "bus", "carrier", "max_p_mw", "min_p_pu", "cost_cny_per_mwh", "constant"]
    out = pd.DataFrame(rows, columns=columns)
    out["min_p_pu"] = np.divide(
        out["min_p_pu"], out["max_p_mw"], out=np.zeros(len(out)), where=out["max_p_mw"].to_numpy() > 0
    )
    return out


def _linear(row: np.ndarray) -> tuple[float, float] | None:
    """Slope and constant of a cost function; None when it is not linear."""
    kind, n, values = int(row[0]), int(row[3]), row[4:]
    if kind == 1:
        x, y = values[0 : 2 * n : 2], values[1 : 2 * n : 2]
        slopes = np.diff(y) / np.diff(x)
        return (float(slopes[0]), float(y[0] - slopes[0] * x[0])) if np.ptp(slopes) < 1e-9 else None
    terms = values[:n]
    if np.abs(terms[:-2]).max(initial=0.0) > 0:
        return None
    return (float(terms[-2]) if n > 1 else 0.0), (float(terms[-1]) if n else 0.0)


def _loads(bus: pd.DataFrame) -> pd.DataFrame:
    parts = [
        pd.DataFrame({"name": f"{what} " + _key(bus["bus"]), "bus": _key(bus["bus"]), "p_mw": bus[column]})
        for what, column in (("load", "p_mw"), ("shunt", "gs_mw"))
    ]
    load = pd.concat(parts)
    load = load[load["p_mw"] != 0.0]
    return load.assign(max_p_mw=load["p_mw"].abs(), demand="load")


def _branches(
    branch: pd.DataFrame, vn: pd.Series, base_mva: float, dc: DcOptions, demand_mw: float
) -> dict[str, pd.DataFrame]:
    """Tables line, trafo, section and section_branch; a rate of 0 is no limit (more than all demand)."""
    f = branch.assign(
        name=[f"branch {k + 1:05d}" for k in branch.index],
        rate=branch["rate_mw"].where(branch["rate_mw"] > 0, 10.0 * demand_mw),
        tap=branch["ratio"].where(branch["ratio"] != 0.0, 1.0),
        vf=branch["from"].map(vn),
        vt=branch["to"].map(vn),
    )
    turns = (f["tap"] != 1.0) | (f["shift"] != 0.0) | (f["vf"] != f["vt"])
    line, trafo = f[~turns], f[turns]
    ohm, ka = line["vf"] ** 2 / base_mva, line["rate"] / (np.sqrt(3.0) * line["vf"])
    percent = 100.0 * trafo["rate"] / base_mva
    ends = {"line": (line, "from_bus", "to_bus"), "trafo": (trafo, "hv_bus", "lv_bus")}
    at = {t: {"name": p["name"], a: _key(p["from"]), b: _key(p["to"])} for t, (p, a, b) in ends.items()}
    found = {
        "line": pd.DataFrame({
            **at["line"], "length_km": 1.0, "r_ohm_per_km": line["r"] * ohm, "x_ohm_per_km": line["x"] * ohm,
            "c_nf_per_km": 0.0, "max_i_ka": ka, "max_i_spring_ka": ka, "max_i_winter_ka": ka,
        }),
        "trafo": pd.DataFrame({
            **at["trafo"], "station": _key(trafo["from"]), "sn_mva": trafo["rate"],
            "vn_hv_kv": trafo["vf"] * trafo["tap"], "vn_lv_kv": trafo["vt"],
            "vk_percent": np.hypot(trafo["r"], trafo["x"]) * percent, "vkr_percent": trafo["r"] * percent,
            "pfe_kw": 0.0, "i0_percent": 0.0, "tap_min": 0, "tap_max": 0, "tap_step_percent": 0.0,
            "shift_degree": trafo["shift"],
        }),
    }  # fmt: skip
    return found | _angle_sections(f, turns, base_mva, dc)


def _angle_sections(f: pd.DataFrame, turns: pd.Series, base_mva: float, dc: DcOptions) -> dict[str, pd.DataFrame]:
    """Limits of the angle across a branch as limits of its flow, b (angle - shift), where tighter than the rating."""
    x = f["x"] if dc.susceptance == "reactance" else (f["r"] ** 2 + f["x"] ** 2) / f["x"]
    b = base_mva / (x * (f["tap"] if dc.tap_ratio else 1.0))
    shift = f["shift"] if dc.phase_shift else 0.0
    free = (f["angmin"] == 0.0) & (f["angmax"] == 0.0)
    low = (b * np.deg2rad(f["angmin"] - shift)).mask(free | (f["angmin"] <= -_NO_ANGLE), -np.inf)
    high = (b * np.deg2rad(f["angmax"] - shift)).mask(free | (f["angmax"] >= _NO_ANGLE), np.inf)
    tight = (low > -f["rate"]) | (high < f["rate"])
    name = "angle of " + f["name"][tight]
    return {
        "section": pd.DataFrame({
            "name": name, "max_p_mw": np.minimum(high, f["rate"])[tight],
            "min_p_mw": np.maximum(low, -f["rate"])[tight],
        }),
        "section_branch": pd.DataFrame({
            "section": name, "element_type": np.where(turns, "trafo", "line")[tight], "element": f["name"][tight],
            "weight_pu": 1.0,
        }),
    }  # fmt: skip


def _completed(frames: Mapping[str, pd.DataFrame], problems: list[Problem]) -> dict[str, pd.DataFrame]:
    """All tables of the schema, cells checked, defaults filled, sorted by key."""
    tables = {}
    for table, spec in TABLES.items():
        frame = frames.get(table, pd.DataFrame(columns=list(spec.columns)))
        sheet = frame_sheet(frame.reset_index(drop=True), table, complete=True, problems=problems)
        if sheet is not None:
            done = complete_frame(sheet, None, problems)
            tables[table] = done.sort_values(list(spec.key), ignore_index=True)
    if "line" in tables:
        tables["line"]["in_service"] = True
    return tables

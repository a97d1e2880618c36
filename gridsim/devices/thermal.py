"""Thermal plant in the dispatch: output between minimum and maximum of the units that are on, cost by segments."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from gridsim.devices.blocks import Block, Flow, Potential, Ramp, Tables, must_run_cut
from gridsim.devices.load import areas_of
from gridsim.devices.placing import nodes_of
from gridsim.options import DispatchOptions
from gridsim.rows import records

#: carrier of a thermal unit -> fuel, the item of the balance
CARRIER_ITEMS = {"coal": "coal", "cogeneration": "coal", "gas": "gas", "biomass": "biomass", "waste": "biomass"}


@dataclass(frozen=True)
class ThermalFleet:
    """Net figures of thermal rows for the commitment and the dispatch; arrays over rows unless said otherwise.

    Attributes
    ----------
    cost_cny_per_mwh : ndarray
        Place in the merit order.
    unit_mw : ndarray
        Net capacity of a unit.
    min_p_pu : ndarray (row,) or (time, row)
        Minimum output of a unit, share of its capacity.
    available_units : ndarray (day, row)
    least_units : ndarray (day, row)
        On whatever the net demand: must-run plant, must-run units of the load level.
    segments : tuple of (ends in p.u. of a unit, costs)
        Convex cost of each row; one segment up to 1 is a constant cost.
    ramp_up_pu_per_h, ramp_down_pu_per_h : ndarray
        Of the capacity that is on; inf without a limit.
    start_cost_cny, min_up_h, min_down_h : ndarray
        Of one unit; only a unit commitment (``milp``) sees them.
    """

    names: tuple[str, ...]
    carrier: tuple[str, ...]
    cost_cny_per_mwh: np.ndarray
    must_run: np.ndarray
    unit_mw: np.ndarray
    min_p_pu: np.ndarray
    available_units: np.ndarray
    least_units: np.ndarray
    segments: tuple[tuple[np.ndarray, np.ndarray], ...]
    ramp_up_pu_per_h: np.ndarray
    ramp_down_pu_per_h: np.ndarray
    start_cost_cny: np.ndarray
    min_up_h: np.ndarray
    min_down_h: np.ndarray


def fleet(tables: Tables, potential: Potential, options: DispatchOptions) -> ThermalFleet:
    """Net unit sizes, available units per day, minimum output, cost segments and limits in time.

    net = gross * (1 - auxiliary); maintenance takes whole units off where a row is a plant and a share
    off where it is a fleet, forced outages derate the units (availability_pu).
    """
    table = tables["thermal"]
    names = tuple(table["name"])

    def column(name: str) -> np.ndarray:
        return table[name].to_numpy(dtype=float)

    available = potential.thermal_pu[list(names)].to_numpy() * column("units")
    must_run = table["must_run"].to_numpy(dtype=bool)
    level = _units_by_load_level(tables, potential)
    cost = column("cost_cny_per_mwh")
    return ThermalFleet(
        names=names,
        carrier=tuple(table["carrier"]),
        cost_cny_per_mwh=cost,
        must_run=must_run,
        unit_mw=column("max_p_mw") / column("units") * (1.0 - column("auxiliary_percent") / 100.0)
        * column("availability_pu"),
        min_p_pu=_minimum_pu(table, potential, options.commitment.min_output_shift_points / 100.0),
        available_units=available,
        least_units=np.where(must_run, available, np.minimum(level, available)),
        segments=tuple(_segments(tables["thermal_cost"], name, c) for name, c in zip(names, cost)),
        ramp_up_pu_per_h=np.nan_to_num(column("ramp_up_percent_per_h") / 100.0, nan=np.inf),
        ramp_down_pu_per_h=np.nan_to_num(column("ramp_down_percent_per_h") / 100.0, nan=np.inf),
        start_cost_cny=column("start_cost_cny"),
        min_up_h=column("min_up_h"),
        min_down_h=column("min_down_h"),
    )  # fmt: skip


def _minimum_pu(table: pd.DataFrame, potential: Potential, shift_pu: float) -> np.ndarray:
    """Minimum output of a unit, (row,), or (time, row) where a month or a series has its own; coal's is shifted."""
    minimum = table["min_p_pu"].to_numpy(dtype=float)
    own = potential.thermal_min_pu
    if len(own.columns):
        minimum = np.tile(minimum, (len(own), 1))
        for name in own.columns:
            minimum[:, list(table["name"]).index(name)] = own[name].to_numpy()
    return np.where(table["carrier"].isin(["coal"]), np.clip(minimum + shift_pu, 0.0, 1.0), minimum)


def _segments(table: pd.DataFrame, name: str, cost: float) -> tuple[np.ndarray, np.ndarray]:
    rows = table[table["thermal"] == name].sort_values("up_to_pu")
    if not len(rows):
        return np.ones(1), np.array([cost])
    return rows["up_to_pu"].to_numpy(dtype=float), rows["cost_cny_per_mwh"].to_numpy(dtype=float)


def _units_by_load_level(tables: Tables, potential: Potential) -> np.ndarray:
    """Units on at least by the largest load of the day in the plant's area, (day, row)."""
    table, rule = tables["thermal"], tables["must_run_level"]
    out = np.zeros((len(potential.thermal_pu), len(table)))
    if not len(rule):
        return out
    loads, areas = tables["load"], areas_of(tables)
    home = str(tables["area"].loc[tables["area"]["kind"] == "detailed", "name"].iloc[0])
    peak = loads["max_p_mw"].groupby(areas.to_numpy()).sum()
    day = potential.thermal_pu.index.get_indexer(potential.index, method="ffill")
    for k, row in enumerate(records(table)):
        area = row.area if isinstance(row.area, str) else home
        here = potential.demand_mw[list(loads.loc[(areas == area).to_numpy(), "name"])].to_numpy().sum(axis=1)
        largest = np.zeros(len(out))
        np.maximum.at(largest, day, here / peak.get(area, np.inf))
        for step in records(rule[rule["thermal"] == row.name].sort_values("from_load_pu")):
            out[largest >= step.from_load_pu - 1e-9, k] = step.units
    return out


def block(tables: Tables, thermal: ThermalFleet, online: np.ndarray, step_h: float, options: DispatchOptions) -> Block:
    """Output of the units that are on: units * min <= p <= units * max, in cost segments, and its ramps.

    A segment k of width w_k is a flow of its own, between on * unit * clip(min - start_k, 0, w_k) and
    on * unit * w_k; rising costs fill them in order.  Below its minimum a unit goes only as must-run cut.

    Parameters
    ----------
    thermal : ThermalFleet
    online : ndarray (time, row)
        Number of units on.
    step_h : float
    """
    upper = online * thermal.unit_mw
    nodes = nodes_of(tables["thermal"])
    flows: list[Flow] = []
    members: list[list[tuple[Flow, int]]] = [[] for _ in thermal.names]
    for k in range(max((len(end) for end, _ in thermal.segments), default=0)):
        rows = [i for i, (end, _) in enumerate(thermal.segments) if len(end) > k]
        start = np.array([thermal.segments[i][0][k - 1] if k else 0.0 for i in rows])
        width = np.array([thermal.segments[i][0][k] for i in rows]) - start
        least = np.clip(thermal.min_p_pu[..., rows] - start, 0.0, width)
        flow = Flow(
            "thermal", "generated", tuple(thermal.names[i] for i in rows), tuple(nodes[i] for i in rows), 1.0,
            upper[:, rows] * least, upper[:, rows] * width, np.array([thermal.segments[i][1][k] for i in rows]),
            reserve_up_pu=1.0, reserve_down_pu=1.0,
        )  # fmt: skip
        flows.append(flow)
        for position, i in enumerate(rows):
            members[i].append((flow, position))
    ramps = [_ramp(thermal, i, online[:, i], members[i], step_h) for i in range(len(thermal.names))]
    flows.append(must_run_cut("thermal", thermal.names, nodes, upper * thermal.min_p_pu, options))
    largest = (online > 1e-9) * thermal.unit_mw * options.reserve.largest_unit
    return Block(
        flows=tuple(flows),
        ramps=tuple(r for r in ramps if r is not None),
        largest_loss_mw=largest.max(axis=1, initial=0.0),
    )


def _ramp(
    thermal: ThermalFleet, row: int, on: np.ndarray, members: list[tuple[Flow, int]], step_h: float
) -> Ramp | None:
    """Largest change of one row's output into each step, None where it cannot bind.

    |p(t) - p(t-1)| <= ramp * units on in both * unit + minimum * units started or stopped.  A minimum that rises
    from one month to the next may be followed.
    """
    up_pu, down_pu = thermal.ramp_up_pu_per_h[row], thermal.ramp_down_pu_per_h[row]
    if not np.isfinite([up_pu, down_pu]).any():
        return None
    minimum = np.broadcast_to(thermal.min_p_pu, (len(on), len(thermal.names)))[:, row]
    change = np.diff(on, prepend=on[:1])
    both = np.minimum(on, on - change) * thermal.unit_mw[row]
    before = np.r_[minimum[:1], minimum[:-1]]
    up = both * up_pu * step_h + thermal.unit_mw[row] * minimum * np.maximum(change, 0.0)
    down = both * down_pu * step_h + thermal.unit_mw[row] * before * np.maximum(-change, 0.0)
    up = np.maximum(up, thermal.unit_mw[row] * np.diff(on * minimum, prepend=on[0] * minimum[0]))
    upper, lower = on * thermal.unit_mw[row], on * minimum * thermal.unit_mw[row]
    span_up, span_down = upper - np.r_[lower[:1], lower[:-1]], np.r_[upper[:1], upper[:-1]] - lower
    up, down = np.where(up < span_up - 1e-9, up, np.inf), np.where(down < span_down - 1e-9, down, np.inf)
    up[0] = down[0] = np.inf  # nothing is known of the step before the first
    if np.isinf(up).all() and np.isinf(down).all():
        return None
    return Ramp(thermal.names[row], tuple(members), up, down)

"""Marginal values: what one more MW of a limit, of wind or sun in a county, of load or charging changes.

MWh come from the basis sensitivity of each day (:mod:`gridsim.curtailment.response`), yuan from the prices of the
limits in the dispatch.  Both are one-sided where the schedule is degenerate: one MW more, not one less.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from gridsim.curtailment.extra import CountyPlants, county_plants, node_weights
from gridsim.curtailment.limits import BASIS, BOTH, CITY, limit_rows, limit_year
from gridsim.curtailment.response import AT_BOUND_MW, Activity, DayResponse, activity, day_response
from gridsim.dispatch import Dispatch
from gridsim.drivers import Drivers
from gridsim.network import Network
from gridsim.options import DispatchOptions
from gridsim.units import energy_mwh, step_hours

#: changes of less than this are not listed [MW]
SMALLEST_MW = 1e-6
#: a price is that of curtailment up to this [CNY/MWh]
_PRICE_CNY = 1e-2
COUNTY_COLUMNS = [
    "county", "carrier", "spread", "method", "step_mw", "available_mwh_per_mw", "city_mwh_per_mw", "both_mwh_per_mw",
    "marginal_percent",
]  # fmt: skip


#: where power is taken (time, node), and how much of it is credited to the city (time,)
Taken = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Marginal:
    """Marginal values of a dispatch.

    Attributes
    ----------
    limits : DataFrame
        Hour by hour: ``time, element, element_type, side, outage, planned, cause, direction, flow_mw,
        limit_mw, dual_cny_per_mwh, share_multiplier, city_mw, both_mw``: the last two are the change of the
        day's curtailment per MW by which the limit is wider in that step.
    hourly : DataFrame
        ``time, change, place, extra_mw, city_mw, both_mw``: one MW more of demand or charging in an area, of
        wind or sun in a county (``extra_mw``: what it could give in the step), in that step alone; non-zero rows only.
    by_limit, by_county : DataFrame
        The year: :data:`gridsim.curtailment.limits.LIMIT_COLUMNS`, :data:`COUNTY_COLUMNS`.
    room_mw : Series (time,)
        What plant above its minimum and flexible imports could still give way by.
    """

    limits: pd.DataFrame
    hourly: pd.DataFrame
    by_limit: pd.DataFrame
    by_county: pd.DataFrame
    room_mw: pd.Series


def marginal_values(network: Network, drivers: Drivers, dispatch: Dispatch, *, options: DispatchOptions) -> Marginal:
    """Marginal values of every hour and of the year.

    Parameters
    ----------
    network, drivers
        As the dispatch was made from.
    dispatch : Dispatch
        With equal shares that cost nothing; with others (``share = "vertex"``, ``sharing_tolerance_cny`` > 0) the
        sensitivity of the shares is not defined, and nothing is listed but prices.
    options : DispatchOptions
        As the dispatch was solved with.
    """
    extra = county_plants(network, drivers, dispatch)
    found = activity(dispatch, whole_pumps=options.storage.pumping != "relaxed")
    shared = options.share == "unique" and options.sharing_tolerance_cny == 0.0
    values = _Values.empty(dispatch, extra, network)
    if shared:
        for steps in _days(dispatch):
            values.fill(dispatch, steps, found)
    limits = limit_rows(dispatch, values.by_limit, shared)
    hourly = values.table(dispatch.index)
    return Marginal(
        limits=limits.drop(columns="limit"),
        hourly=hourly,
        by_limit=limit_year(limits, step_hours(dispatch.index)),
        by_county=_county_year(dispatch, extra, values) if shared else pd.DataFrame(columns=COUNTY_COLUMNS),
        room_mw=pd.Series(found.room_mw, index=dispatch.index),
    )


def _days(dispatch: Dispatch) -> Iterator[np.ndarray]:
    count = round(24.0 / dispatch.system.step_h)
    for start in range(0, dispatch.system.steps, count):
        yield np.arange(start, min(start + count, dispatch.system.steps))


@dataclass
class _Values:
    """Change of curtailment, (city and both, time, extra) for counties and areas, (city and both, row) for limits."""

    extra: CountyPlants
    plants: _Plants
    county: np.ndarray
    county_mw: np.ndarray
    area_names: list[tuple[str, str]]
    area_nodes: list[Taken]
    area: np.ndarray
    by_limit: np.ndarray

    @staticmethod
    def empty(dispatch: Dispatch, extra: CountyPlants, network: Network) -> _Values:
        names, nodes = _areas(network, dispatch)
        steps, e, plants = len(dispatch.index), len(extra.county), _Plants.of(dispatch)
        return _Values(
            extra,
            plants,
            np.zeros((2, steps, e)),
            plants.available_mw @ extra.per_mw + extra.new_pu,
            names,
            nodes,
            np.zeros((2, steps, len(names))),
            np.zeros((2, len(dispatch.binding))),
        )

    def fill(self, dispatch: Dispatch, steps: np.ndarray, found: Activity) -> None:
        """The values of one day."""
        rows = _rows_of(dispatch, steps)
        cut = dispatch.column_role == "curtailed"
        if not found.surplus[np.ix_(steps, cut)].any() and not _fully_cut(dispatch, steps, cut).any():
            return  # nothing is curtailed, and nothing would be
        functional = np.stack([cut & dispatch.system.columns.owned, cut]).astype(float)
        want = day_response(dispatch, steps, found.moves, functional)
        same = np.array_equal(found.moves[steps], found.surplus[steps])
        more = want if same else day_response(dispatch, steps, found.surplus, functional)
        self.county[:, steps] = _county(dispatch, self.plants, more, self.extra, functional)
        factors = _limit_factors(dispatch, want)
        for k, (weights, credited) in enumerate(self.area_nodes):
            taken = _injected(want, factors, -weights[steps])
            self.area[:, steps, k] = taken + _credit(dispatch, want, credited[steps])
        upward = np.where(dispatch.binding["direction"].to_numpy()[rows] == "forward", 1.0, -1.0)
        self.by_limit[:, rows] = want.by_limit * upward

    def table(self, index: pd.DatetimeIndex) -> pd.DataFrame:
        """Long table of what is not zero."""
        names = [*zip(self.extra.carrier, self.extra.county), *self.area_names]
        extra_mw = np.hstack([self.county_mw, np.ones((len(index), len(self.area_names)))])
        city, both = np.concatenate([self.county, self.area], axis=2)
        t, k = np.nonzero((np.abs(city) > SMALLEST_MW) | (np.abs(both) > SMALLEST_MW))
        change, place = (np.array([n[i] for n in names], dtype=object) for i in range(2))
        return pd.DataFrame(
            {
                "time": index[t],
                "change": change[k],
                "place": place[k],
                "extra_mw": extra_mw[t, k],
                "city_mw": city[t, k],
                "both_mw": both[t, k],
            }
        )


def _rows_of(dispatch: Dispatch, steps: np.ndarray) -> np.ndarray:
    at = dispatch.binding["step"].to_numpy(dtype=int)
    return np.flatnonzero((at >= steps[0]) & (at <= steps[-1]))


def _fully_cut(dispatch: Dispatch, steps: np.ndarray, cut: np.ndarray) -> np.ndarray:
    """Columns of curtailment that take all there is, (step, column)."""
    upper = dispatch.system.columns.upper_mw[steps]
    return cut[None, :] & (upper > AT_BOUND_MW) & (dispatch.column_mw[steps] >= upper - AT_BOUND_MW)


def _areas(network: Network, dispatch: Dispatch) -> tuple[list[tuple[str, str]], list[Taken]]:
    """(change, area) of load and charging; to each where it is taken (time, node), and what is credited (time,).

    Load in proportion to that of the step, charging to the stores' power.
    """
    names, nodes, steps = [], [], len(dispatch.index)
    stores, columns = dispatch.system.stores, dispatch.system.columns
    tables = network["area"]
    outer = dispatch.nodes.positions(tuple(tables.loc[tables["kind"] == "node", "name"]))
    demand = [f for f in dispatch.system.fixed if f.role == "demand"]
    power = columns.upper_mw[:, stores.charge].max(axis=0, initial=0.0)
    for area, kind in zip(tables["name"], tables["kind"]):
        own = dispatch.nodes.positions((area,)) if kind == "node" else outer
        load = np.zeros((steps, len(dispatch.nodes.names)))
        for part in demand:
            at = dispatch.nodes.positions(part.nodes)
            mine = np.isin(at, own) == (kind == "node")
            np.add.at(load.T, at[mine], -part.p_mw[:, mine].T)
        charge = np.where(np.isin(columns.node[stores.charge], own) == (kind == "node"), power, 0.0)
        charging = np.zeros_like(load)
        np.add.at(charging.T, columns.node[stores.charge], np.tile(charge[:, None], (1, steps)))
        credited = float(stores.credited_pu @ charge) / max(charge.sum(), AT_BOUND_MW)
        for change, taken, credit in (("demand", load, 0.0), ("charging", charging, credited)):
            total = taken.sum(axis=1, keepdims=True)
            if (total > 0.0).any():
                names.append((change, str(area)))
                weight = np.divide(taken, total, out=np.zeros_like(taken), where=total > 0.0)
                nodes.append((weight, np.full(steps, credit)))
    return names, nodes


def _limit_factors(dispatch: Dispatch, response: DayResponse) -> np.ndarray:
    """Flow of each limit in force per MW at a node, (row, node)."""
    found = dispatch.flows.limits
    state = found.states.of_step[response.steps[response.limit_step]]
    out = np.zeros((len(state), found.matrices[0].shape[1]))
    for s, matrix in enumerate(found.matrices):
        out[state == s] = matrix[response.limit[state == s]]
    return out


def _injected(response: DayResponse, factors: np.ndarray, injection: np.ndarray) -> np.ndarray:
    """Answer to injections (step, node) that nobody decides, each step alone, (functional, step)."""
    out = -response.balance * injection.sum(axis=1)
    flow = np.einsum("rn,rn->r", factors, injection[response.limit_step])
    for f in range(len(out)):
        np.add.at(out[f], response.limit_step, -response.by_limit[f] * flow)
    return out


def _credit(dispatch: Dispatch, response: DayResponse, credited_mw: np.ndarray) -> np.ndarray:
    """Answer of the shares to more credit of the city's plants, (functional, step)."""
    columns = dispatch.system.columns
    size = columns.upper_mw[response.steps] @ columns.owned
    per_mw = np.divide(credited_mw, size, out=np.zeros(len(size)), where=size > AT_BOUND_MW)
    return -2.0 * per_mw * (response.by_gradient @ columns.owned.astype(float))


@dataclass(frozen=True)
class _Plants:
    """Plants of ``Dispatch.role("curtailed")``: powers (time, plant), column and node of each, (plant,). [MW]"""

    available_mw: np.ndarray
    controllable_mw: np.ndarray
    column: np.ndarray
    node: np.ndarray

    @staticmethod
    def of(dispatch: Dispatch) -> _Plants:
        """Of the whole dispatch."""
        names = list(dispatch.role("curtailed").columns)
        return _Plants(
            dispatch.role("available")[names].to_numpy(),
            dispatch.controllable_mw[names].to_numpy(),
            dispatch.plant_columns(),
            dispatch.plant_nodes(),
        )


def _county(
    dispatch: Dispatch, plants: _Plants, more: DayResponse, extra: CountyPlants, functional: np.ndarray
) -> np.ndarray:
    """Answer to one more MW installed in each county, each step alone, (functional, step, extra)."""
    steps, columns = more.steps, dispatch.system.columns
    available, room = plants.available_mw[steps], plants.controllable_mw[steps]
    column, node = plants.column, plants.node
    factors = _limit_factors(dispatch, more)
    x, size = dispatch.column_mw[steps], columns.upper_mw[steps]
    full = _fully_cut(dispatch, steps, functional[BOTH] > 0.0)[:, column]
    taken = np.where(full, room, 0.0)  # of what is cut whole, the new part is cut as well
    injected = available - taken
    out = -more.balance[:, :, None] * (injected @ extra.per_mw) + np.stack(
        [(taken * functional[f, column]) @ extra.per_mw for f in range(len(functional))]
    )
    flow = (factors[:, node] * injected[more.limit_step]) @ extra.per_mw
    part = np.divide(2.0 * x, size**2, out=np.zeros_like(x), where=size > AT_BOUND_MW)
    for f in range(len(out)):
        np.add.at(out[f], more.limit_step, -more.by_limit[f][:, None] * flow)
        out[f] += (more.by_gradient[f] * part)[:, column] * room @ extra.per_mw
    credit = dispatch.credit_pu[steps]
    if credit.any():
        grown = (room * columns.owned[column]) @ extra.per_mw
        for e in range(grown.shape[1]):
            out[:, :, e] -= _credit(dispatch, more, credit * grown[:, e])
    return out + _new_plants(dispatch, more, extra, factors)


def _new_plants(dispatch: Dispatch, more: DayResponse, extra: CountyPlants, factors: np.ndarray) -> np.ndarray:
    """Answer to plants that are not there yet, of which a part is cut at once (:func:`_part_of_new`)."""
    out = np.zeros((2, len(more.steps), len(extra.county)))
    if any(extra.buses):
        part = _part_of_new(dispatch, more, factors)
        for e, buses in enumerate(extra.buses):
            mw = extra.new_pu[more.steps, e][:, None] * node_weights(dispatch, buses)[None, :]
            out[:, :, e] = _injected(more, factors, mw * (1.0 - part)) + (mw * part).sum(axis=1)
    return out


def _part_of_new(dispatch: Dispatch, more: DayResponse, factors: np.ndarray) -> np.ndarray:
    """Share of a plant of size zero of the city that is cut, (step, node).

    Stationarity of the shares is 2 (c + q) / a = nu_t + sum_l kappa_l h_l with the multipliers kappa of the limits in
    force; nu_t follows from the plants that are cut.  Where cutting is dearer than at those (prices of the LP), a new
    plant is not cut at all, where it is cheaper it is cut whole; and not at all where nobody is.
    """
    columns, binding = dispatch.system.columns, dispatch.binding
    x, size = dispatch.column_mw[more.steps], columns.upper_mw[more.steps]
    inside = (dispatch.column_role == "curtailed") & (x > AT_BOUND_MW) & (x < size - AT_BOUND_MW)
    mine = _rows_of(dispatch, more.steps)
    price, kappa = binding["dual_cny_per_mwh"].to_numpy()[mine], -binding["share_multiplier"].to_numpy()[mine]
    part = np.zeros((len(more.steps), len(dispatch.nodes.names)))
    for t in np.flatnonzero(inside.any(axis=1)):
        rows, k = more.limit_step == t, np.flatnonzero(inside[t])
        credit = dispatch.credit_pu[more.steps[t]]
        dear, shares = (-(v[rows] @ factors[rows]) for v in (price, kappa))
        at = columns.node[k]
        level = np.mean(2.0 * (x[t, k] / size[t, k] + credit * columns.owned[k]) - shares[at])
        spared = dear[at].mean() - dear
        share = np.clip((level + shares) / 2.0 - credit, 0.0, 1.0)
        part[t] = np.where(spared > _PRICE_CNY, 0.0, np.where(spared < -_PRICE_CNY, 1.0, share))
    return part


def _county_year(dispatch: Dispatch, extra: CountyPlants, values: _Values) -> pd.DataFrame:
    """Counties over the year."""
    step_h = step_hours(dispatch.index)
    available = energy_mwh(values.county_mw.sum(axis=0), step_h)
    city, both = (energy_mwh(values.county[f].sum(axis=0), step_h) for f in (CITY, BOTH))
    return pd.DataFrame(
        {
            "county": extra.county,
            "carrier": extra.carrier,
            "spread": extra.spread(),
            "method": BASIS,
            "step_mw": np.nan,
            "available_mwh_per_mw": available,
            "city_mwh_per_mw": city,
            "both_mwh_per_mw": both,
            "marginal_percent": 100.0 * np.divide(both, available, out=np.full(len(both), np.nan), where=available > 0),
        }
    )[COUNTY_COLUMNS]

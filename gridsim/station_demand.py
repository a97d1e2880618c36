"""Demand of every load: its part of an area's series, of the parts spread over counties, or a series of its own."""

from __future__ import annotations

import numpy as np
import pandas as pd

from gridsim.errors import Problem, raise_if
from gridsim.network import Network
from gridsim.rows import records


def load_weights(network: Network) -> dict[str, pd.Series]:
    """How each demand is shared among loads.

    Parameters
    ----------
    network : Network
        Tables ``demand, load, demand_county``.

    Returns
    -------
    dict of str to Series (load -> share)
        Shares of one demand add up to 1.  Loads that name the demand take it by ``max_p_mw``.  A part (``part_of``)
        that no load names is spread over the loads of its whole: by the counties of ``demand_county`` if there are
        rows, within them, or without rows, by ``max_p_mw``.  A demand without any load has an empty series.

    Raises
    ------
    InvalidInput
        Shares that do not add up to 1, counties without a load of the whole demand: all at once.
    """
    loads = network["load"].set_index("name")
    own = {str(d): rows["max_p_mw"] / rows["max_p_mw"].sum() for d, rows in loads.groupby("demand")}
    weights, problems = {}, []
    for row in records(network["demand"]):
        if row.name in own or not isinstance(row.part_of, str):
            weights[row.name] = own.get(row.name, pd.Series(dtype=float))
            continue
        base = own.get(row.part_of, pd.Series(dtype=float))
        county = loads["county"].reindex(base.index)
        table = network["demand_county"]
        shares = table[table["demand"] == row.name].set_index("county")["share_pu"]
        if shares.empty:
            weights[row.name] = base
            continue
        found = _over_counties(base, county, shares)
        problems += _share_problems(row.name, row.part_of, shares, county)
        weights[row.name] = found[found > 0.0]
    raise_if(problems)
    return weights


def station_demand(network: Network, demand_mw: pd.DataFrame, given_mw: pd.DataFrame | None = None) -> pd.DataFrame:
    """Demand of every load, with the losses of its demand.

    Parameters
    ----------
    network : Network
    demand_mw : DataFrame (time, demand)
        Series of :func:`gridsim.demand.make_demand` or given ones.
    given_mw : DataFrame (time, load), optional
        Series of single loads (measured 96 points).  They are contained in their demand: the other loads of that demand
        share what is left, so that the demand's total stays.

    Returns
    -------
    DataFrame (time, load), MW

    Raises
    ------
    InvalidInput
        Given series that exceed their demand, or are all its loads.
    """
    given = pd.DataFrame(index=demand_mw.index) if given_mw is None else given_mw
    losses = network["demand"].set_index("name")["losses_percent"]
    of_load = network["load"].set_index("name")["demand"]
    total = pd.DataFrame(0.0, index=demand_mw.index, columns=list(of_load.index))
    problems: list[Problem] = []
    for demand, weights in load_weights(network).items():
        series = demand_mw[demand].to_numpy()
        measured = [n for n in given.columns if of_load[n] == demand]
        if measured:
            weights = weights.drop(measured)
            series = series - given[measured].to_numpy().sum(axis=1)
            problems += _given_problems(demand, measured, series, weights, pd.DatetimeIndex(demand_mw.index))
            weights = weights / weights.sum() if len(weights) else weights
        factor = 1.0 + losses[demand] / 100.0
        total[list(weights.index)] += series[:, None] * (weights.to_numpy() * factor)
        for name in measured:
            total[name] += given[name].to_numpy() * factor
    raise_if(problems)
    return total


def _over_counties(base: pd.Series, county: pd.Series, shares: pd.Series) -> pd.Series:
    """Shares of counties, within each by the loads of the whole demand."""
    of_county = base.groupby(county).transform("sum")
    return (base / of_county * county.map(shares)).fillna(0.0)


def _share_problems(demand: str, whole: str, shares: pd.Series, county: pd.Series) -> list[Problem]:
    problems = []
    if abs(shares.sum() - 1.0) > 1e-6:
        what = f"the shares of {demand!r} add up to {shares.sum():.4f}"
        problems.append(Problem("demand_county", what, "make them add up to 1", row=demand, column="share_pu"))
    for name in sorted(set(shares.index) - set(county.dropna())):
        what = f"{name!r} has no load of {whole!r}"
        problems.append(Problem("demand_county", what, "drop the row, or add loads there", row=demand, column="county"))
    return problems


def _given_problems(
    demand: str, names: list[str], left: np.ndarray, weights: pd.Series, index: pd.DatetimeIndex
) -> list[Problem]:
    """Given loads that are more than their demand, or all of it but not equal."""
    label, fix = ", ".join(names), "check the unit, or give the demand of the area as well"
    if left.min() < -1e-6:
        when = index[int(left.argmin())]
        what = f"the series of {label} exceed the demand {demand!r} by {-left.min():.1f} MW at {when:%m-%d %H:%M}"
        return [Problem("series", what, fix, row=names[0])]
    if not len(weights) and abs(left).max() > 1e-6:
        what = f"every load of {demand!r} has a series and {abs(left).max():.1f} MW are left over"
        return [Problem("series", what, "leave one load without a series", row=names[0])]
    return []

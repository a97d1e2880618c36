"""Demand moved within the day: so much less in some hours, the same energy more in others."""

from __future__ import annotations

import pandas as pd

from gridsim.errors import Problem, raise_if
from gridsim.rows import records


def shifted_demand(shifts: pd.DataFrame, demand_mw: pd.DataFrame) -> pd.DataFrame:
    """Demand with every row of the table ``demand_shift`` applied.

    d'(t) = d(t) + p in the ``to_hours`` hours from ``to_hour`` on, d(t) - p to_hours / from_hours in the
    ``from_hours`` hours from ``from_hour`` on, every day; hours run over midnight.

    Parameters
    ----------
    shifts : DataFrame
        Table ``demand_shift``.
    demand_mw : DataFrame (time, demand)
        Gross demand without losses, of whole days.

    Returns
    -------
    DataFrame (time, demand), MW
        The energy of the year is unchanged; the same frame if nothing is moved.

    Raises
    ------
    InvalidInput
        Hours that overlap, more taken than there is: all at once.
    """
    if shifts.empty:
        return demand_mw
    out, problems = demand_mw.copy(), []
    hour = pd.DatetimeIndex(demand_mw.index).hour
    for row in records(shifts):
        into = {(row.to_hour + k) % 24 for k in range(row.to_hours)}
        off = {(row.from_hour + k) % 24 for k in range(row.from_hours)}
        if into & off:
            what = f"the hours {sorted(into & off)} are both taken from and moved to"
            problems.append(Problem("demand_shift", what, "let the hours not overlap", row=row.name, column="to_hour"))
            continue
        out.loc[hour.isin(into), row.demand] += row.p_mw
        out.loc[hour.isin(off), row.demand] -= row.p_mw * row.to_hours / row.from_hours
    for name in sorted(set(shifts["demand"])):
        least = out[name].min()
        if least < 0.0:
            what = f"{name!r} would fall to {least:.1f} MW at {out[name].idxmin():%m-%d %H:%M}"
            problems.append(Problem("demand_shift", what, "move less, or from more hours", row=name, column="p_mw"))
    raise_if(problems)
    return out

"""Scheduled imports: month x hour shapes, holidays, first year of operation."""

from __future__ import annotations

import numpy as np
import pandas as pd

from gridsim.devices.blocks import Block, Fixed, Flow, Potential, Tables, priced
from gridsim.devices.placing import nodes_of
from gridsim.options import DispatchOptions
from gridsim.units import step_hours
from gridsim.weather.calendar import LONG_HOLIDAYS, day_types, days_of, festival_depth

#: schedule in the Spring Festival and on the other long holidays, share of the ordinary one (assumed)
FESTIVAL_PU = 0.70
LONG_HOLIDAY_PU = 0.85
#: trial operation before the first day: length and level (assumed after the 2025 link: 45 % from 1 July to 19 August)
TRIAL_DAYS = 50
TRIAL_PU = 0.45


def schedule_mw(
    shape_pu: np.ndarray,
    index: pd.DatetimeIndex,
    *,
    energy_gwh: float,
    max_p_mw: float,
    first_day: pd.Timestamp | None = None,
) -> np.ndarray:
    """Scheduled import of one link over a year.

    Parameters
    ----------
    shape_pu : ndarray (12, 24)
        Month level times hour shape; only proportions count.
    index : DatetimeIndex
        Whole year.
    energy_gwh : float
        Energy of the year, met before clipping.
    max_p_mw : float
        Rating; the schedule is clipped at it.
    first_day : Timestamp, optional
        First day of full operation if it lies in this year; :data:`TRIAL_DAYS` before it run at
        :data:`TRIAL_PU`, and nothing before that.

    Returns
    -------
    ndarray (time,), MW
    """
    days = days_of(index)
    holiday = np.where(np.isin(day_types(days), LONG_HOLIDAYS), LONG_HOLIDAY_PU, 1.0)
    level = holiday * (1.0 - (1.0 - FESTIVAL_PU) * festival_depth(days))
    if first_day is not None:
        since = np.asarray((days.tz_localize(None).normalize() - first_day).days)
        level = level * np.where(since >= 0, 1.0, np.where(since >= -TRIAL_DAYS, TRIAL_PU, 0.0))
    day = np.searchsorted(days.asi8, index.asi8, side="right") - 1
    x = shape_pu[np.asarray(index.month) - 1, np.asarray(index.hour)] * level[day]
    if energy_gwh == 0.0 or not x.any():
        return np.zeros(len(index))
    return np.minimum(x * (energy_gwh * 1000.0 / (x.sum() * step_hours(index))), max_p_mw)


def block(tables: Tables, potential: Potential, options: DispatchOptions) -> Block:
    """Schedule, flexible reduction before curtailment, and cutting the fixed rest as a late resort."""
    table = tables["external"]
    names, nodes = tuple(table["name"]), nodes_of(table)
    schedule = potential.schedule_mw[list(names)].to_numpy()
    flexible = schedule * table["flexibility_pu"].to_numpy(dtype=float)
    ones = np.ones(len(names))
    penalties = options.penalties
    cut_cost, fixed = priced(ones * penalties.import_cut_cny_per_mwh, schedule - flexible)
    return Block(
        fixed=(Fixed("external", "schedule", names, nodes, schedule),),
        flows=(
            Flow(
                "external",
                "reduced",
                names,
                nodes,
                -1.0,
                0.0 * flexible,
                flexible,
                ones * penalties.import_reduction_cny_per_mwh,
            ),
            Flow(
                "external",
                "cut",
                names,
                nodes,
                -1.0,
                0.0 * flexible,
                fixed,
                cut_cost,
            ),
        ),
        firm_mw=(schedule * table["firm_pu"].to_numpy(dtype=float)).sum(axis=1),
        largest_loss_mw=_largest_pole_mw(table, schedule) if options.reserve.largest_pole else 0.0,
    )


def _largest_pole_mw(table: pd.DataFrame, schedule: np.ndarray) -> np.ndarray:
    """What the loss of one pole takes, (time,): poles carry the schedule in proportion to their rating. [MW]"""
    share = (table["pole_mw"] / table["max_p_mw"]).to_numpy(dtype=float)
    return (schedule * share).max(axis=1, initial=0.0)

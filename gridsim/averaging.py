"""What hourly means hide: one week in steps of 15 minutes and in the means of its hours, from the same drivers.

A limit is met step by step.  Power that swings within the hour is cut in the quarters above the limit; its mean may
stay below it.  Both dispatches start and end with the same stored energy and differ in nothing else.
"""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from gridsim.curtailment.rates import plant_energy
from gridsim.dispatch import Dispatch, solve_dispatch
from gridsim.errors import InvalidInput
from gridsim.network import Network
from gridsim.profiles import Profiles, make_profiles
from gridsim.run_year import study_drivers
from gridsim.study import Study, study_network

#: length of a fine step and how many of them are an hour
FINE_MINUTES, PARTS = 15, 4
#: frames of Profiles with a row per day
DAILY = ("hydro_energy_mwh", "thermal_pu")
#: frames that are counts: the hour takes those of its first quarter
COUNTS = ("thermal_online",)
COLUMNS = (
    *("first_day", "days", "step_minutes", "city_available_gwh", "city_curtailed_gwh", "city_percent"),
    *("both_curtailed_gwh", "province_percent", "hidden_gwh", "hidden_points"),
)


def averaging_table(study: Study, first_day: str, *, days: int = 7) -> pd.DataFrame | None:
    """Table ``averaging``: one week both ways, a row for 15 minutes and a row for hourly means.

    Parameters
    ----------
    study : Study
    first_day : str
        First day of the week, YYYY-MM-DD.
    days : int

    Returns
    -------
    DataFrame or None
        ``hidden_gwh`` and ``hidden_points`` of the hourly row: what the 15-minute steps curtail more, in the city. None
        where the study's given series are hourly: there is nothing finer to read.

    Raises
    ------
    NoOptimum
        If a dispatch has no proven optimum.

    Notes
    -----
    Hourly weather is refined within the hour (irradiance follows the sun, the rest runs linearly between the hours'
    middles: :func:`gridsim.weather.study_year.on_study_year`), demand follows its hourly shape.  Gusts and clouds of
    minutes are in it only if the weather or the series have such steps: the difference is a lower bound.
    """
    network = study_network(study)
    try:
        drivers = study_drivers(study, network, minutes=FINE_MINUTES)
    except InvalidInput:
        return None
    options = study.options()
    with threadpool_limits(limits=1, user_api="blas"):
        fine = some_days(make_profiles(network, drivers, hydro_year=options.hydro_year), first_day, days)
        both = [solve_dispatch(network, p, options=options.dispatch) for p in (fine, hourly_means(fine))]
    return week_table(network, both, first_day=first_day, days=days)


def some_days(profiles: Profiles, first_day: str, days: int) -> Profiles:
    """The profiles from midnight of ``first_day`` over ``days`` days."""
    start = pd.Timestamp(first_day, tz=profiles.index.tz)
    end = start + pd.Timedelta(days=days)

    def cut(frame: Any) -> Any:
        if isinstance(frame, dict):
            return {k: cut(v) for k, v in frame.items()}
        if not isinstance(frame, pd.DataFrame | pd.Series) or not isinstance(frame.index, pd.DatetimeIndex):
            return frame
        return frame[(frame.index >= start) & (frame.index < end)]

    index = profiles.index[(profiles.index >= start) & (profiles.index < end)]
    parts = {f.name: cut(getattr(profiles, f.name)) for f in fields(Profiles) if f.name not in ("index", "notes")}
    return replace(profiles, index=index, **parts)


def hourly_means(profiles: Profiles) -> Profiles:
    """15-minute profiles as the means of their hours; daily frames stay, units on are those of the first quarter."""
    hours = profiles.index[::PARTS]

    def mean(name: str, frame: Any) -> Any:
        if isinstance(frame, dict):
            return {k: mean(name, v) for k, v in frame.items()}
        if not isinstance(frame, pd.DataFrame | pd.Series) or len(frame) != len(profiles.index) or name in DAILY:
            return frame
        values = frame.to_numpy(dtype=float).reshape(len(hours), PARTS, *frame.shape[1:])
        made = values[:, 0] if name in COUNTS else values.mean(axis=1)
        return pd.Series(made, hours) if isinstance(frame, pd.Series) else pd.DataFrame(made, hours, frame.columns)

    parts = {
        f.name: mean(f.name, getattr(profiles, f.name)) for f in fields(Profiles) if f.name not in ("index", "notes")
    }
    return replace(profiles, index=hours, **parts)


def week_table(network: Network, both: list[Dispatch], *, first_day: str, days: int) -> pd.DataFrame:
    """Energies and rates of the fine and the hourly dispatch, and what the second hides."""
    rows: list[dict[str, Any]] = []
    for dispatch in both:
        city, rest = (plant_energy(network, dispatch, in_city=inside) for inside in (True, False))
        available, cut = (float(f.to_numpy().sum()) / 1e3 for f in (city.available_mwh, city.curtailed_mwh))
        all_available = available + float(rest.available_mwh.to_numpy().sum()) / 1e3
        all_cut = cut + float(rest.curtailed_mwh.to_numpy().sum()) / 1e3
        rows.append(
            {
                "first_day": first_day,
                "days": days,
                "step_minutes": round((dispatch.index[1] - dispatch.index[0]).total_seconds() / 60),
                "city_available_gwh": available,
                "city_curtailed_gwh": cut,
                "city_percent": 100.0 * cut / available if available else np.nan,
                "both_curtailed_gwh": all_cut,
                "province_percent": 100.0 * all_cut / all_available if all_available else np.nan,
            }
        )
    fine, coarse = rows
    fine |= {"hidden_gwh": 0.0, "hidden_points": 0.0}
    coarse |= {
        "hidden_gwh": fine["city_curtailed_gwh"] - coarse["city_curtailed_gwh"],
        "hidden_points": fine["city_percent"] - coarse["city_percent"],
    }
    return pd.DataFrame(rows, columns=list(COLUMNS))

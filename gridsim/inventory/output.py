"""Output of wind and sun, curtailed and before curtailment, and demand, county by county."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import numpy as np
import pandas as pd

from gridsim.curtailment.rates import Energies
from gridsim.devices import RENEWABLES
from gridsim.network import Network
from gridsim.profiles import Profiles
from gridsim.units import energy_mwh, step_hours

#: curtailed energy of a step above which it counts as a step with curtailment, as in curtailment_month_hour [MWh]
SMALLEST_MWH = 1e-3
#: share of the time in which guaranteed output is reached [%]
GUARANTEE_PERCENT = 95.0
PARTS = ("theoretical", "available", "curtailed")


def simulation_table(found: Energies) -> pd.DataFrame:
    """Energies of the year, highest curtailed power and hours with curtailment, by kind of plant.

    Returns
    -------
    DataFrame
        ``type, installed_mw, theoretical_gwh, available_gwh, used_gwh, curtailed_gwh, curtailment_percent,
        full_load_h, max_curtailed_mw, max_curtailed_time, curtailed_h``; types are wind, each kind of solar, solar
        and ``total``.  ``full_load_h`` is used energy over capacity; a kind without plants has no row.
    """
    rows = []
    index = pd.DatetimeIndex(found.frames["available"].index)
    step_h = step_hours(index)
    for kind, chosen in _kinds(found.plants):
        capacity = float(found.plants.set_index("plant").loc[chosen, "max_p_mw"].sum())
        theoretical, available, curtailed = (found.frames[p][chosen].sum(axis=1).to_numpy() for p in PARTS)
        most = int(curtailed.argmax()) if len(curtailed) else 0
        used = available.sum() - curtailed.sum()
        some = curtailed > SMALLEST_MWH
        rows.append(
            {
                "type": kind,
                "installed_mw": capacity,
                "theoretical_gwh": theoretical.sum() / 1e3,
                "available_gwh": available.sum() / 1e3,
                "used_gwh": used / 1e3,
                "curtailed_gwh": curtailed.sum() / 1e3,
                "curtailment_percent": 100.0 * curtailed.sum() / available.sum() if available.sum() > 0 else np.nan,
                "full_load_h": used / capacity if capacity > 0 else np.nan,
                "max_curtailed_mw": curtailed[most] / step_h if some.any() else 0.0,
                "max_curtailed_time": str(index[most]) if some.any() else "",
                "curtailed_h": float(some.sum() * step_h),
            }
        )
    return pd.DataFrame(rows)


def _kinds(plants: pd.DataFrame) -> Iterator[tuple[str, list[str]]]:
    """Kind of plant and its plants: each carrier, in front of it its kinds if it has several, then all."""
    for carrier in RENEWABLES:
        mine = plants[plants["carrier"] == carrier]
        kinds = list(dict.fromkeys(mine["kind"]))
        for kind in sorted(kinds, reverse=True) if len(kinds) > 1 else ():
            yield f"{carrier}_{kind}", list(mine.loc[mine["kind"] == kind, "plant"])
        if len(mine):
            yield carrier, list(mine["plant"])
    yield "total", list(plants["plant"])


def county_month_table(found: Energies) -> pd.DataFrame:
    """Energies and rate of every county and month.

    Returns
    -------
    DataFrame
        ``county, month, available_gwh, used_gwh, curtailed_gwh, curtailment_percent`` (all causes; empty without
        available energy).
    """
    county = found.plants.set_index("plant")["county"]
    month = pd.DatetimeIndex(found.frames["available"].index).month
    out = pd.DataFrame()
    for part in ("available", "curtailed"):
        by_month = found.frames[part].groupby(month).sum().rename_axis("month")
        by = (by_month.T.groupby(county).sum().T / 1e3).reset_index()
        long = by.melt(id_vars="month", var_name="county", value_name=f"{part}_gwh")
        out = long if out.empty else out.merge(long, on=["month", "county"])
    out["used_gwh"] = out["available_gwh"] - out["curtailed_gwh"]
    out["curtailment_percent"] = 100.0 * out["curtailed_gwh"] / out["available_gwh"].where(out["available_gwh"] > 0)
    columns = ["county", "month", "available_gwh", "used_gwh", "curtailed_gwh", "curtailment_percent"]
    return out.sort_values(["county", "month"], kind="stable", ignore_index=True)[columns]


def resource_table(found: Energies) -> pd.DataFrame:
    """What wind and sun could give, by county and for the whole city, before any curtailment.

    Returns
    -------
    DataFrame
        ``county, carrier, installed_mw, theoretical_full_load_h, full_load_h, guaranteed_percent, max_output_percent,
        coincidence_percent``; the city's rows have an empty county.  ``full_load_h`` from available energy;
        ``guaranteed_percent``: output of capacity that is reached in 95 % of the time, of sun in 95 % of the time in
        which some sun of the city gives output; ``max_output_percent``: highest output; ``coincidence_percent``:
        output at the city's highest over the own highest, for the city its highest over the sum of the counties'.
    """
    rows = []
    step_h = step_hours(pd.DatetimeIndex(found.frames["available"].index))
    for carrier in RENEWABLES:
        mine = found.plants[found.plants["carrier"] == carrier]
        if mine.empty:
            continue
        by_county = {"": list(mine["plant"])} | {str(c): list(g["plant"]) for c, g in mine.groupby("county")}
        power = {c: found.frames["available"][names].sum(axis=1).to_numpy() / step_h for c, names in by_county.items()}
        light = power[""] > 0 if carrier == "solar" else np.ones(len(power[""]), dtype=bool)
        at = int(power[""].argmax())
        summed = sum(p.max() for c, p in power.items() if c)
        for county, names in by_county.items():
            capacity = float(mine.set_index("plant").loc[names, "max_p_mw"].sum())
            own = power[county]
            if capacity <= 0 or own.max() <= 0:
                continue
            theoretical = found.frames["theoretical"][names].to_numpy().sum()
            same = own.max() / summed if county == "" else own[at] / own.max()
            rows.append(
                {
                    "county": county,
                    "carrier": carrier,
                    "installed_mw": capacity,
                    "theoretical_full_load_h": theoretical / capacity,
                    "full_load_h": own.sum() * step_h / capacity,
                    "guaranteed_percent": 100.0 * np.quantile(own[light], 1 - GUARANTEE_PERCENT / 100.0) / capacity,
                    "max_output_percent": 100.0 * own.max() / capacity,
                    "coincidence_percent": 100.0 * same,
                }
            )
    return pd.DataFrame(rows, columns=RESOURCE)


RESOURCE = [
    *("county", "carrier", "installed_mw", "theoretical_full_load_h", "full_load_h", "guaranteed_percent"),
    *("max_output_percent", "coincidence_percent"),
]


def correlation_table(found: Energies, load_mw: pd.Series) -> pd.DataFrame:
    """How the hours and the days of wind, sun and demand of the city go together, and those of its counties.

    Parameters
    ----------
    found : Energies
    load_mw : Series (time,)
        Demand of the city.

    Returns
    -------
    DataFrame
        ``pair, correlation_pu, daily_correlation_pu`` (Pearson's; of daily means): ``wind-solar``, ``wind-demand``,
        ``solar-demand``, ``total-demand``, and the mean over all pairs of counties, ``wind-counties`` and
        ``solar-counties``.  A pair with a constant series has no correlation and no row.
    """
    available = found.frames["available"]
    carrier = found.plants.set_index("plant")["carrier"]
    series = {str(c): available[names].sum(axis=1) for c, names in carrier.groupby(carrier).groups.items()}
    city = pd.DataFrame({**series, "total": available.sum(axis=1), "demand": load_mw.reindex(available.index)})
    pairs = [*combinations(sorted(series, reverse=True), 2), *((c, "demand") for c in (*series, "total"))]
    rows = [(f"{a}-{b}", _mean_pair(city[[a, b]]), _mean_pair(_daily(city[[a, b]]))) for a, b in pairs]
    for name, plants in carrier.groupby(carrier).groups.items():
        county = found.plants.set_index("plant").loc[list(plants), "county"]
        by = available[list(plants)].T.groupby(county).sum().T
        rows.append((f"{name}-counties", _mean_pair(by), _mean_pair(_daily(by))))
    out = pd.DataFrame(rows, columns=["pair", "correlation_pu", "daily_correlation_pu"])
    return out[out["correlation_pu"].notna()].reset_index(drop=True)


def _daily(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.groupby(pd.DatetimeIndex(frame.index).normalize()).mean()


def _mean_pair(frame: pd.DataFrame) -> float:
    """Mean correlation over all pairs of columns that vary; NaN without such a pair."""
    frame = frame.loc[:, frame.std() > 0]
    n = len(frame.columns)
    if n < 2 or len(frame) < 2:
        return np.nan
    matrix = np.corrcoef(frame.to_numpy().T)
    return float(matrix[np.triu_indices(n, 1)].mean())


def city_demand(network: Network, profiles: Profiles) -> pd.DataFrame:
    """Gross demand of each county, (time, county). [MW]"""
    load = network["load"].set_index("name")
    county = load["county"].reindex(profiles.demand_mw.columns)
    inside = county.notna().to_numpy()
    return profiles.demand_mw.loc[:, inside].T.groupby(county[inside].to_numpy()).sum().T


def demand_table(demand_mw: pd.DataFrame) -> pd.DataFrame:
    """Highest and lowest demand, energy and load factor of every county and of the city.

    Parameters
    ----------
    demand_mw : DataFrame (time, county)

    Returns
    -------
    DataFrame
        ``county, max_mw, max_time, min_mw, energy_gwh, load_factor_percent, peak_valley_mw``; the city's row has an
        empty county and is that of its own hours, not the sum of the counties' extremes.  Load factor = mean /
        highest; ``peak_valley_mw`` is the largest difference within a day.
    """
    index = pd.DatetimeIndex(demand_mw.index)
    step_h, day = step_hours(index), index.normalize()
    rows = []
    for county, series in {"": demand_mw.sum(axis=1), **{str(c): demand_mw[c] for c in demand_mw.columns}}.items():
        by_day = series.groupby(day)
        highest = float(series.max())
        rows.append(
            {
                "county": county,
                "max_mw": highest,
                "max_time": str(series.idxmax()),
                "min_mw": float(series.min()),
                "energy_gwh": float(energy_mwh(series.sum(), step_h)) / 1e3,
                "load_factor_percent": 100.0 * float(series.mean()) / highest if highest > 0 else np.nan,
                "peak_valley_mw": float((by_day.max() - by_day.min()).max()),
            }
        )
    return pd.DataFrame(rows)

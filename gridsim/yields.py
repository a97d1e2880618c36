"""What standard plants would yield under a weather source, beside the published ranges of the region.

One wind farm and one photovoltaic plant with the same parameters everywhere, so that sources can be compared: not the
plants of a network, and no curtailment.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from gridsim.devices import solar, wind
from gridsim.sun import interval_middle, sun_position
from gridsim.units import step_hours
from gridsim.weather.canonical import ZONE, Weather, wind_columns
from gridsim.weather.statistics import SEASONS, correlation

#: hours of the evening peak, start of the hour
EVENING = (18, 19, 20)
#: an evening with less than this of the capacity is a lull
LULL_PU = 0.1


@dataclass(frozen=True)
class StandardPlants:
    """Parameters of the two plants; losses are those behind the theoretical power, own outages included.

    Attributes
    ----------
    turbine, hub_height_m, wind_loss_percent
        As in the table ``wind``.
    tilt_deg, dc_ac_ratio, solar_loss_percent
        As in the table ``solar``, rows facing south.
    """

    turbine: str = "4.0MW"
    hub_height_m: float = 110.0
    wind_loss_percent: float = 12.0
    tilt_deg: float = 18.0
    dc_ac_ratio: float = 1.2
    solar_loss_percent: float = 14.0


#: carrier -> figure -> (low, high, source); what is not published is not here
PUBLISHED: dict[str, dict[str, tuple[float, float, str]]] = {
    "wind": {
        "full_load_h": (
            1950.0,
            2250.0,
            "Hunan statistics, full years (own knowledge; 1504 h Jan-Sep 2017 NEA/CEC x 12/9)",
        ),
        "cf_year_pu": (0.22, 0.25, "the same"),
    },
    "solar": {
        "full_load_h": (920.0, 1155.0, "CF 0.105 (climatology note) to 1155 h (CSG data set, site 5, 110 MW, on AC)"),
        "cf_year_pu": (0.105, 0.132, "the same"),
        "cf_djf_pu": (0.071, 0.085, "Nanxian CSWD, 20 degrees tilt, 14 % losses: on DC, and x 1.2 on AC"),
        "cf_mam_pu": (0.108, 0.130, "the same"),
        "cf_jja_pu": (0.140, 0.168, "the same"),
        "cf_son_pu": (0.107, 0.128, "the same"),
    },
}
FIGURES = (
    "full_load_h",
    "cf_year_pu",
    "cf_djf_pu",
    "cf_mam_pu",
    "cf_jja_pu",
    "cf_son_pu",
    "evening_pu",
    "evening_lull_percent",
    "sun_correlation_hour",
    "sun_correlation_day",
)


def plant_pu(weather: Weather, plants: StandardPlants | None = None) -> dict[str, np.ndarray]:
    """Available power of the standard plants at every site, per MW of AC capacity.

    Parameters
    ----------
    weather : Weather
    plants : StandardPlants, optional

    Returns
    -------
    dict of str to ndarray (time, site)
        ``wind`` (only if there are two wind heights, or one at the hub) and ``solar``.
    """
    plants = plants or StandardPlants()
    lat, lon = (weather.sites[c].to_numpy(float) for c in ("lat_deg", "lon_deg"))
    sun = sun_position(interval_middle(weather.index), lat, lon)
    heights = wind_columns(weather.data)
    data = dict(weather.data)
    if "wind_speed_10m_m_per_s" not in data and heights:
        data["wind_speed_10m_m_per_s"] = data[next(iter(heights))]  # cools the modules; the lowest there is
    out = {
        "solar": solar.solar_pu(
            data,
            sun,
            orientation="fixed_tilt",
            tilt_deg=plants.tilt_deg,
            dc_ac_ratio=plants.dc_ac_ratio,
            loss_percent=plants.solar_loss_percent,
        )
    }
    if len(heights) > 1 or plants.hub_height_m in heights.values():
        out["wind"] = wind.wind_pu(
            weather.data,
            turbine=plants.turbine,
            hub_height_m=plants.hub_height_m,
            loss_percent=plants.wind_loss_percent,
        )
    return out


def yield_table(weather: Weather, plants: StandardPlants | None = None) -> pd.DataFrame:
    """Figures of the standard plants under a source, over its sites, beside the published ranges.

    Parameters
    ----------
    weather : Weather
        A whole year.
    plants : StandardPlants, optional

    Returns
    -------
    DataFrame
        ``carrier, figure, mean, lowest, highest, published_low, published_high, within, source``: mean, lowest and
        highest site; ``within``: the mean lies in the published range (None where nothing is published).
        ``evening_pu``: mean of 18-21 h; ``evening_lull_percent``: evenings with less than 10 % of the capacity;
        ``sun_correlation_*``: wind power with solar power of the same site, of hours and of days.
    """
    power = plant_pu(weather, plants)
    rows = []
    for carrier in ("wind", "solar"):
        if carrier not in power:
            continue
        values = plant_figures(power[carrier], weather.index)
        if carrier == "wind":
            values |= _with_sun(power["wind"], power["solar"], weather.index)
        for figure in FIGURES:
            if figure not in values:
                continue
            of_site = values[figure]
            low, high, source = PUBLISHED[carrier].get(figure, (np.nan, np.nan, ""))
            mean = float(of_site.mean())
            within = None if np.isnan(low) else bool(low <= mean <= high)
            rows.append((carrier, figure, mean, float(of_site.min()), float(of_site.max()), low, high, within, source))
    columns = ["carrier", "figure", "mean", "lowest", "highest", "published_low", "published_high", "within", "source"]
    return pd.DataFrame(rows, columns=columns)


def plant_figures(pu: np.ndarray, index: pd.DatetimeIndex) -> dict[str, np.ndarray]:
    """Full-load hours of 8,760 h, capacity factors by season, evenings: figure -> ndarray (site,).

    Parameters
    ----------
    pu : ndarray (time, site)
    index : DatetimeIndex
    """
    local = index.tz_convert(ZONE)
    found = {"cf_year_pu": pu.mean(axis=0), "full_load_h": 8760.0 * pu.mean(axis=0)}
    for season, months in SEASONS.items():
        within = np.isin(local.month, months)
        if within.any():
            found[f"cf_{season.lower()}_pu"] = pu[within].mean(axis=0)
    evening = np.isin(local.hour, EVENING)
    size = round(len(EVENING) / step_hours(index[:2]))
    of_evening = pu[evening][: evening.sum() // size * size].reshape(-1, size, pu.shape[1]).mean(axis=1)
    found["evening_pu"] = of_evening.mean(axis=0)
    found["evening_lull_percent"] = 100.0 * (of_evening < LULL_PU).mean(axis=0)
    return found


def _with_sun(wind_pu: np.ndarray, solar_pu: np.ndarray, index: pd.DatetimeIndex) -> dict[str, np.ndarray]:
    size = round(24.0 / step_hours(index[:2]))
    whole = len(index) // size * size
    days = [v[:whole].reshape(-1, size, v.shape[1]).mean(axis=1) for v in (wind_pu, solar_pu)]
    sites = range(wind_pu.shape[1])
    return {
        "sun_correlation_hour": np.array([correlation(wind_pu[:, s], solar_pu[:, s]) for s in sites]),
        "sun_correlation_day": np.array([correlation(days[0][:, s], days[1][:, s]) for s in sites]),
    }

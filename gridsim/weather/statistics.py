"""A weather year in figures: sums, curves, memory, dependence, ramps, daily courses, spells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from gridsim.weather.canonical import ZONE, Weather, wind_columns
from gridsim.weather.climate import Climate
from gridsim.weather.sky import sky_over

GHI, DHI, TEMP = "ghi_w_per_m2", "dhi_w_per_m2", "temp_air_degc"
SEASONS = {"DJF": (12, 1, 2), "MAM": (3, 4, 5), "JJA": (6, 7, 8), "SON": (9, 10, 11)}
QUANTILES = (5, 25, 50, 75, 90, 95, 99)
HOUR_LAGS, DAY_LAGS = (1, 3, 6, 12, 24), (1, 2, 3, 7)
#: edges of the classes of distance. [km]
DISTANCES = (0, 50, 100, 200, 400, 800)
#: a dull day has less than this share of the clear sky's sum; a spell has this many of them
DULL_PU, SPELL_DAYS = 0.25, 3
#: what stands for all sites together
ALL = "all"


@dataclass(frozen=True)
class Statistic:
    """What a figure is and how far two sources may differ.

    Attributes
    ----------
    unit : str
    tolerance : float
        In per cent of B if ``relative``, else in ``unit``.
    relative : bool
    """

    unit: str
    tolerance: float
    relative: bool = False


#: figure -> unit and tolerance (assumed: about what two good sources of one year differ by)
STATISTICS: dict[str, Statistic] = {
    "ghi_month": Statistic("kWh/m2", 15.0, True),
    "ghi_year": Statistic("kWh/m2", 7.0, True),
    "diffuse_fraction": Statistic("", 0.06),
    "dark_days": Statistic("%", 5.0),
    "bright_days": Statistic("%", 7.0),
    "spell_days": Statistic("%", 7.0),
    "longest_spell": Statistic("d", 5.0),
    "ghi_duration": Statistic("W/m2", 60.0),
    "ghi_cycle": Statistic("W/m2", 50.0),
    "ghi_ramp": Statistic("W/m2", 40.0),
    "clearness_day_memory": Statistic("", 0.15),
    "temp_month": Statistic("degC", 1.5),
    "temp_max_month": Statistic("degC", 2.0),
    "temp_min_month": Statistic("degC", 2.0),
    "temp_duration": Statistic("degC", 2.0),
    "temp_day_memory": Statistic("", 0.15),
    "wind_month": Statistic("m/s", 15.0, True),
    "wind_year": Statistic("m/s", 8.0, True),
    "wind_weibull_k": Statistic("", 0.25),
    "wind_duration": Statistic("m/s", 12.0, True),
    "wind_hour_memory": Statistic("", 0.1),
    "wind_day_memory": Statistic("", 0.15),
    "wind_ramp": Statistic("m/s", 25.0, True),
    "wind_cycle": Statistic("pu", 0.1),
    "correlation_hour": Statistic("", 0.12),
    "correlation_day": Statistic("", 0.15),
    "distance_wind_hour": Statistic("", 0.15),
    "distance_clearness_day": Statistic("", 0.15),
}
COLUMNS = ("site", "statistic", "key", "value")
Row = tuple[str, str, str, float]


def statistics(weather: Weather) -> pd.DataFrame:
    """Figures of every site and of the distances between sites.

    Parameters
    ----------
    weather : Weather
        NaN is skipped.

    Returns
    -------
    DataFrame
        ``site, statistic, key, value``; unit and tolerance in :data:`STATISTICS`.  Keys: month, percentile, lag in
        hours or days, pair, ``season hour``, ``height`` before them for wind.
    """
    local = weather.index.tz_convert(ZONE)
    step = pd.Timedelta(int(np.median(np.diff(weather.index.as_unit("ns").asi8))), unit="ns")
    place = [weather.sites[c].to_numpy(float) for c in ("lat_deg", "lon_deg", "elevation_m")]
    clear = sky_over(weather.index, step, *place).clear_w_per_m2
    days = _Days.of(local)
    rows: list[Row] = []
    for s, name in enumerate(weather.sites["name"]):
        data = {k: v[:, s] for k, v in weather.data.items() if np.isfinite(v[:, s]).any()}
        rows += [(str(name), *row) for row in _of_site(data, clear[:, s], local, days, step)]
    if len(weather.sites) > 1:
        rows += [(ALL, *row) for row in _over_distance(weather, clear, days)]
    return pd.DataFrame(rows, columns=list(COLUMNS))


@dataclass(frozen=True)
class _Days:
    """Days of an index: first step of each whole day and how many steps it has."""

    first: np.ndarray
    size: int

    @classmethod
    def of(cls, local: pd.DatetimeIndex) -> _Days:
        _, first, count = np.unique(local.normalize().asi8, return_index=True, return_counts=True)
        size = int(np.median(count))
        return cls(first[count == size], size)

    def by(self, values: np.ndarray) -> np.ndarray:
        """Values as (day, step of the day, ...)."""
        return values[self.first[:, None] + np.arange(self.size)]


def _of_site(
    data: Mapping[str, np.ndarray], clear: np.ndarray, local: pd.DatetimeIndex, days: _Days, step: pd.Timedelta
) -> Iterator[tuple[str, str, float]]:
    hours = step.total_seconds() / 3600.0
    if GHI in data:
        yield from _sun(data, clear, local, days, hours)
    if TEMP in data:
        yield from _temperature(data[TEMP], local, days)
    for column, height in wind_columns(data).items():
        yield from _wind(data[column], f"{height:g}m", local, days, hours)
    yield from _dependence(data, clear, days)


def _sun(
    data: Mapping[str, np.ndarray], clear: np.ndarray, local: pd.DatetimeIndex, days: _Days, hours: float
) -> Iterator[tuple[str, str, float]]:
    ghi = data[GHI]
    for m in range(1, 13):
        if (local.month == m).any():
            yield "ghi_month", f"{m}", float(np.nansum(ghi[local.month == m])) * hours / 1000.0
    yield "ghi_year", "", float(np.nansum(ghi)) * hours / 1000.0
    if DHI in data and np.nansum(ghi) > 0.0:
        yield "diffuse_fraction", "", float(np.nansum(data[DHI]) / np.nansum(ghi))
    daily = np.nansum(days.by(ghi), axis=1) * hours / 1000.0
    yield "dark_days", "", 100.0 * float((daily < 1.0).mean())
    yield "bright_days", "", 100.0 * float((daily > 5.0).mean())
    share = daily / np.maximum(days.by(clear).sum(axis=1) * hours / 1000.0, 1e-9)
    spells = spell_lengths(share < DULL_PU)
    yield "spell_days", "", 100.0 * float(spells[spells >= SPELL_DAYS].sum()) / len(share)
    yield "longest_spell", "", float(spells.max(initial=0))
    lit = clear > 0.0
    yield from (("ghi_duration", f"{q}", float(np.nanpercentile(ghi[lit], q))) for q in QUANTILES)
    for season, hour, value in _cycle(ghi, local):
        yield "ghi_cycle", f"{season} {hour:02d}", value
    ramps = np.abs(np.diff(ghi))[lit[1:] & lit[:-1]]
    yield from (("ghi_ramp", f"{q}", float(np.nanpercentile(ramps, q))) for q in (50, 95, 99))
    yield from (("clearness_day_memory", f"{k}", lagged(share, k)) for k in DAY_LAGS)


def _temperature(temp: np.ndarray, local: pd.DatetimeIndex, days: _Days) -> Iterator[tuple[str, str, float]]:
    of_day = days.by(temp)
    month = local.month.to_numpy()[days.first]
    for m in range(1, 13):
        if (month == m).any():
            yield "temp_month", f"{m}", float(np.nanmean(temp[local.month == m]))
            yield "temp_max_month", f"{m}", float(np.nanmean(of_day[month == m].max(axis=1)))
            yield "temp_min_month", f"{m}", float(np.nanmean(of_day[month == m].min(axis=1)))
    yield from (("temp_duration", f"{q}", float(np.nanpercentile(temp, q))) for q in QUANTILES)
    level = _without_season(np.nanmean(of_day, axis=1))
    yield from (("temp_day_memory", f"{k}", lagged(level, k)) for k in DAY_LAGS)


def _wind(
    wind: np.ndarray, height: str, local: pd.DatetimeIndex, days: _Days, hours: float
) -> Iterator[tuple[str, str, float]]:
    for m in range(1, 13):
        if (local.month == m).any():
            yield "wind_month", f"{height} {m}", float(np.nanmean(wind[local.month == m]))
    mean = float(np.nanmean(wind))
    yield "wind_year", height, mean
    yield "wind_weibull_k", height, weibull_k(wind)
    yield from (("wind_duration", f"{height} {q}", float(np.nanpercentile(wind, q))) for q in QUANTILES)
    per_hour = round(1.0 / hours)
    yield from (("wind_hour_memory", f"{height} {k}", lagged(wind, k * per_hour)) for k in HOUR_LAGS)
    daily = np.nanmean(days.by(wind), axis=1)
    yield from (("wind_day_memory", f"{height} {k}", lagged(_without_season(daily), k)) for k in DAY_LAGS)
    ramps = np.abs(wind[per_hour:] - wind[:-per_hour])
    yield from (("wind_ramp", f"{height} {q}", float(np.nanpercentile(ramps, q))) for q in (50, 95, 99))
    for season, hour, value in _cycle(wind, local):
        yield "wind_cycle", f"{height} {season} {hour:02d}", value / mean if mean > 0.0 else 0.0


def _dependence(data: Mapping[str, np.ndarray], clear: np.ndarray, days: _Days) -> Iterator[tuple[str, str, float]]:
    """Correlation of wind, sun and temperature: hour by hour as the grid meets them, and of days less their season."""
    wind = list(wind_columns(data))
    parts = {"wind": data[wind[-1]]} if wind else {}
    parts |= {"sun": data[GHI]} if GHI in data else {}
    parts |= {"temp": data[TEMP]} if TEMP in data else {}
    daily = {k: np.nanmean(days.by(v), axis=1) for k, v in parts.items()}
    if "sun" in daily:
        daily["sun"] = daily["sun"] / np.maximum(days.by(clear).mean(axis=1), 1e-9)
    names = list(parts)
    for i, a in enumerate(names):
        for b in names[i + 1 :]:
            yield "correlation_hour", f"{a}-{b}", correlation(parts[a], parts[b])
            yield "correlation_day", f"{a}-{b}", correlation(_without_season(daily[a]), _without_season(daily[b]))


def _over_distance(weather: Weather, clear: np.ndarray, days: _Days) -> Iterator[tuple[str, str, float]]:
    """Mean correlation between sites in classes of distance."""
    km = distances_km(weather.sites)
    pairs = np.triu(np.ones_like(km, dtype=bool), k=1)
    wind = list(wind_columns(weather.data))
    fields = {"distance_wind_hour": weather.data[wind[-1]]} if wind else {}
    if GHI in weather.data:
        share = np.nansum(days.by(weather.data[GHI]), axis=1) / np.maximum(days.by(clear).sum(axis=1), 1e-9)
        fields["distance_clearness_day"] = np.apply_along_axis(_without_season, 0, share)
    for statistic, values in fields.items():
        with np.errstate(all="ignore"):
            alike = np.corrcoef(values, rowvar=False)
        for low, high in pairwise(DISTANCES):
            within = pairs & (km >= low) & (km < high) & np.isfinite(alike)
            if within.any():
                yield statistic, f"{low}-{high} km", float(alike[within].mean())


def distances_km(sites: pd.DataFrame) -> np.ndarray:
    """Distances between sites: ndarray (site, site). [km]"""
    lat, lon = np.radians(sites["lat_deg"].to_numpy(float)), np.radians(sites["lon_deg"].to_numpy(float))
    east = (lon[:, None] - lon) * np.cos((lat[:, None] + lat) / 2.0)
    return 6371.0 * np.hypot(east, lat[:, None] - lat)


def correlation(a: np.ndarray, b: np.ndarray) -> float:
    """Correlation of two vectors, NaN skipped; 0 if one of them is constant."""
    good = np.isfinite(a) & np.isfinite(b)
    if good.sum() < 3 or np.ptp(a[good]) == 0.0 or np.ptp(b[good]) == 0.0:
        return 0.0
    return float(np.corrcoef(a[good], b[good])[0, 1])


def lagged(values: np.ndarray, lag: int) -> float:
    """Autocorrelation at a lag in steps."""
    return correlation(values[:-lag], values[lag:]) if len(values) > lag + 2 else 0.0


def weibull_k(wind: np.ndarray) -> float:
    """Shape of a Weibull distribution from mean and deviation, calms included: k = (s / m)^-1.086 (Justus 1978)."""
    mean, deviation = float(np.nanmean(wind)), float(np.nanstd(wind))
    return (deviation / mean) ** -1.086 if mean > 0.0 and deviation > 0.0 else float("nan")


def spell_lengths(mask: np.ndarray) -> np.ndarray:
    """Lengths of the runs of True."""
    edge = np.diff(np.r_[0, mask.astype(int), 0])
    return np.flatnonzero(edge == -1) - np.flatnonzero(edge == 1)


def _cycle(values: np.ndarray, local: pd.DatetimeIndex) -> Iterator[tuple[str, int, float]]:
    """Mean of each hour of the day by season."""
    for season, months in SEASONS.items():
        within = np.isin(local.month, months) & np.isfinite(values)
        if within.any():
            hours = local.hour.to_numpy()[within]
            count = np.bincount(hours, minlength=24)
            mean = np.bincount(hours, values[within], minlength=24) / np.maximum(count, 1)
            yield from ((season, h, float(mean[h])) for h in range(24) if count[h])


def _without_season(daily: np.ndarray, width: int = 31) -> np.ndarray:
    """Days less their running mean."""
    if len(daily) <= width:
        return daily - np.nanmean(daily)
    clean = np.where(np.isfinite(daily), daily, np.nanmean(daily))
    padded = np.r_[clean[-(width // 2) :], clean, clean[: width // 2]]
    return clean - np.convolve(padded, np.full(width, 1.0 / width), mode="valid")


def climate_statistics(climate: Climate) -> pd.DataFrame:
    """What climate tables say of the same figures: months of sun, temperature and wind at 100 m, Weibull shape.

    Returns
    -------
    DataFrame
        As :func:`statistics`.
    """
    rows: list[Row] = []
    normals = {c: climate.monthly(c) for c in ("ghi_kwh_per_m2", "temp_mean_degc", "temp_max_degc", "temp_min_degc")}
    wind = climate.monthly("wind_pu")
    month_days = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
    for s, site in enumerate(climate.sites.to_dict("records")):
        name, year = str(site["name"]), float(site["ghi_kwh_per_m2"])
        sun = normals["ghi_kwh_per_m2"][:, s] / normals["ghi_kwh_per_m2"][:, s].sum() * year
        share = wind[:, s] / ((wind[:, s] * month_days).sum() / 365.0)
        for m in range(12):
            key = f"{m + 1}"
            rows.append((name, "ghi_month", key, float(sun[m])))
            for statistic, column in (("month", "mean"), ("max_month", "max"), ("min_month", "min")):
                value = float(normals[f"temp_{column}_degc"][m, s] + site["temp_offset_degc"])
                rows.append((name, f"temp_{statistic}", key, value))
            rows.append((name, "wind_month", f"100m {key}", float(site["wind_100m_m_per_s"] * share[m])))
        rows.append((name, "ghi_year", "", year))
        rows.append((name, "wind_year", "100m", float(site["wind_100m_m_per_s"])))
        rows.append((name, "wind_weibull_k", "100m", float(site["weibull_k"])))
    return pd.DataFrame(rows, columns=list(COLUMNS))

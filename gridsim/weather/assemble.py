"""From what a source has for a place to a site's year in canonical columns, with a statement on every column.

Nothing is invented silently: what the source lacks is derived (two components of irradiance give the third, a split
of the global one, pressure from the height) or refused; gaps of a few hours are bridged, longer ones are refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from gridsim.errors import Problem
from gridsim.weather.canonical import WITHOUT_WIND, ZONE, Weather, quantity, wind_columns
from gridsim.weather.decompose import Irradiance, complete_irradiance
from gridsim.weather.intervals import (
    all_round,
    irradiance_on_intervals,
    offset_min,
    on_intervals,
    step_of,
    year_index,
)
from gridsim.weather.origin import ALL, Origin

#: longest gap that is bridged, and longest piece at the edge of a year that the neighbouring day fills. [h]
GAP_H, EDGE_H = 3, 8
#: negative irradiance that is only rounding of the source. [W/m2]
ROUNDING_W_PER_M2 = 2.0
#: temperature gradient and exponent of the standard atmosphere (ISO 2533)
LAPSE_K_PER_M, SEA_PA = 0.0065, 101_325.0
IRRADIANCE = ("ghi_w_per_m2", "dni_w_per_m2", "dhi_w_per_m2")


@dataclass(frozen=True)
class Record:
    """What a source has for one place.

    Attributes
    ----------
    name : str
        File or request, for messages.
    values : DataFrame
        tz-aware equally spaced stamps (gaps allowed), some of the canonical columns in canonical units; NaN = missing.
    middle_min : mapping of str to float
        Minutes from a stamp to the middle of the interval that a value of the column stands for.
    source : str
        What the values are and by whom, for the report.
    elevation_m : float
        Height that temperature and pressure hold for; NaN: that of the site.
    typical : bool
        A typical year: stamps in :data:`~gridsim.weather.intervals.STAMP_YEAR`, its end meets its beginning.
    origin : sequence of Origin
        What the source itself has to say.
    """

    name: str
    values: pd.DataFrame
    middle_min: Mapping[str, float]
    source: str
    elevation_m: float = np.nan
    typical: bool = False
    origin: Sequence[Origin] = field(default=())


@dataclass(frozen=True)
class Site:
    """A weather site: a row of sites.csv."""

    name: str
    lat_deg: float
    lon_deg: float
    elevation_m: float


def assemble(
    record: Record, site: Site, problems: list[Problem], *, year: int | None = None, gap_h: float = GAP_H
) -> Weather | None:
    """One year of a site in canonical columns.

    Parameters
    ----------
    record : Record
    site : Site
    problems : list
        What is wrong is appended; then the result is None.
    year : int, optional
        Calendar year in China; None for a typical record.
    gap_h : float
        Longest gap that is bridged. [h]

    Returns
    -------
    Weather or None
        One site; interval-start, step of the source, Asia/Shanghai; without 29 February if the source has none.
    """
    before = len(problems)
    _check_columns(record, problems)
    if len(problems) > before:
        return None
    values = all_round(record.values) if record.typical else record.values
    step = step_of(pd.DatetimeIndex(values.index))
    index = year_index(None if record.typical else year, step)
    stamps = pd.DatetimeIndex(values.index)
    if stamps[-1] < index[0] or stamps[0] > index[-1]:
        what = f"the data run from {stamps[0]:%Y-%m-%d} to {stamps[-1]:%Y-%m-%d}: nothing of {year}"
        problems.append(Problem(record.name, what, "ask for a year within", column="year"))
        return None
    said = list(record.origin)
    if np.isnan(site.elevation_m):
        site = replace(site, elevation_m=record.elevation_m)
        said.append(Origin(ALL, "height_of_source", f"{record.elevation_m:.0f} m"))
    index = _without_leap_day(values, index, said)
    data = _on_index(record, values, index, site, pd.Timedelta(hours=gap_h) + step, said)
    data = _irradiance(data, index, site, said)
    _heights(data, record, site, said)
    _fill_edges(data, index, said)
    for name, series in data.items():
        _check(record.name, name, series, index, problems)
    if len(problems) > before:
        return None
    sites = pd.DataFrame([vars(site)])
    columns = [*WITHOUT_WIND, *reversed(wind_columns(data))]
    label = "typical" if record.typical else str(year)
    return Weather(
        index, sites, {c: data[c][:, None] for c in columns}, label, record.source, origin={site.name: _merged(said)}
    )


def standard_pressure_pa(elevation_m: float) -> float:
    """Pressure of the standard atmosphere at a height (ISO 2533)."""
    return float(SEA_PA * (1.0 - 2.25577e-5 * elevation_m) ** 5.25588)


def _check_columns(record: Record, problems: list[Problem]) -> None:
    if len(record.values) < 2:
        what = "there are no values of the time asked for"
        problems.append(Problem(record.name, what, "ask for a year within, or give more files", column="year"))
        return
    has = set(record.values.columns)
    irradiance = has & set(IRRADIANCE)
    if "ghi_w_per_m2" not in has and len(irradiance) < 2:
        what = f"of irradiance there is only {', '.join(sorted(irradiance)) or 'nothing'}"
        fix = "global irradiance, or direct and diffuse, is needed"
        problems.append(Problem(record.name, what, fix, column="ghi_w_per_m2"))
    if "temp_air_degc" not in has:
        problems.append(Problem(record.name, "there is no air temperature", "name its column", column="temp_air_degc"))
    if not wind_columns(has):
        fix = "name a wind column with its height, wind_speed_<h>m_m_per_s"
        problems.append(Problem(record.name, "there is no wind speed", fix))


def _without_leap_day(values: pd.DataFrame, index: pd.DatetimeIndex, said: list[Origin]) -> pd.DatetimeIndex:
    leap = (index.month == 2) & (index.day == 29)
    local = pd.DatetimeIndex(values.index).tz_convert(ZONE)
    has = ((local.month == 2) & (local.day == 29)).sum()
    if not leap.any() or has > leap.sum() / 2:
        return index
    said.append(Origin(ALL, "leap_day_left_out", f"{index[leap][0]:%Y-%m-%d}"))
    return index[~leap]


def _on_index(
    record: Record,
    values: pd.DataFrame,
    index: pd.DatetimeIndex,
    site: Site,
    gap: pd.Timedelta,
    said: list[Origin],
) -> dict[str, np.ndarray]:
    """Every column on the intervals of the year; direct normal irradiance is not moved but derived again."""
    stamps = pd.DatetimeIndex(values.index)
    off = {c: offset_min(stamps, record.middle_min[c]) for c in values.columns}
    middle = next(record.middle_min[c] for c in IRRADIANCE if c in values)
    if any(off[c] for c in IRRADIANCE if c in values):
        values = _closed(values, middle, site)
    out: dict[str, np.ndarray] = {}
    for name in values.columns:
        if name in IRRADIANCE:
            series = values[name].where(~values[name].between(-ROUNDING_W_PER_M2, 0.0), 0.0)
            out[name], made = irradiance_on_intervals(
                series, middle, index, lat_deg=site.lat_deg, lon_deg=site.lon_deg, gap=gap
            )
        else:
            out[name], made = on_intervals(values[name], record.middle_min[name], index, gap=gap)
        shift = off.get(name, offset_min(stamps, middle))
        if shift == 0.0:
            known = any(o.quantity == name and o.how == "as_given" for o in said)
            said += [] if known else [Origin(name, "as_given")]
            if made.any():
                hours = (
                    f"{made.sum() * (step_of(index) / pd.Timedelta(hours=1)):g} h, first {index[made][0]:%m-%d %H:%M}"
                )
                said.append(Origin(name, "gap_interpolated", hours))
        elif 2.0 * shift == step_of(stamps) / pd.Timedelta(minutes=1) and name not in IRRADIANCE:
            said.append(Origin(name, "ends_averaged"))
        else:
            said.append(Origin(name, "shifted", f"{-shift:+g} min"))
    return out


def _closed(values: pd.DataFrame, middle_min: float, site: Site) -> pd.DataFrame:
    """Global and diffuse irradiance on the source's own intervals, direct left out: it follows from them later."""
    given = {c: values[c].to_numpy(float)[:, None] for c in IRRADIANCE if c in values}
    if len(given) == 1:
        return values
    stamps = pd.DatetimeIndex(values.index)
    whole = _complete(stamps + pd.Timedelta(minutes=middle_min) - step_of(stamps) / 2, site, given)
    closed = {"ghi_w_per_m2": whole.ghi_w_per_m2[:, 0], "dhi_w_per_m2": whole.dhi_w_per_m2[:, 0]}
    return values.drop(columns=[c for c in IRRADIANCE if c in values]).assign(**closed)


def _complete(start: pd.DatetimeIndex, site: Site, given: Mapping[str, np.ndarray]) -> Irradiance:
    return complete_irradiance(
        start,
        np.array([site.lat_deg]),
        np.array([site.lon_deg]),
        ghi_w_per_m2=given.get("ghi_w_per_m2"),
        dni_w_per_m2=given.get("dni_w_per_m2"),
        dhi_w_per_m2=given.get("dhi_w_per_m2"),
    )


def _irradiance(
    data: dict[str, np.ndarray], index: pd.DatetimeIndex, site: Site, said: list[Origin]
) -> dict[str, np.ndarray]:
    """All three components, each missing one from the other two or from a split of the global one."""
    given = {c: data[c][:, None] for c in IRRADIANCE if c in data}
    whole = _complete(index, site, given)
    for rule, count in whole.derived.items():
        name, _, _ = rule.partition(" from ")
        if rule.startswith("split"):
            said.append(Origin("dni_w_per_m2", "split", f"{rule.rpartition(' ')[2]}, {count} h"))
            said.append(Origin("dhi_w_per_m2", "split", f"{rule.rpartition(' ')[2]}, {count} h"))
        else:
            said.append(Origin(f"{name}_w_per_m2", "closed", f"{rule}, {count} h"))
    rest = {k: v for k, v in data.items() if k not in IRRADIANCE}
    return {**{c: getattr(whole, c)[:, 0] for c in IRRADIANCE}, **rest}


def _heights(data: dict[str, np.ndarray], record: Record, site: Site, said: list[Origin]) -> None:
    """Pressure and temperature at the site's height; a single wind height is said."""
    if "pressure_pa" not in data:
        data["pressure_pa"] = np.full(len(data["temp_air_degc"]), standard_pressure_pa(site.elevation_m))
        said.append(Origin("pressure_pa", "from_height", f"{site.elevation_m:g} m"))
    elif abs(site.elevation_m - record.elevation_m) >= 1.0:
        ratio = standard_pressure_pa(site.elevation_m) / standard_pressure_pa(record.elevation_m)
        data["pressure_pa"] = data["pressure_pa"] * ratio
        climb = f"{record.elevation_m:.0f} m -> {site.elevation_m:.0f} m"
        said.append(Origin("pressure_pa", "height_corrected", climb))
    if abs(site.elevation_m - record.elevation_m) >= 1.0:
        data["temp_air_degc"] = data["temp_air_degc"] - LAPSE_K_PER_M * (site.elevation_m - record.elevation_m)
        climb = f"{record.elevation_m:.0f} m -> {site.elevation_m:.0f} m"
        said.append(Origin("temp_air_degc", "lapse_corrected", climb))
    wind = wind_columns(data)
    if len(wind) == 1:
        said.append(Origin(next(iter(wind)), "one_height"))


def _fill_edges(data: dict[str, np.ndarray], index: pd.DatetimeIndex, said: list[Origin]) -> None:
    """A few hours missing at the beginning or the end of a year repeat those of the neighbouring day."""
    per_day = round(pd.Timedelta(days=1) / step_of(index))
    longest = round(pd.Timedelta(hours=EDGE_H) / step_of(index))
    for name, values in data.items():
        known = np.flatnonzero(~np.isnan(values))
        if not len(known):
            continue
        first, last = int(known[0]), int(known[-1])
        if 0 < first <= longest:
            values[:first] = values[per_day : per_day + first]
            said.append(Origin(name, "edge_repeated", f"{index[0]:%Y-%m-%d %H:%M} - {index[first]:%H:%M}"))
        tail = len(values) - 1 - last
        if 0 < tail <= longest:
            values[last + 1 :] = values[last + 1 - per_day : len(values) - per_day]
            said.append(Origin(name, "edge_repeated", f"{index[last + 1]:%Y-%m-%d %H:%M} - 24:00"))


def _check(file: str, name: str, values: np.ndarray, index: pd.DatetimeIndex, problems: list[Problem]) -> None:
    """Missing and impossible values, in numbers and with their place."""
    missing, bounds = np.isnan(values), quantity(name)
    if missing.any():
        days = len(set(index[missing].normalize()))
        what = f"{missing.sum()} of {len(values)} intervals on {days} days are missing, first {index[missing][0]}"
        fix = f"gaps of more than {GAP_H} h are not filled; take another year or source, or give the missing days"
        problems.append(Problem(file, what, fix, column=name))
    bad = ~missing & ~((values >= bounds.low) & (values <= bounds.high))
    if bad.any():
        where = f"first {values[bad][0]:g} at {index[bad][0]}"
        what = f"{bad.sum()} values outside {bounds.low:g}..{bounds.high:g}, {where}"
        problems.append(Problem(file, what, "check unit and missing-value code", column=name))


def _merged(said: Sequence[Origin]) -> tuple[Origin, ...]:
    """Statements without repetition, in order."""
    return tuple(dict.fromkeys(said))

"""Is a weather record to be believed?  Time axis, units, sun, air, wind, and what they say of one another.

:func:`check_weather` looks at one raw record, :func:`check_sites` at arrays that are already on one regular axis,
:func:`check_records` at everything a folder or file holds.  All give the table described at
:class:`gridsim.weather.quality_rules.Finding`; the limits are :data:`gridsim.weather.quality_rules.RULES`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from gridsim.weather.canonical import WITHOUT_WIND, Weather, wind_columns
from gridsim.weather.quality_air import air_checks
from gridsim.weather.quality_joint import joint_checks
from gridsim.weather.quality_rules import Finding, as_report, finding
from gridsim.weather.quality_sun import GHI, agreed_middle, noons, sun_checks
from gridsim.weather.quality_time import regular, stamps_of, time_checks, usual_step
from gridsim.weather.sky import LABELS, sky_over


@dataclass(frozen=True)
class SiteRecord:
    """One site as a file gives it, before anything is put right.

    Attributes
    ----------
    site, file : str
    lat_deg, lon_deg, elevation_m : float
    frame : DataFrame
        Canonical column names; stamps in the column ``time`` or the index; any order, gaps and duplicates allowed.
    middle_min : float or None
        Minutes from a stamp to the middle of the interval that its irradiance stands for, as the record claims;
        None = half a step (stamps at the start of the interval).
    published : mapping
        Published figures of the site, ``ghi_kwh_per_m2`` and ``wind_100m_m_per_s``, if known.
    """

    site: str
    file: str
    lat_deg: float
    lon_deg: float
    elevation_m: float
    frame: pd.DataFrame
    middle_min: float | None = None
    published: Mapping[str, float] | None = None


class _Axis(NamedTuple):
    """What records must share to be checked together."""

    columns: tuple[str, ...]
    middle_min: float | None
    step: pd.Timedelta
    stamps: bytes


def check_weather(
    frame: pd.DataFrame,
    lat_deg: float,
    lon_deg: float,
    elevation_m: float,
    *,
    site: str = "",
    label: str = "left",
) -> pd.DataFrame:
    """Check one raw record.

    Parameters
    ----------
    frame : DataFrame
        Canonical columns (those that are there), stamps in ``time`` or the index, tz-aware; nothing put right yet.
    lat_deg, lon_deg, elevation_m : float
        Place; the sun and the pressure are judged by it.
    site : str
        Name in the report.
    label : str
        Label the record claims, ``left``, ``middle`` or ``right``; the found one is reported beside it.

    Returns
    -------
    DataFrame
        One row per check and column, worst first (:class:`gridsim.weather.quality_rules.Finding`).
    """
    middle_min = LABELS[label] * usual_step(stamps_of(frame)).total_seconds() / 60.0
    return check_records([SiteRecord(site, "", lat_deg, lon_deg, elevation_m, frame, middle_min)])


def check_records(records: Sequence[SiteRecord]) -> pd.DataFrame:
    """Check several records; those that share axis, columns and label are checked together.

    Returns
    -------
    DataFrame
        As :func:`check_weather`.
    """
    rows: list[Finding] = []
    groups: dict[_Axis, list[tuple[SiteRecord, pd.DataFrame]]] = {}
    for record in records:
        rows += time_checks(record.frame, site=record.site)
        if record.frame.empty:
            continue
        values, step = regular(record.frame)
        stamps = pd.DatetimeIndex(values.index).asi8.tobytes()
        axis = _Axis(tuple(sorted(values.columns)), record.middle_min, step, stamps)
        groups.setdefault(axis, []).append((record, values))
    for axis, members in groups.items():
        sites = pd.DataFrame(
            [
                {
                    "name": r.site,
                    "lat_deg": r.lat_deg,
                    "lon_deg": r.lon_deg,
                    "elevation_m": r.elevation_m,
                    **(r.published or {}),
                }
                for r, _ in members
            ]
        )
        data = {c: np.column_stack([f[c].to_numpy(float) for _, f in members]) for c in axis.columns}
        index = pd.DatetimeIndex(members[0][1].index)
        rows += site_findings(index, sites, data, step=axis.step, middle_min=axis.middle_min)
    return as_report(rows)


def check_sites(weather: Weather) -> pd.DataFrame:
    """Check weather that is already on one axis (what a run reads): everything but the time axis itself.

    Parameters
    ----------
    weather : Weather

    Returns
    -------
    DataFrame
        As :func:`check_weather`.
    """
    step = pd.Timedelta(int(np.median(np.diff(weather.index.as_unit("ns").asi8))), unit="ns")
    return as_report(site_findings(weather.index, weather.sites, weather.data, step=step))


def site_findings(
    index: pd.DatetimeIndex,
    sites: pd.DataFrame,
    data: Mapping[str, np.ndarray],
    *,
    step: pd.Timedelta,
    middle_min: float | None = None,
) -> list[Finding]:
    """All findings but those on the time axis; several sites on one index.

    Parameters
    ----------
    index : DatetimeIndex
        Regular but for absent days.
    sites : DataFrame
        ``name, lat_deg, lon_deg, elevation_m``; published figures if there.
    data : mapping of str to ndarray (time, site)
        NaN = missing.
    step : Timedelta
    middle_min : float, optional
        Middle of the interval after the stamp that the record claims; default half a step. [min]
    """
    half = step.total_seconds() / 120.0
    claimed = half if middle_min is None else middle_min
    found = noons(index, sites, data, step) if GHI in data else []
    begin = index + pd.Timedelta(minutes=agreed_middle(found, claimed, step) - half)
    sky = sky_over(begin, step, *(sites[c].to_numpy(float) for c in ("lat_deg", "lon_deg", "elevation_m")))
    rows = missing_checks(index, sites, data)
    rows += air_checks(index, sites, data, sky, step=step)
    rows += sun_checks(index, sites, data, sky, found=found, step=step, middle_min=claimed)
    rows += joint_checks(index, sites, data, sky, step=step)
    return rows + _published_wind(sites, data)


def missing_checks(index: pd.DatetimeIndex, sites: pd.DataFrame, data: Mapping[str, np.ndarray]) -> list[Finding]:
    """Columns that are not there, and cells without a value where the other columns have one."""
    absent = [c for c in WITHOUT_WIND if c not in data] + ([] if wind_columns(data) else ["wind_speed"])
    rows = [finding("absent_column", site=n, column=c, count=1) for n in sites["name"] for c in absent]
    empty = np.logical_and.reduce([np.isnan(v) for v in data.values()]) if data else np.zeros((0, 0), bool)
    for column, values in data.items():
        bad = np.isnan(values) & ~empty
        for s, name in enumerate(sites["name"]):
            at = np.flatnonzero(bad[:, s])
            run = np.diff(np.r_[0, np.flatnonzero(np.diff(at) > 1) + 1, len(at)]) if len(at) else np.zeros(1)
            rows.append(
                finding(
                    "missing_value",
                    site=name,
                    column=column,
                    count=len(at),
                    share_percent=100.0 * len(at) / max(len(values), 1),
                    worst=float(run.max()),
                    time=index[at[0]] if len(at) else None,
                )
            )
    return rows


def _published_wind(sites: pd.DataFrame, data: Mapping[str, np.ndarray]) -> list[Finding]:
    column, figure = "wind_speed_100m_m_per_s", "wind_100m_m_per_s"
    if figure not in sites or column not in data:
        return []
    found, published = np.nanmean(data[column], axis=0), sites[figure].to_numpy(float)
    return [
        finding(
            "published_wind", site=n, column=column, worst=100.0 * (f / p - 1.0), found=f"{f:.2f}", limit=f"{p:.2f}"
        )
        for n, f, p in zip(sites["name"], found, published)
        if p > 0.0
    ]

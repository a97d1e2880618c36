"""The time axis of a raw record: what is wrong with it, and a regular axis for the other checks."""

from __future__ import annotations

import numpy as np
import pandas as pd

from gridsim.weather.canonical import ZONE
from gridsim.weather.quality_rules import Finding, finding


def stamps_of(frame: pd.DataFrame) -> pd.DatetimeIndex:
    """Stamps of a record: its column ``time`` or its index."""
    return pd.DatetimeIndex(frame.get("time", frame.index)).as_unit("ns")


def usual_step(stamps: pd.DatetimeIndex) -> pd.Timedelta:
    """Commonest positive distance of two stamps; one hour if there is none."""
    step = np.diff(np.unique(stamps.asi8))
    if not len(step):
        return pd.Timedelta(hours=1)
    lengths, counts = np.unique(step, return_counts=True)
    return pd.Timedelta(int(lengths[counts.argmax()]), unit="ns")


def time_checks(frame: pd.DataFrame, *, site: str = "") -> list[Finding]:
    """Findings on zone, order, duplicates, gaps, span and leap days, before anything is put right."""
    stamps = stamps_of(frame)
    if not len(stamps):
        return [finding("gap", site=site, count=1, found="no rows")]
    rows = [finding("zone", site=site, count=int(stamps.tz is None), found=str(stamps.tz or "none"))]
    if stamps.tz is None:
        stamps = stamps.tz_localize(ZONE)
    local = stamps.tz_convert(ZONE)
    backward = np.flatnonzero(np.diff(stamps.asi8) < 0)
    rows.append(
        finding("order", site=site, count=len(backward), time=local[backward[0] + 1] if len(backward) else None)
    )
    rows += _duplicates(frame, local, site)
    step = usual_step(stamps)
    ordered = local.unique().sort_values()
    phase = ordered.asi8 % step.value
    usual = np.bincount(np.unique(phase, return_inverse=True)[1]).argmax() if len(phase) else 0
    off = phase != np.unique(phase)[usual]
    rows.append(
        finding(
            "off_grid",
            site=site,
            count=int(off.sum()),
            time=ordered[off][0] if off.any() else None,
            limit=f"{step.total_seconds() / 60.0:g} min",
        )
    )
    return rows + _gaps(ordered[~off], step, site) + _span(ordered[~off], step, site)


def _duplicates(frame: pd.DataFrame, local: pd.DatetimeIndex, site: str) -> list[Finding]:
    """Stamps that come twice: with the same values, or with others."""
    again = local.duplicated(keep="first")
    values = frame.drop(columns=[c for c in ("time",) if c in frame]).select_dtypes("number").to_numpy(float)
    keep = np.round(np.nan_to_num(values, nan=-1e9), 6)
    where = pd.MultiIndex.from_arrays([local, *keep.T]) if keep.size else local
    conflict = again & ~where.duplicated(keep="first")
    rows = []
    for check, mask in (("duplicate", again & ~conflict), ("duplicate_conflict", conflict)):
        rows.append(
            finding(
                check,
                site=site,
                count=int(mask.sum()),
                share_percent=100.0 * float(mask.mean()),
                time=local[mask][0] if mask.any() else None,
            )
        )
    return rows


def missing_stamps(ordered: pd.DatetimeIndex, step: pd.Timedelta) -> pd.DatetimeIndex:
    """Stamps between the first and the last that are not there; 29 February wholly absent is none."""
    whole = pd.date_range(ordered[0], ordered[-1], freq=step)
    absent = whole.difference(ordered)
    leap = (absent.month == 2) & (absent.day == 29)
    days = absent[leap].normalize()
    steps = round(pd.Timedelta(days=1) / step)
    full = days.value_counts()
    return absent[~(leap & absent.normalize().isin(full.index[full == steps]))]


def _gaps(ordered: pd.DatetimeIndex, step: pd.Timedelta, site: str) -> list[Finding]:
    absent = missing_stamps(ordered, step)
    if not len(absent):
        return [finding("gap", site=site)]
    new = np.r_[True, np.diff(absent.asi8) > step.value]
    lengths = np.diff(np.r_[np.flatnonzero(new), len(absent)])
    longest = int(lengths.argmax())
    return [
        finding(
            "gap",
            site=site,
            count=len(absent),
            share_percent=100.0 * len(absent) / (len(absent) + len(ordered)),
            worst=float(lengths[longest]) * step.total_seconds() / 3600.0,
            time=absent[new][longest],
            found=f"{int(new.sum())} gaps",
        )
    ]


def _span(ordered: pd.DatetimeIndex, step: pd.Timedelta, site: str) -> list[Finding]:
    """Whole calendar years: what is missing at both ends, and leap days."""
    first, last = ordered[0], ordered[-1] + step
    begin = pd.Timestamp(f"{first.year}-01-01", tz=ZONE)
    if first.month == 12 and first.day == 31:
        begin = pd.Timestamp(f"{first.year + 1}-01-01", tz=ZONE)
    end = pd.Timestamp(f"{(last - step).year + 1}-01-01", tz=ZONE)
    if (last - step).month == 1 and (last - step).day == 1 and (last - step).year > begin.year:
        end = pd.Timestamp(f"{(last - step).year}-01-01", tz=ZONE)
    lacking = max((first - begin).total_seconds(), 0.0) + max((end - last).total_seconds(), 0.0)
    rows = [
        finding(
            "span",
            site=site,
            count=int(lacking > 0),
            worst=lacking / 3600.0,
            time=first,
            found=f"{first:%Y-%m-%d %H:%M} .. {last:%Y-%m-%d %H:%M}",
        )
    ]
    leap_years = [y for y in range(begin.year, end.year) if pd.Timestamp(year=y, month=1, day=1).is_leap_year]
    days = set(ordered[(ordered.month == 2) & (ordered.day == 29)].year)
    lost = [y for y in leap_years if y not in days and first < pd.Timestamp(f"{y}-02-29", tz=ZONE) < last]
    if leap_years:
        rows.append(
            finding(
                "leap_day",
                site=site,
                count=24 * len(lost),
                found=", ".join(map(str, lost)),
                info="info" if lost else "ok",
            )
        )
    return rows


def regular(frame: pd.DataFrame) -> tuple[pd.DataFrame, pd.Timedelta]:
    """The record on its regular axis: sorted, first of duplicates, stamps off the grid dropped, gaps as NaN rows.

    Naive stamps are taken for Asia/Shanghai.  29 February wholly absent stays absent.
    """
    stamps = stamps_of(frame)
    stamps = stamps.tz_localize(ZONE) if stamps.tz is None else stamps.tz_convert(ZONE)
    values = frame.drop(columns=[c for c in ("time",) if c in frame]).select_dtypes("number").astype(float)
    values = values.set_axis(stamps.rename(None), axis=0)
    values = values[~values.index.duplicated(keep="first")].sort_index()
    step = usual_step(stamps)
    phase = pd.DatetimeIndex(values.index).asi8 % step.value
    phases, counts = np.unique(phase, return_counts=True)
    values = values[phase == phases[counts.argmax()]]
    ordered = pd.DatetimeIndex(values.index)
    return values.reindex(ordered.union(missing_stamps(ordered, step))), step

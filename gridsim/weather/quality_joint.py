"""Checks that look at several quantities or sites together: month seams, years that do not belong together."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from gridsim.weather.canonical import wind_columns
from gridsim.weather.quality_air import PRESSURE, TEMP
from gridsim.weather.quality_rules import Finding, finding
from gridsim.weather.sky import Sky

GHI = "ghi_w_per_m2"
#: a step at a seam is a jump above this multiple of the 99 % quantile of night steps
JUMP = 1.6
#: days by which one part is shifted against the other to see what chance alone gives
SHIFTS = range(20, 346, 5)
#: the dependence must exceed this quantile of what chance gives
CHANCE = 0.97
#: neighbours nearer than this must have much the same days; correlation below which they have not. [km, -]
NEAR_KM, UNLIKE = 150.0, 0.25


def joint_checks(
    index: pd.DatetimeIndex, sites: pd.DataFrame, data: Mapping[str, np.ndarray], sky: Sky, *, step: pd.Timedelta
) -> list[Finding]:
    """Findings on month seams, on sun, wind and temperature that do not know of one another, on unlike neighbours."""
    rows = _seams(index, sites, data, step)
    day = day_means(index, data, sky, sites)
    if day is not None:
        rows += _different_years(day)
        rows += _neighbours(sites, day)
    return rows


def _seams(
    index: pd.DatetimeIndex, sites: pd.DataFrame, data: Mapping[str, np.ndarray], step: pd.Timedelta
) -> list[Finding]:
    """Jumps from one month to the next: a typical year is stitched from months of different years."""
    local = index.tz_convert("Asia/Shanghai")
    follows = np.diff(index.as_unit("ns").asi8) == step.value
    seam = np.flatnonzero((local[1:].month != local[:-1].month) & follows)
    night = np.isin(local[1:].hour, (21, 22, 23, 0, 1, 2, 3))
    columns = [c for c in (TEMP, PRESSURE, *list(wind_columns(data))[-1:]) if c in data]
    rows: list[Finding] = []
    if seam.size < 6 or not columns:
        return rows
    jumps = np.zeros((seam.size, len(sites)), bool)
    largest = np.zeros((seam.size, len(sites)))
    for column in columns:
        steps = np.abs(np.diff(data[column], axis=0))
        usual = np.array(
            [np.quantile(v[np.isfinite(v)], 0.99) if np.isfinite(v).any() else 1.0 for v in steps[night].T]
        )
        multiple = np.nan_to_num(steps[seam] / np.maximum(usual, 1e-9))
        jumps |= multiple > JUMP
        largest = np.fmax(largest, multiple)
    for s, name in enumerate(sites["name"]):
        count, at = int(jumps[:, s].sum()), int(largest[:, s].argmax())
        rows.append(
            finding(
                "month_seam",
                site=name,
                count=count,
                share_percent=100.0 * count / seam.size,
                worst=float(largest[at, s]),
                time=index[seam[at] + 1],
                limit=f"{JUMP:g} x 99 %",
            )
        )
    return rows


def day_means(
    index: pd.DatetimeIndex, data: Mapping[str, np.ndarray], sky: Sky, sites: pd.DataFrame
) -> dict[str, np.ndarray] | None:
    """Days of a record as departures from the season: (day, site) by name; None below 200 whole days.

    ``clearness``; ``range`` and ``level`` of temperature, ``pressure``; ``wind``, ``wind_night`` (night minus day),
    ``shear``: each less its running mean of 31 days.
    """
    if GHI not in data:
        return None
    stamp = index.tz_convert("Asia/Shanghai")
    _, first, count = np.unique(stamp.normalize().asi8, return_index=True, return_counts=True)
    size = int(np.median(count))
    first = first[count == size]
    if len(first) < 200:
        return None
    rows = first[:, None] + np.arange(size)[None, :]

    def days(values: np.ndarray) -> np.ndarray:
        return values[rows]  # (day, step, site)

    with np.errstate(all="ignore"):
        clear = days(sky.clear_w_per_m2).sum(axis=1)
        found = {"clearness": np.nansum(days(data[GHI]), axis=1) / np.maximum(clear, 1.0)}
        if TEMP in data:
            temp = days(data[TEMP])
            found["range"] = temp.max(axis=1) - temp.min(axis=1)
            found["level"] = temp.mean(axis=1)
        if PRESSURE in data:
            found["pressure"] = days(data[PRESSURE]).mean(axis=1)
        heights = list(wind_columns(data))
        if heights:
            wind = days(data[heights[-1]])
            found["wind"] = wind.mean(axis=1)
            noon = slice(size // 3, 2 * size // 3)
            found["wind_night"] = wind.mean(axis=1) - wind[:, noon].mean(axis=1)
            if len(heights) > 1:
                low = np.maximum(days(data[heights[0]]), 0.1)
                found["shear"] = np.log(np.maximum(wind, 0.1) / low).mean(axis=1)
    return {k: _departure(v) for k, v in found.items()}


def _departure(values: np.ndarray, width: int = 31) -> np.ndarray:
    """Values less their circular running mean; NaN, and what never changes, as 0."""
    good = np.isfinite(values)
    mean = np.where(good, values, 0.0).sum(axis=0) / np.maximum(good.sum(axis=0), 1)
    clean = np.where(good, values, mean)
    padded = np.concatenate([clean[-(width // 2) :], clean, clean[: width // 2]])
    sums = np.cumsum(np.concatenate([np.zeros((1, values.shape[1])), padded]), axis=0)
    return np.where(np.ptp(clean, axis=0) > 1e-9, clean - (sums[width:] - sums[:-width]) / width, 0.0)


#: pairs of parts of a record that share the weather: name -> (one part, the other)
PARTS = {
    "wind - sun": (("clearness",), ("wind", "wind_night", "shear")),
    "temperature - sun": (("clearness",), ("range", "level", "pressure")),
}


def _different_years(day: dict[str, np.ndarray]) -> list[Finding]:
    """Dependence of two parts, all sites together, against that after shifting one of them by 20 to 345 days."""
    rows = []
    for pair, (one, other) in PARTS.items():
        left, right = [day[c] for c in one if c in day], [day[c] for c in other if c in day]
        if any(c not in day or not day[c].any() for c in (one[0], other[0])):
            continue  # absent, or without any change from day to day: other checks say so
        here = _dependence(left, right)
        chance = [_dependence(left, [np.roll(v, k, axis=0) for v in right]) for k in SHIFTS if k < len(left[0])]
        limit = float(np.quantile(chance, CHANCE))
        rows.append(
            finding(
                "different_years",
                site="all",
                column=pair,
                count=int(here <= limit),
                worst=here,
                found=f"{here:.3f}",
                limit=f"{limit:.3f}",
            )
        )
    return rows


def _dependence(left: list[np.ndarray], right: list[np.ndarray]) -> float:
    """Mean squared correlation over all pairs of quantities and sites."""

    def unit(values: np.ndarray) -> np.ndarray:
        centred = values - values.mean(axis=0)
        length = np.sqrt((centred**2).sum(axis=0))
        return np.divide(centred, length, out=np.zeros_like(centred), where=length > 0.0)

    return float(np.mean([(unit(a) * unit(b)).sum(axis=0) ** 2 for a in left for b in right]))


def _neighbours(sites: pd.DataFrame, day: dict[str, np.ndarray]) -> list[Finding]:
    """Every site's days against those of its nearest neighbour."""
    if len(sites) < 2:
        return []
    lat, lon = np.radians(sites["lat_deg"].to_numpy(float)), np.radians(sites["lon_deg"].to_numpy(float))
    east = (lon[:, None] - lon[None, :]) * np.cos((lat[:, None] + lat[None, :]) / 2.0)
    km = 6371.0 * np.hypot(east, lat[:, None] - lat[None, :])
    np.fill_diagonal(km, np.inf)
    near = km.argmin(axis=1)
    names = list(sites["name"])
    rows = []
    for quantity in ("clearness", "level", "wind"):
        if quantity not in day:
            continue
        alike = np.nan_to_num(_correlations(day[quantity]), nan=1.0)
        for s, name in enumerate(names):
            if km[s, near[s]] > NEAR_KM:
                continue
            r = float(alike[s, near[s]])
            found = f"{names[near[s]]}, {km[s, near[s]]:.0f} km"
            rows.append(
                finding(
                    "neighbour",
                    site=name,
                    column=quantity,
                    count=int(r < UNLIKE),
                    worst=r,
                    found=found,
                    limit=f"{UNLIKE:g}",
                )
            )
    return rows


def _correlations(values: np.ndarray) -> np.ndarray:
    with np.errstate(all="ignore"):
        return np.atleast_2d(np.corrcoef(values, rowvar=False))

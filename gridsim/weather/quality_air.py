"""Checks of temperature, pressure and wind in a record: units, bounds, elevation, stuck and stepped values, heights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from gridsim.weather.canonical import COLUMNS, quantity, wind_columns
from gridsim.weather.quality_rules import Finding, by_site, finding
from gridsim.weather.sky import Sky

TEMP, PRESSURE = "temp_air_degc", "pressure_pa"
#: mean and 99.9 % quantile of a wind in m/s that no site on land has, near the ground and at hub height. [m/s]
WIND_TOO_STRONG = {"low": (7.5, 26.0), "hub": (11.5, 38.0)}
#: heights from here on are hub heights. [m]
HUB_FROM_M = 50.0
#: a record in km/h that was made from half metres per second is a multiple of this
KMH_STEP = 1.8
#: longest run without change that is still weather, in the units of ``worst``; calm may last longer. [h]
CALM_PU = 0.25
#: roughness within blocks of 3 or 6 hours against that at their seams: below, the record was blocky
BLOCKY_PU = 0.35
#: standard deviation of ln(v_hub / v_low) below which one height was made from the other
SCALED_SD = 0.02
#: wind shear exponents of whole years
SHEAR = (-0.05, 0.6)


def air_checks(
    index: pd.DatetimeIndex,
    sites: pd.DataFrame,
    data: Mapping[str, np.ndarray],
    sky: Sky,
    *,
    step: pd.Timedelta,
) -> list[Finding]:
    """Findings on units, bounds, temperature, pressure and wind of several sites on one index."""
    rows = unit_checks(sites, data)
    wrong = {(r.site, r.column) for r in rows if r.count}
    rows += _range(index, sites, data, wrong)
    if PRESSURE in data:
        rows += _pressure_elevation(sites, data[PRESSURE], wrong)
    if TEMP in data:
        rows += _temperature_cycle(index, sites, data[TEMP])
    rows += [r for r in _stuck(index, sites, data, sky, step) if (r.site, r.column) not in wrong]
    rows += _stepped(index, sites, data, step)
    return rows + _heights(index, sites, data)


def unit_checks(sites: pd.DataFrame, data: Mapping[str, np.ndarray]) -> list[Finding]:
    """Units that are wrong beyond doubt, by the level of the values; km/h by level or by its steps."""
    rows = []
    for column, values in data.items():
        with np.errstate(all="ignore"):
            level = [float(np.nanmedian(v)) if np.isfinite(v).any() else np.nan for v in values.T]
            top = [float(np.nanquantile(v, 0.999)) if np.isfinite(v).any() else np.nan for v in values.T]
        steps = np.isfinite(values).sum(axis=0)
        for s, name in enumerate(sites["name"]):
            found = foreign_unit(column, level[s], top[s])
            if found is not None:
                rows.append(
                    finding("unit", site=name, column=column, count=steps[s] * bool(found), worst=top[s], found=found)
                )
    for column, height in wind_columns(data).items():
        rows += [_wind_unit(str(name), column, height, data[column][:, s]) for s, name in enumerate(sites["name"])]
    return rows


def foreign_unit(column: str, median: float, top: float) -> str | None:
    """Unit of a column that is not the canonical one, empty if it is; None where the level cannot tell.

    Parameters
    ----------
    column : str
    median, top : float
        Median and 99.9 % quantile of the column.
    """
    if np.isnan(median):
        return None
    if column == TEMP:
        return "K" if 200.0 < median < 330.0 else ""
    if column == PRESSURE:
        return "kPa" if 40.0 < median < 115.0 else "hPa" if 400.0 < median < 1150.0 else ""
    if column.endswith("w_per_m2"):
        return "kW/m2" if 0.0 < top < 2.0 else "kJ/m2" if 2200.0 < top < 6000.0 else "J/m2" if top > 200_000.0 else ""
    return None


def _wind_unit(site: str, column: str, height_m: float, values: np.ndarray) -> Finding:
    speed = values[np.isfinite(values)]
    moving = speed[speed > 0.5 * KMH_STEP]
    mean, high = WIND_TOO_STRONG["hub" if height_m >= HUB_FROM_M else "low"]
    strong = speed.size > 0 and (speed.mean() > mean or np.quantile(speed, 0.999) > high)
    rest = np.abs(moving / KMH_STEP - np.round(moving / KMH_STEP)) * KMH_STEP
    stepped = moving.size > 500 and float((rest < 0.06).mean()) > 0.9
    found = "km/h?" if strong or stepped else ""
    worst = float(speed.mean()) if speed.size else 0.0
    return finding("wind_unit", site=site, column=column, count=int(bool(found)), worst=worst, found=found)


def _range(
    index: pd.DatetimeIndex, sites: pd.DataFrame, data: Mapping[str, np.ndarray], wrong: set[tuple[str, str]]
) -> list[Finding]:
    """Values out of physical bounds (missing-value codes are), where the unit is right."""
    rows = []
    names = list(sites["name"])
    for column, values in data.items():
        if column not in COLUMNS and not wind_columns([column]):
            continue
        low, high = quantity(column).low, quantity(column).high
        mask = (values < low) | (values > high)
        mask &= ~np.array([(n, column) in wrong for n in names])
        size = np.where(values > high, values - high, low - values)
        for row in by_site("range", names, index, mask, size, column=column, limit=f"{low:g}..{high:g}"):
            at = values[:, names.index(row.site)][mask[:, names.index(row.site)]]
            rows.append(replace(row, worst=float(at[np.abs(at).argmax()]) if len(at) else 0.0))
    return rows


def _pressure_elevation(sites: pd.DataFrame, pressure: np.ndarray, wrong: set[tuple[str, str]]) -> list[Finding]:
    """Mean pressure against the standard atmosphere at the site's elevation (ISO 2533)."""
    rows = []
    standard = 101_325.0 * (1.0 - 2.25577e-5 * sites["elevation_m"].to_numpy(float)) ** 5.25588
    for s, name in enumerate(sites["name"]):
        if (name, PRESSURE) in wrong or not np.isfinite(pressure[:, s]).any():
            continue
        mean = float(np.nanmean(pressure[:, s]))
        sea = abs(mean - 101_400.0) < 1500.0 and abs(mean - standard[s]) > 2500.0
        rows.append(
            finding(
                "pressure_elevation",
                site=name,
                column=PRESSURE,
                count=int(abs(mean - standard[s]) > 2500.0),
                worst=mean - standard[s],
                limit=f"{standard[s]:.0f}",
                found="sea level" if sea else "",
            )
        )
    return rows


def _temperature_cycle(index: pd.DatetimeIndex, sites: pd.DataFrame, temp: np.ndarray) -> list[Finding]:
    """The warmest time of the mean day lies one to five hours after solar noon; ``worst`` is from three hours after."""
    hours = index.tz_convert("UTC").as_unit("ns").asi8 / 3.6e12
    rows = []
    for s, (name, lon) in enumerate(zip(sites["name"], sites["lon_deg"])):
        good = np.isfinite(temp[:, s])
        if good.sum() < 240:
            continue
        wave = 2.0 * (temp[good, s] * np.exp(2j * np.pi * (hours[good] + lon / 15.0) / 24.0)).mean()
        wave -= 2.0 * temp[good, s].mean() * np.exp(2j * np.pi * (hours[good] + lon / 15.0) / 24.0).mean()
        late = (np.angle(wave) * 12.0 / np.pi - 12.0 + 12.0) % 24.0 - 12.0
        off = late - 3.0 if abs(wave) > 0.8 else 0.0  # no daily course at sea and in the polar night
        rows.append(
            finding(
                "temperature_cycle",
                site=name,
                column=TEMP,
                count=int(abs(off) > 3.0),
                worst=off,
                found=f"{late:+.1f} h",
            )
        )
    return rows


def runs(values: np.ndarray, resolution: float) -> tuple[np.ndarray, np.ndarray]:
    """Start and length of every run of equal values of a vector (a change below half the resolution is none)."""
    change = ~(np.abs(np.diff(values)) < 0.5 * resolution)
    starts = np.r_[0, np.flatnonzero(change) + 1]
    return starts, np.diff(np.r_[starts, len(values)])


def _stuck(
    index: pd.DatetimeIndex, sites: pd.DataFrame, data: Mapping[str, np.ndarray], sky: Sky, step: pd.Timedelta
) -> list[Finding]:
    """Longest run without change; hours of calm count a quarter, hours of sun four times."""
    rows = []
    hours = step.total_seconds() / 3600.0
    for column in (TEMP, PRESSURE, *wind_columns(data), "ghi_w_per_m2"):
        if column not in data:
            continue
        for s, name in enumerate(sites["name"]):
            values = data[column][:, s]
            if column == PRESSURE and np.isfinite(values).any() and np.nanmax(values) == np.nanmin(values):
                level = float(np.nanmax(values))  # made from the elevation: no instrument is stuck all year
                rows.append(finding("constant_pressure", site=name, column=column, count=len(values), worst=level))
                continue
            starts, lengths = runs(values, quantity(column).quantum)
            weight = np.isfinite(values[starts]).astype(float)
            if column == "ghi_w_per_m2":  # bright hours alone: the sun's course never stands still
                weight = np.where((values[starts] > 100.0) & (sky.low_deg[starts, s] > 5.0), 4.0, 0.0)
            elif column not in (TEMP, PRESSURE):
                weight = weight * np.where(np.nan_to_num(values[starts]) < 0.3, CALM_PU, 1.0)
            elif column == PRESSURE:
                weight = weight * 0.5
            long = lengths * hours * weight
            at = int(long.argmax())
            count = int(lengths[long > 24.0].sum())
            rows.append(
                finding(
                    "stuck",
                    site=name,
                    column=column,
                    count=count,
                    share_percent=100.0 * count / len(values),
                    worst=float(long[at]),
                    time=index[starts[at]],
                    found=f"{values[starts[at]]:g} x {lengths[at] * hours:g} h",
                    limit="24 h",
                )
            )
    return rows


def _stepped(
    index: pd.DatetimeIndex, sites: pd.DataFrame, data: Mapping[str, np.ndarray], step: pd.Timedelta
) -> list[Finding]:
    """Wind that is constant or a straight line within blocks of 3 or 6 hours.

    Natural wind is as rough at any hour; a blocky record bends, or jumps, at the seams of its blocks only.
    """
    per_hour = round(3600.0 / step.total_seconds())
    rows: list[Finding] = []
    if per_hour == 0:  # steps above an hour: blocks of hours cannot be seen
        return rows
    for column in wind_columns(data):
        for s, name in enumerate(sites["name"]):
            values = data[column][:, s]
            worst, block = min(
                ((_within_blocks(values, order, size * per_hour), size) for order in (1, 2) for size in (3, 6)),
                default=(1.0, 0),
            )
            blocky = worst < BLOCKY_PU
            rows.append(
                finding(
                    "stepped_wind",
                    site=name,
                    column=column,
                    count=int(blocky) * len(index),
                    share_percent=100.0 * blocky,
                    worst=float(block) if blocky else 0.0,
                    found=f"{worst:.2f}",
                    limit=f"{BLOCKY_PU:g}",
                )
            )
    return rows


def _within_blocks(values: np.ndarray, order: int, size: int) -> float:
    """Mean absolute difference of an order within blocks over that at the seams, of the likeliest seam."""
    rough = np.abs(np.diff(values, n=order))
    rough = rough[: len(rough) // size * size].reshape(-1, size)
    if len(rough) < 30:
        return 1.0
    good = np.isfinite(rough)
    by_phase = np.where(good, rough, 0.0).sum(axis=0) / np.maximum(good.sum(axis=0), 1)
    seam = float(by_phase.max())
    return float((by_phase.sum() - seam) / (size - 1)) / seam if seam > 0.0 else 1.0


def _heights(index: pd.DatetimeIndex, sites: pd.DataFrame, data: Mapping[str, np.ndarray]) -> list[Finding]:
    """Hub wind that is a scaled low record, daily cycles that do not turn round, impossible shear."""
    heights = wind_columns(data)
    names = list(sites["name"])
    if not heights:
        return []
    low, high = next(iter(heights)), list(heights)[-1]
    if len(heights) == 1 or heights[high] < HUB_FROM_M:
        count = int(heights[high] < HUB_FROM_M or len(heights) == 1)
        return [finding("single_height", site=n, column=high, count=count, worst=heights[high]) for n in names]
    rows = []
    distance = np.log(heights[high] / heights[low])
    hour = ((index.tz_convert("UTC").as_unit("ns").asi8 // 3_600_000_000_000) % 24).astype(int)
    for s, (name, lon) in enumerate(zip(names, sites["lon_deg"])):
        below, above = data[low][:, s], data[high][:, s]
        moving = (below > 1.0) & (above > 1.0)
        if moving.sum() < 240:
            continue
        ratio = np.log(above[moving] / below[moving])
        spread, alpha = float(ratio.std()), float(np.log(above[moving].mean() / below[moving].mean()) / distance)
        scaled = spread < SCALED_SD
        local = (hour + round(float(lon) / 15.0)) % 24
        cycle = np.array(
            [
                [v[local == h].mean() if (local == h).any() else 0.0 for h in range(24)]
                for v in (np.nan_to_num(below), np.nan_to_num(above))
            ]
        )
        amplitude = np.ptp(cycle[1]) / max(float(cycle[1].mean()), 1e-9)
        alike = float(np.corrcoef(cycle)[0, 1]) if np.ptp(cycle[0]) > 0 and np.ptp(cycle[1]) > 0 else 0.0
        peak = int(cycle[1].argmax())
        midday = amplitude > 0.08 and alike > 0.9 and 10 <= peak <= 17 and heights[high] >= HUB_FROM_M
        rows += [
            finding("scaled_height", site=name, column=high, count=int(scaled), worst=spread, found=f"{spread:.3f}"),
            finding(
                "height_cycle", site=name, column=high, count=int(midday), worst=float(peak), found=f"{alike:+.2f}"
            ),
            finding(
                "shear",
                site=name,
                column=high,
                count=int(not SHEAR[0] <= alpha <= SHEAR[1]),
                worst=alpha,
                limit=f"{SHEAR[0]:g}..{SHEAR[1]:g}",
            ),
        ]
    return rows

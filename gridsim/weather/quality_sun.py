"""Checks of the sun in a record: clock, label, what is possible at most, closure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from gridsim.weather.quality_rules import Finding, by_site, finding
from gridsim.weather.sky import LABELS, Noon, Sky, noon_of

GHI, DNI, DHI = "ghi_w_per_m2", "dni_w_per_m2", "dhi_w_per_m2"
#: below this elevation the whole interval long, twilight is too weak to be measured. [degree of arc]
NIGHT_DEG = -3.0
#: light above this at night is no twilight. [W/m2]
NIGHT_LIGHT = 5.0
#: a record may exceed what is possible by this: rounding, instruments. [W/m2]
SLACK = 10.0
#: irradiance above this multiple of the clear sky of clean air is taken for a fault
CLEAR_SKY_FACTOR = 1.1
#: closure is asked for where the sun stands this high; tolerance relative and absolute. [degree of arc, -, W/m2]
CLOSURE_DEG, CLOSURE_PU, CLOSURE_ABS = 10.0, 0.12, 25.0
#: annual irradiation over that of the clear sky: cloudiest and clearest places of the earth lie within
CLEARNESS_PERCENT = (20.0, 102.0)


def sun_checks(
    index: pd.DatetimeIndex,
    sites: pd.DataFrame,
    data: Mapping[str, np.ndarray],
    sky: Sky,
    *,
    found: Sequence[Noon],
    step: pd.Timedelta,
    middle_min: float,
) -> list[Finding]:
    """Findings on irradiance, several sites on one index.

    Parameters
    ----------
    index : DatetimeIndex
    sites : DataFrame
        ``name, lat_deg, lon_deg``; ``ghi_kwh_per_m2`` (published annual irradiation) if there.
    data : mapping of str to ndarray (time, site)
        NaN is skipped.
    sky : Sky
        Over the intervals that the record's label means.
    found : sequence of Noon
        Where the record puts noon, per site.
    step : Timedelta
    middle_min : float
        Middle of the interval after the stamp that the record claims. [min]
    """
    if GHI not in data:
        return []
    names, ghi = list(sites["name"]), data[GHI]
    rows = clock_checks(found, names, step=step, middle_min=middle_min)
    bounds = upper_bound(sky)
    energy = np.clip(np.nan_to_num(ghi), 0.0, None)
    night = sky.high_deg < NIGHT_DEG
    rows += by_site(
        "night_sun", names, index, night & (ghi > NIGHT_LIGHT), ghi, weight=energy, column=GHI, limit=f"{NIGHT_LIGHT:g}"
    )
    over = ghi - sky.extra_w_per_m2
    rows += by_site("above_extraterrestrial", names, index, over > SLACK, over, weight=energy, column=GHI)
    over = ghi - bounds
    rows += by_site(
        "above_clear_sky", names, index, over > 0.0, over, weight=energy, column=GHI, limit=f"{CLEAR_SKY_FACTOR:g} x"
    )
    if DNI in data:
        over = data[DNI] - sky.beam_extra_w_per_m2
        rows += by_site("beam_above_extraterrestrial", names, index, over > SLACK, over, column=DNI)
    if DHI in data:
        over, day = data[DHI] - ghi, sky.high_deg > 0.0
        mask = (over > SLACK + 0.02 * np.nan_to_num(ghi)) & day
        rows += by_site("diffuse_above_global", names, index, mask, over, looked_at=day, column=DHI)
    if DNI in data and DHI in data:
        rows += _closure(index, names, data, sky)
    return rows + _annual(index, sites, ghi, sky, step)


def noons(
    index: pd.DatetimeIndex, sites: pd.DataFrame, data: Mapping[str, np.ndarray], step: pd.Timedelta
) -> list[Noon]:
    """Where the record puts noon at every site (:func:`gridsim.weather.sky.noon_of`)."""
    lat, lon = sites["lat_deg"].to_numpy(float), sites["lon_deg"].to_numpy(float)
    return [noon_of(data[GHI][:, s], index, step, lat[s], lon[s]) for s in range(len(lat))]


def agreed_middle(found: Sequence[Noon], middle_min: float, step: pd.Timedelta) -> float:
    """Middle of the intervals to judge the sun by: the claimed one, or that of the label found at every site.

    A wrong label is one finding; without this every check of the sun would repeat it.  [min after the stamp]
    """
    step_min = step.total_seconds() / 60.0
    labels = {"middle" if n.label == "instant" else n.label for n in found if not np.isnan(n.offset_min)}
    if len(labels) != 1 or any(n.shift_h or n.certainty_percent < 95.0 for n in found if not np.isnan(n.offset_min)):
        return middle_min
    label = labels.pop()
    return LABELS[label] * step_min if label in LABELS else middle_min


def clock_checks(found: Sequence[Noon], names: list[str], *, step: pd.Timedelta, middle_min: float) -> list[Finding]:
    """Label and clock of every site against the label that the record claims."""
    step_min = step.total_seconds() / 60.0
    rows = []
    for name, noon in zip(names, found):
        if np.isnan(noon.offset_min):
            rows.append(finding("label", site=name, column=GHI, found="unknown"))
            continue
        off = noon.offset_min - middle_min
        wrong_clock = abs(off) > step_min + 15.0
        words = f"{noon.label}, {noon.offset_min:+.0f} min, {noon.certainty_percent:.0f} %"
        rows.append(
            finding(
                "time_zone",
                site=name,
                column=GHI,
                worst=off / 60.0 if wrong_clock else 0.0,
                found=f"{off / 60.0:+.2f} h",
            )
        )
        rows.append(
            finding(
                "label",
                site=name,
                column=GHI,
                count=int(not wrong_clock and abs(off) > 12.0),
                worst=0.0 if wrong_clock else off,
                found=words,
                limit=f"{middle_min:+g} min",
                info="info",
            )
        )
    return rows


def upper_bound(sky: Sky, *, factor: float = CLEAR_SKY_FACTOR) -> np.ndarray:
    """Highest credible global irradiance: a multiple of the clear sky of clean air, at most what comes from space,
    and a slack.  [W/m2]"""
    return np.maximum(np.minimum(factor * sky.clear_w_per_m2, sky.extra_w_per_m2), 0.0) + SLACK


def _closure(index: pd.DatetimeIndex, names: list[str], data: Mapping[str, np.ndarray], sky: Sky) -> list[Finding]:
    """ghi = dhi + dni cos z where the sun is high enough."""
    high = (sky.low_deg > CLOSURE_DEG) & (data[GHI] > 0.0)
    gap = np.abs(data[GHI] - data[DHI] - data[DNI] * sky.cos_zenith)
    mask = high & (gap > CLOSURE_PU * data[GHI] + CLOSURE_ABS)
    limit = f"{100.0 * CLOSURE_PU:g} % + {CLOSURE_ABS:g}"
    return by_site("closure", names, index, mask, gap, looked_at=high, column=GHI, limit=limit)


def _annual(
    index: pd.DatetimeIndex, sites: pd.DataFrame, ghi: np.ndarray, sky: Sky, step: pd.Timedelta
) -> list[Finding]:
    """Annual irradiation against the clear sky and against a published figure."""
    hours = step.total_seconds() / 3600.0
    if len(index) * hours < 360 * 24:
        return []
    good = np.isfinite(ghi)
    clear = np.where(good, sky.clear_w_per_m2, 0.0).sum(axis=0)
    percent = 100.0 * np.divide(np.nansum(ghi, axis=0), clear, out=np.full(ghi.shape[1], 60.0), where=clear > 0.0)
    low, high = CLEARNESS_PERCENT
    rows = [
        finding(
            "clearness",
            site=name,
            column=GHI,
            count=int(not low <= p <= high),
            share_percent=p,
            worst=p,
            limit=f"{low:g}..{high:g}",
        )
        for name, p in zip(sites["name"], percent)
    ]
    if "ghi_kwh_per_m2" in sites:
        published = sites["ghi_kwh_per_m2"].to_numpy(float)
        found = np.nansum(ghi, axis=0) * hours / 1000.0 / (len(index) * hours / 8760.0)
        rows += [
            finding(
                "published_sun", site=n, column=GHI, worst=100.0 * (f / p - 1.0), found=f"{f:.0f}", limit=f"{p:.0f}"
            )
            for n, f, p in zip(sites["name"], found, published)
            if p > 0.0
        ]
    return rows

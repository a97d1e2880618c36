"""What a check of weather finds, as rows; and from which figure on a finding is a warning or an error."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import pandas as pd
from pandas._libs.tslibs.nattype import NaTType

#: worst first
SEVERITIES = ("error", "warning", "info", "ok")
NEVER = float("inf")


@dataclass(frozen=True)
class Rule:
    """How bad a finding is.

    Attributes
    ----------
    by : {"count", "share_percent", "worst"}
        Which figure of the finding decides.
    warning, error : float
        The finding is a warning, an error, above this figure.
    unit : str
        Unit of ``worst``.
    """

    by: str
    warning: float
    error: float
    unit: str


#: check -> its rule.  The figures are assumed but for those that physics gives; docs/howto_weather_quality.md says why.
RULES: dict[str, Rule] = {
    # the time axis
    "zone": Rule("count", 0, 0, ""),
    "order": Rule("count", 0, NEVER, ""),
    "duplicate": Rule("count", 0, NEVER, ""),
    "duplicate_conflict": Rule("count", 0, 0, ""),
    "off_grid": Rule("count", 0, 0, "min"),
    "gap": Rule("count", 0, 0, "h"),
    "span": Rule("worst", 0, 744, "h"),
    "leap_day": Rule("count", NEVER, NEVER, "h"),
    "absent_column": Rule("count", 0, NEVER, ""),
    "missing_value": Rule("count", 0, 0, "h"),
    # units and bounds
    "unit": Rule("count", 0, 0, ""),
    "wind_unit": Rule("count", 0, NEVER, "m/s"),
    "range": Rule("count", 0, 0, ""),
    # the sun
    "time_zone": Rule("worst", 0.75, 0.75, "h"),
    "label": Rule("worst", 12, 45, "min"),
    "night_sun": Rule("share_percent", 0, 0.5, "W/m2"),
    "above_extraterrestrial": Rule("share_percent", 0, 0.1, "W/m2"),
    "above_clear_sky": Rule("share_percent", 0.05, 3.0, "W/m2"),
    "beam_above_extraterrestrial": Rule("count", 0, 25, "W/m2"),
    "diffuse_above_global": Rule("share_percent", 0.5, 10.0, "W/m2"),
    "closure": Rule("share_percent", 2.0, 20.0, "W/m2"),
    "clearness": Rule("count", 0, NEVER, "%"),
    "published_sun": Rule("worst", 20.0, 60.0, "%"),
    # air and wind
    "pressure_elevation": Rule("worst", 2500, 8000, "Pa"),
    "temperature_cycle": Rule("worst", 3.0, NEVER, "h"),
    "stuck": Rule("worst", 24, 240, "h"),
    "constant_pressure": Rule("count", 0, NEVER, "Pa"),
    "stepped_wind": Rule("count", 0, NEVER, "h"),
    "month_seam": Rule("count", 2, NEVER, ""),
    "single_height": Rule("count", 0, NEVER, "m"),
    "scaled_height": Rule("count", 0, NEVER, ""),
    "height_cycle": Rule("count", 0, NEVER, "h"),
    "shear": Rule("count", 0, NEVER, ""),
    "published_wind": Rule("worst", 35.0, 100.0, "%"),
    # several quantities, several sites
    "different_years": Rule("count", 0, NEVER, ""),
    "neighbour": Rule("count", 0, NEVER, ""),
}


@dataclass(frozen=True)
class Finding:
    """One row of the report of :func:`gridsim.weather.quality.check_weather`.

    Attributes
    ----------
    site, check, column : str
        Where, which of :data:`RULES`, which quantity (empty: the time axis or several).
    severity : str
        One of :data:`SEVERITIES`.
    count : int
        Steps (or stamps, seams) concerned.
    share_percent : float
        Their share: of the steps looked at, or of the energy where the check is about energy.
    worst : float
        Largest departure, in ``unit``.
    unit : str
    limit : str
        What is allowed.
    time : Timestamp or NaT
        When it is worst, or first seen.
    found : str
        What the data look like, where that can be said (a label, a unit).
    """

    site: str
    check: str
    column: str
    severity: str
    count: int
    share_percent: float
    worst: float
    unit: str
    limit: str
    time: pd.Timestamp | NaTType
    found: str


def finding(
    check: str,
    *,
    site: str = "",
    column: str = "",
    count: float = 0,
    share_percent: float = 0.0,
    worst: float = 0.0,
    time: pd.Timestamp | None = None,
    found: str = "",
    limit: str = "",
    info: str = "ok",
) -> Finding:
    """A row with its severity; ``info`` is the severity of what is below the rule's warning."""
    rule = RULES[check]
    figure = {"count": count, "share_percent": share_percent, "worst": abs(worst)}[rule.by]
    severity = "error" if figure > rule.error else "warning" if figure > rule.warning else info
    when: pd.Timestamp | NaTType = pd.NaT if time is None else time
    return Finding(
        site, check, column, severity, int(count), float(share_percent), float(worst), rule.unit, limit, when, found
    )


def by_site(
    check: str,
    sites: Sequence[str],
    index: pd.DatetimeIndex,
    mask: np.ndarray,
    size: np.ndarray,
    *,
    weight: np.ndarray | None = None,
    looked_at: np.ndarray | None = None,
    column: str = "",
    limit: str = "",
) -> list[Finding]:
    """One row per site from the steps that a check objects to.

    Parameters
    ----------
    check : str
    sites : sequence of str
    index : DatetimeIndex
    mask : ndarray of bool (time, site)
        Steps objected to.
    size : ndarray (time, site)
        Departure of each step; the largest where ``mask`` is the row's ``worst``.
    weight : ndarray (time, site), optional
        What the share is a share of (energy); default: number of steps.
    looked_at : ndarray of bool (time, site), optional
        Steps that the check is about; default all.
    """
    part = (
        np.where(mask, size, 0.0).sum(axis=0)
        if weight is not None
        else (mask if looked_at is None else mask & looked_at).sum(axis=0)
    )
    whole = np.nansum(weight, axis=0) if weight is not None else _steps(mask, looked_at)
    share = 100.0 * np.divide(part, whole, out=np.zeros(len(sites)), where=whole > 0)
    seen = np.where(mask, np.nan_to_num(size), -np.inf)
    at = seen.argmax(axis=0) if len(index) else np.zeros(len(sites), int)
    rows = []
    for s, name in enumerate(sites):
        count = int(mask[:, s].sum())
        worst, time = (float(seen[at[s], s]), index[at[s]]) if count else (0.0, None)
        row = finding(
            check,
            site=name,
            column=column,
            count=count,
            share_percent=float(share[s]),
            worst=worst,
            time=time,
            limit=limit,
        )
        rows.append(row)
    return rows


def _steps(mask: np.ndarray, looked_at: np.ndarray | None) -> np.ndarray:
    return np.full(mask.shape[1], float(len(mask))) if looked_at is None else looked_at.sum(axis=0).astype(float)


def as_report(rows: Sequence[Finding]) -> pd.DataFrame:
    """Findings as a table: worst severity first, then site and check in the order they were made."""
    table = pd.DataFrame([vars(r) for r in rows], columns=[f.name for f in fields(Finding)])
    table["time"] = pd.to_datetime(table["time"], utc=True).dt.tz_convert("Asia/Shanghai")
    rank = table["severity"].map({s: k for k, s in enumerate(SEVERITIES)})
    return table.iloc[rank.argsort(kind="stable")].reset_index(drop=True)


def by_check(report: pd.DataFrame) -> pd.DataFrame:
    """Findings of one check, quantity and severity at all sites as one row; worst severity first.

    Returns
    -------
    DataFrame
        ``check, column, severity, sites, site, count, share_percent, worst, unit, limit, time, found``: ``sites`` how
        many, ``site`` the worst of them, ``count`` of all, ``share_percent`` the largest, the rest of the worst site.
    """
    rows = []
    for (severity, check, column), group in report.groupby(["severity", "check", "column"], sort=False):
        at = group.iloc[int(group["worst"].abs().to_numpy().argmax())]
        rows.append(
            {
                "check": check,
                "column": column,
                "severity": severity,
                "sites": group["site"].nunique(),
                "site": at["site"],
                "count": int(group["count"].sum()),
                "share_percent": float(group["share_percent"].max()),
                **{c: at[c] for c in ("worst", "unit", "limit", "time", "found")},
            }
        )
    columns = ["check", "column", "severity", "sites", "site", "count", "share_percent"]
    return pd.DataFrame(rows, columns=[*columns, "worst", "unit", "limit", "time", "found"])

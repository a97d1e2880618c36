"""Two weather sources side by side: figures of both, their differences, and what is within the stated tolerance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from gridsim.errors import Problem, raise_if
from gridsim.weather.canonical import Weather
from gridsim.weather.climate import read_climate
from gridsim.weather.quality_files import read_records
from gridsim.weather.quality_time import regular
from gridsim.weather.statistics import ALL, STATISTICS, climate_statistics, statistics

#: a site without a namesake is compared with the nearest one within this distance. [km]
NEAREST_KM = 150.0


@dataclass(frozen=True)
class Source:
    """One side of a comparison.

    Attributes
    ----------
    name : str
    sites : DataFrame
        ``name, lat_deg, lon_deg``.
    figures : DataFrame
        Of :func:`gridsim.weather.statistics.statistics`.
    """

    name: str
    sites: pd.DataFrame
    figures: pd.DataFrame


def read_source(
    path: str | Path, *, place: tuple[float, float, float] | None = None, names: Sequence[str] = ()
) -> Source:
    """A canonical year folder, an EPW or CSV file, or climate tables (a path ending in ``climatology.csv``).

    Raises
    ------
    InvalidInput
        Nothing to read; several years where one is meant.
    """
    path = Path(path)
    if path.name == "climatology.csv":
        climate = read_climate(path.parent)
        wanted = [n for n in climate.sites["name"] if not names or n in names]
        climate = climate.at(wanted)
        return Source(f"{path.parent.name}/climatology", climate.sites, climate_statistics(climate))
    weather = read_weather(path, place=place, names=names)
    return Source(_label(path, weather.label), weather.sites, statistics(weather))


def read_weather(
    path: str | Path, *, place: tuple[float, float, float] | None = None, names: Sequence[str] = ()
) -> Weather:
    """One year from any file that the check reads, on one axis; gaps are NaN.

    Raises
    ------
    InvalidInput
        Several years, or sites on different axes or with different columns.
    """
    records = read_records(path, place=place, names=names)
    several = f"there are several years: {', '.join(records)}"
    raise_if([Problem(str(path), several, "name one of its folders")] if len(records) > 1 else [])
    ((label, members),) = records.items()
    frames = [regular(r.frame)[0] for r in members]
    columns, index = list(frames[0].columns), pd.DatetimeIndex(frames[0].index)
    raise_if(
        [
            Problem(
                r.file, "hours or columns differ from those of the first site", "check the folder first", row=r.site
            )
            for r, f in zip(members, frames)
            if list(f.columns) != columns or not index.equals(pd.DatetimeIndex(f.index))
        ]
    )
    half = (index[1] - index[0]).total_seconds() / 120.0
    middle = half if members[0].middle_min is None else members[0].middle_min
    place_of = [(r.site, r.lat_deg, r.lon_deg, r.elevation_m) for r in members]
    sites = pd.DataFrame(place_of, columns=["name", "lat_deg", "lon_deg", "elevation_m"])
    data = {c: np.column_stack([f[c].to_numpy(float) for f in frames]) for c in columns}
    return Weather(index + pd.Timedelta(minutes=middle - half), sites, data, label)


def compare(a: Source, b: Source) -> pd.DataFrame:
    """Figures that both sources have, their difference and whether it is within the tolerance.

    Parameters
    ----------
    a, b : Source
        Sites are matched by name; a site of A without a namesake takes the nearest of B within :data:`NEAREST_KM`.

    Returns
    -------
    DataFrame
        ``site, site_b, statistic, key, a, b, difference, difference_percent, tolerance, unit, ok``: difference = a - b,
        per cent of b (empty where b is 0); tolerance in per cent for relative figures, else in ``unit``.

    Raises
    ------
    InvalidInput
        If no site of A has a counterpart in B.
    """
    pairs = matched(a.sites, b.sites)
    fix = f"give sites of the same name, or within {NEAREST_KM:g} km"
    raise_if([] if pairs else [Problem(a.name, f"no site has a counterpart in {b.name}", fix)])
    pairs = {**pairs, ALL: ALL}
    left = a.figures[a.figures["site"].isin(pairs)].assign(site_b=lambda f: f["site"].map(pairs))
    right = b.figures.rename(columns={"site": "site_b", "value": "b"})
    both = left.rename(columns={"value": "a"}).merge(right, on=["site_b", "statistic", "key"], how="inner")
    both["difference"] = both["a"] - both["b"]
    base = both["b"].abs().where(both["b"] != 0.0)
    both["difference_percent"] = 100.0 * both["difference"] / base
    spec = both["statistic"].map(STATISTICS)
    both["tolerance"] = [s.tolerance for s in spec]
    both["unit"] = ["%" if s.relative else s.unit for s in spec]
    size = np.where([s.relative for s in spec], both["difference_percent"].abs(), both["difference"].abs())
    both["ok"] = ~(size > both["tolerance"])
    columns = ["site", "site_b", "statistic", "key", "a", "b", "difference", "difference_percent", "tolerance", "unit"]
    return both[[*columns, "ok"]].reset_index(drop=True)


def matched(a: pd.DataFrame, b: pd.DataFrame) -> dict[str, str]:
    """Site of A -> its counterpart in B."""
    names = set(b["name"])
    lat, lon = b["lat_deg"].to_numpy(float), b["lon_deg"].to_numpy(float)
    found = {}
    for site in a.to_dict("records"):
        if site["name"] in names:
            found[str(site["name"])] = str(site["name"])
            continue
        east = (lon - site["lon_deg"]) * np.cos(np.radians((lat + site["lat_deg"]) / 2.0))
        km = 6371.0 * np.radians(np.hypot(east, lat - site["lat_deg"]))
        if km.min() <= NEAREST_KM:
            found[str(site["name"])] = str(b["name"].iloc[int(km.argmin())])
    return found


def summarised(differences: pd.DataFrame) -> pd.DataFrame:
    """One row per figure: how many were compared, how many are within, mean of both, the worst and where.

    Returns
    -------
    DataFrame
        ``statistic, compared, within, mean_a, mean_b, worst, unit, tolerance, site, key``; worst in ``unit``.
    """
    rows = []
    for statistic, group in differences.groupby("statistic", sort=False):
        relative = STATISTICS[str(statistic)].relative
        size = group["difference_percent"] if relative else group["difference"]
        at = int(np.nan_to_num(size.abs().to_numpy()).argmax())
        worst = group.iloc[at]
        rows.append(
            {
                "statistic": statistic,
                "compared": len(group),
                "within": int(group["ok"].sum()),
                "mean_a": float(group["a"].mean()),
                "mean_b": float(group["b"].mean()),
                "worst": float(size.iloc[at]),
                "unit": worst["unit"],
                "tolerance": float(worst["tolerance"]),
                "site": worst["site"],
                "key": worst["key"],
            }
        )
    order = {name: k for k, name in enumerate(STATISTICS)}
    return pd.DataFrame(rows).sort_values("statistic", key=lambda c: c.map(order)).reset_index(drop=True)


def _label(path: Path, year: str) -> str:
    """Name of a side: the file, or the last two folders."""
    if path.is_file():
        return path.stem
    folder = path.resolve()
    return f"{folder.parent.name if folder.name == year else folder.name}/{year}"

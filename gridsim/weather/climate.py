"""Climate normals that the synthesiser works from: ``sites.csv`` and ``climatology.csv``."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from gridsim.errors import Problem, raise_if
from gridsim.rows import records

#: numeric columns of sites.csv with what they mean and their bounds
SITE_NUMBERS: dict[str, tuple[str, float, float]] = {
    "lat_deg": ("latitude", -90.0, 90.0),
    "lon_deg": ("longitude", -180.0, 180.0),
    "elevation_m": ("elevation of the ground", -100.0, 6000.0),
    "ghi_kwh_per_m2": ("annual global horizontal irradiation", 300.0, 2600.0),
    "temp_offset_degc": ("offset on the temperature normals", -30.0, 30.0),
    "wind_100m_m_per_s": ("mean wind speed 100 m above ground", 1.0, 15.0),
    "weibull_k": ("Weibull shape of the wind speed 100 m above ground", 1.0, 4.0),
    "wind_night_pu": ("amplitude of the daily cycle at 100 m, maximum at night, share of the mean", 0.0, 0.6),
    "shear_day_pu": ("wind shear exponent 10-100 m at midday", 0.0, 0.6),
    "shear_night_pu": ("wind shear exponent 10-100 m at night", 0.0, 0.6),
}
#: numeric columns of climatology.csv
NORMAL_NUMBERS: dict[str, tuple[str, float, float]] = {
    "month": ("month", 1.0, 12.0),
    "temp_mean_degc": ("mean air temperature", -40.0, 45.0),
    "temp_max_degc": ("mean of the daily maxima", -40.0, 55.0),
    "temp_min_degc": ("mean of the daily minima", -50.0, 45.0),
    "temp_sd_degc": ("standard deviation of the day-to-day temperature", 0.0, 15.0),
    "ghi_kwh_per_m2": ("global horizontal irradiation of the month", 5.0, 350.0),
    "pressure_sea_pa": ("mean sea-level pressure", 95_000.0, 106_000.0),
    "linke_turbidity": ("Linke turbidity of the clear sky", 1.0, 10.0),
    "wind_pu": ("wind speed at 100 m, share of the annual mean", 0.3, 2.0),
    "spell_pu": ("share of the variance of cloudiness in spells of several days", 0.0, 1.0),
    "cloud_wind_pu": ("correlation of cloudiness and wind", -0.9, 0.9),
}


@dataclass(frozen=True)
class Climate:
    """Sites and monthly normals.

    Attributes
    ----------
    sites : DataFrame
        One row per site: ``name``, ``terrain`` (lake, plain, ridge), ``normals`` (which set of monthly
        normals) and :data:`SITE_NUMBERS`.
    normals : DataFrame
        Twelve rows per set: ``normals`` and :data:`NORMAL_NUMBERS`.
    folder : str
        Where they came from.
    """

    sites: pd.DataFrame
    normals: pd.DataFrame
    folder: str = ""

    def monthly(self, column: str) -> np.ndarray:
        """Normals by month and site: ndarray (12, site)."""
        by_set = {k: g.sort_values("month")[column].to_numpy(float) for k, g in self.normals.groupby("normals")}
        return np.column_stack([by_set[k] for k in self.sites["normals"]])

    def at(self, names: list[str]) -> Climate:
        """The same climate at some sites, in this order."""
        return replace(self, sites=self.sites.set_index("name").loc[names].reset_index())

    def site(self, column: str) -> np.ndarray:
        """A number of every site: ndarray (site,)."""
        return self.sites[column].to_numpy(float)


def read_climate(folder: str | Path) -> Climate:
    """Read ``sites.csv`` and ``climatology.csv`` of a weather folder.

    Raises
    ------
    InvalidInput
        Missing files or columns, text in number cells, values out of bounds, incomplete months: all at once.
    """
    folder = Path(folder)
    problems: list[Problem] = []
    sites = _numbers(folder / "sites.csv", SITE_NUMBERS, ("name", "terrain", "normals"), problems)
    normals = _numbers(folder / "climatology.csv", NORMAL_NUMBERS, ("normals",), problems)
    raise_if(problems)
    file = str(folder / "climatology.csv")
    sets = normals.groupby("normals")["month"].apply(lambda m: sorted(m) == list(range(1, 13)))
    problems += [
        Problem(file, f"normals {k!r} need one row per month", "give months 1-12", row=str(k))
        for k in sets.index[~sets]
    ]
    problems += [
        Problem(
            str(folder / "sites.csv"),
            f"normals {r.normals!r} are not in climatology.csv",
            "add them or correct the name",
            row=str(r.name),
        )
        for r in records(sites[~sites["normals"].isin(sets.index)])
    ]
    problems += [
        Problem(str(folder / "sites.csv"), f"site {n!r} appears twice", "keep one row", row=str(n))
        for n in sites["name"][sites["name"].duplicated()]
    ]
    raise_if(problems)
    return Climate(sites, normals, str(folder))


def _numbers(
    path: Path, numbers: dict[str, tuple[str, float, float]], texts: tuple[str, ...], problems: list[Problem]
) -> pd.DataFrame:
    """A CSV table with its number columns checked; problems are appended."""
    if not path.is_file():
        problems.append(Problem(str(path), "file is missing", "a weather folder needs sites.csv and climatology.csv"))
        return pd.DataFrame()
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    missing = [c for c in (*texts, *numbers) if c not in frame]
    problems += [Problem(str(path), "column is missing", "add it", column=c) for c in missing]
    for column, (doc, low, high) in numbers.items():
        if column in missing:
            continue
        values = pd.to_numeric(frame[column], errors="coerce")
        problems += [
            Problem(
                str(path),
                f"{frame[column][i]!r} is no {doc} between {low:g} and {high:g}",
                "correct the number",
                row=str(i + 2),
                column=column,
            )
            for i in values.index[~values.between(low, high)]
        ]
        frame[column] = values
    return frame

"""PVGIS, hourly radiation (``seriescalc``): components on the horizontal plane, temperature, wind at 10 m, no pressure.

Stamps are UTC and carry the minute the value holds for: hh:30, the middle of the hour, with ERA5; the minute of the
satellite's scan with SARAH, whose values are then moved to whole hours.  PVGIS gives calendar years in UTC, so a year
in China is made of two answers.
"""

from __future__ import annotations

import io

import pandas as pd

from gridsim.weather.assemble import Record
from gridsim.weather.canonical import wind_column
from gridsim.weather.download import Query
from gridsim.weather.origin import ALL, Origin
from gridsim.weather.pvgis import address, database, wrong_form

__all__ = ["FIRST_YEAR", "address", "check", "queries", "read", "version"]

FIRST_YEAR = 2005
COLUMNS = ("time", "Gb(i)", "Gd(i)", "Gr(i)", "T2m", "WS10m")


def queries(lat_deg: float, lon_deg: float, year: int | None) -> list[Query]:
    """The questions for a site's year in China: two calendar years in UTC; parameters as pvlib sends them."""
    years = [y for y in ((year or FIRST_YEAR) - 1, year or FIRST_YEAR) if y >= FIRST_YEAR]
    parameters = {
        "lat": f"{lat_deg:.4f}",
        "lon": f"{lon_deg:.4f}",
        "outputformat": "json",
        "angle": "0",
        "aspect": "0",
        "pvcalculation": "0",
        "components": "1",
        "usehorizon": "1",
    }
    return [
        Query(
            f"{y}_{lat_deg:.4f}N_{lon_deg:.4f}E",
            "seriescalc",
            {**parameters, "startyear": str(y), "endyear": str(y)},
        )
        for y in years
    ]


def check(body: bytes) -> str:
    """What is wrong with the form of an answer; empty if nothing."""
    return wrong_form(body, "hourly", COLUMNS)


def version(body: bytes) -> str:
    """Databases of the answer."""
    return database(body)


def read(bodies: list[bytes], year: int | None) -> Record:
    """Answers as a record, read by pvlib's ``read_pvgis_hourly``."""
    from pvlib.iotools import read_pvgis_hourly

    parts, metas = zip(*(read_pvgis_hourly(io.StringIO(b.decode("utf-8")), pvgis_format="json") for b in bodies))
    raw = pd.concat(parts).sort_index()
    raw = raw[~raw.index.duplicated()]
    diffuse = raw["poa_sky_diffuse"] + raw["poa_ground_diffuse"]
    values = pd.DataFrame(
        {
            "ghi_w_per_m2": raw["poa_direct"] + diffuse,
            "dhi_w_per_m2": diffuse,
            "temp_air_degc": raw["temp_air"],
            wind_column(10.0): raw["wind_speed"],
        }
    ).astype(float)
    place = metas[-1]["inputs"]["location"]
    lat, lon, elevation = (float(place[k]) for k in ("latitude", "longitude", "elevation"))
    rebuilt = int(raw["Int"].sum()) if "Int" in raw else 0
    origin = [
        Origin(ALL, "cell", f"PVGIS {lat:g} N {lon:g} E, {elevation:.0f} m; {database(bodies[-1])}"),
        Origin("ghi_w_per_m2", "components_added", "Gb(i) + Gd(i) + Gr(i), 0 deg"),
        Origin("dhi_w_per_m2", "components_added", "Gd(i) + Gr(i), 0 deg"),
        Origin("temp_air_degc", "label_assumed", f"T2m, hh:{raw.index[0].minute:02d}"),
        Origin(wind_column(10.0), "label_assumed", f"WS10m, hh:{raw.index[0].minute:02d}"),
        *([Origin("ghi_w_per_m2", "gap_interpolated", f"PVGIS: {rebuilt} h")] if rebuilt else []),
    ]
    return Record(
        name=f"PVGIS hourly {year} at {lat:g} N {lon:g} E",
        values=values,
        middle_min=dict.fromkeys(values.columns, 0.0),
        source=f"reanalysis or satellite: PVGIS hourly ({database(bodies[-1])})",
        elevation_m=elevation,
        origin=origin,
    )

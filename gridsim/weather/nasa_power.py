"""NASA POWER, hourly, point: irradiance of CERES SYN1deg and FLASHFlux, meteorology of MERRA-2 and GEOS.

https://power.larc.nasa.gov/docs/services/api/temporal/hourly/ : values are means of the hour, in the resolution of
their source (1 x 1 degree for irradiance, 0.5 x 0.625 degree for the rest), stamped with the begin of the hour, UTC.
Sites in the same two cells get the same answer, so one is asked for.
"""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pandas as pd

from gridsim.weather.assemble import Record
from gridsim.weather.canonical import wind_column
from gridsim.weather.download import Query
from gridsim.weather.origin import ALL, Origin

#: POWER's parameter -> canonical column, its unit in the community ``re``, factor to the canonical unit
PARAMETERS: dict[str, tuple[str, str, float]] = {
    "ALLSKY_SFC_SW_DWN": ("ghi_w_per_m2", "Wh/m^2", 1.0),
    "ALLSKY_SFC_SW_DNI": ("dni_w_per_m2", "Wh/m^2", 1.0),
    "ALLSKY_SFC_SW_DIFF": ("dhi_w_per_m2", "Wh/m^2", 1.0),
    "T2M": ("temp_air_degc", "C", 1.0),
    "PS": ("pressure_pa", "kPa", 1000.0),
    "WS10M": (wind_column(10.0), "m/s", 1.0),
    "WS50M": (wind_column(50.0), "m/s", 1.0),
}
#: a mean of an hour in Wh/m2 is the same number in W/m2
SAME_UNITS = {"Wh/m^2": {"Wh/m^2", "W/m^2"}}
FIRST_YEAR = 2001
#: grids of MERRA-2 (points) and CERES SYN1deg (edges). [degree of arc]
STEP_LAT, STEP_LON, STEP_SUN = 0.5, 0.625, 1.0


def address() -> str:
    """The service's address, as pvlib knows it."""
    from pvlib.iotools import nasa_power

    return str(nasa_power.URL)


def cell(lat_deg: float, lon_deg: float) -> tuple[float, float]:
    """Middle of the piece that the site's meteorological and solar cells share: (lat, lon). [degree of arc]

    Sites with the same middle have the same data; the service is asked for the middle, whatever sites are there.
    """

    def middle(x: float, step: float) -> float:
        low, sun = (math.floor(x / step + 0.5) - 0.5) * step, math.floor(x / STEP_SUN) * STEP_SUN
        return (max(low, sun) + min(low + step, sun + STEP_SUN)) / 2.0

    return round(middle(lat_deg, STEP_LAT), 5), round(middle(lon_deg, STEP_LON), 5)


def queries(lat_deg: float, lon_deg: float, year: int | None) -> list[Query]:
    """The question for a site's calendar year in China: its last eight hours of the year before in UTC included."""
    lat, lon = cell(lat_deg, lon_deg)
    first = max(pd.Timestamp(f"{year}-01-01") - pd.Timedelta(days=1), pd.Timestamp(f"{FIRST_YEAR}-01-01"))
    parameters = {
        "latitude": f"{lat:g}",
        "longitude": f"{lon:g}",
        "start": f"{first:%Y%m%d}",
        "end": f"{year}1231",
        "community": "re",
        "parameters": ",".join(PARAMETERS),
        "format": "json",
        "header": "True",
        "time-standard": "utc",
    }
    return [Query(f"{year}_{lat:g}N_{lon:g}E", "", parameters)]


def check(body: bytes) -> str:
    """What is wrong with the form of an answer; empty if nothing."""
    try:
        content = json.loads(body)
    except ValueError:
        start = body[:60].decode("utf-8", "replace").strip()
        return f"the answer is not JSON but begins with {start!r}"
    try:
        given = content["properties"]["parameter"]
        units = {k: content["parameters"][k]["units"] for k in PARAMETERS}
        float(content["header"]["fill_value"])
        float(content["geometry"]["coordinates"][2])
    except (KeyError, TypeError, IndexError, ValueError) as error:
        return f"the answer lacks {error}"
    if missing := [k for k in PARAMETERS if not given.get(k)]:
        return f"the answer lacks {', '.join(missing)}"
    wrong = [f"{k} in {u}" for k, u in units.items() if u not in SAME_UNITS.get(PARAMETERS[k][1], {PARAMETERS[k][1]})]
    if wrong:
        return f"unknown units: {', '.join(wrong)}"
    standard = str(content["header"].get("time_standard", "UTC"))
    return "" if standard.upper() in ("UTC", "GMT") else f"the time standard is {standard}, not UTC"


def version(body: bytes) -> str:
    """Version of the service that gave an answer."""
    return str(json.loads(body)["header"].get("api", {}).get("version", "unknown"))


def read(bodies: list[bytes], year: int | None) -> Record:
    """An answer as a record: fill values are missing values, units as pvlib's ``get_nasa_power`` converts them."""
    content: dict[str, Any] = json.loads(bodies[0])
    header = content["header"]
    raw = pd.DataFrame({k: content["properties"]["parameter"][k] for k in PARAMETERS})
    raw.index = pd.to_datetime(raw.index, format="%Y%m%d%H").tz_localize("UTC")
    raw = raw.sort_index().astype(float)
    raw = raw.where(~np.isclose(raw, float(header["fill_value"])))
    values = pd.DataFrame({name: raw[k] * factor for k, (name, _, factor) in PARAMETERS.items()})
    lon, lat, elevation = (float(x) for x in content["geometry"]["coordinates"][:3])
    origin = [
        Origin(ALL, "cell", f"NASA POWER {lat:g} N {lon:g} E, {elevation:.0f} m; 1 deg x 1 deg, 0.5 deg x 0.625 deg"),
        *(Origin(name, "as_given", k) for k, (name, _, _) in PARAMETERS.items()),
    ]
    sources = ", ".join(str(s) for s in header.get("sources", [])) or "CERES, MERRA-2"
    return Record(
        name=f"NASA POWER {year} at {lat:g} N {lon:g} E",
        values=values,
        middle_min=dict.fromkeys(values.columns, 30.0),
        source=f"reanalysis and satellite: NASA POWER hourly {version(bodies[0])} ({sources})",
        elevation_m=elevation,
        origin=origin,
    )

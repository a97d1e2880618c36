"""PVGIS, typical meteorological year (``tmy``): months of different years, wind at 10 m, pressure.

Stamps are UTC.  Irradiance holds for the stamp plus ``irradiance_time_offset`` (0.5 h with ERA5: the mean of the hour
that begins at the stamp), everything else for the stamp.  The year is rolled by eight hours, so that it begins at
midnight in China; the first eight hours are then the last ones of the December that was chosen.
"""

from __future__ import annotations

import io
import json

import numpy as np
import pandas as pd

from gridsim.weather.assemble import Record
from gridsim.weather.canonical import wind_column
from gridsim.weather.download import Query
from gridsim.weather.intervals import year_index
from gridsim.weather.origin import ALL, Origin
from gridsim.weather.pvgis import address, database, wrong_form

__all__ = ["FIRST_YEAR", "address", "check", "queries", "read", "version"]

#: a typical year has no calendar year
FIRST_YEAR = 0
CHINA_H = 8
COLUMNS = {
    "ghi": "ghi_w_per_m2",
    "dni": "dni_w_per_m2",
    "dhi": "dhi_w_per_m2",
    "temp_air": "temp_air_degc",
    "pressure": "pressure_pa",
    "wind_speed": wind_column(10.0),
}
NAMES = ("time(UTC)", "G(h)", "Gb(n)", "Gd(h)", "T2m", "SP", "WS10m")


def queries(lat_deg: float, lon_deg: float, _year: int | None) -> list[Query]:
    """The question for a site; parameters as pvlib sends them."""
    parameters = {"lat": f"{lat_deg:.4f}", "lon": f"{lon_deg:.4f}", "outputformat": "json", "usehorizon": "1"}
    return [Query(f"typical_{lat_deg:.4f}N_{lon_deg:.4f}E", "tmy", parameters)]


def check(body: bytes) -> str:
    """What is wrong with the form of an answer; empty if nothing."""
    if wrong := wrong_form(body, "tmy_hourly", NAMES):
        return wrong
    outputs = json.loads(body)["outputs"]
    months = [int(row["time(UTC)"][4:6]) for row in outputs["tmy_hourly"]]
    if len(months) != 8760 or months != sorted(months):
        return f"the answer has {len(months)} hours, not the 8760 of a year in order"
    return "" if len(outputs.get("months_selected", [])) == 12 else "the answer lacks months_selected"


def version(body: bytes) -> str:
    """Databases of the answer."""
    return database(body)


def read(bodies: list[bytes], _year: int | None) -> Record:
    """An answer as a record, read by pvlib's ``read_pvgis_tmy``."""
    from pvlib.iotools import read_pvgis_tmy

    raw, meta = read_pvgis_tmy(io.StringIO(bodies[0].decode("utf-8")), pvgis_format="json")
    place = meta["inputs"]["location"]
    lat, lon, elevation = (float(place[k]) for k in ("latitude", "longitude", "elevation"))
    rolled = np.roll(raw[list(COLUMNS)].to_numpy(float), CHINA_H, axis=0)
    values = pd.DataFrame(rolled, index=year_index(None, pd.Timedelta(hours=1)), columns=list(COLUMNS.values()))
    given = place.get("irradiance_time_offset")
    offset_h = 0.5 if given is None else float(given)
    months = " ".join(str(m["year"]) for m in sorted(meta["months_selected"], key=lambda m: m["month"]))
    origin = [
        Origin(ALL, "cell", f"PVGIS {lat:g} N {lon:g} E, {elevation:.0f} m; {database(bodies[0])}"),
        Origin(ALL, "typical_months", months),
    ]
    if given is None:
        origin.append(Origin("ghi_w_per_m2", "label_assumed", "irradiance_time_offset 0.5 h"))
    return Record(
        name=f"PVGIS typical year at {lat:g} N {lon:g} E",
        values=values,
        middle_min={c: 60.0 * offset_h if c.endswith("w_per_m2") else 0.0 for c in values.columns},
        source=f"typical year: PVGIS TMY ({database(bodies[0])})",
        elevation_m=elevation,
        typical=True,
        origin=origin,
    )

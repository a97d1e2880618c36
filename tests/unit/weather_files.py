"""Weather files in the forms that stations and stores give: EPW, ERA5 NetCDF; values made up.

EPW: header of eight lines and 35 columns after the EnergyPlus documentation (Auxiliary Programs, 2.9.1) and pvlib's
``read_epw``.  ERA5: variables, dimensions and coordinates (``valid_time``, ``number``, ``expver``) of files of the new
Climate Data Store, after ECMWF's notes on its NetCDF conversion.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from gridsim.weather.intervals import extraterrestrial

HOUR = pd.Timedelta(hours=1)
LAT, LON = 29.37, 113.13


def epw_text(
    *,
    years: dict[int, int] | int = 2019,
    kind: str = "TMYx",
    zone_h: float = 8.0,
    place: tuple[float, float, float] = (LAT, LON, 52.0),
    city: str = "Yueyang",
    **columns: np.ndarray,
) -> str:
    """An EPW file: one year, or months from years; global irradiance half the extraterrestrial of hour-1 .. hour."""
    one = years if isinstance(years, int) else 2019
    hours = pd.date_range(f"{one}-01-01", f"{one + 1}-01-01", freq="h", inclusive="left")
    toa = extraterrestrial(hours.tz_localize(round(zone_h * 3600)).tz_convert("UTC"), HOUR, place[0], place[1])
    given = {
        "temp": 15.0 + np.zeros(len(hours)),
        "pressure": np.full(len(hours), 101_000.0),
        "ghi": 0.5 * toa,
        "dni": np.where(toa > 80.0, 0.3 * 1360.0, 0.0),
        "dhi": 0.2 * toa,
        "wind": 2.0 + np.arange(len(hours)) / 10_000.0,
        **columns,
    }
    head = [
        f"LOCATION,{city},HN,CHN,{kind},575840,{place[0]},{place[1]},{zone_h},{place[2]}",
        "DESIGN CONDITIONS,0",
        "TYPICAL/EXTREME PERIODS,0",
        "GROUND TEMPERATURES,0",
        "HOLIDAYS/DAYLIGHT SAVINGS,No,0,0,0",
        "COMMENTS 1,made up",
        "COMMENTS 2,",
        "DATA PERIODS,1,1,Data,Sunday,1/1,12/31",
    ]
    rows = []
    for i, hour in enumerate(hours):
        year = years if isinstance(years, int) else years[hour.month]
        g = {k: v[i] for k, v in given.items()}
        rows.append(
            f"{year},{hour.month},{hour.day},{hour.hour + 1},60,?9?9,{g['temp']:.1f},10.0,70,{g['pressure']:.0f},"
            f"0,0,300,{g['ghi']:.2f},{g['dni']:.2f},{g['dhi']:.2f},0,0,0,0,20,{g['wind']:.4f},"
            "5,5,10,7777,9,999999999,20,0.1,0,88,0.2,0,1"
        )
    return "\n".join([*head, *rows]) + "\n"


def era5_frame(first: str, last: str) -> pd.DataFrame:
    """Hours of days in UTC: ssrd and fdir are sums of the hour before the stamp, the rest instants; joules, kelvin."""
    end = pd.Timestamp(last, tz="UTC") + pd.Timedelta(days=1)
    stamps = pd.date_range(pd.Timestamp(first, tz="UTC"), end, freq="h", inclusive="left")
    toa = extraterrestrial(stamps - HOUR, HOUR, 29.25, 113.25)
    hour = np.arange(len(stamps))
    wave = np.sin(hours_of_day(stamps) * np.pi / 12)
    return pd.DataFrame(
        {
            "ssrd": 0.5 * toa * 3600.0,
            "fdir": 0.3 * toa * 3600.0,
            "t2m": 288.15 + 5.0 * wave,
            "sp": 100_500.0 + 0.0 * hour,
            "u10": 3.0 + 0.0 * hour,
            "v10": -4.0 + 0.0 * hour,
            "u100": 6.0 + wave,
            "v100": 0.0 * hour,
        },
        index=stamps,
    )


def hours_of_day(stamps: pd.DatetimeIndex) -> np.ndarray:
    """Hour of the day of every stamp."""
    return np.asarray(stamps.hour, float)


def write_era5(path: Path, frame: pd.DataFrame, *, style: str = "new") -> Path:
    """A NetCDF file with a grid of 3 x 3 points around 29.25 N 113.25 E; every point has the same values plus 0.

    ``new``: dimension valid_time, coordinates number and expver; ``old``: dimension time and, as files that end in the
    last months have it, a dimension expver whose second half fills the first.
    """
    import xarray as xr

    lat, lon = np.array([29.5, 29.25, 29.0]), np.array([113.0, 113.25, 113.5])
    stamps = pd.DatetimeIndex(frame.index).tz_convert("UTC").tz_localize(None)
    grid = np.ones((1, 3, 3))
    variables = {k: frame[k].to_numpy()[:, None, None] * grid for k in frame}
    if style == "new":
        data = xr.Dataset(
            {k: (("valid_time", "latitude", "longitude"), v.astype("f4")) for k, v in variables.items()},
            coords={
                "valid_time": stamps,
                "latitude": lat,
                "longitude": lon,
                "number": 0,
                "expver": ("valid_time", ["0001"] * len(stamps)),
            },
        )
    else:
        half = len(stamps) // 2
        split = {}
        for k, v in variables.items():
            pair = np.full((len(stamps), 2, 3, 3), np.nan)
            pair[:half, 0], pair[half:, 1] = v[:half], v[half:]
            split[k] = (("time", "expver", "latitude", "longitude"), pair.astype("f4"))
        data = xr.Dataset(split, coords={"time": stamps, "expver": [1, 5], "latitude": lat, "longitude": lon})
    data.to_netcdf(path)
    return path

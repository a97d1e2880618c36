"""A weather service on loopback, and answers in the services' recorded formats.

The values are made up (half the extraterrestrial irradiance, plain waves); the *form* is that of real answers:

* NASA POWER hourly, JSON: keys, ``YYYYMMDDHH`` stamps, ``header.fill_value``, ``header.time_standard``, ``parameters``
  with units (``Wh/m^2``, ``C``, ``kPa``, ``m/s`` in the community ``re``) and ``geometry.coordinates`` with the height
  of the MERRA-2 cell, after pvlib 0.16's reader ``get_nasa_power`` and published answers of API v2.8 - v2.10.
* PVGIS 5.2/5.3 ``seriescalc`` and ``tmy``, JSON: after pvlib's ``read_pvgis_hourly`` and ``read_pvgis_tmy`` and the
  documentation of the service; ERA5 stamps ``hh:30``; ``irradiance_time_offset`` in ``inputs.location``.
"""

from __future__ import annotations

import functools
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pandas as pd

from gridsim.weather.intervals import extraterrestrial

HOUR = pd.Timedelta(hours=1)


@dataclass(frozen=True)
class Reply:
    """What the server does with one request."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    delay_s: float = 0.0
    promised: int | None = None  # Content-Length if it is not that of the body: the connection breaks off
    kind: str = "application/json"


@dataclass
class Server:
    """A running server: its address, every query it got, and the replies that come before the normal ones."""

    url: str
    asked: list[dict[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    first: list[Reply] = field(default_factory=list)


@contextmanager
def serving(answer: Callable[[str, dict[str, str]], bytes]) -> Iterator[Server]:
    """A service on loopback; ``answer(path, query)`` gives its normal bodies."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):  # the name is http.server's
            parts = urlsplit(self.path)
            query = {k: v[0] for k, v in parse_qs(parts.query).items()}
            server.asked.append(query)
            server.paths.append(parts.path)
            reply = server.first.pop(0) if server.first else Reply(body=answer(parts.path, query))
            time.sleep(reply.delay_s)
            try:
                self.send_response(reply.status)
                self.send_header("Content-Type", reply.kind)
                size = len(reply.body) if reply.promised is None else reply.promised
                for key, value in {"Content-Length": str(size), **reply.headers}.items():
                    self.send_header(key, value)
                self.end_headers()
                self.wfile.write(reply.body)
            except OSError:
                pass  # the client gave up waiting
            self.close_connection = True

        def log_message(self, *_):
            """Keep the tests' output clean."""

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.daemon_threads = True
    server = Server(f"http://127.0.0.1:{http.server_address[1]}/")
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()
        thread.join()


# -- NASA POWER -----------------------------------------------------------------------------------------------

UNITS = {
    "ALLSKY_SFC_SW_DWN": "Wh/m^2",
    "ALLSKY_SFC_SW_DNI": "Wh/m^2",
    "ALLSKY_SFC_SW_DIFF": "Wh/m^2",
    "T2M": "C",
    "PS": "kPa",
    "WS10M": "m/s",
    "WS50M": "m/s",
}


@functools.cache
def nasa_values(lat: float, lon: float, first: str, last: str) -> pd.DataFrame:
    """Plausible values of some days under the service's names: clearness 0.5, of which 0.2 diffuse."""
    end = pd.Timestamp(last, tz="UTC") + pd.Timedelta(days=1)
    stamps = pd.date_range(pd.Timestamp(first, tz="UTC"), end, freq="h", inclusive="left")
    toa = extraterrestrial(stamps, HOUR, lat, lon)
    hours = np.arange(len(stamps))
    up = toa / 1360.0
    return pd.DataFrame(
        {
            "ALLSKY_SFC_SW_DWN": (0.5 * toa).round(2),
            "ALLSKY_SFC_SW_DNI": np.where(up > 0.06, 0.3 * toa / np.maximum(up, 0.06), 0.0).round(2),
            "ALLSKY_SFC_SW_DIFF": (0.2 * toa).round(2),
            "T2M": (16.0 + 12.0 * np.sin(hours * 2 * np.pi / 8766)).round(2),
            "PS": np.full(len(stamps), 100.87),
            "WS10M": (2.5 + np.sin(hours * 2 * np.pi / 24)).round(2),
            "WS50M": (4.5 + np.cos(hours * 2 * np.pi / 24)).round(2),
        },
        index=stamps,
    )


def nasa_content(query: dict[str, str], *, elevation_m: float = 118.42) -> dict[str, Any]:
    """An answer of the hourly point API as a dictionary, so that tests can spoil it."""
    lat, lon = float(query["latitude"]), float(query["longitude"])
    names = query["parameters"].split(",")
    values = nasa_values(lat, lon, query["start"], query["end"])[names]
    keys = pd.DatetimeIndex(values.index).strftime("%Y%m%d%H")
    return {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [lon, lat, elevation_m]},
        "properties": {"parameter": {n: dict(zip(keys, values[n].tolist())) for n in names}},
        "header": {
            "title": "NASA/POWER Source Native Resolution Hourly Data",
            "api": {"version": "v2.9.5", "name": "POWER Hourly API"},
            "sources": ["MERRA2", "SYN1DEG"],
            "fill_value": -999.0,
            "time_standard": "UTC",
            "start": query["start"],
            "end": query["end"],
        },
        "messages": [],
        "parameters": {n: {"units": UNITS[n], "longname": n} for n in names},
        "times": {"data": 1.021, "process": 0.12},
    }


@functools.cache
def _nasa_body(query: tuple[tuple[str, str], ...]) -> bytes:
    return json.dumps(nasa_content(dict(query))).encode()


def nasa_answer(_path: str, query: dict[str, str]) -> bytes:
    """The normal body of the hourly point API."""
    return _nasa_body(tuple(query.items()))


# -- PVGIS ----------------------------------------------------------------------------------------------------


def _pvgis_head(lat: float, lon: float, **location: float) -> dict[str, Any]:
    return {
        "location": {"latitude": lat, "longitude": lon, "elevation": 61.0, **location},
        "meteo_data": {"radiation_db": "PVGIS-ERA5", "meteo_db": "ERA5", "use_horizon": True, "horizon_db": "DEM"},
    }


@functools.cache
def _pvgis_frame(lat: float, lon: float, year: int) -> pd.DataFrame:
    """A calendar year in UTC: clearness 0.5, of which 0.2 diffuse."""
    stamps = pd.date_range(f"{year}-01-01", f"{year + 1}-01-01", freq="h", inclusive="left", tz="UTC")
    toa = extraterrestrial(stamps, HOUR, lat, lon)
    hours = np.arange(len(stamps))
    wave = np.sin(hours * 2 * np.pi / 24)
    return pd.DataFrame({"toa": toa, "t2m": 16.0 + 8.0 * wave, "ws": 2.5 + wave}, index=stamps).round(2)


def pvgis_hourly_content(query: dict[str, str], *, minute: int = 30) -> dict[str, Any]:
    """An answer of ``seriescalc`` with components on the horizontal; stamps hh:30 as with ERA5."""
    lat, lon, year = float(query["lat"]), float(query["lon"]), int(query["startyear"])
    assert query["endyear"] == query["startyear"] and query["components"] == "1" and query["angle"] == "0"
    frame = _pvgis_frame(lat, lon, year)
    rows = [
        {
            "time": f"{stamp:%Y%m%d}:{stamp:%H}{minute:02d}",
            "Gb(i)": round(0.3 * toa, 2),
            "Gd(i)": round(0.2 * toa, 2),
            "Gr(i)": 0.0,
            "H_sun": 0.0,
            "T2m": t2m,
            "WS10m": ws,
            "Int": 0.0,
        }
        for stamp, toa, t2m, ws in frame.itertuples(name=None)
    ]
    return {
        "inputs": _pvgis_head(lat, lon),
        "outputs": {"hourly": rows},
        "meta": {"inputs": {"location": {"description": "Selected location"}}, "outputs": {}},
    }


def pvgis_tmy_content(query: dict[str, str], *, offset_h: float | None = 0.5) -> dict[str, Any]:
    """An answer of ``tmy``: January of 2011, February of the leap year 2012 and so on; the hour of the year as wind."""
    lat, lon = float(query["lat"]), float(query["lon"])
    frame = _pvgis_frame(lat, lon, 2019)
    rows = [
        {
            "time(UTC)": f"{2010 + stamp.month}{stamp:%m%d}:{stamp:%H}00",
            "T2m": t2m,
            "RH": 70.0,
            "G(h)": round(0.5 * toa, 2),
            "Gb(n)": round(0.3 * toa / max(toa / 1360.0, 0.06) if toa > 80.0 else 0.0, 2),
            "Gd(h)": round(0.2 * toa, 2),
            "IR(h)": 350.0,
            "WS10m": round(2.0 + hour / 10_000.0, 4),
            "WD10m": 20.0,
            "SP": 100_900.0,
        }
        for hour, (stamp, toa, t2m, _) in enumerate(frame.itertuples(name=None))
    ]
    offset = {} if offset_h is None else {"irradiance_time_offset": offset_h}
    return {
        "inputs": _pvgis_head(lat, lon, **offset),
        "outputs": {
            "months_selected": [{"month": m, "year": 2010 + m} for m in range(1, 13)],
            "tmy_hourly": rows,
        },
        "meta": {"inputs": {"location": {"description": "Selected location"}}, "outputs": {}},
    }


def pvgis_answer(path: str, query: dict[str, str]) -> bytes:
    """The normal bodies of ``seriescalc`` and ``tmy``."""
    content = pvgis_tmy_content(query) if path.endswith("tmy") else pvgis_hourly_content(query)
    return json.dumps(content).encode()

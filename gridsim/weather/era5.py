"""ERA5 NetCDF files as the Climate Data Store gives them (0.25 degree grid, or ERA5-Land's), opened by xarray.

Accumulations (``ssrd``, ``fdir``: joules per m2) are those of the hour that *ends* at the stamp; everything else holds
for the instant of the stamp, so an hour's value is the mean of both ends.  Wind is given by components, at 10 and
100 m.  A site takes the nearest grid point; files of several months, and the two files (``instant``, ``accum``) that
the store packs into a zip, are joined.  Needs the extra ``gridsim[era5]``.
"""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gridsim.errors import InvalidInput, Problem, raise_if
from gridsim.sun import sun_position
from gridsim.weather.assemble import Record, Site
from gridsim.weather.canonical import Weather, wind_column
from gridsim.weather.decompose import direct_normal
from gridsim.weather.gather import away, distance_km, found_files, sha256, site_rows, together
from gridsim.weather.origin import ALL, Origin

if TYPE_CHECKING:
    import xarray as xr

#: joules per m2 of an hour in W/m2
HOUR_S = 3600.0
#: more than this in one hour is no hour's sum: ERA5-Land accumulates from midnight. [W/m2]
ACCUMULATED_W_PER_M2 = 1500.0
#: variables that must be there; fdir, sp and the wind at 100 m are used if they are
NEEDED = ("t2m", "ssrd", "u10", "v10")
USED = (*NEEDED, "fdir", "sp", "u100", "v100")
GRID_DEG = 0.25


@dataclass(frozen=True)
class _Grid:
    """Values of all files at some grid points: variable -> (time x point) frames, UTC."""

    frames: dict[str, pd.DataFrame]
    lat_deg: np.ndarray
    lon_deg: np.ndarray


def from_folder(folder: Path, names: Sequence[str], year: int | None, _seed: int) -> Weather:
    """ERA5 NetCDF files of a folder (or the zip files of the store); a site takes the nearest grid point."""
    sites, _ = site_rows(folder, names)
    return from_files(found_files(folder, (".nc", ".zip")), sites, year=year)


def from_files(paths: Sequence[Path], sites: Sequence[Site], *, year: int | None) -> Weather:
    """A calendar year in China of several sites.

    The year begins at 16:00 UTC on 31 December of the year before: without that day in the files the first eight hours
    repeat those of 2 January, and it is said.

    Raises
    ------
    InvalidInput
        No year, xarray is not installed, files that cannot be read or lack variables, sites off the grid, gaps.
    """
    if year is None:
        fix = "give [weather] year, or --year"
        raise InvalidInput([Problem(str(paths[0].parent), "ERA5 is of calendar years, none is asked for", fix)])
    grid = _read(paths, sites, year)
    taken, problems = [], []
    for n, site in enumerate(sites):
        km = float(distance_km(site, grid.lat_deg[n : n + 1], grid.lon_deg[n : n + 1])[0])
        if km > 2.0 * GRID_DEG * 111.0:
            what = f"site {site.name!r} lies {km:.0f} km from the nearest grid point of the files"
            problems.append(Problem(str(paths[0]), what, "download a larger area", row=site.name))
            continue
        taken.append((site, _record(grid, n, paths, km)))
    raise_if(problems)
    return together(taken, problems, year=year, files={p.name: sha256(p) for p in paths})


def _read(paths: Sequence[Path], sites: Sequence[Site], year: int) -> _Grid:
    """The grid points of the sites out of all files."""
    try:
        import xarray as xr
    except ImportError:
        what = "ERA5 files need xarray and netCDF4, which are not installed"
        raise InvalidInput([Problem(str(paths[0]), what, 'run: pip install "gridsim[era5]"')]) from None
    pieces: dict[str, list[pd.DataFrame]] = {}
    at: list[tuple[np.ndarray, np.ndarray]] = []
    problems: list[Problem] = []
    with tempfile.TemporaryDirectory() as scratch:
        for path in _unpacked(paths, Path(scratch), problems):
            try:
                with xr.open_dataset(path) as data:
                    frames, lat, lon = _points(data, sites, year)
            except (OSError, ValueError, KeyError, RuntimeError) as error:
                what = f"this cannot be read as an ERA5 file ({str(error).splitlines()[0][:150]})"
                problems.append(Problem(str(path.name), what, "download it again as NetCDF"))
                continue
            at.append((lat, lon))
            for name, frame in frames.items():
                pieces.setdefault(name, []).append(frame)
    problems += [
        Problem(str(paths[0].parent), f"variable {v} is in none of the files", "add it to the request", column=v)
        for v in NEEDED
        if at and v not in pieces
    ]
    if any(not np.array_equal(lat, at[0][0]) or not np.array_equal(lon, at[0][1]) for lat, lon in at):
        problems.append(Problem(str(paths[0].parent), "the files have different grids", "keep files of one area"))
    raise_if(problems)
    return _Grid({k: _stacked(v) for k, v in pieces.items()}, *at[0])


def _unpacked(paths: Sequence[Path], scratch: Path, problems: list[Problem]) -> list[Path]:
    """NetCDF files; those in zip files are unpacked."""
    found = [p for p in paths if p.suffix.lower() != ".zip"]
    for n, path in enumerate(p for p in paths if p.suffix.lower() == ".zip"):
        try:
            with zipfile.ZipFile(path) as archive:
                inside = [m for m in archive.namelist() if m.endswith(".nc")]
                found += [Path(archive.extract(m, scratch / str(n))) for m in inside]
        except (OSError, zipfile.BadZipFile) as error:
            problems.append(Problem(str(path), f"this zip file is broken ({error})", "download it again"))
    return found


def _points(
    data: xr.Dataset, sites: Sequence[Site], year: int
) -> tuple[dict[str, pd.DataFrame], np.ndarray, np.ndarray]:
    """The variables of a file at the sites' nearest points: frames (time, site), and where the points are."""
    import xarray as xr

    time = "valid_time" if "valid_time" in data.coords or "valid_time" in data.dims else "time"
    lat = xr.DataArray([s.lat_deg for s in sites], dims="site")
    east = float(data["longitude"].max()) > 180.0
    lon = xr.DataArray([s.lon_deg % 360.0 if east else s.lon_deg for s in sites], dims="site")
    points = data.sel(latitude=lat, longitude=lon, method="nearest")
    frames = {}
    for name in (v for v in USED if v in data.data_vars):
        values = points[name]
        for extra in [d for d in values.dims if d not in (time, "site")]:
            layers = [values.isel({extra: k}, drop=True) for k in range(values.sizes[extra])]
            values = layers[0]
            for layer in layers[1:]:  # ERA5 and, in the last months, ERA5T: each has values where the other has none
                values = values.fillna(layer)
        stamps = pd.DatetimeIndex(np.atleast_1d(values[time].to_numpy())).tz_localize("UTC")
        table = pd.DataFrame(values.transpose(time, "site").to_numpy().astype(float), index=stamps)
        near = (stamps >= pd.Timestamp(f"{year - 1}-12-30", tz="UTC")) & (
            stamps <= pd.Timestamp(f"{year + 1}-01-02", tz="UTC")
        )
        frames[name] = table[near]
    return frames, points["latitude"].to_numpy(), points["longitude"].to_numpy()


def _stacked(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Pieces of time one after another; what is given twice is taken once, the value that is there."""
    whole = pd.concat(parts).sort_index()
    return whole.groupby(level=0).first() if whole.index.has_duplicates else whole


def _record(grid: _Grid, n: int, paths: Sequence[Path], km: float) -> Record:
    """One site's grid point in canonical columns."""
    raw = pd.DataFrame({k: f[n] for k, f in grid.frames.items()})
    lat, lon = float(grid.lat_deg[n]), float(grid.lon_deg[n])
    lon = lon - 360.0 if lon > 180.0 else lon
    values: dict[str, Any] = {"ghi_w_per_m2": raw["ssrd"] / HOUR_S}
    problem = values["ghi_w_per_m2"].max() > ACCUMULATED_W_PER_M2
    raise_if(
        [
            Problem(
                str(paths[0]),
                f"ssrd reaches {values['ghi_w_per_m2'].max():.0f} W/m2 in one hour: it is summed up from midnight",
                "take hourly sums (reanalysis-era5-single-levels), not those of ERA5-Land",
                column="ssrd",
            )
        ]
        if problem
        else []
    )
    said = [
        Origin(ALL, "cell", f"ERA5 {lat:g} N {lon:g} E"),
        Origin("ghi_w_per_m2", "as_given", "ssrd / 3600 s, right"),
        *away(km),
    ]
    if "fdir" in raw:
        middles = pd.DatetimeIndex(raw.index) - pd.Timedelta(minutes=30)
        sun = sun_position(middles, np.array([lat]), np.array([lon]))
        beam = (raw["fdir"] / HOUR_S).to_numpy(float)
        values["dni_w_per_m2"] = direct_normal(beam[:, None], sun)[:, 0]
        values["dhi_w_per_m2"] = (values["ghi_w_per_m2"] - beam).clip(lower=0.0)
        said += [Origin("dni_w_per_m2", "beam_over_cosine", "fdir"), Origin("dhi_w_per_m2", "closed", "ssrd - fdir")]
    values["temp_air_degc"] = raw["t2m"] - 273.15
    if "sp" in raw:
        values["pressure_pa"] = raw["sp"]
    for height in (10, 100):
        if f"u{height}" in raw and f"v{height}" in raw:
            values[wind_column(height)] = np.hypot(raw[f"u{height}"], raw[f"v{height}"])
    frame = pd.DataFrame(values)
    middle = {c: -30.0 if c.endswith("w_per_m2") else 0.0 for c in frame.columns}
    return Record(f"ERA5 at {lat:g} N {lon:g} E", frame, middle, "reanalysis: ERA5 (NetCDF files)", origin=said)

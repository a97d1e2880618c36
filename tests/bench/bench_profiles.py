"""Profiles of a year: 100 solar sites and 30 wind farms, against loops of pvlib's and windpowerlib's ModelChains.

    python tests/bench/bench_profiles.py [--sites 100] [--farms 30] [--peers 10]

Same weather, same models, same process; peers are run for ``--peers`` sites and scaled.  CPU seconds of the process
stand beside wall seconds, because other work on the machine enters them less; the best of five (of the peers' sites)
counts.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from gridsim.devices import icing, solar, wind
from gridsim.sun import interval_middle, sun_position
from gridsim.weather.decompose import split_global
from gridsim.weather.study_year import study_index

ZONE = "Asia/Shanghai"
NO_LOSS = ("soiling", "shading", "snow", "mismatch", "wiring", "connections", "lid", "nameplate_rating", "age")


def timed(what: Callable[[], Any]) -> tuple[float, float, Any]:
    """Wall and CPU seconds, and what came out."""
    wall, cpu = time.perf_counter(), time.process_time()
    found = what()
    return time.perf_counter() - wall, time.process_time() - cpu, found


def weather_of(index: pd.DatetimeIndex, lat: np.ndarray, lon: np.ndarray) -> dict[str, np.ndarray]:
    """A consistent random sky, air and wind at some sites."""
    rng = np.random.default_rng(0)
    sun = sun_position(interval_middle(index), lat, lon)
    shape = sun.zenith_deg.shape
    ghi = rng.uniform(0.1, 0.75, shape) * 1361.0 * np.maximum(np.cos(np.radians(sun.zenith_deg)), 0.0)
    dni, dhi = split_global(ghi, sun)
    high = 6.0 * rng.weibull(1.9, shape)
    season = 17.0 - 12.0 * np.cos(2 * np.pi * np.arange(len(index)) / len(index))[:, None]
    return {
        "ghi_w_per_m2": ghi,
        "dni_w_per_m2": dni,
        "dhi_w_per_m2": dhi,
        "temp_air_degc": season + rng.normal(0, 4, shape),
        "pressure_pa": rng.uniform(90_000, 103_000, shape),
        "wind_speed_100m_m_per_s": high,
        "wind_speed_10m_m_per_s": high * 0.1**0.25,
    }


def ours_solar(index: pd.DatetimeIndex, lat: np.ndarray, lon: np.ndarray, weather: dict[str, np.ndarray]) -> np.ndarray:
    """Sun and fixed-tilt plants at every site."""
    sun = sun_position(interval_middle(index), lat, lon)
    return solar.solar_pu(weather, sun, tilt_deg=18.0, dc_ac_ratio=1.2, loss_percent=14.0)


def pvlib_chain(index: pd.DatetimeIndex, lat: float, lon: float, frame: pd.DataFrame) -> np.ndarray:
    """The same by pvlib's ModelChain at one site."""
    from pvlib.location import Location
    from pvlib.modelchain import ModelChain
    from pvlib.pvsystem import PVSystem
    from pvlib.temperature import TEMPERATURE_MODEL_PARAMETERS

    system = PVSystem(
        surface_tilt=18.0, surface_azimuth=180.0, module_parameters={"pdc0": 1.2, "gamma_pdc": -0.0035}, albedo=0.25,
        inverter_parameters={"pdc0": 1 / 0.96, "eta_inv_nom": 0.96},
        temperature_model_parameters=TEMPERATURE_MODEL_PARAMETERS["sapm"]["open_rack_glass_glass"],
        losses_parameters=dict.fromkeys(NO_LOSS, 0.0) | {"availability": 14.0},
    )  # fmt: skip
    chain = ModelChain(
        system, Location(lat, lon, tz=ZONE), aoi_model="physical", spectral_model="no_loss", dc_model="pvwatts",
        ac_model="pvwatts", losses_model="pvwatts", transposition_model="haydavies", temperature_model="sapm",
    )  # fmt: skip
    chain.run_model(frame)
    return chain.results.ac.fillna(0.0).to_numpy()


def ours_wind(weather: dict[str, np.ndarray]) -> np.ndarray:
    """A smoothed farm at every site."""
    return wind.wind_pu(weather, turbine="4.0MW", hub_height_m=120.0, loss_percent=8.5)


def windpowerlib_chain(frame: pd.DataFrame, curve: pd.DataFrame) -> np.ndarray:
    """One farm by windpowerlib's ModelChain, with the smoothed curve as the turbine's."""
    from windpowerlib import ModelChain, WindTurbine

    turbine = WindTurbine(hub_height=120.0, nominal_power=4e6, power_curve=curve)
    chain = ModelChain(turbine, wind_speed_model="hellman", density_model="ideal_gas", density_correction=True,
                       temperature_model="linear_gradient", hellman_exp=0.25)  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        chain.run_model(frame)
    return chain.power_output.to_numpy() / 4e6 * 0.915


def main() -> None:
    """Print one line per part."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name, default in (("sites", 100), ("farms", 30), ("peers", 10)):
        parser.add_argument(f"--{name}", type=int, default=default)
    asked = parser.parse_args()
    rng, index = np.random.default_rng(1), study_index(2030)
    count = max(asked.sites, asked.farms)
    lat, lon = rng.uniform(25.0, 30.0, count), rng.uniform(109.0, 114.0, count)
    weather = weather_of(index, lat, lon)
    suns = {k: v[:, : asked.sites] for k, v in weather.items()}
    farms = {k: v[:, : asked.farms] for k, v in weather.items()}
    ours_solar(index[:48], lat[:1], lon[:1], {k: v[:48, :1] for k, v in suns.items()})  # imports
    ours_wind({k: v[:48, :1] for k, v in farms.items()})
    best = [timed(lambda: ours_solar(index, lat[: asked.sites], lon[: asked.sites], suns)) for _ in range(5)]
    wall, cpu, pu = min(best, key=lambda run: run[1])
    winds = [timed(lambda: ours_wind(farms)) for _ in range(5)]
    wind_wall, wind_cpu, wind_pu = min(winds, key=lambda run: run[1])
    sun = sun_position(interval_middle(index), lat[: asked.farms], lon[: asked.farms])
    ice_wall, ice_cpu, _ = timed(
        lambda: icing.iced(index, farms["temp_air_degc"], farms["ghi_w_per_m2"], sun, hub_height_m=120.0)
    )
    print(f"solar, {asked.sites} sites: {wall:.2f} s wall, {cpu:.2f} s CPU")
    print(f"wind, {asked.farms} farms: {wind_wall:.2f} s wall, {wind_cpu:.2f} s CPU; ice {ice_wall:.2f} s")
    print(f"together {wall + wind_wall + ice_wall:.2f} s wall, {cpu + wind_cpu + ice_cpu:.2f} s CPU (budget 2 s)")
    names = {"ghi": "ghi_w_per_m2", "dni": "dni_w_per_m2", "dhi": "dhi_w_per_m2", "temp_air": "temp_air_degc",
             "wind_speed": "wind_speed_10m_m_per_s"}  # fmt: skip
    frames = [pd.DataFrame({k: suns[v][:, s] for k, v in names.items()}, interval_middle(index))
              for s in range(asked.peers)]  # fmt: skip
    pvlib_chain(index[:48], lat[0], lon[0], frames[0][:48])
    runs = [timed(lambda s=s, f=f: pvlib_chain(index, lat[s], lon[s], f)) for s, f in enumerate(frames)]
    peer_cpu, theirs = min(run[1] for run in runs), [run[2] for run in runs]
    ratio = peer_cpu * asked.sites / cpu
    worst = max(float(np.abs(pu[:, s] - t).max()) for s, t in enumerate(theirs))
    energy = max(abs(float(pu[:, s].sum() / t.sum()) - 1.0) for s, t in enumerate(theirs))
    print(f"pvlib ModelChain: {peer_cpu:.3f} s CPU a site, {ratio:.1f}x ours (goal 30); "
          f"greatest difference {worst:.1e} of rated power, energy {energy:.1e}")  # fmt: skip
    curve = wind.power_curve("4.0MW", spread="farm")
    table = pd.DataFrame({"wind_speed": curve.speed_m_per_s, "value": curve.power_pu * 4e6})
    columns = {("wind_speed", 100.0): "wind_speed_100m_m_per_s", ("pressure", 0.0): "pressure_pa"}
    constant = {("roughness_length", 0.0): 0.15}
    frames = [
        pd.DataFrame({k: farms[v][:, s] for k, v in columns.items()} | constant, index)
        for s in range(min(asked.peers, asked.farms))
    ]
    for s, frame in enumerate(frames):
        frame["temperature", 2.0] = farms["temp_air_degc"][:, s] + 273.15
    runs = [timed(lambda f=f: windpowerlib_chain(f, table)) for f in frames]
    peer_cpu, theirs = min(run[1] for run in runs), [run[2] for run in runs]
    ratio = peer_cpu * asked.farms / wind_cpu
    still = farms["wind_speed_100m_m_per_s"] < 15.0
    worst = max(float(np.abs(wind_pu[:, s] - t)[still[:, s]].max()) for s, t in enumerate(theirs))
    energy = max(abs(float(wind_pu[:, s].sum() / t.sum()) - 1.0) for s, t in enumerate(theirs))
    print(f"windpowerlib ModelChain: {peer_cpu:.3f} s CPU a farm, {ratio:.1f}x ours; "
          f"greatest difference below 15 m/s {worst:.1e}, energy {energy:.1e}")  # fmt: skip


if __name__ == "__main__":
    main()

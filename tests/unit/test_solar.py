"""The sun's position and photovoltaic power: hand-checkable cases and pvlib's own chain."""

import numpy as np
import pandas as pd
import pytest

from gridsim.devices import solar
from gridsim.sun import SunPosition, interval_middle, sun_position
from gridsim.weather.study_year import study_index

ZONE = "Asia/Shanghai"
NO_LOSS = ("soiling", "shading", "snow", "mismatch", "wiring", "connections", "lid", "nameplate_rating", "age")
LAT, LON = np.array([29.37, 25.77]), np.array([113.13, 113.02])


def _weather(index: pd.DatetimeIndex, sun: SunPosition, seed: int = 0) -> dict[str, np.ndarray]:
    """Irradiance under a random but consistent sky."""
    from pvlib import irradiance

    rng = np.random.default_rng(seed)
    up = np.maximum(np.cos(np.radians(sun.zenith_deg)), 0.0)
    ghi = rng.uniform(0.1, 0.75, up.shape) * 1361.0 * up
    parts = irradiance.erbs(ghi, sun.zenith_deg, np.asarray(index.dayofyear, float)[:, None])
    temp = 18.0 + 12.0 * np.sin(2 * np.pi * (np.arange(len(index)) / 8760 - 0.3))[:, None] + rng.normal(0, 3, up.shape)
    wind = np.abs(rng.normal(3, 1.5, up.shape))
    return {
        "ghi_w_per_m2": ghi,
        "dni_w_per_m2": np.asarray(parts["dni"]),
        "dhi_w_per_m2": np.asarray(parts["dhi"]),
        "temp_air_degc": temp,
        "wind_speed_10m_m_per_s": wind,
    }


def _noon(**change: float) -> tuple[dict[str, np.ndarray], SunPosition]:
    """One instant, sun 30 degrees from the zenith in the south, 800 direct + 100 diffuse."""
    sun = SunPosition(np.array([[30.0]]), np.array([[30.0]]), np.array([[180.0]]), np.array([[1361.0]]))
    weather = {
        "ghi_w_per_m2": 800.0 * np.cos(np.radians(30.0)) + 100.0,
        "dni_w_per_m2": 800.0,
        "dhi_w_per_m2": 100.0,
        "temp_air_degc": 20.0,
        "wind_speed_10m_m_per_s": 2.0,
        **change,
    }
    return {k: np.array([[v]]) for k, v in weather.items()}, sun


def test_the_sun_stands_at_the_latitude_from_the_zenith_at_equinox_noon():
    times = pd.date_range("2030-03-20 11:30", "2030-03-20 13:30", freq="1min", tz=ZONE)
    sun = sun_position(times, LAT, LON)
    assert sun.zenith_deg.min(axis=0) == pytest.approx(LAT, abs=0.3)
    noon = times[sun.zenith_deg[:, 0].argmin()]
    # 113.13 E is 6.87 degrees west of the zone's meridian: 27.5 min, and the equation of time adds 7.5 min
    assert noon.hour * 60 + noon.minute == pytest.approx(12 * 60 + 35, abs=1.5)
    assert sun.azimuth_deg[sun.zenith_deg[:, 0].argmin(), 0] == pytest.approx(180.0, abs=0.5)


def test_the_sun_of_many_sites_is_pvlibs_sun_of_each():
    import pvlib

    times = pd.date_range("2030-01-01 00:07", "2030-12-31", freq="11h", tz=ZONE)
    sun = sun_position(times, LAT, LON)
    for s in range(2):
        single = pvlib.solarposition.get_solarposition(times, LAT[s], LON[s])
        assert sun.zenith_deg[:, s] == pytest.approx(single["zenith"].to_numpy(), abs=1e-9)
        assert sun.apparent_zenith_deg[:, s] == pytest.approx(single["apparent_zenith"].to_numpy(), abs=1e-9)
        assert sun.azimuth_deg[:, s] == pytest.approx(single["azimuth"].to_numpy(), abs=1e-9)
    assert sun.extra_w_per_m2[:, 0] == pytest.approx(pvlib.irradiance.get_extra_radiation(times).to_numpy())
    assert np.array_equal(sun.of_sites([1]).zenith_deg[:, 0], sun.zenith_deg[:, 1])


def test_the_middle_of_an_interval():
    assert interval_middle(study_index(2030))[12].strftime("%H:%M") == "12:30"
    assert interval_middle(study_index(2030, step_minutes=15))[1].strftime("%H:%M:%S") == "00:22:30"


def test_irradiance_in_a_plane_facing_the_sun_by_hand():
    weather, sun = _noon()
    effective, total = solar.in_plane(weather, sun, solar.Plane(1.0, 30.0, 180.0))
    anisotropy = 800.0 / 1361.0
    sky = 100.0 * ((1 - anisotropy) * (1 + np.cos(np.radians(30))) / 2 + anisotropy / np.cos(np.radians(30)))
    ground = weather["ghi_w_per_m2"][0, 0] * 0.25 * (1 - np.cos(np.radians(30))) / 2
    assert total[0, 0] == pytest.approx(800.0 + sky + ground, rel=1e-9)
    assert effective[0, 0] == pytest.approx(total[0, 0])  # the glass takes nothing at normal incidence


def test_power_at_standard_conditions_is_dc_times_losses_times_inverter():
    weather, sun = _noon()
    _, total = solar.in_plane(weather, sun, solar.Plane(1.0, 30.0, 180.0))
    got = solar.plane_pu(weather, sun, solar.Plane(1.0, 30.0, 180.0), dc_ac_ratio=1.0, left_pu=np.array([[0.9]]))[0, 0]
    module = total[0, 0] * np.exp(-3.47 - 0.0594 * 2.0) + 20.0  # SAPM, open rack glass/glass
    cell = module + total[0, 0] / 1000.0 * 3.0
    dc = total[0, 0] / 1000.0 * (1 - 0.0035 * (cell - 25.0)) * 0.9
    zeta = dc * 0.96
    assert got == pytest.approx(dc * (0.96 / 0.9637) * (-0.0162 * zeta - 0.0059 / zeta + 0.9858), rel=1e-6)


def test_the_inverter_clips_at_the_ac_capacity():
    weather, sun = _noon()
    assert solar.solar_pu(weather, sun, tilt_deg=30.0, dc_ac_ratio=1.6, loss_percent=0.0)[0, 0] == pytest.approx(1.0)


def test_heat_costs_power_and_wind_cools():
    base = solar.solar_pu(*_noon())[0, 0]
    assert solar.solar_pu(*_noon(temp_air_degc=30.0))[0, 0] == pytest.approx(base * (1 - 0.0035 * 10), rel=0.01)
    assert solar.solar_pu(*_noon(wind_speed_10m_m_per_s=8.0))[0, 0] > base


def test_no_sun_no_power():
    index = study_index(2030)[:48]
    sun = sun_position(interval_middle(index), LAT, LON)
    weather = _weather(index, sun)
    for orientation in ("fixed_tilt", "roof_mix", "east_west"):
        power = solar.solar_pu(weather, sun, orientation=orientation)
        assert (power[sun.zenith_deg > 91.0] == 0.0).all()
        assert power.max() > 0.1
    dark = {k: np.zeros_like(v) for k, v in weather.items()}
    assert (solar.solar_pu(dark, sun) == 0.0).all()


def test_sites_together_are_sites_one_by_one():
    index = study_index(2030)[2000:2200]
    sun = sun_position(interval_middle(index), LAT, LON)
    weather = _weather(index, sun)
    both = solar.solar_pu(weather, sun, orientation="roof_mix")
    for s in range(2):
        one = solar.solar_pu({k: v[:, [s]] for k, v in weather.items()}, sun.of_sites([s]), orientation="roof_mix")
        assert both[:, s] == pytest.approx(one[:, 0], abs=1e-12)
    for t in (10, 100, 150):
        instant = SunPosition(*(getattr(sun, f)[[t]] for f in SunPosition.__dataclass_fields__))
        scalar = solar.solar_pu({k: v[[t]] for k, v in weather.items()}, instant, orientation="roof_mix")
        assert scalar[0] == pytest.approx(both[t], abs=1e-12)


def test_planes_of_an_orientation_add_up_to_the_plant():
    for orientation in ("fixed_tilt", "roof_mix", "east_west"):
        assert sum(p.share_pu for p in solar.planes(orientation, 18.0)) == pytest.approx(1.0)
    assert solar.planes("fixed_tilt", 18.0)[0].azimuth_deg == 180.0
    with pytest.raises(ValueError, match="unknown orientation 'tracker'"):
        solar.planes("tracker", 18.0)


def test_east_west_is_earlier_and_later_than_south():
    index = study_index(2030)[4000:4240]
    sun = sun_position(interval_middle(index), LAT, LON)
    weather = _weather(index, sun)
    south, both = (
        solar.solar_pu(weather, sun, orientation=o, tilt_deg=25.0)[:, 0] for o in ("fixed_tilt", "east_west")
    )
    hour = np.asarray(index.hour)
    assert both[hour == 6].sum() > south[hour == 6].sum()
    assert both[hour == 12].sum() < south[hour == 12].sum() * 1.02


def _chain(weather: dict, middle: pd.DatetimeIndex, plane: solar.Plane, ratio: float, **losses: float) -> np.ndarray:
    """pvlib's ModelChain of one plane at the first site, the same models."""
    from pvlib.location import Location
    from pvlib.modelchain import ModelChain
    from pvlib.pvsystem import PVSystem
    from pvlib.temperature import TEMPERATURE_MODEL_PARAMETERS

    system = PVSystem(
        surface_tilt=plane.tilt_deg,
        surface_azimuth=plane.azimuth_deg,
        module_parameters={"pdc0": ratio, "gamma_pdc": -0.0035},
        inverter_parameters={"pdc0": 1 / 0.96, "eta_inv_nom": 0.96},
        albedo=0.25,
        temperature_model_parameters=TEMPERATURE_MODEL_PARAMETERS["sapm"][plane.mounting],
        losses_parameters=dict.fromkeys(NO_LOSS, 0.0) | losses,
    )
    chain = ModelChain(
        system,
        Location(LAT[0], LON[0], tz=ZONE),
        aoi_model="physical",
        spectral_model="no_loss",
        dc_model="pvwatts",
        ac_model="pvwatts",
        losses_model="pvwatts",
        transposition_model="haydavies",
        temperature_model="sapm",
    )
    columns = {
        "ghi": "ghi_w_per_m2",
        "dni": "dni_w_per_m2",
        "dhi": "dhi_w_per_m2",
        "temp_air": "temp_air_degc",
        "wind_speed": "wind_speed_10m_m_per_s",
    }
    chain.run_model(pd.DataFrame({k: weather[v][:, 0] for k, v in columns.items()}, index=middle))
    return chain.results.ac.fillna(0.0).to_numpy()


@pytest.mark.parametrize(
    ("orientation", "tilt", "ratio", "loss", "dirt"),
    [
        ("fixed_tilt", 18.0, 1.2, 14.0, 0.0),
        ("fixed_tilt", 25.0, 1.6, 5.0, 0.0),  # clips often
        ("fixed_tilt", 18.0, 1.2, 16.5, 1.9),
        ("east_west", 10.0, 1.3, 14.0, 0.8),
        ("roof_mix", 0.0, 1.1, 16.5, 0.8),
    ],
)
def test_a_year_is_pvlibs_modelchain(orientation, tilt, ratio, loss, dirt):
    """Every hour within 0.1 % of rated power, the energy within 0.1 %; mixes are sums of chains, a plane each."""
    index = study_index(2030)
    middle = interval_middle(index)
    sun = sun_position(middle, LAT, LON)
    weather = _weather(index, sun)
    soiling = np.full(len(index), dirt)
    got = solar.solar_pu(
        weather,
        sun,
        orientation=orientation,
        tilt_deg=tilt,
        dc_ac_ratio=ratio,
        loss_percent=loss,
        soiling_percent=soiling if dirt else None,
    )[:, 0]
    want = sum(
        p.share_pu * _chain(weather, middle, p, ratio, availability=loss, soiling=dirt)
        for p in solar.planes(orientation, tilt)
    )
    assert got.sum() == pytest.approx(want.sum(), rel=1e-3)
    assert np.abs(got - want).max() < 1e-3
    assert (got >= 0.999).any() == (ratio == 1.6)


def test_no_times_have_no_sun():
    sun = sun_position(pd.DatetimeIndex([], tz=ZONE), LAT, LON)
    assert sun.zenith_deg.shape == (0, 2)

"""Wind power: hand-checkable points of the curve, height and density, and windpowerlib's own chain."""

import warnings

import numpy as np
import pandas as pd
import pytest

from gridsim.devices import wind
from gridsim.weather.study_year import study_index

CLASSES = ["2.0MW", "2.2MW", "4.0MW", "6.0MW"]


def _power(speed: float, density: float = 1.225, **options: str) -> float:
    return float(wind.power_pu(wind.power_curve("4.0MW", **options), np.array([speed]), np.array([density]))[0])


def _weather(hours: int = 8760, sites: int = 3) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(3)
    high = 6.0 * rng.weibull(1.9, (hours, sites))
    return {
        "wind_speed_100m_m_per_s": high,
        "wind_speed_10m_m_per_s": high * 0.1**0.25,
        "temp_air_degc": rng.uniform(-3, 36, (hours, sites)),
        "pressure_pa": rng.uniform(90_000, 103_000, (hours, sites)),
    }


@pytest.mark.parametrize("turbine", CLASSES)
def test_a_curve_rises_from_cut_in_to_rated_and_ends_at_cut_out(turbine):
    curve = wind.power_curve(turbine)
    data = wind.turbines().set_index("turbine").loc[turbine]
    at = lambda v: float(np.interp(v, curve.speed_m_per_s, curve.power_pu, left=0.0, right=0.0))  # noqa: E731
    assert at(data["cut_in_m_per_s"] - 0.26) == 0.0
    assert at(4.0) > 0.0
    assert at(15.0) == pytest.approx(1.0, abs=0.003)
    assert at(data["cut_out_m_per_s"] - 0.01) == pytest.approx(1.0)
    assert at(data["cut_out_m_per_s"] + 0.26) == 0.0
    inside = (curve.speed_m_per_s >= 2.0) & (curve.speed_m_per_s <= data["cut_out_m_per_s"])
    assert (np.diff(curve.power_pu[inside]) >= 0.0).all()
    # no more than the stated power coefficient of 0.44: P <= 0.5 rho A v^3 Cp
    area = np.pi * data["rotor_diameter_m"] ** 2 / 4
    most = 0.5 * 1.225 * area * 0.44 * curve.speed_m_per_s**3 / (data["rated_mw"] * 1e6)
    assert (curve.power_pu <= most + 2e-4).all()
    assert data["status"] == "assumed"


def test_the_classes_are_those_of_the_data():
    assert list(wind.turbines()["turbine"]) == CLASSES


def test_rated_wind_and_cut_out():
    assert _power(14.0) == pytest.approx(1.0, abs=0.003)
    assert _power(2.0) == 0.0
    assert _power(30.0) == 0.0
    with pytest.raises(KeyError):
        wind.power_curve("9.9MW")


def test_thin_air_needs_more_wind():
    # at constant power in the cubic range v_site = v_std (rho0/rho)^(1/3)
    assert _power(6.0 * (1.225 / 1.1) ** (1 / 3), 1.1) == pytest.approx(_power(6.0), rel=1e-9)
    assert _power(14.0 * (1.225 / 1.1) ** (2 / 3), 1.1) == pytest.approx(_power(14.0), rel=1e-9)
    assert _power(8.0, 1.1) < _power(8.0)


def test_smoothing_keeps_energy_and_rounds_the_corners():
    farm, single = wind.power_curve("4.0MW", spread="farm"), wind.power_curve("4.0MW")
    at = lambda c, v: float(np.interp(v, c.speed_m_per_s, c.power_pu, left=0.0, right=0.0))  # noqa: E731
    assert at(farm, 2.7) > at(single, 2.7)
    assert at(farm, 10.5) < at(single, 10.5)
    assert at(farm, 6.0) == pytest.approx(at(single, 6.0), rel=0.06)
    assert 0.0 < at(farm, 25.0) < 1.0
    assert farm.power_pu.max() <= 1.0 + 1e-9


def test_smoothing_is_windpowerlibs():
    from windpowerlib.power_curves import smooth_power_curve

    curve = wind.power_curve("4.0MW")
    theirs = smooth_power_curve(
        pd.Series(curve.speed_m_per_s),
        pd.Series(curve.power_pu),
        block_width=0.1,
        standard_deviation_method="turbulence_intensity",
        turbulence_intensity=0.1,
    )
    ours = wind.smoothed(curve, 0.1, 0.0)
    middle = theirs["wind_speed"].between(4.0, 18.0)
    got = np.interp(theirs["wind_speed"][middle], ours.speed_m_per_s, ours.power_pu)
    assert got == pytest.approx(theirs["value"][middle].to_numpy(), abs=3e-3)


def test_hub_wind_follows_the_hours_own_shear():
    speeds = {10.0: np.array([3.0, 4.0]), 100.0: np.array([6.0, 4.4])}
    got = wind.hub_wind(speeds, 120.0)
    shear = np.log([6.0 / 3.0, 4.4 / 4.0]) / np.log(10.0)
    assert got == pytest.approx(np.array([6.0, 4.4]) * 1.2**shear)
    assert wind.hub_wind(speeds, 80.0) == pytest.approx(np.array([6.0, 4.4]) * 0.8**shear)
    assert wind.hub_wind(speeds, 100.0) is speeds[100.0]


def test_hub_wind_with_a_constant_exponent_is_hellmans_law():
    from windpowerlib.wind_speed import hellman

    speed = np.array([2.0, 5.0, 9.0])
    got = wind.hub_wind({10.0: speed * 0.1**0.2, 100.0: speed}, 140.0)
    assert got == pytest.approx(hellman(speed, 100.0, 140.0, hellman_exponent=0.2))


def test_hub_wind_takes_the_nearest_heights_and_survives_calms():
    speeds = {10.0: np.array([3.0]), 80.0: np.array([5.0]), 120.0: np.array([5.4])}
    shear = np.log(5.4 / 5.0) / np.log(1.5)
    assert wind.hub_wind(speeds, 100.0) == pytest.approx(5.4 * (100 / 120) ** shear)
    calm = wind.hub_wind({10.0: np.array([0.0]), 100.0: np.array([0.3])}, 120.0)
    assert calm == pytest.approx(0.3 * 1.2 ** (1 / 7))
    with pytest.raises(ValueError, match="two heights"):
        wind.hub_wind({10.0: np.array([3.0])}, 100.0)


def test_the_night_maximum_survives_the_way_to_the_hub():
    """A 10 m record scaled by a constant would put it at midday."""
    hour = np.arange(24)
    high = 5.5 + 0.8 * np.cos((hour - 1.5) / 12 * np.pi)
    low = high * 0.1 ** (0.25 + 0.15 * np.cos((hour - 1.5) / 12 * np.pi))
    assert low.argmax() in range(11, 16)
    assert wind.hub_wind({10.0: low, 100.0: high}, 140.0).argmax() in (1, 2)


def test_density_by_hand():
    density = wind.air_density(np.array([15.0]), np.array([101_325.0]), 100.0)
    kelvin, pascal = 288.15 - 0.0065 * 98.0, 101_325.0 - 100.0 / 8 * 100
    assert density == pytest.approx(pascal / (287.058 * kelvin))


def test_losses_scale_and_sites_are_independent():
    weather = _weather(200)
    options = {"turbine": "2.2MW", "hub_height_m": 85.0}
    gross, net = (wind.wind_pu(weather, **options, loss_percent=x) for x in (0.0, 12.0))
    assert net == pytest.approx(0.88 * gross)
    for s in range(3):
        one = wind.wind_pu({k: v[:, [s]] for k, v in weather.items()}, **options, loss_percent=12.0)
        assert net[:, [s]] == pytest.approx(one, abs=1e-14)
    assert wind.wind_pu({k: v[17, 1] for k, v in weather.items()}, **options, loss_percent=12.0) == pytest.approx(
        net[17, 1]
    )


def test_a_year_is_windpowerlibs_modelchain():
    from windpowerlib import ModelChain, WindTurbine

    weather, curve = _weather(), wind.power_curve("4.0MW")
    got = wind.wind_pu(weather, turbine="4.0MW", hub_height_m=100.0, loss_percent=0.0, spread="turbine")[:, 0]
    index = study_index(2030)
    frame = pd.DataFrame(
        {
            ("wind_speed", 100): weather["wind_speed_100m_m_per_s"][:, 0],
            ("temperature", 2): weather["temp_air_degc"][:, 0] + 273.15,
            ("pressure", 0): weather["pressure_pa"][:, 0],
        },
        index=index,
    )
    table = pd.DataFrame({"wind_speed": curve.speed_m_per_s, "value": curve.power_pu * 4e6})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        turbine = WindTurbine(hub_height=100, power_curve=table, nominal_power=4e6)
        chain = ModelChain(
            turbine,
            density_model="ideal_gas",
            temperature_model="linear_gradient",
            power_output_model="power_curve",
            density_correction=True,
        ).run_model(frame)
    want = chain.power_output.to_numpy() / 4e6
    assert got.sum() == pytest.approx(want.sum(), rel=1e-3)
    assert np.abs(got - want)[weather["wind_speed_100m_m_per_s"][:, 0] < 22.0].max() < 1e-3


@pytest.mark.parametrize(
    ("turbine", "wake", "spread"),
    [
        ("4.0MW", "", "farm"),
        ("4.0MW", "dena_mean", "farm"),
        ("6.0MW", "knorr_mean", "region"),
        ("N131/3000", "dena_mean", "turbine"),
    ],
)
def test_a_farm_is_windpowerlibs_cluster_chain(turbine, wake, spread):
    """TurbineClusterModelChain with its wake curves and density correction, and the smoothed curve as the turbine's.

    Every hour below storm (18 m/s, 15 for the N131 that cuts out at 20) within 0.1 % of rated power, the energy of the
    year within 0.1 %.  A zero just below cut-in is added: the chain runs its curves from (0, 0) to the first point.
    """
    from windpowerlib import TurbineClusterModelChain, WindFarm, WindTurbine

    weather = _weather()
    below = 15.0 if turbine == "N131/3000" else 18.0
    weather["wind_speed_100m_m_per_s"] = np.minimum(weather["wind_speed_100m_m_per_s"], below)
    weather["wind_speed_10m_m_per_s"] = weather["wind_speed_100m_m_per_s"] * 0.1**0.25
    got = wind.wind_pu(weather, turbine=turbine, hub_height_m=100.0, loss_percent=0.0, wake=wake, spread=spread)[:, 0]
    frame = pd.DataFrame(
        {
            ("wind_speed", 100): weather["wind_speed_100m_m_per_s"][:, 0],
            ("temperature", 2): weather["temp_air_degc"][:, 0] + 273.15,
            ("pressure", 0): weather["pressure_pa"][:, 0],
            ("roughness_length", 0): 0.15,
        },
        index=study_index(2030),
    )
    curve = wind.power_curve(turbine, spread=spread)
    speed, power = curve.speed_m_per_s, curve.power_pu * 4e6
    if speed[0] > 0.0:
        speed, power = np.r_[speed[0] - 0.01, speed], np.r_[0.0, power]
    table = pd.DataFrame({"wind_speed": speed, "value": power})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        one = WindTurbine(hub_height=100, power_curve=table, nominal_power=4e6)
        fleet = pd.DataFrame({"wind_turbine": [one], "number_of_turbines": [10], "total_capacity": [np.nan]})
        chain = TurbineClusterModelChain(
            WindFarm(wind_turbine_fleet=fleet, efficiency=1.0),
            wake_losses_model=wake or None,
            smoothing=False,
            density_model="ideal_gas",
            temperature_model="linear_gradient",
            power_output_model="power_curve",
            density_correction=True,
        ).run_model(frame)
    want = chain.power_output.to_numpy() / 4e7
    assert got.sum() == pytest.approx(want.sum(), rel=1e-3)
    same_side = (got > 0.0) == (want > 0.0)  # of the N131's jump from 0 to 1.1 % at cut-in
    assert same_side.mean() > 0.998
    assert np.abs(got - want)[same_side].max() < 1e-3


def test_wind_columns_tell_their_heights():
    assert wind.wind_heights({"wind_speed_100m_m_per_s": 1, "temp_air_degc": 1, "wind_speed_10m_m_per_s": 1}) == {
        "wind_speed_100m_m_per_s": 100.0,
        "wind_speed_10m_m_per_s": 10.0,
    }

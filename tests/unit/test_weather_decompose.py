"""Direct and diffuse from global irradiance: by hand, against pvlib, and laws that every model keeps."""

import numpy as np
import pandas as pd
import pytest

from gridsim.sun import SunPosition, interval_middle, sun_position
from gridsim.weather.decompose import MODELS, complete_irradiance, direct_normal, split_global
from gridsim.weather.study_year import study_index

LAT, LON = np.array([29.37, 25.77, 28.2]), np.array([113.13, 113.02, 112.9])
INDEX = study_index(2030)[24 * 60 : 24 * 75]


def at(zenith: float, extra: float = 1361.0) -> SunPosition:
    z = np.array([[zenith]])
    return SunPosition(z, z, np.array([[180.0]]), np.array([[extra]]))


def sky(seed: int = 0) -> tuple[np.ndarray, SunPosition]:
    sun = sun_position(interval_middle(INDEX), LAT, LON)
    up = np.maximum(np.cos(np.radians(sun.zenith_deg)), 0.0)
    return np.random.default_rng(seed).uniform(0.0, 0.9, up.shape) * 1361.0 * up, sun


def test_a_clear_and_a_dull_hour_by_hand():
    """Sun 60 degrees from the zenith, E0 = 1,361: cos z = 0.5, E0 cos z = 680.5 W/m2.

    ghi 136.1 is k_t = 0.2: diffuse fraction 1 - 0.09 * 0.2 = 0.982, dhi = 133.6502, dni = 2.4498 / 0.5 = 4.8996.
    ghi 612.45 is k_t = 0.9: fraction 0.165, dhi = 101.05425, dni = 511.39575 / 0.5 = 1,022.7915.
    """
    for model in ("erbs", "erbs_driesse"):
        dni, dhi = split_global(np.array([[136.1]]), at(60.0), model=model)
        assert (dni[0, 0], dhi[0, 0]) == pytest.approx((4.8996, 133.6502))
        dni, dhi = split_global(np.array([[612.45]]), at(60.0), model=model)
        assert (dni[0, 0], dhi[0, 0]) == pytest.approx((1022.7915, 101.05425))
    # Boland, hourly: 1 / (1 + exp(7.997 (0.586 - 0.586))) = 0.5
    dni, dhi = split_global(np.array([[680.5 * 0.586]]), at(60.0), model="boland")
    assert dhi[0, 0] == pytest.approx(680.5 * 0.293)
    with pytest.raises(ValueError, match="unknown decomposition 'reindl'"):
        split_global(np.array([[100.0]]), at(60.0), model="reindl")


@pytest.mark.parametrize("model", MODELS)
def test_many_sites_are_pvlibs_each(model):
    from pvlib import irradiance

    ghi, sun = sky()
    dni, dhi = split_global(ghi, sun, model=model)
    middle = interval_middle(INDEX)
    for s in range(3):
        arguments = (pd.Series(ghi[:, s], middle), pd.Series(sun.zenith_deg[:, s], middle), middle)
        coefficients = {"a_coeff": 7.997, "b_coeff": 0.586} if model == "boland" else {}
        want = getattr(irradiance, model)(*arguments, **coefficients)
        assert dni[:, s] == pytest.approx(want["dni"].to_numpy(), abs=1e-6)
        assert dhi[:, s] == pytest.approx(want["dhi"].to_numpy(), abs=1e-6)


@pytest.mark.parametrize("model", MODELS)
def test_parts_close_and_stay_physical(model):
    ghi, sun = sky(1)
    ghi[100:130] *= 2.0  # spikes above extraterrestrial, as in standard-year files
    dni, dhi = split_global(ghi, sun, model=model)
    assert dhi + dni * np.cos(np.radians(sun.zenith_deg)) == pytest.approx(ghi, abs=1e-9)
    assert (dni >= 0.0).all()
    assert (dhi >= -1e-9).all()
    assert (dni <= sun.extra_w_per_m2 + 1e-9).all()
    assert (dni[sun.zenith_deg > 87.0] == 0.0).all()


def test_the_continuous_model_has_no_step_where_erbs_has_one():
    kt = np.linspace(0.05, 0.95, 20_001)[:, None]
    wide = SunPosition(
        np.full_like(kt, 60.0), np.full_like(kt, 60.0), np.full_like(kt, 180.0), np.full_like(kt, 1361.0)
    )
    step = {m: np.abs(np.diff(split_global(kt * 680.5, wide, model=m)[1][:, 0], 2)).max() for m in MODELS}
    assert step["erbs"] > 0.1
    assert step["erbs_driesse"] < 1e-3


def test_the_sun_at_the_interval_start_is_caught():
    """Planted fault: with the sun half an hour early, morning hours get too little direct sun and evenings too much."""
    ghi, sun = sky(2)
    early = sun_position(INDEX, LAT, LON)
    right, wrong = (split_global(ghi, s)[0] for s in (sun, early))
    hour = np.asarray(INDEX.hour)
    assert wrong[hour < 10].sum() > 1.05 * right[hour < 10].sum()
    got = complete_irradiance(INDEX, LAT, LON, ghi_w_per_m2=ghi)
    assert got.dni_w_per_m2 == pytest.approx(right)


def test_two_known_components_give_the_third():
    """Sun 60 degrees from the zenith: 400 = 150 + 500 * 0.5."""
    ghi, sun = sky(3)
    dni, dhi = split_global(ghi, sun)
    for missing in ("ghi_w_per_m2", "dni_w_per_m2", "dhi_w_per_m2"):
        given = {"ghi_w_per_m2": ghi, "dni_w_per_m2": dni, "dhi_w_per_m2": dhi}
        want = given.pop(missing)
        got = complete_irradiance(INDEX, LAT, LON, **given)
        assert getattr(got, missing) == pytest.approx(want, abs=1e-9)
        assert sum(got.derived.values()) == ghi.size
        for name, values in given.items():
            assert getattr(got, name) == pytest.approx(values, abs=0)
    assert direct_normal(np.array([[250.0]]), at(60.0))[0, 0] == pytest.approx(500.0)
    assert direct_normal(np.array([[5.0]]), at(88.0))[0, 0] == 0.0
    assert direct_normal(np.array([[900.0]]), at(60.0))[0, 0] == 1361.0


def test_gaps_stay_gaps_and_what_was_done_is_counted():
    ghi, sun = sky(4)
    dni, dhi = split_global(ghi, sun, model="erbs")
    ghi[5, 0] = np.nan  # nothing known
    dni[:, :], dhi[:, :] = (
        np.where(np.arange(len(ghi))[:, None] < 48, dni, np.nan),
        np.where(np.arange(len(ghi))[:, None] < 24, dhi, np.nan),
    )
    dni[5, 0], kept = np.nan, dni[10, 1]
    got = complete_irradiance(INDEX, LAT, LON, ghi_w_per_m2=ghi, dni_w_per_m2=dni, dhi_w_per_m2=dhi, model="erbs")
    assert np.isnan(got.ghi_w_per_m2).sum() == 1
    assert np.isnan(got.dni_w_per_m2).sum() == 1
    assert got.dni_w_per_m2[10, 1] == kept
    assert got.derived == {"dhi from ghi and dni": 24 * 3, "split of ghi by erbs": (15 - 2) * 24 * 3}


def test_the_diffuse_fraction_of_the_stored_year_is_kept():
    """0.58, as in Nanxian's standard year; Erbs made the stored parts, other models must not move it."""
    from pathlib import Path

    from gridsim.weather.canonical import read_canonical

    stored = read_canonical(Path(__file__).parents[2] / "weather" / "yueyang" / "typical", names=["华容县", "岳阳楼区"])
    lat, lon = (stored.sites[c].to_numpy(float) for c in ("lat_deg", "lon_deg"))
    ghi = stored.data["ghi_w_per_m2"]
    for model in MODELS:
        got = complete_irradiance(stored.index, lat, lon, ghi_w_per_m2=ghi, model=model)
        assert got.dhi_w_per_m2.sum() / ghi.sum() == pytest.approx(0.58, abs=0.03), model

"""Random fields: variance, memory, decay with distance, and streams that do not disturb one another."""

import numpy as np
import pytest

from gridsim.weather import fields

STEPS = 20_000


def _places(**at):
    """Sites at (east, north) in km."""
    names = sorted(at)
    return fields.Places(
        tuple(names), np.array([at[n][0] for n in names], float), np.array([at[n][1] for n in names], float)
    )


def test_red_noise_keeps_the_first_value_and_forgets_exponentially():
    white = np.array([[1.0], [0.0], [0.0]])
    got = fields.red_noise(white, memory_steps=2.0)
    assert got[:, 0] == pytest.approx([1.0, np.exp(-0.5), np.exp(-1.0)])


def test_red_noise_has_unit_variance_and_the_given_memory():
    white = np.random.default_rng(0).standard_normal((200_000, 1))
    x = fields.red_noise(white, memory_steps=5.0)[:, 0]
    assert x.std() == pytest.approx(1.0, abs=0.02)
    assert np.corrcoef(x[:-5], x[5:])[0, 1] == pytest.approx(np.exp(-1.0), abs=0.02)


def test_smooth_noise_has_unit_variance_its_stated_memory_and_smaller_steps():
    white = np.random.default_rng(0).standard_normal((200_000, 1))
    x = fields.smooth_noise(white, memory_steps=5.0)[:, 0]
    phi = np.exp(-0.2)
    assert x.std() == pytest.approx(1.0, abs=0.02)
    for k in (1, 5, 10):
        want = phi**k * (1 + k * (1 - phi**2) / (1 + phi**2))
        assert np.corrcoef(x[:-k], x[k:])[0, 1] == pytest.approx(want, abs=0.02)
    assert np.diff(x).std() < 0.4 * np.diff(fields.red_noise(white, 5.0)[:, 0]).std()


@pytest.mark.parametrize("distance_km", [0.0, 50.0, 100.0, 200.0])
def test_correlation_decays_with_distance_as_stated(distance_km):
    at = _places(a=(11_000.0, 3_200.0), b=(11_000.0 + 0.6 * distance_km, 3_200.0 + 0.8 * distance_km))
    x = fields.regional(at, seed=(1, 0), what="x", steps=STEPS, memory_steps=0.01, length_km=80.0)
    assert x.std(axis=0) == pytest.approx([1.0, 1.0], abs=0.03)
    assert np.corrcoef(x.T)[0, 1] == pytest.approx(np.exp(-(distance_km**2) / (4 * 80.0**2)), abs=0.03)


def test_adding_a_site_changes_no_other():
    few = _places(b=(11_000.0, 3_200.0), d=(11_050.0, 3_150.0))
    more = _places(a=(10_900.0, 3_000.0), b=(11_000.0, 3_200.0), c=(11_020.0, 3_170.0), d=(11_050.0, 3_150.0))
    for make in (
        lambda at: fields.regional(at, seed=(7, 2), what="x", steps=500, memory_steps=9.0, length_km=60.0),
        lambda at: fields.local(at, seed=(7, 2), what="x", steps=500, memory_steps=9.0),
    ):
        assert np.array_equal(make(more)[:, [1, 3]], make(few))


def test_streams_differ_by_seed_year_quantity_and_place():
    draws = [
        fields.stream(key, *what).standard_normal()
        for key in ((1, 0), (2, 0), (1, 1))
        for what in (("wind", 5, 6), ("wind", 6, 5), ("cloud", 5, 6), ("wind", "岳阳楼区"), ("wind", "平江县"))
    ]
    assert len(set(draws)) == len(draws)
    assert fields.stream((1, 0), "wind", 5, 6).standard_normal() == draws[0]


def test_a_degree_is_about_a_hundred_kilometres():
    at = fields.places(["a", "b"], np.array([28.0, 29.0]), np.array([113.0, 113.0]))
    assert np.diff(at.north_km) == pytest.approx([110.9])
    assert np.diff(at.east_km) == pytest.approx([0.0])

"""Wind known at one height: a second one by stated exponents, and everybody is told."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import toy

from gridsim.devices import wind
from gridsim.drivers import read_drivers
from gridsim.errors import InvalidInput
from gridsim.generation import generate
from gridsim.grounds import _data_notes
from gridsim.weather.canonical import Weather, wind_columns, write_canonical
from gridsim.weather.one_height import with_second_height
from gridsim.weather.study_year import study_index

INDEX = study_index(2030)
SITES = pd.DataFrame({"name": ["湖"], "lat_deg": [29.2], "lon_deg": [112.5], "elevation_m": [30.0]})
#: local solar time of an hour's middle at 112.5 E: clock + 0.5 - 0.5 h, so the clock hour itself
SOLAR_H = np.asarray(INDEX.hour, dtype=float)


def record(height: float = 10.0) -> Weather:
    """The record of Nanxian in short: 2.7 m/s at 13 h, 1.8 m/s at 1 h."""
    speed = (2.25 - 0.45 * np.cos((SOLAR_H - 1.0) / 12 * np.pi))[:, None]
    rest = {"ghi_w_per_m2": 300.0, "dni_w_per_m2": 200.0, "dhi_w_per_m2": 150.0, "temp_air_degc": 15.0}
    data = {k: np.full_like(speed, v) for k, v in (rest | {"pressure_pa": 101_000.0}).items()}
    return Weather(INDEX, SITES, {**data, f"wind_speed_{height:g}m_m_per_s": speed}, "2030", "test")


def cycle(weather: Weather, column: str) -> np.ndarray:
    return weather.data[column][:, 0].reshape(365, 24).mean(axis=0)


def test_exponents_by_hand():
    """At 13:30 solar time the exponent is 0.10, at 1:30 it is 0.35: from 10 to 100 m by 1.259 and 2.239."""
    shifted = record()
    shifted = Weather(INDEX, SITES.assign(lon_deg=[120.0]), shifted.data, "2030")  # solar time = clock + 0.5 h
    got, said = with_second_height(shifted)
    ratio = got.data["wind_speed_100m_m_per_s"][:24, 0] / got.data["wind_speed_10m_m_per_s"][:24, 0]
    assert ratio[13] == pytest.approx(10**0.10)
    assert ratio[1] == pytest.approx(10**0.35)
    assert ratio[7] == pytest.approx(10**0.225)
    assert said == "wind at 10 m only; 100 m made by exponents from 0.10 at midday to 0.35 at night"


def test_the_cycle_turns_round_and_a_constant_exponent_keeps_it():
    right, _ = with_second_height(record())
    wrong, said = with_second_height(record(), "constant_exponent")
    hours = {"right": cycle(right, "wind_speed_100m_m_per_s"), "wrong": cycle(wrong, "wind_speed_100m_m_per_s")}
    assert cycle(right, "wind_speed_10m_m_per_s").argmax() == 13
    assert hours["right"][[23, 0, 1, 2, 3]].mean() > 1.1 * hours["right"][11:16].mean()
    assert hours["wrong"].argmax() == 13
    assert "constant exponent 1/7" in said
    hub = wind.hub_wind({h: right.data[c] for c, h in wind_columns(right.data).items()}, 140.0)
    assert hub.reshape(365, 24).mean(axis=0).argmax() in (20, 21, 22, 23, 0, 1, 2, 3)


def test_sites_may_state_their_exponents_and_two_heights_stay_as_they_are():
    sites = SITES.assign(shear_day_pu=[0.07], shear_night_pu=[0.13])
    got, said = with_second_height(Weather(INDEX, sites, record().data, "2030"))
    ratio = got.data["wind_speed_100m_m_per_s"] / got.data["wind_speed_10m_m_per_s"]
    assert (np.log10(ratio).min(), np.log10(ratio).max()) == pytest.approx((0.07, 0.13), abs=2e-3)
    assert "0.07 at midday to 0.13 at night" in said
    again, said = with_second_height(got)
    assert again is got
    assert said == "wind at 10, 100 m"
    high, said = with_second_height(record(100.0))
    assert (high.data["wind_speed_10m_m_per_s"] < high.data["wind_speed_100m_m_per_s"]).all()
    assert said.startswith("wind at 100 m only; 10 m made")


def test_no_wind_and_unknown_rules_are_refused():
    bare = Weather(INDEX, SITES, {k: v for k, v in record().data.items() if "wind" not in k}, "2030")
    with pytest.raises(InvalidInput, match="no wind column"):
        with_second_height(bare)
    with pytest.raises(InvalidInput, match="no rule 'hellman'"):
        with_second_height(record(), "hellman")


def test_a_ten_metre_file_runs_and_is_said_in_provenance_and_verdict(tmp_path):
    write_canonical(record(), tmp_path / "typical")
    SITES.to_csv(tmp_path / "sites.csv", index=False)
    farm = {"name": "风", "bus": "A", "max_p_mw": 50.0, "site": "湖", "turbine": "4.0MW", "hub_height_m": 120.0}
    network = toy.network(
        area=[{"name": "市", "kind": "detailed"}],
        bus=[toy.bus("A")],
        demand=[{"name": "市", "peak_mw": 100.0, "energy_gwh": 876.0}],
        load=[{"name": "甲", "bus": "A", "demand": "市", "max_p_mw": 100.0}],
        wind=[farm],
    )
    drivers = read_drivers(network, weather=tmp_path)
    assert drivers.provenance["wind_heights"].startswith("wind at 10 m only; 100 m made by exponents")
    notes = _data_notes(SimpleNamespace(ac=None, n1=None, drivers=drivers))
    assert "the weather has wind at one height only, so that the daily cycle at the hub is assumed" in notes
    power = generate(network, drivers).available_mw["风"].to_numpy().reshape(365, 24).mean(axis=0)
    assert power[[0, 1, 2]].mean() > power[[12, 13, 14]].mean()
    flat = read_drivers(network, weather=tmp_path, one_height="constant_exponent")
    power = generate(network, flat).available_mw["风"].to_numpy().reshape(365, 24).mean(axis=0)
    assert power[[0, 1, 2]].mean() < power[[12, 13, 14]].mean()


def test_modules_are_cooled_by_wind_of_other_heights():
    """Sources with wind at 50 and 100 m: the 10 m that cell temperature asks for follows from their shear."""
    from gridsim.drivers import Drivers

    data = dict(record().data)
    data["wind_speed_50m_m_per_s"] = 1.5 * data["wind_speed_10m_m_per_s"]
    data["wind_speed_100m_m_per_s"] = data["wind_speed_50m_m_per_s"] * 2**0.2
    low = data.pop("wind_speed_10m_m_per_s")
    park = {"name": "光", "bus": "A", "kind": "utility", "max_p_mw": 30.0, "site": "湖"}
    network = toy.network(area=[{"name": "市", "kind": "detailed"}], bus=[toy.bus("A")], solar=[park])
    without = generate(network, Drivers(INDEX, SITES, data, pd.DataFrame(index=INDEX)))
    with_it = generate(
        network,
        Drivers(INDEX, SITES, {**data, "wind_speed_10m_m_per_s": 1.5 * low * 0.2**0.2}, pd.DataFrame(index=INDEX)),
    )
    assert without.available_mw["光"].to_numpy() == pytest.approx(with_it.available_mw["光"].to_numpy())

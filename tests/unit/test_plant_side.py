"""What plants lose before the grid: ice, own outages, storms, dirt; theoretical = available + plant-side."""

import numpy as np
import pandas as pd
import pytest
import toy

from gridsim.devices import icing, soiling, solar, wind
from gridsim.devices.state_memory import run_length, switched
from gridsim.drivers import Drivers
from gridsim.errors import InvalidInput
from gridsim.generation import generate
from gridsim.profiles import given_profiles, make_profiles
from gridsim.sun import interval_middle, sun_position
from gridsim.weather.study_year import study_index

INDEX = study_index(2030)
SITES = pd.DataFrame(
    {"name": ["岭", "湖"], "lat_deg": [29.4, 29.2], "lon_deg": [113.6, 113.0], "elevation_m": [750, 30]}
)
SUN = sun_position(interval_middle(INDEX), *(SITES[c].to_numpy(float) for c in ("lat_deg", "lon_deg")))
TOP = np.maximum(np.cos(np.radians(SUN.zenith_deg)), 0.0) * SUN.extra_w_per_m2


def bits(text: str) -> np.ndarray:
    return np.array([c == "1" for c in text])


def test_what_was_switched_last_stays():
    on, off = bits("0100001100"), bits("0001000100")
    assert switched(on, off).astype(int).tolist() == [0, 1, 1, 0, 0, 0, 1, 0, 0, 0]
    assert run_length(bits("1101110")).tolist() == [1, 2, 0, 1, 2, 3, 0]
    rng = np.random.default_rng(0)
    on, off = rng.random((500, 3)) < 0.05, rng.random((500, 3)) < 0.05
    state, want = np.zeros(3, dtype=bool), []
    for t in range(500):
        state = np.where(off[t], False, state | on[t])
        want.append(state)
    assert np.array_equal(switched(on, off), np.array(want))


# -- ice -----------------------------------------------------------------------------------------------


def cold_spell(temp: float = -1.0, clearness: float = 0.10, hours: int = 48) -> tuple[np.ndarray, np.ndarray]:
    """10 degC and half the light, but for ``hours`` from 8 January 00:00: temperature at the hub, and light."""
    hub = np.full((len(INDEX), 2), 10.0)
    light = 0.5 * TOP
    spell = slice(168, 168 + hours)
    hub[spell, 0] = temp
    light[spell] = clearness * TOP[spell]
    return hub + 0.0065 * 98.0, light


def test_ice_grows_in_three_hours_and_goes_after_six_warm_ones():
    """8 January 00:00 is hour 168. Cold and dark for 48 h: ice from the third hour (170) until six hours above 0.5 degC
    are over: warm hours 216...221, so 221 is the first hour without. 51 hours with ice."""
    temp, light = cold_spell()
    ice = icing.iced(INDEX, temp, light, SUN, hub_height_m=100.0)
    assert np.flatnonzero(ice[:, 0]).tolist() == list(range(170, 221))
    assert not ice[:, 1].any()


@pytest.mark.parametrize(("change", "hours"), [({"temp": 0.1}, 0), ({"clearness": 0.3}, 0), ({"hours": 2}, 0)])
def test_no_ice_without_frost_or_wet_or_time(change, hours):
    temp, light = cold_spell(**change)
    assert icing.iced(INDEX, temp, light, SUN, hub_height_m=100.0).sum() == hours


def test_ice_is_the_same_on_quarter_hours():
    fine = study_index(2030, step_minutes=15)
    lat, lon = (SITES[c].to_numpy(float) for c in ("lat_deg", "lon_deg"))
    sun = sun_position(interval_middle(fine), lat, lon)
    temp, light = (np.repeat(x, 4, axis=0) for x in cold_spell())
    ice = icing.iced(fine, temp, light, sun, hub_height_m=100.0)
    assert ice[:, 0].sum() / 4 == pytest.approx(51.0, abs=0.8)


def test_colder_means_more_ice():
    rng = np.random.default_rng(1)
    temp = 8.0 + 8.0 * np.cos((np.arange(len(INDEX)) / 8760 - 0.04) * 2 * np.pi)[:, None] * -1.0
    temp = temp + rng.normal(0, 3, (365, 2)).repeat(24, axis=0)
    light = TOP * rng.uniform(0.05, 0.7, (365, 2)).repeat(24, axis=0)
    hours = [icing.iced(INDEX, temp - d, light, SUN, hub_height_m=100.0).sum() for d in (0.0, 2.0, 4.0)]
    assert hours[0] < hours[1] < hours[2]


# -- storm ---------------------------------------------------------------------------------------------


def test_a_turbine_waits_until_the_storm_is_three_below_its_cut_out():
    """4.0 MW class, cut-out 24: 25 stops it, 23 and 22 are waited for, 21 starts it again."""
    curve = wind.power_curve("4.0MW")
    speed = np.array([23.0, 23.9, 25.0, 23.0, 22.0, 21.0, 23.0])[:, None]
    held = wind.storm_held_pu(curve, speed, "turbine")
    assert held[:, 0] == pytest.approx([0, 0, 0, 1, 1, 0, 0], abs=1e-3)
    assert wind.storm_held_pu(curve, speed[:2], "turbine") == 0.0


def test_a_farm_stops_and_starts_in_parts():
    curve = wind.power_curve("4.0MW")
    up = np.linspace(15.0, 30.0, 61)
    speed = np.concatenate([up, up[::-1]])[:, None]
    smooth = wind.power_curve("4.0MW", spread="farm")
    power = np.interp(speed, smooth.speed_m_per_s, smooth.power_pu)
    net = (power - wind.storm_held_pu(curve, speed, "farm"))[:, 0]
    rising, falling = net[:61], net[61:][::-1]
    assert (rising >= falling - 1e-9).all()
    between = up[(rising > 0.05) & (rising < 0.95)]
    assert np.ptp(between) > 2.0  # no cliff
    assert falling[up < 15.5] == pytest.approx(rising[up < 15.5])
    assert net.min() > -0.05  # ten turbines stand for a continuum


# -- wake and library ----------------------------------------------------------------------------------


def test_wake_curves_are_windpowerlibs_and_cost_energy():
    speed = np.linspace(0.0, 25.0, 101).reshape(-1, 1)
    got = wind.behind_wakes(speed, "dena_mean")
    assert got.shape == speed.shape
    assert got[40, 0] == pytest.approx(10.0 * 0.9606, abs=1e-3)  # dena_mean at 9.9981 m/s
    assert (got <= speed).all()
    assert wind.behind_wakes(speed, "") is speed


def test_every_wake_of_the_schema_is_in_the_library():
    from windpowerlib.wake_losses import get_wind_efficiency_curve

    from gridsim.schema import TABLES

    have = set(get_wind_efficiency_curve("all").columns.get_level_values(0))
    assert set(TABLES["wind"].columns["wake"].choices) - {""} == have


def test_turbines_of_the_library_are_windpowerlibs():
    from windpowerlib import WindTurbine

    theirs = WindTurbine(hub_height=114, turbine_type="N131/3000")
    curve = wind.power_curve("N131/3000")
    assert curve.speed_m_per_s == pytest.approx(theirs.power_curve["wind_speed"].to_numpy())
    assert curve.power_pu == pytest.approx(theirs.power_curve["value"].to_numpy() / theirs.nominal_power)
    assert "N131/3000" in wind.known_turbines()


def test_generic_classes_yield_what_makers_curves_of_their_specific_power_yield():
    """Weibull wind of mean 5.5 m/s, k = 1.9, by numerical integration: full-load hours of a class lie within 8 % of a
    maker's curve whose rotor has the same watts per square metre (N131/3000 223, SWT130/3300 249, both oedb)."""
    v = np.arange(0.05, 30.0, 0.1)
    scale, shape = 5.5 / 0.8874, 1.9  # Gamma(1 + 1/1.9) = 0.8874
    density = shape / scale * (v / scale) ** (shape - 1) * np.exp(-((v / scale) ** shape)) * 0.1
    hours = {
        t: float(8760 * density @ np.interp(v, c.speed_m_per_s, c.power_pu, left=0.0, right=0.0))
        for t in ("2.0MW", "2.2MW", "4.0MW", "6.0MW", "N131/3000", "SWT130/3300")
        for c in [wind.power_curve(t)]
    }
    for generic in ("2.0MW", "2.2MW", "4.0MW"):
        assert hours[generic] == pytest.approx(hours["N131/3000"], rel=0.08), hours
    assert hours["6.0MW"] == pytest.approx(hours["SWT130/3300"], rel=0.08), hours


# -- dirt ----------------------------------------------------------------------------------------------


def test_dirt_by_hand():
    """10 wet days of 10 mm in 30 days: washing days 1/3 * exp(-0.6) = 0.18294 per day; 0.15 * 0.81706 / 0.18294."""
    got = soiling.washed_by_rain_percent(np.array([100.0]), np.array([10.0]), np.array([30.0]))
    assert got == pytest.approx(0.15 * (1.0 - 0.182937) / 0.182937, rel=1e-4)
    dry = soiling.washed_by_rain_percent(np.array([0.0]), np.array([0.0]), np.array([30.0]))
    assert dry == pytest.approx(30.0)  # Kimber's bound


def test_dirt_is_kimbers_model_on_random_rain():
    from pvlib.soiling import kimber

    rng = np.random.default_rng(2)
    days = pd.date_range("2000-01-01", periods=40_000, freq="1D", tz="UTC")
    rain = pd.Series(np.where(rng.random(len(days)) < 0.25, rng.exponential(8.0, len(days)), 0.0), days)
    want = kimber(rain, cleaning_threshold=6, soiling_loss_rate=0.0015, grace_period=0, rain_accum_period=1).mean()
    got = soiling.washed_by_rain_percent(np.array([0.25 * 8.0 * 30]), np.array([0.25 * 30]), np.array([30.0]))
    assert got[0] == pytest.approx(100.0 * want, rel=0.03)


def test_dirt_takes_its_share_of_the_dc_power():
    weather = _weather()
    month = np.where(np.asarray(INDEX.month) == 12, 10.0, 0.0)
    clean, dirty = (solar.solar_pu(weather, SUN, dc_ac_ratio=1.0, soiling_percent=s) for s in (None, month))
    december = np.asarray(INDEX.month) == 12
    assert dirty[~december] == pytest.approx(clean[~december], abs=0)
    assert dirty[december].sum() == pytest.approx(0.9 * clean[december].sum(), rel=0.01)
    both = solar.solar_pu(weather, SUN, dc_ac_ratio=1.0, loss_percent=14.0)
    split = solar.solar_pu(weather, SUN, dc_ac_ratio=1.0, loss_percent=10.0, soiling_percent=np.full(8760, 40 / 9))
    assert split == pytest.approx(both, abs=1e-12)  # 0.9 * (1 - 0.04444) = 0.86


# -- plants of a network -------------------------------------------------------------------------------


def _weather() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(4)
    temp, light = cold_spell(hours=240)
    high = 6.0 * rng.weibull(1.9, (len(INDEX), 2))
    return {
        "ghi_w_per_m2": light, "dni_w_per_m2": 0.4 * light, "dhi_w_per_m2": 0.7 * light, "temp_air_degc": temp,
        "pressure_pa": np.full_like(temp, 95_000.0), "wind_speed_100m_m_per_s": high,
        "wind_speed_10m_m_per_s": 0.6 * high,
    }  # fmt: skip


def _drivers(given: pd.DataFrame | None = None) -> Drivers:
    none = pd.DataFrame(index=INDEX) if given is None else given
    return Drivers(INDEX, SITES, _weather(), pd.DataFrame({"市": np.full(len(INDEX), 80.0)}, INDEX), none)


def _network(wind_more: dict | None = None, solar_more: dict | None = None, **tables):
    farm = {"name": "岭风", "bus": "A", "max_p_mw": 50.0, "site": "岭", "turbine": "4.0MW", "hub_height_m": 120.0}
    park = {"name": "湖光", "bus": "A", "kind": "utility", "max_p_mw": 30.0, "site": "湖"}
    return toy.network(
        **{
            "area": [{"name": "市", "kind": "detailed"}],
            "bus": [toy.bus("A")],
            "demand": [{"name": "市", "peak_mw": 100.0, "energy_gwh": 700.8}],
            "load": [{"name": "甲", "bus": "A", "demand": "市", "max_p_mw": 100.0}],
            "wind": [farm | {"loss_percent": 8.0} | (wind_more or {})],
            "solar": [park | (solar_more or {})],
        }
        | tables
    )


def test_theoretical_is_available_plus_plant_side():
    """2 % outages and 0.5 of the power under ice: available = theoretical * 0.98 * (1 - 0.5 ice)."""
    plain, got = (
        generate(_network(), _drivers()),
        generate(_network({"outage_percent": 2.0, "icing_pu": 0.5}), _drivers()),
    )
    assert (plain.plant_side_mw == 0.0).all(axis=None)
    theoretical = plain.available_mw["岭风"].to_numpy()
    sun, weather = SUN.of_sites([0]), {k: v[:, [0]] for k, v in _weather().items()}
    ice = icing.iced(INDEX, weather["temp_air_degc"], weather["ghi_w_per_m2"], sun, hub_height_m=120.0)[:, 0]
    assert ice.sum() > 200
    assert got.available_mw["岭风"].to_numpy() == pytest.approx(theoretical * 0.98 * (1.0 - 0.5 * ice))
    both = got.available_mw["岭风"] + got.plant_side_mw["岭风"]
    assert both.to_numpy() == pytest.approx(theoretical)
    assert (got.plant_side_mw.to_numpy() >= 0.0).all()


def test_solar_outages_are_plant_side_and_dirt_is_not():
    months = [{"soiling": "湖区", "month": m, "loss_percent": 1.0 if m < 7 else 2.0} for m in range(1, 13)]
    dirty = _network(solar_more={"soiling": "湖区"}, soiling_month=months)
    clean = generate(_network(), _drivers()).available_mw["湖光"]
    dusty = generate(dirty, _drivers())
    assert dusty.available_mw["湖光"].sum() < 0.992 * clean.sum()
    assert (dusty.plant_side_mw["湖光"] == 0.0).all()
    out = generate(_network(solar_more={"outage_percent": 1.0}), _drivers())
    assert out.plant_side_mw["湖光"].to_numpy() == pytest.approx(0.01 * clean.to_numpy())


@pytest.mark.parametrize("change", [{"outage_percent": 3.0}, {"icing_pu": 0.8}, {"loss_percent": 11.0},
                                    {"wake": "dena_mean"}])  # fmt: skip
def test_more_loss_never_gives_more(change):
    less, more = (generate(_network(c), _drivers()).available_mw["岭风"] for c in ({}, change))
    below_storm = _weather()["wind_speed_100m_m_per_s"][:, 0] < 17.0  # wakes keep turbines from cutting out
    assert (more <= less + 1e-9)[below_storm].all()
    assert more.sum() < less.sum()


def test_splitting_a_farm_changes_nothing():
    whole = generate(_network({"outage_percent": 2.0, "icing_pu": 0.5}), _drivers())
    one = {"bus": "A", "site": "岭", "turbine": "4.0MW", "hub_height_m": 120.0, "loss_percent": 8.0,
           "outage_percent": 2.0, "icing_pu": 0.5}  # fmt: skip
    parts = generate(
        _network(wind=[{"name": n, "max_p_mw": p, **one} for n, p in (("a", 15.0), ("b", 35.0))]), _drivers()
    )
    for frame in ("available_mw", "plant_side_mw"):
        together = getattr(parts, frame)[["a", "b"]].sum(axis=1)
        assert together.to_numpy() == pytest.approx(getattr(whole, frame)["岭风"].to_numpy())


def test_measured_series_have_no_plant_side_and_profiles_carry_it():
    given = pd.DataFrame({"岭风": np.full(len(INDEX), 20.0)}, index=INDEX)
    network = _network({"outage_percent": 5.0}, {"outage_percent": 1.0})
    profiles = make_profiles(network, _drivers(given))
    assert (profiles.available_mw["岭风"] == 20.0).all()
    assert (profiles.plant_side_mw["岭风"] == 0.0).all()
    assert profiles.plant_side_mw["湖光"].sum() > 0.0
    assert list(profiles.plant_side_mw) == list(profiles.available_mw)
    demand = pd.DataFrame({"甲": [1.0, 2.0]}, index=INDEX[:2])
    bare = given_profiles(network, demand, available_mw=pd.DataFrame(5.0, index=INDEX[:2], columns=["岭风", "湖光"]))
    assert (bare.plant_side_mw == 0.0).all(axis=None)


def test_unknown_soiling_and_turbine_are_named():
    months = [{"soiling": "湖区", "month": m, "loss_percent": 1.0} for m in range(1, 12)]
    network = _network({"turbine": "N131/9999"}, {"soiling": "湖区"}, soiling_month=months)
    with pytest.raises(InvalidInput) as error:
        make_profiles(network, _drivers())
    text = str(error.value)
    assert "'湖区' has no rows for all months" in text
    assert "'N131/9999' is unknown" in text
    assert "N131/3000" in text

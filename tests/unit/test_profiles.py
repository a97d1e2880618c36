"""Profiles: each unit's own arithmetic by hand, mixes, schedules, hydro days, maintenance."""

import numpy as np
import pandas as pd
import pytest
import toy
from hypothesis import given
from hypothesis import strategies as st
from test_drivers import _series
from test_weather_synthetic import _climate

from gridsim.devices.availability import available_pu, on_outage, through_year
from gridsim.devices.external import schedule_mw
from gridsim.devices.hydro import reservoir_days, run_of_river_days, shared_out
from gridsim.drivers import read_drivers
from gridsim.errors import InvalidInput
from gridsim.generation import available_mw
from gridsim.profiles import given_profiles, make_profiles
from gridsim.weather.study_year import study_index

INDEX = study_index(2030)
DAYS = pd.date_range("2030-01-01", "2030-12-31", tz="Asia/Shanghai")
MONTH = np.asarray(DAYS.month) - 1
WIND = {"turbine": "2.0MW", "hub_height_m": 80.0, "loss_percent": 10.0, "bus": "A"}
SUN = {"kind": "utility", "site": "平原", "bus": "A"}


def _hours(level=1.0):
    return {f"h{h:02d}_pu": level * (1.5 if 18 <= h < 23 else 1.0) for h in range(24)}


def _network(**more):
    """A city and its neighbour, one of everything."""
    tables = {
        "area": [{"name": "市", "kind": "detailed"}, {"name": "外", "kind": "node"}],
        "bus": [toy.bus("A")],
        "demand": [{"name": "市", "peak_mw": 100.0, "energy_gwh": 876.0, "losses_percent": 5.0}],
        "load": [
            {"name": "甲", "bus": "A", "demand": "市", "max_p_mw": 60.0},
            {"name": "乙", "bus": "A", "demand": "市", "max_p_mw": 20.0},
        ],
        "wind": [
            {"name": "风一", "max_p_mw": 50.0, "site": "湖", **WIND},
            {"name": "风群", "max_p_mw": 500.0, "site": "混", **WIND},
        ],
        "solar": [{"name": "光一", "max_p_mw": 30.0, **SUN}, {"name": "光二", "max_p_mw": 15.0, **SUN}],
        "site_share": [{"mix": "混", "site": "山", "share_pu": 0.7}, {"mix": "混", "site": "湖", "share_pu": 0.3}],
        "hydro": [
            {"name": "库", "area": "外", "kind": "reservoir", "max_p_mw": 100.0, "dry_pu": 0.8, "wet_pu": 1.2},
            {"name": "径流", "bus": "A", "kind": "run_of_river", "max_p_mw": 20.0},
        ],
        "hydro_month": [
            {"hydro": h, "month": m, "energy_gwh": e, "forced_pu": 0.3, "flex_pu": 0.2}
            for h, e in (("库", 20.0), ("径流", 5.0))
            for m in range(1, 13)
        ],
        "external": [{"name": "直流", "area": "外", "max_p_mw": 800.0, "energy_gwh": 3000.0}],
        "external_hour": [
            {"external": "直流", "month": m, **_hours(1.2 if m in (7, 8) else 1.0)} for m in range(1, 13)
        ],
        "thermal": [
            {
                "name": "电厂",
                "bus": "A",
                "carrier": "coal",
                "units": 4,
                "max_p_mw": 400.0,
                "min_p_pu": 0.4,
                "cost_cny_per_mwh": 300.0,
            }
        ],
        "maintenance": [{"thermal": "电厂", "units": 1, "from_day": "04-10", "to_day": "04-19"}],
    }
    return toy.network(**(tables | more))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("weather")
    climate = _climate()
    climate.sites.to_csv(path / "sites.csv", index=False)
    climate.normals.to_csv(path / "climatology.csv", index=False)
    return path


@pytest.fixture(scope="module")
def drivers(folder):
    return read_drivers(_network(), weather=folder, source="synthetic")


@pytest.fixture(scope="module")
def profiles(drivers):
    return make_profiles(_network(), drivers)


def test_every_unit_has_a_column_on_the_index(profiles):
    assert list(profiles.available_mw) == ["风一", "风群", "光一", "光二"]
    for frame in (
        profiles.available_mw,
        profiles.demand_mw,
        profiles.schedule_mw,
        profiles.hydro_min_mw,
        profiles.hydro_max_mw,
    ):
        assert frame.index.equals(INDEX)
        assert np.isfinite(frame.to_numpy()).all()
        assert (frame.to_numpy() >= 0.0).all()
    for frame in (profiles.hydro_energy_mwh, profiles.thermal_pu):
        assert frame.index.equals(DAYS)
    assert profiles.notes.empty


def test_available_power_is_the_physics_times_capacity(profiles, drivers):
    from gridsim.devices.solar import solar_pu
    from gridsim.devices.wind import wind_pu
    from gridsim.sun import interval_middle, sun_position

    at = list(drivers.sites["name"])
    weather = {k: v[:, [at.index("湖")]] for k, v in drivers.weather.items()}
    one = 50.0 * wind_pu(weather, turbine="2.0MW", hub_height_m=80.0, loss_percent=10.0)[:, 0]
    assert profiles.available_mw["风一"].to_numpy() == pytest.approx(one)
    weather = {k: v[:, [at.index("平原")]] for k, v in drivers.weather.items()}
    sun = sun_position(interval_middle(INDEX), np.array([28.7]), np.array([113.2]))
    assert profiles.available_mw["光一"].to_numpy() == pytest.approx(30.0 * solar_pu(weather, sun)[:, 0])
    assert profiles.available_mw["光二"].to_numpy() == pytest.approx(0.5 * profiles.available_mw["光一"].to_numpy())
    assert profiles.available_mw.max().to_numpy() == pytest.approx([45.0, 450.0, 30.0, 15.0], rel=0.25)


def test_a_mix_is_smoother_than_its_sites(profiles):
    one, many = profiles.available_mw["风一"] / 50.0, profiles.available_mw["风群"] / 500.0
    assert many.diff().abs().mean() < 0.9 * one.diff().abs().mean()
    assert many.max() < one.max()


def test_splitting_a_plant_changes_nothing(profiles, drivers):
    parts = [
        {"name": "风一", "max_p_mw": 50.0, "site": "湖", **WIND},
        {"name": "风群", "max_p_mw": 350.0, "site": "混", **WIND},
        {"name": "风群b", "max_p_mw": 150.0, "site": "混", **WIND},
    ]
    got = available_mw(_network(wind=parts), drivers)
    assert (got["风群"] + got["风群b"]).to_numpy() == pytest.approx(profiles.available_mw["风群"].to_numpy())


def test_given_series_take_the_place_of_physics(folder, tmp_path):
    _series(tmp_path / "a.csv", 光一=7.0)
    got = make_profiles(
        _network(), read_drivers(_network(), weather=folder, source="synthetic", series=[tmp_path / "a.csv"])
    )
    assert (got.available_mw["光一"] == 7.0).all()
    assert got.available_mw["光二"].max() > 10.0


def test_loads_share_their_demand_and_losses_are_added(profiles):
    assert profiles.demand_mw["甲"].to_numpy() == pytest.approx(np.full(8760, 100.0 * 0.75 * 1.05))
    assert profiles.demand_mw.sum(axis=1).to_numpy() == pytest.approx(np.full(8760, 105.0))


def test_units_without_weather_or_class_are_all_named(drivers):
    strange = [
        {"name": "甲", "max_p_mw": 1.0, "site": "月球", **WIND},
        {"name": "乙", "max_p_mw": 1.0, "site": "湖", **WIND, "turbine": "99MW"},
    ]
    net = _network(wind=strange, hydro_month=[], external_hour=[])
    with pytest.raises(InvalidInput) as caught:
        make_profiles(net, drivers, hydro_year="average")
    assert {(p.file, p.row) for p in caught.value.problems} == {
        ("options", ""),
        ("wind", "甲"),
        ("wind", "乙"),
        ("hydro_month", "库"),
        ("hydro_month", "径流"),
        ("external_hour", "直流"),
    }


def test_a_network_without_plants_has_empty_profiles():
    net = toy.network(
        bus=[toy.bus("A")],
        demand=[{"name": "市", "peak_mw": 100.0, "energy_gwh": 876.0}],
        load=[{"name": "甲", "bus": "A", "demand": "市", "max_p_mw": 60.0}],
    )
    got = make_profiles(net, read_drivers(net))
    assert got.available_mw.shape == (8760, 0)
    assert got.demand_mw["甲"].iloc[0] == 100.0
    assert got.hydro_energy_mwh.shape == (365, 0)


# ---------------------------------------------------------------------------------- schedules


SHAPE = np.full((12, 24), 1.0)


def test_a_schedule_has_its_energy_and_dips_on_holidays():
    x = pd.Series(schedule_mw(SHAPE, INDEX, energy_gwh=3000.0, max_p_mw=800.0), index=INDEX)
    assert x.sum() / 1000 == pytest.approx(3000.0)
    ordinary = x["2030-06-15 12:00+08:00"]
    assert x["2030-02-03 12:00+08:00"] == pytest.approx(0.70 * ordinary)
    assert x["2030-10-02 12:00+08:00"] == pytest.approx(0.85 * ordinary)
    assert x["2030-04-06 12:00+08:00"] == pytest.approx(ordinary)


def test_a_link_in_its_first_year_runs_on_trial_and_then_fully():
    index = study_index(2025)
    x = pd.Series(
        schedule_mw(SHAPE, index, energy_gwh=1000.0, max_p_mw=8000.0, first_day=pd.Timestamp("2025-08-20")), index=index
    )
    assert x.sum() / 1000 == pytest.approx(1000.0)
    full = x["2025-08-20 00:00+08:00"]
    assert (x[:"2025-06-30"] == 0.0).all()
    assert x["2025-07-01":"2025-08-19"].to_numpy() == pytest.approx(np.full(50 * 24, 0.45 * full))


def test_the_rating_clips_a_schedule_and_a_note_says_so(drivers):
    x = schedule_mw(SHAPE, INDEX, energy_gwh=3000.0, max_p_mw=340.0)
    assert x.max() == 340.0
    net = _network(external=[{"name": "直流", "area": "外", "max_p_mw": 340.0, "energy_gwh": 3000.0}])
    (note,) = make_profiles(net, drivers).notes.itertuples(index=False)
    assert (note.element, note.wanted, note.unit) == ("直流", 3000.0, "GWh")
    assert note.got < 2990.0


def test_from_day_counts_only_in_the_first_year(drivers, profiles):
    link = {"name": "直流", "area": "外", "max_p_mw": 8000.0, "energy_gwh": 3000.0, "from_day": "08-20"}
    old, new = (
        make_profiles(_network(external=[{**link, "in_service_from": y}]), drivers).schedule_mw["直流"]
        for y in (2025, 2030)
    )
    assert old.to_numpy() == pytest.approx(profiles.schedule_mw["直流"].to_numpy())
    assert new[:"2030-06-30"].sum() == 0.0


# ---------------------------------------------------------------------------------- hydro


@given(
    weight=st.lists(st.floats(0.0, 5.0), min_size=3, max_size=31),
    low=st.floats(0.0, 0.9),
    level=st.floats(0.0, 1.3),
)
def test_sharing_out_meets_the_total_within_bounds(weight, low, level):
    n = len(weight)
    lows, highs = np.full(n, low), np.full(n, 2.0)
    total = level * highs.sum()
    got = shared_out(total, np.array(weight) + 0.01, lows, highs)
    assert got.sum() == pytest.approx(min(total, highs.sum()), rel=1e-9, abs=1e-9)
    assert (got <= highs + 1e-9).all()
    assert (got >= np.minimum(lows, total / n) - 1e-9).all()


def test_sharing_out_by_hand():
    free = shared_out(12.0, np.array([1.0, 2.0, 3.0]), np.zeros(3), np.full(3, 100.0))
    assert free == pytest.approx([2.0, 4.0, 6.0])
    bound = shared_out(12.0, np.array([1.0, 2.0, 3.0]), np.array([3.0, 0.0, 0.0]), np.array([9.0, 9.0, 5.0]))
    assert bound == pytest.approx([3.0, 4.0, 5.0])


def test_reservoirs_follow_the_net_load_and_keep_the_forced_share():
    net = np.full(365, 100.0)
    net[10], net[20] = 180.0, 10.0
    got = reservoir_days(MONTH, net, energy_mwh=np.full(12, 31_000.0), max_p_mw=1000.0, forced_pu=np.full(12, 0.4))
    assert np.bincount(MONTH, weights=got) == pytest.approx(np.full(12, 31_000.0))
    mean = net[:31].mean()
    assert got[10] / got[5] == pytest.approx((180.0 / mean) ** 1.2 / (100.0 / mean) ** 1.2)
    assert got[20] == pytest.approx(0.4 * 1000.0)


def test_reservoirs_spread_evenly_when_the_area_has_a_surplus():
    got = reservoir_days(
        MONTH, np.full(365, -5.0), energy_mwh=np.full(12, 31_000.0), max_p_mw=1000.0, forced_pu=np.zeros(12)
    )
    assert got[:31] == pytest.approx(np.full(31, 1000.0))


def test_run_of_river_keeps_the_month_even_when_it_floods():
    inflow = np.ones(365)
    inflow[3] = 50.0
    got = run_of_river_days(MONTH, inflow, energy_mwh=np.full(12, 4_000.0), max_p_mw=20.0)
    assert got[3] == 480.0
    assert np.bincount(MONTH, weights=got) == pytest.approx(np.full(12, 4_000.0))
    spilled = run_of_river_days(MONTH, inflow, energy_mwh=np.full(12, 40_000.0), max_p_mw=20.0)
    assert spilled == pytest.approx(np.full(365, 480.0))


def test_hydro_bands_contain_the_days_energy(profiles, drivers):
    energy, low, high = profiles.hydro_energy_mwh, profiles.hydro_min_mw, profiles.hydro_max_mw
    per_day = [f.groupby(INDEX.normalize()).sum() for f in (low, high)]
    assert (per_day[0].to_numpy() <= energy.to_numpy() + 1e-9).all()
    assert (per_day[1].to_numpy() >= energy.to_numpy() - 1e-9).all()
    assert energy.sum().to_numpy() == pytest.approx([240_000.0, 60_000.0])
    assert (high["库"] == 100.0).all()
    assert low["径流"].iloc[0] == pytest.approx(0.8 * energy["径流"].iloc[0] / 24)
    dry, wet = (make_profiles(_network(), drivers, hydro_year=y).hydro_energy_mwh.sum() for y in ("dry", "wet"))
    assert (dry["库"], wet["库"]) == pytest.approx((192_000.0, 288_000.0))
    other = make_profiles(_network(), drivers, hydro_seed=2).hydro_energy_mwh
    assert not np.allclose(other["径流"], energy["径流"])
    assert np.allclose(other["库"], energy["库"])


def test_more_hydro_than_capacity_is_noted(drivers):
    months = [
        {
            "hydro": h,
            "month": m,
            "energy_gwh": 100.0 if (h, m) == ("径流", 5) else 5.0,
            "forced_pu": 0.0,
            "flex_pu": 0.2,
        }
        for h in ("库", "径流")
        for m in range(1, 13)
    ]
    (note,) = make_profiles(_network(hydro_month=months), drivers).notes.itertuples(index=False)
    assert (note.element, note.wanted) == ("径流", 155.0)
    assert note.got == pytest.approx(55.0 + 31 * 24 * 20.0 / 1000)


# ---------------------------------------------------------------------------------- maintenance


def test_maintenance_takes_units_out_between_its_days(profiles):
    got = profiles.thermal_pu["电厂"]
    assert (got["2030-04-10":"2030-04-19"] == 0.75).all()
    assert got.sum() == pytest.approx(365 - 10 * 0.25)


def test_outages_may_run_over_the_turn_of_the_year_and_overlap():
    assert list(np.flatnonzero(on_outage(DAYS, "12-30", "01-02"))) == [0, 1, 363, 364]
    got = available_pu(DAYS, units=2, outages=[(1, "05-01", "05-31"), (2, "05-10", "05-12")])
    assert (got[129], got[125], got[100]) == (0.0, 0.5, 1.0)


def test_monthly_availability_runs_through_the_middles_of_months():
    monthly = np.array([0.95, 0.92, 0.85, 0.80, 0.80, 0.88, 0.95, 0.95, 0.88, 0.80, 0.85, 0.95])
    got = through_year(monthly, DAYS)
    assert got[[15, 45, 196]] == pytest.approx([0.95, 0.92, 0.95], abs=0.003)
    assert np.abs(np.diff(np.r_[got, got[0]])).max() < 0.006
    assert available_pu(DAYS, units=4, monthly_pu=monthly, outages=[(1, "01-16", "01-16")])[15] == pytest.approx(
        0.75 * got[15]
    )


def test_inputs_are_left_alone(drivers):
    net = _network()
    before = {k: v.copy() for k, v in drivers.weather.items()}, {t: f.copy() for t, f in net.tables.items()}
    make_profiles(net, drivers)
    assert all(np.array_equal(v, drivers.weather[k]) for k, v in before[0].items())
    assert all(f.equals(net[t]) for t, f in before[1].items())


# -- given series alone --------------------------------------------------------------------------------


def test_given_series_need_every_unit_the_same_steps_and_no_gap():
    network = toy.network(
        bus=[toy.bus("a")],
        load=[{"name": n, "bus": "a", "demand": "d", "max_p_mw": 1.0} for n in ("L1", "L2")],
        wind=[{"name": "W", "bus": "a", "max_p_mw": 5.0, "site": "s", "turbine": "t", "hub_height_m": 90.0}],
        hydro=[{"name": "H", "bus": "a", "kind": "reservoir", "max_p_mw": 5.0}],
    )
    index = pd.date_range("2030-01-01", periods=3, freq="h", tz="Asia/Shanghai")
    demand = pd.DataFrame({"L1": [1.0, np.nan, 1.0]}, index=index)
    with pytest.raises(InvalidInput) as refused:
        given_profiles(network, demand, available_mw=pd.DataFrame({"W": 1.0}, index=index[:2]))
    told = "\n".join(str(p) for p in refused.value.problems)
    assert len(refused.value.problems) == 4
    for part in ("hydro 'H'", "'L2' has no series", "not those of demand_mw", "column L1: the series has gaps"):
        assert part in told


def test_given_series_are_the_profiles():
    network = toy.network(
        bus=[toy.bus("a")],
        load=[{"name": "L", "bus": "a", "demand": "d", "max_p_mw": 1.0}],
        thermal=[{"name": "T", "bus": "a", "carrier": "coal", "max_p_mw": 5.0, "min_p_pu": 0.0}],
    )
    index = pd.date_range("2030-01-01", periods=30, freq="h", tz="Asia/Shanghai")
    profiles = given_profiles(network, pd.DataFrame({"L": np.arange(30.0)}, index=index))
    assert list(profiles.demand_mw["L"]) == list(range(30))
    assert profiles.thermal_pu.shape == (2, 1) and (profiles.thermal_pu == 1.0).all(axis=None)

"""Who has which name, which share of a row or which place in a file decides nothing: on a whole folder, on Yueyang."""

from __future__ import annotations

import functools
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tiny_study
from slices import some_days

from gridsim.curtailment import ledger
from gridsim.dispatch import Dispatch, solve_dispatch
from gridsim.drivers import Drivers, read_drivers
from gridsim.network import Network, read_network
from gridsim.options import DispatchOptions
from gridsim.profiles import Profiles, make_profiles
from gridsim.run_year import study_drivers
from gridsim.study import read_study, study_network

ROOT = Path(__file__).parents[2]

# -- order of rows and columns in the files ------------------------------------------------------------------


def shuffled(text: str, rng: np.random.Generator, *, rows: bool) -> str:
    """A CSV text with its columns (the first one stays) and, where asked, its rows in another order."""
    head, *body = [line.split(",") for line in text.splitlines()]
    columns = np.r_[0, 1 + rng.permutation(len(head) - 1)]
    order = rng.permutation(len(body)) if rows else range(len(body))
    return "\n".join(",".join(line[k] for k in columns) for line in [head, *(body[i] for i in order)]) + "\n"


@dataclass(frozen=True)
class Read:
    network: Network
    drivers: Drivers
    profiles: Profiles


def read(folder: Path, changes: dict[str, str] | None = None) -> Read:
    study = read_study(tiny_study.write_study(folder, changes))
    network = study_network(study)
    drivers = study_drivers(study, network)
    return Read(network, drivers, make_profiles(network, drivers))


@pytest.mark.parametrize("seed", range(3))
def test_row_order_in_the_files_changes_nothing(tmp_path, seed):
    """Not one bit: tables, demand, profiles, and two spring weeks of the dispatch with its ledger."""
    rng = np.random.default_rng(seed)
    changes = {
        name: shuffled(text, rng, rows=name != "series.csv")
        for name, text in tiny_study.files().items()
        if name.endswith(".csv")
    }
    assert changes["network/base/line.csv"] != tiny_study.TABLES["line"]
    a, b = read(tmp_path / "a"), read(tmp_path / "b", changes)
    for name, table in a.network.tables.items():
        pd.testing.assert_frame_equal(table, b.network[name])
    for field in fields(Profiles)[1:]:
        one, other = (pd.DataFrame(getattr(x.profiles, field.name)) for x in (a, b))  # the air temperature is a series
        pd.testing.assert_frame_equal(one, other)
    solved = [solve_dispatch(x.network, some_days(x.profiles, "2030-04-10", 14)) for x in (a, b)]
    assert np.array_equal(solved[0].column_mw, solved[1].column_mw)
    assert solved[0].role("curtailed").to_numpy().sum() > 100.0
    pd.testing.assert_frame_equal(ledger(solved[0]).rows, ledger(solved[1]).rows)


# -- names and sizes of the real plants ----------------------------------------------------------------------

PLANTS = ("wind", "solar", "thermal", "hydro", "pumped_storage", "battery", "external")
OWNED = {"thermal_month": "thermal", "maintenance": "thermal", "hydro_month": "hydro", "external_hour": "external"}
#: a week with much to cut and stores at work, and one in which three lines of wind farms are full
WEEKS = ("2030-04-29", "2030-07-18")


@functools.cache
def yueyang() -> tuple[Network, Drivers]:
    network = read_network(ROOT / "networks" / "yueyang", scenario="2030")
    return network, read_drivers(network, weather=ROOT / "weather" / "yueyang")


def week(network: Network, first: str) -> Dispatch:
    profiles = make_profiles(network, yueyang()[1])
    return solve_dispatch(network, some_days(profiles, first, 7), options=DispatchOptions())


@functools.cache
def base_week(first: str) -> Dispatch:
    return week(yueyang()[0], first)


def by_county(dispatch: Dispatch, county: pd.Series) -> pd.Series:
    """Curtailed energy of the week per county, and of the province. [MWh]"""
    return dispatch.role("curtailed").sum().groupby(county.fillna("province")).sum()


def counties(network: Network) -> pd.Series:
    return pd.concat([network["wind"], network["solar"]]).set_index("name")["county"]


def assert_same_counties(changed: Network, first: str) -> None:
    """The promise is 1 MWh per county and year, which is 0.02 MWh a week."""
    network = yueyang()[0]
    a = by_county(base_week(first), counties(network))
    b = by_county(week(changed, first), counties(changed))
    assert len(a) == 14
    assert a.max() > 40.0, "nobody loses anything: nothing is tested"
    assert (a - b[a.index]).abs().max() < 0.02


@pytest.mark.parametrize("first", WEEKS)
def test_renaming_every_plant_changes_no_county(first):
    network, rng = yueyang()[0], np.random.default_rng(int(first[-2:]))
    names = {
        t: {n: f"{t}{k:03d}" for n, k in zip(network[t]["name"], rng.permutation(len(network[t])))} for t in PLANTS
    }
    frames = {t: network[t].assign(name=network[t]["name"].map(names[t])) for t in PLANTS}
    frames |= {t: network[t].assign(**{o: network[t][o].map(names[o])}) for t, o in OWNED.items()}
    assert_same_counties(network.with_tables(frames), first)


@pytest.mark.parametrize("first", WEEKS)
def test_splitting_every_wind_and_solar_plant_changes_no_county(first):
    """30 and 70 % of each under names of their own, and a plant of no size at the bus of every wind farm."""
    network = yueyang()[0]
    frames = {}
    for table in ("wind", "solar"):
        plants = network[table]
        parts = [
            plants.assign(name=plants["name"] + f" {share}", max_p_mw=share * plants["max_p_mw"])
            for share in (0.3, 0.7)
        ]
        nothing = plants[plants["county"].notna()].assign(max_p_mw=0.0)
        frames[table] = pd.concat([*parts, nothing.assign(name="零" + nothing["name"])], ignore_index=True)
    assert_same_counties(network.with_tables(frames), first)


def test_the_weeks_have_what_the_law_is_about():
    """Surplus hours whose shares only the definition decides, stores that move energy, and full lines."""
    spring, summer = (base_week(first) for first in WEEKS)
    assert spring.role("curtailed").to_numpy().sum() > 50_000.0
    assert by_county(spring, counties(yueyang()[0])).min() > 5.0
    assert spring.role("charge").to_numpy().sum() > 10_000.0
    assert summer.binding["element"].nunique() >= 2

"""Laws of definitions §2 and §6 on random small systems: who has which name, order or size decides nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pytest
import toy
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from gridsim.checks import as_table, check_dispatch, check_ledger
from gridsim.curtailment import ledger
from gridsim.dispatch import Dispatch, solve_dispatch
from gridsim.network import Network
from gridsim.options import CommitmentOptions, DispatchOptions
from gridsim.profiles import Profiles

HOURS = 6
OPTIONS = DispatchOptions(
    outage_limits=False,
    rating_power_factor_pu=1.0,
    commitment=CommitmentOptions(reserve_percent=5.0, wind_credit_pu=0.0, solar_credit_pu=0.0),
)
LAW = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)


@dataclass(frozen=True)
class System:
    """A meshed city of four buses, a node area behind a tie, wind everywhere, coal, a battery."""

    tables: dict[str, list[dict]]
    available: dict[str, np.ndarray]
    demand: dict[str, np.ndarray]

    def build(self) -> tuple[Network, Profiles]:
        net = toy.network(**self.tables)
        return net, toy.profiles(net, HOURS, available=self.available, demand=self.demand)

    def renamed(self, names: dict[str, str]) -> System:
        """The same with other names; what has none keeps its own."""
        tables = {
            t: [{**r, "name": names.get(r["name"], r["name"])} if "name" in r else r for r in rows]
            for t, rows in self.tables.items()
        }
        tables["section_branch"] = [{**r, "element": names[r["element"]]} for r in tables["section_branch"]]
        return System(tables, {names[k]: v for k, v in self.available.items()}, self.demand)

    def solve(self, options: DispatchOptions = OPTIONS) -> Dispatch:
        net, profiles = self.build()
        return solve_dispatch(net, profiles, options=options)


@st.composite
def systems(draw: st.DrawFn) -> System:
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    buses = ["b1", "b2", "b3", "b4", "x"]
    ends = [("b1", "b2"), ("b2", "b3"), ("b3", "b1"), ("b3", "b4"), ("b1", "x"), ("b2", "x")]
    limit = draw(st.sampled_from([30.0, 60.0, 120.0]))
    wind = [
        {
            "name": f"W{i}",
            "bus": b,
            "county": "county",
            "max_p_mw": 100.0,
            "site": "s",
            "turbine": "t",
            "hub_height_m": 100.0,
            "controllable_pu": float(rng.choice([1.0, 0.5])),
        }
        for i, b in enumerate(buses[:4])
    ]
    wind.append({"name": "W9", "area": "rest", "max_p_mw": 500.0, "site": "s", "turbine": "t", "hub_height_m": 100.0})
    tables = {
        "bus": [toy.bus(b) for b in buses],
        "line": [
            toy.line(f"{a}{b}", a, b, limit * float(rng.uniform(0.7, 1.3)), x_ohm=float(rng.uniform(5, 20)))
            for a, b in ends
        ],
        "area": [{"name": "city", "kind": "detailed"}, {"name": "rest", "kind": "node"}],
        "area_link": [{"area": "rest", "bus": "x", "share_pu": 1.0}],
        "section": [{"name": "tie", "max_p_mw": 1.5 * limit, "min_p_mw": -1.5 * limit, "kind": "tie"}],
        "section_branch": [
            {"section": "tie", "element_type": "line", "element": n, "weight_pu": 1.0} for n in ("b1x", "b2x")
        ],
        "demand": [{"name": "d", "peak_mw": 100.0, "energy_gwh": 1.0}],
        "load": [
            *(
                {"name": f"L{i}", "bus": b, "county": "county", "demand": "d", "max_p_mw": 40.0}
                for i, b in enumerate(buses[:4])
            ),
            {"name": "L9", "area": "rest", "demand": "d", "max_p_mw": 600.0},
        ],
        "wind": wind,
        "thermal": [
            {
                "name": "C1",
                "bus": "b1",
                "county": "county",
                "carrier": "coal",
                "units": 2,
                "max_p_mw": 120.0,
                "min_p_pu": 0.3,
                "cost_cny_per_mwh": 300.0,
            },
            {
                "name": "C2",
                "area": "rest",
                "carrier": "coal",
                "units": 5,
                "max_p_mw": 600.0,
                "min_p_pu": 0.4,
                "cost_cny_per_mwh": 320.0,
            },
        ],
        "battery": [
            {
                "name": "S1",
                "bus": "b4",
                "county": "county",
                "max_p_mw": 20.0,
                "energy_mwh": 40.0,
                "efficiency_charge_percent": 90.0,
                "efficiency_discharge_percent": 90.0,
            }
        ],
    }
    available = {w["name"]: w["max_p_mw"] * rng.uniform(0.0, 1.0, HOURS) for w in wind}
    demand = {load["name"]: load["max_p_mw"] * rng.uniform(0.5, 1.0, HOURS) for load in tables["load"]}
    return System(tables, available, demand)


def curtailed_by_bus(dispatch: Dispatch, net: Network) -> pd.DataFrame:
    table = net["wind"].set_index("name")
    place = table["bus"].fillna("rest")
    return dispatch.role("curtailed").T.groupby(place).sum().T


@LAW
@given(systems())
def test_every_check_holds_and_causes_add_up(system: System) -> None:
    net, profiles = system.build()
    d = solve_dispatch(net, profiles, options=OPTIONS)
    rows = ledger(d).rows
    table = as_table([*check_dispatch(net, profiles, d), check_ledger(d, rows)])
    assert table["ok"].all(), table[~table["ok"]]
    assert (rows["curtailed_mw"] >= 0).all()
    assert set(rows["cause"]) <= {"provincial", "section", "branch"}


@LAW
@given(systems(), st.randoms(use_true_random=False))
def test_renaming_every_asset_changes_nothing(system: System, random: object) -> None:
    new = [f"{k:02d}" for k in range(40)]
    random.shuffle(new)  # type: ignore[attr-defined]
    names = {w["name"]: f"w{new[i]}" for i, w in enumerate(system.tables["wind"])}
    names |= {t["name"]: f"t{new[10 + i]}" for i, t in enumerate(system.tables["thermal"])}
    names |= {s["name"]: f"s{new[15 + i]}" for i, s in enumerate(system.tables["line"])}
    renamed = system.renamed(names)
    a, b = system.solve(), renamed.solve()
    assert a.cost_cny == pytest.approx(b.cost_cny, rel=1e-8, abs=1e-3)
    other = b.role("curtailed").rename(columns={v: k for k, v in names.items()})
    assert np.allclose(a.role("curtailed"), other[a.role("curtailed").columns], atol=1e-3)


@LAW
@given(systems())
def test_splitting_a_plant_changes_nothing(system: System) -> None:
    first = system.tables["wind"][0]
    parts = [{**first, "name": f"part{share}", "max_p_mw": share * first["max_p_mw"]} for share in (0.3, 0.7)]
    tables = {**system.tables, "wind": [*parts, *system.tables["wind"][1:]]}
    available = {k: v for k, v in system.available.items() if k != first["name"]}
    available |= {f"part{share}": share * system.available[first["name"]] for share in (0.3, 0.7)}
    a, b = system.solve(), System(tables, available, system.demand).solve()
    both = b.role("curtailed")[["part0.3", "part0.7"]].sum(axis=1)
    assert np.allclose(a.role("curtailed")[first["name"]], both, atol=1e-3)
    room = b.controllable_mw["part0.3"] + b.controllable_mw["part0.7"]
    assert np.allclose(b.role("curtailed")["part0.3"], 0.3 * both, atol=1e-6 + 1e-9 * room.max())


@LAW
@given(systems())
def test_plants_of_no_size_change_nothing(system: System) -> None:
    nothing = {**system.tables["wind"][0], "name": "nothing", "max_p_mw": 0.0}
    tables = {**system.tables, "wind": [*system.tables["wind"], nothing]}
    a, b = system.solve(), System(tables, {**system.available, "nothing": np.zeros(HOURS)}, system.demand).solve()
    assert np.allclose(b.role("curtailed")["nothing"], 0.0)
    assert np.allclose(a.role("curtailed"), b.role("curtailed")[a.role("curtailed").columns], atol=1e-4)


@LAW
@given(systems())
def test_sharing_leaves_the_optimal_cost_untouched(system: System) -> None:
    unique, vertex = system.solve(), system.solve(replace(OPTIONS, share="vertex"))
    assert unique.cost_cny == pytest.approx(vertex.cost_cny, rel=1e-7, abs=1e-2)


def _objective(system: System, options: DispatchOptions) -> float:
    """Objective of the window; systems in which a limit had to be raised obey no law (what is reachable differs)."""
    d = system.solve(options)
    assume((d.flows.upper_mw <= d.flows.limits.upper_mw).all() and (d.flows.lower_mw >= d.flows.limits.lower_mw).all())
    return float(d.windows["objective_cny"].iloc[0])


@LAW
@given(systems(), st.sampled_from(["cost", "curtailment"]))
def test_relaxing_never_raises_the_objective(system: System, objective: str) -> None:
    # a store that may be idle: lossless (direction is an integer otherwise), no say in the commitment
    commitment = replace(OPTIONS.commitment, storage_credit_pu=0.0)
    options = replace(OPTIONS, objective=objective, share="vertex", commitment=commitment)
    lossless = {
        **system.tables["battery"][0],
        "efficiency_charge_percent": 100.0,
        "efficiency_discharge_percent": 100.0,
    }
    system = System({**system.tables, "battery": [lossless]}, system.available, system.demand)
    base = _objective(system, options)
    wider = {
        **system.tables,
        "line": [
            {**r, **{k: 1.2 * r[k] for k in ("max_i_ka", "max_i_spring_ka", "max_i_winter_ka")}}
            for r in system.tables["line"]
        ],
    }
    lower = {**system.tables, "thermal": [{**r, "min_p_pu": 0.5 * r["min_p_pu"]} for r in system.tables["thermal"]]}
    extra = {**system.tables, "battery": [*system.tables["battery"], {**system.tables["battery"][0], "name": "S2"}]}
    slack = 1e-6 * abs(base) + 1e-4
    for tables in (wider, lower):
        assert _objective(System(tables, system.available, system.demand), options) <= base + slack
    if objective == "curtailment":  # the cost objective would also count the energy the new store has to end with
        assert _objective(System(extra, system.available, system.demand), options) <= base + slack


@LAW
@given(systems())
def test_without_wind_nothing_is_curtailed(system: System) -> None:
    calm = System(system.tables, {k: 0.0 * v for k, v in system.available.items()}, system.demand)
    assert calm.solve().role("curtailed").to_numpy().max() == 0.0


def test_cheaper_dispatch_may_curtail_more() -> None:
    """Definitions §6: more coal lowers the cost and raises curtailment; nobody may assert the opposite.

    Wind 100 MW (penalty 200), coal at 100, gas at 600 yuan/MWh, demand 1,000 MW, one limit
    0.9 wind + 0.1 coal <= 60: coal up to 100 / 300 / 600 MW curtails 44 / 67 / 100 MW.
    """
    found = []
    for coal_mw in (100.0, 300.0, 600.0):
        net = toy.network(
            bus=[toy.bus("w"), toy.bus("c"), toy.bus("d")],
            # a triangle whose line w-d carries 0.9 of the wind and 0.1 of the coal
            line=[
                toy.line("wd", "w", "d", 60.0, x_ohm=1.0),
                toy.line("wc", "w", "c", x_ohm=8.0),
                toy.line("cd", "c", "d", x_ohm=1.0),
            ],
            demand=[{"name": "dem", "peak_mw": 1000.0, "energy_gwh": 1.0}],
            load=[{"name": "L", "bus": "d", "county": "county", "demand": "dem", "max_p_mw": 1000.0}],
            wind=[
                {
                    "name": "W",
                    "bus": "w",
                    "county": "county",
                    "max_p_mw": 100.0,
                    "site": "s",
                    "turbine": "t",
                    "hub_height_m": 100.0,
                }
            ],
            thermal=[
                {
                    "name": "C",
                    "bus": "c",
                    "county": "county",
                    "carrier": "coal",
                    "max_p_mw": coal_mw,
                    "min_p_pu": 0.0,
                    "cost_cny_per_mwh": 100.0,
                },
                {
                    "name": "G",
                    "bus": "d",
                    "county": "county",
                    "carrier": "gas",
                    "max_p_mw": 2000.0,
                    "min_p_pu": 0.0,
                    "cost_cny_per_mwh": 600.0,
                },
            ],
        )
        p = toy.profiles(net, 2, available={"W": 100}, demand={"L": 1000})
        d = solve_dispatch(net, p, options=OPTIONS)
        found.append((d.role("curtailed").to_numpy().mean(), d.cost_cny))
    assert [round(c) for c, _ in found] == [44, 67, 100]
    assert found[0][1] > found[1][1] > found[2][1]

"""The same window in PyPSA: 110 buses, two stores; 48 hours with penalties, and a week in plain mode.

PyPSA writes Kirchhoff's voltage law over cycles and has every limit of every hour from the start; gridsim has factors
and adds limits when they are violated.  In PyPSA wind earns the curtailment penalty for every MWh used, which gives
negative prices where it is cut; a store is a bus of its own behind two links, so that charging can have a price.
In plain mode nothing is penalised; there a heat plant that earns 30 per MWh stands behind a line too weak for it.
"""

from __future__ import annotations

import logging
import warnings
from dataclasses import dataclass, replace

import numpy as np
import pytest
import toy

from gridsim.dispatch import Dispatch, solve_dispatch
from gridsim.network import Network
from gridsim.options import CommitmentOptions, DispatchOptions, Penalties, StorageOptions
from gridsim.profiles import Profiles

pytestmark = pytest.mark.against

SIDE = 10
TRAFO_X_PERCENT = 13.0
TRAFO_MVA = 240.0
CURTAILMENT, WEAR = 180.0, 40.0  # wear above 180 * (1 - 0.88 * 0.90), so that burning a surplus does not pay
PENALISED = DispatchOptions(
    outage_limits=False,
    window_h=48.0,
    step_h=48.0,
    rating_power_factor_pu=1.0,
    initial_energy_pu=0.5,
    final_state="cyclic",
    penalties=Penalties(
        curtailment_cny_per_mwh=CURTAILMENT, storage_wear_cny_per_mwh=WEAR, stored_energy_value_cny_per_mwh=0.0
    ),
    commitment=CommitmentOptions(reserve_percent=0.0),
    storage=StorageOptions(pumping="relaxed"),  # a linear program on both sides
)


@dataclass(frozen=True)
class Question:
    """Length of the case, capacity and cost of the heat plant, options."""

    hours: int
    heat_mw: float
    heat_cny_per_mwh: float
    options: DispatchOptions


QUESTIONS = {
    "penalties": Question(48, 0.0, 300.0, PENALISED),
    "plain week": Question(168, 260.0, -30.0, DispatchOptions.plain()),
}


def _name(row: int, column: int) -> str:
    return f"n{row}{column}"


def lattice(asked: Question) -> tuple[Network, Profiles]:
    """A 10 x 10 mesh of 110 kV under a ring of nine 220 kV buses; plants in the corners, loads everywhere."""
    rng = np.random.default_rng(7)
    low = [_name(r, c) for r in range(SIDE) for c in range(SIDE)]
    high = [f"h{k}" for k in range(9)]
    lines = [
        toy.line(f"{a}-{b}", a, b, float(rng.uniform(60, 140)), x_ohm=float(rng.uniform(4, 16)))
        for r in range(SIDE)
        for c in range(SIDE)
        for a, b in [(_name(r, c), _name(r, c + 1)), (_name(r, c), _name(r + 1, c))]
        if b in low
    ]
    lines += [
        toy.line(f"{a}-{b}", a, b, 300.0, x_ohm=float(rng.uniform(5, 12)), vn_kv=220.0)
        for a, b in zip(high, [*high[1:], high[0]])
    ]
    lines.append(toy.line("heat", "heat", "n44", 150.0))
    feet = [_name(r, c) for r in (1, 4, 7) for c in (2, 5, 8)]
    here = {"county": "county"}
    wind = {"max_p_mw": 260.0, "site": "s", "turbine": "t", "hub_height_m": 100.0, **here}
    network = toy.network(
        bus=[*(toy.bus(b) for b in [*low, "heat"]), *(toy.bus(b, 220.0) for b in high)],
        line=lines,
        trafo=[
            {
                "name": f"{h}#1",
                "station": h,
                **here,
                "hv_bus": h,
                "lv_bus": foot,
                "sn_mva": TRAFO_MVA,
                "vn_hv_kv": 220.0,
                "vn_lv_kv": 110.0,
                "vk_percent": TRAFO_X_PERCENT,
                "vkr_percent": 0.0,
                "pfe_kw": 0.0,
                "i0_percent": 0.0,
                "tap_min": -8,
                "tap_max": 8,
                "tap_step_percent": 1.25,
                "tap_pos": 0,
            }
            for h, foot in zip(high, feet)
        ],
        demand=[{"name": "d", "peak_mw": 1000.0, "energy_gwh": 1.0}],
        load=[{"name": f"L{b}", "bus": b, **here, "demand": "d", "max_p_mw": float(rng.uniform(4, 16))} for b in low],
        wind=[{"name": f"W{b}", "bus": b, **wind} for b in ("n00", "n09", "n33", "n90", "h4")],
        thermal=[
            {
                "name": f"C{b}",
                "bus": b,
                **here,
                "carrier": "coal",
                "max_p_mw": full,
                "min_p_pu": 0.0,
                "must_run": True,
                "cost_cny_per_mwh": cost,
            }
            for b, full, cost in (
                ("h0", 500.0, 310.0),
                ("n66", 500.0, 290.0),
                ("n99", 500.0, 420.0),
                ("heat", asked.heat_mw, asked.heat_cny_per_mwh),
            )
        ],
        pumped_storage=[
            {
                "name": "P",
                "bus": "h4",
                **here,
                "max_p_mw": 120.0,
                "max_pump_mw": 110.0,
                "energy_mwh": 500.0,
                "efficiency_pump_percent": 88.0,
                "efficiency_turbine_percent": 90.0,
            }
        ],
        battery=[
            {
                "name": "B",
                "bus": "n09",
                **here,
                "max_p_mw": 30.0,
                "energy_mwh": 60.0,
                "min_soc_percent": 10.0,
                "max_soc_percent": 95.0,
                "efficiency_charge_percent": 95.0,
                "efficiency_discharge_percent": 94.0,
            }
        ],
    )
    day = np.sin(np.arange(asked.hours) * 2 * np.pi / 24)
    profiles = toy.profiles(
        network,
        asked.hours,
        available={
            r.name: r.max_p_mw * np.clip(0.5 - 0.45 * day + rng.normal(0, 0.15, asked.hours), 0.0, 1.0)
            for r in network["wind"].itertuples()
        },
        demand={r.name: r.max_p_mw * (0.75 + 0.2 * day + rng.uniform(0, 0.05)) for r in network["load"].itertuples()},
    )
    return network, profiles


def _add_store(
    n, row, charge_mw: float, discharge_mw: float, eta: tuple[float, float], band: tuple[float, float], wear: float
):
    """A bus of stored energy between two links; the band of energy closes on the start at the end of the window."""
    low, high = band[0] * row.energy_mwh, band[1] * row.energy_mwh
    first = 0.5 * (low + high)
    least, most = (np.full(len(n.snapshots), edge / row.energy_mwh) for edge in (low, high))
    least[-1] = most[-1] = first / row.energy_mwh
    n.add("Bus", f"{row.name} store")
    n.add("Link", f"{row.name} in", bus0=row.bus, bus1=f"{row.name} store", p_nom=charge_mw, efficiency=eta[0])
    n.c.links.static.loc[f"{row.name} in", "marginal_cost"] = wear
    n.add(
        "Link",
        f"{row.name} out",
        bus0=f"{row.name} store",
        bus1=row.bus,
        p_nom=discharge_mw / eta[1],
        efficiency=eta[1],
    )
    n.add(
        "Store",
        row.name,
        bus=f"{row.name} store",
        e_nom=row.energy_mwh,
        e_initial=first,
        e_min_pu=least,
        e_max_pu=most,
    )


@dataclass(frozen=True)
class Oracle:
    objective_cny: float
    prices: np.ndarray
    curtailed_mwh: float


def by_pypsa(network: Network, p: Profiles, penalties: Penalties) -> Oracle:
    curtailment, wear = penalties.curtailment_cny_per_mwh, penalties.storage_wear_cny_per_mwh
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pypsa

        logging.getLogger("pypsa").setLevel(logging.ERROR)
        logging.getLogger("linopy").setLevel(logging.ERROR)
        n = pypsa.Network(snapshots=p.index.tz_localize(None))
        for r in network["bus"].itertuples():
            n.add("Bus", r.name, v_nom=r.vn_kv)
        vn = network["bus"].set_index("name")["vn_kv"]
        for r in network["line"].itertuples():
            rating = np.sqrt(3.0) * vn[r.from_bus] * r.max_i_spring_ka
            n.add("Line", r.name, bus0=r.from_bus, bus1=r.to_bus, x=r.x_ohm_per_km * r.length_km, s_nom=rating)
        for r in network["trafo"].itertuples():
            n.add("Transformer", r.name, bus0=r.hv_bus, bus1=r.lv_bus, x=r.vk_percent / 100.0, s_nom=r.sn_mva)
        for r in network["load"].itertuples():
            n.add("Load", r.name, bus=r.bus, p_set=p.demand_mw[r.name].to_numpy())
        for r in network["wind"].itertuples():
            pu = p.available_mw[r.name].to_numpy() / r.max_p_mw
            n.add("Generator", r.name, bus=r.bus, p_nom=r.max_p_mw, p_max_pu=pu, marginal_cost=-curtailment)
        for r in network["thermal"].itertuples():
            n.add("Generator", r.name, bus=r.bus, p_nom=r.max_p_mw, marginal_cost=r.cost_cny_per_mwh)
        for r in network["pumped_storage"].itertuples():
            eta = r.efficiency_pump_percent / 100, r.efficiency_turbine_percent / 100
            _add_store(n, r, r.max_pump_mw, r.max_p_mw, eta, (0.0, 1.0), wear)
        for r in network["battery"].itertuples():
            eta = r.efficiency_charge_percent / 100, r.efficiency_discharge_percent / 100
            band = r.min_soc_percent / 100, r.max_soc_percent / 100
            _add_store(n, r, r.max_p_mw, r.max_p_mw, eta, band, wear)
        status, condition = n.optimize(solver_name="highs", log_to_console=False, include_objective_constant=False)
    assert (status, condition) == ("ok", "optimal")
    available = p.available_mw.to_numpy().sum()
    used = n.c.generators.dynamic.p[list(p.available_mw)].to_numpy().sum()
    prices = n.c.buses.dynamic.marginal_price[list(network["bus"]["name"])].to_numpy()
    return Oracle(float(n.objective) + curtailment * available, prices, available - used)


@pytest.fixture(scope="module", params=QUESTIONS)
def asked(request) -> Question:
    return QUESTIONS[request.param]


@pytest.fixture(scope="module")
def case(asked) -> tuple[Network, Profiles]:
    return lattice(asked)


@pytest.fixture(scope="module")
def oracle(asked, case) -> Oracle:
    pytest.importorskip("pypsa")
    return by_pypsa(*case, asked.options.penalties)


@pytest.fixture(scope="module", params=["vertex", "unique"])
def dispatch(asked, case, request) -> Dispatch:
    return solve_dispatch(*case, options=replace(asked.options, share=request.param))


def test_the_case_is_hard_enough(case, dispatch, oracle):
    """A mesh of 110 buses, three binding branches and more, both stores full and empty, prices below zero."""
    network, _ = case
    assert len(network["bus"]) >= 100
    assert len(network["line"]) + len(network["trafo"]) - len(network["bus"]) + 1 >= 80, "loops"
    priced = dispatch.binding[dispatch.binding["dual_cny_per_mwh"].abs() > 1.0]
    assert priced["element"].nunique() >= 3
    assert dispatch.role("unserved").to_numpy().max() == 0.0
    assert not len(dispatch.unavoidable)
    assert dispatch.windows["direction_fixes"].sum() == 0
    assert len(dispatch.windows) == 1
    assert oracle.prices.min() < -1.0
    assert oracle.curtailed_mwh > 100.0
    for row, low, high in ((network["pumped_storage"].iloc[0], 0.0, 1.0), (network["battery"].iloc[0], 0.10, 0.95)):
        energy = dispatch.energy_mwh[row["name"]]
        assert energy.min() == pytest.approx(low * row["energy_mwh"], abs=1e-4)
        assert energy.max() == pytest.approx(high * row["energy_mwh"], abs=1e-4)


def test_cost_equals_that_of_pypsa(dispatch, oracle):
    assert dispatch.windows["objective_cny"].iloc[0] == pytest.approx(oracle.objective_cny, rel=1e-6)
    assert dispatch.cost_cny == pytest.approx(oracle.objective_cny, rel=1e-6)


def test_curtailed_energy_equals_that_of_pypsa(asked, case, dispatch, oracle):
    """A price of 1e-4 less on curtailment gives the most that an optimum can cut, 1e-4 more the least.

    With penalties the two are one (coal costs more than cutting, stores pay wear), so the totals are equal.  In plain
    mode a store may turn a free surplus into loss or leave it, some tenths of a per cent: both stay below the most.
    """
    here = dispatch.role("curtailed").to_numpy().sum()
    most = _curtailed(case, asked, -1e-4)
    assert 0.99 * most <= min(here, oracle.curtailed_mwh) <= max(here, oracle.curtailed_mwh) <= most + 0.05
    if asked.options is PENALISED:
        assert most - _curtailed(case, asked, 1e-4) < 0.05
        assert here == pytest.approx(oracle.curtailed_mwh, abs=0.05)


def _curtailed(case: tuple[Network, Profiles], asked: Question, dearer: float) -> float:
    """Curtailed energy of the optimum with another price of curtailment. [MWh]"""
    price = asked.options.penalties.curtailment_cny_per_mwh + dearer
    penalties = replace(asked.options.penalties, curtailment_cny_per_mwh=price)
    dispatch = solve_dispatch(*case, options=replace(asked.options, share="vertex", penalties=penalties))
    return float(dispatch.role("curtailed").to_numpy().sum())

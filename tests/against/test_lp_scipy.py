"""Cost of the dispatch against a second formulation, written from the definitions alone.

Here voltage angles are variables, every limit of every hour is a row from the start, nothing is merged, and the
program is built by hand and solved by ``scipy.optimize.linprog``.  In gridsim angles are gone (PTDF), limits appear
when they are violated, columns of one bus are merged, and the share step moves the schedule after the optimum.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import grids
import numpy as np
import pytest
import scipy.sparse as sp
import toy
from scipy.optimize import linprog

from gridsim.dispatch import Dispatch, solve_dispatch
from gridsim.network import Network
from gridsim.options import DispatchOptions, Penalties, StorageOptions
from gridsim.profiles import Profiles

POWER_FACTOR = 0.9
PRICES = Penalties()
OPTIONS = DispatchOptions(
    window_h=24,
    step_h=24,
    rating_power_factor_pu=POWER_FACTOR,
    penalties=PRICES,
    outage_limits=False,
    storage=StorageOptions(pumping="relaxed"),  # a linear program on both sides
)
HERE = {"county": "county"}


@dataclass
class Program:
    """min c'x, A x = b, G x <= h, lower <= x <= upper: grown variable by variable and row by row."""

    cost: list[float] = field(default_factory=list)
    bounds: list[tuple[float, float]] = field(default_factory=list)
    equal: list[tuple[dict[int, float], float]] = field(default_factory=list)
    most: list[tuple[dict[int, float], float]] = field(default_factory=list)

    def variable(self, low: float, high: float, cost: float = 0.0) -> int:
        self.cost.append(cost)
        self.bounds.append((low, high))
        return len(self.cost) - 1

    def within(self, row: dict[int, float], low: float, high: float) -> None:
        self.most += [(row, high), ({k: -v for k, v in row.items()}, -low)]

    def _matrix(self, rows: list[tuple[dict[int, float], float]]) -> tuple[sp.csr_array, list[float]]:
        i, j, v = zip(*((n, k, x) for n, (row, _) in enumerate(rows) for k, x in row.items()))
        return sp.csr_array((v, (i, j)), shape=(len(rows), len(self.cost))), [right for _, right in rows]

    def solve(self, cost: list[float] | np.ndarray | None = None) -> tuple[float, np.ndarray]:
        (a, b), (g, h) = self._matrix(self.equal), self._matrix(self.most)
        found = linprog(self.cost if cost is None else cost, A_ub=g, b_ub=h, A_eq=a, b_eq=b, bounds=self.bounds)
        assert found.status == 0, found.message
        return found.fun, found.x


def susceptance_mw_per_rad(network: Network) -> list[tuple[str, str, str, float, float]]:
    """Branches as (name, from, to, b, limit): b = V^2 / X for lines, sn / x for transformers of nominal ratio."""
    vn = network["bus"].set_index("name")["vn_kv"]
    out = []
    for r in network["line"].itertuples():
        limit = np.sqrt(3.0) * vn[r.from_bus] * r.max_i_spring_ka * POWER_FACTOR
        out.append((r.name, r.from_bus, r.to_bus, vn[r.from_bus] ** 2 / (r.x_ohm_per_km * r.length_km), limit))
    for r in network["trafo"].itertuples():
        x = np.sqrt(r.vk_percent**2 - r.vkr_percent**2) / 100.0
        out.append((r.name, r.hv_bus, r.lv_bus, r.sn_mva / x, r.sn_mva * POWER_FACTOR))
    return out


def after_outages(
    program: Program, network: Network, row: dict[str, dict[int, float]], right: dict[str, float]
) -> None:
    """The same injections without each branch in turn: angles of their own, flows inside the short-time ratings."""
    factor = {r.name: r.emergency_factor_pu for table in ("line", "trafo") for r in network[table].itertuples()}
    every = susceptance_mw_per_rad(network)
    for lost, *_ in every:
        if lost == "low#1":  # the only way to its bus
            continue
        angle = {b: program.variable(-np.inf, np.inf) for b in row}
        program.bounds[angle[next(iter(row))]] = (0.0, 0.0)
        balance = {b: dict(values) for b, values in row.items()}
        for name, a, b, value, limit in every:
            if name == lost:
                continue
            flow = {angle[a]: value, angle[b]: -value}
            program.within(flow, -limit * factor[name], limit * factor[name])
            for bus, sign in ((a, -1.0), (b, 1.0)):
                for k, v in flow.items():
                    balance[bus][k] = balance[bus].get(k, 0.0) + sign * v
        program.equal += [(balance[b], right[b]) for b in row]


def angle_program(network: Network, p: Profiles, cyclic: bool, *, outages: bool = False) -> tuple[Program, list[int]]:
    """The whole dispatch with everything on and nothing shed; also the numbers of the curtailment variables."""
    step_h = (p.index[1] - p.index[0]).total_seconds() / 3600.0
    program, curtailed = Program(), []
    links = network["area_link"].set_index("bus")["share_pu"]
    stores = [
        (r, 100.0, 0.0, r.max_pump_mw, r.max_p_mw, r.efficiency_pump_percent / 100, r.efficiency_turbine_percent / 100)
        for r in network["pumped_storage"].itertuples()
    ] + [
        (
            r,
            r.max_soc_percent,
            r.min_soc_percent,
            r.max_p_mw * r.availability_pu,
            r.max_p_mw * r.availability_pu,
            r.efficiency_charge_percent / 100,
            r.efficiency_discharge_percent / 100,
        )
        for r in network["battery"].itertuples()
    ]
    energy = {r.name: [] for r, *_ in stores}
    released = {r.name: {} for r in network["hydro"].itertuples()}
    for t in range(len(p.index)):
        row: dict[str, dict[int, float]] = {b: {} for b in network["bus"]["name"]}
        right = dict.fromkeys(row, 0.0)

        def at(unit, value, number=None, row=row, right=right):
            """Put an injection at the unit's bus, or at the boundary buses of its area."""
            places = {unit.bus: 1.0} if isinstance(unit.bus, str) else links.to_dict()
            for bus, part in places.items():
                if number is None:
                    right[bus] -= part * value
                else:
                    row[bus][number] = part * value

        for r in network["load"].itertuples():
            at(r, -p.demand_mw[r.name].iloc[t])
        for r in network["wind"].itertuples():
            a = p.available_mw[r.name].iloc[t]
            c = program.variable(0.0, a * r.controllable_pu, PRICES.curtailment_cny_per_mwh * step_h)
            curtailed.append(c)
            at(r, a)
            at(r, -1.0, c)
        for r in network["thermal"].itertuples():
            net_mw = r.max_p_mw * (1.0 - r.auxiliary_percent / 100.0) * r.availability_pu
            at(r, 1.0, program.variable(r.min_p_pu * net_mw, net_mw, r.cost_cny_per_mwh * step_h))
        for r in network["external"].itertuples():
            schedule = p.schedule_mw[r.name].iloc[t]
            flexible = schedule * r.flexibility_pu
            at(r, schedule)
            at(r, -1.0, program.variable(0.0, flexible, PRICES.import_reduction_cny_per_mwh * step_h))
            at(r, -1.0, program.variable(0.0, schedule - flexible, PRICES.import_cut_cny_per_mwh * step_h))
        for r in network["hydro"].itertuples():
            low, high = p.hydro_min_mw[r.name].iloc[t], p.hydro_max_mw[r.name].iloc[t]
            water = program.variable(low, high)
            released[r.name][water] = step_h
            at(r, 1.0, water)
            at(r, -1.0, program.variable(0.0, high, PRICES.hydro_spill_cny_per_mwh * step_h))
        for r, top, bottom, charge_mw, discharge_mw, eta_in, eta_out in stores:
            low, high = r.energy_mwh * bottom / 100.0, r.energy_mwh * top / 100.0
            first = low + 0.5 * (high - low)
            last = t == len(p.index) - 1
            charge = program.variable(
                0.0, charge_mw, 1.05 * PRICES.hydro_spill_cny_per_mwh * (1 - eta_in * eta_out) * step_h
            )
            discharge = program.variable(0.0, discharge_mw)
            e = program.variable(*((first, first) if last and cyclic else (low, high)))
            if last:
                program.cost[e] = -PRICES.stored_energy_value_cny_per_mwh
            before = energy[r.name][-1] if energy[r.name] else None
            recursion = {e: 1.0, charge: -eta_in * step_h, discharge: step_h / eta_out}
            if before is not None:
                recursion[before] = -1.0
            program.equal.append((recursion, first if before is None else 0.0))
            energy[r.name].append(e)
            at(r, -1.0, charge)
            at(r, 1.0, discharge)
        if outages:
            after_outages(program, network, row, right)
        flow: dict[str, dict[int, float]] = {}
        angle = {b: program.variable(-np.inf, np.inf) for b in row}
        program.bounds[angle[next(iter(row))]] = (0.0, 0.0)
        for name, a, b, value, limit in susceptance_mw_per_rad(network):
            flow[name] = {angle[a]: value, angle[b]: -value}
            program.within(flow[name], -limit, limit)
            for bus, sign in ((a, -1.0), (b, 1.0)):
                for k, v in flow[name].items():
                    row[bus][k] = row[bus].get(k, 0.0) + sign * v
        for s in network["section"].itertuples():
            total: dict[int, float] = {}
            for part in network["section_branch"].query("section == @s.name").itertuples():
                for k, v in flow[part.element].items():
                    total[k] = total.get(k, 0.0) + part.weight_pu * v
            program.within(total, s.min_p_mw, s.max_p_mw)
        program.equal += [(row[b], right[b]) for b in row]
    for name, waters in released.items():
        left = program.variable(0.0, np.inf, PRICES.hydro_spill_cny_per_mwh)
        program.equal.append(({**waters, left: 1.0}, p.hydro_energy_mwh[name].iloc[0]))
    return program, curtailed


def random_system(seed: int) -> tuple[Network, Profiles]:
    """A meshed city of six 110 kV buses and a transformer, the rest behind a two-circuit tie with a section limit."""
    rng = np.random.default_rng(seed)
    steps, freq = ((24, "1h"), (96, "15min"))[seed % 4 == 3]
    rings = ["b1", "b2", "b3", "b4", "b5", "b6"]
    ends = [*zip(rings, [*rings[1:], "b1"]), ("b1", "b4"), ("b2", "x1"), ("b5", "x2"), ("x1", "x2")]
    network = toy.network(
        bus=[*(toy.bus(b) for b in rings), toy.bus("low", 10.0), toy.bus("x1"), toy.bus("x2")],
        line=[
            toy.line(f"{a}-{b}", a, b, float(rng.uniform(25, 70)), x_ohm=float(rng.uniform(4, 20)))
            if {a, b} != {"x1", "x2"}
            else toy.line("x1-x2", a, b)
            for a, b in ends
        ],
        trafo=[
            {
                **grids.TRAFO,
                **HERE,
                "name": "low#1",
                "station": "b3",
                "hv_bus": "b3",
                "lv_bus": "low",
                "sn_mva": 45.0,
                "vn_lv_kv": 10.0,
                "pfe_kw": 0.0,
                "i0_percent": 0.0,
            }
        ],
        area=[{"name": "city", "kind": "detailed"}, {"name": "rest", "kind": "node"}],
        area_link=[{"area": "rest", "bus": b, "share_pu": s} for b, s in (("x1", 0.7), ("x2", 0.3))],
        section=[{"name": "tie", "max_p_mw": 70.0, "min_p_mw": -60.0, "kind": "tie"}],
        section_branch=[
            {"section": "tie", "element_type": "line", "element": e, "weight_pu": 1.0} for e in ("b2-x1", "b5-x2")
        ],
        demand=[{"name": "d", "peak_mw": 100.0, "energy_gwh": 1.0}],
        load=[
            *({"name": f"L{b}", "bus": b, **HERE, "demand": "d", "max_p_mw": 25.0} for b in (*rings[:5], "low")),
            {"name": "Lrest", "area": "rest", "demand": "d", "max_p_mw": 400.0},
        ],
        wind=[
            *(
                {
                    "name": f"W{b}",
                    "bus": b,
                    **HERE,
                    "max_p_mw": 90.0,
                    "site": "s",
                    "turbine": "t",
                    "hub_height_m": 90.0,
                    "controllable_pu": 1.0 if b != "b4" else 0.6,
                }
                for b in ("b1", "b4", "b6", "low")
            ),
            {"name": "Wrest", "area": "rest", "max_p_mw": 300.0, "site": "s", "turbine": "t", "hub_height_m": 90.0},
        ],
        thermal=[
            {
                "name": f"C{k}",
                **place,
                "carrier": "coal",
                "max_p_mw": size,
                "min_p_pu": least,
                "cost_cny_per_mwh": float(rng.uniform(250, 400)),
                "auxiliary_percent": 6.0,
                "availability_pu": 0.95,
                "must_run": True,
            }
            for k, (place, size, least) in enumerate(
                [
                    ({"bus": "b2", **HERE}, 150.0, 0.3),
                    ({"bus": "b5", **HERE}, 80.0, 0.0),
                    ({"area": "rest"}, 600.0, 0.25),
                ]
            )
        ],
        external=[{"name": "HVDC", "area": "rest", "max_p_mw": 100.0, "energy_gwh": 1.0, "flexibility_pu": 0.4}],
        hydro=[{"name": "H", "bus": "b6", **HERE, "kind": "reservoir", "max_p_mw": 30.0}],
        pumped_storage=[
            {
                "name": "P",
                "bus": "b2",
                **HERE,
                "max_p_mw": 50.0,
                "max_pump_mw": 45.0,
                "energy_mwh": 150.0,
                "efficiency_pump_percent": 89.0,
                "efficiency_turbine_percent": 87.0,
            }
        ],
        battery=[
            {
                "name": "B",
                "area": "rest",
                "max_p_mw": 40.0,
                "energy_mwh": 80.0,
                "min_soc_percent": 10.0,
                "max_soc_percent": 90.0,
                "availability_pu": 0.97,
                "efficiency_charge_percent": 94.0,
                "efficiency_discharge_percent": 95.0,
            }
        ],
    )
    windy = rng.uniform(0, 1, (5, steps)) * (1.0 + np.sin(np.arange(steps) * 2 * np.pi / steps)) / 2
    profiles = toy.profiles(
        network,
        steps,
        freq=freq,
        available={r.name: r.max_p_mw * windy[k] for k, r in enumerate(network["wind"].itertuples())},
        demand={r.name: r.max_p_mw * rng.uniform(0.5, 1.0, steps) for r in network["load"].itertuples()},
        schedule={"HVDC": rng.uniform(40, 100, steps)},
        hydro_min={"H": 2.0},
        hydro_max={"H": 30.0},
        hydro_energy={"H": float(rng.uniform(150, 500))},
    )
    return network, profiles


def objective(d: Dispatch, network: Network, p: Profiles) -> float:
    """What the window minimises, added up from the schedule: prices, stored energy at its value, water left out."""
    step_h = (p.index[1] - p.index[0]).total_seconds() / 3600.0
    stored = PRICES.stored_energy_value_cny_per_mwh * d.energy_mwh.iloc[-1].sum()
    left = p.hydro_energy_mwh["H"].iloc[0] - d.role("released").to_numpy().sum() * step_h
    return d.cost_cny - stored + PRICES.hydro_spill_cny_per_mwh * left


#: drawn systems in which several limits bind, all limits can be met and no store needs a direction
SEEDS = (1, 2, 3, 5, 8, 9, 11, 12, 14, 15)


@pytest.mark.parametrize("seed", SEEDS)
def test_cost_equals_that_of_the_angle_formulation(seed):
    network, p = random_system(seed)
    cyclic = seed % 2 == 0
    program, curtailed = angle_program(network, p, cyclic)
    best, x = program.solve()
    options = replace(OPTIONS, final_state="cyclic" if cyclic else "free")
    step_h = (p.index[1] - p.index[0]).total_seconds() / 3600.0
    for share in ("vertex", "unique"):
        d = solve_dispatch(network, p, options=replace(options, share=share))
        assert d.role("unserved").to_numpy().max() == 0.0
        assert d.windows["direction_fixes"].sum() == 0, "an integer decision: not the same problem"
        assert not len(d.unavoidable)
        assert d.windows["objective_cny"].iloc[0] == pytest.approx(best, rel=1e-6)
        assert objective(d, network, p) == pytest.approx(best, rel=1e-6)
        # curtailed energy: equal where the optimum decides it, else between its bounds on the optimal face
        face = replace(program, most=[*program.most, (dict(enumerate(program.cost)), best + 1e-7 * abs(best))])
        weight = np.zeros(len(x))
        weight[curtailed] = step_h
        least, most = face.solve(weight)[0], -face.solve(-weight)[0]
        assert least - 0.05 <= d.role("curtailed").to_numpy().sum() * step_h <= most + 0.05
        assert most - least < 0.05 * most, "the optimum does not decide how much is curtailed: nothing is tested"
    limited = d.binding[d.binding["dual_cny_per_mwh"].abs() > 1e-3]
    assert limited["element"].nunique() >= 2, "too few limits bind: the network is not tested"


def strong_after_outages(seed: int, factor: float) -> tuple[Network, Profiles]:
    """A random system whose lines may carry more for a short time; six hours of it."""
    network, p = random_system(seed)
    line = network["line"].assign(emergency_factor_pu=factor)
    p = replace(
        p,
        **{
            k: v.iloc[:6] if len(v) > 1 else v
            for k, v in vars(p).items()
            if k.endswith(("_mw", "_pu")) and hasattr(v, "iloc")
        },
        index=p.index[:6],
    )
    return network.with_table("line", line), p


#: systems in which outages bind, all limits can be met and no store needs a direction
@pytest.mark.parametrize("seed", [2, 5, 8, 9, 12])
@pytest.mark.parametrize("factor", [1.2, 1.4])
def test_cost_with_outages_equals_that_of_the_program_that_removes_each_branch(seed, factor):
    """N-1 by distribution factors and lazy rows, against one network per outage with every limit a row."""
    network, p = strong_after_outages(seed, factor)
    best, _ = angle_program(network, p, False, outages=True)[0].solve()
    alone, _ = angle_program(network, p, False)[0].solve()
    options = replace(OPTIONS, window_h=6, step_h=6, final_state="free", outage_limits=True)
    for share in ("vertex", "unique"):
        d = solve_dispatch(network, p, options=replace(options, share=share))
        assert d.windows["direction_fixes"].sum() == 0, "an integer decision: not the same problem"
        assert not len(d.unavoidable)
        assert d.windows["objective_cny"].iloc[0] == pytest.approx(best, rel=1e-6)
    assert best > alone * (1 + 1e-5), "no outage costs anything: nothing is tested"
    assert (d.binding["outage"] != "").any()

"""A year of AC power flow on Yueyang 2030 by several engines, same hours: ``python tests/bench/bench_ac.py``.

Every engine gets the same 8,760 random operating points (all devices at random, voltage-holding plants always on,
because not every engine can switch them by the hour) and is checked against gridsim's voltages.  Engines that are
not installed are left out; the best of five runs counts.  The pandapower time series runs ``--steps`` steps and is
scaled up.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

HERE = Path(__file__).parents[1]
sys.path.insert(0, str(HERE))

from grids import random_operation  # noqa: E402

from gridsim.ac import HourlyControl, Positions, check_ac, season_of, seasonal_positions  # noqa: E402
from gridsim.ac.reduction import admittance_matrix  # noqa: E402
from gridsim.electrical import BASE_MVA, branches, shunts  # noqa: E402
from gridsim.network import read_network  # noqa: E402

HOURS = 8760


class Task:
    """Network, operating points and gridsim's own solution, which the other engines start from and are checked with."""

    def __init__(self) -> None:
        self.network = read_network(HERE.parent / "networks" / "yueyang", "2030")
        self.given = random_operation(self.network, HOURS, seed=1)
        self.given["v_set"] = {b: float(np.nanmax(v)) for b, v in self.given["v_set"].items()}
        self.model, self.banks = branches(self.network), shunts(self.network)
        self.positions = Positions(
            ("tables",), self.model.tap_pos[None], np.zeros((1, len(self.banks.name)), int), np.zeros(HOURS, int)
        )
        self.vm_pu = check_ac(self.network, **self.given, positions=self.positions).vm_pu
        names = list(self.network["bus"]["name"])
        self.held = [names.index(b) for b in self.given["v_set"]]
        self.v_held = np.array(list(self.given["v_set"].values()))
        self.slack = {names.index(b): w for b, w in self.given["slack_bus"].items()}


def best_s(function: Callable[[], object], repeat: int = 5) -> tuple[float, object]:
    times = []
    for _ in range(repeat):
        start = time.perf_counter()
        result = function()
        times.append(time.perf_counter() - start)
    return min(times), result


def own(task: Task, *, workers: int | None = None) -> tuple[float, float]:
    seconds, state = best_s(
        lambda: check_ac(task.network, **task.given, positions=task.positions, workers=workers), repeat=5
    )
    assert state.converged.all()
    return seconds, float(np.abs(state.vm_pu - task.vm_pu).max())


def own_with_positions(task: Task) -> tuple[float, float]:
    """Twelve classes of hours with tap and bank positions of their own, chosen and solved."""
    index = task.given["index"]
    label = np.char.add(season_of(index).astype(str), (index.hour.to_numpy() // 6).astype(str))

    def run() -> object:
        heavy = np.zeros(HOURS, dtype=bool)
        positions = seasonal_positions(task.network, **task.given, label=label, heavy=heavy)
        return check_ac(task.network, **task.given, positions=positions)

    seconds, _ = best_s(run)
    return seconds, np.nan


def own_at_rest(task: Task) -> tuple[float, float]:
    """The same classes as a start; taps and banks follow their dead bands by the hour, plants stay in their range."""
    index = task.given["index"]
    label = np.char.add(season_of(index).astype(str), (index.hour.to_numpy() // 6).astype(str))
    table = task.network["thermal"].set_index("bus")["max_p_mw"].groupby(level=0).sum()
    ranges = {b: (-0.25 * table.get(b, 40.0), 0.45 * table.get(b, 40.0)) for b in task.given["v_set"]}
    ranges = {b: r for b, r in ranges.items() if b not in task.given["slack_bus"]}

    def run() -> object:
        heavy = np.zeros(HOURS, dtype=bool)
        given = {**task.given, "q_range": ranges}
        positions = seasonal_positions(task.network, **given, label=label, heavy=heavy)
        return check_ac(task.network, **given, positions=positions, control=HourlyControl(heavy=heavy))

    seconds, state = best_s(run)
    settled = (state.unsettled == "") & state.converged
    print(f"   at rest {100 * settled.mean():.1f} % of the hours, {len(np.unique(state.positions.pattern))} patterns, "
          f"{(state.at_limit != 0).any(axis=1).mean():.0%} of the hours with a reactive limit")
    return seconds, np.nan


def matpower_case(task: Task) -> dict[str, np.ndarray]:
    """The same admittance matrix as bus, branch and generator matrices: shunt parts of the branches go to the buses."""
    model, n = task.model, len(task.model.nodes)
    series = admittance_matrix(model, task.banks, np.zeros(len(task.banks.name)))
    bus = np.zeros((n, 13))
    bus[:, 0], bus[:, 1], bus[:, 6:8], bus[:, 9], bus[:, 10] = np.arange(1, n + 1), 1, 1, model.nodes.vn_kv, 1
    bus[:, 11], bus[:, 12] = 1.2, 0.8
    bus[task.held, 1] = 2
    bus[next(iter(task.slack)), 1] = 3
    branch = np.zeros((len(model), 13))
    branch[:, 0], branch[:, 1] = model.from_node + 1, model.to_node + 1
    branch[:, 2], branch[:, 3], branch[:, 8], branch[:, 10] = model.r_pu, model.x_pu, model.ratio_pu, 1
    y = 1 / (model.r_pu + 1j * model.x_pu)
    rest = np.asarray(series.sum(axis=1)).ravel()
    for f, t, a, k in zip(model.from_node, model.to_node, y, model.ratio_pu):
        rest[f] -= a / k**2 - a / k
        rest[t] -= a - a / k
    bus[:, 4], bus[:, 5] = rest.real * BASE_MVA, rest.imag * BASE_MVA
    gen = np.zeros((len(task.held), 21))
    gen[:, 0], gen[:, 3], gen[:, 4] = np.array(task.held) + 1, 9999, -9999
    gen[:, 5], gen[:, 6], gen[:, 7], gen[:, 8] = task.v_held, BASE_MVA, 1, 9999
    return {"bus": bus, "branch": branch, "gen": gen, "baseMVA": BASE_MVA}


def lightsim(task: Task) -> tuple[float, float]:
    """InjectionSweepCPP, two threads: loads carry the injections, one per bus."""
    import lightsim2grid.lightsim2grid_cpp as cpp
    from lightsim2grid.network import init_from_matpower

    case, n_bus = matpower_case(task), len(task.network["bus"])
    case["bus"][:n_bus, 2], case["bus"][:n_bus, 3] = 1.0, 1.0  # a load at every bus
    grid = init_from_matpower(case)
    generators = [g.bus_id for g in grid.get_generators()]
    for number, bus in enumerate(generators):
        if bus in task.slack:
            grid.add_gen_slackbus(number, task.slack[bus])
    loads = [load.bus_id for load in grid.get_loads()]
    p, q = (np.ascontiguousarray(-task.given[k][:, loads]) for k in ("p_mw", "q_mvar"))
    none, start = np.zeros((HOURS, 0)), np.ones(len(task.model.nodes), dtype=complex)
    produced = np.zeros((HOURS, len(generators)))

    def run() -> object:
        sweep = cpp.InjectionSweepCPP(grid)
        sweep.nb_thread = 2
        sweep.compute_Vs(produced, none, p, q, start.copy(), 20, 1e-8)
        return np.abs(np.asarray(sweep.get_voltages()))

    seconds, vm_pu = best_s(run)
    return seconds, float(np.abs(vm_pu[:, :n_bus] - task.vm_pu).max())


def power_grid_model(task: Task, method: str) -> tuple[float, float]:
    """Batch of two threads; it has no voltage-holding nodes, so every bus gets the Q and slack that gridsim found."""
    from power_grid_model import PowerGridModel, initialize_array

    state = check_ac(task.network, **task.given, positions=task.positions)
    p, q = task.given["p_mw"].copy(), task.given["q_mvar"].copy()
    q[:, task.held] += state.q_holder_mvar
    for bus, weight in task.slack.items():
        p[:, bus] += weight / sum(task.slack.values()) * state.slack_mw
    model, n_bus, n = task.model, len(task.network["bus"]), len(task.model.nodes)
    case, reference = matpower_case(task), next(iter(task.slack))

    def table(kind: str, count: int, first: int, **values: object) -> np.ndarray:
        rows = initialize_array("input", kind, count)
        rows["id"] = first + np.arange(count)
        for key, value in values.items():
            rows[key] = value
        return rows

    base = model.nodes.vn_kv**2 / BASE_MVA
    z = base[model.to_node]
    data = {
        "node": table("node", n, 0, u_rated=model.nodes.vn_kv * 1e3),
        "generic_branch": table(
            "generic_branch",
            len(model),
            10000,
            from_node=model.from_node,
            to_node=model.to_node,
            from_status=1,
            to_status=1,
            r1=model.r_pu * z,
            x1=model.x_pu * z,
            g1=0.0,
            b1=0.0,
            k=model.ratio_pu,
            theta=0.0,
            sn=1e8,
        ),
        "shunt": table(
            "shunt",
            n,
            20000,
            node=np.arange(n),
            status=1,
            g1=case["bus"][:, 4] / BASE_MVA / base,
            b1=case["bus"][:, 5] / BASE_MVA / base,
        ),
        "sym_gen": table(
            "sym_gen", n_bus, 30000, node=np.arange(n_bus), status=1, type=0, p_specified=0.0, q_specified=0.0
        ),
        "source": table("source", 1, 40000, node=reference, status=1, u_ref=task.v_held[0], sk=1e20),
    }
    engine = PowerGridModel(data, system_frequency=50.0)
    update = initialize_array("update", "sym_gen", (HOURS, n_bus))
    update["id"], update["p_specified"], update["q_specified"] = data["sym_gen"]["id"], p * 1e6, q * 1e6

    def run() -> object:
        return engine.calculate_power_flow(
            update_data={"sym_gen": update},
            calculation_method=method,
            threading=2,
            error_tolerance=1e-8,
            max_iterations=100,
            output_component_types={"node": ["u_pu"], "generic_branch": ["i_from", "i_to"]},
        )["node"]["u_pu"]

    seconds, vm_pu = best_s(run)
    return seconds, float(np.abs(vm_pu[:, :n_bus] - task.vm_pu).max())


def run_timeseries(task: Task, steps: int, *, distributed_slack: bool) -> tuple[float, float]:
    """pandapower's own loop with recycle and numba, scaled to a year; a single slack is its fastest setting."""
    from pandapower.timeseries import run_timeseries as loop

    options = {"distributed_slack": distributed_slack, "lightsim2grid": False, "numba": True, "verbose": False}
    net, _ = _timeseries_net(task, 2)
    loop(net, range(2), **options)  # numba compiles
    net, writer = _timeseries_net(task, steps)
    start = time.perf_counter()
    loop(net, range(steps), **options)
    seconds = (time.perf_counter() - start) * HOURS / steps
    vm_pu = np.asarray(writer.output["res_bus.vm_pu"])[:, : len(task.network["bus"])]
    return seconds, float(np.abs(vm_pu - task.vm_pu[:steps]).max())


def _timeseries_net(task: Task, steps: int) -> tuple[object, object]:
    """A net with one static generator per bus, controllers that set it, and a writer; everything is recycled."""
    from pandapower.control import ConstControl
    from pandapower.timeseries import DFData, OutputWriter

    from gridsim.interop.pandapower import hour_to_pandapower

    one = pd.Series(1.0, index=task.network["bus"]["name"].to_numpy())
    given = task.given
    net = hour_to_pandapower(task.network, p_mw=one, q_mvar=one, v_set=given["v_set"], slack_bus=given["slack_bus"])
    for column in ("p_mw", "q_mvar"):
        series = DFData(pd.DataFrame(given[column][:steps]))
        ConstControl(
            net,
            "sgen",
            column,
            element_index=net.sgen.index,
            data_source=series,
            profile_name=list(range(len(one))),
            recycle={"trafo": False, "gen": False, "bus_pq": True},
        )
    return net, OutputWriter(net, range(steps), log_variables=[("res_bus", "vm_pu"), ("res_line", "loading_percent")])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=744, help="steps of the pandapower time series")
    parser.add_argument("--own", action="store_true", help="gridsim only")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    task = Task()
    engines: dict[str, Callable[[], tuple[float, float]]] = {
        "gridsim, 2 threads": lambda: own(task, workers=2),
        "gridsim, 1 thread": lambda: own(task, workers=1),
        "gridsim, 12 classes of positions, 2 threads": lambda: own_with_positions(task),
        "gridsim, taps, banks and Q limits by the hour, 2 threads": lambda: own_at_rest(task),
        "lightsim2grid InjectionSweepCPP, 2 threads (voltages only)": lambda: lightsim(task),
        "power-grid-model newton_raphson, 2 threads": lambda: power_grid_model(task, "newton_raphson"),
        "power-grid-model iterative_current, 2 threads": lambda: power_grid_model(task, "iterative_current"),
        f"pandapower run_timeseries, recycle, numba ({arguments.steps} steps)": lambda: run_timeseries(
            task, arguments.steps, distributed_slack=True
        ),
        "the same with a single slack (its fastest setting, other result)": lambda: run_timeseries(
            task, arguments.steps, distributed_slack=False
        ),
    }
    print(f"{'engine':<64} {'s/year':>8} {'max |dV|':>9} {'peak MB':>8}")
    for name, engine in engines.items():
        if arguments.own and not name.startswith("gridsim"):
            continue
        try:
            seconds, error = engine()
        except ImportError as missing:
            print(f"{name:<64} not installed: {missing.name}")
            continue
        peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"{name:<64} {seconds:8.2f} {error:9.1e} {peak_mb:8.0f}", flush=True)


if __name__ == "__main__":
    main()

"""Timings of the dispatch on Yueyang 2030, on demand: ``python tests/bench/bench_dispatch.py [part ...]``.

Parts (all but the last two by default; ``pypsa`` needs the extra [against])::

    year     full year, 48 h windows of which 24 h are kept: where the time goes, LP + shares against LP, N-0 and N-1
    stress   wind and sun x 1.8, ratings x 0.6 but none below 1.05 x the largest flow of the demand alone
    memory   largest resident set of the rolling year, in a process of its own
    windows  other windows: cost and curtailed energy beside those of one LP over the year (``--full``)
    pypsa    plain mode against PyPSA: rolling horizon (``--windows``, scaled to the year) and one LP of 672 h
    outages  the year's exact N-1 check: distribution factors, bound over the year, the pairs that are left
    curves   time against hours and against limits in force: CSV and PNG in ``--out``

Ratios are taken on the same work in one process: processor time, the median of ``--repeat`` runs, because other
processes may hold a core, with one BLAS thread.  Wall time stands beside it.
"""

from __future__ import annotations

import argparse
import logging
import math
import resource
import statistics
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

HERE = Path(__file__).parents[1]
sys.path.insert(0, str(HERE))

from slices import some_days  # noqa: E402

import gridsim.dispatch.rolling  # noqa: E402
import gridsim.dispatch.share  # noqa: E402
from gridsim.dispatch import Dispatch, solve_dispatch  # noqa: E402
from gridsim.dispatch.security import single_outages  # noqa: E402
from gridsim.dispatch.states import ptdf  # noqa: E402
from gridsim.dispatch.window import WindowLP  # noqa: E402
from gridsim.electrical import season_of  # noqa: E402
from gridsim.lp import LinearProgram  # noqa: E402
from gridsim.network import Network  # noqa: E402
from gridsim.options import DispatchOptions  # noqa: E402
from gridsim.profiles import Profiles, make_profiles  # noqa: E402
from gridsim.recompute import flows_from_tables  # noqa: E402
from gridsim.run_year import study_drivers  # noqa: E402
from gridsim.study import read_study, study_network  # noqa: E402

STUDY = HERE.parent / "studies" / "yueyang_2030.toml"
YEAR_H = 8760
SEASON_COLUMN = {"summer": "max_i_ka", "spring": "max_i_spring_ka", "winter": "max_i_winter_ka"}


@dataclass(frozen=True)
class Task:
    """What is dispatched."""

    network: Network
    profiles: Profiles
    options: DispatchOptions

    def solve(self, **options: Any) -> Dispatch:
        """Dispatch with some options changed."""
        return solve_dispatch(self.network, self.profiles, options=replace(self.options, **options))


def yueyang() -> Task:
    study = read_study(STUDY)
    network = study_network(study)
    return Task(network, make_profiles(network, study_drivers(study, network)), study.options().dispatch)


# -- measuring -----------------------------------------------------------------------------------------


@contextmanager
def clocks(watched: dict[str, tuple[Any, str]], spent: dict[str, float]) -> Iterator[None]:
    """Add up the processor time of some functions while the block runs."""
    plain = {label: getattr(owner, name) for label, (owner, name) in watched.items()}

    def timed(label: str, function: Callable) -> Callable:
        def call(*args: Any, **kwargs: Any) -> Any:
            start = time.process_time()
            try:
                return function(*args, **kwargs)
            finally:
                spent[label] = spent.get(label, 0.0) + time.process_time() - start

        return call

    for label, (owner, name) in watched.items():
        setattr(owner, name, timed(label, plain[label]))
    try:
        yield
    finally:
        for label, (owner, name) in watched.items():
            setattr(owner, name, plain[label])


def measured(function: Callable[[], Dispatch], repeat: int) -> tuple[float, float, Dispatch]:
    """Medians of processor and wall time, and the last result. [s]"""
    cpu, wall = [], []
    for _ in range(repeat):
        start = time.process_time(), time.perf_counter()
        result = function()
        cpu.append(time.process_time() - start[0])
        wall.append(time.perf_counter() - start[1])
    return statistics.median(cpu), statistics.median(wall), result


def show(rows: list[dict]) -> None:
    print(pd.DataFrame(rows).to_string(index=False), flush=True)


def facts(dispatch: Dispatch) -> dict[str, Any]:
    """Cost, curtailment and work of a dispatch."""
    return {
        "cost_million_cny": round(dispatch.cost_cny / 1e6, 3),
        "curtailed_gwh": round(curtailed_mwh(dispatch) / 1e3, 3),
        "rows": int(dispatch.windows["network_rows"].max()),
        "limits_in_force": len(dispatch.binding),
        "iterations": int(dispatch.windows["iterations"].sum()),
    }


def curtailed_mwh(dispatch: Dispatch) -> float:
    return float(dispatch.role("curtailed").to_numpy().sum()) * dispatch.system.step_h


# -- the year ------------------------------------------------------------------------------------------

WATCHED = {
    "HiGHS": (LinearProgram, "solve"),
    "window LP": (WindowLP, "solve"),
    "shares": (gridsim.dispatch.rolling, "credited_share"),
    "PIQP": (gridsim.dispatch.share, "minimise_separable"),
}


def split(task: Task, **options: Any) -> dict[str, float]:
    """Processor time of one run by what it was spent on. [s]"""
    spent: dict[str, float] = {}
    start = time.process_time()
    with clocks(WATCHED, spent):
        task.solve(**options)
    total = time.process_time() - start
    s = {label: spent.get(label, 0.0) for label in WATCHED}
    return {
        "window LP, HiGHS": s["HiGHS"],
        "window LP, assembly": s["window LP"] - s["HiGHS"],
        "share QP, PIQP": s["PIQP"],
        "share QP, assembly": s["shares"] - s["PIQP"],
        "rest": total - s["window LP"] - s["shares"],
        "total": total,
    }


def year(task: Task, given: argparse.Namespace) -> None:
    """Shares and vertex, N-0 and N-1."""
    variants = {
        "N-0, LP only": {"outage_limits": False, "share": "vertex"},
        "N-0, LP + shares": {"outage_limits": False},
        "N-1, LP only": {"share": "vertex"},
        "N-1, LP + shares": {},
    }
    rows = []
    for name, options in variants.items():
        cpu, wall, dispatch = measured(lambda o=options: task.solve(**o), given.repeat)
        rows.append({"run": name, "cpu_s": round(cpu, 2), "wall_s": round(wall, 2), **facts(dispatch)})
    show(rows)
    for k in (0, 2):
        print(f"{rows[k + 1]['run']} / LP only: {rows[k + 1]['cpu_s'] / rows[k]['cpu_s']:.2f}")
    parts = {name: split(task, **options) for name, options in variants.items()}
    print(pd.DataFrame(parts).round(2).to_string(), flush=True)


# -- stress --------------------------------------------------------------------------------------------


def stressed(task: Task, renewables: float = 1.8, ratings: float = 0.6) -> Task:
    """More wind and sun, weaker branches; impedances in ohm and limits of sections stay."""
    factor = {e: max(ratings, 1.05 * need) for e, need in _needed(task).items()}
    network = task.network
    line = network["line"].copy()
    scale = line["name"].map(factor).fillna(ratings).to_numpy()
    for column in SEASON_COLUMN.values():
        line[column] = line[column] * scale
    tables = {**network.tables, "line": line}
    for table in ("trafo", "trafo3w"):
        frame = network[table].copy()
        scale = frame["name"].map(factor).fillna(ratings).to_numpy()
        for column in [c for c in frame if c.startswith(("sn_", "vk")) and not c.endswith("_kv")]:
            frame[column] = frame[column] * scale
        frame["i0_percent"] = frame["i0_percent"] / scale
        tables[table] = frame
    profiles = replace(task.profiles, available_mw=task.profiles.available_mw * renewables)
    return Task(replace(network, tables=tables), profiles, task.options)


def _needed(task: Task) -> dict[str, float]:
    """Largest flow of the demand alone, of the limit as it is, per element; supplied at the links of the node area."""
    network, demand = task.network, task.profiles.demand_mw
    load = network["load"][network["load"]["bus"].notna()]
    at_bus = -demand[list(load["name"])].T.groupby(load["bus"].to_numpy()).sum().T
    for link in network["area_link"].itertuples():
        missing = link.share_pu * demand[list(load["name"])].sum(axis=1)
        at_bus[link.bus] = at_bus.get(link.bus, 0.0) + missing
    flow = flows_from_tables(network, at_bus, dc=task.options.dc).abs()
    season = season_of(demand.index)
    vn = network["bus"].set_index("name")["vn_kv"]
    line, star = network["line"].set_index("name"), network["trafo3w"].set_index("name")
    ampacity = line[[SEASON_COLUMN[s] for s in season]].to_numpy(dtype=float).T
    full = np.sqrt(3.0) * ampacity * line["from_bus"].map(vn).to_numpy()
    limit = dict(zip(line.index, full.T)) | dict(zip(network["trafo"]["name"], network["trafo"]["sn_mva"]))
    limit |= {f"{n}|{s}": mva for s in ("hv", "mv", "lv") for n, mva in star[f"sn_{s}_mva"].items()}
    limit = {label: limit[label] for label in flow}
    need = flow / (task.options.rating_power_factor_pu * pd.DataFrame(limit, index=flow.index))
    return need.max().groupby(lambda label: label.split("|")[0]).max().to_dict()


def stress(task: Task, given: argparse.Namespace) -> None:
    """Time of the stressed year over that of the year as it is."""
    hard = stressed(task)
    rows = []
    for name, options in {"N-0": {"outage_limits": False}, "N-1": {}}.items():
        for label, what in (("as it is", task), ("stress", hard)):
            cpu, wall, dispatch = measured(lambda w=what, o=options: w.solve(**o), given.repeat)
            rows.append(
                {"run": f"{name}, {label}", "cpu_s": round(cpu, 2), "wall_s": round(wall, 2), **facts(dispatch)}
            )
        print(f"stress / as it is, {name}: {rows[-1]['cpu_s'] / rows[-2]['cpu_s']:.2f}")
    show(rows)
    print(pd.DataFrame({"stress, N-0": split(hard, outage_limits=False)}).round(2).to_string(), flush=True)


# -- memory and windows --------------------------------------------------------------------------------


def memory(task: Task, given: argparse.Namespace) -> None:
    """Resident set before and at the peak of the dispatch, in a fresh process."""
    for options in ("outage_limits=False", ""):
        code = (
            f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
            "import resource, bench_dispatch as b\n"
            "mb = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024\n"
            f"task = b.yueyang(); before = mb(); task.solve({options}); print(f'{{before:.0f}} {{mb():.0f}}')"
        )
        out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
        name = "N-0" if options else "N-1"
        print(f"{name}: {out[0]} MB with inputs read, {out[1]} MB at the peak of the dispatch", flush=True)


def windows(task: Task, given: argparse.Namespace) -> None:
    """Window lengths: what look-ahead is worth, and what it costs."""
    lengths = [(24.0, 24.0), (48.0, 24.0), (72.0, 24.0), (96.0, 48.0), (168.0, 120.0)]
    if given.full:
        lengths.append((math.inf, math.inf))
    rows = []
    for window_h, step_h in lengths:
        cpu, wall, dispatch = measured(
            lambda w=window_h, s=step_h: task.solve(window_h=w, step_h=s, share="vertex", outage_limits=False), 1
        )
        row = {"window_h": window_h, "step_h": step_h, "cpu_s": round(cpu, 1), "wall_s": round(wall, 1)}
        rows.append({**row, **facts(dispatch)})
        show(rows[-1:])
    show(rows)
    print(f"largest resident set {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


# -- PyPSA ---------------------------------------------------------------------------------------------


def plain_part(task: Task, first: str, days: int, options: DispatchOptions) -> Task:
    """Some days in plain mode: the node area at its first boundary bus, units on as committed, hydro as given energy.

    PyPSA has no injection at several buses in fixed shares and no daily energy, so both engines get neither.  ``first``
    to the end lies in one season, so that ratings are constant.
    """
    link = task.network["area_link"].iloc[[0]].assign(share_pu=1.0)
    profiles = some_days(task.profiles, first, days)
    flat = (profiles.hydro_energy_mwh / 24.0).reindex(profiles.index, method="ffill")
    flat = flat.clip(upper=profiles.hydro_max_mw)
    energy = flat.groupby(flat.index.normalize()).sum()
    profiles = replace(profiles, hydro_min_mw=flat, hydro_max_mw=flat, hydro_energy_mwh=energy)
    network = replace(task.network, tables={**task.network.tables, "area_link": link})
    return Task(network, profiles, options)


def to_pypsa(dispatch: Dispatch) -> Any:
    """The same system in PyPSA: one generator per column (units of one node and price are merged here, too)."""
    import pypsa

    system, model = dispatch.system, dispatch.model
    n = pypsa.Network(snapshots=dispatch.index.tz_localize(None))
    node = [str(x) for x in model.nodes.name]
    place = np.array([np.flatnonzero(np.diff(system.nodes.mixture.tocsc().indptr))]).ravel()
    at = system.nodes.mixture.tocsc()
    where = {k: node[at.indices[at.indptr[k]]] for k in place}
    n.add("Bus", node, v_nom=1.0)
    limit = dispatch.flows.limits.upper_mw[:, : len(model)]
    assert (limit == limit[0]).all(), "one season"
    names = [f"b{k}" for k in range(len(model))]
    s_nom = np.where(np.isfinite(limit[0]), limit[0], 1e5)
    x = model.x_pu * model.ratio_pu / 100.0
    ends = {"bus0": [node[k] for k in model.from_node], "bus1": [node[k] for k in model.to_node]}
    n.add("Line", names, **ends, x=x, r=0.0, s_nom=s_nom)
    fixed = np.flatnonzero(np.abs(system.fixed_mw).sum(axis=0) > 0)
    loads = pd.DataFrame(-system.fixed_mw[:, fixed], n.snapshots, [f"d{k}" for k in fixed])
    n.add("Load", list(loads), bus=[where[k] for k in fixed], p_set=loads)
    columns, stores = system.columns, system.stores
    alone = np.setdiff1d(np.arange(len(columns)), np.r_[stores.charge, stores.discharge])
    alone = alone[columns.upper_mw[:, alone].max(axis=0) > 0]
    size = columns.upper_mw[:, alone].max(axis=0)
    gens = [f"g{k}" for k in alone]
    n.add(
        "Generator", gens, bus=[where[k] for k in columns.node[alone]], p_nom=size, sign=columns.sign[alone],
        marginal_cost=columns.cost_cny_per_mwh[alone],
        p_max_pu=pd.DataFrame(columns.upper_mw[:, alone] / size, n.snapshots, gens),
        p_min_pu=pd.DataFrame(columns.lower_mw[:, alone] / size, n.snapshots, gens),
    )  # fmt: skip
    power = columns.upper_mw[0, stores.discharge]
    room = stores.max_energy_mwh - stores.min_energy_mwh
    n.add(
        "StorageUnit", [f"s{k}" for k in range(len(stores))], bus=[where[k] for k in columns.node[stores.discharge]],
        p_nom=power, p_min_pu=-columns.upper_mw[0, stores.charge] / power, max_hours=room / power,
        efficiency_store=stores.efficiency_charge_pu, efficiency_dispatch=stores.efficiency_discharge_pu,
        state_of_charge_initial=dispatch.initial_mwh.to_numpy() - stores.min_energy_mwh,
    )  # fmt: skip
    return n


def pypsa_cost(n: Any, hours: int) -> float:
    """Cost of the first hours in PyPSA."""
    return float((n.c.generators.dynamic.p * n.c.generators.static.marginal_cost).to_numpy()[:hours].sum())


def gridsim_cost(dispatch: Dispatch, hours: int) -> float:
    """The same here."""
    return float((dispatch.column_mw @ dispatch.system.columns.cost_cny_per_mwh)[:hours].sum())


def common_hours(n: Any, dispatch: Dispatch, most: int) -> int:
    """Hours until the last midnight at which both have the same energy in every store.

    Energy that is worth the same today and tomorrow may be handed over or not; there the costs so far compare.
    """
    there = n.c.storage_units.dynamic.state_of_charge.to_numpy() + dispatch.system.stores.min_energy_mwh
    same = np.abs(there - dispatch.energy_mwh.to_numpy()).max(axis=1) < 0.01
    midnights = np.arange(24, most + 1, 24)
    equal = midnights[same[midnights - 1]]
    return int(equal[-1]) if len(equal) else 0


def against_pypsa(task: Task, given: argparse.Namespace) -> None:
    """Rolling horizon and one LP, objectives side by side."""
    quiet = {"log_to_console": False, "solver_name": "highs", "io_api": "direct"}
    quiet["solver_options"] = {"threads": 1, "output_flag": False}
    base = replace(
        DispatchOptions.plain(), final_state="free", section_limits=False, commitment=task.options.commitment
    )
    rows = []
    rolling = replace(base, window_h=48.0, step_h=24.0)
    for what, whose, days, options in (
        (f"{given.windows} windows of 48 h, 24 h kept", task, given.windows + 1, rolling),
        ("one LP of 672 h", task, 28, base),
        ("one LP of 672 h, stress", stressed(task), 28, base),
    ):
        part = plain_part(whose, "2030-07-15", days, options)
        cpu, _, dispatch = measured(part.solve, given.repeat)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for name in ("pypsa", "linopy"):
                logging.getLogger(name).setLevel(logging.ERROR)
            n = to_pypsa(dispatch)
            start = time.process_time()
            if options.window_h < math.inf:
                n.optimize.optimize_with_rolling_horizon(horizon=48, overlap=24, **quiet)
            else:
                n.optimize(**quiet)
            theirs = time.process_time() - start
        hours = len(dispatch.index)
        if options.window_h < math.inf:  # the last windows differ: gridsim's go on beyond the end
            hours = common_hours(n, dispatch, 24 * given.windows)
        cost = gridsim_cost(dispatch, hours)
        rows.append({
            "case": what, "gridsim_cpu_s": round(cpu, 3), "pypsa_cpu_s": round(theirs, 1), "ratio": round(theirs / cpu),
            "compared_h": hours, "cost_cny": cost, "relative_difference": pypsa_cost(n, hours) / cost - 1.0,
            "limits_in_force": len(dispatch.binding), "both_ways": int(dispatch.windows["direction_fixes"].sum()),
        })  # fmt: skip
        show(rows[-1:])
    # flat hydro leaves some autumn evening short; shedding is its last resort
    dear = replace(base.penalties, unserved_cny_per_mwh=1e4)
    whole = replace(task, options=replace(base, window_h=48.0, step_h=24.0, shedding="allowed", penalties=dear))
    cpu, _, _ = measured(lambda: plain_part(whole, "2030-01-01", 365, whole.options).solve(), 1)
    scaled = rows[0]["pypsa_cpu_s"] / given.windows * 365
    times = scaled / cpu
    print(
        f"the year: gridsim {cpu:.1f} s, PyPSA {scaled:.0f} s (scaled from {given.windows} windows), {times:.0f} times"
    )


# -- curves --------------------------------------------------------------------------------------------


def curves(task: Task, given: argparse.Namespace) -> None:
    """Time against hours, and against limits in force (ratings from 1.0 down to 0.6, wind and sun x 1.8)."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    given.out.mkdir(parents=True, exist_ok=True)
    hours, hard = [], []
    for days in (7, 14, 30, 60, 120, 240, 365):
        part = Task(task.network, some_days(task.profiles, "2030-01-01", days), task.options)
        cpu, _, dispatch = measured(lambda p=part: p.solve(outage_limits=False), given.repeat)
        hours.append({"hours": days * 24, "cpu_s": cpu, **facts(dispatch)})
    for rating in (1.0, 0.9, 0.8, 0.7, 0.6):
        part = stressed(task, 1.8, rating)
        cpu, _, dispatch = measured(lambda p=part: p.solve(outage_limits=False), given.repeat)
        hard.append({"rating_factor": rating, "cpu_s": cpu, **facts(dispatch)})
    figure, axes = plt.subplots(1, 2, figsize=(10, 4))
    for axis, rows, x in ((axes[0], hours, "hours"), (axes[1], hard, "limits_in_force")):
        frame = pd.DataFrame(rows)
        frame.round(3).to_csv(given.out / f"dispatch_time_by_{x}.csv", index=False)
        axis.plot(frame[x], frame["cpu_s"], marker="o")
        axis.set(xlabel=x.replace("_", " "), ylabel="processor time, s", ylim=(0, None), xlim=(0, None))
        show(rows)
    figure.savefig(given.out / "dispatch_time.png", dpi=120, bbox_inches="tight")


def outages(task: Task, given: argparse.Namespace) -> None:
    """The year's N-1 check on the flows of a dispatch without it: factors, bounds, the pairs that are left."""
    d = solve_dispatch(task.network, task.profiles, options=replace(task.options, outage_limits=False))
    model, found = d.model, d.flows.limits
    n = len(model)
    flow, rating = d.branch_mw.to_numpy(), found.upper_mw[:, :n] * model.emergency_factor_pu
    bearing = np.abs(d.injection_mw).max(axis=0) > 0.0
    rows = []
    for _ in range(given.repeat):
        times = [time.process_time()]
        factors = ptdf(model)
        times.append(time.process_time())
        single = single_outages(model, factors, np.zeros(n, dtype=bool), bearing)
        times.append(time.process_time())
        least = rating.min(axis=0)
        branch, outage = single.exceeding(flow.min(axis=0), flow.max(axis=0), -least, least)
        over = (np.abs(single.after(flow, branch, outage)) > rating[:, branch]).any(axis=0)
        times.append(time.process_time())
        ptdf_s, factors_s, check_s = np.diff(times)
        rows.append(
            {"ptdf_s": ptdf_s, "outage_factors_s": factors_s, "check_s": check_s, "pairs": n * len(single),
             "worked_out": len(branch), "overloaded": int(over.sum())}
        )  # fmt: skip
    show(rows)


PARTS: dict[str, Callable[[Task, argparse.Namespace], None]] = {
    "year": year, "stress": stress, "memory": memory, "windows": windows, "pypsa": against_pypsa, "curves": curves,
    "outages": outages,
}  # fmt: skip


def main() -> None:
    """Parse the command line and run the parts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", nargs="*", choices=list(PARTS), default=["year", "stress", "memory", "windows"])
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--windows", type=int, default=14, help="windows that PyPSA solves")
    parser.add_argument("--full", action="store_true", help="also the year in one LP (minutes)")
    parser.add_argument("--out", type=Path, default=Path("out/bench_dispatch"))
    given = parser.parse_args()
    task = yueyang()
    with threadpool_limits(1):
        for part in given.part:
            print(f"\n== {part}", flush=True)
            PARTS[part](task, given)


if __name__ == "__main__":
    main()

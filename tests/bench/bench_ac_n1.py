"""AC N-1 of Yueyang 2030: ``python tests/bench/bench_ac_n1.py [--sample 24]``.

Times the hours a run checks by default (about 105) and a random sample of the year, and extrapolates all 8,760 hours
from the sample; pandapower's loop over a few outages of one hour for comparison, scaled to the same number of cases.
CPU time is what counts on a machine that does other things as well.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import resource
import time
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from gridsim.ac import check_ac_dispatch, check_n1
from gridsim.ac.contingency import check_contingencies
from gridsim.ac.dispatched import Operation, dispatched_operation
from gridsim.ac.state import AcState
from gridsim.electrical import branches, shunts
from gridsim.network import Network
from gridsim.options import DispatchOptions
from gridsim.run_year import study_drivers
from gridsim.study import read_study, study_network

STUDY = Path(__file__).parents[2] / "studies" / "yueyang_2030.toml"


def timed(function: Callable[[], object]) -> tuple[float, float, object]:
    wall, cpu = time.perf_counter(), time.process_time()
    result = function()
    return time.perf_counter() - wall, time.process_time() - cpu, result


def pandapower_loop(network: Network, one: Operation, state: AcState, hour: int, cases: int) -> float:
    """Seconds a case of the plain loop: element out of service, runpp from its default start."""
    import pandapower as pp

    from gridsim.interop.pandapower import hour_to_pandapower

    model, banks, names = branches(network), shunts(network), network["bus"]["name"].to_numpy()
    pattern, unit = int(state.positions.pattern[hour]), (model.element_type == "trafo") | (model.side == "hv")
    net = hour_to_pandapower(
        network,
        p_mw=pd.Series(one.p_mw[0], index=names),
        q_mvar=pd.Series(one.q_mvar[0], index=names),
        v_set={b: float(v[0]) for b, v in one.v_set.items() if np.isfinite(v[0])},
        slack_bus=one.slack_bus,
        tap_pos=dict(zip(model.element[unit], state.positions.tap_pos[pattern][unit].astype(int))),
        step=dict(zip(banks.name, state.positions.step[pattern])),
    )
    options = {"distributed_slack": True, "lightsim2grid": False}
    pp.runpp(net, **options)
    lines = net.line.index[net.line.in_service][:cases]
    started = time.perf_counter()
    for k in lines:
        net.line.loc[k, "in_service"] = False
        with contextlib.suppress(pp.LoadflowNotConverged):  # radial outages may have no start from before
            pp.runpp(net, **options)
        net.line.loc[k, "in_service"] = True
    return (time.perf_counter() - started) / len(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", type=int, default=24, help="random hours for the extrapolation to a year")
    parser.add_argument("--loop", type=int, default=20, help="outages of the pandapower loop; 0 leaves it out")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    from gridsim.dispatch import solve_dispatch
    from gridsim.profiles import make_profiles

    study = read_study(STUDY)
    network = study_network(study)
    profiles = make_profiles(network, study_drivers(study, network))
    options: DispatchOptions = study.options().dispatch
    dispatch = solve_dispatch(network, profiles, options=options)
    state = check_ac_dispatch(network, dispatch)
    wall, cpu, n1 = timed(lambda: check_n1(network, dispatch, state))
    hours, outages = len(n1.state.index), len(n1.state.outages)
    print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}")
    print(f"selected hours: {outages} outages x {hours} h = {outages * hours} cases in {wall:.1f} s ({cpu:.1f} s CPU)")
    operation, _ = dispatched_operation(network, dispatch)
    steps = np.sort(np.random.default_rng(1).choice(len(dispatch.index), arguments.sample, replace=False))
    some = operation.settled(state).take(steps)
    positions = replace(state.positions, pattern=state.positions.pattern[steps])
    wall, cpu, _ = timed(lambda: check_contingencies(network, some, positions=positions))
    factor = len(dispatch.index) / len(steps)
    year = f"{wall * factor / 60:.0f} min ({cpu * factor / 60:.0f} min CPU)"
    print(f"all {len(dispatch.index)} hours, extrapolated from {len(steps)} random ones ({wall:.1f} s): {year}")
    if arguments.loop:
        one = operation.settled(state).take(steps[:1])
        each = pandapower_loop(network, one, state, int(steps[0]), arguments.loop)
        print(f"pandapower loop: {1e3 * each:.0f} ms a case, {each * outages * hours:.0f} s for the selected hours")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()

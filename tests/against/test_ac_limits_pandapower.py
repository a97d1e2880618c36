"""Reactive limits, final positions of taps and banks, and a SimBench grid against ``pandapower.runpp``.

pandapower's ``enforce_q_lims`` makes PQ buses of all violating generators at once, again and again, and never takes
one back.  Where its end state meets the conditions of both kinds of bus (at the upper limit the voltage is not above
the set point, at the lower one not below it) gridsim must be there too, to 1e-6 p.u.; where it does not (a generator
that was sent to its limit too early stays there with its voltage on the wrong side) gridsim has switched it back, and
is compared with pandapower run on gridsim's own split.
"""

import dataclasses
import warnings

import numpy as np
import pandas as pd
import pytest
from grids import random_operation
from test_ac_pandapower import YUEYANG, assert_hour_equals, by_unit, compare_published

from gridsim.ac import AcState, HourlyControl, check_ac, season_of
from gridsim.electrical import SEASONS, branches, shunts
from gridsim.interop.pandapower import hour_to_pandapower
from gridsim.network import Network, read_network

HOURS = 12


def run(net, *, limits: bool = False) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pandapower

        pandapower.runpp(
            net, distributed_slack=True, lightsim2grid=False, tolerance_mva=1e-8, max_iteration=40,
            enforce_q_lims=limits,
        )


@pytest.fixture(scope="module", params=["2025", "2030"])
def settled(request):
    """Random hours of a scenario with random reactive limits, taps and banks at rest."""
    network = read_network(YUEYANG, request.param)
    given = random_operation(network, HOURS, seed=int(request.param) + 1)
    rng = np.random.default_rng(int(request.param))
    ranges = {
        bus: (rng.uniform(-120.0, -5.0), rng.uniform(5.0, 120.0))
        for bus in given["v_set"] if bus not in given["slack_bus"]
    }
    given["q_range"] = ranges
    state = check_ac(network, **given, control=HourlyControl(heavy=rng.random(HOURS) < 0.5))
    assert state.converged.all()
    return network, given, ranges, state


def net_of_hour(network: Network, given: dict, state: AcState, hour: int, v_set: dict, q_mvar: np.ndarray):
    """The pandapower net of one hour at gridsim's final positions."""
    banks, pattern = shunts(network), state.positions.pattern[hour]
    names = network["bus"]["name"].to_numpy()
    net = hour_to_pandapower(
        network, p_mw=pd.Series(given["p_mw"][hour], index=names), q_mvar=pd.Series(q_mvar, index=names),
        v_set={b: v for b, v in v_set.items() if np.isfinite(v)}, slack_bus=given["slack_bus"],
        tap_pos=by_unit(state.positions.tap_pos[pattern], network),
        step=dict(zip(banks.name, state.positions.step[pattern])),
    )
    net.line["max_i_ka"] = network["line"][SEASONS[season_of(given["index"])[hour]]].to_numpy(float)
    return net


@pytest.mark.slow
def test_every_hour_at_its_final_split(settled):
    """Holders that hold as generators, those at a limit with that reactive power: equal to 1e-6 p.u., 1e-4 %."""
    network, given, _, state = settled
    column = {b: k for k, b in enumerate(network["bus"]["name"])}
    for hour in range(HOURS):
        q_mvar, v_set = given["q_mvar"][hour].copy(), {}
        for k, bus in enumerate(state.holder):
            free = state.at_limit[hour, k] != 0
            q_mvar[column[bus]] += state.q_holder_mvar[hour, k] if free else 0.0
            v_set[bus] = np.nan if free else np.broadcast_to(given["v_set"][bus], HOURS)[hour]
        net = net_of_hour(network, given, state, hour, v_set, q_mvar)
        run(net)
        assert_hour_equals(state, hour, net, network)
    assert (state.at_limit != 0).any(axis=1).mean() > 0.5 and (state.at_limit > 0).any() and (state.at_limit < 0).any()
    model = branches(network)
    moved = state.positions.tap_pos[state.positions.pattern] != model.tap_pos
    assert moved.any(axis=0).sum() > 100, "the taps of most stations must have moved"


@pytest.mark.slow
def test_against_enforce_q_lims(settled):
    network, given, ranges, state = settled
    column, same = {b: k for k, b in enumerate(network["bus"]["name"])}, 0
    for hour in range(HOURS):
        v_set = {b: float(np.broadcast_to(v, HOURS)[hour]) for b, v in given["v_set"].items()}
        net = net_of_hour(network, given, state, hour, v_set, given["q_mvar"][hour])
        limited = net.gen["name"].isin(list(ranges))
        for side, name in enumerate(("min_q_mvar", "max_q_mvar")):
            net.gen[name] = [ranges[b][side] if on else np.nan for b, on in zip(net.gen["name"], limited)]
        run(net, limits=True)
        gap = [
            (net.res_bus.vm_pu[column[b]] - v_set[b]) * (1 if q > 0 else -1)
            for b, q, low, high in zip(
                net.gen["name"], net.res_gen["q_mvar"], net.gen["min_q_mvar"], net.gen["max_q_mvar"]
            ) if np.isfinite(low) and (abs(q - low) < 1e-6 or abs(q - high) < 1e-6)
        ]
        consistent = max(gap, default=0.0) < 1e-7
        equal = np.nanmax(np.abs(net.res_bus.vm_pu.to_numpy() - state.vm_pu[hour])) < 1e-6
        assert equal or not consistent, f"hour {hour}: pandapower's end state is consistent and another"
        same += equal
    assert same >= HOURS // 3, "most hours must end where pandapower ends"


@pytest.mark.against
@pytest.mark.parametrize("code", ["1-HV-mixed--0-no_sw", "1-HV-urban--0-no_sw"])
def test_simbench_110_kv(code):
    """SimBench's 110 kV grids (Meinecke et al. 2020, doi:10.3390/en13123290), imported and solved by both."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        simbench = pytest.importorskip("simbench")
        net = simbench.get_simbench_net(code)
    # one outside grid: three of them with different angles are three references, which an AC check does not have
    net.ext_grid["va_degree"] = 0.0
    compare_published(net)


@pytest.mark.slow
def test_split_is_remembered(settled):
    """The same hours at the positions found, without control, end at the same limits."""
    network, given, _, state = settled
    again = check_ac(network, **given, positions=dataclasses.replace(state.positions, family=None))
    assert (again.at_limit == state.at_limit).mean() > 0.99

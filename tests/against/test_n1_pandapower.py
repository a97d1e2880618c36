"""AC N-1 against pandapower: the element out of service, everything else the same, random hours and elements."""

import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from grids import random_operation

from gridsim.ac import Positions
from gridsim.ac.contingency import check_contingencies
from gridsim.ac.dispatched import Operation
from gridsim.ac.outages import find_outages
from gridsim.electrical import SEASONS, branches, season_of, shunts
from gridsim.interop.pandapower import hour_to_pandapower
from gridsim.network import Network, read_network

YUEYANG = Path(__file__).parents[2] / "networks" / "yueyang"
PAIRS = 36


def random_year(scenario: str, hours: int) -> tuple[Network, Operation, Positions]:
    network = read_network(YUEYANG, scenario)
    given = Operation(**random_operation(network, hours, seed=int(scenario) + 1))
    rng, model, banks = np.random.default_rng(5), branches(network), shunts(network)
    tap = np.where(model.tap_max > model.tap_min, rng.integers(-2, 3, len(model)), 0)
    step = rng.integers(0, banks.max_step // 2 + 1)
    return network, given, Positions(("random",), tap[None], step[None], np.zeros(hours, dtype=int))


def oracle(network: Network, given: Operation, positions: Positions, element_type: str, element: str):
    """pandapower's power flow of one hour with one element out of service."""
    import pandapower as pp

    model, banks, names = branches(network), shunts(network), network["bus"]["name"].to_numpy()
    unit = (model.element_type == "trafo") | (model.side == "hv")
    held = {b: float(np.asarray(v)[0]) for b, v in given.v_set.items()}
    net = hour_to_pandapower(
        network,
        p_mw=pd.Series(given.p_mw[0], index=names),
        q_mvar=pd.Series(given.q_mvar[0], index=names),
        v_set={b: v for b, v in held.items() if np.isfinite(v)},
        slack_bus=given.slack_bus,
        tap_pos=dict(zip(model.element[unit], positions.tap_pos[0][unit].astype(int))),
        step=dict(zip(banks.name, positions.step[0])),
    )
    net.line["max_i_ka"] = network["line"][SEASONS[season_of(given.index)[0]]].to_numpy(float)
    table = net[element_type]
    on = net.line.in_service.to_numpy().copy()
    table.loc[table.name == element, "in_service"] = False
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pp.runpp(net, distributed_slack=True, lightsim2grid=False, tolerance_mva=1e-8, max_iteration=30)
    loading = [net.res_line.loading_percent[on], net.res_trafo.loading_percent, net.res_trafo3w.loading_percent]
    return np.concatenate(loading), net.res_bus.vm_pu.to_numpy()


def choose(network: Network, rng: np.random.Generator) -> list[tuple[str, str]]:
    """A third three-winding units, a third parallel circuits and units, a third radial outages."""
    model = branches(network)
    first = model.first_of_element
    kind, name = model.element_type[first], model.element[first]
    reference = int(np.flatnonzero(network["bus"]["name"] == network["area_link"]["bus"].iloc[0])[0])
    outages = find_outages(model, reference)
    pairs = pd.Series(list(zip(model.from_node[first], model.to_node[first])))
    parallel = pairs.duplicated(keep=False).to_numpy() & (kind != "trafo3w")
    radial = [o.element for o in outages if (o.dead < model.nodes.n_bus).any() and kind[o.element] != "trafo3w"]
    every = np.array([o.element for o in outages])
    pools = (every[kind[every] == "trafo3w"], every[parallel[every]], np.array(radial))
    chosen = np.concatenate([rng.choice(pool, PAIRS // 6, replace=False) for pool in pools])
    return [(str(kind[e]), str(name[e])) for e in chosen]


@pytest.mark.against
@pytest.mark.parametrize("scenario", ["2025", "2030"])
def test_random_pairs_of_hour_and_outage(scenario):
    """1e-6 p.u. and 1e-4 %: every branch and every judged bus."""
    hours = PAIRS // 2
    network, given, positions = random_year(scenario, hours)
    elements = choose(network, np.random.default_rng(9))
    assert len(elements) == hours
    for hour, (element_type, element) in enumerate(elements):
        one = given.take(np.array([hour]))
        stand = Positions(positions.label, positions.tap_pos, positions.step, np.zeros(1, dtype=int))
        state = check_contingencies(network, one, positions=stand, elements={element}, workers=1)
        loading, vm_pu = oracle(network, one, positions, element_type, element)
        assert state.diverged.empty
        counted, tally = state.tally.loading.outage >= 0, state.tally
        mine = 100 * np.sqrt(tally.loading.value[counted].clip(0))
        assert np.abs(mine - loading[counted]).max() < 1e-4, element
        fed = np.isfinite(tally.high.value)
        theirs = vm_pu[state.bands.node]
        assert np.abs(np.sqrt(tally.high.value[fed]) - theirs[fed]).max() < 1e-6, element
        assert (np.isnan(theirs) == ~fed).all(), "what is dark is dark in both"

"""DC flows against ``pandapower.rundcpp``: distribution factors, angles, and the re-computation of the checks.

Two of pandapower's transformer models are met exactly.  The dispatch takes x of the pi that stands for its model "t"
(half of the leakage reactance on either side of the magnetising branch), the checks take the plain short-circuit
reactance, which is its model "pi".  Between the two stand 0.003 MW on Yueyang; without magnetising branches nothing.
"""

import dataclasses
import functools
import warnings
from pathlib import Path

import grids
import numpy as np
import pandas as pd
import pytest
import toy

from gridsim.dispatch.dc import dc_branches, flows_by_angles, limits, net_injections, ptdf, shift_flows
from gridsim.electrical import branches
from gridsim.interop.pandapower import hour_to_pandapower
from gridsim.network import Network, read_network
from gridsim.options import DcOptions
from gridsim.recompute import flows_from_tables

YUEYANG = Path(__file__).parents[2] / "networks" / "yueyang"
#: rounding of two different solvers on injections of 50 MW: 4e-13 on ten buses, 1e-7 on the 500 of Yueyang [MW]
ROUNDING_MW = 1e-6
#: what the magnetising branches move at most [MW]
MAGNETISING_MW = 0.02

trafos = ("trafo", "trafo3w")


def without_magnetising(network: Network) -> Network:
    tables = {t: network[t].assign(i0_percent=0.0, pfe_kw=0.0) for t in trafos}
    return dataclasses.replace(network, tables={**network.tables, **tables})


def with_random_taps(network: Network, seed: int) -> Network:
    rng = np.random.default_rng(seed)
    tables = {t: network[t].assign(tap_pos=rng.integers(-6, 7, len(network[t]))) for t in trafos}
    return dataclasses.replace(network, tables={**network.tables, **tables})


@functools.cache
def yueyang(scenario: str) -> Network:
    return read_network(YUEYANG, scenario=scenario)


def labels(network: Network) -> list[str]:
    model = branches(network)
    return [e if not s else f"{e}|{s}" for e, s in zip(model.element, model.side)]


def random_injections(network: Network, seed: int) -> pd.Series:
    """Injections that balance, at every bus that a branch reaches."""
    model = branches(network)
    used = np.unique(np.r_[model.from_node, model.to_node])
    used = used[used < model.nodes.n_bus]
    p = np.zeros(model.nodes.n_bus)
    p[used] = np.random.default_rng(seed).normal(0.0, 50.0, len(used))
    p[used] -= p[used].mean()
    return pd.Series(p, index=model.nodes.name[: model.nodes.n_bus])


def by_pandapower(network: Network, p_mw: pd.Series) -> dict[str, np.ndarray]:
    """Flows of both transformer models, in the order and direction of gridsim's branches."""
    slack = network["area_link"]["bus"].iloc[0]
    zero = pd.Series(0.0, index=p_mw.index)
    net = hour_to_pandapower(network, p_mw=p_mw, q_mvar=zero, v_set={slack: 1.0}, slack_bus={slack: 1.0})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pandapower

        found = {}
        for model in ("t", "pi"):
            pandapower.rundcpp(net, trafo_model=model)
            on, star = net.line.in_service, net.trafo3w["name"]
            flows = [
                pd.Series(net.res_line.p_from_mw[on].to_numpy(), net.line["name"][on]),
                pd.Series(net.res_trafo.p_hv_mw.to_numpy(), net.trafo["name"]),
                pd.Series(net.res_trafo3w.p_hv_mw.to_numpy(), star + "|hv"),
                pd.Series(-net.res_trafo3w.p_mv_mw.to_numpy(), star + "|mv"),
                pd.Series(-net.res_trafo3w.p_lv_mw.to_numpy(), star + "|lv"),
            ]
            found[model] = pd.concat(flows)[labels(network)].to_numpy()
    return found


def with_random_shifts(network: Network, seed: int) -> Network:
    """Phase shifters in both kinds of transformers, other at either low side."""
    rng = np.random.default_rng(seed)
    columns = {"trafo": ["shift_degree"], "trafo3w": ["shift_mv_degree", "shift_lv_degree"]}
    tables = {t: network[t].assign(**{c: rng.uniform(-8, 8, len(network[t])) for c in columns[t]}) for t in columns}
    return dataclasses.replace(network, tables={**network.tables, **tables})


def three_ways(network: Network, p_mw: pd.Series, dc: DcOptions | None = None) -> dict[str, np.ndarray]:
    model = dc_branches(branches(network), dc or DcOptions())
    at_nodes = np.r_[p_mw.to_numpy(), np.zeros(len(model.nodes) - model.nodes.n_bus)]
    tables = flows_from_tables(network, p_mw.to_frame().T, dc=dc)[labels(network)]
    factors = ptdf(model)
    return {
        "factors": factors @ at_nodes + shift_flows(model, factors),
        "angles": flows_by_angles(model, at_nodes[None])[0],
        "tables": tables.to_numpy()[0],
    }


def assert_equal_flows(network: Network, seed: int) -> None:
    p_mw = random_injections(network, seed)
    ours = three_ways(network, p_mw)
    oracle = by_pandapower(network, p_mw)
    assert np.abs(oracle["t"]).max() > 10.0, "nothing flows: the case does not test anything"
    assert np.abs(ours["factors"] - oracle["t"]).max() < ROUNDING_MW
    assert np.abs(ours["angles"] - oracle["t"]).max() < ROUNDING_MW
    assert np.abs(ours["tables"] - oracle["pi"]).max() < ROUNDING_MW
    assert np.abs(ours["tables"] - oracle["t"]).max() < MAGNETISING_MW


def parallel_circuits() -> Network:
    """A 220 kV ring with a double circuit of unequal lengths, fed through two unequal transformers in parallel."""
    network = toy.network(
        bus=[toy.bus(n, kv) for n, kv in (("a", 220.0), ("b", 220.0), ("c", 220.0), ("d", 110.0), ("x", 220.0))],
        line=[
            grids.line("ab I", "a", "b", 30.0),
            grids.line("ab II", "a", "b", 45.0),
            grids.line("bc", "b", "c", 20.0),
            grids.line("ca", "c", "a", 25.0),
            grids.line("ax", "a", "x", 10.0),
            grids.line("bx", "b", "x", 12.0),
            grids.line("open", "c", "x", 12.0, normally_open=True),
        ],
        trafo=[
            {
                **grids.TRAFO,
                "name": name,
                "station": "c",
                "county": "county",
                "hv_bus": "c",
                "lv_bus": "d",
                "vn_hv_kv": 220.0,
                "vn_lv_kv": lv_kv,
                "sn_mva": mva,
                "vk_percent": vk,
                "tap_pos": tap,
            }
            for name, mva, vk, lv_kv, tap in (("c#1", 120.0, 13.0, 115.0, 3), ("c#2", 180.0, 14.0, 121.0, -5))
        ],
        area=[{"name": "city", "kind": "detailed"}, {"name": "rest", "kind": "node"}],
        area_link=[{"area": "rest", "bus": "x", "share_pu": 1.0}],
    )
    return network


@pytest.mark.parametrize("network", [parallel_circuits, grids.city], ids=["parallel circuits", "windings and ties"])
@pytest.mark.parametrize("taps", [False, True], ids=["taps as given", "random taps"])
def test_hand_made_grids(network, taps):
    assert_equal_flows(with_random_taps(network(), 4) if taps else network(), 3)


@pytest.mark.parametrize(("scenario", "taps"), [("2025", True), ("2030", False), ("2030", True)])
def test_yueyang(scenario, taps):
    network = yueyang(scenario)
    assert_equal_flows(with_random_taps(network, 5) if taps else network, int(scenario))


def test_only_magnetising_branches_separate_the_dispatch_from_the_checks():
    network = with_random_taps(yueyang("2030"), 6)
    for case, low, high in ((network, 1e-5, MAGNETISING_MW), (without_magnetising(network), 0.0, ROUNDING_MW)):
        flows = three_ways(case, random_injections(case, 6))
        assert low <= np.abs(flows["tables"] - flows["factors"]).max() < high


def test_two_equal_circuits_share_and_unequal_ones_share_by_reactance():
    network = parallel_circuits()
    flows = pd.Series(three_ways(network, random_injections(network, 1))["factors"], index=labels(network))
    assert flows["ab I"] / flows["ab II"] == pytest.approx(45.0 / 30.0)


def test_an_area_enters_at_its_links_in_fixed_shares():
    """100 MW from the node area, half at either boundary bus, against the same injections in pandapower."""
    network = grids.city()
    index = pd.date_range("2030-01-01", periods=1, freq="h", tz="Asia/Shanghai")
    found, nodes, model = limits(network, index, power_factor_pu=1.0, reference="outside")
    injection = np.zeros((1, len(nodes.names)))
    injection[0, nodes.names.index("town10")] = -100.0
    injection[0, nodes.names.index("outside")] = 100.0
    at_bus = pd.Series(0.0, index=network["bus"]["name"].to_numpy())
    at_bus["town10"], at_bus["north220"], at_bus["south220"] = -100.0, 50.0, 50.0
    oracle = by_pandapower(network, at_bus)["t"]
    assert np.abs(found.matrix @ injection[0] - oracle).max() < ROUNDING_MW
    assert np.abs(flows_by_angles(model, net_injections(nodes, injection))[0] - oracle).max() < ROUNDING_MW


# -- phase shifts, and the other susceptances ----------------------------------------------------------


def test_phase_shifts_drive_the_flows_of_pandapower():
    """Two transformers in parallel with shifts of 3 and -2 degrees: power goes round even without injections."""
    network = parallel_circuits()
    shifted = dataclasses.replace(
        network, tables={**network.tables, "trafo": network["trafo"].assign(shift_degree=[3.0, -2.0])}
    )
    assert_equal_flows(shifted, 3)
    nothing = pd.Series(0.0, index=network["bus"]["name"].to_numpy())
    still = pd.Series(three_ways(shifted, nothing)["factors"], index=labels(shifted))
    assert still["c#1"] == pytest.approx(-still["c#2"]) and still["c#1"] < -10.0


@pytest.mark.parametrize("susceptance", ["reactance", "impedance"])
@pytest.mark.parametrize("tap_ratio", [True, False])
@pytest.mark.parametrize("phase_shift", [True, False])
def test_the_checks_use_the_flow_model_of_the_dispatch(susceptance, tap_ratio, phase_shift):
    """Factors, angles and the re-computation from the tables agree in all eight models, and the models differ."""
    dc = DcOptions(susceptance=susceptance, tap_ratio=tap_ratio, phase_shift=phase_shift)
    network = with_random_shifts(without_magnetising(with_random_taps(yueyang("2030"), 8)), 8)
    p_mw = random_injections(network, 8)
    flows = three_ways(network, p_mw, dc)
    rounding_mw = ROUNDING_MW * np.abs(flows["factors"]).max() / 50.0  # the shifts drive thousands of MW round
    assert np.abs(flows["factors"] - flows["angles"]).max() < rounding_mw
    assert np.abs(flows["factors"] - flows["tables"]).max() < rounding_mw
    if dc != DcOptions():
        assert np.abs(flows["factors"] - three_ways(network, p_mw)["factors"]).max() > 0.1

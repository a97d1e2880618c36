"""Per-unit parameters against hand-made numbers, and the conventions of the branch arrays."""

import numpy as np
import pandas as pd
import pytest
from grids import TRAFO, TRAFO3W, bank, city, line
from toy import bus, network

from gridsim.electrical import admittances, branches, rating_mva, shunts, with_taps


def test_line_by_hand():
    b = branches(network(bus=[bus("a"), bus("b")], line=[line("ab", "a", "b", 10.0)]))
    # z base 110^2 / 100 = 121 ohm; r = 1.08 ohm, x = 4 ohm, C = 92 nF
    assert b.r_pu[0] == pytest.approx(1.08 / 121)
    assert b.x_pu[0] == pytest.approx(4.0 / 121)
    assert 2 * b.b_from_pu[0] == pytest.approx(2 * np.pi * 50 * 92e-9 * 121)
    assert b.b_from_pu[0] == b.b_to_pu[0]
    assert b.ratio_pu[0] == 1.0


def test_trafo_by_hand():
    cells = {**TRAFO, "i0_percent": 0.0, "pfe_kw": 0.0, "tap_pos": 2}
    b = branches(
        network(bus=[bus("h", 110), bus("l", 10)], trafo=[{"name": "t", "hv_bus": "h", "lv_bus": "l", **cells}])
    )
    # referred to the 10 kV busbar: z = vk/100 * 10.5^2 / 63 ohm over 10^2 / 100 ohm
    z_pu = 0.14 * 10.5**2 / 63 / 1.0
    assert np.hypot(b.r_pu[0], b.x_pu[0]) == pytest.approx(z_pu)
    assert b.r_pu[0] == pytest.approx(z_pu * 0.413 / 14)
    assert b.ratio_pu[0] == pytest.approx(110 * 1.025 / 10.5 / 11)
    assert b.g_from_pu[0] == 0.0


def test_no_load_losses_and_current_of_a_trafo():
    b = branches(
        network(bus=[bus("h", 110), bus("l", 10.5)], trafo=[{"name": "t", "hv_bus": "h", "lv_bus": "l", **TRAFO}])
    )
    yff, yft, ytf, ytt = (y[0] for y in admittances(b))
    s_mva = np.conj(yff - yft * ytf / ytt) * 100  # low side open, 1 p.u. at the high side
    assert s_mva.real == pytest.approx(0.042, rel=1e-3)
    assert abs(s_mva) == pytest.approx(0.0035 * 63, rel=1e-3)


def test_short_circuit_voltage_of_each_winding_pair():
    cells = {**TRAFO3W, "i0_percent": 0.0, "pfe_kw": 0.0}
    net = network(
        bus=[bus("h", 220), bus("m", 115), bus("l", 10.5)],
        trafo3w=[{"name": "t", "hv_bus": "h", "mv_bus": "m", "lv_bus": "l", **cells}],
    )
    b = branches(net)
    z = dict(zip(b.side, b.r_pu + 1j * b.x_pu))
    for pair, vk, sn in (("hv mv", 14.0, 180.0), ("mv lv", 4.5, 90.0), ("hv lv", 12.0, 90.0)):
        one, two = pair.split()
        assert abs(z[one] + z[two]) == pytest.approx(vk / sn)
    assert list(b.nodes.name[b.nodes.n_bus :]) == ["t*"]
    assert b.nodes.vn_kv[-1] == 220


def test_order_and_ends():
    b = branches(city())
    assert list(pd.unique(b.element_type)) == ["line", "trafo", "trafo3w"]
    assert "open tie" not in b.element
    star = b.element_type == "trafo3w"
    assert list(b.side[star]) == ["hv", "mv", "lv"] * 2
    assert (b.to_node[star & (b.side == "hv")] >= b.nodes.n_bus).all()
    assert (b.from_node[star & (b.side != "hv")] >= b.nodes.n_bus).all()
    assert list(b.element[b.first_of_element]) == list(pd.unique(b.element))
    assert list(b.element[b.is_equivalent]) == ["south-plant"]


def test_ratings_by_season():
    b = branches(city())
    summer, winter = rating_mva(b, "summer"), rating_mva(b, "winter")
    first = int(np.flatnonzero(b.element == "west-tap")[0])
    assert summer[first] == pytest.approx(np.sqrt(3) * 110 * 0.445)
    assert winter[first] == pytest.approx(np.sqrt(3) * 110 * 0.605)
    assert (summer[b.element_type == "trafo"] == 63).all()
    assert list(summer[b.element == "east#1"]) == [180, 180, 90]
    assert np.isinf(b.max_i_to_ka["summer"][b.side == "hv"]).all()


def test_taps_are_copied():
    b = branches(city())
    taps = np.zeros(len(b))
    moved = with_taps(b, taps)
    taps[:] = 5
    assert (moved.tap_pos == 0).all()


def test_branch_without_tap_is_symmetric():
    yff, yft, ytf, ytt = admittances(branches(city()))
    lines = branches(city()).element_type == "line"
    assert np.allclose(yft[lines], ytf[lines])
    assert np.allclose(yff[lines], ytt[lines])


def test_banks():
    s = shunts(network(bus=[bus("a", 10)], shunt=[bank("c", "a", -4.8, 4)]))
    assert (s.node[0], s.step_mvar[0], s.max_step[0], s.step_mw[0]) == (0, -4.8, 4, 0.0)

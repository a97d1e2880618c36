"""Plain mode, the textbook multi-period DC-OPF, worked by hand; susceptance, taps and shifts of the flow model."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest
import toy

from gridsim.checks import as_table, check_dispatch
from gridsim.dispatch import Dispatch, solve_dispatch
from gridsim.errors import InvalidInput, NoOptimum
from gridsim.network import Network
from gridsim.options import DcOptions, DispatchOptions
from gridsim.study import read_study
from gridsim.units import step_hours

PLAIN = DispatchOptions.plain()


def plant(name: str, bus: str, max_p_mw: float, cost: float, min_p_pu: float = 0.0) -> dict:
    return {
        "name": name,
        "bus": bus,
        "county": "county",
        "carrier": "coal",
        "max_p_mw": max_p_mw,
        "min_p_pu": min_p_pu,
        "cost_cny_per_mwh": cost,
    }


def trafo(name: str, shift_degree: float = 0.0, vkr_percent: float = 0.0, tap_pos: int = 0) -> dict:
    """100 MVA, z = 10 % between ``a`` and ``b`` of 110 kV each: b = 1000 MW/rad while it has no resistance."""
    return {
        "name": name,
        "station": "a",
        "county": "county",
        "hv_bus": "a",
        "lv_bus": "b",
        "sn_mva": 100.0,
        "vn_hv_kv": 110.0,
        "vn_lv_kv": 110.0,
        "vk_percent": 10.0,
        "vkr_percent": vkr_percent,
        "pfe_kw": 0.0,
        "i0_percent": 0.0,
        "tap_min": -8,
        "tap_max": 8,
        "tap_step_percent": 1.25,
        "tap_pos": tap_pos,
        "shift_degree": shift_degree,
    }


def two_buses(trafos: list[dict], plants: list[dict], peak_mw: float = 100.0) -> Network:
    return toy.network(
        bus=[toy.bus("a"), toy.bus("b")],
        trafo=trafos,
        demand=[{"name": "d", "peak_mw": peak_mw, "energy_gwh": 1.0}],
        load=[{"name": "L", "bus": "b", "county": "county", "demand": "d", "max_p_mw": peak_mw}],
        thermal=plants,
    )


def solved(network: Network, load: np.ndarray | float, options: DispatchOptions = PLAIN, **more: dict) -> Dispatch:
    profiles = toy.profiles(network, np.size(load), demand={"L": load}, **more)
    dispatch = solve_dispatch(network, profiles, options=options)
    checks = as_table(check_dispatch(network, profiles, dispatch, dc=options.dc))
    assert checks["ok"].all(), checks[~checks["ok"]]
    return dispatch


def test_two_buses_and_two_hours_by_hand():
    """Load at b 60, then 120 MW; coal at a for 10 behind 100 MVA, gas at b for 30: 60*10, then 100*10 + 20*30."""
    network = two_buses([trafo("T")], [plant("coal", "a", 500.0, 10.0), plant("gas", "b", 500.0, 30.0)])
    dispatch = solved(network, np.array([60.0, 120.0]))
    assert dispatch.cost_cny == pytest.approx(600.0 + 1600.0)
    assert list(dispatch.flow_mw["thermal.generated"]["gas"]) == pytest.approx([0.0, 20.0])
    assert len(dispatch.windows) == 1


def test_every_unit_is_on_and_holds_its_minimum():
    """The dear unit runs at its minimum of 20 MW although the cheap one could serve the 50 MW alone."""
    network = two_buses([trafo("T")], [plant("dear", "b", 100.0, 90.0, 0.2), plant("cheap", "b", 100.0, 10.0)])
    assert solved(network, 50.0).cost_cny == pytest.approx(20.0 * 90.0 + 30.0 * 10.0)


def test_a_price_below_zero_runs_the_plant_and_stores_its_energy():
    """Heat plant at -5: it gives all it can, 80 MW, of which 20 go into the battery of 50 % and come back as 10.

    Hour 1: load 60 + 20 charged. Hour 2: load 120 = 80 + 10 from the battery + 30 gas at 40.
    Cost -5 * 160 + 40 * 30 = 400.
    """
    network = two_buses([trafo("T")], [plant("heat", "b", 80.0, -5.0), plant("gas", "b", 100.0, 40.0)], 120.0)
    battery = {
        "name": "B",
        "bus": "b",
        "county": "county",
        "max_p_mw": 50.0,
        "energy_mwh": 100.0,
        "efficiency_charge_percent": 50.0,
        "efficiency_discharge_percent": 100.0,
    }
    tables = {**network.tables, "battery": toy.frame("battery", [battery])}
    dispatch = solved(dataclasses.replace(network, tables=tables), np.array([60.0, 120.0]))
    assert dispatch.cost_cny == pytest.approx(400.0)


@pytest.mark.parametrize(
    ("dc", "share"),
    [
        (DcOptions(), 1.0 / (0.08 * 1.05)),
        (DcOptions(tap_ratio=False), 1.0 / 0.08),
        (DcOptions(susceptance="impedance"), 0.08 / 0.1**2 / 1.05),
        (DcOptions(susceptance="impedance", tap_ratio=False), 0.08 / 0.1**2),
    ],
)
def test_susceptance_by_hand(dc, share):
    """z = 10 % with r = 6 %, x = 8 %, ratio 1.05 beside 1/10 %: flows share as the susceptances do."""
    network = two_buses([trafo("T1", vkr_percent=6.0, tap_pos=4), trafo("T2")], [plant("coal", "a", 500.0, 10.0)])
    dispatch = solved(network, 80.0, dataclasses.replace(PLAIN, dc=dc))
    assert dispatch.branch_mw["T1"].iloc[0] == pytest.approx(80.0 * share / (share + 10.0))


def test_a_phase_shift_moves_power_by_b_times_shift():
    """Two like transformers of 1000 MW/rad, T1 shifted by 0.04 rad: T1 carries 50 - 20, T2 50 + 20 MW of 100.

    Without the option they carry 50 each; with T2 rated 60 the shift leaves room for 80 MW only, the rest is gas.
    """
    shift = np.rad2deg(0.04)
    plants = [plant("coal", "a", 500.0, 10.0), plant("gas", "b", 500.0, 30.0)]
    network = two_buses([trafo("T1", shift), trafo("T2")], plants)
    with_shift = solved(network, 100.0)
    assert list(with_shift.branch_mw.iloc[0][["T1", "T2"]]) == pytest.approx([30.0, 70.0])
    assert with_shift.cost_cny == pytest.approx(1000.0)
    without = solved(network, 100.0, dataclasses.replace(PLAIN, dc=DcOptions(phase_shift=False)))
    assert list(without.branch_mw.iloc[0][["T1", "T2"]]) == pytest.approx([50.0, 50.0])
    tight = network["trafo"].assign(sn_mva=[100.0, 60.0], vk_percent=[10.0, 6.0])
    limited = solved(dataclasses.replace(network, tables={**network.tables, "trafo": tight}), 100.0)
    assert list(limited.branch_mw.iloc[0][["T1", "T2"]]) == pytest.approx([20.0, 60.0])
    assert limited.cost_cny == pytest.approx(80.0 * 10.0 + 20.0 * 30.0)


def test_demand_that_cannot_be_served_is_no_optimum():
    network = two_buses([trafo("T")], [plant("coal", "b", 50.0, 10.0)])
    with pytest.raises(NoOptimum, match="infeasible"):
        solved(network, 80.0)


def test_one_step_takes_its_length_from_the_freq():
    network = two_buses([trafo("T")], [plant("coal", "a", 500.0, 10.0)])
    for freq, hours in (("1h", 1.0), ("15min", 0.25)):
        profiles = toy.profiles(network, 1, freq=freq, demand={"L": 80.0})
        dispatch = solve_dispatch(network, profiles, options=PLAIN)
        assert dispatch.cost_cny == pytest.approx(800.0 * hours)
        assert as_table(check_dispatch(network, profiles, dispatch))["ok"].all()


def test_one_step_without_freq_is_refused():
    index = pd.DatetimeIndex(["2030-01-01"], tz="Asia/Shanghai")
    with pytest.raises(InvalidInput, match="give the index a freq"):
        step_hours(index)


def test_a_study_can_choose_the_flow_model_and_the_windows(tmp_path):
    text = """
name = "q"
[network]
folder = "net"
scenario = "2030"
[weather]
folder = "weather"
[dispatch]
window_h = inf
step_h = 24.0
final_state = "free"
initial_energy_pu = 0.2
[penalties]
unserved_cny_per_mwh = inf
[commitment]
rule = "all"
[dc]
susceptance = "impedance"
tap_ratio = false
phase_shift = false
"""
    (tmp_path / "q.toml").write_text(text, "utf-8")
    options = read_study(tmp_path / "q.toml").options().dispatch
    assert options.dc == DcOptions(susceptance="impedance", tap_ratio=False, phase_shift=False)
    assert (options.window_h, options.step_h, options.final_state, options.initial_energy_pu) == (
        np.inf,
        24.0,
        "free",
        0.2,
    )
    assert options.commitment.rule == "all" and options.penalties.unserved_cny_per_mwh == np.inf
    (tmp_path / "q.toml").write_text(text.replace('"impedance"', '"conductance"'), "utf-8")
    with pytest.raises(InvalidInput, match="susceptance"):
        read_study(tmp_path / "q.toml")

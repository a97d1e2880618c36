"""Hours of the AC N-1, what radial outages cut off, and the tables of the year: by hand."""

import numpy as np
import pandas as pd
import pytest
import toy
from grids import TRAFO, bank, city, line, power, random_operation

from gridsim.ac import (
    N1,
    capacity_load_table,
    check_ac,
    losses_table,
    n1_diverged_table,
    n1_hours_table,
    n1_table,
    n1_voltage_table,
    reverse_power_table,
    table_positions,
)
from gridsim.ac.contingency import check_contingencies
from gridsim.ac.dispatched import Operation
from gridsim.ac.n1 import radial_table
from gridsim.ac.selection import Selection, select_hours
from gridsim.electrical import branches, shunts

YEAR = pd.date_range("2030-01-01", "2031-01-01", freq="h", inclusive="left", tz="Asia/Shanghai")


def shapes() -> dict[str, np.ndarray]:
    """Load 100 MW with peaks by hand; wind and sun, reverse flow and curtailment by hand."""
    load, renewable = np.full(len(YEAR), 100.0), np.zeros(len(YEAR))
    load[YEAR.get_loc("2030-07-10 20:00+08:00")] = 190.0
    load[YEAR.get_loc("2030-12-24 19:00+08:00")] = 180.0
    night = (YEAR >= "2030-06-02 00:00+08:00") & (YEAR < "2030-06-02 06:00+08:00")
    load[night] = 40.0
    noon = (YEAR >= "2030-05-03 11:00+08:00") & (YEAR < "2030-05-03 14:00+08:00")
    renewable[noon] = 90.0
    curtailed = np.zeros(len(YEAR))
    curtailed[YEAR.get_loc("2030-10-01 12:00+08:00")] = 5.0
    reverse = np.zeros(len(YEAR))
    reverse[YEAR.get_loc("2030-03-09 13:00+08:00")] = 30.0
    return {"load_mw": load, "renewable_mw": renewable, "reverse_mw": reverse, "curtailed_mw": curtailed}


def test_selected_hours():
    """Four days of 24 h, one hour each of reverse flow and curtailment, and the four of highest load.

    Highest load: 190 and 180 MW lie inside the days, the next two are the first hours of the year with 100 MW.
    """
    found = select_hours(YEAR, **shapes())
    reason = pd.Series(found.reason, index=YEAR[found.step])
    days = reason[reason.str.contains("peak|noon|night")].groupby(lambda t: str(t.date())).size()
    assert days.to_dict() == {"2030-05-03": 24, "2030-06-02": 24, "2030-07-10": 24, "2030-12-24": 24}
    assert reason["2030-07-10 20:00+08:00"] == "summer_peak+top_load"
    assert reason["2030-10-01 12:00+08:00"] == "top_curtailment"
    assert reason["2030-03-09 13:00+08:00"] == "top_reverse_flow"
    assert list(reason[reason == "top_load"].index) == list(YEAR[:2])
    assert len(found.step) == 96 + 4 and (np.diff(found.step) > 0).all()


def test_selection_takes_whole_hours_and_what_there_is():
    """A fortnight of January in steps of 15 minutes: one winter day, no other season, full hours only."""
    index = pd.date_range("2030-01-01", periods=96 * 14, freq="15min", tz="Asia/Shanghai")
    nothing = np.zeros(len(index))
    load = 100.0 + np.arange(len(index)) / len(index)
    found = select_hours(index, load_mw=load, renewable_mw=nothing, reverse_mw=nothing, curtailed_mw=nothing)
    assert set(index[found.step].minute) == {0} and set(index[found.step].date) == {index[-1].date()}
    assert len(found.step) == 24


def solved(net, given: Operation, positions=None) -> N1:
    positions = positions or table_positions(branches(net), shunts(net), len(given.index))
    state = check_contingencies(net, given, positions=positions, workers=1)
    selection = Selection(np.arange(len(given.index)), ("all",) * len(given.index))
    return N1(selection, state, pd.DataFrame(), 0.5)


def test_table_names_outage_hour_and_before():
    net = toy.network(
        bus=[toy.bus("a"), toy.bus("b")], line=[line(n, "a", "b", 10.0, max_i_ka=0.1) for n in ("ab I", "ab II")]
    )
    index = pd.date_range("2030-07-01", periods=3, freq="30min", tz="Asia/Shanghai")
    p, q = power(net, 3, b=([-10.0, -30.0, -25.0], 0.0))
    n1 = solved(net, Operation(index, p, q, {"a": 1.0}, {"a": 1.0}))
    table = n1_table(n1, net).set_index("element")
    row = table.loc["ab I"]
    assert (row["outage"], row["worst_time"], row["county"], row["vn_kv"]) == ("ab II", index[1], "county", 110.0)
    # 30 MW / (sqrt(3) 110 kV) = 0.1575 kA on 0.1 kA, with voltage drop and losses a little more
    assert row["max_loading_percent"] == pytest.approx(158.5, abs=1.0)
    assert row["loading_before_percent"] == pytest.approx(79.0, abs=0.5)
    # 25 MW are 131 %, 10 MW are 52 %: two steps of half an hour
    assert (row["hours_over_100"], row["hours_checked"]) == (1.0, 1.5)
    assert n1_diverged_table(n1, net).empty
    assert n1_hours_table(n1).to_dict("records") == [{"time": index[0], "reason": "all"}]


def test_voltage_after_an_outage_has_its_own_band():
    """110 kV may fall to 0.90 after an outage; at 0.97 in normal operation it would count."""
    cells = {"min_vm_pu": 0.97, "max_vm_pu": 1.07}
    net = toy.network(
        bus=[toy.bus("a") | cells, toy.bus("b") | cells], line=[line(n, "a", "b", 60.0) for n in ("ab I", "ab II")]
    )
    index = pd.date_range("2030-07-01", periods=2, freq="h", tz="Asia/Shanghai")
    p, q = power(net, 2, b=([-20.0, -70.0], [-5.0, -25.0]))
    table = n1_voltage_table(solved(net, Operation(index, p, q, {"a": 1.0}, {"a": 1.0})), net).set_index("bus")
    low = table.loc["b"]
    assert (low["band_min_pu"], low["band_max_pu"]) == (0.90, 1.10)
    assert low["min_vm_pu"] < 0.90 and low["min_time"] == index[1] and low["min_outage"] in ("ab I", "ab II")
    assert low["hours_outside"] == 0.5 and table.loc["a", "hours_outside"] == 0.0


def test_diverged_cases_by_outage():
    net = toy.network(bus=[toy.bus("a"), toy.bus("b")], line=[line(n, "a", "b", 100.0) for n in ("ab I", "ab II")])
    index = pd.date_range("2030-07-01", periods=2, freq="h", tz="Asia/Shanghai")
    p, q = power(net, 2, b=([-140.0, -400.0], [-20.0, 0.0]))
    table = n1_diverged_table(solved(net, Operation(index, p, q, {"a": 1.0}, {"a": 1.0})), net)
    assert list(table["outage"]) == ["", "ab I", "ab II"]
    assert list(table["worst_time"]) == [index[1], index[0], index[0]] and set(table["hours"]) == {0.5}
    assert table["cause"].str.contains("before any outage|voltage collapse").all()


def radial_grid(tie_ka: float):
    """a - b - c with a standby tie a - c: load at b and c, wind behind c."""
    ka = dict.fromkeys(("max_i_ka", "max_i_spring_ka", "max_i_winter_ka"), tie_ka)
    return toy.network(
        bus=[toy.bus("a"), toy.bus("b"), toy.bus("c"), toy.bus("w")],
        line=[
            line("ab", "a", "b"), line("bc", "b", "c"), line("cw", "c", "w"),
            line("tie", "a", "c", normally_open=True, **ka),
        ],
        load=[
            {"name": f"load {b}", "bus": b, "county": "county", "demand": "d", "max_p_mw": 20.0} for b in ("b", "c")
        ],
        wind=[{"name": "farm", "bus": "w", "county": "county", "max_p_mw": 30.0}],
    )  # fmt: skip


def test_radial_outages_and_who_takes_over():
    """Without a-b 15 + 10 MW are dark, without b-c 10 MW; the tie carries sqrt(3) 110 0.06 = 11.4 MVA: one of them."""
    net = radial_grid(0.06)
    index = pd.date_range("2030-07-01", periods=2, freq="h", tz="Asia/Shanghai")
    p, q = power(net, 2, b=(-15.0, 0.0), c=([-5.0, -10.0], 0.0), w=([20.0, 8.0], 0.0))
    n1 = solved(net, Operation(index, p, q, {"a": 1.0}, {"a": 1.0}))
    powers = {
        "load": pd.DataFrame({"load b": [-15.0, -15.0], "load c": [-5.0, -10.0]}, index=index),
        "wind": pd.DataFrame({"farm": [20.0, 8.0]}, index=index),
    }
    table = radial_table(net, n1.state, powers, index).set_index("outage")
    assert list(table.index) == ["ab", "bc", "cw"]
    assert table["load_lost_mw"].to_list() == [25.0, 10.0, 0.0]
    assert table["generation_lost_mw"].to_list() == [8.0, 8.0, 20.0]
    assert table["transferable"].to_list() == [False, True, False]
    assert table["via"].to_list() == ["tie", "tie", ""]
    assert table["via_mva"].to_list() == pytest.approx([11.432, 11.432, 0.0], abs=1e-3)
    assert table["buses"].to_list() == ["b/c/w", "c/w", "w"]
    assert table["worst_time"].to_list() == [index[1], index[1], index[0]]


def feeder(p_mw: list[float], **trafo):
    """One 110/10 kV transformer without losses in iron, power at its 10 kV side."""
    net = toy.network(
        bus=[toy.bus("a"), toy.bus("b", 10.0)],
        trafo=[{"name": "T", "station": "a", "county": "county", "hv_bus": "a", "lv_bus": "b", **TRAFO, **trafo}],
    )
    p, q = power(net, len(p_mw), b=(p_mw, 0.0))
    index = pd.date_range("2030-01-31 22:00", periods=len(p_mw), freq="h", tz="Asia/Shanghai")
    return net, check_ac(net, index=index, p_mw=p, q_mvar=q, v_set={"a": 1.0}, slack_bus={"a": 1.0})


def test_reverse_power_of_a_transformer():
    """-20, 10, 31.5, -5 MW at 10 kV of 63 MVA: upwards in two hours, at most 31.5 MW less losses = 50 % less 0.3."""
    net, state = feeder([-20.0, 10.0, 31.5, -5.0])
    (row,) = reverse_power_table(state, net).to_dict("records")
    up = -state.p_from_mw[:, 0].astype(float)
    assert row["reverse_h"] == 2.0 and row["worst_time"] == state.index[2]
    assert row["max_reverse_mw"] == pytest.approx(up[2]) and row["max_reverse_mw"] == pytest.approx(31.4, abs=0.05)
    assert row["max_reverse_percent"] == pytest.approx(100 * up[2] / 63.0)
    assert row["reverse_gwh"] == pytest.approx((up[1] + up[2]) / 1e3)
    _, never = feeder([-20.0, -10.0])
    (row,) = reverse_power_table(never, net).to_dict("records")
    assert (row["reverse_h"], row["max_reverse_mw"]) == (0.0, 0.0) and pd.isna(row["worst_time"])


def test_losses_by_month_add_up():
    """Hours 22 and 23 of January, 0 and 1 of February; percent of load plus losses."""
    net, state = feeder([-20.0, -20.0, -40.0, -40.0])
    table = losses_table(state, net, np.array([20.0, 20.0, 40.0, 40.0])).set_index("month")
    january, february = state.losses_mw[:2].sum(), state.losses_mw[2:].sum()
    assert table["energy_gwh"].to_list() == pytest.approx([january / 1e3, february / 1e3])
    assert table["percent"].to_list() == pytest.approx(
        [100 * january / (40 + january), 100 * february / (80 + february)]
    )
    assert set(table["vn_kv"]) == {110.0} and set(table["element_type"]) == {"trafo"}


def test_losses_of_a_city_add_up_to_the_ac_table():
    net = city()
    given = random_operation(net, 12, seed=2)
    state = check_ac(net, **given)
    table = losses_table(state, net, np.full(12, 50.0))
    hours = (given["index"][1] - given["index"][0]).total_seconds() / 3600
    assert table["energy_gwh"].sum() == pytest.approx(state.losses_mw.sum() * hours / 1e3)


def test_capacity_load_ratio():
    """63 MVA for a net peak of 40 MW and losses: 1.57; power upwards is no load."""
    net, state = feeder([-20.0, 60.0, -40.0])
    whole, county = capacity_load_table(state, net).to_dict("records")
    peak = float(state.p_from_mw[2, 0])
    assert (whole["county"], county["county"]) == ("", "county")
    for row in (whole, county):
        assert row["capacity_load_ratio"] == pytest.approx(63.0 / peak) == pytest.approx(1.57, abs=0.01)
        assert (row["units"], row["guide_min_ratio"], row["guide_max_ratio"]) == (1, 1.5, 2.0)
        assert row["worst_time"] == state.index[2]
    _, upwards = feeder([10.0, 60.0])
    assert np.isnan(capacity_load_table(upwards, net)["capacity_load_ratio"]).all()


def test_bank_goes_with_its_unit():
    """Without the only unit the 10 kV bus with its bank is dark: nothing flows any more."""
    net = toy.network(
        bus=[toy.bus("a"), toy.bus("b"), toy.bus("c", 10.0)],
        line=[line("ab", "a", "b", 10.0, c_nf_per_km=0.0)],
        trafo=[{"name": "T", "station": "b", "county": "county", "hv_bus": "b", "lv_bus": "c", **TRAFO}],
        shunt=[bank("capacitor", "c", -10.0, 2)],
    )
    model, banks = branches(net), shunts(net)
    p, q = power(net, 1, c=(-1.0, 0.0))
    index = pd.date_range("2030-07-01", periods=1, freq="h", tz="Asia/Shanghai")
    positions = table_positions(model, banks, 1)
    positions.step[:] = 2
    state = check_contingencies(
        net, Operation(index, p, q, {"a": 1.0}, {"a": 1.0}), positions=positions, elements={"T"}, workers=1
    )
    assert state.before_percent[0, 0] > 10.0, "20 Mvar flow before"
    assert state.tally.loading.value[0] < 1e-12

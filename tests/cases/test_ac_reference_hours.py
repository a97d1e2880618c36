"""Six reference hours of both years: voltages and losses of the planning model's own checks.

The expected figures are those of the planning model's electrical checks (pandapower 3.5, Newton, distributed slack,
taps and banks moved round by round from the positions of the tables, reactive limits, state after the repair of the
tables).  gridsim runs the same rule on the same hours and agrees to 0.003 p.u. and 0.02 points of losses in nine of
the twelve hours.

In the other three (2025: summer_peak, festival, wet_night) a voltage or a reactive flow lies within 1e-4 p.u. of the
edge of a dead band, and a bank or a tap falls to the other side: in summer_peak the capacitors of 汉昌 and 文里 stand
one step lower, in festival 梅子's tap one step elsewhere, in wet_night 罗城 has one 60 Mvar reactor more (its 220 kV
busbar is at 1.0600, the edge is 1.06).  The cause is where the magnetising branch of three-winding transformers sits:
the checks were made with ``trafo3w_losses="star"``, gridsim has pandapower's default ``"hv"``.  The same checking
program run with ``"hv"`` gives ``OTHER_EDGE``, and there gridsim agrees to 0.003 as well.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from gridsim.ac import ControlRules, HourlyControl, check_ac
from gridsim.network import read_network

YUEYANG = Path(__file__).parents[2] / "networks" / "yueyang"
COLUMNS = (
    *("load", "tan", "season", "wind", "utility", "distributed"),
    *("coal", "gas", "pumped", "battery", "hydro", "other"),
)
HOURS = {
    "summer_peak": (1.0, 0.33, "summer", 0.1, 0, 0, 0.9, 1, 1, 1, 0.5, 0.8),
    "winter_peak": (0.93, 0.29, "winter", 0.2, 0, 0, 0.9, 1, 1, 1, 0.2, 0.8),
    "spring_pump": (0.5, 0.22, "spring", 0.7, 0.85, 0.8, 0.35, 0, -1, -1, 0.7, 0.8),
    "spring_nopump": (0.5, 0.22, "spring", 0.7, 0.85, 0.8, 0.35, 0, 0, 0, 0.7, 0.8),
    "festival": (0.36, 0.18, "spring", 0.4, 0.75, 0.7, 0.3, 0, -0.5, -1, 0.3, 0.7),
    "wet_night": (0.35, 0.18, "spring", 0.7, 0, 0, 0.4, 0, -1, 0, 1, 0.8),
}
#: (min, max) at 500, 220, 110, 10 kV, losses in per cent of the load, import in MW
EXPECTED = {
    ("2025", "summer_peak"): (1.05, 1.055, 1.038, 1.056, 1.016, 1.049, 1.032, 1.049, 1.43, -2285.9),
    ("2025", "winter_peak"): (1.05, 1.055, 1.038, 1.058, 1.015, 1.049, 1.032, 1.049, 1.46, -2597.8),
    ("2025", "spring_pump"): (1.045, 1.049, 1.035, 1.059, 1.012, 1.041, 1.016, 1.032, 1.48, -2432.3),
    ("2025", "spring_nopump"): (1.045, 1.049, 1.035, 1.059, 1.012, 1.041, 1.016, 1.033, 1.54, -2630.9),
    ("2025", "festival"): (1.045, 1.049, 1.035, 1.06, 1.013, 1.035, 1.016, 1.033, 1.69, -2283.7),
    ("2025", "wet_night"): (1.045, 1.049, 1.035, 1.063, 1.01, 1.041, 1.017, 1.034, 1.63, -1793.3),
    ("2030", "summer_peak"): (1.05, 1.055, 1.03, 1.045, 1.016, 1.049, 1.032, 1.049, 2.01, -8747.8),
    ("2030", "winter_peak"): (1.05, 1.055, 1.033, 1.045, 0.999, 1.048, 1.032, 1.048, 2.16, -9183.7),
    ("2030", "spring_pump"): (1.045, 1.05, 1.035, 1.05, 1.013, 1.051, 1.016, 1.034, 2.44, -1696.2),
    ("2030", "spring_nopump"): (1.045, 1.049, 1.035, 1.05, 1.013, 1.053, 1.017, 1.034, 2.48, -4695.5),
    ("2030", "festival"): (1.045, 1.05, 1.035, 1.049, 1.011, 1.046, 1.017, 1.031, 2.36, -2555.9),
    ("2030", "wet_night"): (1.045, 1.05, 1.035, 1.049, 1.008, 1.054, 1.018, 1.033, 2.53, -895.1),
}
#: voltages and losses of the same program with the magnetising branches at the high side, where that moves something
OTHER_EDGE = {
    ("2025", "summer_peak"): (1.05, 1.055, 1.038, 1.055, 1.011, 1.049, 1.031, 1.048, 1.43),
    ("2025", "festival"): (1.045, 1.049, 1.035, 1.06, 1.009, 1.035, 1.016, 1.034, 1.69),
    ("2025", "wet_night"): (1.045, 1.049, 1.035, 1.058, 1.009, 1.048, 1.017, 1.033, 1.62),
    ("2030", "summer_peak"): (1.05, 1.055, 1.029, 1.045, 1.011, 1.05, 1.032, 1.049, 2.01),
}
#: the checking program moves up to three tap steps in every round
RULES = ControlRules(calm_round=99)
INDEX = pd.DatetimeIndex(["2030-01-01"], tz="Asia/Shanghai")


@pytest.fixture(scope="module", params=["2025", "2030"])
def network(request):
    return read_network(YUEYANG, request.param)


def output_pu(table: str, row: dict, hour: dict) -> float:
    if table == "thermal":
        return hour["gas"] if row["carrier"] == "gas" else hour["coal"] if row["carrier"] == "coal" else hour["other"]
    if table == "solar":
        return hour[row["kind"]]
    return {
        "load": -hour["load"],
        "wind": hour["wind"],
        "hydro": hour["hydro"],
        "battery": 0.8 * hour["battery"],
        "pumped_storage": hour["pumped"],
    }[table]


def operate(network, hour: dict) -> tuple[dict, float]:
    """Arguments of check_ac of one hour, and the load."""
    bus = pd.Series(np.arange(len(network["bus"])), index=network["bus"]["name"].to_numpy())
    p, q, load_mw = np.zeros((1, len(bus))), np.zeros((1, len(bus))), 0.0
    links, heavy = network["area_link"]["bus"], hour["load"] > 0.6
    v_set = dict.fromkeys(links, 1.05 if heavy else 1.045)
    q_range: dict = {}
    for table in ("load", "wind", "solar", "hydro", "battery", "thermal", "pumped_storage"):
        for row in network[table][network[table]["bus"].notna()].to_dict("records"):
            power = row["max_p_mw"] * output_pu(table, row, hour)
            p[0, bus[row["bus"]]] += power
            if row.get("voltage_control") and table in ("thermal", "pumped_storage"):
                lower = 0.0 if heavy or table == "pumped_storage" else 0.01
                if power:
                    v_set[row["bus"]] = row["vm_pu"] - lower
                    least, most = q_range.get(row["bus"], (0.0, 0.0))
                    share = -0.30 if table == "pumped_storage" else -0.25
                    q_range[row["bus"]] = (least + share * row["max_p_mw"], most + 0.45 * row["max_p_mw"])
            elif table == "load":
                q[0, bus[row["bus"]]] += power * hour["tan"]
                load_mw -= power
            elif table in ("hydro", "thermal"):
                q[0, bus[row["bus"]]] += 0.2 * power
    p[0, bus[links]] -= p.sum() / len(links)
    slack = dict.fromkeys(links, 1.0)
    given = {"index": INDEX, "p_mw": p, "q_mvar": q, "v_set": v_set, "slack_bus": slack, "q_range": q_range}
    return given, load_mw


@pytest.mark.parametrize("name", list(HOURS))
def test_reference_hour(network, name):
    hour = dict(zip(COLUMNS, HOURS[name]))
    given, load_mw = operate(network, hour)
    control = HourlyControl(heavy=np.array([hour["load"] > 0.6]), rules=RULES)
    state = check_ac(network, **given, season=np.array([hour["season"]]), control=control)
    assert state.converged.all() and (state.unsettled == "").all()
    *voltages, losses_percent, import_mw = EXPECTED[network.scenario, name]
    bus, found = network["bus"], []
    for kv in (500, 220, 110, 10):
        vm_pu = state.vm_pu[0, (bus["vn_kv"] == kv) & bus["min_vm_pu"].notna()]
        found += [float(vm_pu.min()), float(vm_pu.max())]
    *other, other_losses = OTHER_EDGE.get((network.scenario, name), (*voltages, losses_percent))
    agrees = [found == pytest.approx(expected, abs=0.003) for expected in (voltages, other)]
    assert any(agrees), (found, voltages, other)
    assert agrees[0] or (network.scenario, name) in OTHER_EDGE
    assert found == pytest.approx(voltages, abs=0.007), "one position elsewhere changes no more than this"
    losses = 100 * state.losses_mw[0] / load_mw
    assert min(abs(losses - losses_percent), abs(losses - other_losses)) < 0.01
    exchange = given["p_mw"][0, bus["name"].isin(given["slack_bus"])].sum() + state.slack_mw[0]
    assert exchange == pytest.approx(import_mw, abs=1.0)
    outside = (state.vm_pu < state.band_pu[:, 0] - 1e-4) | (state.vm_pu > state.band_pu[:, 1] + 1e-4)
    assert not outside.any()

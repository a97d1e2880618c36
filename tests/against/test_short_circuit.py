"""Short-circuit currents: by hand, against ``pandapower.shortcircuit``, plausible on Yueyang, the command."""

import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import toy
from grids import line
from typer.testing import CliRunner

from gridsim.cli import app
from gridsim.errors import InvalidInput
from gridsim.interop.pandapower import to_pandapower
from gridsim.network import Network, read_network
from gridsim.short_circuit import (
    Machine,
    ShortCircuitRules,
    converter_mva,
    fault_grid,
    feeders,
    sectioned,
    short_circuit_table,
)

YUEYANG = Path(__file__).parents[2] / "networks" / "yueyang"
RULES = ShortCircuitRules(external_ik_ka=10.0, external_rx=0.1)


def fed_from_outside(**tables):
    """A 110 kV bus of the outside grid, a line of (1.08 + j4) ohm to bus b."""
    return toy.network(
        bus=[toy.bus("a"), toy.bus("b")], line=[line("ab", "a", "b", 10.0)],
        area=[{"name": "city", "kind": "detailed"}, {"name": "outside", "kind": "node"}],
        area_link=[{"area": "outside", "bus": "a", "share_pu": 1.0}], **tables,
    )  # fmt: skip


def ik(table: pd.DataFrame, column: str = "ik_ka") -> pd.Series:
    return table.set_index("bus")[column]


def test_outside_grid_and_a_line():
    """Ik'' = c Un / (sqrt(3) |Z|), c = 1.1; the outside alone gives 10 kA.

    |Z_Q| = 1.1 * 110 / (sqrt(3) 10) = 6.986 ohm, R/X = 0.1:
    X_Q = 6.951, R_Q = 0.695.  At b: Z = 1.775 + j10.951 = 11.094 ohm, Ik'' = 6.297 kA.
    """
    found = ik(short_circuit_table(fed_from_outside(), rules=RULES))
    x = 1.1 * 110 / np.sqrt(3) / 10 / np.hypot(1, 0.1)
    at_b = 1.1 * 110 / np.sqrt(3) / abs(complex(0.1 * x + 1.08, x + 4.0))
    assert found["a"] == pytest.approx(10.0, rel=1e-6)
    assert found["b"] == pytest.approx(at_b, rel=1e-6) and at_b == pytest.approx(6.297, abs=1e-3)


def test_machine_behind_its_transformer():
    """300 MW at power factor 0.85 = 352.9 MVA, x = 0.20 + 0.14, R/X = 0.05: z = 0.3404.

    K_S = 1.1 / (1 + 0.06 * 0.5268) = 1.0663; |Z_S| = 1.0663 * 0.3404 * 110^2 / 352.9 = 12.444 ohm and
    Ik'' = 1.1 * 110 / (sqrt(3) 12.444) = 5.614 kA alone.
    """
    machine = Machine(0.20, 0.14, 0.85, 0.05)
    z = 0.34 * np.hypot(1, 0.05)
    correction = 1.1 / (1 + 0.06 * np.sqrt(1 - 0.85**2))
    z_ohm = correction * z * 110**2 / (300 / 0.85)
    assert z_ohm == pytest.approx(12.444, abs=2e-3)
    assert machine.short_circuit_mva(300.0) == pytest.approx(1.1 * 110**2 / z_ohm)
    net = toy.network(
        bus=[toy.bus("a")], thermal=[{"name": "T", "bus": "a", "county": "county", "max_p_mw": 300.0}]
    )  # fmt: skip
    rules = ShortCircuitRules(machines={"thermal": machine})
    assert ik(short_circuit_table(net, rules=rules))["a"] == pytest.approx(1.1 * 110 / np.sqrt(3) / z_ohm, rel=1e-6)


def test_converters_add_their_current():
    """95 MW at power factor 0.95 = 100 MVA = 0.5249 kA, times 1.2 = 0.630 kA at its own bus, less further away.

    At a the wind farm at b gives the part that its current drives to a fault there: all of it, for b has no other way.
    """
    net = fed_from_outside(wind=[{"name": "W", "bus": "b", "county": "county", "max_p_mw": 95.0}])
    found = short_circuit_table(net, rules=RULES)
    own = 1.2 * 100 / np.sqrt(3) / 110
    assert own == pytest.approx(0.630, abs=1e-3)
    assert ik(found, "converters_ka").to_dict() == pytest.approx({"a": own, "b": own}, rel=1e-6)
    alone = ik(short_circuit_table(fed_from_outside(), rules=RULES))
    assert ik(found)["b"] == pytest.approx(alone["b"] + own, rel=1e-6)
    assert np.isnan(found["ik_hosted_ka"]).all()


def test_hosted_state_against_the_ceiling():
    """The same farm as an addition: over a ceiling of 6.5 kA with it (6.30 + 0.63), inside without."""
    rules = ShortCircuitRules(external_ik_ka=10.0, ceiling_ka={110.0: 6.5})
    net = fed_from_outside()
    before = short_circuit_table(net, rules=rules).set_index("bus")
    after = short_circuit_table(net, added_mw={"b": 95.0}, rules=rules).set_index("bus")
    assert list(before["ok"][["a", "b"]]) == [False, True] and list(after["ok"][["a", "b"]]) == [False, False]
    assert after["ik_hosted_ka"]["b"] == pytest.approx(after["ik_ka"]["b"] + 0.630, abs=1e-3)
    assert after["margin_ka"]["b"] == pytest.approx(6.5 - after["ik_hosted_ka"]["b"])
    assert after["margin_ka"].is_monotonic_increasing


def test_standby_ties_banks_and_taps_do_not_count():
    """Open ties stay open; positions of taps and banks change nothing."""
    ties = [line("ab", "a", "b", 10.0), line("tie", "a", "b", 1.0, normally_open=True)]
    open_tie = toy.network(
        **{t: f.to_dict("records") for t, f in fed_from_outside().tables.items() if t != "line"} | {"line": ties}
    )
    assert ik(short_circuit_table(open_tie, rules=RULES))["b"] == pytest.approx(6.297, abs=1e-3)


def test_bad_input_is_listed():
    with pytest.raises(InvalidInput) as caught:
        short_circuit_table(fed_from_outside(), added_mw={"nowhere": 1.0, "b": -1.0})
    assert [p.row for p in caught.value.problems] == ["nowhere", "b"]
    with pytest.raises(InvalidInput):
        short_circuit_table(toy.network(bus=[toy.bus("a")]))


def pandapower_ka(network: Network, rated_mva: pd.Series, rules: ShortCircuitRules) -> pd.Series:
    """Ik'' of every bus by ``calc_sc`` with the same sources and converters. [kA]"""
    gone = ("wind", "solar", "hydro", "thermal", "pumped_storage", "battery", "external", "load", "area_link")
    tables = {**network.tables, **{table: network[table].iloc[:0] for table in gone}}
    tables |= {table: network[table].assign(tap_pos=0) for table in ("trafo", "trafo3w")}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pandapower as pp
        import pandapower.shortcircuit as sc

        net = to_pandapower(replace(network, tables=tables))
        net.shunt["in_service"] = False
        number = dict(zip(net.bus["name"], net.bus.index))
        for bus, s_mva, rx in feeders(network, rules):
            pp.create_ext_grid(net, int(number[bus]), s_sc_max_mva=s_mva, rx_max=rx)
        current = {"k": rules.converter_k, "current_source": True, "generator_type": "current_source"}
        for bus, s_mva in rated_mva.items():
            pp.create_sgen(net, int(number[bus]), 0.0, sn_mva=float(s_mva), **current)
        sc.calc_sc(net, fault="3ph", case="max", branch_results=False)
    return net.res_bus_sc["ikss_ka"].set_axis(net.bus["name"].to_numpy())


@pytest.mark.against
@pytest.mark.parametrize("scenario", ["2025", "2030"])
def test_against_pandapower(scenario):
    """Every bus of Yueyang, sections of 10 kV apart, with and without converters: 1e-6 of the current."""
    network, rules = read_network(YUEYANG, scenario), ShortCircuitRules()
    grid, (split, sections) = fault_grid(network), sectioned(network)
    assert len(sections) > len(network["bus"]) and set(sections["bus"]) == set(network["bus"]["name"])
    rated = converter_mva(network, rules)
    by_section = pd.Series(grid.at_sections(rated), sections["name"])
    for power in (rated.iloc[:0], rated):
        ours = grid.sources_ka() + grid.converters_ka(power, rules)
        given = by_section[by_section > 0] if len(power) else power
        theirs = pandapower_ka(split, given, rules).reindex(sections["name"]).to_numpy()
        assert not np.isnan(theirs).all()
        assert ours == pytest.approx(theirs, rel=1e-6, nan_ok=True)


def test_units_of_a_split_busbar():
    """Two 110/10 kV units of 40 MVA, x_T = 0.105: a section sees one of them, in parallel it would be nearly twice.

    K_T = 1.045 / (1 + 0.6 * 0.105) = 0.98307; at 10 kV X_T = 0.98307 * 0.105 * 10^2 / 40 = 0.25806 ohm, the outside
    (0.695 + j6.951) ohm at 110 kV / 121: |Z| = |0.00574 + j(0.05744 + 0.25806)| = 0.31555 ohm,
    Ik'' = 11 / (sqrt(3) |Z|) = 20.13 kA.
    """
    unit = {"hv_bus": "a", "lv_bus": "low", "sn_mva": 40.0, "vn_hv_kv": 110.0, "vn_lv_kv": 10.0, "vk_percent": 10.5,
            "vkr_percent": 0.0, "pfe_kw": 20.0, "i0_percent": 0.5, "tap_min": -8, "tap_max": 8,
            "tap_step_percent": 1.25, "tap_pos": 3, "station": "station", "county": "county"}  # fmt: skip
    base = fed_from_outside()
    rows = {t: f.to_dict("records") for t, f in base.tables.items() if t not in ("bus", "trafo")}
    net = toy.network(**rows, bus=[toy.bus("a"), toy.bus("b"), toy.bus("low", vn_kv=10.0)],
                      trafo=[{"name": "T1", **unit}, {"name": "T2", **unit}])  # fmt: skip
    found = short_circuit_table(net, rules=RULES).set_index("bus").loc["low"]
    assert found["ik_ka"] == pytest.approx(20.13, abs=0.01)
    assert found["ceiling_ka"] == 20.0 and not found["ok"]
    farm = short_circuit_table(net, added_mw={"low": 19.0}, rules=RULES).set_index("bus").loc["low"]
    assert farm["ik_hosted_ka"] - found["ik_ka"] > 0.5 * 1.2 * 20.0 / np.sqrt(3) / 10.0  # half stands at the section


@pytest.mark.parametrize("scenario", ["2025", "2030"])
def test_yueyang_is_plausible(scenario):
    """110 kV 3-40 kA; 220 kV 10-75 kA and 500 kV 15-70 kA with every plant on and all units in parallel.

    10 kV, a section per unit: 12-36 kA (63 MVA units of ordinary impedance; built ones have more, or reactors).

    Values above the ceilings are what such tables give; planners split busbars there.
    """
    network = read_network(YUEYANG, scenario)
    table = short_circuit_table(network)
    for kv, low, high in ((10, 12.0, 36.0), (110, 3.0, 40.0), (220, 10.0, 75.0), (500, 15.0, 70.0)):
        level = table.loc[table["vn_kv"] == kv, "ik_ka"]
        assert level.between(low, high).all() and len(level) >= 9
    assert table["ok"][table["vn_kv"] == 110].all(), "110 kV stays below 40 kA"
    assert (table["converters_ka"] > 0).all()
    assert set(table["vn_kv"]) == {10.0, 110.0, 220.0, 500.0}


def test_command(tmp_path):
    done = CliRunner().invoke(
        app, ["shortcircuit", str(YUEYANG), "--scenario", "2025", "--add", "长寿110=100", "--out", str(tmp_path)]
    )
    assert done.exit_code == 0, done.output
    table = pd.read_csv(tmp_path / "tables" / "short_circuit.csv")
    row = table.set_index("bus").loc["长寿110"]
    assert row["ik_hosted_ka"] - row["ik_ka"] == pytest.approx(1.2 * 100 / 0.95 / np.sqrt(3) / 110, rel=1e-3)
    assert "hosted" in done.output and "above the breaking capacity" in done.output
    bad = CliRunner().invoke(app, ["shortcircuit", str(YUEYANG), "--scenario", "2025", "--add", "长寿110"])
    assert bad.exit_code == 2

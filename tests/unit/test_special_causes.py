"""Special causes: agreed limits, limits of one's own choice, exempt outages; in one rate and not in the other."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tiny_study
import toy
from test_planned_outages import OPTIONS, days, grid

from gridsim.checks import as_table, check_dispatch, check_ledger
from gridsim.curtailment import SYSTEM_CAUSES, ledger
from gridsim.curtailment.rates import carrier_summary, cause_tables, plant_energy, rate_tables
from gridsim.dispatch import solve_dispatch
from gridsim.errors import InvalidInput
from gridsim.network import Network
from gridsim.run import run_study
from gridsim.special_limits import offered_mw
from gridsim.study import read_study, study_network

PLACE = {"county": "county", "site": "s"}
EARLY = {
    "element_type": "wind", "element": "W", "cause": "early_connection",
    "from_day": "04-01", "to_day": "04-30", "from_hour": 0, "to_hour": 23, "max_p_pu": 0.6,
}  # fmt: skip


def city(*limits: dict) -> Network:
    """100 MW of wind, 100 of sun, 100 of load; nowhere else to go."""
    return toy.network(
        bus=[toy.bus("a"), toy.bus("b")],
        line=[toy.line("ab", "a", "b")],
        demand=[{"name": "d", "peak_mw": 100.0, "energy_gwh": 1.0}],
        load=[{"name": "L", "bus": "a", "county": "county", "demand": "d", "max_p_mw": 100.0}],
        wind=[{"name": "W", "bus": "a", "turbine": "t", "hub_height_m": 90.0, "max_p_mw": 100.0, **PLACE}],
        solar=[{"name": "S", "bus": "a", "kind": "utility", "max_p_mw": 100.0, **PLACE}],
        special_limit=list(limits),
    )


def test_a_limit_of_early_connection_is_in_the_rate_of_all_causes_only():
    """W may deliver 60 of its 100 MW: 40 special.  60 + 100 MW are offered to a load of 100, so 60 are cut in equal
    shares: W 22.5, S 37.5.  All causes: (40 + 60) / 200 = 50 %.  System causes: 60 / (100 + 60) = 37.5 %."""
    network = city(EARLY)
    profiles = toy.profiles(network, 24, available={"W": 100.0, "S": 100.0}, demand={"L": 100.0})
    offered, withheld = offered_mw(network, profiles.available_mw)
    profiles = toy_with(profiles, offered, withheld)
    dispatch = solve_dispatch(network, profiles, options=OPTIONS)
    found = ledger(dispatch)
    table = as_table([*check_dispatch(network, profiles, dispatch), check_ledger(dispatch, found.rows)])
    assert table["ok"].all(), table[~table["ok"]]
    energy = plant_energy(network, dispatch)
    summary = carrier_summary(energy, found)
    assert summary["available_gwh"] == pytest.approx(4.8) and summary["used_gwh"] == pytest.approx(2.4)
    assert summary["special_gwh"] == pytest.approx(0.96)
    assert summary["curtailment_percent"] == pytest.approx(50.0)
    assert summary["curtailment_percent_system_cause"] == pytest.approx(37.5)
    assert summary["utilisation_percent"] == pytest.approx(62.5)
    parts = summary["curtailment_percent_provincial"] + summary["curtailment_percent_local"]
    assert parts == pytest.approx(37.5), "the two parts add up to the rate of system causes"
    cut = {
        name: p.iloc[0].to_dict() for name, p in zip(("provincial", "early"), (found.parts_mw[0], found.parts_mw[7]))
    }
    assert cut["provincial"] == pytest.approx({"W": 22.5, "S": 37.5}, abs=1e-6)
    assert cut["early"] == pytest.approx({"W": 40.0, "S": 0.0})
    causes = cause_tables(energy, found)["curtailment_by_cause"].set_index("cause")
    assert list(causes.index) == [*SYSTEM_CAUSES, "early_connection"]
    assert causes["system_cause"].to_dict() == {**dict.fromkeys(SYSTEM_CAUSES, True), "early_connection": False}
    assert causes["share_percent"].sum() == pytest.approx(100.0)
    by_plant = rate_tables(network, energy, found)["curtailment_by_plant"].set_index("plant")
    assert by_plant.loc["W", "curtailment_percent"] == pytest.approx(62.5)
    assert by_plant.loc["W", "curtailment_percent_system_cause"] == pytest.approx(37.5)
    assert by_plant.loc["S", "curtailment_percent"] == pytest.approx(37.5)


def toy_with(profiles, offered, withheld):
    from dataclasses import replace

    return replace(profiles, available_mw=offered, withheld_mw=withheld)


def test_hours_days_and_two_causes_at_once():
    """From 22 to 5 h own choice at 50 %, all April an agreed 60 %: 40 early, 10 more by choice at night."""
    own = EARLY | {"cause": "self_curtailment", "from_hour": 22, "to_hour": 5, "max_p_pu": 0.5}
    network = city(EARLY, own)
    available = toy.profiles(network, 48, start="2030-04-30", available={"W": 100.0, "S": 10.0}).available_mw
    offered, withheld = offered_mw(network, available)
    hour, april = available.index.hour, available.index.month == 4
    assert withheld["early_connection"]["W"].to_numpy() == pytest.approx(np.where(april, 40.0, 0.0))
    night = april & ((hour >= 22) | (hour <= 5))
    assert withheld["self_curtailment"]["W"].to_numpy() == pytest.approx(np.where(night, 10.0, 0.0))
    total = offered + withheld["early_connection"] + withheld["self_curtailment"]
    assert np.allclose(total, available)
    assert (withheld["early_connection"]["S"] == 0.0).all()


def test_without_special_limits_both_rates_are_equal():
    network = city()
    profiles = toy.profiles(network, 24, available={"W": 100.0, "S": 100.0}, demand={"L": 100.0})
    assert offered_mw(network, profiles.available_mw)[0] is profiles.available_mw
    dispatch = solve_dispatch(network, profiles, options=OPTIONS)
    summary = carrier_summary(plant_energy(network, dispatch), ledger(dispatch))
    assert summary["curtailment_percent"] == pytest.approx(summary["curtailment_percent_system_cause"], rel=1e-12)


@pytest.mark.parametrize(("exempt", "cause"), [(False, "outage"), (True, "exempt_outage")])
def test_an_outage_that_the_study_declares_exempt(exempt, cause):
    """100 of 150 MW go out over two circuits of 60; with II out on the 11th 60: 40 MW are cut because of it.

    24 * 40 = 960 of 3 * 24 * 150 MWh: 8.9 % of all causes, and 0 of the system's if the outage is exempt.
    """
    net = grid(2, [("ax II", "04-11", "04-11")])
    net = net.with_table("branch_outage", net["branch_outage"].assign(exempt=exempt))
    dispatch = solve_dispatch(net, days(net, 150.0, "2030-04-10", 3), options=OPTIONS)
    found = ledger(dispatch)
    assert set(found.rows["cause"]) == {cause}
    summary = carrier_summary(plant_energy(net, dispatch), found)
    assert summary["curtailment_percent"] == pytest.approx(100 * 960 / 10800, rel=1e-6)
    expected = 0.0 if exempt else 100 * 960 / 10800
    assert summary["curtailment_percent_system_cause"] == pytest.approx(expected, rel=1e-6, abs=1e-9)
    assert summary["curtailment_percent_local"] == pytest.approx(expected, rel=1e-6, abs=1e-9)
    assert summary["special_gwh"] == pytest.approx(0.96 if exempt else 0.0, abs=1e-6)


def test_two_outages_of_which_one_is_exempt_are_not():
    """Cautious: what two outages take together is exempt only if both are."""
    net = grid(3, [("ax II", "04-11", "04-11"), ("ax III", "04-11", "04-11")])
    table = net["branch_outage"].assign(exempt=[True, False])
    net = net.with_table("branch_outage", table)
    dispatch = solve_dispatch(net, days(net, 150.0, "2030-04-11", 1), options=OPTIONS)
    assert set(ledger(dispatch).rows["cause"]) == {"outage"}


# -- from the files --------------------------------------------------------------------------------------------


HEAD = "element_type,element,cause,from_day,to_day,from_hour,to_hour,max_p_pu\n"


def test_a_study_with_an_early_connection(tmp_path: Path):
    """The whole run: the table is read, both rates differ, every check holds, the causes have their names."""
    table = HEAD + "wind,东风风电场,early_connection,01-01,12-31,0,23,0.5\n"
    study = read_study(tiny_study.write_study(tmp_path, {"network/base/special_limit.csv": table}))
    findings = run_study(study.with_changes(ac={"enabled": False}))
    summary, tables = findings.summary, findings.tables
    assert tables["checks"]["ok"].all()
    assert summary["curtailment_percent"] > summary["curtailment_percent_system_cause"] + 5.0
    assert summary["curtailed_gwh"] == pytest.approx(
        summary["special_gwh"] + summary["provincial_gwh"] + summary["local_gwh"], rel=1e-9
    )
    for key in ("county", "plant", "voltage", "kind", "month", "hour", "day_type"):
        found = tables[f"curtailment_by_{key}"]
        for column in ("available_gwh", "special_gwh", "provincial_gwh", "local_gwh", "curtailed_gwh"):
            assert found[column].sum() == pytest.approx(summary[column], rel=1e-9), (key, column)
    cause = tables["curtailment_by_cause"].set_index("cause")
    assert not cause.loc["early_connection", "system_cause"]
    assert cause.loc["early_connection", "curtailed_gwh"] == pytest.approx(summary["special_gwh"])
    assert summary["available_gwh"] == pytest.approx(_available_gwh(), rel=1e-6), "what is withheld is available"


def _available_gwh() -> float:
    names = [n for n in tiny_study.PLANTS_MW if n != "外省风电"]
    return float(tiny_study.available_mw()[names].to_numpy().sum()) / 1e3


def test_a_limit_of_a_plant_that_is_not_there(tmp_path: Path):
    table = HEAD + "wind,没有的风电场,early_connection,01-01,12-31,0,23,0.5\n"
    study = read_study(tiny_study.write_study(tmp_path, {"network/base/special_limit.csv": table}))
    with pytest.raises(InvalidInput, match="没有的风电场"):
        study_network(study)


def test_exempt_outages_of_the_study_file(tmp_path: Path):
    outage = "element_type,element,from_day,to_day\nline,东站-西站II回,04-01,04-20\n"
    said = tiny_study.STUDY + '\n[curtailment]\nexempt_outages = ["东站-西站II回"]\n'
    changes = {"network/base/branch_outage.csv": outage, "study.toml": said}
    network = study_network(read_study(tiny_study.write_study(tmp_path, changes)))
    assert network["branch_outage"]["exempt"].tolist() == [True]
    wrong = read_study(tmp_path / "study.toml").with_changes(curtailment={"exempt_outages": ("东站-西站I回",)})
    with pytest.raises(InvalidInput, match="has no planned outage"):
        study_network(wrong)

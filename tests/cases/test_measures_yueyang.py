"""Measures on Yueyang: what must hold whatever the numbers, and candidates where the grid itself is the limit.

Nothing is asserted of a rate, of the city alone or of how much a measure avoids (definitions section 6): merit
commitment and rolling windows know no such law.  What is a law: energies add up; a change of use moves curtailment and
nothing else; a limit that is nowhere in force can be raised without effect.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from slices import some_days

import gridsim
from gridsim.case import simulate
from gridsim.curtailment import ledger
from gridsim.devices import RENEWABLES
from gridsim.measures.candidates import candidates
from gridsim.measures.measure import Measure
from gridsim.measures.outcome import outcome_of
from gridsim.measures.rank import measures_table, rank
from gridsim.measures.rules import Setting
from gridsim.measures.surplus import cuts
from gridsim.options import MeasureOptions
from gridsim.profiles import make_profiles
from gridsim.run_year import study_drivers
from gridsim.sections import MeasureEntry
from gridsim.study import read_study, study_network

STUDY = Path(__file__).parents[2] / "studies" / "yueyang_2030.toml"
TIE, STORE = "岳阳500kV联络断面", "平江抽水蓄能"


@pytest.fixture(scope="module")
def findings():
    """The year with the use of a store, the tie's limit and the first candidate of the ledger."""
    entries = (
        MeasureEntry(kind="storage_use", element=STORE, use="dedicated"),
        MeasureEntry(kind="section_limit", element=TIE, p_mw=2000.0),
    )
    study = read_study(STUDY).with_changes(measures={"most": 1, "pairs_of": 0}, measure=entries)
    return gridsim.rank_measures(study)


@pytest.mark.slow
def test_energies_add_up(findings):
    summary, table, rows = findings.summary, findings.tables["measures"], findings.tables["measures_ledger"]
    assert rows["both_mwh"].sum() / 1e3 == pytest.approx(summary["both_areas_curtailed_gwh"], rel=1e-5)
    assert rows["city_mwh"].sum() / 1e3 == pytest.approx(summary["curtailed_gwh"], rel=1e-5)
    assert table["ok"].all()
    assert (table["avoided_both_mwh"] <= 1e3 * summary["both_areas_curtailed_gwh"] + 1e-6).all()
    left = summary["curtailed_gwh"] - table["avoided_city_mwh"] / 1e3
    assert table["city_percent"].to_numpy() == pytest.approx(100.0 * left / summary["available_gwh"])


@pytest.mark.slow
def test_a_change_of_use_moves_curtailment_and_nothing_else(findings):
    """The credit cuts each step's curtailment anew; schedule and cost stay (docs/equations.md)."""
    row = findings.tables["measures"].set_index("kind").loc["storage_use"]
    assert abs(row["avoided_both_mwh"]) < 1.0
    assert abs(row["dispatch_saving_cny"]) < 1.0
    assert abs(row["unserved_change_mwh"]) < 1e-3


@pytest.mark.slow
def test_a_limit_that_is_nowhere_in_force_is_raised_without_effect(findings):
    """No row of the ledger names the tie in 2030: the schedule stays optimal, and the equal shares are unique."""
    assert TIE not in set(findings.tables["measures_ledger"]["element"])
    row = findings.tables["measures"].set_index("kind").loc["section_limit"]
    assert abs(row["avoided_both_mwh"]) < 1.0
    assert row["effect"] == "none"


@pytest.mark.slow
def test_a_grid_that_is_the_limit_gets_local_candidates():
    """A week of November with twice the city's wind and sun: lines, N-1 pairs and transformers are what cuts.

    One more unit where an N-1 of two transformers cuts most: simulated over the week, with all checks met.
    """
    study = read_study(STUDY)
    network = study_network(study)
    drivers, options = study_drivers(study, network), dataclasses.replace(study.options(), ac=False)
    week = some_days(make_profiles(network, drivers), "2030-11-10", 7)
    city = [str(n) for c in RENEWABLES for n in network[c].loc[network[c]["county"].notna(), "name"]]
    available = week.available_mw.copy()
    available[city] *= 2.0
    case = simulate(network, drivers, options, profiles=dataclasses.replace(week, available_mw=available))
    rows = cuts(case, ledger(case.dispatch))
    assert {"branch", "n_1"} <= {c.row.cause for c in rows}
    asked = MeasureOptions(most=12)
    made = candidates(Setting(case, options, asked), rows).chosen
    kinds = {m.kind for m in made}
    assert {"line_uprate", "second_circuit", "trafo_unit", "battery"} <= kinds
    assert kinds.isdisjoint({"thermal_minimum", "demand_shift"} - {c.row.cause for c in rows})
    assert all(m.row.element and m.row.both_mwh >= asked.smallest_mwh for m in made)
    pair = next(m for m in made if m.kind == "line_uprate" and m.row.cause == "n_1")
    assert len(pair.edits) == 2  # both circuits, each stands for the other after its outage
    unit = next(m for m in made if m.kind == "trafo_unit")
    assert isinstance(unit, Measure)
    ranking = rank(case, outcome_of(case, options), [unit], options=options, asked=asked, processes=1)
    table = measures_table(ranking, asked)
    assert table["ok"].all(), table["detail"].tolist()

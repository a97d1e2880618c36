"""Measures by hand: what a remedy frees, what it costs, which candidates come of which row of the ledger."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest
import toy

from gridsim.case import Case, simulate
from gridsim.curtailment import ledger
from gridsim.demand_shift import shifted_demand
from gridsim.errors import InvalidInput, NoOptimum
from gridsim.measures import grid, plants
from gridsim.measures.candidates import candidates
from gridsim.measures.given import KINDS
from gridsim.measures.measure import Edit, Measure, Quantities, Rejected, annuity, apply_edits, clash, cost_of, drafted
from gridsim.measures.outcome import new_overloads, outcome_of
from gridsim.measures.rank import candidates_table, effect_of, measures_table, pairs_table, rank
from gridsim.measures.rules import Setting
from gridsim.measures.surplus import by_store_mwh, cuts, hours_of_surplus, nice_mw
from gridsim.network import Network
from gridsim.options import MeasureOptions
from gridsim.schema.planning import MEASURE_KINDS
from gridsim.sections import MeasureEntry

OPTIONS = toy.BARE
ASKED = MeasureOptions(smallest_mwh=0.1, interest_percent=0.0)


def conductor(name: str, max_mw: float) -> dict:
    row = toy.line("x", "a", "b", max_mw=max_mw)
    ka = row["max_i_ka"]
    return {
        "name": name, "r_ohm_per_km": 0.0, "x_ohm_per_km": 10.0, "c_nf_per_km": 0.0,
        "max_i_ka": ka, "max_i_spring_ka": ka, "max_i_winter_ka": ka,
    }  # fmt: skip


def wind(name: str, bus: str, mw: float) -> dict:
    return {
        "name": name, "bus": bus, "county": "county", "max_p_mw": mw, "site": "s", "turbine": "t",
        "hub_height_m": 100.0,
    }  # fmt: skip


COAL = {
    "name": "coal", "bus": "b", "county": "county", "carrier": "coal", "max_p_mw": 2000.0, "min_p_pu": 0.0,
    "cost_cny_per_mwh": 300.0,
}  # fmt: skip


def behind_a_line(conductor_used: str = "60", **more: list[dict]) -> Network:
    """100 MW of wind at a, behind a line of 60 MW to b with the load; conductors of 60, 80 and 100 MW are in use."""
    used = [("ab", "a", "b", conductor_used), ("spare 80", "c", "b", "80"), ("spare 100", "d", "b", "100")]
    return toy.network(
        demand=[{"name": "d", "peak_mw": 500.0, "energy_gwh": 1.0}],
        bus=[toy.bus(n) for n in "abcd"],
        line_type=[conductor(k, float(k)) for k in ("60", "80", "100")],
        line=[toy.line(n, f, t, max_mw=float(k)) | {"std_type": k} for n, f, t, k in used],
        load=[{"name": "load", "bus": "b", "county": "county", "demand": "d", "max_p_mw": 500.0}],
        wind=[wind("farm", "a", 100.0)],
        thermal=[COAL],
        measure_cost=[
            {"name": "w", "kind": "line_uprate", "capital_cny_per_km": 1000.0, "life_years": 10.0, "om_percent": 5.0}
        ],
        **more,
    )


def case_of(network: Network, hours: int, **series: dict) -> Case:
    """The base case from given profiles, with a pass of all checks."""
    case = simulate(network, None, OPTIONS, profiles=toy.profiles(network, hours, **series))  # type: ignore[arg-type]
    assert [c for c in case.checks if not c.ok] == []
    return case


def ranked(case: Case, *measures: Measure | Rejected, asked: MeasureOptions = ASKED) -> pd.DataFrame:
    made = [m for m in measures if isinstance(m, Measure)]
    assert len(made) == len(measures), measures
    ranking = rank(case, outcome_of(case, OPTIONS), made, options=OPTIONS, asked=asked, processes=1)
    return measures_table(ranking, asked).set_index("measure")


# -- what a measure frees -----------------------------------------------------------------------------------


def test_a_larger_conductor_frees_what_the_ledger_says():
    """Wind 100 MW in 4 h behind 60 MW: 160 MWh are the line's.  100 MW frees 160 = the ledger's, 80 MW frees 80."""
    case = case_of(behind_a_line(), 4, available={"farm": 100.0}, demand={"load": 500.0})
    (row,) = (c.row for c in cuts(case, ledger(case.dispatch)))
    assert (row.cause, row.element) == ("branch", "ab")
    assert row.both_mwh == pytest.approx(160.0, abs=1e-4)
    whole, half = (grid.line_uprate(case.network, ["ab"], k) for k in ("100", "80"))
    table = ranked(case, whole, half)
    assert table.loc[whole.name, "avoided_city_mwh"] == pytest.approx(row.city_mwh, abs=1e-4)
    assert table.loc[half.name, "avoided_both_mwh"] == pytest.approx(80.0, abs=1e-4)
    assert list(table["rank"]) == [1, 2]
    assert list(table["effect"]) == ["avoids", "avoids"]
    # 300 CNY of coal and 200 of penalty less for every MWh that is taken
    assert table.loc[whole.name, "dispatch_saving_cny"] == pytest.approx(160.0 * 500.0, rel=1e-6)


def test_another_circuit_frees_what_the_ledger_says():
    """Two circuits of 60 MW carry 120: all 160 MWh."""
    case = case_of(behind_a_line(), 4, available={"farm": 100.0}, demand={"load": 500.0})
    twin = grid.second_circuit(case.network, "ab")
    assert ranked(case, twin)["avoided_both_mwh"].iloc[0] == pytest.approx(160.0, abs=1e-4)
    network, _ = twin.variant(case.network, OPTIONS)
    assert list(network["line"]["name"]) == ["ab", "ab 新增", "spare 100", "spare 80"]
    assert list(case.network["line"]["name"]) == ["ab", "spare 100", "spare 80"]


def surplus() -> Case:
    """Load 100; wind 50, 50, 150, 150, 50, 50 MW; coal may go to 0: 50 MW are cut in two hours, 100 MWh."""
    network = toy.network(
        demand=[{"name": "d", "peak_mw": 100.0, "energy_gwh": 1.0}],
        bus=[toy.bus("a"), toy.bus("b")],
        line=[toy.line("ab", "a", "b")],
        load=[{"name": "load", "bus": "b", "county": "county", "demand": "d", "max_p_mw": 100.0}],
        wind=[wind("farm", "a", 150.0)],
        thermal=[COAL],
        section=[{"name": "cut", "max_p_mw": 500.0, "min_p_mw": -500.0, "kind": "tie"}],
        section_branch=[{"section": "cut", "element_type": "line", "element": "ab", "weight_pu": 1.0}],
    )
    farm = np.array([50.0, 50.0, 150.0, 150.0, 50.0, 50.0])
    return case_of(network, 6, available={"farm": farm}, demand={"load": 100.0})


def lossless(network: Network, p_mw: float, duration_h: float) -> Measure:
    made = plants.battery(network, "b", p_mw, duration_h)
    assert isinstance(made, Measure)
    (edit,) = made.edits
    full = dict.fromkeys(("efficiency_charge_percent", "efficiency_discharge_percent"), 100.0)
    return dataclasses.replace(made, edits=(dataclasses.replace(edit, cells={**edit.cells, **full}),))


def test_a_battery_takes_of_a_surplus_what_it_holds():
    """30 MW / 1 h without losses: half full at first, empty by the surplus, 30 MWh in it, half full at the end.

    At 90 % each way it stores 30 MWh of 30 / 0.9 = 33.3 MWh, but its power is 30 MW: two hours are enough for that.
    """
    case = surplus()
    table = ranked(case, lossless(case.network, 30.0, 1.0), plants.battery(case.network, "a", 30.0, 1.0))
    by_bus = table.set_index("element")
    assert by_bus.loc["b", "avoided_both_mwh"] == pytest.approx(30.0, abs=1e-3)
    assert by_bus.loc["a", "avoided_both_mwh"] == pytest.approx(30.0 / 0.93, abs=1e-3)
    assert by_bus.loc["b", "storage_loss_change_mwh"] == pytest.approx(0.0, abs=1e-3)


def test_a_measure_that_does_nothing_is_zero_not_nan():
    case = surplus()
    table = ranked(case, grid.section_limit(case.network, "cut", 100.0))
    row = table.iloc[0]
    for column in ("avoided_city_mwh", "avoided_both_mwh", "dispatch_saving_cny", "unserved_change_mwh"):
        assert row[column] == pytest.approx(0.0, abs=1e-6)
    assert row["effect"] == "none"
    assert np.isnan(row["both_cny_per_mwh"])  # nothing avoided: no cost per MWh, rather than one that is not
    assert row["city_percent"] == pytest.approx(100.0 * 100.0 / 500.0)


def test_demand_moved_into_the_surplus_by_hand():
    """20 MW moved from hours 4-5 into hours 2-3, in which 50 MW are cut: 40 MWh less curtailment."""
    case = surplus()
    shift = plants.demand_shift(case.network, "d", 20.0, to_hour=2, from_hour=4, hours=2)
    network, _ = shift.variant(case.network, OPTIONS)
    load = shifted_demand(network["demand_shift"], case.profiles.demand_mw.set_axis(["d"], axis=1))
    profiles = dataclasses.replace(case.profiles, demand_mw=load.set_axis(["load"], axis=1))
    after = outcome_of(simulate(network, None, OPTIONS, profiles=profiles), OPTIONS)
    before = outcome_of(case, OPTIONS)
    assert before.curtailed_both_mwh - after.curtailed_both_mwh == pytest.approx(40.0, abs=1e-4)
    assert load["d"].sum() == pytest.approx(600.0)


def test_pairs_stand_beside_the_sum_of_the_two():
    """Line of 60 MW, 160 MWh cut: uprated to 80 frees 80, a lossless battery of 10 MW / 2 h behind it 20, together 100.

    Uprated to 100 nothing is left for the battery: together 160 of the sum 180, interaction -20.
    """
    load = np.array([500.0, 500.0, 500.0, 500.0, 500.0, 500.0])
    farm = np.array([10.0, 100.0, 100.0, 100.0, 100.0, 10.0])
    case = case_of(behind_a_line(), 6, available={"farm": farm}, demand={"load": load})
    battery = dataclasses.replace(lossless(case.network, 10.0, 2.0), name="battery")
    (edit,) = battery.edits
    battery = dataclasses.replace(battery, edits=(dataclasses.replace(edit, cells={**edit.cells, "bus": "a"}),))
    for conductor_name, together, interaction in (("80", 100.0, 0.0), ("100", 160.0, -20.0)):
        uprate = grid.line_uprate(case.network, ["ab"], conductor_name)
        ranking = rank(case, outcome_of(case, OPTIONS), [uprate, battery], options=OPTIONS, asked=ASKED, processes=1)
        (pair,) = pairs_table(ranking, ASKED).to_dict("records")
        assert pair["together_both_mwh"] == pytest.approx(together, abs=1e-3)
        assert pair["interaction_both_mwh"] == pytest.approx(interaction, abs=1e-3)


def test_measures_that_set_the_same_cell_are_no_pair():
    case = case_of(behind_a_line(), 4, available={"farm": 100.0}, demand={"load": 500.0})
    both = [grid.line_uprate(case.network, ["ab"], k) for k in ("80", "100")]
    assert "line ab std_type" in clash(*both)
    ranking = rank(case, outcome_of(case, OPTIONS), both, options=OPTIONS, asked=ASKED, processes=1)
    (pair,) = pairs_table(ranking, ASKED).to_dict("records")
    assert not pair["ok"] and "both set" in pair["detail"]


def test_a_measure_without_solution_is_a_row_that_is_not_ok(monkeypatch):
    case = surplus()
    impossible = plants.cells([("battery", "no such", "max_p_mw", 1.0)])
    with pytest.raises(InvalidInput, match="no such"):
        impossible.variant(case.network, OPTIONS)
    base = outcome_of(case, OPTIONS)

    def lost(*_: object, **__: object) -> Case:
        raise NoOptimum("window 3: no optimum")

    monkeypatch.setattr("gridsim.measures.outcome.simulate", lost)
    wider = grid.section_limit(case.network, "cut", 100.0)
    ranking = rank(case, base, [wider], options=OPTIONS, asked=ASKED, processes=1)
    (row,) = measures_table(ranking, ASKED).to_dict("records")
    assert (row["ok"], row["effect"], row["detail"]) == (False, "unknown", "window 3: no optimum")
    assert pairs_table(ranking, ASKED).empty


# -- overloads ----------------------------------------------------------------------------------------------


def test_new_overloads_are_those_the_base_case_lacks_or_has_less_of():
    outcome = outcome_of(surplus(), OPTIONS)
    columns = ["element", "side", "after_outage", "max_loading_percent", "hours_over_100"]

    def with_overloads(*rows: tuple) -> object:
        return dataclasses.replace(outcome, overloads=pd.DataFrame(list(rows), columns=columns))

    base = with_overloads(("a", "", False, 110.0, 5.0), ("b", "", False, 110.0, 5.0), ("c", "", True, 110.0, 5.0))
    other = with_overloads(
        ("a", "", False, 110.4, 6.0), ("b", "", False, 110.6, 5.0), ("c", "", False, 101.0, 1.0),
        ("c", "", True, 105.0, 7.0),
    )  # fmt: skip
    fresh = new_overloads(base, other)  # type: ignore[arg-type]
    assert list(zip(fresh["element"], fresh["after_outage"])) == [("b", False), ("c", False), ("c", True)]
    assert new_overloads(base, with_overloads()).empty  # type: ignore[arg-type]


# -- candidates ---------------------------------------------------------------------------------------------


def found(case: Case, **asked: object) -> tuple[dict[str, Measure], dict[tuple[str, str], str], pd.DataFrame]:
    setting = Setting(case, OPTIONS, dataclasses.replace(ASKED, **asked))
    made = candidates(setting, cuts(case, ledger(case.dispatch)))
    reasons = {(r.kind, r.element): r.reason for r in made.rejected}
    return {m.kind: m for m in made.chosen}, reasons, candidates_table(made.chosen, made.rejected)


def test_a_local_row_gives_local_candidates_with_their_row():
    case = case_of(behind_a_line(), 4, available={"farm": 100.0}, demand={"load": 500.0})
    made, reasons, table = found(case)
    assert set(made) == {"line_uprate", "second_circuit", "battery"}
    assert made["line_uprate"].change.startswith("60 → 80")
    assert made["battery"].element == "a"
    for measure in made.values():
        assert (measure.row.cause, measure.row.element) == ("branch", "ab")
        assert measure.row.both_mwh == pytest.approx(160.0, abs=1e-4)
        assert 0.0 < measure.potential_mwh <= 160.0 + 1e-4
    assert made["line_uprate"].cost.capital_cny == pytest.approx(1000.0)
    assert made["line_uprate"].cost.annual_cny == pytest.approx(1000.0 * (0.1 + 0.05))
    assert np.isnan(made["battery"].cost.capital_cny)  # no unit cost: absent, not free
    assert reasons == {}
    assert table["simulated"].all()


def test_a_full_section_gives_a_higher_limit_by_hand():
    """Tie of 60 MW, wind 100 MW in 4 h: 160 MWh are the section's; a fifth more, 12 MW, frees 48."""
    tie = {"name": "tie", "max_p_mw": 60.0, "min_p_mw": -60.0, "kind": "tie"}
    branch = {"section": "tie", "element_type": "line", "element": "ab", "weight_pu": 1.0}
    network = behind_a_line("100", section=[tie], section_branch=[branch])
    case = case_of(network, 4, available={"farm": 100.0}, demand={"load": 500.0})
    made, reasons, _ = found(case)
    assert set(made) == {"section_limit", "battery"}
    assert reasons == {}
    limit = made["section_limit"]
    assert (limit.row.cause, limit.row.element) == ("section", "tie")
    assert limit.row.both_mwh == pytest.approx(160.0, abs=1e-4)
    assert ranked(case, limit)["avoided_city_mwh"].iloc[0] == pytest.approx(48.0, abs=1e-4)


def test_rejected_candidates_are_listed_with_the_reason():
    case = case_of(behind_a_line(), 4, available={"farm": 100.0}, demand={"load": 500.0})
    _, reasons, table = found(case, most=1)
    assert sorted(reasons.values()) == ["beyond_most", "beyond_most"]
    assert table["simulated"].sum() == 1
    assert set(table["ledger_both_mwh"].round(3)) == {160.0}
    _, reasons, _ = found(case, smallest_mwh=200.0)
    assert reasons == {("", "ab"): "small_row"}
    lines = case.network["line"].assign(std_type=lambda t: t["std_type"].where(t["name"] == "ab", "60"))
    narrow = dataclasses.replace(case, network=case.network.with_table("line", lines))
    assert found(narrow)[1] == {("line_uprate", "ab"): "no_larger_conductor"}


def test_a_surplus_gives_candidates_of_the_system_and_the_tie_without_effect():
    case = surplus()
    network = case.network.with_cells("thermal", pd.DataFrame([{"name": "coal", "min_p_pu": 0.4}]))
    case = case_of(network, 6, available={"farm": np.array([50.0, 50, 150, 150, 50, 50])}, demand={"load": 900.0})
    made, reasons, _ = found(case)
    assert {"thermal_minimum", "section_limit"} <= set(made) | {k for k, _ in reasons}
    tie = made["section_limit"]
    assert (tie.row.cause, tie.row.element, tie.row.both_mwh) == ("section", "cut", 0.0)
    assert reasons[("pumped_storage", "")] == "all_in_service"


def test_the_order_of_what_is_simulated():
    """The best of each kind in the city and outside first, then by potential; some of a kind at most."""
    case = surplus()

    def one(kind: str, element: str, mwh: float, area: str | None = None) -> Measure:
        draft = drafted(kind, element, "", (), Quantities(), area=area)
        row = cuts(case, ledger(case.dispatch))[0].row
        return dataclasses.replace(draft, potential_mwh=mwh, row=row)

    from gridsim.measures.candidates import _chosen

    thermal = [one("thermal_minimum", f"t{k}", 100.0 - k) for k in range(5)]
    others = [one("battery", "b", 5.0), one("battery", "node", 50.0, "rest"), one("demand_shift", "d", 0.01)]
    chosen, left = _chosen([*others, *thermal], dataclasses.replace(ASKED, most=5, most_of_a_kind=2))
    assert [m.element for m in chosen] == ["t0", "node", "b", "t1", "t2"]  # t2: no other kind wants the place
    reasons = {(r.element, r.reason) for r in left}
    assert reasons == {("d", "no_potential"), ("t3", "beyond_most"), ("t4", "beyond_most")}


# -- kinds --------------------------------------------------------------------------------------------------


def test_every_kind_is_declared_once():
    from typing import get_args

    assert set(KINDS) == set(MEASURE_KINDS) == set(get_args(MeasureEntry.model_fields["kind"].annotation))


def test_another_unit_stands_in_the_sections_of_its_twin():
    """A section of transformers is measured on all of them, the new one too."""
    from grids import city

    section = [{"name": "s", "max_p_mw": 100.0, "min_p_mw": -100.0, "kind": "internal"}]
    branch = [{"section": "s", "element_type": "trafo3w", "element": "west#1", "weight_pu": -1.0}]
    tables = {
        **city().tables,
        "section": toy.frame("section", section),
        "section_branch": toy.frame("section_branch", branch),
    }
    network = dataclasses.replace(city(), tables=tables)
    unit = grid.trafo_unit(network, "west#1")
    assert isinstance(unit, Measure) and unit.change == "+ 180 MVA" and unit.quantities.vn_kv == 220.0
    new, in_section = unit.edits
    assert new.is_new and (new.cells["name"], new.cells["hv_bus"]) == ("west#1 新增", "north220")
    assert in_section.cells == {**branch[0], "element": "west#1 新增"}


def test_limits_of_the_seasons_rise_with_those_of_the_year():
    case = surplus()
    season = pd.DataFrame([{"section": "cut", "season": "summer", "max_p_mw": 300.0, "min_p_mw": -200.0}])
    network = case.network.with_table("section_season", season)
    after, _ = grid.section_limit(network, "cut", 50.0).variant(network, OPTIONS)
    assert after["section"][["max_p_mw", "min_p_mw"]].to_numpy().tolist() == [[550.0, -550.0]]
    assert after["section_season"][["max_p_mw", "min_p_mw"]].to_numpy().tolist() == [[350.0, -250.0]]


def test_a_lower_minimum_lowers_the_months_too():
    case = surplus()
    months = pd.DataFrame({"thermal": "coal", "month": range(1, 13), "min_p_pu": [0.6] * 3 + [0.05] * 9})
    network = case.network.with_tables(
        {"thermal": case.network["thermal"].assign(min_p_pu=0.5), "thermal_minimum": months}
    )
    lowered = plants.thermal_minimum(network, "coal", 0.4)
    assert isinstance(lowered, Measure) and lowered.quantities.power_kw == pytest.approx(200e3)
    after, _ = lowered.variant(network, OPTIONS)
    assert list(after["thermal_minimum"]["min_p_pu"].round(6)) == [0.5] * 3 + [0.0] * 9
    same = plants.thermal_minimum(network, "coal", 0.5)
    assert isinstance(same, Rejected) and same.reason == "at_floor"


def test_edits_change_a_copy():
    network = behind_a_line()
    edits = (Edit("wind", {"name": "farm", "max_p_mw": 50.0}), Edit("bus", toy.bus("e"), is_new=True))
    with pytest.raises(InvalidInput, match="station"):  # a bus needs the station it names
        apply_edits(network, OPTIONS, edits=edits)
    after, options = apply_edits(network, OPTIONS, edits=edits[:1])
    assert (network["wind"]["max_p_mw"].iloc[0], after["wind"]["max_p_mw"].iloc[0]) == (100.0, 50.0)
    assert options is OPTIONS


# -- cost, sizes, hours -------------------------------------------------------------------------------------


def test_annuity_by_hand():
    """10 % over two years: 1 / (1 / 1.1 + 1 / 1.21) = 0.57619; without interest half."""
    assert annuity(interest_percent=10.0, life_years=2.0) == pytest.approx(1.0 / (1.0 / 1.1 + 1.0 / 1.21))
    assert annuity(interest_percent=0.0, life_years=2.0) == 0.5


def test_cost_by_voltage_and_of_the_planner():
    table = toy.frame(
        "measure_cost",
        [
            {"name": "any", "kind": "trafo_unit", "capital_cny_per_kva": 100.0, "life_years": 10.0},
            {"name": "220", "kind": "trafo_unit", "vn_kv": 220.0, "capital_cny_per_kva": 300.0, "life_years": 10.0},
            {"name": "shift", "kind": "demand_shift", "capital_cny_per_kw": 10.0, "life_years": 5.0,
             "running_cny_per_mwh": 100.0},
        ],
    )  # fmt: skip
    unit = Quantities(rating_kva=1000.0, vn_kv=220.0)
    assert cost_of("trafo_unit", unit, table, interest_percent=0.0).annual_cny == pytest.approx(30000.0)
    lower = dataclasses.replace(unit, vn_kv=110.0)
    assert cost_of("trafo_unit", lower, table, interest_percent=0.0).capital_cny == pytest.approx(100000.0)
    moved = Quantities(power_kw=100.0, moved_mwh=7.0)
    assert cost_of("demand_shift", moved, table, interest_percent=0.0).annual_cny == pytest.approx(200.0 + 700.0)
    own = cost_of("battery", unit, table, interest_percent=0.0, capital_cny=1e6, life_years=4.0)
    assert (own.capital_cny, own.annual_cny) == (1e6, 2.5e5)
    assert np.isnan(cost_of("battery", unit, table, interest_percent=0.0).annual_cny)


@pytest.mark.parametrize(
    ("mw", "size"), [(0.2, 1.0), (1.4, 1.0), (1.5, 2.0), (33.0, 50.0), (92.0, 100.0), (1240.0, 1000.0), (8.0, 10.0)]
)
def test_sizes_a_planner_writes_down(mw, size):
    assert nice_mw(mw) == size


def test_a_store_filled_once_a_day():
    """50 MW are cut in 4 hours of the first day, in 1 of the second; 20 MW / 60 MWh take 60 and 20."""
    cut = np.zeros(48)
    cut[10:14] = 50.0
    cut[36] = 50.0
    assert by_store_mwh(cut, 20.0, 60.0, 1.0) == pytest.approx(80.0)


def test_hours_of_surplus_and_of_need_do_not_overlap():
    hour = np.arange(24)
    cut = np.where((hour >= 11) & (hour < 15), 100.0, 0.0)
    load = np.where((hour >= 14) & (hour < 20), 50.0 + hour, 0.0)
    assert hours_of_surplus(cut, load, hour, 4) == (11, 16)


@pytest.mark.parametrize(
    ("city", "both", "effect"),
    [
        (5.0, 20.0, "avoids"),
        (20.0, 0.0, "moves"),
        (0.5, 0.5, "none"),
        (5.0, -20.0, "adds"),
        (np.nan, np.nan, "unknown"),
    ],
)
def test_effect_in_a_word(city, both, effect):
    assert effect_of(city, both, 1.0) == effect


def test_demand_shift_keeps_the_energy_and_refuses_what_cannot_be():
    index = pd.date_range("2030-01-01", periods=48, freq="1h", tz="Asia/Shanghai")
    demand = pd.DataFrame({"d": 100.0}, index=index)
    row = {"name": "s", "demand": "d", "p_mw": 30.0, "to_hour": 22, "to_hours": 4, "from_hour": 8, "from_hours": 2}
    moved = shifted_demand(toy.frame("demand_shift", [row]), demand)["d"]
    assert moved.sum() == pytest.approx(4800.0)
    assert list(moved.iloc[[0, 1, 2, 8, 9, 10, 21, 22, 23]]) == [130, 130, 100, 40, 40, 100, 100, 130, 130]
    with pytest.raises(InvalidInput, match="both taken from and moved to") as both:
        shifted_demand(
            toy.frame("demand_shift", [{**row, "from_hour": 23}, {**row, "name": "t", "p_mw": 60.0}]), demand
        )
    assert "would fall to -20.0 MW" in str(both.value)
    assert shifted_demand(toy.frame("demand_shift", []), demand) is demand


def test_every_kind_reason_and_effect_has_its_word():
    """Reasons as the modules write them."""
    import re
    from pathlib import Path

    import gridsim.measures
    from gridsim.report.catalogue import LANGUAGES, entries_of

    folder = Path(gridsim.measures.__file__).parent
    code = "".join(p.read_text("utf-8") for p in folder.glob("*.py"))
    reasons = set(re.findall(r'(?:Rejected\([^"]*"\w*", [\w.]+, |_rejected\(\w+, |reason = )"(\w+)"', code))
    reasons |= {"all_in_service", "too_far", "use_of_study", "in_study", "refused"}
    assert {"small_row", "beyond_most", "no_larger_conductor", "at_floor"} <= reasons
    effects = {"avoids", "moves", "none", "adds", "unknown"}
    for lang in LANGUAGES:
        entries = entries_of(lang)
        wanted = {f"measure.{k}" for k in MEASURE_KINDS} | {f"measure_reason.{r}" for r in reasons}
        wanted |= {f"effect.{e}" for e in effects}
        assert wanted - entries.keys() == set()

"""AC with branches out by plan: like a grid whose tables never had them, hour by hour and after outages."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import toy
from grids import city, line, power, random_operation

from gridsim.ac import AcState, HourlyControl, Positions, check_ac, overload_table, seasonal_positions, voltage_table
from gridsim.ac.contingency import check_contingencies
from gridsim.ac.dispatched import Operation
from gridsim.ac.n1 import radial_table
from gridsim.dispatch.states import GridStates, whole_grid
from gridsim.electrical import branches, shunts
from gridsim.network import Network

OUT = (("north-plant II", "east-town"), ("east#1",), ("town#2", "west-tap"))


def states_of(net: Network, of_step: np.ndarray, *out: tuple[str, ...]) -> GridStates:
    element = branches(net).element
    gone = np.array([np.isin(element, names) for names in ((), *out)])
    return GridStates(gone, ((), *out), of_step)


def without(net: Network, names: tuple[str, ...]) -> Network:
    tables = {t: net[t][~net[t]["name"].isin(names)].reset_index(drop=True) for t in ("line", "trafo", "trafo3w")}
    return replace(net, tables={**net.tables, **tables})


def case(hours: int = 16) -> tuple[Network, Operation]:
    """Random hours of a city, power only where every outage leaves a way (10 kV at west and east has one unit)."""
    net = city()
    given = Operation(**random_operation(net, hours, seed=3))
    p, q = power(net, hours, town10=(-40.0, -8.0), west110=(25.0, 0.0), east110=(-20.0, -5.0))
    p += given.p_mw
    of_step = np.arange(hours) % 4
    return net, replace(given, p_mw=p, q_mvar=q, states=states_of(net, of_step, *OUT))


def alone(net: Network, given: Operation, state: int, **options) -> tuple[AcState, np.ndarray]:
    """The hours of one state on a network without what is out."""
    steps = np.flatnonzero(given.states.of_step == state)
    some = replace(given.take(steps), states=None)
    return check_ac(without(net, given.states.elements[state]), **some.arguments(), **options), steps


@pytest.mark.parametrize("state", range(4))
def test_hours_with_a_planned_outage_are_those_of_a_grid_without_the_branches(state):
    net, given = case()
    whole = check_ac(net, **given.arguments())
    part, steps = alone(net, given, state)
    assert whole.converged.all() and part.converged.all()
    assert whole.vm_pu[steps] == pytest.approx(part.vm_pu, abs=1e-6, nan_ok=True)
    assert whole.losses_mw[steps] == pytest.approx(part.losses_mw, abs=1e-5)
    names = whole.elements["element"]
    left = names.isin(part.elements["element"]).to_numpy()
    order = pd.Index(part.elements["element"]).get_indexer(names[left])
    for quantity in ("loading_percent", "p_from_mw", "element_losses_mw"):
        mine, theirs = getattr(whole, quantity)[steps], getattr(part, quantity)
        # the network alone leaves the currents of branches on dead buses open: here they are zero
        assert mine[:, left] == pytest.approx(np.nan_to_num(theirs[:, order]), abs=1e-4)
        assert (mine[:, ~left] == 0.0).all(), "what is out carries nothing"


def test_taps_and_banks_with_planned_outages():
    """Positions by class and state, then hour by hour: as on the grids without the branches."""
    net, given = case()
    n = len(given.index)
    label, heavy = np.array(["one", "two"], dtype=object)[np.arange(n) // 8], np.arange(n) % 2 == 0
    positions = seasonal_positions(net, **given.injections(), label=label, heavy=heavy)
    assert set(positions.label) == {f"{x}{given.states.label(s)}" for x in ("one", "two") for s in range(4)}, (
        "each class of hours once per state of the grid"
    )
    whole = check_ac(net, **given.arguments(), positions=positions, control=HourlyControl(heavy=heavy))
    assert whole.converged.all() and (whole.unsettled == "").all()
    model = branches(net)
    moved = (whole.positions.tap_pos[whole.positions.pattern] != 0).any(axis=0)
    assert moved.any()
    for state in (0, 1):  # no tap changer is out: the numbers of the others stay
        steps = np.flatnonzero(given.states.of_step == state)
        some, smaller = replace(given.take(steps), states=None), without(net, given.states.elements[state])
        place = seasonal_positions(smaller, **some.injections(), label=label[steps], heavy=heavy[steps])
        part = check_ac(smaller, **some.arguments(), positions=place, control=HourlyControl(heavy=heavy[steps]))
        assert whole.vm_pu[steps] == pytest.approx(part.vm_pu, abs=1e-6)
        left = [i for i, e in enumerate(model.element) if e not in given.states.elements[state]]
        mine = whole.positions.tap_pos[whole.positions.pattern[steps]][:, left]
        assert (mine == part.positions.tap_pos[part.positions.pattern]).all()


def test_tables_with_planned_outages():
    """A bus without a connection has no voltage to judge; what is out is no heavy loading."""
    net, given = case()
    every = np.full(len(given.index), 2)
    state = check_ac(net, **replace(given, states=replace(given.states, of_step=every)).arguments())
    assert np.isnan(state.vm_pu[:, list(state.bus).index("east10")]).all()
    voltage = voltage_table(state, net).set_index("bus")
    assert voltage.loc["east10", "hours_outside"] == 0.0 and voltage["min_vm_pu"].drop("east10").notna().all()
    over = overload_table(state, net).set_index("element")
    assert over.loc["east#1", ["max_loading_percent", "hours_over_80"]].tolist() == [0.0, 0.0]
    assert np.isfinite(state.losses_mw).all()


def test_outages_beside_planned_outages_by_hand():
    """Three equal circuits carry 60 MW; with III out by plan a second outage leaves all of it to the last one."""
    net = toy.network(
        bus=[toy.bus("a"), toy.bus("b")], line=[line(f"ab {n}", "a", "b", 10.0) for n in ("I", "II", "III")]
    )
    p, q = power(net, 2, b=(-60.0, 0.0))
    index = pd.date_range("2030-07-01", periods=2, freq="h", tz="Asia/Shanghai")
    given = Operation(index, p, q, {"a": 1.0}, {"a": 1.0}, states=states_of(net, np.array([0, 1]), ("ab III",)))
    place = Positions(("all",), np.zeros((1, 3)), np.zeros((1, 0), dtype=int), np.zeros(2, dtype=int))
    found = check_contingencies(net, given, positions=place, workers=1)
    names = found.elements["element"]
    setters = [
        (names[found.outages[o].element], found.index[h].hour)
        for o, h in zip(found.tally.loading.outage, found.tally.loading.hour)
    ]
    assert setters == [("ab II", 1), ("ab I", 1), ("ab I", 0)]
    loading = 100 * np.sqrt(found.tally.loading.value)
    assert loading[0] / loading[2] == pytest.approx(2.0, rel=0.02), "one circuit with 60 MW, two with 30 each"
    assert found.before_percent[1, 2] == 0.0 and found.before_percent[1, 0] / found.before_percent[
        0, 0
    ] == pytest.approx(1.5, rel=0.02)
    assert len(found.outages) == 5 and found.diverged.empty


def test_every_outage_beside_a_planned_one_is_that_of_a_grid_without_the_branches():
    net, given = case(8)
    model, banks = branches(net), shunts(net)
    place = Positions(
        ("tables",), model.tap_pos[None, :], np.zeros((1, len(banks.name)), dtype=int), np.zeros(8, dtype=int)
    )
    whole = check_contingencies(net, given, positions=place, workers=1)
    best = pd.Series(-1.0, index=whole.elements["element"])
    for state, names in enumerate(given.states.elements):
        steps, smaller = np.flatnonzero(given.states.of_step == state), without(net, names)
        left = [i for i, e in enumerate(model.element) if e not in names]
        part = check_contingencies(
            smaller, replace(given.take(steps), states=None), workers=1,
            positions=replace(place, tap_pos=place.tap_pos[:, left], pattern=place.pattern[steps]),
        )  # fmt: skip
        value = pd.Series(part.tally.loading.value, index=part.elements["element"])
        best[value.index] = np.maximum(best[value.index], value)
        before = whole.before_percent[steps][:, best.index.isin(value.index)]
        assert before == pytest.approx(np.nan_to_num(part.before_percent), abs=1e-3)
    assert whole.tally.loading.value == pytest.approx(best.to_numpy(), abs=1e-5)


def test_load_lost_beside_a_planned_outage():
    """A ring a-b-c-a: with c-a out by plan in the second hour, a-b takes b and c along, b-c only c."""
    net = toy.network(
        bus=[toy.bus(n) for n in "abc"],
        line=[line(n, *n.split("-")) for n in ("a-b", "b-c", "c-a")],
        load=[{"name": f"load {b}", "bus": b, "county": "county", "demand": "d", "max_p_mw": 20.0} for b in "bc"],
    )
    index = pd.date_range("2030-07-01", periods=2, freq="h", tz="Asia/Shanghai")
    p, q = power(net, 2, b=(-15.0, 0.0), c=([-12.0, -10.0], 0.0))
    given = Operation(index, p, q, {"a": 1.0}, {"a": 1.0}, states=states_of(net, np.array([0, 1]), ("c-a",)))
    place = Positions(("all",), np.zeros((1, 3)), np.zeros((1, 0), dtype=int), np.zeros(2, dtype=int))
    found = check_contingencies(net, given, positions=place, workers=1)
    powers = {"load": pd.DataFrame({"load b": [-15.0, -15.0], "load c": [-12.0, -10.0]}, index=index)}
    whole = radial_table(net, found, powers, index, states=whole_grid(branches(net), 2))
    assert whole.empty, "a ring loses nothing"
    table = radial_table(net, found, powers, index, states=given.states).set_index("outage")
    assert table["load_lost_mw"].to_dict() == {"a-b": 25.0, "b-c": 10.0}
    assert (table["worst_time"] == index[1]).all()

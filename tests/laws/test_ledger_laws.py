"""Who has which name, and how a plant is cut into pieces, decides no cause (definitions §3) on random systems."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np
import pandas as pd
import pytest
import toy
from hypothesis import given
from hypothesis import strategies as st
from test_dispatch_laws import HOURS, LAW, OPTIONS, System, systems

from gridsim.curtailment import CAUSES, LEVELS, Ledger, ledger
from gridsim.dispatch import Dispatch, solve_dispatch

#: a cause of a plant and hour may differ by this: the share step's accuracy on other columns [MW]
CLOSE_MW = 2e-3


def explained(system: System) -> tuple[Dispatch, Ledger]:
    net, profiles = system.build()
    dispatch = solve_dispatch(net, profiles, options=OPTIONS)
    return dispatch, ledger(dispatch)


def assert_adds_up(dispatch: Dispatch, found: Ledger) -> None:
    """Exactly in the parts, to 1e-6 in the rows, nothing negative, no local row without a name."""
    cut = dispatch.role("curtailed")
    assert min(p.to_numpy().min() for p in found.parts_mw) >= 0.0
    assert np.abs(sum(p.to_numpy() for p in found.parts_mw) - cut.to_numpy()).max() < 1e-9
    rows = found.rows.pivot_table(index="time", columns="plant", values="curtailed_mw", aggfunc="sum", fill_value=0.0)
    assert np.abs(rows.reindex(index=cut.index, columns=cut.columns, fill_value=0.0) - cut).to_numpy().max() < 1e-6
    assert (found.rows.loc[found.rows["cause"] != "provincial", "element"] != "").all()


@LAW
@given(systems(), st.permutations(LEVELS[1:]))
def test_every_order_adds_up_to_the_same_plants(system: System, order: list[str]) -> None:
    dispatch, found = explained(system)
    assert_adds_up(dispatch, found)
    assert_adds_up(dispatch, ledger(dispatch, order=("provincial", *order)))


@LAW
@given(systems(), st.randoms(use_true_random=False))
def test_renaming_plants_and_lines_changes_no_cause(system: System, random: object) -> None:
    new = [f"{k:02d}" for k in range(40)]
    random.shuffle(new)  # type: ignore[attr-defined]
    names = {w["name"]: f"w{new[i]}" for i, w in enumerate(system.tables["wind"])}
    names |= {s["name"]: f"s{new[15 + i]}" for i, s in enumerate(system.tables["line"])}
    renamed = system.renamed(names)
    (_, a), (_, b) = explained(system), explained(renamed)
    for cause, one, other in zip(CAUSES, a.parts_mw, b.parts_mw):
        back = other.rename(columns={v: k for k, v in names.items()})[one.columns]
        assert np.allclose(one, back, atol=CLOSE_MW), cause
    ours, theirs = (x.rows.groupby("element")["curtailed_mw"].sum() for x in (a, b))
    theirs.index = [
        "+".join(sorted({v: k for k, v in names.items()}.get(e, e) for e in x.split("+"))) for x in theirs.index
    ]
    ours.index = ["+".join(sorted(x.split("+"))) for x in ours.index]
    both = pd.concat([ours, theirs], axis=1).fillna(0.0).to_numpy()
    assert np.allclose(both[:, 0], both[:, 1], atol=HOURS * 5 * CLOSE_MW)


@LAW
@given(systems())
def test_splitting_a_plant_and_plants_of_no_size_change_no_cause(system: System) -> None:
    first = system.tables["wind"][0]
    split = [{**first, "name": f"part{share}", "max_p_mw": share * first["max_p_mw"]} for share in (0.3, 0.7)]
    nothing = {**first, "name": "nothing", "max_p_mw": 0.0}
    tables = {**system.tables, "wind": [*split, nothing, *system.tables["wind"][1:]]}
    available = {k: v for k, v in system.available.items() if k != first["name"]} | {"nothing": np.zeros(HOURS)}
    available |= {f"part{share}": share * system.available[first["name"]] for share in (0.3, 0.7)}
    (_, a), (_, b) = explained(system), explained(System(tables, available, system.demand))
    for cause, one, other in zip(CAUSES, a.parts_mw, b.parts_mw):
        whole = other[["part0.3", "part0.7"]].sum(axis=1)
        assert np.allclose(one[first["name"]], whole, atol=CLOSE_MW), cause
        assert np.allclose(other["part0.3"], 0.3 * whole, atol=CLOSE_MW), cause
        assert np.allclose(other["nothing"], 0.0), cause
        rest = [c for c in one.columns if c != first["name"]]
        assert np.allclose(one[rest], other[rest], atol=CLOSE_MW), cause


@pytest.mark.parametrize("fault", ["one per cent too much", "a rung that gives back", "no name"])
def test_the_law_can_fail(monkeypatch: pytest.MonkeyPatch, fault: str) -> None:
    """Planted: a provincial part too large, a rung that gives back what another took, a row without a name."""
    module = import_module("gridsim.curtailment.ledger")  # the package's name for it is the function
    by_level, rows = module._by_level, module.ledger_rows

    def wrong_parts(*arguments: Any) -> Any:
        parts, in_force = by_level(*arguments)
        first = 1.01 * parts[0] if fault.startswith("one") else parts[0] + parts[-1] + 1.0
        last = parts[-1] if fault.startswith("one") else parts[-1] - parts[-1] - 1.0
        return [first, *parts[1:-1], last], in_force

    system = System(*_worked_example())
    dispatch, found = explained(system)
    assert_adds_up(dispatch, found)
    if fault == "no name":
        monkeypatch.setattr(module, "ledger_rows", lambda *a: rows(*a).assign(element=""))
    else:
        monkeypatch.setattr(module, "_by_level", wrong_parts)
    with pytest.raises(AssertionError):
        assert_adds_up(dispatch, ledger(dispatch))


def _worked_example() -> tuple[dict, dict, dict]:
    place = {"county": "county", "site": "s", "turbine": "t", "hub_height_m": 100.0}
    tables = {
        "bus": [toy.bus("a"), toy.bus("b"), toy.bus("x")],
        "line": [toy.line("ab", "a", "b", 40.0), toy.line("bx", "b", "x")],
        "area": [{"name": "city", "kind": "detailed"}, {"name": "rest", "kind": "node"}],
        "area_link": [{"area": "rest", "bus": "x", "share_pu": 1.0}],
        "section": [{"name": "tie", "max_p_mw": 100.0, "min_p_mw": -100.0, "kind": "tie"}],
        "section_branch": [{"section": "tie", "element_type": "line", "element": "bx", "weight_pu": 1.0}],
        "demand": [{"name": "d", "peak_mw": 100.0, "energy_gwh": 1.0}],
        "load": [{"name": "R", "area": "rest", "demand": "d", "max_p_mw": 150.0}],
        "thermal": [
            {
                "name": "C",
                "area": "rest",
                "carrier": "coal",
                "max_p_mw": 900.0,
                "min_p_pu": 0.0,
                "cost_cny_per_mwh": 300.0,
            }
        ],
        "wind": [
            {"name": "A", "bus": "a", "max_p_mw": 100.0, **place},
            {"name": "B", "bus": "b", "max_p_mw": 100.0, **place},
        ],
    }
    wind = {"A": np.full(HOURS, 100.0), "B": np.full(HOURS, 100.0)}
    return tables, wind, {"R": np.full(HOURS, 150.0)}

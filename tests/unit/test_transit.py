"""Power that passes through the grid: seen by the DC limits and by AC, and in nobody's balance."""

from pathlib import Path

import numpy as np
import pytest
import toy
from grids import line

from gridsim.ac import check_ac_dispatch
from gridsim.checks import check_dispatch
from gridsim.dispatch import solve_dispatch
from gridsim.errors import InvalidInput
from gridsim.options import DispatchOptions
from gridsim.study import read_study, study_network

#: without limits after outages: the flows below are those of the intact ring
PLAIN = DispatchOptions(outage_limits=False)
STUDY = Path(__file__).parents[2] / "studies" / "yueyang_2030.toml"


def ring(p_mw: float, leaves_mw: float | None = None):
    """Three buses in a ring of equal lines, 60 MW load at c, a cheap plant at a and a dear one at c.

    A transit t from a to b splits 2/3 on a-b and 1/3 on a-c-b; the plant's 60 MW to c split 2/3 on a-c, 1/3 on a-b-c.
    """
    plant = {
        "county": "county",
        "carrier": "coal",
        "max_p_mw": 100.0,
        "min_p_pu": 0.0,
        "availability_pu": 1.0,
        "auxiliary_percent": 0.0,
    }
    leaves = -p_mw if leaves_mw is None else leaves_mw
    net = toy.network(
        bus=[toy.bus("a"), toy.bus("b"), toy.bus("c")],
        line=[
            line(f"{f}{t}", f, t, 10.0, max_i_ka=0.3149, max_i_spring_ka=0.3149, max_i_winter_ka=0.3149)
            for f, t in (("a", "b"), ("b", "c"), ("a", "c"))
        ],
        load=[{"name": "town", "bus": "c", "county": "county", "demand": "d", "max_p_mw": 60.0}],
        thermal=[
            {"name": "cheap", "bus": "a", "cost_cny_per_mwh": 100.0, "must_run": True, **plant},
            {"name": "dear", "bus": "c", "cost_cny_per_mwh": 500.0, "must_run": True, **plant},
        ],
        transit=[{"name": "in", "bus": "a", "p_mw": p_mw}, {"name": "out", "bus": "b", "p_mw": leaves}],
    )
    profiles = toy.profiles(net, 24, demand={"town": np.full(24, 60.0)}, thermal={"cheap": 1.0, "dear": 1.0})
    return net, profiles


def test_the_limits_see_the_transit():
    """A circuit carries 60 MVA x 0.95 = 57 MW.  Without transit a-c has 40 and a-b 20 MW; with 60 MW of transit
    a-b would have 60: 40 + g/3 <= 57 lets the cheap plant give 51, the dear one 9."""
    for p_mw, cheap in ((0.0, 60.0), (60.0, 51.0)):
        net, profiles = ring(p_mw)
        dispatch = solve_dispatch(net, profiles, options=PLAIN)
        assert dispatch.flow_mw["thermal.generated"]["cheap"].to_numpy() == pytest.approx(cheap, abs=0.01)
        checks = check_dispatch(net, profiles, dispatch)
        assert all(c.ok for c in checks), [c for c in checks if not c.ok]


def test_ac_carries_the_transit():
    net, profiles = ring(60.0)
    dispatch = solve_dispatch(net, profiles, options=PLAIN)
    state = check_ac_dispatch(net, dispatch)
    flow = dict(zip(state.elements["element"], state.p_from_mw[0]))
    assert flow["ab"] == pytest.approx(40 + 51 / 3, abs=1.5) and flow["ac"] == pytest.approx(20 + 51 * 2 / 3, abs=1.5)


def test_ends_must_add_up():
    net, profiles = ring(60.0, leaves_mw=-50.0)
    with pytest.raises(InvalidInput, match="10 MW"):
        solve_dispatch(net, profiles, options=PLAIN)


def test_a_study_can_say_it(tmp_path):
    text = STUDY.read_text(encoding="utf-8").replace('"../', f'"{STUDY.parents[1].as_posix()}/')
    path = tmp_path / "study.toml"
    good = '\n[transit]\np_mw = -1000.0\nfrom_bus = "益阳东500"\nto_bus = "鼎功500"\n'
    path.write_text(text + good, encoding="utf-8")
    table = study_network(read_study(path))["transit"].set_index("bus")
    assert table["p_mw"].to_dict() == {"益阳东500": -1000.0, "鼎功500": 1000.0}
    path.write_text(text + '\n[transit]\np_mw = 1000.0\nfrom_bus = "北500"\nto_bus = "南500"\n', encoding="utf-8")
    with pytest.raises(InvalidInput) as caught:
        study_network(read_study(path))
    assert len(caught.value.problems) == 2

"""Published DC objectives of PGLib-OPF, and every flow model against an LP written in angles.

The objectives are those of the library's BASELINE.md v23.07 (column DC), solved there by PowerModels v0.19.9 as
DCPPowerModel: b = x / (r^2 + x^2), neither taps nor phase shifts, shunt conductances at 1 p.u., ratings as limits of
active power, angle differences limited.  Five digits are published, so half a unit of the last one is the tolerance.

Not stated here: cases with quadratic costs (3, 24, 30_as, 60, 73, 200 buses), with a negative reactance (300) or a
negative minimum output (89), which a Network cannot carry; the reader refuses them.
"""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import scipy.optimize
import scipy.sparse as sp

from gridsim.checks import as_table, check_dispatch
from gridsim.dispatch import Dispatch, solve_dispatch
from gridsim.errors import InvalidInput
from gridsim.interop.matpower import MatpowerCase, read_matpower
from gridsim.options import DcOptions, DispatchOptions
from gridsim.profiles import Profiles, given_profiles

pytestmark = pytest.mark.against

DATA = Path(__file__).parents[1] / "data" / "pglib"
POWERMODELS = DcOptions(susceptance="impedance", tap_ratio=False, phase_shift=False)
MATPOWER = DcOptions()

#: case -> DC objective in USD per hour, as printed
PUBLISHED = {
    "case5_pjm": "1.7480e+04",
    "case14_ieee": "2.0515e+03",
    "case30_ieee": "7.4728e+03",
    "case39_epri": "1.3689e+05",
    "case57_ieee": "3.4773e+04",
    "case118_ieee": "9.3101e+04",
    "case162_ieee_dtc": "1.0146e+05",
    "case179_goc": "7.5188e+05",
    "case5_pjm__api": "7.8025e+04",
    "case14_ieee__api": "4.7976e+03",
    "case118_ieee__api": "2.3129e+05",
    "case39_epri__sad": "1.5067e+05",
    "case162_ieee_dtc__sad": "1.0629e+05",
}


def path(case: str) -> Path:
    return DATA / f"pglib_opf_{case}.m"


def one_hour(case: MatpowerCase) -> Profiles:
    index = pd.date_range("2030-01-01", periods=1, freq="1h", tz="Asia/Shanghai")
    return given_profiles(case.network, pd.DataFrame(case.demand_mw.to_dict(), index=index))


def solved(case: MatpowerCase, dc: DcOptions) -> Dispatch:
    profiles = one_hour(case)
    dispatch = solve_dispatch(case.network, profiles, options=dataclasses.replace(DispatchOptions.plain(), dc=dc))
    checks = as_table(check_dispatch(case.network, profiles, dispatch, dc=dc))
    assert checks["ok"].all(), checks[~checks["ok"]]
    return dispatch


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_objective(name):
    case = read_matpower(path(name), dc=POWERMODELS)
    dispatch = solved(case, POWERMODELS)
    assert not len(dispatch.unavoidable)
    digit = 10.0 ** (int(PUBLISHED[name][-2:]) - 4)
    cost = dispatch.cost_cny + case.constant_cost_per_h
    assert abs(cost - float(PUBLISHED[name])) <= 0.5 * digit * (1 + 1e-6)


def test_what_is_published_as_infeasible_does_not_pass_as_solved():
    """case5_pjm__sad: no dispatch keeps all angles ("inf."); the limits that had to give are listed."""
    case = read_matpower(path("case5_pjm__sad"), dc=POWERMODELS)
    dispatch = solve_dispatch(
        case.network, one_hour(case), options=dataclasses.replace(DispatchOptions.plain(), dc=POWERMODELS)
    )
    assert len(dispatch.unavoidable)


# -- a second formulation: angles as variables, every limit from the start -----------------------------


def matrix(text: str, name: str) -> np.ndarray:
    rows = re.search(rf"mpc\.{name} = \[\n(.*?)\n\];", text, re.DOTALL).group(1).split("\n")
    return np.array([[float(v) for v in r.split("%")[0].replace(";", " ").split()] for r in rows])


def by_angles(name: str, dc: DcOptions, shift_deg: np.ndarray) -> float:
    """min c'p  s.t.  generation - demand = A' f,  f = b (A theta - shift), |f| <= rate, angles limited."""
    text = path(name).read_text("utf-8")
    bus, gen, branch, cost = (matrix(text, m) for m in ("bus", "gen", "branch", "gencost"))
    base = 100.0
    place = {int(n): i for i, n in enumerate(bus[:, 0])}
    n, m, g = len(bus), len(branch), len(gen)
    start, end = (np.array([place[int(b)] for b in branch[:, k]]) for k in (0, 1))
    incidence = sp.csr_array((np.r_[np.ones(m), -np.ones(m)], (np.r_[:m, :m], np.r_[start, end])), shape=(m, n))
    r, x, ratio = branch[:, 2], branch[:, 3], np.where(branch[:, 8] == 0.0, 1.0, branch[:, 8])
    b = base / x if dc.susceptance == "reactance" else base * x / (r**2 + x**2)
    b = b / ratio if dc.tap_ratio else b
    shift = np.deg2rad(shift_deg if dc.phase_shift else 0.0 * shift_deg)
    flow = sp.csr_array(sp.diags_array(b) @ incidence)
    at = sp.csr_array((np.ones(g), ([place[int(k)] for k in gen[:, 0]], np.arange(g))), shape=(n, g))
    balance = sp.hstack([at, -incidence.T @ flow])
    rhs = bus[:, 2] + bus[:, 4] - incidence.T @ (b * shift)
    low = np.maximum(-branch[:, 5], b * (np.deg2rad(branch[:, 11]) - shift)) + b * shift
    high = np.minimum(branch[:, 5], b * (np.deg2rad(branch[:, 12]) - shift)) + b * shift
    none = sp.csr_array((m, g))
    best = scipy.optimize.linprog(
        np.r_[cost[:, -2], np.zeros(n)],
        A_ub=sp.vstack([sp.hstack([none, flow]), sp.hstack([none, -flow])]),
        b_ub=np.r_[high, -low],
        A_eq=balance,
        b_eq=rhs,
        bounds=[*zip(gen[:, 9], gen[:, 8]), (0.0, 0.0), *[(None, None)] * (n - 1)],
    )
    assert best.status == 0
    return float(best.fun)


@pytest.mark.parametrize("phase_shift", [True, False])
@pytest.mark.parametrize("tap_ratio", [True, False])
@pytest.mark.parametrize("susceptance", ["reactance", "impedance"])
def test_every_flow_model_against_an_lp_in_angles(susceptance, tap_ratio, phase_shift, tmp_path):
    """118 buses with shifts of up to 3 degrees put on the transformers: they change the cost, and equally in both."""
    name = "case118_ieee__api"
    dc = DcOptions(susceptance=susceptance, tap_ratio=tap_ratio, phase_shift=phase_shift)
    text = path(name).read_text("utf-8")
    branch = matrix(text, "branch")
    shift = np.where(branch[:, 8] > 0, np.random.default_rng(1).uniform(-3, 3, len(branch)), 0.0)
    branch[:, 9] = shift
    rows = "\n".join(" ".join(f"{v:.17g}" for v in r) + ";" for r in branch)
    shifted = re.sub(r"(mpc\.branch = \[\n).*?(\n\];)", lambda f: f.group(1) + rows + f.group(2), text, flags=re.DOTALL)
    (tmp_path / "shifted.m").write_text(shifted, "utf-8")
    case = read_matpower(tmp_path / "shifted.m", dc=dc)
    assert len(case.network["trafo"]) == 11
    cost = solved(case, dc).cost_cny
    assert cost == pytest.approx(by_angles(name, dc, shift), rel=1e-9)


def test_the_flow_models_differ_where_published_tables_do():
    cost = {dc: solved(read_matpower(path("case118_ieee__api"), dc=dc), dc).cost_cny for dc in (POWERMODELS, MATPOWER)}
    assert abs(cost[POWERMODELS] - cost[MATPOWER]) > 100.0


def test_what_a_network_cannot_carry_is_refused_at_once(tmp_path):
    text = path("case5_pjm").read_text("utf-8")
    text = text.replace("0.000000\t  14.000000", "0.010000\t  14.000000").replace("0.0281\t", "-0.0281\t")
    text = text.replace("1\t 40.0\t 0.0", "1\t 40.0\t -5.0", 1)
    (tmp_path / "bad.m").write_text(text, "utf-8")
    with pytest.raises(InvalidInput) as refused:
        read_matpower(tmp_path / "bad.m")
    rows = {p.row for p in refused.value.problems}
    assert rows == {"gencost 1", "gen 1", "branch 1"}

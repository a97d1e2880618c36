"""A week of RTS-GMLC in plain mode, stated in tables, against PyPSA, stated from the published files."""

from __future__ import annotations

import dataclasses
import logging
import warnings

import numpy as np
import pytest
import rts_gmlc

from gridsim.checks import as_table, check_dispatch
from gridsim.dispatch import solve_dispatch
from gridsim.options import DispatchOptions, Penalties

pytestmark = pytest.mark.against

PLAIN = DispatchOptions.plain()


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    return rts_gmlc.rts_gmlc(tmp_path_factory.mktemp("rts") / "network")


@pytest.fixture(scope="module")
def oracle() -> tuple[float, float]:
    """Objective in USD and curtailed energy in MWh of PyPSA."""
    pytest.importorskip("pypsa")
    series, bus, branch, gen = rts_gmlc.week(), *map(rts_gmlc.source, ("bus", "branch", "gen"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pypsa

        for name in ("pypsa", "linopy"):
            logging.getLogger(name).setLevel(logging.ERROR)
        n = pypsa.Network(snapshots=series.index.tz_localize(None))
        for r in bus.itertuples():
            n.add("Bus", str(r[1]), v_nom=r.BaseKV)
        for _, r in branch.iterrows():
            a, b, rating = str(r["From Bus"]), str(r["To Bus"]), r["Cont Rating"]
            if r["Tr Ratio"] > 0:
                x = r["X"] * rating / rts_gmlc.BASE_MVA
                n.add("Transformer", r["UID"], bus0=a, bus1=b, x=x, s_nom=rating, tap_ratio=r["Tr Ratio"])
            else:
                ohm = n.c.buses.static.v_nom[a] ** 2 / rts_gmlc.BASE_MVA
                n.add("Line", r["UID"], bus0=a, bus1=b, x=r["X"] * ohm, r=r["R"] * ohm, s_nom=rating)
        demand = rts_gmlc.demand_mw(series)
        for name in demand:
            n.add("Load", name, bus=name.removeprefix("load "), p_set=demand[name].to_numpy())
        cost, free = rts_gmlc.marginal_cost(gen), []
        for k, r in gen.iterrows():
            name, at, full = r["GEN UID"], str(r["Bus ID"]), r["PMax MW"]
            if r["Unit Type"] in rts_gmlc.THERMAL:
                least = r["PMin MW"] / full
                n.add("Generator", name, bus=at, p_nom=full, p_min_pu=least, marginal_cost=cost[k])
            elif name in series:
                pu = series[name].to_numpy() / full
                least = pu if r["Unit Type"] == "RTPV" else 0.0
                n.add("Generator", name, bus=at, p_nom=full, p_max_pu=pu, p_min_pu=least)
                free.append(name)
            elif r["Unit Type"] == "STORAGE":
                eta = r["Storage Roundtrip Efficiency"] / 100
                hours, first = rts_gmlc.POND_MWH / full, rts_gmlc.POND_MWH / 2
                n.add("StorageUnit", name, bus=at, p_nom=full, max_hours=hours, efficiency_store=eta)
                n.c.storage_units.static.loc[name, "state_of_charge_initial"] = first
        status = n.optimize(
            solver_name="highs",
            log_to_console=False,
            include_objective_constant=False,
            extra_functionality=_ends_half_full,
        )
    assert status == ("ok", "optimal")
    used = n.c.generators.dynamic.p[free].to_numpy().sum()
    return float(n.objective), float(series[free].to_numpy().sum() - used)


def _ends_half_full(n, snapshots) -> None:
    """The pond ends where it began."""
    energy = n.model["StorageUnit-state_of_charge"].isel(snapshot=-1)
    n.model.add_constraints(energy == rts_gmlc.POND_MWH / 2, name="ends half full")


def test_the_week_is_that_of_the_data(case):
    network, profiles = case
    assert (len(network["bus"]), len(network["line"]) + len(network["trafo"])) == (73, 120)
    assert len(network["thermal"]) == 73 and len(profiles.index) == 168
    assert profiles.demand_mw.to_numpy().sum() == pytest.approx(rts_gmlc.week().filter(like="area").to_numpy().sum())


def test_cost_and_curtailed_energy_equal_those_of_pypsa(case, oracle):
    """Objective to 1e-6. Curtailed energy is not unique: a free store can turn surplus into loss.

    A price of -1e-4 on curtailment gives the most that an optimum can cut; the pond can lose 0.1 % of it at most.
    """
    network, profiles = case
    objective, curtailed = oracle
    dispatch = solve_dispatch(network, profiles, options=PLAIN)
    checks = as_table(check_dispatch(network, profiles, dispatch))
    vertex = checks["check"].str.startswith("equal shares")
    assert checks["ok"][~vertex].all(), checks[~checks["ok"]]
    assert not len(dispatch.unavoidable) and dispatch.windows["direction_fixes"].sum() == 0
    assert dispatch.cost_cny == pytest.approx(objective, rel=1e-6)
    assert dispatch.binding["element"].nunique() >= 3
    most = solve_dispatch(network, profiles, options=_curtailment_at(-1e-4)).role("curtailed").to_numpy().sum()
    for total in (curtailed, dispatch.role("curtailed").to_numpy().sum()):
        assert 0.999 * most <= total <= most + 0.05
    assert most > 1000.0


def _curtailment_at(price: float) -> DispatchOptions:
    penalties: Penalties = dataclasses.replace(PLAIN.penalties, curtailment_cny_per_mwh=price)
    return dataclasses.replace(PLAIN, penalties=penalties)


def test_rolling_windows_of_two_days_cost_little_more(case):
    """48 h windows of which 24 h count, the pond handed over, against the week in one."""
    network, profiles = case
    one = solve_dispatch(network, profiles, options=PLAIN)
    rolled = solve_dispatch(network, profiles, options=dataclasses.replace(PLAIN, window_h=48.0, step_h=24.0))
    assert len(rolled.windows) == 7
    assert 0.0 <= rolled.cost_cny / one.cost_cny - 1.0 < 1e-3
    assert np.isclose(rolled.energy_mwh.iloc[-1], one.energy_mwh.iloc[-1]).all()

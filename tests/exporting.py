"""A county that exports over a line whose reactive flow AC sees and DC does not, for tests of the loop between them."""

from __future__ import annotations

import dataclasses

import numpy as np
import toy

from gridsim.ac import check_ac_dispatch
from gridsim.ac_clean import AcClean, ac_clean_dispatch
from gridsim.checks import check_dispatch, check_ledger
from gridsim.curtailment import ledger
from gridsim.dispatch import solve_dispatch
from gridsim.network import Network
from gridsim.options import CommitmentOptions, DispatchOptions, SimulationOptions
from gridsim.profiles import Profiles

OPTIONS = SimulationOptions(
    dispatch=DispatchOptions(
        outage_limits=False,
        rating_power_factor_pu=1.0,
        final_state="free",
        commitment=CommitmentOptions(reserve_percent=0.0, wind_credit_pu=0.0, solar_credit_pu=0.0),
    )
)
#: voltage of the boundary bus at heavy load [p.u.], reactive over active power of loads in April
V, TAN_PHI = 1.05, 0.22
#: load at w whose reactive power brings the line to 110 % while it carries 100 MW: S = 110 V
LOAD = np.sqrt((110.0 * V) ** 2 - 100.0**2) / TAN_PHI


def exporting(load_mw: float = LOAD, wind_mw: float = 600.0, plant: tuple = (), **more: list[dict]) -> Network:
    """Wind and load at w behind a line of 100 MVA to x, where the rest of the province is; x holds 1.05 p.u."""
    return toy.network(
        area=[{"name": "city", "kind": "detailed"}, {"name": "rest", "kind": "node"}],
        area_link=[{"area": "rest", "bus": "x", "share_pu": 1.0}],
        demand=[{"name": "d", "peak_mw": 100.0, "energy_gwh": 1.0}],
        bus=[toy.bus("w"), toy.bus("x")],
        line=[toy.line("wx", "w", "x", max_mw=100.0, x_ohm=1e-3)],
        load=[
            {"name": "load w", "bus": "w", "county": "county", "demand": "d", "max_p_mw": load_mw},
            {"name": "load rest", "area": "rest", "demand": "d", "max_p_mw": 1000.0},
        ],
        wind=[
            {
                "name": "wind",
                "bus": "w",
                "county": "county",
                "max_p_mw": wind_mw,
                "site": "s",
                "turbine": "t",
                "hub_height_m": 100.0,
            }
        ],
        thermal=[
            {
                "name": "coal",
                "area": "rest",
                "carrier": "coal",
                "max_p_mw": 2000.0,
                "min_p_pu": 0.0,
                "cost_cny_per_mwh": 300.0,
            },
            *plant,
        ],
        **more,
    )


def given(network: Network, hours: int, wind_mw: np.ndarray | float, load_mw: np.ndarray | float = LOAD) -> Profiles:
    demand = {"load w": load_mw, "load rest": 1000.0}
    return toy.profiles(network, hours, available={"wind": wind_mw}, demand=demand)


def loop(network: Network, profiles: Profiles, options: SimulationOptions = OPTIONS) -> tuple[AcClean, AcClean]:
    """Before and after the loop; the checks of a run hold in both."""
    dispatch = solve_dispatch(network, profiles, options=options.dispatch)
    ac = check_ac_dispatch(network, dispatch)
    none = dataclasses.replace(options, ac_rounds=0)
    before = ac_clean_dispatch(network, profiles, dispatch, ac, options=none)
    after = ac_clean_dispatch(network, profiles, dispatch, ac, options=options)
    for found in (before, after):
        failed = [c for c in check_dispatch(network, profiles, found.dispatch) if not c.ok]
        if options.dispatch.final_state == "free":
            failed = [c for c in failed if "ends where it began" not in c.check]
        assert not failed
        assert check_ledger(found.dispatch, ledger(found.dispatch).rows).ok
    return before, after

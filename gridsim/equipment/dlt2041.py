"""Hosting capacity of equipment for distributed generation after DL/T 2041, both editions.

2019, per zone of transformers with rated power S_e over all hours t:

    lambda = max_t (P_DG(t) - P_L(t)) / S_e,      P_m = max(0, (1 - lambda) S_e k_r)
    green: lambda <= 0;  yellow: 0 < lambda <= 80 %;  red: above, or feeding back into 220 kV and higher

P_DG what distributed generation could give, P_L demand less all other generation (what stores take counts as demand);
hours without distributed generation never count as feeding back.

2025, at the typical moment (the hour from 10 to 15 h of a working day in spring or autumn with the most distributed
generation), a second-hand reading of the standard:

    S_d = (P - P_G + beta S cos(phi) + P_ESS + dP) / tau_max,      C1 = S_d - connected,    C2 = C1 - registered
    green: C2 > 0;  yellow: C2 <= 0 < C1;  red: C1 <= 0

P demand, P_G generation that is not distributed, beta the largest reverse load rate, S rated power, P_ESS what existing
stores can take, tau_max the highest output of distributed generation over what is installed.  S_d is an interval, from
no store charging to all of them; its lower end decides.  Public readings disagree whether new storage dP stands inside
the fraction or is added after the division (``new_storage``).

In both editions the upper level limits the lower (:mod:`gridsim.equipment.levels`); short circuit and voltage rise have
columns of their own (:mod:`gridsim.equipment.checks`).  Clause numbers and wording were not checked against the
official text.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from gridsim.equipment.checks import zone_checks
from gridsim.equipment.editions import edition_2019, edition_2025
from gridsim.equipment.injections import injections, registered_mw
from gridsim.equipment.levels import county_2025, county_table, limited_2019, limited_2025
from gridsim.equipment.options import EquipmentOptions
from gridsim.equipment.supply import Supply, supply_of
from gridsim.network import Network
from gridsim.short_circuit import FaultGrid, ShortCircuitRules, fault_grid, feeders


def equipment_tables(
    network: Network,
    power_mw: Mapping[str, pd.DataFrame],
    available_mw: pd.DataFrame,
    *,
    options: EquipmentOptions | None = None,
    registered: Mapping[str, float] | None = None,
) -> dict[str, pd.DataFrame]:
    """Tables ``hosting_equipment_2019``, ``hosting_equipment_2025`` and ``hosting_equipment_county``.

    Parameters
    ----------
    network : Network
    power_mw : mapping of device to DataFrame (time, unit)
        Power into the grid, demand negative: :func:`gridsim.ac.unit_power` of a dispatch.
    available_mw : DataFrame (time, plant)
        What wind and sun could give.
    options : EquipmentOptions, optional
    registered : mapping of bus to MW, optional
        Distributed generation that is registered and not connected yet; by default the network's table
        ``registered_project``.

    Returns
    -------
    dict of str to DataFrame
        One row per zone of both levels, and one per county.
    """
    options = options or EquipmentOptions()
    of_projects = registered_mw(network) if registered is None else registered
    parts = injections(network, power_mw, available_mw, of_projects)
    supplies = supply_of(network)
    sums = [(supply, parts.summed(supply)) for supply in supplies.values()]
    levels = [edition_2025(supply, whole, options) for supply, whole in sums]
    county = county_2025(network, levels, supplies, parts)
    rules = ShortCircuitRules()
    grid = fault_grid(network, rules=rules) if feeders(network, rules) else None
    new = _checked(network, grid, limited_2025(levels, county), supplies, "limited_c1_mw", options)
    old = limited_2019([edition_2019(supply, whole, options) for supply, whole in sums])
    old = _checked(network, grid, old, supplies, "limited_mw", options)
    return {
        "hosting_equipment_2019": old,
        "hosting_equipment_2025": new,
        "hosting_equipment_county": county_table(county, new, old, edition=options.edition),
    }


def _checked(
    network: Network, grid: FaultGrid | None, zones: pd.DataFrame, supplies: Mapping[float, Supply], added: str,
    options: EquipmentOptions,
) -> pd.DataFrame:  # fmt: skip
    """The zones with their checks; a failed one makes a zone red if the options say so."""
    # P_m of 2019 is a power already, S_d of 2025 a capacity
    tau = zones["tau_max_pu"] if "tau_max_pu" in zones else pd.Series(1.0, zones.index)
    checks = zone_checks(network, grid, zones, supplies, added_mw=zones[added], tau_pu=tau, options=options)
    out = zones.join(checks)
    if options.failed_checks != "red":
        return out
    failed = checks[["short_circuit_ok", "voltage_rise_ok"]].eq(False).any(axis=1)
    return out.assign(grade=np.where(failed, "red", out["grade"]))

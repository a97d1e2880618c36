"""The blocks of all devices: thermal plant last, committed for what the others leave."""

from __future__ import annotations

import numpy as np

from gridsim.devices import DEVICES, thermal
from gridsim.devices.blocks import Block
from gridsim.dispatch.commitment import Commitment, given_units, merit_order, raised
from gridsim.dispatch.commitment.unit import CommitmentTask, unit_commitment
from gridsim.dispatch.dc import Limits, NodeMap
from gridsim.dispatch.reserve import reserve_block
from gridsim.network import Network
from gridsim.options import DispatchOptions
from gridsim.profiles import Profiles
from gridsim.units import step_hours


def make_blocks(
    network: Network, profiles: Profiles, options: DispatchOptions, nodes: NodeMap, limits: Limits, *,
    more_mw: np.ndarray | None = None,
) -> tuple[list[Block], Commitment]:  # fmt: skip
    """Blocks of all devices, and the commitment that those of thermal plant come from.

    ``more_mw`` (day,): units beyond the merit order, in its order; other rules know none.
    """
    blocks = [make(network.tables, profiles, options) for make in DEVICES.values()]
    steps, step_h = len(profiles.index), step_hours(profiles.index)
    fleet = thermal.fleet(network.tables, profiles, options)
    if options.commitment.rule == "given":
        given = given_units(fleet, profiles.thermal_online, steps, round(24.0 / step_h))
        commitment = Commitment(fleet.names, given, 1)
    elif options.commitment.rule == "milp":
        mean = _mean_demand_mw(profiles, steps, step_h)
        commitment = unit_commitment(
            CommitmentTask(network.tables, blocks, fleet, nodes, limits, mean, steps, step_h), options
        )
    else:
        commitment = _by_merit(network, profiles, options, blocks, fleet, more_mw)
    blocks.append(thermal.block(network.tables, fleet, commitment.by_step(steps), step_h, options))
    if options.reserve.imposed:
        blocks.append(reserve_block(blocks, str(network["area"]["name"].iloc[0]), steps, options))
    return blocks, commitment


def _by_merit(
    network: Network, profiles: Profiles, options: DispatchOptions, blocks: list[Block], fleet: thermal.ThermalFleet,
    more_mw: np.ndarray | None,
) -> Commitment:  # fmt: skip
    """The daily merit order for the net demand that firm and expected power of the other devices leave."""
    steps, per_day = len(profiles.index), round(24.0 / step_hours(profiles.index))
    firm, expected = np.zeros(steps), np.zeros(steps)
    for b in blocks:
        firm = firm + b.firm_mw
        expected = expected + (b.firm_mw if b.expected_mw is None else b.expected_mw)
    starts = np.arange(-(-steps // per_day)) * per_day
    length = np.diff(np.r_[starts, steps])
    net_demand = np.maximum(-np.minimum.reduceat(firm, starts), -np.add.reduceat(expected, starts) / length)
    mean = _mean_demand_mw(profiles, steps, 24.0 / per_day)
    on = merit_order(fleet, net_demand, mean, network["must_run"], options.commitment)
    more = on if more_mw is None else raised(fleet, on, more_mw)
    unit_mw = np.where(fleet.must_run, 0.0, fleet.unit_mw)
    spare_mw = (fleet.available_units - more) @ unit_mw
    spare_mw = np.where(spare_mw > 1e-6, spare_mw, 0.0)
    return Commitment(fleet.names, more, per_day, spare_mw=spare_mw, raised_mw=(more - on) @ unit_mw)


def _mean_demand_mw(profiles: Profiles, steps: int, step_h: float) -> np.ndarray:
    """Mean demand of each day, (day,)."""
    per_day = round(24.0 / step_h)
    starts = np.arange(-(-steps // per_day)) * per_day
    length = np.diff(np.r_[starts, steps])
    return np.add.reduceat(profiles.demand_mw.to_numpy().sum(axis=1), starts) / length

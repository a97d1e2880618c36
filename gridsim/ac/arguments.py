"""What can be wrong with the arguments of ``check_ac``, as problems."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from gridsim.ac.state import Positions
from gridsim.ac.task import QRange, Task
from gridsim.electrical import SEASONS, Nodes
from gridsim.errors import Problem


def _problem(row: str, what: str, fix: str) -> Problem:
    return Problem(file="check_ac", row=row, what=what, fix=fix)


def shape_problems(
    nodes: Nodes,
    index: pd.DatetimeIndex,
    p_mw: np.ndarray,
    q_mvar: np.ndarray,
    season: np.ndarray,
    positions: Positions,
) -> list[Problem]:
    """Arrays that do not fit the hours and buses, and values that are not numbers."""
    out, shape = [], (len(index), nodes.n_bus)
    for name, array in (("p_mw", p_mw), ("q_mvar", q_mvar)):
        if array.shape != shape:
            out.append(_problem(name, f"shape {array.shape}", f"give one row per hour and one column per bus: {shape}"))
        elif not np.isfinite(array).all():
            hour, bus = np.argwhere(~np.isfinite(array))[0]
            where = f"not a number at {nodes.name[bus]}, {index[hour]}"
            out.append(_problem(name, where, "absent is not zero: fill it or leave the hour out"))
    if season.shape != (len(index),) or not set(np.unique(season)) <= set(SEASONS):
        out.append(_problem("season", "not one season per hour", f"use {', '.join(SEASONS)}"))
    if positions.pattern.shape != (len(index),):
        out.append(_problem("positions", f"{len(positions.pattern)} hours", f"give {len(index)}"))
    return out


def bus_problems(
    nodes: Nodes, v_set: Mapping[str, float | np.ndarray], slack_bus: Mapping[str, float]
) -> list[Problem]:
    """Unknown buses, and a slack without a reference that holds its voltage."""
    known = set(nodes.name[: nodes.n_bus])
    out = [
        _problem(name, f"unknown bus {bus}", "use a name of the table bus")
        for name, buses in (("v_set", v_set), ("slack_bus", slack_bus)) for bus in buses if bus not in known
    ]
    if not slack_bus or min(slack_bus.values()) < 0 or sum(slack_bus.values()) <= 0:
        return [*out, _problem("slack_bus", "no positive weight", "name at least one bus that takes the losses")]
    reference = next(iter(slack_bus))
    if np.isnan(np.asarray(v_set.get(reference, np.nan), dtype=float)).any():
        what = f"the reference {reference} does not hold its voltage in every hour"
        out.append(_problem("slack_bus", what, "give it one in v_set"))
    return out


def limit_problems(
    v_set: Mapping[str, float | np.ndarray],
    slack_bus: Mapping[str, float],
    q_range: Mapping[str, QRange],
    droop_pu_per_mvar: Mapping[str, float],
) -> list[Problem]:
    """Limits or droop of buses that hold no voltage, of the reference, or with the least above the greatest."""
    reference, out = next(iter(slack_bus), ""), []
    for name, given in (("q_range", q_range), ("droop_pu_per_mvar", droop_pu_per_mvar)):
        unknown = [bus for bus in given if bus not in v_set]
        out += [_problem(name, f"{bus} holds no voltage", "name buses of v_set only") for bus in unknown]
        if reference in given:
            out.append(_problem(name, f"the reference {reference} has one", "its voltage must be held in every hour"))
    for bus, (low, high) in q_range.items():
        if not (np.asarray(low, dtype=float) <= np.asarray(high, dtype=float)).all():
            out.append(_problem("q_range", f"{bus}: least above greatest, or not a number", "give (least, greatest)"))
    for bus, droop in droop_pu_per_mvar.items():
        if not 0.0 <= droop < np.inf:
            out.append(_problem("droop_pu_per_mvar", f"{bus}: {droop}", "give a number from 0 on"))
    return out


def island_problems(
    nodes: Nodes, task: Task, v_set: Mapping[str, float | np.ndarray], slack_bus: Mapping[str, float]
) -> list[Problem]:
    """Buses with power, a held voltage or slack that nothing connects to the reference."""
    dead = np.flatnonzero(~task.alive[: nodes.n_bus])
    worst_mva = sum(np.abs(a[:, dead]).max(axis=0, initial=0.0) for a in (task.p_mw, task.q_mvar))
    given = {*v_set, *slack_bus}
    return [
        _problem(str(nodes.name[k]), f"{w:.1f} MVA at a bus without a connection", "connect it, or close a tie")
        for k, w in zip(dead, np.atleast_1d(worst_mva)) if w > 0 or nodes.name[k] in given
    ]

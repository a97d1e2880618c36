"""Which limit takes a part of the ledger: a level's part is shared over those in force, by element and outage."""

from __future__ import annotations

import numpy as np
import pandas as pd

from gridsim.dispatch import Dispatch

#: ledger rows below this are rounding of the solver: all causes of a plant together stay below 1e-6 [MW]
SMALLEST_MW = 1e-7
#: flow beyond a limit that the solvers leave [MW]
OVER_MW = 1e-3
#: weights below this are none
_NO_WEIGHT = 1e-9
#: decimals of a factor that count when two rows are told apart
_DECIMALS = 7


def ledger_rows(dispatch: Dispatch, parts: list[np.ndarray], causes: list[str], in_force: pd.DataFrame) -> pd.DataFrame:
    """Long table of the parts of all levels: time, plant, cause, element, outage, curtailed_mw, planned.

    Parameters
    ----------
    dispatch : Dispatch
    parts : list of ndarray (time, plant)
        Part of each level; level 0 has no element. [MW]
    causes : list of str
        Cause of each level.
    in_force : DataFrame
        Limits that share the parts: step, limit, level, element, outage, direction, dual_cny_per_mwh,
        share_multiplier.

    Returns
    -------
    DataFrame
        ``planned``: the cause that takes the row's place because branches are out by plan, or empty.  The rows of a
        plant and step add up to its parts, levels below :data:`SMALLEST_MW` left out.
    """
    plants = np.array(dispatch.role("curtailed").columns, dtype=object)
    tables = [_long(dispatch, parts[0], plants, causes[0])]
    plant_column = dispatch.plant_columns()
    for k in range(1, len(parts)):
        part = parts[k]
        binding = in_force[in_force["level"] == k]
        for label, limits in binding.groupby("step"):
            step = int(str(label))
            where = np.flatnonzero(part[step] > SMALLEST_MW)
            if len(where):
                tables.append(_split(dispatch, step, limits, part[step], where, plants, plant_column, causes[k]))
        without = (part > SMALLEST_MW) & ~np.isin(np.arange(len(part)), binding["step"])[:, None]
        tables.append(_long(dispatch, np.where(without, part, 0.0), plants, causes[k]))
    return pd.concat([t for t in tables if len(t)] or tables[:1], ignore_index=True)


def _long(dispatch: Dispatch, part: np.ndarray, plants: np.ndarray, cause: str) -> pd.DataFrame:
    t, p = np.nonzero(part > SMALLEST_MW)
    return pd.DataFrame(
        {
            "time": dispatch.index[t],
            "plant": plants[p],
            "cause": cause,
            "element": "",
            "outage": "",
            "curtailed_mw": part[t, p],
            "planned": "",
        }
    )


def _split(
    dispatch: Dispatch,
    step: int,
    limits: pd.DataFrame,
    part: np.ndarray,
    where: np.ndarray,
    plants: np.ndarray,
    plant_column: np.ndarray,
    cause: str,
) -> pd.DataFrame:
    """Share one rung's part of one step over its limits; parallel circuits with the same factors are one element."""
    number = limits["limit"].to_numpy(dtype=int)
    # cutting a MW is a MW less of injection, so the relief is minus the factor of the column
    at = np.full(len(number), step)
    factors = -dispatch.flows.coefficients(at, number)[:, plant_column[where]]
    sign = np.where(limits["direction"] == "forward", 1.0, -1.0)
    relief = sign[:, None] * factors
    names, outages, groups = _elements(limits, sign[:, None] * dispatch.flows.coefficients(at, number))
    planned = _only_by_plan(dispatch, step, number) & (cause != "ac")  # what AC adds is told apart as such
    weight = weights(relief, limits["dual_cny_per_mwh"].to_numpy(), limits["share_multiplier"].to_numpy())
    merged = np.zeros((len(names), len(where)))
    np.add.at(merged, groups, weight)
    merged *= part[where] / merged.sum(axis=0)
    # slivers go to the others, of nothing but slivers to the largest
    merged[(merged <= SMALLEST_MW) & (merged < merged.max(axis=0))] = 0.0
    merged *= part[where] / merged.sum(axis=0)
    e, p = np.nonzero(merged > 0.0)
    states = dispatch.flows.limits.states
    state = states.of_step[step]
    out_by_plan = states.elements[state]
    flagged = np.array([planned[groups == g].all() for g in range(len(names))], dtype=bool)
    with_plan = ["+".join(filter(None, (o, *out_by_plan))) if f else o for o, f in zip(outages, flagged)]
    return pd.DataFrame(
        {
            "time": dispatch.index[step],
            "plant": plants[where][p],
            "cause": cause,
            "element": np.array(names, dtype=object)[e],
            "outage": np.array(with_plan, dtype=object)[e],
            "curtailed_mw": merged[e, p],
            "planned": np.where(flagged[e], "exempt_outage" if states.exempt[state] else "outage", ""),
        }
    )


def weights(relief: np.ndarray, price: np.ndarray, multiplier: np.ndarray) -> np.ndarray:
    """How limits share a plant's part: max(0, mu h), (limit, plant).

    Parameters
    ----------
    relief : ndarray (limit, plant)
        Relief h of each limit per MW cut at the plant; negative where cutting makes it worse.
    price, multiplier : ndarray (limit,)
        mu in the LP, and in the share step; their sign is the limit's direction and does not count.

    Returns
    -------
    ndarray
        From the LP where it has a weight at the plant, else from the share step, else the plain relief where it is
        positive, else all alike: a plant's part always has a name.
    """
    alike = np.ones_like(relief)
    out = np.zeros_like(relief)
    for found in (np.abs(price)[:, None] * relief, np.abs(multiplier)[:, None] * relief, relief, alike):
        silent = out.max(axis=0, initial=0.0) <= _NO_WEIGHT
        out[:, silent] = found.clip(min=0.0)[:, silent]
    return out


def _only_by_plan(dispatch: Dispatch, step: int, limits: np.ndarray) -> np.ndarray:
    """Which limits the same schedule would not reach with every branch in service, (limit,)."""
    flows, found = dispatch.flows, dispatch.flows.limits
    if found.states.of_step[step] == 0:
        return np.zeros(len(limits), dtype=bool)
    injected = dispatch.system.fixed_mw[step].copy()
    columns = dispatch.system.columns
    np.add.at(injected, columns.node, dispatch.column_mw[step] * columns.sign)
    flow = found.matrices[0][limits] @ injected + found.offsets_mw[0][limits]
    return (flow < flows.upper_mw[step, limits] - OVER_MW) & (flow > flows.lower_mw[step, limits] + OVER_MW)


def _elements(limits: pd.DataFrame, factors: np.ndarray) -> tuple[list[str], list[str], np.ndarray]:
    """Names and outages of elements and the element of each limit.

    Limits whose factors (limit, column) are the same everywhere (parallel circuits, outage twins) are one element.
    """
    keys = [tuple(np.round(r, _DECIMALS) + 0.0) for r in factors]
    order: dict[tuple, int] = {}
    groups = np.array([order.setdefault(k, len(order)) for k in keys])
    element, outage = (limits[c].astype(str).to_numpy() for c in ("element", "outage"))
    names, lost = (
        ["+".join(sorted(set(filter(None, column[groups == g])))) for g in range(len(order))]
        for column in (element, outage)
    )
    return names, lost, groups

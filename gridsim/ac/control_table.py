"""Where taps, banks and reactive sources stood over the year: how far they moved, and how often they were at an end."""

from __future__ import annotations

import numpy as np
import pandas as pd

from gridsim.ac.state import AcState
from gridsim.electrical import branches, shunts
from gridsim.network import Network


def control_table(state: AcState, network: Network) -> pd.DataFrame:
    """One row per tap changer, bank and voltage-holding bus.

    Parameters
    ----------
    state : AcState
    network : Network

    Returns
    -------
    DataFrame
        ``element, element_type`` (``trafo | trafo3w | shunt | bus``); ``min_position, max_position`` taps or
        steps over the year, of buses the least and greatest reactive power in Mvar; ``hours_at_start`` hours at the
        position of most hours of their class (of buses: in which the voltage was held); ``hours_at_min,
        hours_at_max`` hours at the ends of the range or at a reactive limit.  Table order.
    """
    model, banks, step_h = branches(network), shunts(network), state.step_h
    positions = state.positions
    hours = np.bincount(positions.pattern, minlength=len(positions.label)) * step_h
    first = np.unique(positions.families, return_index=True)[1][positions.families]
    moves = np.flatnonzero(model.tap_max > model.tap_min)
    parts = []
    for name, kind, stand, low, high in (
        (model.element[moves], model.element_type[moves], positions.tap_pos[:, moves], model.tap_min[moves],
         model.tap_max[moves]),
        (banks.name, np.full(len(banks.name), "shunt"), positions.step, 0 * banks.max_step, banks.max_step),
    ):
        used = stand[hours > 0]
        parts.append(pd.DataFrame({
            "element": name, "element_type": kind, "min_position": used.min(axis=0).astype(float),
            "max_position": used.max(axis=0).astype(float), "hours_at_start": hours @ (stand == stand[first]),
            "hours_at_min": hours @ (stand == low), "hours_at_max": hours @ (stand == high),
        }))
    parts.append(_buses(state, step_h))
    return pd.concat(parts, ignore_index=True)


def _buses(state: AcState, step_h: float) -> pd.DataFrame:
    q_mvar, at = state.q_holder_mvar, state.at_limit
    return pd.DataFrame({
        "element": state.holder, "element_type": "bus", "min_position": np.fmin.reduce(q_mvar, axis=0).astype(float),
        "max_position": np.fmax.reduce(q_mvar, axis=0).astype(float),
        "hours_at_start": (~np.isnan(q_mvar) & (at == 0)).sum(axis=0) * step_h,
        "hours_at_min": (at < 0).sum(axis=0) * step_h, "hours_at_max": (at > 0).sum(axis=0) * step_h,
    })

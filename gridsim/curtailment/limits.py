"""Limits in force hour by hour and over the year, with what a MW more of them changes."""

from __future__ import annotations

import numpy as np
import pandas as pd

from gridsim.curtailment.ledger import RUNGS
from gridsim.dispatch import Dispatch
from gridsim.dispatch.flows import TIGHTENED_RUNG

#: how the values of a row were found
BASIS, DIFFERENCE = "basis", "finite_difference"
#: rows of the functional: curtailment of the city, of both areas
CITY, BOTH = 0, 1
#: limits whose factors agree to this many decimals are one element
_DECIMALS = 7
#: limits that differ by less are the same [MW]
SAME_LIMIT_MW = 1e-3
LIMIT_COLUMNS = [
    "element", "element_type", "side", "outage", "cause", "direction", "method", "step_mw", "hours",
    "saved_cny_per_mw", "city_mwh_per_mw", "both_mwh_per_mw",
]  # fmt: skip


def limit_rows(dispatch: Dispatch, by_limit: np.ndarray, shared: bool) -> pd.DataFrame:
    """Limits in force hour by hour; parallel circuits with the same factors are one element."""
    binding, states = dispatch.binding, dispatch.flows.limits.states
    number, step = binding["limit"].to_numpy(dtype=int), binding["step"].to_numpy(dtype=int)
    factor = np.round(dispatch.flows.coefficients(step, number), _DECIMALS) + 0.0
    key = [(t, d, f.tobytes()) for t, d, f in zip(step.tolist(), binding["direction"], factor)]
    table = pd.DataFrame(
        {
            "time": dispatch.index[step],
            "limit": number,
            "element": _with_parallel(dispatch, number, step),
            "element_type": binding["kind"].astype(str),
            "side": binding["side"].astype(str),
            "outage": binding["outage"].astype(str),
            "planned": ["+".join(states.elements[s]) for s in states.of_step[step]],
            "cause": np.array(RUNGS, dtype=object)[binding["rung"].to_numpy(dtype=int)],
            "direction": binding["direction"].astype(str),
            "flow_mw": binding["flow_mw"].astype(float),
            "limit_mw": binding["limit_mw"].astype(float),
            "dual_cny_per_mwh": binding["dual_cny_per_mwh"].abs(),
            "share_multiplier": binding["share_multiplier"].abs(),
            "city_mw": by_limit[CITY] if shared else np.nan,
            "both_mw": by_limit[BOTH] if shared else np.nan,
        }
    )
    group = pd.factorize(pd.Series(key, dtype=object))[0] if len(table) else np.zeros(0, dtype=int)
    joined = dict.fromkeys(("element", "outage"), _joined)
    summed = dict.fromkeys(("dual_cny_per_mwh", "share_multiplier", "city_mw", "both_mw"), "sum")
    rest = {c: "first" for c in table.columns if c not in joined and c not in summed}
    if len(table) == len(set(group.tolist())):
        return table
    return (
        table.groupby(group, sort=False).agg({**rest, **joined, **summed})[list(table.columns)].reset_index(drop=True)
    )


def _with_parallel(dispatch: Dispatch, limit: np.ndarray, step: np.ndarray) -> list[str]:
    """Element of each limit, with the parallel circuits that no schedule can tell from it: they bind together.

    Only limits without outage: after an outage the pair has the name that the ledger gives it.
    """
    flows, found = dispatch.flows, dispatch.flows.limits
    given = np.flatnonzero(flows.imposed & (found.outage == "") & (found.rung < TIGHTENED_RUNG))
    state, alike, out = found.states.of_step, {}, []
    for t, k in zip(step.tolist(), limit.tolist()):
        names = [str(found.name[k])]
        if k in given:
            if (state[t], k) not in alike:
                columns = flows.columns[state[t]]
                same = (np.abs(columns[given] - columns[k]) < 10.0**-_DECIMALS).all(axis=1)
                alike[state[t], k] = given[same]
            others = alike[state[t], k]
            ends = [np.abs(end[t, others] - flows.base_mw[t, others] - end[t, k] + flows.base_mw[t, k]) for end in
                    (flows.lower_mw, flows.upper_mw)]  # fmt: skip
            names = [str(n) for n in found.name[others[np.max(ends, axis=0) < SAME_LIMIT_MW]]]
        out.append("+".join(sorted(set(names))))
    return out


def _joined(names: pd.Series) -> str:
    return "+".join(sorted({n for name in names for n in name.split("+") if n}))


def limit_year(limits: pd.DataFrame, step_h: float) -> pd.DataFrame:
    """Limits over the year, the dearest first."""
    keys = ["element", "element_type", "side", "outage", "cause", "direction"]
    if not len(limits):
        return pd.DataFrame(columns=LIMIT_COLUMNS)
    sums = limits.groupby(keys, as_index=False).agg(
        hours=("time", "size"),
        saved_cny_per_mw=("dual_cny_per_mwh", "sum"),
        city_mwh_per_mw=("city_mw", "sum"),
        both_mwh_per_mw=("both_mw", "sum"),
    )
    values = ["hours", "saved_cny_per_mw", "city_mwh_per_mw", "both_mwh_per_mw"]
    sums[values] = sums[values] * step_h
    out = sums.assign(method=BASIS, step_mw=np.nan)[LIMIT_COLUMNS]
    return out.sort_values(["saved_cny_per_mw", "element"], ascending=[False, True], ignore_index=True)

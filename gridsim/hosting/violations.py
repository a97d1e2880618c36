"""Limits that a simulated year does not keep, and which of them are new or worse than in the base case."""

from __future__ import annotations

import numpy as np
import pandas as pd

from gridsim.ac import N1, AcState, overload_table, voltage_table
from gridsim.ac.n1 import n1_diverged_table, n1_table, n1_voltage_table
from gridsim.case import Case
from gridsim.dispatch import Dispatch
from gridsim.network import Network
from gridsim.units import step_hours

#: ``loading_percent`` of a branch, or ``beyond_pu`` of its band of a bus, at the worst, and for how many hours
COLUMNS = ("criterion", "element", "outage", "loading_percent", "beyond_pu", "hours")
#: worse than in the base case: points of loading, p.u. beyond the band, hours
WORSE_POINTS, WORSE_PU, WORSE_H = 0.5, 0.002, 1.0
#: what is no farther inside its limit is a margin to remember: points of loading, p.u.
NEAR_POINTS, NEAR_PU = 20.0, 0.02
#: columns of :func:`case_margins`
MARGIN_COLUMNS = ("criterion", "element", "outage", "inside")
#: a loading above 100 %, a voltage beyond its band, by less than this is rounding [%], [p.u.]
ROUNDING_PERCENT, ROUNDING_PU = 0.1, 1e-4
#: criteria whose hours are those of a selection that follows the dispatch: their number is not compared
OF_SELECTED_HOURS = ("n_1", "n_1_voltage", "n_1_not_converged")
#: power that is not served, or cut although it must run, from here on [MW]
_SOME_MW = 1e-3


def dispatch_violations(dispatch: Dispatch) -> pd.DataFrame:
    """What no dispatch of the year can keep: limits that had to be raised, demand, must-run output and reserve short.

    Returns
    -------
    DataFrame
        :data:`COLUMNS`; criteria ``unavoidable`` (N-0 and, with ``outage``, N-1), ``unserved``, ``must_run_cut``,
        ``reserve``.
    """
    step_h, rows = step_hours(dispatch.index), dispatch.unavoidable
    loading = 100.0 * rows["flow_mw"].abs() / rows["limit_mw"].abs().clip(lower=_SOME_MW)
    raised = rows.assign(loading_percent=loading).groupby(["element", "outage"], as_index=False)
    found = raised.agg(loading_percent=("loading_percent", "max"), hours=("step", lambda s: s.nunique() * step_h))
    parts = [found.assign(criterion="unavoidable", beyond_pu=np.nan)]
    short = {
        "unserved": dispatch.role("unserved").sum(axis=1),
        "must_run_cut": dispatch.role("must_run_cut").sum(axis=1),
        "reserve": dispatch.reserve.filter(like="_short_mw").sum(axis=1),
    }
    hours = {name: float((mw > _SOME_MW).sum()) * step_h for name, mw in short.items()}
    parts.append(pd.DataFrame([{"criterion": name, "hours": h} for name, h in hours.items() if h > 0.0]))
    return _table(parts)


def case_violations(case: Case) -> pd.DataFrame:
    """What a case does not keep: :func:`dispatch_violations`, AC of every hour, AC N-1, as far as they were run.

    Returns
    -------
    DataFrame
        :data:`COLUMNS`; further criteria ``loading``, ``voltage``, ``not_converged`` and the same with ``n_1``.
    """
    parts = [dispatch_violations(case.dispatch)]
    if case.ac is not None:
        parts += _of_ac(case.ac, case.network)
    if case.n1 is not None:
        parts += _of_n1(case.n1, case.network)
    return _table(parts)


def case_margins(case: Case) -> pd.DataFrame:
    """What AC and AC N-1 find near its limit and inside.

    A search that has a violation at one size and its margin at a smaller one need not halve between them.

    Returns
    -------
    DataFrame
        :data:`MARGIN_COLUMNS`; ``inside`` is how far, in points of loading or p.u. of voltage, above zero.
    """
    parts = []
    if case.ac is not None:
        parts += [_inside(overload_table(case.ac, case.network), "loading"),
                  _inside_band(voltage_table(case.ac, case.network), "voltage")]  # fmt: skip
    if case.n1 is not None:
        parts += [_inside(n1_table(case.n1, case.network), "n_1"),
                  _inside_band(n1_voltage_table(case.n1, case.network), "n_1_voltage")]  # fmt: skip
    kept = [part for part in parts if len(part)]
    table = pd.concat(kept, ignore_index=True) if kept else pd.DataFrame(columns=list(MARGIN_COLUMNS))
    return table.sort_values(list(MARGIN_COLUMNS[:3]), ignore_index=True)


def _inside(table: pd.DataFrame, criterion: str) -> pd.DataFrame:
    inside = 100.0 - table["max_loading_percent"]
    named = table.reindex(columns=["element", "outage"], fill_value="")
    found = named.assign(criterion=criterion, inside=inside)[list(MARGIN_COLUMNS)]
    return found[inside.between(0.0, NEAR_POINTS, inclusive="neither")]


def _inside_band(table: pd.DataFrame, criterion: str) -> pd.DataFrame:
    inside = -_beyond(table)
    found = pd.DataFrame({"criterion": criterion, "element": table["bus"], "outage": "", "inside": inside})
    return found[inside.between(0.0, NEAR_PU, inclusive="neither")]


def _beyond(table: pd.DataFrame) -> pd.Series:
    """How far the voltages of buses go beyond their band, of which one limit may be absent. [p.u.]"""
    high, low = table["max_vm_pu"] - table["band_max_pu"], table["band_min_pu"] - table["min_vm_pu"]
    return pd.concat([high, low], axis=1).max(axis=1)


def _of_ac(state: AcState, network: Network) -> list[pd.DataFrame]:
    loading = overload_table(state, network)
    over = loading[loading["max_loading_percent"] > 100.0 + ROUNDING_PERCENT]
    lost_h = float((~state.converged).sum()) * state.step_h
    return [
        pd.DataFrame(
            {
                "criterion": "loading",
                "element": over["element"],
                "loading_percent": over["max_loading_percent"],
                "hours": over["hours_over_100"],
            }
        ),
        _voltages(voltage_table(state, network), "voltage"),
        pd.DataFrame([{"criterion": "not_converged", "hours": lost_h}] if lost_h else []),
    ]


def _of_n1(n1: N1, network: Network) -> list[pd.DataFrame]:
    loading = n1_table(n1, network)
    over = loading[loading["max_loading_percent"] > 100.0 + ROUNDING_PERCENT]
    lost = n1_diverged_table(n1, network)
    return [
        pd.DataFrame(
            {
                "criterion": "n_1",
                "element": over["element"],
                "outage": over["outage"],
                "loading_percent": over["max_loading_percent"],
                "hours": over["hours_over_100"],
            }
        ),
        _voltages(n1_voltage_table(n1, network), "n_1_voltage"),
        pd.DataFrame({"criterion": "n_1_not_converged", "outage": lost["outage"], "hours": lost["hours"]}),
    ]


def _voltages(table: pd.DataFrame, criterion: str) -> pd.DataFrame:
    """Buses outside their band."""
    beyond = _beyond(table)
    out = beyond > ROUNDING_PU
    return pd.DataFrame(
        {
            "criterion": criterion,
            "element": table.loc[out, "bus"],
            "beyond_pu": beyond[out],
            "hours": table.loc[out, "hours_outside"],
        }
    )


def _table(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """Parts below each other with all columns, texts empty and figures absent where a part has none."""
    kept = [part.reindex(columns=list(COLUMNS)) for part in parts if len(part)]
    table = pd.concat(kept, ignore_index=True) if kept else pd.DataFrame(columns=list(COLUMNS))
    words = {c: table[c].fillna("").astype(str) for c in COLUMNS[:3]}
    figures = {c: table[c].astype(float) for c in COLUMNS[3:]}
    order = ["criterion", "element", "outage"]
    return pd.DataFrame({**words, **figures}).sort_values(order, ignore_index=True)


def new_or_worse(base: pd.DataFrame, found: pd.DataFrame, *, spare_small: bool = False) -> pd.DataFrame:
    """Violations that the base case does not have, or not as bad: rows of :func:`compared` that are charged."""
    rows = compared(base, found, spare_small=spare_small)
    return rows[rows["charged"].astype(bool)][list(COLUMNS)].reset_index(drop=True)


def compared(base: pd.DataFrame, found: pd.DataFrame, *, spare_small: bool = False) -> pd.DataFrame:
    """Violations that the base case does not have, or not as bad, and which of them are charged to the new plants.

    By the definition every new one is.  With ``spare_small`` those that are no more than what worse means (half a point
    above 100 % where the base case stood just below) are listed and not charged.

    Of N-1 the outage that loads an element most may change: an element is compared with itself after any outage.  One
    that no dispatch of the base case can keep inside its rating after an outage (``unavoidable``: load alone overloads
    it) is compared on the flows of the dispatch only: its AC loading moves by more than half a point with the taps.

    Parameters
    ----------
    base, found : DataFrame
        :data:`COLUMNS`.

    Returns
    -------
    DataFrame
        Rows of ``found`` with ``charged``, the worst first: highest loading, furthest beyond its band, longest.
    """
    if not len(found):
        return found.assign(charged=pd.Series(dtype=bool))
    key, figures = ["criterion", "element"], list(COLUMNS[3:])
    before = base.astype(dict.fromkeys(figures, float)).groupby(key, as_index=False)[figures].max()
    both = found.merge(before, on=key, how="left", suffixes=("", "_before"), indicator="known")
    selected = both["criterion"].isin(OF_SELECTED_HOURS)
    fresh = both["known"] == "left_only"
    more = (both["loading_percent"] > both["loading_percent_before"] + WORSE_POINTS) | (
        both["beyond_pu"] > both["beyond_pu_before"] + WORSE_PU
    )
    longer = (both["hours"] > both["hours_before"] + WORSE_H) & ~selected
    on_flows = (both["criterion"] == "n_1") & both["element"].isin(_unavoidable_after_outage(base))
    short = (both["hours"] <= WORSE_H) | selected
    small = (both["loading_percent"].le(100.0 + WORSE_POINTS) | both["beyond_pu"].le(WORSE_PU)) & short
    both["charged"] = ~(fresh & small & spare_small)
    rows = both[(fresh | more | longer) & ~on_flows][[*COLUMNS, "charged"]]
    return rows.sort_values(["loading_percent", "beyond_pu", "hours"], ascending=False, ignore_index=True)


def _unavoidable_after_outage(base: pd.DataFrame) -> pd.Series:
    return base.loc[(base["criterion"] == "unavoidable") & (base["outage"] != ""), "element"]

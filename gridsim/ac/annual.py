"""Tables of the year that planners ask of a power flow: reverse power, losses, capacity-load ratio."""

from __future__ import annotations

import numpy as np
import pandas as pd

from gridsim.ac.state import AcState
from gridsim.ac.tables import element_facts
from gridsim.network import Network
from gridsim.units import energy_mwh

#: power upwards below this is not counted as reverse flow. [MW]
REVERSE_MW = 0.05
#: a station that feeds less than this share of its rating has no capacity-load ratio
LEAST_LOAD_PU = 0.05
#: guideline of the capacity-load ratio by nominal voltage of the high side: planning practice after DL/T 5729
GUIDELINE = {220.0: (1.6, 1.9), 110.0: (1.5, 2.0)}
_TRANSFORMERS = {"trafo": "sn_mva", "trafo3w": "sn_hv_mva"}


def reverse_power_table(state: AcState, network: Network) -> pd.DataFrame:
    """Power from the low to the high side of every transformer: the limit of rooftop solar.

    Returns
    -------
    DataFrame
        ``element, element_type, county, vn_kv, sn_mva, reverse_h, max_reverse_mw, max_reverse_percent, reverse_gwh,
        worst_time``, largest percentage first.  Per cent of the rated power (of the high winding) in MW/MVA, the
        reverse load rate of DL/T 2041; no ``worst_time`` without reverse flow.
    """
    facts, mine = _transformers(state, network)
    up_mw = np.maximum(-np.nan_to_num(state.p_from_mw[:, mine].astype(float)), 0.0)
    reverse, step_h = up_mw > REVERSE_MW, state.step_h
    worst = up_mw.argmax(axis=0)
    highest = np.where(reverse.any(axis=0), up_mw.max(axis=0, initial=0.0), 0.0)
    out = facts.assign(
        reverse_h=reverse.sum(axis=0) * step_h, max_reverse_mw=highest,
        max_reverse_percent=100.0 * highest / facts["sn_mva"].to_numpy(),
        reverse_gwh=energy_mwh(np.where(reverse, up_mw, 0.0).sum(axis=0), step_h) / 1e3,
        worst_time=pd.Series(state.index[worst]).where(reverse.any(axis=0)),
    )
    return out.sort_values("max_reverse_percent", ascending=False, kind="stable", ignore_index=True)


def losses_table(state: AcState, network: Network, load_mw: np.ndarray) -> pd.DataFrame:
    """Losses of the city's grid by voltage, kind of element and month.

    Parameters
    ----------
    state : AcState
    network : Network
    load_mw : ndarray, (time,)
        Load served at the buses. [MW]

    Returns
    -------
    DataFrame
        ``vn_kv, element_type, month, energy_gwh, percent``: per cent of the energy supplied in the month, which is
        load + losses (线损率); power that only passes through causes losses too.  Rows add up to the converged
        steps of ``ac.csv``; equivalents of the outside grid are left out.
    """
    counted = np.flatnonzero(~state.elements["is_equivalent"].to_numpy())
    facts, step_h = element_facts(state.elements, network).iloc[counted], state.step_h
    month, good = np.asarray(state.index.month), state.converged
    rows = []
    for number in np.unique(month[good]):
        steps = good & (month == number)
        energy = energy_mwh(state.element_losses_mw[np.ix_(steps, counted)].sum(axis=0, dtype=float), step_h) / 1e3
        supplied = energy.sum() + energy_mwh(load_mw[steps].sum(), step_h) / 1e3
        by = facts.assign(gwh=energy).groupby(["vn_kv", "element_type"], as_index=False)["gwh"].sum()
        cells = zip(by["vn_kv"], by["element_type"], by["gwh"])
        rows += [(kv, kind, int(number), gwh, 100.0 * gwh / supplied) for kv, kind, gwh in cells]
    out = pd.DataFrame(rows, columns=["vn_kv", "element_type", "month", "energy_gwh", "percent"])
    return out.sort_values(["vn_kv", "element_type", "month"], ascending=[False, True, True], ignore_index=True)


def capacity_load_table(state: AcState, network: Network) -> pd.DataFrame:
    """Capacity-load ratio (容载比) per level of the transformers' high side, of the city and of every county.

    The ratio is rated power of the transformers between public busbars over the highest simultaneous net load they
    feed (网供最大负荷): the largest sum of the power into their high sides, so that what plants below the level
    feed, plants' own use and customers supplied above it are not in it.

    Returns
    -------
    DataFrame
        ``vn_kv, county, units, sn_mva, peak_mw, worst_time, capacity_load_ratio, guide_min_ratio,
        guide_max_ratio``; the city's row of a level has an empty county; no ratio where nothing flows down; no
        guideline above 220 kV.
    """
    facts, mine = _transformers(state, network)
    down = np.nan_to_num(state.p_from_mw[:, mine].astype(float))
    level = facts["vn_kv"].to_numpy()
    county = facts["county"].fillna("").to_numpy(dtype=object)
    rows = []
    for kv in sorted(set(level), reverse=True):
        for name in ("", *sorted(set(county[level == kv]) - {""})):
            units = np.flatnonzero((level == kv) & ((county == name) | (name == "")))
            net_mw = down[:, units].sum(axis=1)
            worst = int(net_mw.argmax())
            peak, sn = float(max(net_mw[worst], 0.0)), float(facts["sn_mva"].iloc[units].sum())
            low, high = GUIDELINE.get(float(kv), (np.nan, np.nan))
            at = state.index[worst] if peak > 0 else pd.NaT
            rows.append((kv, name, len(units), sn, peak, at, sn / peak if peak > 0 else np.nan, low, high))
    columns = ["vn_kv", "county", "units", "sn_mva", "peak_mw", "worst_time", "capacity_load_ratio", "guide_min_ratio"]
    return pd.DataFrame(rows, columns=[*columns, "guide_max_ratio"])


def station_units_table(state: AcState, network: Network) -> pd.DataFrame:
    """Transformers of each station and level: highest loading, reverse load rate and capacity-load ratio.

    Returns
    -------
    DataFrame
        ``station, element_type, vn_kv, max_loading_percent, max_reverse_percent, peak_mw, capacity_load_ratio``.
        Loading and reverse load rate (as in :func:`reverse_power_table`) are those of the worst unit; ``peak_mw`` is
        the largest sum of the power into the high sides of the station's units, and the ratio their rated power over
        it (as in :func:`capacity_load_table`); no ratio where less than 5 % of the rating flows down.
    """
    facts, mine = _transformers(state, network)
    station = pd.concat({t: network[t].set_index("name")["station"] for t in _TRANSFORMERS})
    facts = facts.assign(station=station.reindex(pd.MultiIndex.from_frame(facts[["element_type", "element"]])).array)
    into_mw = np.nan_to_num(state.p_from_mw[:, mine].astype(float))
    highest = np.nan_to_num(state.loading_percent[:, mine].astype(float), nan=-np.inf).max(axis=0, initial=-np.inf)
    rows = []
    keys = ["station", "element_type", "vn_kv"]
    number = facts.groupby(keys, sort=False).ngroup().to_numpy()
    for group, key in enumerate(facts[keys].drop_duplicates().itertuples(index=False, name=None)):
        units = np.flatnonzero(number == group)
        rated = facts["sn_mva"].to_numpy()[units]
        up = np.maximum(-into_mw[:, units], 0.0).max(axis=0, initial=0.0)
        peak = float(max(into_mw[:, units].sum(axis=1).max(initial=0.0), 0.0))
        most = float(highest[units].max())
        reverse = float((100.0 * np.where(up > REVERSE_MW, up, 0.0) / rated).max())
        ratio = float(rated.sum()) / peak if peak > LEAST_LOAD_PU * rated.sum() else np.nan
        rows.append((*key, most if np.isfinite(most) else np.nan, reverse, peak, ratio))
    columns = ["station", "element_type", "vn_kv", "max_loading_percent", "max_reverse_percent", "peak_mw"]
    return pd.DataFrame(rows, columns=[*columns, "capacity_load_ratio"])


def _transformers(state: AcState, network: Network) -> tuple[pd.DataFrame, np.ndarray]:
    """``element, element_type, county, vn_kv, sn_mva`` of the transformers, and their positions in the state."""
    mine = np.flatnonzero(state.elements["element_type"].isin(_TRANSFORMERS).to_numpy())
    facts = element_facts(state.elements, network).iloc[mine].reset_index(drop=True)
    rated = pd.concat({t: network[t].set_index("name")[c] for t, c in _TRANSFORMERS.items()})
    key = pd.MultiIndex.from_frame(facts[["element_type", "element"]])
    return facts.assign(sn_mva=rated.reindex(key).to_numpy(dtype=float)), mine

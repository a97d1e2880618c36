"""An independent re-computation of every result, from tables and results alone.

Nothing of the LP is used here: flows come from B theta = P with susceptances worked out from the tables
in megawatts per radian, stored energy from its recursion, shares from the published definition.  A failed check
means that the run is not trustworthy (exit code 3).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from gridsim.dispatch import Dispatch
from gridsim.network import Network
from gridsim.options import DcOptions
from gridsim.profiles import Profiles
from gridsim.recompute import equal_shares_mw, flows_from_tables, susceptances_mw_per_rad
from gridsim.rows import records


@dataclass(frozen=True)
class Check:
    """One row of checks.csv: ``worst`` is compared with ``limit``, both in the unit the name says."""

    check: str
    worst: float
    limit: float
    where: str

    @property
    def ok(self) -> bool:
        return bool(np.isfinite(self.worst) and self.worst <= self.limit)


def as_table(checks: Iterable[Check]) -> pd.DataFrame:
    """Checks as the table checks.csv: check, ok, worst, limit, where."""
    return pd.DataFrame(
        [{"check": c.check, "ok": c.ok, "worst": c.worst, "limit": c.limit, "where": c.where} for c in checks],
        columns=["check", "ok", "worst", "limit", "where"],
    )


def worst(name: str, error: pd.DataFrame, limit: float) -> Check:
    """Largest absolute value of a (time, thing) frame and where it stands."""
    values = np.abs(error.to_numpy(dtype=float))
    if not values.size:
        return Check(name, 0.0, limit, "")
    values = np.where(np.isfinite(values), values, np.inf)
    t, k = np.unravel_index(int(values.argmax()), values.shape)
    return Check(name, float(values[t, k]), limit, f"{error.index[int(t)]} {error.columns[int(k)]}")


def length_h(index: pd.DatetimeIndex) -> float:
    """Step length from the clock, not from any helper of the model."""
    length = index[1] - index[0] if len(index) > 1 else pd.Timedelta(index.freq)  # type: ignore[arg-type]
    return float(length / pd.Timedelta(hours=1))


# -- injections from the results ----------------------------------------------------------------------

_SIGN = {
    "available": 1,
    "demand": 1,
    "schedule": 1,
    "through": 1,
    "generated": 1,
    "released": 1,
    "discharge": 1,
    "unserved": 1,
    "curtailed": -1,
    "charge": -1,
    "spilled": -1,
    "reduced": -1,
    "cut": -1,
    "must_run_cut": -1,
    "overflow": 0,
}


def injections_by_place(network: Network, dispatch: Dispatch) -> pd.DataFrame:
    """Net injection per bus or area (time, place) added up from the results. [MW]"""
    places: dict[str, np.ndarray] = {}
    for key, values in {**dispatch.fixed_mw, **dispatch.flow_mw}.items():
        device, role = key.split(".")
        if role == "unserved":
            continue
        table = network[device].set_index("name")
        place = table["bus"].where(table["bus"].notna(), table["area"])
        for name in values.columns:
            series = _SIGN[role] * values[name].to_numpy()
            places[place[name]] = places.get(place[name], 0.0) + series
    return pd.DataFrame(places, index=dispatch.index)


def _electrical(network: Network, dispatch: Dispatch, places: pd.DataFrame) -> pd.DataFrame:
    """Injections at buses: areas enter at their links, shed demand comes back at the loads."""
    areas = set(network["area"]["name"])
    at_bus = places.drop(columns=[p for p in places if p in areas]).copy()
    parts = {c: at_bus[c].to_numpy() for c in at_bus}
    for link in records(network["area_link"]):
        if link.area in places:
            parts[link.bus] = parts.get(link.bus, 0.0) + link.share_pu * places[link.area].to_numpy()
    shed = dispatch.flow_mw.get("load.unserved")
    if shed is not None:
        loads = network["load"]
        node_areas = set(network["area"].loc[network["area"]["kind"] == "node", "name"])
        for area in shed.columns:
            if area in node_areas:
                for link in records(network["area_link"].query("area == @area")):
                    parts[link.bus] = parts.get(link.bus, 0.0) + link.share_pu * shed[area].to_numpy()
            else:
                here = loads[loads["bus"].notna()]
                for row in records(here):
                    share = row.max_p_mw / here["max_p_mw"].sum()
                    parts[row.bus] = parts.get(row.bus, 0.0) + share * shed[area].to_numpy()
    return pd.DataFrame(parts, index=dispatch.index)


#: seasons of ratings and limits by month, written out here on purpose
_SEASON_OF_MONTH = dict.fromkeys((12, 1, 2), "winter") | dict.fromkeys((6, 7, 8, 9), "summer")
_SEASON_OF_MONTH |= dict.fromkeys((3, 4, 5, 10, 11), "spring")


# -- the checks ---------------------------------------------------------------------------------------


def check_dispatch(
    network: Network,
    profiles: Profiles,
    dispatch: Dispatch,
    *,
    dc: DcOptions | None = None,
    line_rating: str = "season",
    storage_use: str = "as_tables",
) -> list[Check]:
    """Balances, flows, stores, bounds and shares of a dispatch (``dc, line_rating, storage_use``: its options)."""
    places = injections_by_place(network, dispatch)
    at_bus = _electrical(network, dispatch, places)
    flows = flows_from_tables(network, at_bus, dc=dc)
    return [
        *_balances(network, dispatch, at_bus, flows),
        _flows_agree(dispatch, flows),
        _sections_agree(network, dispatch, flows),
        _section_limits_hold(network, dispatch, flows),
        _limits_hold(dispatch),
        _ratings_hold(network, dispatch, profiles.temp_air_degc if line_rating == "ambient" else None),
        *_online(network, dispatch),
        *_stores(network, dispatch),
        *_machines(network, dispatch),
        _as_given(profiles, dispatch),
        *_used(profiles, dispatch),
        _equal_shares(network, dispatch, storage_use),
    ]


def _balances(network: Network, dispatch: Dispatch, at_bus: pd.DataFrame, flows: pd.DataFrame) -> list[Check]:
    """Each area closes with its own units and the exchange measured on the tie branches."""
    outside = set(network["area_link"]["bus"])
    ends = susceptances_mw_per_rad(network)
    label = [e if not s else f"{e}|{s}" for e, s in zip(ends["element"], ends["side"])]
    leaves = (
        ends["to_node"].isin(outside).astype(int).to_numpy() - ends["from_node"].isin(outside).astype(int).to_numpy()
    )
    export = (flows[label].to_numpy() * leaves).sum(axis=1)
    inside = [b for b in at_bus if b not in outside]
    city = at_bus[inside].to_numpy().sum(axis=1) - export
    node = at_bus[[b for b in at_bus if b in outside]].to_numpy().sum(axis=1) + export
    names = network["area"].set_index("kind")["name"]
    out = pd.DataFrame({"city": city, "node": node}, index=dispatch.index)
    return [
        worst(f"balance of {names.get(kind, kind)} [MW]", out[[column]], 1e-2)
        for kind, column in (("detailed", "city"), ("node", "node"))
        if kind in names.index or kind == "detailed"
    ]


def _flows_agree(dispatch: Dispatch, flows: pd.DataFrame) -> Check:
    """Flows of the dispatch against B theta = P from the tables (magnetising branches make the difference)."""
    error = dispatch.branch_mw - flows[dispatch.branch_mw.columns]
    return worst("flows from the tables, B theta = P [MW]", error, 0.05)


def _section_flows(network: Network, dispatch: Dispatch, flows: pd.DataFrame) -> pd.DataFrame:
    """Weighted flows of the branches of each section from the tables (high side of a transformer)."""
    total = pd.DataFrame(0.0, index=flows.index, columns=dispatch.section_mw.columns)
    for part in records(network["section_branch"]):
        label = f"{part.element}|hv" if part.element_type == "trafo3w" else part.element
        if label in flows and part.section in total:
            total[part.section] += part.weight_pu * flows[label]
    return total


def _sections_agree(network: Network, dispatch: Dispatch, flows: pd.DataFrame) -> Check:
    """Flows of sections against the weighted flows of their branches from the tables."""
    error = dispatch.section_mw - _section_flows(network, dispatch, flows)
    return worst("flows of sections from the tables [MW]", error, 0.05)


def _section_limits_hold(network: Network, dispatch: Dispatch, flows: pd.DataFrame) -> Check:
    """No section beyond the limit of the tables for its season, where the dispatch had to respect sections."""
    flow = _section_flows(network, dispatch, flows)
    season = dispatch.index.month.map(_SEASON_OF_MONTH)
    imposed = bool((dispatch.flows.imposed & (dispatch.flows.limits.kind == "section")).any())
    over = pd.DataFrame(0.0, index=flow.index, columns=flow.columns)
    for row in records(network["section"]):
        least, most = np.full(len(flow), row.min_p_mw), np.full(len(flow), row.max_p_mw)
        for special in records(network["section_season"].query("section == @row.name")):
            least[season == special.season], most[season == special.season] = special.min_p_mw, special.max_p_mw
        over[row.name] = np.maximum(flow[row.name] - most, least - flow[row.name]).clip(lower=0.0) * imposed
    for row in records(dispatch.unavoidable[dispatch.unavoidable["kind"] == "section"]):
        over.loc[over.index[row.step], row.element] = 0.0
    shedding = dispatch.role("unserved").sum(axis=1) > 1e-3
    return worst("flows of sections inside the limits of the tables [MW]", over[~shedding.to_numpy()], 0.05)


def _limits_hold(dispatch: Dispatch) -> Check:
    """No flow beyond its limit, except where the limit is listed as unavoidable."""
    limits = dispatch.flows.limits.given()
    flow = np.hstack([dispatch.branch_mw.to_numpy(), dispatch.section_mw.to_numpy()])
    imposed = dispatch.flows.imposed[: len(limits)]
    over = np.maximum(flow - limits.upper_mw, limits.lower_mw - flow).clip(min=0.0) * imposed
    if len(dispatch.unavoidable):
        number = {(e, s, k): i for i, (e, s, k) in enumerate(zip(limits.name, limits.side, limits.kind))}
        for row in records(dispatch.unavoidable[dispatch.unavoidable["outage"] == ""]):
            over[row.step, number[(row.element, row.side, row.kind)]] = 0.0
    # where demand is shed the dispatch counts it as served on branches: shedding is no remedy for a branch
    over[dispatch.role("unserved").to_numpy().sum(axis=1) > 1e-3] = 0.0
    names = list(dispatch.branch_mw.columns) + list(dispatch.section_mw.columns)
    return worst("flows inside their limits [MW]", pd.DataFrame(over, index=dispatch.index, columns=names), 1e-2)


def _ratings_hold(network: Network, dispatch: Dispatch, temp_air_degc: pd.Series | None) -> Check:
    """No flow above the rating of the tables at unity power factor, where the dispatch had to respect ratings.

    With an air temperature the conductor reaches 70 degC: I = I(25 degC) sqrt((70 - Ta) / 45), Ta in 15.55...45 degC.
    """
    vn = network["bus"].set_index("name")["vn_kv"]
    line = network["line"][network["line"]["in_service"] & ~network["line"]["is_equivalent"]]
    columns = {"summer": "max_i_ka", "winter": "max_i_winter_ka", "spring": "max_i_spring_ka"}
    column = [columns[_SEASON_OF_MONTH[m]] for m in dispatch.index.month]
    ampacity = line[sorted(set(column))].T.loc[column].to_numpy(dtype=float)
    if temp_air_degc is not None:
        warmer = (70.0 - temp_air_degc.reindex(dispatch.index).clip(lower=70.0 - 45.0 * 1.21, upper=45.0)) / 45.0
        ampacity = warmer.to_numpy()[:, None] ** 0.5 * line["max_i_spring_ka"].to_numpy(dtype=float)
    full = np.sqrt(3.0) * ampacity * line["from_bus"].map(vn).to_numpy()
    parts = dict(zip(line["name"], full.T))
    parts |= dict(zip(network["trafo"]["name"], network["trafo"]["sn_mva"]))
    star = network["trafo3w"]
    parts |= {f"{n}|{s}": mva for s in ("hv", "mv", "lv") for n, mva in zip(star["name"], star[f"sn_{s}_mva"])}
    rating = pd.DataFrame(parts, index=dispatch.index)
    over = (dispatch.branch_mw[rating.columns].abs() - rating).clip(lower=0.0)
    for row in records(dispatch.unavoidable[dispatch.unavoidable["outage"] == ""]):
        label = f"{row.element}|{row.side}" if row.side else row.element
        if label in over:
            over.loc[over.index[row.step], label] = 0.0
    shedding = dispatch.role("unserved").sum(axis=1) > 1e-3
    imposed = bool((dispatch.flows.imposed & (dispatch.flows.limits.kind != "section")).any())
    return worst("flows inside the ratings of the tables [MW]", over[~shedding.to_numpy()] * imposed, 1e-2)


def _online(network: Network, dispatch: Dispatch) -> list[Check]:
    """Output of committed plant between zero and what its units on can give, net of auxiliaries."""
    out = []
    for key in [k for k in dispatch.flow_mw if k.endswith(".generated")]:
        power, table = dispatch.flow_mw[key], network[key.split(".")[0]].set_index("name")
        unit = (
            table["max_p_mw"] / table["units"] * (1.0 - table["auxiliary_percent"] / 100.0) * table["availability_pu"]
        )
        on = dispatch.online[power.columns].reindex(power.index, method="ffill")
        out.append((power - on * unit[power.columns]).clip(lower=0.0) + (-power).clip(lower=0.0))
    return [worst("output of the units that are on [MW]", pd.concat(out, axis=1), 1e-3)] if out else []


def _stores(network: Network, dispatch: Dispatch) -> list[Check]:
    hours = length_h(dispatch.index)
    recursion, bounds, both, cyclic, lost = [], [], [], [], []
    for key in [k for k in dispatch.flow_mw if k.endswith(".charge")]:
        device = key.split(".")[0]
        table = network[device].set_index("name")
        charge, discharge = dispatch.flow_mw[key], dispatch.flow_mw[f"{device}.discharge"]
        energy = dispatch.energy_mwh[charge.columns]
        suffix = ("pump", "turbine") if "efficiency_pump_percent" in table else ("charge", "discharge")
        into = table[f"efficiency_{suffix[0]}_percent"][charge.columns] / 100.0
        out = table[f"efficiency_{suffix[1]}_percent"][charge.columns] / 100.0
        before = energy.shift(1)
        before.iloc[0] = dispatch.initial_mwh[charge.columns]
        flow = charge * into - discharge / out
        full = table["energy_mwh"][charge.columns]
        overflow = dispatch.flow_mw.get(f"{device}.overflow")
        if overflow is not None:
            flow = flow + table["inflow_mw"][charge.columns] - overflow
            lost.append((overflow - table["inflow_mw"][charge.columns]).clip(lower=0.0) + (-overflow).clip(lower=0.0))
        recursion.append(energy - before - hours * flow)
        low, high = table.get("min_soc_percent", 0.0), table.get("max_soc_percent", 100.0)
        low = full * (low[charge.columns] if isinstance(low, pd.Series) else low) / 100.0
        high = full * (high[charge.columns] if isinstance(high, pd.Series) else high) / 100.0
        bounds.append((energy - high).clip(lower=0.0) + (low - energy).clip(lower=0.0))
        both.append(np.minimum(charge, discharge))
        cyclic.append(energy.iloc[[-1]] - dispatch.initial_mwh[charge.columns])
    if not recursion:
        return []
    return [
        worst("stored energy, recursion [MWh]", pd.concat(recursion, axis=1), 1e-2),
        worst("stored energy inside its bounds [MWh]", pd.concat(bounds, axis=1), 1e-2),
        worst("charging and discharging at once [MW]", pd.concat(both, axis=1), 1e-3),
        worst("stored energy ends where it began [MWh]", pd.concat(cyclic, axis=1), 1e-2),
        *([worst("overflow inside the natural inflow [MW]", pd.concat(lost, axis=1), 1e-2)] if lost else []),
    ]


def _machines(network: Network, dispatch: Dispatch) -> list[Check]:
    """Pumps in whole units, turbines between their least and largest output (unless any pump power was asked for)."""
    if (dispatch.windows["pumping"] == "relaxed").any():
        return []
    part, outside = [], []
    for key in [k for k in dispatch.flow_mw if k.endswith(".charge")]:
        device = key.split(".")[0]
        table = network[device].set_index("name")
        if "max_pump_mw" not in table:
            continue
        pumped, generated = dispatch.flow_mw[key], dispatch.flow_mw[f"{device}.discharge"]
        table = table.loc[pumped.columns]
        unit = table["max_pump_mw"] / table["units"]
        running = pumped / unit.where(unit > 0, np.inf)
        part.append(running - running.round())
        away = generated.to_numpy(copy=True)  # distance of the output to that of the best number of units
        for units in range(1, int(table["units"].max()) + 1):
            most = (table["max_p_mw"] / table["units"] * units).to_numpy()
            short = (table["min_p_pu"].to_numpy() * most - generated.to_numpy()).clip(min=0.0)
            there = short + (generated.to_numpy() - most).clip(min=0.0)
            away = np.minimum(away, np.where(table["units"].to_numpy() >= units, there, np.inf))
        outside.append(pd.DataFrame(away, index=generated.index, columns=generated.columns))
    if not part:
        return []
    return [
        worst("pumps in whole units [units]", pd.concat(part, axis=1), 1e-6),
        worst("turbines outside their least and largest output [MW]", pd.concat(outside, axis=1), 1e-3),
    ]


def _as_given(profiles: Profiles, dispatch: Dispatch) -> Check:
    """What is not decided is what the profiles say: demand, scheduled imports, available wind and sun."""
    parts = [
        dispatch.role(role) - sign * given
        for role, sign, given in (
            ("demand", -1.0, profiles.demand_mw),
            ("schedule", 1.0, profiles.schedule_mw),
            ("available", 1.0, profiles.available_mw),
        )
    ]
    return worst("demand, schedules and available power as given [MW]", pd.concat(parts, axis=1), 1e-6)


def _used(profiles: Profiles, dispatch: Dispatch) -> list[Check]:
    curtailed = dispatch.role("curtailed")
    available = profiles.available_mw[curtailed.columns]
    used = dispatch.role("available")[curtailed.columns] - curtailed
    outside = (-used).clip(lower=0.0) + (used - available).clip(lower=0.0)
    return [
        worst("0 <= used <= available [MW]", outside, 1e-4),
        worst("available = used + curtailed [MW]", available - used - curtailed, 1e-4),
    ]


def _equal_shares(network: Network, dispatch: Dispatch, storage_use: str) -> Check:
    """In steps without a network limit in force every plant of both areas loses the same share, credit counted."""
    curtailed, room = dispatch.role("curtailed"), dispatch.controllable_mw
    calm = np.ones(len(dispatch.index), dtype=bool)
    calm[dispatch.binding["step"].to_numpy(dtype=int)] = False
    expected = equal_shares_mw(network, dispatch.flow_mw, room[curtailed.columns], curtailed.sum(axis=1), storage_use)
    return worst("equal shares without a network limit [MW]", (curtailed - expected)[calm], 1e-4)


def check_ledger(dispatch: Dispatch, rows: pd.DataFrame) -> Check:
    """Causes add up to the curtailed power of every plant and step, what special causes withheld included."""
    curtailed = dispatch.role("curtailed")
    for withheld in dispatch.withheld_mw.values():
        curtailed = curtailed + withheld[curtailed.columns]
    total = rows.pivot_table(index="time", columns="plant", values="curtailed_mw", aggfunc="sum", fill_value=0.0)
    total = total.reindex(index=curtailed.index, columns=curtailed.columns, fill_value=0.0)
    return worst("causes add up to what is curtailed [MW]", total - curtailed, 1e-6)


def check_ac_rows(index: pd.DatetimeIndex, rows: pd.DataFrame) -> Check:
    """Every step has exactly one AC row, converged or not."""
    missing = len(index) - int(index.isin(rows["time"]).sum()) + int(rows["time"].duplicated().sum())
    return Check("every step has an AC row [steps]", float(missing), 0.0, "")

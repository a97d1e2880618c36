"""From a simulated case to findings: tables, hourly files, summary and manifest.

Nothing is computed here that another module owns; this is where their tables get the names of the results folder.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from gridsim.ac import (
    AcState,
    ac_table,
    capacity_load_table,
    city_load_mw,
    control_table,
    losses_table,
    n1_diverged_table,
    n1_hours_table,
    n1_table,
    n1_voltage_table,
    overload_table,
    reverse_power_table,
    unit_power,
    voltage_table,
)
from gridsim.adequacy import balance_tables
from gridsim.balance import (
    balance_by_area,
    hourly_balance,
    hourly_storage,
    must_run_cut_table,
    province_table,
    storage_table,
)
from gridsim.case import Case
from gridsim.checks import Check, as_table
from gridsim.criteria import FLOOR_PERCENT, N1Violations
from gridsim.curtailment import Ledger
from gridsim.curtailment.rates import PlantEnergy, carrier_summary, cause_tables, plant_energy, rate_tables
from gridsim.equipment import EquipmentOptions, equipment_tables
from gridsim.inventory import inventory_tables
from gridsim.n1 import not_screened, tripped_table
from gridsim.network import Network
from gridsim.options import SimulationOptions
from gridsim.overview import branch_facts, causes_by, county_table, map_branches, map_stations
from gridsim.top_hours import top_hours
from gridsim.units import energy_mwh, step_hours

#: AC loading above this, or a voltage outside its band for longer than this, is a violation [%], [h]
LOADING_LIMIT_PERCENT = 100.0
#: reserve above its requirement by less than this is tight [MW]
TIGHT_MW = 1.0


def case_tables(
    case: Case, causes: Ledger, checks: tuple[Check, ...], *, options: SimulationOptions,
    equipment: EquipmentOptions | None = None,
) -> dict[str, pd.DataFrame]:  # fmt: skip
    """Every table of the results folder that one case gives."""
    network, dispatch = case.network, case.dispatch
    energy = plant_energy(network, dispatch)
    balances = balance_by_area(network, dispatch)
    role = network["area"].set_index("name")["kind"].map({"detailed": "city", "node": "rest"})
    tables = {
        **rate_tables(network, energy, causes, plant_side_mw=case.profiles.plant_side_mw),
        **cause_tables(energy, causes),
        **_causes_tables(energy, causes),
        "curtailment_top_hours": top_hours(energy, causes, {role[name]: b for name, b in balances.items()}),
        **balance_tables(network, case.profiles, dispatch, balances, options.balance),
        "storage": storage_table(network, dispatch),
        "must_run_cut": must_run_cut_table(network, dispatch),
        **({"hosting_published": network["published_hosting"]} if len(network["published_hosting"]) else {}),
        "checks": as_table(checks),
        "assumed": network.assumed,
        "weather_origin": case.drivers.weather_origin,
        "county": county_table(network),
        "map_station": map_stations(network),
        "unavoidable": unavoidable_table(case),
        "n1_dc": n1_dc_table(case),
        "n1_not_screened": not_screened(dispatch),
        "n1_tripped": tripped_table(network, dispatch),
        "reserve": reserve_summary(dispatch.reserve),
        **inventory_tables(case, energy, causes, options=options.dispatch),
        **equipment_tables(
            network, unit_power(network, dispatch), dispatch.role("available"), options=equipment
        ),
    }
    nodes = network["area"].loc[network["area"]["kind"] == "node", "name"]
    if len(nodes):
        tables["province"] = province_table(balances[nodes.iloc[0]])
    tables.update(_ac_tables(case))
    return tables


def _causes_tables(energy: PlantEnergy, causes: Ledger) -> dict[str, pd.DataFrame]:
    """Causes by county, with the limiting element, and by month; the city's plants."""
    step = step_hours(pd.DatetimeIndex(energy.available_mwh.index))
    rows = causes.rows
    county = rows["plant"].map(energy.plants.set_index("plant")["county"]).rename("county")
    rows, county = rows[county.notna()], county[county.notna()]
    month = pd.Series(pd.DatetimeIndex(rows["time"]).month, index=rows.index, name="month")
    return {
        "causes_by_county": causes_by(county, rows, ["cause", "element", "outage"], step),
        "causes_by_month": causes_by(month, rows, ["cause"], step),
    }


def _ac_tables(case: Case) -> dict[str, pd.DataFrame]:
    network = case.network
    if case.ac is None or case.ac_before is None:
        return {"map_branch": map_branches(network, None)}
    overload = _overload(case, case.ac)
    return {
        "overload": overload,
        "overload_before_redispatch": _overload(case, case.ac_before),
        "voltage": _voltage(case.ac, network),
        "ac": ac_table(case.ac),
        "ac_control": control_table(case.ac, network),
        **({} if case.ac_clean is None else {"ac_tightened": case.ac_clean.tightened}),
        "map_branch": map_branches(network, overload),
        "reverse_power": reverse_power_table(case.ac, network),
        "losses": losses_table(case.ac, network, city_load_mw(network, unit_power(network, case.dispatch))),
        "capacity_load_ratio": capacity_load_table(case.ac, network),
        **_n1_tables(case),
    }


def _n1_tables(case: Case) -> dict[str, pd.DataFrame]:
    if case.n1 is None:
        return {}
    return {
        "n1": n1_table(case.n1, case.network),
        "n1_voltage": n1_voltage_table(case.n1, case.network),
        "n1_radial": case.n1.radial,
        "n1_diverged": n1_diverged_table(case.n1, case.network),
        "n1_hours": n1_hours_table(case.n1),
    }


def _overload(case: Case, state: AcState) -> pd.DataFrame:
    """Overload table with the mark of limits no dispatch can meet."""
    table = overload_table(state, case.network)
    return table.assign(unavoidable=table["element"].isin(unavoidable_elements(case, after_outage=False)))


def _voltage(state: AcState, network: Network) -> pd.DataFrame:
    """Voltage table with the time at which each bus was nearest to, or furthest beyond, an end of its band."""
    table = voltage_table(state, network)
    at = pd.Index(state.bus).get_indexer(table["bus"])
    low, high = state.band_pu[at].T
    vm_pu = state.vm_pu[:, at]
    beyond = np.nan_to_num(np.fmax(vm_pu - high, low - vm_pu), nan=-np.inf)
    return table.assign(worst_time=state.index[beyond.argmax(axis=0)])


def unavoidable_elements(case: Case, *, after_outage: bool) -> list[str]:
    """Elements with a limit that no dispatch can meet: with nothing lost, or after the outage of another."""
    rows = case.dispatch.unavoidable
    return sorted(set(rows.loc[(rows["outage"] != "") == after_outage, "element"].astype(str)))


def unavoidable_table(case: Case) -> pd.DataFrame:
    """Limits that had to be raised: element and outage, hours, worst excess and when. [MW]"""
    rows = case.dispatch.unavoidable
    columns = ["element", "outage", "element_type", "county", "steps", "worst_excess_mw", "worst_time", "load_driven"]
    if not len(rows):
        return pd.DataFrame(columns=columns)
    rows = rows.assign(excess_mw=(rows["flow_mw"].abs() - rows["limit_mw"].abs()))
    pairs = rows.groupby(["element", "outage"])
    worst = rows.loc[pairs["excess_mw"].idxmax()].set_index(["element", "outage"])
    county = branch_facts(case.network).set_index("element")["county"]
    table = pd.DataFrame(
        {
            "element_type": worst["kind"],
            "steps": pairs.size(),
            "worst_excess_mw": worst["excess_mw"],
            "worst_time": case.dispatch.index[worst["step"].to_numpy(dtype=int)].astype(str),
            "load_driven": pairs["load_driven"].all(),
        }
    ).reset_index()
    table = table.assign(county=table["element"].map(county))
    return table[columns].sort_values("worst_excess_mw", ascending=False, ignore_index=True)


def n1_dc_table(case: Case) -> pd.DataFrame:
    """Branches above 80 % of their short-time rating after an outage, on the DC flows of all hours; highest first."""
    table, step_h = case.dc_n1, step_hours(case.dispatch.index)
    facts = branch_facts(case.network).set_index("element")
    listed = case.dispatch.unavoidable
    hours = listed[listed["outage"] != ""].groupby("element")["step"].nunique() * step_h
    unavoidable = table["element"].map(hours).fillna(0.0)
    return pd.DataFrame(
        {
            "element": table["element"],
            "side": table["side"],
            **{c: table["element"].map(facts[c]) for c in ("element_type", "county", "vn_kv")},
            "outage": table["outage"],
            "max_loading_percent": table["max_loading_percent"],
            "worst_time": case.dispatch.index[table["worst_step"].to_numpy(dtype=int)].astype(str),
            "hours_over_100": table["steps_over_any"] * step_h,
            "hours_unavoidable": unavoidable,
        }
    )


def reserve_summary(reserve: pd.DataFrame) -> pd.DataFrame:
    """Spinning reserve of the year, a row up and a row down; no rows when none was imposed."""
    columns = [
        *("direction", "mean_required_mw", "max_required_mw", "least_margin_mw", "tight_h"),
        *("short_h", "short_gwh", "max_short_mw", "worst_time"),
    ]
    rows = []
    step = step_hours(pd.DatetimeIndex(reserve.index))
    for way in ("up", "down") if len(reserve.columns) else ():
        required, held, short = (reserve[f"{way}_{what}_mw"] for what in ("required", "held", "short"))
        margin = held - required
        rows.append(
            (
                way,
                required.mean(),
                required.max(),
                margin.min(),
                step * int((margin < TIGHT_MW).sum()),
                step * int((short > 0.0).sum()),
                float(energy_mwh(short.to_numpy().sum(), step)) / 1e3,
                short.max(),
                str(margin.idxmin()),
            )
        )
    return pd.DataFrame(rows, columns=columns)


def hourly_files(case: Case, causes: Ledger) -> dict[str, pd.DataFrame]:
    """Hourly files: balance, curtailment, dispatch, storage, reserve, flow, loading, voltage."""
    dispatch = case.dispatch
    text = dict.fromkeys(["plant", "cause", "element", "outage"], "category")
    files = {
        "balance": hourly_balance(balance_by_area(case.network, dispatch)),
        "curtailment": causes.rows.astype(text),
        "dispatch": _long_dispatch(case),
        "storage": hourly_storage(dispatch),
        "flow": pd.concat([dispatch.branch_mw, dispatch.section_mw], axis=1).astype(np.float32),
    }
    if len(dispatch.reserve.columns):
        files["reserve"] = dispatch.reserve.astype(np.float32)
    if case.ac is not None:
        files["loading"] = case.ac.frame("loading_percent")
        files["voltage"] = case.ac.frame("vm_pu")
    return files


def _long_dispatch(case: Case) -> pd.DataFrame:
    """Wide table of every unit's decided power, columns ``device.role.unit``, in MW; all-zero columns are left out."""
    parts = {}
    for key, frame in case.dispatch.flow_mw.items():
        for name in frame.columns:
            values = frame[name].to_numpy()
            if np.any(values):
                parts[f"{key}.{name}"] = values.astype(np.float32)
    return pd.DataFrame(parts, index=case.dispatch.index)


def violations(case: Case) -> list[str]:
    """Elements whose AC loading or voltage is outside its limits in any converged step."""
    if case.ac is None:
        return []
    overload = overload_table(case.ac, case.network)
    over = overload[overload["max_loading_percent"] > LOADING_LIMIT_PERCENT].sort_values(
        "max_loading_percent", ascending=False
    )
    voltage = voltage_table(case.ac, case.network)
    outside = voltage[voltage["hours_outside"] > 0].sort_values("hours_outside", ascending=False)
    return [*over["element"].astype(str), *outside["bus"].astype(str)]


def n1_violations(case: Case) -> N1Violations | None:
    """What the AC N-1 found; None without one."""
    if case.n1 is None:
        return None
    loading, voltage = n1_table(case.n1, case.network), n1_voltage_table(case.n1, case.network)
    over = loading.loc[loading["max_loading_percent"] > LOADING_LIMIT_PERCENT, "element"]
    voltage = voltage[voltage["hours_outside"] > 0].sort_values("hours_outside", ascending=False)
    radial = case.n1.radial
    lost = radial.loc[(radial["load_lost_mw"] > 0) & ~radial["transferable"].astype(bool), "outage"]
    return N1Violations(
        elements=(*over.astype(str), *voltage["bus"].astype(str)), load_lost=tuple(lost.astype(str)),
        diverged=len(case.n1.state.diverged),
    )  # fmt: skip


def summary(case: Case, causes: Ledger, target_percent: float) -> dict[str, Any]:
    """summary.json: headline figures of the city; the verdict comes to it later."""
    energy: PlantEnergy = plant_energy(case.network, case.dispatch)
    areas = case.network["area"].set_index("kind")
    detailed = areas.loc[["detailed"]].iloc[0]
    return {
        "scenario": case.network.scenario,
        "year": case.network.year,
        "area": str(detailed["name"]),
        "area_en": str(detailed["name_en"]),
        **carrier_summary(energy, causes, plant_side_mw=case.profiles.plant_side_mw),
        "target_percent": target_percent,
        "floor_percent": FLOOR_PERCENT,
        **three_numbers(case),
        "worst_week": worst_week(energy),
        "unserved_gwh": unserved_gwh(case),
        "must_run_cut_gwh": must_run_cut_gwh(case),
        **({} if case.ac_clean is None else case.ac_clean.figures()),
        **node_rate(case),
    }


def worst_week(energy: PlantEnergy) -> str:
    """First day (YYYY-MM-DD) of the seven days with most curtailed energy of the city; empty without curtailment."""
    days = energy.curtailed_mwh.sum(axis=1).groupby(pd.DatetimeIndex(energy.curtailed_mwh.index).normalize()).sum()
    week = days.rolling(min(7, len(days))).sum().shift(1 - min(7, len(days))).dropna()
    return f"{week.idxmax():%Y-%m-%d}" if len(week) and week.max() > 1e-6 else ""


def three_numbers(case: Case) -> dict[str, float]:
    """Energy lost in the city's stores and energy exported: never mixed with what is curtailed. [GWh]"""
    storage = storage_table(case.network, case.dispatch)
    export = case.dispatch.section_mw
    tie = case.network["section"].loc[case.network["section"]["kind"] == "tie", "name"]
    step = step_hours(case.dispatch.index)
    exported = imported = 0.0
    for name in tie:
        exported += float(energy_mwh(export[name].clip(lower=0.0).sum(), step)) / 1e3
        imported += float(energy_mwh((-export[name]).clip(lower=0.0).sum(), step)) / 1e3
    lost = float(storage.loc[storage["county"].notna(), "loss_gwh"].sum())
    return {"storage_loss_gwh": lost, "exported_gwh": exported, "imported_gwh": imported}


def node_rate(case: Case) -> dict[str, float]:
    """Rate of the node area and of both areas together, with the available energies behind them. [%], [GWh]"""
    rest = plant_energy(case.network, case.dispatch, in_city=False)
    city = plant_energy(case.network, case.dispatch)
    available, curtailed = rest.available_mwh.to_numpy().sum(), rest.curtailed_mwh.to_numpy().sum()
    both_available = available + city.available_mwh.to_numpy().sum()
    both = curtailed + city.curtailed_mwh.to_numpy().sum()
    return {
        "node_area_curtailment_percent": 100.0 * curtailed / available if available else float("nan"),
        "both_areas_curtailment_percent": 100.0 * both / both_available if both_available else float("nan"),
        "node_area_available_gwh": float(available) / 1e3,
        "both_areas_available_gwh": float(both_available) / 1e3,
    }


def unserved_gwh(case: Case) -> float:
    """Demand not served, both areas. [GWh]"""
    return _role_gwh(case, "unserved")


def must_run_cut_gwh(case: Case) -> float:
    """Must-run output that was cut as the last resort in a surplus, both areas. [GWh]"""
    return _role_gwh(case, "must_run_cut")


def _role_gwh(case: Case, role: str) -> float:
    return float(energy_mwh(case.dispatch.role(role).to_numpy().sum(), step_hours(case.dispatch.index))) / 1e3

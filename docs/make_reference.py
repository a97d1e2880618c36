"""Write docs/reference.md from the declarations: input tables, study file, results.

``python docs/make_reference.py`` writes it; a test checks that it is current and that a run has these columns.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import pydantic
from pydantic_core import PydanticUndefined

from gridsim.equipment import EquipmentOptions
from gridsim.options import (
    BalanceOptions,
    CommitmentOptions,
    DispatchOptions,
    MeasureOptions,
    Penalties,
    ReserveOptions,
    StorageOptions,
)
from gridsim.schema import MISSING, SOURCE_COLUMNS, STATUSES, TABLES, Column, Table
from gridsim.study import Study
from gridsim.units import SUFFIXES
from gridsim.years.rules import RULES, SAME, TOP

PAGE = Path(__file__).parent / "reference.md"

#: section of the study file -> options whose docstring explains its keys
OPTIONS = {
    "DispatchSection": DispatchOptions,
    "PenaltiesSection": Penalties,
    "CommitmentSection": CommitmentOptions,
    "StorageSection": StorageOptions,
    "ReserveSection": ReserveOptions,
    "BalanceSection": BalanceOptions,
    "EquipmentSection": EquipmentOptions,
    "MeasuresSection": MeasureOptions,
}

_ENERGY = {
    "available_gwh": "what the plants could have delivered",
    "used_gwh": "what they delivered",
    "curtailed_gwh": "what was curtailed: available = used + curtailed",
    "curtailment_percent": "100 curtailed / available; empty without available energy",
}
_PARTS = {
    "theoretical_gwh": "available and what was lost on the plants' own side",
    "plant_side_gwh": "lost on the plants' own side (outage, icing): in no rate",
    "special_gwh": "curtailed for a special cause, part of curtailed",
    "system_gwh": "curtailed for system causes: provincial + local",
    "provincial_gwh": "curtailed for provincial surplus",
    "local_gwh": "curtailed for the local network (sections, branches, outages, AC)",
    "curtailment_percent_system_cause": "100 system / (used + system)",
    "curtailment_percent_provincial": "its provincial part",
    "curtailment_percent_local": "its local part: the two add up to it",
    "utilisation_percent": "100 less the system-cause rate (利用率)",
    "theoretical_full_load_h": "theoretical energy over capacity",
    "full_load_h": "used energy over capacity",
}
_BOTH = {**_ENERGY, **{f"{c}_{k}": f"{c}: {v}" for c in ("wind", "solar") for k, v in _ENERGY.items()}, **_PARTS}
_SCOPES = " Then the same for `wind_`, `solar_`, and all columns for `without_distributed_` (wind and utility solar)."
_CAUSE = {
    "cause": "provincial, section, branch, n_1, ac (AC tightening) or outage (planned); special causes: exempt_outage, "
    "early_connection, self_curtailment",
    "element": "limiting element; empty for provincial",
    "outage": "outage with which the limit binds (N-1; empty until N-1 is there)",
}
_BRANCH = {
    "element": "line or transformer",
    "element_type": "line, trafo, trafo3w",
    "vn_kv": "nominal voltage",
    "county": "county",
}
_LEDGER_ROW = {
    "cause": "cause of the ledger's row that it answers; empty = of the study file",
    "limit_element": "element of that row",
    "outage": "outage of that row",
    "ledger_city_mwh": "energy of that row, city",
    "ledger_both_mwh": "energy of that row, both areas",
}
_HOSTING = {
    "zone": "stations whose transformers feed one zone, joined by +",
    "county": "of most of the rating",
    "vn_kv": "nominal voltage of the high side",
    "units": "transformers",
    "sn_mva": "sum of the ratings",
    "superior": "zone of the level above",
}
_GRADES = {
    "own_grade": "green, yellow, red: of the zone alone",
    "grade": "with the levels above: red under a red one",
    "limited_by": "superior or county that limits it; empty = its own",
    "short_circuit_bus": "bus with the least margin among its own (both sides)",
    "short_circuit_ka": "initial three-phase current there now",
    "short_circuit_hosted_ka": "with what all stations open at once",
    "short_circuit_limit_ka": "breaking capacity (option, assumed)",
    "short_circuit_ok": "hosted current within it; empty = no source in the network",
    "voltage_rise_bus": "bus with the least margin",
    "voltage_rise_percent": "sum of R P / Un^2 of what is opened, power factor 1",
    "voltage_rise_limit_percent": "GB/T 12325",
    "voltage_rise_ok": "within it",
}
_OVERLOAD = {
    **{k: _BRANCH[k] for k in ("element", "element_type", "county", "vn_kv")},
    "direction": "sign of the flow at the highest loading: forward = from_bus to to_bus, high to low side",
    "max_loading_percent": "highest AC loading of the year",
    "worst_time": "when",
    "hours_over_80": "hours above 80 %",
    "hours_over_100": "hours above 100 %",
    "longest_run_h": "longest time above 80 % without a break",
    "unavoidable": "its limit was raised, because no dispatch can meet it",
}

_VIOLATION = {
    "criterion": "kind: unavoidable, unserved, must_run_cut, reserve, loading, voltage, not_converged, n_1 ...",
    "element": "branch or bus",
    "outage": "outage behind it",
    "loading_percent": "highest loading",
    "beyond_pu": "furthest beyond the voltage band",
    "hours": "hours of it; of AC N-1 among the selected hours",
}

#: table of the results folder -> (what it is, column -> what it means)
RESULTS: dict[str, tuple[str, dict[str, str]]] = {
    "curtailment_by_county": (
        "City, by county; both carriers, then wind, then solar." + _SCOPES,
        {"county": "county", **_BOTH},
    ),
    "curtailment_by_plant": (
        "City, by plant." + _SCOPES,
        {
            "plant": "plant",
            **_BOTH,
            "county": "county",
            "carrier": "wind or solar",
            "kind": "utility or distributed",
            "vn_kv": "voltage of the bus",
            "max_p_mw": "capacity, AC",
        },
    ),
    "curtailment_by_voltage": (
        "City, by voltage of connection." + _SCOPES,
        {"vn_kv": "nominal voltage of the plant's bus", **_BOTH},
    ),
    "curtailment_by_kind": ("City, by kind." + _SCOPES, {"kind": "utility (wind farms too) or distributed", **_BOTH}),
    "curtailment_by_month": ("City, by month." + _SCOPES, {"month": "1-12", **_BOTH}),
    "curtailment_by_hour": ("City, by hour of the day." + _SCOPES, {"hour": "0-23, start of the hour", **_BOTH}),
    "curtailment_by_day_type": (
        "City, by kind of day, from the calendar of the demand." + _SCOPES,
        {"day_type": "workday (make-up days too), weekend, holiday", **_BOTH},
    ),
    "curtailment_top_hours": (
        "City, the 20 steps with most curtailed power, with the balance of both areas: `city_` and `rest_` with "
        "load, thermal, hydro, imports, wind, solar (used), storage (net output), exchange (into the area), unserved, "
        "curtailed, all `_mw`.",
        {
            "time": "start of the step",
            "available_mw": "available wind and sun of the city",
            "curtailed_mw": "curtailed",
            "curtailment_percent": "100 curtailed / available",
            "solar_curtailed_mw": "of it sun",
            "wind_curtailed_mw": "of it wind",
            "main_cause": "cause with most of it",
            "main_element": "its element; empty for provincial",
            "main_outage": "its outage",
            "main_cause_mw": "how much that is",
        },
    ),
    "curtailment_month_hour": (
        "City, month x hour of the day.",
        {
            "month": "1-12",
            "hour": "0-23",
            "available_gwh": _ENERGY["available_gwh"],
            "curtailed_gwh": "what was curtailed",
            "steps_curtailed": "steps with curtailment",
            "hours_curtailed": "the same in hours",
        },
    ),
    "curtailment_by_cause": (
        "City, by cause; the causes add up to what is curtailed.",
        {
            "cause": _CAUSE["cause"],
            "system_cause": "counts in the rate of the verdict",
            "curtailed_gwh": "energy",
            "share_percent": "share of all that is curtailed",
        },
    ),
    "curtailment_by_element": (
        "City, by limiting element.",
        {
            "element": _CAUSE["element"],
            "outage": _CAUSE["outage"],
            "cause": _CAUSE["cause"],
            "curtailed_gwh": "energy",
            "steps": "steps in which it curtails",
        },
    ),
    "causes_by_county": (
        "City, county by cause and element.",
        {"county": "county", **_CAUSE, "curtailed_gwh": "energy"},
    ),
    "causes_by_month": (
        "City, month by cause.",
        {"month": "1-12", "cause": _CAUSE["cause"], "curtailed_gwh": "energy"},
    ),
    "marginal_limit": (
        "Limits that were in force: what one MW more of them changes over the year.",
        {
            "element": "branch or section; parallel circuits that bind together joined by +",
            "element_type": "line, trafo, trafo3w or section",
            "side": "winding of a three-winding transformer",
            "outage": "outage after which the limit counts",
            "cause": "rung of the ledger: section, branch, n_1 or ac",
            "direction": "forward: the upper limit, reverse: the lower one",
            "method": "basis (sensitivity of each day, stores moving within it) or finite_difference (whole years)",
            "step_mw": "step of the finite difference",
            "hours": "hours in force",
            "saved_cny_per_mw": "cost saved per MW: sum of LP prices (basis), difference of costs (finite_difference)",
            "city_mwh_per_mw": "change of the city's curtailed energy per MW",
            "both_mwh_per_mw": "change of both areas' curtailed energy per MW",
        },
    ),
    "marginal_county": (
        "What one more MW of wind or sun in a county adds to curtailment over the year.",
        {
            "county": "county",
            "carrier": "wind or solar",
            "spread": "plants (pro rata capacity) or site (a county without any: its weather site and 110 kV buses)",
            "method": "basis or finite_difference",
            "step_mw": "step of the finite difference",
            "available_mwh_per_mw": "more available energy per MW",
            "city_mwh_per_mw": "more curtailed in the city per MW",
            "both_mwh_per_mw": "more curtailed in both areas per MW",
            "marginal_percent": "100 both_mwh_per_mw / available_mwh_per_mw",
        },
    ),
    "limit_relief": (
        "Who relieves the limits that were in force.",
        {
            "element": "branch or section",
            "side": "winding",
            "outage": "outage after which the limit counts",
            "planned": "branches out by plan for which the factors hold",
            "direction": "direction of the limit",
            "unit": "plant or store",
            "device": "its table",
            "relief_pu": "MW less of flow per MW that it injects less; below 0.01 left out",
        },
    ),
    "overload": ("AC loading of the city's elements after redispatch, equivalents left out.", _OVERLOAD),
    "overload_before_redispatch": (
        "The same if nobody were cut for the local grid: a dispatch with provincial and section limits only.",
        _OVERLOAD,
    ),
    "ac_tightened": (
        "Branches whose limit was tightened because of their AC loading, and those still above 100 %.",
        {
            "element": "element",
            "element_type": "line, trafo or trafo3w",
            "side": "winding of a three-winding transformer that the limit is for",
            "outage": "what is lost before the limit counts; empty = nothing",
            "hours": "hours with a tightened limit",
            "max_tightening_mw": "limit of the dispatch less the tightened limit, largest",
            "worst_time": "when; for a branch that was not tightened, when its loading is highest",
            "remaining_hours": "hours in which its AC loading is still above 100 %",
            "max_remaining_percent": "highest AC loading in these hours",
            "ac_reason": "reason of most of these hours: demand (demand alone overloads it), unavoidable (no dispatch "
            "can meet its limit), relaxed (the tightened limit went back to the smallest reachable flow), reactive "
            "(reactive current alone is above the rating), rounds (rounds used up)",
        },
    ),
    "unavoidable": (
        "Limits that had to be raised to the smallest reachable flow.",
        {
            "element": "element",
            "outage": "what is lost before the limit counts; empty = nothing",
            "element_type": "line, trafo, trafo3w or section",
            "county": "county",
            "steps": "steps",
            "worst_excess_mw": "largest flow above the limit",
            "worst_time": "when",
            "load_driven": "above the limit without any wind and sun as well, in every such step",
        },
    ),
    "n1_dc": (
        "DC flows of all hours: branches above 80 % of their short-time rating after an outage.",
        {
            "element": "element",
            "side": "winding of a three-winding transformer",
            "element_type": "line, trafo or trafo3w",
            "county": "county",
            "vn_kv": "nominal voltage of the higher side",
            "outage": "the outage that loads it most",
            "max_loading_percent": "of the short-time rating times the power factor of the DC model",
            "worst_time": "when",
            "hours_over_100": "hours above 100 % after any outage",
            "hours_unavoidable": "hours in which no dispatch could prevent it",
        },
    ),
    "n1_not_screened": (
        "Elements whose outage is no case of the dispatch, and why.",
        {
            "element": "element",
            "element_type": "line, trafo or trafo3w",
            "reason": "radial = the outage cuts the grid; equivalent = stands for the grid outside; "
            "tertiary = something hangs on the third winding",
        },
    ),
    "weather_origin": (
        "What was read, derived, filled or assumed of every weather column; sites with equal statements share a row.",
        {
            "sites": "weather sites, joined by a space",
            "quantity": "canonical column, or all",
            "kind": "read, derived, filled or assumed",
            "how": "what was done (vocabulary: gridsim.weather.origin.HOW)",
            "detail": "hours, heights, distances, the source's own names",
        },
    ),
    "n1_tripped": (
        "Plants that may be tripped after an outage (outage_trip).",
        {"outage": "branch that is lost", "unit": "plant", "max_mw": "highest output", "mean_mw": "mean output"},
    ),
    "reserve": (
        "Spinning reserve of both areas, up and down; no rows when none is imposed.",
        {
            "direction": "up or down",
            "mean_required_mw": "requirement, mean of the steps",
            "max_required_mw": "highest requirement",
            "least_margin_mw": "least of held less required; below zero where short",
            "tight_h": "hours with less than 1 MW above the requirement",
            "short_h": "hours short of the requirement",
            "short_gwh": "what is short, over the year",
            "max_short_mw": "most that is short",
            "worst_time": "when the margin is least",
        },
    ),
    "voltage": (
        "AC voltage of the buses that have a band.",
        {
            "bus": "bus",
            "county": "county",
            "vn_kv": "nominal voltage",
            "min_vm_pu": "lowest of the year",
            "max_vm_pu": "highest",
            "band_min_pu": "lower edge",
            "band_max_pu": "upper edge",
            "hours_outside": "hours outside the band",
            "worst_time": "when it was nearest to, or furthest beyond, an edge",
        },
    ),
    "reverse_power": (
        "Power from the low to the high side of every transformer.",
        {
            "element": "transformer",
            **{k: _BRANCH[k] for k in ("element_type", "county")},
            "vn_kv": "nominal voltage of the high side",
            "sn_mva": "rated power (high winding)",
            "reverse_h": "hours of reverse flow",
            "max_reverse_mw": "highest power upwards",
            "max_reverse_percent": "the same over the rated power, MW/MVA",
            "reverse_gwh": "energy upwards",
            "worst_time": "when; empty without reverse flow",
        },
    ),
    "hosting_equipment_2019": (
        "Reverse load rate of the transformers of a supply zone over all hours (DL/T 2041-2019).",
        {
            **_HOSTING,
            "connected_mw": "distributed generation in service",
            "max_reverse_rate_percent": "highest (distributed generation - demand less other generation) / rated power",
            "worst_time": "when",
            "additional_mw": "(1 - rate) x rated power x margin",
            "back_feed": "whether it feeds back into 220 kV or above",
            "own_grade": _GRADES["own_grade"],
            "limited_mw": "at most what the superior may add; 0 where the grade is red",
            **_GRADES,
        },
    ),
    "hosting_equipment_2025": (
        "Open capacity of the transformers of a supply zone at the typical moment (DL/T 2041-2025, read second-hand).",
        {
            **_HOSTING,
            "typical_time": "working day in spring or autumn, 10 to 15 h, most distributed generation",
            "demand_mw": "demand then",
            "other_mw": "generation that is not distributed, without stores",
            "reverse_limit_pu": "largest reverse load rate beta",
            "storage_mw": "charging power of existing stores",
            "tau_max_pu": "highest output of distributed generation over its capacity",
            "capacity_mw": "S_d, lower end: no store charging",
            "capacity_high_mw": "S_d, upper end: all stores charging",
            "connected_mw": "in service",
            "c1_mw": "S_d less connected",
            "registered_mw": "registered, not connected",
            "c2_mw": "C1 less registered",
            "own_grade": _GRADES["own_grade"],
            "limited_c1_mw": "at most that of the superior and of the county",
            "limited_c2_mw": "the same of C2",
            **_GRADES,
        },
    ),
    "hosting_equipment_county": (
        "Open capacity of each county.",
        {
            "county": "county",
            "upper_mw": "its share, by demand, of what the highest level's zones allow",
            "lower_mw": "sum of what its stations below allow; empty without stations",
            "capacity_mw": "the smaller of both (lower end of the interval)",
            "capacity_high_mw": "the same at the upper end",
            "connected_mw": "in service",
            "c1_mw": "capacity less connected",
            "registered_mw": "registered, not connected",
            "c2_mw": "C1 less registered",
            "grade_2025": "green: C2 > 0; yellow: C1 > 0; red",
            "stations": "stations below",
            "stations_red": "of them red (2025)",
            "stations_red_2019": "of them red (2019)",
            "additional_2019_mw": "sum of `limited_mw` of its stations (2019)",
            "grade_2019": "red: every station red; green: every station green; yellow",
            "edition": "edition that `grade` and `open_mw` follow",
            "open_mw": "C1 (2025) or what may be added (2019), not below 0",
            "grade": "grade of the chosen edition",
        },
    ),
    "hosting_published": (
        "Grades that the grid company has published: table `published_hosting` of the network.",
        {
            "county": "county",
            "quarter": "quarter it holds for",
            "grade": "published grade",
            "open_mw": "published open capacity; empty if only the grade was",
        },
    ),
    "losses": (
        "Losses of the city's grid by level, kind and month; the rows add up to the losses of `ac`.",
        {
            "vn_kv": "nominal voltage (high side)",
            "element_type": "line, trafo, trafo3w",
            "month": "1-12",
            "energy_gwh": "energy lost",
            "percent": "of the month's load plus losses",
        },
    ),
    "capacity_load_ratio": (
        "Transformer capacity over the highest net load it feeds, by level, city and county.",
        {
            "vn_kv": "nominal voltage of the high side",
            "county": "county; empty = whole city",
            "units": "transformers",
            "sn_mva": "their rated power",
            "peak_mw": "highest simultaneous power into their high sides",
            "worst_time": "when",
            "capacity_load_ratio": "sn_mva / peak_mw; empty if nothing flows down",
            "guide_min_ratio": "guideline, lower end; empty above 220 kV",
            "guide_max_ratio": "guideline, upper end",
        },
    ),
    "n1": (
        "AC N-1: largest loading of every element after the outage of another one, in the hours checked.",
        {
            **{k: _BRANCH[k] for k in ("element", "element_type", "county", "vn_kv")},
            "outage": "the circuit or unit that is out",
            "worst_time": "when",
            "max_loading_percent": "against the short-time rating",
            "loading_before_percent": "in the same hour before the outage",
            "hours_over_100": "checked hours in which at least one outage overloads it",
            "hours_checked": "hours checked",
        },
    ),
    "n1_voltage": (
        "AC N-1: voltage range of the buses that have a band.",
        {
            "bus": "bus",
            "county": "county",
            "vn_kv": "nominal voltage",
            "min_vm_pu": "lowest",
            "min_outage": "after which outage",
            "min_time": "when",
            "max_vm_pu": "highest",
            "max_outage": "after which outage",
            "max_time": "when",
            "band_min_pu": "lower edge after an outage",
            "band_max_pu": "upper edge",
            "hours_outside": "checked hours in which at least one outage puts it outside",
        },
    ),
    "n1_radial": (
        "Outages that cut off load or plants, over the whole year.",
        {
            "outage": "the circuit or unit that is out",
            **{k: _BRANCH[k] for k in ("element_type", "county", "vn_kv")},
            "buses": "buses cut off",
            "load_lost_mw": "load cut off in the worst step",
            "generation_lost_mw": "plants cut off in the same step",
            "transferable": "the standby ties' ratings together reach the load",
            "via": "normally open lines from there to the rest",
            "via_mva": "their ratings together",
            "worst_time": "step with the largest load cut off (plants, if there is no load)",
        },
    ),
    "n1_diverged": (
        "AC N-1 cases without solution, by outage.",
        {
            "outage": "the circuit or unit that is out; empty = the hour has no solution before any outage",
            **{k: _BRANCH[k] for k in ("element_type", "county", "vn_kv")},
            "hours": "checked hours without solution",
            "worst_time": "the first of them",
            "cause": "likely cause",
        },
    ),
    "n1_hours": ("AC N-1: the hours checked.", {"time": "start of the step", "reason": "why it was chosen"}),
    "ac": (
        "One row per step, converged or not.",
        {
            "time": "start of the step",
            "converged": "whether the power flow has a solution",
            "cause": "likely cause if not",
            "max_loading_percent": "highest loading of the city's elements",
            "min_vm_pu": "lowest voltage at buses with a band",
            "max_vm_pu": "highest",
            "losses_mw": "losses of the city's grid, equivalents left out",
            "unsettled": "what still wanted to change when the rounds of taps, banks and reactive limits ended",
        },
    ),
    "ac_control": (
        "Where taps, banks and voltage-holding buses stood over the year.",
        {
            "element": "transformer, bank or bus",
            "element_type": "trafo, trafo3w, shunt or bus",
            "min_position": "lowest tap position, fewest steps, or least reactive power [Mvar]",
            "max_position": "highest position, most steps, or most reactive power [Mvar]",
            "hours_at_start": "hours at the position of the class of hours; of a bus: its voltage was held",
            "hours_at_min": "hours at the lowest possible position, or at the lower reactive limit",
            "hours_at_max": "hours at the highest possible position, or at the upper reactive limit",
        },
    ),
    "storage": (
        "Every storage of both areas.",
        {
            "storage": "plant",
            "device": "pumped_storage or battery",
            "county": "county; empty in the node area",
            "charge_gwh": "taken from the grid",
            "discharge_gwh": "given to the grid",
            "inflow_gwh": "natural inflow, as stored energy",
            "overflow_gwh": "left the full store unused, as stored energy",
            "loss_gwh": "charged and inflow less discharged, overflow and the change of stored energy",
            "cycles": "discharged over usable energy",
            "simultaneous_h": "hours of charging and discharging at once (0)",
        },
    ),
    "must_run_cut": (
        "Units whose must-run output was cut, the last resort in a surplus; no rows in a sound year.",
        {
            "unit": "thermal unit below its minimum, or wind and sun that are not controllable",
            "device": "table of the unit",
            "area": "area",
            "county": "county; empty in the node area",
            "energy_gwh": "energy cut; not part of what is curtailed",
            "max_mw": "largest cut",
            "hours": "hours",
            "worst_time": "when it was largest",
        },
    ),
    "balance": (
        "All balances in one long table. Kind `energy`: by month, and without month the whole year; `power` and "
        "`regulation`: at the typical moments of each month. Magnitudes; `side` says what feeds and what draws.",
        {
            "area": "area; `both` = all areas together",
            "item": "energy: load, wind, coal, exchange ...; power: load, reserve, need, installed, maintenance, "
            "forced, auxiliary, constrained, credited, available, surplus, import_limit; regulation: load, renewables, "
            "top, bottom, required, down_available, down_used, shortfall, curtailed",
            "energy_gwh": "energy of the year or month (kind energy)",
            "max_mw": "largest value of a step (kind energy)",
            "kind": "energy, power or regulation",
            "month": "1-12; empty = the whole year",
            "moment": "peak, evening_peak (17-22 h), noon (10-15 h), valley (0-6 h), festival",
            "time": "start of the hour found for the moment",
            "source": "part of an item, e.g. coal of installed; empty = in sum (`installed` without imports)",
            "side": "kind energy by month: supply, draw, or memo (beside the balance)",
            "p_mw": "power (kinds power and regulation)",
            "utilisation_h": "energy of the month over installed capacity",
        },
    ),
    "balance_power": (
        "Power balance, one row per month, moment and area. installed = maintenance + forced + auxiliary + "
        "constrained + credited without imports; surplus = available - need.",
        {
            "month": "1-12",
            "moment": "peak, evening_peak, noon",
            "time": "start of the hour",
            "area": "area; `both` = all areas together",
            "load_mw": "load",
            "reserve_mw": "load and accident reserve",
            "need_mw": "load + reserve",
            "installed_mw": "gross capacity, without imports; `installed_<source>_mw` its parts",
            "maintenance_mw": "on maintenance",
            "forced_mw": "out of order (availability)",
            "auxiliary_mw": "plant auxiliaries",
            "constrained_mw": "neither lost nor counted on",
            "credited_mw": "what may be counted on, imports included; `credited_<source>_mw` its parts",
            "available_mw": "the same",
            "surplus_mw": "available less need; negative = short",
            "import_limit_mw": "what the tie sections let in, for information",
        },
    ),
    "balance_energy": (
        "Energy balance, one row per month and area, one column `<item>_gwh` per item of `balance`.",
        {"month": "1-12", "area": "area; `both` = all areas together"},
    ),
    "balance_regulation": (
        "Peak-regulation balance, one row per month, moment and area.",
        {
            "month": "1-12",
            "moment": "noon, valley, festival",
            "time": "start of the hour",
            "area": "area; `both` = all areas together",
            "load_mw": "load",
            "wind_solar_mw": "wind and sun available",
            "thermal_min_mw": "minimum of the units that are on",
            "hydro_forced_mw": "least hydro of the hour",
            "imports_mw": "schedule less what may be reduced",
            "pumping_mw": "as simulated, generating deducted",
            "charging_mw": "as simulated, discharging deducted",
            "export_mw": "as simulated, import deducted",
            "margin_mw": "load + pumping + charging + export - wind and sun - thermal minimum - forced hydro - imports",
            "curtailed_mw": "as simulated",
            "pumping_possible_mw": "what power and free room of the stores allow in that hour",
            "charging_possible_mw": "the same of batteries",
            "margin_possible_mw": "margin with these",
        },
    ),
    "transformers": (
        "Transformers of every station and level of the city, highest level first; without the AC power flow its "
        "columns are empty.",
        {
            "station": "station",
            "county": "county",
            "element_type": "trafo, trafo3w",
            "vn_kv": "nominal voltage of the high side",
            "units": "transformers",
            "rating": "units x MVA",
            "sn_mva": "sum of the ratings",
            "max_loading_percent": "highest AC loading of its worst unit",
            "max_reverse_percent": "highest power from the low to the high side of its worst unit, of its rating",
            "peak_mw": "largest sum of the power into the high sides",
            "capacity_load_ratio": "rating over peak; empty where the peak is below 5 % of the rating",
        },
    ),
    "lines": (
        "Lines of the city with limits and highest loading; equivalents of the outside grid are left out.",
        {
            "element": "line",
            "county": "county",
            "vn_kv": "nominal voltage",
            "from_station": "station at its beginning",
            "to_station": "station at its end",
            "std_type": "conductor",
            "length_km": "length",
            "limit_summer_mw": "sqrt(3) vn max_i times the power factor of the ratings, summer",
            "limit_winter_mw": "the same, winter",
            "max_loading_percent": "highest AC loading; empty for a line that is normally open",
            "in_service": "false = normally open",
        },
    ),
    "grid_additions": (
        "Lines and transformers in service that have a first year, by kind, level and year.",
        {
            "element_type": "line, trafo, trafo3w",
            "vn_kv": "nominal voltage of the high side",
            "in_service_from": "first year",
            "elements": "how many",
            "length_km": "length of the lines",
            "sn_mva": "rating of the transformers",
        },
    ),
    "units": (
        "Thermal plants of both areas, the city's first.",
        {
            "plant": "plant or fleet",
            "area": "node area; empty in the city",
            "county": "county; empty outside the city",
            "carrier": "fuel",
            "units": "units",
            "unit_mw": "capacity of a unit, gross",
            "max_p_mw": "capacity, gross",
            "min_output_percent": "least output of a unit",
            "heating_min_percent": "highest least output of a month (`thermal_minimum`); empty without one",
            "commitment": "always (must run), by_load, by_fleet (must-run tables), else the rule of the commitment",
        },
    ),
    "stores": (
        "Pumped storage and batteries of both areas, the city's first.",
        {
            "storage": "name",
            "device": "pumped_storage, battery",
            "area": "node area; empty in the city",
            "county": "county; empty outside the city",
            "units": "machines",
            "max_p_mw": "power out",
            "energy_mwh": "stored energy",
            "duration_h": "energy over power",
            "round_trip_percent": "efficiency in and out together",
            "in_service_from": "first year; 0 = there already",
        },
    ),
    "boundary": (
        "What ties the city to the province, imports, demand, and capacity outside the city.",
        {
            "kind": "tie, internal (sections), import, demand, installed",
            "name": "section, import, demand, or kind of plant",
            "max_mw": "limit (export of a tie), rating, peak, capacity",
            "min_mw": "limit the other way",
            "energy_gwh": "energy of the year",
        },
    ),
    "demand_by_county": (
        "Gross demand of the city (empty county) and of each county.",
        {
            "county": "county; empty = city, of its own hours",
            "max_mw": "highest demand",
            "max_time": "when",
            "min_mw": "lowest demand",
            "energy_gwh": "energy",
            "load_factor_percent": "mean over highest",
            "peak_valley_mw": "largest difference within a day",
            "growth_percent": "growth a year of the peak in the tables since the earliest scenario; empty without one",
            "growth_from": "its year",
        },
    ),
    "simulation": (
        "City, by kind of plant; `total` is wind and sun together.",
        {
            "type": "wind, solar_utility, solar_distributed, solar, total",
            "installed_mw": "capacity, AC",
            "theoretical_gwh": "available and what was lost on the plants' own side",
            "available_gwh": "what the plants could have delivered",
            "used_gwh": "what they delivered",
            "curtailed_gwh": "what was curtailed",
            "curtailment_percent": "100 curtailed / available",
            "full_load_h": "used energy over capacity",
            "max_curtailed_mw": "highest curtailed power",
            "max_curtailed_time": "when; empty without curtailment",
            "curtailed_h": "hours with curtailment",
        },
    ),
    "county_months": (
        "City, by county and month.",
        {"county": "county", "month": "1-12", **_ENERGY},
    ),
    "resource_by_county": (
        "Output of wind and sun before curtailment, of the city (empty county) and of each county.",
        {
            "county": "county; empty = city",
            "carrier": "wind or solar",
            "installed_mw": "capacity, AC",
            "theoretical_full_load_h": "theoretical energy over capacity",
            "full_load_h": "available energy over capacity",
            "guaranteed_percent": "output of capacity reached in 95 % of the time; of sun: of the time with some",
            "max_output_percent": "highest output of capacity",
            "coincidence_percent": "output at the city's highest over the own highest; city: its highest over the sum "
            "of the counties'",
        },
    ),
    "resource_correlation": (
        "How wind, sun and demand of the city go together (Pearson).",
        {
            "pair": "which two; `-counties`: mean over all pairs of counties",
            "correlation_pu": "of the steps",
            "daily_correlation_pu": "of the daily means",
        },
    ),
    "installed": (
        "Capacity of the city by scenario of the network folder, county and kind of plant; and of 2027, what two "
        "scenarios around it know of it (a lower bound: fleets count with their earlier size).",
        {
            "scenario": "scenario; empty between two",
            "year": "its year",
            "scope": "scenario, known (between two), unreadable (the tables of that scenario cannot be read)",
            "county": "county",
            "type": "wind, solar_utility, solar_distributed, carrier of thermal plants, hydro, pumped_storage, battery",
            "installed_mw": "capacity",
        },
    ),
    "sources": (
        "Works that the values of network and weather come from (`sources.csv`, `bibliography.csv` of the folders).",
        {
            "publisher": "publisher; empty = not known",
            "title": "title, or the words of the source",
            "date": "date",
            "second_hand": "seen as a copy or quotation only",
            "status": "published, derived, assumed",
            "entries": "rows of sources.csv that name it",
            "tables": "tables of their values",
        },
    ),
    "province": (
        "The node area (rest of the province) by month.",
        {
            "month": "1-12",
            "load_gwh": "demand",
            "thermal_gwh": "coal, gas, biomass",
            "hydro_gwh": "hydro",
            "imports_gwh": "DC and AC imports",
            "wind_gwh": "used wind",
            "solar_gwh": "used solar",
            "storage_gwh": "discharge less charge",
            "exchange_gwh": "from the city",
            "unserved_gwh": "demand not served",
            "curtailed_gwh": "wind and solar curtailed",
            "curtailment_percent": "rate",
        },
    ),
    "verdict": (
        "One row per clause of the verdict.",
        {
            "criterion": "clause",
            "element": "weather year, sensitivity or elements",
            "value": "value",
            "limit": "limit",
            "unit": "unit of both",
            "ok": "met",
        },
    ),
    "checks": (
        "Independent re-computation of the results; a row that is not ok makes the exit code 3.",
        {
            "check": "what is checked, with its unit",
            "ok": "met",
            "worst": "largest error",
            "limit": "tolerance",
            "where": "time and element",
        },
    ),
    "weather_quality": (
        "Check of the weather behind the run, the sites of a check together.",
        {
            "check": "what was looked at; docs/howto_weather_quality.md explains each",
            "column": "quantity; empty: several",
            "severity": "error, warning, info or ok",
            "sites": "sites of this severity",
            "site": "the worst of them; all: the check is about all sites together",
            "count": "steps concerned, of all these sites",
            "share_percent": "largest share of the steps (or of the energy)",
            "worst": "largest departure, in unit",
            "unit": "unit of worst",
            "limit": "what is allowed",
            "time": "when it is worst, or first seen",
            "found": "what the data look like: a label, a unit, a figure",
        },
    ),
    "weather_years": (
        "Only with `[weather] years`: a row per weather year, then mean, worst and p90. mean: energies averaged, rates "
        "of the averaged energies; worst: the row of the year with the highest rate of the city; p90: column by column "
        "the value that 90 % of the years are at or below, linear at position 1 + 0.9 (n - 1) of n sorted values.",
        {
            "weather_year": "year, or mean, worst, p90",
            "curtailment_percent": "rate of the city",
            "curtailment_percent_system_cause": "the same, system causes",
            "provincial_percent": "provincial part of the city's rate",
            "local_percent": "local part",
            "both_areas_percent": "rate of both areas together",
            "available_gwh": "available wind and sun of the city",
            "curtailed_gwh": "curtailed",
            "wind_available_gwh": "available wind",
            "wind_curtailed_gwh": "curtailed wind",
            "solar_available_gwh": "available sun",
            "solar_curtailed_gwh": "curtailed sun",
            "unserved_gwh": "demand not served, both areas",
            "of_year": "the year the row is of; empty for mean and p90",
            "verdict": "verdict on that year alone",
        },
    ),
    "sensitivity": (
        "Only with --sensitivities: rates of the base case and of each variant, dispatch only; of several weather "
        "years with the one that has the highest rate. Energy not taken, lost in stores and exported are three "
        "numbers.",
        {
            "case": "variant",
            "city_percent": "rate of the city (system causes)",
            "province_percent": "rate of both areas together",
            "local_percent": "local part of the city's rate",
            "unserved_gwh": "demand not served, both areas",
            "city_curtailed_gwh": "curtailed in the city (all causes)",
            "both_curtailed_gwh": "curtailed in both areas",
            "storage_loss_gwh": "lost in the city's stores; not curtailment",
            "exported_gwh": "exported by the city; not curtailment",
        },
    ),
    "averaging": (
        "Only with --sensitivities: the worst week from the same 15-minute drivers, in steps of 15 minutes and in "
        "hourly means. Not written where the study's series are hourly.",
        {
            "first_day": "first of the days",
            "days": "days",
            "step_minutes": "15 or 60",
            "city_available_gwh": "available wind and sun of the city",
            "city_curtailed_gwh": "curtailed",
            "city_percent": "100 curtailed / available",
            "both_curtailed_gwh": "curtailed in both areas",
            "province_percent": "rate of both areas",
            "hidden_gwh": "what the hourly means hide: city, 15-minute less hourly",
            "hidden_points": "the same in percentage points",
        },
    ),
    "ladder": (
        "Only with --ladder: the year solved again with the limits of rungs 0 to k, stores and commitment free; the "
        "last row is the run itself. Differences are signed.",
        {
            "rung": "0 to 4",
            "limits": "limits imposed: provincial (none), section, branch, n_1, ac; each with those before it",
            "city_curtailed_gwh": "curtailed in the city",
            "city_change_gwh": "against the rung before; the first row: its own",
            "city_percent": "rate of the city",
            "ledger_gwh": "what the ledger of the run gives this cause (planned outages with branch)",
            "both_curtailed_gwh": "curtailed in both areas",
            "both_change_gwh": "against the rung before",
            "province_percent": "rate of both areas",
            "storage_loss_gwh": "lost in the city's stores",
            "exported_gwh": "exported by the city",
            "unserved_gwh": "demand not served, both areas",
        },
    ),
    "measures": (
        "Only gridsim measures: every measure simulated for the year, against the base case.",
        {
            "rank": "place by what the study ranks by",
            "rank_city": "place by avoided_city_mwh",
            "rank_both": "place by avoided_both_mwh",
            "rank_cost": "place by both_cny_per_mwh; empty without one",
            "measure": "name: the planner's, or kind, element and change",
            "kind": "kind of remedy",
            "element": "what it is about",
            "change": "from - to",
            "scope": "city or node (outside)",
            "origin": "ledger or study",
            "effect": "avoids; moves (the city has less, both areas have not); none; adds; unknown (no solution)",
            "avoided_city_mwh": "curtailment avoided in the city; negative = more",
            "avoided_both_mwh": "curtailment avoided in both areas",
            "city_percent": "rate of the city with it",
            "both_percent": "rate of both areas with it",
            "capital_cny": "investment; empty = no unit cost",
            "annual_cny": "investment x (annuity + maintenance) + payment for what is moved",
            "city_cny_per_mwh": "annual_cny over what is avoided in the city; empty where next to nothing is",
            "both_cny_per_mwh": "the same for both areas",
            "dispatch_saving_cny": "cost of the dispatch with its penalties, base case less this",
            "unserved_change_mwh": "demand not served, against the base case",
            "must_run_cut_change_mwh": "must-run output cut, against the base case",
            "storage_loss_change_mwh": "lost in stores, against the base case",
            "new_overloads": "branches overloaded in DC flows (N-0, N-1) that were not, or not as badly",
            **_LEDGER_ROW,
            "potential_mwh": "what its size could take of the row; decides what is simulated, no result, no bound",
            "ok": "solved, with all checks",
            "detail": "what failed",
        },
    ),
    "measures_pairs": (
        "All pairs of the best measures: together, beside the sum of the two alone.",
        {
            "measure_a": "first measure",
            "measure_b": "second measure",
            **{
                f"{what}_{scope}_mwh": f"{meaning}, {scope}"
                for scope in ("city", "both")
                for what, meaning in (
                    ("sum", "avoided by the two alone, added"),
                    ("together", "avoided by both at once"),
                    ("interaction", "together less sum"),
                )
            },
            "city_percent": "rate of the city with both",
            "both_percent": "rate of both areas with both",
            "annual_cny": "cost a year of both",
            "both_cny_per_mwh": "annual_cny over what is avoided together",
            "new_overloads": "as in measures",
            "ok": "solved, with all checks",
            "detail": "what failed, or what both set",
        },
    ),
    "measures_candidates": (
        "Every candidate, also those that were not simulated.",
        {
            "kind": "kind of remedy; empty for a row of the ledger that got none",
            "element": "what it is about",
            "change": "from - to",
            "simulated": "whether it was",
            "reason": "why not",
            "detail": "figures of the reason",
            "potential_mwh": "as in measures",
            **_LEDGER_ROW,
            "origin": "ledger or study",
        },
    ),
    "measures_overloads": (
        "Overloads of DC flows that a measure brings or makes worse (0.5 points of loading or 1 h).",
        {
            "measure": "measure",
            "element": "branch",
            "side": "winding of a three-winding transformer",
            "after_outage": "after an outage (N-1)",
            "max_loading_percent": "highest loading of the year",
            "hours_over_100": "hours above 100 %",
        },
    ),
    "measures_ac": (
        "Only with --ac: the base case and the best measure with AC of every hour.",
        {
            "measure": "measure; empty = base case",
            "diverged_h": "hours without a solution",
            "overloaded_branches": "branches above 100 %",
            "max_loading_percent": "highest loading",
            "buses_outside_band": "buses outside their voltage band at some time",
            "curtailed_city_mwh": "curtailed in the city, AC-clean",
            "ok": "all checks met",
            "detail": "what failed",
        },
    ),
    "hosting_system": (
        "Only gridsim hosting: one row per county, mix and reading (accounting and scope).",
        {
            "county": "county",
            "mix": "technology mix of the study",
            "capacity_mw": "largest size that holds, simulated; every size simulated below it holds as well",
            "base_ok": "whether the reading holds with nothing added; if not, the capacity is 0",
            "accounting": "pro_rata (sharing rule, others pay too) or marginal (extra curtailed / extra available)",
            "scope": "all causes, or the local network only",
            "criterion": "what does not hold at the next simulated size: rate_city, rate_county, rate_both_areas, "
            "rate_marginal, a violation (unavoidable, unserved, must_run_cut, reserve, loading, voltage, not_converged,"
            " n_1, n_1_voltage, n_1_not_converged); bound, connection or failed",
            "element": "of a rate the row of the ledger that raised it most (provincial = the surplus), of a "
            "violation the element",
            "next_element": "the next of the same",
            "rate_at_percent": "the rate of the reading at the capacity, the highest of what it must cover",
            "rate_above_percent": "the same at the next simulated size, one step above where the reading was searched",
            "simulations": "years simulated for the county and mix, without the base case",
            "searched": "whether this reading was searched to one step, or is read off the points of another search",
            "above_bound": "everything holds up to the upper end of the search: the capacity is larger (> bound)",
            "bracket_mw": "from the capacity to the next simulated size, which does not hold; empty at the bound",
            "cause": "cause of the element in the ledger, or the criterion of the violation",
            "outage": "outage of the element",
            "next_cause": "cause of the next element",
            "relieved_mw": "capacity if the element limited no more, see relieved_by",
            "relieved_by": "first_order: off the simulated points only, other violations not foreseen; beyond: the "
            "same, no end within the search; with --relief simulated: searched to one step with what relief lists; "
            "bound: everything holds up to the upper end; failed: ended at a year without figures; refused: the tables "
            "do not take it",
            "relief": "what lifts the limit with --relief: a transformer unit alike, a conductor, a circuit, limits of "
            "a section; empty where nothing on the grid does",
            **{
                f"{name}_rate_{when}_percent": f"rate of {what} {meaning}"
                for when, meaning in (("base", "with nothing added"), ("at", "at the capacity"))
                for name, what in (
                    ("city", "the city, all causes"),
                    ("county", "the county, all causes"),
                    ("both_areas", "both areas, all causes"),
                    ("county_local", "the county, local network only"),
                )
            },
            "target_percent": "target",
            "rate_over": "what the rate covers, all of them must keep the target",
            "crossings": "changes from holding to not holding and back among the simulated sizes",
            "crossing": "one (five sizes or more, one change) or first (the first change is taken)",
            "ok": "searched to one step, and no simulation failed at it",
            "detail": "what failed",
            "headline": "the smaller of pro_rata/all and pro_rata/local",
        },
    ),
    "hosting_curve": (
        "Only gridsim hosting: every simulated size, those that failed too.",
        {
            "county": "county",
            "mix": "technology mix",
            "added_mw": "added to the county",
            "path": "study (whole path: AC, N-1, checks, ledger) or dispatch (a point of the search only)",
            "ok": "solved, with all checks",
            "city_rate_percent": "rate of the city, all causes",
            "county_rate_percent": "rate of the county, all causes",
            "both_areas_rate_percent": "rate of both areas, all causes",
            "city_local_rate_percent": "rate of the city, local network only",
            "county_local_rate_percent": "rate of the county, local network only",
            "marginal_rate_percent": "extra curtailed over extra available, both areas",
            "county_available_mwh": "available in the county",
            "county_curtailed_mwh": "curtailed in the county",
            "city_available_mwh": "available in the city",
            "city_curtailed_mwh": "curtailed in the city",
            "violations": "new or worse violations",
            "worst_criterion": "kind of the worst",
            "worst_element": "its element",
            "detail": "what failed",
        },
    ),
    "hosting_joint_total": (
        "Only gridsim hosting --joint: all counties together, with fixed and with free shares.",
        {
            "shares": "fixed (given, or in proportion to what each county takes alone) or free (the largest total)",
            "mix": "technology mix",
            "total_mw": "largest total that holds, simulated on the whole path; 0 if what is planned already misses",
            "planned_mw": "part of it that is planned",
            "sum_of_single_mw": "sum of what each county takes alone",
            "bound_mw": "bound of the linear program with cuts, a heuristic: gradients are basis sensitivities",
            "gap_mw": "bound less total",
            "above_bound": "everything holds up to the end of the line: the total may be larger",
            "criterion": "what does not hold one step above",
            "element": "its element; of rate_county the county",
            "city_rate_at_percent": "rate of the city at the total",
            "city_rate_above_percent": "rate of the city one step above",
            "both_areas_rate_at_percent": "rate of both areas at the total",
            "step_mw": "step of the total",
            "lines": "lines that were searched",
            "simulations": "years that were looked at",
            "ok": "solved, with all checks, at the total and one step above",
            "detail": "what failed",
        },
    ),
    "hosting_joint": (
        "Only gridsim hosting --joint: the total by county.",
        {
            "shares": "fixed or free",
            "mix": "technology mix",
            "county": "county",
            "single_mw": "what it takes alone",
            "planned_mw": "what is planned",
            "joint_mw": "its part of the total",
            "county_rate_percent": "its rate at the total",
        },
    ),
    "hosting_joint_curve": (
        "Only gridsim hosting --joint: every simulated total.",
        {
            "shares": "fixed or free",
            "mix": "technology mix",
            "added_mw": "total",
            "path": "study, dispatch or slopes (dispatch with marginal values)",
            "ok": "solved, with all checks",
            "holds": "whether all conditions are met",
            "on_line": "whether it stands on the way to the answer; free shares search several lines",
            "city_rate_percent": "rate of the city, all causes",
            "city_local_rate_percent": "rate of the city, local network only",
            "both_areas_rate_percent": "rate of both areas, all causes",
        },
    ),
    "hosting_queue": (
        "Only gridsim hosting --queue: registered projects admitted in turn.",
        {
            "place": "place in the queue",
            "project": "project",
            "county": "county",
            "bus": "connection point",
            "carrier": "wind or solar",
            "kind": "utility or distributed",
            "max_p_mw": "size asked for",
            "accepted_mw": "size accepted, simulated on top of those before",
            "decision": "accepted, accepted_up_to or refused",
            "criterion": "what the whole project does not meet",
            "element": "its element; of rate_county the county",
            "city_rate_percent": "rate of the city with what is accepted so far",
            "county_rate_percent": "rate of the county",
            "accepted_so_far_mw": "sum of what is accepted",
            "simulations": "years that were looked at for this project",
            "ok": "solved, with all checks",
            "detail": "what failed",
        },
    ),
    "hosting_risk": (
        "Only gridsim risk: capacity of a county over scenarios of weather, load and siting.",
        {
            "county": "county",
            "scenarios": "scenarios asked for",
            "without_result": "those in which a capacity has no result (failed or open); they count nowhere else",
            "p10_mw": "capacity that one scenario in ten stays below",
            "p50_mw": "median",
            "p90_mw": "capacity that nine scenarios in ten stay below",
            "at_bound": "scenarios in which everything holds up to the last capacity",
            "base_not_ok": "scenarios in which nothing can be added",
            "plan_mw": "capacity that is planned",
            "holds_percent": "share of the scenarios in which the target holds with it",
            "holds_low_percent": "lower end of its 90 % interval (Clopper and Pearson)",
            "holds_high_percent": "upper end",
        },
    ),
    "hosting_risk_sample": (
        "Only gridsim risk: every scenario.",
        {
            "county": "county",
            "scenario": "weather year / demand / siting",
            "capacity_mw": "right end of the first interval from 0 on which the target holds, between simulated sizes",
            "at_bound": "everything holds up to the last capacity",
            "limited_by": "rate_city or rate_county",
            "plan_mw": "capacity that is planned",
            "holds_at_plan": "whether the target holds with it",
        },
    ),
    "hosting_violations": (
        "Only gridsim hosting: violations of a simulated size that the base case does not have, or not as bad.",
        {
            "county": "county",
            "mix": "technology mix",
            "added_mw": "added to the county",
            "path": "as in hosting_curve",
            **_VIOLATION,
            "charged": "to the new plants; else it is no worse than what worse means (docs/equations.md)",
        },
    ),
    "hosting_base_violations": (
        "Only gridsim hosting: violations of the base case, not charged to a county.",
        _VIOLATION,
    ),
    "county": (
        "Capacity and peak by county.",
        {
            "name": "county",
            "name_en": "in English",
            "lat_deg": "latitude",
            "lon_deg": "longitude",
            "peak_mw": "coincident peak",
            "wind_mw": "wind",
            "solar_utility_mw": "utility solar",
            "solar_distributed_mw": "distributed solar",
        },
    ),
    "assumed": ("Rows of sources.csv with status 'assumed'.", dict.fromkeys(SOURCE_COLUMNS, "as in sources.csv")),
    "map_station": (
        "For the map.",
        {
            "station": "station",
            "name_en": "in English",
            "county": "county",
            "vn_kv": "highest voltage",
            "kind": "substation, plant ...",
            "lat_deg": "latitude",
            "lon_deg": "longitude",
        },
    ),
    "map_branch": (
        "For the map.",
        {
            **_BRANCH,
            "from_station": "from",
            "to_station": "to",
            "is_equivalent": "part of the outside grid's equivalent",
            "max_loading_percent": "highest AC loading",
            "hours_over_100": "hours above 100 %",
        },
    ),
}

#: tables of several weather years whose worst year no single column tells
WORST = {"voltage": "a voltage furthest beyond its band", "checks": "the largest deviation, or a check that is not met"}
#: hourly file -> shape and meaning
HOURLY = {
    "balance": "long: `time, area, item, p_mw`; the items of the table balance",
    "curtailment": "long, non-zero rows: `time, plant, cause, element, outage, curtailed_mw`; plants of both areas",
    "storage": "long: `time, storage, charge_mw, discharge_mw, energy_mwh`; stored energy at the end of the step",
    "dispatch": "wide: one column `device.role.unit` per decided power in MW; positive; all-zero columns left out",
    "reserve": "wide: `up_required_mw, up_held_mw, up_short_mw` and the same down; only where reserve is imposed",
    "flow": "wide: DC flow in MW of every branch (`element` or `element\\|winding`) and section, in its direction",
    "limit": "long: `time, element, element_type, side, outage, planned, cause, direction, flow_mw, limit_mw, "
    "dual_cny_per_mwh, share_multiplier, city_mw, both_mw`: every limit in force; the last two are the change of the "
    "day's curtailment per MW by which it is wider in that step",
    "marginal": "long, non-zero rows: `time, change, place, extra_mw, city_mw, both_mw`: change of the day's "
    "curtailment by one more MW of `demand` or `charging` in an area, of installed `wind` or `solar` in a county, in "
    "that step alone",
    "room": "wide: `area\\|item` in MW: `thermal_min, thermal_max` of units that are on, `hydro_min` (forced), "
    "`imports_reducible` and `charging_possible` (what is left)",
    "available": "wide: one column `device.plant`: available power in MW of wind and sun, both areas",
    "section_limit": "wide: `section\\|min_p_mw` and `section\\|max_p_mw` in MW",
    "loading": "wide: AC loading in per cent of every element",
    "voltage": "wide: AC voltage magnitude in p.u. of every bus",
}


def _default(value: Any) -> str:
    if value is MISSING:
        return "required"
    if value is None:
        return "may be empty"
    return f"`{value}`" if value != "" else "empty"


def _range(column: Column) -> str:
    if column.choices:
        return ", ".join(f"`{c}`" for c in column.choices)
    if column.ref:
        return f"a `name` of `{column.ref}`"
    low = "" if column.low is None else f"{column.low:g}"
    high = "" if column.high is None else f"{column.high:g}"
    if not low and not high:
        return ""
    if not high:
        return f"{'>' if column.positive else '>='} {low}"
    return f"{low or '...'} {'<' if column.positive else ''}... {high}"


def _compact(table: Table) -> Iterator[tuple[str, Column]]:
    """Columns; the 24 hours as one row."""
    for name, column in table.columns.items():
        if name == "h00_pu":
            yield "h00_pu ... h23_pu", column
        elif not (name.startswith("h") and name.endswith("_pu") and name[1:3].isdigit()):
            yield name, column


def _tables() -> Iterator[str]:
    for name, table in TABLES.items():
        yield f"### {name}\n"
        types = f" Empty electrical cells take the value of the type in `{table.types}`." if table.types else ""
        key = "" if table.key == ("name",) else f" Key: {', '.join(f'`{k}`' for k in table.key)}."
        yield f"{table.doc}{types}{key}{' Required.' if table.required else ''}\n"
        yield "| column | kind | range | default | meaning |\n|---|---|---|---|---|"
        for column, spec in _compact(table):
            yield f"| `{column}` | {spec.kind} | {_range(spec)} | {_default(spec.default)} | {spec.doc} |"
        yield ""


def _kind(annotation: Any) -> str:
    if get_origin(annotation) is Literal:
        return ", ".join(f'`"{a}"`' for a in get_args(annotation))
    options = [a for a in get_args(annotation) if a is not type(None)]
    if get_origin(annotation) in (tuple, dict):
        return {tuple: "list", dict: "table"}[get_origin(annotation)]
    return " or ".join(getattr(a, "__name__", str(a)) for a in options) or annotation.__name__


def _words(doc: str | None) -> str:
    """A docstring as a paragraph."""
    text = (doc or "").replace(":class:", "").replace(":func:", "").replace(":mod:", "").replace("``", "`")
    return " ".join(text.split()) + "\n"


def _study() -> Iterator[str]:
    for name, field in Study.model_fields.items():
        if name in ("path", "sha256"):
            continue
        section, repeated = _section_in(field.annotation)
        if section is None:
            yield f"### {name}\n\n{_kind(field.annotation)}, {'required' if field.is_required() else 'optional'}.\n"
        else:
            yield from _section(name, section, repeated)


def _section_in(annotation: Any) -> tuple[type[pydantic.BaseModel] | None, bool]:
    """The section that an annotation holds, and whether it may be repeated."""
    if isinstance(annotation, type) and issubclass(annotation, pydantic.BaseModel):
        return annotation, False
    repeated = get_origin(annotation) is tuple
    for inner in get_args(annotation):
        section, again = _section_in(inner)
        if section is not None:
            return section, repeated or again
    return None, False


def _section(name: str, section: type[pydantic.BaseModel], repeated: bool) -> Iterator[str]:
    """One section with its keys, then the sections inside it."""
    yield f"### {'[[' if repeated else '['}{name}{']]' if repeated else ']'}\n"
    yield _words(section.__doc__)
    if section.__name__ in OPTIONS:
        yield f"```text\n{inspect.getdoc(OPTIONS[section.__name__])}\n```\n"
    yield "| key | kind | default |\n|---|---|---|"
    inside = []
    for key, spec in section.model_fields.items():
        inner, several = _section_in(spec.annotation)
        if inner is not None:
            inside.append((f"{name}.{key}", inner, several))
            continue
        default = "required" if spec.default is PydanticUndefined else "none" if spec.default is None else spec.default
        shown = default if default in ("required", "none") else f"`{default}`"
        yield f"| `{key}` | {_kind(spec.annotation)} | {shown} |"
    yield ""
    for inner_name, inner, several in inside:
        yield from _section(inner_name, inner, several)


def _combined() -> Iterator[str]:
    """How the tables of several weather years become one."""
    words = {"max": "highest", "min": "lowest", "mean": "mean", "any": "any", "all": "all", "first": "as in the first"}
    yield "| table | the worst year is that with | other columns |\n|---|---|---|"
    for name, rule in sorted(RULES.items()):
        worst = "—"
        if rule.worst:
            side = "the lowest" if rule.lowest else "the highest"
            worst = WORST.get(name, f"{side} `{rule.worst}`") + " (`weather_year`)"
        columns = [f"`{c}` {words[how]}" for c, how in rule.columns.items() if how != "first"]
        columns += ["rates of the averaged energies"] if rule.rates else []
        yield f"| `{name}` | {worst} | {', '.join(columns) or '—'} |"
    yield "| `balance` | as `balance_energy`, `balance_power`, `balance_regulation` | `max_mw` highest |"
    yield "| `balance_power`, `balance_regulation` | the least surplus or margin of all areas at that moment | — |"
    yield "| `n1_voltage` | the lowest (`min_weather_year`) and the highest voltage (`max_weather_year`) | — |"
    yield f"| {', '.join(f'`{n}`' for n in TOP)} | the worst steps of all years, as many as one year has | — |"
    yield "| every other | stacked: all rows of all years with `weather_year` | — |"
    yield ""


def page() -> str:
    """The whole page."""
    lines = [
        "# Reference\n",
        "Generated by `docs/make_reference.py` from the declarations in the code; do not edit.\n",
        "## Units\n",
        "The suffix of a name is its unit.\n",
        "| suffix | unit |\n|---|---|",
        *(f"| `{suffix}` | {unit} |" for suffix, unit in SUFFIXES.items()),
        "\n## Study file\n",
        "TOML; paths are relative to the file; unknown keys are refused.\n",
        *_study(),
        "## Input tables\n",
        "CSV in UTF-8 or GBK, one header row, row order without meaning. `base/<table>.csv`; changed cells and new "
        "rows in `scenarios/<name>/<table>.csv`.\n",
        *_tables(),
        "### sources.csv\n",
        f"Columns: {', '.join(f'`{c}`' for c in SOURCE_COLUMNS)}. Status: {', '.join(f'`{s}`' for s in STATUSES)}.\n",
        "### bibliography.csv\n",
        "Optional, beside `sources.csv` of a network or weather folder: `work, publisher, title, date`. `work` is how "
        "a source names a work, or begins to; an entry without title is no work. The report lists the works.\n",
        "## Results\n",
        '`tables/<name>.csv`: UTF-8 with byte-order mark; no total rows. "City" means assets that have a county.\n',
    ]
    for name, (doc, columns) in RESULTS.items():
        lines += [f"### {name}.csv\n", f"{doc}\n", "| column | meaning |\n|---|---|"]
        lines += [f"| `{column}` | {meaning} |" for column, meaning in columns.items()] + [""]
    lines += [
        "### Several weather years\n",
        "With `[weather] years` each year's tables stand in `tables/by_weather_year/<year>/` and its hourly files in "
        "`hourly/<year>/` (with one year in `hourly/`). The tables above are made of them: energies averaged (a row "
        "that a year does not have counts as zero), other numbers of tables of energies averaged too; in tables with a "
        "worst year the other cells are those of that year, and `weather_year` is a further column. Tables of the grid "
        f"alone ({', '.join(f'`{n}`' for n in SAME)}) are the same in every year; `sensitivity` is of the worst year; "
        "`verdict` has the further column `weather_years`: where the clause is not met.\n",
        *_combined(),
        "### hourly/*.parquet\n",
        "| file | shape |\n|---|---|",
        *(f"| `{k}` | {v} |" for k, v in HOURLY.items()),
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")

"""The tables of a network: one declaration per table; reader, checker and docs derive from it.

A column has a kind (``text``, ``float``, ``int``, ``bool``, ``day`` = MM-DD text), bounds, choices, a default and
possibly a reference to another table's ``name``.  A column without default is required.
``None`` as default means that the cell may be empty (absent is not zero).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

MISSING: Any = object()


@dataclass(frozen=True)
class Column:
    """Declaration of one column; ``doc`` says what it means, the name's suffix says the unit."""

    doc: str
    kind: str = "float"
    default: Any = MISSING
    low: float | None = None
    high: float | None = None
    positive: bool = False
    ref: str | None = None
    choices: tuple[str, ...] = ()
    owner: bool = False  # the row belongs to the row it refers to and leaves service with it

    @property
    def required(self) -> bool:
        return self.default is MISSING


@dataclass(frozen=True)
class Table:
    """Declaration of one table; ``key`` columns identify a row (nearly always ``name``)."""

    doc: str
    columns: dict[str, Column]
    key: tuple[str, ...] = ("name",)
    required: bool = False
    types: str | None = None  # table of standard types that fills empty electrical columns


def _name(doc: str) -> Column:
    return Column(doc, kind="text")


def _ref(table: str, doc: str, default: Any = MISSING) -> Column:
    return Column(doc, kind="text", ref=table, default=default)


def _owner(table: str, doc: str) -> Column:
    return Column(doc, kind="text", ref=table, owner=True)


def _flag(doc: str, default: bool = False) -> Column:
    return Column(doc, kind="bool", default=default)


def _opt(doc: str, low: float | None = None, high: float | None = None, positive: bool = False) -> Column:
    return Column(doc, default=None, low=low, high=high, positive=positive)


def _pos(doc: str, default: Any = MISSING, high: float | None = None) -> Column:
    return Column(doc, low=0.0, high=high, positive=True, default=default)


def _nonneg(doc: str, default: Any = MISSING, high: float | None = None) -> Column:
    return Column(doc, low=0.0, high=high, default=default)


LIFE = {
    "in_service_from": Column("first year in service; 0 = before the tables begin", kind="int", default=0, low=0, high=2100),
    "in_service_to": Column("last year in service; 9999 = open end", kind="int", default=9999, low=0, high=9999),
}
COUNTY = _ref("county", "county the asset stands in; empty = outside the city (not in any statistics)", default=None)
TEXT = Column("free text", kind="text", default="")
HOURS = {f"h{h:02d}_pu": _nonneg(f"value of hour {h:02d}:00-{h + 1:02d}:00", high=10.0) for h in range(24)}

_LINE_ELECTRICAL = {
    "r_ohm_per_km": _nonneg("series resistance per circuit"),
    "x_ohm_per_km": _pos("series reactance per circuit"),
    "c_nf_per_km": _nonneg("capacitance per circuit"),
    "max_i_ka": _pos("ampacity of a circuit in summer (40 degC ambient)"),
    "max_i_spring_ka": _pos("ampacity in spring and autumn (25 degC ambient)"),
    "max_i_winter_ka": _pos("ampacity in winter"),
}
_TRAFO_ELECTRICAL = {
    "sn_mva": _pos("rated power"),
    "vn_hv_kv": _pos("rated voltage, high side"),
    "vn_lv_kv": _pos("rated voltage, low side"),
    "vk_percent": _pos("short-circuit voltage", high=100.0),
    "vkr_percent": _nonneg("real part of the short-circuit voltage", high=100.0),
    "pfe_kw": _nonneg("iron losses"),
    "i0_percent": _nonneg("open-circuit current", high=100.0),
    "tap_min": Column("lowest tap position (high side)", kind="int"),
    "tap_max": Column("highest tap position (high side)", kind="int"),
    "tap_step_percent": _nonneg("voltage per tap position", high=10.0),
}
_TRAFO3W_ELECTRICAL = {
    **{f"sn_{s}_mva": _pos(f"rated power, {s} winding") for s in ("hv", "mv", "lv")},
    **{f"vn_{s}_kv": _pos(f"rated voltage, {s} winding") for s in ("hv", "mv", "lv")},
    "vk_hv_percent": _pos("short-circuit voltage high-medium, on min(sn_hv, sn_mv) as pandapower refers it", high=100.0),
    "vk_mv_percent": _pos("short-circuit voltage medium-low, on min(sn_mv, sn_lv)", high=100.0),
    "vk_lv_percent": _pos("short-circuit voltage high-low, on min(sn_hv, sn_lv)", high=100.0),
    "vkr_hv_percent": _nonneg("real part of vk_hv_percent", high=100.0),
    "vkr_mv_percent": _nonneg("real part of vk_mv_percent", high=100.0),
    "vkr_lv_percent": _nonneg("real part of vk_lv_percent", high=100.0),
    "pfe_kw": _nonneg("iron losses"),
    "i0_percent": _nonneg("open-circuit current", high=100.0),
    "tap_min": Column("lowest tap position (high side)", kind="int"),
    "tap_max": Column("highest tap position (high side)", kind="int"),
    "tap_step_percent": _nonneg("voltage per tap position", high=10.0),
}


def _optional(columns: dict[str, Column]) -> dict[str, Column]:
    """The same columns, empty allowed: an empty cell takes the value of the standard type."""
    return {
        k: Column(c.doc, c.kind, None, c.low, c.high, c.positive, c.ref, c.choices) for k, c in columns.items()
    }


TABLES: dict[str, Table] = {
    "county": Table("Counties and districts of the city.", {
        "name": _name("name in Chinese"), "name_en": TEXT, "kind": TEXT,
        "lat_deg": Column("latitude of the seat", low=-90, high=90), "lon_deg": Column("longitude of the seat", low=-180, high=180),
        "area_km2": _opt("area", low=0), "population_persons": _opt("population", low=0),
        "wind_2020_mw": _nonneg("wind at the end of 2020 (reference of the plan's additions)", default=0.0),
        "solar_utility_2020_mw": _nonneg("utility solar at the end of 2020", default=0.0),
        "solar_distributed_2020_mw": _nonneg("distributed solar at the end of 2020", default=0.0),
    }, required=True),
    "station": Table("Substations, plant switchyards, junctions and external equivalents.", {
        "name": _name("station"), "name_en": TEXT, "county": COUNTY,
        "lat_deg": Column("latitude", low=-90, high=90), "lon_deg": Column("longitude", low=-180, high=180),
        "vn_kv": _pos("highest voltage"),
        "kind": Column("what it is", kind="text", choices=("substation", "plant", "traction", "junction", "external")),
        "note": TEXT,
        **LIFE,
    }, required=True),
    "bus": Table("Busbars: station + voltage.", {
        "name": _name("station + voltage, e.g. 巴陵220"), "station": _ref("station", "station"), "county": COUNTY,
        "vn_kv": _pos("nominal voltage"),
        "min_vm_pu": _opt("lower edge of the voltage band", low=0.5, high=1.5),
        "max_vm_pu": _opt("upper edge of the voltage band", low=0.5, high=1.5),
        **LIFE,
    }, required=True),
    "line_type": Table("Conductors, per circuit.", {"name": _name("conductor"), **_LINE_ELECTRICAL}),
    "line": Table("One row per circuit.", {
        "name": _name("line + I/II回"), "corridor": Column("line the circuit belongs to", kind="text", default=""),
        "from_bus": _ref("bus", "from"), "to_bus": _ref("bus", "to"), "county": COUNTY,
        "length_km": _pos("route length"), "std_type": _ref("line_type", "conductor", default=None),
        **_optional(_LINE_ELECTRICAL),
        "normally_open": _flag("open in normal operation (standby tie)"),
        "is_equivalent": _flag("equivalent of the outside grid: stays out of losses and statistics"),
        **LIFE,
    }, required=True, types="line_type"),
    "trafo_type": Table("Two-winding transformer types.", {"name": _name("type"), **_TRAFO_ELECTRICAL}),
    "trafo": Table("Two-winding transformers, one row per unit.", {
        "name": _name("station + #n主变"), "station": _ref("station", "station"), "county": COUNTY,
        "hv_bus": _ref("bus", "high side"), "lv_bus": _ref("bus", "low side"),
        "std_type": _ref("trafo_type", "type", default=None), **_optional(_TRAFO_ELECTRICAL),
        "tap_pos": Column("tap position", kind="int", default=0),
        **LIFE,
    }, types="trafo_type"),
    "trafo3w_type": Table("Three-winding transformer types, impedances as pandapower refers them.", {"name": _name("type"), **_TRAFO3W_ELECTRICAL}),
    "trafo3w": Table("Three-winding transformers, one row per unit.", {
        "name": _name("station + #n主变"), "station": _ref("station", "station"), "county": COUNTY,
        "hv_bus": _ref("bus", "high side"), "mv_bus": _ref("bus", "medium side"), "lv_bus": _ref("bus", "low side (tertiary)"),
        "std_type": _ref("trafo3w_type", "type", default=None), **_optional(_TRAFO3W_ELECTRICAL),
        "tap_pos": Column("tap position", kind="int", default=0),
        **LIFE,
    }, types="trafo3w_type"),
    "shunt": Table("Capacitor and reactor banks.", {
        "name": _name("station + bank"), "station": _ref("station", "station"), "county": COUNTY, "bus": _ref("bus", "bus"),
        "kind": Column("capacitor feeds reactive power, reactor absorbs it", kind="text", choices=("capacitor", "reactor")),
        "q_mvar": Column("reactive power of one step, consumption positive (pandapower): capacitors are negative"),
        "max_step": Column("number of equal steps", kind="int", low=0),
        **LIFE,
    }),
    "area": Table("The detailed city and the neighbours that are one node each.", {
        "name": _name("area"), "name_en": TEXT,
        "kind": Column("detailed = the grid of the tables; node = one bus behind its links", kind="text", choices=("detailed", "node")),
    }, required=True),
    "area_link": Table("Where the power of a node area enters the detailed grid: shares over boundary buses.", {
        "area": _ref("area", "node area"), "bus": _ref("bus", "boundary bus"),
        "share_pu": _pos("share of the node's injection entering here; shares of an area add up to 1", high=1.0),
    }, key=("area", "bus")),
    "section": Table("Transfer sections (断面): weighted sums of branch flows with limits per direction.", {
        "name": _name("section"), "max_p_mw": _nonneg("limit in the positive direction"),
        "min_p_mw": Column("limit in the negative direction (not positive)", high=0.0),
        "kind": Column("tie = between areas (first rung), internal = inside the city", kind="text", choices=("tie", "internal"), default="internal"),
        **LIFE,
    }),
    "section_branch": Table("Branches of a section.", {
        "section": _owner("section", "section"), "element_type": Column("table of the branch", kind="text", choices=("line", "trafo", "trafo3w")),
        "element": Column("branch name", kind="text"), "weight_pu": Column("weight; -1 turns the direction", low=-10, high=10),
    }, key=("section", "element_type", "element")),
    "demand": Table("Demand of an area: annual energy and coincident peak, both to be met.", {
        "name": _name("demand"), "peak_mw": _pos("coincident annual peak, gross of distributed PV"),
        "energy_gwh": _pos("annual energy, gross of distributed PV"),
        "less": _ref("demand", "a demand that is subtracted hour by hour (province minus city)", default=None),
        "losses_percent": _nonneg("network losses added to the demand (0 = already inside the statistics)", default=0.0, high=20.0),
    }, required=True),
    "demand_month": Table("Share of the year's energy by month.", {
        "demand": _ref("demand", "demand"), "month": Column("1-12", kind="int", low=1, high=12), "energy_share_pu": _pos("share of the year", high=1.0),
    }, key=("demand", "month")),
    "demand_hour": Table("Hour-of-day shapes by month and day type.", {
        "demand": _ref("demand", "demand"), "month": Column("1-12", kind="int", low=1, high=12),
        "day_type": Column("kind of day", kind="text", choices=("workday", "festival")), **HOURS,
    }, key=("demand", "month", "day_type")),
    "demand_day": Table("Factor of a day type on the workday level.", {
        "demand": _ref("demand", "demand"), "day_type": Column("saturday, sunday, a holiday's name", kind="text"), "factor_pu": _pos("factor", high=2.0),
    }, key=("demand", "day_type")),
    "load": Table("Loads, at the bus they are served from.", {
        "name": _name("load"), "bus": _ref("bus", "bus", default=None), "area": _ref("area", "node area, if not at a bus", default=None), "county": COUNTY,
        "demand": _ref("demand", "demand the series comes from"), "max_p_mw": _pos("coincident peak"),
        **LIFE,
    }, required=True),
    "thermal": Table("Coal, gas, biomass, waste and cogeneration units (or fleets of equal units).", {
        "name": _name("plant or unit"), "bus": _ref("bus", "bus", default=None), "area": _ref("area", "node area", default=None), "county": COUNTY,
        "carrier": Column("fuel", kind="text", choices=("coal", "gas", "biomass", "waste", "cogeneration")),
        "units": Column("number of equal units", kind="int", low=1, default=1), "max_p_mw": _nonneg("gross capacity of all units"),
        "min_p_pu": _nonneg("minimum output of a unit, share of its capacity", high=1.0),
        "availability_pu": _pos("forced-outage availability, all year", default=1.0, high=1.0),
        "auxiliary_percent": _nonneg("plant auxiliaries; net = gross * (1 - auxiliary)", default=0.0, high=30.0),
        "cost_cny_per_mwh": _nonneg("marginal cost"),
        "coal_g_per_kwh": _opt("standard coal per net kWh (供电煤耗); empty = no coal or unknown", low=0),
        "must_run": _flag("on whenever available"),
        "voltage_control": _flag("holds the voltage of its bus"), "vm_pu": _opt("voltage set point", low=0.8, high=1.2),
        **LIFE,
    }),
    "thermal_month": Table("Planned availability of fleets by month (maintenance).", {
        "thermal": _owner("thermal", "fleet"), "month": Column("1-12", kind="int", low=1, high=12), "availability_pu": _nonneg("available share", high=1.0),
    }, key=("thermal", "month")),
    "maintenance": Table("Planned outages of thermal units (检修计划): first and last day, every year.", {
        "thermal": _owner("thermal", "plant"), "units": Column("units out", kind="int", low=1),
        "from_day": Column("first day, MM-DD", kind="day"), "to_day": Column("last day, MM-DD", kind="day"),
    }, key=("thermal", "from_day")),
    "must_run": Table("Least committed capacity of a carrier over both areas (必开机组).", {
        "carrier": Column("fuel", kind="text"), "fleet_share_pu": _nonneg("share of the available fleet", high=1.0),
        "load_share_pu": _nonneg("share of the day's mean demand", high=1.0),
    }, key=("carrier",)),
    "hydro": Table("Run-of-river and reservoir hydro.", {
        "name": _name("plant or fleet"), "bus": _ref("bus", "bus", default=None), "area": _ref("area", "node area", default=None), "county": COUNTY,
        "kind": Column("run_of_river is taken or spilled; reservoir has a daily energy", kind="text", choices=("run_of_river", "reservoir")),
        "max_p_mw": _pos("capacity"), "firm_pu": _nonneg("share counted as firm at the daily maximum", default=0.0, high=1.0),
        "dry_pu": _pos("energy of a dry year, of the normal", default=1.0), "wet_pu": _pos("energy of a wet year, of the normal", default=1.0),
        **LIFE,
    }),
    "hydro_month": Table("Hydro energy by month of a normal year.", {
        "hydro": _owner("hydro", "plant"), "month": Column("1-12", kind="int", low=1, high=12), "energy_gwh": _nonneg("energy of the month"),
        "forced_pu": _nonneg("forced output, share of the month's mean", high=1.0), "flex_pu": _nonneg("hourly band around the day's mean (pondage)", high=1.0),
    }, key=("hydro", "month")),
    "external": Table("Imports into an area on a schedule (DC links, AC interchange).", {
        "name": _name("link"), "bus": _ref("bus", "bus", default=None), "area": _ref("area", "node area", default=None),
        "max_p_mw": _pos("rating"), "energy_gwh": _nonneg("scheduled energy of the year"),
        "flexibility_pu": _nonneg("share of the schedule that may be reduced in surplus hours", default=0.0, high=1.0),
        "firm_pu": _nonneg("share of the schedule counted as firm", default=1.0, high=1.0),
        "from_day": Column("first day of operation in its first year, MM-DD; empty = whole year", kind="day", default=""),
        **LIFE,
    }),
    "external_hour": Table("Schedule shapes: month level times hour shape, p.u. of the annual mean.", {
        "external": _owner("external", "link"), "month": Column("1-12", kind="int", low=1, high=12), **HOURS,
    }, key=("external", "month")),
    "wind": Table("Wind farms.", {
        "name": _name("farm"), "bus": _ref("bus", "bus", default=None), "area": _ref("area", "node area", default=None), "county": COUNTY,
        "max_p_mw": _nonneg("capacity"), "site": Column("weather site, or a mix of the table site_share", kind="text"),
        "turbine": Column("power curve class", kind="text"), "hub_height_m": _pos("hub height", high=250.0),
        "loss_percent": _nonneg("wake, availability and electrical losses", default=0.0, high=60.0),
        "controllable_pu": _nonneg("share that can be curtailed", default=1.0, high=1.0),
        **LIFE,
    }),
    "solar": Table("Photovoltaic plants; max_p_mw is AC.", {
        "name": _name("plant"), "bus": _ref("bus", "bus", default=None), "area": _ref("area", "node area", default=None), "county": COUNTY,
        "kind": Column("utility plant or distributed roofs", kind="text", choices=("utility", "distributed")),
        "max_p_mw": _nonneg("AC capacity"), "site": Column("weather site, or a mix of the table site_share", kind="text"),
        "orientation": Column("fixed tilt or roof mix", kind="text", choices=("fixed_tilt", "roof_mix", "east_west"), default="fixed_tilt"),
        "tilt_deg": _nonneg("tilt of fixed rows", default=18.0, high=90.0),
        "dc_ac_ratio": Column("DC over AC capacity", low=0.5, high=3.0, default=1.2),
        "loss_percent": _nonneg("soiling, wiring, availability", default=14.0, high=60.0),
        "controllable_pu": _nonneg("share that can be curtailed (四可)", default=1.0, high=1.0),
        **LIFE,
    }),
    "site_share": Table("Mixes of weather sites: one smoothed series from several sites.", {
        "mix": Column("name of the mix", kind="text"), "site": Column("weather site", kind="text"), "share_pu": _pos("share", high=1.0),
    }, key=("mix", "site")),
    "pumped_storage": Table("Pumped-storage plants.", {
        "name": _name("plant"), "bus": _ref("bus", "bus", default=None), "area": _ref("area", "node area", default=None), "county": COUNTY,
        "units": Column("number of equal units", kind="int", low=1, default=1),
        "max_p_mw": _nonneg("turbine capacity of all units"), "max_pump_mw": _nonneg("pump capacity of all units"),
        "energy_mwh": _nonneg("usable energy of the upper reservoir, as stored energy"),
        "efficiency_pump_percent": _pos("grid to reservoir", high=100.0), "efficiency_turbine_percent": _pos("reservoir to grid", high=100.0),
        "firm_pu": _nonneg("share of turbine capacity counted as firm", default=0.8, high=1.0),
        "voltage_control": _flag("holds the voltage of its bus"), "vm_pu": _opt("voltage set point", low=0.8, high=1.2),
        **LIFE,
    }),
    "battery": Table("Batteries.", {
        "name": _name("battery"), "bus": _ref("bus", "bus", default=None), "area": _ref("area", "node area", default=None), "county": COUNTY,
        "max_p_mw": _nonneg("power"), "energy_mwh": _nonneg("energy"),
        "min_soc_percent": _nonneg("lower edge of the state of charge", default=0.0, high=100.0),
        "max_soc_percent": _nonneg("upper edge of the state of charge", default=100.0, high=100.0),
        "efficiency_charge_percent": _pos("grid to cells", high=100.0), "efficiency_discharge_percent": _pos("cells to grid", high=100.0),
        "availability_pu": _pos("usable share of the power", default=1.0, high=1.0),
        "firm_pu": _nonneg("share of power counted as firm", default=0.5, high=1.0),
        **LIFE,
    }),
}

#: what sources.csv must say of values
SOURCE_COLUMNS = ("table", "name", "column", "scenario", "status", "confidence", "source", "note")
STATUSES = ("published", "derived", "assumed")

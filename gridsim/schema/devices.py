"""Tables of demand and of every device, with their months, hours and mixes."""

from __future__ import annotations

from gridsim.schema.columns import (
    COUNTY,
    HOURS,
    LIFE,
    Column,
    Table,
    flag,
    name_of,
    nonnegative,
    optional,
    owned,
    positive,
    ref,
)
from gridsim.schema.demand import DEMAND_TABLES

_Q_RANGE = {
    "min_q_mvar": optional("least reactive power while it holds a voltage; empty = rule of the device"),
    "max_q_mvar": optional("greatest reactive power while it holds a voltage; empty = rule of the device"),
}
_Q_PER_P = {"q_per_p_pu": optional("reactive over active power while it holds no voltage; empty = rule of the device")}
_VOLTAGE = {
    "voltage_control": flag("holds the voltage of its bus"),
    "vm_pu": optional("voltage set point", low=0.8, high=1.2),
    **_Q_RANGE,
}
_DROOP = {
    "droop_percent": optional(
        "Q(U) characteristic: deviation from the set point that asks for the whole reactive range; "
        "empty = the voltage is held", low=0, high=20,
    ),
}
_OUTAGE = {
    "outage_percent": nonnegative(
        "energy lost by own outages of the plant (plant-side: theoretical, not available)", default=0.0, high=60.0
    )
}
#: wind efficiency curves of windpowerlib (dena 2005, Knorr 2016)
_WAKES = (
    *("", "dena_mean", "dena_extreme1", "dena_extreme2"),
    *("knorr_mean", "knorr_extreme1", "knorr_extreme2", "knorr_extreme3"),
)
_USE = {
    "use": Column(
        "whose relief its charging is in the equal shares: the province's, shared by an agreed per cent, the city's",
        kind="text",
        choices=("provincial", "shared", "dedicated"),
        default="provincial",
    ),
    "shared_percent": nonnegative("the city's part of the relief where use = shared", default=50.0, high=100.0),
}
END_VALUE = optional("value of stored energy at the end of a window; empty = as in the penalties", low=0.0)

DEVICE_TABLES: dict[str, Table] = {
    **DEMAND_TABLES,
    "thermal": Table(
        "Coal, gas, biomass, waste and cogeneration units (or fleets of equal units).",
        {
            "name": name_of("plant or unit"),
            "bus": ref("bus", "bus", default=None),
            "area": ref("area", "node area", default=None),
            "county": COUNTY,
            "carrier": Column("fuel", kind="text", choices=("coal", "gas", "biomass", "waste", "cogeneration")),
            "units": Column("number of equal units", kind="int", low=1, default=1),
            "max_p_mw": nonnegative("gross capacity of all units"),
            "min_p_pu": nonnegative("minimum output of a unit, share of its capacity", high=1.0),
            "availability_pu": positive("forced-outage availability, all year", default=1.0, high=1.0),
            "auxiliary_percent": nonnegative("plant auxiliaries; net = gross (1 - auxiliary)", default=0.0, high=30.0),
            "cost_cny_per_mwh": Column(
                "marginal cost, below zero where running earns; with rows in thermal_cost only the merit order"
            ),
            "start_cost_cny": nonnegative("cost of starting one unit (commitment milp)", default=0.0),
            "min_up_h": nonnegative("shortest time on after a start (commitment milp)", default=0.0),
            "min_down_h": nonnegative("shortest time off after a stop (commitment milp)", default=0.0),
            "ramp_up_percent_per_h": optional("ramp up, of the capacity that is on; empty = no limit", positive=True),
            "ramp_down_percent_per_h": optional(
                "ramp down, of the capacity that is on; empty = no limit", positive=True
            ),
            "coal_g_per_kwh": optional("standard coal per net kWh (供电煤耗); empty = no coal or unknown", low=0),
            "must_run": flag("on whenever available"),
            **_VOLTAGE,
            **_Q_PER_P,
            **LIFE,
        },
    ),
    "thermal_month": Table(
        "Planned availability of fleets by month (maintenance).",
        {
            "thermal": owned("thermal", "fleet"),
            "month": Column("1-12", kind="int", low=1, high=12),
            "availability_pu": nonnegative("available share", high=1.0),
        },
        key=("thermal", "month"),
    ),
    "thermal_cost": Table(
        "Piecewise-linear cost of a unit: from the end of the segment before (0 for the first) up to up_to_pu of its "
        "capacity a MWh costs this much. Costs rise from segment to segment; the last one ends at 1.",
        {
            "thermal": owned("thermal", "plant or fleet"),
            "up_to_pu": positive("end of the segment, share of the unit's capacity", high=1.0),
            "cost_cny_per_mwh": Column("cost within the segment, may be negative"),
        },
        key=("thermal", "up_to_pu"),
    ),
    "thermal_minimum": Table(
        "Minimum output of a unit by month, in place of min_p_pu (heating season).",
        {
            "thermal": owned("thermal", "plant or fleet"),
            "month": Column("1-12", kind="int", low=1, high=12),
            "min_p_pu": nonnegative("minimum output of a unit, share of its capacity", high=1.0),
        },
        key=("thermal", "month"),
    ),
    "must_run_level": Table(
        "Units of a plant that are on at least, by load level (必开机组).",
        {
            "thermal": owned("thermal", "plant or fleet"),
            "from_load_pu": nonnegative(
                "from this largest load of the day on, share of the coincident peak of the plant's area", high=1.0
            ),
            "units": Column("units on at least", kind="int", low=0),
        },
        key=("thermal", "from_load_pu"),
    ),
    "maintenance": Table(
        "Planned outages of thermal units (检修计划): first and last day, every year.",
        {
            "thermal": owned("thermal", "plant"),
            "units": Column("units out", kind="int", low=1),
            "from_day": Column("first day, MM-DD", kind="day"),
            "to_day": Column("last day, MM-DD", kind="day"),
        },
        key=("thermal", "from_day"),
    ),
    "must_run": Table(
        "Least committed capacity of a carrier over both areas (必开机组).",
        {
            "carrier": Column("fuel", kind="text"),
            "fleet_share_pu": nonnegative("share of the available fleet", high=1.0),
            "load_share_pu": nonnegative("share of the day's mean demand", high=1.0),
        },
        key=("carrier",),
    ),
    "hydro": Table(
        "Run-of-river and reservoir hydro.",
        {
            "name": name_of("plant or fleet"),
            "bus": ref("bus", "bus", default=None),
            "area": ref("area", "node area", default=None),
            "county": COUNTY,
            "kind": Column(
                "run_of_river is taken or spilled; reservoir has a daily energy",
                kind="text",
                choices=("run_of_river", "reservoir"),
            ),
            "max_p_mw": positive("capacity"),
            "firm_pu": nonnegative("share counted as firm at the daily maximum", default=0.0, high=1.0),
            "dry_pu": positive("energy of a dry year, of the normal", default=1.0),
            "wet_pu": positive("energy of a wet year, of the normal", default=1.0),
            **LIFE,
        },
    ),
    "hydro_month": Table(
        "Hydro energy by month of a normal year.",
        {
            "hydro": owned("hydro", "plant"),
            "month": Column("1-12", kind="int", low=1, high=12),
            "energy_gwh": nonnegative("energy of the month"),
            "forced_pu": nonnegative("forced output, share of the month's mean", high=1.0),
            "flex_pu": nonnegative("hourly band around the day's mean (pondage)", high=1.0),
        },
        key=("hydro", "month"),
    ),
    "external": Table(
        "Imports into an area on a schedule (DC links, AC interchange).",
        {
            "name": name_of("link"),
            "bus": ref("bus", "bus", default=None),
            "area": ref("area", "node area", default=None),
            "max_p_mw": positive("rating"),
            "energy_gwh": nonnegative("scheduled energy of the year"),
            "flexibility_pu": nonnegative(
                "share of the schedule that may be reduced in surplus hours", default=0.0, high=1.0
            ),
            "firm_pu": nonnegative("share of the schedule counted as firm", default=1.0, high=1.0),
            "pole_mw": nonnegative("rating of one pole of a DC link: what its loss takes, see [reserve]", default=0.0),
            "from_day": Column(
                "first day of operation in its first year, MM-DD; empty = whole year", kind="day", default=""
            ),
            **LIFE,
        },
    ),
    "external_hour": Table(
        "Schedule shapes: month level times hour shape, p.u. of the annual mean.",
        {
            "external": owned("external", "link"),
            "month": Column("1-12", kind="int", low=1, high=12),
            **HOURS,
        },
        key=("external", "month"),
    ),
    "transit": Table(
        "Power that only passes through the grid (过境功率): one row per end, the ends of a transit add up to zero.",
        {
            "name": name_of("transit and end"),
            "bus": ref("bus", "bus, usually a boundary bus"),
            "area": ref("area", "node area, instead of a bus", default=None),
            "p_mw": Column("power into the grid here all year; negative where it leaves"),
            **LIFE,
        },
    ),
    "wind": Table(
        "Wind farms.",
        {
            "name": name_of("farm"),
            "bus": ref("bus", "bus", default=None),
            "area": ref("area", "node area", default=None),
            "county": COUNTY,
            "max_p_mw": nonnegative("capacity"),
            "site": Column("weather site, or a mix of the table site_share", kind="text"),
            "turbine": Column("power curve: a class, or a type of windpowerlib's library (N131/3000)", kind="text"),
            "hub_height_m": positive("hub height", high=250.0),
            "loss_percent": nonnegative("wake and electrical losses of the theoretical power", default=0.0, high=60.0),
            "wake": Column(
                "wake losses by wind speed, a wind efficiency curve of windpowerlib; empty = part of loss_percent",
                kind="text",
                choices=_WAKES,
                default="",
            ),
            **_OUTAGE,
            "icing_pu": nonnegative(
                "share of the power that is lost while the farm carries ice (plant-side); 0 = no ice",
                default=0.0,
                high=1.0,
            ),
            "controllable_pu": nonnegative("share that can be curtailed", default=1.0, high=1.0),
            **_VOLTAGE,
            **_DROOP,
            **_Q_PER_P,
            **LIFE,
        },
    ),
    "solar": Table(
        "Photovoltaic plants; max_p_mw is AC.",
        {
            "name": name_of("plant"),
            "bus": ref("bus", "bus", default=None),
            "area": ref("area", "node area", default=None),
            "county": COUNTY,
            "kind": Column("utility plant or distributed roofs", kind="text", choices=("utility", "distributed")),
            "max_p_mw": nonnegative("AC capacity"),
            "site": Column("weather site, or a mix of the table site_share", kind="text"),
            "orientation": Column(
                "fixed tilt or roof mix",
                kind="text",
                choices=("fixed_tilt", "roof_mix", "east_west"),
                default="fixed_tilt",
            ),
            "tilt_deg": nonnegative("tilt of fixed rows", default=18.0, high=90.0),
            "dc_ac_ratio": Column("DC over AC capacity", low=0.5, high=3.0, default=1.2),
            "loss_percent": nonnegative("DC losses: wiring, mismatch, shading, ageing", default=14.0, high=60.0),
            "soiling": Column(
                "rows of soiling_month, besides loss_percent; empty = dirt is part of loss_percent",
                kind="text",
                default="",
            ),
            **_OUTAGE,
            "controllable_pu": nonnegative("share that can be curtailed (四可)", default=1.0, high=1.0),
            **_VOLTAGE,
            **_DROOP,
            **_Q_PER_P,
            **LIFE,
        },
    ),
    "soiling_month": Table(
        "Dirt on modules by month, for the column soiling of solar.",
        {
            "soiling": Column("name of the set of months", kind="text"),
            "month": Column("1-12", kind="int", low=1, high=12),
            "loss_percent": nonnegative("loss of DC power", high=60.0),
        },
        key=("soiling", "month"),
    ),
    "site_share": Table(
        "Mixes of weather sites: one smoothed series from several sites.",
        {
            "mix": Column("name of the mix", kind="text"),
            "site": Column("weather site", kind="text"),
            "share_pu": positive("share", high=1.0),
        },
        key=("mix", "site"),
    ),
    "pumped_storage": Table(
        "Pumped-storage plants.",
        {
            "name": name_of("plant"),
            "bus": ref("bus", "bus", default=None),
            "area": ref("area", "node area", default=None),
            "county": COUNTY,
            "units": Column("number of equal units; each pumps at its fixed power", kind="int", low=1, default=1),
            "max_p_mw": nonnegative("turbine capacity of all units"),
            "min_p_pu": nonnegative("least output of a unit that generates, share of its capacity", 0.0, high=1.0),
            "max_pump_mw": nonnegative("pump capacity of all units"),
            "inflow_mw": nonnegative("natural inflow into the upper reservoir, as stored energy per hour", 0.0),
            "end_value_cny_per_mwh": END_VALUE,
            **_USE,
            "energy_mwh": nonnegative("usable energy of the upper reservoir, as stored energy"),
            "efficiency_pump_percent": positive("grid to reservoir", high=100.0),
            "efficiency_turbine_percent": positive("reservoir to grid", high=100.0),
            "firm_pu": nonnegative("share of turbine capacity counted as firm", default=0.8, high=1.0),
            **_VOLTAGE,
            **LIFE,
        },
    ),
    "battery": Table(
        "Batteries.",
        {
            "name": name_of("battery"),
            "bus": ref("bus", "bus", default=None),
            "area": ref("area", "node area", default=None),
            "county": COUNTY,
            "max_p_mw": nonnegative("power"),
            "energy_mwh": nonnegative("energy"),
            "min_soc_percent": nonnegative("lower edge of the state of charge", default=0.0, high=100.0),
            "max_soc_percent": nonnegative("upper edge of the state of charge", default=100.0, high=100.0),
            "efficiency_charge_percent": positive("grid to cells", high=100.0),
            "efficiency_discharge_percent": positive("cells to grid", high=100.0),
            "availability_pu": positive("usable share of the power", default=1.0, high=1.0),
            "end_value_cny_per_mwh": END_VALUE,
            **_USE,
            "firm_pu": nonnegative("share of power counted as firm", default=0.5, high=1.0),
            **LIFE,
        },
    ),
}

"""Tables of the grid: counties, stations, buses, branches, banks, areas and sections."""

from __future__ import annotations

from gridsim.schema.columns import (
    COUNTY,
    LIFE,
    TEXT,
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

#: loading allowed for a short time after an outage
_EMERGENCY = {
    "emergency_factor_pu": positive("short-time rating after an outage, of the rating", default=1.0, high=2.0),
}
_LINE_ELECTRICAL = {
    "r_ohm_per_km": nonnegative("series resistance per circuit"),
    "x_ohm_per_km": positive("series reactance per circuit"),
    "c_nf_per_km": nonnegative("capacitance per circuit"),
    "max_i_ka": positive("ampacity of a circuit in summer (40 degC ambient)"),
    "max_i_spring_ka": positive("ampacity in spring and autumn (25 degC ambient)"),
    "max_i_winter_ka": positive("ampacity in winter"),
}
_TRAFO_ELECTRICAL = {
    "sn_mva": positive("rated power"),
    "vn_hv_kv": positive("rated voltage, high side"),
    "vn_lv_kv": positive("rated voltage, low side"),
    "vk_percent": positive("short-circuit voltage", high=100.0),
    "vkr_percent": nonnegative("real part of the short-circuit voltage", high=100.0),
    "pfe_kw": nonnegative("iron losses"),
    "i0_percent": nonnegative("open-circuit current", high=100.0),
    "tap_min": Column("lowest tap position (high side)", kind="int"),
    "tap_max": Column("highest tap position (high side)", kind="int"),
    "tap_step_percent": nonnegative("voltage per tap position", high=10.0),
}
_TRAFO3W_ELECTRICAL = {
    **{f"sn_{s}_mva": positive(f"rated power, {s} winding") for s in ("hv", "mv", "lv")},
    **{f"vn_{s}_kv": positive(f"rated voltage, {s} winding") for s in ("hv", "mv", "lv")},
    "vk_hv_percent": positive(
        "short-circuit voltage high-medium, on min(sn_hv, sn_mv) as pandapower refers it", high=100.0
    ),
    "vk_mv_percent": positive("short-circuit voltage medium-low, on min(sn_mv, sn_lv)", high=100.0),
    "vk_lv_percent": positive("short-circuit voltage high-low, on min(sn_hv, sn_lv)", high=100.0),
    "vkr_hv_percent": nonnegative("real part of vk_hv_percent", high=100.0),
    "vkr_mv_percent": nonnegative("real part of vk_mv_percent", high=100.0),
    "vkr_lv_percent": nonnegative("real part of vk_lv_percent", high=100.0),
    "pfe_kw": nonnegative("iron losses"),
    "i0_percent": nonnegative("open-circuit current", high=100.0),
    "tap_min": Column("lowest tap position (high side)", kind="int"),
    "tap_max": Column("highest tap position (high side)", kind="int"),
    "tap_step_percent": nonnegative("voltage per tap position", high=10.0),
}


def _from_type(columns: dict[str, Column]) -> dict[str, Column]:
    """The same columns, empty allowed: an empty cell takes the value of the standard type."""
    return {k: Column(c.doc, c.kind, None, c.low, c.high, c.positive, c.ref, c.choices) for k, c in columns.items()}


GRID_TABLES: dict[str, Table] = {
    "county": Table(
        "Counties and districts of the city.",
        {
            "name": name_of("name in Chinese"),
            "name_en": TEXT,
            "kind": TEXT,
            "lat_deg": Column("latitude of the seat", low=-90, high=90),
            "lon_deg": Column("longitude of the seat", low=-180, high=180),
            "area_km2": optional("area", low=0),
            "population_persons": optional("population", low=0),
            "wind_2020_mw": nonnegative("wind at the end of 2020 (reference of the plan's additions)", default=0.0),
            "solar_utility_2020_mw": nonnegative("utility solar at the end of 2020", default=0.0),
            "solar_distributed_2020_mw": nonnegative("distributed solar at the end of 2020", default=0.0),
        },
        required=True,
    ),
    "station": Table(
        "Substations, plant switchyards, junctions and external equivalents.",
        {
            "name": name_of("station"),
            "name_en": TEXT,
            "county": COUNTY,
            "lat_deg": Column("latitude", low=-90, high=90),
            "lon_deg": Column("longitude", low=-180, high=180),
            "vn_kv": positive("highest voltage"),
            "kind": Column(
                "what it is", kind="text", choices=("substation", "plant", "traction", "junction", "external")
            ),
            "note": TEXT,
            **LIFE,
        },
        required=True,
    ),
    "bus": Table(
        "Busbars: station + voltage.",
        {
            "name": name_of("station + voltage, e.g. 巴陵220"),
            "station": ref("station", "station"),
            "county": COUNTY,
            "vn_kv": positive("nominal voltage"),
            "min_vm_pu": optional("lower edge of the voltage band", low=0.5, high=1.5),
            "max_vm_pu": optional("upper edge of the voltage band", low=0.5, high=1.5),
            **LIFE,
        },
        required=True,
    ),
    "line_type": Table("Conductors, per circuit.", {"name": name_of("conductor"), **_LINE_ELECTRICAL}),
    "line": Table(
        "One row per circuit.",
        {
            "name": name_of("line + I/II回"),
            "corridor": Column("line the circuit belongs to", kind="text", default=""),
            "from_bus": ref("bus", "from"),
            "to_bus": ref("bus", "to"),
            "county": COUNTY,
            "length_km": positive("route length"),
            "std_type": ref("line_type", "conductor", default=None),
            **_from_type(_LINE_ELECTRICAL),
            "normally_open": flag("open in normal operation (standby tie)"),
            "is_equivalent": flag("equivalent of the outside grid: stays out of losses and statistics"),
            **_EMERGENCY,
            **LIFE,
        },
        required=True,
        types="line_type",
    ),
    "trafo_type": Table("Two-winding transformer types.", {"name": name_of("type"), **_TRAFO_ELECTRICAL}),
    "trafo": Table(
        "Two-winding transformers, one row per unit.",
        {
            "name": name_of("station + #n主变"),
            "station": ref("station", "station"),
            "county": COUNTY,
            "hv_bus": ref("bus", "high side"),
            "lv_bus": ref("bus", "low side"),
            "std_type": ref("trafo_type", "type", default=None),
            **_from_type(_TRAFO_ELECTRICAL),
            "tap_pos": Column("tap position", kind="int", default=0),
            "shift_degree": Column("phase shift: the high side leads the low side by it", default=0.0),
            **_EMERGENCY,
            **LIFE,
        },
        types="trafo_type",
    ),
    "trafo3w_type": Table(
        "Three-winding transformer types, impedances as pandapower refers them.",
        {"name": name_of("type"), **_TRAFO3W_ELECTRICAL},
    ),
    "trafo3w": Table(
        "Three-winding transformers, one row per unit.",
        {
            "name": name_of("station + #n主变"),
            "station": ref("station", "station"),
            "county": COUNTY,
            "hv_bus": ref("bus", "high side"),
            "mv_bus": ref("bus", "medium side"),
            "lv_bus": ref("bus", "low side (tertiary)"),
            "std_type": ref("trafo3w_type", "type", default=None),
            **_from_type(_TRAFO3W_ELECTRICAL),
            "tap_pos": Column("tap position", kind="int", default=0),
            **_EMERGENCY,
            **LIFE,
        },
        types="trafo3w_type",
    ),
    "shunt": Table(
        "Capacitor and reactor banks.",
        {
            "name": name_of("station + bank"),
            "station": ref("station", "station"),
            "county": COUNTY,
            "bus": ref("bus", "bus"),
            "kind": Column(
                "capacitor feeds reactive power, reactor absorbs it", kind="text", choices=("capacitor", "reactor")
            ),
            "q_mvar": Column("reactive power of one step, consumption positive (pandapower): capacitors are negative"),
            "max_step": Column("number of equal steps", kind="int", low=0),
            **LIFE,
        },
    ),
    "area": Table(
        "The detailed city and the neighbours that are one node each.",
        {
            "name": name_of("area"),
            "name_en": TEXT,
            "kind": Column(
                "detailed = the grid of the tables; node = one bus behind its links",
                kind="text",
                choices=("detailed", "node"),
            ),
        },
        required=True,
    ),
    "area_link": Table(
        "Where the power of a node area enters the detailed grid: shares over boundary buses.",
        {
            "area": ref("area", "node area"),
            "bus": ref("bus", "boundary bus"),
            "share_pu": positive("share of the area's injection entering here; they add up to 1", high=1.0),
            "min_q_mvar": optional(
                "least reactive power the outside grid gives here; empty = no limit (the first link, the reference, "
                "has none)"
            ),
            "max_q_mvar": optional("greatest reactive power the outside grid gives here; empty = no limit"),
        },
        key=("area", "bus"),
    ),
    "section": Table(
        "Transfer sections (断面): weighted sums of branch flows with limits per direction.",
        {
            "name": name_of("section"),
            "max_p_mw": nonnegative("limit in the positive direction"),
            "min_p_mw": Column("limit in the negative direction (not positive)", high=0.0),
            "kind": Column(
                "tie = between areas (first rung), internal = inside the city",
                kind="text",
                choices=("tie", "internal"),
                default="internal",
            ),
            **LIFE,
        },
    ),
    "section_branch": Table(
        "Branches of a section.",
        {
            "section": owned("section", "section"),
            "element_type": Column("table of the branch", kind="text", choices=("line", "trafo", "trafo3w")),
            "element": Column("branch name", kind="text"),
            "weight_pu": Column("weight; -1 turns the direction", low=-10, high=10),
        },
        key=("section", "element_type", "element"),
    ),
    "section_season": Table(
        "Limits of a section in a season, in place of the year's.",
        {
            "section": owned("section", "section"),
            "season": Column(
                "summer = June-September, winter = December-February, spring = the rest (with autumn)",
                kind="text",
                choices=("summer", "winter", "spring"),
            ),
            "max_p_mw": nonnegative("limit in the positive direction"),
            "min_p_mw": Column("limit in the negative direction (not positive)", high=0.0),
        },
        key=("section", "season"),
    ),
    "branch_outage": Table(
        "Planned outages of branches (检修方式): first and last day, every year.",
        {
            "element_type": Column("table of the branch", kind="text", choices=("line", "trafo", "trafo3w")),
            "element": Column("branch name", kind="text"),
            "from_day": Column("first day, MM-DD", kind="day"),
            "to_day": Column("last day, MM-DD", kind="day"),
            "exempt": flag("declared exempt: what it curtails is no system cause"),
        },
        key=("element_type", "element", "from_day"),
    ),
    "special_limit": Table(
        "Agreed or chosen limits of wind and solar plants: what they cap is curtailed for a special cause, which is no "
        "system cause. First and last day, every year.",
        {
            "element_type": Column("table of the plant", kind="text", choices=("wind", "solar")),
            "element": Column("plant", kind="text"),
            "cause": Column(
                "early_connection: connected early under an agreed limit (约定提前并网); self_curtailment: not offered "
                "by the plant's own choice under market rules (自主弃电)",
                kind="text",
                choices=("early_connection", "self_curtailment"),
            ),
            "from_day": Column("first day, MM-DD", kind="day"),
            "to_day": Column("last day, MM-DD", kind="day"),
            "from_hour": Column("first hour of the day", kind="int", low=0, high=23, default=0),
            "to_hour": Column("last hour of the day, itself included", kind="int", low=0, high=23, default=23),
            "max_p_pu": nonnegative("most that may be delivered, share of the capacity", high=1.0),
        },
        key=("element", "cause", "from_day", "from_hour"),
    ),
    "outage_trip": Table(
        "Plants that may be tripped after the outage of a branch (切机): they leave the limits after this outage.",
        {
            "element_type": Column("table of the branch", kind="text", choices=("line", "trafo", "trafo3w")),
            "element": Column("branch that is lost", kind="text"),
            "unit": Column("wind farm, solar or thermal plant that is tripped", kind="text"),
        },
        key=("element_type", "element", "unit"),
    ),
}

"""Tables of demand: areas and their parts, months, hours and days, and the loads that take it."""

from __future__ import annotations

from gridsim.schema.columns import COUNTY, HOURS, LIFE, Column, Table, name_of, nonnegative, optional, positive, ref

DEMAND_TABLES: dict[str, Table] = {
    "demand": Table(
        "Demand of an area: annual energy and coincident peak, both to be met.",
        {
            "name": name_of("demand"),
            "peak_mw": optional(
                "coincident annual peak, gross of distributed PV; empty (for a part only) = as its shape gives it",
                positive=True,
            ),
            "energy_gwh": positive("annual energy, gross of distributed PV"),
            "less": ref("demand", "a demand that is subtracted hour by hour (province minus city)", default=None),
            "part_of": ref(
                "demand",
                "the demand it is contained in (charging of vehicles, a petrochemical block): it is taken out of that "
                "demand hour by hour, whose energy and peak stay",
                default=None,
            ),
            "site": Column(
                "weather site, or a mix of the table site_share, whose temperature the days follow; empty = none",
                kind="text",
                default=None,
            ),
            "cooling_percent_per_k": nonnegative(
                "rise of a day's level per kelvin of its mean temperature above cooling_from_degc",
                default=0.0,
                high=15.0,
            ),
            "heating_percent_per_k": nonnegative("the same below heating_from_degc", default=0.0, high=15.0),
            "cooling_from_degc": Column("base of cooling degrees", default=22.0, low=10.0, high=35.0),
            "heating_from_degc": Column("base of heating degrees", default=10.0, low=-10.0, high=22.0),
            "losses_percent": nonnegative(
                "network losses added to the demand (0 = already inside the statistics)", default=0.0, high=20.0
            ),
        },
        required=True,
    ),
    "demand_county": Table(
        "Counties that a part of a demand is spread over; there by the loads of the whole demand.",
        {
            "demand": ref("demand", "a demand with part_of and without loads of its own"),
            "county": ref("county", "county"),
            "share_pu": positive("share of the part", high=1.0),
        },
        key=("demand", "county"),
    ),
    "demand_month": Table(
        "Share of the year's energy by month.",
        {
            "demand": ref("demand", "demand"),
            "month": Column("1-12", kind="int", low=1, high=12),
            "energy_share_pu": positive("share of the year", high=1.0),
            "temp_mean_degc": optional(
                "mean temperature the share belongs to; empty = that of the weather year itself", low=-40.0, high=45.0
            ),
        },
        key=("demand", "month"),
    ),
    "demand_hour": Table(
        "Hour-of-day shapes by month and day type.",
        {
            "demand": ref("demand", "demand"),
            "month": Column("1-12", kind="int", low=1, high=12),
            "day_type": Column("kind of day", kind="text", choices=("workday", "festival")),
            **HOURS,
        },
        key=("demand", "month", "day_type"),
    ),
    "demand_day": Table(
        "Factor of a day type on the workday level.",
        {
            "demand": ref("demand", "demand"),
            "day_type": Column("saturday, sunday, a holiday's name", kind="text"),
            "factor_pu": positive("factor", high=2.0),
        },
        key=("demand", "day_type"),
    ),
    "load": Table(
        "Loads, at the bus they are served from.",
        {
            "name": name_of("load"),
            "bus": ref("bus", "bus", default=None),
            "area": ref("area", "node area, if not at a bus", default=None),
            "county": COUNTY,
            "demand": ref("demand", "demand the series comes from"),
            "max_p_mw": positive("coincident peak"),
            **LIFE,
        },
        required=True,
    ),
}

"""How the tables of several weather years become one: data only, read by :mod:`gridsim.years.combine`.

Energies are averaged (a year without a row counts as zero) and rates come from the averaged energies; loadings,
voltages and other extremes are the worst of the years, with that year in ``weather_year``; hours beyond a limit are the
most of any year.  Tables of the grid alone are the same in every year.  A table that no rule names (``ac``,
``n1_hours``) is stacked: every row of every year with its ``weather_year``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

#: tables that do not depend on the weather, and where it comes from: the rows of all years, each once
SAME = (
    *("assumed", "county", "hosting_published", "map_station", "n1_not_screened", "weather_origin"),
    *("units", "stores", "boundary", "grid_additions"),
)
#: tables of the worst steps: of all years together as many as one year has -> column that says which are worst
TOP = {"curtailment_top_hours": "curtailed_mw"}


@dataclass(frozen=True)
class Rule:
    """How one table is combined.

    Attributes
    ----------
    keys : tuple of str
        Columns that say what a row is about.
    worst : str
        Column (``aside:worst``: made for the purpose) whose highest value says from which year the cells without a
        rule come (times, names); that year goes to ``weather_year``.  Empty: a table of means without such a column.
    lowest : bool
        The lowest value is the worst.
    columns : mapping
        Column -> ``mean``, ``max``, ``min``, ``any``, ``all``.  Without an entry: energies ``mean``; other numbers
        ``mean`` in a table of means; everything else as in the worst (or first) year.
    rates : mapping
        Column -> (part, whole): 100 part / whole of the combined columns; ``whole`` may be several that add up,
        ``sum:column`` the sum of all rows, ``aside:whole`` what the rate of the year itself is a share of.
    sort : tuple of str
        Order of the rows; ``-column`` downwards.  Empty: as in the first year.
    """

    keys: tuple[str, ...]
    worst: str = ""
    lowest: bool = False
    columns: Mapping[str, str] = field(default_factory=dict)
    rates: Mapping[str, tuple[str, tuple[str, ...]]] = field(default_factory=dict)
    sort: tuple[str, ...] = ()


_SCOPES = ("", "wind_", "solar_", "without_distributed_")
_OF_SYSTEM = {
    "curtailment_percent_system_cause": "system_gwh",
    "curtailment_percent_provincial": "provincial_gwh",
    "curtailment_percent_local": "local_gwh",
    "utilisation_percent": "used_gwh",
}
_RATES = {f"{p}curtailment_percent": (f"{p}curtailed_gwh", (f"{p}available_gwh",)) for p in _SCOPES} | {
    f"{p}{rate}": (f"{p}{part}", (f"{p}used_gwh", f"{p}system_gwh"))
    for p in _SCOPES
    for rate, part in _OF_SYSTEM.items()
}
_PLANT = dict.fromkeys(["vn_kv", "max_p_mw"], "first")
_MOST_H = dict.fromkeys(["hours_over_80", "hours_over_100", "longest_run_h"], "max")
_OVERLOAD = Rule(("element",), "max_loading_percent", columns={**_MOST_H, "unavoidable": "any"})

RULES: dict[str, Rule] = {
    "curtailment_by_county": Rule(("county",), rates=_RATES),
    "curtailment_by_plant": Rule(("plant",), columns=_PLANT, rates=_RATES),
    "curtailment_by_voltage": Rule(("vn_kv",), rates=_RATES),
    "curtailment_by_kind": Rule(("kind",), rates=_RATES),
    "curtailment_by_day_type": Rule(("day_type",), rates=_RATES),
    "curtailment_by_month": Rule(("month",), rates=_RATES),
    "curtailment_by_hour": Rule(("hour",), rates=_RATES),
    "curtailment_month_hour": Rule(("month", "hour")),
    "curtailment_by_cause": Rule(
        ("cause", "system_cause"), rates={"share_percent": ("curtailed_gwh", ("sum:curtailed_gwh",))}
    ),
    "curtailment_by_element": Rule(("element", "outage", "cause"), sort=("-curtailed_gwh",)),
    "causes_by_county": Rule(("county", "cause", "element", "outage"), sort=("county", "cause", "element", "outage")),
    "causes_by_month": Rule(("month", "cause"), sort=("month", "cause")),
    "province": Rule(
        ("month",), rates={"curtailment_percent": ("curtailed_gwh", ("wind_gwh", "solar_gwh", "curtailed_gwh"))}
    ),
    "storage": Rule(("storage", "device", "county"), columns={"simultaneous_h": "max"}),
    "losses": Rule(("vn_kv", "element_type", "month"), rates={"percent": ("energy_gwh", ("aside:whole",))}),
    "balance_energy": Rule(("month", "area")),
    "overload": _OVERLOAD,
    "overload_before_redispatch": _OVERLOAD,
    "map_branch": Rule(("element",), columns={"max_loading_percent": "max", "hours_over_100": "max", "vn_kv": "first"}),
    "voltage": Rule(("bus",), "aside:worst", columns={"min_vm_pu": "min", "max_vm_pu": "max", "hours_outside": "max"}),
    "n1": Rule(("element",), "max_loading_percent", columns={"hours_over_100": "max", "hours_checked": "max"}),
    "n1_dc": Rule(
        ("element", "side"), "max_loading_percent", columns={"hours_over_100": "max", "hours_unavoidable": "max"}
    ),
    "n1_diverged": Rule(("outage",), "hours"),
    "n1_radial": Rule(("outage",), "load_lost_mw"),
    "n1_tripped": Rule(("outage", "unit"), columns={"max_mw": "max", "mean_mw": "mean"}),
    "reverse_power": Rule(("element",), "max_reverse_mw", columns={"reverse_h": "max"}),
    "hosting_equipment_2019": Rule(("zone", "vn_kv"), "max_reverse_rate_percent"),
    "hosting_equipment_2025": Rule(("zone", "vn_kv"), "c1_mw", lowest=True),
    "hosting_equipment_county": Rule(("county",), "open_mw", lowest=True),
    "capacity_load_ratio": Rule(("vn_kv", "county"), "peak_mw"),
    "ac_control": Rule(("element", "element_type"), columns={"min_position": "min", "max_position": "max"}),
    "ac_tightened": Rule(
        ("element", "side", "outage"),
        "max_remaining_percent",
        columns=dict.fromkeys(["hours", "max_tightening_mw", "remaining_hours"], "max"),
    ),
    "unavoidable": Rule(
        ("element", "outage"),
        "worst_excess_mw",
        columns={"steps": "max", "load_driven": "all"},
        sort=("-worst_excess_mw",),
    ),
    "reserve": Rule(
        ("direction",),
        "least_margin_mw",
        lowest=True,
        columns={"mean_required_mw": "mean"}
        | dict.fromkeys(["max_required_mw", "tight_h", "short_h", "max_short_mw"], "max"),
    ),
    "marginal_limit": Rule(
        ("element", "side", "outage", "cause", "direction", "method"),
        columns={"step_mw": "first"},
        sort=("-saved_cny_per_mw",),
    ),
    "marginal_county": Rule(
        ("county", "carrier", "spread", "method"),
        columns={"step_mw": "first"},
        rates={"marginal_percent": ("both_mwh_per_mw", ("available_mwh_per_mw",))},
    ),
    "limit_relief": Rule(("element", "side", "outage", "direction", "unit"), columns={"relief_pu": "first"}),
    "must_run_cut": Rule(("unit",), "max_mw", columns={"hours": "max"}),
    "transformers": Rule(
        ("station", "element_type", "vn_kv"),
        "max_loading_percent",
        columns={"max_reverse_percent": "max", "peak_mw": "max", "capacity_load_ratio": "min"},
    ),
    "lines": Rule(("element",), "max_loading_percent"),
    "demand_by_county": Rule(("county",), "max_mw", columns={"min_mw": "min", "load_factor_percent": "mean"}),
    "simulation": Rule(
        ("type",),
        "max_curtailed_mw",
        columns={"installed_mw": "first", **dict.fromkeys(["full_load_h", "curtailed_h"], "mean")},
        rates={"curtailment_percent": ("curtailed_gwh", ("available_gwh",))},
    ),
    "county_months": Rule(
        ("county", "month"), rates={"curtailment_percent": ("curtailed_gwh", ("available_gwh",))}
    ),
    "resource_by_county": Rule(("county", "carrier"), columns={"installed_mw": "first", "max_output_percent": "max"}),
    "resource_correlation": Rule(("pair",)),
    "checks": Rule(("check",), "aside:worst", columns={"ok": "all"}),
}

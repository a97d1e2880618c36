"""How the results of several weather years were made: what the years share once, the rest by year."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

#: entries that add up over the years
SUMS = (
    "raised_windows", "direction_fixes", "direction_gap_cny", "pumping_gap_cny", "gap_cny", "simultaneous_steps_left",
)  # fmt: skip
#: lists whose rows get their year
LISTS = ("windows", "ac_clean", "weather_origin")
#: the input that says what the weather is; the report looks for it
WEATHER = "weather"
#: entries that stand by year as well
BY_YEAR = ("stages_s", "inputs", "checks_ok", *SUMS)


def combined_manifest(by_year: Mapping[int, Mapping[str, Any]]) -> dict[str, Any]:
    """Manifest of several years: sums, lists with ``weather_year``, and ``by_weather_year`` with what differs.

    ``stages_s`` are the seconds of all years together (they ran side by side).
    """
    years = sorted(by_year)
    first = by_year[years[0]]
    out = dict(first)
    for name in SUMS:
        out[name] = sum(by_year[y][name] for y in years)
    for name in LISTS:
        out[name] = [{"weather_year": y, **row} for y in years for row in by_year[y].get(name, ())]
    out["inputs"] = _inputs(by_year)
    out["stages_s"] = _added(by_year, "stages_s", 3)
    out["pumping_windows"] = _added(by_year, "pumping_windows", 0)
    out["checks_ok"] = all(by_year[y]["checks_ok"] for y in years)
    out["by_weather_year"] = {str(y): {name: by_year[y][name] for name in BY_YEAR} for y in years}
    return out


def _added(by_year: Mapping[int, Mapping[str, Any]], name: str, digits: int) -> dict[str, Any]:
    keys = dict.fromkeys(key for manifest in by_year.values() for key in manifest[name])
    sums = {key: sum(manifest[name].get(key, 0) for manifest in by_year.values()) for key in keys}
    return {key: round(value, digits) if digits else value for key, value in sums.items()}


def _inputs(by_year: Mapping[int, Mapping[str, Any]]) -> dict[str, str]:
    """Inputs that are the same in every year as they are; the others with their year."""
    out: dict[str, str] = {}
    names = dict.fromkeys(name for manifest in by_year.values() for name in manifest["inputs"])
    for name in names:
        values = {y: m["inputs"][name] for y, m in sorted(by_year.items()) if name in m["inputs"]}
        if len(set(values.values())) == 1:
            out[name] = next(iter(values.values()))
        else:
            out |= {name: values[min(values)]} if name == WEATHER else {}
            out |= {f"{name} ({year})": value for year, value in values.items()}
    return out

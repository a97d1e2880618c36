"""Figures of several weather years: the headline means, and the table of years with mean, worst and P90."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from gridsim.devices import RENEWABLES

SYSTEM = "curtailment_percent_system_cause"
#: columns of the table ``weather_years`` besides the year -> where they stand in a year's summary
COLUMNS: dict[str, tuple[str, ...]] = {
    "curtailment_percent": ("curtailment_percent",),
    SYSTEM: (SYSTEM,),
    "provincial_percent": ("curtailment_percent_provincial",),
    "local_percent": ("curtailment_percent_local",),
    "both_areas_percent": ("both_areas_curtailment_percent",),
    "available_gwh": ("available_gwh",),
    "curtailed_gwh": ("curtailed_gwh",),
    **{f"{c}_{e}": ("carriers", c, e) for c in RENEWABLES for e in ("available_gwh", "curtailed_gwh")},
    "unserved_gwh": ("unserved_gwh",),
}
#: share of the years that are at or below the value of the row ``p90`` [%]
HIGH_PERCENTILE = 90.0


def worst_year(summaries: Mapping[int, Mapping[str, Any]]) -> int:
    """Weather year with the highest rate of the city; the earliest of several that are equal."""
    return max(sorted(summaries), key=lambda year: _number(summaries[year].get(SYSTEM)))


def _number(value: Any) -> float:
    return -np.inf if value is None or np.isnan(value) else float(value)


def mean_summary(summaries: Sequence[Mapping[str, Any]], *, texts_of: int = 0) -> dict[str, Any]:
    """Headline figures of the mean year.

    Energies (``_gwh``) are averaged; a rate of a group of figures is the ratio of its averaged energies; what else is
    a number (rounds, hours) is the highest of the years, a text that of the year at the place ``texts_of``.

    Notes
    -----
    The energy behind a rate r is known from the figures beside it: used / (1 - r / 100), which is available energy
    without special causes.  So sum(w r) / sum(w) with that weight is the sum of curtailed over the sum of
    available energies.
    """
    first = summaries[0]
    out: dict[str, Any] = {}
    for key, value in first.items():
        values = [s[key] for s in summaries if key in s]
        if isinstance(value, Mapping):
            out[key] = mean_summary(values, texts_of=texts_of if len(values) == len(summaries) else 0)
        elif isinstance(value, bool | str) or not isinstance(value, int | float | np.number):
            out[key] = summaries[texts_of].get(key, value)
        elif key.endswith(("_gwh", "full_load_h")):
            out[key] = float(np.mean([float(v) for v in values]))
        elif "curtailment_percent" in key or key == "utilisation_percent":
            out[key] = _mean_rate(key, summaries)
        else:
            out[key] = max(values)
    return out


def _mean_rate(key: str, summaries: Sequence[Mapping[str, Any]]) -> float:
    rates = np.array([float(s[key]) for s in summaries])
    weights = np.array([_energy_gwh(key, s) for s in summaries])
    known = ~np.isnan(rates) & (weights > 0)
    return float((weights * rates)[known].sum() / weights[known].sum()) if known.any() else float("nan")


def _energy_gwh(key: str, figures: Mapping[str, Any]) -> float:
    """Energy that a rate is a share of."""
    for area in ("node_area", "both_areas"):
        if key.startswith(area):
            return float(figures[f"{area}_available_gwh"])
    if key != "curtailment_percent" and "system_gwh" in figures:
        return float(figures["used_gwh"]) + float(figures["system_gwh"])
    rate = float(figures[key])
    if key == SYSTEM and rate < 100.0:
        return float(figures["used_gwh"]) / (1.0 - rate / 100.0)
    return float(figures["available_gwh"])


def weather_years_table(summaries: Mapping[int, Mapping[str, Any]], verdicts: Mapping[int, str]) -> pd.DataFrame:
    """Table ``weather_years``: a row per weather year, then ``mean``, ``worst`` and ``p90``.

    Parameters
    ----------
    summaries : mapping of weather year to summary
    verdicts : mapping of weather year to verdict
        Verdict on that year alone.

    Returns
    -------
    DataFrame
        ``weather_year`` (text), :data:`COLUMNS`, ``of_year``, ``verdict``.  ``mean``: energies averaged, rates of the
        averaged energies.  ``worst``: the whole row of the year with the highest rate of the city, named in
        ``of_year``.  ``p90``: in each column by itself the value that 90 % of the years are at or below, linear
        between order statistics: position 1 + 0.9 (n - 1) of the n sorted values (Hyndman and Fan's type 7,
        doi:10.2307/2684934, as PERCENTILE.INC of a spreadsheet); with fewer than ten years it lies between the two
        highest, so it says little.
    """
    years = sorted(summaries)
    single = [{"weather_year": str(y), **_row(summaries[y]), "of_year": y, "verdict": verdicts[y]} for y in years]
    table = pd.DataFrame(single)
    worst = worst_year(summaries)
    mean = _row(mean_summary([summaries[y] for y in years]))
    high = {c: _high(table[c].to_numpy(float)) for c in COLUMNS}
    rows = [
        {"weather_year": "mean", **mean, "of_year": None, "verdict": ""},
        {**single[years.index(worst)], "weather_year": "worst"},
        {"weather_year": "p90", **high, "of_year": None, "verdict": ""},
    ]
    table = pd.DataFrame(single + rows)
    return table.assign(of_year=table["of_year"].astype("Int64"))


def _row(summary: Mapping[str, Any]) -> dict[str, float]:
    out = {}
    for column, path in COLUMNS.items():
        value: Any = summary
        for key in path:
            value = value.get(key) if isinstance(value, Mapping) else None
        out[column] = float("nan") if value is None else float(value)
    return out


def _high(values: np.ndarray) -> float:
    values = values[~np.isnan(values)]
    return float(np.percentile(values, HIGH_PERCENTILE, method="linear")) if len(values) else float("nan")


def years_summary(table: pd.DataFrame) -> dict[str, Any]:
    """What ``summary.json`` says of the years besides the means: worst, P90 and the rates of each."""
    keep = ["curtailment_percent", SYSTEM, "provincial_percent", "local_percent", "both_areas_percent", "unserved_gwh"]
    rows = {str(row["weather_year"]): row for row in table.to_dict("records")}
    worst, high = rows["worst"], rows["p90"]
    return {
        "weather_years": [
            {"weather_year": int(name), **{c: row[c] for c in keep}}
            for name, row in rows.items()
            if name not in ("mean", "worst", "p90")
        ],
        "worst_weather_year": int(worst["of_year"]),
        f"{SYSTEM}_worst": float(worst[SYSTEM]),
        f"{SYSTEM}_p90": float(high[SYSTEM]),
    }

"""Tables of several weather years as one table each, by the rules of :mod:`gridsim.years.rules`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from gridsim.years.rules import RULES, SAME, TOP, Rule

YEAR = "weather_year"
#: tables whose rows of one typical moment stand together -> column that says which year is the worst, and its sign
MOMENTS = {"balance_power": "surplus_mw", "balance_regulation": "margin_mw"}
BALANCE = "balance"
#: columns that only serve the combination; the worst of a table, and the whole that a year's own rate implies
ASIDE = "aside:"
WORST, IMPLIED = f"{ASIDE}worst", f"{ASIDE}whole"
_ENERGY_RULE = Rule(("area", "item", "kind", "month", "moment", "source", "side"), columns={"max_mw": "max"})


def combined_tables(by_year: Mapping[int, Mapping[str, pd.DataFrame]]) -> dict[str, pd.DataFrame]:
    """Tables of several weather years combined; of one year they are the year's own.

    Parameters
    ----------
    by_year : mapping of weather year to tables
        Tables as :func:`gridsim.run_year.run_year` gives them.

    Returns
    -------
    dict of str to DataFrame
        Energies averaged, rates of the averaged energies, extremes the worst of the years with ``weather_year``; the
        moments of the power and regulation balances from the year that is tightest there; a table without a rule
        is stacked with ``weather_year`` as its last column.
    """
    years = sorted(by_year)
    if len(years) == 1:
        return dict(by_year[years[0]])
    names = list(dict.fromkeys(name for year in years for name in by_year[year]))
    return {name: _table(name, {y: by_year[y][name] for y in years if name in by_year[y]}, by_year) for name in names}


def _table(
    name: str, tables: Mapping[int, pd.DataFrame], by_year: Mapping[int, Mapping[str, pd.DataFrame]]
) -> pd.DataFrame:
    if name in SAME:
        return pd.concat(tables.values(), ignore_index=True).drop_duplicates(ignore_index=True)
    if name in MOMENTS:
        return _at_moments(tables, _tightest(tables, MOMENTS[name]))
    if name in TOP:
        worst_first = _stacked(tables).sort_values(TOP[name], ascending=False, kind="stable", ignore_index=True)
        return worst_first.head(max(len(t) for t in tables.values()))
    if name == BALANCE:
        return _balance(tables, by_year)
    if name == "n1_voltage":
        return _after_outage(tables, years=len(by_year))
    if name in DERIVED:
        tables = {year: t.assign(**{WORST: DERIVED[name](t)}) for year, t in tables.items()}
    return combined(tables, RULES[name], years=len(by_year)) if name in RULES else _stacked(tables)


def _beyond_pu(voltage: pd.DataFrame) -> pd.Series:
    """How far each bus is beyond its band, negative within."""
    above, below = voltage["max_vm_pu"] - voltage["band_max_pu"], voltage["band_min_pu"] - voltage["min_vm_pu"]
    return above.where(above > below, below)


def _unmet_first(checks: pd.DataFrame) -> pd.Series:
    """Deviation of a check; one that is not met is worse than any that is."""
    return checks["worst"].astype(float).where(checks["ok"].astype(bool), np.inf)


#: table -> what makes a row the worst, where no single column does
DERIVED = {"voltage": _beyond_pu, "checks": _unmet_first}


def _after_outage(tables: Mapping[int, pd.DataFrame], *, years: int) -> pd.DataFrame:
    """Lowest and highest voltage after an outage, each with its outage, time and weather year."""
    outside = {"hours_outside": "max"}
    low = combined(tables, Rule(("bus",), "min_vm_pu", lowest=True, columns=outside), years=years)
    high = combined(tables, Rule(("bus",), "max_vm_pu", columns=outside), years=years)
    of_high = high.set_index("bus").loc[low["bus"]].reset_index()
    columns = ["max_vm_pu", "max_outage", "max_time"]
    return low.assign(**{c: of_high[c] for c in columns}, max_weather_year=of_high[YEAR]).rename(
        columns={YEAR: "min_weather_year"}
    )


def _stacked(tables: Mapping[int, pd.DataFrame]) -> pd.DataFrame:
    """All rows of all years with their year; an empty table of the same columns if no year has rows."""
    filled = [t.assign(**{YEAR: year}) for year, t in tables.items() if len(t)]
    if not filled:
        first = next(iter(tables.values()))
        return first.assign(**{YEAR: pd.Series(dtype=int)})
    return pd.concat(filled, ignore_index=True)


def combined(tables: Mapping[int, pd.DataFrame], rule: Rule, *, years: int) -> pd.DataFrame:
    """One table of several years by a rule.

    Parameters
    ----------
    tables : mapping of weather year to DataFrame
    rule : Rule
    years : int
        Weather years that were run: what means are divided by, whether a year has the row or not.
    """
    rows = _stacked(tables)
    if not len(rows):
        return rows if rule.worst else rows.drop(columns=YEAR)
    rows = _with_implied(rows, rule)
    keys = [k for k in rule.keys if k in rows.columns]
    number = rows.groupby(keys, sort=False, dropna=False).ngroup().to_numpy()
    picked = rows.iloc[_worst_rows(rows, number, rule)].reset_index(drop=True)
    out = {}
    for column in rows.columns:
        how = "first" if column in keys else _how(column, rows[column], rule)
        out[column] = picked[column] if how == "first" else _aggregated(rows[column], number, how, years)
    table = pd.DataFrame(out)
    for column, (part, wholes) in rule.rates.items():
        if column in table.columns:
            table[column] = _rate(table, part, wholes)
    aside = [c for c in table.columns if c.startswith(ASIDE)] + ([] if rule.worst else [YEAR])
    return _sorted(table.drop(columns=aside), rule.sort)


def _with_implied(rows: pd.DataFrame, rule: Rule) -> pd.DataFrame:
    """Rows with the wholes that stand in no column: what the year's own rate is a share of."""
    for column, (part, wholes) in rule.rates.items():
        if wholes == (IMPLIED,):
            rows = rows.assign(**{IMPLIED: 100.0 * rows[part] / rows[column].where(rows[column] > 0)})
    return rows


def _worst_rows(rows: pd.DataFrame, number: np.ndarray, rule: Rule) -> np.ndarray:
    """Row of each group that gives the cells without a rule: of the worst year, or of the first."""
    if not rule.worst:
        return np.unique(number, return_index=True)[1]
    sign = -1.0 if rule.lowest else 1.0
    value = (sign * pd.to_numeric(rows[rule.worst]).astype(float)).fillna(-np.inf).to_numpy()
    order = np.lexsort((np.arange(len(rows)), -value, number))  # equal values: the earliest year
    return order[np.unique(number[order], return_index=True)[1]]


def _how(column: str, values: pd.Series, rule: Rule) -> str:
    if column == YEAR:
        return "first"
    if column in rule.columns:
        return rule.columns[column]
    if column.endswith(("_gwh", "_mwh")) or column == IMPLIED:
        return "mean"
    number = pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)
    return "mean" if number and not rule.worst else "first"


def _aggregated(values: pd.Series, number: np.ndarray, how: str, years: int) -> pd.Series:
    if how in ("any", "all"):
        return getattr(values.astype(bool).groupby(number), how)()
    numbers = pd.to_numeric(values)
    if how == "mean":
        return numbers.astype(float).groupby(number).sum(min_count=1) / years
    return getattr(numbers.groupby(number), how)()


def _rate(table: pd.DataFrame, part: str, wholes: Sequence[str]) -> pd.Series:
    """100 part / whole; ``sum:column`` is the sum over all rows; empty where there is no whole."""
    whole = pd.Series(0.0, index=table.index)
    for column in wholes:
        whole = whole + (table[column[4:]].sum() if column.startswith("sum:") else table[column])
    return 100.0 * table[part] / whole.where(whole > 0)


def _sorted(table: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    if not by:
        return table
    names = [c.removeprefix("-") for c in by]
    return table.sort_values(names, ascending=[not c.startswith("-") for c in by], ignore_index=True, kind="stable")


# --- balances ------------------------------------------------------------------------------------------------


def _tightest(tables: Mapping[int, pd.DataFrame], column: str) -> dict[tuple[int, str], int]:
    """Weather year that is tightest at each (month, moment): least ``column`` of all areas together."""
    rows = _stacked(tables)
    if not len(rows):
        return {}
    together = rows[rows["area"] == "both"] if (rows["area"] == "both").any() else rows
    sums = together.groupby(["month", "moment", YEAR])[column].sum().reset_index()
    least = sums.sort_values([column, YEAR], kind="stable").drop_duplicates(["month", "moment"])
    return {(int(m), str(w)): int(y) for m, w, y in zip(least["month"], least["moment"], least[YEAR])}


def _at_moments(tables: Mapping[int, pd.DataFrame], chosen: Mapping[tuple[int, str], int]) -> pd.DataFrame:
    """Rows of each (month, moment) from the year chosen for it, ordered as in the first year."""
    rows = _stacked(tables)
    if not len(rows):
        return rows
    want = [chosen.get((int(m), str(w))) for m, w in zip(rows["month"], rows["moment"])]
    kept = rows[rows[YEAR].to_numpy() == np.array([-1 if y is None else y for y in want])]
    return kept.sort_values("month", kind="stable", ignore_index=True)


def _balance(tables: Mapping[int, pd.DataFrame], by_year: Mapping[int, Mapping[str, pd.DataFrame]]) -> pd.DataFrame:
    """The long table: energies averaged, power and regulation at the tightest moments."""
    parts = [combined({y: t[t["kind"] == "energy"] for y, t in tables.items()}, _ENERGY_RULE, years=len(by_year))]
    for kind, name in (("power", "balance_power"), ("regulation", "balance_regulation")):
        chosen = _tightest({y: by_year[y][name] for y in by_year}, MOMENTS[name])
        parts.append(_at_moments({y: t[t["kind"] == kind] for y, t in tables.items()}, chosen))
    table = pd.concat([p for p in parts if len(p)], ignore_index=True)
    return table.assign(**{YEAR: table[YEAR].astype("Int64")}) if YEAR in table.columns else table

"""A measure: what it changes in the tables, how large it is, what it costs, and the ledger row it answers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pandas as pd

from gridsim.network import Network
from gridsim.options import SimulationOptions
from gridsim.rows import records
from gridsim.schema import TABLES
from gridsim.sensitivity import Variant

DAYS_PER_YEAR = 365


@dataclass(frozen=True)
class Edit:
    """Cells of one row of a table, its key among them; ``is_new``: a row that is added."""

    table: str
    cells: Mapping[str, Any]
    is_new: bool = False

    def touches(self) -> set[tuple[Any, ...]]:
        """(table, key, column) of every cell it sets."""
        key = tuple(self.cells[k] for k in TABLES[self.table].key)
        columns = ["*"] if self.is_new else [c for c in self.cells if c not in TABLES[self.table].key]
        return {(self.table, key, c) for c in columns}


@dataclass(frozen=True)
class Row:
    """A row of the ledger, summed over the year: cause, element and outage, energies of the city and of both areas."""

    cause: str = ""
    element: str = ""
    outage: str = ""
    city_mwh: float = 0.0
    both_mwh: float = 0.0


@dataclass(frozen=True)
class Quantities:
    """What the cost of a measure is counted on."""

    power_kw: float = 0.0
    energy_kwh: float = 0.0
    length_km: float = 0.0
    rating_kva: float = 0.0
    moved_mwh: float = 0.0
    vn_kv: float = math.nan


@dataclass(frozen=True)
class Cost:
    """Investment and cost of a year; NaN where no unit cost is known. [CNY]"""

    capital_cny: float = math.nan
    annual_cny: float = math.nan


@dataclass(frozen=True, kw_only=True)
class Measure:
    """One remedy, as plain data.

    Attributes
    ----------
    name : str
        The planner's own, or kind, element and size.
    kind : str
        One of :data:`gridsim.schema.planning.MEASURE_KINDS`.
    element : str
        What it is about.
    change : str
        What it changes, from - to, with units.
    edits : tuple of Edit
    quantities : Quantities
    cost : Cost
    row : Row
        The row of the ledger that it answers; empty for the planner's own.
    potential_mwh : float
        What its size alone could take, hour by hour, of what the row cuts in both areas (of the city for a change of
        use), a store filled once a day: a reason to simulate it, never a result, and no bound, as commitment follows.
    scope : str
        ``city``, or ``node`` for what stands in a node area.
    origin : str
        ``ledger`` or ``study``.
    """

    name: str
    kind: str
    element: str
    change: str
    edits: tuple[Edit, ...]
    quantities: Quantities = field(default_factory=Quantities)
    cost: Cost = field(default_factory=Cost)
    row: Row = field(default_factory=Row)
    potential_mwh: float = 0.0
    scope: str = "city"
    origin: str = "ledger"

    @property
    def variant(self) -> Variant:
        """The measure as a variant of (network, options), the same kind of function as a sensitivity's."""
        return partial(apply_edits, edits=self.edits)


@dataclass(frozen=True)
class Rejected:
    """A candidate that is not simulated, and why: ``reason`` is a key of the texts, ``detail`` its figures."""

    kind: str
    element: str
    reason: str
    detail: str = ""
    row: Row = field(default_factory=Row)
    change: str = ""
    potential_mwh: float = 0.0


def row_of(table: pd.DataFrame, name: str) -> dict[str, Any]:
    """The row of a name, column -> value."""
    row = table[table["name"] == name].iloc[0]
    return {str(column): value for column, value in row.items()}


def drafted(
    kind: str, element: str, change: str, edits: tuple[Edit, ...], quantities: Quantities, *, area: object = None
) -> Measure:
    """A measure named by kind, element and change, without cost or row; ``area``: the node area it stands in."""
    return Measure(
        name=f"{kind} {element} {change}", kind=kind, element=element, change=change, edits=edits,
        quantities=quantities, scope="node" if isinstance(area, str) else "city",
    )  # fmt: skip


def apply_edits(
    network: Network, options: SimulationOptions, *, edits: Sequence[Edit]
) -> tuple[Network, SimulationOptions]:
    """The network with some cells changed and rows added.

    Raises
    ------
    InvalidInput
        With every cell, key and reference that is wrong.
    """
    for table in dict.fromkeys(e.table for e in edits if not e.is_new):
        cells = pd.DataFrame([dict(e.cells) for e in edits if e.table == table and not e.is_new])
        network = network.with_cells(table, cells)
    added = {}
    for table in dict.fromkeys(e.table for e in edits if e.is_new):
        rows = pd.DataFrame([dict(e.cells) for e in edits if e.table == table and e.is_new])
        there = network[table]
        added[table] = pd.concat([there, rows], ignore_index=True) if len(there) else rows
    return (network.with_tables(added) if added else network), options


def clash(one: Measure, other: Measure) -> str:
    """What two measures both set, in words; empty if they can be had together."""
    cells = (set().union(*(e.touches() for e in m.edits)) for m in (one, other))
    both = sorted(set.intersection(*cells), key=str)
    return ", ".join(f"{table} {'/'.join(map(str, key))} {column}" for table, key, column in both)


def annuity(*, interest_percent: float, life_years: float) -> float:
    """Share of an investment that is paid every year: i (1 + i)^n / ((1 + i)^n - 1), 1 / n without interest."""
    i = interest_percent / 100.0
    return i / (1.0 - (1.0 + i) ** -life_years) if i > 0.0 else 1.0 / life_years


def cost_of(
    kind: str,
    quantities: Quantities,
    table: pd.DataFrame,
    *,
    interest_percent: float,
    capital_cny: float | None = None,
    life_years: float | None = None,
) -> Cost:
    """Investment and yearly cost of a measure.

    annual = capital (annuity + om) + running * MWh moved.

    Parameters
    ----------
    kind : str
    quantities : Quantities
    table : DataFrame
        Table ``measure_cost``: the row of the kind and voltage, else that of the kind without a voltage.
    interest_percent : float
    capital_cny, life_years : float, optional
        The planner's own, in place of the table's.
    """
    mine = table[table["kind"] == kind]
    exact = mine[mine["vn_kv"] == quantities.vn_kv]
    rows = list(records(exact if len(exact) else mine[mine["vn_kv"].isna()]))
    row = rows[0] if rows else None
    if row is None and (capital_cny is None or life_years is None):
        return Cost() if capital_cny is None else Cost(capital_cny=capital_cny)
    capital = _capital(row, quantities) if capital_cny is None else capital_cny
    life = float(life_years if row is None or life_years is not None else row.life_years)  # type: ignore[arg-type]
    om_pu, running = (0.0, 0.0) if row is None else (row.om_percent / 100.0, row.running_cny_per_mwh)
    yearly = capital * (annuity(interest_percent=interest_percent, life_years=life) + om_pu)
    return Cost(capital, yearly + running * quantities.moved_mwh)


def _capital(row: Any, quantities: Quantities) -> float:
    """Sum of the parts that the row has a unit cost of; NaN if it has none for what the measure is counted on."""
    parts = [
        (row.capital_cny_per_kw, quantities.power_kw),
        (row.capital_cny_per_kwh, quantities.energy_kwh),
        (row.capital_cny_per_km, quantities.length_km),
        (row.capital_cny_per_kva, quantities.rating_kva),
    ]
    known = [unit * amount for unit, amount in parts if not math.isnan(unit)]
    return sum(known) if known else math.nan

"""Candidates: for every row of the ledger the remedies that could answer it, and which of them are simulated.

provincial   lower minimum output of thermal plant, a battery in the node area and one in the city, pumped storage
             that is due later, demand moved into the hours of surplus, use of the city's stores, and the tie's
             limit, which the ledger does not name: simulated to show what it does
section      higher limit, a battery behind it
branch, N-1, AC, planned outage
             larger conductors or another circuit, another transformer unit, a battery behind it
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from gridsim.measures.measure import Measure, Rejected, cost_of
from gridsim.measures.rules import Setting, branch, provincial, section
from gridsim.measures.surplus import PROVINCIAL, SECTION, Cut
from gridsim.options import MeasureOptions


@dataclass(frozen=True)
class Candidates:
    """Measures to simulate, in the order found, and those that are not, with the reason."""

    chosen: tuple[Measure, ...]
    rejected: tuple[Rejected, ...]


def candidates(setting: Setting, cuts: Sequence[Cut]) -> Candidates:
    """Candidates of all rows of the ledger, the best of each kind first, then by potential, as many as asked for."""
    asked = setting.asked
    found: list[Measure] = []
    rejected: list[Rejected] = []
    for cut in cuts:
        if cut.row.both_mwh < asked.smallest_mwh:
            rejected.append(_too_small(cut))
            continue
        for made in _of_row(setting, cut):
            if isinstance(made, Measure):
                found.append(made)
            else:
                rejected.append(made)
    found, twice = _once_each(found)
    chosen, left = _chosen(found, asked)
    return Candidates(tuple(chosen), (*rejected, *twice, *left))


def priced(measure: Measure, setting: Setting) -> Measure:
    """The measure with its cost from the unit costs of the network."""
    table, interest = setting.case.network["measure_cost"], setting.asked.interest_percent
    return replace(measure, cost=cost_of(measure.kind, measure.quantities, table, interest_percent=interest))


def _too_small(cut: Cut) -> Rejected:
    return Rejected("", cut.row.element, "small_row", f"{cut.row.both_mwh:.2f} MWh", cut.row)


def _once_each(found: Sequence[Measure]) -> tuple[list[Measure], list[Rejected]]:
    """One measure per change; rows that name the same element add up in its potential, the largest is carried."""
    kept: dict[str, Measure] = {}
    twice = []
    for m in sorted(found, key=lambda m: -m.row.both_mwh):
        if m.name not in kept:
            kept[m.name] = m
        elif m.row.both_mwh > 0.0:
            potential = kept[m.name].potential_mwh + m.potential_mwh
            kept[m.name] = replace(kept[m.name], potential_mwh=potential)
            twice.append(_rejected(m, "same_change", kept[m.name].row.element))
    return list(kept.values()), twice


def _chosen(found: Sequence[Measure], asked: MeasureOptions) -> tuple[list[Measure], list[Rejected]]:
    """The best of each kind in the city and outside, then by potential, some of a kind before others get more room."""
    # what no row names has no potential and is simulated to show it
    useful = [m for m in found if m.potential_mwh >= asked.smallest_mwh or m.row.both_mwh == 0.0]
    left = [_rejected(m, "no_potential", f"{m.potential_mwh:.2f} MWh") for m in found if m not in useful]
    by_size = sorted(useful, key=lambda m: (-m.potential_mwh, m.name))
    first = list({(m.kind, m.scope): m for m in reversed(by_size)}.values())
    order = [*sorted(first, key=lambda m: (-m.potential_mwh, m.name)), *(m for m in by_size if m not in first)]
    chosen: list[Measure] = []
    spare: list[Measure] = []
    for m in order:
        enough = sum(c.kind == m.kind for c in chosen) >= asked.most_of_a_kind
        (spare if enough or len(chosen) >= asked.most else chosen).append(m)
    room = asked.most - len(chosen)  # no other kind wants it
    left += [_rejected(m, "beyond_most", str(asked.most)) for m in spare[room:]]
    return [*chosen, *spare[:room]], left


def _rejected(m: Measure, reason: str, detail: str) -> Rejected:
    return Rejected(m.kind, m.element, reason, detail, m.row, m.change, m.potential_mwh)


def _of_row(setting: Setting, cut: Cut) -> Iterator[Measure | Rejected]:
    """All remedies of one row, with the row, their potential and their cost."""
    rules = {PROVINCIAL: provincial, SECTION: section}
    for made, potential, row in rules.get(cut.row.cause, branch)(setting, cut):
        if isinstance(made, Measure):
            yield priced(replace(made, row=row, potential_mwh=potential), setting)
        else:
            yield replace(made, row=row)

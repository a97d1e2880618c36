"""What a county takes once its first limit is lifted: the grid strengthened, and the search made again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from gridsim.curtailment.ledger import RUNGS
from gridsim.errors import InvalidInput
from gridsim.hosting.gaps import READINGS
from gridsim.hosting.line import Line, county_line, run_lines
from gridsim.hosting.mix import Mix
from gridsim.hosting.point import Point
from gridsim.hosting.points import Asked, Points, Progress
from gridsim.hosting.search import Found
from gridsim.measures.grid import raised_section
from gridsim.measures.measure import Measure, Rejected, Row, apply_edits
from gridsim.measures.rules import of_branches
from gridsim.network import Network
from gridsim.rows import records

#: ``relieved_by``: simulated to a step; all holds at the upper end of the search; ended at a year without figures; the
#: tables do not take what would lift the limit
SIMULATED, BOUND, FAILED, REFUSED = "simulated", "bound", "failed", "refused"
#: first guess of the search behind the strengthened grid, times the capacity without
_FIRST_PU = 1.2
_PROVINCIAL, _SECTION = RUNGS[:2]


@dataclass(frozen=True)
class _Lifted:
    """A row of hosting_system and what lifts its limit; the line that is searched on the grid with it, and its points.

    ``line`` is None where the tables do not take it.
    """

    row: int
    relief: str
    line: Line | None
    points: Points


def relieved(
    system: pd.DataFrame,
    mixes: Sequence[Mix],
    points: Points,
    base: Point,
    asked: Asked,
    *,
    section_percent: float,
    processes: int | None = None,
    progress: Progress | None = None,
) -> tuple[pd.DataFrame, list[Points]]:
    """Capacity of every county with its first limit lifted, searched and simulated like the capacity itself.

    Parameters
    ----------
    system : DataFrame
        Table ``hosting_system``.  Its headline rows that are limited by a branch, in normal operation or after an
        outage, or by a section are taken; a surplus of the province, a voltage or demand that is not served has no
        element to strengthen and keeps the estimate.
    mixes, points, base, asked
        As they were searched with.
    section_percent : float
        By how much limits of a section are raised.
    processes : int, optional
    progress : callable, optional

    Returns
    -------
    DataFrame
        ``system`` with ``relief`` filled in (what is strengthened: another transformer unit alike, larger conductors or
        else another circuit, higher limits), ``relieved_mw`` and ``relieved_by`` (:data:`SIMULATED`, :data:`BOUND`,
        :data:`FAILED`, :data:`REFUSED`).
    list of Points
        Of the strengthened grids, one for each county that was searched.
    """
    by_name = {mix.name: mix for mix in mixes}
    rows = [
        (int(at), row)
        for at, row in zip(system.index, records(system))
        if row.headline and row.base_ok and not row.above_bound
    ]
    found = (_lifted(at, row, by_name[str(row.mix)], points, base, asked, section_percent) for at, row in rows)
    lifted = [one for one in found if one is not None]
    lines = [one.line for one in lifted if one.line is not None]
    ends = iter(run_lines(lines, base, points, method=asked.method, processes=processes, progress=progress))
    columns = ["relieved_mw", "relieved_by", "relief"]
    answers = {}
    for one in lifted:
        answer = (np.nan, REFUSED) if one.line is None else _answer(one.points, one.line, next(ends)[0], asked)
        answers[one.row] = (*answer, one.relief)
    cells = [answers.get(at, known) for at, known in zip(system.index, system[columns].to_numpy().tolist())]
    table = system.assign(**pd.DataFrame(cells, index=system.index, columns=columns))
    return table, [one.points for one in lifted if one.line is not None]


def remedies(network: Network, row: Row, section_percent: float) -> list[Measure]:
    """What strengthens the grid where a row of the ledger, or a violation, has it full; empty if nothing does.

    One remedy for each group of parallel branches that limit together: of a line larger conductors, another circuit
    where there are none; of a transformer one more unit like it.
    """
    if row.cause == _SECTION:
        names = [row.element] if row.element in set(network["section"]["name"]) else []
        groups: list[list[Measure | Rejected]] = [[raised_section(network, name, section_percent)] for name in names]
    else:
        groups = of_branches(network, row) if row.element not in ("", _PROVINCIAL) else []
    firsts = [next((m for m in group if isinstance(m, Measure)), None) for group in groups]
    return [m for m in firsts if m is not None]


def _lifted(
    at: int, row: Any, mix: Mix, points: Points, base: Point, asked: Asked, section_percent: float
) -> _Lifted | None:
    """The search behind the strengthened grid; None if no measure lifts the row's limit."""
    setting = points.setting
    found = remedies(setting.network, Row(str(row.cause), str(row.element), str(row.outage)), section_percent)
    if not found:
        return None
    name = "; ".join(f"{m.element} {m.change}" for m in found)
    try:
        network, _ = apply_edits(setting.network, setting.options, edits=[e for m in found for e in m.edits])
    except InvalidInput:  # mostly a unit that the tables have already, by its name
        return _Lifted(at, name, None, points)
    reading = next(r for r in READINGS if (r.accounting, r.scope) == (row.accounting, row.scope))
    wider = Points(replace(setting, network=network), points.folder)
    first_mw = min(_FIRST_PU * float(row.capacity_mw), asked.max_mw)
    line = county_line(str(row.county), mix, reading, first_mw, base, asked)
    return _Lifted(at, name, replace(line, points=wider, name=f"{line.name} {name}"), wider)


def _answer(points: Points, line: Line, end: Found, asked: Asked) -> tuple[float, str]:
    """``relieved_mw`` and ``relieved_by``."""
    if end.high is None:
        return end.low * asked.step_mw, BOUND
    details = ("study", "dispatch")
    above = [points.get(points.task(line.additions(end.high), detail)) for detail in details]
    lost = any(point is not None and not point.ok for point in above) or end.high > end.low + 1
    return (np.nan, FAILED) if lost else (end.low * asked.step_mw, SIMULATED)

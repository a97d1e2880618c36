"""Registered projects admitted in turn: accepted, accepted up to a size, or refused, with the limit that decided.

Each project is simulated on top of those accepted before it, on the study's whole path; one that is refused leaves no
trace in the next.  The order is that of the column ``queue_order``, then the year, then the name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from gridsim.batch import cores
from gridsim.growth import Addition
from gridsim.hosting.gaps import Gaps, Target, holds
from gridsim.hosting.line import Line, gaps_of_counties, run_lines, simulated, unmet_first
from gridsim.hosting.mix import PARTS
from gridsim.hosting.point import Point
from gridsim.hosting.points import Asked, Points, Progress
from gridsim.network import Network
from gridsim.rows import records

COLUMNS = (
    "place", "project", "county", "bus", "carrier", "kind", "max_p_mw", "accepted_mw", "decision", "criterion",
    "element", "city_rate_percent", "county_rate_percent", "accepted_so_far_mw", "simulations", "ok", "detail",
)  # fmt: skip
UTILITY, DISTRIBUTED = "utility", "distributed"
#: nominal voltage from which a plant is a utility one [kV]
_UTILITY_KV = 35.0
#: projects that are simulated at a time, as if those before were accepted
_MOST_AHEAD = 4


def admit(
    points: Points, base: Point, asked: Asked, *, processes: int | None = None, progress: Progress | None = None
) -> pd.DataFrame:
    """Admit the network's registered projects one after another.

    Parameters
    ----------
    points : Points
    base : Point
        The base case on the whole path.
    asked : Asked
        Target, step (a part of a project is a whole multiple of it) and method.
    processes : int, optional
        With more than one, projects are simulated ahead as if those before them were accepted; nothing else changes.
    progress : callable, optional

    Returns
    -------
    DataFrame
        ``hosting_queue``, :data:`COLUMNS`; ``decision`` is ``accepted``, ``accepted_up_to`` or ``refused``; the rates
        are those with the project as far as it was accepted.
    """
    projects = queue_of(points.setting.network)
    accepted: list[Addition] = []
    at, rows = base, []
    for place, (_, project) in enumerate(projects):
        ahead = [p for _, p in projects[place : place + _ahead(processes)]]
        tasks = [points.task((*accepted, *ahead[: k + 1]), "study") for k in range(len(ahead))]
        whole = simulated(points, tasks, processes=processes)[0]
        found = _judged(base, whole, [*accepted, project], asked.target)
        size, runs, decided = project.p_mw, 1, ("", "")
        if holds(found):
            at = whole
        else:
            decided = unmet_first(found)
            size, more = _part(points, base, at, accepted, project, asked, processes)
            runs += more
            if size:
                at = simulated(points, [points.task((*accepted, _sized(project, size)), "study")], processes=1)[0]
        accepted += [_sized(project, size)] if size else []
        head = {"place": place + 1, **_described(projects[place])}
        result = {"accepted_mw": size, "decision": _decision(size, project.p_mw), "criterion": decided[0]}
        rates = {"city_rate_percent": at.rate_percent("city"), "county_rate_percent": at.rate_percent(project.county)}
        so_far = {"accepted_so_far_mw": sum(a.p_mw for a in accepted), "simulations": runs, "ok": whole.ok}
        rows.append({**head, **result, "element": decided[1], **rates, **so_far, "detail": whole.failed})
        if progress:
            progress("queue", (place + 1) / len(projects))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def queue_of(network: Network) -> list[tuple[str, Addition]]:
    """Registered projects in their order: name, and what they add."""
    table = network["registered_project"].sort_values(["queue_order", "year", "name"], kind="stable")
    vn_kv = network["bus"].set_index("name")["vn_kv"]
    out = []
    for row in records(table):
        low = float(vn_kv[row.bus]) < _UTILITY_KV
        kind = DISTRIBUTED if low and (str(row.carrier), DISTRIBUTED) in PARTS.values() else UTILITY
        out.append(
            (
                str(row.name),
                Addition(
                    county=str(row.county), p_mw=float(row.max_p_mw), carrier=str(row.carrier),
                    kind=kind, rule="one_point", bus=str(row.bus),
                ),
            )
        )  # fmt: skip
    return out


def _ahead(processes: int | None) -> int:
    """Projects that are simulated at a time."""
    return min(processes or cores(), _MOST_AHEAD)


def _judged(base: Point, point: Point, accepted: Sequence[Addition], target: Target) -> Gaps:
    """Conditions of the city and of every county that something was added to."""
    return gaps_of_counties(base, point, list(dict.fromkeys(a.county for a in accepted)), target)


def _part(
    points: Points, base: Point, at: Point, accepted: Sequence[Addition], project: Addition, asked: Asked,
    processes: int | None,
) -> tuple[float, int]:  # fmt: skip
    """Largest part of a project that can be accepted, and how many points that took. [MW]"""
    everything = [*accepted, project]
    most = int(project.p_mw / asked.step_mw + 1e-9)
    if most < 1 or not holds(_judged(base, at, everything, asked.target)):
        return 0.0, 0
    line = Line(
        additions=lambda n: (*accepted, _sized(project, n * asked.step_mw)),
        judged=lambda point: _judged(base, point, everything, asked.target),
        most=most,
        first=most // 2,
    )
    ((found, runs),) = run_lines([line], at, points, method=asked.method, processes=processes)
    return found.low * asked.step_mw, runs


def _sized(project: Addition, p_mw: float) -> Addition:
    return replace(project, p_mw=p_mw)


def _decision(size_mw: float, asked_mw: float) -> str:
    return "accepted" if size_mw >= asked_mw else "accepted_up_to" if size_mw > 0.0 else "refused"


def _described(project: tuple[str, Addition]) -> dict[str, object]:
    name, addition = project
    of = {"county": addition.county, "bus": addition.bus, "carrier": addition.carrier, "kind": addition.kind}
    return {"project": name, **of, "max_p_mw": addition.p_mw}

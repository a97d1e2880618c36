"""Hosting capacity of a study's counties: base case, searches, findings."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gridsim.errors import NoOptimum, Problem, raise_if
from gridsim.growth import headroom_mva
from gridsim.hosting.answer import CountyPoints, tables
from gridsim.hosting.gaps import READINGS, Target, rate_gaps
from gridsim.hosting.joint import Together, joint_tables
from gridsim.hosting.line import county_line, run_lines
from gridsim.hosting.mix import Mix, can_connect
from gridsim.hosting.point import Point, Setting, run_point
from gridsim.hosting.points import Asked, Points, Progress
from gridsim.hosting.queue import admit
from gridsim.hosting.relief import relieved
from gridsim.hosting.store import POINTS
from gridsim.network import Network
from gridsim.overview import county_table
from gridsim.run_year import manifest_head, read_inputs
from gridsim.store import Findings
from gridsim.study import Study
from gridsim.years.runs import first_year

#: first guess of a search that has no hint, share of its upper end
_FIRST_PU = 0.25
#: a county's grid fills up when about this share of its transformers' headroom is used: with N-1, and without
_ROOM_PU = {True: 0.5, False: 0.85}
#: the margin rises as more is added: a first guess is taken so far short of what the base case's margin says
_SHORT_PU = 0.7


def hosting_capacity(
    study: Study,
    *,
    counties: Sequence[str] | None = None,
    mixes: Sequence[str] | None = None,
    also: Sequence[str] = (),
    folder: str | Path | None = None,
    processes: int | None = None,
    progress: Progress | None = None,
) -> Findings:
    """Largest MW of a technology mix that each county can take, docs/equations.md "Hosting capacity".

    Of several weather years the first one counts (``summary["weather_year"]``).

    Parameters
    ----------
    study : Study
        Section ``[hosting]``; AC and AC N-1 are part of it as far as ``[ac]`` says.
    counties, mixes : sequence of str, optional
        Only these; default those of the study.
    also : sequence of str
        ``"relief"``: every county once more with its first limit lifted (:mod:`gridsim.hosting.relief`); ``"joint"``:
        all of these counties together (:mod:`gridsim.hosting.joint`); ``"queue"``: the registered projects admitted in
        turn (:mod:`gridsim.hosting.queue`).
    folder : path, optional
        Results folder in which every simulated point is kept (``points/``) and found again.
    processes : int, optional
        Worker processes; default as many as cores.  The result does not depend on it.
    progress : callable, optional
        Called with (stage, share done).

    Returns
    -------
    Findings
        Tables ``hosting_system`` (a row per county, mix and reading), ``hosting_curve`` (every simulated point),
        ``hosting_violations``, ``hosting_base_violations``, those of the equipment level
        (``hosting_equipment_2025``, ``_2019``, ``_county``, ``hosting_published``), ``county``, ``assumed``.

    Raises
    ------
    InvalidInput
        All problems of study, tables and series; counties and mixes that are not there.
    NoOptimum
        If the base case has no trustworthy solution; a point without one is a row that is not ok.
    """
    started = time.perf_counter()
    study = first_year(study)
    inputs = read_inputs(study)
    network, asked = inputs.network, asked_of(study)
    names, chosen = _chosen(study, network, counties, mixes)
    setting = Setting(network, inputs.drivers, study.options(), study.equipment.options())
    points = Points(setting, None if folder is None else Path(folder) / POINTS)
    base = base_point(points, progress)
    read_s = time.perf_counter() - started
    found = search_counties(points, base, names, chosen, asked, processes=processes, progress=progress)
    seconds = {"base": round(read_s, 3), "search": round(time.perf_counter() - started - read_s, 3)}
    made = {**tables(found, asked), **base.equipment}
    if len(network["published_hosting"]):
        made["hosting_published"] = network["published_hosting"]
    everywhere = [points]
    if "relief" in also:
        made["hosting_system"], strengthened = relieved(
            made["hosting_system"], chosen, points, base, asked,
            section_percent=study.measure_options().section_percent, processes=processes, progress=progress,
        )  # fmt: skip
        everywhere += strengthened
    if "joint" in also:
        together = _together(study, names, chosen, made["hosting_system"])
        share_pu = study.joint.share_pu
        made |= joint_tables(points, base, asked, together, share_pu, processes=processes, progress=progress)
    if "queue" in also:
        made["hosting_queue"] = admit(points, base, asked, processes=processes, progress=progress)
    simulated = sum(p.simulated for p in everywhere)
    return Findings(
        summary=_summary(study, network, base, made["hosting_system"]),
        manifest={
            **manifest_head(study, network, inputs.drivers),
            "command": f"gridsim hosting {study.path.name}",
            "options": dataclasses.asdict(study.options()),
            "hosting": study.hosting.model_dump(),
            "points": {"simulated": simulated, "known_before": sum(len(p.known) for p in everywhere) - simulated},
            "stages_s": seconds,
            "checks_ok": all(point.ok for of in everywhere for point in of.known.values()),
        },
        tables={**made, "county": county_table(network), "assumed": network.assumed},
    )


def asked_of(study: Study) -> Asked:
    """How a study asks for hosting capacity."""
    section = study.hosting
    return Asked(
        target=Target(study.target.curtailment_percent, section.rate_over, section.spare_small),
        max_mw=section.max_mw, step_mw=section.step_mw, rule=section.rule, readings=section.readings,
        method=section.method, grid=section.grid,
    )  # fmt: skip


def mixes_of(study: Study) -> list[Mix]:
    """Technology mixes of a study."""
    return [
        Mix(m.name, (m.utility_pv_pu, m.distributed_pv_pu, m.wind_pu), m.storage_percent, m.storage_h)
        for m in study.hosting.mix
    ]


def _together(study: Study, counties: Sequence[str], mixes: Sequence[Mix], system: pd.DataFrame) -> Together:
    """All counties together with what each takes alone.

    Raises
    ------
    InvalidInput
        A mix or counties in ``[joint]`` that are not searched.
    """
    section, named = study.joint, {m.name: m for m in mixes}
    problems = [
        Problem(study.path.name, f"{c!r} is not among the counties that are searched", "leave it out", column=column)
        for column, of in (("joint.share_pu", section.share_pu), ("joint.plan_mw", section.plan_mw))
        for c in of
        if c not in counties
    ]
    name = section.mix or mixes[0].name
    if name not in named:
        fix = f"one of: {', '.join(named)}"
        problems.append(Problem(study.path.name, f"there is no mix {name!r}", fix, column="joint.mix"))
    raise_if(problems)
    rows = system[system["headline"] & (system["mix"] == name)].set_index("county")["capacity_mw"]
    planned = np.array([section.plan_mw.get(c, 0.0) for c in counties])
    single = rows.reindex(list(counties)).to_numpy(dtype=float)
    return Together(tuple(counties), single, planned, named[name], section.step_mw)


def base_point(points: Points, progress: Progress | None = None) -> Point:
    """The base case on the study's whole path.

    Raises
    ------
    NoOptimum
        If it has no solution, or its checks are not met.
    """
    task = points.task((), "study")
    known = points.get(task)
    if known is None:
        if progress:
            progress("base case", 0.0)
        known = run_point(task)
        if known.ok:
            points.put(task, known)
        if progress:
            progress("base case", 1.0)
    if not known.ok:
        raise NoOptimum(f"the base case has no trustworthy solution: {known.failed}")
    return known


def search_counties(
    points: Points,
    base: Point,
    counties: Sequence[str],
    mixes: Sequence[Mix],
    asked: Asked,
    *,
    processes: int | None = None,
    progress: Progress | None = None,
) -> list[CountyPoints]:
    """Search the readings that are asked for; every county and mix with the points that were simulated for it."""
    network, lines = points.setting.network, []
    pairs = [(county, mix) for mix in mixes for county in counties]
    connects = {pair: can_connect(network, pair[1], pair[0], asked.rule) for pair in pairs}
    for county, mix in pairs:
        for reading in READINGS:
            wanted = reading.name in asked.readings and connects[county, mix]
            if wanted and all(g <= 0.0 for g in rate_gaps(base, base, county, reading, asked.target).values()):
                first_mw = first_guess_mw(points.setting, base, county, mix, asked)
                lines.append(county_line(county, mix, reading, first_mw, base, asked))
    run_lines(lines, base, points, method=asked.method, grid=asked.grid, processes=processes, progress=progress)
    return [
        CountyPoints(county, mix, base, _points_of(points, county, mix, asked), connects[county, mix])
        for county, mix in pairs
    ]


def _points_of(points: Points, county: str, mix: Mix, asked: Asked) -> tuple[Point, ...]:
    """Known points at which this county alone has this mix, by size."""
    mine = [
        p for p in points.known.values()
        if p.additions and p.additions == mix.additions(county, _size_mw(p, mix), asked.rule)
    ]  # fmt: skip
    return tuple(sorted(mine, key=lambda p: (p.added_mw, p.detail)))


def _size_mw(point: Point, mix: Mix) -> float:
    """Size of a mix of which the first part is the point's first addition, as it was asked for."""
    share = next(s for s in mix.shares_pu if s > 0.0)
    return point.additions[0].p_mw if share == 1.0 else round(point.added_mw, 6)


def first_guess_mw(setting: Setting, base: Point, county: str, mix: Mix, asked: Asked) -> float:
    """A hint for the first point of a search. [MW]

    The smaller of a share of the headroom of the county's transformers, about where its network begins to count, and of
    where the margins of the base case would meet the target: C + c' x = tau (A + a' x), with c' and a' the curtailed
    and available energy of one more MW (basis sensitivity of the city's plants; a county takes no more of it).
    """
    share = asked.target.percent / 100.0
    more = mix.per_mw(base.marginal, county)
    room = sum(headroom_mva(setting.network, a) for a in mix.additions(county, 1.0, asked.rule))
    roots = [_ROOM_PU[setting.options.dispatch.outage_limits] * room] if room > 0.0 else []
    slope = more["city"] - share * more["available"]
    for name in ("city", county):
        gap = base.total(name, of="curtailed") - share * base.total(name, of="available")
        if slope > 0.0 and gap < 0.0:
            roots.append(-_SHORT_PU * gap / slope)
    return float(min([asked.max_mw, *roots])) if roots else _FIRST_PU * asked.max_mw


def _chosen(
    study: Study, network: Network, counties: Sequence[str] | None, mixes: Sequence[str] | None
) -> tuple[list[str], list[Mix]]:
    """Counties and mixes that are asked for, in the order of the tables and the study."""
    there, made = [str(c) for c in network["county"]["name"]], mixes_of(study)
    wanted = list(counties or study.hosting.counties or there)
    named = list(mixes or [m.name for m in made])
    problems = [
        Problem(study.path.name, f"there is no county {c!r}", f"one of: {', '.join(there)}", column="hosting.counties")
        for c in wanted if c not in there
    ]  # fmt: skip
    known = [m.name for m in made]
    problems += [
        Problem(study.path.name, f"there is no mix {m!r}", f"one of: {', '.join(known)}", column="hosting.mix")
        for m in named if m not in known
    ]  # fmt: skip
    twice = sorted({m for m in known if known.count(m) > 1})
    problems += [Problem(study.path.name, f"two mixes are called {m!r}", "rename one", column="mix") for m in twice]
    raise_if(problems)
    return [c for c in there if c in wanted], [m for m in made if m.name in named]


def _summary(study: Study, network: Network, base: Point, system: pd.DataFrame) -> dict[str, Any]:
    """summary.json: the base case and the headline of every county."""
    detailed = network["area"].set_index("kind").loc[["detailed"]].iloc[0]
    best = system[system["headline"]]
    columns = ["county", "mix", "capacity_mw", "above_bound", "base_ok", "criterion", "element", "ok"]
    return {
        "scenario": network.scenario,
        "year": network.year,
        "area": str(detailed["name"]),
        "area_en": str(detailed["name_en"]),
        "weather_year": "typical" if study.weather.year is None else str(study.weather.year),
        "target_percent": study.target.curtailment_percent,
        "available_gwh": base.total("city", of="available") / 1e3,
        "curtailed_gwh": base.total("city", of="curtailed") / 1e3,
        "curtailment_percent": base.rate_percent("city"),
        "curtailment_percent_local": base.rate_percent("city", of="local"),
        "both_areas_curtailment_percent": base.rate_percent("both_areas"),
        "hosting": best[columns].to_dict("records"),
    }

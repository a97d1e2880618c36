"""Hosting capacity beyond single counties: all together, a queue of projects, and how sure it is."""

from __future__ import annotations

from functools import partial

from gridsim.report.catalogue import Texts
from gridsim.report.figures.together import joint_curve
from gridsim.report.model import Block, Figure
from gridsim.report.tables import Col, lacking, missing, printed
from gridsim.store import Findings

_LIMIT = (Col("criterion", "word:hosting_criterion", "hosting_criterion"), Col("element", "county"))


def together(findings: Findings, texts: Texts) -> tuple[Block, ...]:
    """What ``gridsim hosting --joint``, ``--queue`` and ``gridsim risk`` found, or which of them would find it."""
    makers = {"hosting_joint_total": _joint, "hosting_queue": _queue, "hosting_risk": _risk}
    blocks: list[Block] = []
    for name, make in makers.items():
        blocks += make(findings, texts) if name in findings.tables else [missing(texts, name)]
    return tuple(blocks)


def _joint(findings: Findings, texts: Texts) -> tuple[Block, ...]:
    total = [
        Col("shares", "word:shares"),
        *(Col(c, "power") for c in ("total_mw", "planned_mw", "sum_of_single_mw", "bound_mw", "gap_mw")),
        *_LIMIT,
        Col("city_rate_at_percent", "rate"),
        Col("city_rate_above_percent", "rate"),
    ]
    by_county = [
        Col("county", "county"),
        Col("shares", "word:shares"),
        *(Col(c, "power") for c in ("single_mw", "planned_mw", "joint_mw")),
        Col("county_rate_percent", "rate"),
    ]
    notes = (texts("note.hosting_joint_total"),)
    return (
        printed(findings, "hosting_joint_total", total, texts=texts, key="shares", notes=notes),
        *_curve(findings, texts),
        printed(findings, "hosting_joint", by_county, texts=texts, key="county"),
    )


def _curve(findings: Findings, texts: Texts) -> tuple[Block, ...]:
    name = "hosting_joint_curve"
    open_ = lacking(findings, texts, name, ["shares", "added_mw", "city_rate_percent", "ok"])
    if open_ is not None:
        return (open_,)
    target = float(findings.summary.get("target_percent", 5.0))
    draw = partial(joint_curve, findings.tables[name], findings.tables["hosting_joint_total"], texts, target)
    return (Figure(name, texts(f"figure.{name}"), texts(f"alt.{name}"), draw),)


def _queue(findings: Findings, texts: Texts) -> tuple[Block, ...]:
    columns = [
        Col("place", "count", label="queue_place"),
        Col("project"),
        Col("county", "county"),
        Col("carrier", "word:table"),
        *(Col(c, "power_mw") for c in ("max_p_mw", "accepted_mw")),
        Col("decision", "word:decision"),
        *_LIMIT,
        *(Col(c, "rate") for c in ("city_rate_percent", "county_rate_percent")),
    ]
    notes = (texts("note.hosting_queue"),)
    return (printed(findings, "hosting_queue", columns, texts=texts, key="project", notes=notes),)


def _risk(findings: Findings, texts: Texts) -> tuple[Block, ...]:
    columns = [
        Col("county", "county"),
        *(Col(c, "count") for c in ("scenarios", "without_result")),
        *(Col(c, "power") for c in ("p10_mw", "p50_mw", "p90_mw")),
        Col("at_bound", "count"),
        Col("plan_mw", "power"),
        *(Col(c, "share") for c in ("holds_percent", "holds_low_percent", "holds_high_percent")),
    ]
    notes = (texts("note.hosting_risk"),)
    return (printed(findings, "hosting_risk", columns, texts=texts, key="county", notes=notes),)

"""The system level: what the simulated year bears, county by county, together, in turn and with risk."""

from __future__ import annotations

from functools import partial

import pandas as pd

from gridsim.report.catalogue import Texts
from gridsim.report.figures.hosting import hosting_curves
from gridsim.report.hosting.together import together
from gridsim.report.model import Block, Figure, Paragraph, captioned
from gridsim.report.numbers import number
from gridsim.report.tables import Col, Names, is_true, lacking, printed
from gridsim.store import Findings

_NEEDED = ("county", "mix", "capacity_mw", "base_ok", "accounting", "scope", "criterion", "element")
_SCOPE = Col("scope", "word:hosting_scope", "hosting_scope")
_CRITERION = Col("criterion", "word:hosting_criterion", "hosting_criterion")
#: readings, the smaller of which is the headline of a county
HEADLINE = (("pro_rata", "all"), ("pro_rata", "local"))


def system_level(findings: Findings, texts: Texts) -> tuple[Block, ...]:
    """Headline of every county, both accountings and scopes, curves, then joint, queue and risk if they are there."""
    open_ = lacking(findings, texts, "hosting_system", list(_NEEDED))
    if open_ is not None:
        return (open_, *together(findings, texts))
    blocks: list[Block] = []
    best = headline(findings.tables["hosting_system"])
    for mix in dict.fromkeys(best["mix"]):
        mine = best[best["mix"] == mix]
        blocks += [_said(mine, str(mix), findings, texts), _headline(mine, findings, texts)]
        blocks += _relieved(mine, findings, texts)
    blocks += [_readings(findings, texts), *_curves(findings, texts, best)]
    return (*blocks, *together(findings, texts))


def headline(system: pd.DataFrame) -> pd.DataFrame:
    """One row per county and mix: the smaller of the readings :data:`HEADLINE`."""
    if "headline" in system.columns:
        return system[system["headline"].map(is_true)].reset_index(drop=True)
    readings = [pair in HEADLINE for pair in zip(system["accounting"], system["scope"])]
    mine = system[pd.Series(readings, system.index)].sort_values("capacity_mw", kind="stable")
    return mine.drop_duplicates(["county", "mix"]).sort_index().reset_index(drop=True)


def _said(best: pd.DataFrame, mix: str, findings: Findings, texts: Texts) -> Paragraph:
    names = Names(findings, texts)
    none = [names.short(c) for c, ok in zip(best["county"], best["base_ok"]) if not is_true(ok)]
    largest = best.sort_values("capacity_mw", ascending=False, na_position="last", kind="stable").head(1)
    most = None if largest["capacity_mw"].isna().all() else largest.iloc[0]
    text = texts(
        "hosting.system", mix=texts.word("mix", mix), count=len(best),
        most="" if most is None else names.short(most["county"]),
        capacity=number(None if most is None else most["capacity_mw"], "power"),
    )  # fmt: skip
    return Paragraph(text + (texts("hosting.base_over", counties=texts.list_of(none)) if none else ""))


def _headline(best: pd.DataFrame, findings: Findings, texts: Texts) -> Block:
    columns = [
        Col("county", "county"), Col("capacity_mw", "power", label="hosting_capacity_mw"), Col("above_bound", "flag"),
        Col("base_ok", "flag"), Col("accounting", "word:accounting"), _SCOPE,
        _CRITERION, Col("element"), Col("next_element"),
        Col("rate_at_percent", "rate"), Col("rate_above_percent", "rate"),
        *([] if _is_relieved(best).any() else [Col("relieved_mw", "power")]), Col("simulations", "count"),
    ]  # fmt: skip
    columns = [c for c in columns if c.column in best.columns]
    spared = is_true((findings.manifest.get("hosting") or {}).get("spare_small", False))
    estimated = any(c.column == "relieved_mw" for c in columns)
    said = {"hosting_system": True, "hosting_first_order": estimated, "hosting_spared": spared}
    notes = [texts(f"note.{name}") for name, wanted in said.items() if wanted]
    rows = _in_words(best, texts)
    return printed(findings, "hosting_system", columns, texts=texts, key="county", frame=rows, notes=notes)


def _relieved(best: pd.DataFrame, findings: Findings, texts: Texts) -> list[Block]:
    """Capacities with the first limit lifted, where that was simulated."""
    mine = best[_is_relieved(best)]
    if mine.empty:
        return []
    columns = [
        Col("county", "county"), Col("capacity_mw", "power", label="hosting_capacity_mw"), Col("element"),
        Col("relief"), Col("relieved_mw", "power", label="relieved_simulated_mw"),
        Col("relieved_by", "word:relieved_by"),
    ]  # fmt: skip
    notes = (texts("note.hosting_relieved"),)
    rows = _in_words(mine, texts)
    found = printed(findings, "hosting_system", columns, texts=texts, key="county", frame=rows, notes=notes)
    return [captioned(found, texts("table.hosting_relieved"))]


def _is_relieved(best: pd.DataFrame) -> pd.Series:
    """Rows whose first limit was lifted by simulation."""
    return best["relief"].fillna("") != "" if "relief" in best else pd.Series(False, best.index)


def _in_words(best: pd.DataFrame, texts: Texts) -> pd.DataFrame:
    """The provincial balance, which stands among elements, in words."""
    named = [c for c in ("element", "next_element") if c in best.columns]
    return best.assign(**{c: [texts.word("cause", name) for name in best[c]] for c in named})


def _readings(findings: Findings, texts: Texts) -> Block:
    """Both accountings and both scopes side by side; empty where a reading was not searched for."""
    table = findings.tables["hosting_system"]
    if {"searched", "headline"} <= set(table.columns):
        sure = table["searched"].map(is_true) | table["headline"].map(is_true)
        table = table.assign(capacity_mw=table["capacity_mw"].where(sure))
    reading = table["accounting"].astype(str) + "_" + table["scope"].astype(str)
    wide = table.assign(reading=reading).pivot_table(
        index=["county", "mix"], columns="reading", values="capacity_mw", aggfunc="first", sort=False, dropna=False
    )  # fmt: skip
    known = [r for r in ("pro_rata_all", "pro_rata_local", "marginal_all", "marginal_local") if r in wide.columns]
    rows = wide[known].add_suffix("_mw").reset_index()
    columns = [Col("county", "county"), Col("mix", "word:mix"), *(Col(f"{r}_mw", "power") for r in known)]
    notes = (texts("note.hosting_readings"),)
    found = printed(findings, "hosting_system", columns, texts=texts, key="county", frame=rows, notes=notes)
    return captioned(found, texts("table.hosting_readings"))


def _curves(findings: Findings, texts: Texts, best: pd.DataFrame) -> tuple[Block, ...]:
    open_ = lacking(findings, texts, "hosting_curve", ["county", "mix", "added_mw"])
    if open_ is not None:
        return (open_,)
    curve, target = findings.tables["hosting_curve"], _target(findings)
    if "ok" in curve.columns:
        curve = curve[curve["ok"].map(is_true)]
    out = []
    for k, mix in enumerate(dict.fromkeys(best["mix"])):
        part, capacity = curve[curve["mix"] == mix], best[best["mix"] == mix]
        if not set(part["county"]) & set(capacity["county"]):
            continue
        draw = partial(hosting_curves, part, capacity, texts, Names(findings, texts), target_percent=target)
        caption = texts("figure.hosting_curves", mix=texts.word("mix", mix))
        notes = (texts("note.hosting_curves"),)
        out.append(
            Figure("hosting_curves" + (f"_{k + 1}" if k else ""), caption, texts("alt.hosting_curves"), draw, notes)
        )
    return tuple(out)


def _target(findings: Findings) -> float:
    value = findings.summary.get("target_percent")
    return 5.0 if value is None else float(value)

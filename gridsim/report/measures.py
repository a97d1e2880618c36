"""The report of ``gridsim measures``: what was found, the ranking, the pairs, every candidate, the costs."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import pandas as pd

from gridsim.report import numbers
from gridsim.report.appendix import reproduction
from gridsim.report.assumptions import theme_table
from gridsim.report.catalogue import Texts
from gridsim.report.figures.measures import measure_bars
from gridsim.report.model import Block, Cell, Figure, Items, Paragraph, Table, Tile, Tiles
from gridsim.report.numbers import number
from gridsim.report.tables import Col, Names, is_true, missing, plain, printed, records
from gridsim.store import Findings

#: most names of one measure that are printed
MOST_NAMES = 2
ENERGIES = ("avoided_city", "avoided_both", "sum_both", "together_both", "interaction_both", "potential", "ledger_both")


def is_ranking(findings: Findings) -> bool:
    """Whether the findings are those of ``gridsim measures`` alone (a run may have its ranking beside it)."""
    return "measures" in findings.tables and "curtailment_by_county" not in findings.tables


def makers() -> dict[str, Any]:
    """Chapters of the report of measures with their makers, in order."""
    return {
        "measures_conclusions": conclusions,
        "measures_ranking": ranking,
        "measures_pairs": pairs,
        "measures_candidates": candidates,
        "measures_cost": cost,
        "reproduction": reproduction,
    }


def label(row: Mapping[str, Any], texts: Texts) -> str:
    """A measure in words: the planner's name, or kind, element and change."""
    if row.get("origin") == "study" and not str(row["measure"]).startswith(f"{row['kind']} "):
        return plain(row["measure"])
    names = [plain(n) for n in str(row["element"]).split("+")]
    element = texts("sentence.and_more", names=texts.list_of(names[:MOST_NAMES])) if len(names) > MOST_NAMES else ""
    change = _change(row, texts)
    kind = texts.word("measure", row["kind"])
    return texts("measure.label", kind=kind, element=element or texts.list_of(names), change=change)


def _change(row: Mapping[str, Any], texts: Texts) -> str:
    words = (texts.word("use", part) for part in str(row["change"]).split(" → "))
    return plain(" → ".join(words)) if row["kind"] == "storage_use" else plain(row["change"])


def _labels(findings: Findings, texts: Texts) -> dict[str, str]:
    return {str(r["measure"]): label(r, texts) for r in records(findings.tables["measures"])}


def _in_gwh(table: pd.DataFrame) -> pd.DataFrame:
    """Energies in GWh, the unit that the report's energies are printed from."""
    columns = {f"{name}_gwh": table[f"{name}_mwh"] / 1e3 for name in ENERGIES if f"{name}_mwh" in table.columns}
    return table.assign(**columns)


def _energy(mwh: Any) -> str:
    return number(float(mwh) / 1e3, "energy_fine")


# --- what was found ------------------------------------------------------------------------------------------


def conclusions(findings: Findings, texts: Texts) -> tuple[Block, ...]:
    """The base case, then what is largest, cheapest, without effect, together, and what it brings along."""
    summary, table = findings.summary, findings.tables["measures"]
    tiles = [
        Tile(texts(f"tile.measures_{name}"), Cell(number(summary.get(key), kind), f"summary//{key}"), texts(unit), "")
        for name, key, kind, unit in (
            ("city", "curtailment_percent", "rate", "unit.percent"),
            ("both", "both_areas_curtailment_percent", "rate", "unit.percent"),
            ("energy", "curtailed_gwh", "energy_fine", "unit.wan_kwh"),
            ("count", "measures", "count", "unit.none"),
        )
    ]
    if not len(table):
        return (Tiles(tuple(tiles)), Paragraph(texts("missing.measures")))
    said = [s for s in (*_best(findings, texts), *_side_effects(findings, texts)) if s]
    return (
        Tiles(tuple(tiles)),
        Items(texts("measures.lead"), tuple(said)),
        Paragraph(texts("measures.method"), "note"),
    )


def _best(findings: Findings, texts: Texts) -> list[str]:
    table, names = findings.tables["measures"], _labels(findings, texts)
    effective = table[table["effect"] == "avoids"]
    out = []
    if len(effective):
        for key, column, ascending in (
            ("measures.most", "avoided_both_mwh", False),
            ("measures.cheapest", "both_cny_per_mwh", True),
        ):
            known = effective[effective[column].notna()].sort_values(column, ascending=ascending, kind="stable")
            if len(known):
                row = known.iloc[0]
                values = {
                    "name": names[str(row["measure"])],
                    "both": _energy(row["avoided_both_mwh"]),
                    "city": _energy(row["avoided_city_mwh"]),
                    "rate": number(row["city_percent"], "rate"),
                    "cost": number(row["both_cny_per_mwh"], "cny_per_mwh"),
                }
                out.append(texts(key, **values))
    for effect in ("moves", "none", "adds"):
        mine = [names[str(m)] for m in table.loc[table["effect"] == effect, "measure"]]
        out.append(texts(f"measures.{effect}", names=texts.list_of(mine)) if mine else "")
    return out


def _side_effects(findings: Findings, texts: Texts) -> list[str]:
    table, names = findings.tables["measures"], _labels(findings, texts)
    out = []
    pairs_of = findings.tables.get("measures_pairs")
    if pairs_of is not None and "together_both_mwh" in pairs_of.columns and len(pairs_of):
        row = pairs_of.iloc[0]
        values = {"a": names[str(row["measure_a"])], "b": names[str(row["measure_b"])]}
        values |= {"together": _energy(row["together_both_mwh"]), "sum": _energy(row["sum_both_mwh"])}
        out.append(texts("measures.pair", **values) if is_true(row["ok"]) else "")
    fresh = [names[str(m)] for m in table.loc[table["new_overloads"] > 0, "measure"]]
    out.append(texts("measures.overloads", names=texts.list_of(fresh)) if fresh else texts("measures.no_overloads"))
    lost = [names[str(m)] for m, ok in zip(table["measure"], table["ok"]) if not is_true(ok)]
    out.append(texts("measures.failed", names=texts.list_of(lost)) if lost else "")
    return out


# --- tables --------------------------------------------------------------------------------------------------


def ranking(findings: Findings, texts: Texts) -> tuple[Block, ...]:
    """Bars and the ranked table; overloads that come along; AC of the best one."""
    table = findings.tables["measures"]
    if not len(table):
        return (Paragraph(texts("missing.measures")),)
    labelled = _in_gwh(table.assign(label=table["measure"].map(_labels(findings, texts))))
    columns = [
        Col("rank", "count"),
        Col("label", label="measure"),
        Col("scope", "word:measure_scope", label="measure_scope"),
        Col("effect", "word:effect"),
        Col("avoided_city_gwh", "energy_fine"),
        Col("avoided_both_gwh", "energy_fine"),
        Col("city_percent", "rate"),
        Col("capital_cny", "wan_cny"),
        Col("annual_cny", "wan_cny"),
        Col("city_cny_per_mwh", "cny_per_mwh"),
        Col("both_cny_per_mwh", "cny_per_mwh"),
        Col("rank_cost", "count"),
        Col("new_overloads", "count"),
        Col("ok", "ok"),
    ]
    notes = (texts("note.measures"), texts("note.measures_cost"))
    shown = printed(findings, "measures", columns, texts=texts, key="measure", frame=labelled, notes=notes)
    draw = partial(measure_bars, labelled, texts)
    blocks: list[Block] = [Figure("measures", texts("figure.measures"), texts("alt.measures"), draw), shown]
    blocks += [_row_table(findings, labelled, texts), *_overloads(findings, texts), *_ac(findings, texts)]
    return tuple(blocks)


def _row_table(findings: Findings, labelled: pd.DataFrame, texts: Texts) -> Block:
    """The row of the ledger that each measure answers."""
    columns = [
        Col("label", label="measure"),
        Col("origin", "word:measure_origin", label="measure_origin"),
        Col("cause", "word:cause"),
        Col("limit_element", label="element"),
        Col("outage"),
        Col("ledger_both_gwh", "energy_fine"),
        Col("potential_gwh", "energy_fine"),
    ]
    shown = printed(findings, "measures", columns, texts=texts, key="measure", frame=labelled)
    if isinstance(shown, Table):
        return Table(texts("table.measures_rows"), shown.headers, shown.rows, notes=(texts("note.measures_rows"),))
    return shown


def _overloads(findings: Findings, texts: Texts) -> list[Block]:
    table = findings.tables.get("measures_overloads")
    if table is None:
        return [missing(texts, "measures_overloads")]
    if table.empty:
        return []
    columns = [
        Col("label", label="measure"),
        Col("element"),
        Col("after_outage", "flag"),
        Col("max_loading_percent", "loading"),
        Col("hours_over_100", "hours"),
    ]
    frame = table.assign(label=table["measure"].map(_labels(findings, texts)))
    return [printed(findings, "measures_overloads", columns, texts=texts, key="element", frame=frame, top=15)]


def _ac(findings: Findings, texts: Texts) -> list[Block]:
    table = findings.tables.get("measures_ac")
    if table is None:
        return [Paragraph(texts("missing.measures_ac"), "note")]
    columns = [
        Col("label", label="measure"),
        Col("diverged_h", "hours"),
        Col("overloaded_branches", "count"),
        Col("max_loading_percent", "loading"),
        Col("buses_outside_band", "count"),
        Col("ok", "ok"),
    ]
    names = {"": texts("case.base"), **_labels(findings, texts)}
    frame = table.assign(label=table["measure"].fillna("").map(names))
    return [printed(findings, "measures_ac", columns, texts=texts, key="measure", frame=frame)]


def pairs(findings: Findings, texts: Texts) -> tuple[Block, ...]:
    """Pairs of the best: together beside the sum of the two."""
    table = findings.tables.get("measures_pairs")
    if table is None:
        return (missing(texts, "measures_pairs"),)
    if table.empty:
        return (Paragraph(texts("missing.measures_pairs")),)
    names = _labels(findings, texts)
    both = [
        texts("measures.and", a=names[str(a)], b=names[str(b)]) for a, b in zip(table["measure_a"], table["measure_b"])
    ]
    columns = [
        Col("label", label="measure_pair"),
        Col("sum_both_gwh", "energy_fine"),
        Col("together_both_gwh", "energy_fine"),
        Col("interaction_both_gwh", "energy_fine"),
        Col("city_percent", "rate"),
        Col("annual_cny", "wan_cny"),
        Col("both_cny_per_mwh", "cny_per_mwh"),
        Col("new_overloads", "count"),
        Col("ok", "ok"),
    ]
    frame = _in_gwh(table).assign(label=both)
    notes = (texts("note.measures_pairs"),)
    return (printed(findings, "measures_pairs", columns, texts=texts, key="label", frame=frame, notes=notes),)


def candidates(findings: Findings, texts: Texts) -> tuple[Block, ...]:
    """Every candidate, also those that were not simulated, with the reason."""
    table = findings.tables.get("measures_candidates")
    if table is None:
        return (missing(texts, "measures_candidates"),)
    changes = [_change(r, texts) or numbers.ABSENT for r in records(table.fillna(""))]
    columns = [
        Col("kind", "word:measure", label="measure_kind"),
        Col("element"),
        Col("change", label="measure_change"),
        Col("simulated", "flag"),
        Col("reason", "word:measure_reason", label="measure_reason"),
        Col("detail", label="measure_detail"),
        Col("potential_gwh", "energy_fine"),
        Col("cause", "word:cause"),
        Col("limit_element"),
    ]
    frame = _in_gwh(table).assign(change=changes).reset_index(drop=True)
    notes = (texts("note.measures_candidates"),)
    shown = printed(
        findings, "measures_candidates", columns, texts=texts, key="", frame=frame, notes=notes, folded=len(frame) > 20
    )
    return (shown,)


def cost(findings: Findings, texts: Texts) -> tuple[Block, ...]:
    """Interest, unit costs, and where they come from."""
    asked = findings.manifest.get("measures") or {}
    blocks: list[Block] = [
        Paragraph(texts("measures.interest", interest=f"{asked.get('interest_percent', numbers.ABSENT)}"))
    ]
    columns = [
        Col("name", label="of_name"),
        Col("kind", "word:measure", label="measure_kind"),
        Col("vn_kv", "level"),
        *(Col(f"capital_cny_per_{u}", "value") for u in ("kw", "kwh", "km", "kva")),
        Col("om_percent", "share"),
        Col("running_cny_per_mwh", "cny_per_mwh"),
        Col("life_years", "count"),
    ]
    blocks.append(printed(findings, "measure_cost", columns, texts=texts, key="name"))
    assumed = findings.tables.get("assumed")
    if assumed is not None and len(assumed):
        blocks.append(theme_table(assumed, "measures", Names(findings, texts), texts))
    return tuple(blocks)

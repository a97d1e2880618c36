"""The findings of a weather check in words: rows for the terminal, a table for the report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from gridsim.report.catalogue import Texts
from gridsim.report.model import Block, Cell, Header, Paragraph, Table
from gridsim.store import Findings

HEADS = ("severity", "check", "column", "sites", "count", "share", "worst", "time", "found", "remedy")
NAME = "weather_quality"


@dataclass(frozen=True)
class Line:
    """One finding of one or several sites in words; ``severity`` as in the data, ``cells`` in the order of HEADS."""

    severity: str
    cells: tuple[str, ...]


def lines(report: pd.DataFrame, texts: Texts, *, severities: Sequence[str] = ("error", "warning")) -> list[Line]:
    """Findings of the given severities, the sites of one check and quantity together.

    Parameters
    ----------
    report : DataFrame
        Of :func:`gridsim.weather.quality.check_weather`.
    texts : Texts
    severities : sequence of str
    """
    rows = report[report["severity"].isin(severities)]
    out = []
    for (severity, check, column), group in rows.groupby(["severity", "check", "column"], sort=False):
        at = group.iloc[int(group["worst"].abs().to_numpy().argmax())]
        site = texts("weather_quality.all") if at["site"] == "all" else str(at["site"])
        several = texts("weather_quality.several", count=len(group), site=site)
        found = " / ".join(t for t in (str(at["found"]), str(at["limit"])) if t)
        cells = (
            texts(f"weather_quality.{severity}"),
            texts.word("weather_check", check),
            str(column),
            several if len(group) > 1 else site,
            f"{int(group['count'].sum())}",
            f"{float(group['share_percent'].max()):.3g}",
            f"{float(at['worst']):.4g} {at['unit']}".strip(),
            "" if pd.isna(at["time"]) else f"{at['time']:%Y-%m-%d %H:%M}",
            found,
            texts.word("weather_remedy", check),
        )
        out.append(Line(str(severity), cells))
    return out


def heads(texts: Texts) -> tuple[str, ...]:
    """Heads of the columns of :func:`lines`."""
    return tuple(texts.word("weather_quality", h) for h in HEADS)


def counted(report: pd.DataFrame, texts: Texts) -> str:
    """How many findings of each severity, in one sentence."""
    count = report["severity"].value_counts()
    return texts(
        "weather_quality.counts",
        sites=report.loc[report["site"] != "all", "site"].nunique(),
        checks=report["check"].nunique(),
        errors=int(count.get("error", 0)),
        warnings=int(count.get("warning", 0)),
    )


def labels_found(report: pd.DataFrame, texts: Texts) -> str:
    """The label conventions that were found in the data, with their certainty; empty if there was no sun."""
    found = report.loc[report["check"] == "label", "found"]
    if found.empty:
        return ""
    parts = found.str.split(", ", expand=True)
    certainty = parts[2].str.rstrip(" %").astype(float) if 2 in parts else pd.Series(0.0, index=parts.index)
    words = [
        texts(
            "weather_quality.label_sites",
            label=texts.word("weather_quality", f"label_{label}"),
            count=len(group),
            certainty=f"{certainty.loc[group.index].fillna(0.0).min():.0f}",
        )
        for label, group in parts.groupby(0, sort=False)
    ]
    return texts("weather_quality.labels", labels=texts.list_of(words))


def weather_quality(findings: Findings, texts: Texts) -> tuple[Block, ...]:
    """What the check of the weather found in a run; nothing for results of a run without one."""
    report = findings.tables.get(NAME)
    if report is None:
        return ()
    rows = lines(report.assign(time=pd.to_datetime(report["time"]), **_texts_of(report)), texts)
    if not rows:
        sites = report.loc[report["site"] != "all", "site"].nunique()
        fine = texts("weather_quality.fine", checks=report["check"].nunique(), sites=sites)
        return (Paragraph(fine, "note"),)
    cells = tuple(tuple(Cell(text, tone="bad" if r.severity == "error" else "") for text in r.cells) for r in rows)
    return (Table(texts("weather_quality.caption"), tuple(Header(h) for h in heads(texts)), cells),)


def _texts_of(report: pd.DataFrame) -> dict[str, pd.Series]:
    """Text columns with empty cells as empty texts (a CSV gives NaN)."""
    return {c: report[c].fillna("").astype(str) for c in ("site", "column", "unit", "limit", "found")}

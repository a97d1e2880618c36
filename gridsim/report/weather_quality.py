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
    """One finding in words; ``severity`` as in the data, ``cells`` in the order of HEADS."""

    severity: str
    cells: tuple[str, ...]


def lines(report: pd.DataFrame, texts: Texts, *, severities: Sequence[str] = ("error", "warning")) -> list[Line]:
    """Findings of the given severities in words.

    Parameters
    ----------
    report : DataFrame
        Of :func:`gridsim.weather.quality_rules.by_check`.
    texts : Texts
    severities : sequence of str
    """
    out = []
    for row in report[report["severity"].isin(severities)].to_dict("records"):
        site = texts("weather_quality.all") if row["site"] == "all" else str(row["site"])
        several = texts("weather_quality.several", count=row["sites"], site=site)
        cells = (
            texts(f"weather_quality.{row['severity']}"),
            texts.word("weather_check", row["check"]),
            str(row["column"]),
            several if row["sites"] > 1 else site,
            f"{int(row['count'])}",
            f"{float(row['share_percent']):.3g}",
            f"{float(row['worst']):.4g} {row['unit']}".strip(),
            "" if pd.isna(row["time"]) else f"{row['time']:%Y-%m-%d %H:%M}",
            " / ".join(t for t in (str(row["found"]), str(row["limit"])) if t),
            texts.word("weather_remedy", row["check"]),
        )
        out.append(Line(str(row["severity"]), cells))
    return out


def heads(texts: Texts) -> tuple[str, ...]:
    """Heads of the columns of :func:`lines`."""
    return tuple(texts.word("weather_quality", h) for h in HEADS)


def counted(report: pd.DataFrame, texts: Texts) -> str:
    """How many findings of each severity, in one sentence."""
    count = report["severity"].value_counts()
    return texts(
        "weather_quality.counts",
        sites=int(report["sites"].max()),
        checks=report["check"].nunique(),
        errors=int(count.get("error", 0)),
        warnings=int(count.get("warning", 0)),
    )


def labels_found(report: pd.DataFrame, texts: Texts) -> str:
    """The label conventions that were found in the data, with their certainty; empty if there was no sun.

    ``report`` is that of :func:`gridsim.weather.quality.check_weather`, site by site.
    """
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
        fine = texts("weather_quality.fine", checks=report["check"].nunique(), sites=int(report["sites"].max()))
        return (Paragraph(fine, "note"),)
    cells = tuple(tuple(Cell(text, tone="bad" if r.severity == "error" else "") for text in r.cells) for r in rows)
    return (Table(texts("weather_quality.caption"), tuple(Header(h) for h in heads(texts)), cells),)


def _texts_of(report: pd.DataFrame) -> dict[str, pd.Series]:
    """Text columns with empty cells as empty texts (a CSV gives NaN)."""
    return {c: report[c].fillna("").astype(str) for c in ("site", "column", "unit", "limit", "found")}

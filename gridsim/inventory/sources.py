"""Where the values of a network and of its weather come from: publisher, title, date, and copies seen second-hand."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

#: beginnings of what stands as a source and is nobody's publication
OWN = ("engineering judgement", "definition of", "max_p_mw", "全社会用电量统计口径")
MARK = "seen second-hand"
CITED = ["publisher", "title", "date"]
COLUMNS = [*CITED, "second_hand", "status", "entries", "tables"]
#: optional file beside sources.csv: how a source names a work, and its publisher, title and date
BIBLIOGRAPHY = "bibliography.csv"


def source_table(folders: Sequence[str | Path], *, scenario: str) -> pd.DataFrame:
    """Works that the values of some data folders come from, one row each.

    Parameters
    ----------
    folders : sequence of path
        Folders with ``sources.csv`` (columns ``table, status, source`` and perhaps ``scenario``) and perhaps
        ``bibliography.csv`` (``work, publisher, title, date``; ``work`` is how a source names it, or begins to).
    scenario : str
        Rows of other scenarios are left out.

    Returns
    -------
    DataFrame
        ``publisher, title, date, second_hand, status, entries, tables``: how many rows name the work, with which
        status and for which tables.  A work that is not in the bibliography has its own words as title and an empty
        publisher and date.  Own judgement is no work and has no row, nor has what the bibliography gives no title.
    """
    rows = []
    for folder in map(Path, folders):
        if not (folder / "sources.csv").is_file():
            continue
        known = _bibliography(folder / BIBLIOGRAPHY)
        sources = pd.read_csv(folder / "sources.csv", dtype=str, encoding="utf-8-sig").fillna("")
        if "scenario" in sources.columns:
            sources = sources[sources["scenario"].isin(("*", "", scenario))]
        for table, status, source in zip(sources["table"], sources["status"], sources["source"]):
            rows += [(*_cited(w, known), MARK in w, status, table) for w in works_of(source)]
    every = pd.DataFrame(rows, columns=[*CITED, "second_hand", "status", "table"])
    every = every[every["title"] != ""]
    grouped = every.groupby(CITED, as_index=False)
    out = grouped.agg(
        second_hand=("second_hand", "any"), status=("status", _words), entries=("table", "size"),
        tables=("table", _words),
    )  # fmt: skip
    return out.sort_values(["publisher", "title", "date"], kind="stable", ignore_index=True)[COLUMNS]


def works_of(source: str) -> list[str]:
    """Works that a source names, without own judgement; semicolons in brackets divide nothing."""
    parts = re.split(r"[;；](?![^(（]*[)）])", source)
    return [w for w in (part.strip() for part in parts) if w and not w.startswith(OWN)]


def _bibliography(path: Path) -> list[tuple[str, ...]]:
    """Works of a bibliography, the longest names first, so that a short one does not take what a longer one names."""
    if not path.is_file():
        return []
    table = pd.read_csv(path, dtype=str, encoding="utf-8-sig").fillna("")
    rows = [tuple(row) for row in table[["work", *CITED]].itertuples(index=False, name=None)]
    return sorted(rows, key=lambda row: -len(row[0]))


def _cited(work: str, known: Sequence[tuple[str, ...]]) -> tuple[str, str, str]:
    """Publisher, title and date of a work."""
    for name, publisher, title, date in known:
        if work.startswith(name):
            return publisher, title, date
    return "", re.sub(rf"\s*\({MARK}[^)]*\)", "", work), ""


def _words(values: pd.Series) -> str:
    return " ".join(sorted(set(values)))

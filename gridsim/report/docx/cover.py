"""The words of the cover and of the headers."""

from __future__ import annotations

import re

from gridsim.report.catalogue import Texts
from gridsim.report.conclusions import area_name
from gridsim.report.tables import plain
from gridsim.report.title import report_title
from gridsim.store import Findings

_MONTH = re.compile(r"(\d{4})-(\d{2})")


def cover_words(findings: Findings, texts: Texts) -> dict[str, str]:
    """Placeholder -> words."""
    summary = findings.summary
    title, subtitle = report_title(findings, texts)
    scenario = plain(summary.get("scenario", ""))
    version = findings.manifest.get("gridsim", "")
    return {
        "title": title,
        "subtitle": subtitle,
        "area": area_name(findings, texts),
        "year": str(summary.get("year", "")),
        "scenario": texts("report.scenario", scenario=scenario) if scenario else "",
        "month": _month(str(findings.manifest.get("created", "")), texts),
        "made": texts("report.made", version=version) if version else "",
        "data_statement": texts("report.not_operating"),
        "units": texts("report.units"),
    }


def _month(created: str, texts: Texts) -> str:
    """Year and month in which the results were made; a blank to fill in if they do not say."""
    found = _MONTH.match(created)
    return texts("docx.month", year=found[1], month=int(found[2])) if found else texts("docx.no_month")
